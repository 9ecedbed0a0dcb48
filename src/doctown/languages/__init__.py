"""The programming languages Doctown reads: one small file each, beside its query in `queries/`."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from doctown.languages.base import Language

NAMES = (
    "python", "javascript", "typescript", "tsx", "go", "rust", "java", "kotlin", "scala",
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
