"""Corpora come from strangers: only plain files land in their folder, and what cannot be had is said."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pytest

from bench import corpora, debian, reading
from doctown.errors import InputError
from doctown.ingest import fetch
from doctown.model import Entry, Origin


class Given:
    """A tree that reads out what it was given, whatever its paths."""

    origin = Origin(kind="archive", location="given.tar", name="given")
    refused: Sequence[tuple[str, str]] = ()
    warnings: Sequence[str] = ()

    def __init__(self, *paths: str) -> None:
        self._paths = paths

    def entries(self) -> Sequence[Entry]:
        return [Entry(path=path, size=1) for path in self._paths]

    def read(self, paths: Collection[str]) -> Iterator[tuple[str, bytes]]:
        return ((path, b"x") for path in paths)


def pack(path: Path, links: dict[str, str], files: Collection[str]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, target in links.items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            archive.addfile(link)
        for name in files:
            member = tarfile.TarInfo(name)
            member.size = 1
            archive.addfile(member, io.BytesIO(b"x"))
    return path


@pytest.mark.parametrize("path", ["../out.py", "/out.py", "a/../../out.py", "a\\..\\out.py"])
def test_no_file_is_written_outside_its_corpus(path: str, tmp_path: Path) -> None:
    """A tree that names such a path is turned down, and nothing of it stays."""
    place = tmp_path / "corpora" / "given"
    place.parent.mkdir()
    with pytest.raises(InputError, match="leads out of its corpus"):
        corpora.write_out(Given("fine.py", path), place)
    assert [each.name for each in tmp_path.rglob("*")] == ["corpora"]


def test_a_file_in_the_way_of_a_folder_is_an_error_with_a_cause(tmp_path: Path) -> None:
    """Two members that cannot both be written end the fetch, not the program."""
    with pytest.raises(InputError, match="cannot be written"):
        corpora.write_out(Given("a", "a/b"), tmp_path / "given")
    assert not list(tmp_path.iterdir())


def test_links_of_an_archive_are_not_followed_nor_made(tmp_path: Path) -> None:
    """A link out of the folder would let the next member be written through it."""
    archive = pack(tmp_path / "evil-1.tar.gz", {"evil-1/link": str(tmp_path / "outside")}, ["evil-1/ok.py"])
    with fetch.open_archive(archive) as tree:
        corpora.write_out(tree, tmp_path / "given")
    assert [path.name for path in (tmp_path / "given").rglob("*")] == ["ok.py"]
    assert not (tmp_path / "outside").exists()


def test_a_corpus_is_fetched_once_and_says_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs compare with each other only if they are of the same files; those are the code and not what is around it."""
    crate = "usr/share/cargo/registry/tokio-1"
    archive = pack(
        tmp_path / "tokio.tar.gz",
        {},
        [f"{crate}/src/lib.rs", f"{crate}/.cargo-checksum.json", "usr/share/doc/copyright"],
    )
    fetched: list[str] = []

    def binary(package: str, folder: Path) -> Path:
        fetched.append(package)
        return archive

    monkeypatch.setattr(debian, "binary", binary)
    first, second = corpora.get("tokio", tmp_path / "cache"), corpora.get("tokio", tmp_path / "cache")
    assert first == second
    assert (first.folder / "src" / "lib.rs").read_bytes() == b"x"
    # Debian marks every crate as a copy of another's; in a folder of its own the crate would be skipped as vendored.
    assert [source.path for source in reading.sources(first.folder)] == ["src/lib.rs"]
    assert first.title == "Debian's tokio.tar.gz"
    assert fetched == ["librust-tokio-dev"]


def test_without_a_source_package_the_standard_library_stands_in_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A figure of CPython's sources must not quietly be one of something else."""
    library = tmp_path / "library"
    (library / "site-packages").mkdir(parents=True)
    (library / "os.py").write_text("x = 1\n")
    (library / "site-packages" / "other.py").write_text("x = 1\n")

    def refuse(package: str, folder: Path) -> Path:
        raise InputError("no apt-get here", "run this on Debian")

    monkeypatch.setattr(debian, "source", refuse)
    monkeypatch.setattr(corpora.sysconfig, "get_path", lambda name: str(library))
    corpus = corpora.get("cpython", tmp_path / "cache")
    assert corpus.title.startswith("the standard library of Python")
    assert "no apt-get here" in corpus.title
    assert [path.name for path in corpus.folder.iterdir()] == ["os.py"]


def test_what_cannot_be_had_is_left_out_with_a_line(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One missing corpus does not take the others' figures along."""
    found = corpora.available([str(tmp_path / "nowhere"), str(shop)], tmp_path)
    assert [corpus.name for corpus in found] == ["shop"]
    assert "left out" in capsys.readouterr().out


def test_fetching_prints_what_lies_there(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A person sees what is measured on."""
    assert corpora.main([str(shop), "--cache", str(tmp_path)]) == 0
    assert "4 files  the folder shop" in capsys.readouterr().out
