"""Where a name leads: enclosing scopes, the module, its package, star imports, and imports followed through re-exports.

Answers are values (see `index`): symbols, local variables, external names. What a variable *is* belongs to `infer`.
Every step from one file to another uses up one of `MAX_HOPS`, so circular imports end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

from doctown.assemble.resolve.index import BUILTIN, DEFINITION, Index, Table, Value, Values, family_of, group_of
from doctown.languages.base import CLASS_KINDS, UNNAMED
from doctown.model import Import

MAX_HOPS = 10
PACKAGE = "/"  # what a namespace's value starts with

WHOLE = "module.exports"  # what a script's file exports in place of itself; `exports` in the list of its exports
_INCLUDING = frozenset({"c", "cpp"})
_HEADERS = frozenset({"h", "hh", "hpp", "hxx", "inl", "h++"})
_SCRIPTS = frozenset({"javascript", "typescript", "tsx"})
_QUALIFIED = _SCRIPTS | {"go", "rust"}  # members are reached through an object or a type alone
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
    if table.language.name in _SCRIPTS and name in table.names.get(0, ()) and name in table.imports.get(0, ()):
        # No file declares what it imports: the definition is a member of the object that the file exports.
        found = _imported_values(ix, file, table.imports[0][name], MAX_HOPS)
        if found:
            return found
    found = module_member(ix, file, name, MAX_HOPS)
    if found:
        return found
    if name in _PATH_STARTS and table.language.name == "rust":
        return places(ix, file, name)
    if name in table.language.builtins or name in table.language.builtin_types:
        return (BUILTIN + name,)
    if table.language.name == "cpp":
        return _shared_space(ix, table, scope, name)
    return places(ix, file, name) if table.language.scope == "package" and table.language.parameters else ()


def _lexical(ix: Index, file: int, scope: int, name: str, inherited: bool) -> Values:
    """What a name means in the scopes below the module's, innermost first."""
    table = ix.table(file)
    symbols = table.facts.symbols
    inside_class = table.language.implicit_self
    start = scope
    while scope > 0:
        kind = symbols[scope].kind
        if kind == "namespace" and (numbers := opened(ix, file, table.offset + scope, name)):
            return tuple(number * 4 for number in numbers)
        if kind in CLASS_KINDS and table.language.name == "cpp" and inherited:
            found = ix_member(ix, table.offset + scope, name)  # which knows the bodies that stand outside the class
            if found:
                return found
        if (kind not in CLASS_KINDS or scope == start or inside_class) and kind not in _VALUES:
            found = _in_scope(ix, table, file, scope, name, types=not inherited)
            if not found and inherited and UNNAMED in table.variables.get(scope, ()):
                found = unnamed_member(ix, file, scope, name)
            if not found and kind in CLASS_KINDS and inside_class and inherited:
                found = ix_member(ix, table.offset + scope, name)
            if found:
                return found
        for star in table.inner_stars.get(scope, ()):
            found = _star(ix, file, star._replace(module=_outward(ix, file, star)), name, MAX_HOPS)
            if found:
                return found
        if kind == "namespace":
            inside = next(filter(None, (ix.shared.get(space, {}).get(name) for space in _spaces(table, scope))), None)
            if inside:
                return tuple(number * 4 for number in _nearby(ix, file, inside))
        scope = table.parents[scope]
    return ()


def _spaces(table: Table, scope: int) -> Iterator[str]:
    """The shared spaces that a namespace's code sees, the innermost first: `a::b` and `a` of `namespace a::b {`."""
    space = _space(table, scope)
    around = table.facts.symbols[table.parents[scope]].qualified_name if table.parents[scope] > 0 else ""
    yield f"/{family_of(table.facts.language)}:{space}"
    while table.language.name in _INCLUDING and "." in space and (space := space.rpartition(".")[0]) != around:
        yield f"/{family_of(table.facts.language)}:{space}"


def _shared_space(ix: Index, table: Table, scope: int, name: str) -> Values:
    """A namespace of C++ that no file names alone: `a` of `namespace a::b {`, seen from a place."""
    around = ""
    while scope > 0 and not around:
        symbol = table.facts.symbols[scope]
        if symbol.kind in ("namespace", "function", "method", "constructor"):
            around = symbol.qualified_name if symbol.kind == "namespace" else symbol.qualified_name.rpartition(".")[0]
        scope = table.parents[scope]
    while True:
        space = f"/c:{around}.{name}" if around else f"/c:{name}"
        if space in ix.shared:
            return (space,)
        if not around:
            return ()
        around = around.rpartition(".")[0]


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


def unnamed_member(ix: Index, file: int, scope: int, name: str) -> Values:
    """A member of the class without a name that a method belongs to: its siblings, then what its supertype has."""
    from doctown.assemble.resolve.classes import named  # noqa: PLC0415 - it looks up names here

    table = ix.table(file)
    siblings = table.names.get(table.parents[scope], {}).get(name, ())
    own = tuple(each * 4 for each in siblings if ix.kinds[each] == "method")
    if own:
        return own
    for _, written, _ in table.variables[scope][UNNAMED]:
        for base in named(ix, file, table.parents[scope], written.partition("<")[0]):
            found = ix_member(ix, base >> 2, name) if isinstance(base, int) else ()
            if found:
                return found
    return ()


def _in_scope(ix: Index, table: Table, file: int, scope: int, name: str, *, types: bool = False) -> Values:
    """What a scope itself binds; `types`: where only a type can stand, so that a field may bear its type's name."""
    found: list[Value] = []
    held = table.names.get(scope)
    if held is not None and name in held:
        numbers = held[name]
        if table.language.name in _QUALIFIED:  # a method of an object literal is no name of the function around it
            numbers = [number for number in numbers if ix.kinds[number] not in _MEMBERS]
        elif (
            table.language.parameters or table.language.name == "cpp"
        ):  # a constructor bears its class's name, which means the class
            numbers = [number for number in numbers if ix.kinds[number] != "constructor"]
            if types and table.language.parameters == "type first":
                numbers = [number for number in numbers if ix.kinds[number] not in _MEMBERS]
        found.extend(number * 4 + DEFINITION for number in chosen(ix, numbers))
    imports = table.imports.get(scope)
    if imports is not None and name in imports:
        found.extend(_imported_values(ix, file, imports[name], MAX_HOPS))
    if not found:
        variables = table.variables.get(scope)
        if variables is not None and name in variables and not _is_field(ix, table, scope, variables[name]):
            found.append(("var", file, scope, name))
    return tuple(found)


def _is_field(ix: Index, table: Table, scope: int, rows: Sequence[tuple[int, str, str]]) -> bool:
    """Whether what a type binds is a field, reached through an object alone, and no type parameter."""
    if table.language.name not in _QUALIFIED or ix.kinds[table.offset + scope] not in CLASS_KINDS:
        return False
    return all(kind != "parameter" for _, _, kind in rows)


def chosen(ix: Index, numbers: list[int]) -> list[int]:
    """Of several definitions of one name in one scope, those that a use of it means.

    In Python the last one holds (earlier ones are overloads or other branches), and a property's getter stands for it;
    where functions are overloaded, all stay. A class and a variable of one name: the class. In Rust a type's own method
    goes before one of a trait.
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
    if all(kind == "namespace" for kind in kinds) and ix.facts[ix.file_of[numbers[0]]].language == "cpp":
        return numbers[:1]  # one namespace, opened in many places: `opened` knows what is in all of them
    types = [number for number, kind in zip(numbers, kinds, strict=True) if kind in CLASS_KINDS]
    if not types and ix.facts[ix.file_of[numbers[0]]].language == "rust":
        return [number for number in numbers if not _is_of_trait(ix, number)] or numbers
    return types or numbers


def _is_of_trait(ix: Index, number: int) -> bool:
    """Whether a Rust method stands in the `impl` of a trait: those are public without saying so."""
    file = ix.file_of[number]
    symbol = ix.facts[file].symbols[number - ix.offsets[file]]
    return symbol.kind == "method" and symbol.visibility == "public" and not symbol.signature.startswith("pub")


def module_member(ix: Index, file: int, name: str, hops: int = MAX_HOPS) -> Values:
    """What `name` means at the top level of `file`, seen from inside or outside of it."""
    if ix.missing.get((file, name), -1) >= hops:
        return ()
    key = (file, name, hops)
    known = ix.found.get(key)
    if known is None:
        followed = ix.followed
        known = _module_member(ix, file, name, hops)
        if known or ix.followed != followed:
            ix.found[key] = known
        else:
            ix.missing[file, name] = hops
    elif not known:
        ix.followed += 1
    return known


def _module_member(ix: Index, file: int, name: str, hops: int) -> Values:
    if hops == 0:
        return ()
    table = ix.tables[file] or ix.table(file)
    found: list[Value] = []
    held = table.names.get(0, {}).get(name)
    if held:
        found.extend(number * 4 for number in _bodies(ix, table, name, chosen(ix, held)))
    imports = table.imports.get(0, {}).get(name)
    if imports:
        ix.followed += 1
        values = _imported_values(ix, file, imports, hops - 1)
        # A definition beside an import of the same name is the fallback for a missing library: ours is what we know.
        found.extend(value for value in values if not found or not isinstance(value, str))
    local = table.exports.get(name) or (table.exports.get("exports") if name == "default" else None)
    if not found and local is not None and local != name:
        ix.followed += 1
        parts = local.split(".")
        found.extend(_module_member(ix, file, parts[0], hops - 1) if len(parts) == 1 else ())
    if found:
        return tuple(dict.fromkeys(found))
    group = group_of(table.facts, table.language)
    if group:
        numbers = ix.shared.get(group, {}).get(name)
        while not numbers and table.facts.language == "csharp" and "." in group:  # the namespaces around it
            group = group.rpartition(".")[0]
            numbers = ix.shared.get(group, {}).get(name)
        if numbers := _in_sight(ix, file, table, name, numbers):
            return tuple(number * 4 for number in _nearby(ix, file, numbers))
    if table.stars and (table.language.name not in _INCLUDING or _may_bring(ix, file, name)):
        starred = _starred(ix, file, table, name, hops - 1)
        if starred:
            return starred
    if name in table.variables.get(0, {}):
        return (("var", file, 0, name),)
    return ()


def _bodies(ix: Index, table: Table, name: str, numbers: list[int]) -> list[int]:
    """For functions that a C header names, the definitions in source files, where there are some; and beside a function
    of a source file a header's macro of its name, which is used in its place where a condition lets it be."""
    including = table.language.name in _INCLUDING
    if not including or not numbers or any(ix.kinds[each] != "function" for each in numbers):
        return numbers
    others = ix.shared.get(group_of(table.facts, table.language), {}).get(name, ())
    if not _is_header(ix, numbers[0]):
        return [*numbers, *(each for each in others if _replaces(ix, each) and _is_header(ix, each))]
    found = [each for each in others if not _is_header(ix, each) and ix.kinds[each] == "function"]
    open_to_all = [each for each in found if _visibility(ix, each) not in ("private", "internal")]
    return open_to_all or numbers


def _may_bring(ix: Index, file: int, name: str) -> bool:
    """Whether what a file of C or C++ includes may say what a name means that not all files define. Few names are bound
    so, and asking each file that is included for each of the others would take most of the time."""
    binding = _bound_somewhere(ix).get(name, 0)
    return binding < 0 or bool(binding and binding & _reach(ix, file))


def _bound_somewhere(ix: Index) -> Mapping[str, int]:
    """The names that an include may bring into a file of C or C++ beside what all files define, which is known by then,
    each with a bit for every file that binds it at its top level; all bits for what is in a namespace or the like that
    some file opens to its own names, whichever file it is opened in."""
    if ix.brought is None:
        found: dict[str, int] = {}
        opened_to_all: set[str] = set()
        for file, facts in enumerate(ix.facts):
            if facts.language in _INCLUDING:
                here = 1 << file
                names = {each.alias.partition(".")[0] for each in facts.imports if not each.source}
                names.update(each.target for each in facts.bindings if not each.scope)
                for name in names:
                    found[name] = found.get(name, 0) | here
                # An alias may be opened in place of what it stands for, so what has one counts too.
                opened_to_all.update(_last(each.module) for each in facts.imports)
        for facts in ix.facts:
            if facts.language in _INCLUDING:
                found.update(
                    (each.name, -1)
                    for each in facts.symbols
                    if _last(each.qualified_name.rpartition(".")[0]) in opened_to_all
                )
        for space in ix.shared:
            if space.startswith("/c:"):
                found.update((part, -1) for part in space[3:].split("."))
        ix.brought = found
    return ix.brought


def _last(name: str) -> str:
    """The last part of a dotted name, or of one with colons."""
    return name.replace("::", ".").rpartition(".")[2]


def _reach(ix: Index, file: int) -> int:
    """A bit for a file of C or C++ and for each file that it includes, however far."""
    known = ix.reach.get(file)
    if known is None:
        known = 1 << file
        todo = [file]
        while todo:
            each = todo.pop()
            for star in (ix.tables[each] or ix.table(each)).stars:
                for place in places(ix, each, star.module):
                    if isinstance(place, int) and not known >> (other := ix.file_of[place >> 2]) & 1:
                        known |= 1 << other
                        todo.append(other)
        ix.reach[file] = known
    return known


_REPLACED = frozenset({"macro", "constant"})
MAX_INCLUDED = 2_000  # files that one file is taken to include


def _in_sight(ix: Index, file: int, table: Table, name: str, numbers: list[int] | None) -> list[int]:
    """Of what bears a library's name, macros only where they are included: `#define free(x) count(x)` in a header
    changes what `free` means for nobody else."""
    if not numbers or table.language.name not in _INCLUDING or name not in table.language.builtins:
        return numbers or []
    return [each for each in numbers if ix.kinds[each] not in _REPLACED or _includes(ix, file, each)]


def _includes(ix: Index, file: int, number: int) -> bool:
    """Whether a symbol stands in a file or in what that includes."""
    key = (file, "#include", 0)
    known = ix.found.get(key)
    if known is None:
        met = {file: None}
        todo = [file]
        while todo and len(met) < MAX_INCLUDED:
            each = todo.pop()
            for star in (ix.tables[each] or ix.table(each)).stars:
                for place in places(ix, each, star.module):
                    if isinstance(place, int) and (other := ix.file_of[place >> 2]) not in met:
                        met[other] = None
                        todo.append(other)
        known = ix.found[key] = tuple(met)
    return ix.file_of[number] in known


def _replaces(ix: Index, number: int) -> bool:
    """Whether a macro may stand for a function of its name where a condition lets it be; one that is only another name
    for what nobody has, such as a prefix that a build may ask for, does not."""
    if ix.kinds[number] != "constant":
        return ix.kinds[number] == "macro"
    file = ix.file_of[number]
    table = ix.tables[file] or ix.table(file)
    known = ix.shared.get(group_of(table.facts, table.language), {})
    rows = table.variables.get(0, {}).get(ix.name(number), ())
    return any(value in known or value in table.language.builtins for _, value, how in rows if how == "value")


def _visibility(ix: Index, number: int) -> str:
    holder = ix.file_of[number]
    return ix.facts[holder].symbols[number - ix.offsets[holder]].visibility


def _nearby(ix: Index, file: int, numbers: list[int]) -> list[int]:
    """Of the definitions that share a package or a language's global space: this file's own, else all of them, a
    definition before a declaration, and none that is private to another file."""
    own = [number for number in numbers if ix.file_of[number] == file]
    prototypes = bool(own) and _is_header(ix, own[0]) and all(ix.kinds[each] == "function" for each in own)
    if own and not (prototypes and len(numbers) > len(own)):
        return chosen(ix, own)
    if ix.facts[file].language == "bash" and len(numbers) > 1:
        program = sourced(ix, file)
        numbers = [number for number in numbers if ix.file_of[number] in program] or numbers
    hidden = ("private", "internal") if ix.facts[file].language in _INCLUDING else ("private",)
    visible = []
    for number in numbers:
        holder = ix.file_of[number]
        if ix.facts[holder].symbols[number - ix.offsets[holder]].visibility not in hidden or _is_header(ix, number):
            visible.append(number)
    # A prototype in a header stands for the function that some source file defines.
    defined = [number for number in visible if not _is_header(ix, number)]
    if defined and len(defined) < len(visible):
        defined += [number for number in visible if number not in defined and _replaces(ix, number)]
    return chosen(ix, defined or own or visible)


def sourced(ix: Index, file: int) -> frozenset[int]:
    """The files that run together with a shell script: those that it reads, and those that read it with what they
    read, however far."""
    if ix.reading is None:
        reading: dict[int, set[int]] = {}
        for each, facts in enumerate(ix.facts):
            modules = (one.module for one in facts.imports if facts.language == "bash")
            values = (value for module in modules for value in places(ix, each, module) if isinstance(value, int))
            reading[each] = {ix.file_of[value >> 2] for value in values}
        ix.reading = reading
    known = ix.programs.get(file)
    if known is None:
        readers: dict[int, set[int]] = {}
        for each, read in ix.reading.items():
            for one in read:
                readers.setdefault(one, set()).add(each)
        known = ix.programs[file] = _closure(_closure(frozenset({file}), readers), ix.reading)
    return known


def _closure(start: frozenset[int], following: Mapping[int, Set[int]]) -> frozenset[int]:
    """What is reached from some files, themselves included."""
    found, todo = set(start), list(start)
    while todo:
        for each in following.get(todo.pop(), ()):
            if each not in found:
                found.add(each)
                todo.append(each)
    return frozenset(found)


def opened(ix: Index, file: int, namespace: int, name: str) -> list[int]:
    """A name in one of C++'s namespaces, which any file may open again, as `file` sees it."""
    holder = ix.file_of[namespace]
    table = ix.tables[holder] or ix.table(holder)
    if table.language.name not in _INCLUDING:
        return []
    space = f"/{family_of(table.facts.language)}:{_space(table, namespace - table.offset)}"
    numbers = ix.shared.get(space, {}).get(name)
    return _nearby(ix, file, numbers) if numbers else []


def _is_header(ix: Index, number: int) -> bool:
    facts = ix.facts[ix.file_of[number]]
    return facts.language in _INCLUDING and facts.path.rpartition(".")[2].lower() in _HEADERS


def _starred(ix: Index, file: int, table: Table, name: str, hops: int) -> Values:
    """What `name` is by the first of a file's star imports that has it.

    Where they lead is remembered: each name that a file of C's does not define itself is looked for in every file that
    it includes."""
    if hops <= 0 or (name.startswith("_") and table.facts.language == "python"):
        return ()
    known = ix.stars.get((file, hops))
    if known is None:
        plain = [places(ix, file, star.module) for star in table.stars]
        led = [spaces or _holders(ix, file, star.module, hops) for star, spaces in zip(table.stars, plain, strict=True)]
        known = ix.stars[file, hops] = tuple(spaces for spaces in led if spaces), led == plain
    opened_here, sure = known
    if not sure:
        ix.followed += 1
    for spaces in opened_here:
        found = [value for space in spaces for value in space_member(ix, space, name, hops)]
        if found:
            return tuple(found)
    return ()


def _star(ix: Index, file: int, star: Import, name: str, hops: int) -> Values:
    if hops <= 0 or (name.startswith("_") and ix.facts[file].language == "python"):
        return ()
    found: list[Value] = []
    for value in places(ix, file, star.module) or _holders(ix, file, star.module, hops):
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
        if ix.kinds[space >> 2] == "namespace" and (numbers := opened(ix, ix.file_of[space >> 2], space >> 2, name)):
            return tuple(number * 4 for number in numbers)
        table = ix.table(ix.file_of[space >> 2])
        held = table.names.get((space >> 2) - table.offset, {}).get(name)
        return tuple(number * 4 for number in chosen(ix, held)) if held else ()
    if isinstance(space, str):
        shared = ix.shared.get(space, {}).get(name)
        if shared:
            return tuple(number * 4 for number in chosen(ix, shared))
        language = space[1:].partition(":")[0]
        locator = ix.locators.get(language)
        return _as_values(ix, locator.inside(space, name)) if locator else ()
    file = ix.file_of[space >> 2]
    if ix.facts[file].language == "lua" and (found := _returned_member(ix, file, name)):
        return found
    found = module_member(ix, file, name, hops)
    if found:
        return found
    return _as_values(ix, ix.locators[ix.facts[file].language].inside(file, name))


def _returned_member(ix: Index, file: int, name: str) -> Values:
    """A member of the table that a file of Lua's returns, which is what `require` gives."""
    table = ix.tables[file] or ix.table(file)
    held = table.names.get(0, {})
    for local in table.exports.values():
        for number in held.get(local, ()) if len(table.exports) == 1 else ():
            found = ix_member(ix, number, name) if ix.kinds[number] in CLASS_KINDS else ()
            if found:
                return found
    return ()


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
        if each.detail == "require":
            spaces = tuple(value for space in spaces for value in _whole(ix, space, hops - 1))
        return spaces or _holders(ix, file, each.module, hops) or (each.module,)
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


def _whole(ix: Index, space: Value, hops: int) -> Values:
    """What `require` gives of a script's file: what `module.exports` was set to; and the file itself, which stands for
    the members that its exports were given beside that."""
    if not isinstance(space, int) or ix.kinds[space >> 2] != "module":
        return (space,)
    file = ix.file_of[space >> 2]
    table = ix.tables[file] or ix.table(file)
    local = table.exports.get("exports", "")
    values = module_member(ix, file, local, hops) if local else ()
    if not values and WHOLE in table.variables.get(0, {}):
        values = (("var", file, 0, WHOLE),)
    is_class = any(isinstance(value, int) and ix.kinds[value >> 2] in CLASS_KINDS for value in values)
    return values if is_class and len(table.exports) == 1 else (*values, space)


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
    if not separator or module.startswith(".") or hops <= 0:
        return ()
    outer, _, name = module.rpartition(separator)
    found: list[Value] = []
    for space in places(ix, file, outer) or _holders(ix, file, outer, hops - 1):
        found.extend(value for value in space_member(ix, space, name, hops - 1) if isinstance(value, int))
    return tuple(found)


def same_family(ix: Index, file: int, number: int) -> bool:
    """Whether a symbol is written in a language whose definitions `file` can use."""
    return family_of(ix.facts[file].language) == family_of(ix.facts[ix.file_of[number]].language)
