"""Text of strangers on somebody's terminal: no escape sequence, forged line or half of a character gets there."""

from __future__ import annotations

import json
import os
import sqlite3
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctown.cli.text import block, complain, json_text, plain
from tests.cli.conftest import Doctown, write

QUIET = ("--vectors", "none", "--workers", "1")


def harmless(text: str) -> bool:
    """Nothing that moves the cursor, switches the terminal's state or turns the direction of the text."""
    return not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text) and not (
        set(text) & set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    )


@settings(deadline=None)
@given(st.text(st.characters(codec=None)))
def test_plain_text_is_one_harmless_line(text: str) -> None:
    """Whatever a name holds, it stays within its line, and what is harmless is not touched."""
    assert harmless(plain(text))
    if harmless(text):
        assert plain(text) == text


@settings(deadline=None)
@given(st.text(st.characters(codec=None)))
def test_a_block_keeps_its_lines_and_nothing_else(text: str) -> None:
    """Documentation keeps its line ends and tabs."""
    shown = block(text)
    assert all(map(harmless, shown.replace("\t", " ").split("\n")))
    assert shown.count("\n") == text.count("\n")


@settings(max_examples=40, deadline=None)
@given(st.recursive(st.text(st.characters(codec=None)), lambda inner: st.dictionaries(st.text(), inner), max_leaves=5))
def test_json_loses_nothing_and_harms_nobody(value: object) -> None:
    """A program gets every character back, and a person who looks at it is not attacked."""
    text = json_text(value)
    assert json.loads(text) == value
    assert all(map(harmless, text.split("\n")))


def test_a_complaint_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A message that quotes a file name with a line end in it is still one line, and not endless."""
    complain("a\nb\x1b[31m" + "c" * 5000)
    err = capsys.readouterr().err
    assert err.startswith("a b\\x1b[31mc")
    assert err.count("\n") == 1
    assert len(err) < 1100


COMMANDS = (
    ("show", "{pack}"),
    ("show", "{pack}", "ring", "--source"),
    ("show", "{pack}", "shop/höhle und [bold].py", "--source"),
    ("show", "{pack}", "--json", "ring", "--source"),
    ("search", "{pack}", "ring"),
    ("search", "{pack}", "--json", "ring"),
    ("info", "{pack}"),
    ("info", "{pack}", "--json"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_escapes_in_the_source_do_not_reach_the_terminal(
    command: tuple[str, ...], pack: Path, doctown: Doctown
) -> None:
    """Docstrings, paths and source text come from the repository, whose author may want the reader's terminal."""
    ran = doctown(*(part.format(pack=pack) for part in command))
    assert ran.status == 0
    assert "höhle und [bold].py" in ran.out or command[0] == "info" or len(command) == 2
    assert all(map(harmless, (ran.out + ran.err).split("\n")))


def test_a_pack_with_escapes_in_every_text(pack: Path, doctown: Doctown, tmp_path: Path) -> None:
    """No column of a hostile pack reaches the terminal raw, whichever command prints it."""
    bad = tmp_path / "bad.docpack"
    bad.write_bytes(pack.read_bytes())
    database = sqlite3.connect(bad, isolation_level=None)
    evil = "'\x1b]0;x\x07\n\u202e\x9b31m'"
    for table, columns in {
        "terms": ["term"], "names": ["name"], "edge_labels": ["reason"], "unresolved_labels": ["reason"],
        "docstrings": ["text"], "clusters": ["label"], "artifacts": ["name", "summary"],
        "page_rows": ["title", "summary", "body"],
    }.items():  # fmt: skip
        known = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
        for column in sorted(known.intersection(columns)):
            database.execute(f"UPDATE {table} SET {column} = {column} || {evil} WHERE typeof({column}) = 'text'")
    database.execute(f"UPDATE symbol_rows SET signature = {evil} || coalesce(signature, '')")
    database.execute(f"""UPDATE file_rows SET reason = {evil} WHERE path = 'logo.png'""")
    database.execute(
        f"""UPDATE manifest SET value = '"' || replace({evil}, char(10), ' ') || '"' WHERE key = 'created'"""
    )
    database.close()
    printed = 0
    for arguments in (
        ("show", bad, "total"),
        ("show", bad, "add_up", "--all"),
        ("show", bad, "shop/till.py"),
        ("show", bad),
        ("show", "--json", bad, "total"),
        ("search", bad, "total"),
        ("search", "--json", bad, "total"),
        ("info", bad),
        ("info", "--json", bad),
        ("verify", bad),
        ("verify", "--json", bad),
        ("diff", pack, bad),
    ):
        ran = doctown(*arguments)
        assert ran.status in (0, 1, 2), ran
        assert all(map(harmless, (ran.out + ran.err).split("\n"))), arguments
        printed += "\\x1b]0;x" in ran.out + ran.err or "\\u001b]0;x" in ran.out + ran.err
    assert printed >= 5  # or the texts were not met at all, and nothing was tested


def test_names_of_every_sort(doctown: Doctown, tmp_path: Path) -> None:
    """A folder, an output and files with blanks, brackets, line ends, escapes and bytes that are no text: the build
    goes on, lists what it did not take, and neither its progress nor its report carries an escape."""
    folder = write(
        tmp_path / "a b [red]\n\x1b[31m",
        {
            "ok file.py": "x = 1\n",
            "[bold]/x[/bold].py": "y = 1\n",
            "日本.py": "z = 1\n",
            "line\nend.py": "",
            "esc\x1b[31m.py": "",
        },
    )
    (folder / os.fsdecode(b"bytes\xff.py")).write_bytes(b"")
    built = doctown("build", folder, *QUIET, "-o", tmp_path / "out put.docpack")
    assert built.status == 0, built
    assert all(map(harmless, (built.out + built.err).split("\n")))
    data = json.loads(doctown("info", "--json", tmp_path / "out put.docpack").out)
    skipped = [path for paths in data["skipped"].values() for path in paths]
    assert sorted(skipped) == ["bytes\\udcff.py", "esc\\x1b[31m.py", "line\\x0aend.py"]
    shown = doctown("show", tmp_path / "out put.docpack", "[bold]/x[/bold].py")
    assert "[bold]/x[/bold].py" in shown.out
    assert doctown("show", tmp_path / "out put.docpack", "日本.py").status == 0
