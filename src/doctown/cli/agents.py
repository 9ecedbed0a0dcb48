"""`doctown mcp`: packs for agents, over standard input and output."""

from __future__ import annotations

import argparse

from doctown.cli.meaning import Vectors


def mcp(options: argparse.Namespace) -> int:
    """Serves until the client closes standard input. Standard output belongs to the protocol."""
    from doctown.mcp_server.server import serve_stdio  # noqa: PLC0415 - loads the protocol's library, wanted only here

    vectors = Vectors()
    try:
        serve_stdio(options.packs, None if options.words else vectors)
    finally:
        vectors.close()
    return 0
