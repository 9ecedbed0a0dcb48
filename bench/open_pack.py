"""How long `doctown show` spends beyond the interpreter's start: open a pack, read one symbol, its context and page.

Run as `python bench/open_pack.py PACK [KEY]`. Each measurement is a process of its own; the least of several is
printed, since other work on the machine only ever adds. The goal is at most 50 ms.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

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


def least(code: str, *arguments: str) -> tuple[float, float]:
    """The shortest of RUNS wall times and CPU times of a Python process, in milliseconds."""
    walls, cpus = [], []
    for _ in range(RUNS):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([sys.executable, "-c", code, *arguments], check=True)
        walls.append(time.perf_counter() - start)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpus.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return min(walls) * 1000, min(cpus) * 1000


def main() -> None:
    """Print the interpreter's start, the whole, and the difference."""
    if len(sys.argv) < 2:
        sys.exit("usage: python bench/open_pack.py PACK [KEY]")
    nothing, show = least(NOTHING), least(SHOW, *sys.argv[1:])
    for what, start, whole in zip(("wall", "CPU"), nothing, show, strict=True):
        print(f"{what}: interpreter {start:.1f} ms, showing {whole:.1f} ms, beyond the start {whole - start:.1f} ms")


if __name__ == "__main__":
    main()
