"""Each guard of the gate by itself: what it counts, what it leaves alone, and which gate it closes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from doctown.docpack.draft import Draft
from doctown.docpack.reader import Pack
from doctown.gate.measure import Coverage, Finding, Gate, Limits, Result, _gates, check
from tests.docpack.conftest import APP, FINGERPRINT, demo_pages, fill
from tests.docpack.test_reader import alter

NEWLINE = b"\n"
ROUTE = "src/app.py#Flask.route"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """The demonstration pack."""
    path = tmp_path / "demo.docpack"
    fill(Draft.open(tmp_path / "demo.draft", FINGERPRINT)).seal(path)
    return path


def judged(path: Path, limits: Limits | None = None, *, since: Path | None = None, below: str = "") -> Result:
    with Pack.open(path) as opened:
        if since is None:
            return check(opened, limits or Limits(), path=below)
        with Pack.open(since) as old:
            return check(opened, limits or Limits(), since=old, path=below)


def of(result: Result, rule: str) -> list[Finding]:
    return [one for one in result.findings if one.rule == rule]


def cited(start: int, end: int, ending: bytes = b"") -> str:
    return hashlib.sha256(b"\n".join(APP.split(b"\n")[start - 1 : end]) + ending).hexdigest()


# --- coverage ---------------------------------------------------------------------------------------------------------


def test_only_what_is_public_counts(pack: Path) -> None:
    """A private method without documentation costs no coverage and is no finding."""
    alter(
        pack,
        "INSERT INTO terms VALUES (999, 'private')",
        "UPDATE symbol_rows SET visibility = 999 WHERE qualified_name = 'Flask.add_url_rule'",
    )
    result = judged(pack)
    assert result.coverage["all"].total == 4
    assert "src/app.py#Flask.add_url_rule" not in {one.subject for one in of(result, "undocumented")}


def test_only_what_is_below_the_path_counts(pack: Path) -> None:
    """With a path, definitions elsewhere neither count nor are found."""
    result = judged(pack, below="src/app.py")
    assert result.coverage["all"].total == 3
    assert {one.path for one in of(result, "undocumented")} == {"src/app.py"}


def test_a_kind_that_is_not_there_is_covered(pack: Path) -> None:
    """A limit for a kind that the pack has none of passes: of nothing everything is documented."""
    (gate, *_) = judged(pack, Limits(coverage_of={"trait": 100})).gates
    assert (gate.name, gate.measured, gate.passed) == ("coverage of trait", "100.0 %", True)


def test_what_was_only_extracted_is_not_documented() -> None:
    """A page that says what is in the code is no documentation by its author or a model."""
    assert Coverage(total=4, by={"docstring": 1, "model": 1, "extractive": 2}).documented == 2


# --- claims -----------------------------------------------------------------------------------------------------------


def test_a_citation_whose_lines_are_others_closes_the_gate(pack: Path) -> None:
    """A claim of which the digest is not that of the lines it names is broken, though its verdict is `supported`."""
    alter(pack, "UPDATE claim_rows SET digest = zeroblob(32)")
    result = judged(pack)
    (finding,) = of(result, "broken-citation")
    assert (finding.subject, finding.path, finding.line) == (ROUTE, "src/app.py", 11)
    assert [gate.name for gate in result.gates if not gate.passed] == ["broken links and citations"]


def test_a_citation_may_end_with_its_line(pack: Path) -> None:
    """The digest of the lines with the end of the last one is that of the same lines."""
    alter(pack, f"UPDATE claim_rows SET digest = x'{cited(11, 12, NEWLINE)}'")
    assert not of(judged(pack), "broken-citation")


def test_without_the_source_a_citation_is_not_judged(tmp_path: Path) -> None:
    """A pack that left its source out cannot say that lines are others."""
    path = tmp_path / "bare.docpack"
    fill(Draft.open(tmp_path / "bare.draft", FINGERPRINT)).seal(path, include_source=False)
    alter(path, "UPDATE claim_rows SET digest = zeroblob(32)")
    assert not of(judged(path), "broken-citation")


# --- what the code left behind ----------------------------------------------------------------------------------------


def stale(path: Path, since: Path) -> set[tuple[str, str]]:
    return {(one.rule, one.subject) for one in judged(path, since=since).findings if one.rule.startswith("stale")}


def changed(tmp_path: Path, old: Path, *statements: str, pages: Callable[[Draft], object] | None = None) -> Path:
    """A later pack: another body of `Flask.route` by other bytes of its span, or what the statements say."""
    draft = Draft.from_pack(old, tmp_path / "later.draft", FINGERPRINT)
    if pages is not None:
        pages(draft)
    later = tmp_path / "later.docpack"
    draft.seal(later)
    return alter(later, *statements)


SHORTER = "UPDATE symbol_rows SET end_byte = end_byte - 3 WHERE qualified_name = '{}'"


def test_nothing_is_stale_where_nothing_changed(tmp_path: Path, pack: Path) -> None:
    """The same claims of the same lines, and the same code, are as good as they were."""
    assert not stale(changed(tmp_path, pack), pack)


def test_the_claim_of_changed_lines_is_stale(tmp_path: Path, pack: Path) -> None:
    """The same words about other lines are a finding of their own."""
    later = changed(tmp_path, pack, "UPDATE claim_rows SET digest = zeroblob(32)", "UPDATE file_rows SET digest = NULL")
    assert ("stale-claim", ROUTE) in stale(later, pack)


def _touched(name: str) -> tuple[str, ...]:
    return SHORTER.format(name), "UPDATE file_rows SET digest = zeroblob(32) WHERE path = 'src/app.py'"


def test_another_body_under_the_same_docstring_is_stale(tmp_path: Path, pack: Path) -> None:
    """Code changed, its author's documentation did not."""
    assert stale(changed(tmp_path, pack, *_touched("Flask")), pack) == {("stale-documentation", "src/app.py#Flask")}


def test_another_visibility_leaves_documentation_as_good_as_it_was(tmp_path: Path, pack: Path) -> None:
    """Only the body and the signature are what documentation speaks of."""
    hidden = (
        "INSERT INTO terms VALUES (999, 'private')",
        "UPDATE symbol_rows SET visibility = 999 WHERE qualified_name = 'Flask'",
        "UPDATE file_rows SET digest = zeroblob(32) WHERE path = 'src/app.py'",
    )
    assert not stale(changed(tmp_path, pack, *hidden), pack)


def test_a_module_is_not_stale_for_what_is_in_it(tmp_path: Path, pack: Path) -> None:
    """Every edit in a file changes its module's text, which says nothing of the module's documentation."""

    def document(draft: Draft) -> None:
        page = replace(demo_pages()[0], subject="src/app.py#<module>", title="app", summary="The app.", body="")
        draft.add_pages([page])

    later = changed(tmp_path, pack, *_touched("<module>"), pages=document)
    assert not stale(later, pack)


def test_what_a_model_wrote_is_stale_until_it_is_written_again(tmp_path: Path, pack: Path) -> None:
    """A model's page of changed code is stale; one that was written anew is not."""
    kept = changed(tmp_path, pack, *_touched("Flask.route"))
    assert ("stale-documentation", ROUTE) in stale(kept, pack)
    kept.unlink()
    anew = changed(
        tmp_path,
        pack,
        *_touched("Flask.route"),
        pages=lambda draft: draft.add_pages([replace(demo_pages()[1], summary="Says it anew.")]),
    )
    assert ("stale-documentation", ROUTE) not in stale(anew, pack)


# --- the verdict ------------------------------------------------------------------------------------------------------


def gates(limits: Limits, *rules: str, before: float = 0, now: float = 0) -> dict[str, Gate]:
    covered = {"all": Coverage(total=100, by={"docstring": int(now)})}
    old = Coverage(total=100, by={"docstring": int(before)})
    findings = [Finding(rule=rule, text="x", subject="", path="", line=0, end_line=0) for rule in rules]
    return {gate.name: gate for gate in _gates(limits, covered, old, findings)}


@pytest.mark.parametrize(("before", "now", "passed"), [(80, 78, True), (80, 77, False), (70, 90, True)])
def test_coverage_may_be_lost_up_to_a_limit(before: int, now: int, passed: bool) -> None:
    """Percentage points lost since the old pack close the gate above their limit; points gained never do."""
    assert gates(Limits(drop=2), before=before, now=now)["coverage lost"].passed is passed


@pytest.mark.parametrize(
    ("rule", "gate"),
    [
        ("unsupported-claim", "unsupported claims"),
        ("broken-link", "broken links and citations"),
        ("broken-citation", "broken links and citations"),
        ("stale-claim", "stale documentation"),
        ("stale-documentation", "stale documentation"),
    ],
)
def test_each_rule_closes_its_gate_alone(rule: str, gate: str) -> None:
    """One finding of a rule is one too many for its gate where none is allowed, and touches no other."""
    assert [name for name, one in gates(Limits(stale=0), rule).items() if not one.passed] == [gate]


def test_a_partial_pack_says_so(pack: Path) -> None:
    """What was built in part is judged, and called so."""
    assert not judged(pack).partial
    alter(pack, "INSERT OR REPLACE INTO manifest VALUES ('partial', 'true')")
    assert judged(pack).partial
