import json

import httpx
import pytest

from doctown.embed import Embedder, wire
from doctown.embed.memory import MemoryEmbedder
from doctown.embed.remote import ATTEMPTS, BATCH_TEXTS, RemoteEmbedder
from doctown.errors import DoctownError, InputError
from tests.embed.contract import EmbedderContract


class _Service:
    """An Embedding service in memory. `form` is what it can answer; `faults` are answered first, one a request."""

    def __init__(self, form: str = wire.PACKED, faults: tuple[httpx.Response | Exception, ...] = ()) -> None:
        self.form = form
        self.faults = list(faults)
        self.requests: list[dict] = []
        self.pauses: list[float] = []
        self.embedder = MemoryEmbedder()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/embed"
        assert wire.PACKED in request.headers["accept"]
        asked = json.loads(request.content)
        self.requests.append(asked)
        if self.faults:
            fault = self.faults.pop(0)
            if isinstance(fault, Exception):
                raise fault
            return fault
        # Answered in another order than asked: the ids say which is which.
        chunks = asked["chunks"][::-1]
        names = [chunk["chunk_id"] for chunk in chunks]
        vectors = self.embedder.embed([chunk["content"] for chunk in chunks])
        if self.form == wire.PACKED:
            body = wire.pack(asked["batch_id"], names, vectors)
        else:
            body = json.dumps(wire.to_json(asked["batch_id"], names, vectors)).encode()
        return httpx.Response(200, headers={"content-type": f"{self.form}; charset=utf-8"}, content=body)

    def client(self, **options) -> RemoteEmbedder:
        client = httpx.Client(transport=httpx.MockTransport(self))
        options.setdefault("model", self.embedder.model)
        return RemoteEmbedder("http://service:8000/", client=client, pause=self.pauses.append, **options)


class TestRemoteEmbedder(EmbedderContract):
    @pytest.fixture(params=[wire.PACKED, "application/json"])
    def embedder(self, request: pytest.FixtureRequest) -> Embedder:
        return _Service(request.param).client()


def _answer(body: bytes | str, kind: str = "application/json") -> httpx.Response:
    return httpx.Response(200, headers={"content-type": kind}, content=body)


def test_same_as_on_the_spot():
    """A stage behind its service gives the very vectors that it gives in this process."""
    texts = [f"text {number}" for number in range(BATCH_TEXTS * 2 + 3)]
    service = _Service()
    assert service.client().embed(texts) == MemoryEmbedder().embed(texts)
    assert [len(asked["chunks"]) for asked in service.requests] == [BATCH_TEXTS, BATCH_TEXTS, 3]


def test_batches_are_bounded_in_size():
    """A huge text travels alone, so that a request stays under the service's cap as far as it can."""
    service = _Service()
    service.client().embed(["a", "b" * 300_000, "c"])
    assert [len(asked["chunks"]) for asked in service.requests] == [1, 1, 1]


def test_comes_back():
    """A service that is away for a moment costs a pause, not the build."""
    service = _Service(faults=(httpx.ConnectError("refused"), httpx.Response(503)))
    assert service.client().embed(["x"]) == MemoryEmbedder().embed(["x"])
    assert len(service.requests) == 3
    assert service.pauses == sorted(service.pauses)
    assert len(service.pauses) == 2


def test_stays_away():
    """After a few attempts it is an error that names cause and mend, without the address's credentials."""
    service = _Service(faults=(httpx.ReadTimeout("slow"),) * 10)
    client = httpx.Client(transport=httpx.MockTransport(service))
    embedder = RemoteEmbedder("http://user:hunter2@service:8000", client=client, pause=service.pauses.append)
    with pytest.raises(DoctownError, match="cannot be reached") as caught:
        embedder.embed(["x"])
    assert len(service.requests) == ATTEMPTS
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in embedder.identity


def test_refusal_is_not_repeated():
    """A request that the service calls wrong is not sent again."""
    service = _Service(faults=(httpx.Response(422),))
    with pytest.raises(DoctownError, match="422"):
        service.client().embed(["x"])
    assert len(service.requests) == 1


def test_another_model():
    """Vectors of another model than the one asked for are refused: they would be mixed."""
    with pytest.raises(InputError, match="memory-words"):
        _Service().client(model="all-MiniLM-L6-v2").embed(["x"])


@pytest.mark.parametrize(
    "reply",
    [
        _answer("<html>"),
        _answer(b"DTV1", wire.PACKED),
        _answer('{"batch_id": "0", "vectors": []}'),
        _answer('{"batch_id": "0", "vectors": [{"chunk_id": "0", "vector": [1, 2]}]}'),
        _answer(json.dumps({"batch_id": "0", "vectors": [{"chunk_id": "9", "vector": [1.0] * 384}]})),
    ],
)
def test_nonsense(reply):
    """A reply that is no answer to what was asked is an error: too few vectors, wrong size, wrong id."""
    with pytest.raises(DoctownError, match="Embedding service"):
        _Service(faults=(reply,)).client().embed(["x"])


def test_endless_reply():
    """A reply longer than any answer can be is dropped while it comes in, instead of filling the memory."""
    taken = []

    def pieces():
        for number in range(1000):
            taken.append(number)
            yield b" " * 65_536

    reply = httpx.Response(200, headers={"content-type": "application/json"}, content=pieces())
    with pytest.raises(DoctownError, match="too long"):
        _Service(faults=(reply,)).client().embed(["x"])
    assert len(taken) < 10


@pytest.mark.parametrize("url", ["", "service:8000", "file:///etc/passwd", "http://", "http://[", "ftp://host"])
def test_bad_address(url):
    """Only an http or https address is taken, and the mend shows one."""
    with pytest.raises(InputError, match=r"http://127\.0\.0\.1:8000"):
        RemoteEmbedder(url)


def test_environment_is_not_read(monkeypatch):
    """No proxy from the environment gets to see a private repository."""
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:1")
    monkeypatch.setenv("ALL_PROXY", "http://proxy:1")
    embedder = RemoteEmbedder("http://127.0.0.1:8000")
    assert embedder._client._mounts == {}
    embedder.close()


def _several(handler, addresses="http://one:8000, http://two:8000"):
    embedder, pauses = MemoryEmbedder(), []
    client = httpx.Client(transport=httpx.MockTransport(handler))
    return RemoteEmbedder(addresses, client=client, pause=pauses.append, model=embedder.model), pauses


def test_several_services_share_the_batches():
    """Batches go to each in turn, at the same time, and vectors come back in the order of the texts."""
    service, hosts = _Service(), []

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return service(request)

    embedder, _ = _several(answer)
    texts = [f"text {number}" for number in range(4 * BATCH_TEXTS)]
    assert embedder.embed(texts) == MemoryEmbedder().embed(texts)
    assert sorted(hosts) == ["one", "one", "two", "two"]


def test_a_service_that_is_away_is_stood_in_for_at_once():
    """No batch waits while another service could take it."""
    service = _Service()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "one":
            raise httpx.ConnectError("no", request=request)
        return service(request)

    embedder, pauses = _several(answer)
    texts = [f"text {number}" for number in range(3 * BATCH_TEXTS)]
    assert embedder.embed(texts) == MemoryEmbedder().embed(texts)
    assert pauses == []


def test_when_all_are_away_it_says_so():
    """After as many attempts as a single one gets."""
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(503)

    embedder, pauses = _several(answer)
    with pytest.raises(DoctownError, match="status 503"):
        embedder.embed(["text"])
    assert (sorted(asked), len(pauses)) == (["one"] * ATTEMPTS + ["two"] * ATTEMPTS, ATTEMPTS - 1)


def test_one_address_of_several_that_is_none_is_refused():
    """Before anything is asked."""
    with pytest.raises(InputError, match="no http or https URL"):
        RemoteEmbedder("http://one:8000,two")
