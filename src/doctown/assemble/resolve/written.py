"""Types as written, read without a grammar: `t.Optional[Foo]`, `Map<String, Foo>`, `[]*Foo`, `Foo | None`, `&mut Foo`.

All languages share one tolerant reader: a name, its arguments in any brackets, and alternatives. What it cannot read
is no type at all; what the names mean is looked up elsewhere.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

MAX_LENGTH = 400  # characters; longer ones are machine-made
MAX_DEPTH = 8  # of nested brackets


class Written(NamedTuple):
    """One alternative of a type: its dotted name, and its arguments, each with alternatives of its own."""

    name: str
    arguments: tuple[tuple[Written, ...], ...]


_TOKEN = re.compile(r"[\w$]+(?:(?:\.|::|\\)[\w$]+)*|->|=>|[\[\]<>(){}|,&?]|\S")
_EMPTY = re.compile(r"\[\]|\(\)|\{\}|<>")
_OPEN = {"[": "]", "<": ">", "(": ")", "{": "}"}
_NOISE = frozenset({
    "const", "mut", "dyn", "impl", "struct", "enum", "class", "union", "unsigned", "signed", "volatile", "static",
    "readonly", "final", "ref", "out", "in", "typeof", "keyof", "infer", "is", "asserts", "extends", "where", "some",
    "any", "inout", "var", "val", "async", "unsafe", "extern", "register", "inline",
})  # fmt: skip
_NOTHING = frozenset({"None", "null", "undefined", "void", "nil", "never", "unit", "Unit"})
LIST = "<list>"  # the name of what is written with brackets alone: `Foo[]`, `[]Foo`, `[Foo]`


@lru_cache(maxsize=50_000)
def read(written: str) -> tuple[Written, ...]:
    """The alternatives of a type as written; empty if it cannot be read."""
    if len(written) > MAX_LENGTH:
        return ()
    pieces = _TOKEN.findall(written.strip().strip("\"'").lstrip(":").strip())
    found, _ = _alternatives(pieces, 0, 0)
    return tuple(dict.fromkeys(found))


def heads(written: str) -> list[str]:
    """The dotted names of a supertype's alternatives, without their arguments, of which a canonical name keeps only
    the brackets: `Base[]`."""
    return [each.name for each in read(_EMPTY.sub("", written)) if each.name != LIST]


def _alternatives(pieces: list[str], at: int, depth: int) -> tuple[list[Written], int]:
    """Reads up to a comma or a closing bracket; returns the alternatives and where it stopped."""
    found: list[Written] = []
    current: Written | None = None
    while at < len(pieces):
        piece = pieces[at]
        if piece in ",)]}>;=":
            break
        at += 1
        if piece in ("|", "&"):
            continue
        if piece in ("->", "=>"):
            result, at = _alternatives(pieces, at, depth)
            return ([Written("Callable", (tuple(result),))], at)
        if piece in _OPEN:
            if depth >= MAX_DEPTH:
                return [], len(pieces)
            arguments, at = _arguments(pieces, at, depth + 1)
            current = _bracketed(piece, arguments, found, current)
        elif piece[0].isalnum() or piece[0] in "_$":
            if piece in _NOISE or piece in _NOTHING or piece[0].isdigit():
                continue
            current = Written(piece.replace("::", ".").replace("\\", "."), ())
            if found and found[-1].name == LIST and not found[-1].arguments:  # `[]Foo`
                found[-1] = Written(LIST, ((current,),))
            elif not _continues(pieces, at):
                found.append(current)
    return found, at


def _continues(pieces: list[str], at: int) -> bool:
    """`x: Foo` inside braces or parentheses: the name before a colon is no type."""
    return at < len(pieces) and pieces[at] == ":"


def _arguments(pieces: list[str], at: int, depth: int) -> tuple[list[tuple[Written, ...]], int]:
    arguments: list[tuple[Written, ...]] = []
    while at < len(pieces) and pieces[at] not in ")]}>":
        start = at
        found, at = _alternatives(pieces, at, depth)
        arguments.append(tuple(found))
        if (at < len(pieces) and pieces[at] in ",;=") or at == start:
            at += 1
    return arguments, at + 1


def _bracketed(
    piece: str, arguments: list[tuple[Written, ...]], found: list[Written], current: Written | None
) -> Written | None:
    filled = tuple(argument for argument in arguments)
    if piece == "(":
        if current is None and len(filled) == 1:  # `(Foo)`; a tuple's parts are not told apart
            found.extend(filled[0])
        return current
    if piece == "{":
        return current
    if current is not None and found and found[-1] is current:
        # `Foo[]` is a list of what came before, `Foo<Bar>` and `Foo[Bar]` have arguments.
        is_list = piece == "[" and not any(filled)
        changed = Written(LIST, ((current,),)) if is_list else Written(current.name, filled)
        found[-1] = changed
        return changed
    if piece == "[":
        listed = Written(LIST, filled[-1:] if any(filled) else ())
        found.append(listed)
        return None if not any(filled) else listed
    return current
