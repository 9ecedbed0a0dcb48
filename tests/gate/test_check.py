"""The gate: what it counts, what it finds, and what it makes of that."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from doctown.cli import main
from doctown.docpack.draft import Draft
from doctown.docpack.reader import Pack
from doctown.gate.measure import RULES, Finding, Limits, Result, check
from doctown.gate.render import MARKER, markdown, render, sarif
from doctown.model import Artifact, Claim, Page
from tests.docpack.conftest import APP, FINGERPRINT, demo_pages, demo_symbols, fill, make_file, make_symbol

# The parts of SARIF 2.1.0's schema that code scanning relies on.
PLACE = {
    "type": "object", "required": ["physicalLocation"],
    "properties": {"physicalLocation": {
        "type": "object", "required": ["artifactLocation"],
        "properties": {
            "artifactLocation": {"type": "object", "required": ["uri"],
                                 "properties": {"uri": {"type": "string", "pattern": "^[^ \\\\]+$"}}},
            "region": {"type": "object", "properties": {"startLine": {"type": "integer", "minimum": 1},
                                                        "endLine": {"type": "integer", "minimum": 1}}},
        }}},
}  # fmt: skip
RESULT = {
    "type": "object", "required": ["message", "ruleId"],
    "properties": {
        "message": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": {"enum": ["none", "note", "warning", "error"]},
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
        "locations": {"type": "array", "items": PLACE},
    },
}  # fmt: skip
DRIVER = {"type": "object", "required": ["driver"], "properties": {"driver": {"type": "object", "required": ["name"]}}}
SARIF = {
    "type": "object", "required": ["version", "runs"],
    "properties": {"version": {"const": "2.1.0"}, "runs": {"type": "array", "minItems": 1, "items": {
        "type": "object", "required": ["tool"],
        "properties": {"tool": DRIVER, "results": {"type": "array", "items": RESULT}}}}},
}  # fmt: skip

Change = Callable[[Draft], object]


@pytest.fixture
def packs(tmp_path: Path) -> Callable[[Change], tuple[Path, Path]]:
    """The demonstration pack, and one made from it by a change."""

    def make(change: Change) -> tuple[Path, Path]:
        old = tmp_path / "old.docpack"
        fill(Draft.open(tmp_path / "old.draft", FINGERPRINT)).seal(old)
        draft = Draft.from_pack(old, tmp_path / "new.draft", FINGERPRINT)
        change(draft)
        draft.seal(tmp_path / "new.docpack")
        return old, tmp_path / "new.docpack"

    return make


def found(path: Path, since: Path | None = None, limits: Limits | None = None) -> Result:
    with Pack.open(path) as pack:
        if since is None:
            return check(pack, limits or Limits())
        with Pack.open(since) as old:
            return check(pack, limits or Limits(), since=old)


def rules(result: Result) -> set[str]:
    return {one.rule for one in result.findings}


def nothing(draft: Draft) -> None:
    """The new pack is the old one."""


def test_coverage_counts_who_documented_what(packs: Callable[[Change], tuple[Path, Path]]) -> None:
    """Public classes and functions count, by kind: documented by the author or by a model."""
    _, pack = packs(nothing)
    result = found(pack, limits=Limits(coverage=40, coverage_of={"method": 51}))
    assert result.coverage["all"].total == 5
    assert result.coverage["all"].by == {"docstring": 1, "model": 1, "none": 3}
    assert result.coverage["method"].percent == 50
    assert [(gate.name, gate.passed) for gate in result.gates[:2]] == [
        ("coverage", True),
        ("coverage of method", False),
    ]
    assert not result.passed
    assert {one.path for one in result.findings if one.rule == "undocumented"} == {"src/app.py", "src/helpers.py"}


def test_tests_need_no_documentation_unless_they_are_asked_for(packs: Callable[[Change], tuple[Path, Path]]) -> None:
    """What a test declares lowers no coverage; whoever names a path means all below it."""
    content = b"class TestShop:\n    pass\n"

    def change(draft: Draft) -> None:
        draft.add_files([(make_file("tests/test_shop.py", content), content)])
        draft.add_symbols([make_symbol(("tests/test_shop.py", content), "TestShop", "class", "", content)])

    _, path = packs(change)
    assert found(path).coverage["all"].total == 5
    with Pack.open(path) as pack:
        assert check(pack, Limits(), path="tests/").coverage["all"].total == 1


def test_a_link_to_a_name_that_markdown_gives_a_meaning_is_whole(packs: Callable[[Change], tuple[Path, Path]]) -> None:
    """Addresses are percent-encoded where Markdown would read them otherwise: a CI job called `Build & upload` is no
    dead link."""
    key = "src/app.py#ci_job:Build & <upload>"
    artifact = Artifact(
        key=key,
        path="src/app.py",
        kind="ci_job",
        name="Build & <upload>",
        summary="",
        detail="",
        start_line=1,
        end_line=1,
    )
    links = "[a](<doctown:artifact/src/app.py#ci_job:Build %26 %3Cupload%3E>) [b](<doctown:file/src/app%2Epy>)"

    def change(draft: Draft) -> None:
        draft.add_artifacts([artifact])
        draft.add_pages([replace(demo_pages()[1], body=links)])

    _, path = packs(change)
    assert "broken-link" not in rules(found(path))


def test_unsupported_claims_and_broken_links_fail(packs: Callable[[Change], tuple[Path, Path]]) -> None:
    """Without being asked for, the gate lets no unsupported claim and no dead link pass."""
    route = demo_pages()[1]
    links = "[`a`](<doctown:symbol/src/app.py#Flask>) [`b`](<doctown:symbol/src/app.py#Gone>) [c](<doctown:file/no.py>)"

    def change(draft: Draft) -> None:
        claim = replace(route.claims[0], verdict="unsupported")
        draft.add_pages([replace(route, claims=(claim,), body=links)])

    _, pack = packs(change)
    result = found(pack)
    assert [one.text for one in result.findings if one.rule == "broken-link"] == [
        "the page of src/app.py#Flask.route links to symbol src/app.py#Gone, which is not in the pack",
        "the page of src/app.py#Flask.route links to file no.py, which is not in the pack",
    ]
    (claim,) = [one for one in result.findings if one.rule == "unsupported-claim"]
    assert (claim.path, claim.line, claim.end_line) == ("src/app.py", 11, 12)
    assert [gate.passed for gate in result.gates] == [False, False]
    assert found(pack, limits=Limits(unsupported=1, broken=2)).passed


def test_a_citation_of_other_lines_is_found(packs: Callable[[Change], tuple[Path, Path]]) -> None:
    """A claim whose digest is not that of the lines that it cites is broken, whatever its verdict says."""
    route = demo_pages()[1]

    old, _ = packs(nothing)
    with Pack.open(old) as pack:
        wrong = Claim(text="x", path="src/app.py", start_line=1, end_line=2, digest="0" * 64, verdict="supported")
        from doctown.gate.measure import _cites

        lines = APP.split(b"\n")
        assert not _cites(lines, wrong)
        assert _cites(lines, route.claims[0])
        assert rules(check(pack, Limits())) == {"undocumented"}


def _rewritten(draft: Draft, docstring: str) -> None:
    """`route` gets another body; the claim about it is made again with the same words."""
    import hashlib

    content = APP.replace(b"return self.add_url_rule(rule)", b"return self.add_url_rule(rule or '')")
    draft.remove_files(["src/app.py"])
    draft.add_files([(make_file("src/app.py", content), content)])
    grown = len(content) - len(APP)
    symbols = []
    for one in demo_symbols()[:4]:
        later = one.start_byte > APP.index(b"return self.add_url_rule")
        symbols.append(replace(
            one, start_byte=one.start_byte + (grown if later else 0), end_byte=one.end_byte + grown,
            docstring=docstring if one.name == "route" else one.docstring,
        ))  # fmt: skip
    draft.add_symbols(symbols)
    lines = content.split(b"\n")
    digest = hashlib.sha256(b"\n".join(lines[10:12])).hexdigest()
    flask, route = demo_pages()[:2]
    claim = replace(route.claims[0], digest=digest)
    draft.add_pages([flask, Page(subject_kind="symbol", subject=route.subject, title=route.title, summary="Binds.",
                                 body="", origin="docstring", claims=(claim,))])  # fmt: skip


def test_what_the_code_left_behind_is_found(packs: Callable[[Change], tuple[Path, Path]]) -> None:
    """Code that changed under an unchanged docstring, and a claim whose lines changed under it, are stale."""
    old, new = packs(lambda draft: _rewritten(draft, "Register a view for a URL rule."))
    result = found(new, old, Limits(stale=0))
    stale = [one for one in result.findings if one.rule.startswith("stale")]
    assert {(one.rule, one.subject) for one in stale} >= {
        ("stale-claim", "src/app.py#Flask.route"), ("stale-documentation", "src/app.py#Flask.route")
    }  # fmt: skip
    assert not result.passed
    assert found(new, old, Limits(stale=len(stale))).passed
    assert not rules(found(new)) & {"stale-claim", "stale-documentation"}


def test_documentation_that_changed_with_its_code_is_not_stale(packs: Callable[[Change], tuple[Path, Path]]) -> None:
    """Who changes both has done what was asked."""
    old, new = packs(lambda draft: _rewritten(draft, "Register a view, for any rule."))
    result = found(new, old)
    stale = {one.subject for one in result.findings if one.rule == "stale-documentation"}
    assert "src/app.py#Flask.route" not in stale


def test_sarif_is_what_code_scanning_reads(packs: Callable[[Change], tuple[Path, Path]]) -> None:
    """Every result has a known rule, a level, a place with an encoded path, and lines that count from 1."""
    old, new = packs(lambda draft: _rewritten(draft, "Register a view for a URL rule."))
    result = found(new, old)
    odd = Finding(rule="broken-link", text="x\x1b[31m\ny", subject="s", path="a b/ü.py", line=3, end_line=1)
    result = replace(result, findings=(*result.findings, odd))
    log = json.loads(sarif(result))
    jsonschema.validate(log, SARIF)
    run = log["runs"][0]
    known = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert known == list(RULES)
    assert all(known[one["ruleIndex"]] == one["ruleId"] for one in run["results"])
    assert len(run["results"]) == len(result.findings)
    (strange,) = [one for one in run["results"] if one["ruleId"] == "broken-link"]
    place = strange["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b/%C3%BC.py"
    assert place["region"] == {"startLine": 3, "endLine": 3}
    assert strange["message"]["text"] == "x [31m y"


def test_a_comment_quotes_what_a_repository_says(packs: Callable[[Change], tuple[Path, Path]]) -> None:
    """Names from a repository can neither mention, link, nor break a table or the code that quotes them."""
    _, pack = packs(nothing)
    hostile = "``` @everyone [x](https://evil.example) <img src=x> | a\nb"
    finding = Finding(rule="broken-link", text=hostile, subject="", path=hostile, line=0, end_line=0)
    comment = markdown(replace(found(pack), findings=(finding,), version=hostile))
    assert comment.startswith(MARKER)
    for line in comment.splitlines():
        if "@everyone" in line:
            assert "```` ``` @everyone" in line
            assert " | a" not in line
    assert "\nb" not in comment


@pytest.mark.parametrize("form", ["text", "json", "sarif", "markdown"])
def test_every_form_tells_the_verdict_or_the_findings(packs: Callable[[Change], tuple[Path, Path]], form: str) -> None:
    """No form leaves out what was found."""
    old, new = packs(lambda draft: _rewritten(draft, "Register a view for a URL rule."))
    text = render(found(new, old, Limits(stale=0)), form)
    assert "stale" in text
    assert "route" in text


def test_the_command_ends_as_its_gates_do(
    packs: Callable[[Change], tuple[Path, Path]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 0 if all pass, 1 if one fails, 2 for what makes no sense."""
    old, new = packs(lambda draft: _rewritten(draft, "Register a view for a URL rule."))
    assert main(["check", str(new), "--min-coverage", "40"]) == 0
    assert "passed  coverage: 40.0 %" in capsys.readouterr().out
    assert main(["check", str(new), "--min-coverage", "method=99"]) == 1
    assert main(["check", str(new), "--since", str(old), "--max-stale", "0", "--max-coverage-drop", "0"]) == 1
    assert main(["check", str(new), "--json"]) == 0
    assert '"passed": true' in capsys.readouterr().out
    for wrong in (["--max-stale", "1"], ["--min-coverage", "x"], ["--min-coverage", "cat=3"]):
        assert main(["check", str(new), *wrong]) == 2
    assert capsys.readouterr().err.count("\n") == 3
