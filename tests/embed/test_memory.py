import pytest

from doctown.embed import Embedder
from doctown.embed.memory import MemoryEmbedder
from doctown.errors import InputError
from tests.embed.contract import EmbedderContract


class TestMemoryEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return MemoryEmbedder()


def test_other_dimensions():
    """Other sizes than the real model's can be had, to show that nothing mixes them."""
    (vector,) = MemoryEmbedder(dimensions=64).embed(["text"])
    assert (vector.dimensions, len(vector.data)) == (64, 64)


def test_impossible_dimensions():
    """A size that hashes cannot fill is refused instead of being rounded."""
    with pytest.raises(InputError, match="multiple of 8"):
        MemoryEmbedder(dimensions=100)
