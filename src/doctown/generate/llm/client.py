"""The one client of a model: asks any OpenAI-compatible server, and gives a reply or says why there is none.

For each question: a kept reply if there is one; the same question already on its way is waited for; else the gate's
leave, the budget's, one call, and what comes of it judged. A fault is tried again as its kind allows, within a budget
of retries for the whole build, so that a bad server costs little more than a good one. An accepted reply is kept on
disk before anybody sees it.
"""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field, replace
from typing import Final

import httpx

from doctown.generate.llm import budget as money
from doctown.generate.llm import cut, faults, replies, tokens, wire
from doctown.generate.llm import dialect as dialects
from doctown.generate.llm.budget import Budget, Usage
from doctown.generate.llm.clock import Clock
from doctown.generate.llm.contract import Ledger, Malformed, Outcome, Refusal, Reply, Request, shown
from doctown.generate.llm.dialect import Dialect
from doctown.generate.llm.endpoint import Endpoint
from doctown.generate.llm.faults import Fault, Faulted
from doctown.generate.llm.gate import Effect, Gate, Pass, Patience
from doctown.generate.llm.tally import Tally
from doctown.generate.llm.transport import Transport

CANCELLED: Final = Refusal(kind="cancelled", reason="the build was cancelled")
_LONGEST_BACKOFF: Final = 30.0
_ROW: Final = 3  # faults in a row that cannot be chance
_MISFITS: Final = frozenset({"bad_json", "malformed", "blank"})
_ODD: Final = frozenset({"html", "not_json"})  # from a server that never answered: the wrong address
_ROLES: Final = 16  # tokens around two messages, generously
_BOUNDS, _BOUNDS_BYTES = 200, 600  # at most what bounds add to a schema
_HINT, _HINT_BYTES = 150, 600  # at most what saying why a reply was not used adds to a prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often is asked again. A question is tried as often as its faults' kinds allow and `tries` times at most; all
    questions together are asked again `spare` times, and `share` times for each that was asked."""

    tries: int = 10
    spare: float = 10.0
    share: float = 0.58  # with faults of 30 % each question needs 0.43 on the average


@dataclass(slots=True)
class _Talk:
    """One question on its way to a reply."""

    request: Request
    digest: bytes
    text: int  # prompt tokens by our own tokenizer
    counted: int  # with those of the schema, and of a hint
    size: int  # bytes of the same
    allowed: int  # reply tokens
    hint: str = ""
    not_before: float = float("-inf")
    calls: int = 0
    paid: int = 0  # picodollars
    seen: dict[str, int] = field(default_factory=dict)  # kind of fault → how often

    def may_be_cut(self, fault: Fault) -> bool:
        """Whether what is whole of a cut reply has to do: where more room was given, or would only be filled with the
        same again."""
        return fault.kind == "circles" or (fault.kind == "length" and self.allowed > self.request.max_tokens)


@dataclass(frozen=True, slots=True)
class _Came:
    """What came of one call. Without fault and without reply: the same again, asked otherwise."""

    effect: Effect
    paid: int  # picodollars
    fault: Fault | None = None
    kept: replies.Kept | None = None
    value: object = None


class _Flight:
    """A question that a thread is asking, for those that ask the same."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.reply: replies.Kept | None = None
        self.refusal: Refusal | None = None


class Client:
    """A model at `endpoint` that may cost `cap` dollars (None: any). Implements `contract.Model`.

    `kept` holds replies between builds; `http` replaces the HTTP client, `clock` the time and `chance` the jitter, for
    tests. `last_fault` is what went wrong last.
    """

    def __init__(
        self, endpoint: Endpoint, kept: replies.Replies, *, cap: float | None = None, retries: Retries | None = None,
        patience: Patience | None = None, clock: Clock | None = None, http: httpx.Client | None = None,
        chance: random.Random | None = None,
    ) -> None:  # fmt: skip
        self.name = endpoint.model
        self.concurrency = endpoint.concurrency
        self.prices = endpoint.prices
        self.last_fault: Fault | None = None
        self._endpoint = endpoint
        self._clock = clock or Clock()
        self._transport = Transport(endpoint, self._clock, http)
        self._replies = kept
        self._retries = retries or Retries()
        self._spare = self._retries.spare
        self._gate = Gate(endpoint.concurrency, self._clock, patience or Patience())
        self._budget = Budget(cap, endpoint.prices)
        self._tally = Tally()
        self._chance = chance or random.Random()  # noqa: S311 - jitter is no secret
        self._lock = threading.Lock()
        self._flights: dict[bytes, _Flight] = {}
        self._answered = False  # the server has answered a question
        self._hopes = 0  # faults in a row that leave little hope
        self._dialect = dialects.first(endpoint.model)
        self._left: set[Dialect] = set()  # dialects that the server did not take
        self._fits = False  # a reply was accepted in this dialect
        self._misfits = 0  # replies that were not

    # --- contract.Model -------------------------------------------------------------------------------------------

    def ask(self, request: Request) -> Outcome:
        """As `contract.Model.ask` says."""
        digest = self._key(request)
        flight, leads = self._join(digest)
        if not leads:
            return self._follow(flight, request)
        try:
            flight.reply = self._replies.get(digest)
            kept = self._parsed(request, flight.reply)
            if kept is not None:
                self._tally.kept()
                return kept
            flight.reply = None
            outcome = self._converse(request, digest, flight)
            if isinstance(outcome, Refusal):
                flight.refusal = outcome
            return outcome
        finally:
            with self._lock:
                del self._flights[digest]
            flight.done.set()

    def kept(self, request: Request) -> Reply | None:
        """As `contract.Model.kept` says. The ledger does not count it: nobody asked."""
        return self._parsed(request, self._replies.get(self._key(request)))

    def ledger(self) -> Ledger:
        """As `contract.Model.ledger` says."""
        return self._tally.ledger()

    def close(self) -> None:
        """As `contract.Model.close` says. Whoever waits for a reply is refused at once, as cancelled."""
        self.cancel()
        self._replies.close()

    # --- beside the contract --------------------------------------------------------------------------------------

    def cancel(self) -> None:
        """Refuses everybody from now on and breaks off what is on its way. Replies that are kept can still be read."""
        self._gate.shut(CANCELLED)
        self._budget.wake()
        self._transport.close()

    @property
    def problem(self) -> str:
        """Why replies cannot be kept, if so: a build should warn of it, since it will pay for them again."""
        return self._replies.problem

    @property
    def form(self) -> dialects.Format:
        """The form of structured output that the server is asked in, as far as is known by now."""
        return self._dialect.form

    def models(self) -> list[str]:
        """Names of the models that the server lists; empty if it does not say."""
        try:
            listed = wire.models(self._transport.get("/models"))
        except Faulted:
            return []
        return [self._scrubbed(name) for name in listed]

    # --- kept replies and the same question twice -----------------------------------------------------------------

    def _key(self, request: Request) -> bytes:
        return replies.key(request, self._endpoint.host, self.name)

    @staticmethod
    def _parsed(request: Request, found: replies.Kept | None) -> Reply | None:
        """A reply of what is kept, if it is still good enough."""
        if found is None:
            return None
        try:
            value = request.parse(found.value)
        except Malformed:  # whoever asks has become stricter since
            return None
        return _unpaid(value, found)

    def _join(self, digest: bytes) -> tuple[_Flight, bool]:
        """The flight of a question, and whether the caller is the one to ask it."""
        with self._lock:
            flight = self._flights.get(digest)
            if flight is not None:
                return flight, False
            flight = self._flights[digest] = _Flight()
            return flight, True

    def _follow(self, flight: _Flight, request: Request) -> Outcome:
        """What came of the same question, asked by another thread."""
        flight.done.wait()
        if flight.reply is None:
            return replace(flight.refusal or CANCELLED, calls=0)
        try:
            value = request.parse(flight.reply.value)
        except Malformed as error:
            return Refusal(kind="rejected", reason=f"the reply was not usable: {error}")
        self._tally.kept()
        return _unpaid(value, flight.reply)

    # --- asking ---------------------------------------------------------------------------------------------------

    def _converse(self, request: Request, digest: bytes, flight: _Flight) -> Outcome:
        talk = _talk(request, digest)
        with self._lock:
            self._spare += self._retries.share
        while True:
            passed = self._gate.enter(talk.not_before)
            if isinstance(passed, Refusal):
                return replace(passed, calls=talk.calls)
            try:
                ready = self._ready(talk, flight)
            except BaseException:
                self._gate.abandon(passed)
                raise
            if not isinstance(ready, int):
                self._gate.abandon(passed)
                return ready
            outcome = self._attempt(talk, passed, ready, flight)
            if outcome is not None:
                return outcome

    def _ready(self, talk: _Talk, flight: _Flight) -> int | Outcome:
        """Picodollars set aside for the next call of a question, or what it ends with instead."""
        found = self._replies.get(talk.digest)  # kept by another process while we waited
        kept = self._parsed(talk.request, found)
        if kept is not None:
            flight.reply = found
            self._tally.kept()
            return kept
        worst = self._budget.worst(talk.counted + _BOUNDS, talk.size + _BOUNDS_BYTES, talk.allowed)
        reserved = self._budget.reserve(worst, lambda: self._gate.final is not None)
        if self._gate.final is not None:
            if reserved is not None:
                self._budget.settle(reserved, 0)
            return replace(self._gate.final, calls=talk.calls)
        if reserved is not None:
            return reserved
        return Refusal(kind="budget", reason="the cost cap is reached", calls=talk.calls)

    def _attempt(self, talk: _Talk, passed: Pass, reserved: int, flight: _Flight) -> Outcome | None:
        """One call; None if the question shall be asked again."""
        came = _Came("down", reserved)  # what stays of a call if something breaks off that nobody foresaw
        try:
            came = self._call(talk, reserved)
        finally:
            self._budget.settle(reserved, came.paid)
            fault = came.fault
            after = self._everybody_waits(talk, fault) if fault is not None else 0.0
            self._gate.leave(passed, came.effect, why=fault.cause if fault is not None else "", after=after)
        if came.kept is not None:
            flight.reply = came.kept
            return Reply(
                value=came.value,
                model=came.kept.model,
                tokens_in=came.kept.tokens_in,
                tokens_out=came.kept.tokens_out,
                usd=money.dollars(talk.paid),
                kept=False,
                calls=talk.calls,
            )
        return None if fault is None else self._judged(talk, fault, passed)

    def _call(self, talk: _Talk, reserved: int) -> _Came:
        """Asks the server once."""
        used = self._dialect
        asked = wire.body(talk.request, self.name, used, allowed=talk.allowed, hint=talk.hint)
        talk.calls += 1
        self._tally.call()
        try:
            answer = wire.answer(*self._transport.post(wire.encoded(asked), talk.allowed))
        except Faulted as error:
            fault = replace(error.fault, said=self._scrubbed(error.fault.said))
            self._tally.fault(fault.kind)
            if self._learned(used, fault):
                return _Came("alive", 0)
            if fault.traits.paid:
                talk.paid += reserved
                self._tally.lost(reserved)
            return _Came(_effect(fault), reserved if fault.traits.paid else 0, fault)
        usage, paid = self._charged(talk, answer, used, reserved)
        talk.paid += paid
        return self._came(talk, answer, used, usage, paid)

    def _came(self, talk: _Talk, answer: wire.Answer, used: Dialect, usage: Usage, paid: int) -> _Came:
        """A reply that was charged, judged by whether it can be used; kept if so."""
        fault = answer.fault
        if fault is None or talk.may_be_cut(fault):
            try:
                value = wire.decoded(answer.text) if fault is None else cut.whole(answer.text)
                parsed = talk.request.parse(value)
            except ValueError as error:
                said = faults.one_line(str(error))
                fault = Fault(kind="bad_json", cause="the reply holds no JSON that can be read", said=said)
            except Malformed as error:
                said = faults.one_line(str(error), 300)
                fault = fault or Fault(kind="malformed", cause="the reply is not what was asked for", said=said)
            else:
                if fault is not None:
                    self._tally.fault(fault.kind)
                    self._bind(used, fault)
                model = answer.model or shown(self.name)
                kept = replies.Kept(value=value, model=model, tokens_in=usage.tokens_in, tokens_out=usage.tokens_out)
                self._replies.put(talk.digest, kept)
                self._worked(used)
                return _Came("ok", paid, kept=kept, value=parsed)
        self._tally.fault(fault.kind)
        if fault.kind in _MISFITS:
            self._misfit(used)
        self._bind(used, fault)
        return _Came("ok", paid, fault)

    def _charged(self, talk: _Talk, answer: wire.Answer, used: Dialect, reserved: int) -> tuple[Usage, int]:
        """The tokens that count for an answer, and picodollars."""
        # A schema may be part of the prompt or not: it is left out to doubt a report, and counted where there is none.
        unreported = talk.counted + _ROLES - (0 if talk.hint else _HINT)
        prompt = talk.text if answer.usage is not None else unreported
        counted = Usage(prompt, tokens.count(answer.text))
        usage = money.believable(answer.usage, counted, talk.size, talk.allowed)
        if usage is None:  # it reports more than can be: the worst case stays taken
            spent = money.cost(counted, self.prices)
            self._tally.paid(counted, spent)
            self._tally.lost(max(reserved - spent, 0))
            return counted, max(reserved, spent)
        if answer.usage is not None:
            self._budget.learn(usage, talk.counted, talk.allowed)
            if usage.tokens_out > talk.allowed:  # it may know the limit by its other name
                self._step(used, dialects.other_limit(used), for_good=False)
        spent = money.cost(usage, self.prices)
        self._tally.paid(usage, spent)
        return usage, spent

    # --- what a fault means ---------------------------------------------------------------------------------------

    def _judged(self, talk: _Talk, fault: Fault, passed: Pass) -> Refusal | None:
        """None if the question shall be asked again, prepared for that; or what it is refused with."""
        self.last_fault = fault
        traits = fault.traits
        if self._hopeless(fault):
            final = Refusal(kind="configuration", reason=fault.cause)
            self._gate.shut(final)
            return replace(final, calls=talk.calls)
        if not (passed.probe and traits.strain == "down"):  # whoever probes for all does not use up its own tries
            talk.seen[traits.refusal] = talk.seen.get(traits.refusal, 0) + 1
        spent = talk.seen.get(traits.refusal, 0) >= traits.tries or sum(talk.seen.values()) >= self._retries.tries
        if spent or not self._may_retry(passed):
            reason = fault.cause if traits.refusal != "rejected" else f"no usable reply came: {fault.cause}"
            return Refusal(kind=traits.refusal, reason=reason, calls=talk.calls)
        if traits.strain != "none" or traits.fatal:
            talk.not_before = self._clock.now() + self._backoff(talk, traits.refusal)
        self._prepare(talk, fault)
        return None

    def _prepare(self, talk: _Talk, fault: Fault) -> None:
        """Says what was wrong, so that a model that answers the same to the same does not."""
        if fault.kind == "circles":
            talk.hint = "Your last reply said the same again and again. Say each thing once, then stop."
        elif fault.kind == "length":
            talk.hint = "Your last reply was cut because it was too long. Be much shorter."
            talk.allowed = 2 * talk.request.max_tokens
        elif fault.kind in _MISFITS:
            detail = f": {fault.said}" if fault.said else ""
            talk.hint = f"Your last reply could not be used{detail}. Reply again, with JSON that fits the schema."

    def _hopeless(self, fault: Fault) -> bool:
        """Whether nothing further is worth asking: at once where the server never answered, else after three faults."""
        with self._lock:
            if not fault.traits.fatal and not (fault.kind in _ODD and not self._answered):
                self._hopes = 0
                return False
            self._hopes += 1
            if fault.traits.fatal and not self._answered:
                return True
            return self._hopes >= _ROW

    def _may_retry(self, passed: Pass) -> bool:
        """Takes one retry from what is left for the whole build; a probe takes none, since it asks for all."""
        if passed.probe:
            return True
        with self._lock:
            if self._spare < 1:
                return False
            self._spare -= 1
            return True

    def _everybody_waits(self, talk: _Talk, fault: Fault) -> float:
        """Seconds during which nobody asks: as the server says, or a while if it does not say how long."""
        if fault.after > 0:
            return fault.after + self._chance.uniform(0.01, 0.1)
        return self._backoff(talk, "outage") if fault.kind == "rate_limited" else 0.0

    def _backoff(self, talk: _Talk, refusal: str) -> float:
        longest: float = min(0.5 * 2 ** talk.seen.get(refusal, 0), _LONGEST_BACKOFF)
        return longest * self._chance.uniform(0.5, 1.0)

    def _scrubbed(self, text: str) -> str:
        return text.replace(self._endpoint.key, "***") if self._endpoint.key else text

    # --- how the server wants to be asked -------------------------------------------------------------------------

    def _learned(self, used: Dialect, fault: Fault) -> bool:
        """Whether the fault was about how was asked, and the next call will be asked otherwise."""
        if fault.kind not in ("bad_request", "server_error"):
            return False
        return self._step(used, dialects.after(used, fault))

    def _step(self, used: Dialect, wanted: Dialect | None, *, for_good: bool = True) -> bool:
        """Goes over to another dialect. One that was left for good is never taken up again."""
        with self._lock:
            if used != self._dialect:  # another thread has learned it meanwhile
                return wanted is not None
            if wanted is None or wanted in self._left:
                return False
            if for_good:
                self._left.add(used)
            self._dialect = wanted
            self._fits = False
            self._misfits = 0
            return True

    def _worked(self, used: Dialect) -> None:
        with self._lock:
            self._answered = True
            self._hopes = 0
            self._fits = self._fits or used == self._dialect

    def _bind(self, used: Dialect, fault: Fault) -> None:
        """A model that does not find an end is given bounds from then on, if its server can."""
        if fault.kind in ("length", "circles"):
            self._step(used, dialects.bounded(used), for_good=False)

    def _misfit(self, used: Dialect) -> None:
        """A server may take a form of structured output and not keep to it: then the next plainer one is tried."""
        with self._lock:
            self._answered = True
            self._misfits += 1
            tell = not self._fits and self._misfits >= _ROW - 1
        if tell:
            self._step(used, dialects.plainer(used))


def _talk(request: Request, digest: bytes) -> _Talk:
    schema = wire.in_words(request.schema)
    text = tokens.count(request.system) + tokens.count(request.prompt)
    size = sum(len(part.encode("utf-8", "replace")) for part in (request.system, request.prompt, schema))
    return _Talk(
        request=request,
        digest=digest,
        text=text,
        counted=text + tokens.count(schema) + _HINT,
        size=size + _HINT_BYTES,
        allowed=request.max_tokens,
    )


def _unpaid(value: object, kept: replies.Kept) -> Reply:
    return Reply(
        value=value, model=kept.model, tokens_in=kept.tokens_in, tokens_out=kept.tokens_out, usd=0.0, kept=True, calls=0
    )


def _effect(fault: Fault) -> Effect:
    strain = fault.traits.strain
    return "alive" if strain == "none" else strain
