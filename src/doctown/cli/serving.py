"""`doctown serve`: one service in this process, or all four under a supervisor."""

from __future__ import annotations

import argparse
import gc
import sys

from doctown.errors import InputError
from doctown.services import PORTS
from doctown.settings import from_environment


def serve(options: argparse.Namespace) -> int:
    """Serves until it is told to stop."""
    settings = from_environment()
    gc.disable()  # what is loaded stays; to walk it again and again takes a fifth of the time. `serving` turns it on
    from doctown.services import serving  # noqa: PLC0415 - after that

    if options.service:
        port = PORTS[options.service] if options.port is None else options.port
        return serving.serve(options.service, settings, options.host, port)
    if options.port is not None:
        raise InputError("--port is for one service", "name it, or give four with --ports")
    from doctown.services.supervisor import Supervisor  # noqa: PLC0415 - wanted only here

    ports = dict(zip(PORTS, options.ports, strict=True)) if options.ports else dict(PORTS)
    return Supervisor(settings, options.host, ports, say=_say, serve=serving.serve).run()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
