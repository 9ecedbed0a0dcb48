from __future__ import annotations

import http.server
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from doctown.errors import InputError
from doctown.services import tracing
from doctown.services.probe import ready

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Collector(http.server.BaseHTTPRequestHandler):
    """Takes what is sent to it as an OTLP collector does."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((self.path, self.headers.get("Content-Encoding", ""), body))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def collector() -> Iterator[http.server.ThreadingHTTPServer]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    server.came = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_trace_of_a_request_reaches_the_collector(
    collector: http.server.ThreadingHTTPServer, tmp_path: Path, free_ports: list[int]
) -> None:
    """Under the trace that the client is in, with the service's name; what is left is sent when the service stops."""
    trace_service = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    port = free_ports[0]
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path),
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_address[1]}",
    }  # fmt: skip
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "doctown", "serve", "generation", "--port", str(port)], env=environment, stderr=log
        )
    try:
        until = time.monotonic() + 60
        while reason := ready(port):
            assert time.monotonic() < until, reason
            time.sleep(0.05)
        order = {"job_id": "j", "symbols": [{"symbol_id": "a", "context": "Counts."}]}
        headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
        reply = httpx.post(f"http://127.0.0.1:{port}/generate", json=order, headers=headers, timeout=30)
        assert (reply.status_code, reply.headers["x-trace-id"]) == (200, TRACE)
        process.send_signal(signal.SIGTERM)
        process.wait(15)
    finally:
        process.kill()
        process.wait()
    spans = []
    for path, encoding, body in collector.came:  # type: ignore[attr-defined]
        assert (path, encoding) == ("/v1/traces", "")
        for one in trace_service.ExportTraceServiceRequest.FromString(body).resource_spans:
            named = {pair.key: pair.value.string_value for pair in one.resource.attributes}
            assert named["service.name"] == "doctown-generation"
            spans += [span for scope in one.scope_spans for span in scope.spans]
    mine = [span.name for span in spans if span.trace_id.hex() == TRACE]
    assert any("/generate" in name for name in mine), [span.name for span in spans]


def test_without_the_extra_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that is set and a library that is not there: the cause and the mend, and no start."""
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(InputError, match="not installed") as raised:
        tracing.configure("builder", "http://127.0.0.1:1")
    assert "doctown[otel]" in raised.value.mend
