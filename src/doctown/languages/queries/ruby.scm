; Classes and modules
(class name: (constant) @name) @definition.class
(class name: (scope_resolution scope: (_) @receiver name: (constant) @name)) @definition.class
(module name: (constant) @name) @definition.namespace
(module name: (scope_resolution scope: (_) @receiver name: (constant) @name)) @definition.namespace

; Methods, written out, generated or renamed
(method name: (_) @name) @definition.method
(singleton_method object: (self) name: (_) @name) @definition.method
(body_statement (singleton_method object: (constant) name: (_) @name) @definition.method)
(program (singleton_method object: (constant) @receiver name: (_) @name) @definition.method)
(alias name: (_) @name) @definition.method
(call !receiver method: (identifier) @_alias arguments: (argument_list . (simple_symbol) @name) (#eq? @_alias "alias_method")) @definition.method
(call !receiver method: (identifier) @_define arguments: (argument_list . [(simple_symbol) (string (string_content))] @name) (#any-of? @_define "define_method" "define_singleton_method")) @definition.method
(call !receiver method: (identifier) @_attribute arguments: (argument_list (simple_symbol) @name @definition.property)
  (#any-of? @_attribute "attr_accessor" "attr_reader" "attr_writer" "attr" "cattr_accessor" "mattr_accessor" "class_attribute"))

; Constants, the fields of structs, and variables of instances and classes
(assignment left: (constant) @name) @definition.constant
(assignment left: (constant) right: (call receiver: (constant) @_struct method: (identifier) @_new arguments: (argument_list (simple_symbol) @name @definition.property))
  (#any-of? @_struct "Struct" "Data") (#any-of? @_new "new" "define"))
(assignment left: (instance_variable) @name @receiver.self) @definition.field
(assignment left: (class_variable) @name @receiver.self) @definition.field
(operator_assignment left: (instance_variable) @name @receiver.self) @definition.field

; Documentation
(comment) @comment

; Imports
(call !receiver method: (identifier) @_require arguments: (argument_list (string)) (#any-of? @_require "require" "require_relative" "load" "autoload")) @import

; Calls. `Foo.new` constructs a Foo; a bare word that stands as a statement is a call unless it is a local variable.
(call !receiver method: [(identifier) (constant)] @reference.calls)
(call receiver: (_) @receiver method: [(identifier) (constant)] @reference.calls (#not-eq? @reference.calls "new"))
(call receiver: (constant) @reference.calls.new method: (identifier) @_new (#eq? @_new "new"))
(call receiver: (scope_resolution scope: (_) @receiver name: (constant) @reference.calls.new) method: (identifier) @_new (#eq? @_new "new"))
(super) @reference.calls.super
(body_statement (identifier) @reference.calls.word)
(block_body (identifier) @reference.calls.word)
(then (identifier) @reference.calls.word)
(program (identifier) @reference.calls.word)
(binary (identifier) @reference.calls.word)
(assignment right: (identifier) @reference.calls.word)
(call receiver: (identifier) @reference.calls.word)
(argument_list (identifier) @reference.calls.word)
[(if condition: (identifier) @reference.calls.word) (unless condition: (identifier) @reference.calls.word) (elsif condition: (identifier) @reference.calls.word)]
[(if_modifier (identifier) @reference.calls.word) (unless_modifier (identifier) @reference.calls.word) (while_modifier (identifier) @reference.calls.word) (until_modifier (identifier) @reference.calls.word)]
[(conditional (identifier) @reference.calls.word) (else (identifier) @reference.calls.word) (ensure (identifier) @reference.calls.word) (parenthesized_statements (identifier) @reference.calls.word)]
[(interpolation (identifier) @reference.calls.word) (unary operand: (identifier) @reference.calls.word) (operator_assignment right: (identifier) @reference.calls.word) (element_reference . (identifier) @reference.calls.word)]
[(array (identifier) @reference.calls.word) (pair value: (identifier) @reference.calls.word) (begin (identifier) @reference.calls.word) (do (identifier) @reference.calls.word) (case value: (identifier) @reference.calls.word)]

; --- detail

; Classes and modules by name
(argument_list (constant) @reference.references.argument)
(argument_list (scope_resolution scope: (_) @receiver name: (constant) @reference.references.argument))
(argument_list (identifier) @reference.references.argument)
(pair value: [(constant) (identifier)] @reference.references.stored)
(assignment right: [(constant) (identifier)] @reference.references.stored)
(exceptions (constant) @reference.references.except)
(exceptions (scope_resolution scope: (_) @receiver name: (constant) @reference.references.except))
(call receiver: (constant) @reference.references.receiver)
(scope_resolution scope: (constant) @reference.references.receiver)
(when pattern: (pattern (constant) @reference.references.annotation))

; What is known of variables
(assignment left: [(identifier) (instance_variable) (class_variable) (global_variable)] @binding.value right: (_) @value)
(operator_assignment left: [(identifier) (instance_variable)] @binding.value right: (_) @value)
(left_assignment_list (identifier) @binding.value)
(method_parameters (identifier) @binding.parameter)
(method_parameters (_ name: (identifier) @binding.parameter))
(block_parameters (identifier) @binding.parameter)
(block_parameters (_ name: (identifier) @binding.parameter))
(lambda_parameters (identifier) @binding.parameter)
(call receiver: (_) @value block: (_ parameters: (block_parameters . (identifier) @binding.iteration)))
(for pattern: (identifier) @binding.iteration value: (in (_) @value))
(exception_variable (identifier) @binding.context)
(return (argument_list . (_) @binding .))
(method body: (body_statement [(call) (identifier) (instance_variable) (self)] @binding .))
(singleton_method body: (body_statement [(call) (identifier) (instance_variable) (self)] @binding .))
(method body: (body_statement (operator_assignment right: (_) @binding) .))
(singleton_method body: (body_statement (operator_assignment right: (_) @binding) .))
