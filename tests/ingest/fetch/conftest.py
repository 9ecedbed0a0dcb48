"""Fixtures that the tests of fetching share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from doctown.ingest.fetch import Access
from tests.ingest.fetch.githost import Host, git, publish, running


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """A Git host on loopback whose repositories lie under `host.root`."""
    (tmp_path / "host").mkdir()
    with running(tmp_path / "host") as found:
        yield found


@pytest.fixture
def repository(host: Host) -> Callable[..., Path]:
    """Makes a repository `NAME.git` on the host out of files by path, one commit on `main`; returns its work tree."""

    def make(name: str = "demo", files: dict[str, bytes] | None = None) -> Path:
        work = host.root / f"{name}-work"
        git(work, "init", "-q", "-b", "main")
        for path, content in (files or {"src/app.py": b"x = 1\n", "README.md": b"# Demo\n"}).items():
            (work / path).parent.mkdir(parents=True, exist_ok=True)
            (work / path).write_bytes(content)
        git(work, "add", "-A", "-f")
        git(work, "commit", "-q", "-m", "one")
        publish(work, host, name)
        return work

    return make


@pytest.fixture
def loopback() -> Access:
    """Access to a host on loopback over plain HTTP, with nobody's credential helper."""
    return Access(protocols=("http",), allow_private_addresses=True, ask_credential_helper=False)
