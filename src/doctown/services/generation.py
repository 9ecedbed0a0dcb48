"""The Generation service: the one that holds the key to a model.

It writes documentation of symbols that a client describes, and it passes on what Builder asks of the model, so that the
key, the limit on requests at a time and the count of tokens and dollars are in one place. Without a model it is
degraded, says so, and writes from what is there.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from fastapi import FastAPI, Request, Response
from starlette.responses import JSONResponse

from doctown.errors import DoctownError
from doctown.services.app import guarded, make_app, rules_for
from doctown.services.guard import Guard
from doctown.services.meters import Meters
from doctown.services.threads import background
from doctown.services.wire import JobId, Name, Refused, answer, body_of, errors, read
from doctown.settings import Settings

if TYPE_CHECKING:
    from doctown.generate.described import Written
    from doctown.generate.llm.contract import Model
    from doctown.generate.llm.relay import Relay, Relayed

MAX_BODY = 32 << 20  # bytes
MAX_SYMBOLS = 2_000
WAITING = 256
DEGRADED = "no model is configured (OPENAI_API_KEY or OPENAI_BASE_URL): documentation is extractive"
_log = logging.getLogger("doctown")
_DOCUMENTED = {
    "type": "object",
    "required": ["job_id", "documented_symbols", "total_tokens", "total_cost", "degraded", "warnings"],
    "properties": {
        "job_id": {"type": "string"},
        "documented_symbols": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["symbol_id", "summary", "origin", "model", "reason"],
                "properties": {
                    "symbol_id": {"type": "string"},
                    "summary": {"type": "string"},
                    "origin": {"type": "string", "enum": ["docstring", "extractive", "model"]},
                    "model": {"type": "string"},
                    "reason": {"type": "string"},
                },
            },
        },
        "total_tokens": {"type": "integer"},
        "total_cost": {"type": "number"},
        "degraded": {"type": "boolean"},
        "warnings": {"type": "array", "items": {"type": "string"}},
    },
}


class Symbol(msgspec.Struct, frozen=True):
    """A symbol and what is known of it: a text, or a context as Assembly gives it."""

    symbol_id: Name
    context: str | dict[str, Any]


class Order(msgspec.Struct, frozen=True):
    """Symbols to be documented."""

    job_id: JobId
    symbols: Annotated[list[Symbol], msgspec.Meta(max_length=MAX_SYMBOLS)]


def app(settings: Settings, host: str = "127.0.0.1", model: Model | None = None) -> Guard:
    """The service, for a server that is bound to `host`. `model` replaces the configured one, in tests."""
    meters = Meters()
    threads = background("generate", settings.max_concurrent_requests + 4)
    waiting = asyncio.Semaphore(WAITING)
    desk = _Desk(settings, model)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        opening = asyncio.create_task(asyncio.to_thread(desk.open))
        yield
        await asyncio.wait({opening})
        desk.close()
        threads.shutdown(wait=False, cancel_futures=True)

    def health() -> Mapping[str, Any]:
        return {"reason": desk.problem, "degraded": desk.degraded, "model": desk.model.name if desk.model else ""}

    service = make_app(
        "generation", "Symbols to documentation.", health, meters, lifespan, traced=bool(settings.otlp_endpoint)
    )

    @service.post(
        "/generate",
        openapi_extra=body_of(Order),
        responses={200: answer("What was written", _DOCUMENTED), **errors(401, 403, 413, 415, 422, 429)},
    )
    async def generate(request: Request) -> Response:
        """Documents symbols, in their order, whatever they are called."""
        order = await read(request, Order)
        if waiting.locked():
            raise Refused(429, "too many wait", "send this again in a few seconds", headers={"Retry-After": "5"})
        pairs = [(one.symbol_id, one.context) for one in order.symbols]
        async with waiting:
            written = await asyncio.get_running_loop().run_in_executor(threads, desk.document, pairs)
        meters.tokens.labels("in").inc(written.tokens_in)
        meters.tokens.labels("out").inc(written.tokens_out)
        meters.dollars.inc(written.usd)
        missed = sum(one.origin != "model" for one in written.symbols) if desk.model else 0
        warnings = [desk.degraded] if desk.degraded else []
        warnings += [f"{missed} symbols were not written by the model; each says why"] if missed else []
        return JSONResponse(
            {
                "job_id": order.job_id,
                "documented_symbols": [dataclasses.asdict(one) for one in written.symbols],
                "total_tokens": written.tokens_in + written.tokens_out,
                "total_cost": written.usd,
                "degraded": bool(desk.degraded),
                "warnings": warnings,
            }
        )

    @service.post("/v1/chat/completions", include_in_schema=False)
    async def completions(request: Request) -> Response:
        """Passes a question of Builder's on to the model, with the key that only this service has."""
        relay = desk.relay
        if relay is None:
            raise Refused(503, desk.degraded or desk.problem, "set it, or order without a model")
        body = await request.body()
        if waiting.locked():
            raise Refused(429, "too many wait", "ask again in a few seconds", headers={"Retry-After": "5"})
        async with waiting:
            came: Relayed = await asyncio.get_running_loop().run_in_executor(threads, relay.post, body)
        meters.tokens.labels("in").inc(came.tokens_in)
        meters.tokens.labels("out").inc(came.tokens_out)
        meters.dollars.inc(came.usd)
        if came.status != 200:
            meters.errors.labels("model").inc()
        return Response(came.body, came.status, headers=dict(came.headers), media_type="application/json")

    return guarded(service, meters, rules_for(settings, host, max_body=MAX_BODY))


class _Desk:
    """The model that is asked, if there is one. It is opened beside the server's start, since its libraries load
    slowly and most of them are of no use without it."""

    def __init__(self, settings: Settings, model: Model | None) -> None:
        self._settings = dataclasses.replace(settings, generation_url="")
        configured = bool(settings.openai_api_key or settings.openai_base_url)
        self.model = model
        self.relay: Relay | None = None
        self.degraded = "" if configured or model else DEGRADED
        self.problem = "the model's client is being loaded" if configured and not model else ""

    def open(self) -> None:
        """Opens the model's client, where one is configured."""
        if self.degraded:
            _log.warning("%s", self.degraded)
        if not self.problem:
            return
        from doctown.generate.llm.relay import Relay  # noqa: PLC0415 - loads the HTTP client, wanted only here
        from doctown.stages import asking  # noqa: PLC0415 - loads all stages

        try:
            self.relay = Relay(asking.endpoint(self._settings))
            self.model = asking.open_model(self._settings)
            self.problem = ""
        except DoctownError as error:
            self.problem = str(error)
            _log.error("%s", error)

    def document(self, symbols: Sequence[tuple[str, str | dict[str, Any]]]) -> Written:
        """Documentation of symbols, by the model where there is one."""
        from doctown.generate.described import document  # noqa: PLC0415 - loads the tables of languages

        return document(symbols, self.model, self.degraded)

    def close(self) -> None:
        """Gives everything back."""
        for one in (self.model, self.relay):
            if one is not None:
                one.close()
