"""The Builder service: orders in, docpacks out, and what happens in between as a stream.

It validates what is asked, keeps it as a job and runs jobs in processes of their own (`jobs`); what it serves of a
docpack comes from the store. It never reads a path that a client names: sources are URLs, packages, and archives that
are sent along.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any

import msgspec
from fastapi import FastAPI, Request, Response
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, StreamingResponse
from starlette.routing import Route

from doctown.errors import InputError
from doctown.jobs.nouns import HIGHEST, LOWEST, USUAL, Job, Order
from doctown.jobs.sources import REF, SOURCE, SOURCES, probe
from doctown.meaning import Meaning
from doctown.services.agents import Agents
from doctown.services.app import guarded, make_app, rules_for
from doctown.services.guard import Guard
from doctown.services.meters import BuilderMeters
from doctown.services.office import Office
from doctown.services.shelf import Pages, Shelf
from doctown.services.stream import EventStream, Feeds, last_event_id
from doctown.services.uploads import MEDIA as MULTIPART
from doctown.services.uploads import Sent, receive
from doctown.services.wire import JobId, Line, Refused, answer, body_of, decode, errors, read, schema_of
from doctown.settings import Settings

MAX_BODY = 1 << 20  # bytes of an order
MAX_STREAMS = 4000
_OPENING = 3.0  # seconds that a database or store which does not answer may hold up a stop
DOCPACK = "application/vnd.doctown.docpack"
_STATES = ["queued", "running", "success", "failed", "cancelled"]
_JOB_SCHEMA = {
    "type": "object",
    "required": ["job_id", "state", "created"],
    "properties": {"job_id": {"type": "string"}, "state": {"type": "string", "enum": _STATES}},
}
_SEARCH = [
    {"name": "state", "in": "query", "required": False, "schema": {"type": "string", "enum": _STATES}},
    {"name": "limit", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 1, "maximum": 200}},
    {"name": "before", "in": "query", "required": False, "schema": {"type": "number", "minimum": 0}},
]
_JOB_ID = {"name": "job_id", "in": "path", "required": True, "schema": {"type": "string"}}
# What can be done with a job that was ordered, for those who follow the document by machine.
_LINKS = {
    name: {"operationId": name, "parameters": {"job_id": "$response.body#/job_id"}}
    for name in ("job", "status", "cancel", "events", "docpack")
}
_EVENT = {
    "type": "object",
    "required": ["id", "event", "data"],
    "properties": {
        "id": {"type": "string", "pattern": "^[0-9]+$"},
        "event": {"type": "string"},
        "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": {"type": "object"}},
        "retry": {"type": "integer"},
    },
}
_EVENTS = {"description": "Events, as they happen", "content": {"text/event-stream": {"itemSchema": _EVENT}}}


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the pack is to be made."""

    vectors: Annotated[str, msgspec.Meta(pattern=r"^(local|none)$", description="local or none")] = "local"
    source: bool = True
    model: Line = "none"
    max_cost: Annotated[float, msgspec.Meta(ge=0, le=1_000_000)] = 0.0


class Wanted(msgspec.Struct, frozen=True):
    """An order for the docpack of a repository."""

    repo_url: Annotated[str, msgspec.Meta(min_length=1, max_length=2000, pattern=SOURCE, description=SOURCES)]
    git_ref: (
        Annotated[
            str, msgspec.Meta(max_length=250, pattern=REF, description="the name of a branch or tag, or a commit")
        ]
        | None
    ) = None
    options: Options = Options()
    # JSON knows one kind of number: 100.0 is a whole one.
    priority: Annotated[float, msgspec.Meta(ge=HIGHEST, le=LOWEST, multiple_of=1)] = USUAL
    force: bool = False
    job_id: JobId | None = None


def app(settings: Settings, host: str = "127.0.0.1", office: Office | None = None) -> Guard:
    """The service, for a server that is bound to `host`. `office` replaces what keeps and runs jobs, in tests."""
    desk = office or Office(settings)
    meters = BuilderMeters(desk.counts)
    desk.meter = meters
    feeds = Feeds(desk.events)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        opening = asyncio.create_task(asyncio.to_thread(desk.open))
        yield
        desk.give_up()
        await asyncio.wait({opening}, timeout=_OPENING)
        await agents.close()
        await asyncio.to_thread(desk.close)

    def health() -> Mapping[str, Any]:
        return {"reason": desk.problem}

    service = make_app(
        "builder", "Repositories to docpacks.", health, meters, lifespan, traced=bool(settings.otlp_endpoint)
    )
    _add_orders(service, settings, desk)
    _add_jobs(service, desk)
    _add_streams(service, settings, desk, feeds, meters)
    agents = _mount(service, settings, desk)
    bodies = {"/jobs": settings.max_upload + MAX_BODY, "/estimate": settings.max_upload + MAX_BODY}
    return guarded(service, meters, rules_for(settings, host, max_body=MAX_BODY, bodies=bodies))


# --- orders -------------------------------------------------------------------------------------------------------


async def _order(settings: Settings, desk: Office, wanted: Wanted) -> Order:
    """The order that a client means, checked as far as can be told at once. Raises Refused."""
    ref = wanted.git_ref or ""
    try:
        commit = await asyncio.to_thread(probe, wanted.repo_url, ref, settings)
    except InputError as error:
        raise Refused(400, error.cause, error.mend, field="repo_url") from None
    return _made(wanted.options, repo_url=wanted.repo_url, git_ref=ref, commit=commit)


def _made(options: Options, **source: str) -> Order:
    return Order(
        **source,
        vectors=options.vectors, source=options.source, model=options.model, max_cost=options.max_cost,
    )  # fmt: skip


async def _wanted(request: Request, settings: Settings, desk: Office) -> tuple[Order, Wanted | Sent]:
    """The order in a request: JSON with a URL, or a form with an archive."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == MULTIPART:
        sent = await receive(request, settings.max_upload, desk.scratch)
        try:
            options = decode(sent.options.encode(), Options)
            await asyncio.to_thread(desk.keep_upload, sent.digest, sent.file)
        finally:
            sent.file.unlink(missing_ok=True)
        return _made(options, upload=sent.digest, upload_name=sent.name), sent
    wanted = await read(request, Wanted)
    return await _order(settings, desk, wanted), wanted


async def _submit(desk: Office, order: Order, *, priority: int, force: bool, job_id: str = "") -> tuple[Job, bool]:
    try:
        return await asyncio.to_thread(desk.submit, order, priority=priority, force=force, job_id=job_id)
    except InputError as error:
        raise Refused(409, error.cause, error.mend, field="job_id") from None


_FORM = {
    MULTIPART: {
        "schema": {
            "type": "object",
            "required": ["archive"],
            "properties": {
                "archive": {"type": "string", "format": "binary"},
                "options": schema_of(Options),
                "priority": {"type": "integer", "minimum": HIGHEST, "maximum": LOWEST},
                "force": {"type": "string", "enum": ["true", "false", "1", "0"]},
            },
        },
        "encoding": {"options": {"contentType": "application/json"}},
    }
}


def _add_orders(service: FastAPI, settings: Settings, desk: Office) -> None:
    @service.post(
        "/jobs",
        status_code=202,
        openapi_extra=body_of(Wanted, more=_FORM),
        responses={
            202: answer("The job, new or the same as before", _JOB_SCHEMA) | {"links": _LINKS},
            **errors(400, 401, 403, 409, 413, 415, 422, 429, 502, 503),
        },
    )
    async def submit(request: Request) -> Response:
        """Orders the docpack of a repository, or of an archive that is sent along."""
        desk.check_ready()
        order, asked = await _wanted(request, settings, desk)
        job, new = await _submit(
            desk, order, priority=int(asked.priority), force=asked.force, job_id=getattr(asked, "job_id", None) or ""
        )
        headers = {"Location": f"/jobs/{job.id}"}
        return JSONResponse({**shown(job), "new": new}, 202, headers=headers)

    @service.post(
        "/estimate",
        openapi_extra=body_of(Wanted, more=_FORM),
        responses={
            200: answer("What it would take", {"type": "object"}),
            **errors(400, 401, 403, 413, 415, 422, 429, 502, 503),
        },
    )  # fmt: skip
    async def estimate(request: Request) -> Response:
        """What writing the documentation of a repository would cost, without writing any."""
        desk.check_ready()
        order, _ = await _wanted(request, settings, desk)
        try:
            return JSONResponse(await asyncio.to_thread(desk.estimate, order))
        except InputError as error:
            raise Refused(400, error.cause, error.mend) from None


# --- jobs ---------------------------------------------------------------------------------------------------------


def shown(job: Job, link: str = "") -> dict[str, Any]:
    """A job as clients see it."""
    body: dict[str, Any] = {
        "job_id": job.id, "state": job.state, "source": job.order.shown, "git_ref": job.order.git_ref,
        "commit": job.order.commit, "priority": job.priority, "created": job.created, "started": job.started or None,
        "finished": job.finished or None, "cancelling": job.cancel and not job.ended, "last_event": job.sequence,
        "trace_id": job.trace,
    }  # fmt: skip
    if job.state == "success":
        body |= {"docpack_id": job.docpack_id, "report": dict(job.report), "docpack": f"/jobs/{job.id}/docpack"}
        body |= {"download_url": link} if link else {}
    if job.cause:
        body["error"] = {"cause": job.cause, "mend": job.mend}
    return body


async def _job(desk: Office, job_id: str) -> Job:
    job = await asyncio.to_thread(desk.job, job_id)
    if job is None:
        raise Refused(404, f"there is no job {job_id[:64]!r}", "GET /jobs lists those there are")
    return job


def _add_jobs(service: FastAPI, desk: Office) -> None:
    @service.get(
        "/jobs",
        openapi_extra={"parameters": _SEARCH},
        responses={200: answer("Jobs, the latest first", {"type": "object"}), **errors(401, 403, 422, 503)},
    )
    async def jobs(request: Request) -> Response:
        """Jobs, the latest first; `before` is the `created` of the last one on the page before."""
        desk.check_ready()
        state = request.query_params.get("state", "")
        if "state" in request.query_params and state not in _STATES:
            raise Refused(422, f"{state[:40]!r} is no state", f"ask for one of {', '.join(_STATES)}", field="state")
        limit = _number(request, "limit", 50, 1, 200)
        before = _number(request, "before", 0.0, 0, sys.float_info.max)
        found = await asyncio.to_thread(desk.jobs, state=state, limit=int(limit), before=before)
        return JSONResponse({"jobs": [shown(job) for job in found]})

    responses = {200: answer("The job", _JOB_SCHEMA), **errors(401, 403, 404, 503)}

    @service.get("/jobs/{job_id}", operation_id="job", openapi_extra={"parameters": [_JOB_ID]}, responses=responses)
    async def job(request: Request) -> Response:
        """One job."""
        desk.check_ready()
        found = await _job(desk, request.path_params["job_id"])
        return JSONResponse(shown(found, await asyncio.to_thread(desk.link, found)))

    @service.get(
        "/status/{job_id}", operation_id="status", openapi_extra={"parameters": [_JOB_ID]}, responses=responses
    )
    async def status(request: Request) -> Response:
        """One job, by the address that clients of the original know."""
        desk.check_ready()
        found = await _job(desk, request.path_params["job_id"])
        return JSONResponse({**shown(found), "status": found.state})

    @service.delete(
        "/jobs/{job_id}",
        status_code=202,
        operation_id="cancel",
        openapi_extra={"parameters": [_JOB_ID]},
        responses={202: answer("It is being cancelled", _JOB_SCHEMA), **errors(401, 403, 404, 409, 503)},
    )
    async def cancel(request: Request) -> Response:
        """Cancels a job; it has ended within two seconds."""
        desk.check_ready()
        found = await _job(desk, request.path_params["job_id"])
        if found.ended:
            raise Refused(409, f"job {found.id} has ended ({found.state})", "there is nothing left to cancel")
        return JSONResponse(shown(await asyncio.to_thread(desk.cancel, found)), 202)

    @service.get(
        "/jobs/{job_id}/docpack",
        operation_id="docpack",
        openapi_extra={"parameters": [_JOB_ID]},
        responses={
            200: {"description": "The docpack", "content": {DOCPACK: {"schema": {"type": "string"}}}},
            307: {"description": "Where the docpack is"},
            **errors(401, 403, 404, 409, 410, 503),
        },
    )
    async def docpack(request: Request) -> Response:
        """The finished docpack; with `?redirect=1` a link to it, where the store makes links."""
        desk.check_ready()
        found = await _job(desk, request.path_params["job_id"])
        if found.state != "success":
            raise Refused(409, f"job {found.id} has no docpack ({found.state})", "see GET /jobs/{id} for why")
        return await asyncio.to_thread(_pack, desk, found, request.query_params.get("redirect") == "1")


def _pack(desk: Office, job: Job, redirect: bool) -> Response:
    link = desk.link(job) if redirect else ""
    if link:
        return RedirectResponse(link, 307)
    name = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in desk.name_of(job))
    headers = {"ETag": f'"{job.docpack_id}"', "Content-Disposition": f'attachment; filename="{name}.docpack"'}
    path = desk.store.path_of(job.docpack_id)
    if path is not None:
        return FileResponse(path, headers=headers, media_type=DOCPACK)
    try:
        size, pieces = desk.store.read_pack(job.docpack_id)
    except InputError as error:
        raise Refused(410, error.cause, error.mend) from None
    return StreamingResponse(pieces, headers={**headers, "Content-Length": str(size)}, media_type=DOCPACK)


def _number(request: Request, name: str, default: float, least: float, most: float) -> float:
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most or (isinstance(default, int) and number != int(number)):
        raise Refused(422, f"{name} is {text[:40]!r}", f"give a number from {least:g} to {most:g}", field=name)
    return number


# --- events -------------------------------------------------------------------------------------------------------


def _add_streams(service: FastAPI, settings: Settings, desk: Office, feeds: Feeds, meters: BuilderMeters) -> None:
    def stream(request: Request, job: Job) -> Response:
        after = last_event_id(request.headers.get("last-event-id", ""))
        if job.ended and after >= job.sequence:
            return Response(status_code=204)  # which tells a browser not to come back
        if feeds.followers >= MAX_STREAMS:
            raise Refused(429, "too many clients follow events", "come back later", headers={"Retry-After": "10"})
        meters.streams.inc()

        def ended(dropped: bool) -> None:
            meters.streams.dec()
            if dropped:
                meters.dropped.inc()

        return EventStream(feeds.follow(job.id, after, job.sequence), ended)

    responses: dict[int | str, dict[str, Any]] = {
        200: _EVENTS, 204: {"description": "Nothing more will happen"}, **errors(401, 403, 404, 429, 503),
    }  # fmt: skip

    @service.get(
        "/jobs/{job_id}/events", operation_id="events", openapi_extra={"parameters": [_JOB_ID]}, responses=responses
    )
    async def events(request: Request) -> Response:
        """What happens in a job, from the beginning or from `Last-Event-ID`, until it has ended."""
        desk.check_ready()
        return stream(request, await _job(desk, request.path_params["job_id"]))

    more = {**responses, **errors(400, 409, 413, 415, 422)}

    @service.post("/ingest", openapi_extra=body_of(Wanted), responses=more)
    async def ingest(request: Request) -> Response:
        """Orders a docpack and streams what happens, as the original did."""
        desk.check_ready()
        return await _followed(request, await read(request, Wanted))

    query = [
        {"name": name, "in": "query", "required": name == "repo_url", "schema": schema_of(Wanted)["properties"][name]}
        for name in ("repo_url", "git_ref", "job_id")
    ]

    @service.get("/ingest", openapi_extra={"parameters": query}, responses=more)
    async def ingest_by_link(request: Request) -> Response:
        """The same for clients that can only follow a link, as a browser's EventSource."""
        desk.check_ready()
        asked = {name: request.query_params[name] for name in request.query_params if name in _BY_LINK}
        return await _followed(request, decode(msgspec.json.encode(asked), Wanted))

    async def _followed(request: Request, wanted: Wanted) -> Response:
        known = await asyncio.to_thread(desk.job, wanted.job_id) if wanted.job_id else None
        if known is not None and known.order.repo_url == wanted.repo_url:
            return stream(request, known)
        order = await _order(settings, desk, wanted)
        job, _ = await _submit(
            desk, order, priority=int(wanted.priority), force=wanted.force, job_id=wanted.job_id or ""
        )
        return stream(request, job)


_BY_LINK = frozenset({"repo_url", "git_ref", "job_id"})


def _mount(service: FastAPI, settings: Settings, desk: Office) -> Agents:
    """The pages for people, and the tools for agents, behind the same guard."""
    shelf, meaning = Shelf(desk), Meaning(settings, logging.getLogger("doctown").warning)
    agents = Agents(desk, shelf, meaning)
    # Pages are what no endpoint answers; mounted at the root they would also get each request that an endpoint refuses.
    pages = Pages(settings, desk, shelf, meaning)
    service.router.routes.append(Route("/mcp", agents, methods=["GET", "POST", "DELETE"], include_in_schema=False))
    service.router.default = pages
    return agents
