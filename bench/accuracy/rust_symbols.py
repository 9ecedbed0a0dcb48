"""What a crate declares, as rustdoc says it: (path, qualified name, kind) of every item that someone wrote.

rustdoc documents private and hidden items too, and gives its findings as JSON. An item counts below the modules of its
own file that it stands in, a member below its type or the type whose `impl` it stands in. What a macro's use declares
is not told. Items inside functions, and those in code that a condition (`#[cfg]`) may leave out, count neither way
where rustdoc does not name them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.accuracy.common import Named, Project, node

_KINDS = {
    "module": "namespace", "struct": "struct", "union": "union", "enum": "enum", "variant": "enum_member",
    "trait": "trait", "function": "function", "constant": "constant", "assoc_const": "constant", "static": "variable",
    "type_alias": "type_alias", "assoc_type": "type_alias", "macro": "macro", "struct_field": "field",
}  # fmt: skip
OPTIONS = ["-Zunstable-options", "--output-format", "json", "--document-private-items", "--document-hidden-items"]
_USE = re.compile(r"(?:\w+\s*::\s*)*(?!macro_rules)\w+\s*!")  # the text of what a macro's use declares
_IMPLEMENTS = re.compile(r"(?:unsafe|default|const|\s)*impl\b")


Modules = dict[str, list[tuple[int, int, str]]]  # path → first and last line and name of each in it, outer ones first


class Items:
    """The items of one crate, read from what rustdoc wrote."""

    def __init__(self, root: Path, told: dict[str, Any], modules: Modules) -> None:
        self.root, self.modules = root, modules
        self.index: dict[int, dict[str, Any]] = {
            int(number): item for number, item in told["index"].items() if item["crate_id"] == 0
        }
        self.texts: dict[str, list[str]] = {}
        self.free: set[int] = set()
        for item in self.index.values():
            if "module" in item["inner"]:
                self.free.update(item["inner"]["module"]["items"])

    def symbols(self) -> Iterator[Named]:
        """All items, each where it stands."""
        for number, item in self.index.items():
            ((what, inner),) = item["inner"].items()
            if what == "impl":
                head = _head(inner["for"])
                if head and inner["blanket_impl"] is None and _IMPLEMENTS.match(self._text(item)):
                    yield from self._members(inner["items"], (*self._around(item), head), "method")
            elif number in self.free and self._stands(item) and what in _KINDS:
                scope = self._around(item)
                yield item["span"]["filename"], ".".join((*scope, item["name"])), _KINDS[what]
                yield from self._members(_inside(what, inner), (*scope, item["name"]), "method")

    def _members(self, numbers: list[int], scope: tuple[str, ...], function: str) -> Iterator[Named]:
        for number in numbers:
            item = self.index.get(number)
            if item is None:
                continue
            ((what, inner),) = item["inner"].items()
            if what in _KINDS and self._stands(item) and not item["name"].isdigit():
                kind = function if what == "function" else _KINDS[what]
                yield item["span"]["filename"], ".".join((*scope, item["name"])), kind
                yield from self._members(_inside(what, inner), (*scope, item["name"]), "method")

    def _around(self, item: dict[str, Any]) -> tuple[str, ...]:
        """The modules of the same file around an item."""
        span = item["span"]
        first, last = span["begin"][0], span["end"][0]
        return tuple(
            name
            for start, end, name in self.modules.get(span["filename"], ())
            if start <= first and last <= end and not (start == first and name == item["name"])
        )

    def _stands(self, item: dict[str, Any]) -> bool:
        """Whether an item has its name, and stands under it in a file of the crate; the file of a module does not."""
        if item["name"] is None or item["span"] is None:
            return False
        shown = self._text(item)
        if "module" in item["inner"]:
            around = self.modules.get(item["span"]["filename"], ())
            return any((first, name) == (item["span"]["begin"][0], item["name"]) for first, _, name in around)
        return _USE.match(shown) is None and re.search(rf"\b{re.escape(item['name'])}\b", shown) is not None

    def _text(self, item: dict[str, Any]) -> str:
        """The first lines of an item."""
        span = item["span"]
        if span is None:
            return ""
        path = self.root / span["filename"]
        if span["filename"] not in self.texts:
            inside = path.is_file() and path.resolve().is_relative_to(self.root)
            self.texts[span["filename"]] = path.read_text("utf-8", "replace").split("\n") if inside else []
        lines = self.texts[span["filename"]]
        (first, column), last = span["begin"], span["end"][0]
        if not lines or first > len(lines):
            return ""
        return "\n".join([lines[first - 1][max(0, column - 1) :], *lines[first : min(last, first + 20)]])


def read(root: Path, folder: Path, modules: Modules) -> frozenset[Named]:
    """The items that rustdoc wrote into `folder` of the crate at `root`; `modules`: those inside its files."""
    return frozenset(Items(root, json.loads(next(folder.glob("*.json")).read_text("utf-8")), modules).symbols())


def unsure(project: Project, conditional: set[tuple[str, int]]) -> frozenset[Named]:
    """The symbols that rustdoc may leave out: in functions, and on lines (path, line) that hang on a condition."""
    found: set[Named] = set()
    for facts in project.facts:
        by_key = {symbol.key: symbol for symbol in facts.symbols}
        for symbol in facts.symbols:
            above = by_key.get(symbol.parent)
            while above is not None and above.kind not in ("function", "method"):
                above = by_key.get(above.parent)
            if above is not None or (facts.path, symbol.start_line) in conditional:
                found.add((*node(symbol), symbol.kind))
    return frozenset(found)


def _inside(what: str, inner: dict[str, Any]) -> list[int]:
    """The members of a type, save those of its implementations."""
    if what in ("struct", "variant") and isinstance(inner["kind"], dict):
        kind = inner["kind"]
        return list((kind.get("plain") or kind.get("struct") or {"fields": []})["fields"])
    key = {"union": "fields", "enum": "variants", "trait": "items"}.get(what)
    return list(inner[key]) if key else []


def _head(kind: dict[str, Any]) -> str:
    """The plain name of a type that something is implemented for; empty for those that have none."""
    ((what, inner),) = kind.items()
    if what == "resolved_path":
        return str(inner["path"]).rpartition("::")[2]
    if what == "primitive":
        return str(inner)
    if what == "generic":
        return str(inner)
    if what == "borrowed_ref":
        return _head(inner["type"])
    if what == "slice":
        return f"[{_head(inner)}]"
    if what == "array":
        return f"[{_head(inner['type'])}; {inner['len']}]"
    if what == "tuple":
        return f"({', '.join(map(_head, inner))})"
    if what == "dyn_trait" and inner["traits"]:
        return str(inner["traits"][0]["trait"]["path"]).rpartition("::")[2]
    return ""
