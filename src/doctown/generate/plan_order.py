"""In which order symbols are written: callees before their callers, so that a caller's page builds on theirs.

Symbols that call each other in a circle count as one and are written at the same time. The result is a sequence of
waves: whatever a wave needs was written in earlier ones, so all of a wave can be asked at the same time, and what is
asked does not hang on whose answer came first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from doctown.model import Edge

ORDERING = frozenset({"calls", "inherits"})


def uses_of(sent: Iterable[int], outgoing: Mapping[int, Sequence[Edge]]) -> dict[int, list[int]]:
    """For each symbol those of the others that it calls or derives from, as far as we vouch for it."""
    among = set(sent)
    return {
        number: list(
            dict.fromkeys(
                edge.target
                for edge in outgoing.get(number, ())
                if edge.kind in ORDERING and edge.tier == "resolved" and edge.target in among and edge.target != number
            )
        )
        for number in sorted(among)
    }


def waves(uses: Mapping[int, Sequence[int]]) -> list[list[int]]:
    """The symbols by wave, ids in ascending order within one."""
    circle_of: dict[int, int] = {}
    level: dict[int, int] = {}  # circle → wave; a circle's needs are found before itself
    for circle, members in enumerate(circles(uses)):
        for number in members:
            circle_of[number] = circle
        needs = {circle_of[used] for number in members for used in uses[number]} - {circle}
        level[circle] = 1 + max((level[need] for need in needs), default=-1)
    result: list[list[int]] = [[] for _ in range(max(level.values(), default=-1) + 1)]
    for number in sorted(circle_of):
        result[level[circle_of[number]]].append(number)
    return result


def circles(uses: Mapping[int, Sequence[int]]) -> list[list[int]]:
    """The strongly connected components, each after those that it reaches (Tarjan's algorithm, without recursion:
    a chain of calls may be longer than Python's stack)."""
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    waiting: set[int] = set()
    found: list[list[int]] = []
    for root in uses:
        if root in order:
            continue
        path = [(root, iter(uses[root]))]
        order[root] = low[root] = len(order)
        stack.append(root)
        waiting.add(root)
        while path:
            number, rest = path[-1]
            following = next((used for used in rest if used not in order or used in waiting), None)
            if following is None:
                path.pop()
                if path:
                    above = path[-1][0]
                    low[above] = min(low[above], low[number])
                if low[number] == order[number]:
                    found.append(_taken(stack, waiting, number))
            elif following in order:
                low[number] = min(low[number], order[following])
            else:
                order[following] = low[following] = len(order)
                stack.append(following)
                waiting.add(following)
                path.append((following, iter(uses[following])))
    return found


def _taken(stack: list[int], waiting: set[int], last: int) -> list[int]:
    """A component: what lies on the stack down to `last`."""
    members: list[int] = []
    while not members or members[-1] != last:
        members.append(stack.pop())
        waiting.discard(members[-1])
    return members
