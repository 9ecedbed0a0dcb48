"""The result of a check as text, as JSON, as SARIF 2.1.0 for code scanning, and as a comment on a pull request.

What a repository says (names, claims) is a stranger's text: here it becomes one line without control characters, and
in Markdown it is quoted as code, so that it can neither link, mention nor mark up.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from urllib.parse import quote

from doctown import __version__
from doctown.gate.measure import RULES, Finding, Result

FEW = 20  # findings of a rule that text and Markdown list
MOST_SARIF = 5_000  # results that code scanning takes from one run
LEVELS = {"undocumented": "note", "stale-documentation": "warning", "stale-claim": "warning"}  # all others: error
FORMATS = ("text", "json", "sarif", "markdown")
MARKER = "<!-- doctown-check -->"  # by which a later run finds its own comment


def render(result: Result, form: str) -> str:
    """The result in one of FORMATS."""
    return {"text": text, "json": as_json, "sarif": sarif, "markdown": markdown}[form](result)


def _line(value: str, most: int = 300) -> str:
    flat = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def _place(finding: Finding) -> str:
    return f"{finding.path}:{finding.line}" if finding.line else finding.path


def _by_rule(result: Result) -> dict[str, list[Finding]]:
    return {rule: found for rule in RULES if (found := [one for one in result.findings if one.rule == rule])}


def text(result: Result) -> str:
    """Lines for a terminal."""
    lines = [f"{_line(result.pack)}: {_line(result.version)} (docpack {result.docpack_id[:16]})"]
    if result.partial:
        lines.append("the pack is partial: some files could not be read")
    for kind, one in result.coverage.items():
        by = ", ".join(f"{count:,} {origin}" for origin, count in one.by.items())
        lines.append(f"  {kind:<12}{one.percent:>6.1f} % of {one.total:,} documented ({by})")
    for rule, found in _by_rule(result).items():
        lines.append(f"{rule}: {len(found):,}")
        shown = found if rule != "undocumented" else []
        lines += [f"  {_line(_place(one))}: {_line(one.text)}" for one in shown[:FEW]]
        if len(shown) > FEW:
            lines.append(f"  … and {len(shown) - FEW:,} more (--format json has them all)")
    for gate in result.gates:
        verdict = "passed" if gate.passed else "FAILED"
        lines.append(f"{verdict}  {gate.name}: {gate.measured}, {gate.limit}")
    return "\n".join(lines)


def as_json(result: Result) -> str:
    """Everything, for programs."""
    value = {
        "pack": result.pack, "docpack_id": result.docpack_id, "version": result.version, "partial": result.partial,
        "passed": result.passed,
        "coverage": {
            kind: {"total": one.total, "documented": one.documented, "percent": round(one.percent, 2), "by": one.by}
            for kind, one in result.coverage.items()
        },
        "coverage_before": None if result.before is None else round(result.before.percent, 2),
        "gates": [asdict(gate) for gate in result.gates],
        "findings": [asdict(one) for one in result.findings],
        "changes": None if result.changes is None else asdict(result.changes),
    }  # fmt: skip
    return json.dumps(value, indent=2, ensure_ascii=False)


def sarif(result: Result) -> str:
    """SARIF 2.1.0: one run, one result a finding, the gravest first."""
    order = {"error": 0, "warning": 1, "note": 2}
    ranked = sorted(result.findings, key=lambda one: order[_level(one)])
    rules = [
        {"id": rule, "shortDescription": {"text": title}, "defaultConfiguration": {"level": LEVELS.get(rule, "error")}}
        for rule, title in RULES.items()
    ]
    run = {
        "tool": {"driver": {"name": "Doctown", "version": __version__, "rules": rules}},
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The root of the repository"}}},
        "properties": {"docpack_id": result.docpack_id, "passed": result.passed},
        "results": [_sarif_result(one) for one in ranked[:MOST_SARIF]],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _level(finding: Finding) -> str:
    return LEVELS.get(finding.rule, "error")


def _sarif_result(finding: Finding) -> dict[str, object]:
    found: dict[str, object] = {
        "ruleId": finding.rule,
        "ruleIndex": list(RULES).index(finding.rule),
        "level": _level(finding),
        "message": {"text": _line(finding.text)},
        "partialFingerprints": {"doctown/v1": f"{finding.rule}:{_line(finding.subject, 400)}:{_line(finding.text)}"},
    }
    if finding.path:
        place: dict[str, object] = {"artifactLocation": {"uri": quote(finding.path), "uriBaseId": "SRCROOT"}}
        if finding.line >= 1:
            place["region"] = {"startLine": finding.line, "endLine": max(finding.end_line, finding.line)}
        found["locations"] = [{"physicalLocation": place}]
    return found


def _code(value: str, most: int = 200) -> str:
    """Text as inline code of Markdown, whatever it holds; in a table too."""
    flat = _line(value, most).replace("|", "¦")
    longest = max((len(run) for run in "".join(c if c == "`" else " " for c in flat).split()), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {flat} {fence}" if flat else ""


def markdown(result: Result) -> str:
    """A comment for a pull request."""
    verdict = "passed" if result.passed else "failed"
    lines = [
        MARKER,
        f"### Documentation: {verdict}",
        "",
        f"{_code(result.version)}, docpack `{result.docpack_id[:16]}`",
    ]
    lines += ["", "| Gate | Measured | Limit | |", "|---|---|---|---|"]
    lines += [
        f"| {gate.name} | {gate.measured} | {gate.limit} | {'passed' if gate.passed else '**failed**'} |"
        for gate in result.gates
    ]
    lines += ["", "| Public definitions | Total | Documented | By author | By a model | Extracted only |",
              "|---|---:|---:|---:|---:|---:|"]  # fmt: skip
    for kind, one in result.coverage.items():
        by = [one.by.get(origin, 0) for origin in ("docstring", "model", "extractive")]
        lines.append(f"| {kind} | {one.total} | {one.percent:.1f} % | {by[0]} | {by[1]} | {by[2]} |")
    if result.before is not None:
        lines += ["", f"Coverage was {result.before.percent:.1f} % before."]
    if result.changes is not None:
        counts = Counter(
            {
                "symbols added": len(result.changes.symbols_added), "removed": len(result.changes.symbols_removed),
                "changed": len(result.changes.symbols_changed), "pages changed": len(result.changes.pages_changed),
                "edges gained": len(result.changes.edges_gained), "lost": len(result.changes.edges_lost),
            }
        )  # fmt: skip
        lines += ["", "What changed: " + ", ".join(f"{count:,} {name}" for name, count in counts.items()) + "."]
    for rule, found in _by_rule(result).items():
        lines += ["", f"<details><summary>{RULES[rule]}: {len(found):,}</summary>", ""]
        lines += [f"- {_code(_place(one))} {_code(one.text)}".rstrip() for one in found[:FEW]]
        lines += [f"- and {len(found) - FEW:,} more"] if len(found) > FEW else []
        lines += ["", "</details>"]
    return "\n".join(lines)
