"""Reading a docpack, which is data from a stranger until shown otherwise.

`Pack.open` compares the file's identification and its whole schema with what this version knows, before any query
of ours meets it; values are checked where they are used (sizes before memory is taken, spans before lines are
cut). Whether the content is what the digests say is `verify`'s question; ranking by words or meaning is `search`'s.
Opening imports nothing heavy, since `doctown show` answers within the blink of an eye.
"""

# ruff: noqa: S608 - statements are put together from constants of this package; values are always bound.
from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from doctown.docpack.coding import document_id, entries, entries_to, links
from doctown.docpack.results import Context, Entry, Neighbour
from doctown.docpack.schema import (
    APPLICATION_ID,
    DAMAGE,
    MAX_SOURCE,
    SHADOW_TABLES,
    USER_VERSION,
    expected,
    one_line,
    open_untrusted,
)
from doctown.docpack.words import all_words, last_word
from doctown.errors import InputError, PackError
from doctown.model import Artifact, Chunk, Claim, Cluster, Edge, File, Page, Symbol, Unresolved, Vector

MAX_CANDIDATES = 20_000  # symbols that share the words of a name and are looked at for the name itself
MOST_PIECES = 12  # of a dotted name, taken off to find what the rest calls
_DOTTED = re.compile(r"\w+(\.\w+)+")

Row = tuple[Any, ...]

SYMBOL_QUERY = """
SELECT s.id, s.key, s.name, s.qualified_name, s.kind, s.language, f.path,
  coalesce((SELECT key FROM symbols WHERE id = s.parent_id), ''), s.start_byte,
  s.end_byte, s.start_line, s.end_line, s.signature, s.docstring, s.visibility, coalesce(c.key, ''), s.centrality
FROM symbols s JOIN file_rows f ON f.id = s.file_id
LEFT JOIN clusters c ON c.id = f.cluster_id
"""
_FILE = "SELECT path, language, size, lines, sha256, status, reason, redactions FROM files"
_ARTIFACT = """
SELECT a.key, f.path, a.kind, a.name, a.summary, a.detail, a.start_line, a.end_line, a.target
FROM artifacts a JOIN file_rows f ON f.id = a.file_id
"""
SYMBOL_TYPES = "isssssss" + "iiii" + "ssssf"
FILE_TYPES = "ssiisssi"
_ARTIFACT_TYPES = "ssssssiis"
_PAGE_TYPES = "issssssss"
_CLAIM_TYPES = "ssiiss"
_CLAIMS_OF = (
    "SELECT page_id, text, path, start_line, end_line, digest, verdict FROM claims WHERE page_id {}"
    " ORDER BY page_id, position"
)
_PAGE = "SELECT id, subject_kind, title, summary, body, origin, model, status, reason FROM pages"


class Pack:
    """An open docpack. Every method raises PackError where the file turns out to be damaged."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection
        self._paths: dict[str, int] = {}
        self._labels: dict[int, Row] = {}

    @classmethod
    def open(cls, path: str | Path) -> Pack:
        """Open a docpack for reading; PackError says what is wrong with a file that is none, or one too new."""
        path = Path(path)
        try:
            if not path.is_file():
                cause = "is a folder" if path.is_dir() else "there is no such file"
                raise PackError(f"{path}: {cause}", "give the path of a .docpack")
            connection = open_untrusted(path)
        except (OSError, sqlite3.Error) as error:
            cause = str(error.strerror) if isinstance(error, OSError) else one_line(error)
            raise PackError(f"{path} cannot be opened ({cause})", "check the path and its permissions") from error
        try:
            check_format(path, connection)
        except DAMAGE as error:
            connection.close()
            raise PackError(
                f"{path} is not a readable docpack ({one_line(error)})", "build or fetch it again"
            ) from error
        except PackError:
            connection.close()
            raise
        return cls(path, connection)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def __enter__(self) -> Pack:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- reading rows ---------------------------------------------------------------------------------------

    def blobs(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[Row]:
        """Rows of a query, one at a time; an error of SQLite becomes a PackError."""
        try:
            yield from cast("Iterator[Row]", self.connection.execute(sql, tuple(parameters)))
        except DAMAGE as error:
            raise self.damaged(error) from error

    def damaged(self, error: Exception) -> PackError:
        """What to raise in place of one of `DAMAGE`, by those who read the file with more than `rows`."""
        return PackError(f"{self.path} is damaged ({one_line(error)})", "run `doctown verify` on it")

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[Row]:
        """Rows of a query without binary columns. A hostile file can have bytes where text belongs: PackError."""
        for row in self.blobs(sql, parameters):
            if bytes in map(type, row):
                raise PackError(f"{self.path} has bytes in place of text", "run `doctown verify` on it")
            yield row

    def typed(self, types: str, sql: str, parameters: Sequence[object] = ()) -> Iterator[Row]:
        """Rows whose cells have the given types, a letter each: s text, i integer, f float; PackError otherwise."""
        wanted = tuple({"s": str, "i": int, "f": float}[letter] for letter in types)
        for row in self.blobs(sql, parameters):
            if tuple(map(type, row)) != wanted:
                raise PackError(f"{self.path} has a value of the wrong type", "run `doctown verify` on it")
            yield row

    def row(self, sql: str, parameters: Sequence[object] = ()) -> Row | None:
        """The first row of a query, if any."""
        return next(self.rows(sql, parameters), None)

    # --- the whole ------------------------------------------------------------------------------------------

    def manifest(self) -> dict[str, object]:
        """Key to value of the manifest."""
        import json  # noqa: PLC0415 - showing a symbol does not need the manifest

        values: dict[str, object] = {}
        for key, value in self.rows("SELECT key, value FROM manifest ORDER BY key"):
            try:
                values[str(key)] = json.loads(value)
            except (ValueError, TypeError, RecursionError) as error:
                raise PackError(f"{self.path}: manifest value {key!r} is not JSON", "run `doctown verify`") from error
        return values

    @property
    def docpack_id(self) -> str:
        """The identity that the pack states; `verify` recomputes it."""
        return str(self.manifest().get("docpack_id", ""))

    def info(self) -> dict[str, object]:
        """The manifest, with `file` (its name) and `bytes` (its size) of the pack itself."""
        return {**self.manifest(), "file": self.path.name, "bytes": self.path.stat().st_size}

    # --- files ----------------------------------------------------------------------------------------------

    def files(self) -> list[File]:
        """Every file, ordered by path."""
        return [file_from_row(row) for row in self.typed(FILE_TYPES, f"{_FILE} ORDER BY path")]

    def file(self, path: str) -> File | None:
        """The file of this path."""
        row = next(self.typed(FILE_TYPES, f"{_FILE} WHERE path = ?", (path,)), None)
        return None if row is None else file_from_row(row)

    def file_id(self, path: str) -> int | None:
        """The id of a file within this pack."""
        if path not in self._paths:
            row = self.row("SELECT id FROM file_rows WHERE path = ?", (path,))
            if row is None:
                return None
            self._paths[path] = int(row[0])
        return self._paths[path]

    def content(self, path: str) -> bytes | None:
        """The bytes of a file as packed; None where the pack does not keep them."""
        file_id = self.file_id(path)
        if file_id is None:
            raise InputError(f"{path!r} is not in {self.path.name}", "see the files it has with `doctown info`")
        row = next(self.blobs("SELECT data FROM sources WHERE file_id = ?", (file_id,)), None)
        return None if row is None else decompress(row[0], path)

    def source(self, path: str, start_line: int = 1, end_line: int | None = None) -> str | None:
        """Lines of a file as text, both ends included and cut to what there is; None where it is not kept."""
        content = self.content(path)
        if content is None:
            return None
        lines = content.decode("utf-8", "replace").split("\n")
        start = max(start_line, 1)
        end = len(lines) if end_line is None else min(end_line, len(lines))
        return "\n".join(lines[start - 1 : end]) + ("\n" if start <= end < len(lines) else "")

    # --- symbols --------------------------------------------------------------------------------------------

    def symbols(self) -> Iterator[Entry]:
        """Every symbol, by id."""
        return (entry_from_row(row) for row in self.typed(SYMBOL_TYPES, f"{SYMBOL_QUERY} ORDER BY s.id"))

    def symbol(self, key: str) -> Entry | None:
        """The symbol of this key."""
        at = key.find("#")
        while at >= 0:
            file_id = self.file_id(key[:at])
            if file_id is not None:
                row = next(
                    self.typed(SYMBOL_TYPES, f"{SYMBOL_QUERY} WHERE s.file_id = ? AND s.key = ?", (file_id, key)), None
                )
                if row is not None:
                    return entry_from_row(row)
            at = key.find("#", at + 1)
        return None

    def entry(self, symbol_id: int) -> Entry | None:
        """The symbol of this id."""
        row = next(self.typed(SYMBOL_TYPES, f"{SYMBOL_QUERY} WHERE s.id = ?", (symbol_id,)), None)
        return None if row is None else entry_from_row(row)

    def outline(self, path: str) -> list[Entry]:
        """The symbols of a file in order of the text, enclosing ones first."""
        file_id = self.file_id(path)
        order = "ORDER BY s.start_byte, s.end_byte DESC, s.id"
        return (
            []
            if file_id is None
            else [
                entry_from_row(row)
                for row in self.typed(SYMBOL_TYPES, f"{SYMBOL_QUERY} WHERE s.file_id = ? {order}", (file_id,))
            ]
        )

    def find_symbols(self, query: str, limit: int = 20) -> list[Entry]:
        """Symbols that the query names, best first: the key, then qualified name, name, end of a qualified name,
        name without regard to case; among equals the more central first."""
        query = query.strip()
        exact = self.symbol(query)
        if exact is not None:
            return [exact]
        if not query:
            return []
        return [entry for _, one in self.rank_names(query)[:limit] if (entry := self.entry(one)) is not None]

    def rank_names(self, query: str) -> list[tuple[int, int]]:
        """Rank (0: qualified name, 1: name, 2: end of a qualified name, 3: but for case, 4: path and name) and id of
        the symbols that bear a name, best first."""
        return self._bearing(query) or self._at_path(query)

    def _at_path(self, query: str) -> list[tuple[int, int]]:
        """What a dotted name calls whose first parts name the file or what the file is imported as:
        `sphinx.application.Sphinx.build` is `Sphinx.build` in `sphinx/application.py`."""
        pieces = query.split(".") if _DOTTED.fullmatch(query) else []
        for start in range(1, min(len(pieces), MOST_PIECES)):
            before = {one.lower() for one in pieces[:start]}
            found = []
            for rank, symbol_id in self._bearing(".".join(pieces[start:])):
                entry = self.entry(symbol_id) if rank == 0 else None
                if entry is None:
                    continue
                path = entry.symbol.path.rpartition(".")[0].lower().split("/")
                if before <= set(path) or len(pieces) - start > 1:
                    found.append((4, symbol_id))
            if found:
                return found
        return []

    def _bearing(self, query: str) -> list[tuple[int, int]]:
        rows = self.rows(*_candidates(query))
        ranked: list[tuple[int, int, int]] = []
        for symbol_id, qualified_name, name, centrality in rows:
            rank = _rank(query, str(qualified_name), str(name))
            if rank is not None:
                ranked.append((rank, -int(centrality), int(symbol_id)))
        return [(rank, symbol_id) for rank, _, symbol_id in sorted(ranked)]

    # --- the graph ------------------------------------------------------------------------------------------

    def edges(self) -> Iterator[Edge]:
        """Every edge, by symbol ids of this pack."""
        labels: dict[int, tuple[str, str, str]] = {
            number: (kind, tier, reason)
            for number, kind, tier, reason in self.rows("SELECT id, kind, tier, reason FROM edge_labels")
        }
        for source, data in self.rows("SELECT source_id, data FROM edge_lists ORDER BY source_id, part"):
            for target, label, line in entries(data):
                if label in labels:
                    kind, tier, reason = labels[label]
                    yield Edge(source, target, kind, tier, reason, line)

    def targets(self, tier: str, without: str) -> Iterator[tuple[int, list[int]]]:
        """Symbols, by id, with the ids of what their edges of a tier lead to, those of the kind `without` left out; a
        symbol may come several times. For counting: a fraction of what `edges` takes."""
        labels = self.rows("SELECT id, kind, tier FROM edge_labels")
        wanted = {number for number, kind, found in labels if found == tier and kind != without}
        for source, data in self.rows("SELECT source_id, data FROM edge_lists"):
            yield source, [target for target, label, _ in entries(data) if label in wanted]

    def unresolved(self, key: str) -> list[Unresolved]:
        """The uses in a symbol that resolve to nothing in the repository, by line."""
        entry = self._required(key)
        return self._unresolved(entry.id)

    def _unresolved(self, symbol_id: int) -> list[Unresolved]:
        row = self.row("SELECT data FROM unresolved_lists WHERE source_id = ?", (symbol_id,))
        found: list[Unresolved] = []
        for name_id, label_id, line in entries(row[0]) if row else ():
            name = self.row("SELECT name FROM names WHERE id = ?", (name_id,))
            label = self.row("SELECT kind, reason FROM unresolved_labels WHERE id = ?", (label_id,))
            if name is not None and label is not None:
                found.append(Unresolved(symbol_id, name[0], label[0], line, label[1]))
        return sorted(found, key=lambda one: (one.line, one.name))

    def context(self, key: str) -> Context:
        """What the graph says of the symbol of this key; InputError if there is none."""
        entry = self._required(key)
        outgoing = list(self.outgoing(entry.id))
        incoming = list(self._incoming(entry.id))
        children = self.rows(
            "SELECT key FROM symbols WHERE file_id = (SELECT file_id FROM symbol_rows WHERE id = ?1) AND parent_id = ?1"
            " ORDER BY start_byte, id",
            (entry.id,),
        )
        return Context(
            entry=entry,
            parent=entry.symbol.parent,
            children=tuple(str(child) for (child,) in children),
            outgoing=_ordered(one for one in outgoing if one.kind != "similar"),
            incoming=_ordered(one for one in incoming if one.kind != "similar"),
            related=_ordered(one for one in outgoing if one.kind == "similar"),
            unresolved=tuple(self._unresolved(entry.id)),
        )

    def _required(self, key: str) -> Entry:
        entry = self.symbol(key)
        if entry is None:
            raise InputError(f"{self.path.name} has no symbol {key!r}", "look for it with `doctown search`")
        return entry

    def outgoing(self, symbol_id: int) -> Iterator[Neighbour]:
        """The edges of a symbol by id, in the order stored."""
        for (data,) in self.rows("SELECT data FROM edge_lists WHERE source_id = ? ORDER BY part", (symbol_id,)):
            for target, label_id, line in entries(data):
                other = self.row("SELECT key, name, kind FROM symbols WHERE id = ?", (target,))
                label = self._label(label_id)
                if other is not None and label is not None:
                    yield Neighbour(
                        key=other[0], name=other[1], symbol_kind=other[2],
                        kind=label[0], tier=label[1], reason=label[2], line=line,
                    )  # fmt: skip

    def _label(self, label_id: int) -> Row | None:
        """Kind, tier and reason; kept, since a symbol with a thousand callers has few of them."""
        if not self._labels:
            rows = self.typed("isss", "SELECT id, kind, tier, reason FROM edge_labels")
            self._labels = {row[0]: row[1:] for row in rows}
        return self._labels.get(label_id)

    def _incoming(self, target: int) -> Iterator[Neighbour]:
        row = self.row("SELECT data FROM incoming_lists WHERE target_id = ?", (target,))
        sources = links(row[0]) if row else []
        # One statement for all of them: what half of a project uses has thousands.
        sql = (
            "SELECT s.key, s.name, s.kind, e.data FROM json_each(?) j JOIN symbols s ON s.id = j.value"
            " JOIN edge_lists e ON e.source_id = s.id ORDER BY j.key, e.part"
        )
        for key, name, kind, data in self.rows(sql, (str(sources),)) if sources else ():
            for label_id, line in entries_to(target, data):
                label = self._label(label_id)
                if label is not None:
                    yield Neighbour(
                        key=key, name=name, symbol_kind=kind, kind=label[0], tier=label[1], reason=label[2], line=line
                    )

    def clusters(self) -> list[Cluster]:
        """Every cluster, by key, with the paths of the files that are directly in it."""
        paths: dict[int, list[str]] = {}
        for path, cluster in self.rows(
            "SELECT path, cluster_id FROM file_rows WHERE cluster_id IS NOT NULL ORDER BY path"
        ):
            paths.setdefault(cluster, []).append(path)
        sql = (
            "SELECT c.id, c.key, coalesce(p.key, ''), c.label, c.size"
            " FROM clusters c LEFT JOIN clusters p ON p.id = c.parent_id"
        )
        return [
            Cluster(key=key, parent=parent, label=label, paths=tuple(paths.get(number, ())), size=size)
            for number, key, parent, label, size in self.rows(f"{sql} ORDER BY c.key")
        ]

    def chunks(self) -> Iterator[tuple[int, Chunk]]:
        """Every chunk with its id."""
        sql = (
            "SELECT c.id, f.path, coalesce((SELECT key FROM symbols WHERE id = c.symbol_id), ''), c.start_byte,"
            " c.end_byte, c.tokens FROM chunks c JOIN file_rows f ON f.id = c.file_id ORDER BY c.id"
        )
        for number, path, symbol, start, end, tokens in self.rows(sql):
            yield number, Chunk(path=path, symbol=symbol, start_byte=start, end_byte=end, tokens=tokens)

    def vectors(self) -> Iterator[tuple[int, Vector]]:
        """Every vector with the id of its chunk."""
        from doctown.docpack.rotation import vectors  # noqa: PLC0415 - loads numpy, wanted only with vectors

        try:
            yield from vectors(self.connection)
        except (*DAMAGE, ValueError, TypeError) as error:
            raise PackError(f"{self.path} has a damaged vector ({one_line(error)})", "run `doctown verify`") from error

    # --- documentation --------------------------------------------------------------------------------------

    def page(self, kind: str, key: str = "") -> Page | None:
        """The page of a symbol, file, cluster or artifact by key or path, or of the repository."""
        subject = self._subject(kind, key)
        row = (
            None
            if subject is None
            else next(self.typed(_PAGE_TYPES, f"{_PAGE} WHERE id = ?", (document_id(kind, subject),)), None)
        )
        return None if row is None else self._page(row, key)

    def page_by_id(self, page_id: int, subject: str | None = None) -> Page | None:
        """The page of this id. `subject` is its subject's key or path, where that is known already."""
        row = next(self.typed(_PAGE_TYPES, f"{_PAGE} WHERE id = ?", (page_id,)), None)
        return None if row is None else self._page(row, self.subject_key(page_id) if subject is None else subject)

    def pages_by_id(self, subjects: Mapping[int, str]) -> dict[int, Page]:
        """The pages of these ids, each with its subject's key or path: one question where `page_by_id` is hundreds."""
        numbers = (str(list(subjects)),)
        inside = "IN (SELECT value FROM json_each(?))"
        claims: dict[int, list[Row]] = {}
        for number, *claim in self.typed(f"i{_CLAIM_TYPES}", _CLAIMS_OF.format(inside), numbers):
            claims.setdefault(number, []).append(tuple(claim))
        return {
            row[0]: _page(row, subjects[row[0]], claims.get(row[0], ()))
            for row in self.typed(_PAGE_TYPES, f"{_PAGE} WHERE id {inside}", numbers)
        }

    def pages(self) -> Iterator[Page]:
        """Every page, by id."""
        for row in self.typed(_PAGE_TYPES, f"{_PAGE} ORDER BY id"):
            yield self._page(row, self.subject_key(int(row[0])))

    def subject_key(self, page_id: int) -> str:
        """The key or path of the subject that a page id stands for; empty for the repository or an unknown one."""
        kind, subject = page_id & 7, page_id >> 3
        tables = {
            0: "SELECT key FROM symbols",
            1: "SELECT path FROM file_rows",
            2: "SELECT key FROM clusters",
            4: "SELECT key FROM artifacts",
        }
        row = self.row(f"{tables[kind]} WHERE id = ?", (subject,)) if kind in tables else None
        return "" if row is None else str(row[0])

    def _subject(self, kind: str, key: str) -> int | None:
        if kind == "symbol":
            entry = self.symbol(key)
            return None if entry is None else entry.id
        if kind == "file":
            return self.file_id(key)
        if kind == "repository":
            return 0
        if kind not in ("cluster", "artifact"):
            raise InputError(f"{kind!r} is no kind of page", "use symbol, file, cluster, repository or artifact")
        row = self.row(f"SELECT id FROM {kind}s WHERE key = ?", (key,))
        return None if row is None else int(row[0])

    def _page(self, row: Row, subject: str) -> Page:
        claims = self.typed(f"i{_CLAIM_TYPES}", _CLAIMS_OF.format("= ?"), row[:1])
        return _page(row, subject, (claim[1:] for claim in claims))

    def artifacts(self, path: str | None = None) -> list[Artifact]:
        """The artifacts, of one file or of all, in order of file and line."""
        where, parameters = ("", ()) if path is None else ("WHERE f.path = ?", (path,))
        return [
            artifact_from_row(row)
            for row in self.typed(
                _ARTIFACT_TYPES, f"{_ARTIFACT} {where} ORDER BY f.path, a.start_line, a.key", parameters
            )
        ]


def check_format(path: Path, connection: sqlite3.Connection) -> None:
    """Raise PackError unless the file is a docpack of this version with exactly the known schema."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise PackError(f"{path} is an SQLite file but not a docpack", "give the path of a .docpack")
    if version != USER_VERSION:
        mend = "upgrade doctown" if version > USER_VERSION else "build it again with this version"
        raise PackError(f"{path} has format {version}, this doctown reads {USER_VERSION}", mend)
    known = expected()
    found: set[str] = set()
    for kind, name, sql in connection.execute("SELECT type, name, sql FROM sqlite_schema LIMIT 100"):
        wanted = known.get(name) or SHADOW_TABLES.get(name)
        if (
            wanted is None
            or wanted != sql
            or not wanted.upper().startswith(("CREATE VIRTUAL", f"CREATE {str(kind).upper()} "))
        ):
            raise PackError(f"{path} has an unknown or altered {kind} {name!r} in its schema", "do not trust this file")
        found.add(name)
    missing = (known.keys() | SHADOW_TABLES.keys()) - found
    if missing:
        raise PackError(f"{path} lacks {sorted(missing)[0]!r} in its schema", "build or fetch it again")


def decompress(data: bytes, path: str) -> bytes:
    """A source's bytes; PackError if it is no zstd frame or would be larger than MAX_SOURCE."""
    import zstandard  # noqa: PLC0415 - takes longer to import than opening a pack takes

    try:
        size = zstandard.get_frame_parameters(data).content_size
        if not 0 <= size <= MAX_SOURCE:
            raise PackError(f"the source of {path!r} claims {size} bytes", f"the limit is {MAX_SOURCE}")
        return zstandard.ZstdDecompressor(max_window_size=MAX_SOURCE).decompress(data, max_output_size=MAX_SOURCE)
    except (zstandard.ZstdError, TypeError) as error:
        raise PackError(
            f"the source of {path!r} is damaged ({one_line(error)})", "build or fetch the pack again"
        ) from error


def file_from_row(row: Row) -> File:
    """The noun for a row of path, language, size, lines, sha256, status, reason, redactions."""
    path, language, size, lines, sha256, status, reason, redactions = row
    return File(
        path=path, language=language, size=size, lines=lines, sha256=sha256, status=status, reason=reason,
        redactions=redactions,
    )  # fmt: skip


def entry_from_row(row: Row) -> Entry:
    """The entry for a row of `SYMBOL_QUERY`."""
    symbol = Symbol(
        key=row[1], name=row[2], qualified_name=row[3], kind=row[4], language=row[5], path=row[6], parent=row[7],
        start_byte=row[8], end_byte=row[9], start_line=row[10], end_line=row[11], signature=row[12],
        docstring=row[13], visibility=row[14],
    )  # fmt: skip
    return Entry(id=row[0], symbol=symbol, cluster=row[15], centrality=row[16])


def artifact_from_row(row: Row) -> Artifact:
    """The noun for a row of `_ARTIFACT`."""
    key, path, kind, name, summary, detail, start, end, target = row
    return Artifact(
        key=key, path=path, kind=kind, name=name, summary=summary, detail=detail, start_line=start, end_line=end,
        target=target,
    )  # fmt: skip


def _page(row: Row, subject: str, claims: Iterable[Row]) -> Page:
    """A page from its row and those of its claims."""
    _, kind, title, summary, body, origin, model, status, reason = row
    return Page(
        subject_kind=kind, subject=subject, title=title, summary=summary, body=body, origin=origin, model=model,
        status=status, reason=reason,
        claims=tuple(
            Claim(text=text, path=path, start_line=start, end_line=end, digest=digest, verdict=verdict)
            for text, path, start, end, digest, verdict in claims
        ),
    )  # fmt: skip


def _ordered(neighbours: Iterable[Neighbour]) -> tuple[Neighbour, ...]:
    return tuple(sorted(neighbours, key=lambda one: (one.tier != "resolved", one.kind, one.key, one.line)))


def _candidates(query: str) -> tuple[str, tuple[object, ...]]:
    """The query for symbols that may bear the name, with its parameters."""
    columns = (
        "s.id, s.qualified_name, CASE typeof(s.name) WHEN 'integer' THEN substr(s.qualified_name, -s.name)"
        " ELSE s.name END, s.centrality"
    )
    match = all_words(query)
    # What is a letter beyond ASCII, the index's tables of Unicode and Python's do not agree on.
    if match and query.isascii():
        if not query[-1].isalnum():  # the name itself may have no word, as `_` of `Field._`
            return (
                f"SELECT {columns} FROM symbol_rows s JOIN search n ON s.id = n.rowid >> 3"
                f" WHERE n.search MATCH ? AND n.rowid & 7 = 0 LIMIT {MAX_CANDIDATES}",
                (match,),
            )
        return (
            f"SELECT {columns} FROM symbol_rows s JOIN (SELECT rowid FROM search_names WHERE search_names MATCH ?"
            f" INTERSECT SELECT rowid FROM search WHERE search MATCH ?) n ON s.id = n.rowid >> 3"
            f" WHERE n.rowid & 7 = 0 LIMIT {MAX_CANDIDATES}",
            # A name stands at the end of all that it is called by.
            (last_word(query), match),
        )
    # A name such as `_` has no word, so the index does not know it.
    return (f"SELECT {columns} FROM symbol_rows s WHERE instr(s.qualified_name, ?) LIMIT {MAX_CANDIDATES}", (query,))


def _rank(query: str, qualified_name: str, name: str) -> int | None:
    if query == qualified_name:
        return 0
    if query == name:
        return 1
    if qualified_name.endswith(query) and not qualified_name[-len(query) - 1].isalnum():
        return 2
    return 3 if query.lower() in (name.lower(), qualified_name.lower()) else None
