"""An archive as a source: told by its content, listed and read in place, never extracted.

The two formats are `tar`'s and `zip`'s business, decompression is `stream`'s. What they share is here: unsafe names
turn the archive down, links and devices are refused one by one, and the single folder that sdists, npm packages
and repository downloads wrap everything in is taken off.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from doctown.errors import InputError
from doctown.ingest.fetch import tar, zip
from doctown.ingest.fetch.contract import Limits, Tree
from doctown.ingest.fetch.listing import EntryKind, Handle, ListedTree, Listing, UnsafePathError, relative, shown
from doctown.ingest.fetch.stream import compression, decompressed
from doctown.model import Origin

_ENDINGS = re.compile(r"\.(?:tar(?:\.(?:gz|bz2|xz|zst))?|tgz|tbz2?|txz|tzst|zip|whl)$", re.IGNORECASE)
_VERSIONED = re.compile(r"^(?P<name>.+?)-v?(?P<version>\d[\w.+!]*)$")
_DEBIAN = re.compile(r"^(?P<name>[^_]+)_(?P<version>[\w.+~-]+)\.orig$")  # a source package: `demo_1.2~rc1.orig`
_REASONS: dict[str, tuple[EntryKind, str]] = {
    "symlink": ("symlink", "symbolic link, not followed"),
    "hardlink": ("special", "hard link, not followed"),
    "special": ("special", "not a regular file"),
}


def _open_tar(file: IO[bytes], size: int, origin: Origin, limits: Limits, warnings: Sequence[str]) -> Tree:
    label = origin.location
    listing: Listing[int] = Listing(limits)
    listing.warnings.extend(warnings)
    with decompressed(file, size, limits, label) as stream:
        for member in tar.members(stream, limits, label):
            path = _safe(member.name, label)
            if member.kind == "file" and path:
                listing.take(path, member.size, member.number)
            elif member.kind in _REASONS and path:
                listing.refuse(path, *_REASONS[member.kind], member.size)

    def contents(wanted: Sequence[tuple[str, int]]) -> Iterator[tuple[str, bytes]]:
        paths = {number: path for path, number in wanted}
        with decompressed(file, size, limits, label) as stream:
            for member in tar.members(stream, limits, label, paths):
                if member.content is not None:
                    yield paths[member.number], member.content

    return _listed(origin, listing, contents)


def _open_zip(archive: zipfile.ZipFile, origin: Origin, limits: Limits, warnings: Sequence[str]) -> Tree:
    label = origin.location
    listing: Listing[zipfile.ZipInfo] = Listing(limits)
    listing.warnings.extend(warnings)
    for info in archive.infolist():
        path, kind, reason = _safe(info.filename, label), zip.kind_of(info), zip.unreadable(info)
        if kind == "file" and path and reason:
            listing.refuse(path, "file", reason, info.file_size)
        elif kind == "file" and path:
            listing.take(path, info.file_size, info)
        elif kind in _REASONS and path:
            listing.refuse(path, *_REASONS[kind], info.file_size)
    return _listed(origin, listing, lambda wanted: zip.contents(archive, wanted, label))


def _listed(
    origin: Origin,
    listing: Listing[Handle],
    contents: Callable[[Sequence[tuple[str, Handle]]], Iterator[tuple[str, bytes]]],
) -> Tree:
    listing.strip_single_folder()
    listing.close()
    return ListedTree(origin, listing, contents)


def _safe(name: str, label: str) -> str:
    try:
        return relative(name)
    except UnsafePathError as error:
        raise InputError(
            f"{label} is an attack: {error} among its members ({shown(name)[:80]})", "do not use this archive"
        ) from None


@contextlib.contextmanager
def open_archive(
    path: Path, *, limits: Limits, shown_as: str = "", origin: Origin | None = None, warnings: Sequence[str] = ()
) -> Iterator[Tree]:
    """The archive in the file `path`. Without an `origin` one is made from its name (`shown_as`, if that is given);
    the digest is set either way. `warnings` are put before the tree's own. Raises InputError if it is not an archive,
    damaged, over a cap or an attack."""
    made = origin or _named(shown_as or path.name)
    label = made.location
    try:
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"{label} cannot be read: {error.strerror}", "check its permissions") from None
    with file, contextlib.ExitStack() as stack:
        size = file.seek(0, 2)
        if size > limits.max_download_bytes:
            raise InputError(f"{label} is larger than {limits.max_download_bytes} bytes", "give an unpacked folder")
        made = dataclasses.replace(made, digest=_sha256(file))
        start = _first_bytes(file, size, limits, label)
        if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            archive = stack.enter_context(zip.open_zip(file, size, limits, label))
            yield _open_zip(archive, made, limits, warnings)
        elif tar.looks_like_tar(start):
            made = dataclasses.replace(made, commit=tar.archived_commit(start))
            yield _open_tar(file, size, made, limits, warnings)
        else:
            raise _not_an_archive(file, label)


def _first_bytes(file: IO[bytes], size: int, limits: Limits, label: str) -> bytes:
    with decompressed(file, size, limits, label) as stream:
        return stream.read(1024)


def _not_an_archive(file: IO[bytes], label: str) -> InputError:
    file.seek(0)
    packing = compression(file.read(8))
    what = f"{packing}-compressed, but holds no tar archive" if packing else "not an archive"
    return InputError(f"{label} is {what}", "give a zip, tar, tar.gz, tar.bz2, tar.xz or tar.zst file")


def _sha256(file: IO[bytes]) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(1024 * 1024):
        digest.update(block)
    return digest.hexdigest()


def _named(file_name: str) -> Origin:
    """The origin of an archive, as far as its file name tells."""
    stem = _ENDINGS.sub("", file_name)
    if file_name.endswith(".whl"):
        stem = "-".join(stem.split("-")[:2])  # the rest of a wheel's name says what it runs on
    found = _DEBIAN.match(stem) or _VERSIONED.match(stem)
    name, version = (found["name"], found["version"]) if found else (stem, "")
    return Origin(kind="archive", location=shown(file_name), name=shown(name), version=version)
