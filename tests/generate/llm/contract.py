"""What every model keeps to, whoever answers: inherited by the tests of the client and of the twin."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from doctown.generate.llm.contract import Model, Refusal, Reply
from tests.generate.llm.asking import choosy, question


class ModelContract:
    """A subclass provides `model`, which answers well, and `capped`, which may spend nothing to speak of."""

    @pytest.fixture
    def model(self) -> Model:
        raise NotImplementedError

    @pytest.fixture
    def capped(self) -> Model:
        raise NotImplementedError

    def test_a_reply_is_what_the_parser_made_of_it(self, model: Model) -> None:
        """Whoever asks gets its own noun back, with what it cost."""
        reply = model.ask(question())
        assert isinstance(reply, Reply)
        assert set(reply.value) == {"s0_0", "s0_1"}
        assert (reply.kept, reply.calls) == (False, 1)
        assert reply.tokens_in > 0
        assert reply.tokens_out > 0
        expected = (reply.tokens_in * model.prices.tokens_in + reply.tokens_out * model.prices.tokens_out) / 1e6
        assert reply.usd == pytest.approx(expected)

    def test_the_same_question_is_paid_once(self, model: Model) -> None:
        """A reply is kept, costs nothing the second time, and is the same."""
        assert model.kept(question()) is None
        first = model.ask(question())
        second = model.ask(question())
        assert isinstance(first, Reply)
        assert isinstance(second, Reply)
        assert (second.kept, second.usd, second.calls) == (True, 0.0, 0)
        assert second.value == first.value
        assert model.kept(question()) == second
        ledger = model.ledger()
        assert (ledger.calls, ledger.kept) == (1, 1)

    def test_another_question_is_another_reply(self, model: Model) -> None:
        """Nobody gets the reply to what somebody else asked."""
        model.ask(question(1))
        assert model.kept(question(2)) is None
        reply = model.ask(question(2))
        assert isinstance(reply, Reply)
        assert set(reply.value) == {"s2_0", "s2_1"}

    def test_a_kept_reply_that_is_no_longer_good_enough_is_none(self, model: Model) -> None:
        """A parser that became stricter is not handed what it would reject."""
        model.ask(question())
        assert model.kept(choosy(question())) is None

    def test_what_cannot_be_used_is_asked_again_and_then_refused(self, model: Model) -> None:
        """Malformed replies end in a refusal with a reason, after more than one call, all of them in the ledger."""
        refusal = model.ask(choosy(question()))
        assert isinstance(refusal, Refusal)
        assert refusal.kind == "rejected"
        assert refusal.reason
        assert refusal.calls > 1
        ledger = model.ledger()
        assert ledger.calls == refusal.calls
        assert ledger.usd > 0
        assert ledger.faults == {"malformed": refusal.calls}
        assert model.kept(question()) is None

    def test_the_same_question_at_the_same_time_is_asked_once(self, model: Model) -> None:
        """Threads that ask the same wait for the one that asks."""
        start = threading.Barrier(4)

        def ask(_: int) -> object:
            start.wait()
            return model.ask(question())

        with ThreadPoolExecutor(4) as pool:
            replies = list(pool.map(ask, range(4)))
        assert all(isinstance(reply, Reply) for reply in replies)
        assert model.ledger().calls == 1
        assert sum(reply.usd > 0 for reply in replies) == 1

    def test_the_ledger_is_the_sum_of_the_replies(self, model: Model) -> None:
        """What a build says it paid is what it paid."""
        with ThreadPoolExecutor(4) as pool:
            replies = list(pool.map(model.ask, [question(number) for number in range(12)]))
        ledger = model.ledger()
        assert ledger.calls == sum(reply.calls for reply in replies) == 12
        assert ledger.tokens_in == sum(reply.tokens_in for reply in replies)
        assert ledger.usd == pytest.approx(sum(reply.usd for reply in replies))

    def test_beyond_the_cap_nothing_is_asked(self, capped: Model) -> None:
        """A call that could cost more than is left is refused before it is made."""
        refusal = capped.ask(question())
        assert isinstance(refusal, Refusal)
        assert (refusal.kind, refusal.calls) == ("budget", 0)
        assert capped.ledger().calls == 0
        assert capped.ledger().usd == 0

    def test_a_closed_model_is_asked_in_vain(self, model: Model) -> None:
        """Whoever asks after the end is told so; closing twice is allowed."""
        model.close()
        model.close()
        refusal = model.ask(question())
        assert isinstance(refusal, Refusal)
        assert refusal.kind == "cancelled"
