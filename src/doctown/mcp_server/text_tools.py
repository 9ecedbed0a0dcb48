"""Answers about what is written: overview, search, one symbol, a part, a file, lines of source, a page.

Each function takes the library and plain values and returns the text of an answer within its budget. Raises
InputError for what is not there; the adapter passes its line on.
"""

from __future__ import annotations

from collections.abc import Mapping

from doctown.docpack import entry_points
from doctown.docpack.reader import Pack
from doctown.docpack.results import Entry, Neighbour
from doctown.docpack.search import Filter
from doctown.docpack.search import search as find_hits
from doctown.errors import InputError
from doctown.mcp_server.answer import NOTICE, Answer, clean, one_line
from doctown.mcp_server.library import Book, Library, find
from doctown.model import Page, Symbol
from doctown.places import is_test

MOST_HITS = 50
MOST_ENTRIES = 60
ENTRY_TOKENS = 35  # that the line of an entry point costs, about
PAGE_KINDS = ("symbol", "file", "cluster", "artifact", "repository")


def place(symbol: Symbol) -> str:
    """`path:first-last` of a symbol."""
    return f"{one_line(symbol.path)}:{symbol.start_line}-{symbol.end_line}"


def start(library: Library, pack: str, max_tokens: int) -> tuple[Book, Answer]:
    """The pack that is asked and an answer that begins with what it speaks of."""
    book = library.book(pack)
    return book, Answer(max_tokens, f"{book.header}\n{NOTICE}")


def _written(page: Page) -> str:
    """Who wrote a page, and how far it can be trusted."""
    who = {"docstring": "the code's own documentation", "extractive": "extracted from the code, no model"}
    said = who.get(page.origin) or f"written by {one_line(page.model, 60) or 'a model'}"
    if page.claims:
        supported = sum(claim.verdict == "supported" for claim in page.claims)
        said += f"; {supported} of {len(page.claims)} claims supported by their cited lines"
    return said if page.status == "complete" else f"{said}; {page.status}: {one_line(page.reason, 100)}"


def _claims(answer: Answer, page: Page) -> None:
    lines = [
        f"{one_line(claim.text, 200)} [{one_line(claim.path)}:{claim.start_line}-{claim.end_line}, {claim.verdict}]"
        for claim in page.claims
    ]
    answer.items("Claims and the lines that show them", lines, "ask for the page resource")


def overview(library: Library, pack: str = "", max_tokens: int = 2000) -> str:
    """What a pack is of: page of the repository, parts, files by language, how sure it is. Without a name, where
    several packs are open, a line for each."""
    if not pack and len(library.books) > 1:
        answer = Answer(max_tokens, f"{len(library.books)} packs are open; name one as `pack`.\n{NOTICE}")
        answer.items("Packs", [f"{book.name}: {book.header}" for book in library.books.values()], "raise max_tokens")
        return answer.text()
    book, answer = start(library, pack, max_tokens)
    manifest = book.pack.manifest()
    statistics = manifest.get("statistics")
    if isinstance(statistics, dict):
        answer.add(_numbers(statistics))
    for warning in [*(["this pack is partial"] if manifest.get("partial") else []), *_texts(manifest.get("warnings"))]:
        answer.add(f"Warning: {one_line(warning, 200)}")
    page = book.pack.page("repository")
    if page is not None:
        hint = "raise max_tokens, or read the repository's page as a resource"
        answer.add(f"\n{one_line(page.title)} ({_written(page)})")
        answer.quote(f"{page.summary}\n\n{page.body}", "page of the repository", hint, share=0.5)
    _entries(answer, book.pack)
    # Parts of the whole before parts of parts, and those of tests last: what fits tells what the system is made of.
    parts = [
        f"{one_line(one.key)} — {one_line(one.label, 80)} ({one.size:,} symbols)"
        for one in sorted(
            book.pack.clusters(),
            key=lambda one: (bool(one.parent), is_test(f"{one.key}/x"), not one.size, -one.size, one.key),
        )
    ]
    answer.items("Parts", parts, "the cluster tool tells more of one")
    return answer.text()


def _numbers(statistics: Mapping[str, object]) -> str:
    """How large it is and how sure its edges are; the manifest has more counts than anybody asks an overview for."""

    def count(name: str) -> int:
        value = statistics.get(name)
        return value if isinstance(value, int) else 0

    guesses = max(count("edges_candidate") - count("edges_similar"), 0)
    told = (
        (count("files"), "files"),
        (count("files_skipped"), "of them not read"),
        (count("symbols"), "symbols"),
        (count("edges_resolved"), "resolved edges"),
        (guesses, "candidates"),
        (count("edges_similar"), "pairs that are similar"),
        (count("unresolved"), "uses left open"),
    )
    return "Statistics: " + ", ".join(f"{number:,} {name}" for number, name in told)


def _entries(answer: Answer, pack: Pack) -> None:
    """Where the code is entered: programs and commands, then routes; what tests declare is only counted."""
    found = entry_points.listed(pack)
    own = [one for one in found if not entry_points.is_of_tests(one)]
    lines = []
    for one in sorted(own, key=lambda one: entry_points.SHOWN.index(one.kind)):
        entry = pack.entry(one.symbol)
        leads = one_line(entry.symbol.key) if entry is not None else "?"
        lines.append(f"{one.kind} {one_line(one.name, 100)} → {leads} [{one_line(one.path)}:{one.line}]")
        if len(lines) == MOST_ENTRIES:
            break
    few = lines[: max(answer.room // 2 // ENTRY_TOKENS, 3)]
    answer.items("Entry points", few, "raise max_tokens, or search for a route or command", total=len(own))
    if len(found) > len(own):
        answer.add(f"({len(found) - len(own):,} more are declared by tests.)")


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def search(
    library: Library,
    query: str,
    pack: str = "",
    *,
    only: Filter,
    limit: int = 10,
    max_tokens: int = 2000,
) -> str:
    """The best hits for a name, words or a sentence, with why they are there."""
    book, answer = start(library, pack, max_tokens)
    limit = min(max(limit, 1), MOST_HITS)
    hits = find_hits(book.pack, query, vector=lambda: library.vector(book, query), limit=limit + 1, only=only)
    lines = []
    for hit in hits[:limit]:
        where = f"{one_line(hit.path)}:{hit.line}" if hit.line else one_line(hit.path)
        summary = one_line(hit.summary, 160)
        lines.append(
            f"{one_line(hit.key or hit.title)} [{hit.kind}] {where}\n  {summary}\n  why: {one_line('; '.join(hit.why))}"
        )
    if not lines:
        answer.add(f"Nothing matches {one_line(query, 100)!r}{' within the filters' if only != Filter() else ''}.")
    answer.items("Hits, best first", lines, "raise max_tokens, or narrow the search by path, kind or cluster")
    if len(hits) > limit:
        answer.left_out("hits beyond these", f"raise limit (now {limit}, at most {MOST_HITS}) or narrow the search")
    return answer.text()


def symbol(library: Library, name: str, pack: str = "", *, source: bool = True, max_tokens: int = 2000) -> str:
    """Signature, place, documentation, neighbours and source of a symbol."""
    book, answer = start(library, pack, max_tokens)
    named = find(book, name)
    one, entry = named.entry.symbol, named.entry
    context = book.pack.context(one.key)
    about = f"{one.kind}, {one.visibility}, {one.language}"
    part = f", part {one_line(entry.cluster)}" if entry.cluster else ""
    answer.add(f"key: {one_line(one.key, 400)}\n{about}, {place(one)}{part}")
    if named.inherited:
        answer.add(f"{one_line(named.inherited)} inherits it")
    if one.signature:
        answer.quote(one.signature, f"signature, {place(one)}", "")
    page = book.pack.page("symbol", one.key)
    if page is not None and (page.summary or page.body):
        answer.add(f"\nDocumentation ({_written(page)}):")
        text = f"{page.summary}\n\n{page.body}" if page.body else page.summary
        answer.quote(text, f"documentation of {one_line(one.key)}", "raise max_tokens", share=0.5 if source else 0.8)
        _claims(answer, page)
    _neighbours(answer, context.outgoing, "Uses", "the callees tool pages through them")
    _neighbours(answer, context.incoming, "Used by", "the callers tool pages through them")
    answer.items("Members", [one_line(key) for key in context.children], f"outline of {one_line(one.path)}")
    if source:
        code = book.pack.source(one.path, one.start_line, one.end_line)
        if code is None:
            answer.add("(The pack holds no source.)")
        else:
            hint = f"source(path={one_line(one.path)!r}, start_line=…, end_line={one.end_line})"
            answer.quote(code, place(one), hint)
    if named.others:
        answer.items("Others of that name", [one_line(key) for key in named.others[:20]], "name one by its key")
    return answer.text()


def _neighbours(answer: Answer, neighbours: tuple[Neighbour, ...], title: str, hint: str) -> None:
    # Calls first and in the order of the text, what tests do last: where there is room for a few, these tell most.
    ordered = sorted(
        neighbours,
        key=lambda one: (one.tier != "resolved", is_test(one.key.partition("#")[0]), one.kind != "calls", one.line),
    )
    lines = [
        f"{one.kind} {one_line(one.key)} [{one.tier}: {one_line(one.reason, 60)}, line {one.line}]" for one in ordered
    ]
    room = max(answer.room // 4, 1)
    few = lines[: max(room // 30, 3)]
    answer.items(title, few, hint, total=len(lines))


def cluster(library: Library, name: str, pack: str = "", *, max_tokens: int = 2000) -> str:
    """A part of the repository: its page, its files, the parts in it and the one it is in."""
    book, answer = start(library, pack, max_tokens)
    clusters = book.pack.clusters()
    chosen = [one for one in clusters if name in (one.key, one.label)]
    chosen = chosen or [one for one in clusters if name.lower() in f"{one.key} {one.label}".lower()]
    if not chosen:
        known = ", ".join(one_line(one.key, 60) for one in clusters[:12])
        raise InputError(f"{book.name} has no part {one_line(name, 100)!r}", f"some of its parts: {known}")
    one = chosen[0]
    answer.add(f"part {one_line(one.key)}: {one_line(one.label)}, {one.size:,} symbols"
               + (f", in {one_line(one.parent)}" if one.parent else ""))  # fmt: skip
    page = book.pack.page("cluster", one.key)
    if page is not None:
        answer.add(f"({_written(page)})")
        text = f"{page.summary}\n\n{page.body}"
        answer.quote(text, f"page of part {one_line(one.key)}", "raise max_tokens", share=0.6)
        _claims(answer, page)
    inner = [f"{one_line(two.key)} — {one_line(two.label, 80)}" for two in clusters if two.parent == one.key]
    answer.items("Parts in it", inner, "ask for each by its key")
    answer.items("Files", [one_line(path) for path in one.paths], "outline tells what is in a file")
    answer.items("Other parts of that name", [one_line(two.key) for two in chosen[1:]], "name one by its key")
    return answer.text()


def outline(library: Library, path: str, pack: str = "", *, max_tokens: int = 2000) -> str:
    """The definitions of a file in the order of the text; for a folder, the files below it."""
    book, answer = start(library, pack, max_tokens)
    path = path.removeprefix("./").strip("/")
    file = book.pack.file(path)
    if file is None:
        return _folder(book, answer, path)
    answer.add(f"{one_line(path)}: {file.language or 'no known language'}, {file.lines:,} lines, {file.status}"
               + (f" ({one_line(file.reason, 100)})" if file.reason else ""))  # fmt: skip
    page = book.pack.page("file", path)
    if page is not None and page.summary:
        answer.quote(page.summary, f"page of {one_line(path)}", "raise max_tokens", share=0.3)
    entries = [one for one in book.pack.outline(path) if one.symbol.kind != "module"]
    lines = [f"{'  ' * min(_depth(one), 6)}{_heading(one.symbol)}" for one in entries]
    answer.items("Definitions", lines, "the symbol tool tells of one; raise max_tokens")
    artifacts = [
        f"{one.kind} {one_line(one.name, 80)} [{one.start_line}-{one.end_line}]: {one_line(one.summary, 120)}"
        for one in book.pack.artifacts(path)
    ]
    answer.items("Artifacts", artifacts, f"source(path={one_line(path)!r})")
    return answer.text()


def _depth(entry: Entry) -> int:
    return entry.symbol.qualified_name.count(".")


def _heading(symbol: Symbol) -> str:
    shown = one_line(symbol.signature, 160) or f"{symbol.kind} {one_line(symbol.name)}"
    return f"{shown} [{symbol.kind}, {symbol.start_line}-{symbol.end_line}]"


def _folder(book: Book, answer: Answer, path: str) -> str:
    below = [one for one in book.pack.files() if not path or one.path.startswith(f"{path}/")]
    if not below:
        named = [one.path for one in book.pack.files() if one.path.endswith(f"/{path}")][:5]
        mend = f"did you mean {', '.join(map(one_line, named))}?" if named else "look for it with the search tool"
        raise InputError(f"{book.name} has no file or folder {one_line(path, 100)!r}", mend)
    lines = [f"{one_line(one.path)} ({one.language or one.status}, {one.lines:,} lines)" for one in below]
    answer.items(f"Files below {one_line(path) or 'the root'}", lines, "ask for a folder further down")
    return answer.text()


def source(
    library: Library, path: str, pack: str = "", *, start_line: int = 1, end_line: int = 0, max_tokens: int = 2000
) -> str:
    """Lines of a file as the pack keeps them, both ends included; numbered."""
    book, answer = start(library, pack, max_tokens)
    path = path.removeprefix("./").strip("/")
    first = max(start_line, 1)
    text = book.pack.source(path, first, end_line if end_line > 0 else None)
    if text is None:
        file = book.pack.file(path)
        answer.add(
            f"The pack holds no source of it ({one_line(file.reason) if file else 'left out when it was built'})."
        )
        return answer.text()
    lines = text.removesuffix("\n").split("\n")
    numbered = "\n".join(f"{number:>5}  {line}" for number, line in enumerate(lines, first))
    last = first + len(lines) - 1
    hint = f"source(path={one_line(path)!r}, start_line=…, end_line={last})"
    answer.quote(numbered, f"{one_line(path)}:{first}-{last}", hint)
    return answer.text()


def page(pack: Pack, kind: str, key: str) -> str:
    """A whole page as Markdown, for a resource. Raises InputError if there is none."""
    found = pack.page(kind, key) if kind in PAGE_KINDS else None
    if found is None:
        raise InputError(f"there is no page of {one_line(kind, 40)} {one_line(key, 200)!r}", "see the search tool")
    claims = "".join(
        f"\n- {one_line(claim.text, 400)} ({one_line(claim.path)}:{claim.start_line}-{claim.end_line}, {claim.verdict})"
        for claim in found.claims
    )
    body = f"# {one_line(found.title)}\n\n{clean(found.summary)}\n\n{clean(found.body)}"
    return (
        f'{NOTICE}\n\n<repository-text source="page of {one_line(kind)} {one_line(key)}">\n{body}\n'
        + (f"\n## Claims\n{claims}\n" if claims else "")
        + f"</repository-text>\n\n({_written(found)})\n"
    )
