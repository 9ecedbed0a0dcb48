"""Inline markup of comments: roles, literals and links of several dialects as safe Markdown; Markdown as plain text."""

from __future__ import annotations

import re
from html import unescape

from doctown.generate.extract import safe

_ROLE = re.compile(r":(?:[a-zA-Z]+:)?[a-zA-Z-]+:`([^`]+)`|`([^`]+)`:[a-z-]+:")
_DOUBLE = re.compile(r"``(?!`)(.+?)``(?!`)")
_RST_LINK = re.compile(r"`([^`<>]+?)\s*<([^`<>]+)>`__?(?![\w`])")
_RST_REFERENCE = re.compile(r"`([^`<>]+)`__?(?![\w`])|(?<![\w`])(\w[\w-]*)_(?=[\s.,;:)]|$)(?<!__)")
_FOOTNOTE = re.compile(r"\s*\[[#\d*]+\]_")
# A link to code: by name alone, by a name that is told elsewhere, or to a path of modules and no address.
_INTRADOC = re.compile(r"\[(`[^`\]]+`)\](?:\[[^\]]*\]|\((?!https?://)[^()\s]{1,200}(?:\(\))?\)|(?!\())")


_PADDING = " " * 100


def unpadded(text: str) -> str:
    """The text with runs of blanks cut to a hundred: expressions that skip blanks take quadratic time over a run."""
    return re.sub(r"[^\S\n]{100,}", _PADDING, text) if _PADDING in text or "\t\t\t\t\t\t\t\t" in text else text


def heading_text(line: str) -> str | None:
    """What a Markdown heading says, the closing signs dropped; None if the line is none."""
    bare = line.lstrip("#")
    if not 0 < len(line) - len(bare) <= 6 or not bare[:1].isspace():
        return None
    text = bare.strip()
    closed = text.rstrip("#")
    return closed.rstrip() if closed[-1:].isspace() or not closed else text


def _role(match: re.Match[str]) -> str:
    shown = match.group(1) or match.group(2)
    titled = re.match(r"(.*?)\s*<[^>]*>$", shown, re.DOTALL)
    if titled:
        return titled.group(1)
    bare = shown.rsplit(".", 1)[-1] if shown.startswith("~") else shown.lstrip("!")
    return safe.code(bare)


def _rst_link(match: re.Match[str]) -> str:
    address = match.group(2)
    return f"[{match.group(1)}]({address})" if address.startswith(("http://", "https://")) else match.group(1)


def converted(text: str) -> str:
    """Sphinx roles, rst links and intra-doc links as Markdown, not yet made safe."""
    if "`" in text:
        text = _ROLE.sub(_role, text) if ":" in text else text
        text = _RST_LINK.sub(_rst_link, text)
        text = _RST_REFERENCE.sub(lambda match: match.group(1) or match.group(), text)
        text = _DOUBLE.sub(lambda match: safe.code(match.group(1)), text)
        if "[" in text:
            text = _INTRADOC.sub(r"\1", text)
    if "]_" in text:
        text = _FOOTNOTE.sub("", text)
    return text


def inline(text: str) -> str:
    """One paragraph of a comment as safe Markdown on one line."""
    text = safe.inline(converted(text))
    if text[:1] in "-+#>=*" and re.match(r"(?:[-+*#>=]+(?:\s|$)|>)", text):
        text = "\\" + text  # joined lines must not begin as a list, heading or quotation by accident
    return text


_LINKED = re.compile(r"\[([^\[\]]{0,500})\]\([^)]{0,1000}\)")
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*(?!\w)")
_ITALIC = re.compile(r"(?<![\w*])\*(?=\S)([^*]+?)(?<=\S)\*(?![\w*])")
_ESCAPED = re.compile(r"\\(?=[^\w\s]|_)")


def to_plain(markdown: str) -> str:
    """Markdown as plain text on one line: code marks, emphasis and links' targets dropped."""
    text = _LINKED.sub(r"\1", markdown) if "](" in markdown else markdown
    if "`" in text:  # a star inside code is no emphasis
        text = _SPAN.sub(lambda match: match.group(2).strip().replace("*", "\x00"), text)
    if "*" in text:
        text = _ITALIC.sub(r"\1", _BOLD.sub(r"\1", text))
    text = _ESCAPED.sub("", text) if "\\" in text else text
    return " ".join((unescape(text) if "&" in text else text).replace("\x00", "*").split())
