from __future__ import annotations

import email.utils
import json
import ssl

import httpx
import pytest

from doctown.generate.llm import faults
from doctown.generate.llm.contract import Request
from doctown.generate.llm.faults import KINDS

WALL = 1_800_000_000.0


def of(status: int, error: object = None, **headers: str) -> faults.Fault:
    body = json.dumps({"error": error}).encode() if error is not None else b"<html>"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return faults.of_status(status, httpx.Headers(named), body, WALL)


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (401, {"message": "Incorrect API key provided"}, "auth"),
        (402, None, "quota"),
        (429, {"message": "You exceeded your current quota", "code": "insufficient_quota"}, "quota"),
        (429, {"message": "Rate limit reached", "code": "rate_limit_exceeded"}, "rate_limited"),
        (403, None, "forbidden"),
        (404, {"message": "The model `x` does not exist", "code": "model_not_found"}, "unknown_model"),
        (400, "invalid model ID", "unknown_model"),
        (404, None, "wrong_url"),
        (405, None, "wrong_url"),
        (307, None, "redirect"),
        (400, {"message": "This model's maximum context length is 8192 tokens"}, "too_long"),
        (400, {"message": "the request exceeds the available context size"}, "too_long"),
        (413, None, "too_long"),
        (400, {"code": "content_filter", "message": "filtered"}, "filtered"),
        (400, {"message": "Unsupported parameter: 'seed'"}, "bad_request"),
        (422, [{"loc": ["body", "seed"], "msg": "extra"}], "bad_request"),
        (500, None, "server_error"),
        (503, None, "server_error"),
        (502, None, "gateway"),
        (524, None, "gateway"),
    ],
)
def test_a_status_is_told_for_what_it_means(status: int, error: object, kind: str) -> None:
    """What is tried again, given up, or the end of everything hangs on telling these apart."""
    assert of(status, error).kind == kind


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0.0),
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "7", "retry_after_ms": "7500"}, 7.5),
        ({"retry_after": "-3"}, 0.0),
        ({"retry_after": "nan"}, 0.0),
        ({"retry_after": "soon"}, 0.0),
        ({"retry_after": email.utils.formatdate(WALL + 60, usegmt=True)}, 61.0),
        ({"retry_after": email.utils.formatdate(WALL - 60, usegmt=True)}, 0.0),
    ],
)
def test_retry_after_in_all_its_forms(headers: dict[str, str], seconds: float) -> None:
    """Seconds, milliseconds and dates are understood, and nonsense is no reason to wait; a date is rounded up."""
    assert of(429, **headers).after == seconds


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectTimeout("slow"), "unreachable"),
        (httpx.ReadTimeout("slow"), "timeout"),
        (httpx.ReadError("reset"), "reset"),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), "reset"),
        (httpx.RemoteProtocolError("peer closed connection without sending complete message body"), "truncated"),
        (httpx.DecodingError("gzip"), "truncated"),
        (httpx.UnsupportedProtocol("ftp"), "wrong_url"),
    ],
)
def test_an_exception_is_told_for_what_it_means(error: httpx.HTTPError, kind: str) -> None:
    """A call that may have been answered is told from one that was not sent."""
    assert faults.of_exception(error).kind == kind


def test_the_cause_behind_an_exception_is_named() -> None:
    """A name that does not resolve, a refused connection and a certificate are three different mends."""
    import socket

    causes = {"dns": socket.gaierror(-2, "unknown"), "unreachable": ConnectionRefusedError(), "tls": ssl.SSLError("x")}
    for kind, cause in causes.items():
        error = httpx.ConnectError("failed")
        error.__cause__ = cause
        assert faults.of_exception(error).kind == kind


def test_a_servers_words_are_put_on_one_short_line() -> None:
    """A server cannot forge lines of a terminal or fill a log."""
    said = of(500, {"message": "a\x1b[31m\n\u202eb" + "x" * 5000}).said
    assert said.isprintable()
    assert len(said) <= 200


def test_every_kind_ends_in_a_refusal_of_the_contract() -> None:
    """The table names no refusal that the contract does not know; Request is where the contract lives."""
    from typing import get_args

    from doctown.generate.llm.contract import RefusalKind

    assert {kind.refusal for kind in KINDS.values()} <= set(get_args(RefusalKind))
    assert Request.__module__ == "doctown.generate.llm.contract"
