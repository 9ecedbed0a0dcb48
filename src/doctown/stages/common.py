"""What the bridges of all stages share: the notes of a build, and batches."""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import doctown
from doctown import languages
from doctown.ingest import fetch
from doctown.model import Edge, File, Origin, Progress
from doctown.settings import Settings

if TYPE_CHECKING:
    pass

Listener = Callable[[Progress], None]
Item = TypeVar("Item")

BATCH_FILES = 64  # stored in one transaction
PARSED = ("parsed", "partial")  # statuses of files of which there are facts


@dataclass(slots=True)
class Notes:
    """What a build has to tell in the end. Filled in by the stages as they go."""

    skipped: Counter[str] = field(default_factory=Counter)  # reason → files
    warnings: list[str] = field(default_factory=list)
    redactions: Counter[str] = field(default_factory=Counter)  # rule → secrets masked
    timings: dict[str, float] = field(default_factory=dict)  # stage → seconds
    models: dict[str, object] = field(default_factory=dict)
    costs: dict[str, object] = field(default_factory=dict)  # what a model took; empty where none was asked
    partial: bool = False

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Adds the time of a block to its stage."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.timings[stage] = round(self.timings.get(stage, 0.0) + time.monotonic() - started, 3)


@dataclass(slots=True)
class Intake:
    """What ingestion put into the draft, for the stages that need not look at the rest again."""

    whole: bool  # the draft held all that a pack holds, made by this very code, before anything was read
    changed: dict[str, File | None] = field(default_factory=dict)  # path → what it was before; None for a new one
    edges: list[Edge] = field(default_factory=list)  # the exact edges that started in changed files, by symbol ids
    facts: dict[str, bytes] = field(default_factory=dict)  # path → what a parsed file says, encoded
    before: dict[str, bytes] = field(default_factory=dict)  # the same of changed files, before, as far as it is known


# The code that takes files apart, and all that it is built on.
READING = ("languages/", "ingest/", "embed/wordpiece.py", "facts.py", "places.py", "model.py", "stages/ingesting.py")


@lru_cache(maxsize=1)
def code() -> str:
    """A name for the code that runs: of Doctown's own files and of the grammars. What other code made is not reused."""
    return _digest_of("")


@lru_cache(maxsize=1)
def reading() -> str:
    """A name for what decides how a file is read: the grammars, the queries, and the code of READING. It stands in
    the manifest, and what was read under another is read anew."""
    return _digest_of(*READING)


def _digest_of(*places: str) -> str:
    """The digest of Doctown's own files below these places, and of the grammars."""
    sha = hashlib.sha256(languages.fingerprint().encode())
    for name, digest in _own_files():
        if name.startswith(places):
            sha.update(f"{name}\0".encode() + digest)
    return sha.hexdigest()


@lru_cache(maxsize=1)
def _own_files() -> list[tuple[str, bytes]]:
    """Doctown's own files by their path below the package, with their SHA-256."""
    root = os.path.dirname(doctown.__file__)  # noqa: PTH120 - half a thousand `Path`s take longer than the digests
    found: list[tuple[str, bytes]] = []
    for folder, _, names in os.walk(root):
        for name in names:
            if name.endswith((".py", ".scm", ".sql")):
                path = f"{folder}/{name}"
                with open(path, "rb") as file:  # noqa: PTH123 - as above
                    found.append((path[len(root) + 1 :], hashlib.sha256(file.read()).digest()))
    return sorted(found)


def access(settings: Settings) -> fetch.Access:
    """What fetching may reach, from the settings."""
    reached = fetch.Access(
        token=settings.git_token,
        token_user=settings.git_user,
        token_hosts=settings.git_token_hosts,
        allow_private_addresses=settings.allow_private_addresses,
        proxy=settings.proxy,
        ca_bundle=settings.ca_bundle,
        pip_index_url=settings.pip_index_url,
        npm_command=settings.npm_command,
        cache_folder=str(settings.cache / "packages"),
        environment=settings.environment,
    )
    return reached.for_clients() if settings.for_clients else reached


def file_name(origin: Origin) -> str:
    """A file name for the pack of a source: its name, and its version where it has one."""
    name = f"{origin.name}-{origin.version}" if origin.version and origin.kind == "package" else origin.name
    return "".join(c if c.isalnum() or c in "._-" else "-" for c in name).strip("-.") or "repository"


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of `size`."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
