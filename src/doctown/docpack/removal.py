"""Taking files out of a draft, with all rows that hang on them.

What is left keeps its ids. Edges of other symbols into the removed files go too, and the caller learns whose, to
resolve them again. Pages elsewhere that cite a removed file in a claim are removed, to be written anew.
"""

# ruff: noqa: S608 - statements are put together from constants of this package; values are always bound.
from __future__ import annotations

from collections.abc import Iterable, Sequence

from doctown.docpack import fulltext, write_entries
from doctown.docpack.coding import document_id, encode_entries, encode_links, entries, links
from doctown.docpack.store import Store, clean, in_chunks
from doctown.errors import InputError
from doctown.model import Edge


def remove_files(store: Store, paths: Iterable[str]) -> list[int]:
    """Remove the files of these paths that exist; returns ids of the other symbols that lost edges, ascending."""
    files = [store.paths[clean(path)] for path in paths if clean(path) in store.paths]
    symbols = _ids(store, "symbol_rows", files)
    lost = _unlink(store, set(symbols))
    write_entries.forget_symbols(store, symbols)
    losers = sorted({edge.source for edge in lost})
    _take_out(store, files, symbols)
    _touch_symbols(store, losers)
    return losers


def vacate_files(store: Store, paths: Iterable[str]) -> list[Edge]:
    """Remove the files of these paths that exist, to be added again with other content: they and the symbols whose keys
    come back get their ids again, and with them the edges of others that lead to them. Returns the exact edges that
    started in them, by id. `settle` ends it."""
    files = [store.paths[clean(path)] for path in paths if clean(path) in store.paths]
    if not files:  # as for most of a first build, which then keeps what it remembers of the draft
        return []
    for slots, part in in_chunks(files):
        rows = store.connection.execute(f"SELECT path, id, cluster_id FROM file_rows WHERE id IN ({slots})", part)
        store.kept_files.update({path: (number, cluster) for path, number, cluster in rows})
        ranks = dict(
            store.connection.execute(
                f"SELECT id, centrality FROM symbol_rows WHERE file_id IN ({slots})", part
            ).fetchall()
        )
        for file in part:
            store.kept_symbols[file] = {rest: (one, ranks[one]) for rest, one in store.symbols_of(file).items()}
    symbols = _ids(store, "symbol_rows", files)
    edges = _leave(store, set(symbols))
    _take_out(store, files, symbols)
    return edges


def settle(store: Store) -> list[Edge]:
    """Cut the edges that lead to symbols that did not come back after `vacate_files`; returns the exact ones."""
    gone = {number for of_file in store.kept_symbols.values() for number, _ in of_file.values()}
    store.kept_files.clear()
    store.kept_symbols.clear()
    if not gone:
        return []
    lost = _unlink(store, gone)
    write_entries.forget_symbols(store, sorted(gone))
    _touch_symbols(store, sorted({edge.source for edge in lost}))
    return lost


def _take_out(store: Store, files: Sequence[int], symbols: Sequence[int]) -> None:
    """Remove the rows of these files and symbols, whose edges were cut before."""
    write_entries.forget_files(store, files)
    artifacts = _ids(store, "artifacts", files)
    documents = [document_id("symbol", one) for one in symbols]
    documents += [document_id("file", one) for one in files]
    documents += [document_id("artifact", one) for one in artifacts]
    citing = _citing_pages(store, files, set(documents))
    if store.sealed_before:
        fulltext.withdraw(store.connection, [*documents, *citing])
        _touch_pages(store, citing)
    _delete(store, "page_rows", "id", [*documents, *citing])
    _delete(store, "claim_rows", "page_id", [*documents, *citing])
    for table, column in (
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


def _touch_symbols(store: Store, symbols: Sequence[int]) -> None:
    if store.sealed_before:
        for slots, part in in_chunks(symbols):
            rows = store.connection.execute(f"SELECT DISTINCT file_id FROM symbol_rows WHERE id IN ({slots})", part)
            store.touch([file_id for (file_id,) in rows.fetchall()])


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


def _unlink(store: Store, removed: set[int]) -> list[Edge]:
    """Cut the edges between removed symbols and the others, in both directions; returns those that others lost."""
    connection = store.connection
    labels = _edge_labels(store)
    lost: list[Edge] = []
    losers: set[int] = set()
    for symbol in removed:
        for (data,) in connection.execute("SELECT data FROM incoming_lists WHERE target_id = ?", (symbol,)):
            losers.update(links(data))
    _leave(store, removed)
    for source in losers - removed:
        for part, data in connection.execute(
            "SELECT part, data FROM edge_lists WHERE source_id = ?", (source,)
        ).fetchall():
            listed = entries(data)
            lost += [Edge(source, at, *labels[label], line) for at, label, line in listed if at in removed]
            kept = encode_entries(entry for entry in listed if entry[0] not in removed)
            if kept:
                connection.execute(
                    "UPDATE edge_lists SET data = ? WHERE source_id = ? AND part = ?", (kept, source, part)
                )
            else:
                connection.execute("DELETE FROM edge_lists WHERE source_id = ? AND part = ?", (source, part))
    _delete(store, "incoming_lists", "target_id", sorted(removed))
    return lost


def _edge_labels(store: Store) -> dict[int, tuple[str, str, str]]:
    rows = store.connection.execute("SELECT id, kind, tier, reason FROM edge_labels")
    return {number: (kind, tier, reason) for number, kind, tier, reason in rows}


def _leave(store: Store, sources: set[int]) -> list[Edge]:
    """Remove all edges that start in these symbols; returns the exact ones."""
    connection = store.connection
    labels = _edge_labels(store)
    found: list[Edge] = []
    targets: set[int] = set()
    for source in sources:
        for part, data in connection.execute("SELECT part, data FROM edge_lists WHERE source_id = ?", (source,)):
            for target, label, line in entries(data):
                targets.add(target)
                if not part:
                    found.append(Edge(source, target, *labels[label], line))
    _delete(store, "edge_lists", "source_id", sorted(sources))
    for target in targets:
        for (data,) in connection.execute("SELECT data FROM incoming_lists WHERE target_id = ?", (target,)).fetchall():
            kept = encode_links(source for source in links(data) if source not in sources)
            if kept:
                connection.execute("UPDATE incoming_lists SET data = ? WHERE target_id = ?", (kept, target))
            else:
                connection.execute("DELETE FROM incoming_lists WHERE target_id = ?", (target,))
    return found


def remove_edges(store: Store, sources: Iterable[int]) -> list[Edge]:
    """Remove the edges that start in these symbols, similarity edges included; returns the exact ones."""
    chosen = sorted(set(sources))
    found = _leave(store, set(chosen))
    _touch_symbols(store, chosen)
    return found


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
    if any(noun != "vectors" for noun in nouns):  # vectors are in no file's digest
        store.touch(store.paths.values())
