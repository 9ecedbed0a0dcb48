"""How well search finds a function by what its docstring says, the docstring having been taken out of the code.

Every function of a repository is a candidate; a query is the first paragraph of a docstring that no other function
has. Side by side on the same queries: BM25 over the functions' code with identifiers taken apart, the cosine of
all-MiniLM-L6-v2 between query and code, and `doctown.docpack.search`. The weights of the latter were tuned on the
corpora marked so; targets are judged on the others alone. Identifiers are asked for by name too. Times are of
processor, per search; they are judged in a large pack, whose vectors are random, since time does not hang on them.

Run as `python -m bench.search [CORPUS …]`; the first run embeds for some minutes, later ones take vectors from the
cache.
"""

from __future__ import annotations

import ast
import math
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench import corpora, measure
from doctown import pipeline
from doctown.docpack.draft import Draft
from doctown.docpack.reader import Pack
from doctown.docpack.results import Entry
from doctown.docpack.search import Filter, search
from doctown.docpack.words import HUMP
from doctown.embed import MINILM, MINILM_DIMENSIONS, Embedder, open_embedder
from doctown.embed.quantise import dequantise
from doctown.embed.query import QueryEmbedder
from doctown.model import Vector
from doctown.settings import from_environment

DEFAULT = ("flask", "jinja2", "httpx", "click", "requests")
TUNED = ("click", "requests", "paramiko")  # the weights of `search` were chosen by what these gave
LARGE = "django"
SYMBOLS = 30_000  # of the pack in which searches are timed
FUNCTIONS = ("function", "method", "constructor", "property")
QUERIES = 112  # of each corpus
TOP = 10
WORD = re.compile(r"[A-Za-z]+|[0-9]+")


@dataclass(frozen=True, slots=True)
class Query:
    """The first paragraph of a docstring, and where its function is."""

    text: str
    path: str
    line: int
    name: str


def strip(data: bytes, path: str) -> tuple[bytes, list[Query]]:
    """The code without the docstrings of its functions, and these as queries; lines stay where they are."""
    tree = ast.parse(data)
    starts = [0]
    for line in data.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    edits: list[tuple[int, int, bytes]] = []
    queries = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        documentation = ast.get_docstring(node)
        if documentation is None:
            continue
        first = node.body[0]
        begin = starts[first.lineno - 1] + first.col_offset
        end = starts[(first.end_lineno or first.lineno) - 1] + (first.end_col_offset or 0)
        edits.append((begin, end, b"pass" if len(node.body) == 1 else b""))
        text = " ".join(documentation.split("\n\n")[0].split())
        if len(node.body) > 1 and len(text.split()) >= 3:
            queries.append(Query(text, path, node.lineno, node.name))
    for begin, end, instead in sorted(edits, reverse=True):
        data = data[:begin] + instead + b"\n" * data[begin:end].count(b"\n") + data[end:]
    return data, queries


def prepare(corpus: corpora.Corpus, place: Path) -> list[Query]:
    """Writes the Python files of a corpus without docstrings to `place`; returns the queries whose text is unique."""
    queries: list[Query] = []
    for file in sorted(corpus.folder.rglob("*.py")):
        path = file.relative_to(corpus.folder).as_posix()
        try:
            data, found = strip(file.read_bytes(), path)
            ast.parse(data)
        except (SyntaxError, ValueError):
            continue  # a template or a test of broken code: no candidate of any of the three
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(data)
        queries += found
    often = Counter(query.text for query in queries)
    unique = [query for query in queries if often[query.text] == 1]
    random.Random(0).shuffle(unique)  # noqa: S311 - a sample, the same each time
    return unique[:QUERIES]


def tokens(text: str) -> list[str]:
    """Words in lower case, identifiers taken apart."""
    return [word.lower() for word in WORD.findall(HUMP.sub(" ", text))]


def bm25(texts: Sequence[str]) -> Callable[[str], NDArray[np.float64]]:
    """Okapi BM25 with the usual constants: the scores of all texts for a query."""
    counts = [Counter(tokens(text)) for text in texts]
    lengths = np.array([count.total() for count in counts], float)
    norm = 1.5 * (0.25 + 0.75 * lengths / max(lengths.mean(), 1))
    places: dict[str, list[tuple[int, int]]] = {}
    for number, count in enumerate(counts):
        for word, times in count.items():
            places.setdefault(word, []).append((number, times))

    def score(query: str) -> NDArray[np.float64]:
        total = np.zeros(len(texts))
        for word in set(tokens(query)):
            found = places.get(word, [])
            rarity = math.log(1 + (len(texts) - len(found) + 0.5) / (len(found) + 0.5))
            for number, times in found:
                total[number] += rarity * times * 2.5 / (times + norm[number])
        return total

    return score


def reciprocal(scores: NDArray[np.floating], gold: int) -> float:
    """1 / rank among the first ten, ties in the order of the code; else 0."""
    rank = 1 + int((scores > scores[gold]).sum()) + int((scores[:gold] == scores[gold]).sum())
    return 1 / rank if rank <= TOP else 0.0


@dataclass(slots=True)
class Outcome:
    """What one corpus gave."""

    name: str
    queries: int
    bm25: float
    minilm: float
    ours: float
    first: float  # share of identifiers that led to a symbol of that name
    milliseconds: list[float]


def run(corpus: corpora.Corpus, embedder: Embedder) -> Outcome:
    """Builds the pack of a stripped corpus and asks it everything."""
    with corpora.scratch() as folder:
        place = Path(folder) / corpus.name
        queries = prepare(corpus, place)
        path = Path(folder) / "x.docpack"
        pipeline.build(str(place), path, pipeline.Options(), from_environment(), lambda _: None)
        with Pack.open(path) as pack:
            entries = [one for one in pack.symbols() if one.symbol.kind in FUNCTIONS]
            texts = [pack.source(one.symbol.path, one.symbol.start_line, one.symbol.end_line) or "" for one in entries]
            pairs = list(_gold(queries, entries))
            lexical = bm25(texts)
            rows = dequantise(embedder.embed(texts))
            asked = dequantise(embedder.embed([query.text for query, _ in pairs]))
            spent: list[float] = []
            ours = []
            for (query, gold), vector in zip(pairs, asked, strict=True):
                begun = time.thread_time()
                hits = search(pack, query.text, vector=vector, only=Filter(kinds=FUNCTIONS), limit=TOP)
                spent.append((time.thread_time() - begun) * 1000)
                keys = [hit.key for hit in hits]
                key = entries[gold].symbol.key
                ours.append(1 / (keys.index(key) + 1) if key in keys else 0.0)
            return Outcome(
                name=corpus.name,
                queries=len(pairs),
                bm25=float(np.mean([reciprocal(lexical(query.text), gold) for query, gold in pairs])),
                minilm=float(np.mean([reciprocal(rows @ v, g) for (_, g), v in zip(pairs, asked, strict=True)])),
                ours=float(np.mean(ours)),
                first=identifiers(pack, entries),
                milliseconds=spent[1:],  # the first reads the vectors
            )


def _gold(queries: Sequence[Query], entries: Sequence[Entry]) -> Iterator[tuple[Query, int]]:
    for query in queries:
        fitting = [
            number
            for number, one in enumerate(entries)
            if (one.symbol.path, one.symbol.name) == (query.path, query.name)
            and one.symbol.start_line <= query.line <= one.symbol.end_line
        ]
        if fitting:
            yield query, max(fitting, key=lambda number: entries[number].symbol.start_line)


def identifiers(pack: Pack, entries: Sequence[Entry]) -> float:
    """Share of names, bare and qualified, for which a symbol that bears the name comes first."""
    chosen = random.Random(1).sample(list(entries), min(100, len(entries)))  # noqa: S311 - as above
    good = 0
    for one in chosen:
        for name in (one.symbol.name, one.symbol.qualified_name):
            hits = search(pack, name, limit=1)
            found = pack.symbol(hits[0].key) if hits and hits[0].kind == "symbol" else None
            good += found is not None and name in (found.symbol.name, found.symbol.qualified_name)
    return good / (2 * len(chosen))


def shrink(draft: Draft, most: int) -> None:
    """Takes files out, chance says which, until no more than `most` symbols are left."""
    symbols = {path: len(below) for path, below in draft.symbols().by_path().items()}
    paths = sorted(symbols)
    random.Random(2).shuffle(paths)  # noqa: S311 - as below
    total, gone = sum(symbols.values()), []
    while total > most:
        gone.append(paths.pop())
        total -= symbols[gone[-1]]
    draft.remove_files(gone)


def in_large(corpus: corpora.Corpus) -> tuple[int, list[float], list[float]]:
    """Symbols of a large pack, at most SYMBOLS, and milliseconds of searches by words and meaning in it: without and
    with making the query's vector."""
    noise = np.random.default_rng(0)
    embedder = QueryEmbedder()
    with corpora.scratch() as folder:
        bare, path = Path(folder) / "bare.docpack", Path(folder) / "large.docpack"
        pipeline.build(str(corpus.folder), bare, pipeline.Options(vectors="none"), from_environment(), lambda _: None)
        draft = Draft.from_pack(bare, Path(folder) / "large.draft", {"bench": "search"})
        shrink(draft, SYMBOLS)
        numbers = [number for number, _ in draft.chunks_without_vector()]
        rows = noise.integers(-127, 128, (len(numbers), MINILM_DIMENSIONS), np.int8)
        vectors = (Vector(model=MINILM, dimensions=MINILM_DIMENSIONS, scale=0.004, data=row.tobytes()) for row in rows)
        draft.add_vectors(zip(numbers, vectors, strict=True))
        draft.seal(path)
        bare.unlink()
        with Pack.open(path) as pack:
            entries = list(pack.symbols())
            texts = [" ".join(one.symbol.docstring.split("\n\n")[0].split()) for one in entries]
            sentences = sorted({text for text in texts if len(text.split()) >= 3})
            chosen = random.Random(0).sample(sentences, min(QUERIES, len(sentences)))  # noqa: S311 - as above
            without, including = [], []
            for text in chosen:
                begun = time.thread_time()
                vector = embedder.vector(text)
                made = time.thread_time()
                search(pack, text, vector=vector, limit=TOP)
                ended = time.thread_time()
                without.append((ended - made) * 1000)
                including.append((ended - begun) * 1000)
            return len(entries), without[1:], including[1:]  # the first reads the vectors


def main(given: Sequence[str] | None = None) -> int:
    """Prints each corpus and the whole, beside the targets."""
    parser = corpora.arguments(__doc__, DEFAULT)
    parser.add_argument("--large", default=LARGE, help="corpus in which searches are timed; empty: none")
    asked = parser.parse_args(given)
    cache = asked.cache or corpora.default_cache()
    embedder = open_embedder("local", cache=from_environment().cache)
    heads = ("queries", "BM25", "MiniLM", "ours", "/BM25", "/MiniLM", "names", "p95 ms")
    print(f"  {'corpus':<18}{''.join(f'{head:>8}' for head in heads)}", flush=True)
    found = []
    for corpus in corpora.available(asked.corpora, cache):
        one = run(corpus, embedder)
        found.append(one)
        label = f"{one.name}{' (tuned)' if one.name in TUNED else ''}"
        _row(label, one.queries, one.bm25, one.minilm, one.ours, f"{one.first:>8.1%}{_p95(one.milliseconds):>8.1f}")
    embedder.close()
    if not found:
        return 1
    _judge([one for one in found if one.name not in TUNED] or found, found)
    for corpus in corpora.available([asked.large] if asked.large else [], cache):
        symbols, without, including = in_large(corpus)
        print(f"  {corpus.name}, {symbols:,} symbols, words and random vectors:", flush=True)
        _verdict("p95 of a search, ms", _p95(without), 30.0, _at_most)
        _verdict("with its embedding, ms", _p95(including), 30.0, _at_most)
    return 0


def _row(label: str, queries: int, words: float, minilm: float, ours: float, rest: str = "") -> None:
    figures = f"{words:>8.3f}{minilm:>8.3f}{ours:>8.3f}{ours / max(words, 1e-9):>8.2f}{ours / max(minilm, 1e-9):>8.2f}"
    print(f"  {label:<18}{queries:>8}{figures}{rest}", flush=True)


def _judge(held_out: Sequence[Outcome], found: Sequence[Outcome]) -> None:
    """The mean of the corpora that nothing was tuned on, and beside it of all."""
    for label, outcomes in (("mean, all", found), ("mean, held out", held_out)):
        words, minilm, ours = (
            float(np.mean([getattr(one, name) for one in outcomes])) for name in ("bm25", "minilm", "ours")
        )
        _row(label, sum(one.queries for one in outcomes), words, minilm, ours)
    _verdict("MRR@10 over MiniLM", ours / minilm, 1.15, _at_least)
    _verdict("MRR@10 over BM25", ours / words, 1.5, _at_least)
    _verdict("names first, %", 100 * min(one.first for one in found), 95.0, _at_least)


def _p95(milliseconds: Sequence[float]) -> float:
    return float(np.percentile(milliseconds, 95))


def _verdict(label: str, value: float, target: float, side: Callable[[float, float], bool]) -> None:
    verdict = measure.MET if side(value, target) else measure.MISSED
    sign = ">=" if side is _at_least else "<="
    print(f"  {label:<24}{value:>8.2f}   target {sign} {target:g}   {verdict}", flush=True)


def _at_least(value: float, target: float) -> bool:
    return value >= target


def _at_most(value: float, target: float) -> bool:
    return value <= target


if __name__ == "__main__":
    sys.exit(main())
