"""A symbol's source leads to what it uses, and stays the text that it is."""

from __future__ import annotations

import html
import re

import pytest

from doctown.docpack.results import Neighbour
from doctown.model import Symbol
from doctown.viewer import highlight
from doctown.viewer.render import Links
from doctown.viewer.symbols import linked

LINKS = Links("symbol/a.py/x.html")


def neighbour(key: str, line: int, tier: str = "resolved") -> Neighbour:
    name = key.partition("#")[2].rpartition(".")[2] or key.partition("#")[2]
    return Neighbour(key=key, name=name, symbol_kind="function", kind="calls", tier=tier, reason="import", line=line)


def symbol(first: int, last: int) -> Symbol:
    return Symbol(
        key="a.py#x", name="x", qualified_name="x", kind="function", language="python", path="a.py", parent="",
        start_byte=0, end_byte=1, start_line=first, end_line=last, signature="", docstring="", visibility="public",
    )  # fmt: skip


def shown(code: str, *used: Neighbour, first: int = 1) -> list[str]:
    lines = highlight.lines(code, "python")
    made = linked(symbol(first, first + len(lines) - 1), lines, used, LINKS)
    bare = [html.unescape(re.sub("<[^>]*>", "", line)) for line in made]
    assert bare == code.split("\n"), "links change no text"
    return made


def test_a_name_leads_to_what_it_means() -> None:
    """Whoever reads a function follows its calls where they stand, and not only in a list beside them."""
    made = shown("def x():\n    return price(1) + repriced", neighbour("b.py#price", 11), first=10)
    assert made[1].count("<a ") == 1
    assert '<a href="../../symbol/b.py/price.html">price</a>(' in made[1]


def test_a_class_that_is_called_leads_to_its_constructor() -> None:
    """The edge leads to `__init__`, which nobody writes."""
    (made,) = shown("y = Shop(1)", neighbour("b.py#Shop.__init__", 1))
    assert "<a href=" in made
    assert ">Shop</a>(" in made


def test_a_member_is_linked_where_it_is_one() -> None:
    """An argument or a variable that happens to bear a field's name is not what leads to the field."""
    (made,) = shown("env = f(config=self.config)", neighbour("b.py#Env.config", 1), neighbour("b.py#App.env", 1))
    assert re.search(r"\.<a [^>]*>config</a>\)", made)
    assert re.match(r"<a [^>]*>env</a> = ", made), "where there is no dot, it is what there is"


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("# price\nprices = my_price", "b.py#price"),  # a word of a comment, a part of another word
        ("a = 'price' < 3", "b.py#price"),
        ("a = b < c", "b.py#lt"),  # names of entities and of the elements that colour
        ("class i: pass", "b.py#class"),
        ("a = 1 & 2", "b.py#<script>"),
    ],
)
def test_only_code_is_linked(code: str, key: str) -> None:
    """Names of strangers never reach into markup, and a word is no use of a name."""
    assert "<a " not in "".join(shown(code, neighbour(key, 1), neighbour(key, 2)))


def test_guesses_and_other_lines_are_not_linked() -> None:
    """A link says that this is what is meant; a candidate stands in the list, with its doubt."""
    assert "<a " not in "".join(shown("price()", neighbour("b.py#price", 1, "candidate"), neighbour("b.py#price", 2)))


def test_a_name_is_linked_once_and_links_hold_no_links() -> None:
    """Two uses of one line that bear each other's names make two links beside each other."""
    (made,) = shown("href(a, symbol)", *(neighbour(f"b.py#{name}", 1) for name in ("href", "a", "symbol", "href")))
    assert made.count("<a ") == 3
    assert not re.search(r"<a [^>]*>[^<]*<a ", made)
