"""`doctown export` and `doctown view`, as people type them."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from doctown.export import FORMS
from tests.cli.conftest import DOCTOWN, PLAIN, Doctown, refused


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_written_and_told(form: str, doctown: Doctown, pack: Path, tmp_path: Path) -> None:
    """One line says what is where; programs get the same as JSON; a second time replaces the first."""
    ran = doctown("export", pack, "--to", form, tmp_path / "out")
    assert ran.status == 0, ran.err
    assert ran.out.startswith(f"{tmp_path / 'out'}: ")
    again = doctown("export", pack, "--to", form, tmp_path / "out", "--json")
    assert json.loads(again.out)["form"] == form


def test_bad_destinations_and_options_are_one_line(doctown: Doctown, pack: Path, tmp_path: Path) -> None:
    """What cannot be done is said with the way out, and touches nothing."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/x").write_text("x")
    refused(doctown("export", pack, "--to", "site", tmp_path / "mine"), "no export wrote")
    refused(doctown("export", pack, "--to", "json", tmp_path / "mine"), "no plain file")
    refused(doctown("export", tmp_path / "none", "--to", "site", tmp_path / "y"), "no such file")
    refused(doctown("export", pack, "--to", "site", tmp_path / "y", "--base-url", "x"), "--base-url")
    assert (tmp_path / "mine/x").read_text() == "x"
    assert not (tmp_path / "y").exists()


def test_a_port_that_is_taken_is_told(doctown: Doctown, pack: Path) -> None:
    """Not a traceback of a server."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused(doctown("view", pack, "--no-browser", "--port", str(taken.getsockname()[1])), "is taken", "--port")


def test_view_serves_on_loopback_until_interrupted(pack: Path, tmp_path: Path) -> None:
    """The printed address answers at once, to its own name alone, and Ctrl-C ends it."""
    process = subprocess.Popen(
        [*DOCTOWN, "view", str(pack), "--no-browser", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        env={**PLAIN, "DOCTOWN_CACHE": str(tmp_path)},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        printed = "".join(process.stdout.readline() for _ in range(3))
        address = json.loads(printed)["address"]
        assert address.startswith("http://127.0.0.1:")
        with urlopen(address) as reply:
            assert "default-src 'none'" in reply.headers["content-security-policy"]
            assert "shop" in reply.read().decode()
        with pytest.raises(OSError, match="421"):
            urlopen(Request(address, headers={"Host": "evil.example"}))
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode in (0, 130)
    assert "Traceback" not in err
