"""What every service has: health, metrics, one form of errors, and the guard before it.

`GET /health` says whether the service can do its work and if not, why (503); `GET /live` only that the process answers.
A service that is to be restarted when it hangs asks the latter, one that is to get work the former.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Match

from doctown import __version__
from doctown.errors import DoctownError
from doctown.services import LOOPBACK
from doctown.services.guard import Guard, Rules
from doctown.services.meters import CONTENT_TYPE, Meters
from doctown.services.wire import Refused, answer, error_body, errors, from_error, refusal
from doctown.settings import Settings

_log = logging.getLogger("doctown")
Health = Callable[[], Mapping[str, Any]]  # {"reason": "" when ready, else why not}, and more that is worth saying
_HEALTH_SCHEMA = {
    "type": "object",
    "required": ["service", "version", "status", "reason"],
    "properties": {
        "service": {"type": "string"},
        "version": {"type": "string"},
        "status": {"type": "string", "enum": ["ready", "not ready"]},
        "reason": {"type": "string"},
    },
}


class _Route(APIRoute):
    """An endpoint that takes the request and gives the answer: there are no parameters for the framework to work out,
    which would take it a tenth of a millisecond."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint itself."""
        return self.endpoint


def make_app(
    name: str,
    summary: str,
    health: Health,
    meters: Meters,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    *,
    traced: bool = False,
) -> FastAPI:
    """A FastAPI application with what every service has; its endpoints are added by the service."""
    app = FastAPI(
        title=f"Doctown {name.title()}",
        description=summary,
        version=__version__,
        lifespan=lifespan,
        telemetry={"tracing": traced, "metrics": False, "logs": False},
        docs_url=None,  # the pages that FastAPI has for these load scripts from other origins
        redoc_url=None,
    )

    app.router.route_class = _Route

    @app.get(
        "/health",
        responses={
            200: answer("It can do its work", _HEALTH_SCHEMA), 503: answer("It cannot, and why", _HEALTH_SCHEMA),
            **errors(403),
        },
    )  # fmt: skip
    async def health_of_service(_: Request) -> Response:
        """What this is, and whether it can do its work."""
        more = dict(health())
        reason = more.pop("reason", "")
        status = "not ready" if reason else "ready"
        body = {"service": name, "version": __version__, "status": status, "reason": reason, **more}
        return JSONResponse(body, 503 if reason else 200)

    @app.get("/live", responses={200: answer("The process answers", {"type": "object"}), **errors(403)})
    async def live(_: Request) -> Response:
        """Whether the process answers at all."""
        return JSONResponse({"service": name})

    @app.get("/metrics", responses={200: answer("Counters", {"type": "string"}, "text/plain"), **errors(401, 403)})
    async def metrics(_: Request) -> Response:
        """Counters, in Prometheus' text form."""
        return Response(await asyncio.to_thread(meters.page), media_type=CONTENT_TYPE)

    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(DoctownError, _failed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)
    return app


def guarded(app: FastAPI, meters: Meters, rules: Rules) -> Guard:
    """The application behind its guard."""
    return Guard(app, rules, meters)


def rules_for(settings: Settings, host: str, *, max_body: int, bodies: Mapping[str, int] | None = None) -> Rules:
    """What is let through by a service bound to `host`. Beyond loopback it may be called by any name, since the token
    that it then needs is not known to another site's page."""
    hosts = LOOPBACK | {name.lower() for name in settings.allowed_hosts}
    wide = host not in LOOPBACK and settings.api_token and not settings.allowed_hosts
    return Rules(
        token=settings.api_token, hosts=frozenset() if wide else frozenset(hosts), max_body=max_body, bodies=bodies
    )


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return refusal(error)


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, DoctownError)
    _log.error("%s", error, extra={"trace": request.scope.get("doctown.trace", "")})
    return refusal(from_error(error, 400 if error.exit_status == 2 else 502))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    mend, headers = "", dict(error.headers or {})
    if error.status_code == 404:
        mend = "see /openapi.json for what there is"
    elif error.status_code == 405:  # the framework names the methods of the first route that it met
        allowed = ", ".join(sorted(_methods(request)))
        mend, headers["Allow"] = f"use {allowed}", allowed
    return JSONResponse(error_body(str(error.detail).lower(), mend), error.status_code, headers=headers)


def _methods(request: Request) -> set[str]:
    """The methods that this address answers."""
    routes = [one for one in request.app.routes if one.matches(request.scope)[0] != Match.NONE]
    return {method for one in routes for method in getattr(one, "methods", None) or ()}


async def _unforeseen(request: Request, error: Exception) -> Response:
    """A defect of ours: the log has the trace of the program, the client the number to look for there."""
    trace = request.scope.get("doctown.trace", "")
    _log.error("a request failed", exc_info=error, extra={"trace": trace})
    return JSONResponse(error_body("this service failed", f"look for trace {trace} in its log"), 500)
