"""One file's edges: every reference, import and supertype of it, resolved against the index and put in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from doctown.assemble.resolve.classes import bases_of
from doctown.assemble.resolve.index import Index, Table, Values
from doctown.assemble.resolve.infer import CLASS_NAMES
from doctown.assemble.resolve.macros import REPLACED, expanded
from doctown.assemble.resolve.references import CANDIDATE, CONDITIONAL, NEW, RESOLVED, Outcome, outcome
from doctown.assemble.resolve.scopes import imported, places
from doctown.languages.base import CLASS_KINDS
from doctown.languages.blocks import unnumbered
from doctown.model import Edge, FileFacts, Reference, Unresolved

# What a use in the form of a call does not run: `new Listener() {…}` makes an object of a class of its own; `T{…}` and
# `T(x)` make a value; a macro is replaced by its text.
_WITHOUT_CONSTRUCTOR = frozenset({"interface", "trait"})
_NOT_RUN = {
    **dict.fromkeys(("go", "rust"), CLASS_KINDS | {"macro", "enum_member"}),
    "c": CLASS_KINDS | {"macro", "constant", "enum_member"},
    "cpp": CLASS_KINDS | {"macro", "constant", "enum_member"},  # of a class, that is: one that has no constructor
}
_EXPANDING = frozenset({"c", "cpp"})  # where a macro calls what its text does, in the name of whoever uses it
_AS_TEXT = frozenset({"statement", "annotation", "stored"})  # where the name of a macro without parameters is its use
_OF_MODULE, _OF_SCOPE, _OF_CLASS = range(3)  # what binds the name that an expression starts from
MAX_FILES = 50  # of one imported package that get an edge each
MAX_SHOWN = 120  # characters of an expression that stayed open


@dataclass(frozen=True, slots=True)
class Resolution:
    """What one file's references lead to, by docpack ids, sorted; and what stays open, in the order of the file."""

    edges: list[Edge]
    unresolved: list[Unresolved]


class _Collected:
    """Edges and open ends while a file is being read: once each, best tier and first line kept."""

    def __init__(self, ix: Index, file: int) -> None:
        self.ix = ix
        self.offset = ix.offsets[file]
        self.edges: dict[tuple[int, int, str], tuple[str, str, int]] = {}
        self.open: dict[tuple[int, str, str, str], int] = {}

    def add(self, key: tuple[int, int, str], tier: str, reason: str, line: int) -> None:
        known = self.edges.get(key)
        if known is not None:
            line = min(line, known[2])
            if known[0] == RESOLVED or tier != RESOLVED:
                tier, reason = known[0], known[1]
        self.edges[key] = (tier, reason, line)

    def leave(self, source: int, name: str, kind: str, line: int, reason: str) -> None:
        self.open.setdefault((source, name[:MAX_SHOWN], kind, reason), line)

    def resolution(self, ids: list[int]) -> Resolution:
        file_of, offsets, all_ids = self.ix.file_of, self.ix.offsets, self.ix.ids
        edges = [
            Edge(ids[source], all_ids[away := file_of[target]][target - offsets[away]], kind, tier, reason, line)
            for (source, target, kind), (tier, reason, line) in self.edges.items()
        ]
        left = [
            Unresolved(ids[source], name, kind, line, reason)
            for (source, name, kind, reason), line in self.open.items()
        ]
        return Resolution(sorted(edges), sorted(left, key=lambda each: (each.line, each.source, each)))


def resolve_file(index: Index, facts: FileFacts) -> Resolution:
    """The edges that start in a file of the index, and what stays open. Does not depend on which other files were
    resolved before."""
    file = index.position[facts.path]
    collected = _Collected(index, file)
    _imports(index, file, facts, collected)
    _inherits(index, file, facts, collected)
    _references(index, file, facts, collected)
    return collected.resolution(list(index.ids[file]))


def _references(index: Index, file: int, facts: FileFacts, collected: _Collected) -> None:
    offset = index.offsets[file]
    known: dict[tuple[int, str, str, str, str, tuple[str, ...] | None], Outcome] = {}
    receivers: dict[tuple[int, str], Values] = {}
    table = index.table(file)
    variables, names = table.variables, table.names
    not_run = _NOT_RUN.get(facts.language, _WITHOUT_CONSTRUCTOR)
    place = _places(table)
    expanding = facts.language in _EXPANDING
    for reference in facts.references:
        kind, name, receiver, line, source, detail, arguments = reference
        # Ruby's bare word is a variable where one of that name is set, and else a call.
        mentioned = (kind != "calls" and source) or detail == "word"
        local = mentioned and not receiver and name in variables.get(source, ())
        if local and name not in names.get(source, ()):
            continue  # most mentions are of a function's own variables
        # What an argument's name means may differ from one scope to the next.
        where = place(source, receiver or name) if not arguments else source
        key = (where, name, receiver, kind, detail if detail in NEW else "", arguments)
        found = known.get(key)
        if found is None:
            found = known[key] = outcome(index, file, reference, receivers)
        if found.targets:
            conditional = kind == "calls" and bool(facts.alternatives) and _is_alternative(table, source, line)
            for target, tier, reason in _as_guesses(found.named) if conditional else found.named:
                if target != offset + source:
                    collected.add((source, target, "references"), tier, reason, line)
            for target, tier, reason in _as_guesses(found.targets) if conditional else found.targets:
                shown = "references" if kind == "calls" and index.kinds[target] in not_run else kind
                if detail == "initializer" and index.kinds[target] == "constructor":
                    shown = "calls"
                if shown == "calls" or target != offset + source:
                    collected.add((source, target, shown), tier, reason, line)
            if expanding and (kind == "calls" or detail in _AS_TEXT):
                _expand(index, file, reference, found, collected, conditional=conditional)
        elif kind == "calls":
            collected.leave(source, unnumbered(f"{receiver}.{name}" if receiver else name), kind, line, found.problem)


def _expand(
    index: Index, file: int, reference: Reference, found: Outcome, collected: _Collected, *, conditional: bool
) -> None:
    """Adds what a use of a macro calls to the edges of the function that uses it."""
    macros = [target for target, _, _ in found.targets if index.kinds[target] in REPLACED]
    only = len(macros) == len(found.targets) and not conditional
    for call, always in expanded(index, file, macros).items() if macros else ():
        for target, tier, reason in outcome(index, file, call._replace(source=reference.source), {}).targets:
            if index.kinds[target] not in _NOT_RUN["c"]:
                shown = (
                    (tier, f"macro {reference.name}") if only and always and tier == RESOLVED else (CANDIDATE, reason)
                )
                collected.add((reference.source, target, "calls"), *shown, reference.line)


def _as_guesses(targets: Iterable[tuple[int, str, str]]) -> Iterator[tuple[int, str, str]]:
    """The targets of a call that a build may be without."""
    for target, tier, reason in targets:
        yield target, CANDIDATE, reason if tier == CANDIDATE else CONDITIONAL


def _is_alternative(table: Table, source: int, line: int) -> bool:
    """Whether a line of a definition is in a build only where another, which stands beside it, is not: a branch inside
    of the definition, or the whole of it where there is another of its name."""
    symbol = table.facts.symbols[source]
    first = symbol.start_line
    if len(table.names.get(table.parents[source], {}).get(symbol.name, ())) > 1:
        first = 0
    return source > 0 and any(first <= start <= line <= end for start, end in table.facts.alternatives)


def _places(table: Table) -> Callable[[int, str], int]:
    """Tells in which part of a file an expression means the same, so that it is resolved once there: everywhere if it
    starts from a name that only the module binds, in the whole class if it starts from `self`, else in its scope."""
    if not table.flat:
        return lambda scope, expression: scope
    own = table.language.self_names | CLASS_NAMES | {each.removesuffix("()") for each in table.language.super_names}
    classes: dict[int, int] = {}
    heads: dict[str, int] = {}  # expression → what its first name is

    def place(scope: int, expression: str) -> int:
        told = heads.get(expression)
        if told is None:
            head = expression.partition(".")[0].rstrip("()[]{}")
            told = heads[expression] = _OF_CLASS if head in own else _OF_SCOPE if head in table.inner else _OF_MODULE
        if told == _OF_MODULE:
            return -1
        if told == _OF_SCOPE:
            return scope
        around = classes.get(scope)
        if around is None:
            around = classes[scope] = table.class_around(scope)
        return -2 - around if around >= 0 else scope

    return place


def _imports(index: Index, file: int, facts: FileFacts, collected: _Collected) -> None:
    for each in facts.imports:
        spaces = places(index, file, each.module)
        values = imported(index, file, each) if each.name != "*" else ()
        for target in _reached(index, (*spaces, *values)):
            if target != index.offsets[file]:
                collected.add((0, target, "imports"), RESOLVED, "import", each.line)
        ours = any(isinstance(value, int) for value in values)
        if not spaces and not ours:
            shown = f"{each.module}.{each.name}" if each.name and each.name != "*" else each.module
            collected.leave(0, shown, "imports", each.line, f"external: {each.module}")


def _reached(index: Index, values: Values) -> list[int]:
    """The symbols an import names, and the modules that hold them; a package of several files is all of its files."""
    found: dict[int, None] = {}
    for value in values:
        if isinstance(value, int):
            found[index.offsets[index.file_of[value >> 2]]] = None
            found[value >> 2] = None
        elif isinstance(value, str) and value.startswith("/go:"):
            numbers = (number for many in index.shared.get(value, {}).values() for number in many)
            files = sorted({index.file_of[number] for number in numbers})
            found.update(dict.fromkeys(index.offsets[each] for each in files[:MAX_FILES]))
    return list(found)


def _inherits(index: Index, file: int, facts: FileFacts, collected: _Collected) -> None:
    for symbol in dict.fromkeys(symbol for symbol, _ in facts.bases):
        line = facts.symbols[symbol].start_line
        for base in bases_of(index, index.offsets[file] + symbol):
            if isinstance(base, int):
                collected.add((symbol, base >> 2, "inherits"), RESOLVED, "supertype", line)
            else:
                reason = "builtin" if base.startswith("<builtin>.") else f"external: {base}"
                collected.leave(symbol, base.removeprefix("<builtin>."), "inherits", line, reason)
