from __future__ import annotations

import httpx
import pytest

from doctown.errors import InputError
from doctown.generate.llm.endpoint import Endpoint

KEY = "sk-do-not-show-0123456789"


@pytest.mark.parametrize(
    "url", ["", "here", "ftp://host/v1", "http://", "http://[::1", "https://host:x/v1", "https://user:pw@host/v1",
            "https://host/v1?key=1"]
)  # fmt: skip
def test_an_address_that_cannot_be_one_is_refused(url: str) -> None:
    """The cause is named before anything is sent, without the address, which may hold a secret."""
    with pytest.raises(InputError) as raised:
        Endpoint(model="m", url=url, key=KEY)
    assert "pw" not in str(raised.value).split()
    assert KEY not in str(raised.value)


@pytest.mark.parametrize("url", ["http://example.com/v1", "http://10.0.0.7:8000/v1", "http://127.0.0.1.example.com"])
def test_a_key_does_not_travel_unencrypted(url: str) -> None:
    """Whoever listens on the way would have it; without a key such a server can be asked."""
    with pytest.raises(InputError, match="unencrypted"):
        Endpoint(model="m", url=url, key=KEY)
    assert Endpoint(model="m", url=url).url == url


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/v1", "http://localhost/v1", "http://[::1]:1/v1", "https://host/v1"]
)
def test_a_key_travels_within_the_machine_or_encrypted(url: str) -> None:
    """A local server may want a key too."""
    assert KEY not in repr(Endpoint(model="m", url=url, key=KEY))


def test_the_host_stands_for_the_server() -> None:
    """All names and ports of this machine are one server; another machine is another."""
    local = [
        Endpoint(model="m", url=url).host for url in ("http://127.0.0.1:1/v1", "http://localhost:2", "http://[::1]")
    ]
    assert set(local) == {"loopback"}
    assert Endpoint(model="m", url="https://example.com/v1").host == "example.com"


def test_an_address_may_be_given_whole() -> None:
    """People copy what their provider's page shows."""
    for url in ("http://localhost/v1", "http://localhost/v1/", "http://localhost/v1/chat/completions"):
        assert Endpoint(model="m", url=url).completions == "http://localhost/v1/chat/completions"


def test_the_environment_has_no_say(client_of, model_server, monkeypatch) -> None:
    """Proxies and netrc files that other programs are configured with do not see the key or the code."""
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server = model_server()
    client = client_of(server.url)
    assert client._transport.get("/models")
    assert client.models() == ["test-model"]


def test_a_redirect_is_not_followed(client_of, model_server) -> None:
    """Where an answer points is not where the operator pointed: the key and the code do not go there."""
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(307, headers={"location": "https://elsewhere.invalid/"})

    http = httpx.Client(transport=httpx.MockTransport(answer), follow_redirects=False)
    from tests.generate.llm.asking import question

    assert client_of("http://127.0.0.1:1/v1", http=http).ask(question()).kind == "configuration"
    assert asked == ["127.0.0.1"]
    real = client_of(model_server(faults={"redirect": 1.0}).url)
    assert real.ask(question()).kind == "configuration"
    assert real.last_fault is not None
    assert real.last_fault.kind == "redirect"
