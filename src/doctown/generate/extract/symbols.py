"""Pages of symbols: the author's words where there are any, else one truthful sentence from what the code shows.

A reader sees signature, source, callers and callees beside a page, from the docpack's tables; so a page repeats none
of them, and a summary names only the one or two that explain what the symbol is for. With tens of thousands of
symbols in a repository, what is short here is small there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from doctown.generate.extract.markup import Text, document
from doctown.generate.extract.view import CALLABLES, CLASSES, CONSTRUCTORS, VALUES, View, plain_name
from doctown.generate.extract.words import (
    AFTER_OBJECTS,
    NOUNS,
    VERBS,
    capital,
    counted,
    cut,
    listed,
    phrase,
    shortened,
    third_person,
    words,
)
from doctown.model import Page, Symbol
from doctown.places import is_test

MAX_INHERITED = 140  # characters of an overridden method's summary

SPECIAL = {
    "__repr__": "Representation of {0} for developers.", "__str__": "{0} as text.",
    "__eq__": "Compares two {0} for equality.",
    "__ne__": "Compares two {0} for inequality.", "__hash__": "Hash of {0}.", "__len__": "Number of items in {0}.",
    "__iter__": "Iterates over {0}.", "__next__": "Next item of {0}.", "__contains__": "Whether {0} contains an item.",
    "__getitem__": "Item of {0} by key or index.", "__setitem__": "Sets an item of {0}.",
    "__call__": "Runs when {0} is called.",
    "__delitem__": "Deletes an item of {0}.", "__enter__": "Enters the context of {0}.", "__bytes__": "{0} as bytes.",
    "__exit__": "Leaves the context of {0}.", "__aenter__": "Enters the asynchronous context of {0}.",
    "__aexit__": "Leaves the asynchronous context of {0}.", "__bool__": "Truth value of {0}.",
    "__lt__": "Orders two {0}.",
    "__getattr__": "Looks up attributes that {0} lacks.", "__setattr__": "Sets an attribute of {0}.",
    "__getattribute__": "Looks up every attribute of {0}.", "__delattr__": "Deletes an attribute of {0}.",
    "__get__": "Reads {0} as a descriptor.", "__set__": "Writes {0} as a descriptor.",
    "__delete__": "Deletes {0} as a descriptor.",
    "__del__": "Cleans up when {0} is collected.", "__copy__": "Shallow copy of {0}.",
    "__deepcopy__": "Deep copy of {0}.",
    "__reduce__": "How {0} is pickled.", "__reduce_ex__": "How {0} is pickled.",
    "__getstate__": "State of {0} for pickling.",
    "__getnewargs__": "What {0} is created with when unpickled.",
    "__setstate__": "Restores pickled {0}.",
    "__dir__": "Names that {0} offers.", "__format__": "{0} as formatted text.", "__await__": "Awaits {0}.",
    "__init_subclass__": "Runs when {0} is subclassed.", "__set_name__": "Tells {0} the name it is assigned to.",
    "__reversed__": "Iterates over {0} backwards.", "__html__": "{0} as safe HTML.", "toString": "{0} as text.",
    "hashCode": "Hash of {0}.", "equals": "Compares {0} with another object.", "__add__": "Adds to {0}.",
    "__or__": "Combines two {0} by |.", "__and__": "Combines two {0} by &.", "__invert__": "Negates {0}.",
    "__class_getitem__": "Makes {0} usable as a generic type.", "__missing__": "Supplies a missing key of {0}.",
}  # fmt: skip
# What every type of Rust's may have by the standard library's traits.
_TRAITS = {
    "fmt": "How {0} is formatted.", "clone": "Copy of {0}.", "clone_from": "Makes {0} a copy of another.",
    "default": "{0} with its default values.", "eq": "Compares two {0} for equality.",
    "ne": "Compares two {0} for inequality.", "partial_cmp": "Orders two {0}.", "cmp": "Orders two {0}.",
    "hash": "Feeds {0} to a hasher.", "drop": "Cleans up when {0} is dropped.",
    "deref": "What {0} stands for.", "deref_mut": "What {0} stands for, to be changed.",
    "next": "Next item of {0}.", "next_back": "Next item of {0} from the end.",
    "size_hint": "How many items {0} has left, as far as is known.", "into_iter": "Turns {0} into an iterator.",
    "from_str": "Reads {0} from text.", "from_iter": "Gathers {0} from an iterator.",
}  # fmt: skip
_PREDICATES = {"is": "it is", "has": "it has", "can": "it can", "should": "it should", "was": "it was",
               "are": "they are",
               "needs": "it needs", "supports": "it supports", "allows": "it allows", "contains": "it contains",
               "accepts": "it accepts", "exists": "it exists"}  # fmt: skip
_CONSTRAINT = re.compile(r"(?m)^\s*(?:go:build|\+build) .*$")  # Go: when a file is built, not what it does
_STATES = frozenset({"clean", "clear", "close", "complete", "flat", "free", "live", "next", "open", "order", "sync"})
# What stands where documentation would and is none: a remark to a tool, a ruler with a title.
_TOOLS = (
    "pylint|noqa|fmt|isort|ruff|flake8|mypy|pyright|nolint|eslint[\\w-]*|tslint|jshint|jslint|istanbul|c8|v8|clang-format|"
    "clang-tidy|prettier|biome|deno|rustfmt|checkstyle|spellchecker|cspell|codespell|shellcheck|yapf|uncrustify|astyle"
)
_REMARK = re.compile(
    rf"(?:pragma\b|(?:{_TOOLS})(?=\s*(?:$|[:=])|[\s-]+(?:off|on|ignore|disable|enable|skip|next|start|stop|begin|end)\b)"
    r"|type\s*:\s*ignore\b|@?ts-\w+)[\s\w,.:@=/\[\]-]{0,80}$|"
    r"[\w &/]*\s*[-=#*~_/]{4,}$|[\s#*=~_/-]*$|[\s#*=~_/-]{4,}[\w &]*[\s#*=~_/-]*$",
    re.IGNORECASE,
)
_KIND_NAMES = {"enum_member": "Enum member"}


def symbol_pages(view: View, chosen: Iterable[int]) -> Iterator[Page]:
    """One page for each chosen symbol in the order given; fills `view.summaries`."""
    summaries = view.summaries
    for number in chosen:
        symbol = view.symbol(number)
        text = authored(symbol)
        if text is not None:
            origin = "docstring"
            summary = text.summary or extracted_summary(view, number, symbol)
            body = "" if symbol.kind == "module" else text.body  # the file's page tells it
        else:
            origin, body = "extractive", ""
            summary = "" if symbol.kind == "module" else extracted_summary(view, number, symbol)
        if symbol.kind == "module" and not summary:
            summary = module_summary(view, number, symbol)
        summaries[number] = summary
        yield Page(
            subject_kind="symbol",
            subject=symbol.key,
            title=symbol.path if symbol.kind == "module" else symbol.qualified_name,
            summary=summary,
            body=body,
            origin=origin,  # type: ignore[arg-type]
        )


def authored(symbol: Symbol) -> Text | None:
    """What a symbol's author wrote about it; None if nothing, or only a remark to a tool or a ruler."""
    comment = symbol.docstring
    if not comment or (len(comment) < 400 and _REMARK.match(comment)):
        return None
    if symbol.language == "go" and "build " in comment:
        comment = _CONSTRAINT.sub("", comment).strip()
        if not comment:
            return None
    text = document(comment, symbol.language)
    return text if text.summary or text.body else None


def extracted_summary(view: View, number: int, symbol: Symbol) -> str:
    """One sentence about a symbol that nobody documented."""
    if symbol.kind in VALUES:
        return _value(view, symbol) if symbol.kind != "property" else _function(view, number, symbol)
    if symbol.kind in CLASSES or symbol.kind == "namespace":
        return _class(view, number, symbol)
    return _function(view, number, symbol)


def module_summary(view: View, number: int, symbol: Symbol) -> str:
    """One sentence about a file that nobody documented, from what it defines."""
    members = [
        member
        for member in view.members.get(symbol.path, ())
        if view.symbol(member).kind != "namespace" and not view.symbol(member).name.startswith("__")
    ]
    if not members:
        if symbol.end_line <= 1 and symbol.end_byte == 0:
            return "Empty file that marks a package." if symbol.path.endswith("__init__.py") else "Empty file."
        targets = [edge.target for edge in view.repository.outgoing.get(number, ()) if edge.kind == "imports"]
        inside = [target for target in targets if view.symbol(target).kind != "module"] or targets
        names = list(dict.fromkeys(view.symbol(target).name for target in view.ranked(inside)))
        if names and symbol.path.endswith(("__init__.py", "/index.ts", "/index.js", "/mod.rs")):
            return f"Gathers {shortened(names, 3)}."
        return (
            f"Imports {shortened(names, 3)}." if names else f"{counted(symbol.end_line, 'line')} without definitions."
        )
    main = [n for n in view.ranked(members) if view.symbol(n).kind in CLASSES or view.symbol(n).kind in CALLABLES]
    main = view.without_tests(main)
    if is_test(symbol.path) and not symbol.path.endswith("conftest.py"):
        tests = sum(
            1
            for member in members
            for inner in (member, *view.repository.children.get(member, ()))
            if view.symbol(inner).kind in CALLABLES and view.symbol(inner).name.lower().startswith("test")
        )
        subject = tested(view, symbol.path)
        if tests:
            return f"{capital(counted(tests, 'test'))}{' of ' + subject if subject else ''}."
    if main:
        only = authored(view.symbol(main[0])) if len(main) == 1 else None
        if only is not None and only.summary:
            return f"Defines {view.symbol(main[0]).name}: {cut(only.summary, MAX_INHERITED)}"
        return f"Defines {shortened([view.symbol(n).name for n in main], 3)}."
    return f"Holds {shortened([view.symbol(n).name for n in view.ranked(members)], 3)}."


def tested(view: View, path: str) -> str:
    """The name of what a test file uses most outside of tests; empty if nothing stands out."""
    weights: dict[int, int] = {}
    for target in view.uses.get(path, ()):
        if not is_test(target):
            for number, weight in view.names[(path, target)].items():
                if view.symbol(number).kind != "module":
                    weights[number] = weights.get(number, 0) + weight
    best = sorted(weights, key=lambda number: (-weights[number], view.symbol(number).key))
    return listed(list(dict.fromkeys(plain_name(view, number) for number in best[:2])))


# --- values -------------------------------------------------------------------------------------------------------

_ASSIGNED = re.compile(r"[\w.$]+[?!]?\s*(?::\s*((?:[^=]|=>)+?))?\s*(?::?=(?!>)\s*(.+))?$", re.DOTALL)
_UNPACKED = re.compile(r"\(?[\w.$*]+(?:\s*,\s*[\w.$*]+)+\s*,?\)?\s*=(?!=)")
_C_COMMENT = re.compile(r"\s*/\*.*?(?:\*/|$)|\s//.*$")
_CALLED = re.compile(r"(?:new\s+)?((?:\w+(?:\.|::))*([A-Z]\w*))\s*\(")
_LITERAL = re.compile(r"(?:-?[\d.]+\w*|[rbuf]?(\"[^\"]*\"|'[^']*')|True|False|None|true|false|null|nil)$")
_MODIFIERS = re.compile(
    r"\b(?:public|private|protected|internal|static|final|readonly|const|volatile|transient|pub(?:\([^)]*\))?|export|"
    r"declare|abstract|override|virtual|mut|let|var|val|lateinit|extern|inline|constexpr|@\w+)\s+"
)


def _value(view: View, symbol: Symbol) -> str:
    """A field, constant, variable, enum member or type alias."""
    kind = _KIND_NAMES.get(symbol.kind) or capital(symbol.kind)
    signature = symbol.signature if symbol.language == "python" else _MODIFIERS.sub("", symbol.signature)
    signature = signature.strip().rstrip(";,").strip()
    if signature.startswith("#define"):
        value = signature.removeprefix("#define").strip().removeprefix(symbol.name)
        value = _C_COMMENT.sub("", value).strip()
        return f"{kind} with value {cut(value, 60)}." if value else f"{kind} that is defined without a value."
    if symbol.kind == "type_alias":
        meaning = _meaning(signature, symbol.name)
        return f"Another name for {cut(meaning, 80)}." if meaning else "Type."
    if _UNPACKED.match(signature):
        return f"{kind} unpacked from {cut(signature.partition('=')[2].strip(), 60)}."
    match = _ASSIGNED.match(signature)
    declared, value = (match.group(1) or "", match.group(2) or "") if match else ("", "")
    if match is None:  # a type beside the name: before it in C's family, after it in Go
        before, _, after = signature.partition(symbol.name)
        declared = before.strip() or after.strip()
    if symbol.kind == "enum_member" and declared.startswith(("(", "{")):  # a variant that carries data
        return f"{kind} with {cut(declared.strip('(){} '), 60)}."
    if symbol.name == "__all__" and symbol.language == "python":
        exported = re.findall(r"[\"'](\w+)[\"']", value)
        return f"What import * takes from here{': ' + shortened(exported, 3) if exported else ''}."
    called = _CALLED.match(value)
    if called:
        article = "an" if called.group(2)[0] in "AEIO" else "a"
        return f"{kind}: {article} {called.group(2)}."
    if declared and len(declared) <= 60:
        return f"{kind} of type {declared.strip()}."
    if not _balanced(value):  # the signature shows one line of it
        shape = {"{": ": a mapping", "[": ": a list"}.get(value[:1], "")
        return f"{kind}{shape}."
    if value and _LITERAL.match(value):
        return f"{kind} with value {cut(value, 60)}."
    if value and len(value) <= 50:
        return f"{kind} set to {value.rstrip('.')}."
    if value.startswith(("{", "[")):
        return f"{kind}: a {'mapping' if value[0] == '{' else 'list'}."
    return f"{kind} set to {cut(value, 60)}." if value else f"{kind}."


def _meaning(signature: str, name: str) -> str:
    """What a type alias stands for: what follows the first `=` outside of brackets, or the name (Go)."""
    depth = 0
    for place, letter in enumerate(signature):
        depth += (letter in "<([{") - (letter in ">)]}")
        if letter == "=" and not depth:
            return signature[place + 1 :].strip()
    if signature.startswith("typedef "):  # C's has the name where a variable's would stand
        meant = signature.removeprefix("typedef ").strip()
        bare = re.sub(rf"\b{re.escape(name)}\b", "", meant, count=1)
        return " ".join(bare.split()) if bare != meant else ""
    _, found, rest = signature.partition(f"{name} ")
    return rest.strip() if found else ""


def _balanced(value: str) -> bool:
    """Whether a value was not cut inside brackets or a string."""
    return (
        "…" not in value
        and value.count("(") == value.count(")")
        and value.count("[") == value.count("]")
        and value.count("{") == value.count("}")
        and not (value.startswith(('"""', "'''")) and value.count(value[:3]) < 2)
    )


# --- classes ------------------------------------------------------------------------------------------------------

_PYTHON_BASES = re.compile(r"class\s+\w+\s*(?:\[[^\]]*\])?\((.*)\)$", re.DOTALL)
_DECORATION = re.compile(r"<.*|\(.*|\[.*|^.*\b(?:public|private|protected|virtual)\s+")
_SUBSCRIPT = re.compile(r"\[[^\[\]]*\]")
_GENERIC = re.compile(r"<[^<>]*>")
_OTHER_BASES = re.compile(r"\b(?:extends|implements|with)\s+([^{]+?)(?=\s+(?:extends|implements|with|where)\b|$)")


def bases_of(symbol: Symbol) -> list[str]:
    """Names of a class's supertypes as its signature gives them."""
    signature = symbol.signature
    while "<" in signature and (flat := _GENERIC.sub("", signature)) != signature:
        signature = flat
    while symbol.language == "python" and (flat := _SUBSCRIPT.sub("", signature)) != signature:
        signature = flat
    python = _PYTHON_BASES.match(signature)
    if python:
        found = python.group(1).split(",")
    elif symbol.language in ("csharp", "kotlin", "swift", "cpp") and " : " in signature:
        found = signature.split(" : ", 1)[1].split(" where ")[0].split(",")
    else:
        found = [part for match in _OTHER_BASES.finditer(signature) for part in match.group(1).split(",")]
    bare = [_DECORATION.sub("", name.strip()) for name in found]
    return [
        name.rsplit(".", 1)[-1].strip()
        for name in bare
        if name and "=" not in name and name.strip() not in ("object", "Object")
    ]


_TUPLE = re.compile(r"\bstruct \w+(?:<[^()]*>)?\((.+)\)", re.DOTALL)


def _class(view: View, number: int, symbol: Symbol) -> str:
    symbols = view.repository.symbols
    children = [symbols[child] for child in view.repository.children.get(number, ())]
    methods = [child for child in children if child.kind in CALLABLES]
    bases = bases_of(symbol)
    tests = [child for child in methods if child.name.lower().startswith("test")]
    if tests and (is_test(symbol.path) or any("TestCase" in base for base in bases)):
        return (
            f"{capital(counted(len(tests), 'test'))} of {phrase(_without_test(words(symbol.name))) or 'this module'}."
        )
    kind = {"class": "Class", "namespace": "Namespace"}.get(symbol.kind, capital(symbol.kind))
    if any(base.endswith(("Error", "Exception", "Warning")) for base in bases):
        kind = "Exception"
    lead = f"{kind} derived from {shortened(bases, 2)}" if bases else kind
    shown = [child for child in methods if child.visibility == "public" and not child.name.startswith("__")
             and child.name not in CONSTRUCTORS and child.name != symbol.name
             and not (symbol.language == "rust" and child.name in _TRAITS)]  # fmt: skip
    values = [child for child in children if child.kind in VALUES]
    inner = [child.name for child in children if child.kind in CLASSES]
    if shown:
        names = {child.key for child in shown}
        ranked = view.ranked([one for one in view.repository.children.get(number, ()) if symbols[one].key in names])
        lead += f" with {shortened(list(dict.fromkeys(symbols[child].name for child in ranked)), 3)}"
    elif values:
        lead += f" with {_noun_of_values(symbol, values)} {shortened(_names_of_values(values), 3)}"
    elif inner and not bases:
        lead += f" holding {shortened(inner, 3)}"
    elif symbol.language == "rust" and (held := _TUPLE.search(symbol.signature)):
        lead += f" of {cut(_MODIFIERS.sub('', held.group(1)), 60)}"
    if not bases and "." in symbol.qualified_name and not shown:
        lead = lead.replace(kind, f"{kind} inside {symbol.qualified_name.rsplit('.', 2)[-2]}", 1)
    return lead + _used(view, number, symbol, also_bases=True) + "."


def _names_of_values(values: Sequence[Symbol]) -> list[str]:
    """Each once, those that users see first; a property may be declared once to read it and once to set it."""
    ordered = sorted(values, key=lambda one: one.visibility != "public")  # sorting keeps the order of equals
    return list(dict.fromkeys(one.name for one in ordered))


def _noun_of_values(symbol: Symbol, values: Sequence[Symbol]) -> str:
    nouns = {"enum_member": ("member", "members"), "property": ("property", "properties")}
    kinds = {"enum_member"} if symbol.kind == "enum" else {one.kind for one in values}
    one, many = nouns.get(kinds.pop(), ("field", "fields")) if len(kinds) == 1 else ("field", "fields")
    return one if len(_names_of_values(values)) == 1 else many


# --- functions ----------------------------------------------------------------------------------------------------


def _function(view: View, number: int, symbol: Symbol) -> str:
    """A function, method, constructor, macro or property."""
    owner = symbol.qualified_name.rsplit(".", 2)[-2] if "." in symbol.qualified_name else ""
    name = symbol.name
    if (symbol.kind == "constructor" or name in CONSTRUCTORS) and owner:
        taken = parameters(symbol)
        return f"Creates {owner}{' from ' + shortened(taken, 3) if taken else ''}{_calls(view, number, symbol)}."
    special = (_TRAITS if symbol.language == "rust" else SPECIAL).get(name) if owner else None
    if special is not None and symbol.kind != "function":
        return special.format(owner)
    if symbol.kind in ("method", "property"):
        inherited = overridden(view, number, symbol)
        if inherited is not None:
            base = view.symbol(inherited)
            text = authored(base)
            said = text.summary if text else ""
            over = plain_name(view, inherited)
            return (
                f"Overrides {over}: {cut(said, MAX_INHERITED)}"
                if said
                else (f"Overrides {over}{_calls(view, number, symbol, but=inherited)}.")
            )
    parts = words(name)
    if parts and parts[0] in ("test", "tests") and (is_test(symbol.path) or number in view.tests):
        return _test(view, number, symbol, parts)
    lead = _lead(symbol, parts, owner)
    calls, used = _calls(view, number, symbol), _used(view, number, symbol)
    if lead[0] in ("Function", "Method", "Macro", "Property"):  # the facts are all that can be said
        calls = calls.replace("; calls", " that calls", 1)
        used = used if calls else used.replace("; used", " used", 1)
    if calls or used or lead[1]:
        return f"{lead[0]}{calls}{used}."
    taken = parameters(symbol)
    return f"{lead[0]}{' taking ' + shortened(taken, 3) if taken else ''}, {counted(_length(symbol), 'line')} long."


def overridden(view: View, number: int, symbol: Symbol) -> int | None:
    """The nearest method of the same name in a base class of the project."""
    owner = view.parent(number)
    for methods in view.inherited(owner) if owner is not None else ():
        found = methods.get(symbol.name)
        if found is not None:
            return found
    return None


def _length(symbol: Symbol) -> int:
    return symbol.end_line - symbol.start_line + 1


def _lead(symbol: Symbol, parts: Sequence[str], owner: str) -> tuple[str, bool]:
    """(how the sentence begins, whether the name itself says what happens)."""
    returned = _returned(symbol)
    tail = f", returning {returned}" if returned else ""
    rest = phrase(parts[1:])
    first = parts[0] if parts else ""
    if symbol.kind == "property":
        return f"Property of type {returned}" if returned else "Property", bool(returned)
    if first == "is" and len(parts) == 2 and rest in VERBS and rest not in _STATES:  # `is_match`: a noun here
        return f"Tells whether it is {'an' if rest[0] in 'aeiou' else 'a'} {rest}", True
    if first in _PREDICATES and rest:
        return f"Tells whether {_PREDICATES[first]} {rest}", True
    if first in ("to", "as", "into") and rest:
        return f"Converts {owner + ' ' if owner else ''}to {rest}", True
    if first == "from" and rest:
        return f"Makes {owner or 'an object'} from {rest}", True
    if first in ("new", "make", "create", "build") and rest:
        return f"{capital({'new': 'creates'}.get(first) or third_person(first))} {rest}{tail}", True
    if first == "on" and rest:
        return f"Handles {rest}", True
    if first == "do":  # `do_run` runs; what `do_once` does its name does not tell
        parts = parts[1:]
        first, rest = parts[0] if parts else "", phrase(parts[1:])
    behind = _named_for_object(symbol, parts)
    if behind:
        return f"{behind}{tail}", True
    if first in VERBS and (rest or len(parts) < len(words(symbol.name))) and not _is_noun(parts):
        taken = parameters(symbol)
        about = f" of {taken[0]}" if first in ("get", "compute", "find") and len(taken) == 1 and not tail else ""
        return f"{capital(third_person(first))} {rest}".rstrip() + tail + about, bool(tail or about or not rest)
    kind = {"macro": "Macro", "function": "Function"}.get(symbol.kind, "Method" if owner else "Function")
    if "." in symbol.qualified_name and symbol.kind == "function":
        kind = f"Function inside {owner}"
    return (f"{kind} returning {returned}", True) if returned else (kind, False)


def _is_noun(parts: Sequence[str]) -> bool:
    """Whether a name's first word, though it may be a verb, is what another verb is about: `list_insert`."""
    return len(parts) > 1 and parts[0] in NOUNS and parts[1] in VERBS


def _named_for_object(symbol: Symbol, parts: Sequence[str]) -> str:
    """How a sentence begins where the name begins with the object, `list_init`, `flags_to_text`; the signature has to
    show that it is one."""
    first, last = (parts[0], parts[-1]) if len(parts) > 1 else ("", "")
    if first in VERBS and first not in NOUNS:
        return ""
    if parts[1:2] == ("to",) and len(parts) > 2 and _takes(symbol, first):
        return f"Converts {first} to {phrase(parts[2:])}"
    if last in AFTER_OBJECTS and (first not in VERBS or _is_noun(parts)) and _takes(symbol, parts[-2]):
        return f"{capital(third_person(last))} {phrase(parts[:-1])}"
    return ""


def _takes(symbol: Symbol, word: str) -> bool:
    """Whether a parameter's name or type has that word, as that of `list_init(list_t *list)` has."""
    return word in words(symbol.signature.partition("(")[2])


def _test(view: View, number: int, symbol: Symbol, parts: Sequence[str]) -> str:
    """A test: what its name says, and what it exercises."""
    rest = phrase(_without_test(parts))
    wanted = set(parts)
    seen: list[tuple[int, int, str, int]] = []
    symbols, incoming = view.repository.symbols, view.repository.incoming
    for _, end, kind, _, _, _ in view.repository.outgoing.get(number, ())[:40]:
        if kind == "calls":
            target = symbols[end]
            if not is_test(target.path):
                overlap = len(wanted.intersection(words(target.name)))
                seen.append((-overlap, len(incoming.get(end, ())), target.key, end))
    exercised = f"; exercises {plain_name(view, min(seen)[3])}" if seen else ""
    return f"Test: {rest}{exercised}." if rest else f"Test{exercised}."


def _without_test(parts: Sequence[str]) -> list[str]:
    return [part for part in parts if part not in ("test", "tests", "case")]


def _calls(view: View, number: int, symbol: Symbol, but: int = -1) -> str:
    """`; calls A and B`: up to two project functions it calls that few others do."""
    edges = view.repository.outgoing.get(number)
    if not edges:
        return ""
    incoming, symbols = view.repository.incoming, view.repository.symbols
    # Ties go by key: ids hang on the order in which files were read, and nothing that is packed may.
    seen = sorted(
        {
            (len(incoming.get(end, ())), symbols[end].key, end)
            for _, end, kind, tier, _, _ in edges[:40]
            if kind == "calls" and tier == "resolved" and end not in (number, but)
        }
    )
    names = list(dict.fromkeys(plain_name(view, target) for *_, target in seen[:2]))
    return f"; calls {listed(names)}" if names else ""


def _used(view: View, number: int, symbol: Symbol, *, also_bases: bool = False) -> str:
    """`; used by A and 3 others`."""
    edges = view.repository.incoming.get(number)
    if not edges:
        return ""
    weights, symbols = view.weights, view.repository.symbols
    sources: set[int] = set()
    derived: set[int] = set()
    for source, _, kind, tier, _, _ in edges:
        if source != number and tier == "resolved":
            if kind != "inherits":
                sources.add(source)
            elif also_bases and not is_test(symbols[source].path):
                derived.add(source)
    result = ""
    if derived:
        best = min(derived, key=lambda source: (-weights[source], symbols[source].key))
        result = f"; base of {_and_others(plain_name(view, best), len(derived))}"
    outside = [source for source in sources if not is_test(symbols[source].path)]
    if not result and outside:
        best = min(outside, key=lambda source: _as_user(symbols[source], weights[source]))
        result = f"; used by {_and_others(plain_name(view, best), len(outside))}"
    elif not result and sources and not is_test(symbol.path):
        result = "; used in tests only, as far as is known"
    return result


def _as_user(symbol: Symbol, weight: int) -> tuple[bool, int, str]:
    """Place among users: what does something tells more than the file that imports it."""
    return symbol.kind == "module", -weight, symbol.key


def _and_others(name: str, count: int) -> str:
    return name if count == 1 else f"{name} and {count - 1} {'other' if count == 2 else 'others'}"


# --- signatures ---------------------------------------------------------------------------------------------------

_RETURN = re.compile(r"\)\s*(?:->|:)\s*([^{=]+)$")
_DULL = frozenset({"None", "void", "()", "unit", "Unit", "Self", "self", "Any", "unknown", "any", "NoReturn"})


def _returned(symbol: Symbol) -> str:
    """The declared return type, if it is short and says something."""
    match = _RETURN.search(symbol.signature)
    found = match.group(1).strip().strip("'\"") if match else ""
    return found if found not in _DULL and len(found) <= 30 else ""


def parameters(symbol: Symbol) -> list[str]:
    """Names of the parameters in a signature, the receiver left out."""
    start = symbol.signature.find("(", symbol.signature.find(symbol.name))  # Go puts the receiver before the name
    if start < 0:
        return []
    names: list[str] = []
    depth = 0
    piece = ""
    for letter in symbol.signature[start + 1 :]:
        if letter in "([{<":
            depth += 1
        elif letter in ")]}>" and depth:
            depth -= 1
        elif letter == ")":
            break
        elif letter == "," and not depth:
            names.append(piece)
            piece = ""
            continue
        piece += letter if not depth else ""
    names.append(piece)
    colon = symbol.language in (
        "python",
        "typescript",
        "tsx",
        "rust",
        "kotlin",
        "scala",
        "swift",
        "javascript",
        "ruby",
        "lua",
    )
    found = [_parameter(name, colon, symbol.language == "go") for name in names]
    return [name for name in found if name and name not in ("self", "cls", "this", "&self", "&mut self", "mut self")]


def _parameter(text: str, colon: bool, go: bool) -> str:
    bare = text.split("=", 1)[0].split(":", 1)[0].strip() if colon else text.split("=", 1)[0].strip()
    bare = bare.replace("&mut ", "").replace("mut ", "").strip("*&. ")
    if not colon and " " in bare:  # C's and Java's put the type first, Go's puts it last
        return bare.split(" ", 1)[0] if go else bare.rsplit(" ", 1)[-1].strip("*&[]$")
    return bare.strip("*&?$/ ") if re.fullmatch(r"[\w*&?$/ ]+", bare) else ""
