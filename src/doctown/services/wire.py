"""Bodies in and out: JSON that is checked against a type, answers, and errors that name the field and the mend.

Types of requests are msgspec structs beside the endpoint that takes them; OpenAPI's schemas are made from them, so that
what is documented is what is checked. msgspec because a batch of chunks has to be read in a tenth of a millisecond.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar

import msgspec
from fastapi import Request, Response
from starlette.responses import JSONResponse

from doctown.errors import DoctownError

Type = TypeVar("Type")
TEXT = r"^[^\x00-\x1f\x7f]*$"  # one line: no control characters, which a database or a log would choke on
# A description says what may be sent, in words that stand behind "send": it is the mend of whatever has another form.
Line = Annotated[str, msgspec.Meta(max_length=2000, pattern=TEXT, description="one line, without control characters")]
Name = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=200, pattern=TEXT, description="1 to 200 characters, none of them control"),
]
JobId = Annotated[
    str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="1 to 64 letters, digits, hyphens and underscores")
]
_AT: Final = re.compile(r"^(?P<what>.*?)(?: - at `\$?\.?(?P<field>.*)`)?$", re.DOTALL)
_TYPES: Final = re.compile(r"Expected `([^`]+)`, got `(\w+)`")
_BOUND: Final = re.compile(r"Expected `(\w+)` (of length )?([<>]=) (\S+)")
_WORDS: Final = {
    "int": "a whole number", "float": "a number", "str": "a text", "bool": "true or false", "array": "a list",
    "object": "an object", "null": "null",
}  # fmt: skip


class Refused(Exception):
    """A request that is answered with an error: status, cause, mend, and the field at fault where there is one."""

    def __init__(
        self, status: int, cause: str, mend: str = "", *, field: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(cause)
        self.status, self.cause, self.mend, self.field = status, cause, mend, field
        self.headers = dict(headers or {})


def error_body(cause: str, mend: str = "", field: str = "") -> dict[str, Any]:
    """The body of every error."""
    return {"error": {"cause": cause, "mend": mend, **({"field": field} if field else {})}}


def refusal(refused: Refused) -> Response:
    """The answer to a request that is refused."""
    body = error_body(refused.cause, refused.mend, refused.field)
    return JSONResponse(body, refused.status, headers=refused.headers)


def from_error(error: DoctownError, status: int) -> Refused:
    """An error of ours as a refusal."""
    return Refused(status, error.cause, error.mend)


async def read(request: Request, kind: type[Type]) -> Type:
    """The JSON body, as the type. Raises Refused: 415 for another media type, 422 naming the field."""
    media = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media != "application/json" and not media.endswith("+json"):
        raise Refused(415, f"the body is {media[:80]!r}", "send application/json")
    return decode(await request.body(), kind)


def decode(body: bytes, kind: type[Type]) -> Type:
    """JSON as the type. Raises Refused (422) naming the field and what it should be."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise _misfit(str(error), kind) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(422, "the body is not JSON", "send an object as /openapi.json describes it", field="$") from None


def _misfit(message: str, kind: type) -> Refused:
    """What msgspec says of a value, in words: what is wrong with which field, and what to send instead."""
    found = _AT.match(message)
    what, field = (found["what"], found["field"] or "") if found else (message, "")
    schema = _schema_at(schema_of(kind), field)
    shown = field or "the body"
    named = re.search(r"(missing required|unknown) field `([^`]*)`", what)
    if named and named[1] == "unknown":
        mend = f"leave it out; there are {', '.join(schema.get('properties', {}))}"
        return Refused(422, f"{shown} has a field {named[2][:80]!r} that is not known", mend, field=field or "$")
    if named:
        field = f"{field}.{named[2]}" if field else named[2]
        wanted = schema.get("properties", {}).get(named[2], {}).get("description")
        return Refused(422, f"{field} is missing", f"send {wanted}" if wanted else "add it", field=field)
    cause, mend = _worded(what, schema)
    told = schema.get("description") if schema.get("type") == "string" else ""  # that of an object says what it is
    return Refused(422, f"{shown} {cause}", f"send {told or mend}", field=field or "$")


def _worded(what: str, schema: Mapping[str, Any]) -> tuple[str, str]:
    types, bound = _TYPES.match(what), _BOUND.match(what)
    if types:
        wanted = " or ".join(_WORDS.get(one, one) for one in types[1].split(" | "))
        return f"is {_WORDS.get(types[2], types[2])}", wanted
    if bound:
        way = "least" if bound[3] == ">=" else "most"
        if bound[2]:
            unit = "characters" if bound[1] == "str" else "entries"
            return f"is too {'short' if way == 'least' else 'long'}", f"at {way} {bound[4]} {unit}"
        limits = schema.get("minimum"), schema.get("maximum")
        span = f"{limits[0]} to {limits[1]}" if None not in limits else f"at {way} {bound[4]}"
        return f"is too {'small' if way == 'least' else 'large'}", span
    if "multiple of" in what:
        return "is no whole number", "a whole number"
    if "matching regex" in what:
        return "has another form", "what /openapi.json describes"
    return f"cannot be used: {what[:1].lower()}{what[1:]}", "what /openapi.json describes"


def _schema_at(schema: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    """The schema of the field at a path such as `symbols[0].name`; empty where there is none."""
    for name, _place in re.findall(r"(\w+)|(\[[^\]]*\])", field):
        schema = schema.get("properties", {}).get(name, {}) if name else schema.get("items", {})
        if "anyOf" in schema:  # a field that may be left out as null
            schema = next((one for one in schema["anyOf"] if one.get("type") != "null"), schema)
    return schema


def body_of(kind: type, *, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What OpenAPI says of a request body (FastAPI's `openapi_extra`); `more` are other media types."""
    content = {"application/json": {"schema": schema_of(kind)}, **(more or {})}
    return {"requestBody": {"required": True, "content": content}}


def schema_of(kind: type) -> dict[str, Any]:
    """The JSON schema of a type, with everything it refers to written out in place."""
    (schema,), parts = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    return _inlined(schema, parts)  # type: ignore[no-any-return]


def _inlined(value: Any, parts: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        if "$ref" in value:
            return _inlined(parts[value["$ref"].rpartition("/")[2]], parts)
        return {name: _inlined(part, parts) for name, part in value.items()}
    return [_inlined(part, parts) for part in value] if isinstance(value, list) else value


ERROR_SCHEMA: Final = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["cause", "mend"],
            "properties": {"cause": {"type": "string"}, "mend": {"type": "string"}, "field": {"type": "string"}},
        }
    },
}
_MEANINGS: Final = {
    400: "The repository cannot be reached or is unknown",
    401: "The token is missing or wrong",
    403: "Not from here: Host or Origin",
    404: "There is no such thing",
    405: "Not with this method",
    409: "Not in this state",
    410: "It is not kept any more",
    413: "The body is too large",
    415: "Not with this media type",
    421: "This name is not served here",
    422: "A field is malformed",
    429: "Too much at once",
    502: "A service that is needed failed",
    503: "Not ready",
}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of these errors (FastAPI's `responses`)."""
    content = {"application/json": {"schema": ERROR_SCHEMA}}
    return {status: {"description": _MEANINGS[status], "content": content} for status in statuses}


def answer(description: str, schema: Mapping[str, Any], media: str = "application/json") -> dict[str, Any]:
    """What OpenAPI says of an answer."""
    return {"description": description, "content": {media: {"schema": dict(schema)}}}
