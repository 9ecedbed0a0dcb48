"""Services under test: in this process, and as processes of their own."""

from __future__ import annotations

import dataclasses
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from doctown.services.builder import app as builder_app
from doctown.services.office import Office
from doctown.settings import Settings, from_environment

PRETEND = Path(__file__).parent.parent / "jobs" / "pretend.py"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings that touch nothing outside the test's folder."""
    return from_environment(
        {
            "DOCTOWN_DATA": str(tmp_path / "data"),
            "DOCTOWN_CACHE": str(tmp_path / "cache"),
            "PATH": os.environ["PATH"],
        }
    )


@pytest.fixture
def office(settings: Settings) -> Office:
    """A Builder's office whose builds are pretended."""
    return Office(settings, command=(sys.executable, str(PRETEND)))


@pytest.fixture
def builder(settings: Settings, office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """Builder, ready; every source is there, at commit `c…`."""
    monkeypatch.setattr("doctown.services.builder.probe", lambda url, ref, settings: "c" * 40)
    with TestClient(builder_app(settings, office=office), base_url="http://localhost:3000") as client:
        until = time.monotonic() + 30
        while client.get("/health").status_code != 200:
            assert time.monotonic() < until
            time.sleep(0.01)
        yield client


@pytest.fixture
def free_ports() -> list[int]:
    """Four ports that nobody listens on."""
    held = [socket.socket() for _ in range(4)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def with_token(settings: Settings) -> Settings:
    return dataclasses.replace(settings, api_token="a-token")
