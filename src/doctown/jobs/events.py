"""What happens in a job, in its published form: an envelope around a payload, and the names of all types.

Events tell a person or a program how far a build is; the pack's manifest, not they, is the record of what is in it.
So progress is told in steps that somebody can follow, not once a file. Numbers are given by the ledger.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final

from doctown import __version__
from doctown.jobs.nouns import Happening

ENVELOPE_VERSION: Final = "1.0"
TYPES: Final = frozenset(
    f"{name}.v1"
    for name in (
        "job.created", "job.validated", "job.started", "job.completed",
        "ingest.started", "ingest.file_detected", "ingest.file_skipped", "ingest.chunk_created", "ingest.completed",
        "embedding.started", "embedding.batch_started", "embedding.batch_completed", "embedding.completed",
        "assembly.started", "assembly.cluster_created", "assembly.graph_completed", "assembly.completed",
        "generation.started", "generation.symbol_documented", "generation.completed",
        "pack.started", "pack.completed",
    )
)  # fmt: skip
_NAMES: Final = {
    "ingest": "ingest", "embed": "embedding", "assemble": "assembly", "generate": "generation", "pack": "pack",
}  # fmt: skip
_STEPS: Final = {
    "ingest": "ingest.file_detected.v1",
    "embedding": "embedding.batch_completed.v1",
    "generation": "generation.symbol_documented.v1",
}
MAX_WARNINGS: Final = 100


def envelope(job: str, sequence: int, happening: Happening, source: str, trace: str) -> dict[str, Any]:
    """The event as clients see it. `sequence` counts from 1 in each job, without gaps. A `status` and `warnings` are
    in `*.completed` alone."""
    assert happening.type in TYPES, happening.type
    event: dict[str, Any] = {
        "envelope_version": ENVELOPE_VERSION,
        "event_id": str(uuid.uuid4()),
        "job_id": job,
        "sequence": sequence,
        "timestamp": _timestamp(),
        "source": source,
        "type": happening.type,
        "payload": dict(happening.payload),
        "context": {"trace_id": trace},
        "meta": {"doctown": __version__},
    }
    if happening.type.endswith(".completed.v1"):
        event["status"] = happening.status or "success"
        event["payload"]["warnings"] = list(happening.warnings[:MAX_WARNINGS])
    return event


def _timestamp() -> str:
    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"


MICRODOLLARS = "microdollars"  # what was paid so far, among the counts of writing


class Narrator:
    """Turns the progress of one run into events: where a stage begins and ends, and steps between.

    Embedding begins while files are still being read, so these two may be at work at once; reading ends when what it
    found is counted. Any other stage begins where those before it end. A run that resumes a draft tells of its stages
    again, since it goes through them again."""

    def __init__(self) -> None:
        self.stage = ""  # of the stages at work the one that was heard of last, by its published name
        self._at_work: dict[str, dict[str, Any]] = {}  # published name → what its end will tell

    def progress(self, stage: str, done: int, total: int, note: str, counts: Mapping[str, int]) -> Iterator[Happening]:
        """What one step of a stage (`model.Progress`) says; fetching is told of by `job.started` alone."""
        name = _NAMES.get(stage, "")
        if not name:
            return
        if name not in self._at_work:
            if name != "embedding" or set(self._at_work) != {"ingest"}:
                yield from self.end("success")
            self._at_work[name] = {}
            yield Happening(type=f"{name}.started.v1", payload={"total": total})
            if name == "embedding":
                yield Happening(type="embedding.batch_started.v1", payload={"chunks": total})
        self.stage = name
        if total:
            self._at_work[name] |= {"done": done, "total": total}
        if MICRODOLLARS in counts:
            cost = {"total_cost": counts[MICRODOLLARS] / 1e6}
            self._at_work[name] |= cost
            yield Happening(type=_STEPS[name], payload={"done": done, "total": total, "note": note, **cost})
        elif counts:
            yield from self._counted(name, counts)
            if name == "ingest":
                yield self._ended(name, "success")
        elif name in _STEPS and done:
            yield Happening(type=_STEPS[name], payload={"done": done, "total": total, "note": note})

    def _counted(self, name: str, counts: Mapping[str, int]) -> Iterator[Happening]:
        self._at_work[name] |= dict(counts)
        for key, number in counts.items():
            if name == "ingest" and key.startswith("skipped: "):
                yield Happening(
                    type="ingest.file_skipped.v1", payload={"reason": key.removeprefix("skipped: "), "files": number}
                )
            elif name == "ingest" and key == "chunks":
                yield Happening(type="ingest.chunk_created.v1", payload={"chunks": number})
            elif name == "assembly" and key == "clusters":
                yield Happening(type="assembly.cluster_created.v1", payload={"clusters": number})
        if name == "assembly" and "edges" in counts:
            yield Happening(type="assembly.graph_completed.v1", payload=dict(counts))

    def end(self, status: str, warnings: tuple[str, ...] = (), **more: object) -> Iterator[Happening]:
        """The end of each stage that is at work."""
        for name in list(self._at_work):
            yield self._ended(name, status, warnings, **more)
        self.stage = ""

    def _ended(self, name: str, status: str, warnings: tuple[str, ...] = (), **more: object) -> Happening:
        payload = {**self._at_work.pop(name), **more}
        return Happening(type=f"{name}.completed.v1", payload=payload, status=status, warnings=warnings)
