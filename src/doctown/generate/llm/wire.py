"""Chat completions as bytes: a question becomes a body, a body becomes an answer or the fault that it is.

Nothing of a reply is believed: every value's type is looked at before it is used. Whether the JSON inside is what was
asked for is not judged here, but by whoever asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from doctown.generate.llm import cut, faults
from doctown.generate.llm.budget import Usage
from doctown.generate.llm.contract import Request, shown
from doctown.generate.llm.dialect import Dialect
from doctown.generate.llm.faults import Fault, Faulted

_SEED: Final = 7
_THOUGHTS: Final = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_FENCE: Final = re.compile(r"```(?:json)?\s*\n(.*?)\n?\s*```", re.DOTALL)
_MOST: Final = 10**12  # tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered to one call. `fault` says why it cannot be used, if so; it was charged all the same."""

    text: str
    model: str
    usage: Usage | None  # as reported; None where the server says nothing sensible
    fault: Fault | None = None


def body(request: Request, model: str, dialect: Dialect, *, allowed: int, hint: str) -> dict[str, object]:
    """The question as a server of this dialect takes it. `allowed`: reply tokens; `hint`: what was wrong before."""
    system = request.system if dialect.form == "json_schema" else f"{request.system}\n\n{in_words(request.schema)}"
    prompt = f"{request.prompt}\n\n{hint}" if hint else request.prompt
    asked: dict[str, object] = {
        "model": model,
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": prompt}],
        dialect.limit: allowed,
    }
    if dialect.form == "json_schema":
        given = within(request.schema) if dialect.bounded else request.schema
        schema: dict[str, object] = {"name": request.schema_name, "schema": given}
        asked["response_format"] = {"type": "json_schema", "json_schema": schema | {"strict": dialect.strict}}
    elif dialect.form == "json_object":
        asked["response_format"] = {"type": "json_object"}
    if dialect.temperature:
        asked["temperature"] = 0
    if dialect.seed:
        asked["seed"] = _SEED
    if dialect.effort:
        asked["reasoning_effort"] = dialect.effort
    return asked


def encoded(asked: Mapping[str, object]) -> bytes:
    """A body's bytes. Halves of surrogate pairs, which no UTF-8 has, are replaced."""
    return json.dumps(asked, ensure_ascii=False).encode("utf-8", "replace")


LONGEST: Final = 400  # characters of one text
MOST: Final = 12  # entries of one list


def within(schema: Mapping[str, object]) -> dict[str, object]:
    """A schema with the longest length of each text and list."""
    found = {name: _within(value) for name, value in schema.items()}
    if schema.get("type") == "string" and "enum" not in schema:
        found["maxLength"] = LONGEST
    elif schema.get("type") == "array":
        found["maxItems"] = MOST
    return found


def _within(value: object) -> object:
    return within(value) if isinstance(value, Mapping) else value


def in_words(schema: Mapping[str, object]) -> str:
    """What a server without schemas is told instead, at the end of the system message, which stays stable."""
    return f"Reply with one JSON value and nothing else. It must fit this JSON schema:\n{json.dumps(schema)}"


def answer(content_type: str, data: bytes) -> Answer:
    """Reads the body of a response of status 200. Raises Faulted if it is no chat completion."""
    start = data.lstrip()[:1]
    if not start:
        raise Faulted(Fault(kind="not_json", cause="the server answered with an empty body"))
    if start == b"<" or "html" in content_type.lower():
        raise Faulted(Fault(kind="html", cause="the address answers with a web page", mend=faults.URL_MEND))
    try:
        reply = json.loads(data)
    except (ValueError, RecursionError) as error:
        mend = faults.URL_MEND if start not in (b"{", b"[") else ""
        raise Faulted(Fault(kind="not_json", cause="the server's answer is no JSON", mend=mend)) from error
    if not isinstance(reply, dict):
        raise Faulted(Fault(kind="not_json", cause="the server's answer is no chat completion", mend=faults.URL_MEND))
    if reply.get("error"):
        _raise_error(reply)
    return _of_reply(reply)


def _raise_error(reply: Mapping[str, object]) -> None:
    """An error under status 200, as gateways in front of several providers send them."""
    error = reply["error"]
    code = error.get("code") if isinstance(error, dict) else None
    status = code if isinstance(code, int) and 400 <= code < 600 else 500
    raise Faulted(faults.of_status(status, faults.NO_HEADERS, json.dumps(reply).encode(), 0.0))


def _of_reply(reply: Mapping[str, object]) -> Answer:
    choices = reply.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise Faulted(Fault(kind="not_json", cause="the server's answer is no chat completion", mend=faults.URL_MEND))
    text = _text(message.get("content"))
    model = reply.get("model")
    finish = choice.get("finish_reason")
    return Answer(
        text=text,
        model=shown(faults.one_line(model, 100)) if isinstance(model, str) else "",
        usage=_usage(reply.get("usage")),
        fault=_fault(text, finish if isinstance(finish, str) else "", message),
    )


def _fault(text: str, finish: str, message: Mapping[str, object]) -> Fault | None:
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal.strip():
        return Fault(kind="refusal", cause="the model refused to answer")
    if finish == "content_filter":
        return Fault(kind="content_filter", cause="the server's filter cut the reply")
    if finish == "length" and cut.circles(text):
        return Fault(kind="circles", cause="the reply said the same again and again until its limit of tokens")
    if finish == "length":
        return Fault(kind="length", cause="the reply was cut at its limit of tokens")
    if message.get("tool_calls") or finish in ("tool_calls", "function_call"):
        return Fault(kind="tool_calls", cause="the model called a tool that it was not offered")
    if not text.strip():
        return Fault(kind="blank", cause="the reply was blank")
    return None


def _text(content: object) -> str:
    """A message's text, which some servers send in parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type", "text") == "text"]
    return "".join(part for part in parts if isinstance(part, str))


def _usage(given: object) -> Usage | None:
    if not isinstance(given, dict):
        return None
    tokens_in, tokens_out = given.get("prompt_tokens"), given.get("completion_tokens")
    if type(tokens_in) is not int or type(tokens_out) is not int:  # a truth value is no count
        return None
    return (
        Usage(tokens_in, tokens_out) if 0 <= min(tokens_in, tokens_out) <= max(tokens_in, tokens_out) < _MOST else None
    )


def models(data: bytes) -> list[str]:
    """Names in a list of models; none where it is no such list."""
    try:
        listed = json.loads(data)
    except (ValueError, RecursionError):
        return []
    entries = listed.get("data") if isinstance(listed, dict) else None
    names = [entry.get("id") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return [faults.one_line(name, 100) for name in names if isinstance(name, str)]


# --- JSON inside a reply ------------------------------------------------------------------------------------------


def decoded(text: str) -> object:
    """The JSON in a reply's text, whatever a model wrapped it in. Raises ValueError, saying what is wrong, if there is
    none or if it holds what is no text."""
    value = _found(_THOUGHTS.sub("", text).strip())
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError("it holds halves of characters") from error
    return value


def _found(text: str) -> object:
    try:
        return _strictly(text)
    except ValueError as error:
        problem = f"it is no JSON ({error})"
    for fenced in _FENCE.findall(text):
        try:
            return _strictly(fenced)
        except ValueError:
            continue
    start = min((place for place in (text.find("{"), text.find("[")) if place >= 0), default=-1)
    if start < 0:
        raise ValueError("it holds no JSON")
    try:
        return _DECODER.raw_decode(text, start)[0]
    except (ValueError, RecursionError) as error:
        raise ValueError(problem) from error


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no number of JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_no_number)


def _strictly(text: str) -> object:
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
