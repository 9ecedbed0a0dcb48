"""What the bridges of all stages share: the notes of a build, and batches."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from doctown.ingest import fetch
from doctown.model import Origin, Progress
from doctown.settings import Settings

if TYPE_CHECKING:
    pass

Listener = Callable[[Progress], None]
Item = TypeVar("Item")

BATCH_FILES = 64  # stored in one transaction


@dataclass(slots=True)
class Notes:
    """What a build has to tell in the end. Filled in by the stages as they go."""

    skipped: Counter[str] = field(default_factory=Counter)  # reason → files
    warnings: list[str] = field(default_factory=list)
    redactions: Counter[str] = field(default_factory=Counter)  # rule → secrets masked
    timings: dict[str, float] = field(default_factory=dict)  # stage → seconds
    models: dict[str, object] = field(default_factory=dict)
    partial: bool = False

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Adds the time of a block to its stage."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.timings[stage] = round(self.timings.get(stage, 0.0) + time.monotonic() - started, 3)


def access(settings: Settings) -> fetch.Access:
    """What fetching may reach, from the settings."""
    return fetch.Access(
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


def file_name(origin: Origin) -> str:
    """A file name for the pack of a source: its name, and its version where it has one."""
    name = f"{origin.name}-{origin.version}" if origin.version and origin.kind == "package" else origin.name
    return "".join(c if c.isalnum() or c in "._-" else "-" for c in name).strip("-.") or "repository"


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of `size`."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
