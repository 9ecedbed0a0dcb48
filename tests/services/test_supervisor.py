from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from doctown.services import probe

RUN = """
import dataclasses, http.server, os, pathlib, signal, sys
from doctown.services.supervisor import Supervisor
from doctown.settings import from_environment

folder = pathlib.Path(os.environ["FOLDER"])

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass

def serve(name, settings, host, port, *, gate):
    with (folder / "loaded").open("a") as log: log.write(f"{name} {os.getpid()}\\n")
    if not gate(): return 0
    with (folder / "log").open("a") as log: log.write(f"{name} {os.getpid()}\\n")
    (folder / (name + ".settings")).write_text(str(dataclasses.asdict(settings)))
    if name == os.environ.get("STUBBORN"): signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if name == os.environ.get("BROKEN"): sys.exit(1)
    http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()

ports = dict(zip(("builder", "embedding", "assembly", "generation"), map(int, sys.argv[2:6])))
say = lambda line: print(line, flush=True)
sys.exit(Supervisor(from_environment(), sys.argv[1], ports, say=say, serve=serve).run())
"""


class Run:
    """A supervisor as a process, over pretended services."""

    def __init__(self, folder: Path, ports: list[int], host: str, **environment: str) -> None:
        self.folder, self.ports = (
            folder,
            dict(zip(("builder", "embedding", "assembly", "generation"), ports, strict=True)),
        )
        kept = {"PATH": os.environ["PATH"], "FOLDER": str(folder), "HOME": str(folder), **environment}
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN, host, *map(str, ports)],
            env=kept, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.said: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        self.said.extend(self.process.stdout)

    def wait_for(self, words: str, count: int = 1) -> None:
        until = time.monotonic() + 20
        while sum(words in line for line in self.said) < count:
            assert time.monotonic() < until, self.said
            time.sleep(0.02)

    def started(self, what: str = "log") -> list[tuple[str, int]]:
        lines = (self.folder / what).read_text().split("\n")[:-1]
        return [(line.split()[0], int(line.split()[1])) for line in lines]


@pytest.fixture
def running(tmp_path: Path, free_ports: list[int]) -> Iterator[object]:
    """Starts supervisors, and ends what they leave."""
    made: list[Run] = []

    def start(host: str = "127.0.0.1", **environment: str) -> Run:
        made.append(Run(tmp_path, free_ports, host, **environment))
        return made[-1]

    yield start
    for run in made:
        if run.process.poll() is None:
            run.process.terminate()
            run.process.wait(12)
        run.reader.join(5)
        assert run.process.stdout
        run.process.stdout.close()


def test_the_four_start_in_order_and_stop_together(running) -> None:
    """Builder last, which uses the others and is told where they are; a signal ends all within ten seconds."""
    run = running()
    run.wait_for("builder     http")
    assert [name for name, _ in run.started()] == ["embedding", "assembly", "generation", "builder"]
    settings = (run.folder / "builder.settings").read_text()
    assert f"'embedding_url': 'http://127.0.0.1:{run.ports['embedding']}'" in settings
    assert f"'ASSEMBLY_URL': 'http://127.0.0.1:{run.ports['assembly']}'" in settings  # for those whom it starts
    assert "'generation_url': ''" in settings
    assert sum("OPENAI_API_KEY" in line for line in run.said) == 1
    began = time.monotonic()
    run.process.send_signal(signal.SIGTERM)
    assert run.process.wait(12) == 0
    assert time.monotonic() - began < 10
    for _, process in run.started():
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_a_service_that_dies_is_started_again(running) -> None:
    """And only that one."""
    run = running()
    run.wait_for("builder     http")
    victim = dict(run.started())["assembly"]
    os.kill(victim, signal.SIGKILL)
    run.wait_for("assembly ended with status -9")
    until = time.monotonic() + 10
    while len(run.started()) < 5 and time.monotonic() < until:
        time.sleep(0.02)
    assert run.started()[4][0] == "assembly"
    while probe.ready(run.ports["assembly"]):
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_service_that_cannot_be_kept_running_takes_all_down(running) -> None:
    """Whoever runs the container sees that it failed."""
    run = running(BROKEN="assembly")
    assert run.process.wait(20) == 3
    assert any("assembly ended 5 times" in line for line in run.said)


def test_one_that_does_not_stop_is_killed(running) -> None:
    """Ten seconds are ten seconds."""
    run = running(STUBBORN="assembly")
    run.wait_for("builder     http")
    began = time.monotonic()
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(12) == 0
    assert time.monotonic() - began < 10
    with contextlib.suppress(ProcessLookupError):
        os.kill(dict(run.started())["assembly"], 0)
        raise AssertionError


def test_a_token_is_made_and_shown_once_where_none_is_set(running) -> None:
    """Whoever reads the log can use the container, nobody else can."""
    run = running("0.0.0.0", OPENAI_API_KEY="k")
    run.wait_for("builder     http")
    (line,) = [line for line in run.said if "DOCTOWN_API_TOKEN" in line]
    token = line.split()[-1]
    assert len(token) >= 32
    for name in run.ports:
        assert f"'api_token': '{token}'" in (run.folder / f"{name}.settings").read_text()
    assert "GENERATION_URL" in (run.folder / "builder.settings").read_text()
    assert not any("OPENAI_API_KEY" in line for line in run.said)


def test_the_services_stop_when_their_supervisor_is_killed(running) -> None:
    """Nobody would start them again, and the next supervisor needs their ports."""
    run = running()
    run.wait_for("builder     http")
    run.process.kill()
    until = time.monotonic() + 10
    while any(not probe.ready(port) for port in run.ports.values()):
        assert time.monotonic() < until
        time.sleep(0.02)


def test_all_load_at_once(running) -> None:
    """Only their beginning waits for the others: the last one has loaded long before it is its turn."""
    run = running(BROKEN="embedding")
    run.wait_for("embedding ended")
    until = time.monotonic() + 10
    while {name for name, _ in run.started("loaded")} != set(run.ports):
        assert time.monotonic() < until
        time.sleep(0.02)
    assert {name for name, _ in run.started()} == {"embedding"}


def test_no_token_is_made_within_this_machine(running) -> None:
    """Loopback is trusted, as the command line is."""
    run = running()
    run.wait_for("builder     http")
    assert not any("TOKEN" in line for line in run.said)


def test_health_is_told_by_the_exit_status(free_ports: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    """As a container's health check."""
    assert probe.main([], dict(zip(("a", "b", "c", "d"), free_ports, strict=True))) == 1
    assert "a: it does not answer" in capsys.readouterr().out
    assert probe.main([], {}) == 0
