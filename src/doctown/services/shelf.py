"""The docpacks that Builder's jobs made, as the viewer and agents want them: a list, and files of this machine.

The viewer is loaded when somebody first opens a page: Builder takes orders before that.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from doctown.errors import InputError
from doctown.jobs.nouns import Job
from doctown.meaning import Meaning
from doctown.services.office import Office
from doctown.settings import Settings

if TYPE_CHECKING:
    from doctown.viewer.library import Shelfmark

SLUG = 16  # characters of a pack's id in its address
SHOWN = 200  # packs in the list
FETCHED = 32  # packs of an object store that are kept on this machine


class Shelf:
    """The packs of the latest jobs, each once. Implements `viewer.library.Library`."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._lock = threading.Lock()
        self._marks: dict[str, Shelfmark] = {}  # by docpack_id: a pack never changes

    def jobs(self) -> list[Job]:
        """The latest job of each pack."""
        found: dict[str, Job] = {}
        for job in self._office.jobs(state="success", limit=SHOWN):
            found.setdefault(job.docpack_id, job)
        return list(found.values())

    def packs(self) -> Sequence[Shelfmark]:
        """All packs, the latest first."""
        from doctown.viewer.library import shelfmark  # noqa: PLC0415 - loaded with the viewer

        marks = []
        for job in self.jobs():
            if job.docpack_id not in self._marks:
                path = self.file(job.docpack_id)
                if path is None:
                    continue
                self._marks[job.docpack_id] = shelfmark(job.docpack_id[:SLUG], path)
            marks.append(self._marks[job.docpack_id])
        return marks

    def path(self, slug: str) -> Path | None:
        """The file of a pack, by the beginning of its id, or by the id of a job that made it."""
        if len(slug) == SLUG and slug.isalnum():
            found = next((job for job in self.jobs() if job.docpack_id.startswith(slug)), None)
        else:
            found = self._office.job(slug)
        return self.file(found.docpack_id) if found is not None and found.docpack_id else None

    def file(self, docpack_id: str) -> Path | None:
        """A pack as a file of this machine, fetched from the store where it has to be; None if it is gone."""
        path = self._office.store.path_of(docpack_id)
        if path is not None:
            return path
        folder = self._office.scratch / "packs"
        path = folder / f"{docpack_id}.docpack"
        with self._lock:
            if not path.is_file():
                folder.mkdir(exist_ok=True)
                for old in sorted(folder.iterdir(), key=lambda one: one.stat().st_mtime)[:-FETCHED]:
                    old.unlink(missing_ok=True)
                try:
                    self._office.store.fetch_pack(docpack_id, path)
                except InputError:
                    return None
        return path


class Pages:
    """The viewer, loaded at the first request."""

    def __init__(self, settings: Settings, office: Office, shelf: Shelf, meaning: Meaning) -> None:
        self._settings, self._office, self._shelf, self._meaning = settings, office, shelf, meaning
        self._app: ASGIApp | None = None
        self._lock = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers whatever no endpoint does."""
        if scope["type"] != "http":
            return
        self._office.check_ready()
        async with self._lock:
            if self._app is None:
                self._app = await asyncio.to_thread(self._load)
        await self._app(scope, receive, send)

    def _load(self) -> ASGIApp:
        from doctown.viewer.app import app  # noqa: PLC0415 - see above
        from doctown.viewer.library import Jobs  # noqa: PLC0415 - see above

        settings = self._settings
        has_model = bool(settings.openai_api_key or settings.openai_base_url or settings.generation_url)
        # No token is asked for on the page: to see it, the browser has asked its user for it, and sends it along.
        jobs = Jobs(models=(settings.model_name,) if has_model else ())
        return app(self._shelf, jobs=jobs, hosts=None, meaning=self._meaning)
