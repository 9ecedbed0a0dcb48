"""Where in a file of C's macros make declarations: outside of functions, in a class, a namespace, or on the top level.

One pass over the file's words tells which braces hold declarations and which hold code; code is passed over by its
braces alone. What a macro that stands between declarations becomes is put in its place; one that only marks what stands
there is noted, to be blanked for the grammar.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from doctown.languages.macros import MAX_GROWTH, MAX_PARTS, Expander, Expansion, Macro, TooLarge, arguments_at, marks

_SILENT = (
    rb"//(?:[^\\\n]|\\\r?\n|\\.)*|/\*.*?(?:\*/|\Z)|R\"(?P<mark>[^()\\\s\"]{0,16})\(.{0,20000}?\)(?P=mark)\""
    rb"|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.){1,8}'"
)
_DIRECTIVE = rb"|^[ \t]*#[ \t]*(?P<directive>\w+)(?:[^\\\n]|\\\r?\n|\\.)*"
_OUTER = re.compile(
    rb"(?P<silent>" + _SILENT + rb")" + _DIRECTIVE + rb"|(?P<word>[A-Za-z_]\w*)|(?P<sign>::|[^\s\w])",
    re.DOTALL | re.MULTILINE,
)
_HOLDS = frozenset({b"namespace", b"class", b"struct", b"union"})
_PLAIN_NAME = re.compile(rb"[A-Za-z_]\w*\Z")
_VALUE = re.compile(rb"[\d\"'(&*!~-]")
_KEYWORDS = frozenset(
    b"static inline extern const virtual explicit constexpr typedef noexcept override final register volatile enum"
    b" template typename friend mutable".split()
)


_Scopes = (
    tuple[Any, bool] | None
)  # open braces, the innermost first: what is around it, and whether it holds declarations


class _Scan:
    """The state between two words: the braces that are open, and what of a statement was read."""

    def __init__(self) -> None:
        self.scopes: _Scopes = None
        self.kept: list[
            tuple[_Scopes, bool, _Scopes]
        ] = []  # of each conditional: before, whether a branch ended, behind
        self.begin()

    def begin(self) -> None:
        """A new statement begins."""
        self.fresh = True
        self.parens = 0
        self.assigned = False
        self.called = False
        self.holding = False
        self.text = False  # a string, as in `extern "C" {`

    @property
    def between(self) -> bool:
        """Whether declarations stand here."""
        return self.scopes is None or self.scopes[1]

    def word(self, word: bytes) -> None:
        self.fresh = False
        if word in _HOLDS:
            self.holding = not self.called

    def sign(self, sign: bytes) -> None:
        if sign == b";" and self.parens == 0:
            self.begin()
            return
        if sign == b"{":
            declares = (self.text or (self.holding and not self.assigned)) and not self.called
            self.scopes = self.scopes, declares and self.between
            self.begin()
            return
        if sign == b"}":
            self.scopes = self.scopes[0] if self.scopes else None
            self.begin()
            return
        self.fresh = False
        if sign == b"(":
            self.parens += 1
            self.called = True
        elif sign == b")":
            self.parens = max(0, self.parens - 1)
        elif sign == b"=":
            self.assigned = True
        elif sign == b":" and not self.holding and not self.called:  # `public:`
            self.begin()

    def directive(self, name: bytes) -> None:
        """Every branch of a conditional begins where the first one did; what follows goes on behind the first."""
        if name in (b"if", b"ifdef", b"ifndef"):
            self.kept.append((self.scopes, False, None))
        elif name in (b"else", b"elif", b"endif") and self.kept:
            before, ended, behind = self.kept.pop()
            behind = behind if ended else self.scopes
            if name == b"endif":
                self.scopes = behind
            else:
                self.scopes = before
                self.kept.append((before, True, behind))

    def read(self, text: bytes) -> None:
        """Goes on behind a macro's text."""
        for token in _OUTER.finditer(text):
            if token["word"] is not None:
                self.word(token["word"])
            elif token["sign"] is not None:
                self.sign(token["sign"])
            elif token["silent"] is not None and token["silent"][:1] == b'"':
                self.text = True


def expand(data: bytes, macros: Mapping[bytes, Macro], lines: Collection[int] = ()) -> Expansion | None:
    """The file with what its macros declare in place of their uses; None where it uses none that declares or marks.
    `lines`: those, from 1, on which the uses in code are replaced as well, since a grammar cannot read them."""
    scan = _Scan()
    expander = Expander(macros, MAX_PARTS)
    made: list[bytes] = []
    done = Expansion(data)
    copied = growth = at = counted = 0
    line = 1
    inner = _inner(macros, data, everything=bool(lines))
    while True:
        token = (_OUTER if scan.between else inner).search(data, at)
        if token is None:
            break
        at = token.end()
        if token["directive"] is not None:
            scan.directive(token["directive"])
        elif token["silent"] is not None:
            scan.text = scan.text or token["silent"][:1] == b'"'
        elif token["sign"] is not None:
            scan.sign(token["sign"])
        else:
            start = token.start()
            line += data.count(b"\n", counted, start)
            counted = start
            found = _use(token["word"], data, at, expander, scan, in_code=line in lines)
            if found is None:
                scan.word(token["word"])
                continue
            text, end = found
            if marks(text):
                done.blanks.append((start + growth, end + growth))
                at = end
                continue
            if growth + len(text) > MAX_GROWTH:
                break
            text += b"\n" * data.count(b"\n", start, end)
            made += (data[copied:start], text)
            done.starts.append(start + growth)
            done.ends.append(start + growth + len(text))
            done.first.append(start)
            done.last.append(end)
            done.used.append((token["word"], line, not scan.between))
            growth += len(text) - (end - start)
            copied = at = end
            scan.read(text)
    if not done.starts and not done.blanks:
        return None
    done.data = b"".join((*made, data[copied:]))
    return done


def _inner(macros: Mapping[bytes, Macro], data: bytes, *, everything: bool) -> re.Pattern[bytes]:
    """What is looked for in code: braces, and macros whose text leaves one open, or all of them."""
    uneven = sorted(
        name
        for name, macro in macros.items()
        if (everything or macro.text.count(b"{") != macro.text.count(b"}")) and name in data
    )
    words = rb"\b(?:" + b"|".join(uneven) + rb")\b" if uneven else rb"(?!)"
    return re.compile(
        rb"(?P<silent>" + _SILENT + rb")" + _DIRECTIVE + rb"|(?P<word>" + words + rb")|(?P<sign>[{}])",
        re.DOTALL | re.MULTILINE,
    )


def _use(
    word: bytes, data: bytes, at: int, expander: Expander, scan: _Scan, *, in_code: bool
) -> tuple[bytes, int] | None:
    """(a macro's text, where its use ends) where a word is one whose text belongs into its place."""
    macro = expander.macros.get(word)
    if macro is None or word in _KEYWORDS or macro.start > at:
        return None
    end = at
    arguments: list[bytes] | None = []
    if macro.parameters is not None:
        if scan.between and not scan.fresh and word[:1] != b"_" and word != word.upper():
            return None  # the function that the macro stands for under another condition
        arguments, end = arguments_at(data, at)
        if arguments is None:
            return None
    try:
        text = expander.use(word, arguments or [])
    except TooLarge:
        return None
    if marks(text):
        return text, end
    if not scan.between:
        return (text, end) if in_code or text.count(b"{") != text.count(b"}") else None
    if scan.assigned or scan.parens or not text or text == word:
        return None
    if macro.parameters is None and not scan.fresh and (_VALUE.match(text) or _renames(text)):
        return None
    return text, end


def _renames(text: bytes) -> bool:
    """Whether a macro is another name for a function or type: the name in the file is the one to show."""
    return _PLAIN_NAME.match(text) is not None and text not in _KEYWORDS and text not in _HOLDS
