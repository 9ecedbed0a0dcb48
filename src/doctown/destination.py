"""Where a build writes: whether it may, and which files there are the build's own.

A pack is written as a draft beside its destination and renamed at the end; how is the business of `docpack`. What
cannot be written is said before the work is done, and a file that is no docpack is not replaced by one. Nor is
anything built upon a pack that was altered: what it says would come out under a digest that vouches for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from doctown.docpack.draft import Draft
from doctown.docpack.reader import Pack
from doctown.docpack.schema import DAMAGE, one_line
from doctown.docpack.verify import verify
from doctown.errors import DoctownError, InputError, PackError
from doctown.keep import Keep

_OTHER_PATH = "give another path with -o"
_SEALED_FILE, _SEALED_BYTES, _SEALED = "sealed.sqlite", 1 << 20, "digests of packs that were sealed here"
_SQLITE = b"SQLite format 3\0"


def check(destination: Path) -> None:
    """Raises InputError unless a pack can be written to `destination`, as far as can be told before it is tried."""
    try:
        if destination.is_dir():
            raise InputError(f"{destination} is a folder", "give the path of the pack to write: -o NAME.docpack")
        if not destination.absolute().parent.is_dir():
            raise InputError(f"the folder of {destination} does not exist", f"create it, or {_OTHER_PATH}")
        if destination.exists() and not _is_replaceable(destination):
            raise InputError(f"{destination} exists and is not a docpack", f"remove it, or {_OTHER_PATH}")
    except OSError as error:
        raise InputError(f"{destination} cannot be written ({error.strerror})", _OTHER_PATH) from error


def check_since(since: Path, cache: Path, code: str) -> bool:
    """Raises PackError unless the pack is whole. One that was sealed here and is the same to the byte is known to be,
    which `cache` remembers; any other is verified, which takes seconds for a large one. Returns whether it was sealed
    here by the code that `code` names, so that what was made for it would be made again just so."""
    Pack.open(since).close()
    digest = _digest(since)
    keep = Keep(cache, _SEALED_FILE, max_bytes=_SEALED_BYTES)
    try:
        known = keep.get(_SEALED, [digest]).get(digest)
    finally:
        keep.close()
    problems = [] if known is not None else verify(since)
    if problems:
        more = f" (and {len(problems) - 1} more)" if problems[1:] else ""
        raise PackError(f"{since} was altered: {problems[0]}{more}", "build without --since")
    return known == code.encode()


def remember(pack: Path, cache: Path, code: str) -> None:
    """Notes that this pack was sealed here by the code that `code` names, for `check_since`."""
    keep = Keep(cache, _SEALED_FILE, max_bytes=_SEALED_BYTES)
    try:
        keep.put(_SEALED, {_digest(pack): code.encode()})
    finally:
        keep.close()


def _digest(path: Path) -> bytes:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()


def _is_replaceable(path: Path) -> bool:
    """Whether a file is a docpack, be it a damaged one, or holds nothing. A device or a pipe is neither."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(len(_SQLITE)) in (_SQLITE, b"")


def draft_path(destination: Path) -> Path:
    """Where the draft of this pack lies."""
    return destination.with_name(destination.name + ".draft")


def _draft_paths(draft: Path) -> list[Path]:
    """The draft and the files that SQLite keeps beside it."""
    return [draft.with_name(draft.name + end) for end in ("", "-wal", "-shm", "-journal")]


def own_paths(destination: Path, folder: Path) -> frozenset[str]:
    """The pack and what is written beside it, by path within `folder`; empty if it is written elsewhere.

    A build in the source's own folder would else document its own output, differently each time."""
    files = _draft_paths(draft_path(destination))
    names = [destination.name, *(file.name for file in files), f".{destination.name}.partial"]
    try:
        inside = destination.resolve().parent.relative_to(folder.resolve())
    except ValueError:
        return frozenset()
    return frozenset((inside / name).as_posix() for name in names)


@contextmanager
def open_draft(
    destination: Path, since: Path | None, fingerprint: Mapping[str, str], *, checked: bool = False
) -> Iterator[Draft]:
    """The draft of this pack: resumed, started from the pack `since`, or new. `checked`: see `Draft.from_pack`. Nothing
    is taken from a pack that states another `reading` than the fingerprint.

    It is kept for the next run unless the input turns out unusable (InputError), since then nothing of it would be
    wanted again. A file that cannot be written raises DoctownError."""
    path = draft_path(destination)
    try:
        draft = _open(path, since, fingerprint, checked)
        try:
            with draft:
                yield draft
        except InputError:
            draft.discard()
            raise
    except DAMAGE as error:
        raise DoctownError(
            f"{path} cannot be written ({one_line(error)})", "see that its disk has room and its folder can be written"
        ) from error


def _read_alike(since: Path, fingerprint: Mapping[str, str]) -> bool:
    """Whether the files of a pack were read as this build reads them: symbols and chunks of others are not reused."""
    with Pack.open(since) as pack:
        return pack.manifest().get("reading", "") == fingerprint.get("reading", "")


def _open(path: Path, since: Path | None, fingerprint: Mapping[str, str], checked: bool) -> Draft:
    existed = path.exists()
    try:
        if since is not None and _read_alike(since, fingerprint):
            return Draft.from_pack(since, path, fingerprint, checked=checked)
        draft = Draft.open(path, fingerprint)
    except (OSError, *DAMAGE) as error:
        for file in () if existed else _draft_paths(path):
            file.unlink(missing_ok=True)
        cause = error.strerror if isinstance(error, OSError) else one_line(error)
        raise InputError(f"{path} cannot be written ({cause})", _OTHER_PATH) from error
    if since is not None and not draft.resumed:
        draft.note = f"started anew, since {since.name} was read by another version of Doctown or of its grammars"
    return draft
