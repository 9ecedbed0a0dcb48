"""The mission on one screen: a source comes in, a verified docpack goes out.

This is the one conductor: stages know neither each other nor the docpack; `stages` carries nouns between them and the
draft. A build that is killed at any moment goes on from its draft when it is started again.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from doctown import __version__, stages
from doctown import destination as place
from doctown.docpack.draft import Draft
from doctown.ingest import fetch
from doctown.ingest.pool import Limits as PoolLimits
from doctown.ingest.walk import WalkLimits
from doctown.model import Estimate, Origin, Progress, Report
from doctown.settings import Settings
from doctown.stages import Notes

Listener = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the caller asks of a build. Every field but `since` and the limits changes what is in the pack."""

    ref: str = ""
    vectors: str = "local"  # local | openvino | remote | none
    model: str = "none"  # none; auto: the one that the settings name, if they say where it is; or a model's name
    max_cost: float | None = None  # US dollars that a model may spend
    source: bool = True
    since: Path | None = None
    fetch: fetch.Limits = fetch.Limits()
    walk: WalkLimits = WalkLimits()
    pool: PoolLimits = PoolLimits()


def build(spec: str, destination: Path | None, options: Options, settings: Settings, listener: Listener) -> Report:
    """Builds the docpack of the source that `spec` names.

    `destination` is the pack's path; None: `NAME.docpack` in the working folder. Raises InputError for a source that
    cannot be used, BuildFailed if a stage collapsed; the draft then stays beside the destination and is resumed.
    """
    with _without_collector():
        return _build(spec, destination, options, settings, listener)


@contextmanager
def _without_collector() -> Iterator[None]:
    """A build makes millions of objects that live until it ends and no cycles to speak of: the cyclic collector
    would walk them all again and again, for a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _build(spec: str, destination: Path | None, options: Options, settings: Settings, listener: Listener) -> Report:
    started = time.monotonic()
    notes = Notes()
    known = False  # whether the pack to start from was sealed here, by this very code
    if destination is not None:
        place.check(destination)
    if options.since is not None:
        known = place.check_since(options.since, settings.cache, stages.code())
    stages.check_embedder(options.vectors, settings)
    stages.model_name(options.model, settings)
    listener(Progress(stage="fetch", done=0, total=0, note=fetch.without_credentials(spec) if "://" in spec else spec))
    with fetch.open_source(spec, ref=options.ref, limits=options.fetch, access=stages.access(settings)) as tree:
        if destination is None:
            destination = Path(f"{stages.file_name(tree.origin)}.docpack")
            place.check(destination)
        ours = place.own_paths(destination, Path(spec)) if tree.origin.kind == "folder" else frozenset()
        with place.open_draft(destination, options.since, _fingerprint(tree.origin, options), checked=known) as draft:
            begun = draft.note
            with stages.embed(draft, options.vectors, settings, notes, listener) as vectors:
                intake = stages.ingest(draft, tree, ours, _bounds(options), settings, notes, listener, vectors.offer)
                _count(listener, "ingest", lambda: _read(draft, notes))
                vectors.finish()
            _document(draft, tree.origin, intake, options, settings, notes, listener)
            del intake
            listener(Progress(stage="pack", done=0, total=1))
            _describe(draft, tree.origin, options, notes, time.monotonic() - started)
            docpack_id = draft.seal(destination, include_source=options.source)
            statistics = draft.sealed_statistics
            place.remember(destination, settings.cache, stages.code())
            listener(Progress(stage="pack", done=1, total=1))
    return Report(
        pack=str(destination),
        docpack_id=docpack_id,
        seconds=time.monotonic() - started,
        statistics=statistics,
        skipped=dict(notes.skipped),
        warnings=tuple(notes.warnings),
        partial=notes.partial,
        begun=begun,
        costs=dict(notes.costs),
    )


def _document(
    draft: Draft, origin: Origin, intake: stages.Intake, options: Options, settings: Settings, notes: Notes,
    listener: Listener,
) -> None:  # fmt: skip
    """The graph and the pages. What they are made from is gone afterwards: sealing needs the memory that it takes."""
    assembly = stages.assembler(settings)(draft, intake, notes, listener)
    _count(listener, "assemble", lambda: {"clusters": len(assembly.clusters), "edges": len(assembly.edges)})
    stages.document(draft, origin, assembly, notes, listener)
    stages.write(draft, origin, assembly, options.model, options.max_cost, settings, notes, listener)


def estimate(spec: str, options: Options, settings: Settings, listener: Listener) -> Estimate:
    """What a model would take to write the documentation of this source. Nothing is asked and no pack is written.

    Raises InputError for a source that cannot be used."""
    notes = Notes()
    with (
        _without_collector(),
        fetch.open_source(spec, ref=options.ref, limits=options.fetch, access=stages.access(settings)) as tree,
        tempfile.TemporaryDirectory(prefix="doctown-estimate-") as folder,
        place.open_draft(Path(folder) / "it.docpack", options.since, _fingerprint(tree.origin, options)) as draft,
    ):
        intake = stages.ingest(draft, tree, frozenset(), _bounds(options), settings, notes, listener)
        assembly = stages.assembler(settings)(draft, intake, notes, listener)
        return stages.estimate(draft, tree.origin, assembly, options.model, settings)


def _bounds(options: Options) -> stages.Bounds:
    return stages.Bounds(walk=options.walk, pool=options.pool)


def _count(listener: Listener, stage: str, counts: Callable[[], Mapping[str, int]]) -> None:
    """Tells what a stage found, to a listener that wants to know: counting takes a moment."""
    if getattr(listener, "wants_counts", False):
        listener(Progress(stage=stage, done=0, total=0, counts=counts()))


def _read(draft: Draft, notes: Notes) -> dict[str, int]:
    skipped = {f"skipped: {reason}": number for reason, number in sorted(notes.skipped.items())}
    return skipped | {"chunks": draft.statistics().get("chunks", 0)}


def _fingerprint(origin: Origin, options: Options) -> dict[str, str]:
    """What decides a pack's content: a draft is resumed only by a build with the same."""
    fingerprint = {"doctown": __version__, **{f"origin.{k}": v for k, v in asdict(origin).items()}}
    decided = {"ref": options.ref, "vectors": options.vectors, "walk": str(options.walk)}
    return fingerprint | decided | {"reading": stages.reading()}


def _describe(draft: Draft, origin: Origin, options: Options, notes: Notes, seconds: float) -> None:
    """The manifest, but for what sealing adds. Times go under `timings`, which identity leaves out."""
    draft.set_manifest("generator", {"name": "doctown", "version": __version__})
    draft.set_manifest("reading", stages.reading())
    draft.set_manifest("source", asdict(origin))
    draft.set_manifest("models", notes.models)
    asked = {"model": options.model, "max_cost": options.max_cost} if notes.costs else {}
    kept = {"ref": options.ref, "source": options.source, "vectors": options.vectors}
    draft.set_manifest("options", kept | asked)
    draft.set_manifest("costs", {"tokens_in": 0, "tokens_out": 0, "usd": 0} | notes.costs)
    draft.set_manifest("redactions", dict(sorted(notes.redactions.items())))
    draft.set_manifest("warnings", sorted(notes.warnings))
    draft.set_manifest("partial", notes.partial)
    draft.set_manifest("timings", {**notes.timings, "total": round(seconds, 3)})
    draft.set_manifest("created", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
