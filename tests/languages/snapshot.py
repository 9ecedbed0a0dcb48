"""What each sample file says, as plain text beside it: a snapshot a person can check against the source.

`fixtures/LANGUAGE/FILE` is read as that language and shown in `fixtures/LANGUAGE/FILE.snap`. One line per fact: first
the symbols (`kind qualified visibility lines | signature | first line of documentation`), then supertypes, imports,
exports, references and bindings, each behind the scope it happens in. `python -m tests.languages.snapshot --write
[LANGUAGE …]` refreshes the snapshots; without `--write` it says which differ. The comparing test is
`test_snapshots.py`; whether a refreshed snapshot is true is for its author to read.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from doctown.languages import languages, reading
from doctown.languages.base import Language
from doctown.model import FileFacts

FIXTURES = Path(__file__).parent / "fixtures"
SUFFIX = ".snap"


def read(language: str | Language, source: str | bytes, path: str = "sample") -> FileFacts:
    """The facts of a source text, as the parse stage would get them."""
    spoken = languages()[language] if isinstance(language, str) else language
    data = source.encode() if isinstance(source, str) else source
    return reading.read(spoken, path, data)[0]


def samples(*only: str) -> list[tuple[str, Path]]:
    """(language, file) of every sample whose language Doctown knows, sorted."""
    known = languages()
    return [
        (folder.name, path)
        for folder in sorted(FIXTURES.iterdir())
        if folder.name in known and (not only or folder.name in only)
        for path in sorted(folder.iterdir())
        if path.is_file() and path.suffix != SUFFIX and path.name != "ruff.toml"
    ]


def render(facts: FileFacts) -> str:
    """The facts as text, in the order of the source."""
    return "\n".join(_lines(facts)) + "\n"


def _lines(facts: FileFacts) -> Iterator[str]:
    names = [symbol.key.split("#", 1)[1] for symbol in facts.symbols]
    if facts.package:
        yield f"package {facts.package}"
    for symbol, name in zip(facts.symbols, names, strict=True):
        first = symbol.docstring.split("\n", 1)[0]
        lines = f"{symbol.start_line}-{symbol.end_line}"
        yield f"{symbol.kind} {name} {symbol.visibility} {lines} | {symbol.signature} | {first}".rstrip(" |")
    if facts.bases:
        yield ""
        yield from (f"base {names[index]} < {base}" for index, base in facts.bases)
    if facts.imports or facts.exports:
        yield ""
        for item in facts.imports:
            detail = f" [{item.detail}]" if item.detail else ""
            taken = f" : {item.name}" if item.name else ""
            bound = f" as {item.alias}" if item.alias else ""
            yield f"import {item.line} {names[item.source]} {item.module}{taken}{bound}{detail}"
        yield from (f"export {exported} = {local}" for exported, local in facts.exports)
    if facts.references:
        yield ""
        for use in facts.references:
            detail = f" [{use.detail}]" if use.detail else ""
            target = f"{use.receiver} → {use.name}" if use.receiver else use.name
            yield f"{use.kind} {use.line} {names[use.source]}: {target}{detail}"
    if facts.bindings:
        yield ""
        for known in facts.bindings:
            value = f" = {known.value}" if known.value else ""
            yield f"{known.kind} {known.line} {names[known.scope]}: {known.target}{value}"
    if facts.problems:
        yield ""
        yield from (f"problem {problem}" for problem in facts.problems)


def main(arguments: list[str]) -> int:
    """Writes the snapshots with `--write`, else names those that differ. Returns the exit status."""
    write = "--write" in arguments
    stale = 0
    for language, path in samples(*(argument for argument in arguments if argument != "--write")):
        beside = path.with_name(path.name + SUFFIX)
        fresh = render(read(language, path.read_bytes(), path.name))
        if beside.exists() and beside.read_text("utf-8") == fresh:
            continue
        stale += 1
        if write:
            beside.write_text(fresh, "utf-8")
        print(f"{'wrote' if write else 'differs'} {beside.relative_to(FIXTURES)}")
    return 0 if write or not stale else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
