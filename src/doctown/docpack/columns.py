"""Whole tables of a draft at once, for stages that look at every symbol or every edge.

Rows come as they are stored and nouns are made when they are asked for: of sixty thousand symbols a rebuild looks at
a few hundred. Edges come as arrays of numbers. A pack from elsewhere is read by `reader`, which trusts nothing.
"""

# ruff: noqa: S608 - statements are put together from constants of this package; values are always bound.
from __future__ import annotations

import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from doctown.docpack.coding import GAP, RADIX
from doctown.docpack.folding import OWN_NAME
from doctown.model import Census, Cluster, Edge, Symbol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

MOST_MADE = 50_000  # symbols that are kept once they were made, so that memory does not grow with the repository
_UTF32 = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"
_START, _CENTRALITY = 7, 8  # places in a row of _ROWS
MOST_JOINED = 4_000_000  # characters of lists that are put together at once
BLOCK = 256  # symbols whose details are read at once, when one of them is made
_ROWS = """
SELECT id, file_id, parent_id, qualified_name, name, ordinal, kind, start_byte, centrality FROM symbol_rows ORDER BY id
"""
_DETAILS = """
SELECT s.id, s.language, s.end_byte, s.start_line, s.end_line, s.signature, s.visibility, coalesce(d.docstring, '')
FROM symbol_rows s LEFT JOIN docstrings d ON d.symbol_id = s.id WHERE s.id BETWEEN ? AND ?
"""


class SymbolTable(Mapping[int, Symbol]):
    """Every symbol of a draft by id, in the order of ids, as it was when the table was made: what only a symbol itself
    is asked for is read when one is made, and does not change from there on."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._rows: dict[int, tuple[Any, ...]] = {row[0]: row for row in connection.execute(_ROWS)}
        self._terms: dict[int, Any] = dict(connection.execute("SELECT id, term FROM terms").fetchall())
        self._files = {row[0]: row for row in connection.execute("SELECT id, path, language FROM file_rows")}
        self._texts: dict[int, str] = dict(connection.execute("SELECT id, text FROM texts").fetchall())
        self._details: dict[int, tuple[Any, ...]] = {}  # of symbols that were not made yet
        self._made: dict[int, Symbol] = {}
        self._by_path: dict[str, dict[str, int]] = {}
        self._places: tuple[list[str], Numbers] | None = None

    def __getitem__(self, number: int) -> Symbol:
        found = self._made.get(number)
        if found is None:
            if len(self._made) >= MOST_MADE:
                self._made.clear()
            found = self._made[number] = self._make(self._rows[number])
        return found

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, number: object) -> bool:
        return number in self._rows

    def key(self, number: int) -> str:
        """The key of a symbol."""
        row = self._rows[number]
        path, rest = self._files[row[1]][1], row[3]
        return f"{path}#{rest}" if row[5] == 1 else f"{path}#{rest}~{row[5]}"

    def path(self, number: int) -> str:
        """The path of the file that a symbol is in."""
        return str(self._files[self._rows[number][1]][1])

    def kind(self, number: int) -> str:
        """What a symbol is."""
        return str(self._terms[self._rows[number][6]])

    def centrality(self) -> dict[int, int]:
        """The centrality of every symbol by id, in billionths."""
        return {number: row[_CENTRALITY] for number, row in self._rows.items()}

    def children(self) -> dict[int, list[int]]:
        """Symbol → the symbols directly inside it, in order of their start; equal starts by key."""
        found: dict[int, list[int]] = {}
        last: dict[int, int] = {}
        unsorted: set[int] = set()
        for number, row in self._rows.items():
            parent = row[2]
            if parent is None:
                continue
            start = row[_START]
            if parent in found:
                found[parent].append(number)
                if start <= last[parent]:
                    unsorted.add(parent)
            else:
                found[parent] = [number]
            last[parent] = start
        for parent in unsorted:
            found[parent].sort(key=lambda member: (self._rows[member][_START], self.key(member)))
        return found

    def modules(self) -> dict[str, int]:
        """Path → the symbol that stands for the file's top level, by path."""
        found = {self._files[row[1]][1]: number for number, row in self._rows.items() if row[2] is None}
        return {path: number for path, number in sorted(found.items()) if self.kind(number) == "module"}

    def census(self) -> Census:
        """How many symbols there are of which sort."""
        kinds = Counter(row[6] for row in self._rows.values())
        callable_kinds = {number for number, term in self._terms.items() if term in ("function", "method")}
        tests: Counter[str] = Counter()
        for row in self._rows.values():
            if row[6] in callable_kinds:
                name = row[4] if isinstance(row[4], str) else row[3][-row[4] :]
                if name[:4].lower() == "test":
                    tests[self._files[row[1]][1]] += 1
        return Census(kinds={self._terms[kind]: count for kind, count in kinds.items()}, tests=tests)

    def places(self) -> tuple[list[str], Numbers]:
        """The paths of all files, and for each symbol, at its id, its file's place among them. Made once."""
        import numpy as np  # noqa: PLC0415 - opening a pack must not wait for numpy

        if self._places is not None:
            return self._places
        order = {file: place for place, file in enumerate(self._files)}
        places = np.zeros(max(self._rows, default=0) + 1, np.int64)
        numbers = np.fromiter(self._rows, np.int64, len(self._rows))
        places[numbers] = [order[row[1]] for row in self._rows.values()]
        self._places = [row[1] for row in self._files.values()], places
        return self._places

    def by_path(self) -> dict[str, dict[str, int]]:
        """Path → key → id of the symbols of each file. Made once: do not change it."""
        if self._by_path:
            return self._by_path
        found = self._by_path
        files = self._files
        for number, row in self._rows.items():
            path = files[row[1]][1]
            rest = row[3] if row[5] == 1 else f"{row[3]}~{row[5]}"
            of_file = found.get(path)
            if of_file is None:
                of_file = found[path] = {}
            of_file[f"{path}#{rest}"] = number
        return found

    def _make(self, row: tuple[Any, ...]) -> Symbol:
        number, file, parent, qualified_name, name, _, kind, start, _ = row
        language, end, first_line, last_line, signature, visibility, docstring = self._detail(number)
        _, path, spoken = self._files[file]
        name = name if isinstance(name, str) else qualified_name[-name:]
        signature = signature if isinstance(signature, str) else self._texts[signature]
        return Symbol(
            key=self.key(number),
            name=name,
            qualified_name=qualified_name,
            kind=self._terms[kind],
            language=self._terms[spoken if language is None else language],
            path=path,
            parent="" if parent is None else self.key(parent),
            start_byte=start,
            end_byte=end,
            start_line=first_line,
            end_line=last_line,
            signature=signature.replace(OWN_NAME, name),
            docstring=docstring,
            visibility=self._terms[visibility],
        )

    def _detail(self, number: int) -> tuple[Any, ...]:
        """The columns of _DETAILS but the id. They are read with those of the symbols around, which mostly are asked
        for next, and kept until then."""
        if number not in self._details:
            first = number - number % BLOCK
            for row in self._connection.execute(_DETAILS, (first, first + BLOCK - 1)):
                if row[0] not in self._made:
                    self._details[row[0]] = row[1:]
        return self._details.pop(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeTable:
    """Every edge but the similar ones, an array per part; `labels` gives kind, tier and reason of a label."""

    source: Numbers
    target: Numbers
    label: Numbers
    line: Numbers
    labels: Mapping[int, tuple[str, str, str]]

    def edges(self) -> Iterator[Edge]:
        """The edges one by one."""
        labels = self.labels
        for source, target, label, line in zip(
            self.source.tolist(), self.target.tolist(), self.label.tolist(), self.line.tolist(), strict=True
        ):
            yield Edge(source, target, *labels[label], line)


def joined(connection: sqlite3.Connection, table: str) -> Iterator[str]:
    """The lists of a table, put together, in any order. SQLite does that in a quarter of the time that their rows take;
    of large tables it is a part at a time."""
    (characters,) = connection.execute(f"SELECT coalesce(sum(length(data)), 0) FROM {table}").fetchone()
    if characters <= MOST_JOINED:
        yield connection.execute(f"SELECT coalesce(group_concat(data, ''), '') FROM {table}").fetchone()[0]
        return
    rows = connection.execute(f"SELECT data FROM {table}")
    while batch := rows.fetchmany(20_000):
        yield "".join(data for (data,) in batch)


def cells(text: str) -> Numbers:
    """The entries of edge or unresolved lists, a row of four numbers each."""
    import numpy as np  # noqa: PLC0415 - opening a pack must not wait for numpy

    found = codes(text).astype(np.int64)
    return np.where(found <= GAP, found - 1, found - 0x801)


def codes(text: str) -> NDArray[np.uint32]:
    """The characters of edge or unresolved lists, a row of four for each entry."""
    import numpy as np  # noqa: PLC0415 - opening a pack must not wait for numpy

    return np.frombuffer(text.encode(_UTF32), dtype=np.uint32).reshape(-1, 4)


def distinct(numbers: Numbers) -> Numbers:
    """Each of the numbers once, ascending. `np.unique` does the same, and loads a part of numpy for it that takes
    longer than the sorting."""
    import numpy as np  # noqa: PLC0415 - opening a pack must not wait for numpy

    ordered = np.sort(numbers)
    fresh = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    return ordered[fresh]


def edge_table(connection: sqlite3.Connection) -> EdgeTable:
    """The edges of a draft."""
    import numpy as np  # noqa: PLC0415 - opening a pack must not wait for numpy

    rows = connection.execute("SELECT source_id, data FROM edge_lists WHERE part = 0 ORDER BY source_id").fetchall()
    numbers = cells("".join(data for _, data in rows))
    owners = np.fromiter((source for source, _ in rows), np.int64, len(rows))
    counts = np.fromiter((len(data) // 4 for _, data in rows), np.int64, len(rows))
    labels = {row[0]: row[1:] for row in connection.execute("SELECT id, kind, tier, reason FROM edge_labels")}
    return EdgeTable(
        source=np.repeat(owners, counts),
        target=numbers[:, 0] * RADIX + numbers[:, 1],
        label=numbers[:, 2],
        line=numbers[:, 3],
        labels=labels,
    )


def clusters(connection: sqlite3.Connection) -> list[Cluster]:
    """Every cluster, parents before children and siblings by key; a parent's paths are those of its children."""
    rows = connection.execute(
        "SELECT c.id, c.key, coalesce(p.key, ''), c.label, c.size"
        " FROM clusters c LEFT JOIN clusters p ON p.id = c.parent_id"
        " ORDER BY c.key"
    ).fetchall()
    parents: dict[str, str] = {key: parent for _, key, parent, _, _ in rows}
    keys: dict[int, str] = {number: key for number, key, _, _, _ in rows}
    paths: dict[str, list[str]] = {key: [] for key in parents}
    for path, number in connection.execute("SELECT path, cluster_id FROM file_rows WHERE cluster_id IS NOT NULL"):
        key = keys[number]
        while key:
            paths[key].append(path)
            key = parents[key]
    children: dict[str, list[Cluster]] = {}
    for _, key, parent, label, size in rows:
        one = Cluster(key=key, parent=parent, label=label, paths=tuple(sorted(paths[key])), size=size)
        children.setdefault(parent, []).append(one)
    ordered: list[Cluster] = []
    waiting = list(reversed(children.get("", [])))
    while waiting:
        one = waiting.pop()
        ordered.append(one)
        waiting.extend(reversed(children.get(one.key, [])))
    return ordered
