"""Python: what its syntax makes easy to get wrong."""

from __future__ import annotations

from textwrap import dedent

from tests.languages.snapshot import read


def facts(source: str):
    return read("python", dedent(source).lstrip("\n"), "pkg/mod.py")


def bound(source: str) -> set[tuple[str, str, str, str]]:
    """(scope, kind, target, value) of every binding."""
    found = facts(source)
    names = [symbol.qualified_name for symbol in found.symbols]
    return {(names[item.scope], item.kind, item.target, item.value) for item in found.bindings}


def test_a_return_type_belongs_to_its_function() -> None:
    """The annotation stands in the head, which runs outside, yet speaks of the function."""
    assert bound("class A:\n    def f(self) -> Box: ...") == {
        ("A.f", "return", "return", "Box"),
        ("A.f", "parameter", "self", ""),
    }


def test_a_decorator_is_called_where_the_definition_stands() -> None:
    """Decorators run in the enclosing scope, not in the function they decorate."""
    found = facts("@app.route('/')\ndef index():\n    return 1\n")
    (call,) = [item for item in found.references if item.detail == "decorator" or item.name == "route"]
    assert (call.name, call.receiver, found.symbols[call.source].kind) == ("route", "app", "module")


def test_names_assigned_together_stand_side_by_side() -> None:
    """`a, b = pair` defines two variables, neither inside the other."""
    assert [s.qualified_name for s in facts("a, b = 1, 2\n").symbols] == ["<module>", "a", "b"]


def test_a_variable_assigned_again_is_one_symbol() -> None:
    """Assigning twice defines once."""
    assert [s.qualified_name for s in facts("x = 1\nx = 2\n").symbols] == ["<module>", "x"]


def test_a_property_and_its_setter_are_told_apart() -> None:
    """Both are symbols, with keys of their own."""
    found = facts(
        """
        class A:
            @property
            def x(self): ...
            @x.setter
            def x(self, value): ...
        """
    )
    keys = [(s.key, s.kind) for s in found.symbols[2:]]
    assert keys == [("pkg/mod.py#A.x", "property"), ("pkg/mod.py#A.x~2", "property")]


def test_locals_are_no_symbols() -> None:
    """A variable inside a function is not listed, a function inside a function is."""
    found = facts("def f():\n    x = 1\n    def g(): ...\n    return g\n")
    assert [s.qualified_name for s in found.symbols] == ["<module>", "f", "f.g"]


def test_splat_parameters_are_local() -> None:
    """`*args` and `**kwargs`, annotated or not, are names of the function."""
    targets = {
        item[2] for item in bound("def f(*a, **b): ...\ndef g(*c: int, **d: int): ...\n") if item[1] == "parameter"
    }
    assert targets == {"a", "b", "c", "d"}


def test_a_caught_exception_is_an_instance_of_its_class() -> None:
    """`except E as e` types `e` as `E`; `with` binds what the manager gives."""
    found = bound("try: ...\nexcept errors.E as e: ...\nwith open(p) as f: ...\n")
    assert ("<module>", "annotation", "e", "errors.E") in found
    assert ("<module>", "context", "f", "open()") in found


def test_all_lists_what_a_module_exports() -> None:
    """`__all__` is the module's own list of its public names."""
    assert facts("__all__ = ['a', 'b']\n").exports == (("a", "a"), ("b", "b"))


def test_a_marked_comment_documents_a_variable() -> None:
    """`#:` documents, an ordinary comment does not."""
    found = facts("#: Kept.\nA = 1\n# Not kept.\nB = 2\n")
    assert [s.docstring for s in found.symbols[1:]] == ["Kept.", ""]


def test_a_syntax_error_is_a_problem_and_no_failure() -> None:
    """What stands around an error is read, and the file says where it broke."""
    found = facts("def a(): ...\ndef b(:\n    pass\nclass C: ...\n")
    assert {"a", "C"} <= {s.name for s in found.symbols}
    assert found.problems == ("syntax errors near line 2",)


def test_deep_nesting_is_survived() -> None:
    """A file of nested brackets neither crashes nor takes long."""
    found = facts("x = " + "(" * 5000 + ")" * 5000 + "\n" + "f(" * 2000 + ")" * 2000 + "\n")
    assert found.symbols[0].kind == "module"


def test_an_assignment_over_several_lines_shows_its_whole_type_or_its_whole_value() -> None:
    """The first line alone would end in an open bracket, and the page say that the type is `dict[`."""
    source = """
    __all__ = [
        "one",
        "two",
    ]
    table: dict[
        str, int
    ] = {"a": 1, """ + ", ".join(f'"{number}": {number}' for number in range(40)) + """}
    """  # fmt: skip
    signatures = {symbol.name: symbol.signature for symbol in facts(source).symbols}
    assert signatures["__all__"] == '__all__ = ["one", "two"]'
    assert signatures["table"] == "table: dict[str, int]"


def named(source: str) -> list[str]:
    return [f"{s.kind} {s.qualified_name}" for s in facts(source).symbols[1:]]


def test_names_assigned_one_to_the_other_stand_side_by_side() -> None:
    """`a = b = c = 1` defines three variables; in a function none of them is a symbol."""
    assert named("a = b = c = 1\nclass D:\n    e = f = a\ndef g():\n    h = i = 1\n") == [
        "variable a", "variable b", "variable c", "class D", "field D.e", "field D.f", "function g",
    ]  # fmt: skip


def test_what_a_branch_of_a_module_assigns_is_the_modules() -> None:
    """A name that depends on the version or on what can be imported is defined as any other."""
    source = """
        try:
            import fast
        except ImportError:
            fast = None
        else:
            SPEED, slow = 2, False
        if fast:
            mode = 1
        elif slow:
            other = 2
        else:
            last = 3
        class A:
            a, b = 1, 2
            if mode:
                c = 1
        def f():
            if mode:
                local = 1
    """
    assert named(source) == [
        "variable fast", "constant SPEED", "variable slow", "variable mode", "variable other", "variable last",
        "class A", "field A.a", "field A.b", "field A.c", "function f",
    ]  # fmt: skip


def test_a_property_keeps_its_key_where_it_is_given_a_value_above() -> None:
    """`self.size = 1` in a constructor calls the setter that stands below it, and is no field of its own."""
    source = """
        class A:
            def __init__(self):
                self.size, self.own = 1, 2
            @property
            def size(self): return 1
    """
    assert [s.key for s in facts(source).symbols[2:]] == [
        "pkg/mod.py#A.__init__", "pkg/mod.py#A.own", "pkg/mod.py#A.size",
    ]  # fmt: skip
