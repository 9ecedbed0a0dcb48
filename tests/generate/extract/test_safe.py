"""Strangers' Markdown: whatever they write, a plain CommonMark renderer with raw HTML on shows text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from doctown.generate.extract import safe
from doctown.generate.extract.markup import document
from doctown.generate.extract.prose import read_prose

RENDER = MarkdownIt("commonmark", {"html": True})
RENDER.validateLink = lambda url: True  # type: ignore[method-assign] # our own guard is on trial, not the renderer's


def dangers(markdown: str) -> list[str]:
    """What a browser would act on in the rendered text."""
    tokens = RENDER.parse(markdown)
    found = [token.content for token in tokens if token.type == "html_block"]
    for token in tokens:
        for child in token.children or ():
            if child.type in ("html_inline", "image"):
                found.append(child.content or child.type)
            if child.type == "link_open" and not str(child.attrs["href"]).startswith(("http://", "https://")):
                found.append(str(child.attrs["href"]))
    return found


ATTACKS = [
    "<script>alert(1)</script>",
    "a <img src=x onerror=alert(1)> b",
    "[x](javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](/local 'title')",
    "![x](https://a.b/t.png)",
    "[![x](https://a.b/t.png)](javascript:y)",
    "<javascript:alert(1)>",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "text\n[1]: javascript:alert(1)\n\n[1]",
    "- [1]: javascript:alert(1)\n\n[1]",
    "- a ` b\n- c ` <script>",
    "a `b\n2. c `<script>` y",
    "\\`<b>` x",
    "``` ` <b>",
    "```\nunclosed <b>",
    "> ```\n> <b>",
    "- ```\n<b>x</b>",
    "~~~\n<b>",
    "| a ` | b |\n|---|---|\n| ` <b> | c |",
    "a\n<div>\nb",
    "`a\n<div>\nb`",
    "<!-- x -->",
    "<?php ?>",
    "</p>",
    "[a](doctown:symbol/x)",
    "[x]( javascript:alert(1))",
    "[[x](javascript:a)](javascript:b)",
    "Title <b>\n=========\n\n<i>",
    ":meth:`<script>`",
    "`x <javascript:alert(1)>`_",
    "``a`<b>`c``",
    "Args:\n    x (<b>): <i>\n",
    ":param <b> x: <i>y</i>",
    ".. note:: <b>x</b>",
    "x::\n\n    ```\n    <b>",
    "&lt;b&gt;",
    "![[x]](https://a.b/t.png)",
    "~~~ a`b",
    "` a\n- `<b>` c",
    "`a\nb` `<i>",
]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("language", ["python", "java", "javascript", "csharp", "cpp", "rust", "ruby"])
def test_no_comment_becomes_markup(attack: str, language: str) -> None:
    """A docstring's body carries no HTML, no image and no link but to the web, in any dialect, and ends its fences."""
    for comment in (attack, f"Summary.\n\n{attack}", f"Summary.\n\n{attack}\n\nAfter `<b>`."):
        body = document(comment, language).body
        assert dangers(body) == []
        assert "<h2>After</h2>" in RENDER.render(f"{body}\n\n## After\n")


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_readme_becomes_markup(attack: str) -> None:
    """What is shown of a README is as harmless as a docstring."""
    prose = read_prose(f"# T\n\nOne two three four five six. Some more {attack} words.\n", "README.md")
    assert dangers(prose.body) == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_artifact_becomes_markup(attack: str) -> None:
    """A whole Markdown text goes through the same guard, and ends its fences."""
    assert dangers(safe.markdown(attack)) == []
    assert "<h2>After</h2>" in RENDER.render(safe.markdown(attack) + "\n\n## After\n")


_PIECES = [
    "`", "``", "```", "~~~", "<b>", "<script>", "\n", "\n\n", "- ", "1. ", "> ", "# ", "| ", "[x]", "(javascript:y)",
    "![", "](", ":", "\\", " ", "    ", "a", "b c", "::", ">>> ", "@param x ", ":param x: ", "===", "---", "<!--",
    "&#96;", "*", "_", "]", "[", "http://a.b", "<pre>", "</pre>", "{@code ", "}", "\\code\n", "\t", "\\brief ",
    ".. note:: ",
]  # fmt: skip
PIECES = st.lists(st.sampled_from(_PIECES), max_size=25)


@settings(max_examples=400, deadline=None)
@given(pieces=PIECES, language=st.sampled_from(["python", "java", "csharp", "cpp", "rust"]))
def test_no_mixture_becomes_markup(pieces: list[str], language: str) -> None:
    """However block and inline marks are mixed, nothing of them survives as something a browser acts on."""
    text = "".join(pieces)
    assert dangers(document(text, language).body) == []
    assert dangers(safe.markdown(text)) == []


def test_no_sentence_ends_inside_of_code() -> None:
    """A comment is cut into sentences where a renderer sees no code: half a span would set free what stands in it."""
    text = document("``~~~```~~~`1. <b>`", "python")
    assert "<b>" not in text.body
    assert dangers(text.body) == []


def test_code_is_kept_as_it_was_written() -> None:
    """Inside code spans and fences nothing is escaped: a reader sees the author's characters."""
    body = document("Do it.\n\nUse `a < b` and\n\n```\nx = <b>\n```\n", "python").body
    assert "`a < b`" in body
    assert "x = <b>" in body


def test_list_items_and_rows_stay_apart() -> None:
    """A backtick in one item and one in the next are no code span, and do not join the lines."""
    assert safe.markdown("- a ` b\n- c ` d") == "- a &#96; b\n- c &#96; d"
    assert safe.markdown("| a ` |\n|---|\n| ` b |").count("\n") == 2


def test_fences_cannot_be_closed_by_their_content() -> None:
    """The fence grows longer than any run of backticks inside."""
    lines = safe.fence(["````", "x"], "py thon")
    assert lines[0] == "`````py" and lines[-1] == "`````"


def test_code_spans_hold_backticks_and_brackets() -> None:
    """A name is shown whole, whatever letters it has."""
    for name in ("operator[]", "a`b", "``", "x<y>"):
        rendered = RENDER.renderInline(safe.link(name, "symbol", "k"))
        assert re.fullmatch(r'<a href="doctown:symbol/k"><code>.*</code></a>', rendered)


def test_plain_text_is_shown_as_it_is() -> None:
    """A summary in a list shows its own characters, none as emphasis, link or heading."""
    for text in ("*a* _b_ `c` [d](e) <f>", "# x", "- y", "__init__ and a_b_c", "a &amp; b", "2 < 3 ~~x~~"):
        rendered = RENDER.renderInline(safe.escape(text))
        assert re.sub(r"&lt;", "<", re.sub(r"&gt;", ">", re.sub(r"&amp;", "&", rendered))) == text
