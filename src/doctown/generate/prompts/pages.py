"""Asking about files, parts, the repository and artifacts, and sending back what did not hold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from doctown.generate.extract.artifacts import kind_title
from doctown.generate.llm.contract import Request
from doctown.generate.llm.tokens import count
from doctown.generate.prompts import forms
from doctown.generate.prompts.fence import fenced, subject
from doctown.generate.prompts.outline import Outline
from doctown.model import Artifact

MAX_DETAIL = 1200  # characters of an artifact's detail
_EXPECTED_TOKENS = {"file": 260, "cluster": 300, "repository": 900}


def page_question(form: str, outline: Outline) -> forms.Question:
    """The question about one file, part or repository."""
    anchors = list(outline.anchors)
    request = Request(
        purpose=form,
        system=forms.SYSTEMS[form],
        prompt=fenced(outline.text),
        schema=forms.page_schema(form, anchors, outline.without),
        schema_name=f"page_{form}",
        max_tokens=forms.reply_limit(_EXPECTED_TOKENS[form]),
        parse=forms.read_page(form, anchors, outline.without),
    )
    return forms.Question(request=request, expected=forms.expected_page(form, anchors, outline.without))


def artifact_text(artifact: Artifact) -> str:
    """What a prompt says of an artifact."""
    detail = artifact.detail
    if len(detail) > MAX_DETAIL:
        detail = f"{detail[:MAX_DETAIL]}\n[{len(detail) - MAX_DETAIL} characters are left out here]"
    return f"{kind_title(artifact)} {artifact.name} in {artifact.path}\n{artifact.summary}\n{detail}"


def artifact_question(batch: Sequence[Artifact]) -> tuple[forms.Question, Mapping[str, Artifact]]:
    """The question about a batch of artifacts, and which id in it stands for which."""
    identities = {f"a{place}": artifact for place, artifact in enumerate(batch, 1)}
    prompt = "\n".join(f"{subject(one)}\n{fenced(artifact_text(artifact))}" for one, artifact in identities.items())
    items = [forms.expected_item("artifact", identity) for identity in identities]
    request = Request(
        purpose="artifact",
        system=forms.SYSTEMS["artifact"],
        prompt=prompt,
        schema=forms.items_schema("artifact"),
        schema_name="artifacts",
        max_tokens=forms.reply_limit(60 * len(items)),
        parse=forms.read_items("artifact", identities),
    )
    return forms.Question(request=request, expected={"items": items}), identities


def sentence_question(batch: Sequence[tuple[str, Sequence[str]]]) -> tuple[forms.Question, Sequence[str]]:
    """The question about sentences that repeat what is no longer so, each with the entries that it tells about; and
    the ids under which they are answered, in their order."""
    identities = [f"t{place}" for place in range(1, len(batch) + 1)]
    parts = []
    for identity, (text, entries) in zip(identities, batch, strict=True):
        material = "\n".join([*entries, f"sentence: {text}"])
        parts.append(f"{subject(identity)}\n{fenced(material)}")
    items = [forms.expected_item("sentence", identity) for identity in identities]
    request = Request(
        purpose="sentences",
        system=forms.SYSTEMS["sentence"],
        prompt="\n".join(parts),
        schema=forms.items_schema("sentence"),
        schema_name="sentences",
        max_tokens=forms.reply_limit(60 * len(items)),
        parse=forms.read_items("sentence", identities),
    )
    return forms.Question(request=request, expected={"items": items}), identities


def repair(question: forms.Question, answer: object, problems: Sequence[str]) -> Request:
    """The same question once more, with the answer that was given and what is wrong with it. The answer is quoted as
    data: what a model repeats of a repository is the repository's text still."""
    said = fenced(json.dumps(answer, ensure_ascii=False))
    listed = fenced("\n".join(f"- {problem}" for problem in problems))
    prompt = (
        f"{question.request.prompt}\n\nThis answer was given before:\n{said}\nIt was compared with the material. These"
        f" things in it do not hold:\n{listed}\nAnswer again, about all of it, without them."
    )
    return replace(question.request, purpose="repair", prompt=prompt)


def tokens_in(request: Request) -> int:
    """Tokens of a request as a server counts them, by o200k: instructions, prompt, schema, a few for the frame."""
    return count(request.system) + count(request.prompt) + count(json.dumps(request.schema)) + FRAME


FRAME = 8
