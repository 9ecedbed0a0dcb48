"""A model's sentences as pages show them. Of markup only code spans come through: everything else is shown as typed."""

from __future__ import annotations

from doctown.generate.extract import safe
from doctown.generate.ground_words import SPAN
from doctown.generate.prompts.fence import visible


def markdown(sentence: str) -> str:
    """A sentence as Markdown: names in backticks as code, the rest as plain text."""
    text = " ".join(visible(sentence).split())
    parts: list[str] = []
    last = 0
    for match in SPAN.finditer(text):
        parts.extend((safe.escape(text[last : match.start()]), safe.code(match.group(1))))
        last = match.end()
    parts.append(safe.escape(text[last:]))
    return "".join(parts)


def plain(sentence: str) -> str:
    """A sentence as plain text, as summaries are, with a full stop."""
    text = " ".join(visible(sentence).replace("`", "").split())
    return text if text.endswith((".", "!", "?", "…")) or not text else f"{text}."
