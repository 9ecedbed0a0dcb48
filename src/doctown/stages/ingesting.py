"""Runs the ingestion of a source and keeps what was read in the draft."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from doctown import facts as codec
from doctown import languages
from doctown.docpack.draft import Draft
from doctown.embed.wordpiece import count_lines
from doctown.errors import BuildFailed, InputError
from doctown.ingest import fetch, pool, walk
from doctown.ingest.parse import Reader
from doctown.keep import Keep
from doctown.model import Entry, File, Progress, Reading
from doctown.settings import Settings
from doctown.stages.common import BATCH_FILES, Listener, Notes, batches

FACTS_FILE, FACTS_BYTES = "facts-1.sqlite", 1 << 30
FAILURES = ("parsing ", "the parser", "nested too", "could not be read")  # reasons that are no decision of ours


def ingest(
    draft: Draft, tree: fetch.Tree, ours: Collection[str], limits: walk.WalkLimits, workers: pool.Limits,
    settings: Settings, notes: Notes, listener: Listener,
) -> None:  # fmt: skip
    """Reads every file of the source into the draft. What is there already, unchanged, is not parsed again. Paths in
    `ours` are what this build writes itself, and no part of the source."""
    with notes.timed("ingest"):
        wanted, skipped = _plan(tree, ours, limits)
        known = {file.path: file for file in draft.files()}
        met = {entry.path for entry in wanted} | {file.path for file in skipped}
        stale = [path for path in known if path not in met]
        stale += [file.path for file in skipped if file.path in known and known[file.path] != file]
        if stale:
            draft.remove_files(stale)
        draft.add_files([(file, None) for file in skipped if known.get(file.path) != file])
        total = len(wanted)
        done = 0
        reused: set[str] = set()

        def tasks() -> Iterator[tuple[str, bytes]]:
            nonlocal done
            for path, data in tree.read([entry.path for entry in wanted]):
                before = known.get(path)
                if before is not None and before.sha256 and before.sha256 == hashlib.sha256(data).hexdigest():
                    reused.add(path)
                    done += 1
                    continue
                yield path, data

        reader = Reader(count_lines)
        limits_of_pool = pool.Limits(
            seconds=workers.seconds, memory=workers.memory, workers=workers.workers or settings.workers
        )
        read: set[str] = set()
        for batch in batches(pool.run(reader, tasks(), limits_of_pool), BATCH_FILES):
            readings = [_reading(path, data, result, notes) for (path, data), result in batch]
            _store(draft, readings, known)
            read.update(reading.file.path for reading in readings)
            done += len(batch)
            listener(Progress(stage="ingest", done=done, total=total, note=readings[-1].file.path))
        _unread(draft, tree, {entry.path: entry.size for entry in wanted}, reused | read, known, notes)
        listener(Progress(stage="ingest", done=total, total=total))
        _recall_facts(draft, reader, limits_of_pool, settings)
    _account(draft, tree, notes)


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


def _recall_facts(draft: Draft, reader: Reader, workers: pool.Limits, settings: Settings) -> None:
    """Sees to it that the facts of every parsed file are in the draft, and in the cache for the next build.

    Facts are dropped when a pack is sealed, so those of a file that was reused from a pack come from the cache, or
    where that was lost, from parsing the packed text again.
    """
    keep = Keep(settings.cache, FACTS_FILE, max_bytes=FACTS_BYTES)
    try:
        namespace = f"facts {languages.fingerprint()}"
        known = dict(draft.facts())
        keys = {
            hashlib.sha256(f"{file.path}\0{file.sha256}".encode()).digest(): file.path
            for file in draft.files()
            if file.status in ("parsed", "partial")
        }
        kept = keep.get(namespace, keys)
        keep.put(namespace, {key: known[path] for key, path in keys.items() if path in known and key not in kept})
        missing = {path for key, path in keys.items() if path not in known and key not in kept}
        with draft.batch():
            for key, blob in kept.items():
                if keys[key] not in known:
                    draft.add_facts(keys[key], blob)
        tasks = ((path, draft.read_source(path) or b"") for path in sorted(missing))
        for batch in batches(pool.run(reader, tasks, workers), BATCH_FILES):
            with draft.batch():
                for (path, _), result in batch:
                    if isinstance(result, pool.Lost):
                        raise BuildFailed(
                            f"{path} could be parsed before and cannot now: {result.reason}", "build anew"
                        )
                    draft.add_facts(path, codec.unpack_reading(result).facts)
    finally:
        keep.close()


def _reading(path: str, data: bytes, result: bytes | pool.Lost, notes: Notes) -> Reading:
    if isinstance(result, pool.Lost):
        notes.partial = True
        notes.warnings.append(f"{path} was not parsed: {result.reason}")
        lost = File(path=path, language="", size=len(data), lines=0, sha256="", status="skipped", reason=result.reason)
        return Reading(file=lost, content=None)
    reading = codec.unpack_reading(result)
    notes.redactions.update(reading.rules)
    return reading


def _store(draft: Draft, readings: Sequence[Reading], known: Mapping[str, File]) -> None:
    with draft.batch():
        draft.remove_files([reading.file.path for reading in readings if reading.file.path in known])
        draft.add_files([(reading.file, reading.content) for reading in readings])
        draft.add_symbols([symbol for reading in readings for symbol in reading.symbols])
        draft.add_chunks([chunk for reading in readings for chunk in reading.chunks])
        draft.add_artifacts([artifact for reading in readings for artifact in reading.artifacts])
        for reading in readings:
            if reading.facts:
                draft.add_facts(reading.file.path, reading.facts)


def _unread(
    draft: Draft, tree: fetch.Tree, wanted: Mapping[str, int], read: set[str], known: Mapping[str, File], notes: Notes
) -> None:
    """Files that were wanted and could not be read are listed too: nothing disappears."""
    reasons = dict(tree.refused)
    missing = [path for path in wanted if path not in read]
    if not missing:
        return
    notes.partial = True
    draft.remove_files([path for path in missing if path in known])
    draft.add_files(
        (
            File(
                path=path, language="", size=wanted[path], lines=0, sha256="", status="skipped",
                reason=reasons.get(path, "could not be read"),
            ),
            None,
        )
        for path in missing
    )  # fmt: skip


def _account(draft: Draft, tree: fetch.Tree, notes: Notes) -> None:
    """Counts what was skipped and refuses to go on from nothing."""
    notes.warnings.extend(tree.warnings)
    statuses: Counter[str] = Counter()
    failed = 0
    for file in draft.files():
        statuses[file.status] += 1
        if file.status == "skipped":
            notes.skipped[file.reason] += 1
            failed += file.reason.startswith(FAILURES)
    if not statuses.total():
        raise InputError("the source holds no files", "check that it is the right folder, archive, or ref")
    if failed > statuses["parsed"] + statuses["partial"] + statuses["text"] // 10:
        reason = max(notes.skipped, key=lambda one: (one.startswith(FAILURES), notes.skipped[one]))
        raise BuildFailed(f"{failed} files could not be read, most of them because {reason}", "the draft is kept")
