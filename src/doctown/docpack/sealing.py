"""Turning a finished draft into a docpack: index, digests, a compact copy, verification, and the rename.

The copy is made in a new file beside the destination. Only a copy that was verified and reached the disk takes the
destination's name, so a kill at any moment leaves the old state or the new one.
"""

# ruff: noqa: S608 - statements are put together from constants of this package; values are always bound.
from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import cast

from doctown.docpack import canonical, fulltext
from doctown.docpack.coding import RADIX, number
from doctown.docpack.columns import codes, distinct, joined
from doctown.docpack.schema import (
    APPLICATION_ID,
    PAGE_SIZE,
    SCHEMA_VERSION,
    SHADOW_TABLES,
    TABLES,
    USER_VERSION,
    create,
)
from doctown.docpack.statistics import statistics
from doctown.docpack.store import Store
from doctown.docpack.verify import check_sealed, check_updated
from doctown.errors import DoctownError

DRAFT_TABLES = ("stages", "facts", "unindexed")  # of `draft.sql`
MOST_UNUSED = 5  # percent of a file's pages that a rebuild may leave free


def seal(store: Store, destination: Path, *, include_source: bool) -> tuple[str, dict[str, int]]:
    """Write the pack; the draft's connection is left open, outside a transaction. Returns the docpack_id and counts of
    what is in the pack."""
    identity, counts = _finish(store, include_source=include_source)
    temporary = destination.with_name(f".{destination.name}.partial")
    temporary.unlink(missing_ok=True)
    try:
        if store.sealed_before and include_source and not _loose(store):
            _copy_pages(store.connection, temporary)
        else:
            _copy(store.connection, temporary, include_source=include_source)
        problems = check_updated(temporary) if store.sealed_before else check_sealed(temporary)
        if problems:
            raise DoctownError(
                f"the pack does not verify: {problems[0]}"
                + (f" (and {len(problems) - 1} more)" if problems[1:] else ""),
                "report this with the command that led here; the draft is kept",
            )
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        temporary.replace(destination)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(destination.parent)
    return identity, counts


def _loose(store: Store) -> bool:
    """Whether most vectors were added by this run, as where a pack without any gets them: copied in the order of their
    chunks they take an eighth less."""
    (vectors,) = store.connection.execute("SELECT count(*) FROM vector_rows").fetchone()
    return bool(store.added_vectors * 2 > vectors)


def _finish(store: Store, *, include_source: bool) -> tuple[str, dict[str, int]]:
    """Index and digests, in one transaction of the draft."""
    connection = store.connection
    connection.execute("BEGIN")
    try:
        if store.sealed_before:
            _prune(store)
            fulltext.complete(connection)
        else:
            fulltext.fill(connection)
        _fill_series(connection)
        canonical.refresh(connection)
        counts = {**statistics(connection), **({} if include_source else {"sources": 0})}
        values = {
            "schema_version": SCHEMA_VERSION,
            "statistics": counts,
            "vectors_digest": canonical.vectors_digest(connection),
        }
        connection.executemany(
            "INSERT OR REPLACE INTO manifest VALUES (?, ?)", [(k, dump(v)) for k, v in values.items()]
        )
        identity = canonical.docpack_id(connection, canonical.stored_digests(connection), with_sources=include_source)
        connection.execute("INSERT OR REPLACE INTO manifest VALUES ('docpack_id', ?)", (dump(identity),))
        digest = canonical.manifest_digest(connection)
        connection.execute("INSERT OR REPLACE INTO manifest VALUES ('manifest_digest', ?)", (dump(digest),))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # On a full disk SQLite has rolled back already.
            connection.execute("ROLLBACK")
        store.forget()
        raise
    return identity, counts


def dump(value: object) -> str:
    """A manifest value as text: JSON with sorted keys and no blanks, so that equal values are equal texts."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def load(text: str) -> object:
    """A manifest value from its text; None if that is no JSON, since a pack may come from a stranger."""
    try:
        return cast("object", json.loads(text))
    except (ValueError, RecursionError):
        return None


def _fill_series(connection: sqlite3.Connection) -> None:
    """The views walk lists by joining with the numbers below the longest list's length."""
    (longest,) = connection.execute(
        "SELECT max((SELECT coalesce(max(length(data)), 0) FROM edge_lists),"
        " (SELECT coalesce(max(length(data)), 0) FROM unresolved_lists)) / 4"
    ).fetchone()
    connection.execute("DELETE FROM series")
    connection.executemany("INSERT INTO series VALUES (?)", [(i,) for i in range(longest)])


def _prune(store: Store) -> None:
    """Drop dictionary entries that only removed files used: what is gone from the code is gone from the pack."""
    connection = store.connection
    names, labels = _used(connection, "unresolved_lists", ids=True)
    _, edge_labels = _used(connection, "edge_lists", ids=False)
    for table, used in (("names", names), ("unresolved_labels", labels), ("edge_labels", edge_labels)):
        stored = {one for (one,) in connection.execute(f"SELECT id FROM {table}")}
        connection.executemany(f"DELETE FROM {table} WHERE id = ?", [(one,) for one in stored - used])
    connection.execute(
        "DELETE FROM texts WHERE id NOT IN (SELECT signature FROM symbol_rows WHERE typeof(signature) = 'integer'"
        " UNION SELECT -summary FROM page_rows WHERE typeof(summary) = 'integer')"
    )
    connection.execute("DELETE FROM page_labels WHERE id NOT IN (SELECT label_id FROM page_rows)")
    terms: set[int] = set()
    for sql in _TERMS:  # each table is walked once
        for row in connection.execute(sql):
            terms.update(row)
    stored = {one for (one,) in connection.execute("SELECT id FROM terms")}
    connection.executemany("DELETE FROM terms WHERE id = ?", [(one,) for one in stored - terms])
    store.forget()


_TERMS = (
    "SELECT DISTINCT language, status FROM file_rows",
    "SELECT DISTINCT kind, coalesce(language, 0), visibility FROM symbol_rows",
    "SELECT DISTINCT model FROM vector_rows",
    "SELECT DISTINCT verdict FROM claim_rows",
    "SELECT DISTINCT kind FROM entry_rows",
)


def _used(connection: sqlite3.Connection, table: str, *, ids: bool) -> tuple[set[int], set[int]]:
    """The ids and the labels that occur in the lists of a table."""
    import numpy as np  # noqa: PLC0415 - opening a pack must not wait for numpy

    numbers: set[int] = set()
    labels: set[int] = set()
    for text in joined(connection, table):
        found = codes(text)
        if ids:
            # Characters are told apart as they are; only what is left is turned into numbers.
            pairs = distinct((found[:, 0].astype(np.int64) << 32) | found[:, 1]).tolist()
            numbers.update(number(chr(pair >> 32)) * RADIX + number(chr(pair & 0xFFFFFFFF)) for pair in pairs)
        labels.update(number(chr(label)) for label in np.flatnonzero(np.bincount(found[:, 2])).tolist())
    return numbers, labels


def _copy(draft: sqlite3.Connection, path: Path, *, include_source: bool) -> None:
    """Every table of the pack into a new file, in the order of its keys and without free pages.

    Table by table with equal schemas, SQLite copies records without decoding them, as VACUUM does; the tables of
    the draft alone are thereby left behind. The index is copied as the tables that the extension keeps it in.
    """
    fresh = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in (f"page_size={PAGE_SIZE}", "journal_mode=DELETE", f"application_id={APPLICATION_ID}"):
            fresh.execute(f"PRAGMA {pragma}")
        fresh.execute(f"PRAGMA user_version={USER_VERSION}")
        fresh.execute("PRAGMA synchronous=OFF")  # The whole file is synchronised once, before it gets its name.
        fresh.execute("BEGIN")
        create(fresh)
        fresh.execute("COMMIT")
    finally:
        fresh.close()
    draft.execute("ATTACH ? AS pack", (str(path),))
    try:
        draft.execute("PRAGMA pack.journal_mode=OFF")
        draft.execute("PRAGMA pack.synchronous=OFF")
        draft.execute("BEGIN")
        for table in SHADOW_TABLES:
            draft.execute(f"DELETE FROM pack.{table}")
        for table in (*TABLES, *SHADOW_TABLES, *(("sources",) if include_source else ())):
            draft.execute(f"INSERT INTO pack.{table} SELECT * FROM main.{table}")
        draft.execute("COMMIT")
        draft.execute("PRAGMA pack.journal_mode=DELETE")
    finally:
        if draft.in_transaction:
            draft.execute("ROLLBACK")
        draft.execute("DETACH pack")


def _copy_pages(draft: sqlite3.Connection, path: Path) -> None:
    """The draft page by page into a new file, for one that began as a pack: most of its pages are as they were, and
    copying rows would take several times as long. The tables of the draft alone are dropped there, and the file is
    made compact where a rebuild left much of it unused."""
    fresh = sqlite3.connect(path, isolation_level=None)
    try:
        draft.backup(fresh)
        fresh.execute("PRAGMA journal_mode=OFF")
        fresh.execute("PRAGMA synchronous=OFF")  # The whole file is synchronised once, before it gets its name.
        for table in DRAFT_TABLES:
            fresh.execute(f"DROP TABLE {table}")
        fresh.execute(f"PRAGMA application_id={APPLICATION_ID}")
        fresh.execute(f"PRAGMA user_version={USER_VERSION}")
        (pages,) = fresh.execute("PRAGMA page_count").fetchone()
        (free,) = fresh.execute("PRAGMA freelist_count").fetchone()
        if free * 100 > pages * MOST_UNUSED:
            fresh.execute("VACUUM")
        fresh.execute("PRAGMA journal_mode=DELETE")
    finally:
        fresh.close()


def _sync_folder(folder: Path) -> None:
    """A rename is durable only once the folder is; systems without folder handles do it themselves."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
