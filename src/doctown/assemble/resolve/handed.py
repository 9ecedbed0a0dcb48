"""What a function hands to the callbacks that it is given, read from signatures as they are written.

`operate(init: (source: Observable<T>, to: Subscriber<T>) => void)` hands an `Observable` and a `Subscriber` to what it
is called with. This reads text alone; what the types mean, and which function is called, is for `infer`.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Methods of containers that hand on what is held: first, second or both; of all others the first parameter is it.
_SECOND = frozenset({"reduce", "reduceRight", "fold", "try_fold", "forEachIndexed", "mapIndexed", "filterIndexed"})
_BOTH = frozenset({"sort", "toSorted", "sort_by", "sort_unstable_by", "max_by", "min_by", "dedup_by"})
# Methods of what may be missing, or comes later, of which only the inner value is known.
THROUGH = frozenset(
    {"then", "map", "and_then", "is_some_and", "is_ok_and", "map_or", "map_or_else", "inspect", "filter"}
    | {"let", "also", "takeIf", "takeUnless", "use"}  # of Kotlin
    | {"foreach", "flatMap", "exists", "forall"}  # of Scala
)
_OPEN, _CLOSE = "([{<", ")]}>"
_PARAMETER = re.compile(
    r"(?:(?:public|private|protected|readonly|override|mut)\s+)*(?:\.\.\.)?([\w$]+|\{.*?\}|\[.*?\])\??\s*", re.DOTALL
)
_SELF = re.compile(r"this:|(?:&\s*(?:'\w+\s+)?)?(?:mut\s+)?self\b")  # the object is no argument
# A closure's type in Rust, up to its parameters.
_CLOSURE = re.compile(r"(?:(?:&|mut\b|impl\b|dyn\b|Box\s*<\s*dyn\b|for\s*<[^<>]*>)\s*)*Fn(?:Once|Mut)?\s*(?=\()")


def is_held(name: str, argument: int, parameter: int) -> bool:
    """Whether a container's method of this name hands what it holds to a parameter of one of its arguments."""
    if name in ("fold", "foldLeft") and argument == 1:  # Kotlin's `fold(0) { sum, each -> … }`
        return parameter == 1
    if argument != 0:
        return False
    return parameter == 1 if name in _SECOND else parameter < 2 if name in _BOTH else parameter == 0


@lru_cache(maxsize=20_000)
def handed(signature: str, argument: int, parameter: int) -> tuple[str, ...]:
    """The types as written of one parameter of the function that is one argument of a function, by its signature,
    which may be those of several overloads: one for each that says something."""
    found = (_types(each, argument, parameter) for each in _split(signature, ";"))
    return tuple(dict.fromkeys(each for many in found for each in many))


@lru_cache(maxsize=20_000)
def argument_types(signature: str, argument: int) -> tuple[str, ...]:
    """The alternatives of one parameter's type as written, of the first overload that has it."""
    for each in _split(signature, ";"):
        types = _parameters(each)
        if argument < len(types) and types[argument]:
            return tuple(_split(types[argument], "|"))
    return ()


def delegated(written: str) -> list[str]:
    """The types of the parameters of a delegate as written in C#: `Func<Foo, int>`, `Action<Foo>`, `Handler`'s own
    declaration, `delegate void Handler(Foo found)`."""
    written = written.strip().rstrip("?")
    if written.startswith("Expression<"):
        return delegated(written[len("Expression<") : -1])
    name, opening, inside = written.partition("<")
    arguments = [each.strip() for each in _split(inside.removesuffix(">"), ",")] if opening else []
    last = name.rpartition(".")[2]
    if last == "EventHandler":
        return ["object", *arguments]
    if last == "Comparison":
        return arguments * 2
    return arguments[:-1] if last in ("Func", "Converter") else arguments if last in ("Action", "Predicate") else []


@lru_cache(maxsize=20_000)
def parameter_types(signature: str, name: str) -> tuple[str, ...]:
    """The types as written of a method's or delegate's parameters, where a type stands before its name."""
    at = signature.find(f"{name}(")
    at = at + len(name) if at >= 0 else signature.find("(", signature.find(f"{name}<") + 1)
    end = _closing(signature, at)
    if at < 0 or end < 0:
        return ()
    parts = (_MODIFIER.sub("", each.partition("=")[0].strip()) for each in _split(signature[at + 1 : end], ","))
    return tuple(each.rpartition(" ")[0].strip() for each in parts if each)


_MODIFIER = re.compile(r"^(?:(?:this|ref|out|in|params|scoped|readonly)\s+|\[[^\[\]]*\]\s*)+")


def _types(signature: str, argument: int, parameter: int) -> list[str]:
    types = _parameters(signature)
    if argument >= len(types):
        return []
    found = []
    alternatives = _split(types[argument], "|")
    if types[argument].isidentifier():  # `fn each<F: FnMut(&Item)>(visit: F)`
        alternatives += re.findall(rf"\b{types[argument]}\s*:\s*([^;]*)", signature)[:2]
    for each in alternatives:
        own = called_with(each)
        if parameter < len(own) and own[parameter]:
            found.append(own[parameter])
    return found


def called_with(written: str) -> list[str]:
    """The types of the parameters of a function type, `(a: Foo, b: Bar) => void` or `impl Fn(&Foo, Bar)`; empty for
    any other type."""
    written = written.strip().removeprefix("suspend ")
    closure = _CLOSURE.match(written)
    if closure:
        end = _closing(written, closure.end())
        return [each.strip() for each in _split(written[closure.end() + 1 : end], ",")] if end > 0 else []
    for _ in range(3):
        if not written.startswith("(") or _closing(written, 0) != len(written) - 1:
            break
        written = written[1:-1].strip()  # `((a: Foo) => void)`
    opening = written.find("(")
    closing = _closing(written, opening) if opening == 0 or written[:opening].strip().startswith("<") else -1
    behind = written[closing + 1 :].lstrip() if closing > 0 else ""
    if behind.startswith("->"):  # Kotlin's, where a parameter may have no name
        parts = _split(written[opening + 1 : closing], ",")
        return [each.partition(":")[2].strip() or each.strip() for each in parts if each.strip()]
    return _parameters(written) if behind.startswith("=>") else []


def held_types(signature: str) -> list[str]:
    """The types as written in the first parentheses: those of a variant, `Round(Circle, f64)`."""
    opening = signature.find("(")
    closing = _closing(signature, opening)
    return [each.strip() for each in _split(signature[opening + 1 : closing], ",")] if closing > 0 else []


def _parameters(signature: str) -> list[str]:
    """The written type of each parameter in the first parentheses that are no type argument's; empty where none is."""
    opening = -1
    depth = 0
    for at, character in enumerate(signature):
        if character == "(" and depth == 0:
            opening = at
            break
        depth += (character in _OPEN) - _closes(signature, at)
    closing = _closing(signature, opening)
    if closing < 0:
        return []
    parts = [each.strip() for each in _split(signature[opening + 1 : closing], ",")]
    return [_type(each) for each in parts if each and not _SELF.match(each)]


def _type(parameter: str) -> str:
    name = _PARAMETER.match(parameter)
    if name is None or not parameter[name.end() :].startswith(":"):
        return ""
    return _split(parameter[name.end() + 1 :], "=")[0].strip()


def _closing(source: str, opening: int) -> int:
    """Where the bracket that opens at a place is closed; -1 if nowhere."""
    depth = 0
    for at in range(max(opening, 0), len(source) if opening >= 0 else 0):
        character = source[at]
        if character in _OPEN:
            depth += 1
        elif _closes(source, at):
            depth -= 1
            if depth == 0:
                return at
    return -1


def _closes(source: str, at: int) -> bool:
    """Whether a character is a closing bracket: `>` of an arrow is none."""
    return source[at] in _CLOSE and not (source[at] == ">" and at > 0 and source[at - 1] in "=-")


def _split(source: str, separator: str) -> list[str]:
    """Parts between separators outside of any bracket; `=` does not mean the arrow's."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(source):
        arrow = source[at : at + 2] == "=>"
        if character in _OPEN:
            depth += 1
        elif _closes(source, at):
            depth -= 1
        elif character == separator and depth == 0 and not arrow:
            parts.append(source[start:at])
            start = at + 1
    return [*parts, source[start:]]
