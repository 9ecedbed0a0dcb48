"""The small project of every language: symbols, calls and tiers stay as right as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.accuracy import fixtures

SYMBOLS = 0.98  # precision and recall of kind and key
CALLS = 0.92  # F1 of both tiers
RESOLVED = 0.97  # precision of the resolved tier


@pytest.mark.parametrize("language", fixtures.names())
def test_a_languages_project_is_understood(language: str) -> None:
    """Symbols, calls of both tiers and above all the resolved ones hold what was promised for the language."""
    result = fixtures.measure(language)
    differs = "\n".join(fixtures.wrong(result))
    assert min(result.symbol_score[:2]) >= SYMBOLS, differs
    assert result.score[2] >= CALLS, differs
    assert result.resolved_score[0] >= RESOLVED, differs
    assert result.score[2] > result.by_name_score[2], "no better than the rule that a unique name is what is meant"


@pytest.mark.parametrize("language", fixtures.names())
def test_what_a_list_names_is_there(language: str) -> None:
    """A call in a list is between two symbols that the list of symbols has, or starts in a file's top level."""
    result = fixtures.measure(language)
    keys = {line.split(" ", 1)[1] for line in result.true_symbols}
    ends = {end for call in result.possible for end in call.split(" -> ")}
    assert {end for end in ends - keys if not end.endswith("#<module>")} == set()
    assert all(" -> " in call for call in result.possible)


def test_scores_and_differences_are_told(tmp_path: Path) -> None:
    """A missing call, an invented one, and a guess where the text is certain are each counted and named."""
    project = tmp_path / "python"
    project.mkdir()
    (project / "a.py").write_text("def f(): g()\ndef g(): pass\ndef h(): f()\n")
    (project / "symbols.txt").write_text("# all\nfunction a.py#f\nfunction a.py#g\nclass a.py#h\n")
    (project / "expected.txt").write_text("a.py#f -> a.py#g\na.py#g -> a.py#f\n\na.py#h -> a.py#f [candidate]\n")
    result = fixtures.measure("python", tmp_path)
    assert list(fixtures.wrong(result)) == [
        "+ function a.py#h",
        "- class a.py#h",
        "+ a.py#h -> a.py#f (not certain)",
        "- a.py#g -> a.py#f",
    ]
    assert result.score[:2] == (1.0, 2 / 3)
    assert result.resolved_score[:2] == (0.5, 0.5)
    assert fixtures.row(result).startswith("| python | 3 | 0.667/0.667 | 3 | 0.500/0.500/0.500 | 1.000/0.667/0.800 |")
