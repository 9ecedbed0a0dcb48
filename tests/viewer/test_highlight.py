"""Coloured source: a line by itself, escaped, the same tokens as Pygments'."""

from __future__ import annotations

import html
import itertools
import re

import pytest
from pygments.lexers import get_lexer_by_name
from pygments.token import Token

from doctown.viewer import highlight, quicklex
from doctown.viewer.firsts import first_characters
from doctown.viewer.quicklex import quick

SAMPLES = {
    "python": 'import os\n\n\n@cache\ndef f(x: int = 0x1F) -> str:\n    """Doc\n    of two."""\n'
    '    return f"{x!r} {os.sep}" + rb"\\n"\n',
    "javascript": "const a = `t ${b + 1}`; // c\nasync function* g() { return /re[/]x/.test('s') }\n",
    "go": 'package main\n\nfunc (t *T) Go(c chan<- int) { c <- 0x1; _ = `raw` }\n',
    "rust": "impl<'a> T<'a> { fn f(&self) -> u8 { b'x' } } /* a /* b */ */\n",
    "ruby": "def m(a) = puts(\"#{a} x\")\n<<~X\n  text\nX\n",
    "c": '#include <a.h>\nint main(void) { return "x"[0] + 1.0f; }\n',
    "yaml": "a: [1, 'b']\nc: |\n  text\n",
    "bash": 'for x in "$@"; do echo ${x%%.*} <<< a; done\n',
    "typescript": "type A<T> = { [k in keyof T]?: T[k] };\n",
    "css": "@media (min-width: 1px) { a > b::after { color: #fff } }\n",
}  # fmt: skip


@pytest.mark.parametrize("settled", [10**9, -1], ids=["at first", "when much was read"])
@pytest.mark.parametrize("language", SAMPLES)
def test_the_quick_way_gives_pygments_tokens(language: str, settled: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours are Pygments' own, for good text and for text that is broken off anywhere."""
    monkeypatch.setattr(quicklex, "SETTLED", settled)
    slow = get_lexer_by_name(language)
    fast = quick(type(slow))()
    for end in range(0, len(SAMPLES[language]) + 1, 3):
        text = SAMPLES[language][:end]
        assert list(fast.get_tokens_unprocessed(text)) == list(slow.get_tokens_unprocessed(text))


PATTERNS = (
    r"a", r"\d+x", r"[^\W\d]", r"(?i)k|s", r"(?i:Ab)c", r"(?:|x)y", r"x?y", r"x*?[^y]", r"(?=b)\w", r"^\s*#",
    r"(a|(b)?)c", r"\bif\b", r".", r"(?s:.)", r"(?>ab|c)", r"a*+b", r"(?i)[^k]", r"(?i)[x\u017f]",
    r"(?i)[x\u2100-\u2200]", r"[\x00-\x1f\ud7ff]", r"x{0,2}z", r"(?<=q)w|e",
)  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_rule_is_left_out_that_could_begin_here(pattern: str) -> None:
    """Rules that cannot begin with a character are not tried at it: one wrongly left out would change the colours."""
    compiled = re.compile(pattern)
    firsts = first_characters(compiled)
    tails = ["", *map("".join, itertools.product("abcxyzskef1 #\n", repeat=2))]
    for code in range(128):
        if not firsts >> code & 1:
            assert not any(compiled.match(f"q{chr(code)}{tail}", 1) for tail in tails), chr(code)
            assert not compiled.match(chr(code))


def test_most_characters_rule_most_rules_out() -> None:
    """Were everything taken for possible, lexing would be as slow as before and no other test would tell."""
    assert first_characters(re.compile(r"(def|class)\b|[0-9]+")) == sum(1 << ord(one) for one in "dc0123456789")


@pytest.mark.parametrize("language", [*SAMPLES, "", "nothing", "markdown", "console", "pycon", "doscon", "pytb"])
def test_lines_are_the_texts_lines(language: str) -> None:
    """Line numbers beside the code are right: no line is lost, joined or changed, and each closes what it opens."""
    text = SAMPLES.get(language, "a <b>\n\nc & d") + "<script>\t'x'\n\n"
    lines = highlight.lines(text, language)
    assert [html.unescape(re.sub(r"</?i[^>]*>", "", line)) for line in lines] == text.split("\n")
    for line in lines:
        assert line.count("<i ") == line.count("</i>")
        assert not re.search(r"<(?!/?i\b)", line)


@pytest.mark.parametrize("language", ["console", "shell-session", "ps1con", "pycon"])
def test_a_session_that_is_one_line_is_shown(language: str) -> None:
    """How to install a project is most often one line of a terminal, without an end."""
    assert re.sub("<[^>]*>", "", "".join(highlight.lines("$ pip install shop", language))) == "$ pip install shop"
    assert re.sub("<[^>]*>", "", "".join(highlight.lines("pip install shop", language))) == "pip install shop"


def test_a_lexer_that_loses_text_colours_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Source is shown whole, whatever a lexer of Pygments makes of text that it does not expect."""
    lexer = get_lexer_by_name("python")
    monkeypatch.setattr(lexer, "get_tokens_unprocessed", lambda text: [(0, Token.Text, text[1:])])
    monkeypatch.setattr(highlight, "_lexer", lambda _: lexer)
    assert highlight.lines("<a\nb", "python") == ["&lt;a", "b"]


def test_line_ends_of_other_systems_count_once() -> None:
    """A file of Windows has as many lines here as in an editor."""
    assert len(highlight.lines("a\r\nb\rc\n", "python")) == 4


@pytest.mark.parametrize("text", ["x = '" + "a" * 5000 + "'", "x\n" * 400_000])
def test_what_would_keep_a_lexer_busy_is_shown_plain(text: str) -> None:
    """A minified or endless file cannot hang the reader's server."""
    assert "<i" not in "".join(highlight.lines(text, "python"))


def test_a_stretch_is_those_lines_of_the_whole() -> None:
    """The few lines that a symbol's page shows cost what they are, not what their file is, and look as in the file."""
    text = "x = 'a'\n\n\nclass A:\n    def f(self):\n        '''Doc'''\n        return 1\n\n\ny = 2\n"
    assert highlight.stretch(text, "python", 4, 7) == highlight.lines(text, "python")[3:7]
    assert highlight.stretch(text.replace("\n", "\r\n"), "python", 4, 7) == highlight.lines(text, "python")[3:7]
    late = highlight.stretch("\n" * 500_000 + text, "python", 500_004, 500_004)
    assert late == ["<i class=k>class </i><i class=f>A</i>:"]
    assert highlight.stretch(text, "python", 99, 120) == [""]


def test_code_within_another_language_is_read_from_the_top() -> None:
    """PHP is text until it is opened: a function in the middle of a file is code all the same."""
    text = "<?php\n\nfunction f() {\n    return 1;\n}\n"
    assert highlight.stretch(text, "php", 3, 5) == highlight.lines(text, "php")[2:5]
    assert "<i class=k>return </i>" in "".join(highlight.stretch(text, "php", 3, 5))
