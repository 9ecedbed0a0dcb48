"""Worker processes that may die: by a time limit, a memory limit, or a crash in native code.

tree-sitter is C over input from strangers: a file can take minutes, gigabytes, or the process. Each worker reads one
file at a time and answers before it takes the next, so that a death costs exactly the file it happened on. The
standard library's pool is of no use here: one dead worker breaks the whole of it.

A worker that is started from nothing loads the interpreter and the parsing for a third of a second. So a program may
split workers off itself while it is small and has one thread (`standby`); `run` takes those first.
"""

from __future__ import annotations

import gc
import math
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
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
STANDBY = 8  # most workers that are split off ahead: each costs a millisecond, wanted or not
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


@contextmanager
def standby(workers: int) -> Iterator[None]:
    """Splits workers off this process, for `run` within the block: as many as given (0: one per processor), up to
    STANDBY. What they need should be loaded before. Those that nobody took end with the block.

    Does nothing where a copy of this process might not work: beside another thread, which may hold a lock that nobody
    would open in the copy, and on systems whose libraries do not bear it.
    """
    if not _has_one_thread():
        yield
        return
    context = multiprocessing.get_context("fork")
    for _ in range(min(workers or multiprocessing.cpu_count(), STANDBY)):
        _STANDBY.append(_started(context, [connection for _, connection in _STANDBY]))
    try:
        yield
    finally:
        unused = [_STANDBY.popleft() for _ in range(len(_STANDBY))]
        for _, connection in unused:
            connection.close()
        for process, _ in unused:
            process.join()


def _has_one_thread() -> bool:
    """Whether this process has no thread but this one, native ones included; false where that cannot be told."""
    try:
        return len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208 - names alone
    except OSError:
        return False


_STANDBY: deque[tuple[BaseProcess, Connection]] = deque()  # workers that wait for their order


def _started(context: BaseContext, inherited: Sequence[Connection] = ()) -> tuple[BaseProcess, Connection]:
    """A new worker, which waits for its order, and our end of the pipe to it. `inherited`: ends of other workers' pipes
    that a copy of this process would hold open, so that those would not see when this process is gone."""
    ours, theirs = context.Pipe()
    process = context.Process(  # type: ignore[attr-defined]
        target=_serve, args=(theirs, [ours, *inherited] if context.get_start_method() == "fork" else []),
        daemon=True, name="doctown-parse",
    )  # fmt: skip
    process.start()
    theirs.close()
    return process, ours


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
        # "spawn" rather than "fork": by now the parent may hold threads (progress bars, ONNX Runtime) and locks.
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
        process, connection = _STANDBY.popleft() if _STANDBY else _started(self._context)
        worker: _Worker[Task] = _Worker(process=process, connection=connection)
        self._workers.append(worker)
        with suppress(BrokenPipeError, ConnectionResetError):  # it is dead already, as `_collect` will see
            connection.send((self._function, self._limits))
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


def _serve(connection: Connection, inherited: Sequence[Connection]) -> None:
    """A worker, from its start to its end: the first message says what it is to do, within which limits."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it ends us
    for other in inherited:
        other.close()
    _STANDBY.clear()
    try:
        function, limits = connection.recv()
    except (EOFError, ConnectionResetError):
        return
    _work(connection, function, limits)


def _work(connection: Connection, function: Callable[[Task], Result], limits: Limits) -> None:
    """The worker's life: take a task, answer, until the pipe closes."""
    memory = limits.memory
    if sys.platform != "darwin":  # macOS refuses RLIMIT_AS
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Reading a file makes many objects and next to no cycles, so the collector would only walk them again and again.
    gc.disable()
    gc.freeze()  # what a copy of the parent shares with it; walking it would make it ours
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
