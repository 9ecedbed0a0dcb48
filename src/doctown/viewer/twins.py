"""The Markdown twin of every page: the same content for readers of text, people's tools and language models.

What strangers wrote goes through `harmless`, since others render it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from doctown.docpack.results import Context, Neighbour
from doctown.model import Artifact, Claim, EntryPoint, Page, Symbol
from doctown.viewer import markdown
from doctown.viewer.harmless import code, fence, summary, text
from doctown.viewer.names import SUFFIX

if TYPE_CHECKING:
    from doctown.viewer.render import Links

MOST = 60  # neighbours listed of a sort


def twin_path(path: str) -> str:
    """The path of a page's twin."""
    return f"{path.removesuffix(SUFFIX)}.md"


def _lead(links: Links) -> markdown.Link:
    return lambda kind, key: twin_path(links.to(kind, key))


def body(page: Page | None, links: Links) -> str:
    """Summary and body of a written page."""
    if page is None:
        return ""
    parts = [part for part in (summary(page.summary), markdown.twin(page.body, _lead(links))) if part.strip()]
    return "\n\n".join(parts).rstrip() + "\n" if parts else ""


def origin(page: Page | None) -> str:
    """A line that says where the text comes from."""
    if page is None:
        return ""
    told = {"docstring": "From the documentation in the source", "extractive": "Derived from the code"}
    line = told.get(page.origin) or f"Written by {text(page.model or 'a model')}"
    if page.status != "complete":
        line += f"; {text(page.status)}: {text(page.reason)}"
    return f"*{line}.*\n"


def claims(found: Sequence[Claim]) -> str:
    """What the text rests on."""
    if not found:
        return ""
    rows = [
        f"- {text(one.text)} ({code(f'{one.path}:{one.start_line}-{one.end_line}')}, {text(one.verdict)})"
        for one in found
    ]
    return "\n".join(["## Evidence\n", *rows, ""])


def join(parts: Iterable[str]) -> str:
    """Blocks with one blank line between them."""
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def symbol_twin(
    context: Context, page: Page | None, links: Links, entered: Sequence[EntryPoint], flows: Sequence[tuple[int, str]]
) -> str:
    """The Markdown of a symbol's page; `entered` and `flows` as `symbols.symbol_page` and `Book.flows_of` say."""
    symbol = context.entry.symbol
    where = f"{symbol.path}:{symbol.start_line}-{symbol.end_line}"
    parts = [
        f"# {text(symbol.qualified_name)}",
        f"{text(symbol.visibility)} {text(symbol.kind)} in {code(where)}",
        fence(symbol.signature, symbol.language) if symbol.signature else "",
        _reached(links, entered, flows),
        body(page, links),
        origin(page),
        claims(page.claims) if page is not None else "",
    ]
    for title, found in (
        ("Calls", sorted(context.uses("calls"), key=lambda one: (one.tier != "resolved", one.line))),
        ("Called by", context.used_by("calls")),
        ("Inherits from", context.uses("inherits")),
        ("Inherited by", context.used_by("inherits")),
        ("Refers to", context.uses("references")),
        ("Referred to by", context.used_by("references")),
    ):
        parts += neighbours(title, found, links)
    return join(parts)


def _reached(links: Links, entered: Sequence[EntryPoint], flows: Sequence[tuple[int, str]]) -> str:
    """How the running program gets to a symbol."""
    rows = [
        f"Entry point: {text(one.kind)} {code(one.name)}, declared in {code(f'{one.path}:{one.line}')}."
        for one in entered
    ]
    rows += [f"In the flow of [{text(title)}]({links.root}index.md)." for _, title in flows]
    return "\n".join(f"- {row}" for row in rows)


def neighbours(title: str, found: Sequence[Neighbour], links: Links) -> list[str]:
    """A section that lists neighbours, each with the line of the use; candidates say that they are."""
    if not found:
        return []
    rows = []
    for one in found[:MOST]:
        line = f" in line {one.line}" if one.line > 0 else ""
        doubt = "" if one.tier == "resolved" else f" (candidate: {text(one.reason)})"
        rows.append(f"- [{text(one.key)}]({twin_path(links.to('symbol', one.key))}){line}{doubt}")
    if len(found) > MOST:
        rows.append(f"- and {len(found) - MOST:,} more")
    return [f"## {title}", "\n".join(rows)]


def outline(symbols: Sequence[Symbol], links: Links) -> str:
    """The symbols of a file as a nested list."""
    rows = []
    for symbol in symbols[:500]:
        depth = min(symbol.qualified_name.count("."), 6)
        link = twin_path(links.to("symbol", symbol.key))
        rows.append(f"{'  ' * depth}- [{text(symbol.name)}]({link}) {text(symbol.kind)}, line {symbol.start_line}")
    if len(symbols) > 500:
        rows.append(f"- and {len(symbols) - 500:,} more")
    return "\n".join(["## Symbols\n", *rows, ""]) if rows else ""


def artifact_line(artifact: Artifact, links: Links) -> str:
    """An artifact as an item of a list."""
    link = twin_path(links.to("artifact", artifact.key))
    return f"- [{text(artifact.name)}]({link}) ({text(artifact.kind)}): {text(artifact.summary)}"
