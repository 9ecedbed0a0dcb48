"""Epytext, the markup of Twisted and what grew around it, as the reStructuredText that `markup` reads.

Only Python has it. A comment without its fields (`@param x:`) and its inline marks (`C{x}`) is left as it is.
"""

from __future__ import annotations

import re

_MARKS = re.compile(
    r"(?m)\b[BCEGILMSUX]\{|^[ \t]*@(?:param|type|keyword|kwarg|rtype|returns?|raises?|i?var|cvar|see|note)\b[^:\n]*:"
)
_FIELD = re.compile(r"(?m)^([ \t]*)@(\w+)((?:[ \t]+[^:\s]+)?):")
_INLINE = re.compile(r"\b([BCEGILMSUX])\{([^{}]*)\}")
_LED = re.compile(r"([^<>]*[^<>\s])\s*<([^<>]+)>")  # `L{text<target>}`
_ESCAPES = {"lb": "{", "rb": "}"}
_DEEPEST = 4  # marks within marks


def rewritten(comment: str) -> str:
    """The comment with epytext's fields and inline marks as reStructuredText's."""
    if not _MARKS.search(comment):
        return comment
    comment = _FIELD.sub(r"\1:\2\3:", comment)
    for _ in range(_DEEPEST):  # the innermost first
        comment, found = _INLINE.subn(_mark, comment)
        if not found:
            break
    return comment


def _mark(found: re.Match[str]) -> str:
    kind, text = found[1], found[2]
    if kind == "E":
        return _ESCAPES.get(text, text)
    bare = text.replace("`", "").replace("*", "")
    if kind in "BI":
        marks = "**" if kind == "B" else "*"
        return f"{marks}{bare}{marks}" if bare.strip() else ""
    led = _LED.fullmatch(bare)
    if kind == "U":
        label, address = (led[1], led[2]) if led else (bare, bare)
        return f"`{label} <{address}>`_" if address.startswith(("http://", "https://")) else label
    if kind in "CLM" and bare.strip():
        return f"``{' '.join((led[1] if led and kind == 'L' else bare).split())}``"
    return bare
