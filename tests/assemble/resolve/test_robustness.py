"""What resolution withstands, and what its answers may not depend on."""

# ruff: noqa: E501 - small repositories are written as strings, a file each

from __future__ import annotations

import random
import time

from doctown.assemble.resolve import build_index, interface_digest, resolve_file
from tests.assemble.resolve.support import edges, facts_of, index_of

PROJECT = {
    "p/__init__.py": "from .a import *\nfrom .b import make\n",
    "p/a.py": "from . import b\nclass A:\n    def go(self): return b.make().go()\n    def back(self): return self.go()\n",
    "p/b.py": "from .a import A\nfrom . import c\ndef make():\n    x = A()\n    return x\ndef loop(): return c.loop().back()\n",
    "p/c.py": "from .b import loop as other, make\ndef loop(): return other() or make()\ndef f():\n    loop().back()\n",
    "main.py": "import p\np.make().back().go()\nfor one in [p.A()]:\n    one.go()\n",
}


def test_order_of_files_and_of_resolution_changes_nothing() -> None:
    """Files given, and resolved, in any order give the same edges: builds with any number of workers agree."""
    facts = facts_of(PROJECT)
    expected: dict[str, object] = {}
    for seed in range(6):
        shuffled = facts[:]
        random.Random(seed).shuffle(shuffled)
        index, _ = index_of(shuffled)
        random.Random(seed + 100).shuffle(shuffled)
        for each in shuffled:
            found = resolve_file(index, each)
            assert expected.setdefault(each.path, found) == found


def test_edges_are_unique_and_sorted() -> None:
    """One edge per source, target and kind, on the line of its first use."""
    facts = facts_of({"a.py": "def f(): pass\ndef g():\n    f()\n    f()\n    f()\n"})
    found = resolve_file(index_of(facts)[0], facts[0]).edges
    assert [(edge.kind, edge.line) for edge in found] == [("calls", 3)]
    assert found == sorted(found)


def test_circular_imports_and_star_imports_end() -> None:
    """Modules that import each other in a circle resolve what exists and give up on what does not."""
    files = {
        "a.py": "from b import *\nfrom b import g\ndef f(): pass\ndef run():\n    g()\n    missing()\n",
        "b.py": "from a import *\nfrom a import g\nfrom a import f\ndef run():\n    f()\n    g()\n",
    }
    assert edges(files) == ["b.py#run -> a.py#f resolved"]


def test_circular_inheritance_ends() -> None:
    """Classes that inherit from each other are looked through once."""
    source = "class A(B):\n    def m(self):\n        self.n()\nclass B(A):\n    def n(self):\n        self.m()\n        self.x()\n"
    assert edges({"a.py": source}) == ["a.py#A.m -> a.py#B.n resolved", "a.py#B.n -> a.py#A.m resolved"]


def test_a_chain_of_ten_thousand_aliases_is_given_up_in_time() -> None:
    """A chain longer than anybody writes is unknown, without recursion errors or quadratic time."""
    lines = ["class A:", "    def rare(self): pass", "x0 = A()"]
    lines += [f"x{i} = x{i - 1}" for i in range(1, 10_000)]
    lines += ["x3.rare()", "x9999.rare()"]
    started = time.process_time()
    found = edges({"a.py": "\n".join(lines) + "\n"})
    assert "a.py#<module> -> a.py#A.rare resolved" in found
    assert time.process_time() - started < 10


def test_deep_class_chains_and_long_receivers_end() -> None:
    """Hundreds of superclasses, and a call chain of hundreds of steps, cost no recursion."""
    classes = ["class C0:\n    def m(self): return self"] + [f"class C{i}(C{i - 1}): pass" for i in range(1, 600)]
    source = "\n".join(classes) + "\ndef f():\n    C599()" + ".m()" * 300 + "\ndef g(x: C150):\n    x.m()\n"
    assert "a.py#g -> a.py#C0.m resolved" in edges({"a.py": source})


def test_values_that_refer_to_themselves_end() -> None:
    """Functions that return each other, fields set from themselves, iterators that are their own elements."""
    source = (
        "def a(): return b()\ndef b(): return a()\nclass N:\n    def __init__(self):\n        self.next = self.next.next\n"
        "    def __iter__(self): return self\n    def __call__(self): return self\n    def go(self):\n"
        "        for each in self:\n            each.go()\n        a().go()\n        self()()().go()\n"
    )
    assert "a.py#N.go -> a.py#N.__call__ resolved" in edges({"a.py": source})


# --- the interface's digest ---------------------------------------------------------------------------------------


def _digest(source: str) -> str:
    return interface_digest(facts_of({"a.py": source})[0])


BASE = "import os\nclass A:\n    def m(self, x):\n        y = x.strip()\n        print(y)\n        return os\n"


def test_what_happens_inside_a_function_leaves_the_digest_alone() -> None:
    """Calls, comments, docstrings, line numbers and locals that do not reach a result are nobody else's business."""
    changed = (
        "import os\n\n# a comment\nclass A:\n    '''Documented.'''\n    def m(self, x):\n        y = x.split()\n        z = len(y)\n"
        "        os.getcwd()\n        return os\n"
    )
    assert _digest(changed) == _digest(BASE)


def test_what_others_can_see_changes_the_digest() -> None:
    """Names, bases, imports, fields, results, and locals that a result is made of."""
    before = "class B: pass\nclass A(B):\n    def m(self):\n        x = B()\n        self.f = B()\n        return x\n"
    for old, new in (
        ("class A(B)", "class A"),
        ("def m", "def n"),
        ("x = B()", "x = A()"),
        ("self.f = B()", "self.f = A()"),
        ("return x", "return self"),
        ("class B: pass\n", "class B: pass\nimport os\n"),
        ("class B: pass\n", "class B: pass\nb = B()\n"),
    ):
        assert old in before
        assert _digest(before.replace(old, new)) != _digest(before), new


def test_equal_digests_mean_equal_edges_elsewhere() -> None:
    """A file whose interface is unchanged can be swapped without any other file's edges changing."""
    other = "from a import A\ndef f():\n    A().m(1).getcwd()\n"
    first = facts_of({"a.py": BASE, "b.py": other})
    second = facts_of({"a.py": BASE.replace("x.strip()", "open(x)"), "b.py": other})
    results = []
    for facts in (first, second):
        ids = {each.path: [hash(each.path) + i for i in range(len(each.symbols))] for each in facts}
        results.append(resolve_file(build_index(facts, ids), facts[1]))
    assert interface_digest(first[0]) == interface_digest(second[0])
    assert results[0] == results[1]


def test_included_files_are_not_located_anew_for_every_name() -> None:
    """Where an include leads is worked out as often for one unknown name as for many: each is looked for in every file
    that is included, and in large C projects nearly all time went into finding those again."""

    def asked(names: int) -> int:
        calls = "".join(f"  unknown_{number}();\n" for number in range(names))
        files = {"main.c": f'#include "a.h"\n#include <stdio.h>\nvoid run(void) {{\n{calls}}}\n'}
        files |= {"a.h": '#include "b.h"\n', "b.h": '#include "a.h"\nint known(void);\n'}
        facts = facts_of(files)
        index, _ = index_of(facts)
        locator = index.locators["c"]
        counted: list[str] = []

        class Counting:
            def locate(self, file: int, module: str) -> tuple[int | str, ...]:
                counted.append(module)
                return locator.locate(file, module)

            def inside(self, place: int | str, name: str) -> tuple[int | str, ...]:
                return locator.inside(place, name)

        index.locators = {**index.locators, "c": Counting()}
        for each in facts:
            resolve_file(index, each)
        return len(counted)

    assert asked(60) == asked(1) > 0


def test_what_was_looked_for_before_changes_no_answer() -> None:
    """A file gets the edges that it gets of an index nobody asked before, however many files lie between a use and its
    definition: what was found, or not, from near holds from afar only where it must."""
    files = {f"c{at}.h": f'#include "c{at + 1}.h"\nint near{at}(void);\n' for at in range(14)}
    files |= {
        "c14.h": '#include "c3.h"\n#define FAR 1\nint far(void);\n',
        "main.c": '#include "c0.h"\nint main(void) { near3(); near12(); far(); unknown(); return FAR; }\n',
        "middle.c": '#include "c7.h"\nint middle(void) { near9(); near12(); far(); unknown(); near3(); return 0; }\n',
    }
    files |= {f"p/m{at}.py": f"from .m{at + 1} import *\nfrom .gone import lost as lost{at}\n" for at in range(14)}
    files |= {
        "p/__init__.py": "from .m0 import *\n",
        "p/m14.py": "from .m2 import *\nfrom outside import thing\ndef far(): return thing()\n",
        "q.py": "from p.m8 import *\nfrom p import far as other\ndef f():\n    far(); other(); thing(); lost9(); lost2(); no()\n",
        "r.py": "import p\nfrom p.m1 import far, thing\ndef g():\n    far(); thing(); p.far(); p.m12.far(); p.no()\n",
    }
    facts = facts_of(files)
    for seed in range(8):
        order = facts[:]
        random.Random(seed).shuffle(order)
        asked, _ = index_of(facts)
        for each in order:
            assert resolve_file(asked, each) == resolve_file(index_of(facts)[0], each)
