"""Which packs can be read, as a port: the packs of a command line, or those that a service keeps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from doctown.docpack.reader import Pack
from doctown.errors import DoctownError

_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelfmark:
    """A pack in a library, as it is listed."""

    slug: str  # its name in addresses: letters, digits and `._-`
    title: str
    version: str = ""
    summary: str = ""
    symbols: int = 0
    files: int = 0
    docpack_id: str = ""
    problem: str = ""  # why it cannot be read; empty if it can


class Library(Protocol):
    """The packs that there are. Called from several threads."""

    def packs(self) -> Sequence[Shelfmark]:
        """All packs, those to be shown first in front; at most a few hundred."""
        ...

    def path(self, slug: str) -> Path | None:
        """The file of a pack; None if there is none of that name. The name is whatever a client sent."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """Where jobs are submitted and watched: the service that the viewer is mounted in."""

    api: str = ""  # what stands before `/jobs` and `/estimate` in the service's addresses
    models: tuple[str, ...] = ()  # which models may write, to choose from
    token: bool = False  # whether requests need a token


class Files:
    """A library of the packs at these paths."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths: dict[str, Path] = {}
        for path in paths:
            name = slug = slug_of(path.name.removesuffix(".docpack"))
            number = 2
            while slug in self._paths:
                slug, number = f"{name}-{number}", number + 1
            self._paths[slug] = path

    def packs(self) -> Sequence[Shelfmark]:
        """The packs in the order given."""
        return [shelfmark(slug, path) for slug, path in self._paths.items()]

    def path(self, slug: str) -> Path | None:
        """The path of a pack."""
        return self._paths.get(slug)


def slug_of(name: str) -> str:
    """A name made fit for addresses."""
    made = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:120]
    return made if _SLUG.fullmatch(made) else "pack"


def shelfmark(slug: str, path: Path) -> Shelfmark:
    """What a list shows of the pack at a path; a pack that cannot be read says why."""
    try:
        with Pack.open(path) as pack:
            manifest = pack.manifest()
            page = pack.page("repository")
    except DoctownError as error:
        return Shelfmark(slug=slug, title=path.name, problem=error.cause)
    source, counts = manifest.get("source"), manifest.get("statistics")
    source = source if isinstance(source, dict) else {}
    counts = counts if isinstance(counts, dict) else {}
    numbers = {name: value for name, value in counts.items() if isinstance(value, int)}
    version = " · ".join(filter(None, [str(source.get("version", "")), str(source.get("commit", ""))[:10]]))
    return Shelfmark(
        slug=slug,
        title=str(source.get("name") or path.stem)[:120],
        version=version[:80],
        summary=(page.summary if page else "")[:300],
        symbols=numbers.get("symbols", 0),
        files=numbers.get("files", 0),
        docpack_id=str(manifest.get("docpack_id", "")),
    )
