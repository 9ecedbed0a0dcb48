"""Example environment files: names of variables and the comments above them, never a value."""

from __future__ import annotations

import re

from doctown.ingest.artifacts.collect import Collector, code, codes, counted, table

_VARIABLE = re.compile(r"\s*(#\s*)?(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=")


def read(collector: Collector) -> None:
    """Read an environment file as one artifact. Variables that are commented out count as optional."""
    rows: list[tuple[str, str, str]] = []
    comment: list[str] = []
    for line in collector.lines:
        if found := _VARIABLE.match(line):
            trailing = re.search(r"\s#\s*(.+)$", line[found.end() :])
            about = " ".join(comment) or (trailing.group(1) if trailing else "")
            rows.append((code(found.group(2)), about, "optional" if found.group(1) else ""))
            comment = []
        elif line.lstrip().startswith("#"):
            comment.append(line.strip().lstrip("#").strip(" -="))
        else:
            comment = []
    if rows:
        names = codes((row[0].strip("`") for row in rows), 8)
        summary = f"Configured by {counted(len(rows), 'environment variable')}: {names}"
        detail = table(rows, ("Variable", "What it is", ""))
        collector.add("environment", collector.file_name, summary, detail)
