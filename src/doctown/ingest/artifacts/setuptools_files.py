"""Python packages by `setup.cfg` and `setup.py`. The latter is read as a syntax tree and never executed."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Mapping

from doctown.ingest.artifacts.collect import Collector, bullets, code, codes, counted, facts, joined, section
from doctown.ingest.artifacts.ini import ini_sections
from doctown.ingest.artifacts.pyproject import requirement_name
from doctown.ingest.artifacts.python_tools import add_tool_section
from doctown.ingest.artifacts.trees import UnreadableError


def read_setup_cfg(collector: Collector) -> None:
    """Read a `setup.cfg`: the package, its commands and extras, and the tools configured in it."""
    sections = ini_sections(collector.text)
    by_name = {part.name: part for part in sections}
    options = by_name.get("options")
    metadata = by_name.get("metadata")
    if metadata and (metadata.values.get("name") or options):
        needed = options.listed("install_requires") if options else []
        python = options.values.get("python_requires", "") if options else ""
        _add_package(
            collector,
            metadata.values,
            needed,
            python,
            metadata.lines,
        )
    for part in sections:
        if part.name == "options.entry_points":
            for group in part.values:
                for line in part.listed(group):
                    _add_entry_point(collector, group, line, part.spans[group])
        elif part.name == "options.extras_require":
            for name in part.values:
                _add_extra(collector, name, part.listed(name), part.spans[name])
        elif part.name != "metadata" and not part.name.startswith("options"):
            add_tool_section(collector, part)


def _add_package(
    collector: Collector, metadata: Mapping[str, str], needed: list[str], python: str, lines: tuple[int, int]
) -> None:
    name = metadata.get("name", "")
    folder = collector.path.rpartition("/")[0].rpartition("/")[2]
    described = (metadata.get("description") or metadata.get("summary", "")).split("\n")[0].rstrip(".")
    summary = f"Python package {name}" if name else "Python package"
    summary += f": {described}" if described else ""
    summary += f"; needs Python {python}" if python else ""
    summary += f"; {counted(len(needed), 'dependency', 'dependencies')}" if needed else ""
    detail = joined(
        facts(
            [
                ("Version", code(metadata.get("version", ""))),
                ("Python", code(python)),
                ("Licence", metadata.get("license", "")),
                ("Home page", metadata.get("url", "")),
            ]
        ),
        section("Dependencies", bullets(map(code, needed))),
    )
    collector.add("package", name or folder, summary, detail, lines)


def _add_entry_point(collector: Collector, group: str, line: str, lines: tuple[int, int]) -> None:
    name, equals, target = (part.strip() for part in line.partition("="))
    if not equals:
        return
    # In a list beyond any that a person writes, the line of each entry is not looked for.
    last = lines[1] if lines[1] - lines[0] < 500 else lines[0]
    at = next((n for n in range(lines[0], last + 1) if _defines(collector.lines[n - 1], name, target)), 0)
    where = (at, at) if at else lines
    if group in {"console_scripts", "gui_scripts"}:
        collector.add("entry_point", name, f"Command {code(name)} runs {code(target)}", "", where, target=target)
    else:
        summary = f"Registers {code(target)} as {code(name)} in the plugin group {code(group)}"
        collector.add("plugin", f"{group}:{name}", summary, "", where, target=target)


def _defines(line: str, name: str, target: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}\s*=\s*{re.escape(target)}", line) is not None


def _add_extra(collector: Collector, name: str, needed: list[str], lines: tuple[int, int]) -> None:
    names = codes(map(requirement_name, needed))
    summary = f"Optional feature {code(name)}" + (f" adds {names}" if names else " adds nothing")
    collector.add("extra", name, summary, bullets(map(code, needed)), lines)


# --- setup.py -------------------------------------------------------------------------------------------------------


def read_setup_py(collector: Collector) -> None:
    """Read what a `setup.py` passes to `setup()` as literals, directly or through a name bound once."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # A stranger's invalid escape is no concern of ours.
            tree = ast.parse(collector.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnreadableError(f"no valid Python 3: {error}") from error
    names = {
        node.targets[0].id: node.value
        for node in reversed(list(ast.walk(tree)))
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
    }
    call = next((n for n in ast.walk(tree) if isinstance(n, ast.Call) and _called(n) == "setup"), None)
    if call is None:
        return
    arguments = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    literal = {name: _literal(value, names) for name, value in arguments.items()}
    texts = {name: value for name, value in literal.items() if isinstance(value, str)}
    if not literal:
        return
    _add_package(
        collector,
        texts,
        _strings(literal.get("install_requires")),
        texts.get("python_requires", ""),
        (call.lineno, call.end_lineno or call.lineno),
    )
    groups = literal.get("entry_points")
    if isinstance(groups, dict):
        lines = _lines(arguments["entry_points"], names)
        for group, members in groups.items():
            for line in _strings(members):
                _add_entry_point(collector, str(group), line, lines)
    extras = literal.get("extras_require")
    if isinstance(extras, dict):
        for extra, members in extras.items():
            _add_extra(collector, str(extra), _strings(members), _lines(arguments["extras_require"], names))
    for script in _strings(literal.get("scripts")):
        name = script.rpartition("/")[2]
        summary = f"Command {code(name)} is the script {code(script)}"
        collector.add("entry_point", name, summary, "", _lines(arguments["scripts"], names), target=script)


def _lines(node: ast.expr, names: Mapping[str, ast.expr]) -> tuple[int, int]:
    """Where a value is written: at the argument, or at the name's assignment."""
    if isinstance(node, ast.Name):
        node = names.get(node.id, node)
    return node.lineno, node.end_lineno or node.lineno


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _literal(node: ast.expr, names: Mapping[str, ast.expr]) -> object:
    """The value of an expression if it is a literal or a name bound to one; None otherwise."""
    if isinstance(node, ast.Name):
        node = names.get(node.id, node)
    try:
        value: object = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return value


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [line.strip() for line in value.split("\n") if line.strip()]
    return [item for item in value if isinstance(item, str)] if isinstance(value, (list, tuple)) else []
