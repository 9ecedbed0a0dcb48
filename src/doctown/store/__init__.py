"""Where finished docpacks and uploaded archives are kept: a folder, or an object store that speaks S3.

A pack's name is its content address, so a pack that is there already is never written again, and two Builders that
finish the same pack do not meet. Names are made here from digests alone; nothing that a client names becomes a path.
What is in a pack, and who may have it, is others' business.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import LocalStore, MemoryStore, S3Store

from doctown.errors import DoctownError, InputError

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_PIECE: Final = 1 << 20
Store = LocalStore | MemoryStore | S3Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One thing in the store."""

    digest: str  # what it is named by
    size: int  # bytes
    modified: float  # seconds since 1970


def open_store(url: str, folder: Path, options: Mapping[str, str] | None = None, *, retries: int = 6) -> PackStore:
    """The store at `url` (`s3://BUCKET/PREFIX`, `memory://`), or the folder where that is empty; `options` are S3's, by
    the names that obstore gives them. Raises InputError for another kind of URL, or a folder that cannot be made."""
    kind = urlsplit(url).scheme
    if not url or kind == "file":
        path = Path(urlsplit(url).path) if url else folder
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"{path} cannot be made ({error.strerror})", "set DOCTOWN_STORE_URL or DOCTOWN_DATA"
            ) from error
        return PackStore(LocalStore(path), path)
    if kind == "memory":
        return PackStore(MemoryStore())
    if kind != "s3":
        raise InputError("DOCTOWN_STORE_URL is of an unknown kind", "use s3://BUCKET/PREFIX or file:///FOLDER")
    given = dict(options or {})
    plain = given.get("endpoint", "").startswith("http://")  # an object store of one's own, on one's own network
    store = S3Store.from_url(
        url,
        client_options={
            "allow_http": plain,
            "timeout": timedelta(seconds=120),
            "connect_timeout": timedelta(seconds=5),
        },
        retry_config={"max_retries": retries, "retry_timeout": timedelta(seconds=60)},
        **given,  # type: ignore[arg-type]
    )
    return PackStore(store)


class PackStore:
    """Packs by their docpack_id, uploads by the sha256 of their bytes. Methods block and raise DoctownError if the
    store fails."""

    def __init__(self, store: Store, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder

    def check(self) -> None:
        """Raises DoctownError if the store does not answer, or has no such bucket, or not for us."""
        next(self.packs(), None)

    def put_pack(self, docpack_id: str, file: Path) -> None:
        """Keeps a pack. One of the same id is there already or it is not: it is written whole or not at all."""
        self._put(_name("packs", docpack_id), file)

    def put_upload(self, digest: str, file: Path) -> None:
        """Keeps an archive that a client sent."""
        self._put(_name("uploads", digest), file)

    def _put(self, name: str, file: Path) -> None:
        with _translated(), contextlib.suppress(AlreadyExistsError):
            # `create` alone is conditional; a file above some megabytes would else go up in parts, which cannot be.
            obstore.put(self._store, name, file, mode="create", use_multipart=False)

    def has_pack(self, docpack_id: str) -> bool:
        """Whether the pack is there."""
        with _translated():
            try:
                obstore.head(self._store, _name("packs", docpack_id))
            except (NotFoundError, FileNotFoundError):
                return False
        return True

    def path_of(self, docpack_id: str) -> Path | None:
        """The pack's file, where the store is a folder of this machine."""
        path = self._folder / _name("packs", docpack_id) if self._folder else None
        return path if path is not None and path.is_file() else None

    def link(self, docpack_id: str, seconds: int = 3600) -> str:
        """A link by which anybody can get the pack for a while; empty where the store makes none."""
        if not isinstance(self._store, S3Store):
            return ""
        with _translated():
            return obstore.sign(self._store, "GET", _name("packs", docpack_id), timedelta(seconds=seconds))

    def read_pack(self, docpack_id: str) -> tuple[int, Iterator[bytes]]:
        """Size and content of a pack, piece by piece. Raises InputError if it is not there."""
        return self._read(_name("packs", docpack_id), "the docpack")

    def fetch_upload(self, digest: str, file: Path) -> None:
        """Writes an upload to `file`, which appears when it is whole. Raises InputError if it is not there."""
        _, pieces = self._read(_name("uploads", digest), "the uploaded archive")
        self._write(pieces, file)

    def fetch_pack(self, docpack_id: str, file: Path) -> None:
        """Writes a pack to `file`, which appears when it is whole. Raises InputError if it is not there."""
        _, pieces = self.read_pack(docpack_id)
        self._write(pieces, file)

    @staticmethod
    def _write(pieces: Iterator[bytes], file: Path) -> None:
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as partial:
            for piece in pieces:
                partial.write(piece)
        Path(partial.name).replace(file)

    def _read(self, name: str, what: str) -> tuple[int, Iterator[bytes]]:
        with _translated():
            try:
                found = obstore.get(self._store, name)
            except (NotFoundError, FileNotFoundError):
                raise InputError(f"{what} is not kept any more", "submit the job again") from None
        return int(found.meta["size"]), (bytes(piece) for piece in found.stream(min_chunk_size=_PIECE))

    def packs(self) -> Iterator[Kept]:
        """Every pack that is kept."""
        return self._list("packs")

    def uploads(self) -> Iterator[Kept]:
        """Every upload that is kept."""
        return self._list("uploads")

    def _list(self, kind: str) -> Iterator[Kept]:
        with _translated():
            for page in obstore.list(self._store, prefix=kind):
                for one in page:
                    digest = str(one["path"]).rpartition("/")[2].partition(".")[0]
                    if _DIGEST.fullmatch(digest):
                        yield Kept(digest=digest, size=int(one["size"]), modified=one["last_modified"].timestamp())

    def remove_pack(self, docpack_id: str) -> None:
        """Removes a pack, if it is there."""
        self._remove(_name("packs", docpack_id))

    def remove_upload(self, digest: str) -> None:
        """Removes an upload, if it is there."""
        self._remove(_name("uploads", digest))

    def _remove(self, name: str) -> None:
        with _translated(), contextlib.suppress(NotFoundError, FileNotFoundError):
            obstore.delete(self._store, name)


def _name(kind: str, digest: str) -> str:
    if not _DIGEST.fullmatch(digest):
        raise InputError(f"{digest[:80]!r} is no digest", "give 64 hexadecimal digits")
    return f"{kind}/{digest}.docpack" if kind == "packs" else f"{kind}/{digest}"


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:  # obstore raises Python's own where there is one, as for what is not there
        told = str(error).strip()
        if "NoSuchBucket" in told:
            raise DoctownError(
                "the store failed: there is no such bucket", "make it, or set DOCTOWN_STORE_URL"
            ) from error
        line = told.splitlines()[0][:300] if told else type(error).__name__
        raise DoctownError(f"the store failed: {line}", "check DOCTOWN_STORE_URL and its credentials") from error
