"""The docpack/1.0 archive of the original Doctown: a gzipped tar of JSON files and one of packed vectors.

For programs that read that format. The same pack gives the same bytes: members in a fixed order, without times, owners
or names of machines. What the format has no place for (tiers, claims, sources) goes where it fits without breaking it;
`docs/exports.md` says how.
"""

from __future__ import annotations

import gzip
import io
import json
import struct
import tarfile
from collections.abc import Iterator
from pathlib import Path

from doctown.docpack import listing
from doctown.docpack.reader import Pack
from doctown.errors import PackError
from doctown.export import Exported, place
from doctown.export.bulk import Bulk

GZIP = b"\x1f\x8b"
MEMBERS = (
    "manifest.json", "graph.json", "nodes.json", "clusters.json", "source_map.json", "embeddings.bin",
    "symbol_contexts.json",
)  # fmt: skip
_HEAD = struct.Struct("<4sIII")  # magic, version, vectors, dimensions


def write_bundle(pack: Path, destination: Path) -> Exported:
    """Writes the archive to a file."""
    with Pack.open(pack) as opened, place.file(destination, "bundle", GZIP) as stream:
        listing.know_files(opened)
        members = list(_members(opened))
        with (
            gzip.GzipFile(filename="", mode="wb", fileobj=stream, compresslevel=6, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
        ):
            for name, content in members:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                member.mode = 0o644
                archive.addfile(member, io.BytesIO(content))
    size = destination.stat().st_size
    return Exported(destination=str(destination), form="bundle", pages=0, files=len(members), bytes=size)


def _members(pack: Pack) -> Iterator[tuple[str, bytes]]:
    bulk = Bulk(pack)
    embeddings, rows = _embeddings(pack)
    yield "manifest.json", _json(_manifest(pack))
    yield "graph.json", _json(_graph(pack))
    yield "nodes.json", _json(_nodes(pack, bulk))
    yield "clusters.json", _json(_clusters(pack))
    yield "source_map.json", _json(_source_map(pack))
    yield "embeddings.bin", embeddings
    yield "symbol_contexts.json", _json(_contexts(pack, bulk, rows))


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "replace")


def _manifest(pack: Pack) -> dict[str, object]:
    """What is the same for the same content: without when it was built and how long that took."""
    manifest = pack.manifest()
    kept: dict[str, object] = {
        key: manifest[key]
        for key in ("docpack_id", "source", "generator", "models", "statistics", "options")
        if key in manifest
    }
    return {"schema_version": "docpack/1.0", "files": list(MEMBERS), **kept}


def _keys(pack: Pack) -> dict[int, str]:
    return {one.id: one.key for one in listing.glimpses(pack)}


def _graph(pack: Pack) -> dict[str, object]:
    keys = _keys(pack)
    edges = sorted(
        {(keys[one.source], keys[one.target], one.kind, one.tier, one.reason, one.line) for one in pack.edges()
         if one.source in keys and one.target in keys}
    )  # fmt: skip
    return {
        "nodes": sorted(keys.values()),
        "edges": [
            {"source": source, "target": target, "kind": kind, "tier": tier, "reason": reason, "line": line}
            for source, target, kind, tier, reason, line in edges
        ],
    }


def _nodes(pack: Pack, bulk: Bulk) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for spot in listing.spots(pack):
        entries = pack.outline(spot.path)
        pages_of = bulk.pages(entries)
        for entry in entries:
            symbol = entry.symbol
            page = pages_of.get(entry.id)
            found.append({
                "id": symbol.key, "name": symbol.name, "qualified_name": symbol.qualified_name, "kind": symbol.kind,
                "language": symbol.language, "file_path": symbol.path, "parent": symbol.parent or None,
                "byte_range": [symbol.start_byte, symbol.end_byte], "lines": [symbol.start_line, symbol.end_line],
                "signature": symbol.signature, "visibility": symbol.visibility, "cluster_id": entry.cluster or None,
                "centrality": entry.centrality,
                "documentation": None if page is None else {
                    "summary": page.summary, "body": page.body, "origin": page.origin, "status": page.status,
                },
            })  # fmt: skip
    return sorted(found, key=lambda one: str(one["id"]))


def _clusters(pack: Pack) -> list[dict[str, object]]:
    return [
        {"id": one.key, "label": one.label, "parent": one.parent or None, "size": one.size, "files": list(one.paths)}
        for one in pack.clusters()
    ]


def _source_map(pack: Pack) -> dict[str, object]:
    return {
        file.path: {
            "language": file.language, "size": file.size, "lines": file.lines, "sha256": file.sha256,
            "status": file.status, "reason": file.reason,
        }
        for file in pack.files()
    }  # fmt: skip


def _embeddings(pack: Pack) -> tuple[bytes, list[dict[str, object]]]:
    """A head, then the vectors as little-endian float32, in the order of `chunks` in symbol_contexts.json."""
    vectors = dict(pack.vectors())
    chunks = sorted(
        ((chunk.path, chunk.start_byte, number, chunk) for number, chunk in pack.chunks() if number in vectors),
        key=lambda one: one[:2],
    )
    dimensions = len(vectors[chunks[0][2]].data) if chunks else 0
    parts = [_HEAD.pack(b"DTE1", 1, len(chunks), dimensions)]
    rows: list[dict[str, object]] = []
    for path, start, number, chunk in chunks:
        vector = vectors[number]
        if len(vector.data) != dimensions:
            raise PackError(f"{pack.path} has vectors of several lengths", "run `doctown verify` on it")
        signed = struct.unpack(f"{dimensions}b", vector.data)
        parts.append(struct.pack(f"<{dimensions}f", *(value * vector.scale for value in signed)))
        rows.append({"file_path": path, "byte_range": [start, chunk.end_byte], "symbol_id": chunk.symbol or None})
    return b"".join(parts), rows


def _contexts(pack: Pack, bulk: Bulk, chunks: list[dict[str, object]]) -> dict[str, object]:
    contexts: dict[str, object] = {}
    for spot in listing.spots(pack):
        for entry in pack.outline(spot.path):
            found = bulk.context(entry, ())
            contexts[entry.symbol.key] = {
                "symbol_id": entry.symbol.key,
                "calls": sorted({one.key for one in found.uses("calls")}),
                "called_by": sorted({one.key for one in found.used_by("calls")}),
                "imports": sorted({one.key for one in found.uses("imports")}),
                "related_symbols": sorted({one.key for one in found.related}),
                "cluster": entry.cluster or None,
                "centrality": entry.centrality,
            }
    return {"contexts": contexts, "chunks": chunks}
