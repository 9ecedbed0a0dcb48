"""Whole builds without vectors: `python -m bench.pack [CORPUS …]`: CPU, memory, growth, size, and the same identity.

The first corpus named (django) is built with one, two and four workers, each build in turn with a raw tree-sitter parse
of the same files, and carries the targets; the others are built once for the growth of cost with size. Every build
is a process of its own with an empty cache. CPU seconds are those of all its processes; growth is the slope of log CPU
over log bytes read, by least squares.
"""

from __future__ import annotations

import json
import math
import random
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import corpora, measure, reading
from bench.corpora import Corpus
from doctown import pipeline
from doctown.docpack.draft import Draft
from doctown.docpack.reader import Pack
from doctown.embed import open_embedder
from doctown.model import Chunk, Vector
from doctown.settings import from_environment
from doctown.stages.embedding import headed

DEFAULTS = ("django", "flask", "cpython")
WORKERS = (2, 1, 4)
MEGABYTE = 1e6
MEMORY_TARGET = 500.0  # megabytes
SAMPLE = 1_000  # chunks that the model embeds


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A build with what it took and what came of it."""

    run: measure.Run
    pack: Path
    docpack_id: str
    stages: dict[str, float]  # wall seconds
    size: int  # bytes of the pack
    source: int  # bytes of the files whose text is in it
    warnings: int  # 0 unless the pack is partial


def build(corpus: Corpus, folder: Path, name: str, *options: str, vectors: str = "none") -> Built:
    """Builds the corpus to `folder/name.docpack`, with an empty cache unless one of that name was used before."""
    pack = folder / f"{name}.docpack"
    command = ["build", str(corpus.folder), "-o", str(pack), "--vectors", vectors, "--json", *options]
    run = measure.doctown(command, folder / f"{name}.cache")
    report = json.loads(run.output)
    with Pack.open(pack) as opened:
        manifest = opened.manifest()
        source = sum(file.size for file in opened.files() if file.status != "skipped")
    timings = manifest["timings"]
    assert isinstance(timings, dict)
    stages = {str(stage): float(seconds) for stage, seconds in timings.items()}
    stages["seal"] = report["seconds"] - stages.pop("total")
    return Built(
        run=run,
        pack=pack,
        docpack_id=report["docpack_id"],
        stages=stages,
        size=pack.stat().st_size,
        source=source,
        warnings=len(report["warnings"]) if report["partial"] else 0,
    )


def show_build(corpus: Corpus, folder: Path, files: Sequence[reading.Source]) -> Built:
    """The rows of the corpus with the targets; its build with the first number of workers."""
    reading.warm_up(files)
    builds, ratios = [], []
    for workers in WORKERS:
        raw = measure.in_process(lambda: reading.raw(files)).cpu
        builds.append(build(corpus, folder, f"{corpus.name}-{workers}", "--workers", str(workers)))
        ratios.append(builds[-1].run.cost.cpu / raw)
    first = builds[0]
    parsed = sum(len(file.data) for file in files)
    measure.title(f"{corpus.title}: {first.source / MEGABYTE:.1f} MB of text, {parsed / MEGABYTE:.1f} MB of it code")
    measure.at_most("whole build without vectors ÷ raw parse (CPU), median of three", statistics.median(ratios), 5)
    for workers, built, ratio in zip(WORKERS, builds, ratios, strict=True):
        cpu, wall = built.run.cost
        measure.info(f"  with {workers} workers: CPU, wall, ratio", f"{cpu:.1f} s, {wall:.1f} s, {ratio:.2f} ×")
    total = sum(first.stages.values())
    for stage, seconds in first.stages.items():
        measure.info(f"  of its wall time: {stage}", f"{seconds:.1f} s, {seconds / total:4.0%}")
    if first.warnings:
        measure.info("  warnings of the partial build", str(first.warnings))
    for workers, built in zip(WORKERS[:2], builds, strict=False):
        show_memory(built, f"{workers} worker{'s' if workers > 1 else ''}")
    for workers, built in zip(WORKERS, builds, strict=True):
        measure.info(f"  docpack_id with {workers} workers starts with", built.docpack_id[:12])
    same = len({built.docpack_id for built in builds}) == 1
    measure.holds(
        f"docpack_id with any of {', '.join(map(str, WORKERS))} workers", "the same" if same else "differs", met=same
    )
    return first


def show_memory(built: Built, workers: str) -> None:
    """Peaks of resident memory."""
    largest, together = built.run.largest / MEGABYTE, built.run.together / MEGABYTE
    measure.at_most(f"peak memory of the largest process, {workers}", largest, MEMORY_TARGET, "{:.0f} MB")
    measure.at_most(f"peak memory of all processes together, {workers}", together, MEMORY_TARGET, "{:.0f} MB")


def show_growth(points: Sequence[tuple[str, Built]]) -> None:
    """How cost grows with size."""
    measure.title("Growth: CPU seconds of a build over megabytes read")
    ordered = sorted(points, key=lambda point: point[1].source)
    for name, built in ordered:
        cpu, size = built.run.cost.cpu, built.source / MEGABYTE
        measure.info(f"{name}: MB, CPU, CPU per MB", f"{size:.1f} MB, {cpu:.1f} s, {cpu / size:.2f} s")
    measure.at_most("exponent over all of them", _slope([built for _, built in ordered]), 1.1, "{:.2f}")
    if len(ordered) > 2:
        # The start of a process weighs on the smallest and flatters the slope; the two largest hardly feel it.
        measure.at_most("exponent over the two largest", _slope([built for _, built in ordered[-2:]]), 1.1, "{:.2f}")
    largest = ordered[-1]
    show_memory(largest[1], f"{largest[0]}, two workers")


def _slope(builds: Sequence[Built]) -> float:
    sizes = [math.log(built.source) for built in builds]
    return statistics.linear_regression(sizes, [math.log(built.run.cost.cpu) for built in builds]).slope


def show_size(corpus: Corpus, folder: Path, built: Built) -> None:
    """The pack's bytes beside those of the files whose text is in it.

    How many bytes a vector takes hangs on the model. To embed every chunk would take many minutes, so the model embeds
    a sample, whose vectors are then dealt out to all chunks. The embedder that needs no model makes the similarity
    edges, which are about as many and not the same.
    """
    measure.title(f"Size of the pack of {corpus.title} beside its {built.source / MEGABYTE:.1f} MB of text")
    measure.at_most("with source, without vectors", built.size / built.source, 1.0)
    twin, whole = folder / f"{corpus.name}-twin.docpack", folder / f"{corpus.name}-vectors.docpack"
    settings = from_environment({"DOCTOWN_CACHE": str(built.pack.with_suffix(".cache")), "HOME": str(folder)})
    options = pipeline.Options(vectors="memory", since=built.pack)
    pipeline.build(str(corpus.folder), twin, options, settings, lambda _: None)
    with Draft.from_pack(twin, folder / "vectors.draft", {"bench": "pack"}) as draft:
        chunks = list(draft.chunks())
        vectors = _sample(draft, [chunk for _, chunk in chunks])
        draft.add_vectors((number, vectors[place % len(vectors)]) for place, (number, _) in enumerate(chunks))
        draft.seal(whole)
    measure.info(f"  vectors, as the model gave them to {len(vectors)} of the chunks", str(len(chunks)))
    measure.at_most("with source and vectors", whole.stat().st_size / built.source, 1)


def _sample(draft: Draft, chunks: Sequence[Chunk]) -> list[Vector]:
    """The vectors of some of the chunks, chosen by chance with a fixed seed."""
    chosen = random.Random(1).sample(chunks, min(SAMPLE, len(chunks)))  # noqa: S311 - a sample, the same each time
    texts = []
    for chunk in chosen:
        content = draft.read_source(chunk.path) or b""
        texts.append(headed(chunk, content[chunk.start_byte : chunk.end_byte].decode("utf-8", "replace")))
    embedder = open_embedder("local", cache=from_environment().cache)
    vectors = embedder.embed(texts)
    embedder.close()
    return vectors


def main(given: Sequence[str] | None = None) -> int:
    """Prints all tables."""
    parser = corpora.arguments(__doc__, DEFAULTS)
    parser.add_argument("--no-size", action="store_true", help="leave out the size with vectors, which takes a minute")
    asked = parser.parse_args(given)
    print(measure.machine())
    code = measure.SameCode()
    measure.warm_up()
    found = corpora.available(asked.corpora, asked.cache or corpora.default_cache())
    if not found:
        return 1
    with corpora.scratch() as name:
        folder = Path(name)
        first = show_build(found[0], folder, reading.sources(found[0].folder))
        if not asked.no_size:
            show_size(found[0], folder, first)
        points = [(found[0].name, first)]
        points += [(corpus.name, build(corpus, folder, corpus.name, "--workers", "2")) for corpus in found[1:]]
        if len(points) > 1:
            show_growth(points)
    code.check()
    return 0


if __name__ == "__main__":
    sys.exit(main())
