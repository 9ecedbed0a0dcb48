"""Languages whose imports name files by the end of their path: C, C++, Lua, Ruby, PHP's `require`, Bash's `source`.

The nearest file that fits is meant.
"""

from __future__ import annotations

from collections.abc import Sequence

from doctown.assemble.resolve.modules.base import Place, nearest, normalise
from doctown.model import FileFacts


class PathModules:
    """Files named by the end of their path: `include "a/b.h"`, `require "a.b"`."""

    def __init__(
        self, facts: Sequence[FileFacts], languages: frozenset[str], suffixes: tuple[str, ...], dots: bool
    ) -> None:
        self._paths = [each.path for each in facts]
        self._suffixes = suffixes
        self._dots = dots  # whether dots in a module's name separate folders
        self._by_name: dict[str, list[tuple[str, int]]] = {}
        self._located: dict[tuple[int, str], tuple[Place, ...]] = {}  # every name that a header lacks asks again
        for file, each in enumerate(facts):
            if each.language in languages:
                self._by_name.setdefault(each.path.rpartition("/")[2], []).append((each.path, file))

    def locate(self, file: int, module: str) -> tuple[Place, ...]:
        """The nearest file whose path ends with the module's, relative steps resolved or dropped."""
        known = self._located.get((file, module))
        if known is None:
            known = self._located[file, module] = self._locate(file, module)
        return known

    def _locate(self, file: int, module: str) -> tuple[Place, ...]:
        written = module.replace(".", "/") if self._dots else module
        here = self._paths[file].rpartition("/")[0]
        beside = normalise(f"{here}/{written}")
        wanted = "/".join(part for part in written.split("/") if part not in ("", ".", ".."))
        for suffix in self._suffixes:
            fitting = []
            for path, each in self._by_name.get((wanted + suffix).rpartition("/")[2], ()):
                if path == beside + suffix:
                    return (each,)
                if path == wanted + suffix or path.endswith(f"/{wanted}{suffix}"):
                    fitting.append((path, each))
            if fitting:
                return (nearest(self._paths[file], fitting),)
        return ()

    def inside(self, place: Place, name: str) -> tuple[Place, ...]:
        """Included files have nothing below them."""
        return ()
