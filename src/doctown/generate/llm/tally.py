"""What was asked and paid, counted as it happens by all threads together."""

from __future__ import annotations

from collections import Counter
from threading import Lock

from doctown.generate.llm.budget import Usage, dollars
from doctown.generate.llm.contract import Ledger


class Tally:
    """A ledger that grows. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls = self._kept = self._tokens_in = self._tokens_out = 0
        self._paid = self._lost = 0  # picodollars
        self._faults: Counter[str] = Counter()

    def call(self) -> None:
        """A request is sent."""
        with self._lock:
            self._calls += 1

    def kept(self) -> None:
        """A reply came from the cache, or from another thread's call."""
        with self._lock:
            self._kept += 1

    def fault(self, kind: str) -> None:
        """Something went wrong."""
        with self._lock:
            self._faults[kind] += 1

    def paid(self, usage: Usage, picodollars: int) -> None:
        """A reply was charged."""
        with self._lock:
            self._tokens_in += usage.tokens_in
            self._tokens_out += usage.tokens_out
            self._paid += picodollars

    def lost(self, picodollars: int) -> None:
        """No whole reply came of a call that may have been charged, so much at most."""
        with self._lock:
            self._lost += picodollars

    def ledger(self) -> Ledger:
        """All of it."""
        with self._lock:
            return Ledger(
                calls=self._calls,
                kept=self._kept,
                tokens_in=self._tokens_in,
                tokens_out=self._tokens_out,
                usd=dollars(self._paid),
                faults=dict(sorted(self._faults.items())),
                usd_lost=dollars(self._lost),
            )
