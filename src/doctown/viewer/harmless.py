"""Markdown of strangers that stays Markdown and does nothing in whatever renders it.

A page's HTML is sanitised when it is made (`markdown`); Markdown that leaves a pack is rendered by others, such as
MkDocs, which passes raw HTML on. What Doctown packs is harmless already, but a pack may come from anyone. So here no
tag, no image, no link but to the web, no definition of a link and no fence is left that two renderers could see
differently: fences begin and end at the margin and are longer than any run of backticks in them, and a backtick that
opens no span is written as an entity, so that every renderer sees the spans that are seen here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

# Signs that both CommonMark and Python's Markdown take literally behind a backslash; the others become entities.
_SIGNS = str.maketrans(
    {
        **{sign: f"\\{sign}" for sign in "\\`*_[]#!"},
        "<": "&lt;",
        ">": "&gt;",
        "&": "&amp;",
        "|": "&#124;",
        "~": "&#126;",
    }
)
_DANGER = re.compile(r"<|\]\(|\]:|!\[|~~~")  # without any of these a text is words, however its backticks pair
_FENCED = re.compile(r"(?m)^(`{3,})([\w+#.-]*)[ ]*\n((?:.*\n)*?)\1`*[ ]*$")
_TICKS = re.compile(r"`+")
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_BROKEN = re.compile(r"\\+(?=`)")
_MARKER = re.compile(r"\s*(?:[-*+>|#]|\d+[.)])(?:\s|$)|\s*[|>#]")  # the first line of a run of its own
_TABLE = re.compile(r"(?m)^[ >]*\|?[ ]*:?-+:?[ ]*(?:\|[ ]*:?-+:?[ ]*)*\|?[ ]*$")
_PIPE = re.compile(r"(?<!\\)\|")
_IMAGE = re.compile(r"!\[([^\]\n]{0,300})\]\([^)\n]{0,1000}\)")
_LINK = re.compile(r"\](?=\((?!https?://[^\s<>()]*\)))")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_PRIVATE = re.compile("[\ue000\ue001]")
_ADDRESS = re.compile(r"\]\(<(doctown:[^>\n]*)>\)")
_KEPT = re.compile("\ue000(\\d+)\ue001")


def text(value: str) -> str:
    """Plain text on one line, as Markdown that shows it as it is."""
    return " ".join(value.split()).translate(_SIGNS)


def code(value: str) -> str:
    """Text as a code span."""
    bare = " ".join(value.split())
    if not bare:
        return ""
    mark = "`"
    while mark in bare:
        mark += "`"
    return f"{mark}{bare}{mark}" if len(mark) == 1 else f"{mark} {bare} {mark}"


def fence(value: str, language: str = "") -> str:
    """A code block that its content cannot close."""
    mark = "`" * max([3, *(len(run) + 1 for run in _TICKS.findall(value))])
    word = re.match(r"[\w+#.-]*", language)
    return f"{mark}{word.group() if word else ''}\n{value.rstrip()}\n{mark}\n"


def summary(value: str) -> str:
    """A summary, which is text with `code` between backticks, as `markdown.inline` reads it."""
    pieces = value.split("`")
    if len(pieces) < 3 or len(pieces) % 2 == 0:
        return text(value)
    return "".join(code(piece) if number % 2 else _beside_code(piece) for number, piece in enumerate(pieces))


def _beside_code(piece: str) -> str:
    before, after = piece[:1].isspace(), piece[-1:].isspace()
    return f"{' ' * before}{text(piece)}{' ' * (after and bool(piece.strip()))}"


def body(value: str, lead: Callable[[str], str | None]) -> str:
    """A page's Markdown, harmless. `lead` says where a `doctown:` address leads, or that it leads nowhere."""
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(f"]({lead(found[1]) or ''})")
        return f"\ue000{len(kept) - 1}\ue001"

    marked = _ADDRESS.sub(keep, _PRIVATE.sub("", value))
    if _DANGER.search(marked):
        marked = "".join(_parts(marked))
    return _KEPT.sub(lambda found: kept[int(found[1])], marked) if kept else marked


def _parts(value: str) -> Iterator[str]:
    """Fences as they are, the rest of the text run by run."""
    last = 0
    for match in _FENCED.finditer(value):
        yield from _runs(value[last : match.start()])
        # What stood for an address was none in code.
        yield fence(match[3], match[2]).removesuffix("\n")
        last = match.end()
    yield from _runs(value[last:])


def _runs(value: str) -> Iterator[str]:
    """A span of code cannot cross from one list item, heading or row into the next, and no renderer sees one that
    does, so they are looked for in each run alone. In a table a pipe parts cells even within a span."""
    for paragraph in re.split(r"(\n[ \t]*(?=\n))", value):
        table = _PIPE.search(paragraph) is not None and _TABLE.search(paragraph) is not None
        runs: list[list[str]] = []
        for line in paragraph.split("\n"):
            if not runs or _MARKER.match(line) or table or runs[-1][-1].lstrip()[:1] in ("|", "#"):
                runs.append([line])
            else:
                runs[-1].append(line)
        yield "\n".join(_inline("\n".join(run), table) for run in runs)


def _inline(value: str, table: bool) -> str:
    value = _BROKEN.sub("", value)
    parts: list[str] = []
    last = 0
    for match in _SPAN.finditer(value):
        if table and _PIPE.search(match.group()):
            continue
        parts += [_outside(value[last : match.start()]), match.group().replace("\n", " ")]
        last = match.end()
    return "".join([*parts, _outside(value[last:])])


def _outside(value: str) -> str:
    value = _IMAGE.sub(r"\1", value)
    value = _LINK.sub("&#93;", value)
    value = value.replace("![", "!&#91;").replace("]:", "&#93;:").replace("`", "&#96;")
    return _TAG.sub("&lt;", value.replace("~~~", "&#126;&#126;&#126;"))
