"""Git URLs as sources, against a real Git host on loopback."""

from __future__ import annotations

import dataclasses
import os
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from doctown.errors import InputError
from doctown.ingest.fetch import Access, Limits, open_source
from tests.ingest.fetch.githost import Host, git, publish

Make = Callable[..., Path]
DEFAULT = Limits()
TOKEN = "s3cr3t-t0ken-value"


def contents(url: str, access: Access, ref: str = "", limits: Limits = DEFAULT) -> dict[str, bytes]:
    with open_source(url, ref=ref, access=access, limits=limits) as tree:
        refused = {path for path, _ in tree.refused}
        return dict(tree.read([one.path for one in tree.entries() if one.path not in refused]))


def fault(url: str, access: Access, ref: str = "", limits: Limits = DEFAULT) -> str:
    with pytest.raises(InputError) as caught, open_source(url, ref=ref, access=access, limits=limits):
        pass
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.mend
    return message


def test_default_branch_is_read_without_checkout(host: Host, repository: Make, loopback: Access) -> None:
    """A URL alone gives the default branch: every file's exact bytes, the commit, and a location to show."""
    binary = bytes(range(256)) * 3
    work = repository(files={"a.bin": binary, "deep/er/b.py": b"", "ü.txt": b"u\r\n"})
    with open_source(host.url("demo.git"), access=loopback) as tree:
        assert tree.origin.commit == git(work, "rev-parse", "HEAD")
        assert tree.origin.location == host.url("demo.git")
        assert tree.origin.name == "demo"
        assert [(one.path, one.size) for one in tree.entries()] == [("a.bin", 768), ("deep/er/b.py", 0), ("ü.txt", 3)]
        assert dict(tree.read(["ü.txt", "a.bin", "deep/er/b.py"])) == {
            "a.bin": binary, "deep/er/b.py": b"", "ü.txt": b"u\r\n",
        }  # fmt: skip


@pytest.mark.parametrize("how", ["branch", "tag", "annotated", "commit", "short", "refs/heads/branch"])
def test_any_ref_can_be_asked_for(host: Host, repository: Make, loopback: Access, how: str) -> None:
    """A branch, a light or annotated tag, a full commit id and an abbreviated one in the middle of the history all
    lead to the commit meant, not to the default branch."""
    work = repository()
    (work / "second.py").write_text("y = 2\n")
    git(work, "add", "-A")
    git(work, "commit", "-q", "-m", "two")
    second = git(work, "rev-parse", "HEAD")
    git(work, "branch", "branch")
    git(work, "tag", "tag")
    git(work, "tag", "-a", "annotated", "-m", "note")
    (work / "third.py").write_text("z = 3\n")
    git(work, "add", "-A")
    git(work, "commit", "-q", "-m", "three")
    publish(work, host)
    git(host.root / "demo.git", "config", "uploadpack.allowFilter", "true")
    if how in ("commit", "short"):  # nothing but history leads there
        git(host.root / "demo.git", "update-ref", "-d", "refs/heads/branch")
        git(host.root / "demo.git", "tag", "-d", "tag")
        git(host.root / "demo.git", "tag", "-d", "annotated")
    ref = {"commit": second, "short": second[:9]}.get(how, how)
    with open_source(host.url("demo.git"), ref=ref, access=loopback) as tree:
        assert tree.origin.commit == second
        assert [one.path for one in tree.entries()] == ["README.md", "second.py", "src/app.py"]


def test_only_the_commit_is_fetched(
    host: Host, repository: Make, loopback: Access, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The fetch is shallow: the history of a long-lived project never comes along. It is gone afterwards."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    work = repository()
    for number in range(3):
        git(work, "commit", "-q", "--allow-empty", "-m", str(number))
    publish(work, host)
    with open_source(host.url("demo.git"), access=loopback):
        (folder,) = tmp_path.glob("doctown-git-*")
        assert git(folder, "rev-list", "--all", "--count") == "1"
        assert not (folder / "src").exists()
    assert not list(tmp_path.glob("doctown-git-*"))


def test_plain_file_host_is_read_too(host: Host, repository: Make, loopback: Access) -> None:
    """A host that serves a repository as plain files, and so no shallow history, can still be read."""
    repository()
    host.plain_files = True
    assert contents(host.url("demo.git"), loopback)["src/app.py"] == b"x = 1\n"
    assert contents(host.url("demo.git"), loopback, ref="main")["README.md"] == b"# Demo\n"


def test_links_and_submodules_are_refused(host: Host, repository: Make, loopback: Access) -> None:
    """A symbolic link is never read as the file that it names, and a submodule is never fetched; both are listed."""
    work = repository()
    (work / "passwd").symlink_to("/etc/passwd")
    git(work, "add", "passwd")
    git(work, "update-index", "--add", "--cacheinfo", f"160000,{git(work, 'rev-parse', 'HEAD')},lib")
    (work / ".gitmodules").write_text(f'[submodule "lib"]\n\tpath = lib\n\turl = {host.url("other.git")}\n')
    git(work, "add", ".gitmodules")
    git(work, "commit", "-q", "-m", "links")
    publish(work, host)
    with open_source(host.url("demo.git"), access=loopback) as tree:
        kinds = {one.path: one.kind for one in tree.entries()}
        assert kinds["passwd"] == "symlink"
        assert kinds["lib"] == "submodule"
        assert {path for path, _ in tree.refused} == {"passwd", "lib"}
        with pytest.raises(ValueError, match="not a readable entry"):
            next(tree.read(["passwd"]))
    assert not any("other.git" in path for _, path, _ in host.requests)


def test_endless_tree_is_cut_at_the_cap(host: Host, loopback: Access) -> None:
    """A tree of a few hundred bytes that lists ten billion files is read up to the cap and says so."""
    bare = host.root / "bomb.git"
    git(bare, "init", "-q", "--bare", "-b", "main")
    blob = git(bare, "hash-object", "-w", "--stdin", stdin=b"boom")
    tree = git(bare, "mktree", stdin="".join(f"100644 blob {blob}\tf{n}\n" for n in range(10)).encode())
    for _ in range(9):
        tree = git(bare, "mktree", stdin="".join(f"040000 tree {tree}\td{n}\n" for n in range(10)).encode())
    git(bare, "update-ref", "refs/heads/main", git(bare, "commit-tree", tree, "-m", "bomb"))
    with open_source(host.url("bomb.git"), access=loopback, limits=Limits(max_files=50)) as opened:
        assert len(opened.entries()) == 50
        assert opened.warnings == ["stopped listing at 50 files"]


def test_silent_endless_tree_is_stopped_by_time(host: Host, loopback: Access) -> None:
    """Folders of nothing but folders list nothing for ever; the time allowed ends it."""
    bare = host.root / "silent.git"
    git(bare, "init", "-q", "--bare", "-b", "main")
    tree = git(bare, "mktree")
    for _ in range(10):
        tree = git(bare, "mktree", stdin="".join(f"040000 tree {tree}\td{n}\n" for n in range(12)).encode())
    git(bare, "update-ref", "refs/heads/main", git(bare, "commit-tree", tree, "-m", "silent"))
    assert "too long to list" in fault(host.url("silent.git"), loopback, limits=Limits(max_seconds=4.0))


def test_hostile_paths_in_a_tree_are_refused(host: Host, loopback: Access) -> None:
    """A tree object may hold names that no checkout would make; they are listed and never read."""
    bare = host.root / "names.git"
    git(bare, "init", "-q", "--bare", "-b", "main")
    blob = git(bare, "hash-object", "-w", "--stdin", stdin=b"x")
    raw = b"".join(b"100644 " + name + b"\0" + bytes.fromhex(blob) for name in (b"..", b"bad\xff", b"good", b"x\ny"))
    tree = git(bare, "hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=raw)
    git(bare, "update-ref", "refs/heads/main", git(bare, "commit-tree", tree, "-m", "names"))
    with open_source(host.url("names.git"), access=loopback) as opened:
        reasons = dict(opened.refused)
        assert reasons[".."] == "a path that climbs out with `..`"
        assert reasons["bad\\udcff"] == "its name is not valid UTF-8"
        assert reasons["x\\x0ay"] == "control character in its name"
        assert dict(opened.read(["good"])) == {"good": b"x"}


def test_repository_over_the_cap_is_turned_down(host: Host, repository: Make, loopback: Access) -> None:
    """A repository whose pack grows over the cap is not fetched to its end."""
    repository(files={"noise": os.urandom(400_000)})
    assert "larger than 100000 bytes" in fault(
        host.url("demo.git"), loopback, limits=Limits(max_download_bytes=100_000)
    )


def test_large_file_is_listed_and_not_read(host: Host, repository: Make, loopback: Access) -> None:
    """A file over the cap on one file costs that file only."""
    repository(files={"big": b"b" * 2000, "small": b"s"})
    with open_source(host.url("demo.git"), access=loopback, limits=Limits(max_file_bytes=1000)) as tree:
        assert tree.refused == [("big", "larger than 1000 bytes")]
        assert [one.path for one in tree.entries()] == ["big", "small"]


# --- what is wrong with a URL, a ref, a repository --------------------------------------------------------------


def test_unknown_refs_are_named(host: Host, repository: Make, loopback: Access) -> None:
    """An unknown branch, commit or abbreviation is an input error that names it and the repository."""
    repository()
    for ref in ("nope", "1" * 40, "abcdef1"):
        message = fault(host.url("demo.git"), loopback, ref=ref)
        assert ref in message
        assert "no branch, tag or commit" in message


@pytest.mark.parametrize("ref", ["--upload-pack=touch x", "-x", "a..b", "a b", "a:b", "a\nb", "x.lock", "/x", "a^{}"])
def test_refs_that_git_would_read_otherwise_are_turned_down(host: Host, loopback: Access, ref: str) -> None:
    """What cannot be a ref (an option, a refspec, a revision expression) never reaches Git."""
    assert "cannot be a Git ref" in fault(host.url("demo.git"), loopback, ref=ref)
    assert host.requests == []


def test_what_is_no_repository_is_said_so(host: Host, repository: Make, loopback: Access) -> None:
    """A web page, a missing path and an empty repository are told apart, each in one line."""
    repository()
    assert "no public repository" in fault(host.url("missing.git"), loopback)
    git(host.root / "empty.git", "init", "-q", "--bare", "-b", "main")
    assert "no commit" in fault(host.url("empty.git"), loopback)
    page = host.root / "page" / "info" / "refs"
    page.parent.mkdir(parents=True)
    page.write_text("<!doctype html>\n<html>\n<p>hello</p>\n</html>\n")
    host.plain_files = True
    assert "not a Git repository" in fault(host.url("page"), loopback)


def test_tag_of_a_file_is_no_commit(host: Host, repository: Make, loopback: Access) -> None:
    """A tag may name a file; that is said instead of failing later."""
    work = repository()
    git(work, "tag", "blob", git(work, "rev-parse", "HEAD:README.md"))
    publish(work, host)
    assert "is not a commit" in fault(host.url("demo.git"), loopback, ref="blob")


def test_closed_port_is_unreachable(loopback: Access) -> None:
    """A host that does not answer is an input error in words of ours."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert "cannot be reached" in fault(f"http://127.0.0.1:{port}/x.git", loopback)


def test_missing_and_old_git_are_named(host: Host, loopback: Access, tmp_path: Path) -> None:
    """Without Git, or with one that ignores the pinned address, nothing is fetched and the mend is named."""
    empty = tmp_path / "bin"
    empty.mkdir()
    access = dataclasses.replace(loopback, environment={"PATH": str(empty)})
    assert "git is not installed" in fault(host.url("demo.git"), access)
    (empty / "git").write_text("#!/bin/sh\necho git version 2.30.2\n")
    (empty / "git").chmod(0o755)
    assert "too old" in fault(host.url("demo.git"), access)
    assert host.requests == []


# --- where a fetch may go ---------------------------------------------------------------------------------------


def test_private_addresses_are_refused_by_default(host: Host, repository: Make) -> None:
    """Without the operator's leave no request reaches loopback, by address or by name."""
    repository()
    access = Access(protocols=("http",))
    assert "private or reserved" in fault(host.url("demo.git"), access)
    assert "private or reserved" in fault(host.url("demo.git", host="localhost"), access)
    assert host.requests == []


def test_git_is_pinned_to_the_judged_address(
    host: Host, repository: Make, loopback: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git connects to the address that was judged and looks up no name itself, so a second answer of the name server
    changes nothing: the host of this test exists for our look-up alone."""
    repository()
    real = socket.getaddrinfo

    def once(name: str, *args: object, **more: object) -> object:
        return real("127.0.0.1" if name == "rebound.invalid" else name, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", once)
    assert contents(host.url("demo.git", host="rebound.invalid"), loopback)["README.md"] == b"# Demo\n"


def test_redirects_are_not_followed(host: Host, repository: Make, loopback: Access) -> None:
    """A host cannot send the fetch, and the token with it, to another place."""
    repository()
    host.redirect_to = host.url("demo.git/info/refs?service=git-upload-pack", host="localhost")
    access = dataclasses.replace(loopback, token=TOKEN)
    assert "redirects" in fault(host.url("elsewhere/x.git2"), access)
    assert not any("/demo.git/" in path for _, path, _ in host.requests)


def test_missing_git_ending_is_added(host: Host, repository: Make, loopback: Access) -> None:
    """Hosts that redirect `/demo` to `/demo.git` are read: the one redirect whose goal is known beforehand."""
    repository()
    host.redirect_to = host.url("demo.git/info/refs")
    with open_source(host.url("demo"), access=loopback) as tree:
        assert tree.origin.location == host.url("demo.git")


def test_only_https_by_default(host: Host, repository: Make, tmp_path: Path) -> None:
    """Plain HTTP, SSH, files and remote helpers that run commands are turned down unless allowed."""
    repository()
    for url in (
        host.url("demo.git"), f"file://{host.root}/demo.git", "ssh://git@example.org/x", "git://example.org/x",
    ):  # fmt: skip
        assert "not allowed here" in fault(url, Access(allow_private_addresses=True))
    marker = tmp_path / "ran"
    assert "there is no" in fault(f"ext::sh -c touch% {marker}", Access(allow_private_addresses=True))
    assert not marker.exists()


# --- credentials ------------------------------------------------------------------------------------------------


@pytest.fixture
def private(host: Host, repository: Make) -> str:
    """The URL of a private repository."""
    repository()
    host.credentials = f"x-access-token:{TOKEN}"
    return host.url("demo.git")


@pytest.fixture
def recorder(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A `git` that notes every argument it is started with; the notes, and the environment in which it is found."""
    folder, notes = tmp_path / "wrapped", tmp_path / "argv"
    folder.mkdir()
    (folder / "git").write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" >> {notes}\nexec /usr/bin/env -S PATH={os.defpath} git "$@"\n'
    )
    (folder / "git").chmod(0o755)
    return notes, {"PATH": f"{folder}:{os.defpath}"}


def test_token_opens_a_private_repository_and_shows_nowhere(
    host: Host, private: str, loopback: Access, recorder: tuple[Path, dict[str, str]], capfd: pytest.CaptureFixture[str]
) -> None:
    """The token reaches the host, and neither an argument of any program, nor the origin, nor the output."""
    notes, environment = recorder
    access = dataclasses.replace(loopback, token=TOKEN, environment=environment)
    with open_source(private, access=access) as tree:
        assert dict(tree.read(["README.md"])) == {"README.md": b"# Demo\n"}
        assert TOKEN not in repr(tree.origin)
    assert any(given for *_, given in host.requests)
    arguments = notes.read_text()
    assert "fetch" in arguments
    assert TOKEN not in arguments
    assert TOKEN not in repr(access)
    assert TOKEN not in "".join(capfd.readouterr())


def test_arguments_of_running_programs_hold_no_token(host: Host, private: str, loopback: Access) -> None:
    """Seen from outside while the host is being asked, Git and its helpers have no token in their arguments."""
    seen: list[str] = []

    def look() -> None:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                seen.append((process / "cmdline").read_bytes().decode("utf-8", "replace"))
            except OSError:
                continue  # it ended while we looked

    host.look = look
    contents(private, dataclasses.replace(loopback, token=TOKEN))
    assert any("remote-http" in line for line in seen)
    assert not any(TOKEN in line for line in seen)


def test_git_itself_may_use_no_other_protocol(host: Host, repository: Make, loopback: Access, tmp_path: Path) -> None:
    """Whatever Git is led to, it is configured to refuse every protocol but the URL's own."""
    repository()
    folder, notes = tmp_path / "bin", tmp_path / "said"
    folder.mkdir()
    real = f"/usr/bin/env PATH={os.defpath} git"
    (folder / "git").write_text(
        f'#!/bin/sh\n{real} ls-remote file://{host.root}/demo.git >> {notes} 2>&1 </dev/null\nexec {real} "$@"\n'
    )
    (folder / "git").chmod(0o755)
    assert contents(host.url("demo.git"), dataclasses.replace(loopback, environment={"PATH": str(folder)}))
    assert "transport 'file' not allowed" in notes.read_text()


def test_private_without_token_says_how(private: str, loopback: Access) -> None:
    """Without credentials the error names the variable to set."""
    message = fault(private, loopback)
    assert "is private, or does not exist" in message
    assert "DOCTOWN_GIT_TOKEN" in message


def test_wrong_token_is_said_and_not_shown(private: str, loopback: Access) -> None:
    """A token that the host turns down is an input error that does not repeat it."""
    message = fault(private, dataclasses.replace(loopback, token="wr0ng-token-value"))
    assert "did not accept the credentials" in message
    assert "wr0ng" not in message


def test_token_goes_to_its_hosts_only(host: Host, private: str, loopback: Access) -> None:
    """With the token's hosts named, another host that asks for credentials gets none."""
    access = dataclasses.replace(loopback, token=TOKEN, token_hosts=("git.example.org",))
    assert "is private" in fault(private, access)
    assert not any(given for *_, given in host.requests)
    assert contents(private, dataclasses.replace(access, token_hosts=("127.0.0.1",)))


def test_credentials_in_the_url_work_and_are_taken_off(host: Host, private: str, loopback: Access) -> None:
    """A URL with a user and password opens the repository, and is shown without them everywhere."""
    url = private.replace("//", f"//x-access-token:{TOKEN}@")
    with open_source(url, access=loopback) as tree:
        assert tree.origin.location == private
    for broken in (url + "x", url.replace(TOKEN, "wr0ng-token-value"), url.replace("8", "8/8") + "?x", url + "#y"):
        message = fault(broken, loopback)
        assert TOKEN not in message
        assert "wr0ng" not in message


def test_credential_helper_is_asked_when_there_is_no_token(
    host: Host, private: str, loopback: Access, tmp_path: Path
) -> None:
    """The user's own credential helper opens a private repository if it may be asked, and is left alone if not."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "store").write_text(f"http://x-access-token:{TOKEN}@127.0.0.1:{host.port}\n")
    (home / ".gitconfig").write_text(f"[credential]\n\thelper = store --file={home}/store\n")
    access = dataclasses.replace(loopback, environment={"HOME": str(home), "PATH": os.defpath})
    assert "is private" in fault(private, access)
    assert contents(private, dataclasses.replace(access, ask_credential_helper=True))["README.md"] == b"# Demo\n"


def test_users_configuration_has_no_say(host: Host, repository: Make, loopback: Access, tmp_path: Path) -> None:
    """Neither the user's Git configuration nor Git's variables in the environment change a fetch."""
    repository()
    home = tmp_path / "home"
    home.mkdir()
    rewrite = f'[url "{host.url("other/")}"]\n\tinsteadOf = {host.url("")}\n'
    (home / ".gitconfig").write_text(rewrite)
    (home / ".netrc").write_text(f"machine 127.0.0.1 login a password {TOKEN}\n")
    environment = {"HOME": str(home), "PATH": os.defpath, "GIT_TRACE": str(tmp_path / "trace")}
    environment |= {"GIT_CONFIG_PARAMETERS": f"'url.{host.url('other/')}.insteadof={host.url('')}'"}
    assert contents(host.url("demo.git"), dataclasses.replace(loopback, environment=environment))
    assert not (tmp_path / "trace").exists()
    assert not any("other" in path for _, path, _ in host.requests)
    host.credentials = f"a:{TOKEN}"
    assert "is private" in fault(host.url("demo.git"), dataclasses.replace(loopback, environment=environment))


def test_access_for_clients_is_the_stricter() -> None:
    """What a client of the HTTP API names is opened without the operator's paths, helper, or a token that could be
    sent to a host of the client's own."""
    access = Access(token=TOKEN).for_clients()
    assert not access.allow_local_paths
    assert not access.ask_credential_helper
    assert access.token == ""
    assert Access(token=TOKEN, token_hosts=("git.example.org",)).for_clients().token == TOKEN
