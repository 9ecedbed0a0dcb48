"""Time as the client sees it: a reading, and a way to wait that a change of state cuts short.

Everything that waits (backoff, `Retry-After`, an open breaker) waits here, so a test can run hours in a second by a
clock that goes faster, with the same threads and the same order of things. How long is waited is others' business.
"""

from __future__ import annotations

import threading
import time


class Clock:
    """Goes `speed` times as fast as the machine's. Seconds everywhere are the clock's own."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed

    def now(self) -> float:
        """Seconds since some moment; never goes back."""
        return time.monotonic() * self.speed

    def wall(self) -> float:
        """Seconds since 1970, for dates that a server names. A fast clock keeps the machine's date: dates are only
        compared with it at the moment at which they arrive."""
        return time.time()

    def wait(self, changed: threading.Condition, seconds: float | None) -> None:
        """Waits until `changed` is notified, `seconds` at most. The caller holds the condition's lock."""
        changed.wait(None if seconds is None else max(seconds, 0.0) / self.speed)
