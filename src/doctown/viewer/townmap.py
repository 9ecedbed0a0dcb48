"""The map: districts are the parts of a repository, blocks its files, houses its symbols.

A squarified treemap, laid out once on the server, so that the page has nothing to compute and every visit shows the
same town. A house's ground is its number of lines; which symbols have one, where there are too many, is decided by
centrality. The page draws what is said here on a canvas.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from doctown.docpack import listing
from doctown.viewer.names import FOLDERS, SUFFIX, component, page_path

if TYPE_CHECKING:
    from doctown.docpack.reader import Pack
    from doctown.viewer.shape import Shape

WIDTH, HEIGHT = 16_000, 10_000
MOST_HOUSES = 10_000
DEEPEST = 16  # districts within districts
MOST_ROADS = 40_000  # uses between houses that are told
KINDS = ("class", "function", "method", "value", "other")
_FAMILY = {
    **dict.fromkeys(("class", "interface", "trait", "struct", "enum", "union"), 0),
    **dict.fromkeys(("function", "macro"), 1),
    **dict.fromkeys(("method", "constructor", "property"), 2),
    **dict.fromkeys(("field", "variable", "constant", "enum_member"), 3),
}


@dataclass(slots=True)
class Plot:
    """A rectangle to be laid out, with what stands on it."""

    weight: float
    name: str = ""
    key: str = ""
    parts: list[Plot] = field(default_factory=list)
    row: int = -1  # of a house: its place in the list of houses
    x: float = 0
    y: float = 0
    w: float = 0
    h: float = 0


def town(pack: Pack, shape: Shape) -> str:
    """The map as JSON: `districts` and `files` [name, path of the page, x, y, width, height, …], `houses`
    [name, family, file, x, y, width, height, name of the page], `roads` from house to house in pairs."""
    spots = {spot.id: spot for spot in listing.spots(pack)}
    houses = listing.most_central(pack, MOST_HOUSES)
    at = {glimpse.id: number for number, glimpse in enumerate(houses)}
    blocks: dict[int, Plot] = {}
    for number, glimpse in enumerate(houses):
        spot = spots.get(glimpse.file_id)
        if spot is None:
            continue
        block = blocks.setdefault(spot.id, Plot(0, spot.path.rpartition("/")[2], spot.path))
        weight = 2.0 + 1e4 * min(max(glimpse.centrality, 0.0), 0.002)
        block.parts.append(Plot(weight, glimpse.name, glimpse.key, row=number))
        block.weight += weight
    roots = _districts(shape, {spots[number].path: block for number, block in blocks.items()})
    whole = Plot(sum(one.weight for one in roots), parts=roots, w=WIDTH, h=HEIGHT)
    districts: list[list[object]] = []
    files: list[list[object]] = []
    rows: list[list[object]] = [[]] * len(houses)

    def lay(plot: Plot, depth: int) -> None:
        _squarify(plot.parts, plot.x, plot.y, plot.w, plot.h)
        for part in plot.parts:
            if part.row >= 0:
                glimpse = houses[part.row]
                rows[part.row] = [
                    part.name[:80], _FAMILY.get(glimpse.kind, 4), len(files) - 1, *_box(part), _own_name(glimpse.key)
                ]  # fmt: skip
                continue
            is_file = bool(part.parts) and part.parts[0].row >= 0
            kind = "file" if is_file else "cluster"
            entry: list[object] = [part.name[:80], page_path(kind, part.key), *_box(part)]
            if is_file:
                files.append([*entry, part.key])
            else:
                districts.append([*entry, depth])
            _inset(part, 26 if is_file else 60 if depth else 90, head=70 if is_file else 190 if depth else 280)
            lay(part, depth + 1)

    lay(whole, 0)
    roads: list[int] = []
    for edge in pack.edges():
        one, two = at.get(edge.source), at.get(edge.target)
        if one is not None and two is not None and one != two and edge.kind != "similar" and edge.tier == "resolved":
            roads += (one, two)
            if len(roads) >= 2 * MOST_ROADS:
                break
    whole_map = {
        "width": WIDTH, "height": HEIGHT, "kinds": KINDS, "districts": districts, "files": files,
        "houses": [row or ["", 4, 0, 0, 0, 0, 0, ""] for row in rows], "roads": roads,
        "all": sum(listing.count_by_kind(pack).values()),
    }  # fmt: skip
    return json.dumps(whole_map, separators=(",", ":"))


def _own_name(key: str) -> str:
    """The last component of a symbol's page where it stands in its file's folder, else the whole path."""
    path = page_path("symbol", key)
    file, _, name = key.partition("#")
    own = component(name)
    expected = f"{FOLDERS['symbol']}/{'/'.join(map(component, file.split('/')))}/{own}{SUFFIX}"
    return own if path == expected else f"/{path}"


def _districts(shape: Shape, blocks: dict[str, Plot]) -> list[Plot]:
    def district(key: str, seen: frozenset[str]) -> Plot:
        cluster = shape.clusters[key]
        below = shape.children.get(key, ()) if len(seen) < DEEPEST else ()
        parts = [district(one.key, seen | {one.key}) for one in below if one.key not in seen]
        parts += [blocks.pop(path) for path in cluster.paths if path in blocks]
        parts = [part for part in parts if part.weight > 0]
        return Plot(sum(part.weight for part in parts), cluster.label, key, parts)

    made = [district(cluster.key, frozenset({cluster.key})) for cluster in shape.tops]
    return [one for one in made if one.weight > 0] + list(blocks.values())


def _box(plot: Plot) -> list[int]:
    return [round(plot.x), round(plot.y), max(round(plot.w), 1), max(round(plot.h), 1)]


def _inset(plot: Plot, margin: float, head: float) -> None:
    """Leaves room for the name and a margin, less where there is little."""
    margin = min(margin, plot.w / 20, plot.h / 20)
    head = min(head, plot.h / 5)
    plot.x, plot.y, plot.w, plot.h = plot.x + margin, plot.y + head, plot.w - 2 * margin, plot.h - head - margin


def _squarify(plots: Sequence[Plot], x: float, y: float, w: float, h: float) -> None:
    """Lays plots out in the rectangle, areas by weight, as square as can be (Bruls, Huizing, van Wijk)."""
    total = sum(plot.weight for plot in plots)
    if not plots or total <= 0 or w <= 0 or h <= 0:
        return
    scale = w * h / total
    waiting = sorted(plots, key=lambda plot: (-plot.weight, plot.key))
    start = 0
    while start < len(waiting):
        side = min(w, h)
        end = _row_end(waiting, start, side, scale)
        area = sum(plot.weight for plot in waiting[start:end]) * scale
        thickness = area / side if side else 0
        offset = 0.0
        for plot in waiting[start:end]:
            length = plot.weight * scale / thickness if thickness else 0
            if w >= h:
                plot.x, plot.y, plot.w, plot.h = x, y + offset, thickness, length
            else:
                plot.x, plot.y, plot.w, plot.h = x + offset, y, length, thickness
            offset += length
        if w >= h:
            x, w = x + thickness, max(w - thickness, 0)
        else:
            y, h = y + thickness, max(h - thickness, 0)
        start = end


def _row_end(plots: Sequence[Plot], start: int, side: float, scale: float) -> int:
    """Where a row ends: the next plot would make its worst proportion worse."""
    total = 0.0
    worst = float("inf")
    largest = plots[start].weight * scale
    for end in range(start, len(plots)):
        area = plots[end].weight * scale
        total += area
        now = max(side * side * largest / total**2, total**2 / (side * side * area)) if side and area else 0.0
        if now > worst:
            return end
        worst = now
    return len(plots)
