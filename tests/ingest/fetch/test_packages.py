"""Packages by name as sources: a Python index on loopback, and an npm that is a script of this test."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from doctown.errors import InputError
from doctown.ingest.fetch import Access, Limits, open_source
from doctown.ingest.fetch.command import Runner
from doctown.ingest.fetch.pypi import configured_index

DEFAULT = Limits()


def sdist(version: str, top: str = "demo", marker: str = "") -> bytes:
    out = io.BytesIO()
    setup = f"import pathlib; pathlib.Path({marker!r}).write_text('ran')\n".encode()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in (("setup.py", setup), ("demo.py", f"V = {version!r}\n".encode())):
            info = tarfile.TarInfo(f"{top}-{version}/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return gzip.compress(out.getvalue(), mtime=0)


def wheel(version: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("demo.py", f"V = {version!r}\n")
        archive.writestr(f"demo-{version}.dist-info/METADATA", "Name: demo\n")
    return out.getvalue()


@dataclass
class Index:
    """A package index in PEP 691 form: files by name, what it states of them, and how often each was fetched."""

    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    stated: dict[str, dict[str, object]] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)

    def add(self, name: str, content: bytes, **stated: object) -> None:
        self.files[name] = content
        self.stated[name] = {"hashes": {"sha256": hashlib.sha256(content).hexdigest()}, **stated}

    @property
    def access(self) -> Access:
        return Access(pip_index_url=f"http://user:s3cr3t@127.0.0.1:{self.port}/simple/", ca_bundle="unused.pem")


class _Handler(BaseHTTPRequestHandler):
    index: Index

    def log_message(self, format: str, *args: object) -> None:
        return

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        self.index.fetched.append(self.path)
        if self.path == "/simple/demo/":
            listed = [{"filename": one, "url": f"/files/{one}", **more} for one, more in self.index.stated.items()]
            page = {"meta": {"api-version": "1.0"}, "name": "demo", "files": listed}
            self._send(200, json.dumps(page).encode(), "application/vnd.pypi.simple.v1+json")
        elif self.path == "/simple/broken/":
            self._send(503, b"", "text/html")
        elif name in self.index.files:
            self._send(200, self.index.files[name], "application/octet-stream")
        else:
            self._send(404, b"", "text/html")

    def _send(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def index() -> Iterator[Index]:
    handler = type("Handler", (_Handler,), {"index": Index()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.index.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield handler.index
    server.shutdown()
    server.server_close()
    thread.join()


def fault(spec: str, access: Access, limits: Limits = DEFAULT) -> str:
    with pytest.raises(InputError) as caught, open_source(spec, access=access, limits=limits):
        pass
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.mend
    assert "s3cr3t" not in message
    assert "127.0.0.1" not in message
    return message


# --- Python -----------------------------------------------------------------------------------------------------


def test_version_asked_for_is_read(index: Index, tmp_path: Path) -> None:
    """`pypi:NAME==VERSION` is that version's sdist, read and not run; equal versions may be written differently."""
    marker = tmp_path / "ran"
    index.add("demo-1.0.tar.gz", sdist("1.0", marker=str(marker)))
    index.add("demo-2.0.tar.gz", sdist("2.0"))
    for spec in ("pypi:demo==1.0", "pypi:Demo==1.0.0"):
        with open_source(spec, access=index.access) as tree:
            assert dict(tree.read(["demo.py"])) == {"demo.py": b"V = '1.0'\n"}
            assert tree.origin.kind == "package"
            assert tree.origin.location == "pypi:demo==1.0"
            assert (tree.origin.name, tree.origin.version) == ("demo", "1.0")
            assert tree.origin.digest == hashlib.sha256(index.files["demo-1.0.tar.gz"]).hexdigest()
    assert not marker.exists()


def test_newest_final_version_is_the_default(index: Index) -> None:
    """Without a version: neither a pre-release, nor a withdrawn one, and 1.10 is newer than 1.9."""
    index.add("demo-1.9.tar.gz", sdist("1.9"))
    index.add("demo-1.10.tar.gz", sdist("1.10"))
    index.add("demo-1.11.tar.gz", sdist("1.11"), yanked="broken")
    index.add("demo-2.0rc1.tar.gz", sdist("2.0rc1"))
    index.add("demo-notaversion.tar.gz", sdist("notaversion"))
    with open_source("pypi:demo", access=index.access) as tree:
        assert tree.origin.version == "1.10"
        assert tree.warnings == []
    with open_source("pypi:demo==1.11", access=index.access) as tree:
        assert tree.warnings == ["demo 1.11 was withdrawn by its authors"]


def test_wheel_is_read_where_there_is_no_sdist(index: Index) -> None:
    """A pure wheel stands in for a missing sdist and the report says so; one with machine code does not."""
    index.add("demo-1.0-py3-none-any.whl", wheel("1.0"))
    index.add("demo-2.0-cp311-cp311-linux_x86_64.whl", wheel("2.0"))
    with open_source("pypi:demo==1.0", access=index.access) as tree:
        assert "demo.py" in [one.path for one in tree.entries()]
        assert "its wheel was read" in tree.warnings[0]
    assert "neither a source archive nor a pure wheel" in fault("pypi:demo==2.0", index.access)


def test_unknown_package_and_version_are_told(index: Index) -> None:
    """An unknown version comes with the newest that there are; an unknown package and a failing index say so."""
    for version in ("1.0", "1.1", "1.2"):
        index.add(f"demo-{version}.tar.gz", sdist(version))
    assert "demo has no version 9 — newest: 1.2, 1.1, 1.0" in fault("pypi:demo==9", index.access)
    assert "no package missing" in fault("pypi:missing", index.access)
    assert "answered 503" in fault("pypi:broken", index.access)
    index.port = 9
    assert "cannot be reached" in fault("pypi:demo", index.access)


def test_download_is_checked_by_its_hash(index: Index) -> None:
    """An archive that is not the one that the index states is never read, nor one without SHA-256."""
    index.add("demo-1.0.tar.gz", sdist("1.0"))
    index.files["demo-1.0.tar.gz"] = sdist("6.6.6")
    assert "does not match the hash" in fault("pypi:demo", index.access)
    index.stated["demo-1.0.tar.gz"]["hashes"] = {"md5": hashlib.md5(index.files["demo-1.0.tar.gz"]).hexdigest()}
    assert "no SHA-256" in fault("pypi:demo", index.access)


def test_download_over_the_cap_is_stopped(index: Index) -> None:
    """A package larger than the cap on downloads is not fetched to its end."""
    index.add("demo-1.0.tar.gz", sdist("1.0") + os.urandom(300_000))
    assert "cap on downloads" in fault("pypi:demo", index.access, Limits(max_download_bytes=100_000))


def test_cached_download_is_used_only_if_it_is_sound(index: Index, tmp_path: Path) -> None:
    """A second build fetches nothing, and a cached file that was altered is fetched anew."""
    index.add("demo-1.0.tar.gz", sdist("1.0"))
    access = Access(pip_index_url=index.access.pip_index_url, ca_bundle="x", cache_folder=str(tmp_path / "cache"))
    for _ in range(2):
        with open_source("pypi:demo", access=access) as tree:
            assert list(tree.read(["demo.py"]))
    assert sum("files" in path for path in index.fetched) == 1
    (cached,) = (tmp_path / "cache").iterdir()
    cached.write_bytes(sdist("6.6.6"))
    with open_source("pypi:demo", access=access) as tree:
        assert dict(tree.read(["demo.py"])) == {"demo.py": b"V = '1.0'\n"}
    assert sum("files" in path for path in index.fetched) == 2


def test_index_is_the_one_that_pip_uses(tmp_path: Path) -> None:
    """The index and certificates are pip's: its environment before its files, the access's own before both."""
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nindex-url = https://global.example/simple\ncert = /global.pem\n")
    environment = {"PIP_CONFIG_FILE": str(config), "PATH": os.defpath, "HOME": str(tmp_path)}

    def found(access: Access) -> tuple[str, str]:
        told = configured_index(Runner(tmp_path, access.environment, float("inf")), access)
        return told.url, told.ca_bundle

    assert found(Access(environment=environment)) == ("https://global.example/simple", "/global.pem")
    environment["PIP_INDEX_URL"] = "https://own.example/simple"
    assert found(Access(environment=environment)) == ("https://own.example/simple", "/global.pem")
    access = Access(environment=environment, pip_index_url="https://given.example/simple", ca_bundle="/given.pem")
    assert found(access) == ("https://given.example/simple", "/given.pem")
    environment["PIP_INDEX_URL"] = "file:///srv/simple"
    with pytest.raises(InputError, match="not an HTTP one"):
        found(Access(environment=environment))


# --- npm --------------------------------------------------------------------------------------------------------


@pytest.fixture
def npm(tmp_path: Path) -> tuple[Access, Path]:
    """An `npm` that knows `@scope/demo` 1.0.0 and 1.1.0; the folder has its tarball, and `argv` notes its calls."""
    folder = tmp_path / "npm"
    folder.mkdir()
    tarball = gzip.compress(gzip.decompress(sdist("1.0", top="package")), mtime=0)
    (folder / "demo.tgz").write_bytes(tarball)
    stated = base64.b64encode(hashlib.sha512(tarball).digest()).decode()
    (folder / "integrity").write_text(f"sha512-{stated}")
    (folder / "npm").write_text(f"""#!{sys.executable}
import json, os, pathlib, shutil, sys
here = pathlib.Path({str(folder)!r})
argv = [one for one in sys.argv[1:] if one != "--"]
with (here / "argv").open("a") as notes:
    notes.write(json.dumps([os.getcwd(), *argv]) + "\\n")
options, (verb, spec, *rest) = [one for one in argv if one[:2] == "--"], [one for one in argv if one[:2] != "--"]
name, _, version = spec.rpartition("@") if "@" in spec[1:] else (spec, "", "")
missing = dict(error=dict(code="E404", summary="https://user:s3cr3t@127.0.0.1/ Not Found"))
if name != "@scope/demo":
    print(json.dumps(dict(error=dict(code="E500", summary="x")) if name == "broken" else missing))
elif rest == ["versions"]:
    print(json.dumps(["1.0.0", "1.1.0", "2.0.0-beta.1"]))
elif version not in ("1.0.0", "1.1.0", "latest"):
    print(json.dumps(missing))
elif verb == "view":
    exact = "1.1.0" if version == "latest" else version
    print(json.dumps(dict(name=name, version=exact, dist=dict(integrity=(here / "integrity").read_text()))))
else:
    assert "--ignore-scripts" in options
    target = [one.partition("=")[2] for one in options if one.startswith("--pack-destination=")][0]
    shutil.copy(here / "demo.tgz", pathlib.Path(target) / "demo.tgz")
    print("[]")
""")
    (folder / "npm").chmod(0o755)
    return Access(environment={"PATH": f"{folder}:{os.defpath}"}), folder


def test_npm_package_is_read_without_its_top_folder(npm: tuple[Access, Path]) -> None:
    """`npm:@scope/NAME@VERSION` and the newest without a version; `package/` is taken off."""
    access, _ = npm
    with open_source("npm:@scope/demo@1.0.0", access=access) as tree:
        assert dict(tree.read(["demo.py"])) == {"demo.py": b"V = '1.0'\n"}
        assert tree.origin.location == "npm:@scope/demo@1.0.0"
    with open_source("npm:@scope/demo", access=access) as tree:
        assert tree.origin.version == "1.1.0"


def test_npm_runs_no_script_and_in_an_empty_folder(npm: tuple[Access, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """npm is told to run no script, and does not see the configuration of the folder that we were started in."""
    access, folder = npm
    monkeypatch.chdir(folder)
    with open_source("npm:@scope/demo", access=access):
        pass
    calls = [json.loads(line) for line in (folder / "argv").read_text().splitlines()]
    assert all(Path(call[0]) != folder and not Path(call[0]).exists() for call in calls)
    assert any("pack" in call and "--ignore-scripts" in call for call in calls)


def test_npm_download_is_checked_by_its_hash(npm: tuple[Access, Path]) -> None:
    """A tarball that is not the one that the registry states is never read, nor one with a weak hash alone."""
    access, folder = npm
    (folder / "demo.tgz").write_bytes(sdist("6.6.6", top="package"))
    assert "does not match the hash" in fault("npm:@scope/demo", access)
    (folder / "integrity").write_text("sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=")
    assert "no SHA-512" in fault("npm:@scope/demo", access)


def test_unknown_npm_package_and_version_are_told(npm: tuple[Access, Path]) -> None:
    """An unknown version comes with the newest final ones; npm's own text, which may hold a password, is not shown."""
    access, _ = npm
    assert "has no version 9.9.9 — newest: 1.1.0, 1.0.0" in fault("npm:@scope/demo@9.9.9", access)
    assert "no package nope" in fault("npm:nope", access)
    assert "E500" in fault("npm:broken", access)


def test_missing_and_failing_npm_are_named(tmp_path: Path) -> None:
    """Without npm the mend says to install it; an npm that fails before it answers is quoted without its URLs."""
    access = Access(environment={"PATH": str(tmp_path)})
    assert "npm is not installed" in fault("npm:zod", access)
    (tmp_path / "npm").write_text("#!/bin/sh\necho 'npm error at https://user:s3cr3t@127.0.0.1/x broke' >&2\nexit 1\n")
    (tmp_path / "npm").chmod(0o755)
    assert "npm error at (URL) broke" in fault("npm:zod", access)


def test_npm_that_hangs_is_ended(tmp_path: Path) -> None:
    """A program that does not end is killed with its children when the time is over."""
    (tmp_path / "npm").write_text(f"#!/bin/sh\n/bin/sleep 60 &\necho $! > {tmp_path}/child\nwait\n")
    (tmp_path / "npm").chmod(0o755)
    access = Access(environment={"PATH": str(tmp_path)})
    assert "did not finish in the time" in fault("npm:zod", access, Limits(max_seconds=0.3))
    child = Path("/proc") / (tmp_path / "child").read_text().strip() / "stat"
    assert not child.exists() or child.read_text().split()[2] in "ZX"
