"""The services' promised figures: what HTTP adds to a batch, to a build, what health costs under load, what an event
stream costs, and what kills do to jobs. `python -m bench services [embed|build|health|streams|kills [N]]`.

Each is a ratio or a bound beside its target, measured in one run on this machine. Builds are of a package from the
corpora, without vectors where vectors are not the question.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np

from doctown.embed import wire
from doctown.embed.memory import MemoryEmbedder
from doctown.embed.remote import RemoteEmbedder
from doctown.services.probe import ready

NAMES = ("builder", "embedding", "assembly", "generation")
CHUNK = "def f(x):\n    return x  # " + "word " * 290  # 1.5 KB


def archive(files: int) -> bytes:
    """A made-up repository, the same each time."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for number in range(files):
            text = "".join(
                f"def f{number}_{i}(x):\n    '''Adds {i}.'''\n    return f{(number + 1) % files}_{i}(x)\n\n\n"
                for i in range(30)
            )
            member = tarfile.TarInfo(f"shop/part{number % 11}/m{number}.py")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def free_ports() -> dict[str, int]:
    held = [socket.socket() for _ in NAMES]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = dict(zip(NAMES, (one.getsockname()[1] for one in held), strict=True))
    for one in held:
        one.close()
    return ports


@contextlib.contextmanager
def services(folder: Path, ports: dict[str, int]) -> Iterator[subprocess.Popen[bytes]]:
    """All four, ready, under their supervisor."""
    environment = {**os.environ, "DOCTOWN_DATA": str(folder / "data"), "DOCTOWN_CACHE": str(folder / "cache")}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "doctown", "serve", "--ports", ",".join(str(ports[name]) for name in NAMES)],
            env=environment, stderr=log,
        )  # fmt: skip
    try:
        until = time.monotonic() + 120
        while any(ready(port) for port in ports.values()):
            if time.monotonic() > until:
                raise TimeoutError((folder / "log").read_text()[-2000:])
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(15)


def order(port: int, content: bytes, name: str, vectors: str = "none") -> str:
    reply = httpx.post(
        f"http://127.0.0.1:{port}/jobs", files={"archive": (name, content)}, timeout=60,
        data={"options": json.dumps({"vectors": vectors}), "force": "true"},
    )  # fmt: skip
    reply.raise_for_status()
    return str(reply.json()["job_id"])


def finished(port: int, job: str, seconds: float = 600) -> dict[str, object]:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(httpx.HTTPError, json.JSONDecodeError, KeyError):
            found = httpx.get(f"http://127.0.0.1:{port}/jobs/{job}", timeout=10).json()
            if found["state"] not in ("queued", "running"):
                return dict(found)
        time.sleep(0.1)
    raise TimeoutError(job)


# --- one batch --------------------------------------------------------------------------------------------------------


def embed() -> None:
    """64 chunks of 1.5 KB there and back as packed float32, beyond the model, which answers at once here."""
    port = free_ports()["embedding"]
    code = (
        "import uvicorn\nfrom doctown.embed.memory import MemoryEmbedder\nfrom doctown.services.embedding import app\n"
        "from doctown.settings import from_environment\n"
        "class Done(MemoryEmbedder):\n"
        "    def embed(self, texts):\n"
        "        known = getattr(self, 'known', {})\n"
        "        key = len(texts)\n"
        "        if key not in known: known[key] = super().embed(texts); self.known = known\n"
        "        return known[key]\n"
        f"uvicorn.run(app(from_environment(), embedder=Done()), port={port}, log_level='error')\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        while ready(port):
            time.sleep(0.1)
        body = json.dumps(
            {"batch_id": "b", "chunks": [{"chunk_id": str(i), "content": CHUNK[:1500]} for i in range(64)]}
        ).encode()
        headers = {"Content-Type": "application/json", "Accept": wire.PACKED}
        with httpx.Client() as client:
            url = f"http://127.0.0.1:{port}/embed"
            whole = [
                _timed(lambda: wire.unpack(client.post(url, content=body, headers=headers).content)) for _ in range(400)
            ]
            empty = [_timed(lambda: client.get(f"http://127.0.0.1:{port}/live")) for _ in range(400)]
        best, floor = statistics.quantiles(whole[50:], n=10)[0], statistics.quantiles(empty[50:], n=10)[0]
        print(f"embed: 64 chunks there and back {best * 1000:.2f} ms; an empty request {floor * 1000:.2f} ms")
        print(f"       beyond an empty request {(best - floor) * 1000:.2f} ms (target: <= 0.5 ms beyond the model)")
        here = MemoryEmbedder()
        there = RemoteEmbedder(f"http://127.0.0.1:{port}", model=here.model, dimensions=here.dimensions)
        there.close()
    finally:
        process.terminate()
        process.wait()


def _timed(work: object) -> float:
    began = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - began


# --- one build --------------------------------------------------------------------------------------------------------


def build() -> None:
    """The same archive through the four services and in one process; ids and wall time."""
    content = archive(400)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "shop.tar.gz").write_bytes(content)
        ports = free_ports()
        with services(folder, ports):
            finished(ports["builder"], order(ports["builder"], archive(3), "warm.tar.gz"))
            began = time.monotonic()
            done = finished(ports["builder"], order(ports["builder"], content, "shop.tar.gz"))
            served = time.monotonic() - began
        environment = {**os.environ, "DOCTOWN_CACHE": str(folder / "other")}
        began = time.monotonic()
        alone = subprocess.run(
            [sys.executable, "-m", "doctown", "build", str(folder / "shop.tar.gz"), "-o", str(folder / "x.docpack"),
             "--vectors", "none", "--json", "-q"],
            env=environment, capture_output=True, check=True,
        )  # fmt: skip
        single = time.monotonic() - began
    same = json.loads(alone.stdout)["docpack_id"] == done["docpack_id"]
    print(f"build: services {served:.1f} s, one process {single:.1f} s: {served / single:.2f} x (target: <= 1.15)")
    print(f"       the same docpack_id: {'yes' if same else 'NO'}")


# --- health -----------------------------------------------------------------------------------------------------------


def health(asks: int = 400) -> None:
    """How long the four take to say that they are ready while two builds run."""
    with tempfile.TemporaryDirectory() as name:
        ports = free_ports()
        with services(Path(name), ports), httpx.Client() as client:
            jobs = [order(ports["builder"], archive(600 + n), f"shop{n}.tar.gz") for n in range(2)]
            while not all(
                client.get(f"http://127.0.0.1:{ports['builder']}/jobs/{job}").json()["state"] == "running"
                for job in jobs
            ):
                time.sleep(0.05)
            times = []
            for turn in range(asks):
                port = ports[NAMES[turn % 4]]
                times.append(_timed(lambda port=port: client.get(f"http://127.0.0.1:{port}/health")))
                time.sleep(0.01)
    slow = np.percentile(times, 99) * 1000
    print(
        f"health: p50 {np.percentile(times, 50) * 1000:.1f} ms, p99 {slow:.1f} ms while two builds run"
        " (target: <= 50 ms)"
    )


# --- streams ----------------------------------------------------------------------------------------------------------


def streams(clients: int = 1000, deaf: int = 100) -> None:
    """What a thousand clients of one job's events cost Builder, a tenth of whom never read."""

    async def follow(port: int, job: str, held: list[asyncio.StreamWriter], *, reads: bool) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
        writer.write(f"GET /jobs/{job}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        await writer.drain()
        await reader.readuntil(b"\r\n\r\n")
        held.append(writer)
        if not reads:
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            return
        with contextlib.suppress(ConnectionError):
            while await reader.read(4096):
                pass

    async def run(port: int, job: str, process: int) -> float:
        before = _memory(process)
        held: list[asyncio.StreamWriter] = []
        tasks = [
            asyncio.create_task(follow(port, job, held, reads=number >= deaf)) for number in range(clients)
        ]  # fmt: skip
        while len(held) < clients:
            await asyncio.sleep(0.1)
        await asyncio.sleep(3)
        after = _memory(process)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in held:
            writer.close()
        return (after - before) / clients

    with tempfile.TemporaryDirectory() as name:
        ports = free_ports()
        with services(Path(name), ports):
            job = order(ports["builder"], archive(1500), "shop.tar.gz")
            process = _listener(ports["builder"])
            each = asyncio.run(run(ports["builder"], job, process))
    print(f"streams: {clients} clients, {deaf} of them deaf: {each / 1024:.1f} KB each (target: <= 64 KB)")


def _memory(process: int) -> int:
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith("Private_Dirty:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(process)


def _listener(port: int) -> int:
    """The process whose arguments name this port."""
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0") if folder.name.isdigit() else []
            if b"--port" in words and words[words.index(b"--port") + 1] == str(port).encode():
                return int(folder.name)
    raise RuntimeError(port)


# --- kills ------------------------------------------------------------------------------------------------------------


def kills(count: int = 100, seed: int = 1) -> None:
    """SIGKILLs of single services and of the whole group at random moments of builds."""
    chance = random.Random(seed)  # noqa: S311 - the moments of kills are no secret
    content = archive(300)
    ready_again: list[float] = []
    tally = dict.fromkeys(("ended", "lost", "wrong", "broken"), 0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ports = free_ports()
        with services(folder, ports):
            wanted = finished(ports["builder"], order(ports["builder"], content, "shop.tar.gz"))["docpack_id"]
        killed = 0
        while killed < count:
            with services(folder, ports) as supervisor:
                job = order(ports["builder"], content, "shop.tar.gz")
                for _ in range(chance.randint(1, 3)):
                    time.sleep(chance.uniform(0.2, 2.5))
                    whole = chance.random() < 0.3
                    victims = (
                        [_listener(port) for port in ports.values()]
                        if whole
                        else [_listener(ports[chance.choice(NAMES)])]
                    )
                    if whole:
                        victims.append(supervisor.pid)
                    at = time.monotonic()
                    for victim in victims:
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(victim, signal.SIGKILL)
                    killed += 1
                    if whole:
                        break
                    while any(ready(port) for port in ports.values()):
                        time.sleep(0.05)
                    ready_again.append(time.monotonic() - at)
                if not whole:
                    _judge(ports["builder"], job, str(wanted), tally)
                    continue
            with services(folder, ports):
                ready_again.append(time.monotonic() - at)
                _judge(ports["builder"], job, str(wanted), tally)
    print(
        f"kills: {killed} SIGKILLs, {tally['ended']} jobs ended: {tally['lost']} lost, {tally['wrong']} with another"
        f" docpack_id, {tally['broken']} with a gap or a second end in their events (target: 0)"
    )
    if ready_again:
        print(f"       ready again after {max(ready_again):.1f} s at most (target: 15 s)")


def _judge(port: int, job: str, wanted: str, tally: dict[str, int]) -> None:
    """Waits for a job's end and counts what is wrong with it."""
    try:
        end = finished(port, job, 120)
    except TimeoutError:
        tally["lost"] += 1
        return
    tally["ended"] += 1
    tally["wrong"] += end.get("docpack_id") != wanted
    text = httpx.get(f"http://127.0.0.1:{port}/jobs/{job}/events", timeout=60).text
    numbers = [int(line[4:]) for line in text.splitlines() if line.startswith("id: ")]
    whole = numbers == list(range(1, len(numbers) + 1)) and text.count("event: job.completed.v1") == 1
    tally["broken"] += not whole


PARTS = {"embed": embed, "build": build, "health": health, "streams": streams, "kills": kills}


def main(arguments: list[str] | None = None) -> None:
    """Runs the parts that are named, all of them without a name; `kills` takes a number."""
    words = sys.argv[1:] if arguments is None else arguments
    numbers = [int(word) for word in words if word.isdigit()]
    for name in [word for word in words if word in PARTS] or list(PARTS):
        if name == "kills" and numbers:
            kills(numbers[0])
        else:
            PARTS[name]()


if __name__ == "__main__":
    main()
