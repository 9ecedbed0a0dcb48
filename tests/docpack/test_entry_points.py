"""Entry points are stored, read and kept up to date with the files and symbols that they hang on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from doctown.docpack import entry_points
from doctown.docpack.diff import diff
from doctown.docpack.draft import Draft
from doctown.docpack.reader import Pack
from doctown.docpack.verify import verify
from doctown.errors import InputError
from doctown.model import EntryPoint

from .conftest import APP, FINGERPRINT, demo_entries, demo_symbols, make_file

ROUTE, JSONIFY = "src/app.py#Flask.route", "src/helpers.py#jsonify"


def ids(pack: Pack) -> tuple[int, int]:
    return pack.symbol(ROUTE).id, pack.symbol(JSONIFY).id  # type: ignore[union-attr]


def test_what_goes_in_comes_out_without_tests_in_lists(pack: Path) -> None:
    """Lists leave the many tests to be counted; who asks for a symbol is told them too."""
    with Pack.open(pack) as opened:
        route, jsonify = ids(opened)
        wanted = demo_entries(route, jsonify)
        assert entry_points.listed(opened) == wanted[:3]
        assert entry_points.listed(opened, ("test",)) == wanted[3:]
        assert entry_points.of_symbol(opened, jsonify) == wanted[2:]
        statistics = opened.manifest()["statistics"]
        assert statistics["entry_points"] == 4 and statistics["entry_points_route"] == 2  # type: ignore[index]


def test_of_a_test_only_its_symbol_is_stored(pack: Path) -> None:
    """Large projects have tens of thousands of tests, whose names and places their symbols tell already."""
    rows = sqlite3.connect(pack).execute(
        "SELECT e.file_id, e.name, e.line FROM entry_rows e JOIN terms t ON t.id = e.kind WHERE t.term = 'test'"
    )
    assert rows.fetchall() == [(None, None, None)]


@pytest.mark.parametrize(
    ("path", "of_tests"),
    [("tests/test_app.py", True), ("src/app_test.go", True), ("web/a.spec.ts", True), ("src/app.py", False),
     ("examples/auth.py", False), ("src/latest/contest.py", False)],
)  # fmt: skip
def test_what_tests_declare_is_told_apart(path: str, of_tests: bool) -> None:
    """A route that a test makes is none of the project's."""
    assert entry_points.is_of_tests(EntryPoint(kind="route", name="GET /", symbol=1, path=path, line=1)) == of_tests


def reopened(pack: Path, tmp_path: Path) -> Draft:
    return Draft.from_pack(pack, tmp_path / "next.draft", FINGERPRINT)


def sealed(draft: Draft, tmp_path: Path) -> Path:
    draft.seal(tmp_path / "next.docpack")
    assert verify(tmp_path / "next.docpack") == []
    return tmp_path / "next.docpack"


def test_only_files_whose_entry_points_differ_are_touched(pack: Path, tmp_path: Path) -> None:
    """Storing what is there already costs a rebuild nothing; something else is stored and reaches the identity."""
    with Pack.open(pack) as opened:
        wanted, before = demo_entries(*ids(opened)), opened.docpack_id
    draft = reopened(pack, tmp_path)
    draft.set_entry_points(wanted)
    draft.set_entry_points([], ["README.md", "no/such.py"])
    assert draft.seal(tmp_path / "same.docpack") == before
    draft = reopened(pack, tmp_path)
    draft.set_entry_points(wanted[1:])
    with Pack.open(pack) as old, Pack.open(sealed(draft, tmp_path)) as new:
        changes = diff(old, new)
        assert changes.entries_lost == (("route", "GET /x", "src/helpers.py", ROUTE),)
        assert changes.entries_gained == () and old.docpack_id != new.docpack_id


def test_entry_points_go_with_the_file_that_declares_them(pack: Path, tmp_path: Path) -> None:
    """A removed file leaves none behind, wherever their symbols are."""
    draft = reopened(pack, tmp_path)
    draft.remove_files(["src/helpers.py"])
    assert draft.entry_points() == []


def test_entry_points_go_with_the_symbol_that_they_lead_to(pack: Path, tmp_path: Path) -> None:
    """A route to a function that is gone leads nowhere: verification would find a row without its symbol."""
    draft = reopened(pack, tmp_path)
    draft.remove_files(["src/app.py"])
    assert [one.name for one in draft.entry_points()] == ["json"]
    assert sealed(draft, tmp_path).exists()


def test_a_symbol_that_moves_takes_no_declaration_with_it(pack: Path, tmp_path: Path) -> None:
    """A route is declared on its own line, also where that was by chance the line of its function in another file."""
    with Pack.open(pack) as opened:
        route, _ = ids(opened)
    chance = EntryPoint(kind="route", name="GET /x", symbol=route, path="src/helpers.py", line=5)
    content = b"\n" + APP
    draft = reopened(pack, tmp_path)
    draft.set_entry_points([chance])
    with draft.replacing(["src/app.py"]):
        draft.add_files([(make_file("src/app.py", content), content)])
        draft.add_symbols([one for one in demo_symbols() if one.path == "src/app.py"])
    assert draft.entry_points() == [chance]


def test_a_symbol_that_does_not_come_back_takes_its_entry_points_along(pack: Path, tmp_path: Path) -> None:
    """Replacing a file cuts what led to a symbol that its new content lacks."""
    draft = reopened(pack, tmp_path)
    with draft.replacing(["src/app.py"]):
        draft.add_files([(make_file("src/app.py", APP), APP)])
        draft.add_symbols(demo_symbols()[:2])
    assert [one.name for one in draft.entry_points()] == ["json"]


def test_an_unknown_symbol_is_refused(make_pack: Callable[..., Path], tmp_path: Path) -> None:
    """A stage that names a symbol that is not there is told so, not found out at the seal."""
    draft = reopened(make_pack(), tmp_path)
    with pytest.raises(InputError, match="leads to the unknown symbol 99"):
        draft.set_entry_points([EntryPoint(kind="main", name="x", symbol=99, path="src/app.py", line=1)])
    draft.close()
