"""What a model says is looked up: names, paths, numbers, addresses, and the lines that it cites."""

from __future__ import annotations

import pytest

from doctown.generate.extract.view import build_view
from doctown.generate.ground import (
    Evidence,
    Vocabulary,
    best_anchor,
    build_vocabulary,
    not_in_signature,
    problems,
    repeats,
    supports,
)
from doctown.generate.ground_words import names, stems
from doctown.generate.prompts.outline import Anchor
from tests.generate.extract.repositories import symbol
from tests.generate.shop import repository

EVIDENCE = Evidence(
    "def pay(self, amount):\n    self.drawer.append(amount)\n    retry_after = 30\n    requests.get(url)"
)


@pytest.fixture(scope="module")
def known() -> Vocabulary:
    return build_vocabulary(build_view(repository()))


@pytest.mark.parametrize(
    "sentence",
    [
        "Puts `amount` into the drawer and returns nothing.",
        "Waits for `retry_after`, which is 30 seconds.",
        "Calls `sum_up()` and `Till.pay` of `shop/till.py`.",
        "Builds on `shop.till` and on sum_up.",
        "Returns `None`, or raises `ValueError`, e.g. for input/output errors.",
        "Uses `requests.get` to reach the URLs; runs on GitHub.",
        "Stores `(amount, currency)` pairs.",
    ],
)
def test_what_exists_may_be_said(known: Vocabulary, sentence: str) -> None:
    """Names of the repository and of the material hold; a check that refuses truth would pay for repairs in vain."""
    assert problems(sentence, known, EVIDENCE) == []


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("Hands the amount to `frobnicate_widget`.", "frobnicate_widget"),
        ("Hands the amount to frobnicate_widget at once.", "frobnicate_widget"),
        ("Calls refundEverything() in the end.", "refundEverything"),
        ("Calls `Till.refund` in the end.", "Till.refund"),
        ("Is configured in `shop/settings.py` by the owner.", "shop/settings.py"),
        ("Is configured in shop/settings.py by the owner.", "shop/settings.py"),
        ("Is started with `--dry-run` by the owner.", "--dry-run"),
        ("Waits for 31 seconds before it goes on.", "31"),
        ("See https://evil.example/x for more of it.", "link"),
        ("See [the manual](javascript:alert) for more.", "markup"),
        ("Shows ![a picture](x.png) of the drawer.", "markup"),
        ("Adds <script>alert</script> to the drawer.", "markup"),
        ("Counts \u202emoney\u202c in the drawer.", "cannot be seen"),
        ("Counts\x1b[31m money in the drawer.", "cannot be seen"),
        ("TODO", "says nothing"),
        ("No description available.", "says nothing"),
        ("...", "says nothing"),
    ],
)
def test_what_does_not_exist_is_named(known: Vocabulary, sentence: str, wrong: str) -> None:
    """Each thing that is not there is said with its name, so that a model can leave it out."""
    found = problems(sentence, known, EVIDENCE)
    assert any(wrong in problem for problem in found), found


def test_names_are_found_as_code_writes_them() -> None:
    """A name counts in backticks or where only code is written so; prose is left alone."""
    said = "The `Till` calls to_euro and refundAll, see shop/till.py and a.b.c, and/or e.g. GitHub."
    assert sorted(names(said)) == ["Till", "a.b.c", "refundAll", "shop/till.py", "to_euro"]


def anchor(lines: str, entry: str = "") -> Anchor:
    return Anchor(path="a.py", start_line=1, end_line=2, link="", entry=entry, lines=lines)


def test_cited_lines_must_have_to_do_with_what_is_said() -> None:
    """A true sentence under a citation that does not show it is no grounded sentence."""
    drawer = anchor("def pay(self, amount):\n    self.drawer.append(amount)")
    assert supports("Appends the `amount` to what was paid.", drawer)
    assert supports("Keeps every amount in a drawer.", drawer)
    assert not supports("Renders a template for the visitor.", drawer)


def test_a_wrong_citation_is_mended_where_another_entry_shows_it() -> None:
    """Small models cite the wrong number; looking it up costs nothing, asking again would."""
    anchors = {"1": anchor("def pay(amount): ..."), "2": anchor("def render(template): ...")}
    assert best_anchor("Fills in the `template`.", "1", anchors) == "2"
    assert best_anchor("Fills in the `template`.", "2", anchors) == "2"
    assert best_anchor("Sends letters home.", "1", anchors) == ""


def test_words_that_most_entries_share_show_nothing() -> None:
    """A sentence made of a project's own common words fits every entry, so it tells nothing about the one it cites."""
    anchors = {
        str(n): Anchor(path="a.py", start_line=n, end_line=n, link="", lines=f"def {verb}_amount(drawer):", entry="")
        for n, verb in enumerate(("pays", "counts", "takes", "gives", "keeps", "sorts"), 1)
    }
    assert best_anchor("The amount goes through every drawer.", "1", anchors) == ""
    assert best_anchor("Counts the amount of a drawer, and counts again.", "2", anchors) == ""
    assert best_anchor("`counts_amount` goes first.", "1", anchors) == "2"


def test_a_clause_in_other_words_than_the_material_is_a_guess(known: Vocabulary) -> None:
    """What something is good for, or is by way of explanation, has to be shown too."""
    for sentence in (
        "Puts `amount` into the drawer, which is used for creating compressed archives of packages.",
        "Puts `amount` into the drawer, useful for quarterly audits.",
    ):
        assert any("is a guess" in one for one in problems(sentence, known, EVIDENCE)), sentence
    for sentence in (
        "Puts `amount` into the drawer, which `requests` appends to the drawer of the amount.",
        "Puts `amount` into the drawer, which is full.",
        "Is useful for appending to a drawer.",
    ):
        assert problems(sentence, known, EVIDENCE) == [], sentence


def test_an_entry_shows_numbers_and_files_that_are_in_it() -> None:
    """Python 3.8 is not shown by a file about Python, nor `setup.py` by `setup.cfg`, nor anything by a frame."""
    one = Anchor(path="a", start_line=1, end_line=1, link="", entry="setup.cfg", lines="setup runs coverage for python")
    for sentence in (
        "The repository needs coverage and Python 3.8.",
        "Everything starts with `setup.py`.",
        "This project provides various coverage.",
    ):
        assert not supports(sentence, one), sentence
    assert supports("The `setup.cfg` has settings of coverage for Python.", one)


def test_a_word_that_one_entry_has_names_it() -> None:
    """Two units of one file: the sentence about versions cites the one that has them."""
    entries = "unit coverage in `setup.cfg`: settings", "unit versioneer in `setup.cfg`: settings"
    one, two = (Anchor(path="a", start_line=1, end_line=1, link="", entry=entry, lines="") for entry in entries)
    assert best_anchor("The settings in `setup.cfg` of versioneer.", "1", {"1": one, "2": two}) == "2"
    assert best_anchor("The settings in `setup.cfg` as a whole.", "1", {"1": one, "2": two}) == "1"


@pytest.mark.parametrize(
    "sentence",
    [
        "These are commonly used by everybody.",
        "The `till` is a crucial file.",
        "They are used throughout the world of `amount`.",
        "The `amount` is part of the shop library.",
        "The folder contains various files.",
    ],
)
def test_praise_and_empty_talk(known: Vocabulary, sentence: str) -> None:
    """Sentences that hold of anything are sent back."""
    assert any("says nothing about this" in one for one in problems(sentence, known, EVIDENCE))


def test_what_an_entry_is_about_counts_most() -> None:
    """A sentence about `take` cites `take`, not its neighbour that is told with the same words."""
    tail = Anchor(
        path="a", start_line=1, end_line=1, link="", entry="def tail(n, seq): last n of what `take` takes", lines=""
    )
    take = Anchor(path="a", start_line=3, end_line=3, link="", entry="def take(n, seq): the first n elements", lines="")
    assert best_anchor("The `take` function returns the first elements.", "1", {"1": tail, "2": take}) == "2"


def test_a_number_that_slipped_is_set_right() -> None:
    """A sentence that two entries touch cites the one that shows it, where that shows much more of it."""
    drawer = Anchor(
        path="a.py", start_line=1, end_line=2, link="", entry="Drawer", lines="class Drawer: keeps the money"
    )
    till = Anchor(
        path="a.py", start_line=5, end_line=6, link="", entry="Till", lines="class Till: counts the money of Drawer"
    )
    sentence = "`Till` counts the money that a `Drawer` keeps."
    assert best_anchor(sentence, "1", {"1": drawer, "2": till}) == "1"  # both show it about as well
    assert best_anchor("`Till.counts` is what a Drawer's `Till` does.", "1", {"1": drawer, "2": till}) == "2"


def test_going_round_in_circles_is_noticed() -> None:
    """Small models say the same sentence of one part after the other; two facts in like words are not that."""
    first = stems("The repository then moves on to the Signer part, which contains the implementation of the library.")
    assert repeats(
        "The repository then moves on to the Tests part, which contains the implementation of the library.", first
    )
    assert not repeats("The Signer part holds the algorithms that the library signs bytes with.", first)
    assert not repeats("Adds one.", stems("Adds one."))


def test_parameters_are_those_of_the_signature() -> None:
    """A parameter that a model made up is not documented."""
    pay = symbol("a.py", "pay", "function", signature="def pay(amount, *rest, currency='EUR', **more)")
    assert not_in_signature(pay, ["amount", "rest", "*rest", "**more", "currency"]) == set()
    assert not_in_signature(pay, ["price"]) == {"price"}
    assert not_in_signature(symbol("a.rs", "x", "macro", signature="macro x"), ["price"]) == {"price"}
