"""INI files as Python tools write them, with the lines of sections and keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_SECTION = re.compile(r"\[([^\]\n]+)\]\s*(?:[#;].*)?$")
_KEY = re.compile(r"([^\s=:#;\[][^=:]*)[=:]\s*(.*)$")


@dataclass(slots=True, kw_only=True)
class Section:
    """One section: the lines of its values, and where they stand."""

    name: str
    start: int
    end: int
    parts: dict[str, list[str]] = field(default_factory=dict)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def values(self) -> Mapping[str, str]:
        """Key → its value as written, continuation lines joined by line breaks."""
        return {key: "\n".join(parts) for key, parts in self.parts.items()}

    @property
    def lines(self) -> tuple[int, int]:
        """First and last line, trailing blank and comment lines left out."""
        return self.start, self.end

    def listed(self, key: str) -> list[str]:
        """A value that lists one item a line; comments and empty lines left out."""
        joined = re.sub(r"[ \t]*+\\\n[ \t]*", " ", "\n".join(self.parts.get(key, ())))
        lines = (line.strip() for line in joined.split("\n"))
        return [line for line in lines if line and not line.startswith(("#", ";"))]


def ini_sections(text: str) -> list[Section]:
    """The sections of an INI file in their order. Nothing is interpolated; lines that fit nowhere are passed over."""
    sections: list[Section] = []
    key = ""
    for number, line in enumerate(text.split("\n"), 1):
        if header := _SECTION.match(line):
            sections.append(Section(name=header.group(1).strip(), start=number, end=number))
            key = ""
            continue
        if not sections or not line.strip() or line.lstrip().startswith(("#", ";")):
            continue
        section = sections[-1]
        if line[0] in " \t" and key:
            section.parts[key].append(line.strip())
            section.spans[key] = (section.spans[key][0], number)
        elif found := _KEY.match(line):
            key = found.group(1).strip()
            section.parts[key] = [found.group(2).strip()]
            section.spans[key] = (number, number)
        else:
            key = ""
            continue
        section.end = number
    return sections
