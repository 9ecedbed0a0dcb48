"""pip's requirement and constraint files: what they install, and which other files they take in."""

from __future__ import annotations

import re

from doctown.ingest.artifacts.collect import Collector, codes, counted, dependencies, facts, joined

_REQUIREMENT = re.compile(
    r"([A-Za-z0-9][\w.-]*(?:\s*\[[^\]]*\])?)\s*+((?:\(?[=<>!~]=?=?[^#;]*|@\s*\S+)?)\s*+(?:;[^#]*)?(?:--hash=\S+\s*)*(?:#.*)?"
)


def read(collector: Collector) -> None:
    """Read one file as a single artifact; prose that happens to bear such a name is left alone."""
    strange = 0
    packages: list[tuple[str, str]] = []
    included: list[str] = []
    for line in re.sub(r"\\\n", " ", collector.text).split("\n"):
        text = line.strip()
        if found := re.match(r"(?:-r|-c|--requirement|--constraint)[ =]*(\S+)", text):
            included.append(found.group(1))
        elif text.startswith(("-e", "--editable")):
            packages.append((text.split(None, 1)[-1], "editable"))
        elif found := _REQUIREMENT.fullmatch(text):
            packages.append((found.group(1), re.sub(r"\s*--hash=\S+", "", found.group(2)).strip()))
        elif text and not text.startswith(("#", "-", "git+", "http", ".", "/")):
            strange += 1
    if (not packages and not included) or strange > len(packages) // 4:
        return
    names = codes([name for name, _ in packages], 8)
    constrains = "constraints" in collector.file_name
    verb = "Limits the versions of" if constrains else "Installs"
    summary = f"{verb} {counted(len(packages), 'package')}: {names}" if packages else ""
    if included:
        summary += f"; takes in {codes(included)}" if summary else f"Takes in {codes(included)}"
    detail = joined(facts([("Takes in", codes(included, 20))]), dependencies(packages))
    collector.add("requirements", collector.file_name, summary, detail)
