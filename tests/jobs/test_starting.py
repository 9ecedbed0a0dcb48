"""Processes that build: one that waits, and what becomes of them."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from doctown.jobs import starting
from doctown.jobs.starting import Build, Builds

ECHO = """
import json, os, pathlib, sys
with open(os.environ["PIDS"], "a") as pids: pids.write(f"{os.getpid()}\\n")
line = sys.stdin.readline()
if line:
    sys.stderr.write("some trouble\\n")
    print(json.dumps({"task": json.loads(line), "process": os.getpid()}), flush=True)
"""


@pytest.fixture
def builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Builds]:
    """Processes that say what they were given."""
    monkeypatch.setattr(starting, "_REST", 0.05)
    made = Builds((sys.executable, "-c", ECHO), {"PATH": os.environ["PATH"], "PIDS": str(tmp_path / "pids")})
    yield made
    made.close()


def started(tmp_path: Path, count: int) -> list[int]:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with contextlib.suppress(FileNotFoundError):
            found = [int(line) for line in (tmp_path / "pids").read_text().split()]
            if len(found) >= count:
                return found
        time.sleep(0.02)
    raise AssertionError(f"{count} processes were not started")


def answer(build: Build) -> str:
    said = build.output.readline().decode()
    build.end()
    build.errors.close()
    return said


def test_a_task_is_given_to_the_process_that_waits(builds: Builds, tmp_path: Path) -> None:
    """It has loaded by then, and another one waits for the next task."""
    builds.open()
    waiting = started(tmp_path, 1)[0]
    assert f'"process": {waiting}' in answer(builds.start({"name": "first"}))
    following = started(tmp_path, 2)[1]
    assert following != waiting
    assert f'"process": {following}' in answer(builds.start({"name": "second"}))


def test_each_process_gets_one_task(builds: Builds) -> None:
    """Several at once too, though only one waits."""
    builds.open()
    running = [builds.start({"name": number}) for number in range(3)]
    said = [answer(build) for build in running]
    assert ['"name": 0' in said[0], '"name": 1' in said[1], '"name": 2' in said[2]] == [True] * 3
    assert len({build.process.pid for build in running}) == 3


def test_one_that_died_while_it_waited_is_replaced(builds: Builds, tmp_path: Path) -> None:
    """The task goes to one that lives."""
    builds.open()
    waiting = started(tmp_path, 1)[0]
    os.kill(waiting, 9)
    until = time.monotonic() + 5
    while Path(f"/proc/{waiting}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < until
        time.sleep(0.01)
    said = answer(builds.start({"name": "task"}))
    assert '"name": "task"' in said
    assert f'"process": {waiting}' not in said


def test_closing_ends_the_one_that_waits(builds: Builds, tmp_path: Path) -> None:
    """And tasks can still be given, as by a job's second attempt while the service stops."""
    builds.open()
    waiting = started(tmp_path, 1)[0]
    builds.close()
    with pytest.raises(ProcessLookupError):
        os.kill(waiting, 0)
    assert '"name": "late"' in answer(builds.start({"name": "late"}))


def test_what_a_process_said_last_can_be_read(builds: Builds) -> None:
    """For the log, when it died."""
    build = builds.start({"name": "x"})
    build.output.readline()
    build.process.wait(10)
    assert build.last_words() == ["some trouble"]
    answer(build)


def test_a_command_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    """To whoever wants a process, waiting or not."""
    for is_open in (False, True):
        missing = Builds((str(tmp_path / "nothing"),), {})
        if is_open:
            missing.open()
        with pytest.raises(FileNotFoundError):
            missing.start({})
        missing.close()
