"""The portable embedder: all-MiniLM-L6-v2 on ONNX Runtime, any CPU.

Where the processor multiplies bytes (x86 with VNNI), the network of `integer_graph` runs in six tenths of the time that
`graph`'s takes, which multiplies in float32 and is right everywhere.

One session serves all threads; each batch runs on one thread from beginning to end. That is both faster than splitting
every multiplication over the cores (nothing waits, nothing spins) and what keeps a vector the same to the last bit on
one machine, since no sum is divided by the number of cores. The batches are `batches`'.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from threading import Lock

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from doctown.embed import MINILM, MINILM_DIMENSIONS, graph, integer_graph
from doctown.embed.batches import POOLING, cores, embed_texts
from doctown.embed.weights import SHA256, read_weights
from doctown.errors import DoctownError, InputError
from doctown.model import Vector


class LocalEmbedder:
    """all-MiniLM-L6-v2 in this process. `threads` 0 means every core; `weights` names another place of the file,
    `device` (cpu or cuda) what computes.

    The weights are read and checked at the first text (0.4 s); then InputError is raised if they are missing or wrong.
    """

    model = MINILM
    dimensions = MINILM_DIMENSIONS

    def __init__(self, *, threads: int = 0, weights: Path | None = None, device: str = "cpu") -> None:
        self._weights = weights
        self._device = device
        self._executor = ThreadPoolExecutor(threads or cores(), thread_name_prefix="embed")
        self._session: ort.InferenceSession | None = None
        self._opening = Lock()
        self._closed = False

    @property
    def identity(self) -> str:
        """What decides a vector, as `Embedder.identity` says."""
        where = "" if self._device == "cpu" else f" {self._device}"
        arithmetic = INTEGERS if self._multiplies_bytes else "float32"
        return f"{MINILM} sha256:{SHA256} {arithmetic} {POOLING}{where}"

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector a text, in order, as `Embedder.embed` says."""
        if self._closed:
            raise DoctownError("this embedder was closed", "open another")
        if not texts:
            return []
        session = self._open()

        def run(ids: NDArray[np.int32]) -> NDArray[np.float32]:
            (hidden,) = session.run(["hidden"], {"ids": ids})
            return np.asarray(hidden, np.float32)

        return embed_texts(texts, model=self.model, dimensions=self.dimensions, run=run, executor=self._executor)

    def close(self) -> None:
        """Gives everything back, and what is not begun of an embedding up; closing twice is allowed."""
        self._closed = True
        self._executor.shutdown(cancel_futures=True)
        self._session = None

    def _open(self) -> ort.InferenceSession:
        with self._opening:
            if self._session is None:
                build = integer_graph.build if self._multiplies_bytes else graph.build
                self._session = _session(build(read_weights(self._weights)), self._device)
            return self._session

    @property
    def _multiplies_bytes(self) -> bool:
        return self._device == "cpu" and multiplies_bytes()


INTEGERS = "bytes, 16 bits where bytes lose too much, 2"  # change it when the arithmetic of `integer_graph` changes
_X86 = frozenset({"x86_64", "amd64"})


@cache
def multiplies_bytes() -> bool:
    """Whether products of bytes are added exactly here, and faster than floats.

    On x86 the arithmetic itself is asked: without VNNI, pairs of products are cut off at 16 bits, and there the gain is
    small as well. Elsewhere the sums are right, but nobody has measured the speed.
    """
    if platform.machine().lower() not in _X86:
        return False
    ids = np.full((4, 8), integer_graph.PROBE, np.int32)
    (sums,) = _session(integer_graph.build_probe(), "cpu").run(["hidden"], {"ids": ids})
    return bool((np.asarray(sums) == integer_graph.EXACT).all())


PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


def _session(model: bytes, device: str) -> ort.InferenceSession:
    provider = PROVIDERS.get(device, "")
    if provider not in ort.get_available_providers():
        raise InputError(f"this machine's ONNX Runtime has no {device!r}", "install onnxruntime-gpu, or use the cpu")
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Patterns are remembered per shape, and there are two thousand shapes.
    options.enable_mem_pattern = False
    session = ort.InferenceSession(model, options, providers=[provider])
    # Without the GPU, its driver or its libraries ONNX Runtime takes the processor instead and goes on.
    if provider not in session.get_providers():
        raise InputError(
            f"ONNX Runtime cannot use {device!r} on this machine; what it lacks stands in its own message",
            "see docs/runpod.md for the CUDA that it wants, or use the cpu",
        )
    return session
