"""Pages of clusters: what a part of the repository is for, where to start reading, and what it stands between.

The purpose is told by the part's own README or package documentation; the diagram shows edges that exist and nothing
else, the most important files only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from doctown.generate.extract import safe
from doctown.generate.extract.files import described
from doctown.generate.extract.prose import read_prose
from doctown.generate.extract.symbols import authored
from doctown.generate.extract.view import OPEN, View, common_folder, file_link, heaviest, short_name
from doctown.generate.extract.words import counted, cut, listed, shortened
from doctown.model import Claim, Cluster, Page
from doctown.places import is_test

MIN_NODES = 3  # in a diagram; fewer are said in a sentence
MAX_NODES = 12
MAX_CENTRAL = 8
MAX_ROWS = 20  # files listed on a page
_MINOR = frozenset({"variable", "constant", "field", "namespace"})
_READMES = ("README.md", "README.rst", "README.txt", "README", "readme.md", "index.md")
_PACKAGES = ("__init__.py", "mod.rs", "lib.rs", "main.rs", "doc.go", "index.ts", "index.js", "package-info.java")


@dataclass(slots=True)
class Layout:
    """How clusters hang together, worked out once."""

    children: dict[str, list[Cluster]] = field(default_factory=dict)
    members: dict[str, frozenset[str]] = field(default_factory=dict)  # cluster → paths, children's included
    uses: dict[str, dict[str, int]] = field(default_factory=dict)  # leaf → leaf → weight


def lay_out(view: View) -> Layout:
    """The hierarchy, and the weights between leaf clusters summed from those between files."""
    layout = Layout()
    repository = view.repository
    for cluster in repository.clusters.values():
        layout.children.setdefault(cluster.parent, []).append(cluster)
        layout.members[cluster.key] = frozenset(cluster.paths)
    for source, targets in view.uses.items():
        home = repository.cluster_of.get(source)
        if home is None:
            continue
        for target, weight in targets.items():
            other = repository.cluster_of.get(target)
            if other is not None and other != home:
                row = layout.uses.setdefault(home, {})
                row[other] = row.get(other, 0) + weight
    return layout


def between(view: View, layout: Layout, clusters: list[Cluster]) -> dict[tuple[str, str], int]:
    """Weights between these clusters, those of the leaves below them summed up."""
    home: dict[str, str] = {}
    for cluster in clusters:
        waiting = [cluster.key]
        while waiting:
            key = waiting.pop()
            home[key] = cluster.key
            waiting.extend(child.key for child in layout.children.get(key, ()))
    weights: dict[tuple[str, str], int] = {}
    for source, targets in layout.uses.items():
        for target, weight in targets.items():
            ends = (home.get(source), home.get(target))
            if ends[0] is not None and ends[1] is not None and ends[0] != ends[1]:
                pair = (ends[0], ends[1])
                weights[pair] = weights.get(pair, 0) + weight
    return weights


def cluster_pages(view: View, layout: Layout, chosen: Iterable[str]) -> Iterator[Page]:
    """One page for each chosen cluster, in the order given."""
    for key in chosen:
        yield _cluster_page(view, layout, view.repository.clusters[key])


def cluster_link(cluster: Cluster) -> str:
    """A Markdown link to a cluster's page."""
    return safe.text_link(cluster.label, "cluster", cluster.key)


def _cluster_page(view: View, layout: Layout, cluster: Cluster) -> Page:
    told, claims, source = purpose(view, cluster)
    code = [path for path in cluster.paths if path in view.repository.modules]
    children = layout.children.get(cluster.key, [])
    summary = told or _made_summary(view, cluster, code, children)
    parts = [f"_From {file_link(source)}._"] if told and source else []
    central = central_symbols(view, cluster.paths)
    if central:
        parts.append("## Central symbols\n\n" + "\n".join(f"- {described(view, number)}" for number in central))
    if children:
        parts.append(_parts(view, layout, children))
    else:
        parts.append(_files(view, cluster, code))
    neighbours = _neighbours(view, layout, cluster)
    if neighbours:
        parts.append(neighbours)
    start = _start(view, cluster, code)
    if start:
        parts.append(start)
    if not claims and central:
        best = view.symbol(central[0])
        claims = view.claim(f"{short_name(best)} is defined here.", best.path, best.start_line, best.start_line)
    return Page(
        subject_kind="cluster",
        subject=cluster.key,
        title=cluster.label,
        summary=summary,
        body="\n\n".join(part for part in parts if part),
        origin="docstring" if told else "extractive",
        claims=claims,
    )


def purpose(view: View, cluster: Cluster) -> tuple[str, tuple[Claim, ...], str]:
    """(what the cluster is for in its authors' words, the claim for it, the file that says it); empty if none does."""
    folder = common_folder(cluster.paths)
    inside = set(cluster.paths)
    for name in _READMES if folder else ():
        path = f"{folder}/{name}"
        if path in inside:
            prose = read_prose(view.repository.read(path), path)
            if prose.summary and prose.summary != prose.title:
                return prose.summary, view.claim(prose.summary, path, prose.line, prose.line), path
    for name in _PACKAGES:
        path = f"{folder}/{name}" if folder else name
        module = view.repository.modules.get(path) if path in inside else None
        if module is not None:
            text = authored(view.symbol(module))
            if text is not None and text.summary:
                return text.summary, view.claim(text.summary, path, 1, 1), path
    return "", (), ""


def _made_summary(view: View, cluster: Cluster, code: list[str], children: list[Cluster]) -> str:
    if children:
        labels = shortened([child.label for child in children], 5)
        return f"{counted(len(cluster.paths), 'file')} in {counted(len(children), 'part')}: {labels}."
    central = list(dict.fromkeys(view.symbol(number).name for number in central_symbols(view, cluster.paths, 6)))[:3]
    if central and 4 * len(code) > len(cluster.paths):
        return f"{counted(len(cluster.paths), 'file')} around {listed(central)}."
    folder = common_folder(cluster.paths) + "/"
    names = [path.removeprefix(folder) for path in cluster.paths if path not in code]
    return f"{counted(len(cluster.paths), 'file')}: {shortened(names + [c.removeprefix(folder) for c in code], 4)}."


def central_symbols(view: View, paths: tuple[str, ...], count: int = MAX_CENTRAL) -> list[int]:
    """The top-level symbols of these files that matter most; those of tests only if there is nothing else."""
    outside = [n for path in paths if not is_test(path) for n in view.members.get(path, ())]
    best = _best(view, outside, 3 * count)
    members = outside
    if not best:
        members = [n for path in paths if is_test(path) for n in view.members.get(path, ())]
        best = _best(view, members, 3 * count)
    declared = {number for number in best if _is_declaration(view.symbol(number).path)}
    if declared:
        implemented = {
            view.symbol(number).name
            for number in members
            if not _is_declaration(view.symbol(number).path) and view.symbol(number).kind not in _MINOR
        }
        best = [number for number in best if number not in declared or view.symbol(number).name not in implemented]
    return best[:count]


def _best(view: View, numbers: Iterable[int], count: int) -> list[int]:
    """The first `count` of these symbols as `View.ranked` orders them, minor kinds left out. The heaviest are looked at
    until there are enough: of thousands of symbols a few decide."""
    weights = view.weights
    chosen: list[int] = []
    open_to_all = 0  # of them
    least = 0
    for number in sorted(numbers, key=weights.__getitem__, reverse=True):
        if open_to_all >= count and weights[number] < least:
            break  # whatever comes weighs less than enough of those that go first
        symbol = view.symbol(number)
        if symbol.kind not in _MINOR:
            chosen.append(number)
            if symbol.visibility in OPEN:
                open_to_all += 1
                least = weights[number]
    return view.ranked(chosen)[:count]


def _is_declaration(path: str) -> bool:
    """Whether a file only declares what others implement: types for TypeScript, stubs for Python."""
    return path.endswith((".d.ts", ".d.mts", ".d.cts", ".pyi"))


def _parts(view: View, layout: Layout, children: list[Cluster]) -> str:
    lines = [
        f"- {cluster_link(child)} — {counted(len(child.paths), 'file')}, {counted(child.size, 'symbol')}"
        for child in children
    ]
    text = "## Parts\n\n" + "\n".join(lines)
    drawn = cluster_diagram(view, layout, children)
    return text + (f"\n\n## How they depend on each other\n\n{drawn}" if drawn else "")


def cluster_diagram(view: View, layout: Layout, clusters: list[Cluster]) -> str:
    """A diagram of the most connected of these clusters; empty if nothing connects them."""
    weights = between(view, layout, clusters)
    labels = {cluster.key: cluster.label for cluster in clusters}
    return _diagram(labels, weights)


def _diagram(labels: Mapping[str, str], weights: Mapping[tuple[str, str], int]) -> str:
    """The nodes with most weight at their edges, and of those edges the heaviest, about three for two nodes."""
    degree: dict[str, int] = {}
    for (source, target), weight in weights.items():
        degree[source] = degree.get(source, 0) + weight
        degree[target] = degree.get(target, 0) + weight
    shown = heaviest(degree, MAX_NODES)
    inside = {
        pair: weight
        for pair, weight in weights.items()
        # Of two that use each other the way that matters is shown, both where they are nearly equal.
        if pair[0] in shown and pair[1] in shown and 4 * weight >= weights.get((pair[1], pair[0]), 0)
    }
    pairs = sorted(inside, key=lambda pair: (-inside[pair], pair))[: len(shown) + len(shown) // 2]
    if len(shown) < MIN_NODES or not pairs:
        return ""
    joined = {end for pair in pairs for end in pair}
    nodes = {key: labels[key] for key in sorted(joined)}
    return "\n".join(safe.diagram(nodes, sorted(pairs)))


def _files(view: View, cluster: Cluster, code: list[str]) -> str:
    weights = {path: sum(view.weights[number] for number in view.members.get(path, ())) for path in code}
    folder = common_folder(cluster.paths) + "/"
    drawable = [path for path in code if not is_test(path)] or code
    ranked = sorted(heaviest(weights, len(weights)), key=lambda path: path not in drawable)
    ranked += [path for path in cluster.paths if path not in weights and view.repository.files[path].lines]
    lines = [f"- {file_link(path, path.removeprefix(folder))}{_told(view, path)}" for path in ranked[:MAX_ROWS]]
    if len(cluster.paths) > len(lines):
        lines.append(f"- and {counted(len(cluster.paths) - len(lines), 'other file')}")
    text = "## Files\n\n" + "\n".join(lines)
    inside = set(drawable)
    pairs = {
        (source, target): weight
        for source in drawable
        for target, weight in view.uses.get(source, {}).items()
        if target in inside
    }
    drawn = _diagram({path: path.removeprefix(folder) for path in drawable}, pairs) if len(pairs) > 1 else ""
    return text + (f"\n\n## How they depend on each other\n\n{drawn}" if drawn else "")


def _told(view: View, path: str) -> str:
    summary = view.file_summaries.get(path, "")
    return f" — {safe.escape(cut(summary, 120))}" if summary else ""


def _neighbours(view: View, layout: Layout, cluster: Cluster) -> str:
    """Leaf clusters outside that this one uses, and that use it."""
    inside = {cluster.key}
    waiting = [cluster.key]
    while waiting:
        for child in layout.children.get(waiting.pop(), ()):
            inside.add(child.key)
            waiting.append(child.key)
    uses: dict[str, int] = {}
    used_by: dict[str, int] = {}
    for source, targets in layout.uses.items():
        for target, weight in targets.items():
            if source in inside and target not in inside:
                uses[target] = uses.get(target, 0) + weight
            elif target in inside and source not in inside:
                used_by[source] = used_by.get(source, 0) + weight
    lines = []
    for title, weights in (("Uses", uses), ("Used by", used_by)):
        if weights:
            shown = [cluster_link(view.repository.clusters[key]) for key in heaviest(weights, 5)]
            more = f" and {len(weights) - 5} more" if len(weights) > 5 else ""
            lines.append(f"- {title} {', '.join(shown) if more else listed(shown)}{more}.")
    return "## Neighbours\n\n" + "\n".join(lines) if lines else ""


def _start(view: View, cluster: Cluster, code: list[str]) -> str:
    """The file to read first: the one that others of the cluster use most, or that uses most of them."""
    code = [path for path in code if not is_test(path)]
    if len(code) < 3:
        return ""
    inside = set(code)
    within = {
        path: sum(weight for other, weight in view.used_by.get(path, {}).items() if other in inside) for path in code
    }
    over = {path: sum(weight for other, weight in view.uses.get(path, {}).items() if other in inside) for path in code}
    basis, surface = heaviest(within, 1)[0], heaviest(over, 1)[0]
    if not within[basis]:
        return ""
    text = f"Start with {file_link(basis)}, which the others here build on"
    if surface != basis and over[surface]:
        text += f"; {file_link(surface)} brings most of them together"
    return f"## Where to start\n\n{text}."
