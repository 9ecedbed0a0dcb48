from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.testclient import TestClient

from doctown import facts as codec
from doctown.assemble import wire
from doctown.assemble.remote import assemble_at
from doctown.embed.wordpiece import count_lines
from doctown.errors import DoctownError
from doctown.ingest.parse import Reader
from doctown.model import FileFacts
from doctown.services.assembly import app
from doctown.settings import Settings

SYMBOLS = [
    {"symbol_id": "m", "name": "main", "kind": "function", "language": "python", "file_path": "app/main.py",
     "calls": ["helper"], "imports": ["app.util.helper"]},
    {"symbol_id": "h", "name": "helper", "kind": "function", "language": "python", "file_path": "app/util.py",
     "docstring": "Helps."},
]  # fmt: skip
ORDER = {"job_id": "j", "repo_url": "https://example.org/x", "git_ref": "main", "chunks": [], "symbols": SYMBOLS}


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(app(settings), base_url="http://localhost") as opened:
        yield opened


def test_described_symbols_become_a_graph(client: TestClient) -> None:
    """The contract's form: clusters, nodes, edges, contexts, stats."""
    reply = client.post("/assemble", json=ORDER)
    assert reply.status_code == 200
    graph = reply.json()
    assert set(graph) == {"job_id", "clusters", "nodes", "edges", "contexts", "stats"}
    (edge,) = graph["edges"]
    assert (edge["source"], edge["target"], edge["kind"], edge["tier"]) == ("m", "h", "calls", "resolved")
    called = {one["symbol_id"]: one["called_by"] for one in graph["contexts"]}
    assert called == {"m": [], "h": ["main"]}
    assert graph["stats"]["edges_resolved"] == 1
    assert sum(one["centrality"] for one in graph["nodes"]) > 0


def test_vectors_make_similar_symbols_known(client: TestClient) -> None:
    """Assembly is where vectors meet the graph."""
    chunks = [{"chunk_id": name, "symbol_id": name, "vector": [1.0] * 16} for name in ("m", "h")]
    graph = client.post("/assemble", json={**ORDER, "chunks": chunks}).json()
    assert {edge["kind"] for edge in graph["edges"]} == {"calls", "similar"}


def test_vectors_of_two_models_are_not_compared(client: TestClient) -> None:
    """They differ in length: each is compared with its like alone, and none makes the request fail."""
    pairs = [("m", 16), ("h", 24)]
    chunks = [{"chunk_id": name, "symbol_id": name, "vector": [1.0] * length} for name, length in pairs]
    graph = client.post("/assemble", json={**ORDER, "chunks": chunks}).json()
    assert {edge["kind"] for edge in graph["edges"]} == {"calls"}
    both = [{**one, "vector": [1.0] * length} for one in chunks for length in (16, 24)]
    graph = client.post("/assemble", json={**ORDER, "chunks": both}).json()
    alike = [(edge["source"], edge["target"]) for edge in graph["edges"] if edge["kind"] == "similar"]
    assert alike
    assert len(set(alike)) == len(alike)


def test_a_symbol_that_is_described_twice_is_one(client: TestClient) -> None:
    """As overloads are: it uses what both descriptions say, and the answer says that there were two."""
    again = {**SYMBOLS[0], "calls": []}
    graph = client.post("/assemble", json={**ORDER, "symbols": [again, SYMBOLS[1], SYMBOLS[0]]}).json()
    assert [one["symbol_id"] for one in graph["nodes"]] == ["m", "h"]
    assert [(edge["source"], edge["target"]) for edge in graph["edges"]] == [("m", "h")]
    assert graph["stats"]["described_again"] == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"symbols": "none"}, "symbols"),
        ({"chunks": [{"chunk_id": "a", "vector": ["x"]}]}, "chunks[0].vector[0]"),
        ({"job_id": "../x"}, "job_id"),
    ],
)
def test_a_malformed_order_is_told_its_field(client: TestClient, change: dict[str, object], field: str) -> None:
    """422, with the field and the mend."""
    reply = client.post("/assemble", json={**ORDER, **change})
    assert (reply.status_code, reply.json()["error"]["field"]) == (422, field)


def read(path: str, text: str) -> tuple[wire.File, FileFacts]:
    data = text.encode()
    reading = codec.unpack_reading(Reader(count_lines)((path, data)), data)
    return reading.file, codec.decode(reading.facts)


@pytest.fixture
def order() -> wire.Order:
    made = [read("a.py", "from b import g\n\ndef f():\n    return g()\n"), read("b.py", "def g():\n    return 1\n")]
    ids: dict[str, tuple[int, ...]] = {}
    for _, facts in made:
        start = sum(map(len, ids.values())) + 1
        ids[facts.path] = tuple(range(start, start + len(facts.symbols)))
    return wire.Order(
        job_id="j", files=tuple(file for file, _ in made), ids=ids, facts=tuple(codec.encode(one) for _, one in made)
    )  # fmt: skip


def test_facts_become_the_same_graph_there_as_here(client: TestClient, order: wire.Order) -> None:
    """To the last rank: so a pack has the same id wherever it was assembled."""
    there = assemble_at("http://localhost", order, client=client)  # type: ignore[arg-type]
    here = wire.decode_graph(wire.assemble(wire.encode(order)))
    assert there == here
    assert [(edge.kind, edge.tier) for edge in there.edges if edge.kind == "calls"] == [("calls", "resolved")]
    assert there.clusters


def test_facts_that_do_not_hold_together_are_refused(client: TestClient, order: wire.Order) -> None:
    """A defect of a client is no defect of the service."""
    wrong = dataclasses.replace(order, ids={"a.py": (1,), "b.py": (1,)})
    for body in (b"", b"\xc1", wire.encode(wrong), wire.encode(order)[:-1]):
        reply = client.post("/assemble", content=body, headers={"Content-Type": wire.MEDIA})
        assert reply.status_code == 422
    with pytest.raises(DoctownError, match="status 422"):
        assemble_at("http://localhost", wrong, client=client)  # type: ignore[arg-type]


def test_a_graph_of_other_symbols_is_not_believed(order: wire.Order) -> None:
    """What a service answers is checked like everything from elsewhere."""
    graph = wire.decode_graph(wire.assemble(wire.encode(order)))
    with pytest.raises(DoctownError, match="other symbols"):
        wire.check(graph, [1])


@pytest.mark.parametrize(
    ("change", "field", "limit"),
    [
        ({"symbols": [{"symbol_id": "a", "name": "a", "file_path": "a"}] * 200_001}, "symbols", "200000"),
        ({"chunks": [{"chunk_id": "a"}] * 200_001}, "chunks", "200000"),
        ({"chunks": [{"chunk_id": "a", "vector": [0.0] * 4097}]}, "chunks[0].vector", "4096"),
        ({"symbols": [{**SYMBOLS[0], "calls": ["a"] * 10_001}]}, "symbols[0].calls", "10000"),
    ],
)
def test_an_order_that_is_too_large_is_told_which_part(
    client: TestClient, change: dict[str, object], field: str, limit: str
) -> None:
    """What one order may take of the machine is bounded, and the client is told by what."""
    reply = client.post("/assemble", content=json.dumps({**ORDER, **change}).encode())
    assert (reply.status_code, reply.json()["error"]["field"]) == (422, field)
    assert limit in reply.json()["error"]["mend"]


def test_orders_beyond_what_may_wait_are_sent_away(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """429 with when to come back: each that waits holds up to half a gigabyte."""
    monkeypatch.setattr("doctown.services.assembly.WAITING", 1)
    begun, go = threading.Event(), threading.Event()

    def slowly(_: object) -> bytes:
        begun.set()
        assert go.wait(60)
        return b"{}"

    monkeypatch.setattr("doctown.services.assembly._from_order", slowly)
    with TestClient(app(settings), base_url="http://localhost") as client, ThreadPoolExecutor(1) as threads:
        first = threads.submit(client.post, "/assemble", json=ORDER)
        assert begun.wait(30)
        second = client.post("/assemble", json=ORDER)
        assert (second.status_code, second.headers["retry-after"]) == (429, "5")
        go.set()
        assert first.result(30).status_code == 200
