from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from doctown.docpack import canonical
from doctown.docpack.reader import Pack
from doctown.docpack.schema import INDEXES
from doctown.docpack.verify import verify
from doctown.errors import PackError

from .test_reader import alter


def test_a_sound_pack_has_no_problems(pack: Path) -> None:
    """A pack that was just built verifies."""
    assert verify(pack) == []


@pytest.mark.parametrize(
    ("statement", "check", "words"),
    [
        ("UPDATE terms SET term = 'weird' WHERE term = 'class'", "values", "symbol kind 'weird'"),
        ("UPDATE edge_labels SET tier = 'sure' WHERE tier = 'resolved'", "values", "tier of edge 'sure'"),
        ("UPDATE page_labels SET origin = 'oracle'", "values", "origin of page 'oracle'"),
        ("UPDATE symbol_rows SET file_id = 99 WHERE id = 2", "references", "symbol_rows.file_id 99"),
        ("UPDATE file_rows SET cluster_id = 99", "references", "file_rows.cluster_id 99"),
        ("UPDATE chunks SET symbol_id = 99 WHERE id = 1", "references", "chunks.symbol_id 99"),
        ("UPDATE page_rows SET id = 800 WHERE id = 16", "pages", "page 800 has no subject"),
        ("UPDATE page_rows SET summary = 9999 WHERE summary = 18", "pages", "cannot be unfolded"),
        ("UPDATE symbol_rows SET parent_id = 3 WHERE id = 2", "keys", "its own ancestor"),
        ("UPDATE symbol_rows SET qualified_name = 'Flask.route', name = 5 WHERE id = 4", "keys", "more than once"),
        ("UPDATE symbol_rows SET parent_id = 5 WHERE id = 2", "keys", "parent in another file"),
        ("UPDATE file_rows SET path = '../x' WHERE id = 1", "keys", "clean relative path"),
        ("DELETE FROM symbol_rows WHERE id = 1", "keys", "module symbol"),
        ("UPDATE edge_lists SET data = char(1, 100, 1, 1)", "edges", "does not exist"),
        ("UPDATE edge_lists SET data = data || 'x'", "edges", "cannot be decoded"),
        ("UPDATE edge_lists SET data = data || data", "edges", "same edge twice"),
        ("UPDATE edge_lists SET part = 1 WHERE source_id = 6", "edges", "in part"),
        ("UPDATE symbol_rows SET name = 99 WHERE id = 2", "keys", "cannot be unfolded"),
        ("DELETE FROM incoming_lists WHERE target_id = 2", "edges", "incoming list of symbol 2"),
        ("UPDATE incoming_lists SET data = char(1, 2)", "edges", "differs from the edges"),
        ("UPDATE unresolved_lists SET data = char(1, 100, 2, 2)", "unresolved", "unknown name"),
        ("INSERT INTO series VALUES (5)", "series", "the series has"),
        ("UPDATE vector_rows SET scale = -1.0 WHERE chunk_id = 1", "vectors", "scale -1.0"),
        ("UPDATE vector_rows SET scale = 9e999 WHERE chunk_id = 1", "vectors", "scale inf"),
        ("UPDATE vector_rows SET data = x'00' WHERE chunk_id = 1", "vectors", "mixed"),
        ("UPDATE symbol_rows SET end_byte = 99999 WHERE id = 2", "spans", "spans bytes"),
        ("UPDATE symbol_rows SET start_byte = -1 WHERE id = 2", "spans", "spans bytes"),
        ("UPDATE symbol_rows SET end_line = 1, start_line = 2 WHERE id = 2", "spans", "spans lines"),
        ("UPDATE chunks SET end_byte = end_byte - 1 WHERE id = 1", "chunks", "gap or overlap"),
        ("UPDATE chunks SET end_byte = end_byte - 1 WHERE id = 2", "chunks", "end at byte"),
        ("DELETE FROM chunks WHERE file_id = 2", "chunks", "has no chunks"),
        ("UPDATE terms SET term = 'weird' WHERE term = 'route'", "values", "kind of entry point 'weird'"),
        ("UPDATE entry_rows SET symbol_id = 99 WHERE name = 'json'", "references", "entry_rows.symbol_id 99"),
        ("UPDATE entry_rows SET file_id = 99 WHERE file_id = 2", "references", "entry_rows.file_id 99"),
        ("UPDATE entry_rows SET line = 99 WHERE file_id = 2", "keys", "a line that its file does not have"),
        ("UPDATE entry_rows SET name = 'GET /x' WHERE file_id = 2", "keys", "'GET /x' is there twice"),
        ("UPDATE entry_rows SET name = 'GET /y' WHERE name = 'GET /x'", "digests", "'src/helpers.py' differs"),
        ("DELETE FROM entry_rows WHERE name IS NULL", "digests", "'src/helpers.py' differs"),
        ("UPDATE file_rows SET sha256 = randomblob(32) WHERE id = 1", "sources", "SHA-256"),
        ("UPDATE file_rows SET size = 7 WHERE id = 1", "sources", "the file states 7"),
        ("UPDATE claim_rows SET start_line = 3", "claims", "digest differs"),
        ("UPDATE claim_rows SET end_line = 9999", "claims", "cites lines"),
        ("UPDATE manifest SET value = '{}' WHERE key = 'statistics'", "manifest", "statistics state None"),
        ("DELETE FROM manifest WHERE key = 'docpack_id'", "manifest", "'docpack_id' is missing"),
        ("UPDATE manifest SET value = '\"2000\"' WHERE key = 'created'", "digests", "manifest_digest"),
        ("UPDATE manifest SET value = '{}' WHERE key = 'source'", "digests", "docpack_id"),
        ("UPDATE docstrings SET docstring = 'No.' WHERE symbol_id = 1", "digests", "'src/app.py' differs"),
        ("UPDATE symbol_rows SET centrality = 1 WHERE id = 2", "digests", "docpack_id"),
        ("UPDATE clusters SET label = 'x'", "digests", "docpack_id"),
        ("UPDATE page_rows SET body = 'x' WHERE id = 3", "digests", "docpack_id"),
        ("UPDATE vector_rows SET data = zeroblob(8) WHERE chunk_id = 1", "digests", "vectors_digest"),
        ("DELETE FROM sources WHERE file_id = 3", "digests", "docpack_id"),
        ("INSERT INTO search(rowid, name) VALUES (16, 'poison')", "index", "words of the content"),
        ("DELETE FROM search_data WHERE id > 10", "index", "full-text index"),
        ("UPDATE search_data SET block = randomblob(50) WHERE id = 10", "index", "full-text index"),
    ],
)
def test_each_alteration_is_named(pack: Path, statement: str, check: str, words: str) -> None:
    """Whatever row is changed, a problem of the right sort names it."""
    alter(pack, statement)
    problems = verify(pack)
    assert any(one.check == check and words in one.text for one in problems), [str(one) for one in problems]


def test_every_problem_is_named_not_the_first(pack: Path) -> None:
    """Three unrelated alterations give at least three problems."""
    alter(
        pack,
        "UPDATE vector_rows SET scale = -1.0 WHERE chunk_id = 1",
        "UPDATE symbol_rows SET start_byte = -1 WHERE id = 2",
        "UPDATE page_labels SET origin = 'oracle'",
    )
    assert {"vectors", "spans", "values", "digests"} <= {one.check for one in verify(pack)}


def test_a_page_moved_to_another_subject_is_noticed(pack: Path) -> None:
    """Pages are covered under their subject's key, so swapping two pages changes the identity."""
    alter(
        pack,
        "UPDATE page_rows SET id = 1000 WHERE id = 16",
        "UPDATE page_rows SET id = 16 WHERE id = 24",
        "UPDATE page_rows SET id = 24 WHERE id = 1000",
    )
    assert any("'src/app.py' differs" in one.text for one in verify(pack))


def readable_or_refused(path: Path) -> None:
    """What a reader does with any file: an answer or a PackError, nothing else."""
    try:
        with Pack.open(path) as pack:
            pack.manifest()
            for entry in list(pack.symbols())[:3]:
                pack.context(entry.symbol.key)
                pack.page("symbol", entry.symbol.key)
            for file in pack.files():
                pack.source(file.path)
            pack.find_symbols("route")
    except PackError as error:
        assert "\n" not in str(error)


def test_truncated_packs_are_noticed(pack: Path) -> None:
    """Cut at any place, a pack is refused or its problems are named; never a traceback, never silence."""
    whole = pack.read_bytes()
    for length in [*range(0, 200, 40), *range(512, len(whole), 9973), len(whole) - 1]:
        pack.write_bytes(whole[:length])
        assert verify(pack), length
        readable_or_refused(pack)


@pytest.mark.parametrize("seed", range(6))
def test_flipped_bytes_are_noticed_or_harmless(pack: Path, seed: int) -> None:
    """A flipped byte is noticed unless it lies where nothing is stored; then the content is unchanged."""
    whole = pack.read_bytes()
    with Pack.open(pack) as opened:
        content = dump(opened.connection)
    generator = random.Random(seed)
    for _ in range(25):
        at = generator.randrange(100, len(whole))
        pack.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << generator.randrange(8))]) + whole[at + 1 :])
        readable_or_refused(pack)
        if not verify(pack):
            with Pack.open(pack) as opened:
                assert dump(opened.connection) == content, at


def dump(connection: sqlite3.Connection) -> list[object]:
    """All that the tables of the pack say."""
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return [connection.execute(f"SELECT * FROM {name}").fetchall() for name in sorted(names) if name not in INDEXES]


def test_a_cycle_of_clusters_ends(pack: Path) -> None:
    """A hostile hierarchy without a root does not hang a check, and is named."""
    alter(pack, "UPDATE clusters SET parent_id = 3 - id")
    assert any("cluster 1 is its own ancestor" in one.text or "cluster 2" in one.text for one in verify(pack))


def test_the_identity_does_not_depend_on_the_order_of_writing(make_pack: Callable[..., Path]) -> None:
    """Any order of insertion gives the same docpack_id and vectors_digest, though row ids and times differ."""
    identities = set()
    for seed in (None, 1, 2, 3):
        with Pack.open(make_pack(f"{seed}.docpack", seed)) as pack:
            identities.add((pack.docpack_id, pack.manifest()["vectors_digest"]))
    assert len(identities) == 1


def test_the_identity_is_the_documented_one(pack: Path) -> None:
    """A second implementation, written from `docs/format.md` on the views alone, comes to the same identity."""
    with Pack.open(pack) as opened:
        assert independent_identity(opened.connection) == opened.docpack_id


def independent_identity(connection: sqlite3.Connection) -> str:  # noqa: PLR0912 - one branch per sort of row
    """The docpack_id by the text of the specification, without this package's code."""
    import hashlib
    import json
    from collections import defaultdict

    def line(*cells: object) -> str:
        return json.dumps(cells, ensure_ascii=False, separators=(",", ":"))

    def digest(lines: list[str]) -> str:
        return hashlib.sha256("".join(f"{one}\n" for one in sorted(lines)).encode()).hexdigest()

    def rows(sql: str) -> list[tuple[object, ...]]:
        return connection.execute(sql).fetchall()

    paths = dict(rows("SELECT id, path FROM files"))
    keys = dict(rows("SELECT id, key FROM symbols"))
    home = dict(rows("SELECT id, file_id FROM symbols"))
    clusters = dict(rows("SELECT id, key FROM clusters"))
    artifacts = dict(rows("SELECT id, key FROM artifacts"))
    artifact_home = dict(rows("SELECT id, file_id FROM artifacts"))
    of: defaultdict[object, list[str]] = defaultdict(list)
    whole = [line("docpack", "docpack/2.0"), line("sources", rows("SELECT count(*) FROM sources")[0][0])]
    for row in rows("SELECT id, path, language, size, lines, sha256, status, reason, redactions FROM files"):
        of[row[0]].append(line("file", *row[1:]))
    for row in rows(
        "SELECT file_id, key, name, qualified_name, kind, language, parent_id, start_byte, end_byte, start_line,"
        " end_line, signature, docstring, visibility FROM symbols"
    ):
        of[row[0]].append(line("symbol", *row[1:6], keys.get(row[6]), *row[7:]))
    for table, cells in (("edges", "kind, tier, reason, target_id, line"), ("unresolved", "name, kind, reason, line")):
        lists: defaultdict[object, list[str]] = defaultdict(list)
        for source, *found in rows(f"SELECT source_id, {cells} FROM {table}"):
            if table == "edges":
                found[3] = keys[found[3]]
                if found[0] == "similar":
                    continue
            lists[source].append(line(*found))
        for source, entries in lists.items():
            of[home[source]].append(f"[{line(table, keys[source])[1:-1]},{','.join(sorted(entries))}]")
    for row in rows("SELECT file_id, symbol_id, start_byte, end_byte, tokens FROM chunks"):
        of[row[0]].append(line("chunk", paths[row[0]], keys.get(row[1]), *row[2:]))
    for row in rows("SELECT file_id, key, kind, name, summary, detail, start_line, end_line, target FROM artifacts"):
        of[row[0]].append(line("artifact", row[1], paths[row[0]], *row[2:]))
    ids = {path: number for number, path in paths.items()}
    for kind, name, symbol, path, at in rows("SELECT kind, name, symbol_id, path, line FROM entry_points"):
        of[ids[path]].append(line("entry_point", path, kind, name, keys[symbol], at))
    subjects = {}
    for page, kind, subject, *texts in rows(
        "SELECT id, subject_kind, subject_id, title, summary, body, origin, model, status, reason FROM pages"
    ):
        names = {"symbol": keys, "file": paths, "cluster": clusters, "artifact": artifacts}.get(str(kind), {})
        where = {"symbol": home.get(subject), "file": subject, "artifact": artifact_home.get(subject)}.get(str(kind))
        subjects[page] = (kind, names.get(subject, ""), of[where] if where else whole)
        subjects[page][2].append(line("page", kind, names.get(subject, ""), *texts))
    for page, *cells in rows("SELECT page_id, position, text, path, start_line, end_line, digest, verdict FROM claims"):
        kind, name, lines = subjects[page]
        lines.append(line("claim", kind, name, *cells))
    whole += [line("digest", path, digest(of[number])) for number, path in paths.items()]
    volatile = {
        "docpack_id",
        "vectors_digest",
        "manifest_digest",
        "created",
        "timings",
        "costs",
        "statistics",
        "reading",
    }
    whole += [line("manifest", *row) for row in rows("SELECT key, value FROM manifest") if row[0] not in volatile]
    billionths = rows("SELECT key, CAST(round(centrality * 1e9) AS INTEGER) FROM symbols WHERE centrality != 0")
    whole += [line("centrality", *row) for row in billionths]
    for key, parent, label, size in rows("SELECT key, parent_id, label, size FROM clusters"):
        whole.append(line("cluster", key, clusters.get(parent), label, size))
    for path, cluster in rows("SELECT path, cluster_id FROM files WHERE cluster_id IS NOT NULL"):
        whole.append(line("member", path, clusters[cluster]))
    return digest(whole)


def test_json_of_sqlite_is_json_of_the_specification() -> None:
    """The lines made inside SQLite escape as Python's json does: quotes, control characters, nothing else."""
    connection = sqlite3.connect(":memory:")
    text = "".join(map(chr, range(1, 0x120))) + '\u2028\ud7ff\ue000\U0001f600\\"/'
    (made,) = connection.execute("SELECT json_array(?, 1, NULL)", (text,)).fetchone()
    assert made == canonical.json_line(text, 1, None)
