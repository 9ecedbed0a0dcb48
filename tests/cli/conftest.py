"""The command line as a test sees it: arguments in, exit status and both streams out; and one pack for all to read."""

from __future__ import annotations

import contextlib
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from doctown.cli import main
from tests.ingest.fetch import githost

DOCTOWN = [sys.executable, "-m", "doctown"]
HOSTILE = '"""Rings bells."""\n\n\ndef ring():\n    """Ring \x1b]0;owned\x07\x1b[31mred \u202etxt."""\n    return 1\n'
SOURCE: Mapping[str, str] = {
    "README.md": "# Shop\n\nShop sells things over the counter.\n",
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n[project.scripts]\nshop = "shop.cli:main"\n',
    "shop/__init__.py": '"""Sells things."""\n',
    "shop/cli.py": "from shop.till import Till\n\n\ndef main():\n"
    '    """Open the shop."""\n    till = Till()\n    return till.total([1, 2])\n',
    "shop/till.py": "class Counter:\n    def clean(self):\n"
    '        """Wipe the counter."""\n        return 1\n\n    def size(self):\n        return 2\n\n\n'
    'class Alpha:\n    def size(self):\n        """Of the second base."""\n        return 3\n\n\n'
    'class Till(Counter, Alpha):\n    """Counts money."""\n\n    def total(self, prices):\n'
    '        """Return the sum of prices."""\n        return add_up(prices)\n\n\n'
    "class DrawerTill(Till):\n    pass\n\n\n"
    "def add_up(numbers):\n    return sum(numbers)\n\n\ndef run():\n    return add_up([1])\n",
    "shop/diamond.py": "class Top:\n    def name(self):\n        return 0\n\n\nclass Left(Top):\n    pass\n\n\n"
    "class Right(Top):\n    def name(self):\n        return 1\n\n\nclass Joined(Left, Right):\n    pass\n\n\n"
    "class Circle(Round):\n    pass\n\n\nclass Round(Circle):\n    pass\n",
    "shop/robot.py": "def run():\n    return 0\n\n\nclass Robot:\n    def run(self):\n        return 1\n",
    "shop/höhle und [bold].py": HOSTILE,
    "web/app.ts": "export function greet(name: string): string {\n  return name;\n}\n",
    "logo.png": "\x89PNG\x00",
}


# For processes of their own: a user's environment, without what this one sets for its tests.
PLAIN = {
    name: value
    for name, value in os.environ.items()
    if name in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE") or not name.startswith(("DOCTOWN_", "EMBEDDING_", "PYTHON"))
}


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of one command."""

    status: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line on standard error; the test fails if there are none or several, or a traceback."""
        lines = [line for line in self.err.splitlines() if line]
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        return lines[0]


Doctown = Callable[..., Ran]


def refused(ran: Ran, *words: str) -> None:
    """Bad input: status 2, nothing on standard output, one line with cause and mend that has the words."""
    assert ran.status == 2, ran
    assert ran.out == ""
    assert ran.complaint.startswith("doctown: ")
    cause, dash, mend = ran.complaint.partition(" — ")
    assert dash, ran.complaint
    assert cause and mend
    for word in words:
        assert word in ran.complaint, ran.complaint


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for what builds keep, as a user has one."""
    return tmp_path_factory.getbasetemp() / "cli-cache"


@pytest.fixture
def doctown(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Doctown:
    """Runs a command in this process, in an empty working folder, with no settings but a cache."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    for name in [name for name in os.environ if name.startswith(("DOCTOWN_", "EMBEDDING_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DOCTOWN_CACHE", str(cache))

    def run(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as end:  # help, version and misuse
            status = int(end.code or 0)
        streams = capsys.readouterr()
        return Ran(status, streams.out, streams.err)

    return run


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Writes files by path; returns the folder."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())
    return folder


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `pack` was built of."""
    return write(tmp_path_factory.mktemp("source") / "shop", SOURCE)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, source: Path) -> tuple[Path, Ran]:
    """The pack of `source` and what its build, a process of its own, printed."""
    folder = tmp_path_factory.mktemp("pack")
    environment = {**PLAIN, "DOCTOWN_CACHE": str(folder / "cache")}
    done = subprocess.run(
        [*DOCTOWN, "build", str(source), "--vectors", "none", "-o", "shop.docpack"],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "shop.docpack", Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def pack(built: tuple[Path, Ran]) -> Path:
    """A small pack without vectors, never written to."""
    return built[0]


@pytest.fixture
def git_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[githost.Host]:
    """A Git host on loopback over HTTPS, whose certificate and address the environment allows."""
    root = tmp_path / "host"
    root.mkdir()
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    handler = type("Handler", (githost._Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    handler.host = githost.Host(root=root, port=server.server_address[1])  # type: ignore[attr-defined]
    for name, value in {
        "SSL_CERT_FILE": str(certificate),
        "DOCTOWN_ALLOW_PRIVATE_ADDRESSES": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "HOME": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield handler.host  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def unchanged(folder: Path) -> Iterator[None]:
    """No file of the folder comes, goes or changes within the block."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    yield
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
