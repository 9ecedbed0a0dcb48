"""Writes the pages of the draft from what is there, without a model."""

from __future__ import annotations

from doctown.assemble.graph import assemble_repository
from doctown.docpack.draft import Draft
from doctown.errors import BuildFailed
from doctown.generate import extract
from doctown.model import Origin, Progress
from doctown.stages.assembling import Assembly
from doctown.stages.common import Listener, Notes, batches

BATCH_PAGES = 2_000


def document(draft: Draft, origin: Origin, assembly: Assembly, notes: Notes, listener: Listener) -> None:
    """Writes every page from what is there, without a model."""
    with notes.timed("generate"):
        draft.clear("pages")
        repository = assemble_repository(
            origin=origin,
            files=draft.files(),
            symbols=assembly.symbols,
            edges=assembly.edges,
            clusters=assembly.clusters,
            centrality=assembly.centrality,
            artifacts=draft.artifacts(),
            read=lambda path: (draft.read_source(path) or b"").decode("utf-8", "replace"),
        )
        written = 0
        for batch in batches(extract.pages(repository), BATCH_PAGES):
            draft.add_pages(batch)
            written += len(batch)
            listener(Progress(stage="generate", done=written, total=len(assembly.symbols)))
        if not written:
            raise BuildFailed("no page was written", "this is a defect of Doctown; the draft is kept")
