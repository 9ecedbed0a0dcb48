"""PHP: namespaces and `use`, promoted constructor properties, traits, and doc blocks that may name types.

Canonical expressions are written without PHP's `$`: `$this->queue` is `this.queue`, `self::$count` is `self.count`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from doctown.languages.base import Captures, Definition, Language, canonical, one_line, text
from doctown.model import Binding, Import, Visibility

if TYPE_CHECKING:
    from tree_sitter import Node

_CONSTRUCTOR = "__construct"


def _rename(name: str) -> str:
    return name.removeprefix("$")


def _kind(definition: Definition, data: bytes) -> str:
    if definition.kind == "method" and definition.name == _CONSTRUCTOR:
        return "constructor"
    return definition.kind


def _words(definition: Definition) -> set[str]:
    return {word for child in definition.inner.children if child.type.endswith("_modifier") for word in _text(child)}


def _text(node: Node) -> list[str]:
    return (node.text or b"").decode("utf-8", "replace").split("(", 1)[0].split()


def _visibility(definition: Definition, data: bytes) -> Visibility:
    words = _words(definition)
    if "private" in words:
        return "private"
    return "protected" if "protected" in words else "public"


def _start(node: Node) -> int:
    """Where a declaration starts behind its attributes."""
    for child in node.children:
        if child.type not in ("attribute_list", "comment"):
            return child.start_byte
    return node.start_byte


def _slice(data: bytes, start: int, end: int) -> str:
    return one_line(data[start : min(end, start + 2000)].decode("utf-8", "replace"))


def _signature(definition: Definition, data: bytes) -> str:
    node = definition.inner
    start = _start(node)
    if node.type in ("property_declaration", "const_declaration"):
        element = definition.captures["name"][0].parent
        first = next((child for child in node.named_children if child.type.endswith("_element")), None)
        if element is not None and first is not None:
            value = element if element.end_byte - element.start_byte <= 100 else definition.captures["name"][0]
            return f"{_slice(data, start, first.start_byte)} {one_line(text(value, data))}"[:600]
    if definition.kind in ("constructor", "method", "function") and definition.body is None:
        return _slice(data, start, node.end_byte).rstrip("; ")[:600]
    end = definition.body.start_byte if definition.body is not None else node.end_byte
    return _slice(data, start, end).rstrip(" {;=>")[:600]


def _bases(definition: Definition, data: bytes) -> Sequence[str]:
    """Parent class, interfaces, and the traits used in the body, as written."""
    found: list[str] = []
    for child in definition.inner.named_children:
        if child.type in ("base_clause", "class_interface_clause"):
            found.extend(_names(child, data))
    if definition.body is not None:
        for member in definition.body.named_children:
            if member.type == "use_declaration":
                found.extend(_names(member, data))
    return found


def _names(node: Node, data: bytes) -> Iterator[str]:
    return (text(child, data) for child in node.named_children if child.type in ("name", "qualified_name"))


def _imports(node: Node, data: bytes) -> Iterable[Import]:
    line = node.start_point[0] + 1
    if node.type.endswith("_expression"):  # include and require
        written = text(node.named_children[0], data) if node.named_children else ""
        path = re.findall(r"['\"]([^'\"]+)['\"]", written)
        if path:
            yield Import(path[-1], "*", "", line, 0)
        return
    if node.type == "use_declaration":
        return  # a trait in a class: one of its bases
    prefix = ""
    detail = _use_kind(node)
    clauses = []
    for child in node.named_children:
        if child.type == "namespace_name":
            prefix = text(child, data).strip("\\") + "\\"
        elif child.type == "namespace_use_group":
            clauses.extend(child.named_children)
        elif child.type == "namespace_use_clause":
            clauses.append(child)
    for clause in clauses:
        alias = clause.child_by_field_name("alias")
        named = next((child for child in clause.named_children if child.type in ("name", "qualified_name")), None)
        if named is None:
            continue
        module, _, name = (prefix + text(named, data).lstrip("\\")).rpartition("\\")
        bound = text(alias, data) if alias is not None else name
        yield Import(module, name, bound, line, 0, detail or _use_kind(clause))


def _use_kind(node: Node) -> str:
    """`function` or `const`, where `use` says so."""
    kind = node.child_by_field_name("type")
    return kind.type if kind is not None else ""


def _bindings(captures: Captures, data: bytes) -> Iterable[Binding]:
    node = captures["binding"][0]
    line = node.start_point[0] + 1
    if node.type == "property_promotion_parameter":  # the parameter is a property as well
        name, kind = node.child_by_field_name("name"), node.child_by_field_name("type")
        if name is not None and kind is not None:
            yield Binding(0, f"this.{text(name, data)[1:]}", one_line(text(kind, data)), "annotation", line)
        return
    parent = node.parent
    if parent is not None and parent.type == "return_statement":
        if node.end_byte - node.start_byte < 200 and not _in_closure(parent):
            yield Binding(0, "return", _canonical(text(node, data)), "value", line)
    else:
        yield Binding(0, "return", one_line(text(node, data)), "return", line)


def _in_closure(node: Node) -> bool:
    """Whether a statement belongs to an anonymous function rather than to the one around it."""
    around = node.parent
    for _ in range(MAX_CLIMB):
        if around is None or around.type in ("method_declaration", "function_definition"):
            return False
        if around.type == "anonymous_function":
            return True
        around = around.parent
    return True  # nested beyond what people write: nothing is claimed


MAX_CLIMB = 40  # ancestors; each step down a deep tree costs its depth

_NEW = re.compile(r"\(\s*new\s+([\w\\]+)")
_STRINGS = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_ARGUMENTS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_ANONYMOUS = re.compile(r"(?:static\s+)?(?:function|fn)\b")


def _canonical(source: str) -> str:
    """As everywhere, without `$`; `\\` between namespaces becomes `.`, `(new Foo)->x` is `Foo().x`."""
    source = source.strip()
    if _ANONYMOUS.match(source):
        return "?"
    if source.startswith("clone "):
        source = source.removeprefix("clone ")
    if source.startswith("(") and (made := _NEW.match(source)):
        end = _closing(source)
        if end:
            source = f"{made.group(1)}(){source[end + 1 :]}"
    elif source.startswith("new ") and "(" not in source:
        source += "()"
    if "." in source and _joins_strings(source):
        return "?"
    return canonical(
        source.replace("?->", "->").replace("$", "").replace("new \\", "new ").lstrip("\\").replace("\\", ".")
    )


def _joins_strings(source: str) -> bool:
    """Whether PHP's dot joins strings outside of all arguments, or `f(...)` takes a function rather than its result."""
    if source.endswith("(...)"):
        return True
    flat = _STRINGS.sub("", source)
    while (shorter := _ARGUMENTS.sub("", flat)) != flat:
        flat = shorter
    return "." in flat


def _closing(source: str) -> int:
    """Where the parenthesis that a text starts with closes; 0 if it does not."""
    depth = 0
    for position, sign in enumerate(source):
        depth += (sign == "(") - (sign == ")")
        if not depth:
            return position
    return 0


_KEYWORDS = "array list isset unset empty eval exit die echo print compact extract define defined constant"
_FUNCTIONS = """
abs array_chunk array_column array_combine array_diff array_diff_key array_fill array_fill_keys array_filter array_flip
array_intersect array_intersect_key array_key_exists array_key_first array_key_last array_keys array_map array_merge
array_merge_recursive array_pad array_pop array_push array_rand array_reduce array_replace array_reverse array_search
array_shift array_slice array_splice array_sum array_unique array_unshift array_values array_walk array_is_list arsort
asort assert base64_decode base64_encode basename bin2hex call_user_func call_user_func_array ceil chdir chmod chr
class_exists class_implements clearstatcache copy count ctype_alnum ctype_alpha ctype_digit ctype_lower ctype_space
ctype_upper current date date_default_timezone_get debug_backtrace dirname end enum_exists error_get_last error_log
error_reporting explode extension_loaded fclose feof fflush fgets file file_exists file_get_contents file_put_contents
filemtime fileperms filesize filter_var floatval flock floor fmod fopen fread fseek fwrite func_get_args
function_exists gc_collect_cycles get_class get_class_methods get_debug_type get_object_vars get_parent_class
getcwd getenv gethostname getmypid gettype glob hash header headers_sent hex2bin hrtime html_entity_decode
htmlentities htmlspecialchars http_build_query iconv implode in_array ini_get ini_set intdiv interface_exists intval
is_a is_array is_bool is_callable is_dir is_file is_float is_int is_iterable is_link is_null is_numeric is_object
is_readable is_resource is_scalar is_string is_subclass_of is_writable iterator_count iterator_to_array join
json_decode json_encode json_last_error json_last_error_msg key krsort ksort lcfirst log ltrim max mb_convert_case
mb_convert_encoding mb_detect_encoding mb_strlen mb_strpos mb_strtolower mb_strtoupper mb_strwidth mb_substr md5
memory_get_usage method_exists microtime min mkdir mktime mt_rand natsort next nl2br number_format ob_end_clean
ob_get_clean ob_start ord parse_str parse_url pathinfo php_sapi_name phpversion pow preg_grep preg_last_error
preg_match preg_match_all preg_quote preg_replace preg_replace_callback preg_split prev print_r printf property_exists
putenv random_bytes random_int range rawurldecode rawurlencode realpath register_shutdown_function rename reset
restore_error_handler rmdir round rsort rtrim scandir serialize set_error_handler set_exception_handler setlocale
settype sha1 shuffle sleep sort spl_autoload_register spl_object_hash spl_object_id sprintf sqrt str_contains
str_ends_with str_ireplace str_pad str_repeat str_replace str_split str_starts_with strcasecmp strcmp
stream_context_create stream_get_contents
strip_tags stripos stripslashes strlen strncasecmp strncmp strpbrk strpos strrev strrpos strstr
strtolower strtotime strtoupper strtr strval substr substr_count substr_replace sys_get_temp_dir tempnam time touch
trait_exists trigger_error trim uasort ucfirst ucwords uksort uniqid unlink unserialize urldecode urlencode usleep
usort utf8_decode utf8_encode var_dump var_export version_compare vsprintf
"""
_CLASSES = """
stdClass Closure Generator ArrayAccess ArrayIterator ArrayObject Countable Iterator IteratorAggregate Traversable
JsonSerializable Serializable Stringable UnitEnum BackedEnum WeakMap WeakReference SplObjectStorage SplQueue SplStack
SplFileInfo DateTime DateTimeImmutable DateTimeInterface DateTimeZone DateInterval Throwable Exception Error TypeError
ValueError ArithmeticError ErrorException RuntimeException LogicException InvalidArgumentException DomainException
LengthException OutOfRangeException OutOfBoundsException RangeException OverflowException UnderflowException
UnexpectedValueException BadFunctionCallException BadMethodCallException JsonException PDO PDOStatement PDOException
ReflectionClass ReflectionMethod ReflectionProperty ReflectionFunction ReflectionNamedType ReflectionException
"""
_TYPES = "int float string bool array object iterable callable mixed void never null false true self static parent"

LANGUAGE = Language(
    name="php",
    title="PHP",
    grammar="tree_sitter_php",
    grammar_function="language_php",
    extensions=(".php", ".phtml", ".php5", ".php7", ".inc"),
    interpreters=("php",),
    kind=_kind,
    signature=_signature,
    visibility=_visibility,
    bases=_bases,
    imports=_imports,
    bindings=_bindings,
    canonical=_canonical,
    rename=_rename,
    doc_comment=re.compile(r"/\*\*"),
    scope="package",
    self_names=frozenset({"this", "self", "static"}),
    super_names=frozenset({"parent"}),
    constructors=(_CONSTRUCTOR,),
    builtins=frozenset(f"{_KEYWORDS} {_FUNCTIONS} {_TYPES}".split()),
    builtin_types=frozenset(f"{_TYPES} {_CLASSES}".split()) - {"self", "static", "parent"},
)
