"""What the full-text index says of each subject, and how it is filled and kept up to date.

One document per symbol, file, cluster, artifact and for the repository, numbered as the subject's page is. The
index is contentless: it holds which words a document has, not the text, so taking a document out needs the very
text it was made from. Therefore the text is a function of the stored rows alone. Queries are `search`'s business.
"""

# ruff: noqa: S608 - statements are put together from constants of this package; values are always bound.
from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator

from doctown.docpack.coding import SUBJECT_CODES
from doctown.docpack.folding import LINKED_BODY, STORED_SIGNATURE
from doctown.docpack.schema import INDEXES
from doctown.docpack.store import batched
from doctown.docpack.words import HUMP

AT_ONCE = 10_000  # documents asked for by one statement

Document = tuple[int, str, str, str]  # number, name, scope (qualified name and path), text

FEW = 2_500  # documents that are looked up one by one rather than among all

# The capital that `HUMP` stands before: to say that there is none, this takes a third of the time.
_HUMPED = re.compile(r"[A-Z](?:(?<=[a-z0-9][A-Z])|(?<=[A-Z][A-Z])(?=[a-z]))")

_INSERT = "INSERT INTO search(rowid, name, scope, text) VALUES (?, ?, ?, ?)"
_INSERT_NAME = "INSERT INTO search_names(rowid, name) VALUES (?, ?)"
_DELETE = "INSERT INTO search(search, rowid, name, scope, text) VALUES ('delete', ?, ?, ?, ?)"
_DELETE_NAME = "INSERT INTO search_names(search_names, rowid, name) VALUES ('delete', ?, ?)"

_SYMBOLS = """
SELECT s.id << 3, s.qualified_name,
  CASE typeof(s.name) WHEN 'integer' THEN substr(s.qualified_name, -s.name) ELSE s.name END,
  f.path, replace({signature}, char(22),
    CASE typeof(s.name) WHEN 'integer' THEN substr(s.qualified_name, -s.name) ELSE s.name END),
  coalesce(d.docstring, ''), {page}
FROM symbol_rows s
LEFT JOIN file_rows f ON f.id = s.file_id
LEFT JOIN docstrings d ON d.symbol_id = s.id
"""
# A page that a model wrote says more than the docstring; the others would repeat it.
_WRITTEN_TEXT = """CASE WHEN l.id IS NULL THEN ''
    ELSE coalesce(CASE typeof(p.summary) WHEN 'integer' THEN '' ELSE p.summary END || char(10) || p.body, '') END"""
_WRITTEN = """
LEFT JOIN page_rows p ON p.id = s.id << 3
LEFT JOIN page_labels l ON l.id = p.label_id AND l.origin = 'model'
"""
_FILES = f"""
SELECT f.id << 3 | 1, f.path, CASE typeof(p.title) WHEN 'integer' THEN f.path ELSE p.title END, p.summary,
  CASE p.folding WHEN 0 THEN p.body WHEN 3 THEN {LINKED_BODY} ELSE replace(p.body, char(24), f.path) END
FROM file_rows f LEFT JOIN page_rows p ON p.id = f.id << 3 | 1
"""
_CLUSTERS = """
SELECT c.id << 3 | 2, c.key, c.label, p.title, p.summary, p.body
FROM clusters c LEFT JOIN page_rows p ON p.id = c.id << 3 | 2
"""
_REPOSITORY = "SELECT p.id, p.title, p.summary, p.body FROM page_rows p WHERE p.id & 7 = 3"
_ARTIFACTS = """
SELECT a.id << 3 | 4, a.key, a.name, a.kind, a.summary, a.detail, p.title, p.summary, p.body
FROM artifacts a LEFT JOIN page_rows p ON p.id = a.id << 3 | 4
"""


def split_identifiers(text: str) -> str:
    """`getHTTPResponse` becomes `get HTTP Response`; underscores and dots separate words already."""
    return HUMP.sub(" ", text) if _HUMPED.search(text) else text


def with_parts(text: str) -> str:
    """The text, and the words of the identifiers with humps in it: either form is then found.

    Most texts have no hump, and most words no capital after their first letter: neither is given to the regular
    expression that parts them.
    """
    if _HUMPED.search(text) is None:
        return text
    humped = [word for word in text.split() if word[1:] != word[1:].lower()]
    if not humped:
        return text
    parts = " ".join(humped)
    split = HUMP.sub(" ", parts)
    return text if parts == split else f"{text} {split}"


def documents(
    connection: sqlite3.Connection, numbers: Iterable[int] | None = None, most: int | None = None
) -> Iterator[Document]:
    """Every document, or those of the given numbers as far as their subjects exist; of texts, the first `most`
    characters."""
    chosen = None if numbers is None else sorted(numbers)
    written = connection.execute("SELECT 1 FROM page_labels WHERE origin = 'model' LIMIT 1").fetchone() is not None
    symbols = _SYMBOLS.format(page=_WRITTEN_TEXT if written else "''", signature=STORED_SIGNATURE)
    symbols += _WRITTEN if written else ""
    for kind, sql, column in (
        ("symbol", symbols, "s.id"),
        ("file", _FILES, "f.id"),
        ("cluster", _CLUSTERS, "c.id"),
        ("artifact", _ARTIFACTS, "a.id"),
        ("repository", _REPOSITORY, "p.id >> 3"),
    ):
        for row in _rows(connection, sql, column, kind, chosen):
            yield _symbol(row, most) if kind == "symbol" else _other(kind, row, most)


def _rows(
    connection: sqlite3.Connection, sql: str, column: str, kind: str, chosen: list[int] | None
) -> Iterator[tuple[int | str | None, ...]]:
    if chosen is None:
        yield from connection.execute(sql)
        return
    joint = "AND" if kind == "repository" else "WHERE"
    subjects = [number >> 3 for number in chosen if number & 7 == SUBJECT_CODES[kind]]
    for start in range(0, len(subjects), AT_ONCE):
        part = str(subjects[start : start + AT_ONCE])
        yield from connection.execute(f"{sql} {joint} {column} IN (SELECT value FROM json_each(?))", (part,))


def _symbol(row: tuple[int | str | None, ...], most: int | None) -> Document:
    number, qualified_name, name, path, signature, docstring, page = row
    text = f"{signature}\n{docstring}\n{page}"[:most]
    return int(number or 0), with_parts(str(name)), split_identifiers(f"{qualified_name} {path}"), with_parts(text)


def _other(kind: str, row: tuple[int | str | None, ...], most: int | None) -> Document:
    number, words = int(row[0] or 0), [str(cell or "") for cell in row[1:]]
    if kind == "repository":
        return number, words[0], "", with_parts("\n".join(words)[:most])
    if kind == "file":
        return number, with_parts(words[0].rpartition("/")[2]), words[0], with_parts("\n".join(words[1:])[:most])
    return number, with_parts(words[1]), split_identifiers(words[0]), with_parts("\n".join(words[2:])[:most])


def fill(connection: sqlite3.Connection) -> None:
    """Index every document of a pack, and nothing else."""
    for index in INDEXES:
        connection.execute(f"INSERT INTO {index}({index}) VALUES ('delete-all')")
    insert(connection, documents(connection))


def insert(connection: sqlite3.Connection, added: Iterable[Document]) -> None:
    """Add documents that are not in the index. They are read from another connection, or one batch at a time."""
    for batch in batched(added, AT_ONCE):
        connection.executemany(_INSERT, batch)
        connection.executemany(_INSERT_NAME, [one[:2] for one in batch])


def withdraw(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Take documents out of the index before the rows they are made from change, and note that they are missing.

    Those that are missing already are left alone: deleting a text that is not in the index corrupts it.
    """
    wanted = set(numbers)
    chosen = wanted - _missing(connection, wanted)
    gone = list(documents(connection, chosen))
    connection.executemany(_DELETE, gone)
    connection.executemany(_DELETE_NAME, [one[:2] for one in gone])
    connection.executemany("INSERT OR IGNORE INTO unindexed VALUES (?)", [(number,) for number in chosen])


def _missing(connection: sqlite3.Connection, wanted: set[int]) -> set[int]:
    if len(wanted) > FEW:
        return {number for (number,) in connection.execute("SELECT document FROM unindexed")}
    one = "SELECT 1 FROM unindexed WHERE document = ?"
    return {number for number in wanted if connection.execute(one, (number,)).fetchone()}


def announce(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Note that documents of new subjects are missing from the index."""
    connection.executemany("INSERT OR IGNORE INTO unindexed VALUES (?)", [(number,) for number in numbers])


def complete(connection: sqlite3.Connection) -> None:
    """Index the documents that are missing, as far as their subjects still exist."""
    missing = [number for (number,) in connection.execute("SELECT document FROM unindexed")]
    insert(connection, list(documents(connection, missing)))
    connection.execute("DELETE FROM unindexed")
