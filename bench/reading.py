"""Parsing as the benchmarks compare it: tree-sitter alone, with the core of extraction, with all of it.

All three take the same bytes: the source files of a corpus that a build would parse, read into memory beforehand. The
core is what a call graph needs (symbols, imports, calls with what encloses them): a language's query up to its detail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

from bench.workers import parser
from doctown.errors import InputError
from doctown.ingest import fetch, walk
from doctown.languages import languages, names_of_languages
from doctown.languages.base import Language
from doctown.languages.extract import extract

DETAIL = "; --- detail"  # in a query: what follows is beyond the core


class Source(NamedTuple):
    """A file of a programming language."""

    path: str
    language: str
    data: bytes


def sources(folder: Path) -> list[Source]:
    """The files below `folder` that a build would parse. Raises InputError if there are none."""
    names = names_of_languages()
    found = []
    with fetch.open_source(str(folder)) as tree:
        wanted, _ = walk.plan(tree.entries(), walk.WalkLimits())
        for path, data in tree.read([entry.path for entry in wanted]):
            classified = walk.classify(path, data, names)
            if classified.kind == "source":
                found.append(Source(path, classified.language, classified.data))
    if not found:
        raise InputError(f"{folder.name} holds no source files", "name another corpus")
    return sorted(found)


def raw(files: Sequence[Source]) -> None:
    """Parses every file and drops the tree."""
    for file in files:
        parser(file.language).parse(file.data)


def core(files: Sequence[Source]) -> int:
    """Parses every file and extracts its core; the number of symbols and references found."""
    return sum(_extracted(core_language(file.language), file) for file in files)


def full(files: Sequence[Source]) -> int:
    """Parses every file and extracts all that a build does; the number of symbols and references found."""
    return sum(_extracted(languages()[file.language], file) for file in files)


def warm_up(files: Sequence[Source]) -> None:
    """Loads grammars and compiles queries, which a process does once, by reading one file of each language."""
    first = list({file.language: file for file in reversed(files)}.values())
    raw(first)
    core(first)
    full(first)


def _extracted(language: Language, file: Source) -> int:
    facts = extract(language, file.path, file.data, parser(file.language).parse(file.data))
    return len(facts.symbols) + len(facts.references)


@cache
def core_language(name: str) -> Language:
    """The language with its query cut before the detail. Raises InputError for a query that is not divided."""
    language = languages()[name]
    kept, divider, _ = language.query_source.partition(DETAIL)
    if not divider:
        raise InputError(f"the query of {language.title} has no line {DETAIL!r}", "divide it into core and detail")
    cut = replace(language)
    cut.__dict__["query_source"] = kept  # where the cached property would keep it
    return cut
