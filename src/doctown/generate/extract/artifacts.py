"""Pages of artifacts: how a project is built, run, tested, configured and deployed, unit by unit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from doctown.generate.extract import safe
from doctown.generate.extract.inlines import inline, to_plain
from doctown.generate.extract.view import View, file_link, short_name
from doctown.generate.extract.words import capital, words
from doctown.model import Artifact, Page

_TITLES = {"ci_workflow": "CI workflow", "ci_job": "CI job", "ci_action": "CI action"}


def artifact_pages(view: View) -> Iterator[Page]:
    """One page per artifact, in the repository's order."""
    for artifact in view.repository.artifacts:
        parts = [safe.markdown(artifact.detail)] if artifact.detail else []
        leads = entry_symbol(view, artifact)
        if leads is not None:
            parts.append(f"Leads to {view.link(leads)}: {safe.escape(view.summaries.get(leads, ''))}".rstrip(": "))
        parts.append(f"_Defined in {file_link(artifact.path)}, {_lines(artifact)}._")
        yield Page(
            subject_kind="artifact",
            subject=artifact.key,
            title=f"{kind_title(artifact)}: {artifact.name}",
            summary=to_plain(inline(artifact.summary)),
            body="\n\n".join(parts),
            origin="extractive",
            claims=view.claim(
                to_plain(inline(artifact.summary)), artifact.path, artifact.start_line, artifact.end_line
            ),
        )


def kind_title(artifact: Artifact) -> str:
    """`make_target` → `Make target`."""
    return _TITLES.get(artifact.kind) or capital(" ".join(words(artifact.kind)))


def _lines(artifact: Artifact) -> str:
    if artifact.end_line <= artifact.start_line:
        return f"line {artifact.start_line}"
    return f"lines {artifact.start_line}–{artifact.end_line}"


def entry_symbol(view: View, artifact: Artifact) -> int | None:
    """The symbol that an entry point's target names: `flask.cli:main` by module and name, `./bin/x.js` by file."""
    if not artifact.target:
        return None
    module, _, name = artifact.target.partition(":")
    path = view.module_named([_as_path(module), re.sub(r"^\./", "", artifact.target)])
    if path is None and not name and "/" not in module and "." in module:  # no module: what is in one
        module, _, name = module.rpartition(".")
        path = view.module_named([_as_path(module)])
    if path is None:
        return None
    number = view.repository.modules[path]
    found = next((n for n in view.members.get(path, ()) if view.symbol(n).qualified_name == name), None)
    if found is None and name:  # gathered from a submodule
        edges = view.repository.outgoing.get(number, ())
        found = next((edge.target for edge in edges if short_name(view.symbol(edge.target)) == name), None)
    return found if found is not None else number


def _as_path(module: str) -> str:
    return module.replace(".", "/").replace("::", "/").strip("/")
