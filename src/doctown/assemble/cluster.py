"""Which parts a repository has: a hierarchy of clusters that a person would draw.

Folders lead, because the people who wrote the code grouped it by them; edges refine only where folders say nothing,
in large flat ones. The source root (`src/`, a package's own folder, Java's chain of folders) is stripped, tests,
documentation and examples stay together, and folders too small to be a part go to their parent. Only integers decide,
and every tie falls to the path, so that the same repository gives the same clusters on every machine. Splitting a
flat folder is `partition`'s work, names are `labels`'.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from doctown.assemble.labels import Draft, label_all
from doctown.assemble.partition import FileGraph, file_graph, split
from doctown.model import Cluster, Edge, File, Symbol

ROOT_FILES = "."  # key of the cluster of what lies beside the code: README, manifests, scripts
MAX_CHILDREN = 16
MAX_DEPTH = 40  # folders deeper than this are not divided further: nobody looks there, and recursion ends
_DOMINANT = 85  # percent of the code that a folder must hold to count as the source root

_AREAS = {
    "tests": "tests", "test": "tests", "testing": "tests", "__tests__": "tests", "spec": "tests", "specs": "tests",
    "e2e": "tests", "testdata": "tests", "fixtures": "tests", "it": "tests",
    "docs": "docs", "doc": "docs", "documentation": "docs", "site": "docs", "website": "docs", "guide": "docs",
    "examples": "examples", "example": "examples", "samples": "examples", "sample": "examples", "demo": "examples",
    "demos": "examples", "tutorial": "examples", "tutorials": "examples", "_examples": "examples",
    "bench": "benchmarks", "benches": "benchmarks", "benchmark": "benchmarks", "benchmarks": "benchmarks",
}  # fmt: skip
_UNSURE = frozenset({"test", "testing", "it", "site", "guide", "fixtures"})  # names that packages of a product bear too
_TEST_FILE = re.compile(r"(?:^|/)(?:tests?_[^/]*|[^/]*[_.-](?:test|spec)|tests?|[^/]*[a-z0-9](?:Tests?|IT))\.[a-z]+$")


@dataclass(slots=True)
class Folder:
    """A folder while clusters are drawn. Counts cover everything below it."""

    path: str
    files: list[str] = field(default_factory=list)
    folders: dict[str, Folder] = field(default_factory=dict)
    code: int = 0  # files with symbols
    total: int = 0

    def everything(self) -> Iterator[str]:
        """Paths of all files below, direct ones first."""
        waiting = [self]
        while waiting:
            folder = waiting.pop()
            yield from folder.files
            waiting.extend(folder.folders[name] for name in sorted(folder.folders, reverse=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """How coarse the parts of one area are drawn, and what is known of its files."""

    graph: FileGraph
    counts: Mapping[str, int]  # symbols per file
    limit: int  # files; a folder with more is divided
    minimum: int  # files; a folder with fewer is no part of its own
    by_total: bool  # count all files, not only code: documentation
    flat: bool  # whether large flat folders are split by the graph
    area: str  # code | tests | docs | examples | benchmarks


def cluster(files: Iterable[File], symbols: Mapping[int, Symbol], edges: Iterable[Edge]) -> list[Cluster]:
    """The clusters of a repository, parents before children, siblings by key.

    Every file that is not `skipped` is in exactly one cluster without children; a parent's `paths` and `size` cover
    its children's. Top-level clusters have an empty `parent`. Edges name symbols by their key in `symbols`.
    """
    kept = sorted(file.path for file in files if file.status != "skipped")
    counts = dict.fromkeys(kept, 0)
    for symbol in symbols.values():
        if symbol.path in counts:
            counts[symbol.path] += 1
    graph = file_graph(symbols, edges, frozenset(path for path in kept if counts[path]))
    return drawn(kept, counts, graph, symbols.values())


def drawn(kept: Sequence[str], counts: Mapping[str, int], graph: FileGraph, symbols: Iterable[Symbol]) -> list[Cluster]:
    """As `cluster`: from the paths of the files that are not skipped, in order; the number of symbols of each; which
    file uses which; and the symbols, of which those of `labels.TELLING` kinds suffice and none may be looked at."""
    drafts = _draw(_tree(kept, counts), counts, graph)
    labels = label_all(drafts, symbols, counts)
    return [
        Cluster(
            key=draft.key,
            parent=draft.parent,
            label=labels[draft.key],
            paths=tuple(sorted(draft.paths)),
            size=sum(counts[path] for path in draft.paths),
        )
        for draft in drafts
    ]


def _tree(paths: Sequence[str], counts: Mapping[str, int]) -> Folder:
    root = Folder("")
    for path in paths:
        parts = path.split("/")
        folder = root
        code = 1 if counts[path] else 0
        root.total += 1
        root.code += code
        for name in parts[:-1]:
            inner = folder.folders.get(name)
            if inner is None:
                inner = folder.folders[name] = Folder(f"{folder.path}/{name}" if folder.path else name)
            folder = inner
            folder.total += 1
            folder.code += code
        folder.files.append(path)
    return root


# --- areas --------------------------------------------------------------------------------------------------------


def _area(folder: Folder) -> str:
    """Which area a folder beside or above the code is by its name: tests, docs, examples, benchmarks; or none."""
    name = folder.path.rsplit("/", 1)[-1].lower()
    area = _AREAS.get(name)
    if area is None:
        last = re.split(r"[_.-]", name)[-1]
        return _AREAS[last] if last in ("tests", "test", "docs", "examples", "benchmarks") else ""
    if area == "docs" and 2 * folder.code >= folder.total:
        return ""  # a package that is called so
    if name in _UNSURE and folder.code:
        tests = sum(1 for path in folder.everything() if _TEST_FILE.search(path))
        return area if 2 * tests >= folder.code and area == "tests" else ""
    return area


def _source_root(root: Folder) -> tuple[Folder, list[Folder], list[Folder], list[str]]:
    """(the folder whose children are the parts, areas beside it, other folders beside it, files beside it)."""
    areas: list[Folder] = []
    beside: list[Folder] = []
    loose: list[str] = []
    folder = root
    while True:
        here = [inner for _, inner in sorted(folder.folders.items()) if not _area(inner)]
        areas.extend(inner for _, inner in sorted(folder.folders.items()) if _area(inner))
        direct = [path for path in folder.files if not path.endswith((".md", ".rst", ".txt", ".toml", ".json"))]
        code = sum(inner.code for inner in here)
        main = max(here, key=lambda inner: (inner.code, inner.path), default=None)
        # Files beside a dominant folder at the top are setup.py and its like, deeper down they are the package.
        allowed = len(direct) if folder is root else 0
        if main is None or not main.code or main.code * 100 < _DOMINANT * (code + max(len(direct) - allowed, 0)):
            return folder, areas, beside, loose
        if folder is root and main.code < 2 * len(direct):  # a program in the root with one folder beside it
            return folder, areas, beside, loose
        beside.extend(inner for inner in here if inner is not main)
        loose.extend(folder.files)
        folder = main


def _draw(root: Folder, counts: Mapping[str, int], graph: FileGraph) -> list[Draft]:
    """All clusters, parents before children."""
    source, areas, beside, loose = _source_root(root)
    inside_areas = {area.path for area in areas}
    code = source.code - sum(inner.code for inner in source.folders.values() if inner.path in inside_areas)
    plan = _Plan(
        graph=graph, counts=counts, limit=max(10, code // 16), minimum=2 if code < 1000 else code // 500,
        by_total=False, flat=True, area="code",
    )  # fmt: skip
    top = Folder(source.path, list(source.files))
    top.folders = {name: inner for name, inner in source.folders.items() if inner.path not in inside_areas}
    top.code, top.total = code, source.total - sum(area.total for area in areas)
    if source is root:  # beside the code of a root lie the project's own papers, which are no part of it
        loose.extend(path for path in top.files if not counts[path])
        top.files = [path for path in top.files if counts[path]]
    drafts, left = _divide_top(top, plan)
    for folder in beside:
        if folder.code >= plan.minimum:
            drafts.extend(_area_clusters(folder, "", plan))
        else:
            loose.extend(folder.everything())
    for folder in areas:
        if folder.total >= 2 or folder.code:
            drafts.extend(_area_clusters(folder, _area(folder), plan))
        else:
            loose.extend(folder.everything())
    if drafts and not any(counts[path] for path in left):
        loose.extend(left)  # packaging, patches and the like, in folders too small to be a part
    elif left:
        drafts.extend(_rest(top.path, "", left, plan, whole=not drafts))
    if loose:
        drafts.append(Draft(ROOT_FILES, "", "", loose, "project"))
    return _ordered(drafts)


def _area_clusters(folder: Folder, area: str, plan: _Plan) -> list[Draft]:
    """An area or a folder beside the code, divided more coarsely than the code itself."""
    size = folder.total if area == "docs" or not folder.code else folder.code
    coarse = replace(
        plan, limit=max(plan.limit, size // 5, 20), minimum=max(3, size // 100), by_total=size == folder.total,
        flat=False, area=area or "code",
    )  # fmt: skip
    drafts, left = _divide(folder, "", coarse)
    if left:  # what was too small inside still belongs to the area
        if drafts and drafts[0].key == folder.path:
            drafts[0].paths = list(folder.everything())
            drafts.append(Draft(f"{folder.path}/.", folder.path, folder.path, left, coarse.area))
        else:
            drafts.append(Draft(folder.path, "", folder.path, left, coarse.area))
    return drafts


def _ordered(drafts: list[Draft]) -> list[Draft]:
    """Parents before children, siblings by key."""
    children: dict[str, list[Draft]] = {}
    for draft in sorted(drafts, key=lambda draft: draft.key):
        children.setdefault(draft.parent, []).append(draft)
    ordered: list[Draft] = []
    waiting = list(reversed(children.get("", [])))
    while waiting:
        draft = waiting.pop()
        ordered.append(draft)
        waiting.extend(reversed(children.get(draft.key, [])))
    return ordered


# --- dividing -----------------------------------------------------------------------------------------------------


def _weight(folder: Folder, plan: _Plan) -> int:
    return folder.total if plan.by_total else folder.code


def _collapsed(folder: Folder, plan: _Plan) -> Folder:
    """The first folder on the way down that has a choice: chains of single folders are one."""
    while True:
        heavy = [inner for inner in folder.folders.values() if _weight(inner, plan)]
        if not folder.files and len(folder.folders) == 1:
            folder = next(iter(folder.folders.values()))
        elif len(heavy) == 1 and _weight(heavy[0], plan) == _weight(folder, plan) and len(folder.files) <= 2:
            folder = heavy[0]
        else:
            return folder


def _divide_top(top: Folder, plan: _Plan) -> tuple[list[Draft], list[str]]:
    """The parts of the source root, whose own cluster is left out, and what is too small to be one."""
    if not top.folders:
        return [], list(top.files)
    drafts, left = _parts(top, "", plan)
    return drafts, left


def _divide(folder: Folder, parent: str, plan: _Plan) -> tuple[list[Draft], list[str]]:
    """Clusters of one folder, itself first, and the files that are too few and go up to the parent."""
    inner = _collapsed(folder, plan)
    everything = list(folder.everything())
    whole = Draft(folder.path, parent, inner.path, everything, plan.area)
    if _weight(inner, plan) <= plan.limit or folder.path.count("/") > MAX_DEPTH:
        return [whole], []
    below_it = sorted(_weight(sub, plan) for sub in inner.folders.values() if _weight(sub, plan))
    if len(below_it) > MAX_CHILDREN and below_it[-1] <= max(plan.limit // 8, 2 * plan.minimum):
        return [whole], []  # many alike and tiny, such as one folder per natural language: one part
    if not below_it or below_it[-1] < plan.minimum:
        groups = split(folder.path, everything, plan.graph, plan.counts, plan.limit) if plan.flat else []
        return [whole, *(Draft(key, folder.path, folder.path, paths, plan.area) for key, paths in groups)], []
    drafts, left = _parts(inner, folder.path, plan)
    left.extend(sorted(set(everything).difference(inner.everything())))
    if not drafts:
        return [whole], []
    few = sum(1 for path in left if plan.by_total or plan.counts[path]) < plan.minimum
    if left and few:
        gone = set(left)
        whole.paths = [path for path in everything if path not in gone]
    elif left:
        drafts.extend(_rest(inner.path, folder.path, left, plan))
        left = []
    if len(drafts) == 1 and drafts[0].parent == folder.path:  # a parent of one says nothing
        drafts[0].parent = parent
        return drafts, left
    return [whole, *drafts], left


def _parts(folder: Folder, parent: str, plan: _Plan) -> tuple[list[Draft], list[str]]:
    """Clusters of the folders inside, and the files of `folder` itself and of folders too small."""
    left = list(folder.files)
    large: list[Folder] = []
    inside = [inner for _, inner in sorted(folder.folders.items())]
    for inner in _grouped(folder, inside) if len(inside) > MAX_CHILDREN else inside:
        if _weight(inner, plan) >= plan.minimum:
            large.append(inner)
        else:
            left.extend(inner.everything())
    if len(large) > 2 * MAX_CHILDREN or (plan.area != "code" and len(large) > MAX_CHILDREN):
        by_size = sorted(large, key=lambda inner: (-_weight(inner, plan), inner.path))
        kept = by_size[: MAX_CHILDREN if plan.area != "code" else 2 * MAX_CHILDREN]
        for inner in by_size[len(kept) :]:
            left.extend(inner.everything())
        large = sorted(kept, key=lambda inner: inner.path)
    drafts: list[Draft] = []
    for inner in large:
        below, rest = _divide(inner, parent, plan)
        drafts.extend(below)
        left.extend(rest)
    return drafts, left


def _grouped(folder: Folder, inner: list[Folder]) -> list[Folder]:
    """Many folders side by side, those with the same first word of three or more put under one (`admin_*`)."""
    names = {sub.path: re.split(r"[_.\-]", sub.path.rsplit("/", 1)[-1]) for sub in inner}
    firsts = [words[0] for words in names.values()]
    common = next((word for word in sorted(set(firsts)) if 2 * firsts.count(word) > len(firsts)), "")
    groups: dict[str, list[Folder]] = {}
    for sub in inner:
        words = names[sub.path]
        word = words[1] if words[0] == common and len(words) > 1 else words[0]
        groups.setdefault(word, []).append(sub)
    result = []
    for word, members in sorted(groups.items()):
        if len(members) < 3 or len(members) == len(inner):
            result.extend(members)
            continue
        group = Folder(f"{folder.path}/{word}*" if folder.path else f"{word}*")
        group.folders = {sub.path.rsplit("/", 1)[-1]: sub for sub in members}
        group.code = sum(sub.code for sub in members)
        group.total = sum(sub.total for sub in members)
        result.append(group)
    return result


def _rest(path: str, parent: str, left: list[str], plan: _Plan, *, whole: bool = False) -> list[Draft]:
    """Clusters of a folder's own files: one, or several if they are many. `whole`: nothing else is in the folder."""
    code = sum(1 for file in left if plan.counts[file])
    if code > plan.limit and plan.flat:
        groups = split(path, left, plan.graph, plan.counts, plan.limit)
        if groups:
            return [Draft(key, parent, path, paths, plan.area) for key, paths in groups]
    return [Draft((path if whole else f"{path}/.") if path else "./*", parent, path, left, plan.area)]
