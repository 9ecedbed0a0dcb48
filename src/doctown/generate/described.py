"""Documentation of symbols from what somebody else says of them: the Generation service's published form.

What is said may be a text or a context as the Assembly service gives it. With a model each symbol gets what the model
writes, if that can be used; without one, and where it cannot, a sentence from what is there, marked as such. Nothing
here knows the repository, so nothing is checked against it; builds write through `write`, which does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from doctown.generate.extract import safe
from doctown.generate.llm.contract import Malformed, Model, Refusal, Reply, Request
from doctown.generate.prompts.fence import RULE, fenced, subject, visible
from doctown.model import PageOrigin

BATCH: Final = 8  # symbols in one request
MAX_CONTEXT: Final = 8_000  # characters of one symbol's context that a model is shown
MAX_SUMMARY: Final = 600
_TOKENS: Final = 120  # of a reply, for each symbol
_NAMED: Final = 5  # neighbours named in a sentence
_SYSTEM: Final = (
    "You document code. For each id write one or two plain sentences that say what the symbol does and what it is for."
    " Say only what the material shows. Use no Markdown, no links and no names that the material does not have. " + RULE
)
_SCHEMA: Final = {
    "type": "object",
    "additionalProperties": False,
    "required": ["items"],
    "properties": {
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["id", "summary"],
                "properties": {"id": {"type": "string"}, "summary": {"type": "string"}},
            },
        }
    },
}
Context = str | Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Documented:
    """What was written about a symbol."""

    symbol_id: str
    summary: str  # plain text
    origin: PageOrigin
    model: str = ""
    reason: str = ""  # why no model wrote it


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What came of a batch: one entry a symbol, in their order, and what it cost."""

    symbols: tuple[Documented, ...]
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float = 0.0


def document(symbols: Sequence[tuple[str, Context]], model: Model | None, reason: str = "") -> Written:
    """Documentation of symbols, in their order. `reason` says why there is no model."""
    if model is None:
        return Written(symbols=tuple(extracted(name, context, reason) for name, context in symbols))
    batches = [symbols[start : start + BATCH] for start in range(0, len(symbols), BATCH)]
    with ThreadPoolExecutor(max(model.concurrency, 1), thread_name_prefix="ask") as pool:
        outcomes = list(pool.map(lambda batch: model.ask(_request(batch)), batches))
    done: list[Documented] = []
    for batch, outcome in zip(batches, outcomes, strict=True):
        done.extend(_taken(batch, outcome))
    replies = [one for one in outcomes if isinstance(one, Reply)]
    paid = [one for one in replies if not one.kept]
    return Written(
        symbols=tuple(done),
        tokens_in=sum(one.tokens_in for one in paid),
        tokens_out=sum(one.tokens_out for one in paid),
        usd=sum(one.usd for one in replies),
    )


def _request(batch: Sequence[tuple[str, Context]]) -> Request:
    parts = [f"{subject(str(place))}\n{fenced(_text(context))}" for place, (_, context) in enumerate(batch, 1)]
    names = {str(place) for place in range(1, len(batch) + 1)}

    def parse(value: object) -> dict[str, str]:
        items = value.get("items") if isinstance(value, dict) else None
        if not isinstance(items, list):
            raise Malformed("there is no list of items")
        found = {
            str(item["id"]): item["summary"].strip()
            for item in items
            if isinstance(item, dict) and isinstance(item.get("summary"), str) and str(item.get("id")) in names
        }
        missing = sorted(names - {name for name, summary in found.items() if summary})
        if missing:
            raise Malformed(f"there is no summary for {', '.join(missing)}")
        return found

    return Request(
        purpose="symbols", system=_SYSTEM, prompt="\n\n".join(parts), schema=_SCHEMA, schema_name="summaries",
        max_tokens=_TOKENS * len(batch) + 100, parse=parse,
    )  # fmt: skip


def _text(context: Context) -> str:
    text = context if isinstance(context, str) else json.dumps(context, indent=1, sort_keys=True, ensure_ascii=False)
    return text if len(text) <= MAX_CONTEXT else f"{text[:MAX_CONTEXT]}\n(cut here: it is longer)"


def _taken(batch: Sequence[tuple[str, Context]], outcome: Reply | Refusal) -> list[Documented]:
    if isinstance(outcome, Refusal):
        return [extracted(name, context, outcome.reason) for name, context in batch]
    summaries = outcome.value
    assert isinstance(summaries, dict)
    return [
        Documented(symbol_id=name, summary=_plain(summaries[str(place)]), origin="model", model=outcome.model)
        for place, (name, _) in enumerate(batch, 1)
    ]


def extracted(name: str, context: Context, reason: str) -> Documented:
    """A sentence from what is there: the author's own where there is one, else what the graph says."""
    if isinstance(context, str):
        return Documented(symbol_id=name, summary=_plain(context), origin="extractive", reason=reason)
    own = _word(context, "docstring").strip()
    if own:
        return Documented(
            symbol_id=name, summary=_plain(own.split("\n\n")[0]), origin="docstring", reason=reason
        )  # fmt: skip
    kind, path = _word(context, "kind") or "symbol", _word(context, "file_path")
    sentence = f"{kind[:1].upper()}{kind[1:]} {_word(context, 'name') or name}{f' in {path}' if path else ''}."
    for field, verb in (("calls", "Uses"), ("called_by", "Used by")):
        names = context.get(field)
        if isinstance(names, Sequence) and not isinstance(names, str) and names:
            shown = ", ".join(str(one) for one in names[:_NAMED])
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            sentence += f" {verb} {shown}{more}."
    return Documented(symbol_id=name, summary=_plain(sentence), origin="extractive", reason=reason)


def _word(context: Mapping[str, Any], field: str) -> str:
    value = context.get(field, "")
    return value if isinstance(value, str) else ""


def _plain(text: str) -> str:
    """One line of text without anything hidden, of a bounded length, safe wherever Markdown is shown."""
    line = " ".join(visible(text).split())
    cut = line if len(line) <= MAX_SUMMARY else line[: MAX_SUMMARY - 1].rstrip() + "…"
    return safe.inline(cut)
