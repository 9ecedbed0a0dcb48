"""Small repositories as strings, and their edges as readable text."""

from __future__ import annotations

from collections.abc import Mapping

from doctown.assemble.resolve import Index, build_index, module_names, names_modules, resolve_file
from doctown.ingest.artifacts import extract
from doctown.languages import languages
from doctown.languages.macros import all_headers
from doctown.languages.reading import read
from doctown.model import FileFacts, ModuleName, Unresolved

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


def names_of(files: Mapping[str, str]) -> tuple[ModuleName, ...]:
    """What the manifests among the files call modules."""
    return module_names(
        one for path, text in files.items() if names_modules(path) for one in extract(path, "", text)[0]
    )


def facts_of(files: Mapping[str, str]) -> list[FileFacts]:
    """What the parse stage says of each file of code, in the order given."""
    files = {path: source for path, source in files.items() if not names_modules(path)}
    headers = all_headers((path, source.encode()) for path, source in files.items())
    found = []
    for path, source in files.items():
        language = languages()[_EXTENSIONS[path.rpartition(".")[2]]]
        found.append(read(language, path, source.encode(), headers)[0])
    return found


def index_of(facts: list[FileFacts], names: tuple[ModuleName, ...] = ()) -> tuple[Index, list[str]]:
    """An index, and the key of each docpack id."""
    ids: dict[str, range] = {}
    keys: list[str] = []
    for each in sorted(facts, key=lambda one: one.path):
        ids[each.path] = range(len(keys), len(keys) + len(each.symbols))
        keys.extend(symbol.key for symbol in each.symbols)
    return build_index(facts, ids, names), keys


def edges(files: Mapping[str, str], kind: str = "calls", reasons: bool = False) -> list[str]:
    """`source -> target tier` for every edge of a kind, sorted; with `reasons`, `: reason` behind it."""
    facts = facts_of(files)
    index, keys = index_of(facts, names_of(files))
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
