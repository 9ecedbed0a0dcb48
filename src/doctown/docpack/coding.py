"""How lists of edges and unresolved names are packed into text, and how subjects of pages are numbered.

A list is a string whose characters are numbers: character `n + 1` stands for `n`, skipping the range of UTF-16
surrogates, which no valid text contains. UTF-8 then is the variable-length integer coding, and SQLite's own
`unicode(substr(…))` decodes it, so the views of the schema stay readable by anyone. Storing, indexing and labels
belong to other modules.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator

from doctown.errors import InputError

RADIX = 2048  # an id is two characters, id // RADIX and id % RADIX: each below RADIX takes at most two or three bytes
ENTRY = 4  # characters of an edge or an unresolved name: id (two), label, line
LINK = 2  # characters of an incoming link: id (two)
GAP = 0xD7FF  # the first number that would fall on a surrogate
LARGEST = 0x10FFFF - 0x801  # the largest number that one character can carry
LARGEST_ID = GAP * RADIX - 1

SUBJECTS = ("symbol", "file", "cluster", "repository", "artifact")
SUBJECT_CODES = {kind: code for code, kind in enumerate(SUBJECTS)}

_UTF32 = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"


def code_point(number: int, what: str) -> int:
    """The character code of `number`; `what` names it in the InputError for a number out of range."""
    if 0 <= number < GAP:
        return number + 1
    if GAP <= number <= LARGEST:
        return number + 0x801
    raise InputError(f"{what} {number} is outside 0..{LARGEST}", "split the file that has it or leave it out")


def encode(codes: Iterable[int]) -> str:
    """Join character codes, as `code_point` gives them, to a list."""
    return array("I", codes).tobytes().decode(_UTF32)


def decode(data: str) -> list[int]:
    """The numbers of a list. Text that no writer makes gives numbers that no reader should trust."""
    numbers = array("I")
    numbers.frombytes(data.encode(_UTF32, "surrogatepass"))
    if numbers and max(numbers) > GAP:
        return [number - (1 if number <= GAP else 0x801) for number in numbers]
    return [number - 1 for number in numbers]


def number(character: str) -> int:
    """The number that one character of a list stands for."""
    code = ord(character)
    return code - (1 if code <= GAP else 0x801)


def entries(data: str) -> list[tuple[int, int, int]]:
    """The (id, label, line) of each entry of a list, or of several joined, of edges or unresolved names."""
    n = array("I")
    n.frombytes(data.encode(_UTF32, "surrogatepass"))
    if n and max(n) > GAP:
        numbers = decode(data)
        return [
            (high * RADIX + low, label, line)
            for high, low, label, line in zip(numbers[0::4], numbers[1::4], numbers[2::4], numbers[3::4], strict=False)
        ]
    return [
        (high * RADIX + low - RADIX - 1, label - 1, line - 1)
        for high, low, label, line in zip(n[0::4], n[1::4], n[2::4], n[3::4], strict=False)
    ]


def entries_to(wanted: int, data: str) -> Iterator[tuple[int, int]]:
    """The (label, line) of the entries of a list that lead to one id, found without decoding the others."""
    if not 0 <= wanted <= LARGEST_ID:  # a stranger's; no list can hold it
        return
    pair = chr(wanted // RADIX + 1) + chr(wanted % RADIX + 1)
    at = data.find(pair)
    while at >= 0:
        if at % ENTRY == 0 and at + ENTRY <= len(data):
            yield number(data[at + 2]), number(data[at + 3])
        at = data.find(pair, at + 1)


def links(data: str) -> list[int]:
    """The distinct ids of an incoming list, ascending."""
    n = decode(data)
    return sorted({high * RADIX + low for high, low in zip(n[0::2], n[1::2], strict=False)})


def encode_links(ids: Iterable[int]) -> str:
    """An incoming list of these ids, ascending."""
    codes: list[int] = []
    for number in sorted(ids):
        codes += (number // RADIX + 1, number % RADIX + 1)
    return encode(codes)


def encode_entries(rows: Iterable[tuple[int, int, int]]) -> str:
    """A list of (id, label, line) entries in the order given."""
    codes: list[int] = []
    for number, label, line in rows:
        codes += (number // RADIX + 1, number % RADIX + 1, code_point(label, "label"), code_point(line, "line"))
    return encode(codes)


def document_id(kind: str, subject_id: int) -> int:
    """The number that a page, and its entry in the full-text index, has for its subject."""
    return subject_id * 8 + SUBJECT_CODES[kind]
