import numpy as np
import onnxruntime as ort
import pytest

from doctown.embed import Embedder, graph
from doctown.embed.local import LocalEmbedder
from doctown.embed.quantise import dequantise, normalise
from doctown.embed.tokenizer import encode, windows
from doctown.embed.weights import read_weights, weights_path
from doctown.errors import InputError
from tests.embed.contract import TEXTS, EmbedderContract


class TestLocalEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return LocalEmbedder(threads=2)


def test_equals_the_published_graph():
    """Our graph computes what the published one does, up to the last bits: same weights, same network, and the mean
    over the tokens as sentence-transformers takes it."""
    embedder = LocalEmbedder(threads=1)
    vectors = dequantise(embedder.embed(TEXTS[:5]))
    embedder.close()
    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(read_weights(), options, providers=["CPUExecutionProvider"])
    for text, vector in zip(TEXTS[:5], vectors, strict=True):
        ids = windows(encode([text])[0])[0].astype(np.int64)[None]
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        expected = normalise(session.run(None, feeds)[0].mean(axis=1))[0]
        assert np.abs(vector - expected).max() <= np.abs(expected).max() / 127 / 2 + 1e-5


def test_number_of_threads_does_not_matter():
    """One core or four: the same bits."""
    results = []
    for threads in (1, 4):
        embedder = LocalEmbedder(threads=threads)
        results.append(embedder.embed(TEXTS * 3 + [f"def f{number}(): pass" for number in range(20)]))
        embedder.close()
    assert results[0] == results[1]


def test_meaning():
    """The model understands: a question finds the code that answers it among others."""
    embedder = LocalEmbedder()
    question, *code = dequantise(
        embedder.embed(
            [
                "how is a password checked?",
                "def verify_login(user, secret):\n    return hmac.compare_digest(hash(secret), user.password_hash)",
                "def draw_circle(canvas, x, y, radius):\n    canvas.arc(x, y, radius)",
                "def parse_date(text):\n    return datetime.strptime(text, '%Y-%m-%d')",
            ]
        )
    )
    embedder.close()
    assert int(np.argmax([question @ row for row in code])) == 0


def test_altered_weights(tmp_path):
    """Weights with one bit changed are refused before anything reads them."""
    data = bytearray(weights_path().read_bytes())
    data[len(data) // 2] ^= 1
    path = tmp_path / "model.onnx"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"SHA-256.*pip install"):
        LocalEmbedder(weights=path).embed(["x"])


def test_missing_weights(tmp_path):
    """Missing weights are told in one line with the mend."""
    with pytest.raises(InputError, match="pip install"):
        LocalEmbedder(weights=tmp_path / "none.onnx").embed(["x"])


@pytest.mark.parametrize("data", [b"", b"not a model", b"\x3a\xff\xff\xff", b"\x3a\x80\x80\x80\x80\x80"])
def test_graph_of_something_else(data):
    """Bytes that are no such model are an error of the input, whatever is wrong with them."""
    with pytest.raises(InputError, match="weights"):
        graph.build(data)


def test_graph_of_another_shape():
    """A model with a matrix of another type or size is refused, not run into."""
    constants = graph.read_constants(read_weights())
    name = "inner.encoder.layer.3.output.LayerNorm.bias"
    parts = graph._Builder({**constants, name: constants[name]._replace(shape=(383,))})
    with pytest.raises(InputError, match=r"layer\.3\.output\.LayerNorm\.bias"):
        parts.taken(name, (384,))
