"""Which of several functions of one name a call means, by the number and the types of its arguments.

For languages whose `parameters` says how a parameter is written. Parameters are read from signatures, arguments are
the canonical expressions that the call noted. What is told here is where types come *as written*: `char[]` is not
`List<Character>`, which to `infer` are both containers. What cannot be known stays open, and then several remain.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from doctown.assemble.resolve.classes import order, own_member
from doctown.assemble.resolve.common import common_names
from doctown.assemble.resolve.index import CALLABLE_KINDS, INSTANCE, SELF, VALUE_KINDS, Index, Value, Values, group_of
from doctown.assemble.resolve.infer import LEVELS, infer, member
from doctown.assemble.resolve.scopes import find
from doctown.languages.base import CLASS_KINDS
from doctown.model import Reference

MAX_SIGNATURE = 590  # characters; a longer one was cut, and its parameters are not known
MAX_DEPTH = 4  # of variables whose type is that of another expression


class Parameter(NamedTuple):
    """One parameter as written; `type` is without modifiers, annotations and type arguments."""

    type: str
    optional: bool
    variadic: bool
    label: str = ""  # by what name an argument is given, where the language has such; `_`: by none


class Type(NamedTuple):
    """What a type is: a class of ours by its number, else its plain name; and of how many dimensions an array."""

    name: int | str
    dimensions: int


ANYTHING = Type("<any>", 0)  # a type parameter
NULL = Type("<null>", 0)
LAMBDA = Type("<lambda>", 0)

# The numbers of Java and C# together: what only one of them has is never met in the other.
_WIDER = {
    "byte": ("short", "ushort", "int", "uint", "long", "ulong", "float", "double", "decimal"),
    "sbyte": ("short", "int", "long", "float", "double", "decimal"),
    "short": ("int", "long", "float", "double", "decimal"),
    "ushort": ("int", "uint", "long", "ulong", "float", "double", "decimal"),
    "char": ("ushort", "int", "uint", "long", "ulong", "float", "double", "decimal"),
    "int": ("long", "float", "double", "decimal"),
    "uint": ("long", "ulong", "float", "double", "decimal"),
    "long": ("float", "double", "decimal"),
    "ulong": ("float", "double", "decimal"),
    "float": ("double",),
    "double": (),
    "decimal": (),
    "boolean": (),
}
_CONSTANT = "<int>"  # a number as written, which in C# fits every whole number's type that it is small enough for
_WHOLE = frozenset({"byte", "sbyte", "short", "ushort", "uint", "ulong"})
_BOXES = {
    "Integer": "int", "Long": "long", "Short": "short", "Byte": "byte", "Character": "char", "Boolean": "boolean",
    "Float": "float", "Double": "double",
}  # fmt: skip
_BOXED = {primitive: box for box, primitive in _BOXES.items()}
_SAME = {
    "string": "String",
    "str": "String",
    "bool": "boolean",
    "Int32": "int",
    "Int64": "long",
    "Int16": "short",
    "UInt32": "uint",
    "UInt64": "ulong",
    "UInt16": "ushort",
    "SByte": "sbyte",
    "object": "Object",
    "Any": "Object",
    "any": "Object",
    "AnyRef": "Object",
}
_PLAIN_NAMES = {
    "Int": "int", "Long": "long", "Short": "short", "Byte": "byte", "Char": "char", "Character": "char",
    "Boolean": "boolean", "Bool": "boolean", "Float": "float", "Double": "double",
}  # fmt: skip
_OF_TEXT = frozenset({"CharSequence", "Comparable", "Serializable", "IEnumerable", "IComparable"})
_OF_BOXES = frozenset({"Number", "Comparable", "Serializable", "IComparable"})
# What the containers of .NET are beside themselves, and what its arrays are.
_LISTED = frozenset({"IList", "ICollection", "IEnumerable", "IReadOnlyList", "IReadOnlyCollection"})
_MAPPED = frozenset({"IDictionary", "IReadOnlyDictionary", "ICollection", "IEnumerable", "IReadOnlyCollection"})
_SUPERS = {
    **dict.fromkeys(("List", "Collection", "ObservableCollection", "ReadOnlyCollection", "ArrayList"), _LISTED),
    **dict.fromkeys(("HashSet", "SortedSet"), frozenset({"ISet", "ICollection", "IEnumerable", "IReadOnlyCollection"})),
    **dict.fromkeys(("Dictionary", "SortedDictionary", "ConcurrentDictionary", "SortedList"), _MAPPED),
    **dict.fromkeys(("IList", "ICollection", "IReadOnlyList", "IReadOnlyCollection", "ISet", "Queue", "Stack"),
                    frozenset({"ICollection", "IEnumerable", "IReadOnlyCollection"})),
    **dict.fromkeys(("IDictionary", "IReadOnlyDictionary"), _MAPPED),
    "MemoryStream": frozenset({"Stream"}), "FileStream": frozenset({"Stream"}),
    "StringWriter": frozenset({"TextWriter"}), "StreamWriter": frozenset({"TextWriter"}),
    "StringReader": frozenset({"TextReader"}), "StreamReader": frozenset({"TextReader"}),
    **dict.fromkeys(("MethodInfo", "ConstructorInfo"), frozenset({"MethodBase", "MemberInfo"})),
    **dict.fromkeys(("PropertyInfo", "FieldInfo", "EventInfo", "Type", "MethodBase"), frozenset({"MemberInfo"})),
}  # fmt: skip
_EXACT, _SMALLER, _BOXING, _ROOT, _UNSURE, _GENERIC = 0, 12, 20, 50, 30, 40


# --- parameters ---------------------------------------------------------------------------------------------------

_ANNOTATION = re.compile(r"@[\w.]+(?:\([^()]*\))?\s*|\[[A-Z]\w*(?:\([^()]*\))?\]\s*")
_MODIFIERS = re.compile(
    r"\b(?:final|ref|out|in|params|this|const|vararg|noinline|crossinline|implicit|using|inout|val|var|private"
    r"|protected|public|override|scoped|readonly)\s+"
)
_ARROWS = re.compile(r"[-=]>")


@lru_cache(maxsize=20_000)
def read_parameters(signature: str, name: str, style: str) -> tuple[Parameter, ...] | None:
    """The parameters in a signature; None where it has none, or was cut."""
    if len(signature) >= MAX_SIGNATURE:
        return None
    source = _ARROWS.sub("→", signature)
    at = _opening(source, name) or source.find("(") + 1
    if not at:
        return None
    parts = _split(source[at:])
    return tuple(_parameter(part, style) for part in parts if part.strip()) if parts is not None else None


_OPENING = re.compile(r"\s*(?:<[^()]*>|\[[^()]*\])?\s*(?:private\s*)?\(")


def _opening(source: str, name: str) -> int:
    """Where the parameters behind a name begin; 0 if there are none."""
    at = source.find(name)
    while at >= 0:
        whole = at == 0 or not (source[at - 1].isalnum() or source[at - 1] in "_$")
        found = _OPENING.match(source, at + len(name)) if whole else None
        if found:
            return found.end()
        at = source.find(name, at + 1)
    return 0


def _split(source: str) -> list[str] | None:
    """What stands between commas up to the closing parenthesis; None if it never closes."""
    parts: list[str] = []
    depth = start = 0
    for at, character in enumerate(source):
        if character in "([{<":
            depth += 1
        elif character in ")]}>":
            if depth == 0 and character == ")":
                return [*parts, source[start:at]]
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(source[start:at])
            start = at + 1
    return None


def _parameter(source: str, style: str) -> Parameter:
    source = _ANNOTATION.sub("", source.strip())
    variadic = "..." in source or source.startswith(("params ", "vararg ")) or source.rstrip().endswith("*")
    head, equals, _ = source.partition("=")
    bare = _MODIFIERS.sub("", head).replace("...", "[]" if style == "type first" else "").strip()
    if style == "name first":
        written = bare.partition(":")[2].strip().rstrip("*")
        written = f"{written}[]" if variadic else written
    else:
        words = _plain(bare).split()
        dimensions = words[-1].count("[]") if len(words) > 1 else 0
        written = ("".join(words[:-1]) if len(words) > 1 else bare) + "[]" * dimensions
    label = bare.partition(":")[0].split()[:1] if style == "name first" else []
    return Parameter(_plain(written).replace(" ", ""), bool(equals), variadic, *label)


def _plain(written: str) -> str:
    """A type without its type arguments; what stands in angle brackets is dropped, however deep."""
    kept: list[str] = []
    depth = 0
    for character in written:
        depth -= character == ">"
        if depth <= 0 and character not in "<>":
            kept.append(character)
        depth += character == "<"
    return "".join(kept)


def parameters(ix: Index, number: int) -> tuple[Parameter, ...] | None:
    """The parameters of a function or constructor; None where nothing is known of them."""
    file = ix.file_of[number]
    facts = ix.facts[file]
    symbol = facts.symbols[number - ix.offsets[file]]
    style = (ix.tables[file] or ix.table(file)).language.parameters
    signature = symbol.signature
    if symbol.kind in CLASS_KINDS:  # a primary constructor
        return read_parameters(signature, symbol.name, style) if _opening(signature, symbol.name) else ()
    if symbol.kind == "constructor" and "(" not in signature:  # a record's, which lists them in its head
        table = ix.table(file)
        holder = facts.symbols[table.parents[number - table.offset]]
        signature = holder.signature
    return read_parameters(signature, symbol.name, style) if style else None


def _types(ix: Index, number: int) -> tuple[tuple[Parameter, Type | None], ...] | None:
    """A function's parameters with what their types are, remembered."""
    key = ("parameters", number)
    if key not in ix.signatures:
        found = parameters(ix, number)
        file = ix.file_of[number]
        scope = number - ix.offsets[file]
        ix.signatures[key] = (
            None if found is None else tuple((each, type_of_written(ix, file, scope, each.type)) for each in found)
        )
    known: tuple[tuple[Parameter, Type | None], ...] | None = ix.signatures[key]
    return known


# --- types --------------------------------------------------------------------------------------------------------


def type_of_written(ix: Index, file: int, scope: int, written: str) -> Type | None:
    """What a type as written is; None if its name leads nowhere."""
    bare = _plain(_MODIFIERS.sub("", _ANNOTATION.sub("", written + " "))).strip().rstrip("?!&*").strip()
    head = bare.replace("[]", "").replace("...", "").rstrip("?").strip().replace("::", ".").removeprefix("global.")
    dimensions = bare.count("[]") + bare.count("...")
    if not head or not head.replace(".", "").isidentifier() or head == "dynamic":
        return None
    if head in _WIDER:
        return Type(head, dimensions)
    language = (ix.tables[file] or ix.table(file)).language
    first, *rest = head.split(".")
    values = find(ix, file, scope, first, inherited=True)
    for part in rest:
        values = tuple(inner for value in values for inner in member(ix, LEVELS, value, part))
    for value in values:
        if isinstance(value, tuple):
            return Type(ANYTHING.name, dimensions)
        if isinstance(value, int):
            return Type(_one(ix, value >> 2), dimensions) if ix.kinds[value >> 2] in CLASS_KINDS else None
    if not values and language.name != "csharp":  # where the name of a library's type is not imported by itself
        return None
    last = (str(values[0]) if values else head).rpartition(".")[2]
    if language.parameters == "name first":
        last = _PLAIN_NAMES.get(last, last)
    return Type(_SAME.get(last, last), dimensions)


_NUMBER = re.compile(r"0[xXbB][\da-fA-F_]+([lL])?\Z|\d[\d_]*(\.[\d_]*)?(?:[eE][-+]?\d+)?([lLfFdDmM])?\Z")
_WORDS = {
    "true": Type("boolean", 0), "false": Type("boolean", 0), "null": NULL, "nil": NULL, "<str>": Type("String", 0),
    "<char>": Type("char", 0), "<lambda>": LAMBDA, "<bool>": Type("boolean", 0),
    "typeof()": Type("Type", 0), "nameof()": Type("String", 0),
}  # fmt: skip


# What methods of the standard libraries give that bear the same name, and mean the same, on every type.
_LIKE_TEXT = """toString ToString substring Substring trim Trim toLowerCase toUpperCase ToLower ToUpper getName
getSimpleName getMessage readLine ReadLine concat replaceAll name toHexString nextToken getProperty Join
lineSeparator"""
_LIKE_INT = """length size hashCode indexOf lastIndexOf parseInt compareTo ordinal intValue nextInt availableProcessors
IndexOf LastIndexOf GetHashCode CompareTo bitCount"""
_LIKE_BOOLEAN = """equals isEmpty contains startsWith endsWith equalsIgnoreCase hasNext containsKey isPresent matches
Equals Contains StartsWith EndsWith ContainsKey IsNullOrEmpty parseBoolean booleanValue isInstance isInterface isArray
isPrimitive"""
_LIKE_LONG = "longValue parseLong currentTimeMillis nanoTime"
_LIKE_DOUBLE = "doubleValue parseDouble nextDouble random sqrt pow"
_RESULTS = {
    **dict.fromkeys(_LIKE_TEXT.split(), Type("String", 0)),
    **dict.fromkeys(_LIKE_INT.split(), Type("int", 0)),
    **dict.fromkeys(_LIKE_BOOLEAN.split(), Type("boolean", 0)),
    **dict.fromkeys(_LIKE_LONG.split(), Type("long", 0)),
    **dict.fromkeys(_LIKE_DOUBLE.split(), Type("double", 0)),
    "toInt": Type("int", 0),
    "toLong": Type("long", 0),
    "toDouble": Type("double", 0),
    "toFloat": Type("float", 0),
    "charAt": Type("char", 0),
    "toCharArray": Type("char", 1),
    "ToCharArray": Type("char", 1),
    "getBytes": Type("byte", 1),
    "GetBytes": Type("byte", 1),
    "getClass": Type("Class", 0),
    "GetType": Type("Type", 0),
    "charValue": Type("char", 0),
}


def type_of(ix: Index, file: int, scope: int, expression: str, depth: int = 0) -> Type | None:
    """The type of an argument, as exactly as it can be told from what is written; None if unknown."""
    known = _WORDS.get(expression)
    if known is not None or "?" in expression or depth > MAX_DEPTH:
        return known
    if "+" in expression:
        left, _, right = expression.partition("+")
        return _sum(type_of(ix, file, scope, left, depth + 1), type_of(ix, file, scope, right, depth + 1))
    if expression[:1].isdigit():
        number = _number(expression)
        constant = number == Type("int", 0) and ix.facts[file].language == "csharp"
        return Type(_CONSTANT, 0) if constant else number
    if expression.endswith("[]{}"):  # an array that is made here
        return type_of_written(ix, file, scope, expression[:-2])
    if expression.endswith("[]"):
        held = type_of(ix, file, scope, expression[:-2], depth + 1)
        return Type(held.name, held.dimensions - 1) if held is not None and held.dimensions else None
    if expression.endswith("()"):
        found = _returned(ix, file, scope, expression[:-2])
        if found is None and not _ours(ix, file, scope, expression[:-2]):
            found = _from_libraries(expression[:-2])
    else:
        found = _held(ix, file, scope, expression, depth)
    if found is None:
        values = [value for value in infer(ix, LEVELS, file, scope, expression) if isinstance(value, int)]
        if len(values) == 1 and values[0] & 3 in (INSTANCE, SELF) and ix.kinds[values[0] >> 2] in CLASS_KINDS:
            return Type(_one(ix, values[0] >> 2), 0)
    return found


def _one(ix: Index, number: int) -> int:
    """One number for all parts of a class of C#'s, and for the classes of one name that differ in type parameters: a
    parameter's type is read without arguments."""
    facts = ix.facts[ix.file_of[number]]
    if facts.language != "csharp":
        return number
    language = ix.table(ix.file_of[number]).language
    same = ix.shared.get(group_of(facts, language), {}).get(ix.name(number), [])
    return same[0] if number in same else number


def _plainly(each: Type) -> Type:
    """A number as written is an `int`, where nothing else is asked for."""
    return Type("int", each.dimensions) if each.name == _CONSTANT else each


def _sum(left: Type | None, right: Type | None) -> Type | None:
    """What two operands make together: text with anything is text, of two numbers the wider one."""
    text = Type("String", 0)
    if text in (left, right):
        return text
    left, right = (None if each is None else _plainly(each) for each in (left, right))
    if left is None or right is None or left.name not in _RANKS or right.name not in _RANKS:
        return None
    return Type(_RANKS[max(_RANKS.index(left.name), _RANKS.index(right.name), 0)], 0)


_RANKS = ("int", "long", "float", "double")
_PREDEFINED = frozenset({*_WIDER, "bool", "string", "object"})


def _from_libraries(path: str) -> Type | None:
    holder, _, name = path.rpartition(".")
    if name in ("Parse", "valueOf") and (holder in _WIDER or holder in _BOXES):
        return Type(holder, 0)
    return _RESULTS.get(name)


def _ours(ix: Index, file: int, scope: int, path: str) -> bool:
    """Whether a call may run something of ours, so that a name says nothing of its result."""
    return any(isinstance(value, int) for value in _values(ix, file, scope, path))


def _number(expression: str) -> Type | None:
    match = _NUMBER.match(expression)
    if match is None:
        return None
    suffix = (match.group(1) or match.group(3) or "").lower()
    if suffix in ("l", "f"):
        return Type("long" if suffix == "l" else "float", 0)
    return Type("double" if suffix or match.group(2) or "e" in expression[1:].lower() else "int", 0)


def _values(ix: Index, file: int, scope: int, path: str) -> tuple[Value, ...]:
    """What the last name of `receiver.name` is: definitions, variables, external names."""
    receiver, _, name = path.rpartition(".")
    if not receiver:
        return find(ix, file, scope, name)
    owners = infer(ix, LEVELS, file, scope, receiver)
    return tuple(inner for owner in owners for inner in member(ix, LEVELS, owner, name))


def _returned(ix: Index, file: int, scope: int, path: str) -> Type | None:
    """The declared type of what a call gives, if all that may be called agree; or the class that is made."""
    if path in _PREDEFINED:  # a cast
        return type_of_written(ix, file, scope, path)
    found: dict[Type | None, None] = {}
    for value in _values(ix, file, scope, path):
        if isinstance(value, str) and "." not in path and path[:1].isupper():
            name = value.rpartition(".")[2]
            if (ix.tables[file] or ix.table(file)).language.parameters == "name first":
                name = _PLAIN_NAMES.get(name, name)
            found[Type(_SAME.get(name, name), 0)] = None
        elif isinstance(value, int) and ix.kinds[value >> 2] in CLASS_KINDS:
            found[Type(_one(ix, value >> 2), 0)] = None
        elif isinstance(value, int) and ix.kinds[value >> 2] == "constructor":
            home = ix.file_of[value >> 2]
            table = ix.tables[home] or ix.table(home)
            found[Type(table.offset + table.parents[(value >> 2) - table.offset], 0)] = None
        elif isinstance(value, int) and ix.kinds[value >> 2] in CALLABLE_KINDS:
            found[_declared_result(ix, value >> 2)] = None
        else:
            return None
    return next(iter(found)) if len(found) == 1 else None


def _declared_result(ix: Index, number: int) -> Type | None:
    file = ix.file_of[number]
    table = ix.tables[file] or ix.table(file)
    rows = dict.fromkeys(table.returns.get(number - table.offset, ()))
    written = [value for value, kind in rows if kind == "return"]
    found = type_of_written(ix, file, number - table.offset, written[0]) if len(written) == 1 else None
    return None if found is not None and found.name == ANYTHING.name else found


def _held(ix: Index, file: int, scope: int, path: str, depth: int) -> Type | None:
    """The declared type of a variable or field."""
    receiver, _, name = path.rpartition(".")
    if receiver and name == "class":
        return Type("Class", 0)
    if receiver and name in ("length", "Length"):
        held = type_of(ix, file, scope, receiver, depth + 1)
        if held is not None and held.dimensions:
            return Type("int", 0)
    for value in _values(ix, file, scope, path):
        if isinstance(value, tuple) and value[0] == "var":
            return _bound(ix, value[1], value[2], value[3], depth)
        if isinstance(value, int) and ix.kinds[value >> 2] == "property":
            return _declared_result(ix, value >> 2)
        if isinstance(value, int) and ix.kinds[value >> 2] in VALUE_KINDS:
            home = ix.file_of[value >> 2]
            table = ix.tables[home] or ix.table(home)
            return _bound(ix, home, table.parents[(value >> 2) - table.offset], ix.name(value >> 2), depth)
    return None


def _bound(ix: Index, file: int, scope: int, name: str, depth: int) -> Type | None:
    table = ix.tables[file] or ix.table(file)
    rows = table.variables.get(scope, {}).get(name, ())
    written = {(inner, value) for inner, value, kind in rows if kind in ("annotation", "parameter") and value}
    if not written:
        given = {(inner, value) for inner, value, kind in rows if kind == "value"}
        found = {type_of(ix, file, inner, value, depth + 1) for inner, value in given}
    else:
        found = {type_of_written(ix, file, inner, value) for inner, value in written}
    return found.pop() if len(found) == 1 else None


# --- choosing -----------------------------------------------------------------------------------------------------


class _Fit(NamedTuple):
    """One overload that the arguments may fit: how far each is from its parameter, lower being closer."""

    number: int
    ranks: tuple[int, ...]
    types: tuple[Type | None, ...]
    variadic: bool


def select(ix: Index, file: int, scope: int, numbers: Sequence[int], arguments: Sequence[str]) -> tuple[int, ...]:
    """Of functions of one name those that a call with these arguments may mean: one where that is certain, none where
    none of them takes so many arguments or such types."""
    labels = [match.group(1) if (match := _LABEL.match(each)) else "" for each in arguments]
    given = [
        type_of(ix, file, scope, each[len(label) + 1 :] if label else each)
        for each, label in zip(arguments, labels, strict=True)
    ]
    strict = ix.facts[file].language == "swift"
    fits = _fitting(ix, [n for n in numbers if _labelled(ix, n, labels, strict)], given)
    if not fits:
        fits = _fitting(ix, [n for n in _inherited(ix, numbers) if _labelled(ix, n, labels, strict)], given)
    if len(fits) > 1:
        exact = [fit for fit in fits if not fit.variadic]
        fits = exact or fits
        plain = [fit for fit in fits if not any(_BOXING <= rank < _UNSURE for rank in fit.ranks)]
        fits = plain or fits
    best = next((fit for fit in fits if all(fit is other or _beats(fit, other) for other in fits)), None)
    return (best.number,) if best is not None else tuple(fit.number for fit in fits)


_LABEL = re.compile(r"(\w+):(?!:)")


def _labelled(ix: Index, number: int, labels: Sequence[str], strict: bool) -> bool:
    """Whether a function has parameters of those labels; in Swift they are part of its name, and in this order."""
    expected = parameters(ix, number)
    if expected is None or not (strict or any(labels)):
        return True
    if not strict:
        return {each for each in labels if each} <= {each.label for each in expected}
    wanted = iter(expected)
    for label in labels:
        for each in wanted:
            if (label or "_") == each.label or (each.variadic and not label):
                break
            if not each.optional:
                return False
        else:
            return bool(expected) and expected[-1].variadic
    return all(each.optional or each.variadic for each in wanted)


def accepts(ix: Index, number: int, count: int) -> bool:
    """Whether a function takes so many arguments, as far as that is known."""
    expected = parameters(ix, number)
    if expected is None:
        return True
    needed = sum(1 for each in expected if not (each.optional or each.variadic))
    return needed <= count and (count <= len(expected) or any(each.variadic for each in expected))


def _inherited(ix: Index, numbers: Sequence[int]) -> list[int]:
    """Methods of the same name further up: an overload in a subclass does not hide them."""
    found: dict[int, None] = {}
    for number in numbers:
        file = ix.file_of[number]
        table = ix.tables[file] or ix.table(file)
        parent = table.parents[number - table.offset]
        if ix.kinds[number] == "method" and parent > 0 and ix.kinds[table.offset + parent] in CLASS_KINDS:
            for each in order(ix, table.offset + parent)[0][1:]:
                for value in own_member(ix, each, ix.name(number)):
                    if isinstance(value, int) and ix.kinds[value >> 2] == "method":
                        found[value >> 2] = None
    return [number for number in found if number not in numbers]


def _fitting(ix: Index, numbers: Sequence[int], given: Sequence[Type | None]) -> list[_Fit]:
    found = []
    for number in numbers:
        expected = _types(ix, number)
        if expected is None:
            found.append(_Fit(number, (_UNSURE,) * len(given), (None,) * len(given), variadic=False))
            continue
        fit = _fit(ix, number, expected, given)
        if fit is not None:
            found.append(fit)
    return found


def _fit(
    ix: Index, number: int, expected: Sequence[tuple[Parameter, Type | None]], given: Sequence[Type | None]
) -> _Fit | None:
    needed = sum(1 for each, _ in expected if not (each.optional or each.variadic))
    variadic = any(each.variadic for each, _ in expected)
    if len(given) < needed or (len(given) > len(expected) and not variadic):
        return None
    if len(given) <= len(expected):
        types = tuple(kind for _, kind in expected[: len(given)])
        ranks = _ranks(ix, given, types)
        exact = len(given) == len(expected) or not variadic
        if ranks is not None and exact:
            return _Fit(number, ranks, types, variadic=False)
    if not variadic:
        return None
    fixed = [kind for _, kind in expected[:-1]]
    last = expected[-1][1]
    element = Type(last.name, max(0, last.dimensions - 1)) if last is not None else None
    types = tuple((fixed + [element] * len(given))[: len(given)])
    ranks = _ranks(ix, given, types)
    return _Fit(number, ranks, types, variadic=True) if ranks is not None else None


def _ranks(ix: Index, given: Sequence[Type | None], types: Sequence[Type | None]) -> tuple[int, ...] | None:
    ranks = []
    for one, other in zip(given, types, strict=True):
        rank = _distance(ix, one, other)
        if rank is None:
            return None
        ranks.append(rank)
    return tuple(ranks)


def _beats(fit: _Fit, other: _Fit) -> bool:
    """Whether every argument is at least as close; an argument of unknown type must not decide."""
    for at, (mine, its) in enumerate(zip(fit.ranks, other.ranks, strict=True)):
        if mine > its or (mine == its == _UNSURE and fit.types[at] != other.types[at]):
            return False
    return True


def _distance(ix: Index, given: Type | None, wanted: Type | None) -> int | None:
    """How far an argument's type is from a parameter's; None: it does not fit."""
    if given is None or wanted is None:
        return _UNSURE
    if ANYTHING.name in (wanted.name, given.name):
        return _generic(given, wanted)
    if given.name == _CONSTANT:
        if wanted.name in _WHOLE and not wanted.dimensions:
            return _SMALLER
        given = _plainly(given)
    primitive = wanted.name in _WIDER and not wanted.dimensions
    if given == NULL:
        return None if primitive else _ROOT if wanted == Type("Object", 0) else 1
    if given == LAMBDA:
        return _functional(ix, wanted)
    if given.dimensions != wanted.dimensions:
        root = wanted.name == "Object" and wanted.dimensions < given.dimensions
        listed = wanted.name in _LISTED and given.dimensions == 1 and not wanted.dimensions
        return 3 if listed else _ROOT if root else None
    if given == wanted:
        return _EXACT
    if given.dimensions and (given.name in _WIDER or wanted.name in _WIDER):
        return None
    return _between(ix, given.name, wanted.name)


def _generic(given: Type, wanted: Type) -> int | None:
    if wanted.name != ANYTHING.name:  # a value of a type parameter: it may have any bound
        return None if wanted.name in _WIDER or given.dimensions != wanted.dimensions else _UNSURE
    if wanted.dimensions > given.dimensions and given not in (NULL, ANYTHING):
        return None
    if given.name in _WIDER and given.dimensions == wanted.dimensions:
        return None if given.dimensions else _BOXING + 5
    return _GENERIC


def _functional(ix: Index, wanted: Type) -> int | None:
    """A lambda fits an interface, never an array, a number, a string or a class."""
    if wanted.dimensions or wanted.name in _WIDER or wanted.name in _BOXES or wanted.name in ("String", "Object"):
        return None
    if isinstance(wanted.name, int):
        return _EXACT if ix.kinds[wanted.name] in ("interface", "trait", "type_alias") else None
    return _UNSURE


def _between(ix: Index, given: int | str, wanted: int | str) -> int | None:
    """The distance between two types that differ, neither an array."""
    if wanted == "Object":
        return _BOXING + 8 if given in _WIDER else _ROOT
    if isinstance(given, int):
        mro, foreign = order(ix, given)
        if isinstance(wanted, int):
            mro = tuple(_one(ix, each) for each in mro)
            return min(mro.index(wanted), _BOXING - 1) if wanted in mro else None
        return _UNSURE if foreign and wanted not in _WIDER and wanted != "String" else None
    if isinstance(wanted, int):
        return None if given in _WIDER or given in _BOXES or given in ("String", "Object") else _UNSURE
    if given in _WIDER:
        if wanted in _WIDER[given]:
            return 1 + _WIDER[given].index(wanted)
        if wanted == _BOXED.get(given):
            return _BOXING
        return _BOXING + 5 if wanted in _OF_BOXES else None
    if wanted in _WIDER:
        own = _BOXES.get(given)
        fits = own is not None and (own == wanted or wanted in _WIDER[own])
        return _BOXING if fits else None
    if given == "String":
        return 3 if wanted in _OF_TEXT else None
    if given in _BOXES:
        return 3 if wanted in _OF_BOXES else None
    if wanted in _SUPERS.get(given, ()):
        return 2 if wanted != "IEnumerable" else 3
    return None if wanted == "String" or wanted in _BOXES else _UNSURE


# --- methods declared for a type from outside ---------------------------------------------------------------------


def extending(ix: Index, file: int, reference: Reference, owners: Values) -> tuple[tuple[int, ...], bool]:
    """C#'s extension methods for an object: static methods whose first parameter is marked `this`. And whether the
    object's type is known to be what they extend."""
    facts = ix.facts[file]
    arguments = reference.arguments
    numbers = ix.methods.get((facts.language, reference.name), ()) if arguments is not None else ()
    count = len(arguments or ()) + 1
    found = [each for each in numbers if is_extension(ix, each) and accepts(ix, each, count)]
    if not found:
        return (), False
    found = [each for each in found if _in_view(ix, file, each)] or found
    given = type_of(ix, file, reference.source, reference.receiver) or _single(ix, owners)
    ours = given is not None and isinstance(given.name, int)
    if not ours and reference.name in common_names(facts.language):
        return (), False  # the library's own method goes before an extension of its name
    if given is None:
        if any(isinstance(owner, int) and owner & 3 not in (INSTANCE, SELF) for owner in owners):
            return (), False  # a class, which has no extensions
        return (tuple(found), False) if len(found) == len(numbers) else ((), False)
    distances = {
        each: _distance(ix, given, expected[0][1] if (expected := _types(ix, each)) else None) for each in found
    }
    sure = [each for each in found if distances[each] not in (None, _UNSURE)]
    fitting = sure or [each for each in found if distances[each] is not None]
    if len(fitting) > 1:
        chosen = select(ix, file, reference.source, fitting, (reference.receiver, *(arguments or ())))
        fitting = list(chosen) or fitting
    known = ours or given.name in ix.table(file).language.builtin_types or given.dimensions or given.name == "String"
    if not known and len(fitting) == 1:  # the library's type may have a method of this name for other arguments
        expected = _types(ix, fitting[0]) or ()
        types = [type_of(ix, file, reference.source, each) for each in arguments or ()]
        ranks = [_distance(ix, one, other) for one, (_, other) in zip(types, expected[1:], strict=False)]
        sure = sure if not {None, _UNSURE} & set(ranks) else []
    return tuple(fitting), bool(sure)


def is_extension(ix: Index, number: int) -> bool:
    """Whether a C# method extends the type of its first parameter."""
    file = ix.file_of[number]
    return "(this " in ix.facts[file].symbols[number - ix.offsets[file]].signature


def _in_view(ix: Index, file: int, number: int) -> bool:
    """Whether a file is in the namespace of a method's class, in one below it, or uses it."""
    package = ix.facts[ix.file_of[number]].package
    own = f"{ix.facts[file].package}."
    return own.startswith(f"{package}.") or not package or any(each.module == package for each in ix.table(file).stars)


def _single(ix: Index, owners: Values) -> Type | None:
    """What an object is of which is known what it may be."""
    if len(owners) != 1 or isinstance(owners[0], tuple):
        return None
    owner = owners[0]
    if isinstance(owner, int):
        return Type(_one(ix, owner >> 2), 0) if owner & 3 in (INSTANCE, SELF) else None
    last = owner.rpartition(".")[2]
    return Type(_SAME.get(last, last), 0)
