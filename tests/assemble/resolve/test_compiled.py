"""C and C++: calls through templates, aliases, containers, declarations without a body, and the text of macros."""

from __future__ import annotations

import pytest

from doctown.assemble.resolve import resolve_file
from tests.assemble.resolve.support import edges, facts_of, index_of

ITEM = "struct Item { void run(); Item* next(); static Item make(); Item& add(int n); int size() const; };\n"
TEMPLATES = """\
template <typename T> class Pool { public: T& operator[](int i); T* get(); T* operator->(); int size(); };
typedef Pool<Item> Items;
using Names = Pool<int>;
"""


@pytest.mark.parametrize(
    ("code", "callee"),
    [
        ("Pool<Item> p; p[0].run();", "Item.run"),
        ("Pool<Item> p; p->run();", "Item.run"),
        ("Pool<Item*> p; p.get()->size();", "Pool.get"),
        ("Items p; p.size();", "Pool.size"),
        ("Names p; p.size();", "Pool.size"),
        ("Items* p; p->get();", "Pool.get"),
        ("Item p[3]; p[1].run();", "Item.run"),
        ("Item::make().add(1).run();", "Item.run"),
        ("auto p = Item::make(); p.run();", "Item.run"),
        ("std::vector<Item> v; v.front().run();", "Item.run"),
        ("std::vector<Item> v; for (auto i = v.begin(); i != v.end(); ++i) i->run();", "Item.run"),
        ("std::map<int, Item*> m; m.find(1)->second->run();", "Item.run"),
        ("std::map<int, Item*> m; for (auto& pair : m) pair.second->run();", "Item.run"),
    ],
)
def test_a_type_is_followed_through_templates_aliases_and_containers(code: str, callee: str) -> None:
    """What is subscripted, pointed to or iterated over is of the type that the declaration names."""
    found = edges({"a.cc": f"#include <vector>\n{ITEM}{TEMPLATES}void f() {{ {code} }}\n"})
    assert f"a.cc#f -> a.cc#{callee} resolved" in found


def test_an_alias_of_a_template_is_a_base() -> None:
    """Members of a class that derives from an alias are those of the template."""
    source = f"{ITEM}{TEMPLATES}class More : public Items {{ void go() {{ size(); }} }};\n"
    assert "a.cc#More.go -> a.cc#Pool.size resolved" in edges({"a.cc": source})


def test_what_makes_an_object_of_a_class_without_constructor_runs_nothing() -> None:
    """An aggregate or a cast to an enumeration is no call: nothing is there that could run."""
    source = "struct Pair { int a; int b; };\nenum Kind { one };\nPair f() { Kind k = Kind(0); return Pair{k, 2}; }\n"
    assert edges({"a.cc": source}) == []
    assert "a.cc#f -> a.cc#Pair resolved" in edges({"a.cc": source}, kind="references")


@pytest.mark.parametrize(
    ("text", "callees"),
    [
        ("LogMessage(1).stream() << 1", ["LogMessage.LogMessage", "LogMessage.stream"]),
        (
            "LogMessage(make(1)).next()->stream()",
            ["LogMessage.LogMessage", "LogMessage.next", "LogMessage.stream", "make"],
        ),
        ("LogMessage::global()->stream()", ["LogMessage.global", "LogMessage.stream"]),
        ("(x).stream()", []),
    ],
)
def test_a_chain_of_calls_in_a_macro_is_followed(text: str, callees: list[str]) -> None:
    """What stands before a call in a macro's text tells whose method it is, as it does anywhere else."""
    source = (
        "struct LogMessage { LogMessage(int n); int& stream(); LogMessage* next(); static LogMessage* global(); };\n"
        f"int make(int n);\n#define CHECK(x) if (x) {{}} else {text}\nvoid f() {{ CHECK(1); }}\n"
    )
    found = [each for each in edges({"a.cc": source}) if each.startswith("a.cc#f ")]
    assert found == [f"a.cc#f -> a.cc#{callee} resolved" for callee in callees]


def test_calls_of_functions_that_macros_declare_are_found() -> None:
    """A test's body calls, and is called by, what the compiler says: the macro stands in a header."""
    files = {
        "suite.h": "#define CASE(name) void case_##name(void)\n#define RUN(name) case_##name()\n",
        "walk.c": '#include "suite.h"\nstatic int step(void) { return 1; }\nCASE(walks) { step(); }\n',
        "walk.h": "void case_walks(void);\n",
        "main.c": '#include "suite.h"\n#include "walk.h"\nint main(void) { case_walks(); return 0; }\n',
    }
    found = edges(files)
    assert "walk.c#case_walks -> walk.c#step resolved" in found
    assert any(each.startswith("main.c#main -> walk.c#case_walks") for each in found)


def test_a_function_that_a_branch_breaks_keeps_its_calls() -> None:
    """Half a statement in a branch does not swallow the functions behind it."""
    source = (
        "int one(void) { return 1; }\nint f(int a) {\n#ifdef A\n  if (a) {\n#else\n  if (!a) {\n#endif\n"
        "    one();\n  }\n  return 0;\n}\nint g(void) { return one(); }\n"
    )
    found = [each.rpartition(" ")[0] for each in edges({"a.c": source})]
    assert found == ["a.c#f -> a.c#one", "a.c#g -> a.c#one"]


SPREAD = {
    "outer.cc": "namespace top::low {\nclass Outer { public: class Set; template <class T> class Walk; };\n"
    "int help(int);\n}\n",
    "set.cc": '#include "outer.cc"\nnamespace top::low {\n'
    "class Outer::Set { public: Set(int a, int b); int add(int x); };\n"
    "template <class T> class Outer::Walk { public: T walk(int re); };\n}\nclass Set { public: int add(int x); };\n",
    "set_impl.cc": '#include "set.cc"\nnamespace top::low {\nint Outer::Set::add(int x) { return help(x); }\n}\n',
}


@pytest.mark.parametrize(
    ("code", "callee"),
    [
        ("top::low::help(1);", "outer.cc#top.low.help resolved"),
        ("using namespace top::low; help(1);", "outer.cc#top.low.help resolved"),
        ("using namespace top::low; Outer::Set s(1, 2); s.add(3);", "set_impl.cc#top.low.Outer.Set.add resolved"),
        ("using namespace top::low; Outer::Set s(one, two);", "set.cc#top.low.Outer.Set.Set resolved"),
        ("Set s; s.add(1);", "set.cc#Set.add resolved"),
        ("struct More : top::low::Outer::Walk<int> {}; More m; m.walk(1);", "set.cc#top.low.Outer.Walk.walk resolved"),
    ],
)
def test_nested_namespaces_and_classes_may_lie_in_many_files(code: str, callee: str) -> None:
    """`namespace a::b {` is what `a::b::` means, and `class Outer::Inner {` belongs to the class of another file."""
    found = edges({**SPREAD, "main.cc": f'#include "set.cc"\nint main() {{ {code} }}\n'})
    assert f"main.cc#main -> {callee}" in found


def test_code_in_a_nested_namespace_sees_the_outer_ones() -> None:
    """`namespace a::b {` is in `a`, and what is called there may stand in either."""
    source = "namespace a { int f(int x) { return x; } }\n"
    source += "namespace a::b { int g() { return f(1); } int h() { return g(); } }\n"
    assert edges({"a.cc": source}) == ["a.cc#a.b.g -> a.cc#a.f resolved", "a.cc#a.b.h -> a.cc#a.b.g resolved"]


def test_a_macro_by_a_library_name_counts_where_it_is_included() -> None:
    """`#define free(x) count(x)` in a test's header does not make every call of `free` one of `count`."""
    files = {
        "spy.h": "#define free(x) count(x)\nvoid count(void *x);\n",
        "spy.c": '#include "spy.h"\nvoid count(void *x) { }\n',
        "spied.c": '#include "spy.h"\nvoid f(void *x) { free(x); }\n',
        "plain.c": "void g(void *x) { free(x); }\n",
    }
    assert edges(files) == [
        "spied.c#f -> spy.c#count resolved",
        "spy.h#free -> spy.c#count resolved",
    ]


def test_a_declaration_of_a_library_function_is_none_of_the_project() -> None:
    """`extern void *malloc();` in one file does not catch the calls of all others."""
    files = {
        "old.c": "extern void *malloc(unsigned int size);\nextern void *mine(unsigned int size);\n",
        "new.c": "int f(void) { return malloc(3) != 0; }\n",
    }
    assert edges(files) == []


def test_a_prefix_that_a_build_may_ask_for_is_no_other_function() -> None:
    """`#define run my_run`, where nobody has `my_run`, leaves calls of `run` what they are."""
    files = {
        "lib.h": "#ifdef PREFIX\n#define run my_run\n#endif\nint run(int n);\n",
        "lib.c": '#include "lib.h"\nint run(int n) { return n; }\n',
        "main.c": '#include "lib.h"\nint main(void) { return run(1); }\n',
    }
    assert edges(files) == ["main.c#main -> lib.c#run resolved"]


def test_a_namespace_that_is_opened_often_is_one() -> None:
    """However many times a file opens a namespace, what stands behind `lib::` is found, and its type is known."""
    parts = "".join(f"namespace lib {{ class C{n} {{ public: C{n}(int a); int go(); }}; }}\n" for n in range(20))
    source = f"{parts}int f() {{ lib::C3 c(1); c.go(); return lib::C17(2).go(); }}\n"
    assert edges({"a.cc": source}) == [
        "a.cc#f -> a.cc#lib.C17.C17 resolved",
        "a.cc#f -> a.cc#lib.C17.go resolved",
        "a.cc#f -> a.cc#lib.C3.C3 resolved",
        "a.cc#f -> a.cc#lib.C3.go resolved",
    ]


BROUGHT = {
    "deep.cc": "namespace lib { int far(int n) { return n; } }\nusing lib::far;\n",
    "open.cc": "namespace box { int near(int n) { return n; } }\nusing namespace box;\n",
    "mid.cc": '#include "deep.cc"\n#include "open.cc"\n',
    "apart.cc": "int unused(int n);\n",
}


@pytest.mark.parametrize(
    ("call", "callee"),
    [("far(1)", "deep.cc#lib.far"), ("near(1)", "open.cc#box.near")],
)
def test_what_headers_open_is_seen_through_includes_of_includes(call: str, callee: str) -> None:
    """Names that a `using` brings to a header's top level are those of whoever includes it, however far, and of no
    one else."""
    main = {"main.cc": f'#include "mid.cc"\nint f() {{ return {call}; }}\n'}
    apart = {"main.cc": f'#include "apart.cc"\nint f() {{ return {call}; }}\n'}
    assert f"main.cc#f -> {callee} resolved" in edges({**BROUGHT, **main})
    assert f"main.cc#f -> {callee} resolved" not in edges({**BROUGHT, **apart})


def test_a_name_that_no_header_binds_is_not_asked_of_each() -> None:
    """Each header that is included would otherwise remember of each library function that it has none: a project's
    cost would grow with the square of its size."""
    headers = {f"h{n}.h": f'#include "h{n + 1}.h"\nint have{n}(int a);\n#define SIZE{n} {n}\n' for n in range(9)}
    calls = "".join(f"  library{n}(1);\n" for n in range(20))
    facts = facts_of({**headers, "h9.h": "int last;\n", "main.c": f'#include "h0.h"\nvoid f(void) {{\n{calls}}}\n'})
    index, _ = index_of(facts)
    for one in facts:
        resolve_file(index, one)
    assert len(index.missing) < 50


def test_a_macro_for_a_library_s_function_makes_ours_a_guess() -> None:
    """Where a header has `#define zcopy memcpy` for builds that have it, a call of `zcopy` need not be of ours."""
    header = "#ifdef HAVE_MEMCPY\n#  define zcopy memcpy\n#else\nvoid zcopy(char *a, char *b);\n#endif\n"
    files = {
        "z.h": header,
        "z.c": '#include "z.h"\n#ifndef HAVE_MEMCPY\nvoid zcopy(char *a, char *b) { }\n#endif\n',
        "a.c": '#include "z.h"\nint f(void) { zcopy(0, 0); return 0; }\n',
    }
    assert edges(files, reasons=True) == ["a.c#f -> z.c#zcopy candidate: one of several conditions"]


def test_a_call_that_no_build_here_makes_is_a_guess() -> None:
    """Code for another system, and code that the file itself turns off, is told apart from what a build runs."""
    source = (
        "#define OFF\nvoid a(void) { }\nvoid b(void) { }\nvoid c(void) { }\nvoid f(void) {\n"
        "#ifdef _WIN32\n  a();\n#endif\n"
        "#ifndef OFF\n  b();\n#endif\n#ifdef SETTING\n  c();\n#endif\n}\n"
    )
    assert edges({"a.c": source}, reasons=True) == [
        "a.c#f -> a.c#a candidate: one of several conditions",
        "a.c#f -> a.c#b candidate: one of several conditions",
        "a.c#f -> a.c#c resolved: same scope",
    ]
