"""Macros of C that make declarations: what a file defines, what its headers hand it, and the text behind a use.

`TEST(parser, empties) {` is a function whose name the macro's text tells, `LIB_BEGIN_NAMESPACE` opens a namespace, and
`int LIBCALL run(void)` has a word too many for a grammar. Uses outside of functions are replaced by their text before
a file is parsed, so that what they declare is read as what it is; uses inside of functions stay, and assembly follows
them. Every line keeps its number, and `Expansion.place` tells where a byte was.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from doctown.languages.conditions import holds

MAX_TEXT = 4_000  # bytes of one macro's text
MAX_EXPANDED = 20_000  # bytes that one use may become
MAX_GROWTH = 2_000_000  # bytes that all uses of one file may add
MAX_PARTS = 1_000_000  # words and signs of macros' texts that are read for one file
MAX_NESTED = 20  # macros within macros
MAX_HEADERS = 2_000  # that one file is taken to include

_DIRECTIVE = re.compile(
    rb"^[ \t]*#[ \t]*(?:(?P<if>if|ifdef|ifndef|elif|else|endif)\b(?P<condition>[^\n]*)"
    rb"|include[ \t]*[\"<](?P<include>[^\">\n]+)[\">]|undef[ \t]+(?P<undef>\w+)"
    rb"|define[ \t]+(?P<name>\w+)(?:\((?P<parameters>[^()\n]*)\))?(?P<text>(?:[^\\\n]|\\\r?\n|\\.)*))",
    re.MULTILINE | re.DOTALL,
)
_NO_TEXT = re.compile(rb"//[^\n]*|/\*.*?\*/|\\\r?\n", re.DOTALL)
_MAKES = re.compile(
    rb"[{};]|##|\b(?:__attribute__|__attribute|__declspec|_Pragma|namespace|class|struct|union|enum|static|inline"
    rb"|__inline|__inline__|__forceinline|extern|virtual|const|constexpr|void|typedef|template|using|noexcept|override"
    rb"|final|explicit|friend|__stdcall|__cdecl|__fastcall|__restrict|restrict|volatile|register|_Noreturn)\b|\[\["
)
_WORDS_ALONE = re.compile(rb"[A-Za-z_][\w\s(),.*&:<>]*\Z")
_NAME = re.compile(rb"[A-Za-z_]\w*")
_HEADER = re.compile(r"\.(?:h|hh|hpp|hxx|h\+\+|H|inl|inc|ipp|tpp|def|cuh)\Z")


@dataclass(frozen=True, slots=True)
class Macro:
    """One macro: its parameters, None where it has none, and its text on one line, without comments."""

    parameters: tuple[bytes, ...] | None
    text: bytes
    start: int = 0  # byte from which on a file's own macro counts; a header's counts everywhere


def is_header(path: str) -> bool:
    """Whether other files include this one, by its name."""
    return _HEADER.search(path) is not None


def defined(data: bytes, known: Mapping[str, str]) -> tuple[dict[bytes, Macro], tuple[str, ...]]:
    """(the macros that a file defines, what it includes). Of several definitions of one name the first counts that the
    conditions around it let be; `known`: what is defined from the beginning."""
    found: dict[bytes, Macro] = {}
    rest: dict[bytes, Macro] = {}
    includes: dict[str, None] = {}
    values = dict(known)
    states: list[tuple[bool, bool]] = []  # of each open conditional: whether code counts here, and whether a branch did
    for match in _DIRECTIVE.finditer(data):
        if match["if"] is not None:
            _follow(states, match["if"], match["condition"], values)
        elif match["include"] is not None:
            includes[match["include"].decode("utf-8", "replace").strip()] = None
        elif match["name"] is not None and len(match["text"]) <= MAX_TEXT:
            active = not states or states[-1][0]
            parameters = match["parameters"]
            split = (
                None if parameters is None else tuple(each.strip() for each in parameters.split(b",") if each.strip())
            )
            macro = Macro(split, b" ".join(_NO_TEXT.sub(b" ", match["text"]).split()))
            (found if active else rest).setdefault(match["name"], macro)
            if active:
                values.setdefault(match["name"].decode(), macro.text.decode("utf-8", "replace"))
    for name, macro in rest.items():
        if name not in found and marks(macro.text):  # for another system, and no more than a mark there
            found[name] = macro
    return found, tuple(includes)


@lru_cache(maxsize=1)
def _by_place(data: bytes, known: tuple[tuple[str, str], ...]) -> tuple[tuple[int, str, str], ...]:
    """(first byte, name, text) of the macros without arguments that a file defines for sure."""
    macros, _ = defined(data, dict(known))
    places: dict[bytes, int] = {}
    for match in _DIRECTIVE.finditer(data):
        if match["name"] is not None:
            places.setdefault(match["name"], match.start())
    return tuple(
        (places[name], name.decode(), macro.text.decode("utf-8", "replace"))
        for name, macro in macros.items()
        if macro.parameters is None
    )


def defined_before(data: bytes, byte: int, known: Mapping[str, str]) -> dict[str, str]:
    """The macros without arguments that a file itself has defined before a place, with their texts."""
    found = {name: text for start, name, text in _by_place(data, tuple(known.items())) if start < byte}
    return {**known, **found}


def _parameters(written: bytes | None) -> tuple[bytes, ...] | None:
    return None if written is None else tuple(each.strip() for each in written.split(b",") if each.strip())


def _follow(states: list[tuple[bool, bool]], directive: bytes, rest: bytes, values: dict[str, str]) -> None:
    condition = _NO_TEXT.sub(b" ", rest).decode("utf-8", "replace").strip()
    around = not states or states[-1][0]
    if directive in (b"if", b"ifdef", b"ifndef"):
        if directive != b"if":
            condition = f"defined({condition})" if directive == b"ifdef" else f"!defined({condition})"
        state = around and holds(condition, values)
        states.append((state, state or not around))
    elif states and directive == b"endif":
        states.pop()
    elif states:
        before = states[-1][1]
        state = not before and (directive == b"else" or holds(condition, values))
        states[-1] = state, before or state


_MARK = re.compile(
    rb"(?:\s|__attribute__\s*\(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\)|__declspec\s*\([^()]*(?:\([^()]*\)[^()]*)?\)"
    rb"|\[\[[^\[\]]*\]\]|_Pragma\s*\(\"[^\"]*\"\)|__(?:stdcall|cdecl|fastcall|thiscall|vectorcall|restrict|extension__"
    rb"|forceinline|inline__|inline|global|device|host)\b|_Noreturn|inline|(?<![\w])extern(?!\s*\"))*\Z"
)


def marks(text: bytes) -> bool:
    """Whether a macro's text declares nothing: nothing at all, or attributes."""
    return _MARK.match(text) is not None


# --- what headers hand on -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Headers:
    """What the headers of a source define that can make declarations, and which ones they include. Picklable."""

    macros: dict[str, dict[bytes, Macro]] = field(default_factory=dict)  # path → name → macro
    includes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _by_name: dict[str, list[str]] = field(default_factory=dict)  # file name → paths
    _anywhere: dict[bytes, Macro] | None = None
    _seen: dict[tuple[str, tuple[str, ...]], dict[bytes, Macro]] = field(default_factory=dict)

    def add(self, path: str, data: bytes) -> None:
        """Enters one header."""
        macros, includes = defined(data, {"__cplusplus": "201703"})
        kept = {name: replace(macro, start=0) for name, macro in macros.items() if _makes(name, macro)}
        if kept or includes:
            self.macros[path], self.includes[path] = kept, includes
            if path not in self._by_name.setdefault(path.rpartition("/")[2], []):
                self._by_name[path.rpartition("/")[2]].append(path)

    def digest(self) -> str:
        """SHA-256 (hex) of all that may change how another file is read; empty if nothing can."""
        if not any(self.macros.values()):
            return ""
        rows = [
            (
                path,
                sorted((name, each.parameters or (), each.text) for name, each in macros.items()),
                self.includes[path],
            )
            for path, macros in sorted(self.macros.items())
        ]
        return hashlib.sha256(repr(rows).encode()).hexdigest()

    def seen_by(self, path: str, includes: tuple[str, ...]) -> dict[bytes, Macro]:
        """The macros that a file's includes hand it, those of the nearest header first."""
        if not self.macros:
            return {}
        folder = path.rpartition("/")[0]
        known = self._seen.get((folder, includes))
        if known is not None:
            return known
        found: dict[bytes, Macro] = {}
        met = {path: None}
        level = [(path, includes)]
        while level and len(met) < MAX_HEADERS:
            below: list[tuple[str, tuple[str, ...]]] = []
            for origin, written in level:
                for each in written:
                    header = self._located(origin, each)
                    if header is not None and header not in met:
                        met[header] = None
                        below.append((header, self.includes[header]))
                        for name, macro in self.macros[header].items():
                            found.setdefault(name, macro)
            level = below
        if len(self._seen) > 1000:
            self._seen.clear()
        self._seen[folder, includes] = found
        return found

    def anywhere(self) -> dict[bytes, Macro]:
        """The macros that declare nothing, but mark what is declared, say how it is stored (`#define local static`) or
        stand around it (`#define P(list) list`), where all headers that define them agree. They count everywhere: a
        header may be included behind the one that defines what it uses, and a mark marks as well as before."""
        if self._anywhere is None:
            found: dict[bytes, Macro] = {}
            differing: set[bytes] = set()
            for _, macros in sorted(self.macros.items()):
                for name, macro in macros.items():
                    known = found.setdefault(name, macro)
                    agree = known == macro or (marks(known.text) and marks(macro.text))
                    if not agree or not _is_harmless(name, macro):
                        differing.add(name)
            self._anywhere = {name: macro for name, macro in found.items() if name not in differing}
        return self._anywhere

    def _located(self, origin: str, written: str) -> str | None:
        """The header whose path ends as it is written in an include, nearest to the file that includes it."""
        wanted = "/".join(part for part in written.split("/") if part not in ("", ".", ".."))
        here = origin.split("/")
        best: tuple[int, int, str] | None = None
        for path in self._by_name.get(wanted.rpartition("/")[2], ()):
            if path == wanted or path.endswith(f"/{wanted}"):
                shared = 0
                for one, other in zip(here, path.split("/"), strict=False):
                    if one != other:
                        break
                    shared += 1
                rank = (-shared, len(path), path)
                best = rank if best is None or rank < best else best
        return best[2] if best is not None else None


_STORED = re.compile(rb"(?:static|inline|extern|__inline|__inline__|\s)+\Z")


def _is_harmless(name: bytes, macro: Macro) -> bool:
    if macro.parameters is not None:
        return name == name.upper() and (macro.parameters == (macro.text,) or marks(macro.text))
    return _STORED.match(macro.text) is not None or (name == name.upper() and marks(macro.text))


def _makes(name: bytes, macro: Macro) -> bool:
    """Whether a macro can be part of a declaration: it is no number or expression, and no function by another name, as
    `#define log(x) put(x)` is."""
    if _MAKES.search(macro.text) is not None:
        return True
    like_function = macro.parameters is not None and name != name.upper() and name[:1] != b"_"
    return not like_function and (not macro.text or _WORDS_ALONE.match(macro.text) is not None)


# --- text in place of uses ----------------------------------------------------------------------------------------

_PART = re.compile(rb"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|##|#|[A-Za-z_]\w*|\d[\w.]*|\s+|.", re.DOTALL)


class TooLarge(Exception):
    """A use becomes more text than anyone writes: macros that double themselves."""


class Expander:
    """Puts text in place of uses, with so many parts of text as its `budget` allows."""

    def __init__(self, macros: Mapping[bytes, Macro], budget: int) -> None:
        self.macros = macros
        self.budget = budget

    def use(self, name: bytes, arguments: list[bytes], hidden: frozenset[bytes] = frozenset()) -> bytes:
        """A macro's text with its arguments in it, and the text of the macros in it in place of their names. Raises
        `TooLarge`."""
        macro = self.macros[name]
        hidden |= {name}
        text = macro.text if macro.parameters is None else self._substituted(macro, arguments, hidden)
        return self.text(text, hidden)

    def _substituted(self, macro: Macro, arguments: list[bytes], hidden: frozenset[bytes]) -> bytes:
        parameters = macro.parameters or ()
        given = dict(zip(parameters, arguments, strict=False))
        if parameters and parameters[-1].endswith(b"..."):
            rest = b", ".join(arguments[len(parameters) - 1 :])
            given[parameters[-1].removesuffix(b"...").strip() or b"__VA_ARGS__"] = rest
        parts = _PART.findall(macro.text)
        made: list[bytes] = []
        for index, part in enumerate(parts):
            self._spend()
            if part not in given:
                made.append(part)
                continue
            before, after = _beside(parts, index, -1), _beside(parts, index, 1)
            if before == b"#":
                while made[-1].isspace():
                    made.pop()
                made[-1] = b'"' + given[part].replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
            elif b"##" in (before, after):
                made.append(given[part])
            else:
                made.append(self.text(given[part], hidden))
        text = b"".join(made)
        return re.sub(rb"\s*##\s*", b"", text) if b"##" in macro.text else text

    def text(self, text: bytes, hidden: frozenset[bytes]) -> bytes:
        """A text with that of macros in place of their names."""
        if len(text) > MAX_EXPANDED or len(hidden) > MAX_NESTED:
            raise TooLarge
        made: list[bytes] = []
        at = 0
        while (part := _PART.match(text, at)) is not None:
            self._spend()
            word, at = part.group(), part.end()
            macro = self.macros.get(word) if word not in hidden else None
            if macro is not None:
                arguments: list[bytes] | None = []
                end = at
                if macro.parameters is not None:
                    arguments, end = arguments_at(text, at)
                if arguments is not None:
                    at = end
                    word = self.use(word, arguments, hidden)
            made.append(word)
        return b"".join(made)

    def _spend(self) -> None:
        self.budget -= 1
        if self.budget < 0:
            raise TooLarge


def _beside(parts: list[bytes], index: int, step: int) -> bytes:
    """The part before or behind one, white space aside."""
    index += step
    while 0 <= index < len(parts) and parts[index].isspace():
        index += step
    return parts[index] if 0 <= index < len(parts) else b""


_ARGUMENT = re.compile(
    rb"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\\n]|\\.){1,8}'|//[^\n]*|/\*.*?\*/|[()\[\]{},]|[^()\[\]{},\"'/]+|.", re.DOTALL
)


_OPENING, _CLOSING = frozenset({b"(", b"[", b"{"}), frozenset({b")", b"]", b"}"})


def arguments_at(data: bytes, at: int) -> tuple[list[bytes] | None, int]:
    """(the arguments in the parentheses that begin at or behind `at`, where they end); None where there are none."""
    while at < len(data) and data[at : at + 1].isspace():
        at += 1
    if data[at : at + 1] != b"(":
        return None, at
    found: list[bytes] = []
    current: list[bytes] = []
    depth = 1
    for part in _ARGUMENT.finditer(data, at + 1, min(len(data), at + MAX_EXPANDED)):
        word = part.group()
        depth += (word in _OPENING) - (word in _CLOSING)
        if depth == 0 or (word == b"," and depth == 1):
            found.append(b" ".join(b"".join(current).split()))
            current = []
            if depth == 0:
                return found, part.end()
        else:
            current.append(b" " if word[:2] in (b"//", b"/*") else word)
    return None, at


@dataclass(slots=True)
class Expansion:
    """A file with text in place of some uses of macros. The lists run in parallel, by replaced use."""

    data: bytes
    blanks: list[tuple[int, int]] = field(default_factory=list)  # bytes of `data` that only mark what stands there
    used: list[tuple[bytes, int, bool]] = field(default_factory=list)  # macro, line from 1, whether in code
    starts: list[int] = field(default_factory=list)  # where in `data` a text begins
    ends: list[int] = field(default_factory=list)
    first: list[int] = field(default_factory=list)  # where in the file its use begins
    last: list[int] = field(default_factory=list)

    def place(self, byte: int, *, end: bool = False) -> int:
        """Where in the file a byte of `data` is; what lies in a macro's text begins and ends with its use."""
        index = bisect_right(self.starts, byte - end) - 1
        if index < 0:
            return byte
        if byte - end < self.ends[index]:
            return self.last[index] if end else self.first[index]
        return byte - self.ends[index] + self.last[index]


def names_in(data: bytes) -> set[bytes]:
    """Every word of a file."""
    return set(_NAME.findall(data))


def in_reach(path: str, data: bytes, headers: Headers, known: Mapping[str, str]) -> dict[bytes, Macro]:
    """The macros that a file may use, its own and those of its headers, as far as they are no numbers or expressions;
    none if it names none of them."""
    own, includes = defined(data, known)
    words = names_in(data)
    anywhere = headers.anywhere()
    macros = {name: anywhere[name] for name in anywhere.keys() & words}
    macros.update(headers.seen_by(path, includes))
    for name, macro in own.items():
        if _makes(name, macro):
            macros[name] = macro
        else:
            macros.pop(name, None)
    return macros if macros.keys() & words else {}


def all_headers(files: Iterable[tuple[str, bytes]]) -> Headers:
    """What the headers among these files hand on."""
    headers = Headers()
    for path, data in files:
        if is_header(path):
            headers.add(path, data)
    return headers
