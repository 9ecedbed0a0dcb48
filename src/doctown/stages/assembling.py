"""Resolves the facts in the draft to a graph, ranks it and draws its clusters: anew, or where a change reaches.

After a change of files that other files' edges cannot see, only those files are resolved; where no edge was gained or
lost, ranks and clusters are what they were. What cannot be shown to be unchanged is made again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from doctown import facts as codec
from doctown.assemble import resolve
from doctown.assemble.cluster import drawn
from doctown.assemble.flows import declared
from doctown.assemble.graph import page_rank_of, pair_weight
from doctown.assemble.labels import TELLING
from doctown.assemble.partition import file_graph_of
from doctown.docpack.draft import Draft
from doctown.errors import BuildFailed
from doctown.model import Cluster, Edge, EntryPoint, FileFacts, Progress, Symbol, Unresolved
from doctown.stages.common import BATCH_FILES, PARSED, Intake, Listener, Notes, batches
from doctown.stages.entering import enter, reader
from doctown.stages.reach import Concerned, concerned

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from doctown.docpack.columns import EdgeTable, SymbolTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """What assembling found, kept in memory for the stage that writes from it."""

    symbols: SymbolTable
    graph: EdgeTable
    clusters: Sequence[Cluster]
    centrality: Mapping[int, int]
    concerned: Concerned | None  # what pages a change concerns; None: any

    @property
    def edges(self) -> list[Edge]:
        """The edges one by one, without the similar ones. Made at every call."""
        return list(self.graph.edges())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resolved:
    """What came of resolving: edges that were gained and lost since the pack that the draft began as."""

    gained: Sequence[Edge]
    lost: Sequence[Edge]


def assemble(draft: Draft, intake: Intake, notes: Notes, listener: Listener) -> Assembly:
    """Resolves references to edges, ranks symbols, draws clusters; and similarity where there are vectors."""
    with notes.timed("assemble"):
        symbols = draft.symbols()
        local = intake.whole and _is_local(intake)
        resolved = _resolve(draft, symbols, intake, local, listener)
        graph = draft.edges()
        same_graph = local and _ends(resolved.gained) == _ends(resolved.lost)
        if same_graph:
            centrality = symbols.centrality()
        else:
            centrality = _rank(symbols, graph)
            draft.set_ranks(centrality)
        if same_graph and _same_names(draft, intake):
            clusters = draft.clusters()
        else:
            clusters = _draw(draft, symbols, graph)
            draft.set_clusters(clusters)
        _relate(draft, symbols)
        reached = concerned(graph, symbols, intake) if same_graph else None
        return Assembly(symbols=symbols, graph=graph, clusters=clusters, centrality=centrality, concerned=reached)


def _weights(graph: EdgeTable) -> NDArray[np.int64]:
    """What each edge weighs for centrality and clusters."""
    import numpy as np  # noqa: PLC0415 - builds that fail early must not wait for numpy

    by_label = np.zeros(max(graph.labels, default=0) + 1, dtype=np.int64)
    for label, (kind, tier, _) in graph.labels.items():
        by_label[label] = pair_weight(kind, tier)
    return by_label[graph.label]


def _rank(symbols: SymbolTable, graph: EdgeTable) -> dict[int, int]:
    """The centrality of every symbol, in billionths."""
    ids = sorted(symbols)
    return page_rank_of(ids, graph.source, graph.target, _weights(graph)) if ids else {}


def _draw(draft: Draft, symbols: SymbolTable, graph: EdgeTable) -> list[Cluster]:
    """The clusters, from the symbols' rows: of most symbols no noun is made."""
    by_path = symbols.by_path()
    kept = sorted(file.path for file in draft.files() if file.status != "skipped")
    paths, place = symbols.places()
    uses = file_graph_of(paths, place[graph.source], place[graph.target], _weights(graph))
    telling = (symbols[number] for number in symbols if symbols.kind(number) in TELLING)
    return drawn(kept, {path: len(by_path.get(path, ())) for path in kept}, uses, telling)


def _is_local(intake: Intake) -> bool:
    """Whether no edge of a file that did not change can be another than before: the changed ones show the same to
    others. A file that came or went, or of which it is not known what it said, is seen by all; so is a manifest that
    says what modules are called."""
    for path, before in intake.changed.items():
        if resolve.names_modules(path):
            return False
        said, says = before is not None and before.sha256 and before.status in PARSED, path in intake.facts
        if not said and not says:
            continue
        if not said or not says or path not in intake.before:
            return False
        old, new = codec.decode(intake.before[path]), codec.decode(intake.facts[path])
        if resolve.interface_digest(old) != resolve.interface_digest(new):
            return False
    return True


def numbered(symbols: SymbolTable, facts: Iterable[FileFacts]) -> dict[str, list[int]]:
    """Path → the ids of its symbols in the order of its facts. Raises BuildFailed if a file's facts name others than it
    has in the draft: it was parsed by other grammars."""
    by_path = symbols.by_path()
    try:
        return {each.path: [by_path[each.path][symbol.key] for symbol in each.symbols] for each in facts}
    except KeyError as error:
        raise BuildFailed(f"symbol {error} is not in the draft", "build anew, without --since") from error


def _resolve(draft: Draft, symbols: SymbolTable, intake: Intake, local: bool, listener: Listener) -> _Resolved:
    facts = codec.decode_late(blob for _, blob in sorted(intake.facts.items()))
    ids = numbered(symbols, facts)
    index = resolve.build_index(facts, ids, resolve.module_names(draft.artifacts()))
    chosen = [each for each in facts if each.path in intake.changed] if local else facts
    gained: list[Edge] = []
    lost = [edge for edge in intake.edges if edge.kind != "similar"]
    if not intake.whole:
        draft.clear("edges", "unresolved")
    entries: set[EntryPoint] = set()
    read = reader(draft)
    for batch in batches(enumerate(chosen, 1), BATCH_FILES * 4):
        unresolved: list[Unresolved] = []
        fresh: list[Edge] = []
        for _, one in batch:
            entries |= declared(index, one, read)
            resolution = resolve.resolve_file(index, one)
            fresh.extend(resolution.edges)
            unresolved.extend(resolution.unresolved)
        with draft.batch():
            if intake.whole:
                sources = [number for _, one in batch for number in ids[one.path]]
                changed, stored = draft.replace_edges(sources, fresh)
                draft.replace_unresolved(sources, unresolved)
                gained.extend(edge for edge in fresh if edge.source in changed)
                lost.extend(stored)
            else:
                draft.add_edges(fresh)
                draft.add_unresolved(unresolved)
        listener(Progress(stage="assemble", done=batch[-1][0], total=len(chosen)))
    enter(draft, index, entries, intake.changed if local else None)
    return _Resolved(gained=gained, lost=lost)


def _ends(edges: Iterable[Edge]) -> set[tuple[int, int, str, str]]:
    """Edges without what only readers see: the reason and the line."""
    return {edge[:4] for edge in edges}


def _same_names(draft: Draft, intake: Intake) -> bool:
    """Whether clusters are drawn and named from the same files and the same words as before. Symbols are known to be
    the same where this is asked, but for their documentation."""
    for path, before in intake.changed.items():
        after = draft.file(path)
        if before is None or after is None or before.status != after.status:
            return False
        if path in intake.facts:
            old, new = codec.decode(intake.before[path]), codec.decode(intake.facts[path])
            if [symbol.docstring for symbol in old.symbols] != [symbol.docstring for symbol in new.symbols]:
                return False
    return True


def _relate(draft: Draft, symbols: SymbolTable) -> None:
    """Similarity edges, where there are vectors."""
    vectors = _symbol_vectors(draft, symbols)
    if vectors:
        from doctown.assemble.neighbours import similar  # noqa: PLC0415 - loads numpy, wanted only with vectors

        draft.set_similar(similar(symbols, vectors))


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
