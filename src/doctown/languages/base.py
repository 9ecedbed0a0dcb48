"""What a language is to Doctown: a name, a grammar, a query, and a few small functions where syntax differs.

One file beside its query describes one language; `extract.py` holds everything they share, and nothing in here or
there knows about any other stage. A hook that a language leaves out has the default below, which suits most
languages with braces and doc comments. ARCHITECTURE.md shows how to add a language in minutes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import import_module, resources
from typing import TYPE_CHECKING, Literal

from doctown.model import Binding, Import, Visibility

if TYPE_CHECKING:
    from tree_sitter import Language as Grammar
    from tree_sitter import Node, Query

    from doctown.languages.macros import Expansion, Headers

Captures = Mapping[str, "list[Node]"]

UNNAMED = "<this>"  # target of a binding that says of what a method's object is, whose class has no name
IMPLIED = "<with>"  # target of a binding that says whose members need no name before them in a block: Kotlin's `with`
HANDED = "<p{}_{}>"  # step of a canonical expression: what a call hands to its n-th argument, as m-th parameter
LITERAL = "<o{}>"  # an object literal, as an expression, and as a target before `.` and the member's name
METHOD = "<method>"  # before `.` and its name, a function that a literal holds: the method of that name stands there
SPREAD = "*"  # the member of a literal that stands for all members of another object
CLASS_KINDS = frozenset({"class", "interface", "trait", "struct", "enum", "union"})
VALUE_KINDS = frozenset({"variable", "constant", "field", "enum_member", "type_alias", ""})  # these run no code


@dataclass(slots=True)
class Definition:
    """A definition while its file is being read, before it becomes a `Symbol`. Hooks receive it and only read it.

    Not frozen: the engine fills in the second half as it goes, once per definition of a repository.
    """

    kind: str  # as captured; empty for a `@scope`, which is no symbol
    name: str
    node: Node  # the widest node: decorators, `export` and template heads included
    inner: Node  # the definition proper
    body: Node | None
    captures: Captures
    start: int  # bytes of `node`
    end: int
    body_start: int
    receiver: str = ""  # the type that a method is declared on from outside
    is_scope: bool = False
    is_member: bool = False  # a field set on `self` inside a method
    parent_kind: str = "module"  # kind of the enclosing definition; `class` inside a `@scope`
    in_scope: str = ""  # qualified name of the enclosing scope within the file; empty at top level
    parent: int = 0  # position + 1 of the enclosing definition among the file's; 0 at top level
    index: int = 0  # index of its symbol
    qualified: str = ""
    doc: str | None = None


def text(node: Node, data: bytes) -> str:
    """The node's source text; bytes that are not UTF-8 come back as replacement characters."""
    return data[node.start_byte : node.end_byte].decode("utf-8", "replace")


_SPACE = re.compile(r"\s+")


def one_line(source: str) -> str:
    """Collapses whitespace, so that a signature that spans lines reads as one."""
    if "\n" not in source and "  " not in source and "\t" not in source:
        return source.strip()
    flat = _SPACE.sub(" ", source)
    return (
        flat.replace("( ", "(")
        .replace(" )", ")")
        .replace(",)", ")")
        .replace("[ ", "[")
        .replace(" ]", "]")
        .replace(",]", "]")
        .strip()
    )


def default_signature(definition: Definition, data: bytes) -> str:
    """The text of the definition up to its body, on one line; without a body, the whole of it, capped."""
    start = definition.inner.start_byte
    end = definition.body.start_byte if definition.body is not None else definition.inner.end_byte
    head = one_line(data[start : min(end, start + 2000)].decode("utf-8", "replace"))
    return head.rstrip(" {:=;")[:600]


def default_visibility(definition: Definition, data: bytes) -> Visibility:
    """Everything is public where the language has no word for it."""
    return "public"


def default_kind(definition: Definition, data: bytes) -> str:
    """A function inside a class is a method, a variable inside one is a field."""
    if definition.parent_kind in CLASS_KINDS:
        return {"function": "method", "variable": "field", "constant": "constant"}.get(definition.kind, definition.kind)
    return definition.kind


def no_docstring(definition: Definition, data: bytes) -> str | None:
    """None: look at the comment before the definition."""
    return None


def default_receiver(captures: Captures, data: bytes) -> str:
    """The type that a definition is declared on from outside, as `@receiver` names it; empty without one."""
    return ".".join(text(part, data).replace("::", ".") for part in captures.get("receiver", ()))


def no_imports(node: Node, data: bytes) -> Iterable[Import]:
    """A language without imports."""
    return ()


def no_bindings(captures: Captures, data: bytes) -> Iterable[Binding]:
    """A language whose bindings are all covered by the query's captures."""
    return ()


def no_expansion(node: Node, data: bytes) -> Iterable[tuple[int, str, str]]:
    """A language without macros that are replaced by their text."""
    return ()


def no_expanding(path: str, data: bytes, headers: Headers, lines: Collection[int]) -> Expansion | None:
    """A language whose files are read as they are."""
    return None


def whole(node: Node, data: bytes) -> tuple[int, int] | None:
    """A node's first and last lines, from 1."""
    return node.start_point[0] + 1, node.end_point[0] + 1


def no_bases(definition: Definition, data: bytes) -> Sequence[str]:
    """A definition without supertypes."""
    return ()


_CANONICAL = re.compile(r"[\w.$]+\Z")
_LITERALS = {'"': "<str>", "'": "<str>", "`": "<str>", "[": "<list>", "{": "<dict>", "(": "<expression>"}
MAX_RECEIVER = 3000  # characters; a longer receiver is a data literal or a machine's work, its type is not guessed

_STRINGS = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`]*`')
_INNERMOST = re.compile(r"\([^()\[\]{}]*\)|\[[^()\[\]{}]*\]|\{[^()\[\]{}]*\}")
_MARKS = {"(": "\x01", "[": "\x02", "{": "\x03"}
_UNMARK = str.maketrans({"\x01": "()", "\x02": "[]", "\x03": "{}"})
_ACCESS = re.compile(r"\?\.|!!\.?|!\.|->|::")
_FLAT = re.compile(r"[\w.$@\x01-\x03]+\Z")
_OPERANDS = re.compile(r"[\w\x01-\x03]\s+\w")  # two words side by side: an operator, a cast, a keyword
_PREFIXED_STRING = re.compile(r"[A-Za-z]{1,2}[\"']")
# A call of a plain name or path whose arguments hold no bracket: of what is not a name itself, most is.
_CALL = re.compile(r"""([A-Za-z_][\w.]*)\((?:[^()\[\]{}"'`]++|"[^"\\\n]*+"|'[^'\\\n]*+')*+\)\Z""")
_PREFIXES = ("await ", "new ", "&mut ", "&", "*", "!")


def canonical(source: str) -> str:
    """As `_canonical`, remembered: the same few expressions make up most of a repository."""
    if source.isidentifier():
        return source
    known = _known.get(source)
    if known is None:
        if len(_known) >= MAX_KNOWN:
            _known.clear()
        known = _known[source] = _canonical(source)
    return known


MAX_KNOWN = 50_000
_known: dict[str, str] = {}


def _canonical(source: str) -> str:
    """The canonical form of an expression for type inference: member access by `.`, arguments and spaces dropped.

    `self->client . get(url, x)[0]` becomes `self.client.get()[]`; a literal becomes its type's name in angle
    brackets; an operation, a conditional and whatever else cannot be expressed become `?`.
    """
    if _CANONICAL.match(source):
        return source
    if len(source) > MAX_RECEIVER:
        return "?"
    call = _CALL.match(source)
    if call is not None:
        return f"{call[1]}()"
    source = source.strip()
    for prefix in _PREFIXES:
        source = source.removeprefix(prefix)
    if source[:1] in "\"'`":
        source = _STRINGS.sub("<str>", source, count=1) if source[:3] not in ('"""', "'''") else "<str>"
        if source == "<str>":
            return source
    if _PREFIXED_STRING.match(source):
        return "<str>"
    source = _STRINGS.sub("", source)
    while True:
        flat = _INNERMOST.sub(lambda match: _MARKS[match.group()[0]], source)
        if flat == source:
            break
        source = flat
    if _OPERANDS.search(source):
        return "?"
    source = _ACCESS.sub(".", "".join(source.split()))
    if source and source[0] in "\x01\x02\x03":
        source = _LITERALS["([{"[ord(source[0]) - 1]] + source[1:]
    bare = source.removeprefix("<str>").removeprefix("<list>").removeprefix("<dict>").removeprefix("<expression>")
    return source.translate(_UNMARK) if not bare or _FLAT.match(bare) else "?"


ScopeRule = Literal["module", "package", "include", "global"]


@dataclass(frozen=True, kw_only=True)
class Language:
    """A programming language: how its files are known, parsed and read, and how its names are looked up."""

    name: str
    title: str  # as people write it: `C++`
    grammar: str  # module of the tree-sitter wheel
    grammar_function: str = "language"
    extensions: tuple[str, ...] = ()  # with the dot
    filenames: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()  # from a shebang: `python3`

    # --- reading ---
    prepare: Callable[[bytes], bytes] = bytes  # what the grammar is given: as long, with blanks for what misleads it
    mend: Callable[[bytes], bytes] = bytes  # what the grammar is given instead where that has errors
    expand: Callable[[str, bytes, Headers, Collection[int]], Expansion | None] = no_expanding  # what macros declare
    kind: Callable[[Definition, bytes], str] = default_kind
    signature: Callable[[Definition, bytes], str] = default_signature
    visibility: Callable[[Definition, bytes], Visibility] = default_visibility
    docstring: Callable[[Definition, bytes], str | None] = no_docstring
    bases: Callable[[Definition, bytes], Sequence[str]] = no_bases
    receiver: Callable[[Captures, bytes], str] = default_receiver
    imports: Callable[[Node, bytes], Iterable[Import]] = no_imports
    bindings: Callable[[Captures, bytes], Iterable[Binding]] = no_bindings
    expansion: Callable[[Node, bytes], Iterable[tuple[int, str, str]]] = no_expansion
    alternative: Callable[[Node, bytes], tuple[int, int] | None] = whole
    canonical: Callable[[str], str] = canonical
    rename: Callable[[str], str] = str  # a captured name to the symbol's name: quotes of a string key, `~Foo`
    doc_comment: re.Pattern[str] | None = None  # which comments before a definition document it; None: every one
    inner_doc_comment: re.Pattern[str] | None = None  # comments inside that document what encloses them: `//!`
    header_runs_outside: bool = False  # decorators, defaults and bases run in the enclosing scope (Python)

    # --- looking names up ---
    scope: ScopeRule = "module"  # what is visible without an import: the file, its package, what it includes, all
    self_names: frozenset[str] = frozenset()  # `self`, `this`
    super_names: frozenset[str] = frozenset()  # canonical receivers that mean the superclass: `super()`, `super`
    constructors: tuple[str, ...] = ()  # method names that a call of the class runs: `__init__`
    parameters: Literal["", "type first", "name first"] = ""  # how one is written, where functions are overloaded
    members_share_names: bool = False  # a class has no field beside a method or property of the same name
    implicit_self: bool = False  # a bare call in a method may mean a method of the class (Java, C#, C++, Ruby)
    builtins: frozenset[str] = frozenset()  # names that exist without definition or import
    builtin_types: frozenset[str] = frozenset()  # types whose methods are never the project's
    wrappers: Mapping[str, int] = field(default_factory=dict)  # generic type → argument that counts: `Optional` → 0

    @cached_property
    def query_source(self) -> str:
        """The language's query: captures as in tree-sitter's tags, extended as ARCHITECTURE.md lists."""
        return resources.files("doctown.languages").joinpath(f"queries/{self.name}.scm").read_text("utf-8")


@cache
def grammar_of(module: str, function: str) -> Grammar:
    """Loads a grammar once in this process."""
    from tree_sitter import Language as Grammar  # noqa: PLC0415 - only worker processes pay for loading tree-sitter

    return Grammar(getattr(import_module(module), function)())


@cache
def query_of(module: str, function: str, source: str) -> Query:
    """Compiles a query once in this process."""
    from tree_sitter import Query  # noqa: PLC0415 - only worker processes pay for loading tree-sitter

    return Query(grammar_of(module, function), source)
