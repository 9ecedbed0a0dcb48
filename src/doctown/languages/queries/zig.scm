; Definitions
(function_declaration name: (identifier) @name body: (block) @body) @definition.function
(variable_declaration (identifier) @name (struct_declaration) @body) @definition.struct
(variable_declaration (identifier) @name (enum_declaration) @body) @definition.enum
(variable_declaration (identifier) @name (union_declaration) @body) @definition.union
(source_file (variable_declaration . (identifier) @name (_) @_value
  (#not-match? @_value "^(struct|enum|union|@import)")) @definition.constant)
(container_field name: (identifier) @name) @definition.field

; Documentation and imports
(comment) @comment
(variable_declaration (builtin_function (builtin_identifier) @_import) (#eq? @_import "@import")) @import

; Calls
(call_expression function: (identifier) @reference.calls)
(call_expression function: (field_expression) @path.calls)

; --- detail

; What is known of variables
(parameter name: (identifier) @binding.parameter type: (_) @type)
(variable_declaration (identifier) @binding.annotation . (struct_initializer . (identifier) @type))
