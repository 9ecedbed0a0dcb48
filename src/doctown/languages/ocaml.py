"""OCaml: modules and their signatures, values, types with constructors and fields, classes; `(** … *)` documents.

A value with parameters is a function. What is let inside of a function is its own affair and no symbol. Calls are not
resolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from doctown.languages.base import Definition, Language, default_signature, one_line, text
from doctown.model import Import

if TYPE_CHECKING:
    from tree_sitter import Node


def _kind(definition: Definition, data: bytes) -> str:
    node = definition.inner
    if definition.kind == "variable":
        if definition.parent_kind in ("function", "variable", "method"):
            return ""  # a local one
        takes = any(child.type == "parameter" for child in node.named_children)
        body = node.child_by_field_name("body")
        return "function" if takes or (body is not None and body.type in _FUNCTIONS) else "variable"
    if definition.kind == "type_alias":
        body = node.child_by_field_name("body")
        return _TYPES.get(body.type, "type_alias") if body is not None else "type_alias"
    return definition.kind


_FUNCTIONS = frozenset({"fun_expression", "function_expression"})
_TYPES = {"record_declaration": "struct", "variant_declaration": "enum"}


def _signature(definition: Definition, data: bytes) -> str:
    if definition.kind in ("struct", "enum", "type_alias"):
        return f"type {one_line(text(definition.inner, data))}"[:600]
    shown = default_signature(definition, data)
    if definition.inner.type != "let_binding":
        return shown
    if definition.kind == "function":
        return f"let {shown}"
    return f"let {shown.split(' = ', 1)[0]}" if definition.kind == "variable" else shown


def _imports(node: Node, data: bytes) -> Iterable[Import]:
    """`open A.B` brings all of it."""
    name = text(node, data).split(None, 1)[-1].lstrip("! ").strip()
    if re.fullmatch(r"[\w.]+", name):
        yield Import(name, "*", "", node.start_point[0] + 1, 0)


LANGUAGE = Language(
    name="ocaml",
    title="OCaml",
    grammar="tree_sitter_ocaml",
    grammar_function="language_ocaml",
    extensions=(".ml",),
    interpreters=("ocaml",),
    kind=_kind,
    signature=_signature,
    imports=_imports,
    doc_comment=re.compile(r"\(\*\*(?!\*)"),
)
