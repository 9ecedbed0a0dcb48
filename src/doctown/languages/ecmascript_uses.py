"""What JavaScript and TypeScript use and import: imports and `require`, what is known of variables, expressions, and
the names that exist without definition. `ecmascript.py` reads what they define.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from doctown.languages.base import HANDED, LITERAL, METHOD, SPREAD, Captures, canonical, one_line, text
from doctown.languages.ecmascript import FUNCTIONS, REQUIRE, is_in_overload, rename
from doctown.model import Binding, Import

if TYPE_CHECKING:
    from tree_sitter import Node

_NAME = r"[A-Za-z_$][\w$]*"


def _words(names: str) -> frozenset[str]:
    return frozenset(names.split())


# --- imports ----------------------------------------------------------------------------------------------------


def imports(node: Node, data: bytes) -> Iterable[Import]:
    """ES imports and re-exports, `require` in its usual shapes, `import()`."""
    line = node.start_point[0] + 1
    if node.type == "import_statement":
        yield from _import_statement(node, data, line)
    elif node.type == "export_statement":
        yield from _reexport(node, data, line)
    elif node.type == "call_expression":
        match = re.search(r"""\(\s*['"`]([^'"`\n$]+)['"`]""", text(node, data)[:500])
        if match:
            yield Import(match.group(1), "", "", line, 0, "dynamic")
    else:
        yield from _require(node, data, line)


def _unquoted(node: Node | None, data: bytes) -> str:
    return text(node, data)[1:-1] if node is not None else ""


def _import_statement(node: Node, data: bytes, line: int) -> Iterator[Import]:
    module = _unquoted(node.child_by_field_name("source"), data)
    typed = "type" if any(child.type in ("type", "typeof") for child in node.children[:3]) else ""
    clause = next((child for child in node.named_children if child.type.endswith("_clause")), None)
    if clause is None:
        if module:
            yield Import(module, "", "", line, 0)
        return
    if clause.type == "import_require_clause":
        name, source = clause.named_children[0], clause.child_by_field_name("source")
        yield Import(_unquoted(source, data), "", text(name, data), line, 0, "require")
        return
    for child in clause.named_children:
        if child.type == "identifier":
            yield Import(module, "default", text(child, data), line, 0, typed or "default")
        elif child.type == "namespace_import":
            yield Import(module, "", text(child.named_children[0], data), line, 0, typed)
        elif child.type == "named_imports":
            yield from _specifiers(child, data, module, typed)


def _specifiers(node: Node, data: bytes, module: str, detail: str) -> Iterator[Import]:
    for child in node.named_children:
        names = [part for part in child.children if part.type in ("identifier", "default", "string")]
        if child.type in ("import_specifier", "export_specifier") and names:
            own = "type" if not detail and child.children[0].type == "type" else detail
            name, alias = rename(text(names[0], data)), rename(text(names[-1], data))
            yield Import(module, name, alias, child.start_point[0] + 1, 0, own)


def _reexport(node: Node, data: bytes, line: int) -> Iterator[Import]:
    module = _unquoted(node.child_by_field_name("source"), data)
    for child in node.children:
        if child.type == "export_clause":
            yield from _specifiers(child, data, module, "reexport")
        elif child.type == "namespace_export":
            yield Import(module, "", text(child.named_children[-1], data), line, 0, "reexport")
        elif child.type == "*":
            yield Import(module, "*", "", line, 0, "reexport")


def _require(node: Node, data: bytes, line: int) -> Iterator[Import]:
    value = node.child_by_field_name("value") or node
    match = REQUIRE.match(text(value, data)[:500])
    if not match:
        return
    module, member = match.group(1), match.group(2) or ""
    name = node.child_by_field_name("name")
    called = value.type == "call_expression" and value.child_by_field_name("function").type == "call_expression"  # type: ignore[union-attr]
    if name is None or called:  # `require('debug')('name')` binds a result, not the module
        yield Import(module, "", "", line, 0, "require")
    elif name.type == "identifier":
        yield Import(module, member, text(name, data), line, 0, "require")
    elif name.type == "object_pattern":
        for key, local in _shallow(name, data):
            yield Import(module, key, local, line, 0, "require")


# --- bindings ---------------------------------------------------------------------------------------------------


def _shallow(pattern: Node, data: bytes) -> Iterator[tuple[str, str]]:
    """(key, local name) of an object pattern's plain members."""
    for child in pattern.named_children:
        if child.type == "shorthand_property_identifier_pattern":
            yield text(child, data), text(child, data)
        elif child.type == "object_assignment_pattern":
            left = child.child_by_field_name("left")
            if left is not None and left.type == "shorthand_property_identifier_pattern":
                yield text(left, data), text(left, data)
        elif child.type == "pair_pattern":
            key, local = child.child_by_field_name("key"), child.child_by_field_name("value")
            if key is not None and local is not None and local.type == "identifier":
                yield text(key, data), text(local, data)


def _locals(pattern: Node, data: bytes, depth: int = 0) -> Iterator[str]:
    """Every name that a pattern binds; patterns nested deeper than people write them are left alone."""
    for child in pattern.named_children:
        if child.type in ("identifier", "shorthand_property_identifier_pattern"):
            yield text(child, data)
        elif depth < 6 and child.type == "pair_pattern":
            value = child.child_by_field_name("value")
            if value is not None:
                yield from [text(value, data)] if value.type == "identifier" else _locals(value, data, depth + 1)
        elif depth < 6 and child.type in ("object_assignment_pattern", "assignment_pattern"):
            left = child.child_by_field_name("left")
            if left is not None:
                whole = left.type in ("object_pattern", "array_pattern")
                yield from _locals(left, data, depth + 1) if whole else [text(left, data)]
        elif depth < 6 and child.type in ("object_pattern", "array_pattern", "rest_pattern"):
            yield from _locals(child, data, depth + 1)


_DOCUMENTED = frozenset(
    {
        "function_declaration",
        "generator_function_declaration",
        "method_definition",
        "expression_statement",
        "lexical_declaration",
        "variable_declaration",
    }
)
_TAGGED = re.compile(r"@(param|arg|argument|returns?|type)\s+\{([^{}\n]+)\}(?:\s+\[?([A-Za-z_$][\w$]*))?")


def _documented(node: Node, data: bytes, line: int) -> Iterator[Binding]:
    """What the JSDoc comment just above a function says of its parameters and its result, and one above a variable or
    a field of `this` of its type."""
    start = node.start_byte
    if node.parent is not None and node.parent.type == "export_statement":
        start = node.parent.start_byte
    if not data[max(0, start - 100) : start].rstrip().endswith(b"*/"):
        return
    above = data[max(0, start - 4000) : start].rstrip()
    opening = above.rfind(b"/**") if above.endswith(b"*/") else -1
    if opening < 0 or b"{" not in above[opening:]:
        return
    for tag, written, name in _TAGGED.findall(above[opening:].decode("utf-8", "replace")):
        shown = written.strip().strip("?!=").removeprefix("...").strip()
        if not shown or "import(" in shown or "=>" in shown:
            continue
        if tag in ("returns", "return"):
            yield Binding(0, "return", shown, "return", line)
        elif tag == "type":
            target = _typed(node, data)
            if target:
                yield Binding(0, target, shown, "annotation", line)
        elif name:
            yield Binding(0, name, shown, "parameter", line)


def _typed(node: Node, data: bytes) -> str:
    """The variable, or the field of `this`, that a statement gives a value to; empty for a function."""
    given = node.named_children[0] if node.named_children else node
    assigned = given.type == "assignment_expression"
    value = given.child_by_field_name("right" if assigned else "value")
    name = given.child_by_field_name("left" if assigned else "name")
    if name is None or (value is not None and value.type in FUNCTIONS):
        return ""
    target = script_canonical(text(name, data))
    return target if target.isidentifier() or target.startswith("this.") else ""


def bindings(captures: Captures, data: bytes) -> Iterable[Binding]:
    """Destructured names, what functions return, and TypeScript's parameter properties."""
    node = captures["binding"][0]
    line = node.start_point[0] + 1
    if node.type in _DOCUMENTED:
        yield from _documented(node, data, line)
    elif node.type == "object":
        yield from _literal(node, data, line)
    elif node.type in FUNCTIONS:
        yield from _handed(node, data, line)
    elif node.type == "variable_declarator":
        yield from _destructured(node, data, line)
    elif node.type in ("object_pattern", "array_pattern"):
        yield from (Binding(0, name, "", "parameter", line) for name in _locals(node, data))
    elif node.type == "assignment_pattern":
        left = node.child_by_field_name("left")
        yield from (Binding(0, name, "", "parameter", line) for name in (_locals(left, data) if left else ()))
    elif node.type in ("required_parameter", "optional_parameter"):
        name, annotation = node.child_by_field_name("pattern"), node.child_by_field_name("type")
        if name is not None and annotation is not None and annotation.named_children:
            shown = one_line(text(annotation.named_children[0], data)[:300])
            yield Binding(0, f"this.{text(name, data)}", shown, "annotation", line)
    elif node.parent is not None and node.parent.type == "type_annotation":
        if not is_in_overload(node.parent.parent, data):
            yield Binding(0, "return", one_line(text(node, data)[:300]), "return", line)
    elif node.end_byte - node.start_byte < 200:
        bound = node.parent is not None and node.parent.type == "arrow_function"  # the query asks for a named one
        if bound or _returns_from_named(node):
            yield Binding(0, "return", script_canonical(text(node, data)), "value", line)


MAX_MEMBERS = 100  # of an object literal; more are a table
MAX_NESTED = 3  # object literals inside of each other
_AROUND = frozenset({"parenthesized_expression", "as_expression", "satisfies_expression"})
_MEMBER = re.compile(r"[\w$]+\Z|\*\Z")
_HOLDING = frozenset({"identifier", "member_expression", "call_expression", "new_expression", "await_expression"})


def _literal(node: Node, data: bytes, line: int) -> Iterator[Binding]:
    """What an object literal holds, and whose value it is: what a function returns, a variable, a field of `this`.

    The object is named after its members, not after its place, which would change with every edit above it.
    """
    named, members = _members(node, data, 0)
    if not members:
        return
    given = node.parent
    while given is not None and given.type in _AROUND:
        given = given.parent
    if given is None:
        return
    if given.type == "variable_declarator":
        yield Binding(0, text(given.child_by_field_name("name") or given, data), named, "value", line)
    elif given.type == "assignment_expression":
        left = given.child_by_field_name("left")
        target = script_canonical(text(left, data)) if left is not None else "?"
        if "?" not in target:
            yield Binding(0, target, named, "assigned" if target.isidentifier() else "value", line)
    elif _returns_from_named(node):
        yield Binding(0, "return", named, "value", line)
    for name, value, at in members:
        yield Binding(0, name, value, "value", at)


def _members(node: Node, data: bytes, depth: int) -> tuple[str, list[tuple[str, str, int]]]:
    """(the literal's name as an expression, (member as a target, its value, line) each, those of inner ones too)."""
    found: list[tuple[str, str, int]] = []
    inner: list[tuple[str, str, int]] = []
    for child in node.named_children[:MAX_MEMBERS]:
        at = child.start_point[0] + 1
        if child.type == "shorthand_property_identifier":
            found.append((text(child, data), text(child, data), at))
        elif child.type == "method_definition":
            key = child.child_by_field_name("name")
            name = rename(text(key, data)) if key is not None else ""
            found.append((name, f"{METHOD}.{name}", at))
        elif child.type == "spread_element" and child.end_byte - child.start_byte < 200:
            found.append((SPREAD, script_canonical(text(child.named_children[0], data)), at))
        elif child.type == "pair":
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            name = rename(text(key, data)) if key is not None else ""
            if value is None:
                continue
            if value.type in FUNCTIONS:
                found.append((name, f"{METHOD}.{name}", at))
            elif value.type == "object" and depth < MAX_NESTED:
                named, below = _members(value, data, depth + 1)
                if below:
                    found.append((name, named, at))
                    inner += below
            elif value.type in _HOLDING and value.end_byte - value.start_byte < 200:
                found.append((name, script_canonical(text(value, data)), at))
    kept = [each for each in found if _MEMBER.match(each[0]) and each[1] and "?" not in each[1]]
    named = LITERAL.format(zlib.crc32(" ".join(name for name, _, _ in kept).encode()))
    return named, [*((f"{named}.{name}", value, at) for name, value, at in kept), *inner]


def _handed(node: Node, data: bytes, line: int) -> Iterator[Binding]:
    """The parameters of a function that is an argument: what the called function hands to it, if anyone knows."""
    given = node.parent
    call = given.parent if given is not None else None
    called = (call.child_by_field_name("function") or call.child_by_field_name("constructor")) if call else None
    if given is None or called is None or called.end_byte - called.start_byte > 200:
        return
    callee = script_canonical(text(called, data))
    if not callee or "?" in callee or callee.startswith("<"):
        return
    argument = [child.id for child in given.named_children if child.type != "comment"].index(node.id)
    parameters = node.child_by_field_name("parameters")
    bare = node.child_by_field_name("parameter")
    for at, each in enumerate(parameters.named_children if parameters is not None else [bare] if bare else []):
        pattern = each.child_by_field_name("pattern") or each
        value = callee + HANDED.format(argument, at)
        if pattern.type == "identifier" and each.child_by_field_name("type") is None:
            yield Binding(0, text(pattern, data), value, "value", line)
        elif pattern.type == "object_pattern" and each.child_by_field_name("type") is None:
            for key, local in _shallow(pattern, data):
                yield Binding(0, local, f"{value}.{key}", "value", line)


_NAMING = frozenset(
    {"variable_declarator", "pair", "field_definition", "public_field_definition", "assignment_expression"}
)


def _returns_from_named(node: Node) -> bool:
    """Whether a `return` leaves a function with a name: a callback's result is not that of the function around it."""
    above = node.parent
    for _ in range(40):
        if above is None or above.type in (
            "function_declaration",
            "method_definition",
            "generator_function_declaration",
        ):
            return above is not None
        if above.type in FUNCTIONS:
            return above.parent is not None and above.parent.type in _NAMING
        above = above.parent
    return False


def _destructured(node: Node, data: bytes, line: int) -> Iterator[Binding]:
    pattern, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if pattern is None or (value is not None and REQUIRE.match(text(value, data)[:200])):
        return
    members = {local: key for key, local in _shallow(pattern, data)} if pattern.type == "object_pattern" else {}
    origin = (
        script_canonical(text(value, data)) if value is not None and value.end_byte - value.start_byte < 200 else "?"
    )
    for name in _locals(pattern, data):
        known = name in members and origin not in ("?", "<dict>")
        yield Binding(0, name, f"{origin}.{members[name]}" if known else "", "value", line)


# --- expressions ------------------------------------------------------------------------------------------------

_GENERIC = re.compile(r"(?<=[\w$])<[\w$\s.,|&?\[\]'\"]*(?:<[\w$\s.,|&?\[\]'\"]*>[\w$\s.,|&?\[\]'\"]*)*>(?=\s*\()")
_CAST = re.compile(rf"\(\s*[^()]*?\s+as\s+(?!const\b)({_NAME}(?:\.{_NAME})*)(?:<[^()]*>)?\s*\)")
_WHOLE_CAST = re.compile(rf".*\s(?:as|satisfies)\s+({_NAME}(?:\.{_NAME})*)(?:<[^()]*>)?\Z", re.DOTALL)
_ASSERTED = re.compile(rf"<({_NAME}(?:\.{_NAME})*)(?:<[^()]*>)?>\s*[\w$(].*\Z", re.DOTALL)
_NEW = re.compile(rf"new\s+({_NAME}(?:\s*\.\s*{_NAME})*)(?:<[^()]*>)?\s*\Z")
_PLAIN = re.compile(r"[\w$.]+\Z")


def _closes_at_end(source: str) -> bool:
    """Whether the parenthesis that opens the text is closed by its last character."""
    depth = 0
    for position, character in enumerate(source):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return position == len(source) - 1
    return False


_LOADED = re.compile(r"""\b(require|import)\s*\(\s*(['"])([^'"\n]+)\2\s*\)""")


def _loaded(match: re.Match[str]) -> str:
    """A module that is loaded in the middle of an expression, as one word."""
    return f"{match.group(1)}@{match.group(3).encode().hex()}"


@lru_cache(maxsize=50_000)
def script_canonical(source: str) -> str:
    """The common canonical form, with generic arguments dropped and a cast to a type as an instance of it."""
    if _PLAIN.match(source):
        return source
    if len(source) > 1000:
        return "?"
    source = source.strip().rstrip("?!")
    bare = _NEW.match(source)
    if bare:  # `new Foo` without parentheses
        return "".join(bare.group(1).split()) + "()"
    if source.startswith("(") and _closes_at_end(source):
        source = source[1:-1].strip()  # `(await x)`, `(x as Foo)`
    if "require" in source or "import" in source:
        source = _LOADED.sub(_loaded, source)
    if source.startswith("function") or "=>" in source.split("(", 1)[0]:
        return "?"
    asserted = _ASSERTED.match(source) or (
        _WHOLE_CAST.match(source) if " as " in source or " satisfies " in source else None
    )
    if asserted and "(" not in source[asserted.start(1) : asserted.end(1)]:
        return asserted.group(1) + "()"
    if " as " in source:
        source = _CAST.sub(r"\1()", source)
    if "<" in source:
        source = _GENERIC.sub("", source)
    if "#" in source:
        source = source.replace(".#", ".").removeprefix("#")
    return canonical(source)


# --- names ------------------------------------------------------------------------------------------------------

BUILTINS = _words(
    """AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date Error
    EvalError FinalizationRegistry Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array Intl
    Iterator JSON Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set
    SharedArrayBuffer String Symbol SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array
    Uint8ClampedArray WeakMap WeakRef WeakSet WebAssembly arguments decodeURI decodeURIComponent encodeURI
    encodeURIComponent escape eval globalThis isFinite isNaN parseFloat parseInt undefined unescape
    AbortController AbortSignal Blob Buffer CustomEvent Document Element Event EventSource EventTarget File
    FileReader FormData HTMLElement Headers Image IntersectionObserver MessageChannel MessageEvent MutationObserver
    Node Performance ReadableStream Request ResizeObserver Response TextDecoder TextEncoder TransformStream URL
    URLSearchParams WebSocket Worker WritableStream XMLHttpRequest __dirname __filename alert atob btoa
    cancelAnimationFrame clearImmediate clearInterval clearTimeout confirm console crypto document exports fetch
    getComputedStyle global history localStorage location module navigator performance process prompt
    queueMicrotask requestAnimationFrame require self sessionStorage setImmediate setInterval setTimeout
    structuredClone window
    after afterAll afterEach before beforeAll beforeEach describe expect it jest test"""
)

BUILTIN_TYPES = _words(
    """Array ArrayBuffer BigInt Boolean Buffer DataView Date Error Function Int8Array Intl Int16Array Int32Array
    Iterator JSON Map Math Number Object Promise Proxy Reflect RegExp Set String Symbol Uint8Array Uint16Array
    Uint32Array WeakMap WeakRef WeakSet URL URLSearchParams Headers Request Response FormData AbortController
    ReadonlyArray ReadonlyMap ReadonlySet Record any bigint boolean never null number object string symbol undefined
    unknown void"""
)
