"""`python -m bench.accuracy.rows PACK [--seed N] [--count N]`: rows of a pack drawn at random, beside their source.

Prints as many calls of the tier `resolved`, then as many calls of which nothing is claimed, each with the line that it
stands on, so that a person can read whether they are right. The same pack and seed give the same rows.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

from doctown.docpack.reader import Pack

WIDTH = 160  # characters of a source line that are shown


def resolved(pack: Pack) -> list[tuple[str, int, str, str]]:
    """(caller's key, line, callee's key, reason) of every call that is vouched for, in one order."""
    keys = {each.id: each.symbol.key for each in pack.symbols()}
    found = [
        (keys[each.source], each.line, keys[each.target], each.reason)
        for each in pack.edges()
        if each.kind == "calls" and each.tier == "resolved"
    ]
    return sorted(found)


def unresolved(pack: Pack) -> list[tuple[str, int, str, str]]:
    """(caller's key, line, name, reason) of every call of which nothing is claimed, in one order."""
    found = [
        (each.symbol.key, one.line, one.name, one.reason)
        for each in pack.symbols()
        for one in pack.unresolved(each.symbol.key)
        if one.kind == "calls"
    ]
    return sorted(found)


def drawn(rows: list[tuple[str, int, str, str]], seed: int, count: int) -> list[tuple[str, int, str, str]]:
    """`count` of the rows, or all where there are fewer."""
    return random.Random(seed).sample(rows, min(count, len(rows)))  # noqa: S311 - a draw that can be made again


def shown(pack: Pack, rows: list[tuple[str, int, str, str]]) -> Iterator[str]:
    """Each row on one line, and the source below it."""
    for number, (key, line, other, reason) in enumerate(rows, 1):
        path = key.partition("#")[0]
        source = (pack.source(path, line, line) or "").strip()[:WIDTH]
        yield f"{number:>3}. {key} -> {other}  [{reason}]\n     {line}: {source}"


def main() -> None:
    """Prints both lists."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=50, help="rows of each list")
    given = parser.parse_args()
    with Pack.open(given.pack) as pack:
        for title, rows in (("resolved", resolved(pack)), ("unresolved", unresolved(pack))):
            print(f"\n{title}: {given.count} of {len(rows)} calls")
            for line in shown(pack, drawn(rows, given.seed, given.count)):
                print(line)


if __name__ == "__main__":
    main()
