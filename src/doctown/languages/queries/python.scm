; Definitions. A decorated definition matches twice; the wider match wins.
(class_definition name: (identifier) @name body: (block) @body) @definition.class
(decorated_definition (decorator)* @decorator definition: (class_definition name: (identifier) @name body: (block) @body) @inner) @definition.class
(function_definition name: (identifier) @name body: (block) @body) @definition.function
(decorated_definition (decorator)* @decorator definition: (function_definition name: (identifier) @name body: (block) @body) @inner) @definition.function
(module (expression_statement (assignment left: (identifier) @name) @inner) @definition.variable)
(module (expression_statement (assignment left: (pattern_list (identifier) @name)) @inner) @definition.variable)
(class_definition body: (block (expression_statement (assignment left: (identifier) @name) @inner) @definition.variable))
(class_definition body: (block (expression_statement (assignment left: (pattern_list (identifier) @name)) @inner) @definition.variable))
(assignment right: (assignment left: (identifier) @name) @definition.variable)
(module [(if_statement (block (expression_statement (assignment left: [(identifier) @name (pattern_list (identifier) @name)]) @inner) @definition.variable)) (if_statement [(elif_clause (block (expression_statement (assignment left: [(identifier) @name (pattern_list (identifier) @name)]) @inner) @definition.variable)) (else_clause (block (expression_statement (assignment left: [(identifier) @name (pattern_list (identifier) @name)]) @inner) @definition.variable))])])
(module [(try_statement (block (expression_statement (assignment left: [(identifier) @name (pattern_list (identifier) @name)]) @inner) @definition.variable)) (try_statement [(except_clause (block (expression_statement (assignment left: [(identifier) @name (pattern_list (identifier) @name)]) @inner) @definition.variable)) (else_clause (block (expression_statement (assignment left: [(identifier) @name (pattern_list (identifier) @name)]) @inner) @definition.variable))])])
(class_definition body: (block [(if_statement (block (expression_statement (assignment left: (identifier) @name) @inner) @definition.variable)) (if_statement (else_clause (block (expression_statement (assignment left: (identifier) @name) @inner) @definition.variable)))]))
(type_alias_statement left: (type (identifier) @name)) @definition.type_alias

; Documentation
(module . (expression_statement . (string) @doc .))
(class_definition body: (block . (expression_statement . (string) @doc .)))
(function_definition body: (block . (expression_statement . (string) @doc .)))
(comment) @comment

; Imports
[(import_statement) (import_from_statement) (future_import_statement)] @import

(module (expression_statement (assignment left: (identifier) @_all right: [(list (string (string_content) @name)) (tuple (string (string_content) @name))]) @export) (#eq? @_all "__all__"))

; Calls
(call function: (identifier) @reference.calls)
(call function: (attribute) @path.calls)
(decorator (identifier) @reference.calls.decorator)
(decorator (attribute) @path.calls.decorator)

; --- detail
; Fields set on self inside methods
(assignment left: (attribute object: (identifier) @receiver.self attribute: (identifier) @name) (#eq? @receiver.self "self")) @definition.field
(assignment left: (pattern_list (attribute object: (identifier) @receiver.self attribute: (identifier) @name) (#eq? @receiver.self "self"))) @definition.field
; Functions and classes passed, stored or returned by name
(argument_list (identifier) @reference.references.argument)
(argument_list (attribute) @path.references.argument)
(keyword_argument value: (identifier) @reference.references.argument)
(keyword_argument value: (attribute) @path.references.argument)
(pair value: (identifier) @reference.references.stored)
(list (identifier) @reference.references.stored)
(tuple (identifier) @reference.references.stored)
(return_statement (identifier) @reference.references.stored)
(assignment right: (identifier) @reference.references.stored)
(assignment right: (attribute) @path.references.stored)
(except_clause (identifier) @reference.references.except)
(except_clause (as_pattern . (identifier) @reference.references.except))
(raise_statement . (identifier) @reference.references.except)
(type (identifier) @reference.references.annotation)
(type (attribute) @path.references.annotation)
(type (subscript value: (identifier) @reference.references.annotation))
(type (subscript subscript: (identifier) @reference.references.annotation))
(type (generic_type (identifier) @reference.references.annotation))
(type (binary_operator (identifier) @reference.references.annotation))

; What is known of variables. A binding without value or type says only that the name is local.
(assignment left: [(identifier) (attribute)] @binding.value right: [(call) (identifier) (attribute) (await) (subscript) (string) (list) (dictionary) (tuple) (integer)] @value)
(assignment left: [(identifier) (attribute)] @binding.annotation type: (type) @type)
(assignment left: (pattern_list (identifier) @binding.value))
(named_expression name: (identifier) @binding.value value: (_) @value)
(parameters (identifier) @binding.parameter)
(lambda_parameters (identifier) @binding.parameter)
(default_parameter name: (identifier) @binding.parameter)
(parameters [(list_splat_pattern (identifier) @binding.parameter) (dictionary_splat_pattern (identifier) @binding.parameter)])
(typed_parameter . (identifier) @binding.parameter type: (type) @type)
(typed_parameter [(list_splat_pattern (identifier) @binding.parameter) (dictionary_splat_pattern (identifier) @binding.parameter)])
(typed_default_parameter name: (identifier) @binding.parameter type: (type) @type)
(for_statement left: (identifier) @binding.iteration right: [(call) (identifier) (attribute)] @value)
(for_statement left: (_ (identifier) @binding.iteration))
(for_in_clause left: (identifier) @binding.iteration right: [(call) (identifier) (attribute)] @value)
(for_in_clause left: (_ (identifier) @binding.iteration))
(with_item value: (as_pattern (_) @value alias: (as_pattern_target (identifier) @binding.context)))
(except_clause (as_pattern [(identifier) (attribute)] @type alias: (as_pattern_target (identifier) @binding.annotation)))
(except_clause (as_pattern (tuple) alias: (as_pattern_target (identifier) @binding.value)))
(function_definition return_type: (type) @binding)
(return_statement [(call) (identifier) (attribute) (await)] @binding)
