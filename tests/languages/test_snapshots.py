"""Every sample file still says what its snapshot shows, and every language has a sample."""

from __future__ import annotations

from pathlib import Path

import pytest

from doctown.languages import NAMES
from tests.languages.snapshot import SUFFIX, read, render, samples


@pytest.mark.parametrize(("language", "path"), samples(), ids=lambda value: getattr(value, "name", value))
def test_a_sample_says_what_its_snapshot_shows(language: str, path: Path) -> None:
    """What is read from a sample file changes only together with the snapshot that a person has checked."""
    expected = path.with_name(path.name + SUFFIX).read_text("utf-8")
    assert render(read(language, path.read_bytes(), path.name)) == expected


def test_every_language_has_a_sample() -> None:
    """A language cannot be added without showing what it reads."""
    assert {language for language, _ in samples()} == set(NAMES)


@pytest.mark.parametrize("language", NAMES)
def test_an_empty_file_has_a_module_and_nothing_else(language: str) -> None:
    """An empty file is not an error and invents nothing."""
    facts = read(language, b"", "empty")
    assert [symbol.kind for symbol in facts.symbols] == ["module"]
    assert not (facts.references or facts.imports or facts.bindings or facts.problems)


@pytest.mark.parametrize("language", NAMES)
def test_bytes_that_are_no_text_are_survived(language: str) -> None:
    """A file of random bytes yields its module and a problem at most; nothing raises."""
    facts = read(language, bytes(range(256)) * 8, "noise")
    assert facts.symbols[0].kind == "module"


@pytest.mark.parametrize(("language", "path"), samples(), ids=lambda value: getattr(value, "name", value))
def test_the_first_half_of_a_sample_still_gives_what_it_can(language: str, path: Path) -> None:
    """A file cut in the middle keeps symbols, each with a sound span."""
    data = path.read_bytes()
    half = data[: len(data) // 2]
    facts = read(language, half, path.name)
    assert len(facts.symbols) > 1
    for symbol in facts.symbols:
        assert 0 <= symbol.start_byte <= symbol.end_byte <= len(half)
        assert 1 <= symbol.start_line <= symbol.end_line


@pytest.mark.parametrize(("language", "path"), samples(), ids=lambda value: getattr(value, "name", value))
def test_symbols_lie_inside_their_parents_and_keys_are_unique(language: str, path: Path) -> None:
    """Keys name one symbol each, and every parent named exists."""
    facts = read(language, path.read_bytes(), path.name)
    keys = [symbol.key for symbol in facts.symbols]
    assert len(keys) == len(set(keys))
    assert all(symbol.parent in keys for symbol in facts.symbols[1:])
