"""The durable queue: which job runs next, on which executor, and who takes over when one dies. DBOS does the queueing.

DBOS keeps one workflow a job, under the job's id, in a database of its own tables. It hands each to one executor, in
order of priority, so many at a time as the executor takes. What it leaves open is an executor that dies: each executor
here says once a second that it lives, watches the others say so, and puts the workflows of one that fell silent back
into the queue. Whether the silent one was dead or only frozen does not matter; `ledger` fences it off.

One process holds one queue, as DBOS is one for a process.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path

from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID
from sqlalchemy.exc import DBAPIError

from doctown.errors import DoctownError
from doctown.jobs.nouns import Job
from doctown.jobs.worker import Desk, Stopped, work

QUEUE = "builds"
SILENCE = 8.0  # seconds after which an executor is given up for dead
_AWAY = 2.0  # seconds between attempts to reach a database that is away
BEAT = 1.0  # seconds between two signs of life
_VERSION = "1"  # of the workflow below: jobs of another one would wait for an executor that knows it
_RECOVERIES = 1_000_000  # a job may be taken over as often as machines die
_log = logging.getLogger("doctown.jobs")
_desks: dict[str, Desk] = {}  # by executor; the workflow, which DBOS calls by name, finds its desk here
_running: set[str] = set()  # jobs whose processes may be alive
_released = threading.Event()


@DBOS.workflow(name="doctown.build", max_recovery_attempts=_RECOVERIES)
def _build(job_id: str) -> None:
    desk = _desks[DBOS.executor_id]
    while True:
        try:
            _running.add(job_id)
            try:
                return work(job_id, desk)
            finally:
                _running.discard(job_id)
        except Stopped:
            # To return would record that the workflow is done. So it waits until DBOS is gone, and leaves the job.
            _released.wait()
            raise
        except DBAPIError as error:  # the database is away: the draft stays, and the job goes on when it is back
            _log.warning("job %s waits for the job database (%s)", job_id, type(error).__name__)
            if desk.stopping.wait(_AWAY):
                _released.wait()
                raise


class Queue:
    """Takes jobs and, once started, runs them. `database_url` is that of DBOS's tables."""

    def __init__(self, desk: Desk, database_url: str, *, at_a_time: int, silence: float = SILENCE) -> None:
        self._desk = desk
        self._url = database_url
        self._at_a_time = at_a_time
        self._silence = silence
        self._stop = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="doctown-executors", daemon=True)
        self._seen: dict[str, tuple[int, float]] = {}
        self._place = _place(os.getpid())
        self.problem = "it is starting"  # why it is not ready; empty when it is

    def start(self) -> None:
        """Begins to run jobs. Raises DoctownError if the database cannot be used."""
        _released.clear()
        _desks[self._desk.executor] = self._desk
        self._desk.ledger.beat(self._desk.executor, self._place)  # before any workflow can be this executor's
        config: DBOSConfig = {
            "name": "doctown",
            "system_database_url": self._url,
            "application_version": _VERSION,
            "executor_id": self._desk.executor,
            "log_level": "ERROR",
            "enable_otlp": False,
        }
        DBOS(config=config)
        DBOS.launch()
        DBOS.register_queue(
            QUEUE, worker_concurrency=self._at_a_time, polling_interval_sec=0.5, on_conflict="always_update"
        )
        self._desk.builds.open()
        self._take_over()
        self.problem = ""
        self._watcher.start()

    def stop(self, seconds: float = 5.0) -> None:
        """Ends what runs, within some seconds, and leaves it to be taken over at once."""
        self.problem = "it is stopping"
        self._desk.stopping.set()
        self._stop.set()
        if self._watcher.is_alive():
            self._watcher.join(seconds)
        until = time.monotonic() + seconds
        while _running and time.monotonic() < until:  # the runs look twice a second whether they are to stop
            time.sleep(0.02)
        self._desk.builds.close()
        self._desk.ledger.forget(self._desk.executor)
        # What is left of the runs finds DBOS gone and says so, as it is meant to.
        logging.getLogger("dbos").setLevel(logging.CRITICAL + 1)
        DBOS.destroy(workflow_completion_timeout_sec=0)
        _released.set()
        _desks.pop(self._desk.executor, None)

    def enqueue(self, job: Job) -> None:
        """Puts a job into the queue; one that is in it already stays as it is."""
        with SetWorkflowID(job.id), SetEnqueueOptions(priority=job.priority):
            DBOS.enqueue_workflow(QUEUE, _build, job.id)

    def cancel(self, job: Job) -> None:
        """Takes a job out of the queue, where it still waits there; the run of a job that runs sees for itself that it
        is to end."""
        if job.ended:
            DBOS.cancel_workflow(job.id)

    # --- signs of life ----------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        turn = 0
        while not self._stop.wait(BEAT):
            try:
                self._desk.ledger.beat(self._desk.executor, self._place)
                self._take_over()
                if turn % 10 == 0:
                    self._enqueue_forgotten()
                self.problem = ""
            except Exception as error:  # noqa: BLE001 - a database that is away comes back; until then we are not ready
                if self._stop.is_set():
                    return
                self.problem = f"the job database does not answer ({type(error).__name__})"
                _log.warning("%s", self.problem)
            turn += 1

    def _take_over(self) -> None:
        """Puts the workflows of executors that are no more back into the queue."""
        alive = self._alive(self._desk.ledger.executors())
        pending = DBOS.list_workflows(status="PENDING", queue_name=QUEUE, load_input=False, load_output=False)
        orphans = sorted({str(one.executor_id) for one in pending} - alive)
        if orphans:
            _log.warning("taking over the jobs of %s", ", ".join(orphans))
            DBOS._recover_pending_workflows(orphans)

    def _alive(self, executors: Mapping[str, tuple[int, str]]) -> set[str]:
        """Executors that were heard of lately, by this process's own clock: those of other machines may differ."""
        now = time.monotonic()
        alive = {self._desk.executor}
        for name, (beat, place) in executors.items():
            if name == self._desk.executor:
                continue
            if self._seen.get(name, (0, 0.0))[0] != beat:
                self._seen[name] = (beat, now)
            if now - self._seen[name][1] < self._silence and not _is_gone(place):
                alive.add(name)
            else:
                self._desk.ledger.forget(name)
                self._seen.pop(name, None)
        return alive

    def _enqueue_forgotten(self) -> None:
        """A process that died between keeping an order and queueing it left a job that nobody would run."""
        for job in self._desk.ledger.jobs(state="queued", limit=1000):
            if time.time() - job.created > 10:
                self.enqueue(job)


def new_executor() -> str:
    """An id that no process has had."""
    return f"builder-{uuid.uuid4().hex[:16]}"


def _place(process: int) -> str:
    """Where a process runs, so that others on the same machine can see whether it still does: the boot of the machine,
    the namespace of process numbers, the number and the time of its start. Empty where the system does not tell."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        namespace = Path("/proc/self/ns/pid").readlink()
        stat = Path(f"/proc/{process}/stat").read_text("utf-8", "replace")
    except OSError:
        return ""
    return f"{boot} {namespace} {process} {_started(stat)}"


def _started(stat: str) -> str:
    """When a process was started, in ticks since boot; `ended` for one that waits for its parent's leave."""
    fields = stat.rpartition(")")[2].split()
    return "ended" if fields[0] in "ZX" else fields[19]


def _is_gone(place: str) -> bool:
    """Whether a process has certainly ended: it was on this machine and is no more."""
    boot, _, rest = place.partition(" ")
    namespace, _, rest = rest.partition(" ")
    own = _place(os.getpid()).split(" ")
    if not rest or [boot, namespace] != own[:2]:
        return False
    process, _, _ = rest.partition(" ")
    return _place(int(process)) != place


def open_desk_folder(folder: Path) -> Path:
    """The folder for drafts, made if need be. Raises DoctownError if it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DoctownError(f"{folder} cannot be made ({error.strerror})", "set DOCTOWN_DATA") from error
    return folder
