"""From texts to the batches that a network runs, and from its answers back to one vector a text.

Every batch holds texts of one length, so that nothing is padded: a vector is the same to the last bit whatever its
batch-mates, and no multiplication is spent on padding. A text over the model's limit becomes windows, and its vector
is the mean over the tokens of all of them; nothing is cut off. Identical texts run once. The
network itself is the caller's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from doctown.embed.quantise import normalise, quantise
from doctown.embed.tokenizer import encode, windows
from doctown.model import Vector

POOLING: Final = "mean over the tokens of all windows, 1"  # change it when the arithmetic around the network changes
BLOCK_TEXTS: Final = 4096  # tokenised at a time, which bounds memory and still fills batches of equal length
BATCH_TEXTS: Final = 8
BATCH_TOKENS: Final = 1024  # more rows than this fall out of the caches

# int32 ids (texts, tokens), with special tokens and without padding → float32 hidden states (texts, tokens, dimensions)
Run = Callable[[NDArray[np.int32]], NDArray[np.float32]]


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def embed_texts(texts: Sequence[str], *, model: str, dimensions: int, run: Run, executor: Executor) -> list[Vector]:
    """One vector a text, in order; `run` is called from the executor's threads."""
    unique = list(dict.fromkeys(texts))
    vectors: dict[str, Vector] = {}
    for start in range(0, len(unique), BLOCK_TEXTS):
        block = unique[start : start + BLOCK_TEXTS]
        sums = _embed_block(block, dimensions, run, executor)
        vectors.update(zip(block, quantise(normalise(sums), model), strict=True))
    return [vectors[text] for text in texts]


def plan(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of sequences in batches of one length each, longest first: the last batch to end is short."""
    groups: dict[int, list[int]] = {}
    for place, length in enumerate(lengths):
        groups.setdefault(length, []).append(place)
    for length in sorted(groups, reverse=True):
        size = max(1, min(BATCH_TEXTS, BATCH_TOKENS // length))
        places = groups[length]
        for start in range(0, len(places), size):
            yield places[start : start + size]


def _embed_block(texts: Sequence[str], dimensions: int, run: Run, executor: Executor) -> NDArray[np.float64]:
    owners: list[int] = []
    sequences: list[NDArray[np.uint16]] = []
    for owner, ids in enumerate(encode(texts)):
        parts = windows(ids)
        owners.extend([owner] * len(parts))
        sequences.extend(parts)
    batches = list(plan([len(sequence) for sequence in sequences]))
    inputs = (np.array([sequences[place] for place in batch], np.int32) for batch in batches)

    def pooled(ids: NDArray[np.int32]) -> NDArray[np.float64]:
        # Token after token in float64, whatever the batch: sums of floats hang on their order.
        sums: NDArray[np.float64] = run(ids).sum(axis=1, dtype=np.float64)
        return sums

    window_sums = np.zeros((len(sequences), dimensions), np.float64)
    for batch, result in zip(batches, executor.map(pooled, inputs), strict=True):
        window_sums[batch] = result
    sums = np.zeros((len(texts), dimensions), np.float64)
    for owner, window in zip(owners, window_sums, strict=True):
        sums[owner] += window
    return sums
