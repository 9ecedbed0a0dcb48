"""`doctown mcp`: packs for agents, over standard input and output."""

from __future__ import annotations

import argparse

from doctown.cli.text import complain
from doctown.meaning import Meaning
from doctown.settings import from_environment


def mcp(options: argparse.Namespace) -> int:
    """Serves until the client closes standard input. Standard output belongs to the protocol."""
    from doctown.mcp_server.server import serve_stdio  # noqa: PLC0415 - loads the protocol's library, wanted only here

    meaning = Meaning(from_environment(), complain)
    try:
        serve_stdio(options.packs, None if options.words else meaning)
    finally:
        meaning.close()
    return 0
