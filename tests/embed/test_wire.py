import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctown.embed import wire
from doctown.embed.memory import MemoryEmbedder
from doctown.embed.quantise import quantise
from doctown.errors import DoctownError

NAMES = ["a", "ü", "c"]
VECTORS = MemoryEmbedder(dimensions=16).embed(NAMES)
PACKED = wire.pack("b1", NAMES, VECTORS)


@pytest.mark.parametrize("form", ["packed", "json"])
def test_there_and_back(form):
    """What was sent arrives: batch, model, ids, and vectors to the last bit."""
    if form == "packed":
        reply = wire.unpack(PACKED)
    else:
        reply = wire.from_json(json.dumps(wire.to_json("b1", NAMES, VECTORS)).encode())
    assert (reply.batch_id, reply.model, reply.chunk_ids) == ("b1", "memory-words", tuple(NAMES))
    assert quantise(reply.rows, reply.model) == VECTORS


def test_layout():
    """The layout is the documented one, so that others can write a client."""
    assert PACKED[:4] == b"DTV1"
    length, count, dimensions = (int.from_bytes(PACKED[at : at + 4], "little") for at in (4, 8, 12))
    assert (count, dimensions, length % 4) == (3, 16, 0)
    assert json.loads(PACKED[16 : 16 + length])["chunk_ids"] == NAMES
    rows = np.frombuffer(PACKED, "<f4", offset=16 + length)
    assert len(rows) == count * dimensions


def test_empty_batch():
    """A batch of nothing is answered with nothing."""
    assert wire.unpack(wire.pack("b", [], [])).chunk_ids == ()
    assert wire.from_json(json.dumps(wire.to_json("b", [], [])).encode()).chunk_ids == ()


@pytest.mark.parametrize("cut", range(0, len(PACKED), 7))
def test_truncated(cut):
    """A reply that was cut off anywhere is refused."""
    with pytest.raises(DoctownError, match="cannot be used"):
        wire.unpack(PACKED[:cut])


@given(st.binary(max_size=80))
def test_garbage(body):
    """Arbitrary bytes end in our own error, never in a crash or a vector."""
    for parse in (wire.unpack, wire.from_json):
        with pytest.raises(DoctownError):
            parse(body)
    with pytest.raises(DoctownError):
        wire.unpack(b"DTV1" + body)


@pytest.mark.parametrize(
    "body",
    [
        '{"batch_id": "b", "vectors": [{"chunk_id": "a", "vector": [1, "2"]}]}',
        '{"batch_id": "b", "vectors": [{"chunk_id": "a", "vector": [1, true]}]}',
        '{"batch_id": "b", "vectors": [{"chunk_id": "a", "vector": [NaN]}]}',
        '{"batch_id": "b", "vectors": [{"chunk_id": "a", "vector": [1e99]}]}',
        '{"batch_id": "b", "vectors": [{"chunk_id": "a", "vector": [1]}, {"chunk_id": "b", "vector": [1, 2]}]}',
        '{"batch_id": "b", "vectors": [{"chunk_id": 7, "vector": [1]}]}',
        '{"batch_id": 1, "vectors": []}',
        '{"batch_id": "b", "vectors": {}}',
        "[" * 100_000,
    ],
)
def test_bad_json(body):
    """Every value is checked: type, number, equal length, ids."""
    with pytest.raises(DoctownError, match="cannot be used"):
        wire.from_json(body.encode())


def test_packed_no_number():
    """A component that is no number is refused in the packed form too."""
    with pytest.raises(DoctownError, match="no number"):
        wire.unpack(PACKED[:-4] + np.array([np.inf], "<f4").tobytes())


def test_ids_and_vectors_belong_together():
    """The sender notices when it has not as many vectors as ids."""
    for form in (wire.pack, wire.to_json):
        with pytest.raises(ValueError, match="3 vectors for 2"):
            form("b", NAMES[:2], VECTORS)
