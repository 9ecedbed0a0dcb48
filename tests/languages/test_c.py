"""C: what declarators name, and which of a prototype and its definition is the symbol."""

from __future__ import annotations

import pytest

from doctown.languages.c import declared_name
from tests.languages.facts import calls, kinds, symbols, types
from tests.languages.snapshot import read


@pytest.mark.parametrize(
    ("declarator", "name"),
    [
        ("x", "x"),
        ("*const entries[3]", "entries"),
        ("**argv", "argv"),
        ("(*on_error)(int code)", "on_error"),
        ("(*pick(int code))(int)", "pick"),
        ("lua_CFunction lua_atpanic (lua_State *L)", "lua_atpanic"),
        ("OF((int code))", ""),
        ("void", ""),
        ("", ""),
        ("***", ""),
    ],
)
def test_the_name_is_found_inside_its_declarator(declarator: str, name: str) -> None:
    """Pointers, arrays, parameters and macros around a name do not change it."""
    assert declared_name(declarator) == name


def test_a_definition_stands_for_its_prototype() -> None:
    """A prototype is a symbol in a header, but not beside its own definition."""
    assert kinds("c", "int f(int a);\nint g(void);\nint f(int a) { return a; }\n") == {"g": "function", "f": "function"}
    assert symbols("c", "int f(int a);\nint f(int a) { return a; }\n")["f"].start_line == 2


def test_branches_of_the_preprocessor_keep_all_definitions() -> None:
    """Each branch of a conditional counts: which one is compiled is not for documentation to say."""
    found = kinds("c", "#ifdef A\nint f(void) { return 1; }\n#else\nint f(void) { return 2; }\nint g;\n#endif\n")
    assert found == {"f": "function", "f~2": "function", "g": "variable"}


def test_an_include_guard_is_no_constant() -> None:
    """The macro that guards a header says nothing; another one without a value is a switch that users set."""
    found = kinds("c", "#ifndef X_H\n#define X_H\n#define X_FAST\n#define X_SIZE 3\n#define X_MAX(a) (a)\n#endif\n")
    assert found == {"X_FAST": "constant", "X_SIZE": "constant", "X_MAX": "macro"}


def test_locals_are_no_symbols_and_prototypes_bind_nothing() -> None:
    """Variables of a function are known by type only; parameters of a prototype are not even that."""
    source = "int f(int nobody);\nint g(struct point *p) { int n = 0; return p->x + n; }\n"
    assert kinds("c", source) == {"f": "function", "g": "function"}
    assert types("c", source) == {"p": "point", "n": "int", "return": "int"}


def test_static_is_internal_to_its_file() -> None:
    """Only `static` hides a function or variable from other files."""
    found = symbols("c", "static inline int f(void) { return 1; }\nint g;\nstatic int h;\n")
    assert {name: symbol.visibility for name, symbol in found.items()} == {
        "f": "internal",
        "g": "public",
        "h": "internal",
    }


def test_calls_through_pointers_keep_their_receiver() -> None:
    """A call of a struct's function pointer names the struct; a cast names its type."""
    source = "void f(void) { ops->run(1); a.b->c(); (*fp)(2); ((struct op *)p)->go(); }"
    assert calls("c", source) == {("ops", "run"), ("a.b", "c"), ("", "fp"), ("op()", "go")}


def test_one_declaration_of_several_variables_gives_siblings() -> None:
    """`int a, *b;` defines two variables beside each other, not one inside the other."""
    found = symbols("c", "int a, *b[2] = {0};\n")
    assert {name: symbol.signature for name, symbol in found.items()} == {"a": "int a", "b": "int *b[2]"}
    assert all(symbol.parent.endswith("#<module>") for symbol in found.values())


def test_a_comment_does_not_end_a_macros_text() -> None:
    """What follows a comment inside a macro of several lines is the macro's, and the file goes on behind it."""
    source = '#define BOTH \\\n  one(); /* first */ \\\n  two("/* no */")\nint after(void);\n'
    found = read("c", source)
    calling = [each for each in found.references if each.kind == "calls"]
    assert [(each.name, found.symbols[each.source].name) for each in calling] == [("one", "BOTH"), ("two", "BOTH")]
    assert [(each.kind, each.name) for each in found.symbols[1:]] == [("macro", "BOTH"), ("function", "after")]


def test_a_macros_text_calls_neither_its_parameters_nor_keywords() -> None:
    """Only names that mean something outside of a macro are its calls, each with what stands before it."""
    source = "#define GO(f, p) if (f(p)) { p->run(); store->items.put(sizeof(int)); (void)step(1); } // end(2)\n"
    calls = [(each.receiver, each.name) for each in read("c", source).references]
    assert calls == [("store.items", "put"), ("", "step")]


def test_a_macro_that_stands_alone_misleads_nobody() -> None:
    """`G_BEGIN_DECLS` on a line of its own is no type of the declaration below it; an attribute is no code."""
    found = read("c", 'G_BEGIN_DECLS\n\nint first(void);\n#define API __attribute__((visibility("default")))\n')
    assert (found.symbols[1].name, found.symbols[1].signature) == ("first", "int first(void)")
    assert [each.kind for each in found.symbols[1:]] == ["function", "constant"]
