"""What one file says to bytes and back, on its way from a worker process to the draft and the resolver.

MessagePack, compressed, decoded straight into the nouns with every value's type checked: safe to read wherever it
comes from, and fast enough for a million references.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import msgspec
import zstandard

from doctown.errors import PackError
from doctown.model import FileFacts, Reading, Symbol

MAX_BYTES = 256 << 20  # of one file's facts, decompressed


@lru_cache(maxsize=1)
def _encoder() -> msgspec.msgpack.Encoder:
    return msgspec.msgpack.Encoder()


@lru_cache(maxsize=1)
def _decoder() -> msgspec.msgpack.Decoder[FileFacts]:
    return msgspec.msgpack.Decoder(FileFacts)


def encode(facts: FileFacts) -> bytes:
    """The facts as compressed MessagePack."""
    return zstandard.ZstdCompressor(level=1).compress(_encoder().encode(facts))


def decode(blob: bytes) -> FileFacts:
    """The facts that `encode` was given. Raises `PackError` for anything else."""
    try:
        return _decoder().decode(zstandard.ZstdDecompressor().decompress(blob, max_output_size=MAX_BYTES))
    except (msgspec.MsgspecError, zstandard.ZstdError) as error:
        raise PackError(f"stored facts of a file cannot be read ({error})", "delete the cache or the draft") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outline:
    """The part of `FileFacts` that names what a file defines."""

    path: str
    language: str
    package: str
    symbols: tuple[Symbol, ...]


@lru_cache(maxsize=1)
def _outline_decoder() -> msgspec.msgpack.Decoder[_Outline]:
    return msgspec.msgpack.Decoder(_Outline)


class _Late:
    """`FileFacts` of which references, imports and the like are decoded when one of them is first asked for."""

    __slots__ = ("_data", "_whole", "language", "package", "path", "symbols")

    def __init__(self, data: bytes) -> None:
        outline = _outline_decoder().decode(data)
        self.path, self.language, self.package = outline.path, outline.language, outline.package
        self.symbols = outline.symbols
        self._data = data
        self._whole: FileFacts | None = None

    def __getattr__(self, name: str) -> object:
        if self._whole is None:
            self._whole = _decoder().decode(self._data)
            self._data = b""
        return getattr(self._whole, name)


def decode_late(blob: bytes) -> FileFacts:
    """As `decode`, several times cheaper where little more than the symbols is looked at."""
    try:
        data = zstandard.ZstdDecompressor().decompress(blob, max_output_size=MAX_BYTES)
        return cast("FileFacts", _Late(data))
    except (msgspec.MsgspecError, zstandard.ZstdError) as error:
        raise PackError(f"stored facts of a file cannot be read ({error})", "delete the cache or the draft") from error


@lru_cache(maxsize=1)
def _reading_decoder() -> msgspec.msgpack.Decoder[Reading]:
    return msgspec.msgpack.Decoder(Reading)


def pack_reading(reading: Reading) -> bytes:
    """A reading for the pipe between two processes, several times cheaper than pickle for many small nouns."""
    return _encoder().encode(reading)


def unpack_reading(message: bytes) -> Reading:
    """The reading that `pack_reading` was given."""
    return _reading_decoder().decode(message)
