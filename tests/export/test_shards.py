"""The search index stays in pieces that a page can load."""

from __future__ import annotations

import json
import re

from doctown.export.shards import FULL, Row, Shards


def test_shards_are_bounded_and_words_lead_to_them() -> None:
    """Ten thousand symbols with the same beginning do not make one endless script, and each distinct one is found."""
    shards = Shards()
    for number in range(6_000):
        word = "".join(chr(97 + int(digit)) for digit in f"{number:04}")
        shards.add(Row(f"get_{word}", f"p/{number}.html", "function", "a.py:1", number % 20, ""), f"get_{word}")
    made = dict(shards.scripts())
    index = json.loads(made["index.js"].removeprefix("window.doctownIndex=").removesuffix(";"))
    reached = set()
    for prefix, name in index["shards"].items():
        script = made[f"{name}.js"]
        assert len(script) < 400_000
        found = re.fullmatch(r'doctownShard\("\w+",(.*)\);', script)
        assert found
        rows, terms = json.loads(f"[{found[1]}]")
        assert len(terms) <= FULL
        assert all(word.startswith(prefix) for word, _, _ in terms)
        reached |= {rows[row][1] for _, row, _ in terms}
    assert len(reached) == 6_000


def test_the_best_are_kept_where_a_shard_is_full() -> None:
    """Of symbols that share one word, those that most code leans on are found by it."""
    shards = Shards()
    for number in range(3_000):
        shards.add(Row("run", f"p/{number}.html", "function", "", 20 if number == 2_999 else 0, ""), "run")
    assert any("p/2999.html" in script for _, script in shards.scripts())


def test_scripts_cannot_be_left_by_a_name() -> None:
    """A symbol's name is data in the script, whatever it holds."""
    shards = Shards()
    shards.add(Row('"]);alert(1);//</script>\u2028', "x.html", "function", "", 0, ""), "evil")
    for name, script in shards.scripts():
        if name != "index.js":
            assert '"\\"]);alert(1);' in script
            assert script.isascii()
