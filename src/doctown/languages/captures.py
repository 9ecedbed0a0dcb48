"""From a query's matches to one list for each sort of thing: definitions, references, bindings, comments.

Captures, as in tree-sitter's tags where those have a word for it:

- `@definition.KIND` with `@name`, and where there are such `@inner` (the definition inside decorators), `@body`,
  `@receiver` (the type a method is declared on from outside), `@decorator`;
- `@scope` with `@name` and `@body`: no symbol itself, but names what it holds (Rust's `impl`);
- `@reference.KIND` or `@reference.KIND.DETAIL` on the name used, with `@receiver` before it, and `@arguments` behind it
  where the language tells overloads apart by them; or, cheaper where members
  are accessed by `.`, `@path.KIND[.DETAIL]` on the whole `receiver.name`;
- `@import` on an import statement, `@package` on the declared package's name, `@export` with `@name`;
- `@binding.KIND` on the target, with `@value` (an expression, made canonical) or `@type` (kept as written, on one
  line) or neither (the name is only known to be local); `@binding` alone goes to the language's hook;
- `@receiver.self` beside `@definition.field`: the field belongs to the enclosing class, not to the method;
- `@block` on what has variables of its own inside a definition: a closure, a loop; `@block.rest` on a statement whose
  variables hide others of their name only behind it;
- `@expansion` on the text that a macro is replaced by: the hook of that name says what it calls;
- `@alternative` on code of which a build takes one among others: the hook of that name says which lines that are;
- `@doc` on a string that documents what encloses it, `@comment` on every comment.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from doctown.languages import blocks
from doctown.languages.base import Captures, Definition, Language, one_line, query_of, text

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

MAX_CHAIN = 4_000  # bytes of a receiver that is read


@dataclass(slots=True)
class Found:
    """All captures of one file, sorted by what they are."""

    definitions: dict[int, Definition] = field(default_factory=dict)  # by the start of the name
    references: list[tuple[int, str, str, str, int, str]] = field(default_factory=list)
    mentions: list[tuple[Node, str]] = field(default_factory=list)  # bare names passed or stored, and how; unread yet
    arguments: dict[int, tuple[str, ...]] = field(default_factory=dict)  # of a call, by the start of its name
    imports: list[Node] = field(default_factory=list)
    bindings: list[tuple[int, str, str, str, int]] = field(default_factory=list)
    hook_bindings: list[tuple[int, Captures]] = field(default_factory=list)
    blocks: list[blocks.Block] = field(default_factory=list)
    comments: list[Node] = field(default_factory=list)
    docs: list[Node] = field(default_factory=list)
    alternatives: list[tuple[int, int]] = field(default_factory=list)
    exports: list[tuple[str, str]] = field(default_factory=list)
    package: str = ""


def collect(language: Language, data: bytes, tree: Tree) -> Found:
    """Everything that the language's query finds in a file's tree."""
    from tree_sitter import QueryCursor  # noqa: PLC0415 - only worker processes pay for loading tree-sitter

    found = Found()
    query = query_of(language.grammar, language.grammar_function, language.query_source)
    roles = _roles(language.grammar, language.grammar_function, language.query_source)
    canonical = language.canonical
    paths = _known_paths.setdefault(language.name, {})
    if len(paths) > MAX_KNOWN:
        paths.clear()
    add_reference, add_mention, add_binding = found.references.append, found.mentions.append, found.bindings.append
    given = found.arguments
    # The hot loop of the whole product: everything in it is local, and the commonest roles come first.
    for pattern, captures in QueryCursor(query).matches(tree.root_node):
        role = roles.get(pattern)
        if role is None:
            role = roles[pattern] = _role(captures)
        capture, sort, kind, detail = role
        node = captures[capture][0]
        if sort == "path":
            start = node.start_byte
            source = data[start : node.end_byte]
            split = paths.get(source)
            if split is None:
                split = paths[source] = _split_path(source.decode("utf-8", "replace"), canonical)
            add_reference((start, kind, split[1], split[0], node.end_point[0] + 1, detail))
        elif sort == "reference":
            if kind == "references" and "receiver" not in captures:
                add_mention((node, detail))
                continue
            start = node.start_byte
            name = data[start : node.end_byte].decode("utf-8", "replace")
            shown = _receivers(captures["receiver"], data, canonical) if "receiver" in captures else ""
            add_reference((start, kind, name, shown, node.start_point[0] + 1, detail))
            if "arguments" in captures:
                given[start] = _arguments(captures["arguments"][0], data, canonical)
        elif sort == "binding" and kind:
            add_binding(_binding(captures, node, kind, data, canonical))
        elif sort == "comment":
            found.comments.append(node)
        else:
            _collect_rarer(language, found, captures, node, role, data)
    return found


def _binding(
    captures: Captures, node: Node, kind: str, data: bytes, canonical: Callable[[str], str]
) -> tuple[int, str, str, str, int]:
    shown = ""
    if "value" in captures:
        shown = _receiver(captures["value"][0], data, canonical)
    elif "type" in captures:
        shown = one_line(text(captures["type"][0], data)[:300])
    start = node.start_byte
    target = canonical(data[start : node.end_byte].decode("utf-8", "replace"))
    return start, target, shown, kind, node.start_point[0] + 1


MAX_KNOWN = 20_000  # paths that are remembered, of each language
_known_paths: dict[str, dict[bytes, tuple[str, str]]] = {}  # language → path as written → receiver and name


@cache
def _roles(grammar: str, function: str, source: str) -> dict[int, tuple[str, str, str, str]]:
    """Pattern of a query → its role, filled as the patterns are first met: a match says what its pattern captures."""
    return {}


def _collect_rarer(
    language: Language, found: Found, captures: Captures, node: Node, role: tuple[str, str, str, str], data: bytes
) -> None:
    _, sort, kind, _ = role
    if sort == "binding":
        found.hook_bindings.append((node.start_byte, captures))
    elif sort in ("definition", "scope"):
        _add_definition(language, found, captures, node, kind, data)
    elif sort == "import":
        found.imports.append(node)
    elif sort == "block":
        found.blocks.append(_block(node, kind))
    elif sort == "doc":
        found.docs.append(node)
    elif sort in ("alternative", "expansion"):
        _add_conditional(language, found, node, sort, data)
    elif sort == "package":
        found.package = text(node, data)
    elif sort == "export":
        local = text(captures["name"][0], data)
        found.exports.append((text(captures["alias"][0], data) if "alias" in captures else local, local))


def _add_conditional(language: Language, found: Found, node: Node, sort: str, data: bytes) -> None:
    """What conditions and macros make of the source: alternatives, and the calls in a macro's text."""
    if sort == "alternative":
        lines = language.alternative(node, data)
        if lines is not None:
            found.alternatives.append(lines)
        return
    line = node.start_point[0] + 1
    for byte, receiver, name in language.expansion(node, data):
        found.references.append((byte, "calls", name, receiver, line, "expanded"))


def _block(node: Node, kind: str) -> blocks.Block:
    """A block by its bytes; `rest`: what follows a statement, whose variables are known from its end on."""
    start, end = node.start_byte, node.end_byte
    if kind != "rest":
        return start, end, start
    return end, node.parent.end_byte if node.parent is not None else end, start


_SORTS = (
    "definition",
    "scope",
    "reference",
    "path",
    "binding",
    "import",
    "package",
    "export",
    "doc",
    "block",
    "expansion",
    "alternative",
    "comment",
)


def _role(captures: Captures) -> tuple[str, str, str, str]:
    """Which capture of a pattern names its role, and the role's parts: sort, kind, detail."""
    for sort in _SORTS:
        for capture in captures:
            parts = capture.split(".")
            if parts[0] == sort:
                return capture, sort, parts[1] if len(parts) > 1 else "", parts[2] if len(parts) > 2 else ""
    raise ValueError(f"a pattern without a role: captures {sorted(captures)}")


def _split_path(source: str, canonical: Callable[[str], str]) -> tuple[str, str]:
    """(canonical receiver, name) of `receiver.name`; a very long receiver is not read."""
    receiver, _, name = source.rpartition(".")
    if not receiver:
        return "", name
    return ("?" if len(receiver) > MAX_CHAIN else canonical(receiver)), name.strip()


def _receiver(node: Node, data: bytes, canonical: Callable[[str], str]) -> str:
    """Canonical text of an expression; long ones are not read, so a chain of a thousand calls stays linear."""
    start, end = node.start_byte, node.end_byte
    return "?" if end - start > MAX_CHAIN else canonical(data[start:end].decode("utf-8", "replace"))


def _receivers(nodes: list[Node], data: bytes, canonical: Callable[[str], str]) -> str:
    """The receiver, where the grammar has no single node for it (`a::b` in C++'s `a::b::c()`) from its parts."""
    if len(nodes) == 1:
        return _receiver(nodes[0], data, canonical)
    return ".".join(_receiver(node, data, canonical) for node in nodes)


MAX_ARGUMENTS = 30  # of one call; more are a table
_PLAIN_ARGUMENTS = re.compile(r"\(\s*[\w.\s,]*\)\Z")


def _arguments(node: Node, data: bytes, canonical: Callable[[str], str]) -> tuple[str, ...]:
    """The arguments of a call, canonical; the common case without a bracket or a quote is split as text."""
    source = data[node.start_byte : min(node.end_byte, node.start_byte + MAX_CHAIN)].decode("utf-8", "replace")
    if _PLAIN_ARGUMENTS.match(source):
        inside = source[1:-1].strip()
        return tuple(canonical(each.strip()) for each in inside.split(",")) if inside else ()
    children = [child for child in node.named_children if "comment" not in child.type][:MAX_ARGUMENTS]
    return tuple(_argument(child, data, canonical) for child in children)


_LABELLED = re.compile(r"\s*(\w+)\s*(?:=(?![=>])|:(?!:))\s*")


_OPERAND = r"([A-Za-z\d][\w.]*(?:\([\w.,\s]*\))?)"
_SUM = re.compile(rf"\s*{_OPERAND}\s*[-+*/%]\s*{_OPERAND}\s*")


def _argument(node: Node, data: bytes, canonical: Callable[[str], str]) -> str:
    """One argument, canonical; `label:` before it where it is given by name."""
    start, end = node.start_byte, node.end_byte
    if end - start > MAX_CHAIN:
        return "?"
    source = data[start:end].decode("utf-8", "replace")
    label = _LABELLED.match(source)
    bare = source[label.end() :] if label else source
    sum_ = _SUM.fullmatch(bare)
    shown = f"{canonical(sum_.group(1))}+{canonical(sum_.group(2))}" if sum_ else canonical(bare)
    return f"{label.group(1)}:{shown}" if label else shown


def _add_definition(language: Language, found: Found, captures: Captures, outer: Node, kind: str, data: bytes) -> None:
    names = captures.get("name")
    if not names:
        return
    name_node = names[0]
    name_start, name_end = name_node.start_byte, name_node.end_byte
    body = captures["body"][0] if "body" in captures else None
    start, end = outer.start_byte, outer.end_byte
    if body is not None and body.end_byte > end:  # some grammars put a body beside its head
        end = body.end_byte
    known = found.definitions.get(name_start)
    # A decorated or exported definition matches twice, with and without its wrapper; the wider one is the whole.
    if known is not None and end - start <= known.end - known.start:
        return
    name = language.rename(data[name_start:name_end].decode("utf-8", "replace"))
    if not name:
        return
    found.definitions[name_start] = Definition(
        kind,
        name,
        outer,
        captures["inner"][0] if "inner" in captures else outer,
        body,
        captures,
        start,
        end,
        body.start_byte if body is not None else name_end,
        language.receiver(captures, data),
        kind == "",
        "receiver.self" in captures,
    )
