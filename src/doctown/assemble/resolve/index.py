"""What name resolution knows of a repository: numbered symbols, and per file the names each scope holds.

`build_index` only numbers symbols and groups what files say; scopes, classes and types are worked out when a
reference asks for them and remembered here. It decides nothing: `scopes` says where a name leads, `classes` what a
class has, `infer` what an expression is.

A symbol's number is its file's offset plus its index in the file. What an expression may be is a tuple of *values*:

- an integer, four times a symbol's number plus a tag: `DEFINITION` is the symbol itself, `INSTANCE` an instance of the
  class, `SELF` and `SELF_CLASS` the object or class a method runs on, which the caller knows better;
- a string: something outside the repository by its dotted name; `/…`: a package or namespace inside of it;
- a tuple: `("var", file, scope, name)` a local variable, `("of", …)` a container of those values, `("returns", …)`
  something callable that gives them, `("super", class)` the superclasses' side of an object, `("object", file, scope,
  literal)` an object that is written as a literal.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from doctown.assemble.resolve.modules import Locator, locators
from doctown.languages import languages
from doctown.languages.base import CLASS_KINDS, METHOD, Language
from doctown.model import FileFacts, Import, ModuleName, Reference, Symbol

Value = Any  # int | str | tuple, as the docstring says; a recursive alias would tell the type checker little
Values = tuple[Value, ...]

DEFINITION, INSTANCE, SELF, SELF_CLASS = range(4)
CALLABLE_KINDS = frozenset({"function", "method", "constructor", "macro"})
VALUE_KINDS = frozenset({"variable", "constant", "field", "property"})
SPACE_KINDS = frozenset({"module", "namespace"})
TYPE_KINDS = CLASS_KINDS | {"type_alias"}
MAX_SAME = 5  # definitions of one name beyond which no candidate is worth an edge
BUILTIN = "<builtin>."

_FAMILIES = {"typescript": "javascript", "tsx": "javascript", "cpp": "c", "kotlin": "java", "scala": "java"}


def family_of(language: str) -> str:
    """Languages that use each other's definitions in one project share a family."""
    return _FAMILIES.get(language, language)


@dataclass(slots=True)
class Table:
    """One file's names, grouped by the scope that holds them. Scopes are indexes of the file's symbols."""

    facts: FileFacts
    language: Language
    offset: int  # number of the file's module symbol
    parents: list[int]  # symbol index → index of what encloses it; the module's is -1
    names: dict[int, dict[str, list[int]]] = field(default_factory=dict)  # scope → name → symbol numbers
    variables: dict[int, dict[str, list[tuple[int, str, str]]]] = field(default_factory=dict)
    # scope → name → (scope the value is read in, value, kind); a class holds what its methods set on `self`
    returns: dict[int, list[tuple[str, str]]] = field(default_factory=dict)  # function → (value, kind)
    imports: dict[int, dict[str, list[Import]]] = field(default_factory=dict)
    stars: list[Import] = field(default_factory=list)
    inner_stars: dict[int, list[Import]] = field(default_factory=dict)  # those that hold in a scope alone, in Rust
    bases: dict[int, list[str]] = field(default_factory=dict)
    literals: dict[int, tuple[int, str]] = field(default_factory=dict)
    # method of an object literal → (scope, literal's name); what a literal holds is a variable `literal.name`
    exports: dict[str, str] = field(default_factory=dict)
    inner: set[str] = field(default_factory=set)  # every name that some scope below the module's binds
    flat: bool = False  # whether a name outside `inner` means the same in every scope of the file

    def class_around(self, scope: int) -> int:
        """Index of the innermost class at or around a scope; -1 if there is none."""
        symbols = self.facts.symbols
        while scope > 0 and symbols[scope].kind not in CLASS_KINDS:
            scope = self.parents[scope]
        return scope if scope > 0 else -1


@dataclass(slots=True)
class Index:
    """Everything `resolve_file` looks at. Fill it with `build_index`; it may be shared by forked processes."""

    facts: list[FileFacts]  # sorted by path
    ids: list[Sequence[int]]
    offsets: list[int]
    position: dict[str, int]  # path → index in `facts`
    file_of: list[int]  # symbol number → file
    kinds: list[str]  # symbol number → kind
    locators: Mapping[str, Locator]
    shared: dict[str, dict[str, list[int]]]  # package or language → top-level name → symbol numbers
    methods: dict[tuple[str, str], list[int]]  # (family, name) → members that can be called
    extensions: dict[tuple[str, str], dict[str, list[int]]]
    # (package or language, class) → name → members declared away from the class: Go's methods, C++ definitions
    tables: list[Table | None]
    memo: dict[Any, tuple[Values, int]] = field(default_factory=dict)  # what is known for good, and how deep it lies
    partial: dict[Any, Values] = field(default_factory=dict)  # what is known down to a level
    found: dict[Any, Values] = field(default_factory=dict)  # names looked up from outside a file
    missing: dict[tuple[int, str], int] = field(default_factory=dict)
    # (file, name) → how many files were followed to find nothing, where following fewer cannot find more: it may where
    # an import is followed, whose name then is that of something external. `followed` counts those that were.
    followed: int = 0
    stars: dict[tuple[int, int], tuple[tuple[Values, ...], bool]] = field(default_factory=dict)
    # (file, how many files are followed from it) → the modules and namespaces that each star import opens, if any; and
    # whether how many files are followed does not matter for that
    members: dict[tuple[int, str, bool], Values] = field(default_factory=dict)  # (class, name, behind it) → what it is
    orders: dict[int, tuple[tuple[int, ...], str]] = field(default_factory=dict)  # class → MRO, first foreign base
    families: dict[tuple[str, str], tuple[tuple[int, ...], dict[str, tuple[int, ...]]]] = field(default_factory=dict)
    # (family, method's name) → methods that override none of the others, and all of them by their class's plain name
    signatures: dict[tuple[str, int], Any] = field(default_factory=dict)  # what `overloads` read of a function
    holders: dict[tuple[int, str], int] = field(default_factory=dict)  # (file, name of an `impl`'s type) → its class
    macros: dict[int, dict[int, list[Reference]]] = field(default_factory=dict)  # file → macro → calls in its text
    expansions: dict[tuple[int, int], dict[Reference, None]] = field(default_factory=dict)
    # (file, macro) → what a use of the macro in the file calls
    brought: dict[str, int] | None = None  # names that an include of C's may bring, and a bit for each file that may
    reach: dict[int, int] = field(default_factory=dict)  # file of C's → a bit for each file that it includes in the end
    ordering: set[int] = field(default_factory=set)  # classes whose ancestors are being looked up
    unnamed: dict[int, list[int]] = field(default_factory=dict)  # class → methods of its subclasses without a name
    general: dict[str, list[int]] | None = None  # method's name → those that Rust's traits give to every type
    delegating: set[int] | None = None  # those of them that call what the type has itself
    parts: dict[int, tuple[int, ...]] | None = None  # class → all its places, where they are several
    reading: dict[int, set[int]] | None = None  # shell script → scripts that it reads
    programs: dict[int, frozenset[int]] = field(default_factory=dict)  # shell script → all that run together with it
    children: dict[int, list[int]] | None = None  # class → direct subclasses
    depth: int = 0  # of the slot evaluated last, and how often a level ended: `infer.slot` keeps both
    floors: int = 0

    def class_of(self, file: int, scope: int) -> int:
        """Number of the class that the code in `scope` belongs to, also where a method stands outside of it; or -1."""
        table = self.table(file)
        around = table.class_around(scope)
        if around >= 0:
            return table.offset + around
        symbols = table.facts.symbols
        while scope > 0 and symbols[scope].kind not in ("method", "constructor", "property"):
            scope = table.parents[scope]
        holder = symbols[scope].qualified_name.rpartition(".")[0] if scope > 0 else ""
        if not holder:
            return -1
        if table.language.scope == "module":
            return self._named_class(file, holder)
        known = self.holders.get((file, holder))
        if known is None:
            known = self.holders[file, holder] = self._shared_class(table, holder.split("."))
        return known

    def _shared_class(self, table: Table, parts: list[str]) -> int:
        """The class of a dotted name in the space that files share: in a namespace, or in another class."""
        root = f"/{family_of(table.facts.language)}:"
        group = group_of(table.facts, table.language) or root
        for last in range(len(parts) - 1, -1, -1):
            place = root + ".".join(parts[:last]) if last else group
            for number in self.shared.get(place, {}).get(parts[last], ()):
                if self.kinds[number] in CLASS_KINDS:
                    inner = self._class_inside(root, number, parts[last + 1 :])
                    if inner >= 0:
                        return inner
        return -1

    def _class_inside(self, root: str, number: int, parts: list[str]) -> int:
        for part in parts:
            table = self.table(self.file_of[number])
            inside = table.names.get(number - table.offset, {}).get(part, ())
            away = self.extensions.get((root, self.name(number)), {}).get(part, ())
            number = next((each for each in (*inside, *away) if self.kinds[each] in CLASS_KINDS), -1)
            if number < 0:
                break
        return number

    def _named_class(self, file: int, holder: str) -> int:
        """The class that a dotted name means in a file: Rust's `impl` blocks may stand far from their type."""
        known = self.holders.get((file, holder))
        if known is None:
            from doctown.assemble.resolve.classes import named  # noqa: PLC0415 - it looks names up in this index

            self.holders[file, holder] = -1  # circles end here
            scope = 0
            *spaces, last = holder.split(".")
            table = self.table(file)
            for space in spaces:
                inside = table.names.get(scope, {}).get(space, ())
                scope = next((each - table.offset for each in inside if self.kinds[each] == "namespace"), scope)
            classes = [value >> 2 for value in named(self, file, scope, last) if isinstance(value, int)]
            known = self.holders[file, holder] = classes[0] if len(classes) == 1 else -1
        return known

    def table(self, file: int) -> Table:
        """The file's names by scope, grouped on first use."""
        table = self.tables[file]
        if table is None:
            table = self.tables[file] = _table(self.facts[file], self.offsets[file])
        return table

    def name(self, number: int) -> str:
        """The name of a symbol by its number."""
        file = self.file_of[number]
        return self.facts[file].symbols[number - self.offsets[file]].name

    def id(self, number: int) -> int:
        """The docpack id of a symbol by its number."""
        file = self.file_of[number]
        return self.ids[file][number - self.offsets[file]]


def build_index(
    files: Sequence[FileFacts], ids: Mapping[str, Sequence[int]], names: Sequence[ModuleName] = ()
) -> Index:
    """Numbers the symbols of all parsed files. `ids`: path → docpack id of each of its symbols, by index; `names`: what
    manifests call modules."""
    facts = sorted(files, key=lambda each: each.path)
    offsets: list[int] = []
    file_of: list[int] = []
    kinds: list[str] = []
    into = _Shared()
    total = 0
    known = languages()
    for file, each in enumerate(facts):
        offsets.append(total)
        file_of.extend([file] * len(each.symbols))
        kinds.extend(_kinds(each))
        _share(each, total, known[each.language], into)
        total += len(each.symbols)
    return Index(
        facts=facts,
        ids=[ids[each.path] for each in facts],
        offsets=offsets,
        position={each.path: file for file, each in enumerate(facts)},
        file_of=file_of,
        kinds=kinds,
        locators=locators(facts, names),
        shared=into.shared,
        methods=into.methods,
        extensions=into.extensions,
        tables=[None] * len(facts),
    )


def _kinds(facts: FileFacts) -> list[str]:
    """The kinds of a file's symbols; Go's `type list []item` makes a type with methods of its own, as a struct does."""
    if facts.language != "go":
        return [symbol.kind for symbol in facts.symbols]
    return ["struct" if _defines_type(symbol) else symbol.kind for symbol in facts.symbols]


def _defines_type(symbol: Symbol) -> bool:
    return symbol.kind == "type_alias" and symbol.language == "go" and " = " not in symbol.signature[:200]


def group_of(facts: FileFacts, language: Language) -> str:
    """The package, or the whole language, whose files see each other's top level; empty where only imports do."""
    family = family_of(facts.language)
    if language.scope == "package":
        folder = facts.path.rpartition("/")[0]
        # Go's packages are folders; a folder may hold two (`x` and `x_test`). Elsewhere the declared name counts.
        return f"/{family}:{folder}:{facts.package}" if facts.language == "go" else f"/{family}:{facts.package}"
    if language.scope in ("global", "include"):
        return f"/{family}:"
    return f"/{family}:{facts.package}" if facts.package else ""


@dataclass(slots=True)
class _Shared:
    """What `build_index` gathers from all files; the fields are the index's of the same names."""

    shared: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    methods: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    extensions: dict[tuple[str, str], dict[str, list[int]]] = field(default_factory=dict)


def _share(facts: FileFacts, offset: int, language: Language, into: _Shared) -> None:
    """Enters a file's top-level names into its package, and its methods into the list of all methods."""
    group = group_of(facts, language)
    family = family_of(facts.language)
    names = into.shared.setdefault(group, {}) if group else None
    module = facts.symbols[0].key
    classes = {symbol.key for symbol in facts.symbols if symbol.kind in CLASS_KINDS}
    spaces = {module: ""}
    for number, symbol in enumerate(facts.symbols, offset):
        if symbol.parent in classes:
            if symbol.kind in CALLABLE_KINDS:
                into.methods.setdefault((family, symbol.name), []).append(number)
        elif is_away(symbol):
            into.methods.setdefault((family, symbol.name), []).append(number)
            holder = symbol.qualified_name.rpartition(".")[0].rpartition(".")[2]
            place = group if language.scope == "package" else f"/{family}:"
            into.extensions.setdefault((place, holder), {}).setdefault(symbol.name, []).append(number)
        elif symbol.parent in spaces and number != offset:
            prefix = spaces[symbol.parent]
            holder = symbol.qualified_name.rpartition(".")[0]
            if family == "c" and symbol.kind in CLASS_KINDS and f"{holder}." not in (prefix, f".{prefix}"):
                # `class Outer::Inner {…}` away from `Outer`, which other files may hold.
                inside = into.extensions.setdefault((f"/{family}:", holder.rpartition(".")[2]), {})
                inside.setdefault(symbol.name, []).append(number)
                continue
            if symbol.kind == "namespace":
                spaces[symbol.key] = f"{prefix}{symbol.name}."
                if family == "c" and symbol.qualified_name != f"{prefix}{symbol.name}":
                    spaces[symbol.key] = f"{symbol.qualified_name}."
                    _share_nested(holder, symbol.name, number, into)
                    continue
            if prefix:
                package = f"{facts.package}.{prefix}" if facts.package else prefix
                into.shared.setdefault(f"/{family}:{package[:-1]}", {}).setdefault(symbol.name, []).append(number)
            elif names is not None:
                names.setdefault(symbol.name, []).append(number)


def _share_nested(holder: str, name: str, number: int, into: _Shared) -> None:
    """Enters `namespace a::b::c {`, which is one symbol, below `a.b`, and sees to it that `a` and `a.b` are known."""
    into.shared.setdefault(f"/c:{holder}", {}).setdefault(name, []).append(number)
    while "." in holder:
        holder, _, name = holder.rpartition(".")
        into.shared.setdefault(f"/c:{holder}", {})


def is_away(symbol: Symbol) -> bool:
    """Whether a method is declared away from its class; one of a Ruby module's own stands where it belongs."""
    holder = symbol.qualified_name.rpartition(".")[0]
    beside = symbol.language == "ruby" and symbol.parent == f"{symbol.path}#{holder}"
    return symbol.kind in ("method", "constructor") and bool(holder) and not beside


def _table(facts: FileFacts, offset: int) -> Table:
    symbols = facts.symbols
    parents = parents_of(facts)
    table = Table(facts=facts, language=languages()[facts.language], offset=offset, parents=parents)
    names = table.names
    for index in range(1, len(symbols)):
        symbol = symbols[index]
        if symbols[parents[index]].kind in ("module", "namespace") and is_away(symbol):
            continue  # a method declared away from its class is no name of the file or of the namespace around it
        names.setdefault(parents[index], {}).setdefault(symbol.name, []).append(offset + index)
    for base in facts.bases:
        table.bases.setdefault(base[0], []).append(base[1])
    for imported in facts.imports:
        if imported.name == "*" and not imported.alias:
            if imported.source and facts.language == "rust":
                table.inner_stars.setdefault(imported.source, []).append(imported)
            else:
                table.stars.append(imported)
        elif imported.alias:
            # `import a.b` binds `a`, from which the rest is reached; a dotted alias exists nowhere else.
            alias = imported.alias.partition(".")[0]
            table.imports.setdefault(imported.source, {}).setdefault(alias, []).append(imported)
    table.exports.update(facts.exports)
    _group_bindings(table)
    table.flat = table.language.scope == "module" and not table.language.implicit_self and not table.inner_stars
    for held in (table.names, table.variables, table.imports):
        for scope, bound in held.items():
            if scope:
                table.inner.update(bound)
    return table


def parents_of(facts: FileFacts) -> list[int]:
    """Index of each symbol's enclosing symbol, -1 for the module. Of several definitions of one name (overloads, a
    function in two branches) it is the one whose text holds the symbol."""
    symbols = facts.symbols
    by_key = {symbol.key: index for index, symbol in enumerate(symbols)}
    twins: dict[str, list[int]] = {}
    for index, symbol in enumerate(symbols):
        twins.setdefault(symbol.qualified_name, []).append(index)
    parents = []
    for symbol in symbols:
        parent = by_key.get(symbol.parent, 0)
        same = twins[symbols[parent].qualified_name]
        if len(same) > 1:
            around = [i for i in same if symbols[i].start_byte <= symbol.start_byte < symbols[i].end_byte]
            parent = around[-1] if around else parent
        parents.append(parent)
    parents[0] = -1
    return parents


def headed_by(facts: FileFacts, parents: Sequence[int]) -> Callable[[int, int], int]:
    """Tells whose header a line is: a declared result may be noted in the scope in which the function's header runs
    (Python's annotations), and belongs to the function directly inside that scope which the line is part of."""
    inside: dict[int, tuple[list[int], list[int]]] = {}  # scope → start lines of its functions, and their indexes
    for index, symbol in enumerate(facts.symbols):
        if symbol.kind in CALLABLE_KINDS or symbol.kind == "property":
            starts, indexes = inside.setdefault(parents[index], ([], []))
            starts.append(symbol.start_line)
            indexes.append(index)

    def headed(scope: int, line: int) -> int:
        starts, indexes = inside.get(scope, ((), ()))
        at = bisect_right(starts, line) - 1
        if at >= 0 and facts.symbols[indexes[at]].end_line >= line:
            return indexes[at]
        return scope

    return headed


def _group_bindings(table: Table) -> None:
    self_names = table.language.self_names
    variables, returns = table.variables, table.returns
    symbols = table.facts.symbols
    headed = headed_by(table.facts, table.parents)
    seen: set[tuple[int, str, int, str, str]] = set()
    for binding in table.facts.bindings:
        scope, target = binding.scope, binding.target
        if target == "return":
            if binding.kind == "return":
                scope = headed(scope, binding.line)
            returns.setdefault(scope, []).append((binding.value, binding.kind))
            continue
        head, dot, name = target.partition(".")
        holder = scope
        if head[0] == "<" and dot:
            for number in table.names.get(scope, {}).get(name, ()) if binding.value.startswith(METHOD) else ():
                table.literals[number - table.offset] = scope, head
        elif target == "module.exports":  # of a script: what other files have instead of this one
            holder = 0
        elif dot:
            if "." in name:
                continue
            if head in self_names:
                holder = table.class_around(scope)
            else:
                holder = next(
                    (n - table.offset for n in table.names.get(0, {}).get(head, ()) if _is_class(symbols, n, table)), -1
                )
            if holder < 0:
                continue
            target = name
        row = (holder, target, scope, binding.value, binding.kind)
        if row not in seen:
            seen.add(row)
            variables.setdefault(holder, {}).setdefault(target, []).append(row[2:])


def _is_class(symbols: Sequence[Any], number: int, table: Table) -> bool:
    symbol = symbols[number - table.offset]
    return symbol.kind in CLASS_KINDS or _defines_type(symbol)
