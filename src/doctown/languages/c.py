"""C: declarators that name things from the inside out, prototypes beside definitions, and macros.

What C++ shares with C is defined here and used by `cpp.py`, save what concerns macros and includes, which is in
`preprocessor.py`. Whether a `.h` file is C or C++ is decided before this module is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from doctown.languages.base import Captures, Definition, Language, canonical, default_signature, one_line, text, whole
from doctown.languages.conditions import never_holds, with_whole_branches, without_never
from doctown.languages.expanding import expand
from doctown.languages.macros import Expansion, Headers, defined_before, in_reach
from doctown.languages.preprocessor import expansion, include, renamed, runs_code, without_marked_names, without_markers
from doctown.languages.wholefile import SameFile
from doctown.model import Binding, Visibility

if TYPE_CHECKING:
    from tree_sitter import Node

_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_MORE_WORDS = re.compile(r"[\s*&]+(?!__)\w+\s*[()]")  # a macro for the compiler: `API type name(…)`, `(API *name)(…)`
_DOUBLED = re.compile(r"\s*\(\s*\(")
_LEADING = re.compile(r"[\s*&^(]+")
_QUALIFIERS = frozenset(
    {"const", "volatile", "restrict", "__restrict", "__restrict__", "_Nonnull", "_Nullable", "_Atomic", "constexpr"}
)
_NO_NAMES = frozenset(
    ["if", "else", "for", "while", "do", "switch", "case", "return", "goto", "break", "continue", "sizeof", "default"]
)
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_STATIC = re.compile(r"(?:(?:extern|inline|const|_Noreturn|__inline|__inline__)\s+)*static\b")
_CAST = re.compile(
    r"\(\s*\(\s*(?:(?:const|struct|union|enum)\s+)*(\w+)\s*[*\s]*\)\s*"
    r"[\w.>()\[\]&*-]+\)(?=\s*(?:->|\.|\Z))"
)
_COMPOUND = re.compile(r"\(\s*(?:struct\s+|union\s+)?(\w+)\s*\)\s*\{")

_VALUES = frozenset({"declaration", "field_declaration", "init_declarator", "preproc_def", "enumerator"})

_NO_VALUES = frozenset({"initializer_list", "field_identifier", "pointer_declarator", "array_declarator", "comment"})

_BRACED = re.compile(r"(\w+\(\))\{.*\}\Z", re.DOTALL)

# What wraps definitions of a file's or namespace's top level without being a definition itself.
WRAPPERS = frozenset(
    {
        "preproc_if",
        "preproc_ifdef",
        "preproc_elif",
        "preproc_elifdef",
        "preproc_else",
        "linkage_specification",
        "declaration_list",
        "namespace_definition",
        "template_declaration",
        "ERROR",
    }
)


def declared_name(declarator: str) -> str:
    """The name that a declarator declares: `entries` of `*const entries[3]`, `pick` of `(*pick(int code))(int)`.

    Empty for what only looks like a declarator because of a macro: `OF((int code))`.
    """
    position = 0
    while True:
        if leading := _LEADING.match(declarator, position):
            position = leading.end()
        word = _WORD.match(declarator, position)
        if word is None or word.group() in BUILTIN_TYPES or word.group() in _NO_NAMES:
            return ""
        if word.group() not in _QUALIFIERS and not _MORE_WORDS.match(declarator, word.end()):
            return "" if _DOUBLED.match(declarator, word.end()) else word.group()
        position = word.end()


def innermost(declarator: Node | None) -> Node | None:
    """The declarator right around the declared name; it says whether that is a function. None for a bare name."""
    found = None
    while declarator is not None and declarator.type.endswith("declarator"):
        if declarator.type not in ("parenthesized_declarator", "init_declarator", "attributed_declarator"):
            found = declarator
        inner = declarator.child_by_field_name("declarator")
        if inner is None:
            inner = next((child for child in declarator.named_children if not child.type.endswith("modifier")), None)
        declarator = inner
    return found


def declares_function(declarator: Node | None) -> bool:
    """Whether a declarator declares a function, and not a pointer to one."""
    found = innermost(declarator)
    return found is not None and found.type in ("function_declarator", "abstract_function_declarator")


def _top_level(root: Node) -> Iterator[Node]:
    """The function definitions of a file outside classes and functions."""
    open_nodes = [root]
    while open_nodes:
        for child in open_nodes.pop().named_children:
            if child.type == "function_definition":
                yield child
            elif child.type in WRAPPERS:
                open_nodes.append(child)


@lru_cache(maxsize=1)
def _defined(file: SameFile) -> frozenset[str]:
    """Names of the functions that the file defines. For one file at a time: hooks are called file by file."""
    names = set()
    for node in _top_level(file.root):
        declarator = node.child_by_field_name("declarator")
        if declarator is not None:
            names.add(declared_name(text(declarator, file.data)))
    return frozenset(names)


def _is_guard(node: Node, name: str, data: bytes) -> bool:
    """Whether a macro only guards its header against being included twice: what is asked for is defined at once, and
    nothing but comments stands around the condition."""
    parent = node.parent
    if parent is None or parent.parent is None or parent.parent.type != "translation_unit":
        return False
    if parent.type == "preproc_ifdef":
        guarded = parent.child_by_field_name("name")
        asked = guarded is not None and text(guarded, data) == name
    else:
        condition = parent.child_by_field_name("condition") if parent.type == "preproc_if" else None
        asked = condition is not None and _UNDEFINED.sub(r"\1", text(condition, data)) == name
    behind = parent.next_named_sibling
    while behind is not None and behind.type == "comment":
        behind = behind.next_named_sibling
    return asked and behind is None and _is_first(node, parent) and _is_first(parent, parent.parent)


def _is_first(node: Node, parent: Node) -> bool:
    """Whether only comments, and the condition of a conditional, stand before a node in its parent."""
    for child in parent.named_children:
        if child.id == node.id:
            return True
        if child.type not in ("comment", "identifier", "unary_expression", "preproc_call"):
            return False
    return False


_UNDEFINED = re.compile(r"!\s*defined\s*\(?\s*(\w+)\s*\)?\Z")


def kind_of_declaration(definition: Definition, data: bytes, defined: Callable[[Definition, bytes], bool]) -> str:
    """Kind of what a declaration, macro or enumerator declares; `defined` says whether the file defines it too."""
    kind = definition.kind
    if kind in ("variable", "field"):
        if definition.parent_kind in ("function", "method", "constructor"):
            return ""
        if declares_function(definition.captures["name"][0]):
            # A declaration of what a library has makes it no function of the project.
            foreign = kind == "variable" and definition.name in BUILTINS and definition.parent_kind == "module"
            return "" if foreign or defined(definition, data) else "function"
        if kind == "variable" and definition.parent_kind in ("module", "namespace") and defined(definition, data):
            return ""  # `static Handler run;` where the type is that of a function, and the function stands below
        return kind
    if kind == "constant" and definition.node.type == "preproc_def":
        if _is_guard(definition.node, definition.name, data):
            return ""
        return "macro" if runs_code(definition.node, data) else kind
    if kind == "enum_member" and definition.parent_kind != "enum":
        return "constant"
    return kind


def _is_defined(definition: Definition, data: bytes) -> bool:
    return definition.name in _defined(SameFile(data, definition.node))


def _kind(definition: Definition, data: bytes) -> str:
    kind = kind_of_declaration(definition, data, _is_defined)
    if kind == "variable" and _is_constant(definition, data):
        return "constant"
    return kind


def without_comments(source: str) -> str:
    """A piece of source with a blank for each comment; a star in one is no pointer."""
    return _COMMENT.sub(" ", source) if "/" in source else source


def _is_constant(definition: Definition, data: bytes) -> bool:
    """Whether a variable can never change: `const` before a value, or behind the last `*`."""
    head = without_comments(text(definition.node, data)[:400]).split("=", 1)[0]
    before, _, after = head.rpartition("*")
    return "const" in (after if before else head).split()


def declaration_signature(definition: Definition, data: bytes) -> str:
    """The declaration on one line, without its body or a long value; a macro by its name and parameters."""
    node = definition.inner
    if definition.kind == "macro":
        parameters = node.child_by_field_name("parameters")
        end = parameters.end_byte if parameters is not None else node.end_byte
        return one_line(data[node.start_byte : end].decode("utf-8", "replace"))[:600]
    declarator = node.child_by_field_name("declarator")
    if node.type == "function_definition" and declarator is not None:  # without K&R parameters or initialisers
        return one_line(data[node.start_byte : declarator.end_byte].decode("utf-8", "replace"))[:600]
    if definition.kind == "type_alias" and node.type != "type_definition":
        statement = node.parent
        head = default_type(statement, data) if statement is not None else ""
        return f"typedef {head} {one_line(text(node, data))}"
    if node.type == "type_definition" and definition.body is not None:
        return f"typedef {default_signature(definition, data).removeprefix('typedef ')} {definition.name}"
    if node.type in _VALUES or ("name" in definition.captures and node.id == definition.captures["name"][0].id):
        return _value_signature(definition, data)
    return default_signature(definition, data)


def _value_signature(definition: Definition, data: bytes) -> str:
    """One variable of a declaration that may declare several: its type, its declarator, and a short value."""
    node = definition.inner
    if node.type in ("preproc_def", "enumerator"):
        return one_line(text(node, data)[:400])[:200]
    declarator = definition.captures["name"][0]
    given = declarator.child_by_field_name("value") if declarator.type == "init_declarator" else None
    if declarator.type == "init_declarator":
        declarator = declarator.child_by_field_name("declarator") or declarator
    statement = node if node.type in ("declaration", "field_declaration") else node.parent
    if statement is None or statement.type not in _DECLARATIONS:
        return one_line(text(node, data)[:400])[:200]
    shown = f"{default_type(statement, data)} {one_line(text(declarator, data)[:400])}".strip()
    misread = declarator.parent is not None and declarator.parent.type == "ERROR"
    if (misread or declarator.start_byte == _first(statement)) and statement.start_byte < declarator.start_byte:
        shown = one_line(data[statement.start_byte : declarator.end_byte][:800].decode("utf-8", "replace"))
    following = declarator.next_named_sibling
    value = given or following
    if given is None and following is not None and following.type == "bitfield_clause":
        return f"{shown} {one_line(text(following, data))}"
    if given is None and statement.child_by_field_name("default_value") is None:
        value = None
    if value is not None and value.type not in _NO_VALUES and value.end_byte - value.start_byte <= 60:
        shown += f" = {one_line(text(value, data))}"
    return shown[:600]


def _first(statement: Node) -> int:
    """First byte of the first declarator of a declaration whose type is not defined in place."""
    kind = statement.child_by_field_name("type")
    first = statement.child_by_field_name("declarator")
    if first is not None and first.type == "init_declarator":
        first = first.child_by_field_name("declarator")
    in_place = kind is not None and kind.child_by_field_name("body") is not None
    return -1 if first is None or in_place else first.start_byte


def default_type(statement: Node, data: bytes) -> str:
    """Everything of a declaration before its first declarator; a type defined in place without its body."""
    first = statement.child_by_field_name("declarator")
    kind = statement.child_by_field_name("type")
    end = first.start_byte if first is not None else statement.end_byte
    body = kind.child_by_field_name("body") if kind is not None else None
    if body is not None:
        end = body.start_byte
    head = one_line(data[statement.start_byte : min(end, statement.start_byte + 1000)].decode("utf-8", "replace"))
    return head.removeprefix("typedef ")


def declared_static(definition: Definition, data: bytes) -> bool:
    """Whether a definition is `static`, and so unknown to other files."""
    start = definition.node.start_byte
    return _STATIC.match(data[start : start + 80].decode("utf-8", "replace")) is not None


def _visibility(definition: Definition, data: bytes) -> Visibility:
    if definition.kind in ("function", "variable", "constant") and declared_static(definition, data):
        return "internal"
    return "public"


_DECLARATIONS = frozenset(
    {"declaration", "field_declaration", "parameter_declaration", "optional_parameter_declaration", "for_range_loop"}
)


def declared_bindings(captures: Captures, data: bytes, canonical_of: Callable[[str], str]) -> Iterator[Binding]:
    """What a declaration, a list of parameters or a function's return type says of variables and their types."""
    node = captures["binding"][0]
    line = node.start_point[0] + 1
    if node.type == "preproc_arg":
        yield from renamed(node, data)
    elif node.type == "parameter_list":
        kind = "annotation" if node.parent is not None and node.parent.type == "catch_clause" else "parameter"
        for child in node.named_children:
            if child.type == "identifier":  # K&R
                yield Binding(0, text(child, data), "", kind, child.start_point[0] + 1)
            elif child.type in _DECLARATIONS:
                yield from _declared(child, kind, data, canonical_of)
    elif node.type in _DECLARATIONS:
        yield from _declared(node, "annotation", data, canonical_of)
    else:
        yield Binding(0, "return", _type_name(node, data), "return", line)


def _type_name(node: Node, data: bytes) -> str:
    """`corner` of `struct corner { … }`, any other type as written."""
    name = node.child_by_field_name("name") if node.type.endswith("_specifier") else None
    return one_line(text(name or node, data)[:300])


def _declared(node: Node, kind: str, data: bytes, canonical_of: Callable[[str], str]) -> Iterator[Binding]:
    """The variables of one declaration. Where the type is `auto`, the value tells; a prototype binds nothing."""
    typed = node.child_by_field_name("type")
    if typed is None or typed.child_by_field_name("body") is not None:
        return
    line = node.start_point[0] + 1
    shown = "" if typed.type == "placeholder_type_specifier" else _type_name(typed, data)
    if shown and data.startswith(b"const ", node.start_byte):
        shown = f"const {shown}"
    in_block = node.parent is not None and node.parent.type == "compound_statement"
    for declarator in node.children_by_field_name("declarator"):
        if kind == "annotation" and not in_block and declares_function(declarator):
            if shown and len(node.children_by_field_name("declarator")) == 1:
                yield Binding(0, "return", shown, "return", line)
            continue
        head = declarator
        value = None
        if declarator.type == "init_declarator":
            head = declarator.child_by_field_name("declarator") or declarator
            value = declarator.child_by_field_name("value")
        elif node.type == "for_range_loop":
            value = node.child_by_field_name("right")
        names = _names(head, data)
        if shown:
            yield from (Binding(0, name, shown, kind, line) for name in names)
            continue
        if value is not None and value.type == "lambda_expression":
            continue
        found = canonical_of(text(value, data)) if value is not None and value.end_byte - value.start_byte < 400 else ""
        how = "iteration" if node.type == "for_range_loop" else "value" if kind == "annotation" else kind
        yield from (Binding(0, name, found if len(names) == 1 else "", how, line) for name in names)


def _names(declarator: Node, data: bytes) -> list[str]:
    """The names that a declarator binds: several in C++'s `auto [key, value]`."""
    several = declarator if declarator.type == "structured_binding_declarator" else None
    for child in declarator.named_children if several is None else ():
        several = child if child.type == "structured_binding_declarator" else several
    if several is not None:
        return [text(child, data) for child in several.named_children if child.type == "identifier"]
    written = text(declarator, data)[:300]
    name = declared_name(written)
    return [name] if name and "::" not in written.split("(", 1)[0] else []


def _bindings(captures: Captures, data: bytes) -> Iterable[Binding]:
    return declared_bindings(captures, data, _canonical)


def _canonical(source: str) -> str:
    """A cast reads as a value of the type that it names: `((struct corner *)p)->next` as `corner().next`."""
    if ("(" in source and "*" in source) or "{" in source:
        source = _COMPOUND.sub(r"\1(){", _CAST.sub(r"\1()", source))
        if braced := _BRACED.match(source):
            source = braced.group(1)
    return canonical(source)


_KEYWORDS = "sizeof _Alignof _Generic offsetof va_start va_end va_arg va_copy assert static_assert typeof __typeof__"
_STDLIB = """
abort abs atexit atof atoi atol atoll bsearch calloc div exit _Exit free getenv labs ldiv llabs malloc mblen mbstowcs
mbtowc qsort rand realloc srand strtod strtof strtol strtold strtoll strtoul strtoull system wcstombs wctomb
memchr memcmp memcpy memmove memset strcat strchr strcmp strcoll strcpy strcspn strerror strlen strncat strncmp strncpy
strpbrk strrchr strspn strstr strtok strxfrm strdup strndup strcasecmp strncasecmp
clearerr fclose feof ferror fflush fgetc fgetpos fgets fopen fprintf fputc fputs fread freopen fscanf fseek fsetpos
ftell fwrite getc getchar gets perror printf putc putchar puts remove rename rewind scanf setbuf setvbuf snprintf
sprintf sscanf tmpfile tmpnam ungetc vfprintf vprintf vsnprintf vsprintf stdin stdout stderr EOF
isalnum isalpha iscntrl isdigit isgraph islower isprint ispunct isspace isupper isxdigit tolower toupper
acos asin atan atan2 ceil cos cosh exp fabs floor fmod frexp ldexp log log10 modf pow sin sinh sqrt tan tanh round
trunc lround fmin fmax hypot cbrt isnan isinf isfinite signbit
clock time difftime mktime asctime ctime gmtime localtime strftime setjmp longjmp signal raise setlocale localeconv
errno NULL true false bool INT_MAX INT_MIN UINT_MAX LONG_MAX LONG_MIN ULONG_MAX CHAR_BIT CHAR_MAX SIZE_MAX
EXIT_SUCCESS EXIT_FAILURE BUFSIZ RAND_MAX SEEK_SET SEEK_CUR SEEK_END __FILE__ __LINE__ __func__ __FUNCTION__
"""
_TYPES = """
void char short int long float double signed unsigned _Bool bool size_t ssize_t ptrdiff_t wchar_t intptr_t uintptr_t
int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t intmax_t uintmax_t FILE va_list time_t clock_t
jmp_buf div_t ldiv_t fpos_t
"""

BUILTINS = frozenset(f"{_KEYWORDS} {_STDLIB}".split())
BUILTIN_TYPES = frozenset(_TYPES.split())


def _prepare(data: bytes) -> bytes:
    return without_markers(without_never(data, {}))


def _mend(prepared: bytes) -> bytes:
    return with_whole_branches(without_marked_names(prepared), {})


def _expand(path: str, data: bytes, headers: Headers, lines: Collection[int]) -> Expansion | None:
    macros = in_reach(path, data, headers, {})
    return expand(data, macros, lines) if macros else None


def alternative_lines(node: Node, data: bytes, known: Mapping[str, str]) -> tuple[int, int] | None:
    """The lines of a conditional of which a build takes one branch among others, or which no build on Linux takes."""
    if node.child_by_field_name("alternative") is not None:
        return whole(node, data)
    asked = node.child_by_field_name("name" if node.type == "preproc_ifdef" else "condition")
    if asked is None or node.end_point[0] - node.start_point[0] < 2:
        return None
    condition = text(asked, data)
    if node.type == "preproc_ifdef":
        condition = f"{'!' if node.children[0].type == '#ifndef' else ''}defined({condition})"
    return whole(node, data) if never_holds(condition, defined_before(data, node.start_byte, known)) else None


def _alternative(node: Node, data: bytes) -> tuple[int, int] | None:
    return alternative_lines(node, data, {})


LANGUAGE = Language(
    name="c",
    prepare=_prepare,
    mend=_mend,
    expand=_expand,
    title="C",
    grammar="tree_sitter_c",
    extensions=(".c", ".h"),
    interpreters=("tcc",),
    kind=_kind,
    signature=declaration_signature,
    visibility=_visibility,
    imports=include,
    bindings=_bindings,
    expansion=expansion,
    alternative=_alternative,
    canonical=_canonical,
    rename=declared_name,
    scope="include",
    builtins=BUILTINS | BUILTIN_TYPES,
    builtin_types=BUILTIN_TYPES,
)
