"""What can be typed, and what `--help` says of it."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from doctown import __version__
from doctown.cli import main
from doctown.cli.arguments import COMMANDS, parse
from doctown.ingest.pool import Limits
from doctown.ingest.walk import WalkLimits
from tests.cli.conftest import Doctown


def test_the_top_names_every_command(doctown: Doctown) -> None:
    """A newcomer learns all that there is, and what the exit statuses mean."""
    ran = doctown("--help")
    assert (ran.status, ran.err) == (0, "")
    for name, (summary, _) in COMMANDS.items():
        assert re.search(rf"^\s+{name}\s+{re.escape(summary[:40])}", ran.out, re.MULTILINE)
    assert "Exit status: 0 done;" in ran.out
    assert doctown("--version").out == f"doctown {__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_every_default(command: str, doctown: Doctown) -> None:
    """Each option that takes a value says what holds without it, and every argument is explained."""
    ran = doctown(command, "--help")
    assert (ran.status, ran.err) == (0, "")
    positional, _, options = ran.out.partition("\noptions:\n")
    for item in re.split(r"\n  (?=-)", "\n" + options)[1:]:
        takes_value = re.search(r" (?:[A-Z]+|\{.*\}|none)$", re.split(r"\s{2,}", item)[0])
        if takes_value:
            assert "default" in " ".join(item.split()), item
    _, _, arguments = positional.partition("\npositional arguments:\n")
    for line in re.findall(r"^  [A-Z]+.*(?:\n {4,}.*)?", arguments, re.MULTILINE):
        assert len(line.split()) > 2, line


def test_the_defaults_that_help_states_are_the_real_ones(doctown: Doctown) -> None:
    """Help is written by hand, the limits live elsewhere: they must not drift apart."""
    text = " ".join(doctown("build", "--help").out.split())
    walk = WalkLimits()
    for option, value in (
        ("--max-file-size SIZE", f"{walk.max_file_bytes >> 20}M"),
        ("--max-files N", str(walk.max_files)),
        ("--max-total-size SIZE", f"{walk.max_total_bytes >> 30}G"),
        ("--timeout SECONDS", f"{Limits().seconds:g}"),
    ):
        assert re.search(rf"{option} [^()]*\(default: {value}\)", text), option
    assert parse(["build", "x"]).timeout == Limits().seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        ("512", 512),
        ("512K", 512 << 10),
        ("2m", 2 << 20),
        ("2MiB", 2 << 20),
        ("2MB", 2 << 20),
        ("1G", 1 << 30),
    ],
)
def test_sizes(text: str, size: int) -> None:
    """Sizes are typed as people type them."""
    assert parse(["build", "x", "--max-file-size", text]).max_file_size == size


@pytest.mark.parametrize("text", ["", "K", "-1", "1T", "1.5M", "two", "²", "1" * 30])
def test_what_is_no_size(text: str, doctown: Doctown) -> None:
    """Anything else is said, not guessed."""
    ran = doctown("build", "x", "--max-file-size", text)
    assert ran.status == 2
    assert "size" in ran.complaint


def test_words_after_an_option_are_words() -> None:
    """`show PACK --json NAME` and `search PACK one --json two` mean what they say."""
    assert parse(["show", "p", "--json", "name"]).subject == "name"
    assert parse(["show", "--json", "p", "name", "--source"]).subject == "name"
    assert parse(["search", "p", "one", "--json", "two", "-n", "3", "three"]).query == ["one", "two", "three"]
    assert parse(["search", "p", "--", "-x"]).query == ["-x"]


@pytest.mark.parametrize("arguments", [["show", "p", "a", "b"], ["show", "p", "a", "--json", "b"], ["info", "p", "q"]])
def test_too_many_words(arguments: list[str], doctown: Doctown) -> None:
    """A word that no command would look at is not dropped silently."""
    ran = doctown(*arguments)
    assert ran.status == 2
    assert "unrecognized arguments" in ran.complaint


# These go on until they are told to stop, or document whatever the words happen to name.
LASTING = frozenset({"build", "estimate", "serve", "view", "mcp", "test-model", "doctor"})
WORDS = st.one_of(
    st.sampled_from([
        *(command for command in COMMANDS if command not in LASTING),
        "--json", "--source", "--all", "-n", "--limit", "--kind", "--language", "--path", "--words",
        "--help", "--version",
        "--", "-", "", "PACK", "0", "1", "-1", "class", "python", "shop", "Till.clean", "add_up", "total",
        "return the sum", "missing", ".", "#", "..", "~2", "shop/till.py", "\x00", "\udcff",
    ]),
    st.text(st.characters(codec=None), max_size=12),
)  # fmt: skip


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(["show", "PACK", "\x00"])
@example(["show", "\x00"])
@example(["info", "\udcff"])
@example(["search", "PACK", "\udcff", "--path", "\x00", "--kind", "\udcff"])
@example(["show", "PACK", "\ud800.x"])
@example(["diff", "PACK", "PACK"])
@given(st.lists(WORDS, max_size=6))
def test_no_arguments_give_a_traceback(pack: Path, arguments: list[str]) -> None:
    """Whatever is typed ends with one of the documented statuses and, in error, one line of complaint."""
    out, err = io.StringIO(), io.StringIO()
    arguments = [word for word in arguments if word not in LASTING]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main([str(pack) if word == "PACK" else word for word in arguments])
        except SystemExit as end:
            status = int(end.code or 0)
    assert status in (0, 1, 2)
    if status == 2:
        assert out.getvalue() == ""
        assert err.getvalue().count("\n") == 1
        assert err.getvalue().startswith("doctown: ")


@settings(max_examples=30, deadline=None)
@given(st.lists(WORDS.filter(lambda word: word not in COMMANDS), max_size=5))
def test_no_options_of_a_build_give_a_traceback(words: list[str]) -> None:
    """The arguments of `build` are taken or turned down; either way none raises anything else."""
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        try:
            options = parse(["build", *words])
        except SystemExit as end:
            assert end.code in (0, 2)
        else:
            assert options.source in words
