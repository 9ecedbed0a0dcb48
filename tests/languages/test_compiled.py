"""Go, Rust, Java, Kotlin and Scala: what each makes easy to get wrong."""

from __future__ import annotations

import pytest

from doctown.languages import languages
from doctown.languages.go import package_name
from tests.languages.snapshot import read


def canonical(language: str, source: str) -> str:
    return languages()[language].canonical(source)


@pytest.mark.parametrize(
    ("language", "source", "expected"),
    [
        ("go", "&pkg.Server{Name: 1}", "pkg.Server()"),
        ("go", "x.(*Server)", "Server()"),
        ("go", "new(Server)", "Server()"),
        ("go", "load[int](x)", "load()"),
        ("go", "func() {}", "?"),
        ("rust", "Store::<u8>::new(1)", "Store.new()"),
        ("rust", "self.go().await?", "self.go()"),
        ("rust", "Request { id: 1 }", "Request()"),
        ("rust", "<Store<u8> as Draw>", "Store"),
        ("rust", "&mut self.items", "self.items"),
        ("rust", "vec![1]", "Vec()"),
        ("rust", "", ""),
        ("java", "(Foo) x", "Foo()"),
        ("java", "((Foo) x).bar()", "Foo().bar()"),
        ("java", "new Foo<String>(1)", "Foo()"),
        ("java", "new Foo() { void x() {} }", "Foo()"),
        ("java", "() -> x", "<lambda>"),
        ("kotlin", "a!!.b?.c()", "a.b.c()"),
        ("kotlin", "list.map { it.x }", "list.map()"),
        ("kotlin", "x as Foo", "Foo()"),
        ("scala", "new Foo[Int](1)", "Foo()"),
        ("scala", "x.asInstanceOf[Foo].y", "Foo().y"),
    ],
)
def test_expressions_become_canonical(language: str, source: str, expected: str) -> None:
    """Type arguments, casts and constructions show the type that an expression has."""
    assert canonical(language, source) == expected


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("net/http", "http"),
        ("github.com/a/go-yaml/v3", "yaml"),
        ("gopkg.in/yaml.v3", "yaml"),
        ("fmt", "fmt"),
    ],
)
def test_a_go_package_is_named_by_its_path(path: str, name: str) -> None:
    """A version and the usual decorations are no part of a package's name."""
    assert package_name(path) == name


def test_go_locals_are_no_symbols() -> None:
    """`var`, `const` and plain types inside a function are its own business."""
    facts = read("go", "package a\nfunc f() {\n\tvar x int\n\tconst y = 1\n\ttype z int\n}\n")
    assert [s.name for s in facts.symbols[1:]] == ["f"]


def test_rust_doc_comments_stand_above_attributes() -> None:
    """Attributes of one line or several stand between an item and its documentation, ordinary comments do not count."""
    facts = read("rust", "/// Kept.\n#[a]\n#[b(\n  c\n)]\nfn f() {}\n// Not kept.\n#[a]\nfn g() {}\n")
    assert [s.docstring for s in facts.symbols[1:]] == ["Kept.", ""]


def test_rust_impl_blocks_give_methods_to_their_type() -> None:
    """An `impl` is no symbol; what it holds belongs to the type, and the trait becomes its base."""
    facts = read("rust", "struct A;\nimpl<T> Draw for A { fn go(&self) {} }\nimpl Go for Elsewhere { fn x() {} }\n")
    assert [s.qualified_name for s in facts.symbols[1:]] == ["A", "A.go", "Elsewhere.x"]
    assert facts.bases == ((1, "Draw"),)


def test_rust_calls_inside_macros_are_found() -> None:
    """The grammar gives a macro's arguments as tokens; calls among them still count."""
    facts = read("rust", "fn f() { assert!(a(1) && !x.b(2)); }\n")
    calls = {(item.receiver, item.name) for item in facts.references if item.kind == "calls"}
    assert calls == {("", "assert"), ("", "a"), ("x", "b")}


def test_java_fields_declared_together_stand_side_by_side() -> None:
    """Each has the statement's span and its own signature."""
    facts = read("java", "class A { private int a = 1, b; }\n")
    assert [(s.qualified_name, s.signature) for s in facts.symbols[2:]] == [
        ("A.a", "private int a = 1"),
        ("A.b", "private int b"),
    ]


def test_kotlin_locals_are_no_properties() -> None:
    """A `val` in a function, a lambda or an `init` block is local."""
    facts = read("kotlin", "class A {\n  init {\n    val x = 1\n  }\n  val y by lazy {\n    val z = 1\n    z\n  }\n}\n")
    assert [s.qualified_name for s in facts.symbols[1:]] == ["A", "A.y"]


def test_scala_class_parameters_are_fields_only_where_they_are_members() -> None:
    """`val`, `var` and case classes make members of parameters."""
    facts = read("scala", "class A(x: Int, val y: Int)\ncase class B(z: Int)\n")
    assert [s.qualified_name for s in facts.symbols[1:]] == ["A", "A.y", "B", "B.z"]


@pytest.mark.parametrize("language", ["go", "rust", "java", "kotlin", "scala", "javascript", "typescript", "tsx"])
def test_deep_nesting_is_survived(language: str) -> None:
    """A file of nested brackets neither crashes nor takes long."""
    facts = read(language, "f" + "(" * 3000 + ")" * 3000)
    assert facts.symbols[0].kind == "module"


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("kotlin", "fun make() = object : Shape {\n    override fun draw() {}\n}\n"),
        ("scala", "object A {\n  def make() = new Shape {\n    def draw() = 1\n  }\n}\n"),
    ],
)
def test_what_an_object_without_a_name_defines_is_a_method(language: str, source: str) -> None:
    """An object made in the middle of code has methods, though it stands in a function."""
    assert [s.kind for s in read(language, source).symbols if s.name == "draw"] == ["method"]
