"""Counting what a pack holds: for the manifest at seal, for `verify`, and for the report of a build.

Nothing here judges the numbers.
"""

# ruff: noqa: S608 - statements are put together from constants of this package; values are always bound.
from __future__ import annotations

import sqlite3
from collections import Counter

from doctown.docpack.coding import number
from doctown.docpack.columns import joined

_COUNTS = {
    "files": "files",
    "symbols": "symbol_rows",
    "chunks": "chunks",
    "vectors": "vector_rows",
    "clusters": "clusters",
    "pages": "page_rows",
    "claims": "claim_rows",
    "artifacts": "artifacts",
    "sources": "sources",
    "entry_points": "entry_rows",
}


def statistics(connection: sqlite3.Connection) -> dict[str, int]:
    """Name to count, names sorted: totals, and `noun_value` for each value that occurs (`edges_resolved`)."""
    counts: Counter[str] = Counter()
    for name, table in _COUNTS.items():
        (counts[name],) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    for status, files, size, lines, redactions in connection.execute(
        "SELECT t.term, count(*), sum(f.size), sum(f.lines), sum(f.redactions)"
        " FROM file_rows f LEFT JOIN terms t ON t.id = f.status GROUP BY 1"
    ):
        counts[f"files_{status}"] = files
        counts["redactions"] += redactions
        if status != "skipped":
            counts["bytes"] += size
            counts["lines"] += lines
    _edges(connection, counts)
    for origin, status, pages in connection.execute(
        "SELECT l.origin, l.status, sum(p.pages) FROM (SELECT label_id, count(*) pages FROM page_rows GROUP BY 1) p"
        " LEFT JOIN page_labels l ON l.id = p.label_id GROUP BY 1, 2"
    ):
        counts[f"pages_{origin}"] += pages
        if status != "complete":
            counts[f"pages_{status}"] += pages
    for verdict, claims in connection.execute(
        "SELECT t.term, count(*) FROM claim_rows c LEFT JOIN terms t ON t.id = c.verdict GROUP BY 1"
    ):
        counts[f"claims_{verdict}"] = claims
    for kind, entries in connection.execute(
        "SELECT t.term, count(*) FROM entry_rows e LEFT JOIN terms t ON t.id = e.kind GROUP BY 1"
    ):
        counts[f"entry_points_{kind}"] = entries
    return dict(sorted(counts.items()))


def _edges(connection: sqlite3.Connection, counts: Counter[str]) -> None:
    labels = {one: (kind, tier) for one, kind, tier in connection.execute("SELECT id, kind, tier FROM edge_labels")}
    by_label: Counter[str] = Counter()
    for text in joined(connection, "edge_lists"):
        by_label.update(text[2::4])
    counts["edges"] = sum(by_label.values())
    for label, edges in by_label.items():
        for value in labels.get(number(label), ()):
            counts[f"edges_{value}"] += edges
    (characters,) = connection.execute("SELECT coalesce(sum(length(data)), 0) FROM unresolved_lists").fetchone()
    counts["unresolved"] = characters // 4
