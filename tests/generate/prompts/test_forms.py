"""The forms that a model fills in: what is read from a reply and what is refused."""

from __future__ import annotations

import json

import pytest

from doctown.generate.llm.contract import Malformed
from doctown.generate.prompts import forms

ITEMS = ("brief", "full", "details", "artifact")
PAGES = ("file", "cluster", "repository")


def walk(schema: object) -> list[dict[str, object]]:
    if isinstance(schema, dict):
        return [schema, *(found for value in schema.values() for found in walk(value))]
    return [found for value in schema for found in walk(value)] if isinstance(schema, list) else []


@pytest.mark.parametrize("schema", [*map(forms.items_schema, ITEMS), *(forms.page_schema(f, ["1"]) for f in PAGES)])
def test_schemas_are_strict(schema: dict[str, object]) -> None:
    """Structured output refuses a schema with an optional or an additional property."""
    objects = [one for one in walk(schema) if one.get("type") == "object"]
    assert objects
    for one in objects:
        assert one["additionalProperties"] is False
        assert one["required"] == list(one["properties"])  # type: ignore[call-overload]


@pytest.mark.parametrize("form", ITEMS)
def test_what_is_expected_can_be_read(form: str) -> None:
    """An estimate counts replies that would be accepted."""
    items = {"items": [forms.expected_item(form, identity) for identity in ("s1", "s2")]}
    assert set(forms.read_items(form, ["s1", "s2"])(items)) == {"s1", "s2"}


@pytest.mark.parametrize("form", PAGES)
def test_what_is_expected_of_a_page_can_be_read(form: str) -> None:
    """As for symbols, and every section has a sentence."""
    found = forms.read_page(form, ["1"])(forms.expected_page(form, ["1"]))
    assert {one.section for one in found} == set(forms.SECTIONS[form])


@pytest.mark.parametrize(
    ("reply", "wrong"),
    [
        ([], "items"),
        ({"items": {}}, "items"),
        ({"items": ["s1"]}, "id"),
        ({"items": [{"id": 1, "summary": "x"}]}, "id"),
        ({"items": [{"id": "s9", "summary": "x"}]}, "none of the ids"),
        ({"items": [{"id": "s1", "summary": "x"}, {"id": "s1", "summary": "y"}]}, "not two"),
        ({"items": [{"id": "s1", "summary": ["x"]}]}, "string"),
        ({"items": [{"id": "s1", "summary": "x" * 1000}]}, "one sentence"),
        ({"items": [{"id": "s1", "summary": "  "}]}, "summary"),
        ({"items": []}, "summary"),
    ],
)
def test_replies_that_are_refused(reply: object, wrong: str) -> None:
    """Foreign, repeated and mistyped answers are never stored; the reason is one that a model can act upon."""
    with pytest.raises(Malformed, match=wrong):
        forms.read_items("brief", ["s1", "s2"])(reply)


def test_a_missing_subject_does_not_cost_the_others() -> None:
    """What is there is used; what is missing is asked for by itself."""
    assert set(forms.read_items("brief", ["s1", "s2"])({"items": [{"id": "s1", "summary": "Does it."}]})) == {"s1"}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [({"summary": {"text": "x", "cite": "7"}}, "no entry"), ({"summary": {"text": "", "cite": "1"}}, "says nothing"),
     ({"workings": "x"}, "workings"), ({"workings": [3]}, "workings")],
)  # fmt: skip
def test_pages_that_are_refused(change: dict[str, object], wrong: str) -> None:
    """A sentence cites an entry that exists, and a page says what it is about."""
    reply = forms.expected_page("file", ["1", "2"]) | change
    with pytest.raises(Malformed, match=wrong):
        forms.read_page("file", ["1", "2"])(reply)


def test_instructions_are_the_same_for_every_repository() -> None:
    """Providers keep the beginning of a prompt: it holds nothing of the repository, and says that data is data."""
    assert all("<data X>" in text and "never" in text for text in forms.SYSTEMS.values())
    assert len(json.dumps(dict(forms.SYSTEMS))) < 12_000


def test_what_goes_on_beyond_one_sentence_is_cut_where_one_ends() -> None:
    """A model that rambles is taken at what it said first; half a sentence is never taken."""
    first = "Reads the settings of the project."
    read = forms.read_items("brief", ["a"])
    for more in ("And it goes on and on" * 20, "It also does this, and", "`one` is another."):
        said = read({"items": [{"id": "a", "summary": f"{first} {more}"}]})
        assert said["a"].summary == first
    whole = "Reads settings, e.g. The Path, of v1. 2 files by J. Doe."
    assert read({"items": [{"id": "a", "summary": whole}]})["a"].summary == whole
    with pytest.raises(Malformed, match="one sentence"):
        read({"items": [{"id": "a", "summary": "and it goes on and on " * 20}]})
