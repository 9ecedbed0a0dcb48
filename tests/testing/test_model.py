from __future__ import annotations

import json

import httpx
import pytest

from doctown.errors import InputError
from doctown.generate.llm import pretend
from doctown.testing.behaviour import KINDS, PASSING, Behaviour, spread
from tests.generate.llm.asking import SCHEMA, good, question


def ask(url: str, prompt: str = "### id: a\ndef load_it(pathName):", **changes: object) -> httpx.Response:
    asked = {"model": "test-model", "messages": [{"role": "user", "content": prompt}], "max_tokens": 500}
    form = {"type": "json_schema", "json_schema": {"name": "items", "schema": SCHEMA}}
    return httpx.post(f"{url}/chat/completions", json=asked | {"response_format": form} | changes, trust_env=False)


def test_the_same_prompt_has_the_same_reply(model_server) -> None:
    """A build against this server can be repeated, on another day and another port."""
    first, second = ask(model_server().url), ask(model_server().url)
    assert first.content == second.content
    content = json.loads(first.json()["choices"][0]["message"]["content"])
    assert [item["id"] for item in content["items"]] == ["a"]


def test_its_replies_are_never_another_models(model_server) -> None:
    """A question to a model by another name is refused, so nothing made up is kept under that name."""
    assert ask(model_server().url, model="gpt-5-nano").status_code == 404


def test_the_ledger_is_what_the_replies_said(model_server) -> None:
    """What it says was paid is the sum of the usage that it reported."""
    server = model_server(price_in=1.0, price_out=2.0)
    usages = [ask(server.url, f"### id: a{n}").json()["usage"] for n in range(3)]
    ledger = httpx.get(server.url.removesuffix("/v1") + "/ledger", trust_env=False).json()
    assert ledger == server.ledger()
    assert ledger["tokens_in"] == sum(usage["prompt_tokens"] for usage in usages)
    assert ledger["usd"] == pytest.approx((ledger["tokens_in"] + 2 * ledger["tokens_out"]) / 1e6)
    assert (ledger["calls"], ledger["repaid_calls"]) == (3, 0)
    ask(server.url, "### id: a0")
    assert server.ledger()["repaid_calls"] == 1


def test_it_keeps_to_the_limit_of_a_reply(model_server) -> None:
    """A reply is cut at the tokens allowed, and says so."""
    choice = ask(model_server().url, max_tokens=9).json()["choices"][0]
    assert choice["finish_reason"] == "length"


def test_a_seed_decides_which_calls_go_wrong() -> None:
    """A run with faults can be repeated, whatever the order in which threads ask."""
    one, other = Behaviour(faults=spread(0.3), seed=1), Behaviour(faults=spread(0.3), seed=2)
    questions = [b"%d" % number for number in range(2000)]
    met = [one.fault(9, asked, 0) for asked in questions]
    assert met == [one.fault(number, asked, 0) for number, asked in enumerate(questions)]
    assert met != [other.fault(9, asked, 0) for asked in questions]
    assert set(met) == {"", *PASSING}
    assert 0.27 < sum(map(bool, met)) / 2000 < 0.33


@pytest.mark.parametrize(
    "wrong", [{"faults": {"nonsense": 0.1}}, {"script": ["nonsense"]}, {"faults": {"blank": 1.5}}, {"invent": -1.0}]
)
def test_a_fault_that_there_is_not_is_refused(wrong) -> None:
    """A slip of the finger does not make a test pass that tests nothing."""
    with pytest.raises(InputError):
        Behaviour(**wrong)


@pytest.mark.parametrize("fault", [kind for kind in KINDS if kind not in ("timeout", "oversize")])
def test_every_fault_is_one(fault, model_server) -> None:
    """No kind that is listed is answered like a good question."""
    server = model_server(script=[fault], retry_after=0.01)
    whole = ask(model_server().url).content
    try:
        response = ask(server.url)
    except httpx.TransportError:
        assert fault in ("reset", "truncated")
        return
    assert response.status_code != 200 or response.content != whole
    assert server.ledger()["faults"] == {fault: 1}


def test_a_port_that_is_taken_is_named(model_server) -> None:
    """The cause is one line with a mend."""
    from doctown.testing.model import ModelServer

    with pytest.raises(InputError, match="--port"):
        ModelServer(port=model_server().port)


def test_a_share_of_identifiers_is_invented_on_request() -> None:
    """Whoever checks replies against the source can be shown replies that need it; otherwise nothing is made up."""
    prompts = [question(number, items=5).prompt for number in range(40)]

    def invented(share: float) -> float:
        names = [
            (name in prompt)
            for prompt in prompts
            for item in pretend.reply(prompt, SCHEMA, invent=share)["items"]
            for name in (word.strip("`.,") for word in item["summary"].split() if word.startswith("`"))
        ]
        return names.count(False) / len(names)

    assert invented(0.0) == 0.0
    assert 0.1 < invented(0.2) < 0.3


def test_any_schema_is_filled_in() -> None:
    """Enumerations, alternatives, references, bounds and nesting are respected."""
    schema = {
        "type": "object",
        "$defs": {"line": {"type": "integer", "minimum": 3, "maximum": 9}},
        "properties": {
            "cite": {"enum": ["1", "2"]},
            "start_line": {"$ref": "#/$defs/line"},
            "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "nullable": {"type": ["null", "boolean"]},
            "nothing": {"type": "null"},
            "fixed": {"const": 4},
            "many": {"type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "number"}},
            "none": {"type": "array", "maxItems": 0, "items": {"type": "string"}},
            "short": {"type": "string", "maxLength": 5},
            "inner": {"type": "object", "properties": {"items": {"type": "array", "items": {"type": "string"}}}},
        },
    }
    value = pretend.reply("7: def load_it(pathName):", schema)
    assert value["cite"] in ("1", "2")
    assert value["start_line"] == 7
    assert isinstance(value["maybe"], str)
    assert isinstance(value["nullable"], bool)
    assert (value["nothing"], value["fixed"], value["none"]) == (None, 4, [])
    assert len(value["many"]) == 4
    assert len(value["short"]) <= 5
    assert 1 <= len(value["inner"]["items"]) <= 3


def test_subjects_are_found_by_their_lines() -> None:
    """What a prompt introduces as a subject is what a reply answers about, in order."""
    assert pretend.ids(question(3).prompt) == ["s3_0", "s3_1"]
    assert [item["id"] for item in good(question(3))["items"]] == ["s3_0", "s3_1"]
