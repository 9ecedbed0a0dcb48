"""What an expression may be: types by following values, annotations, fields and returns, on demand and remembered.

A *slot* is anything whose type must be worked out: a variable, a field, what a function returns. A slot may look at
other slots, `LEVELS` deep: the value at a level depends only on values one level below, so that circles end, nothing
recurses deeply, and the answer does not hang on which question was asked first (files are resolved in any order and
in parallel). A slot that never reached the lowest level is complete and is remembered for every level.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from itertools import islice
from typing import cast

from doctown.assemble.resolve import traits
from doctown.assemble.resolve import written as types_written
from doctown.assemble.resolve.classes import (
    alias_of,
    class_member,
    constructor,
    named,
    of_arity,
    own_member,
    renamed,
)
from doctown.assemble.resolve.containers import (
    FIRST,
    GIVING,
    GIVING_CALLS,
    GIVING_PROPERTIES,
    KEEPING,
    KEEPING_CALLS,
    MAPS,
    OF_PAIRS,
)
from doctown.assemble.resolve.generics import SUBSTITUTING, applied, bare, bounded, filled, parameter, without_lifetimes
from doctown.assemble.resolve.handed import (
    THROUGH,
    argument_types,
    called_with,
    delegated,
    handed,
    held_types,
    is_held,
    parameter_types,
)
from doctown.assemble.resolve.index import (
    BUILTIN,
    CALLABLE_KINDS,
    DEFINITION,
    INSTANCE,
    SELF,
    SELF_CLASS,
    VALUE_KINDS,
    Index,
    Table,
    Value,
    Values,
    family_of,
)  # fmt: skip
from doctown.assemble.resolve.objects import (
    SCRIPTS,
    is_object,
    literal_around,
    literal_member,
    literal_methods,
    object_around,
)
from doctown.assemble.resolve.scopes import find, imported, opened, space_member
from doctown.assemble.resolve.written import LIST, Written
from doctown.languages.base import CLASS_KINDS, HANDED, IMPLIED, METHOD, SPREAD, UNNAMED
from doctown.model import Import

SlotKey = tuple[str, int, int, str]  # "var" or "returns", file, scope or function, name
LEVELS = 9
MAX_VALUES = 8  # of one expression; beyond it we know nothing
MAX_ROWS = 100  # bindings of one name that are looked at; a name bound more often is a scratch variable
MAX_STEPS = 60  # of one expression: names, calls and subscripts
MAX_PARAMETER = 20  # characters of a type parameter's name
UNKNOWN = "?"
_PASSING = frozenset({"also", "apply", "takeIf", "takeUnless"})  # functions of Kotlin's that give their object back
OPEN = ("open",)  # beside functions that a variable of a script may hold: it may hold others, which nobody knows
GENERIC = "@0"  # behind a name of C#'s with type arguments

_STEP = re.compile(r"<\w+>|\(\)|\[\]|\{\}|[\w$@]+|\?")
_HEX = re.compile(r"[0-9a-f]+\Z")
_HANDING = SCRIPTS | {
    "rust",
    "kotlin",
    "scala",
}  # languages in which a callback's parameters are typed by what it is given to
CLASS_NAMES = frozenset({"cls", "mcs", "static", "Self", "@class"})
_SELF_TYPES = frozenset({"Self", "t.Self", "typing.Self", "typing_extensions.Self", "this", "static", "self"})
_OF_CLASS = frozenset({"type", "Type", "t.Type", "typing.Type"})
_ANYTHING = frozenset({"Any", "object", "Object", "any", "unknown", "auto", "Incomplete"})  # types that tell nothing
_LITERALS = {"<str>": "str", "<list>": "list", "<dict>": "dict"}


@lru_cache(maxsize=100_000)
def steps(expression: str) -> tuple[str, ...]:
    """A canonical expression in steps: `self.make()[]` → `self`, `make`, `()`, `[]`. Empty: it tells nothing."""
    if not expression or UNKNOWN in expression:
        return ()
    found = tuple(_STEP.findall(expression))
    return found if len(found) <= MAX_STEPS else ()


def infer(ix: Index, level: int, file: int, scope: int, expression: str) -> Values:
    """What a canonical expression, read in `scope` of `file`, may be; empty if nobody knows."""
    parts = steps(expression)
    if not parts:
        return ()
    values, at = _root(ix, level, file, scope, parts)
    while at < len(parts) and values:
        part = parts[at]
        at += 1
        values = bounded(values)
        if part == "()":
            values = _merged(call(ix, level, value) for value in values)
        elif part in ("[]", "{}"):
            values = _merged(element(ix, level, value) for value in values) if part == "[]" else ()
        elif part[0] == "<":
            values = _merged(_given(ix, level, value, part) for value in values)
        elif at < len(parts) and parts[at][0] == "<":
            values = _merged(_given_by_member(ix, level, file, value, part, parts[at]) for value in values)
            at += 1
        elif at < len(parts) and parts[at] == "()":
            values = _merged(_call_member(ix, level, file, value, part) for value in values)
            at += 1
        else:
            values = _merged(
                _without_parentheses(ix, level, inner, value) or _held(ix, level, file, scope, value, inner)
                for value in values
                for inner in reached(ix, level, file, value, part)
            )
    return values


def _held(ix: Index, level: int, file: int, scope: int, owner: Value, value: Value) -> Values:
    """What a member that was read from `owner` holds."""
    found = settled(ix, level, value, owner)
    return found if bounded(found) else _bounded_here(ix, level, file, scope, owner, value) or found


def _without_parentheses(ix: Index, level: int, value: Value, owner: Value) -> Values:
    """What a method of Scala's gives that is called by its name alone, as a field is read."""
    if not _is_method(ix, value) or ix.facts[ix.file_of[value >> 2]].language != "scala":
        return ()
    return returned(ix, level, value >> 2, owner)


def _bounded_here(ix: Index, level: int, file: int, scope: int, owner: Value, value: Value) -> Values:
    """What a field of `self` is whose type is a parameter of the type, which the `impl` around a place bounds."""
    if not (isinstance(owner, int) and owner & 3 == SELF) or ix.facts[file].language != "rust":
        return ()
    if isinstance(value, int) and ix.kinds[value >> 2] == "field":
        table = ix.table(ix.file_of[value >> 2])
        index = (value >> 2) - table.offset
        inside, name = table.parents[index], table.facts.symbols[index].name
    elif isinstance(value, tuple) and value[0] == "var" and value[3].isdigit():
        table = ix.table(value[1])
        inside, name = value[2], value[3]
    else:
        return ()
    rows = table.variables.get(inside, {}).get(name, ())
    names = (written.removeprefix("&").strip().removeprefix("mut ") for _, written, _ in rows)
    return _merged(_bound_of(ix, level, file, scope, name) for name in names if name.isidentifier())


def _root(ix: Index, level: int, file: int, scope: int, parts: tuple[str, ...]) -> tuple[Values, int]:
    """What an expression's first steps are, and how many they were."""
    head = parts[0]
    table = ix.tables[file] or ix.table(file)
    language = table.language
    if head[0] == "<":
        if head == METHOD and len(parts) > 1:
            return literal_methods(ix, file, scope, parts[1]), 2
        if head.startswith("<o"):
            return (("object", file, scope, head),), 1
        name = _LITERALS.get(head)
        return ((BUILTIN + name,) if name else ()), 1
    if head in language.self_names or head in CLASS_NAMES:
        own = _self(ix, level, file, scope, head)
        if own is not None:
            return own, 1
    if "@" in head and head.startswith(("require@", "import@")):
        return _loaded(ix, file, head), 1
    called = len(parts) > 1 and parts[1] == "()"
    if head in language.super_names or (called and f"{head}()" in language.super_names):
        around = ix.class_of(file, scope)
        if around >= 0:
            return (("super", around),), 2 if called and f"{head}()" in language.super_names else 1
    values = find(ix, file, scope, head.removesuffix(GENERIC))
    values = of_arity(ix, values, generic=head.endswith(GENERIC)) if len(values) > 1 else values
    if language.parameters == "type first" and not called:
        values = tuple(dict.fromkeys(_class_of_constructor(ix, value) for value in values))
    if language.parameters == "type first" and not called and any(_is_method(ix, value) for value in values):
        values = _variable(ix, table, file, scope, head) or values  # variables and methods have names of their own
    if head == "new" and language.name == "ruby" and not any(map(_is_symbol, values)):
        around = ix.class_of(file, scope)
        return ((around * 4 + INSTANCE,) if around >= 0 else ()), 1 + called
    return _merged(settled(ix, level, value, None) for value in values), 1


def _class_of_constructor(ix: Index, value: Value) -> Value:
    """The class, in place of its constructor, which has its name and is nothing that a dot can follow."""
    if isinstance(value, int) and value & 3 == DEFINITION and ix.kinds[value >> 2] == "constructor":
        file = ix.file_of[value >> 2]
        around = ix.class_of(file, (value >> 2) - ix.table(file).offset)
        return around * 4 + DEFINITION if around >= 0 else value
    return value


def _self(ix: Index, level: int, file: int, scope: int, head: str) -> Values | None:
    """What `self`, `this`, `cls` and their like are at a place; None where they are names like any other."""
    table = ix.tables[file] or ix.table(file)
    language = table.language
    unnamed = _unnamed(ix, table, file, scope) if language.parameters else ()
    if unnamed:
        return unnamed
    literal = literal_around(ix, file, scope) if language.name in SCRIPTS else None
    if literal is not None:
        return (literal,)
    around = ix.class_of(file, scope)
    if around >= 0:
        return (around * 4 + (SELF_CLASS if head in CLASS_NAMES else SELF),)
    around = object_around(ix, file, scope) if language.name in SCRIPTS else -1
    if around >= 0:
        return (around * 4 + SELF,)
    return (traits.around(ix, level - 1, file, scope) or None) if language.name == "rust" and level > 0 else None


def _loaded(ix: Index, file: int, head: str) -> Values:
    """The module that a script loads in the middle of an expression: `require("./make")(…)`."""
    how, _, module = head.partition("@")
    if ix.facts[file].language not in SCRIPTS or len(module) % 2 or not _HEX.match(module):
        return ()
    name = bytes.fromhex(module).decode("utf-8", "replace")
    return imported(ix, file, Import(name, "", "", 0, 0, "require" if how == "require" else "dynamic"))


def _unnamed(ix: Index, table: Table, file: int, scope: int) -> Values:
    """What `this` is in a class without a name: an object of its supertype."""
    while scope > 0 and ix.kinds[table.offset + scope] not in CLASS_KINDS:
        rows = table.variables.get(scope, {}).get(UNNAMED)
        if rows:
            return _merged(typed(ix, 1, file, table.parents[scope], written) for _, written, _ in rows)
        scope = table.parents[scope]
    return ()


def _is_symbol(value: Value) -> bool:
    return isinstance(value, int)


def _is_method(ix: Index, value: Value) -> bool:
    return isinstance(value, int) and value & 3 == DEFINITION and ix.kinds[value >> 2] in CALLABLE_KINDS


def implied(ix: Index, file: int, scope: int) -> Values:
    """Objects whose members need no name before them somewhere in a function: those that Kotlin's `with` is given."""
    held = (ix.tables[file] or ix.table(file)).variables.get(scope)
    return slot(ix, LEVELS, ("var", file, scope, IMPLIED)) if held and IMPLIED in held else ()


def _variable(ix: Index, table: Table, file: int, scope: int, name: str) -> Values:
    """The innermost variable or field of that name around a place."""
    while scope >= 0:
        if name in table.variables.get(scope, ()):
            return (("var", file, scope, name),)
        scope = table.parents[scope]
    return ()


def _merged(groups: object) -> Values:
    """All values of several answers, each once, in order; too many tell nothing."""
    found: dict[Value, None] = {}
    for group in groups:  # type: ignore[attr-defined]
        for value in group:
            found[value] = None
    return tuple(found) if len(found) <= MAX_VALUES else ()


# --- slots --------------------------------------------------------------------------------------------------------


def slot(ix: Index, level: int, key: SlotKey) -> Values:
    """What a slot holds, worked out at most once per level."""
    known = ix.memo.get(key)
    if known is not None and known[1] <= level:
        ix.depth = max(ix.depth, known[1])
        return known[0]
    if level <= 0:
        ix.floors += 1
        return ()
    partial = ix.partial.get((key, level))
    if partial is not None:
        ix.floors += 1
        return partial
    depth, floors = ix.depth, ix.floors
    ix.depth = 0
    values = _evaluated(ix, level - 1, key)
    height = ix.depth + 1
    ix.depth = max(depth, height)
    if ix.floors == floors:
        ix.memo[key] = (values, height)
    else:
        ix.partial[key, level] = values
    return values


def _evaluated(ix: Index, level: int, key: SlotKey) -> Values:
    what, file, scope, name = key
    table = ix.table(file)
    rows: Collection[tuple[int, str, str]]
    if what == "returns":
        told = dict.fromkeys(table.returns.get(scope, ()))
        rows = [(scope, value, "annotation" if kind == "return" else kind) for value, kind in told]
    else:
        rows = table.variables.get(scope, {}).get(name, ())
    return _bound(ix, level, file, table, rows)


def _bound(ix: Index, level: int, file: int, table: Table, rows: Collection[tuple[int, str, str]]) -> Values:
    """What bindings of one name say together: a declared type holds over values, if it names anything."""
    declared = [
        typed(ix, level, file, scope, value)
        for scope, value, kind in rows
        if kind in ("annotation", "parameter") and value
    ]
    found = _merged(declared)
    if found:
        return found
    groups = []
    is_open = False
    for scope, value, kind in islice(rows, MAX_ROWS):
        if kind == "value":
            groups.append(infer(ix, level, file, scope, value))
            is_open = is_open or bool(value and not any(isinstance(each, int | tuple) for each in groups[-1]))
        elif kind == "parameter":
            is_open = True  # whatever the function is given
        elif kind == "iteration":
            groups.append(_merged(element(ix, level, each, True) for each in infer(ix, level, file, scope, value)))
        elif kind == "context":
            groups.append(_merged(entered(ix, level, each) for each in infer(ix, level, file, scope, value)))
    found = _merged(groups)
    if is_open and table.language.name in SCRIPTS and any(_is_function(ix, value) for value in found):
        return found if OPEN in found else (*found, OPEN)
    return found


def _is_function(ix: Index, value: Value) -> bool:
    return isinstance(value, int) and value & 3 == DEFINITION and ix.kinds[value >> 2] in CALLABLE_KINDS


def settled(ix: Index, level: int, value: Value, owner: Value) -> Values:
    """The value of a variable, field or property; other values stay. `owner`: the object it was read from."""
    if isinstance(value, tuple):
        return _substituted(slot(ix, level, cast(SlotKey, value)), owner) if value[0] == "var" else (value,)
    if isinstance(value, int) and value & 3 == DEFINITION:
        number = value >> 2
        kind = ix.kinds[number]
        if kind in VALUE_KINDS:
            held = (number * 4 + INSTANCE,) if is_object(ix, number) else ()
            return held or _substituted(_field(ix, level, number, kind), owner)
        if kind == "enum_member":
            return _enumerated(ix, value)
        if kind == "type_alias" and ix.facts[ix.file_of[number]].language == "rust":
            return renamed(ix, value) or (value,)
    return (value,)


_ENUMERATING = frozenset({"java", "csharp", "kotlin", "php", "swift"})  # where a constant of an enum is an object of it


def _enumerated(ix: Index, value: int) -> Values:
    file = ix.file_of[value >> 2]
    table = ix.tables[file] or ix.table(file)
    parent = table.parents[(value >> 2) - table.offset]
    if table.language.name not in _ENUMERATING or ix.kinds[table.offset + parent] not in CLASS_KINDS:
        return (value,)
    return ((table.offset + parent) * 4 + INSTANCE,)


def _field(ix: Index, level: int, number: int, kind: str) -> Values:
    file = ix.file_of[number]
    table = ix.tables[file] or ix.table(file)
    index = number - table.offset
    if kind == "property" and index in table.returns:
        return slot(ix, level, ("returns", file, index, ""))
    symbol = table.facts.symbols[index]
    values = slot(ix, level, ("var", file, table.parents[index], symbol.name.lstrip("@#")))
    if not values and kind in ("constant", "field") and table.facts.symbols[table.parents[index]].kind == "enum":
        return ((table.offset + table.parents[index]) * 4 + INSTANCE,)
    return values


def returned(ix: Index, level: int, number: int, owner: Value) -> Values:
    """What a function gives back, called on `owner` (None if on nothing)."""
    file = ix.file_of[number]
    table = ix.tables[file] or ix.table(file)
    index = number - table.offset
    if index not in table.returns:
        return ()
    return _substituted(slot(ix, level, ("returns", file, index, "")), owner)


def _substituted(values: Values, owner: Value) -> Values:
    """`self` in an answer becomes the object that the method was called on, and its type arguments take the place of
    the class's parameters."""
    given, owner = owner, bare(owner)
    if not isinstance(owner, int):
        return values
    values = filled(values, given)
    base = owner & ~3
    tag = owner & 3
    changed = []
    for value in values:
        if isinstance(value, int) and value & 3 in (SELF, SELF_CLASS):
            if value & 3 == SELF:
                made = base + (SELF if tag in (SELF, SELF_CLASS) else INSTANCE)
                changed.append(("given", made, given[2]) if given != owner else made)
            else:
                changed.append(base + (SELF_CLASS if tag in (SELF, SELF_CLASS) else DEFINITION))
        else:
            changed.append(value)
    return tuple(changed)


# --- what can be done with a value --------------------------------------------------------------------------------


def reached(ix: Index, level: int, file: int, value: Value, name: str) -> Values:
    """What `value.name` is in a file: as `member` says, and in Rust through traits, where the type itself has nothing
    of ours."""
    found = member(ix, level, value, name)
    if ix.facts[file].language != "rust" or any(not isinstance(each, str) for each in found):
        return found
    return traits.by_trait(ix, level, value, name) or found


def member(ix: Index, level: int, value: Value, name: str) -> Values:
    """What `value.name` is: symbols, variables, external names; not yet their values. Empty: unknown."""
    value = bare(value)
    if isinstance(value, int):
        number = value >> 2
        kind = ix.kinds[number]
        if kind == "module":
            if value & 3 == SELF and name not in ix.table(ix.file_of[number]).exports:
                return ()  # `this` in a method of the exported object
            return space_member(ix, value, name)
        if kind in CLASS_KINDS:
            if name == "this" and value & 3 == DEFINITION:  # `Outer.this` inside of an inner class
                return (number * 4 + SELF,)
            if name == "__class__":
                return (number * 4 + (SELF_CLASS if value & 3 in (SELF, SELF_CLASS) else DEFINITION),)
            if name.isdigit():
                return traits.place_held(ix, number, name)
            found = class_member(ix, number, name)
            pair = not found and name == "second" and value & 3 == INSTANCE
            return (value,) if pair and ix.facts[ix.file_of[number]].language == "cpp" else found
        if kind == "namespace" or (kind in VALUE_KINDS and value & 3 != DEFINITION):
            return _namespace_member(ix, number, name) or _written_member(ix, level, number, name)
        return ()
    if isinstance(value, str):
        return space_member(ix, value, name) if value.startswith("/") else (f"{value}.{name}",)
    return _special_member(ix, level, value, name)


def _special_member(ix: Index, level: int, value: Value, name: str) -> Values:
    """The same of values that are no single symbol: a superclass, an object literal, a container."""
    if value[0] == "super":
        return class_member(ix, value[1], name, after=True)
    if value[0] == "object":
        found = literal_member(ix, value, name)
        if found and found[0][3].endswith(SPREAD) and name != SPREAD:
            return _merged(member(ix, level - 1, each, name) for each in slot(ix, level, cast(SlotKey, found[0])))
        return found
    return _held_member(ix, level, value, name)


def _held_member(ix: Index, level: int, value: Value, name: str) -> Values:
    """A member of a container, or of what a member of one gives."""
    if value[0] == "map":  # a dictionary of C#'s, which is a sequence of pairs
        return (("held", name, ("of", *value[1:])) if name in OF_PAIRS else ("held", name, *value[1:]),)
    if value[0] == "of":
        return (("held", name, *value[1:]),)
    if value[0] == "held" and value[1] in KEEPING:  # a property of a container: C#'s `map.Values.First()`
        return (("held", name, *value[2:]),)
    if value[0] == "held" and value[1] in GIVING_PROPERTIES:
        return _merged(member(ix, level, inner, name) for inner in value[2:])
    return ()


def _written_member(ix: Index, level: int, number: int, name: str) -> Values:
    """What an object of a script has that is no function of its own: `{ parse: read, write }`."""
    objects = _field(ix, level, number, "variable") if ix.kinds[number] in VALUE_KINDS else ()
    literal = (each for each in objects if isinstance(each, tuple) and each[0] == "object")
    return _merged(member(ix, level, each, name) for each in literal)


def _namespace_member(ix: Index, number: int, name: str) -> Values:
    if ix.kinds[number] == "namespace" and (numbers := opened(ix, ix.file_of[number], number, name)):
        return tuple(each * 4 for each in numbers)
    file = ix.file_of[number]
    table = ix.tables[file] or ix.table(file)
    held = table.names.get(number - table.offset, {}).get(name)
    if not held:  # opened again in another file
        inside = table.facts.symbols[number - table.offset].qualified_name
        space = f"{table.facts.package}.{inside}" if table.facts.package else inside
        held = ix.shared.get(f"/{family_of(table.facts.language)}:{space}", {}).get(name)
    return tuple(each * 4 for each in held) if held else ()


def _call_member(ix: Index, level: int, file: int, value: Value, name: str) -> Values:
    """What `value.name()` gives."""
    found: list[Value] = []
    owner = value
    if isinstance(value, tuple) and value[0] == "super":
        owner = value[1] * 4 + SELF
    for inner in reached(ix, level, file, value, name):
        if isinstance(inner, int) and inner & 3 == DEFINITION and ix.kinds[inner >> 2] in CALLABLE_KINDS:
            found.extend(returned(ix, level, inner >> 2, owner))
        else:
            for each in settled(ix, level, inner, value):
                found.extend(call(ix, level, each))
    if not found and name in _PASSING and isinstance(value, int) and value & 3 != DEFINITION:
        return (value,) if ix.facts[ix.file_of[value >> 2]].language == "kotlin" else ()
    return _merged([found])


def method_result(ix: Index, level: int, value: Value, name: str) -> Values:
    """What a special method of an object gives; only one that is written as a method counts, so nothing recurses."""
    found: list[Value] = []
    number = bare(value) >> 2
    for inner in class_member(ix, number, name) if ix.kinds[number] in CLASS_KINDS else ():
        if isinstance(inner, int) and ix.kinds[inner >> 2] in CALLABLE_KINDS:
            found.extend(returned(ix, level, inner >> 2, value))
    return tuple(found)


def call(ix: Index, level: int, value: Value) -> Values:
    """What calling a value gives."""
    value = bare(value)
    if isinstance(value, int):
        number, tag = value >> 2, value & 3
        kind = ix.kinds[number]
        if tag in (DEFINITION, SELF_CLASS):
            if kind in CLASS_KINDS:
                return (number * 4 + (SELF if tag == SELF_CLASS else INSTANCE),)
            return returned(ix, level, number, None) if kind in CALLABLE_KINDS else ()
        return method_result(ix, level, value, "__call__")
    if isinstance(value, str):
        return () if value in GIVING_CALLS or value in KEEPING_CALLS else (value,)
    if value[0] == "returns":
        return tuple(value[1:])
    if value[0] == "held":
        if value[1] in GIVING:
            return tuple(value[2:])
        return (("of", *value[2:]),) if value[1] in KEEPING else ()
    return ()


def element(ix: Index, level: int, value: Value, iterated: bool = False) -> Values:
    """What subscripting a value gives, or iterating over it."""
    given, value = value, bare(value)
    if isinstance(value, int):
        if value & 3 == DEFINITION:
            # Iterating over an enumeration gives its members; `Foo[int]` is still the class.
            return (value + INSTANCE,) if ix.kinds[value >> 2] == "enum" else (value,)
        held = _underlying(ix, level, value >> 2)
        if held:
            return _merged(element(ix, level, each) for each in held)
        if ix.facts[ix.file_of[value >> 2]].language == "rust":
            items = method_result(ix, level, given, "next")
            return items or _merged(element(ix, level - 1, each) for each in _iterators(ix, level, given))
        if ix.facts[ix.file_of[value >> 2]].language in ("c", "cpp") and not iterated:
            # `items[0]` of an array, or of a pointer, is what its type says; of an object, what its operator gives.
            own = member(ix, level, value, "operator[]")
            return method_result(ix, level, value, "operator[]") if own else (value,)
        found: list[Value] = [] if iterated else list(method_result(ix, level, value, "__getitem__"))
        for each in method_result(ix, level, value, "__iter__") if not found else ():
            if isinstance(each, tuple) and each[0] == "of":
                found.extend(each[1:])
            elif isinstance(each, int):
                found.extend(method_result(ix, level, each, "__next__"))
        return _merged([found])
    if isinstance(value, str):
        return () if value.startswith(BUILTIN) else (value,)
    if value[0] == "held" and value[1] in KEEPING:
        return tuple(value[2:])
    if value[0] == "map":
        return (("of", *value[1:]),) if iterated else tuple(value[1:])
    return tuple(value[1:]) if value[0] == "of" else ()


def _iterators(ix: Index, level: int, value: Value) -> Values:
    """What iterates over an object of Rust's that is no iterator itself."""
    made = method_result(ix, level, value, "into_iter") if level > 0 else ()
    return tuple(each for each in made if bare(each) != bare(value))


def _underlying(ix: Index, level: int, number: int) -> Values:
    """The list, map or channel that a type of Go's is by another name."""
    file = ix.file_of[number]
    table = ix.tables[file] or ix.table(file)
    held = table.variables.get(number - table.offset)
    return slot(ix, level, ("var", file, number - table.offset, "[]")) if held and "[]" in held else ()


def entered(ix: Index, level: int, value: Value) -> Values:
    """What `with value as x` binds, or `except value as x`."""
    value = bare(value)
    if isinstance(value, int):
        if value & 3 == DEFINITION:
            return (value + INSTANCE,) if ix.kinds[value >> 2] in CLASS_KINDS else ()
        return method_result(ix, level, value, "__enter__") or method_result(ix, level, value, "__aenter__")
    if isinstance(value, str):
        return (value,)
    return tuple(value[1:]) if value[0] == "of" else ()


# --- callbacks ----------------------------------------------------------------------------------------------------


def _given_by_member(ix: Index, level: int, file: int, value: Value, name: str, step: str) -> Values:
    """What `value.name(…)` hands to a callback."""
    found = reached(ix, level, file, value, name)
    if not found and name in THROUGH and isinstance(bare(value), int) and step == HANDED.format(0, 0):
        return (value,)  # the promise or option that it was, is not told apart from what is in it
    given = _merged(_given(ix, level, each, step) for inner in found for each in settled(ix, level, inner, value))
    return _substituted(given, value)


def _given(ix: Index, level: int, value: Value, step: str) -> Values:
    """What a call of a value hands to one parameter of one of its arguments, `<p0_1>`."""
    argument, parameter = map(int, step[2:-1].split("_"))
    if isinstance(value, tuple) and value[0] == "held":
        return tuple(value[2:]) if is_held(value[1], argument, parameter) else ()
    if not isinstance(value, int) or value & 3 not in (DEFINITION, SELF_CLASS):
        return ()
    number = value >> 2
    if ix.kinds[number] in ("enum_member", "struct"):
        return _held_by_variant(ix, level, number, parameter)
    if ix.kinds[number] in CLASS_KINDS and ix.facts[ix.file_of[number]].language == "scala":
        return _made_with(ix, level, number, parameter)
    functions = constructor(ix, number) if ix.kinds[number] in CLASS_KINDS else (number,)
    groups: list[Values] = []
    for each in functions:
        file = ix.file_of[each]
        index = each - ix.offsets[file]
        symbol = ix.facts[file].symbols[index]
        if symbol.kind in CALLABLE_KINDS and symbol.language == "csharp":
            types = parameter_types(symbol.signature, symbol.name)
            groups.extend(_given_to_delegate(ix, level, file, index, one, parameter) for one in types[argument:][:1])
        elif symbol.kind in CALLABLE_KINDS and symbol.language in _HANDING:
            written = handed(symbol.signature, argument, parameter)
            groups.extend(typed(ix, level, file, index, one) for one in written)
            for alias in () if written else argument_types(symbol.signature, argument):
                groups.append(_given_by_alias(ix, level, file, index, alias, parameter))
    return _merged(groups)


def _made_with(ix: Index, level: int, number: int, position: int) -> Values:
    """What one of Scala's classes is made with at a position, which a pattern takes out again: `case Round(circle)`."""
    file = ix.file_of[number]
    index = number - ix.offsets[file]
    types = argument_types(ix.facts[file].symbols[index].signature, position)
    return _merged(typed(ix, level, file, index, each) for each in types)


def _held_by_variant(ix: Index, level: int, number: int, position: int) -> Values:
    """What a variant of one of Rust's enums, or a struct, holds at a position: `Round(Circle)`."""
    file = ix.file_of[number]
    table = ix.tables[file] or ix.table(file)
    index = number - table.offset
    if ix.kinds[number] == "struct":
        return slot(ix, level, ("var", file, index, str(position)))
    types = held_types(table.facts.symbols[index].signature) if table.language.name == "rust" else []
    return typed(ix, level, file, table.parents[index], types[position]) if position < len(types) else ()


def _given_by_alias(ix: Index, level: int, file: int, scope: int, written: str, parameter: int) -> Values:
    """What a function type that has a name, `type Callback = (found: Item) => void`, is called with."""
    head = types_written.heads(written)[:1]
    groups = []
    for value in find(ix, file, scope, head[0], inherited=False) if head and head[0].isidentifier() else ():
        if isinstance(value, int) and ix.kinds[value >> 2] == "type_alias":
            holder = ix.file_of[value >> 2]
            index = (value >> 2) - ix.offsets[holder]
            own = called_with(ix.facts[holder].symbols[index].signature.partition("=")[2])
            if parameter < len(own):
                groups.append(typed(ix, level, holder, index, own[parameter]))
    return _merged(groups)


def _given_to_delegate(ix: Index, level: int, file: int, scope: int, written: str, parameter: int) -> Values:
    """What a delegate of C#'s is called with: a library's by its type arguments, one of ours by its declaration."""
    own = delegated(written)
    for value in find(ix, file, scope, written, inherited=False) if written.isidentifier() else ():
        if isinstance(value, int) and ix.kinds[value >> 2] == "type_alias":
            file = ix.file_of[value >> 2]
            scope = (value >> 2) - ix.offsets[file]
            own = list(parameter_types(ix.facts[file].symbols[scope].signature, written))
    return typed(ix, level, file, scope, own[parameter]) if parameter < len(own) else ()


# --- declared types -----------------------------------------------------------------------------------------------


def typed(ix: Index, level: int, file: int, scope: int, written: str) -> Values:
    """What a value of the type as written may be."""
    if "'" in written and ix.facts[file].language == "rust":
        written = without_lifetimes(written)
    return _merged(_of_type(ix, level, file, scope, each) for each in types_written.read(written))


def _of_type(ix: Index, level: int, file: int, scope: int, written: Written) -> Values:
    name = written.name
    table = ix.tables[file] or ix.table(file)
    found = _of_named_type(ix, level, file, scope, written)
    if table.language.name not in SUBSTITUTING:
        return found
    if not written.arguments:
        around = ix.class_of(file, scope) if len(name) <= MAX_PARAMETER and name.isidentifier() else -1
        return parameter(ix, around, name, bounded(found)) or found
    if any(isinstance(value, int) for value in found) and table.language.wrappers.get(name) is None:
        arguments = tuple(_argument(ix, level, file, scope, each) for each in written.arguments)
        return tuple(applied(ix, value, arguments) for value in found)
    return found


def _of_named_type(ix: Index, level: int, file: int, scope: int, written: Written) -> Values:
    name = written.name
    table = ix.tables[file] or ix.table(file)
    if name in _SELF_TYPES:
        around = ix.class_of(file, scope)
        return (around * 4 + SELF,) if around >= 0 else ()
    last = name.rpartition(".")[2]
    if name.startswith("Self.") and table.language.name == "rust":
        return _associated(ix, level, file, scope, last)
    arguments = written.arguments
    if name in _OF_CLASS and arguments:
        inner = tuple(bare(value) for value in bounded(_argument(ix, level, file, scope, arguments[0])))
        return tuple(value - (value & 3) for value in inner if isinstance(value, int))
    if last in table.language.wrappers and arguments and not _is_ours(ix, file, scope, name):
        at = table.language.wrappers[last]
        return _argument(ix, level, file, scope, arguments[min(at, len(arguments) - 1)])
    if last == "Callable" and arguments:
        inner = _argument(ix, level, file, scope, arguments[-1])
        return (("returns", *inner),) if inner else ()
    bound = _bound_of(ix, level, file, scope, name) if name.isidentifier() and table.language.name == "rust" else ()
    if bound:
        return bound
    values = () if name == LIST or last in _ANYTHING else named(ix, file, scope, name)
    if len(values) > 1:
        values = of_arity(ix, values, generic=bool(arguments))
    found = tuple(value + INSTANCE if isinstance(value, int) else value for value in values if _is_type(table, value))
    if arguments and table.language.name == "cpp" and any(isinstance(value, int) for value in found):
        # A template of ours: it is what it is, and it may give out what it was made for (`->`, `[]`, `get`).
        inner = _argument(ix, level, file, scope, arguments[0] if last in FIRST else arguments[-1])
        points = any(class_member(ix, value >> 2, "operator->") for value in found if isinstance(value, int))
        return _merged([found, inner if points else (), (("of", *inner),) if inner else ()])
    ours = any(isinstance(value, int) for value in found)
    if not ours and table.language.name == "cpp" and (aliased := _aliased(ix, level, file, scope, name)):
        return aliased
    if arguments and not any(isinstance(value, int) for value in found):
        arguments = tuple(each for each in arguments if each) or arguments
        inner = _argument(ix, level, file, scope, arguments[0] if last in FIRST else arguments[-1])
        return (("map" if last in MAPS and table.language.name == "csharp" else "of", *inner),) if inner else found
    return found


def _aliased(ix: Index, level: int, file: int, scope: int, name: str) -> Values:
    """What one of C++'s aliases of a library's container holds: `typedef std::vector<Item*> Items`."""
    if level <= 0 or not name.replace(".", "").isidentifier():
        return ()
    head, *rest = name.split(".")
    values = find(ix, file, scope, head, inherited=False)
    for part in rest:
        values = _merged(member(ix, level, value, part) for value in values if isinstance(value, int))
    groups = []
    for value in values:
        if isinstance(value, int) and ix.kinds[value >> 2] == "type_alias":
            holder = ix.file_of[value >> 2]
            table = ix.tables[holder] or ix.table(holder)
            index = (value >> 2) - table.offset
            written = alias_of(table.facts.symbols[index])
            if written and written != name:
                groups.append(typed(ix, level - 1, holder, table.parents[index], written))
    return _merged(groups)


def _associated(ix: Index, level: int, file: int, scope: int, name: str) -> Values:
    """What a type that an `impl` names for its trait is: `Self::Item` where it says `type Item = Word;`."""
    around = ix.class_of(file, scope)
    groups = []
    for value in own_member(ix, around, name) if around >= 0 and level > 0 else ():
        if isinstance(value, int) and ix.kinds[value >> 2] == "type_alias":
            holder = ix.file_of[value >> 2]
            index = (value >> 2) - ix.offsets[holder]
            meant = ix.facts[holder].symbols[index].signature.partition("=")[2]
            groups.append(typed(ix, level - 1, holder, ix.table(holder).parents[index], meant))
    return _merged(groups)


def _is_ours(ix: Index, file: int, scope: int, name: str) -> bool:
    return any(isinstance(value, int) for value in named(ix, file, scope, name))


def _bound_of(ix: Index, level: int, file: int, scope: int, name: str) -> Values:
    """What a type parameter is bounded by: in `fn read<S: Source>(from: S)` a `Source`."""
    found = find(ix, file, scope, name, inherited=False)
    keys = [value for value in found if isinstance(value, tuple) and value[0] == "var"]
    return slot(ix, level, cast(SlotKey, keys[0])) if keys and level > 0 else ()


def _is_type(table: Table, value: Value) -> bool:
    """Whether a name in a type tells anything: TypeScript's `Exclude<…>` and the like are builtin and may be ours."""
    if table.language.name not in ("typescript", "tsx") or not isinstance(value, str) or not value.startswith(BUILTIN):
        return True
    return value.removeprefix(BUILTIN) in table.language.builtin_types


def _argument(ix: Index, level: int, file: int, scope: int, alternatives: tuple[Written, ...]) -> Values:
    return _merged(_of_type(ix, level, file, scope, each) for each in alternatives)
