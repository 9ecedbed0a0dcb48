"""TypeScript's and JavaScript's truth: the compiler's own checker, asked by `targets.mjs` for every call."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from common import Call, Project, node, runner

from doctown.model import Symbol

_NAME = re.compile(r"[#\w$]+")


def truth(root: Path, tools: Path, project: Project) -> frozenset[Call]:
    """All calls between definitions of the scripts below `root`, as the symbols of `project` that stand there."""
    command = ["node", str(Path(__file__).with_name("targets.mjs")), str(tools), str(root)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    by_path = {each.path: each.symbols for each in project.facts}
    by_key = {symbol.key: symbol for symbols in by_path.values() for symbol in symbols}
    texts = {path: (root / path).read_text("utf-8", "replace").split("\n") for path in by_path}

    def symbol_at(place: tuple[str, int, int]) -> Symbol | None:
        path, line, column = place
        if path not in by_path:
            return None
        if line == 0:
            return by_path[path][0]
        match = _NAME.match(texts[path][line - 1][column:])
        name = match.group().lstrip("#") if match else ""
        fitting = [each for each in by_path[path] if each.name == name and each.start_line <= line <= each.end_line]
        return min(fitting, key=lambda each: each.end_line - each.start_line, default=None)

    calls = set()
    for caller, callee, _ in map(json.loads, lines):
        source, target = symbol_at(caller), symbol_at(callee)
        if source is not None and target is not None:
            calls.add((node(runner(source, by_key)), node(target)))
    return frozenset(calls)
