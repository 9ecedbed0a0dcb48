"""Debian's packages are fetched with lists of our own, beside the system's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bench import debian
from doctown.errors import InputError


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system's configuration, in both of its formats."""
    folder = tmp_path / "etc"
    (folder / "sources.list.d").mkdir(parents=True)
    (folder / "sources.list").write_text("# comment\ndeb https://mirror.example/debian stable main\n")
    (folder / "sources.list.d" / "debian.sources").write_text("Types: deb\nURIs: https://mirror.example/debian\n")
    monkeypatch.setattr(debian, "CONFIGURATION", folder)
    monkeypatch.setattr(debian.shutil, "which", lambda name: f"/usr/bin/{name}")
    return folder


def test_sources_are_enabled_in_a_copy_and_the_system_stays_as_it_is(
    system: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A benchmark changes nothing of the machine it runs on, and trusts no server that the machine does not."""
    before = {path: path.read_text() for path in system.rglob("*") if path.is_file()}
    calls: list[list[str]] = []

    def call(command: list[str], *, cwd: Path, **_: object) -> subprocess.CompletedProcess[bytes]:
        calls.append(command)
        if "source" in command:
            (cwd / "thing_1.orig.tar.xz").write_bytes(b"")
        return subprocess.CompletedProcess(command, 0, b"", b"")

    monkeypatch.setattr(debian.subprocess, "run", call)
    ours = tmp_path / "ours"
    assert debian.source("thing", ours).name == "thing_1.orig.tar.xz"
    assert {path: path.read_text() for path in system.rglob("*") if path.is_file()} == before
    assert (
        (ours / "sources" / "debian.sources").read_text().startswith("Types: deb deb-src\nURIs: https://mirror.example")
    )
    assert "deb-src https://mirror.example/debian stable main" in (ours / "sources" / "sources.list").read_text()
    assert [next(word for word in command if word in ("update", "source")) for command in calls] == ["update", "source"]
    for command in calls:
        assert "Dir::Etc::SourceList=/dev/null" in command
        assert f"Dir::State::Lists={ours / 'lists'}" in command


def test_a_refusal_is_an_error_with_its_last_words(
    system: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader learns why a corpus is missing."""

    def call(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess(command, 100, b"", b"noise\nE: Unable to find a source package\n")

    monkeypatch.setattr(debian.subprocess, "run", call)
    with pytest.raises(InputError, match="Unable to find a source package"):
        debian.source("thing", tmp_path / "ours")


def test_elsewhere_than_on_debian_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other systems measure what they can."""
    monkeypatch.setattr(debian.shutil, "which", lambda name: None)
    with pytest.raises(InputError, match="not here"):
        debian.binary("thing", tmp_path)
