"""The door to the server: how many calls go through at a time, when none may, and when it is no longer worth waiting.

Concurrency starts at one, so that a wrong key or address costs one call, doubles with each round of successes, halves
when the server is strained, and creeps up again (AIMD). A server that fails many times in a row is left alone: the
breaker opens, one call probes it after a pause that doubles, and when it is back everything goes on. Whoever has waited
for longer than the patience allows is refused, and after that everybody at once, until a probe succeeds.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final, Literal

from doctown.generate.llm.clock import Clock
from doctown.generate.llm.contract import Refusal

Effect = Literal["ok", "alive", "congested", "down"]

FAILURES: Final = 8  # in a row, over all threads, that open the breaker
FIRST_PAUSE: Final = 1.0  # seconds before the first probe
LONGEST_PAUSE: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How many seconds are waited at most."""

    outage: float = 300.0  # for a server that has answered before
    unseen: float = 20.0  # for one that never has
    rate: float = 600.0  # for the moment that a server names in `Retry-After`


@dataclass(slots=True)
class Pass:
    """Leave to make one call. `begun`: when it was given; `probe`: it finds out whether the server is back."""

    begun: float
    probe: bool


class Gate:
    """Lets `most` calls through at a time, or fewer. Safe to use from several threads."""

    def __init__(self, most: int, clock: Clock, patience: Patience) -> None:
        self._most = max(most, 1)
        self._clock = clock
        self._patience = patience
        self._changed = threading.Condition()
        self._limit = 1.0
        self._doubling = True
        self._shrunk = float("-inf")  # when the limit was halved last
        self._under_way = 0
        self._not_before = float("-inf")
        self._failures = 0
        self._seen = False  # the server has answered
        self._opened: float | None = None  # since when the breaker is open
        self._probe_at = 0.0
        self._pause = FIRST_PAUSE
        self._probing = False
        self._why = ""  # of the last failure
        self._final: Refusal | None = None

    @property
    def final(self) -> Refusal | None:
        """What everybody is refused with, once nothing goes through any more."""
        return self._final

    def shut(self, refusal: Refusal) -> None:
        """Refuses everybody from now on, those who wait included. The first reason stays, but for a cancellation."""
        with self._changed:
            if self._final is None or refusal.kind == "cancelled":
                self._final = refusal
            self._changed.notify_all()

    def enter(self, not_before: float = float("-inf")) -> Pass | Refusal:
        """Waits for leave to make a call, not given before that moment. Whoever gets it calls `leave` in the end."""
        with self._changed:
            while True:
                if self._final is not None:
                    return self._final
                now = self._clock.now()
                start = max(not_before, self._not_before)
                if self._not_before - now > self._patience.rate:
                    return Refusal(kind="outage", reason="the model's server asks to wait for too long")
                if self._opened is not None:
                    if self._may_probe(now, start):
                        self._probing = True
                        return self._pass(now, probe=True)
                    end = self._opened + (self._patience.outage if self._seen else self._patience.unseen)
                    if now >= end:
                        return Refusal(kind="outage", reason=f"the model's server is away: {self._why}")
                    wake = end if self._probing else min(end, max(self._probe_at, start))
                elif now < start:
                    wake = start
                elif self._under_way < int(self._limit):
                    return self._pass(now, probe=False)
                else:
                    self._clock.wait(self._changed, None)
                    continue
                self._clock.wait(self._changed, wake - now)

    def _may_probe(self, now: float, start: float) -> bool:
        return not self._probing and now >= max(self._probe_at, start)

    def _pass(self, now: float, *, probe: bool) -> Pass:
        self._under_way += 1
        return Pass(now, probe)

    def leave(self, passed: Pass, effect: Effect, *, why: str = "", after: float = 0.0) -> None:
        """Ends a call. `after`: seconds during which nobody may call."""
        with self._changed:
            self._under_way -= 1
            now = self._clock.now()
            if passed.probe:
                self._probing = False
            if after > 0:
                self._not_before = max(self._not_before, now + after)
            if effect == "down":
                self._failed(passed, now, why)
            else:
                self._failures = 0
                self._opened = None
                self._pause = FIRST_PAUSE
            if effect == "ok":
                self._seen = True
                self._limit = min(self._limit + (1.0 if self._doubling else 1.0 / self._limit), self._most)
            elif effect in ("congested", "down"):
                self._shrink(passed, now)
            self._changed.notify_all()

    def abandon(self, passed: Pass) -> None:
        """Gives leave back without having called."""
        with self._changed:
            self._under_way -= 1
            if passed.probe:
                self._probing = False
            self._changed.notify_all()

    def _failed(self, passed: Pass, now: float, why: str) -> None:
        self._failures += 1
        self._why = why
        if self._opened is not None and passed.probe:
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            self._probe_at = now + self._pause
        elif self._opened is None and self._failures >= FAILURES:
            self._opened = now
            self._probe_at = now + self._pause

    def _shrink(self, passed: Pass, now: float) -> None:
        """Once for all calls that were on their way when the server was strained, not once for each."""
        if passed.begun >= self._shrunk:
            self._limit = max(self._limit / 2, 1.0)
            self._shrunk = now
            self._doubling = False
