; What JavaScript has beside ecmascript.scm.
(field_definition property: [(property_identifier) (private_property_identifier) (computed_property_name)] @name) @definition.field

; --- detail
; What a JSDoc comment above a function, a field or a variable says of types; in TypeScript annotations say it.
[(function_declaration) (generator_function_declaration) (method_definition)] @binding
(expression_statement (assignment_expression left: (member_expression object: (this)))) @binding
(lexical_declaration . (variable_declarator name: (identifier) value: [(null) (array) (new_expression) (identifier) (member_expression) (subscript_expression)]) .) @binding
(lexical_declaration . (variable_declarator name: (identifier) !value) .) @binding
(expression_statement (assignment_expression right: [(function_expression) (arrow_function)])) @binding
(lexical_declaration (variable_declarator value: [(function_expression) (arrow_function)])) @binding
(variable_declaration (variable_declarator value: [(function_expression) (arrow_function)])) @binding
(formal_parameters (identifier) @binding.parameter)
(formal_parameters (assignment_pattern left: (identifier) @binding.parameter right: (_) @value))
(formal_parameters (rest_pattern (identifier) @binding.parameter))
(formal_parameters [(object_pattern) (assignment_pattern left: (object_pattern)) (array_pattern)] @binding)
(field_definition property: [(property_identifier) (private_property_identifier)] @binding.value value: [(identifier) (member_expression) (new_expression) (call_expression) (string) (array)] @value)
(variable_declarator name: (identifier) @binding.value value: [(identifier) (member_expression object: [(identifier) (this) (member_expression) (call_expression function: (member_expression))]) (new_expression) (await_expression) (subscript_expression) (string) (template_string) (array) (object) (number) (regex) (call_expression function: [(member_expression) (call_expression) (parenthesized_expression)])] @value)
(variable_declarator name: (identifier) @binding.value value: (call_expression function: (identifier) @_function) @value (#not-eq? @_function "require"))
(variable_declarator name: (identifier) @binding.value value: [(binary_expression) (unary_expression) (ternary_expression) (parenthesized_expression) (true) (false) (null) (undefined) (this) (assignment_expression) (yield_expression) (update_expression) (call_expression function: (import))])
(variable_declarator name: (identifier) @binding.value !value)
