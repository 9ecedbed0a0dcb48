"""How long a pack takes to show a symbol beyond the interpreter's start: `python -m bench.opening [CORPUS]`.

A pack of the corpus (django) is built without vectors. The interpreter doing nothing, the reader alone and the whole
`doctown show` are then started in turn, each in a process of its own, and the medians compared. `bench.open_pack`
does the same for the reader and a pack that is there already.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import corpora, measure, open_pack, pack
from doctown.docpack.reader import Pack

DEFAULTS = ("django",)
ROUNDS = 21
TARGET = 50.0  # milliseconds


def middle_symbol(path: Path) -> str:
    """The key of the symbol in the middle of a pack's list."""
    with Pack.open(path) as opened:
        keys = [entry.symbol.key for entry in opened.symbols()]
    return keys[len(keys) // 2]


def times(commands: Sequence[Sequence[str]], rounds: int) -> list[list[measure.Cost]]:
    """What each command took in every round, the commands taking turns."""
    taken: list[list[measure.Cost]] = [[] for _ in commands]
    for command in commands:
        measure.quick([sys.executable, *command])  # compiles; not counted
    for _ in range(rounds):
        for place, command in enumerate(commands):
            taken[place].append(measure.quick([sys.executable, *command]))
    return taken


def show(corpus: corpora.Corpus, folder: Path, rounds: int) -> None:
    """The rows of one corpus."""
    built = pack.build(corpus, folder, corpus.name)
    key = middle_symbol(built.pack)
    measure.title(f"{corpus.title}: showing {key} from a pack of {built.size / 1e6:.1f} MB, {rounds} rounds")
    nothing, reader, whole = times(
        [
            ["-c", open_pack.NOTHING],
            ["-c", open_pack.SHOW, str(built.pack), key],
            ["-m", "doctown", "show", str(built.pack), key],
        ],
        rounds,
    )
    for name, taken in (("the reader alone", reader), ("`doctown show`", whole)):
        for unit in ("wall", "cpu"):
            start = statistics.median(getattr(cost, unit) for cost in nothing)
            beyond = (statistics.median(getattr(cost, unit) for cost in taken) - start) * 1000
            label = f"{name}, {'CPU' if unit == 'cpu' else unit} beyond the interpreter's {start * 1000:.0f} ms"
            measure.at_most(label, beyond, TARGET, "{:.0f} ms")


def main(given: Sequence[str] | None = None) -> int:
    """Prints a table for every corpus."""
    parser = corpora.arguments(__doc__, DEFAULTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"processes of each kind ({ROUNDS})")
    asked = parser.parse_args(given)
    print(measure.machine())
    code = measure.SameCode()
    measure.warm_up()
    for corpus in corpora.available(asked.corpora, asked.cache or corpora.default_cache()):
        with corpora.scratch() as name:
            show(corpus, Path(name), asked.rounds)
    code.check()
    return 0


if __name__ == "__main__":
    sys.exit(main())
