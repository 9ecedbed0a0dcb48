"""Each service's OpenAPI document, fuzzed: whatever comes, no answer is a 500 and none shows a stack trace."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from doctown.embed.memory import MemoryEmbedder
from doctown.services.assembly import app as assembly
from doctown.services.builder import app as builder
from doctown.services.embedding import app as embedding
from doctown.services.generation import app as generation
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


@pytest.fixture(params=["builder", "embedding", "assembly", "generation"])
def client(request: pytest.FixtureRequest, settings: Settings, office: Office) -> Iterator[TestClient]:
    """Each service, ready; exceptions come to the client as answers."""
    made = {
        "builder": lambda: builder(settings, office=office),
        "embedding": lambda: embedding(settings, embedder=MemoryEmbedder()),
        "assembly": lambda: assembly(settings),
        "generation": lambda: generation(settings),
    }[request.param]()
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


@pytest.mark.slow
def test_schemathesis_finds_no_server_error(client: TestClient) -> None:
    """Its generated requests, for each operation of the document."""
    schemathesis = pytest.importorskip("schemathesis")
    from hypothesis import HealthCheck, Phase
    from hypothesis import settings as examples

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
        for operation in schema.get_all_operations():

            @examples(
                max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck),
                phases=[Phase.generate],
            )  # fmt: skip
            def check(case):
                case.headers = {
                    name: value for name, value in (case.headers or {}).items() if name.lower() != "host"
                }  # fmt: skip
                reply = case.call(session=client, base_url="http://localhost")
                assert reply.status_code < 500, reply.text

            schemathesis_case = operation.ok().as_strategy()
            from hypothesis import given

            given(case=schemathesis_case)(check)()
