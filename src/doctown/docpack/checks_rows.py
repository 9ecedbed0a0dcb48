"""Checks of rows against each other: dictionaries, references between tables, keys, parents, lists of edges.

Each check takes a connection and yields every problem it finds; none stops at the first. The content of sources and
the digests are checked elsewhere.
"""

# ruff: noqa: S608 - statements are put together from constants of this package; values are always bound.
from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Sequence
from typing import get_args

from doctown.docpack.results import Problem
from doctown.model import EdgeKind, EntryKind, FileStatus, PageOrigin, SymbolKind, Tier, Verdict, Visibility

PAGE_STATUSES = ("complete", "unwritten", "unsupported")

# Table, column and what it must refer to. NULL is allowed where the schema allows it.
_REFERENCES = (
    ("file_rows", "language", "terms"),
    ("file_rows", "status", "terms"),
    ("file_rows", "cluster_id", "clusters"),
    ("sources", "file_id", "file_rows"),
    ("symbol_rows", "file_id", "file_rows"),
    ("symbol_rows", "parent_id", "symbol_rows"),
    ("symbol_rows", "kind", "terms"),
    ("symbol_rows", "language", "terms"),
    ("symbol_rows", "visibility", "terms"),
    ("docstrings", "symbol_id", "symbol_rows"),
    ("edge_lists", "source_id", "symbol_rows"),
    ("incoming_lists", "target_id", "symbol_rows"),
    ("unresolved_lists", "source_id", "symbol_rows"),
    ("chunks", "file_id", "file_rows"),
    ("chunks", "symbol_id", "symbol_rows"),
    ("vector_rows", "chunk_id", "chunks"),
    ("vector_rows", "model", "terms"),
    ("clusters", "parent_id", "clusters"),
    ("page_rows", "label_id", "page_labels"),
    ("claim_rows", "page_id", "page_rows"),
    ("claim_rows", "file_id", "file_rows"),
    ("claim_rows", "verdict", "terms"),
    ("artifacts", "file_id", "file_rows"),
    ("entry_rows", "symbol_id", "symbol_rows"),
    ("entry_rows", "kind", "terms"),
    ("entry_rows", "file_id", "file_rows"),
)
_VALUES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("SELECT DISTINCT status FROM files", get_args(FileStatus), "file status"),
    ("SELECT DISTINCT kind FROM symbols", get_args(SymbolKind), "symbol kind"),
    ("SELECT DISTINCT visibility FROM symbols", get_args(Visibility), "visibility"),
    ("SELECT DISTINCT kind FROM edge_labels", get_args(EdgeKind), "kind of edge"),
    ("SELECT DISTINCT tier FROM edge_labels", get_args(Tier), "tier of edge"),
    ("SELECT DISTINCT kind FROM unresolved_labels", get_args(EdgeKind), "kind of unresolved use"),
    ("SELECT DISTINCT origin FROM page_labels", get_args(PageOrigin), "origin of page"),
    ("SELECT DISTINCT status FROM page_labels", PAGE_STATUSES, "status of page"),
    ("SELECT DISTINCT verdict FROM claims", get_args(Verdict), "verdict"),
    (
        "SELECT t.term FROM (SELECT DISTINCT kind FROM entry_rows) e LEFT JOIN terms t ON t.id = e.kind",
        get_args(EntryKind),
        "kind of entry point",
    ),
)
_UNIQUE = (
    ("path", "SELECT path FROM file_rows GROUP BY 1 HAVING count(*) > 1"),
    ("symbol key", "SELECT key FROM symbols GROUP BY 1 HAVING count(*) > 1"),
    ("cluster key", "SELECT key FROM clusters GROUP BY 1 HAVING count(*) > 1"),
    ("artifact key", "SELECT key FROM artifacts GROUP BY 1 HAVING count(*) > 1"),
    ("term", "SELECT term FROM terms GROUP BY 1 HAVING count(*) > 1"),
    ("name", "SELECT name FROM names GROUP BY 1 HAVING count(*) > 1"),
    ("text", "SELECT text FROM texts GROUP BY 1 HAVING count(*) > 1"),
)
# A condition that no row may meet, and the words for a row that does, whose name takes the braces' place.
_FORBIDDEN = (
    (
        "SELECT path FROM file_rows WHERE path = '' OR path LIKE '/%' OR '/' || path || '/' LIKE '%/../%'"
        " OR '/' || path || '/' LIKE '%/./%' OR path LIKE '%//%' OR instr(path, char(0))",
        "file {!r} is not a clean relative path",
    ),
    ("SELECT path FROM file_rows WHERE length(sha256) NOT IN (0, 32)", "file {!r} has no SHA-256"),
    ("SELECT path FROM file_rows WHERE min(size, lines, redactions) < 0", "file {!r} has a negative size"),
    ("SELECT path FROM files WHERE status = 'skipped' AND reason = ''", "file {!r} is skipped without a reason"),
    (
        "SELECT key FROM symbols WHERE qualified_name = '' OR name = '' OR key IS NULL",
        "symbol {!r} has no name",
    ),
    (
        "SELECT id FROM symbol_rows WHERE CASE typeof(name) WHEN 'text' THEN 0"
        " WHEN 'integer' THEN name NOT BETWEEN 1 AND length(qualified_name) ELSE 1 END",
        "symbol {!r} has a name that cannot be unfolded",
    ),
    (
        "SELECT id FROM symbol_rows WHERE CASE typeof(signature) WHEN 'text' THEN 0"
        " WHEN 'integer' THEN signature NOT IN (SELECT id FROM texts) ELSE 1 END",
        "symbol {!r} has a signature that cannot be unfolded",
    ),
    ("SELECT id FROM symbol_rows WHERE ordinal < 1", "symbol {!r} has a number below 1"),
    ("SELECT id FROM symbol_rows WHERE centrality < 0", "symbol {!r} has a negative centrality"),
    (
        "SELECT s.key FROM symbols s JOIN symbol_rows p ON p.id = s.parent_id WHERE p.file_id != s.file_id",
        "symbol {!r} has its parent in another file",
    ),
    (
        "SELECT key FROM symbols WHERE (kind = 'module') != (parent_id IS NULL)",
        "symbol {!r} is no module and has no parent, or both",
    ),
    (
        "SELECT f.path FROM files f LEFT JOIN (SELECT file_id, count(*) AS modules FROM symbols WHERE kind = 'module'"
        " GROUP BY 1) m ON m.file_id = f.id WHERE coalesce(m.modules, 0) > 1"
        " OR (f.status = 'parsed' AND m.modules IS NULL)",
        "file {!r} has not the one module symbol that a parsed file has",
    ),
    ("SELECT key FROM clusters WHERE size < 0", "cluster {!r} has a negative size"),
    (
        "SELECT coalesce(e.name, s.qualified_name) FROM entry_rows e JOIN symbol_rows s ON s.id = e.symbol_id"
        " JOIN file_rows f ON f.id = coalesce(e.file_id, s.file_id)"
        " WHERE coalesce(e.line, s.start_line) NOT BETWEEN 1 AND f.lines + 1 OR e.name = ''",
        "entry point {!r} has no name, or a line that its file does not have",
    ),
    (
        "SELECT min(name) FROM entry_points GROUP BY kind, name, symbol_id, path, line HAVING count(*) > 1",
        "entry point {!r} is there twice",
    ),
    ("SELECT id FROM chunks WHERE tokens < 0", "chunk {!r} has a negative number of tokens"),
    ("SELECT page_id FROM claim_rows WHERE length(digest) != 32", "a claim of page {!r} has no digest"),
    (
        "SELECT hex(digest) FROM answers WHERE length(digest) != 32 OR NOT json_valid(data)",
        "answer {!r} has no digest, or is no JSON",
    ),
    (
        "SELECT c.page_id FROM claim_rows c GROUP BY 1 HAVING min(position) != 0 OR max(position) != count(*) - 1",
        "the claims of page {!r} are not numbered from 0",
    ),
)
_PAGE_SUBJECTS = """
SELECT p.id FROM page_rows p WHERE NOT CASE p.id & 7
  WHEN 0 THEN EXISTS (SELECT 1 FROM symbol_rows WHERE id = p.id >> 3)
  WHEN 1 THEN EXISTS (SELECT 1 FROM file_rows WHERE id = p.id >> 3)
  WHEN 2 THEN EXISTS (SELECT 1 FROM clusters WHERE id = p.id >> 3)
  WHEN 3 THEN p.id = 3
  WHEN 4 THEN EXISTS (SELECT 1 FROM artifacts WHERE id = p.id >> 3)
  ELSE 0 END
"""
_PAGE_TEXTS = """
SELECT p.id FROM page_rows p LEFT JOIN docstrings d ON d.symbol_id = CASE p.id & 7 WHEN 0 THEN p.id >> 3 END
WHERE CASE typeof(p.title) WHEN 'text' THEN 0
    WHEN 'integer' THEN NOT (p.title = 1 AND p.id & 7 IN (0, 1) OR p.title = 2 AND p.id & 7 = 0) ELSE 1 END
  OR CASE typeof(p.summary) WHEN 'text' THEN 0
    WHEN 'integer' THEN CASE WHEN p.summary < 0 THEN p.id & 7 != 0 OR -p.summary NOT IN (SELECT id FROM texts)
      ELSE coalesce(p.summary NOT BETWEEN 1 AND length(d.docstring), 1) END ELSE 1 END
  OR CASE p.folding WHEN 0 THEN 0 WHEN 1 THEN p.id & 7 NOT IN (0, 1)
    WHEN 2 THEN coalesce(instr(d.docstring, char(10, 10)) = 0, 1)
    WHEN 3 THEN p.id & 7 != 1 OR CASE WHEN json_valid(p.body) THEN json_type(p.body) != 'array' ELSE 1 END ELSE 1 END
"""


def values(connection: sqlite3.Connection) -> Iterator[Problem]:
    """Every value of an enumeration is one that the format knows."""
    for sql, allowed, what in _VALUES:
        for (value,) in connection.execute(sql):
            if value not in allowed:
                yield Problem("values", f"{what} {value!r} is unknown")


def references(connection: sqlite3.Connection) -> Iterator[Problem]:
    """Every id refers to a row; every page has a subject and texts that unfold."""
    for table, column, target in _REFERENCES:
        rows = connection.execute(
            f"SELECT DISTINCT {column} FROM {table}"
            f" WHERE {column} IS NOT NULL AND {column} NOT IN (SELECT id FROM {target})"
        )
        for (value,) in rows:
            yield Problem("references", f"{table}.{column} {value} is in no row of {target}")
    for (page,) in connection.execute(_PAGE_SUBJECTS):
        yield Problem("pages", f"page {page} has no subject")
    for (page,) in connection.execute(_PAGE_TEXTS):
        yield Problem("pages", f"page {page} has texts that cannot be unfolded")


def keys(connection: sqlite3.Connection) -> Iterator[Problem]:
    """Keys and paths are well formed and unique, and no row contradicts itself."""
    for what, sql in _UNIQUE:
        for (value,) in connection.execute(sql):
            yield Problem("keys", f"{what} {value!r} occurs more than once")
    for sql, words in _FORBIDDEN:
        for (value,) in connection.execute(sql):
            yield Problem("keys", words.format(value))
    for table, word in (("symbol_rows", "symbol"), ("clusters", "cluster")):
        parents = dict(connection.execute(f"SELECT id, parent_id FROM {table} WHERE parent_id IS NOT NULL").fetchall())
        for number in _in_cycles(parents):
            yield Problem("keys", f"{word} {number} is its own ancestor")


def _in_cycles(parents: dict[int, int]) -> Iterator[int]:
    """One member of every cycle; each row is walked over once."""
    finished: set[int] = set()
    for start in parents:
        walked: dict[int, None] = {}
        at: int | None = start
        while at is not None and at not in finished and at not in walked:
            walked[at] = None
            at = parents.get(at)
        if at is not None and at in walked:
            yield at
        finished.update(walked)


def vectors(connection: sqlite3.Connection) -> Iterator[Problem]:
    """All vectors are of one model and one length, with a finite scale, and coded ones can be decoded."""
    shapes = connection.execute(
        "SELECT model, CASE WHEN coded THEN 0 ELSE length(data) END, count(*) FROM vectors GROUP BY 1, 2"
    ).fetchall()
    if len({model for model, _, _ in shapes}) > 1 or len({length for _, length, _ in shapes if length}) > 1:
        found = ", ".join(f"{count} of {model!r} with {length or 'a code'}" for model, length, count in shapes[:5])
        yield Problem("vectors", f"vectors of several models or lengths are mixed: {found}")
    for model, _, count in shapes:
        if not model:
            yield Problem("vectors", f"{count} vectors have no model")
    for number, scale, size in connection.execute("SELECT chunk_id, scale, length(data) FROM vector_rows"):
        if (scale is not None and not (math.isfinite(scale) and scale >= 0)) or not size:
            yield Problem("vectors", f"the vector of chunk {number} has the scale {scale} and {size} bytes")
    if any(not length for _, length, _ in shapes):
        yield from _codes(connection)


def _codes(connection: sqlite3.Connection) -> Iterator[Problem]:
    from doctown.docpack import rotation  # noqa: PLC0415 - loads numpy, wanted only with vectors

    rows = connection.execute(
        "SELECT v.chunk_id, t.term, v.data FROM vector_rows v LEFT JOIN terms t ON t.id = v.model"
        " WHERE v.scale IS NULL ORDER BY v.model, v.chunk_id"
    )
    while batch := rows.fetchmany(rotation.BLOCK):
        yield from _damaged(batch)


def _damaged(batch: Sequence[tuple[int, str, bytes]]) -> Iterator[Problem]:
    """Those of some coded vectors that cannot be decoded, found by halving: most batches have none."""
    from doctown.docpack import rotation  # noqa: PLC0415 - as above

    try:
        for model in {row[1] for row in batch}:
            rotation.restored(model, [(None, data) for _, name, data in batch if name == model])
    except ValueError as error:
        if len(batch) == 1:
            yield Problem("vectors", f"the vector of chunk {batch[0][0]} cannot be decoded: {error}")
            return
        half = len(batch) // 2
        yield from _damaged(batch[:half])
        yield from _damaged(batch[half:])
