"""Links to the Git host: right for the hosts that are known, absent for everything else."""

from __future__ import annotations

import pytest

from doctown.viewer.githost import GitHost

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("location", "link"),
    [
        ("https://github.com/a/b.git", f"https://github.com/a/b/blob/{COMMIT}/x%20y.py#L3-L5"),
        ("https://gitlab.com/g/s/b", f"https://gitlab.com/g/s/b/-/blob/{COMMIT}/x%20y.py#L3-5"),
        ("https://gitlab.example.org/a/b", f"https://gitlab.example.org/a/b/-/blob/{COMMIT}/x%20y.py#L3-5"),
        ("https://bitbucket.org/a/b", f"https://bitbucket.org/a/b/src/{COMMIT}/x%20y.py#lines-3:5"),
        ("https://codeberg.org/a/b", f"https://codeberg.org/a/b/src/commit/{COMMIT}/x%20y.py#L3-L5"),
    ],
)
def test_each_host_has_its_form(location: str, link: str) -> None:
    """One click leads from a claim to the code on the host, at the commit that was read."""
    host = GitHost({"location": location, "commit": COMMIT})
    assert host
    assert host.link("x y.py", 3, 5) == link


@pytest.mark.parametrize(
    "source",
    [
        {"location": "http://github.com/a/b", "commit": COMMIT},
        {"location": "javascript://github.com/a/b", "commit": COMMIT},
        {"location": "https://user:secret@github.com/a/b", "commit": COMMIT},
        {"location": "https://github.com/a/b?x=<script>", "commit": "main"},
        {"location": 'https://github.com/a/"onclick=', "commit": COMMIT},
        {"location": "https://github.com/../b", "commit": COMMIT},
        {"location": "https://[github.com/a", "commit": COMMIT},
        {"location": "https://unknown.example/a/b", "commit": COMMIT},
        {"location": "flask-3.1.2", "commit": ""},
        {},
    ],
)
def test_whatever_is_not_known_to_be_right_is_no_link(source: dict[str, object]) -> None:
    """A pack cannot make the page link anywhere but to a known host's page of a file."""
    host = GitHost(source)
    assert not host
    assert host.link("x.py", 1, 2) == ""
