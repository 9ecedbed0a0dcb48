"""The processes that build: one waits, loaded and without a task, so that a job begins when it is its turn.

Loading takes most of a second, which nobody who waits for a service should pay. One that waits costs some 60 MB; it
ends when its standard input closes, so it outlives nobody.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import IO, Any

from doctown.settings import Settings

COMMAND = (sys.executable, "-m", "doctown.jobs")
_REST = 2.0  # seconds without an order before one is started to wait: those who have work need the processors
_TAIL = 2000  # bytes of what a process said before it died that are worth a look


@dataclass(frozen=True, slots=True)
class Build:
    """A process that builds: it has its task on its standard input, which stays open, and answers on its output."""

    process: subprocess.Popen[bytes]
    errors: IO[bytes]  # its standard error, a file without a name

    @property
    def output(self) -> IO[bytes]:
        """What it answers."""
        assert self.process.stdout is not None
        return self.process.stdout

    def give(self, task: Mapping[str, Any]) -> None:
        """Says what is to be built. One that is dead already is found out by whoever listens."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(task).encode() + b"\n")
            self.process.stdin.flush()

    def last_words(self) -> list[str]:
        """The end of its standard error, in lines."""
        length = self.errors.seek(0, os.SEEK_END)
        self.errors.seek(max(0, length - _TAIL))
        return self.errors.read().decode("utf-8", "replace").strip().splitlines()

    def end(self) -> None:
        """Kills it with its whole group and takes leave of it; its last words can still be read."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


def builds_for(settings: Settings, command: tuple[str, ...] = COMMAND) -> Builds:
    """What starts builds under these settings, which the processes read anew from their environment."""
    secrets = {"OPENAI_API_KEY": settings.openai_api_key, "DOCTOWN_API_TOKEN": settings.api_token}
    return Builds(command, {**settings.environment, **{name: value for name, value in secrets.items() if value}})


class Builds:
    """Starts processes of `command` with `environment`. Once `open`, one is always waiting for the next task."""

    def __init__(self, command: tuple[str, ...], environment: Mapping[str, str]) -> None:
        self._command, self._environment = command, dict(environment)
        self._wanted: queue.SimpleQueue[Future[Build] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._is_open = False
        # The system ends a child when the thread that started it does, so one thread starts them all.
        self._thread = threading.Thread(target=self._work, name="doctown-builds", daemon=True)

    def open(self) -> None:
        """Has a process wait from now on."""
        with self._lock:
            if not self._is_open:
                self._is_open = True
                self._thread.start()

    def close(self) -> None:
        """Ends the one that waits. Starting goes on to work, without one that waits."""
        with self._lock:
            if self._is_open:
                self._is_open = False
                self._wanted.put(None)
                self._thread.join()

    def start(self, task: Mapping[str, Any]) -> Build:
        """A process at work on this task. Raises OSError if the system cannot start one."""
        with self._lock:
            asked: Future[Build] | None = Future() if self._is_open else None
            if asked is not None:
                self._wanted.put(asked)
        build = self._fresh() if asked is None else asked.result()
        build.give(task)
        return build

    def _work(self) -> None:
        waiting: Build | None = None
        while True:
            try:
                asked = self._wanted.get(timeout=_REST if waiting is None else None)
            except queue.Empty:
                with contextlib.suppress(OSError):  # whoever wants one tries again, and is told
                    waiting = self._fresh()
                continue
            if waiting is not None and (asked is None or waiting.process.poll() is not None):
                waiting.end()
                waiting.errors.close()
                waiting = None
            if asked is None:
                return
            try:
                asked.set_result(waiting or self._fresh())
            except OSError as error:
                asked.set_exception(error)
            waiting = None

    def _fresh(self) -> Build:
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - the process's from here on
        try:
            process = subprocess.Popen(  # noqa: S603 - this program itself; the order goes over its standard input
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=self._environment,
                start_new_session=True,
            )  # fmt: skip
        except OSError:
            errors.close()
            raise
        return Build(process, errors)
