"""Which file uses what of which other file, and a symbol's edges at either end: from arrays, made when asked for.

A rebuild after a small change looks at a few hundred symbols of sixty thousand, so nothing is made of an edge until
somebody wants it. Which edges there are is `resolve`'s business, what is written from them that of other stages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from doctown.model import Edge, Relations

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

# What an edge of ours counts where it is asked which file uses which: as `generate.extract` weighs them.
WEIGHTS = {"calls": 4, "inherits": 4, "imports": 2, "references": 1}

MOST_MADE = 20_000  # symbols whose edges are kept once they were made, so that memory does not grow with the repository

Labels = Mapping[int, tuple[str, str, str]]  # label → kind, tier, reason


class Adjacent(Mapping[int, Sequence[Edge]]):
    """Symbol to the edges at one end of it, sorted by kind and the other end's key; `end` 0: it is their source."""

    def __init__(self, edges: Sequence[Integers], labels: Labels, key: Callable[[int], str], end: int) -> None:
        order = np.argsort(edges[end], kind="stable")
        self._columns = [column[order] for column in edges]
        ends = self._columns[end]
        self._labels = labels
        self._key = key
        self._other = 1 - end
        firsts = np.flatnonzero(np.diff(ends, prepend=-1)).tolist()
        limits = [*firsts, len(ends)]
        places = zip(ends[firsts].tolist(), firsts, limits[1:], strict=True)
        self._places = {number: (first, beyond) for number, first, beyond in places}
        self._made: dict[int, list[Edge]] = {}

    def __getitem__(self, number: int) -> Sequence[Edge]:
        found = self._made.get(number)
        if found is None:
            first, beyond = self._places[number]
            source, target, label, line = (column[first:beyond].tolist() for column in self._columns)
            labels, key, other = self._labels, self._key, self._other
            found = [Edge(s, t, *labels[one], at) for s, t, one, at in zip(source, target, label, line, strict=True)]
            if len(found) > 1:
                found.sort(key=lambda edge: (edge.kind, key(edge.target if other else edge.source), edge.line))
            if len(self._made) >= MOST_MADE:
                self._made.clear()
            self._made[number] = found
        return found

    def get(self, number: int, default: object = None) -> Any:  # noqa: ANN401 - as `Mapping.get`
        """The edges of a symbol, or the default. Most symbols have none: that is told without an exception."""
        return self[number] if number in self._places else default

    def __iter__(self) -> Iterator[int]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, number: object) -> bool:
        return number in self._places


class Names(Mapping[tuple[str, str], Mapping[int, int]]):
    """(path, other path) to the symbols of the other that the first uses, by weight."""

    def __init__(self, pairs: Mapping[tuple[str, str], tuple[int, int]], targets: Integers, weights: Integers) -> None:
        self._pairs = pairs
        self._targets = targets
        self._weights = weights

    def __getitem__(self, pair: tuple[str, str]) -> Mapping[int, int]:
        first, beyond = self._pairs[pair]
        found: dict[int, int] = {}
        for target, weight in zip(
            self._targets[first:beyond].tolist(), self._weights[first:beyond].tolist(), strict=True
        ):
            found[target] = found.get(target, 0) + weight
        return found

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)


def relations(
    paths: Sequence[str],
    source_file: Integers,
    target_file: Integers,
    target: Integers,
    label: Integers,
    labels: Labels,
) -> Relations:
    """Sums the resolved edges between symbols to uses between files, which are given by their place in `paths`."""
    counted = {number: WEIGHTS.get(kind, 0) if tier == "resolved" else -1 for number, (kind, tier, _) in labels.items()}
    by_label = np.full(max(counted, default=0) + 1, -1, dtype=np.int64)
    for number, weight in counted.items():
        by_label[number] = weight
    weights = by_label[label]
    kept = np.flatnonzero((weights >= 0) & (source_file != target_file))
    codes = source_file[kept] * len(paths) + target_file[kept]
    kept = kept[np.argsort(codes, kind="stable")]
    codes = np.sort(codes, kind="stable")
    firsts = np.flatnonzero(np.diff(codes, prepend=-1))
    totals = np.add.reduceat(weights[kept], firsts).tolist() if len(firsts) else []
    uses: dict[str, dict[str, int]] = {}
    used_by: dict[str, dict[str, int]] = {}
    places: dict[tuple[str, str], tuple[int, int]] = {}
    limits = [*firsts.tolist(), len(codes)]
    for at, (code, total) in enumerate(zip(codes[firsts].tolist(), totals, strict=True)):
        user, used = paths[code // len(paths)], paths[code % len(paths)]
        uses.setdefault(user, {})[used] = total
        used_by.setdefault(used, {})[user] = total
        places[user, used] = limits[at], limits[at + 1]
    return Relations(uses=uses, used_by=used_by, names=Names(places, target[kept], weights[kept]))
