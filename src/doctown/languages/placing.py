"""Which definition each reference, import and binding of a file belongs to, by where it stands."""

from __future__ import annotations

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
