; Types
(class_definition name: (identifier) @name body: (_) @body) @definition.class
(mixin_declaration (identifier) @name (class_body) @body) @definition.trait
(extension_declaration name: (identifier) @name body: (_) @body) @definition.class
(enum_declaration name: (identifier) @name body: (_) @body) @definition.enum
(enum_constant name: (identifier) @name) @definition.enum_member
(type_alias . (type_identifier) @name) @definition.type_alias

; Functions: the body follows the signature
((method_signature (function_signature name: (identifier) @name)) @definition.method . (function_body)? @body)
((method_signature (getter_signature name: (identifier) @name)) @definition.property . (function_body)? @body)
((method_signature (setter_signature name: (identifier) @name)) @definition.property . (function_body)? @body)
((method_signature (factory_constructor_signature (identifier) . (identifier)? @name .)) @definition.constructor . (function_body)? @body)
((method_signature (factory_constructor_signature (identifier) (identifier) @name)) @definition.constructor . (function_body)? @body)
((method_signature (constructor_signature name: (identifier) @name .)) @definition.constructor . (function_body)? @body)
((method_signature (constructor_signature name: (identifier) name: (identifier) @name)) @definition.constructor . (function_body)? @body)
(declaration (function_signature name: (identifier) @name)) @definition.method
(declaration (getter_signature name: (identifier) @name)) @definition.property
(declaration (setter_signature name: (identifier) @name)) @definition.property
(declaration (constructor_signature . name: (identifier) @name . parameters: (_))) @definition.constructor
(declaration (constructor_signature name: (identifier) name: (identifier) @name)) @definition.constructor
(declaration (constant_constructor_signature (identifier) @name . (formal_parameter_list))) @definition.constructor
(program (function_signature name: (identifier) @name) @definition.function . (function_body) @body)

; Variables
(declaration (initialized_identifier_list (initialized_identifier . (identifier) @name))) @definition.variable
(declaration (static_final_declaration_list (static_final_declaration . (identifier) @name))) @definition.variable
(program (static_final_declaration_list (static_final_declaration . (identifier) @name) @definition.variable))
(program (initialized_identifier_list (initialized_identifier . (identifier) @name) @definition.variable))

; Documentation and imports
[(comment) (documentation_comment)] @comment
[(library_import) (library_export)] @import

; --- detail
; Nothing: symbols and documentation are all that is read.
