"""Vectors of what people and agents search for in a pack, so that it finds by meaning and not by words alone.

For the command line, the viewer and the tools alike. Where an Embedding service is named it is asked; otherwise the
model is loaded at the first sentence and kept. Search goes on by words where neither can be had, which is told, and
after a while the model is tried again. How vectors are made is the business of `embed`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from doctown.errors import DoctownError

if TYPE_CHECKING:
    from doctown.docpack.reader import Pack
    from doctown.embed.query import Queries
    from doctown.settings import Settings

PAUSE: Final = 60.0  # seconds without another try after one that failed


class Meaning:
    """Makes vectors of queries, for any number of threads; `tell` hears why there is none."""

    def __init__(self, settings: Settings, tell: Callable[[str], None]) -> None:
        self._settings, self._tell = settings, tell
        self._lock = threading.Lock()
        self._queries: Queries | None = None
        self._strange: set[str] = set()
        self._again = 0.0  # when to try again

    def __call__(self, pack: Pack, query: str) -> list[float] | None:
        """The query's vector; None where the pack has none, is of another model, or the model cannot be had."""
        models = pack.manifest().get("models")
        embedding = models.get("embedding") if isinstance(models, dict) else None
        if not isinstance(embedding, dict) or time.monotonic() < self._again:
            return None
        from doctown.embed.query import Queries  # noqa: PLC0415 - loads numpy, wanted only for sentences

        model = str(embedding.get("name"))
        if not Queries.serves(model):
            if model not in self._strange:
                self._strange.add(model)
                self._tell(f"the pack's vectors are of {model}: searching by words alone")
            return None
        with self._lock:
            if self._queries is None:
                self._queries = Queries(self._settings.embedding_url, self._settings.api_token)
        try:
            return self._queries.vector(query)
        except DoctownError as error:
            self._again = time.monotonic() + PAUSE
            self._tell(f"searching by words alone: {error}")
            return None

    def close(self) -> None:
        """Gives the model back."""
        if self._queries is not None:
            self._queries.close()
