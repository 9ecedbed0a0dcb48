"""Events as they happen, to any number of clients (server-sent events), each at its own pace.

All clients that follow a job share one list of its latest events; each only has a place in it, so a slow one costs a
number and not a queue. One that does not read for a while is cut off, and comes back with `Last-Event-ID`; what the
list has no more is read from the ledger. So no client sees a gap or an event twice, however often it was cut off.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_log = logging.getLogger("doctown.events")
KEEP: Final = 512  # events of a job that are at hand
PAGE: Final = 200  # events read from the ledger at a time
POLL: Final = 0.25  # seconds between looks for new events
ALIVE: Final = 15.0  # seconds of silence after which a comment says that the connection stands
PATIENCE: Final = 20.0  # seconds that a client may take for one piece
_BUFFER: Final = 16 << 10  # bytes that wait for a slow client before its patience is counted
_LAST: Final = b"event: job.completed.v1\n"

Read = Callable[[str, int, int], list[tuple[int, str]]]  # job, after, limit → (sequence, envelope)


class Feed:
    """The events of one job, as long as anybody follows it."""

    def __init__(self, job: str, read: Read, poll: float) -> None:
        self._job, self._read, self._poll = job, read, poll
        self._events: deque[tuple[int, bytes]] = deque(maxlen=KEEP)
        self._news = asyncio.Event()
        self.followers = 0
        self.ended = False
        self._task: asyncio.Task[None] | None = None

    async def start(self, latest: int) -> None:
        """Begins to look for events after number `latest`."""
        self._latest = latest
        self._task = asyncio.create_task(self._look(), name=f"events of {self._job}")

    def stop(self) -> None:
        """Looks no more."""
        if self._task is not None:
            self._task.cancel()

    async def _look(self) -> None:
        while not self.ended:
            try:
                rows = await asyncio.to_thread(self._read, self._job, self._latest, PAGE)
            except Exception as error:  # noqa: BLE001 - the database is away for a moment; followers wait
                _log.warning("events of a job cannot be read (%s)", type(error).__name__, extra={"job": self._job})
                await asyncio.sleep(2)
                continue
            for number, body in rows:
                self._events.append((number, block(number, body)))
                self._latest = number
            if rows:
                self.ended = _LAST in self._events[-1][1]
                self._news.set()
                self._news = asyncio.Event()
            if len(rows) < PAGE and not self.ended:
                await asyncio.sleep(self._poll)

    async def follow(self, after: int) -> AsyncGenerator[bytes, None]:
        """Events after a number, in pieces; an empty piece where nothing came for a while."""
        while True:
            news = self._news
            piece, after = self._at_hand(after)
            if not piece and (not self._events or self._events[0][0] > after + 1):
                rows = await asyncio.to_thread(self._read, self._job, after, PAGE)
                piece = b"".join(block(number, body) for number, body in rows)
                after = rows[-1][0] if rows else after
            if piece:
                yield piece
                if _LAST in piece[-4096:]:
                    return
                continue
            if self.ended and after >= self._latest:
                return
            try:
                async with asyncio.timeout(ALIVE):
                    await news.wait()
            except TimeoutError:
                yield b""

    def _at_hand(self, after: int) -> tuple[bytes, int]:
        """What is at hand after a number, if nothing is missing between, and the number it reaches to."""
        if not self._events or self._events[0][0] > after + 1 or self._events[-1][0] <= after:
            return b"", after
        first = after + 1 - self._events[0][0]
        blocks = [self._events[place][1] for place in range(first, min(len(self._events), first + PAGE))]
        return b"".join(blocks), after + len(blocks)


class Feeds:
    """The feeds that are followed at the moment."""

    def __init__(self, read: Read, poll: float = POLL) -> None:
        self._read, self._poll = read, poll
        self._feeds: dict[str, Feed] = {}

    @property
    def followers(self) -> int:
        """Clients that follow any job."""
        return sum(feed.followers for feed in self._feeds.values())

    async def follow(self, job: str, after: int, latest: int) -> AsyncGenerator[bytes, None]:
        """Events of a job after a number. `latest` is the number of its last event as far as is known."""
        feed = self._feeds.get(job)
        if feed is None:
            feed = self._feeds[job] = Feed(job, self._read, self._poll)
            await feed.start(min(after, latest))
        feed.followers += 1
        pieces = feed.follow(after)
        try:
            async for piece in pieces:
                yield piece
        finally:
            await pieces.aclose()
            feed.followers -= 1
            if not feed.followers:
                feed.stop()
                if self._feeds.get(job) is feed:
                    del self._feeds[job]


def block(number: int, body: str) -> bytes:
    """One event as it is sent. `body` is the envelope as JSON, in one line."""
    start = body.index('"type": "') + len('"type": "')
    kind = body[start : body.index('"', start)]
    return f"id: {number}\nevent: {kind}\ndata: {body}\n\n".encode()


class EventStream(Response):
    """An answer that goes on as long as there are events and the client reads them. `ended` is called with whether
    the client was cut off."""

    media_type = "text/event-stream"

    def __init__(
        self, pieces: AsyncGenerator[bytes, None], ended: Callable[[bool], None], patience: float = PATIENCE
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._pieces, self._ended, self._patience = pieces, ended, patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends until the events end, the client goes, or it stops reading."""
        transport = scope.get("doctown.transport")
        if transport is not None:
            transport.set_write_buffer_limits(high=_BUFFER)
        gone = asyncio.create_task(_gone(receive))
        sending = asyncio.create_task(self._send_all(send))
        stopping = asyncio.create_task(scope["doctown.stopping"].wait())
        dropped = False
        try:
            await asyncio.wait({gone, sending, stopping}, return_when=asyncio.FIRST_COMPLETED)
            dropped = sending.done() and isinstance(sending.exception(), TimeoutError)
        finally:
            for task in (gone, sending, stopping):
                task.cancel()
            await asyncio.gather(gone, sending, stopping, return_exceptions=True)
            await self._pieces.aclose()
            self._ended(dropped)
        if dropped and transport is not None:
            transport.abort()  # to close it would wait for the client to read what lies in the buffer
        elif scope["doctown.stopping"].is_set():
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await self._patiently(send, b"retry: 2000\n\n")
        async for piece in self._pieces:
            await self._patiently(send, piece or b": the connection stands\n\n")
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _patiently(self, send: Send, piece: bytes) -> None:
        async with asyncio.timeout(self._patience):
            await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _gone(receive: Receive) -> None:
    while True:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            return


def last_event_id(value: str) -> int:
    """The number of the last event that a client has; 0 for none, or for what is no number."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0
