"""Resolves the facts in the draft to a graph, ranks it and draws its clusters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from doctown import facts as codec
from doctown.assemble import resolve
from doctown.assemble.cluster import cluster
from doctown.assemble.graph import page_rank
from doctown.docpack.draft import Draft
from doctown.model import Cluster, Edge, FileFacts, Progress, Symbol, Unresolved
from doctown.stages.common import BATCH_FILES, Listener, Notes, batches

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """What assembling found, kept in memory for the stage that writes from it."""

    symbols: Mapping[int, Symbol]
    edges: Sequence[Edge]
    clusters: Sequence[Cluster]
    centrality: Mapping[int, int]


def assemble(draft: Draft, notes: Notes, listener: Listener) -> Assembly:
    """Resolves references to edges, ranks symbols, draws clusters; and similarity where there are vectors."""
    with notes.timed("assemble"):
        draft.clear("edges", "unresolved")
        ids: dict[str, list[int]] = defaultdict(list)
        symbols: dict[int, Symbol] = {}
        for identity, symbol in draft.symbols():
            ids[symbol.path].append(identity)
            symbols[identity] = symbol
        files = list(draft.files())
        edges = _resolve(draft, ids, listener)
        centrality = page_rank(sorted(symbols), edges)
        draft.set_centrality({identity: rank / 1e9 for identity, rank in centrality.items()})
        clusters = cluster(files, symbols, edges)
        draft.set_clusters(clusters)
        vectors = _symbol_vectors(draft, symbols)
        if vectors:
            from doctown.assemble.neighbours import similar  # noqa: PLC0415 - loads numpy, wanted only with vectors

            draft.add_edges(similar(symbols, vectors))
        return Assembly(symbols=symbols, edges=edges, clusters=clusters, centrality=centrality)


def _resolve(draft: Draft, ids: Mapping[str, Sequence[int]], listener: Listener) -> list[Edge]:
    facts: list[FileFacts] = [codec.decode(blob) for _, blob in draft.facts()]
    index = resolve.build_index(facts, ids)
    edges: list[Edge] = []
    for batch in batches(enumerate(facts, 1), BATCH_FILES * 4):
        unresolved: list[Unresolved] = []
        fresh: list[Edge] = []
        for _, one in batch:
            resolution = resolve.resolve_file(index, one)
            fresh.extend(resolution.edges)
            unresolved.extend(resolution.unresolved)
        with draft.batch():
            draft.add_edges(fresh)
            draft.add_unresolved(unresolved)
        edges.extend(fresh)
        listener(Progress(stage="assemble", done=batch[-1][0], total=len(facts)))
    return edges


def _symbol_vectors(draft: Draft, symbols: Mapping[int, Symbol]) -> dict[int, NDArray[np.float32]]:
    """Unit vectors of symbols: the mean of their chunks' vectors."""
    rows = list(draft.vectors())
    if not rows:
        return {}
    import numpy as np  # noqa: PLC0415 - wanted only with vectors

    by_key = {symbol.key: identity for identity, symbol in symbols.items()}
    owner = {number: by_key.get(chunk.symbol, 0) for number, chunk in draft.chunks()}
    sums: dict[int, NDArray[np.float32]] = {}
    for number, vector in rows:
        identity = owner.get(number, 0)
        if identity:
            row = np.frombuffer(vector.data, dtype=np.int8).astype(np.float32) * vector.scale
            sums[identity] = sums[identity] + row if identity in sums else row
    return {identity: total / max(float(np.linalg.norm(total)), 1e-12) for identity, total in sums.items()}
