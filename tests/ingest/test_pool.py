"""The worker pool: a worker may die, the build may not."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from itertools import count, islice
from pathlib import Path

import pytest

from doctown.ingest import pool
from doctown.ingest.pool import Limits, Lost, run, standby

ROOT = str(Path(__file__).parents[2])
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([ROOT, *filter(None, [os.environ.get("PYTHONPATH")])])}
needs_threads_told = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the system does not tell threads")


def behave(task: tuple[str, int]) -> int:
    what, number = task
    if what == "kill":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == "hang":
        while True:
            pass
    if what == "sleep":
        time.sleep(60)
    if what == "eat":
        return len(bytearray(8 << 30))
    if what == "raise":
        raise ValueError("broken on purpose")
    if what == "big":
        return len(b"x" * number)
    return number * 2


def echo(task: bytes) -> bytes:
    return task


def outcome(tasks: list[tuple[str, int]], limits: Limits) -> dict[tuple[str, int], object]:
    return dict(run(behave, tasks, limits))


def test_every_task_comes_back_once() -> None:
    """Nothing is lost or done twice however the tasks are spread."""
    tasks = [("ok", i) for i in range(500)]
    results = list(run(behave, tasks, Limits(workers=2)))
    assert sorted(task for task, _ in results) == sorted(tasks)
    assert all(result == task[1] * 2 for task, result in results)


def test_a_crash_costs_only_its_own_file() -> None:
    """A segmentation fault in the parser loses one file, with the signal's name as the reason."""
    tasks = [("ok", i) for i in range(40)]
    tasks.insert(7, ("kill", 0))
    results = outcome(tasks, Limits(workers=2))
    lost = results.pop(("kill", 0))
    assert isinstance(lost, Lost)
    assert "SIGSEGV" in lost.reason
    assert all(result == task[1] * 2 for task, result in results.items())
    assert len(results) == 40


def test_a_hanging_file_is_given_up_after_the_limit() -> None:
    """A file that takes for ever is listed with the limit as its reason; the others are read."""
    results = outcome([("ok", 1), ("hang", 0), *(("ok", i) for i in range(2, 20))], Limits(workers=1, seconds=1.0))
    lost = results[("hang", 0)]
    assert isinstance(lost, Lost)
    assert "1 s" in lost.reason
    assert results[("ok", 19)] == 38


def test_a_sleeping_file_is_given_up_too() -> None:
    """What takes no processor time and never ends is given up by the clock."""
    results = outcome([("ok", 1), ("sleep", 0), ("ok", 2)], Limits(workers=1, seconds=0.3))
    lost = results[("sleep", 0)]
    assert isinstance(lost, Lost)
    assert "3 s" in lost.reason
    assert results[("ok", 2)] == 4


def test_memory_is_limited() -> None:
    """A file that needs more memory than allowed is lost alone."""
    results = outcome([("eat", 0), ("ok", 3)], Limits(workers=1, memory=1 << 30))
    lost = results[("eat", 0)]
    assert isinstance(lost, Lost)
    assert "1024 MiB" in lost.reason
    assert results[("ok", 3)] == 6


def test_an_exception_is_a_reason_not_an_end() -> None:
    """What a worker raises is told; the worker lives on."""
    results = outcome([("raise", 0), ("ok", 4)], Limits(workers=1))
    lost = results[("raise", 0)]
    assert isinstance(lost, Lost)
    assert "broken on purpose" in lost.reason
    assert results[("ok", 4)] == 8


def test_large_tasks_and_answers_do_not_block_each_other() -> None:
    """Parent and worker both with megabytes to send do not wait for each other for ever."""
    blob = os.urandom(1 << 20)
    results = list(run(echo, [blob] * 20 + [b"small"] * 200, Limits(workers=2, seconds=20)))
    assert len(results) == 220
    assert all(task == result for task, result in results)


def test_tasks_are_taken_only_as_needed() -> None:
    """An endless source does not fill memory, and leaving early ends the workers."""
    taken = count()
    source = (("ok", next(taken)) for _ in iter(int, 1))
    results = run(behave, source, Limits(workers=2))
    assert len(list(islice(results, 10))) == 10
    results.close()  # type: ignore[attr-defined]
    assert next(taken) < 50_000


# --- workers that were split off ahead ------------------------------------------------------------------------------

LOADED = ""  # what a copy of a process has that set it, and a process that was started anew has not


def loaded(_: int) -> tuple[str, int]:
    return LOADED, os.getpid()


def in_small_process(code: str) -> str:
    """What a program of one thread prints that knows this module as `here`."""
    done = subprocess.run(
        [sys.executable, "-c", f"from tests.ingest import test_pool as here\nhere.LOADED = 'loaded'\n{code}"],
        check=True, capture_output=True, text=True, timeout=60, env=ENVIRONMENT,
    )  # fmt: skip
    return done.stdout.strip()


@needs_threads_told
def test_workers_that_stand_by_have_what_was_loaded() -> None:
    """A rebuild of one file does not pay for loading the parsing a second time."""
    code = "with here.standby(2): print(here.loaded_by(here.Limits(workers=2)))"
    assert in_small_process(code) == "{'loaded'}"


@needs_threads_told
def test_no_process_is_copied_beside_another_thread() -> None:
    """A lock that another thread holds would stay shut in the copy for ever; workers are started anew instead."""
    code = (
        "import threading\nstop = threading.Event()\nthreading.Thread(target=stop.wait).start()\n"
        "with here.standby(2): print(here.loaded_by(here.Limits(workers=2)))\nstop.set()"
    )
    assert in_small_process(code) == "{''}"


@needs_threads_told
def test_a_worker_that_died_is_followed_by_another() -> None:
    """More workers than stood by, and those that follow dead ones, are started as without."""
    code = (
        "tasks = [('ok', 1), ('kill', 0), ('ok', 2), ('kill', 3), ('ok', 4)]\n"
        "with here.standby(1): found = here.outcome(tasks, here.Limits(workers=1))\n"
        "print(sorted(v for v in found.values() if isinstance(v, int)), len(found))"
    )
    assert in_small_process(code) == "[2, 4, 8] 5"


@needs_threads_told
def test_workers_that_stand_by_end_with_the_process() -> None:
    """A build that is killed leaves no process behind: each sees its pipe close, though all were copied from one."""
    code = (
        "import os\nfrom tests.ingest import test_pool as here\nfrom doctown.ingest import pool\n"
        "with here.standby(3):\n"
        "    print(*(process.pid for process, _ in pool._STANDBY), flush=True)\n    os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60,
        env=ENVIRONMENT,
    )  # fmt: skip
    started = [int(pid) for pid in done.stdout.split()]
    assert len(started) == 3
    deadline = time.monotonic() + 10
    while (left := [pid for pid in started if _runs(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left


def test_workers_that_nobody_took_end_with_the_block() -> None:
    """Nothing is left behind where there was nothing to read."""
    with standby(2):
        pass
    assert not pool._STANDBY
    assert not multiprocessing.active_children()


def loaded_by(limits: Limits) -> set[str]:
    return {result[0] for _, result in run(loaded, range(50), limits) if not isinstance(result, Lost)}


def _runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
