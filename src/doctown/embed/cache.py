"""Vectors that were computed once, kept between builds.

The key is the embedder's identity and the text's SHA-256, so a changed model, weights or pooling never meets old
vectors. How values are kept, bounded and survive damage is `keep`'s business.
"""

from __future__ import annotations

import hashlib
import math
import struct
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from doctown.embed import Embedder
from doctown.errors import DoctownError
from doctown.keep import Keep
from doctown.model import Vector

FILE: Final = "vectors-2.sqlite"  # the number is the schema's: another schema is another file
BATCH_TEXTS: Final = 2048  # computed and stored at a time
_SCALE: Final = struct.Struct("<d")  # a value is the scale, then the components


class CachedEmbedder:
    """`inner` behind the cache in `folder`, which may grow to about `max_bytes`. Closing it closes `inner` too.

    Raises InputError if the folder cannot be made. `clock` gives the time in seconds.
    """

    def __init__(
        self, inner: Embedder, folder: Path, *, max_bytes: int = 2**30, clock: Callable[[], float] = time.time
    ) -> None:
        self._keep = Keep(folder, FILE, max_bytes=max_bytes, clock=clock)
        self._inner = inner
        self._closed = False
        self.hits = 0  # texts answered from the file since it was opened
        self.misses = 0  # texts that were computed

    @property
    def problem(self) -> str:
        """Why the cache could not be used, if so."""
        return self._keep.problem

    @property
    def model(self) -> str:
        """Name of the model inside."""
        return self._inner.model

    @property
    def dimensions(self) -> int:
        """Components of each vector."""
        return self._inner.dimensions

    @property
    def identity(self) -> str:
        """What decides a vector, as `Embedder.identity` says."""
        return self._inner.identity

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector a text, in order, as `Embedder.embed` says."""
        if self._closed:
            raise DoctownError("this embedder was closed", "open another")
        digests = {text: hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts}
        if not digests:
            return self._inner.embed([])
        kept = self._keep.get(self.identity, digests.values())
        found = {digest: vector for digest, data in kept.items() if (vector := self._vector(data)) is not None}
        missing = [text for text, digest in digests.items() if digest not in found]
        self.hits += len(digests) - len(missing)
        self.misses += len(missing)
        for start in range(0, len(missing), BATCH_TEXTS):
            batch = missing[start : start + BATCH_TEXTS]
            made = dict(zip((digests[text] for text in batch), self._inner.embed(batch), strict=True))
            found.update(made)
            self._keep.put(self.identity, {digest: _SCALE.pack(one.scale) + one.data for digest, one in made.items()})
        return [found[digests[text]] for text in texts]

    def _vector(self, value: bytes) -> Vector | None:
        if len(value) != _SCALE.size + self.dimensions:
            return None
        (scale,) = _SCALE.unpack_from(value)
        if not (math.isfinite(scale) and scale > 0):
            return None
        return Vector(model=self.model, dimensions=self.dimensions, scale=scale, data=value[_SCALE.size :])

    def close(self) -> None:
        """Gives everything back; closing twice is allowed."""
        self._closed = True
        self._keep.close()
        self._inner.close()
