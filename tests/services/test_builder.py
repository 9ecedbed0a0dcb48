from __future__ import annotations

import dataclasses
import io
import json
import re
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from doctown.jobs.nouns import Order
from doctown.jobs.tables import JOBS
from doctown.services.builder import app as builder_app
from doctown.services.office import Office
from doctown.services.uploads import safe_name
from doctown.settings import Settings

URL = "https://example.org/good"


def submitted(builder: TestClient, url: str = URL, **more: object) -> dict[str, object]:
    reply = builder.post("/jobs", json={"repo_url": url, **more})
    assert reply.status_code == 202, reply.text
    return dict(reply.json())


def ended(builder: TestClient, job: object) -> dict[str, object]:
    for _ in range(600):
        found = builder.get(f"/jobs/{job}").json()
        if found["state"] not in ("queued", "running"):
            return dict(found)
        time.sleep(0.05)
    raise AssertionError(found)


def blocks(text: str) -> list[dict[str, object]]:
    found = re.findall(r"id: (\d+)\nevent: (\S+)\ndata: (.*)\n\n", text)
    events = [json.loads(data) for _, _, data in found]
    assert [(str(one["sequence"]), one["type"]) for one in events] == [(number, kind) for number, kind, _ in found]
    return events


def test_an_order_becomes_a_docpack(builder: TestClient) -> None:
    """The whole way over HTTP: 202, events to the end, the pack under its id."""
    job = submitted(builder)["job_id"]
    events = blocks(builder.get(f"/jobs/{job}/events").text)
    assert [one["sequence"] for one in events] == list(range(1, len(events) + 1))
    assert events[-1]["type"] == "job.completed.v1"
    done = ended(builder, job)
    assert done["state"] == "success"
    pack = builder.get(str(done["docpack"]))
    assert pack.content == b"a docpack"
    assert pack.headers["etag"] == f'"{done["docpack_id"]}"'


def test_events_resume_where_the_client_was(builder: TestClient) -> None:
    """No gap and no duplicate; and a browser is told when there is no more."""
    job = submitted(builder)["job_id"]
    everything = blocks(builder.get(f"/jobs/{job}/events").text)
    for after in (1, 3, len(everything) - 1):
        rest = blocks(builder.get(f"/jobs/{job}/events", headers={"Last-Event-ID": str(after)}).text)
        assert [one["sequence"] for one in rest] == list(range(after + 1, len(everything) + 1))
    last = builder.get(f"/jobs/{job}/events", headers={"Last-Event-ID": str(len(everything))})
    assert last.status_code == 204


def test_the_same_order_twice_is_one_job(builder: TestClient) -> None:
    """And a forced one is another."""
    first, again = submitted(builder), submitted(builder)
    assert (first["job_id"], again["new"]) == (again["job_id"], False)
    assert submitted(builder, force=True)["job_id"] != first["job_id"]


def test_an_archive_is_sent_along(builder: TestClient) -> None:
    """Its name is what the pack is named after; no path of the client's is used."""
    sent = {"archive": ("../../shop-1.0.tar.gz", io.BytesIO(b"bytes"), "application/gzip")}
    reply = builder.post("/jobs", files=sent, data={"options": '{"vectors": "none"}', "priority": "5"})
    assert reply.status_code == 202, reply.text
    assert (reply.json()["source"], reply.json()["priority"]) == ("shop-1.0.tar.gz", 5)
    assert ended(builder, reply.json()["job_id"])["state"] == "success"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ('https://example.org/x/good";%20filename="evil.exe', "good---20filename--evil.exe"),
        ("https://example.org/x/gööd.git", "g--d"),
        (URL, "good"),
    ],
)
def test_the_name_of_a_download_is_one_name(builder: TestClient, url: str, name: str) -> None:
    """What a client calls its repository ends up in a header: there it is letters, digits, dots and hyphens."""
    job = submitted(builder, url)["job_id"]
    ended(builder, job)
    reply = builder.get(f"/jobs/{job}/docpack")
    assert reply.status_code == 200
    assert reply.headers["content-disposition"] == f'attachment; filename="{name}.docpack"'


def test_a_link_says_no_more_than_which_repository(builder: TestClient) -> None:
    """What else stands in a link, as a browser or a proxy adds it, is neither an error nor an option."""
    query = {"repo_url": URL, "job_id": "linked", "force": "true", "priority": "1", "_": "17"}
    assert blocks(builder.get("/ingest", params=query).text)[-1]["status"] == "success"
    assert builder.get("/jobs/linked").json()["priority"] == 100


def test_a_failure_says_cause_and_mend(builder: TestClient) -> None:
    """And has no docpack."""
    job = submitted(builder, "https://example.org/refused")["job_id"]
    done = ended(builder, job)
    assert done["error"] == {"cause": "there is nothing there", "mend": "look elsewhere"}
    assert builder.get(f"/jobs/{job}/docpack").status_code == 409


def test_a_job_is_cancelled(builder: TestClient) -> None:
    """Within two seconds; twice is a conflict."""
    job = submitted(builder, "https://example.org/slow-60")["job_id"]
    while builder.get(f"/jobs/{job}").json()["state"] == "queued":
        time.sleep(0.05)
    asked = time.monotonic()
    assert builder.delete(f"/jobs/{job}").status_code == 202
    assert ended(builder, job)["state"] == "cancelled"
    assert time.monotonic() - asked < 2
    assert builder.delete(f"/jobs/{job}").status_code == 409


@pytest.mark.parametrize("url", ["/etc/passwd", "file:///etc/passwd", "../x", "http://example.org/x", "ssh://x/y", "x"])
def test_a_path_is_no_source(builder: TestClient, url: str) -> None:
    """Builder never reads a path that a client names."""
    reply = builder.post("/jobs", json={"repo_url": url})
    assert (reply.status_code, reply.json()["error"]["field"]) == (422, "repo_url")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "repo_url"),
        ({"repo_url": 1}, "repo_url"),
        ({"repo_url": URL, "priority": 0}, "priority"),
        ({"repo_url": URL, "options": {"model": "a\nb"}}, "options.model"),
        ({"repo_url": URL, "options": {"model": "a\x00"}}, "options.model"),
        ({"repo_url": URL, "options": {"vectors": "all"}}, "options.vectors"),
        ({"repo_url": URL, "options": {"vektors": "none"}}, "options"),
        ({"repo_url": "https://example.org"}, "repo_url"),
        ({"repo_url": URL + "?token=x"}, "repo_url"),
        ({"repo_url": "pypi:a b"}, "repo_url"),
        ({"repo_url": URL, "job_id": "../x"}, "job_id"),
        ({"repo_url": URL, "git_ref": "a\nb"}, "git_ref"),
    ],
)
def test_a_malformed_order_is_told_its_field(builder: TestClient, body: dict[str, object], field: str) -> None:
    """422, with the field and the mend."""
    reply = builder.post("/jobs", json=body)
    assert (reply.status_code, reply.json()["error"]["field"]) == (422, field)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"repo_url": 1}, ("repo_url is a whole number", "send the https:// URL of a Git repository")),
        ({"repo_url": "x"}, ("repo_url has another form", "send the https:// URL of a Git repository")),
        ({"repo_url": URL, "priority": 2000}, ("priority is too large", "send 1 to 1000")),
        ({"repo_url": URL, "priority": 1.5}, ("priority is no whole number", "send a whole number")),
        ({"repo_url": URL, "force": "no"}, ("force is a text", "send true or false")),
        ({"repo_url": URL, "options": []}, ("options is a list", "send an object")),
        ({"repo_url": URL, "options": {"vectors": "all"}}, ("options.vectors has another form", "send local or none")),
        ({"repo_url": URL, "options": {"max_cost": -1}}, ("options.max_cost is too small", "send 0 to 1000000")),
        ({"repo_url": URL, "options": {"vektors": 1}}, ("options has a field 'vektors'", "leave it out; there are v")),
        ({}, ("repo_url is missing", "send the https:// URL of a Git repository")),
        ({"repo_url": URL, "git_ref": "a b"}, ("git_ref has another form", "send the name of a branch or tag")),
    ],
)  # fmt: skip
def test_a_malformed_order_is_told_what_to_send(builder: TestClient, body: object, said: tuple[str, str]) -> None:
    """In words: whoever reads it need not know JSON Schema, nor look anything up."""
    error = builder.post("/jobs", json=body).json()["error"]
    assert error["cause"].startswith(said[0])
    assert error["mend"].startswith(said[1])


def test_a_whole_number_may_have_a_point(builder: TestClient) -> None:
    """JSON has one kind of number."""
    assert submitted(builder, priority=7.0)["priority"] == 7


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("PUT", "/jobs", "GET, POST"), ("POST", "/jobs/x", "DELETE, GET"), ("DELETE", "/ingest", "GET, POST")],
)
def test_an_address_says_which_methods_it_answers(builder: TestClient, method: str, path: str, allowed: str) -> None:
    """All of them: several endpoints share an address."""
    reply = builder.request(method, path)
    assert (reply.status_code, reply.headers["allow"]) == (405, allowed)
    assert allowed in reply.json()["error"]["mend"]


@pytest.mark.parametrize("data", [{"options": "["}, {"priority": "x"}, {"force": "perhaps"}])
def test_a_malformed_form_is_told_its_field(builder: TestClient, data: dict[str, str]) -> None:
    """As for JSON."""
    reply = builder.post("/jobs", files={"archive": ("a.zip", b"x")}, data=data)
    assert reply.status_code == 422
    assert builder.post("/jobs", files={"other": ("a.zip", b"x")}).json()["error"]["field"] == "archive"


@pytest.mark.parametrize(
    "form",
    [
        [("archive", ("a.zip", b"x")), ("archive", ("b.zip", b"y"))],
        [("archive", ("a.zip", b"x")), *[(f"field{number}", (None, b"x")) for number in range(17)]],
        [("archive", ("a.zip", b"x")), ("options", (None, b" " * 70_000))],
    ],
    ids=["two archives", "many fields", "a long field"],
)
def test_a_form_is_no_larger_than_an_order(builder: TestClient, form: list[object]) -> None:
    """One archive and a few short fields: fields are held in memory, and a client may send many forms at once."""
    reply = builder.post("/jobs", files=form)  # type: ignore[arg-type]
    assert (reply.status_code, reply.json()["error"]["field"]) == (422, "archive")
    assert builder.get("/jobs").json()["jobs"] == []


@pytest.mark.parametrize("priority", ["0", "1001", "-1", "1.5", "٣", "1" * 5000])
def test_a_priority_out_of_bounds_is_refused_in_a_form_too(builder: TestClient, priority: str) -> None:
    """As in JSON, with what may be sent."""
    reply = builder.post("/jobs", files={"archive": ("a.zip", b"x")}, data={"priority": priority})
    assert (reply.status_code, reply.json()["error"]["field"]) == (422, "priority")
    assert "1000" in reply.json()["error"]["mend"]


def test_clients_beyond_those_that_may_follow_are_sent_away(
    builder: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """429 with when to come back; an event stream is held for as long as a job lives."""
    job = submitted(builder, "https://example.org/slow-60")["job_id"]
    monkeypatch.setattr("doctown.services.builder.MAX_STREAMS", 0)
    reply = builder.get(f"/jobs/{job}/events")
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "10")
    assert builder.delete(f"/jobs/{job}").status_code == 202


def test_builder_that_is_not_ready_says_so_at_each_address(settings: Settings, office: Office) -> None:
    """503 with when to come back, for whoever comes before the database does: no traceback, and no empty list."""
    office.open = lambda: None  # type: ignore[method-assign]
    with TestClient(builder_app(settings, office=office), base_url="http://localhost") as client:
        asked = [
            client.get("/jobs"), client.get("/jobs/x"), client.delete("/jobs/x"), client.get("/jobs/x/events"),
            client.get("/jobs/x/docpack"), client.get("/status/x"), client.post("/jobs", json={"repo_url": URL}),
            client.post("/estimate", json={"repo_url": URL}), client.post("/ingest", json={"repo_url": URL}),
            client.get("/"), client.post("/mcp", json={}),
        ]  # fmt: skip
        assert client.get("/live").status_code == 200
        assert client.get("/health").status_code == 503
    assert {(reply.status_code, reply.headers.get("retry-after")) for reply in asked} == {(503, "2")}


def test_what_is_kept_stays_as_long_as_it_is_wanted(builder: TestClient, office: Office, tmp_path: Path) -> None:
    """A pack that a job still has, a pack that was made lately, an upload of a job that waits, and one whose job is
    about to be made: none of them is removed by whoever cleans up."""
    lately, old = tmp_path / "lately", tmp_path / "old"
    for file in (lately, old):
        file.write_bytes(b"a pack")
    job = submitted(builder, "https://example.org/slow-60")["job_id"]
    sent = builder.post("/jobs", files={"archive": ("a.zip", b"x")}).json()["job_id"]
    done = ended(builder, sent)
    office.store.put_pack("a" * 64, lately)
    office.store.put_upload("b" * 64, lately)
    now = time.time()
    office.clean_up(now)
    assert office.store.has_pack("a" * 64)
    assert [kept.digest for kept in office.store.uploads()].count("b" * 64) == 1
    waits, _ = office.ledger.submit(Order(upload="b" * 64, upload_name="b.zip"))
    again, _ = office.ledger.submit(Order(upload="c" * 64, upload_name="c.zip"))
    claimed = office.ledger.claim(again.id, "executor")
    assert claimed is not None
    office.ledger.finish(claimed, "success", [], docpack_id="a" * 64)
    later = now + 40 * 24 * 3600
    with office.ledger._engine.begin() as connection:
        connection.execute(JOBS.update().where(JOBS.c.id == again.id).values(finished=later))
    office.clean_up(later)
    assert office.store.has_pack("a" * 64)  # it is old, and a job has it
    assert [kept.digest for kept in office.store.uploads()] == ["b" * 64]  # as old, and its job waits
    assert not office.store.has_pack(str(done["docpack_id"]))
    office.cancel(waits)
    builder.delete(f"/jobs/{job}")


def test_a_repository_that_cannot_be_reached_is_400(settings: Settings, office: Office) -> None:
    """Before a job is made of it; an address of this machine is not reached from here either."""
    with TestClient(builder_app(settings, office=office), base_url="http://localhost") as client:
        while client.get("/health").status_code != 200:
            time.sleep(0.01)
        for url in ("https://127.0.0.1:1/x/y", "https://localhost/x"):
            reply = client.post("/jobs", json={"repo_url": url})
            assert reply.status_code == 400, reply.text
            assert reply.json()["error"]["cause"]
            assert "Traceback" not in reply.text


@pytest.mark.parametrize("path", ["/jobs/none", "/jobs/none/events", "/jobs/none/docpack", "/status/none"])
def test_an_unknown_job_is_404(builder: TestClient, path: str) -> None:
    """In the form of every error."""
    reply = builder.get(path)
    assert (reply.status_code, "mend" in reply.json()["error"]) == (404, True)


def test_clients_of_the_original_are_served(builder: TestClient) -> None:
    """`/ingest` streams under the client's own id, `/status` tells how far it is."""
    query = {"repo_url": URL, "git_ref": "main", "job_id": "theirs"}
    by_link = blocks(builder.get("/ingest", params=query).text)
    posted = blocks(builder.post("/ingest", json=query).text)
    assert by_link == posted
    assert {one["job_id"] for one in by_link} == {"theirs"}
    assert builder.get("/status/theirs").json()["status"] == "success"


def test_an_archive_that_is_too_long_is_refused(settings: Settings, office: Office) -> None:
    """With the variable that says how long it may be, also where the whole body is within what a form may hold."""
    small = dataclasses.replace(settings, max_upload=1000)
    with TestClient(builder_app(small, office=office), base_url="http://localhost") as client:
        while client.get("/health").status_code != 200:
            time.sleep(0.01)
        replies = [client.post("/jobs", files={"archive": ("a.zip", b"a" * size)}) for size in (1000, 1001)]
    assert [reply.status_code for reply in replies] == [202, 413]
    assert "DOCTOWN_MAX_UPLOAD" in replies[1].json()["error"]["mend"]


def test_too_many_jobs_are_sent_away(settings: Settings, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """429, with when to come back; what waits already is still found."""
    monkeypatch.setattr("doctown.services.builder.probe", lambda url, ref, settings: "")
    office._settings = dataclasses.replace(settings, max_queue=1, max_jobs=1)
    with TestClient(builder_app(settings, office=office), base_url="http://localhost") as client:
        while client.get("/health").status_code != 200:
            time.sleep(0.01)
        statuses = [
            client.post("/jobs", json={"repo_url": f"https://example.org/slow-{60 + place}"}).status_code
            for place in range(4)
        ]
    assert 429 in statuses
    assert statuses[0] == 202


def test_jobs_are_listed(builder: TestClient) -> None:
    """By state, and page by page."""
    job = submitted(builder)["job_id"]
    ended(builder, job)
    assert [one["job_id"] for one in builder.get("/jobs?state=success").json()["jobs"]] == [job]
    assert builder.get("/jobs?state=queued").json()["jobs"] == []
    assert builder.get("/jobs?state=other").status_code == 422
    assert builder.get("/jobs?limit=1000").status_code == 422


def test_metrics_tell_of_the_queue(builder: TestClient) -> None:
    """Depth, stages, ends."""
    ended(builder, submitted(builder)["job_id"])
    text = builder.get("/metrics").text
    for name in (
        "doctown_queue_depth",
        "doctown_stage_seconds_bucket",
        "doctown_cost_usd_total",
        "doctown_tokens_total",
    ):
        assert name in text
    assert 'doctown_jobs_ended_total{state="success"} 1.0' in text
    assert 'path="/jobs/{job_id}"' in text


def test_what_is_kept_is_bounded(builder: TestClient, office: Office) -> None:
    """Old jobs go with their packs and uploads; a pack that another job has stays."""
    sent = builder.post("/jobs", files={"archive": ("a.zip", b"x")}).json()["job_id"]
    done = ended(builder, sent)
    office.clean_up(time.time())
    assert builder.get(f"/jobs/{sent}/docpack").status_code == 200
    office.clean_up(time.time() + 40 * 24 * 3600)
    assert builder.get(f"/jobs/{sent}").status_code == 404
    assert not office.store.has_pack(str(done["docpack_id"]))
    assert list(office.store.uploads()) == []


def test_a_job_of_a_stopped_builder_is_finished_by_the_next(
    settings: Settings, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stop ends the process, not the job, and the next one takes it up at once."""
    monkeypatch.setattr("doctown.services.builder.probe", lambda url, ref, settings: "")
    with TestClient(builder_app(settings, office=office), base_url="http://localhost") as client:
        while client.get("/health").status_code != 200:
            time.sleep(0.01)
        job = submitted(client, "https://example.org/slow-2")["job_id"]
        while client.get(f"/jobs/{job}").json()["state"] == "queued":
            time.sleep(0.02)
    following = Office(settings, command=office._command)
    stopped = time.monotonic()
    with TestClient(builder_app(settings, office=following), base_url="http://localhost") as client:
        while client.get("/health").status_code != 200:
            time.sleep(0.01)
        assert ended(client, job)["state"] == "success"
        events = blocks(client.get(f"/jobs/{job}/events").text)
    assert time.monotonic() - stopped < 15
    assert [one["sequence"] for one in events] == list(range(1, len(events) + 1))
    assert [one["type"] for one in events].count("job.completed.v1") == 1


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("shop.zip", "shop.zip"), ("../../etc/passwd", "passwd"), ("C:\\x\\y.zip", "y.zip"), ("", "archive"),
        ("..", "archive"), ("a\x00b\n.zip", "a-b-.zip"), ("ü" * 300 + ".zip", None),
    ],
)  # fmt: skip
def test_the_name_of_an_upload_is_made_safe(given: str, kept: str | None) -> None:
    """It becomes a file's name, and is shown."""
    name = safe_name(given)
    assert kept is None or name == kept
    assert len(name.encode()) <= 200
    assert Path(name).name == name
