"""Pages from a repository: which there are, what they say, that what they name exists."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

from doctown.generate.extract import line_digest, pages
from doctown.model import Page, Repository

from .repositories import module, repository, shop, symbol

SNAPSHOT = Path(__file__).with_name("shop.snapshot.md")
LINK = re.compile(r"\]\(<doctown:(\w+)/([^>]*)>\)")


def told(repo: Repository, kind: str = "symbol") -> dict[str, Page]:
    return {page.subject: page for page in pages(repo) if page.subject_kind == kind}


def as_text(repo: Repository) -> str:
    return "\n".join(
        f"══ {page.subject_kind} {page.subject} [{page.origin}]\n# {page.title}\n> {page.summary}\n\n{page.body}\n"
        + "".join(f"claim: {claim.text} ({claim.path}:{claim.start_line}-{claim.end_line})\n" for claim in page.claims)
        for page in pages(repo)
    )


def test_every_subject_has_exactly_one_page() -> None:
    """Symbols, files (skipped ones too), clusters, artifacts and the repository get one page each, none twice."""
    repo = shop()
    found = Counter((page.subject_kind, page.subject) for page in pages(repo))
    wanted = (
        [("symbol", item.key) for item in repo.symbols.values()]
        + [("file", path) for path in repo.files]
        + [("cluster", key) for key in repo.clusters]
        + [("artifact", artifact.key) for artifact in repo.artifacts]
        + [("repository", "")]
    )
    assert found == Counter(wanted)


def test_links_name_only_what_exists() -> None:
    """A link on any page leads to a symbol, file, cluster or artifact of the repository, keys unquoted."""
    repo = shop()
    keys = {
        "symbol": {item.key for item in repo.symbols.values()},
        "file": set(repo.files),
        "cluster": set(repo.clusters),
        "artifact": {artifact.key for artifact in repo.artifacts},
    }
    links = [link for page in pages(repo) for link in LINK.findall(page.body)]
    assert len(links) > 10
    assert [link for link in links if unquote(link[1]) not in keys[link[0]]] == []


def test_pages_read_as_in_the_snapshot() -> None:
    """All pages of the small shop, as text. Refresh with UPDATE_SNAPSHOTS=1 and read the difference."""
    text = as_text(shop())
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(text, encoding="utf-8")
    assert text == SNAPSHOT.read_text(encoding="utf-8")


def test_the_same_repository_gives_the_same_pages() -> None:
    """Nothing hangs on the order in which dictionaries were filled."""
    repo = shop()
    shuffled = replace(
        repo,
        outgoing=dict(reversed(repo.outgoing.items())),
        incoming=dict(reversed(repo.incoming.items())),
        modules=dict(sorted(repo.modules.items())),
    )
    assert list(pages(shuffled)) == list(pages(repo))


def test_claims_digest_the_lines_they_name() -> None:
    """A claim's digest is the SHA-256 of exactly its lines with their line ends, and its verdict is supported."""
    repo = shop()
    claims = [claim for page in pages(repo) for claim in page.claims]
    assert claims
    for claim in claims:
        lines = repo.read(claim.path).encode().splitlines(keepends=True)[claim.start_line - 1 : claim.end_line]
        assert lines
        assert claim.digest == sha256(b"".join(lines)).hexdigest()
        assert claim.verdict == "supported"


def test_only_line_feeds_end_a_line_of_a_digest() -> None:
    """Form feeds and Unicode separators stay inside a line; carriage returns before the feed belong to it."""
    text = "a\x0cb\u2028c\r\nd\ne"
    assert line_digest(text, 1, 1) == sha256("a\x0cb\u2028c\r\n".encode()).hexdigest()
    assert line_digest(text, 2, 3) == sha256(b"d\ne").hexdigest()
    assert line_digest(text, 3, 9) == sha256(b"e").hexdigest()


def test_no_claim_is_made_on_a_file_that_was_not_kept() -> None:
    """Without the source there are no lines to show, so nothing is called supported."""
    repo = replace(shop(), read=lambda path: "")
    assert [claim for page in pages(repo) for claim in page.claims] == []


def test_an_undocumented_override_says_what_it_overrides() -> None:
    """The base method's first sentence stands for a method that only overrides it."""
    assert told(shop())["shop/orders.py#Gift.total"].summary == "Overrides Order.total: Sum of all lines."


def test_a_test_says_what_it_exercises() -> None:
    """A test is told by its name in words and by what it calls outside of tests."""
    assert told(shop())["tests/test_orders.py#test_total_of_gift"].summary == (
        "Test: total of gift; exercises Gift.total."
    )


def test_values_have_a_short_summary_and_no_body() -> None:
    """Fields, constants and enum members are tens of thousands: one short sentence each."""
    path = "a.py"
    repo = repository(
        [
            module(path),
            symbol(path, "LIMIT", "constant", signature="LIMIT = 5"),
            symbol(path, "Book", "class", signature="class Book(Model)"),
            symbol(path, "Book.title", "field", signature="title = models.CharField(max_length=3)"),
            symbol(path, "Book.pages", "field", signature="pages: int"),
            symbol(path, "Book.cut", "field", signature="cut = ["),
        ]
    )
    found = told(repo)
    assert found["a.py#LIMIT"].summary == "Constant with value 5."
    assert found["a.py#Book.title"].summary == "Field of Book: a CharField."
    assert found["a.py#Book.pages"].summary == "Field of Book of type int."
    assert found["a.py#Book.cut"].summary == "Field of Book: a list."
    assert {found[key].body for key in ("a.py#LIMIT", "a.py#Book.title", "a.py#Book.pages")} == {""}


def test_a_remark_to_a_tool_is_not_documentation() -> None:
    """`noqa`, `pragma: no cover` and rulers stand where documentation would and are not shown as such."""
    for remark in ("NOQA", "pragma: no cover", "Project --------------"):
        page = told(repository([module("a.py", remark), symbol("a.py", "f", "function")]))["a.py#<module>"]
        assert (page.origin, page.summary) == ("extractive", "Defines f.")


def test_a_docstring_page_does_not_repeat_its_summary() -> None:
    """The body goes on where the summary stops."""
    repo = repository([module("a.py"), symbol("a.py", "f", "function", doc="Adds up. Slowly.\n\nUse `g`.")])
    page = told(repo)["a.py#f"]
    assert (page.origin, page.summary, page.body) == ("docstring", "Adds up.", "Slowly.\n\nUse `g`.")


def test_names_that_would_break_a_link_are_encoded() -> None:
    """C++ operators have angle brackets in their keys: the target stays one target and unquotes to the key."""
    path = "a.cpp"
    repo = repository([module(path, language="cpp"), symbol(path, "operator<<", "function", language="cpp")])
    body = told(repo, "file")[path].body
    assert "(<doctown:symbol/a.cpp#operator%3C%3C>)" in body


def test_hostile_names_do_not_become_markup() -> None:
    """Labels of clusters and names of files reach pages and diagrams as text."""
    from doctown.model import Cluster

    evil = '"]; click n0 javascript:alert(1) <script>'
    one, other = "p/<img src=x>.py", "q/b.py"
    repo = repository(
        [module(one), symbol(one, "f", "function"), module(other), symbol(other, "g", "function")],
        [(f"{one}#f", f"{other}#g", "calls")],
        clusters=[
            Cluster(key="p", parent="", label=evil, paths=(one,), size=2),
            Cluster(key="q", parent="", label="Q", paths=(other,), size=2),
        ],
    )
    body = told(repo, "repository")[""].body
    drawn = body[body.index("```mermaid") :].split("\n```", 1)[0]
    assert "<" not in drawn and ";" not in drawn and drawn.count('"') == 4
    assert "<script>" not in re.sub(r"\\<", "", body)


def test_an_empty_repository_has_a_page() -> None:
    """Nothing to say is said shortly, without sections."""
    found = list(pages(repository()))
    assert [(page.subject_kind, page.body) for page in found] == [("repository", "")]
