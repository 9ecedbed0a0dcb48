"""Objects of JavaScript that are no class's: literals with methods, and modules whose exports are one object."""

from __future__ import annotations

from doctown.assemble.resolve.index import CALLABLE_KINDS, VALUE_KINDS, Index, Value, Values
from doctown.languages.base import CLASS_KINDS, SPREAD

SCRIPTS = frozenset({"javascript", "typescript", "tsx"})


def is_object(ix: Index, number: int) -> bool:
    """Whether a variable holds an object whose methods are written in its literal or assigned to it by name."""
    file = ix.file_of[number]
    if ix.kinds[number] not in VALUE_KINDS or ix.facts[file].language not in SCRIPTS:
        return False
    held = (ix.tables[file] or ix.table(file)).names.get(number - ix.offsets[file], {})
    return any(ix.kinds[each] in CALLABLE_KINDS for numbers in held.values() for each in numbers)


def object_around(ix: Index, file: int, scope: int) -> int:
    """The variable, or the module with its exported object, whose method the code in `scope` belongs to; or -1."""
    table = ix.tables[file] or ix.table(file)
    symbols = table.facts.symbols
    innermost = scope
    while innermost > 0 and symbols[innermost].kind not in CALLABLE_KINDS and symbols[innermost].kind != "property":
        innermost = table.parents[innermost]
    if innermost > 0 and table.parents[innermost] == 0:
        exported = symbols[innermost].name in table.exports
        return table.offset if exported and symbols[innermost].kind != "method" else -1
    while scope > 0 and symbols[scope].kind not in ("method", "property"):
        scope = table.parents[scope]
    number = table.offset + table.parents[scope] if scope > 0 else -1
    return number if number >= 0 and is_object(ix, number) else -1


def literal_around(ix: Index, file: int, scope: int) -> Value:
    """The object literal, inside of a function, that the code in `scope` is a method of; None if it is of none."""
    table = ix.tables[file] or ix.table(file)
    while scope > 0 and table.literals:
        if scope in table.literals:
            return ("object", file, *table.literals[scope])
        if table.facts.symbols[scope].kind in CLASS_KINDS:
            break
        scope = table.parents[scope]
    return None


def literal_methods(ix: Index, file: int, scope: int, name: str) -> Values:
    """The functions that a literal in `scope` holds by a name; at the top level they are its variable's members."""
    held = (ix.tables[file] or ix.table(file)).names.get(scope, {}).get(name, ()) if scope > 0 else ()
    return tuple(number * 4 for number in held if ix.kinds[number] in ("method", "property"))


def literal_member(ix: Index, value: Value, name: str) -> Values:
    """What an object literal holds by a name, as variables: its own, or the objects that are spread in it."""
    _, file, scope, literal = value
    held = (ix.tables[file] or ix.table(file)).variables.get(scope, {})
    for each in (name, SPREAD):
        if f"{literal}.{each}" in held:
            return (("var", file, scope, f"{literal}.{each}"),)
    return ()
