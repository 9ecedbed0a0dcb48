"""The tools for agents at `/mcp`: those of `doctown mcp`, over the packs that Builder's jobs made last.

A server of tools is made for a set of packs. When that set changes, a new one takes its place, and the old one ends
once what it was asked has been answered. Host, Origin and token were checked by the guard before anything gets here.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from doctown.meaning import Meaning
from doctown.services.office import Office
from doctown.services.shelf import Shelf
from doctown.services.wire import Refused

LATEST = 8  # packs that agents are answered from
FRESH = 5.0  # seconds between looks for others
LINGER = 60.0  # seconds that an old server may take for what it was asked


class Agents:
    """The server of tools as an ASGI application."""

    def __init__(self, office: Office, shelf: Shelf, meaning: Meaning) -> None:
        self._office, self._shelf, self._meaning = office, shelf, meaning
        self._lock = asyncio.Lock()
        self._looked = 0.0
        self._paths: list[Path] = []
        self._app: Starlette | None = None
        self._ends: list[tuple[asyncio.Event, asyncio.Task[None]]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request. Raises Refused (404) while there is no pack."""
        self._office.check_ready()
        async with self._lock:
            if time.monotonic() - self._looked > FRESH:
                await self._look()
                self._looked = time.monotonic()
        if self._app is None:
            raise Refused(404, "there is no docpack yet", "order one with POST /jobs")
        headers = [pair for pair in scope["headers"] if pair[0] not in (b"host", b"origin", b"authorization")]
        inner = {**scope, "path": "/mcp", "root_path": "", "headers": [*headers, (b"host", b"127.0.0.1:3000")]}
        await self._app(inner, receive, send)

    async def _look(self) -> None:
        paths = await asyncio.to_thread(self._latest)
        if paths == self._paths:
            return
        for stop, _ in self._ends:
            asyncio.get_running_loop().call_later(LINGER, stop.set)
        self._paths, self._app = paths, None
        if paths:
            self._app = await self._begin(paths)

    def _latest(self) -> list[Path]:
        found = [self._shelf.file(job.docpack_id) for job in self._shelf.jobs()[:LATEST]]
        return [path for path in found if path is not None]

    async def _begin(self, paths: list[Path]) -> Starlette:
        from doctown.mcp_server.server import http_app  # noqa: PLC0415 - loads slowly, wanted only here

        app = await asyncio.to_thread(http_app, paths, self._meaning)
        begun, stop = asyncio.Event(), asyncio.Event()

        async def live() -> None:  # a lifespan has to end in the task that it began in
            async with app.router.lifespan_context(app):
                begun.set()
                await stop.wait()

        task = asyncio.create_task(live(), name="agents")
        waiting = asyncio.create_task(begun.wait())
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if task.done():
            task.result()
        self._ends = [(event, one) for event, one in self._ends if not one.done()] + [(stop, task)]
        return app

    async def close(self) -> None:
        """Ends all servers."""
        for stop, _ in self._ends:
            stop.set()
        await asyncio.gather(*(task for _, task in self._ends), return_exceptions=True)
        self._meaning.close()
