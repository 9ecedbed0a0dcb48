; What TypeScript has beside ecmascript.scm.
(abstract_class_declaration name: (_) @name body: (class_body) @body) @definition.class
(export_statement declaration: (abstract_class_declaration name: (_) @name body: (class_body) @body) @inner) @definition.class
(interface_declaration name: (_) @name body: (_) @body) @definition.interface
(export_statement declaration: (interface_declaration name: (_) @name body: (_) @body) @inner) @definition.interface
(type_alias_declaration name: (_) @name) @definition.type_alias
(export_statement declaration: (type_alias_declaration name: (_) @name) @inner) @definition.type_alias
(enum_declaration name: (_) @name body: (_) @body) @definition.enum
(export_statement declaration: (enum_declaration name: (_) @name body: (_) @body) @inner) @definition.enum
(enum_body name: (_) @name @definition.enum_member)
(enum_body (enum_assignment name: (_) @name) @definition.enum_member)
(function_signature name: (identifier) @name) @definition.function
(export_statement declaration: (function_signature name: (identifier) @name) @inner) @definition.function
(internal_module name: (_) @name body: (_) @body) @definition.namespace
(arguments (as_expression (function_expression name: (identifier) @name body: (statement_block) @body) @definition.function))
(export_statement declaration: (internal_module name: (_) @name body: (_) @body) @inner) @definition.namespace
(module name: (_) @name body: (_) @body) @definition.namespace
(ambient_declaration [(class_declaration name: (_) @name body: (_) @body) (abstract_class_declaration name: (_) @name body: (_) @body)] @inner) @definition.class
(ambient_declaration (function_signature name: (_) @name) @inner) @definition.function
(ambient_declaration [(lexical_declaration (variable_declarator name: (identifier) @name)) (variable_declaration (variable_declarator name: (identifier) @name))] @inner) @definition.variable
(public_field_definition name: [(property_identifier) (private_property_identifier) (string) (computed_property_name)] @name) @definition.field
(property_signature name: [(property_identifier) (string) (computed_property_name)] @name) @definition.field
(method_signature name: [(property_identifier) (string) (computed_property_name)] @name) @definition.method
(abstract_method_signature name: (_) @name) @definition.method
(required_parameter (accessibility_modifier) @receiver.self pattern: (identifier) @name) @definition.field
(optional_parameter (accessibility_modifier) @receiver.self pattern: (identifier) @name) @definition.field
(required_parameter . "readonly" @receiver.self pattern: (identifier) @name) @definition.field
(export_statement "=" (identifier) @name) @export
(export_statement declaration: (ambient_declaration [(_ name: (_) @name) (lexical_declaration (variable_declarator name: (identifier) @name)) (variable_declaration (variable_declarator name: (identifier) @name))])) @export

(call_expression function: (non_null_expression (identifier) @reference.calls))
(call_expression function: (non_null_expression (member_expression) @path.calls))
(call_expression function: (instantiation_expression function: (identifier) @reference.calls))

; --- detail
[
  (type_annotation (type_identifier) @reference.references.annotation)
  (generic_type name: (type_identifier) @reference.references.annotation)
  (type_arguments (type_identifier) @reference.references.annotation)
  (union_type (type_identifier) @reference.references.annotation)
  (intersection_type (type_identifier) @reference.references.annotation)
  (array_type (type_identifier) @reference.references.annotation)
  (readonly_type (type_identifier) @reference.references.annotation)
  (tuple_type (type_identifier) @reference.references.annotation)
  (as_expression (type_identifier) @reference.references.annotation)
  (satisfies_expression (type_identifier) @reference.references.annotation)
  (type_alias_declaration value: (type_identifier) @reference.references.annotation)
  (function_type return_type: (type_identifier) @reference.references.annotation)
  (type_predicate type: (type_identifier) @reference.references.annotation)
  (constraint (type_identifier) @reference.references.annotation)
  (default_type (type_identifier) @reference.references.annotation)
  (index_type_query (type_identifier) @reference.references.annotation)
  (lookup_type (type_identifier) @reference.references.annotation)
  (conditional_type (type_identifier) @reference.references.annotation)
  (type_query (identifier) @reference.references.annotation)
]
(nested_type_identifier) @path.references.annotation
(type_parameter name: (type_identifier) @binding.parameter)
(variable_declarator name: (identifier) @binding.annotation type: (type_annotation (_) @type))
[(function_declaration parameters: (formal_parameters (required_parameter pattern: (identifier) @binding.parameter type: (type_annotation (_) @type)))) (generator_function_declaration parameters: (formal_parameters (required_parameter pattern: (identifier) @binding.parameter type: (type_annotation (_) @type)))) (method_definition parameters: (formal_parameters (required_parameter pattern: (identifier) @binding.parameter type: (type_annotation (_) @type)))) (arrow_function parameters: (formal_parameters (required_parameter pattern: (identifier) @binding.parameter type: (type_annotation (_) @type)))) (function_expression parameters: (formal_parameters (required_parameter pattern: (identifier) @binding.parameter type: (type_annotation (_) @type)))) (generator_function parameters: (formal_parameters (required_parameter pattern: (identifier) @binding.parameter type: (type_annotation (_) @type))))]
[(function_declaration parameters: (formal_parameters (optional_parameter pattern: (identifier) @binding.parameter type: (type_annotation (_) @type)))) (generator_function_declaration parameters: (formal_parameters (optional_parameter pattern: (identifier) @binding.parameter type: (type_annotation (_) @type)))) (method_definition parameters: (formal_parameters (optional_parameter pattern: (identifier) @binding.parameter type: (type_annotation (_) @type)))) (arrow_function parameters: (formal_parameters (optional_parameter pattern: (identifier) @binding.parameter type: (type_annotation (_) @type)))) (function_expression parameters: (formal_parameters (optional_parameter pattern: (identifier) @binding.parameter type: (type_annotation (_) @type)))) (generator_function parameters: (formal_parameters (optional_parameter pattern: (identifier) @binding.parameter type: (type_annotation (_) @type))))]
[(function_declaration parameters: (formal_parameters (required_parameter pattern: (identifier) @binding.parameter !type value: (_) @value))) (generator_function_declaration parameters: (formal_parameters (required_parameter pattern: (identifier) @binding.parameter !type value: (_) @value))) (method_definition parameters: (formal_parameters (required_parameter pattern: (identifier) @binding.parameter !type value: (_) @value))) (arrow_function parameters: (formal_parameters (required_parameter pattern: (identifier) @binding.parameter !type value: (_) @value))) (function_expression parameters: (formal_parameters (required_parameter pattern: (identifier) @binding.parameter !type value: (_) @value))) (generator_function parameters: (formal_parameters (required_parameter pattern: (identifier) @binding.parameter !type value: (_) @value)))]
[(function_declaration parameters: (formal_parameters (required_parameter pattern: (identifier) @binding.parameter !type !value))) (generator_function_declaration parameters: (formal_parameters (required_parameter pattern: (identifier) @binding.parameter !type !value))) (method_definition parameters: (formal_parameters (required_parameter pattern: (identifier) @binding.parameter !type !value))) (arrow_function parameters: (formal_parameters (required_parameter pattern: (identifier) @binding.parameter !type !value))) (function_expression parameters: (formal_parameters (required_parameter pattern: (identifier) @binding.parameter !type !value))) (generator_function parameters: (formal_parameters (required_parameter pattern: (identifier) @binding.parameter !type !value)))]
[(function_declaration parameters: (formal_parameters (optional_parameter pattern: (identifier) @binding.parameter !type))) (generator_function_declaration parameters: (formal_parameters (optional_parameter pattern: (identifier) @binding.parameter !type))) (method_definition parameters: (formal_parameters (optional_parameter pattern: (identifier) @binding.parameter !type))) (arrow_function parameters: (formal_parameters (optional_parameter pattern: (identifier) @binding.parameter !type))) (function_expression parameters: (formal_parameters (optional_parameter pattern: (identifier) @binding.parameter !type))) (generator_function parameters: (formal_parameters (optional_parameter pattern: (identifier) @binding.parameter !type)))]
[(function_declaration parameters: (formal_parameters (required_parameter pattern: (rest_pattern (identifier) @binding.parameter) type: (type_annotation (_) @type)))) (generator_function_declaration parameters: (formal_parameters (required_parameter pattern: (rest_pattern (identifier) @binding.parameter) type: (type_annotation (_) @type)))) (method_definition parameters: (formal_parameters (required_parameter pattern: (rest_pattern (identifier) @binding.parameter) type: (type_annotation (_) @type)))) (arrow_function parameters: (formal_parameters (required_parameter pattern: (rest_pattern (identifier) @binding.parameter) type: (type_annotation (_) @type)))) (function_expression parameters: (formal_parameters (required_parameter pattern: (rest_pattern (identifier) @binding.parameter) type: (type_annotation (_) @type)))) (generator_function parameters: (formal_parameters (required_parameter pattern: (rest_pattern (identifier) @binding.parameter) type: (type_annotation (_) @type))))]
[(function_declaration parameters: (formal_parameters (required_parameter pattern: (rest_pattern (identifier) @binding.parameter) !type))) (generator_function_declaration parameters: (formal_parameters (required_parameter pattern: (rest_pattern (identifier) @binding.parameter) !type))) (method_definition parameters: (formal_parameters (required_parameter pattern: (rest_pattern (identifier) @binding.parameter) !type))) (arrow_function parameters: (formal_parameters (required_parameter pattern: (rest_pattern (identifier) @binding.parameter) !type))) (function_expression parameters: (formal_parameters (required_parameter pattern: (rest_pattern (identifier) @binding.parameter) !type))) (generator_function parameters: (formal_parameters (required_parameter pattern: (rest_pattern (identifier) @binding.parameter) !type)))]
(required_parameter pattern: [(object_pattern) (array_pattern)] @binding)
(required_parameter (accessibility_modifier)) @binding
(optional_parameter (accessibility_modifier)) @binding
(required_parameter . "readonly") @binding
(public_field_definition name: [(property_identifier) (private_property_identifier)] @binding.annotation type: (type_annotation (_) @type))
(public_field_definition name: [(property_identifier) (private_property_identifier)] @binding.value !type value: [(identifier) (member_expression) (new_expression) (call_expression) (string) (array)] @value)
(interface_body (property_signature name: (property_identifier) @binding.annotation type: (type_annotation (_) @type)))
(function_declaration return_type: (type_annotation (_) @binding))
(function_signature return_type: (type_annotation (_) @binding))
(method_definition return_type: (type_annotation (_) @binding))
(method_signature return_type: (type_annotation (_) @binding))
(abstract_method_signature return_type: (type_annotation (_) @binding))
(arrow_function return_type: (type_annotation (_) @binding))
(variable_declarator name: (identifier) @binding.value !type value: [(as_expression) (satisfies_expression) (non_null_expression)] @value)
(variable_declarator name: (identifier) @binding.value !type value: [(identifier) (member_expression object: [(identifier) (this) (member_expression) (call_expression function: (member_expression))]) (new_expression) (await_expression) (subscript_expression) (string) (template_string) (array) (object) (number) (regex) (call_expression function: [(member_expression) (call_expression) (parenthesized_expression)])] @value)
(variable_declarator name: (identifier) @binding.value !type value: (call_expression function: (identifier) @_function) @value (#not-eq? @_function "require"))
(variable_declarator name: (identifier) @binding.value !type value: [(binary_expression) (unary_expression) (ternary_expression) (parenthesized_expression) (true) (false) (null) (undefined) (this) (assignment_expression) (yield_expression) (update_expression) (call_expression function: (import))])
(variable_declarator name: (identifier) @binding.value !value !type)
[(return_statement (as_expression (object) @binding)) (arrow_function body: (parenthesized_expression (as_expression (object) @binding))) (return_statement (satisfies_expression (object) @binding)) (arrow_function body: (parenthesized_expression (satisfies_expression (object) @binding)))]
(variable_declarator name: (identifier) !type value: [(as_expression (object) @binding) (satisfies_expression (object) @binding)])
