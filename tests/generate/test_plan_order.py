"""Callees before callers, whatever the shape of the graph."""

from __future__ import annotations

import random

from doctown.generate.plan_order import circles, waves


def test_what_is_used_is_written_before_what_uses_it() -> None:
    """A caller's page builds on its callees'."""
    assert waves({1: [2, 3], 2: [3], 3: [], 4: []}) == [[3, 4], [2], [1]]


def test_a_circle_counts_as_one() -> None:
    """Functions that call each other are written at the same time, and before their callers."""
    assert waves({1: [2], 2: [3], 3: [2], 4: [1]}) == [[2, 3], [1], [4]]


def test_nothing_to_order() -> None:
    """A repository without anything to send has no waves."""
    assert waves({}) == []


def test_a_chain_longer_than_the_stack() -> None:
    """Generated code calls in chains of any length; recursion would end the build."""
    count = 5_000
    chain = {number: [number + 1] if number < count else [] for number in range(1, count + 1)}
    assert waves(chain) == [[number] for number in range(count, 0, -1)]


def test_random_graphs() -> None:
    """Every symbol is in one wave, and uses only earlier waves, or its own circle."""
    chance = random.Random(5)
    for _ in range(60):
        size = chance.randint(1, 25)
        uses = {n: sorted(chance.sample(range(size), chance.randint(0, min(size, 3)))) for n in range(size)}
        order = waves(uses)
        place = {number: at for at, wave in enumerate(order) for number in wave}
        circle = {number: at for at, members in enumerate(circles(uses)) for number in members}
        assert sorted(place) == sorted(circle) == list(range(size))
        for number, used in uses.items():
            assert all(place[one] < place[number] or circle[one] == circle[number] for one in used)
