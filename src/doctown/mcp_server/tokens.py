"""How many tokens a text costs a model, never fewer than it does.

A vocabulary of 200,000 tokens takes 140 MB of memory, more than everything else that the server holds. So the text is
cut as o200k's own rules cut it (words at their humps, numbers by three digits, punctuation, white space) and each piece
is charged a little more than it usually costs. Measured against the real tokenizer on code, prose, markup, hexadecimal
and other scripts: at least the true number, and a third above it on the average.
"""

from __future__ import annotations

import math
import re

_PIECE = re.compile(
    r"(?P<word>[ ]?[A-Z]?[a-z]+)|(?P<capitals>[ ]?[A-Z]+)|(?P<digits>[0-9]{1,3})|(?P<feed>[ ]*\n[ \n]*)"
    r"|(?P<space>[ \t\r]+)|(?P<marks>[!-/:-@\[-`{-~]+)|(?P<other>[^\x00-\x7f]+)|(?P<control>.)",
    re.DOTALL,
)
USUAL = 7  # characters of a word that is one token nearly always, the space before it included
SLACK = 1.05
ENDLESS = 14  # characters from which on it is no word but random letters, or a line of dashes


def count(text: str) -> int:
    """An upper estimate of the o200k tokens of `text`."""
    total = 0.0
    for found in _PIECE.finditer(text):
        length = found.end() - found.start()
        match found.lastgroup:
            case "word":
                total += 1.0 if found.group()[0] == " " else 1.2
                total += max(length - USUAL, 0) / 5 + max(length - ENDLESS, 0) / 1.5
            case "capitals":
                total += 1.2 if length <= 3 else 1.2 + (length - 3) / 2.2
            case "digits":
                total += 1.1
            case "feed" | "space":
                total += 0.8 + length / 64
            case "marks":
                total += 1.0 if length <= 2 else 0.6 + length * 0.55 if length < ENDLESS else length * 0.75
            case "other":
                total += len(found.group().encode("utf-8", "replace")) * 0.5
            case _:
                total += 1
    return math.ceil(total * SLACK)
