"""Vectors of what people and agents search for in Builder's packs, so that it finds by meaning and not by words alone.

How they are made is `embed.query`'s business. Search goes on by words where they cannot be, and after a while they are
tried again.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from doctown.errors import DoctownError
from doctown.settings import Settings

if TYPE_CHECKING:
    from doctown.docpack.reader import Pack
    from doctown.embed.query import Queries

PAUSE: Final = 60.0  # seconds without another try after one that failed
_log = logging.getLogger("doctown")


class Meaning:
    """Makes vectors of queries, for any number of threads; what it needs is loaded at the first one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._queries: Queries | None = None
        self._again = 0.0  # when to try again

    def __call__(self, pack: Pack, query: str) -> list[float] | None:
        """The query's vector; None where the pack has none, is of another model, or the model cannot be had."""
        models = pack.manifest().get("models")
        embedding = models.get("embedding") if isinstance(models, dict) else None
        if not isinstance(embedding, dict) or time.monotonic() < self._again:
            return None
        from doctown.embed.query import Queries  # noqa: PLC0415 - loads numpy, wanted only for sentences

        if not Queries.serves(str(embedding.get("name"))):
            return None
        with self._lock:
            if self._queries is None:
                self._queries = Queries(self._settings.embedding_url, self._settings.api_token)
        try:
            return self._queries.vector(query)
        except DoctownError as error:
            self._again = time.monotonic() + PAUSE
            _log.warning("searching by words alone: %s", error)
            return None

    def close(self) -> None:
        """Gives the model back."""
        if self._queries is not None:
            self._queries.close()
