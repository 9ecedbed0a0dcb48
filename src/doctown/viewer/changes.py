"""The page that tells what changed between two packs of a repository."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from doctown.docpack.diff import Diff, diff
from doctown.docpack.reader import Pack
from doctown.viewer import twins
from doctown.viewer.harmless import code, text
from doctown.viewer.render import Links, Rendered, page

if TYPE_CHECKING:
    from doctown.viewer.book import Book

MOST = 400  # changes listed of one sort
PATH = "changes.html"

Row = tuple[str, str, str]  # address, empty for what is gone; name; note


def changes(book: Book, old: Pack | None, before: str, choices: Sequence[tuple[str, str, bool]] = ()) -> Rendered:
    """What differs from the old pack, which is called `before`; with `choices`, links to the same since others."""
    links = Links(PATH)
    groups = [] if old is None else [group for group in _groups(diff(old, book.pack), links) if group[1]]
    cut = [(title, rows[:MOST], max(len(rows) - MOST, 0)) for title, rows in groups]
    parts = [f"# Changes since {text(before)}"] if before else ["# Changes"]
    for title, rows in groups:
        parts += [
            f"## {title}",
            "\n".join(f"- {code(name)} {text(note)}" for _, name, note in rows[:MOST]),
        ]
    after = f"{book.name} {book.version}".strip()
    return page(
        book,
        "changes",
        PATH,
        "Changes",
        twin=twins.join(parts),
        groups=cut,
        before=before,
        after=after,
        choices=choices,
    )


def _groups(found: Diff, links: Links) -> Iterable[tuple[str, list[Row]]]:
    def here(kind: str, keys: Iterable[str]) -> list[Row]:
        return [(links.to(kind, key), key, "") for key in keys]

    def gone(keys: Iterable[str]) -> list[Row]:
        return [("", key, "") for key in keys]

    yield "Files added", here("file", found.files_added)
    yield "Files removed", gone(found.files_removed)
    yield "Files changed", here("file", found.files_changed)
    yield "Symbols added", here("symbol", found.symbols_added)
    yield "Symbols removed", gone(found.symbols_removed)
    yield (
        "Symbols changed",
        [(links.to("symbol", one.key), one.key, ", ".join(one.what)) for one in found.symbols_changed],
    )
    for title, edges in (("Uses gained", found.edges_gained), ("Uses lost", found.edges_lost)):
        lost = title == "Uses lost"
        yield title, [("" if lost else links.to("symbol", s), s, f"{k} {t} ({tier})") for s, k, tier, t in edges]
    yield "Pages changed", [(links.to(kind, key), key or "overview", kind) for kind, key in found.pages_changed]
