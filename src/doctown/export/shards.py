"""The search index of a static site: scripts of bounded size, by the first letters of words.

A page loads the one shard that a word's letters lead to, as a script, since a page that was opened from a file may
fetch nothing. A shard that would grow too large keeps its most central subjects and gives the rest to shards with one
letter more. Finding and ranking is done in the page; this only says what there is.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from doctown.docpack.words import parts, words
from doctown.model import MODULE

FULL = 1_200  # terms that a shard holds before it is divided
KEPT = 250  # of a shard that was divided
DEEPEST = 5  # letters of a shard's name; beyond them a shard keeps its best and the rest is not found by that word
STOP = (
    "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "if", "in", "is", "it", "its", "of", "on", "or",
    "that", "the", "this", "to", "with",
)  # fmt: skip
MOST_TERMS = 14  # of one subject


class Row(NamedTuple):
    """A subject as a result shows it."""

    title: str
    href: str
    kind: str
    place: str
    standing: int  # 0 to 20: how much leans on it
    summary: str


class Shards:
    """Collects subjects, then gives the scripts."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._terms: defaultdict[str, list[tuple[str, int, int]]] = defaultdict(list)  # by first letter

    def add(self, row: Row, name: str, text: str = "") -> None:
        """Adds a subject, found by the words of its name and, more weakly, by those of its title and of a text."""
        number = len(self._rows)
        self._rows.append(row)
        weights: dict[str, int] = {}
        for weight, found in ((8, parts(name)), (3, parts(row.title)), (1, words(text))):
            for word in found:
                bare = word.lower()
                if bare not in weights and (weight > 1 or bare not in STOP) and len(weights) < MOST_TERMS:
                    weights[bare] = weight
        for word, weight in weights.items():
            if word:
                self._terms[word[0]].append((word, number, weight))

    def scripts(self) -> Iterator[tuple[str, str]]:
        """Name and content of each script; the last is the index of all others."""
        names: dict[str, str] = {}
        for letter in sorted(self._terms):
            for prefix, entries in self._divided(letter, self._terms[letter]):
                names[prefix] = f"s{len(names)}"
                yield f"{names[prefix]}.js", self._script(names[prefix], entries)
        index = {"shards": names, "stop": STOP}
        yield "index.js", f"window.doctownIndex={_json(index)};"

    def _divided(
        self, prefix: str, entries: list[tuple[str, int, int]]
    ) -> Iterator[tuple[str, list[tuple[str, int, int]]]]:
        entries.sort(key=lambda one: (-one[2] - self._rows[one[1]].standing, one[0], self._rows[one[1]].href))
        if len(entries) <= FULL or len(prefix) >= DEEPEST:
            yield prefix, entries[:FULL]
            return
        yield prefix, entries[:KEPT]
        longer: defaultdict[str, list[tuple[str, int, int]]] = defaultdict(list)
        for entry in entries:
            # A word that ends here is found in this shard alone, among its best.
            if len(entry[0]) > len(prefix):
                longer[entry[0][: len(prefix) + 1]].append(entry)
        for name in sorted(longer):
            yield from self._divided(name, longer[name])

    def _script(self, name: str, entries: list[tuple[str, int, int]]) -> str:
        places: dict[int, int] = {}
        terms = [(word, places.setdefault(number, len(places)), weight) for word, number, weight in entries]
        return f"doctownShard({_json(name)},{_json([self._rows[number] for number in places])},{_json(terms)});"


def _json(value: object) -> str:
    """JSON that is a script too."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)


def symbol_title(qualified_name: str, path: str) -> str:
    """What a symbol is called in results."""
    return path if qualified_name == MODULE else qualified_name
