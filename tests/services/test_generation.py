from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from starlette.testclient import TestClient

from doctown.generate.described import Written
from doctown.generate.llm.endpoint import Endpoint
from doctown.generate.llm.relay import Relay, Relayed
from doctown.generate.llm.twin import Twin
from doctown.services.generation import app
from doctown.settings import Settings

CONTEXT = {"name": "price", "kind": "function", "file_path": "shop.py", "calls": ["tax"], "called_by": []}
ORDER = {"job_id": "j", "symbols": [{"symbol_id": "s1", "context": CONTEXT}, {"symbol_id": "s2", "context": "A text."}]}


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(app(settings), base_url="http://localhost") as opened:
        yield opened


def test_without_a_key_it_documents_from_what_is_there_and_says_so(client: TestClient) -> None:
    """200, degraded, with the reason: nobody takes it for a model's text."""
    reply = client.post("/generate", json=ORDER)
    body = reply.json()
    assert reply.status_code == 200
    assert body["degraded"] is True
    assert "OPENAI_API_KEY" in body["warnings"][0]
    assert [one["origin"] for one in body["documented_symbols"]] == ["extractive", "extractive"]
    assert "price" in body["documented_symbols"][0]["summary"]
    assert "tax" in body["documented_symbols"][0]["summary"]
    assert (body["total_tokens"], body["total_cost"]) == (0, 0)
    assert "OPENAI_API_KEY" in client.get("/health").json()["degraded"]


def test_an_authors_own_words_go_first(client: TestClient) -> None:
    """A docstring is better than what can be made of names."""
    context = {**CONTEXT, "docstring": "What it costs.\n\nMore."}
    order = {"job_id": "j", "symbols": [{"symbol_id": "s", "context": context}]}
    (one,) = client.post("/generate", json=order).json()["documented_symbols"]
    assert (one["summary"], one["origin"]) == ("What it costs.", "docstring")


def test_with_a_model_it_writes_and_counts(settings: Settings) -> None:
    """Tokens and dollars are in the answer and in the metrics."""
    answer = {"items": [{"id": "1", "summary": "Says the price."}, {"id": "2", "summary": "Is <b>text</b>."}]}
    with TestClient(app(settings, model=Twin([answer])), base_url="http://localhost") as client:
        body = client.post("/generate", json=ORDER).json()
        metrics = client.get("/metrics").text
    assert [one["origin"] for one in body["documented_symbols"]] == ["model", "model"]
    assert body["documented_symbols"][0]["summary"] == "Says the price."
    assert "<b>" not in body["documented_symbols"][1]["summary"]
    assert body["total_tokens"] > 0
    assert body["total_cost"] > 0
    assert "doctown_tokens_total" in metrics
    assert body["degraded"] is False


def test_a_model_that_answers_nothing_leaves_extractive_text_with_the_reason(settings: Settings) -> None:
    """A placeholder is never documentation."""
    with TestClient(app(settings, model=Twin([{"items": []}])), base_url="http://localhost") as client:
        body = client.post("/generate", json=ORDER).json()
    for one in body["documented_symbols"]:
        assert one["origin"] == "extractive"
        assert one["reason"]
    assert "2 symbols" in body["warnings"][0]


def test_builders_questions_need_a_model(client: TestClient) -> None:
    """A relay without a key says so."""
    assert client.post("/v1/chat/completions", json={}).status_code == 503


def test_the_key_is_added_on_the_way_and_the_askers_token_is_not_passed_on() -> None:
    """The provider never sees our token, the asker never the key."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        usage = {"prompt_tokens": 1_000_000, "completion_tokens": 1_000_000}
        return httpx.Response(200, json={"usage": usage}, headers={"Retry-After": "1", "Set-Cookie": "x"})

    endpoint = Endpoint(model="m", url="https://example.org/v1", key="the-key")
    relay = Relay(endpoint, httpx.Client(transport=httpx.MockTransport(answer)))
    came = relay.post(b'{"model": "m"}')
    assert seen[0].headers["authorization"] == "Bearer the-key"
    assert (came.tokens_in, round(came.usd, 2)) == (1_000_000, 0.75)
    assert came.headers == {"retry-after": "1"}
    assert json.loads(seen[0].content) == {"model": "m"}


def test_a_server_that_is_away_is_a_502() -> None:
    """The asker's own retries decide what follows."""

    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no", request=request)

    relay = Relay(
        Endpoint(model="m", url="https://example.org/v1"), httpx.Client(transport=httpx.MockTransport(answer))
    )
    assert relay.post(b"{}").status == 502


def test_symbols_of_one_name_are_answered_in_their_order(client: TestClient) -> None:
    """What a client calls its symbols is its own business: no request that fits the schema is refused."""
    twice = [{"symbol_id": "a", "context": text} for text in ("Counts.", "Adds.")]
    found = client.post("/generate", json={"job_id": "j", "symbols": twice}).json()["documented_symbols"]
    assert [(one["symbol_id"], one["summary"]) for one in found] == [("a", "Counts."), ("a", "Adds.")]


def test_more_symbols_than_one_request_may_have_are_refused(client: TestClient) -> None:
    """A client that sends them in two requests is served."""
    reply = client.post("/generate", json={"job_id": "j", "symbols": [{"symbol_id": "s", "context": ""}] * 2001})
    assert (reply.status_code, reply.json()["error"]["field"]) == (422, "symbols")
    assert "2000" in reply.json()["error"]["mend"]


@pytest.mark.parametrize("path", ["/generate", "/v1/chat/completions"])
def test_what_is_beyond_what_may_wait_is_sent_away(
    path: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """429 with when to come back, while others are answered: a queue without end would outlive its askers."""
    monkeypatch.setattr("doctown.services.generation.WAITING", 1)
    begun, go = threading.Event(), threading.Event()

    def slowly(*_: object) -> object:
        begun.set()
        assert go.wait(60)
        return Relayed(body=b"{}", status=200) if path != "/generate" else Written(symbols=())

    monkeypatch.setattr("doctown.services.generation._Desk.document", slowly)
    monkeypatch.setattr(Relay, "post", slowly)
    with_model = dataclasses.replace(settings, openai_base_url="http://127.0.0.1:1/v1", model_name="m")
    with TestClient(app(with_model), base_url="http://localhost") as client, ThreadPoolExecutor(1) as threads:
        while client.get("/health").status_code != 200:
            pass
        first = threads.submit(client.post, path, json=ORDER)
        assert begun.wait(30)
        second = client.post(path, json=ORDER)
        assert (second.status_code, second.headers["retry-after"]) == (429, "5")
        go.set()
        assert first.result(30).status_code == 200
