"""The viewer as an ASGI application: a library of packs, their pages, search, and pages that watch jobs.

Translates addresses to pages and nothing more. What a browser may do with a page is told it in every answer: run the
viewer's own scripts, load from this origin, ask nobody else. Packs are read in threads, so nothing blocks the loop;
each thread keeps the packs that it read last.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doctown import __version__
from doctown.docpack import listing
from doctown.docpack.reader import Pack
from doctown.docpack.search import Filter, Hit, search
from doctown.errors import DoctownError, InputError
from doctown.viewer import pages, render
from doctown.viewer.assets import assets
from doctown.viewer.book import Book, Facts
from doctown.viewer.changes import changes
from doctown.viewer.library import Jobs, Library
from doctown.viewer.names import LONGEST, page_path

THREADS = 3
KEPT_PACKS = 6  # open in each thread
MOST_QUERY = 300  # characters of a query
HITS = 20

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?")
_NARROWING = re.compile(r"(?<!\S)(kind|lang|path|part):(\S+)")
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_FOR_GOOD = "public, max-age=31536000, immutable"

Meaning = Callable[[Pack, str], Sequence[float] | None]  # a query's vector by the pack's own model, if it can be had


def app(
    library: Library,
    *,
    jobs: Jobs | None = None,
    hosts: Collection[str] | None = LOOPBACK,
    meaning: Meaning | None = None,
) -> Viewer:
    """The viewer of a library, at the root of its origin.

    `hosts`: the names, without port, by which it may be asked; None where what it is mounted in checks them. With
    `jobs`, there are pages to submit and watch them. Without `meaning`, search goes by names and words.
    """
    desk = _Desk(library, jobs, meaning)
    routes = [
        Route("/", desk.library_page),
        Route("/static/{name}", desk.static),
        Route("/packs/{slug}", desk.to_overview),
        Route("/packs/{slug}/", desk.to_overview),
        Route("/packs/{slug}/search.json", desk.search),
        Route("/packs/{slug}/static/{name}", desk.static),
        Route("/packs/{slug}/{path:path}", desk.page),
    ]
    if jobs is not None:
        routes.append(Route("/watch/{job}", desk.watch))
    inner = Starlette(routes=routes, exception_handlers={404: desk.missing})
    return Viewer(GZipMiddleware(inner, minimum_size=800, compresslevel=6), hosts, lambda: desk.pool.submit(desk.warm))


class Viewer:
    """The viewer's door. Refuses foreign names of this host, which is how a stranger's page would reach a loopback
    server, and adds to every answer what a browser may do with it."""

    def __init__(self, inner: ASGIApp, hosts: Collection[str] | None, warm: Callable[[], object]) -> None:
        self._inner = inner
        self.warm = warm  # begins to load what pages need, and returns at once; nobody has to call it
        self._hosts = None if hosts is None else frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, as ASGI has it."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = {name for name, _ in HEADERS}
                kept = [pair for pair in message.get("headers", []) if pair[0].lower() not in ours]
                message = {**message, "headers": [*kept, *HEADERS]}
            await send(message)

        if self._hosts is not None and _host(scope) not in self._hosts:
            refusal = Response("This name of the host is not served.\n", 421, media_type="text/plain")
            await refusal(scope, receive, guarded)
            return
        await self._inner(scope, receive, guarded)


def _host(scope: Scope) -> str:
    """The name in the Host header, without port; empty if there is none or there are several."""
    found = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
    if len(found) != 1:
        return ""
    whole = _HOST.fullmatch(found[0])
    return whole[1] if whole else ""


class _Desk:
    """The answers, by route."""

    def __init__(self, library: Library, jobs: Jobs | None, meaning: Meaning | None) -> None:
        self._library = library
        self._jobs = jobs
        self._meaning = meaning
        self.pool = ThreadPoolExecutor(THREADS, "viewer")
        self._kept = threading.local()
        self._guard = threading.Lock()
        self._facts: OrderedDict[tuple[str, int, int], Facts] = OrderedDict()

    async def _in_thread(self, work: Callable[..., Response], *arguments: object) -> Response:
        return await asyncio.get_running_loop().run_in_executor(self.pool, work, *arguments)

    def _book(self, slug: str) -> Book | None:
        """The book of a pack, for this thread; None if there is no such pack. A pack that was replaced is read anew."""
        path = self._library.path(slug)
        if path is None:
            return None
        books: OrderedDict[tuple[str, int, int], Book] | None = getattr(self._kept, "books", None)
        if books is None:
            books = self._kept.books = OrderedDict()
        try:
            found = path.stat()
        except OSError as error:
            raise InputError(f"{path.name} cannot be read ({error.strerror})", "see that the file is there") from error
        mark = (str(path), found.st_mtime_ns, found.st_ino)
        if mark not in books:
            several = len(self._library.packs()) > 1
            books[mark] = Book(Pack.open(path), home="../../", served=True, changes=several, facts=self._facts_of(mark))
            while len(books) > KEPT_PACKS:
                books.popitem(last=False)[1].pack.close()
        books.move_to_end(mark)
        return books[mark]

    def _facts_of(self, mark: tuple[str, int, int]) -> Facts:
        """What the threads' books of one pack share."""
        with self._guard:
            found = self._facts.setdefault(mark, Facts())
            self._facts.move_to_end(mark)
            while len(self._facts) > KEPT_PACKS:
                self._facts.popitem(last=False)
            return found

    def warm(self) -> None:
        """Makes a page of the first pack and drops it: what all pages need is then loaded."""
        with suppress(DoctownError):  # whoever asks for the page is told
            slug = next((one.slug for one in self._library.packs() if not one.problem), "")
            book = self._book(slug)
            if book is not None:
                for one in listing.most_central(book.pack, 1):
                    pages.find(book, page_path("symbol", one.key))

    # --- pages ------------------------------------------------------------------------------------------------

    async def library_page(self, request: Request) -> Response:
        """Every pack, and a form to submit what is to become one."""

        def make() -> Response:
            packs = self._library.packs()
            return _html(render.bare("library", title="Library", root="", packs=packs, jobs=self._jobs))

        return await self._in_thread(make)

    async def watch(self, request: Request) -> Response:
        """A page that follows a job."""
        job = request.path_params["job"][:200]
        return _html(render.bare("watch", title="Job", root="../", job=job, jobs=self._jobs))

    async def to_overview(self, request: Request) -> Response:
        """A pack's address leads to its overview."""
        slug = request.path_params["slug"]
        if self._library.path(slug) is None:
            return self._no_page(request)
        return RedirectResponse(f"/packs/{slug}/index.html", 307)

    async def page(self, request: Request) -> Response:
        """A page of a pack, or its Markdown twin."""
        return await self._in_thread(self._page, request)

    def _page(self, request: Request) -> Response:
        slug, path = request.path_params["slug"], request.path_params["path"]
        try:
            book = self._book(slug)
            if book is None or len(path) > LONGEST + 60:
                return self._no_page(request)
            since = request.query_params.get("since", "")
            tag = _tag(book.pack.docpack_id, slug, path, since)
            if request.headers.get("if-none-match") == tag:
                return Response(status_code=304, headers={"etag": tag})
            if path == "map-data.js":
                return _answer(f"window.doctownMap={book.town};", "text/javascript", tag)
            wanted = path if path.endswith(".html") else f"{path.removesuffix('.md')}.html"
            made = self._changes(book, slug, since) if wanted == "changes.html" else pages.find(book, wanted)
            if made is None:
                return self._no_page(request)
            if path.endswith(".md"):
                return _answer(made.twin, "text/markdown", tag) if made.twin else self._no_page(request)
            return _answer(made.html, "text/html", tag)
        except DoctownError as error:
            return _trouble(error, path)

    def _changes(self, book: Book, slug: str, since: str) -> render.Rendered | None:
        packs = [one for one in self._library.packs() if not one.problem]
        others = [one for one in packs if one.slug != slug]
        # Other packs of the same repository, where there are any: what changed since another project says nothing.
        own = next((one.title for one in packs if one.slug == slug), "")
        others = [one for one in others if one.title == own] or others
        choices = [
            (f"changes.html?since={one.slug}", f"{one.title} {one.version}".strip(), one.slug == since)
            for one in others
        ]
        old = self._library.path(since) if since else None
        if old is None:
            return None if since else changes(book, None, "", choices)
        named = next((name for href, name, current in choices if current), since)
        with Pack.open(old) as before:
            return changes(book, before, named, choices)

    async def search(self, request: Request) -> Response:
        """Hits for a query as JSON: title, href from the root of the pack's pages, kind, place, summary, why."""
        return await self._in_thread(self._search, request)

    def _search(self, request: Request) -> Response:
        query, only = narrowed(request.query_params.get("q", "")[:MOST_QUERY])
        try:
            book = self._book(request.path_params["slug"])
            if book is None:
                return self._no_page(request)
            meaning = self._meaning
            # Made only where meaning counts: a name that symbols bear needs no model.
            vector = None if meaning is None else lambda: meaning(book.pack, query)
            hits = search(book.pack, query, vector=vector, limit=HITS, only=only) if query else []
        except DoctownError as error:
            return Response(json.dumps({"error": str(error)}), 422, media_type="application/json")
        by_page: dict[str, Hit] = {}
        for hit in hits:
            by_page.setdefault(page_path(hit.kind, hit.key), hit)  # a file and its top level share a page
        found = [
            {
                "title": hit.title[:200], "href": href, "kind": _sort(book, hit),
                "place": f"{hit.path}:{hit.line}" if hit.path and hit.line else hit.path,
                "summary": hit.summary[:240], "why": "; ".join(hit.why)[:200],
            }
            for href, hit in by_page.items()
        ]  # fmt: skip
        return Response(json.dumps(found), media_type="application/json", headers={"cache-control": "no-store"})

    async def static(self, request: Request) -> Response:
        """A stylesheet, a script, the icon."""
        found = assets().get(request.path_params["name"])
        if found is None:
            return self._no_page(request)
        tag = _tag(found.digest)
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"etag": tag})
        named = request.query_params.get("v") == found.digest
        headers = {"etag": tag, "cache-control": _FOR_GOOD if named else "no-cache", "vary": "Accept-Encoding"}
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(found.content, media_type=found.media_type, headers=headers)
        return Response(found.packed, media_type=found.media_type, headers={**headers, "content-encoding": "gzip"})

    async def missing(self, request: Request, _error: Exception) -> Response:
        """What no route knows."""
        return self._no_page(request)

    def _no_page(self, request: Request) -> Response:
        text = "There is nothing at this address: it may be of another pack, or gone with its code."
        root = "../" * max(request.url.path.count("/") - 1, 0)
        return _html(render.bare("message", title="Not here", root=root, text=text), 404)


def narrowed(query: str) -> tuple[str, Filter]:
    """A query without the words that narrow it, and what they narrow it to: `parse kind:class path:src/` asks for
    `parse` among the classes below `src/`."""
    asked: dict[str, list[str]] = {"kind": [], "lang": [], "path": [], "part": []}
    for word, value in _NARROWING.findall(query):
        asked[word].append(value)
    return " ".join(_NARROWING.sub(" ", query).split()), Filter(
        kinds=tuple(one.lower() for one in asked["kind"]),
        languages=tuple(one.lower() for one in asked["lang"]),
        path=asked["path"][-1] if asked["path"] else "",
        clusters=tuple(asked["part"]),
    )


def _sort(book: Book, hit: Hit) -> str:
    """The kind of symbol, for its sign."""
    entry = book.pack.symbol(hit.key) if hit.kind == "symbol" else None
    return entry.symbol.kind if entry is not None else hit.kind


def _tag(*parts: str) -> str:
    """An entity tag: it changes with the pack and with the version that made the page."""
    return f'W/"{hashlib.sha256(json.dumps([__version__, *parts]).encode()).hexdigest()[:32]}"'


def _answer(body: str | bytes, kind: str, tag: str) -> Response:
    return Response(body, media_type=kind, headers={"etag": tag, "cache-control": "no-cache"})


def _html(text: str, status: int = 200) -> Response:
    return Response(text, status, media_type="text/html", headers={"cache-control": "no-store"})


def _trouble(error: DoctownError, path: str) -> Response:
    """A pack that turned out damaged, or is gone: said on a page of its own."""
    root = "../" * (path.count("/") + 2)
    return _html(render.bare("message", title="This pack cannot be read", root=root, text=str(error)), 500)
