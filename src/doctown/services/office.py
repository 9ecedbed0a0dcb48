"""What Builder keeps: the ledger, the queue and the store together, opened and closed as one. All methods block."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import Any

from doctown.errors import DoctownError
from doctown.jobs.ledger import Ledger
from doctown.jobs.nouns import USUAL, Job, Order
from doctown.jobs.queue import SILENCE, Queue, new_executor, open_desk_folder
from doctown.jobs.starting import COMMAND, builds_for
from doctown.jobs.worker import Desk, Meter, NoMeter, estimate
from doctown.services.wire import Refused
from doctown.settings import Settings
from doctown.store import PackStore, open_store

_log = logging.getLogger("doctown")
_HOUR = 3600.0
_STALE_UPLOAD = 24 * _HOUR  # seconds that an upload without a job is kept: its job may be about to be made


class Office:
    """Everything behind Builder's endpoints. `silence`: seconds after which another executor is given up for dead;
    `command`: what builds, which tests replace."""

    def __init__(
        self, settings: Settings, *, silence: float = SILENCE, executor: str = "", command: tuple[str, ...] = COMMAND
    ) -> None:
        self._command = command
        self._settings = settings
        self._silence = silence
        self._executor = executor or new_executor()
        self._ledger: Ledger | None = None
        self._queue: Queue | None = None
        self._store: PackStore | None = None
        self._problem = "it is starting"
        self._closing = threading.Event()
        self.meter: Meter = NoMeter()

    # --- opening and closing ----------------------------------------------------------------------------------------

    def open(self) -> None:
        """Opens everything and starts to work. What cannot be opened is said by `problem`, and tried again."""
        while not self._closing.is_set():
            try:
                self._open()
            except DoctownError as error:
                self._problem = str(error)
                _log.error("%s", error)
            except Exception as error:  # noqa: BLE001 - a database or a store that is not up yet
                self._problem = f"the job database or the store does not answer ({type(error).__name__})"
                _log.exception("cannot start yet")
            else:
                self._problem = ""
                return
            self._closing.wait(2)

    def _open(self) -> None:
        settings = self._settings
        folder = open_desk_folder(settings.data)
        self.scratch = open_desk_folder(folder / "scratch")
        jobs_url = settings.database_url or f"sqlite:///{folder / 'jobs.sqlite'}"
        queue_url = settings.database_url or f"sqlite:///{folder / 'queue.sqlite'}"
        self._store = open_store(settings.store_url, folder / "store", settings.store_options)
        self._store.check()  # or the first client would learn of it
        self._ledger = Ledger(jobs_url)
        desk = Desk(
            ledger=self._ledger, store=self._store, folder=open_desk_folder(folder / "work"), executor=self._executor,
            timeout=settings.job_timeout, meter=self.meter, builds=builds_for(settings, self._command),
        )  # fmt: skip
        self._desk = desk
        queue = Queue(desk, queue_url, at_a_time=settings.max_jobs, silence=self._silence)
        queue.start()
        self._queue = queue
        threading.Thread(target=self._keep_house, name="doctown-retention", daemon=True).start()

    def give_up(self) -> None:
        """Tries no more to open what could not be opened."""
        self._problem = "it is stopping"
        self._closing.set()

    def close(self) -> None:
        """Stops working; what runs is left to be taken over."""
        self.give_up()
        if self._queue is not None:
            self._queue.stop()
        if self._ledger is not None:
            self._ledger.close()

    @property
    def problem(self) -> str:
        """Why jobs cannot be taken; empty if they can."""
        return self._problem or (self._queue.problem if self._queue is not None else "it is starting")

    def check_ready(self) -> None:
        """Raises Refused (503) while jobs can be neither taken nor looked up."""
        if self._queue is None or self._closing.is_set():
            raise Refused(503, f"Builder is not ready: {self.problem}", "try again", headers={"Retry-After": "2"})

    # --- jobs -------------------------------------------------------------------------------------------------------

    @property
    def ledger(self) -> Ledger:
        """The ledger, once open."""
        assert self._ledger is not None
        return self._ledger

    @property
    def store(self) -> PackStore:
        """The store, once open."""
        assert self._store is not None
        return self._store

    def submit(self, order: Order, *, priority: int = USUAL, force: bool = False, job_id: str = "") -> tuple[Job, bool]:
        """The job of an order, and whether it is new. Raises Refused if too many wait, InputError for a taken id."""
        assert self._queue is not None
        if self.ledger.counts().get("queued", 0) >= self._settings.max_queue:
            raise Refused(429, "too many jobs wait", "send the order again later", headers={"Retry-After": "60"})
        job, new = self.ledger.submit(order, priority=priority, job_id=job_id, force=force)
        if job.state == "queued":
            self._queue.enqueue(job)
        return job, new

    def cancel(self, job: Job) -> Job:
        """Asks for a job's end."""
        assert self._queue is not None
        asked = self.ledger.cancel(job.id) or job
        self._queue.cancel(asked)
        return asked

    def job(self, job_id: str) -> Job | None:
        """See `Ledger.job`."""
        return self.ledger.job(job_id)

    def jobs(self, *, state: str = "", limit: int = 50, before: float = 0.0) -> list[Job]:
        """See `Ledger.jobs`."""
        return self.ledger.jobs(state=state, limit=limit, before=before)

    def events(self, job_id: str, after: int, limit: int) -> list[tuple[int, str]]:
        """See `Ledger.events`."""
        return self.ledger.events(job_id, after, limit)

    def counts(self) -> dict[str, int]:
        """Jobs by state; none while the ledger is not open."""
        return self._ledger.counts() if self._ledger is not None else {}

    def estimate(self, order: Order) -> dict[str, Any]:
        """What an order would cost. Raises InputError if its source cannot be used, Refused if it takes too long."""
        return estimate(order, self._desk)

    # --- packs ------------------------------------------------------------------------------------------------------

    def keep_upload(self, digest: str, file: Path) -> None:
        """Keeps an archive for the job that is about to be made."""
        self.store.put_upload(digest, file)

    def link(self, job: Job) -> str:
        """A link to a job's pack that needs no token; empty where there is none."""
        return self.store.link(job.docpack_id) if job.docpack_id else ""

    @staticmethod
    def name_of(job: Job) -> str:
        """What to call a job's pack, without ending."""
        source = job.order.upload_name or job.order.repo_url.rstrip("/").removesuffix(".git")
        return source.rpartition("/")[2].rpartition(":")[2].removesuffix(".zip").removesuffix(".tar.gz") or "repository"

    def _keep_house(self) -> None:
        """Removes what has been kept for long enough, once an hour."""
        while not self._closing.wait(_HOUR if self._problem == "" else 5):
            try:
                self.clean_up(time.time())
            except Exception:  # noqa: BLE001 - whatever it was, jobs go on
                _log.exception("cleaning up failed; it is tried again in an hour")

    def clean_up(self, now: float) -> None:
        """Removes jobs that ended long ago, packs that no job has any more, and uploads whose jobs have ended."""
        before = now - self._settings.retention_days * 24 * _HOUR
        while self.ledger.expire(before):
            pass
        for kept in list(self.store.packs()):
            if kept.modified < before and not self.ledger.is_wanted(docpack_id=kept.digest):
                self.store.remove_pack(kept.digest)
        for kept in list(self.store.uploads()):
            if kept.modified < now - _STALE_UPLOAD and not self.ledger.is_wanted(upload=kept.digest):
                self.store.remove_upload(kept.digest)
