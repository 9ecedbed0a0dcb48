"""TypeScript with JSX."""

from __future__ import annotations

from dataclasses import replace

from doctown.languages.typescript import LANGUAGE as TYPESCRIPT

LANGUAGE = replace(
    TYPESCRIPT,
    name="tsx",
    title="TSX",
    grammar_function="language_tsx",
    query_parts=("ecmascript", "typescript", "jsx"),
    extensions=(".tsx",),
    interpreters=(),
)
