"""Gives the chunks in the draft their vectors.

What is embedded is the chunk's text below one line that says whose it is: the words of the symbol's name and of its
path. Code seldom repeats these within itself, and they are what people ask for: measured by `bench/search.py`, the line
is worth as much as all that the words of the body are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from doctown.docpack.draft import Draft
from doctown.docpack.words import HUMP
from doctown.model import MODULE, Chunk, Progress
from doctown.settings import Settings
from doctown.stages.common import Listener, Notes, batches

if TYPE_CHECKING:
    from doctown.embed import Embedder

BATCH_TEXTS = 512  # embedded and stored at a time
PATH_PARTS = 4  # of a chunk's path that stand above its text: the last ones say most
_DROPPED = "drop other vectors"  # a step of a draft, noted there once it is done
_NO_WORD = re.compile(r"[\W_]+")


def check_embedder(kind: str, settings: Settings) -> None:
    """Raises InputError if vectors of this kind cannot be made here: before the work that precedes them."""
    if kind != "none":
        _open_embedder(kind, settings).close()


def _open_embedder(kind: str, settings: Settings) -> Embedder:
    from doctown.embed import open_embedder  # noqa: PLC0415 - loads numpy and a runtime, wanted only here

    if settings.embedding_url and kind == "local":
        kind = "remote"
    return open_embedder(kind, url=settings.embedding_url, token=settings.api_token, cache=settings.cache)  # type: ignore[arg-type]


def embed(draft: Draft, kind: str, settings: Settings, notes: Notes, listener: Listener) -> None:
    """Gives every chunk that has none its vector. With `kind` none, nothing is embedded and no model loaded."""
    if kind == "none":
        _drop_others(draft, kind, "")
        return
    with notes.timed("embed"):
        embedder = _open_embedder(kind, settings)
        notes.models["embedding"] = {"name": embedder.model, "dimensions": embedder.dimensions}
        try:
            _drop_others(draft, kind, embedder.model)
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


def _drop_others(draft: Draft, kind: str, model: str) -> None:
    """Takes out what came with a pack that was made with other vectors, once: of this kind and model a full build would
    make none of them."""
    if draft.is_done(_DROPPED):
        return
    options, models = draft.manifest("options"), draft.manifest("models")
    before = (_text(options, "vectors"), _text(models, "embedding", "name"))
    with draft.batch():
        if before != (kind, model):
            draft.clear("vectors")
            draft.set_similar(())
        draft.finish(_DROPPED)


def _text(value: object, *names: str) -> str:
    """The text below these names of a manifest value; empty if there is none: a pack may say anything there."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def _by_length(chunks: Sequence[tuple[int, Chunk]]) -> list[tuple[int, Chunk]]:
    """Equal lengths together, so that a batch is hardly padded; within a length by file, so that each is read once."""
    return sorted(chunks, key=lambda numbered: (-(numbered[1].tokens // 16), numbered[1].path, numbered[0]))


def _texts(draft: Draft, chunks: Sequence[Chunk]) -> Iterator[str]:
    path, content = "", b""
    for chunk in chunks:
        if chunk.path != path:
            path, content = chunk.path, draft.read_source(chunk.path) or b""
        yield headed(chunk, content[chunk.start_byte : chunk.end_byte].decode("utf-8", "replace"))


def headed(chunk: Chunk, text: str) -> str:
    """The chunk's text as it is embedded, below the words of its symbol's name and of its path's last parts."""
    name = chunk.symbol[len(chunk.path) + 1 :].partition("~")[0].replace(MODULE, "")
    folder, _, file = chunk.path.rpartition("/")
    place = "/".join([*folder.split("/")[-(PATH_PARTS - 1) :], file.rpartition(".")[0] or file])
    return f"{_spaced(name)} : {_spaced(place)}\n{text}"


def _spaced(name: str) -> str:
    """The words of a name, in lower case."""
    return " ".join(_NO_WORD.sub(" ", HUMP.sub(" ", name)).lower().split())
