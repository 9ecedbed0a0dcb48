"""Worker processes that may die: by a time limit, a memory limit, or a crash in native code.

tree-sitter is C over input from strangers: a file can take minutes, gigabytes, or the process. Each worker reads one
file at a time and answers before it takes the next, so that a death costs exactly the file it happened on. The
standard library's pool is of no use here: one dead worker breaks the whole of it.
"""

from __future__ import annotations

import gc
import math
import multiprocessing
import resource
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from typing import Generic, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

# Sent ahead to a busy worker, so that it never waits for the next. A socket's buffer holds 208 KiB on Linux, and the
# kernel charges a small message more than its length.
PIPE_BYTES = 96 << 10
MESSAGE_BYTES = 2 << 10
TASKS_PER_COLLECTION = 500
PATIENCE = 10  # times the limit of processor time that a task may take by the clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one task may take. Seconds of its worker's processor time, and ten times that by the clock, so that a busy
    or suspended machine costs no file; bytes of address space for the whole worker."""

    seconds: float = 30.0
    memory: int = 2 << 30
    workers: int = 0  # 0: one per processor


@dataclass(frozen=True, slots=True)
class Lost:
    """A task whose worker did not survive it, or raised; `reason` in words."""

    reason: str


def run(
    function: Callable[[Task], Result], tasks: Iterable[Task], limits: Limits
) -> Iterator[tuple[Task, Result | Lost]]:
    """Applies `function` to every task, in worker processes, in any order; every task comes back exactly once.

    `function` must be importable by name. Tasks are taken from their iterator only as workers need them. When the
    caller stops iterating, the workers end.
    """
    pool: _Pool[Task, Result] = _Pool(function, limits)
    source = iter(tasks)
    try:
        yield from pool.run(source)
    finally:
        pool.close()


@dataclass(slots=True)
class _Worker(Generic[Task]):
    process: BaseProcess
    connection: Connection
    waiting: deque[tuple[Task, int]] = field(default_factory=deque)  # sent, unanswered, with bytes; first is at work
    ahead: int = 0  # bytes of them
    since: float = 0.0

    def accepts(self, size: int) -> bool:
        """Whether sending cannot block: an idle worker reads at once, else the bytes must fit the pipe's buffer.

        A blocked send would be a deadlock, since the worker may itself be blocked on an answer that we do not read.
        """
        return not self.waiting or self.ahead + size <= PIPE_BYTES


class _Pool(Generic[Task, Result]):
    def __init__(self, function: Callable[[Task], Result], limits: Limits) -> None:
        self._function = function
        self._limits = limits
        # "spawn" rather than "fork": the parent may hold threads (progress bars, ONNX Runtime) and locks.
        self._context = multiprocessing.get_context("spawn")
        self._workers: list[_Worker[Task]] = []
        self._returned: deque[Task] = deque()  # tasks of a dead worker that it had not begun

    def run(self, source: Iterator[Task]) -> Iterator[tuple[Task, Result | Lost]]:
        workers = self._limits.workers or multiprocessing.cpu_count()
        while True:
            self._feed(source, workers)
            busy = [worker for worker in self._workers if worker.waiting]
            if not busy:
                return
            yield from self._collect(busy)

    def _feed(self, source: Iterator[Task], workers: int) -> None:
        """Sends tasks until every worker has enough, or there are none left."""
        while True:
            task = self._returned.popleft() if self._returned else next(source, _END)
            if task is _END:
                return
            message = bytes(ForkingPickler.dumps(task))
            size = len(message) + MESSAGE_BYTES
            worker = self._taker(workers, size)
            if worker is None:
                self._returned.appendleft(task)  # type: ignore[arg-type]
                return
            if not worker.waiting:
                worker.since = time.monotonic()
            worker.waiting.append((task, size))  # type: ignore[arg-type]
            worker.ahead += size
            # A broken pipe means that the worker is dead; `_collect` sees that and takes its tasks back.
            with suppress(BrokenPipeError, ConnectionResetError):
                worker.connection.send_bytes(message)

    def _taker(self, workers: int, size: int) -> _Worker[Task] | None:
        """The worker with the least to do, if it can take `size` bytes more; started if there are too few."""
        best = min(self._workers, key=lambda worker: worker.ahead, default=None)
        if len(self._workers) < workers and (best is None or best.waiting):
            return self._start()
        return best if best is not None and best.accepts(size) else None

    def _start(self) -> _Worker[Task]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_work, args=(theirs, self._function, self._limits), daemon=True, name="doctown-parse"
        )
        process.start()
        theirs.close()
        worker: _Worker[Task] = _Worker(process=process, connection=ours)
        self._workers.append(worker)
        return worker

    def _collect(self, busy: list[_Worker[Task]]) -> Iterator[tuple[Task, Result | Lost]]:
        now = time.monotonic()
        patience = self._limits.seconds * PATIENCE
        deadline = min(worker.since for worker in busy) + patience
        ready = set(wait([worker.connection for worker in busy], max(0.0, deadline - now)))
        now = time.monotonic()
        for worker in busy:
            if worker.connection in ready:
                yield from self._receive(worker)
            elif now - worker.since > patience:
                yield worker.waiting[0][0], Lost(f"parsing did not end within {patience:g} s")
                self._bury(worker)

    def _receive(self, worker: _Worker[Task]) -> Iterator[tuple[Task, Result | Lost]]:
        try:
            result = worker.connection.recv()
        except (EOFError, ConnectionResetError):
            worker.process.join(5)
            yield worker.waiting[0][0], Lost(_cause_of_death(worker.process.exitcode, self._limits.seconds))
            self._bury(worker)
            return
        worker.since = time.monotonic()
        task, size = worker.waiting.popleft()
        worker.ahead -= size
        yield task, result

    def _bury(self, worker: _Worker[Task]) -> None:
        """Ends a worker; the task it was at is lost, those behind it go to others."""
        worker.process.kill()
        worker.process.join()
        worker.connection.close()
        self._workers.remove(worker)
        worker.waiting.popleft()
        self._returned.extend(task for task, _ in worker.waiting)

    def close(self) -> None:
        for worker in self._workers:
            worker.connection.close()
            if worker.waiting:
                worker.process.kill()
        for worker in self._workers:
            worker.process.join()
        self._workers.clear()


_END = object()


def _cause_of_death(exit_code: int | None, seconds: float) -> str:
    if exit_code == -signal.SIGXCPU:
        return f"parsing took more than {seconds:g} s"
    if exit_code is not None and exit_code < 0:
        try:
            return f"the parser crashed ({signal.Signals(-exit_code).name})"
        except ValueError:
            return f"the parser crashed (signal {-exit_code})"
    return f"the parser ended (status {exit_code})"


def _work(connection: Connection, function: Callable[[Task], Result], limits: Limits) -> None:
    """The worker's life: take a task, answer, until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it ends us
    memory = limits.memory
    if sys.platform != "darwin":  # macOS refuses RLIMIT_AS
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Reading a file makes many objects and next to no cycles, so the collector would only walk them again and again.
    gc.disable()
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    for done in count(1):
        if done % TASKS_PER_COLLECTION == 0:
            gc.collect()
        try:
            task = connection.recv()
        except (EOFError, ConnectionResetError):
            return
        # The kernel ends us with SIGXCPU, whatever native code is doing; whole seconds are all it knows.
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time() + limits.seconds), hard))
        try:
            answer: object = function(task)
        except MemoryError:
            answer = Lost(f"parsing took more than {memory >> 20} MiB of memory")
        except RecursionError:
            answer = Lost("nested too deeply")
        except Exception as error:  # noqa: BLE001 - reported to the parent, which lists the file with this reason
            answer = Lost(f"the parser raised {type(error).__name__}: {error}")
        try:
            connection.send(answer)
        except (BrokenPipeError, ConnectionResetError):
            return
        except MemoryError:
            connection.send(Lost(f"parsing took more than {memory >> 20} MiB of memory"))
