"""Dart: classes, mixins, extensions and enums; a function's body stands beside its signature in the grammar's tree.

A leading underscore makes a name private to its library. Named constructors are called by what follows the class's
name. Calls are not resolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from doctown.languages.base import CLASS_KINDS, Definition, Language, one_line, text
from doctown.model import Import, Visibility

if TYPE_CHECKING:
    from tree_sitter import Node


def _kind(definition: Definition, data: bytes) -> str:
    inside = definition.parent_kind in CLASS_KINDS
    if definition.kind == "function":
        return "method" if inside else "function"
    if definition.kind == "variable":
        if definition.parent_kind not in CLASS_KINDS | {"module"}:
            return ""  # a local one
        head = data[max(0, definition.start - 200) : definition.captures["name"][0].start_byte]
        line = head.rpartition(b";")[2].rpartition(b"{")[2].rpartition(b"}")[2]
        constant = re.search(rb"\bconst\b", line) is not None
        return "constant" if constant else "field" if inside else "variable"
    return definition.kind


def _signature(definition: Definition, data: bytes) -> str:
    node = definition.inner
    end = node.end_byte if node.type.endswith("_signature") or definition.body is None else definition.body.start_byte
    head = one_line(data[node.start_byte : min(end, node.start_byte + 2000)].decode("utf-8", "replace"))
    return head.rstrip(" {;=")[:600]


def _visibility(definition: Definition, data: bytes) -> Visibility:
    return "private" if definition.name.startswith("_") else "public"


def _bases(definition: Definition, data: bytes) -> Sequence[str]:
    """Superclass, mixins and interfaces, in that order."""
    found: list[str] = []
    for field in ("superclass", "interfaces"):
        clause = definition.inner.child_by_field_name(field)
        stack = list(clause.named_children) if clause is not None else []
        for child in stack:
            if child.type == "type_identifier":
                found.append(text(child, data))
            elif child.type == "mixins":
                stack.extend(child.named_children)
    return found


def _imports(node: Node, data: bytes) -> Iterable[Import]:
    """`import 'x.dart' as y`; without a name, all of it is visible."""
    found = re.match(r"(import|export)\s+['\"]([^'\"]+)['\"](?:\s+deferred)?(?:\s+as\s+(\w+))?", text(node, data))
    if found:
        word, module, alias = found.groups()
        detail = "reexport" if word == "export" else ""
        yield Import(module, "" if alias else "*", alias or "", node.start_point[0] + 1, 0, detail)


LANGUAGE = Language(
    name="dart",
    title="Dart",
    grammar="tree_sitter_dart",
    extensions=(".dart",),
    interpreters=("dart",),
    kind=_kind,
    signature=_signature,
    visibility=_visibility,
    bases=_bases,
    imports=_imports,
    doc_comment=re.compile(r"///|/\*\*"),
)
