"""Replies that no model wrote: any JSON schema filled in from the words of a prompt, the same for the same prompt.

What the in-memory twin and the test server answer with. Sentences are made of identifiers and numbers that stand in the
prompt, so they pass for documentation that is checked against it; a share of the identifiers can be invented on
purpose, to see that checking finds them. A line `### id: X` introduces a subject: an array whose items have an `id`
gets one item for each. Nothing here knows what the prompts are about.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_SUBJECT: Final = re.compile(r"(?m)^### id: (\S[^\n]*?)[ \t]*$")
_DATA: Final = re.compile(r"(?ms)^<data (\w+)>\n(.*?)\n</data \1>$")
_CODE: Final = re.compile(r"\b(?=\w*(?:_|[a-z][A-Z]|\())[A-Za-z_]\w{2,}(?=\W)|\b[A-Za-z_]\w{2,}(?=\()")
_WORD: Final = re.compile(r"\b[a-z]{4,}\b")
_DEFINED: Final = re.compile(r"\b(?:def|class|func|fn|function|struct|type|const|let|var)\s+([A-Za-z_]\w*)")
_NUMBERED: Final = re.compile(r"(?m)^\s*(\d{1,6})\s?[|:]")
_PATH: Final = re.compile(r"\b[\w.-]+(?:/[\w.-]+)+\.\w{1,8}\b")
_SENTENCES: Final = (
    "Works on {a} together with {b} and hands the outcome back to whoever asked for it",
    "Takes what {a} gives, passes it to {b}, and keeps the order in which it came",
    "Prepares {a} so that {b} can go on from there without looking at it again",
    "Decides by {a} which of the ways that {b} knows is taken for the case at hand",
    "Holds what {a} needs from one step to the next and lets {b} read it",
)
_PHRASES: Final = (
    "what {a} needs to go on with {b}",
    "the place that {a} leaves for {b}",
    "passed on to {b} as {a} has it",
    "given by {a} where {b} asks for it",
)
_SYLLABLES: Final = ("fro", "bni", "quu", "xel", "zor", "plim", "dax", "wug", "ner", "tov")
_AUTHORED: Final = re.compile(r'(?:"""|/\*\*?|///?|#)\s*((?:[\w\'-]+ ){1,}[\w\'-]+)')
_LINE: Final = re.compile(r"^\s*((?:return|raise|throw|if)\b[^\n`]{3,60}|[\w.]+\([^\n`]{1,60}\))\s*$", re.MULTILINE)
_USUALLY_EMPTY: Final = frozenset({"contradiction", "contradictions", "finding", "findings", "note", "notes"})
# Instructions ask for a few words on these, and for nothing where there is nothing to say: a phrase, of one or two.
_DETAIL_LISTS: Final = frozenset({"parameters", "raises"})
_DETAILS: Final = frozenset({"returns", "effects", *_DETAIL_LISTS})
_OFTEN_EMPTY: Final = frozenset({"raises", "effects"})  # for every other subject


@dataclass(frozen=True, slots=True)
class _Material:
    """What one subject's sentences are made of."""

    identity: str
    names: Sequence[str]
    numbers: Sequence[int]
    paths: Sequence[str]
    sides: tuple[str, str]  # a few of its author's words, and a line of its code; empty where there are none


def reply(
    prompt: str, schema: Mapping[str, object], *, invent: float = 0.0, contradict: float = 0.0, seed: int = 0
) -> object:
    """A value that fits the schema. `invent`: the share of identifiers that stand nowhere in the prompt; `contradict`:
    of the findings that are there."""
    digest = hashlib.sha256(f"{seed}\0{prompt}".encode("utf-8", "replace")).digest()
    writer = _Writer(schema, random.Random(digest), invent, contradict)  # noqa: S311 - it shall be the same again
    return writer.value(schema, _material("", prompt), _subjects(prompt))


def ids(prompt: str) -> list[str]:
    """What the prompt asks about, by the lines that introduce it."""
    return _SUBJECT.findall(prompt)


def _subjects(prompt: str) -> list[_Material]:
    places = [*_SUBJECT.finditer(prompt)]
    ends = [*(place.start() for place in places), len(prompt)]
    texts = [prompt[place.end() : end] for place, end in zip(places, ends[1:], strict=True)]
    # Of a subject the first data after its line is its own; what follows may be about the next one.
    own = [found[0] if (found := _DATA.search(text)) else text for text in texts]
    return [_material(place[1], text) for place, text in zip(places, own, strict=True)]


def _material(identity: str, text: str) -> _Material:
    """Of the data in it where there is any: the rest of a prompt is instructions, no code."""
    data = "\n".join(found[2] for found in _DATA.finditer(text)) or text
    names = [*dict.fromkeys([*_DEFINED.findall(data), *_CODE.findall(data)])][:40]
    names = names or [*dict.fromkeys(_WORD.findall(data))][:40]  # material without code is told in its words
    numbers = [int(number) for number in dict.fromkeys(_NUMBERED.findall(data))]
    return _Material(identity, names, numbers, [*dict.fromkeys(_PATH.findall(text))], _sides(data))


def _sides(data: str) -> tuple[str, str]:
    authored = _AUTHORED.search(data)
    if authored is None:
        return "", ""
    coded = _LINE.search(data, authored.end())
    return " ".join(authored[1].split()[:4]), coded[1] if coded else ""


class _Writer:
    def __init__(self, root: Mapping[str, object], chance: random.Random, invent: float, contradict: float) -> None:
        self._root = root
        self._chance = chance
        self._invent = invent
        self._contradict = contradict

    def value(self, schema: object, about: _Material, subjects: Sequence[_Material], name: str = "") -> object:
        """A value for a schema; `subjects` are those that no array has listed yet, `name` that of the property."""
        if not isinstance(schema, Mapping):
            return None
        if "$ref" in schema:
            return self.value(self._target(str(schema["$ref"])), about, subjects, name)
        for choice in ("anyOf", "oneOf", "allOf"):
            options = schema.get(choice)
            if isinstance(options, list) and options:
                return self.value(options[0], about, subjects, name)
        if "const" in schema:
            return schema["const"]
        options = schema.get("enum")
        if isinstance(options, list) and options:
            return self._chance.choice(options)
        kind = schema.get("type", "object" if "properties" in schema else "string")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "null")
        if kind == "object":
            return self._object(schema, about, subjects)
        if kind == "array":
            return self._array(schema, about, subjects, name)
        return self._plain(str(kind), schema, about, name)

    def _target(self, reference: str) -> object:
        found: object = self._root
        for part in reference.removeprefix("#/").split("/"):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    def _object(self, schema: Mapping[str, object], about: _Material, subjects: Sequence[_Material]) -> object:
        properties = schema.get("properties")
        if not isinstance(properties, Mapping):
            return {}
        made = {str(name): self.value(one, about, subjects, str(name)) for name, one in properties.items()}
        start, end = made.get("start_line"), made.get("end_line")
        if isinstance(start, int) and isinstance(end, int) and end < start:
            made["start_line"], made["end_line"] = end, start
        return made

    def _array(
        self, schema: Mapping[str, object], about: _Material, subjects: Sequence[_Material], name: str
    ) -> list[object]:
        items = schema.get("items")
        properties = items.get("properties") if isinstance(items, Mapping) else None
        if subjects and isinstance(properties, Mapping) and "id" in properties:
            return [self.value(items, one, ()) for one in subjects]
        least, most = _bound(schema, "minItems", 0), _bound(schema, "maxItems", 3)
        if name in _USUALLY_EMPTY and least == 0:
            return []
        if name in _OFTEN_EMPTY and least == 0 and self._chance.random() < 0.5:
            return []
        if name in _DETAIL_LISTS:
            most = min(most, 2)
        number = self._chance.randint(max(least, min(1, most)), max(least, most, 1) if most else 0) if most else 0
        return [self.value(items, about, subjects, name) for _ in range(min(number, max(least, 3)))]

    def _plain(self, kind: str, schema: Mapping[str, object], about: _Material, name: str) -> object:
        if kind == "boolean":
            return self._chance.random() < 0.5
        if kind == "null":
            return None
        if kind in ("integer", "number"):
            least, most = _bound(schema, "minimum", 1), _bound(schema, "maximum", 10**6)
            fitting = [number for number in about.numbers if least <= number <= most]
            return self._chance.choice(fitting) if fitting else least
        return self._text(schema, about, name)

    def _text(self, schema: Mapping[str, object], about: _Material, name: str) -> str:
        if name == "id":
            return about.identity or "1"
        if name in _USUALLY_EMPTY and not (self._contradict and self._chance.random() < self._contradict):
            return ""
        if name == "contradiction":
            said, does = about.sides
            return f"It says `{said}`, but `{does}` is what it does" if said and does else ""
        if name == "path":
            return self._chance.choice(about.paths) if about.paths else ""
        if name in ("name", "term", "symbol"):
            return self._name(about)
        if name in _OFTEN_EMPTY and name not in _DETAIL_LISTS and self._chance.random() < 0.5:
            return ""
        forms = _PHRASES if name in _DETAILS else _SENTENCES
        text = self._chance.choice(forms).format(a=f"`{self._name(about)}`", b=f"`{self._name(about)}`")
        if name in _DETAIL_LISTS:
            text = f"{self._name(about)}: {text}"  # instructions ask for `name: meaning`
        if about.numbers and self._chance.random() < 0.3:
            text += f", from line {self._chance.choice(about.numbers)} on"
        return f"{text}."[: _bound(schema, "maxLength", 10_000)]

    def _name(self, about: _Material) -> str:
        if not about.names or self._chance.random() < self._invent:
            return "_".join("".join(self._chance.choices(_SYLLABLES, k=2)) for _ in range(2))
        return self._chance.choice(about.names)


def _bound(schema: Mapping[str, object], name: str, otherwise: int) -> int:
    value = schema.get(name)
    return int(value) if isinstance(value, (int, float)) else otherwise
