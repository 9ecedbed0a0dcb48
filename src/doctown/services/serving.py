"""One service as a process: an address, a server, and an end within seconds of being told to."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
import sys
from collections.abc import Callable
from types import FrameType
from typing import Final

import uvicorn

from doctown.errors import InputError
from doctown.services import LOOPBACK, PORTS, logs, tracing
from doctown.services.guard import Guard
from doctown.settings import Settings

DRAIN: Final = 4  # seconds that answers under way are given when the service stops
_BACKLOG: Final = 2048
_PROTOCOL: Final = "h11"  # it alone bounds what a request's headers may take; others are quicker by a tenth of a ms
_log = logging.getLogger("doctown")


def make(name: str, settings: Settings, host: str) -> Guard:
    """The application of a service. Raises InputError for an unknown name."""
    # Each is imported where it is wanted: they load different libraries, and a process is one of them.
    match name:
        case "builder":
            from doctown.services.builder import app as builder  # noqa: PLC0415

            return builder(settings, host)
        case "embedding":
            from doctown.services.embedding import app as embedding  # noqa: PLC0415

            return embedding(settings, host)
        case "assembly":
            from doctown.services.assembly import app as assembly  # noqa: PLC0415

            return assembly(settings, host)
        case "generation":
            from doctown.services.generation import app as generation  # noqa: PLC0415

            return generation(settings, host)
    raise InputError(f"there is no service {name!r}", f"choose one of {', '.join(PORTS)}")


def check_exposure(settings: Settings, host: str) -> None:
    """Raises InputError if the service would be reached from elsewhere and asks for no token."""
    if host not in LOOPBACK and not settings.api_token:
        raise InputError(f"{host} can be reached from elsewhere", "set DOCTOWN_API_TOKEN, or bind to 127.0.0.1")


def serve(name: str, settings: Settings, host: str, port: int, *, gate: Callable[[], bool] = lambda: True) -> int:
    """Runs a service until a signal ends it; the exit status. Once it has loaded it asks `gate`, which returns when it
    may begin, or false when it is to end instead. Raises InputError if the address cannot be had."""
    check_exposure(settings, host)
    logs.configure(name)
    end_traces = tracing.configure(name, settings.otlp_endpoint) if settings.otlp_endpoint else _nothing
    application = make(name, settings, host)
    gc.freeze()
    gc.enable()
    if not gate():
        return 0
    listening = _listen(host, port)
    config = uvicorn.Config(
        application, http=_PROTOCOL, log_config=None, access_log=False, server_header=False, proxy_headers=False,
        timeout_graceful_shutdown=DRAIN, timeout_keep_alive=30, lifespan="on", backlog=_BACKLOG, ws="none",
        h11_max_incomplete_event_size=65_536,
    )  # fmt: skip
    _log.info("%s listens on %s:%d", name, host, port)
    server = _Server(config, application.stopping.set, end_traces)
    asyncio.run(server.serve(sockets=[listening]))
    failed = not server.started
    # Threads that wait on something far away must not keep a process that is done.
    _leave(3 if failed else 0)
    return 3 if failed else 0


class _Server(uvicorn.Server):
    """A server that says when it is told to stop, so that streams that would go on for ever end, and when it has: it
    raises the signal again then, so nothing comes after."""

    def __init__(self, config: uvicorn.Config, stopping: Callable[[], None], stopped: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping, self._stopped = stopping, stopped

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Takes note of the signal, in the event loop's thread."""
        super().handle_exit(sig, frame)
        asyncio.get_running_loop().call_soon_threadsafe(self._stopping)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends what is under way."""
        await super().shutdown(sockets)
        await asyncio.to_thread(self._stopped)


def _nothing() -> None:
    """What there is to do without a collector."""


def _leave(status: int, end: Callable[[int], None] = os._exit) -> None:
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    end(status)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listening.close()
        cause = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{host}:{port} cannot be listened on ({cause})", "give another --host or --port") from error
    listening.setblocking(False)
    return listening
