"""Debian's packages as corpora: source archives and the contents of binary packages, as plain tar files.

The system's own package lists stay as they are: which servers it trusts is copied into lists of our own below a
folder, with sources enabled in the copy. Nothing is installed, and no script of a package runs.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from doctown.errors import InputError

CONFIGURATION = Path("/etc/apt")
SECONDS = 600.0  # for one call


def source(package: str, folder: Path) -> Path:
    """The upstream archive of a source package. Raises InputError where Debian's packages cannot be had."""
    target = _empty(folder / "fetched" / package)
    _apt(folder, ["source", "--download-only", "--tar-only", package], target)
    return _only(target, "*.orig.tar.*", package)


def binary(package: str, folder: Path) -> Path:
    """The files of a binary package, as a tar archive. Raises InputError where Debian's packages cannot be had."""
    target = _empty(folder / "fetched" / package)
    _apt(folder, ["download", package], target)
    archive = target / f"{package}.tar"
    with archive.open("wb") as out:
        _checked(["dpkg-deb", "--fsys-tarfile", str(_only(target, "*.deb", package))], target, out)
    return archive


def _apt(folder: Path, arguments: list[str], target: Path) -> None:
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise InputError("Debian's packages need apt-get and dpkg-deb, which are not here", "run this on Debian")
    options = _options(folder)
    if not any((folder / "lists").glob("*_Sources*")):
        _checked(["apt-get", "-q", *options, "update"], target)
    _checked(["apt-get", "-q", *options, *arguments], target)


def _options(folder: Path) -> list[str]:
    parts = folder / "sources"
    for place in (parts, folder / "lists" / "partial", folder / "cache" / "archives" / "partial"):
        place.mkdir(parents=True, exist_ok=True)
    for path in (CONFIGURATION / "sources.list.d").glob("*.sources"):
        (parts / path.name).write_text(re.sub(r"(?m)^Types:.*$", "Types: deb deb-src", path.read_text("utf-8")))
    for path in (CONFIGURATION / "sources.list", *(CONFIGURATION / "sources.list.d").glob("*.list")):
        if path.is_file():
            lines = re.findall(r"(?m)^deb\s.*$", path.read_text("utf-8"))
            (parts / path.with_suffix(".list").name).write_text(
                "".join(f"{line}\ndeb-src{line.removeprefix('deb')}\n" for line in lines)
            )
    settings = {
        "Dir::Etc::SourceList": "/dev/null",
        "Dir::Etc::SourceParts": parts.absolute(),
        "Dir::State::Lists": (folder / "lists").absolute(),
        "Dir::Cache": (folder / "cache").absolute(),
        "APT::Sandbox::User": "",
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def _checked(command: list[str], folder: Path, out: object = subprocess.PIPE) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, stdout=out, stderr=subprocess.PIPE, check=False, timeout=SECONDS  # type: ignore[call-overload]
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise InputError(f"{command[0]} did not answer in {SECONDS:g} s", "try again later") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise InputError(f"{command[0]} failed: {said[-1] if said else 'no reason given'}", "look at its configuration")


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _only(folder: Path, pattern: str, package: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise InputError(f"the Debian package {package} came without {pattern}", "choose another package")
    return found[0]
