"""What becomes of output that nobody reads, cannot be written, or meets a narrow encoding; and of impatience."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from doctown.cli import main
from tests.cli.conftest import DOCTOWN, PLAIN, Doctown


@pytest.mark.parametrize("command", [("info",), ("show", "Till"), ("search", "total")], ids=" ".join)
def test_a_reader_that_has_seen_enough(command: tuple[str, ...], pack: Path) -> None:
    """`| head` ends a command without a word, whether its output was short or long."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*DOCTOWN, command[0], str(pack), *command[1:]],
        stdout=writer, stderr=subprocess.PIPE, env=PLAIN, text=True, check=False,
    )  # fmt: skip
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no device that is always full")
def test_output_that_cannot_be_written(pack: Path) -> None:
    """A full disk behind `>` is a failure with one line, not a success without output."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*DOCTOWN, "info", str(pack)], stdout=full, stderr=subprocess.PIPE, env=PLAIN, text=True, check=False
        )
    assert done.returncode == 3
    assert done.stderr == "doctown: No space left on device — make room, or check what is written to\n"


def test_an_encoding_that_lacks_our_letters(pack: Path) -> None:
    """Arrows, dashes and names beyond ASCII become escapes where the terminal has no such letters; JSON stays JSON."""
    environment = {**PLAIN, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    for arguments in (("show", pack, "Till.clean"), ("show", pack, "shop/höhle und [bold].py"), ("info", pack)):
        done = subprocess.run([*DOCTOWN, *map(str, arguments)], env=environment, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.isascii()
    name = "shop/höhle und [bold].py"
    done = subprocess.run([*DOCTOWN, "show", pack, "--json", name], env=environment, capture_output=True, check=False)
    assert json.loads(done.stdout)["key"] == name


def test_a_path_that_is_no_text(pack: Path, tmp_path: Path) -> None:
    """A pack whose own name is no valid UTF-8 can be read and is named without an error."""
    odd = os.fsencode(tmp_path) + b"/odd\xff.docpack"
    Path(os.fsdecode(odd)).write_bytes(pack.read_bytes())
    done = subprocess.run([*DOCTOWN, "verify", odd], env=PLAIN, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\xff" not in done.stdout
    done = subprocess.run([*DOCTOWN, "verify", "--json", odd], env=PLAIN, capture_output=True, check=False)
    assert json.loads(done.stdout)["pack"].endswith("odd\udcff.docpack")


@pytest.mark.parametrize(("command", "said"), [("info", "interrupted"), ("build", "interrupted; start the same")])
def test_control_c_is_answered(
    command: str, said: str, pack: Path, doctown: Doctown, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 130 and one line; only a build is told that it can go on."""
    from doctown.cli import building, reading

    def impatient(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(reading, "info", impatient)
    monkeypatch.setattr(building, "build", impatient)
    ran = doctown(command, pack)
    assert (ran.status, ran.out) == (130, "")
    assert ran.complaint.startswith(f"doctown: {said}")
    assert ("start the same command" in ran.err) == (command == "build")


def test_control_c_before_the_command_is_known(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """While the program is still loading, it is answered in the same way."""
    from doctown.cli import running

    def impatient(_: object) -> int:
        signal.raise_signal(signal.SIGINT)
        return 0

    monkeypatch.setattr(running, "run", impatient)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    try:
        assert main(["info"]) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().err == "doctown: interrupted\n"


def test_importing_the_command_line_loads_next_to_nothing() -> None:
    """Else an early Ctrl-C would meet the interpreter, and each `show` would wait."""
    code = "import sys; before = set(sys.modules); import doctown.cli; print(*sorted(set(sys.modules) - before))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"argparse", "pathlib", "typing", "re", "dataclasses", "doctown.errors"} & set(loaded)
