"""Lists of what a docpack holds, cut to size: for indexes, maps and file trees that must not load the whole of it.

Everything here asks the views that carry the contract's names, never the compact tables behind them, so it does not
care how a pack is stored. Single subjects with all that is known of them are `reader`'s.
"""

# ruff: noqa: S608 - statements are put together from constants of this module; values are always bound.
from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from doctown.docpack.reader import Pack

NO_SYMBOLS = ("module",)  # kinds that stand for a whole file, which has a page of its own


class Glimpse(NamedTuple):
    """A symbol in a list."""

    id: int
    key: str
    name: str
    qualified_name: str
    kind: str
    file_id: int
    line: int
    centrality: float  # 0 to 1


class Spot(NamedTuple):
    """A file in a list."""

    id: int
    path: str
    language: str
    size: int  # bytes
    lines: int
    status: str
    reason: str
    cluster: str  # key; empty if none


class Folder(NamedTuple):
    """What is directly in a folder."""

    folders: list[tuple[str, int, int]]  # path, files and lines anywhere below it; sorted by path
    files: list[Spot]


_GLIMPSE = "SELECT id, key, name, qualified_name, kind, file_id, start_line, centrality FROM symbols"
_GLIMPSE_TYPES = "issssiif"
_SPOT = (
    "SELECT f.id, f.path, f.language, f.size, f.lines, f.status, f.reason, coalesce(c.key, '')"
    " FROM files f LEFT JOIN clusters c ON c.id = f.cluster_id"
)
_SPOT_TYPES = "issiisss"


def glimpses(pack: Pack) -> Iterator[Glimpse]:
    """Every symbol, by id, a small tuple each."""
    return (Glimpse(*row) for row in pack.typed(_GLIMPSE_TYPES, f"{_GLIMPSE} ORDER BY id"))


def most_central(pack: Pack, limit: int) -> list[Glimpse]:
    """The symbols that most of the code leans on, modules left out; ties by key."""
    sql = f"{_GLIMPSE} WHERE kind != 'module' ORDER BY centrality DESC, key LIMIT ?"
    return [Glimpse(*row) for row in pack.typed(_GLIMPSE_TYPES, sql, (limit,))]


def count_by_kind(pack: Pack) -> dict[str, int]:
    """Kind of symbol to how many there are, modules left out, most first."""
    sql = "SELECT kind, count(*) FROM symbols WHERE kind != 'module' GROUP BY kind ORDER BY 2 DESC, 1"
    return dict(pack.typed("si", sql))


def of_kind(pack: Pack, kind: str, offset: int, limit: int) -> list[Glimpse]:
    """A stretch of the symbols of a kind, in order of their names."""
    sql = f"{_GLIMPSE} WHERE kind = ? ORDER BY name COLLATE NOCASE, key LIMIT ? OFFSET ?"
    return [Glimpse(*row) for row in pack.typed(_GLIMPSE_TYPES, sql, (kind, limit, offset))]


def of_cluster(pack: Pack, key: str, limit: int) -> list[Glimpse]:
    """The most central symbols of the files of a cluster or of its parts."""
    sql = (
        "WITH RECURSIVE inside(id) AS (SELECT id FROM clusters WHERE key = ? UNION"
        " SELECT c.id FROM clusters c JOIN inside i ON c.parent_id = i.id)"
        f" {_GLIMPSE} WHERE kind != 'module' AND cluster_id IN (SELECT id FROM inside)"
        " ORDER BY centrality DESC, key LIMIT ?"
    )
    return [Glimpse(*row) for row in pack.typed(_GLIMPSE_TYPES, sql, (key, limit))]


def spots(pack: Pack) -> Iterator[Spot]:
    """Every file, by path."""
    return (Spot(*row) for row in pack.typed(_SPOT_TYPES, f"{_SPOT} ORDER BY f.path"))


def know_files(pack: Pack) -> list[Spot]:
    """Every file, by path; from then on the pack knows their ids and need not look for one. For whoever reads all."""
    found = list(spots(pack))
    pack._paths.update((spot.path, spot.id) for spot in found)
    return found


def folders(found: Iterable[Spot]) -> dict[str, Folder]:
    """What is directly in each folder, the root (the empty path) included, of files that come by path."""
    made: dict[str, Folder] = {"": Folder([], [])}
    below: dict[str, dict[str, tuple[int, int]]] = {"": {}}
    for spot in found:
        parent = spot.path.rpartition("/")[0]
        made.setdefault(parent, Folder([], [])).files.append(spot)
        inner = parent
        while inner:
            outer = inner.rpartition("/")[0]
            counts = below.setdefault(outer, {})
            count, lines = counts.get(inner, (0, 0))
            counts[inner] = (count + 1, lines + max(spot.lines, 0))
            inner = outer
    for outer, counts in below.items():
        made.setdefault(outer, Folder([], [])).folders.extend((name, *counts[name]) for name in sorted(counts))
    return made


def folder(pack: Pack, path: str) -> Folder:
    """What is directly in the folder of this path, which is empty for the root; nothing for an unknown folder."""
    prefix = f"{path}/" if path else ""
    # The character after `/` bounds the range of paths that begin with the prefix.
    where, bounds = ("WHERE f.path >= ? AND f.path < ?", (prefix, f"{path}0")) if path else ("", ())
    below: dict[str, tuple[int, int]] = {}
    files: list[Spot] = []
    for row in pack.typed(_SPOT_TYPES, f"{_SPOT} {where} ORDER BY f.path", bounds):
        spot = Spot(*row)
        name, slash, _ = spot.path[len(prefix) :].partition("/")
        if slash:
            count, lines = below.get(prefix + name, (0, 0))
            below[prefix + name] = (count + 1, lines + max(spot.lines, 0))
        else:
            files.append(spot)
    return Folder([(name, *below[name]) for name in sorted(below)], files)


def symbol_files(pack: Pack) -> dict[int, int]:
    """Id of every symbol to the id of its file."""
    return dict(pack.typed("ii", "SELECT id, file_id FROM symbols"))


def unresolved_uses(pack: Pack) -> Iterator[tuple[int, str, str, int, str]]:
    """Every use that was not resolved: id of the symbol, name, kind, line and reason; by symbol."""
    sql = "SELECT source_id, name, kind, line, reason FROM unresolved ORDER BY source_id, line, name"
    yield from pack.typed("issis", sql)
