"""Taking files out of a draft, with all rows that hang on them.

What is left keeps its ids. Edges of other symbols into the removed files go too, and the caller learns whose, to
resolve them again. Pages elsewhere that cite a removed file in a claim are removed, to be written anew.
"""

# ruff: noqa: S608 - statements are put together from constants of this package; values are always bound.
from __future__ import annotations

from collections.abc import Iterable, Sequence

from doctown.docpack import fulltext
from doctown.docpack.coding import document_id, encode_entries, encode_links, entries, links
from doctown.docpack.store import Store, clean, in_chunks
from doctown.errors import InputError


def remove_files(store: Store, paths: Iterable[str]) -> list[int]:
    """Remove the files of these paths that exist; returns ids of the other symbols that lost edges, ascending."""
    files = [store.paths[clean(path)] for path in paths if clean(path) in store.paths]
    symbols = _ids(store, "symbol_rows", files)
    artifacts = _ids(store, "artifacts", files)
    documents = [document_id("symbol", one) for one in symbols]
    documents += [document_id("file", one) for one in files]
    documents += [document_id("artifact", one) for one in artifacts]
    citing = _citing_pages(store, files, set(documents))
    if store.sealed_before:
        fulltext.withdraw(store.connection, [*documents, *citing])
        _touch_pages(store, citing)
    losers = _unlink(store, set(symbols))
    _delete(store, "page_rows", "id", [*documents, *citing])
    _delete(store, "claim_rows", "page_id", [*documents, *citing])
    for table, column in (
        ("edge_lists", "source_id"),
        ("incoming_lists", "target_id"),
        ("unresolved_lists", "source_id"),
        ("docstrings", "symbol_id"),
        ("symbol_rows", "id"),
    ):
        _delete(store, table, column, symbols)
    _delete(store, "vector_rows", "chunk_id", _ids(store, "chunks", files))
    for table in ("chunks", "artifacts", "sources", "facts"):
        _delete(store, table, "file_id", files)
    _delete(store, "file_rows", "id", files)
    store.forget()
    if store.sealed_before:
        for slots, part in in_chunks(losers):
            rows = store.connection.execute(f"SELECT DISTINCT file_id FROM symbol_rows WHERE id IN ({slots})", part)
            store.touch([file_id for (file_id,) in rows.fetchall()])
    return losers


def _ids(store: Store, table: str, files: Sequence[int]) -> list[int]:
    found: list[int] = []
    for slots, part in in_chunks(files):
        rows = store.connection.execute(f"SELECT id FROM {table} WHERE file_id IN ({slots})", part)
        found += [number for (number,) in rows]
    return found


def _delete(store: Store, table: str, column: str, ids: Sequence[int]) -> None:
    store.connection.executemany(f"DELETE FROM {table} WHERE {column} = ?", [(number,) for number in ids])


def _citing_pages(store: Store, files: Sequence[int], own: set[int]) -> list[int]:
    found: set[int] = set()
    for slots, part in in_chunks(files):
        found |= {
            one
            for (one,) in store.connection.execute(f"SELECT page_id FROM claim_rows WHERE file_id IN ({slots})", part)
        }
    return sorted(found - own)


def _touch_pages(store: Store, pages: Iterable[int]) -> None:
    """The files that the removed pages of others belong to are no longer what their digests say."""
    for page in pages:
        sql = {
            0: "SELECT file_id FROM symbol_rows WHERE id = ?",
            1: "SELECT ?",
            4: "SELECT file_id FROM artifacts WHERE id = ?",
        }
        if (page & 7) in sql:
            store.touch([one for (one,) in store.connection.execute(sql[page & 7], (page >> 3,)).fetchall()])


def _unlink(store: Store, removed: set[int]) -> list[int]:
    """Cut the edges between removed symbols and the others, in both directions; returns who lost outgoing ones."""
    connection = store.connection
    losers: set[int] = set()
    targets: set[int] = set()
    for symbol in removed:
        for (data,) in connection.execute("SELECT data FROM incoming_lists WHERE target_id = ?", (symbol,)):
            losers.update(links(data))
        for (data,) in connection.execute("SELECT data FROM edge_lists WHERE source_id = ?", (symbol,)):
            targets.update(target for target, _, _ in entries(data))
    for source in losers - removed:
        for part, data in connection.execute(
            "SELECT part, data FROM edge_lists WHERE source_id = ?", (source,)
        ).fetchall():
            kept = encode_entries(entry for entry in entries(data) if entry[0] not in removed)
            if kept:
                connection.execute(
                    "UPDATE edge_lists SET data = ? WHERE source_id = ? AND part = ?", (kept, source, part)
                )
            else:
                connection.execute("DELETE FROM edge_lists WHERE source_id = ? AND part = ?", (source, part))
    for target in targets - removed:
        for (data,) in connection.execute("SELECT data FROM incoming_lists WHERE target_id = ?", (target,)).fetchall():
            kept = encode_links(source for source in links(data) if source not in removed)
            if kept:
                connection.execute("UPDATE incoming_lists SET data = ? WHERE target_id = ?", (kept, target))
            else:
                connection.execute("DELETE FROM incoming_lists WHERE target_id = ?", (target,))
    return sorted(losers - removed)


_TABLES = {
    "edges": ("edge_lists", "incoming_lists"),
    "unresolved": ("unresolved_lists",),
    "chunks": ("vector_rows", "chunks"),
    "vectors": ("vector_rows",),
}


def clear(store: Store, nouns: Sequence[str]) -> None:
    """Remove all rows of the named nouns, and what cannot stand without them."""
    for noun in nouns:
        if noun in _TABLES:
            for table in _TABLES[noun]:
                store.connection.execute(f"DELETE FROM {table}")
        elif noun in ("pages", "artifacts"):
            where = "" if noun == "pages" else "WHERE {} & 7 = 4"
            if store.sealed_before:
                rows = store.connection.execute(f"SELECT id FROM page_rows {where.format('id')}").fetchall()
                artifacts = (
                    store.connection.execute("SELECT id FROM artifacts").fetchall() if noun == "artifacts" else []
                )
                fulltext.withdraw(store.connection, {n for (n,) in rows} | {n << 3 | 4 for (n,) in artifacts})
            store.connection.execute(f"DELETE FROM claim_rows {where.format('page_id')}")
            store.connection.execute(f"DELETE FROM page_rows {where.format('id')}")
            if noun == "artifacts":
                store.connection.execute("DELETE FROM artifacts")
        else:
            raise InputError(
                f"{noun!r} cannot be cleared", "name edges, unresolved, chunks, vectors, pages or artifacts"
            )
    store.touch(store.paths.values())
