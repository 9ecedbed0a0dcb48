"""Swift: extensions, what stores and what computes, and visibility by word and by place."""

from __future__ import annotations

import pytest

from doctown.languages.swift import LANGUAGE
from tests.languages.facts import kinds, symbols
from tests.languages.snapshot import read


def test_an_extension_adds_to_its_type_and_is_no_symbol() -> None:
    """Members of an extension are members of the type, and hang below it where it is in the file."""
    found = symbols("swift", "class A {}\nextension A: P { func f() {} }\nextension B { var x: Int { 1 } }\n")
    assert {name: symbol.kind for name, symbol in found.items()} == {"A": "class", "A.f": "method", "B.x": "property"}
    assert found["A.f"].parent.endswith("#A")


def test_an_extension_of_a_foreign_type_makes_the_file_inherit_nothing() -> None:
    """A supertype added to a type that the file does not define is not claimed of the file."""
    assert read("swift", "extension B: P {}\n").bases == ()
    assert read("swift", "class A {}\nextension A: P {}\n").bases == ((1, "P"),)


def test_what_runs_code_is_a_property_and_what_is_fixed_a_constant() -> None:
    """Computed and observed variables run code; `let` outside an instance never changes."""
    source = (
        "let a = 1\nvar b = 2\nclass C { static let c = 1; let d = 2; var e: Int { 3 }; var f = 1 { didSet { g() } } }"
    )
    assert kinds("swift", source) == {
        "a": "constant",
        "b": "variable",
        "C": "class",
        "C.c": "constant",
        "C.d": "field",
        "C.e": "property",
        "C.f": "property",
    }


def test_visibility_comes_from_the_word_or_the_place() -> None:
    """`private(set)` hides no getter; what a protocol requires is as visible as the protocol."""
    source = "public protocol P { func f() }\nopen class A { private(set) var x = 1; fileprivate func g() {} }"
    assert {name: symbol.visibility for name, symbol in symbols("swift", source).items()} == {
        "P": "public",
        "P.f": "public",
        "A": "public",
        "A.x": "internal",
        "A.g": "private",
    }


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("try await store.get(1)", "store.get()"),
        ("(loan as? Special)!", "Special()"),
        ("loan as! Special", "Special()"),
        ("self?.shelf!.items", "self.shelf.items"),
        ("items.map { $0.name }", "items.map()"),
        ("Cache<String, Book>()", "Cache()"),
        (".init(x)", "?"),
    ],
)
def test_expressions_come_down_to_their_canonical_form(source: str, shown: str) -> None:
    """A cast names its type; `try`, `await`, optional marks and trailing closures are dropped."""
    assert LANGUAGE.canonical(source) == shown


def test_attributes_are_not_part_of_the_signature() -> None:
    """A signature starts at the first modifier, while documentation above the attribute counts."""
    found = symbols("swift", "/// Doc.\n@available(iOS 13, *)\n@objc public func f(_ x: Int = 1) -> Int { x }\n")
    assert (found["f"].signature, found["f"].docstring) == ("public func f(_ x: Int = 1) -> Int", "Doc.")
