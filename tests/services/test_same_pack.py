"""A real `doctown serve` of all four services beside the command line."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from doctown.services.probe import ready
from tests.services.test_many_machines import archive

pytestmark = pytest.mark.slow
TOKEN = {"Authorization": "Bearer a-token"}


@pytest.fixture
def builder(tmp_path: Path, free_ports: list[int]) -> Iterator[str]:
    """Builder's address; it runs its stages at the three other services."""
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "DOCTOWN_DATA": str(tmp_path / "data"),
        "DOCTOWN_CACHE": str(tmp_path / "served"), "DOCTOWN_API_TOKEN": "a-token",
    }  # fmt: skip
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "doctown", "serve", "--ports", ",".join(map(str, free_ports))],
            env=environment, stderr=log,
        )  # fmt: skip
    until = time.monotonic() + 90
    while any(ready(port) for port in free_ports):
        assert time.monotonic() < until, (tmp_path / "log").read_text()
        time.sleep(0.1)
    yield f"http://127.0.0.1:{free_ports[0]}"
    process.send_signal(signal.SIGTERM)
    assert process.wait(12) == 0


def digest_of_vectors(pack: Path) -> tuple[str, int]:
    """What the pack says of its vectors, whose numbers hang on the order that files were parsed in."""
    connection = sqlite3.connect(pack)
    try:
        (digest,) = connection.execute("SELECT value FROM manifest WHERE key = 'vectors_digest'").fetchone()
        (count,) = connection.execute("SELECT count(*) FROM vectors").fetchone()
    finally:
        connection.close()
    return str(digest), int(count)


def ordered(builder: str, name: str, content: bytes, kind: str) -> tuple[str, dict[str, Any]]:
    """A job's address and how it ended."""
    reply = httpx.post(
        f"{builder}/jobs", files={"archive": (name, content)}, headers=TOKEN, timeout=60,
        data={"options": json.dumps({"vectors": kind})},
    )  # fmt: skip
    assert reply.status_code == 202, reply.text
    job = f"{builder}/jobs/{reply.json()['job_id']}"
    until = time.monotonic() + 180
    while (ended := httpx.get(job, headers=TOKEN, timeout=30).json())["state"] in ("queued", "running"):
        assert time.monotonic() < until, ended
        time.sleep(0.1)
    return job, ended


@pytest.mark.parametrize("kind", ["none", "local"])
def test_the_services_make_the_pack_that_one_process_makes(builder: str, tmp_path: Path, kind: str) -> None:
    """Identity and vectors are the same to the last bit, whether the stages run behind HTTP or not."""
    sent = tmp_path / "shop-1.0.tar.gz"
    sent.write_bytes(archive(12))
    job, served = ordered(builder, sent.name, sent.read_bytes(), kind)
    pack = tmp_path / "served.docpack"
    pack.write_bytes(httpx.get(f"{job}/docpack", headers=TOKEN, timeout=60).content)
    alone = subprocess.run(
        [sys.executable, "-m", "doctown", "build", str(sent), "-o", str(tmp_path / "alone.docpack"),
         "--vectors", kind, "--json", "-q"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "DOCTOWN_CACHE": str(tmp_path / "own")},
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    assert served["docpack_id"] == json.loads(alone.stdout)["docpack_id"]
    assert digest_of_vectors(pack) == digest_of_vectors(tmp_path / "alone.docpack")
    assert (digest_of_vectors(pack)[1] > 0) == (kind == "local")
    log = (tmp_path / "log").read_text()
    assert "POST /assemble" in log
    assert ("POST /embed" in log) == (kind == "local")


def test_an_agent_finds_by_meaning_what_a_job_made(builder: str, tmp_path: Path) -> None:
    """At Builder's `/mcp`, with the token: the query shares no word with the code, and its vector comes from the
    Embedding service, as those of the pack did."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, given in (("multiply_matrix", "left"), ("remove_file", "path"), ("render_template", "page")):
            text = f"def {name}({given}):\n    return {name}_with({given})\n".encode()
            member = tarfile.TarInfo(f"shop/{name}.py")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
    assert ordered(builder, "shop-1.0.tar.gz", buffer.getvalue(), "local")[1]["state"] == "success"

    async def asked() -> str:
        async with (
            httpx2.AsyncClient(headers=TOKEN, timeout=60) as http,
            Client(streamable_http_client(f"{builder}/mcp", http_client=http)) as client,
        ):
            result = await client.call_tool("search", {"query": "delete something from disk", "kind": "function"})
            return str(getattr(result.content[0], "text", ""))

    before = (tmp_path / "log").read_text().count("POST /embed")
    answer = asyncio.run(asyncio.wait_for(asked(), 90))
    hits = [line for line in answer.splitlines() if line.startswith("- ")]
    assert "#remove_file [symbol]" in hits[0], answer
    assert "similar meaning" in answer
    assert (tmp_path / "log").read_text().count("POST /embed") > before
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert httpx.post(f"{builder}/mcp", json=body).status_code == 401
