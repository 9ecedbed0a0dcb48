; Types
(class_declaration name: (identifier) @name body: (declaration_list) @body) @definition.class
(class_declaration name: (identifier) @name !body) @definition.class
(interface_declaration name: (identifier) @name body: (declaration_list) @body) @definition.interface
(struct_declaration name: (identifier) @name body: (declaration_list) @body) @definition.struct
(struct_declaration name: (identifier) @name !body) @definition.struct
(record_declaration name: (identifier) @name body: (declaration_list) @body) @definition.class
(record_declaration name: (identifier) @name !body) @definition.class
(enum_declaration name: (identifier) @name body: (enum_member_declaration_list) @body) @definition.enum
(enum_member_declaration name: (identifier) @name) @definition.enum_member
(delegate_declaration name: (identifier) @name) @definition.type_alias

; Members. Finalizers, conversions and indexers have a keyword for a name, which `rename` spells out.
(method_declaration name: (identifier) @name body: (_) @body) @definition.method
(method_declaration name: (identifier) @name !body) @definition.method
(local_function_statement name: (identifier) @name body: (_) @body) @definition.function
(constructor_declaration name: (identifier) @name body: (_) @body) @definition.constructor
(constructor_declaration name: (identifier) @name !body) @definition.constructor
(destructor_declaration "~" @name body: (_) @body) @definition.method
(operator_declaration operator: _ @name body: (_) @body) @definition.method
(operator_declaration operator: _ @name !body) @definition.method
(conversion_operator_declaration ["implicit" "explicit"] @name body: (_) @body) @definition.method
(property_declaration name: (identifier) @name accessors: (accessor_list) @body) @definition.property
(property_declaration name: (identifier) @name value: (_) @body !accessors) @definition.property
(indexer_declaration "this" @name accessors: (accessor_list) @body) @definition.property
(indexer_declaration "this" @name value: (_) @body) @definition.property
(event_declaration name: (identifier) @name accessors: (accessor_list) @body) @definition.property
(field_declaration (variable_declaration (variable_declarator name: (identifier) @name))) @definition.field
(event_field_declaration (variable_declaration (variable_declarator name: (identifier) @name))) @definition.field
(record_declaration (parameter_list (parameter name: (identifier) @name @receiver.self) @definition.property))

; The namespace is the file's package; one inside another only names what it holds.
(compilation_unit (namespace_declaration name: (_) @package))
(file_scoped_namespace_declaration name: (_) @package)
(namespace_declaration body: (declaration_list (namespace_declaration name: (_) @name body: (declaration_list) @body) @scope))

; Documentation
(comment) @comment

; Imports
[(using_directive) (extern_alias_directive)] @import

; Calls
(invocation_expression function: (identifier) @reference.calls arguments: (_) @arguments)
(invocation_expression function: (generic_name (identifier) @reference.calls) arguments: (_) @arguments)
(invocation_expression function: (member_access_expression expression: _ @receiver name: (identifier) @reference.calls) arguments: (_) @arguments)
(invocation_expression function: (member_access_expression expression: _ @receiver name: (generic_name (identifier) @reference.calls)) arguments: (_) @arguments)
(invocation_expression function: (conditional_access_expression condition: _ @receiver (member_binding_expression name: [(identifier) @reference.calls (generic_name (identifier) @reference.calls)])) arguments: (_) @arguments)
(object_creation_expression type: (identifier) @reference.calls.new arguments: (_)? @arguments)
(object_creation_expression type: (generic_name (identifier) @reference.calls.newof) arguments: (_)? @arguments)
(object_creation_expression type: (qualified_name qualifier: (_) @receiver name: (identifier) @reference.calls.new) arguments: (_)? @arguments)
(object_creation_expression type: (qualified_name qualifier: (_) @receiver name: (generic_name (identifier) @reference.calls.newof)) arguments: (_)? @arguments)
(object_creation_expression type: (alias_qualified_name alias: (identifier) @receiver name: (identifier) @reference.calls.new) arguments: (_)? @arguments)
(object_creation_expression type: (alias_qualified_name alias: (identifier) @receiver name: (generic_name (identifier) @reference.calls.newof)) arguments: (_)? @arguments)
(variable_declaration type: [(identifier) @reference.calls.new (nullable_type type: (identifier) @reference.calls.new)] (variable_declarator (implicit_object_creation_expression (argument_list) @arguments)))
(variable_declaration type: (generic_name (identifier) @reference.calls.newof) (variable_declarator (implicit_object_creation_expression (argument_list) @arguments)))
(property_declaration type: [(identifier) @reference.calls.new (nullable_type type: (identifier) @reference.calls.new)] value: (implicit_object_creation_expression (argument_list) @arguments))
(property_declaration type: (generic_name (identifier) @reference.calls.newof) value: (implicit_object_creation_expression (argument_list) @arguments))
(property_declaration type: [(identifier) @reference.calls.new (nullable_type type: (identifier) @reference.calls.new)] value: (arrow_expression_clause (implicit_object_creation_expression (argument_list) @arguments)))
(property_declaration type: (generic_name (identifier) @reference.calls.newof) value: (arrow_expression_clause (implicit_object_creation_expression (argument_list) @arguments)))
(method_declaration returns: [(identifier) @reference.calls.new (nullable_type type: (identifier) @reference.calls.new)] body: (arrow_expression_clause (implicit_object_creation_expression (argument_list) @arguments)))
(method_declaration returns: (generic_name (identifier) @reference.calls.newof) body: (arrow_expression_clause (implicit_object_creation_expression (argument_list) @arguments)))
(method_declaration returns: [(identifier) @reference.calls.new (nullable_type type: (identifier) @reference.calls.new)] body: (block (return_statement (implicit_object_creation_expression (argument_list) @arguments))))
(method_declaration returns: (generic_name (identifier) @reference.calls.newof) body: (block (return_statement (implicit_object_creation_expression (argument_list) @arguments))))
(operator_declaration type: (identifier) @reference.calls.new body: (arrow_expression_clause (implicit_object_creation_expression (argument_list) @arguments)))
(operator_declaration type: (generic_name (identifier) @reference.calls.newof) body: (arrow_expression_clause (implicit_object_creation_expression (argument_list) @arguments)))
(operator_declaration type: (identifier) @reference.calls.new body: (block (return_statement (implicit_object_creation_expression (argument_list) @arguments))))
(operator_declaration type: (generic_name (identifier) @reference.calls.newof) body: (block (return_statement (implicit_object_creation_expression (argument_list) @arguments))))
(conversion_operator_declaration type: (identifier) @reference.calls.new body: (arrow_expression_clause (implicit_object_creation_expression (argument_list) @arguments)))
(conversion_operator_declaration type: (generic_name (identifier) @reference.calls.newof) body: (arrow_expression_clause (implicit_object_creation_expression (argument_list) @arguments)))
(primary_constructor_base_type type: (identifier) @reference.calls.new (argument_list) @arguments)
(primary_constructor_base_type type: (generic_name (identifier) @reference.calls.newof) (argument_list) @arguments)
(base_list . (identifier) @reference.calls.new . (argument_list) @arguments)
(base_list . (generic_name (identifier) @reference.calls.newof) . (argument_list) @arguments)
(constructor_initializer "base" @reference.calls.super (argument_list) @arguments)
(constructor_initializer "this" @reference.calls.this (argument_list) @arguments)

; --- detail

; Attributes
(attribute name: (identifier) @reference.references.decorator)
(attribute name: (qualified_name qualifier: (_) @receiver name: (identifier) @reference.references.decorator))

; Methods and values passed, stored or returned by name
(argument (identifier) @reference.references.argument)
(argument (member_access_expression name: (identifier)) @path.references.argument)
(assignment_expression right: (identifier) @reference.references.stored)
(assignment_expression right: (member_access_expression name: (identifier)) @path.references.stored)
(variable_declarator name: (identifier) (identifier) @reference.references.stored)
(return_statement (identifier) @reference.references.stored)
(initializer_expression (identifier) @reference.references.stored)
(arrow_expression_clause (identifier) @reference.references.stored)

; Types by name
(parameter type: [(identifier) @reference.references.annotation (generic_name (identifier) @reference.references.annotation) (nullable_type type: (identifier) @reference.references.annotation) (array_type type: (identifier) @reference.references.annotation)])
(variable_declaration type: [(identifier) @reference.references.annotation (generic_name (identifier) @reference.references.annotation) (nullable_type type: (identifier) @reference.references.annotation) (array_type type: (identifier) @reference.references.annotation)])
(property_declaration type: [(identifier) @reference.references.annotation (generic_name (identifier) @reference.references.annotation) (nullable_type type: (identifier) @reference.references.annotation) (array_type type: (identifier) @reference.references.annotation)])
(method_declaration returns: [(identifier) @reference.references.annotation (generic_name (identifier) @reference.references.annotation) (nullable_type type: (identifier) @reference.references.annotation) (array_type type: (identifier) @reference.references.annotation)])
(type_argument_list [(identifier) @reference.references.annotation (generic_name (identifier) @reference.references.annotation)])
(array_creation_expression type: (array_type type: (identifier) @reference.references.annotation))
(event_declaration type: (identifier) @reference.references.annotation)
(delegate_declaration type: (identifier) @reference.references.annotation)
(cast_expression type: (identifier) @reference.references.annotation)
(typeof_expression type: (identifier) @reference.references.annotation)
(declaration_pattern type: (identifier) @reference.references.annotation)
(constant_pattern (identifier) @reference.references.annotation)
(as_expression right: (identifier) @reference.references.annotation)
(is_expression right: (identifier) @reference.references.annotation)
(catch_declaration type: (identifier) @reference.references.annotation)
(type_parameter_constraint (type (identifier) @reference.references.annotation))

; What is known of variables
(variable_declaration type: [(identifier) (predefined_type) (generic_name) (qualified_name) (alias_qualified_name) (nullable_type) (array_type) (tuple_type) (ref_type) (pointer_type)] @type (variable_declarator name: (identifier) @binding.annotation))
(variable_declaration type: (implicit_type) (variable_declarator name: (identifier) @binding.value (_) @value))
(method_declaration parameters: (parameter_list (parameter type: (_) @type name: (identifier) @binding.parameter)))
(constructor_declaration parameters: (parameter_list (parameter type: (_) @type name: (identifier) @binding.parameter)))
(local_function_statement parameters: (parameter_list (parameter type: (_) @type name: (identifier) @binding.parameter)))
(lambda_expression parameters: (parameter_list (parameter type: (_) @type name: (identifier) @binding.parameter)))
(anonymous_method_expression parameters: (parameter_list (parameter type: (_) @type name: (identifier) @binding.parameter)))
(operator_declaration parameters: (parameter_list (parameter type: (_) @type name: (identifier) @binding.parameter)))
(conversion_operator_declaration parameters: (parameter_list (parameter type: (_) @type name: (identifier) @binding.parameter)))
(class_declaration (parameter_list (parameter type: (_) @type name: (identifier) @binding.parameter)))
(struct_declaration (parameter_list (parameter type: (_) @type name: (identifier) @binding.parameter)))
(indexer_declaration parameters: (bracketed_parameter_list (parameter type: (_) @type name: (identifier) @binding.parameter)))
(lambda_expression parameters: (parameter_list (parameter !type name: (identifier) @binding.parameter)))
(lambda_expression parameters: (implicit_parameter) @binding.parameter)
(type_parameter name: (identifier) @binding.parameter)
(type_parameter_constraints_clause . (identifier) @binding.parameter . (type_parameter_constraint type: (_) @type))
(foreach_statement type: (implicit_type) left: (identifier) @binding.iteration right: _ @value)
(foreach_statement type: [(identifier) (predefined_type) (generic_name) (qualified_name) (alias_qualified_name) (nullable_type) (array_type)] @type left: (identifier) @binding.annotation)
(declaration_pattern type: (_) @type name: (identifier) @binding.annotation)
(declaration_expression type: (_) @type name: (identifier) @binding.annotation)
(catch_declaration type: (_) @type name: (identifier) @binding.annotation)
(method_declaration returns: (_) @binding)
(local_function_statement type: (_) @binding)
(property_declaration type: (_) @binding)
(argument (lambda_expression)) @binding
[(lambda_expression) (anonymous_method_expression) (block) (foreach_statement) (for_statement) (using_statement) (catch_clause) (switch_section)] @block
(from_clause type: (_) @type name: (identifier) @binding.annotation)
(from_clause !type name: (identifier) @binding.iteration . (_) @value)
