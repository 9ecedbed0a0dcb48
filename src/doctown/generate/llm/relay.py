"""A question to a model, passed on as it came: for the Generation service, which has the key that the asker has not.

The asker owns the wording, the retries and the budget; here only the address, the key and the number of calls at a time
are added, and tokens and dollars counted as the answer says them. Nothing of the asker's headers is passed on, and of
the answer's only what says when to ask again.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import msgspec

from doctown import __version__
from doctown.generate.llm.endpoint import Endpoint

SECONDS: Final = 600.0
MAX_REPLY: Final = 16 << 20  # bytes
_PASSED: Final = ("retry-after", "retry-after-ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Relayed:
    """The answer of a model's server, with what it says that it cost."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float = 0.0


class Relay:
    """Passes questions on to `endpoint`, so many at a time as it allows. `client` replaces the HTTP client in tests."""

    def __init__(self, endpoint: Endpoint, client: httpx.Client | None = None) -> None:
        self._endpoint = endpoint
        self._slots = threading.BoundedSemaphore(endpoint.concurrency)
        self._client = client or httpx.Client(
            timeout=httpx.Timeout(SECONDS, connect=10), trust_env=False, proxy=endpoint.proxy or None,
            verify=_verify(endpoint),
        )  # fmt: skip

    def post(self, body: bytes) -> Relayed:
        """The answer to a question. A server that cannot be reached is answered for with status 502."""
        headers = {"Content-Type": "application/json", "User-Agent": f"doctown/{__version__}"}
        if self._endpoint.key:
            headers["Authorization"] = f"Bearer {self._endpoint.key}"
        with self._slots:
            try:
                with self._client.stream("POST", self._endpoint.completions, content=body, headers=headers) as reply:
                    came = bytearray()
                    for piece in reply.iter_bytes():
                        came += piece
                        if len(came) > MAX_REPLY:
                            return _failure("the model's reply is too long")
            except httpx.HTTPError as error:
                return _failure(f"the model's server cannot be reached ({type(error).__name__})")
        passed = {name: reply.headers[name] for name in _PASSED if name in reply.headers}
        tokens_in, tokens_out = _usage(bytes(came)) if reply.status_code == 200 else (0, 0)
        prices = self._endpoint.prices
        usd = (tokens_in * prices.tokens_in + tokens_out * prices.tokens_out) / 1e6
        return Relayed(
            status=reply.status_code, body=bytes(came), headers=passed, tokens_in=tokens_in, tokens_out=tokens_out,
            usd=usd,
        )  # fmt: skip

    def close(self) -> None:
        """Gives the connections back."""
        self._client.close()


def _verify(endpoint: Endpoint) -> Any:  # noqa: ANN401 - what httpx takes
    import ssl  # noqa: PLC0415 - wanted only for a bundle of one's own

    return ssl.create_default_context(cafile=endpoint.ca_bundle) if endpoint.ca_bundle else True


def _failure(cause: str) -> Relayed:
    return Relayed(status=502, body=msgspec.json.encode({"error": {"message": cause, "type": "server_error"}}))


def _usage(body: bytes) -> tuple[int, int]:
    try:
        usage = msgspec.json.decode(body)["usage"]
        return max(int(usage["prompt_tokens"]), 0), max(int(usage["completion_tokens"]), 0)
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        return 0, 0
