"""Gives the chunks in the draft their vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from doctown.docpack.draft import Draft
from doctown.model import Chunk, Progress
from doctown.settings import Settings
from doctown.stages.common import Listener, Notes, batches

if TYPE_CHECKING:
    from doctown.embed import Embedder

BATCH_TEXTS = 512  # embedded and stored at a time


def check_embedder(kind: str, settings: Settings) -> None:
    """Raises InputError if vectors of this kind cannot be made here: before the work that precedes them."""
    if kind != "none":
        _open_embedder(kind, settings).close()


def _open_embedder(kind: str, settings: Settings) -> Embedder:
    from doctown.embed import open_embedder  # noqa: PLC0415 - loads numpy and a runtime, wanted only here

    if settings.embedding_url and kind == "local":
        kind = "remote"
    return open_embedder(kind, url=settings.embedding_url, cache=settings.cache)  # type: ignore[arg-type]


def embed(draft: Draft, kind: str, settings: Settings, notes: Notes, listener: Listener) -> None:
    """Gives every chunk that has none its vector. With `kind` none, nothing is embedded and no model loaded."""
    if kind == "none":
        return
    with notes.timed("embed"):
        embedder = _open_embedder(kind, settings)
        notes.models["embedding"] = {"name": embedder.model, "dimensions": embedder.dimensions}
        try:
            waiting = list(draft.chunks_without_vector())
            total = len(waiting)
            done = 0
            for batch in batches(_by_length(waiting), BATCH_TEXTS):
                vectors = embedder.embed(list(_texts(draft, [chunk for _, chunk in batch])))
                draft.add_vectors(zip((number for number, _ in batch), vectors, strict=True))
                done += len(batch)
                listener(Progress(stage="embed", done=done, total=total))
        finally:
            embedder.close()


def _by_length(chunks: Sequence[tuple[int, Chunk]]) -> list[tuple[int, Chunk]]:
    """Equal lengths together, so that a batch is hardly padded; within a length by file, so that each is read once."""
    return sorted(chunks, key=lambda numbered: (-(numbered[1].tokens // 16), numbered[1].path, numbered[0]))


def _texts(draft: Draft, chunks: Sequence[Chunk]) -> Iterator[str]:
    path, content = "", b""
    for chunk in chunks:
        if chunk.path != path:
            path, content = chunk.path, draft.read_source(chunk.path) or b""
        yield content[chunk.start_byte : chunk.end_byte].decode("utf-8", "replace")
