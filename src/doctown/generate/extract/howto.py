"""How a project is installed, used, built, run and tested: the part of the repository's page that people come for.

The README's own commands and samples come first, then what each manifest stands for with its standard tool, then the
tasks that build files and CI define, sorted by purpose. Nothing is guessed: a section without a source is left out.
"""

from __future__ import annotations

import re

from doctown.generate.extract import safe
from doctown.generate.extract.artifacts import kind_title
from doctown.generate.extract.inlines import inline, to_plain
from doctown.generate.extract.samples import read_samples
from doctown.generate.extract.view import View, file_link, is_aside
from doctown.generate.extract.words import cut
from doctown.model import Artifact

MAX_COMMANDS = 5  # shown per section
MAX_PACKAGES = 3

# Which artifacts tell how to do what, by words of their name or of what they run; the first that fits takes one.
_PURPOSES = (
    ("Document", re.compile(r"\b(?:docs?|documentation|sphinx|mkdocs|html|typedoc|doctest|dirhtml|linkcheck)\b")),
    (
        "Check",
        re.compile(
            r"\b(?:lint|style|typing|format|fmt|mypy|flake8|black|isort|ruff|eslint|prettier|vet|clippy|types?)\b"
        ),
    ),
    ("Release", re.compile(r"\b(?:release|publish|deploy|upload|prepublish\w*)\b")),
    ("Other tasks", re.compile(r"\b(?:update|upgrade|clean|bump|pins?)\b")),
    ("Test", re.compile(r"\b(?:tests?|pytest|unittest|coverage|spec|jest|vitest|mocha|default|py\d*)\b")),
    ("Build", re.compile(r"\b(?:build|compile|bundle|dist|all|install|stage)\b")),
    ("Run", re.compile(r"\b(?:run|start|serve|dev|up|service|process)\b")),
)
_RUNNABLE = """make_target package_script ci_job docker_stage compose_service service test_environment task just_recipe
    just_target nox_session session procfile_process process build_target script target"""
_DONE = frozenset(_RUNNABLE.split())

# What a package is built and tested with by the tool that its manifest belongs to.
_STANDARD = {
    "pyproject.toml": "pip install .", "setup.py": "pip install .", "setup.cfg": "pip install .",
    "package.json": "npm install", "Cargo.toml": "cargo build && cargo test",
    "go.mod": "go build ./... && go test ./...", "pom.xml": "mvn package",
    "CMakeLists.txt": "cmake -B build && cmake --build build",
    "meson.build": "meson setup build && meson compile -C build",
    "configure.ac": "autoreconf -i && ./configure && make", "configure.in": "autoreconf -i && ./configure && make",
}  # fmt: skip
# Which languages' code a manifest is about: the one of what the project is mostly written in comes first.
_SPOKEN = {
    "pyproject.toml": ("python",), "setup.py": ("python",), "setup.cfg": ("python",), "go.mod": ("go",),
    "CMakeLists.txt": ("c", "cpp"), "meson.build": ("c", "cpp"), "configure.ac": ("c", "cpp"),
    "configure.in": ("c", "cpp"),
    "package.json": ("javascript", "typescript", "tsx"), "Cargo.toml": ("rust",), "pom.xml": ("java", "kotlin"),
}  # fmt: skip
_PUBLISHED = {"pypi": "pip install {}", "npm": "npm install {}"}


def how_to(view: View, readmes: list[str]) -> list[str]:
    """The sections on installing and using, and on building, running and testing; `readmes` the best first."""
    return [section for section in (_installing(view, readmes), _tasks(view)) if section]


def _installing(view: View, readmes: list[str]) -> str:
    for path in readmes[:2]:
        samples = read_samples(view.repository.read(path), path)
        if samples:
            break
    else:
        samples, path = (), ""
    parts = [
        "\n".join([f"### {safe.escape(sample.title)}", "", *safe.fence(sample.lines, sample.language)])
        for sample in samples
    ]
    if parts:
        parts.append(f"_From {file_link(path)}._")
    index, _, name = view.repository.origin.location.partition(":")
    published = view.repository.origin.kind == "package" and index in _PUBLISHED
    if published and not any(sample.installs for sample in samples):
        parts.insert(0, "\n".join(safe.fence([_PUBLISHED[index].format(name)], "console")))
    return "## How to install and use it\n\n" + "\n\n".join(parts) if parts else ""


def _tasks(view: View) -> str:
    """Commands by purpose, each with the file that says so; the root's before those of parts."""
    artifacts = sorted(view.repository.artifacts, key=_nearness)
    lines_of = _lines_by_language(view)
    packages = sorted(
        (artifact for artifact in artifacts if artifact.kind == "package" and not _is_beside(artifact.path)),
        key=lambda artifact: -sum(lines_of.get(name, 0) for name in _SPOKEN.get(artifact.path.rsplit("/", 1)[-1], ())),
    )
    lines = [f"- {artifact_link(package)} — {_sentence(package)}" for package in packages[:MAX_PACKAGES]]
    commands = {_STANDARD.get(package.path): package.path for package in packages if package.path in _STANDARD}
    lines += [
        f"- From a copy of the source: {safe.code(command)} ({file_link(path)})"
        for command, path in commands.items()
        if command
    ]
    sections = ["### Package\n\n" + "\n".join(lines)] if lines else []
    chosen: dict[str, list[Artifact]] = {}
    for artifact in artifacts:
        if artifact.kind in _DONE and not is_aside(artifact.path):
            chosen.setdefault(_purpose(artifact), []).append(artifact)
    for title in ("Build", "Run", "Test", "Check", "Document", "Release", "Other tasks"):
        found = chosen.get(title, [])
        if found:
            shown = [_task(artifact) for artifact in found[:MAX_COMMANDS]]
            if len(found) > MAX_COMMANDS:
                shown.append(f"- and {len(found) - MAX_COMMANDS} more")
            sections.append(f"### {title}\n\n" + "\n".join(shown))
    return "## How it is built, run and tested\n\n" + "\n\n".join(sections) if sections else ""


def _nearness(artifact: Artifact) -> tuple[bool, int, bool]:
    """Place of an artifact: what is of the root before what is of a part, what a reader can start by hand before what
    a server starts, and what belongs to examples, tests or documentation last."""
    depth = 0 if artifact.path.startswith(".") else artifact.path.count("/")
    return _is_beside(artifact.path), depth, artifact.kind == "ci_job"


def _is_beside(path: str) -> bool:
    return is_aside(path) or path.startswith(("docs/", "doc/"))


def _lines_by_language(view: View) -> dict[str, int]:
    lines: dict[str, int] = {}
    for path in view.repository.modules:
        file = view.repository.files[path]
        lines[file.language] = lines.get(file.language, 0) + file.lines
    return lines


def _purpose(artifact: Artifact) -> str:
    """The section of an artifact: by its name, else by what its summary says, else by its kind."""
    for text, purposes in ((artifact.name, _PURPOSES), (artifact.summary, _PURPOSES[:-1]), (artifact.kind, _PURPOSES)):
        said = re.sub(r"[_:.-]", " ", text.lower())
        for title, fits in purposes:
            if fits.search(said):
                return title
    return "Other tasks"


def artifact_link(artifact: Artifact, shown: str = "") -> str:
    """A Markdown link to an artifact's page."""
    return safe.link(shown or artifact.name, "artifact", artifact.key)


_KIND = re.compile(r"[A-Z][\w ]{0,30}")


def _task(artifact: Artifact) -> str:
    """One line on an artifact. Summaries open with the command or the name, which the link says already."""
    for mark in (" runs ", ": "):
        head, found, said = artifact.summary.partition(f"{artifact.name}`{mark}")
        if not found:
            head, found, said = artifact.summary.partition(f"{artifact.name}{mark}")
        kind, _, command = head.rpartition("`") if "`" in head else (head, "", "")
        if found and said and (not kind.strip() or _KIND.fullmatch(kind.strip())):
            shown = f" ({kind.strip()})" if kind.strip() else "" if command else f" ({kind_title(artifact)})"
            return f"- {artifact_link(artifact, command + artifact.name)}{shown} — {_sentence(artifact, said)}"
    return f"- {artifact_link(artifact)} ({kind_title(artifact)}) — {_sentence(artifact)}"


def _sentence(artifact: Artifact, said: str = "") -> str:
    """An artifact's summary, or `said`, as Markdown with the file it stands in."""
    text = inline(said or artifact.summary)
    text = text if len(text) <= 220 else safe.escape(cut(to_plain(text), 200))
    return f"{text} ({file_link(artifact.path)})"
