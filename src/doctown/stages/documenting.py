"""Writes the pages of the draft from what is there, without a model: all of them, or those that a change concerns."""

from __future__ import annotations

from doctown.assemble.relations import Adjacent, relations
from doctown.docpack.coding import SUBJECT_CODES
from doctown.docpack.draft import Draft
from doctown.errors import BuildFailed
from doctown.generate import extract
from doctown.model import Origin, Progress, Repository
from doctown.stages.assembling import Assembly
from doctown.stages.common import Listener, Notes, batches

BATCH_PAGES = 2_000


def document(draft: Draft, origin: Origin, assembly: Assembly, notes: Notes, listener: Listener) -> None:
    """Writes every page from what is there, without a model; a page that says what it said is left alone."""
    with notes.timed("generate"):
        repository = gather(draft, origin, assembly)
        chosen = _chosen(draft, assembly)
        written_of = repository if chosen is None else chosen
        total = sum(map(len, (written_of.symbols, written_of.files, written_of.clusters, repository.artifacts))) + 1
        written = 0
        for batch in batches(extract.pages(repository, chosen), BATCH_PAGES):
            draft.add_pages(batch)
            written += len(batch)
            listener(Progress(stage="generate", done=written, total=total))
        if not written:
            raise BuildFailed("no page was written", "this is a defect of Doctown; the draft is kept")


def gather(draft: Draft, origin: Origin, assembly: Assembly) -> Repository:
    """Everything that pages are written from, of which little is made before it is asked for."""
    symbols, edges = assembly.symbols, assembly.graph
    paths, place = symbols.places()
    columns = (edges.source, edges.target, edges.label, edges.line)
    parents = {cluster.parent for cluster in assembly.clusters}
    return Repository(
        origin=origin,
        files={file.path: file for file in draft.files()},
        symbols=symbols,
        children=symbols.children(),
        modules=symbols.modules(),
        outgoing=Adjacent(columns, edges.labels, symbols.key, 0),
        incoming=Adjacent(columns, edges.labels, symbols.key, 1),
        clusters={cluster.key: cluster for cluster in assembly.clusters},
        cluster_of={
            path: cluster.key for cluster in assembly.clusters if cluster.key not in parents for path in cluster.paths
        },
        centrality=assembly.centrality,
        artifacts=draft.artifacts(),
        entry_points=draft.entry_points(),
        read=lambda path: (draft.read_source(path) or b"").decode("utf-8", "replace"),
        census=symbols.census(),
        kind_of=symbols.kind,
        relations=relations(paths, place[edges.source], place[edges.target], edges.target, edges.label, edges.labels),
    )


def _chosen(draft: Draft, assembly: Assembly) -> extract.Chosen | None:
    """The subjects whose pages a change concerns, where that is known; None: all."""
    if assembly.concerned is None:
        return None
    symbols, files = set(assembly.concerned.symbols), set(assembly.concerned.files)
    clusters: set[str] = set()
    # What a model wrote, or could not write, is no page of this stage.
    for page in draft.foreign_pages():
        if page & 7 == SUBJECT_CODES["symbol"]:
            symbols.add(page >> 3)
        elif page & 7 == SUBJECT_CODES["file"]:
            files.add(draft.path_of(page >> 3))
        elif page & 7 == SUBJECT_CODES["cluster"]:
            clusters.update(cluster.key for cluster in assembly.clusters)
    files |= {assembly.symbols.path(number) for number in symbols}
    clusters |= {cluster.key for cluster in assembly.clusters if not files.isdisjoint(cluster.paths)}
    return extract.Chosen(
        symbols=symbols,
        files=files,
        clusters=clusters,
        symbol_summary=lambda number: draft.summary("symbol", number),
        file_summary=lambda path: draft.summary("file", path),
    )
