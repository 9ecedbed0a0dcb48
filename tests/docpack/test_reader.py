from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from doctown.docpack import reader
from doctown.docpack.reader import Pack
from doctown.docpack.results import without_chains
from doctown.docpack.verify import verify
from doctown.errors import InputError, PackError
from doctown.model import Unresolved

from .conftest import APP


def alter(path: Path, *statements: str) -> Path:
    """Change a pack behind the back of its digests."""
    connection = sqlite3.connect(path, isolation_level=None)
    for sql in statements:
        connection.execute(sql)
    connection.close()
    return path


def test_symbols_are_found_by_key_name_and_suffix(pack: Path) -> None:
    """A query names a symbol by key, qualified name, name, the end of a qualified name, or without case."""
    with Pack.open(pack) as opened:
        for query in ("src/app.py#Flask.route", "Flask.route", "route", "Flask.ROUTE"):
            assert [entry.symbol.qualified_name for entry in opened.find_symbols(query)] == ["Flask.route"], query
        assert [entry.symbol.name for entry in opened.find_symbols("getJSONResponse")] == ["getJSONResponse"]
        assert opened.find_symbols("oute") == []
        assert opened.find_symbols("") == []
        assert opened.find_symbols('" OR name:*') == []


def test_context_tells_both_directions(pack: Path) -> None:
    """Callers are found as callees are, with tier and reason; similar symbols stand apart."""
    with Pack.open(pack) as opened:
        context = opened.context("src/app.py#Flask.route")
        assert [(one.key, one.kind, one.tier, one.reason, one.line) for one in context.outgoing] == [
            ("src/app.py#Flask.add_url_rule", "calls", "resolved", "self method", 12)
        ]
        assert [one.key for one in context.related] == ["src/helpers.py#jsonify"]
        assert [(one.name, one.reason) for one in context.unresolved] == [("rule", "dynamic")]
        assert context.parent == "src/app.py#Flask"
        called = opened.context("src/app.py#Flask.add_url_rule")
        assert [(one.key, one.line) for one in called.used_by("calls")] == [("src/app.py#Flask.route", 12)]
        flask = opened.context("src/app.py#Flask")
        assert [key.rpartition(".")[2] for key in flask.children] == ["route", "add_url_rule"]
        assert [one.tier for one in flask.used_by("references")] == ["candidate"]
        assert flask.entry.cluster == "src"
        with pytest.raises(InputError, match="no symbol"):
            opened.context("src/app.py#nothing")


def test_pages_files_clusters_and_artifacts(pack: Path) -> None:
    """Everything else that adapters show is there by its key."""
    with Pack.open(pack) as opened:
        page = opened.page("symbol", "src/app.py#Flask.route")
        assert page is not None
        assert page.claims[0].path == "src/app.py"
        assert opened.page("file", "src/app.py") is None
        with pytest.raises(InputError, match="no kind of page"):
            opened.page("claim", "x")
        assert [(one.key, one.parent, one.paths) for one in opened.clusters()] == [
            (".", "", ("README.md",)),
            ("src", ".", ("src/app.py", "src/helpers.py")),
        ]
        assert [one.name for one in opened.artifacts("README.md")] == ["demo"]
        assert [entry.symbol.name for entry in opened.outline("src/app.py")][:2] == ["<module>", "Flask"]
        assert opened.info()["statistics"]["edges_resolved"] == 2  # type: ignore[index]


def test_source_lines_are_cut_to_what_there_is(pack: Path) -> None:
    """Spans from anywhere are clamped, so no span makes a reader fail."""
    with Pack.open(pack) as opened:
        assert opened.source("src/app.py", 1, 1) == '"""The app."""\n'
        assert opened.source("src/app.py", -5, 10**9) == APP.decode()
        assert opened.source("src/app.py", 900, 3) == ""
        with pytest.raises(InputError, match=r"not in demo\.docpack"):
            opened.source("../etc/passwd")


def test_the_contract_tables_answer_plain_sql(pack: Path) -> None:
    """Anyone's sqlite3 sees the contract's names and readable values, by one equality or all at once."""
    connection = sqlite3.connect(pack)
    connection.execute("PRAGMA trusted_schema=OFF")
    edges = connection.execute(
        "SELECT s.qualified_name, e.kind, e.tier, e.reason, e.line, t.qualified_name FROM edges e"
        " JOIN symbols s ON s.id = e.source_id JOIN symbols t ON t.id = e.target_id WHERE e.kind = 'calls' ORDER BY 1"
    ).fetchall()
    assert edges == [
        ("Flask.route", "calls", "resolved", "self method", 12, "Flask.add_url_rule"),
        ("getJSONResponse", "calls", "resolved", "same scope", 3, "jsonify"),
    ]
    assert connection.execute("SELECT name, kind, line, reason FROM unresolved ORDER BY line").fetchall() == [
        ("rule", "references", 12, "dynamic"),
        ("print", "calls", 15, "builtin"),
    ]
    columns = {
        "manifest": "key, value",
        "files": "id, path, language, size, lines, sha256, status, reason",
        "symbols": "id, key, name, qualified_name, kind, language, file_id, parent_id, start_byte, end_byte,"
        " start_line, end_line, signature, docstring, visibility, cluster_id, centrality",
        "chunks": "id, file_id, symbol_id, start_byte, end_byte, tokens",
        "vectors": "chunk_id, model, scale, data",
        "clusters": "id, key, parent_id, label, size",
        "pages": "id, subject_kind, subject_id, title, summary, body, origin, model, status, reason",
        "claims": "page_id, position, text, path, start_line, end_line, digest, verdict",
        "sources": "file_id, data",
        "artifacts": "id, key, file_id, kind, name, summary, detail, start_line, end_line, target",
    }
    for table, names in columns.items():
        assert connection.execute(f"SELECT {names} FROM {table}").fetchall(), table
    plan = connection.execute("EXPLAIN QUERY PLAN SELECT * FROM edges WHERE source_id = 1").fetchall()
    assert "SEARCH e USING PRIMARY KEY" in str(plan)
    connection.close()


def test_nothing_is_written_beside_or_into_an_open_pack(pack: Path) -> None:
    """A pack can be read from a folder that must not change, and no query of a reader can change it."""
    before = pack.read_bytes()
    with Pack.open(pack) as opened:
        list(opened.symbols())
        with pytest.raises(sqlite3.OperationalError):
            opened.connection.execute("DELETE FROM manifest")
        assert [one.name for one in pack.parent.iterdir()] == [pack.name]
    assert pack.read_bytes() == before


def test_a_journal_beside_a_pack_is_left_alone(pack: Path) -> None:
    """A stranger's rollback journal beside the file is not played into it, as SQLite would do by default."""
    journal = pack.with_name(f"{pack.name}-journal")
    journal.write_bytes(bytes.fromhex("d9d505f920a163d7") + bytes(4088))
    before = pack.read_bytes()
    with Pack.open(pack) as opened:
        assert opened.docpack_id
    assert journal.exists()
    assert pack.read_bytes() == before


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("CREATE TRIGGER boom AFTER INSERT ON manifest BEGIN SELECT 1; END", "trigger 'boom'"),
        ("CREATE VIEW spy AS SELECT * FROM manifest", "view 'spy'"),
        ("CREATE VIRTUAL TABLE extra USING fts5(x)", "'extra'"),
        ("CREATE INDEX more ON manifest (value)", "index 'more'"),
        ("CREATE TABLE more (x)", "table 'more'"),
        ("DROP VIEW edges", "lacks 'edges'"),
        ("PRAGMA user_version = 3", "upgrade doctown"),
        ("PRAGMA user_version = 1", "build it again"),
        ("PRAGMA application_id = 7", "not a docpack"),
    ],
)
def test_a_foreign_schema_is_refused(pack: Path, statement: str, words: str) -> None:
    """A trigger, view, table or index that is not ours, or a missing one, is named and nothing is read."""
    alter(pack, statement)
    with pytest.raises(PackError, match=words) as caught:
        Pack.open(pack)
    assert caught.value.mend
    assert verify(pack)[0].check == "format"


def test_a_view_with_another_statement_is_refused(pack: Path) -> None:
    """The statement of each object is compared, not its name alone: a view could read or compute anything."""
    alter(pack, "DROP VIEW edges", "CREATE VIEW edges (source_id) AS SELECT randomblob(100000000)")
    with pytest.raises(PackError, match="altered view 'edges'"):
        Pack.open(pack)


def test_what_is_no_pack_is_refused(tmp_path: Path) -> None:
    """No file, a folder, an empty file, text and another database each get a cause and a mend."""
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "text").write_bytes(b"hello " * 1000)
    sqlite3.connect(tmp_path / "other").execute("CREATE TABLE x (y)").connection.close()
    for name in ("missing", ".", "empty", "text", "other"):
        with pytest.raises(PackError) as caught:
            Pack.open(tmp_path / name)
        assert caught.value.mend
        assert "\n" not in str(caught.value)


def test_a_source_that_explodes_is_refused(pack: Path) -> None:
    """The size that a source claims is checked before memory is taken; damaged frames are named."""
    huge = zstandard.ZstdCompressor().compress(bytes(reader.MAX_SOURCE + 1))
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(1000))
    lying = bytearray(zstandard.ZstdCompressor().compress(b"x" * 1000))
    lying[len(lying) // 2] ^= 0xFF
    for data in (huge, unsized, bytes(lying), b"", b"nonsense"):
        connection = sqlite3.connect(pack)
        connection.execute("UPDATE sources SET data = ?", (data,))
        connection.commit()
        connection.close()
        with Pack.open(pack) as opened, pytest.raises(PackError, match=r"src/app\.py"):
            opened.content("src/app.py")
        assert any(one.check == "sources" for one in verify(pack))


def test_bytes_in_place_of_text_are_refused(pack: Path) -> None:
    """SQLite's strict tables bind honest writers only; a reader hands out no bytes where text was promised."""
    connection = sqlite3.connect(pack, isolation_level=None)
    connection.execute("PRAGMA writable_schema=ON")
    connection.execute("UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')') WHERE name = 'symbol_rows'")
    connection.close()
    alter(pack, "UPDATE symbol_rows SET name = x'6162', start_line = 'one'")
    sql = next(sql for sql in reader.expected().values() if "symbol_rows (" in sql and sql.startswith("CREATE TABLE"))
    connection = sqlite3.connect(pack, isolation_level=None)
    connection.execute("PRAGMA writable_schema=ON")
    connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'symbol_rows'", (sql,))
    connection.close()
    with Pack.open(pack) as opened, pytest.raises(PackError, match="wrong type"):
        opened.symbol("src/app.py#Flask")
    assert any(one.check == "structure" for one in verify(pack))


def test_text_that_unfolds_without_bound_is_refused(pack: Path) -> None:
    """A small page that would unfold to 324 MB is an error, not an exhausted memory."""
    alter(
        pack,
        "UPDATE docstrings SET docstring = printf('%.*c', 18000, 'x')",
        "UPDATE page_rows SET folding = 1, body = replace(printf('%.*c', 18000, 'y'), 'y', char(26))",
    )
    with Pack.open(pack) as opened, pytest.raises(PackError, match="damaged"):
        opened.page("symbol", "src/app.py#Flask")
    assert verify(pack)


def test_a_path_is_looked_up_not_looked_for(pack: Path) -> None:
    """Finding a file, its page or a symbol in it takes no walk over all files, however many there are."""
    with Pack.open(pack) as opened:
        asked: list[str] = []
        opened.connection.set_trace_callback(asked.append)
        path = opened.files()[0].path
        asked.clear()
        assert opened.file(path) is not None
        assert opened.page("file", path) is not None
        opened.connection.set_trace_callback(None)
        queries = [sql for sql in asked if "path = " in sql]
        assert len(queries) == 2
        for sql in queries:
            plan = " ".join(str(row[3]) for row in opened.connection.execute(f"EXPLAIN QUERY PLAN {sql}"))
            assert "files_by_path" in plan
            assert "SCAN" not in plan


def test_opening_loads_nothing_heavy(pack: Path) -> None:
    """Showing a symbol needs neither numpy nor zstandard; importing them would cost more than all the rest."""
    code = (
        "import sys; from doctown.docpack.reader import Pack\n"
        f"with Pack.open({str(pack)!r}) as p: p.context('src/app.py#Flask'); p.page('symbol', 'src/app.py#Flask')\n"
        "print([m for m in ('numpy', 'zstandard', 'tree_sitter') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_a_path_with_signs_of_a_uri_opens(pack: Path) -> None:
    """Characters that mean something in a URI are part of the file's name."""
    odd = pack.rename(pack.with_name("a?b#c%41 d.docpack"))
    with Pack.open(odd) as opened:
        assert opened.docpack_id


def test_manifest_that_is_no_json_is_a_pack_error(pack: Path) -> None:
    """Damage in the manifest is told as damage."""
    alter(pack, "UPDATE manifest SET value = '{' WHERE key = 'source'")
    with Pack.open(pack) as opened, pytest.raises(PackError, match="'source'"):
        opened.manifest()


def test_two_packs_of_one_source_differ_in_nothing_but_time(make_pack: Callable[..., Path]) -> None:
    """Reading order does not depend on the order of writing: files, pages and clusters come sorted."""
    with Pack.open(make_pack("a", 1)) as one, Pack.open(make_pack("b", 2)) as two:
        assert one.files() == two.files()
        assert one.clusters() == two.clusters()
        assert one.context("src/app.py#Flask").incoming == two.context("src/app.py#Flask").incoming


def test_symbols_are_found_by_the_name_that_they_are_imported_by(pack: Path) -> None:
    """Who writes a name out as code imports it finds the symbol, and only what lies where the name says."""
    with Pack.open(pack) as opened:
        for query, name in (
            ("src.app.Flask.route", "Flask.route"),
            ("app.Flask", "Flask"),
            ("flask.app.Flask.route", "Flask.route"),
            ("helpers.jsonify", "jsonify"),
        ):
            assert [entry.symbol.qualified_name for entry in opened.find_symbols(query)] == [name], query
        assert opened.find_symbols("app.jsonify") == []
        assert opened.find_symbols("os.path.Flask") == []


def test_what_goes_on_with_something_foreign_is_not_told_again() -> None:
    """Of a chain of calls on another library's object the first is listed; what may be ours stays."""

    def use(name: str, reason: str) -> Unresolved:
        return Unresolved(1, name, "calls", 1, reason)

    uses = [
        use("select", "external: sql.select"),
        use("select().where", "external: sql.select.where"),
        use("select().where().limit", "external: sql.select.where.limit"),
        use("rows().save", "ambiguous: 2 definitions"),
        use("rows", "dynamic"),
        use("open().read", "builtin"),
    ]
    assert [one.name for one in without_chains(uses)] == ["select", "rows().save", "rows", "open().read"]
