"""Finds in a sentence what can be looked up: names of code, paths, options, numbers and addresses.

A name is what stands in backticks, or is written as only code is (`snake_case`, `camelCase`, `a.b`, `call()`). Whether
it exists is for `ground` to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

WORD = re.compile(r"[^\W\d]\w*")
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)*(?![\w])")
SPAN = re.compile(r"`([^`]+)`")
ADDRESS = re.compile(r"\b(?:[a-z][a-z0-9+.-]{1,20}://|www\.|mailto:|javascript:|data:[\w/]+[;,])\S*", re.IGNORECASE)
MARKUP = re.compile(r"!?\[[^\]\n]{0,300}\]\s?\([^)\n]{0,1000}\)|</?[a-zA-Z!][^>\n]{0,300}>|```")
_DOTTED = re.compile(r"(?<![\w./-])[^\W\d]\w*(?:\.[^\W\d]\w*)+(?:\(\))?(?![\w/])")
_PATH = re.compile(r"(?<![\w./-])(?:\.{0,2}/)?[\w.@-]+(?:/[\w.@-]+)+/?")
_CODE = re.compile(
    r"(?<![\w./-])(?:[^\W\d]\w*_\w+|_\w+|[a-z]+\d*[A-Z]\w*|[A-Z][a-z0-9]+[A-Z]\w*|[^\W\d]\w*(?=\(\)))(?![\w/])"
)
_OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]+")
_ABBREVIATIONS = frozenset({"e.g", "i.e", "a.k.a", "etc", "vs", "cf"})

# Words that are written as code is and are none, and those that every reader knows without looking them up.
_PLAIN_WORDS = """
    GitHub GitLab JavaScript TypeScript PostgreSQL MySQL SQLite NoSQL MongoDB YouTube OpenAPI OpenAI GraphQL
    WebSocket WebSockets OAuth DevOps LaTeX NumPy PyPI macOS iOS IPv4 IPv6 DataFrame JSON HTTP
"""
PLAIN = frozenset(_PLAIN_WORDS.split())
_KEYWORDS = """
    None True False null true false undefined nil self cls this super async await def class return yield raise
    import from with lambda if else elif for while try except finally pass break continue in is not and or del
    global nonlocal assert str int float bool bytes list dict set tuple object type any Any Optional Union void
    char const static public private protected final abstract interface enum struct trait impl fn func function
    var let new delete throw throws catch switch case default do goto string number boolean error Error Exception
    ValueError TypeError KeyError IndexError AttributeError RuntimeError OSError NotImplementedError StopIteration
    len print open range map filter zip iter next isinstance hasattr getattr setattr property staticmethod
    classmethod stdin stdout stderr argv env main args kwargs
"""
KEYWORDS = frozenset(_KEYWORDS.split())


def names(sentence: str) -> Iterator[str]:
    """Everything in a sentence that claims to be a name of code or a path, each as it is written."""
    rest = sentence
    for match in SPAN.finditer(sentence):
        yield match.group(1).strip()
    rest = SPAN.sub(" ", rest)
    for pattern in (_PATH, _DOTTED, _OPTION, _CODE):
        for match in pattern.finditer(rest):
            found = match.group().rstrip(".")
            if pattern is _PATH and "." not in found.rsplit("/", 1)[-1]:
                continue  # `and/or`, `input/output`
            if found.lower() not in _ABBREVIATIONS and found not in PLAIN:
                yield found
        rest = pattern.sub(" ", rest)


def stems(text: str) -> set[str]:
    """What sentences about the same thing have in common: the beginnings of their longer words, names taken apart."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", text)
    return {word.lower()[:5] for word in words if len(word) > 3 and word.lower() not in _COMMON}


_COMMON_WORDS = """
    this that with from which when where what then than their them they there into each have been being does will
    would should could other others such only also more most some many after before while about above below
    between uses used using file files class classes function functions method methods module modules code part
    parts
"""
_COMMON = frozenset(_COMMON_WORDS.split())
