"""Does what a model says of code fit what the code does? Effects, contradictions, and words that tell no more than a
name.

Small models fill in every field of a form. So an effect is believed where a line that changes something outside shows
it, and a contradiction where it quotes both sides: the author's words and the code.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from doctown.generate.ground_words import SPAN, names, stems

_CHANGES = re.compile(
    r"^\s*[\w$@*&()]+(?:\.|->|::|\[)[^=\n]*=(?!=)|^\s*\*+\w+\s*[-+*/|&]?=(?!=)|\+\+|--"  # assigns to a part
    r"|^\s*(?:await\s+)?[\w$.:>\[\]*&-]+!?\("  # a call as a statement
    r"|\b(?:global|nonlocal|del|delete|print|echo|puts|await|yield)\b",
)
_ASSIGNS = re.compile(r"^\s*[\w$]+\s*[-+*/|&]?=(?!=)")
_MADE_HERE = re.compile(
    r"^\s*(?:(?:let|var|const|val|auto|final|my|local)\s+)?(?:mut\s+)?(\w+)\s*(?::[^=]*)?:?=\s*"
    r"(?:[\[{]|\(\)|[\"'f]*[\"']|-?\d|(?:set|list|dict|deque|defaultdict|OrderedDict|Counter|bytearray|StringIO|BytesIO)\("
    r"|new (?:Array|Map|Set|StringBuilder|ArrayList|HashMap|HashSet)\b|(?:Vec|String|HashMap|HashSet)::|make\()"
)
_ALIAS = re.compile(r"^\s*(\w+)\s*=\s*(\w+)\.\w+\s*$")
_ROOT = re.compile(r"^\s*(?:await\s+)?[*&(]*(\w+)")
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")
_NO_EFFECT = re.compile(r"^\W*(?:returns?|none|no|nothing|n/?a|not|does not|doesn't|has no|without)\b", re.IGNORECASE)
# What different words for the same deed begin with, a line each.
_DEED_WORDS = """
    prin echo put writ outp stdo stde stre cons emit disp show
    remo dele unli rmtr clea pop disc drop purg rmdi
    writ save stor dump mkdi crea file disk open touc
    send post requ fetc conn netw sock http
    appe add inse exte push regi enqu put
    log logg warn info debu mess
    clos rele free shut stop term kill
    slee wait bloc paus dela
    next cons adva iter yiel
    star run spaw laun subm sche call invo
    loc lock acqu
"""
_DEEDS = tuple(frozenset(line.split()) for line in _DEED_WORDS.strip().splitlines())
_GENERIC_WORDS = "sel self thi this that wit with fro from int into valu obje func meth clas data give chan modi set"
_GENERIC = frozenset(_GENERIC_WORDS.split())

_OMISSION = re.compile(
    r"\b(?:does|do|did|is|are)(?: not|n't) (?:\w+ )?(?:mention|describ|say|explain|specif|stat|includ|document|provid|"
    r"cover|indicat|clear|detail)|\b(?:no|missing|lacks?|omits?)\b[^.]{0,40}\b(?:docstring|documentation|description|mention)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"`([^`]+)`|\"([^\"]+)\"|“([^”]+)”|(?<!\w)'([^']+)'(?!\w)")
_USED_BY = re.compile(r"\b(?:used|called|invoked) by ([^.;]*(?:\.\w[^.;]*)*)")
_MIN_COPIED = 3  # words below which two sentences may well be alike
_COPIED = 0.6  # of the words that are said of what is around
_MIN_QUOTED = 2  # words of the author's that a contradiction quotes

# Words that tell nothing about a symbol beside its name.
_EMPTY_WORDS = """
    a an the this that it its of for to in on by with from as is are be and or which who whose when where used using
    use uses returns return gets get gives give creates create makes make provides provide defines define handles
    handle performs perform represents represent implements implement responsible calls call called does do executes
    execute contains contain holds hold function method class object value values type module file code property
    attribute variable constant instance given specific specified current new one own some any all other
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())


def shows_effect(effect: str, source: str, path: str) -> bool:
    """Whether some line that changes things outside has to do with the effect that is said of it."""
    if _NO_EFFECT.match(effect):
        return False
    said = _beginnings(effect)
    named = {word.lower() for name in names(effect) for word in re.findall(r"\w+", name)}
    for line in _changing(source, path):
        done = _beginnings(line)
        if (said & done) - _GENERIC or named & {word.lower() for word in re.findall(r"\w+", line)} - _GENERIC:
            return True
        if any(deed & said and deed & done for deed in _DEEDS):
            return True
    return False


def _changing(source: str, path: str) -> Iterator[str]:
    """Lines by which something may change that the code did not make itself: an assignment to a part of something, a
    call whose result nobody takes; each with the line that it goes on in."""
    lines = source.split("\n")
    made: set[str] = set()
    for line in lines:
        fresh, alias = _MADE_HERE.match(line), _ALIAS.match(line)
        if fresh is not None:
            made.add(fresh[1])
        elif alias is not None and alias[2] in made:
            made.add(alias[1])
    deep = 0  # brackets that are open: what stands in them is no statement
    for at, line in enumerate(lines):
        inside, deep = deep > 0, max(0, deep + _opened(line))
        if inside or not (_CHANGES.search(line) or (not path.endswith(".py") and _ASSIGNS.search(line))):
            continue
        root = _ROOT.match(line)
        if root is not None and root[1] in made and not re.search(r"\b(?:self|this|yield|await)\b", line):
            continue
        yield line + (f" {lines[at + 1]}" if line.rstrip().endswith(("(", ",")) and at + 1 < len(lines) else "")


def _opened(line: str) -> int:
    """How many brackets of arguments and lists a line opens more than it closes."""
    bare = _STRING.sub("", line).split("#")[0]
    return sum(bare.count(one) for one in "([") - sum(bare.count(one) for one in ")]")


def _beginnings(text: str) -> set[str]:
    """The first four letters of the words of a text, names taken apart."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", text)
    return {word.lower()[: 4 if len(word) > 4 else 3] for word in words if len(word) > 2}


def contradicts(sentence: str, docstring: str, source: str) -> bool:
    """Whether a sentence shows that documentation and code disagree: it quotes words of the one and a piece of the
    other, and does not just say that something is left unsaid."""
    if _OMISSION.search(SPAN.sub(" ", sentence)):
        return False
    quoted = [next(filter(None, found)) for found in _QUOTED.findall(sentence)]
    said = _plain(docstring)
    written = {line.strip() for line in docstring.split("\n") if line.strip()}
    code = _plain("\n".join(line for line in source.replace(docstring, "").split("\n") if line.strip() not in written))
    words = [one for one in quoted if len(one.split()) >= _MIN_QUOTED and _plain(one) in said]
    return any(_plain(one) in code for one in quoted if one not in words) if words else False


def _plain(text: str) -> str:
    return " ".join(text.split()).strip(" .,;:…").casefold()


def only_its_name(sentence: str, name: str) -> bool:
    """Whether a sentence about a symbol has no other words than those of its name, `getter: returns the getter`."""
    parts = {_stem(word) for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", sentence)
    told = {_stem(word) for word in words if word.lower() not in _EMPTY}
    return told <= parts


def _stem(word: str) -> str:
    return word.lower()[:5].rstrip("s")


def copied(sentence: str, around: str) -> bool:
    """Whether a sentence about a symbol says what is said of the file or class that it stands in."""
    told = stems(sentence)
    said = [stems(line.partition(": ")[2]) for line in around.split("\n")]
    return any(len(one) >= _MIN_COPIED and len(one & told) >= _COPIED * len(one) for one in said)


def is_about(sentence: str, owner: str) -> bool:
    """Whether a sentence about a member says what its class is."""
    return (
        re.match(rf"\W*(?:the )?\W*{re.escape(owner)}\W* (?:class\b|is an? |is the )", sentence, re.IGNORECASE)
        is not None
    )


def false_users(sentence: str, users: Collection[str]) -> list[str]:
    """What a sentence names as using the symbol and does not; `users`: the names of those that do."""
    found = _USED_BY.search(sentence)
    named = [name.removesuffix("()").rsplit(".", 1)[-1] for name in names(found[1])] if found else []
    return [name for name in dict.fromkeys(named) if name not in users]
