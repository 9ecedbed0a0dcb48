"""What writers work at: the repository as it is known, who is asked, and what was written before.

An `Asker` is a model, or the stand-in that only counts (`DryAsker`): an estimate runs the very code that a build runs.
A `Shelf` keeps what was accepted about one subject under a digest of everything that decides it, so that a change
sends out the subjects that it touches and not the batches that they were in.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from math import ceil
from typing import Protocol

from doctown.generate.extract.artifacts import artifact_pages
from doctown.generate.extract.clusters import Layout, cluster_pages, lay_out
from doctown.generate.extract.files import file_pages
from doctown.generate.extract.repository import repository_page
from doctown.generate.extract.symbols import symbol_pages
from doctown.generate.extract.view import View, build_view
from doctown.generate.ground import Vocabulary, build_vocabulary
from doctown.generate.kept import Decided, Record, answer_key, common_words, gone, unpacked
from doctown.generate.llm.contract import Model, Outcome, Prices, Refusal, Reply, Request
from doctown.generate.llm.tokens import count
from doctown.generate.prompts import forms
from doctown.generate.prompts.pages import tokens_in
from doctown.model import Page, Repository

VERSION = "2"  # of how replies are kept: a new one when the meaning of what is kept changes


class Shelf(Protocol):
    """Where accepted answers are kept, by 32-byte digests within a namespace."""

    def get(self, namespace: str, digests: Iterable[bytes]) -> dict[bytes, bytes]:
        """Digest to value for those that are kept."""

    def put(self, namespace: str, values: Mapping[bytes, bytes]) -> None:
        """Keeps values by digest."""


class MemoryShelf:
    """A shelf that lasts as long as the process: for tests, and for builds that shall keep nothing."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, bytes], bytes] = {}

    def get(self, namespace: str, digests: Iterable[bytes]) -> dict[bytes, bytes]:
        """Digest to value for those that are kept."""
        return {one: self.kept[namespace, one] for one in digests if (namespace, one) in self.kept}

    def put(self, namespace: str, values: Mapping[bytes, bytes]) -> None:
        """Keeps values by digest."""
        self.kept.update({(namespace, digest): value for digest, value in values.items()})


class Asker(Protocol):
    """Who is asked. `checks`: whether what comes back is a model's, and has to be checked."""

    name: str
    concurrency: int
    checks: bool

    def ask(self, question: forms.Question) -> Outcome:
        """A reply, or why there is none."""

    def ended(self, questions: Sequence[forms.Question]) -> None:
        """Told when a group of questions that were asked at the same time has been answered."""

    def stop(self) -> None:
        """Whoever waits for a reply shall not wait on."""


class ModelAsker:
    """Asks a model."""

    checks = True

    def __init__(self, model: Model) -> None:
        self._model = model
        self.name = model.name
        self.concurrency = max(model.concurrency, 1)

    def ask(self, question: forms.Question) -> Outcome:
        """The model's own answer."""
        return self._model.ask(question.request)

    def ended(self, questions: Sequence[forms.Question]) -> None:
        """Nothing to do: the model keeps its own ledger."""

    def stop(self) -> None:
        """Closes the model, so that waiting for it ends."""
        self._model.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """What a form took in the end for what was expected of it, answers that were sent back included."""

    tokens_in: float = 1.0
    tokens_out: float = 1.0
    repairs: float = 0.0  # for each question


# Measured with the test model on flask, click and requests: what a model takes of which nothing is known yet.
_SYMBOLS = Factor(tokens_in=1.01, tokens_out=1.05, repairs=0.02)
FACTORS: Mapping[str, Factor] = {
    "symbols_brief": _SYMBOLS,
    "symbols_full": _SYMBOLS,
    "symbols_details": _SYMBOLS,
    "page_file": Factor(tokens_in=1.08, tokens_out=1.15, repairs=0.09),
    "page_cluster": Factor(tokens_in=1.06, tokens_out=1.15, repairs=0.05),
    "page_repository": Factor(tokens_in=1.5, tokens_out=1.5, repairs=0.5),  # the page of which most can be wrong
}


def factor_of(learned: Mapping[str, Factor] | None, form: str) -> Factor:
    """What is known of a form: learned from this model's own answers, or else what is usual."""
    return (learned or {}).get(form) or FACTORS.get(form) or Factor()


def tokens_out(question: forms.Question) -> int:
    """Tokens of the reply that is expected."""
    return count(json.dumps(question.expected, ensure_ascii=False))


CALL_SECONDS = 1.0  # what a call takes beside the writing of its reply
TOKENS_A_SECOND = 60  # that a model writes: what small hosted models do


class DryAsker:
    """Answers with what is expected and counts what that would cost. `kept`: whether a reply is there already."""

    checks = False

    def __init__(
        self, name: str, prices: Prices, concurrency: int, kept: Callable[[Request], bool] = lambda _: False,
        factors: Mapping[str, Factor] | None = None,
    ) -> None:  # fmt: skip
        self.name = name
        self.concurrency = max(concurrency, 1)
        self._prices = prices
        self._kept = kept
        self._factors = factors
        self.calls: Counter[str] = Counter()  # by purpose
        self.tokens_in = 0.0
        self.tokens_out = 0.0
        self.repairs = 0.0
        self.kept = 0
        self.seconds = 0.0

    def ask(self, question: forms.Question) -> Outcome:
        """What is expected; counted when the group has ended."""
        value = question.request.parse(question.expected)
        return Reply(value=value, model=self.name, tokens_in=0, tokens_out=0, usd=0.0, kept=False, calls=0)

    def ended(self, questions: Sequence[forms.Question]) -> None:
        """Counts a group of questions, and the time that they take side by side."""
        seconds = 0.0
        asked = [question for question in questions if not self._kept(question.request)]
        self.kept += len(questions) - len(asked)
        for question in asked:
            factor = factor_of(self._factors, question.request.schema_name)
            written = tokens_out(question) * factor.tokens_out
            self.calls[question.request.purpose] += 1
            self.repairs += factor.repairs
            self.tokens_in += tokens_in(question.request) * factor.tokens_in
            self.tokens_out += written
            seconds += CALL_SECONDS + written / TOKENS_A_SECOND
        if asked:
            self.seconds += seconds / len(asked) * ceil(len(asked) / self.concurrency)

    def stop(self) -> None:
        """Nothing waits here."""

    @property
    def usd(self) -> float:
        """What it would cost, in dollars."""
        return (self.tokens_in * self._prices.tokens_in + self.tokens_out * self._prices.tokens_out) / 1e6


# --- the desk -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Tally:
    """What came of it. Volatile: an answer that was kept is not repaired again."""

    written: Counter[str] = field(default_factory=Counter)  # subject kind → pages with a model's words
    kept: int = 0  # pages whose words were on the shelf
    unwritten: Counter[str] = field(default_factory=Counter)  # reason → pages
    repairs: int = 0  # answers that were sent back
    dropped: int = 0  # sentences left out because something in them does not exist
    sentences: int = 0  # of pages that cite
    supported: int = 0
    findings: dict[str, str] = field(default_factory=dict)  # key of a symbol → how its docstring contradicts the code
    stale: int = 0  # kept answers that repeat what is no longer so of what they build on
    answers: dict[bytes, bytes] = field(default_factory=dict)  # what pages were written from, by `answer_key`


@dataclass(slots=True)
class Desk:
    """Everything that writers share."""

    view: View
    layout: Layout
    bases: dict[tuple[str, str], Page]  # (subject kind, subject) → its page without a model
    vocabulary: Vocabulary
    asker: Asker
    shelf: Shelf
    told_symbols: dict[int, str] = field(default_factory=dict)  # what a model said, in one sentence
    said_in: dict[tuple[str, str], str] = field(default_factory=dict)  # (path, summary) → what it was first said of
    told_files: dict[str, str] = field(default_factory=dict)
    told_clusters: dict[str, str] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    took: dict[str, list[int]] = field(default_factory=dict)  # form → questions, repairs, tokens expected and taken
    _common: tuple[int, frozenset[str]] = (-1, frozenset())  # of how many descriptions, and the words

    def told(self, number: int) -> str:
        """A symbol in one sentence: a model's, else its author's or what its code shows."""
        return self.told_symbols.get(number) or self.view.summaries.get(number, "")

    def renew(self, form: str) -> None:
        """Writes the pages of this form without a model once more: lists on them then show what a model has said."""
        if form == "file":
            pages = list(file_pages(self.view, self.view.repository.files))
            self.view.file_summaries.update(self.told_files)
        elif form == "cluster":
            self.view.file_summaries.update(self.told_files)
            pages = list(cluster_pages(self.view, self.layout, self.view.repository.clusters))
        else:
            pages = [repository_page(self.view, self.layout)]
        self.bases.update({(page.subject_kind, page.subject): page for page in pages})

    def known(self, form: str, digests: Iterable[bytes]) -> dict[bytes, Record]:
        """What was accepted before under these digests, for this model and these instructions."""
        found = {digest: unpacked(blob) for digest, blob in self.shelf.get(self._namespace(form), digests).items()}
        return {digest: record for digest, record in found.items() if record is not None}

    def recall(self, form: str, wanted: Sequence[Decided]) -> tuple[dict[bytes, Record], dict[bytes, Record]]:
        """(what was accepted before and stands, what was accepted and does not stand), each by its basis."""
        found = self.known(form, [digest for one in wanted for digest in (one.exact, one.basis)])
        standing: dict[bytes, Record] = {}
        stale: dict[bytes, Record] = {}
        again: dict[Decided, Record] = {}
        for one in wanted:
            record = found.get(one.exact) or found.get(one.basis)
            if record is None:
                continue
            if one.exact in found or not gone(record.get("leans"), one, self.common()):
                standing[one.basis] = again[one] = record
            else:
                stale[one.basis] = record
        # What stands is kept for what is shown now: whoever comes back to this state finds it, whatever came between.
        self._put(form, {one.exact: record for one, record in again.items() if one.exact not in found})
        self._use(form, again)
        self.tally.stale += len(stale)
        return standing, stale

    def keep(self, form: str, accepted: Mapping[Decided, Record]) -> None:
        """Keeps what was accepted."""
        self._put(form, {digest: r for one, r in accepted.items() for digest in (one.exact, one.basis)})
        self._use(form, accepted)

    def common(self) -> frozenset[str]:
        """Words that descriptions have in common, as far as symbols are described by now."""
        if self._common[0] != len(self.told_symbols):
            self._common = len(self.told_symbols), common_words([*self.told_symbols.values()])
        return self._common[1]

    def _put(self, form: str, records: Mapping[bytes, Record]) -> None:
        if self.asker.checks and records:  # a stand-in's words are never kept
            self.shelf.put(self._namespace(form), {digest: _packed(record) for digest, record in records.items()})

    def _use(self, form: str, records: Mapping[Decided, Record]) -> None:
        namespace = self._namespace(form)
        self.tally.answers.update({answer_key(namespace, one.basis): _packed(r) for one, r in records.items()})

    def _namespace(self, form: str) -> str:
        system = sha256(forms.SYSTEMS[form].encode()).hexdigest()[:16]
        return f"written {VERSION} {self.asker.name} {form} {system}"

    def ask(self, questions: Sequence[forms.Question]) -> list[Outcome]:
        """Asks several questions at the same time; outcomes in the order of the questions."""
        if not questions:
            return []
        if len(questions) == 1 or not self.asker.checks:
            outcomes = [self.asker.ask(question) for question in questions]
        else:
            with ThreadPoolExecutor(max_workers=min(self.asker.concurrency, len(questions))) as pool:
                try:
                    outcomes = list(pool.map(self.asker.ask, questions))
                except BaseException:
                    self.asker.stop()
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise
        self.asker.ended(questions)
        self._learn(questions, outcomes)
        return outcomes

    def _learn(self, questions: Sequence[forms.Question], outcomes: Sequence[Outcome]) -> None:
        """Adds up what was expected and what was taken, by form, for later estimates."""
        if not self.asker.checks:
            return
        for question, outcome in zip(questions, outcomes, strict=True):
            if isinstance(outcome, Refusal) or outcome.kept:
                continue
            again = question.request.purpose == "repair"
            row = self.took.setdefault(question.request.schema_name, [0] * 6)
            expected = (0, 0) if again else (tokens_in(question.request), tokens_out(question))
            new = (not again, again, *expected, outcome.tokens_in, outcome.tokens_out)
            row[:] = [old + int(one) for old, one in zip(row, new, strict=True)]

    def remember(self) -> None:
        """Keeps what was taken: half of what was known before counts on, so that a model that changes is followed."""
        for form, row in self.took.items():
            before = _rows(self.shelf, self.asker.name, form)
            value = json.dumps([old // 2 + one for old, one in zip(before, row, strict=True)])
            self.shelf.put(_taken(self.asker.name), {_form_digest(form): value.encode()})


def _packed(record: Record) -> bytes:
    return json.dumps(record, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")


def _taken(name: str) -> str:
    return f"taken {VERSION} {name}"


def _form_digest(form: str) -> bytes:
    return sha256(f"{form}\0{forms.FILLER}".encode()).digest()


def _rows(shelf: Shelf, name: str, form: str) -> list[int]:
    blob = shelf.get(_taken(name), [_form_digest(form)]).get(_form_digest(form), b"[]")
    row = json.loads(blob)
    return row if isinstance(row, list) and len(row) == 6 and all(isinstance(one, int) for one in row) else [0] * 6


FEWEST = 3  # questions that are needed to learn anything from


def factors(shelf: Shelf, name: str) -> dict[str, Factor]:
    """What this model took so far for what was expected, by form."""
    found = {}
    for form in forms.NAMES:
        asked, repairs, expected_in, expected_out, taken_in, taken_out = _rows(shelf, name, form)
        if asked >= FEWEST:
            found[form] = Factor(
                tokens_in=taken_in / expected_in, tokens_out=taken_out / expected_out, repairs=repairs / asked
            )
    return found


def prepare(repository: Repository, asker: Asker, shelf: Shelf) -> Desk:
    """Writes every page without a model, in memory, and puts everything on the desk."""
    view = build_view(repository)
    pages = [*symbol_pages(view, repository.symbols), *file_pages(view, repository.files)]
    layout = lay_out(view)
    pages += cluster_pages(view, layout, repository.clusters)
    pages += [*artifact_pages(view), repository_page(view, layout)]
    return Desk(
        view=view,
        layout=layout,
        bases={(page.subject_kind, page.subject): page for page in pages},
        vocabulary=build_vocabulary(view),
        asker=asker,
        shelf=shelf,
    )


def why(refusal: Refusal) -> str:
    """A refusal as the reason on a page."""
    said = " ".join(refusal.reason.split()).rstrip(".")
    return f"not written by a model: {said}" if said else f"not written by a model: {refusal.kind}"
