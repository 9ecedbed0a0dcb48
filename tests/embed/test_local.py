import numpy as np
import onnxruntime as ort
import pytest

from doctown.embed import Embedder, graph, integer_graph, local
from doctown.embed.local import LocalEmbedder
from doctown.embed.quantise import dequantise, normalise
from doctown.embed.tokenizer import encode, windows
from doctown.embed.weights import read_weights, weights_path
from doctown.errors import InputError
from tests.embed.contract import CODE, TEXTS, EmbedderContract


@pytest.fixture
def in_floats(monkeypatch):
    """A processor that does not multiply bytes."""
    monkeypatch.setattr(local, "multiplies_bytes", lambda: False)


@pytest.fixture
def in_bytes(monkeypatch):
    """A processor that does, and does it right; skipped where this one does not."""
    if not local.multiplies_bytes():
        pytest.skip("this processor cuts off sums of products of bytes")


class TestLocalEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self, in_floats: None) -> Embedder:
        return LocalEmbedder(threads=2)


class TestLocalEmbedderInBytes(EmbedderContract):
    @pytest.fixture
    def embedder(self, in_bytes: None) -> Embedder:
        return LocalEmbedder(threads=2)


def test_bytes_lose_next_to_nothing(in_bytes, monkeypatch):
    """Multiplying bytes keeps the vectors: the cosine with what floats give is above .9998 in the mean of texts of
    every length, code and prose, and above .999 for each. With less than 16 bits for the first token, or for what
    enters the feed-forward networks, the mean is below."""
    texts = [CODE, CODE * 8, *TEXTS[1:2], *TEXTS[3:], "How is a password checked? " * 3, "x = {}\n" * 40]
    embedder = LocalEmbedder(threads=1)
    found = normalise(dequantise(embedder.embed(texts)))
    embedder.close()
    monkeypatch.setattr(local, "multiplies_bytes", lambda: False)
    embedder = LocalEmbedder(threads=1)
    expected = normalise(dequantise(embedder.embed(texts)))
    embedder.close()
    cosines = (found * expected).sum(axis=1)
    assert cosines.min() > 0.999, cosines
    assert cosines.mean() > 0.9998, cosines


def test_arithmetic_is_named(monkeypatch):
    """What was computed in bytes is never served from the cache where floats are asked for, nor vice versa."""
    identities = set()
    for answer in (True, False):
        monkeypatch.setattr(local, "multiplies_bytes", lambda answer=answer: answer)
        identities.add(LocalEmbedder(threads=1).identity)
    assert len(identities) == 2


def test_cut_off_sums_are_noticed(monkeypatch):
    """A processor that cuts off sums of two products at 16 bits, or one that nobody has measured, multiplies in floats.
    The probe is such that the cut shows: two of its products are more than 16 bits hold."""
    assert 2 * integer_graph.PROBE * 127 > 2**15 - 1
    real = local._session

    class CutOff:
        def __init__(self, session):
            self._session = session

        def run(self, *given):
            return [rows - 1 for rows in self._session.run(*given)]

    monkeypatch.setattr(local.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(local, "_session", lambda *given: CutOff(real(*given)))
    assert not local.multiplies_bytes.__wrapped__()
    monkeypatch.setattr(local, "_session", real)
    monkeypatch.setattr(local.platform, "machine", lambda: "riscv64")
    assert not local.multiplies_bytes.__wrapped__()


def test_equals_the_published_graph(in_floats):
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
@pytest.mark.parametrize("build", [graph.build, integer_graph.build])
def test_graph_of_something_else(data, build):
    """Bytes that are no such model are an error of the input, whatever is wrong with them."""
    with pytest.raises(InputError, match="weights"):
        build(data)


def test_graph_of_another_shape():
    """A model with a matrix of another type or size is refused, not run into."""
    constants = graph.read_constants(read_weights())
    name = "inner.encoder.layer.3.output.LayerNorm.bias"
    parts = graph.Builder({**constants, name: constants[name]._replace(shape=(383,))})
    with pytest.raises(InputError, match=r"layer\.3\.output\.LayerNorm\.bias"):
        parts.taken(name, (384,))


def test_a_gpu_that_cannot_be_used_is_told(monkeypatch):
    """ONNX Runtime falls back to the processor where a library or the GPU is missing: whoever pays for a GPU is told,
    and no vector is kept as one that the GPU made."""

    class Session:
        def __init__(self, *_: object, providers: list[str]) -> None:
            assert providers == ["CUDAExecutionProvider"]

        def get_providers(self) -> list[str]:
            return ["CPUExecutionProvider"]

    monkeypatch.setattr(local.ort, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    monkeypatch.setattr(local.ort, "InferenceSession", Session)
    embedder = LocalEmbedder(threads=1, device="cuda")
    with pytest.raises(InputError, match="cannot use 'cuda'"):
        embedder.embed(["x"])
    embedder.close()


def test_a_runtime_without_the_device_is_told():
    """The usual package knows no GPU at all."""
    embedder = LocalEmbedder(threads=1, device="cuda")
    with pytest.raises(InputError, match="onnxruntime-gpu"):
        embedder.embed(["x"])
    embedder.close()
