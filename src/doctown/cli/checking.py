"""`doctown doctor`: prints what works and what does not, with the mend of each."""

from __future__ import annotations

import argparse
import dataclasses

from doctown.cli.text import json_text, plain
from doctown.doctor import Finding, examine
from doctown.settings import from_environment


def doctor(options: argparse.Namespace) -> int:
    """Exit status 1 if something is set up wrongly, 3 if something is down that may come back."""
    findings: list[Finding] = []
    for finding in examine(from_environment()):
        findings.append(finding)
        if not options.json:
            for line in _lines(finding):
                print(line, flush=True)
    status = max({"failed": 1, "down": 3}.get(finding.health, 0) for finding in findings)
    if options.json:
        print(json_text({"status": status, "checks": [dataclasses.asdict(finding) for finding in findings]}))
    return status


def _lines(finding: Finding) -> list[str]:
    lines = [f"{finding.health:<8} {finding.check:<10} {plain(finding.found)}"]
    return [*lines, f"{'':<19} → {plain(finding.mend)}"] if finding.mend else lines
