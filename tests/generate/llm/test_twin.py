from __future__ import annotations

import pytest

from doctown.generate.llm.contract import Model, Refusal, Reply
from doctown.generate.llm.twin import Twin
from tests.generate.llm.asking import good, question
from tests.generate.llm.contract import ModelContract


class TestTwin(ModelContract):
    @pytest.fixture
    def model(self) -> Model:
        return Twin()

    @pytest.fixture
    def capped(self) -> Model:
        return Twin(cap=1e-9)


def test_a_script_is_answered_in_order() -> None:
    """A test can say what the model says: replies one after the other, the last for ever, refusals among them."""
    twin = Twin([Refusal(kind="outage", reason="away"), {"nonsense": 1}, good(question())])
    assert twin.ask(question()) == Refusal(kind="outage", reason="away", calls=1)
    reply = twin.ask(question())
    assert isinstance(reply, Reply)
    assert reply.calls == 2
    assert [request.purpose for request in twin.requests] == ["symbols"] * 3
    assert twin.ledger().faults == {"malformed": 1, "outage": 1}


def test_the_same_question_has_the_same_reply_anywhere() -> None:
    """Twins are deterministic: two of them say the same."""
    assert Twin().ask(question()) == Twin().ask(question())


def test_replies_use_words_of_the_prompt() -> None:
    """What the twin writes passes for documentation that is checked against its source."""
    reply = Twin().ask(question())
    assert isinstance(reply, Reply)
    for identity, summary in reply.value.items():
        names = {word.strip("`.,") for word in summary.split() if word.startswith("`")}
        assert names
        assert names <= {f"load_{identity}", "other_call", "pathName"}
