"""The identity of a docpack: which bytes are hashed, in which order.

Every row becomes one line, a JSON array that names other rows by their keys and paths, never by their ids; lines
are sorted before they are hashed. So the order of insertion, the number of workers and the history of a pack that
grew by increments leave no trace. The lines of one file have a digest of their own, stored with the file, so that
a rebuild after a small change hashes only what changed. `docs/format.md` specifies the lines for other readers.
"""

# ruff: noqa: S608 - statements are put together from constants of this package; values are always bound.
from __future__ import annotations

import hashlib
import json
import sqlite3
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from doctown.docpack.coding import ENTRY, entries
from doctown.docpack.folding import STORED_SIGNATURE
from doctown.docpack.schema import SCHEMA_VERSION

# Manifest rows that tell of one run (times, money spent, which code read the files) or are derived from the content
# itself.
VOLATILE = frozenset(
    {"docpack_id", "vectors_digest", "manifest_digest", "created", "timings", "costs", "statistics", "reading"}
)

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # `json.dumps` makes one for every line
FILES_AT_ONCE = 200  # bounds memory: the lines of so many files are held at a time

_KEY = "{f}.path || '#' || {s}.qualified_name || CASE WHEN {s}.ordinal > 1 THEN '~' || {s}.ordinal ELSE '' END"
_SYMBOL_KEY = _KEY.format(f="f", s="s")
_PARENT_KEY = _KEY.format(f="pf", s="p")
_CHOSEN = "(SELECT value FROM json_each(?))"

_FILE_LINES = (
    f"""SELECT f.id, json_array('file', f.path, f.language, f.size, f.lines, f.sha256, f.status, f.reason, f.redactions)
    FROM files f WHERE f.id IN {_CHOSEN}""",
    f"""SELECT a.file_id, json_array('artifact', a.key, f.path, a.kind, a.name, a.summary, a.detail, a.start_line,
      a.end_line, a.target)
    FROM artifacts a JOIN file_rows f ON f.id = a.file_id WHERE a.file_id IN {_CHOSEN}""",
    # Most entry points are declared where their symbol is; the others are found by an index of their own.
    f"""SELECT s.file_id, json_array('entry_point', f.path, k.term, coalesce(e.name, s.qualified_name), {_SYMBOL_KEY},
      coalesce(e.line, s.start_line))
    FROM symbol_rows s JOIN entry_rows e ON e.symbol_id = s.id AND e.file_id IS NULL
    JOIN file_rows f ON f.id = s.file_id LEFT JOIN terms k ON k.id = e.kind WHERE s.file_id IN {_CHOSEN}""",
    f"""SELECT e.file_id, json_array('entry_point', d.path, k.term, coalesce(e.name, s.qualified_name), {_SYMBOL_KEY},
      coalesce(e.line, s.start_line))
    FROM entry_rows e JOIN file_rows d ON d.id = e.file_id JOIN symbol_rows s ON s.id = e.symbol_id
    JOIN file_rows f ON f.id = s.file_id LEFT JOIN terms k ON k.id = e.kind
    WHERE e.file_id IS NOT NULL AND e.file_id IN {_CHOSEN}""",
)
# A symbol and its page in one walk: most symbols have one, and both need the same rows. The texts are unfolded as the
# view `pages` does it.
_NAME = "CASE typeof(s.name) WHEN 'integer' THEN substr(s.qualified_name, -s.name) ELSE s.name END"
_SIGNATURE = f"replace({STORED_SIGNATURE}, char(22), {_NAME})"
_SYMBOL_LINES = f"""SELECT s.file_id,
  json_array('symbol', {_SYMBOL_KEY}, {_NAME}, s.qualified_name, k.term, l.term, {_PARENT_KEY}, s.start_byte,
    s.end_byte, s.start_line, s.end_line, {_SIGNATURE}, coalesce(d.docstring, ''), v.term),
  CASE WHEN g.id IS NOT NULL THEN json_array('page', 'symbol', {_SYMBOL_KEY},
    CASE typeof(g.title) WHEN 'integer' THEN CASE g.title WHEN 1 THEN s.qualified_name ELSE {_NAME} END
      ELSE g.title END,
    CASE typeof(g.summary) WHEN 'integer' THEN CASE WHEN g.summary < 0
      THEN (SELECT text FROM texts WHERE id = -g.summary) ELSE substr(d.docstring, 1, g.summary) END ELSE g.summary END,
    CASE WHEN g.folding = 0 THEN g.body ELSE
      replace(replace(replace(replace(g.body,
        char(23), s.qualified_name), char(24), f.path), char(25), {_SIGNATURE}), char(26),
        CASE g.folding WHEN 1 THEN coalesce(d.docstring, '')
          ELSE substr(d.docstring, instr(d.docstring, char(10, 10)) + 2) END)
      END,
    w.origin, w.model, w.status, w.reason) END
FROM symbol_rows s JOIN file_rows f ON f.id = s.file_id
LEFT JOIN symbol_rows p ON p.id = s.parent_id LEFT JOIN file_rows pf ON pf.id = p.file_id
LEFT JOIN docstrings d ON d.symbol_id = s.id LEFT JOIN terms k ON k.id = s.kind
LEFT JOIN terms l ON l.id = coalesce(s.language, f.language) LEFT JOIN terms v ON v.id = s.visibility
LEFT JOIN page_rows g ON g.id = s.id << 3 LEFT JOIN page_labels w ON w.id = g.label_id
WHERE s.file_id IN {_CHOSEN}"""
_CHUNK_LINES = f"""SELECT c.file_id, json_array('chunk', f.path,
  CASE WHEN s.id IS NULL THEN NULL ELSE {_SYMBOL_KEY} END, c.start_byte, c.end_byte, c.tokens)
FROM chunks c JOIN file_rows f ON f.id = c.file_id LEFT JOIN symbol_rows s ON s.id = c.symbol_id"""

# Of each sort of subject: its tables, its key, and the file that its page belongs to (0: none); then its page's id.
_SUBJECTS = {
    "symbol": ("symbol_rows s JOIN file_rows f ON f.id = s.file_id", _SYMBOL_KEY, "s.file_id"),
    "file": ("file_rows f", "f.path", "f.id"),
    "artifact": ("artifacts a", "a.key", "a.file_id"),
    "cluster": ("clusters c", "c.key", "0"),
    "repository": ("(SELECT 0)", "''", "0"),
}
_PAGE_IDS = {
    "symbol": "s.id << 3",
    "file": "f.id << 3 | 1",
    "artifact": "a.id << 3 | 4",
    "cluster": "c.id << 3 | 2",
    "repository": "3",
}

_WHOLE_LINES = (
    f"""SELECT json_array('centrality', {_SYMBOL_KEY}, s.centrality)
    FROM symbol_rows s JOIN file_rows f ON f.id = s.file_id WHERE s.centrality != 0""",
    """SELECT json_array('cluster', c.key, p.key, c.label, c.size)
    FROM clusters c LEFT JOIN clusters p ON p.id = c.parent_id""",
    "SELECT json_array('member', f.path, c.key) FROM file_rows f JOIN clusters c ON c.id = f.cluster_id",
    "SELECT json_array('answer', lower(hex(digest)), data) FROM answers",
)


class Keys(dict[int, str]):
    """Symbol id to its key as JSON text, looked up at need; `null` for an id that no symbol has."""

    def __init__(self, connection: sqlite3.Connection, preload: bool) -> None:
        super().__init__()
        self._connection = connection
        self._sql = f"SELECT s.id, json_quote({_SYMBOL_KEY}) FROM symbol_rows s JOIN file_rows f ON f.id = s.file_id"
        if preload:
            self.update(connection.execute(self._sql).fetchall())

    def __missing__(self, symbol_id: int) -> str:
        row = self._connection.execute(f"{self._sql} WHERE s.id = ?", (symbol_id,)).fetchone()
        self[symbol_id] = "null" if row is None else row[1]
        return self[symbol_id]


def digest(lines: Iterable[str]) -> bytes:
    """SHA-256 of the lines, sorted by their UTF-8 bytes and each ended by a line feed."""
    return hashlib.sha256("\n".join([*sorted(lines), ""]).encode("utf-8")).digest()


def file_digests(connection: sqlite3.Connection, file_ids: Sequence[int]) -> dict[int, bytes]:
    """The digest of everything that hangs on each of these files."""
    (count,) = connection.execute("SELECT count(*) FROM file_rows").fetchone()
    keys = Keys(connection, preload=len(file_ids) * 8 > count)
    lines_of = LineMaker(connection, keys)
    digests: dict[int, bytes] = {}
    chunks = _chunk_lines(connection, file_ids, many=len(file_ids) * 8 > count)
    for start in range(0, len(file_ids), FILES_AT_ONCE):
        block = file_ids[start : start + FILES_AT_ONCE]
        lines = lines_of.files(block)
        digests.update({file_id: digest(lines[file_id] + chunks.pop(file_id, [])) for file_id in block})
    return digests


def _chunk_lines(connection: sqlite3.Connection, file_ids: Sequence[int], many: bool) -> dict[int, list[str]]:
    """Chunks have no index by file, so they are read once for all files, not once per block."""
    lines: defaultdict[int, list[str]] = defaultdict(list)
    rows = (
        connection.execute(_CHUNK_LINES)
        if many
        else connection.execute(f"{_CHUNK_LINES} WHERE c.file_id IN {_CHOSEN}", (json.dumps(list(file_ids)),))
    )
    for file_id, line in rows:
        lines[file_id].append(line)
    return dict(lines)


class LineMaker:
    """Makes the lines of files; holds the labels of edges as JSON text, made once."""

    def __init__(self, connection: sqlite3.Connection, keys: Keys) -> None:
        self._connection = connection
        self._keys = keys
        self._edge_labels = dict(
            connection.execute(
                "SELECT id, json_quote(kind) || ',' || json_quote(tier) || ',' || json_quote(reason) FROM edge_labels"
            ).fetchall()
        )
        self._unresolved_labels = dict(
            connection.execute(
                "SELECT id, json_quote(kind) || ',' || json_quote(reason) FROM unresolved_labels"
            ).fetchall()
        )
        self._names: dict[int, str] = dict(connection.execute("SELECT id, json_quote(name) FROM names").fetchall())

    def files(self, block: Sequence[int]) -> dict[int, list[str]]:
        """File id to the lines of all that hangs on it, except its chunks."""
        lines: dict[int, list[str]] = {file_id: [] for file_id in block}
        chosen = (json.dumps(list(block)),)
        for sql in _FILE_LINES:
            for file_id, line in self._connection.execute(sql, chosen):
                lines[file_id].append(line)
        for file_id, line, page in self._connection.execute(_SYMBOL_LINES, chosen):
            lines[file_id].append(line)
            if page is not None:
                lines[file_id].append(page)
        for kind in ("file", "artifact"):
            for file_id, line in page_lines(self._connection, kind, chosen):
                lines[file_id].append(line)
        for kind in ("symbol", "file", "artifact"):
            for file_id, line in claim_lines(self._connection, kind, chosen):
                lines[file_id].append(line)
        for file_id, line in self.edges(chosen, part=0):
            lines[file_id].append(line)
        for file_id, line in self._unresolved(chosen):
            lines[file_id].append(line)
        return lines

    def edges(self, chosen: tuple[str], part: int) -> Iterator[tuple[int, str]]:
        """File id and line for each symbol of the chosen files with edges of a part (0: exact, 1: similar)."""
        keys, labels = self._keys, self._edge_labels
        rows = self._connection.execute(
            "SELECT s.file_id, s.id, e.data FROM symbol_rows s JOIN edge_lists e ON e.source_id = s.id AND e.part = ?"
            f" WHERE s.file_id IN {_CHOSEN}",
            (part, *chosen),
        ).fetchall()
        # One decoding for all lists: most are so short that a call for each would cost more than its content.
        found = iter(entries("".join(data for _, _, data in rows)))
        for file_id, source, data in rows:
            cells = [
                f"[{labels.get(label)},{keys[target]},{line}]"
                for target, label, line in islice(found, len(data) // ENTRY)
            ]
            cells.sort()
            yield file_id, f'["edges",{keys[source]},{",".join(cells)}]'

    def _unresolved(self, chosen: tuple[str]) -> Iterator[tuple[int, str]]:
        labels, names = self._unresolved_labels, self._names
        rows = self._connection.execute(
            "SELECT s.file_id, s.id, u.data FROM symbol_rows s JOIN unresolved_lists u ON u.source_id = s.id"
            f" WHERE s.file_id IN {_CHOSEN}",
            chosen,
        ).fetchall()
        found = iter(entries("".join(data for _, _, data in rows)))
        for file_id, source, data in rows:
            cells = [
                f"[{names.get(name)},{labels.get(label)},{line}]"
                for name, label, line in islice(found, len(data) // ENTRY)
            ]
            cells.sort()
            yield file_id, f'["unresolved",{self._keys[source]},{",".join(cells)}]'


def page_lines(connection: sqlite3.Connection, kind: str, chosen: tuple[str] | None) -> Iterator[tuple[int, str]]:
    """File id (0: of no file) and line of each page of one sort of subject other than symbols."""
    tables, key, file_id = _SUBJECTS[kind]
    where, parameters = ("", ()) if chosen is None else (f"WHERE {file_id} IN {_CHOSEN}", chosen)
    yield from connection.execute(
        f"SELECT {file_id}, json_array('page', '{kind}', {key}, p.title, p.summary, p.body, p.origin, p.model,"
        f" p.status, p.reason) FROM {tables} JOIN pages p ON p.id = {_PAGE_IDS[kind]} {where}",
        parameters,
    )


def claim_lines(connection: sqlite3.Connection, kind: str, chosen: tuple[str] | None) -> Iterator[tuple[int, str]]:
    """File id (0: of no file) and line of each claim on the pages of one sort of subject."""
    tables, key, file_id = _SUBJECTS[kind]
    where, parameters = ("", ()) if chosen is None else (f"WHERE {file_id} IN {_CHOSEN}", chosen)
    yield from connection.execute(
        f"SELECT {file_id}, json_array('claim', '{kind}', {key}, q.position, q.text, q.path, q.start_line, q.end_line,"
        f" q.digest, q.verdict) FROM {tables} JOIN claims q ON q.page_id = {_PAGE_IDS[kind]} {where}",
        parameters,
    )


def refresh(connection: sqlite3.Connection) -> None:
    """Compute the digests that are missing from the files of a draft, and store them."""
    missing = [
        file_id for (file_id,) in connection.execute("SELECT id FROM file_rows WHERE digest IS NULL ORDER BY id")
    ]
    digests = file_digests(connection, missing)
    connection.executemany("UPDATE file_rows SET digest = ? WHERE id = ?", [(d, i) for i, d in digests.items()])


def docpack_id(connection: sqlite3.Connection, digests: dict[str, bytes], *, with_sources: bool = True) -> str:
    """The identity, as hex, given the digest of every file by its path; sources count only where they are kept."""
    (sources,) = connection.execute("SELECT count(*) FROM sources").fetchone() if with_sources else (0,)
    lines = [json_line("docpack", SCHEMA_VERSION), json_line("sources", sources)]
    lines += [json_line("digest", path, value.hex()) for path, value in digests.items()]
    for key, value in connection.execute("SELECT key, value FROM manifest"):
        if key not in VOLATILE:
            lines.append(json_line("manifest", key, value))
    for sql in _WHOLE_LINES:
        lines += [line for (line,) in connection.execute(sql)]
    for kind in ("cluster", "repository"):
        lines += [line for _, line in page_lines(connection, kind, None)]
        lines += [line for _, line in claim_lines(connection, kind, None)]
    return digest(lines).hex()


def stored_digests(connection: sqlite3.Connection) -> dict[str, bytes]:
    """Path to the digest that the pack states for the file; empty bytes where it states none."""
    return {path: value or b"" for path, value in connection.execute("SELECT path, digest FROM file_rows")}


def vectors_digest(connection: sqlite3.Connection) -> str:
    """SHA-256, as hex, of the vectors in the order of path and start byte, then of the similarity edges."""
    sha = hashlib.sha256()
    rows = connection.execute(
        "SELECT f.path, c.start_byte, c.end_byte, v.model, v.scale, v.data"
        " FROM vectors v JOIN chunks c ON c.id = v.chunk_id JOIN file_rows f ON f.id = c.file_id"
        " ORDER BY f.path, c.start_byte, c.end_byte, v.data"
    )
    for path, start, end, model, scale, data in rows:
        line = json_line("vector", path, start, end, model, struct.pack(">d", scale).hex(), len(data))
        sha.update(f"{line}\n".encode())
        sha.update(data)
    if connection.execute("SELECT 1 FROM edge_lists WHERE part = 1 LIMIT 1").fetchone():
        maker = LineMaker(connection, Keys(connection, preload=False))
        chosen = (json.dumps([one for (one,) in connection.execute("SELECT id FROM file_rows")]),)
        for line in sorted(line for _, line in maker.edges(chosen, part=1)):
            sha.update(f"{line}\n".encode())
    return sha.hexdigest()


def manifest_digest(connection: sqlite3.Connection) -> str:
    """SHA-256, as hex, of all manifest rows but this one: it covers what the identity leaves out."""
    rows = connection.execute("SELECT key, value FROM manifest WHERE key != 'manifest_digest'")
    return digest(json_line("manifest", key, value) for key, value in rows).hex()


def json_line(*cells: str | int | None) -> str:
    """A JSON array as SQLite's `json_array` writes it: no blanks, no escapes but the needed ones."""
    return _ENCODER.encode(cells)
