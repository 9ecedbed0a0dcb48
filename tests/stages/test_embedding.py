"""What is embedded of a chunk, how often, and on what its vector hangs."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from doctown.docpack.draft import Draft
from doctown.embed.batches import embed_texts
from doctown.embed.cache import CachedEmbedder
from doctown.embed.local import LocalEmbedder
from doctown.embed.memory import MemoryEmbedder
from doctown.embed.tokenizer import WINDOW, encode, windows
from doctown.embed.wordpiece import count_tokens
from doctown.errors import DoctownError
from doctown.ingest.chunk import LIMIT
from doctown.model import Chunk, Progress, Vector
from doctown.settings import Settings
from doctown.stages import embedding
from doctown.stages.common import Notes
from tests.docpack.conftest import FINGERPRINT, make_file, make_symbol

BODY = b"def load(name):\n    return open(name).read()\n"


def a_draft(place: Path, files: dict[str, bytes]) -> Draft:
    """A draft with one function `load`, its chunk the whole file, in each of the files."""
    draft = Draft.open(place, FINGERPRINT)
    for path, content in files.items():
        draft.add_files([(make_file(path, content), content)])
        top = make_symbol((path, content), "<module>", "module", "", b"")
        draft.add_symbols([top, make_symbol((path, content), "load", "function", top.key, content.rstrip())])
        size = len(content)
        draft.add_chunks([Chunk(path=path, symbol=f"{path}#load", start_byte=0, end_byte=size, tokens=size // 4)])
    return draft


def vectors_of(draft: Draft) -> dict[str, Vector]:
    """The vectors of a draft by the path of their chunk."""
    numbers = {number: chunk.path for number, chunk in draft.chunks()}
    return {numbers[number]: vector for number, vector in draft.vectors()}


def embed_all(draft: Draft, settings: Settings) -> None:
    """Embeds what is in the draft, nothing of which was offered before."""
    with embedding.embed(draft, "local", settings, Notes(), lambda _: None) as vectors:
        vectors.finish()


def test_the_line_above_a_chunk_names_symbol_and_place() -> None:
    """Words of the qualified name and of the last parts of the path, without numbers that only tell twins apart."""
    chunk = Chunk(path="a/b/c/d/httpServer.py", symbol="a/b/c/d/httpServer.py#HTTPServer.do_GET~2",
                  start_byte=0, end_byte=9, tokens=3)  # fmt: skip
    assert embedding.headed(chunk, "def x") == "http server do get : b c d http server\ndef x"


def test_a_full_chunk_and_its_line_are_read_at_once() -> None:
    """A chunk of the greatest size leaves room for the line above it: two windows would cost twice, and their mean says
    less than one vector of the whole."""
    path = "django/contrib/gis/db/backends/postgis/schema.py"
    chunk = Chunk(path=path, symbol=f"{path}#PostGISSchemaEditor._alter_column_type_sql", start_byte=0, end_byte=1,
                  tokens=LIMIT)  # fmt: skip
    (ids,) = encode([embedding.headed(chunk, " ".join(["word"] * LIMIT))])
    assert len(ids) > LIMIT
    assert len(windows(ids)) == 1


def test_a_long_chunk_below_its_line_is_not_cut() -> None:
    """A chunk and a line that are more than the model reads at once: the rest is read in another window, so the last
    word of the chunk counts as every other does."""
    chunk = Chunk(path="src/pack/reader.py", symbol="src/pack/reader.py#Reader.read_all", start_byte=0, end_byte=1,
                  tokens=WINDOW)  # fmt: skip
    words = ["word"] * (WINDOW - 1)
    texts = [embedding.headed(chunk, " ".join([*words, last])) for last in ("alpha", "omega")]
    for text in texts:
        assert count_tokens(text) > WINDOW
        ids = encode([text])[0]
        assert sum(len(part) - 2 for part in windows(ids)) == len(ids) == count_tokens(text)
        assert all(len(part) <= WINDOW + 2 for part in windows(ids))
    embedder = LocalEmbedder(threads=1)
    one, two = embedder.embed(texts)
    embedder.close()
    assert one.data != two.data


def test_what_is_identical_is_embedded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies of a function in folders of the same last names have one text, which is computed once, in whatever
    batches they come; under another name it is another text."""
    inner = MemoryEmbedder()
    monkeypatch.setattr(embedding, "_open_embedder", lambda *_: CachedEmbedder(inner, tmp_path / "cache"))
    monkeypatch.setattr(embedding, "BATCH_TEXTS", 2)
    files = {f"{top}/p/q/r/x.py": BODY for top in "abcde"} | {"a/p/q/r/other.py": BODY}
    draft = a_draft(tmp_path / "x.draft", files)
    embed_all(draft, Settings(cache=tmp_path))
    asked = [text for call in inner.calls for text in call]
    assert len(asked) == len(set(asked)) == 2
    assert len({(one.scale, one.data) for one in vectors_of(draft).values()}) == 2
    assert len(vectors_of(draft)) == 6


def test_identical_texts_of_one_call_run_once() -> None:
    """Without a cache too: the network sees a text once a call."""
    seen: list[int] = []

    def run(ids: np.ndarray) -> np.ndarray:
        seen.append(len(ids))
        return np.ones((*ids.shape, 8), np.float32)

    with ThreadPoolExecutor(1) as executor:
        made = embed_texts(["same text"] * 5 + ["another one"], model="m", dimensions=8, run=run, executor=executor)
    assert len(made) == 6
    assert sum(seen) == 2


def test_a_vector_does_not_hang_on_other_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files beside it, longer and shorter, leave a chunk's vector the same to the last bit."""
    monkeypatch.setattr(embedding, "_open_embedder", lambda *_: LocalEmbedder(threads=1))
    others = {f"src/m{n}.py": BODY + b"# more words here\n" * n for n in range(1, 12)}
    found = []
    for name, files in (("alone", {}), ("among", others)):
        draft = a_draft(tmp_path / f"{name}.draft", {"src/load.py": BODY, **files})
        embed_all(draft, Settings(cache=tmp_path))
        found.append(vectors_of(draft)["src/load.py"])
    assert found[0] == found[1]


# --- while files are still being read ---------------------------------------------------------------------------------


class Slow(MemoryEmbedder):
    """Answers when it is let: `free` is set, or it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Semaphore(0)
        self.free = threading.Event()

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        self.asked.release()
        assert self.free.wait(60)
        return super().embed(texts)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    embedder = Slow()
    monkeypatch.setattr(embedding, "_open_embedder", lambda *_: embedder)
    monkeypatch.setattr(embedding, "BATCH_TEXTS", 4)
    monkeypatch.setattr(embedding, "LEAST_TEXTS", 4)
    yield embedder
    embedder.free.set()


def many(tmp_path: Path, count: int) -> tuple[Draft, list[tuple[int, Chunk]]]:
    draft = a_draft(tmp_path / "x.draft", {f"m{n}.py": BODY + b"# more\n" * n for n in range(count)})
    return draft, list(draft.chunks())


def test_embedding_begins_while_files_are_read_and_holds_nothing_up(tmp_path: Path, slow: Slow) -> None:
    """What was stored first is embedded while the rest is read; offering never waits for the embedder, however many
    chunks there are, and no more than two batches of texts are in its hands."""
    draft, chunks = many(tmp_path, 40)
    heard: list[Progress] = []
    with embedding.embed(draft, "local", Settings(cache=tmp_path), Notes(), heard.append) as vectors:
        vectors.offer(chunks[:3])
        assert not slow.asked.acquire(timeout=0.05)  # too few for a batch: what is yet to come is longer, or shorter
        for at in range(3, 40, 3):
            vectors.offer(chunks[at : at + 3])
        assert slow.asked.acquire(timeout=30)
        assert len(vectors._under_way) == embedding.AHEAD
        assert [(one.stage, one.done, one.total) for one in heard] == [("embed", 0, 0)]
        slow.free.set()
        until = time.monotonic() + 30
        while heard[-1].done == 0 and time.monotonic() < until:
            vectors.offer([])
        assert heard[-1].done >= 4
        assert all(one.total == 0 for one in heard)  # nobody knows yet how many there will be
        assert sum(1 for _ in draft.vectors()) == heard[-1].done  # stored already, for a build that goes on from here
        vectors.finish()
    assert heard[-1].done == heard[-1].total == 40
    assert [one.done for one in heard] == sorted(one.done for one in heard)
    asked = [text for call in slow.calls for text in call]
    assert len(asked) == len(set(asked)) == 40
    assert max(map(len, slow.calls)) == 4


def test_vectors_belong_to_their_chunks_whenever_they_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made beside the reading or after it, each chunk has the vector of its own text."""
    monkeypatch.setattr(embedding, "_open_embedder", lambda *_: MemoryEmbedder())
    monkeypatch.setattr(embedding, "BATCH_TEXTS", 4)
    monkeypatch.setattr(embedding, "LEAST_TEXTS", 2)
    found = []
    for beside in (True, False):
        (tmp_path / str(beside)).mkdir()
        draft, chunks = many(tmp_path / str(beside), 30)
        with embedding.embed(draft, "local", Settings(cache=tmp_path), Notes(), lambda _: None) as vectors:
            for at in range(0, 27, 9):
                if beside:
                    vectors.offer(chunks[at : at + 9])
            vectors.finish()
        found.append(vectors_of(draft))
    assert found[0] == found[1]
    assert len(found[0]) == 30
    assert len({vector.data for vector in found[0].values()}) == 30


def test_whoever_leaves_early_does_not_wait_for_the_embedder(tmp_path: Path, slow: Slow) -> None:
    """A build that is broken off, or whose source turns out to be useless, ends at once: a service that is asked for
    vectors may take minutes."""
    draft, chunks = many(tmp_path, 12)
    began = time.monotonic()
    with (
        pytest.raises(KeyboardInterrupt),
        embedding.embed(draft, "local", Settings(cache=tmp_path), Notes(), lambda _: None) as vectors,
    ):
        vectors.offer(chunks)
        assert slow.asked.acquire(timeout=30)
        raise KeyboardInterrupt
    assert time.monotonic() - began < 30
    assert not slow.free.is_set()
    assert slow.calls == []
    slow.free.set()
    assert not slow.asked.acquire(timeout=0.2)  # the batch that waited is not asked for any more


BROKEN_OFF = """
import sys, threading
from doctown.embed.memory import MemoryEmbedder
from doctown.settings import Settings
from doctown.stages import embedding
from doctown.stages.common import Notes
from pathlib import Path
from tests.stages.test_embedding import many
class Silent(MemoryEmbedder):
    def embed(self, texts):
        asked.set()
        threading.Event().wait()
asked, embedding.LEAST_TEXTS = threading.Event(), 4
embedding._open_embedder = lambda *_: Silent()
draft, chunks = many(Path(sys.argv[1]), 12)
with embedding.embed(draft, "local", Settings(cache=Path(sys.argv[1])), Notes(), lambda _: None) as vectors:
    vectors.offer(chunks)
    assert asked.wait(60)
    raise KeyboardInterrupt
"""


def test_a_process_ends_though_its_embedder_never_answers(tmp_path: Path) -> None:
    """Ctrl-C while a service is silent: nothing that the build began keeps its process alive."""
    done = subprocess.run(
        [sys.executable, "-c", BROKEN_OFF, str(tmp_path)], stderr=subprocess.PIPE, timeout=120, check=False
    )
    assert done.stderr.rstrip().endswith(b"KeyboardInterrupt")


def test_closing_the_local_model_gives_up_what_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of texts may be on their way through the model when a build is broken off."""
    embedder = LocalEmbedder(threads=1)
    begun, go, runs = threading.Event(), threading.Event(), []

    class Session:
        def run(self, _: object, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
            runs.append(1)
            begun.set()
            assert go.wait(60)
            return [np.ones((*inputs["ids"].shape, 384), np.float32)]

    monkeypatch.setattr(embedder, "_open", Session)
    failed: list[BaseException] = []

    def ask() -> None:
        try:
            embedder.embed([f"{'word ' * n}" for n in range(1, 60)])
        except (CancelledError, RuntimeError) as error:  # the latter while they are still being handed out
            failed.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    assert begun.wait(30)
    threading.Timer(0.1, go.set).start()
    embedder.close()
    thread.join(30)
    assert failed
    assert len(runs) < 59


def test_what_the_embedder_raises_ends_the_reading_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that fails is told of as soon as that is known, not when an hour of reading is over."""

    class Broken(MemoryEmbedder):
        def embed(self, texts: Sequence[str]) -> list[Vector]:
            raise DoctownError("the Embedding service failed", "see its log")

    monkeypatch.setattr(embedding, "_open_embedder", lambda *_: Broken())
    monkeypatch.setattr(embedding, "LEAST_TEXTS", 4)
    draft, chunks = many(tmp_path, 12)

    def offer_for_ever() -> None:
        with embedding.embed(draft, "local", Settings(cache=tmp_path), Notes(), lambda _: None) as vectors:
            vectors.offer(chunks)
            until = time.monotonic() + 30
            while time.monotonic() < until:
                vectors.offer([])

    with pytest.raises(DoctownError, match="the Embedding service failed"):
        offer_for_ever()
