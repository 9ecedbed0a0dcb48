"""Builder in a real browser, behind a token: from the form to the pack."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from doctown.services.probe import ready

pytestmark = pytest.mark.slow
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync"]
TOKEN = "a token that somebody types"
# A Builder that takes a folder of this machine for what the URL names: a test has no Git server with HTTPS.
BUILDER = """
import sys
from doctown.jobs import sources
from doctown.services import builder, office, serving
from doctown.settings import from_environment
builder.probe = lambda url, ref, settings: "c" * 40
command = (sys.executable, "-c", CHILD.replace("FOLDER", repr(sys.argv[2])))
make = office.Office
builder.Office = lambda settings: make(settings, command=command)
sys.exit(serving.serve("builder", from_environment(), "127.0.0.1", int(sys.argv[1])))
"""
CHILD = """
import sys
from doctown import pipeline
from doctown.jobs import child
build = pipeline.build
def local(spec, to, options, settings, listener):
    import dataclasses
    return build(FOLDER, to, dataclasses.replace(options, ref=""), dataclasses.replace(settings, for_clients=False),
                 listener)
pipeline.build = local
sys.exit(child.main())
"""


@pytest.fixture
def builder(tmp_path: Path) -> Iterator[str]:
    """The address of a Builder that asks for a token."""
    source = tmp_path / "shop"
    source.mkdir()
    (source / "shop.py").write_text('def price(amount):\n    """What an amount costs."""\n    return amount * 3\n')
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "DOCTOWN_API_TOKEN": TOKEN,
        "DOCTOWN_DATA": str(tmp_path / "data"), "DOCTOWN_CACHE": str(tmp_path / "cache"),
    }  # fmt: skip
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", f"CHILD = {CHILD!r}\n{BUILDER}", str(port), str(source)],
            env=environment, stderr=log,
        )  # fmt: skip
    try:
        until = time.monotonic() + 60
        while reason := ready(port):
            assert time.monotonic() < until, (reason, (tmp_path / "log").read_text()[-2000:])
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(15)


@pytest.fixture
def browser() -> Iterator[Any]:
    if not CHROMIUM.is_file():
        pytest.skip("there is no Chromium at /usr/bin/chromium")
    with playwright.sync_playwright() as started:
        made = started.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield made
        made.close()


def test_a_person_with_the_token_orders_watches_and_reads(builder: str, browser: Any) -> None:
    """The token typed when the browser asks for it is all that is needed: form, live stages, pack."""
    context = browser.new_context(http_credentials={"username": "anybody", "password": TOKEN})
    page = context.new_page()
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(builder)
    page.wait_for_selector("#jobs-list >> text=None yet.")
    page.fill("input[name=repo_url]", "https://example.org/group/shop")
    page.click("button[value=build]")
    page.wait_for_url("**/watch/**")
    page.wait_for_selector("#stages li.done, #stages li.on")
    page.wait_for_selector("#open:not([hidden])", timeout=60_000)
    assert page.inner_text("#state") == "success"
    assert page.locator("#stages li.bad").count() == 0
    page.click("#open")
    page.wait_for_selector("h1")
    assert "shop" in page.inner_text("main").lower()
    assert "/packs/" in page.url
    page.goto(builder)
    page.wait_for_selector("#jobs-list a")
    assert page.inner_text("#jobs-list span") == "success"
    assert trouble == []
    context.close()


def test_a_refused_order_says_why_in_words(builder: str, browser: Any) -> None:
    """Cause and mend, as the service gives them, and not its JSON."""
    context = browser.new_context(http_credentials={"username": "anybody", "password": TOKEN})
    page = context.new_page()
    page.goto(builder)
    page.fill("input[name=repo_url]", "https://example.org/")
    page.click("button[value=build]")
    page.wait_for_selector("#answer .bad")
    said = page.inner_text("#answer")
    assert said.startswith("repo_url has another form — send the https:// URL")
    context.close()


def test_nobody_gets_in_without_the_token(builder: str, browser: Any) -> None:
    """Not even to the page with the form."""
    context = browser.new_context(http_credentials={"username": "anybody", "password": "wrong"})
    page = context.new_page()
    reply = page.goto(builder)
    assert reply.status == 401
    context.close()
