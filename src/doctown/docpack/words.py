"""From what a person types to a query of the full-text index.

The index knows words: runs of letters and digits, without case. Everything else that FTS5's query language would
read as an operator is dropped here, so a query can be wrong but never malformed. Ranking is `search`'s business.
"""

from __future__ import annotations

import re
from functools import lru_cache

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
    """A query for documents that have all words of the text, or all words that its identifiers with humps consist of;
    empty if it has none. The index has members under the parts of their class's name alone."""
    whole, taken_apart = words(text), parts(text)
    queries = [" AND ".join(quoted(chosen)) for chosen in (whole, taken_apart) if chosen]
    return " OR ".join(f"({query})" for query in dict.fromkeys(queries))


def last_word(text: str) -> str:
    """A query for documents that have the last word of the text, which must have one."""
    return quoted(_WORD.findall(text)[-1:])[0]


def is_identifier(text: str) -> bool:
    """Whether a query looks like a name in code and not like a sentence."""
    return bool(_IDENTIFIER.fullmatch(text)) and bool(_WORD.search(text))


STOP_WORDS = frozenset({
    "a", "all", "an", "and", "any", "are", "as", "at", "be", "by", "can", "do", "does", "for", "from", "how", "i",
    "if", "in", "into", "is", "it", "its", "not", "of", "on", "or", "than", "that", "the", "then", "these", "this",
    "those", "to", "was", "what", "when", "where", "which", "who", "why", "will", "with", "you", "your",
})  # fmt: skip

# The end of a word and what stands for it, the longest first. A light stemmer: what it leaves is the beginning of the
# word's other forms too, so that the full-text index finds them by that beginning.
_ENDINGS = (
    ("ization", "iz"), ("ational", "at"), ("ations", "at"), ("ation", "at"), ("ments", ""), ("ingly", ""),
    ("ings", ""), ("edly", ""), ("ment", ""), ("ing", ""), ("ies", ""), ("ied", ""), ("ers", "er"), ("ors", "or"),
    ("ed", ""), ("es", ""), ("ly", ""), ("s", ""), ("e", ""), ("y", ""),
)  # fmt: skip
_SHORTEST = 3  # letters that a stem keeps


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """What the forms of an English word have in common, in lower case: `parse`, `parses`, `parsing` give `pars`."""
    word = word.lower()
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) + len(instead) >= _SHORTEST:
            if ending == "s" and word.endswith("ss"):
                break
            word = word[: -len(ending)] + instead
            break
    if len(word) > _SHORTEST + 1 and word[-1] == word[-2] and word[-1] not in "ls":
        word = word[:-1]
    return word
