"""Entry points as a docpack has them: where something outside begins to run the code.

`write_entries` stores them; finding them, and where calls lead from them, is the work of others.
"""

# ruff: noqa: S608 - statements are put together from constants of this module; values are always bound.
from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from doctown.model import EntryPoint
from doctown.places import is_test

if TYPE_CHECKING:
    from doctown.docpack.reader import Pack

SHOWN = ("main", "script", "route", "command")  # kinds worth a place in a list; tests are counted
_VIEW = "SELECT kind, name, symbol_id, path, line FROM entry_points"
_TYPES = "ssisi"


def listed(pack: Pack, kinds: Sequence[str] = SHOWN) -> list[EntryPoint]:
    """The entry points of these kinds, in order of file, line and name; `symbol` is the symbol's id in the pack."""
    slots = ",".join("?" * len(kinds))
    # By the terms of the kinds, so that the many tests are passed over before anything of them is looked up.
    of_kinds = f"SELECT e.symbol_id FROM entry_rows e JOIN terms t ON t.id = e.kind WHERE t.term IN ({slots})"
    sql = f"{_VIEW} WHERE symbol_id IN ({of_kinds}) AND kind IN ({slots}) ORDER BY path, line, kind, name, symbol_id"
    return [_noun(*row) for row in pack.typed(_TYPES, sql, (*kinds, *kinds))]


def of_symbol(pack: Pack, symbol_id: int) -> list[EntryPoint]:
    """What begins at a symbol, by its id."""
    sql = f"{_VIEW} WHERE symbol_id = ? ORDER BY path, line, kind, name"
    return [_noun(*row) for row in pack.typed(_TYPES, sql, (symbol_id,))]


def is_of_tests(entry: EntryPoint) -> bool:
    """Whether a test declares the entry point, by the path: a route that a test makes is none of the project's."""
    return is_test(entry.path)


def _noun(kind: str, name: str, symbol: int, path: str, line: int) -> EntryPoint:
    return EntryPoint(kind=kind, name=name, symbol=symbol, path=path, line=line)  # type: ignore[arg-type]
