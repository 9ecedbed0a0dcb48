"""From a syntax tree to what the file says: symbols, references, imports, bindings. The same for every language.

One query per language finds everything in one pass in C; this module gives the captures meaning. It resolves nothing:
what a name refers to is for assembly. Captures, as in tree-sitter's tags where those have a word for it:

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
- `@doc` on a string that documents what encloses it, `@comment` on every comment.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from textwrap import dedent
from typing import TYPE_CHECKING, cast

from doctown.languages import blocks
from doctown.languages.base import CLASS_KINDS, Captures, Definition, Language, no_docstring, one_line, query_of, text
from doctown.model import MODULE, Binding, FileFacts, Import, Reference, Symbol, SymbolKind

if TYPE_CHECKING:
    from tree_sitter import Node, Tree

MAX_SYMBOLS = 20_000  # of one file; beyond it the file is a table, not code
MAX_DOCSTRING = 20_000  # characters
MAX_CHAIN = 4_000  # bytes of a receiver that is read
VALUE_KINDS = frozenset({"variable", "constant", "field", "enum_member", "type_alias", ""})  # these run no code


@dataclass(slots=True)
class _Found:
    """All captures of one file, sorted by what they are."""

    definitions: dict[int, Definition] = field(default_factory=dict)  # by the start of the name
    references: list[tuple[int, str, str, str, int, str]] = field(default_factory=list)
    arguments: dict[int, tuple[str, ...]] = field(default_factory=dict)  # of a call, by the start of its name
    imports: list[Node] = field(default_factory=list)
    bindings: list[tuple[int, str, str, str, int]] = field(default_factory=list)
    hook_bindings: list[tuple[int, Captures]] = field(default_factory=list)
    blocks: list[blocks.Block] = field(default_factory=list)
    comments: list[Node] = field(default_factory=list)
    docs: list[Node] = field(default_factory=list)
    exports: list[tuple[str, str]] = field(default_factory=list)
    package: str = ""


def extract(language: Language, path: str, data: bytes, tree: Tree) -> FileFacts:
    """What the file at `path` with content `data` and syntax tree `tree` says. Never raises for broken input."""
    found = _collect(language, data, tree)
    problems: list[str] = []
    if tree.root_node.has_error:
        lines = _lines_of_errors(language, tree, data)
        shown = ", ".join(map(str, lines[:3])) + (" and more" if len(lines) > 3 else "")
        if lines:
            problems.append(f"syntax errors near line {shown}")
    drafts = sorted(found.definitions.values(), key=lambda d: (d.start, -d.end, d.body_start))
    if len(drafts) > MAX_SYMBOLS:
        drafts = drafts[:MAX_SYMBOLS]
        problems.append(f"more than {MAX_SYMBOLS} symbols")
    module = _module_draft(path, data, tree)
    _attach_docs(language, found, drafts, module, data)
    symbols = _symbols(language, path, data, module, drafts)
    references, imports, bindings = _place(language, data, found, drafts)
    bases = tuple(
        (draft.index, language.canonical(base))
        for draft in drafts
        if draft.kind in CLASS_KINDS or draft.is_scope
        for base in language.bases(draft, data)
    )
    return FileFacts(
        path=path,
        language=language.name,
        package=found.package,
        symbols=tuple(symbols),
        references=tuple(references),
        imports=tuple(imports),
        bindings=tuple(bindings),
        bases=bases,
        exports=tuple(found.exports),
        problems=tuple(problems),
    )


# --- collecting ---------------------------------------------------------------------------------------------------


def _collect(language: Language, data: bytes, tree: Tree) -> _Found:
    from tree_sitter import QueryCursor  # noqa: PLC0415 - only worker processes pay for loading tree-sitter

    found = _Found()
    query = query_of(language.grammar, language.grammar_function, language.query_source)
    canonical = language.canonical
    add_reference = found.references.append
    given = found.arguments
    roles: list[tuple[str, str, str, str] | None] = [None] * query.pattern_count
    # The hot loop of the whole product: everything in it is local, and the commonest roles come first.
    for pattern, captures in QueryCursor(query).matches(tree.root_node):
        role = roles[pattern]
        if role is None:
            role = roles[pattern] = _role(captures)
        capture, sort, kind, detail = role
        node = captures[capture][0]
        if sort == "path":
            start = node.start_byte
            receiver, name = _split_path(data[start : node.end_byte].decode("utf-8", "replace"), canonical)
            add_reference((start, kind, name, receiver, node.end_point[0] + 1, detail))
        elif sort == "reference":
            start = node.start_byte
            name = data[start : node.end_byte].decode("utf-8", "replace")
            shown = _receivers(captures["receiver"], data, canonical) if "receiver" in captures else ""
            add_reference((start, kind, name, shown, node.start_point[0] + 1, detail))
            if "arguments" in captures:
                given[start] = _arguments(captures["arguments"][0], data, canonical)
        elif sort == "comment":
            found.comments.append(node)
        else:
            _collect_rarer(language, found, captures, node, role, data)
    return found


def _collect_rarer(
    language: Language, found: _Found, captures: Captures, node: Node, role: tuple[str, str, str, str], data: bytes
) -> None:
    _, sort, kind, _ = role
    if sort == "binding":
        if not kind:
            found.hook_bindings.append((node.start_byte, captures))
            return
        shown = ""
        if "value" in captures:
            shown = _receiver(captures["value"][0], data, language.canonical)
        elif "type" in captures:
            shown = one_line(text(captures["type"][0], data)[:300])
        target = language.canonical(text(node, data))
        found.bindings.append((node.start_byte, target, shown, kind, node.start_point[0] + 1))
    elif sort in ("definition", "scope"):
        _add_definition(language, found, captures, node, kind, data)
    elif sort == "import":
        found.imports.append(node)
    elif sort == "block":
        found.blocks.append(_block(node, kind))
    elif sort == "doc":
        found.docs.append(node)
    elif sort == "package":
        found.package = text(node, data)
    elif sort == "export":
        local = text(captures["name"][0], data)
        found.exports.append((text(captures["alias"][0], data) if "alias" in captures else local, local))


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
    "comment",
)


def _lines_of_errors(language: Language, tree: Tree, data: bytes) -> list[int]:
    """Where the grammar lost its way. A lone brace is no loss: C headers open `extern "C" {` in one conditional and
    close it in another, which no grammar can pair."""
    from tree_sitter import QueryCursor  # noqa: PLC0415 - only worker processes pay for loading tree-sitter

    query = query_of(language.grammar, language.grammar_function, "(ERROR) @error (MISSING) @error")
    nodes = QueryCursor(query).captures(tree.root_node).get("error", [])
    return sorted({node.start_point[0] + 1 for node in nodes if data[node.start_byte : node.end_byte] not in _BRACES})


_BRACES = frozenset({b"{", b"}"})


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


_LABELLED = re.compile(r"\s*(\w+)\s*(?:=(?!=)|:(?!:))\s*")


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


def _add_definition(language: Language, found: _Found, captures: Captures, outer: Node, kind: str, data: bytes) -> None:
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


def _module_draft(path: str, data: bytes, tree: Tree) -> Definition:
    root = tree.root_node
    return Definition("module", path, root, root, root, {}, 0, len(data), 0)


# --- documentation ------------------------------------------------------------------------------------------------


def _attach_docs(language: Language, found: _Found, drafts: list[Definition], module: Definition, data: bytes) -> None:
    """Gives each definition its doc comment or docstring, and the module its own."""
    by_body = {draft.body.start_byte: draft for draft in drafts if draft.body is not None}
    for node in found.docs:
        owner = by_body.get(node.start_byte)
        if owner is None:  # the string's statement starts where its block starts, or it heads the file
            statement = node.parent
            block = statement.parent if statement is not None else None
            owner = by_body.get(block.start_byte) if block is not None and block.parent is not None else module
        if owner is not None and owner.doc is None:
            owner.doc = clean_string(text(node, data))
    comments = _Comments(language, found.comments, data)
    row, first = -1, -1
    for draft in drafts:
        if draft.node.start_point[0] != row:
            row, first = draft.node.start_point[0], draft.start
        if draft.start != first:
            continue  # behind something else on its line, which is what the comment above speaks of
        if draft.doc is None and not draft.is_member:
            draft.doc = comments.above(draft.node.start_point[0])
            if draft.doc is None and draft.inner.start_byte != draft.start:
                # between a definition's attributes and the definition itself: `///` below `#[x]`
                draft.doc = comments.above(draft.inner.start_point[0])
    if module.doc is None:
        module.doc = _module_comment(language, found.comments, drafts, data)


class _Comments:
    """The comments of a file by the line they end on; only those that stand above a definition are ever read."""

    def __init__(self, language: Language, comments: list[Node], data: bytes) -> None:
        self._pattern = language.doc_comment
        self._data = data
        self._by_end: dict[int, Node] = {}
        for node in comments:
            row, column = node.end_point
            # Some grammars count the line break to the comment.
            self._by_end[row - 1 if column == 0 and row > node.start_point[0] else row] = node

    def above(self, row: int) -> str | None:
        """The cleaned text of the run of comments that ends on the line before `row` (from 0); None if there is none.

        A comment behind code documents nothing below it, and where the language tells doc comments from others
        only those count.
        """
        run: list[str] = []
        node = self._by_end.get(row - 1)
        while node is not None:
            start = node.start_byte
            raw = self._data[start : node.end_byte].decode("utf-8", "replace")
            if self._pattern is not None and self._pattern.match(raw) is None:
                break
            if self._data[self._data.rfind(b"\n", 0, start) + 1 : start].strip():
                break
            run.append(raw.rstrip("\n"))
            node = self._by_end.get(node.start_point[0] - 1)
        return clean_comment("\n".join(reversed(run))) or None if run else None


def _module_comment(language: Language, comments: list[Node], drafts: list[Definition], data: bytes) -> str | None:
    """The comment that heads the file, if it speaks of the file: not a licence, not the first definition's."""
    if language.inner_doc_comment is not None:
        inner = [raw for node in comments if language.inner_doc_comment.match(raw := text(node, data))]
        if inner:
            return clean_comment("\n".join(inner))
    first = drafts[0].node.start_point[0] if drafts else -1
    run: list[str] = []
    last = -1
    for node in comments:
        raw = text(node, data).rstrip("\n")
        row = node.start_point[0]
        line_start = data.rfind(b"\n", 0, node.start_byte) + 1
        if (row == 0 and raw.startswith("#!")) or data[line_start : node.start_byte].strip():
            continue  # the interpreter's line, or a remark behind code
        if row > last + 1 and run and not _is_licence("\n".join(run)):
            break
        if row > last + 1:
            run = []
        if row > 60 or (drafts and row >= first):
            break
        run.append(raw)
        last = row + raw.count("\n")
    block = "\n".join(run)
    if not block or _is_licence(block) or last == first - 1:
        return None
    return clean_comment(block) or None


_LICENCE = re.compile(
    r"copyright|licen[cs]ed? under|SPDX-License|all rights reserved|permission is hereby granted"
    r"|GNU (Lesser |Affero )?General Public|-\*- (coding|mode)|eslint|vim:|@ts-|jshint|prettier-ignore"
    r"|\A#\s*frozen_string_literal|\A#\s*(?:typed|encoding|shellcheck\b.*):?",
    re.IGNORECASE,
)


def _is_licence(block: str) -> bool:
    return _LICENCE.search(block) is not None


_LINE_MARK = re.compile(
    r"^\s*(///?!?|//!|#:|##?!?(?=\s|$|:)|#|--(?:-+|\[=*\[| [|^](?=\s))?|\(\*\*?(?!\))|;+|%+|\*\*?(?![*/])"
    r"|/\*\*?!?<?)[ \t]?"
)
_BLOCK_END = re.compile(r"\s*(\*+/|-->|\]=*\]|\*\))\s*$")
_RULE = re.compile(r"^[\s*=\-_#/~+.]{4,}$")


def clean_comment(block: str) -> str:
    """The text of a comment block without its markers, rulers and common indentation."""
    lines = []
    for line in block.splitlines():
        bare = _BLOCK_END.sub("", line)
        bare = _LINE_MARK.sub("", bare, count=1)
        lines.append("" if _RULE.match(bare) else bare.rstrip())
    return dedent("\n".join(lines)).strip("\n").strip()[:MAX_DOCSTRING]


_STRING = re.compile(r'^[rRuUbBfF]{0,2}("""|\'\'\'|"|\')(.*)\1$', re.DOTALL)


def clean_string(source: str) -> str:
    """The text of a docstring literal: quotes and common indentation removed, as `inspect.cleandoc` does."""
    match = _STRING.match(source.strip())
    body = match.group(2) if match else source
    lines = body.expandtabs().splitlines()
    if len(lines) > 1:
        lines = [lines[0].strip(), *dedent("\n".join(lines[1:])).splitlines()]
    return "\n".join(line.rstrip() for line in lines).strip()[:MAX_DOCSTRING]


# --- symbols ------------------------------------------------------------------------------------------------------


def _symbols(language: Language, path: str, data: bytes, module: Definition, drafts: list[Definition]) -> list[Symbol]:
    """The symbols in order of their start, the module first. Sets `parent`, `index` and `qualified` of the drafts."""
    module_key = f"{path}#{MODULE}"
    lines = data.count(b"\n") + (0 if data.endswith(b"\n") or not data else 1)
    symbols = [
        Symbol(
            key=module_key, name=_module_name(path), qualified_name=MODULE, kind="module", language=language.name,
            path=path, parent="", start_byte=0, end_byte=len(data), start_line=1, end_line=max(lines, 1), signature="",
            docstring=module.doc or "", visibility="public",
        )
    ]  # fmt: skip
    seen: dict[str, int] = {}
    indexes: dict[str, int] = {}  # qualified name → index of its first symbol
    open_drafts: list[int] = []  # positions + 1 of the enclosing drafts
    for position, draft in enumerate(drafts, 1):
        # One statement may define several names (`int a, *b;`, `a, b = pair`): equal spans stand side by side.
        while open_drafts and (
            (last := drafts[open_drafts[-1] - 1]).end <= draft.start
            or (last.start == draft.start and last.end == draft.end)
        ):
            open_drafts.pop()
        draft.parent = open_drafts[-1] if open_drafts else 0
        if draft.is_member:
            draft.parent = _class_around(draft.parent, drafts)
            if not draft.parent:
                draft.kind = ""
        enclosing = drafts[draft.parent - 1] if draft.parent else module
        draft.parent_kind = "class" if enclosing.is_scope else enclosing.kind
        prefix = draft.in_scope = enclosing.qualified
        if draft.receiver:
            prefix = f"{prefix}.{draft.receiver}" if prefix else draft.receiver
        draft.qualified = f"{prefix}.{draft.name}" if prefix else draft.name
        if not draft.is_member:
            open_drafts.append(position)
        if draft.is_scope:
            draft.index = indexes.get(draft.qualified, enclosing.index)
            continue
        if draft.kind:
            draft.kind = language.kind(draft, data)
        if draft.receiver and draft.kind == "function":
            draft.kind = "method"
        if not draft.kind:  # the language's hook says that this is no symbol (a local variable, say)
            draft.index = enclosing.index
            draft.qualified = prefix
            continue
        count = seen.get(draft.qualified, 0) + 1
        twin = symbols[indexes[draft.qualified]].kind if count > 1 else ""
        if count > 1 and draft.kind in VALUE_KINDS and not (language.parameters and twin not in VALUE_KINDS):
            draft.index = indexes[draft.qualified]  # assigned again: still the same variable
            continue
        seen[draft.qualified] = count
        draft.index = len(symbols)
        indexes.setdefault(draft.qualified, draft.index)
        # Only a type named from outside (a receiver, an `impl`) is looked up; else what encloses it is the parent.
        named = draft.receiver or enclosing.is_scope
        owner = indexes.get(prefix, enclosing.index) if named else enclosing.index
        symbols.append(_symbol(language, path, data, draft, symbols[owner].key, count))
    return symbols


def _class_around(position: int, drafts: list[Definition]) -> int:
    """Position + 1 of the innermost class-like draft at or around `position`; 0 if there is none."""
    while position and drafts[position - 1].kind not in CLASS_KINDS and not drafts[position - 1].is_scope:
        position = drafts[position - 1].parent
    return position


def _symbol(language: Language, path: str, data: bytes, draft: Definition, parent: str, count: int) -> Symbol:
    docstring = draft.doc
    if language.docstring is not no_docstring:
        docstring = language.docstring(draft, data) or docstring
    key = f"{path}#{draft.qualified}"
    start_row = draft.node.start_point[0]
    last = draft.body if draft.body is not None and draft.body.end_byte == draft.end else draft.node
    end_row, end_column = last.end_point
    return Symbol(
        key=f"{key}~{count}" if count > 1 else key,
        name=draft.name,
        qualified_name=draft.qualified,
        kind=cast(SymbolKind, draft.kind),
        language=language.name,
        path=path,
        parent=parent,
        start_byte=draft.start,
        end_byte=draft.end,
        start_line=start_row + 1,
        end_line=max(end_row + (1 if end_column else 0), start_row + 1),
        signature=language.signature(draft, data),
        docstring=docstring or "",
        visibility=language.visibility(draft, data),
    )


def _module_name(path: str) -> str:
    """`src/flask/app.py` → `app`; a package's `__init__`, `index` or `mod` is named by its folder."""
    parts = path.rsplit("/", 2)
    stem = parts[-1].split(".", 1)[0] or parts[-1]
    return parts[-2] if stem in ("__init__", "index", "mod") and len(parts) > 1 else stem


# --- placing references in their scope ----------------------------------------------------------------------------


class _Scopes:
    """Answers which definition encloses a byte, in logarithmic time: the innermost span is found by bisection over
    the boundaries of all spans, laid out once."""

    def __init__(self, drafts: list[Definition], *, by_body: bool) -> None:
        self.starts: list[int] = [0]
        self.owners: list[int] = [0]
        stack: list[tuple[int, int]] = []  # (end, symbol index)

        def mark(byte: int, owner: int) -> None:
            if self.starts[-1] == byte:
                self.owners[-1] = owner
            else:
                self.starts.append(byte)
                self.owners.append(owner)

        spans = sorted(
            ((d.body_start if by_body else d.start), -d.end, d.index) for d in drafts if d.kind not in VALUE_KINDS
        )
        for start, negative_end, index in spans:
            end = -negative_end
            while stack and stack[-1][0] <= start:
                closed = stack.pop()[0]
                mark(closed, stack[-1][1] if stack else 0)
            if start < end:
                mark(start, index)
                stack.append((end, index))
        while stack:
            closed = stack.pop()[0]
            mark(closed, stack[-1][1] if stack else 0)

    def at(self, byte: int) -> int:
        return self.owners[bisect_right(self.starts, byte) - 1]


_OF_THE_DEFINITION = frozenset({"annotation", "parameter", "return"})


def _place(
    language: Language, data: bytes, found: _Found, drafts: list[Definition]
) -> tuple[list[Reference], list[Import], list[Binding]]:
    whole = _Scopes(drafts, by_body=False)
    running = _Scopes(drafts, by_body=True) if language.header_runs_outside else whole
    imports: list[Import] = []
    for node in found.imports:
        source = running.at(node.start_byte)
        for imported in language.imports(node, data):
            module, name, alias, line, own_source, detail = imported
            imports.append(imported if own_source or not source else Import(module, name, alias, line, source, detail))
    references: list[tuple[int, Reference]] = []
    mentioned: set[tuple[int, str, str]] = set()
    names = found.definitions
    known = _nameable(language, found, imports)
    starts, owners = running.starts, running.owners
    given = found.arguments
    for byte, kind, name, receiver, line, detail in sorted(found.references):
        if kind == "references":
            if byte in names or (known is not None and not receiver and name not in known):
                continue  # the name in its own definition, or a local variable's
            source = whole.at(byte) if detail in _OF_THE_DEFINITION else owners[bisect_right(starts, byte) - 1]
            if not found.blocks:
                if (source, name, receiver) in mentioned:
                    continue
                mentioned.add((source, name, receiver))
        else:
            source = owners[bisect_right(starts, byte) - 1]
        arguments = given.get(byte) if kind == "calls" else None
        references.append((byte, Reference(kind, name, receiver, line, source, detail, arguments)))
    bindings = [
        (byte, Binding(
            whole.at(byte) if kind in _OF_THE_DEFINITION else owners[bisect_right(starts, byte) - 1],
            target, value, kind, line,
        ))
        for byte, target, value, kind, line in sorted(found.bindings)
    ]  # fmt: skip
    for byte, captures in found.hook_bindings:
        for _, target, value, kind, line in language.bindings(captures, data):
            # A return type stands in the definition's head, which in Python runs outside of it.
            scope = whole.at(byte) if kind in _OF_THE_DEFINITION else owners[bisect_right(starts, byte) - 1]
            bindings.append((byte, Binding(scope, target, value, kind, line)))
    spans = ((draft.start, draft.end, draft.index) for draft in drafts if draft.kind not in VALUE_KINDS)
    numbered, bound = blocks.number(found.blocks, spans, _outer_names(found, imports), references, bindings)
    return (_once(numbered) if found.blocks else numbered), imports, bound


def _outer_names(found: _Found, imports: list[Import]) -> set[str]:
    return {draft.name for draft in found.definitions.values()} | {imported.alias for imported in imports}


def _once(references: list[Reference]) -> list[Reference]:
    """Each mention of a name in a definition once, every call."""
    mentioned: set[tuple[int, str, str]] = set()
    kept = []
    for each in references:
        if each.kind == "references":
            if (each.source, each.name, each.receiver) in mentioned:
                continue
            mentioned.add((each.source, each.name, each.receiver))
        kept.append(each)
    return kept


def _nameable(language: Language, found: _Found, imports: list[Import]) -> set[str] | None:
    """The names that a bare mention in this file can mean, where a file sees only what it defines and imports.

    Everything else that is passed, stored or returned by name is a local variable, by far the most of it. None where
    names also come from elsewhere: a package, an include, an import of everything, or the globals that scripts which
    import nothing share.
    """
    if language.scope != "module" or not imports or any(imported.name == "*" for imported in imports):
        return None
    names = {definition.name for definition in found.definitions.values()}
    names.update(imported.alias.split(".", 1)[0] for imported in imports)
    return names
