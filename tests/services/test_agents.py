"""What the server of tools is told of a request to Builder's `/mcp`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from doctown.meaning import Meaning
from doctown.services.agents import Agents
from doctown.services.office import Office
from doctown.services.shelf import Shelf

SENT = [
    (b"host", b"docs.example"), (b"origin", b"https://docs.example"), (b"authorization", b"Bearer a-token"),
    (b"content-type", b"application/json"),
]  # fmt: skip


def test_the_tools_are_told_neither_the_token_nor_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard has checked them. A library that sees a token may log it, and one that checks names itself knows none
    but loopback's, so that a service behind a proxy would answer nobody."""
    told: list[dict[str, str]] = []

    async def answer(request: Request) -> Response:
        told.append(dict(request.headers))
        return Response("answered")

    monkeypatch.setattr(
        "doctown.mcp_server.server.http_app",
        lambda paths, meaning: Starlette(routes=[Route("/mcp", answer, methods=["POST"])]),
    )
    office = SimpleNamespace(check_ready=lambda: None)
    shelf = SimpleNamespace(jobs=lambda: [SimpleNamespace(docpack_id="d" * 64)], file=lambda docpack_id: Path("pack"))
    meaning = SimpleNamespace(close=lambda: None)
    sent: list[Any] = []

    async def ask() -> None:
        agents = Agents(cast(Office, office), cast(Shelf, shelf), cast(Meaning, meaning))

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"{}", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "POST", "path": "/mcp/", "raw_path": b"/mcp/", "query_string": b"",
            "http_version": "1.1", "scheme": "https", "root_path": "", "headers": SENT,
        }  # fmt: skip
        await agents(scope, receive, send)
        await agents.close()

    asyncio.run(ask())
    assert b"".join(one.get("body", b"") for one in sent) == b"answered"
    assert told == [{"content-type": "application/json", "host": "127.0.0.1:3000"}]
