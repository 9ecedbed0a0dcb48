"""The templates for continuous integration are run: their own commands, on a repository of two files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
ACTION = yaml.safe_load((ROOT / "ci/github/action.yml").read_text("utf-8"))
GITLAB = yaml.safe_load((ROOT / "ci/gitlab.yml").read_text("utf-8"))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "README.md").write_text("# Demo\n\nA demonstration.\n")
    (folder / "demo.py").write_text('def told():\n    """It is documented."""\n\n\ndef untold():\n    return told()\n')
    return folder


def run(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    tools = folder.parent / "tools"
    tools.mkdir(exist_ok=True)
    doctown = tools / "doctown"
    doctown.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m doctown "$@"\n')
    doctown.chmod(0o755)
    outputs = {name: str(folder.parent / name.lower()) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "DOCTOWN_CACHE": str(folder.parent / "cache")}
    # As the runners start them: bash, ending at the first command that fails.
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder, env={**env, **outputs, **environment}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def steps() -> dict[str, dict[str, Any]]:
    return {step["id"]: step for step in ACTION["runs"]["steps"] if "run" in step}


def act(folder: Path, *names: str, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.CompletedProcess([], 0, "", "")
    for name in names:
        done = run(steps()[name]["run"], folder, **environment)
        if done.returncode:
            return done
    return done


def test_the_action_builds_checks_and_publishes(repository: Path) -> None:
    """The very scripts of the action leave a pack, a comment, SARIF and a site, and tell the verdict."""
    given = {"DOCTOWN_SOURCE": ".", "DOCTOWN_VECTORS": "none", "MIN_COVERAGE": "40", "MAX_STALE": ""}
    done = act(repository, "build", "check", "site", "keep", **given)
    assert done.returncode == 0, done.stderr
    outputs = (repository.parent / "github_output").read_text()
    assert "status=0" in outputs
    assert "Documentation: passed" in (repository / ".doctown/comment.md").read_text()
    assert json.loads((repository / ".doctown/doctown.sarif").read_text())["version"] == "2.1.0"
    assert (repository / ".doctown/site/index.html").is_file()
    assert run(steps()["verdict"]["run"], repository, STATUS="0").returncode == 0


@pytest.mark.slow
def test_the_action_fails_with_its_gate(repository: Path) -> None:
    """With the last pack there, code that changed under its documentation fails the gate, and the comment says so."""
    given = {"DOCTOWN_SOURCE": ".", "DOCTOWN_VECTORS": "none", "MIN_COVERAGE": "", "MAX_STALE": "0"}
    assert act(repository, "build", "keep", **given).returncode == 0
    changed = (repository / "demo.py").read_text().replace('documented."""', 'documented."""\n    return 2')
    (repository / "demo.py").write_text(changed)
    done = act(repository, "build", "check", **given)
    assert done.returncode == 0, done.stderr
    assert "status=1" in (repository.parent / "github_output").read_text()
    comment = (repository / ".doctown/comment.md").read_text()
    assert "Documentation: failed" in comment
    assert "told" in comment
    assert run(steps()["verdict"]["run"], repository, STATUS="1").returncode == 1


@pytest.mark.slow
def test_a_pack_of_another_version_is_no_base(repository: Path) -> None:
    """After an upgrade of Doctown the kept pack cannot be read: the pipelines build from nothing instead of failing
    until somebody empties their cache."""
    given = {"DOCTOWN_SOURCE": ".", "DOCTOWN_VECTORS": "none", "MIN_COVERAGE": "", "MAX_STALE": "0"}
    (repository / ".doctown").mkdir()
    base = repository / ".doctown/base.docpack"
    base.write_bytes(b"SQLite format 3\0 of long ago")
    done = act(repository, "build", "check", **given)
    assert done.returncode == 0, done.stderr
    assert "status=0" in (repository.parent / "github_output").read_text()
    assert not base.exists()
    base.write_bytes(b"SQLite format 3\0 of long ago")
    values = {name: str(value) for name, value in GITLAB["variables"].items() if name != "DOCTOWN_PACKAGE"}
    branch = {"CI_COMMIT_BRANCH": "feature", "CI_DEFAULT_BRANCH": "main"}
    done = run("\n".join(GITLAB["documentation"]["script"]), repository, **{**values, **branch})
    assert done.returncode == 0, done.stderr
    assert not base.exists()


@pytest.mark.parametrize("existing", ["", "77"])
def test_the_action_comments_once(repository: Path, existing: str) -> None:
    """A second run changes its own comment instead of adding another."""
    tools = repository.parent / "tools"
    tools.mkdir()
    gh = tools / "gh"
    gh.write_text(
        f'#!/bin/sh\necho "$@" >> "{repository.parent}/calls"\ncase "$*" in *--jq*) echo "{existing}";; esac\n'
    )
    gh.chmod(0o755)
    (repository / ".doctown").mkdir()
    (repository / ".doctown/comment.md").write_text("<!-- doctown-check -->")
    done = run(steps()["comment"]["run"], repository, GH_TOKEN="x", REPOSITORY="o/r", NUMBER="5")
    assert done.returncode == 0, done.stderr
    last = (repository.parent / "calls").read_text().splitlines()[-1]
    assert ("PATCH repos/o/r/issues/comments/77" if existing else "POST repos/o/r/issues/5/comments") in last


def test_no_input_of_the_action_is_text_of_a_script() -> None:
    """What a caller or a branch name says cannot become a command."""
    scripts = [step["run"] for step in steps().values()]
    assert len(scripts) > 5
    assert not [script for script in scripts if "${{" in script]


@pytest.mark.slow
def test_the_gitlab_job_runs(repository: Path) -> None:
    """The job's commands, as GitLab joins them to one script, build, check and write the site."""
    script = "\n".join(GITLAB["documentation"]["script"])
    values = {name: str(value) for name, value in GITLAB["variables"].items() if name != "DOCTOWN_PACKAGE"}
    branch = {"CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}
    done = run(script, repository, **{**values, **branch, "DOCTOWN_MIN_COVERAGE": "40"})
    assert done.returncode == 0, done.stderr
    for path in GITLAB["documentation"]["artifacts"]["paths"]:
        assert (repository / path).exists(), path
    assert (repository / GITLAB["documentation"]["cache"]["paths"][0]).is_file()
    failing = run(script, repository, **{**values, **branch, "DOCTOWN_MIN_COVERAGE": "99"})
    assert failing.returncode == 1
    assert "Documentation: failed" in failing.stdout
    assert run("\n".join(GITLAB["pages"]["script"]), repository).returncode == 0
    assert (repository / "public/index.html").is_file()


PIPELINES = {
    "of the main branch": {"CI_COMMIT_BRANCH": "main", "CI_PIPELINE_SOURCE": "push"},
    "of a merge request": {"CI_PIPELINE_SOURCE": "merge_request_event", "DOCTOWN_COMMENT_TOKEN": "x"},
}


def takes_part(job: dict[str, Any], variables: dict[str, str]) -> bool:
    """Whether GitLab adds a job to a pipeline, by the forms of rules that the template uses."""

    def value(text: str) -> str:
        return variables.get(text[1:], "") if text.startswith("$") else text.strip('"')

    def holds(condition: str) -> bool:
        one, equals, two = (part.strip() for part in condition.partition("=="))
        return value(one) == value(two) if equals else bool(value(one))

    if "rules" not in job:  # GitLab's own default
        return variables.get("CI_PIPELINE_SOURCE") != "merge_request_event"
    return any(all(map(holds, rule["if"].split("&&"))) for rule in job["rules"])


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_every_gitlab_job_finds_the_job_that_it_needs(pipeline: str) -> None:
    """GitLab refuses a whole pipeline in which a job needs one that takes no part in it."""
    variables = {"CI_DEFAULT_BRANCH": "main", **PIPELINES[pipeline]}
    jobs = {name: job for name, job in GITLAB.items() if isinstance(job, dict) and "script" in job}
    part = {name for name, job in jobs.items() if takes_part(job, variables)}
    assert part == {"documentation", "pages" if "CI_COMMIT_BRANCH" in variables else "documentation-comment"}
    for name in part:
        assert {need["job"] for need in jobs[name].get("needs", [])} <= part


def test_a_merge_request_of_gitlab_sees_the_main_branchs_pack_and_keeps_its_own_to_itself() -> None:
    """Without the pack there is no difference to tell; with the wrong one, the next difference is told from it."""
    job = GITLAB["documentation"]
    main, request = job["rules"]
    assert job["cache"]["unprotect"] is True
    assert job["cache"]["policy"] == "$DOCTOWN_CACHE_POLICY"
    assert main["variables"] == {"DOCTOWN_CACHE_POLICY": "pull-push"}
    assert "CI_DEFAULT_BRANCH" in main["if"]
    assert request["variables"] == {"DOCTOWN_CACHE_POLICY": "pull"}


@pytest.mark.parametrize(
    "existing", ["[]", '[{"id": 3, "body": "Good."}, {"id": 77, "body": "<!-- doctown-check --> x"}]']
)
def test_the_gitlab_job_comments_once(repository: Path, existing: str) -> None:
    """A second pipeline changes the comment of the first instead of adding another."""
    tools = repository.parent / "tools"
    tools.mkdir()
    curl = tools / "curl"
    curl.write_text(
        f'#!/bin/sh\necho "$@" >> "{repository.parent}/calls"\ncase "$*" in *per_page*) echo \'{existing}\';; esac\n'
    )
    curl.chmod(0o755)
    (repository / ".doctown").mkdir()
    (repository / ".doctown/comment.md").write_text("<!-- doctown-check -->")
    given = {"CI_API_V4_URL": "https://h.example/api/v4", "CI_PROJECT_ID": "9", "CI_MERGE_REQUEST_IID": "5"}
    script = "\n".join(GITLAB["documentation-comment"]["script"])
    done = run(script, repository, **given, DOCTOWN_COMMENT_TOKEN="secret")
    assert done.returncode == 0, done.stderr
    last = (repository.parent / "calls").read_text().splitlines()[-1]
    notes = "https://h.example/api/v4/projects/9/merge_requests/5/notes"
    assert "body@.doctown/comment.md" in last
    assert last.endswith(notes if existing == "[]" else f"{notes}/77")
    assert f"--request {'POST' if existing == '[]' else 'PUT'}" in last
