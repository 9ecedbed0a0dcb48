from __future__ import annotations

import re

from doctown.viewer.diagram import BOX_HEIGHT, BOX_WIDTH, Box, svg

_NUMBER = r"-?[\d.]+"


def _boxes(drawn: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(rf'<rect x="({_NUMBER})" y="({_NUMBER})"', drawn)]


def _drawing(keys: str, arrows: dict[tuple[str, str], int]) -> str:
    return svg([Box(key, key, "", f"{key}.html") for key in keys], arrows, "Parts")


def test_arrows_go_past_boxes_and_not_through_them() -> None:
    """An arrow that leads further than to the next row passes the boxes between at their sides."""
    arrows = {("a", "b"): 9, ("b", "c"): 8, ("c", "d"): 7, ("a", "d"): 5, ("d", "a"): 1, ("a", "c"): 2}
    drawn = _drawing("abcd", arrows)
    passing = [path for path in re.findall(r'<path class="w\d" d="([^"]+)"', drawn) if "L" in path]
    assert len(passing) == 3
    for path in passing:
        for before, down in re.findall(rf"({_NUMBER} {_NUMBER})L({_NUMBER} {_NUMBER})", path):
            (x, top), (same, bottom) = (tuple(map(float, one.split())) for one in (before, down))
            assert x == same
            for left, y in _boxes(drawn):
                beside = x <= left or x >= left + BOX_WIDTH
                assert beside or max(top, bottom) <= y or min(top, bottom) >= y + BOX_HEIGHT, (path, left, y)


def test_no_arrow_leaves_the_drawing() -> None:
    """What leads from box to box of the first row goes over its top, where there is room for it."""
    arrows = {("a", "c"): 5, ("b", "c"): 5, ("a", "b"): 1, ("b", "a"): 1}
    drawn = _drawing("abc", arrows)
    height = float(re.search(rf'viewBox="0 0 {_NUMBER} ({_NUMBER})"', drawn).group(1))  # type: ignore[union-attr]
    for path in re.findall(r'<path class="w\d" d="([^"]+)"', drawn):
        points = [(float(x), float(y)) for x, y in re.findall(rf"({_NUMBER}) ({_NUMBER})", path)]
        # A curve reaches three quarters of the way to its inner points.
        lowest = min(
            y if place % 3 == 0 else points[0][1] + 0.75 * (y - points[0][1]) for place, (_, y) in enumerate(points)
        )
        assert lowest >= 0
        assert max(y for _, y in points) <= height
