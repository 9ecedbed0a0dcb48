"""C's preprocessor, which a grammar does not run: macros that only mark a definition, and what a macro's text calls.

Nothing is expanded here. What misleads the grammar is blanked, and the calls in a macro's text are noted as the
macro's own; that a use of the macro makes them is for assembly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from doctown.languages.base import canonical, text
from doctown.model import Binding, Import

if TYPE_CHECKING:
    from tree_sitter import Node

# Macros that only mark a definition for the compiler. To a grammar, which sees no macro's text, `class API Name {` is a
# function, and `void f() GUARDED_BY(lock);` an error.
_MARKED_TYPE = re.compile(
    rb"\b(?:class|struct|union)[ \t]+([A-Z][A-Z0-9_]{2,}(?:[ \t]*\([^()\n]*\))?\s+)"
    rb"(?=[A-Za-z_]\w*(?:::\w+)*[ \t]*(?:<[^{};]*>)?\s*(?:final\s*)?(?:\{|:(?!:)))"
)
_MARKED_MEMBER = re.compile(
    rb"(?<=[\w)\]])\s+([A-Z][A-Z_0-9]*(?:GUARDED_BY|REQUIRED|REQUIRES|LOCK|LOCKS|LOCK_FUNCTION|EXCLUDED|EXCLUDES|ACQUIRE"
    rb"|ACQUIRED_AFTER|ACQUIRED_BEFORE|RELEASE|ATTRIBUTE|PRINTF|FORMAT|DEPRECATED|ANALYSIS|DELETE|OVERRIDE"
    rb"|NOEXCEPT|FINAL)(?:[ \t]*\([^()\n]*\))?)"
    rb"(?=\s*(?:;|\{|=[^=]|override\b))"
)
_ALONE = re.compile(rb"(?m)^([A-Z][A-Z0-9]*_[A-Z0-9_]+)[ \t]*\r?$")  # `FMT_BEGIN_NAMESPACE`, `G_BEGIN_DECLS`
_NOTED = re.compile(  # `API_DEPRECATED("Use other().")` before a declaration
    rb"(?m)^[ \t]*([A-Z][A-Z0-9]*_[A-Z0-9_]+[ \t]*\((?:\s*\"(?:[^\"\\\n]|\\.)*\")+\s*\))(?=\s*[A-Za-z_])"
)
_MARKED_NAME = re.compile(  # `int LIB_API run(`
    rb"(?m)^[ \t]*[A-Za-z_][\w:<>,*& \t]*[\w>*&][ \t]+"
    rb"((?:[A-Z][A-Z0-9]*_)+(?:API|EXPORTS?|CALL|CDECL|PUBLIC|VISIBLE)[ \t]+)"
    rb"(?=[A-Za-z_][\w:]*\s*\()"
)
_MARKED_FUNCTION = re.compile(
    rb"(?m)^[ \t]*(?:(?:static|virtual|explicit|friend|extern)[ \t]+)*((?:[A-Z][A-Z0-9]*_[A-Z0-9_]+[ \t]+)+)(?=(?:"
    rb"(?:(?!return\b|operator\b)[A-Za-z_][\w:]*(?:<[^;{}()\n]*>)?[ \t*&]+[*&]*){1,4}"
    rb"(?:operator\b|[A-Za-z_~][\w:]*[ \t]*\()"
    rb"|(?:[A-Za-z_]\w*::)*([A-Za-z_]\w*)::~?\2[ \t]*\())"  # a constructor outside its class
)


def _blanked(match: re.Match[bytes]) -> bytes:
    """The match with blanks for what its first group matched; line breaks stay."""
    start, end = match.start(1) - match.start(), match.end(1) - match.start()
    whole = match.group()
    return whole[:start] + re.sub(rb"[^\r\n]", b" ", whole[start:end]) + whole[end:]


def without_markers(data: bytes) -> bytes:
    """The source with blanks for macros that mark a class or a member or stand at the outermost
    level alone, and for comments inside a macro's text of several
    lines, which to the grammar end there; everything else keeps its place."""
    if b"\\\n" in data or b"\\\r\n" in data:
        data = _LONG_TEXT.sub(_uncommented, data)
    return _NOTED.sub(_blanked, _ALONE.sub(_blanked, _MARKED_MEMBER.sub(_blanked, _MARKED_TYPE.sub(_blanked, data))))


_LONG_TEXT = re.compile(rb"(?m)^[ \t]*#[ \t]*define\b(?:[^\n]*\\\r?\n)+[^\n]*")
_SILENT = re.compile(rb"/\*.*?\*/|//[^\n]*|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'", re.DOTALL)


def _uncommented(match: re.Match[bytes]) -> bytes:
    """A macro's definition with blanks for its comments, and for what looks like the start of one in a string; a line
    goes on after a comment, so the backslash stays."""
    return _SILENT.sub(
        lambda each: (
            re.sub(rb"[^\r\n\\]", b" ", each.group())
            if each.group()[:2] == b"/*"
            else each.group().replace(b"/*", b"  ")
        ),
        match.group(),
    )


_WORD_TOO_MANY = re.compile(  # `int LIBCALL run(`, `void *(LIBCALL *run)(`
    rb"(?m)^[ \t]*(?!return\b|else\b|case\b|goto\b|#)(?:[A-Za-z_]\w*[\s*]+){0,3}?"
    rb"(?!(?:static|extern|inline|const|typedef|struct|union|enum|local)\b)[A-Za-z_]\w*[\s*]+(?:\([ \t]*)?"
    rb"([A-Z][A-Z0-9_]{2,}[ \t]+)(?=(?:\*[ \t]*[A-Za-z_]\w*[ \t]*\)|[A-Za-z_]\w*)[ \t]*\()"
)


def without_marked_names(data: bytes) -> bytes:
    """The source with blanks for a word in capitals between a type and what is declared, where a macro may stand that
    nothing tells of."""
    return _WORD_TOO_MANY.sub(_blanked, data)


def without_function_markers(data: bytes) -> bytes:
    """As `without_markers`, and with blanks for a macro before a function's type: `API_CONSTEXPR auto name(…)`."""
    return _MARKED_NAME.sub(_blanked, _MARKED_FUNCTION.sub(_blanked, without_markers(data)))


# --- the text of macros -------------------------------------------------------------------------------------------

MAX_TEXT = 10_000  # bytes of a macro that are read
_CALL = re.compile(rb"(?<![\w#])([A-Za-z_]\w*)\s*\(")
_ACCESSOR = re.compile(rb"(?:\.|->|::)[\s\\]*\Z")
_DECLARED = re.compile(rb"([A-Za-z_]\w*)[\s*&\\]+\Z")  # a name behind another one is declared, not called
_BEFORE_CALLS = frozenset({b"return", b"else", b"do", b"case", b"throw", b"co_return", b"goto", b"new"})
_ATTRIBUTES = (b"__attribute", b"__declspec", b"[[", b"_Pragma")
_NO_CALLS = frozenset(
    {
        b"if",
        b"while",
        b"for",
        b"switch",
        b"return",
        b"sizeof",
        b"defined",
        b"do",
        b"else",
        b"case",
        b"alignof",
        b"catch",
    }
)


def expansion(node: Node, data: bytes) -> Iterable[tuple[int, str, str]]:
    """(first byte, receiver, name) of every call in a macro's text, save those of its own parameters."""
    start = node.start_byte
    source = data[start : min(node.end_byte, start + MAX_TEXT)]
    if b"(" not in source or source.lstrip().startswith(_ATTRIBUTES):
        return
    source = _SILENT.sub(lambda match: b" " * len(match.group()), source)
    own = _parameters(node, data)
    for match in _CALL.finditer(source):
        name = match.group(1)
        before = source[max(0, match.start() - 200) : match.start()]
        receiver = _receiver(source, match.start())
        declared = _DECLARED.search(before)
        if name in _NO_CALLS or (declared and declared.group(1) not in _BEFORE_CALLS and declared.group()[-1:] != b"*"):
            continue
        if (_HEAD.split(receiver, maxsplit=1)[0] or name.decode("utf-8", "replace")) not in own:
            yield start + match.start(1), receiver, name.decode("utf-8", "replace")


_HEAD = re.compile(r"[.(\[]")
_OPERAND = re.compile(rb"[A-Za-z_]\w*\s*\Z")
MAX_RECEIVER = 400  # bytes before a call that are looked at


def _receiver(source: bytes, start: int) -> str:
    """What stands before a name in a macro's text, canonical: `log().out` of `log(here)->out.write(`; empty if nothing
    does, `?` where it cannot be told."""
    at = start
    first = max(0, start - MAX_RECEIVER)
    if not (access := _ACCESSOR.search(source, first, at)):
        return ""
    at = access.start()
    while True:
        while source[first:at].rstrip()[-1:] in (b")", b"]"):
            at = _opening(source, first, len(source[:at].rstrip()) - 1)
            if at < 0:
                return "?"
        word = _OPERAND.search(source, max(first, at - 100), at)
        if word is None:
            return "?"
        at = word.start()
        access = _ACCESSOR.search(source, max(first, at - 20), at)
        if access is None:
            return canonical(source[at:start].decode("utf-8", "replace").replace("\\\n", "").rstrip("\\ \t\r\n.:->"))
        at = access.start()


def _opening(source: bytes, first: int, end: int) -> int:
    """Where the bracket was opened that is closed at `end`; -1 if not behind `first`."""
    depth = 0
    for at in range(end, first - 1, -1):
        sign = source[at : at + 1]
        depth += (sign in b")]") - (sign in b"([")
        if depth == 0:
            return at
    return -1


def _parameters(node: Node, data: bytes) -> frozenset[str]:
    definition = node.parent
    parameters = definition.child_by_field_name("parameters") if definition is not None else None
    return (
        frozenset(text(child, data) for child in parameters.named_children) if parameters is not None else frozenset()
    )


def runs_code(definition: Node, data: bytes) -> bool:
    """Whether a macro without parameters stands for code, and not for a value: `UINT64_C(1)` is one."""
    value = definition.child_by_field_name("value")
    return value is not None and any(not name.isupper() for _, _, name in expansion(value, data))


def renamed(node: Node, data: bytes) -> Iterable[Binding]:
    """`#define name other` is another name for what `other` means."""
    value = text(node, data).strip() if node.end_byte - node.start_byte < 200 else ""
    definition = node.parent
    name = definition.child_by_field_name("name") if definition is not None else None
    if value.isidentifier() and name is not None and value != text(name, data):
        yield Binding(0, text(name, data), value, "value", node.start_point[0] + 1)


def include(node: Node, data: bytes) -> Iterable[Import]:
    """`#include`: everything of a header, from the system's folders if it stands in angle brackets."""
    path = node.child_by_field_name("path")
    if path is not None:
        shown = text(path, data).strip()
        detail = "system" if shown.startswith("<") else ""
        yield Import(shown.strip('<>"'), "*", "", node.start_point[0] + 1, 0, detail)
