"""Small repositories as strings, and their edges as readable text."""

from __future__ import annotations

from collections.abc import Mapping

from doctown.assemble.resolve import Index, build_index, resolve_file
from doctown.languages import languages
from doctown.languages.macros import all_headers
from doctown.languages.reading import read
from doctown.model import FileFacts, Unresolved

_EXTENSIONS = {
    "py": "python",
    "ts": "typescript",
    "js": "javascript",
    "go": "go",
    "java": "java",
    "rs": "rust",
    "c": "c",
    "h": "c",
    "cc": "cpp",
    "cs": "csharp",
    "php": "php",
    "rb": "ruby",
    "lua": "lua",
    "kt": "kotlin",
}


def facts_of(files: Mapping[str, str]) -> list[FileFacts]:
    """What the parse stage says of each file, in the order given."""
    headers = all_headers((path, source.encode()) for path, source in files.items())
    found = []
    for path, source in files.items():
        language = languages()[_EXTENSIONS[path.rpartition(".")[2]]]
        found.append(read(language, path, source.encode(), headers)[0])
    return found


def index_of(facts: list[FileFacts]) -> tuple[Index, list[str]]:
    """An index, and the key of each docpack id."""
    ids: dict[str, range] = {}
    keys: list[str] = []
    for each in sorted(facts, key=lambda one: one.path):
        ids[each.path] = range(len(keys), len(keys) + len(each.symbols))
        keys.extend(symbol.key for symbol in each.symbols)
    return build_index(facts, ids), keys


def edges(files: Mapping[str, str], kind: str = "calls", reasons: bool = False) -> list[str]:
    """`source -> target tier` for every edge of a kind, sorted; with `reasons`, `: reason` behind it."""
    facts = facts_of(files)
    index, keys = index_of(facts)
    return sorted(
        f"{keys[edge.source]} -> {keys[edge.target]} {edge.tier}" + (f": {edge.reason}" if reasons else "")
        for each in facts
        for edge in resolve_file(index, each).edges
        if edge.kind == kind
    )


def left(files: Mapping[str, str], kind: str = "calls") -> list[tuple[str, str]]:
    """(name, reason) of what stays open, in the order of the files."""
    facts = facts_of(files)
    index, _ = index_of(facts)
    found: list[Unresolved] = [each for one in facts for each in resolve_file(index, one).unresolved]
    return [(each.name, each.reason) for each in found if each.kind == kind]
