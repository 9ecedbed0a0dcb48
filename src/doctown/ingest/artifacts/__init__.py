"""What builds, tests, runs, configures and deploys a project, read from the files that say so.

`extract` is the door: it finds the family of formats that a file belongs to (one small module each) and returns what
the family found. Nothing of a file is executed, resolved or fetched; broken files give problems, never exceptions.
Which files are read at all is left to `walk`, secrets are masked before they come here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import cast

from doctown.ingest.artifacts.collect import Collector
from doctown.model import Artifact

__all__ = ["extract", "is_artifact_file"]

Read = Callable[[Collector], None]

# Whole paths or names that belong to a family, with the module and the function that read it. The first that matches
# decides. Modules are loaded when a file of theirs is met: a worker that reads code needs none of them.
_FAMILIES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"(?:.*/)?(?:{pattern})"), read)
    for pattern, read in (
        (r"pyproject\.toml", "pyproject.read"),
        (r"setup\.cfg", "setuptools_files.read_setup_cfg"),
        (r"setup\.py", "setuptools_files.read_setup_py"),
        (r"[^/]*(?:requirements|constraints)[^/]*\.(?:txt|in)|requirements/[^/]+\.(?:txt|in)", "requirements.read"),
        (r"tox\.ini|tox\.toml", "python_tools.read_tox"),
        (r"noxfile\.py", "python_tools.read_noxfile"),
        (r"pytest\.ini|\.pytest\.ini|\.coveragerc|pytest\.toml", "python_tools.read_configuration"),
        (r"package\.json", "javascript.read"),
        (r"[tj]sconfig[^/]*\.json", "javascript.read_settings"),
        (r"deno\.jsonc?", "javascript.read_deno"),
        (r"go\.mod", "golang.read"),
        (r"Cargo\.toml", "rust.read"),
        (r"[^/]*\.pom|pom\.xml", "jvm.read_pom"),
        (r"build\.gradle(?:\.kts)?|settings\.gradle(?:\.kts)?", "jvm.read_gradle"),
        (r"[^/]+\.(?:cs|fs|vb)proj|Directory\.Build\.props", "dotnet.read"),
        (r"[^/]+\.gemspec|Gemfile|gems\.rb|Rakefile", "ruby.read"),
        (r"composer\.json", "php.read"),
        (r"(?:Docker|Container)file(?:[.-][^/]+)?|[^/]+\.(?:[Dd]ocker|[Cc]ontainer)file", "docker.read"),
        (r"(?:docker-)?compose(?:[.-][^/]+)?\.ya?ml", "compose.read"),
        (r"\.(?:github|gitea|forgejo)/workflows/[^/]+\.ya?ml", "github.read_workflow"),
        (r"\.github/dependabot\.ya?ml", "github.read_dependabot"),
        (r"action\.ya?ml", "github.read_action"),
        (r"\.gitlab-ci\.ya?ml|\.gitlab/ci/[^/]+\.ya?ml|[^/]+\.gitlab-ci\.ya?ml", "gitlab.read"),
        (r"\.circleci/config\.ya?ml", "circleci.read"),
        (r"\.travis\.ya?ml", "other_ci.read_travis"),
        (r"azure-pipelines[^/]*\.ya?ml|\.azure-pipelines/[^/]+\.ya?ml", "other_ci.read_azure"),
        (r"Jenkinsfile(?:\.[^/]+)?", "other_ci.read_jenkinsfile"),
        (r"CMakeLists\.txt", "native.read_cmake"),
        (r"configure\.(?:ac|in)", "native.read_autoconf"),
        (r"Makefile\.am", "native.read_automake"),
        (r"meson\.build", "native.read_meson"),
        (r"meson_options\.txt|meson\.options", "native.read_meson_options"),
        (r"(?:GNU)?[Mm]akefile|[^/]+\.mk", "tasks.read_makefile"),
        (r"\.?[Jj]ustfile|[^/]+\.just", "tasks.read_justfile"),
        (r"Procfile(?:\.[^/]+)?", "tasks.read_procfile"),
        (r"\.pre-commit-config\.ya?ml", "precommit.read_configuration"),
        (r"\.pre-commit-hooks\.ya?ml", "precommit.read_hooks"),
        (r"\.env\.[^/]*|\.env|[^/]*env\.(?:example|sample|template|dist)|\.flaskenv", "environment.read"),
        (r"mkdocs\.ya?ml", "docsites.read_mkdocs"),
        (r"(?:docs?/|documentation/)(?:source/|src/)?conf\.py", "docsites.read_sphinx"),
        (r"\.readthedocs\.ya?ml", "docsites.read_readthedocs"),
        (r"Chart\.ya?ml", "kubernetes.read_chart"),
        (r"kustomization\.ya?ml", "kubernetes.read_kustomization"),
        (r"[^/]+\.(?:service|timer|socket)", "systemd.read"),
    )
)
_MANIFEST = re.compile(r"^apiVersion:\s*\S", re.MULTILINE)


def extract(path: str, language: str, text: str) -> tuple[tuple[Artifact, ...], tuple[str, ...]]:
    """The artifacts of one file in order of appearance, and what could not be read of it, in words.

    `path` is relative to the repository's root, `language` as `classify` says it, `text` with secrets masked. Files
    that build or configure nothing give nothing. Never raises for what stands in a file.
    """
    read = _reader(path, language, text)
    if read is None:
        return (), ()
    from doctown.ingest.artifacts.trees import UnreadableError  # noqa: PLC0415 - loads the parsers of YAML and TOML

    collector = Collector(path, text)
    try:
        read(collector)
    except UnreadableError as error:
        collector.problem(str(error))
    return collector.artifacts, tuple(collector.problems)


def is_artifact_file(path: str) -> bool:
    """Whether a path alone says that its file belongs to a family."""
    return any(pattern.fullmatch(path) for pattern, _ in _FAMILIES)


def _reader(path: str, language: str, text: str) -> Read | None:
    for pattern, name in _FAMILIES:
        if pattern.fullmatch(path):
            return _load(name)
    if language == "yaml" and _MANIFEST.search(text):
        return _load("kubernetes.read")
    return None


@cache
def _load(name: str) -> Read:
    module, _, function = name.partition(".")
    return cast("Read", getattr(import_module(f"doctown.ingest.artifacts.{module}"), function))
