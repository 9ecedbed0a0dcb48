"""An export is written whole or not at all, and never over what is not ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from doctown.errors import DoctownError, InputError
from doctown.export import place


def fill(destination: Path, text: str, form: str = "site") -> None:
    with place.folder(destination, form) as folder:
        folder.write("a/b.html", text)


def test_an_earlier_export_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """No page of an older version stays behind."""
    fill(tmp_path / "x", "one")
    (tmp_path / "x" / "a" / "old.html").write_text("old")
    fill(tmp_path / "x", "two")
    assert (tmp_path / "x/a/b.html").read_text() == "two"
    assert not (tmp_path / "x/a/old.html").exists()
    assert [one.name for one in tmp_path.iterdir()] == ["x"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    """A folder that was made for the site is one."""
    (tmp_path / "x").mkdir()
    fill(tmp_path / "x", "one")
    assert (tmp_path / "x/a/b.html").is_file()


@pytest.mark.parametrize("form", ["site", "markdown"])
def test_what_is_not_ours_is_left_alone(tmp_path: Path, form: str) -> None:
    """A slip of the finger does not replace a person's folder."""
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(mine)
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / place.MARK).write_text("[]")
    fill(tmp_path / "other", "x", "llms-txt")
    for name in ("mine", "file", "link", "other", "damaged", "no/where", ".."):
        with pytest.raises(InputError):
            fill(tmp_path / name, "x", form)
    assert (mine / "thesis.txt").read_text() == "years of work"


def test_what_fails_leaves_the_old_as_it_was(tmp_path: Path) -> None:
    """Readers of a site never see half of the next one."""
    fill(tmp_path / "x", "one")

    def fail() -> None:
        with place.folder(tmp_path / "x", "site") as folder:
            folder.write("a/b.html", "two")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert (tmp_path / "x/a/b.html").read_text() == "one"
    assert [one.name for one in tmp_path.iterdir()] == ["x"]


def test_what_a_killed_export_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    """A kill costs nothing but its own run; a folder that is not ours is not cleared."""
    partial = tmp_path / ".x.partial"
    partial.mkdir()
    (partial / place.MARK).write_text('{"form": "site"}')
    (partial / "half.html").write_text("ha")
    fill(tmp_path / "x", "one")
    assert not partial.exists()
    partial.mkdir()
    (partial / "mine.txt").write_text("x")
    with pytest.raises(InputError, match="in the way"):
        fill(tmp_path / "x", "two")
    assert (partial / "mine.txt").exists()


def test_two_pages_of_one_name_are_told(tmp_path: Path) -> None:
    """A collision of names would lose a page in silence."""
    with pytest.raises(DoctownError, match="cannot be written"), place.folder(tmp_path / "x", "site") as folder:
        folder.write("a.html", "1")
        folder.write("a.html", "2")
    assert not (tmp_path / "x").exists()


def test_files_are_replaced_only_by_their_like(tmp_path: Path) -> None:
    """As folders are."""
    target = tmp_path / "x.json"
    for text in (b"{1", b"{2"):
        with place.file(target, "json", b"{") as stream:
            stream.write(text)
    assert target.read_bytes() == b"{2"
    target.write_text("thesis")

    def refuse(path: Path) -> None:
        with place.file(path, "json", b"{") as stream:
            stream.write(b"{3")

    for path in (target, tmp_path, tmp_path / "no/x"):
        with pytest.raises(InputError):
            refuse(path)
    assert target.read_text() == "thesis"
