"""Boxes and arrows as SVG: the parts of a repository and what leads from one to another, drawn on the server.

A layered drawing: what uses stands above what is used, as far as circles allow; neighbours are ordered so that
arrows cross little. No script draws it, so it is there when the page is, on paper too.
"""

from __future__ import annotations

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
    height = len(rows) * (BOX_HEIGHT + ROW_GAP) - ROW_GAP + 2 * MARGIN
    places: dict[str, _Place] = {}
    for number, row in enumerate(rows):
        left = (width - len(row) * (BOX_WIDTH + GAP) + GAP) / 2
        for column, key in enumerate(row):
            places[key] = _Place(left + column * (BOX_WIDTH + GAP), MARGIN + number * (BOX_HEIGHT + ROW_GAP))
    label_of = {box.key: box.label for box in boxes}
    parts = [
        f'<svg class="diagram" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="group"'
        f' aria-label="{escape(title)}">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9"'
        ' markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path d="M0 .8 7.2 4 0 7.2z"/></marker></defs>',
    ]
    most = max((count for _, count in strongest), default=1)
    for (source, target), count in strongest:
        weight = 1 + round(2 * log2(1 + count) / log2(1 + most))
        told = f"{label_of[source]} uses {label_of[target]}, {count:,} times"
        parts.append(
            f'<path class="w{weight}" d="{_curve(places[source], places[target])}" marker-end="url(#tip)">'
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


def _curve(source: _Place, target: _Place) -> str:
    """Down from below the user to above the used; for a use against the order, up; within a row, over the top."""
    start_x, end_x = source.x + BOX_WIDTH / 2, target.x + BOX_WIDTH / 2
    # Arrows in both directions between two boxes do not lie upon each other.
    if source.y < target.y:
        start_x, end_x = start_x - 9, end_x - 9
        start_y, end_y = source.y + BOX_HEIGHT, target.y
    elif source.y > target.y:
        start_x, end_x = start_x + 9, end_x + 9
        start_y, end_y = source.y, target.y + BOX_HEIGHT
    else:
        start_y = end_y = source.y
        high = start_y - ROW_GAP * 0.6
        return f"M{start_x:g} {start_y:g}C{start_x:g} {high:g} {end_x:g} {high:g} {end_x:g} {end_y:g}"
    bend = (start_y + end_y) / 2
    return f"M{start_x:g} {start_y:g}C{start_x:g} {bend:g} {end_x:g} {bend:g} {end_x:g} {end_y:g}"


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
