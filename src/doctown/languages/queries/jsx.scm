; Elements of JSX run the component they name; lower-case names are HTML's own.
(jsx_opening_element name: (identifier) @reference.calls.jsx (#match? @reference.calls.jsx "^[A-Z]"))
(jsx_self_closing_element name: (identifier) @reference.calls.jsx (#match? @reference.calls.jsx "^[A-Z]"))
(jsx_opening_element name: (member_expression) @path.calls.jsx)
(jsx_self_closing_element name: (member_expression) @path.calls.jsx)

; --- detail
(jsx_attribute (jsx_expression (identifier) @reference.references.argument))
(jsx_attribute (jsx_expression (member_expression) @path.references.argument))
