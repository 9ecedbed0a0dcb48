"""What `show`, `search`, `info`, `verify` and `diff` answer about one small pack."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from doctown.docpack.reader import Pack
from tests.cli.conftest import Doctown, Ran, refused, write

QUIET = ("--vectors", "none", "--workers", "1", "-q")


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("shop/till.py#Till.total", "shop/till.py#Till.total"),
        ("Till.total", "shop/till.py#Till.total"),
        ("total", "shop/till.py#Till.total"),
        ("greet", "web/app.ts#greet"),
        ("Robot.run", "shop/robot.py#Robot.run"),
        ("drawertill", "shop/till.py#DrawerTill"),
        ("robot", "shop/robot.py#<module>"),
    ],
)
def test_a_symbol_by_any_of_its_names(name: str, first: str, pack: Path, doctown: Doctown) -> None:
    """Key, qualified name, bare name, and a name in the wrong case all lead to the symbol."""
    ran = doctown("show", pack, name)
    assert ran.status == 0
    assert ran.out.splitlines()[2] == first


def test_show_tells_what_begins_at_a_symbol(doctown: Doctown, pack: Path) -> None:
    """Who looks at a function learns which command or request runs it; a program gets the same as data."""
    ran = doctown("show", str(pack), "shop/cli.py#main")
    assert "Entry point: script shop (pyproject.toml:5)" in ran.out.splitlines()
    assert "Entry point" not in doctown("show", str(pack), "add_up").out
    told = json.loads(doctown("show", str(pack), "shop/cli.py#main", "--json").out)["entry_points"]
    assert told == [{"kind": "script", "name": "shop", "path": "pyproject.toml", "line": 5}]


def test_what_the_graph_says_is_shown(pack: Path, doctown: Doctown) -> None:
    """Documentation, place, callers and callees of a symbol are on one page; the text of the source on demand."""
    ran = doctown("show", pack, "Till.total", "--source")
    for part in ("Return the sum of prices.", "shop/till.py:19-21", "Calls:\n  shop/till.py#add_up", "Called by:"):
        assert part in ran.out, ran.out
    assert "return add_up(prices)" in ran.out
    assert "return add_up(prices)" not in doctown("show", pack, "Till.total").out


def test_an_ambiguous_name_says_which_others(pack: Path, doctown: Doctown) -> None:
    """The answer is about one of them; who meant another learns its key, on standard error and in JSON."""
    ran = doctown("show", pack, "run")
    keys = {"shop/till.py#run", "shop/robot.py#run"}  # `Robot.run` bears the name too, but is not named so in full
    assert ran.out.splitlines()[2] in keys
    (other,) = keys - {ran.out.splitlines()[2]}
    assert ran.complaint == f"also: {other}"
    assert json.loads(doctown("show", pack, "run", "--json").out)["others"] == [other]


@pytest.mark.parametrize(
    ("name", "key", "way"),
    [
        ("Till.clean", "shop/till.py#Counter.clean", "Till → Counter"),
        ("shop/till.py#Till.clean", "shop/till.py#Counter.clean", "Till → Counter"),
        ("DrawerTill.clean", "shop/till.py#Counter.clean", "DrawerTill → Till → Counter"),
        ("DrawerTill.total", "shop/till.py#Till.total", "DrawerTill → Till"),
        ("Till.size", "shop/till.py#Counter.size", "Till → Counter"),
        ("Joined.name", "shop/diamond.py#Right.name", "Joined → Right"),
    ],
)
def test_an_inherited_method_is_found_at_its_base(name: str, key: str, way: str, pack: Path, doctown: Doctown) -> None:
    """Whoever asks for `Sub.method` gets the method that Sub has, of the first base as declared, and is told so."""
    ran = doctown("show", pack, name)
    assert ran.status == 0
    assert ran.out.startswith(f"Inherited: {way}\n")
    assert key in ran.out.splitlines()
    data = json.loads(doctown("show", pack, name, "--json").out)
    assert (data["key"], " → ".join(data["bases"]), data["certain"]) == (key, way, True)


def test_an_own_method_is_not_called_inherited(pack: Path, doctown: Doctown) -> None:
    """The way to a base is told only where there is one."""
    assert "Inherited:" not in doctown("show", pack, "Till.total").out


@pytest.mark.parametrize(
    "name", ["Till.nothing", "Circle.nothing", "nothing", "nothing.py", "#", "..", "Till.", "\x1b[31m", "a" * 3000]
)
def test_a_name_that_is_not_there(name: str, pack: Path, doctown: Doctown) -> None:
    """The message says where to look, and the name comes back without its escapes and not endless."""
    ran = doctown("show", pack, name)
    refused(ran, "shop.docpack")
    assert len(ran.complaint) < 600
    if name == "Till.nothing":
        assert "shop/till.py#Till is" in ran.complaint


@pytest.mark.parametrize(
    ("name", "kind", "key"),
    [
        ("shop/till.py", "file", "shop/till.py"),
        ("till.py", "file", "shop/till.py"),
        ("README.md", "file", "README.md"),
        ("pyproject.toml#entry_point:shop", "artifact", "pyproject.toml#entry_point:shop"),
        ("", "repository", ""),
    ],
)
def test_subjects_that_are_no_symbols(name: str, kind: str, key: str, pack: Path, doctown: Doctown) -> None:
    """A file by path or by its end, an artifact, and the repository itself have pages too."""
    assert doctown("show", pack, *filter(None, [name])).out.strip()
    data = json.loads(doctown("show", "--json", pack, *filter(None, [name])).out)
    assert (data["kind"], data["key"]) == (kind, key)
    assert data["page"]["title"]


def test_a_cluster_by_its_key_and_its_label(pack: Path, doctown: Doctown) -> None:
    """What the other pages call a cluster by can be asked for."""
    with Pack.open(pack) as opened:
        clusters = opened.clusters()
        symbols = {name for entry in opened.symbols() for name in (entry.symbol.name, entry.symbol.qualified_name)}
    assert clusters
    for cluster in clusters:
        assert json.loads(doctown("show", "--json", pack, cluster.key).out)["key"] == cluster.key
        if cluster.label not in symbols:
            assert json.loads(doctown("show", "--json", pack, cluster.label).out)["kind"] == "cluster"


def test_everything_listed_can_be_asked_for(pack: Path, doctown: Doctown) -> None:
    """No key that a pack hands out leads nowhere."""
    with Pack.open(pack) as opened:
        keys = [entry.symbol.key for entry in opened.symbols()]
    for key in keys:
        ran = doctown("show", "--json", pack, key)
        assert json.loads(ran.out)["key"] == key, ran


# --- search -------------------------------------------------------------------------------------------------------


def found(ran: Ran) -> list[str]:
    return [hit["key"] for hit in json.loads(ran.out)]


def test_search_by_name_and_by_words(pack: Path, doctown: Doctown) -> None:
    """A name leads to the symbol that bears it; a sentence to what is documented so."""
    assert found(doctown("search", "--json", pack, "add_up"))[0] == "shop/till.py#add_up"
    assert "shop/till.py#Till.total" in found(doctown("search", "--json", pack, "return", "the", "sum of prices"))
    ran = doctown("search", pack, "add_up", "-n", "1")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(" 1  add_up  [symbol]  shop/till.py:")
    assert "\n 2  " not in ran.out


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        (("--kind", "class"), {"shop/robot.py#Robot"}),
        (("--kind", "file"), {"shop/robot.py"}),
        (("--path", "shop/robot.py"), {"shop/robot.py", "shop/robot.py#Robot"}),
        (("--path", "./shop/"), {"shop/robot.py", "shop/robot.py#Robot"}),
    ],
)
def test_search_within_filters(options: tuple[str, ...], allowed: set[str], pack: Path, doctown: Doctown) -> None:
    """Kind and path limit what is found, and the best is still first."""
    keys = found(doctown("search", "--json", pack, "robot", *options))
    assert allowed & set(keys)
    assert all(key.startswith("shop/") for key in keys if options[0] == "--path")


def test_search_by_language(pack: Path, doctown: Doctown) -> None:
    """Only that language is found, under the name that files are listed by."""
    assert found(doctown("search", "--json", pack, "greet", "--language", "typescript"))[0] == "web/app.ts#greet"
    assert doctown("search", pack, "greet", "--language", "python").status == 1


def test_a_path_is_a_folder_and_no_prefix(pack: Path, doctown: Doctown) -> None:
    """`--path sho` is not `shop`: names that begin alike are other folders."""
    assert doctown("search", pack, "total", "--path", "shop").status == 0
    ran = doctown("search", pack, "total", "--path", "sho")
    assert (ran.status, ran.out) == (1, "")
    assert ran.complaint == "nothing matches 'total' within the filters"


@pytest.mark.parametrize(
    "query", ["zebra", "", " ", '"', "zebra OR NEAR(zebra)", "*", "(", "\x1b[31mzebra", "zebra " * 500]
)
def test_nothing_found(query: str, pack: Path, doctown: Doctown) -> None:
    """No result is status 1 and says so; nothing that is typed is taken for the index's query language."""
    ran = doctown("search", pack, "--", query)
    assert ran.status == 1, ran
    assert ran.complaint.startswith("nothing matches ")
    assert len(ran.complaint) < 300
    machine = doctown("search", "--json", pack, "--", query)
    assert (machine.status, json.loads(machine.out)) == (1, [])


# --- info, verify, diff -------------------------------------------------------------------------------------------


def test_info_and_the_report_of_the_build_agree(built: tuple[Path, Ran], doctown: Doctown) -> None:
    """The counts at the end of a build are those of the pack, every one."""
    pack, ran = built
    facts = json.loads(doctown("info", "--json", pack).out)
    counts = facts["statistics"]
    assert facts["docpack_id"] in ran.out
    for line in (
        f"files     {counts['files']} met: {counts['files_parsed']} parsed, {counts['files_text']} text,"
        f" {counts['files_skipped']} skipped",
        f"symbols   {counts['symbols']}",
        f"edges     {counts['edges_resolved']} resolved, {counts.get('edges_candidate', 0)} candidates, 0 similar;"
        f" {counts['unresolved']} uses left open",
        f"vectors   0 of {counts['chunks']} chunks",
        f"pages     {counts['pages']}: {counts['pages_docstring']} docstring, {counts['pages_extractive']} extractive",
        f"clusters  {counts['clusters']}; artifacts {counts['artifacts']}",
        "1 skipped: binary",
    ):
        assert line in ran.out, line
    assert facts["skipped"] == {"binary": ["logo.png"]}
    with Pack.open(pack) as opened:
        assert counts["files"] == len(opened.files())
        assert counts["symbols"] == sum(1 for _ in opened.symbols())
        assert counts["pages"] == sum(1 for _ in opened.pages())
        assert counts["edges"] == sum(1 for _ in opened.edges())


def test_info_names_what_was_skipped(pack: Path, doctown: Doctown) -> None:
    """A person reads from `info` which files are missing and why."""
    out = doctown("info", pack).out
    assert "1 binary: logo.png" in out
    assert "source.name" in out


def test_verify_of_a_sound_pack(pack: Path, doctown: Doctown) -> None:
    """Status 0, with the identity that was verified."""
    ran = doctown("verify", pack)
    assert (ran.status, ran.err) == (0, "")
    data = json.loads(doctown("verify", "--json", pack).out)
    assert data["problems"] == []
    assert data["docpack_id"] in ran.out


def test_verify_of_an_altered_pack_for_programs(pack: Path, doctown: Doctown, tmp_path: Path) -> None:
    """Every problem with the check that found it; status 1, and no identity is vouched for."""
    import sqlite3

    bad = tmp_path / "bad.docpack"
    bad.write_bytes(pack.read_bytes())
    database = sqlite3.connect(bad, isolation_level=None)
    database.execute("UPDATE file_rows SET sha256 = zeroblob(32) WHERE id = 1")
    database.close()
    ran = doctown("verify", "--json", bad)
    data = json.loads(ran.out)
    assert (ran.status, data["docpack_id"]) == (1, "")
    assert all(problem["check"] and problem["text"] for problem in data["problems"])
    assert data["problems"]


def test_diff(pack: Path, source: Path, doctown: Doctown, tmp_path: Path) -> None:
    """What was added, removed and changed is named by key; equal packs have no difference."""
    same = doctown("diff", pack, pack)
    assert (same.status, same.out) == (0, "no difference\n")
    files = {path.relative_to(source).as_posix(): path.read_bytes().decode() for path in source.rglob("*.py")}
    files["shop/robot.py"] = "def walk():\n    return 1\n"
    changed = write(tmp_path / "shop", files)
    assert doctown("build", changed, *QUIET, "-o", "new.docpack", "--since", pack).status == 0
    ran = doctown("diff", pack, "new.docpack")
    assert ran.status == 0
    assert "symbols added: 1\n  shop/robot.py#walk\n" in ran.out
    data = json.loads(doctown("diff", "--json", pack, "new.docpack").out)
    assert data["symbols_added"] == ["shop/robot.py#walk"]
    assert {"README.md", "web/app.ts"} <= set(data["files_removed"])
    assert data["files_changed"] == ["shop/robot.py"]


# --- meaning ------------------------------------------------------------------------------------------------------


def test_a_sentence_is_searched_by_meaning(doctown: Doctown, tmp_path: Path) -> None:
    """With the model that ships, a question that shares no word with the code finds it; `--words` keeps it out, and
    a pack whose vectors are of another model is searched by words, with a note."""
    import sqlite3

    text = {"till.py": 'def add_up(prices):\n    """Return the sum of all prices."""\n    return sum(prices)\n'}
    source = write(tmp_path / "till", text)
    assert "vectors   1 of 1 chunks" in doctown("build", source, "--workers", "1", "-q").out
    question = "how much money does everything cost together"
    ran = doctown("search", "--json", "till.docpack", question)
    assert ran.err == ""
    assert any("similar meaning" in why for hit in json.loads(ran.out) for why in hit["why"])
    assert doctown("search", "till.docpack", question, "--words").status == 1
    database = sqlite3.connect("till.docpack", isolation_level=None)
    database.execute(
        "UPDATE manifest SET value = replace(value, 'all-MiniLM-L6-v2', 'other \u202e') WHERE key = 'models'"
    )
    database.close()
    ran = doctown("search", "till.docpack", "sum of prices")
    assert ran.status == 0
    assert ran.complaint.startswith("the pack's vectors are of other")
