"""How one server wants to be asked, found out by asking: what it rejects is left out from then on.

Servers that call themselves compatible differ in the form of structured output that they know, in the name of the
limit on a reply, and in the parameters that a model takes. Each step down is taken once and remembered by the client.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from doctown.generate.llm.faults import Fault

Format = Literal["json_schema", "json_object", "text"]
_BELOW: Final[Mapping[Format, Format]] = {"json_schema": "json_object", "json_object": "text"}
_STRUCTURED: Final = (
    "response_format", "response format", "json_schema", "json schema", "json_object", "structured output", "grammar",
    "guided",
)  # fmt: skip
_BOUNDS: Final = ("maxlength", "maxitems", "schema")
_THINKS: Final = re.compile(r"(^|/)(gpt-5|o[134](-|$))")
_THINKS_LITTLE: Final[Mapping[str, str]] = {"minimal": "low", "none": "low", "low": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What is sent to a server."""

    form: Format = "json_schema"
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    temperature: bool = True  # 0, for replies that are the same again
    seed: bool = True
    effort: str = ""  # reasoning_effort: hidden tokens are paid for too, and these are questions of wording
    strict: bool = True  # of json_schema
    bounded: bool = False  # texts and lists have a longest length: not all that take schemas take that


def first(model: str) -> Dialect:
    """What to begin with for a model by its name: nothing that this sort of model is known to reject."""
    if not _THINKS.search(model.lower()):
        return Dialect()
    effort = "minimal" if re.search(r"gpt-5($|-)", model.lower()) else "low"
    return Dialect(limit="max_completion_tokens", temperature=False, seed=False, effort=effort)


def after(dialect: Dialect, fault: Fault) -> Dialect | None:
    """What to go on with once a request in `dialect` was rejected; None if the rejection was about something else."""
    said = f"{fault.param} {fault.said}".lower()
    if any(word in said for word in (*_STRUCTURED, *_BOUNDS)):
        if dialect.bounded:
            return replace(dialect, bounded=False)
        if dialect.form == "json_schema" and dialect.strict and "strict" in said:
            return replace(dialect, strict=False)
        below = _BELOW.get(dialect.form)
        return None if below is None else replace(dialect, form=below)
    # A server that rejects one name often recommends the other in the same sentence: the first one named is meant.
    named = re.search(r"max_completion_tokens|max_tokens", said)
    if named and named[0] == dialect.limit:
        return other_limit(dialect)
    if "temperature" in said and dialect.temperature:
        return replace(dialect, temperature=False)
    if re.search(r"\bseed\b", said) and dialect.seed:
        return replace(dialect, seed=False)
    if "reasoning" in said and dialect.effort:
        return replace(dialect, effort=_THINKS_LITTLE.get(dialect.effort, ""))
    return None


def other_limit(dialect: Dialect) -> Dialect:
    """The same with the other name of the limit on a reply."""
    named_old = dialect.limit == "max_tokens"
    return replace(dialect, limit="max_completion_tokens" if named_old else "max_tokens")


def bounded(dialect: Dialect) -> Dialect | None:
    """The same with bounds on texts and lists, for a model that does not find an end; None where there are some."""
    return None if dialect.bounded or dialect.form != "json_schema" else replace(dialect, bounded=True)


def plainer(dialect: Dialect) -> Dialect | None:
    """One step down in structured output, for a server that accepts a form and does not keep to it."""
    below = _BELOW.get(dialect.form)
    return None if below is None else replace(dialect, form=below)
