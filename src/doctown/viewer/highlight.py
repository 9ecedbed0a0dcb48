"""Source text as lines of HTML with classes, by Pygments: one pass over a file, whatever is shown of it later.

A line stands by itself, so that any stretch of a file can be cut out. There are a dozen classes and no style: colours
are the stylesheet's. What could keep a lexer busy (endless lines, huge files) is shown plain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from html import escape

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Token, _TokenType
from pygments.util import ClassNotFound

from doctown.viewer.quicklex import quick

MOST_BYTES = 600_000  # of a file that is coloured
LONGEST_LINE = 4_000  # characters; beyond it, backtracking in a lexer could take seconds

# Our names of languages that Pygments calls otherwise.
_ALIASES = {"csharp": "csharp", "tsx": "tsx", "cpp": "cpp", "restructuredtext": "rst", "shell": "bash"}

_PROSE = frozenset(
    {"text", "restructuredtext", "rst", "markdown", "asciidoc", "html", "xml", "svg"}
)  # read, not coloured

_FROM_THE_TOP = frozenset({"php", "vue", "svelte"})  # code within another language: where it begins must have been seen

_CLASSES = (
    (Token.Keyword.Constant, "l"),
    (Token.Keyword.Type, "t"),
    (Token.Keyword, "k"),
    (Token.Comment.Preproc, "m"),
    (Token.Comment, "c"),
    (Token.Literal.String.Doc, "c"),
    (Token.Literal.String.Escape, "e"),
    (Token.Literal.String, "s"),
    (Token.Literal.Number, "n"),
    (Token.Literal, "s"),
    (Token.Name.Function, "f"),
    (Token.Name.Class, "f"),
    (Token.Name.Decorator, "m"),
    (Token.Name.Builtin, "b"),
    (Token.Name.Exception, "b"),
    (Token.Name.Tag, "k"),
    (Token.Name.Attribute, "b"),
    (Token.Operator.Word, "k"),
    (Token.Generic.Heading, "f"),
    (Token.Generic.Subheading, "f"),
    (Token.Generic.Inserted, "s"),
    (Token.Generic.Deleted, "k"),
)


@cache
def _class(kind: _TokenType) -> str:
    return next((name for family, name in _CLASSES if _is_in(kind, family)), "")


def _is_in(kind: _TokenType, family: _TokenType) -> bool:
    return tuple(kind[: len(family)]) == tuple(family)


@cache
def _lexer(language: str) -> Lexer | None:
    if not language or language in _PROSE:
        return None
    try:
        kind = type(get_lexer_by_name(_ALIASES.get(language, language)))
        return quick(kind)(stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


def stretch(text: str, language: str, first: int, last: int) -> list[str]:
    """HTML of the lines of a text from the `first` to the `last`, counted from 1.

    Where a definition begins, most lexers are in the state in which they begin a file, so what stands before it, which
    would take most of the time in a large file, is not read."""
    if language in _FROM_THE_TOP:
        return lines(text, language)[first - 1 : last]
    return lines("\n".join(_normal(text).split("\n")[first - 1 : last]), language)


def _normal(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def lines(text: str, language: str) -> list[str]:
    """HTML of every line of a text, without line ends; plain where the language is unknown or the text too big."""
    text = _normal(text)
    lexer = _lexer(language)
    if lexer is None or len(text) > MOST_BYTES or any(len(line) > LONGEST_LINE for line in text.split("\n")):
        return escape(text, quote=False).split("\n")
    # Some lexers, such as those of terminal sessions, see a line only with its end.
    whole = text if text.endswith("\n") else f"{text}\n"
    made = _coloured(lexer, whole)
    if made is None:
        return escape(text, quote=False).split("\n")
    return made if whole is text else made[:-1]


def _coloured(lexer: Lexer, text: str) -> list[str] | None:
    """HTML of the lines; None where the lexer gave another text than it got, as some do with what they do not know."""
    tokens: Callable[[str], Iterator[tuple[int, _TokenType, str]]] = lexer.get_tokens_unprocessed
    done: list[str] = []
    run: list[str] = []  # text of neighbouring tokens of one class
    last = ""
    length = 0

    def flush() -> None:
        whole = escape("".join(run), quote=False)
        if not last:
            done.append(whole)
        else:
            for number, piece in enumerate(whole.split("\n")):
                if number:
                    done.append("\n")
                if piece:
                    done.append(f"<i class={last}>{piece}</i>")

    for _, kind, value in tokens(text):
        name = _class(kind)
        # White space takes on the class before it: fewer elements, and nothing to be seen.
        if name != last and not value.isspace():
            if run:
                flush()
                run = []
            last = name
        run.append(value)
        length += len(value)
    if run:
        flush()
    return "".join(done).split("\n") if length == len(text) else None
