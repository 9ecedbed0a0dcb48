"""What the writers of a draft share: the connection, the dictionaries of repeated strings, and who has which id.

Strings that repeat (languages, kinds, reasons, names that did not resolve) are stored once and referred to by
number. Nothing here knows what a stage is or when a transaction ends.
"""

# ruff: noqa: S608 - statements are put together from constants of this package; values are always bound.
from __future__ import annotations

import sqlite3
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from doctown.errors import InputError

T = TypeVar("T")

CACHED_SYMBOLS = 30_000  # keys kept in memory for resolving subjects and parents, which come file by file
MAX_INTEGER = 2**63 - 1
SHARED = 4  # characters from which on a text may stand in `texts`


def batched(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of up to `size` rows."""
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch


def clean(text: str) -> str:
    """Text that SQLite and UTF-8 can hold: NUL and lone surrogates become U+FFFD."""
    if text.isascii():
        return text.replace("\0", "\ufffd") if "\0" in text else text
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").replace("\0", "\ufffd")


class Dictionary:
    """A table of repeated values and its content in memory: `number(value)` is the id, made if it is new."""

    def __init__(self, connection: sqlite3.Connection, table: str, columns: str) -> None:
        self._connection = connection
        self._table = table
        self._columns = columns
        self._slots = ", ".join("?" * (columns.count(",") + 2))
        self._ids: dict[tuple[str, ...], int] | None = None
        self._next = 1

    def forget(self) -> None:
        """Read the table anew at the next use, as is needed after a rollback."""
        self._ids = None

    def known(self, *values: str) -> int | None:
        """The id of these values, if they have one."""
        return self._read().get(values)

    def number(self, *values: str) -> int:
        """The id of these values."""
        ids = self._read()
        found = ids.get(values)
        if found is None:
            found = self._next
            self._next += 1
            self._connection.execute(f"INSERT INTO {self._table} VALUES ({self._slots})", (found, *values))
            ids[values] = found
        return found

    def _read(self) -> dict[tuple[str, ...], int]:
        if self._ids is None:
            rows = self._connection.execute(f"SELECT id, {self._columns} FROM {self._table}")
            self._ids = {tuple(row[1:]): row[0] for row in rows}
            self._next = max(self._ids.values(), default=0) + 1
        return self._ids


class Store:
    """A draft's connection with its dictionaries and its lookups from paths and keys to ids."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.sealed_before = (
            False  # the draft began as a pack: digests and the index are kept up to date with every change
        )
        self.added_vectors = 0  # by this run: they come by length, and leave pages half empty behind
        self.terms = Dictionary(connection, "terms", "term")
        self.names = Dictionary(connection, "names", "name")
        self.edge_labels = Dictionary(connection, "edge_labels", "kind, tier, reason")
        self.unresolved_labels = Dictionary(connection, "unresolved_labels", "kind, reason")
        self.texts = Dictionary(connection, "texts", "text")
        self.page_labels = Dictionary(connection, "page_labels", "origin, model, status, reason")
        self.kept_files: dict[
            str, tuple[int, int | None]
        ] = {}  # path → id and cluster of a file that is being replaced
        # Its id → what follows `path#` in a key → id and centrality of a symbol that may come back.
        self.kept_symbols: dict[int, dict[str, tuple[int, int]]] = {}
        self._paths: dict[str, int] | None = None
        self._symbols: OrderedDict[int, dict[str, int]] = OrderedDict()
        self._cached = 0

    def forget(self) -> None:
        """Drop everything remembered, as is needed after a rollback."""
        for dictionary in (
            self.terms, self.names, self.texts, self.edge_labels, self.unresolved_labels, self.page_labels,
        ):  # fmt: skip
            dictionary.forget()
        self._paths = None
        self.forget_symbols()

    def forget_symbols(self) -> None:
        """Drop the remembered keys."""
        self._symbols.clear()
        self._cached = 0

    @property
    def paths(self) -> dict[str, int]:
        """Path to id of every file."""
        if self._paths is None:
            self._paths = dict(self.connection.execute("SELECT path, id FROM file_rows").fetchall())
        return self._paths

    def file_id(self, path: str) -> int:
        """The id of a file, or an InputError that says how to add it."""
        found = self.paths.get(clean(path))
        if found is None:
            raise InputError(f"file {path!r} is not in the draft", "add the file before what hangs on it")
        return found

    def symbols_of(self, file_id: int) -> dict[str, int]:
        """The part of the key after the first `path#` to the id, for every symbol of a file."""
        found = self._symbols.get(file_id)
        if found is None:
            rows = self.connection.execute(
                "SELECT qualified_name || CASE WHEN ordinal > 1 THEN '~' || ordinal ELSE '' END, id"
                " FROM symbol_rows WHERE file_id = ?",
                (file_id,),
            )
            found = dict(rows.fetchall())
            self._symbols[file_id] = found
            self._cached += len(found)
            while self._cached > CACHED_SYMBOLS and len(self._symbols) > 1:
                self._cached -= len(self._symbols.popitem(last=False)[1])
        return found

    def symbol_id(self, key: str) -> int:
        """The id of a symbol by its key. A path may contain `#`, so every split is tried."""
        key = clean(key)
        at = key.find("#")
        while at >= 0:
            file_id = self.paths.get(key[:at])
            if file_id is not None and (found := self.symbols_of(file_id).get(key[at + 1 :])) is not None:
                return found
            at = key.find("#", at + 1)
        raise InputError(f"symbol {key!r} is not in the draft", "add the symbols of its file first")

    def shared(self, texts: Sequence[str]) -> list[str | int]:
        """Of each text its number in `texts`, where it is there already or so often among these that it pays; else the
        text itself. A number takes about two bytes of a row, an entry some six beside its text."""
        kept: dict[str, str | int] = {}
        for text, times in Counter(texts).items():
            size = len(text)
            if size >= SHARED and (times * (size - 2) > size + 6 or self.texts.known(text) is not None):
                kept[text] = self.texts.number(text)
        return [kept.get(text, text) for text in texts]

    def next_id(self, table: str) -> int:
        """The smallest id above all of a table."""
        (highest,) = self.connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()
        return int(highest) + 1

    def touch(self, file_ids: Iterable[int]) -> None:
        """Note that rows hanging on these files changed, so their stored digests no longer hold."""
        if not self.sealed_before:
            return
        self.connection.executemany(
            "UPDATE file_rows SET digest = NULL WHERE id = ? AND digest IS NOT NULL", [(one,) for one in set(file_ids)]
        )


def check_number(value: int, what: str) -> int:
    """The value itself if it is a number that SQLite can hold and not negative."""
    if not 0 <= value <= MAX_INTEGER:
        raise InputError(f"{what} is {value}", "give a number from 0 to 2^63-1")
    return value


def in_chunks(ids: Sequence[int], size: int = 500) -> Iterator[tuple[str, Sequence[int]]]:
    """Placeholders and ids, `size` at a time, for `… IN (placeholders)`."""
    for start in range(0, len(ids), size):
        part = ids[start : start + size]
        yield ",".join("?" * len(part)), part
