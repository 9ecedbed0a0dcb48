"""Asking about symbols: the source of each, what it uses with what is known of that, and who uses it.

Symbols of one file share what is around them: the file and the classes they are in are said once a prompt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from doctown.generate.extract.symbols import authored
from doctown.generate.extract.view import CLASSES, View, is_test, plain_name
from doctown.generate.extract.words import cut
from doctown.generate.llm.contract import Request
from doctown.generate.llm.tokens import count
from doctown.generate.plan import source_of
from doctown.generate.prompts import forms
from doctown.generate.prompts.fence import fenced, subject
from doctown.model import Symbol

MAX_SOURCE = 560  # tokens of one symbol's source; beyond, its middle is left out, and the prompt says so
MAX_CLASS_LINES = 60
MAX_USES = 8
MAX_USERS = 3
MAX_TOLD = 160  # characters of a used symbol's summary
HUB = 12  # a function that so many others call tells little about any one of them

Told = Callable[[int], str]  # a symbol's summary as far as it is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A symbol as it is asked about: the text, and the digest of all of it that must not change unnoticed."""

    number: int
    kind: forms.Kind
    text: str  # what stands below its id
    around: str  # what stands above it, for all of its file or class
    digest: bytes  # 32
    tokens: int


def ask_about(view: View, number: int, kind: forms.Kind, told: Told) -> Asked:
    """The text about one symbol. Its digest covers the symbol's own text and the declarations of what it uses, not
    what a model said of these: a change reaches those who use what was changed, and goes no further."""
    symbol = view.symbol(number)
    own = _shortened(view, number, symbol)
    uses, maybe = _used(view, number)
    lines = [own]
    if uses:
        lines.append("-- uses")
        lines.extend(f"{plain_name(view, one)}: {cut(told(one), MAX_TOLD)}" for one in uses)
    if maybe:
        lines.append("-- may use: " + ", ".join(plain_name(view, one) for one in maybe))
    users = _users(view, number)
    if users:
        lines.append("-- used by: " + ", ".join(plain_name(view, one) for one in users))
    text = "\n".join(lines)
    decides = [symbol.path, symbol.qualified_name, kind, own]
    decides += [f"{view.symbol(one).key}\0{own_digest(view, one)}" for one in uses]
    return Asked(
        number=number,
        kind=kind,
        text=text,
        around=_around(view, number, symbol),
        digest=sha256("\0\0".join(decides).encode("utf-8", "replace")).digest(),
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
    """A symbol's source: of a class its outline, since its methods are asked about by themselves."""
    source = _outline(view, number, symbol) if symbol.kind in CLASSES else source_of(view, symbol)
    if count(source) <= MAX_SOURCE:
        return source
    lines = source.split("\n")
    room = MAX_SOURCE
    head: list[str] = []
    while lines and room > MAX_SOURCE // 5:
        room -= count(lines[0][:2000]) + 1
        head.append(lines.pop(0)[:2000])
    tail: list[str] = []
    while lines and room > 0:
        room -= count(lines[-1][:2000]) + 1
        tail.insert(0, lines.pop()[:2000])
    return "\n".join([*head, f"[{len(lines)} lines are left out here]", *tail]) if lines else "\n".join(head + tail)


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
