"""All four services on one machine: started in order, kept running, and stopped together.

Each starts when the one before it is ready: Embedding, Assembly, Generation, then Builder, which uses them. A service
that ends by itself is started again; one that does so again and again takes the whole down, since whoever runs this
container can do more about it than we can. A signal to stop is passed on, and what has not ended by then is killed
before ten seconds are over. As the first process of a container it also takes leave of the orphans of killed builds.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Final

from doctown.errors import DoctownError
from doctown.services import LOOPBACK
from doctown.services.probe import ready
from doctown.settings import Settings

ORDER: Final = ("embedding", "assembly", "generation", "builder")
URLS: Final = {"embedding": "EMBEDDING_URL", "assembly": "ASSEMBLY_URL", "generation": "GENERATION_URL"}
START: Final = 60.0  # seconds that a service may take to be ready
DRAIN: Final = 8.0  # seconds from the signal to the kill
CRASHES: Final = 5  # within CRASH_WINDOW seconds, of one service, are too many
CRASH_WINDOW: Final = 60.0
_TICK: Final = 0.05
NO_KEY: Final = "OPENAI_API_KEY is not set: documentation will be extractive, and no model is asked"


@dataclass(slots=True)
class _Service:
    name: str
    port: int
    process: subprocess.Popen[bytes] | None = None
    crashes: deque[float] = field(default_factory=deque)
    due: float = 0.0  # when to start it again
    released: bool = False  # it may serve: those before it are ready


class Supervisor:
    """The four services at `host` and `ports`. `say` prints for whoever looks on; `command` is for tests."""

    def __init__(
        self,
        settings: Settings,
        host: str,
        ports: Mapping[str, int],
        *,
        say: Callable[[str], None],
        command: Sequence[str] = (sys.executable, "-m", "doctown", "serve"),
    ) -> None:
        self._host, self._say, self._command = host, say, tuple(command)
        self._services = [_Service(name, ports[name]) for name in ORDER]
        self._settings = settings
        self._environment = self._prepared(settings, ports)
        self._stopping = 0.0  # when it began; 0 while it has not

    def _prepared(self, settings: Settings, ports: Mapping[str, int]) -> dict[str, str]:
        """What the services find in their environment: that of this process, and where the others are."""
        kept = {
            "OPENAI_API_KEY": settings.openai_api_key,
            "DOCTOWN_DATABASE_URL": settings.database_url,
            "AWS_SECRET_ACCESS_KEY": settings.store_options.get("secret_access_key", ""),
            "AWS_SESSION_TOKEN": settings.store_options.get("session_token", ""),
        }
        environment = {**settings.environment, **{name: value for name, value in kept.items() if value}}
        has_model = bool(settings.openai_api_key or settings.openai_base_url)
        for name, variable in URLS.items():
            if name != "generation" or has_model:
                environment.setdefault(variable, f"http://127.0.0.1:{ports[name]}")
        token = settings.api_token
        if not token and self._host not in LOOPBACK:
            token = secrets.token_urlsafe(24)
            self._say(f"DOCTOWN_API_TOKEN was not set; this one was made, and is shown once: {token}")
        if token:
            environment["DOCTOWN_API_TOKEN"] = token
        if not has_model:
            self._say(f"warning: {NO_KEY}")
        return environment

    def run(self) -> int:
        """Runs until a signal comes (0) or a service cannot be kept running (3)."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._told_to_stop)
        status = 0
        try:
            self._start_all()
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
        service.process = subprocess.Popen(  # noqa: S603 - this program itself
            [*self._command, service.name, "--host", self._host, "--port", str(service.port), "--gate"],
            env=self._environment, start_new_session=True, stdin=subprocess.PIPE,
        )  # fmt: skip

    @staticmethod
    def _release(service: _Service) -> None:
        """Lets a process that has loaded begin to serve."""
        service.released = True
        if service.process is not None and service.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                service.process.stdin.write(b"go\n")
                service.process.stdin.close()

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
            if process is not None and process.poll() is not None:
                service.process = None
                if not self._stopping:
                    self._crashed(service, process.returncode)
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
        while any(process.poll() is None for process in running) and time.monotonic() - began < DRAIN:
            time.sleep(_TICK)
        for process in running:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._say("stopped")
