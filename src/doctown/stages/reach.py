"""Which pages a change concerns: those of what changed, and those that show something of it.

Asked only where the graph is known to be what it was: the same symbols, and the same edges but for their lines. Then a
page elsewhere can show of a changed file no more than its symbols' names and places, which are the same, and their
documentation: a method that has none of its own shows that of the method it overrides.
"""

from __future__ import annotations

from dataclasses import dataclass

from doctown import facts as codec
from doctown.docpack.columns import EdgeTable, SymbolTable
from doctown.stages.common import Intake

DEPTH = 40  # how far down a chain of derived classes is looked; writers look up at most a few


@dataclass(frozen=True, slots=True, kw_only=True)
class Concerned:
    """Symbols, by id, and files, by path, whose pages may not be what they were."""

    symbols: frozenset[int]
    files: frozenset[str]


def concerned(graph: EdgeTable, symbols: SymbolTable, intake: Intake) -> Concerned:
    """What the changed files of an intake concern."""
    by_path = symbols.by_path()
    found: set[int] = set()
    told: set[tuple[int, str]] = set()  # (class, method) whose documentation changed
    for path in intake.changed:
        of_file = by_path.get(path, {})
        found.update(of_file.values())
        if path not in intake.before or path not in intake.facts:
            continue
        before = {symbol.key: symbol.docstring for symbol in codec.decode(intake.before[path]).symbols}
        for symbol in codec.decode(intake.facts[path]).symbols:
            if before.get(symbol.key) != symbol.docstring and symbol.parent in of_file:
                told.add((of_file[symbol.parent], symbol.name))
    if told:
        found |= _overriding(graph, symbols, told)
    files = intake.changed.keys() | {symbols.path(number) for number in found}
    return Concerned(symbols=frozenset(found), files=frozenset(files))


def _overriding(graph: EdgeTable, symbols: SymbolTable, told: set[tuple[int, str]]) -> set[int]:
    """Methods of the given names in classes that are derived from the given ones."""
    derived: dict[int, set[int]] = {}
    for edge in graph.edges():
        if edge.kind == "inherits":
            derived.setdefault(edge.target, set()).add(edge.source)
    children = symbols.children()
    found: set[int] = set()
    for start, name in told:
        level, seen = {start}, {start}
        for _ in range(DEPTH):
            level = {one for above in level for one in derived.get(above, ())} - seen
            seen |= level
            if not level:
                break
        found.update(one for each in seen for one in children.get(each, ()) if symbols[one].name == name)
    return found
