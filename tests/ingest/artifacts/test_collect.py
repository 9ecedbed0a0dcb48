"""How artifacts are keyed and worded, whatever the family."""

from doctown.ingest.artifacts.collect import MAX_ARTIFACTS, Collector, clip, code, fence, listing, sentence, table


def test_keys_are_unique_and_stable():
    """A second artifact of the same kind and name gets `~2`, as symbols do."""
    collector = Collector("a/Makefile", "x\ny\n")
    for _ in range(3):
        collector.add("make_target", "test", "runs")
    assert [a.key for a in collector.artifacts] == [
        "a/Makefile#make_target:test",
        "a/Makefile#make_target:test~2",
        "a/Makefile#make_target:test~3",
    ]


def test_lines_stay_within_the_file():
    """A span can never point outside its file, whatever a parser's marks say."""
    collector = Collector("x", "one\ntwo\n")
    collector.add("k", "a", "s")
    collector.add("k", "b", "s", lines=(2, 9))
    collector.add("k", "c", "s", lines=(7, 3))
    assert [(a.start_line, a.end_line) for a in collector.artifacts] == [(1, 2), (2, 2), (2, 2)]


def test_a_hostile_file_cannot_fill_the_pack():
    """The number of artifacts of one file is capped, and the cap is reported once."""
    collector = Collector("x", "text")
    for number in range(MAX_ARTIFACTS + 5):
        collector.add("k", str(number), "s")
    assert len(collector.artifacts) == MAX_ARTIFACTS
    assert collector.problems == [f"x: more than {MAX_ARTIFACTS} artifacts; the rest is left out"]


def test_words():
    """Summaries are one line, begin with a capital letter, end with a full stop; lists say how much they leave out."""
    assert sentence("runs  tests\nhere") == "Runs tests here."
    assert sentence("npm package x") == "npm package x."
    assert listing(["a"]) == "a"
    assert listing(["a", "b", "c"]) == "a, b and c"
    assert listing(map(str, range(9)), 4) == "0, 1, 2 and 6 more"
    assert clip("one two three", 9) == "one two…"


def test_text_cannot_break_out_of_its_markup():
    """Backticks and pipes in a stranger's text do not end the code or the cell that they stand in."""
    assert code("a `b` c") == "``a `b` c``"
    assert fence("```\nx\n```").startswith("````\n")
    assert table([("a|b", "")], ("Name", "Empty")) == "| Name |\n| --- |\n| a\\|b |"
