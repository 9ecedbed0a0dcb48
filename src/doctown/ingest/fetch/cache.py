"""Downloaded packages kept by their digest, so that a second build of one needs no second download.

A file is put there whole or not at all, and its digest is taken again before it is used: the folder may be shared.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path


def digest_of(file: Path, algorithm: str) -> str:
    """The file's digest in hex; `algorithm` as `hashlib` names it."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()


def find(folder: str, algorithm: str, digest: str) -> Path | None:
    """The cached file with that digest (hex), or None. An empty `folder` holds nothing."""
    file = Path(folder) / f"{algorithm}-{digest}" if folder else None
    if file is None or not file.is_file() or digest_of(file, algorithm) != digest:
        return None
    return file


def keep(folder: str, file: Path, algorithm: str, digest: str) -> None:
    """Copies `file`, which has been checked, into the cache folder; does nothing if `folder` is empty."""
    if not folder:
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".part-")
    try:
        with os.fdopen(descriptor, "wb") as target, file.open("rb") as source:
            shutil.copyfileobj(source, target)
        Path(name).replace(Path(folder) / f"{algorithm}-{digest}")
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
