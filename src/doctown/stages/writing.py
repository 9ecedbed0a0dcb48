"""Has a model write what it was asked to, in place of pages that were written without one; and says beforehand what
that takes.

What was accepted is kept in the cache folder under a digest of all that decides it, beside the client's own kept
replies. No failure of a model ends a build: its pages then stay as they were, and say why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from doctown.docpack.draft import Draft
from doctown.keep import Keep
from doctown.model import Estimate, Origin, Progress, Repository
from doctown.settings import Settings
from doctown.stages import asking
from doctown.stages.assembling import Assembly
from doctown.stages.common import Listener, Notes
from doctown.stages.documenting import gather

if TYPE_CHECKING:
    from doctown.generate.llm.contract import Model, Request
    from doctown.generate.write_desk import Tally

NOBODY = frozenset({"", "none"})  # names that mean: without a model
CONFIGURED = "auto"  # the name that means: the model that the settings name, if they name where it is
WRITTEN_FILE, WRITTEN_BYTES = "written-1.sqlite", 1 << 30
MAX_FINDINGS = 100  # that the manifest lists; their pages have all of them
NO_MODEL = "no model is configured (OPENAI_API_KEY or OPENAI_BASE_URL): documentation was written without one"


def model_name(wanted: str, settings: Settings) -> str:
    """The model that is asked; empty for none. Raises InputError if one is wanted by name and nothing says where it
    is, or its address cannot be used."""
    if wanted in NOBODY or (wanted == CONFIGURED and not asking.model_configured(settings)):
        return ""
    name = settings.model_name if wanted == CONFIGURED else wanted
    asking.endpoint(settings, name)
    return name


def write(
    draft: Draft, origin: Origin, assembly: Assembly, wanted: str, max_cost: float | None, settings: Settings,
    notes: Notes, listener: Listener,
) -> None:  # fmt: skip
    """Asks the model `wanted` and stores its pages over those that are in the draft. `max_cost`: US dollars."""
    name = model_name(wanted, settings)
    if not name:
        if wanted == CONFIGURED:
            notes.warnings.append(NO_MODEL)
        draft.set_answers({})  # those of a pack that the draft began as are of pages that are not there any more
        return
    with notes.timed("generate"):
        model = asking.open_model(settings, name=name, max_cost=max_cost)
        try:
            _write(draft, gather(draft, origin, assembly), model, max_cost, settings, notes, listener)
        finally:
            model.close()


def _write(
    draft: Draft, repository: Repository, model: Model, max_cost: float | None, settings: Settings, notes: Notes,
    listener: Listener,
) -> None:  # fmt: skip
    from doctown.generate import write as writing  # noqa: PLC0415 - loads the tables of the tokenizer
    from doctown.generate.llm.contract import shown  # noqa: PLC0415 - as above
    from doctown.generate.write_desk import Tally  # noqa: PLC0415 - as above

    shelf = _Shelf(Keep(settings.cache, WRITTEN_FILE, max_bytes=WRITTEN_BYTES), draft)
    unwritten: Counter[str] = Counter()
    tally = Tally()
    name = shown(model.name)
    try:

        def progress(done: int, total: int) -> None:
            paid = {"microdollars": round(model.ledger().usd * 1e6)}
            listener(Progress(stage="generate", done=done, total=total, note=name, counts=paid))

        for came in writing.write(repository, model, shelf, cap=max_cost, progress=progress):
            if isinstance(came, Tally):
                tally = came
                continue
            draft.add_pages(came)
            unwritten.update(_grouped(page.reason) for page in came if page.status == "unwritten")
        draft.set_answers(tally.answers)
        if shelf.keep.problem:
            notes.warnings.append(f"{shelf.keep.problem}: what the model wrote is kept in the pack alone")
    finally:
        shelf.keep.close()
    _note(model, name, tally, unwritten, notes)


class _Shelf:
    """What was accepted before: in the cache folder, or else in the pack that the draft began as. Implements
    `generate.write_desk.Shelf`."""

    def __init__(self, keep: Keep, draft: Draft) -> None:
        self.keep = keep
        self._draft = draft

    def get(self, namespace: str, digests: Iterable[bytes]) -> dict[bytes, bytes]:
        """Digest to value for those that are kept."""
        from doctown.generate.kept import answer_key  # noqa: PLC0415 - loads what only writing with a model needs

        wanted = list(digests)
        found = self.keep.get(namespace, wanted)
        keys = {answer_key(namespace, digest): digest for digest in wanted if digest not in found}
        return found | {keys[key]: value for key, value in self._draft.answers(keys).items()}

    def put(self, namespace: str, values: Mapping[bytes, bytes]) -> None:
        """Keeps values by digest."""
        self.keep.put(namespace, values)


def _grouped(reason: str) -> str:
    """A page's reason without the one name that it is about, so that like reasons are counted together."""
    doubted = ("is not in the material", "says nothing", "brings", "is a guess", "says no more")
    return "not written by a model: what it said does not hold" if any(map(reason.__contains__, doubted)) else reason


def _note(model: Model, name: str, tally: Tally, unwritten: Counter[str], notes: Notes) -> None:
    """What it took and what came of it."""
    ledger = model.ledger()
    notes.models["generation"] = {"name": name}
    notes.costs = {
        "calls": ledger.calls,
        "kept": ledger.kept + tally.kept,
        "tokens_in": ledger.tokens_in,
        "tokens_out": ledger.tokens_out,
        "usd": round(ledger.usd, 6),
        "usd_lost": round(ledger.usd_lost, 6),
        "faults": dict(sorted((ledger.faults or {}).items())),
        "prices": {"tokens_in": model.prices.tokens_in, "tokens_out": model.prices.tokens_out},
        "written": dict(sorted(tally.written.items())),
        "unwritten": sum(unwritten.values()),
        "repairs": tally.repairs,
        "left_out": tally.dropped,
        "sentences": tally.sentences,
        "supported": tally.supported,
        "findings": len(tally.findings),
        "contradictions": [f"{key}: {said}" for key, said in sorted(tally.findings.items())[:MAX_FINDINGS]],
    }
    for reason, pages in sorted(unwritten.items(), key=lambda one: (-one[1], one[0]))[:5]:
        notes.warnings.append(f"{pages} {'page' if pages == 1 else 'pages'} {reason}")
    if unwritten and not tally.written:
        notes.partial = True  # a model was asked for, and nothing of the pack is its


def estimate(draft: Draft, origin: Origin, assembly: Assembly, wanted: str, settings: Settings) -> Estimate:
    """What writing with the model `wanted` (none: the one that the settings name) would take. Needs no key; replies
    that are kept for a model that is configured are known, and cost nothing."""
    from doctown.generate import write as writing  # noqa: PLC0415 - loads the tables of the tokenizer
    from doctown.generate.llm.contract import Prices  # noqa: PLC0415 - as above

    name = settings.model_name if wanted in NOBODY or wanted == CONFIGURED else wanted
    prices = Prices(tokens_in=settings.input_token_price, tokens_out=settings.output_token_price)
    shelf = _Shelf(Keep(settings.cache, WRITTEN_FILE, max_bytes=WRITTEN_BYTES), draft)
    model = asking.open_model(settings, name=name) if asking.model_configured(settings) else None
    try:
        return writing.estimate(
            gather(draft, origin, assembly), name, prices, shelf,
            concurrency=settings.max_concurrent_requests, kept=_known(model),
        )  # fmt: skip
    finally:
        shelf.keep.close()
        if model is not None:
            model.close()


def _known(model: Model | None) -> Callable[[Request], bool]:
    return lambda request: model is not None and model.kept(request) is not None
