"""What a use of a macro calls: what stands in its text, and in the text of the macros that it uses in turn.

A macro of C's is replaced by its text where it is used, so that the names in it mean what they mean there.
"""

from __future__ import annotations

from collections.abc import Sequence

from doctown.assemble.resolve.index import Index
from doctown.assemble.resolve.references import outcome
from doctown.model import Reference

REPLACED = frozenset({"macro", "constant"})  # what a call of C's may name that is replaced by its text
MAX_CALLS = 60  # of one macro's text, those of the macros in it included


def expanded(ix: Index, file: int, macros: Sequence[int]) -> dict[Reference, bool]:
    """The calls that a use in `file` of a macro makes, each with whether it makes them for certain: where one name
    stands for several macros of which another condition chooses one, only what all of them call."""
    each = [_calls(ix, file, macro) for macro in macros]
    return {call: all(call in calls for calls in each) for calls in each for call in calls}


def _calls(ix: Index, file: int, macro: int) -> dict[Reference, None]:
    """The calls in a macro's text as `file` reads it, without those of macros, whose text is followed."""
    known = ix.expansions.get((file, macro))
    if known is None:
        known = {}
        ix.expansions[file, macro] = known  # circles end here, as they do in C
        for call in _written(ix, macro):
            inner = [target for target, _, _ in outcome(ix, file, call, {}).targets if ix.kinds[target] in REPLACED]
            found = expanded(ix, file, inner) if inner else {call: True}
            for each in found:
                if len(known) < MAX_CALLS:
                    known[each] = None
    return known


def _written(ix: Index, macro: int) -> Sequence[Reference]:
    """The calls in a macro's own text, without their place: `source` and `line` are those of the use."""
    file = ix.file_of[macro]
    calls = ix.macros.get(file)
    if calls is None:
        calls = ix.macros[file] = {}
        for each in ix.facts[file].references:
            if each.detail == "expanded":
                calls.setdefault(ix.offsets[file] + each.source, []).append(each._replace(source=0, line=0))
    return calls.get(macro) or _renaming(ix, file, macro)


def _renaming(ix: Index, file: int, macro: int) -> Sequence[Reference]:
    """The other name that `#define name other` stands for, as the call that it makes of one."""
    table = ix.tables[file] or ix.table(file)
    rows = table.variables.get(0, {}).get(ix.name(macro), ()) if ix.kinds[macro] == "constant" else ()
    return [Reference("calls", value, "", 0, 0, "expanded") for _, value, how in rows if how == "value"]
