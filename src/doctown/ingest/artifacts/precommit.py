"""pre-commit: which hooks run before a commit, and which hooks a repository offers to others."""

from __future__ import annotations

from doctown.ingest.artifacts.collect import Collector, code, codes, facts
from doctown.ingest.artifacts.trees import yaml_documents


def read_configuration(collector: Collector) -> None:
    """Read `.pre-commit-config.yaml`: one artifact for each hook."""
    for root in yaml_documents(collector.text)[:1]:
        for repository in root.get("repos").entries:
            where, version = repository.get("repo").text, repository.get("rev").text
            for hook in repository.get("hooks").entries:
                name = hook.get("id").text
                arguments = hook.get("args").texts()
                place = "of this repository" if where == "local" else f"of {where.removeprefix('https://')}"
                summary = f"Before a commit, {code(name)} {place} runs"
                summary += f" with {code(' '.join(arguments))}" if arguments else ""
                collector.add(
                    "pre_commit_hook",
                    name,
                    summary,
                    facts(
                        [
                            ("Version", code(version)),
                            ("Runs", code(hook.get("entry").text, 240)),
                            ("Files", code(hook.get("files").text)),
                            ("Types", codes(hook.get("types").texts() or hook.get("types_or").texts())),
                            ("Stages", codes(hook.get("stages").texts())),
                            ("With", codes(hook.get("additional_dependencies").texts(), 12)),
                        ]
                    ),
                    hook.lines,
                )


def read_hooks(collector: Collector) -> None:
    """Read `.pre-commit-hooks.yaml`: what other repositories may use."""
    for root in yaml_documents(collector.text)[:1]:
        for hook in root.entries:
            name, entry = hook.get("id").text, hook.get("entry").text
            described = hook.get("description").text or hook.get("name").text
            collector.add(
                "offered_hook", name, f"Offers the hook {code(name)}: {described}", "", hook.lines, target=entry
            )
