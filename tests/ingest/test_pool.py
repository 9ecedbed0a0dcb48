"""The worker pool: a worker may die, the build may not."""

from __future__ import annotations

import os
import signal
import time
from itertools import count, islice

from doctown.ingest.pool import Limits, Lost, run


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
