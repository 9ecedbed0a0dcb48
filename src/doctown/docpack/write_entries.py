"""Writing entry points: which file declares them, which symbol runs then.

An entry point leads, in most cases, to a symbol of the file that declares it, often with its name and on its line, as
every test does: then nothing but the symbol is stored. Rows that are what they were are left alone, so that a rebuild
touches only the files whose entry points are different.
"""

# ruff: noqa: S608 - statements are put together from constants of this package; values are always bound.
from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from doctown.docpack.store import Store, check_number, clean, in_chunks
from doctown.errors import InputError
from doctown.model import EntryPoint

Row = tuple[int, int | None, str | None, int | None]  # kind, file, name and line as stored


def replace(store: Store, entries: Iterable[EntryPoint], paths: Collection[str] | None) -> None:
    """Make these the entry points that the files of `paths` declare, or all there are; what is the same stays."""
    chosen = None if paths is None else {store.file_id(path) for path in paths if clean(path) in store.paths}
    wanted: defaultdict[int, set[tuple[int, Row]]] = defaultdict(set)
    given = list(entries)
    homes = _homes(store, sorted({entry.symbol for entry in given}))
    for entry in given:
        file = store.file_id(entry.path)
        if chosen is None or file in chosen:
            wanted[file].add((entry.symbol, _row(store, homes, entry, file)))
    stored = _stored(store, chosen)
    changed = [file for file in wanted.keys() | stored.keys() if wanted.get(file) != stored.get(file)]
    forget_files(store, changed)
    taken: dict[int, int] = dict(
        store.connection.execute("SELECT symbol_id, max(position) + 1 FROM entry_rows GROUP BY 1").fetchall()
    )
    rows = []
    for symbol, row in sorted((one for file in changed for one in wanted.get(file, ())), key=repr):
        rows.append((symbol, taken.get(symbol, 0), *row))
        taken[symbol] = taken.get(symbol, 0) + 1
    store.connection.executemany("INSERT INTO entry_rows VALUES (?, ?, ?, ?, ?, ?)", rows)
    store.touch(changed)


def _homes(store: Store, symbols: Sequence[int]) -> dict[int, tuple[int, str, int]]:
    """Symbol to its file, qualified name and line."""
    found: dict[int, tuple[int, str, int]] = {}
    for slots, part in in_chunks(symbols):
        sql = f"SELECT id, file_id, qualified_name, start_line FROM symbol_rows WHERE id IN ({slots})"
        found.update({number: (file, name, line) for number, file, name, line in store.connection.execute(sql, part)})
    return found


def _row(store: Store, homes: dict[int, tuple[int, str, int]], entry: EntryPoint, file: int) -> Row:
    """What is stored of an entry point. What its symbol says too is left out only where one file has both: a symbol of
    another file may move without this one being looked at."""
    if entry.symbol not in homes:
        raise InputError(f"entry point {entry.name!r} leads to the unknown symbol {entry.symbol}", "add symbols first")
    home, qualified_name, start_line = homes[entry.symbol]
    kind, name = store.terms.number(entry.kind), clean(entry.name)
    line = check_number(entry.line, f"line of entry point {name}")
    if file != home:
        return kind, file, name, line
    return kind, None, None if name == qualified_name else name, None if line == start_line else line


def _stored(store: Store, files: Collection[int] | None) -> dict[int, set[tuple[int, Row]]]:
    """File to what it declares, as stored; of the given files, or of all."""
    rows = store.connection.execute(
        "SELECT coalesce(e.file_id, s.file_id), e.symbol_id, e.kind, e.file_id, e.name, e.line FROM entry_rows e"
        " JOIN symbol_rows s ON s.id = e.symbol_id"
    )
    found: defaultdict[int, set[tuple[int, Row]]] = defaultdict(set)
    for file, symbol, *row in rows:
        if files is None or file in files:
            found[file].add((symbol, (row[0], row[1], row[2], row[3])))
    return dict(found)


def forget_files(store: Store, files: Collection[int]) -> None:
    """Remove what these files declare."""
    store.connection.executemany("DELETE FROM entry_rows WHERE file_id = ?", [(one,) for one in files])
    store.connection.executemany(
        "DELETE FROM entry_rows WHERE file_id IS NULL AND symbol_id IN (SELECT id FROM symbol_rows WHERE file_id = ?)",
        [(one,) for one in files],
    )


def forget_symbols(store: Store, symbols: Collection[int]) -> None:
    """Remove what leads to these symbols; the files that declare it elsewhere are noted as changed."""
    declaring: set[int] = set()
    for symbol in symbols:
        rows = store.connection.execute(
            "SELECT file_id FROM entry_rows WHERE symbol_id = ? AND file_id IS NOT NULL", (symbol,)
        )
        declaring.update(file for (file,) in rows)
    store.connection.executemany("DELETE FROM entry_rows WHERE symbol_id = ?", [(one,) for one in symbols])
    store.touch(declaring)
