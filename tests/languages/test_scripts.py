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


def test_what_a_required_function_gives_is_a_variable() -> None:
    """`require("m")` is another module; `require("m")("x")` is a value that this file made by calling it."""
    source = "const debug = require('debug')('app');\nconst fs = require('fs');\nconst { read } = require('./io')();\n"
    assert [s.qualified_name for s in read("javascript", source, "m.js").symbols[1:]] == ["debug", "read"]


def test_every_name_of_a_pattern_at_the_top_level_is_a_variable() -> None:
    """Renamed members, defaults and arrays bind as much as plain members do."""
    source = "const { a, b: c, d = 1 } = load();\nconst [e, f = 2] = load();\nfunction g() { const [h] = load(); }\n"
    assert [s.name for s in read("javascript", source, "m.js").symbols[1:]] == ["a", "c", "d", "e", "f", "g"]


@pytest.mark.parametrize(
    "source",
    [
        "setTimeout(function later() { go(); }, 1);",
        "const made = new Timer(function later() { go(); });",
        "(function later() { go(); })();",
        "(function later() { go(); }());",
        "!function later() { go(); }();",
        "let held; held = function later() { go(); };",
        "const make = (a) => function later() { go(); };",
    ],
)
def test_a_function_expression_with_a_name_is_a_function(source: str) -> None:
    """Wherever it stands: what it calls is called by it, not by what is around it."""
    facts = read("javascript", source, "m.js")
    (call,) = [item for item in facts.references if item.name == "go"]
    assert (facts.symbols[call.source].name, facts.symbols[call.source].kind) == ("later", "function")


def test_a_property_that_is_given_a_value_is_no_field_beside_it() -> None:
    """Python and JavaScript know one member of a name, in whatever order its definitions stand."""
    source = "class A {\n  constructor() { this.size = 1; this.own = 2; }\n  set size(to) {}\n}\n"
    assert listed("javascript", source)[2:] == ["field A.own public", "property A.size public"]


def test_a_type_and_a_value_of_one_name_are_two() -> None:
    """TypeScript keeps types and values apart: a schema and its type, a class made by a function and its interface."""
    source = "export interface Box { size: number }\nexport const Box = make();\nconst Id = 1;\ntype Id = number;\n"
    assert [f"{s.kind} {s.key}" for s in read("typescript", source, "m.ts").symbols[1:]] == [
        "interface m.ts#Box", "field m.ts#Box.size", "variable m.ts#Box~2", "variable m.ts#Id", "type_alias m.ts#Id~2",
    ]  # fmt: skip


def test_members_are_of_the_type_that_declares_them() -> None:
    """Unions and intersections of object types have their members; arguments and parameters of a type have not."""
    source = (
        "type A = { a: number } & ({ b: number } | { c(): void });\n"
        "type B = Map<string, { no: number }>;\ntype C = (given: { no: number }) => void;\n"
        "interface D { [Symbol.iterator](): E; [key]: number }\n"
    )
    names = [s.qualified_name for s in read("typescript", source, "m.ts").symbols[1:]]
    assert names == ["A", "A.a", "A.b", "A.c", "B", "C", "D", "D.[Symbol.iterator]", "D.[key]"]


@pytest.mark.parametrize(
    "above", ["(of: string): T", "(of: string): T // as given", "(of: string): T\n  /** The second. */", "x: T"]
)
def test_a_call_signature_with_type_parameters_begins_a_line(above: str) -> None:
    """The grammar takes it for arguments of the type on the line above, and loses the rest of the file."""
    members = f"  {above}\n  <U extends T>(of: U): U\n  <\n    V,\n  >(of: V): V\n"
    source = f"interface Make {{\n{members}}}\nfunction after() {{}}\n"
    facts = read("typescript", source, "m.ts")
    assert not facts.problems
    assert [s.name for s in facts.symbols[1:] if s.kind != "field"] == ["Make", "after"]


def test_a_function_said_to_be_of_a_type_is_a_function() -> None:
    """`function () {} as Factory` runs like any other."""
    assert listed(
        "typescript", "const make = (function () {}) as Factory;\nconst other = (() => 1) satisfies Make;\n"
    ) == [
        "function make public",
        "function other public",
    ]
