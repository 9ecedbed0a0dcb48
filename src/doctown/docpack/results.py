"""What a reader of docpacks hands out beside the nouns of the model: symbols with their standing, and neighbours.

Plain values; how they are found is the business of `reader` and `search`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from doctown.model import Symbol, Unresolved

if TYPE_CHECKING:
    from collections.abc import Sequence
    from dataclasses import dataclass
else:
    from doctown.frozen import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A symbol as a pack knows it."""

    id: int  # within this pack only; elsewhere the symbol is named by its key
    symbol: Symbol
    cluster: str  # key of the cluster its file is in; empty if none
    centrality: float  # 0 to 1, rounded to billionths


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """The other end of an edge."""

    key: str
    name: str
    symbol_kind: str
    kind: str  # calls | imports | inherits | references | similar
    tier: str  # resolved | candidate
    reason: str
    line: int  # of the first use, in the file of the edge's source


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """All that the graph says of one symbol. Neighbours: resolved before candidates, then by key."""

    entry: Entry
    parent: str  # key; empty for a module
    children: tuple[str, ...]  # keys, in order of the text
    outgoing: tuple[Neighbour, ...]  # what it calls, imports, inherits from, references; without the similar
    incoming: tuple[Neighbour, ...]  # who does so to it
    related: tuple[Neighbour, ...]  # similar symbols
    unresolved: tuple[Unresolved, ...]

    def uses(self, kind: str) -> tuple[Neighbour, ...]:
        """Outgoing neighbours of one kind."""
        return tuple(one for one in self.outgoing if one.kind == kind)

    def used_by(self, kind: str) -> tuple[Neighbour, ...]:
        """Incoming neighbours of one kind."""
        return tuple(one for one in self.incoming if one.kind == kind)


class Problem(NamedTuple):
    """Something wrong with a docpack."""

    check: str  # which check found it
    text: str  # one line

    def __str__(self) -> str:
        return f"{self.check}: {self.text}"


def without_chains(uses: Sequence[Unresolved]) -> list[Unresolved]:
    """Uses left open, without those that only go on with what one of them gives: where `select` is another library's,
    `select().where` and `select().where().order_by` say nothing more."""
    if not any("()." in one.name for one in uses):
        return list(uses)
    names = {one.name for one in uses}
    outside = ("external", "builtin")
    return [one for one in uses if not (one.reason.startswith(outside) and one.name.rpartition("().")[0] in names)]
