"""Parsing and extracting beside tree-sitter alone, and two processes beside one: `python -m bench.parsing [CORPUS …]`.

Raw, core and full take turns every few files, ratios are of CPU seconds within a round, and the median of the rounds
is shown. The targets hold for the first corpus named (django); the others are shown for comparison. The gain of a
second process is in wall time, so what two processes that share nothing gain at the same moment is shown beside it.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bench import corpora, measure, reading

DEFAULTS = ("django", "rxjs", "grpc-go", "tokio", "commons-lang")
ROUNDS = 3
LONG = 0.7  # seconds of raw parsing; a shorter one is done three times as often
BLOCK = 40  # files of one turn
BURN = "total = 0\nfor number in range({}):\n    total += number * number\n"
BURNS = 20_000_000  # steps, a second or two


def ratios(files: Sequence[reading.Source]) -> tuple[float, float, float]:
    """(CPU seconds of raw parsing, core ÷ raw, full ÷ raw), medians over rounds."""
    reading.warm_up(files)
    rounds = ROUNDS if measure.in_process(lambda: reading.raw(files)).cpu > LONG else 3 * ROUNDS
    taken = [_round(files) for _ in range(rounds)]
    raws, cores, fulls = ([one[place] for one in taken] for place in range(3))
    return (
        statistics.median(raws),
        statistics.median(core / raw for core, raw in zip(cores, raws, strict=True)),
        statistics.median(full / raw for full, raw in zip(fulls, raws, strict=True)),
    )


def _round(files: Sequence[reading.Source]) -> list[float]:
    """CPU seconds of all files raw, core and full; by turns every few files, so that other work slows all alike."""
    totals = [0.0, 0.0, 0.0]
    for start in range(0, len(files), BLOCK):
        block = files[start : start + BLOCK]
        for place, read in enumerate((reading.raw, reading.core, reading.full)):
            totals[place] += measure.in_process(partial(read, block)).cpu
    return totals


def in_workers(folder: Path, count: int) -> dict[str, float]:
    """Seconds of reading the corpus in `count` processes: `wall`, and CPU of the `own` process and the `workers`.

    Raises DoctownError if a file was lost."""
    taken: dict[str, float] = json.loads(
        measure.run([sys.executable, "-m", "bench.workers", str(folder), str(count)]).output
    )
    return taken


def burn(count: int) -> float:
    """Wall seconds of a fixed amount of arithmetic divided among `count` processes."""
    started = time.perf_counter()
    code = BURN.format(BURNS // count)
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(count)]
    for process in running:
        process.wait()
    return time.perf_counter() - started


def show(corpus: corpora.Corpus, *, judged: bool) -> None:
    """The rows of one corpus."""
    files = reading.sources(corpus.folder)
    size = sum(len(file.data) for file in files)
    raw, core, full = ratios(files)
    tongues = sorted({file.language for file in files})
    measure.title(f"{corpus.title}: {len(files):,} files, {size / 1e6:.1f} MB of {', '.join(tongues)}")
    measure.info("raw tree-sitter parse, CPU seconds", f"{raw:.2f} s")
    if judged:
        measure.at_most("parse, symbols, imports and calls ÷ raw parse (CPU)", core, 1.6)
    else:
        measure.info("parse, symbols, imports and calls ÷ raw parse (CPU)", f"{core:.2f} ×")
    measure.info("the same with bindings, references and the rest of detail", f"{full:.2f} ×")
    if judged:
        show_processes(corpus.folder)


def show_processes(folder: Path) -> None:
    """How much sooner two processes are done than one, and what the machine allowed at that time."""
    gains, allowed, ceilings = [], [], []
    for _ in range(ROUNDS):
        one, two = in_workers(folder, 1), in_workers(folder, 2)
        gains.append(one["wall"] / two["wall"])
        # One worker already has a core beside the process that feeds it; two share theirs with that process.
        allowed.append(max(one["own"], one["workers"]) / max((two["own"] + two["workers"]) / 2, two["own"]))
        ceilings.append(burn(1) / burn(2))
    measure.at_least("one process ÷ two, parsing and extracting (wall)", statistics.median(gains), 1.8)
    measure.info("  what the CPU seconds spent would give on two idle cores", f"{statistics.median(allowed):.2f} ×")
    measure.info("  the same for arithmetic that shares nothing, taking turns", f"{statistics.median(ceilings):.2f} ×")


def main(given: Sequence[str] | None = None) -> int:
    """Prints a table for every corpus."""
    asked = corpora.arguments(__doc__, DEFAULTS).parse_args(given)
    print(measure.machine())
    code = measure.SameCode()
    for place, corpus in enumerate(corpora.available(asked.corpora, asked.cache or corpora.default_cache())):
        show(corpus, judged=place == 0)
    code.check()
    return 0


if __name__ == "__main__":
    sys.exit(main())
