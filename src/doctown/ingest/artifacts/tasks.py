"""Makefiles, justfiles and Procfiles: what can be asked for by name, what it says of itself, and what it runs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from doctown.ingest.artifacts.collect import Collector, code, codes, facts, fence, joined

_RULE = re.compile(r"([A-Za-z0-9_./%$(){}@ -]+)::?(?![=:])\s*(.*)$")
_LONGEST_COMMAND = 10_000  # characters joined from continued lines
_SPECIAL = re.compile(r"^\.[A-Z_]+$")
_HELP = re.compile(r"##\s*(.*)$")


def read_makefile(collector: Collector) -> None:
    """Read a makefile: one artifact for each target that a person would ask for."""
    lines = collector.lines
    folder = collector.path.rpartition("/")[0]
    make = f"make -C {folder}" if folder and collector.file_name.lower().endswith("makefile") else "make"
    phony = set(
        " ".join(re.findall(r"^\.PHONY[ \t]*:(.*(?:\\\n.*)*)", collector.text, re.MULTILINE)).replace("\\", " ").split()
    )
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        if line[:1] in {"\t", "#", " ", ""} or re.match(r"[\w.]+\s*(?:[:?+!]|::)?=", line):
            continue
        found = _RULE.match(line)
        if not found or _SPECIAL.match(found.group(1)) or re.match(r"[\w.-]+\s*[:?+]?=", found.group(2)):
            continue
        recipe, end = _recipe(lines, number)
        about = _HELP.search(found.group(2))
        needs = found.group(2).split("#")[0].split("|")[0].split(";")[0].split()
        for target in found.group(1).split():
            if target in seen or re.search(r"[%$(){}]", target) or (target not in phony and _is_file(target)):
                continue
            seen.add(target)
            described = (about.group(1) if about else "") or _comment_above(lines, number)
            _add(
                collector,
                _Task(
                    command=f"{make} {target}",
                    name=target,
                    described=described,
                    recipe=recipe,
                    needs=needs,
                    lines=(number, end),
                ),
            )


def _is_file(target: str) -> bool:
    """Whether a target is the name of a file to be made and no verb."""
    return "/" in target or bool(re.search(r"\.\w+$", target))


def _recipe(lines: list[str], number: int) -> tuple[list[str], int]:
    """The commands below line `number` and the last line of them."""
    recipe: list[str] = []
    end = number
    for following in range(number, len(lines)):
        line = lines[following]
        if line.startswith("\t"):
            continued = end == following and following > number and lines[following - 1].endswith("\\")
            if continued and len(recipe[-1]) < _LONGEST_COMMAND:
                recipe[-1] = recipe[-1].removesuffix("\\").rstrip() + " " + line.strip()
            else:
                recipe.append(line.strip().lstrip("@-+"))
            end = following + 1
        elif line.strip() and not line.startswith("#") and not re.match(r"\s*(?:ifn?(?:eq|def)|else|endif)\b", line):
            break
    return [command for command in recipe if command], end


def _comment_above(lines: list[str], number: int) -> str:
    comment: list[str] = []
    for above in range(number - 2, max(-1, number - 8), -1):
        line = lines[above].strip()
        if line.startswith(".PHONY"):
            continue
        if not line.startswith("#"):
            break
        comment.insert(0, line.strip("#=- \t"))
    return " ".join(filter(None, comment))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What can be asked for by name: `make test`."""

    command: str
    name: str
    described: str
    recipe: list[str]
    needs: list[str]
    lines: tuple[int, int]


def _add(collector: Collector, task: _Task) -> None:
    described, recipe, needs = task.described, task.recipe, task.needs
    parts = [described.rstrip(".")] if described else []
    commands = [line for line in recipe if not re.match(r"(?:echo|printf)\b|#", line)]
    if recipe and not commands:
        parts.append("prints a text")
    elif commands:
        parts.append(f"runs {codes(commands, 3)}")
    if needs:
        parts.append(f"{'after' if commands else 'stands for'} {codes(needs)}")
    joint = ": " if described else " "
    summary = (
        f"{code(task.command)}{joint}{'; '.join(parts)}" if parts else f"{code(task.command)} does nothing by itself"
    )
    detail = joined(fence("\n".join(recipe), "console") if recipe else "", facts([("Needs", codes(needs, 20))]))
    collector.add("make_target", task.name, summary, detail, task.lines)


_RECIPE = re.compile(r"@?([A-Za-z_][\w-]*)((?:[ \t][^:=]*)?):(?!=)\s*(.*)$")


def read_justfile(collector: Collector) -> None:
    """Read a justfile: one artifact for each recipe that is not private."""
    lines = collector.lines
    for number, line in enumerate(lines, 1):
        found = _RECIPE.match(line)
        if not found or found.group(1).startswith("_") or found.group(1) in {"set", "alias", "export", "import", "mod"}:
            continue
        recipe, end = [], number
        for following in range(number, len(lines)):
            text = lines[following]
            if text.strip() and not text.startswith((" ", "\t")):
                break
            if text.strip():
                recipe.append(text.strip().lstrip("@-"))
                end = following + 1
        name, parameters = found.group(1), found.group(2).strip()
        above = number - 1
        while above > 1 and lines[above - 1].startswith("["):
            above -= 1
        described = _comment_above(lines, above + 1) if above >= 1 else ""
        needs = re.findall(r"[\w-]+", found.group(3).split("#")[0])
        _add(
            collector,
            _Task(
                command=f"just {name} {parameters}".strip(),
                name=name,
                described=described,
                recipe=recipe,
                needs=needs,
                lines=(number, end),
            ),
        )


def read_procfile(collector: Collector) -> None:
    """Read a Procfile: one artifact for each kind of process."""
    for number, line in enumerate(collector.lines, 1):
        name, colon, command = line.partition(":")
        if colon and re.fullmatch(r"[\w-]+", name.strip()) and command.strip():
            collector.add(
                "process",
                name.strip(),
                f"Process {code(name)} runs {code(command)}",
                "",
                (number, number),
                target=command.strip(),
            )
