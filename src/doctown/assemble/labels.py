"""Names for clusters, as a person would give them: `Template loaders`, `Database migrations`, `Sessions and cookies`.

A folder's own name leads, spelled out and set beside its parent's where it says too little alone. Groups without a
folder are named by the files that stand out in them, and where names say nothing (`core`, `utils`) or collide, the
words that set a cluster apart are added: TF-IDF in integers over file names, identifiers and docstrings.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from doctown.assemble.partition import stem
from doctown.model import Symbol


@dataclass(slots=True)
class Draft:
    """A cluster before it has a label and a size."""

    key: str
    parent: str
    folder: str  # what its name is taken from; empty for what lies at the root
    paths: list[str]
    area: str  # code | tests | docs | examples | benchmarks | project


_WORD = re.compile(r"[a-z]+\d*|[A-Z]+s?\d*(?![a-z])|[A-Z][a-z]*\d*|\d+")

# How words of paths are written in a label. Numbers inside (`i18n`) keep them whole.
_SPELLED = {
    "db": "database", "auth": "authentication", "utils": "utilities", "util": "utilities", "conf": "configuration",
    "config": "configuration", "cfg": "configuration", "i18n": "internationalization", "l10n": "localization",
    "ctx": "context", "cmd": "commands", "msg": "messages", "req": "requests", "env": "environment",
    "docs": "documentation",
    "doc": "documentation", "bench": "benchmarks",
    "benches": "benchmarks", "fmt": "formatting", "impl": "implementation", "lang": "languages",
    "deps": "dependencies", "params": "parameters", "args": "arguments", "admindocs": "admin documentation",
    "contenttypes": "content types", "staticfiles": "static files", "templatetags": "template tags",
    "flatpages": "flat pages", "wrappers": "wrappers", "dist": "distribution", "init": "initialisation",
    "ref": "reference", "refs": "references", "howto": "how-to guides", "postgres": "PostgreSQL", "sansio": "sans-IO",
}  # fmt: skip
_UPPER = (
    "HTTP HTTPS HTML CSS JSON XML YAML TOML CSV SQL API CLI GIS URL URLs URI UI TCP UDP TLS SSL DNS IP RPC gRPC REST "
    "WSGI ASGI ORM JWT OAuth AWS GCP S3 GPU CPU IO I/O OS PHP JVM JS TypeScript JavaScript PostgreSQL MySQL SQLite3 "
    "SQLite GraphQL WebSocket AST IR LLM MCP PDF SVG CORS CSRF CGI FTP SSH SMTP UTF ID UUID GUI SDK VM GEOS GDAL "
    "NumPy macOS iOS CI LSP LRU HMAC AES RSA SHA CRC"
)
_ACRONYMS = {word.lower(): word for word in _UPPER.split()}
_VAGUE_WORDS = (
    "core utils util utilities base common lib libs internal internals helpers helper misc shared main pkg support "
    "types type constants consts defs tools impl private index mod init generic other src compat"
)
_VAGUE = frozenset(_VAGUE_WORDS.split())
_CARRIER_WORDS = (
    "src lib libs source sources pkg packages crates contrib internal apps modules java main kotlin "
    "python go com org net io plugins cmd bin app ext"
)
_CARRIERS = frozenset(_CARRIER_WORDS.split())  # fmt: skip
_PLAIN_PLURALS = frozenset({"css", "js", "os", "gis", "https", "tls", "dns", "aws", "class", "access", "process",
                            "address", "postgis", "sphinx", "redis", "status", "alias", "bus", "analysis", "news",
                            "cors", "geos", "syntax", "ios", "macos", "ls", "ops", "is", "as", "us"})  # fmt: skip
_STOP = """a an and are as at be but by can do does for from get has have if in into is it its make new no not of on or
    return returns set so that the their then there these they this to true false none null use used uses using was
    when which will with you your all any also only other self cls this super init main test tests class def func
    function method object type value values name names data item items key keys list dict str string int bool args
    kwargs arg param params result results file files path default import module package public private static void
    const let var struct enum interface impl trait fn async await yield raise throw throws try catch except error add
    create given should must may one two first last more each same current base abstract see example note default
    check call called instance field fields should like way such same how what where between been being than them
    were would could about after before per via non todo run start end"""
STOP_WORDS = frozenset(_STOP.split())


def label_all(drafts: Sequence[Draft], symbols: Iterable[Symbol], counts: Mapping[str, int]) -> dict[str, str]:
    """A label for each draft by key: unique among siblings, and among all where a parent's name can make it so."""
    terms = _Terms(drafts, symbols)
    labels: dict[str, str] = {}
    by_key = {draft.key: draft for draft in drafts}
    for draft in drafts:
        labels[draft.key] = _label(draft, by_key, labels, terms, counts)
    return _unique(drafts, labels, terms)


def _label(
    draft: Draft, by_key: Mapping[str, Draft], labels: Mapping[str, str], terms: _Terms, counts: Mapping[str, int]
) -> str:
    if draft.area == "project":
        return "Project files"
    parent = by_key.get(draft.parent)
    if draft.key.endswith("/.") and draft.area != "code":
        return f"Other {_lower(labels[draft.parent])}" if parent else "Other files"
    if draft.key.endswith("/.") or "#" in draft.key or not draft.folder:
        return _of_files(draft, terms, counts)
    label = _of_folder(draft.key)
    if draft.area in ("tests", "examples", "benchmarks") and parent is not None:
        bare = " ".join(word for word in label.split() if word.lower() not in ("test", "tests", draft.area))
        return _capital(f"{bare} {draft.area}".strip())
    own = _words(draft.key.rsplit("/", 1)[-1])
    if draft.key in _CARRIERS and not any(other.parent == draft.key for other in by_key.values()):
        return _of_files(draft, terms, counts)  # `src` names nothing
    if len(own) == 1 and own[0] in _VAGUE and label.lower() == _phrase(own[0]).lower():
        added = _largest_inside(draft, by_key, counts) or terms.distinctive(draft.key, 3, exclude=own)
        return f"{label}: {_listed(added)}" if added else label
    return "Test support" if label == "Test" else label


def _largest_inside(draft: Draft, by_key: Mapping[str, Draft], counts: Mapping[str, int]) -> list[str]:
    """Names of the three largest folders among a cluster's children, by symbols."""
    sizes = [
        (-sum(counts[path] for path in child.paths), _phrase(child.key.rsplit("/", 1)[-1]))
        for child in by_key.values()
        if child.parent == draft.key and not child.key.endswith("/.") and "#" not in child.key
    ]
    return [name for _, name in sorted(sizes)[:3]]


def _of_folder(key: str) -> str:
    """`django/db/migrations` → `Database migrations`, `db/backends/mysql` → `MySQL backend`."""
    parts = [part for part in key.split("/") if part]
    own = _phrase(parts[-1].rstrip("*"))
    above = parts[-2] if len(parts) > 1 else ""
    if not above or above.lower() in _CARRIERS or above.lower() in _VAGUE or (len(parts) == 2 and len(own) > 3):
        return _capital(own)  # the folder above carries no meaning, or it is the project itself
    head = _words(parts[-1])[-1:]
    context = _phrase(above)
    if set(context.lower().split()) & set(own.lower().split()):
        return _capital(own)
    if _is_plural(above) and not (head and _is_plural(head[0])):
        return _capital(f"{own} {_singular(context)}")
    if head and (_is_plural(head[0]) or head[0] in _VAGUE or head[0] in ("management", "handling", "schema")):
        return _capital(f"{_singular(context)} {own}")
    return _capital(own)


def _of_files(draft: Draft, terms: _Terms, counts: Mapping[str, int]) -> str:
    """A label from the files that stand out: the two with most symbols whose names say something."""
    weights: Counter[str] = Counter()
    for path in draft.paths:
        # Files of a folder too small to be a cluster speak by the folder's name.
        inside = path.removeprefix(draft.folder + "/") if draft.folder else path
        if path.endswith("/__init__.py") and "/" in inside:
            continue
        weights[inside.split("/", 1)[0] if "/" in inside else stem(path)] += counts.get(path, 0)
    named = [
        (name, weight)
        for name, weight in sorted(weights.items(), key=lambda item: (-item[1], item[0]))
        if weight and (words := _words(name)) and not all(word in _VAGUE or word == "py" for word in words)
    ]
    speaker = draft.key.rsplit("#", 1)[-1] if "#" in draft.key else ""
    chosen = [name for name, _ in named if name == speaker] + [name for name, _ in named if name != speaker]
    picked: list[str] = []
    for name in chosen:
        phrase = _phrase(name)
        if not any(_overlap(phrase, other) for other in picked):
            picked.append(phrase)
        if len(picked) == (2 if len(draft.paths) < 8 else 3):
            break
    heads = _heads([_phrase(name) for name in chosen]) if len(picked) == 1 else []
    if len(heads) > 1:  # `bash_completions` and `zsh_completions` differ in their first words alone
        picked = [f"{_listed(heads[:3])} {picked[0].rsplit(' ', 1)[-1]}"]
    picked = picked or terms.distinctive(draft.key, 3) or [_phrase(draft.folder.rsplit("/", 1)[-1] or "code")]
    return _capital(_listed(picked))


def _heads(phrases: Sequence[str]) -> list[str]:
    """The first words of phrases of two words that end in the same word as the first of them."""
    last = phrases[0].rsplit(" ", 1)[-1]
    return list(dict.fromkeys(p.split(" ")[0] for p in phrases if p.count(" ") == 1 and p.endswith(f" {last}")))


def _unique(drafts: Sequence[Draft], labels: dict[str, str], terms: _Terms) -> dict[str, str]:
    """Labels made unique: by the parent's name where two parents share a child's, by their own terms among siblings."""
    by_key = {draft.key: draft for draft in drafts}
    depths: dict[str, list[int]] = {}
    for draft in drafts:
        depths.setdefault(labels[draft.key].lower(), []).append(draft.key.count("/"))
    for draft in drafts:
        label = labels[draft.key]
        parent = by_key.get(draft.parent)
        alike = depths[label.lower()]
        if len(alike) == 1 or parent is None or label.lower().startswith(labels[parent.key].lower()):
            continue
        if draft.key.count("/") > min(alike) or alike.count(min(alike)) > 1:
            labels[draft.key] = f"{_singular(labels[parent.key].split(':')[0])} {_lower(label)}"
    taken: set[tuple[str, str]] = set()
    for draft in drafts:
        label = labels[draft.key]
        place = (draft.parent, label.lower())
        if place in taken:
            added = terms.distinctive(draft.key, 2, exclude=_words(label))
            label = f"{label} ({_listed(added) or draft.key})"
            if (draft.parent, label.lower()) in taken:
                label = f"{labels[draft.key]} ({draft.key})"
            labels[draft.key] = label
        taken.add((draft.parent, label.lower()))
    return labels


# --- distinctive terms --------------------------------------------------------------------------------------------


class _Terms:
    """Words of each leaf cluster's files, weighed against how many leaves have them. Built when first asked for."""

    def __init__(self, drafts: Sequence[Draft], symbols: Iterable[Symbol]) -> None:
        self._drafts = drafts
        self._symbols = symbols
        self._counts: dict[str, dict[str, int]] = {}
        self._spread: Counter[str] = Counter()

    def distinctive(self, key: str, count: int, exclude: Iterable[str] = ()) -> list[str]:
        """Up to `count` words that set this cluster apart, best first."""
        if not self._counts:
            self._build()
        out = set(exclude) | {_singular(word) for word in exclude}
        leaves = len(self._counts)
        scored = sorted(
            (
                (-count_here * (64 * leaves // max(1, self._spread[word])).bit_length(), word)
                for word, count_here in self._counts[key].items()
                if word not in out
            ),
        )
        chosen: list[str] = []
        for _, word in scored:
            if not any(_singular(word) == _singular(other) for other in chosen):
                chosen.append(word)
            if len(chosen) == count:
                break
        return [_spell(word) for word in chosen]

    def _build(self) -> None:
        by_path: dict[str, dict[str, int]] = defaultdict(dict)
        for symbol in self._symbols:
            kind = symbol.kind
            if kind in TELLING:
                words = by_path[symbol.path]
                weight = 6 if kind == "module" else 2
                for word in _content_words(symbol.name):
                    words[word] = words.get(word, 0) + weight
                if symbol.docstring:
                    first = symbol.docstring[:200].split("\n\n", 1)[0]
                    for word in set(_WORDS.findall(first.lower())) - STOP_WORDS:
                        words[word] = words.get(word, 0) + 1
        for draft in self._drafts:
            counts: dict[str, int] = {}
            for path in draft.paths:
                for word, count in by_path.get(path, {}).items():
                    counts[word] = counts.get(word, 0) + count
            self._counts[draft.key] = counts
            self._spread.update(counts.keys())


_WORDS = re.compile(r"[a-z]{4,}")
TELLING = frozenset({"class", "function", "interface", "struct", "trait", "enum", "module", "type_alias"})


@lru_cache(maxsize=50_000)
def _content_words(name: str) -> frozenset[str]:
    return frozenset(word for word in _words(name) if len(word) > 2 and word not in STOP_WORDS and not word.isdigit())


# --- words --------------------------------------------------------------------------------------------------------


def _words(name: str) -> list[str]:
    if name.lower() in _SPELLED or name.lower() in _ACRONYMS:
        return [name.lower()]
    return [word.lower() for word in _WORD.findall(name)]


def _spell(word: str) -> str:
    return _ACRONYMS.get(word) or _SPELLED.get(word) or word


def _phrase(name: str) -> str:
    """`http_client` → `HTTP client`, in lower case but for acronyms."""
    return " ".join(_spell(word) for word in _words(name)) or name


def _capital(phrase: str) -> str:
    first = phrase.split(" ", 1)[0]
    return phrase if any(letter.isupper() for letter in first) else phrase[:1].upper() + phrase[1:]


def _lower(phrase: str) -> str:
    first = phrase.split(" ", 1)[0]
    return phrase if any(letter.isupper() for letter in first[1:]) else phrase[:1].lower() + phrase[1:]


def _listed(phrases: Sequence[str]) -> str:
    return ", ".join(phrases[:-1]) + f" and {phrases[-1]}" if len(phrases) > 1 else "".join(phrases)


def _overlap(phrase: str, other: str) -> bool:
    return bool({_singular(word) for word in phrase.split()} & {_singular(word) for word in other.split()})


def _is_plural(word: str) -> bool:
    last = word.lower().rstrip("*")
    return len(last) > 3 and last.endswith("s") and not last.endswith("ss") and last not in _PLAIN_PLURALS


def _singular(phrase: str) -> str:
    """The last word in the singular: `template loaders` → `template loader`."""
    if not _is_plural(phrase.rsplit(" ", 1)[-1]):
        return phrase
    if phrase.endswith("ies"):
        return phrase[:-3] + "y"
    if phrase.endswith(("sses", "xes", "ches", "shes")):
        return phrase[:-2]
    return phrase[:-1]
