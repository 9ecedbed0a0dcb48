"""What the benchmarks share: CPU seconds and memory of a process and its children, machine facts, rows with a verdict.

CPU seconds are user and system time together. Which things are measured against which is the benchmarks' business.
"""

from __future__ import annotations

import atexit
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import doctown as package
from doctown.errors import DoctownError

SAMPLE_SECONDS = 0.02  # between two looks at the memory of a process tree
LIBRARIES = ("doctown", "tree-sitter", "tree-sitter-python", "onnxruntime", "numpy")
MET, MISSED = "met", "MISSED"


class Cost(NamedTuple):
    """Seconds of CPU (all threads) and of wall time."""

    cpu: float
    wall: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A process that ended well, with what it took. Bytes of resident memory at their peak."""

    cost: Cost  # its children's included
    largest: int  # of the one process that took most, by the kernel's count at the last look; what it took in its
    # last moment, while it ends, may be missing
    together: int  # of all at the same moment, sampled; pages that they share count once for each
    output: str


@cache
def _bytecode() -> str:
    """The folder where measured processes keep bytecode, until this one ends."""
    folder = tempfile.mkdtemp(prefix="doctown-bench-bytecode-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a measured process: it keeps bytecode, as it does where Doctown is installed.

    Where that is forbidden, as in some containers, every process would compile what it imports, which would be
    measured as ours."""
    kept = {**os.environ, "PYTHONPYCACHEPREFIX": _bytecode(), **(changes or {})}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept


def warm_up() -> None:
    """Has a build of one file compile what builds import. Not measured."""
    with tempfile.TemporaryDirectory(prefix="doctown-bench-") as name:
        folder = Path(name) / "warm-up"
        folder.mkdir()
        (folder / "one.py").write_text("def one():\n    return 1\n")
        command = ["build", str(folder), "-o", f"{name}/warm-up.docpack", "--vectors", "none", "--json"]
        doctown([*command, "--workers", "1"], Path(name) / "cache")


def in_process(function: Callable[[], object]) -> Cost:
    """What a call takes in this process."""
    cpu, wall = time.process_time(), time.perf_counter()
    function()
    return Cost(time.process_time() - cpu, time.perf_counter() - wall)


def run(command: Sequence[str], changes: Mapping[str, str] | None = None, accepted: Sequence[int] = (0,)) -> Run:
    """Runs a command to its end. Raises DoctownError with the end of its stderr if its status is none of `accepted`."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=out, stderr=errors, stdin=subprocess.DEVNULL, env=environment(changes)
        )
        together = largest = 0
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            family = [_memory(pid) for pid in _family(process.pid)]
            together = max(together, sum(now for now, _ in family))
            largest = max(largest, *(peak for _, peak in family))
            time.sleep(SAMPLE_SECONDS)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in accepted:
            errors.seek(0)
            last = errors.read().decode("utf-8", "replace")[-2000:]
            raise DoctownError(f"{' '.join(command)} ended with status {process.returncode}", last or "it said nothing")
        out.seek(0)
        if not largest:  # without /proc; `ru_maxrss` outlives `exec`, so it is never below this process's own
            largest = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return Run(
            cost=Cost(usage.ru_utime + usage.ru_stime, wall),
            largest=largest,
            together=max(together, largest),
            output=out.read().decode("utf-8", "replace"),
        )


def quick(command: Sequence[str]) -> Cost:
    """What a short process takes, waited for without polling, since that would blur milliseconds."""
    kept = environment()
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=kept
    )
    with process:
        errors = process.stderr.read() if process.stderr else b""
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise DoctownError(f"{' '.join(command)} ended with status {process.returncode}", errors.decode()[-2000:])
    return Cost(usage.ru_utime + usage.ru_stime, wall)


def doctown(arguments: Sequence[str], cache: Path) -> Run:
    """Runs the command line as a user does, with a cache folder of its own. A partial pack counts as done."""
    command = [sys.executable, "-m", "doctown", *arguments]
    return run(command, {"DOCTOWN_CACHE": str(cache), "DOCTOWN_WORKERS": "", "EMBEDDING_URL": ""}, (0, 1))


def _family(pid: int) -> Iterator[int]:
    """The process and its descendants, as far as the system lists them (Linux)."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it has just ended, or there is no /proc here
        return
    for child in children:
        yield from _family(int(child))


def _memory(pid: int) -> tuple[int, int]:
    """Bytes that a process has in memory now, and had at most since its program began."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:  # it has just ended, or there is no /proc here
        return 0, 0
    sizes = {name: value for name, _, value in (line.partition(":") for line in lines)}
    now, peak = (int(sizes.get(name, "0 kB").split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))
    return now, peak


# --- printing -----------------------------------------------------------------------------------------------------


def machine() -> str:
    """One line: what it is measured on, and how busy that was, since wall times hang on it."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES)
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"{usable} cores ({platform.machine()}, {_processor()}), load {load}; {platform.system()}, "
        f"Python {platform.python_version()}, {versions}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown processor"


class SameCode:
    """Sees whether Doctown's own code was edited while it was measured, which would compare two versions."""

    def __init__(self) -> None:
        self._before = self._state()

    def check(self) -> None:
        """Prints a row only if it was."""
        if self._state() != self._before:
            holds("Doctown's code during the run", "was edited", met=False)

    @staticmethod
    def _state() -> list[tuple[str, int, int]]:
        found = [(path, path.stat()) for path in Path(next(iter(package.__path__))).rglob("*") if path.suffix != ".pyc"]
        return sorted((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in found if path.is_file())


def title(text: str) -> None:
    """Starts a table."""
    print(f"\n{text}\n{'-' * min(len(text), 110)}", flush=True)


def info(name: str, value: str) -> None:
    """A row without a target."""
    print(f"  {name:66} {value:>14}", flush=True)


def at_most(name: str, value: float, target: float, form: str = "{:.2f} ×") -> bool:
    """A row whose value must not be above its target; whether it is not."""
    return _judged(name, form.format(value), f"≤ {form.format(target)}", met=value <= target)


def at_least(name: str, value: float, target: float, form: str = "{:.2f} ×") -> bool:
    """A row whose value must not be below its target; whether it is not."""
    return _judged(name, form.format(value), f"≥ {form.format(target)}", met=value >= target)


def holds(name: str, value: str, *, met: bool) -> bool:
    """A row that is right or wrong."""
    return _judged(name, value, "", met=met)


def _judged(name: str, value: str, target: str, *, met: bool) -> bool:
    print(f"  {name:66} {value:>14}   {target:<12} {MET if met else MISSED}", flush=True)
    return met
