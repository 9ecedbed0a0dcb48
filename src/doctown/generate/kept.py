"""What was accepted before, and whether it still stands.

An answer is kept under two digests. The *basis* is of the subject's own material: its text, its author's words, the
declarations of what it uses. The *exact* one is of all that the prompt showed, others' descriptions included. Under the
exact digest an answer is taken as it is. Under the basis alone it stands as long as every word that it owes to others'
descriptions is still said by them: so a callee that is described anew sends out those who repeated what it no longer
does, and nobody else. Words that stand in many descriptions tell nothing, and count for none.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from doctown.generate.ground_words import NUMBER, WORD, names, stems

Record = Mapping[str, object]
COMMON_SHARE = 20  # a word in one of so many descriptions is everybody's
FEWEST = 3  # descriptions that make a word common


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What decides an answer about one subject."""

    basis: bytes  # 32, of its own material
    own: str  # the material that is its own
    shown: str  # all of it, with what others' descriptions add

    @property
    def exact(self) -> bytes:
        """The digest of all of it."""
        return sha256(self.basis + self.shown.encode("utf-8", "replace")).digest()


def answer_key(namespace: str, digest: bytes) -> bytes:
    """What an answer is kept under where there are no namespaces: in a pack."""
    return sha256(namespace.encode() + b"\0" + digest).digest()


def unpacked(blob: bytes) -> Record | None:
    """A kept answer; None for what is none. Packs come from strangers, so nothing is taken for granted."""
    try:
        value = json.loads(blob)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def leaning(texts: Iterable[str], decided: Decided) -> list[str]:
    """What texts say that only others' descriptions show: words by their stems, names and numbers as they are."""
    own, shown = _shown(decided.own), _shown(decided.shown)
    return sorted({word for text in texts for word in _said(text) if word in shown and word not in own})


def gone(leans: object, decided: Decided, common: Collection[str]) -> frozenset[str]:
    """Of what an answer owes to others' descriptions that which they do not say any more."""
    words = [word for word in leans if isinstance(word, str)] if isinstance(leans, list) else []
    return frozenset(words) - _shown(decided.shown) - set(common) if words else frozenset()


def repeats(text: str, words: Collection[str], lines: str = "") -> bool:
    """Whether a text says any of these words, other than such as the lines that it cites show."""
    return any(word in words for word in _said(text) - _shown(lines))


def common_words(descriptions: Sequence[str]) -> frozenset[str]:
    """Words of so many descriptions that they tell nothing of any one."""
    found = Counter(word for text in descriptions for word in stems(text))
    least = max(FEWEST, -(-len(descriptions) // COMMON_SHARE))
    return frozenset(word for word, times in found.items() if times >= least)


def _shown(material: str) -> set[str]:
    """What material can be said to show: all of its words, and their stems."""
    return stems(material) | set(WORD.findall(material)) | set(NUMBER.findall(material))


def _said(text: str) -> set[str]:
    """What a sentence says that can be looked up."""
    named = {word for name in names(text) for word in WORD.findall(name) if len(word) > 1}
    return stems(text) | named | set(NUMBER.findall(text))
