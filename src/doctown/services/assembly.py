"""The Assembly service: what files say in, the graph out.

In the published form a client sends symbols with the names that they call and import, and chunks with their vectors
where it has them. Builder sends the facts of whole files instead (`assemble/wire.py` has the form), so that what comes
out is to the byte what it would have assembled itself.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import msgspec
from fastapi import FastAPI, Request, Response

from doctown.assemble import wire as facts_wire
from doctown.assemble.described import Described, assemble_described
from doctown.services.app import guarded, make_app, rules_for
from doctown.services.guard import Guard
from doctown.services.meters import Meters
from doctown.services.threads import background
from doctown.services.wire import JobId, Line, Name, Refused, answer, body_of, errors, read
from doctown.settings import Settings

MAX_BODY = 512 << 20  # bytes: the facts of a large repository
MAX_SYMBOLS = 200_000
WAITING = 4
Path = Annotated[str, msgspec.Meta(min_length=1, max_length=1024, pattern=r"^[^\x00-\x1f\x7f]*$")]
Names = Annotated[list[Line], msgspec.Meta(max_length=10_000)]
_GRAPH = {
    "type": "object",
    "required": ["job_id", "clusters", "nodes", "edges", "contexts", "stats"],
    "properties": {
        "job_id": {"type": "string"},
        "clusters": {"type": "array", "items": {"type": "object"}},
        "nodes": {"type": "array", "items": {"type": "object"}},
        "edges": {"type": "array", "items": {"type": "object"}},
        "contexts": {"type": "array", "items": {"type": "object"}},
        "stats": {"type": "object"},
    },
}


class Chunk(msgspec.Struct, frozen=True):
    """A piece of a symbol's text, with its vector where there is one."""

    chunk_id: Name
    symbol_id: Line = ""
    content: Annotated[str, msgspec.Meta(max_length=1_000_000)] = ""
    vector: Annotated[list[float], msgspec.Meta(max_length=4096)] = []


class Symbol(msgspec.Struct, frozen=True):
    """A definition, and the names that it uses."""

    symbol_id: Name
    name: Name
    file_path: Path
    kind: Line = "function"
    language: Line = ""
    signature: Line = ""
    docstring: Annotated[str, msgspec.Meta(max_length=100_000)] = ""
    calls: Names = []
    imports: Names = []


class Order(msgspec.Struct, frozen=True):
    """A repository as its symbols and chunks."""

    job_id: JobId
    repo_url: Line
    symbols: Annotated[list[Symbol], msgspec.Meta(max_length=MAX_SYMBOLS)]
    git_ref: Line = ""
    chunks: Annotated[list[Chunk], msgspec.Meta(max_length=MAX_SYMBOLS)] = []


def app(settings: Settings, host: str = "127.0.0.1") -> Guard:
    """The service, for a server that is bound to `host`."""
    meters = Meters()
    threads = background("assemble", 2)
    waiting = asyncio.Semaphore(WAITING)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        threads.shutdown(wait=False, cancel_futures=True)

    service = make_app(
        "assembly",
        "Symbols and vectors to a graph.",
        lambda: {"reason": ""},
        meters,
        lifespan,
        traced=bool(settings.otlp_endpoint),
    )

    @service.post(
        "/assemble",
        openapi_extra=body_of(Order, more={facts_wire.MEDIA: {"schema": {"type": "string", "format": "binary"}}}),
        responses={200: answer("The graph", _GRAPH), **errors(401, 403, 413, 415, 422, 429)},
    )
    async def assemble(request: Request) -> Response:
        """Resolves uses to edges, ranks symbols and draws clusters."""
        if waiting.locked():
            raise Refused(429, "too many wait", "send this again in a few seconds", headers={"Retry-After": "5"})
        loop = asyncio.get_running_loop()
        async with waiting:
            media = request.headers.get("content-type", "").partition(";")[0].strip()
            if media == facts_wire.MEDIA:
                body = await loop.run_in_executor(threads, _from_facts, await request.body())
                return Response(body, media_type=facts_wire.MEDIA)
            order = await read(request, Order)
            return Response(await loop.run_in_executor(threads, _from_order, order), media_type="application/json")

    return guarded(service, meters, rules_for(settings, host, max_body=MAX_BODY))


def _from_facts(body: bytes) -> bytes:
    try:
        return facts_wire.assemble(body)
    except facts_wire.Malformed as error:
        raise Refused(422, f"the facts cannot be read: {error}", "send what this version's client sends") from None


def _from_order(order: Order) -> bytes:
    described: dict[str, Described] = {}
    for one in order.symbols:
        first = described.get(one.symbol_id)
        # One that is described again, as an overloaded function may be, is the same symbol: it uses what both say.
        described[one.symbol_id] = (
            Described(
                id=one.symbol_id,
                name=one.name,
                kind=one.kind,
                language=one.language,
                path=one.file_path,
                signature=one.signature,
                docstring=one.docstring,
                calls=tuple(one.calls),
                imports=tuple(one.imports),
            )
            if first is None
            else dataclasses.replace(first, calls=(*first.calls, *one.calls), imports=(*first.imports, *one.imports))
        )
    vectors = [(chunk.symbol_id, chunk.vector) for chunk in order.chunks if chunk.vector and chunk.symbol_id]
    graph: dict[str, Any] = assemble_described(list(described.values()), vectors)
    graph["stats"] |= {"chunks": len(order.chunks), "described_again": len(order.symbols) - len(described)}
    return msgspec.json.encode({"job_id": order.job_id, **graph})
