"""The graph as numbers and as one object: centrality by exact arithmetic, and the repository that documents are
written from.

Centrality orders pages, clusters' members and search hits, and it enters the docpack's content address, so it must be
the same on every machine: PageRank is computed here in fixed-point integers alone. Finding the edges is left to
`resolve`, grouping files to `cluster`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise, repeat
from operator import itemgetter
from typing import TYPE_CHECKING

from doctown.model import Artifact, Cluster, Edge, File, Origin, Repository, Symbol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

# How much an edge says that its target matters. A guess counts a quarter of what we vouch for.
KIND_WEIGHTS = {"calls": 8, "inherits": 8, "imports": 4, "references": 4}
CANDIDATE_DIVISOR = 4

BILLION = 1_000_000_000
_TOTAL = BILLION * BILLION  # the mass that is shared out: below 2**60, so that no sum of parts overflows
_DAMPING = 85  # hundredths
_ROUNDS = 128
_SETTLED = _TOTAL // (BILLION // 10)  # the last moves together are below ten parts per billion


def pair_weight(kind: str, tier: str) -> int:
    """The weight of an edge for centrality and clustering; 0 for kinds that carry none (`similar`)."""
    weight = KIND_WEIGHTS.get(kind, 0)
    return weight if tier == "resolved" else weight // CANDIDATE_DIVISOR


def page_rank(ids: Sequence[int], edges: Iterable[Edge]) -> dict[int, int]:
    """PageRank of each id in parts per billion, by exact integer arithmetic: equal bits on every machine.

    Edges between ids that are not given, and an edge from a symbol to itself, are left out. Symbols without outgoing
    edges share their rank with all. The result does not hang on the order of ids or edges.
    """
    import numpy as np  # noqa: PLC0415 - opening a pack must not wait for numpy

    count = len(ids)
    if not count:
        return {}
    weights = {(kind, tier): pair_weight(kind, tier) for kind in KIND_WEIGHTS for tier in ("resolved", "candidate")}
    rows = list(edges)
    sources, targets = (np.fromiter(map(itemgetter(end), rows), np.int64, len(rows)) for end in (0, 1))
    weighed = np.fromiter(map(weights.get, map(itemgetter(2, 3), rows), repeat(0)), np.int64, len(rows))
    return page_rank_of(ids, sources, targets, weighed)


def page_rank_of(ids: Sequence[int], sources: Integers, targets: Integers, weights: Integers) -> dict[int, int]:
    """As `page_rank`, of edges as arrays: their ends and their weights. `ids` are not empty."""
    import numpy as np  # noqa: PLC0415 - see page_rank

    given = np.array(ids, dtype=np.int64)
    ordered = np.argsort(given)
    (source_places, sources_known), (target_places, targets_known) = (
        _places(given, ordered, ends) for ends in (sources, targets)
    )
    known = np.flatnonzero(sources_known & targets_known & (weights > 0) & (sources != targets))
    known = known[np.argsort(target_places[known], kind="stable")]
    ranks = _iterate(len(ids), source_places[known], target_places[known], weights[known])
    shares = (ranks // (_TOTAL // BILLION)).tolist()
    return dict(zip(ids, shares, strict=True))


def _places(given: Integers, ordered: Integers, wanted: Integers) -> tuple[Integers, NDArray[np.bool_]]:
    """Of each wanted id its place among the given ones, which `ordered` sorts, and whether it is one of them."""
    import numpy as np  # noqa: PLC0415 - see page_rank

    found = ordered[np.minimum(np.searchsorted(given, wanted, sorter=ordered), len(given) - 1)]
    return found, given[found] == wanted


def _iterate(count: int, sources: Integers, targets: Integers, weights: Integers) -> Integers:
    """Ranks that sum to nearly `_TOTAL`. Edges are sorted by target; floors lose a little mass, which each round
    gives back to all evenly together with that of the symbols without outgoing edges."""
    import numpy as np  # noqa: PLC0415 - see page_rank

    ranks = np.full(count, _TOTAL // count, dtype=np.int64)
    if not len(sources):
        return ranks
    out = np.zeros(count, dtype=np.int64)
    np.add.at(out, sources, weights)
    divisor = np.maximum(out, 1) * 100
    firsts = np.flatnonzero(np.r_[True, targets[1:] != targets[:-1]])
    reached = targets[firsts]
    for _ in range(_ROUNDS):
        unit = ranks // divisor * _DAMPING  # what one unit of weight carries
        unit[out == 0] = 0
        following = np.zeros(count, dtype=np.int64)
        following[reached] = np.add.reduceat(unit[sources] * weights, firsts)
        following += (_TOTAL - int(following.sum())) // count
        moved = int(np.abs(following - ranks).sum())
        ranks = following
        if moved < _SETTLED:
            break
    return ranks


def assemble_repository(
    *,
    origin: Origin,
    files: Iterable[File],
    symbols: Mapping[int, Symbol],
    edges: Iterable[Edge],
    clusters: Sequence[Cluster],
    centrality: Mapping[int, int],
    artifacts: Sequence[Artifact],
    read: Callable[[str], str],
) -> Repository:
    """Puts everything computed about a repository into one object, edges indexed and sorted from both ends.

    `symbols` and the ends of `edges` are docpack ids; edges of kind `similar` and edges to ids that are not in
    `symbols` are left out. `clusters` come parents first, as `cluster` gives them.
    """
    children, modules = _containment(symbols)
    outgoing, incoming = adjacency(symbols, edges)
    parents = {cluster.parent for cluster in clusters}
    return Repository(
        origin=origin,
        files={file.path: file for file in sorted(files, key=lambda file: file.path)},
        symbols=symbols,
        children=children,
        modules=modules,
        outgoing=outgoing,
        incoming=incoming,
        clusters={cluster.key: cluster for cluster in clusters},
        cluster_of={path: cluster.key for cluster in clusters if cluster.key not in parents for path in cluster.paths},
        centrality=centrality,
        artifacts=artifacts,
        read=read,
    )


def _containment(symbols: Mapping[int, Symbol]) -> tuple[dict[int, list[int]], dict[str, int]]:
    """Children of each symbol in order of their start, and the module symbol of each path."""
    by_key = {symbol.key: number for number, symbol in symbols.items()}
    children: dict[int, list[int]] = {}
    modules: dict[str, int] = {}
    last: dict[int, int] = {}  # parent → start of its last child
    unsorted: set[int] = set()
    for number, symbol in symbols.items():
        if symbol.kind == "module":
            modules[symbol.path] = number
        parent = by_key.get(symbol.parent)
        if parent is not None and parent != number:
            start = symbol.start_byte
            if parent not in children:
                children[parent] = [number]
            else:
                children[parent].append(number)
                if start <= last[parent]:
                    unsorted.add(parent)
            last[parent] = start
    for parent in unsorted:
        children[parent].sort(key=lambda member: (symbols[member].start_byte, symbols[member].key))
    return children, dict(sorted(modules.items()))


def adjacency(
    symbols: Mapping[int, Symbol], edges: Iterable[Edge]
) -> tuple[dict[int, list[Edge]], dict[int, list[Edge]]]:
    """(edges by source, edges by target), each list sorted by (kind, other end's key). No `similar` edges."""
    import numpy as np  # noqa: PLC0415 - opening a pack must not wait for numpy

    kept = [edge for edge in edges if edge[2] != "similar" and edge[0] in symbols and edge[1] in symbols]
    if not kept:
        return {}, {}
    by_key = sorted(symbols, key=lambda number: symbols[number].key)
    place = {number: index for index, number in enumerate(by_key)}
    kinds = {kind: index for index, kind in enumerate(sorted({edge[2] for edge in kept}))}
    sources, targets = (
        np.fromiter(map(place.__getitem__, map(itemgetter(end), kept)), np.int64, len(kept)) for end in (0, 1)
    )
    kind_codes = np.fromiter(map(kinds.__getitem__, map(itemgetter(2), kept)), np.int64, len(kept))
    lines = np.fromiter(map(itemgetter(5), kept), np.int64, len(kept))
    outgoing = _by_end(kept, sources, np.lexsort((lines, targets, kind_codes, sources)), 0)
    incoming = _by_end(kept, targets, np.lexsort((lines, sources, kind_codes, targets)), 1)
    return outgoing, incoming


def _by_end(edges: Sequence[Edge], places: Integers, order: Integers, end: int) -> dict[int, list[Edge]]:
    """Edges taken in `order`, which keeps equal `places` together, as one list for each symbol at their `end`."""
    import numpy as np  # noqa: PLC0415 - opening a pack must not wait for numpy

    ordered = list(map(edges.__getitem__, order.tolist()))
    firsts = [*(np.flatnonzero(np.diff(places[order], prepend=-1))).tolist(), len(ordered)]
    return {ordered[first][end]: ordered[first:beyond] for first, beyond in pairwise(firsts)}  # type: ignore[misc]
