"""The services' promised figures: what HTTP adds to a batch, to a build, what health costs under load, what an event
stream costs, how soon all four are ready, and what kills do to jobs.
`python -m bench.services [start|embed|build|health|streams|kills [N [SEED]]]`.

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
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import httpx
import numpy as np

from doctown.embed import wire
from doctown.services.probe import ready

Answer = TypeVar("Answer")
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


class Gone(Exception):
    """The services have ended."""


def finished(
    port: int, job: str, seconds: float = 600, group: subprocess.Popen[bytes] | None = None
) -> dict[str, object]:
    """A job that has ended. Raises TimeoutError with what is known of it if nothing happens in it for so long, and Gone
    if the services (`group`) end before it does."""
    until, last, found = time.monotonic() + seconds, 0, {}
    with httpx.Client(timeout=10) as client:  # one for all: to make one takes longer than to ask
        while time.monotonic() < until:
            with contextlib.suppress(httpx.HTTPError, json.JSONDecodeError, KeyError):
                found = client.get(f"http://127.0.0.1:{port}/jobs/{job}").json()
                if found["state"] not in ("queued", "running"):
                    return dict(found)
                if found["last_event"] > last:
                    until, last = time.monotonic() + seconds, found["last_event"]
            if group is not None and group.poll() is not None:
                raise Gone
            time.sleep(0.1)
    raise TimeoutError(f"{job}: {found}")


# --- a start ----------------------------------------------------------------------------------------------------------


def start(turns: int = 5) -> None:
    """From the command to four services that are ready, with nothing in their folder: as processes, and as a container
    of `DOCTOWN_IMAGE` where an engine has that image. `DOCTOWN_TEST_NETWORK=host` is for engines that cannot publish
    ports."""
    image = os.environ.get("DOCTOWN_IMAGE", "doctown-combined:latest")
    missing = _no_image(image)
    alone, boxed = [], []
    for _ in range(turns):  # in turns, so that what else the machine does meets both
        with tempfile.TemporaryDirectory() as name:
            began = time.monotonic()
            with services(Path(name), free_ports()):
                alone.append(time.monotonic() - began)
        if not missing:
            boxed.append(_boxed(image))
    rows = [("as processes", alone)] if missing else [("as processes", alone), (f"as a container of {image}", boxed)]
    for what, times in rows:
        shown = " ".join(f"{one:.2f}" for one in times)
        print(f"start: four times ready {what} after {shown} s, {max(times):.2f} s at most (target: <= 5 s)")
    if missing:
        print(f"start: the container is left out: {missing}")


def _no_image(image: str) -> str:
    """Why no container can be started; empty if one can."""
    if shutil.which("docker") is None:
        return "there is no docker command"
    found = subprocess.run(["docker", "inspect", "--type", "image", image], capture_output=True, check=False)
    return "" if found.returncode == 0 else f"there is no image {image}; ./build-combined.sh makes it"


def _boxed(image: str) -> float:
    """Seconds from `docker run` until the four services of a new container are ready; it is removed then."""
    name, ports = f"doctown-start-{secrets.token_hex(4)}", free_ports()
    network = ["--network", os.environ["DOCTOWN_TEST_NETWORK"]] if "DOCTOWN_TEST_NETWORK" in os.environ else []
    for port in () if network else ports.values():
        network += ["--publish", f"127.0.0.1:{port}:{port}"]
    serve = ["start-combined.sh", "--ports", ",".join(str(ports[one]) for one in NAMES)]
    began = time.monotonic()
    try:
        subprocess.run(
            ["docker", "run", "--detach", "--name", name, *network, image, *serve], check=True, capture_output=True
        )
        while any(ready(port) for port in ports.values()):
            if time.monotonic() - began > 120:
                raise TimeoutError(subprocess.run(["docker", "logs", name], capture_output=True, check=False).stderr)
            time.sleep(0.05)
        return time.monotonic() - began
    finally:
        subprocess.run(["docker", "rm", "--force", "--volumes", name], capture_output=True, check=False)


# --- one batch --------------------------------------------------------------------------------------------------------


PLAIN = """
from fastapi import FastAPI
from pydantic import BaseModel
class Chunk(BaseModel):
    chunk_id: str
    content: str
class Batch(BaseModel):
    batch_id: str
    chunks: list[Chunk]
class Vector(BaseModel):
    chunk_id: str
    vector: list[float]
class Vectors(BaseModel):
    batch_id: str
    vectors: list[Vector]
app = FastAPI()
row = [0.05 + n / 7919 for n in range(384)]
@app.get("/live")
@app.get("/health")
async def live(): return {}
@app.post("/embed")
async def embed(batch: Batch) -> Vectors:
    return Vectors(batch_id=batch.batch_id, vectors=[Vector(chunk_id=one.chunk_id, vector=row) for one in batch.chunks])
"""
OURS = """
from doctown.embed.memory import MemoryEmbedder
from doctown.services.embedding import app as service
from doctown.settings import from_environment
class Done(MemoryEmbedder):
    known = {}
    def embed(self, texts):
        if len(texts) not in self.known: self.known[len(texts)] = super().embed(texts)
        return self.known[len(texts)]
app = service(from_environment(), embedder=Done())
"""


def embed() -> None:
    """64 chunks of 1.5 KB there and back as packed float32, beyond the model, which answers at once here; and beside it
    the same as JSON through pydantic, as a service is usually written. Over a plain socket the client takes next to no
    time, so that is what the service costs, with the connection; httpx, which many use, takes .4 ms to ask for nothing.
    """
    body = json.dumps(
        {"batch_id": "b", "chunks": [{"chunk_id": str(i), "content": CHUNK[:1500]} for i in range(64)]}
    ).encode()
    kinds = {"packed": (OURS, wire.PACKED, wire.unpack), "pydantic": (PLAIN, "application/json", wire.from_json)}
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(httpx.Client())
        urls: dict[str, str] = {}
        whole, empty, plain = ({kind: [] for kind in kinds} for _ in range(3))
        wires: dict[str, socket.socket] = {}
        for kind, (code, _, _) in kinds.items():
            port = free_ports()["embedding"]
            run = f"{code}\nimport uvicorn\nuvicorn.run(app, port={port}, log_level='error')\n"
            process = subprocess.Popen([sys.executable, "-c", run])
            stack.callback(process.wait)
            stack.callback(process.terminate)
            while ready(port):
                time.sleep(0.1)
            urls[kind] = f"http://127.0.0.1:{port}"
            wires[kind] = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            wires[kind].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(400):
            for kind, (_, accept, unpack) in kinds.items():
                headers = {"Content-Type": "application/json", "Accept": accept}
                post = partial(client.post, f"{urls[kind]}/embed", content=body, headers=headers)
                whole[kind].append(_timed(lambda post=post, unpack=unpack: unpack(post().content)))
                empty[kind].append(_timed(lambda kind=kind: client.get(f"{urls[kind]}/live")))
                ask = _request(body, accept)
                plain[kind].append(_timed(lambda kind=kind, ask=ask: _exchanged(wires[kind], ask)))
    beyond = {kind: _typical(whole[kind]) - _typical(empty[kind]) for kind in kinds}
    service = {kind: _typical(plain[kind]) for kind in kinds}
    print(
        f"embed: 64 chunks there and back over a plain socket {service['packed']:.2f} ms"
        f" (target: <= 0.5 ms beyond the model); as JSON through pydantic {service['pydantic']:.2f} ms:"
        f" {service['packed'] / service['pydantic']:.2f} x (target: <= 0.26 x, which is 0.5 ms to 1.9 ms)"
    )
    print(
        f"       with httpx {_typical(whole['packed']):.2f} ms, {beyond['packed']:.2f} ms beyond an empty request of"
        f" its; as JSON through pydantic {beyond['pydantic']:.2f} ms: {beyond['packed'] / beyond['pydantic']:.2f} x"
    )


def _request(body: bytes, accept: str) -> bytes:
    lines = [
        "POST /embed HTTP/1.1", "Host: localhost", "Content-Type: application/json", f"Accept: {accept}",
        f"Content-Length: {len(body)}",
    ]  # fmt: skip
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _exchanged(wire: socket.socket, request: bytes) -> int:
    """Sends a request and reads its answer to the end: the bytes of its body."""
    wire.sendall(request)
    got = bytearray()
    while (end := got.find(b"\r\n\r\n")) < 0:
        got += wire.recv(1 << 20)
    head = bytes(got[:end]).lower()
    if not head.startswith(b"http/1.1 200"):
        raise RuntimeError(head.decode())
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    while len(got) < end + 4 + length:
        got += wire.recv(1 << 20)
    return length


def _typical(times: list[float]) -> float:
    """The best tenth: what the machine does while nothing else runs, in milliseconds."""
    return statistics.quantiles(times[50:], n=10)[0] * 1000


def _timed(work: object) -> float:
    began = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - began


# --- one build --------------------------------------------------------------------------------------------------------


def build(turns: int = 4) -> None:
    """The same archive through the four services and in one process, in turns; ids, and of each the best wall time and
    processor seconds, which other work on the machine stretches less."""
    served, single, same = [], [], True
    spent: dict[str, list[float]] = {"services": [], "one process": []}
    with tempfile.TemporaryDirectory() as name:
        folder, ports = Path(name), free_ports()
        source = folder / "shop.tar.gz"
        with services(folder, ports):
            finished(ports["builder"], order(ports["builder"], archive(3), "warm.tar.gz"))
            for turn in range(turns):
                source.write_bytes(archive(400 + turn))
                time.sleep(4)  # the service is idle, as it is between two orders
                began, before = time.monotonic(), _spent(ports)
                done = finished(ports["builder"], order(ports["builder"], source.read_bytes(), source.name))
                served.append(time.monotonic() - began)
                spent["services"].append(_spent(ports) - before)
                began, before = time.monotonic(), _of_children()
                alone = subprocess.run(
                    [sys.executable, "-m", "doctown", "build", str(source), "-o", str(folder / f"{turn}.docpack"),
                     "--vectors", "none", "--json", "-q"],
                    env={**os.environ, "DOCTOWN_CACHE": str(folder / f"other{turn}")}, capture_output=True, check=True,
                    preexec_fn=lambda: os.nice(10),
                )  # fmt: skip
                single.append(time.monotonic() - began)
                spent["one process"].append(_of_children() - before)
                same = same and json.loads(alone.stdout)["docpack_id"] == done["docpack_id"]
    ratio = min(served) / min(single)
    shown = [" ".join(f"{one:.1f}" for one in times) for times in (served, single)]
    print(f"build: services {shown[0]} s, one process {shown[1]} s, best: {ratio:.2f} x (target: <= 1.15)")
    least = {name: min(seconds) for name, seconds in spent.items()}
    print(
        f"       processor seconds: services {least['services']:.1f}, one process {least['one process']:.1f}:"
        f" {least['services'] / least['one process']:.2f} x"
    )
    print(f"       the same docpack_id: {'yes' if same else 'NO'}")


def _spent(ports: dict[str, int]) -> float:
    """Processor seconds of the four services and of all their children that have ended, builds among them."""
    total = 0
    for port in ports.values():
        fields = Path(f"/proc/{_listener(port)}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime
    return total / os.sysconf("SC_CLK_TCK")


def _of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


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
    """The process that listens at this port of loopback."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    sockets = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "0A"}
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if str(descriptor.readlink()) in sockets:
                return int(descriptor.parts[2])
    raise RuntimeError(port)


# --- kills ------------------------------------------------------------------------------------------------------------


def kills(count: int = 100, seed: int = 1) -> None:
    """SIGKILLs of single services and of the whole group at random moments of builds: what became of the jobs, and how
    long it took from the kill until an interrupted one was taken up again."""
    chance = random.Random(seed)  # noqa: S311 - the moments of kills are no secret
    content = archive(12)
    score = Score()
    with tempfile.TemporaryDirectory() as name:
        folder, ports = Path(name), free_ports()
        with services(folder, ports):
            usual = []
            for _ in range(2):  # the first fills the cache, as it is for all others
                began = time.monotonic()
                done = finished(ports["builder"], order(ports["builder"], content, "shop.tar.gz"))
                usual.append(time.monotonic() - began)
        score.wanted, length = str(done["docpack_id"]), usual[-1]
        left = count
        while left > 0:
            with services(folder, ports) as group:
                _settle(group, ports["builder"], score)
                while left > 0 and group.poll() is None:
                    try:
                        job = _asked(group, partial(order, ports["builder"], content, "shop.tar.gz"))
                    except Gone:
                        score.ends += 1
                        break
                    struck = _strike(chance, group, ports, length, score)
                    left -= 1
                    score.left.append((job, struck))
                    if group.poll() is None:
                        _settle(group, ports["builder"], score)
        while score.left:
            with services(folder, ports) as group:
                _settle(group, ports["builder"], score)
    print(
        f"kills: {count} SIGKILLs, {score.groups} of them of the whole group; {score.ended} jobs ended: {score.lost}"
        f" lost, {score.wrong} with another docpack_id, {score.broken} with a gap or a second end in their events"
        " (target: 0)"
    )
    print(
        f"       the supervisor ended {score.ends} times, since a service was killed too often, and was started again"
    )
    print(f"       an undisturbed job took {length:.1f} s; {len(score.waits)} jobs were interrupted", end="")
    if score.waits:
        middle, most = statistics.median(score.waits), max(score.waits)
        print(f" and taken up again after {middle:.1f} s (median), {most:.1f} s at most (target: 15 s)", end="")
    print(flush=True)


@dataclass
class Score:
    """What became of the jobs."""

    wanted: str = ""  # docpack_id of the undisturbed run
    left: list[tuple[str, float]] = field(
        default_factory=list
    )  # jobs to be judged, each with when a kill met its Builder
    waits: list[float] = field(default_factory=list)  # seconds from the kill to the next run, of jobs that were running
    groups: int = 0
    ends: int = 0  # how often the supervisor gave up, as it does when a service dies five times within a minute
    ended: int = 0
    lost: int = 0
    wrong: int = 0
    broken: int = 0


def _strike(
    chance: random.Random, group: subprocess.Popen[bytes], ports: dict[str, int], length: float, score: Score
) -> float:
    """Kills one service, or all with their supervisor, at some moment of a build. When, if Builder was among them."""
    time.sleep(chance.uniform(0.0, length))
    names = list(NAMES) if chance.random() < 0.3 else [chance.choice(NAMES)]
    victims = [_listener(ports[name]) for name in names]
    if len(names) == len(NAMES):
        victims.insert(0, group.pid)  # first, or it would start what is killed again
        score.groups += 1
    for victim in victims:
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
    at = time.time()
    if len(names) == len(NAMES):
        group.wait()
    return at if "builder" in names else 0.0


def _asked(group: subprocess.Popen[bytes], ask: Callable[[], Answer]) -> Answer:
    """The answer to a question. Raises Gone if there is none because the services are just ending."""
    try:
        return ask()
    except httpx.HTTPError as error:
        try:
            group.wait(15)
        except subprocess.TimeoutExpired:
            raise error from None
        raise Gone from None


def _settle(group: subprocess.Popen[bytes], port: int, score: Score) -> None:
    """Waits for the end of each job that is left and notes what is wrong with it. Those that have not ended when the
    services do are left for the next ones."""
    while score.left:
        job, struck = score.left[0]
        try:
            end = finished(port, job, 120, group)
            address = f"http://127.0.0.1:{port}/jobs/{job}/events"
            text = _asked(group, partial(httpx.get, address, timeout=60)).text
        except Gone:
            score.ends += 1
            return
        except TimeoutError as error:
            print(f"kills: lost {error}", flush=True)
            score.lost += 1
            score.left.pop(0)
            continue
        score.left.pop(0)
        score.ended += 1
        score.wrong += end.get("docpack_id") != score.wanted
        events = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
        ends = sum(one["type"] == "job.completed.v1" for one in events)
        score.broken += [one["sequence"] for one in events] != list(range(1, len(events) + 1)) or ends != 1
        runs = [_seconds(one["timestamp"]) for one in events if one["type"] == "job.started.v1"]
        if struck and runs[0] < struck < _seconds(events[-1]["timestamp"]):
            score.waits.append(next(begun for begun in runs if begun > struck) - struck)


def _seconds(timestamp: str) -> float:
    return datetime.fromisoformat(timestamp).timestamp()


PARTS = {"start": start, "embed": embed, "build": build, "health": health, "streams": streams, "kills": kills}


def main(arguments: list[str] | None = None) -> None:
    """Runs the parts that are named, all of them without a name; `kills` takes a number, and another for its seed."""
    words = sys.argv[1:] if arguments is None else arguments
    numbers = [int(word) for word in words if word.isdigit()]
    for name in [word for word in words if word in PARTS] or list(PARTS):
        if name == "kills" and numbers:
            kills(*numbers[:2])
        else:
            PARTS[name]()


if __name__ == "__main__":
    main()
