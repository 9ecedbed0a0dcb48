; Definitions
(module_definition (module_binding (module_name) @name body: (structure) @body)) @definition.namespace
(module_definition (module_binding (module_name) @name body: (functor) @body)) @definition.namespace
(module_definition (module_binding (module_name) @name body: (module_application))) @definition.namespace
(module_type_definition (module_type_name) @name body: (_) @body) @definition.interface
(value_definition (let_binding pattern: (value_name) @name body: (_) @body) @definition.variable)
(value_specification (value_name) @name) @definition.function
(external (value_name) @name) @definition.function
(type_definition (type_binding name: (type_constructor) @name body: (_)? @body) @definition.type_alias)
(constructor_declaration (constructor_name) @name) @definition.enum_member
(field_declaration (field_name) @name) @definition.field
(class_definition (class_binding (class_name) @name body: (_) @body)) @definition.class
(method_definition (method_name) @name) @definition.method
(instance_variable_definition (instance_variable_name) @name) @definition.field

; Documentation and imports
(comment) @comment
(open_module) @import

; --- detail
; Nothing: symbols and documentation are all that is read.
