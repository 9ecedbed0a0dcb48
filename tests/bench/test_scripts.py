"""Every benchmark runs on a tiny corpus and prints its rows; whether a target is met is not judged here."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from bench.corpora import get

from bench import __main__ as everything
from bench import measure, opening, pack, parsing, since
from doctown import cli
from tests.bench.conftest import value

FIGURE = re.compile(r"\d[\d.,]* ?(×|s|ms|MB|%)")
VERDICT = re.compile(r"(met|MISSED)$")


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Builds in this process: loading the command line a dozen times would be most of the tests' time."""

    def doctown(arguments: Sequence[str], cache: Path) -> measure.Run:
        monkeypatch.setenv("DOCTOWN_CACHE", str(cache))
        with redirect_stdout(io.StringIO()) as printed:
            cost = measure.in_process(lambda: cli.main(arguments))
        return measure.Run(cost=cost, largest=1, together=1, output=printed.getvalue())

    monkeypatch.setattr(measure, "doctown", doctown)
    monkeypatch.setattr(since, "ROUNDS", 1)
    monkeypatch.setattr(pack, "WORKERS", (1, 2))


def test_parsing_compares_with_the_raw_parse(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Core, full, and the gain of a second process each have their row."""
    monkeypatch.setattr(parsing, "BURNS", 1000)
    monkeypatch.setattr(parsing, "ROUNDS", 1)
    assert parsing.main([str(shop), "--cache", str(tmp_path)]) == 0
    output = capsys.readouterr().out
    for row in ("parse, symbols, imports and calls ÷ raw", "one process ÷ two"):
        assert FIGURE.search(value(output, row))
        assert VERDICT.search(value(output, row))
    assert FIGURE.search(value(output, "the same with bindings"))


def test_a_build_is_measured_with_all_that_it_leaves(
    in_process: None, shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """CPU, stages, memory, size with and without vectors, growth, and one identity whatever the workers."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "one.py").write_text("def one():\n    return 1\n" * 50)
    assert pack.main([str(shop), str(other), "--cache", str(tmp_path)]) == 0
    output = capsys.readouterr().out
    assert value(output, "docpack_id with any of 1, 2 workers").split() == ["the", "same", "met"]
    for row in ("whole build without vectors", "peak memory of all", "with source and vectors", "with source, without"):
        assert FIGURE.search(value(output, row))
        assert VERDICT.search(value(output, row))
    assert FIGURE.search(value(output, "of its wall time: seal"))
    assert VERDICT.search(value(output, "exponent over all of them"))


def test_a_rebuild_is_compared_with_a_full_build(
    in_process: None, shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rebuilt pack has the identity of one built anew, and another than before the change."""
    assert since.main([str(shop), "--cache", str(tmp_path), "--file", "shop/door.py"]) == 0
    output = capsys.readouterr().out
    assert value(output, "docpack_id of rebuild and full build").split() == ["the", "same", "met"]
    assert value(output, "docpack_id before and after the change").split() == ["differs", "met"]
    assert VERDICT.search(value(output, "rebuild ÷ full build"))
    assert (shop / "shop/door.py").read_text().count("changed") == 0


def test_the_change_is_inside_one_function(shop: Path) -> None:
    """What is rebuilt is what a person would have edited: a body, so that no other file is touched by it."""
    before = (shop / "shop/till.py").read_text()
    assert since.change(shop, "shop/till.py") == "shop/till.py"
    after = (shop / "shop/till.py").read_text()
    assert after.replace("        changed = 1\n", "") == before != after


def test_showing_a_symbol_is_compared_with_the_interpreter(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reader alone and the whole command each have a row for wall and CPU."""
    assert opening.main([str(shop), "--cache", str(tmp_path), "--rounds", "1"]) == 0
    output = capsys.readouterr().out
    assert VERDICT.search(value(output, "the reader alone, wall"))
    assert VERDICT.search(value(output, "`doctown show`, CPU"))


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> None:
    """Benchmarks that print, break off, and cannot run."""
    show = "from bench import measure; measure.at_most('good', 1, 2); measure.at_most('bad', 3, 2)"
    monkeypatch.setattr(
        everything,
        "BENCHMARKS",
        {
            "prints": everything.Benchmark("prints", lambda _: ["-c", show]),
            "breaks": everything.Benchmark("breaks", lambda _: ["-c", "raise SystemExit(3)"]),
            "lacks": everything.Benchmark("lacks", lambda _: ["-c", "print(1)"], lambda: "a compiler"),
        },
    )


def test_the_end_counts_what_was_met(three: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missed target is listed again where nobody overlooks it, and is no failure of the run."""
    assert everything.main(["prints", "lacks", "--cache", str(tmp_path)]) == 0
    output = capsys.readouterr().out
    assert "1 targets met, 1 missed" in output
    assert "prints: bad 3.00 × ≤ 2.00 × MISSED" in output
    assert "left out, for want of a compiler" in output


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("real tokens of computed ones       0.981  target >= .97", "met"),
        ("real tokens of computed ones       0.961  target >= .97", "MISSED"),
        ("rebuild: share of the cold run's   4.30%  target <= 5 %", "met"),
        ("rebuild: share of the cold run's   5.30%  target <= 5 %", "MISSED"),
        ("identical whatever the batch       120/120  target > 99.9 %", "met"),
        ("identical whatever the batch       119/120  target > 99.9 %", "MISSED"),
        ("chunks                             1500", ""),
    ],
)
def test_targets_of_the_embedding_benchmark_are_judged(line: str, verdict: str) -> None:
    """It prints figures beside targets; whether they are met is not left to the reader's arithmetic."""
    assert everything.judged(line).removeprefix(line).strip() == verdict


def test_a_benchmark_that_breaks_off_is_a_failure(
    three: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others still run; the exit status and the last lines say what did not."""
    assert everything.main(["--cache", str(tmp_path)]) == 1
    output = capsys.readouterr().out
    assert "breaks: broke off with status 3" in output
    assert "1 targets met" in output


def test_every_module_named_can_be_started(shop: Path, tmp_path: Path) -> None:
    """A benchmark that was renamed must not turn into a line at the end that nobody reads."""
    for name, benchmark in everything.BENCHMARKS.items():
        if name == "embedding":
            continue  # its command names a fetched corpus; the script itself is below
        command = benchmark.command(tmp_path)
        path = command[1].replace(".", "/") + ".py" if command[0] == "-m" else command[0]
        assert (everything.HERE.parent / path).is_file()
    assert (everything.HERE / "embedding.py").is_file()
    assert get(str(shop), tmp_path).folder == shop
