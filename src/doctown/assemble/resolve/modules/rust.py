"""Rust: `crate::`, `self::` and `super::` follow the folders below a crate's root file; other crates of the workspace
are known by what their Cargo.toml calls them, or by the name of the folder that holds their `src`."""

from __future__ import annotations

from collections.abc import Sequence

from doctown.assemble.resolve.modules.base import Place
from doctown.model import FileFacts, ModuleName
from doctown.places import is_test

_ROOTS = ("lib.rs", "main.rs")


class RustModules:
    """Modules of Rust files by their path below the crate's root."""

    def __init__(self, facts: Sequence[FileFacts], names: Sequence[ModuleName] = ()) -> None:
        self._paths = [each.path for each in facts]
        rust = {each.path: file for file, each in enumerate(facts) if each.language == "rust"}
        self._roots: dict[str, int] = {}  # folder of a crate's root file → that file
        for name in reversed(_ROOTS):  # the library is what `crate` means to most files of a folder with both
            for path, file in rust.items():
                folder, _, last = path.rpartition("/")
                if last == name:
                    self._roots[folder] = file
        self._crates: dict[str, int] = {}
        for folder, file in sorted(self._roots.items()):
            holder = folder.removesuffix("/src").removesuffix("src").rpartition("/")[2]
            self._crates.setdefault(holder.replace("-", "_"), file)
        for each in sorted(names, key=lambda one: (is_test(f"{one.folder}/x"), len(one.folder)), reverse=True):
            homes = (each.folder, f"{each.folder}/src".removeprefix("/"))
            crate = next((self._roots[home] for home in homes if home in self._roots), None)
            if crate is not None:
                self._crates[each.name.replace("-", "_")] = crate
        self._modules: dict[str, int] = {}  # folder in which a module's children lie → the module's file
        for path, file in rust.items():
            self._modules[self._home(path)] = file

    def _home(self, path: str) -> str:
        """Where the submodules of the file at `path` lie."""
        folder, _, last = path.rpartition("/")
        if last == "mod.rs" or (last in _ROOTS and folder in self._roots):
            return folder
        return path.removesuffix(".rs")

    def locate(self, file: int, module: str) -> tuple[Place, ...]:
        """The file of a path such as `crate::graph::walk` or `super`."""
        parts = module.replace("::", ".").removeprefix(".").split(".")
        home = self._home(self._paths[file])
        if parts[0] == "crate":
            found = self._root_of(self._paths[file])
            if found is None:
                return ()
            home = self._home(self._paths[found])
            parts = parts[1:]
        elif parts[0] in ("self", "super"):
            while parts and parts[0] in ("self", "super"):
                if parts[0] == "super":
                    home = home.rpartition("/")[0]
                parts = parts[1:]
        elif f"{home}/{parts[0]}".removeprefix("/") not in self._modules:
            crate = self._crates.get(parts[0])
            root = self._root_of(self._paths[file])
            if crate is not None:
                home = self._home(self._paths[crate])
                parts = parts[1:]
            elif root is not None:  # in the edition of 2015 a path starts at the crate's root
                home = self._home(self._paths[root])
        target = "/".join(part for part in (home, *parts) if part)
        return (self._modules[target],) if target in self._modules else ()

    def _root_of(self, path: str) -> int | None:
        folder = path.rpartition("/")[0]
        while folder not in self._roots and folder:
            folder = folder.rpartition("/")[0]
        return self._roots.get(folder)

    def inside(self, place: Place, name: str) -> tuple[Place, ...]:
        """The submodule `name` of a module's file."""
        if isinstance(place, str):
            return ()
        target = f"{self._home(self._paths[place])}/{name}".removeprefix("/")
        return (self._modules[target],) if target in self._modules else ()
