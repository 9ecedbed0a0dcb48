"""Boxes and arrows as SVG: the parts of a repository and what leads from one to another, drawn on the server.

A layered drawing: what uses stands above what is used, as far as circles allow; neighbours are ordered so that
arrows cross little. No script draws it, so it is there when the page is, on paper too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from math import log2
from typing import NamedTuple

BOX_WIDTH, BOX_HEIGHT, GAP, ROW_GAP, MARGIN = 166, 58, 20, 62, 6
MOST_BOXES, MOST_ARROWS, WIDEST_ROW = 16, 30, 5
LONGEST_LABEL = 19


class Box(NamedTuple):
    """A part."""

    key: str
    label: str
    note: str
    href: str


class _Place(NamedTuple):
    x: float
    y: float


def svg(boxes: Sequence[Box], arrows: Mapping[tuple[str, str], int], title: str) -> str:
    """The drawing; empty for fewer than two boxes. Texts are escaped; addresses are our own."""
    if len(boxes) < 2:
        return ""
    boxes = boxes[:MOST_BOXES]
    keys = [box.key for box in boxes]
    strongest = sorted(
        ((pair, count) for pair, count in arrows.items() if pair[0] in keys and pair[1] in keys),
        key=lambda one: (-one[1], one[0]),
    )[:MOST_ARROWS]
    rows = _rows(keys, dict(strongest))
    width = max(len(row) for row in rows) * (BOX_WIDTH + GAP) - GAP + 2 * MARGIN
    height: float = len(rows) * (BOX_HEIGHT + ROW_GAP) - ROW_GAP + 2 * MARGIN
    first = set(rows[0])
    top = MARGIN + (ROW_GAP / 2 if any(one in first and two in first for (one, two), _ in strongest) else 0)
    height += top - MARGIN
    places: dict[str, _Place] = {}
    for number, row in enumerate(rows):
        left = (width - len(row) * (BOX_WIDTH + GAP) + GAP) / 2
        for column, key in enumerate(row):
            places[key] = _Place(left + column * (BOX_WIDTH + GAP), top + number * (BOX_HEIGHT + ROW_GAP))
    label_of = {box.key: box.label for box in boxes}
    parts = [
        f'<svg class="diagram" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="group"'
        f' aria-label="{escape(title)}">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9"'
        ' markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M0 .8 7.2 4 0 7.2z"/></marker></defs>',
    ]
    most = max((count for _, count in strongest), default=1)
    lanes = _Lanes([[places[key] for key in row] for row in rows])
    for (source, target), count in strongest:
        weight = 1 + round(2 * log2(1 + count) / log2(1 + most))
        told = f"{label_of[source]} uses {label_of[target]}, {count:,} times"
        parts.append(
            f'<path class="w{weight}" d="{_curve(places[source], places[target], lanes)}" marker-end="url(#tip)">'
            f"<title>{escape(told)}</title></path>"
        )
    parts += [_box(box, places[box.key]) for box in boxes]
    return "".join([*parts, "</svg>"])


def _box(box: Box, place: _Place) -> str:
    label = box.label if len(box.label) <= LONGEST_LABEL else f"{box.label[: LONGEST_LABEL - 1]}…"
    middle = place.x + BOX_WIDTH / 2
    return (
        f'<a href="{escape(box.href)}"><title>{escape(box.label)}</title>'
        f'<rect x="{place.x:g}" y="{place.y:g}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="7"/>'
        f'<text x="{middle:g}" y="{place.y + 25:g}">{escape(label)}</text>'
        f'<text class="note" x="{middle:g}" y="{place.y + 43:g}">{escape(box.note)}</text></a>'
    )


class _Lanes:
    """Where arrows pass rows that they neither begin nor end in: between the boxes, each a little beside the others."""

    def __init__(self, rows: Sequence[Sequence[_Place]]) -> None:
        self.rows = rows
        self._taken: Counter[tuple[float, float]] = Counter()

    def between(self, above: float, below: float) -> list[Sequence[_Place]]:
        """The rows whose boxes begin below one height and above another, from the top."""
        return [row for row in self.rows if above < row[0].y < below]

    def at(self, row: Sequence[_Place], x: float) -> float:
        """The way past a row that is nearest to `x`."""
        hit = next((box for box in row if box.x - GAP / 2 < x < box.x + BOX_WIDTH + GAP / 2), None)
        if hit is None:
            return x
        sides = hit.x - GAP / 2, hit.x + BOX_WIDTH + GAP / 2
        side = min(sides, key=lambda one: abs(one - x))
        number = self._taken[row[0].y, side]
        self._taken[row[0].y, side] += 1
        return side + (0, 4, -4, 7, -7)[number % 5]


def _curve(source: _Place, target: _Place, lanes: _Lanes) -> str:
    """Down from below the user to above the used; for a use against the order, up; within a row, over the top."""
    start_x, end_x = source.x + BOX_WIDTH / 2, target.x + BOX_WIDTH / 2
    if source.y == target.y:
        high = source.y - ROW_GAP * 0.6
        return f"M{start_x:g} {source.y:g}C{start_x:g} {high:g} {end_x:g} {high:g} {end_x:g} {source.y:g}"
    down = source.y < target.y
    # Arrows in both directions between two boxes do not lie upon each other.
    start_x, end_x = (start_x - 9, end_x - 9) if down else (start_x + 9, end_x + 9)
    start_y, end_y = (source.y + BOX_HEIGHT, target.y) if down else (source.y, target.y + BOX_HEIGHT)
    passed = lanes.between(min(source.y, target.y), max(source.y, target.y))
    parts = [f"M{start_x:g} {start_y:g}"]
    x, y = start_x, start_y
    for row in passed if down else reversed(passed):
        near, far = (row[0].y, row[0].y + BOX_HEIGHT) if down else (row[0].y + BOX_HEIGHT, row[0].y)
        lane = lanes.at(row, x + (end_x - x) * (near - y) / (end_y - y))
        parts.append(f"{_bend(x, y, lane, near)}L{lane:g} {far:g}")
        x, y = lane, far
    return "".join([*parts, _bend(x, y, end_x, end_y)])


def _bend(x: float, y: float, end_x: float, end_y: float) -> str:
    """On to a point, leaving and arriving upright."""
    middle = (y + end_y) / 2
    return f"C{x:g} {middle:g} {end_x:g} {middle:g} {end_x:g} {end_y:g}"


def _rows(keys: Sequence[str], arrows: Mapping[tuple[str, str], int]) -> list[list[str]]:
    """The keys in rows, users above the used; each row ordered by where its neighbours stand."""
    balance = dict.fromkeys(keys, 0)
    for (source, target), count in arrows.items():
        balance[source] += count
        balance[target] -= count
    order = sorted(keys, key=lambda key: (-balance[key], key))
    rank = {key: number for number, key in enumerate(order)}
    level = dict.fromkeys(keys, 0)
    for key in order:
        above = [level[one] + 1 for one, two in arrows if two == key and rank[one] < rank[key]]
        level[key] = max(above, default=0)
    levels: list[list[str]] = [[] for _ in range(max(level.values()) + 1)]
    for key in order:
        levels[level[key]].append(key)
    rows = [row[at : at + WIDEST_ROW] for row in levels for at in range(0, len(row), WIDEST_ROW)]
    near: dict[str, list[str]] = {key: [] for key in keys}
    for source, target in arrows:
        near[source].append(target)
        near[target].append(source)
    for _ in range(4):
        spot = {key: (at + 0.5) / len(row) for row in rows for at, key in enumerate(row)}
        for row in rows:
            row.sort(key=lambda key: sum(spot[one] for one in near[key]) / len(near[key]) if near[key] else spot[key])
    return rows
