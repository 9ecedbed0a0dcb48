"""A pack as its pages see it: what many of them need, read once and kept.

Pages ask a book; a book asks the pack. The server keeps one for each pack that is read, the export of a site one for
its run. Holds nothing that grows with the repository but the map and a few files' lines.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TypeVar, cast

from markupsafe import Markup

from doctown.docpack import listing
from doctown.docpack.reader import Pack
from doctown.model import Artifact
from doctown.viewer import highlight, townmap
from doctown.viewer.githost import GitHost
from doctown.viewer.shape import Flow, Shape, Uses, flows
from doctown.viewer.shape import shape as shape_of
from doctown.viewer.shape import uses as uses_of

T = TypeVar("T")

KEPT_FILES = 8  # highlighted files that are kept


class Facts:
    """What was read from a whole pack, for all threads that have it open: made by the first that asks, while others
    that ask for the same wait."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._values: dict[str, object] = {}

    def get(self, name: str, make: Callable[[], T]) -> T:
        """The fact of this name, which `make` gives if it is not there yet."""
        with self._guard:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            if name not in self._values:
                self._values[name] = make()
            return cast("T", self._values[name])


class Book:
    """One pack and what its pages share. For one thread at a time, as its pack is."""

    def __init__(
        self, pack: Pack, *, home: str = "", served: bool = False, changes: bool = False, facts: Facts | None = None
    ) -> None:
        """`home` leads from the root of this pack's pages to the library, where there is one; `served` says whether
        a server answers searches; `changes`, whether there is a page of changes since another pack; `facts` are those
        of the same pack's other books."""
        self.pack = pack
        self._facts = facts or Facts()
        self.home = home
        self.served = served
        self.changes = changes
        self.frames: dict[tuple[str, str], tuple[Markup, ...]] = {}  # what pages have in common, kept by `render`
        self._lines: OrderedDict[str, list[str] | None] = OrderedDict()

    @cached_property
    def manifest(self) -> Mapping[str, object]:
        """What the pack says of itself."""
        return self.pack.info()

    def mapping(self, key: str) -> Mapping[str, object]:
        """A value of the manifest that should be a mapping; a stranger's may be anything."""
        value = self.manifest.get(key)
        return value if isinstance(value, dict) else {}

    @cached_property
    def name(self) -> str:
        """What a person calls the repository."""
        return str(self.mapping("source").get("name") or self.pack.path.stem)[:120]

    @cached_property
    def version(self) -> str:
        """Version or ref, and the commit in short: `v1.2 · 3f2a9c1d`."""
        source = self.mapping("source")
        commit = str(source.get("commit", ""))[:10]
        return " · ".join(filter(None, [str(source.get("version", ""))[:60], commit]))

    @cached_property
    def host(self) -> GitHost:
        """Links to the Git host."""
        return GitHost(self.mapping("source"))

    @cached_property
    def statistics(self) -> Mapping[str, int]:
        """Counts by name; only those that are numbers."""
        return {name: value for name, value in self.mapping("statistics").items() if isinstance(value, int)}

    @cached_property
    def shape(self) -> Shape:
        """Parts and their parts."""
        return self._facts.get("shape", lambda: shape_of(self.pack))

    @property
    def uses(self) -> Uses:
        """What leads from a part to another."""
        return self._facts.get("uses", lambda: uses_of(self.pack))

    @cached_property
    def kinds(self) -> Mapping[str, int]:
        """Symbols by kind."""
        return self._facts.get("kinds", lambda: listing.count_by_kind(self.pack))

    @cached_property
    def artifacts(self) -> Sequence[Artifact]:
        """What builds, tests and runs the project."""
        return self.pack.artifacts()

    @cached_property
    def artifacts_of(self) -> Mapping[str, Sequence[Artifact]]:
        """The artifacts by the path of their file."""
        found: dict[str, list[Artifact]] = {}
        for one in self.artifacts:
            found.setdefault(one.path, []).append(one)
        return found

    @cached_property
    def flows(self) -> Sequence[Flow]:
        """What happens from where the system is entered."""
        return self._facts.get("flows", lambda: flows(self.pack))

    @cached_property
    def _flows_of(self) -> Mapping[str, Sequence[tuple[int, str]]]:
        found: dict[str, list[tuple[int, str]]] = {}
        for number, flow in enumerate(self.flows, 1):
            for step in flow.steps:
                found.setdefault(step.entry.symbol.key, []).append((number, flow.title))
        return found

    def flows_of(self, key: str) -> Sequence[tuple[int, str]]:
        """The flows that pass through a symbol: their number on the overview, from 1, and title."""
        return self._flows_of.get(key, ())

    @cached_property
    def town(self) -> str:
        """The map, as JSON."""
        return self._facts.get("town", lambda: townmap.town(self.pack, self.shape))

    def cluster_label(self, key: str) -> str:
        """What a cluster is called."""
        cluster = self.shape.clusters.get(key)
        return cluster.label if cluster is not None else key

    def stretch(self, path: str, language: str, first: int, last: int) -> list[str] | None:
        """Lines of a file as HTML, counted from 1; None where the pack does not keep them."""
        if path in self._lines:
            kept = self._lines[path]
            return None if kept is None else kept[first - 1 : last]
        content = self.pack.content(path)
        return None if content is None else highlight.stretch(content.decode("utf-8", "replace"), language, first, last)

    def lines(self, path: str, language: str) -> list[str] | None:
        """A file's lines as HTML; None where the pack does not keep them."""
        if path in self._lines:
            self._lines.move_to_end(path)
            return self._lines[path]
        content = self.pack.content(path)
        made = None if content is None else highlight.lines(content.decode("utf-8", "replace"), language)
        self._lines[path] = made
        if len(self._lines) > KEPT_FILES:
            self._lines.popitem(last=False)
        return made
