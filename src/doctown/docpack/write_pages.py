"""Writing documentation: pages with their claims, and artifacts.

A page replaces the one its subject had. Texts that repeat the symbol's docstring are folded (see `folding`).
"""

# ruff: noqa: S608 - statements are put together from constants of this package; values are always bound.
from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from doctown.docpack import fulltext
from doctown.docpack.coding import SUBJECT_CODES, document_id
from doctown.docpack.folding import STORED_SIGNATURE, Texts, fold
from doctown.docpack.store import Store, batched, check_number, clean, in_chunks
from doctown.docpack.write_code import digest_bytes
from doctown.errors import InputError
from doctown.model import Artifact, Claim, Page

_STORED = (
    "SELECT p.id, p.label_id, p.title, coalesce(x.text, p.summary), p.folding, p.body FROM page_rows p"
    " LEFT JOIN texts x ON typeof(p.summary) = 'integer' AND x.id = -p.summary"
)
_NAME = "CASE typeof(s.name) WHEN 'integer' THEN substr(s.qualified_name, -s.name) ELSE s.name END"


def add_pages(store: Store, pages: Iterable[Page]) -> None:
    """Add or replace the pages of symbols, files, clusters, artifacts and the repository, with their claims."""
    for batch in batched(pages, 2000):
        subjects = [(page, _subject_id(store, page)) for page in batch]
        numbers = [document_id(page.subject_kind, subject) for page, subject in subjects]
        symbols = [subject for page, subject in subjects if page.subject_kind == "symbol"]
        texts = _symbol_texts(store.connection, symbols)
        rows: list[tuple[object, ...]] = []
        claims: list[tuple[object, ...]] = []
        for (page, subject), number in zip(subjects, numbers, strict=True):
            known = texts.get(subject) if page.subject_kind == "symbol" else _file_texts(page)
            label = store.page_labels.number(page.origin, clean(page.model), page.status, clean(page.reason))
            rows.append((number, label, *fold(clean(page.title), clean(page.summary), clean(page.body), known)))
            claims += [_claim_row(store, number, at, claim) for at, claim in enumerate(page.claims)]
        if store.sealed_before:
            changed = _changed(store, rows, claims)
            rows = [row for row in rows if row[0] in changed]
            claims = [row for row in claims if row[0] in changed]
            subjects = [one for one, number in zip(subjects, numbers, strict=True) if number in changed]
            fulltext.withdraw(store.connection, _indexed(store, rows))
            _touch_subjects(store, subjects)
        store.connection.executemany("DELETE FROM claim_rows WHERE page_id = ?", [(row[0],) for row in rows])
        store.connection.executemany(
            "INSERT OR REPLACE INTO page_rows VALUES (?, ?, ?, ?, ?, ?)", _shortened(store, rows)
        )
        store.connection.executemany("INSERT INTO claim_rows VALUES (?, ?, ?, ?, ?, ?, ?, ?)", claims)


def _shortened(store: Store, rows: Sequence[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """The rows with negative numbers for the summaries of symbols that stand in `texts`. What a model wrote is its own,
    and searched for."""
    model = {
        number for (number,) in store.connection.execute("SELECT id FROM page_labels WHERE origin = 'model'").fetchall()
    }
    short = [
        place
        for place, row in enumerate(rows)
        if isinstance(row[3], str) and cast("int", row[0]) & 7 == 0 and row[1] not in model
    ]
    kept = list(rows)
    for place, text in zip(short, store.shared([cast("str", rows[place][3]) for place in short]), strict=True):
        if isinstance(text, int):
            kept[place] = (*rows[place][:3], -text, *rows[place][4:])
    return kept


def _changed(store: Store, rows: Sequence[tuple[object, ...]], claims: Sequence[tuple[object, ...]]) -> set[object]:
    """The ids of the given pages that differ from what is stored: most pages of a rebuild do not."""
    stored: dict[object, tuple[object, ...]] = {}
    cited: dict[object, list[tuple[object, ...]]] = {}
    given: dict[object, list[tuple[object, ...]]] = {}
    for slots, part in in_chunks([cast("int", row[0]) for row in rows]):
        stored.update({row[0]: row for row in store.connection.execute(f"{_STORED} WHERE p.id IN ({slots})", part)})
        for row in store.connection.execute(f"SELECT * FROM claim_rows WHERE page_id IN ({slots})", part):
            cited.setdefault(row[0], []).append(row)
    for row in claims:
        given.setdefault(row[0], []).append(row)
    return {row[0] for row in rows if stored.get(row[0]) != row or cited.get(row[0], []) != given.get(row[0], [])}


def _indexed(store: Store, rows: Sequence[tuple[object, ...]]) -> list[int]:
    """The ids of those pages whose words are in the full-text index, or will be: of symbols only what a model wrote."""
    written = "SELECT 1 FROM page_rows p JOIN page_labels l ON l.id = p.label_id WHERE p.id = ? AND l.origin = 'model'"
    model = {
        number for (number,) in store.connection.execute("SELECT id FROM page_labels WHERE origin = 'model'").fetchall()
    }
    return [
        number
        for number, label in ((cast("int", row[0]), row[1]) for row in rows)
        if number & 7 or label in model or (model and store.connection.execute(written, (number,)).fetchone())
    ]


def _subject_id(store: Store, page: Page) -> int:
    if page.subject_kind == "symbol":
        return store.symbol_id(page.subject)
    if page.subject_kind == "file":
        return store.file_id(page.subject)
    if page.subject_kind == "repository" and not page.subject:
        return 0
    if page.subject_kind in ("cluster", "artifact"):
        table = f"{page.subject_kind}s"
        found = store.connection.execute(f"SELECT id FROM {table} WHERE key = ?", (clean(page.subject),)).fetchone()
        if found is not None:
            return int(found[0])
    raise InputError(f"a page's subject, {page.subject_kind} {page.subject!r}, is not in the draft", "add it first")


def _touch_subjects(store: Store, subjects: Sequence[tuple[Page, int]]) -> None:
    for kind, sql in (
        ("symbol", "SELECT DISTINCT file_id FROM symbol_rows WHERE id IN ({})"),
        ("file", "SELECT id FROM file_rows WHERE id IN ({})"),
        ("artifact", "SELECT DISTINCT file_id FROM artifacts WHERE id IN ({})"),
    ):
        for slots, part in in_chunks([subject for page, subject in subjects if page.subject_kind == kind]):
            store.touch([file_id for (file_id,) in store.connection.execute(sql.format(slots), part).fetchall()])


def _file_texts(page: Page) -> Texts | None:
    path = clean(page.subject)
    return Texts(path, "", "", "", path) if page.subject_kind == "file" else None


def _symbol_texts(connection: sqlite3.Connection, symbols: Sequence[int]) -> dict[int, Texts]:
    texts: dict[int, Texts] = {}
    for slots, part in in_chunks(symbols):
        rows = connection.execute(
            f"SELECT s.id, s.qualified_name, {_NAME}, replace({STORED_SIGNATURE}, char(22), {_NAME}),"
            " coalesce(d.docstring, ''), f.path FROM symbol_rows s"
            " JOIN file_rows f ON f.id = s.file_id LEFT JOIN docstrings d ON d.symbol_id = s.id"
            f" WHERE s.id IN ({slots})",
            part,
        )
        texts.update({row[0]: Texts(*row[1:]) for row in rows})
    return texts


def _claim_row(store: Store, page: int, position: int, claim: Claim) -> tuple[object, ...]:
    return (
        page,
        position,
        clean(claim.text),
        store.file_id(claim.path),
        check_number(claim.start_line, f"first line of a claim on {claim.path}"),
        check_number(claim.end_line, f"last line of a claim on {claim.path}"),
        digest_bytes(claim.digest, f"a claim on {claim.path}"),
        store.terms.number(claim.verdict),
    )


def set_answers(store: Store, answers: Mapping[bytes, bytes]) -> None:
    """Make these the answers that are kept; those that stay as they were are left alone."""
    stored = dict(store.connection.execute("SELECT digest, data FROM answers"))
    texts = {digest: clean(data.decode("utf-8", "replace")) for digest, data in answers.items()}
    gone = [(digest,) for digest in stored if digest not in texts]
    store.connection.executemany("DELETE FROM answers WHERE digest = ?", gone)
    fresh = [(digest, text) for digest, text in texts.items() if stored.get(digest) != text]
    store.connection.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?)", fresh)


def add_artifacts(store: Store, artifacts: Sequence[Artifact]) -> list[int]:
    """Add artifacts. Returns their ids in the order given."""
    first = store.next_id("artifacts")
    known = {key for (key,) in store.connection.execute("SELECT key FROM artifacts")}
    rows: list[tuple[object, ...]] = []
    for offset, one in enumerate(artifacts):
        key = clean(one.key)
        if key in known:
            raise InputError(f"artifact {key!r} was added twice", "give each key once")
        known.add(key)
        texts = [clean(text) for text in (one.kind, one.name, one.summary, one.detail)]
        start, end = check_number(one.start_line, f"line of {key}"), check_number(one.end_line, f"line of {key}")
        rows.append((first + offset, key, store.file_id(one.path), *texts, start, end, clean(one.target)))
    store.connection.executemany(f"INSERT INTO artifacts VALUES ({','.join('?' * 10)})", rows)
    numbers = list(range(first, first + len(rows)))
    if store.sealed_before:
        store.touch(int(str(row[2])) for row in rows)
        fulltext.announce(store.connection, [number << 3 | SUBJECT_CODES["artifact"] for number in numbers])
    return numbers
