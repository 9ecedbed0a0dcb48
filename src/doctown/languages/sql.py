"""SQL: tables and their columns, views, types, functions, triggers and sequences, with the comments above them.

Grammars of SQL read many dialects roughly and none exactly: what stays unread is listed, and the rest is kept. A name
in quotes is shown without them; a schema before a name is part of where it lives, not of the name. What one statement
uses of another is left to readers: nothing is resolved.
"""

from __future__ import annotations

from doctown.languages.base import Definition, Language, default_signature, one_line


def _rename(name: str) -> str:
    return name.strip("\"'`[]")


def _signature(definition: Definition, data: bytes) -> str:
    """A table's head without its columns, a view's without its query, a function's up to its body; a column whole."""
    if definition.kind in ("field", "enum_member"):
        return one_line(data[definition.start : definition.end].decode("utf-8", "replace"))[:300]
    return default_signature(definition, data).removesuffix(" AS").removesuffix(" as").rstrip(" (")


LANGUAGE = Language(
    name="sql",
    title="SQL",
    grammar="tree_sitter_sql",
    extensions=(".sql", ".ddl", ".psql", ".pgsql"),
    signature=_signature,
    rename=_rename,
    scope="module",
)
