from __future__ import annotations

import asyncio
import json

from doctown.services import stream
from doctown.services.stream import EventStream, Feeds, last_event_id


class Book:
    """Events of a job that grows."""

    def __init__(self, count: int, *, ends: bool = False) -> None:
        self.rows: list[tuple[int, str]] = []
        for _ in range(count):
            self.add()
        if ends:
            self.add("job.completed.v1")

    def add(self, kind: str = "ingest.file_detected.v1") -> None:
        number = len(self.rows) + 1
        self.rows.append((number, json.dumps({"sequence": number, "type": kind, "payload": "x" * 200})))

    def read(self, _job: str, after: int, limit: int) -> list[tuple[int, str]]:
        return [row for row in self.rows if row[0] > after][:limit]


def numbers(pieces: bytes) -> list[int]:
    return [int(line[4:]) for line in pieces.decode().splitlines() if line.startswith("id: ")]


async def collected(feeds: Feeds, after: int, latest: int) -> list[int]:
    found: list[int] = []
    async for piece in feeds.follow("j", after, latest):
        found += numbers(piece)
    return found


def test_whoever_comes_at_any_point_gets_the_rest_once() -> None:
    """From the list at hand or from the ledger: no gap, no duplicate, more events than are at hand."""
    book = Book(stream.KEEP * 2 + 100, ends=True)
    total = len(book.rows)

    async def run() -> None:
        feeds = Feeds(book.read, poll=0.001)
        starts = [0, 1, 150, stream.KEEP, total - 1]
        results = await asyncio.gather(*(collected(feeds, after, 10) for after in starts))
        for after, found in zip(starts, results, strict=True):
            assert found == list(range(after + 1, total + 1))
        assert feeds.followers == 0

    asyncio.run(run())


def test_new_events_reach_all_who_follow() -> None:
    """As they happen, in order."""
    book = Book(3)

    async def run() -> None:
        feeds = Feeds(book.read, poll=0.001)
        followers = [asyncio.create_task(collected(feeds, 0, 3)) for _ in range(20)]
        for _ in range(50):
            await asyncio.sleep(0.001)
            book.add()
        book.add("job.completed.v1")
        for found in await asyncio.gather(*followers):
            assert found == list(range(1, 55))

    asyncio.run(run())


def test_events_at_hand_are_bounded() -> None:
    """A job of many events costs what its latest cost; a client that is behind them reads the rest from the ledger."""
    book = Book(10)

    async def run() -> None:
        feeds = Feeds(book.read, poll=0.001)
        slow = feeds.follow("j", 0, 10)
        found = numbers(await anext(slow))
        for _ in range(stream.KEEP * 3):
            book.add()
        book.add("job.completed.v1")
        while not feeds._feeds["j"].ended:
            await asyncio.sleep(0.001)
        assert len(feeds._feeds["j"]._events) == stream.KEEP
        async for piece in slow:
            found += numbers(piece)
        assert found == list(range(1, len(book.rows) + 1))

    asyncio.run(run())


def test_nobody_looks_for_events_that_nobody_follows() -> None:
    """A client that goes leaves nothing behind: the job's feed ends, and the ledger is not asked any more."""
    book = Book(3)
    asked: list[int] = []

    def read(job: str, after: int, limit: int) -> list[tuple[int, str]]:
        asked.append(after)
        return book.read(job, after, limit)

    async def run() -> None:
        feeds = Feeds(read, poll=0.001)
        client = feeds.follow("j", 0, 3)
        assert numbers(await anext(client)) == [1, 2, 3]
        assert feeds.followers == 1
        await client.aclose()
        assert (feeds.followers, feeds._feeds) == (0, {})
        await asyncio.sleep(0.05)  # a look that was under way may end
        before = len(asked)
        await asyncio.sleep(0.1)
        assert len(asked) == before

    asyncio.run(run())


class Transport:
    def __init__(self) -> None:
        self.aborted = False
        self.high = 0

    def set_write_buffer_limits(self, high: int) -> None:
        self.high = high

    def abort(self) -> None:
        self.aborted = True


def test_a_reader_that_does_not_read_is_cut_off() -> None:
    """It costs its buffer for a while and then nothing; it is welcome back with the id of its last event."""
    book = Book(1000)
    transport = Transport()
    ended: list[bool] = []

    async def run() -> None:
        async def send(message: dict[str, object]) -> None:
            if message["type"] == "http.response.body" and len(sent) > 3:
                await asyncio.sleep(60)  # its buffer is full
            sent.append(message)

        async def receive() -> dict[str, str]:
            await asyncio.sleep(60)
            return {"type": "http.disconnect"}

        sent: list[object] = []
        feeds = Feeds(book.read, poll=0.001)
        scope = {"type": "http", "doctown.transport": transport, "doctown.stopping": asyncio.Event()}
        answer = EventStream(feeds.follow("j", 0, 1000), ended.append, patience=0.1)
        await asyncio.wait_for(answer(scope, receive, send), 5)  # type: ignore[arg-type]
        await asyncio.sleep(0.05)
        assert feeds.followers == 0

    asyncio.run(run())
    assert transport.aborted
    assert ended == [True]
    assert 0 < transport.high <= 64 << 10


def test_streams_end_when_the_service_stops() -> None:
    """They would hold it up for ever."""
    book = Book(5)

    async def run() -> list[dict[str, object]]:
        sent: list[dict[str, object]] = []

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        async def receive() -> dict[str, str]:
            await asyncio.sleep(60)
            return {"type": "http.disconnect"}

        stopping = asyncio.Event()
        feeds = Feeds(book.read, poll=0.001)
        answer = EventStream(feeds.follow("j", 0, 5), lambda _: None)
        asyncio.get_running_loop().call_later(0.1, stopping.set)
        await asyncio.wait_for(answer({"doctown.stopping": stopping}, receive, send), 5)  # type: ignore[arg-type]
        return sent

    sent = asyncio.run(run())
    assert sent[-1].get("more_body") is False
    assert numbers(b"".join(bytes(one.get("body", b"")) for one in sent)) == [1, 2, 3, 4, 5]  # type: ignore[call-overload]


def test_silence_is_broken_by_a_comment(monkeypatch: object) -> None:
    """A proxy does not cut a connection on which something comes."""
    book = Book(1)

    async def run() -> bytes:
        feeds = Feeds(book.read, poll=0.001)
        pieces = feeds.follow("j", 1, 1)
        return await asyncio.wait_for(anext(pieces), 5)

    original, stream.ALIVE = stream.ALIVE, 0.05  # type: ignore[misc]
    try:
        assert asyncio.run(run()) == b""
    finally:
        stream.ALIVE = original  # type: ignore[misc]


def test_an_event_id_that_is_none_is_the_beginning() -> None:
    """Whatever a client sends."""
    assert [last_event_id(text) for text in ("", "7", "-1", "x", "9" * 50, "²")] == [0, 7, 0, 0, 0, 0]
