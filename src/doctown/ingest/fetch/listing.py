"""The list of what a source holds: names made safe, caps applied, refusals recorded.

Every kind of source fills a `Listing`, and a `ListedTree` then answers for it. How contents are got is left to the
kinds: each hands over a function that reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from doctown.ingest.fetch.contract import Limits
from doctown.model import Entry, Origin

EntryKind = Literal["file", "symlink", "submodule", "special"]
Handle = TypeVar("Handle")

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_DRIVE = re.compile(r"^[A-Za-z]:")


class UnsafePathError(ValueError):
    """A path that points out of the tree it claims to be in. The message says how."""


def _is_plain(path: str) -> bool:
    """Whether a path is printable ASCII, as most are: that is told several times quicker than what may be wrong."""
    return path.isascii() and path.isprintable()


def shown(path: str) -> str:
    """The path as text that can be printed and stored: control characters and undecodable bytes escaped."""
    if _is_plain(path):
        return path
    escaped = path.encode("utf-8", "backslashreplace").decode("utf-8")
    return _CONTROL.sub(lambda found: f"\\x{ord(found.group()):02x}", escaped)


def relative(raw: str) -> str:
    """`raw` as a relative POSIX path without empty and `.` parts; empty for the root itself.

    Backslashes count as separators when looking for a way out, since the path may be used on Windows later.
    Raises UnsafePathError for an absolute path and for one with a `..` part."""
    if raw.startswith(("/", "\\")) or _DRIVE.match(raw):
        raise UnsafePathError("an absolute path")
    if ".." in raw.replace("\\", "/").split("/"):
        raise UnsafePathError("a path that climbs out with `..`")
    return "/".join(part for part in raw.split("/") if part not in ("", "."))


def objection(path: str, limits: Limits) -> str:
    """Why a path that points nowhere bad is still not taken; empty if it is fine."""
    if not _is_plain(path):
        if _SURROGATE.search(path):
            return "its name is not valid UTF-8"
        if _CONTROL.search(path):
            return "control character in its name"
    if len(path) > limits.max_path_length:
        return f"path longer than {limits.max_path_length} characters"
    if path.count("/") >= limits.max_depth:
        return f"nested deeper than {limits.max_depth} folders"
    return ""


@dataclass(frozen=True, slots=True)
class _Item(Generic[Handle]):
    entry: Entry
    reason: str  # empty: readable
    handle: Handle | None


class Listing(Generic[Handle]):
    """Entries by path, each with what its source needs to read it. The last entry of a name wins, as it would if
    the source were unpacked."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._items: dict[str, _Item[Handle]] = {}
        self._entries: list[Entry] = []
        self.refused: list[tuple[str, str]] = []
        self.warnings: list[str] = []
        self.repeated = 0  # names that came more than once

    def __len__(self) -> int:
        return len(self._items)

    def take(self, path: str, size: int, handle: Handle) -> None:
        """Adds a regular file of `size` bytes; it is refused instead if its name or size is over a cap."""
        reason = objection(path, self._limits)
        if not reason and size > self._limits.max_file_bytes:
            reason = f"larger than {self._limits.max_file_bytes} bytes"
        self._put(path, size, "file", reason, handle)

    def refuse(self, path: str, kind: EntryKind, reason: str, size: int = 0) -> None:
        """Adds an entry that is never read."""
        self._put(path, size, kind, reason, None)

    def _put(self, path: str, size: int, kind: EntryKind, reason: str, handle: Handle | None) -> None:
        name = shown(path)[: self._limits.max_path_length]
        self.repeated += name in self._items
        self._items[name] = _Item(Entry(path=name, size=size, kind=kind), reason, handle)

    def strip_single_folder(self) -> str:
        """Drops the one folder that everything lies in, as sdists and npm packages have it. Returns its name."""
        tops = {path.partition("/")[0] for path in self._items}
        if len(tops) != 1 or any("/" not in path for path in self._items):
            return ""
        (top,) = tops
        stripped: dict[str, _Item[Handle]] = {}
        for path, item in self._items.items():
            rest = path.partition("/")[2]
            entry = Entry(path=rest, size=item.entry.size, kind=item.entry.kind)
            stripped[rest] = _Item(entry, item.reason, item.handle)
        self._items = stripped
        return top

    def close(self) -> None:
        """Sorts the list and applies the caps on count and on bytes in total. Call once, when it is filled."""
        paths = sorted(self._items)
        over = len(paths) - self._limits.max_files
        if over > 0:
            self.warn_stopped(over)
            for path in paths[self._limits.max_files :]:
                del self._items[path]
        total = 0
        for path in sorted(self._items):
            item = self._items[path]
            reason = item.reason
            if not reason and total + item.entry.size > self._limits.max_total_bytes:
                reason = f"beyond {self._limits.max_total_bytes} bytes in total"
                self._items[path] = _Item(item.entry, reason, None)
            if reason:
                self.refused.append((path, reason))
            else:
                total += item.entry.size
            self._entries.append(item.entry)
        if self.repeated:
            self.warnings.append(f"{self.repeated} names come more than once; the last of each is read")

    def warn_stopped(self, over: int = 0) -> None:
        """Records that the cap on the number of entries was met; `over` says how many more there were, if known."""
        rest = f"; {over} more were left out" if over else ""
        self.warnings.append(f"stopped listing at {self._limits.max_files} files{rest}")

    def entries(self) -> list[Entry]:
        """The entries, sorted by path, once the list is closed."""
        return self._entries

    def handles(self, paths: Collection[str]) -> list[tuple[str, Handle]]:
        """(path, handle) of the files asked for, sorted by path. Raises ValueError for one that is not readable."""
        found: list[tuple[str, Handle]] = []
        for path in sorted(set(paths)):
            item = self._items.get(path)
            if item is None or item.reason or item.handle is None:
                raise ValueError(f"not a readable entry of this source: {path}")
            found.append((path, item.handle))
        return found

    def give_up(self, path: str, reason: str) -> None:
        """Records that a file which was listed could not be read after all."""
        self.refused.append((path, reason))


class ListedTree(Generic[Handle]):
    """A `Tree` made of a closed listing and of `contents`, which reads (path, handle) pairs into (path, content)."""

    def __init__(
        self,
        origin: Origin,
        listing: Listing[Handle],
        contents: Callable[[Sequence[tuple[str, Handle]]], Iterator[tuple[str, bytes]]],
    ) -> None:
        self.origin = origin
        self._listing = listing
        self._contents = contents

    @property
    def refused(self) -> Sequence[tuple[str, str]]:
        """(path, reason) of what was listed but will never be read."""
        return self._listing.refused

    @property
    def warnings(self) -> Sequence[str]:
        """What the reader of the report should know."""
        return self._listing.warnings

    def entries(self) -> Sequence[Entry]:
        """Everything met, sorted by path."""
        return self._listing.entries()

    def read(self, paths: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """(path, content) of the files asked for, each once. Raises ValueError for one not listed as readable."""
        return self._contents(self._listing.handles(paths))
