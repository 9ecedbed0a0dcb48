"""What the stages share."""

from __future__ import annotations

import ast
from pathlib import Path

import doctown
from doctown.stages.common import READING

ROOT = Path(doctown.__file__).parent


def test_all_that_reading_is_built_on_decides_what_is_reused() -> None:
    """A change of any module that takes files apart, or that such a module imports, has files read anew: else a rebuild
    and a full build by the same code would differ. Errors alone say nothing of a file."""
    imported = set()
    for path in ROOT.rglob("*.py"):
        if path.relative_to(ROOT).as_posix().startswith(READING[:2]):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("doctown."):
                    imported.add((node.module or "").removeprefix("doctown.").replace(".", "/"))
                elif isinstance(node, ast.ImportFrom) and node.module == "doctown":
                    imported |= {one.name for one in node.names}
    assert {"facts", "model"} <= imported
    missing = {name for name in imported if not f"{name}/".startswith(READING) and not f"{name}.py".startswith(READING)}
    assert missing <= {"errors"}
