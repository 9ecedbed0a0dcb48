; Functions and variables. The whole declarator is captured as the name: the language's `rename` digs the name out,
; whatever pointers surround it.
(function_definition declarator: (_) @name body: (compound_statement) @body) @definition.function

; Prototypes and variables of the top level, which the preprocessor's conditionals may wrap; the hook tells them
; apart. Where the type is defined in the same breath, the variable is its declarator alone.
(translation_unit (declaration type: (_ !body) declarator: (_) @name) @definition.variable)
(declaration_list (declaration type: (_ !body) declarator: (_) @name) @definition.variable)
(preproc_ifdef (declaration type: (_ !body) declarator: (_) @name) @definition.variable)
(preproc_if (declaration type: (_ !body) declarator: (_) @name) @definition.variable)
(preproc_elif (declaration type: (_ !body) declarator: (_) @name) @definition.variable)
(preproc_else (declaration type: (_ !body) declarator: (_) @name) @definition.variable)
(linkage_specification (declaration type: (_ !body) declarator: (_) @name) @definition.variable)
(translation_unit (declaration type: (_ body: (_)) declarator: (_) @name @definition.variable))
(ERROR (declaration declarator: (function_declarator) @name) @definition.variable)
(ERROR (function_declarator declarator: (identifier)) @name @definition.variable)

; Types
(struct_specifier name: (type_identifier) @name body: (field_declaration_list) @body) @definition.struct
(union_specifier name: (type_identifier) @name body: (field_declaration_list) @body) @definition.union
(enum_specifier name: (type_identifier) @name body: (enumerator_list) @body) @definition.enum
(type_definition type: (struct_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.struct
(type_definition type: (union_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.union
(type_definition type: (enum_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.enum
(type_definition type: (_ name: (_) body: (_)) declarator: [(type_identifier) (pointer_declarator) (array_declarator)] @name @definition.type_alias)
(type_definition type: (_ !body) declarator: (_) @name) @definition.type_alias
(enumerator name: (identifier) @name) @definition.enum_member
(field_declaration type: (_ !body) declarator: (_) @name) @definition.field
(field_declaration type: (_ !name body: (_)) declarator: (_) @name) @definition.field
(field_declaration type: (_ name: (_) body: (_)) declarator: (_) @name @definition.field)

; Macros
(preproc_function_def name: (identifier) @name) @definition.macro
(preproc_def name: (identifier) @name) @definition.constant
[(preproc_if) (preproc_ifdef)] @alternative
[(preproc_function_def value: (preproc_arg) @expansion) (preproc_def value: (preproc_arg) @expansion)]
(preproc_def value: (preproc_arg) @binding)

; Documentation
(comment) @comment

; Imports
(preproc_include) @import

; Calls
(call_expression function: (identifier) @reference.calls)
(call_expression function: (field_expression argument: (_) @receiver field: (field_identifier) @reference.calls))
(call_expression function: (parenthesized_expression (pointer_expression argument: (identifier) @reference.calls)))

; --- detail

; A macro that stands for statements, alone or before a call that the grammar then takes for a declaration
(expression_statement (identifier) @reference.references.statement)
(ERROR (identifier) @reference.references.statement (#match? @reference.references.statement "^[A-Z][A-Z0-9_]*$"))
(ERROR (identifier) @reference.calls.statement . "(" (#match? @reference.calls.statement "^[A-Z][A-Z0-9_]*$"))
(compound_statement (declaration type: (type_identifier) declarator: (function_declarator declarator: (identifier) @reference.calls.statement)) (#match? @reference.calls.statement "^[A-Z][A-Z0-9_]*$"))

; Functions and variables passed, stored or returned by name
(argument_list (identifier) @reference.references.argument)
(argument_list (pointer_expression argument: (identifier) @reference.references.argument))
(init_declarator value: (identifier) @reference.references.stored)
(init_declarator value: (pointer_expression argument: (identifier) @reference.references.stored))
(initializer_list (identifier) @reference.references.stored)
(initializer_list (pointer_expression argument: (identifier) @reference.references.stored))
(initializer_pair value: (identifier) @reference.references.stored)
(initializer_pair value: (pointer_expression argument: (identifier) @reference.references.stored))
(assignment_expression right: (identifier) @reference.references.stored)
(assignment_expression right: (pointer_expression argument: (identifier) @reference.references.stored))
(return_statement (identifier) @reference.references.stored)
(conditional_expression (identifier) @reference.references.stored)
(case_statement value: (identifier) @reference.references.stored)
(type_identifier) @reference.references.annotation

; What is known of variables; the hook reads declarations, since their declarators nest.
(declaration declarator: (_)) @binding
(field_declaration) @binding
(function_definition declarator: [
  (function_declarator parameters: (parameter_list) @binding)
  (pointer_declarator declarator: (function_declarator parameters: (parameter_list) @binding))
  (pointer_declarator declarator: (pointer_declarator declarator: (function_declarator parameters: (parameter_list) @binding)))])
(function_definition type: [(type_identifier) (primitive_type) (struct_specifier)] @binding)
[(compound_statement) (for_statement)] @block
