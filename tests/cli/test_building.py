"""`doctown build` as a user meets it: where it writes, what it replaces, what it says meanwhile, how it is stopped."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from doctown.cli import building
from doctown.cli.building import report_lines
from doctown.model import Progress, Report
from tests.cli.conftest import DOCTOWN, PLAIN, Doctown, refused, unchanged, write

QUIET = ("--vectors", "none", "--workers", "1", "-q")
SMALL = {"shop.py": 'def sell():\n    """Sell something."""\n    return 1\n'}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write(tmp_path / "small source", SMALL)


def test_a_second_build_in_the_same_place(small: Path, doctown: Doctown, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pack that is written into its own source is no part of it: the same id again, and nothing else is left."""
    monkeypatch.chdir(small)
    first = json.loads(doctown("build", ".", *QUIET, "--json").out)
    assert sorted(path.name for path in small.iterdir()) == ["shop.py", "small-source.docpack"]
    (small / "small-source.docpack.draft-wal").write_bytes(b"left by a kill")
    second = json.loads(doctown("build", ".", *QUIET, "--json", "--since", "small-source.docpack").out)
    assert first["docpack_id"] == second["docpack_id"]
    assert second["statistics"]["files"] == 1


def test_the_output_is_replaced_at_the_end_only(small: Path, pack: Path, doctown: Doctown, tmp_path: Path) -> None:
    """An older pack stays until the new one is whole; a build that fails leaves it to the byte."""
    output = tmp_path / "elsewhere" / "out put.docpack"
    output.parent.mkdir()
    output.write_bytes(pack.read_bytes())
    with unchanged(tmp_path):
        refused(doctown("build", tmp_path / "missing", *QUIET, "-o", output), "missing")
    built = doctown("build", small, *QUIET, "-o", output)
    assert built.status == 0
    assert built.out.startswith(f"{output}\n")
    assert json.loads(doctown("info", "--json", output).out)["source"]["name"] == "small source"
    assert [path.name for path in output.parent.iterdir()] == ["out put.docpack"]


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("no/such/folder/x.docpack", ("does not exist", "-o")),
        (".", ("is a folder",)),
        ("notes.txt", ("is not a docpack",)),
        (os.devnull, ("is not a docpack",)),
        ("/proc/x.docpack", ("cannot be written",)),
        ("x" * 300, ("cannot be",)),
    ],
)
def test_an_output_that_cannot_be(
    output: str, words: tuple[str, ...], small: Path, doctown: Doctown, tmp_path: Path
) -> None:
    """Nobody's text file or device is replaced by a pack, and what cannot be written is said with the path."""
    (tmp_path / "work" / "notes.txt").write_text("my notes")
    if output.startswith("/proc") and not Path("/proc/self").exists():
        pytest.skip("no folder that not even root can write to")
    with unchanged(tmp_path):
        refused(doctown("build", small, *QUIET, "-o", output), *words)
    assert Path(os.devnull).is_char_device()


def test_nothing_but_its_own_output(pack: Path, doctown: Doctown, tmp_path: Path) -> None:
    """A folder that holds only the pack to be written is no source; no draft is left of the attempt."""
    output = tmp_path / "work" / "work.docpack"
    output.write_bytes(pack.read_bytes())
    with unchanged(tmp_path):
        refused(doctown("build", ".", *QUIET), "holds no files")


def test_vectors_that_cannot_be_made(small: Path, doctown: Doctown, tmp_path: Path) -> None:
    """That an embedder is not there is said first, not after minutes of reading."""
    with unchanged(tmp_path):
        refused(doctown("build", small, "--vectors", "remote"), "http")


def limited(size: int) -> Callable[[], None]:
    """What a child does first: no file of its may grow over `size` bytes, as on a disk that is full."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@pytest.mark.parametrize(("size", "status"), [(20_000, 2), (300_000, 3)])
def test_a_full_disk(size: int, status: int, tmp_path: Path) -> None:
    """One line and no pack, whether the disk is full at once, and then nothing is left, or in the middle, and then
    the draft is."""
    letters = random.Random(1)
    words = ["\n".join("".join(letters.choices("abcdefghijklmnop", k=9)) for _ in range(40_000)) for _ in range(2)]
    big = write(tmp_path / "big", {f"words{number}.md": text for number, text in enumerate(words)})
    full = subprocess.run(
        [*DOCTOWN, "build", str(big), *QUIET, "-o", "x.docpack"], cwd=tmp_path, preexec_fn=limited(size),
        # Bytecode would be cut at the limit too, and what is cut is left where other runs find it.
        env={**PLAIN, "DOCTOWN_CACHE": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert full.returncode == status, full.stderr
    assert full.stderr.count("\n") == 1, full.stderr
    assert "x.docpack.draft cannot be written (disk I/O error)" in full.stderr
    left = {path.name for path in tmp_path.glob("*x.docpack*")}
    assert "x.docpack" not in left
    assert bool(left) == (status == 3)


def test_control_c(tmp_path: Path) -> None:
    """One line that says how to go on, status 130, no process left, no pack, and the draft to go on from."""
    many = write(tmp_path / "many", {f"module_{number}.py": "def f():\n    return 1\n" * 200 for number in range(150)})
    environment = {**PLAIN, "DOCTOWN_CACHE": str(tmp_path / "cache")}
    command = [*DOCTOWN, "build", str(many), "--vectors", "none", "--workers", "1", "-o", "many.docpack"]
    running = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
        # What a shell starts in the background ignores SIGINT, and so does all that it starts: the tests may be such.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - nothing else runs here yet
    )  # fmt: skip
    assert running.stderr is not None
    assert running.stderr.readline().startswith("Fetching")
    assert running.stderr.readline().startswith("Reading")
    os.killpg(running.pid, signal.SIGINT)  # as a terminal does: the whole group gets it
    out, err = running.communicate(timeout=30)  # returns once no process of the build holds the pipe any more
    assert (running.returncode, out) == (130, "")
    assert err.splitlines()[-1].startswith("doctown: interrupted; start the same command again")
    assert "Traceback" not in err
    assert not (tmp_path / "many.docpack").exists()
    assert (tmp_path / "many.docpack.draft").exists()


# --- progress -----------------------------------------------------------------------------------------------------


def test_lines_where_there_is_no_terminal(small: Path, doctown: Doctown) -> None:
    """A log gets one plain line a stage on standard error; the report alone is on standard output."""
    ran = doctown("build", small, "--vectors", "none", "--workers", "1")
    assert [line.split()[0] for line in ran.err.splitlines()] == [
        "Fetching", "Reading", "Assembling", "Writing", "Packing",
    ]  # fmt: skip
    assert "\x1b" not in ran.err
    assert ran.out.startswith("small-source.docpack\n")


STEPS = [
    Progress(stage="fetch", done=0, total=0, note="src"),
    Progress(stage="ingest", done=512, total=12345, note="a/very/long/path/" * 9 + "[/bold]\x1b[31m\n.py"),
    Progress(stage="ingest", done=12345, total=12345),
    Progress(stage="assemble", done=4000, total=12345),
    Progress(stage="pack", done=1, total=1),
]


@pytest.mark.parametrize("width", [40, 80, 200])
def test_bars_fit_the_terminal(width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """At any width each stage has one line with its count whole, and no name breaks the picture."""
    import sys

    from rich.cells import cell_len
    from rich.text import Text

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for name, value in {"COLUMNS": str(width), "LINES": "20", "TERM": "xterm-256color"}.items():
        monkeypatch.setenv(name, value)
    with building.progress(quiet=False) as listener:
        for step in STEPS:
            listener(step)
            listener._bars.refresh()  # type: ignore[attr-defined]
        err = capsys.readouterr().err
    lines = [Text.from_ansi(line).plain for line in err.replace("\r", "\n").splitlines()]
    assert all(cell_len(line) <= width for line in lines)
    last = [line for line in lines if line.strip()][-4:]
    assert [line.split()[0] for line in last] == ["Fetching", "Reading", "Assembling", "Packing"]
    assert "12345/12345" in last[1]
    assert "4000/12345" in last[2] or "12345/12345" in last[2]
    assert "[31m\n" not in err
    if width >= 80:
        assert "\\x1b[31m .py" in err


def test_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A terminal that cannot go back over a line is not filled with bars."""
    import sys

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    with building.progress(quiet=False) as listener:
        for step in STEPS:
            listener(step)
    assert capsys.readouterr().err.splitlines() == [
        "Fetching src",
        "Reading 512/12345",
        "Assembling 4000/12345",
        "Packing",
    ]


def test_progress_that_nobody_reads_stops_no_build(small: Path, tmp_path: Path) -> None:
    """When the reader of standard error goes away, the pack is made all the same."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*DOCTOWN, "build", str(small), "--vectors", "none", "--workers", "1"],
        cwd=tmp_path, env={**PLAIN, "DOCTOWN_CACHE": str(tmp_path / "cache")}, stderr=writer, stdout=subprocess.PIPE,
        check=False,
    )  # fmt: skip
    os.close(writer)
    assert done.returncode == 0
    assert (tmp_path / "small-source.docpack").exists()


# --- the report ---------------------------------------------------------------------------------------------------


def test_a_partial_pack_says_so() -> None:
    """What went wrong is in the last lines, and the many are counted."""
    report = Report(
        pack="x\x1b.docpack", docpack_id="id", seconds=1.0, partial=True,
        statistics={"files": 3, "files_parsed": 1, "files_skipped": 2, "edges_candidate": 5, "edges_similar": 2},
        skipped={f"reason {number}": number for number in range(1, 12)},
        warnings=tuple(f"warning {number}\n" for number in range(30)),
    )  # fmt: skip
    lines = report_lines(report)
    assert lines[0] == "x\\x1b.docpack (partial)"
    assert "3 candidates, 2 similar" in "\n".join(lines)
    assert "11 skipped: reason 11" in lines[3]
    assert any("6 skipped: other reasons" in line for line in lines)
    assert sum(line.startswith("  warning   warning ") for line in lines) == 20
    assert lines[-1].endswith("and 10 more; `doctown info` lists them all")


def test_a_partial_pack_is_status_1(small: Path, doctown: Doctown, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script learns from the status that the pack is not whole."""
    from doctown import pipeline

    report = Report(pack="x", docpack_id="i", seconds=0.1, partial=True)
    monkeypatch.setattr(pipeline, "build", lambda *_: report)
    assert doctown("build", small, *QUIET).status == 1
    assert json.loads(doctown("build", small, *QUIET, "--json").out)["partial"] is True
