from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from doctown.docpack.draft import Draft
from doctown.docpack.folding import LINKS
from doctown.docpack.fulltext import documents
from doctown.docpack.reader import Pack
from doctown.docpack.verify import verify
from doctown.model import Chunk, Page, Symbol
from tests.docpack.conftest import make_file, make_symbol

PATH = "src/same.py"
NAMES = [f"method_{letter}" for letter in "abcdef"]
CODE = "".join(f"def {name}(self, one): pass\n" for name in NAMES).encode()
SUMMARY = "Does what the others do."


def _symbols() -> list[Symbol]:
    file, top = (PATH, CODE), f"{PATH}#<module>"
    return [
        make_symbol(file, "<module>", "module", "", b""),
        *(
            make_symbol(file, name, "function", top, f"def {name}".encode(), signature=f"def {name}(self, one)")
            for name in NAMES
        ),
    ]


def _pages(summary: str = SUMMARY, **more: str) -> list[Page]:
    return [
        Page(
            subject_kind="symbol", subject=f"{PATH}#{name}", title=name, summary=summary, body="",
            origin=more.get("origin", "extractive"), model=more.get("model", ""), status="complete",
        )  # type: ignore[arg-type]
        for name in NAMES
    ]  # fmt: skip


def _fill(draft: Draft, pages: list[Page]) -> None:
    draft.add_files([(make_file(PATH, CODE), CODE)])
    draft.add_symbols(_symbols())
    draft.add_chunks([Chunk(path=PATH, symbol="", start_byte=0, end_byte=len(CODE), tokens=9)])
    draft.add_pages(pages)


@pytest.fixture
def same(tmp_path: Path) -> Path:
    """A pack of functions that differ in nothing but their names."""
    path = tmp_path / "same.docpack"
    with Draft.open(tmp_path / "same.draft", {}) as draft:
        _fill(draft, _pages())
        draft.seal(path)
    return path


BODY = f"""Has `"quoted"` things of {PATH}.

## Symbols

- [`method_a`](<doctown:symbol/{PATH}#method_a>) — Does it.
- [`inner`](<doctown:symbol/{PATH}#Outer.inner>) — Is named otherwise.

## Depends on

- [`src/other.py`](<doctown:file/src/other.py>) (`one`)
- [`#odd`](<doctown:file/#odd>)
- [`src/same.py`](<doctown:file/src/same.py>)
"""


@pytest.fixture
def linked(tmp_path: Path) -> Path:
    """A pack of a file whose page has links."""
    path = tmp_path / "linked.docpack"
    with Draft.open(tmp_path / "linked.draft", {}) as draft:
        page = Page(
            subject_kind="file", subject=PATH, title=PATH, summary="Has links.", body=BODY, origin="extractive",
            status="complete",
        )  # fmt: skip
        _fill(draft, [page])
        draft.seal(path)
    return path


def test_a_link_names_what_it_leads_to_once(linked: Path) -> None:
    """A file's page keeps a text for each link to a file or to its own symbol, and reads as it did; links that say
    something else stay as they are, and words are found in it as before."""
    ((folding, stored),) = _ask(linked, "SELECT folding, body FROM page_rows")
    assert folding == LINKS
    assert json.loads(str(stored))[1::2] == ["#method_a", "src/other.py"]
    assert _ask(linked, "SELECT body FROM pages") == [(BODY,)]
    connection = sqlite3.connect(linked)
    (text,) = (text for number, _, _, text in documents(connection) if number & 7 == 1)
    connection.close()
    assert BODY in text
    assert verify(linked) == []


@pytest.mark.parametrize("body", ["", "no JSON", '"text"', '{"0": "a"}'])
def test_links_that_are_no_list_are_named(linked: Path, body: str) -> None:
    """What a stranger stored in place of a list of texts is a problem of that page."""
    _ask(linked, f"UPDATE page_rows SET body = '{body}'")
    assert any("has texts that cannot be unfolded" in one.text for one in verify(linked))


def _ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    rows = connection.execute(sql).fetchall()
    connection.commit()
    connection.close()
    return rows


def test_what_many_symbols_have_stands_once(same: Path) -> None:
    """Signatures that differ in the name alone and equal summaries are one row each, and come back as they were."""
    assert sorted(_ask(same, "SELECT text FROM texts")) == [("Does what the others do.",), ("def \x16(self, one)",)]
    with Pack.open(same) as pack:
        assert [entry.symbol.signature for entry in pack.symbols()][1:] == [f"def {name}(self, one)" for name in NAMES]
        assert {page.summary for page in pack.pages()} == {SUMMARY}
        assert _symbols() == [entry.symbol for entry in pack.symbols()]
    assert verify(same) == []


def test_tables_of_a_draft_have_the_texts(tmp_path: Path) -> None:
    """The stages see signatures as they were given."""
    with Draft.open(tmp_path / "x.draft", {}) as draft:
        _fill(draft, [])
        assert list(draft.symbols().values()) == _symbols()


def test_what_a_model_wrote_stays_in_its_row(tmp_path: Path) -> None:
    """Pages by a model are searched for by their own words, so none of them is a number."""
    with Draft.open(tmp_path / "x.draft", {}) as draft:
        _fill(draft, _pages(origin="model", model="large"))
        draft.seal(tmp_path / "x.docpack")
    assert _ask(tmp_path / "x.docpack", "SELECT DISTINCT summary FROM page_rows") == [(SUMMARY,)]
    assert verify(tmp_path / "x.docpack") == []


def test_a_page_that_is_what_it_was_is_not_written_again(same: Path, tmp_path: Path) -> None:
    """A rebuild compares texts, not numbers: nothing of the file is touched, so its digest is kept."""
    with Draft.from_pack(same, tmp_path / "x.draft", {}) as draft:
        draft.add_pages(_pages())
        assert draft._connection.execute("SELECT count(*) FROM file_rows WHERE digest IS NULL").fetchone() == (0,)
        draft.add_pages(_pages("Does something else."))
        assert draft._connection.execute("SELECT count(*) FROM file_rows WHERE digest IS NULL").fetchone() == (1,)
        draft.seal(tmp_path / "y.docpack")
    texts = _ask(tmp_path / "y.docpack", "SELECT text FROM texts")
    assert (SUMMARY,) not in texts  # what nobody has any more is gone
    assert ("Does something else.",) in texts
    assert verify(tmp_path / "y.docpack") == []


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE symbol_rows SET signature = 99 WHERE id = 2", "symbol 2 has a signature that cannot be unfolded"),
        ("UPDATE symbol_rows SET signature = 1.5 WHERE id = 2", "symbol 2 has a signature that cannot be unfolded"),
        ("UPDATE page_rows SET summary = -99 WHERE id = 16", "page 16 has texts that cannot be unfolded"),
        ("INSERT INTO texts SELECT 99, text FROM texts LIMIT 1", "occurs more than once"),
        ("UPDATE texts SET text = 'No.'", "'src/same.py' differs"),
    ],
)
def test_each_alteration_is_named(same: Path, statement: str, words: str) -> None:
    """A number that stands for no text, and a text that is another one, are named."""
    _ask(same, statement)
    assert any(words in one.text for one in verify(same)), [str(one) for one in verify(same)]
