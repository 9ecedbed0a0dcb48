; Definitions. An extension's receiver stands before its name; that pattern comes first.
(class_declaration name: (identifier) @name) @definition.class
(object_declaration name: (identifier) @name) @definition.class
(companion_object name: (identifier) @name (delegation_specifiers) .) @definition.class
(enum_entry . (identifier) @name) @definition.enum_member
(enum_entry (modifiers) . (identifier) @name) @definition.enum_member
(function_declaration [(user_type . (identifier) @receiver . (type_arguments)? .) (nullable_type (user_type . (identifier) @receiver .))] . name: (identifier) @name (function_body)? @body) @definition.function
(function_declaration name: (identifier) @name (function_body)? @body) @definition.function
(secondary_constructor "constructor" @name (block)? @body) @definition.constructor
(property_declaration [(user_type . (identifier) @receiver . (type_arguments)? .) (nullable_type (user_type . (identifier) @receiver .))] . (variable_declaration . (identifier) @name)) @definition.property
(property_declaration (variable_declaration . (identifier) @name)) @definition.field
(class_parameter ["val" "var"] (identifier) @name) @definition.field
(type_alias type: (identifier) @name) @definition.type_alias

; Documentation
[(block_comment) (line_comment)] @comment

; Package and imports
(package_header (qualified_identifier) @package)
(import) @import

; Calls
(call_expression . (identifier) @reference.calls (value_arguments) @arguments .)
(call_expression . (navigation_expression (_) @receiver . (identifier) @reference.calls .) (value_arguments) @arguments .)
(call_expression (call_expression . (identifier) @reference.calls (value_arguments)) (annotated_lambda))
(call_expression (call_expression . (navigation_expression (_) @receiver . (identifier) @reference.calls .) (value_arguments)) (annotated_lambda))
(call_expression . (identifier) @reference.calls . (annotated_lambda))
(call_expression . (navigation_expression (_) @receiver . (identifier) @reference.calls .) . (annotated_lambda))
(constructor_delegation_call "super" @reference.calls.super (value_arguments) @arguments)
(constructor_delegation_call "this" @reference.calls.this (value_arguments) @arguments)
(annotation (user_type (identifier) @reference.references.decorator .))
(annotation (constructor_invocation (user_type (identifier) @reference.references.decorator .)))

; --- detail

; Functions and types passed, stored or returned by name
(value_argument (identifier) @reference.references.argument .)
(value_argument (navigation_expression ".") @path.references.argument .)
(callable_reference (identifier) @reference.references.argument .)
(navigation_expression (identifier) @receiver "::" (identifier) @reference.references.argument (#not-eq? @reference.references.argument "class"))
(return_expression (identifier) @reference.references.stored)
(property_declaration "=" . (identifier) @reference.references.stored)
(property_declaration "=" . (navigation_expression) @path.references.stored)
(assignment right: (identifier) @reference.references.stored)
(infix_expression . (_) @receiver . (identifier) @reference.calls.infix . (_) .)
(navigation_expression . (identifier) @reference.references.object (#match? @reference.references.object "^[A-Z]"))
[
  (variable_declaration (user_type . (identifier) @reference.references.annotation . (type_arguments)? .))
  (parameter (user_type . (identifier) @reference.references.annotation . (type_arguments)? .))
  (class_parameter (user_type . (identifier) @reference.references.annotation . (type_arguments)? .))
  (function_declaration (user_type . (identifier) @reference.references.annotation . (type_arguments)? .))
  (property_declaration (user_type . (identifier) @reference.references.annotation . (type_arguments)? .))
  (nullable_type (user_type . (identifier) @reference.references.annotation . (type_arguments)? .))
  (type_projection (user_type . (identifier) @reference.references.annotation . (type_arguments)? .))
  (delegation_specifier (user_type . (identifier) @reference.references.annotation . (type_arguments)? .))
  (explicit_delegation (user_type . (identifier) @reference.references.annotation . (type_arguments)? .))
  (type_parameter (user_type . (identifier) @reference.references.annotation . (type_arguments)? .))
  (type_constraint (user_type . (identifier) @reference.references.annotation . (type_arguments)? .))
  (as_expression (user_type . (identifier) @reference.references.annotation . (type_arguments)? .))
  (is_expression (user_type . (identifier) @reference.references.annotation . (type_arguments)? .))
  (type_test (user_type . (identifier) @reference.references.annotation . (type_arguments)? .))
  (catch_block (user_type . (identifier) @reference.references.annotation . (type_arguments)? .))
  (type_alias (user_type . (identifier) @reference.references.annotation . (type_arguments)? .))
  (function_type (user_type . (identifier) @reference.references.annotation . (type_arguments)? .))
  (function_type_parameters (user_type . (identifier) @reference.references.annotation . (type_arguments)? .))
  (super_expression (user_type . (identifier) @reference.references.annotation . (type_arguments)? .))
  (anonymous_function (user_type . (identifier) @reference.references.annotation . (type_arguments)? .))
  (delegation_specifier (constructor_invocation (user_type . (identifier) @reference.references.annotation . (type_arguments)? .)))
]
(user_type (identifier) @receiver . (identifier) @reference.references.annotation .)

; What is known of variables. A binding without value or type says only that the name is local.
(property_declaration (variable_declaration . (identifier) @binding.annotation . (_) @type))
(property_declaration (variable_declaration . (identifier) @binding.value .) "=" . [(call_expression) (identifier) (navigation_expression) (as_expression) (string_literal) (number_literal) (index_expression) (unary_expression) (parenthesized_expression) (this_expression)] @value)
(property_declaration (variable_declaration . (identifier) @binding.value .) "=" . [(if_expression) (when_expression) (try_expression) (binary_expression) (lambda_literal) (anonymous_function) (object_literal) (infix_expression) (in_expression) (is_expression)])
(property_declaration (variable_declaration . (identifier) @binding.value .) (property_delegate))
(multi_variable_declaration (variable_declaration . (identifier) @binding.value))
(function_value_parameters (parameter . (identifier) @binding.parameter . (_) @type))
(class_parameter (identifier) @binding.parameter . [(user_type) (nullable_type) (function_type)] @type)
(type_parameter . (identifier) @binding.parameter . (_)? @type)
(lambda_parameters (variable_declaration . (identifier) @binding.parameter . (_) @type))
(lambda_parameters (variable_declaration . (identifier) @binding.parameter .))
(for_statement (variable_declaration . (identifier) @binding.iteration) . (_) @value)
(catch_block (identifier) @binding.parameter . (user_type) @type)
(assignment left: [(identifier) (navigation_expression . [(this_expression) (identifier)])] @binding.value right: [(call_expression) (identifier) (navigation_expression)] @value)
(function_declaration (function_value_parameters) . [(user_type) (nullable_type)] @binding)
(property_declaration (variable_declaration (identifier) . [(user_type) (nullable_type)] @binding) [(getter) (property_delegate)])
(function_declaration (function_value_parameters) . (function_body "=" . [(call_expression) (identifier) (navigation_expression)] @binding))
(property_declaration (variable_declaration . (identifier) @binding.value .) "=" . (binary_expression left: (_) @value operator: "?:"))
(property_declaration (variable_declaration . (identifier) @name .) "=" . (call_expression . (identifier) . (type_arguments) . (value_arguments) .)) @binding
[(annotated_lambda (lambda_literal)) (value_argument (lambda_literal))] @binding
(when_entry condition: (type_test)) @binding
(if_expression condition: (is_expression left: (identifier) @name "is" right: (_) @type) . (block) @binding)
[(lambda_literal) (when_entry) (block) (for_statement)] @block
