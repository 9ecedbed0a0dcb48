"""Decompressed bytes under guard: never more than the caps allow, and never a damaged stream passed off as whole.

Which compression a file has is told by its first bytes. What the bytes mean is left to `tar`.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from typing import IO, cast

import zstandard

from doctown.errors import InputError
from doctown.ingest.fetch.contract import Limits

_BLOCK = 256 * 1024
# What a stream may ask for as its dictionary: the largest that `xz -9` and `zstd --ultra -22` use, with room.
_MAX_WINDOW = 128 * 1024 * 1024

_MAGIC = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)


def compression(start: bytes) -> str:
    """gzip, bzip2, xz or zstd by a file's first bytes; empty if it is none of them."""
    return next((name for magic, name in _MAGIC if start.startswith(magic)), "")


class GuardedStream:
    """Reads a decompressed stream and counts. Raises InputError, naming `label`, as soon as it has given more than
    the caps allow, and when the stream is damaged or cut short."""

    def __init__(self, raw: IO[bytes], packed_size: int, limits: Limits, label: str) -> None:
        self._raw = raw
        self._limits = limits
        self._label = label
        self._most_by_ratio = max(limits.ratio_floor_bytes, packed_size * limits.max_ratio)
        self.position = 0  # bytes given so far

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, or fewer at the end of the stream."""
        parts: list[bytes] = []
        missing = size
        while missing > 0:
            try:
                part = self._raw.read(min(missing, _BLOCK))
            except (EOFError, OSError, zlib.error, lzma.LZMAError, zstandard.ZstdError) as error:
                raise InputError(
                    f"{self._label} is damaged or cut short after {self.position} unpacked bytes ({_one_line(error)})",
                    "fetch the archive again",
                ) from None
            if not part:
                break
            parts.append(part)
            missing -= len(part)
            self._count(len(part))
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Passes over `size` bytes. Raises InputError if there are fewer."""
        missing = size
        while missing > 0:
            got = len(self.read(min(missing, _BLOCK)))
            if not got:
                raise InputError(f"{self._label} is cut short inside a member", "fetch the archive again")
            missing -= got

    def drain(self) -> None:
        """Reads on to the end, so that the stream's own checksum is verified."""
        while self.read(_BLOCK):
            pass

    def _count(self, size: int) -> None:
        self.position += size
        mend = "if you trust it, unpack it yourself and give the folder"
        if self.position > self._limits.max_total_bytes:
            raise InputError(f"{self._label} unpacks to more than {self._limits.max_total_bytes} bytes", mend)
        if self.position > self._most_by_ratio:
            raise InputError(
                f"{self._label} is a decompression bomb: it unpacks to more than"
                f" {self._limits.max_ratio} times its size",
                mend,
            )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


@contextlib.contextmanager
def decompressed(file: IO[bytes], packed_size: int, limits: Limits, label: str) -> Iterator[GuardedStream]:
    """The content of `file` from its beginning, decompressed if it is compressed. `packed_size` in bytes."""
    file.seek(0)
    kind = compression(file.read(8))
    file.seek(0)
    with contextlib.ExitStack() as stack:
        raw: IO[bytes] = file
        if kind == "gzip":
            raw = cast(IO[bytes], stack.enter_context(contextlib.closing(gzip.GzipFile(fileobj=file))))
        elif kind == "bzip2":
            raw = stack.enter_context(bz2.BZ2File(file))
        elif kind == "xz":
            raw = io.BufferedReader(_XzStream(file), _BLOCK)
        elif kind == "zstd":
            reader = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW).stream_reader(
                file, read_across_frames=True, closefd=False
            )
            raw = stack.enter_context(reader)
        yield GuardedStream(raw, packed_size, limits, label)


class _XzStream(io.RawIOBase):
    """xz with a limit on memory, which `lzma.LZMAFile` does not offer: a header of a few bytes may ask for 4 GiB."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file
        self._decoder = self._fresh()
        self._begun = False  # whether the present xz stream has had any byte

    @staticmethod
    def _fresh() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MAX_WINDOW)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while True:
            packed = b""
            if self._decoder.eof:
                packed = self._decoder.unused_data.lstrip(b"\0")
                self._decoder, self._begun = self._fresh(), False
            if not packed and self._decoder.needs_input:
                packed = self._file.read(_BLOCK)
                if not self._begun:
                    packed = packed.lstrip(b"\0")  # streams may be padded with zeros
                if not packed:
                    if self._begun:
                        raise EOFError("the stream ended before its end mark")
                    return 0
            self._begun = True
            part = self._decoder.decompress(packed, len(buffer))
            if part:
                buffer[: len(part)] = part
                return len(part)
