"""Makes the basis that a model's vectors are stored in: `python -m bench.basis [CORPUS …] [--write]`.

Of each corpus as many chunks are drawn, by chance with a fixed seed, and embedded. The directions in which their
vectors vary, the strongest first, are the basis; the numbers of low bits are those with which the chunks take the
fewest bytes. What a half of the chunks takes in a basis that was made from the other half is printed. With `--write`,
the basis made from all of them replaces the one in `docpack/`: a change of the format, since vectors that are stored in
a basis cannot be read in another.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench import corpora, measure, pack
from doctown.docpack import rotation
from doctown.docpack.reader import Pack
from doctown.docpack.rotation import PER_UNIT, Basis, dump
from doctown.docpack.schema import STEP
from doctown.embed import MINILM, open_embedder
from doctown.embed.quantise import dequantise, normalise, quantise
from doctown.settings import from_environment
from doctown.stages.embedding import headed

DEFAULTS = (
    "flask", "click", "requests", "jinja2", "werkzeug", "paramiko", "httpx", "rxjs", "commons-lang", "grpc-go", "tokio",
)  # fmt: skip
CHUNKS = 1_200  # of each corpus
MOST_BITS = 10
FOLDER = Path(rotation.__file__).with_name("bases")


def texts(corpus: corpora.Corpus, count: int) -> Iterator[str]:
    """Chunks of a corpus as they are embedded."""
    with corpora.scratch() as name:
        built = pack.build(corpus, Path(name), corpus.name)
        with Pack.open(built.pack) as opened:
            chunks = sorted((chunk for _, chunk in opened.chunks()), key=lambda one: (one.path, one.start_byte))
            random.Random(3).shuffle(chunks)  # noqa: S311 - a sample, the same each time
            for chunk in chunks[:count]:
                content = opened.content(chunk.path) or b""
                yield headed(chunk, content[chunk.start_byte : chunk.end_byte].decode("utf-8", "replace"))


def make(rows: NDArray[np.float32]) -> Basis:
    """The basis of these unit vectors (n, d)."""
    middle = rows.mean(axis=0, dtype=np.float64)
    _, directions = np.linalg.eigh(np.cov((rows - middle).T.astype(np.float64)))
    matrix = np.rint(directions.T[::-1] * PER_UNIT).astype(np.int16)
    mean = (matrix.astype(np.float64) / PER_UNIT) @ middle
    steps = np.rint(((rows.astype(np.float64) @ matrix.T.astype(np.float64)) / PER_UNIT - mean) / STEP).astype(np.int64)
    folded = np.where(steps >= 0, 2 * steps, -2 * steps - 1)
    taken = np.stack([(folded >> bits).sum(axis=0) + len(rows) * (bits + 1) for bits in range(MOST_BITS)])
    low = taken.argmin(axis=0)
    order = np.argsort(-low, kind="stable")  # as the code wants them
    return Basis(matrix=matrix[order], mean=mean[order], low=low[order].astype(np.uint8))


def show(rows: NDArray[np.float32]) -> None:
    """What half of the vectors takes in the basis of the other half, and how near it comes to them."""
    half = len(rows) // 2
    found = make(rows[:half])
    held_out = rows[half:]
    coded = found.encode(found.turn(*_signed(held_out)))
    back = normalise(found.restore(found.decode(coded)))
    measure.info("bytes of a vector, held out", f"{sum(map(len, coded)) / len(coded):.1f}")
    measure.info("mean cosine, held out", f"{(back * held_out).sum(axis=1).mean():.5f}")
    shared = [len(one & other) for one, other in zip(_near(back), _near(held_out), strict=True)]
    measure.info("ten nearest the same, held out", f"{sum(shared) / len(shared) * 10:.2f} %")


def _signed(rows: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """Rows as an embedder gives them: signed bytes and scales."""
    found = quantise(rows, MINILM)
    signed = np.frombuffer(b"".join(one.data for one in found), np.int8).reshape(rows.shape)
    return signed, np.array([one.scale for one in found], np.float64)


def _near(rows: NDArray[np.float32]) -> list[set[int]]:
    cosines = rows[:3000] @ rows[:3000].T
    np.fill_diagonal(cosines, -2)
    return [set(row) for row in np.argpartition(-cosines, 10, axis=1)[:, :10].tolist()]


def main(given: Sequence[str] | None = None) -> int:
    """Prints what a basis is worth, and writes it."""
    parser = corpora.arguments(__doc__, DEFAULTS)
    parser.add_argument("--write", action="store_true", help="replace the basis in docpack/")
    asked = parser.parse_args(given)
    settings = from_environment()
    embedder = open_embedder("local", cache=settings.cache)
    parts = []
    for corpus in corpora.available(asked.corpora, asked.cache or corpora.default_cache()):
        found = list(texts(corpus, CHUNKS))
        parts.append(normalise(dequantise(embedder.embed(found))))
        measure.info(f"chunks of {corpus.title}", str(len(found)))
    embedder.close()
    rows = np.concatenate(parts)
    rows = rows[np.random.default_rng(4).permutation(len(rows))]
    show(rows)
    if asked.write:
        FOLDER.joinpath(f"{MINILM}.zst").write_bytes(dump(make(rows)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
