"""`python -m bench.accuracy.fixtures [LANGUAGE …] [--wrong]`: how right symbols and calls are on small made projects.

A folder below `tests/assemble/resolve/fixtures` is one language's project, beside it two lists that a person wrote from
the source alone. `symbols.txt` has a line `kind path#qualified.name` for every symbol but the modules; `expected.txt` a
line `caller -> callee` for every call between definitions of the project, by their keys. A call of a class is a call of
its constructor, where one is written. `[candidate]` behind a call says that it may run but nobody can tell from the
text: an implementation behind an interface. Empty lines and lines that start with `#` are for the reader.

The rule that a name defined once is what every call of it means is scored beside it. `--wrong` lists what differs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from doctown.assemble.resolve import build_index, resolve_file
from doctown.ingest.classify import language_of
from doctown.languages import languages, names_of_languages
from doctown.languages.macros import all_headers
from doctown.languages.reading import read
from doctown.model import FileFacts, Symbol

FOLDER = Path(__file__).parents[2] / "tests" / "assemble" / "resolve" / "fixtures"
RUNS = frozenset({"function", "method", "constructor", "property", "macro", "module"})
CLASSES = frozenset({"class", "struct", "enum", "interface", "trait"})
CANDIDATE = " [candidate]"
Score = tuple[float, float, float]  # precision, recall, F1


@dataclass(frozen=True, slots=True)
class Result:
    """What was found in one language's project, and what a person wrote."""

    language: str
    symbols: frozenset[str]  # `kind path#qualified.name`
    resolved: frozenset[str]  # `caller -> callee`
    every: frozenset[str]  # those of both tiers
    by_name: frozenset[str]  # what the unique-name rule says
    true_symbols: frozenset[str]
    certain: frozenset[str]  # calls that can be known from the text
    possible: frozenset[str]  # all true calls, implementations behind interfaces included

    @property
    def symbol_score(self) -> Score:
        """Kind and key both have to be right."""
        return _score(self.symbols, self.true_symbols)

    @property
    def resolved_score(self) -> Score:
        """Of the resolved tier alone; what may run but is not certain counts as wrong there."""
        return _score(self.resolved, self.certain)

    @property
    def score(self) -> Score:
        """Of both tiers together."""
        return _score(self.every, self.possible)

    @property
    def by_name_score(self) -> Score:
        """Of the unique-name rule."""
        return _score(self.by_name, self.possible)


def _score(found: frozenset[str], truth: frozenset[str]) -> Score:
    hits = len(found & truth)
    precision, recall = hits / max(1, len(found)), hits / max(1, len(truth))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def names() -> list[str]:
    """The languages that have a project, sorted."""
    return sorted(path.name for path in FOLDER.iterdir() if (path / "expected.txt").is_file())


@dataclass(frozen=True, slots=True)
class Resolved:
    """A folder of sources, resolved: its symbols, and its calls as `caller -> callee` by key."""

    symbols: Sequence[Symbol]
    resolved: frozenset[str]
    every: frozenset[str]
    by_name: frozenset[str]


def measure(language: str, folder: Path = FOLDER) -> Result:
    """Reads and resolves a language's project and compares it with its lists."""
    root = folder / language
    found = resolve(root)
    lines = list(_lines(root / "expected.txt"))
    return Result(
        language,
        frozenset(f"{symbol.kind} {symbol.key}" for symbol in found.symbols if symbol.kind != "module"),
        found.resolved,
        found.every,
        found.by_name,
        frozenset(_lines(root / "symbols.txt")),
        frozenset(line for line in lines if not line.endswith(CANDIDATE)),
        frozenset(line.removesuffix(CANDIDATE) for line in lines),
    )


def resolve(root: Path) -> Resolved:
    """Reads every source file below `root` and resolves its calls."""
    facts = list(_read(root))
    ids: dict[str, range] = {}
    symbols: list[Symbol] = []
    for each in facts:
        ids[each.path] = range(len(symbols), len(symbols) + len(each.symbols))
        symbols.extend(each.symbols)
    index = build_index(facts, ids)
    by_key = {symbol.key: symbol for symbol in symbols}
    tiers: dict[str, set[str]] = {"resolved": set(), "candidate": set()}
    for each in facts:
        for edge in resolve_file(index, each).edges:
            if edge.kind == "calls":
                tiers[edge.tier].add(f"{runner(symbols[edge.source], by_key).key} -> {symbols[edge.target].key}")
    return Resolved(
        symbols,
        frozenset(tiers["resolved"]),
        frozenset(tiers["resolved"] | tiers["candidate"]),
        frozenset(_unique_names(facts, by_key)),
    )


def _read(root: Path) -> Iterator[FileFacts]:
    names = names_of_languages()
    paths = sorted(each for each in root.rglob("*") if each.is_file())
    headers = all_headers((path.relative_to(root).as_posix(), path.read_bytes()) for path in paths)
    for path in paths:
        data = path.read_bytes()
        language = languages().get(language_of(path.relative_to(root).as_posix(), data, names)[0])
        if language is not None:
            yield read(language, path.relative_to(root).as_posix(), data, headers)[0]


def _lines(path: Path) -> Iterator[str]:
    for line in path.read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()


def runner(symbol: Symbol, by_key: dict[str, Symbol]) -> Symbol:
    """The function, or the module, whose code a symbol's is."""
    while symbol.kind not in RUNS:
        symbol = by_key[symbol.parent]
    return symbol


def _unique_names(facts: Sequence[FileFacts], by_key: dict[str, Symbol]) -> Iterator[str]:
    defined: dict[str, list[Symbol]] = {}
    constructors = {symbol.parent: symbol for symbol in by_key.values() if symbol.kind == "constructor"}
    for symbol in by_key.values():
        if symbol.kind in RUNS | CLASSES and symbol.kind not in ("module", "constructor"):
            defined.setdefault(symbol.name, []).append(symbol)
    for each in facts:
        for reference in each.references:
            fitting = defined.get(reference.name, ())
            if reference.kind == "calls" and len(fitting) == 1:
                source = runner(each.symbols[reference.source], by_key)
                yield f"{source.key} -> {constructors.get(fitting[0].key, fitting[0]).key}"


HEAD = (
    "| language | symbols | symbols P/R | true calls | resolved P/R/F1 | resolved + candidate | unique-name rule |\n"
    "|---|---|---|---|---|---|---|"
)


def row(result: Result) -> str:
    """One row of the table."""
    calls = [result.resolved_score, result.score, result.by_name_score]
    cells = [
        result.language,
        str(len(result.true_symbols)),
        _shown(result.symbol_score[:2]),
        str(len(result.possible)),
        *(_shown(each) for each in calls),
    ]
    return f"| {' | '.join(cells)} |"


def _shown(score: Sequence[float]) -> str:
    return "/".join(f"{each:.3f}" for each in score)


def wrong(result: Result) -> Iterator[str]:
    """What differs, a line each: `+` found and not true, `-` true and not found, `?` certain and found as a guess."""
    yield from (f"+ {each}" for each in sorted(result.symbols - result.true_symbols))
    yield from (f"- {each}" for each in sorted(result.true_symbols - result.symbols))
    for each in sorted(result.every - result.possible):
        yield f"+ {each}{'' if each in result.resolved else CANDIDATE}"
    yield from (f"+ {each} (not certain)" for each in sorted(result.resolved & (result.possible - result.certain)))
    yield from (f"- {each}" for each in sorted(result.possible - result.every))
    yield from (f"? {each}" for each in sorted((result.certain & result.every) - result.resolved))


def main() -> None:
    """Prints the table, and with `--wrong` what differs below it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE")
    parser.add_argument("--wrong", action="store_true", help="list what differs from the lists")
    given = parser.parse_args()
    results = [measure(language) for language in given.languages or names()]
    print(HEAD)
    for result in results:
        print(row(result))
    if given.wrong:
        for result in results:
            print(f"\n{result.language}", *wrong(result), sep="\n")


if __name__ == "__main__":
    main()
