"""Lua: tables as modules and classes, and names that are only handles."""

from __future__ import annotations

import pytest

from doctown.languages.lua import LANGUAGE
from tests.languages.facts import kinds, symbols, types
from tests.languages.snapshot import read


def test_every_way_to_name_a_function() -> None:
    """Declared, local, on a table, with `self`, assigned, and inside a table."""
    source = """local M = {}
function a() end
local function b() end
function M.c() end
function M:d() end
M.e = function() end
local f = function() end
local T = { g = function() end }
return M
"""
    assert kinds("lua", source) == {
        "M": "class",
        "a": "function",
        "b": "function",
        "M.c": "method",
        "M.d": "method",
        "M.e": "method",
        "f": "function",
        "T": "class",
        "T.g": "method",
    }
    assert read("lua", source).exports == (("M", "M"),)


def test_a_handle_is_no_symbol() -> None:
    """A required module, a library's function and a cached global are defined elsewhere."""
    source = 'local json = require("cjson")\nlocal insert = table.insert\nlocal pairs = pairs\nlocal n, MAX = 1, 2\n'
    assert kinds("lua", source) == {"n": "variable", "MAX": "constant"}
    facts = read("lua", source)
    assert [(item.module, item.alias) for item in facts.imports] == [("cjson", "json")]


def test_a_required_module_is_bound_to_the_name_beside_it() -> None:
    """In a multiple assignment each `require` has its own target; a bare one binds nothing."""
    facts = read("lua", 'local a, b = require "x.a", require("x.b")\nrequire "x.c"\n')
    assert [(item.module, item.alias) for item in facts.imports] == [("x.a", "a"), ("x.b", "b"), ("x.c", "")]


def test_a_metatable_names_the_base() -> None:
    """`__index` of the metatable, and the usual class libraries, name what a table inherits from."""
    source = """local A = setmetatable({}, { __index = Base })
function A.f() end
local B = {}
setmetatable(B, { __index = A })
function B.g() end
local C = class(B)
function C.h() end
"""
    facts = read("lua", source)
    named = [(facts.symbols[index].qualified_name, base) for index, base in facts.bases]
    assert named == [("A", "Base"), ("B", "A"), ("C", "B")]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("obj:method(1).x", "obj.method().x"),
        ("setmetatable({}, Item)", "Item()"),
        ('run "x"', "run()"),
        ("function(x) return x end", "?"),
        ("a .. b", "?"),
        ("{}", "<dict>"),
    ],
)
def test_expressions_come_down_to_their_canonical_form(source: str, shown: str) -> None:
    """`:` reads as `.`, an object made by `setmetatable` as a call of its class."""
    assert LANGUAGE.canonical(source) == shown


def test_local_means_internal() -> None:
    """What is local is unknown to other files; a local table that is returned is not a secret."""
    found = symbols("lua", "local M = {}\nfunction M.f() end\nlocal function g() end\nfunction h() end\nreturn M\n")
    assert {name: symbol.visibility for name, symbol in found.items()} == {
        "M": "public",
        "M.f": "public",
        "g": "internal",
        "h": "public",
    }


def test_self_is_known_by_what_the_constructor_returns() -> None:
    """The usual constructor makes an object whose class is known, and so do the fields set on it."""
    source = (
        "local A = {}\nfunction A.new()\n  local self = setmetatable({}, A)\n  self.x = B.new()\n  return self\nend\n"
    )
    assert types("lua", source) == {"A": "<dict>", "self": "A()", "self.x": "B.new()", "return": "self"}


def test_what_a_machine_wrote_is_not_looked_into() -> None:
    """Values are looked up for statements as people write them: neither fifty targets nor fifty levels deep."""
    few, many = (", ".join(f"x{number}" for number in range(count)) for count in (40, 60))
    assert kinds("lua", f"local {few} = function() end\n")["x0"] == "function"
    assert kinds("lua", f"local {many} = function() end\n")["x0"] == "variable"
    deep = "function f()\n" + "if a then\n" * 60 + "return g()\n" + "end\n" * 61
    assert "return" not in types("lua", deep)
    assert types("lua", "function f()\nif a then\nreturn g()\nend\nend\n")["return"] == "g()"
