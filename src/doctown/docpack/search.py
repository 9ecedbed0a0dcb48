"""Finding things in a docpack by words and by meaning.

Two rankings are fused by the kind of query. What looks like an identifier asks for a name: symbols that bear it come
first, the exact one at the top, then documents that mention it. A sentence asks for meaning: full-text ranks and the
ranks of the nearest vectors are added by reciprocal rank fusion. The caller makes the vector of the query; nothing
here knows a model.
"""

# ruff: noqa: S608 - statements are put together from constants of this package; values are always bound.
from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from doctown.docpack.coding import SUBJECTS
from doctown.docpack.reader import Pack
from doctown.docpack.words import is_identifier, parts, quoted, words
from doctown.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FUSION = 60  # the usual constant of reciprocal rank fusion: how fast the weight of a rank falls
MEANING, WORDS = 1.0, 1.0  # weights of the two rankings for a sentence
DEPTH = 200  # how many of each ranking are fused
POOL = 50_000  # documents with a word of the query that are ranked; a cap on time, far above what real packs give
COLUMN_WEIGHTS = {"name": 3.0, "scope": 1.5, "text": 1.0}  # the best first
STOP_WORDS = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "by", "can", "do", "does", "for", "from", "how", "i", "in", "is",
    "it", "of", "on", "or", "that", "the", "this", "to", "what", "when", "where", "which", "who", "why", "with",
})  # fmt: skip


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
    why: tuple[str, ...]  # `exact name`, `name`, `words in name: app route`, `similar meaning 0.83`


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What hits are limited to; empty fields limit nothing."""

    kinds: tuple[str, ...] = ()  # kinds of hit or of symbol: `symbol`, `file`, `class`, `function`
    languages: tuple[str, ...] = ()
    path: str = ""  # beginning of the path


class _Ranking:
    """Scores and reasons of documents, collected."""

    def __init__(self) -> None:
        self.scores: defaultdict[int, float] = defaultdict(float)
        self.why: defaultdict[int, list[str]] = defaultdict(list)

    def add(self, document: int, score: float, why: str) -> None:
        self.scores[document] += score
        self.why[document].append(why)


def search(
    pack: Pack,
    query: str,
    *,
    vector: Sequence[float] | NDArray[np.float32] | None = None,
    limit: int = 10,
    only: Filter | None = None,
) -> list[Hit]:
    """The best hits for a query, best first.

    `vector` is the query's embedding by the model of the pack's vectors, of the same length; without it only words
    count. Raises InputError for a vector of another length and a limit below 1.
    """
    if limit < 1:
        raise InputError(f"the limit is {limit}", "ask for at least one hit")
    only = only or Filter()
    ranking = _Ranking()
    names = is_identifier(query.strip())
    if names:
        _by_name(pack, query.strip(), ranking)
    _by_words(pack, query, ranking, weight=0.3 if names else WORDS)
    if vector is not None:
        _by_meaning(pack, vector, ranking, weight=0.3 if names else MEANING)
    hits: list[Hit] = []
    for document in sorted(ranking.scores, key=lambda one: (-ranking.scores[one], one)):
        hit = _hit(pack, document, ranking.scores[document], tuple(ranking.why[document]), only)
        if hit is not None:
            hits.append(hit)
            if len(hits) == limit:
                break
    return hits


def _by_name(pack: Pack, query: str, ranking: _Ranking) -> None:
    """Symbols that bear the name: each outweighs all that words and meaning can add."""
    exact = pack.symbol(query)
    if exact is not None:
        ranking.add(exact.id << 3, 3.0, "exact key")
    bare = query.rstrip("()")
    ranked = pack.rank_names(bare)[: DEPTH * 5]
    for place, (rank, symbol_id) in enumerate(ranked):
        why = ("exact qualified name", "exact name", "end of its qualified name", "name, but for case")[rank]
        ranking.add(symbol_id << 3, 2.0 - 0.4 * rank - 0.3 * place / (DEPTH * 5), why)
    file_id = pack.file_id(query)
    if file_id is not None:
        ranking.add(file_id << 3 | 1, 3.0, "exact path")


def _by_words(pack: Pack, query: str, ranking: _Ranking, weight: float) -> None:
    scored = _word_scores(pack, query)
    best = sorted(scored, key=lambda one: (-scored[one][0], one))[: DEPTH * 2]
    prior = {document: scored[document][0] * _standing(pack, document) for document in best}
    for place, document in enumerate(sorted(best, key=lambda one: (-prior[one], one))[:DEPTH]):
        why = "; ".join(f"words in {column}: {' '.join(found)}" for column, found in scored[document][1].items())
        ranking.add(document, weight / (FUSION + place + 1), why)


def _standing(pack: Pack, document: int) -> float:
    """A factor from 1: what much of the code leans on is likelier meant than what merely has the same words."""
    if document & 7:
        return 1.0
    row = pack.row("SELECT centrality FROM symbol_rows WHERE id = ?", (document >> 3,))
    return 1.0 if row is None else 1.0 + 0.1 * math.log10(1 + max(int(row[0]), 0) / 1000)


def _word_scores(pack: Pack, query: str) -> dict[int, tuple[float, dict[str, list[str]]]]:
    """Document to its score and the words found per column.

    The index stores in which columns a word occurs, not how often, so a word counts by its rarity and by the best
    column that has it. A document with more of the query's words beats one with fewer.
    """
    (total,) = next(pack.rows("SELECT count(*) FROM symbol_rows"))
    everything = parts(query) or words(query)
    chosen = [word for word in everything if word.lower() not in STOP_WORDS] or everything
    scores: dict[int, tuple[float, dict[str, list[str]]]] = {}
    for word in chosen:
        (match,) = quoted([word])
        prefix = " *" if word == everything[-1] and len(word) > 1 else ""
        best: dict[int, str] = {}
        for column in COLUMN_WEIGHTS:
            rows = pack.rows(
                f"SELECT rowid FROM search WHERE search MATCH ? LIMIT {POOL}", (f"{column} : {match}{prefix}",)
            )
            for (document,) in rows:
                best.setdefault(int(document), column)
        rarity = math.log(1 + total / (1 + len(best)))
        for document, column in best.items():
            score, where = scores.get(document, (0.0, {}))
            where.setdefault(column, []).append(word)
            scores[document] = (score + COLUMN_WEIGHTS[column] * rarity, where)
    return {
        document: (score * (sum(map(len, where.values())) / len(chosen)) ** 2, where)
        for document, (score, where) in scores.items()
    }


def _by_meaning(pack: Pack, vector: Sequence[float] | NDArray[np.float32], ranking: _Ranking, weight: float) -> None:
    for place, (document, cosine) in enumerate(nearest(pack, vector, DEPTH)):
        ranking.add(document, weight / (FUSION + place + 1), f"similar meaning {cosine:.2f}")


def nearest(pack: Pack, vector: Sequence[float] | NDArray[np.float32], limit: int) -> list[tuple[int, float]]:
    """Documents of the chunks nearest to a vector and their cosine, nearest first, each document once."""
    import numpy as np  # noqa: PLC0415 - only a search by meaning needs it, and it takes long to import

    rows = list(
        pack.blobs(
            "SELECT v.data, v.scale, c.symbol_id, c.file_id FROM vector_rows v JOIN chunks c ON c.id = v.chunk_id"
        )
    )
    if not rows:
        return []
    asked = np.asarray(vector, dtype=np.float32).ravel()
    if any(len(row[0]) != len(asked) for row in rows):
        raise InputError(
            f"the query's vector has {len(asked)} components, the pack's {len(rows[0][0])}", "use its model"
        )
    stored = np.frombuffer(b"".join(row[0] for row in rows), dtype=np.int8).reshape(len(rows), len(asked))
    products = np.empty(len(rows), dtype=np.float32)
    lengths = np.empty(len(rows), dtype=np.float32)
    for start in range(
        0, len(rows), 8192
    ):  # A block as floats fits the cache; the whole would take four times its size.
        block = stored[start : start + 8192].astype(np.float32)
        products[start : start + 8192] = block @ asked
        lengths[start : start + 8192] = np.sqrt(np.einsum("ij,ij->i", block, block))
    # The scale of a vector is positive, so it cancels out of the cosine.
    cosines = products / np.maximum(lengths * float(np.sqrt(asked @ asked)), 1e-12)
    best: dict[int, float] = {}
    for at in np.argsort(-cosines, kind="stable")[: limit * 4]:
        _, _, symbol_id, file_id = rows[int(at)]
        document = int(file_id) << 3 | 1 if symbol_id is None else int(symbol_id) << 3
        best.setdefault(document, float(cosines[at]))
    return list(best.items())[:limit]


def _hit(pack: Pack, document: int, score: float, why: tuple[str, ...], only: Filter) -> Hit | None:
    """The hit for a document, or None where it is gone or the filter excludes it."""
    kind, key = (SUBJECTS[document & 7] if document & 7 < len(SUBJECTS) else ""), pack.subject_key(document)
    sort, language, path, line, title, summary = kind, "", "", 0, key, ""
    if kind == "symbol":
        entry = pack.entry(document >> 3)
        if entry is None:
            return None
        symbol = entry.symbol
        sort, language, path, line = symbol.kind, symbol.language, symbol.path, symbol.start_line
        title, summary = symbol.qualified_name, symbol.signature
    elif kind == "file":
        file = pack.file(key)
        if file is None:
            return None
        language, path, line = file.language, file.path, 1
    elif kind == "artifact":
        found = [one for one in pack.artifacts(key.partition("#")[0]) if one.key == key]
        if found:
            sort, path, line, title, summary = (
                found[0].kind,
                found[0].path,
                found[0].start_line,
                found[0].name,
                found[0].summary,
            )
    if not _passes(only, (kind, sort), language, path):
        return None
    page = pack.page_by_id(document)
    if page is not None:
        title, summary = page.title, page.summary or summary
    return Hit(kind=kind, key=key, title=title, summary=summary, path=path, line=line, score=score, why=why)


def _passes(only: Filter, kinds: Iterable[str], language: str, path: str) -> bool:
    if only.kinds and not set(only.kinds) & set(kinds):
        return False
    if only.languages and language not in only.languages:
        return False
    return path.startswith(only.path)
