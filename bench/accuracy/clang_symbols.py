# ruff: noqa: ANN401 - the wheel has no types
"""What clang's syntax tree declares, as Doctown names it: (path, qualified name, kind) of every symbol that is written.

Only translation units without errors speak, and only of files of the project. A declaration is a symbol where it
stands, but a type only where its members are. What a macro's use declares and nobody wrote under that name counts
neither way, nor does what stands in lines that the preprocessor skipped in every unit, nor what functions hold.
An include guard is no symbol, as for clangd.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.accuracy.common import Named, Project, node

_KINDS = {
    "FUNCTION_DECL": "function", "CXX_METHOD": "method", "CONSTRUCTOR": "constructor", "DESTRUCTOR": "method",
    "CONVERSION_FUNCTION": "method", "STRUCT_DECL": "struct", "CLASS_DECL": "class", "UNION_DECL": "union",
    "ENUM_DECL": "enum", "ENUM_CONSTANT_DECL": "enum_member", "FIELD_DECL": "field", "VAR_DECL": "variable",
    "TYPEDEF_DECL": "type_alias", "TYPE_ALIAS_DECL": "type_alias", "TYPE_ALIAS_TEMPLATE_DECL": "type_alias",
    "NAMESPACE": "namespace", "CONCEPT_DECL": "interface", "CLASS_TEMPLATE_PARTIAL_SPECIALIZATION": "class",
}  # fmt: skip
_RECORDS = frozenset({"struct", "class", "union"})
_TYPES = _RECORDS | {"enum"}
_INSIDE = frozenset({"LINKAGE_SPEC", "UNEXPOSED_DECL"})
_BEFORE = rb"(?>\s+|//[^\n]*|/\*.*?\*/|#[ \t]*pragma[^\n]*)*+"
_GUARD = re.compile(
    _BEFORE + rb"#\s*(?:ifndef\s+(\w+)|if\s+!\s*defined\s*\(?\s*(\w+)\s*\)?)[^\n]*\n"
    + _BEFORE + rb"#\s*define\s+(?P<defined>\w+)", re.DOTALL
)  # fmt: skip


class Symbols:
    """Gathers what the translation units of a project declare."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.found: set[Named] = set()
        self.texts_named: set[Named] = set()  # macros without arguments: constants, or code
        self.hidden: set[Named] = set()  # declared by a macro's use
        self.hidden_lines: set[tuple[str, int]] = set()
        self.friends: set[tuple[str, str]] = set()  # path and name
        self.covered: set[str] = set()
        self.skipped: dict[str, set[int]] = {}  # path → lines skipped in every unit so far
        self.texts: dict[str, bytes] = {}
        self.guards: dict[str, str] = {}  # path → the macro that guards the file against being included twice
        self.first: dict[tuple[str, int], str] = {}  # the name of what stands at a place
        self.names: dict[str, str | None] = {}

    def place(self, name: str) -> str | None:
        """The path of a file within the project, None for others'."""
        if name not in self.names:
            path = Path(name).resolve()
            inside = path.is_relative_to(self.root)
            self.names[name] = path.relative_to(self.root).as_posix() if inside else None
            if inside:
                self.texts[str(self.names[name])] = path.read_bytes()
        return self.names[name]

    def read(self, unit: Any, own: list[Any]) -> None:
        """Enters what one translation unit declares; `own`: its parts outside of the system's headers."""
        for path, lines in self._skipped(unit).items():
            self.skipped[path] = self.skipped[path] & lines if path in self.skipped else lines
        todo: list[tuple[Any, tuple[str, ...], str]] = [(each, (), "") for each in own]
        while todo:
            cursor, scope, within = todo.pop()
            file = cursor.location.file
            path = self.place(file.name) if file is not None else None
            if path is not None:
                self.covered.add(path)
                todo.extend(self._enter(cursor, path, scope, within))

    def _enter(self, cursor: Any, path: str, scope: tuple[str, ...], within: str) -> Iterator[tuple[Any, Any, str]]:
        """Enters one declaration, and gives those inside it with their scope and the kind of what is around them."""
        what = _name(cursor.kind)
        if what == "FRIEND_DECL":  # a function that a class declares or defines so is no member of it
            for each in cursor.get_children():
                self.friends.add((path, _plain(each.spelling)))
            return
        if what in _INSIDE:
            yield from ((each, scope, within) for each in cursor.get_children())
            return
        if what == "MACRO_DEFINITION":
            self._macro(cursor, path)
            return
        kind = _kind(cursor, what, within)
        if not kind or (kind in _TYPES and not cursor.is_definition()):
            return
        name = "" if kind in _TYPES and _is_unnamed(cursor) else _plain(cursor.spelling)
        if what == "CONVERSION_FUNCTION":  # the type as it is written
            shown = self.texts[path][cursor.location.offset : cursor.extent.end.offset].decode("utf-8", "replace")
            name = " ".join(shown.split("(")[0].split())
        scope = self._scope(cursor, scope)
        if kind == "type_alias" and _names_in_place(cursor):
            return
        if name:
            self._add(cursor, path, ".".join((*scope, name)), kind)
        inner = (*scope, name) if name else scope
        if kind in _TYPES or kind == "namespace":
            held = {**_holders(cursor)} if kind in _RECORDS else {}
            for each in cursor.get_children():
                holder = held.get(each.hash)
                yield each, (*inner, holder) if holder else inner, kind if name or kind != "enum" else "anonymous"

    def _scope(self, cursor: Any, scope: tuple[str, ...]) -> tuple[str, ...]:
        """The scope that a definition outside of its class names, else the one it stands in."""
        parent, around = cursor.semantic_parent, cursor.lexical_parent
        if parent is None or around is None or parent == around or _name(parent.kind) == "TRANSLATION_UNIT":
            return scope
        if _name(around.kind) not in ("TRANSLATION_UNIT", "NAMESPACE", "LINKAGE_SPEC", "UNEXPOSED_DECL"):
            return scope
        names: list[str] = []
        while parent is not None and _name(parent.kind) != "TRANSLATION_UNIT":
            if parent.spelling and "(" not in parent.spelling:
                names.append(_plain(parent.spelling))
            parent = parent.semantic_parent
        return tuple(reversed(names))

    def _add(self, cursor: Any, path: str, qualified: str, kind: str) -> None:
        place = cursor.location
        written = self.texts[path][place.offset : place.offset + 300]
        last = _plain(cursor.spelling)
        first = self.first.setdefault((path, place.offset), qualified)
        if first != qualified:  # a file that is included twice, with another name for its namespace
            self.hidden.add((path, qualified, kind))
        elif written.startswith((last.encode(), b"~")) or last.startswith("operator"):
            self.found.add((path, qualified, kind))
        else:
            self.hidden.add((path, qualified, kind))
            self.hidden_lines.update(
                (path, line) for line in range(cursor.extent.start.line, cursor.extent.end.line + 1)
            )

    def _macro(self, cursor: Any, path: str) -> None:
        if path not in self.guards:
            guard = _GUARD.match(self.texts[path])
            asked = guard is not None and (guard[1] or guard[2]) == guard["defined"]
            self.guards[path] = guard["defined"].decode() if guard is not None and asked else ""
        if cursor.spelling == self.guards[path]:
            return
        end = cursor.location.offset + len(cursor.spelling.encode())
        takes_arguments = self.texts[path][end : end + 1] == b"("
        (self.found if takes_arguments else self.texts_named).add((path, cursor.spelling, "macro"))

    def _skipped(self, unit: Any) -> dict[str, set[int]]:
        from clang import cindex  # type: ignore[import-not-found]  # noqa: PLC0415 - installed by the runner

        library = cindex.conf.lib
        fields = [("count", ctypes.c_uint), ("ranges", ctypes.POINTER(cindex.SourceRange))]
        ranges = type("CXSourceRangeList", (ctypes.Structure,), {"_fields_": fields})
        library.clang_getAllSkippedRanges.restype = ctypes.POINTER(ranges)
        library.clang_getAllSkippedRanges.argtypes = [ctypes.c_void_p]
        listed = library.clang_getAllSkippedRanges(unit)
        lines: dict[str, set[int]] = {}
        for each in unit.get_includes():
            path = self.place(each.include.name)
            if path is not None:
                lines.setdefault(path, set())
        for at in range(listed.contents.count):
            span = listed.contents.ranges[at]
            file = span.start.file
            path = self.place(file.name) if file is not None else None
            if path is not None:
                lines.setdefault(path, set()).update(range(span.start.line, span.end.line + 1))
        return lines

    def truth(self, project: Project) -> frozenset[Named]:
        """All symbols. What a macro without arguments stands for, a value or code, is a matter of opinion: of both
        kinds the one that the project has is true."""
        macros = {(*node(symbol), symbol.kind) for facts in project.facts for symbol in facts.symbols}
        values = {(path, name, "constant") for path, name, _ in self.texts_named}
        return frozenset(self.found | (self.texts_named & macros) | {
            each for each in values if (each[0], each[1], "macro") not in macros
        })  # fmt: skip

    def unsure(self, project: Project) -> frozenset[Named]:
        """The symbols of the project that count neither way."""
        found: set[Named] = set(self.hidden)
        for facts in project.facts:
            if facts.path not in self.covered:
                continue
            by_key = {symbol.key: symbol for symbol in facts.symbols}
            for symbol in facts.symbols:
                above = by_key.get(symbol.parent)
                while above is not None and above.kind not in ("function", "method", "constructor"):
                    above = by_key.get(above.parent)
                skipped = symbol.start_line in self.skipped.get(facts.path, ())
                friend = (facts.path, symbol.name) in self.friends
                if above is not None or skipped or friend or (facts.path, symbol.start_line) in self.hidden_lines:
                    found.add((*node(symbol), symbol.kind))
        return frozenset(found) - self.truth(project)


def _name(kind: Any) -> str:
    try:
        return str(kind.name)
    except ValueError:  # a kind that this version of the wheel has no name for
        return ""


def _plain(name: str) -> str:
    return name if name.startswith("operator") else name.split("<", 1)[0]


def _kind(cursor: Any, what: str, within: str) -> str:
    if what in ("CLASS_TEMPLATE", "FUNCTION_TEMPLATE"):
        what = _template(cursor)
    if what == "CLASS_TEMPLATE_PARTIAL_SPECIALIZATION":
        what = _template(cursor)
    kind = _KINDS.get(what, "")
    if kind == "enum_member":
        return "constant" if within == "anonymous" else kind
    if kind == "variable":
        parent = cursor.semantic_parent
        if parent is not None and _name(parent.kind) not in ("TRANSLATION_UNIT", "NAMESPACE", "LINKAGE_SPEC"):
            return "field"
        return "constant" if _is_constant(cursor.type) else kind
    return kind


def _template(cursor: Any) -> str:
    from clang import cindex  # noqa: PLC0415 - as above

    kinds = cindex.conf.lib.clang_getTemplateCursorKind
    kinds.restype, kinds.argtypes = ctypes.c_int, [cindex.Cursor]
    return _name(cindex.CursorKind.from_id(kinds(cursor)))


def _is_constant(kind: Any) -> bool:
    """Whether a variable of this type, or the elements of such an array, can never change."""
    for _ in range(9):
        if not kind.get_array_element_type().spelling:
            break
        kind = kind.get_array_element_type()
    return bool(kind.is_const_qualified())


def _is_unnamed(declared: Any) -> bool:
    """Whether a type has no name, as `(unnamed struct at …)` has none."""
    return not declared.spelling or "(" in declared.spelling


def _holders(record: Any) -> dict[int, str]:
    """The fields of a record by the unnamed types that are defined as theirs."""
    held = {}
    for each in record.get_children():
        if _name(each.kind) in ("FIELD_DECL", "VAR_DECL"):
            declared = _element(each.type).get_declaration()
            if _is_unnamed(declared):
                held[declared.hash] = each.spelling
    return held


def _element(kind: Any) -> Any:
    """What an array or a pointer is of; of a type that depends on itself, one of its levels."""
    for _ in range(9):
        inner = kind.get_array_element_type()
        inner = inner if inner.spelling else kind.get_pointee()
        if not inner.spelling:
            break
        kind = inner
    return kind


def _names_in_place(alias: Any) -> bool:
    """Whether a `typedef` only gives the type that it defines its name: that is one symbol."""
    declared = alias.underlying_typedef_type.get_declaration() if _name(alias.kind) == "TYPEDEF_DECL" else None
    return (
        declared is not None
        and declared.spelling == alias.spelling
        and declared.location.file is not None
        and alias.extent.start.offset <= declared.extent.start.offset <= alias.extent.end.offset
        and declared.is_definition()
    )
