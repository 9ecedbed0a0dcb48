"""Writing a site: pages per second of CPU, beside what writing the same files alone takes.

A page is a page of HTML; its Markdown twin, the search index and the map are made on the side and not counted. Making
a file costs what the file system asks for it, so the same bytes are written bare and that share is told.
`python -m bench.site`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench import corpora, measure, pack
from doctown.export import export, place

DEFAULTS = ("django",)
TARGET = 1_000  # pages a second of CPU


def bare(site: Path, folder: Path) -> measure.Cost:
    """What it takes to write the files of a site, their bytes given."""
    files = [(file.relative_to(site).as_posix(), file.read_bytes()) for file in site.rglob("*") if file.is_file()]
    kept = [(path, content) for path, content in files if path != place.MARK]

    def write() -> None:
        with place.folder(folder, "site") as made:
            for path, content in kept:
                made.write(path, content)

    return measure.in_process(write)


def show(corpus: corpora.Corpus, folder: Path) -> None:
    """The rows of one corpus."""
    built = pack.build(corpus, folder, corpus.name)
    export(built.pack, "llms-txt", folder / "warm-up")  # imports and lexers are made before the clock starts
    done = []
    cost = measure.in_process(lambda: done.append(export(built.pack, "site", folder / "site")))
    site = done[0]
    alone = bare(folder / "site", folder / "bare")
    measure.title(f"{corpus.title}: {site.pages:,} pages, {site.files:,} files, {site.bytes / 1e6:,.0f} MB")
    measure.at_least("pages a second of CPU", site.pages / cost.cpu, TARGET, "{:,.0f}")
    measure.info("of the CPU time, writing the same files alone", f"{alone.cpu / cost.cpu:.0%}")
    measure.info("CPU a page", f"{cost.cpu / site.pages * 1e3:.2f} ms")
    measure.info("pages a second by the clock", f"{site.pages / cost.wall:,.0f}")


if __name__ == "__main__":
    sys.exit(corpora.each(__doc__, DEFAULTS, show))
