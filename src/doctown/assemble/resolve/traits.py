"""What Rust's types have that is not written at them: methods that an `impl` of ours gives to a type of others, or to
every type, what a type dereferences to, and what iterating over it gives.
"""

from __future__ import annotations

import re

from doctown.assemble.resolve.classes import own_member
from doctown.assemble.resolve.common import common_names
from doctown.assemble.resolve.generics import bare
from doctown.assemble.resolve.index import BUILTIN, CALLABLE_KINDS, Index, Value, Values
from doctown.languages.base import CLASS_KINDS

_PLACE = "/rust:"  # of what stands in an `impl` away from its type
_PARAMETER = re.compile(r"[A-Z]\d?\Z")


def by_trait(ix: Index, level: int, value: Value, name: str) -> Values:
    """What `value.name` is where the type itself has nothing of ours by that name; empty if nobody knows."""
    if isinstance(value, str):
        return foreign(ix, value, name) or _given_to_all(ix, name)
    plain = bare(value)
    if not isinstance(plain, int) or ix.kinds[plain >> 2] not in CLASS_KINDS or level <= 0:
        return ()
    from doctown.assemble.resolve.infer import element, member, method_result  # noqa: PLC0415 - it asks us

    for target in method_result(ix, level - 1, value, "deref"):
        found = member(ix, level - 1, target, name) if bare(target) != plain else ()
        if any(isinstance(each, int) for each in found):
            return found
    if general := _given_to_all(ix, name):
        return general
    items = element(ix, level - 1, value) if own_member(ix, plain >> 2, "next") else ()
    return (("held", name, *items),) if items else ()


def foreign(ix: Index, value: str, name: str) -> Values:
    """The methods that our traits give to a type of the standard library or of another crate; none where the type has
    one of its own by that name, which goes before them."""
    holder = value.removeprefix(BUILTIN).rpartition(".")[2]
    found = ix.extensions.get((_PLACE, holder), {}).get(name, ())
    given = [each for each in found if _class_of(ix, each) < 0]
    return tuple(each * 4 for each in given) if given and not _delegating(ix).intersection(given) else ()


def _delegating(ix: Index) -> set[int]:
    """The methods given to foreign types that call one of their own name there, which the type must have itself:
    `fn sqrt(self) -> f32 { f32::sqrt(self) }`."""
    if ix.delegating is None:
        ix.delegating = set()
        inside: dict[int, dict[int, str]] = {}  # file → method's index in it → the type
        for (place, holder), held in ix.extensions.items():
            for numbers in held.values() if place == _PLACE else ():
                for each in numbers:
                    file = ix.file_of[each]
                    inside.setdefault(file, {})[each - ix.offsets[file]] = holder
        for file, holders in inside.items():
            symbols = ix.facts[file].symbols
            for use in ix.facts[file].references:
                holder = holders.get(use.source, "")
                if holder and use.name == symbols[use.source].name and use.receiver in (holder, "self", "Self"):
                    ix.delegating.add(ix.offsets[file] + use.source)
    return ix.delegating


def around(ix: Index, level: int, file: int, scope: int) -> Values:
    """What `self` is in an `impl` for what is no type of ours: a type parameter's bound, or a foreign type."""
    from doctown.assemble.resolve.infer import typed  # noqa: PLC0415 - it asks us

    table = ix.table(file)
    symbols = table.facts.symbols
    while scope > 0 and symbols[scope].kind != "method":
        scope = table.parents[scope]
    holder = symbols[scope].qualified_name.rpartition(".")[0].rpartition(".")[2] if scope > 0 else ""
    return typed(ix, level, file, scope, holder) if holder else ()


def place_held(ix: Index, number: int, name: str) -> Values:
    """What a struct without names for its fields holds at a place: `self.0`."""
    file = ix.file_of[number]
    index = number - ix.offsets[file]
    held = ix.table(file).variables.get(index, {}) if name.isdigit() else {}
    return (("var", file, index, name),) if name in held else ()


def _class_of(ix: Index, method: int) -> int:
    file = ix.file_of[method]
    return ix.class_of(file, method - ix.offsets[file])


def _given_to_all(ix: Index, name: str) -> Values:
    """The method that every type has by a name. What other types have by it too is none: such an `impl` hands on, for
    references or boxes."""
    general = _general(ix).get(name, ())
    alone = len(general) == 1 and len(ix.methods.get(("rust", name), ())) <= 2
    return tuple(each * 4 for each in general) if alone and name not in common_names("rust") else ()


def _general(ix: Index) -> dict[str, list[int]]:
    """The methods that an `impl<T> Trait for T` gives to all types, by name."""
    if ix.general is None:
        ix.general = {}
        for (place, holder), held in ix.extensions.items():
            for name, numbers in held.items() if place == _PLACE else ():
                given = [each for each in numbers if _is_parameter(ix, each, holder)]
                if given:
                    ix.general.setdefault(name, []).extend(given)
    return ix.general


def _is_parameter(ix: Index, method: int, holder: str) -> bool:
    """Whether what a method's `impl` is for is a type parameter of that `impl`."""
    file = ix.file_of[method]
    bound = ix.table(file).variables.get(method - ix.offsets[file], {}).get(holder, ())
    if ix.kinds[method] not in CALLABLE_KINDS:
        return False
    return any(kind == "parameter" for _, _, kind in bound) or (
        _PARAMETER.match(holder) is not None and _class_of(ix, method) < 0
    )
