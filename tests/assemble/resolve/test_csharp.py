"""What a call means in C#: types that share a member's name, overloads, extension methods, `new` without a type."""

# ruff: noqa: E501 - small repositories are written as strings

from __future__ import annotations

import pytest

from tests.assemble.resolve.support import edges

CALLS = {
    "a property may bear the name of its type": (
        "class Token { public Token(int a) {} public void Go() {} }\n"
        "class A { Token Token => new Token(1); void Run() { Token.Go(); } }\n",
        ["A.Run -> Token.Go resolved", "A.Token -> Token.Token resolved"],
    ),
    "a member that an extern alias or `global` leads to": (
        "using us = App;\nnamespace App;\nclass Set { public Set(int a) {} public void Go() {} }\n"
        "class A { private us::Set one = new us::Set(1); global::App.Set two;\n"
        "  void Run() { one.Go(); } void Again() { two.Go(); } }\n",
        ["A -> Set.Set resolved", "A.Again -> Set.Go resolved", "A.Run -> Set.Go resolved"],
    ),
    "truth values and what is given by reference": (
        "class A { void F(bool on, int n) {} void F(string s, int n) {} void G(ref int n, bool b) {}\n"
        "  void G(out string s, bool b) { s = null; }\n"
        "  void Run(bool x, int n) { F(true, 1); F(x, 1); G(ref n, !x); } void Cast(object o) { F((string)o, 1); } }\n",
        ["A.Cast -> A.F~2 resolved", "A.Run -> A.F resolved", "A.Run -> A.G resolved"],
    ),
    "a written number fits every whole number's type": (
        "class A { void F(byte a) {} void F(byte a, byte b) {} void G(byte a) {} void G(string a) {}\n"
        "  void H(int a) {} void H(byte a) {} void I(uint a) {} void I(ulong a) {}\n"
        "  void Run() { F(1); G(2); H(3); } void Wide(ushort x) { I(x); } }\n",
        ["A.Run -> A.F resolved", "A.Run -> A.G resolved", "A.Run -> A.H resolved", "A.Wide -> A.I resolved"],
    ),
    "an array that is made, and a lambda, are arguments of their own": (
        "class A { void F(byte[] a) {} void F(byte a) {} void G(string name) {} void G(System.Func<int, int> f) {}\n"
        "  void Run() { F(new byte[4]); G(x => x + 1); } }\n",
        ["A.Run -> A.F resolved", "A.Run -> A.G~2 resolved"],
    ),
    "what is too short or too long is another method": (
        "class Base { public int GetType(int a) => a; }\nclass A : Base { void Run() { GetType(); this.GetType(); } }\n",
        [],
    ),
    "a struct has a constructor that it does not write": (
        "struct Size { public Size(int a) {} public int W; }\n"
        "class A { void Bare() { var s = new Size(); } void Set() { var s = new Size { W = 1 }; }\n"
        "  void Given() { var s = new Size(1); } }\n",
        ["A.Bare -> Size resolved", "A.Given -> Size.Size resolved", "A.Set -> Size resolved"],
    ),
    "an object of whatever type is expected": (
        "class Foo { public Foo(int a) {} }\nclass A { public Foo One { get; } = new(1); Foo Two => new(2);\n"
        "  Foo Three() => new(3); Foo Four() { return new(4); } void Five() { Foo? f = new(5); } }\n",
        ["A.Five -> Foo.Foo resolved", "A.Four -> Foo.Foo resolved", "A.One -> Foo.Foo resolved",
         "A.Three -> Foo.Foo resolved", "A.Two -> Foo.Foo resolved"],
    ),
    "the head of a class runs a constructor of its base": (
        "class Base { public Base(int a) {} }\nclass A(int a) : Base(a) { }\nrecord R(int X) : B<int>(X);\n"
        "record B<T>(T X);\n",
        ["A -> Base.Base resolved", "R -> B resolved"],
    ),
    "what is used if there is nothing else": (
        "class Foo { public void Go() {} }\nclass A { void Or(Foo a, Foo b) { (a ?? b).Go(); }\n"
        "  void If(bool c, Foo a, Foo b) { var x = c ? a : b; x.Go(); } }\n",
        ["A.If -> Foo.Go resolved", "A.Or -> Foo.Go resolved"],
    ),
}  # fmt: skip

HANDED = {
    "what a container's method hands to a lambda is what it holds": (
        "class Foo { public bool Go() => true; public void Do() {} }\n"
        "class A { void Run(List<Foo> all) { all.Where(x => x.Go()).ToList(); }\n"
        "  void Map(Dictionary<string, Foo> all) { foreach (var pair in all) { pair.Value.Do(); } }\n"
        "  void Query(Foo[] all) { var y = from x in all where x.Go() select x; } }\n",
        ["A.Map -> Foo.Do resolved", "A.Query -> Foo.Go resolved", "A.Run -> Foo.Go resolved"],
    ),
    "what a method of ours hands to a delegate is in the delegate's type": (
        "delegate void Handler(int n, Foo found);\nclass Foo { public bool Go() => true; }\n"
        "class A { void Each(Action<Foo> f) {} void Test(string s, Func<Foo, bool> f) {} void On(Handler h) {}\n"
        "  void One() { Each(x => x.Go()); } void Two() { Test(\"\", x => x.Go()); }\n"
        "  void Three() { On((n, x) => x.Go()); } }\n",
        ["A.One -> A.Each resolved", "A.One -> Foo.Go resolved", "A.Three -> A.On resolved",
         "A.Three -> Foo.Go resolved", "A.Two -> A.Test resolved", "A.Two -> Foo.Go resolved"],
    ),
    "lambdas' parameters of one name are told apart": (
        "class Foo { public void Go() {} }\nclass Bar { public void Go() {} }\n"
        "class A { void Run(List<Foo> a, List<Bar> b) { a.ForEach(x => x.Go()); b.ForEach(x => x.Go()); } }\n",
        ["A.Run -> Bar.Go resolved", "A.Run -> Foo.Go resolved"],
    ),
    "classes that differ in type parameters alone": (
        "class Box { public Box(int a) {} public static void Of() {} public void Plain() {} }\n"
        "class Box<T> { public Box(int a) {} public static void Of() {} public void Typed() {} }\n"
        "class A { void One() { new Box(1); Box.Of(); } void Two() { var b = new Box<int>(1); b.Typed(); Box<int>.Of(); }\n"
        "  void Three(Box<string> b) { b.Typed(); } void Four(Box b) { b.Plain(); } }\n",
        ["A.Four -> Box.Plain resolved", "A.One -> Box.Box resolved", "A.One -> Box.Of resolved",
         "A.Three -> Box.Typed resolved", "A.Two -> Box.Box~2 resolved", "A.Two -> Box.Of~2 resolved",
         "A.Two -> Box.Typed resolved"],
    ),
}  # fmt: skip

EXTENSIONS = {
    "of a type of ours, of its supertypes, of a library's interface beside them": (
        "interface IFoo : System.IDisposable { }\nclass Foo : IFoo { }\n"
        "static class X { public static void Go(this IFoo f, int a) {} }\n"
        "class A { void Run(Foo f) { f.Go(1); } }\n",
        ["A.Run -> X.Go resolved"],
    ),
    "of texts, types and containers": (
        "static class X { public static string Fill(this string s, int a) => s;\n"
        "  public static bool Plain(this System.Type t) => true;\n"
        "  public static void Each<T>(this IList<T> all, int a) {} }\n"
        "class A { void Text() { \"a\".Fill(1); } void Kind(Type t) { t.Plain(); } void All(List<int> x) { x.Each(1); }\n"
        "  void Array(int[] x) { x.Each(1); } }\n",
        ["A.All -> X.Each resolved", "A.Array -> X.Each resolved", "A.Kind -> X.Plain resolved",
         "A.Text -> X.Fill resolved"],
    ),
    "where the type's own method takes other arguments": (
        "class Foo { public static bool Null(Foo f) => true; }\n"
        "static class X { public static bool Null(this Foo f) => true; }\n"
        "class A { void Run(Foo f) { f.Null(); } }\n",
        ["A.Run -> X.Null resolved"],
    ),
    "the library's own method goes before": (
        "static class X { public static bool Contains(this string s, char c) => true; }\n"
        "class A { void Run(string s) { s.Contains('a'); } }\n",
        [],
    ),
    "a type that nobody knows is a guess, another type none": (
        "static class X { public static void Fill(this string s) {} }\n"
        "class A { void Run(Other o) { o.Made().Fill(); } void Not(int n) { n.Fill(); } void Class() { A.Fill(); } }\n",
        ["A.Run -> X.Fill candidate"],
    ),
    "of a library's type, where its own method may take these arguments": (
        "static class X { public static void Put(this Writer w, char c) {} }\n"
        "class A { void Sure(Writer w) { w.Put('a'); } void Maybe(Writer w, Other o) { w.Put(o.Made()); } }\n",
        ["A.Maybe -> X.Put candidate", "A.Sure -> X.Put resolved"],
    ),
    "overloads by what is extended, and by the other arguments": (
        "static class X { public static void Put(this string s, int a) {} public static void Put(this byte[] s, int a) {}\n"
        "  public static void Put(this string s, string a) {} }\n"
        "class A { void Run(byte[] b) { b.Put(1); } void Text(string s) { s.Put(\"a\"); } }\n",
        ["A.Run -> X.Put~2 resolved", "A.Text -> X.Put~3 resolved"],
    ),
}  # fmt: skip


def _calls(source: str) -> list[str]:
    return [each.replace("a.cs#", "") for each in edges({"a.cs": source})]


@pytest.mark.parametrize("name", CALLS)
def test_calls_lead_where_the_compiler_leads_them(name: str) -> None:
    """Each construct of the language: its call is resolved, and to nothing else."""
    source, expected = CALLS[name]
    assert _calls(source) == expected


@pytest.mark.parametrize("name", HANDED)
def test_variables_have_the_type_of_what_gives_them(name: str) -> None:
    """Parameters of lambdas, pairs of dictionaries, variables of queries, objects of generic classes."""
    source, expected = HANDED[name]
    assert _calls(source) == expected


@pytest.mark.parametrize("name", EXTENSIONS)
def test_extension_methods_go_by_the_type_that_they_extend(name: str) -> None:
    """A method that is declared for a type from outside is found on it, and never for its name alone."""
    source, expected = EXTENSIONS[name]
    assert _calls(source) == expected


def test_an_extension_method_that_a_file_uses_goes_before_another() -> None:
    """Of two of one name and type, that in the file's namespace, or in one that it uses, is meant."""
    files = {
        "one.cs": "namespace One;\nstatic class X { public static void Go(this string s) {} }\n",
        "two.cs": "namespace Two;\nstatic class Y { public static void Go(this string s) {} }\n",
        "use.cs": "using Two;\nnamespace App;\nclass A { void Run(string s) { s.Go(); } }\n",
    }
    assert edges(files) == ["use.cs#A.Run -> two.cs#Y.Go resolved"]
