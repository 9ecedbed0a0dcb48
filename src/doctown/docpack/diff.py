"""What changed between two docpacks, in terms of the code and its documentation.

Rows are matched by path and key, never by id. Files whose digest is equal in both packs are equal in all that hangs
on them, so only the others are compared; pages of clusters and of the repository hang on no file and always are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from doctown.docpack import entry_points
from doctown.docpack.canonical import stored_digests
from doctown.docpack.reader import Pack
from doctown.docpack.results import Entry
from doctown.model import Page

EdgeName = tuple[str, str, str, str]  # source key, kind, tier, target key
EntryName = tuple[str, str, str, str]  # kind, name, path of the file that declares it, key of the symbol that runs


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolChange:
    """A symbol that is in both packs and not the same."""

    key: str
    what: tuple[str, ...]  # of: signature, documentation, body, kind, visibility; moved lines are no change


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What the new pack has and the old has not, and the reverse. All sequences are sorted."""

    files_added: tuple[str, ...]
    files_removed: tuple[str, ...]
    files_changed: tuple[str, ...]  # by content or status
    symbols_added: tuple[str, ...]
    symbols_removed: tuple[str, ...]
    symbols_changed: tuple[SymbolChange, ...]
    edges_gained: tuple[EdgeName, ...]  # without similarity edges
    edges_lost: tuple[EdgeName, ...]
    entries_gained: tuple[EntryName, ...]  # entry points but tests
    entries_lost: tuple[EntryName, ...]
    pages_added: tuple[tuple[str, str], ...]  # kind and key of the subject
    pages_removed: tuple[tuple[str, str], ...]
    pages_changed: tuple[tuple[str, str], ...]

    @property
    def empty(self) -> bool:
        """Whether nothing changed."""
        return not any(getattr(self, name) for name in self.__slots__)


def diff(old: Pack, new: Pack) -> Diff:
    """Compare two packs."""
    before, after = stored_digests(old.connection), stored_digests(new.connection)
    touched = {
        path for path in before.keys() | after.keys() if not before.get(path) or before.get(path) != after.get(path)
    }
    files = {file.path: (file.sha256, file.status, file.reason) for file in old.files()}
    new_files = {file.path: (file.sha256, file.status, file.reason) for file in new.files()}
    symbols, new_symbols = _symbols(old, touched), _symbols(new, touched)
    edges, new_edges = _edges(old, symbols), _edges(new, new_symbols)
    entries, new_entries = _entries(old, touched), _entries(new, touched)
    pages, new_pages = _pages(old, touched), _pages(new, touched)
    return Diff(
        files_added=tuple(sorted(new_files.keys() - files.keys())),
        files_removed=tuple(sorted(files.keys() - new_files.keys())),
        files_changed=tuple(sorted(path for path in files.keys() & new_files.keys() if files[path] != new_files[path])),
        symbols_added=tuple(sorted(new_symbols.keys() - symbols.keys())),
        symbols_removed=tuple(sorted(symbols.keys() - new_symbols.keys())),
        symbols_changed=tuple(_changes(old, new, symbols, new_symbols)),
        edges_gained=tuple(sorted((new_edges - edges).elements())),
        edges_lost=tuple(sorted((edges - new_edges).elements())),
        entries_gained=tuple(sorted(new_entries - entries)),
        entries_lost=tuple(sorted(entries - new_entries)),
        pages_added=tuple(sorted(new_pages.keys() - pages.keys())),
        pages_removed=tuple(sorted(pages.keys() - new_pages.keys())),
        pages_changed=tuple(sorted(key for key in pages.keys() & new_pages.keys() if pages[key] != new_pages[key])),
    )


def _symbols(pack: Pack, paths: Iterable[str]) -> dict[str, Entry]:
    return {entry.symbol.key: entry for path in sorted(paths) for entry in pack.outline(path)}


def _changes(old: Pack, new: Pack, before: dict[str, Entry], after: dict[str, Entry]) -> Iterable[SymbolChange]:
    contents: dict[tuple[int, str], bytes | None] = {}

    def body(pack: Pack, entry: Entry) -> bytes | None:
        symbol = entry.symbol
        at = (id(pack), symbol.path)
        if at not in contents:
            contents[at] = pack.content(symbol.path)
        content = contents[at]
        return None if content is None else content[symbol.start_byte : symbol.end_byte]

    for key in sorted(before.keys() & after.keys()):
        one, two = before[key].symbol, after[key].symbol
        what = [
            name
            for name, changed in (
                ("signature", one.signature != two.signature),
                ("documentation", one.docstring != two.docstring),
                ("body", body(old, before[key]) != body(new, after[key])),
                ("kind", one.kind != two.kind),
                ("visibility", one.visibility != two.visibility),
            )
            if changed
        ]
        if what:
            yield SymbolChange(key=key, what=tuple(what))


def _edges(pack: Pack, symbols: dict[str, Entry]) -> Counter[EdgeName]:
    return Counter(
        (key, one.kind, one.tier, one.key)
        for key, entry in symbols.items()
        for one in pack.outgoing(entry.id)
        if one.kind != "similar"
    )


def _entries(pack: Pack, paths: set[str]) -> set[EntryName]:
    """What the touched files declare."""
    found = ((one, pack.entry(one.symbol)) for one in entry_points.listed(pack) if one.path in paths)
    return {(one.kind, one.name, one.path, entry.symbol.key) for one, entry in found if entry is not None}


def _pages(pack: Pack, paths: set[str]) -> dict[tuple[str, str], Page]:
    """The pages of touched files and what is in them, and those that hang on no file."""
    pages = [pack.page("repository")]
    pages += [pack.page("cluster", cluster.key) for cluster in pack.clusters()]
    for path in sorted(paths):
        if pack.file_id(path) is None:
            continue
        pages.append(pack.page("file", path))
        pages += [pack.page("symbol", entry.symbol.key) for entry in pack.outline(path)]
        pages += [pack.page("artifact", artifact.key) for artifact in pack.artifacts(path)]
    return {(page.subject_kind, page.subject): page for page in pages if page is not None}
