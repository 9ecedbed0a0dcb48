"""The forms that a model fills in: instructions, JSON schemas, how a reply is read, and what one is expected to cost.

Instructions of a purpose never change within a version, so that providers find the beginning of every prompt in their
caches. Schemas keep to what strict structured output allows: every property is required, no others are allowed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from doctown.generate.llm.contract import Malformed, Request
from doctown.generate.prompts.fence import RULE

_COMMON = (
    f"You document source code. {RULE} Say only what the material shows: no guesses, praise or advice. Write names of"
    " code in backticks, as in the material; use no name, path or number that is not in it. Plain English without"
    " Markdown, links or HTML. Where there is nothing to say, give an empty string or list. Answer in JSON alone."
)
_SUMMARY = (
    "summary: one sentence of 12 to 25 words that begins with a verb in the third person and says what it does or is"
    " for, and how it differs from what is around it"
)
_DETAILS = (
    "parameters: each one whose name does not tell it, as `name: meaning`; returns: what is returned; raises: each"
    " exception that its code raises, as `name: when`; effects: what it changes outside of itself; each of these in up"
    " to 12 words; contradiction: only if the code does otherwise than its docstring says, one sentence that quotes"
    " both in backticks, the docstring's words and the code"
)
_CLAIM = (
    "Each sentence is an object: text, one sentence of at most 30 words; cite, the number in brackets of the one entry"
    " that shows it."
)

Kind = str  # brief | full | details: how much is asked of a symbol

SYSTEMS: Mapping[str, str] = {
    "brief": f"{_COMMON} For each subject that a line `### id: X` introduces give one item: its id; {_SUMMARY}.",
    "full": f"{_COMMON} For each subject that a line `### id: X` introduces give one item: its id; {_SUMMARY};"
    f" {_DETAILS}.",
    "details": f"{_COMMON} Their authors described the subjects; you add what they left out. For each subject that a"
    f" line `### id: X` introduces give one item: its id; {_DETAILS}.",
    "artifact": f"{_COMMON} The subjects are units of how a project is built, tested, configured, packaged or run. For"
    " each subject that a line `### id: X` introduces give one item: its id; summary: one sentence of 12 to 25 words,"
    " what it does when it runs or what it settles, and for whom.",
    "sentence": f"You document source code. {RULE} Each subject that a line `### id: X` introduces is a sentence below"
    " the entries that it tells about, which changed. For each give one item: its id; summary: the sentence as the"
    " entries show it now, otherwise unchanged, of at most 30 words, without links or HTML. Answer in JSON alone.",
    "file": f"{_COMMON} The material is the outline of one file. {_CLAIM} summary: what the file is for; workings: two"
    " to four sentences, how its parts work together; start: where a reader should begin, and why.",
    "cluster": f"{_COMMON} The material is the outline of one part of a repository. {_CLAIM} summary: what this part is"
    " for; workings: two to five sentences, how its files or parts work together; start: where a reader should begin,"
    " and why.",
    "repository": f"{_COMMON} The material is the outline of a whole repository. {_CLAIM} purpose: one to three"
    " sentences, what it is and for whom; architecture: three to six sentences, its parts and how they depend on each"
    " other; flows: two to four sentences, what happens from each entry point; build, run, test, configure, deploy: up"
    " to two sentences each, how that is done; glossary: up to eight terms of the project, each with one sentence"
    " that explains it.",
}

NAMES = (
    "symbols_brief",
    "symbols_full",
    "symbols_details",
    "artifacts",
    "sentences",
    "page_file",
    "page_cluster",
    "page_repository",
)  # fmt: skip - of the schemas

_TEXT = {"type": "string"}


def _object(properties: Mapping[str, object]) -> dict[str, object]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: Mapping[str, object]) -> dict[str, object]:
    return {"type": "array", "items": items}


# `name: meaning` as one text: objects of two texts would cost a third more, in the schema and in every reply.
_DETAIL_PROPERTIES: dict[str, object] = {
    "parameters": _list(_TEXT),
    "returns": _TEXT,
    "raises": _list(_TEXT),
    "effects": _TEXT,
    "contradiction": _TEXT,
}
_ITEMS: Mapping[str, dict[str, object]] = {
    "brief": {"id": _TEXT, "summary": _TEXT},
    "full": {"id": _TEXT, "summary": _TEXT, **_DETAIL_PROPERTIES},
    "details": {"id": _TEXT, **_DETAIL_PROPERTIES},
    "artifact": {"id": _TEXT, "summary": _TEXT},
    "sentence": {"id": _TEXT, "summary": _TEXT},
}
_SUMMED = frozenset({"brief", "artifact", "sentence"})  # forms that ask for a summary and nothing else
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "file": ("summary", "workings", "start"),
    "cluster": ("summary", "workings", "start"),
    "repository": ("purpose", "architecture", "flows", "build", "run", "test", "configure", "deploy", "glossary"),
}
SINGLE = frozenset({"summary", "start"})  # sections of one sentence


def _sections(form: str, without: Collection[str]) -> list[str]:
    return [section for section in SECTIONS[form] if section not in without]


def items_schema(form: str) -> dict[str, object]:
    """The schema of a reply about several subjects: `{"items": [{"id": …, …}]}`."""
    return _object({"items": _list(_object(_ITEMS[form]))})


def page_schema(form: str, anchors: Sequence[str], without: Collection[str] = ()) -> dict[str, object]:
    """The schema of one page's sentences, of all sections but those in `without`. What can be cited is an enumeration:
    a reply cannot cite what is not there, even that of a small model behind a server that enforces schemas."""
    claim = {"text": _TEXT, "cite": {"$ref": "#/$defs/cite"}}
    properties: dict[str, object] = {}
    for section in _sections(form, without):
        one = _object({"term": _TEXT, **claim} if section == "glossary" else claim)
        properties[section] = one if section in SINGLE else _list(one)
    return _object(properties) | {"$defs": {"cite": {"type": "string", "enum": list(anchors)}}}


# --- what comes back ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a model said of one symbol or artifact, as it came but for its types."""

    summary: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    returns: str = ""
    raises: tuple[tuple[str, str], ...] = ()
    effects: str = ""
    contradiction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence of a page as it came: where it stands, what it cites by the name of an anchor."""

    section: str
    text: str
    cite: str
    term: str = ""


MAX_TEXT = 320  # characters of one text; in a longer one a model goes on beyond what was asked for
_SENTENCE_END = re.compile(r"(?<=[\w`)\"'\]]{3})[.!?](?=\s+(?:[A-Z`]|[\w. ]+:\s))")  # not after `e.g` or an initial
_ONE_SENTENCE = frozenset({"summary", "text", "contradiction"})
MAX_LISTED = 40


def read_items(form: str, identities: Collection[str]) -> Callable[[object], dict[str, Said]]:
    """Reads `{"items": […]}`. Subjects that are missing are missing from the result; Malformed is raised where
    nothing can be used, or where the same subject is answered twice."""
    wanted = set(identities)

    def parse(value: object) -> dict[str, Said]:
        if not isinstance(value, dict) or not isinstance(value.get("items"), list):
            raise Malformed('give an object with a list "items"')
        found: dict[str, Said] = {}
        for item in value["items"]:
            if not isinstance(item, dict) or not isinstance(item.get("id"), str):
                raise Malformed('give each item as an object with its "id"')
            identity = item["id"].strip()
            if identity not in wanted:
                raise Malformed(f"{identity[:40]!r} is none of the ids asked about: {', '.join(sorted(wanted))}")
            if identity in found:
                raise Malformed(f"give one item for {identity}, not two")
            said = _said(form, item)
            if form == "details" or said.summary:
                found[identity] = said
        if not found:
            raise Malformed("no item has a summary" if wanted else "nothing was asked")
        return found

    return parse


def _said(form: str, item: Mapping[str, object]) -> Said:
    if form in _SUMMED:
        return Said(summary=_text(item, "summary"))
    return Said(
        summary=_text(item, "summary") if form == "full" else "",
        parameters=_named(item, "parameters"),
        returns=_text(item, "returns"),
        raises=_named(item, "raises"),
        effects=_text(item, "effects"),
        contradiction=_text(item, "contradiction"),
    )


def _text(item: Mapping[str, object], name: str) -> str:
    value = item.get(name, "")
    if not isinstance(value, str):
        raise Malformed(f'give "{name}" as a string')
    text = " ".join(value.split())
    # One sentence is asked for, and comes first; what follows may be half of what was meant, and is left out whole.
    end = _SENTENCE_END.search(text)
    if end is not None and name in _ONE_SENTENCE:
        text = text[: end.end()]
    if len(text) > MAX_TEXT:
        raise Malformed(f'"{name}" has {len(text)} characters: say it in one sentence')
    return text


def _named(item: Mapping[str, object], name: str) -> tuple[tuple[str, str], ...]:
    value = item.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Malformed(f'give "{name}" as a list of texts, each as `name: meaning`')
    if len(value) > MAX_LISTED:
        raise Malformed(f'"{name}" has {len(value)} entries: give one for each')
    # What is no name with a meaning says nothing of a parameter, and is left out.
    parts = [_text({name: one}, name).partition(":") for one in value]
    pairs = [(given.strip("`* "), text.strip()) for given, _, text in parts]
    return tuple({given: text for given, text in pairs if given and text}.items())


def read_page(
    form: str, anchors: Collection[str], without: Collection[str] = ()
) -> Callable[[object], tuple[Sentence, ...]]:
    """Reads the sentences of one page; what is said in a section of `without` is left out. Raises Malformed where
    there is none, or none about the first section."""
    known = set(anchors)

    def parse(value: object) -> tuple[Sentence, ...]:
        if not isinstance(value, dict):
            raise Malformed("give an object")
        found: list[Sentence] = []
        for section in _sections(form, without):
            given = value.get(section, [])
            claims = [given] if isinstance(given, dict) else given
            if not isinstance(claims, list) or not all(isinstance(claim, dict) for claim in claims):
                raise Malformed(f'give "{section}" as asked')
            for claim in claims[:MAX_LISTED]:
                text, cite = _text(claim, "text"), str(claim.get("cite", "")).strip("[] ")
                if not text:
                    continue
                if cite not in known:
                    raise Malformed(f"{cite[:40]!r} is no entry; cite one of the numbers in brackets")
                found.append(Sentence(section=section, text=text, cite=cite, term=_text(claim, "term")))
        if not any(sentence.section == SECTIONS[form][0] for sentence in found):
            raise Malformed(f'"{SECTIONS[form][0]}" says nothing')
        return tuple(found)

    return parse


# --- what it is expected to be ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request together with the reply that is expected in length: prices are worked out from it beforehand."""

    request: Request
    expected: Mapping[str, object] = field(default_factory=dict)


FILLER = "Prepares `the_request` so that `the_handler` can go on from there without looking at it again."
SHORT_FILLER = "what `the_handler` needs of `the_request`"  # of a parameter, a result, an exception


def expected_item(form: str, identity: str) -> dict[str, object]:
    """An item of the length that is expected."""
    if form in _SUMMED:
        return {"id": identity, "summary": FILLER}
    named = [f"the_request: {SHORT_FILLER}"]
    details = {"parameters": named * 2, "returns": SHORT_FILLER, "raises": named, "effects": "", "contradiction": ""}
    return {"id": identity, **({"summary": FILLER} if form == "full" else {}), **details}


_EXPECTED = 2  # sentences in a section


def expected_page(form: str, anchors: Sequence[str], without: Collection[str] = ()) -> dict[str, object]:
    """A page of the length that is expected."""
    claim = {"text": FILLER, "cite": anchors[0]}
    page: dict[str, object] = {}
    for section in _sections(form, without):
        one = {"term": "the_request", **claim} if section == "glossary" else claim
        page[section] = one if section in SINGLE else [one] * _EXPECTED
    return page


def reply_limit(tokens: int) -> int:
    """The most tokens that a reply may have of which `tokens` are expected: room for a talkative model, and for one
    that thinks first, rounded so that the limit does not change with every word."""
    return (tokens * 3 // 256 + 2) * 256
