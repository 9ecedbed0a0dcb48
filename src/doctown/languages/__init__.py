"""The programming languages Doctown reads: one small file each, beside its query in `queries/`."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib import import_module

from doctown.languages.base import Language

NAMES = (
    "python",
    "javascript",
    "typescript",
    "tsx",
    "go",
    "rust",
    "java",
    "kotlin",
    "scala",
    "c",
    "cpp",
    "csharp",
    "swift",
    "ruby",
    "php",
    "bash",
    "lua",
    "elixir",
    "dart",
    "zig",
    "haskell",
    "ocaml",
    "sql",
)


@lru_cache(maxsize=1)
def languages() -> dict[str, Language]:
    """Every language by its name. Importing them loads no grammar."""
    return {name: import_module(f"doctown.languages.{name}").LANGUAGE for name in NAMES}


@lru_cache(maxsize=1)
def names_of_languages() -> dict[str, str]:
    """What names a language to it: extensions with their dot, file names, and interpreters after `#!`."""
    names: dict[str, str] = {}
    for language in languages().values():
        for extension in language.extensions:
            names[extension] = language.name
        for filename in language.filenames:
            names[filename] = language.name
        for interpreter in language.interpreters:
            names[f"#!{interpreter}"] = language.name
    return names


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """SHA-256 (hex) of all that decides what is read out of a file: the queries and hooks, and the grammars' versions.

    What was extracted under one fingerprint is never reused under another.
    """
    from importlib import metadata, resources  # noqa: PLC0415 - workers read files without them

    digest = hashlib.sha256()
    folder = resources.files("doctown.languages")
    for place in (folder, folder.joinpath("queries")):
        for item in sorted(place.iterdir(), key=lambda item: item.name):
            if item.name.endswith((".py", ".scm")):
                digest.update(item.name.encode() + b"\0" + item.read_bytes() + b"\0")
    for distribution in sorted({language.grammar.replace("_", "-") for language in languages().values()}):
        digest.update(f"{distribution} {metadata.version(distribution)}\0".encode())
    return digest.hexdigest()
