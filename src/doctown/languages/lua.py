"""Lua: tables that serve as modules and classes, filled from outside by `function M.f()` and `M.f = function`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from doctown.languages.base import Captures, Definition, Language, canonical, one_line, text
from doctown.languages.wholefile import SameFile
from doctown.model import Binding, Import, Visibility

if TYPE_CHECKING:
    from tree_sitter import Node

_CONSTANT = re.compile(r"_*[A-Z][A-Z0-9_]+\Z")
_META = rb"setmetatable\s*\(\s*%b\s*,\s*\{[^{}]*?__index\s*=\s*([\w.]+)"
_EXTENDS = re.compile(
    r"\A(?:class|Class)\s*\(\s*(?:[\"']\w+[\"']\s*,\s*)?([\w.]+)\s*\)|\A([\w.]+)[:.](?:extend|subclass)\b"
)


MAX_TARGETS = 50  # names assigned by one statement; a machine wrote more, and no value is looked up


def _value(definition: Definition) -> Node | None:
    """The value that a statement gives to the defined name."""
    statement = definition.inner
    if statement.type == "field":
        return statement.child_by_field_name("value")
    targets = values = None
    for child in statement.named_children:
        if child.named_child_count > MAX_TARGETS:
            return None
        if child.type == "variable_list":
            targets = child.named_children
        elif child.type == "expression_list":
            values = child.named_children
    if not targets or not values:
        return None
    start = definition.captures["name"][0].start_byte
    position = next((i for i, target in enumerate(targets) if target.start_byte <= start < target.end_byte), 0)
    return values[position] if position < len(values) else None


def _kind(definition: Definition, data: bytes) -> str:
    """Functions and tables by what they are used as; a handle of another module and a plain alias are no symbols."""
    kind = definition.kind
    if kind not in ("variable", "field"):
        held = definition.parent_kind in ("class", "field") and not definition.receiver
        return "method" if kind == "function" and held else kind
    value = _value(definition)
    if value is not None and value.type == "function_definition":
        return "method" if definition.receiver else "function"
    if definition.name == "_" or (definition.receiver and definition.name.startswith("__")):
        return ""
    if kind == "variable" and _is_class(definition, value, data):
        return "class"
    if definition.node.type == "variable_declaration" and value is not None and _is_handle(definition, value, data):
        return ""
    return "constant" if _CONSTANT.match(definition.name) else kind


def _is_handle(definition: Definition, value: Node, data: bytes) -> bool:
    """`local json = require("cjson")`, `local insert = table.insert`, `local pairs = pairs`: names for what is
    defined elsewhere."""
    if value.type == "dot_index_expression" or (value.type == "identifier" and text(value, data) == definition.name):
        return True
    return value.type == "function_call" and data[value.start_byte : value.start_byte + 7] == b"require"


_FILLED = re.compile(rb"(?m)\bfunction\s+(\w+)[.:]\w|^\s*(\w+)\.\w+\s*=\s*function\b")


@lru_cache(maxsize=1)
def _filled_tables(file: SameFile) -> frozenset[str]:
    """Names of the tables on which the file defines functions. For one file at a time."""
    return frozenset((first or second).decode() for first, second in _FILLED.findall(file.data))


def _is_class(definition: Definition, value: Node | None, data: bytes) -> bool:
    """Whether functions are defined on the table: then it is a class, or a module, which Lua does not tell apart."""
    members = value.named_children if value is not None and value.type == "table_constructor" else ()
    held = (member.child_by_field_name("value") for member in members if member.type == "field")
    if any(each is not None and each.type == "function_definition" for each in held):
        return True
    return definition.name in _filled_tables(SameFile(data, definition.node))


def _signature(definition: Definition, data: bytes) -> str:
    node = definition.node
    if definition.kind in ("function", "method"):
        held = _value(definition)
        parameters = (held or node).child_by_field_name("parameters")
        if parameters is not None:
            head = data[node.start_byte : min(parameters.end_byte, node.start_byte + 2000)]
            return one_line(head.decode("utf-8", "replace"))[:600]
    if definition.kind == "class":
        name = definition.captures["name"][0]
        return one_line(data[node.start_byte : name.end_byte].decode("utf-8", "replace"))
    value = _value(definition)
    target = text(definition.captures["name"][0].parent or node, data) if definition.receiver else definition.name
    local = "local " if node.type == "variable_declaration" else ""
    shown = text(value, data)[:300].split("\n", 1)[0] if value is not None else ""
    return one_line(f"{local}{target} = {shown}" if shown else f"{local}{target}")[:200]


def _visibility(definition: Definition, data: bytes) -> Visibility:
    if definition.node.type == "variable_declaration" and definition.kind != "class":
        return "internal"
    if data[definition.node.start_byte : definition.node.start_byte + 6] == b"local ":
        return "public" if definition.kind == "class" else "internal"
    name = definition.name
    return "internal" if name.startswith("_") and not name.startswith("__") else "public"


def _bases(definition: Definition, data: bytes) -> Sequence[str]:
    """What a table's metatable looks names up in, or what `class(Base)` and `Base:extend()` name."""
    value = _value(definition)
    if value is not None:
        written = text(value, data)[:300]
        if made := _EXTENDS.match(written):
            return [made.group(1) or made.group(2)]
        if made := re.match(r"setmetatable\s*\(\s*\{\s*\}\s*,\s*\{[^{}]*?__index\s*=\s*([\w.]+)", written):
            return [made.group(1)]
    given = re.search(_META % re.escape(definition.name.encode()), data)
    base = given.group(1).decode("utf-8", "replace") if given else ""
    return [base] if base and base != definition.name else []


def _imports(node: Node, data: bytes) -> Iterable[Import]:
    """`local x = require "a.b"`: the name it is bound to stands two levels up, if there is one."""
    arguments = node.child_by_field_name("arguments")
    written = text(arguments, data) if arguments is not None else ""
    module = written.strip("()[]= \t\n\"'")
    alias = ""
    values = node.parent
    statement = values.parent if values is not None and values.type == "expression_list" else None
    if values is not None and statement is not None and statement.type == "assignment_statement":
        position = [child.start_byte for child in values.named_children].index(node.start_byte)
        targets = statement.named_children[0].named_children
        alias = text(targets[position], data) if position < len(targets) else ""
    yield Import(module, "", alias, node.start_point[0] + 1, 0)


def _bindings(captures: Captures, data: bytes) -> Iterable[Binding]:
    node = captures["binding"][0]
    if node.end_byte - node.start_byte < 200 and not _in_anonymous(node):
        yield Binding(0, "return", _canonical(text(node, data)), "value", node.start_point[0] + 1)


def _in_anonymous(node: Node) -> bool:
    """Whether a value is returned by a function without a name, passed as an argument."""
    around = node.parent
    for _ in range(MAX_CLIMB):
        if around is None or around.type in ("function_declaration", "chunk"):
            return False
        if around.type == "function_definition":
            return around.parent is not None and around.parent.type == "arguments"
        around = around.parent
    return True  # nested beyond what people write: nothing is claimed


MAX_CLIMB = 40  # ancestors; each step down a deep tree costs its depth

_STRINGS = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")
_COLON = re.compile(r"(?<=[\w)\]]):(?=\w)")
_CALLED_WITH = re.compile(r"(?<=\w)\s*(?:\"[^\"\n]*\"|'[^'\n]*'|\[\[.*?\]\])")
_METATABLE = re.compile(r"\Asetmetatable\s*\(\s*(?:\{.*\}|\w+)\s*,\s*([A-Za-z_][\w.]*)\s*\)\Z", re.DOTALL)


def _canonical(source: str) -> str:
    """`obj:method` reads as `obj.method`; `setmetatable({}, Foo)` makes a `Foo`, so it reads as `Foo()`."""
    if source.isidentifier():
        return source
    source = source.strip()
    if source.startswith("function") or (".." in source and ".." in _STRINGS.sub("", source)):
        return "?"
    if made := _METATABLE.match(source):
        return f"{made.group(1)}()"
    return canonical(_COLON.sub(".", _CALLED_WITH.sub("()", source)))


_FUNCTIONS = """
assert collectgarbage dofile error getmetatable ipairs load loadfile loadstring next pairs pcall print rawequal rawget
rawlen rawset require select setfenv getfenv setmetatable tonumber tostring type unpack xpcall module
_G _VERSION _ENV arg
"""
_LIBRARIES = "string table math io os debug coroutine package utf8 bit32 bit jit ffi"

LANGUAGE = Language(
    name="lua",
    title="Lua",
    grammar="tree_sitter_lua",
    extensions=(".lua", ".rockspec", ".luau"),
    interpreters=("lua", "luajit", "lua5.1", "lua5.2", "lua5.3", "lua5.4"),
    kind=_kind,
    signature=_signature,
    visibility=_visibility,
    bases=_bases,
    imports=_imports,
    bindings=_bindings,
    canonical=_canonical,
    scope="module",
    self_names=frozenset({"self"}),
    constructors=("new", "_init", "init"),
    builtins=frozenset(f"{_FUNCTIONS} {_LIBRARIES}".split()),
    builtin_types=frozenset(_LIBRARIES.split()),
)
