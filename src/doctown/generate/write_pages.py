"""Writes the pages of files, parts, the repository and artifacts: every sentence a claim that cites lines.

A sentence that names what does not exist is left out, after the model was told once; one whose lines do not show it
stays and is marked. A page says how many of its sentences are supported. Diagrams, lists and links are those of the
page that was written without a model, and stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from doctown.generate import ground, ground_code
from doctown.generate.extract.words import counted
from doctown.generate.ground_words import WORD, names, stems
from doctown.generate.kept import Decided, Record, gone, leaning, repeats
from doctown.generate.llm.contract import Outcome, Refusal
from doctown.generate.prompts import outline as outlines
from doctown.generate.prompts import pages
from doctown.generate.prompts.forms import Question, Said, Sentence
from doctown.generate.prompts.outline import Outline, Told
from doctown.generate.write_again import Doubt, said_again
from doctown.generate.write_desk import Desk, why
from doctown.generate.write_symbols import OVER
from doctown.generate.write_text import markdown, plain
from doctown.model import Artifact, Claim, Page, SubjectKind, Verdict

MAX_BATCH = 10  # artifacts in a prompt
# Sentences of a section: what is asked for, and room for one or two that a project may well need.
_MOST = {"purpose": 3, "workings": 8, "architecture": 8, "flows": 6, "glossary": 12}
_MOST_ELSEWHERE = 3
ENTRIES = 2  # of an outline, that a doubted sentence is said anew from
_TITLES = {
    "workings": "How it works", "start": "Where to start reading", "purpose": "Purpose", "flows": "Main flows",
    "architecture": "How it is put together", "build": "Building", "run": "Running", "test": "Testing",
    "configure": "Configuring", "deploy": "Deploying", "glossary": "Terms",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A page to be written."""

    form: SubjectKind
    key: str
    outline: Outline
    decided: Decided


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A sentence, the verdict on it, and why it is left out, if so."""

    sentence: Sentence
    verdict: Verdict
    problems: tuple[str, ...]


def told_by(desk: Desk) -> Told:
    """What is known by now, in a model's words where there are some."""
    return Told(
        symbol=desk.told,
        file=lambda path: desk.told_files.get(path) or desk.view.file_summaries.get(path, ""),
        cluster=lambda key: desk.told_clusters.get(key) or desk.bases["cluster", key].summary,
    )


def file_subject(desk: Desk, path: str) -> Subject:
    """A file, decided by its outline in its authors' words: by its members, their declarations and documentation, and
    which of them use which. An edit inside of a body leaves what was said, which is then judged by the new lines and,
    where it repeats what a member was said to do, by what is said of that member now."""
    stable = outlines.file_outline(desk.view, path, outlines.authors_alone(desk.view))
    return _subject("file", path, outlines.file_outline(desk.view, path, told_by(desk)), stable)


def cluster_subject(desk: Desk, key: str) -> Subject:
    """A part, decided by its outline in its authors' words."""
    cluster = desk.view.repository.clusters[key]
    stable = outlines.cluster_outline(desk.view, desk.layout, cluster, outlines.authors_alone(desk.view))
    return _subject("cluster", key, outlines.cluster_outline(desk.view, desk.layout, cluster, told_by(desk)), stable)


def repository_subject(desk: Desk) -> Subject:
    """The repository, decided by its outline in its authors' words."""
    stable = outlines.repository_outline(desk.view, desk.layout, outlines.authors_alone(desk.view))
    return _subject("repository", "", outlines.repository_outline(desk.view, desk.layout, told_by(desk)), stable)


def _subject(form: SubjectKind, key: str, outline: Outline, stable: Outline) -> Subject:
    basis = outlines.digest(form, key, stable.text)
    decided = Decided(basis=basis, own=stable.text, shown=outline.text)
    return Subject(form=form, key=key, outline=outline, decided=decided)


# --- writing ------------------------------------------------------------------------------------------------------


def write_pages(desk: Desk, subjects: Sequence[Subject], chosen: Collection[str]) -> Iterator[Page]:
    """The pages of subjects of one form, asked at the same time. Of those whose key is not in `chosen` what is kept is
    used and nothing is asked."""
    subjects = [subject for subject in subjects if subject.outline.anchors]
    judged = _recalled(desk, subjects, chosen)
    asked = [subject for subject in subjects if subject.key not in judged and subject.key in chosen]
    questions = [pages.page_question(subject.form, subject.outline) for subject in asked]
    outcomes = desk.ask(questions)
    outcomes = _repaired(desk, asked, questions, outcomes)
    reasons = {subject.key: OVER for subject in subjects if subject.key not in judged and subject.key not in chosen}
    records: dict[Decided, Record] = {}
    for subject, outcome in zip(asked, outcomes, strict=True):
        if isinstance(outcome, Refusal):
            reasons[subject.key] = why(outcome)
            continue
        sentences = outcome.value if isinstance(outcome.value, tuple) else ()
        judged[subject.key] = _judge(desk, subject, sentences), outcome.model
        records[subject.decided] = _record(subject, sentences, outcome.model)
    if records:
        desk.keep(subjects[0].form, records)
    for subject in subjects:
        found = judged.get(subject.key)
        yield _page(desk, subject, found[0] if found else [], found[1] if found else "", reasons.get(subject.key, ""))


def _record(subject: Subject, sentences: Sequence[Sentence], model: str) -> Record:
    """A page as it is kept, with what it owes to others' descriptions."""
    links = _links(subject.outline)
    rows = [[one.section, one.text, links[one.cite], one.term] for one in sentences]
    return {"model": model, "sentences": rows, "leans": leaning([one.text for one in sentences], subject.decided)}


def _recalled(desk: Desk, subjects: Sequence[Subject], chosen: Collection[str]) -> dict[str, tuple[list[Judged], str]]:
    """Pages that were accepted before, judged again against what is there now. Of those that repeat what is no longer
    said of what they tell about, the sentences that do so are asked about anew, and go if nothing comes of that."""
    found: dict[str, tuple[list[Judged], str]] = {}
    if not subjects:
        return found
    standing, stale = desk.recall(subjects[0].form, [subject.decided for subject in subjects])
    doubted: list[_Doubted] = []
    for subject in subjects:
        record = standing.get(subject.decided.basis) or stale.get(subject.decided.basis) or {}
        model, sentences = record.get("model"), _read(record, subject)
        if not sentences or not isinstance(model, str):
            continue
        if subject.decided.basis in standing:
            found[subject.key] = _judge(desk, subject, sentences), model
            desk.tally.kept += 1
        else:
            words = gone(record.get("leans"), subject.decided, desk.common())
            lines = [subject.outline.anchors[one.cite].lines for one in sentences]
            places = [at for at, one in enumerate(sentences) if repeats(one.text, words, lines[at])]
            doubted.append(_Doubted(subject=subject, sentences=sentences, places=places, model=model))
    for one, renewed in _renewed(desk, doubted, chosen):
        found[one.subject.key] = _judge(desk, one.subject, renewed), one.model
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Doubted:
    """A kept page of which some sentences, by their places, repeat what is no longer so."""

    subject: Subject
    sentences: Sequence[Sentence]
    places: Sequence[int]
    model: str


def _read(record: Record, subject: Subject) -> list[Sentence]:
    """The sentences of a kept page whose entries are there still."""
    rows = record.get("sentences")
    numbers = {link: number for number, link in _links(subject.outline).items()}
    return [
        Sentence(section=row[0], text=row[1], cite=numbers[row[2]], term=row[3])
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, list) and len(row) == 4 and all(isinstance(cell, str) for cell in row)
        if row[2] in numbers and (row[0] == "summary" or row[0] in _TITLES)
    ]


def _renewed(
    desk: Desk, doubted: Sequence[_Doubted], chosen: Collection[str]
) -> Iterator[tuple[_Doubted, Sequence[Sentence]]]:
    """Pages with their doubted sentences said anew."""
    waiting = [(one, at) for one in doubted if one.subject.key in chosen for at in one.places]
    said = said_again(desk, [_doubt(one.subject, one.sentences[at]) for one, at in waiting])
    new = {(one.subject.key, at): text for (one, at), text in zip(waiting, said, strict=True)}
    for one in doubted:
        texts = {at: new.get((one.subject.key, at), "") for at in one.places}
        kept = [replace(each, text=texts.get(at, each.text)) for at, each in enumerate(one.sentences)]
        kept = [each for each in kept if each.text]
        if kept and all(texts.values()):  # what failed for now is tried again by the next build
            desk.keep(one.subject.form, {one.subject.decided: _record(one.subject, kept, one.model)})
        if kept:
            yield one, kept


def _doubt(subject: Subject, sentence: Sentence) -> Doubt:
    entries = ground.nearest(sentence.text, sentence.cite, subject.outline.anchors, ENTRIES)
    return Doubt(text=sentence.text, entries=tuple(anchor.entry for anchor in entries))


def _links(outline: Outline) -> dict[str, str]:
    """Each entry's number with what it is kept under: its link, and the how-manieth entry with that link it is."""
    seen: Counter[str] = Counter()
    found = {}
    for number, anchor in outline.anchors.items():
        seen[anchor.link] += 1
        found[number] = f"{seen[anchor.link]} {anchor.link}"
    return found


def _repaired(
    desk: Desk, asked: Sequence[Subject], questions: Sequence[Question], outcomes: Sequence[Outcome]
) -> list[Outcome]:
    """The outcomes, each answer of which something does not hold replaced by a second one, where there is one."""
    result = list(outcomes)
    sent: list[tuple[int, Question]] = []
    for place, (subject, question, outcome) in enumerate(zip(asked, questions, outcomes, strict=True)):
        if isinstance(outcome, Refusal) or not isinstance(outcome.value, tuple) or not desk.asker.checks:
            continue
        judged = _judge(desk, subject, outcome.value)
        wrong = [f"{one.sentence.text[:60]!r}: {problem}" for one in judged for problem in one.problems]
        if wrong:
            said = [{"section": one.section, "text": one.text, "cite": one.cite} for one in outcome.value]
            sent.append((place, Question(request=pages.repair(question, said, wrong), expected=question.expected)))
    desk.tally.repairs += len(sent)
    for (place, _), outcome in zip(sent, desk.ask([question for _, question in sent]), strict=True):
        if not isinstance(outcome, Refusal) and isinstance(outcome.value, tuple):
            first, subject = result[place], asked[place]
            before = first.value if not isinstance(first, Refusal) and isinstance(first.value, tuple) else ()
            if _worth(desk, subject, outcome.value) >= _worth(desk, subject, before):
                result[place] = outcome
    return result


def _worth(desk: Desk, subject: Subject, sentences: tuple[Sentence, ...]) -> int:
    """How many sentences of an answer hold."""
    return sum(one.verdict == "supported" for one in _judge(desk, subject, sentences))


def _judge(desk: Desk, subject: Subject, sentences: Sequence[Sentence]) -> list[Judged]:
    """The verdict on each sentence. What names things that do not exist has problems and is left out."""
    if not desk.asker.checks:
        return [Judged(sentence=one, verdict="supported", problems=()) for one in sentences]
    outline = subject.outline
    result = []
    for one in sentences:
        told = f"`{one.term}`: {one.text}" if one.term else one.text
        cite = ground.best_anchor(told, one.cite, outline.anchors)
        evidence = ground.Evidence(outline.text, outline.anchors[cite or one.cite].lines)
        wrong = ground.problems(one.text, desk.vocabulary, evidence)
        if one.term and ground_code.only_its_name(one.text, one.term):
            wrong.append(f"it says no more of {one.term[:60]!r} than its name does")
        if one.term:
            wrong += ground.problems(f"`{one.term}` is a term", desk.vocabulary, evidence)
        if one.section == "flows" and not _is_flow(told, cite or one.cite, outline):
            wrong.append("it is no flow: say what happens from an entry point, or leave it out")
        verdict: Verdict = "supported" if cite else "unsupported"
        if not wrong and not cite:
            wrong = [UNSHOWN]
        result.append(Judged(sentence=replace(one, cite=cite or one.cite), verdict=verdict, problems=tuple(wrong)))
    return result


def _is_flow(sentence: str, cite: str, outline: Outline) -> bool:
    """Whether a sentence tells of something that runs: of an entry point, or of a step on the way from one."""
    steps = " ".join(outline.anchors[number].entry.partition(": ")[2] for number in outline.starts)
    passed = set(WORD.findall(steps))
    return cite in outline.starts or any(
        name.removesuffix("()").rsplit(".", 1)[-1] in passed for name in names(sentence)
    )


UNSHOWN = "no entry shows it: say what an entry shows, or leave it out"


def _left_out(judged: Judged) -> bool:
    return any(problem != UNSHOWN for problem in judged.problems)


# --- pages --------------------------------------------------------------------------------------------------------


def _once(judged: Sequence[Judged]) -> list[Judged]:
    """Without the sentences that say again what an earlier one says."""
    kept: list[Judged] = []
    said: list[set[str]] = []
    for one in judged:
        if not one.sentence.term:
            if any(ground.repeats(one.sentence.text, earlier) for earlier in said):
                continue
            said.append(stems(one.sentence.text))
        kept.append(one)
    return kept


def _within_bounds(judged: Sequence[Judged]) -> list[Judged]:
    """The first sentences of each section: where a model goes on and on, what comes late is the weakest."""
    seen: Counter[str] = Counter()
    kept = []
    for one in judged:
        seen[one.sentence.section] += 1
        if seen[one.sentence.section] <= _MOST.get(one.sentence.section, _MOST_ELSEWHERE):
            kept.append(one)
    return kept


def _page(desk: Desk, subject: Subject, judged: Sequence[Judged], model: str, reason: str) -> Page:
    base = desk.bases[subject.form, subject.key]
    held = [one for one in judged if not _left_out(one)]
    told = _once(held)
    kept = _within_bounds(told)
    first = next((one for one in kept if one.sentence.section in ("summary", "purpose")), None)
    if not kept:
        reason = reason or "not written by a model: what it said does not hold"
        desk.tally.unwritten[reason] += 1
        return replace(base, status="unwritten", reason=reason)
    supported = sum(one.verdict == "supported" for one in kept)
    desk.tally.written[subject.form] += 1
    desk.tally.sentences += len(kept)
    desk.tally.supported += supported
    desk.tally.dropped += len(judged) - len(kept)
    said = plain(first.sentence.text) if first else base.summary
    if first and subject.form == "file":
        desk.told_files[subject.key] = said
    elif first and subject.form == "cluster":
        desk.told_clusters[subject.key] = said
    authored = base.origin == "docstring"  # the author's words stay in front, as they are
    body = _body(subject, [one for one in kept if authored or one is not first], base.body)
    share = (
        f"{supported} of {counted(len(kept), 'sentence')} by the model {'is' if supported == 1 else 'are'} supported"
    )
    why = [
        f"; {count} more {reason} and were left out"
        for count, reason in (
            (len(judged) - len(held), "did not hold"),
            (len(held) - len(told), "said again what was said"),
            (len(told) - len(kept), "went beyond the room of a section"),
        )
        if count
    ]
    note = f"_{share} by the lines they cite{''.join(why)}._"
    poor = 2 * supported < len(kept)
    return replace(
        base,
        summary=base.summary if authored else said,
        body=f"{body}\n\n{note}",
        origin="model",
        model=model,
        status="unsupported" if poor else "complete",
        reason=share if poor else "",
        claims=tuple(claim for one in kept for claim in _claims(desk, subject, one)) + base.claims,
    )


def _claims(desk: Desk, subject: Subject, judged: Judged) -> tuple[Claim, ...]:
    anchor = subject.outline.anchors[judged.sentence.cite]
    claims = desk.view.claim(plain(judged.sentence.text), anchor.path, anchor.start_line, anchor.end_line)
    return tuple(replace(claim, verdict=judged.verdict) for claim in claims)


def _body(subject: Subject, kept: Sequence[Judged], base: str) -> str:
    """The model's sentences by section, in front of what was there."""
    parts: list[str] = []
    sections: dict[str, list[Judged]] = {}
    for one in kept:
        name = {"summary": "workings"}.get(one.sentence.section, one.sentence.section)
        sections.setdefault(name, []).append(one)
    for name, found in sections.items():
        if name == "glossary":
            lines = [f"- **{markdown(one.sentence.term)}**: {_shown(subject, one)}" for one in found]
            text = "\n".join(lines)
        else:
            text = " ".join(_shown(subject, one) for one in found)
        parts.append(f"## {_TITLES[name]}\n\n{text}")
    return "\n\n".join([*parts, base] if base else parts)


def _shown(subject: Subject, judged: Judged) -> str:
    """A sentence with a link to what it cites, and a mark if that does not show it."""
    link = subject.outline.anchors[judged.sentence.cite].link
    mark = "" if judged.verdict == "supported" else " _(unsupported)_"
    text = markdown(judged.sentence.text)
    return f"{text if text.endswith(('.', '!', '?')) else f'{text}.'} ({link}){mark}"


# --- artifacts ----------------------------------------------------------------------------------------------------


def artifact_decided(artifact: Artifact) -> Decided:
    """What decides the answer about an artifact: itself alone."""
    text = pages.artifact_text(artifact)
    return Decided(basis=outlines.digest("artifact", artifact.key, text), own=text, shown=text)


def write_artifacts(desk: Desk, artifacts: Sequence[Artifact], chosen: Collection[str]) -> Iterator[Page]:
    """Pages of artifacts: one sentence on what each is for, before what it consists of."""
    decided = {one.key: artifact_decided(one) for one in artifacts}
    records, _ = desk.recall("artifact", list(decided.values()))
    said: dict[str, tuple[str, str]] = {}
    for artifact in artifacts:
        record = records.get(decided[artifact.key].basis)
        if record and isinstance(record.get("summary"), str):
            said[artifact.key] = str(record["summary"]), str(record.get("model", ""))
            desk.tally.kept += 1
    missing = [one for one in artifacts if one.key not in said and one.key in chosen]
    asked = [pages.artifact_question(missing[at : at + MAX_BATCH]) for at in range(0, len(missing), MAX_BATCH)]
    reasons = {one.key: OVER for one in artifacts if one.key not in said and one.key not in chosen}
    fresh: dict[Decided, Record] = {}
    for (_, identities), outcome in zip(asked, desk.ask([question for question, _ in asked]), strict=True):
        if isinstance(outcome, Refusal):
            reasons.update((one.key, why(outcome)) for one in identities.values())
            continue
        for identity, one in identities.items():
            answer = outcome.value.get(identity) if isinstance(outcome.value, dict) else None
            if isinstance(answer, Said):
                said[one.key] = answer.summary, outcome.model
                fresh[decided[one.key]] = {"summary": answer.summary, "model": outcome.model}
    desk.keep("artifact", fresh)
    for artifact in artifacts:
        summary, model = said.get(artifact.key, ("", ""))
        reason = reasons.get(artifact.key, "not written by a model: the model gave no answer about it")
        yield _artifact_page(desk, artifact, summary, model, reason)


def _artifact_page(desk: Desk, artifact: Artifact, summary: str, model: str, reason: str) -> Page:
    base = desk.bases["artifact", artifact.key]
    lines = desk.view.repository.read(artifact.path).split("\n")[artifact.start_line - 1 : artifact.end_line]
    evidence = ground.Evidence(pages.artifact_text(artifact), "\n".join(lines))
    wrong = ground.problems(summary, desk.vocabulary, evidence) if summary and desk.asker.checks else []
    known = f"{base.summary} {artifact.kind} {artifact.name} {artifact.path} environment".replace("_", " ")
    if summary and desk.asker.checks and stems(summary) <= stems(known):
        wrong.append("it says no more than the page did without a model")
    if not summary or wrong:
        desk.tally.dropped += bool(wrong)
        reason = f"not written by a model: {wrong[0]}" if wrong else reason
        desk.tally.unwritten[reason] += 1
        return replace(base, status="unwritten", reason=reason)
    desk.tally.written["artifact"] += 1
    body = f"{base.summary}\n\n{base.body}" if base.summary else base.body
    claims = desk.view.claim(plain(summary), artifact.path, artifact.start_line, artifact.end_line)
    return replace(base, summary=plain(summary), body=body, origin="model", model=model, claims=claims)
