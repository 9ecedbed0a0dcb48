"""Where an export is written: beside its destination first, and put in its place when it is whole.

A folder that an export wrote says so in a small file, and only such a folder, or an empty one, is replaced. A process
that is killed leaves the old export as it was, and a partial folder beside it that the next run removes.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from doctown import __version__
from doctown.errors import DoctownError, InputError

MARK = ".doctown-export"  # names a folder as ours, with the form and the version that wrote it
_OTHER = "give another destination, or empty this one"


class Folder:
    """A folder that is being filled. Counts what it takes."""

    def __init__(self, path: Path) -> None:
        self._root = str(path)
        self._made: set[str] = set()
        self.files = 0
        self.bytes = 0

    def write(self, path: str, content: str | bytes) -> None:
        """Writes a file at a relative path, whose folders are made as needed."""
        data = content.encode("utf-8", "replace") if isinstance(content, str) else content
        folder = path.rpartition("/")[0]
        if folder not in self._made:
            os.makedirs(f"{self._root}/{folder}", exist_ok=True)  # noqa: PTH103 - a hundred thousand of them
            self._made.add(folder)
        # Exclusive: a second file of the same name would mean that names collide, which is our defect.
        descriptor = os.open(f"{self._root}/{path}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            written = 0
            while written < len(data):
                written += os.write(descriptor, data[written:])
        finally:
            os.close(descriptor)
        self.files += 1
        self.bytes += len(data)


@contextmanager
def folder(destination: Path, form: str) -> Iterator[Folder]:
    """A folder to fill, which takes the destination's place at the end of the block; nothing of it stays if the block
    raises. Raises InputError for a destination that holds anything else than an earlier export."""
    _check_folder(destination, form)
    partial = destination.with_name(f".{destination.name}.partial")
    old = destination.with_name(f".{destination.name}.old")
    try:
        for leftover in (partial, old):
            _remove(leftover)
        partial.mkdir()
        try:
            (partial / MARK).write_text(json.dumps({"form": form, "generator": f"doctown {__version__}"}) + "\n")
            yield Folder(partial)
            if destination.exists():
                destination.rename(old)
            try:
                partial.rename(destination)
            except OSError:
                if old.exists():
                    old.rename(destination)
                raise
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        _remove(old)
        _settle(destination.absolute().parent)
    except OSError as error:
        raise _trouble(destination, error) from error


def _trouble(destination: Path, error: OSError) -> DoctownError:
    return DoctownError(
        f"{destination} cannot be written ({error.strerror or error})",
        "see that its disk has room and its folder can be written",
    )


def _check_folder(destination: Path, form: str) -> None:
    if not destination.name or destination.name in (".", ".."):
        raise InputError(f"{str(destination)!r} cannot be replaced as a whole", "name a folder within it")
    try:
        if destination.is_symlink():
            raise InputError(f"{destination} is a link", "name the folder that it leads to")
        if not destination.absolute().parent.is_dir():
            raise InputError(f"the folder of {destination} does not exist", "create it first")
        if not destination.exists():
            return
        if not destination.is_dir():
            raise InputError(f"{destination} is a file", f"{form} is a folder: {_OTHER}")
        if not any(destination.iterdir()):
            return
        found = json.loads((destination / MARK).read_text("utf-8")).get("form")
    except OSError as error:
        raise InputError(f"{destination} holds what no export wrote", _OTHER) from error
    except (ValueError, AttributeError) as error:
        raise InputError(f"{destination} has a damaged {MARK}", _OTHER) from error
    if found != form:
        raise InputError(f"{destination} holds an export to {str(found)[:20]}", _OTHER)


def _remove(leftover: Path) -> None:
    """Removes what an export that was killed left: only what says that it is ours, or is empty."""
    if not leftover.exists():
        return
    if leftover.is_symlink() or not leftover.is_dir() or (any(leftover.iterdir()) and not (leftover / MARK).is_file()):
        raise InputError(f"{leftover} is in the way", "remove it")
    shutil.rmtree(leftover)


@contextmanager
def file(destination: Path, form: str, beginning: bytes) -> Iterator[IO[bytes]]:
    """A file to write, which takes the destination's place at the end of the block. Only a file that begins as this
    form does is replaced."""
    if not destination.absolute().parent.is_dir():
        raise InputError(f"the folder of {destination} does not exist", "create it first")
    try:
        if destination.is_symlink() or destination.exists():
            if not destination.is_file() or destination.is_symlink():
                raise InputError(f"{destination} is no plain file", f"{form} is a file: give another destination")
            with destination.open("rb") as stream:
                if stream.read(len(beginning)) not in (beginning, b""):
                    raise InputError(f"{destination} exists and is no earlier export", "give another destination")
        partial = destination.with_name(f".{destination.name}.partial")
        partial.unlink(missing_ok=True)
        try:
            with partial.open("xb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(destination)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        _settle(destination.absolute().parent)
    except OSError as error:
        raise _trouble(destination, error) from error


def _settle(parent: Path) -> None:
    """Has the folder's new entry reach the disk."""
    descriptor = os.open(parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
