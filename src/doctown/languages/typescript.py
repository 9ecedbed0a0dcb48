"""TypeScript: what JavaScript has, and types. `tsx.py` is the same language with JSX in place of `<T>` casts."""

from __future__ import annotations

import re
from dataclasses import replace

from doctown.languages import ecmascript_uses as uses
from doctown.languages.javascript import LANGUAGE as JAVASCRIPT

_UTILITY_TYPES = """Awaited Capitalize ConstructorParameters Exclude Extract InstanceType IterableIterator Iterable
AsyncIterable AsyncIterator AsyncGenerator Generator Lowercase NoInfer NonNullable Omit Parameters Partial Pick
PromiseLike PropertyKey Readonly ReadonlyArray ReadonlyMap ReadonlySet Record Required ReturnType ThisType Uncapitalize
Uppercase ArrayLike NodeJS JSX"""

LANGUAGE = replace(
    JAVASCRIPT,
    name="typescript",
    title="TypeScript",
    grammar="tree_sitter_typescript",
    grammar_function="language_typescript",
    query_parts=("ecmascript", "typescript"),
    extensions=(".ts", ".mts", ".cts"),
    interpreters=("deno", "ts-node", "tsx"),
    doc_comment=re.compile(r"/\*\*"),
    builtins=uses.BUILTINS | frozenset(_UTILITY_TYPES.split()),
    wrappers={"Promise": 0, "Readonly": 0, "Partial": 0, "Required": 0, "NonNullable": 0, "Awaited": 0},
)
