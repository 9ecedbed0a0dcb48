"""Kotlin: functions and properties inside and outside classes, extensions, companions, primary constructors.

What a companion object holds belongs to its class, as callers write it: `User.create()`. A companion is a symbol of its
own only where it has a name and no body, as a key does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from doctown.languages.base import (
    CLASS_KINDS,
    HANDED,
    IMPLIED,
    Captures,
    Definition,
    Language,
    canonical,
    one_line,
    text,
)
from doctown.languages.java import LANGUAGE as JAVA
from doctown.model import Binding, Import, Visibility

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_CALLED = 200  # bytes of a called expression whose callbacks are typed
_BODIES = frozenset({"class_body", "enum_class_body"})
_ACCESSORS = frozenset({"getter", "setter", "property_delegate"})


def _child(node: Node, *kinds: str) -> Node | None:
    return next((child for child in node.children if child.type in kinds), None)


def _words(node: Node, data: bytes) -> list[str]:
    """The modifiers that are keywords."""
    modifiers = _child(node, "modifiers")
    if modifiers is None:
        return []
    return [text(child, data) for child in modifiers.named_children if child.type.endswith("_modifier")]


def _kind(definition: Definition, data: bytes) -> str:
    node = definition.inner
    in_class = definition.parent_kind in CLASS_KINDS or definition.parent_kind == "enum_member"
    if definition.kind == "class" and node.type == "class_declaration":
        if _child(node, "interface") is not None:
            return "interface"
        return "enum" if "enum" in _words(node, data) or _child(node, "enum") is not None else "class"
    if definition.kind == "function":
        around = node.parent  # an object's own body, though the object has no name
        return "method" if in_class or (around is not None and around.type in _BODIES) else "function"
    if definition.kind in ("field", "property") and node.type == "property_declaration":
        return _property_kind(definition, data)
    return definition.kind


def _property_kind(definition: Definition, data: bytes) -> str:
    node = definition.inner
    if definition.parent_kind != "module":
        around = node.parent
        if around is None or around.type not in _BODIES:
            return ""  # a local variable
    if "const" in _words(node, data):
        return "constant"
    if definition.parent_kind == "module":
        return "property" if definition.kind == "property" else "variable"
    return "property" if _child(node, *_ACCESSORS) is not None else "field"


def _signature(definition: Definition, data: bytes) -> str:
    """As Dokka shows it: modifiers without annotations, types, default values; no bodies."""
    node = definition.inner
    if definition.kind == "enum_member":
        body = _child(node, "class_body")
        return one_line(data[node.start_byte : body.start_byte if body else node.end_byte].decode("utf-8", "replace"))[
            :300
        ]
    modifiers = _child(node, "modifiers")
    start = modifiers.end_byte if modifiers is not None else node.start_byte
    end = node.end_byte
    stop = _child(node, "function_body", "block", "getter", "setter", "property_delegate", *_BODIES)
    if stop is not None:
        end = stop.start_byte
    head = one_line(data[start : min(end, start + 2000)].decode("utf-8", "replace"))
    if definition.kind in ("field", "variable", "constant") and len(head) > 200:
        head = head.split("=", 1)[0] + "= …"
    return " ".join([*_words(node, data), head]).rstrip(" {=;,")[:600]


def _visibility(definition: Definition, data: bytes) -> Visibility:
    """By keyword; public without one, as the language has it."""
    for word in _words(definition.inner, data):
        if word in ("public", "protected", "internal", "private"):
            return cast(Visibility, word)
    return "internal" if definition.parent_kind in ("function", "method", "constructor") else "public"


def _bases(definition: Definition, data: bytes) -> Sequence[str]:
    """The superclass and the interfaces, in order."""
    specifiers = _child(definition.inner, "delegation_specifiers")
    found = []
    for specifier in specifiers.named_children if specifiers is not None else ():
        node = specifier.named_children[0] if specifier.named_children else None
        while node is not None and node.type in ("constructor_invocation", "explicit_delegation"):
            node = node.named_children[0] if node.named_children else None
        if node is not None and node.type == "user_type":
            found.append(text(node, data).split("<", 1)[0].strip())
    return found


def _imports(node: Node, data: bytes) -> Iterable[Import]:
    line = node.start_point[0] + 1
    path = _child(node, "qualified_identifier", "identifier")
    if path is None:
        return
    name = text(path, data).replace("`", "")
    alias = node.named_children[-1] if len(node.named_children) > 1 else None
    if _child(node, "*") is not None:
        yield Import(name, "*", "", line, 0)
        return
    module, _, last = name.rpartition(".")
    yield Import(module, last, text(alias, data) if alias is not None else last, line, 0)


def _bindings(captures: Captures, data: bytes) -> Iterable[Binding]:
    """What a function returns: its declared type, or the expression that is its body."""
    node = captures["binding"][0]
    line = node.start_point[0] + 1
    if node.type in ("annotated_lambda", "value_argument"):
        yield from _handed(node, data)
    elif node.type == "property_declaration":
        yield from _made(captures["name"][0], node, data)
    elif node.type == "when_entry":
        yield from _tested(node, data)
    elif "type" in captures:  # the block behind `if (x is Foo)`
        yield Binding(0, text(captures["name"][0], data), one_line(text(captures["type"][0], data)), "annotation", line)
    elif node.type in ("user_type", "nullable_type"):
        yield Binding(0, "return", one_line(text(node, data)[:300]), "return", line)
    elif node.end_byte - node.start_byte < 200:
        yield Binding(0, "return", _canonical(text(node, data)), "value", line)


def _handed(given: Node, data: bytes) -> Iterable[Binding]:
    """The parameters of a lambda that is an argument, or `it`: what the called function hands to it, if anyone knows.
    In what `with`, `apply` and `run` are given, the object's members need no name before them."""
    around = given.parent
    call = around.parent if around is not None and given.type == "value_argument" else around
    called = call.named_children[0] if call is not None and call.named_children else None
    if around is None or called is None or called.end_byte - called.start_byte > MAX_CALLED:
        return
    at = around.named_children.index(given) if given.type == "value_argument" else 0
    if given.type == "annotated_lambda" and called.type == "call_expression":  # `all.fold(0) { … }`
        arguments = _child(called, "value_arguments")
        at = len(arguments.named_children) if arguments is not None else 0
        called = called.named_children[0]
    callee, line = _canonical(text(called, data)), given.start_point[0] + 1
    lambda_ = _child(given, "lambda_literal")
    if lambda_ is None or not callee or "?" in callee or callee.startswith("<"):
        return
    receiver, _, name = callee.rpartition(".")
    if name in _SCOPING:
        first = _child(call.named_children[0], "value_arguments") if call is not None and not receiver else None
        shown = receiver or (_canonical(text(first, data)[1:-1]) if first is not None else "")
        yield from [Binding(0, IMPLIED, shown, "value", line)] if shown else []
        return
    parameters = _child(lambda_, "lambda_parameters")
    for position, each in enumerate(parameters.named_children if parameters is not None else [None]):
        if each is None or len(each.named_children) == 1:  # without a type
            target = "it" if each is None else text(each, data)
            yield Binding(0, target, callee + HANDED.format(at, position), "value", line)


def _made(name: Node, node: Node, data: bytes) -> Iterable[Binding]:
    """`mutableListOf<Foo>()` is a list of `Foo`, `HashMap<String, Foo>()` what it says."""
    called = node.named_children[-1]
    function, arguments = text(called.named_children[0], data), text(called.named_children[1], data)
    container = "Map" if "Map" in function else "List"
    if function[:1].isupper() or function.endswith(("Of", "OfNotNull")) or function.startswith("empty"):
        written = f"{function if function[:1].isupper() else container}{one_line(arguments)}"
        yield Binding(0, text(name, data), written, "annotation", name.start_point[0] + 1)


def _tested(entry: Node, data: bytes) -> Iterable[Binding]:
    """What the subject of a `when` is behind `is Foo ->`."""
    subject = _child(entry.parent, "when_subject") if entry.parent is not None else None
    test = entry.child_by_field_name("condition")
    if subject is None or test is None or text(test, data).startswith("!"):
        return
    name = subject.named_children[-1]
    if name.type == "identifier" and test.named_children:
        written = one_line(text(test.named_children[0], data))
        yield Binding(0, text(name, data), written, "annotation", entry.start_point[0] + 1)


_SCOPING = frozenset({"with", "apply", "run"})
_ELVIS = re.compile(r"\A([\w.]+(?:\([^()]*\))?)\s*\?:")
_GENERIC = re.compile(r"(?<=[\w>])<[\w\s.,?*:]*(?:<[\w\s.,?*:<>]*>[\w\s.,?*:]*)*>(?=\s*[({.]|\Z)")
_CAST = re.compile(r"\([^()]*\bas\??\s+([\w.]+)(?:<[^()]*>)?\??\s*\)")
_WHOLE_CAST = re.compile(r".*\bas\??\s+([\w.]+)(?:<[^()]*>)?\??\Z", re.DOTALL)


@lru_cache(maxsize=50_000)
def _canonical(source: str) -> str:
    """The common canonical form without type arguments, `!!` and `?`; a trailing lambda is an argument."""
    if source.isidentifier():
        return source
    if len(source) > 1000:
        return "?"
    source = source.strip().rstrip("!?")
    if " as" in source:
        source = _CAST.sub(r"\1()", source)
        whole = _WHOLE_CAST.match(source)
        if whole:
            return whole.group(1) + "()"
    if "?:" in source and (first := _ELVIS.match(source)):
        return _canonical(first.group(1))
    if "<" in source:
        source = _GENERIC.sub("", source)
    return canonical(source).replace("(){}", "()").replace("{}", "()")


_BUILTINS = """Any Array Boolean BooleanArray Byte ByteArray Char CharArray CharSequence Collection Comparable Double
DoubleArray Enum Error Exception Float FloatArray Function Grouping IllegalArgumentException IllegalStateException
IndexOutOfBoundsException Int IntArray IntProgression IntRange Iterable Iterator Lazy List ListIterator Long LongArray
LongRange Map MutableCollection MutableIterable MutableIterator MutableList MutableMap MutableSet
NoSuchElementException Nothing NullPointerException Number NumberFormatException Pair Regex Result RuntimeException
Sequence Set Short ShortArray String StringBuilder Throwable Triple UByte UInt ULong UShort Unit
UnsupportedOperationException
also apply arrayListOf arrayOf arrayOfNulls assert booleanArrayOf buildList buildMap buildSet buildString byteArrayOf
check checkNotNull charArrayOf doubleArrayOf emptyArray emptyList emptyMap emptySequence emptySet enumValueOf
enumValues error floatArrayOf generateSequence hashMapOf hashSetOf intArrayOf lazy lazyOf let linkedMapOf
linkedSetOf listOf listOfNotNull longArrayOf mapOf maxOf minOf mutableListOf mutableMapOf mutableSetOf print println
readLine readln repeat require requireNotNull run runCatching sequence sequenceOf setOf shortArrayOf sortedMapOf
sortedSetOf synchronized takeIf takeUnless TODO to use with it
Deprecated JvmField JvmName JvmOverloads JvmStatic JvmInline Suppress Throws OptIn PublishedApi Synchronized Volatile
Transient"""

_TYPES = """Any Array Boolean Byte Char CharSequence Double Float Int Iterable Iterator List Long Map MutableList
MutableMap MutableSet Nothing Number Pair Regex Sequence Set Short String StringBuilder Throwable Triple Unit"""

LANGUAGE = Language(
    name="kotlin",
    title="Kotlin",
    grammar="tree_sitter_kotlin",
    extensions=(".kt", ".kts"),
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
    builtin_types=frozenset(_TYPES.split()),
    wrappers={"Lazy": 0, "Result": 0, "Deferred": 0, "StateFlow": 0, "MutableStateFlow": 0},
)
