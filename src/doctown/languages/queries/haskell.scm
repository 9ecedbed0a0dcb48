; Definitions
(data_type name: (_) @name constructors: (_)? @body) @definition.enum
(newtype name: (_) @name constructor: (_) @body) @definition.struct
(type_synonym name: (_) @name) @definition.type_alias
(class name: (_) @name declarations: (_)? @body) @definition.interface
(class_declarations declaration: (signature name: (variable) @name) @definition.method)
(data_constructor (prefix name: (constructor) @name)) @definition.enum_member
(data_constructor (record name: (constructor) @name)) @definition.enum_member
(field name: (field_name (variable) @name)) @definition.field
(declarations (function name: (variable) @name) @definition.function)
(declarations (bind name: (variable) @name) @definition.function)

; Documentation and imports
[(comment) (haddock)] @comment
(import) @import

; --- detail
; Nothing: symbols and documentation are all that is read.
