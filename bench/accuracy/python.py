"""Python's truth: definitions and call sites by `ast`, what they call by scip-python (pyright) and, where that is
silent, jedi.

scip-python answers from static types and knows no value passed through a variable; jedi follows some of those. An edge
that either has counts as true, so that a tool is not blamed for following more than one oracle does.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.accuracy.common import Named, Node, Truth

if TYPE_CHECKING:
    import jedi

MODULE = "<module>"
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINES = 1  # bit of an occurrence's role
Position = tuple[str, int, int]  # path, line from 0, column in characters


def truth(root: Path, tools: Path) -> Truth:
    """All calls between definitions of the Python files below `root`."""
    sources = {path.relative_to(root).as_posix(): path.read_text("utf-8", "replace") for path in root.rglob("*.py")}
    files = {path: _Sites(path, source) for path, source in sorted(sources.items())}
    definitions = {place: name for each in files.values() for place, name in each.definitions.items()}
    targets = _scip(root, tools, definitions)
    _jedi(root, files, definitions, targets)
    classes = {name: bases for each in files.values() for name, bases in each.classes.items()}
    known = set(definitions.values())

    def constructor(name: Node, seen: frozenset[Node] = frozenset()) -> Node | None:
        for method in ("__init__", "__new__"):
            if (name[0], f"{name[1]}.{method}") in known:
                return name[0], f"{name[1]}.{method}"
        for place in classes.get(name, ()):
            for base in targets.get(place, ()):
                found = constructor(base, seen | {name}) if base in classes and base not in seen else None
                if found:
                    return found
        return None

    calls = set()
    for each in files.values():
        for caller, place in each.calls:
            for target in targets.get(place, ()):
                calls.add((caller, (constructor(target) or target) if target in classes else target))
    return Truth(calls=frozenset(calls), symbols=symbols(sources))


def symbols(sources: dict[str, str]) -> frozenset[Named]:
    """What the files define: classes and functions wherever they stand, names assigned in the body of a module or a
    class, its branches included, and what methods assign to `self`. Names in capitals are constants."""
    return frozenset(each for path, source in sources.items() for each in _Definitions(path, source).found)


_ENUMS = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "TextChoices", "IntegerChoices", "Choices"})
_PROPERTIES = frozenset(
    {"property", "cached_property", "abstractproperty", "classproperty", "setter", "getter", "deleter"}
)


class _Definitions(ast.NodeVisitor):
    """The definitions of one file."""

    def __init__(self, path: str, source: str) -> None:
        self.path = path
        self.found: set[Named] = set()
        self._names: list[str] = []
        self._kinds: list[str] = ["module"]
        self._members: list[set[str]] = []  # of the classes around a place, what is no field of theirs
        self.visit(ast.parse(source))

    def _say(self, name: str, kind: str) -> None:
        self.found.add((self.path, ".".join([*self._names, name]), kind))

    def _inside(self, name: str, kind: str, body: list[ast.stmt]) -> None:
        self._names.append(name)
        self._kinds.append(kind)
        for statement in body:
            self.visit(statement)
        self._names.pop()
        self._kinds.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        kind = "enum" if bases & _ENUMS else "class"
        self._say(node.name, kind)
        self._members.append({each.name for each in node.body if isinstance(each, _FUNCTIONS)})
        self._inside(node.name, kind, node.body)
        self._members.pop()

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        inside = self._kinds[-1] in ("class", "enum")
        decorators = {ast.unparse(each).rpartition(".")[2] for each in node.decorator_list}
        kind = "function" if not inside else "property" if decorators & _PROPERTIES else "method"
        self._say(node.name, kind)
        self._inside(node.name, kind, node.body)

    visit_FunctionDef = _function  # noqa: N815 - the visitor's protocol
    visit_AsyncFunctionDef = _function  # noqa: N815

    def visit_TypeAlias(self, node: ast.AST) -> None:
        self._say(ast.unparse(node).split()[1].partition("[")[0], "type_alias")

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._target(target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._target(node.target)

    def _target(self, target: ast.expr) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            for each in target.elts:
                self._target(each)
        elif isinstance(target, ast.Name) and self._kinds[-1] in ("module", "class", "enum"):
            constant = target.id.strip("_").isupper()
            kinds = {"module": "variable", "class": "field", "enum": "enum_member"}
            self._say(target.id, "constant" if constant and self._kinds[-1] != "enum" else kinds[self._kinds[-1]])
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
            self._field(target.attr)

    def _field(self, name: str) -> None:
        """What a method assigns to `self` is its class's, whatever functions stand between."""
        at = next((i for i in range(len(self._kinds) - 1, 0, -1) if self._kinds[i] in ("class", "enum")), 0)
        if at and at < len(self._kinds) - 1 and name not in self._members[-1]:
            self.found.add((self.path, ".".join([*self._names[:at], name]), "field"))


class _Sites(ast.NodeVisitor):
    """Where a file defines and calls. Names carry no number for later definitions of one name."""

    def __init__(self, path: str, source: str) -> None:
        self.path = path
        self.lines = source.split("\n")
        self.definitions: dict[Position, Node] = {}
        self.classes: dict[Node, list[Position]] = {}
        self.calls: list[tuple[Node, Position]] = []
        self._names: list[str] = []
        self._running: list[str] = [MODULE]
        self.visit(ast.parse(source))

    def _named(self, node: ast.expr) -> Position | None:
        if isinstance(node, ast.Name):
            return self.path, node.lineno - 1, self._column(node.lineno - 1, node.col_offset)
        if isinstance(node, ast.Attribute) and node.end_lineno and node.end_col_offset:
            line = node.end_lineno - 1
            return self.path, line, self._column(line, node.end_col_offset) - len(node.attr)
        return self._named(node.value) if isinstance(node, ast.Subscript) else None

    def _column(self, line: int, byte: int) -> int:
        return len(self.lines[line].encode()[:byte].decode("utf-8", "replace"))

    def _called(self, node: ast.expr) -> None:
        place = self._named(node)
        if place is not None and not isinstance(node, ast.Subscript):
            self.calls.append(((self.path, self._running[-1]), place))

    def visit_Call(self, node: ast.Call) -> None:
        self._called(node.func)
        self.generic_visit(node)

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            if not isinstance(decorator, ast.Call):
                self._called(decorator)
            self.visit(decorator)
        name = ".".join([*self._names, node.name])
        line = node.lineno - 1
        found = re.search(rf"(?:def|class)\s+({re.escape(node.name)})\b", self.lines[line])
        if found:
            self.definitions[self.path, line, found.start(1)] = (self.path, name)
        if isinstance(node, ast.ClassDef):
            self.classes[self.path, name] = [place for base in node.bases if (place := self._named(base))]
            header: list[ast.AST] = [*node.bases, *node.keywords]
        else:
            header = [node.args, *([node.returns] if node.returns else [])]
            self._running.append(name)
        for part in header:
            self.visit(part)
        self._names.append(node.name)
        for statement in node.body:
            self.visit(statement)
        self._names.pop()
        if not isinstance(node, ast.ClassDef):
            self._running.pop()

    visit_FunctionDef = _definition  # noqa: N815 - the visitor's protocol
    visit_AsyncFunctionDef = _definition  # noqa: N815
    visit_ClassDef = _definition  # noqa: N815


def _scip(root: Path, tools: Path, definitions: dict[Position, Node]) -> dict[Position, list[Node]]:
    """What stands at each place, by an index that scip-python writes."""
    (tools / "environment.json").write_text("[]")
    command = ["node", str(tools / "node_modules/.bin/scip-python"), "index", "--quiet", "--project-name", root.name]
    options = ["--project-version", "1", "--environment", str(tools / "environment.json")]
    output = tools / f"{root.name}.scip"
    subprocess.run([*command, *options, "--output", str(output), "."], cwd=root, check=True, capture_output=True)
    defined: dict[tuple[str, str], Node] = {}
    at: dict[Position, list[tuple[str, str]]] = defaultdict(list)
    for path, line, column, symbol, role in _occurrences(output.read_bytes()):
        key = (path if symbol.startswith("local") else "", symbol)
        at[path, line, column].append(key)
        if role & _DEFINES and (path, line, column) in definitions:
            defined[key] = definitions[path, line, column]
    return {place: [defined[key] for key in keys if key in defined] for place, keys in at.items()}


def _jedi(
    root: Path, files: dict[str, _Sites], definitions: dict[Position, Node], targets: dict[Position, list[Node]]
) -> None:
    """Adds what jedi knows of each call's name."""
    import jedi  # noqa: PLC0415 - only this oracle needs it

    project = jedi.Project(str(root))
    for path, each in files.items():
        script = jedi.Script(path=str(root / path), project=project)
        for _, place in each.calls:
            try:
                found = _jedi_at(script, place)
            except KeyError:  # jedi's own tables miss a name at rare places; what scip-python said of them stays
                continue
            for one in found:
                if one.module_path is None or not one.module_path.is_relative_to(root):
                    continue
                known = definitions.get((one.module_path.relative_to(root).as_posix(), one.line - 1, one.column))
                if known is not None and known not in targets.setdefault(place, []):
                    targets[place].append(known)


def _jedi_at(script: jedi.Script, place: Position) -> list[Any]:
    """The functions and classes that jedi finds behind a name."""
    found: list[Any] = script.goto(place[1] + 1, place[2], follow_imports=True)
    if any(one.type in ("function", "class") for one in found):
        return found
    found = script.infer(place[1] + 1, place[2])
    called = [m for one in found if one.type == "instance" for m in one.defined_names() if m.name == "__call__"]
    return called + [one for one in found if one.type in ("function", "class")]


# --- SCIP's protocol buffers, as far as they are needed -----------------------------------------------------------


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at += 1
        if data[at - 1] < 128:
            return value, at
        shift += 7


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(number, value) of a message's fields; SCIP has integers and length-prefixed fields only."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        value, at = _varint(data, at)
        if key & 7 == 2:
            yield key >> 3, data[at : at + value]
            at += value
        else:
            yield key >> 3, value


def _occurrences(data: bytes) -> Iterator[tuple[str, int, int, str, int]]:
    """(path, line, column, symbol, role) of every occurrence of an index."""
    for number, document in _fields(data):
        if number != 2 or not isinstance(document, bytes):
            continue
        parts = list(_fields(document))
        path = next(value.decode() for key, value in parts if key == 1 and isinstance(value, bytes))
        for key, occurrence in parts:
            if key == 2 and isinstance(occurrence, bytes):
                told = dict(_fields(occurrence))
                start, symbol, role = told.get(1, b""), told.get(2, b""), told.get(3, 0)
                if isinstance(start, bytes) and isinstance(symbol, bytes) and isinstance(role, int):
                    line, at = _varint(start, 0)
                    yield path, line, _varint(start, at)[0], symbol.decode(), role
