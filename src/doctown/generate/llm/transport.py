"""One call over HTTP: bytes out, bytes in, or the fault that came between.

No redirect is followed, nothing is taken from the environment, a reply is bounded in bytes and in time, and closing
breaks off what is under way. What the bytes mean, and whether to call again, is others' business.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from typing import Final

import httpx

from doctown import __version__
from doctown.errors import InputError
from doctown.generate.llm import faults
from doctown.generate.llm.clock import Clock
from doctown.generate.llm.endpoint import Endpoint
from doctown.generate.llm.faults import Fault, Faulted

_CONNECT_SECONDS: Final = 10.0
_REPLY_BYTES: Final = 1 << 20  # beside what the tokens allowed for can make
_TOKEN_BYTES: Final = 64


class Transport:
    """Connections to one server. Safe to use from several threads. `client` replaces the HTTP client, for tests.

    Raises InputError if the certificate bundle cannot be read.
    """

    def __init__(self, endpoint: Endpoint, clock: Clock, client: httpx.Client | None = None) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._client = client or _client(endpoint)
        self._streams: set[_Socket] = set()
        self._lock = threading.Lock()
        self._closed = False

    def post(self, body: bytes, allowed: int) -> tuple[str, bytes]:
        """Content type and body of a response of status 200; `allowed`: the reply tokens asked for, which bound size
        and time. Raises Faulted for everything else."""
        return self._send("POST", self._endpoint.completions, body, allowed)

    def get(self, path: str) -> bytes:
        """The body found beside the completions, at `/models` for one. Raises Faulted."""
        return self._send("GET", self._endpoint.completions.removesuffix("/chat/completions") + path, b"", 0)[1]

    def close(self) -> None:
        """Breaks off all calls under way, and every later one. Closing twice is allowed."""
        with self._lock:
            self._closed = True
            streams, self._streams = self._streams, set()
        for stream in streams:
            stream.shut()
        self._client.close()

    def _send(self, method: str, url: str, body: bytes, allowed: int) -> tuple[str, bytes]:
        seconds = patience(allowed, local=self._endpoint.loopback)
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "Content-Type": "application/json"}
        if self._endpoint.key:
            headers["Authorization"] = f"Bearer {self._endpoint.key}"
        timeout = httpx.Timeout(seconds, connect=_CONNECT_SECONDS)
        most = _REPLY_BYTES + allowed * _TOKEN_BYTES
        try:
            with self._client.stream(
                method, url, content=body, headers=headers, timeout=timeout, extensions={"trace": self._trace}
            ) as response:
                data = _read(response, most, time.monotonic() + seconds)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise Faulted(faults.of_exception(error)) from error
        except RuntimeError as error:  # what the client raises once it is closed
            if not self._closed:
                raise
            raise Faulted(Fault(kind="reset", cause="the client was closed")) from error
        if response.status_code != 200:
            fault = faults.of_status(response.status_code, response.headers, data, self._clock.wall())
            raise Faulted(fault)
        return response.headers.get("content-type", ""), data

    def _trace(self, event: str, info: Mapping[str, object]) -> None:
        """Notes each connection that is made, so that `close` can break it off."""
        if not event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            return
        stream = info["return_value"]
        found = stream.get_extra_info("socket") if hasattr(stream, "get_extra_info") else None
        if isinstance(found, socket.socket):
            with self._lock:
                self._streams = {one for one in self._streams if one.alive} | {_Socket(found)}
                if self._closed:
                    _Socket(found).shut()


class _Socket:
    """A connection's socket, as far as it is needed to end it."""

    def __init__(self, inner: socket.socket) -> None:
        self._inner = inner

    @property
    def alive(self) -> bool:
        return self._inner.fileno() >= 0

    def shut(self) -> None:
        """Whoever reads from it sees its end at once."""
        with contextlib.suppress(OSError):  # it may have ended by itself
            self._inner.shutdown(socket.SHUT_RDWR)


def patience(allowed: int, *, local: bool) -> float:
    """Seconds for one call, by the reply tokens allowed. A model on this machine's processor writes a few a second."""
    return 300.0 + allowed * 0.5 if local else 90.0 + allowed * 0.05


def _client(endpoint: Endpoint) -> httpx.Client:
    proxy = endpoint.proxy if endpoint.url.startswith("https:") and not endpoint.loopback else ""
    limits = httpx.Limits(max_connections=endpoint.concurrency + 1, max_keepalive_connections=endpoint.concurrency)
    agent = {"User-Agent": f"doctown/{__version__}"}
    return httpx.Client(
        trust_env=False, follow_redirects=False, verify=_context(endpoint), proxy=proxy or None, limits=limits,
        headers=agent,
    )  # fmt: skip


def _context(endpoint: Endpoint) -> ssl.SSLContext | bool:
    if not endpoint.url.startswith("https:"):
        return False  # nothing is encrypted, so no bundle is read either
    if not endpoint.ca_bundle:
        return True
    try:
        return ssl.create_default_context(cafile=endpoint.ca_bundle)
    except OSError as error:
        raise InputError(
            f"the certificate bundle {endpoint.ca_bundle} cannot be read: {error.strerror or error}",
            "set SSL_CERT_FILE to one that can",
        ) from error


def _read(response: httpx.Response, most: int, deadline: float) -> bytes:
    """The body, while it is neither too long nor too late."""
    data = bytearray()
    for piece in response.iter_bytes():
        data += piece
        if len(data) > most:
            raise Faulted(Fault(kind="oversize", cause="the server's answer is far longer than was allowed"))
        if time.monotonic() > deadline:
            raise Faulted(Fault(kind="timeout", cause="the server did not finish its answer in time"))
    return bytes(data)
