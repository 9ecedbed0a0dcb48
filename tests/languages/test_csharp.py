"""C#: packages, what has no name of its own, XML documentation, and what casts come down to."""

from __future__ import annotations

import re

import pytest

from doctown.languages.csharp import LANGUAGE
from doctown.languages.csharp_conditions import without_conditions
from tests.languages.facts import kinds, symbols, types
from tests.languages.snapshot import read


def test_the_namespace_is_the_package_in_both_spellings() -> None:
    """A block and a file-scoped namespace both give the package; names in the file do not repeat it."""
    for source in ("namespace A.B { class C { } }", "namespace A.B;\nclass C { }"):
        facts = read("csharp", source)
        assert facts.package == "A.B"
        assert [symbol.qualified_name for symbol in facts.symbols[1:]] == ["C"]


def test_members_without_a_name_get_one() -> None:
    """Finalizers, indexers, operators and conversions are found under their usual names."""
    source = """class A {
        ~A() { } public int this[int i] => i; public static A operator +(A a, A b) => a;
        public static implicit operator int(A a) => 1; }"""
    assert kinds("csharp", source) == {
        "A": "class",
        "A.Finalize": "method",
        "A.this[]": "property",
        "A.operator +": "method",
        "A.op_Implicit": "method",
    }


def test_a_record_declares_its_parameters_as_properties() -> None:
    """Positional parameters are public properties; the record's documentation is not theirs."""
    found = symbols("csharp", "/// <summary>A point.</summary>\npublic record struct P(int X, int Y);")
    assert {name: (symbol.kind, symbol.docstring) for name, symbol in found.items()} == {
        "P": ("struct", "A point."),
        "P.X": ("property", ""),
        "P.Y": ("property", ""),
    }


def test_xml_documentation_reads_as_text() -> None:
    """Tags go, references become names, parameters become lines, and only doc comments document."""
    source = """class A {
    /// <summary>Adds to <see cref="T:Total"/>.</summary>
    /// <param name="x">How &lt;much&gt;.</param>
    /// <returns>The sum.</returns>
    int F(int x) { return x; }
    // not documentation
    int G() { return 1; }
}"""
    found = symbols("csharp", source)
    assert found["A.F"].docstring == "Adds to `Total`.\n\nx: How <much>.\n\nReturns: The sum."
    assert found["A.G"].docstring == ""


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("(Ledger)bank.Main", "Ledger()"),
        ("((Ledger)bank.Main).Lines", "Ledger().Lines"),
        ("entry as Special", "Special()"),
        ("await store.GetAsync<int>(3)", "store.GetAsync()"),
        ("new List<Foo>()", "List@0()"),
        ("this.a?.b!.c", "this.a.b.c"),
        ("a < b", "?"),
        ("", ""),  # what the grammar puts where a name is missing
        ("out Foo found", "Foo()"),
        ("out var found", "?"),
        ("ref count", "count"),
        ('$"{a} b".Trim()', "<str>.Trim()"),
        ('"a" + b', "<str>"),
        ("@class.Name", "class.Name"),
        ("a == b", "<bool>"),
        ("f(a == b)", "f()"),
        ("!a.Done()", "<bool>"),
        ("-1.5f", "1.5f"),
        ("(object)item", "object()"),
        ("(byte[])raw", "byte[]{}"),
        ("new byte[4]", "byte[]{}"),
        ("new[] { 1 }", "<list>"),
        ("default(Foo)", "Foo()"),
        ("a.Or() ?? b", "a.Or()"),
        ("ok ? null : made.It()", "made.It()"),
        ("Foo<int>.Get<string>(1).X", "Foo@0.Get().X"),
        ("x => x.Do()", "<lambda>"),
        ("delegate { }", "<lambda>"),
    ],
)
def test_expressions_come_down_to_their_canonical_form(source: str, shown: str) -> None:
    """A cast names its type; type arguments, null checks and `await` are dropped; what decides a type is kept."""
    assert LANGUAGE.canonical(source) == shown


def test_visibility_without_a_word_depends_on_the_place() -> None:
    """Types are internal, members private, members of an interface public."""
    found = symbols("csharp", "class A { int x; } interface I { void F(); } enum E { One }")
    assert {name: symbol.visibility for name, symbol in found.items()} == {
        "A": "internal",
        "A.x": "private",
        "I": "internal",
        "I.F": "public",
        "E": "internal",
        "E.One": "public",
    }


def test_variables_are_known_by_type_or_value() -> None:
    """`var` binds the value, a pattern its type, a lambda's parameter what it is handed."""
    source = "class A { void F(Foo a) { var b = a.Make(); if (b is Bar c) { Run(d => d.X); } } }"
    assert types("csharp", source) == {"a": "Foo", "b": "a.Make()", "c": "Bar", "d": "Run<p0_0>", "return": "void"}


CONDITIONS = """class A : IFirst
#if !OLD
    , ISecond
#endif
{
    void F(int x)
    {
        if (x == 1) { G(); }
#if NEW
        else if (x == 2) { H(); }
#else
        else { I(); }
#endif
        switch (x)
        {
#if NEW
            case 1:
#endif
            case 2: break;
        }
    }
#if NEW
    void G() { }
#else
    void I() { }
#endif
}
"""


def test_conditionals_in_the_midst_of_something_lose_nothing_behind_them() -> None:
    """Directives between a class's head and its body, before an `else` and among cases do not break the class; between
    whole members both branches are read."""
    facts = read("csharp", CONDITIONS)
    assert facts.problems == ()
    assert [each.qualified_name for each in facts.symbols[1:]] == ["A", "A.F", "A.G", "A.I"]
    assert [base for _, base in facts.bases] == ["IFirst", "ISecond"]
    assert [each.name for each in facts.references if each.kind == "calls"] == ["G", "H"]


def test_blanked_conditionals_keep_every_byte_in_its_place() -> None:
    """Lines and offsets behind a conditional stay as they are."""
    data = CONDITIONS.replace("\n", "\r\n").encode()
    blanked = without_conditions(data)
    assert len(blanked) == len(data)
    assert [each.start() for each in re.finditer(rb"\n", blanked)] == [
        each.start() for each in re.finditer(rb"\n", data)
    ]
    assert b"else { I(); }" not in blanked
    assert b"void I()" in blanked
    unclosed = b"class A\n#if X\n{ }\n"
    assert without_conditions(unclosed) == unclosed


def test_accessors_under_a_condition_leave_their_property_whole() -> None:
    """Between accessors the grammar reads no condition: the first branch is kept, and what follows is still read."""
    source = """class A {
    string P {
#if X
        get { return F(); }
#else
        private get { return G(); }
#endif
        set { H(); }
    }
    void F() { }
}"""
    assert kinds("csharp", source) == {"A": "class", "A.P": "property", "A.F": "method"}
    assert not read("csharp", source).problems


def test_a_parameter_may_be_called_async() -> None:
    """The keyword is a name in an argument, a condition, behind a label; it stays the keyword before a lambda."""
    source = """class A {
    void F(bool async, int n) { if (async && n > 1) { G(async, async: true); } var x = async ? 1 : 2; }
    void G(bool a, bool async) { System.Func<int, System.Threading.Tasks.Task> f = async n => await H(async); }
}"""
    facts = read("csharp", source)
    assert not facts.problems
    assert [(each.name, each.arguments) for each in facts.references if each.kind == "calls"] == [
        ("G", ("async", "async:true")),
        ("H", ("async",)),
    ]
