"""The viewer over HTTP: every page answers, a browser is told what it may do, and nobody else's name is served."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from starlette.testclient import TestClient

from doctown.docpack.draft import Draft
from doctown.docpack.search import Filter
from doctown.viewer.app import POLICY, app, narrowed
from doctown.viewer.assets import assets
from doctown.viewer.library import Files, Jobs
from tests.viewer.conftest import STRANGE

ROOT = "/packs/shop"


@pytest.fixture(scope="module")
def library(hostile: Path) -> Files:
    other = hostile.with_name("other.docpack")
    shutil.copyfile(hostile, other)
    return Files([hostile, other])


@pytest.fixture
def client(library: Files) -> Iterator[TestClient]:
    with TestClient(app(library, jobs=Jobs(models=("m",))), base_url="http://127.0.0.1:1234") as made:
        yield made


class Page(HTMLParser):
    """What a browser would load from a page, where it would go, and which elements and attributes there are."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.inline = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        self.attributes |= set(found)
        if tag == "script" and not found.get("src"):
            self.inline += 1
        if tag == "link" and found.get("rel") == "alternate":
            self.links.append(found.get("href") or "")
        elif tag in ("script", "img", "link", "iframe", "image", "use"):
            self.loads.append(found.get("src") or found.get("href") or "")
        elif tag == "a" and found.get("href"):
            self.links.append(str(found["href"]))


def crawl(client: TestClient, start: str) -> dict[str, str]:
    """Every page that links lead to, by address."""
    seen: dict[str, str] = {}
    waiting = [start]
    while waiting:
        address = waiting.pop().partition("#")[0]
        if address in seen:
            continue
        reply = client.get(address)
        assert reply.status_code == 200, address
        seen[address] = reply.text
        if reply.headers["content-type"].startswith("text/html"):
            page = Page(reply.text)
            for link in [*page.links, *page.loads]:
                whole = urljoin(f"http://127.0.0.1:1234{address}", link)
                if urlsplit(whole).netloc == "127.0.0.1:1234":
                    waiting.append(whole.removeprefix("http://127.0.0.1:1234"))
    return seen


def test_every_link_leads_to_a_page_and_no_page_of_a_stranger_can_do_anything(client: TestClient) -> None:
    """From the overview of a hostile pack everything is reached, nothing is dead, no script, handler, style, image or
    foreign origin of the pack's comes through."""
    seen = crawl(client, f"{ROOT}/index.html")
    kinds = {address.split("/")[3] for address in seen if address.startswith(f"{ROOT}/")}
    assert {"symbol", "file", "part", "artifact", "source", "symbols", "map.html", "build.html", "files.html"} <= kinds
    for address, text in seen.items():
        if not text.lstrip().startswith("<!doctype"):
            continue
        page = Page(text)
        assert not page.inline, address
        assert not [name for name in page.attributes if name.startswith("on") or name == "style"], address
        assert "img" not in page.tags, address
        assert not {"iframe", "object", "embed", "base", "form"} & (set(page.tags) - {"form"}), address
        for load in page.loads:
            assert not urlsplit(load).netloc, (address, load)
        for link in page.links:
            assert urlsplit(link).scheme in ("", "http", "https"), (address, link)
            assert urlsplit(link).netloc in ("", "example.org", "github.com"), (address, link)


def test_every_answer_says_what_a_browser_may_do(client: TestClient) -> None:
    """Pages, data, errors and refusals alike: own scripts alone, no framing, no guessing of types, no referrer."""
    for address in (
        "/",
        f"{ROOT}/index.html",
        f"{ROOT}/search.json?q=sell",
        "/static/page.js",
        "/nothing",
        f"{ROOT}/map-data.js",
    ):
        headers = client.get(address).headers
        assert headers["content-security-policy"] == POLICY
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
    assert "unsafe" not in POLICY
    assert POLICY.startswith("default-src 'none'")


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "", "[::1].x", "a@127.0.0.1"]
)
def test_a_foreign_name_of_this_host_is_refused(client: TestClient, host: str) -> None:
    """A web page whose name was pointed at loopback cannot read a person's packs."""
    reply = client.get(f"{ROOT}/index.html", headers={"host": host})
    assert reply.status_code == 421
    assert "sells" not in reply.text
    assert reply.headers["content-security-policy"] == POLICY


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8080", "[::1]:80", "LOCALHOST"])
def test_names_of_loopback_are_served(client: TestClient, host: str) -> None:
    """Whichever way a person calls the machine."""
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/packs/nothing/index.html", f"{ROOT}/symbol/src/app.py/None.html", f"{ROOT}/file/..=2f..=2fetc.html",
        f"{ROOT}/symbols/class/99.html", f"{ROOT}/symbols/class/x.html", f"{ROOT}/source/src/app.py/9.html",
        f"{ROOT}/changes.html?since=nothing", f"{ROOT}/static/..%2fapp.py", "/static/app.py",
        f"{ROOT}/{'a' * 3000}.html",
        f"{ROOT}/tree/nothing.html", f"{ROOT}/%00.html", f"{ROOT}/symbol/%ff.html", f"{ROOT}/index.txt",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    """Any address gives a page that says so, never a trace of the server."""
    reply = client.get(path)
    assert reply.status_code == 404, reply.text[:200]
    assert "Traceback" not in reply.text


def test_nothing_is_changed_by_any_method(client: TestClient) -> None:
    """The viewer only reads."""
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert client.request(method, f"{ROOT}/index.html").status_code == 405


def test_search_finds_symbols_and_says_why(client: TestClient) -> None:
    """A name leads to the symbol that bears it, with where it is and why it is there."""
    found = client.get(f"{ROOT}/search.json", params={"q": "Shop.sell"}).json()
    assert found[0]["href"] == "symbol/src/app.py/Shop.sell~1.html"
    assert found[0]["place"] == "src/app.py:2"
    assert found[0]["kind"] == "method"
    assert found[0]["why"]
    assert client.get(f"{ROOT}/search.json", params={"q": ""}).json() == []
    assert client.get(f"{ROOT}/search.json", params={"q": '"*(AND' * 500}).status_code == 200


def test_words_narrow_a_search(client: TestClient) -> None:
    """In a large pack one looks for a class, or below a folder; what narrows is no word that is looked for."""

    def found(query: str) -> set[str]:
        hits = client.get(f"{ROOT}/search.json", params={"q": query}).json()
        return {one["href"].rpartition("/")[2].removesuffix(".html") for one in hits}

    assert found("sell kind:method") == {"Shop.sell~1"}
    assert found("kind:function sell") == {"Sell~1", "sell"}
    assert found("sell path:src/long") == set()
    assert "Shop.sell~1" in found("sell lang:Python part:src path:src/")
    assert found("sell lang:go") == set()
    assert found("kind:class") == set()
    assert narrowed("how a kind:x works, mankind:y") == ("how a works, mankind:y", Filter(kinds=("x",)))


def test_changes_are_offered_since_packs_of_the_same_project(hostile: Path, tmp_path: Path) -> None:
    """A library of many projects does not offer what changed since another project, where it has an earlier pack."""
    stranger = tmp_path / "stranger.docpack"
    draft = Draft.from_pack(hostile, tmp_path / "draft", {"t": "1"})
    draft.set_manifest("source", {"name": "stranger", "location": "x"})
    draft.seal(stranger)
    earlier = tmp_path / "earlier.docpack"
    earlier.write_bytes(hostile.read_bytes())
    with TestClient(app(Files([hostile, stranger, earlier])), base_url="http://localhost") as client:
        offered = client.get(f"{ROOT}/changes.html").text
    assert "since=earlier" in offered
    assert "since=stranger" not in offered


def test_meaning_is_asked_only_through_its_port(library: Files) -> None:
    """The model that turns sentences into vectors comes from whoever mounts the viewer."""
    asked: list[str] = []

    def meaning(_pack: object, query: str) -> None:
        asked.append(query)

    with TestClient(app(library, meaning=meaning), base_url="http://localhost") as client:
        client.get(f"{ROOT}/search.json", params={"q": "how are things sold to people"})
    assert asked == ["how are things sold to people"]


def test_a_page_that_did_not_change_is_not_sent_again(client: TestClient) -> None:
    """Going back and forth is instant."""
    first = client.get(f"{ROOT}/index.html")
    again = client.get(f"{ROOT}/index.html", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert not again.content


def test_pages_tell_tiers_claims_source_and_host(client: TestClient) -> None:
    """A symbol's page has what a reader needs to trust it: who calls it and how surely, what shows each claim, the
    lines themselves, and the same lines on the Git host at the commit."""
    method = client.get(f"{ROOT}/symbol/src/app.py/Shop.sell~1.html").text
    assert "Called by" in method
    assert "https://github.com/owner/shop/blob/" + "a" * 40 + "/src/app.py#L2-L4" in method
    assert re.search(r"<i class=k>return\s*</i>", method)
    pay = client.get(f"{ROOT}/symbol/src/app.py/Shop.pay~1.html").text
    assert "candidate: ambiguous" in pay
    shop = client.get(f"{ROOT}/symbol/src/app.py/Shop~1.html").text
    assert 'href="../../../source/src/app.py/1.html#L2-L4"' in shop
    assert "supported" in shop
    assert client.get(f"{ROOT}/symbol/src/app.py/Shop~1.md").headers["content-type"].startswith("text/markdown")


def test_names_that_differ_by_case_have_pages_of_their_own(client: TestClient) -> None:
    """`Sell` and `sell` are two functions."""
    assert "<title>Sell" in client.get(f"{ROOT}/symbol/src/app.py/Sell~1.html").text
    assert "<title>sell" in client.get(f"{ROOT}/symbol/src/app.py/sell.html").text


def test_long_files_come_in_parts(client: TestClient) -> None:
    """A file of any length can be opened on a phone."""
    last = client.get(f"{ROOT}/source/src/long.py/3.html").text
    assert "id=L2500" in last
    assert "id=L1999>" not in last


def test_a_strange_path_has_a_page(client: TestClient) -> None:
    """Whatever a file is called, it can be read."""
    from doctown.viewer.names import page_path

    reply = client.get(f"{ROOT}/{page_path('file', STRANGE)}")
    assert reply.status_code == 200
    assert "<b>&" not in re.sub(r"<b class[^>]*>", "", reply.text)


def test_changes_are_told_between_packs_of_the_library(client: TestClient) -> None:
    """What is new since an earlier pack is a click away."""
    offered = client.get(f"{ROOT}/changes.html").text
    assert "changes.html?since=other" in offered
    assert "Nothing differs." in client.get(f"{ROOT}/changes.html?since=other").text


def test_a_damaged_pack_says_so(tmp_path: Path, hostile: Path) -> None:
    """The library lists it with the reason, and its pages say what is wrong and how to mend it."""
    data = hostile.read_bytes()
    (tmp_path / "cut.docpack").write_bytes(data[: len(data) // 2])
    (tmp_path / "not.docpack").write_text("no pack")
    library = Files([tmp_path / "cut.docpack", tmp_path / "not.docpack", tmp_path / "gone.docpack"])
    with TestClient(app(library), base_url="http://localhost") as client:
        assert client.get("/").text.count("cannot be read") >= 2
        for slug in ("not", "gone"):
            reply = client.get(f"/packs/{slug}/index.html")
            assert reply.status_code == 500
            assert "This pack cannot be read" in reply.text


def test_without_jobs_there_is_no_form(library: Files, client: TestClient) -> None:
    """`doctown view` offers nothing that it cannot do; Builder offers to submit and to watch."""
    assert 'id="submit-form"' in client.get("/").text
    assert 'data-job="a&#34;b"' in client.get('/watch/a"b').text
    with TestClient(app(library), base_url="http://localhost") as alone:
        assert "submit-form" not in alone.get("/").text
        assert alone.get("/watch/x").status_code == 404


def test_a_symbol_page_is_small_over_the_wire(client: TestClient) -> None:
    """A page with all that it loads stays below 100 KB."""
    address = f"{ROOT}/symbol/src/app.py/Shop~1.html"
    page = Page(client.get(address).text)
    total = 0
    for one in [address, *(urljoin(address, load) for load in page.loads)]:
        reply = client.send(client.build_request("GET", one, headers={"accept-encoding": "gzip"}), stream=True)
        total += sum(len(part) for part in reply.iter_raw())
    assert 1_000 < total < 100_000


def test_static_files_have_no_foreign_address() -> None:
    """Stylesheet and scripts load nothing from anywhere: the viewer works offline."""
    for name, asset in assets().items():
        found = re.findall(rb"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", asset.content)
        assert set(found) <= {b"http://www.w3.org"}, name
        assert b"@import" not in asset.content
        assert b"innerHTML" not in asset.content
        assert b"eval(" not in asset.content


def test_a_static_file_is_kept_for_good_under_the_name_that_pages_give_it(client: TestClient) -> None:
    """Going from page to page asks for no stylesheet again; a new version of it has another address, and an address
    that does not say the version is asked about each time."""
    found = re.search(r'href="(?:\.\./)*(static/doctown\.css\?v=[0-9a-f]+)"', client.get(f"{ROOT}/index.html").text)
    assert found is not None
    reply = client.get(f"{ROOT}/{found[1]}")
    assert "immutable" in reply.headers["cache-control"]
    assert reply.content == assets()["doctown.css"].content
    for other in ("static/doctown.css", "static/doctown.css?v=0"):
        assert client.get(f"{ROOT}/{other}").headers["cache-control"] == "no-cache"
    bare = client.get(f"{ROOT}/{found[1]}", headers={"accept-encoding": "identity"})
    assert bare.content == reply.content
    assert "content-encoding" not in bare.headers
    assert client.get("/static/none.css").status_code == 404


def test_a_symbol_says_how_the_program_gets_to_it(client: TestClient) -> None:
    """Entry points that begin at a symbol and flows that pass through it stand on its page and in its Markdown, each a
    link to where that is written or drawn."""
    page = client.get(f"{ROOT}/symbol/src/app.py/Shop.sell~1.html").text
    assert re.search(r'Entry point: route <a href="[^"]*source/src/app.py/1.html#L2"><code>GET /&lt;img', page)
    assert re.search(r'In the flow of <a href="(?:\.\./)+index\.html#flow-1"><code>shop &lt;img', page)
    assert 'id="flow-1"' in client.get(f"{ROOT}/index.html").text
    twin = client.get(f"{ROOT}/symbol/src/app.py/Shop.sell~1.md").text
    assert "- Entry point: route `GET /<img" in twin
    assert "- In the flow of [shop" in twin
    assert "Entry point" not in client.get(f"{ROOT}/symbol/src/app.py/Shop.pay~1.html").text


def test_no_page_is_found_twice(client: TestClient) -> None:
    """A file and its top level share a page, so they are one result."""
    found = [hit["href"] for hit in client.get(f"{ROOT}/search.json?q=app.py").json()]
    assert "file/src/app.py.html" in found
    assert len(found) == len(set(found))


def test_calls_stand_in_the_order_of_the_text(client: TestClient) -> None:
    """What a function calls reads as what it does, one after the other, each with the line of the call."""
    page = client.get(f"{ROOT}/symbol/src/app.py/sell.html").text
    group = page[page.index("<h2>Calls") : page.index("</ul></div>")]
    assert re.findall(r"used in line (\d+)", group) == sorted(re.findall(r"used in line (\d+)", group))
    assert "src/app.py, used in line 14" in group
