"""An assembly that happens in the Assembly service: sends facts over HTTP, gets the graph, tries again when the service
is away for a moment. No proxy or certificate is taken from the environment."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import httpx

from doctown.assemble import wire
from doctown.errors import DoctownError, InputError

ATTEMPTS: Final = 5
_AWAY: Final = frozenset({429, 502, 503, 504})


def assemble_at(
    url: str,
    order: wire.Order,
    *,
    token: str = "",
    client: httpx.Client | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> wire.Graph:
    """The graph of an order, from the service at `url` (http or https). Raises InputError for a URL that cannot be one,
    DoctownError if the service fails or answers nonsense. `client` and `pause` are for tests."""
    shown = _checked(url)
    headers = {"Content-Type": wire.MEDIA} | ({"Authorization": f"Bearer {token}"} if token else {})
    body = wire.encode(order)
    cause = ""
    own = client or httpx.Client(timeout=httpx.Timeout(900, connect=10), trust_env=False)
    try:
        for attempt in range(ATTEMPTS):
            if attempt:
                pause(0.5 * 2**attempt)
            try:
                reply = own.post(f"{url.rstrip('/')}/assemble", content=body, headers=headers)
            except httpx.TransportError as error:
                cause = f"it cannot be reached ({type(error).__name__})"
                continue
            if reply.status_code == 200:
                return wire.check(_read(reply), [one for ids in order.ids.values() for one in ids])
            cause = f"it answered with status {reply.status_code}"
            if reply.status_code not in _AWAY:
                break
    finally:
        if client is None:
            own.close()
    raise DoctownError(f"the Assembly service at {shown} failed: {cause}", "see its log and /health")


def _read(reply: httpx.Response) -> wire.Graph:
    try:
        return wire.decode_graph(reply.content)
    except wire.Malformed as error:
        raise DoctownError(
            f"the Assembly service's reply cannot be used: {error}", "check the service's version and log"
        ) from error


def _checked(url: str) -> str:
    """The address without the credentials that it may hold. Raises InputError if it is none."""
    mend = "give its address, as in http://127.0.0.1:8002"
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise InputError(f"the Assembly service's address is no URL ({error})", mend) from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise InputError("the Assembly service's address is no http or https URL", mend)
    return str(parsed.copy_with(username=None, password=None, query=None))
