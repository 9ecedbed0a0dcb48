"""What a job is: what was ordered, how far it is, and what came of it. Times are seconds since 1970 (UTC)."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from doctown.errors import DoctownError

State = Literal["queued", "running", "success", "failed", "cancelled"]
ENDED = frozenset({"success", "failed", "cancelled"})

HIGHEST, LOWEST, USUAL = 1, 1000, 100  # priorities: the lower number goes first


class Fenced(DoctownError):
    """Another executor has taken this job over: whoever meets this must let go of the job and write nothing more."""

    def __init__(self, job: str) -> None:
        super().__init__(f"job {job} is another executor's by now", "nothing is to be done")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a client asks for. Two equal orders are one job."""

    repo_url: str = ""  # an https:// URL, `pypi:NAME==VERSION` or `npm:NAME@VERSION`; empty for an upload
    git_ref: str = ""  # branch, tag or commit; empty for the main branch
    commit: str = ""  # what the ref meant when the order came, where that can be told
    upload: str = ""  # the archive's name in the store; empty for a URL
    upload_name: str = ""  # the archive's own file name, which the pack is named after
    vectors: str = "local"  # local | none
    source: bool = True  # whether the pack holds the text
    model: str = "none"  # who writes
    max_cost: float = 0.0  # US dollars; 0: no cap of its own

    @property
    def key(self) -> str:
        """The same for equal orders alone (sha256, hex)."""
        return hashlib.sha256(json.dumps(dataclasses.asdict(self), sort_keys=True).encode()).hexdigest()

    @property
    def shown(self) -> str:
        """What to call the source."""
        return self.repo_url or self.upload_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One order and how far it is."""

    id: str
    order: Order
    state: State
    priority: int
    created: float
    started: float = 0.0  # of the first run; 0 until then
    finished: float = 0.0  # 0 until it has ended
    fence: int = 0  # how often it was claimed; only the latest claim may write
    owner: str = ""  # the executor that claimed it
    cancel: bool = False  # somebody wants it to end
    sequence: int = 0  # number of the last event
    docpack_id: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)  # a `model.Report` as plain values
    cause: str = ""  # why it failed, one line
    mend: str = ""
    trace: str = ""  # 32 hex digits: one trace from the submission to the pack

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing to tell of a job, before it has a number: `type` is one of `events.TYPES`."""

    type: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    status: str = ""  # success | failed | partial | cancelled, of `*.completed` alone
    warnings: tuple[str, ...] = ()
