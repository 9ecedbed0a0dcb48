"""The vector of one query, by all-MiniLM-L6-v2 in numpy alone.

A reader embeds a sentence now and then. For that a runtime is too much: ONNX Runtime with the network in it takes
150 MB and half a second to open. Here the weights stay the 23 MB of int8 that they are shipped as and become floats a
matrix at a time, while they are multiplied. The vector differs from `local`'s in the last bits of a float, or a little
more where that multiplies bytes, so nothing that is stored is made here; queries are short, and many texts are
`local`'s business.
"""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from doctown.embed import MINILM, MINILM_DIMENSIONS, Embedder, open_embedder
from doctown.embed.graph import EPSILON, FLOAT, HEADS, INT8, LAYERS, WIDTH, read_constants
from doctown.embed.quantise import dequantise
from doctown.embed.tokenizer import encode, windows
from doctown.embed.weights import read_weights

Floats = NDArray[np.float32]
_ERF = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)  # Abramowitz and Stegun 7.1.26


class QueryEmbedder:
    """all-MiniLM-L6-v2 for one text at a time; not for several threads at once.

    The weights are read and checked here: InputError is raised if they are missing or wrong.
    """

    dimensions = MINILM_DIMENSIONS

    def __init__(self, weights: Path | None = None) -> None:
        constants = read_constants(read_weights(weights))
        types = {FLOAT: np.float32, INT8: np.int8}
        self._arrays: dict[str, NDArray[Any]] = {
            name: np.frombuffer(tensor.data, types[tensor.type]).reshape(tensor.shape)
            for name, tensor in constants.items()
            if tensor.type in types
        }
        # One thread: the matrices are small, and the others would wait for each other longer than they work.
        self._threads = ThreadpoolController()
        # Named by number in the order of use, as `graph.build` has it: six a layer.
        matrices = [name[:-2] for name in self._arrays if re.fullmatch(r"val_\d+_q", name)]
        self._matrices = sorted(matrices, key=lambda name: int(name[4:]))

    def vector(self, text: str) -> Floats:
        """The vector of a text, of length 1: (384,). Any text will do, of any length."""
        total = np.zeros(WIDTH, np.float64)
        with self._threads.limit(limits=1, user_api="blas"):
            for ids in windows(encode([text])[0]):
                total += self._hidden(ids).sum(axis=0, dtype=np.float64)
        unit: Floats = (total / max(float(np.sqrt(total @ total)), 1e-12)).astype(np.float32)
        return unit

    def _hidden(self, ids: NDArray[np.uint16]) -> Floats:
        """Token ids, the special ones among them → hidden states (tokens, 384)."""
        words, places = "inner.embeddings.word_embeddings.weight", "inner.embeddings.position_embeddings.weight"
        state = self._rows(words, ids) + self._arrays["inner.embeddings.token_type_embeddings.weight"][0]
        state = self._normalised(state + self._rows(places, np.arange(len(ids))), "inner.embeddings.LayerNorm")
        for number in range(LAYERS):
            layer, names = f"inner.encoder.layer.{number}", self._matrices[6 * number : 6 * number + 6]
            mixed = self._linear(self._attention(state, layer, names), names[3], f"{layer}.attention.output.dense")
            state = self._normalised(mixed + state, f"{layer}.attention.output.LayerNorm")
            inner = _gelu(self._linear(state, names[4], f"{layer}.intermediate.dense"))
            outer = self._linear(inner, names[5], f"{layer}.output.dense")
            state = self._normalised(outer + state, f"{layer}.output.LayerNorm")
        return state

    def _attention(self, state: Floats, layer: str, names: list[str]) -> Floats:
        query, key, value = (
            self._linear(state, name, f"{layer}.attention.self.{part}").reshape(len(state), HEADS, -1).swapaxes(0, 1)
            for name, part in zip(names[:3], ("query", "key", "value"), strict=True)
        )
        scores = query @ key.swapaxes(1, 2) / np.float32(np.sqrt(WIDTH / HEADS))
        weights = np.exp(scores - scores.max(axis=2, keepdims=True))
        weights /= weights.sum(axis=2, keepdims=True)
        mixed: Floats = (weights @ value).swapaxes(0, 1).reshape(len(state), WIDTH)
        return mixed

    def _linear(self, state: Floats, name: str, bias: str) -> Floats:
        # The scales are those of the output channels, so they can be laid over the product.
        product: Floats = state @ self._arrays[f"{name}_q"].astype(np.float32)
        scaled: Floats = product * self._arrays[f"{name}_scale"] + self._arrays[f"{bias}.bias"]
        return scaled

    def _rows(self, name: str, places: NDArray[np.integer]) -> Floats:
        rows: Floats = self._arrays[f"{name}_q"][places].astype(np.float32) * self._arrays[f"{name}_scale"][places]
        return rows

    def _normalised(self, state: Floats, name: str) -> Floats:
        centred = state - state.mean(axis=1, keepdims=True)
        deviation = np.sqrt((centred * centred).mean(axis=1, keepdims=True) + np.float32(EPSILON))
        normalised: Floats = centred / deviation * self._arrays[f"{name}.weight"] + self._arrays[f"{name}.bias"]
        return normalised


def _gelu(values: Floats) -> Floats:
    """x · Φ(x), by the error function to within 1.5e-7: numpy has none."""
    size = np.abs(values) * np.float32(np.sqrt(0.5))
    t = 1 / (1 + np.float32(0.3275911) * size)
    series = np.zeros_like(t)
    for factor in reversed(_ERF):
        series = (series + np.float32(factor)) * t
    erf = np.sign(values) * (1 - series * np.exp(-size * size))
    gelu: Floats = values * np.float32(0.5) * (1 + erf)
    return gelu


class Queries:
    """Makes vectors of queries for any number of threads: by the Embedding service of `url` if there is one, or else by
    the model here, which is read at the first query and kept."""

    def __init__(self, url: str = "", token: str = "") -> None:
        self._url, self._token = url, token
        self._lock = threading.Lock()
        self._here: QueryEmbedder | None = None
        self._elsewhere: Embedder | None = None

    @staticmethod
    def serves(model: str) -> bool:
        """Whether vectors of this model can be compared with those made here."""
        return model == MINILM

    def vector(self, text: str) -> list[float]:
        """The vector of a text. Raises InputError or another DoctownError where the model or the service cannot be
        had."""
        with self._lock:
            if self._url:
                if self._elsewhere is None:
                    self._elsewhere = open_embedder("remote", url=self._url, token=self._token)
                row: list[float] = dequantise(self._elsewhere.embed([text]))[0].tolist()
                return row
            if self._here is None:
                self._here = QueryEmbedder()
            found: list[float] = self._here.vector(text).tolist()
            return found

    def close(self) -> None:
        """Gives the connection back."""
        if self._elsewhere is not None:
            self._elsewhere.close()
