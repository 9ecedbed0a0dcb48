"""Memory and latency of `doctown mcp` with a synthetic pack of 100,000 symbols.

The pack is made of nouns through the draft: files of fifty functions with docstrings, calls among them, a vector each.
The official client starts the command as a process and asks every tool; the process tells its own peak when it ends:
that of its own memory, for the peak that `getrusage` tells begins with what the process that started it had. It is
measured twice: with words alone, and with the pack's vectors and the model that makes those of queries.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from bench import measure
from doctown.docpack.draft import Draft
from doctown.docpack.reader import Pack
from doctown.docpack.search import search
from doctown.embed import MINILM
from doctown.errors import PackError
from doctown.model import Chunk, Edge, File, Page, Symbol, Vector

PER_FILE = 50
DIMENSIONS = 384
WORDS = [
    "parse",
    "render",
    "token",
    "stream",
    "cache",
    "route",
    "handle",
    "open",
    "close",
    "request",
    "response",
    "merge",
    "split",
    "load",
    "store",
    "user",
]
SERVER = """
import sys
from doctown.cli import main
status = main(["mcp", *sys.argv[2:]])
with open("/proc/self/status") as lines, open(sys.argv[1], "w") as out:
    out.write(next(line.split()[1] for line in lines if line.startswith("VmHWM")))
sys.exit(status)
"""
ROUNDS = 5


def make(path: Path, symbols: int) -> None:
    """Writes the pack."""
    chance = random.Random(0)  # noqa: S311 - the same pack each time
    noise = np.random.default_rng(0)
    draft = Draft.open(path.with_suffix(".draft"), {"bench": "mcp"})
    ids: list[int] = []
    for number in range(max(symbols // PER_FILE, 1)):
        ids += _file(draft, f"src/part{number % 40}/module_{number}.py", number, chance, noise)
    for start in range(0, len(ids), 10_000):
        part = ids[start : start + 10_000]
        draft.add_edges(
            Edge(one, target, "calls", chance.choice(("resolved", "candidate")), "import", 1)
            for one in part for target in sorted({chance.choice(ids) for _ in range(4)})
        )  # fmt: skip
    draft.set_manifest("source", {"name": "synthetic", "location": "synthetic", "version": "1"})
    draft.set_manifest("models", {"embedding": {"name": MINILM, "dimensions": DIMENSIONS}})
    draft.seal(path)


def _file(draft: Draft, path: str, number: int, chance: random.Random, noise: np.random.Generator) -> list[int]:
    lines, symbols = [], []
    for at in range(PER_FILE - 1):
        words = [chance.choice(WORDS) for _ in range(3)]
        name = f"{'_'.join(words)}_{number}_{at}"
        documentation = " ".join(chance.choice(WORDS) for _ in range(12)).capitalize()
        lines.append(f"def {name}(value): return value\n")
        symbols.append((name, documentation))
    text = "".join(lines).encode()
    sha = hashlib.sha256(text).hexdigest()
    file = File(path=path, language="python", size=len(text), lines=len(lines), sha256=sha, status="parsed")
    draft.add_files([(file, text)])
    top = Symbol(
        key=f"{path}#<module>", name="<module>", qualified_name="<module>", kind="module", language="python", path=path,
        parent="", start_byte=0, end_byte=len(text), start_line=1, end_line=len(lines), signature="", docstring="",
        visibility="public",
    )  # fmt: skip
    inside, chunks, start = [], [], 0
    for at, (line, (name, documentation)) in enumerate(zip(lines, symbols, strict=True), 1):
        end = start + len(line)
        inside.append(
            Symbol(
                key=f"{path}#{name}", name=name, qualified_name=name, kind="function", language="python", path=path,
                parent=top.key, start_byte=start, end_byte=end - 1, start_line=at, end_line=at,
                signature=f"def {name}(value)", docstring=documentation, visibility="public",
            )
        )  # fmt: skip
        chunks.append(Chunk(path=path, symbol=f"{path}#{name}", start_byte=start, end_byte=end, tokens=12))
        start = end
    ids = draft.add_symbols([top, *inside])
    rows = noise.integers(-127, 128, (len(chunks), DIMENSIONS), np.int8)
    vectors = [Vector(model=MINILM, dimensions=DIMENSIONS, scale=0.004, data=row.tobytes()) for row in rows]
    draft.add_vectors(zip(draft.add_chunks(chunks), vectors, strict=True))
    draft.add_pages(
        Page(subject_kind="symbol", subject=one.key, title=one.name, summary=one.docstring, body="", origin="docstring")
        for one in inside
    )
    return ids


def _fits(pack: Path) -> bool:
    """Whether there is a pack that this version reads."""
    try:
        Pack.open(pack).close()
    except PackError:
        return False
    return True


async def ask(pack: Path, note: Path, *options: str) -> dict[str, list[float]]:
    """Milliseconds of every tool, by its name, as the client sees them; the first of each is told apart."""
    with Pack.open(pack) as opened:
        names = [one.symbol.key for one, _ in zip(opened.symbols(), range(ROUNDS * 7 + 3), strict=False)][3::7]
    took: dict[str, list[float]] = {}
    command = ["-c", SERVER, str(note), *options, str(pack)]
    async with Client(StdioServerParameters(command=sys.executable, args=command)) as client:
        await client.call_tool("overview", {})
        for round_number, name in enumerate(names[:ROUNDS]):
            for label, tool, given in (
                ("overview", "overview", {}),
                (
                    "search",
                    "search",
                    {"query": f"{WORDS[round_number]} the {WORDS[-round_number - 1]} of a user request"},
                ),
                ("search in path", "search", {"query": "parse a stream", "path": "src/part3/"}),
                ("symbol", "symbol", {"name": name}),
                ("callers", "callers", {"name": name, "depth": 3}),
                ("callees", "callees", {"name": name, "depth": 3}),
                ("paths", "paths", {"source": name, "target": names[round_number - 1]}),
                ("impact", "impact", {"name": name}),
                ("outline", "outline", {"path": name.partition("#")[0]}),
                ("source", "source", {"path": name.partition("#")[0]}),
            ):
                begun = time.perf_counter()
                result = await client.call_tool(tool, given)
                if result.is_error:
                    raise RuntimeError(f"{tool} failed: {result.content}")
                took.setdefault(label, []).append((time.perf_counter() - begun) * 1000)
    return took


def by_meaning(pack: Path) -> list[float]:
    """Processor milliseconds of searches by words and meaning, the first, which reads the vectors, last."""
    noise = np.random.default_rng(1)
    spent = []
    with Pack.open(pack) as opened:
        for number in range(20):
            begun = time.thread_time()
            query = f"{WORDS[number % 8]} and {WORDS[-1 - number % 7]} the cache of a response"
            search(opened, query, vector=noise.standard_normal(DIMENSIONS).astype(np.float32))
            spent.append((time.thread_time() - begun) * 1000)
    return [*spent[1:], spent[0]]


def main(given: Sequence[str] | None = None) -> int:
    """Prints the peaks and the latencies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--symbols", type=int, default=100_000)
    parser.add_argument("--pack", type=Path, default=None, help="where the pack is kept for the next time")
    parser.add_argument("--cache", type=Path, default=None, help="not used; every benchmark takes it")
    asked = parser.parse_args(given)
    with tempfile.TemporaryDirectory(prefix="doctown-bench-") as folder:
        pack, note = asked.pack or Path(folder) / "synthetic.docpack", Path(folder) / "peak"
        if not _fits(pack):
            pack.unlink(missing_ok=True)
            make(pack, asked.symbols)
        print(f"  {asked.symbols:,} symbols, a pack of {pack.stat().st_size / 2**20:.0f} MB", flush=True)
        for label, *options in (("words alone", "--words"), ("words and meaning",)):
            took = asyncio.run(ask(pack, note, *options))
            print(f"  {label}:", flush=True)
            for tool, (first, *times) in took.items():
                print(f"    {tool:<16} median {np.median(times):>7.1f} ms, slowest {max(times):>7.1f} ms,"
                      f" the first {first:>7.1f} ms", flush=True)  # fmt: skip
            peak = round(int(note.read_text()) / 1024)
            verdict = measure.MET if peak <= 200 else measure.MISSED
            print(f"  {f'peak memory, {label}, MB':<36}{peak:>8}   target <= 200   {verdict}", flush=True)
        *times, first = by_meaning(pack)
        print(f"  search by meaning: p50 {np.percentile(times, 50):.1f}, p95 {np.percentile(times, 95):.1f} ms CPU,"
              f" the first {first:.0f} ms")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
