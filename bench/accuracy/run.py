"""`python bench/accuracy/run.py [python|typescript] [--folder DIR] [PROJECT …]`: how right the call edges are.

Fetches real projects by name, asks the languages' own tools what every call means (see `python.py`, `typescript.py`),
and prints precision, recall and F1 per tier beside the rule that a name defined once is what every call of it means.
Needs Node, and for Python the `jedi` package in this environment.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

import common
import python
import typescript

PYTHON = ("flask", "click", "requests", "jinja2", "httpx", "invoke", "paramiko", "asciinema", "rich")
PROJECTS = {
    "python": dict.fromkeys(PYTHON, ""),
    "typescript": {"immer": "package/src", "redux": "package/src", "rxjs": "package/src"},
}
TOOLS = {"python": "@sourcegraph/scip-python", "typescript": "typescript@5"}


def main() -> None:
    """Prints one table per language."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("language", nargs="?", choices=sorted(PROJECTS))
    parser.add_argument("projects", nargs="*")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "doctown-accuracy")
    given = parser.parse_args()
    for language in [given.language] if given.language else sorted(PROJECTS):
        tools = given.folder / "tools" / language
        if not (tools / "node_modules").exists():
            tools.mkdir(parents=True, exist_ok=True)
            (tools / "package.json").write_text("{}")
            subprocess.run(["npm", "install", "--silent", "--ignore-scripts", TOOLS[language]], cwd=tools, check=True)
        print(f"\n{language}\n{common.HEAD}")
        for name in given.projects or PROJECTS[language]:
            print(_row(language, name, given.folder, tools), flush=True)


def _row(language: str, name: str, folder: Path, tools: Path) -> str:
    package = PROJECTS[language].get(name, "package" if language == "typescript" else "")
    if language == "python":
        root = common.wheel(name, folder / language, package).resolve()
        return common.show(name, common.resolve(root), python.truth(root, tools))
    root = common.npm(name, folder / language, package).resolve()
    project = common.resolve(root)
    return common.show(name, project, typescript.truth(root, tools, project))


if __name__ == "__main__":
    main()
