"""C#: namespaces as packages, properties and events, records, and documentation written in XML comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from doctown.languages.base import (
    CLASS_KINDS,
    HANDED,
    MAX_RECEIVER,
    Captures,
    Definition,
    Language,
    canonical,
    one_line,
    text,
)
from doctown.languages.csharp_conditions import readable
from doctown.model import Binding, Import, Visibility

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_CALLED = 200  # bytes of a called expression whose callbacks are typed
_KEYWORD_NAMES = {"~": "Finalize", "this": "this[]", "implicit": "op_Implicit", "explicit": "op_Explicit"}


def _rename(name: str) -> str:
    """What a finalizer, indexer, conversion or operator is called; a verbatim `@name` without its mark."""
    if name in _KEYWORD_NAMES:
        return _KEYWORD_NAMES[name]
    if name.removeprefix("@").isidentifier() and name not in ("true", "false"):
        return name.removeprefix("@")
    return name if "." in name or "::" in name else f"operator {name}"


def _modifiers(definition: Definition, data: bytes) -> set[str]:
    return {text(child, data) for child in definition.inner.named_children if child.type == "modifier"}


def _kind(definition: Definition, data: bytes) -> str:
    if definition.kind == "field" and "const" in _modifiers(definition, data):
        return "constant"
    if definition.kind == "class" and definition.inner.type == "record_declaration":
        start = definition.inner.start_byte
        head = data[start : definition.captures["name"][0].start_byte].split()
        return "struct" if head[-1:] == [b"struct"] else "class"
    return definition.kind


def _visibility(definition: Definition, data: bytes) -> Visibility:
    words = _modifiers(definition, data)
    if "public" in words or definition.kind == "enum_member" or definition.inner.type == "parameter":
        return "public"
    if "private" in words:
        return "private"
    if "protected" in words:
        return "protected"
    if "internal" in words or definition.inner.type == "local_function_statement":
        return "internal"
    if definition.parent_kind == "interface":
        return "public"
    if definition.parent_kind in CLASS_KINDS and definition.in_scope:
        explicit = any(child.type == "explicit_interface_specifier" for child in definition.inner.named_children)
        finalizer = definition.name == "Finalize" and definition.inner.type == "destructor_declaration"
        return "public" if explicit else "protected" if finalizer else "private"
    return "internal"


def _start(node: Node) -> int:
    """Where a declaration starts behind its attributes."""
    for child in node.children:
        if child.type not in ("attribute_list", "comment"):
            return child.start_byte
    return node.start_byte


def _slice(data: bytes, start: int, end: int) -> str:
    shown = data[start : min(end, start + 2000)].decode("utf-8", "replace")
    return one_line(_COMMENT.sub("", shown) if "/" in shown else shown)


_COMMENT = re.compile(r"(?m)(?:^|(?<=\s))(?://[^\n]*|/\*.*?\*/)")


def _signature(definition: Definition, data: bytes) -> str:
    node = definition.inner
    start = _start(node)
    if node.type in ("field_declaration", "event_field_declaration"):
        return _field_signature(definition, node, data)
    if definition.kind == "property" and definition.body is not None:
        head = _slice(data, start, definition.body.start_byte).removesuffix("=>").rstrip()
        return f"{head} {_accessors(definition, data)}"[:600]
    parameters = node.child_by_field_name("parameters")
    if definition.kind == "constructor" and parameters is not None:  # without `: base(…)`
        return _slice(data, start, parameters.end_byte)[:600]
    end = definition.body.start_byte if definition.body is not None else node.end_byte
    return _slice(data, start, end).rstrip(" {;").removesuffix("=>").rstrip()[:600]


def _field_signature(definition: Definition, node: Node, data: bytes) -> str:
    """One field of a declaration that may declare several, with a short value."""
    declarator = definition.captures["name"][0].parent
    declaration = declarator.parent if declarator is not None else None
    kind = declaration.child_by_field_name("type") if declaration is not None else None
    if declarator is None or kind is None:
        return _slice(data, _start(node), node.end_byte)[:200].rstrip("; ")
    shown = text(declarator, data) if declarator.end_byte - declarator.start_byte <= 80 else definition.name
    return f"{_slice(data, _start(node), kind.end_byte)} {one_line(shown)}"[:600]


def _accessors(definition: Definition, data: bytes) -> str:
    """`{ get; protected set; }`; an expression alone is a getter."""
    body = definition.body
    if body is None or body.type != "accessor_list":
        return "{ get; }"
    shown = []
    for accessor in body.named_children:
        name = accessor.child_by_field_name("name")
        if accessor.type == "accessor_declaration" and name is not None:
            shown.append(_slice(data, _start(accessor), name.end_byte) + ";")
    return f"{{ {' '.join(shown)} }}"


_XML_REFERENCE = re.compile(r"<(?:see|seealso|paramref|typeparamref)\s+\w+\s*=\s*\"(?:\w:)?([^\"]*)\"\s*/>")
_XML_PARAMETER = re.compile(r"<(param|typeparam|exception)\s+\w+\s*=\s*\"(?:\w:)?([^\"]*)\"\s*>\s*")
_XML_RETURNS = re.compile(r"<(returns|value)>\s*")
_XML_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_XML_SIGNS = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}


def _docstring(definition: Definition, data: bytes) -> str | None:
    """The doc comment without its XML: sections become lines, references their names."""
    doc = definition.doc
    if not doc or "<" not in doc:
        return doc or None
    doc = _XML_REFERENCE.sub(r"`\1`", doc)
    doc = _XML_PARAMETER.sub(r"\n\2: ", doc)
    doc = _XML_RETURNS.sub(lambda match: f"\n{match.group(1).capitalize()}: ", doc)
    doc = _XML_TAG.sub("", doc)
    for sign, meaning in _XML_SIGNS.items():
        doc = doc.replace(sign, meaning)
    lines = [line.strip() for line in doc.splitlines()]
    return re.sub(r"\n{2,}", "\n\n", "\n".join(lines)).strip()


def _bases(definition: Definition, data: bytes) -> Sequence[str]:
    clause = next((child for child in definition.inner.named_children if child.type == "base_list"), None)
    if clause is None:
        return ()
    found = []
    for child in clause.named_children:
        named = child.child_by_field_name("type") if child.type == "primary_constructor_base_type" else child
        if named is not None and named.type in ("identifier", "generic_name", "qualified_name", "alias_qualified_name"):
            found.append(re.sub(r"<.*>", "", text(named, data), flags=re.DOTALL))
    return found


def _imports(node: Node, data: bytes) -> Iterable[Import]:
    line = node.start_point[0] + 1
    words = one_line(text(node, data)).rstrip("; ").removeprefix("global ").removeprefix("using ")
    if words.startswith("extern "):
        return
    detail = "static" if words.startswith("static ") else ""
    words = words.removeprefix("static ").removeprefix("unsafe ")
    alias, equals, target = words.partition("=")
    if equals:
        yield Import(target.strip().removeprefix("global::"), "", alias.strip(), line, 0)
    else:
        yield Import(words.strip().removeprefix("global::"), "*", "", line, 0, detail)


def _bindings(captures: Captures, data: bytes) -> Iterable[Binding]:
    node = captures["binding"][0]
    if node.type == "argument":
        yield from _handed(node, data)
        return
    yield Binding(0, "return", one_line(text(node, data)), "return", node.start_point[0] + 1)


def _handed(given: Node, data: bytes) -> Iterable[Binding]:
    """The parameters of a lambda that is an argument: what the called method hands to it, if anyone knows."""
    arguments = given.parent
    call = arguments.parent if arguments is not None else None
    called = call.child_by_field_name("function") or call.child_by_field_name("type") if call is not None else None
    if arguments is None or called is None or called.end_byte - called.start_byte > MAX_CALLED:
        return
    callee = _canonical(text(called, data))
    written = given.named_children[-1].child_by_field_name("parameters")
    if written is None or not callee or "?" in callee or callee.startswith("<"):
        return
    at = [child.id for child in arguments.named_children if child.type == "argument"].index(given.id)
    parameters = written.named_children if written.type == "parameter_list" else [written]
    for position, parameter in enumerate(parameters):
        name = parameter.child_by_field_name("name") or parameter
        if parameter.child_by_field_name("type") is None:
            value = callee + HANDED.format(at, position)
            yield Binding(0, text(name, data), value, "value", name.start_point[0] + 1)


_GENERIC = re.compile(r"(?<=\w)<[\w\s.,?:\[\]]*(?:<[\w\s.,?:\[\]<>]*>[\w\s.,?:\[\]]*)*>(?=\s*(?:[({.\[)?]|$))")
# `Foo<T>` at the head of an expression is `Foo@0`, since a class without type parameters may bear the same name.
_OF = re.compile(r"\A((?:new\s+)?\w+)<[\w\s.,?:\[\]]*(?:<[\w\s.,?:\[\]<>]*>[\w\s.,?:\[\]]*)*>(?=\s*(?:[.({]|$))")
_PREDEFINED = "object|string|bool|char|decimal|double|float|u?int|u?long|u?short|s?byte|nu?int"
_CAST = re.compile(rf"\A\(\s*([A-Z][\w.]*|{_PREDEFINED})(?:<[^()]*>)?((?:\[\])*)\??\s*\)\s*[\w(@\"]")
_AS = re.compile(r"\bas\s+([A-Z][\w.]*)(?:<[^()]*>)?\??\s*\Z")
_NEW = re.compile(r"\Anew\s+([\w.]+)\s*(<[^()]*>)?\s*(?:\([^{}]*\))?\s*\{[^{}]*\}\Z")
_ARRAY = re.compile(r"\Anew\s+([\w.]+)(?:<[^()\[\]]*>)?\s*\[")
_LAMBDA = re.compile(r"\A(?:async\s+)?(?:static\s+)?(?:@?\w+|\([^()]*\))\s*=>|\Adelegate\s*[({]")
_WRAPPED = re.compile(r"\A\(([^()]*(?:\([^()]*\)[^()]*)*)\)(.*)\Z", re.DOTALL)
_HANDED_ON = re.compile(r"\A(?:ref|in|out)\s+")  # how an argument is given by reference
_DECLARED = re.compile(r"\A([\w.]+)(?:<[^()]*>)?\??\s+@?\w+\Z")
_OTHERWISE = re.compile(r"\A(\w[\w.]*(?:\([^()]*\))?(?:\.\w+)*)\s*\?\?")
_CHOSEN = re.compile(r"\A[^?]*\s\?\s+([\w.]+(?:\([^()]*\))?|\"[^\"]*\")\s+:\s+([\w.]+(?:\([^()]*\))?|\"[^\"]*\")\Z")
_TEXT = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"\s*\+")
_NEGATIVE = re.compile(r"[-+]\s*[\d.][\w.]*")
_COMPARED = re.compile(
    r"\A[\w.]+(?:(?:\([^()]*\)|\[[^\[\]]*\])[\w.]*)*\s*(?:==|!=|<=|>=|&&|\|\||\sis\s)|\A![\w.]+(?:\([^()]*\))?\Z"
)
_DEFAULT = re.compile(r"default\s*\(\s*([\w.]+)(?:<[^()]*>)?\??\s*\)")


@lru_cache(maxsize=50_000)
def _canonical(source: str) -> str:  # noqa: PLR0912 - one branch for each form of expression
    """A cast and `as T` read as a value of `T`; type arguments, `await` in parentheses and `!` are dropped. Of `a ?? b`
    and `c ? a : b` the first says what type it has; `new T[n]` is `T[]{}`."""
    source = source.strip()
    if source.isidentifier() or not source:
        return source
    if len(source) > MAX_RECEIVER:
        return "?"
    if given := _HANDED_ON.match(source):
        return _declared(source[given.end() :])
    if source[:1] in "'$@":
        return "<char>" if source[0] == "'" else _interpolated(source)
    if "=>" in source or source.startswith("delegate"):
        if _LAMBDA.match(source):
            return "<lambda>"
    elif _TEXT.match(source):
        return "<str>"
    elif _COMPARED.search(source) and "{" not in source and "?" not in source:
        return "<bool>"
    elif _NEGATIVE.fullmatch(source):
        return source[1:].strip()
    if source.startswith("(") and (whole := _WRAPPED.match(source)):
        inside, rest = whole.groups()
        if not rest.strip():
            return _canonical(inside)
        if rest.lstrip()[:1] in ".?![":
            return canonical(_canonical(inside) + _GENERIC.sub("", rest.strip()))
    if source.startswith("new["):
        return "<list>"
    if source.startswith("new ") and (array := _ARRAY.match(source)):
        return f"{array.group(1)}[]{{}}"
    if "{" in source and (made := _NEW.match(source)):  # with an initializer
        return f"{made.group(1)}{'@0' if made.group(2) and '.' not in made.group(1) else ''}()"
    if cast := _CAST.match(source):
        return f"{cast.group(1)}{cast.group(2)}{'{}' if cast.group(2) else '()'}"
    if typed := _AS.search(source):
        return f"{typed.group(1)}()"
    if nothing := _DEFAULT.fullmatch(source):
        return f"{nothing.group(1)}()"
    if "?" in source:
        if first := _OTHERWISE.match(source):
            return _canonical(first.group(1))
        if chosen := _CHOSEN.match(source):
            return _canonical(chosen.group(2 if chosen.group(1) in ("null", "default") else 1))
    if "<" in source:
        source = _GENERIC.sub("", _OF.sub(r"\1@0", source))
    return canonical(source.removeprefix("global::").replace("!.", ".").rstrip("!"))


def _declared(source: str) -> str:
    """What is handed on by reference: a variable, or one that is declared there, `out Foo found`."""
    declared = _DECLARED.match(source)
    if declared:
        return "?" if declared.group(1) == "var" else f"{declared.group(1)}()"
    return _canonical(source)


def _interpolated(source: str) -> str:
    """A string with a mark before it, `$"{x}"` or `@"\\"`, and what is done with it; or a name with one."""
    quote = source.find('"')
    if quote < 0 or source[:quote].strip("$@"):
        return canonical(source.removeprefix("@"))
    behind = source[source.rfind('"') + 1 :]
    return canonical("<str>" + _GENERIC.sub("", behind)) if behind.startswith((".", "[")) else "<str>"


_KEYWORDS = "nameof typeof default sizeof checked unchecked stackalloc value base this"
_SYSTEM = """
Console Convert Environment GC Activator BitConverter Buffer Math MathF Interlocked Debug
Object String Boolean Byte SByte Char Decimal Double Single Int16 Int32 Int64 UInt16 UInt32 UInt64 IntPtr UIntPtr
Exception ArgumentException ArgumentNullException ArgumentOutOfRangeException InvalidOperationException
NotImplementedException NotSupportedException NullReferenceException IndexOutOfRangeException FormatException
ObjectDisposedException OperationCanceledException OverflowException TimeoutException AggregateException
Serializable Obsolete Flags Conditional ThreadStatic
"""
_KEYWORD_TYPES = """
bool byte sbyte char decimal double float int uint nint nuint long ulong object short ushort string dynamic void var
"""
_TYPES = """
List Dictionary HashSet Queue Stack SortedDictionary SortedList LinkedList ConcurrentDictionary IEnumerable IEnumerator
ICollection IList IDictionary IReadOnlyList IReadOnlyDictionary IReadOnlyCollection KeyValuePair Tuple ValueTuple
Func Action Predicate EventHandler StringBuilder Type Array Span ReadOnlySpan Memory ReadOnlyMemory
Guid DateTime DateTimeOffset TimeSpan Uri Version Random Stream StreamReader StreamWriter MemoryStream TextReader
TextWriter CancellationToken CancellationTokenSource Thread Regex CultureInfo Encoding Delegate Enum
"""

LANGUAGE = Language(
    name="csharp",
    title="C#",
    grammar="tree_sitter_c_sharp",
    extensions=(".cs", ".csx"),
    kind=_kind,
    signature=_signature,
    visibility=_visibility,
    docstring=_docstring,
    bases=_bases,
    imports=_imports,
    bindings=_bindings,
    canonical=_canonical,
    rename=_rename,
    prepare=readable,
    doc_comment=re.compile(r"///|/\*\*"),
    scope="package",
    self_names=frozenset({"this"}),
    super_names=frozenset({"base"}),
    parameters="type first",
    implicit_self=True,
    builtins=frozenset(f"{_KEYWORDS} {_KEYWORD_TYPES} {_SYSTEM}".split()),
    builtin_types=frozenset(f"{_KEYWORD_TYPES} {_SYSTEM} {_TYPES}".split()),
    wrappers={"Task": 0, "ValueTask": 0, "Nullable": 0, "Lazy": 0, "ThreadLocal": 0, "AsyncLocal": 0},
)
