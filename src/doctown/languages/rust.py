"""Rust: modules inside files, `impl` blocks that give types their methods, macros, and `use` trees."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from doctown.languages.base import HANDED, Captures, Definition, Language, canonical, default_kind, one_line, text
from doctown.languages.documentation import clean_comment
from doctown.model import Binding, Import, Visibility

if TYPE_CHECKING:
    from tree_sitter import Node

_LOCAL = frozenset({"function", "method"})
_VALUES = frozenset({"constant", "variable", "type_alias"})


def _kind(definition: Definition, data: bytes) -> str:
    if definition.name == "_":
        return ""  # `const _: () = …` is only checked
    if definition.kind in _VALUES and definition.parent_kind in _LOCAL:
        return ""  # a constant or an alias of one function
    if definition.kind == "variable":
        return "variable"
    return default_kind(definition, data)


def _signature(definition: Definition, data: bytes) -> str:
    """The head of the item as rustdoc shows it, with its bounds and without its body."""
    node = definition.inner
    if definition.kind == "macro":
        return f"macro_rules! {definition.name}"
    start, end = node.start_byte, node.end_byte
    if definition.body is not None:
        end = definition.body.start_byte
    elif definition.kind in ("constant", "variable"):
        value = node.child_by_field_name("value")
        if value is not None and value.end_byte - value.start_byte > 100:
            return one_line(data[start : min(value.start_byte, start + 600)].decode("utf-8", "replace")) + "…"
    head = one_line(data[start : min(end, start + 2000)].decode("utf-8", "replace"))
    return head.rstrip(" {;,")[:600]


def _visibility(definition: Definition, data: bytes) -> Visibility:
    """`pub` is public, `pub(crate)` and its like internal; what a trait or an enum holds is as public as it."""
    for child in definition.inner.children[:3]:
        if child.type == "visibility_modifier":
            return "public" if child.end_byte - child.start_byte == 3 else "internal"
    if definition.parent_kind in ("trait", "enum", "enum_member"):
        return "public"
    if definition.kind == "macro":
        above = data[max(0, definition.start - 300) : definition.start]
        return "public" if b"macro_export" in above.rsplit(b"}", 1)[-1] else "internal"
    if definition.parent_kind == "class":  # in an `impl`
        block = definition.inner.parent
        implementation = block.parent if block is not None else None
        if implementation is not None and implementation.child_by_field_name("trait") is not None:
            return "public"
    return "private"


def _docstring(definition: Definition, data: bytes) -> str | None:
    """The doc comment above the item's attributes, which the grammar keeps beside the item."""
    if definition.doc:
        return None
    lines = data[max(0, definition.start - 20_000) : definition.start].decode("utf-8", "replace").split("\n")[:-1]
    position = len(lines) - 1
    while position >= 0 and lines[position].strip().endswith("]"):
        opening = position
        while opening >= 0 and position - opening < 30 and not lines[opening].lstrip().startswith("#["):
            opening -= 1
        if opening < 0 or not lines[opening].lstrip().startswith("#["):
            return None
        position = opening - 1
    if position == len(lines) - 1:
        return None
    return _comment_ending(lines, position)


def _comment_ending(lines: list[str], last: int) -> str | None:
    """The doc comment whose last line is `lines[last]`."""
    first = last + 1
    if last >= 0 and lines[last].rstrip().endswith("*/"):
        first = last
        while first > 0 and "/*" not in lines[first]:
            first -= 1
        if not re.match(r"\s*/\*\*(?!\*)", lines[first]):
            return None
    else:
        while first > 0 and re.match(r"\s*///(?!/)", lines[first - 1]):
            first -= 1
    return clean_comment("\n".join(line.strip() for line in lines[first : last + 1])) or None


def _bases(definition: Definition, data: bytes) -> Sequence[str]:
    """Supertraits of a trait; the trait that an `impl` block implements, if its type is in this file."""
    node = definition.inner
    if definition.is_scope:
        implemented = node.child_by_field_name("trait")
        negative = any(child.type == "!" for child in node.children[:4])
        if implemented is None or negative or definition.index == 0:
            return ()
        return [_bare(text(implemented, data))]
    bounds = node.child_by_field_name("bounds")
    if bounds is None or definition.kind != "trait":
        return ()
    kinds = ("type_identifier", "scoped_type_identifier", "generic_type")
    return [_bare(text(child, data)) for child in bounds.named_children if child.type in kinds]


def _bare(name: str) -> str:
    return name.split("<", 1)[0].strip()


_REFERENCE = re.compile(r"&\s*(?:'\w+\s+)?(?:mut\s+)?|\s+(?=[,;\])])|(?<=[(\[])\s+")


def _rename(name: str) -> str:
    """A name as it is; the type of an `impl` for a slice, an array or a tuple on one line, without references."""
    return re.sub(r"\s+", " ", _REFERENCE.sub("", name)) if name[:1] in "[(" else name


MAX_SIBLINGS = 40  # that are looked at before and behind an item with a condition
_STATEMENTS = frozenset({"block", "match_block"})


def _alternative(node: Node, data: bytes) -> tuple[int, int] | None:
    """What a `#[cfg(…)]` stands before, if something beside it has another condition: any statement of a block, or an
    item of the same name. One condition alone says nothing: a build has the code or has none."""
    item = _behind(node)
    if item is None or node.parent is None:
        return None
    name = item.child_by_field_name("name")
    for step in ("next_named_sibling", "prev_named_sibling"):
        other = getattr(item if step.startswith("next") else node, step)
        for _ in range(MAX_SIBLINGS):
            if other is None:
                break
            if other.type == "attribute_item" and text(other, data).startswith("#[cfg(") and other.id != node.id:
                its = _behind(other)
                if its is not None and its.id != item.id and _same(node.parent, name, its, data):
                    return item.start_point[0] + 1, item.end_point[0] + 1
            other = getattr(other, step)
    return None


def _behind(attribute: Node) -> Node | None:
    """What an attribute speaks of."""
    following = attribute.next_named_sibling
    while following is not None and (following.type == "attribute_item" or following.type.endswith("comment")):
        following = following.next_named_sibling
    return following


def _same(around: Node, name: Node | None, other: Node, data: bytes) -> bool:
    its = other.child_by_field_name("name")
    if name is None or its is None:
        return name is its and around.type in _STATEMENTS
    return text(name, data) == text(its, data)


# --- imports ----------------------------------------------------------------------------------------------------


def _imports(node: Node, data: bytes) -> Iterable[Import]:
    line = node.start_point[0] + 1
    if node.type == "mod_item":
        name = node.child_by_field_name("name")
        if name is not None:
            yield Import("self", text(name, data), text(name, data), line, 0, "mod")
    elif node.type == "extern_crate_declaration":
        name, alias = node.child_by_field_name("name"), node.child_by_field_name("alias")
        if name is not None:
            yield Import(text(name, data), "", text(alias or name, data), line, 0)
    else:
        public = any(child.type == "visibility_modifier" for child in node.children[:1])
        argument = node.child_by_field_name("argument")
        if argument is not None:
            for found in _use(argument, data, "", 0):
                yield found._replace(detail="reexport" if public else "")


def _joined(prefix: str, path: str) -> str:
    path = "".join(path.split())
    return f"{prefix}::{path}" if prefix and path else prefix or path


def _split(path: str, alias: str, line: int) -> Import:
    """`a::b::c` as the name `c` from the module `a::b`; a lone `a` is a module itself."""
    module, _, name = path.rpartition("::")
    local = alias or name
    return Import(module, name, "" if local == "_" else local, line, 0) if module else Import(name, "", local, line, 0)


def _use(node: Node, data: bytes, prefix: str, depth: int) -> Iterator[Import]:
    """Every name that a `use` tree brings in; trees nested deeper than people write them are left alone."""
    line = node.start_point[0] + 1
    if depth > 20:
        return
    if node.type == "use_as_clause":
        path, alias = node.child_by_field_name("path"), node.child_by_field_name("alias")
        if path is not None and alias is not None:
            own = prefix if path.type == "self" else _joined(prefix, text(path, data))
            yield _split(own, text(alias, data), line)
    elif node.type == "use_wildcard":
        path_node = node.named_children[0] if node.named_children else None
        yield Import(_joined(prefix, text(path_node, data) if path_node is not None else ""), "*", "", line, 0)
    elif node.type == "scoped_use_list":
        path, names = node.child_by_field_name("path"), node.child_by_field_name("list")
        inner = _joined(prefix, text(path, data) if path is not None else "")
        for child in names.named_children if names is not None else ():
            yield from _use(child, data, inner, depth + 1)
    elif node.type == "use_list":
        for child in node.named_children:
            yield from _use(child, data, prefix, depth + 1)
    elif node.type == "self" and prefix:
        yield _split(prefix, "", line)
    elif node.type in ("identifier", "scoped_identifier", "crate", "super", "self"):
        yield _split(_joined(prefix, text(node, data)), "", line)


# --- expressions ------------------------------------------------------------------------------------------------


def _type_parameters(function: Node, data: bytes) -> Iterable[Binding]:
    """The type parameters of the `impl` around a function, each with its first bound that stands there."""
    block = function.parent
    implementation = block.parent if block is not None else None
    if implementation is None:
        return
    line = function.start_point[0] + 1
    heads = implementation.child_by_field_name("type_parameters")
    clauses = [child for child in implementation.named_children if child.type == "where_clause"]
    for parameter in [
        *(heads.named_children if heads is not None else ()),
        *(p for c in clauses for p in c.named_children),
    ]:
        name = parameter.child_by_field_name("name") or parameter.child_by_field_name("left")
        bounds = parameter.child_by_field_name("bounds")
        if name is not None and name.type == "type_identifier":
            for bound in bounds.named_children if bounds is not None else ():
                if bound.type in ("type_identifier", "scoped_type_identifier", "generic_type"):
                    yield Binding(0, text(name, data), one_line(text(bound, data)[:200]), "parameter", line)


def _bindings(captures: Captures, data: bytes) -> Iterable[Binding]:
    """What a function returns, what its type parameters are bounded by, what closures and patterns are handed."""
    node = captures["binding"][0]
    if node.type == "function_item":
        yield from _type_parameters(node, data)
        return
    if node.type == "closure_expression":
        yield from _handed(node, data)
        return
    if node.type == "tuple_struct_pattern":
        yield from _matched(node, data)
        return
    if node.type == "ordered_field_declaration_list":
        for at, each in enumerate(node.children_by_field_name("type")):
            yield Binding(0, str(at), one_line(text(each, data)[:300]), "annotation", each.start_point[0] + 1)
        return
    yield Binding(0, "return", one_line(text(node, data)[:300]), "return", node.start_point[0] + 1)


def _handed(closure: Node, data: bytes) -> Iterator[Binding]:
    """The parameters of a closure that is an argument: what the called function hands to it, if anyone knows."""
    given = closure.parent
    called = given.parent.child_by_field_name("function") if given is not None and given.parent is not None else None
    parameters = closure.child_by_field_name("parameters")
    if given is None or called is None or parameters is None or called.end_byte - called.start_byte > 200:
        return
    callee = _canonical(text(called, data))
    if not callee or "?" in callee or callee.startswith("<"):
        return
    argument = [child.id for child in given.named_children if "comment" not in child.type].index(closure.id)
    for at, each in _positions(parameters):
        name = _inside(each)
        if name.type == "identifier":
            yield Binding(0, text(name, data), callee + HANDED.format(argument, at), "value", name.start_point[0] + 1)


_PASSING = frozenset({"Some", "Ok"})  # what is in them is known where they come from


def _matched(pattern: Node, data: bytes) -> Iterator[Binding]:
    """The names in a pattern like `Shape::Round(circle)`: what that variant holds; in `Some(found)` what is matched."""
    variant = pattern.child_by_field_name("type")
    if variant is None or variant.end_byte - variant.start_byte > 200:
        return
    path = _canonical(text(variant, data))
    matched = _scrutinee(pattern) if path in _PASSING else None
    is_short = matched is not None and matched.end_byte - matched.start_byte < 300
    origin = _canonical(text(matched, data)) if matched is not None and is_short else ""
    for at, each in _positions(pattern):
        name = _inside(each)
        value = origin if path in _PASSING else path + HANDED.format(0, at)
        if each.id != variant.id and name.type == "identifier" and value and "?" not in value:
            yield Binding(0, text(name, data), value, "value", name.start_point[0] + 1)


def _positions(node: Node) -> Iterator[tuple[int, Node]]:
    """What stands between the commas of a list, with its position; `_`, which has no node of its own, counts."""
    at = 0
    for child in node.children:
        at += child.type == ","
        if child.is_named and "comment" not in child.type:
            yield at, child


def _inside(pattern: Node) -> Node:
    """The name in `ref name`, `mut name`, `&name`."""
    while pattern.type in ("ref_pattern", "mut_pattern", "reference_pattern") and pattern.named_children:
        pattern = pattern.named_children[-1]
    return pattern


def _scrutinee(pattern: Node) -> Node | None:
    """What a pattern is compared with, where it is the whole pattern of a `let` or of a match's arm."""
    above = pattern.parent
    if above is not None and above.type == "match_pattern":
        arm = above.parent
        block = arm.parent if arm is not None else None
        above = block.parent if block is not None else None
    if above is None or above.type not in ("let_condition", "let_declaration", "match_expression"):
        return None
    return above.child_by_field_name("value")


_TURBOFISH = re.compile(r"(?:::)?<[^<>()]*>")  # the innermost
_QUALIFIED = re.compile(r"<\s*([\w:]+)(?:<.*>)?\s+as\s+[^<>]+(?:<.*>)?\s*>\Z")
_STRUCT = re.compile(r"&?(?:mut\s+)?([A-Za-z_][\w:]*)\s*(?:::<[^{}]*>)?\s*\{.*\}\Z", re.DOTALL)
_CAST = re.compile(r".*\bas\s+([\w:]+)\Z", re.DOTALL)
_MACRO = re.compile(r"(\w+)!\s*[(\[{]")
_MACRO_TYPES = {"vec": "Vec()", "format": "<str>", "concat": "<str>", "include_str": "<str>"}
_DEREFERENCED = re.compile(r"\(\*+([\w.]+)\)")  # `(**self).go()` is `self.go()`
_TRY = re.compile(r"\?(?=\.|\Z)|\.await(?=\W|\Z)")


@lru_cache(maxsize=50_000)
def _canonical(source: str) -> str:
    """The common canonical form without generic arguments, `?` and `.await`; a struct literal is `Foo()`."""
    if source.isidentifier():
        return source
    if len(source) > 1000:
        return "?"
    source = source.strip()
    macro = _MACRO.match(source)
    if macro:
        return _MACRO_TYPES.get(macro.group(1), "?")
    qualified = _QUALIFIED.match(source)
    if qualified:
        return qualified.group(1).replace("::", ".")
    struct = _STRUCT.match(source)
    if struct and struct.group(1) not in ("match", "if", "loop", "unsafe", "async", "move"):
        return struct.group(1).replace("::", ".") + "()"
    cast = _CAST.match(source) if " as " in source else None
    if cast:
        return cast.group(1).replace("::", ".") + "()"
    if source.startswith("(") and source.endswith(")") and source.count("(") == 1:
        source = source[1:-1].strip()
    elif source.startswith("(*"):
        source = _DEREFERENCED.sub(r"\1", source)
    source = source.lstrip("*")
    while "<" in source and (inner := _TURBOFISH.sub("", source)) != source:
        source = inner
    source = source.removeprefix("&").removeprefix("mut ")
    return canonical(_TRY.sub("", source).removeprefix("::"))


_BUILTINS = """Some None Ok Err Box Vec String Option Result Clone Copy Send Sync Sized Drop Fn FnMut FnOnce Iterator
IntoIterator Extend DoubleEndedIterator ExactSizeIterator Default Eq PartialEq Ord PartialOrd AsRef AsMut Into From
ToOwned ToString TryFrom TryInto FromIterator Unpin Debug Hash drop
assert assert_eq assert_ne cfg column compile_error concat dbg debug_assert debug_assert_eq debug_assert_ne env eprint
eprintln file format format_args include include_bytes include_str line matches module_path option_env panic print
println stringify thread_local todo unimplemented unreachable vec write writeln macro_rules
bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize std core alloc
derive cfg_attr test allow warn deny forbid deprecated must_use inline cold doc repr non_exhaustive ignore should_panic
no_mangle macro_export macro_use automatically_derived track_caller target_feature link proc_macro proc_macro_derive
proc_macro_attribute global_allocator path feature _"""

_TYPES = """String Vec Option Result HashMap HashSet BTreeMap BTreeSet VecDeque bool char f32 f64 i8 i16 i32 i64 i128
isize str u8 u16 u32 u64 u128 usize PathBuf Path OsStr OsString"""

_WRAPPERS = (
    "Option Result Box Rc Arc RefCell Cell Mutex RwLock Pin Weak Ref RefMut MutexGuard Cow ManuallyDrop OnceCell"
)

LANGUAGE = Language(
    name="rust",
    title="Rust",
    grammar="tree_sitter_rust",
    extensions=(".rs",),
    kind=_kind,
    rename=_rename,
    signature=_signature,
    visibility=_visibility,
    docstring=_docstring,
    bases=_bases,
    imports=_imports,
    bindings=_bindings,
    alternative=_alternative,
    canonical=_canonical,
    doc_comment=re.compile(r"///(?!/)|/\*\*(?![*/])"),
    inner_doc_comment=re.compile(r"//!|/\*!"),
    scope="module",
    self_names=frozenset({"self", "Self"}),
    builtins=frozenset(_BUILTINS.split()),
    builtin_types=frozenset(_TYPES.split()),
    wrappers=dict.fromkeys(_WRAPPERS.split(), 0),
)
