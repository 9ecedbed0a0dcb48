from __future__ import annotations

import json

import pytest

from doctown.generate.llm import dialect, wire
from doctown.generate.llm.budget import Usage
from doctown.generate.llm.faults import Fault, Faulted
from tests.generate.llm.asking import question


def completion(content: object = "{}", finish: object = "stop", usage: object = None, **message: object) -> bytes:
    choice = {"message": {"content": content, **message}, "finish_reason": finish}
    return json.dumps({"choices": [choice], "model": "m", "usage": usage}).encode()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('Here it is:\n\n```\n{"a": 1}\n```\nAnything else?', {"a": 1}),
        ('Sure! {"a": {"b": "}"}} Done.', {"a": {"b": "}"}}),
        ('<think>{"a": 2}</think>{"a": 1}', {"a": 1}),
        ("[1]", [1]),
    ],
)
def test_json_is_found_in_what_models_wrap_it_in(text: str, value: object) -> None:
    """Servers without structured output answer with fences, prose and thoughts around the JSON."""
    assert wire.decoded(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "no", '{"a": 1', '{"a": [1, 2}', "[" * 100_000, '{"a": NaN}', '{"a": "\\ud800"}', '{"a": 1e', "```{```"],
)
def test_what_is_no_json_is_none(text: str) -> None:
    """Broken, bottomless or unstorable JSON is a reason in words, never a crash."""
    with pytest.raises(ValueError, match="it "):
        wire.decoded(text)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (completion("x", "length"), "length"),
        (completion("x", "content_filter"), "content_filter"),
        (completion(None, refusal="no"), "refusal"),
        (completion("  \n"), "blank"),
        (completion(None), "blank"),
        (completion("", tool_calls=[{}]), "tool_calls"),
        (completion(7), "blank"),
    ],
)
def test_a_reply_that_cannot_be_used_says_why(data: bytes, kind: str) -> None:
    """A reply under status 200 is not yet documentation."""
    fault = wire.answer("application/json", data).fault
    assert fault is not None
    assert fault.kind == kind


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "not_json"),
        (b"<html>", "html"),
        (b"{", "not_json"),
        (b"[]", "not_json"),
        (b'{"choices": []}', "not_json"),
        (b'{"choices": [{"message": "hello"}]}', "not_json"),
        (b'{"error": {"code": 429, "message": "slow down"}}', "rate_limited"),
        (b'{"error": {"message": "provider failed"}}', "server_error"),
        (b"\xff\xfe", "not_json"),
    ],
)
def test_a_body_that_is_no_completion_is_a_fault(data: bytes, kind: str) -> None:
    """Proxies and gateways answer 200 with whatever they have."""
    with pytest.raises(Faulted) as raised:
        wire.answer("application/json", data)
    assert raised.value.fault.kind == kind


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 5, "completion_tokens": 6}, Usage(5, 6)),
        ({"prompt_tokens": True, "completion_tokens": 6}, None),
        ({"prompt_tokens": -5, "completion_tokens": 6}, None),
        ({"prompt_tokens": "5", "completion_tokens": 6}, None),
        ({"prompt_tokens": 5}, None),
        ([], None),
        ({"prompt_tokens": 5, "completion_tokens": 10**15}, None),
    ],
)
def test_usage_is_numbers_or_nothing(usage: object, expected: Usage | None) -> None:
    """Money is not counted by what is no count."""
    assert wire.answer("application/json", completion(usage=usage)).usage == expected


def test_content_in_parts_is_joined() -> None:
    """Some servers send the text in parts."""
    parts = [{"type": "text", "text": "{"}, {"type": "image"}, {"type": "text", "text": "}"}]
    assert wire.answer("application/json", completion(parts)).text == "{}"


def test_the_system_message_is_the_same_for_all_prompts() -> None:
    """Providers cache prompts by their beginning: hints and limits come after it."""
    for way in (dialect.Dialect(), dialect.Dialect(form="text")):
        bodies = [wire.body(question(n), "m", way, allowed=n + 1, hint="x" * n) for n in range(2)]
        systems = {json.dumps(body["messages"][0]) for body in bodies}
        assert len(systems) == 1


def test_halves_of_characters_are_sent_as_something() -> None:
    """A prompt with what UTF-8 cannot say is asked all the same."""
    assert json.loads(wire.encoded({"a": "\ud800"})) == {"a": "?"}


@pytest.mark.parametrize(
    ("said", "change"),
    [
        ("'response_format' of type 'json_schema' is not supported", {"form": "json_object"}),
        ("Invalid schema: strict mode is not supported with json_schema", {"strict": False}),
        (
            "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
            {"limit": "max_completion_tokens"},
        ),
        ("Unsupported value: 'temperature' does not support 0", {"temperature": False}),
        ("unknown field: seed", {"seed": False}),
        ("something else", None),
    ],
)
def test_what_a_server_rejects_is_left_out(said: str, change: dict[str, object] | None) -> None:
    """One thing at a time, and only what was complained about."""
    from dataclasses import replace

    way = dialect.Dialect()
    after = dialect.after(way, Fault(kind="bad_request", cause="", said=said))
    assert after == (None if change is None else replace(way, **change))


@pytest.mark.parametrize("said", ["'maxLength' is not permitted", "Invalid schema for response_format 'items'"])
def test_bounds_that_a_server_rejects_go_first(said: str) -> None:
    """A server that takes schemas and no bounds in them is not taken for one that takes no schemas."""
    way = dialect.bounded(dialect.Dialect())
    assert way is not None
    assert dialect.after(way, Fault(kind="bad_request", cause="", said=said)) == dialect.Dialect()
    assert dialect.bounded(way) is None
    assert dialect.bounded(dialect.Dialect(form="text")) is None


def test_bounds_are_of_every_text_and_list() -> None:
    """Wherever a model could go on for ever it is stopped; what is chosen from a list needs no bound."""
    cite = {"type": "string", "enum": ["1", "2"]}
    claim = {"type": "object", "properties": {"text": {"type": "string"}, "cite": cite}}
    bound = wire.within({"type": "object", "properties": {"all": {"type": "array", "items": claim}, "maxItems": claim}})
    text = {"type": "string", "maxLength": wire.LONGEST}
    inner = {"type": "object", "properties": {"text": text, "cite": cite}}
    assert bound["properties"] == {"all": {"type": "array", "items": inner, "maxItems": wire.MOST}, "maxItems": inner}


def test_thinking_is_kept_short() -> None:
    """Hidden tokens are paid for, so as few as a model allows are asked for."""
    way = dialect.first("gpt-5-nano")
    assert way.effort == "minimal"
    fault = Fault(kind="bad_request", cause="", said="Unsupported value: reasoning_effort 'minimal'")
    lower = dialect.after(way, fault)
    assert lower is not None
    assert lower.effort == "low"
    lowest = dialect.after(lower, fault)
    assert lowest is not None
    assert lowest.effort == ""
    assert dialect.first("qwen2.5-coder").effort == ""
