"""All four services on one machine: started in order, kept running, and stopped together.

Each begins when the one before it is ready: Embedding, Assembly, Generation, then Builder, which uses them. They are
split off from this process, which has loaded by then what all of them need: that is loaded once instead of four times,
and a service that is started again is back sooner. A service that ends by itself is started again; one that does so
again and again takes the whole down, since whoever runs this container can do more about it than we can. A signal to
stop is passed on, and what has not ended by then is killed before ten seconds are over; should this process be killed,
the services stop. As the first process of a container it also takes leave of the orphans of killed builds.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import gc
import multiprocessing
import os
import secrets
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from types import FrameType
from typing import Final, Protocol

from doctown.errors import DoctownError
from doctown.services import LOOPBACK
from doctown.services.probe import ready
from doctown.settings import Settings

ORDER: Final = ("embedding", "assembly", "generation", "builder")
URLS: Final = {"embedding": "EMBEDDING_URL", "assembly": "ASSEMBLY_URL", "generation": "GENERATION_URL"}
SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
START: Final = 60.0  # seconds that a service may take to be ready
DRAIN: Final = 8.0  # seconds from the signal to the kill
CRASHES: Final = 5  # within CRASH_WINDOW seconds, of one service, are too many
CRASH_WINDOW: Final = 60.0
_TICK: Final = 0.05
NO_KEY: Final = "OPENAI_API_KEY is not set: documentation will be extractive, and no model is asked"
_PARENT_DEATH: Final = 1  # PR_SET_PDEATHSIG
_NAME: Final = 15  # PR_SET_NAME


class Serve(Protocol):
    """What runs one service to its end and returns the exit status (`serving.serve`). Once it has loaded it asks
    `gate`, which returns when it may begin, or false when it is to end instead."""

    def __call__(self, name: str, settings: Settings, host: str, port: int, *, gate: Callable[[], bool]) -> int:
        """Serves."""


@dataclass(slots=True)
class _Service:
    name: str
    port: int
    process: ForkProcess | None = None
    gate: Connection | None = None  # what is sent here lets the process begin
    crashes: deque[float] = field(default_factory=deque)
    due: float = 0.0  # when to start it again
    released: bool = False  # it may serve: those before it are ready


class Supervisor:
    """The four services at `host` and `ports`. `say` prints for whoever looks on."""

    def __init__(
        self,
        settings: Settings,
        host: str,
        ports: Mapping[str, int],
        *,
        say: Callable[[str], None],
        serve: Serve,
    ) -> None:
        self._host, self._say, self._serve = host, say, serve
        self._services = [_Service(name, ports[name]) for name in ORDER]
        self._settings = self._prepared(settings, ports)
        self._context = multiprocessing.get_context("fork")
        self._stopping = 0.0  # when it began; 0 while it has not

    def _prepared(self, settings: Settings, ports: Mapping[str, int]) -> Settings:
        """The settings of the services: those of this process, with where the others are and a token."""
        has_model = bool(settings.openai_api_key or settings.openai_base_url)
        urls = {
            variable: settings.environment.get(variable) or f"http://127.0.0.1:{ports[name]}"
            for name, variable in URLS.items()
            if name != "generation" or has_model
        }
        token = settings.api_token
        if not token and self._host not in LOOPBACK:
            token = secrets.token_urlsafe(24)
            self._say(f"DOCTOWN_API_TOKEN was not set; this one was made, and is shown once: {token}")
        if not has_model:
            self._say(f"warning: {NO_KEY}")
        return dataclasses.replace(
            settings, embedding_url=urls["EMBEDDING_URL"], assembly_url=urls["ASSEMBLY_URL"],
            generation_url=urls.get("GENERATION_URL", settings.generation_url), api_token=token,
            environment={**settings.environment, **urls},
        )  # fmt: skip

    def run(self) -> int:
        """Runs until a signal comes (0) or a service cannot be kept running (3)."""
        for number in SIGNALS:
            signal.signal(number, self._told_to_stop)
        gc.freeze()  # what is loaded is shared with the services; a collector that walks it would copy it
        status = 0
        try:
            self._start_all()
            gc.enable()
            while not self._stopping:
                self._reap()
                self._restart_due()
                time.sleep(_TICK)
        except DoctownError as error:
            self._say(f"doctown: {error}")
            status = error.exit_status
        finally:
            self._stop_all()
        return status

    def _told_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = self._stopping or time.monotonic()

    # --- starting -------------------------------------------------------------------------------------------------

    def _start_all(self) -> None:
        began = time.monotonic()
        for service in self._services:  # all load at the same time, and begin one after the other
            self._start(service)
        for service in self._services:
            self._release(service)
            self._await(service)
            if self._stopping:
                return
        self._say(f"the four services are ready after {time.monotonic() - began:.1f} s")
        for service in self._services:
            self._say(f"  {service.name:<11} http://{self._host}:{service.port}")

    def _start(self, service: _Service) -> None:
        theirs, service.gate = self._context.Pipe(duplex=False)
        service.process = self._context.Process(target=self._split_off, args=(service, theirs))
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # until each process has its own way of taking them
        try:
            service.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            theirs.close()

    def _split_off(self, service: _Service, gate: Connection) -> None:
        """The life of a service, in its own process and session."""
        os.setsid()
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        _follow_parent(f"doctown-{service.name}")
        for one in self._services:  # or the others' gates would not be seen to close
            if one.gate is not None:
                one.gate.close()
        try:
            sys.exit(self._serve(service.name, self._settings, self._host, service.port, gate=lambda: _opens(gate)))
        except DoctownError as error:
            self._say(f"doctown: {error}")
            sys.exit(error.exit_status)

    @staticmethod
    def _release(service: _Service) -> None:
        """Lets a process that has loaded begin to serve."""
        service.released = True
        if service.gate is not None:
            with contextlib.suppress(BrokenPipeError):
                service.gate.send_bytes(b"go")
            service.gate.close()
            service.gate = None

    def _await(self, service: _Service) -> None:
        until = time.monotonic() + START
        while not self._stopping:
            self._reap()
            if service.process is None:
                self._restart_due()
            elif not (reason := ready(service.port)):
                return
            elif time.monotonic() > until:
                raise DoctownError(f"{service.name} was not ready after {START:.0f} s: {reason}", "see its log above")
            time.sleep(_TICK)

    # --- keeping ----------------------------------------------------------------------------------------------------

    def _reap(self) -> None:
        """Notes which services have ended. As process 1 it takes leave of strangers too."""
        for service in self._services:
            process = service.process
            if process is not None and process.exitcode is not None:
                service.process = None
                if not self._stopping:
                    self._crashed(service, process.exitcode)
        if os.getpid() == 1:
            self._reap_orphans()

    def _reap_orphans(self) -> None:
        own = {service.process.pid for service in self._services if service.process is not None}
        with contextlib.suppress(ChildProcessError):
            while True:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                if ended is None or ended.si_pid in own:
                    return
                os.waitpid(ended.si_pid, 0)

    def _crashed(self, service: _Service, status: int) -> None:
        now = time.monotonic()
        service.crashes.append(now)
        while service.crashes and now - service.crashes[0] > CRASH_WINDOW:
            service.crashes.popleft()
        if len(service.crashes) >= CRASHES:
            raise DoctownError(
                f"{service.name} ended {CRASHES} times within {CRASH_WINDOW:.0f} s, the last time with status {status}",
                "see its log above",
            )
        pause = 0.1 * 2 ** (len(service.crashes) - 1)
        service.due = now + pause
        self._say(f"{service.name} ended with status {status}; it is started again in {pause:.1f} s")

    def _restart_due(self) -> None:
        for service in self._services:
            if service.process is None and service.due and time.monotonic() >= service.due:
                service.due = 0.0
                self._start(service)
                if service.released:
                    self._release(service)

    # --- stopping ---------------------------------------------------------------------------------------------------

    def _stop_all(self) -> None:
        """Builder first, which uses the others; all have the same time."""
        began = self._stopping or time.monotonic()
        self._stopping = began
        running = [service.process for service in reversed(self._services) if service.process is not None]
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        while any(process.exitcode is None for process in running) and time.monotonic() - began < DRAIN:
            time.sleep(_TICK)
        for process in running:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid or 0, signal.SIGKILL)
            process.join()
        self._say("stopped")


def _opens(gate: Connection) -> bool:
    """Waits until the gate is opened; false if whoever was to open it is gone."""
    try:
        return bool(gate.recv_bytes())
    except EOFError:
        return False


def _follow_parent(name: str) -> None:
    """Has the system stop this process when the one that it was split off from ends, and lists it under a name."""
    if sys.platform == "linux":
        system = ctypes.CDLL(None)
        system.prctl(_PARENT_DEATH, signal.SIGTERM, 0, 0, 0)
        system.prctl(_NAME, name[:15].encode(), 0, 0, 0)
