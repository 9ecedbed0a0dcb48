"""What is read from a whole pack is read once, however many threads show its pages."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from doctown.docpack import listing
from doctown.errors import PackError
from doctown.viewer.app import app
from doctown.viewer.book import Book, Facts
from doctown.viewer.library import Files


def test_a_fact_is_made_once_for_all_threads() -> None:
    """Three threads that show a pack's first pages do not each read the whole of it."""
    facts, made, gate = Facts(), [], threading.Event()

    def make() -> int:
        made.append(1)
        gate.wait(10)
        return len(made)

    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(facts.get("shape", make))) for _ in range(3)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert found == [1, 1, 1]


def test_facts_do_not_wait_for_each_other() -> None:
    """While the map of a large pack is laid out, a page that needs its parts alone is shown."""
    facts = Facts()
    assert facts.get("town", lambda: facts.get("shape", lambda: "parts")) == "parts"


def test_what_failed_is_tried_again() -> None:
    """A pack that was damaged for a moment, as while it is copied, is readable afterwards."""
    facts = Facts()
    with pytest.raises(PackError):
        facts.get("kinds", lambda: (_ for _ in ()).throw(PackError("damaged", "build it again")))
    assert facts.get("kinds", lambda: 1) == 1


def test_books_of_a_pack_share_its_facts(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server gives each thread a book of its own, and all of them the same facts."""
    facts = Facts()
    one, two = Book(book.pack, facts=facts), Book(book.pack, facts=facts)
    kinds = one.kinds
    monkeypatch.setattr(listing, "count_by_kind", lambda _: pytest.fail("counted again"))
    assert two.kinds == kinds


def test_what_is_loaded_beforehand_serves_every_thread(hostile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first page that somebody asks for finds loaded what `doctown view` had time to load, in whichever thread."""
    viewer = app(Files([hostile]))
    loading = viewer.warm()
    assert isinstance(loading, Future)
    loading.result(60)
    monkeypatch.setattr(listing, "count_by_kind", lambda _: pytest.fail("counted again"))
    with TestClient(viewer, base_url="http://localhost") as client:
        for _ in range(6):
            assert client.get("/packs/shop/index.html").status_code == 200


def test_a_library_without_a_readable_pack_is_served_all_the_same(tmp_path: Path) -> None:
    """Loading beforehand is a courtesy: a pack that went away is told to whoever asks for its page."""
    loading = app(Files([tmp_path / "gone.docpack"])).warm()
    assert isinstance(loading, Future)
    assert loading.result(60) is None
