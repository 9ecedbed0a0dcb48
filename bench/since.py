"""A rebuild after one changed function body: `python -m bench.since [CORPUS]`, without vectors, beside a full build.

The corpus (django) is copied, built, changed in one Python file, rebuilt `--since` the first pack, and built in full
from an empty cache for comparison. CPU seconds are those of all processes of a build, its start included.
"""

from __future__ import annotations

import re
import shutil
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import corpora, measure, pack, reading
from doctown.errors import InputError

DEFAULTS = ("django",)
RETURN = re.compile(r"^( +)return .+$", re.MULTILINE)
ROUNDS = 3


def change(folder: Path, wanted: str = "") -> str:
    """Adds a statement to the body of one function and returns the file's path: `wanted`, else the one of middle size.

    Raises InputError if there is no such Python file.
    """
    candidates = sorted(
        (len(file.data), file.path)
        for file in reading.sources(folder)
        if file.language == "python"
        and file.path == (wanted or file.path)
        and RETURN.search(file.data.decode("utf-8", "replace"))
    )
    if not candidates:
        raise InputError(f"{wanted or folder.name} holds no Python function that returns something", "name another")
    path = wanted or candidates[len(candidates) // 2][1]
    text = (folder / path).read_text("utf-8")
    (folder / path).write_text(RETURN.sub(r"\1changed = 1\n\g<0>", text, count=1), encoding="utf-8")
    return path


def show(corpus: corpora.Corpus, wanted: str, folder: Path) -> None:
    """The rows of one corpus."""
    tree = folder / corpus.name
    shutil.copytree(corpus.folder, tree, symlinks=True)
    copy = corpora.Corpus(name=corpus.name, folder=tree, title=corpus.title)
    old = pack.build(copy, folder, "old")
    path = change(tree, wanted)
    rebuilds, shares = [], []
    for number in range(ROUNDS):
        # Each starts from what the first build left behind, no more: its pack and its cache.
        shutil.copytree(folder / "old.cache", folder / f"since-{number}.cache")
        rebuilds.append(pack.build(copy, folder, f"since-{number}", "--since", str(old.pack)))
    full = pack.build(copy, folder, "full")
    lost = pack.build(copy, folder, "since-without-cache", "--since", str(old.pack))
    shares = [rebuilt.run.cost.cpu / full.run.cost.cpu for rebuilt in rebuilds]
    measure.title(f"{corpus.title}: one function body changed in {path}")
    measure.info("full build, CPU and wall", f"{full.run.cost.cpu:.1f} s, {full.run.cost.wall:.1f} s")
    middle = sorted(rebuilds, key=lambda rebuilt: rebuilt.run.cost.cpu)[ROUNDS // 2]
    measure.info("rebuild, CPU and wall", f"{middle.run.cost.cpu:.1f} s, {middle.run.cost.wall:.1f} s")
    for stage, seconds in middle.stages.items():
        measure.info(f"  of its wall time: {stage}", f"{seconds:.1f} s")
    measure.at_most("rebuild ÷ full build (CPU), median of three", 100 * statistics.median(shares), 5, "{:.1f} %")
    share = lost.run.cost.cpu / full.run.cost.cpu
    measure.info("the same where the cache was lost", f"{share:.1%}")
    ids = {built.docpack_id for built in (full, lost, *rebuilds)}
    measure.holds("docpack_id of rebuild and full build", "the same" if len(ids) == 1 else "differs", met=len(ids) == 1)
    changed = old.docpack_id not in ids
    measure.holds("docpack_id before and after the change", "differs" if changed else "the same", met=changed)


def main(given: Sequence[str] | None = None) -> int:
    """Prints a table for every corpus."""
    parser = corpora.arguments(__doc__, DEFAULTS)
    parser.add_argument("--file", default="", help="the Python file to change (default: the one of middle size)")
    asked = parser.parse_args(given)
    print(measure.machine())
    code = measure.SameCode()
    measure.warm_up()
    for corpus in corpora.available(asked.corpora, asked.cache or corpora.default_cache()):
        with corpora.scratch() as name:
            show(corpus, asked.file, Path(name))
    code.check()
    return 0


if __name__ == "__main__":
    sys.exit(main())
