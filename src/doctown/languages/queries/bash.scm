; Functions
(function_definition name: (word) @name body: (_) @body) @definition.function

; Variables of the script's top level; the hook tells constants from variables.
(program (variable_assignment name: (variable_name) @name) @definition.variable)
(program (declaration_command (variable_assignment name: (variable_name) @name)) @definition.variable)
(program (list (variable_assignment name: (variable_name) @name) @definition.variable))
(program (if_statement (variable_assignment name: (variable_name) @name) @definition.variable))
(program (command name: (command_name (word) @_alias (#eq? @_alias "alias")) argument: (concatenation . (word) @name)) @definition.function)

; Documentation
(comment) @comment

; Imports
(command name: (command_name (word) @_source (#any-of? @_source "source" "."))) @import

; Calls. A command may be a function of this script, of one that it reads, or a program: assembly decides.
(command name: (command_name (word) @reference.calls))

; --- detail

; Commands that run a command named by their first argument
(command name: (command_name (word) @_runner) . argument: (word) @reference.references.argument
  (#any-of? @_runner "trap" "command" "exec" "eval" "time" "nohup" "xargs" "type" "export" "complete"))
(command name: (command_name (word) @_completes) argument: (word) @_flag . argument: (word) @reference.references.argument
  (#eq? @_completes "complete") (#eq? @_flag "-F"))
(command name: (command_name (word) @_exporter) argument: (word) @_flag . argument: (word) @reference.references.argument
  (#eq? @_exporter "export") (#eq? @_flag "-f"))

; What is known of variables
(function_definition (compound_statement (declaration_command (variable_assignment name: (variable_name) @binding.value))))
(function_definition (compound_statement (declaration_command ["local" "declare" "typeset" "readonly"] (variable_name) @binding.value)))
(for_statement variable: (variable_name) @binding.iteration)
