"""Writes symbols, wave by wave: asks in batches, looks everything up, sends back once what does not hold.

What is asked in a wave hangs on earlier waves alone, never on which reply came first, so the pages are the same
whatever the concurrency.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath

from doctown.generate import ground, ground_code, ground_kind
from doctown.generate.extract import safe
from doctown.generate.extract.symbols import authored
from doctown.generate.kept import gone, leaning, repeats
from doctown.generate.llm.contract import Outcome, Refusal, Reply
from doctown.generate.plan_order import uses_of, waves
from doctown.generate.prompts import pages, symbols
from doctown.generate.prompts.forms import Kind, Question, Said
from doctown.generate.prompts.outline import Anchor
from doctown.generate.prompts.symbols import Asked
from doctown.generate.write_again import Doubt, said_again
from doctown.generate.write_desk import Desk, why
from doctown.generate.write_text import markdown, plain
from doctown.model import Page, Symbol, Verdict

MAX_BATCH = 12  # symbols in a prompt
MAX_REPAIRED = 4  # of them that are sent back together: a model that mixed them up does better with fewer
_ID = re.compile(r"\bs\d{1,2}\b")  # of a subject in a batch
NO_ITEM = ("it has no item",)
MAX_BATCH_TOKENS = 4500  # of their texts together
_SPLITTING = frozenset({"rejected", "too_long", "filtered"})  # one symbol may be the cause for all of a batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model said of a symbol, and what of it does not hold."""

    said: Said  # what holds
    raw: Said  # as it came
    problems: tuple[str, ...]
    model: str
    dropped: int = 0  # parameters, exceptions, effects and contradictions that are none
    doubts: tuple[str, ...] = ()  # why what is said seems not to be about this symbol

    def usable(self, kind: Kind) -> bool:
        """Whether there is a page in it."""
        held = self.said
        return bool(held.summary or (kind == "details" and (held.parameters or held.returns or held.raises
                                                            or held.effects or held.contradiction)))  # fmt: skip


Batch = tuple[Asked, ...]
_Asked = tuple[Batch, Question, Mapping[str, Asked], Outcome]


def write_symbols(
    desk: Desk, kinds: Mapping[int, Kind], chosen: Collection[int], progress: Callable[[int], None]
) -> Iterator[list[Page]]:
    """The pages of the symbols that are to be written, a list for each wave. Of those that are not in `chosen`, what
    is kept is used and nothing is asked."""
    view = desk.view
    order = waves(uses_of(kinds, view.repository.outgoing))
    for wave in order:
        asked = [
            symbols.ask_about(view, number, kinds[number], desk.told)
            for number in sorted(wave, key=lambda number: view.symbol(number).key)
        ]
        known = _recalled(desk, asked, chosen)
        missing = {one.number for one in asked if one.number not in known and one.number in chosen}
        fresh, reasons = _ask(desk, _batches(asked, missing))
        _keep(desk, asked, fresh)
        known |= fresh
        written = [_page(desk, one, known.get(one.number), reasons.get(one.number) or OVER) for one in asked]
        progress(len(written))
        yield written


OVER = "not written by a model: the cost cap leaves it out, more central subjects go first"


# --- what was kept ------------------------------------------------------------------------------------------------


def _recalled(desk: Desk, asked: Sequence[Asked], chosen: Collection[int]) -> dict[int, Answer]:
    """Answers that were accepted before, looked up again: what they name may have gone since. What repeats what is no
    longer said of what the symbol uses is asked about anew; where nothing comes of that, there is no answer."""
    found: dict[int, Answer] = {}
    for kind in sorted({one.kind for one in asked}):
        wanted = {one.decided.basis: one for one in asked if one.kind == kind}
        standing, stale = desk.recall(kind, [one.decided for one in wanted.values()])
        doubted: list[tuple[Asked, Answer, frozenset[str]]] = []
        for basis, record in (standing | stale).items():
            one = wanted[basis]
            raw, model = record.get("said"), record.get("model")
            said = _said(raw) if isinstance(raw, dict) else None
            if said is None or not isinstance(model, str):
                continue
            answer = _checked(desk, one, said, model)
            if basis in standing:
                found[one.number] = answer
                desk.tally.kept += 1
            elif one.number in chosen:
                doubted.append((one, answer, gone(record.get("leans"), one.decided, desk.common())))
        renewed = {one.number: answer for one, answer in _renewed(desk, doubted)}
        _keep(desk, [one for one, _, _ in doubted], renewed)
        found |= renewed
    return found


def _renewed(desk: Desk, doubted: Sequence[tuple[Asked, Answer, frozenset[str]]]) -> Iterator[tuple[Asked, Answer]]:
    """Answers with their doubted texts said anew; without those of which a text could not be."""
    waiting = [
        (one.number, text) for one, answer, words in doubted for text in _texts(answer.said) if repeats(text, words)
    ]
    entries = {one.number: one.entries for one, _, _ in doubted}
    said = said_again(desk, [Doubt(text=text, entries=entries[number]) for number, text in waiting])
    new = dict(zip(waiting, said, strict=True))
    for one, answer, _ in doubted:

        def now(text: str, number: int = one.number) -> str:
            return new.get((number, text), text)

        old = answer.said
        raw = replace(
            old,
            summary=now(old.summary),
            parameters=tuple((name, now(text)) for name, text in old.parameters),
            returns=now(old.returns),
            raises=tuple((name, now(text)) for name, text in old.raises),
            effects=now(old.effects),
            contradiction=now(old.contradiction),
        )
        if all(new[number, text] for number, text in waiting if number == one.number):
            checked = _checked(desk, one, raw, answer.model)
            if checked.usable(one.kind):
                yield one, checked


def _said(raw: Mapping[str, object]) -> Said | None:
    """What was kept of a symbol; None for what is of the wrong types."""
    texts = [raw.get(name, "") for name in ("summary", "returns", "effects", "contradiction")]
    lists = [_pairs(raw.get(name, [])) for name in ("parameters", "raises")]
    summary, returns, effects, contradiction = (text if isinstance(text, str) else None for text in texts)
    parameters, raises = lists
    if summary is None or returns is None or effects is None or contradiction is None:
        return None
    if parameters is None or raises is None:
        return None
    return Said(
        summary=summary, parameters=parameters, returns=returns, raises=raises, effects=effects,
        contradiction=contradiction,
    )  # fmt: skip


def _pairs(rows: object) -> tuple[tuple[str, str], ...] | None:
    if not isinstance(rows, list):
        return None
    found = [tuple(row) for row in rows if isinstance(row, list) and all(isinstance(cell, str) for cell in row)]
    return tuple((row[0], row[1]) for row in found) if all(len(row) == 2 for row in found) else None


def _keep(desk: Desk, asked: Sequence[Asked], fresh: Mapping[int, Answer]) -> None:
    """Keeps what was accepted, under what decided it."""
    for kind in sorted({one.kind for one in asked}):
        mine = [(one.decided, fresh[one.number]) for one in asked if one.kind == kind and one.number in fresh]
        desk.keep(
            kind,
            {
                decided: {
                    "said": {name: value for name, value in asdict(answer.raw).items() if value},
                    "model": answer.model,
                    "leans": leaning(_texts(answer.said), decided),
                }
                for decided, answer in mine
            },
        )


def _texts(said: Said) -> list[str]:
    """Everything that is said of a symbol."""
    listed = [text for _, text in (*said.parameters, *said.raises)]
    return [said.summary, *listed, said.returns, said.effects, said.contradiction]


# --- batches ------------------------------------------------------------------------------------------------------


def _batches(asked: Sequence[Asked], missing: Collection[int]) -> list[Batch]:
    """Symbols of one kind, in order of their keys, a few at a time.

    Batches are drawn as if nothing was kept and then lose what is, so that a batch of which nothing is kept is asked
    as it was before; those that lost something are joined where they fit."""
    whole: list[Batch] = []
    for kind in sorted({one.kind for one in asked}):
        whole.extend(_filled([(one,) for one in asked if one.kind == kind]))
    full = [batch for batch in whole if all(one.number in missing for one in batch)]
    rest = [tuple(one for one in batch if one.number in missing) for batch in whole if batch not in full]
    joined = [
        batch
        for kind in sorted({one.kind for one in asked})
        for batch in _filled([part for part in rest if part and part[0].kind == kind])
    ]
    return full + joined


def _filled(parts: Sequence[Batch], most: int = MAX_BATCH) -> list[Batch]:
    """Parts put together as long as a prompt has room."""
    result: list[Batch] = []
    for part in parts:
        last = result[-1] if result else ()
        tokens = sum(one.tokens for one in (*last, *part))
        if last and len(last) + len(part) <= most and tokens <= MAX_BATCH_TOKENS:
            result[-1] = (*last, *part)
        else:
            result.append(part)
    return result


# --- asking -------------------------------------------------------------------------------------------------------


def _ask(desk: Desk, batches: list[Batch]) -> tuple[dict[int, Answer], dict[int, str]]:
    """(answers, why the others have none)."""
    answers: dict[int, Answer] = {}
    reasons: dict[int, str] = {}
    failed: list[Asked] = []
    asked = _put(desk, batches)
    halves = [
        half
        for batch, _, _, outcome in asked
        if isinstance(outcome, Refusal) and outcome.kind in _SPLITTING and len(batch) > 1
        for half in (batch[: len(batch) // 2], batch[len(batch) // 2 :])
    ]
    for batch, _, identities, outcome in (*asked, *_put(desk, halves)):
        if isinstance(outcome, Refusal):
            reasons.update((one.number, why(outcome)) for one in batch)
        else:
            _take(desk, identities, outcome, answers, failed)
    again = {one.number: one for one in failed}
    for one in again.values():
        reasons.pop(one.number, None)
    for identities, outcome in _repair(desk, list(again.values()), answers):
        if isinstance(outcome, Refusal):
            continue
        second: dict[int, Answer] = {}
        _take(desk, identities, outcome, second, [])
        for number, answer in second.items():
            answers[number] = _better(desk, again[number], answers.get(number), answer)
    for one in again.values():
        answers.setdefault(one.number, Answer(said=Said(), raw=Said(), problems=(), model=desk.asker.name))
    return answers, reasons


def _put(desk: Desk, batches: Sequence[Batch]) -> list[_Asked]:
    """Asks batches, those with the most central symbols first."""
    weights = desk.view.weights
    ranked = sorted(batches, key=lambda batch: -max(weights[one.number] for one in batch))
    questions = [symbols.question(batch) for batch in ranked]
    outcomes = desk.ask([question for question, _ in questions])
    return [
        (batch, question, identities, outcome)
        for batch, (question, identities), outcome in zip(ranked, questions, outcomes, strict=True)
    ]


def _take(
    desk: Desk, identities: Mapping[str, Asked], reply: Reply, answers: dict[int, Answer], failed: list[Asked]
) -> None:
    """Looks up what a reply says; `failed` takes the symbols of which something does not hold or is missing."""
    value = reply.value if isinstance(reply.value, dict) else {}
    earlier: dict[str, Asked] = {}  # summary → the first that it is said of
    for identity, one in identities.items():
        said = value.get(identity)
        if not isinstance(said, Said):
            failed.append(one)
            continue
        answer = _checked(desk, one, said, reply.model)
        same = earlier.setdefault(answer.said.summary, one)
        if desk.asker.checks and answer.said.summary and _source(desk, same) != _source(desk, one):
            same_id = next(name for name, each in identities.items() if each is same)
            answer = replace(answer, doubts=(f"summary: it is that of {same_id}: say what is different here",))
        answers[one.number] = answer
        if answer.problems or answer.doubts:
            failed.append(one)


def _repair(
    desk: Desk, failed: Sequence[Asked], answers: Mapping[int, Answer]
) -> Iterator[tuple[Mapping[str, Asked], Outcome]]:
    """Sends back, once, what does not hold, each with the reason."""
    batches: list[Batch] = []
    for kind in sorted({one.kind for one in failed}):
        batches.extend(_filled([(one,) for one in failed if one.kind == kind], MAX_REPAIRED))
    sent = []
    for batch in batches:
        question, identities = symbols.question(batch)
        said = {
            identity: {name: value for name, value in asdict(answers[one.number].raw).items() if value}
            for identity, one in identities.items()
            if one.number in answers
        }
        wrong = [
            f"{identity}: {problem}"
            for identity, one in identities.items()
            for problem in (
                (*answers[one.number].problems, *answers[one.number].doubts) if one.number in answers else NO_ITEM
            )
        ]
        request = pages.repair(question, said, wrong)
        sent.append((Question(request=request, expected=question.expected), identities))
    desk.tally.repairs += len(sent)
    outcomes = desk.ask([question for question, _ in sent])
    for (_, identities), outcome in zip(sent, outcomes, strict=True):
        yield identities, outcome


def _better(desk: Desk, one: Asked, first: Answer | None, second: Answer) -> Answer:
    """The second answer, with what of the first holds where the second's does not."""
    if first is None:
        return second
    raw = second.raw
    held, before = second.said, first.said
    for name in ("summary", "returns", "effects", "contradiction"):
        if getattr(raw, name) and not getattr(held, name) and getattr(before, name):
            raw = replace(raw, **{name: getattr(before, name)})
    return _checked(desk, one, raw, second.model)


def _checked(desk: Desk, one: Asked, raw: Said, model: str) -> Answer:
    """What of an answer holds: sentence by sentence, parameter by parameter."""
    if not desk.asker.checks:
        return Answer(said=raw, raw=raw, problems=(), model=model)
    symbol = desk.view.symbol(one.number)
    evidence = ground.Evidence(one.text, one.around, symbol.signature, symbol.docstring)
    found: list[str] = []

    def held(name: str, text: str) -> str:
        wrong = ground.problems(text, desk.vocabulary, evidence) if text else []
        found.extend(f"{name}: {problem}" for problem in wrong)
        return "" if wrong else text

    # What is said of a parameter that the signature lacks is left out without asking again: nothing is missing then.
    odd = ground.not_in_signature(symbol, [name for name, _ in raw.parameters])
    strange = {name for name, _ in raw.raises if name.rsplit(".", 1)[-1] not in evidence.words}
    source = "\n".join(_lines(desk, symbol))
    idle = bool(raw.effects) and not ground_code.shows_effect(raw.effects, source, symbol.path)
    agrees = not symbol.docstring or not ground_code.contradicts(raw.contradiction, symbol.docstring, source)
    summary, another = ground_kind.unframed(raw.summary, symbol)
    if another:
        found.append(f"summary: that is said of {another[:60]}: say what {symbol.name} does")
    elif summary:
        found.extend(f"summary: {problem}" for problem in _misplaced(desk, one, summary, source))
    said = Said(
        summary="" if found else held("summary", summary),
        parameters=tuple((n, text) for n, text in raw.parameters if n not in odd and _about(held, n, text)),
        returns=held("returns", raw.returns),
        raises=tuple((n, text) for n, text in raw.raises if n not in strange and _about(held, n, text)),
        effects="" if idle else held("effects", raw.effects),
        contradiction="" if agrees else held("contradiction", raw.contradiction),
    )
    dropped = len(odd) + len(strange) + idle + (agrees and bool(raw.contradiction))
    doubts = (UNSHOWN,) if said.summary and not _shown(desk, symbol, said.summary) else ()
    return Answer(said=said, raw=raw, problems=tuple(found), dropped=dropped, model=model, doubts=doubts)


UNSHOWN = "summary: its lines do not show that: say what they do"


def _misplaced(desk: Desk, one: Asked, summary: str, source: str) -> Iterator[str]:
    """Why a summary is none of this symbol: it says no more than the name, it is that of a file, it is about ids."""
    view = desk.view
    if ground_code.only_its_name(summary, view.symbol(one.number).name):
        yield "it says no more than the name does: say what is done, with what, for whom"
    owner = view.parent(one.number)
    copied = ground_code.copied(summary, one.around) or any(
        ground_kind.same_text(summary, said) for said in view.file_summaries.values()
    )
    yield from ground_kind.refuted(summary, view.symbol(one.number), source)
    if ground_kind.is_remark(summary, source):
        yield "that is a remark on one of its lines: say what all of it does"
    if copied or (owner is not None and ground_code.is_about(summary, view.symbol(owner).name)):
        yield "that is said of what it stands in: say what it does itself"
    for identity in _ID.findall(summary):
        if identity not in f"{one.around}\n{one.text}":
            yield f"{identity} is an id of this list, which no reader sees"
    users = [view.symbol(edge.source) for edge in view.repository.incoming.get(one.number, ())]
    known = {part for user in users for part in (*user.qualified_name.split("."), *user.path.split("/"))}
    for name in ground_code.false_users(summary, known | {PurePosixPath(user.path).stem for user in users}):
        yield f"`{name[:60]}` does not use it"


def _about(held: Callable[[str, str], str], name: str, text: str) -> bool:
    """Whether what is said of a parameter or an exception holds."""
    return bool(held(name[:60], text))


def _said_before(desk: Desk, one: Asked, summary: str) -> bool:
    """Whether the same was said of another symbol of the file, which is not the same code."""
    source = _source(desk, one)
    return desk.said_in.setdefault((desk.view.symbol(one.number).path, summary), source) != source


def _source(desk: Desk, one: Asked) -> str:
    return "\n".join(_lines(desk, desk.view.symbol(one.number)))


# --- pages --------------------------------------------------------------------------------------------------------


def _page(desk: Desk, one: Asked, answer: Answer | None, reason: str) -> Page:
    symbol = desk.view.symbol(one.number)
    base = desk.bases["symbol", symbol.key]
    if answer is not None and not answer.usable(one.kind):
        reason = f"not written by a model: {answer.problems[0] if answer.problems else 'it gave no answer about it'}"
    if answer is None or not answer.usable(one.kind):
        desk.tally.unwritten[reason] += 1
        return replace(base, status="unwritten", reason=reason)
    said = answer.said
    desk.tally.written["symbol"] += 1
    desk.tally.dropped += len(answer.problems) + answer.dropped
    if said.contradiction:
        desk.tally.findings[symbol.key] = plain(said.contradiction)
    parts = [base.body] if base.body else []
    for title, entries in (("Parameters", said.parameters), ("Raises", said.raises)):
        if entries:
            parts.append(f"**{title}**\n\n" + "\n".join(f"- {safe.code(n)}: {markdown(text)}" for n, text in entries))
        if title == "Parameters" and said.returns:
            parts.append(f"**Returns**: {markdown(said.returns)}")
    if said.effects:
        parts.append(f"**Effects**: {markdown(said.effects)}")
    if said.contradiction:
        parts.append(f"**Finding**: documentation and code disagree. {markdown(said.contradiction)}")
    if one.kind == "details":
        parts.append("_Summary by the author; what the author left out, by a model._")
        return replace(base, body="\n\n".join(parts), origin="model", model=answer.model)
    summary = plain(said.summary)
    claims = desk.view.claim(summary, symbol.path, symbol.start_line, symbol.end_line)
    verdict: Verdict = "unsupported" if answer.doubts or _said_before(desk, one, said.summary) else "supported"
    doubtful = verdict == "unsupported"
    if not doubtful:  # others' pages do not build on what may be wrong
        desk.told_symbols[one.number] = desk.view.summaries[one.number] = summary
    return replace(
        base,
        summary=summary,
        status="unsupported" if doubtful else "complete",
        reason="the lines of the symbol do not show what a model says of it" if doubtful else "",
        body="\n\n".join(parts),
        origin="model",
        model=answer.model,
        claims=tuple(replace(claim, verdict=verdict) for claim in claims),
    )


def _lines(desk: Desk, symbol: Symbol) -> list[str]:
    return desk.view.repository.read(symbol.path).split("\n")[symbol.start_line - 1 : symbol.end_line]


def _shown(desk: Desk, symbol: Symbol, sentence: str) -> bool:
    text = authored(symbol)
    anchor = Anchor(
        path=symbol.path, start_line=symbol.start_line, end_line=symbol.end_line, link="",
        lines="\n".join(_lines(desk, symbol)),
        entry=f"{symbol.qualified_name} {symbol.signature} {text.summary if text else ''}",
    )  # fmt: skip
    return ground.supports(sentence, anchor)
