; Types
(class_declaration name: (name) @name body: (declaration_list) @body) @definition.class
(interface_declaration name: (name) @name body: (declaration_list) @body) @definition.interface
(trait_declaration name: (name) @name body: (declaration_list) @body) @definition.trait
(enum_declaration name: (name) @name body: (enum_declaration_list) @body) @definition.enum
(enum_case name: (name) @name) @definition.enum_member

; Functions and members
(function_definition name: (name) @name body: (compound_statement) @body) @definition.function
(method_declaration name: (name) @name body: (compound_statement) @body) @definition.method
(method_declaration name: (name) @name !body) @definition.method
(property_declaration (property_element name: (variable_name) @name)) @definition.field
(property_promotion_parameter name: (variable_name) @name @receiver.self) @definition.field
(const_declaration (const_element . (name) @name)) @definition.constant
(program (expression_statement (function_call_expression function: (name) @_define arguments: (arguments . (argument (string (string_content) @name)))) (#eq? @_define "define")) @definition.constant)
(program (expression_statement (assignment_expression left: (variable_name) @name right: [(anonymous_function body: (_) @body) (arrow_function body: (_) @body)])) @definition.function)

(namespace_definition name: (namespace_name) @package)

; Documentation
(comment) @comment

; Imports
[(namespace_use_declaration) (use_declaration) (require_once_expression) (require_expression) (include_once_expression) (include_expression)] @import

; Calls
(function_call_expression function: (name) @reference.calls arguments: (arguments) @_given (#not-match? @_given "^\\(\\s*[.]{3}\\s*\\)$"))
(function_call_expression function: (qualified_name prefix: (_)? @receiver (name) @reference.calls) arguments: (arguments) @_given (#not-match? @_given "^\\(\\s*[.]{3}\\s*\\)$"))
(member_call_expression object: (_) @receiver name: (name) @reference.calls arguments: (arguments) @_given (#not-match? @_given "^\\(\\s*[.]{3}\\s*\\)$"))
(nullsafe_member_call_expression object: (_) @receiver name: (name) @reference.calls arguments: (arguments) @_given (#not-match? @_given "^\\(\\s*[.]{3}\\s*\\)$"))
(scoped_call_expression scope: (_) @receiver name: (name) @reference.calls arguments: (arguments) @_given (#not-match? @_given "^\\(\\s*[.]{3}\\s*\\)$"))
(object_creation_expression . (name) @reference.calls.new)
(object_creation_expression . (qualified_name prefix: (_)? @receiver (name) @reference.calls.new))

; --- detail

; Attributes
(attribute (name) @reference.references.decorator)
(attribute (qualified_name prefix: (_)? @receiver (name) @reference.references.decorator))

; Callables and classes by name. Strings and pairs that name a callable are how PHP passes functions.
(argument (array_creation_expression . (array_element_initializer . (variable_name) @receiver) . (array_element_initializer (string (string_content) @reference.references.argument)) .))
(argument (array_creation_expression . (array_element_initializer . (class_constant_access_expression . (_) @receiver)) . (array_element_initializer (string (string_content) @reference.references.argument)) .))
(function_call_expression function: (name) @_taker arguments: (arguments (argument (string (string_content) @reference.references.argument)))
  (#any-of? @_taker "call_user_func" "call_user_func_array" "array_map" "array_filter" "array_reduce" "array_walk" "usort" "uasort" "uksort" "is_callable" "function_exists" "spl_autoload_register" "register_shutdown_function" "set_error_handler" "set_exception_handler" "add_action" "add_filter" "preg_replace_callback"))
(argument (name) @reference.references.argument)
(class_constant_access_expression . [(name) @reference.references.constant (qualified_name (name) @reference.references.constant)])
(scoped_property_access_expression scope: [(name) @reference.references.constant (qualified_name (name) @reference.references.constant)])
(binary_expression operator: "instanceof" right: [(name) @reference.references.annotation (qualified_name (name) @reference.references.annotation)])
(named_type [(name) @reference.references.annotation (qualified_name (name) @reference.references.annotation)])

; What is known of variables
(assignment_expression left: [(variable_name) (member_access_expression) (scoped_property_access_expression)] @binding.value right: (_) @value)
(reference_assignment_expression left: [(variable_name) (member_access_expression)] @binding.value right: (_) @value)
(simple_parameter type: (_) @type name: (variable_name) @binding.parameter)
(simple_parameter !type name: (variable_name) @binding.parameter)
(variadic_parameter name: (variable_name) @binding.parameter)
(property_promotion_parameter type: (_) @type name: (variable_name) @binding.parameter)
(property_promotion_parameter !type name: (variable_name) @binding.parameter)
(property_promotion_parameter type: (_) name: (variable_name)) @binding
(property_declaration type: (_) @type (property_element name: (variable_name) @binding.annotation))
(foreach_statement . (_) @value . (variable_name) @binding.iteration)
(foreach_statement . (_) @value . (pair (_) @binding.iteration .))
(catch_clause type: (_) @type name: (variable_name) @binding.annotation)
(static_variable_declaration name: (variable_name) @binding.value)
(global_declaration (variable_name) @binding.value)
(method_declaration return_type: (_) @binding)
(function_definition return_type: (_) @binding)
(return_statement [(member_call_expression) (scoped_call_expression) (function_call_expression) (object_creation_expression) (member_access_expression) (variable_name)] @binding)
