"""Finds credentials in a file's bytes and masks them, before anything of the file is stored or sent.

What a credential looks like stands in `secret_rules.toml`; here is only how the rules are applied: one pass over the
bytes for all keywords at once, then each rule's expression in the neighbourhood of its keywords, then a judgement of
what matched. A finding never holds the secret. Counting findings for the manifest is left to the pipeline.
"""

from __future__ import annotations

import functools
import math
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

import ahocorasick_rs


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A masked credential: by which rule and where, never what."""

    rule: str  # id of the rule: `github-token`
    line: int  # of its first byte
    start_byte: int
    end_byte: int


def redact(data: bytes) -> tuple[bytes, tuple[Finding, ...]]:
    """Mask every credential with as many `*` as it has bytes, so that no offset and no line moves.

    Line breaks inside a credential (a private key) stay. Findings come in the order of the text and do not overlap.
    Redacting what has been redacted finds nothing.
    """
    rules = _rules()
    spans: dict[tuple[int, int], int] = {}  # (start, end) → the position of the first rule that found it
    for position, start, end in _matches(data, rules):
        spans[start, end] = min(position, spans.get((start, end), position))
    if not spans:
        return data, ()
    masked = bytearray(data)
    findings = []
    line, counted = 1, 0
    for start, end, position in _without_overlap(spans):
        masked[start:end] = re.sub(rb"[^\r\n]", b"*", data[start:end])
        line, counted = line + data.count(b"\n", counted, start), start
        findings.append(Finding(rule=rules.all[position].id, line=line, start_byte=start, end_byte=end))
    return bytes(masked), tuple(findings)


def rule_ids() -> tuple[str, ...]:
    """The ids of all rules, in the order in which they take precedence."""
    return tuple(rule.id for rule in _rules().all)


def _without_overlap(spans: Mapping[tuple[int, int], int]) -> Iterator[tuple[int, int, int]]:
    """Join spans that overlap; the rule of highest precedence among them names the union."""
    current: tuple[int, int, int] | None = None
    for (start, end), position in sorted(spans.items()):
        if current and start < current[1]:
            current = (current[0], max(end, current[1]), min(position, current[2]))
            continue
        if current:
            yield current
        current = (start, end, position)
    if current:
        yield current


# --- applying the rules ---------------------------------------------------------------------------------------------

_BEHIND, _AHEAD = 120, 400  # bytes before and behind a keyword in which a rule that searches around it looks
_ENTROPY = 2.8


def _matches(data: bytes, rules: _Rules) -> Iterator[tuple[int, int, int]]:
    """(rule position, start, end) of every credential.

    A rule is tried where one of its keywords stands; regions to be searched are joined first. So hostile text that
    is nothing but keywords costs a rule one pass, not one pass per keyword.
    """
    regions: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for index, text in ((rules.exact, data), (rules.folded, data.lower())):
        for keyword, start, end in index.automaton.find_matches_as_indexes(text, overlapping=True):
            for position in index.positions[keyword]:
                rule = rules.all[position]
                if rule.place == "around":
                    regions[position].append((max(0, start - _BEHIND), start + _AHEAD))
                    continue
                found = rule.pattern.match(data, start if rule.place == "start" else end)
                if found and _is_secret(found, rule, rules) and not _is_innocent_name(data, start, found, rules):
                    yield (position, *found.span(rule.group))
    for position, spans in regions.items():
        rule = rules.all[position]
        for start, end, _ in _without_overlap(dict.fromkeys(spans, 0)):
            for found in rule.pattern.finditer(data, start, end):
                if _is_secret(found, rule, rules):
                    yield (position, *found.span(rule.group))


def _is_secret(found: re.Match[bytes], rule: _Rule, rules: _Rules) -> bool:
    secret = found.group(rule.group)
    if _entropy(secret) < rule.entropy or any(allowed.search(secret) for allowed in rule.allow):
        return False
    return not (rule.judged and _is_placeholder(secret, rules))


def _entropy(text: bytes) -> float:
    """Shannon entropy in bits per byte."""
    size = len(text)
    return -sum(n / size * math.log2(n / size) for n in Counter(text).values())


def _is_placeholder(secret: bytes, rules: _Rules) -> bool:
    lower = secret.lower()
    return any(word in lower for word in rules.placeholder_words) or bool(rules.placeholder_shapes.search(secret))


_NAME_TAIL = re.compile(rb"[\w.-]*\Z")


def _is_innocent_name(data: bytes, start: int, found: re.Match[bytes], rules: _Rules) -> bool:
    """Whether the name that a value is assigned to says that the value is no secret: `token_url`, `csrf_token`."""
    if "rest" not in found.re.groupindex:
        return False
    before = _NAME_TAIL.search(data[max(0, start - 60) : start])
    name = (before.group() if before else b"") + data[start : found.start()] + found.group("rest")
    return bool(rules.innocent_names.search(name))


# --- reading the rules ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Rule:
    id: str
    expression: bytes
    flags: int
    group: str | int  # what of a match is the secret
    keywords: tuple[str, ...]
    entropy: float
    allow: tuple[re.Pattern[bytes], ...]
    place: Literal["start", "around", "behind"]  # where the pattern is tried, seen from the keyword
    folded: bool  # whether the keyword is looked for in any case
    judged: bool  # held against the placeholders as well

    @functools.cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """Compiled where a keyword is met: most rules never are, and all of them take a twentieth of a second."""
        return re.compile(self.expression, self.flags)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    """All keywords of some rules, found in one pass."""

    automaton: ahocorasick_rs.BytesAhoCorasick
    positions: tuple[tuple[int, ...], ...]  # keyword's index → positions of the rules that wait for it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    all: tuple[_Rule, ...]
    exact: _Index  # keywords whose case counts
    folded: _Index  # keywords in lower case, for text in lower case
    placeholder_words: tuple[bytes, ...]
    placeholder_shapes: re.Pattern[bytes]
    innocent_names: re.Pattern[bytes]


@functools.cache
def _rules() -> _Rules:
    """Read and compile the rules once per process, at the first use."""
    text = resources.files("doctown.ingest").joinpath("secret_rules.toml").read_text("utf-8")
    tables: dict[str, Any] = tomllib.loads(text)
    generic = tables["generic"]
    rules = [_token(table) for table in tables["token"]]
    rules += [_keyed(table) for table in tables["keyed"]]
    rules += [_quoted(generic), _bare(generic)]
    return _Rules(
        all=tuple(rules),
        exact=_index(rules, folded=False),
        folded=_index(rules, folded=True),
        placeholder_words=tuple(word.encode() for word in tables["placeholder"]["words"]),
        placeholder_shapes=_any_of(tables["placeholder"]["shapes"]),
        innocent_names=_any_of(generic["not_names"]),
    )


def _index(rules: Sequence[_Rule], *, folded: bool) -> _Index:
    waiting: dict[str, list[int]] = defaultdict(list)
    for position, rule in enumerate(rules):
        for keyword in rule.keywords if rule.folded == folded else ():
            waiting[keyword].append(position)
    automaton = ahocorasick_rs.BytesAhoCorasick(
        [keyword.encode() for keyword in waiting], implementation=ahocorasick_rs.Implementation.DFA
    )
    return _Index(automaton=automaton, positions=tuple(map(tuple, waiting.values())))


def _any_of(expressions: Sequence[str]) -> re.Pattern[bytes]:
    flags = re.IGNORECASE if all(e.startswith("(?i)") for e in expressions) else 0
    return re.compile("|".join(f"(?:{e.removeprefix('(?i)')})" for e in expressions).encode(), flags)


def _rule(
    table: Mapping[str, Any], expression: str, keywords: Sequence[str], place: Literal["start", "around", "behind"]
) -> _Rule:
    ignore_case = table.get("ignore_case", False)
    return _Rule(
        id=table["id"],
        expression=expression.encode(),
        flags=re.IGNORECASE if ignore_case else 0,
        group="secret" if "(?P<secret>" in expression else 0,
        keywords=tuple(keywords),
        entropy=table.get("entropy", _ENTROPY),
        allow=tuple(re.compile(allowed.encode()) for allowed in table.get("allow", ())),
        place=place,
        folded=ignore_case or place == "behind",
        judged=table.get("judged", False),
    )


def _token(table: Mapping[str, Any]) -> _Rule:
    expression = table["regex"]
    if not table.get("bare"):
        # A token may follow an escape such as `\n` in a string, whose letter is no part of it.
        expression = rf"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))(?:{expression})(?![A-Za-z0-9_-])"
    return _rule(table, expression, table["keywords"], "around" if table.get("around") else "start")


# What stands between a name and the value assigned to it, in most languages and configuration formats.
_NAME_REST = r"[\w.-]{0,40}"
_ASSIGNED = r"""[\"'`\]]{0,2}[ \t]{0,8}(?:(?::[ \t]*[\w.<>\[\]&*| ]{1,30})?[=:]=?>?|:=|=>|,|\()[ \t]{0,8}"""


def _keyed(table: Mapping[str, Any]) -> _Rule:
    expression = rf"""{_NAME_REST}{_ASSIGNED}[rbu]{{0,2}}[\"'`]?(?P<secret>{table["value"]})(?![A-Za-z0-9_-])"""
    return _rule(table, expression, table["names"], "behind")


def _quoted(table: Mapping[str, Any]) -> _Rule:
    value = r"""[rbu]{0,2}(?P<quote>[\"'`])(?P<secret>[!-~]{8,200}?)(?P=quote)"""
    return _rule(table, rf"(?P<rest>{_NAME_REST}){_ASSIGNED}{value}", table["words"], "behind")


def _bare(table: Mapping[str, Any]) -> _Rule:
    # Bare words are mostly names; letters and digits must alternate as they do only in what was drawn at random.
    mixed = r"(?=\S{0,60}[A-Za-z]\d+[A-Za-z+/_-]+\d|\S{0,60}\d[A-Za-z]+\d+[A-Za-z])"
    value = rf"{mixed}(?P<secret>[A-Za-z0-9+/_~.!@%^&:|=-]{{15,200}})(?=[ \t]*(?:#[^\n]{{0,200}})?(?:\r?\n|\Z))"
    expression = rf"(?P<rest>{_NAME_REST})[ \t]{{0,8}}[=:][ \t]{{0,8}}{value}"
    return _rule({**table, "id": f"{table['id']}-bare"}, expression, table["words"], "behind")
