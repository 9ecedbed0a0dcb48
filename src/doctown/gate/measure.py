"""What a gate looks at: coverage by kind, claims that nothing supports, citations and links that lead nowhere, and
documentation that the code has left behind since another pack.

Finding and judging only; how it is shown is the business of `render`.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from doctown.docpack.coverage import Written, bodies, claims, subjects, written
from doctown.docpack.diff import Diff, diff
from doctown.docpack.reader import Pack
from doctown.model import Claim
from doctown.places import is_test

# What a reader expects documentation of; fields, variables and constants are told by their type and name.
COUNTED = frozenset({
    "class", "interface", "trait", "struct", "enum", "union", "function", "method", "constructor", "property", "macro",
})  # fmt: skip
WRITTEN = ("docstring", "model")  # origins that count as documented; extractive pages say only what is in the code
RULES: Mapping[str, str] = {
    "unsupported-claim": "A claim that the cited lines do not support",
    "broken-citation": "A claim that cites lines which are not there or are others now",
    "broken-link": "A link between pages that leads nowhere",
    "stale-claim": "A claim that stands as it was although the cited lines have changed",
    "stale-documentation": "Documentation that stands as it was although the code below it has changed",
    "undocumented": "A public definition that neither its author nor a model has documented",
}
_LINK = re.compile(r"\]\(<doctown:([a-z]+)/?([^>\n]*)>\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, at a place."""

    rule: str  # one of RULES
    text: str  # one line
    subject: str  # key or path of the page it concerns; empty for the repository
    path: str  # empty where it is on no file
    line: int  # 0 where there is none
    end_line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many of a kind of public definitions are documented, and by whom."""

    total: int
    by: Mapping[str, int]  # docstring | model | extractive | none → definitions

    @property
    def documented(self) -> int:
        """Those with documentation by their author or by a model."""
        return sum(self.by.get(origin, 0) for origin in WRITTEN)

    @property
    def percent(self) -> float:
        """0 to 100; of nothing everything is documented."""
        return 100.0 * self.documented / self.total if self.total else 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What passes. None: not looked at."""

    coverage: float | None = None  # least percentage of public definitions
    coverage_of: Mapping[str, float] = field(default_factory=dict)  # the same by kind
    stale: int | None = None  # most stale claims and pages
    unsupported: int = 0  # most unsupported claims
    broken: int = 0  # most broken links and citations
    drop: float | None = None  # most percentage points that coverage may lose since the old pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One limit and what was measured against it."""

    name: str
    measured: str
    limit: str
    passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """All that a check has to say."""

    pack: str  # file name
    docpack_id: str
    version: str  # what the pack is of: location, version, commit
    partial: bool
    coverage: Mapping[str, Coverage]  # by kind of definition, `all` first
    before: Coverage | None  # `all` of the old pack
    findings: tuple[Finding, ...]
    changes: Diff | None
    gates: tuple[Gate, ...]

    @property
    def passed(self) -> bool:
        """Whether every gate did."""
        return all(gate.passed for gate in self.gates)


def check(pack: Pack, limits: Limits, *, since: Pack | None = None, path: str = "") -> Result:
    """Measures a pack against limits; `path` is the beginning of the paths whose definitions are counted.

    Staleness is measured against `since`; without it there is none. Raises PackError for a damaged pack.
    """
    manifest = pack.manifest()
    symbols = list(written(pack))
    changes = None if since is None else diff(since, pack)
    findings = [*_claims(pack), *_links(pack)]
    before = None
    if since is not None and changes is not None:
        findings += [*_stale_claims(since, pack), *_stale_pages(changes, symbols)]
        before = coverage(written(since), path)["all"]
    findings += _undocumented(symbols, path)
    covered = coverage(symbols, path)
    source = manifest.get("source")
    origin = source if isinstance(source, dict) else {}
    named = [str(origin.get(name) or "") for name in ("location", "version", "commit")]
    return Result(
        pack=pack.path.name, docpack_id=str(manifest.get("docpack_id") or ""), version=" ".join(filter(None, named)),
        partial=bool(manifest.get("partial")), coverage=covered, before=before, findings=tuple(findings),
        changes=changes, gates=tuple(_gates(limits, covered, before, findings)),
    )  # fmt: skip


def coverage(symbols: Iterator[Written] | list[Written], path: str = "") -> dict[str, Coverage]:
    """Coverage of the public definitions below `path`: `all`, then by kind in the order of their names. Without a path
    those of tests are not counted: nobody is meant to read how to use them."""
    counts: dict[str, Counter[str]] = {"all": Counter()}
    for one in symbols:
        if _counts(one, path):
            for kind in ("all", one.kind):
                counts.setdefault(kind, Counter())[one.origin or "none"] += 1
    kinds = ["all", *sorted(counts.keys() - {"all"})]
    return {kind: Coverage(total=counts[kind].total(), by=dict(sorted(counts[kind].items()))) for kind in kinds}


def _counts(one: Written, path: str) -> bool:
    counts = one.kind in COUNTED and one.visibility == "public" and one.path.startswith(path)
    return counts and (bool(path) or not is_test(one.path))


def _undocumented(symbols: list[Written], path: str) -> Iterator[Finding]:
    for one in symbols:
        if _counts(one, path) and one.origin not in WRITTEN:
            text = f"{one.kind} {one.key.partition('#')[2]} has no documentation of its own"
            yield Finding(
                rule="undocumented", text=text, subject=one.key, path=one.path, line=one.line, end_line=one.line
            )


def _claims(pack: Pack) -> Iterator[Finding]:
    """Claims without support, and those whose lines are not what was cited."""
    lines: dict[str, list[bytes] | None] = {}
    for page, claim in claims(pack):
        if claim.path not in lines:
            content = pack.content(claim.path)
            lines[claim.path] = None if content is None else content.split(b"\n")
        known = lines[claim.path]
        if known is not None and not _cites(known, claim):
            yield _claim(pack, page, claim, "broken-citation", "cites lines that are not as they were cited")
        elif claim.verdict == "unsupported":
            yield _claim(pack, page, claim, "unsupported-claim", "is not supported by its lines")


def _cites(lines: list[bytes], claim: Claim) -> bool:
    cited = b"\n".join(lines[max(claim.start_line, 1) - 1 : max(claim.end_line, 0)])
    return claim.digest in (hashlib.sha256(cited).hexdigest(), hashlib.sha256(cited + b"\n").hexdigest())


def _claim(pack: Pack, page: int, claim: Claim, rule: str, what: str) -> Finding:
    return Finding(
        rule=rule, text=f"“{claim.text[:160]}” {what}", subject=pack.subject_key(page), path=claim.path,
        line=claim.start_line, end_line=claim.end_line,
    )  # fmt: skip


def _links(pack: Pack) -> Iterator[Finding]:
    known = subjects(pack)
    for page, body in bodies(pack):
        for kind, quoted in dict.fromkeys(_LINK.findall(body)):
            key = unquote(quoted)  # addresses have signs that Markdown gives a meaning percent-encoded
            if (kind, key) not in known:
                subject = pack.subject_key(page)
                path = subject.partition("#")[0] if pack.file_id(subject.partition("#")[0]) is not None else ""
                text = f"the page of {subject or 'the repository'} links to {kind} {key}, which is not in the pack"
                yield Finding(rule="broken-link", text=text, subject=subject, path=path, line=1 if path else 0,
                              end_line=1 if path else 0)  # fmt: skip


def _stale_claims(old: Pack, new: Pack) -> Iterator[Finding]:
    """Claims that say the same of the same subject although the lines they cite have other text."""
    before = {(old.subject_key(page), claim.text): claim.digest for page, claim in claims(old)}
    for page, claim in claims(new):
        digest = before.get((new.subject_key(page), claim.text))
        if digest is not None and digest != claim.digest:
            yield _claim(new, page, claim, "stale-claim", "says what it said before its lines changed")


def _stale_pages(changes: Diff, symbols: list[Written]) -> Iterator[Finding]:
    """Documented symbols whose code changed while their documentation did not."""
    by_key = {one.key: one for one in symbols}
    rewritten = {key for kind, key in changes.pages_changed if kind == "symbol"}
    for change in changes.symbols_changed:
        one = by_key.get(change.key)
        touched = {"body", "signature"} & set(change.what)
        if one is None or not touched or "documentation" in change.what or one.kind == "module":
            continue
        if one.origin == "docstring" or (one.origin == "model" and change.key not in rewritten):
            what = " and ".join(sorted(touched))
            text = f"the {what} of {change.key.partition('#')[2]} changed, its documentation did not"
            yield Finding(rule="stale-documentation", text=text, subject=one.key, path=one.path, line=one.line,
                          end_line=one.line)  # fmt: skip


def _gates(
    limits: Limits, covered: Mapping[str, Coverage], before: Coverage | None, findings: list[Finding]
) -> Iterator[Gate]:
    counts = Counter(finding.rule for finding in findings)
    wanted = dict(limits.coverage_of) if limits.coverage is None else {"all": limits.coverage, **limits.coverage_of}
    for kind, least in wanted.items():
        percent = covered.get(kind, Coverage(total=0, by={})).percent
        name = "coverage" if kind == "all" else f"coverage of {kind}"
        yield Gate(name=name, measured=f"{percent:.1f} %", limit=f"at least {least:g} %", passed=percent >= least)
    if limits.drop is not None and before is not None:
        lost = max(before.percent - covered["all"].percent, 0.0)
        yield Gate(name="coverage lost", measured=f"{lost:.1f} points", limit=f"at most {limits.drop:g}",
                   passed=lost <= limits.drop)  # fmt: skip
    for name, rules, most in (
        ("unsupported claims", ("unsupported-claim",), limits.unsupported),
        ("broken links and citations", ("broken-link", "broken-citation"), limits.broken),
        ("stale documentation", ("stale-claim", "stale-documentation"), limits.stale),
    ):
        if most is not None:
            number = sum(counts[rule] for rule in rules)
            yield Gate(name=name, measured=str(number), limit=f"at most {most}", passed=number <= most)
