"""The whole pack as one JSON document, for programs that read neither SQLite nor the bundle.

Written as it is read, a record at a time, so memory does not grow with the pack. `docs/export.schema.json` is its
schema. Records are those of the model, by their own field names.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from doctown.docpack import listing
from doctown.docpack.reader import Pack
from doctown.export import Exported, place

SCHEMA = "doctown/export-1"
_BEGINNING = f'{{"schema":"{SCHEMA}"'


def write_json(pack: Path, destination: Path) -> Exported:
    """Writes the document to a file."""
    with Pack.open(pack) as opened, place.file(destination, "json", _BEGINNING.encode()) as stream:
        stream.write(_BEGINNING.encode())
        stream.write(f',"manifest":{_text(opened.manifest())}'.encode())
        for name, records in _sections(opened):
            _write(stream, name, records)
        stream.write(b"}\n")
    size = destination.stat().st_size
    return Exported(destination=str(destination), form="json", pages=0, files=1, bytes=size)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), sort_keys=True)


def _write(stream: IO[bytes], name: str, records: Iterable[object]) -> None:
    stream.write(f',\n"{name}":['.encode())
    first = True
    for record in records:
        stream.write((("\n" if first else ",\n") + _text(record)).encode())
        first = False
    stream.write(b"]")


def _sections(pack: Pack) -> Iterator[tuple[str, Iterable[object]]]:
    keys = {one.id: one.key for one in listing.glimpses(pack)}
    yield "files", (dataclasses.asdict(one) for one in pack.files())
    yield "symbols", _symbols(pack)
    yield "edges", (
        {"source": keys[one.source], "target": keys[one.target], "kind": one.kind, "tier": one.tier,
         "reason": one.reason, "line": one.line}
        for one in pack.edges() if one.source in keys and one.target in keys
    )  # fmt: skip
    yield "unresolved", (
        {"source": keys[source], "name": name, "kind": kind, "line": line, "reason": reason}
        for source, name, kind, line, reason in listing.unresolved_uses(pack) if source in keys
    )  # fmt: skip
    yield "clusters", (dataclasses.asdict(one) for one in pack.clusters())
    yield "artifacts", (dataclasses.asdict(one) for one in pack.artifacts())
    yield "pages", (dataclasses.asdict(one) for one in pack.pages())


def _symbols(pack: Pack) -> Iterator[object]:
    for entry in pack.symbols():
        yield {**dataclasses.asdict(entry.symbol), "cluster": entry.cluster, "centrality": entry.centrality}
