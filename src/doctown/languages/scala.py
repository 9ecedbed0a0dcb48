"""Scala 2 and 3: packages over many files, classes beside companion objects, methods without parentheses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from doctown.languages.base import CLASS_KINDS, HANDED, Captures, Definition, Language, canonical, one_line, text
from doctown.languages.java import LANGUAGE as JAVA
from doctown.model import Binding, Import, Visibility

if TYPE_CHECKING:
    from tree_sitter import Node

_VALUES = frozenset({"val_definition", "var_definition", "val_declaration", "var_declaration"})
_PLACES = frozenset({"template_body", "compilation_unit", "enum_body", "with_template_body"})
_TEMPLATES = frozenset({"template_body", "with_template_body"})  # of a class, and of `new` with members of its own
_CONSTANT = re.compile(r"[A-Z]\w*\Z")


def _kind(definition: Definition, data: bytes) -> str:
    node = definition.inner
    in_class = definition.parent_kind in CLASS_KINDS
    if definition.kind == "function":
        if definition.name == "this":
            return "constructor"
        if in_class or definition.parent_kind in ("namespace", "constant"):
            return "method"
        return "method" if node.parent is not None and node.parent.type in _TEMPLATES else "function"
    if node.type == "class_parameter":
        return "field" if _is_member(node, data) else ""
    if node.type in _VALUES:
        around = node.parent
        if around is None or around.type not in _PLACES:
            return ""  # a local variable
        if node.type.startswith("val") and _CONSTANT.match(definition.name):
            return "constant"
        return "field" if in_class or around.type in _TEMPLATES else "variable"
    if definition.kind == "type_alias" and definition.parent_kind in ("function", "method"):
        return ""
    return definition.kind


def _is_member(node: Node, data: bytes) -> bool:
    """Whether a class parameter is a member: behind `val` or `var`, or of a case class."""
    if any(child.type in ("val", "var") for child in node.children):
        return True
    around = node.parent.parent if node.parent is not None else None
    return around is not None and any(child.type == "case" for child in around.children[:4])


def _start(node: Node) -> int:
    """Where the definition starts behind its annotations."""
    return next((child.start_byte for child in node.children if child.type != "annotation"), node.start_byte)


def _signature(definition: Definition, data: bytes) -> str:
    """As scaladoc shows it: modifiers, parameters and type; a value only where it is short."""
    node = definition.inner
    start, end = _start(node), node.end_byte
    if definition.body is not None:
        end = definition.body.start_byte
    elif node.type in _VALUES:
        value = node.child_by_field_name("value")
        long = value is not None and (
            value.end_byte - value.start_byte > 100 or b"\n" in data[value.start_byte : value.end_byte]
        )
        if value is not None and long:
            return one_line(data[start : min(value.start_byte, start + 600)].decode("utf-8", "replace")) + " …"
    head = one_line(data[start : min(end, start + 2000)].decode("utf-8", "replace"))
    return re.sub(r"\s+with\Z", "", head.rstrip(" {=:"))[:600]


def _visibility(definition: Definition, data: bytes) -> Visibility:
    """By keyword; `private[somewhere]` is visible in somewhere."""
    for child in definition.inner.children[:6]:
        if child.type != "modifiers":
            continue
        for word in child.named_children:
            if word.type == "access_modifier":
                shown = text(word, data)
                if "[" in shown and "this" not in shown:
                    return "internal"
                return "private" if shown.startswith("private") else "protected"
    return "internal" if definition.parent_kind in ("function", "method", "constructor") else "public"


_TYPES = frozenset({"type_identifier", "generic_type", "stable_type_identifier"})


def _bases(definition: Definition, data: bytes) -> Sequence[str]:
    """What stands behind `extends` and `with`."""
    heritage = definition.inner.child_by_field_name("extend")
    if heritage is None:
        return ()
    return [
        re.split(r"[\[(]", text(child, data), maxsplit=1)[0].strip()
        for child in heritage.named_children
        if child.type in _TYPES
    ]


def _imports(node: Node, data: bytes) -> Iterable[Import]:
    line = node.start_point[0] + 1
    detail = "reexport" if node.type == "export_declaration" else ""
    path: list[str] = []
    for child in node.children:
        if child.type in ("identifier", "stable_identifier", "operator_identifier"):
            path.append(text(child, data))
        elif child.type == "namespace_wildcard":
            yield Import(".".join(path), "*", "", line, 0, detail)
            path = []
        elif child.type == "namespace_selectors":
            yield from _selected(child, data, ".".join(path), detail)
            path = []
        elif child.type in ("arrow_renamed_identifier", "as_renamed_identifier"):
            yield from _renamed(child, data, ".".join(path), line, detail)
            path = []
        elif child.type == "," and path:
            yield Import(".".join(path[:-1]), path[-1], path[-1], line, 0, detail)
            path = []
    if path:
        yield Import(".".join(path[:-1]), path[-1], path[-1], line, 0, detail)


def _selected(node: Node, data: bytes, module: str, detail: str) -> Iterable[Import]:
    for child in node.named_children:
        line = child.start_point[0] + 1
        if child.type == "namespace_wildcard":
            yield Import(module, "*", "", line, 0, detail)
        elif child.type in ("arrow_renamed_identifier", "as_renamed_identifier"):
            yield from _renamed(child, data, module, line, detail)
        elif child.type in ("identifier", "type_identifier", "operator_identifier"):
            yield Import(module, text(child, data), text(child, data), line, 0, detail)


def _renamed(node: Node, data: bytes, module: str, line: int, detail: str) -> Iterable[Import]:
    name, alias = node.child_by_field_name("name"), node.child_by_field_name("alias")
    if name is not None and alias is not None and alias.type != "wildcard":
        yield Import(module, text(name, data), text(alias, data), line, 0, detail)


def _bindings(captures: Captures, data: bytes) -> Iterable[Binding]:
    """What a method returns: its declared type, or the expression that is its body."""
    node = captures["binding"][0]
    line = node.start_point[0] + 1
    if node.type == "lambda_expression":
        parameters = node.child_by_field_name("parameters")
        many = parameters is not None and parameters.type == "bindings"
        names = parameters.named_children if parameters is not None and many else [parameters]
        for position, each in enumerate(names):
            if each is not None and each.child_by_field_name("type") is None:
                yield from _handed(node, each, position, data)
        return
    if node.type == "wildcard":  # `all.map(_.name)`
        given = _given(node)
        yield from _handed(given, node, 0, data) if given is not None else ()
        return
    if node.type == "case_clause":
        yield from _matched(node, data)
        return
    if node.type in ("call_expression", "instance_expression"):
        if node.end_byte - node.start_byte < 200:
            yield Binding(0, "return", _canonical(text(node, data)), "value", line)
        return
    yield Binding(0, "return", one_line(text(node, data)[:300]), "return", line)


def _given(node: Node) -> Node | None:
    """The argument that a placeholder makes a function of."""
    for _ in range(MAX_STEPS):
        if node.parent is None or node.parent.type in ("arguments", "block"):
            return node if node.parent is not None and node.parent.type == "arguments" else None
        node = node.parent
    return None


def _handed(given: Node, name: Node, position: int, data: bytes) -> Iterable[Binding]:
    """A parameter of a function that is an argument: what the called method hands to it, if anyone knows."""
    around = given.parent
    call = around.parent if around is not None else None
    called = call.child_by_field_name("function") if call is not None else None
    if around is None or called is None or called.end_byte - called.start_byte > MAX_CALLED:
        return
    at = around.named_children.index(given) if around.type == "arguments" else 0
    if called.type == "call_expression":  # `all.foldLeft(0)((sum, each) => …)`
        first, called = called.child_by_field_name("arguments"), called.child_by_field_name("function")
        at += len(first.named_children) if first is not None else 0
    callee = _canonical(text(called, data)) if called is not None else ""
    if callee and "?" not in callee and not callee.startswith("<"):
        value = callee + HANDED.format(at, position)
        yield Binding(0, text(name, data), value, "value", name.start_point[0] + 1)


def _matched(clause: Node, data: bytes) -> Iterable[Binding]:
    """The variables of `case Some(x)` and `case Point(x, y)`: what the option holds, what the class was made with."""
    pattern = clause.child_by_field_name("pattern")
    kind = pattern.child_by_field_name("type") if pattern is not None else None
    if pattern is None or kind is None:
        return
    name, line = text(kind, data), clause.start_point[0] + 1
    match = clause.parent.parent if clause.parent is not None else None
    matched = match.child_by_field_name("value") if match is not None else None
    for position, each in enumerate(pattern.children_by_field_name("pattern")):
        if each.type == "identifier" and name not in _HOLDING:
            yield Binding(0, text(each, data), _canonical(name) + HANDED.format(0, position), "value", line)
        elif each.type == "identifier" and matched is not None:
            yield Binding(0, text(each, data), _canonical(text(matched, data)), "value", line)


MAX_CALLED = 200  # bytes of a called expression whose callbacks are typed
MAX_STEPS = 8  # from a placeholder to the argument that it is in
_HOLDING = frozenset({"Some", "Success"})
_GENERIC = re.compile(r"(?<=\w)\[[\w\s.,?_:+\-]*(?:\[[\w\s.,?_]*\][\w\s.,?_]*)*\](?=\s*[({.]|\Z)")
_NEW = re.compile(r"new\s+([\w.]+)(?:\[[^()]*\])?\s*(?:\{.*)?\Z", re.DOTALL)
_CAST = re.compile(r"\.asInstanceOf\[\s*([\w.]+)[^\]]*\]")


@lru_cache(maxsize=50_000)
def _canonical(source: str) -> str:
    """The common canonical form without type arguments; `new Foo` is `Foo()`, a cast an instance of its type."""
    if source.isidentifier():
        return source
    if len(source) > 1000:
        return "?"
    source = source.strip()
    bare = _NEW.match(source)
    if bare:
        return bare.group(1) + "()"
    cast = _CAST.search(source)
    if cast:
        source = cast.group(1) + "()" + source[cast.end() :]
    if source.startswith("new ") and "[" in source:
        source = re.sub(r"\A(new\s+[\w.]+)\[[^()]*\](?=\()", r"\1", source)
    if "[" in source:
        source = _GENERIC.sub("", source)
    return canonical(source).replace("(){}", "()").replace("{}", "()")


_BUILTINS = """Any AnyRef AnyVal Array Boolean Byte Char Double Either Equiv Float Fractional Function Int Integral
Iterable Iterator IndexedSeq LazyList Left List Long Map Nil None Nothing Null Numeric Option Ordered Ordering Range
Right Seq Set Short Some Stream String StringBuilder Symbol Tuple2 Tuple3 Unit Vector PartialFunction Product
Serializable BigInt BigDecimal StringContext Predef Throwable Exception
??? assert assume augmentString classOf identity implicitly locally print printf println require summon valueOf
tailrec inline deprecated throws transient volatile specialized unchecked native"""

_BUILTIN_TYPES = """Any AnyRef AnyVal Array Boolean Byte Char Double Either Float Int Iterable Iterator IndexedSeq
LazyList List Long Map Nothing Null Option Range Seq Set Short Some String StringBuilder Symbol Unit Vector"""

LANGUAGE = Language(
    name="scala",
    title="Scala",
    grammar="tree_sitter_scala",
    extensions=(".scala", ".sc", ".sbt"),
    interpreters=("scala",),
    kind=_kind,
    signature=_signature,
    visibility=_visibility,
    bases=_bases,
    imports=_imports,
    bindings=_bindings,
    canonical=_canonical,
    rename=lambda name: name.strip("`"),
    doc_comment=re.compile(r"/\*\*"),
    scope="package",
    self_names=frozenset({"this"}),
    super_names=frozenset({"super"}),
    constructors=(),
    parameters="name first",
    implicit_self=True,
    builtins=frozenset(_BUILTINS.split()) | {name for name in JAVA.builtins if name[:1].isupper()},
    builtin_types=frozenset(_BUILTIN_TYPES.split()),
    wrappers={"Option": 0, "Some": 0, "Future": 0, "Try": 0},
)
