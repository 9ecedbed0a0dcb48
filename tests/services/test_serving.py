"""One service as a process: what it bounds, and that it ends."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from doctown.services.probe import ready

# What uvicorn would rather use, where somebody has installed it. It does not bound what headers take.
UNBOUNDED = """
class HttpRequestParser:
    def __init__(self, protocol):
        raise RuntimeError("headers without bounds")
"""


@pytest.fixture
def port(free_ports: list[int]) -> int:
    """One that nobody listens on."""
    return free_ports[0]


@contextlib.contextmanager
def served(name: str, port: int, folder: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A service as a process that is killed at the end."""
    kept = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "doctown", "serve", name, "--port", str(port)], env={**kept, **environment},
            stderr=log,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def reason(port: int) -> str:
    """Why a service is not ready, once it answers."""
    until = time.monotonic() + 30
    while "does not answer" in (said := ready(port)):
        assert time.monotonic() < until, said
        time.sleep(0.05)
    return said


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"DOCTOWN_DATABASE_URL": "postgresql://doctown@127.0.0.1:9/doctown"}, "DOCTOWN_DATABASE_URL"),
        ({"DOCTOWN_STORE_URL": "gs://bucket"}, "DOCTOWN_STORE_URL"),
    ],
    ids=["database", "store"],
)
def test_builder_that_cannot_begin_says_why_and_stops_when_told(
    port: int, tmp_path: Path, variables: dict[str, str], says: str
) -> None:
    """It tries again until the database or the store is there, for which nobody who stops it waits."""
    with served("builder", port, tmp_path, **variables) as process:
        until = time.monotonic() + 20
        while says not in (said := reason(port)):
            assert time.monotonic() < until, said
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) in (0, -signal.SIGTERM)


def test_headers_without_end_are_cut_off(port: int, tmp_path: Path) -> None:
    """They are read before anybody is asked for a token, so whoever reaches a service could fill its memory with them.
    What else is installed on the machine makes no difference."""
    (tmp_path / "httptools.py").write_text(UNBOUNDED)
    path = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
    with served("assembly", port, tmp_path, PYTHONPATH=path):
        assert reason(port) == ""
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(b"GET /live HTTP/1.1\r\nHost: localhost\r\n")
            sent = 0
            with contextlib.suppress(ConnectionError):  # the service has hung up
                while sent < 64 << 20:
                    connection.sendall(b"X-Header: %s\r\n" % (b"x" * 1000))
                    sent += 1000
            assert sent < 16 << 20  # what lies in the system's buffers counts too
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/live", headers={"Host": "localhost"})
        assert json.loads(connection.getresponse().read()) == {"service": "assembly"}
        connection.close()
