from __future__ import annotations

import subprocess
import sys

import numpy as np

from doctown.assemble.neighbours import similar
from doctown.model import Symbol


def _symbol(path: str) -> Symbol:
    return Symbol(
        key=f"{path}#f", path=path, name="f", qualified_name="f", kind="function", language="python", parent="",
        start_byte=0, end_byte=9, start_line=1, end_line=2, signature="", docstring="", visibility="public",
    )  # fmt: skip


def test_what_is_similar_does_not_hang_on_numbers() -> None:
    """Numbers follow the order that files were parsed in, which differs from run to run; of equally near ones too the
    same are taken."""
    paths = [f"m{place}.py" for place in range(30)]
    row = np.ones(8, np.float32) / np.sqrt(np.float32(8))

    def edges(numbers: list[int]) -> set[tuple[str, str]]:
        symbols = {number: _symbol(path) for number, path in zip(numbers, paths, strict=True)}
        found = similar(symbols, dict.fromkeys(sorted(numbers), row))
        return {(symbols[edge.source].path, symbols[edge.target].path) for edge in found}

    there = edges(list(range(30)))
    assert there
    assert there == edges(list(reversed(range(30))))


def test_a_model_can_be_loaded_after_neighbours_were_sought() -> None:
    """Both libraries live in one process; loaded in the wrong order, the second one crashes the interpreter."""
    code = """
import numpy as np
from doctown.assemble.neighbours import similar
from tests.assemble.test_neighbours import _symbol
print(len(similar({n: _symbol(f"m{n}.py") for n in range(3)}, dict.fromkeys(range(3), np.ones(4, np.float32) / 2))))
import onnxruntime
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "6\n"), ran.stderr
