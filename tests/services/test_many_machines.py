from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from doctown.services.probe import ready
from tests.jobs.conftest import postgres  # noqa: F401 - a fixture
from tests.store.test_store import S3, s3  # noqa: F401 - a fixture

pytestmark = pytest.mark.slow


def archive(files: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for number in range(files):
            text = f"def f{number}(x):\n    return f{(number + 1) % files}(x)\n" * 40
            member = tarfile.TarInfo(f"shop/part{number % 7}/m{number}.py")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def free(count: int) -> list[int]:
    """Ports that nobody listens on."""
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


class Machine:
    """A service as a process, with a folder of its own, as on a machine of its own."""

    def __init__(self, folder: Path, port: int, shared: dict[str, str], service: str = "builder") -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "DOCTOWN_DATA": str(folder / "data"),
            "DOCTOWN_CACHE": str(folder / "cache"), **shared,
        }  # fmt: skip
        folder.mkdir()
        self.log = (folder / "log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "doctown", "serve", service, "--port", str(port)],
            env=environment, stderr=self.log, start_new_session=True,
        )  # fmt: skip

    def wait(self) -> None:
        until = time.monotonic() + 90
        while reason := ready(self.port):
            assert time.monotonic() < until, reason
            time.sleep(0.1)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()
        self.log.close()


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[list[Machine]]:
    """Two Embedding services."""
    ports = free(2)
    made = [Machine(tmp_path / f"worker{place}", port, {}, "embedding") for place, port in enumerate(ports)]
    for one in made:
        one.wait()
    yield made
    for one in made:
        one.end()


@pytest.fixture
def machines(
    tmp_path: Path, postgres: str, s3: str, workers: list[Machine]  # noqa: F811
) -> Iterator[list[Machine]]:  # fmt: skip
    """Three Builders on one database and one object store, the Embedding services behind them."""
    shared = {
        "EMBEDDING_URL": ",".join(one.url for one in workers),
        "DOCTOWN_DATABASE_URL": postgres, "DOCTOWN_STORE_URL": f"s3://packs-bucket/{tmp_path.name}",
        "AWS_ACCESS_KEY_ID": S3["access_key_id"], "AWS_SECRET_ACCESS_KEY": S3["secret_access_key"],
        "AWS_REGION": S3["region"], "AWS_ENDPOINT_URL": s3, "DOCTOWN_MAX_JOBS": "2",
    }  # fmt: skip
    made = [Machine(tmp_path / f"machine{place}", port, shared) for place, port in enumerate(free(3))]
    for one in made:
        one.wait()
    yield made
    for one in made:
        one.end()


def order(machine: Machine, content: bytes, name: str, vectors: str = "none") -> str:
    reply = httpx.post(
        f"{machine.url}/jobs", files={"archive": (name, content)}, timeout=60,
        data={"options": f'{{"vectors": "{vectors}"}}'},
    )  # fmt: skip
    assert reply.status_code == 202, reply.text
    return str(reply.json()["job_id"])


def state(machine: Machine, job: str) -> dict[str, object]:
    return dict(httpx.get(f"{machine.url}/jobs/{job}", timeout=30).json())


def wait_for(machine: Machine, job: str, *states: str) -> dict[str, object]:
    until = time.monotonic() + 180
    while (found := state(machine, job))["state"] not in states:
        assert time.monotonic() < until, found
        time.sleep(0.1)
    return found


def undisturbed(content: bytes, name: str, folder: Path) -> str:
    """The docpack_id that one process gives to an archive, far from any service."""
    folder.mkdir()
    (folder / name).write_bytes(content)
    built = subprocess.run(
        [sys.executable, "-m", "doctown", "build", str(folder / name), "-o", str(folder / "alone.docpack"),
         "--vectors", "none", "--json", "-q"],
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "DOCTOWN_CACHE": str(folder / "cache")},
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    return str(json.loads(built.stdout)["docpack_id"])


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
def test_three_builders_share_the_work_and_outlive_each_other(
    machines: list[Machine], stop: signal.Signals, tmp_path: Path
) -> None:
    """Jobs of a machine that dies, or freezes, are taken over; none is lost, none is done twice in its events, and the
    pack is that of an undisturbed build in one process. One that wakes up again changes nothing."""
    first, second, third = machines
    content = archive(150)
    wanted = [undisturbed(content, f"shop-{place}.tar.gz", tmp_path / f"alone{place}") for place in range(3)]
    jobs = [order(machine, content, f"shop-{place}.tar.gz") for place, machine in enumerate(machines)]
    for job in jobs:
        wait_for(second, job, "running", "success")
    first.process.send_signal(stop)
    stopped = time.monotonic()
    ends = {job: wait_for(second, job, "success", "failed") for job in jobs}
    if stop == signal.SIGSTOP:
        first.process.send_signal(signal.SIGCONT)
        time.sleep(4)
    assert not [one["error"] for one in ends.values() if "error" in one]
    assert [ends[job]["docpack_id"] for job in jobs] == wanted
    assert [state(third, job)["docpack_id"] for job in jobs] == wanted
    for place, job in enumerate(jobs):
        text = httpx.get(f"{third.url}/jobs/{job}/events", timeout=60).text
        numbers = [int(line[4:]) for line in text.splitlines() if line.startswith("id: ")]
        assert numbers == list(range(1, len(numbers) + 1))
        assert text.count("event: job.completed.v1") == 1
        pack = httpx.get(f"{second.url}/jobs/{job}/docpack", timeout=60)
        assert pack.content.startswith(b"SQLite format 3\0")
        ordered = order(third, content, f"shop-{place}.tar.gz")
        assert ordered == job  # the same order is the same job, whichever Builder it is sent to
    assert time.monotonic() - stopped < 180


def batches(worker: Machine) -> float:
    """How many batches an Embedding service has answered."""
    text = httpx.get(f"{worker.url}/metrics", timeout=30).text
    found = re.findall(r'doctown_http_requests_total{method="POST",path="/embed",status="200"} (\S+)', text)
    return sum(map(float, found))


def test_two_embedding_workers_share_the_batches_and_stand_in_for_each_other(
    machines: list[Machine], workers: list[Machine]
) -> None:
    """Builders on several machines have two workers embed: both are asked; when one is killed the jobs go on with the
    other, and the pack is the same."""
    first, second, _ = machines
    done = wait_for(second, order(first, archive(150), "shop.tar.gz", "local"), "success", "failed")
    assert "error" not in done
    assert all(batches(one) > 0 for one in workers), [batches(one) for one in workers]
    workers[0].end()
    before = batches(workers[1])
    other = wait_for(first, order(second, archive(151), "other.tar.gz", "local"), "success", "failed")
    assert "error" not in other
    assert batches(workers[1]) > before
    assert dict(other["report"])["statistics"]["vectors"] > 0  # type: ignore[call-overload]
