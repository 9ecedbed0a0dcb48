"""A model on the command line: what it would cost, what it cost, and that nobody is asked who was not meant to be."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from doctown.testing.behaviour import Behaviour, spread
from doctown.testing.model import ModelServer, serving
from tests.cli.conftest import Doctown, Ran, refused, write
from tests.generate.shop import FILES

QUIET = ("--vectors", "none", "--workers", "1", "-q")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write(tmp_path / "shop", FILES)


@pytest.fixture
def own(doctown: Doctown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doctown:
    """Commands with a cache of their own and no model in the environment."""
    monkeypatch.setenv("DOCTOWN_CACHE", str(tmp_path / "cache"))
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "MODEL_NAME"):
        monkeypatch.delenv(name, raising=False)
    return doctown


@pytest.fixture
def server(own: Doctown, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    with serving(Behaviour()) as running:
        monkeypatch.setenv("OPENAI_BASE_URL", running.url)
        monkeypatch.setenv("MODEL_NAME", Behaviour().model)
        yield running


def pages(pack: Path) -> list[tuple[str, str, str, str]]:
    connection = sqlite3.connect(pack)
    try:
        return list(connection.execute("SELECT subject_kind, origin, status, reason FROM pages ORDER BY id"))
    finally:
        connection.close()


def build(own: Doctown, shop: Path, *more: str) -> dict[str, object]:
    ran: Ran = own("build", shop, *QUIET, "--json", "-o", "out.docpack", *more)
    assert ran.status == 0, ran
    found: dict[str, object] = json.loads(ran.out)
    return found


def test_a_key_alone_spends_nothing(
    own: Doctown, shop: Path, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model is asked only where the command says so, whatever the environment holds."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-unused")
    assert build(own, shop)["costs"] == {}
    assert server.ledger()["calls"] == 0
    assert {origin for _, origin, _, _ in pages(Path("out.docpack"))} == {"docstring", "extractive"}


def test_a_build_with_a_model_reports_what_it_took(own: Doctown, shop: Path, server: ModelServer) -> None:
    """The report's and the manifest's cost is the server's own ledger."""
    report = build(own, shop, "--model", "auto")
    costs, ledger = report["costs"], server.ledger()
    assert isinstance(costs, dict)
    assert (costs["calls"], costs["tokens_in"], costs["tokens_out"]) == (
        ledger["calls"], ledger["tokens_in"], ledger["tokens_out"],
    )  # fmt: skip
    connection = sqlite3.connect("out.docpack")
    kept = {key: json.loads(value) for key, value in connection.execute("SELECT key, value FROM manifest")}
    connection.close()
    assert kept["costs"] == costs
    assert kept["models"]["generation"] == {"name": Behaviour().model}
    assert own("verify", "out.docpack").status == 0
    assert {kind for kind, origin, _, _ in pages(Path("out.docpack")) if origin == "model"} >= {"symbol", "file"}


def test_the_second_build_is_free_and_the_same(own: Doctown, shop: Path, server: ModelServer) -> None:
    """Answers are kept between builds, so the same source has the same id and costs nothing."""
    first = build(own, shop, "--model", "auto")
    calls = server.ledger()["calls"]
    second = build(own, shop, "--model", "auto")
    assert first["docpack_id"] == second["docpack_id"]
    assert server.ledger()["calls"] == calls


def test_an_estimate_asks_nobody(own: Doctown, shop: Path, server: ModelServer) -> None:
    """The price comes before the run, is close to it, and is nothing once all is kept."""
    ran = own("estimate", shop, "-q", "--json")
    assert ran.status == 0
    before = json.loads(ran.out)
    assert server.ledger()["calls"] == 0
    costs = build(own, shop, "--model", "auto")["costs"]
    assert isinstance(costs, dict)
    assert before["usd"] == pytest.approx(costs["usd"], rel=0.25)  # a dozen questions: one repair shows
    assert json.loads(own("estimate", shop, "-q", "--json").out)["usd"] == 0


def test_an_estimate_needs_no_key(own: Doctown, shop: Path) -> None:
    """Whoever wonders whether to get a key can know the price."""
    ran = own("estimate", shop, "-q")
    assert ran.status == 0
    assert "gpt-5-nano: about $" in ran.out
    assert "symbols   9 are sent" in ran.out


def test_a_model_by_name_needs_an_address(own: Doctown, shop: Path) -> None:
    """Without one nothing is built under a promise that cannot be kept."""
    refused(own("build", shop, *QUIET, "--model", "gpt-5-nano"), "no model is configured", "OPENAI_API_KEY")
    assert not list(Path().iterdir())


def test_auto_without_a_model_says_so(own: Doctown, shop: Path) -> None:
    """The build is done without one, and the report says it once."""
    report = build(own, shop, "--model", "auto")
    assert report["warnings"] == [
        "no model is configured (OPENAI_API_KEY or OPENAI_BASE_URL): documentation was written without one"
    ]


@pytest.mark.parametrize("amount", ["-1", "nan", "much", "inf"])
def test_amounts_that_are_none(own: Doctown, shop: Path, amount: str) -> None:
    """A cap that is no number is misuse, not an unlimited budget."""
    assert own("build", shop, *QUIET, f"--max-cost={amount}").status == 2


def test_a_cap_of_nothing_asks_nobody(own: Doctown, shop: Path, server: ModelServer) -> None:
    """Every page that a model was to write says that the money did not suffice, and the pack says it is partial."""
    ran = own("build", shop, *QUIET, "-o", "out.docpack", "--model", "auto", "--max-cost", "0")
    assert ran.status == 1
    assert server.ledger()["calls"] == 0
    states = {(status, "cost cap" in reason) for _, origin, status, reason in pages(Path("out.docpack"))}
    assert states == {("complete", False), ("unwritten", True)}


def test_a_third_of_all_calls_may_fail(own: Doctown, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page is a model's, an author's or marked with a reason; nothing of a fault is stored."""
    with serving(Behaviour(faults=spread(0.3), retry_after=0.01, seed=4)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("MODEL_NAME", Behaviour().model)
        ran = own("build", shop, *QUIET, "-o", "out.docpack", "--model", "auto")
    assert ran.status in (0, 1)
    for _, origin, status, reason in pages(Path("out.docpack")):
        assert (status == "complete" and not reason) or (reason and (status != "unwritten" or origin != "model"))


def test_a_rebuild_is_a_full_build_for_less(own: Doctown, shop: Path, server: ModelServer) -> None:
    """After a change of one function a build on the old pack asks about that alone, and is what a full one is."""
    build(own, shop, "--model", "auto")
    Path("out.docpack").rename("old.docpack")
    till = shop / "shop" / "till.py"
    till.write_text(till.read_text("utf-8").replace("amount * rate\n", "amount * rate\n    result += 0\n"), "utf-8")
    before = server.ledger()["calls"]
    rebuilt = build(own, shop, "--model", "auto", "--since", "old.docpack")
    calls = server.ledger()["calls"]
    full = build(own, shop, "--model", "auto")
    assert rebuilt["docpack_id"] == full["docpack_id"]
    assert isinstance(before, int)
    assert isinstance(calls, int)
    assert 0 < calls - before <= 5
    assert server.ledger()["calls"] == calls


def test_a_rebuild_without_a_model_keeps_none_of_its_words(own: Doctown, shop: Path, server: ModelServer) -> None:
    """What a pack holds follows from what is asked of this build, not from what an earlier one had."""
    build(own, shop, "--model", "auto")
    Path("out.docpack").rename("old.docpack")
    rebuilt = build(own, shop, "--since", "old.docpack")
    assert {origin for _, origin, _, _ in pages(Path("out.docpack"))} == {"docstring", "extractive"}
    assert rebuilt["docpack_id"] == build(own, shop)["docpack_id"]


# --- a change, and what is known of before ----------------------------------------------------------------------------


def change(shop: Path) -> None:
    """Changes the body of one function."""
    text = FILES["shop/till.py"].replace("rates[currency]\n", "rates[currency]\n    x = 0\n")
    (shop / "shop/till.py").write_text(text)


def test_a_change_is_paid_from_the_pack_where_the_cache_is_empty(
    own: Doctown, shop: Path, server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--since` on a machine that has nothing but the pack asks about the changed function, not about everything."""
    build(own, shop, "--model", "auto")
    first = server.ledger()
    Path("out.docpack").rename("old.docpack")
    monkeypatch.setenv("DOCTOWN_CACHE", str(tmp_path / "empty"))
    change(shop)
    report = build(own, shop, "--model", "auto", "--since", "old.docpack")
    costs, ledger = report["costs"], server.ledger()
    assert isinstance(costs, dict)
    assert costs["calls"] == int(str(ledger["calls"])) - int(str(first["calls"]))
    assert 0 < costs["tokens_in"] < int(str(first["tokens_in"])) / 3
    assert costs["kept"] > 8
    assert own("verify", "out.docpack").status == 0
    # What the pack knew is in the cache now: a build from nothing asks nobody, and comes to the same.
    assert build(own, shop, "--model", "auto")["docpack_id"] == report["docpack_id"]
    assert server.ledger()["calls"] == ledger["calls"]


def test_an_increment_has_the_id_of_a_full_build(own: Doctown, shop: Path, server: ModelServer) -> None:
    """With the same replies at hand, a build from the previous pack and one from nothing are the same to the digest."""
    build(own, shop, "--model", "auto")
    Path("out.docpack").rename("old.docpack")
    change(shop)
    increment = build(own, shop, "--model", "auto", "--since", "old.docpack")
    calls = server.ledger()["calls"]
    assert build(own, shop, "--model", "auto")["docpack_id"] == increment["docpack_id"]
    assert server.ledger()["calls"] == calls


def test_answers_leave_with_the_model(own: Doctown, shop: Path, server: ModelServer) -> None:
    """A pack that was made without a model keeps nothing of one, whatever it was made from."""
    build(own, shop, "--model", "auto")
    Path("out.docpack").rename("old.docpack")
    increment = build(own, shop, "--since", "old.docpack")
    connection = sqlite3.connect("out.docpack")
    assert connection.execute("SELECT count(*) FROM answers").fetchone() == (0,)
    connection.close()
    assert build(own, shop)["docpack_id"] == increment["docpack_id"]


# --- what the model said, and how far it holds ------------------------------------------------------------------------


def test_contradictions_are_told_by_the_report_the_page_and_the_pack(
    own: Doctown, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A docstring that the code belies is a finding with the symbol's name; the author's words stay as they are."""
    with serving(Behaviour(contradict=1.0)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("MODEL_NAME", Behaviour().model)
        ran = own("build", shop, *QUIET, "-o", "out.docpack", "--model", "auto")
    assert ran.status == 0, ran
    assert "  findings  1 docstring contradicts the code, as the model says" in ran.out
    assert "            shop/till.py#Till.take_back: " in ran.out
    told = own("info", "out.docpack").out
    assert "costs.contradictions          shop/till.py#Till.take_back: " in told
    page = own("show", "out.docpack", "shop/till.py#Till.take_back").out
    assert "Take money back." in page
    assert "Finding" in page
    assert "documentation and code disagree" in page


def test_the_share_of_what_holds_is_told_by_report_page_and_pack(
    own: Doctown, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report's figures are those of the claims in the pack, and each page says its own."""
    with serving(Behaviour(invent=0.3)) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("MODEL_NAME", Behaviour().model)
        ran = own("build", shop, *QUIET, "-o", "out.docpack", "--model", "auto")
    checked = re.search(r"checked +(\d+) of (\d+) sentences are supported by the lines they cite", ran.out)
    assert checked, ran
    bodies, verdicts = [], Counter[str]()
    connection = sqlite3.connect("out.docpack")
    for number, body in connection.execute(
        "SELECT id, body FROM pages WHERE origin = 'model' AND subject_kind IN ('file', 'cluster', 'repository')"
    ):
        bodies.append(re.search(r"_(\d+) of (\d+) sentences? by the model (?:is|are) supported by the lines", body))
        rows = connection.execute("SELECT verdict FROM claims WHERE page_id = ? AND verdict != 'unchecked'", (number,))
        verdicts.update(verdict for (verdict,) in rows)
    connection.close()
    shares = [(int(one[1]), int(one[2])) for one in bodies if one is not None]
    assert len(shares) == len(bodies) > 0
    assert (sum(a for a, _ in shares), sum(b for _, b in shares)) == (int(checked[1]), int(checked[2]))
    assert verdicts["supported"] >= int(checked[1])  # with what authors said and the lines show
    told = own("info", "out.docpack").out
    assert re.search(rf"costs\.sentences +{checked[2]}\n", told)
    assert re.search(rf"costs\.supported +{checked[1]}\n", told)
