"""Answers about the graph: callers, callees, ways between two symbols, what a change reaches, what has changed.

Every neighbour is told with its tier, the reason and the line, so that a guess is never taken for a fact.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from doctown.docpack import graph
from doctown.docpack.diff import diff
from doctown.docpack.reader import Pack
from doctown.docpack.results import without_chains
from doctown.errors import InputError
from doctown.mcp_server.answer import Answer, one_line
from doctown.mcp_server.library import Library, Named, find
from doctown.mcp_server.text_tools import place, start
from doctown.model import Unresolved
from doctown.places import is_test

MOST_TOLD = 500  # symbols of one answer
_RUN = frozenset({"function", "method", "constructor", "class", "struct"})  # what runs without its name being called


def neighbours(
    library: Library,
    name: str,
    pack: str = "",
    *,
    direction: graph.Direction,
    depth: int = 1,
    candidates: bool = True,
    max_tokens: int = 2000,
) -> str:
    """Who calls a symbol (`in`) or whom it calls (`out`), up to `depth` calls away."""
    book, answer = start(library, pack, max_tokens)
    named = find(book, name)
    key = named.entry.symbol.key
    found = graph.walk(book.pack, key, direction, depth=depth, candidates=candidates, kinds=("calls",), most=MOST_TOLD)
    _start(answer, named)
    if found.members:
        answer.add(f"Counted with its {found.members:,} members.")
    words = "Callers" if direction == "in" else "Callees"
    tool = "callers" if direction == "in" else "callees"
    # Tests last: of what is much tested they would fill the answer, and who asks wants to know what the code does.
    reached = sorted(found.reached, key=lambda one: (one.distance, is_test(one.entry.symbol.path)))
    sure = [one for one in reached if one.certain]
    unsure = [one for one in reached if not one.certain]
    if not found.total:
        answer.add(f"{words}: none that Doctown knows of.")
    hint = f"raise max_tokens, or ask the {tool} of one of these"
    answer.items(f"{words}, resolved", [_line(one) for one in sure], hint)
    answer.items(f"{words}, candidates (guesses, each says of which sort)", [_line(one) for one in unsure], hint)
    if found.total > len(found.reached):
        answer.left_out(f"{found.total - len(found.reached):,} further {tool}", "ask for a smaller depth")
    _cut(answer, found.cut)
    told = {one.entry.symbol.key for one in reached}
    if direction == "out":
        _handed_on(answer, book.pack, key, told)
        _unresolved(answer, book.pack.unresolved(key))
    else:
        _used_otherwise(answer, book.pack, key, told)
        _overridden(answer, book.pack, key)
    return answer.text()


def _used_otherwise(answer: Answer, pack: Pack, key: str, told: Collection[str]) -> None:
    """Who uses a symbol without calling it, as one does a constant, a base class, a class that inherits its constructor
    or a function that others are to run: nobody is to think it unused."""
    uses = [one for one in pack.context(key).incoming if one.kind != "calls" and one.key not in told]
    uses.sort(key=lambda one: (one.tier != "resolved", is_test(one.key.partition("#")[0])))
    lines = [
        f"{one_line(one.key)} {one.kind} at {one_line(one.key.partition('#')[0])}:{one.line}, {one.tier}: "
        f"{one_line(one.reason, 60)}"
        for one in uses[:MOST_TOLD]
    ]
    answer.items("Used otherwise by", lines, "raise max_tokens, or ask its impact", total=len(uses))


def _handed_on(answer: Answer, pack: Pack, key: str, told: Collection[str]) -> None:
    """What a symbol names for others to run, such as a thread's target, and the classes that it makes objects of."""
    uses = [
        one
        for one in pack.context(key).outgoing
        if one.kind == "references" and one.symbol_kind in _RUN and one.key not in told
    ]
    lines = [
        f"{one_line(one.key)} [{one_line(one.symbol_kind)}] at line {one.line}, {one.tier}: {one_line(one.reason, 60)}"
        for one in sorted(uses, key=lambda one: (one.tier != "resolved", one.line))
    ]
    answer.items("Handed on to be run, or made", lines, "the symbol tool shows the source")


def _overridden(answer: Answer, pack: Pack, key: str) -> None:
    """What a symbol overrides: who calls it through its base class is told there, and nobody is to think it unused."""
    lines = []
    for one in graph.overridden(pack, key):
        callers = graph.callers(pack, one.symbol.key).total
        lines.append(f"{one_line(one.symbol.key)} [{place(one.symbol)}] with {callers:,} caller{'s' * (callers != 1)}")
    answer.items("It overrides, so that calls of these may run it", lines, "ask the callers of each")


def _unresolved(answer: Answer, uses: Sequence[Unresolved]) -> None:
    lines = [
        f"{one_line(one.name, 80)} (line {one.line}, {one_line(one.reason, 80)})"
        for one in without_chains([one for one in uses if one.kind == "calls"])
    ]
    answer.items("Calls that resolve to nothing here", lines, "the symbol tool shows the source")


def _start(answer: Answer, named: Named) -> None:
    symbol = named.entry.symbol
    answer.add(f"{one_line(symbol.key)} [{symbol.kind}, {place(symbol)}]")
    if named.inherited:
        answer.add(f"({one_line(named.inherited)} inherits it.)")
    if named.others:
        shown = ", ".join(one_line(key) for key in named.others[:3])
        answer.add(f"({len(named.others):,} others bear that name: {shown}{', …' if len(named.others) > 3 else ''})")


def _line(one: graph.Reached) -> str:
    symbol, via = one.entry.symbol, one.via
    far = f", {one.distance} away" if one.distance > 1 else ""
    how = f"{via.kind} at {_site(via)}, {via.tier}: {one_line(via.reason, 60)}"
    lines = f"lines {symbol.start_line}-{symbol.end_line}"  # of the file that its key begins with
    return f"{one_line(symbol.key)} [{lines}{far}] {how}" + (
        "" if symbol.key in (via.source, via.target) else f" via {one_line(via.target)}"
    )


def _site(link: graph.Link) -> str:
    return f"{one_line(link.source.partition('#')[0])}:{link.line}"


def _cut(answer: Answer, cut: str) -> None:
    if cut:
        answer.left_out(f"the walk {cut}", "ask for a smaller depth, or begin at a less used symbol")


def paths(
    library: Library,
    source: str,
    target: str,
    pack: str = "",
    *,
    candidates: bool = True,
    longest: int = 8,
    max_tokens: int = 2000,
) -> str:
    """Shortest ways from one symbol to another; where there is none, the other way round."""
    book, answer = start(library, pack, max_tokens)
    one, two = find(book, source), find(book, target)
    _start(answer, one)
    _start(answer, two)
    keys = one.entry.symbol.key, two.entry.symbol.key
    if keys[0] == keys[1]:
        raise InputError(f"both ends are {one_line(keys[0])}", "name two different symbols")
    found = graph.paths(book.pack, *keys, candidates=candidates, longest=longest)
    if not found.paths:
        answer.add(f"No way of up to {longest} edges from {one_line(keys[0])} to {one_line(keys[1])}.")
        _cut(answer, found.cut)
        found = graph.paths(book.pack, keys[1], keys[0], candidates=candidates, longest=longest)
        if found.paths:
            answer.add("There is one the other way round:")
        else:
            answer.add(
                "Calls by a name in a string (messages, plugins, registries) are not followed: search for names."
            )
    sure = "every edge resolved" if found.certain else "with candidate edges: guesses"
    for number, way in enumerate(found.paths, 1):
        steps = [f"Way {number} ({len(way)} edges, {sure}):", f"  {one_line(way[0].source)}"]
        steps += [
            f"  → {link.kind} {one_line(link.target)} [{_site(link)}, {link.tier}: {one_line(link.reason, 60)}]"
            for link in way
        ]
        if not answer.add("\n".join(steps)):
            answer.left_out(f"{len(found.paths) - number + 1} further ways", "raise max_tokens")
            break
    _cut(answer, found.cut)
    return answer.text()


def impact(
    library: Library, name: str, pack: str = "", *, depth: int = 3, candidates: bool = True, max_tokens: int = 2000
) -> str:
    """What uses a symbol directly or through others: what a change of it may reach."""
    book, answer = start(library, pack, max_tokens)
    named = find(book, name)
    found = graph.impact(book.pack, named.entry.symbol.key, depth=depth, candidates=candidates, most=MOST_TOLD)
    _start(answer, named)
    walk = found.walk
    by_distance = ", ".join(f"{count:,} at distance {distance}" for distance, count in enumerate(walk.at, 1))
    reached = f"A change reaches {walk.total:,} symbols in {len(found.files):,} files ({by_distance})."
    answer.add(
        reached if walk.total else "No use of it that Doctown knows of: uses that did not resolve are not counted."
    )
    answer.items(
        "Overridden in", [f"{one_line(one.symbol.key)} [{place(one.symbol)}]" for one in found.overrides],
        "the symbol tool tells of each",
    )  # fmt: skip
    nearest = [_line(one) for one in walk.reached if one.distance == 1]
    answer.items("Uses it directly", nearest, "raise max_tokens, or use the callers tool", total=max(
        len(nearest), walk.at[0] if walk.at else 0
    ))  # fmt: skip
    answer.items("Files reached", [f"{one_line(path)} ({n:,})" for path, n in found.files], "ask for a smaller depth")
    answer.items("Parts reached", [f"{one_line(key)} ({n:,})" for key, n in found.clusters], "raise max_tokens")
    further = [_line(one) for one in walk.reached if one.distance > 1]
    answer.items("Uses it through others", further, "raise max_tokens, or ask the impact of one of the above",
                 total=walk.total - (walk.at[0] if walk.at else 0))  # fmt: skip
    _cut(answer, walk.cut)
    return answer.text()


def changes(library: Library, since: str, pack: str = "", *, max_tokens: int = 2000) -> str:
    """What a pack has and another has not, and the reverse."""
    others = [name for name in library.books if name != since]
    book, answer = start(library, pack or (others[0] if len(others) == 1 else ""), max_tokens)
    old = library.book(since)
    if old is book:
        raise InputError(f"{book.name} is compared with itself", "open an older pack too and name it as `since`")
    found = diff(old.pack, book.pack)
    answer.add(f"Compared with {old.header}")
    if found.empty:
        answer.add("No difference.")
    hint = "raise max_tokens, or run `doctown diff --json`"
    answer.items("Symbols added", map(one_line, found.symbols_added), hint)
    answer.items("Symbols removed", map(one_line, found.symbols_removed), hint)
    answer.items(
        "Symbols changed", [f"{one_line(one.key)} ({', '.join(one.what)})" for one in found.symbols_changed], hint
    )
    answer.items("Files added", map(one_line, found.files_added), hint)
    answer.items("Files removed", map(one_line, found.files_removed), hint)
    answer.items("Files changed", map(one_line, found.files_changed), hint)
    for title, edges in (("Edges gained", found.edges_gained), ("Edges lost", found.edges_lost)):
        answer.items(title, [f"{one_line(a)} {kind} {one_line(b)} ({tier})" for a, kind, tier, b in edges], hint)
    for title, pages in (
        ("Pages added", found.pages_added),
        ("Pages removed", found.pages_removed),
        ("Pages changed", found.pages_changed),
    ):
        answer.items(title, [f"{kind} {one_line(key)}" for kind, key in pages], hint)
    return answer.text()
