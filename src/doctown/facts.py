"""What one file says to bytes and back, on its way from a worker process to the draft and the resolver.

MessagePack, compressed, decoded straight into the nouns with every value's type checked: safe to read wherever it
comes from, and fast enough for a million references.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar, cast

import msgspec
import zstandard

from doctown.errors import PackError
from doctown.model import Binding, FileFacts, Import, Reading, Reference, SymbolKind, Visibility

Decoded = TypeVar("Decoded")

_OF_THREAD = threading.local()
MAX_BYTES = 256 << 20  # of one file's facts, decompressed


@lru_cache(maxsize=1)
def _encoder() -> msgspec.msgpack.Encoder:
    return msgspec.msgpack.Encoder()


@lru_cache(maxsize=1)
def _decoder() -> msgspec.msgpack.Decoder[FileFacts]:
    return msgspec.msgpack.Decoder(FileFacts)


def _compressor() -> zstandard.ZstdCompressor:
    """The thread's own: to make one takes half as long as a file's facts, and two threads must not share one."""
    if not hasattr(_OF_THREAD, "compressor"):
        _OF_THREAD.compressor = zstandard.ZstdCompressor(level=1)
    return cast("zstandard.ZstdCompressor", _OF_THREAD.compressor)


def _decompressor() -> zstandard.ZstdDecompressor:
    """As `_compressor`."""
    if not hasattr(_OF_THREAD, "decompressor"):
        _OF_THREAD.decompressor = zstandard.ZstdDecompressor()
    return cast("zstandard.ZstdDecompressor", _OF_THREAD.decompressor)


def encode(facts: FileFacts) -> bytes:
    """The facts as compressed MessagePack."""
    return _compressor().compress(_encoder().encode(facts))


def decode(blob: bytes) -> FileFacts:
    """The facts that `encode` was given. Raises `PackError` for anything else."""
    return _decoded(_decoder(), blob)


def _decoded(decoder: msgspec.msgpack.Decoder[Decoded], blob: bytes) -> Decoded:
    try:
        return decoder.decode(_decompressor().decompress(blob, max_output_size=MAX_BYTES))
    except (msgspec.MsgspecError, zstandard.ZstdError) as error:
        raise PackError(f"stored facts of a file cannot be read ({error})", "delete the cache or the draft") from error


class _Outlined(msgspec.Struct, frozen=True, gc=False):
    """A `Symbol` without its documentation, which names nothing. Of these there are most, and this is the
    form in which msgspec makes them quickest."""

    key: str
    name: str
    qualified_name: str
    kind: SymbolKind
    language: str
    path: str
    parent: str
    start_byte: int
    end_byte: int
    start_line: int
    end_line: int
    signature: str
    visibility: Visibility


class _Outline(msgspec.Struct, frozen=True):
    """The part of `FileFacts` that says what a file defines."""

    path: str
    language: str
    package: str
    symbols: tuple[_Outlined, ...]


# What fills the slots of a symbol that nobody has seen yet, and which is therefore not yet as good as frozen.
_set_path, _set_language, _set_parent = (vars(_Outlined)[name].__set__ for name in ("path", "language", "parent"))


def _share_texts(outline: _Outline) -> None:
    """Has the symbols of a file hold its path, its language and their parents' keys once, not once each: of what the
    symbols of CPython's sources take that is a third."""
    path, language = outline.path, outline.language
    keys: dict[str, str] = {}
    for symbol in outline.symbols:
        keys[symbol.key] = symbol.key
        _set_path(symbol, path)
        _set_parent(symbol, keys.get(symbol.parent, symbol.parent))
        if symbol.language == language:
            _set_language(symbol, language)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """The part that says what its names mean."""

    imports: tuple[Import, ...]
    bindings: tuple[Binding, ...]
    bases: tuple[tuple[int, str], ...]
    exports: tuple[tuple[str, str], ...] = ()
    problems: tuple[str, ...] = ()
    alternatives: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Uses:
    """The part that only the file itself is asked for."""

    references: tuple[Reference, ...]


@lru_cache(maxsize=1)
def _part_decoders() -> tuple[
    msgspec.msgpack.Decoder[_Outline], msgspec.msgpack.Decoder[_Names], msgspec.msgpack.Decoder[_Uses]
]:
    return msgspec.msgpack.Decoder(_Outline), msgspec.msgpack.Decoder(_Names), msgspec.msgpack.Decoder(_Uses)


class _Latest:
    """What was decoded last of what is not kept: the references of one file, and the bindings of one."""

    __slots__ = ("bindings", "references")

    def __init__(self) -> None:
        self.references: tuple[object, tuple[Reference, ...]] = (None, ())  # whose, and they
        self.bindings: tuple[object, tuple[Binding, ...]] = (None, ())


class _Late:
    """`FileFacts` of which only symbols are there, without documentation. Imports and the like are decoded when one of
    them is first asked for, and kept; references and bindings, which are most of it, are kept of one file at a time."""

    __slots__ = (
        "_blob", "_latest", "alternatives", "bases", "exports", "imports", "language", "package", "path", "problems",
        "symbols",
    )  # fmt: skip

    def __init__(self, blob: bytes, latest: _Latest) -> None:
        outline = _decoded(_part_decoders()[0], blob)
        self.path, self.language, self.package = outline.path, outline.language, outline.package
        self.symbols = outline.symbols
        _share_texts(outline)
        self._blob = blob
        self._latest = latest

    @property
    def references(self) -> tuple[Reference, ...]:
        whose, references = self._latest.references
        if whose is not self:
            references = _decoded(_part_decoders()[2], self._blob).references
            self._latest.references = self, references
        return references

    @property
    def bindings(self) -> tuple[Binding, ...]:
        whose, bindings = self._latest.bindings
        return bindings if whose is self else self._named().bindings

    def __getattr__(self, name: str) -> object:
        """Of a slot that is not filled yet."""
        return getattr(self._named(), name)

    def _named(self) -> _Names:
        names = _decoded(_part_decoders()[1], self._blob)
        self.imports, self.bases, self.exports = names.imports, names.bases, names.exports
        self.problems, self.alternatives = names.problems, names.alternatives
        self._latest.bindings = self, names.bindings
        return names


def decode_late(blobs: Iterable[bytes]) -> list[FileFacts]:
    """The facts of many files as `decode` gives them, but for documentation, which is left out: what is asked for is
    decoded then, and of what there is most of, one file's is in memory at a time. Raises `PackError` as `decode` does,
    of parts when they are asked for.
    """
    latest = _Latest()
    return cast("list[FileFacts]", [_Late(blob, latest) for blob in blobs])


@lru_cache(maxsize=1)
def _reading_decoder() -> msgspec.msgpack.Decoder[Reading]:
    return msgspec.msgpack.Decoder(Reading)


def pack_reading(reading: Reading, data: bytes) -> bytes:
    """A reading for the pipe between two processes, several times cheaper than pickle for many small nouns. Content
    that is `data`, what was given to be read, stays out: the other side has it."""
    if reading.content is None or reading.content != data:
        return _OWN + _encoder().encode(reading)
    return _GIVEN + _encoder().encode(_with_content(reading, None))


def unpack_reading(message: bytes, data: bytes) -> Reading:
    """The reading of `data` that `pack_reading` was given."""
    reading = _reading_decoder().decode(memoryview(message)[1:])
    return _with_content(reading, data) if message[:1] == _GIVEN else reading


_OWN, _GIVEN = b"o", b"g"  # how a message begins: with its content, or without since it is what was given


def _with_content(reading: Reading, content: bytes | None) -> Reading:
    return Reading(
        file=reading.file,
        content=content,
        symbols=reading.symbols,
        chunks=reading.chunks,
        artifacts=reading.artifacts,
        facts=reading.facts,
        rules=reading.rules,
    )
