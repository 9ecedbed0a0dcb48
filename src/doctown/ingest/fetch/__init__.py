"""Fetching: from what a person typed to a tree of files that can be read, whatever kind of source it is.

`open_source` tells the kinds apart and opens the one meant; `open_archive` is for an archive that was uploaded. This
is the only part of Doctown that reaches out to get code, so the guards against hostile sources are here: nothing is
extracted, checked out, built or executed, and links are never followed. Which of the files are worth parsing is left
to the walk.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from doctown.errors import InputError
from doctown.ingest.fetch.archive import open_archive as _open_archive
from doctown.ingest.fetch.contract import Access, Limits, Tree
from doctown.ingest.fetch.folder import open_folder
from doctown.ingest.fetch.git import open_git, probe_git
from doctown.ingest.fetch.listing import shown
from doctown.ingest.fetch.url import without_credentials
from doctown.model import Origin

__all__ = ["Access", "Limits", "Tree", "open_archive", "open_source", "probe", "without_credentials"]

_LIMITS = Limits()
_ACCESS = Access()
_URL = re.compile(r"^(?:git\+)?[A-Za-z][A-Za-z0-9+.-]*://")
_SCP = re.compile(r"^(?:[^/@:\s]+@)[^/:\s]+:|^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+:")
_SHORTHAND = re.compile(r"^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$")
_ARCHIVE_URL = re.compile(r"\.(?:zip|whl|tgz|tar(?:\.\w+)?)$", re.IGNORECASE)
_PACKAGES = {"pypi:": "==", "npm:": "@"}  # scheme and what stands before a version
_KINDS = "give a folder, an archive, an https:// Git URL, pypi:NAME==VERSION or npm:NAME@VERSION"


@contextlib.contextmanager
def open_source(spec: str, *, ref: str = "", limits: Limits = _LIMITS, access: Access = _ACCESS) -> Iterator[Tree]:
    """The source that `spec` names: a folder, an archive, a Git URL, or `pypi:` or `npm:` and a package's name.

    `ref` is a branch, tag or commit id and goes with Git URLs alone. What was fetched is gone when the block ends.
    Raises InputError, one line with its mend, for whatever cannot be opened, holds nothing, or is an attack."""
    with contextlib.ExitStack() as stack:
        if _URL.match(spec):
            _check_url(spec)
            tree = stack.enter_context(open_git(spec, ref, limits, access))
        elif ref:
            raise InputError("a ref can only be given with a Git URL", "leave --ref out, or give the https:// URL")
        elif spec.startswith(tuple(_PACKAGES)):
            tree = stack.enter_context(_open_package(spec, limits, access))
        else:
            tree = stack.enter_context(_open_local(spec, limits, access))
        yield _not_empty(tree)


def probe(spec: str, *, ref: str = "", limits: Limits = _LIMITS, access: Access = _ACCESS) -> str:
    """Asks the host of a Git URL whether the repository and the ref are there, and returns the commit that is meant;
    empty for a package, and where the host does not tell. Raises InputError as `open_source` does; a local path is
    never looked at."""
    if _URL.match(spec):
        _check_url(spec)
        return probe_git(spec, ref, limits, access)
    if ref:
        raise InputError("a ref can only be given with a Git URL", "leave it out, or give the https:// URL")
    if not spec.startswith(tuple(_PACKAGES)):
        raise InputError(f"{shown(spec)[:100]!r} is no source", "give an https:// Git URL, pypi:NAME or npm:NAME")
    return ""


@contextlib.contextmanager
def open_archive(path: Path, *, name: str = "", limits: Limits = _LIMITS) -> Iterator[Tree]:
    """The archive in the file `path`, shown as `name` (an upload's own file name; empty: the path's).

    Raises InputError if it is not an archive, damaged, over a cap, an attack, or empty."""
    # A name sent along with an upload may be anything: only its last part is kept.
    last = re.split(r"[/\\]", name)[-1] or path.name
    with _open_archive(path, limits=limits, shown_as=last) as tree:
        yield _not_empty(tree)


def _not_empty(tree: Tree) -> Tree:
    if not tree.entries():
        raise InputError(f"{tree.origin.location} holds no files", "check that it is the right source")
    return tree


def _check_url(spec: str) -> None:
    if spec.startswith("git+"):
        raise InputError("the git+ prefix is pip's", "give the URL without it, and the ref with --ref")
    if _ARCHIVE_URL.search(spec):
        raise InputError(
            f"{shown(without_credentials(spec))} is the URL of an archive", "download it and give the file's path"
        )


@contextlib.contextmanager
def _open_package(spec: str, limits: Limits, access: Access) -> Iterator[Tree]:
    scheme, _, wanted = spec.partition(":")
    separator = _PACKAGES[scheme + ":"]
    if not re.fullmatch(r"[\x21-\x7e]+", wanted):
        raise InputError(f"{shown(spec)[:100]} names no package", f"give {scheme}:NAME{separator}VERSION")
    with tempfile.TemporaryDirectory(prefix="doctown-package-", ignore_cleanup_errors=True) as folder:
        # The clients of package indexes load slowly, and most sources are none.
        if scheme == "npm":
            from doctown.ingest.fetch.npm import download  # noqa: PLC0415 - as above
        else:
            from doctown.ingest.fetch.pypi import download  # noqa: PLC0415 - as above
        found = download(wanted, Path(folder), limits, access)
        location = f"{scheme}:{found.name}{separator}{found.version}"
        origin = Origin(kind="package", location=location, name=found.name, version=found.version)
        with _open_archive(found.file, limits=limits, origin=origin, warnings=found.warnings) as tree:
            yield tree


@contextlib.contextmanager
def _open_local(spec: str, limits: Limits, access: Access) -> Iterator[Tree]:
    if not access.allow_local_paths:
        raise InputError("local paths are not read here", "give an https:// Git URL, pypi:NAME or npm:NAME")
    try:
        path = Path(spec).resolve()
        is_folder, is_file, exists = path.is_dir(), path.is_file(), path.exists()
    except (OSError, ValueError, RuntimeError):
        raise InputError(f"{shown(spec)[:100]!r} is not a usable path", _KINDS) from None
    if not spec or not exists:
        _raise_missing(spec)
    if is_folder:
        yield open_folder(path, limits)
    elif is_file:
        with _open_archive(path, limits=limits) as tree:
            yield tree
    else:
        raise InputError(f"{shown(spec)} is neither a folder nor a file", _KINDS)


def _raise_missing(spec: str) -> NoReturn:
    name = shown(spec)[:200]
    if _SCP.match(spec):
        host, _, path = spec.rpartition("@")[2].partition(":")
        raise InputError(f"{name} is an SSH address, which is not fetched", f"use https://{host}/{shown(path)[:100]}")
    if _SHORTHAND.match(spec):
        raise InputError(f"there is no folder {name}", f"for a repository give its full URL, https://HOST/{name}")
    raise InputError(f"there is no {name!r}" if name else "no source was given", _KINDS)
