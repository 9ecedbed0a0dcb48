; Definitions. A spec inside a group and the declaration of one spec both match; the wider match wins.
(function_declaration name: (identifier) @name body: (block)? @body) @definition.function
(method_declaration receiver: (parameter_list (parameter_declaration type: [(type_identifier) @receiver (pointer_type (type_identifier) @receiver) (generic_type type: (type_identifier) @receiver) (pointer_type (generic_type type: (type_identifier) @receiver)) (parenthesized_type (pointer_type (type_identifier) @receiver))])) name: (field_identifier) @name body: (block)? @body) @definition.method
(type_declaration [(type_spec name: (type_identifier) @name) (type_alias name: (type_identifier) @name)] @definition.type_alias)
(type_declaration . [(type_spec name: (type_identifier) @name) (type_alias name: (type_identifier) @name)] @inner .) @definition.type_alias
(const_declaration (const_spec (identifier) @name) @definition.constant)
(const_declaration . (const_spec (identifier) @name) @inner .) @definition.constant
(var_spec name: (identifier) @name) @definition.variable
(var_declaration . (var_spec name: (identifier) @name) @inner .) @definition.variable
(field_declaration name: (field_identifier) @name) @definition.field
(field_declaration !name type: [(type_identifier) @name (qualified_type name: (type_identifier) @name) (generic_type type: [(type_identifier) @name (qualified_type name: (type_identifier) @name)])]) @definition.field
(interface_type (method_elem name: (field_identifier) @name) @definition.method)

; Documentation
(comment) @comment

; Package and imports
(package_clause (package_identifier) @package)
(import_spec) @import

; Calls
(call_expression function: (identifier) @reference.calls)
(call_expression function: (selector_expression) @path.calls)
(call_expression function: (index_expression operand: (identifier) @reference.calls))
(call_expression function: (index_expression operand: (selector_expression) @path.calls))
(type_conversion_expression type: (generic_type type: (type_identifier) @reference.calls))
(type_conversion_expression type: (generic_type type: (qualified_type) @path.calls))
(composite_literal type: (type_identifier) @reference.calls.new)
(composite_literal type: (qualified_type) @path.calls.new)
(composite_literal type: (generic_type type: (type_identifier) @reference.calls.new))

; --- detail

; Functions and types passed, stored or returned by name
(argument_list (identifier) @reference.references.argument)
(argument_list (selector_expression) @path.references.argument)
(argument_list (unary_expression operand: (identifier) @reference.references.argument))
(keyed_element value: (literal_element (identifier) @reference.references.stored))
(keyed_element value: (literal_element (selector_expression) @path.references.stored))
(literal_value (literal_element (identifier) @reference.references.stored))
(return_statement (expression_list (identifier) @reference.references.stored))
(return_statement (expression_list (selector_expression) @path.references.stored))
(assignment_statement right: (expression_list (identifier) @reference.references.stored))
(assignment_statement right: (expression_list (selector_expression) @path.references.stored))
(short_var_declaration right: (expression_list (identifier) @reference.references.stored))
(short_var_declaration right: (expression_list (selector_expression) @path.references.stored))
(var_spec value: (expression_list (identifier) @reference.references.stored))
(binary_expression (identifier) @reference.references.operand)
[
  (parameter_declaration type: (type_identifier) @reference.references.annotation)
  (variadic_parameter_declaration type: (type_identifier) @reference.references.annotation)
  (function_declaration result: (type_identifier) @reference.references.annotation)
  (method_declaration result: (type_identifier) @reference.references.annotation)
  (method_elem result: (type_identifier) @reference.references.annotation)
  (function_type result: (type_identifier) @reference.references.annotation)
  (field_declaration type: (type_identifier) @reference.references.annotation)
  (var_spec type: (type_identifier) @reference.references.annotation)
  (const_spec type: (type_identifier) @reference.references.annotation)
  (pointer_type (type_identifier) @reference.references.annotation)
  (slice_type element: (type_identifier) @reference.references.annotation)
  (array_type element: (type_identifier) @reference.references.annotation)
  (map_type key: (type_identifier) @reference.references.annotation)
  (map_type value: (type_identifier) @reference.references.annotation)
  (channel_type value: (type_identifier) @reference.references.annotation)
  (generic_type type: (type_identifier) @reference.references.annotation)
  (type_elem (type_identifier) @reference.references.annotation)
  (type_constraint (type_identifier) @reference.references.annotation)
  (type_spec type: (type_identifier) @reference.references.annotation)
  (type_alias type: (type_identifier) @reference.references.annotation)
  (type_case type: (type_identifier) @reference.references.annotation)
  (type_assertion_expression type: (type_identifier) @reference.references.annotation)
  (type_conversion_expression type: (type_identifier) @reference.references.annotation)
]
(qualified_type) @path.references.annotation

; What is known of variables. A binding without value or type says only that the name is local.
(function_declaration parameters: (parameter_list (parameter_declaration name: (identifier) @binding.parameter type: (_) @type)))
(method_declaration parameters: (parameter_list (parameter_declaration name: (identifier) @binding.parameter type: (_) @type)))
(method_declaration receiver: (parameter_list (parameter_declaration name: (identifier) @binding.parameter type: (_) @type)))
(func_literal parameters: (parameter_list (parameter_declaration name: (identifier) @binding.parameter type: (_) @type)))
(variadic_parameter_declaration name: (identifier) @binding.parameter type: (_) @type)
(type_parameter_declaration name: (identifier) @binding.parameter)
(function_declaration result: (_) @binding)
(method_declaration result: (_) @binding)
(method_elem result: (_) @binding)
(field_declaration name: (field_identifier) @binding.annotation type: (_) @type)
(field_declaration !name type: (_)) @binding
(var_spec name: (identifier) @binding.annotation type: (_) @type)
(var_spec . name: (identifier) @binding.value !type value: (expression_list . (_) @value))
(short_var_declaration) @binding
(assignment_statement left: (expression_list . (selector_expression) @binding.value .) right: (expression_list . (_) @value .))
(range_clause left: (expression_list) right: (_)) @binding
(type_switch_statement alias: (expression_list (identifier) @binding.value))
(type_switch_statement alias: (expression_list (identifier)) (type_case) @binding)
(type_spec type: [(slice_type) (array_type) (map_type) (channel_type)]) @binding
(type_alias type: [(type_identifier) (qualified_type)]) @binding
[(func_literal) (if_statement) (for_statement) (block) (expression_case) (type_case) (default_case) (communication_case)] @block
