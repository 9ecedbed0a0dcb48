"""The viewer and the site in a real browser: nothing of a stranger's runs or calls home, and people get along by
keyboard, on a phone, in the dark, and with a screen reader's needs."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from doctown.export import export
from doctown.viewer.app import app
from doctown.viewer.library import Files, Jobs

pytestmark = pytest.mark.slow
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run",
    "--disable-sync", "--disable-default-apps",
]  # fmt: skip
SHOP = "packs/shop/symbol/src/app.py/Shop~1.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM.is_file():
        pytest.skip("there is no Chromium at /usr/bin/chromium")
    with playwright.sync_playwright() as started:
        made = started.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield made
        made.close()


class Server:
    """An application on a port of its own."""

    def __init__(self, application: Any) -> None:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        config = uvicorn.Config(application, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listener]}, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join()


@pytest.fixture(scope="module")
def served(hostile: Path) -> Iterator[str]:
    server = Server(app(Files([hostile])))
    yield server.address
    server.close()


@pytest.fixture(scope="module")
def site(hostile: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("browser") / "site"
    export(hostile, "site", folder)
    return f"{folder.as_uri()}/"


class Watched:
    """A page whose requests, script errors and dialogs are noted."""

    def __init__(self, browser: Any, **options: Any) -> None:
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.trouble: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.page.on("console", lambda note: note.type == "error" and self.trouble.append(note.text))
        self.page.on("dialog", lambda dialog: (self.trouble.append(f"dialog {dialog.message}"), dialog.dismiss()))

    def __enter__(self) -> Watched:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()


PAGES = (
    "index.html", "map.html", "files.html", "build.html", "symbols/class/1.html", "symbol/src/app.py/Shop~1.html",
    "file/src/app.py.html", "part/src.html", "source/src/app.py/1.html#L2-L4",
    "artifact/src/app.py/entry_point=3ashop.html",
)  # fmt: skip


@pytest.mark.parametrize("where", ["served", "site"])
def test_a_hostile_pack_runs_nothing_and_calls_nobody(where: str, browser: Any, request: pytest.FixtureRequest) -> None:
    """Names, docstrings, READMEs, summaries, paths and model names that want to run script open no dialog, cause no
    error, and no request leaves the origin, on any page, by hand or by search."""
    base = request.getfixturevalue(where) + ("packs/shop/" if where == "served" else "")
    origin = base[: base.index("/", 8)] if where == "served" else "file://"
    with Watched(browser) as watched:
        for path in PAGES:
            reply = watched.page.goto(base + path)
            assert where == "site" or reply.ok, path
            watched.page.wait_for_timeout(60)
        watched.page.keyboard.press("/")
        watched.page.keyboard.type("shop")
        watched.page.wait_for_selector("#hits li")
        watched.page.wait_for_timeout(200)
        assert watched.page.locator("img, iframe, object").count() == 0
        assert not watched.trouble
        assert watched.requests
        assert not [url for url in watched.requests if not url.startswith(origin)]


def test_the_policy_stops_what_would_slip_through(served: str, browser: Any) -> None:
    """Were a page to hold a stranger's script, handler, style or image after all, the browser would refuse it."""
    with Watched(browser) as watched:
        watched.page.goto(served + SHOP)
        watched.page.evaluate(
            """() => {
              const evil = document.createElement('div');
              evil.innerHTML = '<img src="https://evil.example/x.png" onerror="window.ran=1">'
                + '<b style="color:red" onclick="window.ran=2">x</b>';
              document.body.append(evil);
              const script = document.createElement('script');
              script.textContent = 'window.ran=3';
              document.body.append(script);
              evil.querySelector('b').click();
            }"""
        )
        watched.page.wait_for_timeout(200)
        assert watched.page.evaluate("window.ran") is None
        assert (
            watched.page.evaluate("getComputedStyle(document.querySelector('div b[style]')).color") != "rgb(255, 0, 0)"
        )
        assert any("Content Security Policy" in one for one in watched.trouble)


@pytest.mark.parametrize("where", ["served", "site"])
def test_search_works_by_keyboard_alone(where: str, browser: Any, request: pytest.FixtureRequest) -> None:
    """A slash, a name, an arrow and Enter lead to a symbol; Escape leads back; the reader is told what there is."""
    base = request.getfixturevalue(where) + ("packs/shop/" if where == "served" else "")
    with Watched(browser) as watched:
        page = watched.page
        page.goto(base + "index.html")
        page.keyboard.press("/")
        page.keyboard.type("pay")
        page.wait_for_selector("#hits li[aria-selected=true]")
        assert "results" in page.inner_text("#said")
        assert page.get_attribute("#query", "aria-activedescendant") == "hit-0"
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
        page.wait_for_url("**/symbol/src/app.py/Shop.pay~1.html")
        page.keyboard.press("/")
        for narrowed, names in (
            ("sell kind:method", ["Shop.sell~1"]),
            ("kind:function path:src/ sell", ["Sell~1", "sell"]),
        ):
            page.fill("#query", narrowed)
            page.wait_for_selector(f"#hits:has(> li:nth-child({len(names)}):last-child)")
            addresses = [one.get_attribute("data-href") or "" for one in page.locator("#hits > li").all()]
            assert sorted(one.rpartition("/")[2].removesuffix(".html") for one in addresses) == names
        page.keyboard.press("Escape")
        assert page.evaluate("document.getElementById('search').open") is False
        assert not watched.trouble


def test_one_gets_everywhere_by_tab(served: str, browser: Any) -> None:
    """The first stop skips to the content; every stop is seen; the map has a list that says the same."""
    with Watched(browser) as watched:
        page = watched.page
        page.goto(served + "packs/shop/map.html")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        met = []
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement === document.body"):
                break  # past the last stop
            met.append(page.evaluate("document.activeElement.id || document.activeElement.getAttribute('href')"))
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", met
        assert "map" in met
        assert any(str(one).startswith("part/") for one in met)


def test_the_map_zooms_pans_and_leads_to_symbols(served: str, browser: Any) -> None:
    """By wheel, by dragging, by keys and by a click; what is below the pointer is told."""
    with Watched(browser) as watched:
        page = watched.page
        page.goto(served + "packs/shop/map.html")
        box = page.locator("#map").bounding_box()
        x, y = box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.5
        page.mouse.move(x, y)
        page.wait_for_timeout(150)
        assert page.inner_text("#tip")
        page.mouse.wheel(0, -400)
        page.mouse.down()
        page.mouse.move(x + 60, y + 30, steps=5)
        page.mouse.up()
        assert page.url.endswith("map.html"), "dragging is no click"
        page.focus("#map")
        for key in ("+", "ArrowLeft", "Home"):
            page.keyboard.press(key)
        page.wait_for_timeout(100)
        page.mouse.click(x, y)
        page.wait_for_url(lambda url: not url.endswith("map.html"))
        assert page.locator("h1").count() == 1
        assert "Not here" not in page.inner_text("h1")
        assert not watched.trouble


def test_cited_lines_are_marked(served: str, browser: Any) -> None:
    """One click leads from a claim to the very lines, and they stand beside their own numbers."""
    with Watched(browser) as watched:
        page = watched.page
        page.goto(served + SHOP)
        page.click(".evidence a")
        page.wait_for_selector(".band")
        assert page.url.endswith("#L2-L4")
        band, line = page.locator(".band").bounding_box(), page.locator("#L2").bounding_box()
        assert abs(band["y"] - line["y"]) < 3
        heights = page.evaluate("['.ln', '.code'].map(one => document.querySelector('.source ' + one).scrollHeight)")
        assert abs(heights[0] - heights[1]) <= 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_pages_fit_a_phone_and_a_screen_by_day_and_by_night(served: str, browser: Any, width: int, scheme: str) -> None:
    """Nothing sticks out sideways on a phone, and the theme is the system's until one is chosen, which is kept."""
    with Watched(browser, viewport={"width": width, "height": 780}, color_scheme=scheme) as watched:
        page = watched.page
        for path in PAGES[:8]:
            page.goto(f"{served}packs/shop/{path}")
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        dark = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every(one => one < 90)"
        assert page.evaluate(dark) is (scheme == "dark")
        page.click("#theme")
        page.reload()
        assert page.evaluate(dark) is (scheme == "light")


def axe(tmp: Path) -> str:
    """The source of axe-core, fetched with npm; the test is skipped where that cannot be."""
    try:
        subprocess.run(
            ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(tmp), "axe-core@4"],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"axe-core cannot be had: {error}")
    return (tmp / "node_modules/axe-core/axe.min.js").read_text()


def test_axe_finds_no_serious_violation(served: str, browser: Any, tmp_path: Path) -> None:
    """Labels, landmarks, contrast, order: what can be told by a program is right, in both themes and in the search."""
    source = axe(tmp_path)
    for scheme in ("light", "dark"):
        with Watched(browser, color_scheme=scheme, bypass_csp=True) as watched:
            page = watched.page
            for path in ("", *(f"packs/shop/{one}" for one in PAGES[:9])):
                page.goto(served + path)
                if path.endswith("index.html"):
                    page.keyboard.press("/")
                    page.keyboard.type("shop")
                    page.wait_for_selector("#hits li")
                page.evaluate(source)
                found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
                bad = [
                    (one["id"], [node["html"][:160] for node in one["nodes"][:3]])
                    for one in found["violations"]
                    if one["impact"] in ("serious", "critical")
                ]
                assert not bad, (scheme, path, json.dumps(bad, indent=1))


EVENTS = (
    ("job.created.v1", None, {"repo_url": "https://host.example/a/<b>"}), ("ingest.started.v1", None, {}),
    ("ingest.completed.v1", "success", {"done": 3, "total": 3}),
    ("generation.symbol_documented.v1", None, {"done": 1, "total": 2, "total_cost": 0.0123}),
    ("generation.completed.v1", "success", {"total_cost": 0.02}), ("pack.completed.v1", "success", {}),
    ("job.completed.v1", "success", {}),
)  # fmt: skip


class Builder:
    """The endpoints of the service that the pages speak to, with a connection that breaks in the middle."""

    def __init__(self) -> None:
        self.submitted: list[dict[str, Any]] = []
        self.asked: list[str] = []

    async def submit(self, request: Request) -> Response:
        kind = request.headers["content-type"]
        if kind.startswith("multipart/form-data"):
            async with request.form() as form:
                self.submitted.append({"archive": form["archive"].filename, "options": json.loads(form["options"])})
        else:
            self.submitted.append(await request.json())
        return JSONResponse({"job_id": "job-1"}, 202)

    async def estimate(self, _request: Request) -> Response:
        found = {
            "model": "m<b>",
            "calls": 3,
            "kept": 0,
            "tokens_in": 12_000,
            "tokens_out": 900,
            "usd": 0.5,
            "seconds": 400.2,
        }
        return JSONResponse({**found, "symbols": 12, "not_sent": {"trivial": 1}})

    async def jobs(self, _request: Request) -> Response:
        return JSONResponse({"jobs": [{"job_id": "job-0", "source": "https://a.example/<b>", "state": "failed"}]})

    async def events(self, request: Request) -> Response:
        last = request.headers.get("last-event-id", "")
        self.asked.append(last)
        start = int(last or 0)

        async def stream() -> Any:
            yield ": hello\n\n"
            for number, (kind, status, payload) in list(enumerate(EVENTS, 1))[start : start + 4]:
                event = {
                    "type": kind,
                    "sequence": number,
                    "status": status,
                    "payload": payload,
                    "warnings": ["<i>w</i>"],
                }
                yield f"id: {number}\nevent: {kind}\ndata: {json.dumps(event)}\n\n"
                await asyncio.sleep(0)

        return StreamingResponse(stream(), media_type="text/event-stream")


def test_a_repository_is_submitted_estimated_and_watched(hostile: Path, browser: Any) -> None:
    """The estimate is shown before anything is spent; stages are seen live; a broken connection is taken up where it
    broke, without an event lost or shown twice; the end leads to the pack."""
    builder = Builder()
    viewer = app(Files([hostile]), jobs=Jobs(models=("m",)), hosts=None)
    routes = [
        Route("/jobs", builder.submit, methods=["POST"]), Route("/jobs", builder.jobs),
        Route("/estimate", builder.estimate, methods=["POST"]), Route("/jobs/{id}/events", builder.events),
        Mount("/", viewer),
    ]  # fmt: skip
    server = Server(Starlette(routes=routes))
    try:
        with Watched(browser) as watched:
            page = watched.page
            page.goto(server.address)
            page.wait_for_selector("#jobs-list a")
            assert page.inner_text("#jobs-list a") == "https://a.example/<b>"
            page.fill("[name=repo_url]", "https://host.example/a/b")
            page.fill("[name=max_cost]", "2.5")
            page.select_option("[name=model]", "m")
            page.click("button[value=estimate]")
            page.wait_for_selector("#answer .act")
            told = page.inner_text("#answer")
            assert "Written by m<b>" in told
            assert "$0.5000" in told
            assert "7 min" in told
            assert not builder.submitted, "an estimate costs nothing"
            page.click("#answer .act")
            page.wait_for_url("**/watch/job-1")
            page.wait_for_selector("#open", state="visible")
            assert page.locator("#cancel").is_hidden(), "what has ended cannot be cancelled"
            assert page.inner_text("h1") == "https://host.example/a/<b>"
            assert builder.submitted == [
                {"repo_url": "https://host.example/a/b", "options": {"model": "m", "max_cost": 2.5}}
            ]
            assert builder.asked == ["", "4"]
            assert page.locator("#log div").count() == len(EVENTS)
            assert page.locator("#stages .done").count() == 3
            assert "$0.0200" in page.inner_text("#cost")
            assert page.inner_text("#said") == "<i>w</i>"
            assert page.get_attribute("#open", "href") == "../packs/job-1/index.html"
            assert not watched.trouble
    finally:
        server.close()


def test_what_is_submitted_may_be_a_package_or_an_archive(hostile: Path, browser: Any, tmp_path: Path) -> None:
    """The page takes what the service takes: not everything that is to be documented has an address on the web."""
    builder = Builder()
    viewer = app(Files([hostile]), jobs=Jobs(models=("m",)), hosts=None)
    routes = [
        Route("/jobs", builder.submit, methods=["POST"]), Route("/jobs", builder.jobs),
        Route("/jobs/{id}/events", builder.events), Route("/estimate", builder.estimate, methods=["POST"]),
        Mount("/", viewer),
    ]  # fmt: skip
    server = Server(Starlette(routes=routes))
    try:
        with Watched(browser) as watched:
            page = watched.page
            page.goto(server.address)
            page.fill("[name=repo_url]", "/etc/passwd")
            page.click("button[value=build]")
            assert not builder.submitted, "a path is nothing that a client may name"
            page.fill("[name=repo_url]", "pypi:shop==1.0")
            page.click("button[value=estimate]")
            page.wait_for_selector("#answer .act")
            assert page.inner_text("#answer .act") == "Build without a model"
            page.click("#answer .act")
            page.wait_for_url("**/watch/job-1")
            page.goto(server.address)
            (tmp_path / "shop.zip").write_bytes(b"PK")
            page.set_input_files("[name=archive]", tmp_path / "shop.zip")
            page.click("button[value=build]")
            page.wait_for_url("**/watch/job-1")
            assert builder.submitted == [
                {"repo_url": "pypi:shop==1.0", "options": {"model": "none"}},
                {"archive": "shop.zip", "options": {"model": "none"}},
            ]
            assert not watched.trouble
    finally:
        server.close()
