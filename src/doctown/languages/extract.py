"""From a syntax tree to what the file says: symbols, references, imports, bindings. The same for every language.

One query per language finds everything in one pass in C, which `captures` sorts; `documentation` finds what is written
about each definition, `placing` which definition a use belongs to. This module makes the symbols. It resolves nothing:
what a name refers to is for assembly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from doctown.languages import documentation
from doctown.languages.base import CLASS_KINDS, VALUE_KINDS, Definition, Language, no_docstring, query_of
from doctown.languages.captures import collect
from doctown.languages.placing import place
from doctown.model import MODULE, FileFacts, Symbol, SymbolKind

if TYPE_CHECKING:
    from tree_sitter import Tree

MAX_SYMBOLS = 20_000  # of one file; beyond it the file is a table, not code


def extract(language: Language, path: str, data: bytes, tree: Tree) -> FileFacts:
    """What the file at `path` with content `data` and syntax tree `tree` says. Never raises for broken input."""
    found = collect(language, data, tree)
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
    documentation.attach(language, found, drafts, module, data)
    symbols = _symbols(language, path, data, module, drafts)
    references, imports, bindings = place(language, data, found, drafts)
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
        alternatives=tuple(sorted(set(found.alternatives))),
    )


def _lines_of_errors(language: Language, tree: Tree, data: bytes) -> list[int]:
    """Where the grammar lost its way. A lone brace is no loss: C headers open `extern "C" {` in one conditional and
    close it in another, which no grammar can pair."""
    from tree_sitter import QueryCursor  # noqa: PLC0415 - only worker processes pay for loading tree-sitter

    query = query_of(language.grammar, language.grammar_function, "(ERROR) @error (MISSING) @error")
    nodes = QueryCursor(query).captures(tree.root_node).get("error", [])
    return sorted({node.start_point[0] + 1 for node in nodes if data[node.start_byte : node.end_byte] not in _BRACES})


_BRACES = frozenset({b"{", b"}"})


def _module_draft(path: str, data: bytes, tree: Tree) -> Definition:
    root = tree.root_node
    return Definition("module", path, root, root, root, {}, 0, len(data), 0)


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
    running = _nest(drafts)
    methods = running if language.members_share_names else set()
    for draft in drafts:
        if draft.is_member:
            draft.parent = _class_around(draft.parent, drafts)
            if not draft.parent or (draft.parent, draft.name) in methods:
                draft.kind = ""
        if draft.node.type in _EVERYWHERE:
            draft.parent = 0
        enclosing = drafts[draft.parent - 1] if draft.parent else module
        draft.parent_kind = "class" if enclosing.is_scope else enclosing.kind
        prefix = draft.in_scope = enclosing.qualified
        if draft.receiver:
            prefix = f"{prefix}.{draft.receiver}" if prefix else draft.receiver
        draft.qualified = f"{prefix}.{draft.name}" if prefix else draft.name
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
        if count > 1 and draft.kind in VALUE_KINDS and not _is_another(language, draft.kind, twin):
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


_EVERYWHERE = frozenset({"preproc_def", "preproc_function_def"})  # a macro belongs to no function or type


def _is_another(language: Language, kind: str, twin: str) -> bool:
    """Whether a value by the name of what came before is another thing: a macro may have the name of a type in C, and
    TypeScript keeps types and values in two spaces."""
    if (kind in _TYPES and twin in _VALUES) or (kind in _VALUES and twin in _TYPES):
        return True
    if language.scope == "include" and twin in VALUE_KINDS:
        return kind != twin
    return bool(language.parameters) and twin not in VALUE_KINDS


def _nest(drafts: list[Definition]) -> set[tuple[int, str]]:
    """Sets each draft's `parent`, and returns what runs, as (parent, name): where members share their names, a property
    that `self` is given a value of is no field beside it, wherever in the class it stands."""
    running = set()
    open_drafts: list[int] = []  # positions + 1 of the enclosing drafts
    for position, draft in enumerate(drafts, 1):
        while open_drafts and _is_over(drafts[open_drafts[-1] - 1], draft):
            open_drafts.pop()
        draft.parent = open_drafts[-1] if open_drafts else 0
        if not draft.is_member:
            open_drafts.append(position)
            if draft.kind in _RUNNING:
                running.add((draft.parent, draft.name))
    return running


def _is_over(last: Definition, draft: Definition) -> bool:
    """Whether a draft does not stand in the one before it. One statement may define several names, side by side:
    `int a, *b;` and `a, b = pair` with equal spans, `a = b = 1` with one inside the other."""
    if last.end <= draft.start:
        return True
    return last.end == draft.end and (last.start == draft.start or last.kind == draft.kind == "variable")


_RUNNING = frozenset({"function", "method", "property"})
_TYPES = frozenset({"interface", "type_alias"})
_VALUES = frozenset({"variable", "constant", "function"})


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
