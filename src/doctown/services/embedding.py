"""The Embedding service: texts in, vectors out, as JSON or as packed float32 (`embed/wire.py` has the form)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Annotated, Any

import msgspec
from fastapi import FastAPI, Request, Response
from starlette.responses import JSONResponse

from doctown.embed import Embedder, wire
from doctown.errors import DoctownError
from doctown.services.app import guarded, make_app, rules_for
from doctown.services.guard import Guard
from doctown.services.meters import Meters
from doctown.services.threads import background
from doctown.services.wire import Name, Refused, body_of, errors, read
from doctown.settings import Settings

_log = logging.getLogger("doctown")
MAX_BODY = 32 << 20  # bytes
MAX_CHUNKS = 2048
WAITING = 64  # batches that may wait; more are sent away for a second
_VECTORS = {
    "type": "object",
    "required": ["batch_id", "model", "vectors"],
    "properties": {
        "batch_id": {"type": "string"},
        "model": {"type": "string"},
        "vectors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["chunk_id", "vector"],
                "properties": {
                    "chunk_id": {"type": "string"},
                    "vector": {"type": "array", "items": {"type": "number"}},
                },
            },
        },
    },
}


class Text(msgspec.Struct, frozen=True):
    """A text to be embedded, by a name of the client's."""

    chunk_id: Name
    content: Annotated[str, msgspec.Meta(max_length=1_000_000)]


class Batch(msgspec.Struct, frozen=True):
    """Texts that are embedded together; how they are grouped makes no difference to any vector."""

    batch_id: Name
    chunks: Annotated[list[Text], msgspec.Meta(max_length=MAX_CHUNKS)]


def app(settings: Settings, host: str = "127.0.0.1", embedder: Embedder | None = None) -> Guard:
    """The service, for a server that is bound to `host`. `embedder` replaces the local one, in tests."""
    meters = Meters()
    state = {"reason": "the model is being loaded"}
    model = embedder or _local(settings)
    threads: ThreadPoolExecutor = background("embed")
    waiting = asyncio.Semaphore(WAITING)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async def load() -> None:
            try:
                await asyncio.get_running_loop().run_in_executor(threads, model.embed, ["def ready(): pass"])
                state["reason"] = ""
            except DoctownError as error:
                state["reason"] = str(error)
                _log.error("%s", error)

        def ended(task: asyncio.Task[None]) -> None:
            error = None if task.cancelled() else task.exception()
            if error is not None:  # none that was foreseen: it would be lost with the task
                state["reason"] = f"the model could not be loaded: {type(error).__name__}; see the service's log"
                _log.error("the model could not be loaded", exc_info=error)

        loading = asyncio.create_task(load())
        loading.add_done_callback(ended)
        yield
        loading.cancel()
        threads.shutdown()
        model.close()

    def health() -> Mapping[str, Any]:
        return {"reason": state["reason"], "model": model.model, "dimensions": model.dimensions}

    service = make_app("embedding", "Texts to vectors.", health, meters, lifespan, traced=bool(settings.otlp_endpoint))

    @service.post(
        "/embed",
        openapi_extra=body_of(Batch),
        responses={
            200: {
                "description": "A vector for each chunk; packed float32 where `Accept` prefers it",
                "content": {
                    "application/json": {"schema": _VECTORS},
                    wire.PACKED: {"schema": {"type": "string", "format": "binary"}},
                },
            },
            **errors(401, 403, 413, 415, 422, 429, 502),
        },
    )
    async def embed(request: Request) -> Response:
        """Embeds a batch: a vector for each chunk, in their order, whatever they are called."""
        batch = await read(request, Batch)
        if waiting.locked():
            raise Refused(429, "too many batches wait", "send this one again in a second", headers={"Retry-After": "1"})
        texts = [chunk.content for chunk in batch.chunks]
        names = [chunk.chunk_id for chunk in batch.chunks]
        packed = wire.PACKED in request.headers.get("accept", "")
        async with waiting:
            body = await asyncio.get_running_loop().run_in_executor(
                threads, _answer, model, batch.batch_id, names, texts, packed
            )
        if isinstance(body, bytes):
            return Response(body, media_type=wire.PACKED)
        return JSONResponse(body)

    return guarded(service, meters, rules_for(settings, host, max_body=MAX_BODY))


def _local(settings: Settings) -> Embedder:
    from doctown.embed.local import LocalEmbedder  # noqa: PLC0415 - loads the runtime, which tests do without

    return LocalEmbedder(device=settings.embedding_device)


def _answer(model: Embedder, batch_id: str, names: list[str], texts: list[str], packed: bool) -> bytes | dict[str, Any]:
    vectors = model.embed(texts)
    if packed:
        return wire.pack(batch_id, names, vectors)
    return wire.to_json(batch_id, names, vectors) | {"model": model.model}
