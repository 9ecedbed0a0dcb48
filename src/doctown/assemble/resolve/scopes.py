"""Where a name leads: enclosing scopes, the module, its package, star imports, and imports followed through re-exports.

Answers are values (see `index`): symbols, local variables, external names. What a variable *is* belongs to `infer`.
Every step from one file to another uses up one of `MAX_HOPS`, so circular imports end.
"""

from __future__ import annotations

from doctown.assemble.resolve.index import BUILTIN, DEFINITION, Index, Table, Value, Values, family_of, group_of
from doctown.languages.base import CLASS_KINDS
from doctown.model import Import

MAX_HOPS = 10
PACKAGE = "/"  # what a namespace's value starts with

WHOLE = ("default", "module.exports", "export=")  # under what names a file exports one thing in place of itself
_INCLUDING = frozenset({"c", "cpp"})
_HEADERS = frozenset({"h", "hh", "hpp", "hxx", "inl", "h++"})
_SCRIPTS = frozenset({"javascript", "typescript", "tsx"})
_MEMBERS = frozenset({"method", "constructor", "property", "field", "enum_member"})
_VALUES = frozenset({"variable", "constant", "field"})  # what an object holds is no scope for the code in it
_PATH_STARTS = frozenset({"crate", "super", "self"})  # of Rust


def find(ix: Index, file: int, scope: int, name: str, inherited: bool = True) -> Values:
    """What a bare `name` means in `scope` of `file`. Empty: nobody knows.

    Without `inherited`, members that an enclosing class has from its supertypes are left out: that is how supertypes
    themselves are looked up, which therefore never go in circles.
    """
    table = ix.tables[file] or ix.table(file)
    if scope and not (table.flat and name not in table.inner):
        found = _lexical(ix, file, scope, name, inherited)
        if found:
            return found
        if table.language.implicit_self and inherited and table.class_around(scope) < 0:
            around = ix.class_of(file, scope)  # a method that stands outside its class sees the class's members
            found = ix_member(ix, around, name) if around >= 0 else ()
            if found:
                return found
    found = module_member(ix, file, name, MAX_HOPS)
    if found:
        return found
    if name in _PATH_STARTS and table.language.name == "rust":
        return places(ix, file, name)
    if name in table.language.builtins or name in table.language.builtin_types:
        return (BUILTIN + name,)
    return ()


def _lexical(ix: Index, file: int, scope: int, name: str, inherited: bool) -> Values:
    """What a name means in the scopes below the module's, innermost first."""
    table = ix.table(file)
    symbols = table.facts.symbols
    inside_class = table.language.implicit_self
    start = scope
    while scope > 0:
        kind = symbols[scope].kind
        if (kind not in CLASS_KINDS or scope == start or inside_class) and kind not in _VALUES:
            found = _in_scope(ix, table, file, scope, name)
            if not found and kind in CLASS_KINDS and inside_class and inherited:
                found = ix_member(ix, table.offset + scope, name)
            if found:
                return found
        if kind == "namespace":
            space = f"/{family_of(table.facts.language)}:{_space(table, scope)}"
            numbers = ix.shared.get(space, {}).get(name)
            if numbers:
                return tuple(number * 4 for number in _nearby(ix, file, numbers))
        scope = table.parents[scope]
    return ()


def _space(table: Table, scope: int) -> str:
    """The full name of a namespace: the file's package and the namespaces around it."""
    package = table.facts.package
    name = table.facts.symbols[scope].qualified_name
    return f"{package}.{name}" if package else name


def ix_member(ix: Index, number: int, name: str) -> Values:
    """A member of a class reached without a receiver, where the language allows that."""
    from doctown.assemble.resolve.classes import class_member  # noqa: PLC0415 - classes look up their bases by name here

    found = class_member(ix, number, name)
    return tuple(value for value in found if isinstance(value, int))


def _in_scope(ix: Index, table: Table, file: int, scope: int, name: str) -> Values:
    found: list[Value] = []
    held = table.names.get(scope)
    if held is not None and name in held:
        numbers = held[name]
        if table.language.name in _SCRIPTS:  # a method of an object literal is no name of the function around it
            numbers = [number for number in numbers if ix.kinds[number] not in _MEMBERS]
        found.extend(number * 4 + DEFINITION for number in chosen(ix, numbers))
    imports = table.imports.get(scope)
    if imports is not None and name in imports:
        found.extend(_imported_values(ix, file, imports[name], MAX_HOPS))
    if not found:
        variables = table.variables.get(scope)
        if variables is not None and name in variables:
            found.append(("var", file, scope, name))
    return tuple(found)


def chosen(ix: Index, numbers: list[int]) -> list[int]:
    """Of several definitions of one name in one scope, those that a use of it means.

    In Python the last one holds (earlier ones are overloads or other branches), and a property's getter stands for it;
    where functions are overloaded, all stay. A class and a variable of one name: the class.
    """
    if len(numbers) <= 1:
        return numbers
    kinds = [ix.kinds[number] for number in numbers]
    if ix.facts[ix.file_of[numbers[0]]].language == "python":
        properties = [number for number, kind in zip(numbers, kinds, strict=True) if kind == "property"]
        if properties:
            return properties[:1]
        running = [number for number, kind in zip(numbers, kinds, strict=True) if kind not in ("variable", "field")]
        return running[-1:] or numbers[-1:]
    types = [number for number, kind in zip(numbers, kinds, strict=True) if kind in CLASS_KINDS]
    return types or numbers


def module_member(ix: Index, file: int, name: str, hops: int = MAX_HOPS) -> Values:
    """What `name` means at the top level of `file`, seen from inside or outside of it."""
    key = (file, name, hops)
    known = ix.found.get(key)
    if known is None:
        known = ix.found[key] = _module_member(ix, file, name, hops)
    return known


def _module_member(ix: Index, file: int, name: str, hops: int) -> Values:
    if hops == 0:
        return ()
    table = ix.tables[file] or ix.table(file)
    found: list[Value] = []
    held = table.names.get(0, {}).get(name)
    if held:
        found.extend(number * 4 for number in chosen(ix, held))
    imports = table.imports.get(0, {}).get(name)
    if imports:
        values = _imported_values(ix, file, imports, hops - 1)
        # A definition beside an import of the same name is the fallback for a missing library: ours is what we know.
        found.extend(value for value in values if not found or not isinstance(value, str))
    local = table.exports.get(name)
    if not found and local is not None and local != name:
        parts = local.split(".")
        found.extend(_module_member(ix, file, parts[0], hops - 1) if len(parts) == 1 else ())
    if found:
        return tuple(dict.fromkeys(found))
    group = group_of(table.facts, table.language)
    if group:
        numbers = ix.shared.get(group, {}).get(name)
        if numbers:
            return tuple(number * 4 for number in _nearby(ix, file, numbers))
    for star in table.stars:
        for value in _star(ix, file, star, name, hops - 1):
            found.append(value)
        if found:
            return tuple(found)
    if name in table.variables.get(0, {}):
        return (("var", file, 0, name),)
    return ()


def _nearby(ix: Index, file: int, numbers: list[int]) -> list[int]:
    """Of the definitions that share a package or a language's global space: this file's own, else all of them, a
    definition before a declaration, and none that is private to another file."""
    own = [number for number in numbers if ix.file_of[number] == file]
    if own:
        return chosen(ix, own)
    hidden = ("private", "internal") if ix.facts[file].language in _INCLUDING else ("private",)
    visible = []
    for number in numbers:
        holder = ix.file_of[number]
        if ix.facts[holder].symbols[number - ix.offsets[holder]].visibility not in hidden or _is_header(ix, number):
            visible.append(number)
    # A prototype in a header stands for the function that some source file defines.
    defined = [number for number in visible if not _is_header(ix, number)]
    return chosen(ix, defined or visible)


def _is_header(ix: Index, number: int) -> bool:
    facts = ix.facts[ix.file_of[number]]
    return facts.language in _INCLUDING and facts.path.rpartition(".")[2].lower() in _HEADERS


def _star(ix: Index, file: int, star: Import, name: str, hops: int) -> Values:
    if hops <= 0 or (name.startswith("_") and ix.facts[file].language == "python"):
        return ()
    found: list[Value] = []
    for value in places(ix, file, star.module):
        found.extend(space_member(ix, value, name, hops))
    return tuple(found)


def places(ix: Index, file: int, module: str) -> Values:
    """The modules and namespaces that `module` names in `file`."""
    locator = ix.locators[ix.facts[file].language]
    return tuple(place if isinstance(place, str) else ix.offsets[place] * 4 for place in locator.locate(file, module))


def space_member(ix: Index, space: Value, name: str, hops: int = MAX_HOPS) -> Values:
    """`name` in a module or namespace: what it defines or re-exports, else its submodule."""
    if hops <= 0:
        return ()
    if isinstance(space, int) and ix.kinds[space >> 2] != "module":
        table = ix.table(ix.file_of[space >> 2])
        held = table.names.get((space >> 2) - table.offset, {}).get(name)
        return tuple(number * 4 for number in chosen(ix, held)) if held else ()
    if isinstance(space, str):
        numbers = ix.shared.get(space, {}).get(name)
        if numbers:
            return tuple(number * 4 for number in chosen(ix, numbers))
        language = space[1:].partition(":")[0]
        locator = ix.locators.get(language)
        return _as_values(ix, locator.inside(space, name)) if locator else ()
    file = ix.file_of[space >> 2]
    found = module_member(ix, file, name, hops)
    if found:
        return found
    return _as_values(ix, ix.locators[ix.facts[file].language].inside(file, name))


def _as_values(ix: Index, found: tuple[int | str, ...]) -> Values:
    return tuple(place if isinstance(place, str) else ix.offsets[place] * 4 for place in found)


def _imported_values(ix: Index, file: int, imports: list[Import], hops: int) -> Values:
    found: list[Value] = []
    for each in imports:
        found.extend(value for value in imported(ix, file, each, hops) if value not in found)
    ours = tuple(value for value in found if not isinstance(value, str) or value.startswith(PACKAGE))
    return ours or tuple(found)


def imported(ix: Index, file: int, each: Import, hops: int = MAX_HOPS) -> Values:
    """What one import binds: a module, a symbol, or the dotted name of something external.

    Empty where the module is ours but does not have the name: it is made at run time.
    """
    if hops <= 0:
        return ()
    if not each.name and "." in each.alias:
        root = places(ix, file, each.alias.partition(".")[0])
        return root or (each.alias.partition(".")[0],)
    spaces = places(ix, file, _outward(ix, file, each))
    if not spaces and each.name:
        spaces = _holders(ix, file, each.module, hops)
    if not each.name or (each.name == "*" and each.alias):
        return spaces or (each.module,)
    if not spaces:
        return (f"{each.module}.{each.name}",)
    found: list[Value] = []
    for space in spaces:
        # `from . import name` inside a package's own file means the submodule, not the name being bound.
        if isinstance(space, int) and ix.file_of[space >> 2] == file:
            locator = ix.locators[ix.facts[file].language]
            found.extend(_as_values(ix, locator.inside(file, each.name)))
        if not found:
            found.extend(space_member(ix, space, each.name, hops))
    return tuple(found)


def _outward(ix: Index, file: int, each: Import) -> str:
    """The module an import names; inside an inline module of a Rust file, `super` leads out of that first."""
    module = each.module
    if ix.facts[file].language != "rust" or not each.source or not module.startswith("super"):
        return module
    table = ix.table(file)
    scope = each.source
    while scope > 0 and module.startswith("super"):
        if table.facts.symbols[scope].kind == "namespace":
            module = "self" + module.removeprefix("super")
            break
        scope = table.parents[scope]
    return module


def _holders(ix: Index, file: int, module: str, hops: int) -> Values:
    """The classes or inline modules an import reaches into: `import a.b.Outer.Inner`, `use crate::Enum::*`."""
    separator = next((each for each in ("::", "\\", ".") if each in module), "")
    if not separator or module.startswith("."):
        return ()
    outer, _, name = module.rpartition(separator)
    found: list[Value] = []
    for space in places(ix, file, outer):
        found.extend(value for value in space_member(ix, space, name, hops - 1) if isinstance(value, int))
    return tuple(found)


def same_family(ix: Index, file: int, number: int) -> bool:
    """Whether a symbol is written in a language whose definitions `file` can use."""
    return family_of(ix.facts[file].language) == family_of(ix.facts[ix.file_of[number]].language)
