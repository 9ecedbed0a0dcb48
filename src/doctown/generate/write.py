"""Documentation by a model: what is asked, in which order, within which price. The conductor of the writers.

`write` gives the pages that a model has a part in; every other page is the one that `extract` wrote. `estimate` runs
the same code against a stand-in that counts. Both are functions of nouns: what is kept stands on a shelf that the
caller brings, and who is asked is a `Model` of the caller's choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from doctown.generate import plan as plans
from doctown.generate import plan_budget, write_pages
from doctown.generate.llm.contract import Model, Prices, Request
from doctown.generate.write_desk import Desk, DryAsker, ModelAsker, Shelf, Tally, factors, prepare
from doctown.generate.write_symbols import write_symbols
from doctown.model import Estimate, Page, Repository

Progress = Callable[[int, int], None]  # pages done, pages in all


def write(
    repository: Repository, model: Model, shelf: Shelf, *, cap: float | None, progress: Progress
) -> Iterator[list[Page] | Tally]:
    """The pages that a model has a part in, and those it was to have one in and has not, in batches; last the tally.

    `cap`: dollars that the caller lets the model spend, which decides what is left out when it does not suffice;
    that no more is spent is the model's to see to. The same repository, model and kept replies give the same pages.
    """
    desk = prepare(repository, ModelAsker(model), shelf)
    plan = plans.make_plan(desk.view)
    choice = plan_budget.everything(desk, plan)
    if cap is not None:
        expected = estimate(repository, model.name, model.prices, shelf, concurrency=model.concurrency)
        if expected.usd > cap:
            choice = plan_budget.choose(desk, plan, model.prices, cap)
    try:
        yield from _run(desk, plan, choice, progress)
    finally:
        desk.remember()
    yield desk.tally


def estimate(
    repository: Repository, name: str, prices: Prices, shelf: Shelf, *,
    concurrency: int, kept: Callable[[Request], bool] = lambda _: False,
) -> Estimate:  # fmt: skip
    """What writing with the model of this name would take, without asking anybody."""
    asker = DryAsker(name, prices, concurrency, kept, factors(shelf, name))
    desk = prepare(repository, asker, shelf)
    plan = plans.make_plan(desk.view)
    for _ in _run(desk, plan, plan_budget.everything(desk, plan), lambda _, __: None):
        pass
    return Estimate(
        model=name,
        calls=sum(asker.calls.values()) + round(asker.repairs),
        kept=desk.tally.kept + asker.kept,
        tokens_in=round(asker.tokens_in),
        tokens_out=round(asker.tokens_out),
        usd=asker.usd,
        seconds=asker.seconds,
        calls_by_level=dict(sorted(asker.calls.items())),
        symbols=len(plan.symbols),
        not_sent=plan.left,
    )


def _run(desk: Desk, plan: plans.Plan, choice: plan_budget.Choice, progress: Progress) -> Iterator[list[Page]]:
    """Symbols, files, artifacts, parts from the leaves up, the repository."""
    total = len(plan.symbols) + len(plan.files) + len(plan.artifacts) + len(plan.clusters) + 1
    done = 0

    def report(count: int) -> None:
        nonlocal done
        done += count
        progress(done, total)

    yield from write_symbols(desk, plan.symbols, choice.symbols, report)
    desk.renew("file")
    pages = list(write_pages.write_pages(desk, [write_pages.file_subject(desk, p) for p in plan.files], choice.pages))
    report(len(plan.files))
    yield pages
    yield list(write_pages.write_artifacts(desk, plan.artifacts, choice.pages))
    report(len(plan.artifacts))
    desk.renew("cluster")
    for level in plan_budget.levels(desk.view.repository.clusters, plan.clusters):
        subjects = [write_pages.cluster_subject(desk, key) for key in level]
        yield list(write_pages.write_pages(desk, subjects, choice.pages))
        report(len(level))
    desk.renew("repository")
    yield list(write_pages.write_pages(desk, [write_pages.repository_subject(desk)], choice.pages))
    report(1)
