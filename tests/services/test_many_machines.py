from __future__ import annotations

import io
import os
import signal
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


class Machine:
    """A Builder as a process, with a folder of its own, as on a machine of its own."""

    def __init__(self, folder: Path, port: int, shared: dict[str, str]) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "DOCTOWN_DATA": str(folder / "data"),
            "DOCTOWN_CACHE": str(folder / "cache"), **shared,
        }  # fmt: skip
        folder.mkdir()
        self.log = (folder / "log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "doctown", "serve", "builder", "--port", str(port)],
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
def machines(tmp_path: Path, free_ports: list[int], postgres: str, s3: str) -> Iterator[list[Machine]]:  # noqa: F811
    """Three Builders on one database and one object store."""
    shared = {
        "DOCTOWN_DATABASE_URL": postgres, "DOCTOWN_STORE_URL": f"s3://packs-bucket/{tmp_path.name}",
        "AWS_ACCESS_KEY_ID": S3["access_key_id"], "AWS_SECRET_ACCESS_KEY": S3["secret_access_key"],
        "AWS_REGION": S3["region"], "AWS_ENDPOINT_URL": s3, "DOCTOWN_MAX_JOBS": "2",
    }  # fmt: skip
    made = [Machine(tmp_path / f"machine{place}", port, shared) for place, port in enumerate(free_ports[:3])]
    for one in made:
        one.wait()
    yield made
    for one in made:
        one.end()


def order(machine: Machine, content: bytes, name: str) -> str:
    reply = httpx.post(
        f"{machine.url}/jobs", files={"archive": (name, content)}, data={"options": '{"vectors": "none"}'}, timeout=60
    )
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


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
def test_three_builders_share_the_work_and_outlive_each_other(machines: list[Machine], stop: signal.Signals) -> None:
    """Jobs of a machine that dies, or freezes, are taken over; none is lost, none is done twice in its events, and the
    pack is that of an undisturbed run. One that wakes up again changes nothing."""
    first, second, third = machines
    content = archive(150)
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
    again = {job: state(third, job) for job in jobs}
    assert {job: one["docpack_id"] for job, one in again.items()} == {
        job: one["docpack_id"] for job, one in ends.items()
    }
    for place, job in enumerate(jobs):
        text = httpx.get(f"{third.url}/jobs/{job}/events", timeout=60).text
        numbers = [int(line[4:]) for line in text.splitlines() if line.startswith("id: ")]
        assert numbers == list(range(1, len(numbers) + 1))
        assert text.count("event: job.completed.v1") == 1
        pack = httpx.get(f"{second.url}/jobs/{job}/docpack", timeout=60)
        assert pack.content.startswith(b"SQLite format 3\0")
        undisturbed = order(third, content, f"shop-{place}.tar.gz")
        assert undisturbed == job  # the same order is the same job, whichever Builder it is sent to
    assert time.monotonic() - stopped < 180
