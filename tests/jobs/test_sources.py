"""What a client's source may make this machine do, before a job is made of it and while one is built."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from doctown.ingest.fetch.contract import Access
from doctown.jobs import sources
from doctown.settings import from_environment

URL = "https://example.org/group/project.git"


def test_a_clients_repository_is_looked_up_with_a_clients_rights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client may name a host of its own: our token does not go there, nobody's credential helper is asked, and no
    local path is a repository."""
    seen: list[Access] = []

    def probe(url: str, *, access: Access, **_: object) -> str:
        seen.append(access)
        return "c" * 40

    monkeypatch.setattr("doctown.ingest.fetch.probe", probe)
    settings = from_environment({"DOCTOWN_CACHE": str(tmp_path), "DOCTOWN_GIT_TOKEN": "secret"})
    assert settings.git_token == "secret"
    assert sources.probe(URL, "", settings) == "c" * 40
    (access,) = seen
    assert (access.token, access.ask_credential_helper, access.allow_local_paths) == ("", False, False)


CHILD = """
import dataclasses, sys
from doctown import pipeline
from doctown.errors import InputError
from doctown.jobs import child
def build(spec, destination, options, settings, listener):
    raise InputError(f"for clients: {settings.for_clients}", spec)
pipeline.build = build
sys.exit(child.main())
"""


@pytest.mark.parametrize(("named", "rights"), [({"repo_url": URL}, True), ({"upload": "a" * 64}, False)])
def test_a_clients_repository_is_built_with_a_clients_rights(
    named: dict[str, str], rights: bool, tmp_path: Path
) -> None:
    """The process that builds takes the same care as the one that looked. An archive that was sent along is a file of
    this machine by then, which it has to be able to open."""
    order = {"repo_url": "", "upload": "", "upload_name": "a.zip" if "upload" in named else "", **named}
    task = {"order": order, "spec": "the spec", "folder": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        env={**os.environ, "DOCTOWN_CACHE": str(tmp_path / "cache")},
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(task).encode() + b"\n")
        process.stdin.flush()  # and left open: the process ends with it
        answer = json.loads(process.stdout.readline())
    assert answer["error"] == {"cause": f"for clients: {rights}", "mend": "the spec", "input": True}
