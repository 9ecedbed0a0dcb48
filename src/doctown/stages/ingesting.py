"""Runs the ingestion of a source and keeps what was read in the draft."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from doctown import facts as codec
from doctown import languages
from doctown.docpack.draft import Draft
from doctown.embed.wordpiece import count_lines
from doctown.errors import BuildFailed, InputError
from doctown.ingest import fetch, pool, walk
from doctown.ingest.parse import Reader, headers_of
from doctown.keep import Keep
from doctown.languages.macros import is_header
from doctown.languages.reading import hangs_on_headers
from doctown.model import Chunk, Entry, File, Progress, Reading
from doctown.settings import Settings
from doctown.stages.common import BATCH_FILES, PARSED, Intake, Listener, Notes, batches, code

FACTS_FILE, FACTS_BYTES = "facts-1.sqlite", 1 << 30
VERDICTS_FILE, VERDICTS_BYTES = "verdicts-1.sqlite", 64 << 20
STORED_FILES = 16  # in one transaction: few, since whoever embeds waits for them
Taker = Callable[[Iterable[tuple[int, Chunk]]], None]
FAILURES = ("parsing ", "the parser", "nested too", "could not be read")  # reasons that are no decision of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much of a source is read, and what reading a file may take."""

    walk: walk.WalkLimits
    pool: pool.Limits


def ingest(
    draft: Draft, tree: fetch.Tree, ours: Collection[str], bounds: Bounds,
    settings: Settings, notes: Notes, listener: Listener, take: Taker = lambda _: None,
) -> Intake:  # fmt: skip
    """Reads every file of the source into the draft. What is there already, unchanged, is not parsed again. Paths in
    `ours` are what this build writes itself, and no part of the source. `take` is given the chunks of what was read, by
    id, once they are in the draft, where they stay."""
    with notes.timed("ingest"):
        wanted, skipped = _plan(tree, ours, bounds.walk)
        known = {file.path: file for file in draft.files()}
        headers = headers_of(tree.read([entry.path for entry in wanted if is_header(entry.path)]))
        declared = headers.digest()
        moved, declared_before = _moved(draft, declared, known)
        unkept = draft.unkept()
        intake = Intake(whole=draft.whole)
        met = {entry.path for entry in wanted} | {file.path for file in skipped}
        _replace(draft, intake, known, {path: None for path in known if path not in met})
        _replace(draft, intake, known, {file.path: file for file in skipped if known.get(file.path) != file})
        total = len(wanted)
        done = 0
        reused: set[str] = set()
        verdicts = Verdicts(settings)

        def tasks() -> Iterator[tuple[str, bytes]]:
            nonlocal done
            for path, data in tree.read([entry.path for entry in wanted]):
                before = known.get(path)
                digest = hashlib.sha256(data)
                stale = before is None or path in unkept or (moved and hangs_on_headers(before.language))
                if before is not None and not stale and _is_known(before, digest.digest(), verdicts, notes):
                    reused.add(path)
                    done += 1
                    continue
                yield path, data

        reader = Reader(count_lines, headers)
        limits_of_pool = pool.Limits(
            seconds=bounds.pool.seconds,
            memory=bounds.pool.memory,
            workers=bounds.pool.workers or settings.workers,
        )
        read: set[str] = set()
        for batch in batches(pool.run(reader, tasks(), limits_of_pool), STORED_FILES):
            readings = [_reading(path, data, result, notes) for (path, data), result in batch]
            take(_store(draft, readings, known, intake))
            verdicts.note(batch, readings)
            read.update(reading.file.path for reading in readings)
            done += len(batch)
            listener(Progress(stage="ingest", done=done, total=total, note=readings[-1].file.path))
        _unread(draft, tree, {entry.path: entry.size for entry in wanted}, reused | read, known, intake, notes)
        listener(Progress(stage="ingest", done=total, total=total))
        verdicts.close()
        draft.finish(f"headers {declared}")
        _recall_facts(draft, reader, limits_of_pool, settings, intake, (declared_before, declared))
    _account(draft, tree, notes)
    return intake


def _moved(draft: Draft, digest: str, known: Mapping[str, File]) -> tuple[bool, str]:
    """(whether what is in the draft was read with headers that declared other things, what those declared): then files
    that may include them are read again, though they are the same. A build that is resumed goes on as it began."""
    done, moving = f"headers {digest}", f"headers moving to {digest}"
    if not known or draft.is_done(done):
        draft.finish(done)
        return False, digest
    sources = ((path, draft.read_source(path)) for path in known if is_header(path))
    before = headers_of((path, data) for path, data in sources if data is not None).digest()
    moved = before != digest or draft.is_done(moving)
    draft.finish(moving if moved else done)
    return moved, before


class Verdicts:
    """What came of reading files whose content is not packed as it is: those that were skipped for what is in them, and
    those with secrets. Kept between builds, so that a rebuild need not read them again to know that they are the same.
    """

    def __init__(self, settings: Settings) -> None:
        self._keep = Keep(settings.cache, VERDICTS_FILE, max_bytes=VERDICTS_BYTES)
        self._namespace = f"verdicts {code()}"

    def of(self, path: str, digest: bytes) -> tuple[File, list[str]] | None:
        """The file that content of this SHA-256 made, and the rules that masked secrets in it, if that was kept."""
        key = _key(path, digest.hex())
        found = self._keep.get(self._namespace, [key]).get(key)
        if found is None:
            return None
        fields, rules = json.loads(found)
        return File(**fields), rules

    def note(self, batch: Sequence[tuple[tuple[str, bytes], object]], readings: Sequence[Reading]) -> None:
        """Keeps what came of these files, as far as their own digests do not tell."""
        values: dict[bytes, bytes] = {}
        for ((path, data), result), reading in zip(batch, readings, strict=True):
            digest = hashlib.sha256(data).hexdigest()
            if reading.file.sha256 != digest and not isinstance(result, pool.Lost):
                values[_key(path, digest)] = json.dumps([asdict(reading.file), reading.rules]).encode()
        if values:
            self._keep.put(self._namespace, values)

    def close(self) -> None:
        """Gives the cache back."""
        self._keep.close()


def _is_known(before: File, digest: bytes, verdicts: Verdicts, notes: Notes) -> bool:
    """Whether reading a file would give what is in the draft."""
    if before.sha256 == digest.hex() and not before.redactions:
        return True
    kept = verdicts.of(before.path, digest)
    if kept is None or kept[0] != before:
        return False
    notes.redactions.update(kept[1])
    return True


def _plan(tree: fetch.Tree, ours: Collection[str], limits: walk.WalkLimits) -> tuple[list[Entry], list[File]]:
    """What is read and what is skipped; the source itself may have refused a file, as for a name that is no text."""
    wanted, skipped = walk.plan([entry for entry in tree.entries() if entry.path not in ours], limits)
    refused = dict(tree.refused)
    skipped += [
        File(path=one.path, language="", size=one.size, lines=0, sha256="", status="skipped", reason=refused[one.path])
        for one in wanted
        if one.path in refused
    ]
    return [entry for entry in wanted if entry.path not in refused], skipped


def _replace(draft: Draft, intake: Intake, known: Mapping[str, File], files: Mapping[str, File | None]) -> None:
    """Takes files out of the draft, or puts such without content into their place."""
    intake.changed.update({path: known.get(path) for path in files})
    there = [path for path in files if path in known]
    with draft.replacing(there) as edges:
        draft.add_files((file, None) for file in files.values() if file is not None)
    intake.edges.extend(edges)


def _recall_facts(
    draft: Draft, reader: Reader, workers: pool.Limits, settings: Settings, intake: Intake, declared: tuple[str, str]
) -> None:
    """Sees to it that the facts of every parsed file are in the intake, and in the cache for the next build.

    Facts are dropped when a pack is sealed, so those of a file that was reused from a pack come from the cache, or
    where that was lost, from parsing the packed text again. `declared`: what headers declared, before and now.
    """
    keep = Keep(settings.cache, FACTS_FILE, max_bytes=FACTS_BYTES)
    try:
        namespace = f"facts {languages.fingerprint()}"
        known = dict(draft.facts())
        with_headers = {path for path, language in draft.languages().items() if hangs_on_headers(language)}
        headers_before, headers = declared
        keys = {
            _key(path, sha256, headers if path in with_headers else ""): path
            for path, sha256 in draft.hashes(PARSED).items()
        }
        before = {
            _key(path, file.sha256, headers_before if hangs_on_headers(file.language) else ""): path
            for path, file in intake.changed.items()
            if file and file.status in PARSED
        }
        kept = keep.get(namespace, [key for key, path in keys.items() if path not in known])
        # What the changed files said before tells whether others must be looked at again.
        intake.before = {before[key]: blob for key, blob in keep.get(namespace, before).items()}
        keep.put(namespace, {key: known[path] for key, path in keys.items() if path in known})
        missing = {path for key, path in keys.items() if path not in known and key not in kept}
        intake.facts = known | {keys[key]: blob for key, blob in kept.items()}
        tasks = ((path, draft.read_source(path) or b"") for path in sorted(missing))
        for batch in batches(pool.run(reader, tasks, workers), BATCH_FILES):
            for (path, data), result in batch:
                if isinstance(result, pool.Lost):
                    raise BuildFailed(f"{path} could be parsed before and cannot now: {result.reason}", "build anew")
                intake.facts[path] = codec.unpack_reading(result, data).facts
        keep.put(namespace, {key: intake.facts[path] for key, path in keys.items() if path in missing})
    finally:
        keep.close()


def _reading(path: str, data: bytes, result: bytes | pool.Lost, notes: Notes) -> Reading:
    if isinstance(result, pool.Lost):
        notes.partial = True
        notes.warnings.append(f"{path} was not parsed: {result.reason}")
        lost = File(path=path, language="", size=len(data), lines=0, sha256="", status="skipped", reason=result.reason)
        return Reading(file=lost, content=None)
    reading = codec.unpack_reading(result, data)
    notes.redactions.update(reading.rules)
    return reading


def _key(path: str, sha256: str, headers: str = "") -> bytes:
    """What the facts of a file are kept under; `headers`: what they declare that it may include."""
    return hashlib.sha256(f"{path}\0{sha256}{headers}".encode()).digest()


def _store(
    draft: Draft, readings: Sequence[Reading], known: Mapping[str, File], intake: Intake
) -> list[tuple[int, Chunk]]:
    """Keeps what was read in place of what the draft knew of the same files; the new chunks by id."""
    chunks = [chunk for reading in readings for chunk in reading.chunks]
    paths = [reading.file.path for reading in readings]
    intake.changed.update({path: known.get(path) for path in paths})
    with draft.replacing([path for path in paths if path in known]) as edges:
        draft.add_files([(reading.file, reading.content) for reading in readings])
        draft.add_symbols([symbol for reading in readings for symbol in reading.symbols])
        numbers = draft.add_chunks(chunks)
        draft.add_artifacts([artifact for reading in readings for artifact in reading.artifacts])
        for reading in readings:
            if reading.facts:
                draft.add_facts(reading.file.path, reading.facts)
    intake.edges.extend(edges)
    return list(zip(numbers, chunks, strict=True))


def _unread(
    draft: Draft, tree: fetch.Tree, wanted: Mapping[str, int], read: set[str], known: Mapping[str, File],
    intake: Intake, notes: Notes,
) -> None:  # fmt: skip
    """Files that were wanted and could not be read are listed too: nothing disappears."""
    reasons = dict(tree.refused)
    missing = [path for path in wanted if path not in read]
    if not missing:
        return
    notes.partial = True
    files = {
        path: File(
            path=path, language="", size=wanted[path], lines=0, sha256="", status="skipped",
            reason=reasons.get(path, "could not be read"),
        )
        for path in missing
    }  # fmt: skip
    _replace(draft, intake, known, files)


def _account(draft: Draft, tree: fetch.Tree, notes: Notes) -> None:
    """Counts what was skipped and refuses to go on from nothing."""
    notes.warnings.extend(tree.warnings)
    statuses: Counter[str] = Counter()
    failed = 0
    for status, reason, count in draft.statuses():
        statuses[status] += count
        if status == "skipped":
            notes.skipped[reason] += count
            failed += count if reason.startswith(FAILURES) else 0
    if not statuses.total():
        raise InputError("the source holds no files", "check that it is the right folder, archive, or ref")
    if failed > statuses["parsed"] + statuses["partial"] + statuses["text"] // 10:
        reason = max(notes.skipped, key=lambda one: (one.startswith(FAILURES), notes.skipped[one]))
        raise BuildFailed(f"{failed} files could not be read, most of them because {reason}", "the draft is kept")
