from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from doctown.embed import batches
from doctown.embed.batches import embed_texts, plan
from doctown.embed.quantise import dequantise
from doctown.embed.tokenizer import encode, windows


class _Network:
    """Stands for a network: a token's hidden state hangs on its id alone. Remembers what it was given."""

    def __init__(self) -> None:
        self.table = np.random.default_rng(3).standard_normal((30_522, 16)).astype(np.float32)
        self.inputs: list[np.ndarray] = []

    def __call__(self, ids: np.ndarray) -> np.ndarray:
        self.inputs.append(ids)
        return self.table[ids]


def _embed(texts, network, threads=1):
    with ThreadPoolExecutor(threads) as executor:
        return embed_texts(texts, model="m", dimensions=16, run=network, executor=executor)


def test_nothing_is_padded():
    """Batches hold one length each, so every token that is computed is a real one; sizes stay within the limits."""
    lengths = [2 + number * number % 254 for number in range(1000)]
    planned = list(plan(lengths))
    assert sorted(place for batch in planned for place in batch) == list(range(1000))
    for batch in planned:
        assert len({lengths[place] for place in batch}) == 1
        assert len(batch) <= batches.BATCH_TEXTS
        assert len(batch) * lengths[batch[0]] <= batches.BATCH_TOKENS
    firsts = [lengths[batch[0]] for batch in planned]
    assert firsts == sorted(firsts, reverse=True)


def test_long_text_is_not_cut():
    """A text over the limit is the mean over all of its tokens: a change at its very end changes the vector."""
    network = _Network()
    long = "alpha beta gamma " * 300
    first, second = _embed([long, long + "omega"], network)
    assert first != second
    assert max(ids.shape[1] for ids in network.inputs) <= 256
    ids = np.concatenate(windows(encode([long])[0])).astype(np.int64)
    expected = network.table[ids].astype(np.float64).sum(axis=0)
    assert dequantise([first])[0] == pytest.approx(expected / np.linalg.norm(expected), abs=0.004)


@pytest.mark.parametrize("count", [0, 1, 254, 255, 508, 509, 1000])
def test_windows_cover_every_token_once(count):
    """Windows follow each other without gap or overlap, each within the limit and between its special tokens."""
    ids = np.arange(1000, 1000 + count).astype(np.uint16)
    parts = windows(ids)
    assert np.array_equal(np.concatenate([part[1:-1] for part in parts]), ids)
    assert all(part[0] == 101 and part[-1] == 102 and len(part) <= 256 for part in parts)
    assert len(parts) == max(1, -(-count // 254))


def test_identical_texts_run_once():
    """A text that occurs a thousand times is computed once."""
    network = _Network()
    vectors = _embed(["same text"] * 1000 + ["other"], network)
    assert sum(len(ids) for ids in network.inputs) == 2
    assert len(set(vectors[:1000])) == 1


def test_blocks_and_threads_change_nothing(monkeypatch):
    """Neither how many texts are tokenised at a time nor how many threads run changes a bit of any vector."""
    texts = [f"text {number} " * (number % 37) for number in range(300)]
    expected = _embed(texts, _Network())
    monkeypatch.setattr(batches, "BLOCK_TEXTS", 7)
    assert _embed(texts, _Network(), threads=3) == expected


def test_tokenisation_is_streamed(monkeypatch):
    """Only a block of texts is tokenised at a time, so memory does not grow with the repository."""
    sizes = []
    monkeypatch.setattr(batches, "BLOCK_TEXTS", 10)
    monkeypatch.setattr(batches, "encode", lambda texts: sizes.append(len(texts)) or encode(texts))
    _embed([str(number) for number in range(35)], _Network())
    assert sizes == [10, 10, 10, 5]


def test_failure_travels():
    """An error inside the network reaches the caller; it does not become a vector of zeros."""

    def fail(ids: np.ndarray) -> np.ndarray:
        raise MemoryError("no room")

    with pytest.raises(MemoryError):
        _embed(["x"], fail)
