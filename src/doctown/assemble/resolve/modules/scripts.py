"""JavaScript and TypeScript: paths relative to the importing file, and the names of package.json and tsconfig.json.

Extensions and `index` files may be left out. A package's name leads to what it exports; that is often a compiled file,
of which a repository has only the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from doctown.assemble.resolve.modules.base import Place, normalise
from doctown.model import FileFacts, ModuleName
from doctown.places import is_test

_SUFFIXES = ("", ".ts", ".tsx", ".mts", ".cts", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".d.mts", ".d.cts")
_COMPILED = ((".js", ".ts"), (".js", ".tsx"), (".mjs", ".mts"), (".cjs", ".cts"), (".jsx", ".tsx"))
_SCRIPTS = frozenset({"javascript", "typescript", "tsx"})
_EXTENSION = re.compile(r"(?:\.d)?\.[cm]?[jt]sx?$")
_SOURCES = ("src", "source", "lib", "")  # where a package keeps what it is compiled from


class ScriptModules:
    """Modules of JavaScript, TypeScript and TSX files, which import each other."""

    def __init__(self, facts: Sequence[FileFacts], names: Sequence[ModuleName] = ()) -> None:
        self._paths = [each.path for each in facts]
        self._files = {each.path: file for file, each in enumerate(facts) if each.language in _SCRIPTS}
        self._aliases: list[tuple[str, str, ModuleName]] = []  # what stands before `*`, what behind it
        self._exports: dict[str, dict[str, list[ModuleName]]] = {}  # package → folder → what it exports
        for each in names:
            if each.local:
                self._aliases.append((*_halves(each.name), each))
            elif not each.target:
                self._exports.setdefault(each.name, {}).setdefault(each.folder, [])
        for each in names:
            if each.target and not each.local:
                of_package = self._exports.get(_package(each.name), {})
                if each.folder in of_package:
                    of_package[each.folder].append(each)
        # Of settings the innermost count, and of their names the one that says most.
        self._aliases.sort(key=lambda one: (-len(one[2].folder), "*" in one[2].name, -len(one[0]), one[2].name))
        self._located: dict[tuple[str, str], int | None] = {}  # (folder, name) → file

    def locate(self, file: int, module: str) -> tuple[Place, ...]:
        """The file that a relative path names, a short name of the project's settings, a package of the repository, or
        a path from the usual root (`@/x`, `~/x`) in `src`."""
        folder = self._paths[file].rpartition("/")[0]
        if module.startswith("."):
            found = self._file(normalise(f"{folder}/{module}"))
        else:
            known = self._located.get((folder, module), -1)
            found = self._by_name(self._paths[file], module) if known == -1 else known
            self._located[folder, module] = found
        return (found,) if found is not None else ()

    def inside(self, place: Place, name: str) -> tuple[Place, ...]:
        """A module has nothing below it but what it exports."""
        return ()

    def _by_name(self, importer: str, module: str) -> int | None:
        for before, behind, alias in self._aliases:
            if _fits(module, before, behind, alias.name) and _is_below(importer, alias.folder):
                target = _filled(alias, module, before, behind)
                # Settings name sources; only what a package.json names may be a compiled file. `baseUrl` would find
                # a foreign `react` in any file of that name else.
                compiled = alias.name.startswith("#")
                path = normalise(f"{alias.folder}/{target}")
                found = self._script(alias.folder, target) if compiled else self._file(path)
                if found is not None:
                    return found
        if module.startswith(("@/", "~/")):
            return self._file(f"src/{module[2:]}")
        return self._of_package(importer, module)

    def _of_package(self, importer: str, module: str) -> int | None:
        """What a package of the repository gives under a name. Packages that tests make up are known to tests alone,
        and of several of one name the nearest counts."""
        name = _package(module)
        folders = [
            folder
            for folder in self._exports.get(name, ())
            if not is_test(f"{folder}/x") or is_test(importer) or _is_below(importer, folder)
        ]
        for folder in sorted(folders, key=lambda one: (-_shared(one, importer), len(one), one)):
            for target in self._targets(name, folder, module):
                found = self._script(folder, target)
                if found is not None:
                    return found
        return None

    def _targets(self, name: str, folder: str, module: str) -> Iterator[str]:
        """Where a package may keep a module: what it says that it exports, exactly before by pattern; else the path
        below it, or its index."""
        ordered = sorted(self._exports[name][folder], key=lambda one: ("*" in one.name, -len(one.name)))
        for each in ordered:
            before, behind = _halves(each.name)
            if _fits(module, before, behind, each.name):
                yield _filled(each, module, before, behind)
        yield module[len(name) + 1 :] or "index"

    def _script(self, folder: str, target: str) -> int | None:
        """The script at a target below a folder, or the source that the target is compiled from."""
        found = self._file(normalise(f"{folder}/{target}"))
        if found is not None:
            return found
        parts = [part for part in _EXTENSION.sub("", target).split("/") if part not in ("", ".")]
        for dropped in range(len(parts) if ".." not in parts else 0):  # `dist/esm/a` is compiled from `src/a`
            for source in _SOURCES if dropped or parts[0] not in _SOURCES else _SOURCES[:1]:
                found = self._file(normalise("/".join((folder, source, *parts[dropped:]))))
                if found is not None:
                    return found
        return None

    def _file(self, path: str) -> int | None:
        for suffix in _SUFFIXES:
            if path + suffix in self._files:
                return self._files[path + suffix]
        for compiled, written in _COMPILED:  # TypeScript imports what its files will be called once compiled
            if path.endswith(compiled):
                found = self._files.get(path.removesuffix(compiled) + written)
                if found is not None:
                    return found
        index = f"{path}/index" if path else "index"
        return next((self._files[index + suffix] for suffix in _SUFFIXES[1:] if index + suffix in self._files), None)


def _package(module: str) -> str:
    """The package in an import: `@scope/name` of `@scope/name/sub`, `name` of `name/sub`."""
    return "/".join(module.split("/")[: 2 if module.startswith("@") else 1])


def _halves(pattern: str) -> tuple[str, str]:
    before, _, behind = pattern.partition("*")
    return before, behind


def _fits(module: str, before: str, behind: str, pattern: str) -> bool:
    if "*" not in pattern:
        return module == pattern
    return len(module) > len(before) + len(behind) and module.startswith(before) and module.endswith(behind)


def _filled(name: ModuleName, module: str, before: str, behind: str) -> str:
    """The target, with what stands for the star in the module."""
    return (
        name.target.replace("*", module[len(before) : len(module) - len(behind)]) if "*" in name.name else name.target
    )


def _is_below(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def _shared(folder: str, path: str) -> int:
    """How many folders two paths have in common."""
    count = 0
    for one, other in zip(folder.split("/"), path.split("/"), strict=False):
        if one != other:
            break
        count += 1
    return count
