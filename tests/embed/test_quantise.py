import numpy as np
import pytest

from doctown.embed.quantise import dequantise, normalise, quantise


def _rows(count: int = 200) -> np.ndarray:
    return normalise(np.random.default_rng(7).standard_normal((count, 384)))


def test_loss_is_small():
    """The error of each component is at most half a step, and the direction hardly moves."""
    rows = _rows()
    back = dequantise(quantise(rows, "m"))
    assert np.abs(back - rows).max() <= np.abs(rows).max() / 127 / 2 * 1.001
    cosines = (normalise(back) * rows).sum(axis=1)
    assert cosines.min() > 0.9999


def test_again_changes_nothing():
    """A vector that was sent as floats and quantised again is the very same vector."""
    vectors = quantise(_rows(), "m")
    assert quantise(dequantise(vectors), "m") == vectors


def test_zeros():
    """A vector of zeros has a usable scale and comes back as zeros."""
    (vector,) = quantise(np.zeros((1, 8), np.float32), "m")
    assert vector.scale > 0
    assert not dequantise([vector]).any()


def test_no_number():
    """A component that is no number is refused: stored, it would poison every search."""
    with pytest.raises(ValueError, match="no number"):
        quantise(np.full((1, 8), np.nan, np.float32), "m")


def test_models_are_not_mixed():
    """Vectors of different models or sizes never become one matrix."""
    rows = np.ones((1, 8), np.float32)
    with pytest.raises(ValueError, match="different models"):
        dequantise([*quantise(rows, "a"), *quantise(rows, "b")])
    with pytest.raises(ValueError, match="different models"):
        dequantise([*quantise(rows, "a"), *quantise(rows[:, :4], "a")])
    assert dequantise([]).shape[0] == 0
