from __future__ import annotations

import asyncio
import base64
import dataclasses

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from doctown.errors import InputError
from doctown.services import LOOPBACK
from doctown.services.app import rules_for
from doctown.services.guard import Guard, Rules
from doctown.services.meters import Meters
from doctown.services.serving import serve
from doctown.settings import Settings


async def inner(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await Response(f"{len(body)}")(scope, receive, send)


async def unreachable(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("the guard let it through")


async def unread() -> Message:
    raise AssertionError("something was read")


async def exchanged(rules: Rules, *headers: tuple[bytes, bytes]) -> list[int]:
    """The statuses of the answers to a POST of which nothing may be read and nothing may come through."""
    statuses: list[int] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http", "method": "POST", "path": "/x", "query_string": b"", "http_version": "1.1",
        "headers": [(b"host", b"localhost"), *headers],
    }  # fmt: skip
    await Guard(unreachable, rules, Meters())(scope, unread, send)
    return statuses


def client(rules: Rules, host: str = "localhost:3000") -> TestClient:
    return TestClient(Guard(inner, rules, Meters()), base_url=f"http://{host}")


@pytest.mark.parametrize("host", ["localhost:3000", "127.0.0.1", "[::1]:3000", "LOCALHOST"])
def test_this_machines_own_names_are_served(host: str) -> None:
    """Whatever a local client calls it."""
    assert client(Rules()).get("/jobs", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "127.0.0.1.evil.example:3000", "[::1"])
def test_a_foreign_name_is_refused(host: str) -> None:
    """A page elsewhere can make its own name mean this machine; it cannot make the browser say another name."""
    assert client(Rules()).get("/jobs", headers={"Host": host}).status_code == 403


def test_any_name_is_served_where_a_token_protects() -> None:
    """Behind a proxy the name is not ours to know."""
    rules = Rules(token="secret", hosts=frozenset())
    headers = {"Host": "pod-3000.proxy.example", "Authorization": "Bearer secret"}
    assert client(rules).get("/jobs", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:4000"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
    ],
)
def test_another_sites_page_may_not_ask(headers: dict[str, str]) -> None:
    """The browser says where a request comes from; nothing of ours is for other sites' scripts."""
    assert client(Rules()).post("/jobs", headers=headers).status_code == 403


def test_another_sites_link_may_lead_here_but_start_no_work() -> None:
    """To follow a link is the reader's wish; that a link orders a build is not."""
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client(Rules()).get("/", headers=headers).status_code == 200
    assert client(Rules()).get("/ingest?repo_url=x", headers=headers).status_code == 403


def test_our_own_pages_may_ask() -> None:
    """The viewer's scripts are of this origin."""
    headers = {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-origin"}
    assert client(Rules()).post("/jobs", headers=headers).status_code == 200


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"anybody:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("", 401), ("Bearer", 401), ("Bearer wrong", 401), ("Bearer secret", 200), ("bearer secret", 200),
        (basic("secret"), 200), (basic("wrong"), 401), ("Basic !!", 401), ("Basic ZGVm", 401), ("secret", 401),
    ],
)  # fmt: skip
def test_the_token_is_asked_for(authorization: str, status: int) -> None:
    """As a bearer's, or as the password that a browser asks its user for; nothing else passes."""
    reply = client(Rules(token="secret")).get("/jobs", headers={"Authorization": authorization})
    assert reply.status_code == status
    assert ("www-authenticate" in reply.headers) == (status == 401)
    assert "secret" not in reply.text


@pytest.mark.parametrize("path", ["/health", "/live"])
def test_health_needs_no_token(path: str) -> None:
    """What restarts containers has none."""
    assert client(Rules(token="secret")).get(path).status_code == 200


def test_metrics_need_the_token() -> None:
    """They tell what is built here."""
    assert client(Rules(token="secret")).get("/metrics").status_code == 401


def test_a_body_that_says_it_is_too_long_is_refused() -> None:
    """Before a byte of it is read; the connection ends, since what is still to come would be taken for a request."""
    reply = client(Rules(max_body=10)).post("/x", content=b"a" * 11)
    assert (reply.status_code, reply.headers["connection"]) == (413, "close")
    assert client(Rules(max_body=10)).post("/x", content=b"a" * 10).text == "10"
    assert client(Rules(max_body=10, bodies={"/x": 20})).post("/x", content=b"a" * 11).text == "11"


@pytest.mark.parametrize("length", ["11", "9" * 30, "-1", "0x1", "1e1", "+9"])
def test_a_length_that_is_too_long_or_none_is_answered_before_anything_is_read(length: str) -> None:
    """Nobody waits for a body that is going to be refused, nor for one whose length means what each reader likes."""
    assert asyncio.run(exchanged(Rules(max_body=10), (b"content-length", length.encode()))) == [413]


def test_a_websocket_is_closed_at_once() -> None:
    """None is served here, so nothing behind the guard has to know what one is."""
    said: list[Message] = []

    async def send(message: Message) -> None:
        said.append(message)

    asyncio.run(Guard(unreachable, Rules(), Meters())({"type": "websocket", "headers": []}, unread, send))
    assert said == [{"type": "websocket.close", "code": 1008}]


def test_a_form_on_another_sites_page_may_not_send_anything_here() -> None:
    """To a browser that is a navigation, as following a link is."""
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client(Rules()).get("/jobs", headers=headers).status_code == 200
    assert client(Rules()).post("/jobs", headers=headers).status_code == 403


def test_no_answer_is_taken_for_another_kind_than_it_says() -> None:
    """A browser would otherwise guess, and run what it took for a script."""
    assert client(Rules()).get("/x").headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("host", "token", "names"), [
    ("127.0.0.1", "", LOOPBACK), ("127.0.0.1", "t", LOOPBACK), ("0.0.0.0", "", LOOPBACK), ("0.0.0.0", "t", frozenset()),
])  # fmt: skip
def test_names_are_left_unchecked_only_beyond_loopback_and_behind_a_token(
    settings: Settings, host: str, token: str, names: frozenset[str]
) -> None:
    """One of the two always stands between a stranger's page and the service."""
    rules = rules_for(dataclasses.replace(settings, api_token=token), host, max_body=1)
    assert (rules.hosts, rules.token, rules.max_body) == (names, token, 1)


def test_the_names_that_an_operator_gives_are_served_and_no_others(settings: Settings) -> None:
    """Behind a token too."""
    given = dataclasses.replace(settings, api_token="t", allowed_hosts=("Docs.Example",))
    assert rules_for(given, "0.0.0.0", max_body=1).hosts == LOOPBACK | {"docs.example"}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_nothing_is_served_beyond_loopback_without_a_token(settings: Settings, host: str) -> None:
    """Whoever can reach it could have anything built, at somebody's expense."""
    with pytest.raises(InputError, match="DOCTOWN_API_TOKEN"):
        serve("assembly", settings, host, 0)


def test_a_body_that_does_not_say_how_long_it_is_is_cut_off() -> None:
    """Counted as it comes."""

    def pieces():
        for _ in range(1000):
            yield b"a" * 10

    reply = client(Rules(max_body=100)).post("/x", content=pieces())
    assert reply.status_code == 413


def test_every_answer_has_its_trace() -> None:
    """The one that the client is in, or a new one."""
    reply = client(Rules()).get("/x", headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})
    assert reply.headers["x-trace-id"] == "a" * 32
    assert len(client(Rules()).get("/x", headers={"traceparent": "nonsense"}).headers["x-trace-id"]) == 32


def test_what_clients_make_up_names_no_series() -> None:
    """Each method and path that is counted is kept for as long as the process lives: those that a client makes up are
    all counted as one."""
    meters = Meters()
    asker = TestClient(Guard(inner, Rules(), meters), base_url="http://localhost")
    for number in range(3):
        asker.request(f"BREW{number}", f"/made/up/{number}")
    text = meters.page().decode()
    assert 'doctown_http_requests_total{method="other",path="other",status="200"} 3.0' in text
    assert "BREW" not in text
    assert "made" not in text
