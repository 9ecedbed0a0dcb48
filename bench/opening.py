"""How long a pack takes to show a symbol beyond the interpreter's start: `python -m bench.opening [CORPUS]`.

A pack of the corpus (django) is built without vectors. The interpreter doing nothing, the reader alone and the whole
`doctown show` are then started in turn, each in a process of its own, and the medians compared. With `--pack` it is a
pack that is there already, and `--key` names the symbol.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import corpora, measure, pack
from doctown.docpack.reader import Pack

DEFAULTS = ("django",)
ROUNDS = 21
TARGET = 50.0  # milliseconds
NOTHING = "pass"
SHOW = """
import sys
from doctown.docpack.reader import Pack
with Pack.open(sys.argv[1]) as pack:
    pack.context(sys.argv[2])
    pack.page("symbol", sys.argv[2])
"""


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


def show(title: str, path: Path, key: str, rounds: int) -> None:
    """The rows of one pack; an empty `key` takes the symbol in the middle."""
    key = key or middle_symbol(path)
    measure.title(f"{title}: showing {key} from a pack of {path.stat().st_size / 1e6:.1f} MB, {rounds} rounds")
    nothing, reader, whole = times(
        [["-c", NOTHING], ["-c", SHOW, str(path), key], ["-m", "doctown", "show", str(path), key]], rounds
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
    parser.add_argument("--pack", type=Path, help="a pack that is there, in place of one of a corpus")
    parser.add_argument("--key", default="", help="the symbol to show (default: the one in the middle)")
    asked = parser.parse_args(given)
    print(measure.machine())
    code = measure.SameCode()
    if asked.pack:
        show(asked.pack.name, asked.pack, asked.key, asked.rounds)
        return 0
    measure.warm_up()
    for corpus in corpora.available(asked.corpora, asked.cache or corpora.default_cache()):
        with corpora.scratch() as name:
            built = pack.build(corpus, Path(name), corpus.name)
            show(corpus.title, built.pack, asked.key, asked.rounds)
    code.check()
    return 0


if __name__ == "__main__":
    sys.exit(main())
