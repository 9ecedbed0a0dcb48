"""Elixir: everything is a call, `defmodule` and `def` included; documentation stands in attributes before what it says.

Clauses of one function that follow each other are one symbol, which is where the first of them stands. Modules,
functions, macros, structs' fields and types are read, with their documentation; calls are not resolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from doctown.languages.base import Definition, Language, one_line, text
from doctown.languages.documentation import clean_string
from doctown.model import Import, Visibility

if TYPE_CHECKING:
    from tree_sitter import Node

_ATTRIBUTES = """
moduledoc doc typedoc spec type typep opaque callback macrocallback impl behaviour derive enforce_keys deprecated
tag moduletag describetag external_resource compile on_load before_compile after_compile dialyzer
optional_callbacks
"""
_KNOWN = frozenset(_ATTRIBUTES.split())  # attributes that the language gives a meaning to; others are constants
_HEAD = re.compile(r"\s*(\w+)\s+([\w.]+[?!]?)")
_ATTRIBUTE = re.compile(r"@(\w+)")
MAX_ATTRIBUTES = 20  # between a definition and its documentation


def _defined(node: Node, data: bytes) -> tuple[str, str]:
    """(`def`, the name) of a definition."""
    found = _HEAD.match(data[node.start_byte : node.start_byte + 300].decode("utf-8", "replace"))
    return (found[1], found[2]) if found else ("", "")


def _before(node: Node) -> Node | None:
    """What stands before a definition, comments left out."""
    sibling = node.prev_named_sibling
    while sibling is not None and sibling.type == "comment":
        sibling = sibling.prev_named_sibling
    return sibling


def _kind(definition: Definition, data: bytes) -> str:
    word, name = _defined(definition.inner, data)
    if definition.kind == "constant" and definition.name in _KNOWN:
        return ""
    if definition.kind == "function":
        before = _before(definition.inner)
        if before is not None and before.type == "call" and _defined(before, data) == (word, name):
            return ""  # another clause of the same function
        return "macro" if word.startswith(("defmacro", "defguard")) else "function"
    return {"defprotocol": "interface"}.get(word, definition.kind)


def _docstring(definition: Definition, data: bytes) -> str | None:
    """`@moduledoc` inside a module, `@doc` or `@typedoc` before anything else, over other attributes between."""
    if definition.kind in ("namespace", "interface"):
        children = definition.body.named_children[:MAX_ATTRIBUTES] if definition.body is not None else []
        found = [child for child in children if _attribute(child, data) == "moduledoc"]
        return _said(found[0], data) if found else definition.doc
    node = _before(definition.inner)
    for _ in range(MAX_ATTRIBUTES):
        if node is None or node.type != "unary_operator":
            break
        if _attribute(node, data) in ("doc", "typedoc"):
            return _said(node, data)
        node = _before(node)
    return definition.doc


def _attribute(node: Node, data: bytes) -> str:
    found = _ATTRIBUTE.match(data[node.start_byte : node.start_byte + 60].decode("utf-8", "replace"))
    return found[1] if found and node.type == "unary_operator" else ""


_SIGIL = re.compile(r"\A@\w+\s*(?:~[sS])?")


def _said(node: Node, data: bytes) -> str | None:
    shown = _SIGIL.sub("", text(node, data)).strip()
    return clean_string(shown) if shown.startswith(('"', "'")) else None


def _signature(definition: Definition, data: bytes) -> str:
    end = definition.body.start_byte if definition.body is not None else definition.inner.end_byte
    head = data[definition.inner.start_byte : min(end, definition.inner.start_byte + 2000)]
    return one_line(head.decode("utf-8", "replace")).split(", do:", 1)[0].removesuffix(" do").strip()[:600]


def _visibility(definition: Definition, data: bytes) -> Visibility:
    private = _defined(definition.inner, data)[0] in ("defp", "defmacrop", "defguardp")
    return "private" if private else "public"


def _imports(node: Node, data: bytes) -> Iterable[Import]:
    """`alias A.B` binds `B`, `alias A.B, as: C` binds `C`; `import`, `require` and `use` name a module."""
    found = re.match(r"(alias|import|require|use)\s+([\w.]+)(?:,\s*as:\s*(\w+))?", text(node, data))
    if found:
        word, module, alias = found.groups()
        bound = alias or (module.rpartition(".")[2] if word == "alias" else "")
        yield Import(module, "" if word != "import" else "*", bound, node.start_point[0] + 1, 0)


LANGUAGE = Language(
    name="elixir",
    title="Elixir",
    grammar="tree_sitter_elixir",
    extensions=(".ex", ".exs"),
    interpreters=("elixir",),
    kind=_kind,
    docstring=_docstring,
    signature=_signature,
    visibility=_visibility,
    imports=_imports,
    rename=lambda name: name.removeprefix(":").removesuffix(": ").removesuffix(":"),
)
