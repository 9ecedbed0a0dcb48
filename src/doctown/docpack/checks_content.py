"""Checks of a pack's rows against its sources, and of its digests, numbers and index against its rows.

Each check yields every problem it finds. Rows among themselves are checked in `checks_rows`.
"""

# ruff: noqa: S608 - statements are put together from constants of this package; values are always bound.
from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator

from doctown.docpack import canonical, fulltext
from doctown.docpack.reader import decompress
from doctown.docpack.results import Problem
from doctown.docpack.schema import DAMAGE, INDEXES, SCHEMA_VERSION, SHADOW_TABLES, create, one_line
from doctown.docpack.statistics import statistics
from doctown.errors import PackError

REQUIRED = ("schema_version", "docpack_id", "vectors_digest", "manifest_digest", "statistics")

# Of the spans of a file those that do not fit it: few ever come out of SQLite.
_SPANS = """
SELECT 'symbol ' || key, start_byte, end_byte, start_line, end_line FROM symbols WHERE file_id = ?1
  AND NOT (0 <= start_byte AND start_byte <= end_byte AND (?2 IS NULL OR end_byte <= ?2)
    AND 1 <= start_line AND start_line <= end_line AND end_line <= ?3 + 1)
UNION ALL SELECT 'artifact ' || key, 0, 0, start_line, end_line FROM artifacts WHERE file_id = ?1
  AND NOT (1 <= start_line AND start_line <= end_line AND end_line <= ?3 + 1)
"""
_WORDS = """
SELECT term, count(*), sum(doc), sum(doc * 2654435761 % 4294967291) FROM vocabulary GROUP BY term
"""


def sources(connection: sqlite3.Connection) -> Iterator[Problem]:
    """Each source has the digest, size and lines that its file states; spans, chunks and claims fit in it."""
    return _files(connection, "")


def cited_sources(connection: sqlite3.Connection) -> Iterator[Problem]:
    """As `sources`, reading only the sources that claims cite: the writer compared the others when they came in."""
    return _files(connection, "AND f.id IN (SELECT file_id FROM claim_rows)")


def _files(connection: sqlite3.Connection, which: str) -> Iterator[Problem]:
    chunks: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for file_id, start, end in connection.execute("SELECT file_id, start_byte, end_byte FROM chunks"):
        chunks[file_id].append((start, end))
    claims: defaultdict[int, list[tuple[int, int, bytes]]] = defaultdict(list)
    for file_id, start, end, digest in connection.execute(
        "SELECT file_id, start_line, end_line, digest FROM claim_rows"
    ):
        claims[file_id].append((start, end, digest))
    rows = connection.execute(
        "SELECT f.id, f.path, f.size, f.lines, f.sha256, f.redactions, t.term, s.data FROM file_rows f"
        f" LEFT JOIN terms t ON t.id = f.status LEFT JOIN sources s ON s.file_id = f.id {which}"
    )
    for file_id, path, size, lines, sha256, redactions, status, data in rows:
        length = size if redactions == 0 else None
        if data is not None:
            try:
                content = decompress(data, path)
            except PackError as error:
                yield Problem("sources", error.cause)
            else:
                yield from _content(path, content, sha256, lines, length)
                yield from _claims(path, content, claims.get(file_id, []))
                length = len(content)
        yield from _spans(connection, file_id, path, length, lines)
        yield from _coverage(path, chunks.get(file_id, []), length, bool(chunks) and status == "parsed")
        for start, end, _ in claims.get(file_id, []):
            if not 1 <= start <= end <= lines + 1:
                yield Problem("claims", f"a claim cites lines {start}-{end} of {path!r}, which has {lines}")


def _content(path: str, content: bytes, sha256: bytes, lines: int, size: int | None) -> Iterator[Problem]:
    if hashlib.sha256(content).digest() != sha256:
        yield Problem("sources", f"the source of {path!r} is not what its SHA-256 says")
    if size is not None and len(content) != size:
        yield Problem("sources", f"the source of {path!r} has {len(content)} bytes, the file states {size}")
    feeds = content.count(b"\n")
    if lines not in (feeds, feeds + 1):
        yield Problem("sources", f"the source of {path!r} has {feeds} line feeds, the file states {lines} lines")


def _claims(path: str, content: bytes, claims: list[tuple[int, int, bytes]]) -> Iterator[Problem]:
    lines = content.split(b"\n") if claims else []
    for start, end, digest in claims:
        cited = b"\n".join(lines[max(start, 1) - 1 : max(end, 0)])
        if digest not in (hashlib.sha256(cited).digest(), hashlib.sha256(cited + b"\n").digest()):
            yield Problem("claims", f"a claim's digest differs from lines {start}-{end} of {path!r}")


def _spans(
    connection: sqlite3.Connection, file_id: int, path: str, length: int | None, lines: int
) -> Iterator[Problem]:
    for what, start, end, first, last in connection.execute(_SPANS, (file_id, length, lines)):
        if not 0 <= start <= end or (length is not None and end > length):
            yield Problem("spans", f"{what} spans bytes {start}-{end}, {path!r} has {length}")
        if not 1 <= first <= last <= lines + 1:
            yield Problem("spans", f"{what} spans lines {first}-{last}, {path!r} has {lines}")


def _coverage(path: str, chunks: list[tuple[int, int]], length: int | None, needed: bool) -> Iterator[Problem]:
    if not chunks:
        if needed and length:
            yield Problem("chunks", f"the parsed file {path!r} has no chunks")
        return
    at = 0
    for start, end in sorted(chunks):
        if start != at or end <= start:
            yield Problem("chunks", f"the chunks of {path!r} leave a gap or overlap at bytes {at}-{start}")
        at = max(at, end)
    if length is not None and at != length:
        yield Problem("chunks", f"the chunks of {path!r} end at byte {at}, the file at {length}")


def digests(connection: sqlite3.Connection) -> Iterator[Problem]:
    """The digest of each file, the identity and the digests of vectors and manifest are those of the content."""
    files = dict(connection.execute("SELECT id, path FROM file_rows ORDER BY id").fetchall())
    stated = canonical.stored_digests(connection)
    actual = {files[number]: value for number, value in canonical.file_digests(connection, list(files)).items()}
    for path, value in actual.items():
        if stated.get(path) != value:
            yield Problem("digests", f"what hangs on file {path!r} differs from its digest")
    yield from _identities(connection, actual)


def identities(connection: sqlite3.Connection) -> Iterator[Problem]:
    """The identity follows from the digests that the files state, and the manifest's digest from the manifest."""
    yield from _identities(connection, canonical.stored_digests(connection))


def _identities(connection: sqlite3.Connection, files: dict[str, bytes]) -> Iterator[Problem]:
    manifest = dict(connection.execute("SELECT key, value FROM manifest").fetchall())
    for key, value in (
        ("docpack_id", canonical.docpack_id(connection, files)),
        ("vectors_digest", canonical.vectors_digest(connection)),
        ("manifest_digest", canonical.manifest_digest(connection)),
    ):
        if manifest.get(key) != f'"{value}"':
            yield Problem("digests", f"{key} is {manifest.get(key, 'missing')}, the content gives {value}")


def manifest(connection: sqlite3.Connection) -> Iterator[Problem]:
    """The manifest has what it must have, in JSON, and its numbers are those of the content."""
    values: dict[str, object] = {}
    for key, value in connection.execute("SELECT key, value FROM manifest"):
        try:
            values[key] = json.loads(value)
        except (ValueError, RecursionError):
            yield Problem("manifest", f"the value of {key!r} is not JSON")
    for key in REQUIRED:
        if key not in values:
            yield Problem("manifest", f"{key!r} is missing")
    if values.get("schema_version") != SCHEMA_VERSION:
        yield Problem("manifest", f"schema_version is {values.get('schema_version')!r}, not {SCHEMA_VERSION!r}")
    stated = values.get("statistics")
    actual = statistics(connection)
    for name in sorted(actual.keys() | (stated.keys() if isinstance(stated, dict) else set())):
        claimed = stated.get(name) if isinstance(stated, dict) else None
        if claimed != actual.get(name):
            yield Problem("manifest", f"statistics state {claimed} {name}, the content has {actual.get(name)}")


def index(connection: sqlite3.Connection) -> Iterator[Problem]:
    """The full-text index is sound and has exactly the words of the content.

    FTS5 checks itself only where it may write, so its tables are copied to memory; a second index is made there
    from the content, and the vocabularies are compared.
    """
    with _memory() as stored, _memory() as made:
        stored.execute("BEGIN")
        for table in SHADOW_TABLES:
            stored.execute(f"DELETE FROM {table}")
            slots = "?, ?, ?" if table.endswith("_idx") else "?, ?"
            stored.executemany(f"INSERT INTO {table} VALUES ({slots})", connection.execute(f"SELECT * FROM {table}"))
        try:
            for name in INDEXES:
                stored.execute(f"INSERT INTO {name}({name}) VALUES ('integrity-check')")
            words = [_vocabulary(stored, name) for name in INDEXES]
        except (*DAMAGE, MemoryError) as error:  # a damaged block may claim any length
            yield Problem("index", f"the full-text index is damaged ({one_line(error) or 'it claims too much memory'})")
            return
        made.execute("BEGIN")
        fulltext.insert(made, fulltext.documents(connection))
        made.execute("COMMIT")
        if words != [_vocabulary(made, name) for name in INDEXES]:
            yield Problem("index", "the full-text index does not have the words of the content")


class _memory:  # noqa: N801 - used like a function
    """A database in memory with an empty pack, closed at the end of the block."""

    def __enter__(self) -> sqlite3.Connection:
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        create(self._connection)
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def _vocabulary(connection: sqlite3.Connection, name: str) -> set[tuple[object, ...]]:
    """Each word of an index with how many documents have it, and sums that tell which ones."""
    connection.execute(f"CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, {name}, instance)")
    try:
        return set(connection.execute(_WORDS).fetchall())
    finally:
        connection.execute("DROP TABLE temp.vocabulary")
