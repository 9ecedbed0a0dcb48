"""all-MiniLM-L6-v2 on OpenVINO, for machines that have it (`pip install doctown[openvino]`) and ask for it.

It pays off where the CPU multiplies bfloat16 in hardware and bytes no faster; elsewhere it computes in float32 and
`local` is the better choice. With AVX-512 for both it takes three quarters of the time of floats, `local` six tenths.
It reads the published weights as they are, checked as everywhere; batches and pooling are `batches`'. Its vectors are
compatible with `local`'s (same model, cosine above .999) but not bit for bit, so each has its own cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from threading import Lock, local
from typing import Any

import numpy as np
from numpy.typing import NDArray

from doctown.embed import MINILM, MINILM_DIMENSIONS
from doctown.embed.batches import POOLING, cores, embed_texts
from doctown.embed.weights import SHA256, read_weights
from doctown.errors import DoctownError, InputError
from doctown.model import Vector


class OpenvinoEmbedder:
    """all-MiniLM-L6-v2 in this process by OpenVINO. `threads` 0 means every core. Raises InputError if the extra is
    not installed; missing or wrong weights are told at the first text."""

    model = MINILM
    dimensions = MINILM_DIMENSIONS

    def __init__(self, *, threads: int = 0, weights: Path | None = None) -> None:
        if find_spec("openvino") is None:
            raise InputError("OpenVINO is not installed", "run: pip install 'doctown[openvino]', or use `local`")
        self._weights = weights
        self._threads = threads or cores()
        self._executor = ThreadPoolExecutor(self._threads, thread_name_prefix="embed")
        self._requests = local()
        self._compiled: Any = None
        self._precision = ""
        self._opening = Lock()
        self._closed = False

    @property
    def identity(self) -> str:
        """What decides a vector, as `Embedder.identity` says."""
        return f"{MINILM} sha256:{SHA256} openvino {self._choose_precision()} {POOLING}"

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector a text, in order, as `Embedder.embed` says."""
        if self._closed:
            raise DoctownError("this embedder was closed", "open another")
        if not texts:
            return []
        compiled = self._open()

        def run(ids: NDArray[np.int32]) -> NDArray[np.float32]:
            request = getattr(self._requests, "request", None)
            if request is None:
                request = self._requests.request = compiled.create_infer_request()
            tokens = ids.astype(np.int64)
            inputs = {
                "input_ids": tokens,
                "attention_mask": np.ones_like(tokens),
                "token_type_ids": np.zeros_like(tokens),
            }
            return np.array(request.infer(inputs)[0], np.float32)

        return embed_texts(texts, model=self.model, dimensions=self.dimensions, run=run, executor=self._executor)

    def close(self) -> None:
        """Gives everything back, and what is not begun of an embedding up; closing twice is allowed."""
        self._closed = True
        self._executor.shutdown(cancel_futures=True)
        self._compiled = None
        self._requests = local()

    def _choose_precision(self) -> str:
        """`bf16` where the CPU computes in it, else `f32`."""
        if not self._precision:
            import openvino  # noqa: PLC0415 — an extra, and slow to import

            capabilities = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
            self._precision = "bf16" if "BF16" in capabilities else "f32"
        return self._precision

    def _open(self) -> Any:  # noqa: ANN401 — OpenVINO's own type is there only where the extra is installed
        import openvino  # noqa: PLC0415

        with self._opening:
            if self._compiled is None:
                core = openvino.Core()
                config = {
                    "NUM_STREAMS": self._threads,
                    "INFERENCE_NUM_THREADS": self._threads,
                    "INFERENCE_PRECISION_HINT": self._choose_precision(),
                }
                self._compiled = core.compile_model(core.read_model(read_weights(self._weights)), "CPU", config)
            return self._compiled
