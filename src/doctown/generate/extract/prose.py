"""Reads prose files (README, guides): title, first real paragraph, headings. Badges, images and HTML are passed over.

The first paragraph is what a person would read out when asked what the file is about: not a badge, not a link list,
not a directive, not a table of contents.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from doctown.generate.extract.inlines import heading_text, inline, to_plain, unpadded
from doctown.generate.extract.words import cut, first_sentence

MAX_READ = 20_000  # characters of a file that are looked at
MAX_PARAGRAPH = 4000  # characters
MAX_SUMMARY = 300
MAX_ITEMS = 12  # of a list
MAX_ITEM = 300  # characters
MAX_HEADINGS = 20  # with the title; nobody is shown more

_HTML = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)|</?[a-zA-Z][^<>]*>", re.DOTALL | re.IGNORECASE
)
_IMAGE = re.compile(
    r"\[!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])\](?:\([^)]*\)|\[[^\]]*\])?|!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])"
)
_RULERS = frozenset("=-~^\"'`#*+.:_")
_UNDERLINE = re.compile(r"^([=\-~^\"'`#*+.:_])\1{2,}\s*$")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_SKIPPED = re.compile(r"^(?:\.\. |\.\.$|\|.*\||:[\w-]+:(?!`)|\[[^\]]+\]:|[-*_=\s]{3,}$|={2,}|>\s*\[!|:::|\{[%{]|<)")
_DEFINED = re.compile(r"^ {0,3}\[([^\]\n]+)\]:[ \t]*\S", re.MULTILINE)
_RST_TARGET = re.compile(r"^\.\. _(?:`([^`\n]+)`|([^:`\n]+)):", re.MULTILINE)
_RST_REFERENCE = re.compile(r"(?<![\w`])(\w[\w.+-]{0,60}?)__?(?![\w`])")
# Sections that tell how to do something with a thing and not what it is.
_INSTRUCTIONS = re.compile(
    r"(?:\W|\d)*(?:install|requirement|prerequisite|dependenc|build|compil|get(?:ting)? (?:the )?(?:source|start)|"
    r"setup|set up|licen[cs]e|copyright|contribut|support|contact|authors|credits|download|upgrad|chang|release|test)"
    r"\w*(?:\s+\S+){0,4}\s*\Z",
    re.IGNORECASE,
)
_ITEM = re.compile(r"(?:[-*+•]|\d+[.)])\s+")
_REFERENCE = re.compile(r"(?<!!)\[([^\[\]\n]+)\](?:\[([^\[\]\n]*)\])?(?![:(\[])")
_LINK_ONLY = re.compile(r"^(?:[\s|·•\-]*\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])[\s|·•\-]*)+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prose:
    """What a prose file says first. `line` is where its first paragraph begins."""

    title: str  # plain text
    summary: str  # plain text, one sentence
    body: str  # Markdown: what follows the summary in the first paragraph, and the second paragraph
    headings: tuple[str, ...]  # plain text, below the title
    line: int
    instructs: bool = False  # whether the first paragraph stands in a section on how to install, build or contribute


def read_prose(source: str, path: str) -> Prose:
    """Title, first paragraphs and headings of a prose file; all empty if it has none."""
    front = _FRONT_MATTER.match(source)
    skip = front.group().count("\n") if front else 0
    lines = _cleaned(unpadded(source[:MAX_READ])).split("\n")
    headings: list[str] = []
    levels: list[int] = []  # of the headings, by their marks
    instructing: list[bool] = []  # of each paragraph
    paragraphs: list[tuple[int, str]] = []
    items: dict[int, list[str]] = {}  # of the list that a paragraph leads to, by the paragraph's place
    at = skip
    marked = not path.endswith((".rst", ".txt"))
    count = len(lines)
    while at < count and (len(paragraphs) < 2 or len(headings) < MAX_HEADINGS):
        line = lines[at]
        following = lines[at + 1] if at + 1 < count else ""
        heading = heading_text(line) if marked and line.startswith("#") else None
        if _is_fence(line):
            at = next((index for index in range(at + 1, count) if _is_fence(lines[index])), count) + 1
        elif heading is not None:
            headings.append(to_plain(inline(heading)))
            levels.append(len(line) - len(line.lstrip("#")))
            at += 1
        elif following[:1] in _RULERS and line.strip() and _UNDERLINE.match(following) and not _UNDERLINE.match(line):
            headings.append(to_plain(inline(line.strip())))
            levels.append("=-".find(following[0]) + 1 or 3)
            at += 2
        elif not line or line[0].isspace():
            at += 1
        else:
            start = at
            while at < count and lines[at].strip() and not _is_fence(lines[at]):
                at += 1
            if len(paragraphs) < 2:
                chunk = lines[start:at]
                if not _SKIPPED.match(chunk[0]) and _is_prose(chunk):
                    paragraphs.append((start + 1, " ".join(" ".join(chunk).split())[:MAX_PARAGRAPH]))
                    instructing.append(_instructs(headings, levels))
            if paragraphs and paragraphs[-1][1].endswith(":") and _ITEM.match(lines[start]):
                items.setdefault(len(paragraphs) - 1, []).extend(_items(lines[start:at]))
    told = _told(headings, paragraphs, items)
    at = next((number for number, (line, _) in enumerate(paragraphs) if line == told.line), -1)
    return replace(told, instructs=at >= 0 and instructing[at])


def _instructs(headings: list[str], levels: list[int]) -> bool:
    """Whether what follows stands in a section of instructions, or in a section of one. The first heading is the title
    and may be of a thing that builds or tests."""
    level = 100
    for heading, own in zip(reversed(headings[1:]), reversed(levels[1:]), strict=True):
        if own < level:
            level = own
            if _INSTRUCTIONS.match(heading):
                return True
    return False


def _items(lines: list[str]) -> list[str]:
    """The items of a list, each on one line."""
    found: list[str] = []
    for line in lines:
        mark = _ITEM.match(line)
        if mark:
            found.append(line[mark.end() :].strip())
        else:
            found[-1] += f" {line.strip()}"
    return found


def _is_fence(line: str) -> bool:
    return line.lstrip().startswith(("```", "~~~"))


def _told(headings: list[str], paragraphs: list[tuple[int, str]], items: dict[int, list[str]]) -> Prose:
    title = headings[0] if headings else ""
    if not paragraphs:
        return Prose(title=title, summary=title, body="", headings=tuple(headings[1:]), line=1)
    # A sentence that leads to a sample tells nothing without it; what stands behind it may.
    place = next((at for at, (_, text) in enumerate(paragraphs) if not _only_leads(text) or at in items), 0)
    line, first = paragraphs[place]
    sentence, rest = first_sentence(inline(first))
    summary = to_plain(sentence)
    summary = summary.rstrip(":") + "." if summary.endswith(":") else summary
    body = rest if len(summary) <= MAX_SUMMARY else inline(first)
    listed = [f"- {inline(cut(item, MAX_ITEM))}" for item in items.get(place, ())[:MAX_ITEMS]]
    if body.endswith(":") and not listed:  # what it leads to, a sample or a table, is not shown
        body = body[: body.rfind(". ") + 1] if ". " in body else ""
    if listed and (body.endswith(":") or sentence.endswith(":")):
        body = "\n\n".join(part for part in (body, "\n".join(listed)) if part)
    return Prose(title=title, summary=cut(summary, MAX_SUMMARY), body=body, headings=tuple(headings[1:]), line=line)


def _only_leads(paragraph: str) -> bool:
    return paragraph.endswith(":") and not first_sentence(paragraph)[1]


def _cleaned(source: str) -> str:
    """The source without images, badges and HTML tags; their line breaks stay, so that lines keep their numbers."""

    def breaks(match: re.Match[str]) -> str:
        return "\n" * match.group().count("\n")

    if "<" in source:
        source = _HTML.sub(breaks, source)
    labels = set(_DEFINED.findall(source)) if "]:" in source else set()
    if labels:  # `[text][label]` and `[label]` mean links that are defined elsewhere: their text stays
        source = _REFERENCE.sub(
            lambda match: match.group(1) if (match.group(2) or match.group(1)) in labels else match.group(), source
        )
    targets = {(quoted or bare).strip().lower() for quoted, bare in _RST_TARGET.findall(source)}
    if targets:  # `Name_` of reStructuredText
        source = _RST_REFERENCE.sub(
            lambda match: match.group(1) if match.group(1).lower() in targets else match.group(), source
        )
    return _IMAGE.sub(breaks, source) if "![" in source else source


def _is_prose(chunk: list[str]) -> bool:
    text = " ".join(chunk)
    bare = to_plain(text)
    return (
        not _LINK_ONLY.match(text)
        and sum(1 for word in bare.split() if word.isalpha()) >= 4
        and not re.match(r"(?:[-*+•]|\d+[.)])\s", chunk[0])
    )
