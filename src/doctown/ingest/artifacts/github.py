"""GitHub Actions (also Gitea's and Forgejo's): workflows, one artifact for each job, reusable actions, Dependabot."""

from __future__ import annotations

import itertools
import re

from doctown.ingest.artifacts.collect import (
    Collector,
    bullets,
    clip,
    code,
    codes,
    counted,
    facts,
    fence,
    joined,
    listing,
    one_line,
    section,
    table,
)
from doctown.ingest.artifacts.trees import Tree, yaml_documents

_RELEASE = re.compile(
    r"pypi-publish|npm publish|twine upload|uv publish|cargo publish|gh release|goreleaser|release-action"
)


_SUPPORT = re.compile(
    r"actions/(?:checkout|setup-|cache|upload-artifact|download-artifact)|step-security/harden-runner"
)
_PREPARES = re.compile(
    r"(?:echo|printf|cd|set|export|mkdir|sleep|exit|true|false|rm|ls|cat|tree|sudo apt(?:-get)?|apt(?:-get)?|brew)\b|"
    r"(?:python\d? -m )?pip\d? install\b|npm (?:ci|install)\b|[A-Z_]+=\S*$"
)


def read_workflow(collector: Collector) -> None:
    """Read one workflow file."""
    for root in yaml_documents(collector.text)[:1]:
        jobs = root.get("jobs").items
        name = root.get("name").text or collector.file_name.rpartition(".")[0]
        on = root.get("on") or root.get("true")  # YAML 1.1 reads a bare `on` as a truth value; as text it stays `on`.
        triggers = _triggers(on)
        summary = f"Runs on {listing(triggers)}" if triggers else "Runs when another workflow calls it"
        summary += f"; {counted(len(jobs), 'job')}: {codes(jobs)}" if jobs else ""
        collector.add(
            "ci_workflow",
            name,
            summary,
            joined(
                facts(
                    [
                        ("Triggers", listing(triggers, 20)),
                        ("Permissions", _pairs(root.get("permissions"))),
                        ("Environment", codes(root.get("env").items, 20)),
                        ("Cancels older runs", root.get("concurrency", "cancel-in-progress").text),
                    ]
                ),
                section("Inputs", _inputs(on.get("workflow_dispatch", "inputs") or on.get("workflow_call", "inputs"))),
            ),
        )
        for key, job in jobs.items():
            _job(collector, key, job, triggers)


def _triggers(on: Tree) -> list[str]:
    if on.kind != "mapping":
        return [_event(text) for text in on.texts()]
    return [_event(event) + _filter(event, settings) for event, settings in on.items.items()]


def _event(name: str) -> str:
    return {"workflow_dispatch": "demand", "workflow_call": "call by another workflow", "schedule": "a schedule"}.get(
        name, name
    )


def _filter(event: str, settings: Tree) -> str:
    if event == "schedule":
        crons = [entry.get("cron").text for entry in settings.entries]
        return f" ({codes(crons)})" if crons else ""
    parts = []
    for key, word in (("branches", "to"), ("tags", "of tags"), ("types", "")):
        if values := settings.get(key).texts():
            parts.append(f"{word} {codes(values, 4)}".strip())
    if settings.get("paths") or settings.get("paths-ignore"):
        parts.append("for some paths")
    return f" {' '.join(parts)}" if parts else ""


def _pairs(tree: Tree) -> str:
    return listing((f"{key}: {value}" for key, value in tree.pairs()), 12) if tree.kind == "mapping" else tree.text


def _inputs(inputs: Tree) -> str:
    rows = [
        (
            code(name),
            one_line(value.get("description").text),
            value.get("required").text,
            code(value.get("default").text),
        )
        for name, value in inputs.items.items()
    ]
    return table(rows, ("Name", "What it is", "Required", "Default"))


def _job(collector: Collector, key: str, job: Tree, triggers: list[str]) -> None:
    steps = job.get("steps").entries
    matrix = _matrix(job.get("strategy", "matrix"))
    commands = [line for step in steps for line in _commands(step)]
    runner = one_line(" ".join(job.get("runs-on").texts()))
    reused = job.get("uses").text
    needs = job.get("needs").texts()
    title = job.get("name").text
    what = f"calls the workflow {code(reused)}" if reused else _what(commands, steps)
    summary = f"Runs on {listing(triggers, 3)}; {what}" if triggers else what
    systems = _axis_values(job.get("strategy", "matrix"), runner)
    others = [axis for axis in matrix if not (systems and axis.partition(" ")[2].startswith(systems[0]))]
    summary += f" on {listing(systems, 4) or _runner(runner)}" if runner else ""
    summary += f" for {others[0]}" if others else ""
    summary += f", after {codes(needs)}" if needs else ""
    collector.add(
        "ci_job",
        key,
        summary,
        joined(
            facts(
                [
                    ("Name", title if title != key else ""),
                    ("Runner", code(runner)),
                    ("Needs", codes(needs)),
                    ("Condition", code(job.get("if").text, 300)),
                    ("Container", code(job.get("container").text or job.get("container", "image").text)),
                    ("Services", codes(job.get("services").items)),
                    ("Deploys to", code(job.get("environment").text or job.get("environment", "name").text)),
                    ("Permissions", _pairs(job.get("permissions"))),
                    ("Time limit", f"{minutes} minutes" if (minutes := job.get("timeout-minutes").text) else ""),
                ]
            ),
            section("Matrix", bullets(matrix)),
            section("Steps", "\n".join(_step(number, step) for number, step in enumerate(steps, 1))),
        ),
        job.lines,
        target=reused,
    )


def _what(commands: list[str], steps: tuple[Tree, ...]) -> str:
    used = [step.get("uses").text.partition("@")[0] for step in steps if step.get("uses")]
    telling = [used_one for used_one in used if _RELEASE.search(used_one)]
    ours = [command for command in commands if not _PREPARES.match(command)] or commands
    if ours:
        # The last commands of a job are what it is for; those before install what they need.
        telling = [*ours[-2:], *telling]
    if telling:
        return f"runs {codes((clip(item, 80) for item in telling), 3)}"
    special = [name for name in used if not _SUPPORT.match(name)]
    return f"uses {codes(special or used, 4)}" if used else "does nothing by itself"


_SHELL_GRAMMAR = re.compile(r"(?:if|then|else|elif|fi|for|while|until|do|done|case|esac)\b|[(){}\]]|\S+\)$|;;")


def _commands(step: Tree) -> list[str]:
    """The commands of a step's script, without the grammar around them, here-documents and programs in quotes."""
    if step.get("shell").text.startswith("python"):
        return []
    script = re.sub(r"\\\n[ \t]*", " ", step.get("run").text)
    lines = [line.strip() for line in script.split("\n")]
    ends = {line: number for number, line in enumerate(lines)}  # where a here-document with that word would end
    until = 0
    commands: list[str] = []
    is_open = False  # whether a quotation has begun on a line above
    for number, line in enumerate(lines):
        if number < until:
            continue
        if found := re.search(r"<<-?[ \t]*[\"']?(\w+)", line):
            until = ends.get(found.group(1), 0) + 1
        was_open = is_open
        is_open ^= (line.count("'") % 2 == 1) or (line.count('"') % 2 == 1)
        if line and not was_open and not line.startswith("#") and not _SHELL_GRAMMAR.match(line):
            commands.append(line)
    return commands


def _axis_values(matrix: Tree, runner: str) -> list[str]:
    """The systems that a runner stands for when it is an axis of the matrix: `${{ matrix.os }}`."""
    axis = re.fullmatch(r"\$\{\{\s*matrix\.([\w-]+)\s*\}\}", runner)
    if not axis:
        return []
    found = matrix.get(axis.group(1)).texts() or [
        entry.get(axis.group(1)).text for entry in matrix.get("include").entries
    ]
    return [value for value in dict.fromkeys(found) if value and "${{" not in value]


def _runner(text: str) -> str:
    return "the matrix' runner" if "matrix." in text else "a chosen runner" if "${{" in text else text


def _matrix(matrix: Tree) -> list[str]:
    """A matrix' axes in words, the first the most telling."""
    axes = [
        f"{_axis(name)} {_range(value.texts())}"
        for name, value in matrix.items.items()
        if name not in {"include", "exclude"} and value.kind == "sequence" and value.texts()
    ]
    included: dict[str, list[str]] = {}
    for entry in matrix.get("include").entries:
        for name, value in entry.items.items():
            if value.text and value.text not in included.setdefault(name, []):
                included[name].append(value.text)
    for wanted in ("python", "python-version", "node", "node-version", "go", "go-version", "os", "name"):
        if wanted in included:
            axes.append(f"{_axis(wanted)} {_range(included.pop(wanted))}")
    axes += [f"{_axis(name)} {_range(values)}" for name, values in included.items()]
    return sorted(axes, key=lambda axis: not re.match(r"Python|Node|Go|Rust|Java|Ruby|PHP", axis))


_AXES = {"python": "Python", "node": "Node", "go": "Go", "rust": "Rust", "java": "Java", "ruby": "Ruby", "php": "PHP"}


def _axis(name: str) -> str:
    return _AXES.get(re.sub(r"[-_]?versions?$", "", name), name)


def _range(values: list[str]) -> str:
    """`3.9–3.13` for versions that follow each other, a list otherwise."""
    parts = [re.fullmatch(r"(\d+)(?:\.(\d+))?", value) for value in values]
    if len(values) > 2 and all(parts):
        numbers = [(int(part[1]), int(part[2] or 0)) for part in parts if part]
        ordered = sorted(numbers)
        minor = all(b[0] == a[0] and b[1] == a[1] + 1 for a, b in itertools.pairwise(ordered))
        if minor:
            low, high = values[numbers.index(ordered[0])], values[numbers.index(ordered[-1])]
            return f"{low}–{high}"
    return listing(values, 8)


def _step(number: int, step: Tree) -> str:
    title = one_line(step.get("name").text)
    condition = f" (if {code(step.get('if').text, 160)})" if step.get("if") else ""
    used, script = step.get("uses").text, step.get("run").text
    head = f"{number}. {title}{': ' if title and (used or script) else ''}"
    if used:
        settings = listing(
            (f"{name}={clip(one_line(value), 40)}" for name, value in step.get("with").pairs() if value), 6
        )
        return f"{head}{code(used)}{condition}" + (f" with {code(settings, 240)}" if settings else "")
    if "\n" in script.strip():
        block = "\n".join("   " + line for line in fence(script, "console").split("\n"))
        return f"{head.rstrip(': ')}{condition}\n{block}"
    return f"{head}{code(script, 240)}{condition}"


def read_action(collector: Collector) -> None:
    """Read an `action.yml`: an action that other workflows use."""
    for root in yaml_documents(collector.text)[:1]:
        using = root.get("runs", "using").text
        if not using:
            return
        name = root.get("name").text or collector.file_name
        described = root.get("description").text.rstrip(".")
        main = root.get("runs", "main").text or root.get("runs", "image").text
        collector.add(
            "ci_action",
            name,
            f"GitHub action{f': {described}' if described else ''}; runs with {using}",
            joined(
                section("Inputs", _inputs(root.get("inputs"))),
                section("Outputs", _inputs(root.get("outputs"))),
                section(
                    "Steps", "\n".join(_step(n, step) for n, step in enumerate(root.get("runs", "steps").entries, 1))
                ),
            ),
            target=main,
        )


def read_dependabot(collector: Collector) -> None:
    """Read Dependabot's settings: what is kept up to date, and how often."""
    for root in yaml_documents(collector.text)[:1]:
        for update in root.get("updates").entries:
            system = update.get("package-ecosystem").text
            interval = update.get("schedule", "interval").text
            folder = update.get("directory").text or listing(update.get("directories").texts())
            collector.add(
                "dependency_updates",
                system,
                f"Dependabot updates {system} dependencies in {code(folder)}" + (f" {interval}" if interval else ""),
                "",
                update.lines,
            )
