"""The viewer in a browser: what a symbol's page weighs, how soon it is painted, how smoothly the map pans.

Chromium without a window and without a graphics processor, on loopback: what is slow here is slow for anyone. A page
that is nearly empty is painted before each page of ours: what that takes is the machine's and its load's. Frames
are counted while a pointer drags the map of 10,000 symbols about, by the browser's own clock. `python -m bench.viewer`.
"""

from __future__ import annotations

import http.server
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import corpora, measure, pack
from doctown.docpack import listing
from doctown.docpack.reader import Pack
from doctown.viewer.names import page_path

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DEFAULTS = ("django",)
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SYMBOLS = 12  # pages that are weighed and timed: the most central ones, which are the heaviest
FRAMES = """() => new Promise(done => {
  const canvas = document.getElementById('map');
  const box = canvas.getBoundingClientRect();
  const at = (type, x, y) => canvas.dispatchEvent(
    new PointerEvent(type, {pointerId: 1, clientX: x, clientY: y, bubbles: true}));
  canvas.setPointerCapture = () => {};
  at('pointerdown', box.left + 300, box.top + 300);
  const times = [];
  const step = now => {
    times.push(now);
    const turn = times.length / 12;
    at('pointermove', box.left + 300 + 160 * Math.sin(turn), box.top + 300 + 120 * Math.cos(turn));
    if (times.length < 150) requestAnimationFrame(step);
    else done((times.length - 1) * 1000 / (times.at(-1) - times[0]));
  };
  requestAnimationFrame(step);
})"""
PAINT = """() => new Promise(done => new PerformanceObserver(list => done(list.getEntries().at(-1).startTime))
  .observe({type: 'largest-contentful-paint', buffered: true}))"""


@contextmanager
def served(path: Path) -> Iterator[str]:
    """The address of the pack's pages, served by the command that people type."""
    command = [sys.executable, "-m", "doctown", "view", "--no-browser", "--words", "--json", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=measure.environment())
    try:
        assert process.stdout is not None
        line = ""
        while '"address"' not in line:
            line = process.stdout.readline()
            if not line:
                raise RuntimeError("the viewer did not start")
        yield line.split('"')[3].removesuffix("index.html")
    finally:
        process.terminate()
        process.wait()


def show(corpus: corpora.Corpus, folder: Path) -> None:
    """The rows of one corpus."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only this benchmark needs a browser

    built = pack.build(corpus, folder, corpus.name)
    with Pack.open(built.pack) as opened:
        wanted = [page_path("symbol", one.key) for one in listing.most_central(opened, SYMBOLS)]
        houses = min(sum(listing.count_by_kind(opened).values()), 10_000)
    measure.title(f"{corpus.title}: {len(wanted)} pages of symbols, and a map of {houses:,}, in Chromium on loopback")
    with served(built.pack) as base, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            weights = [weight(browser, base + path) for path in wanted]
            nothing, paints = _paints(browser, base, wanted)
            frames = pan(browser, f"{base}map.html")
        finally:
            browser.close()
    measure.at_most("heaviest page over the wire, with all that it loads", max(weights) / 1e3, 100, "{:.0f} KB")
    measure.info("the median page", f"{statistics.median(weights) / 1e3:.0f} KB")
    measure.at_most("largest paint, the slowest page", max(paints) / 1e3, 0.5, "{:.2f} s")
    measure.info("the median page", f"{statistics.median(paints) / 1e3:.2f} s")
    measure.info("an empty page in the same run, median", f"{statistics.median(nothing) / 1e3:.2f} s")
    measure.info("the median page ÷ an empty page", f"{statistics.median(paints) / statistics.median(nothing):.1f} ×")
    measure.at_least("frames a second while the map is dragged", frames, 30, "{:.0f}")


def _paints(browser: Browser, base: str, paths: list[str]) -> tuple[list[float], list[float]]:
    """Milliseconds to the largest paint of an empty page before each page, and of the pages; each the best of three,
    since what else runs on the machine can only add to it."""
    nothing, paints = [], []
    with empty() as address:
        paint(browser, address)  # the browser's own first start is nobody's
        for path in paths:
            tries = [(paint(browser, address), paint(browser, base + path)) for _ in range(3)]
            nothing.append(min(first for first, _ in tries))
            paints.append(min(second for _, second in tries))
    return nothing, paints


class _Empty(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """The least that can be painted."""
        body = b"<!doctype html><html lang=en><title>Empty</title><link rel=icon href=data:,><p>A line of text."
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def empty() -> Iterator[str]:
    """The address of a page with one line of text."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Empty)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def weight(browser: Browser, address: str) -> int:
    """Bytes over the wire of a page and all that it loads, nothing cached."""
    context = browser.new_context()
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    total = 0

    def add(event: dict[str, Any]) -> None:
        nonlocal total
        total += int(event["encodedDataLength"])

    client.on("Network.loadingFinished", add)
    page.goto(address, wait_until="networkidle")
    context.close()
    return total


def paint(browser: Browser, address: str) -> float:
    """Milliseconds until the largest thing on a page was painted, nothing cached."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(address)
    value = float(page.evaluate(PAINT))
    context.close()
    return value


def pan(browser: Browser, address: str) -> float:
    """Frames a second while the map is dragged, whole and zoomed in: the slower of the two."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    time.sleep(0.5)
    whole = float(page.evaluate(FRAMES))
    for _ in range(4):
        page.click("#closer")
    return min(whole, float(page.evaluate(FRAMES)))


if __name__ == "__main__":
    sys.exit(corpora.each(__doc__, DEFAULTS, show))
