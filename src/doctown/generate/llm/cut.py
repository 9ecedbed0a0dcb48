"""What is whole of a reply that was cut at its limit of tokens.

A small model may write the same again and again until its limit cuts it: more room only gives more of the same, and
has to be paid for. What it said before that is whole, and so is what a talkative model said before it was cut.
"""

from __future__ import annotations

import json
from typing import Final

_TAIL: Final = 40  # characters at the end of a reply
_ROUNDS: Final = 3  # times that they occur in it when it goes round in circles
_CLOSERS: Final = {"{": "}", "[": "]"}


def circles(text: str) -> bool:
    """Whether a reply ends in what it has said several times before."""
    tail = text.rstrip()[-_TAIL:]
    return len(tail) == _TAIL and text.count(tail) >= _ROUNDS


def whole(text: str) -> object:
    """The JSON of a reply without the object or list that the cut went through; None where nothing in it is whole.

    Whole is what was closed: a text before the cut may be half of what was meant, an object of which all fields came
    is not. What a list holds several times is given once.
    """
    start = text.find("{")
    if start < 0:
        return None
    open_: list[str] = []
    end, missing = 0, ""
    inside = escaped = False
    for place in range(start, len(text)):
        char = text[place]
        if inside:
            inside = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            inside = True
        elif char in _CLOSERS:
            open_.append(_CLOSERS[char])
        elif open_ and char == open_[-1]:
            open_.pop()
            end, missing = place + 1, "".join(reversed(open_))
            if not open_:
                break
    try:
        return _once(json.loads(text[start:end] + missing)) if end else None
    except (ValueError, RecursionError):
        return None


def _once(value: object) -> object:
    if isinstance(value, dict):
        return {name: _once(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_once(one) for place, one in enumerate(value) if one not in value[:place]]
    return value
