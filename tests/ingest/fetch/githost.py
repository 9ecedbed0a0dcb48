"""A Git host on loopback: `git http-backend` behind the standard library's HTTP server, with Basic authentication."""

from __future__ import annotations

import base64
import contextlib
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_GIT_ENVIRONMENT = {
    "PATH": os.defpath,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_AUTHOR_DATE": "2024-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z",
}


def git(folder: Path, *argv: str, stdin: bytes = b"") -> str:
    """Runs git for the making of a test's repository; its output, stripped."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["git", *argv], cwd=folder, env=_GIT_ENVIRONMENT, input=stdin, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


@dataclass
class Host:
    """A running server. `requests` are (method, path, Authorization header) as they came."""

    root: Path
    port: int
    credentials: str = ""  # `user:password`; empty: open to all
    redirect_to: str = ""  # where every request but those below `/demo.git/` is sent
    plain_files: bool = False  # serve the files themselves, as a dumb host does
    look: Callable[[], None] | None = None  # called while each request waits for its answer
    requests: list[tuple[str, str, str]] = field(default_factory=list)

    def url(self, path: str = "", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}/{path}"


class _Handler(BaseHTTPRequestHandler):
    host: Host

    def log_message(self, format: str, *args: object) -> None:
        return

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def _answer(self, body: bytes) -> None:
        host = self.host
        given = self.headers.get("Authorization", "")
        host.requests.append((self.command, self.path, given))
        if host.look:
            host.look()
        wanted = "Basic " + base64.b64encode(host.credentials.encode()).decode()
        if host.redirect_to and not self.path.startswith("/demo.git/"):
            self._send(301, {"Location": host.redirect_to}, b"")
        elif host.credentials and given != wanted:
            self._send(401, {"WWW-Authenticate": 'Basic realm="git"'}, b"who are you?")
        elif host.plain_files:
            file = host.root / self.path.partition("?")[0].lstrip("/")
            self._send(200, {}, file.read_bytes()) if file.is_file() else self._send(404, {}, b"")
        else:
            self._backend(body)

    def _backend(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        environment = {
            **_GIT_ENVIRONMENT,
            "GIT_PROJECT_ROOT": str(self.host.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        done = subprocess.run(["git", "http-backend"], env=environment, input=body, capture_output=True, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines() if ": " in line)
        self._send(int(headers.pop("Status", "200").split()[0]), headers, content)

    def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextlib.contextmanager
def running(root: Path) -> Iterator[Host]:
    """A host whose repositories lie under `root`, running until the block ends."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.host = Host(root=root, port=server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield handler.host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def publish(work: Path, host: Host, name: str = "demo") -> None:
    """Brings the host's bare repository up to the work tree's branches and tags."""
    bare = host.root / f"{name}.git"
    if not bare.exists():
        git(bare, "init", "-q", "--bare", "-b", "main")
    git(work, "push", "-q", "--force", str(bare), "refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*")
    git(bare, "update-server-info")
