"""GitLab CI: the pipeline with its stages, and one artifact for each job."""

from __future__ import annotations

from doctown.ingest.artifacts.collect import Collector, code, codes, counted, facts, fence, joined, section
from doctown.ingest.artifacts.trees import Tree, yaml_documents

_KEYWORDS = frozenset({
    "stages", "variables", "include", "default", "workflow", "image", "services", "before_script", "after_script",
    "cache", "spec", "pages:deploy",
})  # fmt: skip


def read(collector: Collector) -> None:
    """Read one pipeline file."""
    for root in yaml_documents(collector.text):
        if root.kind != "mapping":
            continue
        jobs = {
            name: value
            for name, value in root.items.items()
            if name not in _KEYWORDS and value.kind == "mapping" and not name.startswith(".")
        }
        stages = root.get("stages").texts()
        included = [
            entry.text or entry.get("local").text or entry.get("template").text or entry.get("project").text
            for entry in root.get("include").entries or (root.get("include"),)
        ]
        summary = f"Runs {counted(len(jobs), 'job')}" + (f" in the stages {codes(stages)}" if stages else "")
        collector.add(
            "ci_workflow",
            collector.file_name,
            summary,
            facts(
                [
                    ("Jobs", codes(jobs, 30)),
                    ("Image", code(_image(root))),
                    ("Variables", codes(root.get("variables").items, 20)),
                    ("Takes in", codes(included, 10)),
                ]
            ),
        )
        for name, job in jobs.items():
            _job(collector, name, job, _image(root))


def _image(tree: Tree) -> str:
    image = tree.get("image") or tree.get("default", "image")
    return image.text or image.get("name").text


def _job(collector: Collector, name: str, job: Tree, default_image: str) -> None:
    commands = [line for step in job.get("script").texts() for line in step.split("\n") if line.strip()]
    stage, image = job.get("stage").text, _image(job) or default_image
    extends = job.get("extends").texts()
    what = f"runs {codes(commands[-3:], 3)}" if commands else f"extends {codes(extends)}" if extends else "runs nothing"
    trigger = job.get("trigger").text or job.get("trigger", "project").text or job.get("trigger", "include").text
    if trigger:
        what = f"starts the pipeline {code(trigger)}"
    summary = f"In stage {code(stage)}, {what}" if stage else what
    collector.add(
        "ci_job",
        name,
        summary + (f" in {code(image)}" if image else ""),
        joined(
            facts(
                [
                    ("Stage", code(stage)),
                    ("Image", code(image)),
                    ("Needs", codes(_needed(job))),
                    ("Extends", codes(extends)),
                    ("Services", codes(entry.text or entry.get("name").text for entry in job.get("services").entries)),
                    ("Runs", job.get("when").text),
                    ("Deploys to", code(job.get("environment").text or job.get("environment", "name").text)),
                    ("Only for", codes(job.get("only").texts())),
                    ("Artifacts", codes(job.get("artifacts", "paths").texts())),
                ]
            ),
            section("Commands", fence("\n".join(commands), "console") if commands else ""),
        ),
        job.lines,
    )


def _needed(job: Tree) -> list[str]:
    return [entry.text or entry.get("job").text for entry in job.get("needs").entries]
