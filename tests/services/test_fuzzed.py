"""Each service's OpenAPI document, fuzzed: whatever comes, no answer is a 500 and none shows a stack trace."""

from __future__ import annotations

import contextlib
import threading
import time
import warnings
from collections.abc import Iterator, Sequence

import httpx
import pytest
import uvicorn
from starlette.testclient import TestClient

from doctown.embed.memory import MemoryEmbedder
from doctown.model import Vector
from doctown.services.assembly import app as assembly
from doctown.services.builder import app as builder
from doctown.services.embedding import app as embedding
from doctown.services.generation import app as generation
from doctown.services.guard import Guard
from doctown.services.office import Office
from doctown.settings import Settings

BODIES = [
    b"", b"{", b"[]", b"null", b"0", b'"x"', b"{}", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b"\x00", b"1e999",
    b'{"job_id": "j", "repo_url": "\\ud800", "symbols": [], "batch_id": "\\u0000", "chunks": []}',
    b'{"job_id": "j", "symbols": [{"symbol_id": "a", "context": {"calls": {"x": 1}, "docstring": 7, "kind": []}}]}',
    b'{"job_id": "j", "repo_url": "u", "symbols": [{"symbol_id": "a", "name": "~", "file_path": "/", "calls": ["."]}]}',
    b'{"job_id": "j", "repo_url": "u", "symbols": [], "chunks": [{"chunk_id": "c", "vector": [1e308, -1e308]}]}',
    b'{"job_id": "j", "repo_url": "u", "symbols": [{"symbol_id": "a", "name": "n", "file_path": "..", "calls": [""]}],'
    b' "chunks": [{"chunk_id": "c", "symbol_id": "a", "vector": [0]}]}',
    b'{"repo_url": "https://[", "git_ref": "-x"}', b'{"repo_url": "pypi:", "options": null}',
    b'{"repo_url": "https://x/\xc3"}',
]  # fmt: skip
MEDIA = [
    "application/json",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "text/plain",
    "",
    "application/vnd.doctown.facts",
]


def app_of(name: str, settings: Settings, office: Office) -> Guard:
    """A service that needs nothing from elsewhere."""
    match name:
        case "builder":
            return builder(settings, office=office)
        case "embedding":
            return embedding(settings, embedder=MemoryEmbedder())
        case "assembly":
            return assembly(settings)
    return generation(settings)


@pytest.fixture(params=["builder", "embedding", "assembly", "generation"])
def client(request: pytest.FixtureRequest, settings: Settings, office: Office) -> Iterator[TestClient]:
    """Each service, ready; exceptions come to the client as answers."""
    made = app_of(request.param, settings, office)
    with TestClient(made, base_url="http://localhost", raise_server_exceptions=False) as opened:
        while opened.get("/health").status_code != 200:
            time.sleep(0.01)
        yield opened


def test_no_body_makes_a_500(client: TestClient) -> None:
    """Of any shape, under any media type, at each endpoint."""
    paths = client.get("/openapi.json").json()["paths"]
    posts = [path for path, methods in paths.items() if "post" in methods]
    assert posts
    for path in posts:
        for media in MEDIA:
            for body in BODIES:
                reply = client.post(path, content=body, headers={"Content-Type": media})
                assert reply.status_code < 500, (path, media, body[:80], reply.text)
                assert "Traceback" not in reply.text


def test_a_body_of_another_kind_is_refused(client: TestClient) -> None:
    """415, also where it happens to be JSON: a form on another site's page can send text, and nothing else."""
    paths = client.get("/openapi.json").json()["paths"]
    for path in [path for path, methods in paths.items() if "post" in methods]:
        reply = client.post(path, content=b"{}", headers={"Content-Type": "text/plain"})
        assert reply.status_code == 415, path
        assert "application/json" in reply.json()["error"]["mend"]


def test_no_service_takes_a_body_without_end(client: TestClient) -> None:
    """Each has a cap of its own, whatever the endpoint."""
    for path in client.get("/openapi.json").json()["paths"]:
        reply = client.post(path, headers={"Content-Length": str(1 << 40), "Content-Type": "application/json"})
        assert reply.status_code == 413, path


def test_a_defect_of_ours_is_told_by_its_trace_alone(settings: Settings) -> None:
    """What went wrong is for the log: a client gets no word of it, only where to look."""

    class Broken(MemoryEmbedder):
        def embed(self, texts: Sequence[str]) -> list[Vector]:
            if "break" in texts:
                raise ValueError("/a/path/of/ours")
            return super().embed(texts)

    batch = {"batch_id": "b", "chunks": [{"chunk_id": "c", "content": "break"}]}
    made = embedding(settings, embedder=Broken())
    with TestClient(made, base_url="http://localhost", raise_server_exceptions=False) as opened:
        reply = opened.post("/embed", json=batch)
    assert reply.status_code == 500
    assert "path" not in reply.text
    assert "ValueError" not in reply.text
    assert reply.headers["x-trace-id"] in reply.json()["error"]["mend"]


def test_no_address_or_method_makes_a_500(client: TestClient) -> None:
    """Nor any query or header that is read."""
    paths = list(client.get("/openapi.json").json()["paths"])
    odd = ["%00", "%ff", "..%2f..%2fetc%2fpasswd", "x" * 3000, "%F0%9F%98%80", "'"]
    for path in [*paths, "/nothing", "//", "/%00"]:
        for value in odd:
            for method in ("GET", "DELETE", "PUT", "PATCH", "OPTIONS", "HEAD"):
                reply = client.request(
                    method, path.replace("{job_id}", value), headers={"Last-Event-ID": "x", "Range": "bytes=9-1"},
                    params={"limit": value, "before": "nan", "state": value} if method == "GET" else None,
                )  # fmt: skip
                assert reply.status_code < 500, (method, path, value, reply.text)


@contextlib.contextmanager
def listening(made: Guard) -> Iterator[str]:
    """The service's address while a thread serves it: schemathesis' client is for real connections."""
    server = uvicorn.Server(uvicorn.Config(made, port=0, log_config=None, lifespan="on", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        while httpx.get(f"{address}/health").status_code != 200:
            time.sleep(0.01)
        yield address
    finally:
        made.stopping.set()
        server.should_exit = True
        thread.join(20)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["builder", "embedding", "assembly", "generation"])
def test_schemathesis_finds_no_server_error(name: str, settings: Settings, office: Office) -> None:
    """Its generated requests, for each operation of the document."""
    schemathesis = pytest.importorskip("schemathesis")
    from hypothesis import HealthCheck, Phase, given
    from hypothesis import settings as examples

    limits = examples(
        max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
    )
    with listening(app_of(name, settings, office)) as address, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
        operations = [one.ok() for one in schema.get_all_operations()]
        assert operations
        for operation in operations:

            def check(case):
                reply = case.call()
                assert reply.status_code < 500, reply.text
                assert "Traceback" not in reply.text

            limits(given(case=operation.as_strategy())(check))()


@pytest.mark.slow
def test_schemathesis_finds_no_server_error_from_request_to_request(
    settings: Settings, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job is ordered, and then asked after, followed, cancelled and fetched in any order, as the document's links
    lead; jobs that exist are met on the way, which no single generated request does."""
    schemathesis = pytest.importorskip("schemathesis")
    from hypothesis import HealthCheck, Phase
    from hypothesis import settings as examples

    monkeypatch.setattr("doctown.services.builder.probe", lambda url, ref, settings: "c" * 40)
    met: set[tuple[str, int]] = set()
    with listening(builder(settings, office=office)) as address, warnings.catch_warnings():
        warnings.simplefilter("ignore")

        class Workflow(schemathesis.openapi.from_url(f"{address}/openapi.json").as_state_machine()):
            def validate_response(self, response, case, **_):
                met.add((case.operation.label, response.status_code))
                assert response.status_code < 500, response.text
                assert "Traceback" not in response.text

        Workflow.run(
            settings=examples(
                max_examples=25, stateful_step_count=6, deadline=None, database=None,
                suppress_health_check=list(HealthCheck), phases=[Phase.generate],
            )
        )  # fmt: skip
    assert ("POST /jobs", 202) in met
    assert {status for label, status in met if "{job_id}" in label} > {404}  # jobs that were ordered before were met
