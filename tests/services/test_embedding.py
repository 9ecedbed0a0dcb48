from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait

import httpx
import pytest
from starlette.testclient import TestClient

from doctown.embed import wire
from doctown.embed.memory import MemoryEmbedder
from doctown.embed.remote import RemoteEmbedder
from doctown.services.embedding import app
from doctown.settings import Settings


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(app(settings, embedder=MemoryEmbedder()), base_url="http://localhost") as opened:
        while opened.get("/health").status_code != 200:
            pass
        yield opened


def batch(*texts: str) -> dict[str, object]:
    chunks = [{"chunk_id": f"c{place}", "content": text} for place, text in enumerate(texts)]
    return {"batch_id": "b", "chunks": chunks}


def test_a_batch_comes_back_as_json_and_packed(client: TestClient) -> None:
    """The same vectors in both forms, in the order of the chunks."""
    plain = client.post("/embed", json=batch("one", "two"))
    packed = client.post("/embed", json=batch("one", "two"), headers={"Accept": wire.PACKED})
    assert plain.headers["content-type"] == "application/json"
    assert packed.headers["content-type"] == wire.PACKED
    one, other = wire.from_json(plain.content), wire.unpack(packed.content)
    assert one.chunk_ids == other.chunk_ids == ("c0", "c1")
    assert one.batch_id == "b"
    assert abs(one.rows - other.rows).max() < 1e-6


def test_the_client_of_ours_gets_what_is_computed_there(client: TestClient) -> None:
    """To the last bit: so a pack is the same wherever it was embedded."""
    here = MemoryEmbedder()
    there = RemoteEmbedder("http://localhost", model=here.model, dimensions=here.dimensions, client=client)  # type: ignore[arg-type]
    texts = ["def f(): pass", "", "ünï"]
    assert there.embed(texts) == here.embed(texts)


def test_the_token_travels_with_the_client() -> None:
    """Builder shows it to the services that ask for it."""
    remote = RemoteEmbedder("http://localhost", token="secret")
    assert remote._client.headers["authorization"] == "Bearer secret"
    remote.close()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "$"), (b"[", "$"), (b"[]", "$"), (b"{}", "batch_id"),
        (b'{"batch_id": 1, "chunks": []}', "batch_id"),
        (b'{"batch_id": "b", "chunks": [{"chunk_id": "a"}]}', "chunks[0].content"),
        (b'{"batch_id": "\\u0000", "chunks": []}', "batch_id"),
    ],
)  # fmt: skip
def test_a_malformed_batch_is_told_its_field(client: TestClient, body: bytes, field: str) -> None:
    """422, with the field and the mend."""
    reply = client.post("/embed", content=body, headers={"Content-Type": "application/json"})
    assert reply.status_code == 422
    assert reply.json()["error"]["field"].replace("[...]", "[0]") == field


def test_an_empty_batch_is_answered(client: TestClient) -> None:
    """Nothing in, nothing out."""
    assert client.post("/embed", json=batch()).json()["vectors"] == []


def test_it_is_not_ready_before_the_model_is(settings: Settings) -> None:
    """A load balancer sends no batch to it; that the process lives can be seen all the same."""
    loaded = threading.Event()

    class Slow(MemoryEmbedder):
        def embed(self, texts):
            loaded.wait(10)
            return super().embed(texts)

    with TestClient(app(settings, embedder=Slow()), base_url="http://localhost") as client:
        before = client.get("/health")
        assert (before.status_code, before.json()["status"]) == (503, "not ready")
        assert client.get("/live").status_code == 200
        loaded.set()
        while client.get("/health").status_code != 200:
            pass
    assert before.json()["reason"]


def test_what_nobody_foresaw_is_told_too(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """A model that cannot be loaded is not "being loaded" for ever: health says so, and the log says why."""

    class Broken(MemoryEmbedder):
        def embed(self, texts):
            raise PermissionError("no")

    with TestClient(app(settings, embedder=Broken()), base_url="http://127.0.0.1") as client:
        deadline = time.monotonic() + 30
        while "being loaded" in (told := client.get("/health").text) and time.monotonic() < deadline:
            time.sleep(0.01)
    assert "could not be loaded: PermissionError" in told
    assert any(record.exc_info for record in caplog.records)


def test_chunks_of_one_name_are_answered_in_their_order(client: TestClient) -> None:
    """What a client calls its chunks is its own business: no request that fits the schema is refused."""
    chunks = [{"chunk_id": "a", "content": text} for text in ("one", "two", "one")]
    found = client.post("/embed", json={"batch_id": "b", "chunks": chunks}).json()["vectors"]
    assert [one["chunk_id"] for one in found] == ["a", "a", "a"]
    first, second, third = (one["vector"] for one in found)
    assert first == third != second


@pytest.mark.parametrize(
    ("chunks", "field"),
    [
        ([{"chunk_id": "c", "content": ""}] * 2049, "chunks"),
        ([{"chunk_id": "c", "content": "a" * 1_000_001}], "chunks[0].content"),
        ([{"chunk_id": "c" * 201, "content": ""}], "chunks[0].chunk_id"),
    ],
)
def test_a_batch_that_is_too_large_is_told_which_part(client: TestClient, chunks: list[object], field: str) -> None:
    """What one batch may take of the machine is bounded, and the client is told by what."""
    reply = client.post("/embed", json={"batch_id": "b", "chunks": chunks})
    assert (reply.status_code, reply.json()["error"]["field"]) == (422, field)
    assert "at most" in reply.json()["error"]["mend"] or "1 to 200" in reply.json()["error"]["mend"]


def test_batches_beyond_what_may_wait_are_sent_away(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """429 with when to come back, at once and not after what waits; the others are answered."""
    monkeypatch.setattr("doctown.services.embedding.WAITING", 2)
    begun, go = threading.Semaphore(0), threading.Event()

    class Slow(MemoryEmbedder):
        def embed(self, texts):
            if "slow" in texts:
                begun.release()
                assert go.wait(60)
            return super().embed(texts)

    with (
        TestClient(app(settings, embedder=Slow()), base_url="http://localhost") as client,
        ThreadPoolExecutor(4) as threads,
    ):
        under_way = [threads.submit(client.post, "/embed", json=batch("slow")) for _ in range(4)]
        assert begun.acquire(timeout=30)
        early = [one.result(30) for one in under_way if _is_soon_done(one)]
        assert [reply.status_code for reply in early] == [429, 429]
        assert all(reply.headers["retry-after"] for reply in early)
        go.set()
        assert sorted(one.result(30).status_code for one in under_way) == [200, 200, 429, 429]


def _is_soon_done(future: Future[httpx.Response]) -> bool:
    return not wait([future], timeout=3).not_done
