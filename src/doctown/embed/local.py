"""The portable embedder: all-MiniLM-L6-v2 on ONNX Runtime, float32 arithmetic over int8 weights, any CPU.

One session serves all threads; each batch runs on one thread from beginning to end. That is both faster than splitting
every multiplication over the cores (nothing waits, nothing spins) and what keeps a vector the same to the last bit on
one machine, since no sum is divided by the number of cores. The graph is `graph`'s, the batches are `batches`'.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from doctown.embed import MINILM, MINILM_DIMENSIONS, graph
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
        return f"{MINILM} sha256:{SHA256} float32 {POOLING}{where}"

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
                self._session = _session(graph.build(read_weights(self._weights)), self._device)
            return self._session


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
    return ort.InferenceSession(model, options, providers=[provider])
