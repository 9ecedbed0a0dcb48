"""Swift: extensions, protocols, and visibility that is internal unless a word says otherwise.

An extension is no symbol of its own: what it holds belongs to the type that it extends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from doctown.languages.base import CLASS_KINDS, Captures, Definition, Language, canonical, one_line, text
from doctown.model import Binding, Import, Visibility

if TYPE_CHECKING:
    from tree_sitter import Node

_VISIBILITIES: dict[str, Visibility] = {
    "open": "public",
    "public": "public",
    "package": "internal",
    "internal": "internal",
    "fileprivate": "private",
    "private": "private",
}


def _rename(name: str) -> str:
    """A quoted `name` without its quotes, an extended type without its arguments."""
    return name.strip("`").split("<", 1)[0].rstrip() if not name.startswith("<") else name


def _modifiers(node: Node) -> Node | None:
    return next((child for child in node.named_children[:1] if child.type == "modifiers"), None)


def _words(node: Node, data: bytes) -> list[str]:
    """The modifiers of a declaration without its attributes."""
    modifiers = _modifiers(node)
    children = modifiers.named_children if modifiers is not None else []
    return [text(child, data) for child in children if child.type != "attribute"]


def _kind(definition: Definition, data: bytes) -> str:
    """A constant cannot change and belongs to no instance; a property runs code; a field stores."""
    kind = definition.kind
    if kind == "function":
        return "method" if definition.parent_kind in CLASS_KINDS else kind
    if kind in ("field", "variable"):
        node = definition.inner
        runs = ("computed_property", "willset_didset_block")
        if any(child.type in runs for child in node.named_children):
            return "property"
        words = _words(node, data)
        fixed = any(
            child.type == "value_binding_pattern" and text(child, data) == "let" for child in node.named_children
        )
        return "constant" if fixed and (kind == "variable" or "static" in words) else kind
    return kind


def _visibility(definition: Definition, data: bytes) -> Visibility:
    own = _declared(definition.inner, data)
    if own is not None:
        return own
    inherits = ("enum_entry", "protocol_function_declaration", "protocol_property_declaration")
    body = definition.inner.parent
    around = body.parent if body is not None else None
    if around is None or around.type not in ("class_declaration", "protocol_declaration"):
        return "internal"
    kind = around.child_by_field_name("declaration_kind")
    extension = kind is not None and kind.type == "extension"
    if definition.inner.type in inherits or extension or around.type == "protocol_declaration":
        return _declared(around, data) or "internal"
    return "internal"


def _declared(node: Node, data: bytes) -> Visibility | None:
    """The visibility that a declaration states; `private(set)` speaks of its setter alone."""
    for word in _words(node, data):
        if word in _VISIBILITIES:
            return _VISIBILITIES[word]
    return None


def _start(node: Node) -> int:
    """Where a declaration starts behind its attributes."""
    modifiers = _modifiers(node)
    if modifiers is None:
        return node.start_byte
    for child in modifiers.named_children:
        if child.type != "attribute":
            return child.start_byte
    following = modifiers.next_sibling
    return following.start_byte if following is not None else node.start_byte


def _slice(data: bytes, start: int, end: int) -> str:
    return one_line(data[start : min(end, start + 2000)].decode("utf-8", "replace"))


def _signature(definition: Definition, data: bytes) -> str:
    node = definition.inner
    start = _start(node)
    if node.type == "property_declaration":
        return _property_signature(node, start, data)
    if node.type == "enum_entry":
        return f"case {_entry(definition, data)}"[:600]
    if node.type in ("protocol_property_declaration", "typealias_declaration", "associatedtype_declaration"):
        return _slice(data, start, node.end_byte)[:600]
    body = definition.body or node.child_by_field_name("body")
    end = body.start_byte if body is not None else node.end_byte
    return _slice(data, start, end).rstrip(" {")[:600]


def _property_signature(node: Node, start: int, data: bytes) -> str:
    """A property up to its body; a short literal value is shown, a computed one is not."""
    end = node.end_byte
    value = node.child_by_field_name("value")
    if value is not None:
        written = data[value.start_byte : value.end_byte]
        if len(written) > 60 or b"\n" in written:
            end = value.start_byte
    for child in node.named_children:
        if child.type in ("computed_property", "willset_didset_block"):
            end = min(end, child.start_byte)
    return _slice(data, start, end).rstrip(" ={")[:600]


def _entry(definition: Definition, data: bytes) -> str:
    """One case of an entry that may list several, with what it carries."""
    name = definition.captures["name"][0]
    following = name.next_named_sibling
    carries = following is not None and following.type == "enum_type_parameters"
    return definition.name + (one_line(text(following, data)) if carries and following is not None else "")


def _bases(definition: Definition, data: bytes) -> Sequence[str]:
    """Superclass and protocols; those of an extension belong to the type only if that is in this file."""
    if definition.is_scope and not definition.index:
        return ()
    found: list[str] = []
    for child in definition.inner.named_children:
        inherited = child.child_by_field_name("inherits_from") if child.type == "inheritance_specifier" else None
        if inherited is not None:
            found.append(text(inherited, data).split("<", 1)[0])
    return found


def _imports(node: Node, data: bytes) -> Iterable[Import]:
    """`import Foundation` brings all of a module, `import class UIKit.UIView` one name of it."""
    path = next((text(child, data) for child in node.named_children if child.type == "identifier"), "")
    words = text(node, data).split()
    line = node.start_point[0] + 1
    kinds = {"class", "struct", "enum", "protocol", "typealias", "func", "let", "var"}
    if "." in path and kinds & set(words[:-1]):
        module, _, name = path.rpartition(".")
        yield Import(module, name, name, line, 0)
    elif path:
        yield Import(path, "*", "", line, 0)


def _bindings(captures: Captures, data: bytes) -> Iterable[Binding]:
    """The type of a computed property; of a function, what stands before its body behind `->`."""
    node = captures["binding"][0]
    if node.type == "function_body":
        before = node.prev_named_sibling
        arrow = before.prev_sibling if before is not None else None
        if before is None or arrow is None or arrow.type != "->":
            return
        node = before
    yield Binding(0, "return", one_line(text(node, data)), "return", node.start_point[0] + 1)


_AS = re.compile(r"\bas[?!]?\s+\[?([A-Z][\w.]*)[^\s]*\Z")
_TRY = re.compile(r"\A(?:try[?!]?|await)\s+")
_GENERIC = re.compile(r"(?<=\w)<[\w\s,.<>?\[\]:&]*>(?=\s*[({.\[]|$)")
_CLOSURE = re.compile(r"(?<=[\w)])\s*\{.*\}\s*\Z", re.DOTALL)
_WRAPPED = re.compile(r"\A\(([^()]*(?:\([^()]*\)[^()]*)*)\)([!?]?(?:\..*)?)\Z", re.DOTALL)


def _canonical(source: str) -> str:
    """A cast reads as a value of its type; `try`, `await`, `!`, type arguments and trailing closures are dropped."""
    if source.isidentifier():
        return source
    source = source.strip()
    while matched := _TRY.match(source):
        source = source[matched.end() :]
    if source.startswith("(") and (whole := _WRAPPED.match(source)):
        inside, rest = whole.groups()
        return canonical(_canonical(inside) + rest.replace("!", "").replace("?.", "."))
    if typed := _AS.search(source):
        return f"{typed.group(1)}()"
    if source.startswith("."):
        return "?"
    if source.endswith("}"):
        closed = _CLOSURE.sub("", source)
        source = closed if closed.endswith(")") or closed == source else f"{closed}()"
    if "<" in source:
        source = _GENERIC.sub("", source)
    return canonical(source.replace("!.", ".").replace("?.", ".").rstrip("!?"))


_FUNCTIONS = """
abs assert assertionFailure debugPrint dump fatalError getVaList isKnownUniquelyReferenced max min numericCast
precondition preconditionFailure print readLine repeatElement sequence stride swap transcode type unsafeBitCast
unsafeDowncast withExtendedLifetime withUnsafeBytes withUnsafeMutablePointer withUnsafePointer zip self super Self
"""
_TYPES = """
Any AnyClass AnyHashable AnyObject Array ArraySlice Bool Character ClosedRange Codable Collection Comparable
CustomStringConvertible CustomDebugStringConvertible CaseIterable Decodable Decoder Dictionary Double Encodable Encoder
Equatable Error ExpressibleByStringLiteral Float Float80 Hashable Hasher Identifiable Int Int8 Int16 Int32 Int64
IteratorProtocol Iterator KeyPath Mirror Never ObjectIdentifier OptionSet Optional PartialKeyPath Range RawRepresentable
Result Sendable Sequence Set StaticString String Substring Task UInt UInt8 UInt16 UInt32 UInt64 Unicode
UnsafeMutablePointer UnsafePointer UnsafeRawPointer Void WritableKeyPath
"""

LANGUAGE = Language(
    name="swift",
    title="Swift",
    grammar="tree_sitter_swift",
    extensions=(".swift", ".swiftinterface"),
    interpreters=("swift",),
    kind=_kind,
    signature=_signature,
    visibility=_visibility,
    bases=_bases,
    imports=_imports,
    bindings=_bindings,
    canonical=_canonical,
    rename=_rename,
    doc_comment=re.compile(r"///|/\*\*"),
    scope="package",
    self_names=frozenset({"self", "Self"}),
    super_names=frozenset({"super"}),
    constructors=("init",),
    parameters="name first",
    implicit_self=True,
    builtins=frozenset(f"{_FUNCTIONS} {_TYPES}".split()),
    builtin_types=frozenset(_TYPES.split()),
    wrappers={"Optional": 0, "Published": 0},
)
