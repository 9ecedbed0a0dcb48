"""Does a sentence call things what they are? A file is no class, a variable no function, and what is said of a symbol
is said of it and not of its neighbour.

Small models fill the frame of a sentence, `The X is a class in Y that …`, with whatever name is near.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from doctown.generate.extract.view import CALLABLES, CLASSES
from doctown.generate.extract.words import capital
from doctown.generate.ground_words import KEYWORDS
from doctown.model import Symbol

_NOUNS = "class|function|method|file"
_NAME = r"`?([^\W\d][\w./-]*?)(?:\(\))?`?"
# A noun that says of what kind the next one is says nothing itself: `class method`, `file handle`, `file-like`.
_LAST = (
    r"(?!-|\s+(?:method|function|attribute|decorator|name|object|variable|level|system|path|handle|descriptor|format|"
    r"pointer|template|parameter|argument|type|instance|call|reader|writer|header|extension|manager|loader)s?\b)"
)
_NO_LINK = r"(?!(?:an?|the|of|for|to|around|in|with|that|which|from|by|on|over|and|or|as|not)\b)"
_CALLED = re.compile(
    rf"^(?:The |An? )?(?:(?:{_NOUNS}|module|script|package) )?{_NAME}"
    r"(?: (?:class|function|method|file|module|script|library|package|project|repository))?"
    rf" is (?:an?|the) (?:{_NO_LINK}[\w'-]+ ){{0,3}}?({_NOUNS})\b{_LAST}",
    re.IGNORECASE,
)
_NAMED = re.compile(rf"(?:`([\w.]+)(?:\(\))?`|\b(\w+_\w+|[A-Z][a-z0-9]+[A-Z]\w+)) ({_NOUNS})\b{_LAST}")
_OF_ITSELF = (
    r"\b(?:implemented|built|written|defined|provided|tested|based)(?: \w+)? (?:using|with|on|by) (?:the )?`?{}`? "
)
_MEMBER = "class|function|method|property|macro|constructor|struct|interface|enum"
_FRAMES = (
    re.compile(rf"^(?:An? |The )?(?:\w+ )?({_MEMBER}) `?(\w+)`?(?:\(\))?,? (?:that|which) (\w+s\b.*)$", re.DOTALL),
    re.compile(rf"^(?:An? |The )`?(\w+)`?(?:\(\))? ({_MEMBER}),? (?:(?:that|which) )?(\w+s\b.*)$", re.DOTALL),
)
_NO_VERB = frozenset(["is", "has", "was", "its", "this", "does", "parameters", "arguments", "fields", "members"])
_COMMENT = re.compile(r"^\s*(?:#+|//+|--+|;+|%+|/\*+|\*+)\s?(.*?)(?:\*/)?\s*$")


def nouns_of(symbol: Symbol) -> frozenset[str]:
    """What a symbol may be called, of the nouns that are looked at."""
    if symbol.kind == "module":
        return frozenset({"file"})
    if symbol.kind in CLASSES or symbol.kind in ("type_alias", "namespace"):
        return frozenset({"class"})
    if symbol.kind in CALLABLES or symbol.kind == "property":
        return frozenset({"function", "method"})
    holds = re.search(r"=>|->|\blambda\b|\bfunction\b|Callable|\bfn\b|\bfunc\b|\(\*", symbol.signature)
    return frozenset({"function", "method"} if holds else {"class"} if re.search(r"=\s*\w+$", symbol.signature) else ())


def wrong_kinds(sentence: str, known: Mapping[str, Collection[str]], paths: Collection[str], project: str) -> list[str]:
    """What a sentence calls something that it is not. `known`: what each name may be called."""
    found = []
    called = _CALLED.match(sentence)
    said = [(called[1], called[2].lower())] if called else []
    said += [(first or second, noun) for first, second, noun in _NAMED.findall(sentence)]
    for name, noun in said:
        if name.casefold() == project.casefold() and name not in known:
            allowed: Collection[str] | None = ()
        elif name in paths:
            allowed = {"file", "class"} if name in known else {"file"}
        else:
            allowed = known.get(name.rsplit(".", 1)[-1])
        if allowed is not None and noun not in allowed and name not in KEYWORDS:
            found.append(f"`{name[:60]}` is no {noun}")
    if project and re.search(_OF_ITSELF.format(re.escape(project)) + r"(?:library|package|project)\b", sentence, re.I):
        found.append(f"it says that a part of {project} is made with {project}: say what it does, or leave it out")
    return list(dict.fromkeys(found))


def unframed(summary: str, symbol: Symbol) -> tuple[str, str]:
    """(what is said without the frame `A function f that …`, the name in the frame if it is another symbol's)."""
    for place, frame in enumerate(_FRAMES):
        match = frame.match(summary.strip())
        if match is None:
            continue
        name = match[2] if place == 0 else match[1]
        own = name in (symbol.name, symbol.qualified_name)
        if not own and (place == 0 or "_" in name or re.search(r"[a-z][A-Z]|^[A-Z]", name)):
            return summary, name
        if own and match[3].split()[0].lower() not in _NO_VERB:
            return capital(match[3]), ""
    return summary, ""


def refuted(summary: str, symbol: Symbol, source: str) -> Iterator[str]:
    """What a summary says that the symbol itself refutes: that it is a class, or raises, and does not."""
    match = _KIND.match(summary)
    if match and match[1].lower() not in nouns_of(symbol):
        yield f"{symbol.name} is no {match[1].lower()}: say what it does"
    if _RAISES.match(summary) and not _RAISING.search(source):
        yield "its code raises nothing"


_KIND = re.compile(rf"^(?:An? |The )?({_NOUNS})\b{_LAST}(?! of\b)", re.IGNORECASE)
_RAISES = re.compile(r"^(?:Raises|Throws)\b", re.IGNORECASE)
_RAISING = re.compile(
    r"\b(?:raise|raises|throw|throws|panic|abort|die|fail|assert\w*|Err|error|exit|unreachable)\b|\bError\("
)


def is_remark(summary: str, source: str) -> bool:
    """Whether a summary is a comment on some line inside of the code, word for word; the first line of a body may
    well say what all of it does."""
    wanted = _bare(summary)
    comments = [(at, match[1]) for at, line in enumerate(source.split("\n")) if (match := _COMMENT.match(line))]
    return any(at > 1 and _bare(text) == wanted for at, text in comments)


def same_text(one: str, other: str) -> bool:
    """Whether two sentences are the same but for case and marks."""
    return bool(_bare(one)) and _bare(one) == _bare(other)


def _bare(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def praises(sentence: str, material: Collection[str]) -> Iterator[str]:
    """Words that praise, and that the material does not have."""
    for match in _PRAISE.finditer(sentence):
        if match[1].lower() not in material:
            yield match[1]


_PRAISE = re.compile(
    r"\b(flexible|powerful|robust|versatile|seamless|seamlessly|convenient|comprehensive|elegant|easy-to-use|intuitive)\b",
    re.IGNORECASE,
)
