"""What is asked of a model and what comes back: the seam between what writes documentation and what reaches a model.

Whoever writes pages makes a `Request` and gets an `Outcome`: a `Reply`, or a `Refusal` that says in words why there is
none. No fault of a model, a network or a budget is an exception here, so none can end a build.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

_A_PATH: Final = re.compile(r"(?:[/~\\]|[A-Za-z]:[/\\]|\.{1,2}[/\\])")

Parser = Callable[[object], object]  # takes the decoded JSON of a reply; raises Malformed for what cannot be used


class Malformed(Exception):
    """A reply that is JSON but not what was asked for; the message says what is wrong, in words that a model
    can act upon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question to a model. Everything that decides the reply is in it, so it is also what a reply is kept under."""

    purpose: str  # symbols | file | cluster | repository | artifact | sentences | repair | check
    system: str  # stable over all requests of a purpose: providers cache prompts by their beginning
    prompt: str
    schema: Mapping[str, object]  # JSON schema (draft 2020-12, the subset that strict structured output allows)
    schema_name: str
    max_tokens: int  # of the reply; what is reserved before the call
    parse: Parser  # narrows the decoded JSON; not part of the request's identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply that was accepted."""

    value: object  # what `Request.parse` made of it
    model: str  # as the server named it
    tokens_in: int
    tokens_out: int
    usd: float  # what it cost this build: 0 for a reply that was kept
    kept: bool  # it came from the cache
    calls: int  # made for it in this build, failed ones included; 0 when kept


RefusalKind = Literal["budget", "outage", "rejected", "filtered", "too_long", "configuration", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """There is no reply, and why: `budget`: the cap is reached; `outage`: the server is away or the breaker open;
    `rejected`: replies came and none could be used; `filtered`: the model or a filter refused; `too_long`: the prompt
    does not fit; `configuration`: key, model or address are wrong, nothing further is worth asking."""

    kind: RefusalKind
    reason: str  # one sentence for a person
    calls: int = 0


Outcome = Reply | Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """US dollars for a million tokens."""

    tokens_in: float
    tokens_out: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What a build asked and paid."""

    calls: int = 0  # requests sent, failed ones included
    kept: int = 0  # replies that came from the cache
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float = 0.0  # for replies that came, those that could not be used included
    faults: Mapping[str, int] | None = None  # kind of fault → how often
    usd_lost: float = 0.0  # for calls of which no whole reply came: at most so much was charged; counts against the cap


class Model(Protocol):
    """A model that can be asked. Thread-safe: up to `concurrency` threads may ask at a time."""

    name: str
    concurrency: int
    prices: Prices

    def ask(self, request: Request) -> Outcome:
        """Asks, and returns once there is a reply or no hope of one. Never raises for what happens on the way."""

    def kept(self, request: Request) -> Reply | None:
        """The reply that is kept for this request, without asking anybody."""

    def ledger(self) -> Ledger:
        """What was asked and paid so far."""

    def close(self) -> None:
        """Releases connections and files."""


def shown(model: str) -> str:
    """A model's name as a pack may hold it: of a path, as servers of local models give, the file's name, since where a
    machine keeps its files is nobody's business."""
    return re.split(r"[/\\]", model.rstrip("/\\"))[-1] if _A_PATH.match(model) else model
