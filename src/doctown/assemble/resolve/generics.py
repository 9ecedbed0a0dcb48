"""Generic types: an object whose type arguments are known, and what of its class they replace.

`("param", class, position, …)` is an object of a type parameter, with the values of its bound behind it; `("given",
object, arguments)` is an object of a class with the values of each of its type arguments. `filled` puts the one into
the other.
"""

from __future__ import annotations

import re
from functools import lru_cache

from doctown.assemble.resolve.index import Index, Value, Values
from doctown.languages.base import CLASS_KINDS

SUBSTITUTING = frozenset({"rust", "javascript", "typescript", "tsx"})  # languages whose type arguments are followed
MAX_PARAMETERS = 8

_HEAD = re.compile(r"\b(?:struct|enum|union|trait|class|interface)\s+[\w$]+\s*<")
_NAME = re.compile(r"(?:(?:in|out)\s+)?([A-Za-z_$][\w$]*)")
_LIFETIME = re.compile(r"'\w+\s*,?\s*")


def parameters(ix: Index, number: int) -> tuple[str, ...]:
    """The names of a class's type parameters, in order."""
    file = ix.file_of[number]
    facts = ix.facts[file]
    if facts.language not in SUBSTITUTING or ix.kinds[number] not in CLASS_KINDS:
        return ()
    return _names(facts.symbols[number - ix.offsets[file]].signature)


@lru_cache(maxsize=20_000)
def _names(signature: str) -> tuple[str, ...]:
    head = _HEAD.search(signature)
    if head is None:
        return ()
    names: list[str] = []
    depth = 1
    start = at = head.end()
    while at < len(signature) and depth:
        character = signature[at]
        if character in "<([{":
            depth += 1
        elif character in ")]}" or (character == ">" and signature[at - 1] not in "=-"):
            depth -= 1
        if (character == "," and depth == 1) or not depth:
            name = _NAME.match(signature[start:at].strip().removeprefix("const "))
            if name:
                names.append(name.group(1))
            start = at + 1
        at += 1
    return tuple(names) if len(names) <= MAX_PARAMETERS else ()


def without_lifetimes(written: str) -> str:
    """A type of Rust's as written, with its types alone: `Words<'a, T>` → `Words<T>`."""
    return _LIFETIME.sub("", written) if "'" in written else written


def parameter(ix: Index, around: int, name: str, bound: Values) -> Values:
    """The object of a type parameter of the class `around`, if that is what a name means in it."""
    names = parameters(ix, around) if around >= 0 else ()
    return (("param", around, names.index(name), *bound),) if name in names else ()


def applied(ix: Index, value: Value, arguments: tuple[Values, ...]) -> Value:
    """An object of a class with type arguments; as it was, where none of them is known."""
    if not isinstance(value, int) or not any(arguments):
        return value
    count = len(parameters(ix, value >> 2))
    return ("given", value, arguments[:count]) if count else value


def bare(value: Value) -> Value:
    """An object without its type arguments."""
    return value[1] if isinstance(value, tuple) and value[0] == "given" else value


def bounded(values: Values) -> Values:
    """The same values, where those of a type parameter that nothing replaces are those of its bound."""
    if not any(isinstance(value, tuple) and value[0] == "param" for value in values):
        return values
    found: dict[Value, None] = {}
    for value in values:
        inner = value[3:] if isinstance(value, tuple) and value[0] == "param" else (value,)
        found.update(dict.fromkeys(inner))
    return tuple(found)


def filled(values: Values, owner: Value) -> Values:
    """The values of a member, read from `owner`, with its type arguments in place of its class's parameters."""
    if not (isinstance(owner, tuple) and owner[0] == "given"):
        return values
    found: dict[Value, None] = {}
    for value in values:
        found.update(dict.fromkeys(_filled(value, owner)))
    return tuple(found)


def _filled(value: Value, owner: Value) -> Values:
    if not isinstance(value, tuple):
        return (value,)
    if value[0] == "param":
        known = value[1] == owner[1] >> 2 and value[2] < len(owner[2])
        return (owner[2][value[2]] if known else ()) or value[3:]
    if value[0] in ("of", "returns"):
        inner = filled(value[1:], owner)
        return ((value[0], *inner),) if inner else ()
    if value[0] == "given":
        return ((*value[:2], tuple(filled(each, owner) for each in value[2])),)
    return (value,)
