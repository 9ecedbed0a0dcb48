"""What is embedded of a chunk, how often, and on what its vector hangs."""

from __future__ import annotations

from pathlib import Path

import pytest

from doctown.docpack.draft import Draft
from doctown.embed.batches import embed_texts
from doctown.embed.cache import CachedEmbedder
from doctown.embed.local import LocalEmbedder
from doctown.embed.memory import MemoryEmbedder
from doctown.embed.tokenizer import WINDOW, encode, windows
from doctown.embed.wordpiece import count_tokens
from doctown.ingest.chunk import LIMIT
from doctown.model import Chunk, Vector
from doctown.settings import Settings
from doctown.stages import embedding
from doctown.stages.common import Notes
from tests.docpack.conftest import FINGERPRINT, make_file, make_symbol

BODY = b"def load(name):\n    return open(name).read()\n"


def a_draft(place: Path, files: dict[str, bytes]) -> Draft:
    """A draft with one function `load`, its chunk the whole file, in each of the files."""
    draft = Draft.open(place, FINGERPRINT)
    for path, content in files.items():
        draft.add_files([(make_file(path, content), content)])
        top = make_symbol((path, content), "<module>", "module", "", b"")
        draft.add_symbols([top, make_symbol((path, content), "load", "function", top.key, content.rstrip())])
        size = len(content)
        draft.add_chunks([Chunk(path=path, symbol=f"{path}#load", start_byte=0, end_byte=size, tokens=size // 4)])
    return draft


def vectors(draft: Draft) -> dict[str, Vector]:
    """The vectors of a draft by the path of their chunk."""
    numbers = {number: chunk.path for number, chunk in draft.chunks()}
    return {numbers[number]: vector for number, vector in draft.vectors()}


def test_the_line_above_a_chunk_names_symbol_and_place() -> None:
    """Words of the qualified name and of the last parts of the path, without numbers that only tell twins apart."""
    chunk = Chunk(path="a/b/c/d/httpServer.py", symbol="a/b/c/d/httpServer.py#HTTPServer.do_GET~2",
                  start_byte=0, end_byte=9, tokens=3)  # fmt: skip
    assert embedding.headed(chunk, "def x") == "http server do get : b c d http server\ndef x"


def test_a_full_chunk_and_its_line_are_read_at_once() -> None:
    """A chunk of the greatest size leaves room for the line above it: two windows would cost twice, and their mean says
    less than one vector of the whole."""
    path = "django/contrib/gis/db/backends/postgis/schema.py"
    chunk = Chunk(path=path, symbol=f"{path}#PostGISSchemaEditor._alter_column_type_sql", start_byte=0, end_byte=1,
                  tokens=LIMIT)  # fmt: skip
    (ids,) = encode([embedding.headed(chunk, " ".join(["word"] * LIMIT))])
    assert len(ids) > LIMIT
    assert len(windows(ids)) == 1


def test_a_long_chunk_below_its_line_is_not_cut() -> None:
    """A chunk and a line that are more than the model reads at once: the rest is read in another window, so the last
    word of the chunk counts as every other does."""
    chunk = Chunk(path="src/pack/reader.py", symbol="src/pack/reader.py#Reader.read_all", start_byte=0, end_byte=1,
                  tokens=WINDOW)  # fmt: skip
    words = ["word"] * (WINDOW - 1)
    texts = [embedding.headed(chunk, " ".join([*words, last])) for last in ("alpha", "omega")]
    for text in texts:
        assert count_tokens(text) > WINDOW
        ids = encode([text])[0]
        assert sum(len(part) - 2 for part in windows(ids)) == len(ids) == count_tokens(text)
        assert all(len(part) <= WINDOW + 2 for part in windows(ids))
    embedder = LocalEmbedder(threads=1)
    one, two = embedder.embed(texts)
    embedder.close()
    assert one.data != two.data


def test_what_is_identical_is_embedded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies of a function in folders of the same last names have one text, which is computed once, in whatever
    batches they come; under another name it is another text."""
    inner = MemoryEmbedder()
    monkeypatch.setattr(embedding, "_open_embedder", lambda *_: CachedEmbedder(inner, tmp_path / "cache"))
    monkeypatch.setattr(embedding, "BATCH_TEXTS", 2)
    files = {f"{top}/p/q/r/x.py": BODY for top in "abcde"} | {"a/p/q/r/other.py": BODY}
    draft = a_draft(tmp_path / "x.draft", files)
    embedding.embed(draft, "local", Settings(cache=tmp_path), Notes(), lambda _: None)
    asked = [text for call in inner.calls for text in call]
    assert len(asked) == len(set(asked)) == 2
    assert len({(one.scale, one.data) for one in vectors(draft).values()}) == 2
    assert len(vectors(draft)) == 6


def test_identical_texts_of_one_call_run_once() -> None:
    """Without a cache too: the network sees a text once a call."""
    from concurrent.futures import ThreadPoolExecutor

    import numpy as np

    seen: list[int] = []

    def run(ids: np.ndarray) -> np.ndarray:
        seen.append(len(ids))
        return np.ones((*ids.shape, 8), np.float32)

    with ThreadPoolExecutor(1) as executor:
        made = embed_texts(["same text"] * 5 + ["another one"], model="m", dimensions=8, run=run, executor=executor)
    assert len(made) == 6
    assert sum(seen) == 2


def test_a_vector_does_not_hang_on_other_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files beside it, longer and shorter, leave a chunk's vector the same to the last bit."""
    monkeypatch.setattr(embedding, "_open_embedder", lambda *_: LocalEmbedder(threads=1))
    others = {f"src/m{n}.py": BODY + b"# more words here\n" * n for n in range(1, 12)}
    found = []
    for name, files in (("alone", {}), ("among", others)):
        draft = a_draft(tmp_path / f"{name}.draft", {"src/load.py": BODY, **files})
        embedding.embed(draft, "local", Settings(cache=tmp_path), Notes(), lambda _: None)
        found.append(vectors(draft)["src/load.py"])
    assert found[0] == found[1]
