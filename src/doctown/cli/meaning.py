"""The vectors of what is searched for, for `search`, `view` and `mcp`: by the model of the pack's own vectors.

Nothing is loaded before a sentence is searched for. Where no vector can be had, the search goes on by words, which is
said once on standard error. How vectors are made is the business of `embed`.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from doctown.cli.text import complain
from doctown.docpack.reader import Pack
from doctown.errors import DoctownError

if TYPE_CHECKING:
    from doctown.embed.query import Queries


class Vectors:
    """Makes the vectors of queries; the model is loaded at the first sentence and kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queries: Queries | None = None
        self._told = False

    def __call__(self, pack: Pack, query: str) -> list[float] | None:
        """The vector; None where the pack has none, is of another model, or the model cannot be used."""
        models = pack.manifest().get("models")
        embedding = models.get("embedding") if isinstance(models, dict) else None
        if not isinstance(embedding, dict):
            return None
        queries = self._open()
        if not queries.serves(str(embedding.get("name"))):
            self._tell(f"the pack's vectors are of {embedding.get('name')}: searching by words alone")
            return None
        try:
            return queries.vector(query)
        except DoctownError as error:
            self._tell(f"searching by words alone: {error}")
            return None

    def _open(self) -> Queries:
        with self._lock:
            if self._queries is None:
                from doctown.embed.query import Queries  # noqa: PLC0415 - loads numpy, wanted only for sentences
                from doctown.settings import from_environment  # noqa: PLC0415 - as above

                settings = from_environment()
                self._queries = Queries(settings.embedding_url, settings.api_token)
            return self._queries

    def _tell(self, text: str) -> None:
        if not self._told:
            self._told = True
            complain(text)

    def close(self) -> None:
        """Gives the model back."""
        if self._queries is not None:
            self._queries.close()
