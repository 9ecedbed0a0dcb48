"""The draft of a docpack: a file that the stages of a build fill up, and that `seal` turns into the pack.

A draft is an SQLite database with the tables of the pack and a few of its own, in WAL mode: each bulk write is one
transaction, so a build that is killed resumes from what it had written. One process at a time holds a draft; the
lock is SQLite's own and dies with the process. What stages compute is not known here.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from doctown.docpack import entry_points, removal, write_code, write_entries, write_graph, write_pages
from doctown.docpack.coding import document_id
from doctown.docpack.columns import EdgeTable, SymbolTable, clusters, edge_table
from doctown.docpack.reader import Pack, decompress, file_from_row
from doctown.docpack.schema import PAGE_SIZE, create, statements
from doctown.docpack.sealing import dump, load, seal
from doctown.docpack.statistics import statistics
from doctown.docpack.store import Store
from doctown.docpack.verify import check_identity
from doctown.errors import InputError
from doctown.model import Artifact, Chunk, Cluster, Edge, EntryPoint, File, Page, Symbol, Unresolved, Vector

State = Mapping[str, str]
_FILE = "SELECT path, language, size, lines, sha256, status, reason, redactions FROM files"


class Draft:
    """An unfinished docpack. `resumed` says whether an earlier one goes on; `note` says in words what was found."""

    def __init__(self, path: Path, connection: sqlite3.Connection, *, resumed: bool, note: str) -> None:
        self.path = path
        self.resumed = resumed
        self.whole = False  # it is a pack that this code would make of the same source, and nothing was changed yet
        self.note = note
        self.sealed_statistics: dict[str, int] = {}  # counts of what is in the pack, once it is sealed
        self._connection = connection
        self._store = Store(connection)
        self._store.sealed_before = _header(connection)[1] == "from a pack"

    # --- beginning and end ----------------------------------------------------------------------------------

    @classmethod
    def open(cls, path: str | Path, fingerprint: State) -> Draft:
        """Create a draft, or resume the one that was made with the same fingerprint; another one is discarded.

        Raises InputError when another process is writing it.
        """
        path = Path(path)
        existed = path.exists()
        connection, intact = _connect(path)
        wanted = dump(dict(fingerprint))
        if intact and existed and _header(connection)[0] == wanted:
            return cls(path, connection, resumed=True, note="resumed the draft of an earlier run")
        note = "started anew"
        if existed and _header(connection)[0]:
            note = "discarded a draft that was made from another source or with other options"
        elif existed:
            note = "discarded a draft that could not be read"
        _reset(connection)
        connection.execute("BEGIN")
        create(connection)
        _begin(connection, wanted, "new")
        connection.execute("COMMIT")
        return cls(path, connection, resumed=False, note=note if existed else "started a new draft")

    @classmethod
    def from_pack(cls, pack: str | Path, path: str | Path, fingerprint: State, *, checked: bool = False) -> Draft:
        """Start a draft with all that a pack holds, keeping ids; or resume one that began so.

        Raises PackError if the pack does not have the identity that it states. `checked` says that this is known, and
        that what is in it was made by this very code: the draft then is `whole`.
        """
        pack, path = Path(pack), Path(path)
        with Pack.open(pack) as previous:
            identity = previous.docpack_id if checked else check_identity(previous)
        wanted = {**fingerprint, "since": identity}
        if path.exists():
            draft = cls.open(path, wanted)
            if draft.resumed:
                return draft
            draft.discard()
        shutil.copyfile(pack, path)
        connection = sqlite3.connect(path, isolation_level=None, timeout=0)
        _lock(connection)
        connection.execute("BEGIN")
        _begin(connection, dump(wanted), "from a pack")
        connection.execute("COMMIT")
        draft = cls(path, connection, resumed=False, note=f"started from {pack.name}")
        draft.whole = checked
        return draft

    def close(self) -> None:
        """Close the draft and keep it, to be resumed."""
        self._connection.close()

    def discard(self) -> None:
        """Close the draft and remove it."""
        self.close()
        for suffix in ("", "-wal", "-shm", "-journal"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def __enter__(self) -> Draft:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def seal(self, destination: str | Path, *, include_source: bool = True) -> str:
        """Verify the content, write it to `destination` and remove the draft. Returns the docpack_id."""
        identity, self.sealed_statistics = seal(self._store, Path(destination), include_source=include_source)
        self.discard()
        return identity

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Make several writes one: all are kept or none. Every single write is a batch of its own."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            _roll_back(self._connection)
            self._store.forget()
            self._store.kept_files.clear()
            self._store.kept_symbols.clear()
            raise

    # --- stages ---------------------------------------------------------------------------------------------

    def is_done(self, stage: str) -> bool:
        """Whether a stage was finished, in this run or an earlier one."""
        row = self._connection.execute("SELECT state FROM stages WHERE name = ?", (f"stage {stage}",)).fetchone()
        return row is not None and row[0] == "done"

    def finish(self, stage: str) -> None:
        """Note that a stage is finished."""
        with self.batch():
            self._connection.execute("INSERT OR REPLACE INTO stages VALUES (?, '', 'done')", (f"stage {stage}",))

    def clear(self, *nouns: str) -> None:
        """Remove all rows of these nouns, as before repeating a stage that was cut short: edges, unresolved,
        chunks, vectors, pages, artifacts."""
        with self.batch():
            removal.clear(self._store, nouns)

    # --- files ----------------------------------------------------------------------------------------------

    def add_files(self, files: Iterable[tuple[File, bytes | None]]) -> list[int]:
        """Add files with their content as packed, None where it is not kept. Returns ids in the order given."""
        with self.batch():
            return write_code.add_files(self._store, files)

    def remove_files(self, paths: Iterable[str]) -> list[int]:
        """Remove files and all that hangs on them. Returns the ids of other symbols that lost edges."""
        with self.batch():
            return removal.remove_files(self._store, paths)

    @contextmanager
    def replacing(self, paths: Iterable[str]) -> Iterator[list[Edge]]:
        """Within the block files may be added again with other content: those of `paths` are removed before it. They
        and the symbols whose keys come back keep their ids, and the edges that lead to them; whoever led to a symbol
        that does not come back loses that edge. Gives the exact edges that started in the files, and after the block
        those that others lost. One batch."""
        with self.batch():
            edges = removal.vacate_files(self._store, paths)
            yield edges
            edges += removal.settle(self._store)

    def unkept(self) -> set[str]:
        """Paths of files whose content ought to be in the draft and is not, as of a pack without sources."""
        sql = (
            "SELECT f.path FROM file_rows f JOIN terms t ON t.id = f.status"
            " WHERE t.term != 'skipped' AND f.id NOT IN (SELECT file_id FROM sources)"
        )
        return {path for (path,) in self._connection.execute(sql)}

    def files(self) -> Iterator[File]:
        """Every file, ordered by path."""
        return (file_from_row(row) for row in self._connection.execute(f"{_FILE} ORDER BY path"))

    def languages(self) -> dict[str, str]:
        """Path to language of every file."""
        sql = "SELECT f.path, t.term FROM file_rows f JOIN terms t ON t.id = f.language"
        return dict(self._connection.execute(sql).fetchall())

    def file(self, path: str) -> File | None:
        """The file of this path."""
        row = self._connection.execute(f"{_FILE} WHERE path = ?", (path,)).fetchone()
        return None if row is None else file_from_row(row)

    def statuses(self) -> list[tuple[str, str, int]]:
        """How many files have which status for which reason."""
        sql = "SELECT t.term, f.reason, count(*) FROM file_rows f JOIN terms t ON t.id = f.status GROUP BY 1, 2"
        return self._connection.execute(sql).fetchall()

    def hashes(self, statuses: Collection[str]) -> dict[str, str]:
        """Path to SHA-256 (hex) of the files of these statuses."""
        rows = self._connection.execute(
            "SELECT f.path, f.sha256, t.term FROM file_rows f JOIN terms t ON t.id = f.status"
        )
        return {path: sha256.hex() for path, sha256, status in rows if status in statuses}

    def read_source(self, path: str) -> bytes | None:
        """The content of a file as packed; None where it is not kept."""
        file_id = self._store.file_id(path)
        row = self._connection.execute("SELECT data FROM sources WHERE file_id = ?", (file_id,)).fetchone()
        return None if row is None else decompress(row[0], path)

    def add_facts(self, path: str, blob: bytes) -> None:
        """Keep what the parse stage knows of a file, until the draft is sealed; replaces what was kept."""
        with self.batch():
            self._connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (self._store.file_id(path), blob))

    def facts(self) -> Iterator[tuple[str, bytes]]:
        """Path and kept facts of every file that has them, ordered by path."""
        sql = "SELECT f.path, x.data FROM facts x JOIN file_rows f ON f.id = x.file_id ORDER BY f.path"
        yield from self._connection.execute(sql)

    # --- symbols, chunks, vectors ---------------------------------------------------------------------------

    def add_symbols(self, symbols: Sequence[Symbol]) -> list[int]:
        """Add symbols; parents are found among them or in the draft. Returns ids in the order given."""
        with self.batch():
            return write_code.add_symbols(self._store, symbols)

    def symbols(self) -> SymbolTable:
        """Every symbol by id, as it is now."""
        return SymbolTable(self._connection)

    def add_chunks(self, chunks: Iterable[Chunk]) -> list[int]:
        """Add chunks. Returns ids in the order given."""
        with self.batch():
            return list(write_code.add_chunks(self._store, chunks))

    def chunks(self) -> Iterator[tuple[int, Chunk]]:
        """Id and chunk of every chunk, by id."""
        return self._chunks("")

    def chunks_without_vector(self) -> Iterator[tuple[int, Chunk]]:
        """Id and chunk of every chunk that has no vector yet."""
        return self._chunks("WHERE c.id NOT IN (SELECT chunk_id FROM vector_rows)")

    def _chunks(self, where: str) -> Iterator[tuple[int, Chunk]]:
        sql = (
            "SELECT c.id, f.path, coalesce((SELECT key FROM symbols WHERE id = c.symbol_id), ''), c.start_byte,"
            " c.end_byte, c.tokens FROM chunks c JOIN file_rows f ON f.id = c.file_id"
        )
        for number, path, symbol, start, end, tokens in self._connection.execute(f"{sql} {where} ORDER BY c.id"):
            yield number, Chunk(path=path, symbol=symbol, start_byte=start, end_byte=end, tokens=tokens)

    def add_vectors(self, vectors: Iterable[tuple[int, Vector]]) -> None:
        """Add or replace the vectors of chunks, by chunk id."""
        with self.batch():
            write_code.add_vectors(self._store, vectors)

    def vectors(self) -> Iterator[tuple[int, Vector]]:
        """Chunk id and vector of every vector, by chunk id."""
        from doctown.docpack.rotation import vectors  # noqa: PLC0415 - loads numpy, wanted only with vectors

        return vectors(self._connection)

    # --- the graph ------------------------------------------------------------------------------------------

    def add_edges(self, edges: Iterable[Edge]) -> None:
        """Add edges, whose source and target are symbol ids. Give each edge once."""
        with self.batch():
            write_graph.add_edges(self._store, edges)

    def replace_edges(self, sources: Collection[int], edges: Sequence[Edge]) -> tuple[set[int], list[Edge]]:
        """Make these the only edges of these symbols; returns the symbols that changed, and the exact edges they had.
        Similarity edges of changed symbols go too: set them anew afterwards."""
        with self.batch():
            return write_graph.replace_edges(self._store, sources, edges)

    def replace_unresolved(self, sources: Collection[int], uses: Sequence[Unresolved]) -> None:
        """Make these the only unresolved uses of these symbols."""
        with self.batch():
            write_graph.replace_unresolved(self._store, sources, uses)

    def set_similar(self, edges: Iterable[Edge]) -> None:
        """Replace all similarity edges."""
        with self.batch():
            write_graph.set_similar(self._store, edges)

    def edges(self) -> EdgeTable:
        """Every edge but the similar ones, as it is now."""
        return edge_table(self._connection)

    def centrality(self) -> dict[int, int]:
        """The centrality of every symbol by id, in billionths."""
        return dict(self._connection.execute("SELECT id, centrality FROM symbol_rows").fetchall())

    def clusters(self) -> list[Cluster]:
        """Every cluster, parents before children, siblings by key."""
        return clusters(self._connection)

    def add_unresolved(self, uses: Iterable[Unresolved]) -> None:
        """Add uses that resolve to nothing in the repository, whose source is a symbol id."""
        with self.batch():
            write_graph.add_unresolved(self._store, uses)

    def set_clusters(self, clusters: Sequence[Cluster]) -> None:
        """Replace the clusters; files, and with them their symbols, join theirs by path."""
        with self.batch():
            write_graph.set_clusters(self._store, clusters)

    def set_centrality(self, centrality: Mapping[int, float]) -> None:
        """Set the centrality of symbols by id; stored rounded to billionths."""
        with self.batch():
            write_graph.set_centrality(self._store, centrality)

    def set_ranks(self, ranks: Mapping[int, int]) -> None:
        """As `set_centrality`, in billionths, as `centrality` gives it."""
        with self.batch():
            write_graph.set_ranks(self._store, ranks)

    def set_entry_points(self, entries: Iterable[EntryPoint], paths: Collection[str] | None = None) -> None:
        """Make these, whose symbols are named by id, the entry points that the files of `paths` declare; without paths
        all there are. Files whose entry points are what they were are left alone."""
        with self.batch():
            write_entries.replace(self._store, entries, paths)

    def entry_points(self) -> list[EntryPoint]:
        """Every entry point but the tests, in order of file and line."""
        return entry_points.listed(Pack(self.path, self._connection))

    # --- documentation --------------------------------------------------------------------------------------

    def add_pages(self, pages: Iterable[Page]) -> None:
        """Add or replace the pages of subjects that are in the draft, with their claims."""
        with self.batch():
            write_pages.add_pages(self._store, pages)

    def summary(self, kind: str, subject: int | str) -> str:
        """The summary of the page of a symbol, by its id, or of a file, by its path; empty if there is none."""
        number = self._store.file_id(str(subject)) if kind == "file" else int(subject)
        row = self._connection.execute(
            "SELECT summary FROM pages WHERE id = ?", (document_id(kind, number),)
        ).fetchone()
        return "" if row is None else str(row[0])

    def path_of(self, file_id: int) -> str:
        """The path of a file by its id."""
        (path,) = self._connection.execute("SELECT path FROM file_rows WHERE id = ?", (file_id,)).fetchone()
        return str(path)

    def foreign_pages(self) -> list[int]:
        """The ids of pages that were not written from what is there alone, or not to the end: `8 × subject + code`."""
        sql = (
            "SELECT p.id FROM page_rows p JOIN page_labels l ON l.id = p.label_id"
            " WHERE l.origin = 'model' OR l.status != 'complete'"
        )
        return [number for (number,) in self._connection.execute(sql)]

    def answers(self, digests: Iterable[bytes]) -> dict[bytes, bytes]:
        """Of these digests those under which a model's answer is in the draft, with the answer: JSON, as it was set."""
        found: dict[bytes, bytes] = {}
        for digest in digests:
            row = self._connection.execute("SELECT data FROM answers WHERE digest = ?", (digest,)).fetchone()
            if row is not None:
                found[digest] = row[0].encode()
        return found

    def set_answers(self, answers: Mapping[bytes, bytes]) -> None:
        """Make these, JSON by a digest of 32 bytes, the answers of models that pages were written from."""
        with self.batch():
            write_pages.set_answers(self._store, answers)

    def add_artifacts(self, artifacts: Sequence[Artifact]) -> list[int]:
        """Add artifacts. Returns ids in the order given."""
        with self.batch():
            return write_pages.add_artifacts(self._store, artifacts)

    def artifacts(self) -> list[Artifact]:
        """Every artifact, by key."""
        return Pack(self.path, self._connection).artifacts()

    def manifest(self, key: str) -> object:
        """A manifest value as it is now: that of the pack, if the draft began as one; None if there is none."""
        row = self._connection.execute("SELECT value FROM manifest WHERE key = ?", (key,)).fetchone()
        return None if row is None else load(row[0])

    def set_manifest(self, key: str, value: object) -> None:
        """Set a manifest value, anything that JSON can hold."""
        with self.batch():
            self._connection.execute("INSERT OR REPLACE INTO manifest VALUES (?, ?)", (key, dump(value)))

    def statistics(self) -> dict[str, int]:
        """Counts of what is in the draft, as the manifest will state them."""
        return statistics(self._connection)


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:  # on a full disk SQLite has rolled back already
        connection.execute("ROLLBACK")


def _connect(path: Path) -> tuple[sqlite3.Connection, bool]:
    """A locked connection, and whether the file that was there is a sound database; another one is removed."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        _lock(connection)
        (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if answer == "ok":
            return connection, True
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            connection.close()
            raise InputError(f"another process is building {path.name}", "wait for it or build elsewhere") from error
    except sqlite3.DatabaseError:
        pass  # Not a database, or a damaged one: what a build can make again is not worth repairing.
    connection.close()
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    _lock(connection)
    return connection, False


def _lock(connection: sqlite3.Connection) -> None:
    """Take SQLite's lock for the life of the connection. The system drops it with the process."""
    connection.execute(f"PRAGMA page_size={PAGE_SIZE}")
    connection.execute("PRAGMA locking_mode=EXCLUSIVE")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA cache_size=-65536")
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute("BEGIN EXCLUSIVE")
    connection.execute("COMMIT")


def _reset(connection: sqlite3.Connection) -> None:
    """Drop every object, keeping the lock that removing the file would lose."""
    connection.execute("BEGIN")
    objects = connection.execute("SELECT type, name, sql FROM sqlite_schema").fetchall()
    virtual = [name for _, name, sql in objects if str(sql).upper().startswith("CREATE VIRTUAL")]
    for name in virtual:
        connection.execute(f'DROP TABLE "{name}"')
    for kind, name, _ in objects:
        if kind in ("table", "view") and not name.startswith(("sqlite_", *(f"{one}_" for one in virtual))):
            connection.execute(f'DROP {kind} IF EXISTS "{name}"')
    connection.execute("COMMIT")


def _begin(connection: sqlite3.Connection, fingerprint: str, state: str) -> None:
    for sql in statements("draft.sql"):
        connection.execute(sql)
    connection.execute("INSERT INTO stages VALUES ('draft', ?, ?)", (fingerprint, state))


def _header(connection: sqlite3.Connection) -> tuple[str, str]:
    """The fingerprint and the beginning of a draft; empty if the database is none."""
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'stages'").fetchone() is None:
        return "", ""
    row = connection.execute("SELECT fingerprint, state FROM stages WHERE name = 'draft'").fetchone()
    return ("", "") if row is None else (str(row[0]), str(row[1]))
