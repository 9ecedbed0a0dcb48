"""Classes: their bases, the order in which members are looked up (C3), their constructors and subclasses.

A base that the repository does not define is remembered by its dotted name: a member that no class of ours has may
come from there, so that nothing else is guessed for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from doctown.assemble.resolve import written as types_written
from doctown.assemble.resolve.index import DEFINITION, Index, Table, Value, Values, family_of, group_of
from doctown.assemble.resolve.scopes import chosen, find, opened, space_member
from doctown.languages import languages
from doctown.languages.base import CLASS_KINDS, UNNAMED
from doctown.model import Binding, Symbol

MAX_ANCESTORS = 200  # of one class; beyond it something is cyclic or generated
MAX_ALIASES = 5  # `A = B; B = C`: how many such steps lead to a class


def bases_of(ix: Index, number: int) -> Values:
    """The direct bases of a class: definitions of ours, or dotted external names, in order of declaration."""
    file = ix.file_of[number]
    table = ix.tables[file] or ix.table(file)
    index = number - table.offset
    found: list[Value] = []
    bases = table.bases.get(index, ())
    if table.language.name in _PARTIAL:
        bases = [base for part in parts(ix, number) for base in _bases_written(ix, part)]
    for written in bases:
        for name in types_written.heads(written):
            values = named(ix, file, table.parents[index], name) or _from_outer(ix, table, index, name)
            found.extend(value for value in values if value not in found and value != number * 4)
            if not values:
                found.append(name)
    return tuple(found)


def _from_outer(ix: Index, table: Table, index: int, dotted: str) -> Values:
    """A class that a class around this one inherits: `class Inner extends Entry`, where the outer class's superclass
    holds `Entry`. While the outer class's own supertypes are being looked up, it inherits nothing."""
    if table.language.parameters != "type first" or "." in dotted:
        return ()
    scope = table.class_around(table.parents[index])
    while scope > 0:
        outer = table.offset + scope
        if outer not in ix.ordering:
            found = class_member(ix, outer, dotted)
            classes = tuple(v for v in found if isinstance(v, int) and ix.kinds[v >> 2] in CLASS_KINDS)
            if classes:
                return classes
        scope = table.class_around(table.parents[scope])
    return ()


_PARTIAL = frozenset({"csharp"})  # where one class may be written in several places


def parts(ix: Index, number: int) -> Sequence[int]:
    """All places where a class is written: one, but for C#'s partial classes."""
    if ix.parts is None:
        ix.parts = _parts(ix)
    return ix.parts.get(number, (number,))


def _parts(ix: Index) -> dict[int, tuple[int, ...]]:
    by_name: dict[tuple[str, str], list[int]] = {}
    for file, facts in enumerate(ix.facts):
        if facts.language in _PARTIAL:
            for number, symbol in enumerate(facts.symbols, ix.offsets[file]):
                if symbol.kind in CLASS_KINDS and re.search(r"\bpartial\b", symbol.signature[:200]):
                    by_name.setdefault((facts.package, symbol.qualified_name), []).append(number)
    return {number: tuple(many) for many in by_name.values() for number in many if len(many) > 1}


def _bases_written(ix: Index, number: int) -> Sequence[str]:
    file = ix.file_of[number]
    table = ix.tables[file] or ix.table(file)
    return table.bases.get(number - table.offset, ())


def named(ix: Index, file: int, scope: int, dotted: str, aliases: int = MAX_ALIASES) -> Values:
    """What a dotted name means as a type: classes of ours, or dotted external names. Plain aliases are followed."""
    parts = dotted.replace("::", ".").replace("\\", ".").removeprefix("global.").strip(".").split(".")
    values = find(ix, file, scope, parts[0], inherited=False)
    for part in parts[1:]:
        values = tuple(inner for value in values for inner in _below(ix, value, part))
    found: list[Value] = []
    for value in values:
        found.extend(_followed(ix, value, aliases))
    return tuple(dict.fromkeys(found))


def of_arity(ix: Index, values: Values, *, generic: bool) -> Values:
    """Of C#'s classes of one name those that have type parameters, or those that have none."""
    classes = [value for value in values if isinstance(value, int) and ix.kinds[value >> 2] in CLASS_KINDS]
    if len(classes) < 2 or ix.facts[ix.file_of[classes[0] >> 2]].language not in _PARTIAL:
        return values
    return tuple(value for value in classes if _is_generic(ix, value >> 2) == generic) or values


def _is_generic(ix: Index, number: int) -> bool:
    file = ix.file_of[number]
    symbol = ix.facts[file].symbols[number - ix.offsets[file]]
    return re.search(rf"\b{re.escape(symbol.name)}\s*<", symbol.signature[:300]) is not None


def _below(ix: Index, value: Value, name: str) -> Values:
    if isinstance(value, str):
        return space_member(ix, value, name) if value.startswith("/") else (f"{value}.{name}",)
    if isinstance(value, int):
        kind = ix.kinds[value >> 2]
        if kind == "module":
            return space_member(ix, value, name)
        if kind in CLASS_KINDS or kind == "namespace":
            if kind == "namespace" and (numbers := opened(ix, ix.file_of[value >> 2], value >> 2, name)):
                return tuple(number * 4 for number in numbers)
            file = ix.file_of[value >> 2]
            table = ix.tables[file] or ix.table(file)
            held = table.names.get((value >> 2) - table.offset, {}).get(name)
            if not held and kind != "namespace" and table.language.name == "cpp":
                return own_member(ix, value >> 2, name)  # a class that is defined away from the one around it
            return tuple(number * 4 for number in chosen(ix, held)) if held else ()
    return ()


def renamed(ix: Index, value: int) -> Values:
    """The classes that an alias of a type, used as a value, stands for: `Buffer::new()`."""
    return tuple(each for each in _followed(ix, value, MAX_ALIASES) if each != value)


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
            if kind == "type_alias" and not found:
                for head in types_written.heads(alias_of(table.facts.symbols[number - table.offset]))[:1]:
                    found.extend(each for each in named(ix, file, scope, head, aliases - 1) if each != value)
            if kind == "type_alias" and table.language.name in _ALIASING:
                found.extend(_renamed(ix, file, scope, number, aliases - 1))
            return tuple(found)
        return (value,) if kind in CLASS_KINDS else ()
    if isinstance(value, tuple) and value[0] == "var" and aliases:
        return _bound(ix, value, aliases)
    return (value,) if isinstance(value, str) else ()


_TYPEDEF = re.compile(r"typedef\s+(?:(?:struct|union|enum|class|typename|const)\s+)*([^()\[\]{}]+?)\s*[*&\s]\s*\w+\Z")
_USING = re.compile(r"(?:template\s*<.*>\s*)?using\s+\w+\s*=\s*(?:typename\s+)?([^()\[\]{}]+)\Z")


def alias_of(symbol: Symbol) -> str:
    """What one of C's or C++'s aliases stands for, as written: `Map<int>` of `typedef Map<int> Numbers`; empty for
    what is no plain name, such as a pointer to a function."""
    if symbol.language not in ("c", "cpp"):
        return ""
    found = _TYPEDEF.match(symbol.signature) or _USING.match(symbol.signature)
    return found.group(1).strip() if found else ""


_ALIASING = frozenset({"rust", "typescript", "tsx"})
_PLAIN_TYPE = re.compile(r"\s*([A-Za-z_$][\w$]*(?:(?:::|\.)[A-Za-z_$][\w$]*)*)\s*(?:<[^{}()]*>)?\s*;?\s*\Z")


def _renamed(ix: Index, file: int, scope: int, number: int, aliases: int) -> Values:
    """What a type alias leads to that is another type by name: `type Buffer = Vec2<u8>`."""
    signature = ix.facts[file].symbols[number - ix.offsets[file]].signature
    head, _, meant = signature.partition(" = ")
    if "=" in head:  # of a type parameter's default
        meant = signature[signature.find(">") :].partition(" = ")[2]
    plain = _PLAIN_TYPE.match(meant)
    return named(ix, file, scope, plain.group(1), aliases) if plain else ()


def _bound(ix: Index, value: Value, aliases: int) -> Values:
    """What bounds a type parameter: `T extends Shape` is a shape."""
    _, file, scope, name = value
    table = ix.tables[file] or ix.table(file)
    found: list[Value] = []
    if table.language.parameters:
        for inner, written, how in table.variables.get(scope, {}).get(name, ()):
            for head in types_written.heads(written) if how == "parameter" and written else ():
                found.extend(named(ix, file, inner, head, aliases - 1))
    return tuple(found)


def order(ix: Index, number: int) -> tuple[tuple[int, ...], str]:
    """(the class and its ancestors in the order members are looked up, the first external base or an empty string).

    C3 where the bases allow it; where they contradict each other, or go in a circle, depth first.
    """
    known = ix.orders.get(number)
    if known is None:
        ix.ordering.add(number)
        known = ix.orders[number] = _order(ix, number)
        ix.ordering.discard(number)
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
    if ix.facts[ix.file_of[number]].language in _PARTIAL:
        found = tuple(value for part in parts(ix, number) for value in _own_member(ix, part, name))
        return tuple(each * 4 + DEFINITION for each in chosen(ix, [value >> 2 for value in found]))
    return _own_member(ix, number, name)


def _own_member(ix: Index, number: int, name: str) -> Values:
    file = ix.file_of[number]
    table = ix.tables[file] or ix.table(file)
    held = table.names.get(number - table.offset)
    found = held.get(name, ()) if held is not None else ()
    mark = _MARKS.get(table.language.name)
    if not found and held is not None and mark:
        found = held.get(mark + name, ())
    if ix.extensions:
        group = group_of(table.facts, table.language) if table.language.scope == "package" else ""
        place = group or f"/{family_of(table.facts.language)}:"
        away = ix.extensions.get((place, ix.name(number)), {}).get(name)
        if away and table.facts.language == "rust":  # another module may have a type of this name
            away = [each for each in away if _holder(ix, each) == number]
        elif away and table.facts.language == "cpp":
            around = table.facts.symbols[number - table.offset].qualified_name
            holders = {each: _qualified(ix, each).rpartition(".")[0] for each in away}
            away = [each for each in away if holders[each] == around] or [
                each
                for each in away
                if around.endswith(f".{holders[each]}")  # a file that uses a namespace
            ]
        if away:
            # A definition outside the class says more than its declaration inside.
            found = _unprototyped(ix, found, away) if table.facts.language in ("c", "cpp") else [*found, *away]
    return tuple(each * 4 + DEFINITION for each in chosen(ix, list(found))) if found else ()


def _qualified(ix: Index, number: int) -> str:
    file = ix.file_of[number]
    return ix.facts[file].symbols[number - ix.offsets[file]].qualified_name


# What a private field's own name starts with, and an expression that speaks of it does not.
_MARKS = {"ruby": "@", **dict.fromkeys(("javascript", "typescript", "tsx"), "#")}


def _unprototyped(ix: Index, inside: Sequence[int], outside: Sequence[int]) -> list[int]:
    """The definitions of C++ methods of one name: those outside the class, and those inside that none of them is the
    body of, as an overload that is written in the header is."""
    if len(inside) <= len(outside):
        return list(outside)
    told = {_shape(ix, each) for each in outside}
    return [*(each for each in inside if _shape(ix, each) not in told), *outside]


def _shape(ix: Index, number: int) -> tuple[int, bool]:
    """(how many parameters a method has, whether it leaves its object as it is), from its signature."""
    file = ix.file_of[number]
    signature = ix.facts[file].symbols[number - ix.offsets[file]].signature
    opening, closing = signature.find("("), signature.rfind(")")
    inside = signature[opening + 1 : closing].strip()
    return (inside.count(",") + 1 if inside and inside != "void" else 0), "const" in signature[closing + 1 :].split()


def _holder(ix: Index, method: int) -> int:
    file = ix.file_of[method]
    return ix.class_of(file, method - ix.offsets[file])


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
        own = _constructors(ix, each)
        if table.language.name == "cpp":
            bodies = (value >> 2 for value in own_member(ix, each, ix.name(each)) if isinstance(value, int))
            own = [one for one in bodies if ix.kinds[one] == "constructor"] or own
        if table.language.name in _PARTIAL and len(places := parts(ix, each)) > 1:
            own = [one for place in places for one in _constructors(ix, place)]
            number = places[0] if each == number else number
        if own:
            return (number, *own) if table.language.name in PRIMARY and each == number else tuple(own)
        if table.language.name not in _INHERITED_CONSTRUCTORS:
            break
    return (number,)


def _constructors(ix: Index, number: int) -> list[int]:
    """The constructors that are written in one place of a class."""
    file = ix.file_of[number]
    table = ix.tables[file] or ix.table(file)
    held = table.names.get(number - table.offset, {})
    return [one for numbers in held.values() for one in numbers if ix.kinds[one] == "constructor"]


PRIMARY = frozenset({"kotlin", "scala"})  # where the class's head is a constructor, beside others
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
        # Where classes have no name; elsewhere there is no need to have the bindings decoded again.
        for binding in facts.bindings if languages()[facts.language].parameters else ():
            if binding.target == UNNAMED:
                _note_unnamed(ix, file, binding)
    return children


def _note_unnamed(ix: Index, file: int, binding: Binding) -> None:
    """Remembers a method of a class without a name under every class that it extends."""
    table = ix.tables[file] or ix.table(file)
    for base in named(ix, file, table.parents[binding.scope], binding.value.partition("<")[0]):
        for each in order(ix, base >> 2)[0] if isinstance(base, int) else ():
            ix.unnamed.setdefault(each, []).append(table.offset + binding.scope)
