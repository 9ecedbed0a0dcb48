"""Travis CI, Azure Pipelines and Jenkins, each as far as its file says without being run."""

from __future__ import annotations

import re

from doctown.ingest.artifacts.collect import Collector, code, codes, counted, facts, fence, joined, listing, section
from doctown.ingest.artifacts.trees import Tree, yaml_documents


def read_travis(collector: Collector) -> None:
    """Read `.travis.yml` as one workflow; its phases are its steps."""
    for root in yaml_documents(collector.text)[:1]:
        language = root.get("language").text
        versions = root.get(language).texts() if language else []
        commands = root.get("script").texts()
        summary = (
            f"Runs {codes(commands, 3)}" if commands else f"Runs the default build of {language or 'the language'}"
        )
        summary += f" with {language} {listing(versions, 8)}" if versions else ""
        phases = [
            section(phase.replace("_", " ").capitalize(), fence("\n".join(found), "console"))
            for phase in ("before_install", "install", "before_script", "script", "after_success", "deploy")
            if (found := root.get(phase).texts()) and root.get(phase).kind != "mapping"
        ]
        deploys = [entry.get("provider").text for entry in root.get("deploy").entries or (root.get("deploy"),)]
        collector.add(
            "ci_workflow",
            "travis",
            summary,
            joined(
                facts(
                    [
                        ("Services", codes(root.get("services").texts())),
                        ("Systems", codes(root.get("os").texts())),
                        ("Deploys with", codes(deploys)),
                    ]
                ),
                *phases,
            ),
        )


def read_azure(collector: Collector) -> None:
    """Read an Azure pipeline: the pipeline and one artifact for each job, those of stages included."""
    for root in yaml_documents(collector.text)[:1]:
        jobs = [(job, "") for job in root.get("jobs").entries]
        for stage in root.get("stages").entries:
            jobs += [(job, stage.get("stage").text) for job in stage.get("jobs").entries]
        branches = (root.get("trigger", "branches", "include") or root.get("trigger")).texts()
        count = counted(len(jobs), "job") if jobs else counted(len(root.get("steps").entries), "step")
        summary = f"Azure pipeline of {count}" + (f"; runs on changes to {codes(branches)}" if branches else "")
        name = root.get("name").text or collector.file_name
        collector.add("ci_workflow", name, summary, _azure_steps(root))
        for job, stage_name in jobs:
            label = job.get("job").text or job.get("deployment").text or job.get("template").text
            machine = (job.get("pool", "vmImage") or root.get("pool", "vmImage")).text
            commands = [text for step in job.get("steps").entries if (text := _azure_command(step))]
            what = f"runs {codes(commands[-3:], 3)}" if commands else "runs steps of a template"
            collector.add(
                "ci_job",
                label,
                (f"In stage {code(stage_name)}, " if stage_name else "") + what + (f" on {machine}" if machine else ""),
                joined(facts([("Needs", codes(job.get("dependsOn").texts()))]), _azure_steps(job)),
                job.lines,
            )


def _azure_command(step: Tree) -> str:
    return (step.get("script") or step.get("bash") or step.get("pwsh") or step.get("powershell")).text.strip()


def _azure_steps(tree: Tree) -> str:
    lines: list[str] = []
    for step in tree.get("steps").entries:
        title = step.get("displayName").text
        what = _azure_command(step) or step.get("task").text or step.get("template").text or step.get("checkout").text
        lines.append(f"{len(lines) + 1}. {title}{': ' if title else ''}{code(what, 240)}")
    return section("Steps", "\n".join(lines))


_STAGE = re.compile(r"""^[ \t]*stage\s*\(\s*(["'])(?P<name>.+?)\1\s*\)""", re.MULTILINE)
_SHELL = re.compile(
    r"""\b(?:sh|bat|powershell)\s*+\(?\s*+(?:script:\s*+)?(?:'''(?P<a>.*?)'''|\"\"\"(?P<b>.*?)\"\"\"|'(?P<c>[^'\n]*)'|"(?P<d>[^"\n]*)")""",
    re.DOTALL,
)


def read_jenkinsfile(collector: Collector) -> None:
    """Read a Jenkinsfile: its stages and the shell commands that stand in each as text."""
    text = collector.text
    stages = list(_STAGE.finditer(text))
    agent = re.search(r"\bagent\s+(?:\{[^}]{0,300}?\b(?:image|label)\s+['\"]([^'\"]+)|(\w+))", text)
    place = (agent.group(1) or agent.group(2)) if agent else ""
    names = [stage.group("name") for stage in stages]
    collector.add(
        "ci_workflow",
        collector.file_name,
        f"Jenkins pipeline of {counted(len(stages), 'stage')}" + (f": {codes(names, 8)}" if names else ""),
        facts([("Agent", code(place))]),
    )
    for number, stage in enumerate(stages):
        end = stages[number + 1].start() if number + 1 < len(stages) else len(text)
        commands = [
            next(filter(None, found.groups()), "").strip() for found in _SHELL.finditer(text, stage.start(), end)
        ]
        body = text[stage.start() : end].rstrip()
        first = text.count("\n", 0, stage.start("name")) + 1
        collector.add(
            "ci_job",
            stage.group("name"),
            f"Jenkins stage that runs {codes(commands, 3)}" if commands else "Jenkins stage",
            fence("\n".join(commands), "console") if commands else "",
            (first, first + body.lstrip("\n").count("\n")),
        )
