; Functions, by each way to bind one to a name
(function_declaration name: (identifier) @name body: (block) @body) @definition.function
(function_declaration name: (identifier) @name !body) @definition.function
(function_declaration name: (dot_index_expression table: (_) @receiver field: (identifier) @name) body: (block) @body) @definition.function
(function_declaration name: (dot_index_expression table: (_) @receiver field: (identifier) @name) !body) @definition.function
(function_declaration name: (method_index_expression table: (_) @receiver method: (identifier) @name) body: (block) @body) @definition.method
(function_declaration name: (method_index_expression table: (_) @receiver method: (identifier) @name) !body) @definition.method
(assignment_statement (variable_list . name: (identifier) @name .) (expression_list . value: (function_definition))) @definition.function
(assignment_statement (variable_list . name: (dot_index_expression table: (_) @receiver field: (identifier) @name) .) (expression_list . value: (function_definition))) @definition.function
(variable_declaration (assignment_statement (variable_list . name: (identifier) @name .) (expression_list . value: (function_definition))) @inner) @definition.function
(field name: (identifier) @name value: (function_definition)) @definition.function

; Variables of the file's top level and fields of its tables. The hook drops what is only local or a module's handle.
(chunk (variable_declaration (assignment_statement (variable_list name: (identifier) @name)) @inner) @definition.variable)
(chunk (variable_declaration (variable_list name: (identifier) @name)) @definition.variable)
(chunk (assignment_statement (variable_list name: (identifier) @name)) @definition.variable)
(chunk (assignment_statement (variable_list name: (dot_index_expression table: (identifier) @receiver field: (identifier) @name))) @definition.field)

; Documentation
(comment) @comment

; Imports
(function_call name: (identifier) @_require (#any-of? @_require "require" "dofile" "loadfile") arguments: (arguments (string))) @import

; Calls
(function_call name: (identifier) @reference.calls)
(function_call name: (dot_index_expression table: (_) @receiver field: (identifier) @reference.calls))
(function_call name: (method_index_expression table: (_) @receiver method: (identifier) @reference.calls.method))

; What the file returns is what it exports.
(chunk (return_statement (expression_list . (identifier) @export @name .)))
(chunk (return_statement (expression_list . (table_constructor (field value: (identifier) @name) @export))))

; --- detail

; Functions passed, stored or returned by name
(arguments (identifier) @reference.references.argument)
(arguments (dot_index_expression table: (_) @receiver field: (identifier) @reference.references.argument))
(assignment_statement (expression_list value: (identifier) @reference.references.stored))
(assignment_statement (expression_list value: (dot_index_expression table: (_) @receiver field: (identifier) @reference.references.stored)))
(field value: (identifier) @reference.references.stored)
(field value: (dot_index_expression table: (_) @receiver field: (identifier) @reference.references.stored))
(return_statement (expression_list (identifier) @reference.references.stored))

; What is known of variables
(assignment_statement (variable_list . name: (_) @binding.value .) (expression_list . value: (_) @value))
(assignment_statement (variable_list . name: (identifier) @binding.value . name: (_)) (expression_list . value: (_) @value))
(assignment_statement (variable_list name: (_) . name: (identifier) @binding.value))
(variable_declaration (variable_list name: (identifier) @binding.value))
(parameters name: (identifier) @binding.parameter)
(for_generic_clause (variable_list name: (identifier) @binding.iteration) (expression_list . value: (_)? @value))
(for_numeric_clause name: (identifier) @binding.iteration)
(return_statement (expression_list . [(function_call) (identifier) (dot_index_expression)] @binding .))
(assignment_statement (variable_list . name: (_) . name: (identifier) @binding.value .) (expression_list . value: (_) . value: (_) @value .))
