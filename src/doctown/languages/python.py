"""Python: indentation, docstrings, decorators, and imports that name modules by dots."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from doctown.languages.base import Captures, Definition, Language, canonical, one_line, text
from doctown.model import Binding, Import, Visibility

if TYPE_CHECKING:
    from tree_sitter import Node

_PROPERTY = re.compile(r"@\s*(?:[\w.]*\.)?(?:cached_|abstract|class)?property\b|@\s*\w+\.(?:setter|getter|deleter)\b")
_CONSTANT = re.compile(r"_*[A-Z][A-Z0-9_]*\Z")
_SIMPLE_IMPORT = re.compile(r"from (\.*[\w.]*) import (\w+(?:, *\w+)*)\Z")  # most imports, read without their nodes
_BODIES = frozenset({"module", "class", "enum"})
_COMMENT = re.compile(r"(?m)(?:^|\s)#[^\n]*$")  # a comment among the parameters is not part of the signature
_SHORT = 120  # characters of an assignment that is shown whole though it spans lines
_ENUM = re.compile(rb"\([^()]*\b(?:(?:Int|Str)?(?:Enum|Flag)|(?:Text|Integer)?Choices)\b")


def _kind(definition: Definition, data: bytes) -> str:
    kind = definition.kind
    in_class = definition.parent_kind in ("class", "enum")
    if kind == "function":
        for decorator in definition.captures.get("decorator", ()):
            if _PROPERTY.match(text(decorator, data)):
                return "property" if in_class else "function"
        return "method" if in_class else "function"
    if kind == "class":
        body = definition.body.start_byte if definition.body is not None else definition.end
        return "enum" if _ENUM.search(data, definition.inner.start_byte, body) else "class"
    if kind == "variable":
        if definition.parent_kind not in _BODIES:  # `a = b = 1` in a function
            return ""
        if definition.parent_kind == "enum":
            return "enum_member"
        if _CONSTANT.match(definition.name):
            return "constant"
        return "field" if in_class else "variable"
    return kind


def _signature(definition: Definition, data: bytes) -> str:
    node = definition.inner
    start = node.start_byte
    if definition.body is None:
        return _assignment(node, data)
    head = data[start : min(definition.body_start, start + 2000)].decode("utf-8", "replace")
    if "#" in head:
        head = _COMMENT.sub("", head)
    return one_line(head).rstrip().removesuffix(":").rstrip()[:600]


def _assignment(node: Node, data: bytes) -> str:
    """A variable or a field: its assignment where that is short, else the first line with the whole of the type."""
    start = node.start_byte
    whole = data[start : min(node.end_byte, start + 400)].decode("utf-8", "replace")
    first, more, _ = whole.partition("\n")
    if not more:
        return one_line(first)[:200]
    if node.end_byte <= start + 400:
        flat = one_line(_COMMENT.sub("", whole))
        if len(flat) <= _SHORT:
            return flat
    kind = node.child_by_field_name("type")
    if kind is not None and kind.end_point[0] > node.start_point[0]:
        return one_line(data[start : min(kind.end_byte, start + 400)].decode("utf-8", "replace"))[:200]
    return one_line(first)[:200]


def _visibility(definition: Definition, data: bytes) -> Visibility:
    name = definition.name
    if not name.startswith("_") or (name.startswith("__") and name.endswith("__")):
        return "public"
    return "private" if name.startswith("__") else "internal"


def _bases(definition: Definition, data: bytes) -> Sequence[str]:
    node = definition.inner.child_by_field_name("superclasses")
    if node is None:
        return ()
    return [
        text(child, data)
        for child in node.named_children
        if child.type in ("identifier", "attribute", "subscript", "call")
    ]


def _imports(node: Node, data: bytes) -> Iterable[Import]:
    line = node.start_point[0] + 1
    simple = _SIMPLE_IMPORT.match(text(node, data))
    if simple is not None:
        module, names = simple.groups()
        for name in names.split(","):
            yield Import(module, name.strip(), name.strip(), line, 0)
        return
    if node.type == "import_statement":
        for child in node.named_children:
            if child.type == "aliased_import":
                name, alias = child.named_children[0], child.named_children[-1]
                yield Import(text(name, data), "", text(alias, data), line, 0)
            elif child.type == "dotted_name":
                module = text(child, data)
                yield Import(module, "", module, line, 0)  # `import a.b` binds `a`; the resolver knows
        return
    origin = node.child_by_field_name("module_name")
    module = re.sub(r"\s+", "", text(origin, data)) if origin is not None else "__future__"
    for child in node.named_children:
        if origin is not None and child.start_byte == origin.start_byte:
            continue
        if child.type == "wildcard_import":
            yield Import(module, "*", "", line, 0)
        elif child.type == "aliased_import":
            name, alias = child.named_children[0], child.named_children[-1]
            yield Import(module, text(name, data), text(alias, data), line, 0)
        elif child.type == "dotted_name":
            name_text = text(child, data)
            yield Import(module, name_text, name_text, line, 0)


def _bindings(captures: Captures, data: bytes) -> Iterable[Binding]:
    node = captures["binding"][0]
    source = text(node, data)
    if node.type == "type":
        yield Binding(0, "return", one_line(source), "return", node.start_point[0] + 1)
    elif len(source) < 200:
        yield Binding(0, "return", canonical(source), "value", node.start_point[0] + 1)


_TYPES = "str bytes bytearray int float complex bool list tuple dict set frozenset object range slice memoryview"

LANGUAGE = Language(
    name="python",
    title="Python",
    grammar="tree_sitter_python",
    extensions=(".py", ".pyi", ".pyw"),
    interpreters=("python", "python3", "python2"),
    kind=_kind,
    signature=_signature,
    visibility=_visibility,
    bases=_bases,
    imports=_imports,
    bindings=_bindings,
    doc_comment=re.compile(r"#:"),
    header_runs_outside=True,
    scope="module",
    self_names=frozenset({"self", "cls"}),
    super_names=frozenset({"super()"}),
    members_share_names=True,
    constructors=("__init__", "__new__"),
    builtins=frozenset(dir(builtins)),
    builtin_types=frozenset(_TYPES.split()),
    wrappers={"Optional": 0, "Annotated": 0, "Type": 0, "type": 0, "ClassVar": 0, "Final": 0, "Awaitable": 0},
)
