"""`doctown export`: the pack as a site, Markdown, llms.txt, a docpack/1.0 bundle or JSON."""

from __future__ import annotations

import argparse
import dataclasses

from doctown.cli.text import json_text, plain
from doctown.export import export as write


def export(options: argparse.Namespace) -> int:
    """Writes the export and says what was written."""
    done = write(options.pack, options.to, options.destination, base_url=options.base_url, since=options.since)
    if options.json:
        print(json_text(dataclasses.asdict(done)))
        return 0
    pages = f"{done.pages:,} pages, " if done.pages else ""
    files = f"{done.files:,} file{'s' if done.files != 1 else ''}"
    print(f"{plain(done.destination)}: {pages}{files}, {done.bytes:,} bytes")
    return 0
