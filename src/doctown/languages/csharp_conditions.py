"""C#'s conditional compilation, as far as it stands where the grammar cannot read it, and a keyword used as a name.

Between whole statements or members the grammar reads `#if` and both of its branches. In the midst of something, between
a class's name and its interfaces or before an `else`, it loses its way and with it the rest of the class. There the
first branch is kept, and the directives and other branches are blanked: as many bytes, on as many lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_DIRECTIVE = re.compile(rb"\s*#\s*(if|elif|else|endif)\b")
_GOES_ON = re.compile(
    rb"\s*(?:[,.:?&|)+{}=]|(?:else|catch|finally|where|case|default)\b"
    rb"|(?:(?:private|protected|internal)\s+)*(?:get|set|init|add|remove)\s*(?:[{;]|=>|$))"
)
# `async` is a name where what follows it cannot follow the keyword; the grammar is given another one of its length.
_ASYNC = re.compile(rb"\basync(?=\s*(?:[?,):;]|&&|\|\||[=!]=))")
_ENDS = (b";", b"{", b"}", b"]", b":", b"*/")


@dataclass(slots=True)
class _Group:
    """One conditional: the lines of its directives, `#endif` last."""

    lines: list[int] = field(default_factory=list)


def readable(data: bytes) -> bytes:
    """The source as the grammar can read it, byte for byte in its place."""
    return without_conditions(_ASYNC.sub(b"asynk", data) if b"async" in data else data)


def without_conditions(data: bytes) -> bytes:
    """The source with blanks for conditionals that stand in the midst of something; unclosed ones stay."""
    if b"#if" not in data and b"# if" not in data:
        return data
    lines = data.split(b"\n")
    open_groups: list[_Group] = []
    blank: set[int] = set()
    for at, line in enumerate(lines):
        found = _DIRECTIVE.match(line)
        if found is None:
            continue
        if found[1] == b"if":
            open_groups.append(_Group([at]))
        elif open_groups:
            open_groups[-1].lines.append(at)
            if found[1] == b"endif":
                group = open_groups.pop()
                if not _between_wholes(lines, group):
                    blank.update(group.lines)
                    blank.update(range(group.lines[1], group.lines[-1]))
    for at in blank:
        lines[at] = re.sub(rb"[^\r]", b" ", lines[at])
    return b"\n".join(lines)


def _between_wholes(lines: list[bytes], group: _Group) -> bool:
    """Whether every branch holds whole statements or members, and stands between such."""
    before = next((line for line in reversed(lines[: group.lines[0]]) if _is_code(line)), b";")
    if not _without_remark(before).rstrip().endswith(_ENDS):
        return False
    for start, end in zip(group.lines, group.lines[1:], strict=False):
        branch = [line for line in lines[start + 1 : end] if _is_code(line)]
        if branch and (_GOES_ON.match(branch[0]) or not _without_remark(branch[-1]).rstrip().endswith(_ENDS)):
            return False
        code = b"\n".join(branch)
        if code.count(b"{") != code.count(b"}") or code.count(b"(") != code.count(b")"):
            return False
    return True


def _is_code(line: bytes) -> bool:
    bare = line.strip()
    return bool(bare) and not bare.startswith((b"#", b"//"))


def _without_remark(line: bytes) -> bytes:
    return line.partition(b"//")[0] if b'"' not in line else line
