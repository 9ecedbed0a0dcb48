"""What a client may name as a source, and whether it is there: asked before a job is made of it."""

from __future__ import annotations

import dataclasses
import re
from typing import Final

from doctown.errors import InputError
from doctown.settings import Settings

SECONDS: Final = 30.0  # for the host to answer
_KINDS: Final = re.compile(r"(?:https://|pypi:|npm:)[^\s]+", re.IGNORECASE)


def check_form(repo_url: str) -> None:
    """Raises InputError unless this has the form of a source that a client may name. A path never has."""
    if not _KINDS.fullmatch(repo_url):
        raise InputError(
            f"{repo_url[:100]!r} is no source", "give an https:// Git URL, pypi:NAME==VERSION or npm:NAME@VERSION"
        )


def probe(repo_url: str, ref: str, settings: Settings) -> str:
    """The commit that a ref means, empty where that cannot be told beforehand. Raises InputError where the repository
    or the ref is unknown or cannot be reached."""
    from doctown.ingest import fetch  # noqa: PLC0415 - loads every parser, and Builder shall be ready before that
    from doctown.stages import access  # noqa: PLC0415 - as above

    limits = dataclasses.replace(fetch.Limits(), max_seconds=SECONDS)
    reach = access(dataclasses.replace(settings, for_clients=True))
    return fetch.probe(repo_url, ref=ref, limits=limits, access=reach)
