"""Dockerfiles: one artifact for each stage of the build, with its base image, ports, variables and what it starts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from doctown.ingest.artifacts.collect import Collector, code, codes, facts, fence, joined, listing, section

_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)\s+(.*)", re.DOTALL)
_HEREDOC = re.compile(r"<<-?\s*([\"']?)(\w+)\1")


@dataclass(slots=True, kw_only=True)
class _Stage:
    name: str
    base: str
    start: int
    end: int
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def all(self, *names: str) -> list[str]:
        return [text for name, text in self.instructions if name in names]

    def last(self, name: str) -> str:
        return next((text for found, text in reversed(self.instructions) if found == name), "")


def read(collector: Collector) -> None:
    """Read one Dockerfile."""
    stages: list[_Stage] = []
    for name, text, start, end in _instructions(collector.lines):
        if name == "FROM":
            words = [word for word in text.split() if not word.startswith("--")]
            alias = words[2] if len(words) > 2 and words[1].lower() == "as" else ""
            stages.append(_Stage(name=alias or str(len(stages)), base=words[0] if words else "", start=start, end=end))
        elif stages:
            stages[-1].instructions.append((name, text))
            stages[-1].end = end
    if not stages:
        collector.problem("no FROM instruction")
    for stage in stages:
        _add(collector, stage, stages, is_last=stage is stages[-1])


def _instructions(lines: list[str]) -> list[tuple[str, str, int, int]]:
    """(name, arguments, first line, last line), continuations joined and here-documents taken in."""
    found = []
    number = 0
    last = {line.strip(): index for index, line in enumerate(lines)}  # where a here-document could end at the latest
    while number < len(lines):
        start = number
        line = lines[number]
        number += 1
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        parts = [line.rstrip()]
        while parts[-1].endswith("\\") and number < len(lines):
            parts[-1] = parts[-1][:-1].rstrip()
            if not lines[number].lstrip().startswith("#"):
                parts.append(lines[number].rstrip())
            else:
                parts.append("\\")
            number += 1
        text = "\n".join(part for part in parts if part.strip() not in {"", "\\"})
        for _, word in _HEREDOC.findall(text):
            if last.get(word, -1) >= number:
                stop = next(n for n in range(number, len(lines)) if lines[n].strip() == word)
                text += "\n" + "\n".join(lines[number : stop + 1])
                number = stop + 1
        if instruction := _INSTRUCTION.match(text):
            found.append((instruction.group(1).upper(), instruction.group(2).strip(), start + 1, number))
    return found


def _add(collector: Collector, stage: _Stage, stages: list[_Stage], *, is_last: bool) -> None:
    ports = [port for text in stage.all("EXPOSE") for port in text.split()]
    entry, command = stage.last("ENTRYPOINT"), stage.last("CMD")
    starts = " ".join(filter(None, (_argv(entry), _argv(command))))
    named = {other.name for other in stages}
    base = f"the stage {code(stage.base)}" if stage.base in named else code(stage.base)
    runs = stage.all("RUN")
    what = f"The image is built on {base}" if is_last else f"Build stage on {base}"
    if ports:
        what += f"; exposes port {listing(ports)}" if len(ports) == 1 else f"; exposes the ports {listing(ports)}"
    if starts:
        what += f"; starts {code(starts)}"
    elif runs:
        what += f"; runs {codes((_plain(run) for run in runs[-2:]), 2)}"
    copied = [found.group(1) for text in stage.all("COPY", "ADD") if (found := re.search(r"--from=(\S+)", text))]
    variables = [name for text in stage.all("ENV") for name in _names(text)]
    arguments = [text.split("=")[0].strip() for text in stage.all("ARG")]
    collector.add(
        "docker_stage",
        stage.name,
        what,
        joined(
            facts(
                [
                    ("Base image", code(stage.base)),
                    ("Ports", listing(ports, 20)),
                    ("Entry point", code(entry, 200)),
                    ("Command", code(command, 200)),
                    ("User", code(stage.last("USER"))),
                    ("Working folder", code(stage.last("WORKDIR"))),
                    ("Variables", codes(variables, 30)),
                    ("Build arguments", codes(arguments, 30)),
                    ("Volumes", codes(stage.all("VOLUME"))),
                    ("Copies from", codes(dict.fromkeys(copied))),
                    ("Health check", code(stage.last("HEALTHCHECK"), 200)),
                ]
            ),
            section("Commands", fence("\n".join(runs), "console") if runs else ""),
        ),
        (stage.start, stage.end),
        target=starts,
    )


def _argv(text: str) -> str:
    """An instruction in the JSON form as a person would type it."""
    if text.startswith("["):
        return " ".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text))
    return text


def _plain(run: str) -> str:
    return re.sub(r"--mount=\S+\s*", "", run)


def _names(text: str) -> list[str]:
    """Names of variables, never their values."""
    assigned = re.findall(r"""([A-Za-z_]\w*)=(?:"(?:[^"\\]|\\.)*"|'[^']*'|\S*)""", text)
    return assigned or text.split()[:1]
