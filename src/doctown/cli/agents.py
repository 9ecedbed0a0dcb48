"""`doctown mcp`: packs for agents, over standard input and output."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from doctown.cli.text import complain
from doctown.docpack.reader import Pack
from doctown.errors import DoctownError

if TYPE_CHECKING:
    from doctown.embed import Embedder
    from doctown.embed.query import QueryEmbedder


def mcp(options: argparse.Namespace) -> int:
    """Serves until the client closes standard input. Standard output belongs to the protocol."""
    from doctown.mcp_server.server import serve_stdio  # noqa: PLC0415 - loads the protocol's library, wanted only here

    vectors = Vectors()
    try:
        serve_stdio(options.packs, None if options.words else vectors)
    finally:
        vectors.close()
    return 0


class Vectors:
    """Makes the vectors of queries by the model of a pack; the model is loaded at the first sentence and kept."""

    def __init__(self) -> None:
        self._here: QueryEmbedder | None = None
        self._elsewhere: Embedder | None = None
        self._failed = False

    def __call__(self, pack: Pack, query: str) -> Sequence[float] | None:
        """The vector; None where the pack has none, is of another model, or the model cannot be used, which is said
        once on standard error: the search goes on by words."""
        models = pack.manifest().get("models")
        embedding = models.get("embedding") if isinstance(models, dict) else None
        if not isinstance(embedding, dict) or self._failed:
            return None
        from doctown.embed import MINILM  # noqa: PLC0415 - wanted only for sentences

        if embedding.get("name") != MINILM:
            return None
        try:
            return self._vector(query)
        except DoctownError as error:
            self._failed = True
            complain(f"doctown: searching by words alone: {error}")
            return None

    def _vector(self, query: str) -> Sequence[float]:
        from doctown.embed import open_embedder  # noqa: PLC0415 - loads numpy, wanted only for sentences
        from doctown.embed.quantise import dequantise  # noqa: PLC0415
        from doctown.embed.query import QueryEmbedder  # noqa: PLC0415
        from doctown.settings import from_environment  # noqa: PLC0415

        if self._here is None and self._elsewhere is None:
            settings = from_environment()
            if settings.embedding_url:
                self._elsewhere = open_embedder("remote", url=settings.embedding_url, token=settings.api_token)
            else:
                self._here = QueryEmbedder()
        if self._here is not None:
            row: list[float] = self._here.vector(query).tolist()
        elif self._elsewhere is not None:
            row = dequantise(self._elsewhere.embed([query]))[0].tolist()
        return row

    def close(self) -> None:
        """Gives the model back."""
        if self._elsewhere is not None:
            self._elsewhere.close()
