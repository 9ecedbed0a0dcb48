"""How many tokens a text costs, counted exactly and without loading a tokenizer library.

Chunking asks this for every statement of a repository, in worker processes, so the module imports in a moment
(the vocabulary is read on first use), keeps one bounded memo, and takes ASCII text, nearly all source code, through
byte tables. The rules are those of BERT's uncased tokenizer: drop control characters, split at white space, put every
punctuation mark (`_` too) and every CJK ideograph by itself, strip accents, lower-case, then match the longest
vocabulary entry again and again. Turning text into token ids is left to `tokenizer`.
"""

from __future__ import annotations

import string
import unicodedata
from bisect import bisect_right
from functools import cache
from importlib.resources import files
from typing import Final

import zstandard

from doctown.errors import DoctownError

VOCABULARY_SIZE: Final = 30_522
MAX_WORD_CHARACTERS: Final = 100  # a longer word is one unknown token, as BERT has it
MEMO_LIMIT: Final = 200_000  # words remembered at most; about 20 MB
TABLE_LIMIT: Final = 20_000  # characters remembered at most

_PUNCTUATION: Final = string.punctuation.encode()
_KEPT_CONTROLS: Final = b"\t\n\r"
_DROPPED: Final = bytes(b for b in range(32) if b not in _KEPT_CONTROLS) + b"\x7f"
_FOLD: Final = bytes(ord(" ") if b in _PUNCTUATION else b for b in range(256)).lower()
_NOT_PUNCTUATION: Final = bytes(b for b in range(256) if b not in _PUNCTUATION)
_NEITHER_PUNCTUATION_NOR_FEED: Final = _NOT_PUNCTUATION.replace(b"\n", b"")
_IDEOGRAPHS: Final = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


def vocabulary() -> list[str]:
    """The 30,522 entries of BERT's uncased vocabulary; an entry's place is its token id."""
    packed = files("doctown.embed").joinpath("vocab.txt.zst").read_bytes()
    words = zstandard.ZstdDecompressor().decompress(packed).decode().splitlines()
    if len(words) != VOCABULARY_SIZE:
        raise DoctownError(f"the shipped vocabulary has {len(words)} entries instead of {VOCABULARY_SIZE}", "reinstall")
    return words


def count_tokens(text: str) -> int:
    """Exact number of WordPiece tokens of `text`, without the two special tokens of a sequence."""
    if text.isascii():
        return _count_ascii(text)
    # No word crosses a line, so the few lines with other characters alone take the slow way.
    plain: list[str] = []
    other: list[str] = []
    for line in text.split("\n"):
        (plain if line.isascii() else other).append(line)
    return _count_ascii("\n".join(plain)) + _count_unicode("\n".join(other))


def count_lines(data: bytes) -> list[int]:
    """`count_tokens` of each line of UTF-8 text, a line ending at its line feed. Several times cheaper than a call a
    line; the counts add up, since no word crosses a line."""
    if data.isascii():
        return _count_ascii_lines(data)
    # The few lines with other characters alone take the slow way.
    lines = data.split(b"\n")
    other = [place for place, line in enumerate(lines) if not line.isascii()]
    slow = [count_tokens(lines[place].decode("utf-8", "replace")) for place in other]
    for place in other:
        lines[place] = b""
    counts = _count_ascii_lines(b"\n".join(lines))
    for place, count in zip(other, slow, strict=True):
        counts[place] = count
    return counts


def _count_ascii_lines(data: bytes) -> list[int]:
    raw = data.translate(None, _DROPPED)
    piece = _ascii_memo().__getitem__
    marks = raw.translate(None, _NEITHER_PUNCTUATION_NOR_FEED).split(b"\n")
    words = raw.translate(_FOLD).split(b"\n")
    return [len(mark) + sum(map(piece, word.split())) for mark, word in zip(marks, words, strict=True)]


def _count_ascii(text: str) -> int:
    raw = text.encode("ascii").translate(None, _DROPPED)
    memo = _ascii_memo()
    return len(raw.translate(None, _NOT_PUNCTUATION)) + sum(map(memo.__getitem__, raw.translate(_FOLD).split()))


class _Pieces:
    """Longest-match-first division of words, remembered per word up to `MEMO_LIMIT` words."""

    def __init__(self, words: list[str]) -> None:
        self._starts = frozenset(word for word in words if not word.startswith("##"))
        self._rests = frozenset(word[2:] for word in words if word.startswith("##"))
        self._longest = max(map(len, words))

    def count(self, word: str) -> int:
        if word in self._starts:
            return 1
        if len(word) > MAX_WORD_CHARACTERS:
            return 1
        count = position = 0
        entries = self._starts
        while position < len(word):
            end = min(len(word), position + self._longest)
            while end > position and word[position:end] not in entries:
                end -= 1
            if end == position:
                return 1  # no entry fits: the whole word is one unknown token
            position = end
            entries = self._rests
            count += 1
        return count


class _AsciiMemo(dict[bytes, int]):
    """Folded ASCII word → number of pieces, filled when asked and emptied when full."""

    def __init__(self, pieces: _Pieces) -> None:
        super().__init__()
        self._pieces = pieces

    def __missing__(self, word: bytes) -> int:
        count = self._pieces.count(word.decode("ascii"))
        if len(self) >= MEMO_LIMIT:
            self.clear()
        if len(word) <= MAX_WORD_CHARACTERS:
            self[word] = count
        return count


class _UnicodeMemo(dict[str, int]):
    """The same for words with other characters, and for a mark or ideograph that stands alone."""

    def __init__(self, pieces: _Pieces) -> None:
        super().__init__()
        self._pieces = pieces

    def __missing__(self, word: str) -> int:
        count = self._pieces.count(word)
        if len(self) >= MEMO_LIMIT:
            self.clear()
        if len(word) <= MAX_WORD_CHARACTERS:
            self[word] = count
        return count


class _Characters(dict[int, str]):
    """Code point → what the normaliser makes of it, with spaces around what stands alone.

    Which characters are marks, punctuation and so on is frozen in a resource, as the tokenizer's own tables are older
    than any Python's: otherwise counts, and with them the chunks of a pack, would change with the interpreter.
    """

    def __init__(self) -> None:
        super().__init__()
        packed = files("doctown.embed").joinpath("characters.txt.zst").read_bytes()
        rows = [line.split() for line in zstandard.ZstdDecompressor().decompress(packed).decode().splitlines()]
        self._ranges = sorted((int(first, 16), int(last, 16), kind) for kind, first, last in rows)
        self._firsts = [first for first, _, _ in self._ranges]

    def __missing__(self, code: int) -> str:
        text = self._normalise(code)
        if len(self) >= TABLE_LIMIT:
            self.clear()
        self[code] = text
        return text

    def _kind(self, code: int) -> str:
        place = bisect_right(self._firsts, code) - 1
        if place < 0 or code > self._ranges[place][1]:
            return ""
        return self._ranges[place][2]

    def _normalise(self, code: int) -> str:
        if code < 128:
            return _normalise_ascii(code)
        kind = self._kind(code)
        if kind == "space":
            return " "
        if kind == "dropped" or 0xD800 <= code < 0xE000:  # a lone surrogate is no text; the tokenizer refuses it
            return ""
        pieces = unicodedata.normalize("NFD", chr(code))
        parts = [(part.lower(), self._kind(ord(part))) for part in pieces]
        alone = any(first <= code <= last for first, last in _IDEOGRAPHS)
        text = "".join(
            f" {part} " if kind == "punctuation" or part in string.punctuation else part
            for part, kind in parts
            if kind != "mark"
        )
        return f" {text} " if alone else text


def _normalise_ascii(code: int) -> str:
    if code in _DROPPED:
        return ""
    character = chr(code).lower()
    return f" {character} " if code in _PUNCTUATION else character


@cache
def _pieces() -> _Pieces:
    return _Pieces(vocabulary())


@cache
def _ascii_memo() -> _AsciiMemo:
    return _AsciiMemo(_pieces())


@cache
def _unicode_memo() -> tuple[_Characters, _UnicodeMemo]:
    return _Characters(), _UnicodeMemo(_pieces())


def _count_unicode(text: str) -> int:
    characters, memo = _unicode_memo()
    return sum(map(memo.__getitem__, text.translate(characters).split()))
