"""What is said of code is compared with what the code does: effects, contradictions, and words that tell nothing."""

from __future__ import annotations

import pytest

from doctown.generate.ground_code import contradicts, copied, false_users, is_about, only_its_name, shows_effect

DISTINCT = """def isdistinct(seq):
    seen = set()
    seen_add = seen.add
    for item in seq:
        if item in seen:
            return False
        seen_add(item)
    return True
"""


@pytest.mark.parametrize(
    ("effect", "source", "path"),
    [
        ("Adds the item to the cache.", "    self._cache[key] = item\n", "a.py"),
        ("Appends the amount to `drawer`.", "    self.drawer.append((amount, currency))\n", "a.py"),
        ("Writes a line to standard output.", "    print(text)\n", "a.py"),
        ("Deletes the file of the lock.", "    os.remove(path)\n", "a.py"),
        ("Sets the number of retries.", "    this.retries = count;\n", "a.js"),
        ("Counts the hits up.", "\thits++\n", "a.go"),
        ("Changes the global state of the registry.", "    global registry\n    registry = {}\n", "a.py"),
        ("Registers the handler.", "    app.add(\n        handler,\n    )\n", "a.py"),
        ("Logs a warning.", "    logger.warning('late')\n", "a.py"),
        ("Prints the report.", '    println!("{report}");\n', "a.rs"),
    ],
)
def test_an_effect_that_a_line_shows(effect: str, source: str, path: str) -> None:
    """By a word of the line, or by another word for the same deed."""
    assert shows_effect(effect, source, path)


@pytest.mark.parametrize(
    ("effect", "source", "path"),
    [
        ("Changes the order of elements in the sequence.", DISTINCT, "a.py"),
        ("Adds the item to the set.", DISTINCT, "a.py"),  # which nobody else sees
        ("Modifies the function's signature.", "    try:\n        sigspec.bind(*args)\n", "a.py"),
        ("Returns the cache.", "    self._cache[key] = item\n    return self._cache\n", "a.py"),
        ("None.", "    self._cache[key] = item\n", "a.py"),
        ("No side effects on the cache.", "    self._cache[key] = item\n", "a.py"),
        ("Modifies the total.", "    total = amount * rate\n    return total\n", "a.py"),
        ("Changes the text.", "    return (\n        'text: ' +\n        text_of(*rest)\n    )\n", "a.py"),
        ("Collects lines.", "    const lines = [];\n    lines.push(text);\n    return lines;\n", "a.ts"),
    ],
)
def test_an_effect_that_no_line_shows(effect: str, source: str, path: str) -> None:
    """What a function makes itself and what it returns is no effect."""
    assert not shows_effect(effect, source, path)


DOC = "Give the elements, sorted in place.\n\nRaises KeyError for unknown ones."
CODE = f'def f(x):\n    """{DOC}"""\n    y = sorted(x)\n    return y[::-1]\n'


@pytest.mark.parametrize(
    ("sentence", "held"),
    [
        ("It says `sorted in place`, but `sorted(x)` makes a new list.", True),
        ('The docstring says "Raises KeyError", but `return y[::-1]` is all that follows.', True),
        ("It says 'sorted in place.', but `y = sorted(x)` makes a new list.", True),
        ("The function does not return the original sequence.", False),
        ("It says `sorted in place`, which is not so.", False),  # nothing of the code
        ("It says `sorted(x)`, but does something else.", False),  # nothing of the author's
        ("It says `raised in place`, but `sorted(x)` makes a new list.", False),  # the author does not
        ("It says `sorted in place`, and `Raises KeyError` too.", False),  # both are the author's
        ("It does not mention `sorted in place` beside `sorted(x)`.", False),
    ],
)
def test_a_contradiction_quotes_both_sides(sentence: str, held: bool) -> None:
    """The author's words and a piece of the code, each as it stands there."""
    assert contradicts(sentence, DOC, CODE) == held


@pytest.mark.parametrize(
    ("sentence", "name", "empty"),
    [
        ("Returns the getter function for the getter function.", "getter", True),
        ("Function to get the factory for a function, which is used to create a factory.", "_get_factory", True),
        ("Represents the HTTP server.", "HTTPServer", True),
        ("Returns the getter for a list of indices.", "getter", False),
        ("Adds two numbers.", "add", False),
        ("Checks if a function has keyword arguments.", "has_keywords", False),
        ("Opens the file at `path`.", "open_file", False),
    ],
)
def test_words_that_tell_no_more_than_a_name(sentence: str, name: str, empty: bool) -> None:
    """Filler aside, there has to be a word that the name does not hold."""
    assert only_its_name(sentence, name) == empty


def test_what_is_said_of_the_class_is_not_said_of_its_method() -> None:
    """Small models copy the line above: it tells nothing about the symbol below."""
    around = "file tlz/build.py\nclass Loader: Finds and loads tlz modules when added to sys.meta_path"
    assert copied("The Loader finds and loads tlz modules when added to sys.meta_path, and more.", around)
    assert is_about("The `Loader` class finds modules.", "Loader")
    assert is_about("Loader is a finder of modules.", "Loader")
    assert not is_about("Loader.find is a finder of modules.", "Loader")
    assert not is_about("Loads what the Loader is a part of.", "Loader")
    assert not copied("Gives the loader itself for tlz modules.", around)
    assert not copied("Finds modules.", "file a.py: Finds modules")  # too short to tell


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("Checks keywords, used by `has_keywords` and is_arity.", ["is_arity"]),
        ("Checks keywords, called by app.has_keywords().", []),
        ("Checks keywords as used by callers everywhere.", []),
        ("Checks `is_arity`, as every `frob` does.", []),
    ],
)
def test_users_that_are_none(sentence: str, wrong: list[str]) -> None:
    """Who uses a symbol is in the graph."""
    assert false_users(sentence, {"has_keywords"}) == wrong
