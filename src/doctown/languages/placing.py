"""Which definition each reference, import and binding of a file belongs to, by where it stands."""

from __future__ import annotations

import sys
from bisect import bisect_right

from doctown.languages import blocks
from doctown.languages.base import VALUE_KINDS, Definition, Language
from doctown.languages.captures import Found
from doctown.model import Binding, Import, Reference


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


def place(
    language: Language, data: bytes, found: Found, drafts: list[Definition]
) -> tuple[list[Reference], list[Import], list[Binding]]:
    """The references, imports and bindings of a file, each with the definition that it stands in, in their order."""
    new = tuple.__new__  # a third of what a named tuple's own constructor takes
    whole = _Scopes(drafts, by_body=False)
    running = _Scopes(drafts, by_body=True) if language.header_runs_outside else whole
    imports: list[Import] = []
    for node in found.imports:
        source = running.at(node.start_byte)
        for imported in language.imports(node, data):
            module, name, alias, line, own_source, detail = imported
            imports.append(imported if own_source or not source else Import(module, name, alias, line, source, detail))
    references = _references(data, found, _nameable(language, found, imports), whole, running)
    bindings: list[tuple[int, Binding]] = []
    starts, owners = running.starts, running.owners
    for byte, target, value, kind, line in sorted(found.bindings):
        scope = whole.at(byte) if kind in _OF_THE_DEFINITION else owners[bisect_right(starts, byte) - 1]
        bindings.append((byte, new(Binding, (scope, target, value, kind, line))))
    for byte, captures in found.hook_bindings:
        for _, target, value, kind, line in language.bindings(captures, data):
            # A return type stands in the definition's head, which in Python runs outside of it.
            scope = whole.at(byte) if kind in _OF_THE_DEFINITION else owners[bisect_right(starts, byte) - 1]
            bindings.append((byte, Binding(scope, target, value, kind, line)))
    spans = ((draft.start, draft.end, draft.index) for draft in drafts if draft.kind not in VALUE_KINDS)
    numbered, bound = blocks.number(found.blocks, spans, _outer_names(found, imports), references, bindings)
    return (_once(numbered) if found.blocks else numbered), imports, bound


def _references(
    data: bytes, found: Found, known: set[str] | None, whole: _Scopes, running: _Scopes
) -> list[tuple[int, Reference]]:
    """Byte and reference of each use in order of place; of a definition's mentions of one name the first, unless its
    blocks may mean different things by it. `known`: the names that a bare mention can mean; None: any."""
    names = found.definitions
    used = found.references
    for node, detail in found.mentions:
        start = node.start_byte
        name = data[start : node.end_byte].decode("utf-8", "replace")
        if (known is None or name in known) and start not in names:  # else a local variable, or its own definition
            used.append((start, "references", name, "", node.start_point[0] + 1, detail))
    references: list[tuple[int, Reference]] = []
    mentioned: set[tuple[int, str, str]] = set()
    once = not found.blocks
    starts, owners = [*running.starts, sys.maxsize], running.owners
    at, end = 0, starts[1]  # which span of `running` the uses have come to, and where it ends
    given = found.arguments
    new = tuple.__new__
    arguments: tuple[str, ...] | None
    for byte, kind, name, receiver, line, detail in sorted(used):
        while byte >= end:
            at += 1
            end = starts[at + 1]
        source = owners[at]
        arguments = None
        if kind == "references":
            if byte in names:
                continue
            if detail in _OF_THE_DEFINITION:
                source = whole.at(byte)
            if once:
                if (source, name, receiver) in mentioned:
                    continue
                mentioned.add((source, name, receiver))
        elif kind == "calls" and given:
            arguments = given.get(byte)
        references.append((byte, new(Reference, (kind, name, receiver, line, source, detail, arguments))))
    return references


def _outer_names(found: Found, imports: list[Import]) -> set[str]:
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


def _nameable(language: Language, found: Found, imports: list[Import]) -> set[str] | None:
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
