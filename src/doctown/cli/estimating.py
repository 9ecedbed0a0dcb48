"""`doctown estimate`: what a model would take to write a source's documentation, and the same in words for a build."""

from __future__ import annotations

import argparse
import dataclasses

from doctown import pipeline
from doctown.cli.building import progress, wanted_of
from doctown.cli.text import json_text, plain
from doctown.model import Estimate
from doctown.settings import from_environment


def estimate(options: argparse.Namespace) -> int:
    """Reads and assembles the source, asks nobody, and says what would be asked."""
    with progress(quiet=options.quiet or options.json) as listener:
        found = pipeline.estimate(options.source, wanted_of(options), from_environment(), listener)
    if options.json:
        print(json_text(dataclasses.asdict(found)))
    else:
        print("\n".join(estimate_lines(found)))
    return 0


def estimate_lines(found: Estimate) -> list[str]:
    """An estimate in words."""
    levels = ", ".join(f"{calls:,} {level}" for level, calls in found.calls_by_level.items())
    lines = [
        f"{plain(found.model)}: about ${found.usd:.4f}",
        f"  calls     {found.calls:,}{f': {levels}' if levels else ''}",
        f"  tokens    {found.tokens_in:,} in, {found.tokens_out:,} out",
        f"  time      {max(found.seconds / 60, 0.1):.1f} minutes",
        f"  kept      {found.kept:,} answers are there already and cost nothing",
        f"  symbols   {found.symbols:,} are sent",
    ]
    lines.extend(f"            {count:,} are not: {plain(reason)}" for reason, count in found.not_sent.items())
    return lines
