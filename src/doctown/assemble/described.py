"""A graph of symbols that somebody else found and described: what each is called and which names it uses.

This is the Assembly service's published form, for clients with a parser of their own. The same stage works on it, but a
description says less than the facts of a parsed file do: a name that fits one definition alone is a candidate here too,
unless the name was written with its module.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from doctown.assemble import resolve
from doctown.assemble.cluster import cluster
from doctown.assemble.graph import page_rank
from doctown.assemble.neighbours import similar
from doctown.languages import languages
from doctown.model import (
    MODULE,
    Cluster,
    Edge,
    File,
    FileFacts,
    Import,
    Reference,
    Symbol,
    SymbolKind,
    Unresolved,
)

_KINDS = frozenset(get_args(SymbolKind))
_MOST_NEIGHBOURS = 50  # named in a context


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A symbol as a client describes it."""

    id: str
    name: str
    kind: str
    language: str
    path: str
    signature: str = ""
    docstring: str = ""
    calls: tuple[str, ...] = ()  # names, dotted where the client knows more: `self.get`, `module.function`
    imports: tuple[str, ...] = ()  # `module` or `module.name`


def assemble_described(
    described: Sequence[Described], vectors: Iterable[tuple[str, Sequence[float]]] = ()
) -> dict[str, Any]:
    """{clusters, nodes, edges, contexts, stats} of the symbols, whose ids differ. `vectors` are pairs of a symbol's id
    and the vector of a piece of it; those of different lengths are of different models, and are not compared."""
    by_path: dict[str, list[Described]] = defaultdict(list)
    for one in described:
        by_path[one.path].append(one)
    facts: list[FileFacts] = []
    ids: dict[str, list[int]] = {}
    symbols: dict[int, Symbol] = {}
    names: dict[int, str] = {}  # number → the client's id; modules have none
    for path in sorted(by_path):
        made = _facts(path, by_path[path])
        numbers = list(range(len(symbols) + 1, len(symbols) + 1 + len(made.symbols)))
        facts.append(made)
        ids[path] = numbers
        symbols.update(zip(numbers, made.symbols, strict=True))
        names.update(zip(numbers[1:], (one.id for one in by_path[path]), strict=True))
    index = resolve.build_index(facts, ids)
    edges: list[Edge] = []
    unresolved: list[Unresolved] = []
    for one_file in facts:
        resolution = resolve.resolve_file(index, one_file)
        edges.extend(resolution.edges)
        unresolved.extend(resolution.unresolved)
    ranks = page_rank(sorted(symbols), edges)
    files = [
        File(path=one.path, language=one.language, size=0, lines=0, sha256="", status="parsed") for one in facts
    ]  # fmt: skip
    clusters = cluster(files, symbols, edges)
    edges = [edge for edge in edges if edge.source in names and edge.target in names]
    edges += _similar(symbols, names, vectors)
    return _graph(described, symbols, names, edges, unresolved, ranks, clusters)


def _facts(path: str, members: Sequence[Described]) -> FileFacts:
    """One file's facts as far as its symbols' descriptions go. The n-th symbol is taken to stand on line n."""
    known = languages()
    language = next((one.language for one in members if one.language in known), "python")
    module = _symbol(path, MODULE, "module", language, 0, "", "", "")
    taken: dict[str, int] = {}
    symbols = [module]
    references: list[Reference] = []
    imports: dict[str, Import] = {}
    for place, one in enumerate(members, 1):
        taken[one.name] = taken.get(one.name, 0) + 1
        key = f"{one.name}~{taken[one.name]}" if taken[one.name] > 1 else one.name
        kind = one.kind if one.kind in _KINDS and one.kind != "module" else "function"
        symbols.append(_symbol(path, key, kind, language, place, one.signature, one.docstring, module.key))
        for call in one.calls:
            receiver, _, name = call.rpartition(".")
            if name:
                references.append(Reference("calls", name, receiver, place, place))
        for written in one.imports:
            source, _, name = written.rpartition(".")
            imports.setdefault(written, Import(source or name, name if source else "", name, 1, 0))
    return FileFacts(
        path=path, language=language, package="", symbols=tuple(symbols), references=tuple(references),
        imports=tuple(imports.values()), bindings=(), bases=(),
    )  # fmt: skip


def _symbol(
    path: str, key: str, kind: str, language: str, line: int, signature: str, docstring: str, parent: str
) -> Symbol:
    qualified = key.partition("~")[0]
    return Symbol(
        key=f"{path}#{key}", name=qualified.rpartition(".")[2] or qualified, qualified_name=qualified,
        kind=kind, language=language, path=path, parent=parent,  # type: ignore[arg-type]
        start_byte=line, end_byte=line + 1 if line else 1 << 30, start_line=max(line, 1), end_line=max(line, 1),
        signature=signature, docstring=docstring, visibility="public",
    )  # fmt: skip


def _similar(
    symbols: Mapping[int, Symbol], names: Mapping[int, str], vectors: Iterable[tuple[str, Sequence[float]]]
) -> list[Edge]:
    numbers = {name: number for number, name in names.items()}
    sums: dict[int, dict[int, Any]] = {}  # by length
    for name, vector in vectors:
        if name in numbers:
            row = np.nan_to_num(np.array(vector, np.float64), posinf=0.0, neginf=0.0).clip(-1e6, 1e6)
            of_length = sums.setdefault(len(vector), {})
            of_length[numbers[name]] = of_length.get(numbers[name], 0) + row
    edges: dict[tuple[int, int], Edge] = {}
    for of_length in sums.values():
        units = {
            number: (total / length).astype(np.float32)
            for number, total in of_length.items()
            if (length := float(np.linalg.norm(total))) > 1e-9
        }
        for edge in similar(symbols, units):
            edges.setdefault((edge.source, edge.target), edge)
    return list(edges.values())


def _graph(
    described: Sequence[Described],
    symbols: Mapping[int, Symbol],
    names: Mapping[int, str],
    edges: Sequence[Edge],
    unresolved: Sequence[Unresolved],
    ranks: Mapping[int, int],
    clusters: Sequence[Cluster],
) -> dict[str, Any]:
    parents = {one.parent for one in clusters}
    cluster_of = {path: one for one in clusters if one.key not in parents for path in one.paths}
    labels = {name: cluster_of[symbols[number].path] for number, name in names.items()}
    centrality = {name: ranks[number] / 1e9 for number, name in names.items()}
    calls: dict[str, list[str]] = defaultdict(list)
    callers: dict[str, list[str]] = defaultdict(list)
    alike: dict[str, list[str]] = defaultdict(list)
    by_id = {one.id: one for one in described}
    for edge in edges:
        source, target = names[edge.source], names[edge.target]
        if edge.kind == "similar":
            alike[source].append(by_id[target].name)
        else:
            calls[source].append(by_id[target].name)
            callers[target].append(by_id[source].name)
    contexts = [
        {
            "symbol_id": one.id, "name": one.name, "kind": one.kind, "language": one.language,
            "file_path": one.path, "signature": one.signature, "docstring": one.docstring,
            "calls": sorted(set(calls[one.id]))[:_MOST_NEIGHBOURS],
            "called_by": sorted(set(callers[one.id]))[:_MOST_NEIGHBOURS],
            "related_symbols": alike[one.id], "imports": list(one.imports),
            "cluster_label": labels[one.id].label, "centrality": centrality[one.id],
        }
        for one in described
    ]  # fmt: skip
    counts = {"resolved": 0, "candidate": 0}
    for edge in edges:
        counts[edge.tier] += 1
    return {
        "clusters": [
            {"cluster_id": one.key, "parent": one.parent, "label": one.label, "size": one.size, "files": one.paths}
            for one in clusters
        ],
        "nodes": [
            {"symbol_id": one.id, "cluster_id": labels[one.id].key, "centrality": centrality[one.id]}
            for one in described
        ],
        "edges": [
            {"source": names[edge.source], "target": names[edge.target], "kind": edge.kind, "tier": edge.tier,
             "reason": edge.reason}
            for edge in edges
        ],
        "contexts": contexts,
        "stats": {
            "symbols": len(described), "edges": len(edges), "edges_resolved": counts["resolved"],
            "edges_candidate": counts["candidate"], "unresolved": len(unresolved), "clusters": len(clusters),
        },
    }  # fmt: skip
