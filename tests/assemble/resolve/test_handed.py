"""What signatures say of callbacks, and calls on what a callback is handed."""

# ruff: noqa: E501 - small repositories are written as strings, a file each

from __future__ import annotations

import pytest

from doctown.assemble.resolve.handed import argument_types, called_with, handed, held_types
from tests.assemble.resolve.support import edges

SIGNATURES = [
    ("function operate<T, R>(init: (from: Source<T>, to: Sink<R>) => void): Out", 0, 1, ("Sink<R>",)),
    ("const each = (list: Item[], visit: (item: Item, at: number) => void)", 1, 0, ("Item",)),
    ("constructor(private start?: (this: Box, to: Sink) => Stop | void)", 0, 0, ("Sink",)),
    ("listen(heard?: Partial<Ear> | ((said: Word) => void) | null): void", 0, 0, ("Word",)),
    ("on(a: (x: A) => void): void; on(a: (x: B) => void): void", 0, 0, ("A", "B")),
    ("function plain(size: number = (1 + 2), name = 'a, b')", 0, 0, ()),
    ("fn each<F>(&self, visit: F) -> usize where F: FnMut(&Item, usize)", 0, 0, ("&Item",)),
    ("fn with<R>(&'a mut self, run: impl FnOnce(&mut Rng) -> R) -> R", 0, 0, ("&mut Rng",)),
    ("fn boxed(mut run: Box<dyn Fn(Map<A, B>, Job)>)", 0, 1, ("Job",)),
]


@pytest.mark.parametrize(("signature", "argument", "parameter", "types"), SIGNATURES)
def test_a_signature_tells_what_a_callback_is_handed(
    signature: str, argument: int, parameter: int, types: tuple[str, ...]
) -> None:
    """Arrows, type arguments, defaults, unions, overloads and Rust's bounds do not confuse which type belongs where."""
    assert handed(signature, argument, parameter) == types


def test_types_that_are_no_functions_hand_nothing() -> None:
    """A tuple, a parenthesised type or an unclosed bracket is no function type."""
    assert called_with("[a: Foo, b: Bar]") == called_with("(Foo)") == called_with("(a: Foo") == []
    assert argument_types("run(a: Job | null, b: Callback<Item>)", 1) == ("Callback<Item>",)
    assert held_types("Round(Circle, Map<A, B>)") == ["Circle", "Map<A, B>"]
    assert held_types("Empty") == held_types("Broken(A") == []


CASES = {
    "typescript: a callback's parameters have the types that the called function declares": (
        {
            "lib.ts": "export class Sink { put() {} }\nexport class Source { pull() {} }\n"
            "export function operate(init: (from: Source, to: Sink) => void) {}\n",
            "use.ts": "import { operate } from './lib';\nexport function run() { operate((from, to) => { from.pull(); to.put(); }); }\n",
        },
        ["use.ts#run -> lib.ts#Sink.put", "use.ts#run -> lib.ts#Source.pull", "use.ts#run -> lib.ts#operate"],
    ),
    "typescript: through a constructor, a method, a named function type and a destructured parameter": (
        {
            "a.ts": "class Sink { put() {} stop() {} }\ntype Visit = (sink: Sink) => void;\ninterface Pair { left: Sink }\n"
            "class Flow { constructor(start: (to: Sink) => void) {} each(visit: Visit) {} pairs(see: (pair: Pair) => void) {} }\n"
            "function one() { new Flow((to) => to.put()); }\n"
            "function two(flow: Flow) { flow.each(s => s.stop()); }\n"
            "function three(flow: Flow) { flow.pairs(({ left }) => left.put()); }\n",
        },
        ["a.ts#one -> a.ts#Flow.constructor", "a.ts#one -> a.ts#Sink.put", "a.ts#three -> a.ts#Flow.pairs",
         "a.ts#three -> a.ts#Sink.put", "a.ts#two -> a.ts#Flow.each", "a.ts#two -> a.ts#Sink.stop"],
    ),
    "typescript: a list's callbacks get what it holds, a parameter's own type goes before, an inner name hides an outer": (
        {
            "a.ts": "class Cat { purr() {} }\nclass Dog { bark() {} }\n"
            "function all(cats: Cat[], dogs: Dog[]) { cats.forEach((x) => x.purr()); dogs.map((x) => x.bark()); }\n"
            "function told(cats: Cat[]) { cats.forEach((x: Dog) => x.bark()); }\n",
        },
        ["a.ts#all -> a.ts#Cat.purr", "a.ts#all -> a.ts#Dog.bark", "a.ts#told -> a.ts#Dog.bark"],
    ),
    "rust: closures get what the called function's bound says": (
        {
            "src/lib.rs": "struct Rng;\nimpl Rng { fn bit(&mut self) -> bool { true } }\n"
            "fn with<R>(run: impl FnOnce(&mut Rng) -> R) -> R { todo!() }\n"
            "fn each<F>(visit: F) where F: FnMut(&Rng) {}\n"
            "fn go() { with(|r| r.bit()); }\nfn all() { each(|r| { r.bit(); }); }\n",
        },
        ["src/lib.rs#all -> src/lib.rs#Rng.bit", "src/lib.rs#all -> src/lib.rs#each",
         "src/lib.rs#go -> src/lib.rs#Rng.bit", "src/lib.rs#go -> src/lib.rs#with"],
    ),
    "rust: patterns get what the variant holds, or what is matched": (
        {
            "src/lib.rs": "struct Circle;\nimpl Circle { fn grow(&mut self) {} }\nstruct Square;\nimpl Square { fn turn(&self) {} }\n"
            "enum Shape { Round(Circle), Edged(u8, Square) }\nstruct Store { last: Option<Square> }\n"
            "impl Store { fn find(&self) -> Option<Circle> { None }\n"
            "  fn show(&self) { if let Some(mut c) = self.find() { c.grow(); } match self.last { Some(ref s) => s.turn(), None => () } } }\n"
            "fn draw(s: Shape) { match s { Shape::Round(mut x) => x.grow(), Shape::Edged(_, ref x) => x.turn() } }\n",
        },
        ["src/lib.rs#Store.show -> src/lib.rs#Circle.grow", "src/lib.rs#Store.show -> src/lib.rs#Square.turn",
         "src/lib.rs#Store.show -> src/lib.rs#Store.find",
         "src/lib.rs#draw -> src/lib.rs#Circle.grow", "src/lib.rs#draw -> src/lib.rs#Square.turn"],
    ),
    "rust: a field whose type is a parameter is what the impl around the method bounds it by": (
        {
            "src/lib.rs": "trait Buf { fn left(&self) -> usize; }\nstruct Chain<A, B> { a: A, b: B }\n"
            "impl<A: Buf, B> Chain<A, B> where B: Buf { fn sum(&self) -> usize { self.a.left() + self.b.left() } }\n",
        },
        ["src/lib.rs#Chain.sum -> src/lib.rs#Buf.left"],
    ),
    "rust: in the edition of 2015 a path starts at the crate's root": (
        {
            "src/lib.rs": "mod tables;\nmod inner;\n",
            "src/tables.rs": "pub fn size() {}\n",
            "src/inner/mod.rs": "mod deep;\n",
            "src/inner/deep.rs": "use tables::*;\nfn go() { size(); }\n",
        },
        ["src/inner/deep.rs#go -> src/tables.rs#size"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_calls_on_what_is_handed_over_are_resolved(case: tuple[dict[str, str], list[str]]) -> None:
    """A callback's or pattern's variables have the types that the code around them gives, so calls on them resolve."""
    files, expected = case
    assert [each.removesuffix(" resolved") for each in edges(files) if each.endswith(" resolved")] == expected
