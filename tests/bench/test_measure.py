"""What everything else is measured with: CPU, memory, verdicts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench import measure
from doctown.errors import DoctownError

ROOT = Path(__file__).parent.parent.parent
BUSY = "import time\nend = time.process_time() + {}\nwhile time.process_time() < end: pass\n"
PARENT = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', {!r}], check=True)\nprint('done')"


def test_the_cpu_of_children_counts() -> None:
    """A build parses in child processes: figures without theirs would be a fraction of the truth."""
    run = measure.run([sys.executable, "-c", PARENT.format(BUSY.format(0.3))])
    assert run.cost.cpu >= 0.3
    assert run.output == "done\n"


def test_memory_is_that_of_the_largest_and_of_all_together() -> None:
    """The target holds for the whole build, so that a process cannot hide in its neighbours."""
    held = "data = bytearray(60_000_000)\n" + BUSY.format(0.4)
    command = [sys.executable, "-c", "data = bytearray(60_000_000)\n" + PARENT.format(held)]
    run = measure.run(command)
    assert 60e6 < run.largest < 120e6
    assert run.together > 120e6


def test_memory_is_not_that_of_whoever_measures() -> None:
    """The kernel keeps the peak of a process over `exec`, so a small command started from a large one looked large."""
    code = (
        "import sys; held = bytearray(200_000_000); from bench import measure;"
        f"print(measure.run([sys.executable, '-c', {BUSY.format(0.1)!r}]).largest)"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert 4e6 < int(told) < 60e6


def test_measured_processes_keep_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiling Doctown anew in every process, where the environment has it so, is no cost of Doctown's."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    show = "import sys; print(sys.dont_write_bytecode, sys.pycache_prefix)"
    refuses, prefix = measure.run([sys.executable, "-c", show]).output.split()
    assert refuses == "False"
    assert "doctown-bench-bytecode" in prefix


def test_a_command_that_fails_is_not_measured() -> None:
    """A process that broke off early is quick, and no figure."""
    with pytest.raises(DoctownError, match="status 3"):
        measure.run([sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(DoctownError, match="status 3"):
        measure.quick([sys.executable, "-c", "raise SystemExit(3)"])


def test_a_short_process_is_measured_by_itself() -> None:
    """Opening a pack is judged in milliseconds of one process, not of all that ran before."""
    busy = measure.quick([sys.executable, "-c", BUSY.format(0.2)])
    idle = measure.quick([sys.executable, "-c", "pass"])
    assert busy.cpu >= 0.2
    assert idle.cpu < busy.cpu


@pytest.mark.parametrize(
    ("value", "low", "high"), [(1.0, "met", "MISSED"), (1.5, "met", "met"), (2.0, "MISSED", "met")]
)
def test_a_verdict_says_which_side_of_its_target_a_value_is(
    value: float, low: str, high: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A table that says `met` whatever was measured would be worse than none."""
    assert measure.at_most("row", value, 1.5) == (low == "met")
    assert capsys.readouterr().out.split()[-1] == low
    assert measure.at_least("row", value, 1.5) == (high == "met")
    assert capsys.readouterr().out.split()[-1] == high


def test_an_edit_of_the_code_under_measurement_is_seen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two versions compared with each other look like a defect of one."""
    code = measure.SameCode()
    code.check()
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(measure.SameCode, "_state", staticmethod(lambda: [("doctown/model.py", 1, 1)]))
    code.check()
    assert capsys.readouterr().out.split()[-1] == measure.MISSED
