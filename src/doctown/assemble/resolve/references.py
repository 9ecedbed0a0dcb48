"""One use of a name: what it leads to, how sure that is, and why.

An outcome is either edges with a tier and a reason, or a reason why there are none. Several definitions that a use may
mean are candidates; a guess by name alone is one only where nothing speaks against it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from doctown.assemble.resolve import cpp_overloads
from doctown.assemble.resolve.classes import (
    PRIMARY,
    class_member,
    constructor,
    named,
    of_arity,
    order,
    own_member,
    subclasses,
)
from doctown.assemble.resolve.common import common_names
from doctown.assemble.resolve.generics import bare, bounded
from doctown.assemble.resolve.index import (
    BUILTIN,
    CALLABLE_KINDS,
    DEFINITION,
    MAX_SAME,
    SELF,
    SELF_CLASS,
    VALUE_KINDS,
    Index,
    Value,
    Values,
    family_of,
)  # fmt: skip
from doctown.assemble.resolve.infer import CLASS_NAMES, LEVELS, OPEN, implied, infer, member, reached, settled
from doctown.assemble.resolve.overloads import accepts, extending, is_extension, select
from doctown.assemble.resolve.scopes import find, unnamed_member
from doctown.languages.base import CLASS_KINDS, UNNAMED
from doctown.languages.blocks import unnumbered
from doctown.model import Reference

RESOLVED, CANDIDATE = "resolved", "candidate"
NEW = frozenset({"new", "newof"})  # how `new Foo()` and `new Foo<T>()` are noted
MAX_ARGUMENTS = 30  # of a call that were noted; there may be more
MAX_IMPLEMENTATIONS = 2  # of one declaration; where more may run, which of them does is nothing to guess at
CONDITIONAL = "one of several conditions"
_SCRIPTS = frozenset({"typescript", "tsx"})
_ABSTRACT_KINDS = frozenset({"interface", "trait"})
_WITHOUT_BODY = re.compile(r"(?:\A|\s)abstract\s|\)[\w\s]*=\s*0\Z")  # how a class leaves a method to its subclasses


class Outcome(NamedTuple):
    """What a use leads to: (symbol number, tier, reason) each; without any, `problem` says why.

    `named` are the classes whose constructors are among them: the constructor alone, which may be a base's, does not
    tell what is made."""

    targets: tuple[tuple[int, str, str], ...]
    problem: str = ""
    named: tuple[tuple[int, str, str], ...] = ()


def outcome(ix: Index, file: int, reference: Reference, receivers: dict[tuple[int, str], Values]) -> Outcome:
    """Resolves one call or mention. `receivers` remembers, for one file, what (scope, receiver) is."""
    kind, receiver = reference.kind, reference.receiver
    values, reason, known = _meant(ix, file, reference, receivers)
    if reference.detail == "initializer":  # `: Base(x), field_(y)`
        classes = [value >> 2 for _, value in values if isinstance(value, int) and ix.kinds[value >> 2] in CLASS_KINDS]
        made = [each for number in classes for each in constructor(ix, number) if ix.kinds[each] == "constructor"]
        if made:
            return _edges(ix, tuple(made), "base constructor")
    if kind != "calls":
        return _mention(ix, values, reason)
    if ix.facts[file].language == "scala" and len(values) > 1:
        values = _companion(ix, values, reference.detail)
    targets: dict[int, None] = {}
    outside = ""
    unknown = False
    for owner, value in values:
        numbers, external = _called(ix, value, owner)
        targets.update(dict.fromkeys(numbers))
        outside = outside or external
        unknown = unknown or not (numbers or external)
    found = _chosen(ix, file, reference, tuple(targets), reason) if targets else Outcome(())
    if receiver and not found.targets and ix.facts[file].language == "csharp":
        extended, sure = extending(ix, file, reference, receivers.get((reference.source, receiver), ()))
        if sure:
            return _edges(ix, extended, "extension method")
        if len(extended) == 1:
            return Outcome(((extended[0], CANDIDATE, "dynamic receiver: extension method"),))
    if targets:
        found = found._replace(named=_made_of(ix, values, found, reason))
        # In C a macro of a function's name may stand for what is not ours.
        conditional = outside and not receiver and ix.facts[file].language in ("c", "cpp")
        is_open = any(_is_open(ix, value, owner) for owner, value in values)
        return _guessed(found, CONDITIONAL if conditional else "dynamic") if conditional or is_open else found
    if outside:
        return Outcome((), _outside(outside))
    if known:
        return Outcome((), "dynamic")
    if receiver:
        return by_name(ix, file, reference)
    return Outcome((), "dynamic" if unknown else "unknown")


def _is_open(ix: Index, value: Value, owner: Value) -> bool:
    """Whether a variable may hold functions that nobody knows beside those that are known."""
    if isinstance(value, int):
        holds = value & 3 == DEFINITION and ix.kinds[value >> 2] in ("variable", "constant")
    else:
        holds = isinstance(value, tuple) and value[0] == "var"
    return holds and OPEN in settled(ix, LEVELS, value, owner)


def _guessed(found: Outcome, reason: str = "dynamic") -> Outcome:
    """The same, of which nothing is certain, for a reason."""
    targets, classes = (
        tuple((number, CANDIDATE, reason if tier == RESOLVED else why) for number, tier, why in edges)
        for edges in (found.targets, found.named)
    )
    return Outcome(targets, "", classes)


def _made_of(
    ix: Index, values: list[tuple[Value, Value]], found: Outcome, reason: str
) -> tuple[tuple[int, str, str], ...]:
    """The classes that a call makes objects of, where what it runs is a constructor and not the class itself."""
    numbers = [value >> 2 for _, value in values if isinstance(value, int) and value & 3 == DEFINITION]
    called = {number for number, _, _ in found.targets}
    classes = [each for each in numbers if ix.kinds[each] in CLASS_KINDS and each not in called]
    return _edges(ix, tuple(dict.fromkeys(classes)), reason).targets if called and classes else ()


def _companion(ix: Index, values: list[tuple[Value, Value]], detail: str) -> list[tuple[Value, Value]]:
    """Of a class of Scala's and the object of its name: `new` means the class, a plain call the object's `apply`."""
    objects = [(owner, value) for owner, value in values if isinstance(value, int) and _is_object(ix, value >> 2)]
    applied = [
        (value, inner)
        for _, value in objects
        for inner in class_member(ix, value >> 2, "apply")
        if isinstance(inner, int) and detail != "new"
    ]
    return applied or [each for each in values if each not in objects] or values


def _is_object(ix: Index, number: int) -> bool:
    file = ix.file_of[number]
    symbol = ix.facts[file].symbols[number - ix.offsets[file]]
    return symbol.kind in CLASS_KINDS and re.search(r"\bobject\b", symbol.signature[:200]) is not None


def _chosen(ix: Index, file: int, reference: Reference, targets: tuple[int, ...], reason: str) -> Outcome:
    """Edges to what a call may run; of overloads, to those that its arguments fit."""
    if reference.arguments is not None and len(targets) > 1 and ix.facts[file].language == "cpp":
        return _edges(ix, cpp_overloads.meant(ix, file, reference, targets), reason)
    table = ix.tables[file] or ix.table(file)
    arguments = reference.arguments
    if arguments is None and reference.detail in NEW and table.language.name == "csharp":
        arguments = ()  # an initializer stands alone: `new Size { Width = 1 }`
    if arguments is None or not table.language.parameters:
        return _edges(ix, targets, reason)
    primary = ix.facts[file].language in PRIMARY and len(targets) > 1
    functions = tuple(each for each in targets if ix.kinds[each] in CALLABLE_KINDS or primary)
    if reference.detail == "this":  # a constructor does not call itself
        functions = tuple(each for each in functions if each != ix.offsets[file] + reference.source)
    strict = table.language.parameters == "type first"
    if len(functions) == 1 == len(targets) and not arguments and not strict:
        return _edges(ix, targets, reason)
    count = len(arguments)
    fitting = select(ix, file, reference.source, functions, arguments) if functions else ()
    fitting = fitting or tuple(each for each in functions if accepts(ix, each, count))
    if functions and not fitting and count < MAX_ARGUMENTS and strict:
        # No compiler would let it pass: what is called is something else, such as the constructor that a struct of
        # C#'s has without writing it.
        around = _struct_of(ix, functions[0]) if reference.detail in NEW and not count else -1
        return _edges(ix, (around,), reason) if around >= 0 else Outcome((), "dynamic")
    return _edges(ix, fitting or targets, reason)


def _struct_of(ix: Index, number: int) -> int:
    """The struct of C#'s that a constructor belongs to; -1 if it belongs to something else."""
    file = ix.file_of[number]
    table = ix.tables[file] or ix.table(file)
    holder = table.offset + table.parents[number - table.offset]
    return holder if table.language.name == "csharp" and ix.kinds[holder] == "struct" else -1


def _outside(dotted: str) -> str:
    return "builtin" if dotted.startswith(BUILTIN) else f"external: {dotted}"


def _meant(  # noqa: PLR0912 - one branch for each thing that a name can mean
    ix: Index, file: int, reference: Reference, receivers: dict[tuple[int, str], Values]
) -> tuple[list[tuple[Value, Value]], str, bool]:
    """((object it is read from, value) each, how it was found, whether the object's type is known)."""
    _, name, receiver, _, source, _, _ = reference
    if reference.detail == "loaded":  # `require("./routes")(app)`
        loaded = infer(ix, LEVELS, file, source, ix.table(file).language.canonical(name))
        return [(None, value) for value in loaded], "import", bool(loaded)
    if not receiver:
        table = ix.tables[file] or ix.table(file)
        if reference.detail == "this" and (around := ix.class_of(file, source)) >= 0:  # another constructor
            own = constructor(ix, around)
            if table.language.name in PRIMARY:
                return [(None, around * 4)], "self", True
            return [(None, each * 4) for each in own if ix.kinds[each] == "constructor"], "self", True
        if reference.detail == "new" and name in ("self", "static") and (around := ix.class_of(file, source)) >= 0:
            return [(None, around * 4)], "self", True
        if name in table.language.self_names and (around := ix.class_of(file, source)) >= 0:
            tag = SELF_CLASS if name in CLASS_NAMES else SELF
            return [(None, around * 4 + tag)], "self", True
        values = _made(ix, file, reference) if reference.detail in NEW else ()
        values = values or (_functions(ix, file, source, name) if reference.kind == "calls" else ())
        values = values or find(ix, file, source, name)
        of_class = not values and name == "new" and table.language.name == "ruby"
        if of_class and (around := ix.class_of(file, source)) >= 0:
            return [(None, around * 4 + SELF_CLASS)], "self", True
        if name in table.language.super_names or f"{name}()" in table.language.super_names:
            if table.language.name == "python":  # an object, the making of which runs nothing of ours
                return [(None, BUILTIN + name)], "builtin", True
            inner = _super_method(ix, file, source)
            if inner:
                return inner, "super method", True
            return _super_constructor(ix, file, source), "super constructor", True
        reason = "same scope"
        for value in values:
            if isinstance(value, str) or (isinstance(value, int) and ix.file_of[value >> 2] != file):
                reason = "import" if name in table.imports.get(0, {}) or table.stars else "visible"
        if not values and table.language.name == "kotlin":
            inner = [(owner, each) for owner in implied(ix, file, source) for each in member(ix, LEVELS, owner, name)]
            return inner, "receiver's type", bool(inner)
        return [(None, value) for value in values], reason, bool(values)
    owners = receivers.get((source, receiver))
    if owners is None:
        owners = receivers[source, receiver] = bounded(infer(ix, LEVELS, file, source, receiver))
    found: list[tuple[Value, Value]] = []
    reason = "receiver's type"
    for owner in owners:
        plain = bare(owner)
        if isinstance(plain, int):
            if plain & 3 in (SELF, SELF_CLASS) and receiver in ix.table(file).language.self_names:
                reason = "self method"
            elif plain & 3 == DEFINITION:
                reason = "module member" if ix.kinds[plain >> 2] == "module" else "class member"
        elif isinstance(owner, tuple) and owner[0] == "super":
            reason = "super method"
        found.extend((owner, value) for value in reached(ix, LEVELS, file, owner, name))
    return found, reason, bool(owners)


def _made(ix: Index, file: int, reference: Reference) -> Values:
    """The class behind `new`, where a member may bear its name; also one that a class around this place inherits."""
    if (ix.tables[file] or ix.table(file)).language.parameters != "type first":
        return ()
    values = named(ix, file, reference.source, reference.name)
    if not values:
        found = find(ix, file, reference.source, reference.name)
        values = tuple(value for value in found if isinstance(value, int) and ix.kinds[value >> 2] in CLASS_KINDS)
    return of_arity(ix, values, generic=reference.detail == "newof") if len(values) > 1 else values


def _functions(ix: Index, file: int, scope: int, name: str) -> Values:
    """What a bare call means where methods and variables have names of their own: a variable hides no method."""
    table = ix.tables[file] or ix.table(file)
    if table.language.parameters != "type first" or not table.language.implicit_self:
        return ()
    while scope > 0:
        if name in table.variables.get(scope, ()) or name in table.names.get(scope, ()):
            numbers = [n for n in table.names.get(scope, {}).get(name, ()) if ix.kinds[n] in ("method", "function")]
            if numbers:
                return tuple(number * 4 for number in numbers)
        held = ix.kinds[table.offset + scope] in CLASS_KINDS
        if held or UNNAMED in table.variables.get(scope, ()):
            found = class_member(ix, table.offset + scope, name) if held else unnamed_member(ix, file, scope, name)
            functions = tuple(v for v in found if isinstance(v, int) and ix.kinds[v >> 2] in ("method", "function"))
            if functions or (found and isinstance(found[0], str)):
                return functions or ()
        scope = table.parents[scope]
    return ()


def _super_method(ix: Index, file: int, source: int) -> list[tuple[Value, Value]]:
    """What Ruby's `super` runs in a method: the method of the same name further up."""
    facts = ix.facts[file]
    symbol = facts.symbols[source]
    around = ix.class_of(file, source)
    if facts.language != "ruby" or symbol.kind != "method" or around < 0:
        return []
    owner = ("super", around)
    return [(owner, value) for value in class_member(ix, around, symbol.name, after=True)]


def _super_constructor(ix: Index, file: int, source: int) -> list[tuple[Value, Value]]:
    """What `super(…)` runs in a constructor: the next class's own."""
    around = ix.class_of(file, source)
    if around < 0:
        return []
    mro, foreign = order(ix, around)
    classes = [each for each in mro[1:] if ix.kinds[each] not in _ABSTRACT_KINDS]
    return [(None, classes[0] * 4)] if classes else [(None, foreign)] if foreign else []


def _called(ix: Index, value: Value, owner: Value, follow: bool = True) -> tuple[tuple[int, ...], str]:
    """(symbols that a call of the value runs, or the dotted name of what is outside)."""
    if isinstance(value, str):
        return (), value
    if isinstance(value, tuple):
        if value[0] == "held":
            return (), f"{BUILTIN}{value[1]}"
        return _called_each(ix, settled(ix, LEVELS, value, owner), owner) if value[0] == "var" else ((), "")
    number, tag = value >> 2, value & 3
    kind = ix.kinds[number]
    if kind == "interface" and ix.facts[ix.file_of[number]].language in _SCRIPTS:
        return (), ""  # it has no value that could be called; a constant beside it has
    if kind in CLASS_KINDS:
        if tag in (DEFINITION, SELF_CLASS):
            return constructor(ix, number), ""
        return tuple(each >> 2 for each in class_member(ix, number, "__call__") if isinstance(each, int)), ""
    if kind in CALLABLE_KINDS:
        return (number,), ""
    if kind in VALUE_KINDS and follow:
        found = _called_each(ix, settled(ix, LEVELS, value, owner), owner)
        # `#define name other` means what `other` does where it is used, not here.
        replaced = kind == "constant" and family_of(ix.facts[ix.file_of[number]].language) == "c"
        return ((number,), "") if replaced and found == ((), "") else found
    return (), ""


def _called_each(ix: Index, values: Values, owner: Value) -> tuple[tuple[int, ...], str]:
    numbers: dict[int, None] = {}
    outside = ""
    for value in values:
        if isinstance(value, tuple) and value[0] == "var":
            continue
        found, external = _called(ix, value, owner, follow=False)
        numbers.update(dict.fromkeys(found))
        outside = outside or external
    return tuple(numbers), outside


def _mention(ix: Index, values: list[tuple[Value, Value]], reason: str) -> Outcome:
    """A use without a call: the symbols themselves, variables and fields included."""
    numbers = dict.fromkeys(value >> 2 for _, value in values if isinstance(value, int))
    if not numbers:
        return Outcome((), "unknown")
    return _edges(ix, tuple(numbers), reason)


def _edges(ix: Index, numbers: tuple[int, ...], reason: str) -> Outcome:
    if len(numbers) > MAX_SAME:
        return Outcome((), f"ambiguous: {len(numbers)} definitions")
    if len(numbers) > 1:
        return Outcome(tuple((number, CANDIDATE, f"ambiguous: {len(numbers)} definitions") for number in numbers))
    implementing = _implementations(ix, numbers[0])
    return Outcome(((numbers[0], RESOLVED, reason), *implementing))


def _implementations(ix: Index, number: int) -> tuple[tuple[int, str, str], ...]:
    """The methods that may run where an interface's method is called; none if there are too many to name."""
    file = ix.file_of[number]
    table = ix.tables[file] or ix.table(file)
    parent = table.parents[number - table.offset]
    unwritten = _WITHOUT_BODY.search(table.facts.symbols[number - table.offset].signature) is not None
    if parent <= 0 or not (unwritten or table.facts.symbols[parent].kind in _ABSTRACT_KINDS):
        return ()
    found: dict[int, None] = {}
    if table.facts.language == "go":
        found.update(dict.fromkeys(_fitting(ix, table.offset + parent, ix.name(number))))
    for each in subclasses(ix, table.offset + parent):
        own = (value >> 2 for value in own_member(ix, each, ix.name(number)) if isinstance(value, int))
        found.update(dict.fromkeys(one for one in own if ix.kinds[one] in CALLABLE_KINDS))
    for each in ix.unnamed.get(table.offset + parent, ()):
        if ix.name(each) == ix.name(number):
            found[each] = None
    if len(found) > MAX_IMPLEMENTATIONS:
        return ()
    return tuple((each, CANDIDATE, "interface implementation") for each in found)


def _fitting(ix: Index, interface: int, name: str) -> list[int]:
    """The methods of a name on types that have all methods of an interface: in Go that is what implements it."""
    file = ix.file_of[interface]
    wanted = (ix.tables[file] or ix.table(file)).names.get(interface - ix.offsets[file], {})
    found = []
    for method in ix.methods.get(("go", name), ()):
        holder = ix.class_of(ix.file_of[method], method - ix.offsets[ix.file_of[method]])
        if holder >= 0 and ix.kinds[holder] == "struct" and all(class_member(ix, holder, each) for each in wanted):
            found.append(method)
    return found


# --- guesses ------------------------------------------------------------------------------------------------------


def by_name(ix: Index, file: int, reference: Reference) -> Outcome:
    """A method called on an object of unknown type: the only one of this name in the repository, if nothing outside
    is likely to be meant; or the one in the class that the receiver is named after."""
    facts = ix.facts[file]
    name = reference.name
    numbers = ix.methods.get((family_of(facts.language), name), ())
    if not numbers:
        return Outcome((), "dynamic")
    key = (family_of(facts.language), name)
    tops, by_class = ix.families.get(key) or _family(ix, key, numbers)
    last = unnumbered(reference.receiver.rpartition(".")[2].removesuffix("()"))
    named = by_class.get(last.replace("_", "").lower(), ())
    if reference.arguments is not None and (ix.tables[file] or ix.table(file)).language.parameters:
        count = len(reference.arguments)
        named = tuple(each for each in named if accepts(ix, each, count))
        tops = tuple(each for each in tops if accepts(ix, each, count + is_extension(ix, each)))
        if not tops:
            return Outcome((), "dynamic")
    if len(named) == 1:
        return Outcome(((named[0], CANDIDATE, "dynamic receiver: named like the class"),))
    if name in common_names(facts.language):
        return Outcome((), "dynamic")
    if len(tops) == 1:
        what = "only method of this name" if len(numbers) == 1 else "only family of methods of this name"
        return Outcome(((tops[0], CANDIDATE, f"dynamic receiver: {what}"),))
    return Outcome((), f"ambiguous: {len(tops)} definitions")


def _family(
    ix: Index, key: tuple[str, str], numbers: Sequence[int]
) -> tuple[tuple[int, ...], dict[str, tuple[int, ...]]]:
    """All methods of one name: those that override no other, and each by its class's name in lower case."""
    by_class: dict[str, tuple[int, ...]] = {}
    for number in numbers:
        plain = _class_of(ix, number)[1].replace("_", "").lower()
        by_class[plain] = (*by_class.get(plain, ()), number)
    known = ix.families[key] = (tuple(_topmost(ix, numbers)), by_class)
    return known


def _class_of(ix: Index, number: int) -> tuple[int, str]:
    table = ix.table(ix.file_of[number])
    parent = table.parents[number - table.offset]
    return table.offset + parent, table.facts.symbols[parent].name


def _topmost(ix: Index, numbers: Sequence[int]) -> list[int]:
    """The methods that override none of the others: where all belong to one family, its first declaration."""
    if len(numbers) == 1:
        return list(numbers)
    if len(numbers) > 50:
        return list(numbers)
    classes = {_class_of(ix, number)[0] for number in numbers}
    return [n for n in numbers if not classes.intersection(order(ix, _class_of(ix, n)[0])[0][1:])]
