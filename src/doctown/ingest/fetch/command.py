"""Programs run for a fetch (git, pip, npm): bounded in time and output, gone when we are, silent about secrets.

Every one gets its whole environment from the caller, runs in a folder of the caller's choice and in a process group
of its own, so that its children end with it. What the programs are told is left to the callers.
"""

from __future__ import annotations

import contextlib
import math
import os
import resource
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from doctown.errors import InputError

_POLL_SECONDS = 0.05
_MAX_ERROR_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Result:
    """How a program ended. `errors` is its standard error, secrets masked."""

    status: int
    output: str
    errors: str


@dataclass(frozen=True, slots=True)
class Runner:
    """How to run programs for one fetch: where, with which environment, until when (`time.monotonic`)."""

    folder: Path
    environment: Mapping[str, str]
    deadline: float
    secrets: tuple[str, ...] = ()
    max_output_bytes: int = 64 * 1024 * 1024

    def masked(self, text: str) -> str:
        """`text` with every secret replaced."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def run(self, argv: Sequence[str], *, stdin: str = "", watch: Callable[[], None] | None = None) -> Result:
        """Runs `argv` to its end. `watch` is called several times a second and stops the program by raising.

        Raises InputError if the program is not installed or the time is over."""
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as given:
            given.write(stdin.encode("utf-8"))
            given.seek(0)
            with self.started(argv, stdin=given, stdout=output, stderr=errors) as process:
                while process.poll() is None:
                    self._check(argv[0], output)
                    if watch:
                        watch()
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(_POLL_SECONDS)
            if watch:
                watch()
            return Result(process.returncode, self._text(output, self.max_output_bytes), self.errors_of(errors))

    @contextlib.contextmanager
    def started(
        self, argv: Sequence[str], *, stdin: IO[bytes] | int, stdout: IO[bytes] | int, stderr: IO[bytes]
    ) -> Iterator[subprocess.Popen[bytes]]:
        """The running program; killed with its children when the block is left. Raises InputError if it is not
        installed."""
        try:
            process = subprocess.Popen(  # noqa: S603 - an argv of our making, never a shell
                argv,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                cwd=self.folder,
                env=dict(self.environment),
                start_new_session=True,
            )
        except FileNotFoundError:
            raise InputError(f"{argv[0]} is not installed", f"install it and put {argv[0]} on the PATH") from None
        self._bound(process)
        try:
            yield process
        finally:
            _end(process)

    def _bound(self, process: subprocess.Popen[bytes]) -> None:
        """Bounds the program's processor time by the kernel too: killed with SIGKILL, we could not end it ourselves."""
        if math.isinf(self.deadline):
            return
        seconds = math.ceil(max(0.0, self.deadline - time.monotonic())) + 1
        with contextlib.suppress(AttributeError, ProcessLookupError, PermissionError):  # `prlimit` is Linux's
            resource.prlimit(process.pid, resource.RLIMIT_CPU, (seconds, seconds))

    def errors_of(self, errors: IO[bytes]) -> str:
        """What a program wrote to its standard error, secrets masked."""
        return self.masked(self._text(errors, _MAX_ERROR_BYTES))

    def _check(self, program: str, output: IO[bytes]) -> None:
        if time.monotonic() > self.deadline:
            raise InputError(f"{program} did not finish in the time allowed", "try again, or raise the time limit")
        if os.fstat(output.fileno()).st_size > self.max_output_bytes:
            raise InputError(f"{program} wrote more than {self.max_output_bytes} bytes", "check the source")

    @staticmethod
    def _text(file: IO[bytes], most: int) -> str:
        file.seek(0)
        return file.read(most).decode("utf-8", "replace")


@contextlib.contextmanager
def ended_at(deadline: float, process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kills the program when the deadline (`time.monotonic`) passes within the block: for one whose output is read
    as it comes, and which may be silent for ever."""
    timer = threading.Timer(max(0.0, deadline - time.monotonic()), process.kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kills what is left of the program's process group, and closes our ends of its pipes."""
    # The group is signalled even after the program's own end: a child of it may have stayed behind.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
