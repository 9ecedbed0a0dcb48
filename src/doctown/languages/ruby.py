"""Ruby: reopened classes, mixins, visibility by section, and methods that are made rather than written.

Canonical expressions read instance variables as attributes of `self` (`@bed.soil` as `self.bed.soil`) and `Foo.new`
as `Foo()`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from doctown.languages.base import CLASS_KINDS, Captures, Definition, Language, canonical, one_line, text
from doctown.languages.wholefile import SameFile
from doctown.model import Binding, Import, Visibility

if TYPE_CHECKING:
    from tree_sitter import Node

_MIXINS = frozenset({"include", "extend", "prepend"})
_SECTIONS = {"private": "private", "protected": "protected", "public": "public", "module_function": "public"}
_BODIES = frozenset({"class", "module", "singleton_class"})


def _rename(name: str) -> str:
    """`:name` and `"name"` name what they spell; `@name` stays as it is written."""
    return name.removeprefix(":").strip("\"'")


def _body(node: Node) -> Node | None:
    return node.child_by_field_name("body")


def _kind(definition: Definition, data: bytes) -> str:
    """A module that has instance methods can be mixed in, so it is a trait; else it is a namespace."""
    kind = definition.kind
    if kind == "namespace":
        body = _body(definition.inner)
        mixed_in = body is not None and any(child.type == "method" for child in body.named_children)
        return "trait" if mixed_in else "namespace"
    if kind == "constant":
        return "class" if _made_class(definition, data) else kind
    if kind == "method":
        if definition.name == "initialize":
            return "constructor"
        inside = definition.parent_kind in CLASS_KINDS or definition.parent_kind in _MEMBERS
        return "method" if inside or definition.receiver else "function"
    return kind


_MEMBERS = frozenset({"namespace", "method", "constructor"})  # `def` in a method defines one of the class


_MADE = re.compile(r"(?:Struct|Class|Module|Data|OpenStruct)\.(?:new|define)\b")


def _made_class(definition: Definition, data: bytes) -> bool:
    """`Pot = Struct.new(:size)` and its like define a class."""
    value = definition.inner.child_by_field_name("right")
    return value is not None and _MADE.match(text(value, data)[:60]) is not None


def _slice(data: bytes, start: int, end: int) -> str:
    return one_line(data[start : min(end, start + 2000)].decode("utf-8", "replace"))


def _signature(definition: Definition, data: bytes) -> str:
    node = definition.inner
    if node.type in ("method", "singleton_method"):
        end = node.child_by_field_name("parameters") or node.child_by_field_name("name")
        return _slice(data, node.start_byte, end.end_byte if end is not None else node.end_byte)[:600]
    if node.type in ("class", "module"):
        end = node.child_by_field_name("superclass") or node.child_by_field_name("name")
        return _slice(data, node.start_byte, end.end_byte if end is not None else node.end_byte)[:600]
    if "_attribute" in definition.captures:
        return f"{text(definition.captures['_attribute'][0], data)} :{definition.name}"
    if node.type == "call":
        method = node.child_by_field_name("method")
        return f"{text(method, data) if method is not None else ''} :{definition.name}".strip()
    value = node.child_by_field_name("right")
    block = value.child_by_field_name("block") if value is not None and value.type == "call" else None
    end_byte = block.start_byte if block is not None else node.end_byte
    shown = data[node.start_byte : min(end_byte, node.start_byte + 400)].decode("utf-8", "replace")
    return one_line(shown)[:200] if value is not None and "\n" not in shown else one_line(shown.split("\n", 1)[0])[:200]


# --- visibility ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _access(file: SameFile) -> dict[int, str]:
    """Visibility by the first byte of a method's or attribute's statement. For one file at a time."""
    access: dict[int, str] = {}
    open_nodes = [file.root]
    while open_nodes:
        node = open_nodes.pop()
        body = node if node.type == "program" else _body(node)
        if body is not None:
            open_nodes.extend(_note_section(body, file.data, access, program=node.type == "program"))
    return access


def _note_section(body: Node, data: bytes, access: dict[int, str], *, program: bool) -> Iterator[Node]:
    """Notes the methods of one class body and yields the classes in it."""
    section = "public"
    starts: dict[str, int] = {}
    for child in body.named_children:
        if child.type in _BODIES:
            yield child
        elif program:
            continue
        elif child.type == "identifier":
            section = _SECTIONS.get(text(child, data), section)
        elif child.type == "method":
            access[child.start_byte] = section
            name = child.child_by_field_name("name")
            if name is not None:
                starts[text(name, data)] = child.start_byte
        elif child.type == "call":
            access[child.start_byte] = section
            _note_call(child, data, access, starts)


def _note_call(call: Node, data: bytes, access: dict[int, str], starts: dict[str, int]) -> None:
    """`private def x` and `private :x` change the visibility of what they are given."""
    method = call.child_by_field_name("method")
    arguments = call.child_by_field_name("arguments")
    word = text(method, data) if method is not None else ""
    section = "private" if word == "private_class_method" else _SECTIONS.get(word)
    if section is None or arguments is None:
        return
    for argument in arguments.named_children:
        if argument.type in ("method", "singleton_method", "call"):
            access[argument.start_byte] = section
        elif argument.type in ("simple_symbol", "string"):
            start = starts.get(_rename(text(argument, data)))
            if start is not None:
                access[start] = section


def _visibility(definition: Definition, data: bytes) -> Visibility:
    if definition.kind == "field":
        return "private"
    if definition.kind not in ("method", "property", "constructor"):
        return "public"
    start = definition.node.start_byte
    if "_attribute" in definition.captures:
        start = definition.captures["_attribute"][0].start_byte  # where `attr_accessor :name` starts
    return cast(Visibility, _access(SameFile(data, definition.node)).get(start, "public"))


# --- the rest -----------------------------------------------------------------------------------------------------


def _docstring(definition: Definition, data: bytes) -> str | None:
    """`=begin` and `=end` are the marks of a block comment."""
    doc = definition.doc
    if doc and doc.startswith("=begin"):
        return doc.removeprefix("=begin").removesuffix("=end").strip()
    return doc or None


def _bases(definition: Definition, data: bytes) -> Sequence[str]:
    """The superclass and the modules mixed in."""
    found = []
    superclass = definition.inner.child_by_field_name("superclass")
    if superclass is not None and superclass.named_children:
        found.append(text(superclass.named_children[0], data))
    body = _body(definition.inner)
    for child in body.named_children if body is not None else ():
        if child.type != "call" or child.child_by_field_name("receiver") is not None:
            continue
        method, arguments = child.child_by_field_name("method"), child.child_by_field_name("arguments")
        if method is not None and arguments is not None and text(method, data) in _MIXINS:
            given = (node for node in arguments.named_children if node.type in ("constant", "scope_resolution"))
            found.extend(text(node, data) for node in given)
    return found


def _imports(node: Node, data: bytes) -> Iterable[Import]:
    """A required file gives all its constants; `require_relative` starts at this file, written with `./`."""
    method, arguments = node.child_by_field_name("method"), node.child_by_field_name("arguments")
    if method is None or arguments is None:
        return
    line = node.start_point[0] + 1
    given = [_rename(text(argument, data)) for argument in arguments.named_children]
    word = text(method, data)
    if any("#{" in each for each in given):
        return
    if word == "autoload":
        if len(given) == 2:
            yield Import(given[1], given[0], given[0], line, 0)
    elif given:
        relative = word == "require_relative" and not given[0].startswith(".")
        yield Import(f"./{given[0]}" if relative else given[0], "*", "", line, 0)


def _bindings(captures: Captures, data: bytes) -> Iterable[Binding]:
    node = captures["binding"][0]
    if node.end_byte - node.start_byte < 200:
        yield Binding(0, "return", _canonical(text(node, data)), "value", node.start_point[0] + 1)


_INSTANCE = re.compile(r"(?<![\w@:\"'])@@?(?=[A-Za-z_])")
_NEW = re.compile(r"\b([A-Z]\w*(?:\.[A-Z]\w*)*)\.new\b(?:\(\))?")
_BLOCK = re.compile(r"\s*(?:\{\s*\|.*\}|\bdo\b.*\bend)\s*\Z", re.DOTALL)
_PREDICATE = re.compile(r"(?<=\w)[?!](?=[.(\s&]|$)")


def _canonical(source: str) -> str:
    """`@bed` is an attribute of `self`; a constructed `Foo.new(x)` reads as `Foo()`; blocks are dropped."""
    if source.isidentifier():
        return source
    source = source.strip()
    if source.startswith("::"):
        source = source[2:]
    if source.endswith(("end", "}")):
        source = _BLOCK.sub("", source)
    shown = canonical(_PREDICATE.sub("", _INSTANCE.sub("self.", source)).replace("&.", "."))
    return _NEW.sub(r"\1()", shown) if ".new" in shown else shown


_KERNEL = """
abort at_exit autoload binding block_given? caller catch eval exec exit exit! fail fork format gets global_variables
instance_variable_get instance_variable_set instance_variables lambda load local_variables loop open p pp print printf
proc putc puts raise rand readline readlines require require_relative select set_trace_func sleep spawn sprintf srand
syscall system test throw trap warn Array Complex Float Hash Integer Rational String __method__ __dir__ __FILE__
alias_method attr attr_accessor attr_reader attr_writer define_method define_singleton_method extend include prepend
module_function private protected public private_class_method public_class_method private_constant using refine
freeze frozen? dup clone tap then nil? is_a? kind_of? instance_of? respond_to? send public_send method methods
instance_variable_defined? object_id hash inspect to_s class singleton_class equal? eql? instance_eval instance_exec
class_eval class_exec module_eval remove_method undef_method super yield self nil true false
"""
_CLASSES = """
Array BasicObject Binding Class Comparable Complex Dir Encoding Enumerable Enumerator ENV ARGV ARGF STDIN STDOUT STDERR
File FileTest Float GC Hash Integer IO Kernel Marshal MatchData Math Method Module Mutex NilClass Numeric Object
ObjectSpace Proc Process Queue Random Range Rational Regexp Ractor Signal String Struct Symbol Thread Time TracePoint
TrueClass FalseClass UnboundMethod RUBY_VERSION RUBY_PLATFORM RUBY_ENGINE
Exception StandardError ArgumentError EncodingError EOFError FloatDomainError FrozenError IOError IndexError KeyError
Interrupt LoadError LocalJumpError NameError NoMethodError NotImplementedError RangeError RegexpError RuntimeError
ScriptError SecurityError SignalException StopIteration SyntaxError SystemCallError SystemExit SystemStackError
ThreadError TypeError ZeroDivisionError
"""

LANGUAGE = Language(
    name="ruby",
    title="Ruby",
    grammar="tree_sitter_ruby",
    extensions=(".rb", ".rake", ".gemspec", ".ru", ".rbw", ".podspec", ".thor"),
    filenames=("Rakefile", "Gemfile", "Guardfile", "Vagrantfile", "Podfile", "Capfile", "Thorfile", "Brewfile"),
    interpreters=("ruby", "jruby"),
    kind=_kind,
    signature=_signature,
    visibility=_visibility,
    docstring=_docstring,
    bases=_bases,
    imports=_imports,
    bindings=_bindings,
    canonical=_canonical,
    rename=_rename,
    scope="global",
    self_names=frozenset({"self"}),
    super_names=frozenset({"super", "super()"}),
    constructors=("initialize",),
    implicit_self=True,
    builtins=frozenset(f"{_KERNEL} {_CLASSES}".split()),
    builtin_types=frozenset(_CLASSES.split()),
)
