"""What Builder and the Assembly service say to each other: facts in, a graph out, so that an assembly elsewhere gives
to the byte what an assembly here gives.

MessagePack with every value's type checked as it is read; lists of edges are long, so they go as rows. The published
JSON form of the service is another one (`described`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from doctown import facts as codec
from doctown.assemble import resolve
from doctown.assemble.cluster import cluster
from doctown.assemble.graph import page_rank
from doctown.errors import DoctownError, PackError
from doctown.model import Cluster, Edge, File, ModuleName, Symbol, Unresolved

MEDIA: Final = "application/vnd.doctown.facts"


class Malformed(Exception):
    """Bytes that are no order and no graph of this form; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be assembled: `facts` as `facts.encode` makes them, and for each path the id of each symbol in it."""

    job_id: str
    files: tuple[File, ...]
    ids: Mapping[str, tuple[int, ...]]
    facts: tuple[bytes, ...]
    modules: tuple[ModuleName, ...] = ()  # what manifests call modules


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """What came of it. Symbols by the ids that were given."""

    edges: tuple[Edge, ...]
    unresolved: tuple[Unresolved, ...]
    centrality: Mapping[int, int]  # parts per billion
    clusters: tuple[Cluster, ...]


def encode(message: Order | Graph) -> bytes:
    """The message as bytes."""
    return msgspec.msgpack.encode(message)


def decode_graph(body: bytes) -> Graph:
    """A graph from bytes. Raises Malformed for anything else."""
    try:
        return msgspec.msgpack.decode(body, type=Graph)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)[:200]) from None


def assemble(body: bytes) -> bytes:
    """The graph of an order, both as bytes. Raises Malformed for an order that does not hold together."""
    try:
        order = msgspec.msgpack.decode(body, type=Order)
        facts = [codec.decode(blob) for blob in order.facts]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)[:200]) from None
    except PackError as error:
        raise Malformed(error.cause) from None
    symbols: dict[int, Symbol] = {}
    paths: set[str] = set()
    for one in facts:
        ids = order.ids.get(one.path, ())
        if len(ids) != len(one.symbols) or one.path in paths:
            raise Malformed(f"the symbols of {one.path[:200]!r} and their ids differ in number")
        paths.add(one.path)
        symbols.update(zip(ids, one.symbols, strict=True))
    if len(symbols) != sum(len(one.symbols) for one in facts):
        raise Malformed("two symbols have one id")
    index = resolve.build_index(facts, order.ids, order.modules)
    edges: list[Edge] = []
    unresolved: list[Unresolved] = []
    for one in facts:
        resolution = resolve.resolve_file(index, one)
        edges.extend(resolution.edges)
        unresolved.extend(resolution.unresolved)
    graph = Graph(
        edges=tuple(edges),
        unresolved=tuple(unresolved),
        centrality=page_rank(sorted(symbols), edges),
        clusters=tuple(cluster(order.files, symbols, edges)),
    )
    return encode(graph)


def check(graph: Graph, ids: Sequence[int]) -> Graph:
    """The graph, if it speaks of these symbols alone. Raises DoctownError otherwise."""
    known = set(ids)
    ends = {end for edge in graph.edges for end in edge[:2]} | {use.source for use in graph.unresolved}
    if not (ends <= known and set(graph.centrality) == known):
        raise DoctownError("the Assembly service's graph is of other symbols", "check the service's version and log")
    return graph
