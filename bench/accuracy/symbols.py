"""`python -m bench.accuracy.symbols [LANGUAGE …] [--projects NAME …] [--wrong FILE]`: how right the symbols of PHP,
Ruby, Kotlin, Scala and shell scripts are, by name, kind and scope.

What a project defines is asked of the language's own parser or of another one than ours: PHP's of the npm package
php-parser, Ruby's of Ripper, Kotlin's of its compiler, Scala's of scalameta, shell scripts' of shfmt. For Swift no
parser but the grammar itself is to be had from the registries. Projects are Debian source packages, tests included.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.accuracy.common import Named, debian_source, node, score

from doctown.errors import InputError
from doctown.languages import languages
from doctown.languages.reading import read

HERE = Path(__file__).parent


def _lines(command: list[str]) -> list[str]:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def _script(*command: str) -> Callable[[Path, Path], Iterator[list[str]]]:
    """An oracle that prints a JSON list a line; `TOOLS` in its command is the folder of what it runs on."""

    def told(root: Path, tools: Path) -> Iterator[list[str]]:
        given = [str(tools) if part == "TOOLS" else part for part in command]
        yield from map(json.loads, _lines([*given, str(root)]))

    return told


def _kotlin(root: Path, tools: Path) -> Iterator[list[str]]:
    libraries = tools / "node_modules" / "kotlin-compiler" / "lib" / "*"
    for line in _lines(["java", "-cp", str(libraries), str(HERE / "KotlinOracle.java"), str(root)]):
        path, *rest = line.split("\t")
        yield [path, *rest] if rest else [path, "", "file"]


def _shell(root: Path, tools: Path) -> Iterator[list[str]]:
    """The functions of shell scripts; variables are a matter of taste."""
    for path in sorted(each for each in root.rglob("*.sh") if each.is_file()):
        command = [str(tools / "bin" / "shfmt"), "--to-json", "--language-dialect", "bash"]
        made = subprocess.run(command, input=path.read_bytes(), capture_output=True, check=False)
        if made.returncode == 0:
            name = path.relative_to(root).as_posix()
            yield [name, "", "file"]
            yield from ([name, each, "function"] for each in _functions(json.loads(made.stdout), ""))


def _functions(tree: Any, scope: str) -> Iterator[str]:  # noqa: ANN401 - JSON as it comes
    if isinstance(tree, list):
        for each in tree:
            yield from _functions(each, scope)
    elif isinstance(tree, dict):
        if tree.get("Type") == "FuncDecl":
            scope = f"{scope}.{tree['Name']['Value']}" if scope else tree["Name"]["Value"]
            yield scope
        for each in tree.values():
            yield from _functions(each, scope)


@dataclass(frozen=True, slots=True)
class Oracle:
    """What tells a language's definitions, and of which projects."""

    suffix: str
    projects: tuple[str, ...]  # Debian source packages; behind a colon, what of one is read
    told: Callable[[Path, Path], Iterator[list[str]]]  # (path, qualified name, kind), and (path, "", "file")
    needs: tuple[str, ...]  # programs
    npm: str = ""
    wheel: str = ""


ORACLES = {
    "php": Oracle(".php", ("php-monolog", "php-doctrine-lexer", "php-twig", "phpunit"),
                  _script("node", str(HERE / "declared_php.mjs"), "TOOLS"), ("node", "npm"), npm="php-parser@3"),
    "ruby": Oracle(".rb", ("ruby-builder", "ruby-nokogiri", "rails:activemodel", "rails:activesupport"),
                   _script("ruby", str(HERE / "declared.rb")), ("ruby",)),
    "kotlin": Oracle(".kt", ("kotlinx-coroutines", "kotlinx-atomicfu"),
                     _kotlin, ("java", "npm"), npm="kotlin-compiler@2.0"),
    "scala": Oracle(".scala", ("scala:src/library", "scala:src/compiler"),
                    _script("node", str(HERE / "declared_scala.mjs"), "TOOLS"), ("node", "npm"),
                    npm="scalameta-parsers@4"),
    "bash": Oracle(".sh", ("dracut", "git"),
                   _shell, (), wheel="shfmt-py"),
}  # fmt: skip


def compared(language: str, root: Path, tools: Path) -> tuple[frozenset[Named], frozenset[Named]]:
    """(what Doctown finds, what the oracle tells) of the files below `root` that the oracle could read, of the kinds
    that it tells of."""
    told = [(path, name, kind) for path, name, kind in ORACLES[language].told(root, tools)]
    true = frozenset(each for each in told if each[1])
    kinds = {kind for _, _, kind in true}
    found = set()
    for path in sorted({path for path, _, _ in told}):
        facts, _ = read(languages()[language], path, (root / path).read_bytes())
        found.update((*node(each), each.kind) for each in facts.symbols if each.kind in kinds)
    return frozenset(found), true


def _tools(oracle: Oracle, tools: Path) -> Path:
    tools.mkdir(parents=True, exist_ok=True)
    if oracle.npm and not (tools / "node_modules").exists():
        (tools / "package.json").write_text("{}")
        subprocess.run(["npm", "install", "--silent", "--ignore-scripts", oracle.npm], cwd=tools, check=True)
    if oracle.wheel and not (tools / "bin").exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(tools), oracle.wheel]
        subprocess.run(command, check=True)
    return tools


def main() -> None:
    """Prints one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("languages", nargs="*", metavar="LANGUAGE", help=", ".join(ORACLES))
    parser.add_argument("--projects", nargs="*", default=[], metavar="NAME", help="only these")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "doctown-accuracy")
    parser.add_argument("--wrong", type=Path, help="a file for every symbol that differs from the truth")
    given = parser.parse_args()
    print("| language | project | symbols | P/R |\n|---|---|---|---|")
    differs = []
    for language in given.languages or list(ORACLES):
        oracle = ORACLES[language]
        missing = [program for program in oracle.needs if shutil.which(program) is None]
        if missing:
            print(f"{language} left out, for want of {', '.join(missing)}")
            continue
        tools = _tools(oracle, given.folder / "tools" / f"{language}-symbols")
        for name in given.projects or oracle.projects:
            try:
                package, _, part = name.partition(":")
                root = (debian_source(package, given.folder / language, (oracle.suffix,)) / part).resolve()
            except InputError as error:
                print(f"left out: {name}: {error}", flush=True)
                continue
            found, true = compared(language, root, tools)
            precision, recall, _ = score(found, true)
            print(f"| {language} | {name} | {len(true)} | {precision:.3f}/{recall:.3f} |", flush=True)
            for mark, symbols in (("+", found - true), ("-", true - found)):
                differs += [f"{name}: {mark} {kind} {path}#{named}" for path, named, kind in sorted(symbols)]
    if given.wrong:
        given.wrong.write_text("".join(f"{line}\n" for line in differs))


if __name__ == "__main__":
    main()
