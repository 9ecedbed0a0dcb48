"""TypeScript's and JavaScript's truth: the compiler's own checker, asked by `targets.mjs` for every call, and its
parser, by `declared.mjs`, for every definition."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from bench.accuracy.common import Call, Project, Truth, node, runner

from doctown.model import Symbol

_NAME = re.compile(r"[#\w$]+|\[[^\]\n]+\]")  # a name, or a computed one

_ALIAS = re.compile(r"([\w$]+)\s*[:=]\s*([\w$]+)\s*[,;}\n]")


def truth(root: Path, tools: Path, project: Project) -> Truth:
    """All calls between definitions of the scripts below `root`, as the symbols of `project` that stand there."""
    lines = _asked("targets.mjs", tools, root)
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
        name = match.group() if match else ""
        named = (each for each in by_path[path][1:] if each.name == name)  # without the file's own symbol
        fitting = [each for each in named if each.start_line <= line <= each.end_line]
        return min(fitting, key=lambda each: each.end_line - each.start_line, default=None)

    aliases: dict[str, set[str]] = {}  # what a property is given under another name
    for text in texts.values():
        for name, other in _ALIAS.findall("\n".join(text)):
            aliases.setdefault(name, set()).add(other)
    calls: set[Call] = set()
    open_calls: set[Call] = set()
    unnamed: set[Call] = set()  # calls in functions that are no symbols: they belong to one around them, to no other
    for caller, callee, name in lines:
        source = symbol_at(caller)
        if source is None and callee is not None and (target := symbol_at(callee)) is not None:
            unnamed.update((node(each), node(target)) for each in by_path.get(caller[0], ()))
        if source is not None and callee is None:
            named = (each for each in by_key.values() if each.name == name or each.name in aliases.get(name, ()))
            open_calls.update((node(runner(source, by_key)), node(each)) for each in named)
        target = symbol_at(callee) if callee is not None else None
        if source is not None and target is not None:
            calls.add((node(runner(source, by_key)), node(target)))
    declared = _asked("declared.mjs", tools, root)
    return Truth(
        calls=frozenset(calls),
        neutral=frozenset((open_calls | unnamed) - calls),
        symbols=frozenset((path, name, kind) for path, name, kind, counts in declared if counts),
        unsure=frozenset((path, name, kind) for path, name, kind, counts in declared if not counts),
    )


def _asked(script: str, tools: Path, root: Path) -> list[Any]:
    """What one of the scripts beside this module says of the files below `root`, a value a line."""
    command = ["node", str(Path(__file__).with_name(script)), str(tools), str(root)]
    made = subprocess.run(command, check=True, capture_output=True, text=True)
    return [json.loads(line) for line in made.stdout.splitlines()]
