"""What documentation costs is measured with the real prompts, against a baseline that is what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import generation
from doctown.errors import InputError
from doctown.generate.llm.tokens import count
from doctown.generate.prompts.forms import FILLER
from doctown.generate.write_desk import MemoryShelf
from tests.bench.conftest import value


def test_the_baseline_asks_once_for_each_symbol(shop: Path, tmp_path: Path) -> None:
    """All symbols count, whoever documented them; a full reply is longer than a sentence; no prompt has source."""
    with generation.read(shop, tmp_path / "shop.draft") as repository:
        taken, sentence, full = generation.baseline(repository)
        symbols = len(repository.symbols)
    assert symbols > 6
    assert taken > symbols * count(generation.BASELINE_SYSTEM + generation.BASELINE) * 0.8
    assert sentence == symbols * count(FILLER)
    assert full > 2 * sentence
    assert "{source}" not in generation.BASELINE


def test_what_is_written_is_paid_for_once(shop: Path, tmp_path: Path) -> None:
    """The ledger that is compared is that of a whole run; a second run from the same shelf asks nobody."""
    shelf = MemoryShelf()
    with generation.read(shop, tmp_path / "shop.draft") as repository:
        first, pages, tally = generation.written(repository, shelf)
        again, _, _ = generation.written(repository, shelf)
    assert first.tokens_in > 500
    assert first.usd == pytest.approx(generation.dollars(first.tokens_in, first.tokens_out))
    assert {page.subject_kind for page in pages} >= {"cluster", "repository"}
    assert tally.written
    assert again.calls == 0


def test_a_change_is_made_in_a_function_and_taken_back(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The share is of a run that really saw other code, and the corpus is left as it was."""
    before = {path: path.read_bytes() for path in shop.rglob("*.py")}
    shelf = MemoryShelf()
    with generation.read(shop, tmp_path / "shop.draft") as repository:
        ledger, _, _ = generation.written(repository, shelf)
        generation.since(shop, repository, shelf, ledger.tokens_in + ledger.tokens_out, tmp_path / "changed.draft")
    shares = [float(one) for one in value(capsys.readouterr().out, "the same, each").split()]
    assert len(shares) == 1  # the one function that a model is asked about and that returns something
    assert 0 < max(shares) < 100
    assert {path: path.read_bytes() for path in shop.rglob("*.py")} == before


def test_a_corpus_without_a_function_to_change_is_refused(shop: Path, tmp_path: Path) -> None:
    """A share of nothing is no figure."""
    for path in shop.rglob("*.py"):
        path.write_text("LIMIT = 1\n")
    with (
        generation.read(shop, tmp_path / "shop.draft") as repository,
        pytest.raises(InputError, match="no Python function"),
    ):
        generation.since(shop, repository, MemoryShelf(), 1, tmp_path / "changed.draft")
