"""Every page of a pack but a symbol's: overview, map, files, folders, parts, artifacts, indexes, changes.

A function a page, from a book to HTML and its Markdown twin; `find` makes the page that stands at a path. Nothing
here knows HTTP or writes files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from doctown.docpack import entry_points, listing
from doctown.docpack.coding import document_id
from doctown.docpack.results import Entry
from doctown.model import MODULE, Artifact, EntryPoint, File, Page
from doctown.viewer import diagram, markdown, names, twins
from doctown.viewer.harmless import code, text
from doctown.viewer.render import LINES_PER_PAGE, Links, Rendered, page
from doctown.viewer.symbols import Outline, citations, shown_lines, symbol_page

if TYPE_CHECKING:
    from doctown.viewer.book import Book

_ENTERED = ("route", "command")
PER_INDEX = 300  # symbols on a page of an index
MOST_OUTLINE = 1_000  # symbols listed on a file's page
MOST_FILES = 2_000  # files listed of one folder
MOST_ARTIFACTS = 500
MOST_ENTRIES = 24  # of a kind, on the overview
# Of the repository's page, which the overview shows its own way.
_OWN_SECTIONS = ("Architecture", "Central symbols", "HTTP routes", "Commands")


def find(book: Book, path: str) -> Rendered | None:
    """The page at a path, as `names` gives it; None if there is none."""
    fixed = {"index.html": overview, "map.html": town, "files.html": root_folder, "build.html": build}
    if path in fixed:
        return fixed[path](book)
    head, _, rest = path.partition("/")
    if head == "symbols":
        kind, slash, number = rest.removesuffix(names.SUFFIX).partition("/")
        return index(book, kind, int(number)) if slash and number.isascii() and number.isdecimal() else None
    if head == "source":
        file, _, number = rest.removesuffix(names.SUFFIX).rpartition("/")
        found = _subject(book, f"file/{file}{names.SUFFIX}")
        return source(book, found[1], int(number)) if found and number.isascii() and number.isdecimal() else None
    found = _subject(book, path)
    if found is None:
        return None
    kind, key = found
    makers = {"symbol": symbol, "file": file_page, "cluster": cluster, "artifact": artifact, "folder": folder}
    return makers[kind](book, key)


def _subject(book: Book, path: str) -> tuple[str, str] | None:
    """Kind and key of the subject of a page; one named by its digest is looked for among all."""
    found = names.subject(path)
    if found is not None or f"/{names.LONG}/" not in path:
        return found
    head = path.partition("/")[0]
    for kind, name in names.FOLDERS.items():
        if name == head:
            keys: dict[str, Callable[[], Iterable[str]]] = {
                "file": lambda: (spot.path for spot in listing.spots(book.pack)),
                "symbol": lambda: (one.key for one in listing.glimpses(book.pack)),
                "cluster": lambda: book.shape.clusters,
                "artifact": lambda: (one.key for one in book.artifacts),
                "folder": lambda: listing.folders(listing.spots(book.pack)),
            }
            return next(((kind, key) for key in keys[kind]() if names.page_path(kind, key) == path), None)
    return None


# --- the whole --------------------------------------------------------------------------------------------------


def overview(book: Book) -> Rendered:
    """What the repository is, its architecture, and what happens in it."""
    path = "index.html"
    links = Links(path)
    written = book.pack.page("repository")
    parts = [(one, links.to("cluster", one.key), book.shape.files.get(one.key, 0)) for one in book.shape.tops]
    sums = {one.key: _summary(book, "cluster", one.key) for one, _, _ in parts}
    return page(
        book, "overview", path, book.name,
        twin=_overview_twin(book, written, links),
        written=written,
        body=links.html(markdown.without_sections(written.body, _OWN_SECTIONS)) if written else "",
        diagram=cluster_diagram(book, [one.key for one in book.shape.tops], links), parts=parts, sums=sums,
        flows=[
            (flow, [(step, links.to("symbol", step.entry.symbol.key)) for step in flow.steps]) for flow in book.flows
        ],
        entries=[
            (title, [(one, links.to("symbol", key)) for one, key in found], rest)
            for title, found, rest in _entered(book)
        ],
        central=[(links.to("symbol", one.key), one) for one in listing.most_central(book.pack, 12)],
        citations=citations(written.claims if written else (), links),
    )  # fmt: skip


def _entered(book: Book) -> list[tuple[str, list[tuple[EntryPoint, str]], int]]:
    """Routes and commands with the keys of the symbols that run, and how many more there are; none of tests."""
    found = [one for one in entry_points.listed(book.pack, _ENTERED) if not entry_points.is_of_tests(one)]
    groups = []
    for kind, title in (("route", "HTTP routes"), ("command", "Commands")):
        of_kind = [one for one in found if one.kind == kind]
        shown = [(one, book.pack.entry(one.symbol)) for one in of_kind[:MOST_ENTRIES]]
        rows = [(one, entry.symbol.key) for one, entry in shown if entry is not None]
        if rows:
            groups.append((title, rows, len(of_kind) - len(rows)))
    return groups


def _overview_twin(book: Book, written: Page | None, links: Links) -> str:
    parts = [
        f"# {text(book.name)}",
        text(book.version),
        twins.body(written, links),
        twins.origin(written),
    ]
    rows = [
        f"- [{text(one.label)}]({twins.twin_path(links.to('cluster', one.key))}): {one.size:,} symbols"
        for one in book.shape.tops
    ]
    parts += ["## Parts", "\n".join(rows)] if rows else []
    for title, found, rest in _entered(book):
        entered = [
            f"- {code(one.name)}: [{text(key)}]({twins.twin_path(links.to('symbol', key))})" for one, key in found
        ]
        parts += [f"## {title}", "\n".join([*entered, *([f"- and {rest:,} more"] if rest else [])])]
    for flow in book.flows:
        steps = [
            f"{'  ' * step.depth}- [{text(step.entry.symbol.qualified_name)}]"
            f"({twins.twin_path(links.to('symbol', step.entry.symbol.key))}) in {code(step.entry.symbol.path)}"
            f"{', handed on' if step.handed else ''}"
            for step in flow.steps
        ]
        parts += [f"## Flow: {text(flow.title)}", "\n".join(steps)]
    return twins.join(parts)


def cluster_diagram(book: Book, keys: Sequence[str], links: Links) -> Markup:
    """The drawing of these clusters; without tests and the like where enough is left."""
    clusters = [book.shape.clusters[key] for key in keys]
    core = [one for one in clusters if one.size and not book.shape.is_aside(one)]
    chosen = core if len(core) > 2 else [one for one in clusters if one.size]
    boxes = [
        diagram.Box(one.key, one.label, f"{one.size:,} symbols", links.to("cluster", one.key))
        for one in chosen[: diagram.MOST_BOXES]
    ]
    drawn = diagram.svg(boxes, book.shape.between([box.key for box in boxes], book.uses), "Parts and what they use")
    return Markup(drawn)  # noqa: S704 - texts are escaped there


def town(book: Book) -> Rendered:
    """The map, which its own script draws; and the same as a list."""
    path = "map.html"
    links = Links(path)
    tops = [(links.to("cluster", one.key), one) for one in book.shape.tops]
    parts = {
        one.key: [(links.to("cluster", two.key), two) for two in book.shape.children.get(one.key, ())]
        for _, one in tops
    }
    return page(book, "map", path, "Map", tops=tops, parts=parts, houses=min(sum(book.kinds.values()), 10_000))


def build(book: Book) -> Rendered:
    """What builds, tests, runs and deploys the project."""
    path = "build.html"
    links = Links(path)
    groups: dict[str, list[tuple[str, Artifact]]] = {}
    for one in book.artifacts[:MOST_ARTIFACTS]:
        groups.setdefault(one.kind, []).append((links.to("artifact", one.key), one))
    twin = ["# How it is built and run"]
    for kind, found in groups.items():
        rows = [twins.artifact_line(one, links) for _, one in found]
        twin += [f"## {text(kind)}", "\n".join(rows)]
    rest = max(len(book.artifacts) - MOST_ARTIFACTS, 0)
    return page(book, "build", path, "Build and run", twin=twins.join(twin), groups=groups, rest=rest)


def index(book: Book, kind: str, number: int) -> Rendered | None:
    """One page of the index of a kind of symbol, in order of names."""
    return index_of(book, kind, number, None)


def index_of(book: Book, kind: str, number: int, listed: Sequence[listing.Glimpse] | None) -> Rendered | None:
    """The same, its symbols given, or else read."""
    total = book.kinds.get(kind, 0)
    last = max((total - 1) // PER_INDEX + 1, 1)
    if not total or not 1 <= number <= last:
        return None
    path = f"symbols/{kind}/{number}{names.SUFFIX}"
    links = Links(path)
    if listed is None:
        listed = listing.of_kind(book.pack, kind, (number - 1) * PER_INDEX, PER_INDEX)
    rows = [
        f"- [{text(one.qualified_name)}]({twins.twin_path(links.to('symbol', one.key))}) {code(one.key)}"
        for one in listed
    ]
    return page(
        book, "symbols", path, f"Every {kind.replace('_', ' ')}",
        twin=twins.join([f"# {text(kind)}, {number} of {last}", "\n".join(rows)]),
        kind=kind, number=number, last=last, total=total,
        listed=[(links.to("symbol", one.key), one, one.key.partition("#")[0]) for one in listed],
    )  # fmt: skip


# --- one subject ------------------------------------------------------------------------------------------------


def symbol(book: Book, key: str) -> Rendered | None:
    """The page of a symbol; that of its file, for a file's top level."""
    entry = book.pack.symbol(key)
    if entry is None:
        return None
    if key.endswith(f"#{MODULE}"):
        return file_page(book, entry.symbol.path)
    outline = Outline.of([one.symbol for one in book.pack.outline(entry.symbol.path)])
    lines = book.stretch(entry.symbol.path, entry.symbol.language, *shown_lines(entry.symbol))
    entered = [one for one in entry_points.of_symbol(book.pack, entry.id) if one.kind in entry_points.SHOWN]
    return symbol_page(book, book.pack.context(key), book.pack.page("symbol", key), outline, lines, entered, {})


def _summary(book: Book, kind: str, key: str) -> str:
    written = book.pack.page(kind, key)
    return written.summary if written is not None else ""


def file_page(book: Book, path_: str) -> Rendered | None:
    """What a file is and what it defines."""
    file = book.pack.file(path_)
    return None if file is None else file_page_of(book, file, book.pack.outline(path_))


def file_page_of(book: Book, file: File | listing.Spot, entries: Sequence[Entry]) -> Rendered:
    """The same, its symbols given."""
    path_ = file.path
    path = names.page_path("file", path_)
    links = Links(path)
    written = book.pack.page("file", path_)
    module = next((one for one in entries if one.symbol.kind == "module"), None)
    symbols = [one.symbol for one in entries if one.symbol.kind != "module"]
    found = [(links.to("artifact", one.key), one) for one in book.artifacts_of.get(path_, ())]
    module_page = book.pack.page("symbol", module.symbol.key) if module is not None else None
    if written is None:
        written = module_page
    cluster_key = next((one.cluster for one in entries), "")
    return page(
        book, "file", path, path_,
        twin=twins.join([
            f"# {text(path_)}", twins.body(written, links), twins.origin(written), twins.outline(symbols, links),
            "\n".join(twins.artifact_line(one, links) for _, one in found),
            twins.claims(written.claims if written else ()),
        ]),
        section="files", file=file, written=written, body=links.html(written.body) if written else "",
        outline=[
            (links.to("symbol", one.key), one, min(one.qualified_name.count("."), 4)) for one in symbols[:MOST_OUTLINE]
        ],
        rest=max(len(symbols) - MOST_OUTLINE, 0), artifacts=found, crumbs=_crumbs(path_, links),
        source_href=links.lines(path_, 1, 1).partition("#")[0] if file.status != "skipped" else "",
        host_href=book.host.link(path_), cluster=book.cluster_label(cluster_key) if cluster_key else "",
        cluster_href=links.to("cluster", cluster_key) if cluster_key else "",
        citations=citations(written.claims if written else (), links),
    )  # fmt: skip


def source(book: Book, path_: str, number: int) -> Rendered | None:
    """A stretch of a file's source with a line's number beside it."""
    file = book.pack.file(path_)
    return None if file is None else source_of(book, file, number)


def source_of(book: Book, file: File | listing.Spot, number: int) -> Rendered | None:
    """The same of a file that is known to be there."""
    path_ = file.path
    lines = book.lines(path_, file.language)
    if lines is None:
        return None
    last = max((len(lines) - 1) // LINES_PER_PAGE + 1, 1)
    if not 1 <= number <= last:
        return None
    start = (number - 1) * LINES_PER_PAGE + 1
    shown = lines[start - 1 : start - 1 + LINES_PER_PAGE]
    path = names.source_path(path_, number)
    links = Links(path)
    numbers = "\n".join(f'<a id=L{n} href="#L{n}">{n}</a>' for n in range(start, start + len(shown)))
    return page(
        book, "source", path, f"{path_}, lines {start}–{start + len(shown) - 1}",
        section="files", file=file, crumbs=_crumbs(path_, links), file_href=links.to("file", path_),
        host_href=book.host.link(path_), number=number, last=last, start=start,
        numbers=Markup(numbers), code=Markup("\n".join(shown)), total=len(lines),  # noqa: S704 - by `highlight`
        pages=[(one, links.root + names.source_path(path_, one)) for one in range(1, last + 1)],
    )  # fmt: skip


def source_pages(book: Book, path_: str, language: str) -> int:
    """How many pages a file's source has; none where it is not kept."""
    lines = book.lines(path_, language)
    return 0 if lines is None else max((len(lines) - 1) // LINES_PER_PAGE + 1, 1)


def _crumbs(path_: str, links: Links) -> list[tuple[str, str]]:
    """The folders above a path, each with its page."""
    parts = path_.split("/")[:-1]
    return [(part, links.to("folder", "/".join(parts[: number + 1]))) for number, part in enumerate(parts)]


def root_folder(book: Book) -> Rendered:
    """The top of the file tree."""
    made = folder(book, "")
    assert made is not None, "the root always has a page"
    return made


def folder(book: Book, key: str) -> Rendered | None:
    """What is directly in a folder."""
    return folder_of(book, key, listing.folder(book.pack, key))


def folder_of(book: Book, key: str, found: listing.Folder) -> Rendered | None:
    """The same, its content given."""
    if key and not found.folders and not found.files:
        return None
    path = names.page_path("folder", key)
    links = Links(path)
    files = [(links.to("file", spot.path), spot, spot.path.rpartition("/")[2]) for spot in found.files[:MOST_FILES]]
    pages = ((spot, book.pack.page_by_id(document_id("file", spot.id))) for _, spot, _ in files)
    about = {spot.path: written.summary if written is not None else "" for spot, written in pages}
    below = [(links.to("folder", one), one.rpartition("/")[2], count, lines) for one, count, lines in found.folders]
    rows = [f"- [{text(name)}/]({twins.twin_path(href)}): {count:,} files" for href, name, count, _ in below]
    rows += [
        f"- [{text(name)}]({twins.twin_path(href)}): {text(about.get(spot.path, '') or spot.reason)}"
        for href, spot, name in files
    ]
    return page(
        book, "folder", path, key or "Files",
        twin=twins.join([f"# {text(key or 'Files')}", "\n".join(rows)]),
        section="files", key=key, folders=below, files=files, about=about, rest=max(len(found.files) - MOST_FILES, 0),
        crumbs=_crumbs(f"{key}/x" if key else "x", links),
    )  # fmt: skip


def cluster(book: Book, key: str) -> Rendered | None:
    """A part of the repository: what it is for, its parts and files, and what it uses."""
    one = book.shape.clusters.get(key)
    if one is None:
        return None
    path = names.page_path("cluster", key)
    links = Links(path)
    written = book.pack.page("cluster", key)
    children = book.shape.children.get(key, ())
    central = listing.of_cluster(book.pack, key, 24)
    uses, used = _beyond(book, key, links)
    paths = one.paths[:MOST_FILES]
    return page(
        book, "cluster", path, one.label,
        twin=twins.join([f"# {text(one.label)}", twins.body(written, links), twins.origin(written)]),
        section="overview", cluster=one, written=written,
        body=links.html(markdown.without_diagrams(written.body)) if written else "",
        parents=[(links.to("cluster", up), book.cluster_label(up)) for up in book.shape.ancestors(key)[:0:-1]],
        children=[(links.to("cluster", two.key), two, _summary(book, "cluster", two.key)) for two in children],
        diagram=cluster_diagram(book, [two.key for two in children], links),
        files=[(links.to("file", path_), path_) for path_ in paths], rest=len(one.paths) - len(paths),
        central=[(links.to("symbol", two.key), two) for two in central], uses=uses, used=used,
        file_count=book.shape.files.get(key, 0), citations=citations(written.claims if written else (), links),
    )  # fmt: skip


def _beyond(book: Book, key: str, links: Links) -> tuple[list[tuple[str, str, int]], list[tuple[str, str, int]]]:
    """The parts of the same level that a part uses, and those that use it, with how often."""
    one = book.shape.clusters[key]
    level = book.shape.children.get(one.parent, ()) if one.parent else book.shape.tops
    between = book.shape.between([two.key for two in level], book.uses)

    def listed(pairs: list[tuple[str, int]]) -> list[tuple[str, str, int]]:
        ordered = sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:20]
        return [(links.to("cluster", other), book.cluster_label(other), count) for other, count in ordered]

    uses = [(target, count) for (source_, target), count in between.items() if source_ == key]
    used = [(source_, count) for (source_, target), count in between.items() if target == key]
    return listed(uses), listed(used)


def artifact(book: Book, key: str) -> Rendered | None:
    """A CI job, a target, a script: what it does and where that is written."""
    one = next((one for one in book.artifacts if one.key == key), None)
    if one is None:
        return None
    path = names.page_path("artifact", key)
    links = Links(path)
    written = book.pack.page("artifact", key)
    return page(
        book, "artifact", path, one.name,
        twin=twins.join([f"# {text(one.name)}", text(one.kind), twins.body(written, links)]),
        section="build", artifact=one, written=written, body=links.html(written.body) if written else "",
        file_href=links.to("file", one.path), lines_href=links.lines(one.path, one.start_line, one.end_line),
        host_href=book.host.link(one.path, one.start_line, one.end_line),
        citations=citations(written.claims if written else (), links),
    )  # fmt: skip
