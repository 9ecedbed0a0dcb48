"""C++: C's declarators and preprocessor, with namespaces, classes, access sections and definitions outside a class.

A function defined outside its class (`int Engine::run() {…}`) hangs below the class if that is in the same file, and
stands for its declaration there. Names in an unnamed namespace are internal to their file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from doctown.languages.base import (
    CLASS_KINDS,
    Captures,
    Definition,
    Language,
    canonical,
    default_receiver,
    one_line,
    text,
)
from doctown.languages.c import (
    BUILTIN_TYPES,
    BUILTINS,
    WRAPPERS,
    alternative_lines,
    declaration_signature,
    declared_bindings,
    declared_name,
    declared_static,
    innermost,
    kind_of_declaration,
    without_comments,
)
from doctown.languages.conditions import with_whole_branches, without_never
from doctown.languages.expanding import expand
from doctown.languages.macros import Expansion, Headers, in_reach
from doctown.languages.preprocessor import expansion, include, without_function_markers
from doctown.languages.wholefile import SameFile
from doctown.model import Binding, Import, Visibility

if TYPE_CHECKING:
    from tree_sitter import Node

_NESTED = re.compile(r"\s*::\s*(?:inline\s+)?")
_TEST = re.compile(r"(TEST|TEST_F|TEST_P|TYPED_TEST|TYPED_TEST_P|BENCHMARK_F)\s*\(\s*(\w+)\s*,\s*(\w+)\s*\)")
_SPECIAL = re.compile(r"[\s*&(]*(?:const\s+)?(?:(~)\s*(\w+)|operator\b\s*(\(\s*\)|\[\s*\]|[^\s\w(][^\s(]*|[^(]+))")
# An export mark may stand behind the star: `A* LIB_API A::go()`. The tree does not see it, the text has it.
_SCOPES = re.compile(
    r"[\s*&(]*(?:(?:const|volatile|[A-Z][A-Z0-9_]*_[A-Z]+)\s+)*((?:::\s*)?(?:\w+\s*(?:<[^;(){}]*>)?\s*::\s*)+)"
)
_ACCESS: dict[str, Visibility] = {"private": "private", "protected": "protected"}
_CLASSES = frozenset({"class_specifier", "struct_specifier", "union_specifier"})


def _rename(declarator: str) -> str:
    """The declared name without the class or namespace before it, which `_receiver` gives."""
    if declarator.isidentifier():
        return declarator
    if test := _TEST.match(declarator):
        return f"{test.group(2)}.{test.group(3)}"
    if scopes := _SCOPES.match(declarator):
        declarator = declarator[scopes.end() :]
    if special := _SPECIAL.match(declarator):
        if special.group(1):
            return f"~{special.group(2)}"
        operator = re.sub(r"\s+", "", special.group(3)) if special.group(3)[0] in "([" else special.group(3).strip()
        return f"operator {operator}" if operator[0].isalpha() else f"operator{operator}"
    return declared_name(declarator)


_ARGUMENTS = re.compile(r"<[^<>]*>")


def _scopes(declarator: str) -> str:
    """`store.Value` of `store::Value<T>::get() const`; empty if the name is not qualified."""
    scopes = _SCOPES.match(declarator)
    if scopes is None:
        return ""
    bare = scopes.group(1)
    while "<" in bare:
        shorter = _ARGUMENTS.sub("", bare)
        if shorter == bare:
            return ""
        bare = shorter
    return ".".join(part.strip() for part in bare.split("::") if part.strip())


def _receiver(captures: Captures, data: bytes) -> str:
    if "receiver" in captures:
        return default_receiver(captures, data)
    node = captures["name"][0]
    head = data[node.start_byte : min(node.end_byte, node.start_byte + 400)]
    return _scopes(head.decode("utf-8", "replace")) if b"::" in head else ""


# --- what only the whole file tells -------------------------------------------------------------------------------


@dataclass(slots=True)
class _Layout:
    """Which functions the file defines, where its unnamed namespaces lie, and which access each member has."""

    defined: set[tuple[str, int]] = field(default_factory=set)  # (qualified name, number of parameters)
    hidden: list[tuple[int, int]] = field(default_factory=list)  # byte ranges of unnamed namespaces
    access: dict[int, Visibility] = field(default_factory=dict)  # by the first byte of the member's declaration
    by_name: dict[str, Visibility] = field(default_factory=dict)  # by qualified name, for definitions outside


@lru_cache(maxsize=1)
def _layout(file: SameFile) -> _Layout:
    """The layout of a file. For one file at a time: hooks are called file by file."""
    layout = _Layout()
    open_nodes: list[tuple[Node, str]] = [(file.root, "")]
    while open_nodes:
        around, prefix = open_nodes.pop()
        for child in around.named_children:
            node = child
            if node.type == "template_declaration":
                node = node.named_children[-1]
            if node.type == "function_definition":
                _note_definition(layout, node, prefix, file.data)
            elif node.type == "namespace_definition":
                name = node.child_by_field_name("name")
                body = node.child_by_field_name("body")
                if name is None:
                    layout.hidden.append((node.start_byte, node.end_byte))
                if body is not None:
                    inner = _joined(prefix, _NESTED.sub(".", text(name, file.data))) if name is not None else prefix
                    open_nodes.append((body, inner))
            elif node.type in _CLASSES or node.type in ("declaration", "type_definition"):
                _note_class(layout, node, prefix, file.data)
            elif node.type in WRAPPERS:
                open_nodes.append((node, prefix))
    return layout


def _joined(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _parameters(declarator: Node | None) -> int:
    """How many parameters a function's declarator has; -1 if it is none."""
    found = innermost(declarator)
    parameters = found.child_by_field_name("parameters") if found is not None else None
    if parameters is None:
        return -1
    return sum(child.type != "comment" for child in parameters.named_children)


def _note_definition(layout: _Layout, node: Node, prefix: str, data: bytes) -> None:
    declarator = node.child_by_field_name("declarator")
    found = innermost(declarator)
    named = found.child_by_field_name("declarator") if found is not None else declarator
    if declarator is None or named is None:
        return
    written = text(declarator, data)
    name = _joined(_scopes(written), _rename(written))
    layout.defined.add((_joined(prefix, name), _parameters(declarator)))


def _note_class(layout: _Layout, node: Node, prefix: str, data: bytes) -> None:
    """Notes the access of a class's members and of those of the classes in it."""
    specifier = node if node.type in _CLASSES else node.child_by_field_name("type")
    open_classes = [(specifier, prefix)]
    while open_classes:
        specifier, prefix = open_classes.pop()
        body = specifier.child_by_field_name("body") if specifier is not None else None
        if specifier is None or body is None or specifier.type not in _CLASSES:
            continue
        name = specifier.child_by_field_name("name")
        inner = _joined(prefix, text(name, data).split("<", 1)[0]) if name is not None else prefix
        access: Visibility = "private" if specifier.type == "class_specifier" else "public"
        for member in _members(body):
            if member.type == "access_specifier":
                access = _ACCESS.get(text(member, data).split()[0], "public")
                continue
            layout.access[member.start_byte] = access
            node = member.named_children[-1] if member.type == "template_declaration" else member
            declarator = node.child_by_field_name("declarator")
            if declarator is not None:
                layout.by_name.setdefault(_joined(inner, _rename(text(declarator, data))), access)
            nested = node if node.type in _CLASSES else node.child_by_field_name("type")
            if nested is not None and nested.type in _CLASSES:
                layout.access.setdefault(nested.start_byte, access)
                open_classes.append((nested, inner))


def _members(body: Node) -> Iterable[Node]:
    """A class's members and access specifiers in order, those inside preprocessor conditionals included."""
    pending = list(reversed(body.named_children))
    while pending:
        node = pending.pop()
        if node.type.startswith("preproc_") and node.type not in ("preproc_def", "preproc_function_def"):
            pending.extend(reversed(node.named_children))
        elif node.type != "comment":
            yield node


# --- hooks --------------------------------------------------------------------------------------------------------


def _is_defined(definition: Definition, data: bytes) -> bool:
    layout = _layout(SameFile(data, definition.node))
    qualified = _joined(definition.in_scope, definition.name)
    parameters = _parameters(definition.captures["name"][0])
    if parameters < 0:  # `Handler run;` tells no parameters
        return any(name == qualified for name, _ in layout.defined)
    return (qualified, parameters) in layout.defined


def _kind(definition: Definition, data: bytes) -> str:
    kind = definition.kind
    if kind == "variable" and (value := _value(definition)) is not None and value.type == "lambda_expression":
        return "function"
    if definition.inner.type in ("declaration", "field_declaration") and _is_annotation(definition):
        return ""
    if kind in ("variable", "field", "constant", "enum_member"):
        kind = kind_of_declaration(definition, data, _is_defined)
    if kind in ("variable", "field") and definition.name.startswith("operator "):  # `operator bool() const;`
        kind = "" if _is_defined(definition, data) else "function"
    if definition.receiver and kind == "variable":
        kind = "field"
    owner = definition.receiver or (definition.in_scope if definition.parent_kind in CLASS_KINDS else "")
    if kind == "function" and owner and definition.node.type != "friend_declaration":
        return "constructor" if owner.rpartition(".")[2] == definition.name else "method"
    if kind == "variable" and definition.parent_kind not in CLASS_KINDS and _is_constant(definition, data):
        return "constant"
    return kind


def _is_annotation(definition: Definition) -> bool:
    """Whether what looks like a member is a macro behind a method: `void f() REQUIRES(lock);`.

    The grammar takes the macro for the declared name and the method for an error, or the macro for a constructor.
    """
    node = definition.inner
    named = definition.captures["name"][0]
    for child in node.named_children:
        if child.type == "ERROR" and any(inner.type == "function_declarator" for inner in child.named_children):
            return not child.start_byte <= named.start_byte < child.end_byte
    if definition.parent_kind not in CLASS_KINDS or node.child_by_field_name("type") is not None:
        return False
    name = definition.name
    return name != definition.in_scope.rpartition(".")[2] and not name.startswith(("~", "operator"))


def _value(definition: Definition) -> Node | None:
    declarator = definition.captures["name"][0]
    if declarator.type != "init_declarator":
        return None
    return declarator.child_by_field_name("value")


def _is_constant(definition: Definition, data: bytes) -> bool:
    """Whether a variable can never change: `constexpr`, or `const` before a value or behind the last `*`."""
    head = without_comments(text(definition.node, data)[:400]).split("=", 1)[0].split("{", 1)[0]
    before, _, after = head.rpartition("*")
    return "constexpr" in head.split() or "const" in (after if before else head).split()


def _signature(definition: Definition, data: bytes) -> str:
    node = definition.inner
    if definition.kind == "interface":
        return f"concept {definition.name}"
    if definition.kind == "function" and (value := _value(definition)) is not None:  # a lambda bound to a name
        body = value.child_by_field_name("body") or value
        head = data[node.start_byte : min(body.start_byte, node.start_byte + 2000)]
        return one_line(head.decode("utf-8", "replace"))[:600]
    alias = node.type == "alias_declaration"
    shown = one_line(text(node, data)[:600]).rstrip(";") if alias else declaration_signature(definition, data)
    if definition.node.type == "template_declaration" and node.start_byte > definition.node.start_byte:
        head = data[definition.node.start_byte : min(node.start_byte, definition.node.start_byte + 600)]
        shown = f"{one_line(head.decode('utf-8', 'replace'))} {shown}"
    return shown[:600]


def _visibility(definition: Definition, data: bytes) -> Visibility:
    start = definition.node.start_byte
    layout = _layout(SameFile(data, definition.node))
    access = layout.access.get(start)
    if access is None and definition.receiver:
        access = layout.by_name.get(_joined(_joined(definition.in_scope, definition.receiver), definition.name))
    if access is not None:
        return access
    if definition.parent_kind in CLASS_KINDS:
        return "public"
    if definition.kind in ("function", "variable", "constant") and declared_static(definition, data):
        return "internal"
    hidden = any(first <= start < last for first, last in layout.hidden)
    return "internal" if hidden and definition.kind != "macro" else "public"


def _bases(definition: Definition, data: bytes) -> Sequence[str]:
    clause = next((child for child in definition.inner.named_children if child.type == "base_class_clause"), None)
    if clause is None:
        return ()
    kinds = ("type_identifier", "qualified_identifier", "template_type")
    return [
        re.sub(r"<.*>", "", text(child, data), flags=re.DOTALL)
        for child in clause.named_children
        if child.type in kinds
    ]


def _imports(node: Node, data: bytes) -> Iterable[Import]:
    line = node.start_point[0] + 1
    if node.type == "preproc_include":
        yield from include(node, data)
    elif node.type == "namespace_alias_definition":
        alias, target = node.named_children[0], node.named_children[-1]
        yield Import(one_line(text(target, data)), "", text(alias, data), line, 0)
    else:
        yield from _using(node, data, line)


def _using(node: Node, data: bytes, line: int) -> Iterable[Import]:
    """`using std::string` binds a name, `using namespace std` all of one; a base's member in a class is neither."""
    parent = node.parent
    if parent is not None and parent.type == "field_declaration_list":
        return
    named = one_line(text(node, data)).removeprefix("using ").rstrip("; ").removeprefix("enum ")
    if named.startswith("namespace "):
        yield Import(named.removeprefix("namespace ").removeprefix("::"), "*", "", line, 0)
        return
    for each in named.split(","):
        module, _, name = each.strip().removeprefix("typename ").rpartition("::")
        if module:
            yield Import(module.removeprefix("::"), name, name, line, 0)


def _bindings(captures: Captures, data: bytes) -> Iterable[Binding]:
    return declared_bindings(captures, data, _canonical)


_CASTS = re.compile(
    r"\b(?:static|dynamic|reinterpret|const)_cast\s*<\s*(?:const\s+)?([\w:]+)[^<>()]*>\s*"
    r"\([^()]*(?:\([^()]*\)[^()]*)*\)"
)
_POINTER_CAST = re.compile(r"\(\s*\(\s*(?:const\s+)?([\w:]+)\s*[*&]+\s*\)\s*[\w.>()\[\]&*-]+\)(?=\s*(?:->|\.|\Z))")
_MAKE = re.compile(r"\b(?:std\s*::\s*)?make_(?:unique|shared)\s*<\s*([\w:]+)\s*(?:<[^()]*>)?\s*>")
_TEMPLATE = re.compile(r"(?<=\w)\s*<[^<>;{}()]*>")
_DEREFERENCED = re.compile(r"\(\s*\*\s*([\w.]+|this)\s*\)")


def _canonical(source: str) -> str:
    """Casts and `make_unique<T>(…)` read as values of the type they name; template arguments are dropped."""
    source = source.strip()
    if "<" in source and "(" in source:
        source = _MAKE.sub(r"\1", _CASTS.sub(r"\1()", source))
    if "(*" in source or "( *" in source:
        source = _DEREFERENCED.sub(r"\1", source)
    if "((" in source:
        source = _POINTER_CAST.sub(r"\1()", source)
    for _ in range(3):
        if "<" not in source:
            break
        source = _TEMPLATE.sub("", source)
    return canonical(source.removeprefix("::").replace(".template ", "."))


_KEYWORDS = """
static_cast dynamic_cast reinterpret_cast const_cast typeid decltype alignof noexcept co_await co_yield co_return
nullptr this std defined EXPECT_EQ EXPECT_NE EXPECT_TRUE EXPECT_FALSE EXPECT_LT EXPECT_LE EXPECT_GT EXPECT_GE
EXPECT_THROW EXPECT_STREQ EXPECT_NEAR ASSERT_EQ ASSERT_NE ASSERT_TRUE ASSERT_FALSE ASSERT_LT ASSERT_LE ASSERT_GT
ASSERT_GE
"""
_CPP_TYPES = """
string string_view wstring u16string u32string vector map unordered_map set unordered_set multimap multiset list deque
queue stack priority_queue array pair tuple optional variant any function initializer_list bitset span
ostream istream iostream ofstream ifstream fstream stringstream ostringstream istringstream
mutex lock_guard unique_lock thread atomic condition_variable future promise exception runtime_error logic_error
char8_t char16_t char32_t nullptr_t byte auto
"""
_WRAPPERS = {
    "unique_ptr": 0,
    "shared_ptr": 0,
    "weak_ptr": 0,
    "optional": 0,
    "reference_wrapper": 0,
    "atomic": 0,
    "std::unique_ptr": 0,
    "std::shared_ptr": 0,
    "std::weak_ptr": 0,
    "std::optional": 0,
    "std::reference_wrapper": 0,
    "std::atomic": 0,
}

_TYPES = BUILTIN_TYPES | frozenset(_CPP_TYPES.split())

_PREDEFINED = {"__cplusplus": "201703"}


def _prepare(data: bytes) -> bytes:
    return without_function_markers(without_never(data, _PREDEFINED))


def _mend(prepared: bytes) -> bytes:
    return with_whole_branches(prepared, _PREDEFINED)


def _expand(path: str, data: bytes, headers: Headers, lines: Collection[int]) -> Expansion | None:
    macros = in_reach(path, data, headers, _PREDEFINED)
    return expand(data, macros, lines) if macros else None


def _alternative(node: Node, data: bytes) -> tuple[int, int] | None:
    return alternative_lines(node, data, _PREDEFINED)


LANGUAGE = Language(
    name="cpp",
    prepare=_prepare,
    mend=_mend,
    expand=_expand,
    title="C++",
    grammar="tree_sitter_cpp",
    extensions=(
        ".cc", ".cpp", ".cxx", ".c++", ".C", ".hpp", ".hh", ".hxx", ".h++", ".H", ".ipp", ".tpp", ".inl", ".cppm",
        ".ixx", ".cu", ".cuh",
    ),
    kind=_kind,
    signature=_signature,
    visibility=_visibility,
    bases=_bases,
    imports=_imports,
    bindings=_bindings,
    expansion=expansion,
    alternative=_alternative,
    canonical=_canonical,
    rename=_rename,
    receiver=_receiver,
    scope="include",
    self_names=frozenset({"this"}),
    constructors=(),
    implicit_self=True,
    builtins=BUILTINS | BUILTIN_TYPES | frozenset(_KEYWORDS.split()),
    builtin_types=_TYPES,
    wrappers=_WRAPPERS,
)  # fmt: skip
