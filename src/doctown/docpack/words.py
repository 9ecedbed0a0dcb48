"""From what a person types to a query of the full-text index.

The index knows words: runs of letters and digits, without case. Everything else that FTS5's query language would
read as an operator is dropped here, so a query can be wrong but never malformed. Ranking is `search`'s business.
"""

from __future__ import annotations

import re

MAX_WORDS = 32  # of one query; more are ignored

_WORD = re.compile(r"[^\W_]+")
# The empty place before a capital that begins a word within an identifier.
HUMP = re.compile(r"(?=[A-Z])(?:(?<=[a-z0-9])|(?<=[A-Z])(?=[A-Z][a-z]))")
_IDENTIFIER = re.compile(r"[\w$.#:/\-<>~]*[\w$>]\(?\)?")


def words(text: str) -> list[str]:
    """The words of a text in order, each once, at most MAX_WORDS."""
    return list(dict.fromkeys(_WORD.findall(text)))[:MAX_WORDS]


def parts(text: str) -> list[str]:
    """The words, identifiers with humps being taken apart."""
    return words(HUMP.sub(" ", text))


def quoted(chosen: list[str]) -> list[str]:
    """Each word as a string of the query language."""
    return [f'"{word}"' for word in chosen]


def all_words(text: str) -> str:
    """A query for documents that have all words of the text; empty if it has none."""
    return " AND ".join(quoted(words(text)))


def is_identifier(text: str) -> bool:
    """Whether a query looks like a name in code and not like a sentence."""
    return bool(_IDENTIFIER.fullmatch(text)) and bool(_WORD.search(text))
