"""The members of a zip archive (wheels are zips too), read in place and never unpacked.

The standard library parses the directory and decompresses; what it lets pass is looked at here: members that
overlap, directories of absurd size, methods whose decoder may take gigabytes. Names are `listing`'s business.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import IO

from doctown.errors import InputError
from doctown.ingest.fetch.contract import Limits

_LOCAL_HEADER = struct.Struct("<4s22xHH")
_READABLE = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2}
_UNIX = 3
_ENCRYPTED = 1


class _BoundedReads(io.BufferedIOBase):
    """A file that refuses a single huge read: `zipfile` reads a whole central directory at once, as long as the
    archive says that it is, and builds an object for every 46 bytes of it."""

    def __init__(self, file: IO[bytes], most: int, label: str) -> None:
        super().__init__()
        self._file = file
        self._most = most
        self._label = label

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > self._most:
            raise InputError(f"{self._label} has more entries than is reasonable", "unpack it and give the folder")
        return self._file.read(-1 if size is None else size)


def open_zip(file: IO[bytes], packed_size: int, limits: Limits, label: str) -> zipfile.ZipFile:
    """The archive, its directory read and judged. Raises InputError, naming `label`, if it is damaged or an attack:
    too many entries, encrypted, overlapping, unpacking to more than the caps allow."""
    bounded = _BoundedReads(file, 65536 + 96 * limits.max_entries, label)
    try:
        archive = zipfile.ZipFile(bounded)
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, struct.error, OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{label} is a damaged or cut short zip ({reason})", "fetch the archive again") from None
    infos = archive.infolist()
    if len(infos) > limits.max_entries:
        raise InputError(f"{label} has more than {limits.max_entries} entries", "unpack it and give the folder")
    for info in infos:
        if info.flag_bits & _ENCRYPTED:
            raise InputError(f"{label} is encrypted", "decrypt it first and give the result")
    _check_overlap(file, archive, label)
    _check_sizes(infos, packed_size, limits, label)
    return archive


def _check_overlap(file: IO[bytes], archive: zipfile.ZipFile, label: str) -> None:
    """Turns down members that share bytes, by which a small archive unpacks to any size."""
    attack = InputError(f"{label} is an attack: its members overlap", "do not use this archive")
    ends_at = 0
    for info in sorted(archive.infolist(), key=lambda one: one.header_offset):
        start = info.header_offset
        if start < ends_at:
            raise attack
        file.seek(start)
        header = file.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
            raise InputError(f"{label} is damaged: a member has no header", "fetch the archive again")
        _, name_length, extra_length = _LOCAL_HEADER.unpack(header)
        ends_at = start + _LOCAL_HEADER.size + name_length + extra_length + info.compress_size
    if ends_at > archive.start_dir:
        raise attack


def _check_sizes(infos: Sequence[zipfile.ZipInfo], packed_size: int, limits: Limits, label: str) -> None:
    """Turns down what says of itself that it unpacks to too much; `zipfile` reads no more than was said."""
    total = sum(info.file_size for info in infos)
    mend = "if you trust it, unpack it yourself and give the folder"
    if total > limits.max_total_bytes:
        raise InputError(f"{label} unpacks to {total} bytes, more than {limits.max_total_bytes}", mend)
    if total > max(limits.ratio_floor_bytes, packed_size * limits.max_ratio):
        ratio = total // max(1, packed_size)
        raise InputError(f"{label} is a decompression bomb: it unpacks to {ratio} times its size", mend)


def kind_of(info: zipfile.ZipInfo) -> str:
    """folder, symlink, special, or file, by the Unix mode if the archive has one."""
    mode = info.external_attr >> 16 if info.create_system == _UNIX else 0
    if info.is_dir() or stat.S_ISDIR(mode):
        return "folder"
    if stat.S_ISLNK(mode):
        return "symlink"
    if stat.S_IFMT(mode) and not stat.S_ISREG(mode):
        return "special"
    return "file"


def unreadable(info: zipfile.ZipInfo) -> str:
    """Why a file's content cannot be had; empty if it can."""
    return "" if info.compress_type in _READABLE else f"zip compression method {info.compress_type} is not read"


def contents(
    archive: zipfile.ZipFile, wanted: Sequence[tuple[str, zipfile.ZipInfo]], label: str
) -> Iterator[tuple[str, bytes]]:
    """(path, content) of the members wanted. Raises InputError for one that is damaged."""
    for path, info in wanted:
        try:
            with archive.open(info) as member:
                content = member.read(info.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            raise InputError(f"{label} is damaged at {path} ({reason})", "fetch the archive again") from None
        if len(content) != info.file_size:
            raise InputError(f"{label} is damaged at {path}: not of the size it states", "fetch the archive again")
        yield path, content
