"""Money: what a call could cost at worst is set aside before it is sent, and what it did cost is taken in its place.

Amounts are whole picodollars, so no sum is off by a rounding. The cap holds as long as a server charges no more than
the worst case: as many prompt tokens as the text has bytes (no byte-level tokenizer makes more) until a first reply has
shown how the server counts, then our count times the largest ratio seen; and as many reply tokens as were allowed. A
server that goes beyond is believed, what it charged counts, and from then on as much more is set aside for each call.
Calls whose reply never came whole may have been charged or not: their worst case stays taken.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from doctown.generate.llm.contract import Prices

PICO: Final = 10**12  # picodollars in a dollar
_FRAME: Final = 64  # tokens of roles and separators around the messages
_MARGIN: Final = 1.05
MOST_HIDDEN: Final = 200_000  # tokens that a model may think of beyond the limit given; more is no honest usage


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call."""

    tokens_in: int
    tokens_out: int


def cost(usage: Usage, prices: Prices) -> int:
    """Picodollars. A price of 0.15 for a million tokens is 150,000 picodollars a token."""
    return usage.tokens_in * round(prices.tokens_in * 1e6) + usage.tokens_out * round(prices.tokens_out * 1e6)


def dollars(picodollars: int) -> float:
    """As dollars."""
    return picodollars / PICO


class Budget:
    """What may be spent, `cap` dollars in all (None: no cap), and what was. Safe to use from several threads."""

    def __init__(self, cap: float | None, prices: Prices) -> None:
        self._cap = None if cap is None else int(cap * PICO)
        self._prices = prices
        self._changed = threading.Condition()
        self._taken = 0  # paid, or lost and possibly paid
        self._held = 0  # set aside for calls that are on their way
        self._ratio = 0.0  # largest (prompt tokens charged / counted); 0 before the first reply
        self._excess = 1.0  # largest (reply tokens charged / allowed), 1 at least

    def worst(self, counted: int, size: int, allowed: int) -> Usage:
        """The most that a call is charged for: a prompt of `counted` tokens and `size` bytes, `allowed` tokens back."""
        with self._changed:
            prompt = int(counted * max(self._ratio, 1.0) * _MARGIN) if self._ratio else size
            return Usage(prompt + _FRAME, int(allowed * self._excess) + 1)

    def reserve(self, usage: Usage, stopped: Callable[[], bool]) -> int | None:
        """Sets the usage's price aside and returns it, in picodollars; None if the cap does not allow for it.

        Waits while it is only calls on their way that leave no room: most of them cost less than their worst case."""
        price = cost(usage, self._prices)
        with self._changed:
            while self._cap is not None and self._taken + self._held + price > self._cap:
                if not self._held or self._taken + price > self._cap or stopped():
                    return None
                self._changed.wait(1.0)
            self._held += price
        return price

    def settle(self, reserved: int, paid: int) -> None:
        """Gives back what was set aside and takes what was paid, both in picodollars."""
        with self._changed:
            self._held -= reserved
            self._taken += paid
            self._changed.notify_all()

    def learn(self, charged: Usage, counted: int, allowed: int) -> None:
        """How the server counts, from a usage that it reported."""
        with self._changed:
            self._ratio = max(self._ratio, charged.tokens_in / max(counted, 1))
            self._excess = max(self._excess, charged.tokens_out / max(allowed, 1))

    def wake(self) -> None:
        """Has everybody who waits look again whether to stop."""
        with self._changed:
            self._changed.notify_all()

    @property
    def left(self) -> float:
        """Dollars that are neither taken nor set aside; infinite without a cap."""
        with self._changed:
            return float("inf") if self._cap is None else dollars(self._cap - self._taken - self._held)


def believable(reported: Usage | None, counted: Usage, size: int, allowed: int) -> Usage | None:
    """The usage that counts for a reply that came: what the server reports if that can be, else what we count.

    None where it reports more than can be, so that nobody knows; the worst case counts then. `counted` is by our own
    tokenizer, `size` the prompt's bytes, `allowed` the reply tokens allowed for.
    """
    if reported is None:
        return counted
    if reported.tokens_in > 2 * size + 4 * _FRAME or reported.tokens_out > 2 * allowed + MOST_HIDDEN:
        return None
    # A third of our own count is less than any tokenizer makes of it: the figures are wrong, on the cheap side.
    low_in, low_out = 3 * reported.tokens_in < counted.tokens_in, 3 * reported.tokens_out < counted.tokens_out
    return Usage(
        counted.tokens_in if low_in else reported.tokens_in, counted.tokens_out if low_out else reported.tokens_out
    )
