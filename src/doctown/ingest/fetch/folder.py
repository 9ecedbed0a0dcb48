"""A local folder as a source: walked without following a link, honouring `.gitignore`.

Nothing of the folder is executed and no program is run on it: the commit of a Git work tree is read from the files
in `.git`, since Git itself would obey the configuration it finds there. Which patterns ignore a path is left to
`ignore`.
"""

# ruff: noqa: PTH110, PTH118 - of a large source there are thousands of paths, and `Path` takes ten times as long.
from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from os.path import exists, join
from pathlib import Path

from doctown.errors import InputError
from doctown.ingest.fetch.contract import Limits, Tree
from doctown.ingest.fetch.ignore import Rules, is_ignored, read_rules
from doctown.ingest.fetch.listing import ListedTree, Listing, objection, shown
from doctown.model import Origin

_COMMIT = re.compile(r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$")
_REF = re.compile(r"^refs/[A-Za-z0-9_./@+#=-]+$")
_MAX_REF_BYTES = 32 * 1024 * 1024  # packed-refs of a repository with hundreds of thousands of refs


def open_folder(root: Path, limits: Limits) -> Tree:
    """The folder `root` (absolute, its own links resolved). Raises InputError if it cannot be read."""
    repository = _repository_root(root)
    listing: Listing[str] = Listing(limits)
    _Walk(root, repository, limits, listing).run()
    listing.close()
    name = shown(root.name) or "root"
    commit = _head_commit(repository) if repository else ""
    origin = Origin(kind="folder", location=name, name=name, commit=commit)
    return ListedTree(origin, listing, partial(_contents, root, limits, listing))


def _contents(
    root: Path, limits: Limits, listing: Listing[str], wanted: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, bytes]]:
    for path, name in wanted:
        try:
            content = _read_regular(join(root, name), limits.max_file_bytes)
        except OSError as error:
            listing.give_up(path, f"could not be read: {error.strerror or error}")
        else:
            yield path, content


@dataclass(frozen=True, slots=True)
class _Walk:
    """One walk over a folder, which fills the listing."""

    root: Path
    repository: Path | None
    limits: Limits
    listing: Listing[str]

    def run(self) -> None:
        """Fills the list, folder by folder, each in the order of its names, so that a cap cuts the same everywhere."""
        prefix, rules = self._inherited()
        todo: list[tuple[str, tuple[Rules, ...]]] = [("", rules)]
        while todo:
            folder, rules = todo.pop()
            items = self._items(folder)
            if any(item.name == ".gitignore" for item in items):
                own, problems = read_rules(self.root / folder / ".gitignore", prefix + folder)
                self.listing.warnings.extend(problems)
                if own:
                    rules = (*rules, own)
            below: list[tuple[str, tuple[Rules, ...]]] = []
            for item in items:
                if len(self.listing) >= self.limits.max_files:
                    self.listing.warn_stopped()
                    return
                if self._met(folder + item.name, item, prefix, rules):
                    below.append((f"{folder}{item.name}/", rules))
            todo.extend(reversed(below))

    def _items(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(join(self.root, folder)) as found:
                return sorted(found, key=lambda item: item.name)
        except OSError as error:
            if not folder:
                raise InputError(f"the folder cannot be read: {error.strerror}", "check its permissions") from None
            self.listing.refuse(folder.rstrip("/"), "special", f"folder could not be read: {error.strerror}")
            return []

    def _met(self, path: str, item: os.DirEntry[str], prefix: str, rules: tuple[Rules, ...]) -> bool:
        """Lists one item; true if it is a folder to descend into."""
        if item.name == ".git":
            return False
        if item.is_symlink():
            if not is_ignored(prefix + path, rules):
                self.listing.refuse(path, "symlink", "symbolic link, not followed")
            return False
        if item.is_dir(follow_symlinks=False):
            if is_ignored(f"{prefix}{path}/", rules):
                return False
            return self._descends(path)
        if is_ignored(prefix + path, rules):
            return False
        try:
            found = item.stat(follow_symlinks=False)
        except OSError as error:
            self.listing.refuse(path, "special", f"could not be read: {error.strerror}")
            return False
        if stat.S_ISREG(found.st_mode):
            self.listing.take(path, found.st_size, path)
        else:
            self.listing.refuse(path, "special", "not a regular file")
        return False

    def _descends(self, path: str) -> bool:
        reason = objection(path + "/", self.limits)
        if reason:
            self.listing.refuse(path, "special", f"folder not entered: {reason}")
            return False
        # Inside a work tree Git treats a repository as a submodule; a plain folder of clones is one source.
        if self.repository and exists(join(self.root, path, ".git")):
            self.listing.refuse(path, "submodule", "a Git repository of its own inside this one")
            return False
        return True

    def _inherited(self) -> tuple[str, tuple[Rules, ...]]:
        """The root's path within its repository (`/`-ended or empty) and the rules from above it."""
        if self.repository is None:
            return "", ()
        rules: list[Rules] = []
        inside = self.root.relative_to(self.repository).parts
        files = [(_git_folder(self.repository) / "info" / "exclude", "")]
        for depth in range(len(inside)):
            above = self.repository.joinpath(*inside[:depth])
            files.append((above / ".gitignore", "".join(f"{part}/" for part in inside[:depth])))
        for file, base in files:
            found, problems = read_rules(file, base)
            self.listing.warnings.extend(problems)
            if found:
                rules.append(found)
        return "".join(f"{part}/" for part in inside), tuple(rules)


def _read_regular(file: str | Path, most: int) -> bytes:
    """The content of a regular file of at most `most` bytes. Raises OSError for anything else: what was a file when
    it was listed may be a link or a pipe by now."""
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OSError("no longer a regular file")
        # A stream object for each of thousands of files would cost as much as reading it.
        content = os.read(descriptor, min(found.st_size, most) + 1)
        while 0 < len(content) <= most and (more := os.read(descriptor, most + 1 - len(content))):
            content += more
    finally:
        os.close(descriptor)
    if len(content) > most:
        raise OSError("has grown over the cap since it was listed")
    return content


def _repository_root(folder: Path) -> Path | None:
    """The top of the Git work tree that `folder` lies in, or None."""
    for candidate in (folder, *folder.parents):
        if (candidate / ".git").exists():
            return candidate
    return None


def _git_folder(repository: Path) -> Path:
    """Where a work tree's Git data lies: `.git`, or what the file `.git` of a linked work tree points to."""
    git = repository / ".git"
    try:
        if git.is_file():
            text = git.read_text("utf-8", "replace")[:4096].strip()
            if text.startswith("gitdir: "):
                return repository / text.removeprefix("gitdir: ")
    except OSError:
        return git
    return git


def _head_commit(repository: Path) -> str:
    """The commit that HEAD names, or empty where it cannot be told (no commit yet, an unknown storage of refs)."""
    git = _git_folder(repository)
    head = _small_text(git / "HEAD")
    if not head.startswith("ref: "):
        return head if _COMMIT.match(head) else ""
    ref = head.removeprefix("ref: ")
    if not _REF.match(ref) or ".." in ref:
        return ""
    common = git / (_small_text(git / "commondir") or ".")
    loose = _small_text(common / ref)
    if _COMMIT.match(loose):
        return loose
    for line in _small_text(common / "packed-refs").splitlines():
        commit, _, name = line.partition(" ")
        if name == ref and _COMMIT.match(commit):
            return commit
    return ""


def _small_text(file: Path) -> str:
    """The text of a small file without surrounding white space; empty where it cannot be read."""
    try:
        return _read_regular(file, _MAX_REF_BYTES).decode("utf-8", "replace").strip()
    except OSError:
        return ""
