from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doctown.generate.llm.cut import circles, whole

WHOLE = {"items": [{"id": "a", "summary": 'says "{" and \\'}, {"id": "b", "summary": "two"}]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"items":[{"id":"a","summary":"x}"},{"id":"b","summ', {"items": [{"id": "a", "summary": "x}"}]}),
        ('{"summary":{"text":"q","cite":"1"},"workings":[{"te', {"summary": {"text": "q", "cite": "1"}}),
        ('{"items":[{"id":"a"},{"id":"a"},{"id":"a"},{"i', {"items": [{"id": "a"}]}),
        ('```json\n{"items":[{"id":"a"},{"i', {"items": [{"id": "a"}]}),
        ('{"items":[{"id":"a","s', None),
        ('{"a": nonsense {}', None),
        ("no JSON", None),
        ("", None),
    ],
)
def test_what_is_whole_of_a_cut_reply(text: str, value: object) -> None:
    """The object that the cut went through is left out, with everything that was still open closed."""
    assert whole(text) == value


@given(st.integers(0, len(json.dumps(WHOLE))))
def test_no_half_of_anything_is_taken(place: int) -> None:
    """Wherever the cut is: what is given is what was said, or less of it."""
    value = whole(json.dumps(WHOLE)[:place])
    assert value is None or all(item in WHOLE["items"] for item in value["items"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"x": [' + '{"text": "The file holds a class of errors.", "cite": "1"}, ' * 5 + '{"text": "The fi', True),
        ("and so on " * 20, True),
        ('{"x": [{"text": "One thing.", "cite": "1"}, {"text": "Another thing altogether.", "cite": "2"}, {"te', False),
        ("short", False),
    ],
)
def test_circles_are_told_from_length(text: str, said: bool) -> None:
    """A reply that repeats its end is told from one that had more to say."""
    assert circles(text) is said
