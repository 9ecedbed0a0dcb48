"""What is sent to a model and what is not."""

from __future__ import annotations

from doctown.generate.extract.view import build_view
from doctown.generate.plan import Plan, make_plan, source_of
from tests.generate.shop import FILES, repository


def planned(files: dict[str, str] | None = None) -> tuple[Plan, dict[str, str]]:
    view = build_view(repository(files or FILES))
    plan = make_plan(view)
    return plan, {view.symbol(number).qualified_name: kind for number, kind in plan.symbols.items()}


def test_what_a_reader_sees_at_a_glance_is_not_paid_for() -> None:
    """Trivial and well-documented symbols, values and tests are most of a repository, and are not sent."""
    plan, sent = planned()
    assert "log" not in sent  # two lines
    assert "is_open" not in sent  # documented, and there is no more to say
    assert "test_pay" not in sent
    assert "Till.__init__" not in sent
    assert plan.left["trivial"] >= 2
    assert plan.left["documented"] == 1
    assert plan.left["a test"] == 1


def test_how_much_is_asked_follows_from_who_reads_it() -> None:
    """Callers of public functions get parameters, returns and errors; of hidden ones a sentence is enough; what the
    author said is not asked for again."""
    _, sent = planned()
    assert sent["sum_up"] == "full"
    assert sent["Till.pay"] == "full"
    assert sent["_hidden"] == "brief"
    assert sent["Till"] == "brief"
    assert sent["Till.take_back"] == "details"


def test_a_docstring_that_names_the_parameters_is_enough() -> None:
    """An author who said all of it is not asked to be outdone."""
    long = (
        "Take money back from the drawer that it was put in when somebody brings a thing back, of this amount and for\
 this reason, which is printed."
    )
    files = FILES | {"shop/till.py": FILES["shop/till.py"].replace("Take money back.", long)}
    assert "Till.take_back" not in planned(files)[1]


def test_every_symbol_is_sent_or_counted() -> None:
    """No symbol falls between: an estimate says of each why it is not sent."""
    view = build_view(repository())
    plan = make_plan(view)
    assert len(plan.symbols) + sum(plan.left.values()) == len(view.repository.symbols)
    assert all(plan.left)


def test_parts_come_after_what_they_are_made_of() -> None:
    """A part is written from its parts."""
    plan, _ = planned()
    clusters = build_view(repository()).repository.clusters
    seen: set[str] = set()
    for key in plan.clusters:
        assert clusters[key].parent not in seen
        seen.add(key)
    assert seen


def test_source_is_shown_without_its_indentation() -> None:
    """Blanks in front of every line would be paid for."""
    view = build_view(repository())
    pay = next(symbol for symbol in view.repository.symbols.values() if symbol.name == "pay")
    assert source_of(view, pay).startswith("def pay(self, amount")
    assert "\n    if amount <= 0:\n" in source_of(view, pay)


def test_what_runs_is_explained() -> None:
    """Artifacts that do something get a sentence; those that only name something keep their own."""
    plan, _ = planned()
    assert [artifact.name for artifact in plan.artifacts] == ["test"]
