"""`doctown build`: progress while it runs, and an honest report when it ends."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from doctown import pipeline
from doctown.cli.text import abandon, json_text, plain
from doctown.ingest.pool import Limits as PoolLimits
from doctown.ingest.walk import WalkLimits
from doctown.model import Progress, Report
from doctown.settings import from_environment

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import Task, TaskID

LABELS = {
    "fetch": "Fetching",
    "ingest": "Reading",
    "embed": "Embedding",
    "assemble": "Assembling",
    "generate": "Writing",
    "pack": "Packing",
}


def build(options: argparse.Namespace) -> int:
    """Builds a pack and reports. Exit status 1 if the pack is partial."""
    with progress(quiet=options.quiet or options.json) as listener:
        report = pipeline.build(options.source, options.output, build_options(options), from_environment(), listener)
    if options.json:
        print(json_text(dataclasses.asdict(report)))
    else:
        print("\n".join(report_lines(report)))
    return 1 if report.partial else 0


def build_options(options: argparse.Namespace) -> pipeline.Options:
    """What was typed, as a build takes it."""
    return dataclasses.replace(
        wanted_of(options), vectors=options.vectors, source=not options.no_source, max_cost=options.max_cost
    )


def wanted_of(options: argparse.Namespace) -> pipeline.Options:
    """What is read, within which limits, and for which model."""
    limits = WalkLimits()
    changes = {
        "max_file_bytes": options.max_file_size,
        "max_files": options.max_files,
        "max_total_bytes": options.max_total_size,
    }
    limits = dataclasses.replace(limits, **{name: value for name, value in changes.items() if value is not None})
    return pipeline.Options(
        ref=options.ref,
        model=options.model,
        since=options.since,
        walk=limits,
        pool=PoolLimits(seconds=options.timeout, workers=options.workers),
    )


# --- progress -----------------------------------------------------------------------------------------------------


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """A listener: bars on a terminal, plain lines elsewhere, nothing when quiet. Always on stderr."""
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _bars() as listener:
            yield listener
    else:
        yield _Lines()


FINDINGS = 5  # contradictions that the report of a build lists
ROOMY = 72  # columns from which on a line has room for the file at work


@contextmanager
def _bars() -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console  # noqa: PLC0415 - loads slowly, wanted only on a terminal
    from rich.progress import BarColumn, ProgressColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    from rich.progress import Progress as Bars  # noqa: PLC0415
    from rich.progress_bar import ProgressBar  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(stderr=True)

    class Count(ProgressColumn):
        """Done of total, or nothing while there is nothing to count."""

        def render(self, task: Task) -> Text:
            counted = task.total is not None and task.total > 1
            return Text(f"{task.completed:>5.0f}/{task.total:.0f}" if counted else "", style="progress.download")

    class Note(ProgressColumn):
        """The end of what is at work, cut to the room that the terminal has at this moment."""

        def render(self, task: Task) -> Text:
            # The other columns take 60 at most. A name is data: it is no markup and moves no cursor.
            room = console.width - 60 if console.width >= ROOMY else 0
            note = plain(str(task.fields["note"]))
            return Text(note if len(note) <= room else f"…{note[-room + 1 :]}" if room else "", style="dim")

    class Bar(BarColumn):
        """Gives way before the counts do, so that a line fits into 40 columns."""

        def render(self, task: Task) -> ProgressBar:
            self.bar_width = 20 if console.width >= ROOMY else 6
            return super().render(task)

    if console.is_dumb_terminal:  # it cannot go back over a line, so bars would fill the screen
        yield _Lines()
        return
    columns = (TextColumn("{task.description:<10}"), Bar(), Count(), TimeElapsedColumn(), Note())
    with Bars(*columns, console=console, transient=True) as bars:
        yield _Bars(bars)


class _Bars:
    """One bar a stage. The earlier ones are full, but that of reading while embedding has begun beside it."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, progress: Progress) -> None:
        total = progress.total or None
        if progress.stage not in self._tasks:
            for stage, number in self._tasks.items():
                if (stage, progress.stage) == ("ingest", "embed"):
                    continue
                whole = next(task.total for task in self._bars.tasks if task.id == number) or 1
                self._bars.update(number, completed=whole, total=whole, note="")
                self._bars.stop_task(number)
            self._tasks[progress.stage] = self._bars.add_task(LABELS[progress.stage], total=total, note="")
        self._bars.update(self._tasks[progress.stage], completed=progress.done, total=total, note=progress.note)


class _Lines:
    """One line when a stage starts and then at most one every five seconds."""

    def __init__(self) -> None:
        self._begun: set[str] = set()
        self._last = 0.0
        self._heard = True

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if self._heard and (progress.stage not in self._begun or now - self._last > 5):
            self._begun.add(progress.stage)
            self._last = now
            count = f" {progress.done}/{progress.total}" if progress.total > 1 else ""
            note = f" {plain(progress.note)}" if progress.note and progress.stage == "fetch" else ""
            try:
                print(f"{LABELS[progress.stage]}{count}{note}", file=sys.stderr, flush=True)
            except OSError:  # whoever read the progress has gone; that is no reason to drop the build
                abandon(sys.stderr)
                self._heard = False


# --- the report ---------------------------------------------------------------------------------------------------


def report_lines(report: Report) -> list[str]:
    """The end of a build in words: what is in the pack, what is not and why, what it cost."""
    counts = report.statistics
    lines = [f"{plain(report.pack)}{' (partial)' if report.partial else ''}", f"  id        {report.docpack_id}"]
    kinds = ("parsed", "partial", "text", "skipped")
    shares = [f"{counts[f'files_{kind}']:,} {kind}" for kind in kinds if counts.get(f"files_{kind}")]
    lines.append(f"  files     {counts.get('files', 0):,} met: {', '.join(shares)}")
    lines.extend(f"            {number:,} skipped: {plain(reason)}" for reason, number in _most(report.skipped))
    lines.append(f"  symbols   {counts.get('symbols', 0):,}")
    resolved, candidates = counts.get("edges_resolved", 0), counts.get("edges_candidate", 0)
    similar = counts.get("edges_similar", 0)
    lines.append(
        f"  edges     {resolved:,} resolved, {candidates - similar:,} candidates, {similar:,} similar;"
        f" {counts.get('unresolved', 0):,} uses left open"
    )
    lines.append(f"  vectors   {counts.get('vectors', 0):,} of {counts.get('chunks', 0):,} chunks")
    origins = [
        f"{counts[f'pages_{o}']:,} {o}" for o in ("docstring", "extractive", "model") if counts.get(f"pages_{o}")
    ]
    lines.append(f"  pages     {counts.get('pages', 0):,}: {', '.join(origins)}")
    lines.append(f"  clusters  {counts.get('clusters', 0):,}; artifacts {counts.get('artifacts', 0):,}")
    if counts.get("redactions"):
        lines.append(f"  secrets   {counts['redactions']:,} masked")
    if report.begun and report.begun != "started a new draft":
        lines.append(f"  draft     {plain(report.begun)}")
    lines.extend(cost_lines(report))
    lines.extend(f"  warning   {plain(warning)}" for warning in report.warnings[:20])
    if len(report.warnings) > 20:
        lines.append(f"  warning   and {len(report.warnings) - 20} more; `doctown info` lists them all")
    return lines


def cost_lines(report: Report) -> list[str]:
    """What a model took, and how far what it said holds."""
    costs = report.costs
    if not costs:
        return [f"  cost      $0.00 (no model was asked); {report.seconds:.1f} s"]
    calls, kept = _count(costs, "calls"), _count(costs, "kept")
    lines = [
        f"  cost      ${_amount(costs, 'usd'):.4f}; {calls:,} calls, {_count(costs, 'tokens_in'):,} tokens in,"
        f" {_count(costs, 'tokens_out'):,} out; {kept:,} answers were kept; {report.seconds:.1f} s"
    ]
    if _amount(costs, "usd_lost"):
        lines.append(f"            up to ${_amount(costs, 'usd_lost'):.4f} more for calls without a whole reply")
    lines.append(
        f"  checked   {_count(costs, 'supported'):,} of {_count(costs, 'sentences'):,} sentences are supported by the"
        f" lines they cite; {_count(costs, 'repairs'):,} answers sent back, {_count(costs, 'left_out'):,} statements"
        " left out"
    )
    if _count(costs, "unwritten"):
        lines.append(f"            {_count(costs, 'unwritten'):,} pages stay without a model's words; each says why")
    if _count(costs, "findings"):
        found = _count(costs, "findings")
        words = "docstring contradicts" if found == 1 else "docstrings contradict"
        lines.append(f"  findings  {found:,} {words} the code, as the model says")
        listed = costs.get("contradictions")
        told = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
        lines.extend(f"            {plain(one)}" for one in told[:FINDINGS])
        if len(told) > FINDINGS:
            lines.append("            …; `doctown info` lists more")
    return lines


def _count(costs: Mapping[str, object], name: str) -> int:
    return int(_amount(costs, name))


def _amount(costs: Mapping[str, object], name: str) -> float:
    value = costs.get(name, 0)
    return float(value) if isinstance(value, (int, float)) else 0.0


def _most(skipped: Mapping[str, int]) -> list[tuple[str, int]]:
    ranked = sorted(skipped.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(number for _, number in ranked[8:])
    return ranked[:8] + ([("other reasons; `doctown info` has them", rest)] if rest else [])
