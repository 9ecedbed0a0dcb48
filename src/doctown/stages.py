"""Carries nouns between the stages and the draft: each function here runs one stage and keeps what came of it.

No stage knows the draft, and the draft knows no stage; what is between them is here, in batches, each batch kept
whole or not at all, so that a build that is killed goes on where it was. `pipeline` decides the order.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from doctown import facts as codec
from doctown import languages
from doctown.assemble import resolve
from doctown.assemble.cluster import cluster
from doctown.assemble.graph import assemble_repository, page_rank
from doctown.docpack.draft import Draft
from doctown.embed.wordpiece import count_lines
from doctown.errors import BuildFailed, InputError
from doctown.generate import extract
from doctown.ingest import fetch, pool, walk
from doctown.ingest.parse import Reader
from doctown.keep import Keep
from doctown.model import Chunk, Cluster, Edge, Entry, File, FileFacts, Origin, Progress, Reading, Symbol, Unresolved
from doctown.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from doctown.embed import Embedder

Listener = Callable[[Progress], None]
Item = TypeVar("Item")

BATCH_FILES = 64  # stored in one transaction
BATCH_TEXTS = 512  # embedded and stored at a time
BATCH_PAGES = 2_000
FACTS_FILE, FACTS_BYTES = "facts-1.sqlite", 1 << 30
FAILURES = ("parsing ", "the parser", "nested too", "could not be read")  # reasons that are no decision of ours


@dataclass(slots=True)
class Notes:
    """What a build has to tell in the end. Filled in by the stages as they go."""

    skipped: Counter[str] = field(default_factory=Counter)  # reason → files
    warnings: list[str] = field(default_factory=list)
    redactions: Counter[str] = field(default_factory=Counter)  # rule → secrets masked
    timings: dict[str, float] = field(default_factory=dict)  # stage → seconds
    models: dict[str, object] = field(default_factory=dict)
    partial: bool = False

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Adds the time of a block to its stage."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.timings[stage] = round(self.timings.get(stage, 0.0) + time.monotonic() - started, 3)


def access(settings: Settings) -> fetch.Access:
    """What fetching may reach, from the settings."""
    return fetch.Access(
        token=settings.git_token,
        token_user=settings.git_user,
        token_hosts=settings.git_token_hosts,
        allow_private_addresses=settings.allow_private_addresses,
        proxy=settings.proxy,
        ca_bundle=settings.ca_bundle,
        pip_index_url=settings.pip_index_url,
        npm_command=settings.npm_command,
        cache_folder=str(settings.cache / "packages"),
        environment=settings.environment,
    )


def file_name(origin: Origin) -> str:
    """A file name for the pack of a source: its name, and its version where it has one."""
    name = f"{origin.name}-{origin.version}" if origin.version and origin.kind == "package" else origin.name
    return "".join(c if c.isalnum() or c in "._-" else "-" for c in name).strip("-.") or "repository"


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of `size`."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


# --- ingest -------------------------------------------------------------------------------------------------------


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


# --- embed --------------------------------------------------------------------------------------------------------


def check_embedder(kind: str, settings: Settings) -> None:
    """Raises InputError if vectors of this kind cannot be made here: before the work that precedes them."""
    if kind != "none":
        _open_embedder(kind, settings).close()


def _open_embedder(kind: str, settings: Settings) -> Embedder:
    from doctown.embed import open_embedder  # noqa: PLC0415 - loads numpy and a runtime, wanted only here

    if settings.embedding_url and kind == "local":
        kind = "remote"
    return open_embedder(kind, url=settings.embedding_url, cache=settings.cache)  # type: ignore[arg-type]


def embed(draft: Draft, kind: str, settings: Settings, notes: Notes, listener: Listener) -> None:
    """Gives every chunk that has none its vector. With `kind` none, nothing is embedded and no model loaded."""
    if kind == "none":
        return
    with notes.timed("embed"):
        embedder = _open_embedder(kind, settings)
        notes.models["embedding"] = {"name": embedder.model, "dimensions": embedder.dimensions}
        try:
            waiting = list(draft.chunks_without_vector())
            total = len(waiting)
            done = 0
            for batch in batches(_by_length(waiting), BATCH_TEXTS):
                vectors = embedder.embed(list(_texts(draft, [chunk for _, chunk in batch])))
                draft.add_vectors(zip((number for number, _ in batch), vectors, strict=True))
                done += len(batch)
                listener(Progress(stage="embed", done=done, total=total))
        finally:
            embedder.close()


def _by_length(chunks: Sequence[tuple[int, Chunk]]) -> list[tuple[int, Chunk]]:
    """Equal lengths together, so that a batch is hardly padded; within a length by file, so that each is read once."""
    return sorted(chunks, key=lambda numbered: (-(numbered[1].tokens // 16), numbered[1].path, numbered[0]))


def _texts(draft: Draft, chunks: Sequence[Chunk]) -> Iterator[str]:
    path, content = "", b""
    for chunk in chunks:
        if chunk.path != path:
            path, content = chunk.path, draft.read_source(chunk.path) or b""
        yield content[chunk.start_byte : chunk.end_byte].decode("utf-8", "replace")


# --- assemble -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """What assembling found, kept in memory for the stage that writes from it."""

    symbols: Mapping[int, Symbol]
    edges: Sequence[Edge]
    clusters: Sequence[Cluster]
    centrality: Mapping[int, int]


def assemble(draft: Draft, notes: Notes, listener: Listener) -> Assembly:
    """Resolves references to edges, ranks symbols, draws clusters; and similarity where there are vectors."""
    with notes.timed("assemble"):
        draft.clear("edges", "unresolved")
        ids: dict[str, list[int]] = defaultdict(list)
        symbols: dict[int, Symbol] = {}
        for identity, symbol in draft.symbols():
            ids[symbol.path].append(identity)
            symbols[identity] = symbol
        files = list(draft.files())
        edges = _resolve(draft, ids, listener)
        centrality = page_rank(sorted(symbols), edges)
        draft.set_centrality({identity: rank / 1e9 for identity, rank in centrality.items()})
        clusters = cluster(files, symbols, edges)
        draft.set_clusters(clusters)
        vectors = _symbol_vectors(draft, symbols)
        if vectors:
            from doctown.assemble.neighbours import similar  # noqa: PLC0415 - loads numpy, wanted only with vectors

            draft.add_edges(similar(symbols, vectors))
        return Assembly(symbols=symbols, edges=edges, clusters=clusters, centrality=centrality)


def _resolve(draft: Draft, ids: Mapping[str, Sequence[int]], listener: Listener) -> list[Edge]:
    facts: list[FileFacts] = [codec.decode(blob) for _, blob in draft.facts()]
    index = resolve.build_index(facts, ids)
    edges: list[Edge] = []
    for batch in batches(enumerate(facts, 1), BATCH_FILES * 4):
        unresolved: list[Unresolved] = []
        fresh: list[Edge] = []
        for _, one in batch:
            resolution = resolve.resolve_file(index, one)
            fresh.extend(resolution.edges)
            unresolved.extend(resolution.unresolved)
        with draft.batch():
            draft.add_edges(fresh)
            draft.add_unresolved(unresolved)
        edges.extend(fresh)
        listener(Progress(stage="assemble", done=batch[-1][0], total=len(facts)))
    return edges


def _symbol_vectors(draft: Draft, symbols: Mapping[int, Symbol]) -> dict[int, NDArray[np.float32]]:
    """Unit vectors of symbols: the mean of their chunks' vectors."""
    rows = list(draft.vectors())
    if not rows:
        return {}
    import numpy as np  # noqa: PLC0415 - wanted only with vectors

    by_key = {symbol.key: identity for identity, symbol in symbols.items()}
    owner = {number: by_key.get(chunk.symbol, 0) for number, chunk in draft.chunks()}
    sums: dict[int, NDArray[np.float32]] = {}
    for number, vector in rows:
        identity = owner.get(number, 0)
        if identity:
            row = np.frombuffer(vector.data, dtype=np.int8).astype(np.float32) * vector.scale
            sums[identity] = sums[identity] + row if identity in sums else row
    return {identity: total / max(float(np.linalg.norm(total)), 1e-12) for identity, total in sums.items()}


# --- document -----------------------------------------------------------------------------------------------------


def document(draft: Draft, origin: Origin, assembly: Assembly, notes: Notes, listener: Listener) -> None:
    """Writes every page from what is there, without a model."""
    with notes.timed("generate"):
        draft.clear("pages")
        repository = assemble_repository(
            origin=origin,
            files=draft.files(),
            symbols=assembly.symbols,
            edges=assembly.edges,
            clusters=assembly.clusters,
            centrality=assembly.centrality,
            artifacts=draft.artifacts(),
            read=lambda path: (draft.read_source(path) or b"").decode("utf-8", "replace"),
        )
        written = 0
        for batch in batches(extract.pages(repository), BATCH_PAGES):
            draft.add_pages(batch)
            written += len(batch)
            listener(Progress(stage="generate", done=written, total=len(assembly.symbols)))
        if not written:
            raise BuildFailed("no page was written", "this is a defect of Doctown; the draft is kept")
