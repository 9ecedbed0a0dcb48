"""Asking about symbols: the source of each, what it uses with what is known of that, and who uses it.

Symbols of one file share what is around them: the file and the classes they are in are said once a prompt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from doctown.generate.extract.symbols import authored
from doctown.generate.extract.view import CLASSES, View, plain_name
from doctown.generate.extract.words import cut
from doctown.generate.kept import Decided
from doctown.generate.llm.contract import Request
from doctown.generate.llm.tokens import count
from doctown.generate.plan import source_of
from doctown.generate.prompts import forms
from doctown.generate.prompts.fence import fenced, subject
from doctown.model import Symbol
from doctown.places import is_test

MAX_SOURCE = 450  # tokens of one symbol's source; of a longer one its beginning and where it ends are shown
_GAP = 2  # tokens, about, by which a line that stands alone makes the text longer
# Says what comes out of a function.
_ENDS = re.compile(r"^\s*(?:return|raise|throw|yield|panic|abort|exit)\b|[;{:>]\s*(?:return|raise|throw|yield)\b")
MAX_CLASS_LINES = 60
MAX_USES = 8
MAX_USERS = 3
MAX_TOLD = 160  # characters of a used symbol's summary
HUB = 12  # a function that so many others call tells little about any one of them

Told = Callable[[int], str]  # a symbol's summary as far as it is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A symbol as it is asked about: the text, and what decides the answer."""

    number: int
    kind: forms.Kind
    text: str  # what stands below its id
    around: str  # what stands above it, for all of its file or class
    decided: Decided
    entries: tuple[str, ...]  # its declaration, and what it uses as that is described
    tokens: int


def ask_about(view: View, number: int, kind: forms.Kind, told: Told) -> Asked:
    """The text about one symbol. Its basis covers the symbol's own text and the declarations of what it uses, not
    what a model said of these, which decides only what the answer repeats of it."""
    symbol = view.symbol(number)
    own = _shortened(view, number, symbol)
    uses, maybe = _used(view, number)
    described = [f"{plain_name(view, one)}: {cut(told(one), MAX_TOLD)}" for one in uses]
    names = []
    if maybe:
        names.append("-- may use: " + ", ".join(plain_name(view, one) for one in maybe))
    users = _users(view, number)
    if users:
        names.append("-- used by: " + ", ".join(plain_name(view, one) for one in users))
    text = "\n".join([own, *(["-- uses", *described] if uses else ()), *names])
    around = _around(view, number, symbol)
    decides = [symbol.path, symbol.qualified_name, kind, own]
    decides += [f"{view.symbol(one).key}\0{own_digest(view, one)}" for one in uses]
    return Asked(
        number=number,
        kind=kind,
        text=text,
        around=around,
        decided=Decided(
            basis=sha256("\0\0".join(decides).encode("utf-8", "replace")).digest(),
            own="\n".join([around, own, *(plain_name(view, one) for one in uses), *names]),
            shown=f"{around}\n{text}",
        ),
        entries=(symbol.signature or symbol.name, *described),
        tokens=count(text),
    )


def own_digest(view: View, number: int) -> str:
    """A digest of what others are told of a symbol: its declaration and documentation; where it has none, what it
    uses too. An edit inside of a body that changes none of these does not change what its callers' pages say."""
    symbol = view.symbol(number)
    parts = [symbol.signature, symbol.docstring]
    if authored(symbol) is None:
        parts += [view.symbol(one).key for one in _used(view, number)[0]]
    return sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _shortened(view: View, number: int, symbol: Symbol) -> str:
    """A symbol's source: of a class its outline, since its methods are asked about by themselves. Of a long one the
    beginning, the lines where something comes out of it, and its end, with what is missing in between counted."""
    source = _outline(view, number, symbol) if symbol.kind in CLASSES else source_of(view, symbol)
    if count(source) <= MAX_SOURCE:
        return source
    lines = [line[:2000] for line in source.split("\n")]
    costs = [count(line) + 1 for line in lines]
    head = 0
    while head < len(lines) and sum(costs[: head + 1]) <= MAX_SOURCE // 2:
        head += 1
    kept = set(range(head))
    room = MAX_SOURCE - sum(costs[:head])
    ends = [at for at in range(head, len(lines)) if _ENDS.search(lines[at])]
    for at in (*ends, *range(len(lines) - 1, head - 1, -1)):
        room -= 0 if at in kept else costs[at] + _GAP
        if room < 0:
            break
        kept.add(at)
    return "\n".join(_with_gaps(lines, kept))


def _with_gaps(lines: Sequence[str], kept: Collection[int]) -> Iterator[str]:
    """The lines that are kept, and how many are not where some are missing."""
    missing = 0
    for at, line in enumerate(lines):
        if at not in kept:
            missing += 1
            continue
        if missing:
            yield f"[{missing} lines left out]"
        missing = 0
        yield line
    if missing:
        yield f"[{missing} lines left out]"


def _outline(view: View, number: int, symbol: Symbol) -> str:
    """A class without the bodies of what is in it."""
    inside = [view.symbol(child) for child in view.repository.children.get(number, ())]
    lines = [symbol.signature, *(f"    {line}" for line in symbol.docstring.split("\n")[:6] if line.strip())]
    for child in inside[:MAX_CLASS_LINES]:
        text = authored(child)
        lines.append(f"    {child.signature}" + (f"  # {cut(text.summary, 100)}" if text and text.summary else ""))
    if len(inside) > MAX_CLASS_LINES:
        lines.append(f"    [{len(inside) - MAX_CLASS_LINES} members are left out here]")
    return "\n".join(lines)


def _used(view: View, number: int) -> tuple[list[int], list[int]]:
    """(what it uses that tells most of it, what it may use), both in order of keys."""
    counts = view.repository.incoming
    sure: dict[int, int] = {}
    maybe: list[int] = []
    for edge in view.repository.outgoing.get(number, ()):
        target = view.symbol(edge.target)
        if edge.kind not in ("calls", "inherits") or target.kind == "module" or edge.target == number:
            continue
        if edge.tier == "resolved":
            if len(counts.get(edge.target, ())) <= HUB:
                sure[edge.target] = len(sure)
        elif edge.target not in maybe:
            maybe.append(edge.target)
    return list(sure)[:MAX_USES], [one for one in maybe if one not in sure][:3]


def _users(view: View, number: int) -> list[int]:
    """Who uses it, outside of tests: a few, in order of keys."""
    found = dict.fromkeys(
        edge.source
        for edge in view.repository.incoming.get(number, ())
        if edge.kind == "calls" and edge.tier == "resolved" and edge.source != number
    )
    return [one for one in found if not is_test(view.symbol(one).path)][:MAX_USERS]


# --- several at a time --------------------------------------------------------------------------------------------


def question(batch: Sequence[Asked]) -> tuple[forms.Question, Mapping[str, Asked]]:
    """The question about a batch of symbols of one kind, and which id in it stands for which symbol."""
    kind = batch[0].kind
    identities = {f"s{place}": asked for place, asked in enumerate(batch, 1)}
    parts: list[str] = []
    last = ""
    for identity, asked in identities.items():
        if asked.around != last:
            parts.append(fenced(asked.around))
            last = asked.around
        parts.append(f"{subject(identity)}\n{fenced(asked.text)}")
    items = [forms.expected_item(kind, identity) for identity in identities]
    request = Request(
        purpose="symbols",
        system=forms.SYSTEMS[kind],
        prompt="\n".join(parts),
        schema=forms.items_schema(kind),
        schema_name=f"symbols_{kind}",
        max_tokens=forms.reply_limit(70 * len(items) if kind == "brief" else 140 * len(items)),
        parse=forms.read_items(kind, identities),
    )
    return forms.Question(request=request, expected={"items": items}), identities


def _around(view: View, number: int, symbol: Symbol) -> str:
    """What a symbol stands in: its file, and the class it belongs to, each with its author's words."""
    module = view.repository.modules.get(symbol.path)
    text = authored(view.symbol(module)) if module is not None else None
    lines = [f"file {symbol.path}" + (f": {cut(text.summary, MAX_TOLD)}" if text and text.summary else "")]
    parent = view.parent(number)
    if parent is not None and view.symbol(parent).kind in CLASSES:
        above = view.symbol(parent)
        said = authored(above)
        lines.append(above.signature + (f": {cut(said.summary, MAX_TOLD)}" if said and said.summary else ""))
    return "\n".join(lines)
