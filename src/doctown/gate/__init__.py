"""The gate: whether a pack's documentation is good enough, for continuous integration.

`measure` finds what is wrong and counts what is documented, `render` writes it as text, JSON, SARIF or Markdown.
Nothing is imported here.
"""
