"""Splits a large flat folder into groups by who uses whom and by names, in integers alone.

Agglomeration by modularity: the pair of groups whose merger gains most is merged until none gains or the next would
grow too large. Modularity sets each pair's edges against what their degrees let expect, so a helper that everything
uses pulls nothing together. The gain is kept as an integer (twice the total weight times the pair's weight, less
the product of the degrees), so no rounding decides, and ties fall to the path.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from doctown.assemble.graph import pair_weight
from doctown.model import Edge, Symbol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

MAX_SHARE = 70  # percent of a folder in one group: it does not fall into groups, a few files fall off it
_LOCALE = re.compile(r"[a-z]{2}(?:[-_][A-Za-z]{2,4})?$")
MIN_GROUP = 2  # files; smaller groups join the one they are closest to
_WORD = re.compile(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]*|\d+")
_AFFIX = re.compile(r"^(?:tests?_|_+)|(?:_tests?|_spec|\.(?:test|spec|d)|_internal|_impl)$")
_TEST = re.compile(r"(?:^|/)tests?_[^/]*$|(?:_test|[._-](?:test|spec))\.[a-z]+$")
# One of several files for the same thing, chosen by the machine that it is built for.
_PLATFORM = re.compile(
    r"(?<=[a-z0-9])_(?:not?)?(?:win|windows|linux|darwin|macos|unix|posix|bsd|freebsd|openbsd|netbsd|plan9|wasm|js|other|"
    r"amd64|arm64|arm|386|x86|x86_64|ppc64le|s390x|riscv64)$"
)


@dataclass(frozen=True, slots=True)
class FileGraph:
    """Weights between files, without direction: `weights[a][b] == weights[b][a]`."""

    weights: Mapping[str, Mapping[str, int]]


def file_graph(symbols: Mapping[int, Symbol], edges: Iterable[Edge], paths: Collection[str]) -> FileGraph:
    """Sums the edges between symbols to edges between the files `paths`."""
    place = {number: path for number, symbol in symbols.items() if (path := symbol.path) in paths}
    # Several edges join the same two files: counted by kind and tier first, weighed and mirrored afterwards.
    counts = Counter(
        (source, target, kind, tier)
        for first, second, kind, tier, _, _ in edges
        if (source := place.get(first)) is not (target := place.get(second))
    )
    weights: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (source, target, kind, tier), count in counts.items():
        weight = count * pair_weight(kind, tier)
        if weight and source is not None and target is not None and source != target:
            weights[source][target] += weight
            weights[target][source] += weight
    return FileGraph(weights)


def file_graph_of(paths: Sequence[str], sources: Integers, targets: Integers, weights: Integers) -> FileGraph:
    """As `file_graph`, of edges as arrays: the places in `paths` of the files at their ends, and their weights."""
    import numpy as np  # noqa: PLC0415 - opening a pack must not wait for numpy

    kept = np.flatnonzero((weights > 0) & (sources != targets))
    codes = sources[kept] * len(paths) + targets[kept]
    order = np.argsort(codes, kind="stable")
    codes = codes[order]
    firsts = np.flatnonzero(np.diff(codes, prepend=-1))
    totals = np.add.reduceat(weights[kept][order], firsts).tolist() if len(firsts) else []
    graph: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for code, total in zip(codes[firsts].tolist(), totals, strict=True):
        source, target = paths[code // len(paths)], paths[code % len(paths)]
        graph[source][target] += total
        graph[target][source] += total
    return FileGraph(graph)


def stem(path: str) -> str:
    """`src/http_client_test.go` → `http_client`: what a file is called beside those that belong to it."""
    name = path.rsplit("/", 1)[-1]
    bare = name.split(".", 1)[0] or name.lstrip(".")
    bare = _AFFIX.sub("", bare) or bare
    return _PLATFORM.sub("", bare)


def split(
    folder: str, paths: Sequence[str], graph: FileGraph, counts: Mapping[str, int], limit: int
) -> list[tuple[str, list[str]]]:
    """(key, files) of each group; empty if the folder does not fall into groups.

    `counts` are symbols per file; a group holds at most about `limit` files with symbols. The key is the folder and
    the stem of the file that stands for the group: the one with most weight inside it. Files without symbols go with
    the file of their stem, or else with the largest group.
    """
    code = sorted(path for path in paths if counts.get(path))
    members: dict[str, list[str]] = {}
    for path in code:  # a header with its source, a test with what it tests
        members.setdefault(stem(path), []).append(path)
    names = sorted(members)
    if 2 * sum(1 for name in names if _LOCALE.match(name)) > len(names):
        return []  # one file per natural language: alike, whatever uses what
    weights = _between(names, members, graph)
    groups = _join_small(_agglomerate(names, members, weights, limit), members, weights, limit)
    if len(groups) < 2 or max(map(len, groups)) * 100 > MAX_SHARE * len(names):
        return []
    result: dict[str, list[str]] = {}
    home: dict[str, str] = {}
    for group in groups:
        inside = {name: sum(weights[name].get(other, 0) for other in group) for name in group}
        tested = {name: not all(_TEST.search(path) for path in members[name]) for name in group}
        speaker = max(
            group, key=lambda name: (tested[name], inside[name], sum(counts[path] for path in members[name]), name)
        )
        key = f"{folder}#{speaker}" if folder else f"#{speaker}"
        result[key] = [path for name in group for path in members[name]]
        home.update(dict.fromkeys(group, key))
    largest = max(result, key=lambda key: (len(result[key]), key))
    for path in paths:
        if not counts.get(path):
            result[home.get(stem(path), largest)].append(path)
    return sorted((key, sorted(files)) for key, files in result.items())


def _between(names: Sequence[str], members: Mapping[str, list[str]], graph: FileGraph) -> dict[str, dict[str, int]]:
    """Weights between stems: the graph's, and a bonus where names begin or end with the same word."""
    owner = {path: name for name in names for path in members[name]}
    weights: dict[str, dict[str, int]] = {name: {} for name in names}
    total = 0
    for path, name in owner.items():
        for other, weight in graph.weights.get(path, {}).items():
            target = owner.get(other)
            if target is not None and target != name:
                weights[name][target] = weights[name].get(target, 0) + weight
                total += weight
    bonus = total // max(1, 2 * len(names)) + 1  # about half of what a file has in edges on average
    by_word: dict[str, list[str]] = defaultdict(list)
    for name in names:
        words = [word.lower() for word in _WORD.findall(name)]
        # `http_client` is akin to `http_server`, and `bash_completions` to `zsh_completions`.
        for word in {words[0], words[-1]} if words else ():
            if len(word) > 1:
                by_word[word].append(name)
    for _, alike in sorted(by_word.items()):
        for name in alike:
            for other in alike if len(alike) <= 30 else ():
                if other != name:
                    weights[name][other] = weights[name].get(other, 0) + bonus
    return weights


def _agglomerate(
    names: Sequence[str], members: Mapping[str, list[str]], weights: Mapping[str, Mapping[str, int]], limit: int
) -> list[list[str]]:
    """Greedy modularity with a cap on the files of a group. Groups are named by the smallest stem in them."""
    near = {name: dict(weights[name]) for name in names}
    degree = {name: sum(near[name].values()) for name in names}
    size = {name: len(members[name]) for name in names}
    groups = {name: [name] for name in names}
    total = sum(degree.values())  # twice the weight of all edges

    def entry(first: str, second: str) -> tuple[int, str, str, int, int]:
        low, high = sorted((first, second))
        gain = total * near[low][high] - degree[low] * degree[high]
        return -gain, low, high, degree[low], degree[high]

    heap = [entry(name, other) for name in names for other in near[name] if name < other]
    heapq.heapify(heap)
    while heap:
        negative, low, high, low_degree, high_degree = heapq.heappop(heap)
        if negative >= 0:
            break
        # An entry is stale when one of its groups has changed since: a group that changed has another degree.
        if low not in groups or high not in groups or (degree[low], degree[high]) != (low_degree, high_degree):
            continue
        if size[low] + size[high] > limit:
            continue
        groups[low] += groups.pop(high)
        size[low] += size.pop(high)
        degree[low] += degree.pop(high)
        for other, weight in near.pop(high).items():
            del near[other][high]
            if other != low:
                near[low][other] = near[low].get(other, 0) + weight
                near[other][low] = near[low][other]
        for other in near[low]:
            heapq.heappush(heap, entry(low, other))
    return [sorted(group) for _, group in sorted(groups.items())]


def _join_small(
    groups: list[list[str]], members: Mapping[str, list[str]], weights: Mapping[str, Mapping[str, int]], limit: int
) -> list[list[str]]:
    """Groups of a single file join the group they are most tied to; those tied to none stay together."""

    def files(group: Sequence[str]) -> int:
        return sum(len(members[name]) for name in group)

    smallest = max(MIN_GROUP, limit // 6)
    large = [group for group in groups if files(group) >= smallest]
    small = [group for group in groups if files(group) < smallest]
    alone: list[str] = []
    for group in sorted(small, key=lambda group: (-files(group), group)):
        ties = [sum(weights[name].get(other, 0) for name in group for other in home) for home in large]
        best = max(
            range(len(large)), key=lambda index: (ties[index], -files(large[index]), large[index][0]), default=-1
        )
        if best >= 0 and ties[best] and files(large[best]) + files(group) <= limit + limit // 2:
            large[best] = sorted([*large[best], *group])
        else:
            alone.extend(group)
    if sum(len(members[name]) for name in alone) >= MIN_GROUP or not large:
        large.append(sorted(alone))
    elif alone:
        smallest_home = min(range(len(large)), key=lambda index: (files(large[index]), large[index][0]))
        large[smallest_home] = sorted([*large[smallest_home], *alone])
    return large
