"""Writing the graph: edges, unresolved uses, clusters and centrality.

Edges are grouped by their source into one list per symbol, a tenth of the rows and a third of the bytes of one row
per edge; a list of incoming links per target makes callers as quick to find as callees. Similar neighbours keep
lists of their own, because the docpack's identity leaves out what floating-point arithmetic decides.
"""

# ruff: noqa: S608 - statements are put together from constants of this package; values are always bound.
from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from doctown.docpack import fulltext, removal
from doctown.docpack.coding import (
    GAP,
    LARGEST_ID,
    RADIX,
    code_point,
    document_id,
    encode,
    encode_entries,
    encode_links,
    entries,
)
from doctown.docpack.store import Store, batched, check_number, clean, in_chunks
from doctown.errors import InputError
from doctown.model import Cluster, Edge, Unresolved

BATCH = 200_000  # edges grouped in memory at a time, so that memory does not grow with the repository
EXACT, SIMILAR = 0, 1  # the parts of a symbol's edge list
PER_UNIT = 10**9  # centrality is stored in billionths, so that the last bits of a float decide nothing


def add_edges(store: Store, edges: Iterable[Edge]) -> None:
    """Add edges between symbol ids; a repeated edge is stored once more, so give each once."""
    highest = store.next_id("symbol_rows") - 1
    number = store.edge_labels.number
    for batch in batched(edges, BATCH):
        outgoing: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        incoming: defaultdict[int, set[int]] = defaultdict(set)
        labels: dict[tuple[str, str, str], int] = {}
        for source, target, kind, tier, reason, line in batch:
            if not (0 < source <= highest and 0 < target <= highest):
                raise InputError(f"an edge joins symbols {source} and {target}", f"use ids from 1 to {highest}")
            label = labels.get((kind, tier, reason))
            if label is None:
                label = code_point(number(clean(kind), clean(tier), clean(reason)), "edge label")
                labels[kind, tier, reason] = label
            outgoing[source, SIMILAR if kind == "similar" else EXACT] += (
                target // RADIX + 1,
                target % RADIX + 1,
                label,
                line + 1 if 0 <= line < GAP else code_point(line, "line"),
            )
            incoming[target].add(source)
        store.connection.executemany(
            "INSERT INTO edge_lists VALUES (?, ?, ?)"
            " ON CONFLICT (source_id, part) DO UPDATE SET data = data || excluded.data",
            [(source, part, encode(codes)) for (source, part), codes in sorted(outgoing.items())],
        )
        store.connection.executemany(
            "INSERT INTO incoming_lists VALUES (?, ?)"
            " ON CONFLICT (target_id) DO UPDATE SET data = data || excluded.data",
            [(target, encode_links(sources)) for target, sources in sorted(incoming.items())],
        )
        _touch_symbols(store, {source for source, _ in outgoing})


def add_unresolved(store: Store, uses: Iterable[Unresolved]) -> None:
    """Add uses that resolve to nothing in the repository, by symbol id."""
    highest = store.next_id("symbol_rows") - 1
    number, name_number = store.unresolved_labels.number, store.names.number
    for batch in batched(uses, BATCH):
        lists: defaultdict[int, list[int]] = defaultdict(list)
        labels: dict[tuple[str, str], int] = {}
        names: dict[str, tuple[int, int]] = {}
        for source, name, kind, line, reason in batch:
            if not 0 < source <= highest:
                raise InputError(f"an unresolved name hangs on symbol {source}", f"use ids from 1 to {highest}")
            label = labels.get((kind, reason))
            if label is None:
                label = code_point(number(clean(kind), clean(reason)), "label")
                labels[kind, reason] = label
            pair = names.get(name)
            if pair is None:
                name_id = name_number(clean(name))
                pair = (name_id // RADIX + 1, name_id % RADIX + 1)
                names[name] = pair
            lists[source] += (*pair, label, line + 1 if 0 <= line < GAP else code_point(line, "line"))
        store.connection.executemany(
            "INSERT INTO unresolved_lists VALUES (?, ?)"
            " ON CONFLICT (source_id) DO UPDATE SET data = data || excluded.data",
            [(source, encode(codes)) for source, codes in sorted(lists.items())],
        )
        _touch_symbols(store, set(lists))


def replace_edges(store: Store, sources: Collection[int], edges: Sequence[Edge]) -> tuple[set[int], list[Edge]]:
    """Make these the only edges of these symbols; returns the symbols that changed, and the exact edges they had.

    Lists that are what they were are left alone, so that a rebuild touches only the files whose edges are different.
    """
    wanted = _edge_codes(store, edges)
    stored: dict[int, str] = {}
    for slots, part in in_chunks(sorted(sources)):
        rows = store.connection.execute(
            f"SELECT source_id, data FROM edge_lists WHERE part = {EXACT} AND source_id IN ({slots})", part
        )
        stored.update(rows.fetchall())
    changed = {source for source in sources if stored.get(source) != wanted.get(source)}
    removed = removal.remove_edges(store, changed)
    add_edges(store, [edge for edge in edges if edge.source in changed])
    return changed, removed


def _edge_codes(store: Store, edges: Iterable[Edge]) -> dict[int, str]:
    """Source to its list as `add_edges` writes it, where all its labels are known; an empty one where they are not."""
    labels: dict[tuple[str, str, str], int] = {
        row[1:]: row[0] for row in store.connection.execute("SELECT id, kind, tier, reason FROM edge_labels")
    }
    rows: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
    unknown: set[int] = set()
    for source, target, kind, tier, reason, line in edges:
        label = labels.get((kind, tier, clean(reason)))
        if label is None:
            unknown.add(source)
        rows[source].append((target, label or 0, line))
    return {source: "" if source in unknown else encode_entries(listed) for source, listed in rows.items()}


def replace_unresolved(store: Store, sources: Collection[int], uses: Sequence[Unresolved]) -> None:
    """Make these the only unresolved uses of these symbols; lists that are what they were are left alone."""
    labels = {row[1:]: row[0] for row in store.connection.execute("SELECT id, kind, reason FROM unresolved_labels")}
    names: dict[str, int] = dict(store.connection.execute("SELECT name, id FROM names").fetchall())
    rows: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for source, name, kind, line, reason in uses:
        entry = (names.get(clean(name), 0), labels.get((kind, clean(reason)), 0), line)
        rows[source].append(entry)
    wanted = {source: encode_entries(listed) for source, listed in rows.items() if all(a and b for a, b, _ in listed)}
    stored: dict[int, str] = {}
    for slots, part in in_chunks(sorted(sources)):
        found = store.connection.execute(
            f"SELECT source_id, data FROM unresolved_lists WHERE source_id IN ({slots})", part
        )
        stored.update(found.fetchall())
    unknown = rows.keys() - wanted.keys()
    changed = {source for source in sources if stored.get(source) != wanted.get(source) or source in unknown}
    store.connection.executemany(
        "DELETE FROM unresolved_lists WHERE source_id = ?", [(one,) for one in sorted(changed)]
    )
    _touch_symbols(store, changed)
    add_unresolved(store, [use for use in uses if use.source in changed])


def set_similar(store: Store, edges: Iterable[Edge]) -> None:
    """Replace all similarity edges, and with them the lists of incoming links, which do not tell kinds apart."""
    store.connection.execute("DELETE FROM edge_lists WHERE part = ?", (SIMILAR,))
    store.connection.execute("DELETE FROM incoming_lists")
    incoming: defaultdict[int, set[int]] = defaultdict(set)
    for source, data in store.connection.execute("SELECT source_id, data FROM edge_lists"):
        for target, _, _ in entries(data):
            incoming[target].add(source)
    store.connection.executemany(
        "INSERT INTO incoming_lists VALUES (?, ?)",
        [(target, encode_links(sources)) for target, sources in sorted(incoming.items())],
    )
    add_edges(store, edges)


def _touch_symbols(store: Store, symbols: set[int]) -> None:
    if not store.sealed_before:
        return
    for slots, part in in_chunks(sorted(symbols)):
        rows = store.connection.execute(f"SELECT DISTINCT file_id FROM symbol_rows WHERE id IN ({slots})", part)
        store.touch([file_id for (file_id,) in rows.fetchall()])


def set_clusters(store: Store, clusters: Sequence[Cluster]) -> None:
    """Replace the clusters. Those whose key stays keep their id and their page; files take theirs by path."""
    old = dict(store.connection.execute("SELECT key, id FROM clusters").fetchall())
    free = max(old.values(), default=0) + 1
    ids: dict[str, int] = {}
    for cluster in clusters:
        key = clean(cluster.key)
        if key in ids:
            raise InputError(f"cluster {key!r} is given twice", "give each key once")
        ids[key] = old.get(key, free)
        free += key not in old
    gone = [number for key, number in old.items() if key not in ids]
    rows = [_cluster_row(ids, cluster) for cluster in clusters]
    if store.sealed_before:
        known = set(store.connection.execute("SELECT id, key, parent_id, label, size FROM clusters").fetchall())
        changed = [*gone, *(row[0] for row in rows if row not in known)]
        fulltext.withdraw(store.connection, [document_id("cluster", number) for number in changed])
    store.connection.executemany("DELETE FROM page_rows WHERE id = ?", [(document_id("cluster", n),) for n in gone])
    store.connection.executemany(
        "DELETE FROM claim_rows WHERE page_id = ?", [(document_id("cluster", n),) for n in gone]
    )
    store.connection.execute("DELETE FROM clusters")
    store.connection.executemany("INSERT INTO clusters VALUES (?, ?, ?, ?, ?)", rows)
    _assign_files(store, clusters, ids)


def _cluster_row(ids: Mapping[str, int], cluster: Cluster) -> tuple[int, str, int | None, str, int]:
    parent = clean(cluster.parent)
    if parent and parent not in ids:
        raise InputError(f"cluster {cluster.key!r} has the unknown parent {parent!r}", "give all clusters at once")
    size = check_number(cluster.size, f"size of cluster {cluster.key}")
    return (ids[clean(cluster.key)], clean(cluster.key), ids[parent] if parent else None, clean(cluster.label), size)


def _assign_files(store: Store, clusters: Sequence[Cluster], ids: Mapping[str, int]) -> None:
    """A file listed by several clusters belongs to the one that is a leaf, which comes from having no children."""
    parents = {cluster.parent for cluster in clusters}
    wanted: dict[int, int] = {}
    for cluster in sorted(clusters, key=lambda one: one.key not in parents):
        for path in cluster.paths:
            wanted[store.file_id(path)] = ids[clean(cluster.key)]
    present = dict(store.connection.execute("SELECT id, cluster_id FROM file_rows").fetchall())
    changes = [(wanted.get(one), one) for one, cluster in present.items() if wanted.get(one) != cluster]
    store.connection.executemany("UPDATE file_rows SET cluster_id = ? WHERE id = ?", changes)


def set_centrality(store: Store, centrality: Mapping[int, float]) -> None:
    """Set the centrality of symbols by id, 0 to 1; symbols not named keep theirs."""
    for symbol_id, value in centrality.items():
        if not (math.isfinite(value) and 0 <= value <= LARGEST_ID):
            raise InputError(f"centrality of symbol {symbol_id} is {value}", "give finite, positive values")
    set_ranks(store, {symbol_id: round(value * PER_UNIT) for symbol_id, value in centrality.items()})


def set_ranks(store: Store, ranks: Mapping[int, int]) -> None:
    """Set the centrality of symbols by id, in billionths; symbols not named keep theirs."""
    present: dict[int, int] = dict(store.connection.execute("SELECT id, centrality FROM symbol_rows").fetchall())
    if unknown := ranks.keys() - present.keys():
        raise InputError(f"centrality of symbol {min(unknown)} is given, and there is none", "give known ids")
    changes = [(rank, symbol_id) for symbol_id, rank in ranks.items() if present[symbol_id] != rank]
    store.connection.executemany("UPDATE symbol_rows SET centrality = ? WHERE id = ?", changes)
