"""Gathers the artifacts of one file and words them: keys without repetition, summaries in one sentence, Markdown.

The families of formats beside this module decide what is an artifact; how lists, commands and code are written for a
reader is decided here once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from doctown.model import Artifact

MAX_ARTIFACTS = 2_000  # of one file; a hostile file may not fill the pack
_SUMMARY_LENGTH = 300
_NAME_LENGTH = 200
_LOWER_CASE_NAMES = ("npm ", "systemd ")  # names that keep their small letter at the head of a sentence


class Collector:
    """The artifacts and problems of one file, in the order in which they were added."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.lines = text.split("\n")
        self.last_line = max(1, len(self.lines) - (1 if text.endswith("\n") else 0))
        self.problems: list[str] = []
        self._artifacts: list[Artifact] = []
        self._keys: dict[str, int] = {}

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """What has been added so far."""
        return tuple(self._artifacts)

    @property
    def file_name(self) -> str:
        """The last segment of the file's path."""
        return self.path.rpartition("/")[2]

    def add(
        self,
        kind: str,
        name: str,
        summary: str,
        detail: str = "",
        lines: tuple[int, int] = (0, 0),
        *,
        target: str = "",
    ) -> None:
        """Add one artifact. `lines` are its first and last line; (0, 0) stands for the whole file."""
        if len(self._artifacts) >= MAX_ARTIFACTS:
            self.problem(f"more than {MAX_ARTIFACTS} artifacts; the rest is left out")
            return
        name = one_line(name)[:_NAME_LENGTH] or self.file_name
        key = f"{self.path}#{kind}:{name}"
        count = self._keys[key] = self._keys.get(key, 0) + 1
        start, end = lines if lines[0] else (1, self.last_line)
        start = min(max(1, start), self.last_line)
        self._artifacts.append(
            Artifact(
                key=key if count == 1 else f"{key}~{count}",
                path=self.path,
                kind=kind,
                name=name,
                summary=clip(sentence(summary), _SUMMARY_LENGTH),
                detail=detail.strip("\n"),
                start_line=start,
                end_line=min(max(start, end), self.last_line),
                target=one_line(target),
            )
        )

    def problem(self, text: str) -> None:
        """Note, once, what could not be read."""
        note = f"{self.file_name}: {one_line(text)}"
        if note not in self.problems:
            self.problems.append(note)


# --- words ----------------------------------------------------------------------------------------------------------


def one_line(text: str) -> str:
    """Text without line breaks, control characters and runs of blanks."""
    return re.sub(r"[\s\x00-\x1f\x7f]+", " ", text).strip()


def clip(text: str, length: int) -> str:
    """Text of at most `length` characters, cut between words where it can be."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;`") + "…"


def sentence(text: str) -> str:
    """Text as one line that begins with a capital letter and ends with a full stop."""
    text = one_line(text).rstrip(";, ")
    if not text:
        return ""
    if text[:2].islower() and not text.startswith(_LOWER_CASE_NAMES):
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else text + "."


def listing(items: Iterable[str], limit: int = 6, last: str = "and") -> str:
    """`a, b and c`; beyond `limit` items, `a, b and 4 more`."""
    words = [one_line(item) for item in items if item.strip()]
    if len(words) > limit:
        words = [*words[: limit - 1], f"{len(words) - limit + 1} more"]
        last = "and"
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 job`, `3 jobs`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def code(text: str, length: int = 100) -> str:
    """Text as inline code of one line; backticks inside are respected."""
    text = clip(one_line(text), length)
    if not text:
        return ""
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def codes(items: Iterable[str], limit: int = 6) -> str:
    """Items as inline code, listed."""
    return listing((code(item) for item in items if item), limit)


def fence(text: str, language: str = "") -> str:
    """Text as a block of code, fenced by more backticks than it holds in a row."""
    text = text.strip("\n")
    if len(text) > 20_000:
        text = text[:20_000] + "\n…"
    ticks = "`" * max(3, max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    return f"{ticks}{language}\n{text}\n{ticks}"


def bullets(items: Iterable[str]) -> str:
    """A Markdown list, without empty items."""
    return "\n".join(f"- {item}" for item in items if item)


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """A Markdown list of `**Label:** value`, without those whose value is empty."""
    return bullets(f"**{label}:** {value}" for label, value in pairs if value)


def table(rows: Sequence[Sequence[str]], head: Sequence[str]) -> str:
    """A Markdown table; columns that are empty in every row are left out."""
    if not rows:
        return ""
    used = [index for index in range(len(head)) if any(row[index] for row in rows)]

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(one_line(cells[index]).replace("|", "\\|") for index in used) + " |"

    return "\n".join([line(head), "|" + " --- |" * len(used), *map(line, rows)])


def section(title: str, body: str) -> str:
    """A titled part of a detail, or nothing if the body is empty."""
    return f"### {title}\n\n{body}" if body.strip() else ""


def joined(*parts: str) -> str:
    """Parts of a detail with blank lines between them, without the empty ones."""
    return "\n\n".join(part.strip("\n") for part in parts if part.strip())


def as_text(value: object) -> str:
    """A scalar as a person would write it; empty for None and for collections."""
    if value is None or isinstance(value, (Mapping, list, tuple)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def dependencies(pairs: Iterable[tuple[str, str]]) -> str:
    """A Markdown table of what is depended on: (name, version or constraint)."""
    return table([(code(name), code(constraint)) for name, constraint in pairs], ("Package", "Version"))
