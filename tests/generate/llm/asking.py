"""Questions for tests: small ones about made-up symbols, and a parser that accepts nothing but what was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from doctown.generate.llm.contract import Malformed, Request

SCHEMA: Mapping[str, object] = {
    "type": "object",
    "properties": {
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"id": {"type": "string"}, "summary": {"type": "string"}},
                "required": ["id", "summary"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["items"],
    "additionalProperties": False,
}


def question(number: int = 0, *, items: int = 2, max_tokens: int = 400) -> Request:
    """A question about `items` symbols. Its reply's value maps each id to a summary."""
    names = [f"s{number}_{one}" for one in range(items)]

    def parse(value: object) -> dict[str, str]:
        listed = value.get("items") if isinstance(value, dict) else None
        if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
            raise Malformed('give an object with a list "items"')
        if [item.get("id") for item in listed] != names:
            raise Malformed("give each id once")
        if not all(isinstance(item.get("summary"), str) for item in listed):
            raise Malformed("a summary is a text")
        return {item["id"]: item["summary"] for item in listed}

    parts = [
        f"### id: {name}\n<data ab>\ndef load_{name}(pathName):\n    return other_call(pathName)\n</data ab>"
        for name in names
    ]
    return Request(
        purpose="symbols",
        system="Document the code.",
        prompt="\n".join(parts),
        schema=SCHEMA,
        schema_name="items",
        max_tokens=max_tokens,
        parse=parse,
    )


def good(request: Request) -> dict[str, object]:
    """A reply that the question's parser accepts."""
    names = [line.removeprefix("### id: ") for line in request.prompt.splitlines() if line.startswith("### id: ")]
    return {"items": [{"id": name, "summary": f"Loads `load_{name}`."} for name in names]}


def choosy(request: Request) -> Request:
    """The same question from somebody who accepts no reply."""

    def parse(value: object) -> object:
        raise Malformed("never good enough")

    return replace(request, parse=parse)


def patient(request: Request) -> Request:
    """The same question from somebody who takes less than was asked for."""

    def parse(value: object) -> dict[str, str]:
        listed = value.get("items") if isinstance(value, dict) else None
        if not listed:
            raise Malformed("nothing came")
        return {item["id"]: item["summary"] for item in listed}

    return replace(request, parse=parse)
