"""What was computed once, kept between builds in one SQLite file of a folder that the caller names.

Values are bytes under a namespace (everything that decides them but the input) and a 32-byte digest of the input.
Several processes may use one folder at once; each call is one transaction, so a kill loses at most the call in
flight. A file that is no longer a database is made anew, a row that fails its checksum counts as missing, and when
the file cannot be used at all nothing is found and nothing kept (`problem` then says why): a cache is never a reason
for a build to fail. What was used longest ago goes first when the file is full.
"""

from __future__ import annotations

import math
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from threading import Lock
from typing import Final, TypeVar

from doctown.errors import InputError

LOOKUP_ROWS: Final = 500
TOUCH_SECONDS: Final = 3600  # a row's last use is noted at most so often, or reading would be writing
_KEEP: Final = 0.9  # of the limit, once it is passed
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS namespaces(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE IF NOT EXISTS kept(
    namespace INTEGER NOT NULL, digest BLOB NOT NULL, used INTEGER NOT NULL, data BLOB NOT NULL,
    checksum INTEGER NOT NULL, PRIMARY KEY(namespace, digest)) STRICT, WITHOUT ROWID;
"""
Result = TypeVar("Result")


class Keep:
    """The file `name` in `folder`, which may grow to about `max_bytes`. Safe to use from several threads.

    Raises InputError if the folder cannot be made. `clock` gives the time in seconds.
    """

    def __init__(self, folder: Path, name: str, *, max_bytes: int, clock: Callable[[], float] = time.time) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"the cache folder {folder} cannot be used: {error.strerror}", "name another folder"
            ) from error
        self.path = folder / name
        self._max_bytes = max_bytes
        self._clock = clock
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self.problem = ""  # why the file could not be used, if so

    def get(self, namespace: str, digests: Iterable[bytes]) -> dict[bytes, bytes]:
        """Digest to value for those that are kept."""
        nothing: dict[bytes, bytes] = {}
        return self._attempt(lambda connection: self._look_up(connection, namespace, list(digests)), nothing)

    def put(self, namespace: str, values: Mapping[bytes, bytes]) -> None:
        """Keeps values by digest, replacing what was kept under the same."""
        self._attempt(lambda connection: self._store(connection, namespace, values), None)

    def close(self) -> None:
        """Gives everything back; closing twice is allowed."""
        with self._lock:
            self._disconnect()

    def _attempt(self, action: Callable[[sqlite3.Connection], Result], otherwise: Result) -> Result:
        """What `action` returns, on a new file if the old one is damaged; `otherwise` if that does not help."""
        with self._lock:
            for again in (True, False):
                try:
                    return action(self._connect())
                except sqlite3.DatabaseError as error:
                    self._disconnect()
                    self.problem = f"the cache {self.path} cannot be used: {error}"
                    # A full disk or a lock that is held too long is an OperationalError, and no reason to delete.
                    if isinstance(error, sqlite3.OperationalError) or not again or not self._remove():
                        return otherwise
            return otherwise

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = sqlite3.connect(self.path, timeout=30, isolation_level=None, check_same_thread=False)
            self._connection = connection
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.executescript(_SCHEMA)
            self.problem = ""
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _remove(self) -> bool:
        try:
            for suffix in ("", "-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        except OSError as error:
            self.problem = f"the damaged cache {self.path} cannot be removed: {error.strerror}"
            return False
        return True

    def _look_up(self, connection: sqlite3.Connection, namespace: str, wanted: list[bytes]) -> dict[bytes, bytes]:
        row = connection.execute("SELECT id FROM namespaces WHERE name = ?", (namespace,)).fetchone()
        if row is None:
            return {}
        found: dict[bytes, bytes] = {}
        old: list[tuple[int, int, bytes]] = []
        now = int(self._clock())
        for start in range(0, len(wanted), LOOKUP_ROWS):
            part = wanted[start : start + LOOKUP_ROWS]
            query = "SELECT digest, used, data, checksum FROM kept WHERE namespace = ? AND digest IN (%s)"
            for digest, used, data, checksum in connection.execute(query % ",".join("?" * len(part)), (row[0], *part)):
                if checksum != zlib.crc32(digest + data):
                    continue
                found[digest] = data
                if used < now - TOUCH_SECONDS:
                    old.append((now, row[0], digest))
        if old:
            with _transaction(connection):
                connection.executemany("UPDATE kept SET used = ? WHERE namespace = ? AND digest = ?", old)
        return found

    def _store(self, connection: sqlite3.Connection, namespace: str, values: Mapping[bytes, bytes]) -> None:
        now = int(self._clock())
        with _transaction(connection):
            connection.execute("INSERT OR IGNORE INTO namespaces(name) VALUES (?)", (namespace,))
            (number,) = connection.execute("SELECT id FROM namespaces WHERE name = ?", (namespace,)).fetchone()
            connection.executemany(
                "INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?)",
                ((number, digest, now, data, zlib.crc32(digest + data)) for digest, data in values.items()),
            )
            self._evict(connection)

    def _evict(self, connection: sqlite3.Connection) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        (free,) = connection.execute("PRAGMA freelist_count").fetchone()
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
        size = (pages - free) * page_bytes
        if size <= self._max_bytes:
            return
        (rows,) = connection.execute("SELECT count(*) FROM kept").fetchone()
        surplus = math.ceil(rows * (1 - _KEEP * self._max_bytes / size))
        # Freed pages are used again, so the file stays at the size it has reached.
        connection.execute(
            "DELETE FROM kept WHERE (namespace, digest) IN "
            "(SELECT namespace, digest FROM kept ORDER BY used, digest LIMIT ?)",
            (surplus,),
        )


class _transaction:  # noqa: N801 - used as a statement
    """BEGIN IMMEDIATE … COMMIT: the write lock is taken at once, so two writers wait instead of failing midway."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        self._connection.execute("COMMIT" if kind is None else "ROLLBACK")
