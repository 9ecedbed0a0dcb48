"""One file from bytes to what it says: macros that declare are replaced, the grammar reads, the engine extracts.

The one door to parsing for whoever has a file's bytes. What headers hand a file comes in as `Headers`; without them a
file's own macros count alone.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from doctown.languages import languages
from doctown.languages.base import Language, grammar_of, no_expanding, query_of
from doctown.languages.extract import extract
from doctown.languages.macros import Expansion, Headers
from doctown.model import FileFacts, Reference, Symbol

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Tree

NO_HEADERS = Headers()
MAX_LINES = 200  # of one error that are looked at


def read(language: Language, path: str, data: bytes, headers: Headers = NO_HEADERS) -> tuple[FileFacts, Tree]:
    """(what the file at `path` says, its syntax tree). Never raises for broken input."""
    expansion = language.expand(path, data, headers, ())
    tree = parse(language, expansion.data if expansion else data, expansion)
    if tree.root_node.has_error and language.expand is not no_expanding:
        expansion, tree = _helped(language, path, data, headers, expansion, tree)
    facts = extract(language, path, expansion.data if expansion else data, tree)
    if expansion is not None and expansion.starts:
        return _placed(facts, expansion, data), parse(language, data)
    return facts, tree


def _helped(
    language: Language, path: str, data: bytes, headers: Headers, expansion: Expansion | None, tree: Tree
) -> tuple[Expansion | None, Tree]:
    """The same, with the text of the macros that stand where the grammar lost its way, if that helps: `CHECK(int, 2x)`
    is no expression, and what the macro makes of it is."""
    again = language.expand(path, data, headers, _lines_of_errors(language, tree))
    if again is None or (expansion is not None and again.starts == expansion.starts):
        return expansion, tree
    other = parse(language, again.data, again)
    return (again, other) if _errors(language, other) < _errors(language, tree) else (expansion, tree)


def hangs_on_headers(name: str) -> bool:
    """Whether what a file of this language says may change with what its headers define."""
    language = languages().get(name)
    return language is not None and language.expand is not no_expanding


def parse(language: Language, data: bytes, expansion: Expansion | None = None) -> Tree:
    """The file's syntax tree; where the grammar lost its way, without branches that it cannot hold, if that helps."""
    prepared = language.prepare(data)
    if expansion is not None and expansion.blanks:
        whole = bytearray(prepared)
        for start, end in expansion.blanks:
            whole[start:end] = bytes(byte if byte in b"\r\n" else 32 for byte in whole[start:end])
        prepared = bytes(whole)
    parser = _parser(language.grammar, language.grammar_function)
    tree = parser.parse(prepared)
    if tree.root_node.has_error:
        mended = language.mend(prepared)
        if mended != prepared:
            other = parser.parse(mended)
            if _errors(language, other) < _errors(language, tree):
                return other
    return tree


def _errors(language: Language, tree: Tree) -> int:
    """How many bytes the grammar could make nothing of, and what it missed."""
    return sum(min(node.end_byte - node.start_byte, 200) + 20 for node in _faults(language, tree))


def _lines_of_errors(language: Language, tree: Tree) -> set[int]:
    lines: set[int] = set()
    for node in _faults(language, tree):
        first = node.start_point[0]
        lines.update(range(first, min(node.end_point[0], first + MAX_LINES) + 2))  # from 1, and the line before
    return lines


def _faults(language: Language, tree: Tree) -> list[Node]:
    from tree_sitter import QueryCursor  # noqa: PLC0415 - only worker processes pay for loading tree-sitter

    if not tree.root_node.has_error:
        return []
    query = query_of(language.grammar, language.grammar_function, "(ERROR) @error (MISSING) @error")
    return QueryCursor(query).captures(tree.root_node).get("error", [])


def _placed(facts: FileFacts, expansion: Expansion, data: bytes) -> FileFacts:
    """Facts of an expanded file with the bytes of the file as it is, and with mentions of the macros."""
    symbols = tuple(
        replace(
            symbol, start_byte=expansion.place(symbol.start_byte), end_byte=expansion.place(symbol.end_byte, end=True)
        )
        for symbol in facts.symbols
    )
    module = replace(symbols[0], start_byte=0, end_byte=len(data))
    mentions = {
        Reference("references", name.decode("utf-8", "replace"), "", line, _holder(symbols, first) if code else 0): None
        for (name, line, code), first in zip(expansion.used, expansion.first, strict=True)
    }
    return replace(facts, symbols=(module, *symbols[1:]), references=(*facts.references, *mentions))


def _holder(symbols: tuple[Symbol, ...], byte: int) -> int:
    """The innermost definition around a byte; symbols come in the order of their first bytes."""
    around = [index for index, each in enumerate(symbols) if each.start_byte <= byte < each.end_byte]
    return around[-1] if around else 0


@cache
def _parser(grammar: str, function: str) -> Parser:
    from tree_sitter import Parser  # noqa: PLC0415 - only worker processes pay for loading tree-sitter

    return Parser(grammar_of(grammar, function))
