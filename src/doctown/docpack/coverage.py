"""What the documentation of a pack amounts to, in rows: who wrote the pages of which symbols, and every claim.

Only reading and counting; what is good enough is for a gate to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from doctown.docpack.reader import Pack
from doctown.model import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One symbol and who wrote its page."""

    key: str
    kind: str
    visibility: str
    path: str
    line: int  # first line of the symbol
    origin: str  # docstring | extractive | model; empty without a page
    status: str  # complete | unwritten | unsupported; empty without a page


def written(pack: Pack) -> Iterator[Written]:
    """Every symbol, by id."""
    for row in pack.typed(
        "ssssiss",
        "SELECT s.key, s.kind, s.visibility, f.path, s.start_line, coalesce(p.origin, ''), coalesce(p.status, '')"
        " FROM symbols s JOIN file_rows f ON f.id = s.file_id LEFT JOIN pages p ON p.id = s.id << 3 ORDER BY s.id",
    ):
        key, kind, visibility, path, line, origin, status = row
        yield Written(key=key, kind=kind, visibility=visibility, path=path, line=line, origin=origin, status=status)


def claims(pack: Pack) -> Iterator[tuple[int, Claim]]:
    """Every claim with the id of its page, in order."""
    for number, text, path, start, end, digest, verdict in pack.typed(
        "issiiss",
        "SELECT page_id, text, path, start_line, end_line, digest, verdict FROM claims ORDER BY page_id, position",
    ):
        yield number, Claim(text=text, path=path, start_line=start, end_line=end, digest=digest, verdict=verdict)


def bodies(pack: Pack) -> Iterator[tuple[int, str]]:
    """The id of each page with its Markdown, of pages that may hold a link."""
    yield from pack.typed("is", "SELECT id, body FROM pages WHERE instr(body, '](') ORDER BY id")


def subjects(pack: Pack) -> set[tuple[str, str]]:
    """Kind and key of everything that a link between pages may lead to."""
    found = {("repository", "")}
    for kind, sql in (
        ("symbol", "SELECT key FROM symbols"),
        ("file", "SELECT path FROM file_rows"),
        ("cluster", "SELECT key FROM clusters"),
        ("artifact", "SELECT key FROM artifacts"),
    ):
        found |= {(kind, str(row[0])) for row in pack.typed("s", sql)}
    return found
