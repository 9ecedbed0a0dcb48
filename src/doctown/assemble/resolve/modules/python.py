"""Python: a module's dotted name follows from its path below the folder that is on the path.

That folder is the one above the outermost `__init__.py` (a script's own folder if it lies in no package); `src` and
the repository's root count too, so that `tests.helpers` is found. Where a name fits several files the nearest is meant.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from doctown.assemble.resolve.modules.base import Place, nearest
from doctown.model import FileFacts

_PREFIX = "/python:"


class PythonModules:
    """Module names of a repository's Python files."""

    def __init__(self, facts: Sequence[FileFacts]) -> None:
        self._paths = [each.path for each in facts]
        python = [(file, each.path) for file, each in enumerate(facts) if each.language == "python"]
        packages = {path.rpartition("/")[0] for _, path in python if path.rsplit("/", 1)[-1].startswith("__init__.py")}
        self._names: dict[str, list[int]] = {}
        self._below: dict[str, int] = {}  # folder or file without its suffix → file
        self._roots: dict[int, str] = {}
        spaces: set[str] = set()
        for file, path in python:
            stem = path.rpartition(".")[0]
            stem = stem.removesuffix("/__init__") if stem.endswith("/__init__") else stem
            if path.endswith(".py") or stem not in self._below:  # a stub yields to the module it describes
                self._below[stem] = file
            folder = path.rpartition("/")[0]
            top = folder
            while top in packages and top:
                top = top.rpartition("/")[0]
            self._roots[file] = top
            for root in dict.fromkeys((top, "", "src")):
                if root and not stem.startswith(root + "/"):
                    continue
                name = stem[len(root) + 1 if root else 0 :].replace("/", ".")
                if not name:
                    continue
                self._names.setdefault(name, []).append(file)
                while "." in name:
                    name = name.rpartition(".")[0]
                    spaces.add(name)
        self._spaces = spaces - self._names.keys()

    def locate(self, file: int, module: str) -> tuple[Place, ...]:
        """The file or namespace package that `module` (relative dots kept) names in `file`."""
        if module.startswith("."):
            return self._relative(file, module)
        files = self._names.get(module)
        if not files:
            # A folder that merely bears the name of the standard library's module never hides it.
            space = module in self._spaces and module.partition(".")[0] not in sys.stdlib_module_names
            return (_PREFIX + module,) if space else ()
        if module.partition(".")[0] in sys.stdlib_module_names:
            # Only what stands on the same path entry can hide a module of the standard library.
            files = [each for each in files if self._roots[each] == self._roots.get(file)]
            if not files:
                return ()
        # An absolute import of a name never means the importing file itself: `import yaml` in `yaml.py`.
        others = [each for each in files if each != file] if "." not in module else files
        return (nearest(self._paths[file], ((self._paths[each], each) for each in others or files)),)

    def _relative(self, file: int, module: str) -> tuple[Place, ...]:
        rest = module.lstrip(".")
        folder = self._paths[file].rpartition("/")[0]
        for _ in range(len(module) - len(rest) - 1):
            folder = folder.rpartition("/")[0]
        path = "/".join(part for part in (folder, rest.replace(".", "/")) if part)
        found = self._below.get(path)
        return (found,) if found is not None else ()

    def inside(self, place: Place, name: str) -> tuple[Place, ...]:
        """The submodule `name` of a package or of a namespace package."""
        if isinstance(place, str):
            return self.locate(-1, f"{place.removeprefix(_PREFIX)}.{name}")
        path = self._paths[place]
        if not path.rsplit("/", 1)[-1].startswith("__init__."):
            return ()
        found = self._below.get(f"{path.rpartition('/')[0]}/{name}")
        return (found,) if found is not None else ()
