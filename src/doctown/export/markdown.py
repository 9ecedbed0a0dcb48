"""Markdown for a documentation site or a repository's own `docs/`: a page a file of code, not a page a symbol.

Works where Markdown is rendered by others: MkDocs, Git hosts, editors. Links are relative paths to `.md` files; a
symbol is a section of its file's page, with an anchor that does not hang on how a renderer makes anchors of headings.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from doctown.docpack import listing
from doctown.docpack.reader import Pack
from doctown.docpack.results import Context, Entry
from doctown.export import Exported, place
from doctown.export.bulk import Bulk
from doctown.model import MODULE, Page
from doctown.viewer import markdown, names, twins
from doctown.viewer.book import Book
from doctown.viewer.harmless import code, fence, summary, text
from doctown.viewer.twins import twin_path

MOST_NEIGHBOURS = 12  # named of a sort; the docpack has them all


class _Lead:
    """Addresses of pages and sections as seen from one page."""

    def __init__(self, path: str, files: Collection[str]) -> None:
        self._own = path
        self._folders = path.split("/")[:-1]
        self._files = files

    def __call__(self, kind: str, key: str) -> str:
        if kind == "symbol" and not key.endswith(f"#{MODULE}"):
            path = self._path(key)
            page = twin_path(names.page_path("file", path))
            return f"{'' if page == self._own else self._to(page)}#{anchor(key[len(path) + 1 :])}"
        if kind == "artifact":
            return f"{self._to('build.md')}#{anchor(key)}"
        if kind == "folder":
            return self._to("files.md")
        return self._to(twin_path(names.page_path(kind, key)))

    def _to(self, page: str) -> str:
        """The shortest relative path: it is read in editors and in diffs too."""
        there = page.split("/")
        shared = 0
        for one, two in zip(self._folders, there[:-1], strict=False):
            if one != two:
                break
            shared += 1
        return "../" * (len(self._folders) - shared) + "/".join(there[shared:])

    def _path(self, key: str) -> str:
        """The file of a symbol: a path may have a `#` of its own, as may a name."""
        at = key.find("#")
        while at >= 0 and key[:at] not in self._files:
            at = key.find("#", at + 1)
        return key[:at] if at >= 0 else key.partition("#")[0]

    def short(self, key: str) -> str:
        """What a symbol is called beside its owner, without which `__init__` says little; a module by its file."""
        path = self._path(key)
        name = key[len(path) + 1 :].partition("~")[0]
        return path.rpartition("/")[2] if name == MODULE else ".".join(name.rsplit(".", 2)[-2:])


def anchor(name: str) -> str:
    """The anchor of a section: of a symbol by its name within the file, of an artifact by its key."""
    return names.component(name).replace("=", "-").replace("~", "_")


def write_markdown(pack: Path, destination: Path) -> Exported:
    """Writes the Markdown to a folder."""
    with Pack.open(pack) as opened, place.folder(destination, "markdown") as folder:
        book = Book(opened)
        pages = 0

        def put(path: str, content: str) -> None:
            nonlocal pages
            folder.write(path, content)
            pages += 1

        spots = listing.know_files(opened)
        files = {spot.path for spot in spots}
        put("index.md", _index(book, files))
        put("build.md", _build(book, files))
        put("files.md", _files(spots, files))
        for key in book.shape.clusters:
            path = twin_path(names.page_path("cluster", key))
            page = opened.page("cluster", key)
            lead = _Lead(path, files)
            parts = [f"# {text(book.cluster_label(key))}", body(page, lead), twins.origin(page)]
            put(path, twins.join([*parts, _members(book, key, lead)]))
        bulk = Bulk(opened)
        for spot in spots:
            path = twin_path(names.page_path("file", spot.path))
            put(path, _file(book, spot, bulk, _Lead(path, files)))
        return Exported(
            destination=str(destination), form="markdown", pages=pages, files=folder.files, bytes=folder.bytes
        )


def body(page: Page | None, lead: _Lead) -> str:
    """Summary and body of a written page."""
    if page is None:
        return ""
    return "\n\n".join(part for part in (summary(page.summary), markdown.twin(page.body, lead)) if part.strip())


def _index(book: Book, files: Collection[str]) -> str:
    page = book.pack.page("repository")
    lead = _Lead("index.md", files)
    rows = [
        f"- [{text(one.label)}]({lead('cluster', one.key)}): {_counted(book.shape.files.get(one.key, 0), 'file')},"
        f" {_counted(one.size, 'symbol')}"
        for one in book.shape.tops
    ]
    known = f"{text(book.version)}, " if book.version else ""
    made = f"*{known}pack {str(book.manifest.get('docpack_id', ''))[:16]}, made by Doctown.*"
    parts = [f"# {text(book.name)}", body(page, lead), "## Parts", "\n".join(rows)]
    more = "- [Build and run](build.md)\n- [Files](files.md)"
    return twins.join([*parts, "## More", more, made])


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _build(book: Book, files: Collection[str]) -> str:
    lead = _Lead("build.md", files)
    parts = ["# Build and run"]
    for one in book.artifacts:
        page = book.pack.page("artifact", one.key)
        kind, span = text(one.kind.replace("_", " ")), _span(one.start_line, one.end_line)
        where = f"{kind} in [{text(one.path)}]({lead('file', one.path)}), {span}"
        parts += [f'<a id="{anchor(one.key)}"></a>', f"## {text(one.name)}", where, body(page, lead)]
    return twins.join(parts)


def _files(spots: Sequence[listing.Spot], files: Collection[str]) -> str:
    lead = _Lead("files.md", files)
    rows = [
        f"- [{text(one.path)}]({lead('file', one.path)})"
        + (f": not read, {text(one.reason)}" if one.status == "skipped" else "")
        for one in spots
    ]
    return twins.join(["# Files", "\n".join(rows)])


def _members(book: Book, key: str, lead: _Lead) -> str:
    children = [f"- [{text(one.label)}]({lead('cluster', one.key)})" for one in book.shape.children.get(key, ())]
    files = [f"- [{text(path)}]({lead('file', path)})" for path in book.shape.clusters[key].paths]
    parts = ["## Parts within", "\n".join(children)] if children else []
    parts += ["## All files", "\n".join(files)] if files else []
    return twins.join(parts) if parts else ""


def _file(book: Book, spot: listing.Spot, bulk: Bulk, lead: _Lead) -> str:
    page = book.pack.page("file", spot.path)
    entries = book.pack.outline(spot.path)
    facts = f"{code(spot.path)}: {text(spot.language or 'unknown format')}, {_counted(spot.lines, 'line')}"
    if spot.status == "skipped":
        facts += f"; not read: {text(spot.reason)}"
    # The name alone heads the page: whole paths are too wide for a heading and for a list of pages.
    parts = [f"# {text(spot.path.rpartition('/')[2])}", facts, body(page, lead), twins.origin(page)]
    pages_of = bulk.pages(entries)
    for entry in entries:
        if not entry.symbol.key.endswith(f"#{MODULE}"):
            parts.append(_symbol(entry, bulk.context(entry, ()), pages_of.get(entry.id), lead))
    return twins.join(parts)


def _span(start: int, end: int) -> str:
    return f"line {start}" if start == end else f"lines {start}–{end}"


def _symbol(entry: Entry, context: Context, page: Page | None, lead: _Lead) -> str:
    symbol = entry.symbol
    level = "##" if "." not in symbol.qualified_name else "###"
    parts = [
        f'<a id="{anchor(symbol.key[len(symbol.path) + 1 :])}"></a>',
        f"{level} {text(symbol.qualified_name)}",
        f"{text(symbol.visibility)} {text(symbol.kind.replace('_', ' '))}, {_span(symbol.start_line, symbol.end_line)}",
        fence(symbol.signature, symbol.language) if symbol.signature else "",
        body(page, lead),
    ]
    for title, found in (
        ("Calls", context.uses("calls")),
        ("Called by", context.used_by("calls")),
        ("Inherits from", context.uses("inherits")),
        ("Inherited by", context.used_by("inherits")),
    ):
        if found:
            shown = ", ".join(
                f"[{code(lead.short(one.key))}]({lead('symbol', one.key)})"
                + ("" if one.tier == "resolved" else " (candidate)")
                for one in found[:MOST_NEIGHBOURS]
            )
            more = f" and {len(found) - MOST_NEIGHBOURS:,} more" if len(found) > MOST_NEIGHBOURS else ""
            parts.append(f"{title}: {shown}{more}.")
    return twins.join(parts)
