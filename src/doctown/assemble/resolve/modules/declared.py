"""What manifests call modules: the names of packages, what they export, and the short names of a project's settings."""

from __future__ import annotations

from collections.abc import Iterable

from doctown.model import Artifact, ModuleName

_FAMILIES = {"package.json": "javascript", "go.mod": "go", "Cargo.toml": "rust"}
_NAMING = frozenset({"package", "module_entry", "import_alias"})
_SETTINGS = ("tsconfig", "jsconfig")


def module_names(artifacts: Iterable[Artifact]) -> tuple[ModuleName, ...]:
    """The names that artifacts of a repository give to modules, ordered; others than these say nothing of names."""
    named = [_named(one) for one in artifacts if one.kind in _NAMING and names_modules(one.path)]
    return tuple(sorted(set(named), key=lambda each: (each.family, each.folder, each.name, each.target, each.local)))


def names_modules(path: str) -> bool:
    """Whether the file at `path` is one of those that give names."""
    name = path.rpartition("/")[2]
    return name in _FAMILIES or (name.startswith(_SETTINGS) and name.endswith(".json"))


def _named(artifact: Artifact) -> ModuleName:
    folder, _, file = artifact.path.rpartition("/")
    return ModuleName(
        family=_FAMILIES.get(file, "javascript"), name=artifact.name, target=artifact.target, folder=folder,
        local=artifact.kind == "import_alias",
    )  # fmt: skip
