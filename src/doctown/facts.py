"""What one file says to bytes and back, on its way from a worker process to the draft and the resolver.

MessagePack, compressed, decoded straight into the nouns with every value's type checked: safe to read wherever it
comes from, and fast enough for a million references.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec
import zstandard

from doctown.errors import PackError
from doctown.model import FileFacts, Reading

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


@lru_cache(maxsize=1)
def _reading_decoder() -> msgspec.msgpack.Decoder[Reading]:
    return msgspec.msgpack.Decoder(Reading)


def pack_reading(reading: Reading) -> bytes:
    """A reading for the pipe between two processes, several times cheaper than pickle for many small nouns."""
    return _encoder().encode(reading)


def unpack_reading(message: bytes) -> Reading:
    """The reading that `pack_reading` was given."""
    return _reading_decoder().decode(message)
