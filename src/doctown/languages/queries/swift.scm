; Types. Swift's grammar has one node for classes, structs, enums, actors and extensions; a keyword tells them apart.
(class_declaration declaration_kind: ["class" "actor"] name: (type_identifier) @name body: (_) @body) @definition.class
(class_declaration declaration_kind: "struct" name: (type_identifier) @name body: (_) @body) @definition.struct
(class_declaration declaration_kind: "enum" name: (type_identifier) @name body: (_) @body) @definition.enum
(class_declaration declaration_kind: "extension" name: (_) @name body: (_) @body) @scope
(protocol_declaration name: (type_identifier) @name body: (_) @body) @definition.interface
(typealias_declaration name: (type_identifier) @name) @definition.type_alias
(associatedtype_declaration name: (type_identifier) @name) @definition.type_alias
(enum_entry name: (simple_identifier) @name) @definition.enum_member

; Functions
(function_declaration name: ["==" "!=" "<" ">" "<=" ">=" "+" "-" "*" "/" "%" (simple_identifier) (custom_operator)] @name) @definition.function
(protocol_function_declaration "func" . _ @name) @definition.function
(init_declaration name: "init" @name) @definition.constructor
(deinit_declaration "deinit" @name body: (function_body) @body) @definition.method
(subscript_declaration "subscript" @name (computed_property) @body) @definition.property

; Properties and variables outside functions; the hook tells stored from computed ones.
(source_file (property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.variable)
(class_body (property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.field)
(enum_class_body (property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.field)
(protocol_property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @definition.property

; Documentation
[(comment) (multiline_comment)] @comment

; Imports
(import_declaration) @import

; Calls. A call of a type constructs it.
(call_expression . (simple_identifier) @reference.calls . (call_suffix . (value_arguments) @arguments .))
(call_expression . (navigation_expression target: (_) @receiver suffix: (navigation_suffix suffix: (simple_identifier) @reference.calls)) . (call_suffix . (value_arguments) @arguments .))
(call_expression . (simple_identifier) @reference.calls . (call_suffix (lambda_literal)))
(call_expression . (navigation_expression target: (_) @receiver suffix: (navigation_suffix suffix: (simple_identifier) @reference.calls)) . (call_suffix (lambda_literal)))
; The grammar takes `a + b.c()` for a call of the sum.
(call_expression . (_ rhs: (simple_identifier) @reference.calls) . (call_suffix . (value_arguments) @arguments .))
(call_expression . (_ rhs: (navigation_expression target: (_) @receiver suffix: (navigation_suffix suffix: (simple_identifier) @reference.calls))) . (call_suffix . (value_arguments) @arguments .))
(constructor_expression constructed_type: (user_type (type_identifier) @reference.calls.new .))

; --- detail

; Functions and values passed, stored or returned by name
(value_argument value: (simple_identifier) @reference.references.argument)
(value_argument value: (navigation_expression target: (_) @receiver suffix: (navigation_suffix suffix: (simple_identifier) @reference.references.argument)))
(assignment result: (simple_identifier) @reference.references.stored)
(property_declaration value: (simple_identifier) @reference.references.stored)
(control_transfer_statement result: (simple_identifier) @reference.references.stored)
(array_literal element: (simple_identifier) @reference.references.stored)

; Types by name, attributes among them
(user_type (type_identifier) @reference.references.annotation)

; What is known of variables
(property_declaration name: (pattern bound_identifier: (simple_identifier) @binding.annotation) (type_annotation (_) @type))
(property_declaration name: (pattern bound_identifier: (simple_identifier) @binding.value) value: (_) @value)
(protocol_property_declaration name: (pattern bound_identifier: (simple_identifier) @binding.annotation) (type_annotation (_) @type))
(parameter name: (simple_identifier) @binding.parameter [(user_type) (optional_type) (array_type) (dictionary_type) (function_type) (tuple_type) (opaque_type) (existential_type)] @type)
(lambda_parameter name: (simple_identifier) @binding.parameter)
(type_parameter . (type_identifier) @binding.parameter name: (_)? @type)
(for_statement item: (pattern bound_identifier: (simple_identifier) @binding.iteration) collection: (_) @value)
(guard_statement bound_identifier: (simple_identifier) @binding.value . condition: "=" . condition: (_) @value)
(if_statement bound_identifier: (simple_identifier) @binding.value . condition: "=" . condition: (_) @value)
(assignment target: (directly_assignable_expression (navigation_expression target: (self_expression))) @binding.value result: (_) @value)
(function_body) @binding
(class_body (property_declaration (type_annotation (_) @binding) computed_value: (_)))
