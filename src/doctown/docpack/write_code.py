"""Writing what was read: files and their sources, facts, symbols, chunks and vectors.

Rows go in by `executemany` in the order given; the caller holds the transaction. References between nouns come as
paths and keys and leave as ids.
"""

# ruff: noqa: S608 - statements are put together from constants of this package; values are always bound.
from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import zstandard

from doctown.docpack import fulltext
from doctown.docpack.coding import LARGEST_ID
from doctown.docpack.folding import fold_signature
from doctown.docpack.schema import MAX_SOURCE
from doctown.docpack.store import MAX_INTEGER, Store, batched, check_number, clean, in_chunks
from doctown.errors import InputError
from doctown.model import Chunk, File, Symbol, Vector

LEVEL = 7  # zstd: 35.8 MB of django become 9.0 in 0.7 CPU s; level 3 gives 9.7 in 0.25, level 9 gives 8.9 in 1.2


def digest_bytes(text: str, what: str) -> bytes:
    """The 32 bytes of a SHA-256 in hex, or none for an empty text."""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        data = b"?"
    if len(data) not in (0, 32):
        raise InputError(f"{what} has the digest {text!r}", "give SHA-256 as 64 hexadecimal digits, or nothing")
    return data


def add_files(store: Store, files: Iterable[tuple[File, bytes | None]]) -> list[int]:
    """Add files with their content as packed (None: not kept). Returns their ids in the order given."""
    compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=False, write_content_size=True)
    free = max(store.next_id("file_rows"), 1 + max((number for number, _ in store.kept_files.values()), default=0))
    ids: list[int] = []
    for batch in batched(files, 500):
        rows: list[tuple[object, ...]] = []
        sources: list[tuple[int, bytes]] = []
        for file, content in batch:
            path = clean(file.path)
            if path in store.paths:
                raise InputError(f"file {path!r} was added twice", "remove it from the draft first")
            number, cluster = store.kept_files.pop(path, (free, None))
            free += number == free
            store.paths[path] = number
            ids.append(number)
            rows.append(_file_row(store, number, path, file, cluster))
            if content is not None:
                _compare(path, file, content)
                sources.append((number, compressor.compress(content)))
        store.connection.executemany(f"INSERT INTO file_rows VALUES ({','.join('?' * 11)})", rows)
        store.connection.executemany("INSERT INTO sources VALUES (?, ?)", sources)
    if store.sealed_before:
        fulltext.announce(store.connection, [number << 3 | 1 for number in ids])
    return ids


def _compare(path: str, file: File, content: bytes) -> None:
    """What is stored must be what the file states, or no reader could ever verify the pack."""
    if hashlib.sha256(content).hexdigest() != file.sha256.lower():
        raise InputError(
            f"the content of {path!r} is not what its SHA-256 says", "give the digest of the bytes as packed"
        )
    if len(content) > MAX_SOURCE:
        raise InputError(f"the content of {path!r} has {len(content)} bytes", f"leave out content above {MAX_SOURCE}")
    if file.redactions == 0 and len(content) != file.size:
        raise InputError(
            f"the content of {path!r} has {len(content)} bytes, not {file.size}", "give the size as packed"
        )
    feeds = content.count(b"\n")
    if file.lines not in (feeds, feeds + 1):
        raise InputError(f"{path!r} states {file.lines} lines and has {feeds} line feeds", "count line feeds")


def _file_row(store: Store, number: int, path: str, file: File, cluster: int | None) -> tuple[object, ...]:
    return (
        number,
        path,
        store.terms.number(clean(file.language)),
        check_number(file.size, f"size of {path}"),
        check_number(file.lines, f"lines of {path}"),
        digest_bytes(file.sha256, path),
        store.terms.number(file.status),
        clean(file.reason),
        check_number(file.redactions, f"redactions of {path}"),
        cluster,
        None,
    )


def add_symbols(store: Store, symbols: Sequence[Symbol]) -> list[int]:
    """Add symbols, parents before or among them. Returns their ids in the order given."""
    kept = (number for of_file in store.kept_symbols.values() for number, _ in of_file.values())
    free = max(store.next_id("symbol_rows"), 1 + max(kept, default=0))
    if free + len(symbols) > LARGEST_ID:
        raise InputError(f"more than {LARGEST_ID} symbols", "document a part of the repository")
    rests: list[str] = []  # of each key, what follows the path and `#`
    ids: list[int] = []
    ranks: list[int] = []
    for symbol in symbols:
        key, prefix = clean(symbol.key), f"{clean(symbol.path)}#"
        of_file = store.symbols_of(store.file_id(prefix[:-1]))
        rest = key[len(prefix) :]
        if not key.startswith(prefix) or rest in of_file:
            raise InputError(
                f"symbol key {key!r} is foreign to {prefix!r} or used twice", "use path#qualified.name[~n]"
            )
        number, rank = store.kept_symbols.get(store.file_id(prefix[:-1]), {}).pop(rest, (free, 0))
        free += number == free
        of_file[rest] = number
        rests.append(rest)
        ids.append(number)
        ranks.append(rank)
    signatures = store.shared([fold_signature(clean(one.signature), clean(one.name)) for one in symbols])
    spoken = _languages(store, {store.file_id(symbol.path) for symbol in symbols})
    rows = [_symbol_row(store, spoken, *each) for each in zip(ids, symbols, rests, ranks, signatures, strict=True)]
    store.connection.executemany(f"INSERT INTO symbol_rows VALUES ({','.join('?' * 15)})", rows)
    store.connection.executemany(
        "INSERT INTO docstrings VALUES (?, ?)",
        [(number, clean(symbol.docstring)) for number, symbol in zip(ids, symbols, strict=True) if symbol.docstring],
    )
    if store.sealed_before:
        fulltext.announce(store.connection, [number << 3 for number in ids])
        store.touch({store.file_id(symbol.path) for symbol in symbols})
    return ids


def _languages(store: Store, files: set[int]) -> dict[int, int]:
    """The term of each file's language."""
    found: dict[int, int] = {}
    for slots, part in in_chunks(sorted(files)):
        found.update(store.connection.execute(f"SELECT id, language FROM file_rows WHERE id IN ({slots})", part))
    return found


def _symbol_row(
    store: Store, spoken: dict[int, int], number: int, symbol: Symbol, rest: str, rank: int, signature: str | int
) -> tuple[object, ...]:
    name, qualified_name = clean(symbol.name), clean(symbol.qualified_name)
    file_id = store.file_id(symbol.path)
    parent = None
    if symbol.parent:
        inside = clean(symbol.parent)[len(clean(symbol.key)) - len(rest) :]
        parent = store.symbols_of(file_id).get(inside) or store.symbol_id(symbol.parent)
    term = store.terms.number
    language = term(clean(symbol.language))
    return (
        number,
        file_id,
        parent,
        qualified_name,
        len(name) if name and qualified_name.endswith(name) else name,
        1 if rest == qualified_name else _ordinal(rest, qualified_name),
        term(symbol.kind),
        None if language == spoken[file_id] else language,
        *_span(symbol),
        term(symbol.visibility),
        rank,
        signature,
    )


def _span(symbol: Symbol) -> tuple[int, int, int, int]:
    span = (symbol.start_byte, symbol.end_byte, symbol.start_line, symbol.end_line)
    if min(span) < 0 or max(span) > MAX_INTEGER:
        raise InputError(f"symbol {symbol.key!r} spans {span}", "give numbers from 0 to 2^63-1")
    return span


def _ordinal(rest: str, qualified_name: str) -> int:
    """The n of a key that ends in `~n`, for the second and later symbols of a name in a file."""
    head, _, number = rest.rpartition("~")
    if head != qualified_name or not number.isdecimal() or not number.isascii() or number[0] == "0" or number == "1":
        raise InputError(f"symbol key ends in {rest!r}, not in {qualified_name!r}", "use path#qualified.name[~n]")
    return check_number(int(number), "the number of the symbol")


def add_chunks(store: Store, chunks: Iterable[Chunk]) -> Iterator[int]:
    """Add chunks; yields their ids in the order given."""
    first = store.next_id("chunks")
    for batch in batched(chunks, 5000):
        rows = [
            (
                first + offset,
                store.file_id(chunk.path),
                store.symbol_id(chunk.symbol) if chunk.symbol else None,
                check_number(chunk.start_byte, f"start of a chunk of {chunk.path}"),
                check_number(chunk.end_byte, f"end of a chunk of {chunk.path}"),
                check_number(chunk.tokens, f"tokens of a chunk of {chunk.path}"),
            )
            for offset, chunk in enumerate(batch)
        ]
        store.connection.executemany("INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?)", rows)
        store.touch(row[1] for row in rows)
        yield from range(first, first + len(rows))
        first += len(rows)


def add_vectors(store: Store, vectors: Iterable[tuple[int, Vector]]) -> None:
    """Add or replace the vectors of chunks, by chunk id."""
    from doctown.docpack import rotation  # noqa: PLC0415 - loads numpy, wanted only with vectors

    for batch in batched(vectors, 5000):
        for chunk_id, vector in batch:
            if len(vector.data) != vector.dimensions or not vector.dimensions:
                raise InputError(
                    f"vector of chunk {chunk_id} is not {vector.dimensions} bytes", "give one per dimension"
                )
            if not math.isfinite(vector.scale) or vector.scale < 0:
                raise InputError(f"vector of chunk {chunk_id} has scale {vector.scale}", "give a finite, positive one")
        by_model: defaultdict[str, list[tuple[int, Vector]]] = defaultdict(list)
        for chunk_id, vector in batch:
            by_model[vector.model].append((chunk_id, vector))
        for model, given in by_model.items():
            term = store.terms.number(clean(model))
            rows = zip(given, rotation.stored([vector for _, vector in given]), strict=True)
            store.connection.executemany(
                "INSERT OR REPLACE INTO vector_rows VALUES (?, ?, ?, ?)",
                [(chunk_id, term, *kept) for (chunk_id, _), kept in rows],
            )
        store.added_vectors += len(batch)
