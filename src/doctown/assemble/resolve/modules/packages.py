"""Languages whose files declare a package or namespace, which imports name: the JVM's, C#, PHP, C++ namespaces, and Go.

Go's imports name folders below the folder of a module. What a module is called says its go.mod; without one, it is what
the imports agree on that end as folders do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from doctown.assemble.resolve.modules.base import Locator, Place
from doctown.model import FileFacts, ModuleName
from doctown.places import is_test


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


def _module_roots(imported: Iterable[str], folders: Iterable[str]) -> list[tuple[str, str]]:
    """(import path, folder) of each Go module: what is in front of the common end of an import and a folder.

    No file says here what a module is called, so folders have to agree about it: one folder that ends as a foreign
    module does is chance. The repository's own top is believed at once, and so is a folder that is called as the
    import path ends, as in a package archive (`lib@v1.2.0`)."""
    endings: dict[str, list[list[str]]] = {}
    for folder in folders:
        parts = folder.split("/")
        endings.setdefault(parts[-1], []).append(parts)
    votes: dict[tuple[str, str], set[str]] = {}
    for module in imported:
        parts = module.split("/")
        for place in endings.get(parts[-1], ()) if "." in parts[0] else ():
            same = 1
            while same < min(len(parts), len(place)) and parts[-same - 1] == place[-same - 1]:
                same += 1
            pair = "/".join(place[:-same]), "/".join(parts[:-same])
            votes.setdefault(pair, set()).add("/".join(place))
    found: dict[str, str] = {}  # folder → import path
    explained: set[str] = set()
    for root, path in sorted(votes, key=lambda key: (-len(votes[key]), len(key[0]), len(key[1]), key)):
        agreeing = votes[root, path] - explained
        called = root.rpartition("/")[2].partition("@")[0]
        if root in found or not agreeing or (len(agreeing) < 2 and root and path and called != _own_name(path)):
            continue
        found[root] = path
        explained |= votes[root, path]
    return sorted(((path, root) for root, path in found.items()), key=lambda pair: (-len(pair[0]), pair))


def _own_name(path: str) -> str:
    """What a module is called: the end of its import path, without a version."""
    parts = path.split("/")
    return parts[-2] if len(parts) > 1 and re.fullmatch(r"v\d+", parts[-1]) else parts[-1]


class GoPackages:
    """Go's packages: one folder each, beside which a test package may stand."""

    def __init__(self, facts: Sequence[FileFacts], names: Sequence[ModuleName] = ()) -> None:
        self._paths = [each.path for each in facts]
        self._folders: dict[str, str] = {}  # folder → declared package
        for each in facts:
            if each.language == "go":
                folder = each.path.rpartition("/")[0]
                if folder not in self._folders or self._folders[folder].endswith("_test"):
                    self._folders[folder] = each.package
        imported = {each.module for one in facts if one.language == "go" for each in one.imports}
        # Of modules in modules the inner one comes first, and those that tests make up last.
        self._declared = sorted(
            ((each.name, each.folder) for each in names),
            key=lambda one: (-len(one[0]), is_test(f"{one[1]}/x"), len(one[1]), one[1]),
        )
        covered = all(any(_is_below(folder, root) for _, root in self._declared) for folder in self._folders)
        self._is_declared = bool(self._declared) and covered
        self._roots = [] if self._is_declared else _module_roots(imported, self._folders)

    def locate(self, file: int, module: str) -> tuple[Place, ...]:
        """The package's namespace: `/go:folder:package`."""
        found = self._by_manifest(file, module)
        if found or self._is_declared:
            return found
        for path, root in self._roots:  # of modules in modules the inner one first
            if module == path or not path or module.startswith(path + "/"):
                folder = "/".join(part for part in (root, module[len(path) :].lstrip("/")) if part)
                if folder in self._folders:
                    return (f"/go:{folder}:{self._folders[folder]}",)
                if path:
                    return ()
        # Another module of the same repository, or a root package that only its own tests import.
        parts = module.split("/")
        folder = next((rest for i in range(1, len(parts)) if (rest := "/".join(parts[i:])) in self._folders), "")
        if "." not in parts[0] or (folder.count("/") < 1 and (self._roots or folder)):
            return ()
        if not folder and parts[-1] != self._folders.get(""):
            return ()
        package = self._folders.get(folder)
        return (f"/go:{folder}:{package}",) if package is not None else ()

    def _by_manifest(self, file: int, module: str) -> tuple[Place, ...]:
        """By the modules that are declared; of two of one name, the importing file's own."""
        here = self._paths[file] if file >= 0 else ""
        fitting = [one for one in self._declared if module == one[0] or module.startswith(one[0] + "/")]
        for path, root in sorted(fitting, key=lambda one: (-len(one[0]), not _is_below(here, one[1]))):
            folder = "/".join(part for part in (root, module[len(path) :].lstrip("/")) if part)
            if folder in self._folders:
                return (f"/go:{folder}:{self._folders[folder]}",)
        return ()

    def inside(self, place: Place, name: str) -> tuple[Place, ...]:
        """Go's packages do not contain each other."""
        return ()


def _is_below(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")
