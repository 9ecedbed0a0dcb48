"""All that pages of symbols need, read from a pack in a few passes rather than by thousands of questions.

The graph's edges are held by their ends; symbols, pages and texts are read file by file. What comes out are the same
nouns that single questions give, so the same pages can be made of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from doctown.docpack import entry_points, listing
from doctown.docpack.coding import document_id
from doctown.docpack.reader import Pack
from doctown.docpack.results import Context, Entry, Neighbour
from doctown.model import EntryPoint, Page, Unresolved

_End = tuple[int, str, str, str, int]  # id of the other end, kind, tier, reason, line


class Bulk:
    """The graph of a pack, held."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self._named = {one.id: (one.key, one.name, one.kind) for one in listing.glimpses(pack)}
        self._out: defaultdict[int, list[_End]] = defaultdict(list)
        self._in: defaultdict[int, list[_End]] = defaultdict(list)
        for source, target, kind, tier, reason, line in pack.edges():
            self._out[source].append((target, kind, tier, reason, line))
            if kind != "similar":
                self._in[target].append((source, kind, tier, reason, line))
        self._entered: defaultdict[int, list[EntryPoint]] = defaultdict(list)
        for one in entry_points.listed(pack):
            self._entered[one.symbol].append(one)
        self._open: defaultdict[int, list[Unresolved]] = defaultdict(list)
        for source, name, kind, line, reason in listing.unresolved_uses(pack):
            self._open[source].append(Unresolved(source, name, kind, line, reason))

    def context(self, entry: Entry, children: Sequence[str]) -> Context:
        """What the graph says of a symbol, as `Pack.context` does."""
        outgoing = self._neighbours(self._out.get(entry.id, ()))
        return Context(
            entry=entry,
            parent=entry.symbol.parent,
            children=tuple(children),
            outgoing=tuple(one for one in outgoing if one.kind != "similar"),
            incoming=tuple(self._neighbours(self._in.get(entry.id, ()))),
            related=tuple(one for one in outgoing if one.kind == "similar"),
            unresolved=tuple(self._open.get(entry.id, ())),
        )

    def entered(self, entry: Entry) -> Sequence[EntryPoint]:
        """The entry points that begin at a symbol, tests left out."""
        return self._entered.get(entry.id, ())

    def pages(self, entries: Sequence[Entry]) -> dict[int, Page]:
        """The pages of symbols, by the symbols' ids."""
        numbers = {document_id("symbol", entry.id): entry for entry in entries}
        found = self.pack.pages_by_id({number: entry.symbol.key for number, entry in numbers.items()})
        return {numbers[number].id: page for number, page in found.items()}

    def _neighbours(self, ends: Sequence[_End]) -> list[Neighbour]:
        found = []
        for other, kind, tier, reason, line in ends:
            named = self._named.get(other)
            if named is not None:
                found.append(
                    Neighbour(
                        key=named[0],
                        name=named[1],
                        symbol_kind=named[2],
                        kind=kind,
                        tier=tier,
                        reason=reason,
                        line=line,
                    )
                )
        if len(found) > 1:
            found.sort(key=lambda one: (one.tier != "resolved", one.kind, one.key, one.line))
        return found
