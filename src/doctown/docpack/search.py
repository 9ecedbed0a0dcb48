"""Finding things in a docpack by name, by words and by meaning.

What looks like an identifier asks for a name: symbols that bear it come first, the exact one at the top. Everything
else is ranked in two steps. Candidates come from the full-text index, rare words first, and from the vectors nearest
to the query's; each candidate is then read and scored: how much of the query its name, scope, signature, text and the
names it uses hold, by the rarity of the words, plus its cosine. Filters are laid over the candidates, not over the
finished ranking. What a test file says comes after the code that it tests, unless the query speaks of tests. The caller
makes the vector of the query; nothing here knows a model. What is read once for a pack (its vectors, the kinds of its
symbols, which files are tests) is kept as long as the pack is open.
"""

# ruff: noqa: S608 - statements are put together from constants of this package; values are always bound.
from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from doctown.docpack.coding import ENTRY, SUBJECTS, entries
from doctown.docpack.fulltext import documents as read_documents
from doctown.docpack.fulltext import with_parts
from doctown.docpack.reader import Pack
from doctown.docpack.schema import DAMAGE
from doctown.docpack.words import MAX_WORDS, STOP_WORDS, is_identifier, parts, stem, words
from doctown.errors import InputError
from doctown.places import is_test

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from doctown.docpack.catalogue import Catalogue
    from doctown.docpack.meaning import Vectors

    Vector = Sequence[float] | NDArray[np.float32]

# What a field's words count, and how much a long field dilutes them. Tuned on the docstrings of four Python projects
# and measured on those of four others by `bench/search.py`.
FIELDS = {"name": (4.0, 0.3), "scope": (0.7, 0.3), "text": (0.7, 0.5), "uses": (0.7, 0.5)}
SATURATION = 1.2  # how fast a repeated word stops to count
WORDS = 0.8  # weight of all words found, where a cosine of 1 weighs 1
STANDING = 0.01  # for each factor of ten in centrality: what much leans on is likelier meant
# What a document of a test file is set back by: tests name and describe what they test, often in more words than it.
TEST_WORDS = 0.15  # among words and meaning: a test still comes first where it fits that much better than any code
TEST_NAME = 0.6  # among symbols of one name: more than lies between bearing it and being qualified by it
NAME, CASE = 4.0, 2.0  # a symbol that bears the name, and one that nearly does, stand above all that words can add
DEPTH = 100  # candidates from each source
READ = 50  # candidates from each source that are read though the other source lacks them
USES_DEPTH = 30  # candidates of which the names they use are looked at
MOST_USES = 30  # names that one candidate uses
COMMON = 2_000  # documents of a word from which on it is common and finds no candidate by itself
POOL = 20_000  # documents of one word that are looked at, where only common words are asked for
MOST_PIECES = 3  # words of a query that may be one qualified name together
MOST_TEXT = 4_000  # characters of a document that are scored


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Something found."""

    kind: str  # symbol | file | cluster | repository | artifact
    key: str  # key or path; empty for the repository
    title: str
    summary: str
    path: str  # empty for clusters and the repository
    line: int  # first line; 0 where there is none
    score: float  # comparable within one answer only
    why: tuple[str, ...]  # `exact name`, `words in name: app route`, `similar meaning 0.83`


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What hits are limited to; empty fields limit nothing."""

    kinds: tuple[str, ...] = ()  # kinds of hit or of symbol: `symbol`, `file`, `class`, `function`; of artifact too
    languages: tuple[str, ...] = ()
    path: str = ""  # beginning of the path
    clusters: tuple[str, ...] = ()  # keys or labels; what is in their parts counts too


class _State:
    """What is read once for an open pack."""

    def __init__(self) -> None:
        self.total = 0  # documents, roughly: symbols
        self.catalogue: Catalogue | None = None
        self.vectors: Vectors | None = None
        self.vectors_read = False
        self.tests: frozenset[int] | None = None  # ids of files that are tests


_states: WeakKeyDictionary[Pack, _State] = WeakKeyDictionary()


def _state(pack: Pack) -> _State:
    state = _states.get(pack)
    if state is None:
        state = _states[pack] = _State()
        state.total = int(next(pack.typed("i", "SELECT count(*) FROM symbol_rows"))[0])
    return state


def _tests(pack: Pack) -> frozenset[int]:
    state = _state(pack)
    if state.tests is None:
        state.tests = frozenset(
            number for number, path in pack.typed("is", "SELECT id, path FROM file_rows") if is_test(path)
        )
    return state.tests


@dataclass(slots=True)
class _Found:
    """A document with what speaks for it."""

    score: float
    why: list[str]


def search(
    pack: Pack,
    query: str,
    *,
    vector: Vector | Callable[[], Vector | None] | None = None,
    limit: int = 10,
    only: Filter | None = None,
) -> list[Hit]:
    """The best hits for a query, best first.

    `vector` is the query's embedding by the model of the pack's vectors, of the same length, or a function that makes
    it, which is called only where meaning counts: not for a name that symbols bear. Without it only words count.
    Raises InputError for a vector of another length and a limit below 1.
    """
    if limit < 1:
        raise InputError(f"the limit is {limit}", "ask for at least one hit")
    query = query.strip()
    mask = _mask(pack, only or Filter())
    found: dict[int, _Found] = {}
    named = is_identifier(query) and _by_name(pack, query, mask, found, limit)
    if not named:
        _by_name_in_words(pack, query, mask, found)
    made = vector() if callable(vector) and not named else vector
    cosines = {} if made is None or callable(made) else _by_meaning(pack, made, mask)
    _by_words(pack, query, mask, cosines, found, limit + DEPTH // 4)
    hits: list[Hit] = []
    for document in sorted(found, key=lambda one: (-found[one].score, one)):
        hit = _hit(pack, document, found[document])
        if hit is not None:
            hits.append(hit)
            if len(hits) == limit:
                break
    return hits


def _mask(pack: Pack, only: Filter) -> NDArray[np.bool_] | None:
    """Which documents pass, by their numbers; None: all."""
    if only == Filter():
        return None
    state = _state(pack)
    if state.catalogue is None:
        from doctown.docpack.catalogue import Catalogue  # noqa: PLC0415 - loads numpy, wanted only for a filter

        state.catalogue = Catalogue(pack)
    return state.catalogue.mask(only)


def _passes(mask: NDArray[np.bool_] | None, document: int) -> bool:
    return mask is None or (0 <= document < len(mask) and bool(mask[document]))


# --- names --------------------------------------------------------------------------------------------------------


def _by_name(pack: Pack, query: str, mask: NDArray[np.bool_] | None, found: dict[int, _Found], limit: int) -> bool:
    """Symbols that bear the name and the file of that path; whether there is one that does so exactly."""
    exact = pack.symbol(query)
    if exact is not None and _passes(mask, exact.id << 3):
        found[exact.id << 3] = _Found(NAME + 2, ["exact key"])
    file_id = pack.file_id(query)
    if file_id is not None and _passes(mask, file_id << 3 | 1):
        found[file_id << 3 | 1] = _Found(NAME + 2, ["exact path"])
    bare = query.rstrip("()")
    ranked = [one for one in pack.rank_names(bare) if _passes(mask, one[1] << 3)]
    for place, (rank, symbol_id) in enumerate(ranked[: max(DEPTH, limit)]):
        why = (
            "exact qualified name",
            "exact name",
            "end of its qualified name",
            "name, but for case",
            "path and name",
        )[rank]
        score = (NAME + 1.5, NAME + 1, NAME, CASE, NAME)[rank] - 0.4 * place / max(DEPTH, limit)
        found.setdefault(symbol_id << 3, _Found(score, [])).why.append(why)
    return any(one.score >= NAME - 0.5 for one in found.values())


def _by_name_in_words(pack: Pack, query: str, mask: NDArray[np.bool_] | None, found: dict[int, _Found]) -> None:
    """Symbols whose qualified name is the words of the query, in this order or the reverse: `Session get`."""
    pieces = query.split()
    if not 2 <= len(pieces) <= MOST_PIECES or not all(is_identifier(piece) for piece in pieces):
        return
    for dotted in dict.fromkeys([".".join(pieces), ".".join(reversed(pieces))]):
        for rank, symbol_id in pack.rank_names(dotted):
            if rank in (0, 2) and _passes(mask, symbol_id << 3):
                found[symbol_id << 3] = _Found(NAME, ["qualified name in words"])


# --- meaning ------------------------------------------------------------------------------------------------------


def _by_meaning(pack: Pack, vector: Vector, mask: NDArray[np.bool_] | None) -> dict[int, float]:
    """The cosines of the documents nearest to a vector, and under 0 that of the last, which stands for all others."""
    import numpy as np  # noqa: PLC0415 - only a search by meaning needs it, and it takes long to import

    state = _state(pack)
    if not state.vectors_read:
        from doctown.docpack import meaning  # noqa: PLC0415 - as above

        state.vectors, state.vectors_read = meaning.load(pack), True
    vectors = state.vectors
    if vectors is None:
        return {}
    cosines = vectors.cosines(vector)
    documents = vectors.documents
    if mask is not None:
        kept = (documents < len(mask)) & mask[np.minimum(documents, len(mask) - 1)]
        cosines, documents = cosines[kept], documents[kept]
    if len(cosines) > DEPTH:
        best = np.argpartition(-cosines, DEPTH)[:DEPTH]
        cosines, documents = cosines[best], documents[best]
    return dict(zip(documents.tolist(), cosines.tolist(), strict=True))


def nearest(pack: Pack, vector: Vector, limit: int) -> list[tuple[int, float]]:
    """Documents nearest to a vector and their cosine, nearest first, at most DEPTH of them."""
    found = _by_meaning(pack, vector, None)
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))[:limit]


# --- words --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Term:
    """A word of the query."""

    word: str  # as it was typed
    stem: str
    weight: float  # by its rarity
    open: bool  # whether it may be unfinished: the last one


def _by_words(
    pack: Pack,
    query: str,
    mask: NDArray[np.bool_] | None,
    cosines: dict[int, float],
    found: dict[int, _Found],
    limit: int,
) -> None:
    """Adds the best of the candidates of words and of meaning, and says what speaks for those found by their name."""
    terms, candidates = _candidates(pack, query, mask)
    # What has no vector, or one that is not among the nearest, is taken for as near as the farthest of these.
    floor = min(cosines.values(), default=0.0) if len(cosines) >= DEPTH else 0.0
    # What one of them ranks low and the other not at all is seldom among the best, and to read it takes as long.
    nearest_first = sorted(cosines, key=lambda one: (-cosines[one], one))
    numbers = {*candidates[:READ], *nearest_first[:READ], *(cosines.keys() & set(candidates)), *found}
    pattern = _pattern(terms)
    try:
        fields_of = {
            number: {"name": name, "scope": scope, "text": text[:MOST_TEXT]}
            for number, name, scope, text in read_documents(pack.connection, numbers, MOST_TEXT)
        }
    except DAMAGE as error:
        raise pack.damaged(error) from error
    words_of = {number: _score(terms, pattern, fields) for number, fields in fields_of.items()}
    standing, tests = _standing(pack, words_of)
    if _speaks_of_tests(query):
        tests = set()
    total = {
        number: cosines.get(number, floor) + WORDS * score + standing.get(number, 0.0) - TEST_WORDS * (number in tests)
        for number, score in words_of.items()
    }
    best = sorted(total, key=lambda one: (-total[one], one))[:USES_DEPTH]
    for number, uses in _uses(pack, [one for one in best if one & 7 == 0]).items():
        fields_of[number]["uses"] = with_parts(" ".join(uses))
        score = _score(terms, pattern, fields_of[number])
        total[number] += WORDS * (score - words_of[number])
        words_of[number] = score
    for number in tests & found.keys():
        found[number].score -= TEST_NAME
    # A name outweighs words; among symbols of one name, words say only a little.
    ranked = {number: found[number].score + 0.1 * one if number in found else one for number, one in total.items()}
    for number in sorted(ranked, key=lambda one: (-ranked[one], one))[:limit]:
        if words_of[number] <= 0 and number not in cosines and number not in found:
            continue
        known = found.setdefault(number, _Found(0.0, []))
        known.score = ranked[number]
        known.why += _words_found(terms, pattern, fields_of[number])
        if number in cosines:
            known.why.append(f"similar meaning {cosines[number]:.2f}")


def _candidates(pack: Pack, query: str, mask: NDArray[np.bool_] | None) -> tuple[list[_Term], list[int]]:
    """The query's words with their weights, and the documents that hold the most of them."""
    import numpy as np  # noqa: PLC0415 - adds up what thousands of documents have

    everything = parts(query) or words(query)
    chosen = [word for word in everything if word.lower() not in STOP_WORDS] or everything
    total = max(_state(pack).total, 1)
    wanted: dict[str, tuple[str, bool]] = {}
    for word in chosen[:MAX_WORDS]:
        wanted.setdefault(stem(word), (word, word == everything[-1] and len(word) > 1))
    limit = COMMON if mask is None and len(wanted) > 1 else POOL
    terms: list[_Term] = []
    lists: list[tuple[float, NDArray[np.int64], NDArray[np.int64]]] = []
    for root, (word, unfinished) in wanted.items():
        anywhere = _documents_with(pack, root, unfinished, "search", limit)
        rarity = math.log(1 + total / (1 + len(anywhere)))
        terms.append(_Term(word, root, rarity, unfinished))
        names = _documents_with(pack, root, unfinished, "search_names", limit)
        lists.append((rarity, anywhere if len(anywhere) < limit else names, names))
    if not any(len(one) for _, one, _ in lists):
        return terms, []
    documents, place = np.unique(np.concatenate([part for _, *both in lists for part in both]), return_inverse=True)
    score = np.zeros(len(documents))
    at = 0
    for rarity, anywhere, names in lists:
        for part, factor in ((anywhere, 1.0), (names, 2.0)):
            score[place[at : at + len(part)]] += rarity * factor
            at += len(part)
    if mask is not None:
        kept = (documents < len(mask)) & mask[np.minimum(documents, len(mask) - 1)]
        documents, score = documents[kept], score[kept]
    best = np.lexsort((documents, -score))[:DEPTH]
    return terms, documents[best].tolist()


def _documents_with(pack: Pack, root: str, unfinished: bool, index: str, limit: int) -> NDArray[np.int64]:
    """The documents of an index with a word that begins as the stem does; short stems are words by themselves."""
    # Documents of one word come one by one, those of a beginning only after all its words were merged: where the word
    # alone is common enough, that is not asked for.
    found = _matching(pack, f'"{root}"', index, limit)
    if len(found) < limit and (unfinished or len(root) > 3):
        found = _matching(pack, f'"{root}" *', index, limit)
    return found


def _matching(pack: Pack, match: str, index: str, limit: int) -> NDArray[np.int64]:
    """The first documents of an index, by number, for a query in FTS5's language."""
    import numpy as np  # noqa: PLC0415 - as above

    row = pack.row(
        f"SELECT group_concat(rowid) FROM (SELECT rowid FROM {index} WHERE {index} MATCH ? LIMIT ?)", (match, limit)
    )
    listed = str(row[0]) if row is not None and row[0] is not None else ""
    # Read from the text itself: as strings, thousands of numbers would take ten times the memory.
    return np.fromstring(listed, np.int64, sep=",") if listed else np.empty(0, np.int64)


def _pattern(terms: Sequence[_Term]) -> re.Pattern[str]:
    """Finds the query's stems in lower-case text, each at the beginning of a word; a short one is a whole word. One
    pass in C over a text costs a tenth of what stemming its words would.

    It looks at the letter that a stem begins with before it looks back, so that most characters cost next to nothing.
    """
    longest_first = sorted(terms, key=lambda term: (-len(term.stem), term.stem))
    found = [re.escape(term.stem) + ("" if _begins(term) else r"(?![^\W_])") for term in longest_first]
    letters = "".join(sorted({re.escape(term.stem[0]) for term in terms}))
    return re.compile(rf"(?=[{letters}])(?<![^\W_])(?:{'|'.join(found)})" if found else "(?!)")


def _begins(term: _Term) -> bool:
    """Whether words that only begin with the stem count."""
    return term.open or len(term.stem) > 3


def _score(terms: Sequence[_Term], pattern: re.Pattern[str], fields: dict[str, str]) -> float:
    """How much of the query a document holds, 0 to 1, by the rarity of its words."""
    amount: defaultdict[str, float] = defaultdict(float)
    for field, text in fields.items():
        found = pattern.findall(text.lower())
        if not found:
            continue
        weight, dilution = FIELDS[field]
        norm = weight / (1 - dilution + dilution * len(text) / _USUAL[field])
        for root in set(found) if field == "name" else found:
            amount[root] += norm
    if not amount:
        return 0.0
    score = whole = 0.0
    for term in terms:
        whole += term.weight
        if term.stem in amount:
            score += term.weight * amount[term.stem] / (amount[term.stem] + SATURATION)
    return score / whole if whole else 0.0


def _words_found(terms: Sequence[_Term], pattern: re.Pattern[str], fields: dict[str, str]) -> list[str]:
    """Which words of the query stand in which field; of each word the first field is told, the most telling one."""
    why: list[str] = []
    told: set[str] = set()
    for field, text in fields.items():
        found = set(pattern.findall(text.lower())) - told
        told |= found
        if found:
            why.append(f"words in {field}: {' '.join(term.word for term in terms if term.stem in found)}")
    return why


_OF_TESTS = frozenset(
    {
        "test",
        "tests",
        "tested",
        "testing",
        "tester",
        "testcase",
        "spec",
        "specs",
        "fixture",
        "fixtures",
        "conftest",
        "e2e",
    }
)
_USUAL = {"name": 20.0, "scope": 45.0, "text": 180.0, "uses": 120.0}  # characters that a field has, about


def _uses(pack: Pack, numbers: Sequence[int]) -> dict[int, list[str]]:
    """Of symbols, by document number: the names of what they call and refer to, resolved or not."""
    own: dict[int, tuple[list[int], list[int]]] = {number: ([], []) for number in numbers}
    asked = str([number >> 3 for number in numbers])
    for place, sql in enumerate(
        (
            "SELECT e.source_id, e.data FROM json_each(?) j JOIN edge_lists e ON e.source_id = j.value AND e.part = 0",
            "SELECT u.source_id, u.data FROM json_each(?) j JOIN unresolved_lists u ON u.source_id = j.value",
        )
    ):
        for symbol, data in pack.typed("is", sql, (asked,)):
            own[symbol << 3][place].extend(one for one, _, _ in entries(data[: MOST_USES * ENTRY]))
    symbols = _texts(pack, "symbols", {one for lists in own.values() for one in lists[0]})
    names = _texts(pack, "names", {one for lists in own.values() for one in lists[1]})
    return {
        number: [*(symbols.get(one, "") for one in known), *(names.get(one, "") for one in unknown)]
        for number, (known, unknown) in own.items()
    }


def _texts(pack: Pack, table: str, numbers: Iterable[int]) -> dict[int, str]:
    """The names with these ids, of symbols or of what is not resolved."""
    sql = {
        "symbols": "SELECT s.id, CASE typeof(s.name) WHEN 'integer' THEN substr(s.qualified_name, -s.name)"
        " ELSE s.name END FROM symbol_rows s JOIN json_each(?) j ON s.id = j.value",
        "names": "SELECT n.id, n.name FROM names n JOIN json_each(?) j ON n.id = j.value",
    }[table]
    return {int(row[0]): str(row[1]) for row in pack.rows(sql, (str(sorted(numbers)),))}


def _standing(pack: Pack, numbers: Iterable[int]) -> tuple[dict[int, float], set[int]]:
    """What the centrality of symbols adds, and which documents, symbols and files, are those of tests."""
    of_tests = _tests(pack)
    tests = {number for number in numbers if number & 7 == 1 and number >> 3 in of_tests}
    symbols = sorted(number >> 3 for number in numbers if number & 7 == 0)
    sql = "SELECT s.id, s.centrality, s.file_id FROM symbol_rows s JOIN json_each(?) j ON s.id = j.value"
    standing = {}
    for symbol, centrality, file_id in pack.typed("iii", sql, (str(symbols),)):
        standing[symbol << 3] = STANDING * math.log10(1 + max(centrality, 0) / 1000)
        if file_id in of_tests:
            tests.add(symbol << 3)
    return standing, tests


# How a test says what it tests: what ought to hold, and not what something does. Chosen on the tuned corpora of
# `bench/search.py`: queries for code lose nothing, those for tests gain two thirds.
_ASSERTS = re.compile(
    r"\b(?:should|ensures? (?:that|the)|make sure|correctly|checks? (?:that|if|whether)|verif(?:y|ies) that)\b",
    re.IGNORECASE,
)


def _speaks_of_tests(query: str) -> bool:
    """Whether a query asks for tests, by a word of its own or by saying what should hold."""
    return any(word.lower() in _OF_TESTS for word in parts(query)) or _ASSERTS.search(query) is not None


# --- hits ---------------------------------------------------------------------------------------------------------


def _hit(pack: Pack, document: int, found: _Found) -> Hit | None:
    """The hit for a document, or None where it is gone."""
    kind = SUBJECTS[document & 7] if document & 7 < len(SUBJECTS) else ""
    key = "" if kind == "symbol" else pack.subject_key(document)
    path, line, title, summary = "", 0, key, ""
    if kind == "symbol":
        entry = pack.entry(document >> 3)
        if entry is None:
            return None
        symbol = entry.symbol
        key, path, line = symbol.key, symbol.path, symbol.start_line
        title, summary = symbol.qualified_name, symbol.signature
    elif kind == "file":
        if not key:
            return None
        path, line = key, 1
    elif kind == "artifact":
        for one in pack.artifacts(key.partition("#")[0]):
            if one.key == key:
                path, line, title, summary = one.path, one.start_line, one.name, one.summary
    page = pack.page_by_id(document, key)
    if page is not None:
        title, summary = page.title, page.summary or summary
    return Hit(
        kind=kind, key=key, title=title, summary=summary, path=path, line=line, score=found.score,
        why=tuple(dict.fromkeys(found.why)),
    )  # fmt: skip
