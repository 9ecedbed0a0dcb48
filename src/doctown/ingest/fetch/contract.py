"""What every kind of source shares: its limits, what the operator allows, and the tree that comes out.

Nothing here touches a disk or a network. The environment is not read either: whoever composes the program puts
what it found there into an `Access` and hands that over.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from doctown.model import Entry, Origin

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Caps on one source. An honest repository that is over one is read up to it, with a warning; an archive or a
    download that can only be over one by design (`max_entries`, `max_ratio`, bytes in total) is turned down."""

    max_files: int = 200_000  # entries listed
    max_entries: int = 500_000  # members of an archive, folders and repeated names included
    max_total_bytes: int = 4096 * MEBIBYTE  # contents in total, as really read
    max_file_bytes: int = 64 * MEBIBYTE  # of one file; a larger one is listed and never read
    max_download_bytes: int = 2048 * MEBIBYTE  # an archive's own size, or a Git repository's as fetched
    max_depth: int = 64  # folders above a file, plus the file
    max_path_length: int = 1024  # characters
    max_ratio: int = 200  # unpacked bytes per packed byte, looked at above `ratio_floor_bytes`
    ratio_floor_bytes: int = 32 * MEBIBYTE
    max_seconds: float = 900.0  # for one fetch over the network


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a fetch may reach, and with which credentials. The defaults suit a person at their own command line;
    for sources that somebody else names, take `for_clients()`."""

    token: str = field(default="", repr=False)  # for Git over HTTPS
    token_user: str = ""  # the user name sent with it; empty: one that most hosts take
    token_hosts: tuple[str, ...] = ()  # the only hosts that the token is sent to; empty: whichever host is named
    ask_credential_helper: bool = True  # without a token, ask the user's own Git credential helper
    protocols: tuple[str, ...] = ("https",)  # of Git URLs
    allow_private_addresses: bool = False  # loopback, private and reserved addresses as Git hosts
    allow_local_paths: bool = True  # folders and archives by path
    proxy: str = field(default="", repr=False)  # HTTP proxy for Git; it then resolves names, so addresses go unchecked
    ca_bundle: str = ""  # path of a certificate bundle; empty: the system's
    pip_index_url: str = field(default="", repr=False)  # empty: what pip is configured with
    npm_command: str = "npm"
    cache_folder: str = ""  # downloaded packages are kept here by their digest; empty: nothing is kept
    environment: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)  # for pip, npm, helpers

    def for_clients(self) -> Access:
        """The same for sources named by a client of the HTTP API: no local paths, nobody's credential helper, and
        the token only if the hosts that may see it are known, since a client could name a host of their own."""
        return dataclasses.replace(
            self,
            allow_local_paths=False,
            ask_credential_helper=False,
            token=self.token if self.token_hosts else "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A package's archive on this machine, its hash checked."""

    file: Path
    name: str
    version: str
    warnings: tuple[str, ...] = ()


class Tree(Protocol):
    """An opened source. Valid until the `with` block that opened it ends."""

    @property
    def origin(self) -> Origin:
        """Where it came from, without credentials."""

    @property
    def refused(self) -> Sequence[tuple[str, str]]:
        """(path, reason) of what was listed but will never be read. Grows when a file turns out unreadable."""

    @property
    def warnings(self) -> Sequence[str]:
        """What the reader of the report should know, one sentence each."""

    def entries(self) -> Sequence[Entry]:
        """Everything met, refused entries included, sorted by path; paths are relative, POSIX-style and safe."""

    def read(self, paths: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """(path, content) of the files asked for, each once, in any order, one in memory at a time.

        A file that has become unreadable since it was listed is left out and added to `refused`. Raises
        ValueError for a path that was not listed as readable, InputError where the source turns out damaged."""
