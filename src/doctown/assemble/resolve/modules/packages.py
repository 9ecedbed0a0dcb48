"""Languages whose files declare a package or namespace, which imports name: the JVM's, C#, PHP, C++ namespaces, and Go.

Go's imports name folders: the longest end of the import path that is a folder of the repository, if what stands before
it is the module's own path. That path is not in the facts; it is what most such imports agree on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from doctown.assemble.resolve.modules.base import Locator, Place
from doctown.model import FileFacts


class DeclaredPackages:
    """Packages by the name their files declare."""

    def __init__(self, facts: Sequence[FileFacts], family: str, languages: frozenset[str]) -> None:
        self._prefix = f"/{family}:"
        self._known: set[str] = set()
        for each in facts:
            if each.language not in languages:
                continue
            self._add(each.package)
            for symbol in each.symbols:
                if symbol.kind == "namespace":
                    name = symbol.qualified_name
                    self._add(f"{each.package}.{name}" if each.package else name)

    def _add(self, package: str) -> None:
        while package and package not in self._known:
            self._known.add(package)
            package = package.rpartition("\\" if "\\" in package else ".")[0]

    def locate(self, file: int, module: str) -> tuple[Place, ...]:
        """The package of that name, if files of the repository declare it."""
        name = module.replace("::", ".").removeprefix("\\")
        return (self._prefix + name,) if name in self._known else ()

    def inside(self, place: Place, name: str) -> tuple[Place, ...]:
        """The package `name` below a package."""
        return self.locate(-1, f"{place.removeprefix(self._prefix)}.{name}") if isinstance(place, str) else ()


class Included:
    """C and C++: included files, and for C++ the namespaces that `using` names."""

    def __init__(self, files: Locator, spaces: DeclaredPackages) -> None:
        self._files = files
        self._spaces = spaces

    def locate(self, file: int, module: str) -> tuple[Place, ...]:
        """A file by the end of its path, else a namespace."""
        return self._files.locate(file, module) or self._spaces.locate(file, module)

    def inside(self, place: Place, name: str) -> tuple[Place, ...]:
        """The namespace `name` below a namespace."""
        return self._spaces.inside(place, name)


class GoPackages:
    """Go's packages: one folder each, beside which a test package may stand."""

    def __init__(self, facts: Sequence[FileFacts]) -> None:
        self._folders: dict[str, str] = {}  # folder → declared package
        for each in facts:
            if each.language == "go":
                folder = each.path.rpartition("/")[0]
                if folder not in self._folders or self._folders[folder].endswith("_test"):
                    self._folders[folder] = each.package
        votes: Counter[str] = Counter()
        for each in facts:
            if each.language == "go":
                for module in {imported.module for imported in each.imports}:
                    parts = module.split("/")
                    at = next((i for i in range(len(parts)) if "/".join(parts[i:]) in self._folders), 0)
                    if at and "." in parts[0]:
                        votes["/".join(parts[:at])] += 1
        self._root = min(votes, key=lambda path: (-votes[path], len(path), path)) if votes else ""

    def locate(self, file: int, module: str) -> tuple[Place, ...]:
        """The package's namespace: `/go:folder:package`."""
        if self._root and (module == self._root or module.startswith(self._root + "/")):
            folder = module[len(self._root) + 1 :]
        else:
            # Another module of the same repository, or a root package that only its own tests import.
            parts = module.split("/")
            folder = next((rest for i in range(1, len(parts)) if (rest := "/".join(parts[i:])) in self._folders), "")
            if "." not in parts[0] or (folder.count("/") < 1 and (self._root or folder)):
                return ()
            if not folder and parts[-1] != self._folders.get(""):
                return ()
        package = self._folders.get(folder)
        return (f"/go:{folder}:{package}",) if package is not None else ()

    def inside(self, place: Place, name: str) -> tuple[Place, ...]:
        """Go's packages do not contain each other."""
        return ()
