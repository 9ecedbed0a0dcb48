"""Packs of an object store, as files of this machine."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from doctown.services import shelf
from doctown.services.office import Office
from doctown.services.shelf import Shelf
from doctown.store import open_store


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """One whose store is elsewhere and has six packs."""
    store = open_store("memory://", tmp_path)
    for number in range(6):
        file = tmp_path / "pack"
        file.write_bytes(b"pack %d" % number)
        store.put_pack(name(number), file)
    return cast(Office, SimpleNamespace(store=store, scratch=tmp_path))


def name(number: int) -> str:
    return sha256(b"%d" % number).hexdigest()


def test_packs_that_were_fetched_do_not_fill_the_disk(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many are kept, and the longest there is the first to go; it is fetched again when somebody asks for it."""
    monkeypatch.setattr(shelf, "FETCHED", 2)
    packs = Shelf(office)
    for number in range(6):
        path = packs.file(name(number))
        assert path is not None
        assert path.read_bytes() == b"pack %d" % number
        os.utime(path, (number, number))  # a clock that ticks between them
        assert len(list((tmp_path / "packs").iterdir())) <= 3
    assert not (tmp_path / "packs" / f"{name(0)}.docpack").exists()
    again = packs.file(name(0))
    assert again is not None
    assert again.read_bytes() == b"pack 0"


def test_a_pack_that_is_nowhere_is_none(office: Office) -> None:
    """Its job may outlive it by an hour."""
    assert Shelf(office).file("e" * 64) is None
