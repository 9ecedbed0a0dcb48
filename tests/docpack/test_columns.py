"""Whole tables of a draft: what is made when it is asked for is what a reader finds."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from doctown.docpack import columns, sealing
from doctown.docpack.draft import Draft
from doctown.docpack.reader import Pack

from .conftest import FINGERPRINT, demo_symbols


def test_symbols_that_are_made_late_are_the_readers(
    pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever symbol is asked for first, with its neighbours or without, every field is that of the pack."""
    monkeypatch.setattr(columns, "BLOCK", 2)
    with (
        Pack.open(pack) as opened,
        Draft.from_pack(pack, tmp_path / "a.draft", FINGERPRINT, checked=True) as draft,
    ):
        table = draft.symbols()
        entries = list(opened.symbols())
        assert [table[entry.id] for entry in reversed(entries)] == list(reversed(demo_symbols()))
        assert table.centrality() == {entry.id: round(entry.centrality * 10**9) for entry in entries}


def test_lists_are_the_same_joined_at_once_or_in_parts(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a large pack the lists do not come into memory together, and none of them is left out."""
    connection = sqlite3.connect(pack)
    for table in ("edge_lists", "unresolved_lists"):
        at_once = "".join(columns.joined(connection, table))
        monkeypatch.setattr(columns, "MOST_JOINED", 0)
        in_parts = "".join(columns.joined(connection, table))
        monkeypatch.undo()
        assert at_once
        assert sorted(at_once) == sorted(in_parts)


def test_what_lists_use_is_told_without_decoding_them(pack: Path) -> None:
    """Dropping what nobody uses any more must spare every name and label that a view shows."""
    connection = sqlite3.connect(pack)
    names, labels = sealing._used(connection, "unresolved_lists", ids=True)
    assert names == {row[0] for row in connection.execute("SELECT id FROM names")}
    assert labels == {row[0] for row in connection.execute("SELECT id FROM unresolved_labels")}
    _, labels = sealing._used(connection, "edge_lists", ids=False)
    assert labels == {row[0] for row in connection.execute("SELECT id FROM edge_labels")}
