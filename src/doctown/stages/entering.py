"""Keeps where programs begin to run: main functions, scripts, routes, commands and tests.

Of a change that other files cannot see, only the changed files are looked at: what those declare, and what their names
mean, is all that can be different.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from doctown.assemble.flows import completed, entry_points
from doctown.assemble.resolve import Index
from doctown.docpack.draft import Draft
from doctown.model import EntryPoint


def reader(draft: Draft) -> Callable[[str], str]:
    """Gives the text of a file of the draft by its path; an empty one where it is not kept."""
    return lambda path: (draft.read_source(path) or b"").decode("utf-8", "replace")


def enter(draft: Draft, index: Index, found: Iterable[EntryPoint], paths: Collection[str] | None) -> None:
    """Stores the entry points that the code of the files of `paths`, or all (None), was found to declare, and those
    that their packages declare, in place of those that were there. The ids of the index are those of the draft."""
    there = None if paths is None else {path for path in paths if draft.file(path) is not None}
    draft.set_entry_points(completed(index, draft.artifacts(), found, there), there)


def find(draft: Draft, index: Index) -> None:
    """Finds the entry points of all files and stores them."""
    draft.set_entry_points(entry_points(index, draft.artifacts(), reader(draft)), None)
