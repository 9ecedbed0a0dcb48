from __future__ import annotations

import json
import threading
import time

import pytest
import sqlalchemy as sa

from doctown.errors import InputError
from doctown.jobs import tables
from doctown.jobs.ledger import Ledger
from doctown.jobs.nouns import Fenced, Happening, Order

ORDER = Order(repo_url="https://example.org/one.git")
STEP = Happening(type="ingest.file_detected.v1", payload={"done": 1})


def test_the_same_order_is_the_same_job(ledger: Ledger) -> None:
    """Whoever sends an order twice, because the first answer was lost, does not pay twice."""
    first, new = ledger.submit(ORDER)
    again, newer = ledger.submit(ORDER)
    assert (new, newer) == (True, False)
    assert again.id == first.id


@pytest.mark.parametrize("change", [{"git_ref": "v1"}, {"vectors": "none"}, {"commit": "c" * 40}, {"model": "m"}])
def test_another_order_is_another_job(ledger: Ledger, change: dict[str, str]) -> None:
    """What decides a pack decides the job."""
    other = Order(repo_url=ORDER.repo_url, **change)  # type: ignore[arg-type]
    assert ledger.submit(ORDER)[0].id != ledger.submit(other)[0].id


def test_a_forced_order_is_a_new_job_and_stands_for_the_order_from_then_on(ledger: Ledger) -> None:
    """A build can be had again, and who asks after it gets the new one."""
    first, _ = ledger.submit(ORDER)
    forced, new = ledger.submit(ORDER, force=True)
    assert new
    assert forced.id != first.id
    assert ledger.submit(ORDER)[0].id == forced.id


def test_an_order_that_failed_can_be_sent_again(ledger: Ledger) -> None:
    """A failure is not what an equal order gets for ever."""
    failed, _ = ledger.submit(ORDER)
    claimed = ledger.claim(failed.id, "one")
    assert claimed
    ledger.finish(claimed, "failed", [], cause="no")
    again, new = ledger.submit(ORDER)
    assert new
    assert again.id != failed.id


def test_an_id_that_a_client_chose_is_the_jobs(ledger: Ledger) -> None:
    """Clients of the original name their jobs; another order under the same name is refused."""
    job, new = ledger.submit(ORDER, job_id="mine")
    assert (job.id, new) == ("mine", True)
    assert ledger.submit(ORDER, job_id="mine") == (ledger.job("mine"), False)
    with pytest.raises(InputError, match="another order"):
        ledger.submit(Order(repo_url="https://example.org/two.git"), job_id="mine")


def test_many_submissions_at_once_make_one_job(ledger: Ledger) -> None:
    """Idempotent under a race too."""
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(ledger.submit(ORDER)[0].id)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_events_are_numbered_from_one_without_gaps(ledger: Ledger) -> None:
    """A client can tell from the numbers alone that it missed nothing, whoever wrote at the same time."""
    job, _ = ledger.submit(ORDER)
    claimed = ledger.claim(job.id, "one")
    assert claimed
    threads = [threading.Thread(target=ledger.tell, args=(claimed, [STEP, STEP])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger.finish(claimed, "success", [Happening(type="job.completed.v1", status="success")], docpack_id="d" * 64)
    events = ledger.events(job.id)
    assert [number for number, _ in events] == list(range(1, 19))
    assert [json.loads(body)["sequence"] for _, body in events] == list(range(1, 19))
    assert [number for number, _ in ledger.events(job.id, after=5, limit=3)] == [6, 7, 8]
    assert ledger.job(job.id).sequence == 18  # type: ignore[union-attr]


def test_who_lost_a_job_can_write_nothing_more(ledger: Ledger) -> None:
    """An executor that was frozen wakes up after another took its job over: neither its events nor its end count."""
    job, _ = ledger.submit(ORDER)
    frozen = ledger.claim(job.id, "frozen")
    living = ledger.claim(job.id, "living")
    assert frozen
    assert living
    with pytest.raises(Fenced):
        ledger.tell(frozen, [STEP])
    with pytest.raises(Fenced):
        ledger.finish(frozen, "success", [], docpack_id="e" * 64)
    ledger.tell(living, [STEP])
    ledger.finish(living, "success", [], docpack_id="d" * 64)
    with pytest.raises(Fenced):
        ledger.tell(living, [STEP])
    ended = ledger.job(job.id)
    assert ended
    assert (ended.state, ended.docpack_id, ended.sequence) == ("success", "d" * 64, 2)
    assert ledger.claim(job.id, "late") is None


def test_a_job_that_waits_is_cancelled_at_once(ledger: Ledger) -> None:
    """Nobody has to take it up to end it."""
    job, _ = ledger.submit(ORDER)
    cancelled = ledger.cancel(job.id)
    assert cancelled
    assert cancelled.state == "cancelled"
    last = json.loads(ledger.events(job.id)[-1][1])
    assert (last["type"], last["status"]) == ("job.completed.v1", "cancelled")
    assert ledger.cancel("unknown") is None


def test_a_job_that_runs_is_asked_to_end(ledger: Ledger) -> None:
    """Its worker sees the wish and ends it."""
    job, _ = ledger.submit(ORDER)
    ledger.claim(job.id, "one")
    assert not ledger.wants_cancel(job.id)
    asked = ledger.cancel(job.id)
    assert asked
    assert (asked.state, ledger.wants_cancel(job.id)) == ("running", True)


def test_old_jobs_expire_with_their_events(ledger: Ledger) -> None:
    """What is kept is bounded; what runs is never removed."""
    old, _ = ledger.submit(ORDER)
    claimed = ledger.claim(old.id, "one")
    assert claimed
    ledger.finish(claimed, "success", [], docpack_id="d" * 64)
    waiting, _ = ledger.submit(Order(repo_url="https://example.org/two.git"))
    assert ledger.is_wanted(docpack_id="d" * 64)
    assert [job.id for job in ledger.expire(time.time() + 1)] == [old.id]
    assert ledger.events(old.id) == []
    assert not ledger.is_wanted(docpack_id="d" * 64)
    assert ledger.job(waiting.id)


def test_jobs_are_listed_the_latest_first_and_page_by_page(ledger: Ledger) -> None:
    """A list of thousands can be leafed through."""
    made = [ledger.submit(Order(repo_url=f"https://example.org/{place}"))[0] for place in range(5)]
    first = ledger.jobs(limit=3)
    assert [job.id for job in first] == [job.id for job in reversed(made)][:3]
    second = ledger.jobs(limit=3, before=first[-1].created)
    assert [job.id for job in second] == [job.id for job in reversed(made)][3:]
    assert ledger.counts() == {"queued": 5}


def test_a_database_of_an_earlier_version_is_migrated_and_of_a_later_one_refused(tmp_path: object) -> None:
    """An upgrade keeps the jobs; a downgrade does not damage them."""
    url = f"sqlite:///{tmp_path}/old.sqlite"
    Ledger(url).submit(ORDER)
    engine = tables.engine_for(url)
    note = sa.Table("note", sa.MetaData(), sa.Column("text", sa.Text))
    later = (*tables.MIGRATIONS, note.create)
    assert tables.migrate(engine, later) == len(tables.MIGRATIONS)
    assert tables.migrate(engine, later) == len(later)
    assert sa.inspect(engine).has_table("note")
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.JOBS)).scalar() == 1
    engine.dispose()
    with pytest.raises(InputError, match="version 2"):
        Ledger(url)


@pytest.mark.parametrize("url", ["mysql://x/y", "nothing", "sqlite:////no/such/folder/jobs.sqlite"])
def test_a_database_that_cannot_be_used_is_said_in_one_line(url: str) -> None:
    """The operator reads the variable's name, not a stack trace."""
    with pytest.raises(InputError, match="DOCTOWN_DATABASE_URL"):
        Ledger(url)


def test_an_upload_is_wanted_until_its_job_has_ended(ledger: Ledger) -> None:
    """However many jobs wait before or behind it: the first in a long queue is the one that has waited longest."""
    first, _ = ledger.submit(Order(upload="a" * 64, upload_name="first.zip"))
    for number in range(60):
        ledger.submit(Order(upload=f"{number:064x}", upload_name="later.zip"))
    assert ledger.is_wanted(upload="a" * 64)
    assert not ledger.is_wanted(upload="b" * 64)
    claimed = ledger.claim(first.id, "executor")
    assert claimed is not None
    assert ledger.is_wanted(upload="a" * 64)
    ledger.finish(claimed, "success", [])
    assert not ledger.is_wanted(upload="a" * 64)


def test_an_id_that_can_be_none_is_of_no_job(ledger: Ledger) -> None:
    """Whatever stands in an address: a database that does not take it as a text is not asked."""
    for name in ("a\x00b", "", "x" * 65, "../x", "ü", "\ud800"):
        assert ledger.job(name) is None
