"""Ruby: visibility by section, methods that are made, and what modules are."""

from __future__ import annotations

import pytest

from doctown.languages.ruby import LANGUAGE
from tests.languages.facts import calls, kinds, symbols, types
from tests.languages.snapshot import read


def test_a_section_rules_until_the_next_and_names_override_it() -> None:
    """`private` alone rules what follows, with names those methods, before a `def` that one."""
    source = """class A
  def a; end
  private
  def b; end
  attr_reader :c
  public
  def d; end
  private def e; end
  def f; end
  private :f
  class B
    def g; end
  end
end"""
    assert {name: symbol.visibility for name, symbol in symbols("ruby", source).items()} == {
        "A": "public",
        "A.a": "public",
        "A.b": "private",
        "A.c": "private",
        "A.d": "public",
        "A.e": "private",
        "A.f": "private",
        "A.B": "public",
        "A.B.g": "public",
    }


def test_made_methods_are_methods() -> None:
    """Attributes, aliases and `define_method` define what callers can call."""
    source = "class A\n  attr_accessor :x, :y\n  define_method(:m) { 1 }\n  alias n m\n  alias_method :o, :m\nend"
    assert kinds("ruby", source) == {
        "A": "class",
        "A.x": "property",
        "A.y": "property",
        "A.m": "method",
        "A.n": "method",
        "A.o": "method",
    }


def test_a_module_with_instance_methods_is_a_trait() -> None:
    """What can be mixed in is a trait; what only holds names is a namespace; mixing in is inheriting."""
    source = "module M\n  def f; end\nend\nmodule N\n  class C < B\n    include M\n  end\nend"
    assert kinds("ruby", source) == {"M": "trait", "M.f": "method", "N": "namespace", "N.C": "class"}
    facts = read("ruby", source)
    assert [(facts.symbols[index].qualified_name, base) for index, base in facts.bases] == [("N.C", "B"), ("N.C", "M")]


def test_a_constant_that_makes_a_class_is_one() -> None:
    """`Struct.new` defines a class with its fields; another constant stays a constant."""
    assert kinds("ruby", "Pot = Struct.new(:size)\nMAX = 3\nclass A::B\nend") == {
        "Pot": "class",
        "Pot.size": "property",
        "MAX": "constant",
        "A.B": "class",
    }


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("Foo.new(1)", "Foo()"),
        ("Garden::Plant.new.name", "Garden.Plant().name"),
        ("@bed.soil", "self.bed.soil"),
        ("@@count", "self.count"),
        ("a&.b", "a.b"),
        ("items.each do |x| x.go end", "items.each"),
        ("1 + 2", "?"),
    ],
)
def test_expressions_come_down_to_their_canonical_form(source: str, shown: str) -> None:
    """Construction reads as a call of the class, instance variables as attributes of self."""
    assert LANGUAGE.canonical(source) == shown


def test_construction_is_a_call_of_the_class() -> None:
    """`Foo.new` calls Foo, not a method named `new`."""
    assert calls("ruby", "def f\n  A::Foo.new(1)\n  self.b\n  helper\nend") == {
        ("A", "Foo"),
        ("self", "b"),
        ("", "helper"),
    }


def test_instance_variables_are_fields_with_a_known_value() -> None:
    """A variable set on `self` is a private field of the class, and its value is remembered."""
    source = "class A\n  def initialize(b)\n    @c = Foo.new(b)\n  end\nend"
    assert kinds("ruby", source)["A.@c"] == "field"
    assert types("ruby", source)["self.c"] == "Foo()"


def test_a_method_defined_in_a_method_is_one_of_the_class() -> None:
    """`def` in a method's body defines a method of the class, not a function that the method keeps."""
    facts = read("ruby", "class A\n  def one\n    def two; end\n  end\nend\n")
    assert [s.kind for s in facts.symbols if s.name == "two"] == ["method"]
