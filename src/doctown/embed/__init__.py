"""Text to vectors: the Embedder port and its implementations.

`local` runs all-MiniLM-L6-v2 on ONNX Runtime, `openvino` the same on OpenVINO where that is installed, `remote` asks
the Embedding service, `memory` is the twin for tests that needs no model, and `cache` wraps any of them. Each module
imports its own libraries, so that counting tokens or reading a pack loads none of them; `open_embedder` picks one by
name. Where chunks come from and where vectors go is others' business.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from doctown.errors import InputError
from doctown.model import Vector

EmbedderName = Literal["local", "openvino", "remote", "memory"]
NAMES: tuple[EmbedderName, ...] = ("local", "openvino", "remote", "memory")
MINILM = "all-MiniLM-L6-v2"
MINILM_DIMENSIONS = 384


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into vectors. Safe to call from several threads; a vector hangs on its text alone, not on the texts
    it was sent with."""

    @property
    def model(self) -> str:
        """Name of the model; vectors of different models are never compared."""
        ...

    @property
    def dimensions(self) -> int:
        """Components of each vector."""
        ...

    @property
    def identity(self) -> str:
        """All that decides the vector of a text, in one line: model, digest of its weights, how it is run. What is
        cached under one identity is never served under another."""
        ...

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector a text, in the order of the texts. Any text will do, the empty one too, and any length.

        Raises InputError if the model cannot be used as it was asked for, DoctownError if a service fails.
        """
        ...

    def close(self) -> None:
        """Gives back threads, files and connections. Closing twice is allowed; embedding afterwards is not."""
        ...


def open_embedder(
    name: EmbedderName = "local",
    *,
    threads: int = 0,
    url: str = "",
    token: str = "",
    cache: Path | None = None,
    cache_bytes: int = 2**30,
) -> Embedder:
    """The embedder of that name, kept behind a cache in the folder `cache` if one is given.

    `threads` 0 means every core this process may use; `url` is the Embedding service's and `token` what it asks of its
    clients, for `remote`; `cache_bytes` is the size that the cache may grow to. Opening is cheap: weights are read at
    the first text. Raises InputError for an unknown name, a missing extra, or `remote` without a URL.
    """
    inner: Embedder
    # Imported where they are picked: each drags in a library of tens of megabytes.
    match name:
        case "local":
            from doctown.embed.local import LocalEmbedder  # noqa: PLC0415

            inner = LocalEmbedder(threads=threads)
        case "openvino":
            from doctown.embed.openvino import OpenvinoEmbedder  # noqa: PLC0415

            inner = OpenvinoEmbedder(threads=threads)
        case "remote":
            from doctown.embed.remote import RemoteEmbedder  # noqa: PLC0415

            inner = RemoteEmbedder(url, token=token)
        case "memory":
            from doctown.embed.memory import MemoryEmbedder  # noqa: PLC0415

            inner = MemoryEmbedder()
        case _:
            raise InputError(f"there is no embedder named {name!r}", f"choose one of {', '.join(NAMES)}")
    if cache is None:
        return inner
    from doctown.embed.cache import CachedEmbedder  # noqa: PLC0415

    return CachedEmbedder(inner, cache, max_bytes=cache_bytes)
