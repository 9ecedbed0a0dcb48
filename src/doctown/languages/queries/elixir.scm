; Definitions
(call target: (identifier) @_word (arguments . (alias) @name) (do_block) @body
  (#any-of? @_word "defmodule" "defprotocol" "defimpl")) @definition.namespace
(call target: (identifier) @_word (arguments . [
    (identifier) @name
    (call target: (identifier) @name)
    (binary_operator left: [(identifier) @name (call target: (identifier) @name)])
  ]) (do_block)? @body
  (#any-of? @_word "def" "defp" "defmacro" "defmacrop" "defguard" "defguardp" "defdelegate")) @definition.function
(unary_operator operator: "@" operand: (call target: (identifier) @_word (arguments (binary_operator left: [(identifier) @name (call target: (identifier) @name)])))
  (#any-of? @_word "type" "typep" "opaque")) @definition.type_alias
(unary_operator operator: "@" operand: (call target: (identifier) @_word (arguments (binary_operator left: (call target: (identifier) @name))))
  (#any-of? @_word "callback" "macrocallback")) @definition.method
(unary_operator operator: "@" operand: (call target: (identifier) @name)) @definition.constant
(call target: (identifier) @_word (arguments (list (atom) @name @definition.field)) (#eq? @_word "defstruct"))
(call target: (identifier) @_word (arguments (list (keywords (pair key: (keyword) @name) @definition.field))) (#eq? @_word "defstruct"))
(call target: (identifier) @_word (arguments (keywords (pair key: (keyword) @name) @definition.field)) (#eq? @_word "defstruct"))

; Documentation and imports
(comment) @comment
(call target: (identifier) @_import (#any-of? @_import "alias" "import" "require" "use")) @import

; --- detail
; Nothing: symbols and documentation are all that is read.
