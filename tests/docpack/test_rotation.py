from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from doctown.docpack import rotation
from doctown.docpack.draft import Draft
from doctown.docpack.reader import Pack
from doctown.docpack.schema import STEP
from doctown.docpack.verify import verify
from doctown.errors import PackError
from doctown.model import Vector

MODEL = "all-MiniLM-L6-v2"
DIMENSIONS = 384


def _basis() -> rotation.Basis:
    found = rotation.basis_of(MODEL)
    assert found is not None
    return found


def _usual(count: int) -> list[Vector]:
    """Vectors as the model makes them: steps in the basis as large as the code expects them."""
    basis = _basis()
    sizes = 0.7 * 2.0 ** basis.low.astype(float)
    steps = np.rint(np.random.default_rng(5).normal(size=(count, DIMENSIONS)) * sizes).astype(np.int64)
    rows = basis.restore(steps)
    scales = np.abs(rows).max(axis=1) / 127
    signed = np.rint(rows / scales[:, None]).astype(np.int8)
    return [
        Vector(model=MODEL, dimensions=DIMENSIONS, scale=float(scale), data=row.tobytes())
        for scale, row in zip(scales, signed, strict=True)
    ]


def _floats(vectors: list[Vector]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array([np.frombuffer(one.data, np.int8) * one.scale for one in vectors])


@given(steps=arrays(np.int64, st.tuples(st.integers(1, 3), st.just(DIMENSIONS)), elements=st.integers(-3, 3)))
def test_codes_come_back(steps: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> None:
    """Whatever the steps, decoding gives what was encoded, each code has the size that was reckoned, and no bytes of
    one depend on the others'."""
    basis = _basis()
    steps = steps * 2 ** np.maximum(basis.low.astype(np.int64) - 1, 0)
    coded = basis.encode(steps)
    assert np.array_equal(basis.decode(coded), steps)
    assert [len(one) for one in coded] == basis.sizes(steps).tolist()
    assert [basis.encode(row[None])[0] for row in steps] == coded


def test_the_basis_is_orthogonal() -> None:
    """Turning keeps lengths and angles, so what is near stays near."""
    matrix = _basis().matrix.astype(float) / rotation.PER_UNIT
    assert np.abs(matrix @ matrix.T - np.eye(DIMENSIONS)).max() < 1e-3
    assert (np.diff(_basis().low.astype(int)) <= 0).all()  # as the code has the first components' bits in front


def test_vectors_of_the_model_take_three_quarters_and_stay_near() -> None:
    """What a pack holds of a vector is a quarter smaller and has a cosine above .9999 with what was given."""
    given_ = _usual(50)
    kept = rotation.stored(given_)
    assert all(scale is None for scale, _ in kept)
    assert sum(len(data) for _, data in kept) < 50 * DIMENSIONS * 0.8
    signed, scales = rotation.restored(MODEL, kept)
    before, after = _floats(given_), signed * scales[:, None]
    cosines = (before * after).sum(axis=1) / np.linalg.norm(before, axis=1) / np.linalg.norm(after, axis=1)
    assert cosines.min() > 0.9998


def test_what_would_become_no_shorter_stays_as_it_is() -> None:
    """Noise, vectors of other lengths and those of other models keep their signed bytes to the last bit."""
    noise = np.random.default_rng(6).integers(-127, 128, (3, DIMENSIONS)).astype(np.int8)
    for model, rows in ((MODEL, noise), (MODEL, noise[:, :100]), ("another", noise)):
        vectors = [Vector(model=model, dimensions=rows.shape[1], scale=0.004, data=row.tobytes()) for row in rows]
        kept = rotation.stored(vectors)
        assert kept == [(one.scale, one.data) for one in vectors]
        signed, scales = rotation.restored(model, kept)
        assert np.array_equal(signed, rows)
        assert scales.tolist() == [0.004] * 3


def _alter_each(code: bytes) -> list[bytes]:
    return [b"", code[:-1], code + b"\0", code + b"\x80", b"\xff" * len(code), bytes(len(code)), b"\0" * 70_000]


@pytest.mark.parametrize("place", range(7))
def test_a_damaged_code_is_refused(place: int) -> None:
    """A code that is cut, padded, has too many components or too few is no vector, whatever stands beside it."""
    good = [data for _, data in rotation.stored(_usual(2))]
    bad = _alter_each(good[0])[place]
    for together in ([bad], [bad, good[1]], [good[1], bad]):
        with pytest.raises(ValueError, match=r"vector('s code)? "):
            rotation.restored(MODEL, [(None, one) for one in together])


@pytest.fixture
def coded(make_pack: Callable[..., Path], tmp_path: Path) -> Path:
    """The small pack with vectors that are coded."""
    bare, path = make_pack(), tmp_path / "coded.docpack"
    with Draft.from_pack(bare, tmp_path / "x.draft", {}) as draft:
        numbers = [number for number, _ in draft.chunks()]
        draft.add_vectors(zip(numbers, _usual(len(numbers)), strict=True))
        draft.seal(path)
    return path


def _alter(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_pack_gives_coded_vectors_as_signed_bytes(coded: Path) -> None:
    """Whoever reads a pack through `Pack` need not know the code; in the view, `coded` and the step tell of it."""
    with Pack.open(coded) as pack:
        found = dict(pack.vectors())
        rows = list(pack.blobs("SELECT model, scale, coded, length(data) FROM vectors"))
    assert {(one.dimensions, len(one.data)) for one in found.values()} == {(DIMENSIONS, DIMENSIONS)}
    assert {row[:3] for row in rows} == {(MODEL, STEP, 1)}
    assert all(row[3] < DIMENSIONS for row in rows)
    assert verify(coded) == []


def test_damaged_codes_are_named_each(coded: Path) -> None:
    """`verify` says of which chunks the vectors cannot be decoded, and a reader gives a PackError."""
    _alter(coded, "UPDATE vector_rows SET data = substr(data, 2) WHERE chunk_id IN (1, 3)")
    texts = [one.text for one in verify(coded) if "cannot be decoded" in one.text]
    assert [text.split(" cannot")[0] for text in texts] == ["the vector of chunk 1", "the vector of chunk 3"]
    with Pack.open(coded) as pack, pytest.raises(PackError, match="damaged vector"):
        list(pack.vectors())


def test_codes_of_a_model_without_basis_are_named(coded: Path) -> None:
    """A stranger's pack may claim any model, also one whose name is a path."""
    _alter(coded, "UPDATE terms SET term = '../bases/all-MiniLM-L6-v2' WHERE term = 'all-MiniLM-L6-v2'")
    assert any("no basis" in one.text for one in verify(coded))
