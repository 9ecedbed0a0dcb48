"""Chunks: every byte once, whole statements, within the limit."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_sitter import Parser

from doctown.ingest.chunk import LIMIT, chunk_code, chunk_text
from doctown.languages import languages
from doctown.languages.base import grammar_of
from doctown.languages.extract import extract
from doctown.model import Chunk


def words(text: bytes) -> list[int]:
    return [len(line.split()) for line in text.split(b"\n")]


def chunks_of(source: str, limit: int = LIMIT, path: str = "a.py") -> tuple[bytes, tuple[Chunk, ...]]:
    python = languages()["python"]
    data = source.encode()
    tree = Parser(grammar_of(python.grammar, python.grammar_function)).parse(data)
    facts = extract(python, path, data, tree)
    return data, chunk_code(path, data, facts.symbols, tree, words, limit)


def assert_covers(data: bytes, chunks: tuple[Chunk, ...]) -> None:
    at = 0
    for chunk in chunks:
        assert chunk.start_byte == at
        assert chunk.end_byte > at
        at = chunk.end_byte
    assert at == len(data)


FUNCTION = "def {name}(a, b):\n" + "".join(f"    total_{i} = a + b * {i} - {i}\n" for i in range(12)) + "    return a\n"


def test_every_function_of_some_size_has_its_own_chunk() -> None:
    """A function is found by its own meaning, not by its neighbours'."""
    data, chunks = chunks_of("import os\n\n\n" + FUNCTION.format(name="one") + "\n\n" + FUNCTION.format(name="two"))
    assert_covers(data, chunks)
    assert [chunk.symbol for chunk in chunks] == ["a.py#one", "a.py#two"]


def test_a_comment_above_a_function_goes_with_it() -> None:
    """What explains a function is embedded with it."""
    data, chunks = chunks_of(FUNCTION.format(name="one") + "\n\n# Explains two.\n" + FUNCTION.format(name="two"))
    assert b"# Explains two." in data[chunks[-1].start_byte : chunks[-1].end_byte]


def test_small_methods_stay_together_with_their_class() -> None:
    """Ten getters do not make ten chunks."""
    source = "class Box:\n" + "".join(f"    def get_{i}(self):\n        return self.{i}x\n" for i in range(3))
    _, chunks = chunks_of(source)
    assert {chunk.symbol for chunk in chunks} <= {"a.py#Box", "a.py#<module>"}
    assert len(chunks) == 1


def test_tests_share_chunks() -> None:
    """A test suite, half of many repositories, does not take a vector for each of its small tests: those of a class
    share chunks that are the class's, as far as the limit goes. Elsewhere the same code has a chunk for each."""
    case = "class {name}:\n" + "".join(
        f"    def test_{i}(self):\n" + "        self.check(1, 2, 3, 4, 5, 6, 7, 8)\n" * 6 for i in range(3)
    )
    source = case.format(name="One") + "\n\n" + case.format(name="Two")
    data, chunks = chunks_of(source, limit=200, path="tests/test_a.py")
    assert_covers(data, chunks)
    assert [chunk.symbol for chunk in chunks] == ["tests/test_a.py#One", "tests/test_a.py#Two"]
    assert all(150 < chunk.tokens <= 200 for chunk in chunks)
    _, chunks = chunks_of(source, limit=200)
    assert [chunk.symbol for chunk in chunks] == [f"a.py#{name}.test_{i}" for name in ("One", "Two") for i in range(3)]


def test_tests_of_some_size_stand_alone() -> None:
    """What is large enough to say something by itself joins nothing, nor does anything join it across classes."""
    large = FUNCTION.replace("{name}", "test_large").replace("return a\n", "return a\n" + "    a = b\n" * 30)
    small = "def test_small(a):\n" + "    assert a + 1 == a + 2 - 1\n" * 8
    data, chunks = chunks_of(f"{large}\n\n{small}\n\n{small.replace('small', 'other')}", path="tests/test_a.py")
    assert_covers(data, chunks)
    assert [chunk.symbol for chunk in chunks] == ["tests/test_a.py#test_large", "tests/test_a.py#<module>"]


def test_a_large_function_is_split_between_statements() -> None:
    """No chunk starts or ends in the midst of a statement while its statements are small enough."""
    body = "".join(f"    value_{i} = compute(\n        {i},\n        {i} + 1,\n    )\n" for i in range(60))
    data, chunks = chunks_of("def big():\n" + body, limit=50)
    assert_covers(data, chunks)
    assert len(chunks) > 3
    for chunk in chunks:
        assert chunk.tokens <= 50
        assert data[chunk.start_byte : chunk.end_byte].lstrip().startswith((b"def big", b"value_"))


@pytest.mark.parametrize("limit", [1, 3, LIMIT])
def test_one_endless_line_is_still_cut_to_the_limit(limit: int) -> None:
    """Even a literal without any break fits the model's window."""
    data, chunks = chunks_of("x = '" + "word " * 900 + "'\n", limit=limit)
    assert_covers(data, chunks)
    assert all(chunk.tokens <= limit for chunk in chunks)


def test_cuts_never_fall_inside_a_character() -> None:
    """Each chunk is valid UTF-8 by itself."""
    data, chunks = chunks_of("x = '" + "Ωβ🙂 " * 700 + "'\n", limit=3)
    for chunk in chunks:
        data[chunk.start_byte : chunk.end_byte].decode("utf-8")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60), st.sampled_from(["a.py", "tests/test_a.py"]))
def test_any_nesting_is_covered_exactly_once(seed: int, limit: int, path: str) -> None:
    """Coverage without gap or overlap holds for whatever shape the code has."""
    rng = random.Random(seed)
    lines: list[str] = []

    def block(depth: int) -> None:
        for _ in range(rng.randint(1, 4)):
            pad = "    " * depth
            choice = rng.random()
            if choice < 0.4 and depth < 5:
                lines.append(f"{pad}{rng.choice(['def f(a):', 'class C:', 'if x:', 'async def g():'])}")
                block(depth + 1)
            elif choice < 0.6:
                lines.append(f"{pad}# note {rng.randint(0, 99)}")
                lines.append(f"{pad}pass")
            else:
                lines.append(f"{pad}call({', '.join(str(i) for i in range(rng.randint(0, 30)))})")

    block(0)
    data, chunks = chunks_of("\n".join(lines) + "\n", limit, path)
    assert_covers(data, chunks)
    assert all(chunk.tokens <= max(limit, 1) for chunk in chunks)


def test_prose_is_cut_between_paragraphs() -> None:
    """A README's sections are found as wholes."""
    text = "\n\n".join(f"# Title {i}\n\n" + "some words here " * 20 for i in range(6)).encode()
    chunks = chunk_text("README.md", text, words, 70)
    assert_covers(text, chunks)
    assert all(text[chunk.start_byte : chunk.start_byte + 1] == b"#" for chunk in chunks)


def test_an_empty_file_has_no_chunks() -> None:
    """Nothing to cover, nothing made up."""
    assert chunks_of("")[1] == ()
    assert chunk_text("a.md", b"", words) == ()
