from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from doctown.viewer import harmless

pythons = pytest.importorskip("markdown", reason="Python's Markdown comes with MkDocs, for tests")

ALERT = "<img src=x onerror=alert(1)>"
HOSTILE = {
    "a tag": f"See {ALERT} here.",
    "a block": "<script>alert(1)</script>",
    "a tag at the start of a line of a span": "a `\n<script>alert(1)</script>\n` b",
    "a span that begins a line earlier": f"one ` two\nthree ` {ALERT} ` four",
    "a backtick that is escaped": f"\\` {ALERT} `",
    "a span across list items": f"- one `\n- {ALERT} ` two",
    "a span across cells": f"| a | b |\n|---|---|\n| `x | {ALERT} ` |",
    "a span across cells without pipes outside": f"a | b\n--|--\n`x | {ALERT} `\n",
    "a fence that closes early": f"```\ncode\n````\n{ALERT}\n```\n",
    "fences of two lengths": f"````\n```\n````\n{ALERT}\n```\n````\n",
    "a fence of tildes around the beginning of another": f"~~~\n```\n~~~\n\n{ALERT}\n\n```\n",
    "a fence within a list": f"- item\n\n  ```python\n  x\n\n{ALERT}\n\n  ```\n",
    "a fence that never ends": f"```\n{ALERT}\n",
    "a fence in a quotation": f"> ```\n{ALERT}\n```\n",
    "a link that runs": "[x](javascript:alert(1)) [y](<javascript:alert(1)>) [z](&#106;avascript:alert(1))",
    "a link that runs by its definition": "[x][y]\n\n[y]: javascript:alert(1)\n",
    "a definition behind a backslash": "[x][y\\\\]\n\n[y\\\\]: javascript:alert(1)\n",
    "an address that runs": "<javascript:alert(1)>",
    "an image from elsewhere": "![x](https://evil.example/p.png) ![y][z]\n\n[z]: https://evil.example/q.png\n",
    "an image whose text is long": f"![{'x' * 400}](https://evil.example/p.png)",
    "a link to another machine": "[x](//evil.example/y)",
    "the marks of ours": "\ue0000\ue001 [x](<doctown:file/a>) \ue0001\ue001",
    "an instruction and a comment": f"<?php {ALERT} ?> <!-- {ALERT} --> <![CDATA[{ALERT}]]>",
}


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        self.attributes.update(name for name, _ in attrs)


def rendered(text: str) -> list[_Seen]:
    """What Python's Markdown, as MkDocs uses it, and a renderer of CommonMark that lets HTML through make of a text."""
    made = (
        pythons.markdown(text, extensions=["toc", "tables", "fenced_code"]),
        MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text),
    )
    seen = []
    for html in made:
        one = _Seen()
        one.feed(html)
        seen.append(one)
    return seen


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_of_a_stranger_runs_in_any_renderer(name: str) -> None:
    """A pack from anyone, written as Markdown and rendered by MkDocs or a Git host: no tag of the stranger's, no image,
    no link but to the web."""
    for text in (harmless.body(HOSTILE[name], lambda _: "page.md"), harmless.summary(HOSTILE[name])):
        for seen in rendered(text):
            assert not {"script", "img", "svg", "iframe", "object", "style"} & set(seen.tags), text
            assert not any(one.startswith("on") for one in seen.attributes), text
            assert all(link.startswith(("https://", "http://", "page.md", "#")) for link in seen.links), text


def test_the_samples_are_dangerous_as_they_stand() -> None:
    """Otherwise the test above would prove nothing: untouched, nearly all of them do something in one renderer."""
    harmful = 0
    for sample in HOSTILE.values():
        for seen in rendered(sample):
            runs = any("javascript:" in link or "evil.example" in link for link in seen.links)
            if runs or {"script", "img"} & set(seen.tags):
                harmful += 1
                break
    assert harmful >= len(HOSTILE) - 5


@pytest.mark.parametrize(
    "text",
    [
        "Words, `code <b>` and **more**.",
        "A list:\n\n- one `x | None`\n- two [web](https://example.org/a_b)\n",
        "| a | b |\n|---|---:|\n| 1 | `x \\| y` |\n",
        "```python\nprint('<b>')\n```\n\nAfter it.",
        "x < y and a->b",
    ],
)
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    """What Doctown writes itself reads the same afterwards."""
    assert harmless.body(text, lambda _: "x.md") == text


def test_addresses_between_pages_lead_to_them() -> None:
    """Links of our own are kept, also beside what is taken out, and one that leads nowhere leads nowhere."""
    text = "[`a`](<doctown:symbol/a.py#a>): <b>x</b> [gone](<doctown:symbol/>)"
    told = harmless.body(text, lambda address: "a.md#a" if address.endswith("#a") else None)
    assert told == "[`a`](a.md#a): &lt;b>x&lt;/b> [gone]()"


def test_a_summary_shows_what_it_says() -> None:
    """Names keep their underscores, code is code, and what stands beside it keeps its distance."""
    assert harmless.summary("Set to logging.getLogger(__name__).") == "Set to logging.getLogger(\\_\\_name\\_\\_)."
    assert harmless.summary("Calls `a_b` and `c`; 1 < 2.") == "Calls `a_b` and `c`; 1 &lt; 2."
    assert harmless.summary("An odd ` stands") == "An odd \\` stands"


def test_text_reads_the_same_in_both_renderers() -> None:
    """No backslash of ours is seen by readers of either."""
    for value in ("operator<", "vector<int> & co", "a|b", "~Thing", "__init__", "#define X", "![x](y)", "a\\b"):
        for html in (
            pythons.markdown(harmless.text(value), extensions=["tables", "fenced_code"]),
            MarkdownIt("commonmark").render(harmless.text(value)),
        ):
            bare = re.sub(r"</?p>|\n", "", html)
            for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&#124;", "|"), ("&#126;", "~"), ("&amp;", "&")):
                bare = bare.replace(entity, sign)
            assert bare == value
