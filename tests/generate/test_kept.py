"""When an earlier answer stands: as long as what it owes to others' descriptions is said by them."""

from __future__ import annotations

from doctown.generate.kept import Decided, common_words, gone, leaning, repeats

OWN = "def sum_up(entries): total += to_euro(amount)"
THEN = Decided(basis=b"1" * 32, own=OWN, shown=f"{OWN}\nto_euro: Converts an amount at the daily rate of 7.")
NOW = Decided(basis=b"1" * 32, own=OWN, shown=f"{OWN}\nto_euro: Rounds an amount.")


def test_an_answer_owes_what_its_own_material_does_not_show() -> None:
    """Words of its own source are its own; what only the description of a callee says is owed to that."""
    owed = leaning(["Adds `entries` after `to_euro` converts each at the daily rate 7."], THEN)
    assert {"conve", "daily", "7"} <= set(owed)
    assert not {"entri", "euro", "to_euro", "entries"} & set(owed)
    assert "adds" not in owed  # nobody showed it: the model's own word


def test_what_is_owed_goes_with_the_description() -> None:
    """The same description: nothing is gone. Another one: the words that it lacks are, but for everybody's words."""
    owed = leaning(["Converts each at the daily rate."], THEN)
    assert gone(owed, THEN, frozenset()) == frozenset()
    assert {"conve", "daily"} <= gone(owed, NOW, frozenset())
    assert "daily" not in gone(owed, NOW, frozenset({"daily"}))
    assert repeats("It converts all.", gone(owed, NOW, frozenset()))
    assert not repeats("It adds all.", gone(owed, NOW, frozenset()))
    assert not repeats("It converts all.", gone(owed, NOW, frozenset()), lines="convert(all)")


def test_common_words_are_in_many_descriptions() -> None:
    """One in twenty, and at least three: in a small project nothing is common by chance."""
    assert common_words(["Returns a value."] * 2) == frozenset()
    assert "retur" in common_words(["Returns a value."] * 3)
    assert "retur" not in common_words(["Returns a value."] * 3 + [f"Moves thing{n}." for n in range(97)])
