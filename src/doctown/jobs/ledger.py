"""The ledger of jobs: what was ordered, who works on it, and everything that happened, each event under a number.

Whoever works on a job has *claimed* it and holds the number of the claim, the fence. Every write asks in the same
statement whether the fence still stands; it raises `Fenced` if somebody else has claimed the job since. So a process
that was frozen and wakes up after its jobs were taken over can change nothing. Methods block; an event loop calls them
in a thread.
"""

from __future__ import annotations

import dataclasses
import json
import re
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa

from doctown.errors import InputError
from doctown.jobs.events import envelope
from doctown.jobs.nouns import ENDED, USUAL, Fenced, Happening, Job, Order, State
from doctown.jobs.tables import EVENTS, EXECUTORS, JOBS, engine_for, migrate

SOURCE = "doctown-builder"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Ledger:
    """The job database at `url`, migrated to this version. Raises InputError if it cannot be used."""

    def __init__(self, url: str) -> None:
        self._engine = engine_for(url)
        try:
            migrate(self._engine)
        except (sa.exc.OperationalError, sa.exc.DatabaseError) as error:
            raise InputError(
                f"the job database cannot be opened ({_one_line(error)})", "check DOCTOWN_DATABASE_URL"
            ) from error

    def close(self) -> None:
        """Gives the connections back."""
        self._engine.dispose()

    # --- orders -----------------------------------------------------------------------------------------------------

    def submit(self, order: Order, *, priority: int = USUAL, job_id: str = "", force: bool = False) -> tuple[Job, bool]:
        """The job of this order, and whether it is new. An equal order that waits, runs or succeeded is the same job,
        unless `force`. Raises InputError if another order has the id `job_id` already."""
        key = order.key
        new = Job(
            id=job_id or uuid.uuid4().hex, order=order, state="queued", priority=priority, created=time.time(),
            trace=uuid.uuid4().hex,
        )  # fmt: skip
        for _ in range(3):  # two that submit the same at once collide on the key: the second then finds the first
            try:
                with self._engine.begin() as connection:
                    known = self._known(connection, key, job_id, order, force=force)
                    if known is not None:
                        return known, False
                    connection.execute(JOBS.insert().values(**_row(new), key=key))
                    happening = Happening(type="job.created.v1", payload=_ordered(order, priority))
                    sequence = self._number(connection, new.id, 0, 1)
                    self._write(connection, new.id, new.trace, sequence, [happening])
                return dataclasses.replace(new, sequence=1), True
            except sa.exc.IntegrityError:
                continue
        raise InputError("the order could not be kept", "send it again")

    def _known(self, connection: sa.Connection, key: str, job_id: str, order: Order, *, force: bool) -> Job | None:
        if job_id:
            row = connection.execute(sa.select(JOBS).where(JOBS.c.id == job_id)).mappings().first()
            if row is not None:
                job = _job(row)
                if dataclasses.replace(job.order, commit="") != dataclasses.replace(order, commit=""):
                    raise InputError(f"job {job_id} is of another order", "give another job_id, or none")
                return job
        row = connection.execute(sa.select(JOBS).where(JOBS.c.key == key)).mappings().first()
        if row is None:
            return None
        job = _job(row)
        if not (force or job_id or job.state in ("failed", "cancelled")):
            return job
        connection.execute(JOBS.update().where(JOBS.c.id == job.id).values(key=None))
        return None

    def job(self, job_id: str) -> Job | None:
        """The job, or None if there is none of this id."""
        if not _ID.fullmatch(job_id):  # which PostgreSQL might not even take as a text
            return None
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(JOBS).where(JOBS.c.id == job_id)).mappings().first()
        return None if row is None else _job(row)

    def jobs(self, *, state: str = "", limit: int = 50, before: float = 0.0) -> list[Job]:
        """Jobs, the latest first; those created `before` a time, for the next page."""
        query = sa.select(JOBS).order_by(JOBS.c.created.desc(), JOBS.c.id).limit(limit)
        if state:
            query = query.where(JOBS.c.state == state)
        if before:
            query = query.where(JOBS.c.created < before)
        with self._engine.connect() as connection:
            return [_job(row) for row in connection.execute(query).mappings()]

    def counts(self) -> dict[str, int]:
        """How many jobs are in each state."""
        query = sa.select(JOBS.c.state, sa.func.count()).group_by(JOBS.c.state)
        with self._engine.connect() as connection:
            return {str(state): int(number) for state, number in connection.execute(query)}

    def cancel(self, job_id: str) -> Job | None:
        """Asks for the end of a job; one that waits ends at once. None if there is no such job."""
        with self._engine.begin() as connection:
            asked = JOBS.update().where(JOBS.c.id == job_id, JOBS.c.state.notin_(ENDED)).values(cancel=True)
            connection.execute(asked)
            row = connection.execute(sa.select(JOBS).where(JOBS.c.id == job_id)).mappings().first()
            if row is not None and row["state"] == "queued":
                job = _job(row)
                self._end(connection, job, job.fence, "cancelled", [_completed("cancelled")])
        return self.job(job_id)

    def wants_cancel(self, job_id: str) -> bool:
        """Whether somebody has asked for the end of this job."""
        with self._engine.connect() as connection:
            return bool(connection.execute(sa.select(JOBS.c.cancel).where(JOBS.c.id == job_id)).scalar())

    # --- work -------------------------------------------------------------------------------------------------------

    def claim(self, job_id: str, owner: str) -> Job | None:
        """The job as this executor's own, with a new fence; None if it has ended or is gone."""
        now = time.time()
        with self._engine.begin() as connection:
            claimed = (
                JOBS.update()
                .where(JOBS.c.id == job_id, JOBS.c.state.notin_(ENDED))
                .values(
                    fence=JOBS.c.fence + 1, owner=owner, state="running",
                    started=sa.case((JOBS.c.started == 0, now), else_=JOBS.c.started),
                )
                .returning(JOBS)
            )  # fmt: skip
            row = connection.execute(claimed).mappings().first()
        return None if row is None else _job(row)

    def tell(self, job: Job, happenings: Sequence[Happening]) -> None:
        """Adds events to a job that was claimed. Raises Fenced if somebody else has claimed it since."""
        if not happenings:
            return
        with self._engine.begin() as connection:
            sequence = self._number(connection, job.id, job.fence, len(happenings))
            self._write(connection, job.id, job.trace, sequence, happenings)

    def finish(
        self,
        job: Job,
        state: State,
        happenings: Sequence[Happening],
        *,
        docpack_id: str = "",
        report: Mapping[str, Any] | None = None,
        cause: str = "",
        mend: str = "",
    ) -> None:
        """Ends a job that was claimed, with its last events, all or nothing. Raises Fenced as `tell` does."""
        with self._engine.begin() as connection:
            self._end(
                connection, job, job.fence, state, happenings,
                docpack_id=docpack_id, report=json.dumps(report or {}), cause=cause, mend=mend,
            )  # fmt: skip

    def _end(
        self, connection: sa.Connection, job: Job, fence: int, state: str, told: Sequence[Happening], **values: str
    ) -> None:
        sequence = self._number(connection, job.id, fence, len(told))
        self._write(connection, job.id, job.trace, sequence, told)
        connection.execute(JOBS.update().where(JOBS.c.id == job.id).values(state=state, finished=time.time(), **values))

    def _number(self, connection: sa.Connection, job_id: str, fence: int, count: int) -> int:
        """The first of `count` fresh numbers. The row stays locked until the transaction ends, so numbers are given
        and events appear in one order. Raises Fenced if this fence does not stand, or the job has ended."""
        asked = (
            JOBS.update()
            .where(JOBS.c.id == job_id, JOBS.c.fence == fence, JOBS.c.state.notin_(ENDED))
            .values(sequence=JOBS.c.sequence + count)
            .returning(JOBS.c.sequence)
        )
        last = connection.execute(asked).scalar()
        if last is None:
            raise Fenced(job_id)
        return int(last) - count + 1

    def _write(
        self, connection: sa.Connection, job_id: str, trace: str, first: int, happenings: Sequence[Happening]
    ) -> None:
        rows = [
            {"job": job_id, "sequence": number, "body": json.dumps(envelope(job_id, number, one, SOURCE, trace))}
            for number, one in enumerate(happenings, first)
        ]
        if rows:
            connection.execute(EVENTS.insert(), rows)

    def events(self, job_id: str, after: int = 0, limit: int = 500) -> list[tuple[int, str]]:
        """(sequence, envelope as JSON) of the events after a number, in order."""
        query = (
            sa.select(EVENTS.c.sequence, EVENTS.c.body)
            .where(EVENTS.c.job == job_id, EVENTS.c.sequence > after)
            .order_by(EVENTS.c.sequence)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [(int(sequence), str(body)) for sequence, body in connection.execute(query)]

    # --- executors --------------------------------------------------------------------------------------------------

    def beat(self, executor: str, place: str) -> None:
        """Says that this executor lives."""
        with self._engine.begin() as connection:
            known = connection.execute(
                EXECUTORS.update().where(EXECUTORS.c.id == executor).values(beat=EXECUTORS.c.beat + 1)
            )
            if not known.rowcount:
                connection.execute(EXECUTORS.insert().values(id=executor, beat=1, place=place))

    def executors(self) -> dict[str, tuple[int, str]]:
        """Executors that were heard of: id → (beat, place)."""
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(EXECUTORS.c.id, EXECUTORS.c.beat, EXECUTORS.c.place))
            return {str(name): (int(beat), str(place)) for name, beat, place in rows}

    def forget(self, executor: str) -> None:
        """Strikes out an executor that is dead or leaves."""
        with self._engine.begin() as connection:
            connection.execute(EXECUTORS.delete().where(EXECUTORS.c.id == executor))

    # --- keeping ----------------------------------------------------------------------------------------------------

    def expire(self, before: float) -> list[Job]:
        """Removes jobs that ended before a time, with their events, and returns them."""
        old = (JOBS.c.state.in_(ENDED), JOBS.c.finished < before)
        with self._engine.begin() as connection:
            jobs = [_job(row) for row in connection.execute(sa.select(JOBS).where(*old).limit(1000)).mappings()]
            names = [job.id for job in jobs]
            connection.execute(EVENTS.delete().where(EVENTS.c.job.in_(names)))
            connection.execute(JOBS.delete().where(JOBS.c.id.in_(names)))
        return jobs

    def is_wanted(self, *, docpack_id: str = "", upload: str = "") -> bool:
        """Whether a job that is kept has this pack, or one that has not ended needs this upload."""
        if docpack_id:
            query = sa.select(JOBS.c.id).where(JOBS.c.docpack_id == docpack_id).limit(1)
        else:  # a digest, which stands in no order but by being named there
            named = JOBS.c.order.contains(upload, autoescape=True)
            query = sa.select(JOBS.c.id).where(JOBS.c.state.notin_(ENDED), named).limit(1)
        with self._engine.connect() as connection:
            return connection.execute(query).first() is not None


def _completed(status: str) -> Happening:
    return Happening(type="job.completed.v1", status=status)


def _ordered(order: Order, priority: int) -> dict[str, Any]:
    shown = {"repo_url": order.repo_url, "git_ref": order.git_ref, "commit": order.commit, "archive": order.upload_name}
    options = {"vectors": order.vectors, "source": order.source, "model": order.model, "max_cost": order.max_cost}
    return {**{name: value for name, value in shown.items() if value}, "options": options, "priority": priority}


def _row(job: Job) -> dict[str, Any]:
    values = {one.name: getattr(job, one.name) for one in dataclasses.fields(job)}
    return values | {"order": json.dumps(dataclasses.asdict(job.order)), "report": json.dumps(dict(job.report))}


def _job(row: sa.RowMapping) -> Job:
    values = {one.name: row[one.name] for one in dataclasses.fields(Job)}
    order = Order(**json.loads(values.pop("order")))
    report = cast(dict[str, Any], json.loads(values.pop("report")))
    return Job(**values, order=order, report=report)


def _one_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().splitlines()[0][:200] if str(cause).strip() else type(cause).__name__
