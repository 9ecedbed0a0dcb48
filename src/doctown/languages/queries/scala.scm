; Definitions
(class_definition name: (identifier) @name body: (_)? @body) @definition.class
(object_definition name: (identifier) @name body: (_)? @body) @definition.class
(package_object name: (identifier) @name body: (_) @body) @definition.namespace
(trait_definition name: (identifier) @name body: (_)? @body) @definition.trait
(enum_definition name: (identifier) @name body: (_) @body) @definition.enum
(simple_enum_case name: (identifier) @name) @definition.enum_member
(full_enum_case name: (identifier) @name) @definition.enum_member
(extension_definition parameters: (parameters (parameter type: (type_identifier) @receiver)) body: (function_definition name: (identifier) @name body: (_) @body) @definition.function)
(function_definition name: [(identifier) (operator_identifier)] @name body: (_) @body) @definition.function
(function_declaration name: [(identifier) (operator_identifier)] @name) @definition.function
(val_definition pattern: [(identifier) @name (identifiers (identifier) @name)]) @definition.field
(var_definition pattern: [(identifier) @name (identifiers (identifier) @name)]) @definition.field
(val_declaration name: (identifier) @name) @definition.field
(var_declaration name: (identifier) @name) @definition.field
(class_parameter name: (identifier) @name) @definition.field
(type_definition name: (type_identifier) @name) @definition.type_alias
(given_definition name: (identifier) @name body: (_)? @body) @definition.constant

; Documentation
[(block_comment) (comment)] @comment

; Package and imports
(package_clause name: (package_identifier) @package)
[(import_declaration) (export_declaration)] @import

; Calls
(call_expression function: (identifier) @reference.calls arguments: (arguments) @arguments)
(call_expression function: (identifier) @reference.calls arguments: (block))
(call_expression function: (field_expression value: (_) @receiver field: (identifier) @reference.calls) arguments: (arguments) @arguments)
(call_expression function: (field_expression value: (_) @receiver field: (identifier) @reference.calls) arguments: (block))
(call_expression function: (generic_function function: (identifier) @reference.calls))
(call_expression function: (generic_function function: (field_expression) @path.calls))
(instance_expression (type_identifier) @reference.calls.new arguments: (arguments)? @arguments)
(instance_expression (generic_type type: (type_identifier) @reference.calls.new) arguments: (arguments)? @arguments)
(instance_expression (stable_type_identifier) @path.calls.new)
(infix_expression left: (_) @receiver operator: (identifier) @reference.calls.infix)
(annotation name: (type_identifier) @reference.references.decorator)

; --- detail

; Methods without arguments, and functions and types passed or stored by name
(val_definition value: (field_expression) @path.references.member)
(function_definition body: (field_expression) @path.references.member)
(block (field_expression) @path.references.member)
(indented_block (field_expression) @path.references.member)
(arguments (field_expression) @path.references.member)
(case_clause body: (field_expression) @path.references.member)
(if_expression (parenthesized_expression (field_expression) @path.references.member))
(arguments (identifier) @reference.references.argument)
(val_definition value: (identifier) @reference.references.stored)
(function_definition body: (identifier) @reference.references.stored)
(block (identifier) @reference.references.stored .)
(assignment_expression right: (identifier) @reference.references.stored)
(case_class_pattern type: (type_identifier) @reference.references.pattern)
(field_expression value: (identifier) @reference.references.object (#match? @reference.references.object "^[A-Z]"))
(return_expression (identifier) @reference.references.stored)
[
  (parameter type: (type_identifier) @reference.references.annotation)
  (class_parameter type: (type_identifier) @reference.references.annotation)
  (function_definition return_type: (type_identifier) @reference.references.annotation)
  (function_declaration return_type: (type_identifier) @reference.references.annotation)
  (val_definition type: (type_identifier) @reference.references.annotation)
  (var_definition type: (type_identifier) @reference.references.annotation)
  (val_declaration type: (type_identifier) @reference.references.annotation)
  (type_definition type: (type_identifier) @reference.references.annotation)
  (generic_type type: (type_identifier) @reference.references.annotation)
  (type_arguments (type_identifier) @reference.references.annotation)
  (upper_bound type: (type_identifier) @reference.references.annotation)
  (lazy_parameter_type type: (type_identifier) @reference.references.annotation)
  (repeated_parameter_type type: (type_identifier) @reference.references.annotation)
  (typed_pattern type: (type_identifier) @reference.references.annotation)
  (self_type (type_identifier) @reference.references.annotation)
  (function_type return_type: (type_identifier) @reference.references.annotation)
  (parameter_types (type_identifier) @reference.references.annotation)
  (compound_type (type_identifier) @reference.references.annotation)
]
(stable_type_identifier) @path.references.annotation

; What is known of variables. A binding without value or type says only that the name is local.
(parameter name: (identifier) @binding.parameter type: (_) @type)
(class_parameter name: (identifier) @binding.parameter type: (_) @type)
(val_definition pattern: (identifier) @binding.annotation type: (_) @type)
(var_definition pattern: (identifier) @binding.annotation type: (_) @type)
(val_definition pattern: (identifier) @binding.value !type value: [(call_expression) (instance_expression) (identifier) (field_expression) (string) (integer_literal) (generic_function)] @value)
(var_definition pattern: (identifier) @binding.value !type value: [(call_expression) (instance_expression) (identifier) (field_expression) (string) (integer_literal)] @value)
(val_definition pattern: (identifier) @binding.value !type value: [(match_expression) (if_expression) (for_expression) (infix_expression) (lambda_expression) (block) (try_expression) (interpolated_string_expression) (tuple_expression) (boolean_literal)])
(val_definition pattern: (tuple_pattern (identifier) @binding.value))
(enumerator . (identifier) @binding.iteration . (_) @value)
(lambda_expression parameters: (identifier) @binding.parameter)
(binding name: (identifier) @binding.parameter)
(typed_pattern pattern: (identifier) @binding.annotation type: (_) @type)
(case_class_pattern pattern: (identifier) @binding.value)
(function_definition type_parameters: (type_parameters name: (identifier) @binding.parameter . bound: (upper_bound type: (_) @type)?))
(class_definition type_parameters: (type_parameters name: (identifier) @binding.parameter . bound: (upper_bound type: (_) @type)?))
(trait_definition type_parameters: (type_parameters name: (identifier) @binding.parameter . bound: (upper_bound type: (_) @type)?))
(function_definition return_type: (_) @binding)
(function_declaration return_type: (_) @binding)
(function_definition !return_type body: [(call_expression) (instance_expression)] @binding)
(arguments (lambda_expression) @binding)
(call_expression arguments: (block . (lambda_expression) @binding .))
(field_expression value: (wildcard) @binding)
(case_clause pattern: (case_class_pattern)) @binding
[(lambda_expression) (case_clause) (arguments) (block)] @block
