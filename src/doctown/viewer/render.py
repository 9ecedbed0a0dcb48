"""From what a page shows to its HTML: the templates, and the few things that every page has.

Templates escape whatever they are given; only what `markdown`, `highlight` and `diagram` made is marked as HTML.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup

from doctown import __version__
from doctown.viewer import markdown
from doctown.viewer.assets import address
from doctown.viewer.names import page_path, relative, source_path

if TYPE_CHECKING:
    from doctown.viewer.book import Book

LINES_PER_PAGE = 1_000  # of source; a citation's line tells its page without asking
TITLES = {
    "class": "C", "interface": "I", "trait": "T", "struct": "S", "enum": "E", "union": "U", "function": "ƒ",
    "method": "m", "constructor": "m", "property": "p", "field": "v", "variable": "v", "constant": "c",
    "enum_member": "e", "type_alias": "t", "macro": "M", "namespace": "N", "module": "F",
    "file": "F", "cluster": "P", "artifact": "A", "repository": "R", "folder": "D",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page, ready to be sent or written."""

    path: str  # from the root of the pack's pages
    title: str
    html: str
    twin: str  # the same in Markdown; empty where there is none


@cache
def environment() -> jinja2.Environment:
    """The templates, compiled once."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("doctown.viewer"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    made.filters.update(number=_number, letter=_letter, inline=_inline, size=_size, words=_words)
    made.globals.update(version=__version__, asset=address, mark=kind_mark)
    return made


@cache
def template(name: str) -> jinja2.Template:
    """One template by its name."""
    return environment().get_template(f"{name}.html")


def page(book: Book, name: str, path: str, title: str, twin: str = "", **values: object) -> Rendered:
    """A page of a pack by its template. `values` are the template's own."""
    root = relative(path)
    head, top, foot = _frame(book, root, str(values.pop("section", name)))
    html = template(name).render(
        book=book, root=root, path=path, title=title, has_twin=bool(twin), head=head, top=top, foot=foot, **values
    )
    return Rendered(path, title, html, twin)


def _frame(book: Book, root: str, section: str) -> tuple[Markup, ...]:
    """What is the same on every page of a section at one depth: made once, kept by the book."""
    made = book.frames.get((root, section))
    if made is None:
        values = {"book": book, "root": root, "section": section}
        made = tuple(Markup(template(name).render(values)) for name in ("head", "top", "foot"))  # noqa: S704
        book.frames[root, section] = made
    return made


def bare(name: str, **values: object) -> str:
    """A page that belongs to no pack: the library, a job."""
    return template(name).render(**values)


class Links:
    """Addresses as seen from one page."""

    __slots__ = ("root",)

    def __init__(self, path: str) -> None:
        self.root = relative(path)

    def to(self, kind: str, key: str) -> str:
        """The page of a subject."""
        return self.root + page_path(kind, key)

    def lines(self, path: str, start: int, end: int) -> str:
        """Lines of a file's source."""
        number = (max(start, 1) - 1) // LINES_PER_PAGE + 1
        span = f"L{start}-L{end}" if end > start else f"L{start}"
        return f"{self.root}{source_path(path, number)}#{span}"

    def html(self, text: str) -> Markup:
        """A page's Markdown as HTML, made safe by `markdown`."""
        return Markup(markdown.html(text, self.to))  # noqa: S704 - sanitised there


def _number(value: int) -> str:
    return f"{value:,}"


def _letter(kind: str) -> str:
    return TITLES.get(kind, "·")


def _inline(text: str) -> Markup:
    return Markup(markdown.inline(text))  # noqa: S704 - escaped there


@lru_cache(maxsize=256)  # there are some twenty; a stranger's pack may have any number
def kind_mark(kind: str) -> Markup:
    """The letter of a kind of symbol: the stylesheet knows it by its class."""
    return Markup('<b class="kind {}" title="{}" aria-hidden="true"></b>').format(kind, _words(kind))


def _words(text: str) -> str:
    return text.replace("_", " ")


def _size(value: int) -> str:
    return f"{value:,} B" if value < 10_000 else f"{value / 1e3:,.0f} kB" if value < 1e6 else f"{value / 1e6:,.1f} MB"
