"""Branches of C's preprocessor that a grammar cannot hold: `#ifdef A`, half a statement, `#else`, another half.

To a grammar a conditional is a whole statement, or a whole declaration, on either side. Where a branch opens a brace
and leaves it open, or begins or ends in the middle of a statement, one branch is kept and the rest is blanked, so that
what follows is still read as what it is. What `#if 0` encloses is a comment. All else stays: code for other systems is
code. Conditions are judged as a compiler on Linux judges them that was given no settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(
    rb"(?P<comment>//(?:[^\\\n]|\\\r?\n|\\.)*|/\*.*?(?:\*/|\Z))"
    rb"|(?P<text>R\"(?P<mark>[^()\\\s\"]{0,16})\(.{0,20000}?\)(?P=mark)\"|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.){1,8}')"
    rb"|^[ \t]*#[ \t]*(?P<directive>\w+)(?P<rest>(?:[^\\\n]|\\\r?\n|\\.)*)"
    rb"|(?P<bracket>[{}()\[\];])",
    re.DOTALL | re.MULTILINE,
)
_COMMENT = re.compile(rb"//.*|/\*.*?\*/", re.DOTALL)
_AFTER = re.compile(rb"(?:\s+|//[^\n]*|/\*.*?\*/|#(?:[^\\\n]|\\\r?\n|\\.)*)*+(\w+|.)", re.DOTALL)
_LAST_WORD = re.compile(rb"\w+\Z")
_MACRO_LINE = re.compile(rb"[ \t]*[A-Z_][A-Z0-9_]*(?:[ \t]*\([^\n]*\))?[ \t]*\Z")
_GROUP = re.compile(rb"(?m)^[ \t]*#[ \t]*if")
_NEVER = re.compile(rb"(?m)^[ \t]*#[ \t]*if[ \t]+0\b")
_CONTINUES = frozenset(
    {b"{", b";", b")", b",", b".", b"=", b"+", b"-", b"*", b"/", b"|", b"&", b"?", b":", b"<", b">", b"["}
)
_ENDS = frozenset({b"", b";", b"{", b"}", b":"})  # what a statement may end with


MAX_BRANCH = 20_000  # bytes; more is no half of a statement, whatever brackets seem to be open
_Open = tuple[Any, bytes] | None  # open brackets, the innermost first: what is around it, and the bracket


@dataclass(slots=True)
class _Branch:
    """One branch: its directive, where its content begins and ends, and what that is for a grammar."""

    condition: str  # empty for `#else`
    start: int  # of the directive
    content: int
    end: int = 0  # of the content
    opened: _Open = None  # the brackets that are open behind it
    broken: bool = False  # it leaves a bracket open, or closes one that it did not open
    last: bytes = b""  # the last character or word of its code
    macro: bool = False  # its last line is a macro's use alone


@dataclass(slots=True)
class _Group:
    """A conditional: where it stands, and the brackets that are open there."""

    inside: bool  # in the middle of a statement
    open: _Open
    branches: list[_Branch] = field(default_factory=list)


def with_whole_branches(data: bytes, known: dict[str, str]) -> bytes:
    """The source, as long as before, with blanks for the branches and directives that a grammar cannot hold. `known`:
    macros that count as defined, with their values."""
    return _blanked(data, _cuts(data, known, only_never=False)) if _GROUP.search(data) else data


def without_never(data: bytes, known: dict[str, str]) -> bytes:
    """The source with blanks for what stands in `#if 0`."""
    return _blanked(data, _cuts(data, known, only_never=True)) if _NEVER.search(data) else data


_VISIBLE = re.compile(rb"[^\r\n]")


def _blanked(data: bytes, cuts: Iterator[tuple[int, int]]) -> bytes:
    whole = bytearray(data)
    for start, end in cuts:
        whole[start:end] = _VISIBLE.sub(b" ", bytes(whole[start:end]))
    return bytes(whole)


def _cuts(data: bytes, known: dict[str, str], *, only_never: bool) -> Iterator[tuple[int, int]]:
    groups: list[_Group] = []
    opened: _Open = None  # brackets: `(`, `{`, and `=` for the brace of an initialiser, `e` for that of an enum
    last, macro, before, head = b"", False, 0, 0
    for token in _TOKEN.finditer(data):
        if written := data[before : token.start()].rstrip():
            word = _LAST_WORD.search(written[-100:])
            last = word.group() if word else written[-1:]
            macro = _is_macro_line(data, before + len(written))
        before = token.end()
        if token["text"] is not None:
            last, macro = b'"', False
        elif (bracket := token["bracket"]) is not None:
            opened = _follow(opened, bracket, data[max(head, token.start() - 200) : token.start()], last)
            head = token.end() if bracket in b";{}" else head
            macro = bracket == b")" and _is_macro_line(data, token.end())
            last = bracket
        elif (directive := token["directive"]) in _CONDITIONALS and (groups or directive in _OPENING):
            if directive in _OPENING:
                inner = opened[1] if opened else b""
                inside = not (last in _ENDS or macro or (last == b"," and inner == b"e")) or inner in _VALUES
                groups.append(_Group(inside, opened))
            group = groups[-1]
            _end_branch(group, token.start(), last, opened, macro=macro)
            if directive != b"endif":
                group.branches.append(_Branch(_condition(directive, token["rest"]), token.start(), token.end()))
                opened, last = group.open, b""
                continue
            groups.pop()
            opened = group.branches[0].opened
            if _is_cut(data, group, token.end(), only_never=only_never):
                kept = _kept(group, known)
                opened = kept.opened if kept is not None else group.open
                yield from _cut(group, kept, token.start(), token.end())
            last = next((each.last for each in reversed(group.branches) if each.last), last)


_OPENING = frozenset({b"if", b"ifdef", b"ifndef"})
_CONDITIONALS = _OPENING | {b"elif", b"else", b"endif"}
_VALUES = frozenset({b"(", b"[", b"="})  # brackets around what is no statement


def _is_macro_line(data: bytes, end: int) -> bool:
    line = data[max(data.rfind(b"\n", 0, end) + 1, end - 300) : end]
    return _MACRO_LINE.match(line) is not None


def _follow(opened: _Open, bracket: bytes, head: bytes, last: bytes) -> _Open:
    """The open brackets behind one more."""
    if bracket in b"([":
        return opened, bracket
    if bracket == b"{":
        outer = opened[1] if opened else b""
        value = last == b"=" or (last in (b",", b"(", b"{", b"[") and outer != b"{")
        return opened, b"=" if value else b"e" if _ENUM.search(head) and b"(" not in head else b"{"
    if bracket == b";":
        return opened
    return opened[0] if opened is not None else (None, b"}")  # closed, and never opened


_ENUM = re.compile(rb"\benum\b")


def _end_branch(group: _Group, end: int, last: bytes, opened: _Open, *, macro: bool) -> None:
    if not group.branches:
        return
    branch = group.branches[-1]
    branch.end, branch.last, branch.macro = end, last, macro
    branch.opened, branch.broken = opened, opened is not group.open


def _is_cut(data: bytes, group: _Group, end: int, *, only_never: bool) -> bool:
    """Whether one branch is all that a grammar can hold of a conditional."""
    if only_never or group.branches[0].condition == "0":
        return group.branches[0].condition == "0"
    if max(branch.end - branch.content for branch in group.branches) > MAX_BRANCH:
        return False
    return group.inside or _is_split(data, group, end)


def _cut(group: _Group, kept: _Branch | None, start: int, end: int) -> Iterator[tuple[int, int]]:
    """What of a conditional is blanked: its directives and all branches but one."""
    for branch in group.branches:
        yield branch.start, branch.content if branch is kept else branch.end
    yield start, end


def _is_split(data: bytes, group: _Group, end: int) -> bool:
    if any(branch.broken for branch in group.branches):
        return True
    if (group.open is not None and group.open[1] == b"e") or all(
        branch.last in _ENDS or branch.macro for branch in group.branches
    ):
        return False
    following = _AFTER.match(data, end)
    after = following.group(1) if following else b""
    return any(
        branch.last not in _ENDS and (after in _CONTINUES or not (branch.macro or branch.last == b")"))
        for branch in group.branches
    )


def _kept(group: _Group, known: dict[str, str]) -> _Branch | None:
    """The branch that a compiler would see. One that is alone, and hangs on a setting, is kept."""
    for branch in group.branches:
        if not branch.condition or holds(branch.condition, known):
            return branch
    alone = len(group.branches) == 1 and not is_settled(group.branches[0].condition)
    return group.branches[0] if alone else None


def _condition(directive: bytes, rest: bytes) -> str:
    shown = _COMMENT.sub(b" ", rest).replace(b"\\\n", b" ").decode("utf-8", "replace").strip()
    if directive == b"ifdef":
        return f"defined({shown})"
    if directive == b"ifndef":
        return f"!defined({shown})"
    return "" if directive == b"else" else shown or "0"


# --- conditions ---------------------------------------------------------------------------------------------------

_PREDEFINED = {
    "__GNUC__": "13", "__GNUC_MINOR__": "2", "__linux__": "1", "__linux": "1", "linux": "1", "__unix__": "1",
    "__unix": "1", "unix": "1", "__STDC__": "1", "__STDC_VERSION__": "201710", "__x86_64__": "1", "__amd64__": "1",
    "__x86_64": "1", "_LP64": "1", "__LP64__": "1", "__STDC_HOSTED__": "1", "true": "1", "__ELF__": "1",
    "__has_include": "1", "__has_attribute": "1", "__has_builtin": "1", "__SSE2__": "1", "__BYTE_ORDER__": "1234",
    "__ORDER_LITTLE_ENDIAN__": "1234", "__ORDER_BIG_ENDIAN__": "4321", "CHAR_BIT": "8", "__OPTIMIZE__": "1",
}  # fmt: skip
_SETTLED = re.compile(
    r"\b(?:_?WIN(?:32|64|DOWS)\w*|_WIN\w+|_MSC_\w+|__APPLE__|__MINGW\w+|__CYGWIN__|__BORLANDC__|__MSDOS__|MSDOS|__OS2__"
    r"|__ANDROID__|__FreeBSD__|__sun|__hpux|_AIX|VMS|__VMS|macintosh|__cplusplus|_M_\w+|__ARM\w*|__arm\w*|__EMSCRIPTEN__)\b"
)
_WORD = re.compile(r"\s*(&&|\|\||[=!<>]=|<<|>>|[!<>()+*/%&|~^?:,-]|0[xX][0-9A-Fa-f]+|\d+|\w+)[uUlL]*")
MAX_WORDS = 400  # of one condition
MAX_SETTINGS = 4  # of one condition, each of which a build may define
MAX_DEPTH = 50  # parentheses within parentheses: more than anyone writes
_LEVELS = (("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<", ">", "<=", ">="), ("<<", ">>"), ("+", "-"),
           ("*", "/", "%"))  # fmt: skip


def is_settled(condition: str) -> bool:
    """Whether a condition asks for the compiler or the system, and not for a setting of the project."""
    return condition.strip() in ("0", "1") or _SETTLED.search(condition) is not None


def holds(condition: str, known: dict[str, str]) -> bool:
    """Whether a condition is true where only `known` and what a compiler on Linux defines itself is defined. One that
    cannot be read is not."""
    words = _WORD.findall(condition)[:MAX_WORDS]
    try:
        return bool(_Condition(words, known).level(0, 0))
    except (IndexError, ValueError):
        return False


def never_holds(condition: str, known: dict[str, str]) -> bool:
    """Whether a condition is false on Linux with `known`, whatever else a build may define: it asks for another system
    or compiler, or for the opposite of what is known."""
    words = _WORD.findall(condition)[:MAX_WORDS]
    settings = {word for word in words if word.isidentifier() and word != "defined"}
    free = {each for each in settings if each not in known and each not in _PREDEFINED and not _SETTLED.fullmatch(each)}
    if len(free) > MAX_SETTINGS:
        return False
    for chosen in range(1 << len(free)):
        given = {name: "1" for at, name in enumerate(sorted(free)) if chosen >> at & 1}
        try:
            if _Condition(words, {**known, **given}).level(0, 0):
                return False
        except (IndexError, ValueError):
            return False
    return True


class _Condition:
    """Reads a condition's words from left to right."""

    def __init__(self, words: list[str], known: dict[str, str]) -> None:
        self.words, self.known, self.at = words, known, 0

    def level(self, which: int, depth: int) -> int:
        """The value of what is bound at least as tightly as the operators of this level."""
        if depth > MAX_DEPTH:
            raise ValueError(depth)
        if which == len(_LEVELS):
            return self.operand(depth)
        value = self.level(which + 1, depth)
        while self.at < len(self.words) and self.words[self.at] in _LEVELS[which]:
            sign = self.words[self.at]
            self.at += 1
            value = _combined(sign, value, self.level(which + 1, depth))
        return value

    def operand(self, depth: int) -> int:
        word = self.words[self.at]
        self.at += 1
        if word in ("!", "-", "+", "~"):
            value = self.operand(depth)
            return {"!": int(not value), "-": -value, "+": value, "~": ~value}[word]
        if word == "(":
            value = self.level(0, depth + 1)
            self.at += 1
            return value
        if word == "defined":
            name = self.words[self.at + 1] if self.words[self.at] == "(" else self.words[self.at]
            self.at += 3 if self.words[self.at] == "(" else 1
            return int(name in self.known or (name in _PREDEFINED and not name.startswith("__has")))
        if word[0].isdigit():
            return int(word, 16) if word[:2] in ("0x", "0X") else int(word)
        if self.at < len(self.words) and self.words[self.at] == "(":  # a macro with arguments
            self.at += 1
            while self.at < len(self.words) and self.words[self.at] != ")":
                self.at += 1
            self.at += 1
            return 0
        value_of = self.known.get(word, _PREDEFINED.get(word, "0")).strip("()uUlL ")
        return int(value_of) if value_of.isdigit() else 0


def _combined(sign: str, one: int, other: int) -> int:
    if sign in ("/", "%"):
        return 0 if not other else one // other if sign == "/" else one % other
    if sign in ("<<", ">>"):
        return one << min(other, 64) if sign == "<<" and other >= 0 else one >> max(other, 0)
    return {
        "||": int(bool(one or other)), "&&": int(bool(one and other)), "|": one | other, "^": one ^ other,
        "&": one & other, "==": int(one == other), "!=": int(one != other), "<": int(one < other),
        ">": int(one > other), "<=": int(one <= other), ">=": int(one >= other), "+": one + other, "-": one - other,
        "*": one * other,
    }[sign]  # fmt: skip
