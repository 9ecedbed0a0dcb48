"""What every embedder promises, as one class of tests that each implementation inherits."""

import pytest

from doctown.embed import Embedder
from doctown.embed.quantise import dequantise
from doctown.errors import DoctownError

CODE = "def total(prices):\n    return sum(price.amount for price in prices)\n"
TEXTS = [CODE, "class Übung:\n    '''日本語 — naïve'''\n", "", "x", CODE.replace("prices", "invoices"), "word " * 700]


class EmbedderContract:
    """Subclasses give the fixture `embedder`."""

    def test_is_an_embedder(self, embedder: Embedder) -> None:
        """The port is implemented as a whole: name, dimensions and identity are there before the first text."""
        assert isinstance(embedder, Embedder)
        assert embedder.model
        assert embedder.dimensions > 0
        assert embedder.model in embedder.identity

    def test_order_and_shape(self, embedder: Embedder) -> None:
        """One vector a text, in the texts' order, named after the model and of its size and of length 1."""
        vectors = embedder.embed(TEXTS)
        assert len(vectors) == len(TEXTS)
        assert embedder.embed(TEXTS[::-1]) == vectors[::-1]
        assert {(vector.model, vector.dimensions) for vector in vectors} == {(embedder.model, embedder.dimensions)}
        assert all(len(vector.data) == embedder.dimensions for vector in vectors)
        lengths = (dequantise(vectors).astype(float) ** 2).sum(axis=1)
        assert lengths == pytest.approx([1.0] * len(TEXTS), abs=0.03)

    def test_batch_mates_do_not_matter(self, embedder: Embedder) -> None:
        """A text has the same vector, to the last bit, alone and among others of any length."""
        assert [embedder.embed([text])[0] for text in TEXTS] == embedder.embed(TEXTS)

    def test_different_texts_differ(self, embedder: Embedder) -> None:
        """Vectors tell texts apart, and put the near copy nearer than the stranger."""
        vectors = embedder.embed(TEXTS)
        assert len({vector.data for vector in vectors}) == len(TEXTS)
        rows = dequantise(vectors)
        assert rows[0] @ rows[4] > rows[0] @ rows[1]

    def test_same_text_twice(self, embedder: Embedder) -> None:
        """Identical texts get the identical vector, each at its place."""
        first, other, again = embedder.embed([CODE, "x", CODE])
        assert first == again != other

    def test_nothing(self, embedder: Embedder) -> None:
        """No texts, no vectors, no error."""
        assert embedder.embed([]) == []

    def test_any_text(self, embedder: Embedder) -> None:
        """Whatever a file holds has a vector: zero bytes, lone surrogates, control tokens, a word without end."""
        assert len(embedder.embed(["\0\0", "a\ud800b", "[CLS] [SEP] [MASK]", "z" * 5000])) == 4

    def test_close(self, embedder: Embedder) -> None:
        """Closing twice is harmless, and embedding afterwards says what is wrong."""
        embedder.close()
        embedder.close()
        with pytest.raises(DoctownError, match="closed"):
            embedder.embed(["x"])
