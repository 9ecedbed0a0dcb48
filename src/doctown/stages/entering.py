"""Keeps where programs begin to run: main functions, scripts, routes, commands and tests.

Of a change that other files cannot see, only the changed files are looked at: what those declare, and what their names
mean, is all that can be different.
"""

from __future__ import annotations

from collections.abc import Collection

from doctown.assemble.flows import entry_points
from doctown.assemble.resolve import Index
from doctown.docpack.draft import Draft


def enter(draft: Draft, index: Index, paths: Collection[str] | None) -> None:
    """Finds the entry points that the files of `paths` declare, or all (None), and stores them in place of those that
    were there. The ids of the index are those of the draft."""
    there = None if paths is None else {path for path in paths if draft.file(path) is not None}
    found = entry_points(
        index, draft.artifacts(), lambda path: (draft.read_source(path) or b"").decode("utf-8", "replace"), there
    )
    draft.set_entry_points(found, there)
