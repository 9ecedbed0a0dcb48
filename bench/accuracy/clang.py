# ruff: noqa: ANN401 - the wheel has no types
"""C's and C++'s truth: what clang's own syntax tree, by the `libclang` wheel, says each call refers to.

Every source file of a project is read with the compiler's usual headers where this machine has them; what stays unknown
is no truth. Headers are covered through the files that include them. Calls that nobody wrote as calls (operators,
conversions, constructors without arguments) do not count, nor do calls inside templates that depend on their
arguments, nor what a class without a constructor of its own runs. A declaration stands for the definition, wherever in
the project that is.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.accuracy.clang_symbols import Symbols
from bench.accuracy.common import Call, Node, Project, Truth

PACKAGE = "libclang"
SOURCES = (".c", ".cc", ".cpp", ".cxx")
HEADERS = (".h", ".hh", ".hpp", ".hxx", ".inl")
_DEBUG = ("-DDEBUG", "-D_DEBUG")  # what assertions call is called
_FUNCTIONS = frozenset(
    {"FUNCTION_DECL", "CXX_METHOD", "CONSTRUCTOR", "DESTRUCTOR", "FUNCTION_TEMPLATE", "CONVERSION_FUNCTION"}
)
_SCOPES = frozenset(
    {"NAMESPACE", "CLASS_DECL", "STRUCT_DECL", "UNION_DECL", "CLASS_TEMPLATE", "CLASS_TEMPLATE_PARTIAL_SPECIALIZATION"}
)


def truth(root: Path, tools: Path, project: Project) -> Truth:
    """All calls between functions of the C or C++ files below `root`, and the symbols that they declare."""
    sys.path.insert(0, str(tools))
    from clang import cindex  # type: ignore[import-not-found]  # noqa: PLC0415 - installed by the runner, for this alone

    files = sorted(path for path in root.rglob("*") if path.suffix in SOURCES + HEADERS)
    beside = {path.parent for path in files if path.suffix in HEADERS}
    folders = sorted(
        {root} | {above for each in beside for above in (each, *each.parents) if above.is_relative_to(root)}
    )
    reading, symbols = _Reading(root), Symbols(root)
    for path in files:
        if path.suffix in SOURCES:
            language = "c" if path.suffix == ".c" else "c++"
            standard = ["-std=gnu11" if language == "c" else "-std=c++17", *_DEBUG]
            arguments = ["-x", language, *standard, *(f"-I{each}" for each in folders), *_system(language)]
            options = cindex.TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD
            unit = cindex.Index.create().parse(str(path), args=arguments, options=options)
            worst = max((each.severity for each in unit.diagnostics), default=0)
            own = _own(unit)
            if worst < cindex.Diagnostic.Error:
                symbols.read(unit, own)
            if worst < cindex.Diagnostic.Fatal:  # no header is missing
                reading.read(own, clean=worst < cindex.Diagnostic.Error)
            else:
                reading.read(own, clean=None)
    return replace(
        reading.truth(),
        symbols=symbols.truth(project),
        declared=frozenset(symbols.covered),
        unsure=symbols.unsure(project),
    )


def _own(unit: Any) -> list[Any]:
    """What a translation unit says outside of the system's headers, which say far more."""
    from clang import cindex  # noqa: PLC0415 - as above

    foreign = cindex.conf.lib.clang_Location_isInSystemHeader
    foreign.argtypes = [cindex.SourceLocation]
    return [each for each in unit.cursor.get_children() if not foreign(each.location)]


def _system(language: str) -> list[str]:
    """The folders that the machine's own compiler searches for headers."""
    command = ["gcc", "-E", "-v", "-x", language, "/dev/null"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    inside = shown.partition("search starts here:\n#include <...>")[2] or shown.partition("#include <...>")[2]
    folders = re.findall(r"(?m)^ (/\S+)$", inside)
    return [word for folder in folders for word in ("-isystem", folder)]


class _Reading:
    """Gathers definitions and calls over all translation units, then matches them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.places: dict[str, str | None] = {}
        self.defined: dict[str, Node] = {}  # USR → where it is defined
        self.defined_in: dict[str, dict[str, Node]] = {}  # USR → path → the definition there: programs share names
        self.declared: dict[str, Node] = {}
        self.calls: set[tuple[Node, str]] = set()  # caller, USR of the callee
        self.unwritten: set[tuple[Node, str]] = set()  # those that do not look like calls, or whose look a macro hides
        self.callers: set[Node] = set()
        self.classes: set[Node] = set()
        self.seen: set[tuple[str, int, bool]] = set()  # definitions in headers are read once, and once more if clean

    def place(self, cursor: Any) -> str | None:
        file = cursor.location.file
        if file is None:
            return None
        if file.name not in self.places:
            path = Path(file.name).resolve()
            inside = path.is_relative_to(self.root.resolve())
            self.places[file.name] = path.relative_to(self.root.resolve()).as_posix() if inside else None
        return self.places[file.name]

    def read(self, todo: list[Any], clean: bool | None) -> None:
        """Enters what the parts of one translation unit define and call, unless `clean` is None: a header is missing.
        Where clang found errors, what it says is true, but calls on what it could not declare are left out, such as
        the locks of a platform that the build system chooses: then its functions are no callers that can be wrong."""
        todo = list(todo)
        while todo:
            cursor = todo.pop()
            path = self.place(cursor)
            if path is None:
                continue
            kind = _kind(cursor)
            if kind in _FUNCTIONS:
                name = path, _qualified(cursor)
                if not cursor.is_definition():
                    self.declared.setdefault(cursor.get_usr(), name)
                    continue
                self.defined[cursor.get_usr()] = name
                self.declared.setdefault(cursor.get_usr(), name)
                self.defined_in.setdefault(cursor.get_usr(), {})[path] = name
                start = cursor.location.offset  # of the name: a file may be included twice, under other macros
                if clean is not None and not {(path, start, clean), (path, start, True)} & self.seen:
                    self.seen.add((path, start, clean))
                    if clean and not _in_template(cursor):
                        self.callers.add(name)
                    for usr, written in _called(cursor):
                        (self.calls if written else self.unwritten).add((name, usr))
            if kind in _SCOPES and cursor.spelling:
                self.classes.add((path, _qualified(cursor)))
            if kind in _SCOPES or kind in ("LINKAGE_SPEC", "UNEXPOSED_DECL"):
                todo.extend(cursor.get_children())

    def truth(self) -> Truth:
        """The calls between what the project defines, else declares."""
        calls, unwritten = self._matched(self.calls), self._matched(self.unwritten)
        return Truth(
            calls=calls,
            callers=frozenset(self.callers),
            silent=frozenset(self.classes),
            neutral=unwritten - calls,
        )

    def _matched(self, calls: set[tuple[Node, str]]) -> frozenset[Call]:
        found: set[Call] = set()
        for caller, usr in calls:
            target = self.defined_in.get(usr, {}).get(caller[0]) or self.defined.get(usr) or self.declared.get(usr)
            if target is not None:
                found.add((caller, target))
        return frozenset(found)


def _kind(cursor: Any) -> str:
    try:
        return str(cursor.kind.name)
    except ValueError:  # a kind that this version of the wheel has no name for
        return ""


def _qualified(cursor: Any) -> str:
    """The name as Doctown gives it: namespaces and classes, anonymous ones left out, without template arguments."""
    names = [_plain(cursor.spelling)]
    above = cursor.semantic_parent
    while above is not None and _kind(above) in _SCOPES:
        if above.spelling and "(anonymous" not in above.spelling and "(unnamed" not in above.spelling:
            names.append(_plain(above.spelling))
        above = above.semantic_parent
    return ".".join(reversed(names))


def _in_template(cursor: Any) -> bool:
    """Whether what a function calls may depend on a template's arguments, and clang therefore leaves it open."""
    above = cursor
    while above is not None and _kind(above) != "TRANSLATION_UNIT":
        if "TEMPLATE" in _kind(above):
            return True
        above = above.semantic_parent
    return False


def _plain(name: str) -> str:
    return name if name.startswith("operator") else name.split("<", 1)[0]


def _called(function: Any) -> Iterator[tuple[str, bool]]:
    """(USR, whether it is called in so many words) of what a function's body calls; of a template's copy, the USR of
    the template."""
    from clang import cindex  # type: ignore[import-not-found]  # noqa: PLC0415 - as above

    todo = list(function.get_children())
    while todo:
        cursor = todo.pop()
        kind = _kind(cursor)
        if kind == "CALL_EXPR":
            target = cursor.referenced
            if target is not None and _kind(target) in _FUNCTIONS:
                template = cindex.conf.lib.clang_getSpecializedCursorTemplate(target)
                written = template if template is not None and not _kind(template).startswith("INVALID") else target
                yield str(written.get_usr()), _is_written(cursor, target)
        todo.extend(cursor.get_children())


def _is_written(call: Any, target: Any) -> bool:
    """Whether a call looks like one: not an operator, nor a constructor that a declaration or conversion runs."""
    if target.spelling.startswith("operator"):
        return False
    if _kind(target) != "CONSTRUCTOR":
        return _kind(target) not in ("DESTRUCTOR", "CONVERSION_FUNCTION")
    tokens = [each.spelling for each in list(call.get_tokens())[:200]]
    name = _plain(target.semantic_parent.spelling)
    return any(one == name and two in ("(", "{", "<") for one, two in pairwise(tokens)) or (
        len(tokens) > 1 and tokens[1] in ("(", "{") and "::" not in tokens[:2]
    )
