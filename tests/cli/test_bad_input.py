"""What cannot be built is said on one line with cause and mend, with status 2, and nothing is left behind."""

from __future__ import annotations

import base64
import io
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import DOCTOWN, Doctown, refused, unchanged, write
from tests.ingest.fetch import githost

QUIET = ("--vectors", "none", "--workers", "1", "-q")


def tar_of(*members: tuple[str, bytes, bytes]) -> bytes:
    """A tar of (name, kind, content or link target)."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, kind, data in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            info.size = len(data) if kind == tarfile.REGTYPE else 0
            info.linkname = "" if kind == tarfile.REGTYPE else data.decode()
            tar.addfile(info, io.BytesIO(data) if kind == tarfile.REGTYPE else None)
    return stream.getvalue()


def zip_bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("bomb.py", b"0" * (48 << 20))
    return stream.getvalue()


ARCHIVES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "no archive": ("notes.zip", lambda: b"these are only words\n" * 50),
    "empty file": ("empty.tar.gz", bytes),
    "damaged": ("cut.tar.gz", lambda: tar_of(("a.py", tarfile.REGTYPE, b"x = 1\n" * 5000))[:60]),
    "climbs out": ("up.tar.gz", lambda: tar_of(("../../etc/cron.d/x", tarfile.REGTYPE, b"x = 1\n"))),
    "zip bomb": ("bomb.zip", zip_bomb),
    "holds nothing": ("nothing.tar.gz", tar_of),
}


@pytest.mark.parametrize("case", ARCHIVES)
def test_an_archive_that_cannot_be_used(case: str, doctown: Doctown, tmp_path: Path) -> None:
    """Neither a broken archive nor an attack becomes a pack, a draft, or a file elsewhere."""
    name, content = ARCHIVES[case]
    (tmp_path / name).write_bytes(content())
    with unchanged(tmp_path):
        refused(doctown("build", tmp_path / name, *QUIET), name)


def test_a_missing_path(doctown: Doctown, tmp_path: Path) -> None:
    """The message names what is missing and the kinds of source there are."""
    with unchanged(tmp_path):
        refused(doctown("build", "missing-folder", *QUIET), "missing-folder", "pypi:NAME")


def test_an_empty_folder(doctown: Doctown, tmp_path: Path) -> None:
    """A folder without a file is no source; nothing is left of the attempt."""
    (tmp_path / "empty" / "deeper").mkdir(parents=True)
    with unchanged(tmp_path):
        refused(doctown("build", tmp_path / "empty", *QUIET), "holds no files")


def test_texts_alone_are_a_pack(doctown: Doctown, tmp_path: Path) -> None:
    """A source without any supported language still gives a valid pack of its texts."""
    notes = write(tmp_path / "notes", {"notes.md": "# Notes\n\nOnly words.\n"})
    built = doctown("build", notes, *QUIET)
    assert (built.status, built.err) == (0, "")
    assert "1 met: 1 text" in built.out
    assert doctown("verify", "notes.docpack").status == 0
    assert "Only words." in doctown("show", "notes.docpack", "notes.md", "--source").out


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("git@host.example:owner/name.git", ("https://host.example/owner/name.git",)),
        ("http://host.example/x.git", ("https",)),
        ("file:///etc", ("https",)),
        ("https://host.example/x.tar.gz", ("archive", "download")),
        ("owner/name", ("https://HOST/owner/name",)),
        ("pypi:", ("pypi:NAME",)),
        ("https://[broken/x.git", ()),
        ("", ("no source",)),
        ("a\nb\x1b[31m", ()),
    ],
)
def test_a_source_of_no_known_kind(source: str, words: tuple[str, ...], doctown: Doctown, tmp_path: Path) -> None:
    """What is no source is turned down before anything is fetched, with the form that would be one."""
    with unchanged(tmp_path):
        refused(doctown("build", source, *QUIET), *words)


# --- over the network ---------------------------------------------------------------------------------------------


def publish(host: githost.Host) -> str:
    work = write(host.root / "work", {"shop.py": "def sell():\n    return 1\n"})
    githost.git(work, "init", "-q", "-b", "main")
    githost.git(work, "add", "-A")
    githost.git(work, "commit", "-q", "-m", "one")
    githost.publish(work, host)
    return f"https://127.0.0.1:{host.port}/demo.git"


def test_a_url_that_is_no_repository(doctown: Doctown, git_host: githost.Host, tmp_path: Path) -> None:
    """A host that answers but has no such repository is named, with the credentials in the URL masked."""
    url = f"https://user:hunter2@127.0.0.1:{git_host.port}/nothing.git"
    ran = doctown("build", url, "--vectors", "none")
    assert ran.status == 2
    *progress, complaint = ran.err.splitlines()
    assert progress == [f"Fetching https://127.0.0.1:{git_host.port}/nothing.git"]
    assert "repository" in complaint
    assert " — " in complaint
    assert "hunter2" not in ran.err + ran.out
    assert list((tmp_path / "work").iterdir()) == []


def test_an_unknown_ref(doctown: Doctown, git_host: githost.Host, tmp_path: Path) -> None:
    """The ref is named, since the URL was right."""
    refused(doctown("build", publish(git_host), "--ref", "no-such-branch", *QUIET), "no-such-branch", "--ref")
    assert list((tmp_path / "work").iterdir()) == []


def test_a_private_repository(
    doctown: Doctown, git_host: githost.Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a token the mend names the variable; with it the pack is built, and the token is nowhere."""
    url = publish(git_host)
    token = "t0ken-" + "f" * 30
    git_host.credentials = f"x-access-token:{token}"
    refused(doctown("build", url, *QUIET), "private", "DOCTOWN_GIT_TOKEN")
    assert list((tmp_path / "work").iterdir()) == []
    monkeypatch.setenv("DOCTOWN_GIT_TOKEN", token)
    built = doctown("build", url, *QUIET, "-o", "private.docpack")
    assert built.status == 0, built.err
    assert token not in built.out + built.err
    content = (tmp_path / "work" / "private.docpack").read_bytes()
    assert token.encode() not in content
    assert base64.b64encode(token.encode())[:20] not in content


# --- packs that cannot be used ------------------------------------------------------------------------------------


def truncated(pack: Path, copy: Path) -> None:
    copy.write_bytes(pack.read_bytes()[: pack.stat().st_size // 3])


def zeroed(pack: Path, copy: Path) -> None:
    data = pack.read_bytes()
    copy.write_bytes(data[:100] + bytes(len(data) - 100))


def nothing(pack: Path, copy: Path) -> None:
    copy.write_bytes(b"")


def text(pack: Path, copy: Path) -> None:
    copy.write_text("not a database " * 1000)


def newer(pack: Path, copy: Path) -> None:
    changed(pack, copy, "PRAGMA user_version = 3")


def hostile(pack: Path, copy: Path) -> None:
    changed(pack, copy, "CREATE VIEW evil AS SELECT load_extension('/tmp/x.so') AS x")


def trigger(pack: Path, copy: Path) -> None:
    changed(pack, copy, "CREATE TRIGGER evil AFTER INSERT ON manifest BEGIN SELECT 1; END")


def other(pack: Path, copy: Path) -> None:
    with sqlite3.connect(copy) as database:
        database.execute("CREATE TABLE notes(text)")
    database.close()


def folder(pack: Path, copy: Path) -> None:
    copy.mkdir()


def missing(pack: Path, copy: Path) -> None:
    assert not copy.exists()


def changed(pack: Path, copy: Path, *statements: str) -> None:
    copy.write_bytes(pack.read_bytes())
    database = sqlite3.connect(copy, isolation_level=None)
    for statement in statements:
        database.execute(statement)
    database.close()


UNREADABLE = (truncated, zeroed, nothing, text, newer, hostile, trigger, other, folder, missing)
COMMANDS: dict[str, tuple[str, ...]] = {
    "verify": ("verify", "{bad}"),
    "verify --json": ("verify", "--json", "{bad}"),
    "info": ("info", "{bad}"),
    "show": ("show", "{bad}"),
    "show NAME": ("show", "{bad}", "Till"),
    "search": ("search", "{bad}", "total"),
    "diff": ("diff", "{bad}", "{good}"),
    "diff the other way": ("diff", "{good}", "{bad}"),
    "build --since": ("build", "{source}", "--since", "{bad}", *QUIET),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("spoil", UNREADABLE)
def test_a_pack_that_cannot_be_read(
    spoil: Callable[[Path, Path], None], command: str, pack: Path, doctown: Doctown, tmp_path: Path
) -> None:
    """Truncated, foreign, newer or hostile: no command trusts it, none prints half an answer, none leaves a file."""
    bad = tmp_path / "bad.docpack"
    spoil(pack, bad)
    words = {"bad": str(bad), "good": str(pack), "source": str(pack.parent)}
    if spoil is truncated and command == "verify --json":
        pytest.skip("what is readable of it is reported as problems; see the test of `verify`")
    with unchanged(tmp_path):
        ran = doctown(*(argument.format(**words) for argument in COMMANDS[command]))
        if spoil is truncated and command == "verify" and ran.status == 1:
            assert "structure" in ran.out
            return
        refused(ran, "bad.docpack")


@pytest.mark.parametrize("command", ["verify", "info", "show"])
def test_a_path_that_no_file_can_have(command: str, doctown: Doctown) -> None:
    """A pasted text in the place of a path is bad input too, and not repeated in full."""
    ran = doctown(command, "x" * 5000)
    refused(ran, "cannot be opened")
    assert len(ran.complaint) < 1100


def test_an_altered_pack_is_named_and_not_built_upon(
    pack: Path, source: Path, doctown: Doctown, tmp_path: Path
) -> None:
    """`verify` names what does not add up, with status 1; `build --since` turns it down."""
    bad = tmp_path / "bad.docpack"
    changed(pack, bad, "UPDATE symbol_rows SET start_line = start_line + 1 WHERE id = 3")
    ran = doctown("verify", bad)
    assert ran.status == 1
    assert "bad.docpack: " in ran.complaint
    assert "problem" in ran.complaint
    assert ran.out.strip()
    with unchanged(tmp_path):
        refused(doctown("build", source, "--since", bad, *QUIET), "altered", "without --since")


# --- misuse -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("frobnicate",),
        ("build",),
        ("show",),
        ("build", "x", "--timeout", "nan"),
        ("build", "x", "--timeout", "-1"),
        ("build", "x", "--workers", "99999999999999999999999"),
        ("build", "x", "--workers", "5000"),
        ("build", "x", "--max-file-size", "²"),
        ("build", "x", "--max-files", "9" * 5000),
        ("build", "x", "--model", "gpt-5-nano"),
        ("build", "x", "--vectors", "magic"),
        ("build", "x", "--vec", "none"),
        ("search", "x.docpack", "word", "-n", "0"),
        ("info", "x.docpack", "--no-such-option\x1b[31m"),
        ("diff", "x.docpack"),
    ],
)
def test_misuse(arguments: tuple[str, ...], doctown: Doctown, tmp_path: Path) -> None:
    """A slip in the arguments is answered like any other bad input: on one line, with where to look."""
    with unchanged(tmp_path):
        ran = doctown(*arguments)
    refused(ran)
    assert len(ran.complaint) < 1100
    assert "\x1b" not in ran.err


def test_the_entry_point_of_the_module() -> None:
    """`python -m doctown` is the same program, and its status reaches the shell."""
    import subprocess

    done = subprocess.run([*DOCTOWN, "info", "/no/such.docpack"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "no such file" in done.stderr
