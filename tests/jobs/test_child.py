"""The process in which one job is built: whom it outlives, and where it builds."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from doctown.jobs import child

# Its build says that it has begun, and then takes for ever.
CHILD = """
import os, pathlib, sys, time
from doctown import pipeline, stages
from doctown.jobs import child
stages.load = lambda settings: None
def build(spec, destination, options, settings, listener):
    (destination.parent / "begun").write_text(str(os.getpid()))
    time.sleep(600)
pipeline.build = build
sys.exit(child.main())
"""
# Starts such a process, whose input it inherited and which therefore stays open when this one is gone.
STARTER = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {CHILD!r}], start_new_session=True).wait()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """That of a job."""
    made = tmp_path / "job"
    made.mkdir()
    return made


@contextlib.contextmanager
def started(code: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of this code, which has been given a task and whose input is open."""
    environment = {**os.environ, "DOCTOWN_CACHE": str(folder / "cache")}
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdin is not None
    try:
        task = {"order": {"upload": "a" * 64, "upload_name": "a.zip"}, "spec": "a.zip", "folder": str(folder)}
        process.stdin.write(json.dumps(task).encode() + b"\n")
        process.stdin.flush()
        yield process
    finally:
        process.kill()
        process.wait()
        with contextlib.suppress(OSError):
            process.stdin.close()
        with contextlib.suppress(OSError, ValueError):
            os.kill(int((folder / "1" / "begun").read_text()), signal.SIGKILL)


def begun(folder: Path) -> int:
    """The process that builds there, once it does."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with contextlib.suppress(OSError, ValueError):
            return int((folder / "1" / "begun").read_text())
        time.sleep(0.02)
    raise AssertionError("nothing was begun")


def ends(process: int, seconds: float = 5.0) -> bool:
    """Whether a process has ended within so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state in "ZX":
            return True
        time.sleep(0.02)
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="other systems tell nobody of a parent's death")
def test_a_build_dies_with_whoever_started_it(folder: Path) -> None:
    """A Builder that was killed would otherwise leave builds behind that nobody listens to, on processors that whoever
    takes the job over needs. Its input does not tell: another process may hold it open."""
    with started(STARTER, folder) as starter:
        process = begun(folder)
        starter.kill()
        assert ends(process)


def test_a_build_ends_when_its_input_does(folder: Path) -> None:
    """Where the system tells nobody of a parent's death, this is how a build learns of it."""
    with started(CHILD, folder) as process:
        begun(folder)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(5) == -signal.SIGKILL


def test_two_processes_never_build_in_one_folder(folder: Path) -> None:
    """One that was given up for dead may still be there and write into its draft: who takes over builds beside it. The
    folder is free again, draft and all, once that one is gone."""
    with child._own_folder(folder) as first:
        (first / "build.docpack.draft").touch()
        with child._own_folder(folder) as second:
            assert second != first
            assert list(second.glob("*.draft")) == []
    with child._own_folder(folder) as third:
        assert (third / "build.docpack.draft").exists()
