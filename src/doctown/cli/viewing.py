"""`doctown view`: packs in the browser, served on loopback until interrupted."""

from __future__ import annotations

import argparse
import socket
import threading
import webbrowser
from collections.abc import Callable

import uvicorn

from doctown.cli.text import complain, json_text, plain
from doctown.docpack.reader import Pack
from doctown.errors import InputError
from doctown.meaning import Meaning
from doctown.settings import from_environment
from doctown.viewer.app import LOOPBACK, app
from doctown.viewer.library import Files

HOST = "127.0.0.1"


def view(options: argparse.Namespace) -> int:
    """Serves the packs; returns when interrupted. A pack that cannot be read is told before anything is served."""
    for path in options.packs:
        Pack.open(path).close()
    library = Files(options.packs)
    listener = _listen(options.port)
    port = listener.getsockname()[1]
    address = f"http://{HOST}:{port}/"
    if len(options.packs) == 1:
        address += f"packs/{library.packs()[0].slug}/index.html"
    # A query's vector needs a model in memory: loaded when a search first asks for it.
    meaning = None if options.words else Meaning(from_environment(), complain)
    served = app(library, hosts=LOOPBACK, meaning=meaning)
    config = uvicorn.Config(served, log_level="error", access_log=False, server_header=False, lifespan="off")

    def ready() -> None:
        _tell(address, options)
        served.warm()  # while the browser starts

    server = _Server(config, ready)
    server.run(sockets=[listener])
    return 0


def _tell(address: str, options: argparse.Namespace) -> None:
    if options.json:
        print(json_text({"address": address}), flush=True)
    else:
        print(f"{plain(address)}  (Ctrl-C ends it)", flush=True)
    if not options.no_browser:
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise InputError(
            f"port {port} is taken ({error.strerror})", "give another with --port, or 0 for any"
        ) from error
    return listener


class _Server(uvicorn.Server):
    """Tells its address when it answers there, not before."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to answer."""
        await super().startup(sockets)
        self._ready()
