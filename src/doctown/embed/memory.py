"""The in-memory twin of an embedder: vectors from hashes of words, no model, no file, no network.

For tests and for trying Doctown out where no weights can be installed. Texts with many words in common come out near
each other and nothing else is promised: what a word means is unknown here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from doctown.embed.quantise import normalise, quantise
from doctown.errors import DoctownError, InputError
from doctown.model import Vector

_WORDS: Final = re.compile(r"\w+")


class MemoryEmbedder:
    """Deterministic vectors of `dimensions` components, a positive multiple of 8. `calls` lists the texts of each
    call, so that a test can see what was asked of it."""

    def __init__(self, *, model: str = "memory-words", dimensions: int = 384) -> None:
        if dimensions < 8 or dimensions % 8:
            raise InputError(f"{dimensions} dimensions cannot be made from hashes", "ask for a multiple of 8")
        self.model = model
        self.dimensions = dimensions
        self.calls: list[tuple[str, ...]] = []
        self._closed = False

    @property
    def identity(self) -> str:
        """What decides a vector, as `Embedder.identity` says."""
        return f"{self.model} {self.dimensions} 1"

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector a text, in order, as `Embedder.embed` says."""
        if self._closed:
            raise DoctownError("this embedder was closed", "open another")
        self.calls.append(tuple(texts))
        if not texts:
            return []
        rows = np.stack([self._sum(text) for text in texts])
        return quantise(normalise(rows), self.model)

    def close(self) -> None:
        """Gives everything back; closing twice is allowed."""
        self._closed = True

    def _sum(self, text: str) -> NDArray[np.float64]:
        total = self._signs("") * 0.5  # so that a text without words has a direction too
        for word in _WORDS.findall(text.lower()):
            total = total + self._signs(word)
        return total

    def _signs(self, word: str) -> NDArray[np.float64]:
        digest = hashlib.shake_256(word.encode("utf-8", "surrogatepass")).digest(self.dimensions // 8)
        return np.unpackbits(np.frombuffer(digest, np.uint8)).astype(np.float64) * 2 - 1
