"""The shape of a repository: what it is made of comes before what stands beside it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from doctown import pipeline
from doctown.docpack.reader import Pack
from doctown.model import Cluster
from doctown.settings import Settings
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


def test_a_flow_tells_what_leads_on_before_what_prepares(tmp_path: Path) -> None:
    """All that the entry calls is told, in the order of the text, however much its first callee does; of more calls
    than there is room for, those stand there that call most themselves."""
    helpers = [f"def helper{number}():\n    return 1\n" for number in range(12)]
    deep = [f"def deep{number}():\n    return deep{number + 1}()\n" for number in range(40)]
    calls = "".join(f"    helper{number}()\n" for number in range(12))
    code = [*helpers, *deep, "def deep40():\n    return 1\n", "def work():\n    deep0()\n    deep5()\n",
            f"def main():\n    deep9()\n{calls}    work()\n"]  # fmt: skip
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "run.py").write_text("\n\n".join(code))
    (tmp_path / "source" / "pyproject.toml").write_text(
        '[project]\nname = "tool"\nversion = "1"\n[project.scripts]\ntool = "run:main"\n'
    )
    options, settings = pipeline.Options(vectors="none"), Settings(cache=tmp_path / "cache")
    pipeline.build(str(tmp_path / "source"), tmp_path / "tool.docpack", options, settings, lambda _: None)
    with Pack.open(tmp_path / "tool.docpack") as opened:
        flow = shape.flows(opened)[0]
    top = [step.entry.symbol.name for step in flow.steps if step.depth == 1]
    assert flow.title == "tool"
    assert flow.cut
    assert (top[0], top[-1]) == ("deep9", "work")
    assert len(top) == shape.WIDEST
    assert len(flow.steps) <= shape.MOST_STEPS
    assert flow.steps[1].entry.symbol.name == "deep9"
    assert [one.depth for one in flow.steps[:3]] == [0, 1, 2]


def test_flows_follow_what_is_handed_on_and_tell_nothing_twice(tmp_path: Path) -> None:
    """A program that only starts threads has a flow through their targets, marked as handed on; what two programs
    prepare alike is gone into once."""
    code = """
    from threading import Thread

    def read_settings(): pass
    def open_log(): pass

    def prepare():
        read_settings()
        open_log()

    def poll(): pass

    def listen():
        poll()

    def first():
        prepare()
        poll()

    def second():
        prepare()
        Thread(target=listen).start()
    """
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "run.py").write_text(dedent(code))
    (tmp_path / "source" / "pyproject.toml").write_text(
        '[project]\nname = "tool"\nversion = "1"\n[project.scripts]\na = "run:first"\nb = "run:second"\n'
    )
    options, settings = pipeline.Options(vectors="none"), Settings(cache=tmp_path / "cache")
    pipeline.build(str(tmp_path / "source"), tmp_path / "tool.docpack", options, settings, lambda _: None)
    with Pack.open(tmp_path / "tool.docpack") as opened:
        told = {
            flow.title: [(step.depth, step.entry.symbol.name, step.handed) for step in flow.steps]
            for flow in shape.flows(opened)
        }
    assert told["a"] == [
        (0, "first", False),
        (1, "prepare", False),
        (2, "read_settings", False),
        (2, "open_log", False),
        (1, "poll", False),
    ]
    assert told["b"] == [(0, "second", False), (1, "prepare", False), (1, "listen", True), (2, "poll", False)]
