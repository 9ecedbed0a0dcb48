"""What a sentence calls things, and whose description it is."""

from __future__ import annotations

import pytest

from doctown.generate.ground_kind import is_remark, nouns_of, praises, refuted, same_text, unframed, wrong_kinds
from tests.generate.extract.repositories import symbol

KNOWN = {"Manager": {"class"}, "marker": set(), "main": {"function", "method"}, "open": {"class"}}
PATHS = {"src/town/manager.py", "manager.py", "town"}


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("The file `src/town/manager.py` is a core class that manages plugins.", "`src/town/manager.py` is no class"),
        ("The town library is a file in the town library that traces.", "`town` is no file"),
        ("`manager.py` holds the `marker` function, which marks.", "`marker` is no function"),
        ("The `Manager` is a helper function of the hooks.", "`Manager` is no function"),
        ("The hooks are implemented using the town library.", "it says that a part of town is made with town"),
    ],
)
def test_what_is_called_something_that_it_is_not_is_told(sentence: str, wrong: str) -> None:
    """A file is no class, the project no file, a variable no function, and no part is made with the whole."""
    found = wrong_kinds(sentence, KNOWN, PATHS, "town")
    assert len(found) == 1
    assert found[0].startswith(wrong)


@pytest.mark.parametrize(
    "sentence",
    [
        "The `Manager` class keeps plugins.",
        "`main` is a wrapper around a file.",
        "The `main` function is a class method of nothing.",
        "`Manager` is a file-like object.",
        "The file `src/town/manager.py` is a script that starts all.",
        "Reads it with the `open` function.",
        "`unknown_name` is a class that the material alone has.",
        "The examples show a plugin that uses the town library.",
    ],
)
def test_what_is_called_as_it_should_be_is_not(sentence: str) -> None:
    """Nouns that belong to another noun, built-in functions and names that nobody knows are no mistake."""
    assert wrong_kinds(sentence, KNOWN, PATHS, "town") == []


def test_what_a_symbol_may_be_called() -> None:
    """A field that holds a function may be called one, and a value may not be called a class."""
    assert nouns_of(symbol("a.py", "A", "class")) == {"class"}
    assert nouns_of(symbol("a.py", "f", "property")) == {"function", "method"}
    assert nouns_of(symbol("a.ts", "f", "constant", signature="const f = (x) => x")) == {"function", "method"}
    assert nouns_of(symbol("a.py", "m", "variable", signature="m = Marker('x')")) == set()
    assert nouns_of(symbol("a.py", "Alias", "variable", signature="Alias = Other")) == {"class"}


def test_the_frame_of_a_sentence_goes_and_what_it_says_stays() -> None:
    """`A function f that raises …` says of `f` that it raises; of anything else it says nothing."""
    one = symbol("a.py", "fail", "function")
    assert unframed("A function fail that raises an error.", one) == ("Raises an error.", "")
    assert unframed("The fail function raises an error.", one) == ("Raises an error.", "")
    assert unframed("Raises an error.", one) == ("Raises an error.", "")
    said = "A class HookSpec that represents a hook."
    assert unframed(said, one) == (said, "HookSpec")
    said = "The main function is called here."
    assert unframed(said, symbol("a.py", "main", "function")) == (said, "")


def test_a_remark_inside_of_the_code_is_no_summary() -> None:
    """A comment on one line, word for word, tells of that line; the first line of a body may tell of all of it."""
    source = (
        "def f(self):\n    # Keeps the original.\n    self.a = 1\n    # Mutable, so it is copied.\n    self.b = 2\n"
    )
    assert is_remark("Mutable, so it is copied", source)
    assert not is_remark("Keeps the original.", source)
    assert not is_remark("Copies what is mutable.", source)


def test_the_same_sentence_is_known_again() -> None:
    """Case and marks make no other sentence, and nothing is not the same as nothing."""
    assert same_text("Tracing utils", "tracing utils.")
    assert not same_text("", ".")


def test_praise_is_the_authors_alone() -> None:
    """A word that praises stands where the material has it."""
    sentence = "Provides a flexible and powerful way to inspect."
    assert list(praises(sentence, {"flexible"})) == ["powerful"]


def test_what_the_code_itself_refutes() -> None:
    """A method is no class, and what only warns raises nothing."""
    method = symbol("a.py", "A.f", "method")
    assert list(refuted("Class to handle tracing.", method, "")) == ["f is no class: say what it does"]
    assert list(refuted("Raises a warning.", method, "warnings.warn(x)\n")) == ["its code raises nothing"]
    assert list(refuted("Raises an error.", method, "raise ValueError(x)\n")) == []
    assert list(refuted("Method that walks files.", method, "")) == []
    assert list(refuted("File paths are joined.", method, "")) == []
