"""An embedder that asks the Embedding service over HTTP.

It sends texts in bounded batches, prefers the packed form of the reply and takes JSON as well, believes nothing of it
unchecked, and tries again when the service is away for a moment. Several services share the batches, and each stands in
for one that fails. No proxy or certificate is taken from the environment.
What the service runs is its own business, but its model must be the one that was asked for.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from urllib.parse import urlsplit

import httpx
import msgspec
import numpy as np
from numpy.typing import NDArray

from doctown.embed import MINILM, MINILM_DIMENSIONS, wire
from doctown.embed.quantise import normalise, quantise
from doctown.errors import DoctownError, InputError
from doctown.model import Vector

BATCH_TEXTS: Final = 64
BATCH_CHARACTERS: Final = 262_144  # a text over it travels alone
ATTEMPTS: Final = 4
_AWAY: Final = frozenset({429, 502, 503, 504})
_HEADER_BYTES: Final = 65_536
_COMPONENT_BYTES: Final = 32  # a float in JSON, generously


class RemoteEmbedder:
    """The Embedding service at `url` (http or https), or several of one model, separated by commas; `token` is what
    they ask of their clients. `client` replaces the HTTP client, `pause` the waiting between attempts (seconds); both
    are for tests and for callers with a client of their own.

    Raises InputError for a URL that cannot be one; `embed` raises DoctownError if the service fails or answers
    nonsense.
    """

    def __init__(
        self,
        url: str,
        *,
        model: str = MINILM,
        dimensions: int = MINILM_DIMENSIONS,
        token: str = "",
        client: httpx.Client | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._urls = tuple(_address(one.strip()) for one in url.split(","))
        self._turn = os.getpid() % len(self._urls)  # where the next batch goes; clients begin at different ones
        self.model = model
        self.dimensions = dimensions
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = client or httpx.Client(
            timeout=httpx.Timeout(300, connect=10), trust_env=False, headers=headers
        )  # fmt: skip
        self._pause = pause

    @property
    def identity(self) -> str:
        """What decides a vector, as `Embedder.identity` says."""
        return f"{self.model} {self.dimensions} {','.join(map(_shown, self._urls))}"

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector a text, in order, as `Embedder.embed` says."""
        if self._client.is_closed:
            raise DoctownError("this embedder was closed", "open another")
        unique = list(dict.fromkeys(texts))
        vectors: dict[str, Vector] = {}
        ways = len(self._urls)
        todo = [(batch, place % ways) for place, batch in enumerate(_batches(unique), self._turn)]
        self._turn = (self._turn + len(todo)) % ways
        if ways == 1 or len(todo) == 1:
            replies = [self._ask(*one) for one in todo]
        else:
            with ThreadPoolExecutor(ways, thread_name_prefix="embed") as pool:
                replies = list(pool.map(lambda one: self._ask(*one), todo))
        for (batch, _), reply in zip(todo, replies, strict=True):
            vectors.update(zip(batch, reply, strict=True))
        return [vectors[text] for text in texts]

    def close(self) -> None:
        """Gives everything back; closing twice is allowed."""
        self._client.close()

    def _ask(self, texts: Sequence[str], first: int) -> list[Vector]:
        names = [str(place) for place in range(len(texts))]
        # A lone surrogate has no UTF-8; no token would come of it either.
        contents = [text.encode("utf-8", "ignore").decode() for text in texts]
        chunks = [{"chunk_id": name, "content": content} for name, content in zip(names, contents, strict=True)]
        request = msgspec.json.encode({"batch_id": "0", "chunks": chunks})
        kind, body = self._post(request, len(texts), first)
        reply = wire.unpack(body) if kind == wire.PACKED else wire.from_json(body)
        if reply.model not in {"", self.model}:
            raise InputError(
                f"the Embedding service runs {reply.model!r}, not {self.model!r}", "ask for the model that it runs"
            )
        if sorted(reply.chunk_ids) != sorted(names) or reply.rows.shape[1] != self.dimensions:
            raise DoctownError(
                f"the Embedding service answered {len(reply.chunk_ids)} vectors of {reply.rows.shape[1]} dimensions "
                f"to {len(names)} chunks of {self.dimensions}",
                "check the service's version and log",
            )
        places = {name: place for place, name in enumerate(reply.chunk_ids)}
        return quantise(_unit(reply.rows[[places[name] for name in names]]), self.model)

    def _post(self, request: bytes, count: int, first: int) -> tuple[str, bytes]:
        """Media type and body of an answer, after as many attempts as it takes, `ATTEMPTS` at each service at most. The
        one at place `first` is asked first, and the others at once when it is away; a pause follows each round."""
        limit = _HEADER_BYTES + count * (self.dimensions * _COMPONENT_BYTES + 256)
        order = (*self._urls[first:], *self._urls[:first])
        cause, url = "", order[0]
        for attempt in range(ATTEMPTS):
            if attempt:
                self._pause(0.5 * 2**attempt)
            for url in order:
                try:
                    status, kind, body = self._send(url, request, limit)
                except httpx.TransportError as error:
                    cause = f"it cannot be reached ({type(error).__name__})"
                    continue
                if status == 200:
                    return kind, body
                cause = f"it answered with status {status}"
                if status not in _AWAY:
                    raise _failed(url, cause)
        raise _failed(url, cause)

    def _send(self, url: str, request: bytes, limit: int) -> tuple[int, str, bytes]:
        headers = {"Accept": f"{wire.PACKED}, application/json;q=0.5", "Content-Type": "application/json"}
        with self._client.stream("POST", f"{url}/embed", content=request, headers=headers) as response:
            body = bytearray()
            for piece in response.iter_bytes():
                body += piece
                if len(body) > limit:
                    raise DoctownError("the Embedding service's reply is too long", "check what answers at its address")
            return response.status_code, response.headers.get("content-type", "").partition(";")[0], bytes(body)


def _address(url: str) -> str:
    """The service's address without a slash at its end. Raises InputError for what cannot be one."""
    mend = "give its address, as in http://127.0.0.1:8000"
    try:
        urlsplit(url)  # notices brackets that httpx takes for a host
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise InputError(f"the Embedding service's address is no URL ({error})", mend) from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise InputError("the Embedding service's address is no http or https URL", mend)
    return str(parsed).rstrip("/")


def _failed(url: str, cause: str) -> DoctownError:
    return DoctownError(f"the Embedding service at {_shown(url)} failed: {cause}", "see its log and /health")


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows as they came if they are of unit length but for the quantising, which keeps them the same to the last bit;
    brought to unit length otherwise, for a service of another make."""
    lengths = np.sqrt((rows.astype(np.float64) ** 2).sum(axis=1))
    return rows if np.abs(lengths - 1).max(initial=0) < 0.05 else normalise(rows)


def _shown(url: str) -> str:
    """The address without the credentials that it may hold."""
    return str(httpx.URL(url).copy_with(username=None, password=None, query=None))


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and (len(batch) == BATCH_TEXTS or size + len(text) > BATCH_CHARACTERS):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    if batch:
        yield batch
