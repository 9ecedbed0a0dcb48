"""How long `doctown show` spends beyond the interpreter's start: open a pack, read one symbol, its context and page.

Run as `python bench/open_pack.py PACK [KEY]`. Each measurement is a process of its own, the interpreter, the reader
and the whole command taking turns; the least of several is printed, since other work on the machine only ever adds.
Bytecode is kept, as it is where Doctown is installed: an environment that forbids that would have every run compile
what it imports, for a third of the time. The goal is at most 50 ms.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence

RUNS = 15
NOTHING = "pass"
SHOW = """
import sys
from doctown.docpack.reader import Pack
with Pack.open(sys.argv[1]) as pack:
    key = sys.argv[2] if len(sys.argv) > 2 else next(pack.symbols()).symbol.key
    pack.context(key)
    pack.page("symbol", key)
"""


def once(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, float]:
    """Wall and CPU time of one Python process, in milliseconds."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, env=environment, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall * 1000, (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1000


def main() -> None:
    """Print the interpreter's start, each whole, and the difference."""
    if len(sys.argv) < 2:
        sys.exit("usage: python bench/open_pack.py PACK [KEY]")
    given = sys.argv[1:3]
    commands = {
        "the interpreter": ["-c", NOTHING],
        "the reader": ["-c", SHOW, *given],
        "doctown show": ["-m", "doctown", "show", *given],
    }
    with tempfile.TemporaryDirectory(prefix="doctown-bytecode-") as folder:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for command in commands.values():
            once(command, environment)  # compiles; not counted
        runs = [[once(command, environment) for command in commands.values()] for _ in range(RUNS)]
    for place, unit in enumerate(("wall", "CPU")):
        start, *others = (min(run[column][place] for run in runs) for column in range(len(commands)))
        shown = "; ".join(
            f"{name} {whole:.1f} ms, {whole - start:.1f} ms beyond the start"
            for name, whole in zip(list(commands)[1:], others, strict=True)
        )
        print(f"{unit}: the interpreter {start:.1f} ms; {shown}")


if __name__ == "__main__":
    main()
