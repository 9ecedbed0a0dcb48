"""With which characters a match of a regular expression may begin.

A lexer's state has dozens of rules of which a given character can begin a handful; the others need not be tried. The
answer errs on the side of more characters: what is not understood here may begin with any. It is read from what the
standard library's own parser made of the expression; where a version of Python hides that, every character may begin
every match, which costs time and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, reduce
from typing import Any

try:
    from re import _parser  # type: ignore[attr-defined] # the one place that knows what an expression consists of
except ImportError:  # pragma: no cover - none of the versions that we run on
    _parser = None

SIZE = 128  # only ASCII is told apart: what is beyond it folds its case in ways of its own
ANY = (1 << SIZE) - 1  # a set of characters is an integer with a bit for each

_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d", "CATEGORY_NOT_DIGIT": r"\D", "CATEGORY_SPACE": r"\s", "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w", "CATEGORY_NOT_WORD": r"\W",
}  # fmt: skip
_NO_WIDTH = frozenset({"AT", "ASSERT", "ASSERT_NOT"})


def first_characters(pattern: re.Pattern[str]) -> int:
    """The ASCII characters that a match may begin with, as bits; ANY where the match may be empty or is not
    understood."""
    if _parser is None:  # pragma: no cover - as above
        return ANY
    found, empty = _sequence(_parser.parse(pattern.pattern, pattern.flags), pattern.flags)
    return ANY if empty else found


def _sequence(parts: Iterable[tuple[Any, Any]], flags: int) -> tuple[int, bool]:
    """What a sequence may begin with, and whether it may match nothing."""
    found = 0
    for operation, given in parts:
        more, empty = _part(str(operation), given, flags)
        found |= more
        if not empty:
            return found, False
    return found, True


def _part(name: str, given: Any, flags: int) -> tuple[int, bool]:  # noqa: ANN401 - a parser's own trees
    if name in _NO_WIDTH:
        return 0, True
    if name == "LITERAL":
        return _folded(_bit(given), flags), False
    if name == "NOT_LITERAL":
        return ANY & ~_bit(given) if not flags & re.IGNORECASE else ANY, False
    if name == "IN":
        return _of_set(given, flags), False
    if name == "BRANCH":
        ways = [_sequence(one, flags) for one in given[1]]
        return reduce(int.__or__, (found for found, _ in ways), 0), any(empty for _, empty in ways)
    if name == "SUBPATTERN":
        _, added, removed, inner = given
        return _sequence(inner, (flags | added) & ~removed)
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, _, inner = given
        found, empty = _sequence(inner, flags)
        return found, empty or least == 0
    if name == "ATOMIC_GROUP":
        return _sequence(given, flags)
    return ANY, name != "ANY"  # `.`, and whatever else there is, such as references to groups


def _of_set(items: Iterable[tuple[Any, Any]], flags: int) -> int:
    found, negated = 0, False
    for operation, given in items:
        name = str(operation)
        if flags & re.IGNORECASE and name in ("LITERAL", "RANGE") and _highest(given) >= SIZE:
            return ANY  # letters beyond ASCII that fold to some within: the long s, the sign of kelvin
        if name == "NEGATE":
            negated = True
        elif name == "LITERAL":
            found |= _bit(given)
        elif name == "RANGE":
            low, high = given
            found |= (1 << min(high + 1, SIZE)) - (1 << min(low, SIZE))
        elif str(given) in _CATEGORIES:
            found |= _of_category(_CATEGORIES[str(given)])
        else:
            return ANY
    if negated:
        return ANY if flags & re.IGNORECASE else ANY & ~found
    return _folded(found, flags)


def _highest(given: int | tuple[int, int]) -> int:
    return given if isinstance(given, int) else given[1]


@cache
def _of_category(text: str) -> int:
    expression = re.compile(text)
    return sum(1 << code for code in range(SIZE) if expression.match(chr(code)))


def _bit(code: int) -> int:
    return 1 << code if code < SIZE else 0


def _folded(found: int, flags: int) -> int:
    """The same with the other case of every letter, where case does not count."""
    if not flags & re.IGNORECASE:
        return found
    if not found:  # a letter beyond ASCII
        return ANY
    both = found
    for code in range(SIZE):
        if found >> code & 1:
            both |= _bit(ord(chr(code).lower())) | _bit(ord(chr(code).upper()))
    return both
