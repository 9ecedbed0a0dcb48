from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import threading
import time
from pathlib import Path

import pytest

from doctown.jobs.nouns import Job, Order
from doctown.jobs.starting import Builds
from doctown.jobs.worker import Desk, Stopped, work


def submitted(desk: Desk, what: str) -> Job:
    return desk.ledger.submit(Order(repo_url=f"https://example.org/{what}"))[0]


def told(desk: Desk, job: Job) -> list[dict[str, object]]:
    return [json.loads(body) for _, body in desk.ledger.events(job.id)]


def ended(desk: Desk, job: Job) -> Job:
    found = desk.ledger.job(job.id)
    assert found
    return found


def processes(desk: Desk) -> list[int]:
    return [int(line) for line in (desk.folder / "pids").read_text().split()]


def lives(process: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def test_a_job_ends_with_its_pack_in_the_store(desk: Desk) -> None:
    """The whole way: events in order, the pack kept, the draft's folder gone."""
    job = submitted(desk, "good")
    work(job.id, desk)
    done = ended(desk, job)
    assert done.state == "success"
    assert desk.store.has_pack(done.docpack_id)
    types = [str(event["type"]) for event in told(desk, job)]
    assert types[:4] == ["job.created.v1", "job.validated.v1", "job.started.v1", "ingest.started.v1"]
    assert types[-3:] == ["pack.started.v1", "pack.completed.v1", "job.completed.v1"]
    assert not (desk.folder / job.id).exists()


def test_statuses_and_warnings_are_in_completed_events_alone(desk: Desk) -> None:
    """The contract's envelope."""
    job = submitted(desk, "partial")
    work(job.id, desk)
    for event in told(desk, job):
        ends = str(event["type"]).endswith("completed.v1")
        assert ("status" in event) == ends
        assert ("warnings" in event["payload"]) == ends  # type: ignore[operator]
        assert set(event) - {"status"} == {
            "envelope_version", "event_id", "job_id", "sequence", "timestamp", "source", "type", "payload", "context",
            "meta",
        }  # fmt: skip
    statuses = {str(event["type"]): event.get("status") for event in told(desk, job)}
    assert statuses["pack.completed.v1"] == "partial"
    assert statuses["job.completed.v1"] == "success"


def test_a_source_that_cannot_be_used_is_not_tried_again(desk: Desk) -> None:
    """What is wrong with the order stays wrong."""
    job = submitted(desk, "refused")
    work(job.id, desk)
    done = ended(desk, job)
    assert (done.state, done.cause, done.mend) == ("failed", "there is nothing there", "look elsewhere")
    assert len(processes(desk)) == 1
    assert told(desk, job)[-1]["status"] == "failed"


def test_a_crash_is_tried_again_and_the_job_goes_on(desk: Desk) -> None:
    """A process that dies costs its work since the last batch, not the job. Both stages that were at work say so."""
    job = submitted(desk, "crash-once")
    work(job.id, desk)
    assert ended(desk, job).state == "success"
    assert len(processes(desk)) == 2
    failures = [event for event in told(desk, job) if event.get("status") == "failed"]
    assert [event["type"] for event in failures] == ["ingest.completed.v1", "embedding.completed.v1"]


def test_what_crashes_again_and_again_fails_in_the_end(desk: Desk) -> None:
    """Retries end, each after a longer pause, and the last word names the stage."""
    job = submitted(desk, "crash")
    began = time.monotonic()
    work(job.id, desk)
    done = ended(desk, job)
    assert done.state == "failed"
    assert "embedding" in done.mend
    assert len(processes(desk)) == 4
    assert time.monotonic() - began > desk.pause * (1 + 2 + 4)


def test_a_running_job_is_cancelled_within_two_seconds(desk: Desk) -> None:
    """Its process is gone, and says nothing more."""
    job = submitted(desk, "slow-60")
    run = threading.Thread(target=work, args=(job.id, desk))
    run.start()
    while not (desk.folder / "pids").exists():
        time.sleep(0.02)
    asked = time.monotonic()
    desk.ledger.cancel(job.id)
    run.join(5)
    assert time.monotonic() - asked < 2
    assert ended(desk, job).state == "cancelled"
    assert told(desk, job)[-1]["status"] == "cancelled"
    assert not any(lives(process) for process in processes(desk))


def test_a_job_that_takes_too_long_fails(desk: Desk) -> None:
    """Nothing runs for ever."""
    job = submitted(desk, "slow-60")
    work(job.id, dataclasses.replace(desk, timeout=1.0))
    done = ended(desk, job)
    assert (done.state, "DOCTOWN_JOB_TIMEOUT" in done.mend) == ("failed", True)
    assert not any(lives(process) for process in processes(desk))


def test_a_run_that_was_taken_over_lets_go(desk: Desk) -> None:
    """The process of whoever lost the job is killed, and the job is the other's to end."""
    job = submitted(desk, "slow-1")
    run = threading.Thread(target=work, args=(job.id, desk))
    run.start()
    while not (desk.folder / "pids").exists():
        time.sleep(0.02)
    taken = desk.ledger.claim(job.id, "another")
    run.join(10)
    assert not run.is_alive()
    assert taken
    assert ended(desk, job).state == "running"
    desk.ledger.finish(taken, "success", [], docpack_id="d" * 64)
    assert ended(desk, job).docpack_id == "d" * 64


def test_a_stop_leaves_the_job_as_it_is(desk: Desk) -> None:
    """A service that is stopped ends its process and nothing of the job: another goes on with it."""
    job = submitted(desk, "slow-60")
    threading.Timer(0.7, desk.stopping.set).start()
    with pytest.raises(Stopped):
        work(job.id, desk)
    assert ended(desk, job).state == "running"
    assert not any(lives(process) for process in processes(desk))
    desk.stopping.clear()


def test_no_secret_is_in_the_arguments_of_the_process(desk: Desk) -> None:
    """Everybody on a machine can read those."""
    job = submitted(desk, "slow-2")
    run = threading.Thread(target=work, args=(job.id, desk))
    run.start()
    while not (desk.folder / "pids").exists():
        time.sleep(0.02)
    line = Path(f"/proc/{processes(desk)[0]}/cmdline").read_bytes()
    desk.ledger.cancel(job.id)
    run.join(5)
    assert b"example.org" not in line
    assert os.sep.encode() in line


def test_a_process_that_babbles_is_tried_again_and_given_up(desk: Desk) -> None:
    """What it says is not understood: the job ends, and says why."""
    job = submitted(desk, "babble")
    work(job.id, desk)
    assert ended(desk, job).state == "failed"
    assert "nobody understands" in ended(desk, job).cause


def test_a_process_that_speaks_without_end_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line is kept until it ends: one that never does must not fill this service's memory."""
    monkeypatch.setattr("doctown.jobs.worker._LINE_BYTES", 50_000)
    job = submitted(desk, "endless")
    work(job.id, desk)
    assert ended(desk, job).state == "failed"
    assert "without end" in ended(desk, job).cause
    assert not [process for process in processes(desk) if lives(process)]


def test_a_machine_that_starts_no_process_fails_the_job(desk: Desk) -> None:
    """After as many attempts as anything else that may pass."""
    job = submitted(desk, "good")
    work(job.id, dataclasses.replace(desk, builds=Builds(("/nowhere/at/all",), {})))
    assert ended(desk, job).state == "failed"
    assert "no process could be started" in ended(desk, job).cause


def test_a_defect_of_ours_ends_the_job_and_is_logged(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A job never stays running for ever: its client is told where to look, and the log has the trace."""

    def broken(*_: object, **__: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("doctown.jobs.events.Narrator.progress", broken)
    job = submitted(desk, "good")
    work(job.id, desk)
    assert (ended(desk, job).state, job.id in ended(desk, job).mend) == ("failed", True)
    assert "KeyError" in ended(desk, job).cause
    assert "Traceback" in caplog.text
