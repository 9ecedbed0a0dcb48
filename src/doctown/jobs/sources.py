"""What a client may name as a source, and whether it is there: asked before a job is made of it.

The forms are regular expressions that JSON Schema and Python read alike, so that what is documented is what is checked.
A path has none of them.
"""

from __future__ import annotations

import dataclasses
import shutil
from typing import Final

from doctown.errors import InputError
from doctown.settings import Settings

SECONDS: Final = 30.0  # for the host to answer
_PART: Final = r"[A-Za-z0-9_~][A-Za-z0-9._~-]*"
SOURCE: Final = (
    r"^(?:https://[^\s/?#\\\x00-\x20\x7f]+/+[^\s/?#\\\x00-\x20\x7f][^\s?#\\\x00-\x20\x7f]*"
    r"|pypi:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:==[A-Za-z0-9.!+_-]+)?"
    rf"|npm:(?:@{_PART}/)?{_PART}(?:@[A-Za-z0-9][A-Za-z0-9.+_-]*)?)$"
)
SOURCES: Final = "the https:// URL of a Git repository, pypi:NAME==VERSION or npm:NAME@VERSION"
REF: Final = r"^(?:[^\x00-\x20\x7f~^:?*\[\\./-][^\x00-\x20\x7f~^:?*\[\\]*)?$"


def probe(repo_url: str, ref: str, settings: Settings) -> str:
    """The commit that a ref means, empty where that cannot be told beforehand. Raises InputError where the repository
    or the ref is unknown or cannot be reached."""
    if (
        repo_url.startswith("npm:")
        and shutil.which(settings.npm_command, path=settings.environment.get("PATH")) is None
    ):
        raise InputError("this Builder has no npm, which fetches npm: packages", "order the package's Git repository")
    from doctown.ingest import fetch  # noqa: PLC0415 - loads every parser, and Builder shall be ready before that
    from doctown.stages import access  # noqa: PLC0415 - as above

    limits = dataclasses.replace(fetch.Limits(), max_seconds=SECONDS)
    reach = access(dataclasses.replace(settings, for_clients=True))
    return fetch.probe(repo_url, ref=ref, limits=limits, access=reach)
