"""The site: the viewer's pages as files, for any static host and for a folder on a disk.

The same pages by the same templates at the same paths; links are relative and the search index lies beside the pages,
so nothing is asked of a server. Every page has a Markdown twin, and `llms.txt` says where they are.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from doctown.docpack import listing
from doctown.docpack.reader import Pack
from doctown.errors import InputError
from doctown.export import Exported, place
from doctown.export.bulk import Bulk
from doctown.export.llms import llms_txt
from doctown.export.shards import Row, Shards
from doctown.model import MODULE, Symbol
from doctown.viewer import names, pages
from doctown.viewer.assets import assets
from doctown.viewer.book import Book
from doctown.viewer.changes import changes
from doctown.viewer.render import Rendered
from doctown.viewer.symbols import Outline, shown_lines, symbol_page
from doctown.viewer.twins import twin_path

MOST_URLS = 45_000  # of one sitemap; the protocol allows 50,000


def write_site(pack: Path, destination: Path, *, base_url: str = "", since: Path | None = None) -> Exported:
    """Writes the site to a folder. Raises InputError for a base URL that is none, PackError for a damaged pack."""
    base = _base(base_url)
    collecting = gc.isenabled()
    gc.disable()  # a hundred thousand pages make no cycles, and what is held would be walked again and again
    try:
        with ExitStack() as stack:
            opened = stack.enter_context(Pack.open(pack))
            old = stack.enter_context(Pack.open(since)) if since is not None else None
            folder = stack.enter_context(place.folder(destination, "site"))
            site = _Site(Book(opened, changes=old is not None), folder)
            if old is not None:
                earlier = Book(old)
                site.put(changes(site.book, old, f"{earlier.name} {earlier.version}".strip()))
            site.write(base)
            return Exported(
                destination=str(destination), form="site", pages=len(site.paths), files=folder.files, bytes=folder.bytes
            )
    finally:
        if collecting:
            gc.enable()


def _base(url: str) -> str:
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment):
        raise InputError(f"{url!r} is no address of a site", "give --base-url https://HOST/PATH/")
    return f"{url.rstrip('/')}/" if url else ""


class _Site:
    """The pages of one pack on their way to a folder."""

    def __init__(self, book: Book, folder: place.Folder) -> None:
        self.book = book
        self.folder = folder
        self.paths: list[str] = []
        self.shards = Shards()

    def put(self, made: Rendered | None) -> None:
        """Writes a page and its twin."""
        if made is None:
            return
        self.folder.write(made.path, made.html)
        if made.twin:
            self.folder.write(twin_path(made.path), made.twin)
        self.paths.append(made.path)

    def write(self, base: str) -> None:
        """Writes everything."""
        for name, asset in assets().items():
            if name != "jobs.js":
                self.folder.write(f"static/{name}", asset.content)
        self.folder.write("map-data.js", f"window.doctownMap={self.book.town};")
        for make in (pages.overview, pages.town, pages.build):
            self.put(make(self.book))
        spots = listing.know_files(self.book.pack)
        for path, found in listing.folders(spots).items():
            self.put(pages.folder_of(self.book, path, found))
        self._clusters()
        self._artifacts()
        for kind, count in self.book.kinds.items():
            listed = listing.of_kind(self.book.pack, kind, 0, count)
            for start in range(0, count, pages.PER_INDEX):
                stretch = listed[start : start + pages.PER_INDEX]
                self.put(pages.index_of(self.book, kind, start // pages.PER_INDEX + 1, stretch))
        bulk = Bulk(self.book.pack)
        for spot in spots:
            self._file(spot, bulk)
        for name, script in self.shards.scripts():
            self.folder.write(f"search/{name}", script)
        self.folder.write("llms.txt", llms_txt(self.book, spots))
        self.folder.write(".nojekyll", "")  # a host that runs Jekyll would leave files out
        self._sitemap(base)

    def _clusters(self) -> None:
        for key, cluster in self.book.shape.clusters.items():
            self.put(pages.cluster(self.book, key))
            href = names.page_path("cluster", key)
            self.shards.add(Row(cluster.label[:120], href, "cluster", key[:120], 8, ""), cluster.label)

    def _artifacts(self) -> None:
        for one in self.book.artifacts:
            self.put(pages.artifact(self.book, one.key))
            row = Row(one.name[:120], names.page_path("artifact", one.key), "artifact", one.path, 4, one.summary[:120])
            self.shards.add(row, one.name, one.summary)

    def _file(self, spot: listing.Spot, bulk: Bulk) -> None:
        book = self.book
        entries = book.pack.outline(spot.path)
        self.put(pages.file_page_of(book, spot, entries))
        row = Row(spot.path, names.page_path("file", spot.path), "file", f"{spot.lines:,} lines", 2, "")
        self.shards.add(row, spot.path.rpartition("/")[2], spot.path)
        if spot.status == "skipped":
            return
        for number in range(1, pages.source_pages(book, spot.path, spot.language) + 1):
            self.put(pages.source_of(book, spot, number))
        outline = Outline.of([entry.symbol for entry in entries])
        lines = book.lines(spot.path, spot.language)
        beside: dict[tuple[str, str], str] = {}
        pages_of = bulk.pages(entries)
        for entry in entries:
            symbol = entry.symbol
            if symbol.key.endswith(f"#{MODULE}"):
                continue
            children = [one.key for one in outline.children.get(symbol.key, ())]
            written = pages_of.get(entry.id)
            first, last = shown_lines(symbol)
            code = None if lines is None else lines[first - 1 : last]
            context = bulk.context(entry, children)
            self.put(symbol_page(book, context, written, outline, code, bulk.entered(entry), beside))
            told = written.summary if written is not None and written.origin != "extractive" else ""
            self._index(symbol, entry.centrality, told)

    def _index(self, symbol: Symbol, centrality: float, told: str) -> None:
        standing = min(max(round(4 * math.log10(1 + centrality * 1e6)), 0), 20)
        row = Row(
            symbol.qualified_name[:160], names.page_path("symbol", symbol.key), symbol.kind,
            f"{symbol.path}:{symbol.start_line}", standing, told[:120],
        )  # fmt: skip
        self.shards.add(row, symbol.name, told[:240])

    def _sitemap(self, base: str) -> None:
        """Where every page is, for search engines; they take whole addresses alone."""
        if not base:
            return
        parts = list(_stretches(self.paths, MOST_URLS))
        for number, stretch in enumerate(parts):
            name = f"sitemap-{number + 1}.xml" if len(parts) > 1 else "sitemap.xml"
            self.folder.write(name, _xml("urlset", "url", (base + path for path in stretch)))
        if len(parts) > 1:
            listed = (f"{base}sitemap-{number + 1}.xml" for number in range(len(parts)))
            self.folder.write("sitemap.xml", _xml("sitemapindex", "sitemap", listed))


def _stretches(paths: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(paths), size):
        yield paths[start : start + size]


def _xml(root: str, item: str, addresses: Iterable[str]) -> str:
    rows = "\n".join(f"<{item}><loc>{escape(address)}</loc></{item}>" for address in addresses)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{head}<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}\n</{root}>\n'
