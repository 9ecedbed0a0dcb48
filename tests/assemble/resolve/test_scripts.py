"""CommonJS modules that export one thing, and JavaScript's private fields."""

# ruff: noqa: E501 - small repositories are written as strings, a file each

from __future__ import annotations

import pytest

from tests.assemble.resolve.support import edges, left

CASES = {
    "a function that is the whole export": (
        {
            "compare.js": "const compare = (a, b) => a - b\nmodule.exports = compare\n",
            "eq.js": "const compare = require('./compare')\nconst eq = (a, b) => compare(a, b) === 0\nmodule.exports = eq\n",
        },
        ["eq.js#eq -> compare.js#compare"],
    ),
    "a class that is the whole export, its constructor and its methods": (
        {
            "range.js": "class Range { constructor(text) {} test() {} static of() {} }\nmodule.exports = Range\n",
            "use.js": "const Range = require('./range')\nfunction run(text) { const r = new Range(text); r.test(); Range.of() }\n",
        },
        ["use.js#run -> range.js#Range.constructor", "use.js#run -> range.js#Range.of", "use.js#run -> range.js#Range.test"],
    ),
    "members that were added to the whole export": (
        {
            "a.js": "function make() {}\nmodule.exports = make\nmodule.exports.twice = function () {}\n",
            "b.js": "const make = require('./a')\nfunction run() { make(); make.twice() }\n",
        },
        ["b.js#run -> a.js#make", "b.js#run -> a.js#twice"],
    ),
    "an object of a class that is the whole export": (
        {
            "cache.js": "class Cache { get() {} }\nmodule.exports = new Cache()\n",
            "b.js": "const cache = require('./cache')\nfunction run() { cache.get() }\n",
        },
        ["b.js#run -> cache.js#Cache.get", "cache.js#<module> -> cache.js#Cache"],
    ),
    "a default import of a module that exports one thing": (
        {
            "a.js": "function make() {}\nmodule.exports = make\n",
            "b.mjs.js": "import make from './a.js'\nfunction run() { make() }\n",
        },
        ["b.mjs.js#run -> a.js#make"],
    ),
    "a private field has the type that it is declared with, or that it is given": (
        {
            "a.ts": "class Log { write() {} }\nclass Job { #log: Log; #own; constructor() { this.#own = new Log() }\n"
            "  run() { this.#log.write() }\n  end() { this.#own.write() } }\n",
        },
        ["a.ts#Job.end -> a.ts#Log.write", "a.ts#Job.run -> a.ts#Log.write"],
    ),
    "either branch of a conditional may be meant": (
        {
            "a.js": "function fast() {}\nfunction slow() {}\nfunction run(big) { const step = big ? slow : fast; step() }\n",
        },
        ["a.js#run -> a.js#fast", "a.js#run -> a.js#slow"],
    ),
    "what a function gives back as an object literal": (
        {
            "a.js": "function make(x) { let n = 0\n  function up() { n++ }\n"
            "  return { up, down() { this.peek(); n-- }, peek: () => n, inner: { deep() {} }, log: console.log } }\n"
            "module.exports = make\n",
            "b.js": "const make = require('./a')\nfunction run() { const c = make(1); c.up(); c.inner.deep(); c.log() }\n"
            "function take() { const { peek } = make(2); peek() }\n",
        },
        ["a.js#make.down -> a.js#make.peek", "b.js#run -> a.js#make", "b.js#run -> a.js#make.deep",
         "b.js#run -> a.js#make.up", "b.js#take -> a.js#make", "b.js#take -> a.js#make.peek"],
    ),
    "an object literal in a variable of a function, and in one that is spread": (
        {
            "a.ts": "export const one = () => ({ first() {}, both() {} })\n"
            "export function two() { const it = { ...one(), second: () => 1 } as const; it.second(); return it }\n",
            "b.ts": "import { one, two } from './a'\nfunction run() { one().both(); two().first(); two().second() }\n",
        },
        ["a.ts#two -> a.ts#one", "a.ts#two -> a.ts#two.second", "b.ts#run -> a.ts#one", "b.ts#run -> a.ts#one.both",
         "b.ts#run -> a.ts#one.first", "b.ts#run -> a.ts#two", "b.ts#run -> a.ts#two.second"],
    ),
    "members of an object by another name": (
        {
            "a.js": "function read() {}\nfunction write() {}\nconst api = { parse: read, write, more() {} }\n"
            "function run() { api.parse(); api.write(); api.more() }\n",
        },
        ["a.js#run -> a.js#api.more", "a.js#run -> a.js#read", "a.js#run -> a.js#write"],
    ),
    "`this` in a literal that a method of a class gives back": (
        {"a.js": "class A { make() { return { go() { this.step() }, step() {} } } step() {} }\n"},
        ["a.js#A.make.go -> a.js#A.make.step"],
    ),
    "a module that is loaded in the middle of an expression": (
        {
            "a.js": "function make() { return { get() {} } }\nmodule.exports = make\nmodule.exports.twice = function () {}\n",
            "b.js": "const app = require('./a')()\nfunction run() { app.get(); require('./a').twice() }\n",
            "c.mjs.js": "async function load() { (await import('./d.mjs.js')).go() }\n",
            "d.mjs.js": "export function go() {}\n",
        },
        ["b.js#<module> -> a.js#make", "b.js#run -> a.js#make.get", "b.js#run -> a.js#twice",
         "c.mjs.js#load -> d.mjs.js#go"],
    ),
    "type arguments take the place of a class's parameters": (
        {
            "a.ts": "export class Item { go() {} }\nexport class Box<T extends object = {}> { held: T; get(): T { return this.held }\n"
            "  same(): this { return this }\n  all(): T[] { return [] }\n  each(visit: (one: T) => void) {} }\n",
            "b.ts": "import { Box, Item } from './a'\ntype Items = Box<Item>\nfunction one(b: Box<Item>) { b.get().go(); b.held.go() }\n"
            "function two(b: Box<Item>) { b.same().get().go() }\n"
            "function three(b: Box<Item>) { for (const it of b.all()) it.go() }\nfunction four(b: Box<Item>) { b.each((it) => it.go()) }\n"
            "function five(b: Items) { b.get() }\n",
        },
        ["b.ts#five -> a.ts#Box.get", "b.ts#four -> a.ts#Box.each", "b.ts#four -> a.ts#Item.go", "b.ts#one -> a.ts#Box.get",
         "b.ts#one -> a.ts#Item.go", "b.ts#three -> a.ts#Box.all", "b.ts#three -> a.ts#Item.go", "b.ts#two -> a.ts#Box.get",
         "b.ts#two -> a.ts#Box.same", "b.ts#two -> a.ts#Item.go"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_scripts(case: tuple[dict[str, str], list[str]]) -> None:
    """Calls lead to what a module really gives to whoever requires it."""
    files, expected = case
    found = edges(files)
    assert [each.rpartition(" ")[0] for each in found if "Job.constructor" not in each] == expected


def test_a_conditional_with_two_meanings_is_a_guess() -> None:
    """Two branches that both may run are candidates, not facts."""
    files, _ = CASES["either branch of a conditional may be meant"]
    assert {each.rpartition(" ")[2] for each in edges(files)} == {"candidate"}


@pytest.mark.parametrize(
    "source",
    [
        "function run(step) { if (!step) step = plain; step() }",
        "const step = old ? (a) => a : plain\nfunction run() { step() }",
        "const step = old ? plain : JSON.stringify\nfunction run() { step() }",
        "function pick(name, kept) { if (!name) return plain; return kept.find(name) }\nfunction run() { const step = pick(); step() }",
    ],
)
def test_a_function_that_a_variable_may_hold_beside_others_is_a_guess(source: str) -> None:
    """Of a variable that may hold a function which nobody knows, the one that is known is not what is surely called."""
    found = edges({"a.js": f"function plain() {{}}\n{source}\n"}, reasons=True)
    assert "a.js#run -> a.js#plain candidate: dynamic" in found


def test_a_module_that_is_loaded_and_called_at_once_is_named() -> None:
    """Of a call of what `require` gives, the reason why there is no edge names the module."""
    assert ("require('debug')", "external: debug") in left({"a.js": "require('debug')('app')\n"})


def test_comments_say_the_types_of_fields_and_variables() -> None:
    """JSDoc's `@type` above a field of `this` or a variable declares it; generators are documented as functions are."""
    source = """
class Item { get() {} }
class Box {
  constructor() {
    /** @type {Item|null} */
    this.first = null
    /**
     * @type {Map<string, Item>}
     */
    this.named = new Map()
  }
}
/** @param {Box} box */
function field(box) { box.first.get() }
/** @param {Box} box */
function* values(box) { box.first.get() }
function local(found) {
  /** @type {Item} */
  let one
  one = found()
  one.get()
}
"""
    found = edges({"a.js": source})
    assert {f"a.js#{each} -> a.js#Item.get resolved" for each in ("field", "values", "local")} <= set(found)
