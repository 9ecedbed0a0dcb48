"""What the test server does wrong, and how it differs from other servers: chosen beforehand, decided by the question.

Whether a call meets a fault hangs on the seed, the question, and how often that was asked before; never on time or on
the order of threads. So a run with faults can be repeated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from doctown.errors import InputError

# Kinds that asking again can help against: what `--faults RATE` spreads its rate over.
PASSING: Final = (
    "rate_limit", "rate_limit_after", "rate_limit_date", "server_error", "overloaded", "bad_gateway", "reset",
    "truncated", "blank", "empty_body", "length", "bad_json", "html", "wrong_types", "foreign_id", "repeated_id",
    "missing_id", "wrong_usage", "no_usage", "refusal", "content_filter", "circles",
)  # fmt: skip
LASTING: Final = (
    "timeout", "oversize", "auth", "forbidden", "quota", "unknown_model", "context", "input_filter", "redirect",
    "prose", "not_completion", "not_found",
)  # fmt: skip
KINDS: Final = (*PASSING, *LASTING)
FORMS: Final = ("json_schema", "json_object", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How a test server answers. Raises InputError, when made, for kinds and rates that there are not."""

    model: str = "test-model"  # any other is unknown to it, so its replies are never taken for another model's
    key: str = field(default="", repr=False)  # wanted in the Authorization header, if any
    faults: Mapping[str, float] = field(default_factory=dict)  # kind → share of the calls
    script: Sequence[str] = ()  # what the first calls meet, in order; `ok` for nothing
    seed: int = 0
    invent: float = 0.0  # share of identifiers that stand nowhere in the prompt
    contradict: float = 0.0  # share of documented subjects whose documentation it finds to contradict the code
    latency: float = 0.0  # seconds before each answer
    hang: float = 60.0  # seconds that a `timeout` lasts
    retry_after: float = 1.0  # seconds that a rate limit names
    context: int = 0  # tokens of prompt and reply that fit; 0: any number
    forms: Sequence[str] = FORMS  # of response_format that it takes; `text` is none
    ignores_forms: bool = False  # it takes a response_format and answers in prose
    rejects: Sequence[str] = ()  # parameters of a request, or words of a schema, that it answers with status 400
    price_in: float = 0.15  # US dollars for a million tokens
    price_out: float = 0.60

    def __post_init__(self) -> None:
        """Checks what was chosen."""
        for kind in (*self.faults, *(one for one in self.script if one != "ok")):
            if kind not in KINDS:
                raise InputError(f"there is no fault {kind!r}", f"choose from {', '.join(KINDS)}")
        rates = (*self.faults.values(), self.invent, self.contradict)
        if not all(0 <= rate <= 1 for rate in rates) or sum(self.faults.values()) > 1:
            raise InputError("the rates of faults are not between 0 and 1", "give shares that make 1 at most")

    def fault(self, number: int, question: bytes, before: int) -> str:
        """The fault that a call meets, empty for none. `number`: of calls so far; `before`: of the same question."""
        if number < len(self.script):
            return "" if self.script[number] == "ok" else self.script[number]
        digest = hashlib.sha256(b"%d %d " % (self.seed, before) + question).digest()
        drawn = int.from_bytes(digest[:8], "big") / 2**64
        for kind in sorted(self.faults):
            drawn -= self.faults[kind]
            if drawn < 0:
                return kind
        return ""


def spread(rate: float, kinds: Sequence[str] = PASSING) -> dict[str, float]:
    """A rate of faults in equal shares of kinds."""
    return {kind: rate / len(kinds) for kind in kinds} if rate else {}
