"""The page of one symbol: signature, documentation, who uses it and whom it uses by tier, its source, its claims.

What is shown comes in as nouns, so that a server which reads one symbol and an export which reads them all make the
same page. Long lists are cut, with their number told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

from doctown.docpack.results import Context, Neighbour, without_chains
from doctown.model import MODULE, Claim, EntryPoint, Page, Symbol, Unresolved
from doctown.places import is_test
from doctown.viewer.names import page_path, relative
from doctown.viewer.render import Links, Rendered, kind_mark, page
from doctown.viewer.twins import symbol_twin

if TYPE_CHECKING:
    from doctown.viewer.book import Book

MOST_NEIGHBOURS = 60  # of one sort
MOST_LINES = 120  # of source on a symbol's page; the file's page has all
MOST_BYTES = 60_000  # of HTML that these may take
MOST_SIBLINGS = 70
MOST_UNRESOLVED = 60
MOST_MEMBERS = 200
MOST_ENTERED = 6  # entry points told of one symbol

_SORTS = (
    ("calls", True, "Calls"),
    ("calls", False, "Called by"),
    ("inherits", True, "Inherits from"),
    ("inherits", False, "Inherited by"),
    ("imports", True, "Imports"),
    ("imports", False, "Imported by"),
    ("references", True, "Refers to"),
    ("references", False, "Referred to by"),
    ("similar", True, "Similar to"),
)


class Citation(NamedTuple):
    """A claim with where it is shown."""

    text: str
    place: str
    href: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Outline:
    """What is in a file, for the list beside its symbols: symbols by parent, in order of the text."""

    children: Mapping[str, Sequence[Symbol]]

    @classmethod
    def of(cls, symbols: Sequence[Symbol]) -> Outline:
        """From a file's symbols."""
        children: dict[str, list[Symbol]] = {}
        for symbol in symbols:
            children.setdefault(symbol.parent, []).append(symbol)
        return cls(children)


def symbol_page(
    book: Book, context: Context, written: Page | None, outline: Outline, lines: Sequence[str] | None,
    entered: Sequence[EntryPoint], beside: dict[tuple[str, str], str],
) -> Rendered:  # fmt: skip
    """The page of a symbol.

    `entered` are the entry points that begin at it, tests left out; `lines` its `shown_lines` as HTML, None where the
    pack keeps none; `beside` keeps lists of siblings between pages of one file."""
    symbol = context.entry.symbol
    path = page_path("symbol", symbol.key)
    links = Links(path)
    parent = symbol.parent[len(symbol.path) + 1 :]
    owner = "" if parent == MODULE else parent
    code, numbers, rest = _source(symbol, lines and linked(symbol, lines, context.outgoing, links))
    body = links.html(written.body) if written is not None and written.body else ""
    flows = book.flows_of(symbol.key)
    left_open = without_chains(context.unresolved)
    return page(
        book, "symbol", path, symbol.qualified_name,
        twin=symbol_twin(context, written, links, entered, flows),
        section="symbols",
        entered=[(one, links.lines(one.path, one.line, one.line)) for one in entered[:MOST_ENTERED]],
        entered_rest=max(len(entered) - MOST_ENTERED, 0),
        flows=[(f"{links.root}index.html#flow-{number}", title) for number, title in flows],
        symbol=symbol, entry=context.entry, written=written, body=body, graph=_groups(context, links), owner=owner,
        owner_href=links.to("symbol", symbol.parent) if owner else "",
        file_href=links.to("file", symbol.path),
        lines_href=links.lines(symbol.path, symbol.start_line, symbol.end_line),
        host_href=book.host.link(symbol.path, symbol.start_line, symbol.end_line),
        cluster=book.cluster_label(context.entry.cluster) if context.entry.cluster else "",
        cluster_href=links.to("cluster", context.entry.cluster) if context.entry.cluster else "",
        members=_members(outline.children.get(symbol.key, ())[:MOST_MEMBERS], links),
        unresolved=_unresolved(left_open[:MOST_UNRESOLVED]),
        unresolved_rest=max(len(left_open) - MOST_UNRESOLVED, 0),
        code=code, numbers=numbers, rest=rest, kept=lines is not None,
        citations=citations(written.claims if written is not None else (), links),
        beside=_beside(symbol, outline, path, beside),
    )  # fmt: skip


def citations(claims: Sequence[Claim], links: Links) -> list[Citation]:
    """Claims with links to the lines that show them."""
    return [
        Citation(
            claim.text,
            f"{claim.path}:{claim.start_line}" + (f"–{claim.end_line}" if claim.end_line > claim.start_line else ""),
            links.lines(claim.path, claim.start_line, claim.end_line),
            claim.verdict,
        )
        for claim in claims
    ]


def _groups(context: Context, links: Links) -> Markup:
    """The lists of neighbours as HTML, put together here rather than in a template: a site has a million of them.
    Every text goes through `escape`."""
    sorts: dict[tuple[str, bool], list[Neighbour]] = {}
    for one in context.outgoing:
        sorts.setdefault((one.kind, True), []).append(one)
    for one in context.incoming:
        sorts.setdefault((one.kind, False), []).append(one)
    for one in context.related:
        sorts.setdefault(("similar", True), []).append(one)
    if not sorts:
        return Markup("")
    parts = ['<section class="graph" aria-label="Connections">']
    for kind, outgoing, title in _SORTS:
        found = sorts.get((kind, outgoing))
        if found:
            parts.append(f'<div class="group"><h2>{title} <small>{len(found):,}</small></h2><ul>')
            if kind in ("calls", "references") and outgoing:
                found.sort(
                    key=lambda one: (one.tier != "resolved", one.line)
                )  # in the order of the text, which tells more
            if not outgoing:
                found.sort(
                    key=lambda one: is_test(one.key.partition("#")[0])
                )  # of what is much tested, tests come last
            parts += [_neighbour(one, links, outgoing) for one in found[:MOST_NEIGHBOURS]]
            if len(found) > MOST_NEIGHBOURS:
                parts.append(f'<li class="more">and {len(found) - MOST_NEIGHBOURS:,} more')
            parts.append("</ul></div>")
    return Markup("\n".join([*parts, "</section>"]))  # noqa: S704 - made of escaped texts


def _neighbour(one: Neighbour, links: Links, outgoing: bool) -> str:
    path, _, name = one.key.partition("#")
    shown = path.rpartition("/")[2] if name == MODULE else name
    place = path
    if one.line > 0:
        place = f"{path}, used in line {one.line}" if outgoing else f"{path}:{one.line}"
    link = f'<a href="{links.to("symbol", one.key)}" title="{escape(one.reason)}">{escape(shown)}</a>'
    if one.tier == "resolved":
        return f"<li>{link} <span>{escape(place)}</span>"
    return f'<li class="guess">{link} <span>{escape(place)}</span> <em>candidate: {escape(one.reason)}</em>'


def _members(found: Sequence[Symbol], links: Links) -> Markup:
    """The rows of a list of members; put together here as those of `_groups` are, and escaped."""
    rows = [
        f'<li><a href="{links.to("symbol", one.key)}">{kind_mark(one.kind)}<span>{escape(one.name)}</span></a>'
        f" <code>{escape(one.signature[:160])}</code>"
        for one in found
    ]
    return Markup("\n".join(rows))  # noqa: S704 - made of escaped texts


def _unresolved(found: Sequence[Unresolved]) -> Markup:
    rows = [f"<li><code>{escape(one.name)}</code> <span>{escape(one.reason)}</span>" for one in found]
    return Markup("\n".join(rows))  # noqa: S704 - made of escaped texts


def shown_lines(symbol: Symbol) -> tuple[int, int]:
    """The first and the last line of a symbol's source that stand on its page."""
    first = max(symbol.start_line, 1)
    return first, min(symbol.end_line, first + MOST_LINES - 1)


_PIECES = re.compile(r"(<[^>]*>|&[#\w]+;)")  # of a line's HTML: what is no text
_NO_CODE = ("<i class=s>", "<i class=c>", "<i class=k>")  # strings, comments and keywords: a name in them is a word


def linked(symbol: Symbol, lines: Sequence[str], used: Sequence[Neighbour], links: Links) -> list[str]:
    """The lines of a symbol's source with a link on each name, where it is first used, that is known for certain to
    mean something of this repository. `lines` are HTML, as `highlight` makes it."""
    made = list(lines)
    first = max(symbol.start_line, 1)
    for one in used:
        at = one.line - first
        if one.tier == "resolved" and 0 <= at < len(made):
            # A class that is called stands for its constructor: then the class is what is written there.
            owner = one.key.partition("#")[2].rpartition(".")[0].rpartition(".")[2]
            for name, member in ((one.name, bool(owner)), (owner, False)):
                href = links.to("symbol", one.key)
                with_link = _with_link(made[at], name, href, member) if name.isidentifier() else ""
                if with_link:
                    made[at] = with_link
                    break
    return made


def _with_link(line: str, name: str, href: str, member: bool) -> str:
    """The line with a link on the first place of code where the name stands as a whole word, for a member rather where
    it stands behind a dot; empty if there is none."""
    if name not in line:
        return ""
    pieces = _PIECES.split(line)
    places: list[tuple[int, int]] = []
    code = True
    for number, piece in enumerate(pieces):
        if number % 2:
            if piece in _NO_CODE or piece.startswith("<a "):
                code = False
            elif piece.startswith("</"):
                code = True
            continue
        at = piece.find(name) if code else -1
        while at >= 0:
            if not (_is_of_a_word(piece[at - 1 : at]) or _is_of_a_word(piece[at + len(name) :][:1])):
                places.append((number, at))
            at = piece.find(name, at + 1)
    if not places:
        return ""
    behind_dot = [(number, at) for number, at in places if at and pieces[number][at - 1] == "."]
    number, at = behind_dot[0] if member and behind_dot else places[0]
    pieces[number] = f'{pieces[number][:at]}<a href="{href}">{name}</a>{pieces[number][at + len(name) :]}'
    return "".join(pieces)


def _is_of_a_word(character: str) -> bool:
    return character == "_" or character.isalnum()


def _source(symbol: Symbol, lines: Sequence[str] | None) -> tuple[Markup, str, int]:
    """The symbol's lines as HTML, their numbers, and how many are left out."""
    if not lines:
        return Markup(""), "", 0
    first = max(symbol.start_line, 1)
    total = max(symbol.end_line - first + 1, len(lines))
    shown = lines
    code = "\n".join(shown)
    while len(code) > MOST_BYTES and len(shown) > 1:
        shown = shown[: len(shown) // 2]
        code = "\n".join(shown)
    if len(code) > MOST_BYTES:  # one endless line
        return Markup(""), "", total
    numbers = "\n".join(map(str, range(first, first + len(shown))))
    return Markup(code), numbers, total - len(shown)  # noqa: S704 - escaped by `highlight`


def _beside(symbol: Symbol, outline: Outline, path: str, kept: dict[tuple[str, str], str]) -> Markup:
    """The list beside a symbol: its siblings, itself marked."""
    root = relative(path)
    listed = kept.get((root, symbol.parent))
    if listed is None:
        siblings = outline.children.get(symbol.parent, ())
        rows = [
            f'<li><a href="{root}{page_path("symbol", one.key)}"><b class="kind {one.kind}"></b>{escape(one.name)}</a>'
            for one in siblings[:MOST_SIBLINGS]
        ]
        if len(siblings) > MOST_SIBLINGS:
            rows.append(f'<li class="more">and {len(siblings) - MOST_SIBLINGS:,} more')
        listed = kept[root, symbol.parent] = "".join(rows)
    own = f'href="{root}{path}"'
    return Markup(listed.replace(own, f"{own} aria-current=page", 1))  # noqa: S704 - names are escaped above
