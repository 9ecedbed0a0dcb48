"""Which comment or string documents what, and its text without markers. A licence and a ruler document nothing."""

from __future__ import annotations

import re
from textwrap import dedent
from typing import TYPE_CHECKING

from doctown.languages.base import Definition, Language, text

if TYPE_CHECKING:
    from tree_sitter import Node

    from doctown.languages.captures import Found

MAX_DOCSTRING = 20_000  # characters


def attach(language: Language, found: Found, drafts: list[Definition], module: Definition, data: bytes) -> None:
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
    if language.inner_doc_comment is not None:
        _attach_inner(language.inner_doc_comment, found.comments, by_body, module, data)
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
        module.doc = _module_comment(found.comments, drafts, data)


def _attach_inner(
    pattern: re.Pattern[str], comments: list[Node], by_body: dict[int, Definition], module: Definition, data: bytes
) -> None:
    """Gives what is documented from inside (`//!`) its comment: the file, or a module or function within it."""
    blocks: dict[int, list[str]] = {}  # where the block around it begins; -1 for the file
    for node in comments:
        raw = text(node, data).rstrip("\n")  # some grammars count the line's end to the comment
        if node.parent is not None and pattern.match(raw):
            blocks.setdefault(node.parent.start_byte if node.parent.parent is not None else -1, []).append(raw)
    for start, lines in blocks.items():
        owner = module if start < 0 else by_body.get(start)
        if owner is not None and owner.doc is None:
            owner.doc = clean_comment("\n".join(lines)) or None


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


# What may stand above the comment that heads a file: a guard, a pragma, the package or module that it belongs to.
_ABOVE = re.compile(
    rb"#\s*(?!include|import)\w|#!?\[|<\?|['\"]use \w+['\"]|package\b|module\b|namespace\b|from __future__|\{-#"
)


def _code_between(data: bytes, start: int, end: int) -> bool:
    """Whether code stands there, which a comment below it does not head."""
    lines = (line.strip() for line in data[start:end].split(b"\n"))
    return any(line and not _ABOVE.match(line) for line in lines)


def _module_comment(comments: list[Node], drafts: list[Definition], data: bytes) -> str | None:
    """The comment that heads the file, if it speaks of the file: not a licence, not the first definition's."""
    first = drafts[0].node.start_point[0] if drafts else -1
    run: list[str] = []
    last = -1
    at = 0  # where the last comment that may head the file ends
    for node in comments:
        raw = text(node, data).rstrip("\n")
        row = node.start_point[0]
        line_start = data.rfind(b"\n", 0, node.start_byte) + 1
        if (row == 0 and raw.startswith("#!")) or data[line_start : node.start_byte].strip():
            at = node.end_byte if row == 0 else at
            continue  # the interpreter's line, or a remark behind code
        if row > last + 1 and run and not _is_licence("\n".join(run)):
            break
        if row > last + 1:
            run = []
        if row > 60 or (drafts and row >= first) or node.start_point[1] or _code_between(data, at, line_start):
            break
        run.append(raw)
        last = row + raw.count("\n")
        at = node.end_byte
    block = "\n".join(run)
    if not block or _is_licence(block) or last == first - 1:
        return None
    return clean_comment(block) or None


_LICENCE = re.compile(
    r"copyright|licen[cs]ed? under|SPDX-License|all rights reserved|permission is hereby granted"
    r"|GNU (Lesser |Affero )?General Public|-\*- (coding|mode)|eslint|vim:|@ts-|jshint|prettier-ignore",
    re.IGNORECASE,
)
# One of these, in lower case, is in whatever that expression finds; in most comments none is, which is quickly told.
_LICENCE_SIGNS = (
    "copyright", "licen", "all rights", "permission", "gnu ", "-*-", "eslint", "vim:", "@ts-", "jshint", "prettier",
)  # fmt: skip
_DIRECTIVE = re.compile(r"#\s*(?:frozen_string_literal|typed|encoding|shellcheck\b.*):?", re.IGNORECASE)


def _is_licence(block: str) -> bool:
    """Whether a comment is a licence, or speaks to a tool."""
    if _DIRECTIVE.match(block):
        return True
    lower = block.lower()
    return any(sign in lower for sign in _LICENCE_SIGNS) and _LICENCE.search(block) is not None


_LINE_MARK = re.compile(
    r"^\s*(///?!?|//!|#:|##?!?(?=\s|$|:)|#|--(?:-+|\[=*\[| [|^](?=\s))?|\(\*\*?(?!\))|;+|%+|\*\*?(?![*/])"
    r"|/\*\*?!?<?)[ \t]?"
)
_BLOCK_END = re.compile(r"\s*(\*+/|-->|\]=*\]|\*\))\s*$")
_RULE = re.compile(r"^\s*(?:[*=\-_#/~+.]\s*){4,}$")  # `...` in a sample is none


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
