; Functions and variables. The whole declarator is captured as the name: the language's `rename` digs the name out,
; whatever pointers surround it, and its `receiver` the class before `::`.
(function_definition declarator: (_) @name !body) @definition.function
(function_definition declarator: (_) @name body: (_) @body) @definition.function
(template_declaration (function_definition declarator: (_) @name body: (_) @body) @inner) @definition.function
(template_declaration (function_definition declarator: (_) @name !body) @inner) @definition.function
(friend_declaration (function_definition declarator: (_) @name body: (_) @body) @inner) @definition.function
(declaration declarator: (init_declarator declarator: (identifier) value: (lambda_expression body: (_) @body)) @name) @definition.function

; Prototypes and variables outside functions, which the preprocessor's conditionals may wrap; the hook tells them
; apart. Where the type is defined in the same breath, the variable is its declarator alone.
(translation_unit (declaration type: (_ !body) declarator: (_) @name) @definition.variable)
(declaration_list (declaration type: (_ !body) declarator: (_) @name) @definition.variable)
(preproc_ifdef (declaration type: (_ !body) declarator: (_) @name) @definition.variable)
(preproc_if (declaration type: (_ !body) declarator: (_) @name) @definition.variable)
(preproc_elif (declaration type: (_ !body) declarator: (_) @name) @definition.variable)
(preproc_else (declaration type: (_ !body) declarator: (_) @name) @definition.variable)
(linkage_specification (declaration type: (_ !body) declarator: (_) @name) @definition.variable)
(field_declaration_list (declaration declarator: (_) @name) @definition.variable)
(preproc_ifdef (declaration !type declarator: (_) @name) @definition.variable)
(preproc_if (declaration !type declarator: (_) @name) @definition.variable)
(template_declaration (declaration declarator: (_) @name) @inner) @definition.variable
(translation_unit (declaration type: (_ body: (_)) declarator: (_) @name @definition.variable))
(declaration_list (declaration type: (_ body: (_)) declarator: (_) @name @definition.variable))
; A macro behind a method (`void f() REQUIRES(lock);`) pushes the method itself into an error.
(field_declaration (ERROR (function_declarator) @name)) @definition.field
(declaration (ERROR (function_declarator) @name)) @definition.variable
(ERROR (declaration declarator: (function_declarator) @name) @definition.variable)
(ERROR (function_declarator declarator: (identifier)) @name @definition.variable)

; Types
(class_specifier name: [(type_identifier) @name (template_type name: (type_identifier) @name) (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(type_identifier) @name (template_type name: (type_identifier) @name)]) (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(type_identifier) @name (template_type name: (type_identifier) @name)]))] body: (field_declaration_list) @body) @definition.class
(template_declaration (class_specifier name: [(type_identifier) @name (template_type name: (type_identifier) @name) (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(type_identifier) @name (template_type name: (type_identifier) @name)]) (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(type_identifier) @name (template_type name: (type_identifier) @name)]))] body: (field_declaration_list) @body) @inner) @definition.class
(type_definition type: (class_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.class
(struct_specifier name: [(type_identifier) @name (template_type name: (type_identifier) @name) (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(type_identifier) @name (template_type name: (type_identifier) @name)]) (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(type_identifier) @name (template_type name: (type_identifier) @name)]))] body: (field_declaration_list) @body) @definition.struct
(template_declaration (struct_specifier name: [(type_identifier) @name (template_type name: (type_identifier) @name) (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(type_identifier) @name (template_type name: (type_identifier) @name)]) (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(type_identifier) @name (template_type name: (type_identifier) @name)]))] body: (field_declaration_list) @body) @inner) @definition.struct
(type_definition type: (struct_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.struct
(union_specifier name: [(type_identifier) @name (template_type name: (type_identifier) @name) (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(type_identifier) @name (template_type name: (type_identifier) @name)]) (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(type_identifier) @name (template_type name: (type_identifier) @name)]))] body: (field_declaration_list) @body) @definition.union
(template_declaration (union_specifier name: [(type_identifier) @name (template_type name: (type_identifier) @name) (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(type_identifier) @name (template_type name: (type_identifier) @name)]) (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(type_identifier) @name (template_type name: (type_identifier) @name)]))] body: (field_declaration_list) @body) @inner) @definition.union
(type_definition type: (union_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.union
(enum_specifier name: [(type_identifier) @name (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(type_identifier) @name (template_type name: (type_identifier) @name)]) (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(type_identifier) @name (template_type name: (type_identifier) @name)]))] body: (enumerator_list) @body) @definition.enum
(type_definition type: (enum_specifier !name body: (_) @body) declarator: (type_identifier) @name) @definition.enum
(type_definition type: (_ name: (_) body: (_)) declarator: [(type_identifier) (pointer_declarator) (array_declarator)] @name @definition.type_alias)
(type_definition type: (_ !body) declarator: (_) @name) @definition.type_alias
(alias_declaration name: (type_identifier) @name) @definition.type_alias
(template_declaration (alias_declaration name: (type_identifier) @name) @inner) @definition.type_alias
(concept_definition name: (identifier) @name) @definition.interface
(template_declaration (concept_definition name: (identifier) @name) @inner) @definition.interface
(enumerator name: (identifier) @name) @definition.enum_member
(field_declaration type: (_ !body) declarator: (_) @name) @definition.field
(field_declaration type: (_ !name body: (_)) declarator: (_) @name) @definition.field
(field_declaration type: (_ name: (_) body: (_)) declarator: (_) @name @definition.field)
(namespace_definition name: (namespace_identifier) @name body: (declaration_list) @body) @definition.namespace
(namespace_definition name: (nested_namespace_specifier (namespace_identifier) @receiver . (namespace_identifier) @name .) body: (declaration_list) @body) @definition.namespace
(namespace_definition name: (nested_namespace_specifier (namespace_identifier) @receiver . (nested_namespace_specifier (namespace_identifier) @receiver . (namespace_identifier) @name .)) body: (declaration_list) @body) @definition.namespace

; Macros
(preproc_function_def name: (identifier) @name) @definition.macro
(preproc_def name: (identifier) @name) @definition.constant
[(preproc_if) (preproc_ifdef)] @alternative
[(preproc_function_def value: (preproc_arg) @expansion) (preproc_def value: (preproc_arg) @expansion)]
(preproc_def value: (preproc_arg) @binding)

; Documentation
(comment) @comment

; Imports
[(preproc_include) (using_declaration) (namespace_alias_definition)] @import

; Calls
(call_expression function: (identifier) @reference.calls arguments: (_) @arguments)
(call_expression function: (template_function name: (identifier) @reference.calls) arguments: (_) @arguments)
(call_expression function: (field_expression argument: (_) @receiver field: [(field_identifier) @reference.calls (template_method name: (field_identifier) @reference.calls)]) arguments: (_) @arguments)
(call_expression function: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(identifier) @reference.calls (template_function name: (identifier) @reference.calls)]) arguments: (_) @arguments)
(call_expression function: (qualified_identifier !scope name: [(identifier) @reference.calls (template_function name: (identifier) @reference.calls)]) arguments: (_) @arguments)
(call_expression function: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(identifier) @reference.calls (template_function name: (identifier) @reference.calls)])) arguments: (_) @arguments)
(call_expression function: (qualified_identifier !scope name: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(identifier) @reference.calls (template_function name: (identifier) @reference.calls)])) arguments: (_) @arguments)
(call_expression function: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(identifier) @reference.calls (template_function name: (identifier) @reference.calls)]))) arguments: (_) @arguments)
(call_expression function: (parenthesized_expression (pointer_expression argument: (identifier) @reference.calls)) arguments: (_) @arguments)
(new_expression type: [(type_identifier) @reference.calls.new (template_type name: (type_identifier) @reference.calls.new)] arguments: (_)? @arguments)
(new_expression type: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(type_identifier) @reference.calls.new (template_type name: (type_identifier) @reference.calls.new)]) arguments: (_)? @arguments)
(compound_literal_expression type: (type_identifier) @reference.calls.new)
(declaration type: [(type_identifier) @reference.calls.new (template_type name: (type_identifier) @reference.calls.new)] declarator: (init_declarator value: [(argument_list) (initializer_list)] @arguments))
(declaration type: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(type_identifier) @reference.calls.new (template_type name: (type_identifier) @reference.calls.new)]) declarator: (init_declarator value: [(argument_list) (initializer_list)] @arguments))
(compound_statement (declaration type: [(type_identifier) @reference.calls.new (template_type name: (type_identifier) @reference.calls.new)] declarator: (function_declarator declarator: (identifier) parameters: (_) @arguments)))
(compound_statement (declaration type: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(type_identifier) @reference.calls.new (template_type name: (type_identifier) @reference.calls.new)]) declarator: (function_declarator declarator: (identifier) parameters: (_) @arguments)))
(call_expression function: [
  (template_function name: (identifier) @_make arguments: (template_argument_list . (type_descriptor type: (type_identifier) @reference.calls.new)))
  (qualified_identifier name: (template_function name: (identifier) @_make arguments: (template_argument_list . (type_descriptor type: (type_identifier) @reference.calls.new))))] arguments: (_) @arguments
  (#any-of? @_make "make_unique" "make_shared"))

; --- detail

; A macro that stands for statements, alone or before a call that the grammar then takes for a declaration
(expression_statement (identifier) @reference.references.statement)
(ERROR (identifier) @reference.references.statement (#match? @reference.references.statement "^[A-Z][A-Z0-9_]*$"))
(ERROR (identifier) @reference.calls.statement . "(" (#match? @reference.calls.statement "^[A-Z][A-Z0-9_]*$"))
(compound_statement (declaration type: (type_identifier) declarator: (function_declarator declarator: (identifier) @reference.calls.statement)) (#match? @reference.calls.statement "^[A-Z][A-Z0-9_]*$"))

; Functions and variables passed, stored or returned by name
(argument_list (identifier) @reference.references.argument)
(argument_list (pointer_expression argument: (identifier) @reference.references.argument))
(argument_list (pointer_expression argument: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: (identifier) @reference.references.argument)))
(argument_list (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: (identifier) @reference.references.argument))
(init_declarator value: (identifier) @reference.references.stored)
(init_declarator value: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: (identifier) @reference.references.stored))
(init_declarator value: (pointer_expression argument: (identifier) @reference.references.stored))
(initializer_list (identifier) @reference.references.stored)
(initializer_list (pointer_expression argument: (identifier) @reference.references.stored))
(initializer_pair value: (identifier) @reference.references.stored)
(assignment_expression right: (identifier) @reference.references.stored)
(assignment_expression right: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: (identifier) @reference.references.stored))
(assignment_expression right: (pointer_expression argument: (identifier) @reference.references.stored))
(return_statement (identifier) @reference.references.stored)
(return_statement (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: (identifier) @reference.references.stored))
(conditional_expression (identifier) @reference.references.stored)
(case_statement value: (identifier) @reference.references.stored)
(case_statement value: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: (identifier) @reference.references.stored))
(field_initializer (field_identifier) @reference.references.initializer)
(declaration type: [(type_identifier) @reference.references.annotation (template_type name: (type_identifier) @reference.references.annotation)])
(parameter_declaration type: [(type_identifier) @reference.references.annotation (template_type name: (type_identifier) @reference.references.annotation)])
(optional_parameter_declaration type: [(type_identifier) @reference.references.annotation (template_type name: (type_identifier) @reference.references.annotation)])
(field_declaration type: [(type_identifier) @reference.references.annotation (template_type name: (type_identifier) @reference.references.annotation)])
(function_definition type: [(type_identifier) @reference.references.annotation (template_type name: (type_identifier) @reference.references.annotation)])
(type_descriptor type: [(type_identifier) @reference.references.annotation (template_type name: (type_identifier) @reference.references.annotation)])
(type_definition type: [(type_identifier) @reference.references.annotation (template_type name: (type_identifier) @reference.references.annotation)])
(for_range_loop type: [(type_identifier) @reference.references.annotation (template_type name: (type_identifier) @reference.references.annotation)])
(base_class_clause [(type_identifier) @reference.references.annotation (template_type name: (type_identifier) @reference.references.annotation)])
(friend_declaration (type_identifier) @reference.references.annotation)
(struct_specifier !body name: (type_identifier) @reference.references.annotation)
(class_specifier !body name: (type_identifier) @reference.references.annotation)
(enum_specifier !body name: (type_identifier) @reference.references.annotation)
(union_specifier !body name: (type_identifier) @reference.references.annotation)
(qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(type_identifier) @reference.references.annotation (template_type name: (type_identifier) @reference.references.annotation)])
(qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: (qualified_identifier scope: [(namespace_identifier) @receiver (template_type name: (type_identifier) @receiver)] name: [(type_identifier) @reference.references.annotation (template_type name: (type_identifier) @reference.references.annotation)]))

; What is known of variables; the hook reads declarations, since their declarators nest.
(declaration declarator: (_)) @binding
(field_declaration) @binding
(function_definition declarator: [
  (function_declarator parameters: (parameter_list) @binding)
  (pointer_declarator declarator: (function_declarator parameters: (parameter_list) @binding))
  (reference_declarator (function_declarator parameters: (parameter_list) @binding))])
(lambda_expression declarator: (abstract_function_declarator parameters: (parameter_list) @binding))
(catch_clause parameters: (parameter_list) @binding)
(for_range_loop declarator: (_)) @binding
(type_parameter_declaration (type_identifier) @binding.parameter)
(variadic_type_parameter_declaration (type_identifier) @binding.parameter)
(optional_type_parameter_declaration name: (type_identifier) @binding.parameter)
(function_definition type: [(type_identifier) (primitive_type) (template_type) (qualified_identifier)] @binding)
[(lambda_expression) (compound_statement) (for_statement) (for_range_loop) (if_statement) (catch_clause)] @block
