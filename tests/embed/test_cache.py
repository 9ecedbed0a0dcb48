import multiprocessing
import os
import signal
import sqlite3
from pathlib import Path

import pytest

from doctown.embed import Embedder, cache
from doctown.embed.cache import FILE, CachedEmbedder
from doctown.embed.memory import MemoryEmbedder
from doctown.errors import InputError
from tests.embed.contract import EmbedderContract

TEXTS = [f"text number {number}" for number in range(300)]


class TestCachedEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self, tmp_path: Path) -> Embedder:
        return CachedEmbedder(MemoryEmbedder(), tmp_path / "cache")


class TestWarmCachedEmbedder(EmbedderContract):
    """The same promises when every vector comes from the file."""

    @pytest.fixture
    def embedder(self, tmp_path: Path) -> Embedder:
        from tests.embed.contract import TEXTS as WARM

        first = CachedEmbedder(MemoryEmbedder(), tmp_path)
        first.embed(WARM)
        first.close()
        return CachedEmbedder(MemoryEmbedder(), tmp_path)


def _embed(folder: Path, texts: list[str] = TEXTS, **options) -> tuple[MemoryEmbedder, CachedEmbedder]:
    inner = MemoryEmbedder(dimensions=options.pop("dimensions", 384), model=options.pop("model", "m"))
    embedder = CachedEmbedder(inner, folder, **options)
    assert embedder.embed(texts) == MemoryEmbedder(dimensions=inner.dimensions, model=inner.model).embed(texts)
    embedder.close()
    return inner, embedder


def _asked(inner: MemoryEmbedder) -> int:
    return sum(map(len, inner.calls))


def test_second_time_is_free(tmp_path):
    """What one build computed the next one reads: nothing is asked of the model, and only what is new a third time."""
    assert _asked(_embed(tmp_path)[0]) == 300
    inner, embedder = _embed(tmp_path)
    assert inner.calls == []
    assert (embedder.hits, embedder.misses) == (300, 0)
    inner, _ = _embed(tmp_path, [*TEXTS, "new one"])
    assert inner.calls == [("new one",)]


def test_identities_are_apart(tmp_path):
    """Vectors of another model or size are never served, though the texts are the same."""
    _embed(tmp_path)
    assert _asked(_embed(tmp_path, model="other")[0]) == 300
    assert _asked(_embed(tmp_path, dimensions=64)[0]) == 300


@pytest.mark.parametrize("damage", ["garbage", "truncated", "empty", "middle", "schema"])
def test_damaged_file(tmp_path, damage):
    """Whatever happened to the file, vectors are right and the next build finds a cache again."""
    _embed(tmp_path)
    path = tmp_path / FILE
    data = path.read_bytes()
    match damage:
        case "garbage":
            path.write_bytes(os.urandom(5000))
        case "truncated":
            path.write_bytes(data[: len(data) // 2])
        case "empty":
            path.write_bytes(b"")
        case "middle":
            path.write_bytes(data[:4096] + bytes(len(data) - 4096))
        case "schema":
            path.unlink()
            with sqlite3.connect(path) as connection:
                connection.execute("CREATE TABLE unrelated(x)")
            connection.close()
    assert _asked(_embed(tmp_path)[0]) > 0
    assert _asked(_embed(tmp_path)[0]) == 0


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE kept SET data = zeroblob(392)",
        "UPDATE kept SET data = substr(data, 2)",
        "UPDATE kept SET checksum = checksum + 1",
    ],
)
def test_altered_rows(tmp_path, change):
    """A row that is not what was stored counts as missing and is replaced."""
    _embed(tmp_path)
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute(change)
    connection.close()
    assert _asked(_embed(tmp_path)[0]) == 300
    assert _asked(_embed(tmp_path)[0]) == 0


def test_unusable_file(tmp_path):
    """Where the file cannot be used at all, vectors are computed and the reason is told."""
    (tmp_path / FILE).mkdir()
    inner, embedder = _embed(tmp_path)
    assert _asked(inner) == 300
    assert "cannot be used" in embedder.problem


def test_unusable_folder(tmp_path):
    """A folder that cannot be made is an error of the input."""
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="another folder"):
        CachedEmbedder(MemoryEmbedder(), tmp_path / "file" / "cache")


def test_size_is_bounded(tmp_path):
    """However much is computed, the file stays near its limit, and what was used last stays in it."""
    now = [1_000_000.0]
    limit = 200_000
    for start in range(0, 3000, 300):
        now[0] += 10_000
        _embed(tmp_path, [f"{start} {number}" for number in range(300)], max_bytes=limit, clock=lambda: now[0])
        _embed(tmp_path, ["favourite"], max_bytes=limit, clock=lambda: now[0])
    assert (tmp_path / FILE).stat().st_size < 2 * limit
    assert _asked(_embed(tmp_path, ["favourite"])[0]) == 0
    assert _asked(_embed(tmp_path, ["0 1"])[0]) == 1


class _Killed(MemoryEmbedder):
    """Kills its own process at the third call, as a machine would: without a chance to tidy up."""

    def embed(self, texts):
        if len(self.calls) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().embed(texts)


def _build_and_die(folder: Path) -> None:
    cache.BATCH_TEXTS = 50
    CachedEmbedder(_Killed(model="m"), folder).embed(TEXTS)


def test_survives_a_kill(tmp_path):
    """What was stored before a SIGKILL is there for the next build; only the batch in flight is lost."""
    process = multiprocessing.get_context("spawn").Process(target=_build_and_die, args=(tmp_path,))
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL
    inner, embedder = _embed(tmp_path)
    assert embedder.hits == 100
    assert _asked(inner) == 200


def _build(folder: Path, offset: int, barrier) -> None:
    cache.BATCH_TEXTS = 10
    barrier.wait(30)
    _embed(folder, TEXTS[offset:] + TEXTS[:offset])


def test_several_processes(tmp_path):
    """Processes that fill one cache at the same time neither fail nor spoil each other's vectors."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(3)
    processes = [context.Process(target=_build, args=(tmp_path, offset, barrier)) for offset in (0, 100, 200)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    inner, embedder = _embed(tmp_path)
    assert _asked(inner) == 0
    assert not embedder.problem


def test_folder_is_private(tmp_path):
    """Vectors tell much of a text: others on the machine do not get to read them."""
    _embed(tmp_path / "made")
    assert (tmp_path / "made").stat().st_mode & 0o077 == 0
