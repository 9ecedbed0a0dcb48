"""English from identifiers: words of a name, verbs in the third person, lists, sentences.

Everything here is about wording alone; what is true of a symbol is decided by the modules that call it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_WORD = re.compile(r"[a-z]+\d*|[A-Z]+s?\d*(?![a-z])|[A-Z][a-z]*\d*|\d+|[^\W\d_]+")

_VERBS = """accept acquire activate add adjust advance alter analyze annotate append apply assert assign assure attach
    authenticate authorize balance begin bind block broadcast build cache calculate call cancel capture change check
    choose clean clear clone close collapse collect combine commit compare compile complete compress compute concat
    configure confirm connect construct consume contribute convert copy count create deactivate debug declare decode
    decorate decompress decrypt deduplicate define delegate delete deny dequeue derive deserialize destroy detach
    detect determine disable discard disconnect discover dispatch display dispose divide do drain draw drop dump echo
    edit emit enable encode encrypt end enqueue ensure enter enumerate erase escape establish estimate evaluate examine
    exclude execute exit expand expect explain export extend extract fail fetch fill filter finalize find finish fire
    fix flatten flush follow force forget format forward free freeze generate get give grant group grow guess handle
    hash hide highlight hydrate identify ignore implement import include increment infer inherit init initialize inject
    insert inspect install instantiate interpolate interrupt intersect invalidate invert invoke iterate join keep kill
    label launch lex link list listen load localize locate lock log login logout lookup loop make map mark match
    measure merge migrate modify mount move multiply mutate narrow negotiate next normalize notify observe obtain
    offer omit open optimize order override pad paginate parse pass patch pause peek perform persist pick ping poll
    pop populate post prefetch prepare prepend preserve prevent print process produce promote prompt propagate prune
    publish pull purge push put query queue quote raise randomize rank read rebuild receive recompute reconnect record
    recover redirect reduce refer refresh register reject release reload remove rename render reopen repeat replace
    reply report represent request require reserve reset resize resolve respond restart restore restrict resume
    retrieve retry return reuse reverse revert rewrite rollback rotate round route run sanitize save scale scan
    schedule score search seek select send separate serialize serve set setup shift show shrink shuffle shut sign
    simplify skip sleep slice sort spawn split squash stage start stop store stream strip submit subscribe subtract
    suggest suspend swap switch sync synchronize take teardown terminate test throttle throw tick toggle tokenize
    touch trace track transform translate transition traverse trigger trim truncate try turn unbind undo unescape
    unlock unmount unpack unquote unregister unsubscribe unwrap update upgrade upload use validate verify visit wait
    walk warn watch wrap write yield zip"""
VERBS = frozenset(_VERBS.split())
# Verbs that are nouns where another verb follows them: `list_insert` inserts, it lists nothing.
_NOUNS = """block buffer cache channel cursor file filter group hash key label lex link list lock log map match mount
    process query queue range record register score set stage stream test trace transform transition watch"""
NOUNS = frozenset(_NOUNS.split())
# Verbs whose object may stand before them: `list_init`, `buffer_free`.
_AFTER = "clear clone close copy destroy dispose free init initialize release reset sort"
AFTER_OBJECTS = frozenset(_AFTER.split())
_IRREGULAR = {"do": "does", "go": "goes", "has": "has", "have": "has", "init": "initialises", "setup": "sets up",
              "teardown": "tears down", "lookup": "looks up", "login": "logs in", "logout": "logs out",
              "rollback": "rolls back", "concat": "concatenates", "sync": "synchronises", "redo": "redoes",
              "undo": "undoes", "echo": "echoes", "quiz": "quizzes", "next": "advances to the next"}  # fmt: skip
_UPPER = (
    "HTTP HTTPS HTML CSS JSON XML YAML TOML CSV SQL API CLI URL URLs URI UI TCP UDP TLS SSL DNS IP RPC WSGI ASGI "
    "ORM JWT OAuth ID IDs UUID IO OS CSRF CORS CGI ASCII UTF AST GEOS GDAL GIS PDF SVG DB TTL TTY EOF JS I18n L10n"
)
_ACRONYMS = {word.lower(): word for word in _UPPER.split()}


@lru_cache(maxsize=100_000)
def words(name: str) -> tuple[str, ...]:
    """`getHTTPResponse_v2` → `get`, `HTTP`, `response`, `v2`: lower case, but for acronyms."""
    return tuple(_ACRONYMS.get(part.lower(), part.lower()) for part in _WORD.findall(name))


def phrase(parts: Sequence[str]) -> str:
    """Words as a phrase; a verb that follows `and` goes on with what is done."""
    if "and" not in parts:
        return " ".join(parts)
    joined = zip(("", *parts), parts, strict=False)
    return " ".join(third_person(part) if before == "and" and part in VERBS else part for before, part in joined)


def third_person(verb: str) -> str:
    """`parse` → `parses`, `apply` → `applies`."""
    known = _IRREGULAR.get(verb)
    if known:
        return known
    if verb.endswith(("s", "x", "ch", "sh", "z")):
        return verb + "es"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + "s"


def capital(text: str) -> str:
    """The first letter in upper case, the rest as it is."""
    return text[:1].upper() + text[1:]


def lower(text: str) -> str:
    """The first letter in lower case, unless an acronym begins there."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def listed(parts: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}" if len(parts) > 1 else "".join(parts)


def shortened(parts: Sequence[str], count: int, noun: str = "more") -> str:
    """The first `count` parts, and how many there are beyond: `a, b and 3 more`."""
    if len(parts) <= count + 1:
        return listed(parts)
    return f"{', '.join(parts[:count])} and {len(parts) - count} {noun}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 class`, `2 classes`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {plural or (noun[:-1] + 'ies' if noun.endswith('y') else third_person(noun))}"


_END = re.compile(r"[.!?][)\"'”]?(?=\s+[^a-z\s]|\s*$)|。")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|resp|approx|incl|Mr|Dr|St|No|Fig|al|a\.k\.a|viz|ca)|\b[A-Z]|\.)\.$"
)
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)  # a code span as CommonMark has it


def first_sentence(text: str) -> tuple[str, str]:
    """(first sentence, the rest) of one paragraph. A period in a code span, an abbreviation or a number ends none."""
    if "!" not in text and "?" not in text and "。" not in text:
        stops = text.count(".")
        if not stops or (stops == 1 and text.endswith(".")):  # most comments are one sentence
            return text.strip(), ""
    masked = _SPAN.sub(lambda match: "x" * len(match.group()), text) if "`" in text else text
    for match in _END.finditer(masked):
        end = match.end()
        if masked[match.start()] == "." and _ABBREVIATION.search(masked[:end]) and end < len(masked.rstrip()):
            continue
        return text[:end].strip(), text[end:].strip()
    return text.strip(), ""


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    space = head.rfind(" ")
    return (head[:space] if space > limit // 2 else head).rstrip(" ,;:.") + "…"
