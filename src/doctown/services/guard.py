"""Who may ask, and how much: stands before every service and lets nothing through that it does not have to.

It checks the name that the client called this machine by (a page elsewhere can make its own name mean 127.0.0.1), the
page that a browser's request comes from, the token, and the size of the body. What passes is logged and counted. It is
plain ASGI, since a framework's middleware would buffer streams and cost every one of them a task.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import logging
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doctown.services import LOOPBACK
from doctown.services.meters import Meters
from doctown.services.wire import Refused, refusal

_log = logging.getLogger("doctown.requests")
_OPEN: Final = frozenset({"/health", "/live"})  # asked by what starts and stops containers, which has no token
_QUIET: Final = frozenset({"/health", "/live", "/metrics"})
_TRACE: Final = re.compile(r"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_STARTS_WORK_BY_GET: Final = "/ingest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a service lets through."""

    token: str = ""  # what clients must show; empty: nothing
    hosts: frozenset[str] = LOOPBACK  # names this machine may be called by; empty: any, which needs a token
    max_body: int = 8 << 20  # bytes
    bodies: Mapping[str, int] | None = None  # path → bytes, where another cap holds

    def cap(self, path: str) -> int:
        """How long a body sent to this path may be."""
        return (self.bodies or {}).get(path, self.max_body)


class Guard:
    """ASGI middleware around a service."""

    def __init__(self, app: ASGIApp, rules: Rules, meters: Meters) -> None:
        self._app, self._rules, self._meters = app, rules, meters
        self.stopping = asyncio.Event()  # set when the process is told to stop: streams end then

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers, or lets the request through."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            elif scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        scope["doctown.trace"] = trace = _trace(headers)
        # uvicorn's own `send` knows the connection, which a stream of events has to be able to cut.
        scope["doctown.stopping"] = self.stopping
        scope["doctown.transport"] = getattr(getattr(send, "__self__", None), "transport", None)
        exchange = _Exchange(send, receive, self._rules.cap(scope["path"]), trace)
        began = time.perf_counter()
        try:
            try:
                self._check(scope, headers)
                exchange.expect(headers.get("content-length", ""))
                await self._app(scope, exchange.receive, exchange.send)
            except Refused as refused:
                if exchange.status:
                    raise
                await refusal(refused)(scope, receive, exchange.send)
        finally:
            self._note(scope, exchange.status, time.perf_counter() - began, trace)

    def _check(self, scope: Scope, headers: Mapping[str, str]) -> None:
        host = headers.get("host", "")
        if self._rules.hosts and _name(host) not in self._rules.hosts:
            raise Refused(403, "this service is not called by that name", "add it to DOCTOWN_ALLOWED_HOSTS")
        _check_origin(scope, headers, host)
        if self._rules.token and scope["path"] not in _OPEN and not _shows(headers, self._rules.token):
            raise Refused(
                401, "the token is missing or wrong", "send it as `Authorization: Bearer TOKEN`",
                # The one scheme that browsers ask their user for; behind another one in this line they overlook it.
                headers={"WWW-Authenticate": 'Basic realm="doctown", charset="UTF-8"'},
            )  # fmt: skip

    def _note(self, scope: Scope, status: int, seconds: float, trace: str) -> None:
        route = scope.get("route")
        path = str(getattr(route, "path", "") or "other")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._meters.requests.labels(method, path, str(status)).inc()
        self._meters.seconds.labels(method, path).observe(seconds)
        if scope["path"] not in _QUIET:
            job = scope.get("path_params", {}).get("job_id", "")
            _log.info(
                "%s %s %d", method, path, status,
                extra={"status": status, "ms": round(seconds * 1000, 1), "trace": trace, "job": job},
            )  # fmt: skip


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})


class _Exchange:
    """One request and its answer: counts the bytes that come, and remembers the status that goes."""

    def __init__(self, send: Send, receive: Receive, cap: int, trace: str) -> None:
        self._send, self._receive, self._cap, self._trace = send, receive, cap, trace
        self._length = 0
        self.status = 0

    def expect(self, length: str) -> None:
        """Refuses a body that says itself that it is too long."""
        if length and (not length.isdigit() or int(length[:18]) > self._cap):
            raise self._too_large()

    def _too_large(self) -> Refused:
        return Refused(413, f"the body is longer than {self._cap} bytes", "send less at a time", headers=_CLOSE)

    async def receive(self) -> Message:
        """The next piece of the body. Raises Refused once there is too much of it."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._length += len(message.get("body", b""))
            if self._length > self._cap:
                raise self._too_large()
        return message

    async def send(self, message: Message) -> None:
        """Passes the answer on, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers: list[Any] = message.setdefault("headers", [])
            headers.append((b"x-trace-id", self._trace.encode()))
            headers.append((b"x-content-type-options", b"nosniff"))
        await self._send(message)


_CLOSE: Final = {"Connection": "close"}


def _check_origin(scope: Scope, headers: Mapping[str, str], host: str) -> None:
    """A browser says which page a request comes from: none but our own pages may ask, though anybody may link here."""
    elsewhere = Refused(403, "this request comes from another site's page", "open this service's own pages")
    origin = headers.get("origin", "")
    if origin and urlsplit(origin).netloc.lower() != host.lower():
        raise elsewhere
    if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        follows_link = headers.get("sec-fetch-mode") == "navigate" and scope["method"] in ("GET", "HEAD")
        if not follows_link or scope["path"].startswith(_STARTS_WORK_BY_GET):
            raise elsewhere


def _name(host: str) -> str:
    """The name in a Host header, without the port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _shows(headers: Mapping[str, str], token: str) -> bool:
    """Whether the request shows the token: as a bearer's, or as the password that a browser asks its user for."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            value = base64.b64decode(value.strip(), validate=True).decode("utf-8").partition(":")[2]
        except (binascii.Error, ValueError):
            return False
    elif scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(value.strip().encode("utf-8", "replace"), token.encode("utf-8", "replace"))


def _trace(headers: Mapping[str, str]) -> str:
    """The trace that the client is in (W3C `traceparent`), or a new one: 32 hex digits."""
    found = _TRACE.match(headers.get("traceparent", ""))
    return found[1] if found else uuid.uuid4().hex
