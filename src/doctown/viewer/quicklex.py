"""Pygments' lexers, several times as fast: the rules of a state are tried as one expression rather than one by one,
and only those of them that can begin with the character that is there.

A rule-based lexer asks every rule of its state in turn, in Python, until one fits. Alternation asks them in the same
order within the expression engine, so the first that fits is the same. Rules that cannot stand in an alternation
(those with references to their own groups) stay by themselves, in their place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from pygments.lexer import Lexer, RegexLexer
from pygments.token import Error, Whitespace, _TokenType

from doctown.viewer.firsts import ANY, first_characters

_OWN_GROUPS = re.compile(r"\\[1-9]|\(\?P=|\(\?\(|\(\?P<")  # what would mean another group in a larger expression

_Match = Callable[[str, int], "re.Match[str] | None"]
_Rule = tuple[_Match, Any, Any]
_Step = tuple[_Match, "dict[int, _Rule] | None", _Rule]  # how to match; the rules by group, or None for a single one


def _steps(rules: Sequence[_Rule]) -> list[_Step]:
    """The rules of a state as few expressions, in their order."""
    steps: list[_Step] = []
    run: list[_Rule] = []

    def close() -> None:
        steps.extend(_joined(run))
        run.clear()

    for rule in rules:
        if _OWN_GROUPS.search(_pattern(rule).pattern):
            close()
            steps.append((rule[0], None, rule))
        else:
            run.append(rule)
    close()
    return steps


def _pattern(rule: _Rule) -> re.Pattern[str]:
    pattern: re.Pattern[str] = rule[0].__self__  # type: ignore[attr-defined]
    return pattern


def _joined(run: Sequence[_Rule]) -> list[_Step]:
    if len(run) < 2:
        return [(rule[0], None, rule) for rule in run]
    flags = _pattern(run[0]).flags & ~re.IGNORECASE
    by_group: dict[int, _Rule] = {}
    group = 0
    for rule in run:
        group += 1 + _pattern(rule).groups
        by_group[group] = rule
    try:
        whole = re.compile("|".join(f"(?:{_scoped(_pattern(rule), flags)})()" for rule in run), flags)
    except re.error:
        middle = len(run) // 2  # one that cannot stand here parts the others
        return [*_joined(run[:middle]), *_joined(run[middle:])]
    return [(whole.match, by_group, run[0])]


def _scoped(pattern: re.Pattern[str], flags: int) -> str:
    """The expression with flags of its own kept to itself. Raises re.error where they cannot be."""
    text = pattern.pattern
    own = pattern.flags & ~flags
    if own == re.IGNORECASE and not pattern.flags & ~own & ~flags:
        return f"(?i:{text.removeprefix('(?i)')})"
    if pattern.flags != flags:
        raise re.error("flags that others do not have")
    return text


SETTLED = 150_000  # characters that a lexer reads before expressions for single characters are worth compiling
# Characters of one sort share their expression: a lexer compiles some ten for a state rather than a hundred.
_SORTS = (r"[A-Za-z_]", r"[0-9]", r"[ \t]")


@cache
def _sort(character: str) -> int:
    """The ASCII characters that are treated like this one, as bits; all of them for the end of the text."""
    if not character:
        return ANY
    sort = next((one for one in _SORTS if re.match(one, character)), None)
    return 1 << ord(character) if sort is None else first_characters(re.compile(sort))


class _State(dict[str, list[_Step]]):
    """The steps of a state by the character to match at, made when a text has it; the same for all unless `apart`."""

    def __init__(self, rules: Sequence[_Rule], *, apart: bool) -> None:
        super().__init__()
        self._rules = [(first_characters(_pattern(rule)) if apart else ANY, rule) for rule in rules]
        self._by_number: dict[tuple[int, ...], list[_Step]] = {}  # the same by the rules they are of

    def __missing__(self, character: str) -> list[_Step]:
        if character > "\x7f":
            return self[""]  # not kept by itself: a stranger's text may have any number of them
        wanted = _sort(character)
        fitting = tuple(number for number, (firsts, _) in enumerate(self._rules) if firsts & wanted)
        steps = self._by_number.get(fitting)
        if steps is None:
            steps = self._by_number[fitting] = _steps([self._rules[number][1] for number in fitting])
        self[character] = steps
        return steps


class _Quick(RegexLexer):
    """Takes the place of `RegexLexer` at the end of a lexer's ancestry."""

    _quick: dict[tuple[str, bool], _State]
    _read: int  # characters so far
    _tokens: dict[str, list[_Rule]]  # set by Pygments when the class is first used

    def _state(self, name: str) -> _State:
        key = (name, self._read > SETTLED)
        state = self._quick.get(key)
        if state is None:
            state = self._quick[key] = _State(self._tokens[name], apart=key[1])
        return state

    def get_tokens_unprocessed(
        self, text: str, stack: Iterable[str] = ("root",)
    ) -> Iterator[tuple[int, _TokenType, str]]:
        """The same tokens as Pygments' own loop gives."""
        type(self)._read += len(text)
        position = 0
        states = list(stack)
        state = self._state(states[-1])
        while True:
            for match, by_group, rule in state[text[position : position + 1]]:
                found = match(text, position)
                if found is None:
                    continue
                if by_group is not None:
                    rule = by_group[found.lastindex]  # type: ignore[index] # noqa: PLW2901 - the one that matched
                _, action, new = rule
                if type(action) is _TokenType:
                    yield position, action, found.group()
                elif action is not None:
                    # Its groups are numbered by its own expression.
                    yield from action(self, found if by_group is None else rule[0](text, position))
                position = found.end()
                if new is not None:
                    _turn(states, new)
                    state = self._state(states[-1])
                break
            else:
                if position >= len(text):
                    return
                if text[position] == "\n":
                    states = ["root"]
                    state = self._state("root")
                    yield position, Whitespace, "\n"
                else:
                    yield position, Error, text[position]
                position += 1


def _turn(states: list[str], new: tuple[str, ...] | int | str) -> None:
    """Changes the stack of states as a rule says."""
    if isinstance(new, tuple):
        for state in new:
            if state != "#pop":
                states.append(states[-1] if state == "#push" else state)
            elif len(states) > 1:
                states.pop()
    elif isinstance(new, int):
        del states[1 if abs(new) >= len(states) else new :]
    else:
        states.append(states[-1])


@cache
def quick(kind: type[Lexer]) -> type[Lexer]:
    """The lexer, quickened where it is one of rules; else the lexer itself."""
    if not issubclass(kind, RegexLexer):
        return kind
    made: type[Lexer] = type(kind)(  # type: ignore[misc]
        f"Quick{kind.__name__}", (kind, _Quick), {"__doc__": kind.__doc__, "_quick": {}, "_read": 0}
    )
    return made
