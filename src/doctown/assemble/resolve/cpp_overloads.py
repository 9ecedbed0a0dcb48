"""Which of C++'s functions of one name a call means: by the number of arguments, by types that are exactly those of
the parameters, and by whether the object may be changed.

Conversions are not followed. What only they would tell stays open, and then several functions remain.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from doctown.assemble.resolve.index import Index, Table
from doctown.assemble.resolve.overloads import Parameter, read_parameters
from doctown.languages.base import CLASS_KINDS
from doctown.model import Reference, Symbol

MAX_OVERLOADS = 20  # of one name that types are compared for


def meant(ix: Index, file: int, reference: Reference, numbers: tuple[int, ...]) -> tuple[int, ...]:
    """Of functions of one name those that a call may mean."""
    arguments = reference.arguments or ()
    found = _by_count(ix, numbers, len(arguments))
    if 1 < len(found) <= MAX_OVERLOADS and arguments:
        found = _by_type(ix, file, reference.source, found, arguments)
    return _by_object(ix, file, reference, found) if len(found) == 2 else found


def _symbol(ix: Index, number: int) -> Symbol:
    file = ix.file_of[number]
    return ix.facts[file].symbols[number - ix.offsets[file]]


def _parameters(symbol: Symbol) -> tuple[Parameter, ...] | None:
    found = read_parameters(symbol.signature, symbol.name, "type first")
    return () if found is not None and [each.type for each in found] == ["void"] else found


def _by_count(ix: Index, numbers: tuple[int, ...], count: int) -> tuple[int, ...]:
    """Those that take so many arguments; since a definition outside its class does not repeat the defaults, an exact
    number goes first."""
    exact: list[int] = []
    fewer: list[int] = []
    for number in numbers:
        symbol = _symbol(ix, number)
        found = _parameters(symbol)
        if found is None:
            return numbers
        if len(found) == count or (found and found[-1].variadic and count >= len(found) - 1):
            exact.append(number)
        elif len(found) > count and (
            symbol.parent.endswith("#<module>") or found[count].optional or "::" in symbol.signature
        ):
            fewer.append(number)
    if fewer and exact and all(_copies(_symbol(ix, each)) for each in exact):
        return (*fewer, *exact)  # whether the one argument is an object of the class, nobody asked
    return tuple(exact or fewer or numbers)


def _copies(symbol: Symbol) -> bool:
    """Whether a constructor takes another object of its class."""
    return re.search(rf"\(\s*(?:const\s+)?{re.escape(symbol.name)}\s*&", symbol.signature) is not None


# --- types --------------------------------------------------------------------------------------------------------

_KNOWN = {"<str>": "char", "<char>": "char", "true": "bool", "false": "bool"}
_QUALIFIERS = re.compile(r"\b(?:const|volatile|struct|class|enum|typename|register)\b|[&*\s]|\[.*\Z")
_WHOLE = re.compile(r"-?\d[\d']*\Z")


def _by_type(ix: Index, file: int, scope: int, numbers: tuple[int, ...], arguments: Sequence[str]) -> tuple[int, ...]:
    """Those whose parameters are exactly of the types of all arguments that are known, if there are any: another one
    needs a conversion, and could only be better by an argument that is not known, which C++ calls ambiguous."""
    given = [_written_type(ix, file, scope, each) for each in arguments]
    if not any(given):
        return numbers
    fitting = []
    for number in numbers:
        expected = _parameters(_symbol(ix, number)) or ()
        pairs = zip(given, expected, strict=False)
        if len(expected) >= len(given) and all(not one or one == _plain(other.type) for one, other in pairs):
            fitting.append(number)
    return tuple(fitting) or numbers


def _plain(written: str) -> str:
    """A type without qualifiers, pointers and namespaces: `XMLNode` of `const tinyxml2::XMLNode*`."""
    return _QUALIFIERS.sub("", written).rpartition("::")[2]


def _written_type(ix: Index, file: int, scope: int, argument: str) -> str:
    """The plain name of an argument's type, as its declaration writes it; empty where it is not known."""
    if argument in _KNOWN:
        return _KNOWN[argument]
    if _WHOLE.match(argument):
        return "int"
    declared = _declared(ix, file, scope, argument) if argument.isidentifier() else ""
    return _plain(declared.partition("<")[0]) if declared != "auto" else ""


def _declared(ix: Index, file: int, scope: int, name: str) -> str:
    """The one type that a variable, parameter or field in reach of a scope is declared with; else empty."""
    for table, holder in _holders(ix, file, scope):
        rows = table.variables.get(holder, {}).get(name)
        if rows is not None:
            written = {value for _, value, kind in rows if kind in ("annotation", "parameter")}
            return written.pop() if len(written) == 1 else ""
    return ""


def _holders(ix: Index, file: int, scope: int) -> Sequence[tuple[Table, int]]:
    """The scopes around a place, and the class that a method outside of it belongs to."""
    table = ix.tables[file] or ix.table(file)
    around = ix.class_of(file, scope)
    found: list[tuple[Table, int]] = []
    while scope >= 0:
        found.append((table, scope))
        scope = table.parents[scope]
    if around >= 0:
        home = ix.table(ix.file_of[around])
        found.insert(1, (home, around - home.offset))
    return found


# --- the object ---------------------------------------------------------------------------------------------------


def _by_object(ix: Index, file: int, reference: Reference, pair: tuple[int, ...]) -> tuple[int, ...]:
    """Of a method that leaves its object as it is and another of the same parameters that may change it, the one for
    the object that the call is made on."""
    one, other = (_symbol(ix, each) for each in pair)
    same = [each.type for each in _parameters(one) or ()] == [each.type for each in _parameters(other) or ()]
    if not same or _is_const(one) == _is_const(other):
        return pair
    constant = _on_constant(ix, file, reference)
    return pair if constant is None else tuple(n for n in pair if _is_const(_symbol(ix, n)) is constant)


def _is_const(symbol: Symbol) -> bool:
    return "const" in symbol.signature[symbol.signature.rfind(")") + 1 :].split()


def _on_constant(ix: Index, file: int, reference: Reference) -> bool | None:
    """Whether a call's object is constant; None where that is not known. What a chain of calls gives is as constant as
    what it starts from, by the custom that such pairs of methods follow."""
    head = re.split(r"[.(\[]", reference.receiver, maxsplit=1)[0]
    if head in ("", "this"):
        return _in_constant(ix, file, reference.source)
    declared = _declared(ix, file, reference.source, head)
    if not declared or declared == "auto":
        return None
    constant = declared.startswith("const ")
    field = ix.class_of(file, reference.source) >= 0 and not constant and _is_field(ix, file, reference.source, head)
    return None if field and _in_constant(ix, file, reference.source) else constant


def _in_constant(ix: Index, file: int, scope: int) -> bool:
    """Whether the method around a place leaves its object as it is."""
    table = ix.tables[file] or ix.table(file)
    symbols = table.facts.symbols
    while scope > 0 and symbols[scope].kind not in ("method", "constructor"):
        scope = table.parents[scope]
    return scope > 0 and _is_const(symbols[scope])


def _is_field(ix: Index, file: int, scope: int, name: str) -> bool:
    for table, holder in _holders(ix, file, scope):
        if name in table.variables.get(holder, ()):
            return holder > 0 and table.facts.symbols[holder].kind in CLASS_KINDS
    return False
