"""What a person means by a name: which symbol, file, cluster or artifact of a pack.

A method that a class inherits is found where it is defined, and the way there is told. Printing what was found is
left to `render`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from doctown.cli.text import plain
from doctown.docpack.reader import Pack
from doctown.docpack.results import Entry
from doctown.errors import InputError

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from doctown.frozen import dataclass

MOST = 100  # symbols of one name that are looked at
MOST_DIRECT = 50  # base classes of one class that are followed
MOST_BASES = 500  # visits to base classes; a pack from elsewhere can have any number of them, in circles too


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One subject of a pack."""

    kind: str  # symbol | file | cluster | artifact | repository
    key: str  # empty for the repository
    others: tuple[str, ...] = ()  # keys of the symbols that could have been meant too
    bases: tuple[str, ...] = ()  # for an inherited member: qualified names from the class asked for to the defining one
    certain: bool = True  # whether every step along `bases` is resolved, none a candidate


def find_subject(pack: Pack, name: str) -> Subject:
    """What `name` stands for: the file of that path, a symbol, a cluster, an artifact, a module, the end of a file's
    path, an inherited member: the first that there is. Raises InputError if there is nothing, with what comes close."""
    if not name:
        return Subject(kind="repository", key="")
    if pack.file(name) is not None:
        return Subject(kind="file", key=name)
    entries = pack.find_symbols(name, limit=MOST)
    exact = _exact(entries, name)
    # A module bears the name of its file or folder: a part of the repository that is called so is likelier meant.
    if exact and (exact[0].symbol.kind != "module" or name == exact[0].symbol.key):
        return _symbol(exact)
    for kind, keys in (
        ("cluster", [(cluster.key, cluster.label) for cluster in pack.clusters()]),
        ("artifact", [(artifact.key, artifact.name) for artifact in pack.artifacts()]),
    ):
        for key, label in keys:
            if name in (key, label):
                return Subject(kind=kind, key=key)
    if exact:
        return _symbol(exact)
    paths = [file.path for file in pack.files() if file.path.endswith("/" + name)]
    if len(paths) == 1:
        return Subject(kind="file", key=paths[0])
    found = _inherited(pack, name) or (_symbol(entries) if entries else None)
    if found is not None:
        return found
    raise InputError(f"{plain(name)[:200]!r} is not in {pack.path.name}", _mend(pack, name, paths))


def _exact(entries: Sequence[Entry], name: str) -> list[Entry]:
    """Those that bear the name itself; a key or qualified name is meant before a bare name."""
    for bears in (
        [entry for entry in entries if name in (entry.symbol.key, entry.symbol.qualified_name)],
        [entry for entry in entries if name == entry.symbol.name],
    ):
        if bears:
            return bears
    return []


def _symbol(entries: Sequence[Entry]) -> Subject:
    first, *others = (entry.symbol.key for entry in entries)
    return Subject(kind="symbol", key=first, others=tuple(others))


def _mend(pack: Pack, name: str, paths: Sequence[str]) -> str:
    if paths:
        return f"did you mean {', '.join(plain(path) for path in paths[:5])}?"
    owner, _, member = name.rpartition(".")
    classes = _exact(pack.find_symbols(owner, limit=MOST), owner) if owner and member else []
    if classes:
        return f"{plain(classes[0].symbol.key)} is, without a {plain(member)} of its own or of a base in the pack"
    return "look for it with `doctown search`"


# --- inherited members --------------------------------------------------------------------------------------------


def _inherited(pack: Pack, name: str) -> Subject | None:
    """The member `Class.member` of a base class, if `Class` has none of its own."""
    owner, _, member = name.rpartition(".")
    if not owner or not member:
        return None
    for entry in _exact(pack.find_symbols(owner, limit=MOST), owner):
        for way, certain in _bases(pack, entry):
            key = _member(pack, way[-1], member)
            if key:
                bases = tuple(one.symbol.qualified_name for one in way)
                return Subject(kind="symbol", key=key, bases=bases, certain=certain)
    return None


def _bases(pack: Pack, entry: Entry) -> list[tuple[list[Entry], bool]]:
    """The ways from a class to each class above it, in the order in which members are looked up: depth first, and a
    base that is reached by several ways at the last of them, which is Python's order for all usual hierarchies."""
    visits: list[tuple[list[Entry], bool]] = []
    stack: list[tuple[list[Entry], bool]] = [([entry], True)]
    while stack and len(visits) < MOST_BASES:
        way, certain = stack.pop()
        if len(way) > 1:
            visits.append((way, certain))
        seen = {one.id for one in way}
        above = [one for one in islice(_direct(pack, way[-1]), MOST_DIRECT) if one[0].id not in seen]
        stack.extend(([*way, base], certain and resolved) for base, resolved in reversed(above))
    last = {way[-1].id: number for number, (way, _) in enumerate(visits)}
    return [visit for number, visit in enumerate(visits) if last[visit[0][-1].id] == number]


def _direct(pack: Pack, entry: Entry) -> Iterator[tuple[Entry, bool]]:
    """The classes that a class inherits from, as declared, each with whether that is resolved."""
    for edge in pack.outgoing(entry.id):
        if edge.kind == "inherits":
            base = pack.symbol(edge.key)
            if base is not None:
                yield base, edge.tier == "resolved"


def _member(pack: Pack, owner: Entry, member: str) -> str:
    """The key of a class's own member; empty if it has none. Of two classes of one name, each has its own."""
    symbol = owner.symbol
    name = f"{symbol.path}#{symbol.qualified_name}.{member}"
    for key in (name, *(f"{name}~{number}" for number in range(2, 10))):
        found = pack.symbol(key)
        if found is None:
            return ""
        if found.symbol.parent == symbol.key:
            return found.symbol.key
    return ""
