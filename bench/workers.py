"""Reading a corpus in worker processes: `python -m bench.workers FOLDER COUNT` prints what it took.

A program of its own, which the parsing benchmark starts: worker processes load the module that started them, so this
one imports next to nothing, as Doctown's own command does.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from doctown import facts as codec
from doctown.ingest import pool
from doctown.languages import languages
from doctown.languages.base import grammar_of
from doctown.languages.extract import extract

if TYPE_CHECKING:
    from tree_sitter import Parser

Task = tuple[str, str, bytes]  # path, language, content


def read_one(task: Task) -> bytes:
    """Parses and extracts one file, as a build does: the facts come back encoded."""
    path, name, data = task
    return codec.encode(extract(languages()[name], path, data, parser(name).parse(languages()[name].prepare(data))))


@cache
def parser(name: str) -> Parser:
    """The parser of a language, one a process."""
    from tree_sitter import Parser  # noqa: PLC0415 - only worker processes pay for loading tree-sitter

    language = languages()[name]
    return Parser(grammar_of(language.grammar, language.grammar_function))


def seconds(tasks: Sequence[Task], count: int) -> tuple[float, list[str]]:
    """Wall seconds of reading every file in `count` processes, their start included; and which were lost, and why."""
    started = time.perf_counter()
    lost = [
        f"{task[0]}: {result.reason}"
        for task, result in pool.run(read_one, tasks, pool.Limits(workers=count))
        if isinstance(result, pool.Lost)
    ]
    return time.perf_counter() - started, lost


def main(folder: str, count: str) -> int:
    """Prints, as JSON, wall seconds and the CPU seconds of this process and of the workers, each without reading the
    files; exit status 1 if a file was lost, named on stderr."""
    from bench.reading import sources  # noqa: PLC0415 - loads what workers have no use for

    tasks = sources(Path(folder))
    before = os.times()
    wall, lost = seconds(tasks, int(count))
    after = os.times()
    own = after.user + after.system - before.user - before.system
    workers = after.children_user + after.children_system - before.children_user - before.children_system
    print(json.dumps({"wall": wall, "own": own, "workers": workers}))
    print("\n".join(lost), end="", file=sys.stderr)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
