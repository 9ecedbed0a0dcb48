"""An npm package by name as a source: its tarball got through npm's own configuration, checked, and handed on.

npm is asked for the version's hash and then for the file, with scripts switched off; the hash is checked here. npm
runs in an empty folder, so that no project's configuration has a say. Reading the archive is left to `archive`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from doctown.errors import InputError
from doctown.ingest.fetch import cache
from doctown.ingest.fetch.command import Runner
from doctown.ingest.fetch.contract import Access, Download, Limits

_PART = r"[A-Za-z0-9_~][A-Za-z0-9._~-]*"
_SPEC = re.compile(rf"^(?P<name>(?:@{_PART}/)?{_PART})(?:@(?P<version>[A-Za-z0-9][A-Za-z0-9.+_-]*))?$")
_SHA512 = re.compile(r"(?:^|\s)sha512-([A-Za-z0-9+/]{86}==)")
_VERSION = re.compile(r"^[0-9A-Za-z.+-]{1,256}$")
_MEND = "check the network and npm's own configuration"


@dataclass(frozen=True, slots=True)
class _Npm:
    """npm as configured, run in an empty folder."""

    command: str
    runner: Runner

    def json(self, *argv: str) -> object:
        """What npm prints. Raises InputError if that is not JSON, which is how npm fails before it has begun."""
        options = ["--json", "--loglevel=error", "--no-update-notifier"]
        result = self.runner.run([self.command, *options, *argv])
        try:
            return json.loads(result.output)
        except ValueError:
            if not result.output.strip() and result.status == 0:
                return None
            raise InputError(f"npm failed: {_first_line(result.errors)}", _MEND) from None


def download(spec: str, folder: Path, limits: Limits, access: Access) -> Download:
    """Downloads the tarball of `NAME` or `NAME@VERSION` into `folder` (empty), or finds it in the cache folder.

    Raises InputError for a package or version that the registry does not have, one without a SHA-512 to check it
    by, one that does not match it, and where npm is not installed."""
    found = _SPEC.match(spec)
    if found is None:
        raise InputError(f"npm:{spec} is not a package's name", "give npm:NAME or npm:NAME@VERSION")
    environment = dict(access.environment)
    if access.ca_bundle:
        environment["NODE_EXTRA_CA_CERTS"] = access.ca_bundle
    npm = _Npm(access.npm_command, Runner(folder, environment, time.monotonic() + limits.max_seconds))
    name, version, expected = _described(npm, found["name"], found["version"] or "latest")
    cached = cache.find(access.cache_folder, "sha512", expected)
    if cached:
        return Download(file=cached, name=name, version=version)
    arrived = folder / "arrived"
    arrived.mkdir()
    reply = npm.json("pack", "--ignore-scripts", f"--pack-destination={arrived}", "--", f"{name}@{version}")
    _raise_error(reply, name, version)
    files = sorted(arrived.iterdir())
    if len(files) != 1:
        raise InputError(f"npm fetched no archive of {name}@{version}", _MEND)
    if files[0].stat().st_size > limits.max_download_bytes:
        raise InputError(f"npm:{spec} is larger than the cap on downloads", "raise the limit")
    if cache.digest_of(files[0], "sha512") != expected:
        raise InputError(f"the download of npm:{spec} does not match the hash that the registry states", "try again")
    cache.keep(access.cache_folder, files[0], "sha512", expected)
    return Download(file=files[0], name=name, version=version)


def _described(npm: _Npm, name: str, wanted: str) -> tuple[str, str, str]:
    """The name, the exact version and the SHA-512 (hex) that the registry states for what is wanted."""
    reply = npm.json("view", "--", f"{name}@{wanted}", "name", "version", "dist")
    if isinstance(reply, list) and reply:
        reply = reply[-1]  # npm lists the versions that match, the newest last
    if _missing(reply):
        raise _unknown(npm, name, wanted)
    _raise_error(reply, name, wanted)
    if not isinstance(reply, dict) or not isinstance(reply.get("dist"), dict):
        raise InputError(f"npm described {name}@{wanted} in a form that is not known", _MEND)
    version, integrity = reply.get("version"), reply["dist"].get("integrity")
    if not isinstance(version, str) or not _VERSION.match(version):
        raise InputError(f"npm stated no version for {name}@{wanted}", _MEND)
    hashed = _SHA512.search(integrity) if isinstance(integrity, str) else None
    if hashed is None:
        raise InputError(f"the registry states no SHA-512 for {name}@{version}", "ask for another version")
    try:
        return name, version, base64.b64decode(hashed[1], validate=True).hex()
    except binascii.Error:
        raise InputError(f"the registry states a broken SHA-512 for {name}@{version}", _MEND) from None


def _unknown(npm: _Npm, name: str, wanted: str) -> InputError:
    """The error for what the registry does not have, with a few versions that it has."""
    versions = npm.json("view", "--", name, "versions")
    if isinstance(versions, str):
        versions = [versions]
    if not isinstance(versions, list) or not versions:
        return InputError(f"the registry has no package {name}", "check the name")
    return InputError(f"{name} has no version {wanted}", f"newest: {_newest(versions)}")


def _newest(versions: Sequence[object]) -> str:
    """The last few that are listed, newest first; final releases before pre-releases, which have a dash."""
    texts = [one for one in versions if isinstance(one, str) and _VERSION.match(one)]
    final = [one for one in texts if "-" not in one]
    return ", ".join((final or texts)[:-6:-1])


def _missing(reply: object) -> bool:
    if not reply:
        return True
    return isinstance(reply, dict) and isinstance(reply.get("error"), dict) and reply["error"].get("code") == "E404"


def _raise_error(reply: object, name: str, version: str) -> None:
    if isinstance(reply, dict) and isinstance(reply.get("error"), dict):
        # Only the code: npm's own text names the registry, whose URL may hold a password.
        code = str(reply["error"].get("code"))[:40]
        raise InputError(f"npm could not get {name}@{version} ({_first_line(code)})", _MEND)


def _first_line(text: str) -> str:
    without_urls = re.sub(r"\w+://\S+", "(URL)", text)
    # npm's warnings, about its configuration for instance, come before its errors.
    lines = [line.strip() for line in without_urls.splitlines() if line.strip() and not line.startswith("npm warn")]
    return lines[0][:200] if lines else "it gave no reason"
