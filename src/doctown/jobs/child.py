"""The process in which one job is built. `starting` starts it, and it may wait for its task. `worker` reads its
standard output, one JSON object a line: `{"progress": …}` while it works, then `{"report": …}`, or `{"error": …}` with
cause and mend.

A build may be killed at any moment, since its draft resumes, so this process makes no provision for ending well: it
ends when it is told to by a signal, when its standard input closes, and when the worker that started it dies. The order
comes over standard input and not as arguments, which everybody on a machine can read.
"""

from __future__ import annotations

import ctypes
import dataclasses
import fcntl
import json
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from doctown import pipeline, stages
from doctown.errors import DoctownError, InputError
from doctown.jobs.events import MICRODOLLARS
from doctown.jobs.nouns import Order
from doctown.model import Progress
from doctown.settings import from_environment

_PARENT_DEATH = 1  # PR_SET_PDEATHSIG
_TRIES = 64


def main() -> int:
    """Builds what standard input orders, and returns the exit status: 0 built, 2 the source cannot be used, 3 the
    system failed."""
    _die_with_parent()
    settings = from_environment()
    stages.load(settings)
    line = sys.stdin.readline()
    if not line:
        return 0  # there is no task, and there will be none
    task = json.loads(line)
    threading.Thread(target=_die_with_input, args=(sys.stdin,), daemon=True).start()
    out, sys.stdout = sys.stdout, sys.stderr  # a stray print must not look like an answer
    order = Order(**task["order"])
    if not order.upload:
        settings = dataclasses.replace(settings, for_clients=True)
    listener = _Throttled(lambda progress: _say(out, {"progress": progress}))
    try:
        if task.get("estimate"):
            found = pipeline.estimate(task["spec"], options_of(order), settings, listener)
            _say(out, {"estimate": dataclasses.asdict(found)})
            return 0
        with _own_folder(Path(task["folder"])) as folder:
            report = pipeline.build(task["spec"], folder / "build.docpack", options_of(order), settings, listener)
            _say(out, {"report": dataclasses.asdict(report)})
    except DoctownError as error:
        _say(out, {"error": {"cause": error.cause, "mend": error.mend, "input": isinstance(error, InputError)}})
        return error.exit_status
    return 0


def options_of(order: Order) -> pipeline.Options:
    """What the order means to the pipeline."""
    return pipeline.Options(
        ref=order.git_ref, vectors=order.vectors, source=order.source, model=order.model,
        max_cost=order.max_cost or None,
    )  # fmt: skip


def _say(out: TextIO, answer: Mapping[str, Any]) -> None:
    out.write(json.dumps(answer) + "\n")
    out.flush()


class _Throttled:
    """Passes progress on where it says something new: a stage, its end, what was counted, or after a while."""

    wants_counts = True

    def __init__(self, tell: Callable[[dict[str, Any]], None], seconds: float = 0.3) -> None:
        self._tell = tell
        self._seconds = seconds
        self._told: dict[str, float] = {}  # stage → when it was last passed on

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        counts = dict(progress.counts)
        ends = bool(progress.total) and progress.done >= progress.total
        if (
            ends
            or (counts and MICRODOLLARS not in counts)
            or now - self._told.get(progress.stage, -math.inf) >= self._seconds
        ):
            self._told[progress.stage] = now
            self._tell(
                {
                    "stage": progress.stage, "done": progress.done, "total": progress.total, "note": progress.note,
                    "counts": counts,
                }
            )  # fmt: skip


class _own_folder:  # noqa: N801 - used as a function
    """A folder of the job's that no other process builds in. It is the first one, with the draft in it, unless a
    process that was given up for dead is still there: then the next."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Path:
        for number in range(1, _TRIES):
            folder = self._folder / str(number)
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = (folder / "lock").open("w")
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._lock.close()
                continue
            return folder
        raise DoctownError(f"{self._folder} is in use by {_TRIES - 1} processes", "end them")

    def __exit__(self, *_: object) -> None:
        self._lock.close()


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PARENT_DEATH, signal.SIGKILL, 0, 0, 0)


def _die_with_input(stdin: TextIO) -> None:
    """Ends the process when its standard input does: also where the system has no notice of a parent's death."""
    stdin.read()
    os.killpg(0, signal.SIGKILL)
