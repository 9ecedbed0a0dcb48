"""Text from strangers, made fit for a terminal, and the streams that it goes to.

Paths, names, docstrings and messages come from repositories and packs of unknown hands. A control character among
them could move the cursor, forge a line of our output or drive the terminal, so none reaches it: it is shown as its
escape instead. What is said is others' business.
"""

from __future__ import annotations

import os
import sys
from typing import TextIO

# C0 and C1 controls, and the marks that separate lines or turn the direction of what follows. Tables and no regular
# expressions: those would take a hundredth of a second to compile, at every start.
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))
_ESCAPES = {code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" for code in _CONTROLS}
_ON_ONE_LINE = {**_ESCAPES, **dict.fromkeys(map(ord, "\t\n\v\f\r\u2028\u2029"), " ")}
_IN_A_BLOCK = {code: escape for code, escape in _ESCAPES.items() if chr(code) not in "\t\n"}
_IN_JSON = {code: f"\\u{code:04x}" for code in _CONTROLS if chr(code) != "\n"}


def plain(text: str) -> str:
    """The text on one line: white space that moves the cursor becomes a blank, other control characters `\\x1b`."""
    return text if text.isprintable() else _without_halves(text).translate(_ON_ONE_LINE)


def block(text: str) -> str:
    """Text of several lines with its line ends and tabs; all other control characters are shown as escapes."""
    return _without_halves(text).replace("\r\n", "\n").translate(_IN_A_BLOCK)


def _without_halves(text: str) -> str:
    """Halves of surrogate pairs, which are no characters, as their escapes."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def json_text(value: object) -> str:
    """The value as indented JSON. Letters stay as they are where standard output has them all; control characters
    travel as JSON's escapes."""
    import json  # noqa: PLC0415 - most commands print no JSON

    has_all = (getattr(sys.stdout, "encoding", None) or "").lower().startswith("utf")
    text = json.dumps(value, indent=2, ensure_ascii=not has_all)
    # Inside strings a line end is escaped already; those that are left are the indentation's.
    return _without_halves(text).translate(_IN_JSON)


def prepare() -> None:
    """Makes standard output write a character that its encoding lacks as an escape, where it would raise an error."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


MOST = 1000  # characters of a message; what a repository or a pack says in it may be of any length


def complain(message: str) -> None:
    """One line on standard error, cut where it is endless. Nobody can be told that standard error is gone, so that
    is passed over."""
    try:
        line = plain(message)
        print(line if len(line) <= MOST else f"{line[: MOST - 300]} … {line[-300:]}", file=sys.stderr, flush=True)
    except OSError:
        abandon(sys.stderr)


def flush() -> None:
    """Writes what standard output still holds. Raises OSError where it cannot: a closed pipe, a full disk.

    Done before the interpreter ends, which could no more than print a traceback about it."""
    if sys.stdout is not None:
        sys.stdout.flush()


def abandon(stream: TextIO | None) -> None:
    """Drops what a stream still holds, since it cannot be written: its descriptor is pointed at nothing, or the
    interpreter would try again at its end, and fail with a status of its own."""
    if stream is None:
        return
    try:
        descriptor = stream.fileno()
    except OSError:  # a stream of a program that has us inside, which deals with it itself
        return
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, descriptor)
    finally:
        os.close(nothing)
