"""Vectors in two thirds of their bytes: in a basis in which few components are large, and coded by how large they are.

The components of a model's vectors hang together: seen from the directions in which code and prose vary most, most
components are small. Of a model a *basis* lies beside this module, made once by `bench/basis.py`. A vector is turned
into it, counted in steps of one size, and each component is written in as many bits as its size deserves (a Rice
code). Vectors of models without a basis, and those that would become no shorter, stay the signed bytes that they are.

All that decides a stored byte is a sum of integers below 2^53 or a single operation on doubles, so the bytes of a
vector do not hang on which others are turned with it. `docs/format.md` specifies the code.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from itertools import groupby

import numpy as np
import zstandard
from numpy.typing import NDArray

from doctown.docpack.schema import STEP
from doctown.model import Vector

Steps = NDArray[np.int64]

PER_UNIT = 32_767  # what 1 is in the basis, whose components are 16-bit integers
LARGEST = 32_767  # steps of a component, at most: those of a vector of length 1 stay below 600
SIGNED = 127  # steps of the largest component of a vector of signed bytes
BLOCK = 1_024  # vectors that are turned or coded at a time: bounds memory to some megabytes


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What a model's vectors are turned into; d is their number of dimensions."""

    matrix: NDArray[np.int16]  # (d, d): a direction in each row, orthogonal to the others, of the length PER_UNIT
    mean: NDArray[np.float64]  # (d,): of the vectors that it was made from, in the basis
    low: NDArray[np.uint8]  # (d,): bits of each component that are written as they are, 15 to 0, never increasing

    def turn(self, rows: NDArray[np.int8], scales: NDArray[np.float64]) -> Steps:
        """Signed bytes (n, d) with their scales (n,) → steps in the basis (n, d)."""
        turned = (rows.astype(np.float64) @ self._wide.T) * scales[:, None] / PER_UNIT
        return np.clip(np.rint((turned - self.mean) / STEP), -LARGEST, LARGEST).astype(np.int64)

    def restore(self, steps: Steps) -> NDArray[np.float64]:
        """Steps in the basis (n, d) → vectors (n, d), about as long as they were."""
        return (steps.astype(np.float64) @ self._wide) * (STEP / PER_UNIT) + self._middle

    @cached_property
    def _wide(self) -> NDArray[np.float64]:
        return self.matrix.astype(np.float64)

    @cached_property
    def _middle(self) -> NDArray[np.float64]:
        return self.mean @ self._wide / PER_UNIT

    @cached_property
    def _planes(self) -> list[tuple[int, int, int]]:
        """Of the low bits of each place, the highest place first: the place, how many components have such a bit
        (always the first ones), and where in a code theirs begin."""
        planes, at = [], 0
        for place in reversed(range(int(self.low.max(initial=0)))):
            components = int((self.low > place).sum())
            planes.append((place, components, at))
            at += components
        return planes

    def sizes(self, steps: Steps) -> Steps:
        """How many bytes the code of each row of steps (n, d) has."""
        bits: Steps = ((_folded(steps) >> self.low) + self.low + 1).sum(axis=1)
        return bits + 7 >> 3

    def encode(self, steps: Steps) -> list[bytes]:
        """The code of each row of steps (n, d)."""
        folded = _folded(steps)
        plain = int(self.low.sum())
        ends = plain + np.cumsum((folded >> self.low) + 1, axis=1)
        bits = np.zeros((len(steps), int(ends.max(initial=plain))), np.uint8)
        for place, components, at in self._planes:
            bits[:, at : at + components] = folded[:, :components] >> place & 1
        np.put_along_axis(bits, ends - 1, 1, axis=1)
        sizes = (ends[:, -1] + 7) // 8
        return [row[:size].tobytes() for row, size in zip(np.packbits(bits, axis=1), sizes.tolist(), strict=True)]

    def decode(self, coded: Sequence[bytes]) -> Steps:
        """The steps (n, d) of codes, each of at most d bytes. Raises ValueError for what `encode` does not give."""
        count, dimensions, plain = len(coded), len(self.low), int(self.low.sum())
        size = max(map(len, coded), default=0)
        if not plain // 8 < size < dimensions:
            raise ValueError(f"a vector is coded in {size} bytes")
        packed = np.frombuffer(b"".join(one.ljust(size, b"\0") for one in coded), np.uint8).reshape(count, size)
        bits = np.unpackbits(packed, axis=1)
        unary = np.ascontiguousarray(bits[:, plain:])
        ends = np.flatnonzero(unary.view(np.bool_))
        if len(ends) != count * dimensions:
            raise ValueError("a vector's code has another number of components")
        ends = ends.reshape(count, dimensions) - np.arange(0, unary.size, unary.shape[1])[:, None]
        if np.any(ends[:, 0] < 0) or np.any((plain + ends[:, -1]) // 8 + 1 != [len(one) for one in coded]):
            raise ValueError("a vector's code does not end with its last component")
        folded = np.empty(ends.shape, np.int32)
        folded[:, 0] = ends[:, 0]
        folded[:, 1:] = ends[:, 1:] - ends[:, :-1] - 1
        folded <<= self.low
        for place, components, at in self._planes:
            folded[:, :components] |= bits[:, at : at + components].astype(np.int32) << place
        return np.asarray((folded >> 1) ^ -(folded & 1), np.int64)


def _folded(steps: Steps) -> Steps:
    """0, -1, 1, -2, 2 … → 0, 1, 2, 3, 4 …"""
    return np.where(steps >= 0, 2 * steps, -2 * steps - 1)


def dump(basis: Basis) -> bytes:
    """A basis as its file has it: the matrix by rows, the mean and the numbers of low bits, little-endian, in zstd."""
    parts = (basis.matrix.astype("<i2"), basis.mean.astype("<f8"), basis.low)
    return zstandard.ZstdCompressor(level=19).compress(b"".join(part.tobytes() for part in parts))


@cache
def basis_of(model: str) -> Basis | None:
    """The basis of a model's vectors, if there is one."""
    # The name may be a stranger's, so it is looked for among the files and makes no path.
    folder = files("doctown.docpack").joinpath("bases")
    file = next((one for one in folder.iterdir() if one.name == f"{model}.zst"), None) if folder.is_dir() else None
    if file is None:
        return None
    data = zstandard.ZstdDecompressor().decompress(file.read_bytes())
    # 2 d² + 9 d bytes in all
    dimensions = round(((81 + 8 * len(data)) ** 0.5 - 9) / 4)
    squared = dimensions * dimensions
    return Basis(
        matrix=np.frombuffer(data, "<i2", squared).astype(np.int16).reshape(dimensions, dimensions),
        mean=np.frombuffer(data, "<f8", dimensions, 2 * squared).astype(np.float64),
        low=np.frombuffer(data, np.uint8, dimensions, 2 * squared + 8 * dimensions),
    )


def stored(vectors: Sequence[Vector]) -> list[tuple[float | None, bytes]]:
    """Scale and data of vectors of one model as a pack has them: no scale where the data is a code."""
    basis = basis_of(vectors[0].model) if vectors else None
    kept: list[tuple[float | None, bytes]] = [(one.scale, one.data) for one in vectors]
    if basis is None or any(len(one.data) != len(basis.mean) for one in vectors):
        return kept
    for start in range(0, len(vectors), BLOCK):
        block = vectors[start : start + BLOCK]
        rows = np.frombuffer(b"".join(one.data for one in block), np.int8).reshape(len(block), -1)
        steps = basis.turn(rows, np.array([one.scale for one in block], np.float64))
        shorter = np.flatnonzero(basis.sizes(steps) < rows.shape[1])
        for place, code in zip(shorter.tolist(), basis.encode(steps[shorter]), strict=True):
            kept[start + place] = (None, code)
    return kept


def restored(model: str, rows: Sequence[tuple[float | None, bytes]]) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """Signed bytes (n, d) and scales (n,) of vectors of one model from their stored scale and data. Raises ValueError
    where they have several lengths, or what a pack cannot hold."""
    basis = basis_of(model)
    coded = [place for place, (scale, _) in enumerate(rows) if scale is None]
    dimensions = len(rows[0][1]) if basis is None or not coded else len(basis.mean)
    if coded and basis is None:
        raise ValueError(f"vectors of {model!r} are coded, and there is no basis for that model")
    signed = np.zeros((len(rows), dimensions), np.int8)
    scales = np.ones(len(rows), np.float64)
    for place, (scale, data) in enumerate(rows):
        if scale is not None:
            if len(data) != dimensions:
                raise ValueError("vectors have several lengths")
            signed[place], scales[place] = np.frombuffer(data, np.int8), scale
    for start in range(0, len(coded), BLOCK):
        assert basis is not None
        chosen = coded[start : start + BLOCK]
        vectors = basis.restore(basis.decode([rows[place][1] for place in chosen]))
        largest = np.maximum(np.abs(vectors).max(axis=1), 1e-12) / SIGNED
        signed[chosen] = np.rint(vectors / largest[:, None])
        scales[chosen] = largest
    return signed, scales


def vectors(connection: sqlite3.Connection) -> Iterator[tuple[int, Vector]]:
    """Chunk id and vector of every vector of a pack or a draft, by chunk id. Raises ValueError for a damaged one."""
    rows = connection.execute(
        "SELECT v.chunk_id, t.term, v.scale, v.data FROM vector_rows v JOIN terms t ON t.id = v.model ORDER BY 1"
    )
    while batch := rows.fetchmany(BLOCK):
        # Of one model, unless the pack is damaged.
        for model, group in groupby(batch, key=lambda row: row[1]):
            found = list(group)
            signed, scales = restored(model, [row[2:] for row in found])
            for (number, *_), row, scale in zip(found, signed, scales.tolist(), strict=True):
                yield number, Vector(model=model, dimensions=len(row), scale=scale, data=row.tobytes())
