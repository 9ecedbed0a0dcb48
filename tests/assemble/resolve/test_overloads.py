"""Which of several functions of one name a call means, and what a class without a name, or in two places, has."""

# ruff: noqa: E501 - small repositories are written as strings, a file each

from __future__ import annotations

import pytest

from doctown.assemble.resolve.overloads import Parameter, read_parameters
from tests.assemble.resolve.support import edges

SIGNATURES = {
    ("public static <T extends Comparable<T>> T max(final T a, Map<String, int[]> b, int... rest) throws X", "max", "type first"): (
        Parameter("T", False, False),
        Parameter("Map", False, False),
        Parameter("int[]", False, True),
    ),
    ("void f(@Nullable(\"x\") String a, char b[])", "f", "type first"): (
        Parameter("String", False, False),
        Parameter("char[]", False, False),
    ),
    ("public static string Join(this Foo<int> a, ref int b, string c = \"x\", params object[] d)", "Join", "type first"): (
        Parameter("Foo", False, False),
        Parameter("int", False, False),
        Parameter("string", True, False),
        Parameter("object[]", False, True),
    ),
    ("fun <T> f(a: List<T>, vararg b: Int, c: (Int) -> Unit = {})", "f", "name first"): (
        Parameter("List", False, False, "a"),
        Parameter("Int[]", False, True, "b"),
        Parameter("(Int)→Unit", True, False, "c"),
    ),
    ("func grow(_ text: String, by amount: Double)", "grow", "name first"): (
        Parameter("String", False, False, "_"),
        Parameter("Double", False, False, "by"),
    ),
    ("void run()", "run", "type first"): (),
    ("int run", "run", "type first"): None,
    ("void run(int a, " + "x" * 700, "run", "type first"): None,
}  # fmt: skip


@pytest.mark.parametrize(("signature", "name", "style"), SIGNATURES)
def test_parameters_are_read_from_signatures(signature: str, name: str, style: str) -> None:
    """Types without arguments and modifiers, defaults, labels and variadic parameters; nothing from a cut signature."""
    assert read_parameters(signature, name, style) == SIGNATURES[signature, name, style]  # type: ignore[index]


JAVA = (
    "class A {\n"
    "  void f(int x) {}\n"
    "  void f(String x) {}\n"
    "  void f(Object x) {}\n"
    "  void f(int x, int y) {}\n"
    "  void f(char[] x) {}\n"
    "  void f(String first, Object... more) {}\n"
    "  void f(Runnable x, A y) {}\n"
    "%s}\n"
)
CALLS = {
    "f(1);": "A.f",
    'f("x");': "A.f~2",
    "f(this);": "A.f~3",
    "f(1, 2);": "A.f~4",
    "char[] c = null; f(c);": "A.f~5",
    "f(name().toCharArray());": "A.f~5",
    'f("x", 1, 2);': "A.f~6",
    "f(() -> {}, this);": "A.f~7",
    "long count = 1; f(count);": "A.f~3",
    "int[] many = {}; f(many[0]);": "A.f",
    'f("a" + 1);': "A.f~2",
    "f(name().length());": "A.f",
    "f(name());": "A.f~2",
    "f((Object) name());": "A.f~3",
}


@pytest.mark.parametrize("call", CALLS)
def test_arguments_choose_the_overload(call: str) -> None:
    """Literals, variables, casts, array elements, lambdas and results of calls choose as the compiler does."""
    source = JAVA % f"  String name() {{ return null; }}\n  void g() {{ {call} }}\n"
    found = [edge for edge in edges({"A.java": source}) if "A.name" not in edge and edge.startswith("A.java#A.g ")]
    assert found == [f"A.java#A.g -> A.java#{CALLS[call]} resolved"]


def test_an_argument_of_unknown_type_leaves_the_overloads_open() -> None:
    """What cannot be told apart is not claimed: the overloads that fit are candidates, the others are nothing."""
    source = "class A {\n  void f(int x) {}\n  void f(String x) {}\n  void f(int x, int y) {}\n  void g(other.B b) { f(b.c()); }\n}\n"
    assert edges({"A.java": source}) == [
        "A.java#A.g -> A.java#A.f candidate",
        "A.java#A.g -> A.java#A.f~2 candidate",
    ]


def test_an_overload_in_a_subclass_does_not_hide_those_above() -> None:
    """A call that fits no method of the class itself means one of its superclass."""
    source = 'class A { void f(int x) {} }\nclass B extends A { void f(String x) {} void g() { f(1); f("x"); } }\n'
    assert edges({"A.java": source}) == [
        "A.java#B.g -> A.java#A.f resolved",
        "A.java#B.g -> A.java#B.f resolved",
    ]


def test_a_variable_does_not_hide_a_method() -> None:
    """Java keeps names of variables and methods apart."""
    source = "class A {\n  String name;\n  A head() { return this; }\n  void f() { A head = head(); head.name(); }\n  String name() { return name; }\n}\n"
    assert edges({"A.java": source}) == [
        "A.java#A.f -> A.java#A.head resolved",
        "A.java#A.f -> A.java#A.name~2 resolved",
    ]


def test_a_class_without_a_name_has_what_its_supertype_has() -> None:
    """Inside it a bare call means its own methods and inherited ones before those of the class around it; and where its
    supertype's method is called, its own is a candidate."""
    source = (
        "class Base { void go() {} void stay() {} }\n"
        "interface Done { void done(); }\n"
        "class A {\n"
        "  void go() {}\n"
        "  void own() {}\n"
        "  void f(Done d) {\n"
        "    new Base() { void run() { go(); own(); this.stay(); } };\n"
        "    d.done();\n"
        "    new Done() { public void done() { A.this.own(); } };\n"
        "  }\n"
        "}\n"
    )
    assert edges({"A.java": source}) == [
        "A.java#A.f -> A.java#A.f.done candidate",
        "A.java#A.f -> A.java#Base resolved",
        "A.java#A.f -> A.java#Done.done resolved",
        "A.java#A.f.done -> A.java#A.own resolved",
        "A.java#A.f.run -> A.java#A.own resolved",
        "A.java#A.f.run -> A.java#Base.go resolved",
        "A.java#A.f.run -> A.java#Base.stay resolved",
    ]


def test_a_type_parameter_is_what_bounds_it() -> None:
    """A value of type `T extends Shape` has a shape's methods."""
    source = "interface Shape { void draw(); }\nclass Box<T extends Shape> { T held; void f(T one) { one.draw(); held.draw(); } }\n"
    assert edges({"A.java": source}) == ["A.java#Box.f -> A.java#Shape.draw resolved"]


def test_parts_of_a_class_see_each_other() -> None:
    """C#'s partial classes are one class, whichever file a part stands in."""
    files = {
        "A.cs": "namespace N;\npublic partial class A { public A(int x) {} void F() { G(); } }\n",
        "B.cs": "namespace N;\npublic partial class A { void G() { F(); } }\nclass C { void H() { new A(1); } }\n",
    }
    assert edges(files) == [
        "A.cs#A.F -> B.cs#A.G resolved",
        "B.cs#A.G -> A.cs#A.F resolved",
        "B.cs#C.H -> A.cs#A.A resolved",
    ]


def test_an_extension_method_is_found_by_its_first_parameter() -> None:
    """`shape.Half()` is the static method for shapes, not the one for something else."""
    source = (
        "class Shape {}\nclass Other {}\n"
        "static class Helpers { public static void Half(this Other o) {} public static void Half(this Shape s) {} }\n"
        "class A { void F(Shape shape) { shape.Half(); } }\n"
    )
    assert edges({"A.cs": source}) == ["A.cs#A.F -> A.cs#Helpers.Half~2 resolved"]


def test_labels_choose_in_kotlin() -> None:
    """Arguments given by name fit only a function that has parameters of these names."""
    source = "class A {\n  fun f(side: Int) {}\n  fun f(text: Int, more: Int = 0) {}\n  fun g() { f(text = 1) }\n}\n"
    assert edges({"A.kt": source}) == ["A.kt#A.g -> A.kt#A.f~2 resolved"]


@pytest.mark.parametrize(
    ("call", "callee"), [("A.made();", "A.made"), ("A.this.size();", "A.size"), ("A.In.go();", "A.In.go")]
)
def test_a_class_named_inside_of_itself_is_not_its_constructor(call: str, callee: str) -> None:
    """Constructors have the name of their class, and before a dot it is the class that is meant."""
    source = (
        "class A {\n  A() {}\n  A(int n) {}\n  static void made() {}\n  int size() { return 1; }\n"
        "  static class In { static void go() {} }\n"
        f"  class View {{ int size() {{ return 2; }} void run() {{ {call} }} }}\n}}\n"
    )
    assert f"A.java#A.View.run -> A.java#{callee} resolved" in edges({"A.java": source})
