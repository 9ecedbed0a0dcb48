"""Tools around Python: tox and nox environments, pytest and coverage settings."""

from __future__ import annotations

import ast
import warnings

from doctown.ingest.artifacts.collect import Collector, code, codes, facts, fence, joined, one_line
from doctown.ingest.artifacts.ini import Section, ini_sections
from doctown.ingest.artifacts.trees import UnreadableError

_PURPOSES = {
    "tool:pytest": "tests", "pytest": "tests", "flake8": "linting", "mypy": "type checks", "isort": "import order",
    "coverage:run": "test coverage", "run": "test coverage", "pycodestyle": "style checks", "bdist_wheel": "wheels",
    "bumpversion": "releases", "codespell": "spelling", "pylint": "linting", "report": "coverage reports",
}  # fmt: skip


# Sections about the making of archives, of no use to a reader.
_PACKAGING = frozenset(
    {"egg_info", "sdist", "bdist_wheel", "wheel", "aliases", "build_ext", "bdist_rpm", "upload_docs"}
)


def add_tool_section(collector: Collector, part: Section) -> None:
    """Add a section of an INI file as the configuration of a tool."""
    if part.name in _PACKAGING:
        return
    name = part.name.removeprefix("tool:")
    purpose = _PURPOSES.get(part.name, "")
    about = f"Settings of {name}" + (f" ({purpose})" if purpose else "")
    if names := [key for key in part.values if key != "testpaths"]:
        about += f"; sets {codes(names, 6)}"
    if "pytest" in part.name and (folders := part.values.get("testpaths", "").split()):
        about += f"; tests lie in {codes(folders)}"
    body = "\n".join(collector.lines[part.start - 1 : part.end])
    collector.add("tool_configuration", name, about, fence(body, "ini"), part.lines)


def read_configuration(collector: Collector) -> None:
    """Read `pytest.ini`, or `.coveragerc` as one artifact."""
    sections = ini_sections(collector.text)
    if collector.file_name != ".coveragerc":
        for part in sections:
            add_tool_section(collector, part)
    elif sections:
        names = [f"{part.name}.{key}" for part in sections for key in part.values]
        summary = f"Settings of coverage (test coverage); sets {codes(names, 6)}"
        collector.add("tool_configuration", "coverage", summary, fence(collector.text, "ini"))


def read_tox(collector: Collector) -> None:
    """Read a `tox.ini`: one artifact for each environment, one for each tool configured beside them."""
    for part in ini_sections(collector.text):
        if part.name in {"tox", "tox:tox"}:
            listed = part.listed("envlist") or part.listed("env_list")
            environments = [name.strip() for line in listed for name in _split_outside_braces(line)]
            collector.add(
                "test_matrix", "tox", f"Tox runs {codes(environments, 12)}" if environments else "Settings of tox",
                fence("\n".join(collector.lines[part.start - 1 : part.end]), "ini"), part.lines,
            )  # fmt: skip
        elif part.name == "testenv" or part.name.startswith(("testenv:", "env:")):
            _tox_environment(collector, part)
        else:
            add_tool_section(collector, part)


def _split_outside_braces(line: str) -> list[str]:
    parts, depth, current = [], 0, ""
    for character in line:
        depth += (character == "{") - (character == "}")
        if character == "," and not depth:
            parts.append(current)
            current = ""
        else:
            current += character
    return [part for part in (*parts, current) if part.strip()]


def _tox_environment(collector: Collector, part: Section) -> None:
    name = part.name.partition(":")[2] or "(default)"
    commands = part.listed("commands")
    described = one_line(part.values.get("description", "")).rstrip(".")
    ran = f"runs {codes(commands, 4)}" if commands else "prepares an environment"
    collector.add(
        "test_environment",
        name,
        f"Tox environment {code(name)}: {described}; {ran}" if described else f"Tox environment {code(name)} {ran}",
        joined(
            fence("\n".join(commands), "console") if commands else "",
            facts(
                [
                    ("Dependencies", codes(part.listed("deps"), 20)),
                    ("Extras", codes(part.listed("extras"))),
                    ("Variables passed", codes(part.listed("passenv") or part.listed("pass_env"), 20)),
                    ("Python", code(part.values.get("basepython", ""))),
                ]
            ),
        ),
        part.lines,
    )


def read_noxfile(collector: Collector) -> None:
    """Read a `noxfile.py` as a syntax tree: one artifact for each function marked as a session."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # A stranger's invalid escape is no concern of ours.
            tree = ast.parse(collector.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnreadableError(f"no valid Python 3: {error}") from error
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        marks = [mark for mark in node.decorator_list if _is_session(mark)]
        if not marks:
            continue
        name = _session_name(marks[0]) or node.name
        described = one_line((ast.get_docstring(node) or "").split("\n\n")[0]).rstrip(".")
        commands = [
            _command(collector.text, call) for call in ast.walk(node) if isinstance(call, ast.Call) and _is_run(call)
        ]
        ran = f"runs {codes(commands, 4)}" if commands else "runs Python code"
        collector.add(
            "test_environment",
            name,
            f"Nox session {code(name)}: {described}; {ran}" if described else f"Nox session {code(name)} {ran}",
            fence(ast.get_source_segment(collector.text, node) or "", "python"),
            (marks[0].lineno, node.end_lineno or node.lineno),
            target=node.name,
        )


def _is_session(mark: ast.expr) -> bool:
    """Whether a decorator is `@session`, `@nox.session` or either of them called."""
    mark = mark.func if isinstance(mark, ast.Call) else mark
    return (mark.id if isinstance(mark, ast.Name) else getattr(mark, "attr", "")) == "session"


def _session_name(mark: ast.expr) -> str:
    if isinstance(mark, ast.Call):
        for keyword in mark.keywords:
            if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                return str(keyword.value.value)
    return ""


def _is_run(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in {"run", "run_always", "run_install"}


def _source(text: str, node: ast.expr) -> str:
    node = node.value if isinstance(node, ast.Starred) else node
    return ast.get_source_segment(text, node) or ""


def _command(text: str, call: ast.Call) -> str:
    words = [
        str(argument.value) if isinstance(argument, ast.Constant) else "{" + _source(text, argument) + "}"
        for argument in call.args
    ]
    return one_line(" ".join(words))
