"""What a README shows to type: how to install the project and a first use of it, as its authors wrote them.

Only code blocks count, fenced in Markdown or indented below a directive or `::` in reStructuredText; of prose files'
words and headings `prose` takes care.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from doctown.generate.extract.inlines import heading_text, inline, to_plain, unpadded

MAX_READ = 60_000  # characters of a file that are looked at
MAX_LINES = 25  # of a sample; a longer one is no first step and is passed over
MAX_SAMPLES = 3

_UNDERLINE = re.compile(r"([=\-~^\"'`#*+.:_])\1{2,}\s*$")
_FENCE = re.compile(r"( {0,3})(```+|~~~+)\s*([\w+#.-]*)")
_DIRECTIVE = re.compile(r"\.\. (?:code-block|code|sourcecode|parsed-literal)::\s*([\w+-]*)$")
_INSTALLING = re.compile(r"\binstall|\bset ?up\b|\bdownload", re.IGNORECASE)
_USING = re.compile(
    r"\busage\b|\busing\b|quick ?start|getting started|\bexamples?\b|\bbasics?\b|how to use|first steps|synopsis",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"contribut|develop|\btest|\bbuild|release|licen[cs]e|change ?log|upgrad|migrat", re.IGNORECASE)
_LANGUAGES = """c c++ cpp cs csharp dart elixir go golang haskell java javascript js jsx kotlin kt lua mjs ocaml perl
    php py pycon python python3 rb ruby rs rust scala swift ts tsx typescript zig"""
_CODE = frozenset(_LANGUAGES.split())
_COMMAND = re.compile(
    r"\s*(?:[$>#] ?)?(?:sudo )?(?:(?:python3? -m )?pip3? install|npm (?:i|install)|yarn add|"
    r"pnpm (?:add|install)|cargo (?:add|install)|go (?:get|install)|gem install|composer require|"
    r"brew install|uv (?:add|pip)|conda install)\b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A code block of a README. `installs`: it is how the project is installed."""

    title: str  # plain text: the heading above it
    language: str
    lines: tuple[str, ...]
    installs: bool


def read_samples(source: str, path: str) -> tuple[Sample, ...]:
    """The first code block below each heading about installing or using, and the first code behind how it is installed,
    whatever stands above it; at most three, installing first."""
    found: list[Sample] = []
    titles: set[str] = set()
    for title, language, lines in _blocks(unpadded(source[:MAX_READ]).split("\n"), path):
        first_code = len(found) == 1 and found[0].installs and language.lower() in _CODE and not _ASIDE.search(title)
        if (title in titles and not first_code) or not lines or len(lines) > MAX_LINES:
            continue
        installs = bool(_INSTALLING.search(title)) or any(_COMMAND.match(line) for line in lines)
        uses = bool(_USING.search(title)) and not title.startswith(".")  # `.usage()` is a method
        if installs or uses or first_code:
            named = "A first use" if title in titles else title or "Install"
            titles.add(title)
            found.append(Sample(title=named, language=language, lines=tuple(lines), installs=installs))
    installing = [sample for sample in found if sample.installs][:1]
    using = [sample for sample in found if not sample.installs]
    return (*installing, *using[: MAX_SAMPLES - len(installing)])


def _blocks(lines: list[str], path: str) -> Iterator[tuple[str, str, list[str]]]:
    """(heading above, language, lines) of each code block."""
    title, at, markdown = "", 0, not path.endswith((".rst", ".txt"))
    while at < len(lines):
        line = lines[at]
        following = lines[at + 1] if at + 1 < len(lines) else ""
        fence, heading = _FENCE.match(line), heading_text(line) if markdown else None
        directive = None if markdown else _DIRECTIVE.match(line)
        at += 1
        if fence:
            start = at
            while at < len(lines) and not lines[at].strip().startswith(fence.group(2)):
                at += 1
            yield title, fence.group(3), lines[start:at]
            at += 1
        elif heading is not None:
            title = to_plain(inline(heading))
        elif line.strip() and not line[0].isspace() and _UNDERLINE.match(following) and not _UNDERLINE.match(line):
            title = to_plain(inline(line.strip()))
            at += 1
        elif directive or (not markdown and line.rstrip().endswith("::") and not line.startswith("..")):
            start = at
            while at < len(lines) and (not lines[at].strip() or lines[at][0].isspace()):
                at += 1
            body = [one for one in lines[start:at] if not one.strip().startswith(":")]
            yield title, directive.group(1) if directive else "", _trimmed(body)


def _trimmed(lines: list[str]) -> list[str]:
    """The lines without blank ones around them and without their common indentation."""
    full = [index for index, line in enumerate(lines) if line.strip()]
    if not full:
        return []
    margin = min(len(lines[index]) - len(lines[index].lstrip()) for index in full)
    return [line[margin:].rstrip() for line in lines[full[0] : full[-1] + 1]]
