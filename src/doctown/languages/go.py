"""Go: packages of several files, methods declared beside their types, capital letters for what is exported."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from doctown.languages.base import Captures, Definition, Language, canonical, one_line, text
from doctown.model import Binding, Import, Visibility

if TYPE_CHECKING:
    from tree_sitter import Node

_TYPE_KINDS = {"struct_type": "struct", "interface_type": "interface"}
ELEMENT = "[]"  # the member that stands for what a type such as `type list []item` holds
_VERSION = re.compile(r"v\d+\Z")


def _type_kind(node: Node) -> str:
    shape = node.child_by_field_name("type")
    return _TYPE_KINDS.get(shape.type, "type_alias") if shape is not None and node.type == "type_spec" else "type_alias"


def _kind(definition: Definition, data: bytes) -> str:
    if definition.name == "_":
        return ""
    if definition.kind in ("constant", "variable"):
        return definition.kind if definition.parent_kind == "module" else ""
    if definition.kind == "type_alias":
        local = definition.parent_kind in ("function", "method")
        return "" if local and _type_kind(definition.inner) == "type_alias" else _type_kind(definition.inner)
    if definition.kind == "field" and definition.parent_kind not in ("struct", "field"):
        return ""  # of an anonymous struct: `var x struct{ a int }`
    if definition.kind == "method" and definition.inner.type == "method_elem":
        return "method" if definition.parent_kind == "interface" else ""
    return definition.kind


def _signature(definition: Definition, data: bytes) -> str:
    """As `go doc` shows it: a type with its kind of body, a variable behind its keyword."""
    node = definition.inner
    if definition.kind in ("struct", "interface"):
        shape = node.child_by_field_name("type")
        head = text(node, data)[: shape.start_byte - node.start_byte] if shape is not None else definition.name
        return one_line(f"type {head}{definition.kind}")
    if node.type in ("type_spec", "type_alias"):
        return one_line("type " + text(node, data)[:600])[:300]
    if node.type in ("const_spec", "var_spec"):
        keyword = "const" if node.type == "const_spec" else "var"
        return f"{keyword} " + _short(node, data)
    if definition.kind == "field":
        tag = node.child_by_field_name("tag")
        end = tag.start_byte if tag is not None else node.end_byte
        shown = one_line(data[node.start_byte : min(end, node.start_byte + 400)].decode("utf-8", "replace"))
        return re.sub(r"\b(struct|interface) ?\{.*", r"\1", shown)
    end = definition.body.start_byte if definition.body is not None else node.end_byte
    return one_line(data[node.start_byte : min(end, node.start_byte + 2000)].decode("utf-8", "replace"))[:600]


def _short(node: Node, data: bytes) -> str:
    """The specification on one line, a long value left out."""
    value = node.child_by_field_name("value")
    whole = text(node, data)
    if value is not None and (
        value.end_byte - value.start_byte > 100 or b"\n" in data[value.start_byte : value.end_byte]
    ):
        whole = data[node.start_byte : value.start_byte].decode("utf-8", "replace") + "…"
    return one_line(whole)[:300]


def _visibility(definition: Definition, data: bytes) -> Visibility:
    """Capital letters export a name from its package."""
    return "public" if definition.name[:1].isupper() else "internal"


def _docstring(definition: Definition, data: bytes) -> str | None:
    """The comment behind a field, constant or method on its own line, where none stands above it."""
    if definition.doc or definition.kind not in ("field", "constant", "variable", "method"):
        return None
    end = definition.end
    rest = data[end : data.find(b"\n", end) if data.find(b"\n", end) >= 0 else len(data)].strip()
    return rest[2:].decode("utf-8", "replace").strip() or None if rest.startswith(b"//") else None


def _bases(definition: Definition, data: bytes) -> Sequence[str]:
    """What a struct or an interface embeds."""
    shape = definition.inner.child_by_field_name("type")
    if shape is None:
        return ()
    if shape.type == "interface_type":
        return [
            text(child.named_children[0], data)
            for child in shape.named_children
            if child.type == "type_elem"
            and len(child.named_children) == 1
            and child.named_children[0].type in ("type_identifier", "qualified_type", "generic_type")
        ]
    return [name for field in _embedded(shape) for name in [_plain(text(field, data))]]


def _embedded(shape: Node) -> Iterable[Node]:
    for fields in shape.named_children:
        for field in fields.named_children:
            kind = field.child_by_field_name("type")
            if field.type == "field_declaration" and kind is not None and field.child_by_field_name("name") is None:
                yield kind


def _plain(name: str) -> str:
    return name.lstrip("*").split("[", 1)[0]


def _imports(node: Node, data: bytes) -> Iterable[Import]:
    path, name = node.child_by_field_name("path"), node.child_by_field_name("name")
    if path is None:
        return
    module = text(path, data)[1:-1]
    line = node.start_point[0] + 1
    alias = text(name, data) if name is not None else ""
    if alias == ".":
        yield Import(module, "*", "", line, 0)
    elif alias == "_":
        yield Import(module, "", "", line, 0)
    else:
        yield Import(module, "", alias or package_name(module), line, 0)


def package_name(path: str) -> str:
    """The name that a package most likely has: the last part of its path, without a version, `go-` and `.go`."""
    parts = path.split("/")
    last = parts[-2] if len(parts) > 1 and _VERSION.match(parts[-1]) else parts[-1]
    last = re.sub(r"\.v\d+\Z", "", last)
    return last.removeprefix("go-").removesuffix(".go").removesuffix("-go").replace("-", "_").replace(".", "_")


def _bindings(captures: Captures, data: bytes) -> Iterable[Binding]:
    """Several names at once: `a, err := f()`, `for k, v := range m`; embedded fields; what functions return."""
    node = captures["binding"][0]
    line = node.start_point[0] + 1
    if node.type == "short_var_declaration":
        yield from _short_variables(node, data, line)
    elif node.type == "range_clause":
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        names = [child for child in left.named_children if child.type == "identifier"] if left is not None else []
        for position, name in enumerate(names):
            value = _canonical(text(right, data)[:500]) if position == 1 and right is not None else ""
            yield Binding(0, text(name, data), value, "iteration", line)
    elif node.type == "field_declaration":
        kind = node.child_by_field_name("type")
        if kind is not None:
            embedded = _plain(text(kind, data))
            yield Binding(0, embedded.rsplit(".", 1)[-1], embedded, "annotation", line)
    elif node.type == "type_case":
        yield from _switched(node, data, line)
    elif node.type in ("type_spec", "type_alias"):
        yield from _renamed_type(node, data, line)
    elif node.type == "parameter_list":
        kinds = [
            (child.child_by_field_name("type"), len(child.children_by_field_name("name")) or 1)
            for child in node.named_children
            if child.type == "parameter_declaration"
        ]
        shown = [one_line(text(kind, data)[:200]) for kind, count in kinds if kind is not None for _ in range(count)]
        yield Binding(0, "return", ", ".join(shown), "return", line)
        for child in node.named_children:
            kind = child.child_by_field_name("type")
            for name in child.children_by_field_name("name"):
                yield Binding(
                    0, text(name, data), text(kind, data)[:200] if kind is not None else "", "parameter", line
                )
    else:
        yield Binding(0, "return", one_line(text(node, data)[:300]), "return", line)


def _renamed_type(node: Node, data: bytes, line: int) -> Iterable[Binding]:
    """What an element of `type list []item` is, or what `type other = item` means."""
    name, kind = node.child_by_field_name("name"), node.child_by_field_name("type")
    if name is None or kind is None:
        return
    written = one_line(text(kind, data)[:300])
    if node.type == "type_spec":
        yield Binding(0, f"{text(name, data)}.{ELEMENT}", written, "annotation", line)
    else:
        yield Binding(0, text(name, data), written, "value", line)


def _switched(node: Node, data: bytes, line: int) -> Iterable[Binding]:
    """What `switch x := value.(type)` binds in one case: a value of that type, if the case names one alone."""
    switch = node.parent
    alias = switch.child_by_field_name("alias") if switch is not None else None
    kinds = node.children_by_field_name("type")
    for name in alias.named_children if alias is not None else ():
        shown = one_line(text(kinds[0], data)[:200]) if len(kinds) == 1 else ""
        yield Binding(0, text(name, data), shown, "annotation" if shown else "value", line)


def _short_variables(node: Node, data: bytes, line: int) -> Iterable[Binding]:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None:
        return
    names = [text(child, data) for child in left.named_children if child.type == "identifier"]
    values = [child for child in right.named_children if child.type != "comment"]
    for position, name in enumerate(names):
        if len(values) == len(names) or (position == 0 and values):
            value = values[position]
            long = value.end_byte - value.start_byte > 500
            yield Binding(0, name, "?" if long else _canonical(text(value, data)), "value", line)
        else:
            yield Binding(0, name, "", "value", line)


_LEADING = re.compile(r"\(&?\s*([A-Za-z_]\w*(?:\.\w+)?)(?:\[[^\[\]{}]*\])?\s*\{")
_ASSERTION = re.compile(r"\.\(\s*\*?\s*([\w.]+)\s*\)\Z")
_LITERAL = re.compile(r"&?\s*([A-Za-z_]\w*(?:\.\w+)?)(?:\[[^\[\]{}]*\])?\s*\{.*\}\Z", re.DOTALL)
_NEW = re.compile(r"new\(\s*([\w.]+)\s*\)\Z")
_GENERIC_CALL = re.compile(r"(?<=\w)\[[\w\s.,*\[\]]*\](?=\()")
_CONVERTED_NIL = re.compile(r"\(\*([\w.]+)\)\s*\(nil\)")


def closing(source: str) -> int:
    """Where the parenthesis that opens the text is closed; -1 if it is not."""
    depth = 0
    for position, character in enumerate(source):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return position
    return -1


@lru_cache(maxsize=50_000)
def _canonical(source: str) -> str:
    """The common canonical form; a composite literal, `new(T)` and `x.(T)` are instances: `T()`."""
    if source.isidentifier():
        return source
    if len(source) > 1000:
        return "?"
    source = source.strip()
    match = _LITERAL.match(source)
    if match and match.group(1) not in ("func", "struct", "map", "interface"):
        return match.group(1) + "()"
    for pattern in (_NEW, _ASSERTION):
        match = pattern.search(source) if pattern is _ASSERTION else pattern.match(source)
        if match:
            return match.group(1) + "()"
    if source.startswith("(") and (leading := _LEADING.match(source)):  # `(&T{…}).method()`
        end = closing(source)
        source = f"{leading.group(1)}(){source[end + 1 :]}" if end > 0 else source
    source = _CONVERTED_NIL.sub(r"\1()", source)
    if source.startswith(("func(", "func ", "map[", "[]")):
        return "<dict>" if source.startswith("map") else "<list>" if source.startswith("[]") else "?"
    return canonical(_GENERIC_CALL.sub("", source))


_BUILTINS = """append cap clear close complex copy delete imag len make max min new panic print println real recover
any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint uint8
uint16 uint32 uint64 uintptr true false iota nil"""

_TYPES = """bool byte complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint uint8
uint16 uint32 uint64 uintptr any comparable"""

LANGUAGE = Language(
    name="go",
    title="Go",
    grammar="tree_sitter_go",
    extensions=(".go",),
    kind=_kind,
    signature=_signature,
    visibility=_visibility,
    docstring=_docstring,
    bases=_bases,
    imports=_imports,
    bindings=_bindings,
    canonical=_canonical,
    doc_comment=re.compile(r"//(?!go:|nolint|\s*\+build)|/\*"),
    scope="package",
    builtins=frozenset(_BUILTINS.split()),
    builtin_types=frozenset(_TYPES.split()),
)  # fmt: skip
