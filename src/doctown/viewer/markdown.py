"""Markdown of strangers as HTML that runs nothing, loads nothing, and links to nothing but the web and our own pages.

Three doors, one behind the other: markdown-it is told to take no HTML; images, and links that are neither `http`,
`https` nor `doctown:`, are taken out of what it understood; and what it made goes through nh3 with a short list of
what may be there. `doctown:KIND/KEY` addresses become links between pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import cache
from html import escape
from urllib.parse import unquote

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from doctown.viewer import harmless, highlight
from doctown.viewer.names import FOLDERS

MOST = 200_000  # characters of a page that are rendered; the rest is cut, and said to be
_KINDS = frozenset(FOLDERS) | {"repository"}
_TAGS = {
    "a", "blockquote", "br", "code", "del", "div", "em", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p",
    "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
_CLASSES = {
    "i": set("klcmsnftbe"),
    "pre": {"code"},
    "div": {"wide"},
    "td": {"right", "center"},
    "th": {"right", "center"},
}
_PLAIN = re.compile(r"[\w ,.;:'\"()/?+%=–—-]+")  # no Markdown in it, whatever the reader of Markdown
_DIAGRAM = re.compile(r"(?ms)^(`{3,})mermaid\n.*?^\1\s*$\n?")

Link = Callable[[str, str], str]  # kind and key of a subject → what leads to its page from where the text stands


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        url_schemes={"http", "https"},
        link_rel="noopener nofollow noreferrer",
        clean_content_tags={"script", "style"},
    )


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 40}).enable(["table", "strikethrough"])
    parser.validateLink = _is_safe  # type: ignore[method-assign]
    parser.add_render_rule("fence", _code)
    parser.add_render_rule("code_block", _code)
    parser.add_render_rule("image", _image)
    parser.add_render_rule("table_open", lambda *_: "<div class=wide><table>")
    parser.add_render_rule("table_close", lambda *_: "</table></div>")
    return parser


def _is_safe(url: str) -> bool:
    return url.lower().startswith(("http://", "https://", "doctown:"))


def _image(_self: object, tokens: Sequence[Token], index: int, *_: object) -> str:
    """An image would be a request to another origin: its text stands for it."""
    return escape(tokens[index].content)


def _code(_self: object, tokens: Sequence[Token], index: int, *_: object) -> str:
    token = tokens[index]
    language = token.info.strip().split(" ")[0].lower() if token.info else ""
    body = "\n".join(highlight.lines(token.content.rstrip("\n"), language))
    return f'<pre class="code"><code>{body}</code></pre>\n'


def html(text: str, link: Link) -> str:
    """The HTML of a page's Markdown, safe to stand in any of our pages. Headings begin at level 2."""
    text = text.strip()
    if not text:
        return ""
    if _PLAIN.fullmatch(text) and text[0] not in "+-=" and not text[0].isdigit():
        return f"<p>{escape(text, quote=False)}</p>"
    cut = len(text) > MOST
    tokens = _parser().parse(text[:MOST])
    for token in tokens:
        if token.type == "inline" and token.children:
            for child in token.children:
                if child.type == "link_open":
                    _lead(child, link)
        elif token.type in ("heading_open", "heading_close") and token.tag == "h1":
            token.tag = "h2"
        elif token.type in ("td_open", "th_open") and token.attrs:
            _align(token)
    made = _parser().renderer.render(tokens, _parser().options, {})
    return _cleaner().clean(made) + ("<p><em>The rest is left out: it is too long for a page.</em></p>" if cut else "")


def _align(token: Token) -> None:
    style = str(token.attrs.pop("style", ""))
    for side in ("right", "center"):
        if side in style:
            token.attrs["class"] = side


def _lead(token: Token, link: Link) -> None:
    href = str(token.attrs.get("href", ""))
    if href.lower().startswith("doctown:"):
        found = _subject(href)
        if found:
            token.attrs["href"] = link(*found)
        else:
            token.attrs.pop("href")


def _subject(address: str) -> tuple[str, str] | None:
    """Kind and key of what a `doctown:KIND/KEY` address names; None if it names nothing."""
    kind, slash, key = address.partition(":")[2].partition("/")
    key = unquote(key)
    if kind not in _KINDS or (kind != "repository" and not (slash and key)):
        return None
    return kind, key


def inline(text: str) -> str:
    """A summary's text: `code` between backticks is marked, everything else is text."""
    pieces = escape(text, quote=False).split("`")
    if len(pieces) < 3 or len(pieces) % 2 == 0:
        return escape(text, quote=False)
    return "".join(f"<code>{piece}</code>" if number % 2 else piece for number, piece in enumerate(pieces))


def twin(text: str, link: Link) -> str:
    """The same Markdown for readers of Markdown, harmless whoever wrote it: addresses between pages lead to the pages'
    Markdown."""

    def lead(address: str) -> str | None:
        subject = _subject(address)
        return link(*subject) if subject else None

    return harmless.body(text, lead)


def without_diagrams(text: str) -> str:
    """The Markdown without its Mermaid diagrams, where the page draws the same itself."""
    return _DIAGRAM.sub("", text)


def without_sections(text: str, titles: Collection[str]) -> str:
    """The Markdown without the sections of these titles, which the page shows in its own way."""
    parts = re.split(r"(?m)^(?=## )", text)
    return "".join(part for part in parts if part.partition("\n")[0].removeprefix("## ").strip() not in titles)
