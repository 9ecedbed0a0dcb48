"""Go modules by `go.mod`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from doctown.ingest.artifacts.collect import Collector, code, codes, counted, dependencies, facts, joined, section

_REQUIRED = re.compile(r"([^\s()]+)[ \t]+(v\S+)([ \t]*//[ \t]*indirect)?")


def read(collector: Collector) -> None:
    """Read a `go.mod` as one package."""
    text = collector.text
    module = re.search(r"^module\s+(\S+)", text, re.MULTILINE)
    if not module:
        collector.problem("no module line")
        return
    version = re.search(r"^go\s+(\S+)", text, re.MULTILINE)
    toolchain = re.search(r"^toolchain\s+(\S+)", text, re.MULTILINE)
    required = list(_required(collector.lines))
    direct = [(name, wanted) for name, wanted, indirect in required if not indirect]
    indirect = [(name, wanted) for name, wanted, through in required if through]
    replaced = re.findall(r"^[ \t]*(?:replace[ \t]+)?(\S+)(?:[ \t]+v\S+)?[ \t]+=>[ \t]+(\S+)", text, re.MULTILINE)
    path = module.group(1).strip('"')
    summary = f"Go module {code(path)}" + (f"; needs Go {version.group(1)}" if version else "")
    summary += f"; {counted(len(direct), 'direct dependency', 'direct dependencies')}" if direct else ""
    summary += f": {codes((name for name, _ in direct), 5)}" if direct else ""
    collector.add(
        "package",
        path,
        summary,
        joined(
            facts(
                [
                    ("Go", code(version.group(1) if version else "")),
                    ("Toolchain", code(toolchain.group(1) if toolchain else "")),
                    ("Replaces", codes((f"{old} => {new}" for old, new in replaced), 12)),
                ]
            ),
            section("Dependencies", dependencies(direct)),
            section("Indirect dependencies", dependencies(indirect)),
        ),
    )


def _required(lines: list[str]) -> Iterator[tuple[str, str, bool]]:
    """(module, version, whether only indirectly needed) of each requirement, in a block or on a line of its own."""
    block = ""
    for line in lines:
        word, _, rest = line.strip().partition(" ")
        if rest.strip() == "(" or word.endswith("("):
            block = word.rstrip("(")
        elif word == ")":
            block = ""
        elif block == "require" or (not block and word == "require"):
            found = _REQUIRED.match(line.strip() if block else rest.strip())
            if found:
                yield found.group(1), found.group(2), bool(found.group(3))
