"""A Python package by name as a source: its archive found on the index that pip uses, checked, and handed on.

`pypi-simple` speaks with the index. Nothing of the package is built or run, which is why pip itself is not asked to
download: it would execute the package's build. Reading the archive is left to `archive`.
"""

from __future__ import annotations

import ast
import re
import sys
import time
import urllib.parse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import requests
from packaging.version import InvalidVersion, Version
from pypi_simple import (
    DigestMismatchError,
    DistributionPackage,
    NoSuchProjectError,
    PyPISimple,
    UnsupportedContentTypeError,
    UnsupportedRepoVersionError,
)

from doctown.errors import InputError
from doctown.ingest.fetch import cache
from doctown.ingest.fetch.command import Runner
from doctown.ingest.fetch.contract import Access, Download, Limits

_SPEC = re.compile(r"^(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:==(?P<version>[A-Za-z0-9.!+_-]+))?$")
_TIMEOUT_SECONDS = 30.0  # for the index to say anything
_SHA256 = re.compile(r"^[0-9a-f]{64}$")
_CONNECTION_MEND = "check the network and the index that pip is configured with"
# Index options that pip's sub-commands and its environment may set, from the least to the most binding.
_SCOPES = ("global", "install", "download", ":env:")


@dataclass(frozen=True, slots=True)
class Index:
    """Where packages are found. An empty `url` is the library's own default."""

    url: str
    ca_bundle: str


def configured_index(runner: Runner, access: Access) -> Index:
    """The index of `access`, or else the one that pip is configured with; its certificate bundle likewise."""
    settings: dict[str, str] = {}
    if not (access.pip_index_url and access.ca_bundle):
        argv = [sys.executable, "-m", "pip", "config", "list", "--disable-pip-version-check"]
        lines = runner.run(argv).output.splitlines()
        found = dict(pair for line in lines if (pair := _setting(line)))
        for option in ("index-url", "cert"):
            values = [found[f"{scope}.{option}"] for scope in _SCOPES if f"{scope}.{option}" in found]
            settings[option] = values[-1] if values else ""
    url = access.pip_index_url or settings.get("index-url", "")
    if url and urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise InputError("the index that pip is configured with is not an HTTP one", "configure another for Doctown")
    return Index(url, access.ca_bundle or settings.get("cert", ""))


def _setting(line: str) -> tuple[str, str] | None:
    """A line of `pip config list`, `key='value'`, as a pair; None for any other line."""
    key, equals, value = line.partition("=")
    if not equals:
        return None
    try:
        parsed = ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return None
    return (key.strip(), parsed) if isinstance(parsed, str) else None


def download(spec: str, folder: Path, limits: Limits, access: Access) -> Download:
    """Downloads the archive of `NAME` or `NAME==VERSION` into `folder`, or finds it in the cache folder.

    Raises InputError for a package or version that the index does not have, one without an archive that can be
    read, one without a SHA-256 to check it by, and one that does not match it."""
    found = _SPEC.match(spec)
    if found is None:
        raise InputError(f"pypi:{spec} is not a package's name", "give pypi:NAME or pypi:NAME==VERSION, without extras")
    deadline = time.monotonic() + limits.max_seconds
    guard = _Guard(limits.max_download_bytes, deadline, f"pypi:{spec}")
    index = configured_index(Runner(folder, access.environment, deadline), access)
    with PyPISimple(index.url) if index.url else PyPISimple() as client:
        if index.ca_bundle:
            client.s.verify = index.ca_bundle
        try:
            packages = client.get_project_page(found["name"], timeout=_TIMEOUT_SECONDS).packages
            package, warnings = _chosen(packages, found["name"], found["version"] or "")
            file = _fetched(client, package, folder / "package", access.cache_folder, guard)
        except NoSuchProjectError:
            raise InputError(f"the index has no package {found['name']}", "check the name") from None
        except DigestMismatchError:
            raise InputError(
                f"the download of pypi:{spec} does not match the hash that the index states", "try again"
            ) from None
        except (UnsupportedContentTypeError, UnsupportedRepoVersionError):
            raise InputError("the package index answers in a form that is not known", _CONNECTION_MEND) from None
        except requests.HTTPError as error:
            status = error.response.status_code if error.response is not None else 0
            raise InputError(f"the package index answered {status} for pypi:{spec}", _CONNECTION_MEND) from None
        except requests.RequestException as error:
            # The error's own text is not passed on: it would show the index's URL, which may hold a password.
            kind = type(error).__name__
            raise InputError(
                f"the package index cannot be reached for pypi:{spec} ({kind})", _CONNECTION_MEND
            ) from None
    return Download(file=file, name=package.project or found["name"], version=package.version or "", warnings=warnings)


# --- which archive ----------------------------------------------------------------------------------------------


def _chosen(
    packages: Sequence[DistributionPackage], name: str, asked: str
) -> tuple[DistributionPackage, tuple[str, ...]]:
    """The archive to read, and what to say about it: of the version asked for, or else of the newest that is neither
    yanked nor a pre-release; an sdist, or else a wheel without machine code."""
    by_version: dict[Version, list[DistributionPackage]] = {}
    for package in packages:
        version = _version(package.version or "")
        if version is not None:
            by_version.setdefault(version, []).append(package)
    if not by_version:
        raise InputError(f"the index has no release of {name}", "check the name")
    warnings: list[str] = []
    if asked:
        wanted = _version(asked)
        if wanted is None or wanted not in by_version:
            raise InputError(f"{name} has no version {asked}", f"newest: {_newest(by_version)}")
    else:
        wanted = _best(by_version)
        if wanted.is_prerelease:
            warnings.append(f"{name} has no final release; {wanted} is a pre-release")
    files = by_version[wanted]
    if any(one.is_yanked for one in files):
        warnings.append(f"{name} {wanted} was withdrawn by its authors")
    ranked = [(rank, one.filename, one) for one in files if (rank := _rank(one)) is not None]
    if not ranked:
        raise InputError(f"{name} {wanted} has neither a source archive nor a pure wheel", "ask for another version")
    package = min(ranked, key=lambda one: one[:2])[2]
    if package.package_type == "wheel":
        warnings.append(f"{name} {wanted} has no source archive; its wheel was read, without tests and build files")
    return package, tuple(warnings)


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _best(by_version: dict[Version, list[DistributionPackage]]) -> Version:
    """The newest version that is neither yanked nor a pre-release, with both conditions waived if none is left."""

    def rank(version: Version) -> tuple[bool, bool, Version]:
        return not all(one.is_yanked for one in by_version[version]), not version.is_prerelease, version

    return max(by_version, key=rank)


def _rank(package: DistributionPackage) -> int | None:
    """How good an archive is to read, least first; None if it is of no use."""
    name = package.filename.lower()
    if package.package_type == "sdist" and name.endswith((".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")):
        return 0 if name.endswith(".tar.gz") else 1
    if package.package_type == "wheel" and name.endswith("-none-any.whl"):
        return 2
    return None


def _newest(versions: Iterable[Version]) -> str:
    return ", ".join(str(one) for one in sorted(versions, reverse=True)[:5])


# --- getting it -------------------------------------------------------------------------------------------------


class _Guard:
    """Stops a download that is too large or takes too long: `pypi-simple` reports every block to it."""

    def __init__(self, most: int, deadline: float, label: str) -> None:
        self._left, self._deadline, self._label = most, deadline, label

    def __enter__(self) -> _Guard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def update(self, increment: int) -> None:
        self._left -= increment
        if self._left < 0:
            raise InputError(f"{self._label} is larger than the cap on downloads", "raise the limit")
        if time.monotonic() > self._deadline:
            raise InputError(f"{self._label} did not arrive in the time allowed", "try again, or raise the limit")


def _fetched(client: PyPISimple, package: DistributionPackage, target: Path, kept_in: str, guard: _Guard) -> Path:
    expected = package.digests.get("sha256", "").lower()
    if not _SHA256.match(expected):
        raise InputError(f"the index states no SHA-256 for {package.filename}", "ask for another version")
    cached = cache.find(kept_in, "sha256", expected)
    if cached:
        return cached
    package.digests = {"sha256": expected}  # the one that is checked, whichever others the index states
    client.download_package(package, target, timeout=_TIMEOUT_SECONDS, progress=lambda _: guard)
    cache.keep(kept_in, target, "sha256", expected)
    return target
