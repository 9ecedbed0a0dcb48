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

_GENERIC = re.compile(rb"\n[ \t]+(?=<\s*(?:const\s+)?[A-Za-z_$][\w$]*(?:\s+extends\b|\s*[,>=]))")
_ENDS_A_TYPE = re.compile(rb"[\w$\])}>\"'`]")


def mend(data: bytes) -> bytes:
    """Members of an interface that begin with type parameters, told from what stands on the line above.

    The grammar takes `name: T` and a call signature `<U>(of: U): V` on the next line for one type, `T<U>`, and loses
    all that follows. TypeScript lets no type's arguments begin a line: a semicolon takes the place of the last blank.
    """
    mended = bytearray(data)
    for match in _GENERIC.finditer(data):
        above = _without_comments(data[max(0, match.start() - 3000) : match.start()])
        if _ENDS_A_TYPE.match(above[-1:]):
            mended[match.end() - 1] = ord(";")
    return bytes(mended)


def _without_comments(above: bytes) -> bytes:
    """The text up to what a place follows, over blanks and comments."""
    while True:
        above = above.rstrip()
        if above.endswith(b"*/"):
            above = above[: max(0, above.rfind(b"/*"))]
            continue
        line = above.rfind(b"\n") + 1
        comment = above.find(b"//", line)
        if comment < 0 or (comment and above[comment - 1 : comment] == b":"):
            return above
        above = above[:comment]


LANGUAGE = replace(
    JAVASCRIPT,
    name="typescript",
    title="TypeScript",
    grammar="tree_sitter_typescript",
    grammar_function="language_typescript",
    query_parts=("ecmascript", "typescript"),
    extensions=(".ts", ".mts", ".cts"),
    mend=mend,
    interpreters=("deno", "ts-node", "tsx"),
    doc_comment=re.compile(r"/\*\*"),
    builtins=uses.BUILTINS | frozenset(_UTILITY_TYPES.split()),
    wrappers={"Promise": 0, "Readonly": 0, "Partial": 0, "Required": 0, "NonNullable": 0, "Awaited": 0},
)
