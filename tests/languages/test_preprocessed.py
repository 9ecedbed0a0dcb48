"""C's preprocessor before the grammar: branches that are half a statement, and macros that declare."""

from __future__ import annotations

import time

import pytest

from doctown.languages import languages
from doctown.languages.conditions import holds, never_holds, with_whole_branches, without_never
from doctown.languages.expanding import expand
from doctown.languages.macros import Headers, all_headers, defined, in_reach
from doctown.languages.reading import read
from doctown.model import FileFacts


def facts(source: str, language: str = "c", **headers: str) -> FileFacts:
    """What a file says that may include `NAME.h` for each of `headers`."""
    known = all_headers((f"{name}.h", text.encode()) for name, text in headers.items())
    return read(languages()[language], "sample", source.encode(), known)[0]


def named(found: FileFacts, *kinds: str) -> list[str]:
    return [one.qualified_name for one in found.symbols[1:] if one.kind in (kinds or ("function", "method", "struct"))]


def kept(source: str, **known: str) -> str:
    """What is left of a source once branches that a grammar cannot hold are gone, on one line."""
    data = source.encode()
    found = with_whole_branches(data, known)
    assert len(found) == len(data) and found.count(b"\n") == data.count(b"\n"), "no byte and no line moves"
    return " ".join(found.decode().split())


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("#ifdef A\nif (a) {\n#else\nif (b) {\n#endif\n}", "if (b) { }"),
        ("#ifdef A\nif (a) {\n#endif\nx();\n#ifdef A\n}\n#endif", "if (a) { x(); }"),
        ("f(a,\n#ifdef A\nb,\n#endif\nc);", "f(a, b, c);"),
        ("#ifdef __linux__\nint f(int a)\n#else\nint f(long a)\n#endif\n{ }", "int f(int a) { }"),
        ("static\n#ifdef A\ninline\n#endif\nint f() { }", "static inline int f() { }"),
        ("x = a\n#ifdef _WIN32\n+ b\n#endif\n;", "x = a ;"),
        ("int t[] = {\n1,\n#ifdef A\n2,\n#endif\n};", "int t[] = { 1, 2, };"),
    ],
)
def test_half_a_statement_is_read_with_one_of_its_halves(source: str, left: str) -> None:
    """What follows such a branch is read as what it is, and not as the rest of a broken function."""
    assert kept(source) == left


@pytest.mark.parametrize(
    "source",
    [
        "#ifdef _WIN32\nint f() { }\n#else\nint f() { }\n#endif\n",
        "enum e {\nA,\n#ifdef X\nB,\n#endif\nC };",
        "EXPORTED\n#ifdef A\nint f();\n#endif\n",
        "int f() {\n#ifdef A\na();\n#else\nb();\n#endif\n}",
        '#ifndef A_H\n#define A_H\n#include "b.h"\nint f();\n#endif\n',
    ],
)
def test_whole_branches_stay(source: str) -> None:
    """Code for another system or another setting is code too."""
    assert with_whole_branches(source.encode(), {}) == source.encode()


def test_what_is_never_compiled_says_nothing() -> None:
    """`#if 0` is how C comments code out."""
    source = "#if 0\nint old(void) { return gone(; }\n#else\nint new(void) { return 1; }\n#endif\n"
    assert named(facts(source)) == ["new"]
    assert without_never(b"#if 01\nint f();\n#endif\n", {}) == b"#if 01\nint f();\n#endif\n"


@pytest.mark.parametrize(
    ("condition", "is_true"),
    [
        ("defined(__GNUC__) && !defined(_MSC_VER)", True),
        ("defined A || defined(B)", True),
        ("VERSION >= 0x20 && VERSION < 100", True),
        ("(1 + 2) * 3 == 9 && !(5 % 2 == 0)", True),
        ("UNKNOWN", False),
        ("__has_include(<x.h>)", False),
        ("1 / 0", False),
        ("(((", False),
        ("(" * 10_000, False),
        ("", False),
    ],
)
def test_conditions_are_judged_as_a_compiler_would(condition: str, is_true: bool) -> None:
    """Which half is kept hangs on it; what cannot be read is false, and breaks nothing."""
    assert holds(condition, {"A": "", "VERSION": "64"}) is is_true


def test_a_macro_of_a_header_names_the_function() -> None:
    """The function of a test's macro is the one that the compiler makes, with the calls in its body."""
    suite = "#define TEST(a, b) static void a##_##b##_test(void)\n"
    found = facts('#include "suite.h"\nint f(int x) { return x; }\nTEST(One, two) {\n  f(1);\n}\n', suite=suite)
    assert named(found) == ["f", "One_two_test"]
    made = found.symbols[2]
    assert (made.start_line, made.end_line) == (3, 5)
    assert [(one.name, one.source) for one in found.references if one.kind == "calls"] == [("f", 2)]
    assert ("references", "TEST", 0) in {(one.kind, one.name, one.source) for one in found.references}


def test_a_macro_declares_a_class_and_the_method_outside_of_it() -> None:
    """What a macro declares around a body is there, and the body is the method's."""
    suite = (
        "#define FIXTURE(name, base) \\\n  struct Run##name : base { void run(); }; \\\n"
        "  void Run##name::run() /* the body */\n"
    )
    found = facts('#include "suite.h"\nFIXTURE(Walk, Legs) { step(); }\n', "cpp", suite=suite)
    assert named(found) == ["RunWalk", "RunWalk.run", "RunWalk.run"] or named(found) == ["RunWalk", "RunWalk.run"]
    assert [base for _, base in found.bases] == ["Legs"]


def test_a_namespace_that_a_macro_opens_is_around_what_stands_in_it() -> None:
    """Names are those by which other files call them."""
    config = "#define NS_BEGIN namespace lib { inline namespace v2 {\n#define NS_END } }\n"
    found = facts(
        '#include "config.h"\nNS_BEGIN\nint f() { return 1; }\nNS_END\nint g() { return 2; }\n', "cpp", config=config
    )
    assert named(found, "function") == ["lib.v2.f", "g"]


def test_a_mark_of_a_header_is_no_word_for_the_grammar() -> None:
    """Calling conventions and attributes under any name leave a function what it is, and stay in its signature."""
    config = "#define LIBCALL __attribute__((cdecl))\n#define Unused __attribute__((unused))\n#define OF(args) args\n"
    source = '#include "config.h"\nint LIBCALL run(int a Unused) { return a; }\nextern long walk OF((int a, int b));\n'
    found = facts(source, config=config)
    assert [(one.name, one.signature) for one in found.symbols[1:]] == [
        ("run", "int LIBCALL run(int a Unused)"),
        ("walk", "extern long walk (int a, int b)"),
    ]
    assert not found.problems


def test_only_headers_that_are_included_count() -> None:
    """A macro of the same name in a header that a file does not see means nothing there."""
    headers = all_headers([
        ("a/suite.h", b"#define TEST(n) void a_##n()\n"), ("b/suite.h", b"#define TEST(n) void b_##n()\n"),
        ("a/all.h", b'#include "suite.h"\n'), ("c/other.h", b"#define MORE(n) void more_##n()\n"),
    ])  # fmt: skip
    language = languages()["c"]
    source = b'#include "all.h"\nTEST(x) { }\nMORE(y) { }\n'
    assert named(read(language, "a/x.c", source, headers)[0])[0] == "a_x"
    assert "more_y" not in named(read(language, "a/x.c", source, headers)[0])
    assert named(read(language, "b/x.c", b'#include "suite.h"\nTEST(x) { }\n', headers)[0]) == ["b_x"]


def test_of_several_definitions_the_one_counts_that_conditions_let_be() -> None:
    """As a compiler would read the header, and not the last or the first that stands there."""
    text = b"#ifdef _WIN32\n#define API __declspec(x)\n#define ONE(n) void w_##n()\n#else\n"
    text += b"#define ONE(n) void u_##n()\n#endif\n"
    found, _ = defined(text, {})
    assert found[b"ONE"].text == b"void u_##n()"
    assert found[b"API"].text == b"__declspec(x)", "a mark is a mark on every system"


def test_a_function_by_another_name_is_not_replaced_in_its_own_declaration() -> None:
    """`#define fail(a, b) fail_at(a)` in a header, for builds without texts, leaves the function `fail` its name."""
    lib = "#define MAKE(type, name, args) type name args\n#define fail(a, b) fail_at(a)\n"
    assert named(facts('#include "lib.h"\nMAKE(void, fail, (int a, char *b)) { }\n', lib=lib)) == ["fail"]


def test_a_long_branch_is_never_given_up() -> None:
    """A file that stands between `#ifdef` and `#else` is there, though a bracket in it seems to be open."""
    body = "int f(void) { return 1; }\n" * 2000
    source = f"#ifdef A\nint open(void) {{\n{body}#else\nint main(void) {{ return 77; }}\n#endif\n"
    assert with_whole_branches(source.encode(), {}) == source.encode()


def test_brackets_go_on_behind_the_branch_that_is_kept() -> None:
    """What a branch opens that is left out does not count for what follows."""
    source = "#ifdef _WIN32\nif (a) {\n#endif\nx();\n#ifdef _WIN32\n}\n#endif\n#ifdef B\nint f(void) { }\n#endif\n"
    assert kept(source) == "x(); #ifdef B int f(void) { } #endif"


def test_code_keeps_its_macros() -> None:
    """Inside of functions nothing is replaced: assembly says what a use there calls."""
    found = facts("#define CHECK(x) check(x)\nvoid f(void) { CHECK(1); }\n")
    assert [(one.name, one.source) for one in found.references if one.kind == "calls"][-1] == ("CHECK", 2)


def test_a_function_that_a_macro_stands_for_elsewhere_stays_a_function() -> None:
    """`#define log(x)` in one branch does not make the declaration of `log` in the other one vanish."""
    found = facts("#ifdef DEBUG\nvoid log_it(int x);\n#else\n#define log_it(x)\n#endif\n")
    assert named(found) == ["log_it"]


@pytest.mark.parametrize(
    "macros",
    [
        "".join(f"#define A{n} A{n + 1} A{n + 1} A{n + 1} A{n + 1}\n" for n in range(30)) + "A0\n",
        "".join(f"#define A{n}(x) A{n + 1}(x x x)\n" for n in range(30)) + "A0(void f();)\n",
        "#define F(x) G(x, x)\n#define G(a, b) b\n" + "F(" * 200 + "1" + ")" * 200 + "\n",
        "#define A B\n#define B A\nA x;\n",
        "#define F(x) F(x)\nF(F(F(1)))\n",
        "#define CAT(a, b) a ## b\nCAT(\n",
    ],
)
def test_macros_that_grow_without_end_cost_little(macros: str) -> None:
    """A stranger's header cannot make a worker compute for ever: the use stays as it is written."""
    began = time.process_time()
    found = facts(macros + "int g(void) { return 1; }\n")
    assert "g" in named(found)
    assert time.process_time() - began < 20, "seconds; nested doubling would take years"


def test_deep_conditionals_and_braces_are_read_in_linear_time() -> None:
    """Neither a hundred thousand open conditionals nor as many open namespaces cost more than their length."""
    source = b"#if A\n" * 30_000 + b"namespace a {\n" * 30_000 + b"#endif\n" * 30_000
    began = time.process_time()
    with_whole_branches(source, {})
    macros = in_reach("x.cc", b"#define namespace_ void\n" + source + b"namespace_ f();", Headers(), {})
    expand(source, macros)
    assert time.process_time() - began < 20, "seconds"


def test_every_symbol_lies_where_it_stands_in_the_file() -> None:
    """Bytes of an expanded file are turned back into those of the file: chunks and quotes are cut by them."""
    suite = "#define TEST(a) static void a_rather_long_name_of_##a(void)\n"
    source = '#include "suite.h"\nTEST(x) { one(); }\n\nint g(void) { return 1; }\nTEST(y) { two(); }\n'
    found = facts(source, suite=suite)
    data = source.encode()
    assert [data[one.start_byte : one.end_byte].decode() for one in found.symbols[1:]] == [
        "TEST(x) { one(); }", "int g(void) { return 1; }", "TEST(y) { two(); }",
    ]  # fmt: skip
    assert (found.symbols[0].start_byte, found.symbols[0].end_byte) == (0, len(data))


ALL = ("function", "struct", "field", "variable", "constant", "macro", "type_alias", "enum_member")


def test_a_mark_of_another_header_marks_everywhere() -> None:
    """A header is included behind the one that defines what it uses: `void API run P((int a));` declares `run`, and not
    `API` and `P`."""
    elsewhere = {"base": "#define API\n#define P(list) list\n#define local static\n#define MAKE(n) void n(void);\n"}
    source = "void API run P((int a));\nlocal const int steps[] = { 1 }; /* a * b */\nMAKE(made)\n"
    assert named(facts(source, **elsewhere), *ALL) == ["run", "steps"]


def test_marks_that_differ_between_headers_mark_nothing_elsewhere() -> None:
    """A word that one header defines as another type than the next is left to the files that include either."""
    same = facts("void run P((int a));", one="#define P(list) list\n", two="#define P(list) list\n")
    other = facts("void run P((int a));", one="#define P(list) list\n", two="#define P(list) struct list\n")
    assert "run" in named(same) and "run" not in named(other)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("int LIB_CDECL main(void)\n{\n  return 0;\n}\n", "main"),
        ("static void * LIBCALL grow(int a) { return 0; }\n", "grow"),
        ("struct hooks { void *(LIBCALL *grow)(int a); };\n", "hooks.grow"),
        ("typedef int (LIBCALL *runner)(int a);\n", "runner"),
    ],
)
def test_a_word_in_capitals_before_a_name_is_a_mark(source: str, name: str) -> None:
    """Where no header tells what `LIBCALL` is, it is not what is declared: a program keeps its `main`."""
    found = named(facts(source), *ALL)
    assert name in found and not any("LIB" in each for each in found)


def test_a_type_in_capitals_stays_a_type() -> None:
    """`static OFFSET_T find(…)` has no word too many, and a broken line elsewhere does not make it one."""
    source = "static OFFSET_T find(const char *a)\n{\n  return g(int, 2b);\n}\n"
    assert [one.signature for one in facts(source).symbols[1:]] == ["static OFFSET_T find(const char *a)"]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("// what\n#ifndef A_H\n#define A_H 1\nint a;\n#endif\n", []),
        ("#if !defined(A_H)\n#define A_H\nint a;\n#endif\n", []),
        ("#ifndef LIMIT\n#define LIMIT 4\n#endif\n#ifndef WITH_B\n#define WITH_B\n#endif\n", ["LIMIT", "WITH_B"]),
        ("int f(void) {\n#define IN 4\n  return IN;\n}\nstruct s {\n#define FLAG 1\n int a; };", ["IN", "FLAG"]),
    ],
)  # fmt: skip
def test_macros_are_symbols_of_their_file_and_guards_are_none(source: str, found: list[str]) -> None:
    """As for clang's own indexer: an include guard is nothing that a reader would look up, a default setting is; and a
    macro belongs to no function or struct that its line stands in."""
    for language in ("c", "cpp"):
        assert named(facts(source, language), "constant", "macro") == found


def test_a_type_by_the_name_of_a_macro_is_a_symbol_of_its_own() -> None:
    """`#define Byte z_Byte` is for programs that ask for it, and the type is there all the same."""
    found = facts("#ifdef PREFIX\n#define Byte z_Byte\n#endif\ntypedef unsigned char Byte;\n")
    assert [(one.name, one.kind) for one in found.symbols[1:]] == [("Byte", "constant"), ("Byte", "type_alias")]


def test_a_function_declared_through_its_type_is_one_symbol() -> None:
    """`static Handler run;` declares the function that follows, and no variable; no keyword is a name."""
    assert named(facts("static Handler run;\nstatic int run(int a) { return a; }\n"), *ALL) == ["run"]
    assert named(facts("OTHER(a)\nif (x) { }\n"), "function") in ([], ["OTHER"])


@pytest.mark.parametrize(
    ("condition", "known", "never"),
    [
        ("defined(_WIN32)", {}, True),
        ("defined(SETTING)", {}, False),
        ("defined(SETTING) && defined(_WIN32)", {}, True),
        ("defined(SETTING) || defined(_WIN32)", {}, False),
        ("!defined(OFF)", {"OFF": ""}, True),
        ("!defined(OFF)", {}, False),
        ("LEVEL > 3", {"LEVEL": "2"}, True),
        ("(broken", {}, False),
    ],
)
def test_no_build_takes_what_another_system_asks_for(condition: str, known: dict[str, str], never: bool) -> None:
    """A setting that nobody knows may be on or off; another system, or the opposite of what is defined, is not here."""
    assert never_holds(condition, known) is never


def test_code_that_no_build_takes_is_an_alternative() -> None:
    """What is defined before a condition tells what it is; a header's own guard is defined behind it, and does not."""
    inside = "int a;\n#define OFF\n#ifndef OFF\nint b;\n#endif\n#ifdef ON\nint c;\n#endif\n"
    source = f"#ifndef A_H\n#define A_H\n{inside}#endif\n"
    for language in ("c", "cpp"):
        assert facts(source, language).alternatives == ((5, 7),)


def test_classes_named_through_several_scopes() -> None:
    """`class Outer::Inner::Walker {` and `class Array<V>::Item {` stand below the classes that they name."""
    source = "class A::B::C { int f(); };\ntemplate <typename V> class D<V>::E { int g(); };\n"
    assert named(facts(source, "cpp"), "class", "method") == ["A.B.C", "A.B.C.f", "D.E", "D.E.g"]


def test_a_declared_conversion_is_a_method() -> None:
    """`explicit operator bool() const;` is a method of its class, with or without a body."""
    source = "class A {\n public:\n  explicit operator bool() const;\n  operator kind() const;\n  int a;\n};\n"
    assert named(facts(source, "cpp"), "method", "variable") == ["A.operator bool", "A.operator kind"]
    assert named(facts(source, "cpp"), "variable") == []
