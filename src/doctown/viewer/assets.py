"""The files beside the pages: stylesheet, scripts, icon, with what a server and an export need to hand them out.

Pages name them with a digest of their content, so a browser may keep them for good and still never shows a page with
the stylesheet of another version.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib import resources
from pathlib import PurePosixPath
from typing import NamedTuple

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Asset(NamedTuple):
    """A file beside the pages."""

    content: bytes
    packed: bytes  # the same by gzip
    media_type: str
    digest: str  # of the content, hex


@cache
def assets() -> dict[str, Asset]:
    """All of them by name."""
    found = {}
    for file in (resources.files("doctown.viewer") / "static").iterdir():
        media_type = _TYPES.get(PurePosixPath(file.name).suffix)
        if media_type is not None:
            content = file.read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:12]
            found[file.name] = Asset(content, gzip.compress(content, mtime=0), media_type, digest)
    return found


def address(name: str) -> str:
    """Where a page finds a file, from the root of the pages."""
    return f"static/{name}?v={assets()[name].digest}"
