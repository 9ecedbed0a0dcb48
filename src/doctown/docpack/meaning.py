"""The vectors of a pack as one matrix, and which documents each of them speaks for.

Rows stay the signed bytes that they are stored as, 384 bytes each, and become floats a block at a time while they are
multiplied: a pack of 100,000 chunks takes 40 MB, not four times that. A definition that is too small for a chunk of
its own is spoken for by the chunk it lies in, a little less loudly. Ranking is the business of `search`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from doctown.docpack import rotation
from doctown.docpack.reader import Pack
from doctown.docpack.schema import one_line
from doctown.errors import InputError, PackError

BLOCK = 512  # rows that are floats at a time: they stay in the processor's cache
BORROWED = 0.97  # of the cosine of a chunk, for a definition that only shares it
MOST_VECTORS = 2_000_000  # held in memory; a pack with more is searched by words
MOST_DIMENSIONS = 8192

# Definitions that a chunk speaks for although it is not theirs.
_SMALL = """
SELECT s.id, s.file_id, s.start_byte FROM symbol_rows s JOIN terms k ON k.id = s.kind
WHERE k.term IN ('function', 'method', 'constructor', 'property', 'class', 'interface', 'trait', 'struct', 'enum')
"""
_SHAPE = """
SELECT count(*), max(length(v.data)), max(v.scale IS NULL), max(t.term)
FROM vector_rows v LEFT JOIN terms t ON t.id = v.model
"""
_VECTORS = """
SELECT v.scale, v.data, c.file_id, coalesce(c.symbol_id, 0), c.start_byte, c.end_byte
FROM vector_rows v JOIN chunks c ON c.id = v.chunk_id LIMIT ?
"""
_MEND = "run `doctown verify` on it"


class Vectors:
    """The vectors of one pack. `documents` are numbered as pages are: ascending, each once."""

    def __init__(self, rows: NDArray[np.int8], documents: NDArray[np.int64], pairs: _Pairs) -> None:
        self.rows = rows
        self.documents = documents
        self._pairs = pairs
        self._lengths = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), BLOCK):
            block = rows[start : start + BLOCK].astype(np.float32)
            self._lengths[start : start + BLOCK] = np.sqrt(np.einsum("ij,ij->i", block, block))
        np.maximum(self._lengths, 1e-12, out=self._lengths)

    @property
    def dimensions(self) -> int:
        """Components of each vector; 0 where there is none."""
        return int(self.rows.shape[1])

    def cosines(self, vector: Sequence[float] | NDArray[np.float32]) -> NDArray[np.float32]:
        """The cosine of each document, in the order of `documents`: that of its best chunk.

        Raises InputError for a vector of another length.
        """
        asked = np.asarray(vector, dtype=np.float32).ravel()
        if len(asked) != self.dimensions:
            raise InputError(
                f"the query's vector has {len(asked)} components, the pack's {self.dimensions}", "use its model"
            )
        length = float(np.sqrt(asked @ asked))
        products = np.empty(len(self.rows), np.float32)
        space = np.empty((BLOCK, self.dimensions), np.float32)
        with _threads().limit(limits=1, user_api="blas"):
            for start in range(0, len(self.rows), BLOCK):
                part = self.rows[start : start + BLOCK]
                block = space[: len(part)]
                np.copyto(block, part)
                np.dot(block, asked, out=products[start : start + BLOCK])
        # The scale of a vector is positive, so it cancels out of the cosine.
        cosines = products / (self._lengths * max(length, 1e-12))
        weighed = cosines[self._pairs.row] * self._pairs.weight
        return np.maximum.reduceat(weighed, self._pairs.start) if len(weighed) else weighed


@cache
def _threads() -> ThreadpoolController:
    """Keeps the products of blocks to one thread: on a busy machine, several wait for each other longer than they work,
    and the blocks are small."""
    return ThreadpoolController()


class _Pairs:
    """Which row speaks for which document, sorted by document: `start` says where each document's rows begin."""

    def __init__(self, row: NDArray[np.int64], weight: NDArray[np.float32], start: NDArray[np.int64]) -> None:
        self.row = row
        self.weight = weight
        self.start = start


def load(pack: Pack) -> Vectors | None:
    """The vectors of a pack; None where it has none, or more than are held in memory."""
    shape = next(pack.blobs(_SHAPE), (0, 0, 0, ""))
    count, longest, coded, model = int(shape[0]), int(shape[1] or 0), bool(shape[2]), str(shape[3])
    basis = rotation.basis_of(model) if coded else None
    dimensions = longest if basis is None else len(basis.mean)
    if not 0 < count <= MOST_VECTORS or not 0 < dimensions <= MOST_DIMENSIONS:
        return None
    rows = np.empty((count, dimensions), np.int8)
    places = np.empty((count, 4), np.int64)  # file, symbol (0: none), start, end
    found = pack.blobs(_VECTORS, (count,))
    filled = 0
    while batch := list(islice(found, rotation.BLOCK)):
        try:
            places[filled : filled + len(batch)] = [row[2:] for row in batch]
            rows[filled : filled + len(batch)], _ = rotation.restored(model, [row[:2] for row in batch])
        except (ValueError, TypeError, OverflowError) as error:
            raise PackError(f"{pack.path} has a vector that is damaged ({one_line(error)})", _MEND) from error
        filled += len(batch)
    rows, places = rows[:filled], places[:filled]
    return None if not filled else Vectors(rows, *_documents(pack, places))


def _documents(pack: Pack, places: NDArray[np.int64]) -> tuple[NDArray[np.int64], _Pairs]:
    own = np.where(places[:, 1] > 0, places[:, 1] << 3, places[:, 0] << 3 | 1)
    row, document = [np.arange(len(places))], [own]
    weight = [np.ones(len(places), np.float32)]
    order = np.lexsort((places[:, 2], places[:, 0]))
    small = np.fromiter(chain.from_iterable(pack.typed("iii", _SMALL)), np.int64).reshape(-1, 3)
    small = small[~np.isin(small[:, 0] << 3, own)]
    if len(small):
        # The last chunk of the file that begins at or before the definition, if it reaches that far.
        span = int(max(places[:, 3].max(), small[:, 2].max())) + 1
        begins = places[order, 0] * span + places[order, 2]
        found = np.searchsorted(begins, small[:, 1] * span + small[:, 2], side="right") - 1
        holder = order[np.maximum(found, 0)]
        inside = (found >= 0) & (places[holder, 0] == small[:, 1]) & (places[holder, 3] > small[:, 2])
        row.append(holder[inside])
        document.append(small[inside, 0] << 3)
        weight.append(np.full(int(inside.sum()), BORROWED, np.float32))
    rows, documents, weights = np.concatenate(row), np.concatenate(document), np.concatenate(weight)
    sorting = np.argsort(documents, kind="stable")
    numbers, start = np.unique(documents[sorting], return_index=True)
    return numbers, _Pairs(rows[sorting], weights[sorting], start)
