"""What a locator is, and the paths that all of them reckon with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

Place = int | str  # a file's position, or a namespace (`/python:a.b`) inside the repository


class Locator(Protocol):
    """Finds modules of one language."""

    def locate(self, file: int, module: str) -> tuple[Place, ...]:
        """What `module`, written in `file`, names; several where a package has several files; empty if external."""

    def inside(self, place: Place, name: str) -> tuple[Place, ...]:
        """The module called `name` below a package or namespace; empty if there is none."""


class Nowhere:
    """For languages whose imports name no files of the repository (an unknown language)."""

    def locate(self, file: int, module: str) -> tuple[Place, ...]:
        """Nothing is found."""
        return ()

    def inside(self, place: Place, name: str) -> tuple[Place, ...]:
        """Nothing is found."""
        return ()


def normalise(path: str) -> str:
    """Resolves `.` and `..`; a path that leaves the repository comes back empty."""
    parts: list[str] = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def nearest(origin: str, paths: Iterable[tuple[str, int]]) -> int:
    """Of several files of one name, the one that shares the longest beginning of its path with `origin`."""
    here = origin.split("/")

    def shared(path: str) -> int:
        count = 0
        for one, other in zip(here, path.split("/"), strict=False):
            if one != other:
                break
            count += 1
        return count

    return min(((-shared(path), len(path), path, file) for path, file in paths))[3]
