"""Links to a file's lines on the web pages of the host that the repository came from, at the commit that was read.

Only where the pack names an `https` origin without credentials and a full commit, and the host is one whose
addresses are known; elsewhere there is no link. Nothing is asked of any host.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?(?::\d{1,5})?")
_OWNER = re.compile(r"/[\w.~/-]+")

# Part of the host's name to the form of its addresses; the first that fits counts.
_FORMS = (
    ("github", "blob/{commit}/{path}", "#L{start}-L{end}"),
    ("gitlab", "-/blob/{commit}/{path}", "#L{start}-{end}"),
    ("salsa.debian", "-/blob/{commit}/{path}", "#L{start}-{end}"),
    ("bitbucket", "src/{commit}/{path}", "#lines-{start}:{end}"),
    ("codeberg", "src/commit/{commit}/{path}", "#L{start}-L{end}"),
    ("gitea", "src/commit/{commit}/{path}", "#L{start}-L{end}"),
    ("forgejo", "src/commit/{commit}/{path}", "#L{start}-L{end}"),
    ("git.sr.ht", "tree/{commit}/item/{path}", "#L{start}-{end}"),
)


class GitHost:
    """Makes links for one pack; falsy where it can make none."""

    def __init__(self, source: Mapping[str, object]) -> None:
        """`source` is the manifest's: of a stranger, like all that a pack says."""
        self.name = ""
        self._file = self._lines = ""
        location, commit = str(source.get("location", "")), str(source.get("commit", ""))
        try:
            parts = urlsplit(location)
        except ValueError:
            return
        host = parts.netloc.lower()
        whole = _HOST.fullmatch(host) and _OWNER.fullmatch(parts.path) and _COMMIT.fullmatch(commit)
        if parts.scheme != "https" or not whole or ".." in parts.path:
            return
        for part, file, lines in _FORMS:
            if part in host:
                base = f"https://{host}{parts.path.rstrip('/').removesuffix('.git')}/"
                self.name = host
                self._file = base + file.replace("{commit}", commit)
                self._lines = lines
                return

    def __bool__(self) -> bool:
        return bool(self._file)

    def link(self, path: str, start: int = 0, end: int = 0) -> str:
        """The address of a file, or of its lines; empty where there is none."""
        if not self._file:
            return ""
        address = self._file.replace("{path}", quote(path, safe="/"))
        return address + self._lines.format(start=start, end=max(end, start)) if start else address
