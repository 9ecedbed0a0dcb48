; Definitions
(create_table (object_reference name: (identifier) @name) (column_definitions)? @body) @definition.struct
(column_definition name: (identifier) @name) @definition.field
(create_view (object_reference name: (identifier) @name) (create_query) @body) @definition.variable
(create_materialized_view (object_reference name: (identifier) @name) (create_query) @body) @definition.variable
(create_type (object_reference name: (identifier) @name) (enum_elements) @body) @definition.enum
(create_type (object_reference name: (identifier) @name) (column_definitions) @body) @definition.struct
(enum_elements enum_element: (literal) @name @definition.enum_member)
(create_function (object_reference name: (identifier) @name) (function_body) @body) @definition.function
(create_trigger . (keyword_create) (keyword_trigger) . (object_reference name: (identifier) @name)) @definition.macro
(create_sequence (object_reference name: (identifier) @name)) @definition.variable
(create_index column: (identifier) @name) @definition.variable

; Documentation
[(comment) (marginalia)] @comment

; --- detail
; Nothing: symbols and documentation are all that is read.
