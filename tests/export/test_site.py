"""The site: every page there, every link alive, nothing of a stranger's comes through, and the same each time."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree import ElementTree

import pytest

from doctown.docpack.reader import Pack
from doctown.errors import InputError
from doctown.export import Exported, export
from doctown.export.bulk import Bulk
from doctown.viewer import names, pages
from doctown.viewer.book import Book
from tests.viewer.test_app import Page


@pytest.fixture(scope="module")
def written(hostile: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Exported]:
    """A site with all that there is to ask for."""
    folder = tmp_path_factory.mktemp("site") / "site"
    return folder, export(hostile, "site", folder, base_url="https://docs.example/shop", since=hostile)


@pytest.fixture
def site(written: tuple[Path, Exported]) -> Path:
    return written[0]


def test_every_link_of_every_page_leads_to_a_file(site: Path) -> None:
    """The site can be put on any host, or opened from a disk: all links are relative, and none is dead."""
    checked = 0
    for file in site.rglob("*.html"):
        own = file.relative_to(site).as_posix()
        page = Page(file.read_text())
        assert not page.inline, own
        assert not [name for name in page.attributes if name.startswith("on") or name == "style"], own
        assert "img" not in page.tags, own
        for link in [*page.links, *page.loads]:
            parts = urlsplit(link)
            if parts.netloc:
                assert link in page.links, "no page loads anything from elsewhere"
                assert parts.netloc in ("example.org", "github.com"), (own, link)
                continue
            assert not parts.scheme, (own, link)
            assert not link.startswith("/"), (own, link)
            target = (
                site / unquote(urlsplit(urljoin(f"http://x/{own}", parts.path)).path.lstrip("/"))
                if parts.path
                else file
            )
            assert target.is_file(), (own, link)
            checked += 1
    assert checked > 200


def test_every_subject_has_its_page_and_every_page_a_twin(site: Path, hostile: Path) -> None:
    """Nothing of a pack is missing from its site."""
    with Pack.open(hostile) as pack:
        for entry in pack.symbols():
            assert (site / names.page_path("symbol", entry.symbol.key)).is_file()
        for file in pack.files():
            assert (site / names.page_path("file", file.path)).is_file()
    for file in site.rglob("*.html"):
        if file.name != "map.html" and "source" not in file.relative_to(site).parts[:1]:
            assert file.with_suffix(".md").is_file(), file


def test_the_site_has_the_viewers_pages(site: Path, hostile: Path) -> None:
    """What is read from all symbols at once makes the same page as what is asked of one."""
    with Pack.open(hostile) as pack:
        book = Book(pack, changes=True)
        for entry in pack.symbols():
            path = names.page_path("symbol", entry.symbol.key)
            made = pages.find(book, path)
            assert made is not None
            assert (site / path).read_text() == made.html
            assert (site / path).with_suffix(".md").read_text() == made.twin


def test_bulk_contexts_are_those_of_the_reader(hostile: Path) -> None:
    """Reading the whole graph at once tells the same of a symbol as asking for it."""
    with Pack.open(hostile) as pack:
        bulk = Bulk(pack)
        for entry in pack.symbols():
            asked = pack.context(entry.symbol.key)
            assert bulk.context(entry, asked.children) == asked


def test_two_exports_are_the_same_to_the_byte(site: Path, hostile: Path, tmp_path: Path) -> None:
    """A site under version control changes only where the code did."""
    export(hostile, "site", tmp_path / "again", base_url="https://docs.example/shop/", since=hostile)
    first = {file.relative_to(site): file.read_bytes() for file in site.rglob("*") if file.is_file()}
    again = {
        file.relative_to(tmp_path / "again"): file.read_bytes()
        for file in (tmp_path / "again").rglob("*")
        if file.is_file()
    }
    assert first == again


def test_the_sitemap_has_every_page(written: tuple[Path, Exported]) -> None:
    """Search engines find all pages, by whole addresses."""
    site, done = written
    found = [
        element.text or "" for element in ElementTree.parse(site / "sitemap.xml").iter() if element.tag.endswith("loc")
    ]
    assert len(found) == done.pages == len(list(site.rglob("*.html")))
    assert all((site / one.removeprefix("https://docs.example/shop/")).is_file() for one in found)


def test_llms_txt_follows_its_convention(site: Path) -> None:
    """A title, a summary, sections of links to Markdown that is there."""
    text = (site / "llms.txt").read_text()
    lines = text.splitlines()
    assert lines[0].startswith("# shop")
    assert any(line.startswith("> ") for line in lines[:4])
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert links
    assert all((site / link).is_file() for link in links)


def test_pages_from_files_are_told_what_they_may_do(site: Path) -> None:
    """Where no server says it, the page itself does."""
    for file in site.rglob("*.html"):
        assert "Content-Security-Policy\" content=\"default-src 'none'; script-src 'self'" in file.read_text(), file


def index_of(site: Path) -> dict[str, list[tuple[str, list[object], int]]]:
    """The search index as the page's script reads it: shard to its terms."""
    shards: dict[str, list[tuple[str, list[object], int]]] = {}
    for file in (site / "search").glob("s*.js"):
        found = re.fullmatch(r'doctownShard\("(s\d+)",(.*)\);', file.read_text(), re.DOTALL)
        assert found
        rows, terms = json.loads(f"[{found[2]}]")
        shards[found[1]] = [(word, rows[row], weight) for word, row, weight in terms]
    index = json.loads((site / "search/index.js").read_text().removeprefix("window.doctownIndex=").removesuffix(";"))
    return {prefix: shards[name] for prefix, name in index["shards"].items()}


def test_search_finds_every_symbol_by_the_words_of_its_name(site: Path, hostile: Path) -> None:
    """Client-side search knows all symbols, and leads to pages that are there."""
    index = index_of(site)
    found = {row[1] for terms in index.values() for _, row, _ in terms}
    assert all((site / str(href)).is_file() for href in found)
    with Pack.open(hostile) as pack:
        for entry in pack.symbols():
            if entry.symbol.kind != "module":
                assert names.page_path("symbol", entry.symbol.key) in found


def test_an_address_that_is_none_is_refused(hostile: Path, tmp_path: Path) -> None:
    """A sitemap of wrong addresses would be found out by search engines alone."""
    for url in ("docs.example", "javascript:x", "https://x?y", "ftp://x"):
        with pytest.raises(InputError, match="base-url"):
            export(hostile, "site", tmp_path / "x", base_url=url)
    assert not (tmp_path / "x").exists()
