"""One query's vector, made without a runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from doctown.embed import local
from doctown.embed.local import LocalEmbedder
from doctown.embed.quantise import dequantise
from doctown.embed.query import QueryEmbedder
from doctown.errors import InputError
from tests.embed.contract import TEXTS


def test_it_is_the_vector_that_packs_have(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to quantising, whatever the text: empty, in other scripts, or longer than the model reads at once. What
    multiplying bytes takes from the vectors of packs is `test_local`'s to bound."""
    monkeypatch.setattr(local, "multiplies_bytes", lambda: False)
    texts = [*TEXTS[:5], "", "快速 ünïcode", "parse the stream " * 200]
    embedder = LocalEmbedder(threads=1)
    stored = dequantise(embedder.embed(texts))
    embedder.close()
    here = QueryEmbedder()
    for text, expected in zip(texts, stored, strict=True):
        vector = here.vector(text)
        assert vector.shape == (384,)
        assert float(vector @ vector) == pytest.approx(1, abs=1e-5)
        assert np.abs(vector - expected).max() <= np.abs(expected).max() / 127 / 2 + 2e-5


def test_other_weights_are_refused(tmp_path: Path) -> None:
    """Weights are read only if they are the very bytes that were measured."""
    (tmp_path / "model.onnx").write_bytes(b"something else")
    with pytest.raises(InputError, match="weights"):
        QueryEmbedder(tmp_path / "model.onnx")
