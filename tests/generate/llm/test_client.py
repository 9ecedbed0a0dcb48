from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest

from doctown.generate.llm.client import Client, Retries
from doctown.generate.llm.contract import Model, Refusal, Reply
from doctown.generate.llm.gate import FAILURES, Patience
from doctown.testing.behaviour import Behaviour, spread
from tests.generate.llm.asking import choosy, patient, question
from tests.generate.llm.contract import ModelContract

KEY = "sk-do-not-show-0123456789"


class TestClient(ModelContract):
    @pytest.fixture
    def model(self, client_of, model_server) -> Model:
        return client_of(model_server().url)

    @pytest.fixture
    def capped(self, client_of, model_server) -> Model:
        return client_of(model_server().url, cap=1e-7)


def ask_many(client: Client, number: int, first: int = 0) -> list[Reply | Refusal]:
    with ThreadPoolExecutor(client.concurrency) as pool:
        return list(pool.map(client.ask, [question(one) for one in range(first, first + number)]))


# --- faults that pass -----------------------------------------------------------------------------------------------

PASSING = {
    "rate_limit": "rate_limited", "rate_limit_after": "rate_limited", "rate_limit_date": "rate_limited",
    "server_error": "server_error", "overloaded": "server_error", "bad_gateway": "gateway", "reset": "reset",
    "truncated": "truncated", "blank": "blank", "empty_body": "not_json", "length": "length", "bad_json": "bad_json",
    "html": "html", "wrong_types": "malformed", "foreign_id": "malformed", "repeated_id": "malformed",
    "missing_id": "malformed", "refusal": "refusal", "content_filter": "content_filter", "oversize": "oversize",
    "not_completion": "not_json",
}  # fmt: skip


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_is_asked_again(fault, client_of, model_server) -> None:
    """One bad answer costs one more call and no documentation; it is named in the ledger."""
    server = model_server(script=[fault], retry_after=0.05)
    client = client_of(server.url)
    reply = client.ask(question())
    assert isinstance(reply, Reply)
    assert reply.calls == 2
    assert client.ledger().faults == {PASSING[fault]: 1}
    assert server.ledger()["calls"] == 2


def test_a_reply_in_circles_is_used_as_far_as_it_got(client_of, model_server) -> None:
    """What a small model said before it began to repeat itself was paid for: it is used, each thing once, and not
    asked for again with more room for more of the same."""
    server = model_server(script=["circles"])
    client = client_of(server.url)
    reply = client.ask(patient(question(items=4)))
    assert isinstance(reply, Reply)
    assert reply.calls == 1
    assert client.ledger().faults == {"circles": 1}
    assert 0 < len(reply.value) < 4
    assert client_of(server.url).ask(patient(question(items=4))).value == reply.value


@pytest.mark.parametrize("rejects", [[], ["maxLength"]])
def test_a_model_that_finds_no_end_is_given_bounds(rejects, client_of, model_server) -> None:
    """From the first reply without an end the schema says how long a text may be, unless the server rejects that."""
    server = model_server(script=["circles"], rejects=rejects)
    client = client_of(server.url)
    assert isinstance(client.ask(patient(question(items=4))), Reply)
    for number in range(1, 4):
        assert isinstance(client.ask(question(number)), Reply)
    assert client.form == "json_schema"
    assert server.ledger()["calls"] == 4 + len(rejects)


def test_a_reply_in_circles_without_anything_whole_is_asked_once_more(client_of, model_server) -> None:
    """More tries of a question that a model cannot answer only cost more."""
    server = model_server(faults={"circles": 1.0})
    refusal = client_of(server.url).ask(choosy(question()))
    assert isinstance(refusal, Refusal)
    assert "again and again" in refusal.reason
    assert server.ledger()["calls"] == 2


def test_a_second_cut_reply_is_used_as_far_as_it_got(client_of, model_server) -> None:
    """A reply that is cut with twice the room too is taken for what is whole in it."""
    server = model_server(script=["length", "length"])
    client = client_of(server.url)
    reply = client.ask(patient(question(items=4)))
    assert isinstance(reply, Reply)
    assert reply.calls == 2
    assert 0 < len(reply.value) < 4


@pytest.mark.parametrize("fault", ["wrong_usage", "no_usage", "prose"])
def test_an_oddity_costs_nothing(fault, client_of, model_server) -> None:
    """A reply without sensible usage, or wrapped in prose, is used; tokens are then counted by ourselves."""
    client = client_of(model_server(script=[fault]).url)
    reply = client.ask(question())
    assert isinstance(reply, Reply)
    assert reply.calls == 1
    assert 100 < reply.tokens_in < 400
    assert 20 < reply.tokens_out < 400
    assert reply.usd == pytest.approx((reply.tokens_in * 0.15 + reply.tokens_out * 0.6) / 1e6)


def test_a_server_that_hangs_is_given_up(client_of, model_server, monkeypatch) -> None:
    """A call that is not answered in its time is broken off and tried again."""
    monkeypatch.setattr("doctown.generate.llm.transport.patience", lambda allowed, *, local: 0.3)
    client = client_of(model_server(script=["timeout"], hang=5.0).url)
    reply = client.ask(question())
    assert isinstance(reply, Reply)
    assert client.ledger().faults == {"timeout": 1}


def test_what_may_have_been_charged_counts_against_the_cap(client_of, model_server) -> None:
    """A reply that broke off on the way was paid for at the server: its worst case is in the ledger, apart."""
    server = model_server(script=["truncated"])
    client = client_of(server.url)
    client.ask(question())
    ledger = client.ledger()
    assert ledger.usd_lost > 0
    assert server.ledger()["usd"] <= ledger.usd + ledger.usd_lost


def test_a_rejected_reply_is_in_the_price_of_the_accepted_one(client_of, model_server) -> None:
    """What could not be used was paid for all the same."""
    server = model_server(script=["bad_json"])
    reply = client_of(server.url).ask(question())
    assert isinstance(reply, Reply)
    assert reply.usd == pytest.approx(server.ledger()["usd"])


def test_retry_after_is_never_undercut(client_of, model_server) -> None:
    """No thread comes back before the moment that the server named, in seconds or as a date."""
    script = ["ok"] * 6 + ["rate_limit_after"] + ["ok"] * 6 + ["rate_limit_after", "ok", "ok", "ok", "rate_limit_date"]
    server = model_server(script=script, retry_after=1.2)
    outcomes = ask_many(client_of(server.url, speed=1.0), 24)
    assert all(isinstance(outcome, Reply) for outcome in outcomes)
    ledger = server.ledger()
    assert ledger["faults"] == {"rate_limit_after": 2, "rate_limit_date": 1}
    assert ledger["retry_after_undercut"] == 0


def test_a_server_that_asks_to_wait_for_hours_is_not_waited_for(client_of, model_server) -> None:
    """A build does not hang because a server names a far moment; nor does it ask before that."""
    server = model_server(script=["rate_limit_after"] * 9, retry_after=7200.0)
    client = client_of(server.url)
    assert client.ask(question()).kind == "outage"
    assert client.ask(question(1)).kind == "outage"
    assert server.ledger()["calls"] == 1


def test_a_third_of_faults_costs_little_more(client_of, model_server) -> None:
    """With 30 % of faults of all kinds at most 1.6 times the calls, and every question documented or refused."""
    server = model_server(faults=spread(0.3), retry_after=0.02, seed=11)
    client = client_of(server.url)
    outcomes = ask_many(client, 150)
    replies = [outcome for outcome in outcomes if isinstance(outcome, Reply)]
    assert len(replies) >= 147
    assert all(outcome.reason for outcome in outcomes if isinstance(outcome, Refusal))
    assert server.ledger()["calls"] <= 1.6 * 150
    assert server.ledger()["calls"] == client.ledger().calls
    for number, outcome in enumerate(outcomes):
        if isinstance(outcome, Reply):
            assert set(outcome.value) == {f"s{number}_0", f"s{number}_1"}


def test_retries_run_out_for_the_whole_build(client_of, model_server) -> None:
    """A server that fails most of the time is not asked without end: retries come out of one purse."""
    server = model_server(faults={"bad_json": 0.9}, seed=2)
    client = client_of(server.url, retries=Retries(spare=5, share=0.5))
    ask_many(client, 40)
    assert server.ledger()["calls"] <= 40 + 5 + 20


# --- faults that last -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["auth", "forbidden", "quota", "unknown_model", "redirect", "not_found"])
def test_what_cannot_get_better_costs_one_call(fault, client_of, model_server) -> None:
    """With a bad key, address or model all questions are refused after a single call, however many ask at once."""
    server = model_server(faults={fault: 1.0})
    client = client_of(server.url)
    outcomes = ask_many(client, 20)
    assert {outcome.kind for outcome in outcomes} == {"configuration"}
    assert server.ledger()["calls"] == 1
    assert sum(outcome.calls for outcome in outcomes) == 1


def test_a_web_page_in_place_of_a_server_is_noticed(client_of, model_server) -> None:
    """An address that answers with a web page from the start is the wrong one: three calls say so."""
    server = model_server(faults={"html": 1.0})
    outcomes = ask_many(client_of(server.url), 20)
    assert {outcome.kind for outcome in outcomes} == {"configuration"}
    assert server.ledger()["calls"] == 3


def test_a_key_that_worked_is_given_another_chance(client_of, model_server) -> None:
    """A single rejection in the middle of a build is a hiccup, three in a row are the end."""
    server = model_server(script=["ok", "auth", "ok", "auth", "auth", "auth"])
    client = client_of(server.url)
    assert isinstance(client.ask(question(0)), Reply)
    assert isinstance(client.ask(question(1)), Reply)
    assert client.ask(question(2)).kind == "configuration"
    assert client.ask(question(3)) == Refusal(kind="configuration", reason="the server does not accept the key")
    assert server.ledger()["calls"] == 6


@pytest.mark.parametrize(("fault", "kind"), [("context", "too_long"), ("input_filter", "filtered")])
def test_what_is_wrong_with_one_question_is_no_reason_to_stop(fault, kind, client_of, model_server) -> None:
    """A prompt that does not fit, or that a filter stops, is refused at once and alone."""
    server = model_server(script=[fault])
    client = client_of(server.url)
    assert client.ask(question()).kind == kind
    assert isinstance(client.ask(question(1)), Reply)
    assert server.ledger()["calls"] == 2


def test_an_overflow_of_the_context_is_told_by_a_real_limit(client_of, model_server) -> None:
    """The server's own count decides."""
    client = client_of(model_server(context=300).url)
    assert client.ask(question(items=12)).kind == "too_long"


def test_a_refusing_model_is_asked_twice(client_of, model_server) -> None:
    """A model that will not answer is believed the second time."""
    server = model_server(faults={"refusal": 1.0})
    refusal = client_of(server.url).ask(question())
    assert (refusal.kind, refusal.calls) == ("filtered", 2)


# --- outages --------------------------------------------------------------------------------------------------------


def test_an_outage_is_waited_for(client_of, model_server) -> None:
    """When the server comes back, questions go on; meanwhile one at a time finds out whether it has."""
    server = model_server()
    client = client_of(server.url, speed=100.0)
    assert isinstance(client.ask(question(0)), Reply)
    before = server.ledger()["calls"]
    server.behaviour = Behaviour(faults={"overloaded": 1.0})
    back = threading.Timer(0.5, lambda: setattr(server, "behaviour", Behaviour()))
    back.start()
    outcomes = ask_many(client, 40, first=1)
    back.join()
    assert all(isinstance(outcome, Reply) for outcome in outcomes)
    failed = server.ledger()["calls"] - before - 40
    assert failed < FAILURES + 8 + 12  # those that open the breaker, those on their way, and a few probes


def test_an_outage_that_does_not_end_is_not_waited_for_by_everybody(client_of, model_server) -> None:
    """After the patience for an outage all questions are refused at once: a build ends, and says why."""
    server = model_server(faults={"server_error": 1.0})
    client = client_of(server.url, speed=100.0, patience=Patience(outage=60, unseen=20))
    started = time.monotonic()
    outcomes = ask_many(client, 200)
    assert time.monotonic() - started < 5
    assert {outcome.kind for outcome in outcomes} == {"outage"}
    assert server.ledger()["calls"] < 40


def test_a_refused_connection_is_an_outage(client_of, model_server) -> None:
    """A server that is not there is named as such."""
    server = model_server()
    server.close()
    refusal = client_of(server.url).ask(question())
    assert refusal.kind == "outage"
    assert "refused" in refusal.reason


# --- concurrency ----------------------------------------------------------------------------------------------------


def test_never_more_at_a_time_than_allowed(client_of, model_server) -> None:
    """`MAX_CONCURRENT_REQUESTS` is a limit on calls, however many threads ask; and it is made use of."""
    server = model_server(latency=0.02)
    client = client_of(server.url, concurrency=4)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(client.ask, [question(number) for number in range(40)]))
    assert server.ledger()["most_at_a_time"] == 4


def test_a_closed_client_lets_everybody_go(client_of, model_server) -> None:
    """Whoever waits for a reply or for a moment to ask is released at once, not when the server has answered."""
    server = model_server(faults={"timeout": 1.0}, hang=30.0)
    client = client_of(server.url, concurrency=2)
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(client.ask, question(number)) for number in range(6)]
        while not server.ledger()["calls"]:
            time.sleep(0.01)
        started = time.monotonic()
        client.close()
        outcomes = [future.result(timeout=10) for future in asked]
    assert time.monotonic() - started < 3
    assert {outcome.kind for outcome in outcomes} == {"cancelled"}


# --- how a server wants to be asked ---------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["json_object", "text"])
def test_a_server_without_schemas_is_asked_in_words(form, client_of, model_server) -> None:
    """Structured output falls back step by step, once for all questions, and the schema goes into the prompt."""
    forms = {"json_object": ("json_object", "text"), "text": ("text",)}[form]
    server = model_server(forms=forms)
    client = client_of(server.url)
    outcomes = ask_many(client, 10)
    assert all(isinstance(outcome, Reply) for outcome in outcomes)
    assert client.form == form
    assert server.ledger()["calls"] == 10 + (3 - len(forms))


def test_a_server_that_ignores_schemas_is_asked_in_words(client_of, model_server) -> None:
    """A server may take a schema and answer prose: then it is told in words what is wanted."""
    server = model_server(ignores_forms=True)
    client = client_of(server.url)
    outcomes = [client.ask(question(number)) for number in range(3)]
    assert isinstance(outcomes[-1], Reply)
    assert client.form == "text"


@pytest.mark.parametrize("rejected", ["max_tokens", "temperature", "seed"])
def test_a_parameter_that_is_rejected_is_left_out(rejected, client_of, model_server) -> None:
    """What a server does not take is not sent a second time."""
    server = model_server(rejects=[rejected])
    client = client_of(server.url)
    assert all(isinstance(outcome, Reply) for outcome in ask_many(client, 5))
    assert server.ledger()["calls"] == 6


def test_models_that_think_are_asked_as_they_want_it(client_of, model_server) -> None:
    """What such models are known to reject costs no call."""
    server = model_server(model="gpt-5-nano", rejects=["max_tokens", "temperature", "seed"])
    reply = client_of(server.url, model="gpt-5-nano").ask(question())
    assert isinstance(reply, Reply)
    assert reply.calls == 1


# --- kept replies ---------------------------------------------------------------------------------------------------


def test_replies_are_kept_between_clients(client_of, model_server) -> None:
    """The next build, another process, pays nothing for what was answered; nor does it through another port."""
    server, other = model_server(), model_server()
    first = ask_many(client_of(server.url), 5)
    again = ask_many(client_of(other.url), 5)
    assert [reply.value for reply in again] == [reply.value for reply in first]
    assert all(reply.kept for reply in again)
    assert other.ledger()["calls"] == 0


def test_another_model_or_prompt_or_schema_is_asked_anew(client_of, model_server) -> None:
    """A reply is only ever used for exactly what was asked."""
    server = model_server()
    client = client_of(server.url)
    client.ask(question())
    changes = [{"prompt": question().prompt + "\n"}, {"system": "Document."}, {"schema_name": "other"}]
    schema = {**question().schema, "description": "symbols"}
    for change in [*changes, {"schema": schema}]:
        assert client.kept(replace(question(), **change)) is None
    assert client.kept(replace(question(), max_tokens=999, purpose="repair")) is not None
    assert client_of(server.url, model="other").kept(question()) is None


def test_a_reply_that_cannot_be_used_is_not_kept(client_of, model_server) -> None:
    """Nothing truncated, blank or malformed is ever served from the cache."""
    server = model_server(faults={"length": 0.5, "missing_id": 0.5})
    assert isinstance(client_of(server.url).ask(question()), Refusal)
    assert client_of(server.url).kept(question()) is None


def test_a_parser_that_breaks_is_no_deadlock(client_of, model_server) -> None:
    """A defect in whoever asks is theirs to see, and nobody else waits for it for ever."""
    client = client_of(model_server().url)

    def parse(value: object) -> object:
        raise ZeroDivisionError

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            client.ask(replace(question(), parse=parse))
    assert isinstance(client.ask(question(1)), Reply)


# --- secrets --------------------------------------------------------------------------------------------------------


def test_the_key_is_sent_and_never_said(client_of, model_server) -> None:
    """The key reaches the server; no refusal, ledger or representation holds it, even if the server repeats it."""
    server = model_server(key=KEY)
    client = client_of(server.url, key=KEY)
    assert isinstance(client.ask(question()), Reply)
    wrong = client_of(server.url, key="sk-wrong-one")
    refusal = wrong.ask(question(1))
    said = repr((refusal, wrong.ledger(), wrong.last_fault, client._endpoint, vars(client)))
    assert refusal.kind == "configuration"
    assert KEY not in said
    assert "sk-wrong-one" not in said


def test_a_key_that_the_server_repeats_is_struck_out(client_of) -> None:
    """Servers quote the key that they reject; what is shown of their words does not hold it."""
    body = {"error": {"message": f"Incorrect API key provided: {KEY}.", "code": "invalid_api_key"}}
    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(401, json=body)))
    client = client_of("http://127.0.0.1:1/v1", key=KEY, http=http)
    assert client.ask(question()).kind == "configuration"
    assert client.last_fault is not None
    assert "Incorrect API key provided: ***" in client.last_fault.said
    assert KEY not in repr(client.last_fault)
