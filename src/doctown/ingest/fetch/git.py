"""A Git URL as a source: one commit fetched shallow into a bare temporary repository, read without a checkout.

Git is a program of its own, run with nothing of the user's configuration; all that it needs is given through its
environment, so neither a token nor a URL's password is ever an argument. No hook, submodule, filter or redirect has
a chance. URLs and addresses are `url`'s business, what Git's errors mean is `git_errors`'.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import os
import re
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from doctown.errors import InputError
from doctown.ingest.fetch.command import Result, Runner, ended_at
from doctown.ingest.fetch.contract import Access, Limits, Tree
from doctown.ingest.fetch.git_errors import (
    CredentialsError,
    RedirectError,
    explained,
    is_unshallow,
    is_withheld,
    unknown_ref,
)
from doctown.ingest.fetch.listing import ListedTree, Listing, UnsafePathError, relative
from doctown.ingest.fetch.url import GitUrl, addresses, parse_git_url
from doctown.model import Origin

_SOURCE = "refs/doctown/source"
_OLDEST_GIT = (2, 37)  # the first that can be pinned to an address (http.curloptResolve)
_FULL_ID = re.compile(r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$")
_SHORT_ID = re.compile(r"^[0-9a-f]{4,63}$")
_REF = re.compile(r"^(?![-/.])(?!.*(?:\.\.|//|@\{|/\.|\.lock(?:/|$)))[^\x00-\x20\x7f~^:?*\[\\]+(?<![/.])$")
_RECORD = re.compile(rb"^(\d{6}) (\w+) ([0-9a-f]+) +(\d+|-)\t(.+)$", re.DOTALL)
_MAX_RECORD_BYTES = 1024 * 1024
_IDS_AT_ONCE = 128  # 128 ids of 65 bytes fit a pipe's buffer, so that writing them never waits for reading
_PASSED_ON = ("PATH", "TMPDIR", "SYSTEMROOT")
# Git runs this as its credential helper. What it says comes from the environment, so it stands in no argument.
_HELPER = (
    """!f() { test "$1" = get && printf 'username=%s\\npassword=%s\\n' "$DOCTOWN_USER" "$DOCTOWN_PASSWORD"; }; f"""
)


@dataclass(frozen=True, slots=True)
class _Credentials:
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.user or self.password)

    def secrets(self) -> tuple[str, ...]:
        """Every form in which they could turn up in what Git says."""
        pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")
        plain = [self.password] if self.password else [self.user]
        return tuple(text for one in plain if one for text in (one, urllib.parse.quote(one, safe=""), pair))


@dataclass(frozen=True, slots=True)
class _Terms:
    """What holds for one fetch, whichever URL and credentials are tried."""

    folder: Path  # becomes the bare repository
    limits: Limits
    access: Access
    deadline: float  # `time.monotonic`
    pinned: Sequence[str] = ()  # the host's addresses that were judged


@dataclass(frozen=True, slots=True)
class _Remote:
    """A repository on a host, and how Git is run on it."""

    url: GitUrl
    runner: Runner
    limits: Limits
    credentials: _Credentials

    def git(self, *argv: str) -> Result:
        return self.runner.run(["git", *argv], watch=self._watch)

    def succeed(self, *argv: str) -> str:
        """Git's output. Raises InputError, in words of ours, where it fails."""
        result = self.git(*argv)
        if result.status:
            raise explained(result.errors, self.url.text, with_credentials=bool(self.credentials))
        return result.output

    def _watch(self) -> None:
        size = 0
        for folder, _, files in os.walk(self.runner.folder):
            for name in files:
                # Git renames and removes files as it goes.
                with contextlib.suppress(FileNotFoundError):
                    size += (Path(folder) / name).stat().st_size
        if size > self.limits.max_download_bytes:
            raise InputError(
                f"{self.url.text} is larger than {self.limits.max_download_bytes} bytes",
                "clone it yourself and give the folder, or raise the limit",
            )


@contextlib.contextmanager
def open_git(spec: str, ref: str, limits: Limits, access: Access) -> Iterator[Tree]:
    """The repository at the URL `spec`, at `ref` (a branch, tag or commit id; empty: its default branch).

    Raises InputError for a URL that is not allowed or no repository, a host without (public) address, an unknown
    ref, missing credentials, and what is over a cap."""
    with _opened(spec, ref, limits, access) as (remote, refs):
        commit = _fetch(remote, ref, refs)
        origin = Origin(kind="git", location=remote.url.text, name=remote.url.name, version=ref, commit=commit)
        yield _tree(remote, origin)


def probe_git(spec: str, ref: str, limits: Limits, access: Access) -> str:
    """The commit that `ref` means at the URL `spec`, without fetching it; empty where the host does not tell, as for
    a shortened commit id. Raises InputError as `open_git` does, but for refs that only a fetch can find missing."""
    with _opened(spec, ref, limits, access) as (remote, refs):
        pass
    if ref and _FULL_ID.match(ref):
        return ref
    if not refs and not ref:
        raise InputError(f"{remote.url.text} has no commit on its default branch", "name a branch")
    if not refs and not re.fullmatch(r"[0-9a-f]{4,39}", ref):
        raise unknown_ref(ref, remote.url.text)
    return next(iter(refs.values()), "")


@contextlib.contextmanager
def _opened(spec: str, ref: str, limits: Limits, access: Access) -> Iterator[tuple[_Remote, dict[str, str]]]:
    """A folder of its own for Git, and what the host says of its refs."""
    url = parse_git_url(spec, access)
    if ref and not _REF.match(ref):
        raise InputError(f"{ref!r} cannot be a Git ref", "give a branch, a tag or a commit id")
    with tempfile.TemporaryDirectory(prefix="doctown-git-", ignore_cleanup_errors=True) as folder:
        terms = _Terms(Path(folder), limits, access, time.monotonic() + limits.max_seconds)
        _prepare(_runner(terms, url, _Credentials()))
        yield _reached(dataclasses.replace(terms, pinned=addresses(url, access)), url, ref)


def _reached(terms: _Terms, url: GitUrl, ref: str) -> tuple[_Remote, dict[str, str]]:
    """The repository once it has answered, and those of its refs that `ref` may mean.

    The user's credential helper is asked only when the host wants credentials and none were given. Some hosts
    redirect to the same URL ending in `.git`: that one redirect is tried, others are never followed."""

    def attempt(url: GitUrl, credentials: _Credentials) -> tuple[_Remote, dict[str, str]]:
        remote = _Remote(url, _runner(terms, url, credentials), terms.limits, credentials)
        return remote, _refs(remote, ref)

    credentials = _given_credentials(url, terms.access)
    for _ in range(3):
        try:
            return attempt(url, credentials)
        except CredentialsError:
            credentials = _helper_credentials(terms, url) if not credentials else _Credentials()
            if not credentials:
                raise
        except RedirectError:
            if url.path.endswith(".git"):
                raise
            path = url.path.rstrip("/") + ".git"
            url = dataclasses.replace(url, path=path, text=f"{url.scheme}://{url.authority}{path}")
    return attempt(url, credentials)


# --- refs and fetching ------------------------------------------------------------------------------------------


def _refs(remote: _Remote, ref: str) -> dict[str, str]:
    """Object ids by name of the refs that `ref` may mean, as the host lists them."""
    names = ["HEAD"] if not ref or _FULL_ID.match(ref) else [f"refs/heads/{ref}", f"refs/tags/{ref}", ref]
    lines = remote.succeed("ls-remote", "--", remote.url.text, *names).splitlines()
    found = {name: identity for identity, _, name in (line.partition("\t") for line in lines)}
    return {name: found[name] for name in names if name in found}


def _fetch(remote: _Remote, ref: str, refs: Mapping[str, str]) -> str:
    """Fetches what `ref` means into `_SOURCE`. Returns the commit's id."""
    if not ref and not refs:
        raise InputError(f"{remote.url.text} has no commit on its default branch", "name a branch with --ref")
    if not ref:
        wanted = "HEAD"
    elif _FULL_ID.match(ref):
        wanted = ref
    else:
        wanted = next(iter(refs), "") or _lengthened(remote, ref)
    shallow = ["fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"]
    result = remote.git(*shallow, "--", remote.url.text, f"+{wanted}:{_SOURCE}")
    if result.status and (is_unshallow(result.errors) or is_withheld(result.errors)):
        _fetch_all(remote, wanted, ref)
    elif result.status:
        raise explained(result.errors, remote.url.text, with_credentials=bool(remote.credentials), ref=ref or "HEAD")
    commit = remote.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{_SOURCE}^{{commit}}")
    if commit.status:
        raise InputError(f"{ref or 'HEAD'} of {remote.url.text} is not a commit", "name a branch or another tag")
    return commit.output.strip()


def _fetch_all(remote: _Remote, wanted: str, ref: str) -> None:
    """For hosts that hand out neither single commits nor a shallow history: everything, then the one wanted."""
    remote.succeed(
        "fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--",
        remote.url.text, "+HEAD:refs/doctown/HEAD", "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*",
    )  # fmt: skip
    name = "refs/doctown/HEAD" if wanted == "HEAD" else wanted
    if remote.git("update-ref", _SOURCE, name).status:
        raise unknown_ref(ref, remote.url.text)


def _lengthened(remote: _Remote, short: str) -> str:
    """The full id of the commit that an abbreviated one means: looked for among the tips, then in the history,
    which is fetched without any file. Raises InputError if there is none, or more than one."""
    if not _SHORT_ID.match(short):
        raise unknown_ref(short, remote.url.text)
    listed = remote.succeed("ls-remote", "--", remote.url.text).splitlines()
    tips = {line.partition("\t")[0] for line in listed if line.startswith(short)}
    if len(tips) == 1:
        return tips.pop()
    history = remote.runner.folder / "history"
    remote.succeed("init", "--quiet", "--bare", "--template=", str(history))
    inside = f"--git-dir={history}"
    remote.succeed(
        inside, "fetch", "--quiet", "--filter=tree:0", "--no-tags", "--no-recurse-submodules", "--",
        remote.url.text, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*",
    )  # fmt: skip
    found = remote.git(inside, "rev-parse", f"--disambiguate={short}").output.split()
    commits = [one for one in found if remote.git(inside, "cat-file", "-t", one).output.strip() == "commit"]
    if len(commits) > 1:
        raise InputError(f"{short} means several commits of {remote.url.text}", "give more of its digits")
    if not commits:
        raise unknown_ref(short, remote.url.text)
    return commits[0]


# --- what is in it ----------------------------------------------------------------------------------------------


def _tree(remote: _Remote, origin: Origin) -> Tree:
    listing: Listing[str] = Listing(remote.limits)
    for mode, blob, size, raw in _records(remote, origin.commit):
        if len(listing) >= remote.limits.max_files:
            listing.warn_stopped()
            break
        name = raw.decode("utf-8", "surrogateescape")
        try:
            path = relative(name)
        except UnsafePathError as error:
            listing.refuse(name.replace("/", "\\"), "special", str(error))
            continue
        if mode == b"120000":
            listing.refuse(path, "symlink", "symbolic link, not followed", size)
        elif mode == b"160000":
            listing.refuse(path, "submodule", "submodule, not fetched")
        else:
            listing.take(path, size, blob)
    listing.close()
    return ListedTree(origin, listing, partial(_contents, remote))


def _records(remote: _Remote, commit: str) -> Iterator[tuple[bytes, str, int, bytes]]:
    """(mode, object id, size in bytes, path) of everything in the commit, as Git lists it. A tree of a few hundred
    bytes may list for ever (folders that hold each other many times over), so this is read as it comes."""
    argv = ["git", "ls-tree", "-r", "-z", "-l", "--full-tree", commit]
    runner = remote.runner
    with tempfile.TemporaryFile() as errors:
        with (
            runner.started(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors) as process,
            ended_at(runner.deadline, process),
        ):
            assert process.stdout is not None
            rest = b""
            while block := process.stdout.read1(65536):  # type: ignore[attr-defined]
                *records, rest = (rest + block).split(b"\0")
                for record in records:
                    found = _RECORD.match(record)
                    if found is None:
                        raise InputError(f"{remote.url.text} holds a damaged tree", "check the repository")
                    mode, _, blob, size, path = found.groups()
                    yield mode, blob.decode("ascii"), int(size) if size != b"-" else 0, path
                if len(rest) > _MAX_RECORD_BYTES:
                    raise InputError(f"{remote.url.text} is an attack: a path of megabytes", "do not use it")
            status = process.wait()
        if status:
            late = time.monotonic() > runner.deadline
            reason = "takes too long to list" if late else f"cannot be listed ({_last_line(runner.errors_of(errors))})"
            raise InputError(f"{remote.url.text} {reason}", "check the repository")


def _contents(remote: _Remote, wanted: Sequence[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
    if not wanted:
        return
    damaged = InputError(f"{remote.url.text} holds a damaged object", "try again, or check the repository")
    argv = ["git", "cat-file", "--batch"]
    with (
        tempfile.TemporaryFile() as errors,
        remote.runner.started(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        for first in range(0, len(wanted), _IDS_AT_ONCE):
            some = wanted[first : first + _IDS_AT_ONCE]
            try:
                process.stdin.write("".join(f"{blob}\n" for _, blob in some).encode("ascii"))
                process.stdin.flush()
            except BrokenPipeError:
                raise damaged from None
            for path, blob in some:
                header = process.stdout.readline(256).split()
                if len(header) != 3 or header[:2] != [blob.encode("ascii"), b"blob"]:
                    raise damaged
                size = int(header[2])
                content = process.stdout.read(size + 1)
                if size > remote.limits.max_file_bytes or len(content) != size + 1:
                    raise damaged
                yield path, content[:-1]


def _last_line(text: str) -> str:
    return ([line.strip() for line in text.splitlines() if line.strip()] or ["no reason given"])[-1]


# --- Git's environment and credentials --------------------------------------------------------------------------


def _runner(terms: _Terms, url: GitUrl, credentials: _Credentials) -> Runner:
    """Runs Git with an environment that holds its whole configuration and nothing of the user's."""
    access, folder = terms.access, str(terms.folder)
    config = [
        ("protocol.allow", "never"),
        (f"protocol.{url.scheme}.allow", "always"),
        ("http.followRedirects", "false"),
        ("http.lowSpeedLimit", "1000"),
        ("http.lowSpeedTime", "60"),
        ("http.proxy", access.proxy),
        ("core.hooksPath", os.devnull),
        ("core.fsmonitor", "false"),
        ("core.bigFileThreshold", "16m"),
        ("fetch.recurseSubmodules", "false"),
        ("fetch.unpackLimit", "1"),
        ("transfer.bundleURI", "false"),
        ("maintenance.auto", "false"),
        ("gc.auto", "0"),
        ("init.defaultBranch", "main"),
        ("credential.helper", ""),
    ]
    if access.ca_bundle:
        config.append(("http.sslCAInfo", access.ca_bundle))
    if terms.pinned and url.host not in terms.pinned:
        listed = ",".join(f"[{one}]" if ":" in one else one for one in terms.pinned)
        config.append(("http.curloptResolve", f"{url.host}:{url.port}:{listed}"))
    passed_on = {name: value for name, value in access.environment.items() if name in _PASSED_ON}
    environment = passed_on | {
        "LC_ALL": "C",
        "HOME": folder,  # or libcurl would look for a .netrc in the user's
        "GIT_DIR": folder,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
    }
    if credentials:
        config.append((f"credential.{url.scheme}://{url.authority}.helper", _HELPER))
        environment |= {"DOCTOWN_USER": credentials.user, "DOCTOWN_PASSWORD": credentials.password}
    environment["GIT_CONFIG_COUNT"] = str(len(config))
    for number, (key, value) in enumerate(config):
        environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    secrets = credentials.secrets() + ((access.proxy,) if access.proxy else ())
    return Runner(terms.folder, environment, terms.deadline, secrets)


def _given_credentials(url: GitUrl, access: Access) -> _Credentials:
    """The URL's own credentials, or the token if it may be sent to this host."""
    hosts = [host.lower() for host in access.token_hosts]
    token = access.token.strip() if not hosts or url.host in hosts or url.authority in hosts else ""
    if any(ord(letter) < 32 for letter in token + access.token_user):
        raise InputError("the Git token holds a control character", "set DOCTOWN_GIT_TOKEN to the token alone")
    if url.password or (url.user and not token):
        return _Credentials(url.user, url.password)
    return _Credentials(url.user or access.token_user or "x-access-token", token) if token else _Credentials()


def _helper_credentials(terms: _Terms, url: GitUrl) -> _Credentials:
    """What the user's own Git credential helper has for the URL, never asking the user; empty if nothing."""
    if not terms.access.ask_credential_helper:
        return _Credentials()
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS": "", "GCM_INTERACTIVE": "never"}
    # Not inside the temporary repository, nor any other: only the user's own configuration is meant to count.
    environment = {**terms.access.environment, **quiet, "GIT_CEILING_DIRECTORIES": str(terms.folder.parent)}
    asked = f"protocol={url.scheme}\nhost={url.authority}\npath={url.path.lstrip('/')}\n"
    asked += f"username={url.user}\n\n" if url.user else "\n"
    argv = ["git", "-c", "core.askPass=", "credential", "fill"]
    result = Runner(terms.folder, environment, terms.deadline).run(argv, stdin=asked)
    fields = dict(line.split("=", 1) for line in result.output.splitlines() if "=" in line)
    if result.status or not fields.get("password"):
        return _Credentials()
    return _Credentials(fields.get("username", ""), fields["password"])


def _prepare(runner: Runner) -> None:
    """Makes the bare repository. Raises InputError where Git is missing, or so old that it would ignore being pinned
    to an address."""
    version = runner.run(["git", "version"]).output
    found = re.search(r"(\d+)\.(\d+)", version)
    if found is None or (int(found[1]), int(found[2])) < _OLDEST_GIT:
        oldest = ".".join(str(part) for part in _OLDEST_GIT)
        raise InputError(f"Git is too old ({version.strip()[:60]!r})", f"install Git {oldest} or newer")
    made = runner.run(["git", "init", "--quiet", "--bare", "--template=", "."])
    if made.status:
        raise InputError(f"Git could not make a temporary repository: {_last_line(made.errors)}", "check TMPDIR")
