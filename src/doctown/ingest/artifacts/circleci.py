"""CircleCI: workflows with the jobs that they order, and one artifact for each job."""

from __future__ import annotations

from doctown.ingest.artifacts.collect import Collector, code, codes, counted, facts, fence, joined, section
from doctown.ingest.artifacts.trees import Tree, yaml_documents


def read(collector: Collector) -> None:
    """Read `.circleci/config.yml`."""
    for root in yaml_documents(collector.text)[:1]:
        orbs = codes((f"{name}: {value}" for name, value in root.get("orbs").pairs()), 10)
        for name, workflow in root.get("workflows").items.items():
            if workflow.kind != "mapping":
                continue
            jobs = [entry.text or next(iter(entry.items), "") for entry in workflow.get("jobs").entries]
            crons = [trigger.get("schedule", "cron").text for trigger in workflow.get("triggers").entries]
            when = f" on the schedule {codes(crons)}" if any(crons) else ""
            summary = f"Runs {counted(len(jobs), 'job')}{when}: {codes(jobs)}"
            collector.add("ci_workflow", name, summary, facts([("Orbs", orbs)]), workflow.lines)
        for name, job in root.get("jobs").items.items():
            _job(collector, name, job)


def _job(collector: Collector, name: str, job: Tree) -> None:
    images = [entry.get("image").text for entry in job.get("docker").entries]
    executor = job.get("executor").text or job.get("executor", "name").text
    machine = job.get("machine", "image").text
    steps = [(step.text or next(iter(step.items), ""), step) for step in job.get("steps").entries]
    commands = [command for kind, step in steps if kind == "run" and (command := _command(step.get("run")))]
    place = images[0] if images else machine or executor
    what = f"runs {codes(commands[-3:], 3)}" if commands else f"goes through {codes([kind for kind, _ in steps])}"
    collector.add(
        "ci_job",
        name,
        what + (f" in {code(place)}" if place else ""),
        joined(
            facts(
                [
                    ("Image", code(images[0]) if images else ""),
                    ("Services", codes(images[1:])),
                    ("Executor", code(executor)),
                    ("Machine", code(machine)),
                    ("Parallel", job.get("parallelism").text),
                    ("Steps", codes((kind for kind, _ in steps), 20)),
                ]
            ),
            section("Commands", fence("\n".join(commands), "console") if commands else ""),
        ),
        job.lines,
    )


def _command(run: Tree) -> str:
    return (run.text or run.get("command").text).strip()
