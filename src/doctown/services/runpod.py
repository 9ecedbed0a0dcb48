"""A handler of RunPod's serverless events: one event is one order, built to its end in this worker.

`handle` needs nothing of RunPod's; `main` gives it to RunPod's library, which the combined image does not contain
(docs/runpod.md says how to add it). A worker has no Builder: the job is kept in a ledger of its own for as long as it
runs, so that everything is as it is there, and the docpack goes into the configured store.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from doctown.errors import DoctownError, InputError
from doctown.jobs.ledger import Ledger
from doctown.jobs.nouns import Order
from doctown.jobs.queue import new_executor
from doctown.jobs.starting import COMMAND, builds_for
from doctown.jobs.worker import Desk, work
from doctown.services.builder import Wanted
from doctown.services.wire import Refused, decode
from doctown.settings import Settings, from_environment
from doctown.store import open_store


def handle(event: Mapping[str, Any], settings: Settings, command: tuple[str, ...] = COMMAND) -> dict[str, Any]:
    """What came of an event `{"input": ORDER}`: state, docpack_id, report and a link, or `{"error": …}` with cause and
    mend in one line. Never raises for what the event holds."""
    try:
        wanted = decode(json.dumps(event.get("input")).encode(), Wanted)
    except Refused as refused:
        return {"error": f"{refused.cause} — {refused.mend}"}
    options = wanted.options
    order = Order(
        repo_url=wanted.repo_url, git_ref=wanted.git_ref or "", vectors=options.vectors, source=options.source,
        model=options.model, max_cost=options.max_cost,
    )  # fmt: skip
    try:
        return _built(order, settings, command)
    except DoctownError as error:
        return {"error": str(error)}


def _built(order: Order, settings: Settings, command: tuple[str, ...]) -> dict[str, Any]:
    store = open_store(settings.store_url, settings.data / "store", settings.store_options)
    with tempfile.TemporaryDirectory(prefix="doctown-event-") as name:
        ledger = Ledger(f"sqlite:///{Path(name) / 'jobs.sqlite'}")
        desk = Desk(
            ledger=ledger, store=store, folder=Path(name), executor=new_executor(), timeout=settings.job_timeout,
            builds=builds_for(settings, command),
        )  # fmt: skip
        try:
            job, _ = ledger.submit(order)
            work(job.id, desk)
            done = ledger.job(job.id)
        finally:
            ledger.close()
    assert done is not None
    if done.state != "success":
        return {"error": f"{done.cause} — {done.mend}"}
    return {
        "state": done.state, "docpack_id": done.docpack_id, "download_url": store.link(done.docpack_id, 24 * 3600),
        "report": dict(done.report),
    }  # fmt: skip


def main() -> int:
    """Answers RunPod's events until the worker ends. Raises InputError if RunPod's library is not there."""
    try:
        runpod = importlib.import_module("runpod")
    except ImportError as error:
        raise InputError("RunPod's library is not installed", "see docs/runpod.md") from error
    settings = dataclasses.replace(from_environment(), for_clients=True)
    runpod.serverless.start({"handler": lambda event: handle(event, settings)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
