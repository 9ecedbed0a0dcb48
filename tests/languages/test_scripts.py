"""JavaScript and TypeScript: functions bound to names, exports of two kinds, overloads, canonical expressions."""

from __future__ import annotations

import pytest

from doctown.languages.ecmascript_uses import script_canonical
from tests.languages.snapshot import read


def listed(language: str, source: str) -> list[str]:
    return [f"{s.kind} {s.qualified_name} {s.visibility}" for s in read(language, source, "m.js").symbols[1:]]


def test_a_class_of_the_old_kind_is_a_class() -> None:
    """A function that is given a prototype is a class, its prototype's functions are methods."""
    source = "function A() { this.x = 1; }\nA.prototype.go = function () {};\nmodule.exports = A;\n"
    assert listed("javascript", source) == ["class A public", "field A.x public", "method A.go public"]


def test_what_a_module_does_not_export_is_internal() -> None:
    """Exports by keyword, by list and by assignment count; a script without any shows everything."""
    assert listed("javascript", "export function a() {}\nfunction b() {}\nfunction c() {}\nexport { c as d };\n") == [
        "function a public",
        "function b internal",
        "function c public",
    ]
    assert listed("javascript", "function a() {}\nmodule.exports = { a };\nfunction b() {}\n") == [
        "function a public",
        "function b internal",
    ]
    assert listed("javascript", "function a() {}\n") == ["function a public"]


def test_locals_of_anonymous_functions_are_no_symbols() -> None:
    """A variable in a callback at the top level is as local as any."""
    assert listed("javascript", "describe('x', () => { const y = 1; });\nif (a) { let z = 1; }\n") == []


def test_a_callback_returns_nothing_for_the_function_around_it() -> None:
    """What an anonymous function returns is not what the named one around it returns."""
    facts = read("javascript", "function f() { return go(() => { return other(); }); }\n")
    assert [item.value for item in facts.bindings if item.target == "return"] == ["go()"]


def test_required_names_are_imports_and_not_variables() -> None:
    """A binding beside the import would hide it from resolution."""
    facts = read("javascript", "const a = require('./a'), { b, c: d } = require('m');\nconst e = require('x').y;\n")
    assert [s.name for s in facts.symbols[1:]] == []
    assert [(i.module, i.name, i.alias) for i in facts.imports] == [
        ("./a", "", "a"),
        ("m", "b", "b"),
        ("m", "c", "d"),
        ("x", "y", "e"),
    ]
    assert not facts.bindings


def test_overloads_are_one_symbol_that_shows_them_all() -> None:
    """The implementation is the symbol, its signature the overloads, its documentation the first one's."""
    facts = read(
        "typescript", "/** Doc. */\nfunction f(a: string): A;\nfunction f(a: number): B;\nfunction f(a: any) {}\n"
    )
    (symbol,) = facts.symbols[1:]
    assert symbol.signature == "function f(a: string): A; function f(a: number): B"
    assert (symbol.docstring, symbol.start_line) == ("Doc.", 4)


def test_parameter_properties_are_fields_of_the_class() -> None:
    """`constructor(private x: Foo)` declares a field and its type."""
    facts = read("typescript", "class A { constructor(private readonly x: Foo, y: Bar) {} }\n")
    assert [s.qualified_name for s in facts.symbols[1:]] == ["A", "A.constructor", "A.x"]
    assert ("this.x", "Foo") in {(item.target, item.value) for item in facts.bindings}


def test_a_jsdoc_comment_reaches_over_an_empty_line() -> None:
    """JSDoc overlooks an empty line; code between the two ends the reach."""
    facts = read("javascript", "/** A. */\n\nfunction a() {}\n/** B. */\nx();\nfunction b() {}\n")
    assert [s.docstring for s in facts.symbols[1:]] == ["A.", ""]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a?.b", "a.b"),
        ("this!.x!", "this.x"),
        ("this.#x", "this.x"),
        ("make<Foo>(1).y", "make().y"),
        ("new Map<string, Array<Foo>>()", "Map()"),
        ("new Foo", "Foo()"),
        ("await load(1)", "load()"),
        ("(await load(1))", "load()"),
        ("x as Foo<T>", "Foo()"),
        ("(x.y as ns.Foo).z", "ns.Foo().z"),
        ("a + b", "?"),
        ("(x) => x", "?"),
        ("", ""),
    ],
)
def test_expressions_become_canonical(source: str, expected: str) -> None:
    """Type arguments, casts and marks of optionality do not hide what an expression is."""
    assert script_canonical(source) == expected


def test_a_long_chain_of_calls_stays_fast() -> None:
    """A chain of two thousand calls is read in time that grows with its length."""
    facts = read("javascript", "x" + ".then(f => f)" * 2000 + ";\n")
    assert sum(item.kind == "calls" for item in facts.references) == 2000
