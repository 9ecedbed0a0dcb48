"""Gives the chunks in the draft their vectors, beginning while files are still being parsed.

A thread asks the embedder, and nothing but texts and vectors passes between it and the build, whose own thread alone
touches the draft. Two batches are under way at most, so memory is bounded, and whoever embeds need not wait while
vectors are stored. Vectors come into the draft in whole batches: a build that is killed goes on from those.

What is embedded is the chunk's text below one line that says whose it is: the words of the symbol's name and of its
path. Code seldom repeats these within itself, and they are what people ask for: measured by `bench/search.py`, the line
is worth as much as all that the words of the body are.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from queue import SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING

from doctown.docpack.draft import Draft
from doctown.docpack.words import HUMP
from doctown.model import MODULE, Chunk, Progress, Vector
from doctown.settings import Settings
from doctown.stages.common import Listener, Notes

if TYPE_CHECKING:
    from doctown.embed import Embedder

BATCH_TEXTS = 512  # embedded and stored at a time, at most
LEAST_TEXTS = 64  # worth asking for while more are on their way; what a request to a service holds
AHEAD = 2  # batches under way at most: one at work, and one that waits for it or is about to be stored
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


@contextmanager
def embed(draft: Draft, kind: str, settings: Settings, notes: Notes, listener: Listener) -> Iterator[Embedding]:
    """What gives every chunk that has none its vector: it is offered chunks as they are stored, and told to finish.
    With `kind` none, nothing is embedded and no model loaded. Leaving the block drops what is under way."""
    if kind == "none":
        _drop_others(draft, kind, "")
        yield Embedding(draft, None, notes, listener)
        return
    embedder = _open_embedder(kind, settings)
    try:
        notes.models["embedding"] = {"name": embedder.model, "dimensions": embedder.dimensions}
        _drop_others(draft, kind, embedder.model)
        with _Asker(embedder) as asker:
            yield Embedding(draft, asker, notes, listener)
    finally:
        embedder.close()


class Embedding:
    """The vectors of one build in the making. To be used from the thread that holds the draft."""

    def __init__(self, draft: Draft, asker: _Asker | None, notes: Notes, listener: Listener) -> None:
        self._draft, self._asker, self._notes, self._listener = draft, asker, notes, listener
        self._waiting: list[tuple[int, Chunk]] = []  # offered and not under way
        self._under_way: deque[tuple[list[int], Future[list[Vector]]]] = deque()  # the oldest first
        self._done = 0
        self._total = 0  # unknown until everything was read

    def offer(self, stored: Iterable[tuple[int, Chunk]]) -> None:
        """Chunks that were just stored, by id. Waits for nothing: it keeps what is ready, and gives the embedder as
        much as it should have before it. Raises what the embedder raised."""
        if self._asker is None:
            return
        self._waiting.extend(stored)
        while self._under_way and self._under_way[0][1].done():
            self._keep()
        if len(self._waiting) >= LEAST_TEXTS and len(self._under_way) < AHEAD:
            self._waiting = by_length(self._waiting)
            while len(self._waiting) >= LEAST_TEXTS and len(self._under_way) < AHEAD:
                self._ask()

    def finish(self) -> None:
        """Embeds every chunk of the draft that has no vector yet: the rest of those that were offered, and those that
        were there before. Raises what the embedder raised."""
        if self._asker is None:
            return
        with self._notes.timed("embed"):
            asked = {number for numbers, _ in self._under_way for number in numbers}
            self._waiting = by_length(one for one in self._draft.chunks_without_vector() if one[0] not in asked)
            self._total = self._done + len(asked) + len(self._waiting)
            if self._done or asked:
                self._listener(Progress(stage="embed", done=self._done, total=self._total))
            while self._waiting or self._under_way:
                while self._waiting and len(self._under_way) < AHEAD:
                    self._ask()
                self._keep()

    def _ask(self) -> None:
        """Has the first of those that wait embedded."""
        assert self._asker is not None
        batch, self._waiting = self._waiting[:BATCH_TEXTS], self._waiting[BATCH_TEXTS:]
        if not self._done and not self._under_way:
            self._listener(Progress(stage="embed", done=0, total=self._total))
        texts = list(_texts(self._draft, [chunk for _, chunk in batch]))
        self._under_way.append(([number for number, _ in batch], self._asker.ask(texts)))

    def _keep(self) -> None:
        """Stores the vectors of the batch that was asked for first, once they are there."""
        numbers, answer = self._under_way[0]
        vectors = answer.result()
        self._draft.add_vectors(zip(numbers, vectors, strict=True))
        self._under_way.popleft()
        self._done += len(numbers)
        self._listener(Progress(stage="embed", done=self._done, total=self._total))


class _Asker:
    """Asks an embedder in a thread of its own, one batch after the other. The thread is a daemon, since a service may
    take its time to answer: a build that ends early, as by Ctrl-C, does not wait for what nobody wants any more."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._batches: SimpleQueue[tuple[list[str], Future[list[Vector]]] | None] = SimpleQueue()
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._work, name="doctown-embed", daemon=True)

    def __enter__(self) -> _Asker:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._left.set()
        self._batches.put(None)

    def ask(self, texts: list[str]) -> Future[list[Vector]]:
        """The vectors of these texts, or what the embedder raised, when their turn has come."""
        answer: Future[list[Vector]] = Future()
        self._batches.put((texts, answer))
        return answer

    def _work(self) -> None:
        while (batch := self._batches.get()) is not None and not self._left.is_set():
            texts, answer = batch
            try:
                answer.set_result(self._embedder.embed(texts))
            except Exception as error:  # noqa: BLE001 - raised again in the thread that waits for the answer
                answer.set_exception(error)


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


def by_length(chunks: Iterable[tuple[int, Chunk]]) -> list[tuple[int, Chunk]]:
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
