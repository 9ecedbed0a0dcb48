"""Which paths of a folder Git would ignore: `.gitignore` files, nested and negated, and `.git/info/exclude`.

A pattern is matched against a path itself and never against what lies below, because the walk asks about folders
before it enters them; that is how Git decides, and it makes `*`, `!*/`, `!*.py` mean what it should. Time is linear
in the path for any pattern: the patterns come with the source, and a stranger's must not stall a build. A user's
global excludes are left out on purpose, so that a build does not depend on whose machine it ran on. Walking is left
to `folder`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# A file of patterns larger than this is no hand-written one, and every pattern costs time for every path.
_MAX_BYTES = 256 * 1024
_MAX_PATTERNS = 2_000
_MAX_LINE = 2_000  # letters; a path part has at most 255
_POSIX_CLASSES = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "blank": " \t", "cntrl": "\x00-\x1f\x7f", "digit": "0-9",
    "graph": "!-~", "lower": "a-z", "print": " -~", "punct": "!-/:-@\\[-`{-~", "space": " \t-\r",
    "upper": "A-Z", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_NOTHING = re.compile(r"(?!)")
_ANY_ONE = re.compile(".*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line. `parts` match the parts of a path in order; None stands for any number of them (`**`)."""

    parts: tuple[re.Pattern[str] | None, ...]
    negated: bool
    folders_only: bool
    anchored: bool  # to the folder of its file; otherwise it speaks of a name at any depth

    def matches(self, names: Sequence[str], is_folder: bool) -> bool:
        """Whether it speaks of the path with these parts."""
        if self.folders_only and not is_folder:
            return False
        return _match(self.parts, names if self.anchored else names[-1:])


@dataclass(frozen=True, slots=True)
class Rules:
    """The patterns of one file, which apply below the folder `base` (its parts, from the repository's root)."""

    base: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    anchored: tuple[Pattern, ...]  # those of them that are
    any_name: re.Pattern[str]  # matches what any of the others does: most names match none, and this is fast to tell

    def verdict(self, names: Sequence[str], is_folder: bool) -> bool | None:
        """True: ignored; False: taken back by a negated pattern; None: no pattern speaks of it."""
        below = names[len(self.base) :]
        patterns = self.patterns if self.any_name.fullmatch(below[-1]) else self.anchored
        for pattern in reversed(patterns):
            if pattern.matches(below, is_folder):
                return not pattern.negated
        return None


def is_ignored(path: str, rules: Sequence[Rules]) -> bool:
    """Whether `path` (from the repository's root, a folder's ending in `/`) is ignored, given that no folder above
    it is. `rules` go from the least to the most binding, that is from the root's to the innermost folder's."""
    if not rules:
        return False
    names = _as_bytes(path).rstrip("/").split("/")
    for one in reversed(rules):
        verdict = one.verdict(names, path.endswith("/"))
        if verdict is not None:
            return verdict
    return False


def read_rules(file: Path, base: str) -> tuple[Rules | None, list[str]]:
    """The rules in `file`, which apply below `base` (`/`-ended or empty), or None where it is absent or holds none;
    and what had to be left out, in words."""
    try:
        if file.is_symlink() or not file.is_file():
            return None, []
        if file.stat().st_size > _MAX_BYTES:
            return None, [f"{base}{file.name} is larger than {_MAX_BYTES} bytes and was not used"]
        text = file.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        return None, [f"{base}{file.name} could not be read ({error.strerror}) and was not used"]
    lines = text.removeprefix("\ufeff").split("\n")
    problems = []
    if len(lines) > _MAX_PATTERNS:
        problems.append(f"{base}{file.name} has more than {_MAX_PATTERNS} lines; those after were not used")
    if any(len(line) > _MAX_LINE for line in lines):
        problems.append(f"{base}{file.name} has lines of more than {_MAX_LINE} letters, which were not used")
    lines = [line for line in lines[:_MAX_PATTERNS] if len(line) <= _MAX_LINE]
    patterns = tuple(found for line in lines if (found := parse_pattern(line)))
    return (_rules(base, patterns) if patterns else None), problems


def _rules(base: str, patterns: tuple[Pattern, ...]) -> Rules:
    names = [one.parts[0].pattern for one in patterns if not one.anchored and one.parts[0]]
    return Rules(
        tuple(_as_bytes(base).split("/")[:-1]),
        patterns,
        tuple(one for one in patterns if one.anchored),
        re.compile("|".join(f"(?:{name})" for name in names), re.DOTALL) if names else _NOTHING,
    )


def parse_pattern(line: str) -> Pattern | None:
    """The pattern on a line; None for an empty line, a comment, and what Git takes for a pattern of nothing."""
    line = _as_bytes(line).removesuffix("\r")
    if line.startswith("#"):
        return None
    while line.endswith(" ") and not _is_escaped(line, len(line) - 1):
        line = line[:-1]
    negated = line.startswith("!")
    line = line[negated:]
    folders_only = line.endswith("/")
    line = line.removesuffix("/")
    anchored = "/" in line
    texts = _split(line.removeprefix("/"))
    if not line or "" in texts:
        return None
    parts: list[re.Pattern[str] | None] = []
    for text in texts:
        if anchored and len(text) > 1 and not text.strip("*"):
            parts.append(None)
            continue
        part = _segment(text)
        if part is None:
            return None
        parts.append(part)
    if parts[-1] is None:
        parts.insert(-1, _ANY_ONE)  # a final `**` is what lies below, not the folder itself
    return Pattern(tuple(parts), negated, folders_only, anchored)


def _as_bytes(text: str) -> str:
    """One letter for each byte of UTF-8: Git matches bytes, so that `?` is half an `é`."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


def _is_escaped(line: str, at: int) -> bool:
    before = line[:at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _split(text: str) -> list[str]:
    """The parts of a pattern between slashes; a slash within brackets does not divide."""
    parts, begin, at = [], 0, 0
    while at < len(text):
        found = _bracket(text, at) if text[at] == "[" else None
        if text[at] == "[" and found is None:
            return [""]  # broken, and so matches nothing
        if text[at] == "/":
            parts.append(text[begin:at])
            begin = at + 1
        at = found[1] if found else at + 1 + (text[at] == "\\")
    return [*parts, text[begin:]]


def _match(parts: Sequence[re.Pattern[str] | None], names: Sequence[str]) -> bool:
    """Whether the parts match all of the names. Going back to the last `**` is enough: what an earlier one could
    take as well, the last one can take."""
    part = name = 0
    star = mark = -1
    while name < len(names):
        wanted = parts[part] if part < len(parts) else _NOTHING
        if wanted is None:
            star, mark = part, name
            part += 1
        elif wanted.fullmatch(names[name]):
            part += 1
            name += 1
        elif star >= 0:
            mark += 1
            part, name = star + 1, mark
        else:
            return False
    return all(rest is None for rest in parts[part:])


def _segment(text: str) -> re.Pattern[str] | None:
    """One part of a pattern as a regular expression; None if it is broken, and so matches nothing.

    Each run between wildcards has a fixed length and is taken at its first place, for good (an atomic group), which
    is right for wildcards and keeps the time linear in the name for each run."""
    runs: list[str] = [""]
    at = 0
    while at < len(text):
        letter = text[at]
        if letter == "*":
            if runs[-1] or len(runs) == 1:
                runs.append("")
            at += 1
        elif letter == "?":
            runs[-1] += "."
            at += 1
        elif letter == "[":
            found = _bracket(text, at)
            if found is None:
                return None
            expression, at = found
            runs[-1] += expression
        else:
            if letter == "\\":
                at += 1
                if at == len(text):
                    return None
            runs[-1] += re.escape(text[at])
            at += 1
    first, *others = runs
    if not others:
        return re.compile(first, re.DOTALL)
    *middle, last = others
    return re.compile(first + "".join(f"(?>.*?{run})" for run in middle) + f".*{last}", re.DOTALL)


def _bracket(text: str, start: int) -> tuple[str, int] | None:
    """A bracket expression as a regular expression, and where the text goes on; None if it is not closed."""
    at = start + 1
    negated = text[at : at + 1] in ("!", "^")
    at += negated
    items: list[str] = []
    first = at
    while at < len(text) and (text[at] != "]" or at == first):
        if text.startswith("[:", at) and (end := text.find(":]", at, at + 12)) > 0:
            name = text[at + 2 : end]
            if name not in _POSIX_CLASSES:
                return None
            items.append(_POSIX_CLASSES[name])
            at = end + 2
            continue
        low, at = _bracket_letter(text, at)
        if text.startswith("-", at) and at + 1 < len(text) and text[at + 1] != "]":
            high, at = _bracket_letter(text, at + 1)
            # A range that runs backwards still holds its first letter, as it does for Git.
            items.append(f"{re.escape(low)}-{re.escape(high)}" if low <= high else re.escape(low))
        else:
            items.append(re.escape(low))
    if at >= len(text):
        return None
    inside = "".join(items)
    if not inside:
        return ("." if negated else "(?!)"), at + 1
    return f"[{'^' if negated else ''}{inside}]", at + 1


def _bracket_letter(text: str, at: int) -> tuple[str, int]:
    """A letter within brackets, a backslash taken off, and where the text goes on."""
    if text[at] == "\\" and at + 1 < len(text):
        at += 1
    return text[at], at + 1
