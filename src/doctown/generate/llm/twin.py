"""A model in memory: no network, no disk, no time, the same replies for the same questions.

For tests of whatever writes documentation, and for trials. It keeps to the contract as the client does: malformed
replies are asked for again, replies are kept, money is counted and capped, the same question is asked once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final

from doctown.generate.llm import budget as money
from doctown.generate.llm import pretend, replies, tokens, wire
from doctown.generate.llm.budget import Budget, Usage
from doctown.generate.llm.contract import Ledger, Malformed, Outcome, Prices, Refusal, Reply, Request
from doctown.generate.llm.tally import Tally

Answerer = Callable[[Request], object]  # decoded JSON, or a Refusal
TRIES: Final = 3
PRICES: Final = Prices(tokens_in=0.15, tokens_out=0.60)


def pretending(request: Request) -> object:
    """Fills in the schema from the words of the prompt."""
    return pretend.reply(request.prompt, request.schema)


class Twin:
    """Answers with what `answer` returns: decoded JSON, or a Refusal to hand on. A sequence is answered in its order,
    its last entry for ever. Implements `contract.Model`.

    `requests` are all that were asked of `answer`, in order.
    """

    def __init__(
        self, answer: Answerer | Sequence[object] = pretending, *, name: str = "twin", concurrency: int = 4,
        prices: Prices = PRICES, cap: float | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.concurrency = concurrency
        self.prices = prices
        self.requests: list[Request] = []
        self._answer = answer if callable(answer) else _Script(answer)
        self._replies = replies.Replies(None)
        self._budget = Budget(cap, prices)
        self._tally = Tally()
        self._lock = threading.Lock()
        self._asking: dict[bytes, threading.Lock] = {}
        self._closed = False

    def ask(self, request: Request) -> Outcome:
        """As `contract.Model.ask` says."""
        digest = self._key(request)
        with self._lock:
            asking = self._asking.setdefault(digest, threading.Lock())
        with asking:  # whoever asks the same waits, and finds the reply kept
            if self._closed:
                return Refusal(kind="cancelled", reason="the build was cancelled")
            kept = self.kept(request)
            if kept is not None:
                self._tally.kept()
                return kept
            return self._converse(request, digest)

    def kept(self, request: Request) -> Reply | None:
        """As `contract.Model.kept` says."""
        found = self._replies.get(self._key(request))
        if found is None:
            return None
        try:
            value = request.parse(found.value)
        except Malformed:
            return None
        return _reply(value, found, 0, 0, kept=True)

    def ledger(self) -> Ledger:
        """As `contract.Model.ledger` says."""
        return self._tally.ledger()

    def close(self) -> None:
        """As `contract.Model.close` says."""
        self._closed = True
        self._budget.wake()

    def _key(self, request: Request) -> bytes:
        return replies.key(request, "memory", self.name)

    def _converse(self, request: Request, digest: bytes) -> Outcome:
        texts = (request.system, request.prompt, wire.in_words(request.schema))
        counted = sum(map(tokens.count, texts))
        paid = 0
        for calls in range(1, TRIES + 1):
            worst = Usage(counted, request.max_tokens)
            reserved = self._budget.reserve(worst, lambda: self._closed)
            if reserved is None:
                return Refusal(kind="budget", reason="the cost cap is reached", calls=calls - 1)
            value = self._asked(request)
            text = "" if isinstance(value, Refusal) else wire.encoded({"": value}).decode()
            usage = Usage(counted, min(tokens.count(text), request.max_tokens) if text else 0)
            spent = money.cost(usage, self.prices)
            paid += spent
            self._budget.settle(reserved, spent)
            self._tally.paid(usage, spent)
            if isinstance(value, Refusal):
                self._tally.fault(value.kind)
                return Refusal(kind=value.kind, reason=value.reason, calls=calls)
            try:
                parsed = request.parse(value)
            except Malformed:
                self._tally.fault("malformed")
                continue
            kept = replies.Kept(value=value, model=self.name, tokens_in=usage.tokens_in, tokens_out=usage.tokens_out)
            self._replies.put(digest, kept)
            return _reply(parsed, kept, paid, calls, kept=False)
        reason = "no usable reply came: the reply is not what was asked for"
        return Refusal(kind="rejected", reason=reason, calls=TRIES)

    def _asked(self, request: Request) -> object:
        self._tally.call()
        with self._lock:
            self.requests.append(request)
        return self._answer(request)


class _Script:
    """Replies in order, the last one for ever."""

    def __init__(self, entries: Sequence[object]) -> None:
        self._entries = list(entries)
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> object:
        with self._lock:
            return self._entries.pop(0) if len(self._entries) > 1 else self._entries[0]


def _reply(value: object, found: replies.Kept, paid: int, calls: int, *, kept: bool) -> Reply:
    return Reply(
        value=value,
        model=found.model,
        tokens_in=found.tokens_in,
        tokens_out=found.tokens_out,
        usd=money.dollars(paid),
        kept=kept,
        calls=calls,
    )
