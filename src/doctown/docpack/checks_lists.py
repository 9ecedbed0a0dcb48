"""Checks of the lists in which edges and unresolved names are packed.

A large pack has hundreds of thousands of entries, and every build checks them, so they are decoded and compared as
arrays; Python's objects are made for the offending entries alone.
"""

# ruff: noqa: S608 - statements are put together from constants of this package; values are always bound.
from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from doctown.docpack.coding import ENTRY, GAP, LINK, RADIX
from doctown.docpack.columns import distinct
from doctown.docpack.results import Problem

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]

_UTF32 = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entries:
    """All entries of a table of lists, an array per part. `undecodable` are owners of lists that cannot be cut."""

    owner: Numbers  # the symbol whose list the entry is in
    other: Numbers  # the id it refers to
    label: Numbers  # empty for incoming lists
    line: Numbers  # likewise
    part: Numbers  # of edge lists, else 0
    longest: int
    undecodable: tuple[int, ...]


def edges(connection: sqlite3.Connection) -> Iterator[Problem]:
    """Edge lists decode to known symbols and labels, and incoming lists say the same."""
    found = _read(connection, "SELECT source_id, part, data FROM edge_lists", ENTRY)
    links = _read(connection, "SELECT target_id, 0, data FROM incoming_lists", LINK)
    for owner in (*found.undecodable, *links.undecodable):
        yield Problem("edges", f"a list of edges of symbol {owner} cannot be decoded")
    lines = _last_lines(connection)
    known = found.other < len(lines)
    known[known] = lines[found.other[known]] > 0
    for at in np.flatnonzero(~known):
        yield Problem(
            "edges", f"symbol {found.owner[at]} has an edge to symbol {found.other[at]}, which does not exist"
        )
    kinds = dict(connection.execute("SELECT id, kind FROM edge_labels").fetchall())
    similar = np.array([number for number, kind in kinds.items() if kind == "similar"], dtype=np.int64)
    for at in np.flatnonzero(~np.isin(found.label, np.array([*kinds], dtype=np.int64))):
        yield Problem("edges", f"symbol {found.owner[at]} has an edge with the unknown label {found.label[at]}")
    for at in np.flatnonzero(np.isin(found.label, similar) != (found.part == 1)):
        yield Problem(
            "edges", f"symbol {found.owner[at]} has an edge of label {found.label[at]} in part {found.part[at]}"
        )
    yield from _beyond(found, lines, "edges", "an edge")
    for at in _repeated(found):
        yield Problem("edges", f"symbol {found.owner[at]} has the same edge twice, to symbol {found.other[at]}")
    wanted, stated = _pairs(found.other, found.owner), _pairs(links.owner, links.other)
    for target in distinct(np.setxor1d(wanted, stated, assume_unique=True) >> 31):
        yield Problem("edges", f"the incoming list of symbol {target} differs from the edges, or is missing")


def unresolved(connection: sqlite3.Connection) -> Iterator[Problem]:
    """Lists of unresolved names decode to known names and labels; the series is as long as the longest list."""
    found = _read(connection, "SELECT source_id, 0, data FROM unresolved_lists", ENTRY)
    for owner in found.undecodable:
        yield Problem("unresolved", f"the list of symbol {owner} cannot be decoded")
    for numbers, table, what in ((found.other, "names", "name"), (found.label, "unresolved_labels", "label")):
        known = np.array([one for (one,) in connection.execute(f"SELECT id FROM {table}")], dtype=np.int64)
        for at in np.flatnonzero(~np.isin(numbers, known)):
            yield Problem("unresolved", f"symbol {found.owner[at]} has the unknown {what} {numbers[at]}")
    yield from _beyond(found, _last_lines(connection), "unresolved", "a use")
    (edges_longest,) = connection.execute("SELECT coalesce(max(length(data)), 0) / 4 FROM edge_lists").fetchone()
    longest = max(found.longest, edges_longest)
    row = connection.execute("SELECT count(*), min(i), max(i) FROM series").fetchone()
    if row != ((longest, 0, longest - 1) if longest else (0, None, None)):
        yield Problem("series", f"the series has {row[0]} numbers, the longest list has {longest} entries")


def _read(connection: sqlite3.Connection, sql: str, width: int) -> _Entries:
    owners: list[int] = []
    parts: list[int] = []
    counts: list[int] = []
    texts: list[str] = []
    undecodable: list[int] = []
    for owner, part, data in connection.execute(sql):
        if not data or len(data) % width or "\0" in data or part not in (0, 1):
            undecodable.append(owner)
            continue
        owners.append(owner)
        parts.append(part)
        counts.append(len(data) // width)
        texts.append(data)
    codes = np.frombuffer("".join(texts).encode(_UTF32), dtype=np.uint32).astype(np.int64)
    numbers = np.where(codes <= GAP, codes - 1, codes - 0x801).reshape(-1, width)
    empty = np.zeros(0, dtype=np.int64)
    return _Entries(
        owner=np.repeat(np.array(owners, dtype=np.int64), counts),
        other=numbers[:, 0] * RADIX + numbers[:, 1],
        label=numbers[:, 2] if width == ENTRY else empty,
        line=numbers[:, 3] if width == ENTRY else empty,
        part=np.repeat(np.array(parts, dtype=np.int64), counts),
        longest=max(counts, default=0),
        undecodable=tuple(undecodable),
    )


def _last_lines(connection: sqlite3.Connection) -> Numbers:
    """By symbol id the last line that its file can have, 0 where there is no such symbol.

    Ids are those of rows that exist, but a hostile pack may have huge ones: they are left out and so are unknown.
    """
    rows = connection.execute(
        "SELECT s.id, f.lines + 1 FROM symbol_rows s JOIN file_rows f ON f.id = s.file_id WHERE s.id BETWEEN 0 AND ?",
        (16 * 2**20,),
    ).fetchall()
    lines = np.zeros(max((number for number, _ in rows), default=0) + 1, dtype=np.int64)
    for number, last in rows:
        lines[number] = min(last, 2**62)
    return lines


def _beyond(found: _Entries, lines: Numbers, check: str, what: str) -> Iterator[Problem]:
    inside = (found.owner >= 0) & (found.owner < len(lines))
    last = np.where(inside, lines[np.where(inside, found.owner, 0)], 0)
    for at in np.flatnonzero(found.line > last):
        yield Problem(check, f"symbol {found.owner[at]} has {what} at line {found.line[at]}, its file has {last[at]}")


def _repeated(found: _Entries) -> Numbers:
    """Positions of entries that are equal to an earlier one of the same symbol."""
    order = np.lexsort((found.line, found.label, found.other, found.owner))
    columns = (found.owner[order], found.other[order], found.label[order], found.line[order])
    equal = np.ones(max(len(order) - 1, 0), dtype=np.bool_)
    for column in columns:
        equal &= column[1:] == column[:-1]
    return order[1:][equal]


def _pairs(targets: Numbers, sources: Numbers) -> Numbers:
    """Each (target, source) once, as one number; ids fit 31 bits where they refer to anything."""
    return distinct((targets << 31) | sources)
