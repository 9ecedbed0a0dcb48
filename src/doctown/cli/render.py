"""A subject of a pack as lines for a terminal, or as data for a program.

Whatever a pack says goes through `plain` or `block` before it is printed: it is a stranger's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from doctown.cli.subject import Subject
from doctown.cli.text import block, plain
from doctown.docpack import entry_points
from doctown.docpack.reader import Pack
from doctown.docpack.results import Context, Neighbour, without_chains

FEW = 12  # neighbours shown of a kind

_LINK = re.compile(r"\[([^\]]*)\]\(<doctown:[^>\n]*>\)")


def readable(markdown: str) -> str:
    """Markdown for a terminal: links between pages become their text."""
    return block(_LINK.sub(r"\1", markdown))


def subject_lines(pack: Pack, subject: Subject, *, source: bool = False, everything: bool = False) -> list[str]:
    """The page and, for a symbol or a file, what the graph says."""
    kind, key = subject.kind, subject.key
    page = pack.page(kind, key)
    lines: list[str] = []
    if subject.bases:
        bases = " → ".join(plain(base) for base in subject.bases)
        lines += [f"Inherited{'' if subject.certain else ', probably'}: {bases}", ""]
    if kind == "symbol":
        context = pack.context(key)
        symbol = context.entry.symbol
        lines.append(plain(symbol.signature or f"{symbol.kind} {symbol.qualified_name}"))
        lines.append(
            f"{plain(symbol.kind)}, {plain(symbol.visibility)}, "
            f"{plain(symbol.path)}:{symbol.start_line}-{symbol.end_line}{_cluster(pack, context.entry.cluster)}"
        )
        lines.append(plain(symbol.key))
        lines += _entered(pack, context.entry.id, everything=everything)
    elif page is not None:
        lines.append(plain(page.title))
    if page is not None:
        lines += ["", readable(page.summary)] if page.summary else []
        lines += ["", readable(page.body)] if page.body else []
        lines += ["", f"({plain(page.origin)}{'' if page.status == 'complete' else ', ' + plain(page.status)})"]
    if kind == "symbol":
        lines += _graph(context, everything=everything)
        if source:
            text = pack.source(symbol.path, symbol.start_line, symbol.end_line)
            lines += ["", block(text) if text is not None else "(the pack holds no source)"]
    elif kind == "file":
        lines += _outline(pack, key)
        if source:
            text = pack.source(key)
            lines += ["", block(text) if text is not None else "(the pack holds no source of it)"]
    return lines


def _entered(pack: Pack, symbol_id: int, *, everything: bool) -> list[str]:
    """What begins at the symbol: `Entry point: route GET /users/<id> (app.py:3)`."""
    found = entry_points.of_symbol(pack, symbol_id)
    shown = found if everything else found[:FEW]
    lines = [f"Entry point: {one.kind} {plain(one.name)} ({plain(one.path)}:{one.line})" for one in shown]
    rest = len(found) - len(shown)
    return [*lines, f"… and {rest} more entry points (--all)"] if rest else lines


def _cluster(pack: Pack, key: str) -> str:
    """The cluster by its page's title, which is its label: to list the clusters would read every file's row."""
    page = pack.page("cluster", key) if key else None
    return f", in {plain(page.title)}" if page is not None else ""


def _graph(context: Context, *, everything: bool) -> list[str]:
    lines: list[str] = []
    for title, neighbours in (
        ("Calls", context.uses("calls")),
        ("Called by", context.used_by("calls")),
        ("Inherits from", context.uses("inherits")),
        ("Inherited by", context.used_by("inherits")),
        ("Imports", context.uses("imports")),
        ("Imported by", context.used_by("imports")),
        ("References", context.uses("references")),
        ("Referenced by", context.used_by("references")),
        ("Similar", context.related),
    ):
        lines += _neighbours(title, neighbours, everything=everything)
    open_uses = [f"{plain(use.name)} ({plain(use.reason)})" for use in without_chains(context.unresolved)]
    if open_uses:
        shown = open_uses if everything else open_uses[:FEW]
        rest = len(open_uses) - len(shown)
        lines += ["", f"Not resolved: {', '.join(shown)}{f' and {rest} more' if rest else ''}"]
    return lines


def _neighbours(title: str, neighbours: Iterable[Neighbour], *, everything: bool) -> list[str]:
    listed = list(neighbours)
    if not listed:
        return []
    lines = ["", f"{title}:"]
    for one in listed if everything else listed[:FEW]:
        doubt = "" if one.tier == "resolved" else f"  [candidate: {plain(one.reason)}]"
        lines.append(f"  {plain(one.key)}{doubt}")
    if not everything and len(listed) > FEW:
        lines.append(f"  … and {len(listed) - FEW} more (--all)")
    return lines


def _outline(pack: Pack, path: str) -> list[str]:
    entries = [entry for entry in pack.outline(path) if entry.symbol.kind != "module"]
    if not entries:
        return []
    lines = ["", "Symbols:"]
    for entry in entries:
        symbol = entry.symbol
        depth = symbol.qualified_name.count(".")
        lines.append(f"  {symbol.start_line:>5}  {'  ' * depth}{plain(symbol.signature or symbol.name)[:110]}")
    return lines


def subject_data(pack: Pack, subject: Subject, *, source: bool = False) -> dict[str, object]:
    """The same for programs."""
    import dataclasses  # noqa: PLC0415 - takes long to load, and people read text

    kind, key = subject.kind, subject.key
    page = pack.page(kind, key)
    data: dict[str, object] = {**dataclasses.asdict(subject), "page": dataclasses.asdict(page) if page else None}
    if kind == "symbol":
        context = pack.context(key)
        data["context"] = dataclasses.asdict(context)
        data["entry_points"] = [
            {"kind": one.kind, "name": one.name, "path": one.path, "line": one.line}
            for one in entry_points.of_symbol(pack, context.entry.id)
        ]
        if source:
            symbol = context.entry.symbol
            data["source"] = pack.source(symbol.path, symbol.start_line, symbol.end_line)
    elif kind == "file":
        data["symbols"] = [dataclasses.asdict(entry.symbol) for entry in pack.outline(key)]
        if source:
            data["source"] = pack.source(key)
    return data
