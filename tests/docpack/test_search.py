from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from doctown.docpack.diff import SymbolChange, diff
from doctown.docpack.draft import Draft
from doctown.docpack.reader import Pack
from doctown.docpack.search import Filter, search
from doctown.docpack.words import is_identifier, parts
from doctown.errors import InputError

from .conftest import FINGERPRINT, demo_chunks, demo_symbols, demo_vector, make_file


def test_an_exact_name_comes_first(pack: Path) -> None:
    """For an identifier the symbol of that name leads, whatever else mentions it, and the hit says why."""
    with Pack.open(pack) as opened:
        for query, key in (
            ("route", "src/app.py#Flask.route"),
            ("Flask.route", "src/app.py#Flask.route"),
            ("Flask", "src/app.py#Flask"),
            ("jsonify()", "src/helpers.py#jsonify"),
            ("src/helpers.py#jsonify", "src/helpers.py#jsonify"),
        ):
            hits = search(opened, query, vector=[1.0] * 8)
            assert hits[0].key == key, query
            assert "exact" in hits[0].why[0]


def test_identifiers_are_found_by_their_parts(pack: Path) -> None:
    """Words of camelCase and snake_case names find them, and the last word may be unfinished."""
    with Pack.open(pack) as opened:
        assert search(opened, "json response")[0].key == "src/helpers.py#getJSONResponse"
        assert search(opened, "url rule add")[0].key == "src/app.py#Flask.add_url_rule"
        assert search(opened, "add url ru")[0].key == "src/app.py#Flask.add_url_rule"


def test_every_kind_of_page_is_found(pack: Path) -> None:
    """Files, clusters, artifacts and the repository are found by their words too."""
    with Pack.open(pack) as opened:
        for query, kind in (
            ("quokka", "repository"),
            ("README", "file"),
            ("source code", "cluster"),
            ("script runs", "artifact"),
        ):
            assert search(opened, query)[0].kind == kind, query


def test_words_of_a_docstring_are_found(pack: Path) -> None:
    """A sentence finds the symbol whose documentation has most of its words."""
    with Pack.open(pack) as opened:
        hit = search(opened, "what dispatches requests to views?")[0]
        assert hit.key == "src/app.py#Flask"
        assert hit.path == "src/app.py"
        assert any("text" in why for why in hit.why)


def test_meaning_adds_what_words_do_not_find(pack: Path) -> None:
    """The nearest chunk's symbol is found by the query's vector alone, with its cosine as the reason."""
    vector = [float(component if component < 128 else component - 256) for component in demo_vector(2).data]
    with Pack.open(pack) as opened:
        assert search(opened, "zzz unknown words") == []
        hit = search(opened, "zzz unknown words", vector=vector)[0]
        assert hit.key == demo_chunks()[2].symbol
        assert hit.why == ("similar meaning 1.00",)
        with pytest.raises(InputError, match="components"):
            search(opened, "zzz", vector=[1.0])


def test_filters_limit_the_hits(pack: Path) -> None:
    """Kind, language and path each exclude the others, and the limit holds."""
    with Pack.open(pack) as opened:
        assert {hit.kind for hit in search(opened, "demo", only=Filter(kinds=("file",)))} == {"file"}
        assert search(opened, "requests", only=Filter(kinds=("class",)))[0].key == "src/app.py#Flask"
        assert search(opened, "route", only=Filter(languages=("go",))) == []
        assert search(opened, "route", only=Filter(path="src/helpers")) == []
        assert len(search(opened, "a", limit=1)) <= 1
        with pytest.raises(InputError, match="limit"):
            search(opened, "a", limit=0)


@pytest.mark.parametrize(
    "query", ["", " ", '"', "a AND", "name:", "x*", "NEAR(a b)", "^", "(", "-a", "{name} : x", "\0", "ß" * 500, "_"]
)
def test_no_query_is_malformed(pack: Path, query: str) -> None:
    """Whatever a person types is words, never an operator of the query language."""
    with Pack.open(pack) as opened:
        assert isinstance(search(opened, query), list)
        assert isinstance(opened.find_symbols(query), list)


def test_queries_are_told_apart() -> None:
    """Names in code are recognised as such, sentences are not; humps split."""
    assert all(map(is_identifier, ("Flask.route", "get_it()", "a::b", "src/app.py#x", "$el")))
    assert not any(map(is_identifier, ("where is it", "", "...", "what does x do?")))
    assert parts("getHTTPResponse of_it") == ["get", "HTTP", "Response", "of", "it"]


def test_a_pack_equals_itself_built_again(make_pack: Callable[..., Path]) -> None:
    """Two builds of the same source have no difference."""
    with Pack.open(make_pack("a", 1)) as old, Pack.open(make_pack("b", 2)) as new:
        assert diff(old, new).empty


def test_a_diff_names_what_changed(tmp_path: Path, make_pack: Callable[..., Path]) -> None:
    """Changed signature, documentation and body, new and lost symbols, edges, pages and files are told."""
    old = make_pack("old")
    draft = Draft.from_pack(old, tmp_path / "new.draft", FINGERPRINT)
    draft.remove_files(["src/helpers.py", "logo.png"])
    content = b"def jsonify(data, indent):\n    return indent\n"
    draft.add_files([(make_file("src/helpers.py", content), content), (make_file("new.txt", b"", status="text"), b"")])
    from dataclasses import replace

    module, _, jsonify = [one for one in demo_symbols() if one.path == "src/helpers.py"]
    draft.add_symbols([
        replace(module, end_byte=len(content), end_line=2),
        replace(jsonify, start_byte=0, end_byte=len(content), start_line=1, end_line=2,
                signature="jsonify(data, indent)", docstring="New."),
    ])  # fmt: skip
    draft.add_chunks([replace(demo_chunks()[2], end_byte=len(content))])
    draft.seal(tmp_path / "new")
    with Pack.open(old) as before, Pack.open(tmp_path / "new") as after:
        found = diff(before, after)
    assert found.files_added == ("new.txt",)
    assert found.files_removed == ("logo.png",)
    assert found.files_changed == ("src/helpers.py",)
    assert found.symbols_removed == ("src/helpers.py#getJSONResponse",)
    assert found.symbols_changed == (
        SymbolChange(key="src/helpers.py#<module>", what=("body",)),
        SymbolChange(key="src/helpers.py#jsonify", what=("signature", "documentation", "body")),
    )
    assert ("src/helpers.py#getJSONResponse", "calls", "resolved", "src/helpers.py#jsonify") in found.edges_lost
    assert found.edges_gained == ()
    assert not found.empty
