"""The schema as data: the statements of `schema.sql`, and connections that are safe to use on it.

Whoever opens a database of ours does it here, so the pragmas and limits stand in one place. What the tables
hold is the business of the modules that write and read them.
"""

from __future__ import annotations

import sqlite3
import sys
from functools import cache
from pathlib import Path

APPLICATION_ID = 0x444F4350  # "DOCP"
USER_VERSION = 2
SCHEMA_VERSION = "docpack/2.0"
PAGE_SIZE = 4096  # bytes; measured on django: with 8192 the pack is 0.2 % larger, sources waste more of their last page
STEP = 0.002  # of the components of coded vectors, which have the length 1; the view `vectors` gives it as their scale
MAX_SOURCE = 64 * 1024 * 1024  # bytes of one source after decompression
MAX_VALUE = 256 * 1024 * 1024  # bytes of the largest string, blob or row that a pack may hold

# What reading a damaged file raises: the module decodes even its own error messages strictly.
DAMAGE = (sqlite3.Error, UnicodeDecodeError)

INDEXES = ("search", "search_names")  # for full text; the second has the names alone

# The tables in which SQLite's FTS5 keeps an index, with the statements that it makes them by.
SHADOW_TABLES = {
    f"{index}_{part}": f"CREATE TABLE '{index}_{part}'{columns}"
    for index in INDEXES
    for part, columns in (
        ("data", "(id INTEGER PRIMARY KEY, block BLOB)"),
        ("idx", "(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID"),
        ("config", "(k PRIMARY KEY, v) WITHOUT ROWID"),
    )
}

# Copied at seal in this order; every table of `schema.sql` but `sources` (which may be left out) and the index.
TABLES = (
    "manifest", "terms", "names", "edge_labels", "unresolved_labels", "page_labels", "texts", "series", "file_rows",
    "symbol_rows", "docstrings", "edge_lists", "incoming_lists", "unresolved_lists", "chunks", "vector_rows",
    "clusters", "page_rows", "claim_rows", "answers", "artifacts", "entry_rows",
)  # fmt: skip


def statements(name: str = "schema.sql") -> list[str]:
    """The statements of one of our SQL files, without comments between them and without semicolons."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    return [part.strip() for part in "\n".join(lines).split(";\n") if part.strip()]


@cache
def expected() -> dict[str, str]:
    """Name to statement of every object that a pack must have. SQLite keeps a statement's text as it was given."""
    return {_object_name(sql): sql.removesuffix(";") for sql in statements()}


def _object_name(sql: str) -> str:
    words = sql.replace("(", " ").split()
    return words[3] if words[1] == "VIRTUAL" else words[2]


def one_line(error: Exception) -> str:
    """What an error says, fit for one line of a terminal: SQLite's messages quote the schema of a hostile file."""
    text = " ".join(str(error).split())[:200]
    return "".join(character if character.isprintable() else "?" for character in text)


def create(connection: sqlite3.Connection) -> None:
    """Make every table, view and index of a pack in an empty database."""
    for sql in statements():
        connection.execute(sql)


def open_untrusted(path: Path) -> sqlite3.Connection:
    """A read-only connection that treats the file as data from a stranger.

    `immutable` means that SQLite takes no lock, looks for no journal and writes nothing beside the file.
    """
    # `Path.as_uri` would import urllib, which takes longer than opening the file.
    name = path.resolve().as_posix().replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    uri = f"file:{'' if name.startswith('/') else '/'}{name}?mode=ro&immutable=1"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    if sys.version_info >= (3, 12):
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_TRUSTED_SCHEMA, False)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, False)
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    connection.execute("PRAGMA query_only=ON")
    return connection
