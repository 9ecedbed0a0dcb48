"""Which file or package an import names, language by language.

A locator answers two questions: what does `module`, as written in a file, name (`locate`), and what lies below a
module or namespace (`inside`). It knows paths, declared packages and what manifests call modules; what a file's scope
holds is for `scopes`.
An empty answer means that the repository has no such module: it is external.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from doctown.assemble.resolve.modules.base import Locator, Nowhere
from doctown.assemble.resolve.modules.declared import module_names, names_modules
from doctown.assemble.resolve.modules.packages import DeclaredPackages, GoPackages, Included
from doctown.assemble.resolve.modules.paths import PathModules
from doctown.assemble.resolve.modules.python import PythonModules
from doctown.assemble.resolve.modules.rust import RustModules
from doctown.assemble.resolve.modules.scripts import ScriptModules
from doctown.model import FileFacts, ModuleName

__all__ = ["Locator", "locators", "module_names", "names_modules"]

_JVM = frozenset({"java", "kotlin", "scala"})
_C = frozenset({"c", "cpp"})
_SCRIPTS = frozenset({"javascript", "typescript", "tsx"})


def locators(facts: Sequence[FileFacts], names: Sequence[ModuleName] = ()) -> Mapping[str, Locator]:
    """A locator for each language that occurs in `facts`; files are named by their position in it. `names`: what
    manifests call modules."""
    found: dict[str, Locator] = {}
    for language in sorted({each.language for each in facts}):
        if language not in found:
            family, locator = _locator(language, facts, names)
            found.update(dict.fromkeys(family, locator))
    return found


def _locator(language: str, facts: Sequence[FileFacts], names: Sequence[ModuleName]) -> tuple[frozenset[str], Locator]:
    """(the languages that share it, the locator)."""
    own = frozenset({language})
    family = "javascript" if language in _SCRIPTS else language
    names = [each for each in names if each.family == family]
    if language == "python":
        return own, PythonModules(facts)
    if language in _SCRIPTS:
        return _SCRIPTS, ScriptModules(facts, names)
    if language == "go":
        return own, GoPackages(facts, names)
    if language == "rust":
        return own, RustModules(facts, names)
    if language in _JVM:
        return _JVM, DeclaredPackages(facts, "java", _JVM)
    if language in ("csharp", "swift"):
        return own, DeclaredPackages(facts, language, own)
    if language in _C:
        return _C, Included(PathModules(facts, _C, ("",), False), DeclaredPackages(facts, "c", _C))
    if language == "php":
        return own, Included(PathModules(facts, own, ("",), False), DeclaredPackages(facts, "php", own))
    if language == "lua":
        return own, PathModules(facts, own, (".lua", "/init.lua"), True)
    if language == "ruby":
        return own, PathModules(facts, own, ("", ".rb"), False)
    if language in ("bash", "zig"):
        return own, PathModules(facts, own, ("",), False)
    return own, Nowhere()
