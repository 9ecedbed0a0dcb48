"""Centrality by exact arithmetic, and the repository put together."""

from __future__ import annotations

import random

import numpy as np

from doctown.assemble.graph import BILLION, adjacency, assemble_repository, page_rank, page_rank_of, pair_weight
from doctown.assemble.partition import file_graph, file_graph_of
from doctown.model import MODULE, Cluster, Edge, File, Origin, Symbol


def edge(source: int, target: int, kind: str = "calls", tier: str = "resolved", line: int = 1) -> Edge:
    return Edge(source, target, kind, tier, "import", line)


def symbol(path: str, name: str, start: int = 0, parent: str = "") -> Symbol:
    return Symbol(
        key=f"{path}#{name}", name=name, qualified_name=name, kind="module" if name == MODULE else "function",
        language="python", path=path, parent=parent, start_byte=start, end_byte=start + 1, start_line=1, end_line=1,
        signature="", docstring="", visibility="public",
    )  # fmt: skip


def test_ranks_are_parts_of_a_billion() -> None:
    """The shares sum to a billion but for what rounding down loses: less than one part per symbol."""
    chance = random.Random(1)
    ids = list(range(500))
    ranks = page_rank(ids, [edge(chance.randrange(500), chance.randrange(500)) for _ in range(2000)])
    assert BILLION - 1000 < sum(ranks.values()) <= BILLION


def test_what_is_used_more_ranks_higher() -> None:
    """Three callers make a function more central than one, and who is called by the central is central."""
    ranks = page_rank([1, 2, 3, 4, 5, 6], [edge(1, 4), edge(2, 4), edge(3, 4), edge(3, 5), edge(4, 6)])
    assert ranks[4] > ranks[5] > ranks[1]
    assert ranks[6] > ranks[5]


def test_a_guess_counts_less_than_what_we_vouch_for() -> None:
    """Of two targets of one caller, the resolved one gets more; similarity counts nothing."""
    ranks = page_rank([1, 2, 3, 4], [edge(1, 2), edge(1, 3, tier="candidate"), edge(1, 4, kind="similar")])
    assert ranks[2] > ranks[3] > ranks[4]


def test_ranks_do_not_hang_on_order() -> None:
    """The same graph gives the same integers however its edges and symbols are ordered."""
    chance = random.Random(2)
    ids = list(range(0, 900, 3))
    edges = [edge(chance.choice(ids), chance.choice(ids)) for _ in range(1500)]
    first = page_rank(ids, edges)
    chance.shuffle(edges)
    chance.shuffle(ids)
    assert page_rank(ids, edges) == first


def test_ranks_are_those_of_exact_arithmetic() -> None:
    """The fixed-point result agrees with PageRank in floating point to a hundred parts per billion."""
    ids = [0, 1, 2, 3]
    arcs = [(0, 1), (1, 2), (2, 0), (3, 2)]
    expected = [0.25] * 4
    for _ in range(200):
        expected = [
            0.15 / 4 + 0.85 * sum(expected[source] for source, target in arcs if target == node) for node in ids
        ]
    ranks = page_rank(ids, [edge(source, target) for source, target in arcs])
    assert all(abs(ranks[node] - expected[node] * BILLION) < 100 for node in ids)


def test_graphs_without_edges_or_symbols() -> None:
    """Nothing is divided by zero, and edges to unknown symbols are left out."""
    assert page_rank([], []) == {}
    assert page_rank([7, 9], [edge(7, 8), edge(7, 7)]) == {7: BILLION // 2, 9: BILLION // 2}


def test_edges_are_sorted_by_kind_and_by_the_other_end() -> None:
    """Both directions are indexed; similarity edges and edges to unknown symbols are left out."""
    symbols = {1: symbol("a.py", "x"), 2: symbol("a.py", "z"), 3: symbol("a.py", "y")}
    edges = [edge(1, 2), edge(1, 3), edge(1, 2, "references"), edge(1, 3, "similar"), edge(1, 99), edge(3, 2)]
    outgoing, incoming = adjacency(symbols, edges)
    assert [(found.kind, found.target) for found in outgoing[1]] == [("calls", 3), ("calls", 2), ("references", 2)]
    assert [(found.kind, found.source) for found in incoming[2]] == [("calls", 1), ("calls", 3), ("references", 1)]


def test_a_repository_knows_its_containment() -> None:
    """Children in order of their start, modules by path, files to leaf clusters."""
    module = f"a.py#{MODULE}"
    symbols = {
        5: symbol("a.py", MODULE), 6: symbol("a.py", "late", 9, module), 7: symbol("a.py", "early", 3, module)
    }  # fmt: skip
    repository = assemble_repository(
        origin=Origin(kind="folder", location="x", name="x"),
        files=[File(path="a.py", language="python", size=1, lines=1, sha256="", status="parsed")],
        symbols=symbols,
        edges=[],
        clusters=[
            Cluster(key="p", parent="", label="P", paths=("a.py",), size=3),
            Cluster(key="p/q", parent="p", label="Q", paths=("a.py",), size=3),
        ],
        centrality={},
        artifacts=[],
        read=lambda path: "",
    )
    assert repository.children == {5: [7, 6]}
    assert repository.modules == {"a.py": 5}
    assert repository.cluster_of == {"a.py": "p/q"}


def test_arrays_of_edges_give_what_edges_give() -> None:
    """A build ranks and draws from arrays, a service from edges: both the same, to the last unit; edges to what is not
    there, within one file, and of kinds that weigh nothing included."""
    chance = random.Random(3)
    symbols = {number: symbol(f"{number % 7}.py", f"s{number}") for number in range(10, 300, 3)}
    ends = [*symbols, 4, 11, 400]
    edges = [
        edge(chance.choice(ends), chance.choice(ends), chance.choice(("calls", "imports", "similar")), tier)
        for tier in ("resolved", "candidate")
        for _ in range(400)
    ]
    ids = list(symbols)
    chance.shuffle(ids)
    sources, targets = (np.array([one[end] for one in edges], dtype=np.int64) for end in (0, 1))
    weights = np.array([pair_weight(one.kind, one.tier) for one in edges], dtype=np.int64)
    assert page_rank_of(ids, sources, targets, weights) == page_rank(ids, edges)
    known = [one for one in edges if one.source in symbols and one.target in symbols]
    paths = [f"{number}.py" for number in range(7)]
    places = (np.array([one[end] % 7 for one in known], dtype=np.int64) for end in (0, 1))
    weights = np.array([pair_weight(one.kind, one.tier) for one in known], dtype=np.int64)
    drawn = file_graph_of(paths, *places, weights).weights
    assert {path: dict(row) for path, row in drawn.items()} == {
        path: dict(row) for path, row in file_graph(symbols, edges, paths).weights.items()
    }
