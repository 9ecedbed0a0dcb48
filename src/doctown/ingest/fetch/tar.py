"""The members of a tar archive, read in one pass and never unpacked.

The standard library parses single headers here; the walk over them is our own, because `tarfile`'s reads extended
headers of any size into memory, follows negative sizes in circles and has been escaped through links in versions
that we support. Decompression and its caps are `stream`'s business, names are `listing`'s.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from doctown.errors import InputError
from doctown.ingest.fetch.contract import Limits
from doctown.ingest.fetch.stream import GuardedStream

_BLOCK = tarfile.BLOCKSIZE
_MAX_HEADER_BYTES = 1024 * 1024  # of one extended header: a path and some times take a few hundred bytes
_COMMIT = re.compile(r"^[0-9a-f]{40}(?:[0-9a-f]{24})?$")

MemberKind = Literal["file", "folder", "symlink", "hardlink", "special"]

_KINDS: dict[bytes, MemberKind] = {
    tarfile.REGTYPE: "file",
    tarfile.AREGTYPE: "file",
    tarfile.CONTTYPE: "file",
    tarfile.DIRTYPE: "folder",
    tarfile.SYMTYPE: "symlink",
    tarfile.LNKTYPE: "hardlink",
    tarfile.CHRTYPE: "special",
    tarfile.BLKTYPE: "special",
    tarfile.FIFOTYPE: "special",
}
# These have no content, whatever size their header states: so do all readers of tar, and so must this one.
_WITHOUT_CONTENT = {
    tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """One member. `number` counts members from 0; `content` is None unless it was asked for."""

    number: int
    name: str  # as written, undecodable bytes as surrogates
    size: int
    kind: MemberKind
    content: bytes | None = None


@dataclass(slots=True)
class _Extended:
    """What extended headers said about the member that follows them."""

    path: str = ""
    size: int | None = None


def looks_like_tar(start: bytes) -> bool:
    """Whether the first 512 bytes are a tar header (or the end mark of an empty archive)."""
    if len(start) < _BLOCK:
        return False
    if not any(start[:_BLOCK]):
        return True
    try:
        tarfile.TarInfo.frombuf(start[:_BLOCK], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def members(stream: GuardedStream, limits: Limits, label: str, wanted: Collection[int] = ()) -> Iterator[Member]:
    """Every member in order, with the content of those whose number is wanted. Raises InputError, naming `label`,
    for an archive that is damaged, cut short or built to harm."""
    extended = _Extended()
    number = 0
    headers = 0
    while header := stream.read(_BLOCK):
        if not any(header):
            stream.drain()
            return
        headers += 1
        # Extended headers come up to three to a member, so they are counted too: a chain of them is no archive.
        if number >= limits.max_entries or headers > 4 * limits.max_entries:
            raise InputError(f"{label} has more than {limits.max_entries} entries", "unpack it and give the folder")
        info = _parse(header, stream, label)
        if info.type in (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME):
            _extend(extended, info.type, _content(stream, info.size, label), label)
            continue
        if info.type in (tarfile.XGLTYPE, tarfile.GNUTYPE_LONGLINK):
            _content(stream, info.size, label)
            continue
        if info.type == tarfile.GNUTYPE_SPARSE:
            raise _sparse(label)
        size = 0 if info.type in _WITHOUT_CONTENT else info.size if extended.size is None else extended.size
        kind = _KINDS.get(info.type, "special")
        name = extended.path or info.name
        if kind == "file" and name.endswith("/"):
            kind = "folder"
        content = None
        if number in wanted:
            content = stream.read(size)
            if len(content) < size:
                raise InputError(f"{label} is cut short inside a member", "fetch the archive again")
        else:
            stream.skip(size)
        stream.skip(-size % _BLOCK)
        yield Member(number, name, size, kind, content)
        number += 1
        extended = _Extended()


def archived_commit(start: bytes) -> str:
    """The commit that `git archive` noted in the global header which begins its archives; empty if there is none.
    `start` is the first kilobyte, decompressed."""
    if len(start) < 2 * _BLOCK or start[156:157] != tarfile.XGLTYPE:
        return ""
    found = re.match(rb"\d+ comment=([0-9a-f]+)\n", start[_BLOCK : 2 * _BLOCK])
    commit = found[1].decode("ascii") if found else ""
    return commit if _COMMIT.match(commit) else ""


def _parse(header: bytes, stream: GuardedStream, label: str) -> tarfile.TarInfo:
    try:
        info = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        at = stream.position - len(header)
        raise InputError(f"{label} is damaged: no tar header at byte {at}", "fetch the archive again") from None
    if info.size < 0:
        raise InputError(f"{label} is an attack: a member of negative size", "do not use this archive")
    return info


def _content(stream: GuardedStream, size: int, label: str) -> bytes:
    """The content of an extended header, padding passed over."""
    if size > _MAX_HEADER_BYTES:
        raise InputError(f"{label} is an attack: an extended header of {size} bytes", "do not use this archive")
    content = stream.read(size)
    stream.skip(-size % _BLOCK)
    return content


def _extend(extended: _Extended, kind: bytes, content: bytes, label: str) -> None:
    if kind == tarfile.GNUTYPE_LONGNAME:
        extended.path = content.rstrip(b"\0").decode("utf-8", "surrogateescape")
        return
    for key, value in _records(content, label):
        if key.startswith("GNU.sparse."):
            raise _sparse(label)
        if key == "path":
            extended.path = value
        elif key == "size":
            if not value.isascii() or not value.isdigit() or len(value) > 20:
                raise InputError(f"{label} is an attack: a member of size {value[:20]!r}", "do not use this archive")
            extended.size = int(value)


def _records(content: bytes, label: str) -> Iterator[tuple[str, str]]:
    """The `length key=value` records of a pax header."""
    at = 0
    while at < len(content) and content[at]:
        space = content.find(b" ", at, at + 20)
        digits = content[at:space] if space > 0 else b""
        length = int(digits) if digits.isdigit() else 0
        record = content[space + 1 : at + length]
        key, equals, value = record[:-1].partition(b"=")
        if not equals or not record.endswith(b"\n") or len(record) != at + length - space - 1:
            raise InputError(f"{label} is damaged: a malformed extended header", "fetch the archive again")
        yield key.decode("utf-8", "surrogateescape"), value.decode("utf-8", "surrogateescape")
        at += length


def _sparse(label: str) -> InputError:
    return InputError(f"{label} has a sparse member, whose size can be anything", "pack it again without sparse files")
