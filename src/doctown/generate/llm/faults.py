"""Everything that can go wrong between a question and a usable reply: one table, and how each fault is told apart.

For each kind the table says whether asking again can help, whether it was probably paid for, what it says about the
server, and what the question is refused with once nobody tries any longer. When to ask again is the client's business.

Words that a server sends are a stranger's: they are cut, put on one line, and stripped of the key before they go on.
"""

from __future__ import annotations

import email.utils
import json
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import httpx

from doctown.generate.llm.contract import RefusalKind

Strain = Literal["none", "congested", "down"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What all faults of one kind have in common."""

    refusal: RefusalKind
    tries: int  # calls for one question that may end in a refusal of this kind; 1: asking again cannot help
    strain: Strain = "none"  # congested: ask less at a time; down: the breaker counts it
    paid: bool = False  # the server may have written (and charged) a reply that never reached us whole
    fatal: bool = False  # no further question is worth asking, unless the same server has answered others before


_RATE, _AWAY, _REPLY = 8, 6, 4
KINDS: Final[Mapping[str, Kind]] = {
    # nothing further is worth asking
    "auth": Kind(refusal="configuration", tries=3, fatal=True),
    "quota": Kind(refusal="configuration", tries=3, fatal=True),
    "unknown_model": Kind(refusal="configuration", tries=3, fatal=True),
    "wrong_url": Kind(refusal="configuration", tries=3, fatal=True),
    "redirect": Kind(refusal="configuration", tries=3, fatal=True),
    "tls": Kind(refusal="configuration", tries=3, fatal=True),
    # the server is busy or away
    "rate_limited": Kind(refusal="outage", tries=_RATE, strain="congested"),
    "server_error": Kind(refusal="outage", tries=_AWAY, strain="down"),
    "gateway": Kind(refusal="outage", tries=_AWAY, strain="down", paid=True),
    "timeout": Kind(refusal="outage", tries=_AWAY, strain="down", paid=True),
    "dns": Kind(refusal="outage", tries=_AWAY, strain="down"),
    "unreachable": Kind(refusal="outage", tries=_AWAY, strain="down"),
    "reset": Kind(refusal="outage", tries=_AWAY, strain="down", paid=True),
    "truncated": Kind(refusal="outage", tries=_AWAY, strain="down", paid=True),
    "html": Kind(refusal="outage", tries=_AWAY, strain="down", paid=True),
    "oversize": Kind(refusal="rejected", tries=_REPLY, paid=True),
    "not_json": Kind(refusal="outage", tries=_AWAY, strain="down", paid=True),
    # this question is the trouble
    "too_long": Kind(refusal="too_long", tries=1),
    "filtered": Kind(refusal="filtered", tries=1),
    "forbidden": Kind(refusal="filtered", tries=1, fatal=True),
    "bad_request": Kind(refusal="rejected", tries=1),
    # a reply came and cannot be used; its usage says what it cost
    "refusal": Kind(refusal="filtered", tries=2),
    "content_filter": Kind(refusal="filtered", tries=2),
    "blank": Kind(refusal="rejected", tries=_REPLY),
    "length": Kind(refusal="rejected", tries=_REPLY),
    "circles": Kind(refusal="rejected", tries=2),
    "tool_calls": Kind(refusal="rejected", tries=_REPLY),
    "bad_json": Kind(refusal="rejected", tries=_REPLY),
    "malformed": Kind(refusal="rejected", tries=_REPLY),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that went wrong. `after`: the server asked not to come again for so many seconds."""

    kind: str
    cause: str  # for a person, in our own words: no address, no key, nothing that differs from day to day
    mend: str = ""
    said: str = ""  # by the server, one line; the key is not in it
    after: float = 0.0
    param: str = ""  # of the request, where the server named one

    @property
    def traits(self) -> Kind:
        """What its kind means."""
        return KINDS[self.kind]


class Faulted(Exception):
    """Carries a fault through one call. Never leaves the client."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.cause)
        self.fault = fault


# --- what servers answer ------------------------------------------------------------------------------------------

NO_HEADERS: Final = httpx.Headers()
_QUOTA = ("insufficient_quota", "billing", "exceeded your current quota", "credit", "payment", "balance")
_LENGTH = ("context_length", "context length", "context window", "context size", "maximum context", "too many tokens",
           "prompt is too long", "string_above_max_length", "exceeds the available context")  # fmt: skip
_FILTER = ("content_filter", "content management policy", "responsible_ai", "content policy")
_MODEL = ("model_not_found", "does not exist", "unknown model", "not found", "no such model", "invalid model")
_GATEWAY = frozenset({502, 504, 520, 521, 522, 523, 524})


def of_status(status: int, headers: httpx.Headers, body: bytes, wall: float) -> Fault:
    """The fault that a response of another status than 200 is. `wall` is the time since 1970, in seconds."""
    code, message, param = _error(body)
    said = f"{code} {message}".lower()

    def fault(kind: str, cause: str, mend: str = "", after: float = 0.0) -> Fault:
        return Fault(kind=kind, cause=cause, mend=mend, said=message, after=after, param=param)

    if status == 402 or (status in (403, 429) and any(word in said for word in _QUOTA)):
        return fault("quota", "the account has no quota left", "add credit at the model's provider")
    if status == 429:
        return fault("rate_limited", "the server asks for fewer requests", after=retry_after(headers, wall))
    if status == 401:
        return fault("auth", "the server does not accept the key", "set OPENAI_API_KEY to a valid one")
    if status == 403:
        return fault("forbidden", "the server forbids the request", "check what the key may do")
    if status in (400, 404, 413, 422):
        return _of_request(status, said, fault)
    if 300 <= status < 400:
        return fault("redirect", f"the address leads elsewhere (status {status})", URL_MEND)
    if status == 405 or status < 300:
        return fault("wrong_url", f"the address answers with status {status}", URL_MEND)
    if status in (408, 409, 425):
        return fault("server_error", f"the server answered with status {status}", after=retry_after(headers, wall))
    if status >= 500:
        kind = "gateway" if status in _GATEWAY else "server_error"
        return fault(kind, f"the server failed with status {status}", after=retry_after(headers, wall))
    return fault("bad_request", f"the server answered with status {status}")


URL_MEND: Final = (
    "set OPENAI_BASE_URL to the address that ends before /chat/completions, as in http://127.0.0.1:8191/v1"
)


def _of_request(status: int, said: str, fault: Callable[..., Fault]) -> Fault:
    if status == 413 or any(word in said for word in _LENGTH):
        return fault("too_long", "the prompt does not fit into the model's context")
    if any(word in said for word in _FILTER):
        return fault("filtered", "the server's filter refused the prompt")
    if "model" in said and any(word in said for word in _MODEL):
        return fault("unknown_model", "the server does not have the model", "set MODEL_NAME to one that it has")
    if status == 404:
        return fault("wrong_url", "nothing is found at the address", URL_MEND)
    return fault("bad_request", f"the server did not accept the request, with status {status}")


def _error(body: bytes) -> tuple[str, str, str]:
    """Code, message and parameter of an error in any of the forms in use; empty where it says none."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return "", "", ""
    return error_in(data)


def error_in(data: object) -> tuple[str, str, str]:
    """As above, of decoded JSON."""
    if not isinstance(data, dict):
        return "", "", ""
    error = data.get("error", data.get("detail", data.get("message")))
    if isinstance(error, dict):
        code = " ".join(str(error[name])[:60] for name in ("code", "type") if error.get(name))
        return code, one_line(str(error.get("message") or "")), str(error.get("param") or "")[:60]
    if isinstance(error, list):
        return "", one_line(json.dumps(error)), ""
    return "", one_line(error if isinstance(error, str) else ""), ""


def one_line(text: str, most: int = 200) -> str:
    """A stranger's words, short and without anything that moves a cursor."""
    cleaned = "".join(c if c.isprintable() else " " for c in text[: most * 4])
    cleaned = " ".join(cleaned.encode("utf-8", "replace").decode().split())
    return cleaned if len(cleaned) <= most else f"{cleaned[: most - 1]}…"


def retry_after(headers: httpx.Headers, wall: float) -> float:
    """Seconds that the server asks to wait, 0 if it does not say; the longest where it says it twice."""
    waits = [0.0]
    for name, unit in (("retry-after", 1.0), ("retry-after-ms", 0.001)):
        value = headers.get(name, "").strip()
        if not value:
            continue
        try:
            waits.append(float(value) * unit)
        except ValueError:
            date = email.utils.parsedate_tz(value)
            if date is not None:
                # Dates name whole seconds, so the moment meant may be up to one later.
                waits.append(email.utils.mktime_tz(date) + 1 - wall)
    return max(wait for wait in waits if wait == wait)  # noqa: PLR0124 - drops `nan`


# --- what connections do ------------------------------------------------------------------------------------------


def of_exception(error: httpx.HTTPError | httpx.InvalidURL | httpx.StreamError) -> Fault:
    """The fault that an exception of the HTTP client is."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            mend = "set SSL_CERT_FILE to the bundle that holds the server's authority"
            said = one_line(str(cause.verify_message))
            return Fault(kind="tls", cause="the server's certificate is not trusted", mend=mend, said=said)
        if isinstance(cause, ssl.SSLError) and isinstance(error, httpx.ConnectError):
            mend = "check whether OPENAI_BASE_URL should say http or https, and the port"
            return Fault(kind="tls", cause="no encrypted connection could be made", mend=mend)
        if isinstance(cause, socket.gaierror):
            return Fault(kind="dns", cause="the server's name cannot be resolved", mend="check OPENAI_BASE_URL")
        if isinstance(cause, ConnectionRefusedError):
            mend = "start the server, or check OPENAI_BASE_URL"
            return Fault(kind="unreachable", cause="the connection was refused", mend=mend)
    return _of_type(error)


def _of_type(error: httpx.HTTPError | httpx.InvalidURL | httpx.StreamError) -> Fault:
    check = "check OPENAI_BASE_URL and the network"
    if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError)):
        return Fault(kind="unreachable", cause="the server cannot be reached", mend=check)
    if isinstance(error, httpx.TimeoutException):
        return Fault(kind="timeout", cause="the server did not answer in time", mend="try again later")
    if isinstance(error, httpx.RemoteProtocolError) and "complete" in str(error):
        return Fault(kind="truncated", cause="the reply broke off")
    if isinstance(error, (httpx.UnsupportedProtocol, httpx.InvalidURL)):
        return Fault(kind="wrong_url", cause="the address is none that can be asked", mend=URL_MEND)
    if isinstance(error, httpx.DecodingError):
        return Fault(kind="truncated", cause="the reply could not be unpacked")
    return Fault(kind="reset", cause="the connection broke", mend=check)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and those behind it."""
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None:
            return
        yield seen
        seen = seen.__cause__ or seen.__context__
