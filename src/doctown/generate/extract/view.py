"""What the writers ask of a repository again and again, worked out once: who uses which file, which symbols matter.

A `View` holds the repository and what is derived from it; it writes nothing. Numbers are integers and every order
has a key or path as its last word, so pages are equal wherever they are written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeVar

from doctown.generate.extract import safe
from doctown.model import Census, Claim, Relations, Repository, Symbol
from doctown.places import is_test

Key = TypeVar("Key")

CLASSES = frozenset({"class", "interface", "trait", "struct", "enum", "union"})
CALLABLES = frozenset({"function", "method", "constructor", "macro"})
OPEN = frozenset({"public", "protected"})  # visibilities of what others use
VALUES = frozenset({"field", "variable", "constant", "enum_member", "property", "type_alias"})
CONSTRUCTORS = frozenset({"__init__", "__new__", "constructor", "initialize", "__construct", "init", "new"})

_INDEXES = ("__init__.", "__main__.", "index.", "mod.rs", "lib.rs", "main.")  # files that speak by their folder
_BARE = re.compile(r"(?:/__init__|/index|/mod)?\.\w+$")
_DEPTH = 6  # how far up a chain of base classes is looked
# `assemble.relations` weighs them alike.
_EDGE_WEIGHTS = {"calls": 4, "inherits": 4, "imports": 2, "references": 1}


def is_aside(path: str) -> bool:
    """Whether a file belongs to examples, tests or documentation rather than to the project itself."""
    return bool(re.match(r"(?:examples?|samples?|demos?|tests?|fixtures|testdata)/", path)) or is_test(path)


def line_digest(text: str, start_line: int, end_line: int) -> str:
    """SHA-256 (hex) of the bytes of lines `start_line` to `end_line` of `text`, both included and counted from 1.

    A line ends with its line feed (U+000A), which is part of it, as is a carriage return before it; no other character
    ends a line. The text is taken as UTF-8. Lines beyond the end add nothing.
    """
    return sha256(_lines(text, start_line, end_line).encode()).hexdigest()


def _lines(text: str, start_line: int, end_line: int) -> str:
    begin = 0
    for _ in range(start_line - 1):
        found = text.find("\n", begin)
        if found < 0:
            return ""
        begin = found + 1
    end = begin
    for _ in range(end_line - start_line + 1):
        found = text.find("\n", end)
        if found < 0:
            return text[begin:]
        end = found + 1
    return text[begin:end]


@dataclass(slots=True)
class View:
    """A repository with what is derived from it. The summaries fill up while symbols and files are written."""

    repository: Repository
    weights: Weights
    relations: Relations
    census: Census
    summaries: Told[int]
    file_summaries: Told[str]
    members: dict[str, list[int]] = field(default_factory=dict)  # path → symbols at its top level
    _by_path: dict[str, dict[str, int]] = field(default_factory=dict)
    _bases: dict[int, tuple[int, ...]] = field(default_factory=dict)
    _methods: dict[int, dict[str, int]] = field(default_factory=dict)
    _inherited: dict[int, tuple[Mapping[str, int], ...]] = field(default_factory=dict)
    _tests: frozenset[int] | None = None
    _by_end: dict[str, list[tuple[int, str, str]]] = field(default_factory=dict)

    @property
    def tests(self) -> frozenset[int]:
        """The symbols that a test runner starts."""
        if self._tests is None:
            self._tests = frozenset(one.symbol for one in self.repository.entry_points if one.kind == "test")
        return self._tests

    def without_tests(self, numbers: Sequence[int]) -> list[int]:
        """The symbols without those that a test runner starts; all of them where there is nothing else."""
        return [number for number in numbers if number not in self.tests] or list(numbers)

    @property
    def uses(self) -> Mapping[str, Mapping[str, int]]:
        """Path → path it uses → weight."""
        return self.relations.uses

    @property
    def used_by(self) -> Mapping[str, Mapping[str, int]]:
        """Path → path that uses it → weight."""
        return self.relations.used_by

    @property
    def names(self) -> Mapping[tuple[str, str], Mapping[int, int]]:
        """(path, path it uses) → symbols used, by weight."""
        return self.relations.names

    def module_named(self, ends: Iterable[str]) -> str | None:
        """The first file of code whose path is one of these, or ends in it where its extension, and the name of what
        stands for a folder, are left out."""
        if not self._by_end:
            for place, path in enumerate(self.repository.modules):
                bare = _BARE.sub("", path)
                for last in {path.rpartition("/")[2], bare.rpartition("/")[2]}:
                    self._by_end.setdefault(last, []).append((place, path, bare))
        found = [
            (place, path)
            for end in ends
            if end
            for place, path, bare in self._by_end.get(end.rpartition("/")[2], ())
            if bare == end or bare.endswith(f"/{end}") or path == end
        ]
        return min(found)[1] if found else None

    def parent(self, number: int) -> int | None:
        """The symbol around a symbol; None for a module."""
        symbol = self.symbol(number)
        if symbol.kind == "module":
            return None
        of_file = self._by_path.get(symbol.path)
        if of_file is None:
            of_file = self._by_path[symbol.path] = {}
            waiting = [self.repository.modules[symbol.path]] if symbol.path in self.repository.modules else []
            while waiting:
                around = waiting.pop()
                of_file[self.symbol(around).key] = around
                waiting.extend(self.repository.children.get(around, ()))
        return of_file.get(symbol.parent)

    def symbol(self, number: int) -> Symbol:
        """The symbol with this id."""
        return self.repository.symbols[number]

    def link(self, number: int, shown: str = "") -> str:
        """A Markdown link to a symbol's page; to the file's for a module."""
        symbol = self.repository.symbols[number]
        if symbol.kind == "module":
            return file_link(symbol.path)
        return safe.link(shown or short_name(symbol), "symbol", symbol.key)

    def bases(self, number: int) -> tuple[int, ...]:
        """The project's classes that a class is derived from, as far as we vouch for it."""
        known = self._bases.get(number)
        if known is None:
            known = self._bases[number] = tuple(
                edge.target
                for edge in self.repository.outgoing.get(number, ())
                if edge.kind == "inherits" and edge.tier == "resolved"
            )
        return known

    def methods(self, number: int) -> Mapping[str, int]:
        """What can be called on a class, by name."""
        known = self._methods.get(number)
        if known is None:
            symbols = self.repository.symbols
            known = self._methods[number] = {
                symbols[child].name: child
                for child in reversed(self.repository.children.get(number, ()))
                if symbols[child].kind in CALLABLES or symbols[child].kind == "property"
            }
        return known

    def inherited(self, number: int) -> tuple[Mapping[str, int], ...]:
        """The methods of the project's classes above a class, class by class, the nearest first."""
        known = self._inherited.get(number)
        if known is None:
            found: list[Mapping[str, int]] = []
            level = list(self.bases(number))
            for _ in range(_DEPTH):
                found.extend(self.methods(base) for base in level)
                level = [above for base in level for above in self.bases(base)][:20]
                if not level:
                    break
            known = self._inherited[number] = tuple(found)
        return known

    def ranked(self, numbers: Iterable[int]) -> list[int]:
        """Symbols by weight, public ones first, ties by key."""
        symbols, weights = self.repository.symbols, self.weights

        def place(number: int) -> tuple[bool, int, str]:
            symbol = symbols[number]
            return symbol.visibility not in OPEN, -weights[number], symbol.key

        return sorted(numbers, key=place)

    def claim(self, text: str, path: str, start_line: int, end_line: int) -> tuple[Claim, ...]:
        """A supported claim on these lines; none if the file was not kept or has no such lines."""
        source = self.repository.read(path)
        lines = _lines(source, start_line, end_line) if source else ""
        if not lines:
            return ()
        return (
            Claim(
                text=text, path=path, start_line=start_line, end_line=end_line, verdict="supported",
                digest=sha256(lines.encode()).hexdigest(),
            ),
        )  # fmt: skip


def kind_of(repository: Repository) -> Callable[[int], str]:
    """What tells a symbol's kind, without making the symbol where that can be."""
    return repository.kind_of or (lambda number: repository.symbols[number].kind)


class Weights:
    """Symbol → its centrality, that of its members added for a class."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._kind_of = kind_of(repository)
        self._known: dict[int, int] = {}

    def __getitem__(self, number: int) -> int:
        found = self._known.get(number)
        if found is None:
            repository, centrality = self._repository, self._repository.centrality
            found = centrality.get(number, 0)
            if number in repository.children and self._kind_of(number) in CLASSES:
                found += sum(centrality.get(child, 0) for child in repository.children[number])
            self._known[number] = found
        return found


class Told(dict[Key, str]):
    """Summaries that were written in this run; `get` gives for others what was written before, if anything."""

    def __init__(self, before: Callable[[Key], str]) -> None:
        super().__init__()
        self._before = before

    def get(self, key: Key, default: str = "") -> str:  # type: ignore[override]
        """The summary of a subject's page."""
        return self[key] if key in self else self._before(key) or default


def build_view(
    repository: Repository,
    told_symbol: Callable[[int], str] = lambda _: "",
    told_file: Callable[[str], str] = lambda _: "",
) -> View:
    """Works out what pages are written from. `told_…` give summaries of pages that are not written in this run."""
    children, modules = repository.children, repository.modules
    return View(
        repository=repository,
        weights=Weights(repository),
        relations=repository.relations or _relate(repository),
        census=repository.census or _count(repository),
        summaries=Told(told_symbol),
        file_summaries=Told(told_file),
        members={path: list(children[number]) for path, number in modules.items() if number in children},
    )


def _count(repository: Repository) -> Census:
    """Counts symbols by kind, and tests by file."""
    kinds: dict[str, int] = {}
    tests: dict[str, int] = {}
    for symbol in repository.symbols.values():
        kinds[symbol.kind] = kinds.get(symbol.kind, 0) + 1
        if symbol.kind in ("function", "method") and symbol.name[:4].lower() == "test":
            tests[symbol.path] = tests.get(symbol.path, 0) + 1
    return Census(kinds=kinds, tests=tests)


def _relate(repository: Repository) -> Relations:
    """Which file uses what of which other file. It sees every edge, so it is one plain loop."""
    path_of = {number: symbol.path for number, symbol in repository.symbols.items()}
    names: dict[tuple[str, str], dict[int, int]] = {}
    uses: dict[str, dict[str, int]] = {}
    used_by: dict[str, dict[str, int]] = {}
    for number, edges in repository.outgoing.items():
        source = path_of[number]
        for _, end, kind, tier, _, _ in edges:
            target = path_of[end]
            if source != target and tier == "resolved":
                pair = (source, target)
                weights = names.get(pair)
                if weights is None:
                    weights = names[pair] = {}
                weights[end] = weights.get(end, 0) + _EDGE_WEIGHTS.get(kind, 0)
    for (source, target), weights in names.items():
        total = sum(weights.values())
        uses.setdefault(source, {})[target] = total
        used_by.setdefault(target, {})[source] = total
    return Relations(uses=uses, used_by=used_by, names=names)


# --- names --------------------------------------------------------------------------------------------------------


def short_name(symbol: Symbol) -> str:
    """What a person calls a symbol: `Flask.route`, a module by its file."""
    if symbol.kind == "module":
        parts = symbol.path.rsplit("/", 2)
        return "/".join(parts[-2:]) if parts[-1].startswith(_INDEXES) else parts[-1]
    parts = symbol.qualified_name.rsplit(".", 2)
    return symbol.qualified_name if len(parts) < 3 else ".".join(parts[-2:])


def plain_name(view: View, number: int) -> str:
    """As `short_name`, a constructor by its class."""
    symbol = view.repository.symbols[number]
    if symbol.kind == "constructor" or (symbol.name in CONSTRUCTORS and symbol.kind == "method"):
        return symbol.qualified_name.rsplit(".", 2)[-2] if "." in symbol.qualified_name else symbol.name
    return short_name(symbol)


def file_link(path: str, shown: str = "") -> str:
    """A Markdown link to a file's page."""
    return safe.link(shown or path, "file", path)


def heaviest(weights: Mapping[str, int], count: int) -> list[str]:
    """The keys with most weight, ties by key."""
    return sorted(weights, key=lambda key: (-weights[key], key))[:count]


def common_folder(paths: Sequence[str]) -> str:
    """The deepest folder that holds all paths; empty for the root."""
    if not paths:
        return ""
    first, last = min(paths).split("/")[:-1], max(paths).split("/")[:-1]
    shared = []
    for one, other in zip(first, last, strict=False):
        if one != other:
            break
        shared.append(one)
    return "/".join(shared)
