"""Telling the kinds of source apart, and saying what is wrong with what is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from doctown.errors import InputError
from doctown.ingest.fetch import open_source


def fault(spec: str, ref: str = "") -> str:
    with pytest.raises(InputError) as caught, open_source(spec, ref=ref):
        pass
    assert "\n" not in str(caught.value)
    assert caught.value.mend
    return str(caught.value)


@pytest.mark.parametrize(
    ("spec", "cause", "mend"),
    [
        ("", "no source was given", "give a folder"),
        ("missing/deep/path", "there is no 'missing/deep/path'", "give a folder"),
        ("owner/repo", "there is no folder owner/repo", "https://HOST/owner/repo"),
        ("git@example.org:a/b.git", "SSH address", "https://example.org/a/b.git"),
        ("example.org:a/b.git", "SSH address", "https://example.org/a/b.git"),
        ("ssh://git@example.org/a/b", "ssh:// URLs are not allowed", "https://"),
        ("git+https://example.org/a@main", "git+ prefix", "--ref"),
        ("https://example.org/a-1.0.tar.gz", "URL of an archive", "download it"),
        ("https://example.org/", "not a repository", "https://"),
        ("https://user:pw@example.org/a?token=x", "query", "DOCTOWN_GIT_TOKEN"),
        ("https://example.org/a b", "blank", "https://"),
        ("https:///a/b", "no valid host", "https://"),
        ("https://example.org:99999/a", "not a valid URL", "https://"),
        ("https://-oProxyCommand=x/a", "no valid host", "https://"),
        ("pypi:", "names no package", "pypi:NAME==VERSION"),
        ("pypi:flask[async]", "not a package's name", "without extras"),
        ("pypi:../x", "not a package's name", "pypi:NAME"),
        ("npm:", "names no package", "npm:NAME@VERSION"),
        ("npm:--registry=x", "not a package's name", "npm:NAME"),
        ("npm:./folder", "not a package's name", "npm:NAME"),
        ("npm:zod@https://example.org/x.tgz", "not a package's name", "npm:NAME"),
        ("a\0b", "not a usable path", "give a folder"),
        ("no\nsuch", "there is no", "give a folder"),
        ("/dev/null", "neither a folder nor a file", "give a folder"),
    ],
)
def test_what_is_no_source_gets_cause_and_mend(spec: str, cause: str, mend: str) -> None:
    """Each way to get a source wrong has one line that says what is wrong and what to give instead."""
    message = fault(spec)
    assert cause in message.partition(" — ")[0]
    assert mend in message.partition(" — ")[2]
    assert "pw" not in message


def test_existing_path_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is there is meant, even if its name looks like a shorthand or an SSH address."""
    monkeypatch.chdir(tmp_path)
    for name in ("owner/repo", "git@example.org:x"):
        Path(name).mkdir(parents=True)
        (Path(name) / "a.py").write_text("")
        with open_source(name) as tree:
            assert [one.path for one in tree.entries()] == ["a.py"]


def test_ref_goes_with_git_urls_alone(tmp_path: Path) -> None:
    """A ref for a folder or a package is not silently ignored."""
    assert "only be given with a Git URL" in fault(str(tmp_path), ref="main")
    assert "only be given with a Git URL" in fault("pypi:flask", ref="main")


def test_empty_folder_is_an_error(tmp_path: Path) -> None:
    """A folder without files has nothing to document."""
    assert "holds no files" in fault(str(tmp_path))
