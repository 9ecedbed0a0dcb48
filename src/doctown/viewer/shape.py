"""The shape of a repository: its parts, what leads from one to another, and what happens from where it is entered.

Computed from a pack, what is between the parts in one pass over its edges; small enough to keep. Drawing it is
`diagram`'s work.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from doctown.docpack import entry_points, listing
from doctown.docpack.reader import Pack
from doctown.docpack.results import Entry
from doctown.model import Cluster

ASIDE = frozenset({"Tests", "Examples", "Documentation", "Project files", "Benchmarks"})  # not what a system is made of
_FIRST = ("script", "route", "command", "main")  # entry points, by how much they tell
_ASIDE_FOLDERS = frozenset(
    {
        "test",
        "tests",
        "docs",
        "doc",
        "example",
        "examples",
        "scripts",
        "contrib",
        "tools",
        "bench",
        "benchmarks",
        "samples",
    }
)
_ASIDE_FILES = frozenset({"setup.py", "conf.py", "noxfile.py", "tasks.py"})  # programs of those who build it
_RUN = frozenset({"function", "method"})  # what can be handed on to be run
MOST_FLOWS, MOST_STEPS, DEEPEST, WIDEST = 4, 26, 4, 6


Uses = Mapping[tuple[str, str], int]  # (part, part) → resolved uses that lead from one to the other


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Parts of parts."""

    clusters: Mapping[str, Cluster]  # by key
    tops: tuple[Cluster, ...]  # without a parent, largest first
    children: Mapping[str, tuple[Cluster, ...]]
    files: Mapping[str, int]  # key → files in it and its parts

    def is_aside(self, cluster: Cluster) -> bool:
        """Whether a part is not what the system is made of: tests, examples, documentation."""
        return _is_beside(cluster)

    def ancestors(self, key: str) -> list[str]:
        """The keys from the cluster up to its top, itself first; circles, which no honest pack has, end."""
        chain: list[str] = []
        while key in self.clusters and key not in chain:
            chain.append(key)
            key = self.clusters[key].parent
        return chain

    def between(self, keys: Sequence[str], uses: Uses) -> dict[tuple[str, str], int]:
        """Uses between these clusters, those of their parts counted for them."""
        wanted = set(keys)
        home = {leaf: next((key for key in self.ancestors(leaf) if key in wanted), "") for leaf in self.clusters}
        found: Counter[tuple[str, str]] = Counter()
        for (source, target), count in uses.items():
            one, two = home.get(source, ""), home.get(target, "")
            if one and two and one != two:
                found[one, two] += count
        return dict(found)


def shape(pack: Pack) -> Shape:
    """The shape of a pack."""
    clusters = {cluster.key: cluster for cluster in pack.clusters()}
    children: dict[str, list[Cluster]] = {}
    for cluster in clusters.values():
        if cluster.parent:
            children.setdefault(cluster.parent, []).append(cluster)
    files: Counter[str] = Counter()
    made = Shape(
        clusters=clusters,
        tops=_largest_first([cluster for cluster in clusters.values() if not cluster.parent]),
        children={key: _largest_first(found) for key, found in children.items()},
        files=files,
    )
    for key, cluster in clusters.items():
        for one in made.ancestors(key):
            files[one] += len(cluster.paths)
    return made


def uses(pack: Pack) -> Uses:
    """What leads from a part to another, by the parts that files are directly in: one pass over all edges."""
    part_of_file = {spot.id: spot.cluster for spot in listing.spots(pack) if spot.cluster}
    part_of = {symbol: part_of_file.get(file, "") for symbol, file in listing.symbol_files(pack).items()}
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for source, targets in pack.targets("resolved", without="similar"):
        found[part_of.get(source, "")].update(part_of.get(target, "") for target in targets)
    return {
        (one, two): count
        for one, counts in found.items()
        for two, count in counts.items()
        if one and two and one != two
    }


def _is_beside(cluster: Cluster) -> bool:
    label = cluster.label.lower()
    return (
        cluster.label in ASIDE
        or label.endswith(("tests", "examples", "benchmarks"))
        or label.split()[:1] in (["test"], ["tests"])
    )


def _largest_first(clusters: Sequence[Cluster]) -> tuple[Cluster, ...]:
    return tuple(sorted(clusters, key=lambda one: (_is_beside(one), -one.size, one.key)))


# --- flows ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """A call within a flow."""

    entry: Entry
    depth: int  # 0: where the flow begins
    line: int  # of the call, in the caller's file; 0 at the beginning
    handed: bool = False  # whether it is not called there but handed on, for others to run


@dataclass(frozen=True, slots=True)
class Flow:
    """What happens from one entry, in the order of the text: resolved calls, and functions that are handed on to be run
    by others, each symbol once."""

    title: str  # how one enters: `flask`
    steps: tuple[Step, ...]
    cut: bool  # whether more is called than is listed


def flows(pack: Pack) -> list[Flow]:
    """What is called from the entry points that the project declares, or else from what most code leans on."""
    made: list[Flow] = []
    met: set[str] = set()
    for title, entry in _begun(pack):
        if entry.symbol.key in met:
            continue
        flow = _flow(pack, title, entry, met)
        if len(flow.steps) > 2:  # what calls one thing is no flow
            made.append(flow)
            met.update(step.entry.symbol.key for step in flow.steps)
            if len(made) == MOST_FLOWS:
                break
    return made


def _begun(pack: Pack) -> Iterator[tuple[str, Entry]]:
    """Where flows may begin, the likeliest first, with what each is called: what the project declares, then what most
    code leans on."""
    declared = [one for one in entry_points.listed(pack) if not _is_aside(one.path)]
    for one in sorted(declared, key=lambda one: _FIRST.index(one.kind)):
        entry = pack.entry(one.symbol)
        if entry is not None:
            yield one.name, entry
    for glimpse in listing.most_central(pack, 300):
        central = pack.entry(glimpse.id) if glimpse.kind in ("function", "method") else None
        if central is not None and not _is_aside(central.symbol.path) and len(_calls(pack, central)) > 2:
            yield glimpse.qualified_name, central


def _is_aside(path: str) -> bool:
    *folders, name = path.split("/")
    return name in _ASIDE_FILES or any(folder in _ASIDE_FOLDERS for folder in folders)


def _calls(pack: Pack, entry: Entry) -> list[tuple[int, str, bool]]:
    """Line, key and whether it is handed on, of what a symbol has run. A thread's target, a callback and a handler are
    named where others are told to call them: without these a program that only starts its parts would have no flow."""
    found: dict[str, tuple[int, bool]] = {}
    for one in pack.outgoing(entry.id):
        if one.tier != "resolved":
            continue
        if one.kind == "calls":
            found[one.key] = one.line, False
        elif one.kind == "references" and one.symbol_kind in _RUN:
            found.setdefault(one.key, (one.line, True))
    return sorted((line, key, handed) for key, (line, handed) in found.items())


def _flow(pack: Pack, title: str, start: Entry, told: Collection[str]) -> Flow:
    """Level by level, so that what the entry itself calls is all told before what one of its callees does; of many
    calls those that lead on the furthest, since most of the others prepare. What earlier flows `told` of is not told
    again, only that it is called: programs of one project prepare alike."""
    below: dict[str, list[Step]] = {}  # by the caller's key
    seen = {start.symbol.key}
    level = [Step(start, 0, 0)]
    cut = False
    while level:
        following: list[tuple[int, Step]] = []
        for step in level:
            if step.entry.symbol.key in told:
                continue
            calls = [one for one in _calls(pack, step.entry) if one[1] not in seen]
            room = min(WIDEST if step.depth < DEEPEST else 0, max(MOST_STEPS - len(seen), 0))
            cut = cut or len(calls) > room
            made = [(weight, Step(called, step.depth + 1, at, handed))
                    for at, called, handed, weight in _leading_on(pack, calls, room, told)]  # fmt: skip
            seen.update(one.entry.symbol.key for _, one in made)
            below[step.entry.symbol.key] = [one for _, one in made]
            following += made
        following.sort(key=lambda one: -one[0])  # stable: among equals in the order of the text
        level = [step for _, step in following]
    return Flow(title, tuple(_in_order(Step(start, 0, 0), below)), cut)


def _leading_on(
    pack: Pack, calls: Sequence[tuple[int, str, bool]], most: int, told: Collection[str]
) -> list[tuple[int, Entry, bool, int]]:
    """Of calls, at most `most`, in the order of the text: line, what is called, whether it is handed on, how much that
    calls."""
    if most == 0:
        return []
    found = [
        (at, entry, handed, 0 if key in told else len(_calls(pack, entry)))
        for at, key, handed in calls
        if (entry := pack.symbol(key)) is not None
    ]
    return sorted(sorted(found, key=lambda one: -one[3])[:most], key=lambda one: (one[0], one[1].symbol.key))


def _in_order(step: Step, below: Mapping[str, Sequence[Step]]) -> Iterator[Step]:
    yield step
    for one in below.get(step.entry.symbol.key, ()):
        yield from _in_order(one, below)
