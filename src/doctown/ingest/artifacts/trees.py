"""YAML and JSON as trees that know their lines, and the lines of a TOML file's keys.

Both formats come out as the same `Tree`, so that families need not care in which of them a file was written. YAML is
composed, never constructed: no tag is executed, no alias expanded without its cost being counted, and size and depth
are capped.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_NODES = 100_000  # of one file, aliases counted as often as they are used
MAX_DEPTH = 60


class UnreadableError(Exception):
    """A file is not of its format, or beyond the caps. Carried out of a parser, turned into a problem by `extract`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A value and where it stands: a mapping, a sequence or a scalar (as text)."""

    start: int  # line of its first character, its key's where it has one
    end: int  # line of its last character
    text: str = ""  # a scalar as written, without quotes
    items: Mapping[str, Tree] = field(default_factory=dict)
    entries: tuple[Tree, ...] = ()
    kind: str = "scalar"  # mapping | sequence | scalar

    @property
    def lines(self) -> tuple[int, int]:
        """First and last line."""
        return self.start, self.end

    def get(self, *keys: str) -> Tree:
        """What stands under a chain of keys; an empty scalar if nothing does."""
        node = self
        for key in keys:
            found = node.items.get(key)
            if found is None:
                return Tree(start=node.start, end=node.start)
            node = found
        return node

    def texts(self) -> list[str]:
        """The scalars of a sequence, the keys of a mapping, or the one scalar, as a list."""
        if self.kind == "sequence":
            return [entry.text for entry in self.entries if entry.text]
        if self.kind == "mapping":
            return list(self.items)
        return [self.text] if self.text else []

    def pairs(self) -> list[tuple[str, str]]:
        """The scalar items of a mapping, or `NAME=value` entries of a sequence, as pairs."""
        if self.kind == "mapping":
            return [(key, value.text) for key, value in self.items.items()]
        return [(key, value) for key, _, value in (text.partition("=") for text in self.texts())]

    def __bool__(self) -> bool:
        return bool(self.text or self.items or self.entries)


# --- YAML -----------------------------------------------------------------------------------------------------------

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def yaml_documents(text: str) -> list[Tree]:
    """The documents of a YAML file. Raises UnreadableError for what is no YAML or goes beyond the caps."""
    documents = []
    budget = _Budget()
    try:
        _check_nesting(text)
        for node in yaml.compose_all(text, Loader=_Loader):
            if node is not None:
                documents.append(_from_yaml(node, None, budget, 0))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise UnreadableError(f"no valid YAML at line {line}: {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise UnreadableError(f"no valid YAML: {error}") from error
    return documents


def _check_nesting(text: str) -> None:
    """Refuse depth before composing: the composer itself recurses, in C without a limit."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.events.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise UnreadableError(f"nested deeper than {MAX_DEPTH}")
        elif isinstance(event, yaml.events.CollectionEndEvent):
            depth -= 1


class _Budget:
    def __init__(self) -> None:
        self.left = MAX_NODES

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise UnreadableError(f"more than {MAX_NODES} values")


def _from_yaml(node: yaml.Node, key: yaml.Node | None, budget: _Budget, depth: int) -> Tree:
    budget.spend()
    if depth > MAX_DEPTH:
        raise UnreadableError(f"nested deeper than {MAX_DEPTH}")
    start = (key or node).start_mark.line + 1
    end = max(start, node.end_mark.line + (1 if node.end_mark.column > 0 else 0))
    if isinstance(node, yaml.ScalarNode):
        empty = node.tag == "tag:yaml.org,2002:null"
        return Tree(start=start, end=end, text="" if empty else node.value)
    if isinstance(node, yaml.SequenceNode):
        entries = tuple(_from_yaml(child, None, budget, depth + 1) for child in node.value)
        return Tree(start=start, end=_last(entries, start, end), entries=entries, kind="sequence")
    items: dict[str, Tree] = {}
    for name, value in node.value:
        merged = name.value == "<<" and isinstance(value, yaml.MappingNode)
        child = _from_yaml(value, name, budget, depth + 1)
        if merged:
            items = {**child.items, **items}
        else:
            items[name.value if isinstance(name, yaml.ScalarNode) else "?"] = child
    return Tree(start=start, end=_last(items.values(), start, end), items=items, kind="mapping")


def _last(children: Iterable[Tree], start: int, end: int) -> int:
    """The last line of a block: PyYAML's own end mark lies behind the blank lines and comments that follow it."""
    return min(end, max((child.end for child in children), default=end)) if end > start else end


# --- JSON -----------------------------------------------------------------------------------------------------------

_JSON_MARK = re.compile(r'[ \t\r]*(?:(\n)|("(?:[^"\\]|\\.)*")|([{}\[\]:,])|([^\s{}\[\]:,"]+))')


def json_tree(text: str) -> Tree:
    """A JSON file as a tree. Raises UnreadableError for what is no JSON or goes beyond the caps."""
    text = text.removeprefix("\ufeff")
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"no valid JSON: {error}") from error
    reader = _JsonReader(text)
    mark, line = next(reader.marks)
    return reader.value(mark, line, line, 0)


def _json_marks(text: str) -> Iterator[tuple[str, int]]:
    line = 1
    for found in _JSON_MARK.finditer(text):
        if found.group(1):
            line += 1
        elif mark := found.group(2) or found.group(3) or found.group(4):
            yield mark, line


class _JsonReader:
    """Puts lines to the values of a text that is known to be valid JSON."""

    def __init__(self, text: str) -> None:
        self.marks = _json_marks(text)
        self.budget = _Budget()

    def value(self, mark: str, start: int, line: int, depth: int) -> Tree:
        """One value, whose first mark has been taken from `line`; `start` is its key's line."""
        self.budget.spend()
        if depth > MAX_DEPTH:
            raise UnreadableError(f"nested deeper than {MAX_DEPTH}")
        if mark == "{":
            return self.mapping(start, depth)
        if mark == "[":
            return self.sequence(start, depth)
        text = json.loads(mark) if mark.startswith('"') else "" if mark == "null" else mark
        return Tree(start=start, end=line, text=text)

    def mapping(self, start: int, depth: int) -> Tree:
        """The rest of an object, behind its opening brace."""
        items: dict[str, Tree] = {}
        while (step := next(self.marks))[0] != "}":
            if step[0] == ",":
                continue
            next(self.marks)
            mark, line = next(self.marks)
            items[json.loads(step[0])] = self.value(mark, step[1], line, depth + 1)
        return Tree(start=start, end=step[1], items=items, kind="mapping")

    def sequence(self, start: int, depth: int) -> Tree:
        """The rest of an array, behind its opening bracket."""
        entries = []
        while (step := next(self.marks))[0] != "]":
            if step[0] != ",":
                entries.append(self.value(step[0], step[1], step[1], depth + 1))
        return Tree(start=start, end=step[1], entries=tuple(entries), kind="sequence")


# --- TOML -----------------------------------------------------------------------------------------------------------

_TOML_HEADER = re.compile(r"\s*\[\[?([^\]\n]+)\]\]?\s*(?:#.*)?$")
_TOML_KEY = re.compile(
    r"""\s*((?:"[^"\n]*"|'[^'\n]*'|[\w-]+)(?:\s*\.\s*(?:"[^"\n]*"|'[^'\n]*'|[\w-]+))*)\s*=(.*)""", re.DOTALL
)
_TOML_PART = re.compile(r""""([^"]*)"|'([^']*)'|([\w-]+)""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Toml:
    """A TOML file's values and where its tables and keys stand."""

    values: Mapping[str, Any]
    spans: Mapping[tuple[str, ...], tuple[int, int]]  # path of keys → lines; of tables that repeat, the first

    def at(self, *keys: str) -> object:
        """What stands under a chain of keys; an empty mapping if nothing does."""
        node: Any = self.values
        for key in keys:
            if not isinstance(node, Mapping) or key not in node:
                return {}
            node = node[key]
        return node

    def table(self, *keys: str) -> Mapping[str, Any]:
        """The table under a chain of keys; an empty one if there is none."""
        found = self.at(*keys)
        return found if isinstance(found, Mapping) else {}

    def strings(self, *keys: str) -> list[str]:
        """The texts of an array under a chain of keys, or the one text; empty if there is neither."""
        found = self.at(*keys)
        if isinstance(found, str):
            return [found]
        return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []

    def text(self, *keys: str) -> str:
        """The text under a chain of keys; empty if there is none."""
        found = self.at(*keys)
        return found if isinstance(found, str) else ""

    def lines(self, *keys: str) -> tuple[int, int]:
        """First and last line of a key or table, of the nearest table above if it has no line of its own."""
        for length in range(len(keys), 0, -1):
            if span := self.spans.get(keys[:length]):
                return span
        return 0, 0


def toml_document(text: str) -> Toml:
    """A TOML file. Raises UnreadableError for what is no TOML."""
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UnreadableError(f"no valid TOML: {error}") from error
    return Toml(values=values, spans=_toml_spans(text))


def _toml_path(text: str) -> tuple[str, ...]:
    return tuple(a or b or c for a, b, c in _TOML_PART.findall(text))


def _toml_spans(text: str) -> dict[tuple[str, ...], tuple[int, int]]:
    spans: dict[tuple[str, ...], tuple[int, int]] = {}
    table: tuple[str, ...] = ()
    arrays: dict[tuple[str, ...], int] = {}
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if header := _TOML_HEADER.match(line):
            table = _toml_path(header.group(1))
            if line.lstrip().startswith("[["):
                arrays[table] = arrays.get(table, -1) + 1
                table = (*table, str(arrays[table]))
            spans.setdefault(table, (number, number))
        elif found := _TOML_KEY.match(line):
            start = number
            number = _toml_value_end(lines, number, found.group(2))
            spans.setdefault((*table, *_toml_path(found.group(1))), (start, number))
            if table in spans:
                spans[table] = (spans[table][0], number)
    return spans


_TOML_SKIP = re.compile(r'"""|\'\'\'|"(?:[^"\\]|\\.)*"|\'[^\']*\'|#.*|[\[\]{}]')


def _toml_value_end(lines: list[str], number: int, rest: str) -> int:
    """The number of the line on which a value ends that begins with `rest` on line `number`."""
    depth = 0
    quote = ""
    while True:
        position = 0
        while position < len(rest):
            if quote:
                closing = rest.find(quote, position)
                position = len(rest) if closing < 0 else closing + 3
                quote = quote if closing < 0 else ""
                continue
            found = _TOML_SKIP.search(rest, position)
            if not found:
                break
            mark, position = found.group(), found.end()
            if mark in {'"""', "'''"}:
                quote = mark
            elif mark in "[{":
                depth += 1
            elif mark in "]}":
                depth -= 1
        if (depth <= 0 and not quote) or number >= len(lines):
            return number
        rest = lines[number]
        number += 1
