"""An OpenAI-compatible HTTP server on loopback that makes its replies up, with faults on demand and a ledger.

It answers `POST /v1/chat/completions` and `GET /v1/models` as OpenAI's API documents them, and says at `GET /ledger`
what was asked, what it would have cost, how often the same question was paid for twice and whether anybody came back
before `Retry-After` allowed it. What it answers is made in `answers`, what goes wrong is chosen in `behaviour`.
"""

from __future__ import annotations

import email.utils
import json
import socket
import struct
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from doctown.errors import InputError
from doctown.testing import answers
from doctown.testing.behaviour import Behaviour

_MOST = 64 << 20  # bytes of a request
_STATUSES: Mapping[str, tuple[int, str, str]] = {  # fault → status, code, message
    "rate_limit": (429, "rate_limit_exceeded", "Rate limit reached for requests."),
    "rate_limit_after": (429, "rate_limit_exceeded", "Rate limit reached for requests."),
    "rate_limit_date": (429, "rate_limit_exceeded", "Rate limit reached for requests."),
    "quota": (
        429,
        "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    "server_error": (500, "server_error", "The server had an error while processing your request."),
    "overloaded": (503, "overloaded", "The engine is currently overloaded, please try again later."),
    "bad_gateway": (502, "", ""),
    "auth": (401, "invalid_api_key", "Incorrect API key provided."),
    "forbidden": (403, "forbidden", "You do not have access to this resource."),
    "unknown_model": (404, "model_not_found", "The model does not exist or you do not have access to it."),
    "not_found": (404, "", ""),
    "context": (400, "context_length_exceeded", "This model's maximum context length is exceeded by your messages."),
    "input_filter": (400, "content_filter", "The prompt was filtered by the content management policy."),
}


_ON_ITS_WAY = 0.5  # seconds that a call takes to arrive, on a busy machine
_WITHOUT_REPLY = frozenset({"timeout", "reset", "html", "redirect", "oversize", "empty_body", "not_completion"})
_HARMLESS = frozenset({"no_usage", "wrong_usage", "prose"})


class ModelServer:
    """A server that runs in threads of this process until it is closed. `port` 0 takes any that is free.

    Raises InputError if the port is taken.
    """

    def __init__(self, behaviour: Behaviour | None = None, *, port: int = 0) -> None:
        self.behaviour = behaviour or Behaviour()
        self._ledger = _Ledger()
        handler = type("Handler", (_Handler,), {"server_state": self})
        try:
            self._server = _Server(("127.0.0.1", port), handler)
        except OSError as error:
            raise InputError(f"port {port} cannot be used: {error.strerror}", "name another with --port") from error
        self.port = int(self._server.server_address[1])
        self.closing = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """What OPENAI_BASE_URL is set to."""
        return f"http://127.0.0.1:{self.port}/v1"

    def ledger(self) -> dict[str, object]:
        """What `GET /ledger` says."""
        return self._ledger.state(self.behaviour)

    @property
    def record(self) -> _Ledger:
        """The ledger itself, for the handlers."""
        return self._ledger

    def close(self) -> None:
        """Stops listening, and ends answers that hang."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def serving(behaviour: Behaviour | None = None, *, port: int = 0) -> Iterator[ModelServer]:
    """A server for the time of a block."""
    server = ModelServer(behaviour, port=port)
    try:
        yield server
    finally:
        server.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is part of what is tested, and no news; anything else is a defect."""
        if not isinstance(sys.exception(), OSError):
            traceback.print_exc()


class _Ledger:
    """What happened so far. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls = self._tokens_in = self._tokens_out = self._paid_calls = self._repaid = 0
        self._under_way = self._most_under_way = 0
        self._undercut = 0
        self._not_before = 0.0
        self._limited = 0.0  # when a limit was named last
        self._faults: Counter[str] = Counter()
        self._asked: Counter[bytes] = Counter()
        self._replied: set[bytes] = set()

    def begin(self, question: bytes) -> tuple[int, int]:
        """A call comes in: its number, and how often the same was asked before."""
        with self._lock:
            number, before = self._calls, self._asked[question]
            self._calls += 1
            self._asked[question] += 1
            self._under_way += 1
            self._most_under_way = max(self._most_under_way, self._under_way)
            # Whoever was on its way when the limit was sent could not know of it.
            self._undercut += self._limited + _ON_ITS_WAY < time.monotonic() < self._not_before
            return number, before

    def end(self, fault: str) -> None:
        """A call was answered."""
        with self._lock:
            self._under_way -= 1
            if fault:
                self._faults[fault] += 1

    def charge(self, question: bytes, completion: answers.Completion, *, good: bool) -> None:
        """A reply was written, and is paid for whether it arrives or not."""
        with self._lock:
            self._paid_calls += 1
            self._tokens_in += completion.tokens_in
            self._tokens_out += completion.tokens_out
            self._repaid += question in self._replied
            if good:
                self._replied.add(question)

    def wait(self, until: float) -> None:
        """Nobody may call before this moment of the monotonic clock."""
        with self._lock:
            self._not_before = max(self._not_before, until)
            self._limited = time.monotonic()

    def state(self, behaviour: Behaviour) -> dict[str, object]:
        """As JSON."""
        with self._lock:
            usd = (self._tokens_in * behaviour.price_in + self._tokens_out * behaviour.price_out) / 1e6
            return {
                "calls": self._calls,
                "paid_calls": self._paid_calls,
                "repaid_calls": self._repaid,
                "tokens_in": self._tokens_in,
                "tokens_out": self._tokens_out,
                "usd": usd,
                "faults": dict(sorted(self._faults.items())),
                "most_at_a_time": self._most_under_way,
                "questions": len(self._asked),
                "retry_after_undercut": self._undercut,
            }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer: the kernel would hold back the second of two
    disable_nagle_algorithm = True
    timeout = 120
    server_state: ModelServer

    def log_message(self, format: str, *args: object) -> None:
        """Prompts and keys are nobody's business, and neither is the rest."""

    def do_GET(self) -> None:
        """The model's name and the ledger."""
        if self.path == "/ledger":
            return self._json(200, self.server_state.ledger())
        if self.path in ("/v1/models", "/models"):
            if not self._allowed():
                return self._error(*_STATUSES["auth"])
            entry = {"id": self.server_state.behaviour.model, "object": "model", "created": 0, "owned_by": "doctown"}
            return self._json(200, {"object": "list", "data": [entry]})
        return self._error(404, "", "")

    def do_POST(self) -> None:
        """Chat completions."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _MOST:
            self.close_connection = True
            return self._error(413, "too_large", "The request is too large.")
        data = self.rfile.read(int(length))
        if self.path not in ("/v1/chat/completions", "/chat/completions"):
            return self._error(404, "", "")
        try:
            asked = json.loads(data)
        except ValueError:
            asked = None
        if not isinstance(asked, dict):
            return self._error(400, "invalid_request_error", "The body is no JSON object.")
        return self._ask(asked)

    def _ask(self, asked: Mapping[str, object]) -> None:
        state = self.server_state
        question = sha256(json.dumps([asked.get("model"), asked.get("messages")]).encode()).digest()
        number, before = state.record.begin(question)
        fault = state.behaviour.fault(number, question, before)
        met = ""
        try:
            if state.behaviour.latency:
                state.closing.wait(state.behaviour.latency)
            rejected = self._rejected(asked)
            if rejected is not None:
                return self._error(*rejected)
            met = fault
            return self._answer(asked, question, fault)
        finally:
            state.record.end(met)

    def _rejected(self, asked: Mapping[str, object]) -> tuple[int, str, str] | None:
        """What is wrong with a request by the rules of this server: status, code, message."""
        behaviour = self.server_state.behaviour
        if not self._allowed():
            return _STATUSES["auth"]
        if asked.get("model") != behaviour.model:
            return 404, "model_not_found", f"The model does not exist; this server has {behaviour.model}."
        for name in behaviour.rejects:
            if name in asked or f'"{name}"' in json.dumps(answers.schema_of(asked)):
                return (
                    400,
                    "unsupported_parameter",
                    f"Unsupported parameter: '{name}' is not supported with this model.",
                )
        form = asked.get("response_format")
        kind = str(form.get("type")) if isinstance(form, dict) else "text"
        if kind not in behaviour.forms and kind != "text":
            return 400, "invalid_request_error", f"'response_format' of type '{kind}' is not supported."
        if not answers.texts(asked):
            return 400, "invalid_request_error", "'messages' must hold texts."
        if behaviour.context and answers.prompt_tokens(asked) + answers.limit(asked) > behaviour.context:
            return _STATUSES["context"]
        return None

    def _allowed(self) -> bool:
        key = self.server_state.behaviour.key
        return not key or self.headers.get("Authorization") == f"Bearer {key}"

    def _answer(self, asked: Mapping[str, object], question: bytes, fault: str) -> None:
        if fault in _STATUSES:
            return self._refuse(fault)
        if fault in _WITHOUT_REPLY:
            return self._without_reply(fault)
        state = self.server_state
        completion = answers.completion(asked, state.behaviour, fault)
        data = json.dumps(completion.body).encode()
        # Charged before it is sent, as a provider does: whoever is killed meanwhile has paid.
        state.record.charge(question, completion, good=not fault or fault in _HARMLESS)
        if fault == "truncated":
            self._head(200, "application/json", len(data))
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True
            return None
        return self._send(200, "application/json", data)

    def _refuse(self, fault: str) -> None:
        status, code, message = _STATUSES[fault]
        seconds = self.server_state.behaviour.retry_after
        headers = {}
        if fault == "rate_limit_after":
            headers["Retry-After"] = f"{seconds:g}"
        elif fault == "rate_limit_date":
            # A date names whole seconds: the next one that is not too early.
            seconds = float(int(time.time() + seconds) + 1) - time.time()
            headers["Retry-After"] = email.utils.formatdate(time.time() + seconds, usegmt=True)
        if headers:
            self.server_state.record.wait(time.monotonic() + seconds)
        self._error(status, code, message, headers)

    def _without_reply(self, fault: str) -> None:
        """Answers that hold no reply of a model."""
        if fault == "timeout":
            self.server_state.closing.wait(self.server_state.behaviour.hang)
        if fault in ("reset", "timeout"):
            # Closing with nothing left to linger for sends a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
        elif fault == "html":
            self._send(200, "text/html; charset=utf-8", b"<!doctype html><title>Sign in</title><p>Please sign in.")
        elif fault == "redirect":
            self._send(302, "text/plain", b"", {"Location": "http://elsewhere.invalid/v1/chat/completions"})
        elif fault == "oversize":
            self._endless()
        else:
            body = b"" if fault == "empty_body" else b'{"object": "something.else"}'
            self._send(200, "application/json", body)

    def _endless(self) -> None:
        """A body that goes on until the client has enough, or for a gigabyte."""
        self._head(200, "application/json", 1 << 30)
        self.close_connection = True
        piece = b" " * (1 << 16)
        for _ in range(1 << 14):
            try:
                self.wfile.write(piece)
            except OSError:
                return

    # --- bytes ----------------------------------------------------------------------------------------------------

    def _error(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        if not message:
            return self._send(status, "text/html", f"<html><h1>{status}</h1></html>".encode(), headers)
        error = {"message": message, "type": code, "code": code, "param": None}
        return self._send(status, "application/json", json.dumps({"error": error}).encode(), headers)

    def _json(self, status: int, value: object) -> None:
        self._send(status, "application/json", json.dumps(value).encode())

    def _send(self, status: int, kind: str, data: bytes, headers: Mapping[str, str] | None = None) -> None:
        self._head(status, kind, len(data), headers)
        self.wfile.write(data)

    def _head(self, status: int, kind: str, length: int, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
