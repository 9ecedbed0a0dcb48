from __future__ import annotations

import sys

import pytest

from doctown.services.runpod import handle
from doctown.settings import Settings
from tests.services.conftest import PRETEND

COMMAND = (sys.executable, str(PRETEND))


def test_an_event_becomes_a_docpack(settings: Settings) -> None:
    """The answer says what it is and where."""
    came = handle({"id": "1", "input": {"repo_url": "https://example.org/good"}}, settings, COMMAND)
    assert came["state"] == "success"
    assert (settings.data / "store" / "packs" / f"{came['docpack_id']}.docpack").read_bytes() == b"a docpack"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (None, "the body"), ({}, "repo_url"), ({"repo_url": "/etc/passwd"}, "repo_url"),
        ({"repo_url": "https://example.org/refused"}, "look elsewhere"), ({"repo_url": 7}, "repo_url"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_comes_back_as_an_error(settings: Settings, given: object, says: str) -> None:
    """In the form that RunPod shows as a failed job."""
    came = handle({"input": given}, settings, COMMAND)
    assert set(came) == {"error"}
    assert says in came["error"]
