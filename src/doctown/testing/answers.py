"""What the test server answers: the body of a completion, spoiled where a fault says so.

Bodies are made as OpenAI's API documents them. Replies come from `pretend`; tokens are counted by o200k.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from doctown.generate.llm import pretend, tokens
from doctown.testing.behaviour import Behaviour

_SPOILED = frozenset({"wrong_types", "foreign_id", "repeated_id", "missing_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A reply with what it costs."""

    body: dict[str, object]
    tokens_in: int
    tokens_out: int


def prompt_tokens(asked: Mapping[str, object]) -> int:
    """Tokens of a request: its messages, and the schema where there is one."""
    schema = schema_of(asked)
    return sum(tokens.count(text) + 4 for text in texts(asked)) + (tokens.count(json.dumps(schema)) if schema else 0)


def texts(asked: Mapping[str, object]) -> list[str]:
    """The messages' texts."""
    messages = asked.get("messages")
    found = [one.get("content") for one in messages if isinstance(one, dict)] if isinstance(messages, list) else []
    return [text for text in found if isinstance(text, str)]


def schema_of(asked: Mapping[str, object]) -> Mapping[str, object]:
    """The schema of the structured output that is asked for; empty where there is none."""
    form = asked.get("response_format")
    inner = form.get("json_schema") if isinstance(form, dict) else None
    schema = inner.get("schema") if isinstance(inner, dict) else None
    return schema if isinstance(schema, dict) else {}


def limit(asked: Mapping[str, object]) -> int:
    """Tokens that a reply may have; a large number where none is named."""
    for name in ("max_completion_tokens", "max_tokens"):
        value = asked.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    return 10**6


def completion(asked: Mapping[str, object], behaviour: Behaviour, fault: str) -> Completion:
    """The reply to a request that met `fault`, if any."""
    counted = prompt_tokens(asked)
    text = _text(asked, behaviour, fault)
    finish = {"length": "length", "content_filter": "content_filter"}.get(fault, "stop")
    if fault in ("length", "content_filter", "bad_json"):
        text = text[: max(len(text) * 2 // 3, 1)]
    elif fault == "circles":
        text, finish = _circling(text, limit(asked)), "length"
    elif fault in ("blank", "refusal"):
        text = " \n" if fault == "blank" else ""
    elif tokens.count(text) > limit(asked):
        text, finish = _cut(text, limit(asked)), "length"
    written = tokens.count(text)
    message: dict[str, object] = {"role": "assistant", "content": text or None, "refusal": None}
    if fault == "refusal":
        message["refusal"] = "I cannot help with that."
        written = 8
    usage: dict[str, object] = {
        "prompt_tokens": counted, "completion_tokens": written, "total_tokens": counted + written,
    }  # fmt: skip
    if fault == "wrong_usage":
        usage = {"prompt_tokens": -1, "completion_tokens": "many", "total_tokens": True}
    body: dict[str, object] = {
        "id": "chatcmpl-test", "object": "chat.completion", "created": 0, "model": behaviour.model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
    }  # fmt: skip
    if fault != "no_usage":
        body["usage"] = usage
    return Completion(body=body, tokens_in=counted, tokens_out=written)


def _text(asked: Mapping[str, object], behaviour: Behaviour, fault: str) -> str:
    prompt = texts(asked)[-1] if texts(asked) else ""
    schema = schema_of(asked)
    form = asked.get("response_format")
    if behaviour.ignores_forms and form is not None:
        return "I would be glad to document this code for you."
    if not schema:
        schema = _schema_in_words(texts(asked))
    value = pretend.reply(prompt, schema, invent=behaviour.invent, contradict=behaviour.contradict, seed=behaviour.seed)
    if fault in _SPOILED:
        value = _spoiled(value, fault)
    text = json.dumps(value, ensure_ascii=False)
    wrapped = fault == "prose" or (form is None and schema)
    return f"Here is the JSON that you asked for:\n\n```json\n{text}\n```\n" if wrapped else text


def _schema_in_words(messages: list[str]) -> Mapping[str, object]:
    """A schema that stands in the messages, as clients put it there for servers that take none."""
    for text in messages:
        start = text.find('{"type"')
        while start >= 0:
            try:
                found, _ = json.JSONDecoder().raw_decode(text, start)
            except ValueError:
                found = None
            if isinstance(found, dict):
                return found
            start = text.find('{"type"', start + 1)
    return {}


def _spoiled(value: object, fault: str) -> object:
    """A reply of the right form with the wrong content; of wrong types where it holds no list of items."""
    if not isinstance(value, dict):
        return {"reply": value}
    items = value.get("items")
    if fault == "wrong_types" or not isinstance(items, list) or not items:
        return {name: {"value": [one]} if isinstance(one, str) else 7 for name, one in value.items()}
    first = items[0] if isinstance(items[0], dict) else {}
    changed = {
        "foreign_id": [{**first, "id": "nobody"}, *items[1:]],
        "repeated_id": [first, *items],
        "missing_id": items[1:],
    }
    return {**value, "items": changed[fault]}


def _circling(text: str, most: int) -> str:
    """A reply that says its last object again and again until its limit."""
    end = text.rfind("}", 0, max(len(text) * 2 // 3, 1)) + 1
    again = text[text.rfind("{", 0, end) : end] or text
    return _cut(text[:end] + f", {again}" * (most // max(tokens.count(again), 1) + 3), most)


def _cut(text: str, most: int) -> str:
    """The beginning of a text, of about so many tokens."""
    while tokens.count(text) > most and text:
        text = text[: max(len(text) * most // max(tokens.count(text), 1) - 1, 0)]
    return text
