"""What builds a project's documentation: MkDocs, Sphinx, Read the Docs."""

from __future__ import annotations

import ast
import warnings

from doctown.ingest.artifacts.collect import Collector, code, codes, counted, facts, fence, joined, section
from doctown.ingest.artifacts.trees import Tree, UnreadableError, yaml_documents


def read_mkdocs(collector: Collector) -> None:
    """Read `mkdocs.yml`. Its tags that name Python functions are read as text."""
    for root in yaml_documents(collector.text)[:1]:
        name = root.get("site_name").text or "documentation"
        theme = root.get("theme").text or root.get("theme", "name").text
        plugins = _names(root.get("plugins"))
        pages = _count_pages(root.get("nav"))
        summary = f"MkDocs builds the site {code(name)}" + (f" with the theme {theme}" if theme else "")
        summary += f" from {counted(pages, 'page')}" if pages else ""
        collector.add(
            "documentation",
            "mkdocs",
            summary,
            facts(
                [
                    ("Address", root.get("site_url").text),
                    ("Pages lie in", code(root.get("docs_dir").text or "docs")),
                    ("Plugins", codes(plugins, 20)),
                    ("Extensions", codes(_names(root.get("markdown_extensions")), 20)),
                ]
            ),
        )


def _names(tree: Tree) -> list[str]:
    if tree.kind == "mapping":
        return list(tree.items)
    return [entry.text or next(iter(entry.items), "") for entry in tree.entries]


def _count_pages(tree: Tree) -> int:
    if tree.text:
        return 1
    return sum(map(_count_pages, (*tree.items.values(), *tree.entries)))


def read_sphinx(collector: Collector) -> None:
    """Read what a Sphinx `conf.py` binds to literals at its top level; nothing of it runs."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # A stranger's invalid escape is no concern of ours.
            tree = ast.parse(collector.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnreadableError(f"no valid Python 3: {error}") from error
    values: dict[str, object] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                values[node.targets[0].id] = ast.literal_eval(node.value)
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                continue  # Computed values are left out: they would have to be run to be known.
    extensions = values.get("extensions")
    names = [str(item) for item in extensions] if isinstance(extensions, list) else []
    theme, project = str(values.get("html_theme", "")), str(values.get("project", ""))
    if not (names or theme or project):
        return
    summary = f"Sphinx builds the documentation{f' of {project}' if project else ''}"
    summary += f" with the theme {code(theme)}" if theme else ""
    if names:
        summary += f" {'and' if theme else 'with'} {counted(len(names), 'extension')}"
    collector.add("documentation", "sphinx", summary, facts([("Extensions", codes(names, 30))]))


def read_readthedocs(collector: Collector) -> None:
    """Read Read the Docs' configuration."""
    for root in yaml_documents(collector.text)[:1]:
        tools = [f"{name} {version}" for name, version in root.get("build", "tools").pairs()]
        commands = root.get("build", "commands").texts()
        jobs = root.get("build", "jobs").items
        commands += [line for phase in jobs.values() for line in phase.texts() if phase.kind == "sequence"]
        kind = "Sphinx" if root.get("sphinx") else "MkDocs" if root.get("mkdocs") else ""
        summary = "Read the Docs builds the documentation" + (f" with {kind}" if kind else "")
        summary += f" on {codes(tools)}" if tools else ""
        collector.add(
            "documentation",
            "readthedocs",
            summary,
            joined(
                facts(
                    [
                        ("System", code(root.get("build", "os").text)),
                        ("Configuration", code(root.get("sphinx", "configuration").text)),
                    ]
                ),
                section("Commands", fence("\n".join(commands), "console") if commands else ""),
            ),
        )
