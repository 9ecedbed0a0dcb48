"""Haskell: types, classes, and functions written as equations; a type signature before them says what they are.

Equations of one function that follow each other are one symbol, which is where the first of them stands. What is
defined under `where` and `let` is local and no symbol. Calls are not resolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from doctown.languages.base import Definition, Language, default_signature, one_line, text
from doctown.languages.documentation import clean_comment
from doctown.model import Import

if TYPE_CHECKING:
    from tree_sitter import Node

_EQUATIONS = frozenset({"function", "bind"})
_RUNS = re.compile(r"->|\bIO\b")
_LOCAL = frozenset({"local_binds", "let"})


def _named(node: Node | None, data: bytes) -> str:
    name = node.child_by_field_name("name") if node is not None else None
    return text(name, data) if name is not None else ""


def _before(node: Node) -> Node | None:
    sibling = node.prev_named_sibling
    while sibling is not None and sibling.type in ("comment", "haddock", "pragma"):
        sibling = sibling.prev_named_sibling
    return sibling


def _declared(definition: Definition, data: bytes) -> Node | None:
    """The type signature directly before the first equation."""
    before = _before(definition.inner)
    found = before is not None and before.type == "signature" and _named(before, data) == definition.name
    return before if found else None


def _kind(definition: Definition, data: bytes) -> str:
    node = definition.inner
    if node.type not in _EQUATIONS:
        return definition.kind
    holder = node.parent
    if holder is not None and holder.type in _LOCAL:
        return ""
    before = _before(node)
    if before is not None and before.type in _EQUATIONS and _named(before, data) == definition.name:
        return ""  # another equation of the same function
    if definition.parent_kind == "interface":
        return "" if _declared(definition, data) is not None or before is not None else "method"
    declared = _declared(definition, data)
    takes = node.type == "function" or (declared is not None and _RUNS.search(text(declared, data)) is not None)
    return "function" if takes else "constant"


def _docstring(definition: Definition, data: bytes) -> str | None:
    """The comment above the type signature, where there is one."""
    declared = _declared(definition, data) if definition.inner.type in _EQUATIONS else None
    if definition.doc or declared is None:
        return definition.doc
    lines = data[: declared.start_byte].decode("utf-8", "replace").rstrip("\n").split("\n")
    run: list[str] = []
    while lines and lines[-1].lstrip().startswith("--") and len(run) < MAX_LINES:
        run.append(lines.pop())
    return clean_comment("\n".join(reversed(run))) or None


MAX_LINES = 500  # of one comment


def _signature(definition: Definition, data: bytes) -> str:
    declared = _declared(definition, data) if definition.inner.type in _EQUATIONS else None
    if declared is not None:
        return one_line(text(declared, data))[:600]
    return default_signature(definition, data).removesuffix(" where").removesuffix(" deriving")


def _imports(node: Node, data: bytes) -> Iterable[Import]:
    """`import qualified A.B as C` binds `C`; without that, all of it is visible."""
    found = re.match(
        r"import\s+(?:safe\s+)?(qualified\s+)?([\w.]+)(?:\s+qualified)?(?:\s+as\s+([\w.]+))?", text(node, data)
    )
    if found:
        qualified, module, alias = found.groups()
        bound = alias or (module if qualified else "")
        yield Import(module, "" if bound else "*", bound, node.start_point[0] + 1, 0)


LANGUAGE = Language(
    name="haskell",
    title="Haskell",
    grammar="tree_sitter_haskell",
    extensions=(".hs",),
    interpreters=("runhaskell", "runghc"),
    kind=_kind,
    docstring=_docstring,
    signature=_signature,
    imports=_imports,
    doc_comment=re.compile(r"--\s*[|^]|\{-\s*\||--(?!\s*[|^])"),
)
