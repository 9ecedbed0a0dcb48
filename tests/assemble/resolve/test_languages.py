"""Other languages: modules, packages and namespaces, receivers, constructors and supertypes, each in its own way."""

# ruff: noqa: E501 - small repositories are written as strings, a file each

from __future__ import annotations

import pytest

from doctown.assemble.resolve import interface_digest
from doctown.languages import languages
from tests.assemble.resolve.support import edges, facts_of

CASES = {
    "typescript: relative imports, index files, re-exports, default export, self": (
        "typescript",
        {
            "src/index.ts": "export { make as build } from './lib';\nexport * from './lib/engine';\n",
            "src/lib/index.ts": "import Engine from './engine.js';\nexport function make(): Engine { return new Engine(); }\n",
            "src/lib/engine.ts": "export default class Engine {\n  constructor() {}\n  go() { this.stop(); }\n  stop() {}\n}\n"
            "export const helper = () => 1;\n",
            "src/main.ts": "import { build, helper } from '.';\nfunction run() { build().go(); helper(); }\n",
        },
        [
            "src/lib/engine.ts#Engine.go -> src/lib/engine.ts#Engine.stop",
            "src/lib/index.ts#make -> src/lib/engine.ts#Engine.constructor",
            "src/main.ts#run -> src/lib/engine.ts#Engine.go",
            "src/main.ts#run -> src/lib/engine.ts#helper",
            "src/main.ts#run -> src/lib/index.ts#make",
        ],
    ),
    "typescript: super, fields with types, generic types of ours": (
        "typescript",
        {
            "a.ts": "class A<T> { constructor(x: T) {} go() {} }\nclass B extends A<string> {\n  private other: A<number>;\n"
            "  constructor() { super(''); }\n  run() { super.go(); this.other.go(); }\n}\n",
        },
        ["a.ts#B.constructor -> a.ts#A.constructor", "a.ts#B.run -> a.ts#A.go"],
    ),
    "javascript: require": (
        "javascript",
        {
            "lib/a.js": "function go() {}\nfunction hidden() {}\nmodule.exports = { go };\n",
            "b.js": "const a = require('./lib/a');\nconst { go } = require('./lib/a.js');\n"
            "function f() { a.go(); }\nfunction g() { go(); }\n",
        },
        ["b.js#f -> lib/a.js#go", "b.js#g -> lib/a.js#go"],
    ),
    "go: a module in a subfolder, and a foreign package that ends as a folder does": (
        "go",
        {
            "src/main.go": 'package main\nimport (\n"example.org/x/store"\n"example.org/x/kit/log"\n"other.org/y/errors"\n)\n'
            "func main() { store.New(); log.Say(); errors.New() }\n",
            "src/store/store.go": "package store\nfunc New() {}\n",
            "src/kit/log/log.go": "package log\nfunc Say() {}\n",
            "src/kit/errors/errors.go": "package errors\nfunc New() {}\n",
        },
        ["src/main.go#main -> src/kit/log/log.go#Say", "src/main.go#main -> src/store/store.go#New"],
    ),
    "go: a package archive, and a module beside another": (
        "go",
        {
            "lib@v1.2.0/lib.go": 'package lib\nimport "example.org/lib/codes"\nfunc Run() { codes.Of() }\n',
            "lib@v1.2.0/codes/codes.go": "package codes\nfunc Of() {}\n",
            "tool/v2/main.go": 'package main\nimport (\n"example.org/lib"\n"example.org/lib/codes"\n)\n'
            "func main() { lib.Run(); codes.Of() }\n",
        },
        [
            "lib@v1.2.0/lib.go#Run -> lib@v1.2.0/codes/codes.go#Of",
            "tool/v2/main.go#main -> lib@v1.2.0/codes/codes.go#Of",
            "tool/v2/main.go#main -> lib@v1.2.0/lib.go#Run",
        ],
    ),
    "go: a package of two files, another by its path, methods beside their type": (
        "go",
        {
            "main.go": 'package main\nimport "example.org/x/store"\nfunc main() { s := store.New(); s.Save(); help() }\n',
            "help.go": "package main\nfunc help() {}\n",
            "store/store.go": "package store\ntype Store struct{ in *Inner }\nfunc New() *Store { return &Store{} }\n"
            "func (s *Store) Save() { s.in.put(); s.check() }\n",
            "store/inner.go": "package store\ntype Inner struct{}\nfunc (i *Inner) put() {}\nfunc (s *Store) check() {}\n",
        },
        [
            "main.go#main -> help.go#help",
            "main.go#main -> store/store.go#New",
            "main.go#main -> store/store.go#Store.Save",
            "store/store.go#Store.Save -> store/inner.go#Inner.put",
            "store/store.go#Store.Save -> store/inner.go#Store.check",
        ],
    ),
    "java: packages, imports, fields, implicit this, constructors": (
        "java",
        {
            "src/a/b/Engine.java": "package a.b;\npublic class Engine {\n  public Engine() {}\n  public void go() { stop(); }\n"
            "  void stop() {}\n}\n",
            "src/a/Main.java": "package a;\nimport a.b.Engine;\npublic class Main {\n  private final Engine engine = new Engine();\n"
            "  void run() { engine.go(); new Helper().help(); }\n}\n",
            "src/a/Helper.java": "package a;\nclass Helper {\n  void help() {}\n}\n",
        },
        [
            "src/a/Main.java#Main -> src/a/b/Engine.java#Engine.Engine",
            "src/a/Main.java#Main.run -> src/a/Helper.java#Helper",
            "src/a/Main.java#Main.run -> src/a/Helper.java#Helper.help",
            "src/a/Main.java#Main.run -> src/a/b/Engine.java#Engine.go",
            "src/a/b/Engine.java#Engine.go -> src/a/b/Engine.java#Engine.stop",
        ],
    ),
    "rust: crate paths, use, impl blocks, self": (
        "rust",
        {
            "src/main.rs": "mod graph;\nuse crate::graph::Graph;\nfn main() { let g = Graph::new(); g.walk(); graph::helper(); }\n",
            "src/graph.rs": "pub struct Graph {}\nimpl Graph {\n  pub fn new() -> Self { Graph {} }\n  pub fn walk(&self) { self.step(); }\n"
            "  fn step(&self) {}\n}\npub fn helper() {}\n",
        },
        [
            "src/graph.rs#Graph.walk -> src/graph.rs#Graph.step",
            "src/main.rs#main -> src/graph.rs#Graph.new",
            "src/main.rs#main -> src/graph.rs#Graph.walk",
            "src/main.rs#main -> src/graph.rs#helper",
        ],
    ),
    "c: a function declared in a header is the one defined in another file": (
        "c",
        {
            "lib.h": "int help(int x);\n",
            "lib.c": '#include "lib.h"\nstatic int own(void) { return 1; }\nint help(int x) { return own(); }\n',
            "main.c": '#include "lib.h"\n#include <stdio.h>\nstatic int own(void) { return 2; }\n'
            'int main(void) { printf("x"); own(); return help(1); }\n',
        },
        ["lib.c#help -> lib.c#own", "main.c#main -> lib.c#help", "main.c#main -> main.c#own"],
    ),
    "csharp: namespaces and using": (
        "csharp",
        {
            "A.cs": "namespace App.Core;\npublic class Engine {\n  public void Go() { Stop(); }\n  void Stop() {}\n}\n",
            "B.cs": "using App.Core;\nnamespace App;\nclass Main {\n  void Run(Engine e) { e.Go(); }\n}\n",
        },
        ["A.cs#Engine.Go -> A.cs#Engine.Stop", "B.cs#Main.Run -> A.cs#Engine.Go"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_calls_across_files(name: str) -> None:
    """Calls through the language's own modules and types are resolved, each to the definition that would run."""
    language, files, expected = CASES[name]
    if language not in languages():
        pytest.skip(f"{language} is not read yet")
    found = [edge for edge in edges(files) if edge.endswith(" resolved")]
    assert [edge.removesuffix(" resolved") for edge in found] == expected


def test_a_literal_of_a_type_is_a_reference_not_a_call() -> None:
    """Go's and Rust's struct literals and conversions run no code of the type's: they refer to it."""
    go = {"a.go": "package a\ntype T struct{}\ntype N int\nfunc f() { _ = T{}; _ = N(1) }\n"}
    assert edges(go) == []
    assert "a.go#f -> a.go#T resolved" in edges(go, "references")
    rust = {"src/lib.rs": "struct T { a: i32 }\nfn f() { let t = T { a: 1 }; }\n"}
    assert edges(rust) == []


def test_a_method_declared_away_from_its_type_is_no_function_of_the_package() -> None:
    """A bare call means the package's function, not the method of the same name in another file."""
    files = {
        "a.go": "package a\ntype T struct{}\n",
        "b.go": "package a\nfunc (t *T) mark() { mark(t) }\nfunc mark(t *T) {}\n",
    }
    assert edges(files) == ["b.go#T.mark -> b.go#mark resolved"]


def test_an_object_literals_methods_are_no_names_of_the_code_around_them() -> None:
    """`setInterval()` inside a method of that name, of an object literal, is the global function."""
    source = "export const timers = {\n  setInterval(h: () => void) { return setInterval(h); },\n};\n"
    assert edges({"a.ts": source}) == []


def test_an_interface_method_leads_to_what_implements_it_as_candidates() -> None:
    """A call on an interface is resolved to its declaration; implementations are candidates with that reason."""
    source = (
        "interface Shape { area(): number }\nclass Square implements Shape { area() { return 1; } }\n"
        "function f(s: Shape) { s.area(); }\n"
    )
    assert edges({"a.ts": source}, reasons=True) == [
        "a.ts#f -> a.ts#Shape.area resolved: receiver's type",
        "a.ts#f -> a.ts#Square.area candidate: interface implementation",
    ]


def test_another_text_of_a_macro_is_seen_by_other_files() -> None:
    """Whoever uses a macro calls what its text does, so that a change of the text changes the file's digest."""

    def digest(text: str) -> str:
        return interface_digest(facts_of({"m.h": f"#define RUN(x) {text}\n"})[0])

    assert digest("first(x)") != digest("second(x)")
    assert digest("first(x)") == digest("first( x )")


def test_a_name_that_is_defined_as_another_means_it_where_it_is_used() -> None:
    """`#define NAME other` leads to the user's own static function, which the header that says so does not see."""
    files = {
        "m.h": "#define OTHER real\n#define LOOP(x) LOOP(x) + real(x)\n",
        "m.c": '#include "m.h"\nstatic int real(int x) { return x; }\nint f(void) { return OTHER(1); }\n'
        "int g(void) { return LOOP(2); }\n",
    }
    assert edges(files) == ["m.c#f -> m.c#real resolved", "m.c#g -> m.c#real resolved"]


def test_a_branch_without_another_is_no_guess() -> None:
    """Code that a build has or has not leads where it says; of two branches that exclude each other each is a guess."""
    source = "int a(void);\nint b(void);\nint f(void) {\n#ifdef X\n  a();\n#endif\n#ifdef Y\n  b();\n#else\n  f();\n#endif\n}\n"
    assert edges({"m.c": source}, reasons=True) == [
        "m.c#f -> m.c#a resolved: same scope",
        "m.c#f -> m.c#b candidate: one of several conditions",
        "m.c#f -> m.c#f candidate: one of several conditions",
    ]
