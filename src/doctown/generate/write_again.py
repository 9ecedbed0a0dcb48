"""Has sentences said anew that repeat what is no longer so, each for a few tokens.

Who builds on something that is described anew need not be asked about as a whole: what it says of it is a sentence or
two. Such a sentence is shown with the entries that it tells about, and comes back as it has to be now. Whether what
comes back holds is looked up by whoever asks, as all that a model says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from doctown.generate.llm.contract import Refusal
from doctown.generate.prompts import pages
from doctown.generate.prompts.forms import Said
from doctown.generate.write_desk import Desk

MAX_BATCH = 10  # sentences in a prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A sentence that is doubted."""

    text: str
    entries: tuple[str, ...]  # what it tells about, as it is described now


def said_again(desk: Desk, doubts: Sequence[Doubt]) -> list[str]:
    """Each sentence as it has to be now; empty where the model gave no answer."""
    batches = [doubts[start : start + MAX_BATCH] for start in range(0, len(doubts), MAX_BATCH)]
    asked = [pages.sentence_question([(one.text, one.entries) for one in batch]) for batch in batches]
    said: list[str] = []
    for (_, identities), outcome in zip(asked, desk.ask([question for question, _ in asked]), strict=True):
        value = {} if isinstance(outcome, Refusal) or not isinstance(outcome.value, dict) else outcome.value
        answers = [value.get(identity) for identity in identities]
        said.extend(answer.summary if isinstance(answer, Said) else "" for answer in answers)
    return said
