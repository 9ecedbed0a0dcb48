"""One run of one job: a process that builds, what it says as events, its pack into the store, its end in the ledger.

The process may be killed at any moment: by whoever cancels the job, by the clock, by a stop of this service. Where the
system failed it is started again, after a pause that grows, and goes on from its draft; where the order is at fault it
is not. Nothing is written for a job that another executor has claimed since (`Fenced`).
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import os
import selectors
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

from sqlalchemy.exc import DBAPIError

from doctown.errors import DoctownError, InputError
from doctown.jobs.events import Narrator
from doctown.jobs.ledger import Ledger
from doctown.jobs.nouns import Fenced, Happening, Job, Order
from doctown.jobs.starting import Build, Builds
from doctown.store import PackStore

_log = logging.getLogger("doctown.jobs")
ATTEMPTS = 4  # of one stage
_TICK = 0.25  # seconds between looks at the clock and at what was asked of the job
_LINE_BYTES = 1 << 22  # an answer longer than this is no answer of ours


class Meter(Protocol):
    """Who counts what happens, for `/metrics`."""

    def stage_ended(self, stage: str, seconds: float) -> None:
        """A stage of a job has ended."""

    def job_ended(self, state: str, report: Mapping[str, Any]) -> None:
        """A job has ended."""


class NoMeter:
    """Counts nothing."""

    def stage_ended(self, stage: str, seconds: float) -> None:
        """Nobody asks."""

    def job_ended(self, state: str, report: Mapping[str, Any]) -> None:
        """Nobody asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a worker works with."""

    ledger: Ledger
    store: PackStore
    folder: Path  # drafts lie here, a folder a job
    executor: str
    timeout: float  # seconds for one run
    builds: Builds
    meter: Meter = field(default_factory=NoMeter)
    stopping: threading.Event = field(default_factory=threading.Event)
    pause: float = 1.0  # seconds before the second attempt; doubles with each


class Stopped(Exception):
    """The service stops: the job is left as it is, for whoever takes it over."""


class _Given(Exception):
    """The job ends without a pack: cancelled, out of time, or refused."""

    def __init__(self, state: str, cause: str, mend: str = "") -> None:
        super().__init__(cause)
        self.state, self.cause, self.mend = state, cause, mend


class _Crashed(Exception):
    """The build failed for a reason that may pass."""


def work(job_id: str, desk: Desk) -> None:
    """Runs a job to its end. Returns early if it has ended, or is taken over; raises Stopped if `desk.stopping`."""
    job = desk.ledger.claim(job_id, desk.executor)
    if job is None:
        return
    with contextlib.suppress(Fenced):
        _Run(job, desk).run()


class _Run:
    def __init__(self, job: Job, desk: Desk) -> None:
        self.job, self.desk = job, desk
        self.narrator = Narrator()
        self.folder = desk.folder / job.id
        self.deadline = time.monotonic() + desk.timeout
        self.stages_began: dict[str, float] = {}  # those at work, by their published names

    def run(self) -> None:
        try:
            self._look()
            self._tell(Happening(type="job.validated.v1", payload={"source": self.job.order.shown}))
            self._tell(Happening(type="job.started.v1", payload={"run": self.job.fence}))
            self._hand_over(self._built())
        except _Given as given:
            self._give_up(given)
        except (Fenced, Stopped, DBAPIError):  # another's job by now, or one that goes on later
            raise
        except Exception as error:  # noqa: BLE001 - a defect of ours: without this the job would run for ever
            _log.exception("a run failed", extra={"job": self.job.id, "trace": self.job.trace})
            cause = f"this service failed ({type(error).__name__})"
            self._give_up(_Given("failed", cause, f"look for job {self.job.id} in Builder's log"))
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- attempts -------------------------------------------------------------------------------------------------

    def _built(self) -> dict[str, Any]:
        attempts: Counter[str] = Counter()
        while True:
            try:
                report = self._attempt()
                self._store(report)
            except _Crashed as crash:
                stage = self.narrator.stage or "fetch"
                attempts[stage] += 1
                self._narrate(self.narrator.end("failed", (f"{crash}",)))
                if attempts[stage] >= ATTEMPTS:
                    raise _Given("failed", str(crash), f"{stage} was tried {ATTEMPTS} times; see the log") from crash
                self._wait(self.desk.pause * 2 ** (attempts[stage] - 1))
            else:
                return report

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._look()
            time.sleep(min(_TICK, seconds))

    def _look(self) -> None:
        """Raises whatever ends the run from outside."""
        if self.desk.stopping.is_set():
            raise Stopped
        if time.monotonic() > self.deadline:
            raise _Given("failed", f"it took longer than {self.desk.timeout:.0f} s", "raise DOCTOWN_JOB_TIMEOUT")
        if self.desk.ledger.wants_cancel(self.job.id):
            raise _Given("cancelled", "cancelled")

    def _attempt(self) -> dict[str, Any]:
        """One process from start to end; its report. Whatever happens, it is gone afterwards, with its children."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            spec = fetched(self.job.order, self.desk.store, self.folder)
        except InputError as error:
            raise _Given("failed", error.cause, error.mend) from error
        except (DoctownError, OSError) as error:  # the store, or this machine's disk: it may pass
            raise _Crashed(str(error)) from error
        task = {"order": dataclasses.asdict(self.job.order), "spec": spec, "folder": str(self.folder)}
        try:
            build = self.desk.builds.start(task)
        except OSError as error:  # no memory, no room, too many processes: it may pass
            raise _Crashed(f"no process could be started ({error.strerror})") from error
        with contextlib.closing(build.errors):
            try:
                answer = self._listen(build)
            except ValueError as error:
                raise _Crashed("the process that built it said what nobody understands") from error
            finally:
                build.end()
            return self._judge(answer, build)

    def _judge(self, answer: dict[str, Any], build: Build) -> dict[str, Any]:
        if "report" in answer:
            report: dict[str, Any] = answer["report"]
            return report
        error = answer.get("error", {})
        if error.get("input"):
            raise _Given("failed", error["cause"], error["mend"])
        if error:
            raise _Crashed(error["cause"])
        for line in build.last_words():
            _log.error("%s", line, extra={"job": self.job.id, "trace": self.job.trace})
        raise _Crashed(f"the process that built it ended with status {build.process.returncode}")

    # --- listening ------------------------------------------------------------------------------------------------

    def _listen(self, build: Build) -> dict[str, Any]:
        """Tells of what the process says until it ends; its last answer."""
        answer: dict[str, Any] = {}
        last_look = 0.0
        for lines in _lines(build.output):
            happenings: list[Happening] = []
            for line in lines:
                said = json.loads(line)
                if "progress" in said:
                    happenings.extend(self._timed(said["progress"]))
                else:
                    answer = said
            self.desk.ledger.tell(self.job, happenings)
            if time.monotonic() - last_look > 2 * _TICK:
                self._look()
                last_look = time.monotonic()
        build.process.wait()
        return answer

    def _timed(self, progress: dict[str, Any]) -> Iterator[Happening]:
        for happening in self.narrator.progress(**progress):
            name, _, what = happening.type.partition(".")
            if what == "completed.v1" and name in self.stages_began:
                self.desk.meter.stage_ended(name, time.monotonic() - self.stages_began.pop(name))
            elif what == "started.v1":
                self.stages_began[name] = time.monotonic()
            yield happening

    def _tell(self, *happenings: Happening) -> None:
        self.desk.ledger.tell(self.job, happenings)

    def _narrate(self, happenings: Iterator[Happening]) -> None:
        self._tell(*happenings)

    # --- ends -----------------------------------------------------------------------------------------------------

    def _store(self, report: dict[str, Any]) -> None:
        self._look()
        try:
            self.desk.store.put_pack(str(report["docpack_id"]), Path(report["pack"]))
        except DoctownError as error:
            raise _Crashed(str(error)) from error

    def _hand_over(self, report: dict[str, Any]) -> None:
        docpack_id = str(report["docpack_id"])
        shown = {name: value for name, value in report.items() if name != "pack"}
        warnings = tuple(report["warnings"])
        ends = list(self.narrator.end("partial" if report["partial"] else "success", warnings, docpack_id=docpack_id))
        ends.append(
            Happening(
                type="job.completed.v1", status="success", warnings=warnings,
                payload={"docpack_id": docpack_id, "statistics": report["statistics"], "skipped": report["skipped"]},
            )
        )  # fmt: skip
        self.desk.ledger.finish(self.job, "success", ends, docpack_id=docpack_id, report=shown)
        for stage, began in self.stages_began.items():
            self.desk.meter.stage_ended(stage, time.monotonic() - began)
        self.desk.meter.job_ended("success", report)

    def _give_up(self, given: _Given) -> None:
        state = "cancelled" if given.state == "cancelled" else "failed"
        ends = [
            *self.narrator.end("failed", (given.cause,)),
            Happening(
                type="job.completed.v1", status=state, warnings=(given.cause,),
                payload={"cause": given.cause, "mend": given.mend},
            ),
        ]  # fmt: skip
        self.desk.ledger.finish(
            self.job, "cancelled" if state == "cancelled" else "failed", ends, cause=given.cause, mend=given.mend
        )
        self.desk.meter.job_ended(state, {})


def _lines(stream: IO[bytes], tick: float = _TICK) -> Iterator[list[bytes]]:
    """Whole lines as they come, an empty list at every tick without any, until the stream ends."""
    descriptor = stream.fileno()
    os.set_blocking(descriptor, False)
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            if not selector.select(tick):
                yield []
                continue
            data = os.read(descriptor, 1 << 16)
            if not data:
                return
            *whole, rest = (rest + data).split(b"\n")
            if len(rest) > _LINE_BYTES:
                raise _Crashed("the process that built it spoke without end")
            yield whole


def estimate(order: Order, desk: Desk, seconds: float = 300.0) -> dict[str, Any]:
    """What writing the documentation of an order's source would take (a `model.Estimate` as plain values). Raises
    InputError if the source cannot be used, DoctownError if the system failed or it takes too long."""
    with tempfile.TemporaryDirectory(dir=desk.folder, prefix="estimate-") as name:
        folder = Path(name)
        spec = fetched(order, desk.store, folder)
        task = {"order": dataclasses.asdict(order), "spec": spec, "folder": name, "estimate": True}
        build = desk.builds.start(task)
        until = time.monotonic() + seconds
        answer: dict[str, Any] = {}
        try:
            for lines in _lines(build.output):
                for line in lines:
                    said = json.loads(line)
                    answer = answer if "progress" in said else said
                if time.monotonic() > until or desk.stopping.is_set():
                    raise DoctownError(f"estimating took longer than {seconds:.0f} s", "order it with a max_cost")
        finally:
            build.end()
            build.errors.close()
    if "estimate" in answer:
        result: dict[str, Any] = answer["estimate"]
        return result
    error = answer.get("error", {"cause": "the process that estimated it ended early", "mend": "try again"})
    raise (InputError if error.get("input") else DoctownError)(error["cause"], error["mend"])


def fetched(order: Order, store: PackStore, folder: Path) -> str:
    """The source as the pipeline is given it: a URL or package as it is, an upload as a file in `folder`."""
    if not order.upload:
        return order.repo_url
    archive = folder / f"upload-{order.upload[:12]}" / order.upload_name
    if not archive.is_file():
        archive.parent.mkdir(exist_ok=True)
        store.fetch_upload(order.upload, archive)
    return str(archive)
