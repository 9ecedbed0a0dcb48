"""What a prompt shows of a symbol."""

from __future__ import annotations

from doctown.generate.extract.view import build_view
from doctown.generate.llm.tokens import count
from doctown.generate.prompts.symbols import MAX_SOURCE, ask_about
from tests.generate.shop import repository

LONG = (
    "def long(given):\n"
    + "".join(f"    first_{n} = given + {n}\n" for n in range(60))
    + "    if given > 70:\n        raise ValueError(given)\n"
    + "".join(f"    second_{n} = given + {n}\n" for n in range(60))
    + "    return given\n"
)


def test_of_a_long_function_what_comes_out_of_it_is_shown() -> None:
    """The beginning, each line that returns or raises wherever it stands, and the end; what is missing is said."""
    view = build_view(repository({"long.py": LONG}))
    number = next(n for n, symbol in view.repository.symbols.items() if symbol.name == "long")
    text = ask_about(view, number, "full", lambda _: "").text
    assert text.startswith("def long(given):\n    first_0 = given + 0\n")
    assert "        raise ValueError(given)\n" in text
    assert text.rstrip().endswith("    return given")
    assert text.count(" lines left out]") == 2
    assert count(text) <= MAX_SOURCE + 20


def test_a_short_function_is_shown_whole() -> None:
    """Nothing is left out of what fits."""
    view = build_view(repository())
    number = next(n for n, symbol in view.repository.symbols.items() if symbol.name == "to_euro")
    text = ask_about(view, number, "full", lambda _: "").text
    assert "rate = rates[currency]\n    result = amount * rate\n    return result" in text
    assert "left out" not in text
