"""Similarity edges: for each symbol the few others whose vectors lie nearest.

Found by an approximate index (usearch), so what comes out may differ in the last places between machines. That is
why these edges never enter the docpack's identity: they have a digest of their own beside the vectors.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from doctown.model import Edge, Symbol

NEAREST = 3  # edges per symbol at most
LEAST_COSINE = 0.72  # below it, two pieces of code share a topic rather than a purpose
_KINDS = frozenset({"function", "method", "constructor", "class", "interface", "trait", "struct", "macro"})


def similar(symbols: Mapping[int, Symbol], vectors: Mapping[int, NDArray[np.float32]]) -> list[Edge]:
    """Edges of kind `similar` from each symbol to at most `NEAREST` others.

    `vectors`: symbol id → unit vector (shape (dimensions,), float32), the mean over the symbol's chunks. Left out are
    symbols without a vector and pairs where one encloses the other, since those share their text. `reason` is the
    cosine in per cent.
    """
    # usearch puts the symbols of its kernels into the scope of the whole process, and ONNX Runtime crashes when it is
    # loaded after that: whoever embeds later in this process would die. Before, it is safe.
    import onnxruntime  # noqa: F401, PLC0415
    from usearch.index import Index  # noqa: PLC0415 - half a second to load, and only builds with vectors need it

    # By key and not by number, which hangs on the order that files happened to be parsed in: the index is built in this
    # order, and of two that are equally near the first is taken.
    ids = [identity for identity in vectors if symbols[identity].kind in _KINDS]
    ids.sort(key=lambda identity: symbols[identity].key)
    if len(ids) < 2:
        return []
    matrix = np.stack([vectors[identity] for identity in ids])
    index = Index(ndim=matrix.shape[1], metric="cos", dtype="bf16", connectivity=16, expansion_add=64)
    index.add(np.arange(len(ids)), matrix, threads=1)
    found = index.search(matrix, NEAREST + 5, threads=0)
    edges: list[Edge] = []
    for row, source in enumerate(ids):
        kept = 0
        matches = zip(found.keys[row].tolist(), found.distances[row].tolist(), strict=True)
        for column, distance in sorted(matches, key=lambda match: (round(match[1], 3), match[0])):
            cosine = 1.0 - distance
            if column == row or not cosine >= LEAST_COSINE:  # which what is no number is not either
                continue
            target = ids[column]
            if _encloses(symbols[source], symbols[target]):
                continue
            edges.append(Edge(source, target, "similar", "candidate", f"cosine {round(cosine * 100)} %", 0))
            kept += 1
            if kept == NEAREST:
                break
    return edges


def _encloses(one: Symbol, other: Symbol) -> bool:
    if one.path != other.path:
        return False
    return (one.start_byte <= other.start_byte and other.end_byte <= one.end_byte) or (
        other.start_byte <= one.start_byte and one.end_byte <= other.end_byte
    )
