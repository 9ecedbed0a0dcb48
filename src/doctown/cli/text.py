"""Text from strangers, made fit for a terminal, and the streams that it goes to.

Paths, names, docstrings and messages come from repositories and packs of unknown hands. A control character among
them could move the cursor, forge a line of our output or drive the terminal, so none reaches it: it is shown as its
escape instead. What is said is others' business.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO

# C0 and C1 controls, line separators, marks that reverse the direction of what follows, and halves of surrogate pairs.
_CLASS = "\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff"
_CONTROL = re.compile(f"[{_CLASS}]")
_CONTROL_IN_BLOCK = re.compile(f"(?![\\n\\t])[{_CLASS}]")


def plain(text: str) -> str:
    """The text on one line: white space that moves the cursor becomes a blank, other control characters `\\x1b`."""
    return text if text.isprintable() else _CONTROL.sub(_blank_or_escape, text)


def block(text: str) -> str:
    """Text of several lines with its line ends and tabs; all other control characters are shown as escapes."""
    return _CONTROL_IN_BLOCK.sub(_escape, text.replace("\r\n", "\n"))


def _blank_or_escape(found: re.Match[str]) -> str:
    return " " if found.group() in "\t\n\v\f\r\u2028\u2029" else _escape(found)


def _escape(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def json_text(value: object) -> str:
    """The value as indented JSON. Letters stay as they are where standard output has them all; control characters
    travel as JSON's escapes."""
    import json  # noqa: PLC0415 - most commands print no JSON

    has_all = (getattr(sys.stdout, "encoding", None) or "").lower().startswith("utf")
    text = json.dumps(value, indent=2, ensure_ascii=not has_all)
    # Inside strings a line end is escaped already; those that are left are the indentation's.
    return re.sub(f"(?!\\n)[{_CLASS}]", lambda found: f"\\u{ord(found.group()):04x}", text)


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
        _abandon(sys.stderr)


def flush() -> None:
    """Writes what standard output still holds. Raises OSError where it cannot: a closed pipe, a full disk.

    Done before the interpreter ends, which could no more than print a traceback about it."""
    if sys.stdout is not None:
        sys.stdout.flush()


def abandon_output() -> None:
    """Drops what standard output still holds, since it cannot be written."""
    if sys.stdout is not None:
        _abandon(sys.stdout)


def _abandon(stream: TextIO) -> None:
    """Points the stream's descriptor at nothing: the interpreter would try again to write what is in its buffer."""
    try:
        descriptor = stream.fileno()
    except OSError:  # a stream of a program that has us inside, which deals with it itself
        return
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, descriptor)
    finally:
        os.close(nothing)
