"""What every document of a pack is: kind, language, path and part, in arrays, so that a filter is a mask.

A filter that is applied to a finished ranking loses what lies behind the cut; a mask is laid over the ranking while it
is made. The arrays take some twenty bytes a symbol and are filled when a filter is first used.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from doctown.docpack.reader import Pack
from doctown.errors import PackError

if TYPE_CHECKING:
    from doctown.docpack.search import Filter

MOST_IDS = 2**24  # a filter's mask has eight bytes for each id; a pack with greater ids is filtered by nothing of ours

# File, kind and language in one integer: the rows are many, and each Python object of a row costs as much as SQLite's
# reading it. Kinds and languages are terms, of which a pack has some dozens. Whatever a stranger wrote, `coalesce` and
# `&` make an integer of it.
_SYMBOLS = """
SELECT id,
  ((coalesce(file_id, 0) & 16777215) << 24) | ((coalesce(kind, 0) & 4095) << 12) | (coalesce(language, 0) & 4095)
FROM symbol_rows
"""


def _symbols(pack: Pack) -> NDArray[np.int64]:
    """Id, file, kind and language (0: the file's) of every symbol, a row each."""
    rows = np.fromiter(chain.from_iterable(pack.blobs(_SYMBOLS)), np.int64).reshape(-1, 2)
    numbers, packed = rows[:, 0], rows[:, 1]
    return np.stack([numbers, packed >> 24, packed >> 12 & 4095, packed & 4095], axis=1)


class Catalogue:
    """The documents of one pack."""

    def __init__(self, pack: Pack) -> None:
        self._terms: dict[int, str] = dict(pack.typed("is", "SELECT id, term FROM terms"))
        self._files = {
            row[0]: row[1:]
            for row in pack.typed("isii", "SELECT id, path, language, coalesce(cluster_id, 0) FROM file_rows")
        }
        self._artifacts = list(pack.typed("iis", "SELECT id, file_id, kind FROM artifacts"))
        self._clusters = list(pack.typed("isis", "SELECT id, key, coalesce(parent_id, 0), label FROM clusters"))
        self._symbols = _symbols(pack)
        ids = [*self._files, *(row[0] for row in self._artifacts), *(row[0] for row in self._clusters)]
        first = min([int(self._symbols[:, 0].min(initial=0)), *ids])
        last = max([int(self._symbols[:, 0].max(initial=0)), *ids])
        if first < 0 or last >= MOST_IDS:
            raise PackError(f"{pack.path} has ids that no filter can hold", "run `doctown verify` on it")
        self.size = (last + 1) << 3  # documents are numbered below this

    def mask(self, only: Filter) -> NDArray[np.bool_]:
        """Whether each document, by its number, passes."""
        mask = np.zeros(self.size, np.bool_)
        clusters = self._below(only.clusters)
        passing = {
            number
            for number, (path, language, cluster) in self._files.items()
            if path.startswith(only.path) and (not only.clusters or cluster in clusters)
        }
        wanted = {number for number, term in self._terms.items() if term in only.languages}
        symbols = self._symbols
        good = np.isin(symbols[:, 1], np.fromiter(passing, np.int64))
        if only.kinds and "symbol" not in only.kinds:
            kinds = [number for number, term in self._terms.items() if term in only.kinds]
            good &= np.isin(symbols[:, 2], kinds)
        languages = {number: language for number, (_, language, _) in self._files.items()}
        if only.languages:
            speaking = [number for number, language in languages.items() if language in wanted]
            own = symbols[:, 3]
            good &= np.where(own > 0, np.isin(own, list(wanted)), np.isin(symbols[:, 1], speaking))
        mask[symbols[good, 0] << 3] = True
        if not only.kinds or "file" in only.kinds:
            mask[[n << 3 | 1 for n in passing if not only.languages or languages[n] in wanted]] = True
        if not only.languages:
            mask[[
                n << 3 | 4
                for n, file_id, kind in self._artifacts
                if file_id in passing and (not only.kinds or {"artifact", kind} & set(only.kinds))
            ]] = True  # fmt: skip
            if not only.path and (not only.kinds or "cluster" in only.kinds):
                mask[[row[0] << 3 | 2 for row in self._clusters if not only.clusters or row[0] in clusters]] = True
            if not only.path and not only.clusters and (not only.kinds or "repository" in only.kinds):
                mask[3] = True
        return mask

    def _below(self, named: tuple[str, ...]) -> set[int]:
        """The ids of the clusters of these keys or labels and of all their parts."""
        parts = defaultdict(list)
        for number, _, parent, _ in self._clusters:
            parts[parent].append(number)
        found: set[int] = set()
        waiting = [number for number, key, _, label in self._clusters if key in named or label in named]
        while waiting:
            number = waiting.pop()
            if number not in found:
                found.add(number)
                waiting += parts[number]
        return found
