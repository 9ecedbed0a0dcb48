"""The code that is measured on, by name, from the registries that pip, npm and apt are configured with.

A corpus is fetched once into a cache folder. Archives are read through Doctown's own fetching, so nothing of them is
built or executed; this module only writes out what comes. A folder's path is a corpus too.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bench import debian, measure
from doctown.errors import InputError
from doctown.ingest import fetch
from doctown.settings import from_environment
from doctown.stages import access

# Pinned where a registry keeps old versions; Debian's packages are of the release that runs here.
PACKAGES = {"flask": "pypi:flask==3.1.2", "django": "pypi:django==5.2.8", "rxjs": "npm:rxjs@7.8.2"}
SEARCHED = {  # what `bench.search` asks questions of, beside flask
    "click": "pypi:click==8.1.8", "requests": "pypi:requests==2.32.4", "paramiko": "pypi:paramiko==3.5.1",
    "jinja2": "pypi:jinja2==3.1.6", "werkzeug": "pypi:werkzeug==3.1.3", "httpx": "pypi:httpx==0.28.1",
}  # fmt: skip
PACKAGES |= SEARCHED | {"n0s1": "pypi:n0s1==1.2.7"}  # whose rules `bench.secrets` holds ours against
SOURCES = {"commons-lang": "libcommons-lang3-java"}
BINARIES = {  # package, and the folder of it that is read; a last `*` means each folder in that one
    "grpc-go": ("golang-google-grpc-dev", "gocode/src"), "tokio": ("librust-tokio-dev", "cargo/registry/*"),
}  # fmt: skip
NAMES = (*PACKAGES, "cpython", *SOURCES, *BINARIES)
CPYTHON = ("python3.13", "python3.12", "python3.11")  # Debian names its source after the version; one of a release
NOT_LIBRARY = ("site-packages", "dist-packages", "__pycache__")


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A folder of code."""

    name: str
    folder: Path
    title: str  # what exactly it is: `pypi:django==5.2.8`


def default_cache() -> Path:
    """Where corpora are kept unless said otherwise: below Doctown's own cache."""
    return from_environment().cache / "bench"


def get(name: str, cache: Path) -> Corpus:
    """The corpus of that name, or the folder of that path. Raises InputError if it cannot be had."""
    if name not in NAMES:
        folder = Path(name)
        if not folder.is_dir():
            raise InputError(f"there is no corpus {name!r}", f"give a folder, or one of {', '.join(NAMES)}")
        return Corpus(name=folder.resolve().name, folder=folder.resolve(), title=f"the folder {folder.name}")
    place = cache / "corpora" / _folder_name(name)
    note = place.with_name(place.name + ".txt")
    if not note.is_file():
        note.write_text(_fetch(name, place, cache / "debian") + "\n", encoding="utf-8")
    return Corpus(name=name, folder=place, title=note.read_text("utf-8").strip())


def _folder_name(name: str) -> str:
    """Where a corpus lies, named after all that decides what is in it, so that a change of it fetches anew."""
    if name in PACKAGES:
        return PACKAGES[name].replace(":", "-").replace("==", "-")
    return "-".join([name, *BINARIES[name][1].split("/")]).replace("*", "each") if name in BINARIES else name


def available(names: Iterable[str], cache: Path) -> list[Corpus]:
    """Those of the corpora that can be had; of each other one a line says why not."""
    found = []
    for name in names:
        try:
            found.append(get(name, cache))
        except InputError as error:
            print(f"  left out: {name}: {error}", flush=True)
    return found


def _fetch(name: str, place: Path, apt: Path) -> str:
    """Fills `place` and says with what."""
    shutil.rmtree(place, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    if name in PACKAGES:
        with fetch.open_source(PACKAGES[name], access=access(from_environment())) as tree:
            write_out(tree, place)
        return PACKAGES[name]
    if name == "cpython":
        return _cpython(place, apt)
    if name in SOURCES:
        return _from_archive(debian.source(SOURCES[name], apt), place)
    package, below = BINARIES[name]
    return _from_archive(debian.binary(package, apt), place, below)


def _from_archive(archive: Path, place: Path, below: str = "") -> str:
    with fetch.open_archive(archive) as tree:
        write_out(tree, place, below)
    return f"Debian's {archive.name}"


def _cpython(place: Path, apt: Path) -> str:
    """CPython's sources; where there are none, the standard library of this interpreter stands in for them."""
    reasons = []
    for package in CPYTHON:
        try:
            return _from_archive(debian.source(package, apt), place)
        except InputError as error:
            reasons.append(str(error))
    library = Path(sysconfig.get_path("stdlib"))
    shutil.copytree(library, place, ignore=shutil.ignore_patterns(*NOT_LIBRARY), symlinks=True)
    return f"the standard library of Python {sys.version.split()[0]} (no source package: {reasons[-1]})"


def write_out(tree: fetch.Tree, place: Path, below: str = "") -> None:
    """Writes the regular files of a source into the folder `place`, which appears when they are all there.

    `below`: only those in a folder of that name, without the path to it, and where it ends in `*`, without the folder
    right in it either. Debian installs libraries' sources where package managers keep what others wrote, and marks
    each crate as such a copy, so there a build would rightly take them for vendored.

    Only files are written, into a fresh folder that holds no links, by paths without `..`, so none can land
    outside it. Raises InputError for a path that would, and for one that another file is in the way of."""
    refused = {path for path, _ in tree.refused}
    named = {
        entry.path: _inside(entry.path, below)
        for entry in tree.entries()
        if entry.kind == "file" and entry.path not in refused
    }
    paths = [path for path, name in named.items() if name]
    with scratch(place.parent) as name:
        root = Path(name) / "tree"
        root.mkdir()
        for path, data in tree.read(paths):
            pure = PurePosixPath(named[path])
            if pure.is_absolute() or ".." in pure.parts or "\\" in path:
                raise InputError(f"{path!r} leads out of its corpus", "do not use this archive")
            target = root / pure
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as out:
                    out.write(data)
            except OSError as error:
                raise InputError(f"{path!r} cannot be written ({error.strerror})", "use another corpus") from error
        root.rename(place)


def _inside(path: str, below: str) -> str:
    """A path as seen from the folder `below`; empty if it does not lie there."""
    if not below:
        return path
    _, _, inner = f"/{path}".partition(f"/{below.removesuffix('*').rstrip('/')}/")
    return inner.partition("/")[2] if below.endswith("*") else inner


def scratch(parent: Path | None = None) -> AbstractContextManager[str]:
    """A folder that is gone when the block ends; `parent`: where it is made."""
    return tempfile.TemporaryDirectory(prefix="doctown-bench-", dir=parent)


def arguments(description: str | None, defaults: Sequence[str]) -> argparse.ArgumentParser:
    """What every benchmark can be told: which corpora, and where they are kept."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "corpora",
        nargs="*",
        metavar="CORPUS",
        default=list(defaults),
        help=f"a folder, or {', '.join(NAMES)} (default: {' '.join(defaults)})",
    )
    parser.add_argument("--cache", type=Path, default=None, help="where corpora are kept ($DOCTOWN_CACHE/bench)")
    return parser


def each(description: str | None, defaults: Sequence[str], show: Callable[[Corpus, Path], None]) -> int:
    """A benchmark's whole run: machine, a warm-up, then `show` for every corpus asked for, with a folder of its own."""
    asked = arguments(description, defaults).parse_args()
    print(measure.machine())
    code = measure.SameCode()
    measure.warm_up()
    for corpus in available(asked.corpora, asked.cache or default_cache()):
        with scratch() as name:
            show(corpus, Path(name))
    code.check()
    return 0


def main(given: Sequence[str] | None = None) -> int:
    """Fetches corpora and says where they lie."""
    asked = arguments(__doc__, NAMES).parse_args(given)
    for corpus in available(asked.corpora, asked.cache or default_cache()):
        files = sum(len(names) for _, _, names in os.walk(corpus.folder))
        print(f"  {corpus.name:14} {files:>6,} files  {corpus.title}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
