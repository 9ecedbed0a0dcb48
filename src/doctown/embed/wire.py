"""Vectors on the wire, for the Embedding service and its client alike: JSON for anyone, packed float32 for speed.

Packed (media type `application/vnd.doctown.vectors`), all numbers little-endian:

| Bytes | What |
|---|---|
| 4 | `DTV1` |
| 4 | length H of the header, unsigned |
| 4 | number of vectors N, unsigned |
| 4 | components of each, D, unsigned |
| H | UTF-8 JSON {"batch_id", "model", "chunk_ids": [N]}, filled up with spaces to a multiple of 4 |
| N·D·4 | the vectors as float32, row by row, in the order of `chunk_ids` |

JSON is the contract's {batch_id, vectors: [{chunk_id, vector}]} with `model` beside it. Both carry components as
floats; quantising them again gives the very vector that was sent.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from doctown.embed.quantise import dequantise
from doctown.errors import DoctownError
from doctown.model import Vector

PACKED: Final = "application/vnd.doctown.vectors"
_MAGIC: Final = b"DTV1"
_HEAD: Final = struct.Struct("<4sIII")


class Reply(NamedTuple):
    """A batch's vectors as they came: `rows` is finite float32 (chunks, dimensions)."""

    batch_id: str
    model: str  # empty when the service does not say
    chunk_ids: tuple[str, ...]
    rows: NDArray[np.float32]


def pack(batch_id: str, chunk_ids: Sequence[str], vectors: Sequence[Vector]) -> bytes:
    """The packed body. Raises ValueError if the vectors are of several models or not as many as the ids."""
    if len(chunk_ids) != len(vectors):
        raise ValueError(f"{len(vectors)} vectors for {len(chunk_ids)} chunks")
    rows = dequantise(vectors)
    model = vectors[0].model if vectors else ""
    header = json.dumps({"batch_id": batch_id, "model": model, "chunk_ids": list(chunk_ids)}).encode()
    header += b" " * (-len(header) % 4)
    return _HEAD.pack(_MAGIC, len(header), *rows.shape) + header + rows.astype("<f4").tobytes()


def to_json(batch_id: str, chunk_ids: Sequence[str], vectors: Sequence[Vector]) -> dict[str, Any]:
    """The JSON body as plain values. Raises ValueError as `pack` does."""
    if len(chunk_ids) != len(vectors):
        raise ValueError(f"{len(vectors)} vectors for {len(chunk_ids)} chunks")
    rows = dequantise(vectors)
    pairs = [{"chunk_id": name, "vector": row.tolist()} for name, row in zip(chunk_ids, rows, strict=True)]
    return {"batch_id": batch_id, "model": vectors[0].model if vectors else "", "vectors": pairs}


def unpack(body: bytes) -> Reply:
    """A packed body. Raises DoctownError unless every byte is accounted for and every component is a number."""
    if len(body) < _HEAD.size:
        raise _bad("it is cut off")
    magic, length, count, dimensions = _HEAD.unpack_from(body)
    if magic != _MAGIC:
        raise _bad("it is not packed vectors")
    if len(body) != _HEAD.size + length + count * dimensions * 4:
        raise _bad("its length is not what its header says")
    start = _HEAD.size + length
    header = _load(body[_HEAD.size : start])
    rows = np.frombuffer(body, "<f4", offset=start).reshape(count, dimensions).astype(np.float32)
    return _reply(header, header.get("chunk_ids"), rows)


def from_json(body: bytes) -> Reply:
    """A JSON body. Raises DoctownError unless every vector is a list of as many numbers as the others."""
    value = _load(body)
    pairs = value.get("vectors")
    if not isinstance(pairs, list) or not all(isinstance(pair, dict) for pair in pairs):
        raise _bad("it holds no vectors")
    lists = [pair.get("vector") for pair in pairs]
    if not all(isinstance(row, list) and all(type(number) in (int, float) for number in row) for row in lists):
        raise _bad("a vector is not a list of numbers")
    if len({len(row) for row in lists}) > 1:
        raise _bad("its vectors differ in length")
    try:
        with np.errstate(over="ignore"):  # what overflows becomes infinite, and is refused as such below
            rows = np.array(lists, np.float32).reshape(len(lists), -1 if lists else 0)
    except (OverflowError, ValueError) as error:
        raise _bad("a vector holds what is no component") from error
    return _reply(value, [pair.get("chunk_id") for pair in pairs], rows)


def _load(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _bad("it is not JSON") from error
    if not isinstance(value, dict):
        raise _bad("it is not a JSON object")
    return value


def _reply(header: dict[str, Any], ids: object, rows: NDArray[np.float32]) -> Reply:
    model, batch = header.get("model", ""), header.get("batch_id")
    if not isinstance(ids, list) or not all(isinstance(name, str) for name in ids) or len(ids) != len(rows):
        raise _bad("its chunk ids do not fit its vectors")
    if not isinstance(model, str) or not isinstance(batch, str):
        raise _bad("it names no batch or model")
    if not np.isfinite(rows).all():
        raise _bad("a vector holds a component that is no number")
    return Reply(batch, model, tuple(ids), rows)


def _bad(what: str) -> DoctownError:
    return DoctownError(f"the Embedding service's reply cannot be used: {what}", "check the service's version and log")
