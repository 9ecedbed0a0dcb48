"""Classes: their bases, the order in which members are looked up (C3), their constructors and subclasses.

A base that the repository does not define is remembered by its dotted name: a member that no class of ours has may
come from there, so that nothing else is guessed for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from doctown.assemble.resolve import written as types_written
from doctown.assemble.resolve.index import DEFINITION, Index, Value, Values, family_of, group_of
from doctown.assemble.resolve.scopes import chosen, find, space_member
from doctown.languages.base import CLASS_KINDS

MAX_ANCESTORS = 200  # of one class; beyond it something is cyclic or generated
MAX_ALIASES = 5  # `A = B; B = C`: how many such steps lead to a class


def bases_of(ix: Index, number: int) -> Values:
    """The direct bases of a class: definitions of ours, or dotted external names, in order of declaration."""
    file = ix.file_of[number]
    table = ix.tables[file] or ix.table(file)
    index = number - table.offset
    found: list[Value] = []
    for written in table.bases.get(index, ()):
        for name in types_written.heads(written):
            values = named(ix, file, table.parents[index], name)
            found.extend(value for value in values if value not in found and value != number * 4)
            if not values:
                found.append(name)
    return tuple(found)


def named(ix: Index, file: int, scope: int, dotted: str, aliases: int = MAX_ALIASES) -> Values:
    """What a dotted name means as a type: classes of ours, or dotted external names. Plain aliases are followed."""
    parts = dotted.replace("::", ".").replace("\\", ".").strip(".").split(".")
    values = find(ix, file, scope, parts[0], inherited=False)
    for part in parts[1:]:
        values = tuple(inner for value in values for inner in _below(ix, value, part))
    found: list[Value] = []
    for value in values:
        found.extend(_followed(ix, value, aliases))
    return tuple(dict.fromkeys(found))


def _below(ix: Index, value: Value, name: str) -> Values:
    if isinstance(value, str):
        return space_member(ix, value, name) if value.startswith("/") else (f"{value}.{name}",)
    if isinstance(value, int):
        kind = ix.kinds[value >> 2]
        if kind == "module":
            return space_member(ix, value, name)
        if kind in CLASS_KINDS or kind == "namespace":
            file = ix.file_of[value >> 2]
            table = ix.tables[file] or ix.table(file)
            held = table.names.get((value >> 2) - table.offset, {}).get(name)
            return tuple(number * 4 for number in chosen(ix, held)) if held else ()
    return ()


def _followed(ix: Index, value: Value, aliases: int) -> Values:
    """A class stays, a variable or type alias that only renames something leads there."""
    if isinstance(value, int):
        number = value >> 2
        kind = ix.kinds[number]
        if kind in ("variable", "constant", "type_alias", "field") and aliases:
            file = ix.file_of[number]
            table = ix.tables[file] or ix.table(file)
            scope = table.parents[number - table.offset]
            bound = table.variables.get(scope, {}).get(ix.name(number), ())
            found: list[Value] = []
            for inner, written, how in bound:
                if how == "value" and written.replace(".", "").isidentifier():
                    found.extend(named(ix, file, inner, written, aliases - 1))
            return tuple(found)
        return (value,) if kind in CLASS_KINDS else ()
    return (value,) if isinstance(value, str) else ()


def order(ix: Index, number: int) -> tuple[tuple[int, ...], str]:
    """(the class and its ancestors in the order members are looked up, the first external base or an empty string).

    C3 where the bases allow it; where they contradict each other, or go in a circle, depth first.
    """
    known = ix.orders.get(number)
    if known is None:
        known = ix.orders[number] = _order(ix, number)
    return known


def _order(ix: Index, number: int) -> tuple[tuple[int, ...], str]:
    direct: dict[int, tuple[int, ...]] = {}
    foreign = ""
    todo = [number]
    sequence: list[int] = []
    while todo and len(direct) < MAX_ANCESTORS:
        each = todo.pop()
        if each in direct:
            continue
        bases = bases_of(ix, each)
        direct[each] = tuple(base >> 2 for base in bases if isinstance(base, int))
        sequence.append(each)
        if not foreign:
            foreign = next((base for base in bases if isinstance(base, str) and base not in _ROOTS), "")
        todo.extend(reversed(direct[each]))
    merged = _linearise(number, direct)
    return (tuple(merged) if merged is not None else tuple(sequence), foreign)


_ROOTS = frozenset({"<builtin>.object", "typing.Generic", "typing.Protocol", "abc.ABC", "java.lang.Object"})


def _linearise(number: int, direct: dict[int, tuple[int, ...]]) -> list[int] | None:
    """C3 without recursion: ancestors first. None if there is no such order."""
    done: dict[int, list[int]] = {}
    stack = [(number, False)]
    waiting: set[int] = set()
    while stack:
        each, ready = stack.pop()
        if each in done:
            continue
        bases = direct.get(each, ())
        if not ready:
            if each in waiting:
                return None
            waiting.add(each)
            stack.append((each, True))
            stack.extend((base, False) for base in bases if base not in done)
            continue
        if any(base not in done for base in bases):
            return None
        merged = _merge([list(done[base]) for base in bases] + [list(bases)])
        if merged is None:
            return None
        done[each] = [each, *merged]
    return done[number]


def _merge(rows: list[list[int]]) -> list[int] | None:
    merged: list[int] = []
    rows = [row for row in rows if row]
    while rows:
        for row in rows:
            head = row[0]
            if not any(head in other[1:] for other in rows):
                break
        else:
            return None
        merged.append(head)
        rows = [rest for rest in ([each for each in row if each != head] for row in rows) if rest]
    return merged


def class_member(ix: Index, number: int, name: str, after: bool = False) -> Values:
    """What `name` is on a class or an object of it: symbols, class-level variables, or the dotted name of what an
    external base may have. `after`: look behind the class itself, as `super` does. Empty: nothing has it."""
    key = (number, name, after)
    known = ix.members.get(key)
    if known is None:
        mro, foreign = order(ix, number)
        known = (f"{foreign}.{name}",) if foreign else ()
        for each in mro[1:] if after else mro:
            found = own_member(ix, each, name)
            if found:
                known = found
                break
        ix.members[key] = known
    return known


def own_member(ix: Index, number: int, name: str) -> Values:
    """What the class itself declares under `name`."""
    file = ix.file_of[number]
    table = ix.tables[file] or ix.table(file)
    held = table.names.get(number - table.offset)
    found = held.get(name, ()) if held is not None else ()
    if ix.extensions:
        group = group_of(table.facts, table.language) if table.language.scope == "package" else ""
        place = group or f"/{family_of(table.facts.language)}:"
        away = ix.extensions.get((place, ix.name(number)), {}).get(name)
        if away:
            # A definition outside the class says more than its declaration inside.
            found = away if table.facts.language in ("c", "cpp") else [*found, *away]
    return tuple(each * 4 + DEFINITION for each in chosen(ix, list(found))) if found else ()


def constructor(ix: Index, number: int) -> tuple[int, ...]:
    """What a call of the class runs: its constructor in the repository, own or inherited; else the class itself."""
    for each in order(ix, number)[0]:
        file = ix.file_of[each]
        table = ix.tables[file] or ix.table(file)
        held = table.names.get(each - table.offset)
        if held is None:
            continue
        for name in table.language.constructors:
            if name in held:
                running = [one for one in held[name] if ix.kinds[one] in ("method", "function", "constructor")]
                if running:
                    return tuple(chosen(ix, running))
        own = [one for numbers in held.values() for one in numbers if ix.kinds[one] == "constructor"]
        if own:
            return tuple(own)
        if table.language.name not in _INHERITED_CONSTRUCTORS:
            break
    return (number,)


_INHERITED_CONSTRUCTORS = frozenset({"python", "javascript", "typescript", "tsx", "php", "ruby", "swift", "lua"})


def subclasses(ix: Index, number: int) -> Sequence[int]:
    """Direct and indirect subclasses of a class, in the order of their numbers."""
    if ix.children is None:
        ix.children = _children(ix)
    found: set[int] = set()
    todo = list(ix.children.get(number, ()))
    while todo:
        each = todo.pop()
        if each not in found:
            found.add(each)
            todo.extend(ix.children.get(each, ()))
    return sorted(found)


def _children(ix: Index) -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for file, facts in enumerate(ix.facts):
        for index in dict.fromkeys(index for index, _ in facts.bases):
            number = ix.offsets[file] + index
            for base in bases_of(ix, number):
                if isinstance(base, int):
                    children.setdefault(base >> 2, []).append(number)
    return children
