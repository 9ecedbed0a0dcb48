"""C++: where a definition belongs, who may see it, and what casts and templates come down to."""

from __future__ import annotations

import pytest

from doctown.languages.cpp import LANGUAGE
from tests.languages.facts import calls, kinds, symbols, types


def test_a_definition_outside_stands_for_the_declaration_in_its_class() -> None:
    """The method hangs below its class once, with the access that the class declares."""
    source = "namespace n { class A { int f(int a); int f(int a, int b); }; }\nint n::A::f(int a) { return a; }\n"
    found = symbols("cpp", source)
    assert {name: symbol.start_line for name, symbol in found.items()} == {"n": 1, "n.A": 1, "n.A.f": 1, "n.A.f~2": 2}
    inside = "namespace n { class A { int f(int a); };\nint A::f(int a) { return a; } }\n"
    method = symbols("cpp", inside)["n.A.f"]
    assert (method.start_line, method.kind, method.visibility) == (2, "method", "private")
    assert method.parent.endswith("#n.A")


def test_a_class_from_elsewhere_still_qualifies_its_methods() -> None:
    """Without the class in the file the method is named by it and hangs below the file."""
    found = symbols("cpp", "template <class T> int a::B<T>::f() const { return 1; }\na::B::~B() {}\nint a::B::n = 0;\n")
    assert {name: symbol.kind for name, symbol in found.items()} == {
        "a.B.f": "method",
        "a.B.~B": "method",
        "a.B.n": "field",
    }


@pytest.mark.parametrize(
    ("member", "name", "kind"),
    [
        ("A(int x);", "A", "constructor"),
        ("virtual ~A() = default;", "~A", "method"),
        ("bool operator==(const A& o) const;", "operator==", "method"),
        ("int operator()(int x) { return x; }", "operator()", "method"),
        ("operator bool() const { return true; }", "operator bool", "method"),
        ("const T* get() const;", "get", "method"),
        ("static int n;", "n", "field"),
        ("template <class U> U as(U u);", "as", "method"),
    ],
)
def test_members_are_named_as_people_name_them(member: str, name: str, kind: str) -> None:
    """Constructors, destructors, operators, conversions and templates each find their name."""
    assert kinds("cpp", f"class A {{ public: {member} }};") == {"A": "class", f"A.{name}": kind}


def test_a_lock_annotation_is_no_constructor() -> None:
    """A macro behind a method looks like a constructor to the grammar; it has another name than the class."""
    assert kinds("cpp", "class A { void f() REQUIRES(mutex_); };").keys() == {"A", "A.f"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('class A {\n  LIB_OLD("a \\"b\\"" "c")\n  A(int v) : a(v) {}\n};', {"A": "class", "A.A": "constructor"}),
        ("struct A {};\nA* LIB_API A::go() { return 0; }", {"A": "struct", "A.go": "method"}),
        ("LIB__FN A::A(int v): a(v) {}\nLIB__FN n::B::~B() {}", {"A.A": "constructor", "n.B.~B": "method"}),
        ("LIB__FN LIB__NO_CHECK const char_t* A::name() const { return 0; }", {"A.name": "method"}),
        ("class LIB_API\nReader {\n  void f();\n};", {"Reader": "class", "Reader.f": "method"}),
        ("class A {\n  A(const A&) LIB_DELETE;\n  int g() const LIB_NOEXCEPT { return 1; }\n};",
         {"A": "class", "A.A": "constructor", "A.g": "method"}),
    ],
)  # fmt: skip
def test_a_macro_that_marks_a_declaration_is_no_part_of_it(source: str, expected: dict[str, str]) -> None:
    """Deprecation notes, export marks between type and name, and `= delete` by macro leave the symbol as it is."""
    assert kinds("cpp", source) == expected


def test_a_call_with_a_text_is_no_mark() -> None:
    """`LOG_LINE("x");` within a body stays the call that it is."""
    assert calls("cpp", 'void f() {\n  LOG_LINE("x");\n  g();\n}') == {("", "LOG_LINE"), ("", "g")}


def test_an_unnamed_namespace_hides_and_a_section_decides() -> None:
    """Names in an unnamed namespace are internal; members follow the last access section."""
    source = "namespace { int f() { return 1; } }\nstruct S { int a; private: int b; protected: void c(); };\n"
    found = symbols("cpp", source)
    assert {name: symbol.visibility for name, symbol in found.items()} == {
        "f": "internal",
        "S": "public",
        "S.a": "public",
        "S.b": "private",
        "S.c": "protected",
    }


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("std::make_unique<Engine>(3)", "Engine()"),
        ("static_cast<Engine*>(raw)", "Engine()"),
        ("new Engine(4)", "Engine()"),
        ("other->cache_.find(key)->second", "other.cache_.find().second"),
        ("Value<int, 3>::make(2)", "Value.make()"),
        ("(*it)", "it"),
        ("a < b", "?"),
    ],
)
def test_expressions_come_down_to_their_canonical_form(source: str, shown: str) -> None:
    """Casts and factories name the type they give; template arguments are dropped, operations unknown."""
    assert LANGUAGE.canonical(source) == shown


def test_auto_is_known_by_its_value_and_others_by_their_type() -> None:
    """`auto` binds the value, a range loop what it runs over, a structured binding only its names."""
    source = "void f(Foo& a, int n) { auto b = a.make(); for (auto& c : a.all()) {} auto [d, e] = g(); Bar x(1); }"
    assert types("cpp", source) == {
        "a": "Foo",
        "n": "int",
        "b": "a.make()",
        "c": "a.all()",
        "d": "",
        "e": "",
        "x": "Bar",
        "return": "void",
    }


def test_qualified_calls_name_their_whole_scope() -> None:
    """`a::b::c()` is a call of `c` in `a.b`; a leading `::` changes nothing."""
    assert calls("cpp", "void f() { a::b::c(); ::a::d(); e<int>(); x->g<int>(); }") == {
        ("a.b", "c"),
        ("a", "d"),
        ("", "e"),
        ("x", "g"),
    }
