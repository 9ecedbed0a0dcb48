"""Core and full extraction differ by the detail of the query, and by nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import reading, workers
from doctown import facts as codec
from doctown.errors import InputError
from doctown.languages import NAMES

SYMBOLS_ONLY = {"dart", "elixir", "haskell", "ocaml", "sql", "zig"}  # read for symbols and documentation


def test_every_query_is_divided_into_core_and_detail() -> None:
    """The 1.6 is promised for symbols, imports and calls; without a division it would be measured on something else."""
    for name in NAMES:
        language = reading.core_language(name)
        assert "@definition" in language.query_source
        if name not in SYMBOLS_ONLY:
            assert "@reference.calls" in language.query_source or "@path.calls" in language.query_source
        assert reading.DETAIL not in language.query_source


def test_the_core_finds_symbols_and_calls_and_full_finds_more(shop: Path) -> None:
    """What is timed does the work: a query that matched nothing would be quick."""
    files = reading.sources(shop)
    assert [file.path for file in files] == ["shop/door.py", "shop/till.py", "web/app.ts"]
    assert 8 < reading.core(files) <= reading.full(files)


def test_a_corpus_without_code_is_no_corpus(tmp_path: Path) -> None:
    """A ratio over nothing is refused rather than printed."""
    (tmp_path / "README.md").write_text("# Nothing\n")
    with pytest.raises(InputError, match="no source files"):
        reading.sources(tmp_path)


def test_a_worker_reads_what_a_build_reads(shop: Path) -> None:
    """The gain of two processes includes what it costs to bring the facts back."""
    facts = codec.decode(workers.read_one(reading.sources(shop)[1]))
    assert [symbol.name for symbol in facts.symbols[1:]] == ["Till", "total", "add_up"]
