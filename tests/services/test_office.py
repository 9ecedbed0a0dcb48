"""Builder while what it keeps cannot be opened."""

from __future__ import annotations

import dataclasses
import threading
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from doctown.services import builder
from doctown.services.office import Office
from doctown.settings import Settings
from tests.store.test_store import S3, s3  # noqa: F401 - a fixture


def reason(client: TestClient, words: str) -> str:
    """Why Builder is not ready, once these words are in it."""
    until = time.monotonic() + 20
    while words not in (said := client.get("/health").json()["reason"]):
        assert time.monotonic() < until, said
        time.sleep(0.02)
    return str(said)


def test_a_bucket_that_is_not_there_keeps_builder_from_being_ready(settings: Settings, s3: str) -> None:  # noqa: F811
    """A job would be built to its end otherwise before anybody learns that its pack has no place."""
    options = {**S3, "endpoint": s3}
    given = dataclasses.replace(settings, store_url="s3://no-such-bucket/packs", store_options=options)
    with TestClient(builder.app(given), base_url="http://localhost") as client:
        assert "DOCTOWN_STORE_URL" in reason(client, "no such bucket")
        assert client.get("/health").status_code == 503


def test_who_stops_builder_does_not_wait_for_another_attempt(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be opened is tried again for as long as Builder runs, and no longer."""
    monkeypatch.setattr(builder, "_OPENING", 60.0)
    given = dataclasses.replace(settings, store_url="gs://bucket")
    with TestClient(builder.app(given), base_url="http://localhost") as client:
        reason(client, "DOCTOWN_STORE_URL")
        began = time.monotonic()
    assert time.monotonic() - began < 20


def test_who_stops_builder_does_not_wait_for_what_never_answers(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database behind a firewall that drops everything is waited for by the thread that asks it, not by the stop."""
    monkeypatch.setattr(builder, "_OPENING", 0.1)
    office, answers = Office(settings), threading.Event()
    monkeypatch.setattr(office, "open", lambda: answers.wait(60))
    ended = threading.Event()

    def live() -> None:
        with TestClient(builder.app(settings, office=office), base_url="http://localhost") as client:
            assert client.get("/live").status_code == 200
            monkeypatch.setattr(office, "close", ended.set)

    thread = threading.Thread(target=live)
    thread.start()
    try:
        assert ended.wait(20)
    finally:
        answers.set()
        thread.join()
