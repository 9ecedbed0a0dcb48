"""Java's truth: javac itself, asked by `JavaOracle.java` for every definition and call; and the table of both.

`python -m bench.accuracy.java [--folder DIR] [--wrong FILE] [DEBIAN-SOURCE-PACKAGE …]` fetches source packages, reads
the main code of each (tests left out), and prints symbols P/R, and calls by tier twice: with the overloads of a name as
one, as the tables of other languages have it, and told apart. Needs a JDK of version 17 or later.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bench.accuracy.fixtures import HEAD, Result, resolve, row, runner, wrong

from bench import debian
from doctown.model import Symbol

PROJECTS = (
    "libcommons-lang3-java",
    "jsoup",
    "libcommons-csv-java",
    "libpicocli-java",
    "libcommons-codec-java",
    "libcommons-io-java",
)
_PACKAGES = ("code", "comp", "tree", "util", "api", "file", "main", "parser")
_EXPORTS = [f"--add-exports=jdk.compiler/com.sun.tools.javac.{each}=ALL-UNNAMED" for each in _PACKAGES]
_TWIN = re.compile(r"~\d+")
_TESTS = re.compile(r"(?:^|/)(?:tests?|it|examples?|benchmarks?)/")


@dataclass(frozen=True, slots=True)
class _Truth:
    symbols: frozenset[str]  # `kind path#qualified.name`
    calls: frozenset[tuple[tuple[str, int, str], tuple[str, int, str]]]  # (path, line from 1, name) of each end


def fetched(package: str, folder: Path) -> Path:
    """The main Java code of a Debian source package, unpacked below `folder`."""
    root = folder / "java" / package
    if not root.exists():
        with tarfile.open(debian.source(package, folder / "debian")) as archive:
            for member in archive:
                path = PurePosixPath(member.name)
                inside = "/".join(path.parts[1:])
                if member.isfile() and path.suffix == ".java" and ".." not in path.parts and not _TESTS.search(inside):
                    target = root / inside
                    target.parent.mkdir(parents=True, exist_ok=True)
                    stream = archive.extractfile(member)
                    target.write_bytes(stream.read() if stream is not None else b"")
    return root


def truth(root: Path) -> _Truth:
    """What javac says of the files below `root`; libraries that are not there leave calls open."""
    command = ["java", "-Xmx2g", *_EXPORTS, str(Path(__file__).with_name("JavaOracle.java")), str(root)]
    made = subprocess.run(command, check=True, capture_output=True, text=True)
    symbols = set()
    calls = set()
    for line in made.stdout.splitlines():
        what, *cells = line.split("\t")
        if what == "symbol":
            symbols.add(f"{cells[2]} {cells[0]}#{cells[3]}")
        else:
            calls.add(((cells[0], int(cells[1]), cells[2]), (cells[3], int(cells[4]), cells[5])))
    return _Truth(frozenset(symbols), frozenset(calls))


def compared(name: str, root: Path) -> tuple[Result, Result]:
    """(overloads of a name as one, overloads told apart) for the project at `root`."""
    told = truth(root)
    project = resolve(root)
    at: dict[tuple[str, int, str], Symbol] = {}
    for symbol in project.symbols:
        at.setdefault((symbol.path, symbol.start_line, symbol.name), symbol)
        if symbol.kind in ("method", "constructor"):
            at[symbol.path, symbol.start_line, symbol.name] = symbol
    by_key = {symbol.key: symbol for symbol in project.symbols}
    exact = set()
    for caller, callee in told.calls:
        source, target = at.get(caller), at.get(callee)
        start = runner(source, by_key).key if source is not None else "?".join(map(str, caller))
        exact.add(f"{start} -> {target.key if target is not None else '?'.join(map(str, callee))}")
    shown = [each for each in project.symbols if each.kind != "module"]
    kinds = frozenset(_plain(f"{each.kind} {each.key}") for each in shown)
    true = frozenset(exact)
    apart = Result(
        name, kinds, project.resolved, project.every, project.by_name, told.symbols, true, true
    )  # fmt: skip
    as_one = Result(
        name, kinds, *(_plainly(each) for each in (project.resolved, project.every, project.by_name)), told.symbols,
        _plainly(true), _plainly(true),
    )  # fmt: skip
    return as_one, apart


def _plain(line: str) -> str:
    return _TWIN.sub("", line)


def _plainly(lines: Iterable[str]) -> frozenset[str]:
    return frozenset(map(_plain, lines))


def main() -> None:
    """Prints the two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("projects", nargs="*", metavar="DEBIAN-SOURCE-PACKAGE")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "doctown-accuracy")
    parser.add_argument("--wrong", type=Path, help="a file for what differs, overloads as one")
    given = parser.parse_args()
    both = [compared(name, fetched(name, given.folder)) for name in given.projects or PROJECTS]
    for title, which in (("overloads of a name as one", 0), ("overloads told apart", 1)):
        print(f"\njava, {title}\n{HEAD}")
        for pair in both:
            print(row(pair[which]))
    if given.wrong:
        given.wrong.write_text("\n".join(line for as_one, _ in both for line in wrong(as_one)) + "\n")


if __name__ == "__main__":
    main()
