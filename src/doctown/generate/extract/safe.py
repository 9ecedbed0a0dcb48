"""Strangers' text made harmless inside our Markdown, and our own names, links and diagrams written safely.

Docstrings and READMEs come from people we do not know, and pages go to browsers. So no raw HTML, no image, no link but
to the web, and no fence that swallows what follows leaves this module. It does not trust a renderer's own sanitizer:
what it writes is safe in any Markdown that follows CommonMark. Converting markup is `markup`'s work.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_BROKEN = re.compile(r"(?<!\\)\\+(?=`)")
_IMAGE = re.compile(r"!\[([^\]\n]{0,300})\]\([^)\n]{0,1000}\)")
_BAD_LINK = re.compile(r"\[([^\[\]\n]*)\]\((?!https?://[^\s<>()]*\))[^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)")
_ANY_LINK = re.compile(r"\]\((?!https?://[^\s<>()]*\))")
_DEFINITION = re.compile(r"\](?=:)")
_AUTOLINK = re.compile(r"<(https?://[^\s<>]+)>")
_TAG_START = re.compile(r"<(?=[A-Za-z/!?])")
_SPECIAL = re.compile(r"[`<!\[\]\\~]|__")
_DUNDER = re.compile(r"(?<![\w`])__(?=\w+__(?!\w))(\w+)__")
_MARKER = re.compile(r"\s*(?:[-*+>|#]|\d+[.)])(?:\s|$)|\s*[|>#]")


def inline(text: str) -> str:
    """One paragraph or list item of a stranger's Markdown made safe. Code spans end up on one line.

    A backtick that opens no span becomes an entity, so that a renderer sees exactly the spans that are seen here;
    everything that could be markup is escaped outside of them.
    """
    if not _SPECIAL.search(text):
        return text
    text = _BROKEN.sub("", text)
    parts: list[str] = []
    last = 0
    for match in _SPAN.finditer(text):
        parts.append(_outside(text[last : match.start()]))
        parts.append(match.group().replace("\n", " "))
        last = match.end()
    parts.append(_outside(text[last:]))
    return "".join(parts)


def _outside(text: str) -> str:
    if not _SPECIAL.search(text):
        return text
    text = _IMAGE.sub(r"\1", text)
    text = _AUTOLINK.sub(r"\1", text)
    text = _BAD_LINK.sub(r"\1", text)
    text = _ANY_LINK.sub("] (", text)
    text = text.replace("![", "!&#91;").replace("`", "&#96;").replace("~~~", "&#126;&#126;&#126;")
    text = _DEFINITION.sub(r"\\]", text)
    if "__" in text:  # `__init__` is a name, not emphasis
        text = _DUNDER.sub(r"\\_\\_\1\\_\\_", text)
    return _TAG_START.sub("&lt;", text)


def block(lines: Sequence[str]) -> list[str]:
    """The lines of a paragraph, list, table or quotation made safe, each run between block markers by itself.

    A code span cannot cross from one list item, heading or table row into the next, and no renderer would see one
    that did; so spans are looked for inside each run alone.
    """
    runs: list[list[str]] = []
    for line in lines:
        if not runs or _MARKER.match(line) or runs[-1][-1].lstrip()[:1] in ("|", "#"):
            runs.append([line])
        else:
            runs[-1].append(line)
    return [line for run in runs for line in inline("\n".join(run)).split("\n")]


_TICKS = re.compile(r"`+")
_LANGUAGE = re.compile(r"[\w+#.-]+")


def fence(lines: Iterable[str], language: str = "") -> list[str]:
    """A fenced code block that its content cannot close, common indentation removed, blank lines around dropped."""
    body = [line.rstrip() for line in lines]
    while body and not body[0]:
        body.pop(0)
    while body and not body[-1]:
        body.pop()
    if not body:
        return []
    margin = min(len(line) - len(line.lstrip()) for line in body if line)
    ticks = max((len(run) for line in body for run in _TICKS.findall(line)), default=0)
    mark = "`" * max(3, ticks + 1)
    word = _LANGUAGE.match(language)
    return [mark + (word.group() if word else ""), *(line[margin:] for line in body), mark]


_MARKUP = re.compile(r"([\\`*\[\]<~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)|^[#>+-](?=\s))")


_MAYBE = re.compile(r"[\\`*\[\]<~_&]|^[#>+-]")  # what `_MARKUP` begins with: found much faster than that is


def escape(text: str) -> str:
    """Plain text written so that Markdown shows it as it is."""
    return _MARKUP.sub(r"\\\1", text) if _MAYBE.search(text) else text


def code(text: str) -> str:
    """Text as a code span, whatever it holds."""
    bare = " ".join(text.split())
    if "`" not in bare:
        return f"`{bare}`" if bare else ""
    mark = "`" * (max(len(run) for run in _TICKS.findall(bare)) + 1)
    return f"{mark} {bare} {mark}"


_UNSAFE_IN_TARGET = re.compile(r"[<>%\\&\x00-\x1f]")


def target(kind: str, key: str) -> str:
    """The address of a page, `doctown:KIND/KEY`. Characters that would end or change a Markdown link's target
    (angle brackets, percent, backslash, ampersand, control characters) are percent-encoded: unquote to get the key."""
    if _UNSAFE_IN_TARGET.search(key):
        key = _UNSAFE_IN_TARGET.sub(lambda match: f"%{ord(match.group()):02X}", key)
    return f"doctown:{kind}/{key}"


def link(shown: str, kind: str, key: str) -> str:
    """A Markdown link to another page, `shown` being plain text in a code span."""
    return f"[{code(shown)}](<{target(kind, key)}>)"


def text_link(shown: str, kind: str, key: str) -> str:
    """A Markdown link to another page, `shown` being plain text in prose."""
    return f"[{escape(shown)}](<{target(kind, key)}>)"


_LABEL = re.compile(r"[^\w ./:()+,&*=@-]")


def diagram(nodes: Mapping[str, str], edges: Iterable[tuple[str, str]]) -> list[str]:
    """A Mermaid flowchart of `nodes` (id → label) and `edges` between them. Ids never reach the text: nodes are
    numbered, and of a label only letters, digits and plain punctuation stay, so that no label can become syntax."""
    number = {node: f"n{index}" for index, node in enumerate(nodes)}
    lines = [f'    {number[node]}["{_LABEL.sub(" ", label).strip() or "·"}"]' for node, label in nodes.items()]
    lines.extend(f"    {number[source]} --> {number[to]}" for source, to in edges if source in number and to in number)
    return ["```mermaid", "flowchart LR", *lines, "```"]


_FENCE = re.compile(r" {0,3}(```+|~~~+)\s*([^`]*)$")


def markdown(text: str) -> str:
    """A whole Markdown text that holds strangers' words made safe: fences closed, the rest as `block` does."""
    result: list[str] = []
    waiting: list[str] = []
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        match = _FENCE.match(lines[at])
        if match is None:
            if lines[at].strip():
                waiting.append(lines[at])
            else:
                result.extend([*block(waiting), ""])
                waiting = []
            at += 1
            continue
        result.extend(block(waiting))
        waiting = []
        mark = match.group(1)
        end = at + 1
        while end < len(lines) and not (lines[end].strip().startswith(mark) and not lines[end].strip().strip(mark[0])):
            end += 1
        result.extend(fence(lines[at + 1 : end], match.group(2)))
        at = end + 1
    result.extend(block(waiting))
    return "\n".join(result).strip("\n")
