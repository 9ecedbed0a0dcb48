"""PHP: names without `$`, `use` in its forms, promoted properties, and traits."""

from __future__ import annotations

import pytest

from doctown.languages.php import LANGUAGE
from tests.languages.facts import calls, symbols, types
from tests.languages.snapshot import read


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("$this->queue", "this.queue"),
        ("self::$count", "self.count"),
        ("new Queue", "Queue()"),
        ("(new Queue($x))->push(1)", "Queue().push()"),
        ("new \\Acme\\Queue()", "Acme.Queue()"),
        ("$a?->b()->c", "a.b().c"),
        ("function ($x) { return $x; }", "?"),
        ("$a . $b", "?"),
        ("make($a . 'x')->b", "make().b"),
        ("$this->bump(...)", "?"),
    ],
)
def test_expressions_come_down_to_their_canonical_form(source: str, shown: str) -> None:
    """`$`, `->`, `::` and namespaces come down to dots, construction to a call of the class."""
    assert LANGUAGE.canonical(source) == shown


def test_use_names_what_it_brings() -> None:
    """Groups, aliases, functions and constants each bind their own name."""
    source = "<?php\nuse A\\B;\nuse A\\{C, D as E};\nuse function A\\f;\nuse const A\\G;\n"
    assert [(item.module, item.name, item.alias, item.detail) for item in read("php", source).imports] == [
        ("A", "B", "B", ""),
        ("A", "C", "C", ""),
        ("A", "D", "E", ""),
        ("A", "f", "f", "function"),
        ("A", "G", "G", "const"),
    ]


def test_a_promoted_parameter_is_a_field_of_the_class() -> None:
    """It belongs to the class, has the visibility it states, and its type is known in all methods."""
    source = "<?php class A { function __construct(private ?Log $log, int $n) {} }"
    found = symbols("php", source)
    assert (found["A.log"].kind, found["A.log"].visibility) == ("field", "private")
    assert found["A.log"].parent.endswith("#A")
    assert "A.n" not in found
    assert types("php", source)["this.log"] == "?Log"


def test_traits_count_as_supertypes() -> None:
    """What a class uses, implements and extends are its supertypes, as written."""
    facts = read("php", "<?php class A extends B implements \\C, D { use E, F; }")
    assert [base for _, base in facts.bases] == ["B", "C", "D", "E", "F"]


def test_a_closure_returns_nothing_for_the_method_around_it() -> None:
    """The value that an anonymous function returns is not the method's."""
    facts = read("php", "<?php function f() { $g = function () { return inner(); }; return outer(); }")
    assert [known.value for known in facts.bindings if known.target == "return"] == ["outer()"]


def test_calls_keep_their_receiver() -> None:
    """Static, instance, null-safe and constructing calls; callables named by a string are references."""
    source = "<?php function f() { A::b(); $this->c->d(); $e?->g(); new H(); parent::i(); usort($x, 'by_age'); }"
    assert calls("php", source) == {
        ("A", "b"),
        ("this.c", "d"),
        ("e", "g"),
        ("", "H"),
        ("parent", "i"),
        ("", "usort"),
    }
    assert ("references", "by_age") in {(use.kind, use.name) for use in read("php", source).references}


def test_returns_nested_beyond_reason_are_not_followed() -> None:
    """Looking for the enclosing function is bounded, so a hostile file costs no more than its length."""
    source = "<?php function f() { " + "if (1) { " * 60 + "return g();" + " }" * 60 + " }"
    assert "return" not in types("php", source)
    assert types("php", source.replace("if (1) { ", "", 55).replace(" }", "", 55))["return"] == "g()"
