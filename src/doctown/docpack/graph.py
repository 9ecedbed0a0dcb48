"""Walks over the graph of a docpack: who calls whom at any distance, ways between two symbols, what a change reaches.

Only reading, and bounded: a pack from elsewhere can have any number of edges, in circles too, so every walk stops
after a fixed number of visits and says that it did. A walk tells of each symbol by which edge it was reached and
whether every edge on the way is resolved, since one guess makes all behind it a guess. What is directly around one
symbol is `Pack.context`; what ranks symbols is `search`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from doctown.docpack.coding import entries, links
from doctown.docpack.reader import Pack
from doctown.docpack.results import Entry
from doctown.errors import InputError

Direction = Literal["in", "out"]

USES = ("calls", "inherits", "references", "imports")  # edges along which a change is felt: all but `similar`
MOST_VISITED = 20_000  # symbols met by one walk
MOST_INSIDE = 5_000  # symbols inside the one that is asked for: members of a class, definitions of a file
MOST_EDGES = 150_000  # edges looked at by one walk
MOST_STEPS = 20  # edges of a path, and the depth of a walk
# A character of an incoming list is half a link; to read a link, all edges of its source are looked at, some eight.
_INCOMING = ("incoming_lists", "target_id", 16)
HOLDERS = frozenset({"class", "interface", "trait", "struct", "enum", "union", "namespace"})  # asked for: members too


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One edge, by the keys of its ends."""

    source: str
    target: str
    kind: str  # calls | imports | inherits | references
    tier: str  # resolved | candidate
    reason: str
    line: int  # of the first use, in the file of the source


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A symbol that a walk came to."""

    entry: Entry
    distance: int  # edges from the start, 1 or more
    via: Link  # the last edge of a shortest way to it
    certain: bool  # whether a way of this length has resolved edges alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What a walk reached: nearest first, certain before uncertain, then in the order of the pack."""

    start: Entry
    members: int  # symbols inside the start that count as the start itself
    reached: tuple[Reached, ...]  # as many as were asked for
    total: int  # how many there are, as far as the walk went
    at: tuple[int, ...]  # how many at distance 1, 2, …
    cut: str  # why the walk ended before its depth; empty if it did not


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Shortest ways from one symbol to another."""

    source: Entry
    target: Entry
    paths: tuple[tuple[Link, ...], ...]  # each of the same length; empty: there is none
    certain: bool  # whether the ways consist of resolved edges alone
    cut: str  # why the search ended early; empty if it saw everything


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What may have to change, or be tested again, with a symbol."""

    walk: Walk
    files: tuple[tuple[str, int], ...]  # path and how many of the reached symbols it holds, most first
    clusters: tuple[tuple[str, int], ...]  # key, likewise
    overrides: tuple[Entry, ...]  # members of the same name in classes that inherit, which change in meaning with it


class _Step(NamedTuple):
    other: int
    source: int
    target: int
    label: int
    line: int


def callers(
    pack: Pack, key: str, *, depth: int = 1, candidates: bool = True, kinds: Sequence[str] = ("calls",), most: int = 200
) -> Walk:
    """Who calls the symbol of this key, up to `depth` calls away; for a class, who calls it or a member of it.

    At most `most` are told one by one. Raises InputError for an unknown key, an unknown kind, a depth below 1.
    """
    return walk(pack, key, "in", depth=depth, candidates=candidates, kinds=kinds, most=most)


def callees(
    pack: Pack, key: str, *, depth: int = 1, candidates: bool = True, kinds: Sequence[str] = ("calls",), most: int = 200
) -> Walk:
    """Whom the symbol of this key calls, likewise."""
    return walk(pack, key, "out", depth=depth, candidates=candidates, kinds=kinds, most=most)


def walk(
    pack: Pack,
    key: str,
    direction: Direction,
    *,
    depth: int = 1,
    candidates: bool = True,
    kinds: Sequence[str] = USES,
    most: int = 200,
) -> Walk:
    """Everything within `depth` edges of these kinds, against (`in`) or along (`out`) their direction."""
    return _told(pack, _explore(pack, key, direction, depth=depth, candidates=candidates, kinds=kinds), most)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Explored:
    """What a walk saw, by ids: to each its distance, the edge by which it was met and whether the way is certain."""

    start: Entry
    inside: set[int]
    edges: _Edges
    seen: dict[int, tuple[int, _Step, bool]]
    at: tuple[int, ...]
    cut: str


def _explore(
    pack: Pack, key: str, direction: Direction, *, depth: int, candidates: bool, kinds: Sequence[str]
) -> _Explored:
    start = _required(pack, key)
    if depth < 1:
        raise InputError(f"a walk of depth {depth} goes nowhere", "ask for a depth of 1 or more")
    edges = _Edges(pack, kinds, candidates=candidates)
    inside = _inside(pack, start)
    seen: dict[int, tuple[int, _Step, bool]] = {}
    layer: dict[int, bool] = dict.fromkeys(sorted(inside), True)
    cut, counts = "", []
    for distance in range(1, min(depth, MOST_STEPS) + 1):
        found: dict[int, tuple[_Step, bool]] = {}
        for number, certain in layer.items():
            for step in edges.around(number, direction):
                sure = certain and edges.resolved(step.label)
                known = found.get(step.other)
                if step.other in inside or step.other in seen or (known is not None and (known[1] or not sure)):
                    continue
                found[step.other] = (step, sure)
            if len(seen) + len(found) >= MOST_VISITED or edges.spent:
                cut = f"stopped after {len(seen) + len(found):,} symbols"
                break
        seen.update({other: (distance, step, sure) for other, (step, sure) in found.items()})
        counts.append(len(found))
        layer = {other: sure for other, (_, sure) in found.items()}
        if cut or not layer:
            break
    at = tuple(count for count in counts if count)
    return _Explored(start=start, inside=inside, edges=edges, seen=seen, at=at, cut=cut)


def _told(pack: Pack, explored: _Explored, most: int) -> Walk:
    seen, edges = explored.seen, explored.edges
    order = sorted(seen, key=lambda other: (seen[other][0], not seen[other][2], other))
    reached = []
    for other in order[: max(most, 0)]:
        distance, step, sure = seen[other]
        entry = pack.entry(other)
        if entry is not None:
            reached.append(Reached(entry=entry, distance=distance, via=edges.link(step), certain=sure))
    return Walk(
        start=explored.start, members=len(explored.inside) - 1, reached=tuple(reached), total=len(seen),
        at=explored.at, cut=explored.cut,
    )  # fmt: skip


def paths(
    pack: Pack,
    source: str,
    target: str,
    *,
    candidates: bool = True,
    kinds: Sequence[str] = USES,
    longest: int = 8,
    most: int = 5,
) -> Paths:
    """Shortest ways from one symbol to another along the edges, at most `most`: over resolved edges alone where there
    is such a way of up to `longest` edges, else over candidates too if allowed.

    A class or namespace stands for its members too, at either end. Raises InputError for an unknown key or kind.
    """
    one, two = _required(pack, source), _required(pack, target)
    starts, goals = _inside(pack, one), _inside(pack, two)
    starts, goals = _disjoint(one, two, starts, goals)
    cut = ""
    for allowed in (False, True) if candidates else (False,):
        edges = _Edges(pack, kinds, candidates=allowed)
        found, stopped = _shortest(edges, starts, goals, min(max(longest, 1), MOST_STEPS), max(most, 1))
        cut = cut or stopped
        if found:
            ways = tuple(tuple(edges.link(step) for step in way) for way in found)
            return Paths(source=one, target=two, paths=ways, certain=not allowed, cut=stopped)
    return Paths(source=one, target=two, paths=(), certain=False, cut=cut)


def impact(pack: Pack, key: str, *, depth: int = 3, candidates: bool = True, most: int = 200) -> Impact:
    """What uses the symbol of this key, or uses what uses it, up to `depth` edges away, and where it is.

    A class stands for its members too. Files and clusters count all that the walk reached, not only the `most` that
    are told one by one. Raises InputError for an unknown key.
    """
    explored = _explore(pack, key, "in", depth=depth, candidates=candidates, kinds=USES)
    files: Counter[str] = Counter()
    clusters: Counter[str] = Counter()
    for path, cluster in pack.typed(
        "ss",
        "SELECT f.path, coalesce(c.key, '') FROM json_each(?) j JOIN symbol_rows s ON s.id = j.value"
        " JOIN file_rows f ON f.id = s.file_id LEFT JOIN clusters c ON c.id = f.cluster_id",
        (str(list(explored.seen)),),
    ):
        files[path] += 1
        if cluster:
            clusters[cluster] += 1
    return Impact(
        walk=_told(pack, explored, most),
        files=_most_first(files),
        clusters=_most_first(clusters),
        overrides=tuple(_overrides(pack, explored.start)),
    )


def _most_first(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _required(pack: Pack, key: str) -> Entry:
    entry = pack.symbol(key)
    if entry is None:
        raise InputError(f"{pack.path.name} has no symbol {key!r}", "look for it with `doctown search`")
    return entry


class _Edges:
    """The edges of the kinds and tiers that are asked for, by symbol ids."""

    def __init__(self, pack: Pack, kinds: Sequence[str], *, candidates: bool) -> None:
        unknown = set(kinds) - {*USES, "similar"}
        if unknown or not kinds:
            raise InputError(
                f"{', '.join(sorted(unknown)) or 'nothing'!r} is no kind of edge", f"use {', '.join(USES)}"
            )
        self._pack = pack
        self._labels = {
            number: (kind, tier, reason)
            for number, kind, tier, reason in pack.typed("isss", "SELECT id, kind, tier, reason FROM edge_labels")
            if kind in kinds and (candidates or tier == "resolved")
        }
        self._keys: dict[int, str] = {}
        self.looked_at = 0

    @property
    def spent(self) -> bool:
        """Whether the walk has looked at as many edges as one may."""
        return self.looked_at > MOST_EDGES

    def resolved(self, label: int) -> bool:
        return bool(self._labels[label][1] == "resolved")

    def around(self, number: int, direction: Direction) -> Iterator[_Step]:
        """The edges of a symbol, the resolved ones first; none any more when the walk is spent."""
        steps = self._outgoing(number) if direction == "out" else self._incoming(number)
        return iter(sorted(steps, key=lambda step: (not self.resolved(step.label), step.other, step.label)))

    def _outgoing(self, number: int) -> Iterator[_Step]:
        for (data,) in self._pack.rows("SELECT data FROM edge_lists WHERE source_id = ? ORDER BY part", (number,)):
            for target, label, line in entries(data):
                self.looked_at += 1
                if self.spent:
                    return
                if label in self._labels:
                    yield _Step(target, number, target, label, line)

    def _incoming(self, number: int) -> Iterator[_Step]:
        for (data,) in self._pack.rows("SELECT data FROM incoming_lists WHERE target_id = ?", (number,)):
            for source in links(data):
                for step in self._outgoing(source):
                    if step.target == number:
                        yield step._replace(other=source)
                if self.spent:
                    return

    def fan(self, numbers: Sequence[int], direction: Direction) -> int:
        """About how many edges `around` these symbols are looked at, without looking at them."""
        table, column, weight = ("edge_lists", "source_id", 1) if direction == "out" else _INCOMING
        row = self._pack.row(
            f"SELECT coalesce(sum(length(data)), 0) FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))",  # noqa: S608 - constants
            (str(list(numbers)),),
        )
        return weight * int(row[0]) if row else 0

    def link(self, step: _Step) -> Link:
        kind, tier, reason = self._labels[step.label]
        source, target = self._key(step.source), self._key(step.target)
        return Link(source=source, target=target, kind=kind, tier=tier, reason=reason, line=step.line)

    def _key(self, number: int) -> str:
        if number not in self._keys:
            self._keys[number] = self._pack.subject_key(number << 3)
        return self._keys[number]


def _inside(pack: Pack, entry: Entry) -> set[int]:
    """The symbol, and what is inside it if it is of a kind that is asked for with all its members."""
    inside = {entry.id}
    if entry.symbol.kind not in HOLDERS:
        return inside
    rows = pack.typed(
        "ii",
        "SELECT s.id, s.parent_id FROM symbol_rows s JOIN symbol_rows c ON c.file_id = s.file_id WHERE c.id = ?"
        " AND s.start_byte >= c.start_byte AND s.end_byte <= c.end_byte AND s.parent_id IS NOT NULL"
        " ORDER BY s.start_byte, s.end_byte DESC, s.id LIMIT ?",
        (entry.id, MOST_INSIDE),
    )
    for number, parent in rows:  # enclosing ones come first
        if parent in inside:
            inside.add(number)
    return inside


def _disjoint(one: Entry, two: Entry, starts: set[int], goals: set[int]) -> tuple[set[int], set[int]]:
    """Where one end lies inside the other, the outer one stands for its other members alone."""
    if one.id in goals:
        goals = goals - starts or {two.id}
    elif two.id in starts:
        starts = starts - goals or {one.id}
    return starts, goals


class _Side:
    """One end of a search for ways: what has been reached from there, and by which edges."""

    def __init__(self, edges: _Edges, ends: set[int], direction: Direction) -> None:
        self.edges = edges
        self.ends = ends
        self.direction: Direction = direction
        self.steps: dict[int, list[_Step]] = {}  # of each symbol reached: the edges that shortest ways come by
        self.layer = sorted(ends)  # the farthest ones

    def grow(self, most: int) -> None:
        """Goes one edge farther everywhere, as far as the walk may; at most `most` edges are kept of each symbol."""
        found: dict[int, list[_Step]] = {}
        for number in self.layer:
            for step in self.edges.around(number, self.direction):
                if step.other in self.ends or step.other in self.steps:
                    continue
                known = found.setdefault(step.other, [])
                if len(known) < most and all(self.near(step) != self.near(other) for other in known):
                    known.append(step)
            if len(self.steps) + len(found) >= MOST_VISITED or self.edges.spent:
                break
        self.steps.update(found)
        self.layer = sorted(found)

    def near(self, step: _Step) -> int:
        """The end of an edge that is nearer to where this side began."""
        return step.source if self.direction == "out" else step.target

    def ways(self, number: int, most: int) -> list[list[_Step]]:
        """Shortest ways between this end and a symbol that it reached, in the direction of the edges."""
        ways: list[list[_Step]] = []
        waiting: list[tuple[int, list[_Step]]] = [(number, [])]
        while waiting and len(ways) < most:
            at, way = waiting.pop()
            if at in self.ends:
                ways.append(way)
                continue
            for step in self.steps[at]:
                waiting.append((self.near(step), [step, *way] if self.direction == "out" else [*way, step]))
        return ways


def _shortest(
    edges: _Edges, starts: set[int], goals: set[int], longest: int, most: int
) -> tuple[list[list[_Step]], str]:
    """All shortest ways up to `most`, and why the search stopped early.

    It goes from both ends, always where fewer edges wait, so it sees hundreds of symbols where going from one end alone
    would see tens of thousands. Each layer is seen whole before the next, so where the sides first meet, every meeting
    place lies on a way of the same, the least, length.
    """
    ahead, behind = _Side(edges, starts, "out"), _Side(edges, goals, "in")
    for _ in range(longest):
        if not ahead.layer or not behind.layer:
            break
        fewer = edges.fan(ahead.layer, "out") <= edges.fan(behind.layer, "in")
        side, other = (ahead, behind) if fewer else (behind, ahead)
        side.grow(most)
        ways = [
            [*first, *rest]
            for met in side.layer
            if met in other.ends or met in other.steps
            for first in ahead.ways(met, most)
            for rest in behind.ways(met, most)
        ]
        visited = len(ahead.steps) + len(behind.steps)
        cut = f"stopped after {visited:,} symbols" if visited >= MOST_VISITED or edges.spent else ""
        if ways or cut:
            return ways[:most], cut
    return [], ""


def overridden(pack: Pack, key: str) -> tuple[Entry, ...]:
    """The members that the symbol of this key overrides, those of the nearest classes first: a call of one of them may
    run this one. Raises InputError for an unknown key."""
    return tuple(_overrides(pack, _required(pack, key), "out"))


def _overrides(pack: Pack, entry: Entry, direction: Direction = "in") -> Iterator[Entry]:
    """Members of the same name in the classes below (`in`) or above (`out`) the one that `entry` is a member of."""
    owner = pack.symbol(entry.symbol.parent) if entry.symbol.parent else None
    if owner is None or owner.symbol.kind not in HOLDERS:
        return
    others = walk(pack, owner.symbol.key, direction, depth=MOST_STEPS, kinds=("inherits",), most=MOST_INSIDE)
    for one in others.reached:
        found = pack.symbol(f"{one.entry.symbol.key}.{entry.symbol.name}")
        if found is not None:
            yield found
