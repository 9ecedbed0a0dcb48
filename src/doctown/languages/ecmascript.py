"""What JavaScript and TypeScript share: one query text, modules of two kinds, and functions bound to names.

`javascript.py`, `typescript.py` and `tsx.py` are built from this and from `ecmascript_uses.py`, which reads imports
and bindings; it is no language of its own. A language's query is put together from several files, the core of each
before the detail of any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, cast

from doctown.languages.base import CLASS_KINDS, Definition, Language, one_line, text
from doctown.languages.documentation import clean_comment
from doctown.model import Visibility

if TYPE_CHECKING:
    from tree_sitter import Node

DETAIL = "; --- detail"

FUNCTIONS = frozenset({"arrow_function", "function_expression", "generator_function"})
_DECLARATIONS = frozenset({"lexical_declaration", "variable_declaration"})
_SIGNATURES = frozenset({"function_signature", "method_signature"})
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]*\Z")
REQUIRE = re.compile(r"""require\s*\(\s*['"]([^'"\n]+)['"]\s*\)\s*(?:\.\s*([\w$]+))?""")


@dataclass(frozen=True, kw_only=True)
class ScriptLanguage(Language):
    """A language whose query is composed of several files under `queries/`."""

    query_parts: tuple[str, ...]

    @cached_property
    def query_source(self) -> str:
        """The core patterns of every part, then the detail of every part."""
        folder = resources.files("doctown.languages").joinpath("queries")
        halves = [folder.joinpath(f"{part}.scm").read_text("utf-8").partition(DETAIL) for part in self.query_parts]
        return "\n".join([core for core, _, _ in halves] + [DETAIL] + [detail for _, _, detail in halves])


# --- what a file as a whole says --------------------------------------------------------------------------------

_EXPORT_LIST = re.compile(rb"\bexport\s+(?:type\s+)?\{([^}]*)\}(?!\s*from)")
_EXPORT_NAME = re.compile(rb"\bexport\s+default\s+([A-Za-z_$][\w$]*)\s*(?:;|$|\n)|\bexport\s*=\s*([A-Za-z_$][\w$]*)")
_COMMONJS = re.compile(
    rb"\b(?:module\s*\.\s*exports|exports)\s*(?:\.\s*[\w$]+\s*)?=\s*(?:\{([^}]*)\}|([A-Za-z_$][\w$]*))?"
)
_IS_MODULE = re.compile(
    rb"^\s*(?:import|export)\b|\bmodule\s*\.\s*exports\b|\bexports\s*\.\s*[\w$]+\s*=|\brequire\s*\(", re.M
)
_WORD = re.compile(rb"[A-Za-z_$][\w$]*")
_PROTOTYPE = re.compile(
    rb"\b([A-Za-z_$][\w$]*)\s*\.\s*prototype\b(?!\s*\.\s*\w+\s*\.\s*(?:call|apply|bind)\b)(?=[^;\n]*=)"
)
_INHERITS = re.compile(
    rb"\binherits\s*\(\s*([A-Za-z_$][\w$]*)\s*,\s*([A-Za-z_$][\w$.]*)"
    rb"|\b([A-Za-z_$][\w$]*)\s*\.\s*prototype\s*=\s*(?:new\s+|Object\s*\.\s*create\s*\(\s*)([A-Za-z_$][\w$.]*?)(?:\s*\.\s*prototype\b|\s*\()"
)


@lru_cache(maxsize=2)
def exported_names(data: bytes) -> frozenset[str] | None:
    """Names that the file exports elsewhere than at their definition; None when the file is no module at all."""
    if not _IS_MODULE.search(data):
        return None
    names: set[bytes] = set()
    for match in _EXPORT_LIST.finditer(data):
        names.update(part.split()[0] for part in match.group(1).replace(b"type ", b"").split(b",") if part.split())
    for match in _EXPORT_NAME.finditer(data):
        names.add(match.group(1) or match.group(2))
    for match in _COMMONJS.finditer(data):
        names.update(_WORD.findall(match.group(1) or match.group(2) or b""))
    return frozenset(name.decode("utf-8", "replace") for name in names)


@lru_cache(maxsize=2)
def _prototypes(data: bytes) -> frozenset[str]:
    """Names of functions that the file uses as classes, by giving them a prototype."""
    names = {match.group(1) for match in _PROTOTYPE.finditer(data)} if b"prototype" in data else set()
    return frozenset(name.decode("utf-8", "replace") for name in names)


@lru_cache(maxsize=2)
def _inherited(data: bytes) -> dict[str, str]:
    """Superclasses given to functions by `util.inherits` or through their prototypes."""
    found: dict[str, str] = {}
    if b"inherits" not in data and b"prototype" not in data:
        return found
    for match in _INHERITS.finditer(data):
        child, base = match.group(1) or match.group(3), match.group(2) or match.group(4)
        found[child.decode("utf-8", "replace")] = base.decode("utf-8", "replace").removesuffix(".prototype")
    return {child: base for child, base in found.items() if base != "Object"}


# --- symbols ----------------------------------------------------------------------------------------------------


def _declarator(node: Node) -> Node:
    """The variable_declarator in a declaration of one variable; any other node itself."""
    if node.type in _DECLARATIONS:
        for child in node.named_children:
            if child.type == "variable_declarator":
                return child
    return node


_SAME_VALUE = frozenset(
    {"as_expression", "satisfies_expression", "parenthesized_expression"}
)  # `function () {} as Factory`


def _value(node: Node) -> Node | None:
    """What a declarator, pair, field or assignment gives to its name."""
    node = _declarator(node)
    value = node.child_by_field_name("right" if node.type == "assignment_expression" else "value")
    while value is not None and value.type in _SAME_VALUE and value.named_children:
        value = value.named_children[0]
    return value


def kind(definition: Definition, data: bytes) -> str:
    """Bound functions are functions, functions with a prototype are classes, overloads and requires no symbols."""
    node = definition.inner
    in_class = definition.parent_kind in CLASS_KINDS
    if definition.kind in ("variable", "function", "field"):
        value = _value(node)
        if value is not None and value.type == "class":
            return "class"
        if value is not None and value.type in FUNCTIONS:
            return _function_kind(definition, data)
        if node.type == "class":
            return "class"
        if definition.kind == "function":
            return "" if _is_overload(definition.node, definition.name, data) else _function_kind(definition, data)
        if definition.kind == "field":
            return "field" if node.type != "property_signature" or _is_of_the_shape(definition) else ""
        if not _is_at_top_level(definition) or _is_require(node, value, data):
            return ""
        return "constant" if _CONSTANT.match(definition.name) else "variable"
    if definition.kind == "method":
        if node.type == "method_signature" and (
            not _is_of_the_shape(definition) or _is_overload(definition.node, definition.name, data)
        ):
            return ""
        if in_class and definition.name == "constructor":
            return "constructor"
        if node.type in ("method_definition", "method_signature") and _accessor(node):
            return "property"
        return "function" if definition.parent_kind == "module" and "receiver" not in definition.captures else "method"
    return definition.kind


_SHAPES = frozenset({"interface", "class", "type_alias"})  # what may declare members without being a literal type
_OF_ONE_SHAPE = frozenset({"union_type", "intersection_type", "parenthesized_type", "object_type"})


def _is_of_the_shape(definition: Definition) -> bool:
    """Whether a member is one of what declares it: not of a type that stands in an alias's arguments or parameters."""
    if definition.parent_kind != "type_alias":
        return definition.parent_kind in _SHAPES
    above = definition.node.parent
    while above is not None and above.type in _OF_ONE_SHAPE:
        above = above.parent
    return above is not None and above.type == "type_alias_declaration"


def _function_kind(definition: Definition, data: bytes) -> str:
    if definition.parent_kind in CLASS_KINDS or "receiver" in definition.captures:
        return "method"
    if definition.inner.type == "pair" and definition.parent_kind != "module":
        return "method"
    return "class" if definition.name in _prototypes(data) else "function"


def _accessor(node: Node) -> bool:
    return any(child.type in ("get", "set") for child in node.children[:4])


def _is_at_top_level(definition: Definition) -> bool:
    """Whether a variable stands in no function, named or not, and in no block; or is a member of an export list."""
    node = definition.node
    if definition.parent_kind not in ("module", "namespace"):
        return False
    if node.type in ("assignment_expression", "export_statement", "ambient_declaration"):
        return True
    above = node.parent
    while above is not None and above.type in _PATTERNS_AND_DECLARATIONS:
        above = above.parent
    return above is not None and (
        above.type in ("program", "export_statement", "ambient_declaration")
        or (above.type == "statement_block" and definition.parent_kind == "namespace")
    )


_PATTERNS = frozenset(
    {
        "object_pattern",
        "array_pattern",
        "pair_pattern",
        "object_assignment_pattern",
        "assignment_pattern",
        "rest_pattern",
    }
)
_BOUND_IN_PATTERNS = frozenset({"shorthand_property_identifier_pattern", "identifier"})
_PATTERNS_AND_DECLARATIONS = _DECLARATIONS | _PATTERNS | {"variable_declarator"}


def _is_require(node: Node, value: Node | None, data: bytes) -> bool:
    """Whether a variable is another module or a member of one. What such a function gives is a value of its own."""
    if value is None and node.type in _BOUND_IN_PATTERNS:
        above = node.parent
        while above is not None and above.type in _PATTERNS:
            above = above.parent
        value = _value(above) if above is not None else None
    if value is None or not data.startswith(b"require", value.start_byte):
        return False
    match = REQUIRE.match(whole := text(value, data))
    return match is not None and match.end() == len(whole)


def _unwrap(node: Node) -> Node:
    """The declaration inside `export` and `declare`."""
    while node.type in ("export_statement", "ambient_declaration"):
        inner = node.child_by_field_name("declaration") or next(
            (child for child in node.named_children if child.type != "decorator"), None
        )
        if inner is None:
            break
        node = inner
    return node


def is_in_overload(signature: Node | None, data: bytes) -> bool:
    """Whether a return type stands in an overload that is no symbol of its own."""
    name = signature.child_by_field_name("name") if signature is not None else None
    if signature is None or name is None or signature.type not in _SIGNATURES:
        return False
    outer = signature
    while outer.parent is not None and outer.parent.type in ("export_statement", "ambient_declaration"):
        outer = outer.parent
    return _is_overload(outer, text(name, data), data)


def _is_overload(node: Node, name_of_it: str, data: bytes) -> bool:
    """A signature followed by another definition of its name: the last one is the symbol and shows them all."""
    if _unwrap(node).type not in _SIGNATURES:
        return False
    following = node.next_named_sibling
    while following is not None and following.type == "comment":
        following = following.next_named_sibling
    if following is None:
        return False
    inner = _unwrap(following)
    name = inner.child_by_field_name("name")
    implementation = inner.type in _SIGNATURES or inner.child_by_field_name("body") is not None
    return implementation and name is not None and text(name, data) == name_of_it


def _overloads(definition: Definition, data: bytes) -> list[Node]:
    """The signatures written above an implementation, in order; looked for only where the name stands close above."""
    start = definition.node.start_byte
    above = data[max(0, start - 1500) : start]
    if definition.name.encode() not in above:
        return []
    found: list[Node] = []
    previous = definition.node.prev_named_sibling
    while previous is not None:
        inner = _unwrap(previous)
        name = inner.child_by_field_name("name")
        if inner.type in _SIGNATURES and name is not None and text(name, data) == definition.name:
            found.append(previous)
        elif previous.type != "comment":
            break
        previous = previous.prev_named_sibling
    return found[::-1]


def signature(definition: Definition, data: bytes) -> str:
    """The head of the definition; a variable with its value where that is short."""
    node = definition.inner
    if definition.kind in ("variable", "constant", "field", "enum_member"):
        return _variable_signature(node, data)
    if definition.kind in ("function", "method"):
        overloads = [_unwrap(overload) for overload in _overloads(definition, data)]
        if overloads and _unwrap(node).type in _SIGNATURES:
            overloads.append(_unwrap(node))
        if overloads:
            return "; ".join(one_line(text(overload, data)[:600]).rstrip("; ") for overload in overloads)[:600]
    value = _value(node)
    body = (value if value is not None else _unwrap(node)).child_by_field_name("body")
    start = _start(node)
    end = body.start_byte if body is not None else node.end_byte
    head = one_line(data[start : min(end, start + 2000)].decode("utf-8", "replace"))
    return _keyword(node, data) + head.removesuffix("=>").rstrip(" {=;,").removesuffix("=>").rstrip()[:600]


def _start(node: Node) -> int:
    """Where the definition starts behind its decorators."""
    for child in node.children:
        if child.type != "decorator":
            return child.start_byte
    return node.start_byte


def _keyword(node: Node, data: bytes) -> str:
    """`const ` for one of several variables that are declared together."""
    parent = node.parent if node.type == "variable_declarator" else None
    return text(parent.children[0], data) + " " if parent is not None and parent.type in _DECLARATIONS else ""


def _variable_signature(node: Node, data: bytes) -> str:
    value = _value(node)
    start = _start(node)
    whole = data[start : min(node.end_byte, start + 400)].decode("utf-8", "replace")
    if value is not None and (
        value.end_byte - value.start_byte > 100 or b"\n" in data[value.start_byte : value.end_byte]
    ):
        opening = data[value.start_byte : value.start_byte + 1].decode("utf-8", "replace")
        shown = {"{": "{…}", "[": "[…]"}.get(opening, "…")
        whole = data[start : min(value.start_byte, start + 400)].decode("utf-8", "replace") + shown
    return _keyword(node, data) + one_line(whole).rstrip(";, ")[:300]


_TAG = re.compile(rb"@(private|protected|internal|package|api\s+private)\b")


def visibility(definition: Definition, data: bytes) -> Visibility:
    """By keyword, `#` or JSDoc tag; at the top level of a module, by whether the name is exported."""
    name, node = definition.name, definition.inner
    if name.startswith("#"):
        return "private"
    for child in node.children[:4]:
        if child.type == "accessibility_modifier":
            return cast(Visibility, text(child, data))
    tag = _tag(definition.node.start_byte, data)
    if tag is not None:
        return tag
    if definition.parent_kind in CLASS_KINDS or "receiver" in definition.captures:
        return "internal" if name.startswith("_") and not name.startswith("__") else "public"
    if definition.parent_kind in ("function", "method", "constructor", "property"):
        return "internal"
    if definition.parent_kind == "module" and not _is_exported(definition, data):
        return "internal"
    if definition.parent_kind == "namespace" and not _is_exported_from_namespace(definition.node):
        return "internal"
    return "public"


def _tag(start: int, data: bytes) -> Visibility | None:
    """What a JSDoc comment just above says: `@private`, `@protected`, `@internal`."""
    above = data[max(0, start - 3000) : start].rstrip()
    if not above.endswith(b"*/"):
        return None
    tag = _TAG.search(above, max(0, above.rfind(b"/**")))
    if tag is None:
        return None
    word = tag.group(1)
    return "protected" if word == b"protected" else "internal" if word in (b"internal", b"package") else "private"


def _is_exported_from_namespace(node: Node) -> bool:
    """Exported, or declared in an ambient namespace, where everything is."""
    block = node.parent
    space = block.parent if block is not None else None
    if node.type == "export_statement" or space is None or space.type != "internal_module":
        return True
    around = space.parent
    while around is not None and around.type in ("expression_statement", "export_statement"):
        around = around.parent
    return around is not None and around.type == "ambient_declaration"


def _is_exported(definition: Definition, data: bytes) -> bool:
    node = definition.node
    if node.type in ("export_statement", "pair", "method_definition", "ambient_declaration"):
        return True
    if node.type == "assignment_expression":
        return True
    if node.type == "variable_declarator":
        declaration = node.parent
        if declaration is not None and declaration.parent is not None and declaration.parent.type == "export_statement":
            return True
    elsewhere = exported_names(data)
    return elsewhere is None or definition.name in elsewhere


_DOCUMENTED_ACROSS_A_GAP = frozenset({"function", "method", "class", "constructor", "property"})


def docstring(definition: Definition, data: bytes) -> str | None:
    """The comment above the first overload, above decorators that the grammar keeps beside a method, or above an
    empty line, which JSDoc overlooks."""
    if definition.doc or definition.kind not in _DOCUMENTED_ACROSS_A_GAP:
        return None
    overloads = _overloads(definition, data)
    start = (overloads[0] if overloads else definition.node).start_byte
    if _below_decorator(definition.node, data):
        previous = definition.node.prev_named_sibling
        while previous is not None and previous.type == "decorator":
            start = previous.start_byte
            previous = previous.prev_named_sibling
    above = data[max(0, start - 20_000) : start]
    bare = above.rstrip()
    if not bare.endswith(b"*/") or above[len(bare) :].count(b"\n") > 2:
        return None
    opening = bare.rfind(b"/*")
    if opening < 0 or not bare.startswith(b"/**", opening):
        return None
    return clean_comment(bare[opening:].decode("utf-8", "replace")) or None


def _below_decorator(node: Node, data: bytes) -> bool:
    """Whether something other than another member or a comment stands right above a method."""
    above = data[max(0, node.start_byte - 200) : node.start_byte].rstrip()[-1:]
    return node.type == "method_definition" and above not in (b"}", b"{", b";", b"/")


def rename(name: str) -> str:
    """String keys without their quotes; a computed name only where it is a plain one (`[Symbol.iterator]`)."""
    if name.isidentifier():
        return name
    if name[:1] in "\"'":
        return name[1:-1] if re.fullmatch(r"[\w$./:@ -]+", name[1:-1]) else ""
    if name[:1] == "[":
        return name if re.fullmatch(r"\[[\w$.]+\]", name) else ""
    return re.sub(r"\s+", "", name)


def bases(definition: Definition, data: bytes) -> Sequence[str]:
    """Classes and interfaces that this one extends or implements."""
    node = _unwrap(definition.inner)
    value = _value(node)
    if value is not None and value.type == "class":
        node = value
    found: list[str] = []
    for child in node.children:
        if child.type in ("class_heritage", "extends_type_clause"):
            found.extend(_heritage(child, data))
    if not found and definition.name in (inherited := _inherited(data)):
        return [inherited[definition.name]]
    return found


def _heritage(node: Node, data: bytes) -> Iterator[str]:
    for child in node.named_children:
        if child.type in ("extends_clause", "implements_clause"):
            yield from _heritage(child, data)
        elif child.type == "generic_type":
            yield text(child.named_children[0], data)
        elif child.type not in ("type_arguments", "comment"):
            yield text(child, data)
