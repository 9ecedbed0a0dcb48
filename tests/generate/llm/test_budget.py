from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from doctown.generate.llm.budget import Budget, Usage, believable, cost
from doctown.generate.llm.contract import Prices, Refusal, Reply
from doctown.generate.llm.twin import Twin
from doctown.testing.behaviour import spread
from tests.generate.llm.asking import good, question

PRICES = Prices(tokens_in=0.15, tokens_out=0.60)


def never() -> bool:
    return False


def test_a_price_is_exact() -> None:
    """No sum of prices is off by a rounding: amounts are whole picodollars."""
    assert cost(Usage(1_000_000, 0), PRICES) == 150_000_000_000
    assert cost(Usage(1, 1), PRICES) == 750_000


def test_what_is_set_aside_cannot_be_spent_by_another() -> None:
    """Two calls that fit one by one and not together are not both made."""
    budget = Budget(1.5e-6, Prices(tokens_in=1.0, tokens_out=1.0))
    assert budget.reserve(Usage(1, 0), never) is not None
    assert budget.reserve(Usage(1, 0), lambda: True) is None


def test_whoever_does_not_fit_waits_for_what_is_on_its_way() -> None:
    """A call costs less than its worst case, so the next one may fit when it is back."""
    budget = Budget(1.5e-6, Prices(tokens_in=1.0, tokens_out=1.0))
    first = budget.reserve(Usage(1, 0), never)
    assert first is not None
    threading.Timer(0.05, budget.settle, (first, 0)).start()
    assert budget.reserve(Usage(1, 0), never) is not None


def test_until_the_server_has_shown_how_it_counts_bytes_are_tokens() -> None:
    """A tokenizer that we do not know makes at most a token of a byte."""
    budget = Budget(1.0, PRICES)
    assert budget.worst(100, 400, 50).tokens_in >= 400
    budget.learn(Usage(120, 40), 100, 50)
    assert 120 <= budget.worst(100, 400, 50).tokens_in < 250


def test_a_server_that_goes_beyond_is_reckoned_with() -> None:
    """What was charged beyond the limit once is set aside for every later call."""
    budget = Budget(1.0, PRICES)
    budget.learn(Usage(100, 150), 100, 50)
    assert budget.worst(100, 400, 50).tokens_out >= 150


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        (None, Usage(90, 30)),
        (Usage(95, 28), Usage(95, 28)),
        (Usage(0, 0), Usage(90, 30)),
        (Usage(95, 900), Usage(95, 900)),  # hidden tokens of a model that thinks
        (Usage(10**9, 5), None),
        (Usage(95, 10**9), None),
    ],
)
def test_a_report_that_cannot_be_is_not_believed(reported: Usage | None, expected: Usage | None) -> None:
    """Too little counts as what we count, too much as the worst case, what may be as it is."""
    assert believable(reported, Usage(90, 30), 400, 50) == expected


def test_the_cap_holds_in_any_order() -> None:
    """Whatever calls cost, in whatever order they settle, the sum never passes the cap."""
    chance = random.Random(5)
    for _ in range(100):
        cap = chance.uniform(0, 50e-6)
        budget = Budget(cap, Prices(tokens_in=1.0, tokens_out=1.0))
        paid, open_calls = 0, []
        for _ in range(60):
            if open_calls and chance.random() < 0.5:
                reserved = open_calls.pop(chance.randrange(len(open_calls)))
                actual = chance.randint(0, reserved)
                paid += actual
                budget.settle(reserved, actual)
            else:
                reserved = budget.reserve(Usage(chance.randint(0, 9), chance.randint(0, 9)), lambda: True)
                if reserved is not None:
                    open_calls.append(reserved)
        assert (paid + sum(open_calls)) / 1e12 <= cap


def test_the_cap_is_never_exceeded_in_random_runs(client_of, model_server) -> None:
    """Runs with random caps, faults and numbers of threads, judged by the server's own ledger; and the cap is used."""
    chance = random.Random(9)
    for number in range(12):
        rate = chance.choice([0.0, 0.3])
        server = model_server(faults=spread(rate), retry_after=0.01, seed=number)
        cap = chance.uniform(0, 0.004)
        client = client_of(server.url, cap=cap, concurrency=chance.randint(1, 8))
        questions = [question(1000 * number + one) for one in range(30)]
        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(client.ask, questions))
        assert server.ledger()["usd"] <= cap
        ledger = client.ledger()
        assert ledger.usd + ledger.usd_lost <= cap
        refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal) and outcome.kind == "budget"]
        if refused and not rate:
            assert ledger.usd > cap - 0.0006  # less than two calls at their worst are left over


def test_a_twin_keeps_to_its_cap() -> None:
    """Tests of others can rely on it."""
    twin = Twin(good, cap=0.0008)
    outcomes = [twin.ask(question(number)) for number in range(20)]
    assert 0 < sum(isinstance(outcome, Reply) for outcome in outcomes) < 20
    assert twin.ledger().usd <= 0.0008
