"""Markdown of strangers becomes HTML that runs nothing and asks nobody."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctown.viewer import markdown, names
from tests.viewer.conftest import BODY, EVIL


def lead(kind: str, key: str) -> str:
    return f"../{names.page_path(kind, key)}"


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\nscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](//evil.example)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "![x](https://evil.example/x.png)",
    "![x](x.png 'a\" onload=\"alert(1)')",
    '[x](https://a.example "\\" onclick=\\"alert(1)")',
    '```js" onload=alert(1)\n</code><script>alert(1)</script>\n```',
    "<a href='https://x' onclick=alert(1)>x</a>",
    "<iframe src=https://evil.example></iframe>",
    "<style>@import 'https://evil.example'</style>",
    "[x](doctown:symbol/a.py%23<script>)",
    '[x](<doctown:file/" onmouseover=alert(1) x=">)',
    "[x](doctown:nothing/x) [y](doctown:) [z](doctown:symbol/)",
    "|<script>|\n|---|\n|<img src=x>|",
    BODY,
    EVIL,
]
TAG = re.compile(r"<([a-zA-Z/][^>]*)>")


def check(made: str) -> None:
    """Only what the list allows stands in the HTML, with no attribute that runs or loads."""
    for tag in TAG.findall(made):
        name = tag.strip("/").split()[0].lower()
        assert name in markdown._TAGS, tag
        assert not re.search(r"\s(on\w+|style|src|srcset|id|name)\s*=", re.sub(r'"[^"]*"', '""', tag)), tag
    for address in re.findall(r'href="([^"]*)"', made):
        assert address.startswith(("http://", "https://", "../")), address


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_runs_and_nothing_is_loaded(text: str) -> None:
    """A docstring, README or summary cannot run script nor call home from the reader's browser."""
    check(markdown.html(text, lead))


@given(
    st.lists(
        st.sampled_from([*HOSTILE, "\n\n", "`", "*", "[", "](", ")", "<", ">", "|", "    ", "- ", "\\"]), max_size=8
    ).map("".join)
)
def test_nothing_runs_in_any_mixture(text: str) -> None:
    """What is harmless alone stays harmless beside anything else."""
    check(markdown.html(text, lead))


def test_the_sanitiser_alone_holds_where_the_reader_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were markdown-it to let HTML through, nh3 would still stop it: the doors do not lean on each other."""
    markdown._parser.cache_clear()
    parser = markdown._parser()
    parser.options["html"] = True
    parser.validateLink = lambda _: True  # type: ignore[method-assign]
    try:
        for text in HOSTILE:
            made = markdown.html(text, lead)
            assert "<script" not in made
            assert "onerror=alert" not in re.sub(r"&lt;.*?&gt;", "", made)
            assert not re.search(r'href="(?!https?:|\.\./|//|/)', made), made
    finally:
        markdown._parser.cache_clear()


def test_links_lead_where_they_say() -> None:
    """Pages are reached by relative links, the web by links that give nothing away and lend no standing."""
    made = markdown.html(BODY, lead)
    assert 'href="../symbol/src/app.py/Shop.sell~1.html"' in made
    assert 'href="https://example.org/x" rel="noopener nofollow noreferrer"' in made


def test_what_markdown_is_for_is_there() -> None:
    """Headings, tables, code with colours, lists: documentation reads as its author wrote it."""
    made = markdown.html(BODY, lead)
    for part in (
        "<h2>Head</h2>",
        "<table>",
        '<td class="right">2</td>',
        '<pre class="code"><code>',
        "<i class=",
        "<li>item</li>",
    ):
        assert part in made, part


def test_a_text_without_markup_takes_the_short_way_to_the_same_end() -> None:
    """The short way for plain sentences gives what the long one gives."""
    text = "Return the sum of prices, or 0 (if any)."
    assert markdown.html(text, lead) == markdown._parser().render(text).strip()


def test_an_endless_page_is_cut_and_says_so() -> None:
    """A page of a megabyte cannot keep the server busy, and nobody takes it for whole."""
    made = markdown.html("word `x` \n\n" * 40_000, lead)
    assert "left out" in made
    assert len(made) < 1_500_000


def test_deep_nesting_is_no_trouble() -> None:
    """Quotations within quotations a thousand deep neither crash nor hang."""
    check(markdown.html("> " * 2000 + "x", lead))


def test_summaries_mark_code_and_nothing_else() -> None:
    """A summary is text; names in it look like names."""
    assert markdown.inline("`a<b` is <b>") == "<code>a&lt;b</code> is &lt;b&gt;"
    assert markdown.inline("a ` b") == "a ` b"


def test_twins_link_to_twins() -> None:
    """Readers of Markdown follow links between Markdown pages."""
    made = markdown.twin("[a](<doctown:file/x y.py>) [b](<doctown:bad>)", lead)
    assert made == "[a](../file/x=20y.py.html) [b]()"


def test_diagrams_and_sections_that_the_page_draws_itself_are_left_out() -> None:
    """Nothing is shown twice."""
    text = "Top.\n\n## Keep\n\nx\n\n```mermaid\nflowchart\n```\n\n## Architecture\n\ny\n\n## Last\n\nz\n"
    assert "flowchart" not in markdown.without_diagrams(text)
    kept = markdown.without_sections(text, ("Architecture",))
    assert "## Keep" in kept
    assert "## Last" in kept
    assert "Architecture" not in kept
