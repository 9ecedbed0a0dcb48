"""The shape of a repository: what it is made of comes before what stands beside it."""

from __future__ import annotations

import pytest

from doctown.model import Cluster
from doctown.viewer import shape


@pytest.mark.parametrize("path", ["contrib/hook.py", "docs/a/conf.py", "setup.py", "tools/x.py", "pkg/tests/run.py"])
def test_helpers_begin_no_flow(path: str) -> None:
    """Scripts of those who build, test or deploy a project say nothing of how it works."""
    assert shape._is_aside(path)


@pytest.mark.parametrize("path", ["pkg/contrib.py", "pkg/cli.py", "src/setup/run.py", "main.go"])
def test_the_projects_own_code_begins_flows(path: str) -> None:
    """Folders are told by their whole name, and only files that carry a build's name are a build's."""
    assert not shape._is_aside(path)


def test_parts_of_tests_come_last() -> None:
    """However large it is, what tests a system is listed after what it is made of."""

    def part(label: str, size: int) -> Cluster:
        return Cluster(key=label, parent="", label=label, paths=(), size=size)

    listed = shape._largest_first(
        [part("Test support", 900), part("Steps", 10), part("Testament", 5), part("Tests", 50)]
    )
    assert [one.label for one in listed] == ["Steps", "Testament", "Test support", "Tests"]
