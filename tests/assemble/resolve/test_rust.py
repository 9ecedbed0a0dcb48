"""Rust: what types have through traits, aliases and type arguments."""

# ruff: noqa: E501 - small repositories are written as strings, a file each

from __future__ import annotations

import pytest

from doctown.assemble.resolve.digest import interface_digest
from tests.assemble.resolve.support import edges, facts_of, left

CASES = {
    "methods that our traits give to types of the standard library": (
        {
            "src/lib.rs": "trait NumFrom { fn num_from(t: u8) -> Self; }\nimpl NumFrom for usize { fn num_from(t: u8) -> usize { 0 } }\n"
            "trait Odd { fn is_odd(&self) -> bool; }\nimpl Odd for usize { fn is_odd(&self) -> bool { true } }\n"
            "impl Odd for str { fn is_odd(&self) -> bool { true } }\n"
            'fn run(n: usize, s: &str) { usize::num_from(3); n.is_odd(); s.is_odd(); "a".is_odd(); }\n',
        },
        ["src/lib.rs#run -> src/lib.rs#str.is_odd", "src/lib.rs#run -> src/lib.rs#usize.is_odd",
         "src/lib.rs#run -> src/lib.rs#usize.num_from"],
    ),
    "a method that an impl gives to every type": (
        {
            "src/lib.rs": "trait Ext { fn twice(&self); }\nimpl<I: Iterator> Ext for I { fn twice(&self) {} }\nstruct A;\n"
            "impl Iterator for A { fn next(&mut self) {} }\nfn run(v: A) { v.twice(); }\n",
        },
        ["src/lib.rs#run -> src/lib.rs#I.twice"],
    ),
    "what a type dereferences to, by the name that the impl gives it": (
        {
            "src/lib.rs": "use std::ops::Deref;\nstruct In;\nimpl In { fn go(&self) {} }\nstruct W { i: In }\n"
            "impl Deref for W { type Target = In; fn deref(&self) -> &Self::Target { &self.i } }\nfn run(w: W) { w.go(); }\n",
        },
        ["src/lib.rs#run -> src/lib.rs#In.go"],
    ),
    "what iterating over our own iterator gives, and what its adapters hand on": (
        {
            "src/lib.rs": "struct It;\nstruct Rec;\nimpl Rec { fn go(&self) {} }\n"
            "impl Iterator for It { type Item = Rec; fn next(&mut self) -> Option<Self::Item> { None } }\n"
            "struct L;\nimpl IntoIterator for L { type Item = Rec; type IntoIter = It; fn into_iter(self) -> It { It } }\n"
            "fn one(i: It) { for r in i { r.go() } }\nfn two(l: L) { for r in l { r.go() } }\n"
            "fn three(i: It) { i.filter(|r| r.go()); }\n",
        },
        ["src/lib.rs#one -> src/lib.rs#Rec.go", "src/lib.rs#three -> src/lib.rs#Rec.go", "src/lib.rs#two -> src/lib.rs#Rec.go"],
    ),
    "a type by another name": (
        {
            "src/a.rs": "pub struct Heap;\nimpl Heap { pub fn new() -> Self { todo() } pub fn len(&self) {} }\n",
            "src/lib.rs": "mod a;\nuse crate::a::Heap;\npub type V = Heap;\nfn make() -> V { V::new() }\nfn run(x: &mut V) { x.len(); }\n",
        },
        ["src/lib.rs#make -> src/a.rs#Heap.new", "src/lib.rs#run -> src/a.rs#Heap.len"],
    ),
    "a field named like the module that its type stands in": (
        {
            "src/lib.rs": "mod os;\nstruct T { os: Option<os::Table> }\nfn run(t: T) { if let Some(o) = t.os { o.go(); } }\n",
            "src/os.rs": "pub struct Table;\nimpl Table { pub fn go(&self) {} }\n",
        },
        ["src/lib.rs#run -> src/os.rs#Table.go"],
    ),
    "type arguments take the place of a type's parameters": (
        {
            "src/lib.rs": "struct Lazy<'a, T> { x: T, y: &'a u8 }\nimpl<'a, T> Lazy<'a, T> { fn get(&self, i: usize) -> Option<T> { None }\n"
            "  fn same(&self) -> &Self { self }\n  fn each(&self, f: impl Fn(&T)) {} }\n"
            "struct Rec;\nimpl Rec { fn go(&self) {} }\n"
            "fn one(l: Lazy<Rec>) -> Option<()> { l.get(0)?.go(); None }\nfn two<'b>(l: &Lazy<'b, Rec>) { l.x.go(); }\n"
            "fn three(l: Lazy<Rec>) { if let Some(r) = l.same().get(1) { r.go() } }\nfn four(l: Lazy<Rec>) { l.each(|r| r.go()); }\n",
        },
        ["src/lib.rs#four -> src/lib.rs#Lazy.each", "src/lib.rs#four -> src/lib.rs#Rec.go",
         "src/lib.rs#one -> src/lib.rs#Lazy.get", "src/lib.rs#one -> src/lib.rs#Rec.go",
         "src/lib.rs#three -> src/lib.rs#Lazy.get", "src/lib.rs#three -> src/lib.rs#Lazy.same",
         "src/lib.rs#three -> src/lib.rs#Rec.go", "src/lib.rs#two -> src/lib.rs#Rec.go"],
    ),
    "type arguments of a call, one in another": (
        {
            "src/lib.rs": "struct Own;\nimpl Own { fn cast<U>(self) -> Own { self } fn boxed(self) {} }\nstruct A<T>(T);\n"
            "fn run(e: Own) { e.cast::<A<A<A<u8>>>>().boxed(); }\n",
        },
        ["src/lib.rs#run -> src/lib.rs#Own.boxed", "src/lib.rs#run -> src/lib.rs#Own.cast"],
    ),
    "what a struct without names for its fields holds": (
        {
            "src/lib.rs": "struct In;\nimpl In { fn go(&self) {} }\nstruct W(pub In, Option<In>);\n"
            "impl W { fn a(&self) { self.0.go(); }\n  fn b(&self) { if let Some(x) = &self.1 { x.go() } } }\n"
            "fn c(w: W) { let W(i, _) = w; i.go(); }\n",
        },
        ["src/lib.rs#W.a -> src/lib.rs#In.go", "src/lib.rs#W.b -> src/lib.rs#In.go", "src/lib.rs#c -> src/lib.rs#In.go"],
    ),
    "`self` in an impl for a type parameter, for a foreign type, and a field that a parameter bounds": (
        {
            "src/lib.rs": "trait Hook { fn go(&mut self); fn end(&mut self) {} }\n"
            "impl<'a, D: Hook + 'a> Hook for &'a mut D { fn go(&mut self) { (**self).end() } }\nstruct N<D: Hook>(D);\n"
            "impl<D: Hook> N<D> { fn run(&mut self) { self.0.end() } }\ntrait Odd { fn a(&self); fn b(&self); }\n"
            "impl Odd for usize { fn a(&self) { self.b() } fn b(&self) {} }\n",
        },
        ["src/lib.rs#D.go -> src/lib.rs#Hook.end", "src/lib.rs#N.run -> src/lib.rs#Hook.end",
         "src/lib.rs#usize.a -> src/lib.rs#usize.b"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_rust(case: tuple[dict[str, str], list[str]]) -> None:
    """What a type has through traits, references, aliases and type arguments is resolved, not guessed."""
    files, expected = case
    assert edges(files) == [f"{each} resolved" for each in expected]


def test_a_method_of_our_own_type_is_not_given_to_a_foreign_one() -> None:
    """A type of ours that bears the name of a foreign one does not lend it its methods."""
    files = {
        "src/a.rs": "pub struct Path;\n",
        "src/b.rs": "use crate::a::Path;\nimpl Path { pub fn twice(&self) {} }\n",
        "src/lib.rs": "mod a;\nmod b;\nuse std::path::Path;\nfn run(p: &Path) { p.twice(); }\n",
    }
    assert edges(files) == []
    assert left(files) == [("p.twice", "external: std::path.Path.twice")]


def test_what_a_foreign_type_has_itself_goes_before_what_a_trait_gives_it() -> None:
    """A method that hands on to the type's own method of its name does not call itself, nor is it called."""
    files = {
        "src/lib.rs": "trait Real { fn root(self) -> Self; fn own(self) -> Self; }\n"
        "impl Real for f32 { fn root(self) -> f32 { f32::root(self) } fn own(self) -> f32 { self } }\n"
        "fn run(x: f32) { x.root(); x.own(); }\n",
    }
    assert edges(files) == ["src/lib.rs#run -> src/lib.rs#f32.own resolved"]


def test_whether_a_type_has_a_method_itself_is_told_to_other_files() -> None:
    """An increment that leaves other files as they are would else keep calls that a full build does not have."""
    given = "trait Real {{ fn root(self) -> Self; }}\nimpl Real for f32 {{ fn root(self) -> f32 {{ {} }} }}\n"
    own, handing = (facts_of({"a.rs": given.format(body)})[0] for body in ("self", "f32::root(self)"))
    assert interface_digest(own) != interface_digest(handing)
