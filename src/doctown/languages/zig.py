"""Zig: a file is a struct, a type is a constant, imports are a built-in call."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from doctown.languages.base import Definition, Language, text
from doctown.model import Import, Visibility

if TYPE_CHECKING:
    from tree_sitter import Node


def _visibility(definition: Definition, data: bytes) -> Visibility:
    return "public" if text(definition.node, data).startswith("pub ") else "internal"


def _imports(node: Node, data: bytes) -> Iterable[Import]:
    """`const util = @import("util.zig")` binds the module itself."""
    found = re.search(r'(\w+)\s*=\s*@import\("([^"]+)"\)', text(node, data))
    if found:
        yield Import(found[2], "", found[1], node.start_point[0] + 1, 0)


LANGUAGE = Language(
    name="zig",
    title="Zig",
    grammar="tree_sitter_zig",
    extensions=(".zig",),
    visibility=_visibility,
    imports=_imports,
    doc_comment=re.compile(r"///"),
    inner_doc_comment=re.compile(r"//!"),
    self_names=frozenset({"self"}),
)
