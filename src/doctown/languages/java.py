"""Java: one package over many files, explicit modifiers, constructors that bear their class's name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from doctown.languages.base import MAX_RECEIVER, UNNAMED, Captures, Definition, Language, canonical, one_line, text
from doctown.model import Binding, Import, Visibility

if TYPE_CHECKING:
    from tree_sitter import Node

_ANNOTATIONS = frozenset({"marker_annotation", "annotation"})
_FIELDS = frozenset({"field", "constant"})


def _modifiers(definition: Definition) -> Node | None:
    first = definition.inner.named_children[0] if definition.inner.named_children else None
    return first if first is not None and first.type == "modifiers" else None


def _words(definition: Definition) -> frozenset[str]:
    """The modifiers that are keywords."""
    modifiers = _modifiers(definition)
    return frozenset(child.type for child in modifiers.children) if modifiers is not None else frozenset()


def _kind(definition: Definition, data: bytes) -> str:
    if definition.kind == "field" and definition.inner.type == "field_declaration":
        return "constant" if {"static", "final"} <= _words(definition) else "field"
    return definition.kind


def _signature(definition: Definition, data: bytes) -> str:
    """As javadoc shows it: modifiers without annotations, and the throws clause; a field without a long value."""
    node = definition.inner
    if definition.kind == "enum_member":
        arguments = node.child_by_field_name("arguments")
        return definition.name + (one_line(text(arguments, data)[:200]) if arguments is not None else "")
    if definition.kind in _FIELDS and node.type != "formal_parameter":
        return _field_signature(definition, data)
    end = definition.body.start_byte if definition.body is not None else node.end_byte
    head = data[_after_annotations(definition) : min(end, node.start_byte + 4000)].decode("utf-8", "replace")
    words = " ".join(_keywords(definition, data))
    return one_line(f"{words} {head}").rstrip(" {;")[:600]


def _keywords(definition: Definition, data: bytes) -> list[str]:
    modifiers = _modifiers(definition)
    if modifiers is None:
        return []
    return [
        text(child, data)
        for child in modifiers.children
        if child.type not in _ANNOTATIONS and "comment" not in child.type
    ]


def _after_annotations(definition: Definition) -> int:
    modifiers = _modifiers(definition)
    return modifiers.end_byte if modifiers is not None else definition.inner.start_byte


def _field_signature(definition: Definition, data: bytes) -> str:
    """`private final int x = 1`: the one of several variables that is meant, its value where it is short."""
    node = definition.inner
    kind = node.child_by_field_name("type")
    shown = " ".join([*_keywords(definition, data), text(kind, data) if kind is not None else "", definition.name])
    for declarator in node.children_by_field_name("declarator"):
        name, value = declarator.child_by_field_name("name"), declarator.child_by_field_name("value")
        if name is not None and text(name, data) == definition.name and value is not None:
            short = value.end_byte - value.start_byte <= 100 and b"\n" not in data[value.start_byte : value.end_byte]
            shown += f" = {text(value, data)}" if short else " = …"
    return one_line(shown)[:300]


def _visibility(definition: Definition, data: bytes) -> Visibility:
    """By keyword; without one, visible in the package, but public in interfaces and for constants of enums."""
    words = _words(definition)
    for word in ("public", "protected", "private"):
        if word in words:
            return cast(Visibility, word)
    if definition.parent_kind == "interface" or definition.kind == "enum_member":
        return "public"
    if definition.kind == "field" and definition.inner.type == "formal_parameter":
        return "private"  # a record's component: its accessor is public
    if definition.kind == "constructor" and definition.parent_kind == "enum":
        return "private"
    return "internal"


_HERITAGE = frozenset({"superclass", "super_interfaces", "extends_interfaces"})
_NAMES = frozenset({"type_identifier", "generic_type", "scoped_type_identifier"})


def _bases(definition: Definition, data: bytes) -> Sequence[str]:
    """The superclass, then the interfaces."""
    found: list[str] = []
    for child in definition.inner.named_children:
        if child.type not in _HERITAGE:
            continue
        for part in child.named_children:
            types = part.named_children if part.type == "type_list" else [part]
            found.extend(text(kind, data).split("<", 1)[0].strip() for kind in types if kind.type in _NAMES)
    return found


def _imports(node: Node, data: bytes) -> Iterable[Import]:
    line = node.start_point[0] + 1
    path = next((child for child in node.named_children if child.type in ("scoped_identifier", "identifier")), None)
    if path is None:
        return
    name = "".join(text(path, data).split())
    detail = "static" if any(child.type == "static" for child in node.children) else ""
    if any(child.type == "asterisk" for child in node.named_children):
        yield Import(name, "*", "", line, 0, detail)
    else:
        module, _, last = name.rpartition(".")
        yield Import(module, last, last, line, 0, detail)


def _bindings(captures: Captures, data: bytes) -> Iterable[Binding]:
    """What a method returns, what a parameter of any number of values holds, what a method without a class extends."""
    node = captures["binding"][0]
    if "type" in captures:
        written = one_line(text(captures["type"][0], data)[:300])
        variable = node.type == "spread_parameter"
        target = text(captures["name"][0], data) if variable else UNNAMED
        line = node.start_point[0] + 1
        yield Binding(
            0, target, f"{written}[]" if variable else written, "parameter" if variable else "annotation", line
        )
    elif node.type != "void_type":
        yield Binding(0, "return", one_line(text(node, data)[:300]), "return", node.start_point[0] + 1)


_GENERIC = re.compile(r"(?<=[\w.])<[\w\s.,?&\[\]]*(?:<[\w\s.,?&\[\]<>]*>[\w\s.,?&\[\]]*)*>(?=\s*[\w(])")
_CAST = re.compile(r"\(\s*([A-Z][\w.]*)(?:<[^()]*>)?(?:\[\])?\s*\)\s*(?=[\w(\"])")
_WHOLE_CAST = re.compile(r"\(\s*([A-Z][\w.]*)(?:<[^()]*>)?\s*\)\s*[\w(].*\Z", re.DOTALL)
_INNER_CAST = re.compile(r"\(\(\s*([A-Z][\w.]*)(?:<[^()]*>)?\s*\)\s*[\w.]+(?:\([^()]*\))?\)")
_NEW = re.compile(r"new\s+([\w.]+)\s*(?:<[^()]*>)?\s*\(")
_LAMBDA = re.compile(r"(?:\w+|\([\w\s,]*\))\s*->")


_METHOD = re.compile(r"[\w.<>\[\]]+\s*::\s*\w+")
_NEGATIVE = re.compile(r"[-+]\s*[\d.]\w*")
_TEXT = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"\s*\+")
_COMPARED = re.compile(r"\A[\w.()\[\]]+\s*(?:==|!=|<=|>=|&&|\|\||\sinstanceof\s)|\A![\w.()]+\Z")


@lru_cache(maxsize=50_000)
def _canonical(source: str) -> str:  # noqa: PLR0912 - one branch for each form of expression
    """The common canonical form without type arguments; a cast and a `new` are instances of their type."""
    if source.isidentifier():
        return source
    if len(source) > MAX_RECEIVER:
        return "?"
    source = source.strip()
    if _LAMBDA.match(source) or _METHOD.fullmatch(source):
        return "<lambda>"
    if source.startswith("'"):
        return "<char>"
    if _NEGATIVE.fullmatch(source):
        return source[1:].strip()
    if _TEXT.match(source):  # what is added to a string is one
        return "<str>"
    if _COMPARED.search(source) and "->" not in source and "{" not in source:
        return "<bool>"
    cast_ = _WHOLE_CAST.match(source)
    if cast_ and not source.startswith("(("):
        return cast_.group(1) + "()"
    if source.startswith("(("):
        source = _INNER_CAST.sub(r"\1()", source)
    if (
        source.startswith("(")
        and source.endswith(")")
        and source.count("(") == source.count(")")
        and _closes_at_end(source)
    ):
        source = source[1:-1].strip()
    if "<" in source:
        source = _GENERIC.sub("", source)
    if source.startswith("new ") and "[" in source.split("(", 1)[0]:
        return "<list>"
    if "{" in source and _NEW.match(source):  # an anonymous class
        return _NEW.match(source).group(1) + "()"  # type: ignore[union-attr]
    return canonical(source)


def _closes_at_end(source: str) -> bool:
    """Whether the parenthesis that opens the text is closed by its last character."""
    depth = 0
    for position, character in enumerate(source):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return position == len(source) - 1
    return False


_LANG = """AbstractMethodError Appendable ArithmeticException ArrayIndexOutOfBoundsException ArrayStoreException
AssertionError AutoCloseable Boolean Byte CharSequence Character Class ClassCastException ClassLoader
ClassNotFoundException CloneNotSupportedException Cloneable Comparable Deprecated Double Enum Error Exception
ExceptionInInitializerError Float FunctionalInterface IllegalAccessException IllegalArgumentException
IllegalMonitorStateException IllegalStateException IndexOutOfBoundsException InheritableThreadLocal
InstantiationException Integer InterruptedException Iterable LinkageError Long Math Module NegativeArraySizeException
NoClassDefFoundError NoSuchFieldError NoSuchFieldException NoSuchMethodError NoSuchMethodException
NullPointerException Number NumberFormatException Object OutOfMemoryError Override Package Process ProcessBuilder
Readable Record ReflectiveOperationException Runnable Runtime RuntimeException SafeVarargs SecurityException
SecurityManager Short StackOverflowError StackTraceElement StackWalker StrictMath String StringBuffer StringBuilder
StringIndexOutOfBoundsException SuppressWarnings System Thread ThreadGroup ThreadLocal Throwable
TypeNotPresentException UnsupportedOperationException VerifyError VirtualMachineError Void"""

_PRIMITIVES = "boolean byte char double float int long short void var"

_TYPES = """String Object Integer Long Boolean Double Float Character Byte Short Number CharSequence StringBuilder
StringBuffer Class Math System Thread Enum Iterable"""

LANGUAGE = Language(
    name="java",
    title="Java",
    grammar="tree_sitter_java",
    extensions=(".java",),
    kind=_kind,
    signature=_signature,
    visibility=_visibility,
    bases=_bases,
    imports=_imports,
    bindings=_bindings,
    canonical=_canonical,
    doc_comment=re.compile(r"/\*\*|///"),
    scope="package",
    self_names=frozenset({"this"}),
    super_names=frozenset({"super"}),
    constructors=(),
    parameters="type first",
    implicit_self=True,
    builtins=frozenset(_LANG.split()) | frozenset(_PRIMITIVES.split()),
    builtin_types=frozenset(_PRIMITIVES.split()) | frozenset(_TYPES.split()),
)
