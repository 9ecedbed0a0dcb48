"""Local folders as sources: what is listed, what Git would ignore, and that no link is followed."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from doctown.errors import InputError
from doctown.ingest.fetch import Access, Limits, open_source
from tests.ingest.fetch.githost import git


def fill(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def listed(folder: Path) -> list[str]:
    with open_source(str(folder)) as tree:
        return [one.path for one in tree.entries()]


def test_plain_folder_is_listed_and_read(tmp_path: Path) -> None:
    """A folder without Git: every file, sorted, with its size and content, and its own name for a location."""
    root = fill(tmp_path / "proj", {"b.py": "b", "a/c.py": "cc", "a.py": "", ".hidden": "h"})
    with open_source(str(root)) as tree:
        assert [(one.path, one.size) for one in tree.entries()] == [
            (".hidden", 1),
            ("a.py", 0),
            ("a/c.py", 2),
            ("b.py", 1),
        ]
        assert dict(tree.read(["a/c.py", "b.py"])) == {"a/c.py": b"cc", "b.py": b"b"}
        assert (tree.origin.kind, tree.origin.location, tree.origin.commit) == ("folder", "proj", "")


def test_location_is_never_an_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`.` is shown as the folder's own name, so that a pack does not tell where it was built."""
    monkeypatch.chdir(fill(tmp_path / "proj", {"a": ""}))
    with open_source(".") as tree:
        assert tree.origin.location == "proj"
        assert str(tmp_path) not in repr(tree.origin)


PATTERNS = [
    "*.log\n!keep.log\n",
    "/build\nnode_modules/\n",
    "build/\n!build/keep.txt\n",
    "*\n!*/\n!*.py\n",
    "/*\n!/src\n",
    "src/**/gen\n**/tmp\ndocs/*.txt\n",
    "a?.py\n[bc]*.py\n\\#x\n# comment\n\n\\!y\ntrailing \n",
    "foo/bar\nfoo/*\n!foo/keep/\n",
    "**/build/**\n!**/build/keep.txt\n",
    "src/*\n!src/a.py\n",
]
TREE = [
    "keep.log", "x.log", "build/out.txt", "build/keep.txt", "src/a.py", "src/ab.py", "src/b.py", "src/x/gen/y.py",
    "src/gen", "src/deep/tmp/z", "docs/a.txt", "docs/in/a.txt", "node_modules/m.js", "lib/node_modules/m.js", "#x",
    "!y", "trailing", "foo/bar", "foo/keep/k", "foo/other", "lib/build/keep.txt", "lib/build/a", "tmp",
]  # fmt: skip


@pytest.mark.parametrize("patterns", PATTERNS)
@pytest.mark.parametrize("nested", ["", "!x.log\n*.txt\n!a.py\n"])
def test_ignored_files_are_those_that_git_ignores(tmp_path: Path, patterns: str, nested: str) -> None:
    """Nested files of patterns, negations and anchors mean what they mean to Git itself."""
    root = fill(tmp_path / "r", dict.fromkeys(TREE, "") | {".gitignore": patterns})
    if nested:
        fill(root, {"src/.gitignore": nested, "lib/.gitignore": nested, "docs/in/.gitignore": nested})
    git(root, "init", "-q")
    by_git = git(root, "-c", "core.quotePath=false", "ls-files", "--others", "--exclude-standard", "-z").split("\0")
    assert listed(root) == sorted(filter(None, by_git))


def test_ignore_files_count_without_git(tmp_path: Path) -> None:
    """An unpacked download is no repository, and its `.gitignore` is honoured all the same."""
    assert listed(fill(tmp_path / "r", {".gitignore": "out/\n", "out/x": "", "a": ""})) == [".gitignore", "a"]


def test_parents_and_exclude_file_count_below_the_root(tmp_path: Path) -> None:
    """Of a folder within a repository, the patterns of the folders above it and of `.git/info/exclude` hold."""
    root = fill(tmp_path / "r", {".gitignore": "*.log\n/pkg/gen\n", "pkg/.gitignore": "!b.log\n", "pkg/in/a.log": ""})
    fill(root, {"pkg/in/b.log": "", "pkg/gen/x": "", "pkg/in/secret.txt": "", "pkg/in/c.py": ""})
    git(root, "init", "-q")
    (root / ".git/info/exclude").write_text("secret.txt\n")
    assert listed(root / "pkg" / "in") == ["b.log", "c.py"]
    assert listed(root / "pkg") == [".gitignore", "in/b.log", "in/c.py"]


def test_no_pattern_stalls_the_walk(tmp_path: Path) -> None:
    """Patterns of many wildcards, which take a usual matcher hours on a long name, cost nothing to speak of."""
    stars = "*a" * 60 + "b\n" + "/".join(["**", "a*a*a*a*b"] * 12) + "/x\n" + "**/" * 100 + "c\n"
    deep = "/".join(["a" * 200] * 4)
    root = fill(tmp_path / "r", {".gitignore": stars + "*.log\n", "a" * 250: "", deep: "", "x.log": ""})
    begun = time.process_time()
    assert listed(root) == sorted([".gitignore", "a" * 250, deep])
    assert time.process_time() - begun < 2


def test_random_patterns_mean_what_they_mean_to_git(tmp_path: Path) -> None:
    """Over made-up patterns of every sort of wildcard, bracket and escape, Git and we list the same files."""
    chance = random.Random(7)
    pieces = [
        "a",
        "b",
        "ab",
        "*",
        "**",
        "?",
        "[ab]",
        "[!a]",
        "[a-c]",
        "[[:alpha:]]",
        "\\a",
        "/",
        "/",
        ".",
        "[",
        "**/",
        "/**",
    ]
    names = ["a", "b", "ab", "abc", "c", "a.b", "ba"]
    for number in range(25):
        root = tmp_path / str(number)
        for _ in range(25):
            folder = root.joinpath(*chance.choices(names, k=chance.randint(0, 3)))
            if not folder.is_file() and not any(one.is_file() for one in folder.parents):
                folder.mkdir(parents=True, exist_ok=True)
                if not (folder / (name := chance.choice(names))).exists():
                    (folder / name).write_text("")
        lines = [
            chance.choice(["", "", "", "!"]) + "".join(chance.choices(pieces, k=chance.randint(1, 4))) + "\n"
            for _ in range(5)
        ]
        fill(root, {"keep": "", ".gitignore": "".join(lines) + "!/keep\n!/.gitignore\n"})
        git(root, "init", "-q")
        by_git = git(root, "ls-files", "--others", "--exclude-standard", "-z").split("\0")
        assert listed(root) == sorted(filter(None, by_git)), lines


def test_commit_of_a_work_tree(tmp_path: Path) -> None:
    """HEAD's commit is told for a branch, a packed ref, a detached head and a linked work tree, without running Git."""
    root = fill(tmp_path / "r", {"a": "1"})
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "one")
    commit = git(root, "rev-parse", "HEAD")

    def told(folder: Path) -> str:
        with open_source(str(folder)) as tree:
            assert not any(".git/" in one.path for one in tree.entries())
            return tree.origin.commit

    assert told(root) == commit
    git(root, "worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    assert told(tmp_path / "linked") == commit
    git(root, "pack-refs", "--all")
    assert told(root) == commit
    git(root, "checkout", "-q", "--detach")
    assert told(root) == commit


def test_git_configuration_of_the_folder_is_not_obeyed(tmp_path: Path) -> None:
    """A repository can name commands in its own configuration; none of them is run."""
    root = fill(tmp_path / "r", {"a": "1"})
    git(root, "init", "-q")
    with (root / ".git/config").open("a") as config:
        config.write(f"[core]\n\tfsmonitor = touch {tmp_path}/ran\n\tpager = touch {tmp_path}/ran\n")
    listed(root)
    assert not (tmp_path / "ran").exists()


def test_head_that_points_elsewhere_is_not_read(tmp_path: Path) -> None:
    """A made-up `.git` cannot have another file's text put into the pack as its commit."""
    (tmp_path / "secret").write_text("ab" * 20)
    root = fill(tmp_path / "r", {"a": "", ".git/HEAD": "ref: refs/../../../secret\n", ".git/refs/x": ""})
    with open_source(str(root)) as tree:
        assert tree.origin.commit == ""


def test_links_are_refused_not_followed(tmp_path: Path) -> None:
    """A link to a file, to a folder, in a circle or to nowhere is listed as such and nothing behind it is read."""
    fill(tmp_path / "outside", {"secret": "s3cr3t"})
    root = fill(tmp_path / "r", {"a.py": "a"})
    for name, target in {"file": "../outside/secret", "folder": "../outside", "circle": ".", "lost": "nowhere"}.items():
        (root / name).symlink_to(target)
    with open_source(str(root)) as tree:
        assert [one.path for one in tree.entries() if one.kind == "file"] == ["a.py"]
        assert {one.path for one in tree.entries() if one.kind == "symlink"} == {"file", "folder", "circle", "lost"}
        assert {path for path, _ in tree.refused} == {"file", "folder", "circle", "lost"}
        with pytest.raises(ValueError, match="not a readable entry"):
            list(tree.read(["file"]))
        with pytest.raises(ValueError, match="not a readable entry"):
            list(tree.read(["../outside/secret"]))


def test_file_that_becomes_a_link_is_not_followed(tmp_path: Path) -> None:
    """Between listing and reading a file may be swapped for a link; it is then refused, and the rest is read."""
    (tmp_path / "secret").write_text("s3cr3t")
    root = fill(tmp_path / "r", {"a": "a", "b": "b"})
    with open_source(str(root)) as tree:
        (root / "a").unlink()
        (root / "a").symlink_to(tmp_path / "secret")
        assert dict(tree.read(["a", "b"])) == {"b": b"b"}
        assert [path for path, _ in tree.refused] == ["a"]


def test_pipes_and_sockets_are_refused(tmp_path: Path) -> None:
    """A named pipe, on which reading would wait for ever, is listed and left alone, also when it appears later."""
    root = fill(tmp_path / "r", {"a": "a"})
    os.mkfifo(root / "pipe")
    with open_source(str(root)) as tree:
        assert tree.refused == [("pipe", "not a regular file")]
        (root / "a").unlink()
        os.mkfifo(root / "a")
        assert list(tree.read(["a"])) == []


def test_repository_inside_a_repository_is_a_submodule(tmp_path: Path) -> None:
    """Inside a work tree another repository is listed, not read; in a plain folder of clones it is read."""
    root = fill(tmp_path / "r", {"lib/x.py": "", "a.py": ""})
    git(root / "lib", "init", "-q")
    assert listed(root) == ["a.py", "lib/x.py"]
    git(root, "init", "-q")
    with open_source(str(root)) as tree:
        assert [(one.path, one.kind) for one in tree.entries()] == [("a.py", "file"), ("lib", "submodule")]


def test_caps_cut_and_say_so(tmp_path: Path) -> None:
    """Over the caps on files, depth, a file's size and the total, the rest is still read and the report says it."""
    root = fill(tmp_path / "r", {f"{n}": "x" * 10 for n in range(5)} | {"d/e/f/g": "", "big": "x" * 50})
    with open_source(str(root), limits=Limits(max_files=3)) as tree:
        assert len(tree.entries()) == 3
        assert tree.warnings == ["stopped listing at 3 files"]
    with open_source(str(root), limits=Limits(max_depth=2, max_file_bytes=40, max_total_bytes=35)) as tree:
        reasons = dict(tree.refused)
        assert reasons["big"] == "larger than 40 bytes"
        assert reasons["d/e"] == "folder not entered: nested deeper than 2 folders"
        assert reasons["3"] == reasons["4"] == "beyond 35 bytes in total"
        assert dict(tree.read(["0", "1", "2"])).keys() == {"0", "1", "2"}


def test_names_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A file name that is not UTF-8 or has control characters is listed escaped, so that it can be shown and stored."""
    root = fill(tmp_path / "r", {"a": "", "x\ny": ""})
    (Path(os.fsdecode(os.fsencode(root) + b"/bad\xff"))).write_text("")
    with open_source(str(root)) as tree:
        assert [one.path for one in tree.entries()] == ["a", "bad\\udcff", "x\\x0ay"]
        assert {path for path, _ in tree.refused} == {"bad\\udcff", "x\\x0ay"}


def test_unreadable_parts_are_listed(tmp_path: Path) -> None:
    """A file that is gone by the time it is read is refused with the reason; nothing else is lost."""
    root = fill(tmp_path / "r", {"a": "a", "b": "b"})
    with open_source(str(root)) as tree:
        (root / "a").unlink()
        assert dict(tree.read(["a", "b"])) == {"b": b"b"}
        assert tree.refused == [("a", "could not be read: No such file or directory")]


def test_local_paths_can_be_forbidden(tmp_path: Path) -> None:
    """Where paths are not allowed, none is even looked at: what exists and what does not give the same answer."""
    root = fill(tmp_path / "r", {"a": ""})
    messages = set()
    for path in (root, root / "a", tmp_path / "missing"):
        with pytest.raises(InputError) as caught, open_source(str(path), access=Access().for_clients()):
            pass
        messages.add(str(caught.value))
    assert len(messages) == 1
    assert "local paths are not read" in messages.pop()
