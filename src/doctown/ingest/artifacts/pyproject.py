"""Python packages by `pyproject.toml`: the package, its commands, plugins, extras, build system and tool settings."""

from __future__ import annotations

import re
from collections.abc import Mapping

from doctown.ingest.artifacts.collect import (
    Collector,
    as_text,
    bullets,
    code,
    codes,
    counted,
    facts,
    fence,
    joined,
    listing,
    section,
)
from doctown.ingest.artifacts.trees import Toml, toml_document


def read(collector: Collector) -> None:
    """Read a `pyproject.toml`."""
    document = toml_document(collector.text)
    _package(collector, document)
    _entry_points(collector, document)
    _extras(collector, document)
    _tox(collector, document)
    _tasks(collector, document)
    _tools(collector, document)


def requirement_name(requirement: str) -> str:
    """The package's name in a requirement such as `Flask[async]>=2; python_version > "3.8"`."""
    found = re.match(r"\s*([A-Za-z0-9][\w.-]*)", requirement)
    return found.group(1) if found else requirement.strip()


def _package(collector: Collector, document: Toml) -> None:
    project = document.table("project") or document.table("tool", "poetry")
    backend = document.text("build-system", "build-backend")
    lines = document.lines("project") if document.table("project") else document.lines("tool", "poetry")
    if not project:
        if backend:
            _build_system(collector, document, backend)
        return
    name = as_text(project.get("name"))
    dynamic = document.strings("project", "dynamic")
    version = as_text(project.get("version")) or ("set at build time" if "version" in dynamic else "")
    python = as_text(project.get("requires-python")) or as_text(document.at("tool", "poetry", "dependencies", "python"))
    needed = _dependencies(document)
    described = as_text(project.get("description")).rstrip(".")
    summary = f"Python package {name}{f': {described}' if described else ''}"
    summary += f"; needs Python {python}" if python else ""
    summary += f"; {counted(len(needed), 'dependency', 'dependencies')}" if needed else ""
    urls = document.table("project", "urls")
    collector.add(
        "package",
        name,
        summary,
        joined(
            facts(
                [
                    ("Version", version),
                    ("Python", code(python)),
                    ("Licence", as_text(project.get("license")) or document.text("project", "license", "text")),
                    ("Built with", code(backend)),
                    ("Build requirements", codes(document.strings("build-system", "requires"))),
                    ("Set at build time", codes(dynamic)),
                    *((label, as_text(url)) for label, url in urls.items()),
                ]
            ),
            section("Dependencies", bullets(map(code, needed))),
        ),
        lines,
    )
    if backend:
        _build_system(collector, document, backend)


def _dependencies(document: Toml) -> list[str]:
    listed = document.strings("project", "dependencies")
    poetry = document.table("tool", "poetry", "dependencies")
    return listed + [_poetry_requirement(name, value) for name, value in poetry.items() if name != "python"]


def _poetry_requirement(name: str, value: object) -> str:
    version = value.get("version", "") if isinstance(value, Mapping) else as_text(value)
    return f"{name} {version}".strip() if version != "*" else name


def _build_system(collector: Collector, document: Toml, backend: str) -> None:
    requires = document.strings("build-system", "requires")
    collector.add(
        "build_system",
        backend,
        f"Builds the package with {code(backend)}" + (f", which needs {codes(requires)}" if requires else ""),
        facts([("Backend", code(backend)), ("Requires", codes(requires, 20))]),
        document.lines("build-system"),
    )


def _entry_points(collector: Collector, document: Toml) -> None:
    for keys, kind, what in (
        (("project", "scripts"), "entry_point", "Command"),
        (("project", "gui-scripts"), "entry_point", "Graphical command"),
        (("tool", "poetry", "scripts"), "entry_point", "Command"),
    ):
        for name, target in document.table(*keys).items():
            where = as_text(target)
            collector.add(
                kind, name, f"{what} {code(name)} runs {code(where)}", "", document.lines(*keys, name), target=where
            )
    for group, members in document.table("project", "entry-points").items():
        for name, target in members.items() if isinstance(members, Mapping) else ():
            where = as_text(target)
            collector.add(
                "plugin",
                f"{group}:{name}",
                f"Registers {code(where)} as {code(name)} in the plugin group {code(group)}",
                "",
                document.lines("project", "entry-points", group, name),
                target=where,
            )


def _extras(collector: Collector, document: Toml) -> None:
    for keys, kind, what in (
        (("project", "optional-dependencies"), "extra", "Optional feature"),
        (("dependency-groups",), "dependency_group", "Dependencies for development"),
    ):
        for name in document.table(*keys):
            needed = document.strings(*keys, name)
            included = [
                as_text(item.get("include-group"))
                for item in _list(document.at(*keys, name))
                if isinstance(item, Mapping) and "include-group" in item
            ]
            names = [requirement_name(item) for item in needed]
            adds = listing(
                [part for part in (codes(names), f"the groups {codes(included)}" if included else "") if part]
            )
            collector.add(
                kind,
                name,
                f"{what} {code(name)}" + (f" adds {adds}" if adds else " adds nothing"),
                bullets([*map(code, needed), *(f"group {code(item)}" for item in included)]),
                document.lines(*keys, name),
            )
    for name in document.table("tool", "poetry", "group"):
        members = document.table("tool", "poetry", "group", name, "dependencies")
        collector.add(
            "dependency_group",
            name,
            f"Dependencies for development {code(name)} adds {codes(members)}",
            bullets(code(_poetry_requirement(*item)) for item in members.items()),
            document.lines("tool", "poetry", "group", name, "dependencies"),
        )


def _tox(collector: Collector, document: Toml) -> None:
    """Environments of tox 4 in `[tool.tox.env.NAME]`."""
    tox = document.table("tool", "tox")
    if not tox:
        return
    if listed := document.strings("tool", "tox", "env_list") or document.strings("tool", "tox", "envlist"):
        collector.add("test_matrix", "tox", f"Tox runs {codes(listed, 12)}", "", document.lines("tool", "tox"))
    base = ("tool", "tox", "env_run_base")
    named = [("tool", "tox", "env", name) for name in document.table("tool", "tox", "env")]
    for keys in (*([base] if document.table(*base) else []), *named):
        environment = document.table(*keys)
        name = keys[-1] if keys[2] == "env" else "(default)"
        commands = [" ".join(map(_word, _list(command))) for command in _list(environment.get("commands"))]
        commands = [command for command in commands if command]
        described = as_text(environment.get("description"))
        ran = f"runs {codes(commands, 4)}" if commands else "prepares an environment"
        collector.add(
            "test_environment",
            name,
            f"Tox environment {code(name)}: {described}; {ran}" if described else f"Tox environment {code(name)} {ran}",
            joined(
                fence("\n".join(commands), "console") if commands else "",
                facts([("Dependency groups", codes(_texts(environment.get("dependency_groups"))))]),
            ),
            document.lines(*keys),
        )


def _word(part: object) -> str:
    """One word of a tox command; a substitution is a table, whose default is what usually runs."""
    if isinstance(part, Mapping):
        default = part.get("default")
        return " ".join(map(_word, default)) if isinstance(default, list) else as_text(default)
    return as_text(part)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [item for item in _list(value) if isinstance(item, str)]


_RUNNERS = {"poe": ("poe", "tasks"), "task": ("taskipy", "tasks"), "pdm run": ("pdm", "scripts")}


def _tasks(collector: Collector, document: Toml) -> None:
    """Named commands of the runners that keep them here: poe, taskipy, pdm, hatch."""
    for runner, keys in _RUNNERS.items():
        for name, value in document.table("tool", *keys).items():
            _task(collector, f"{runner} {name}", value, document.lines("tool", *keys, name))
    for environment in document.table("tool", "hatch", "envs"):
        scripts = ("tool", "hatch", "envs", environment, "scripts")
        prefix = "hatch run " if environment == "default" else f"hatch run {environment}:"
        for name, value in document.table(*scripts).items():
            _task(collector, prefix + name, value, document.lines(*scripts, name))


def _task(collector: Collector, name: str, value: object, lines: tuple[int, int]) -> None:
    if isinstance(value, Mapping):
        value = value.get("cmd") or value.get("shell") or value.get("script") or value.get("sequence") or ""
    commands = [as_text(item) for item in value] if isinstance(value, list) else [as_text(value)]
    commands = [command for command in commands if command]
    collector.add("task", name, f"{code(name)} runs {codes(commands, 4)}", fence("\n".join(commands), "console"), lines)


# What the best known tools are for, so that a reader need not know them by name.
_PURPOSES = {
    "pytest": "tests", "coverage": "test coverage", "mypy": "type checks", "pyright": "type checks",
    "ruff": "linting and formatting", "black": "formatting", "isort": "import order", "flake8": "linting",
    "pylint": "linting", "towncrier": "release notes", "cibuildwheel": "wheels for many platforms",
    "setuptools_scm": "the version from Git", "setuptools-scm": "the version from Git", "bumpversion": "releases",
    "semantic_release": "releases", "commitizen": "commit messages and releases", "codespell": "spelling",
    "djlint": "linting of templates", "ty": "type checks", "interrogate": "docstring coverage",
}  # fmt: skip


def _tools(collector: Collector, document: Toml) -> None:
    handled = {"poetry", "tox", "poe", "taskipy"}
    places = _tool_lines(document)
    for name in document.table("tool"):
        if name in handled:
            continue
        settings = document.table("tool", name)
        purpose = _PURPOSES.get(name, "")
        about = f"Settings of {name}" + (f" ({purpose})" if purpose else "")
        if name == "pytest":
            settings = document.table("tool", name, "ini_options") or settings
            if folders := document.strings("tool", name, "ini_options", "testpaths"):
                about += f"; tests lie in {codes(folders)}"
        if names := [key for key in settings if key != "testpaths"]:
            about += f"; sets {codes(names, 6)}"
        if name not in places:
            continue
        start, end = places[name]
        body = "\n".join(collector.lines[start - 1 : end])
        collector.add("tool_configuration", name, about, fence(body, "toml"), (start, max(start, end)))


def _tool_lines(document: Toml) -> dict[str, tuple[int, int]]:
    """Tool → the lines of its tables, the first run of them where they are scattered over the file."""
    places: dict[str, tuple[int, int]] = {}
    previous = ""
    for keys, (start, end) in sorted(document.spans.items(), key=lambda item: item[1]):
        name = keys[1] if keys[0] == "tool" and len(keys) > 1 else ""
        if name and name not in places:
            places[name] = (start, end)
        elif name and name == previous:
            places[name] = (places[name][0], max(end, places[name][1]))
        previous = name
    return places
