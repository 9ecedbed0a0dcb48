import importlib.util

import pytest

from doctown.embed import Embedder, openvino
from doctown.embed.local import LocalEmbedder
from doctown.embed.openvino import OpenvinoEmbedder
from doctown.embed.quantise import dequantise, normalise
from doctown.errors import InputError
from tests.embed.contract import CODE, TEXTS, EmbedderContract

INSTALLED = importlib.util.find_spec("openvino") is not None
needs_openvino = pytest.mark.skipif(not INSTALLED, reason="the extra `openvino` is not installed")


@needs_openvino
class TestOpenvinoEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return OpenvinoEmbedder(threads=2)


@needs_openvino
def test_same_model_as_local():
    """Its vectors may stand beside the portable embedder's: they point the same way. In bfloat16 a text of one token or
    none strays furthest, since nothing is averaged in it."""
    pairs = [normalise(dequantise(one.embed([*TEXTS, CODE]))) for one in (OpenvinoEmbedder(), LocalEmbedder())]
    cosines = (pairs[0] * pairs[1]).sum(axis=1)
    assert cosines.mean() > 0.999, cosines
    assert cosines.min() > 0.997, cosines


def test_not_installed(monkeypatch):
    """Asking for the extra where it is missing names the command that brings it."""
    monkeypatch.setattr(openvino, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'doctown\[openvino\]'"):
        OpenvinoEmbedder()
