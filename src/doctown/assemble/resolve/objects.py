"""Objects of JavaScript that are no class's: literals with methods, and modules whose exports are one object."""

from __future__ import annotations

from doctown.assemble.resolve.index import CALLABLE_KINDS, VALUE_KINDS, Index

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
