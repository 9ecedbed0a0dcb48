"""Python: what a call, an import, a supertype and a mention lead to, and above all what they must not lead to."""

# ruff: noqa: E501 - small repositories are written as strings, a file each

from __future__ import annotations

import pytest

from tests.assemble.resolve.support import edges, left

RESOLVED = {
    "enclosing function before module": (
        {"a.py": "def f(): pass\ndef g():\n    def f(): pass\n    f()\n"},
        ["a.py#g -> a.py#g.f resolved"],
    ),
    "module-level and class-body calls belong to the module and the class": (
        {"a.py": "def f(): pass\nf()\nclass C:\n    x = f()\n"},
        ["a.py#<module> -> a.py#f resolved", "a.py#C -> a.py#f resolved"],
    ),
    "an alias, through a package that re-exports": (
        {
            "p/__init__.py": "from .q import *\nfrom .r import inner as outer\n",
            "p/q.py": "__all__ = ['f']\ndef f(): pass\n",
            "p/r.py": "def inner(): pass\n",
            "main.py": "from p import f as g, outer\ndef run():\n    g()\n    outer()\n",
        },
        ["main.py#run -> p/q.py#f resolved", "main.py#run -> p/r.py#inner resolved"],
    ),
    "a module by its dotted name below src": (
        {
            "src/p/__init__.py": "",
            "src/p/q.py": "def f(): pass\n",
            "src/p/main.py": "import p.q\nfrom . import q as again\ndef run():\n    p.q.f()\ndef walk():\n    again.f()\n",
        },
        ["src/p/main.py#run -> src/p/q.py#f resolved", "src/p/main.py#walk -> src/p/q.py#f resolved"],
    ),
    "a call of a class runs its constructor, own or inherited, else the class stands for it": (
        {
            "a.py": "class A:\n    def __init__(self): pass\nclass B(A): pass\nclass C: pass\ndef f():\n    B()\n    C()\n"
        },
        ["a.py#f -> a.py#A.__init__ resolved", "a.py#f -> a.py#C resolved"],
    ),
    "self by C3 order: the right-hand base before the common root": (
        {
            "a.py": "class A:\n    def m(self): pass\nclass B(A): pass\nclass C(A):\n    def m(self): pass\n"
            "class D(B, C):\n    def f(self):\n        self.m()\n"
        },
        ["a.py#D.f -> a.py#C.m resolved"],
    ),
    "super looks behind the class": (
        {"a.py": "class A:\n    def m(self): pass\nclass B(A):\n    def m(self):\n        super().m()\n"},
        ["a.py#B.m -> a.py#A.m resolved"],
    ),
    "a generic base is a base": (
        {"a.py": "class A[T]:\n    def m(self): pass\nclass B(A[int]):\n    def f(self):\n        self.m()\n"},
        ["a.py#B.f -> a.py#A.m resolved"],
    ),
    "a field set in another method": (
        {
            "a.py": "class E:\n    def go(self): pass\nclass A:\n    def __init__(self):\n        self.e = E()\n"
            "    def f(self):\n        self.e.go()\n"
        },
        ["a.py#A.__init__ -> a.py#E resolved", "a.py#A.f -> a.py#E.go resolved"],
    ),
    "annotations: parameter, Optional, string, container": (
        {
            "a.py": "from typing import Optional\nclass E:\n    def go(self): pass\n"
            "def f(a: Optional[E]):\n    a.go()\ndef g(a: 'E | None'):\n    a.go()\n"
            "def h(many: dict[str, E]):\n    for e in many.values():\n        e.go()\n"
        },
        ["a.py#f -> a.py#E.go resolved", "a.py#g -> a.py#E.go resolved", "a.py#h -> a.py#E.go resolved"],
    ),
    "what a function returns, declared or inferred, in a chain": (
        {
            "a.py": "class E:\n    def go(self): return self\n    def end(self): pass\nclass F(E): pass\n"
            "def make():\n    e = F()\n    return e\ndef f():\n    make().go().end()\n"
        },
        [
            "a.py#f -> a.py#E.end resolved",
            "a.py#f -> a.py#E.go resolved",
            "a.py#f -> a.py#make resolved",
            "a.py#make -> a.py#F resolved",
        ],
    ),
    "self in an answer is the object the method was called on": (
        {
            "a.py": "class A:\n    def chain(self): return self\nclass B(A):\n    def only(self): pass\n"
            "def f(b: B):\n    b.chain().only()\n"
        },
        ["a.py#f -> a.py#A.chain resolved", "a.py#f -> a.py#B.only resolved"],
    ),
    "a property is read, not called; what it gives is": (
        {
            "a.py": "class E:\n    def go(self): pass\nclass A:\n    @property\n    def e(self) -> E: ...\n"
            "    def f(self):\n        self.e.go()\n"
        },
        ["a.py#A.f -> a.py#E.go resolved"],
    ),
    "with and as": (
        {
            "a.py": "class E:\n    def __enter__(self): return self\n    def go(self): pass\n"
            "def f():\n    with E() as e:\n        e.go()\n"
        },
        ["a.py#f -> a.py#E resolved", "a.py#f -> a.py#E.go resolved"],
    ),
    "an instance at module level, imported": (
        {
            "p/__init__.py": "",
            "p/a.py": "class E:\n    def go(self): pass\ne = E()\n",
            "p/b.py": "from .a import e\ndef f():\n    e.go()\n",
        },
        ["p/a.py#<module> -> p/a.py#E resolved", "p/b.py#f -> p/a.py#E.go resolved"],
    ),
    "an alias of a function, and a class kept in a class attribute": (
        {
            "a.py": "class E: pass\ndef f(): pass\ng = f\nclass A:\n    made = E\n    def m(self):\n"
            "        g()\n        self.made()\n"
        },
        ["a.py#A.m -> a.py#E resolved", "a.py#A.m -> a.py#f resolved"],
    ),
    "an object that can be called": (
        {"a.py": "class E:\n    def __call__(self): pass\ne = E()\ndef f():\n    e()\n"},
        ["a.py#<module> -> a.py#E resolved", "a.py#f -> a.py#E.__call__ resolved"],
    ),
    "a bare decorator is a call": (
        {"a.py": "def d(f): return f\n@d\ndef f(): pass\n"},
        ["a.py#<module> -> a.py#d resolved"],
    ),
    "the last of several overloads is the one that runs": (
        {
            "a.py": "from typing import overload\n@overload\ndef f(a: int): ...\n@overload\ndef f(a: str): ...\n"
            "def f(a): pass\ndef g():\n    f(1)\n"
        },
        ["a.py#g -> a.py#f~3 resolved"],
    ),
    "a function inside the last of several definitions of one name": (
        {
            "a.py": "from typing import overload\n@overload\ndef f(a: int): ...\ndef f(a):\n    def inner(): pass\n"
            "    inner()\n"
        },
        ["a.py#f~2 -> a.py#f.inner resolved"],
    ),
}


@pytest.mark.parametrize("name", RESOLVED)
def test_calls_that_can_be_followed(name: str) -> None:
    """Each construct leads to exactly the definition that would run, and to nothing else."""
    files, expected = RESOLVED[name]
    assert edges(files) == sorted(expected)


NOTHING = {
    "a method of a builtin type": "class C:\n    def append(self, x): pass\ndef f():\n    many = []\n    many.append(1)\n",
    "a builtin method on something unknown": "class C:\n    def strip(self): pass\ndef f(x):\n    x.strip()\n",
    "a parameter that hides a function": "def g(): pass\ndef f(g):\n    g()\n",
    "a local that hides a function": "def g(): pass\ndef f():\n    g = open('x')\n    g()\n",
    "an external name like ours": "from lib import g\nclass A:\n    def g(self): pass\ndef f():\n    g()\n",
    "a method of an external object": "import lib\nclass A:\n    def fetch(self): pass\ndef f():\n    lib.fetch()\n",
    "an object made outside": "import lib\nclass A:\n    def go(self): pass\ndef f():\n    x = lib.X()\n    x.go()\n",
    "a method that an external base may have": (
        "import lib\nclass A:\n    def go(self): pass\nclass B(lib.X):\n    def f(self):\n        self.go()\n"
    ),
    "a method is no function": "class A:\n    def g(self): pass\n    def f(self):\n        g()\n",
}


@pytest.mark.parametrize("name", NOTHING)
def test_equal_names_make_no_edge(name: str) -> None:
    """A builtin, a library, or a local of the same name never becomes a call of something in the repository."""
    assert [edge for edge in edges({"a.py": NOTHING[name]}) if edge.startswith("a.py#") and ".f ->" not in edge] == []
    assert [edge for edge in edges({"a.py": NOTHING[name]}) if "f -> " in edge] == []


def test_what_stays_open_says_why() -> None:
    """External, builtin and dynamic uses are told apart, and an external one is named as far as the import tells."""
    source = (
        "import requests as r\nfrom lib import tool\ndef f(x):\n    r.get(1)\n    tool()\n    len(x)\n    x.thing()\n"
    )
    assert left({"a.py": source}) == [
        ("r.get", "external: requests.get"),
        ("tool", "external: lib.tool"),
        ("len", "builtin"),
        ("x.thing", "dynamic"),
    ]


def test_guesses_are_candidates_with_their_reason() -> None:
    """A name alone can only make a candidate: the one method of that name, or one in a class named like the receiver."""
    source = (
        "class Engine:\n    def ignite(self): pass\n    def warm(self): pass\nclass Oven:\n    def warm(self): pass\n"
        "def f(x, engine):\n    x.ignite()\n    engine.warm()\n    x.warm()\n"
    )
    assert edges({"a.py": source}, reasons=True) == [
        "a.py#f -> a.py#Engine.ignite candidate: dynamic receiver: only method of this name",
        "a.py#f -> a.py#Engine.warm candidate: dynamic receiver: named like the class",
    ]
    assert left({"a.py": source}) == [("x.warm", "ambiguous: 2 definitions")]


def test_a_union_whose_members_disagree_is_ambiguous() -> None:
    """Two possible receivers with a method each: both are candidates, none is claimed."""
    source = "class A:\n    def go(self): pass\nclass B:\n    def go(self): pass\ndef f(x: A | B):\n    x.go()\n"
    assert edges({"a.py": source}, reasons=True) == [
        "a.py#f -> a.py#A.go candidate: ambiguous: 2 definitions",
        "a.py#f -> a.py#B.go candidate: ambiguous: 2 definitions",
    ]


def test_imports_and_supertypes() -> None:
    """An import leads to the module and to what is taken from it; a supertype to the class, through a plain alias too."""
    files = {
        "p/__init__.py": "",
        "p/a.py": "class A: pass\nAlias = A\n",
        "p/b.py": "import os\nfrom p.a import A, Alias\nclass B(A): pass\nclass C(Alias): pass\n",
    }
    assert edges(files, "imports") == [
        "p/b.py#<module> -> p/a.py#<module> resolved",
        "p/b.py#<module> -> p/a.py#A resolved",
        "p/b.py#<module> -> p/a.py#Alias resolved",
    ]
    assert edges(files, "inherits") == ["p/b.py#B -> p/a.py#A resolved", "p/b.py#C -> p/a.py#A resolved"]
    assert left(files, "imports") == [("os", "external: os")]


def test_functions_passed_by_name() -> None:
    """A function handed over is referred to, not called; a local of the same name is neither."""
    source = "def key(x): pass\ndef f():\n    sorted([], key=key)\ndef g(key):\n    sorted([], key=key)\n"
    assert edges({"a.py": source}, "references") == ["a.py#f -> a.py#key resolved"]
    assert edges({"a.py": source}) == []


def test_what_is_made_is_named_beside_the_constructor_that_runs() -> None:
    """Whoever makes an object uses its class, also where the constructor is a base's: without that a class that only
    inherits one would seem to be used by nobody."""
    source = (
        "class A:\n    def __init__(self): pass\nclass B(A): pass\nclass C: pass\ndef f():\n    B()\n    A()\n    C()\n"
    )
    used = [each for each in edges({"a.py": source}, "references") if each.startswith("a.py#f ")]
    assert used == ["a.py#f -> a.py#A resolved", "a.py#f -> a.py#B resolved"]
    assert edges({"a.py": source}) == ["a.py#f -> a.py#A.__init__ resolved", "a.py#f -> a.py#C resolved"]


def test_what_may_be_made_is_a_guess_where_the_call_is_one() -> None:
    """Of two classes that a name may mean, neither is said to be used for certain."""
    source = (
        "class A:\n    def __init__(self): pass\nclass B:\n    def __init__(self): pass\n"
        "if x:\n    K = A\nelse:\n    K = B\ndef f():\n    K()\n"
    )
    told = [each for each in edges({"a.py": source}, "references") if each.startswith("a.py#f ")]
    assert not any(each.endswith(("#A resolved", "#B resolved")) for each in told)


def test_a_module_named_like_the_standard_library_hides_it_only_beside_itself() -> None:
    """`import typing` inside a package that has a `typing` module of its own is still the standard library's."""
    files = {
        "p/__init__.py": "",
        "p/typing.py": "def cast(): pass\n",
        "p/a.py": "import typing\ndef f():\n    typing.cast()\n",
    }
    assert edges(files) == []
    assert left(files) == [("typing.cast", "external: typing.cast")]


def test_a_folder_named_like_the_standard_library_does_not_hide_it() -> None:
    """Ansible keeps `collections/` folders: `collections.defaultdict` is still what Python ships."""
    files = {
        "examples/collections/plugins/x.py": "def run(): pass\n",
        "collections/y.py": "",
        "a.py": "from collections import defaultdict\ndef f():\n    return defaultdict(set)\n",
    }
    assert edges(files) == []
    assert left(files) == [("defaultdict", "external: collections.defaultdict")]


def test_super_itself_is_a_builtin() -> None:
    """`super()` makes an object of the language's own; only the method called on it may be the repository's."""
    files = {"a.py": "class A(dict):\n    def pop(self, key):\n        return super().pop(key)\n"}
    assert ("super", "builtin") in left(files)
