; Definitions
(function_item name: (identifier) @name body: (block) @body) @definition.function
(function_signature_item name: (identifier) @name) @definition.function
(struct_item name: (type_identifier) @name body: (field_declaration_list) @body) @definition.struct
(struct_item name: (type_identifier) @name body: (ordered_field_declaration_list)) @definition.struct
(struct_item name: (type_identifier) @name !body) @definition.struct
(union_item name: (type_identifier) @name body: (_) @body) @definition.union
(enum_item name: (type_identifier) @name body: (_) @body) @definition.enum
(enum_variant name: (identifier) @name) @definition.enum_member
(trait_item name: (type_identifier) @name body: (_) @body) @definition.trait
(field_declaration name: (field_identifier) @name) @definition.field
(const_item name: (identifier) @name) @definition.constant
(static_item name: (identifier) @name) @definition.variable
(type_item name: (type_identifier) @name) @definition.type_alias
(associated_type name: (type_identifier) @name) @definition.type_alias
(macro_definition name: (identifier) @name) @definition.macro
(mod_item name: (identifier) @name body: (_) @body) @definition.namespace
(impl_item type: [(type_identifier) @name (generic_type type: (type_identifier) @name) (scoped_type_identifier name: (type_identifier) @name) (generic_type type: (scoped_type_identifier name: (type_identifier) @name)) (primitive_type) @name (reference_type type: (type_identifier) @name) (reference_type type: (generic_type type: (type_identifier) @name)) (dynamic_type trait: (type_identifier) @name) (array_type) @name (reference_type type: (array_type) @name) (tuple_type) @name (reference_type type: (primitive_type) @name)] body: (declaration_list) @body) @scope

; Documentation
[(line_comment) (block_comment)] @comment

; Conditions
(attribute_item (attribute (identifier) @_name (#eq? @_name "cfg"))) @alternative

; Imports
[(use_declaration) (extern_crate_declaration) (mod_item !body)] @import

; Calls
(call_expression function: (identifier) @reference.calls)
(call_expression function: (field_expression) @path.calls)
(call_expression function: (scoped_identifier path: (_) @receiver name: (identifier) @reference.calls))
(call_expression function: (generic_function function: (identifier) @reference.calls))
(call_expression function: (generic_function function: (field_expression) @path.calls))
(call_expression function: (generic_function function: (scoped_identifier path: (_) @receiver name: (identifier) @reference.calls)))
(struct_expression name: (type_identifier) @reference.calls.new)
(struct_expression name: (scoped_type_identifier path: (_) @receiver name: (type_identifier) @reference.calls.new))
(struct_expression name: (generic_type_with_turbofish type: (type_identifier) @reference.calls.new))
(macro_invocation macro: (identifier) @reference.calls.macro)
(macro_invocation macro: (scoped_identifier path: (_) @receiver name: (identifier) @reference.calls.macro))

; --- detail

; Calls among a macro's arguments, which the grammar gives as mere tokens
(token_tree ["(" "[" "{" "," "&" "!"] . (identifier) @reference.calls.token . (token_tree . "("))
(token_tree [(identifier) (self)] @receiver . "." . (identifier) @reference.calls.token . (token_tree . "("))
(token_tree [(identifier) (self)] @receiver . "." . (primitive_type) @reference.calls.token . (token_tree . "("))
(token_tree [(identifier) (self) (crate)] @receiver . "::" . (identifier) @reference.calls.token . (token_tree . "("))

; Functions and types passed, stored or returned by name
(arguments (identifier) @reference.references.argument)
(arguments (scoped_identifier path: (_) @receiver name: (identifier) @reference.references.argument))
(arguments (field_expression) @path.references.argument)
(arguments (reference_expression value: (identifier) @reference.references.argument))
(field_initializer value: (identifier) @reference.references.stored)
(field_initializer value: (scoped_identifier path: (_) @receiver name: (identifier) @reference.references.stored))
(shorthand_field_initializer (identifier) @reference.references.stored)
(let_declaration value: (scoped_identifier path: (_) @receiver name: (identifier) @reference.references.stored))
(array_expression (identifier) @reference.references.stored)
(tuple_expression (scoped_identifier path: (_) @receiver name: (identifier) @reference.references.stored))
(match_pattern (scoped_identifier path: (_) @receiver name: (identifier) @reference.references.pattern))
(tuple_struct_pattern type: (scoped_identifier path: (_) @receiver name: (identifier) @reference.references.pattern))
(struct_pattern type: (scoped_type_identifier path: (_) @receiver name: (type_identifier) @reference.references.pattern))
(struct_pattern type: (type_identifier) @reference.references.pattern)
(binary_expression (scoped_identifier path: (_) @receiver name: (identifier) @reference.references.operand))
(attribute (identifier) @reference.references.decorator)
(attribute_item (attribute (identifier) arguments: (token_tree (identifier) @reference.references.derive)) (#match? @reference.references.derive "^[A-Z]"))
[
  (parameter type: (type_identifier) @reference.references.annotation)
  (function_item return_type: (type_identifier) @reference.references.annotation)
  (function_signature_item return_type: (type_identifier) @reference.references.annotation)
  (field_declaration type: (type_identifier) @reference.references.annotation)
  (ordered_field_declaration_list type: (type_identifier) @reference.references.annotation)
  (let_declaration type: (type_identifier) @reference.references.annotation)
  (const_item type: (type_identifier) @reference.references.annotation)
  (static_item type: (type_identifier) @reference.references.annotation)
  (type_item type: (type_identifier) @reference.references.annotation)
  (generic_type type: (type_identifier) @reference.references.annotation)
  (type_arguments (type_identifier) @reference.references.annotation)
  (reference_type type: (type_identifier) @reference.references.annotation)
  (pointer_type type: (type_identifier) @reference.references.annotation)
  (array_type element: (type_identifier) @reference.references.annotation)
  (tuple_type (type_identifier) @reference.references.annotation)
  (dynamic_type trait: (type_identifier) @reference.references.annotation)
  (abstract_type trait: (type_identifier) @reference.references.annotation)
  (trait_bounds (type_identifier) @reference.references.annotation)
  (bounded_type (type_identifier) @reference.references.annotation)
  (function_type return_type: (type_identifier) @reference.references.annotation)
  (type_binding type: (type_identifier) @reference.references.annotation)
  (type_cast_expression type: (type_identifier) @reference.references.annotation)
  (where_predicate left: (type_identifier) @reference.references.annotation)
]
(scoped_type_identifier path: (_) @receiver name: (type_identifier) @reference.references.annotation)
(scoped_identifier path: (identifier) @reference.references.object (#match? @reference.references.object "^[A-Z]"))

; What is known of variables. A binding without value or type says only that the name is local.
(parameter pattern: (identifier) @binding.parameter type: (_) @type)
(closure_parameters (identifier) @binding.parameter)
(arguments (closure_expression) @binding)
(tuple_struct_pattern) @binding
(function_item type_parameters: (type_parameters (type_parameter name: (type_identifier) @binding.parameter bounds: (trait_bounds (_) @type))))
(function_signature_item type_parameters: (type_parameters (type_parameter name: (type_identifier) @binding.parameter bounds: (trait_bounds (_) @type))))
(function_item (where_clause (where_predicate left: (type_identifier) @binding.parameter bounds: (trait_bounds (_) @type))))
(impl_item type_parameters: (type_parameters) body: (declaration_list (function_item) @binding))
[(function_item type_parameters: (type_parameters (type_parameter name: (type_identifier) @binding.parameter))) (struct_item type_parameters: (type_parameters (type_parameter name: (type_identifier) @binding.parameter))) (enum_item type_parameters: (type_parameters (type_parameter name: (type_identifier) @binding.parameter))) (trait_item type_parameters: (type_parameters (type_parameter name: (type_identifier) @binding.parameter)))]
(let_declaration pattern: (identifier) @binding.annotation type: (_) @type)
(let_declaration pattern: (identifier) @binding.value !type value: [(call_expression) (identifier) (field_expression) (reference_expression) (await_expression) (try_expression) (struct_expression) (macro_invocation) (string_literal) (integer_literal) (array_expression) (index_expression) (type_cast_expression) (scoped_identifier) (unary_expression)] @value)
(let_declaration pattern: (identifier) @binding.value !type value: [(match_expression) (if_expression) (closure_expression) (binary_expression) (block) (tuple_expression) (boolean_literal) (parenthesized_expression) (range_expression) (unsafe_block) (loop_expression)])
(let_declaration pattern: (identifier) @binding.value !type !value)
(tuple_struct_pattern type: (_) (identifier) @binding.value)
(tuple_pattern (identifier) @binding.value)
(ref_pattern (identifier) @binding.value)
(captured_pattern . (identifier) @binding.value)
(field_pattern name: (shorthand_field_identifier) @binding.value)
(field_pattern pattern: (identifier) @binding.value)
(match_pattern . (identifier) @binding.value (#match? @binding.value "^[a-z_]"))
(for_expression pattern: (identifier) @binding.iteration value: (_) @value)
(field_declaration name: (field_identifier) @binding.annotation type: (_) @type)
(struct_item body: (ordered_field_declaration_list) @binding)
(source_file (const_item name: (identifier) @binding.annotation type: (_) @type))
(source_file (static_item name: (identifier) @binding.annotation type: (_) @type))
(function_item return_type: (_) @binding)
(function_signature_item return_type: (_) @binding)

[(closure_expression) (block) (match_arm) (for_expression) (if_expression) (while_expression)] @block
(let_declaration) @block.rest
