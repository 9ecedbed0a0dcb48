"""Walks over the graph: what they reach, how sure that is, and that they end."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise, permutations
from pathlib import Path

import pytest

from doctown.docpack import graph
from doctown.docpack.draft import Draft
from doctown.docpack.reader import Pack
from doctown.errors import InputError
from doctown.model import Edge

from .conftest import FINGERPRINT, make_file, make_symbol

NAMES = ("a", "b", "c", "d", "e", "f")


@pytest.fixture
def chain(tmp_path: Path) -> Callable[[Sequence[tuple[str, str, str, str]]], Pack]:
    """Opens a pack of functions a to f and a class K with a member m, joined by (source, target, kind, tier)."""

    def make(edges: Sequence[tuple[str, str, str, str]]) -> Pack:
        content = "".join(f"def {name}(): pass\n" for name in NAMES).encode() + b"class K:\n    def m(self): pass\n"
        file = ("src/x.py", content)
        top = "src/x.py#<module>"
        symbols = [make_symbol(file, "<module>", "module", "", b"")]
        symbols += [make_symbol(file, name, "function", top, f"def {name}(): pass".encode()) for name in NAMES]
        symbols.append(make_symbol(file, "K", "class", top, content[content.index(b"class") :]))
        symbols.append(make_symbol(file, "m", "method", "src/x.py#K", b"def m(self): pass"))
        draft = Draft.open(tmp_path / "x.draft", FINGERPRINT)
        draft.add_files([(make_file("src/x.py", content), content)])
        ids = dict(zip([one.name for one in symbols], draft.add_symbols(symbols), strict=True))
        draft.add_edges([Edge(ids[a], ids[b], kind, tier, "test", 1) for a, b, kind, tier in edges])
        draft.seal(tmp_path / "x.docpack")
        return Pack.open(tmp_path / "x.docpack")

    return make


def key(name: str) -> str:
    return f"src/x.py#{name}"


def calls(*pairs: str, tier: str = "resolved") -> list[tuple[str, str, str, str]]:
    return [(pair[0], pair[1], "calls", tier) for pair in pairs]


def names(walk: graph.Walk) -> list[tuple[str, int, bool]]:
    return [(one.entry.symbol.name, one.distance, one.certain) for one in walk.reached]


def test_callers_and_callees_at_every_distance(chain: Callable[..., Pack]) -> None:
    """A walk goes as deep as it is asked to, nearest first, and counts by distance."""
    with chain(calls("ab", "bc", "cd")) as pack:
        assert names(graph.callees(pack, key("a"))) == [("b", 1, True)]
        assert names(graph.callees(pack, key("a"), depth=9)) == [("b", 1, True), ("c", 2, True), ("d", 3, True)]
        found = graph.callers(pack, key("d"), depth=2)
        assert names(found) == [("c", 1, True), ("b", 2, True)]
        assert (found.total, found.at, found.cut) == (2, (1, 1), "")
        assert found.reached[0].via.line == 1
        assert len(graph.callers(pack, key("d"), depth=3, most=1).reached) == 1


def test_one_guess_makes_all_behind_it_a_guess(chain: Callable[..., Pack]) -> None:
    """Certainty is that of the whole way, and a certain way of the same length wins."""
    with chain([*calls("ab", tier="candidate"), *calls("bc", "ad", "dc")]) as pack:
        assert names(graph.callees(pack, key("a"), depth=2)) == [("d", 1, True), ("b", 1, False), ("c", 2, True)]
        assert names(graph.callees(pack, key("a"), depth=2, candidates=False)) == [("d", 1, True), ("c", 2, True)]


def test_a_class_counts_with_its_members(chain: Callable[..., Pack]) -> None:
    """Who calls a method calls the class; uses inside the class are no uses of it."""
    with chain([*calls("am", "mb"), ("m", "K", "references", "resolved")]) as pack:
        found = graph.walk(pack, key("K"), "in")
        assert names(found) == [("a", 1, True)]
        assert found.members == 1
        assert found.reached[0].via.target == key("K.m")


def test_circles_end(chain: Callable[..., Pack]) -> None:
    """A walk meets each symbol once, however the edges run."""
    with chain(calls("ab", "ba", "bb", "bc", "ca")) as pack:
        assert names(graph.callees(pack, key("a"), depth=20)) == [("b", 1, True), ("c", 2, True)]
        assert graph.paths(pack, key("a"), key("f")).paths == ()


def test_a_walk_is_bounded(chain: Callable[..., Pack], monkeypatch: pytest.MonkeyPatch) -> None:
    """However many edges a stranger's pack has, a walk ends, and says that it saw not everything."""
    with chain(calls("ab", "bc", "cd", "de", "ef")) as pack:
        monkeypatch.setattr(graph, "MOST_VISITED", 3)
        found = graph.callees(pack, key("a"), depth=20)
        assert found.total < 5
        assert "stopped" in found.cut
        monkeypatch.setattr(graph, "MOST_VISITED", 1000)
        monkeypatch.setattr(graph, "MOST_EDGES", 2)
        assert "stopped" in graph.callees(pack, key("a"), depth=20).cut
        assert "stopped" in graph.paths(pack, key("a"), key("f")).cut


def test_paths_are_the_shortest_and_prefer_what_is_resolved(chain: Callable[..., Pack]) -> None:
    """All shortest ways are told; a longer resolved way beats a shorter guess; without a way there is none."""
    with chain([*calls("ab", "bd", "ac", "cd", "de"), *calls("ae", tier="candidate")]) as pack:
        found = graph.paths(pack, key("a"), key("d"))
        ways = sorted([link.target for link in way] for way in found.paths)
        assert ways == [[key("b"), key("d")], [key("c"), key("d")]]
        assert found.certain
        assert len(graph.paths(pack, key("a"), key("d"), most=1).paths) == 1
        assert all(len(way) == 3 for way in graph.paths(pack, key("a"), key("e")).paths)
        guess = graph.paths(pack, key("a"), key("e"), longest=1)
        assert [link.tier for link in guess.paths[0]] == ["candidate"]
        assert not guess.certain
        assert graph.paths(pack, key("a"), key("e"), longest=1, candidates=False).paths == ()
        assert graph.paths(pack, key("e"), key("a")).paths == ()


def test_paths_from_both_ends_are_all_the_shortest(chain: Callable[..., Pack]) -> None:
    """In a tangle, between any two symbols: as many ways and as long as trying all of them finds."""
    chance = random.Random(5)
    pairs = sorted({(a, b) for a in NAMES for b in NAMES if a != b and chance.random() < 0.3})
    with chain([(a, b, "calls", "resolved") for a, b in pairs]) as pack:
        for a, b in permutations(NAMES, 2):
            tried = [
                (a, *between, b)
                for size in range(len(NAMES) - 1)
                for between in permutations([name for name in NAMES if name not in (a, b)], size)
            ]
            ways = [way for way in tried if all(pair in pairs for pair in pairwise(way))]
            least = [way for way in ways if len(way) == min(map(len, ways))]
            found = graph.paths(pack, key(a), key(b), most=100).paths
            told = sorted((way[0].source[-1], *(link.target[-1] for link in way)) for way in found)
            assert told == sorted(least), (a, b)
            assert all(one.target == two.source for way in found for one, two in pairwise(way))


def test_impact_counts_files_and_finds_overrides(pack: Path) -> None:
    """What uses a symbol is counted by file and part."""
    with Pack.open(pack) as opened:
        found = graph.impact(opened, "src/app.py#Flask")
        assert [one.entry.symbol.name for one in found.walk.reached] == ["getJSONResponse"]
        assert found.files == (("src/helpers.py", 1),)
        assert found.clusters == (("src", 1),)
        assert not found.walk.reached[0].certain


def test_misuse_is_told(pack: Path) -> None:
    """Unknown symbols and kinds of edges, and a walk that goes nowhere, are the caller's errors."""
    with Pack.open(pack) as opened:
        with pytest.raises(InputError, match="no symbol"):
            graph.callers(opened, "nothing")
        with pytest.raises(InputError, match="kind of edge"):
            graph.walk(opened, "src/app.py#Flask", "in", kinds=("eats",))
        with pytest.raises(InputError, match="depth"):
            graph.walk(opened, "src/app.py#Flask", "in", depth=0)
