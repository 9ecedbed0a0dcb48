"""What documentation by a model costs, and how true it is made: `python -m bench.generation [CORPUS …]`.

The model is the made-up one that Doctown ships, in memory. Its replies have the form and about the length of real ones,
so tokens, batches and repairs are those of a real run, and the sentences are worth nothing. Tokens are o200k's.

The baseline is the design that Doctown follows on: a request for each symbol with its signature, the names of its
callers and callees, and instructions, without the source. What its replies cost hangs on their length, so there are
two figures: for the least that could be called documentation, one sentence a symbol, which is what is asked to cost
twice as much as ours; and for documentation of what ours tells, two sentences, each parameter and the result.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench import corpora, measure
from doctown import stages
from doctown.docpack.draft import Draft
from doctown.errors import InputError
from doctown.generate import write
from doctown.generate.extract.symbols import parameters
from doctown.generate.extract.view import CALLABLES, build_view, short_name
from doctown.generate.ground_words import WORD
from doctown.generate.llm import pretend
from doctown.generate.llm.contract import Ledger, Prices
from doctown.generate.llm.tokens import count
from doctown.generate.llm.twin import Twin
from doctown.generate.plan import make_plan
from doctown.generate.prompts.forms import FILLER, SHORT_FILLER
from doctown.generate.write_desk import MemoryShelf, Tally
from doctown.ingest import fetch
from doctown.ingest.pool import Limits
from doctown.ingest.walk import WalkLimits
from doctown.model import Page, Repository, Symbol
from doctown.settings import from_environment
from doctown.stages.documenting import gather

DEFAULTS = ("flask", "click", "requests")
PRICES = Prices(tokens_in=0.15, tokens_out=0.60)
CHANGES = 8  # functions that are asked about, changed one at a time
FENCED = re.compile(r"(?ms)^(`{3,}|~{3,}).*?^\1")  # what stands there is the repository's own
CODE = re.compile(r"`([^`\n]+)`")
RETURN = re.compile(r" +return .+")
NAMES_SHOWN = 10  # callers and callees in a prompt of the baseline

BASELINE_SYSTEM = (
    "You are an expert technical writer who documents source code. Write clear, accurate and concise documentation for"
    " developers."
)
BASELINE = """Document the following {kind} from a {language} codebase.

Name: {name}
File: {path}
Signature: {signature}
Calls: {calls}
Called by: {called_by}

Explain what this {kind} does, its purpose in the codebase, and how it relates to the symbols
that it calls and that call it. Respond with the documentation only, without any formatting."""


@contextmanager
def read(folder: Path, scratch: Path) -> Iterator[Repository]:
    """The repository in a folder, as the stages before writing hand it over, for as long as its draft is open."""
    settings, notes = from_environment(), stages.Notes()
    try:
        with (
            fetch.open_source(str(folder), access=stages.access(settings)) as tree,
            Draft.open(scratch, {"bench": "generation"}) as draft,
        ):
            bounds = stages.Bounds(walk=WalkLimits(), pool=Limits())
            intake = stages.ingest(draft, tree, frozenset(), bounds, settings, notes, lambda _: None)
            yield gather(draft, tree.origin, stages.assemble(draft, intake, notes, lambda _: None))
    finally:
        scratch.unlink(missing_ok=True)


def written(repository: Repository, shelf: MemoryShelf, invent: float = 0.0) -> tuple[Ledger, list[Page], Tally]:
    """Writes everything that is not on the shelf."""
    model = Twin(lambda asked: pretend.reply(asked.prompt, asked.schema, invent=invent), prices=PRICES)
    pages: list[Page] = []
    tally = Tally()
    for came in write.write(repository, model, shelf, cap=None, progress=lambda _, __: None):
        if isinstance(came, Tally):
            tally = came
        else:
            pages.extend(came)
    return model.ledger(), pages, tally


def baseline(repository: Repository) -> tuple[int, int, int]:
    """Tokens in, and out with replies of one sentence, and out with full ones, of one request for each symbol."""
    taken = full = 0
    sentence, entry = count(FILLER), count(f"the_request: {SHORT_FILLER}")
    frame = count(BASELINE_SYSTEM) + 8
    for number, symbol in repository.symbols.items():
        called = [edge.target for edge in repository.outgoing.get(number, ()) if edge.kind == "calls"]
        callers = [edge.source for edge in repository.incoming.get(number, ()) if edge.kind == "calls"]
        ends = []
        for others in (called, callers):
            names = dict.fromkeys(short_name(repository.symbols[other]) for other in others)
            ends.append(", ".join(list(names)[:NAMES_SHOWN]) or "none")
        prompt = BASELINE.format(
            kind=symbol.kind, language=symbol.language, name=symbol.qualified_name, path=symbol.path,
            signature=symbol.signature, calls=ends[0], called_by=ends[1],
        )  # fmt: skip
        taken += frame + count(prompt)
        full += 2 * sentence
        if symbol.kind in CALLABLES:
            full += entry * (len(parameters(symbol)) + 1)  # and what it returns
    return taken, sentence * len(repository.symbols), full


def dollars(tokens_in: int, tokens_out: int) -> float:
    return (tokens_in * PRICES.tokens_in + tokens_out * PRICES.tokens_out) / 1e6


def cost(repository: Repository) -> tuple[MemoryShelf, int]:
    """The price beside the baseline's, and the estimate beside the price. Returns what is kept, and all tokens."""
    shelf = MemoryShelf()
    before = write.estimate(repository, "twin", PRICES, MemoryShelf(), concurrency=10)
    ledger, pages, tally = written(repository, shelf)
    base_in, base_out, base_full = baseline(repository)
    symbols = len(repository.symbols)
    measure.info("symbols; sent to the model", f"{symbols:,}; {before.symbols:,}")
    measure.info("baseline: tokens in; out for a sentence, in full", f"{base_in:,}; {base_out:,}, {base_full:,}")
    measure.info("ours, all levels: tokens in, out", f"{ledger.tokens_in:,}, {ledger.tokens_out:,}")
    least, most = dollars(base_in, base_out), dollars(base_in, base_full)
    each = " ".join(f"{1e6 * usd / symbols:.1f}" for usd in (least, most, ledger.usd))
    measure.info("dollars, a million symbols: baseline's two, ours", each)
    measure.at_most("cost of a symbol ÷ the baseline's, one sentence", ledger.usd / least, 0.5)
    measure.at_most("cost of a symbol ÷ the baseline's, in full", ledger.usd / most, 0.5)
    took = ledger.tokens_in + ledger.tokens_out
    measure.at_most("tokens of a symbol ÷ the baseline's, one sentence", took / (base_in + base_out), 0.5)
    for name, guess, paid in (
        ("calls", before.calls, ledger.calls),
        ("tokens in", before.tokens_in, ledger.tokens_in),
        ("tokens out", before.tokens_out, ledger.tokens_out),
        ("dollars", before.usd, ledger.usd),
    ):
        off = 100 * (guess / paid - 1)
        measure.holds(f"estimate of {name}, beside what it took", f"{off:+.1f} %", met=abs(off) <= 10)
    silent = [page for page in pages if page.status == "unwritten" and not page.reason]
    measure.holds("pages that a model did not write and that do not say why", str(len(silent)), met=not silent)
    measure.info("sentences supported by the lines they cite", f"{tally.supported:,} of {tally.sentences:,}")
    return shelf, took


def since(folder: Path, repository: Repository, shelf: MemoryShelf, full: int, scratch: Path) -> None:
    """Tokens after a one-function change, beside the `full` number of tokens of all."""
    fit = changeable(repository)
    if not fit:
        raise InputError(f"{folder.name} holds no Python function that returns something", "name another corpus")
    shares = []
    for symbol, line in fit[:: -(-len(fit) // CHANGES)]:
        text = (folder / symbol.path).read_text("utf-8")
        lines = text.splitlines(keepends=True)
        indent = lines[line][: len(lines[line]) - len(lines[line].lstrip())]
        lines.insert(line, f"{indent}changed = 1\n")
        (folder / symbol.path).write_text("".join(lines), "utf-8")
        mine = MemoryShelf()
        mine.kept.update(shelf.kept)
        with read(folder, scratch) as now:
            ledger, _, tally = written(now, mine)
        shares.append((100 * (ledger.tokens_in + ledger.tokens_out) / full, ledger.calls, tally.stale, symbol.key))
        (folder / symbol.path).write_text(text, "utf-8")
    measure.at_most(f"tokens after a change ÷ all, largest of {len(shares)}", max(shares)[0], 2, "{:.2f} %")
    measure.info("the same, each", " ".join(f"{share[0]:.2f}" for share in shares))
    measure.info("the largest: calls, dependents asked about", "{1}, {2} after {3}".format(*max(shares)))


def changeable(repository: Repository) -> list[tuple[Symbol, int]]:
    """Python functions that a model is asked about, with the place (from 0) of their last line that returns."""
    view = build_view(repository)
    found = []
    for number in make_plan(view).symbols:
        symbol = view.symbol(number)
        if symbol.language != "python" or symbol.kind not in CALLABLES:
            continue
        lines = repository.read(symbol.path).split("\n")
        places = [at for at in range(symbol.start_line, symbol.end_line) if RETURN.fullmatch(lines[at])]
        if places:
            found.append((symbol, places[-1]))
    return sorted(found, key=lambda one: one[0].key)


def invented(repository: Repository) -> None:
    """Names in stored pages, of a model that makes up a fifth of them."""
    _, pages, tally = written(repository, MemoryShelf(), invent=0.2)
    known = {word for path in repository.files for word in WORD.findall(f"{path} {repository.read(path)}")}
    names = [
        word
        for page in pages
        if page.origin == "model"
        for span in CODE.findall(FENCED.sub("", page.body))
        for word in WORD.findall(span)
    ]
    there = 100 * sum(word in known for word in names) / len(names)
    measure.at_least("names in pages that exist, 20 % made up", there, 99, "{:.2f} %")
    measure.info("answers sent back; statements left out", f"{tally.repairs:,}; {tally.dropped:,}")


def show(corpus: corpora.Corpus, folder: Path) -> None:
    """The rows of one corpus."""
    measure.title(corpus.title)
    copy = folder / corpus.name
    shutil.copytree(corpus.folder, copy, symlinks=True)
    with read(copy, folder / f"{corpus.name}.draft") as repository:
        shelf, full = cost(repository)
        since(copy, repository, shelf, full, folder / f"{corpus.name}-changed.draft")
        invented(repository)


def main(given: Sequence[str] | None = None) -> int:
    """Prints a table for every corpus."""
    asked = corpora.arguments(__doc__, DEFAULTS).parse_args(given)
    print(measure.machine())
    for corpus in corpora.available(asked.corpora, asked.cache or corpora.default_cache()):
        with corpora.scratch() as name:
            show(corpus, Path(name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
