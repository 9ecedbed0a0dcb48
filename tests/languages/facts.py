"""Short ways to ask what a piece of source says, for the tests of single languages."""

from __future__ import annotations

from doctown.model import Symbol
from tests.languages.snapshot import read


def symbols(language: str, source: str) -> dict[str, Symbol]:
    """The symbols by the part of their key behind `#`, without the module."""
    return {symbol.key.split("#", 1)[1]: symbol for symbol in read(language, source).symbols[1:]}


def kinds(language: str, source: str) -> dict[str, str]:
    """Kinds of the symbols by qualified name."""
    return {name: symbol.kind for name, symbol in symbols(language, source).items()}


def calls(language: str, source: str) -> set[tuple[str, str]]:
    """(receiver, name) of every call."""
    return {(use.receiver, use.name) for use in read(language, source).references if use.kind == "calls"}


def types(language: str, source: str) -> dict[str, str]:
    """What is known of each variable: target → value or type; the last one wins."""
    return {known.target: known.value for known in read(language, source).bindings}
