import pytest

from doctown.embed import NAMES, open_embedder
from doctown.embed.cache import CachedEmbedder
from doctown.embed.local import LocalEmbedder
from doctown.embed.memory import MemoryEmbedder
from doctown.embed.remote import RemoteEmbedder
from doctown.errors import InputError


def test_by_name():
    """The name picks the implementation, and the portable one is the default."""
    assert NAMES == ("local", "openvino", "remote", "memory")
    for embedder, kind in (
        (open_embedder(), LocalEmbedder),
        (open_embedder("memory"), MemoryEmbedder),
        (open_embedder("remote", url="http://127.0.0.1:8000"), RemoteEmbedder),
    ):
        assert type(embedder) is kind
        embedder.close()


def test_behind_a_cache(tmp_path):
    """With a folder, vectors are kept there."""
    embedder = open_embedder("memory", cache=tmp_path)
    assert isinstance(embedder, CachedEmbedder)
    embedder.embed(["x"])
    embedder.close()
    assert list(tmp_path.glob("*.sqlite"))


def test_unknown_name():
    """A name that is none is answered with those that are."""
    with pytest.raises(InputError, match="local, openvino, remote, memory"):
        open_embedder("word2vec")  # type: ignore[arg-type]


def test_remote_needs_an_address():
    """The service cannot be guessed."""
    with pytest.raises(InputError, match="address"):
        open_embedder("remote")
