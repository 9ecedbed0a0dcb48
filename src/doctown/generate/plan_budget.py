"""What is written when the money does not suffice for all: the most central first, and something of every level.

Prices are those of the real prompts with the lengths that are expected. That the cap holds is not decided here but
with each call, by the client; this decides what is worth asking at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from doctown.generate import write_pages
from doctown.generate.llm.contract import Prices
from doctown.generate.llm.tokens import count
from doctown.generate.plan import Plan
from doctown.generate.prompts import forms, pages, symbols
from doctown.generate.write_desk import Desk
from doctown.model import Cluster

Key = TypeVar("Key", int, str)

SYMBOLS_SHARE = 0.65  # of the money; the rest is for files, parts, the repository and artifacts
USUAL = 1.08  # what is paid for what is expected, answers that are sent back included
MARGIN = 0.9  # of the cap: replies differ from what is expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What may be asked about."""

    symbols: frozenset[int]
    pages: frozenset[str]  # keys of files, artifacts, parts; the empty one is the repository's


def everything(desk: Desk, plan: Plan) -> Choice:
    """All of the plan."""
    keys = {*plan.files, *plan.clusters, *(artifact.key for artifact in plan.artifacts), ""}
    return Choice(symbols=frozenset(plan.symbols), pages=frozenset(keys))


def levels(clusters: Mapping[str, Cluster], keys: Sequence[str]) -> list[list[str]]:
    """Keys by height: those without children first, each below its parent."""
    height: dict[str, int] = {}
    for key in reversed(list(clusters)):  # children come after their parents
        height.setdefault(key, 0)
        parent = clusters[key].parent
        if parent:
            height[parent] = max(height.get(parent, 0), height[key] + 1)
    wanted = set(keys)
    result: list[list[str]] = [[] for _ in range(max(height.values(), default=-1) + 1)]
    for key in sorted(wanted):
        result[height[key]].append(key)
    return [level for level in result if level]


def choose(desk: Desk, plan: Plan, prices: Prices, cap: float) -> Choice:
    """As much as the cap pays for. What is kept costs nothing and is always chosen."""
    last = pages.page_question("repository", write_pages.repository_subject(desk).outline).request
    # The repository is written last, and the client sets the worst case of a call aside before it is made.
    worst = (len(last.prompt.encode()) * prices.tokens_in + last.max_tokens * prices.tokens_out) / 1e6
    room = max(cap * MARGIN - worst, cap / 4)
    page_prices = _page_prices(desk, plan, prices)
    chosen_pages, spent = _within(page_prices, room * (1 - SYMBOLS_SHARE))
    chosen_symbols, _ = _within(_symbol_prices(desk, plan, prices), room - spent)
    return Choice(symbols=frozenset(chosen_symbols), pages=frozenset(chosen_pages))


def _within(priced: Iterable[tuple[Key, float]], room: float) -> tuple[list[Key], float]:
    """Those that come first and fit, and what they cost together."""
    taken: list[Key] = []
    spent = 0.0
    for key, price in priced:
        if spent + price <= room:
            taken.append(key)
            spent += price
    return taken, spent


def _symbol_prices(desk: Desk, plan: Plan, prices: Prices) -> list[tuple[int, float]]:
    """Symbols by weight, each with its price; its share of the instructions is taken to be a half."""
    view = desk.view
    ranked = sorted(plan.symbols, key=lambda number: (-view.weights[number], view.symbol(number).key))
    asked = [symbols.ask_about(view, number, plan.symbols[number], desk.told) for number in ranked]
    kinds = set(plan.symbols.values())
    kept = {digest for kind in kinds for digest in desk.known(kind, [one.decided.basis for one in asked])}
    systems = {kind: (count(forms.SYSTEMS[kind]) + count(json.dumps(forms.items_schema(kind)))) // 2 for kind in kinds}
    result = []
    for one in asked:
        reply = forms.expected_item(one.kind, "s1")
        price = _price(prices, one.tokens + 60 + systems[one.kind], count(json.dumps(reply)))
        result.append((one.number, 0.0 if one.decided.basis in kept else price))
    return result


def _page_prices(desk: Desk, plan: Plan, prices: Prices) -> list[tuple[str, float]]:
    """The repository, its parts from the top down, files by weight, artifacts: each with about what it costs."""
    view = desk.view
    weight = {path: sum(view.weights[n] for n in view.members.get(path, ())) for path in plan.files}
    subjects = [write_pages.repository_subject(desk)]
    subjects += [write_pages.cluster_subject(desk, key) for key in reversed(plan.clusters)]
    subjects += [write_pages.file_subject(desk, path) for path in sorted(plan.files, key=lambda p: (-weight[p], p))]
    kept = {
        digest
        for form in ("repository", "cluster", "file")
        for digest in desk.known(form, [subject.decided.basis for subject in subjects])
    }
    result: list[tuple[str, float]] = []
    for subject in (one for one in subjects if one.outline.anchors):
        question = pages.page_question(subject.form, subject.outline)
        price = _price(prices, pages.tokens_in(question.request), count(json.dumps(question.expected)))
        result.append((subject.key, 0.0 if subject.decided.basis in kept else price))
    for artifact in plan.artifacts:
        known = desk.known("artifact", [write_pages.artifact_decided(artifact).basis])
        price = _price(prices, count(pages.artifact_text(artifact)) + 50, 40)
        result.append((artifact.key, 0.0 if known else price))
    return result


def _price(prices: Prices, tokens_in: int, tokens_out: int) -> float:
    return USUAL * (tokens_in * prices.tokens_in + tokens_out * prices.tokens_out) / 1e6
