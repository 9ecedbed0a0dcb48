; Definitions
(class_declaration name: (identifier) @name body: (_) @body) @definition.class
(record_declaration name: (identifier) @name body: (_) @body) @definition.class
(interface_declaration name: (identifier) @name body: (_) @body) @definition.interface
(annotation_type_declaration name: (identifier) @name body: (_) @body) @definition.interface
(enum_declaration name: (identifier) @name body: (_) @body) @definition.enum
(enum_constant name: (identifier) @name) @definition.enum_member
(method_declaration name: (identifier) @name body: (block)? @body) @definition.method
(annotation_type_element_declaration name: (identifier) @name) @definition.method
(constructor_declaration name: (identifier) @name body: (_) @body) @definition.constructor
(compact_constructor_declaration name: (identifier) @name body: (_) @body) @definition.constructor
(field_declaration declarator: (variable_declarator name: (identifier) @name)) @definition.field
(constant_declaration declarator: (variable_declarator name: (identifier) @name)) @definition.constant
(record_declaration parameters: (formal_parameters (formal_parameter name: (identifier) @name) @definition.field))

; Documentation
[(block_comment) (line_comment)] @comment

; Package and imports
(package_declaration [(scoped_identifier) (identifier)] @package)
(import_declaration) @import

; Calls
(method_invocation !object name: (identifier) @reference.calls arguments: (_) @arguments)
(method_invocation object: (_) @receiver name: (identifier) @reference.calls arguments: (_) @arguments)
(object_creation_expression type: (type_identifier) @reference.calls.new arguments: (_) @arguments)
(object_creation_expression type: (generic_type (type_identifier) @reference.calls.new) arguments: (_) @arguments)
(object_creation_expression type: (scoped_type_identifier (_) @receiver (type_identifier) @reference.calls.new .) arguments: (_) @arguments)
(object_creation_expression type: (generic_type (scoped_type_identifier (_) @receiver (type_identifier) @reference.calls.new .)) arguments: (_) @arguments)
(explicit_constructor_invocation constructor: (super) @reference.calls.super arguments: (_) @arguments)
(explicit_constructor_invocation constructor: (this) @reference.calls.this arguments: (_) @arguments)
(enum_constant name: (identifier) @reference.calls.this arguments: (_) @arguments)
(marker_annotation name: (identifier) @reference.references.decorator)
(annotation name: (identifier) @reference.references.decorator)

; --- detail

; Methods and types passed, stored or returned by name
(method_reference . [(identifier) (field_access)] @receiver (identifier) @reference.references.argument .)
(method_reference . [(this) (super)] @receiver (identifier) @reference.references.argument .)
(method_reference . (identifier) @reference.references.argument "new")
(argument_list (identifier) @reference.references.argument)
(argument_list (field_access) @path.references.argument)
(return_statement (identifier) @reference.references.stored)
(assignment_expression right: (identifier) @reference.references.stored)
(array_initializer (identifier) @reference.references.stored)
(class_literal (type_identifier) @reference.references.type)
(instanceof_expression right: (type_identifier) @reference.references.type)
(switch_label (identifier) @reference.references.pattern)
(type_pattern . (type_identifier) @reference.references.type)
(record_pattern . (identifier) @reference.references.type)
(field_access object: (identifier) @receiver field: (identifier) @reference.references.member)
(method_invocation object: (identifier) @reference.references.object (#match? @reference.references.object "^[A-Z]"))
[
  (field_declaration type: (type_identifier) @reference.references.annotation)
  (local_variable_declaration type: (type_identifier) @reference.references.annotation)
  (method_declaration type: (type_identifier) @reference.references.annotation)
  (formal_parameter type: (type_identifier) @reference.references.annotation)
  (spread_parameter (type_identifier) @reference.references.annotation)
  (catch_type (type_identifier) @reference.references.annotation)
  (throws (type_identifier) @reference.references.annotation)
  (generic_type (type_identifier) @reference.references.annotation)
  (type_arguments (type_identifier) @reference.references.annotation)
  (wildcard (type_identifier) @reference.references.annotation)
  (type_bound (type_identifier) @reference.references.annotation)
  (array_type element: (type_identifier) @reference.references.annotation)
  (array_creation_expression type: (type_identifier) @reference.references.annotation)
  (cast_expression type: (type_identifier) @reference.references.annotation)
  (enhanced_for_statement type: (type_identifier) @reference.references.annotation)
  (resource type: (type_identifier) @reference.references.annotation)
  (constant_declaration type: (type_identifier) @reference.references.annotation)
]
(scoped_type_identifier) @path.references.annotation

; What is known of variables. A binding without value or type says only that the name is local.
(formal_parameter type: (_) @type name: (identifier) @binding.parameter)
(spread_parameter (_) @type . (variable_declarator name: (identifier) @name)) @binding
(object_creation_expression type: (_) @type (class_body (method_declaration) @binding))
(lambda_expression parameters: (identifier) @binding.parameter)
(inferred_parameters (identifier) @binding.parameter)
(type_parameter (type_identifier) @binding.parameter (type_bound . (_) @type)?)
(field_declaration type: (_) @type declarator: (variable_declarator name: (identifier) @binding.annotation))
(constant_declaration type: (_) @type declarator: (variable_declarator name: (identifier) @binding.annotation))
(local_variable_declaration type: (_) @type declarator: (variable_declarator name: (identifier) @binding.annotation) (#not-eq? @type "var"))
(local_variable_declaration type: (type_identifier) @_var declarator: (variable_declarator name: (identifier) @binding.value value: (_) @value) (#eq? @_var "var"))
(enhanced_for_statement type: (_) @type name: (identifier) @binding.annotation (#not-eq? @type "var"))
(enhanced_for_statement type: (type_identifier) @_var name: (identifier) @binding.iteration value: (_) @value (#eq? @_var "var"))
(catch_formal_parameter (catch_type) @type name: (identifier) @binding.parameter)
(resource type: (_) @type name: (identifier) @binding.annotation)
(instanceof_expression right: (_) @type name: (identifier) @binding.annotation)
(type_pattern (_) @type . (identifier) @binding.annotation)
(method_declaration type: (_) @binding)
