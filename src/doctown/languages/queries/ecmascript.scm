; What JavaScript and TypeScript share. A definition below `const` or `export` matches more than once; the widest wins.
; Bound functions and classes among the variables are recognised by the kind hook.
(class_declaration name: (_) @name body: (class_body) @body) @definition.class
(export_statement declaration: (class_declaration name: (_) @name body: (class_body) @body) @inner) @definition.class
(function_declaration name: (identifier) @name body: (statement_block) @body) @definition.function
[(arguments (function_expression name: (identifier) @name body: (statement_block) @body) @definition.function) (parenthesized_expression (function_expression name: (identifier) @name body: (statement_block) @body) @definition.function) (unary_expression (function_expression name: (identifier) @name body: (statement_block) @body) @definition.function) (call_expression function: (function_expression name: (identifier) @name body: (statement_block) @body) @definition.function) (assignment_expression left: (identifier) right: (function_expression name: (identifier) @name body: (statement_block) @body) @definition.function)]
(generator_function_declaration name: (identifier) @name body: (statement_block) @body) @definition.function
(export_statement declaration: (function_declaration name: (identifier) @name body: (statement_block) @body) @inner) @definition.function
(export_statement declaration: (generator_function_declaration name: (identifier) @name body: (statement_block) @body) @inner) @definition.function
(arrow_function body: (function_expression name: (identifier) @name body: (statement_block) @body) @definition.function)
(return_statement [(function_expression name: (identifier) @name body: (statement_block) @body) (generator_function name: (identifier) @name body: (statement_block) @body)] @definition.function)
(method_definition name: (_) @name body: (statement_block) @body) @definition.method
[(lexical_declaration (variable_declarator name: (identifier) @name) @definition.variable) (variable_declaration (variable_declarator name: (identifier) @name) @definition.variable)]
[(lexical_declaration . (variable_declarator name: (identifier) @name) .) (variable_declaration . (variable_declarator name: (identifier) @name) .)] @definition.variable
(export_statement declaration: [(lexical_declaration . (variable_declarator name: (identifier) @name) .) (variable_declaration . (variable_declarator name: (identifier) @name) .)] @inner) @definition.variable
(export_statement declaration: [(lexical_declaration (variable_declarator name: (identifier) @name) @definition.variable) (variable_declaration (variable_declarator name: (identifier) @name) @definition.variable)])
(variable_declarator name: (object_pattern [(shorthand_property_identifier_pattern) @name @definition.variable (pair_pattern value: (identifier) @name @definition.variable) (object_assignment_pattern left: (shorthand_property_identifier_pattern) @name @definition.variable)]))
(variable_declarator name: (array_pattern [(identifier) @name @definition.variable (assignment_pattern left: (identifier) @name @definition.variable)]))
(pair key: [(property_identifier) (string)] @name value: [(arrow_function) (function_expression) (generator_function)]) @definition.function

; Functions assigned to members: prototypes, exports, namespaces, `this`
(assignment_expression left: (member_expression object: (identifier) @receiver property: (property_identifier) @name) right: [(arrow_function) (function_expression) (generator_function) (class)] (#not-match? @receiver "^(exports|module)$")) @definition.function
(assignment_expression left: (member_expression object: (identifier) @_exports property: (property_identifier) @name) right: [(arrow_function) (function_expression) (generator_function) (class)] (#eq? @_exports "exports")) @definition.function
(assignment_expression left: (member_expression object: (member_expression object: (identifier) @_module property: (property_identifier) @_exports) property: (property_identifier) @name) right: [(arrow_function) (function_expression) (generator_function) (class)] (#eq? @_module "module") (#eq? @_exports "exports")) @definition.function
(assignment_expression left: (member_expression object: (member_expression object: (identifier) @receiver property: (property_identifier) @_prototype) property: (property_identifier) @name) right: [(arrow_function) (function_expression) (generator_function)] (#eq? @_prototype "prototype")) @definition.method
(assignment_expression left: (member_expression object: (identifier) @name property: (property_identifier) @_prototype) right: (object) @body (#eq? @_prototype "prototype")) @scope
(assignment_expression left: (member_expression object: (identifier) @_module property: (property_identifier) @_exports) right: [(function_expression name: (identifier) @name body: (_) @body) (class name: (_) @name body: (_) @body)] @inner (#eq? @_module "module") (#eq? @_exports "exports")) @definition.function
(assignment_expression left: (member_expression object: (identifier) @_exports property: (property_identifier) @name) right: [(string) (number) (object) (array) (new_expression) (true) (false) (regex)] (#eq? @_exports "exports")) @definition.variable
(assignment_expression left: (member_expression object: (this) @receiver.self property: [(property_identifier) (private_property_identifier)] @name)) @definition.field

; Documentation
(comment) @comment

; Imports and exports
[(import_statement) (export_statement source: (string))] @import
(call_expression function: (import)) @import
(variable_declarator value: (call_expression function: (identifier) @_require) (#eq? @_require "require")) @import
(variable_declarator value: (member_expression object: (call_expression function: (identifier) @_require)) (#eq? @_require "require")) @import
(expression_statement (call_expression function: (identifier) @_require) (#eq? @_require "require")) @import
(variable_declarator value: (call_expression function: (call_expression function: (identifier) @_require)) (#eq? @_require "require")) @import
(export_statement (export_clause (export_specifier name: (_) @name alias: (_) @alias)) !source) @export
(export_statement (export_clause (export_specifier name: (_) @name !alias)) !source) @export
(export_statement "export" . declaration: (_ name: (_) @name)) @export
(export_statement "default" @alias declaration: (_ name: (_) @name)) @export
(export_statement "default" @alias value: (identifier) @name) @export
(export_statement declaration: [(lexical_declaration (variable_declarator name: (identifier) @name)) (variable_declaration (variable_declarator name: (identifier) @name))]) @export
(assignment_expression left: (member_expression object: (member_expression object: (identifier) @_module property: (property_identifier) @_exports) property: (property_identifier) @name) right: (_) (#eq? @_module "module") (#eq? @_exports "exports")) @export
(assignment_expression left: (member_expression object: (identifier) @_module property: (property_identifier) @alias) right: [(identifier) @name (function_expression name: (identifier) @name) (class name: (_) @name)] (#eq? @_module "module") (#eq? @alias "exports")) @export
(assignment_expression left: (member_expression object: (identifier) @_module property: (property_identifier) @_exports) right: (object [(shorthand_property_identifier) @name (method_definition name: (property_identifier) @name) (pair key: (property_identifier) @name value: [(arrow_function) (function_expression) (generator_function)])]) (#eq? @_module "module") (#eq? @_exports "exports")) @export
(assignment_expression left: (member_expression object: (identifier) @_module property: (property_identifier) @_exports) right: (object (pair key: (property_identifier) @alias value: (identifier) @name)) (#eq? @_module "module") (#eq? @_exports "exports")) @export
(assignment_expression left: (member_expression object: (identifier) @_exports property: (property_identifier) @alias) right: (identifier) @name (#eq? @_exports "exports")) @export
(assignment_expression left: (member_expression object: (identifier) @_exports property: (property_identifier) @name) right: [(arrow_function) (function_expression) (generator_function) (class) (string) (number) (object) (array) (new_expression)] (#eq? @_exports "exports")) @export

; Calls
(call_expression function: (identifier) @reference.calls)
(call_expression function: (member_expression) @path.calls)
(call_expression function: (super) @reference.calls.super)
(call_expression function: (call_expression function: (identifier) @_require arguments: (arguments . (string) .)) @reference.calls.loaded (#eq? @_require "require"))
(new_expression constructor: (identifier) @reference.calls.new)
(new_expression constructor: (member_expression) @path.calls.new)
(decorator (identifier) @reference.references.decorator)
(decorator (member_expression) @path.references.decorator)

; --- detail

; Functions and classes passed, stored or returned by name
(arguments (identifier) @reference.references.argument)
(arguments (member_expression) @path.references.argument)
(arguments (spread_element (identifier) @reference.references.argument))
(pair value: (identifier) @reference.references.stored)
(pair value: (member_expression) @path.references.stored)
(object (shorthand_property_identifier) @reference.references.stored)
(array (identifier) @reference.references.stored)
(return_statement (identifier) @reference.references.stored)
(arrow_function body: (identifier) @reference.references.stored)
(assignment_expression right: (identifier) @reference.references.stored)
(assignment_expression right: (member_expression) @path.references.stored)
(variable_declarator value: (identifier) @reference.references.stored)
(variable_declarator value: (member_expression object: [(identifier) (this) (member_expression) (call_expression function: (member_expression))]) @path.references.stored)
(export_statement value: (identifier) @reference.references.export)
(binary_expression "instanceof" right: (identifier) @reference.references.type)
(member_expression object: (identifier) @reference.references.object (#match? @reference.references.object "^[A-Z]"))

; What is known of variables. A binding without value or type says only that the name is local.
(variable_declarator name: [(object_pattern) (array_pattern)]) @binding
(assignment_expression left: [(identifier) (member_expression object: [(this) (identifier)])] @binding.assigned right: [(identifier) (member_expression) (new_expression) (await_expression) (string) (array) (call_expression function: [(identifier) (member_expression)])] @value)
(for_in_statement left: (identifier) @binding.iteration operator: "of" right: [(identifier) (member_expression) (call_expression)] @value)
(for_in_statement left: (identifier) @binding.iteration operator: "in")
(for_in_statement left: [(object_pattern) (array_pattern)] @binding)
(catch_clause parameter: (identifier) @binding.value)
(return_statement [(call_expression) (identifier) (member_expression) (new_expression) (await_expression) (this)] @binding)
[(variable_declarator value: (arrow_function body: [(call_expression) (member_expression) (new_expression)] @binding)) (pair value: (arrow_function body: [(call_expression) (member_expression) (new_expression)] @binding))]
[(return_statement (object) @binding) (arrow_function body: (parenthesized_expression (object) @binding))]
(variable_declarator name: (identifier) value: (object) @binding)
(assignment_expression left: [(identifier) (member_expression object: (this))] right: (object) @binding)
(arrow_function parameter: (identifier) @binding.parameter)
(arguments [(arrow_function) (function_expression)] @binding)
(variable_declarator name: (identifier) @binding.value value: (ternary_expression consequence: [(identifier) (member_expression) (call_expression) (new_expression) (arrow_function) (function_expression) (binary_expression)] @value))
(variable_declarator name: (identifier) @binding.value value: (ternary_expression alternative: [(identifier) (member_expression) (call_expression) (new_expression) (arrow_function) (function_expression) (binary_expression)] @value))

[(arrow_function) (function_expression) (generator_function)] @block
