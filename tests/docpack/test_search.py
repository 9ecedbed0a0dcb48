from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from doctown.docpack.diff import SymbolChange, diff
from doctown.docpack.draft import Draft
from doctown.docpack.meaning import load
from doctown.docpack.reader import Pack
from doctown.docpack.search import Filter, search
from doctown.docpack.words import all_words, is_identifier, parts, stem
from doctown.errors import InputError, PackError
from doctown.model import Chunk

from .conftest import FINGERPRINT, demo_chunks, demo_symbols, demo_vector, make_file, make_symbol


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


def test_class_and_member_in_two_words_are_one_name(pack: Path) -> None:
    """`Flask route` is how people write `Flask.route`, in either order; words that are no such name stay words."""
    with Pack.open(pack) as opened:
        for query in ("Flask route", "route Flask", "Flask add_url_rule"):
            hit = search(opened, query, vector=[1.0] * 8)[0]
            assert hit.key.startswith("src/app.py#Flask."), query
            assert "qualified name in words" in hit.why
        assert not any("qualified name in words" in hit.why for hit in search(opened, "json route"))
        only = Filter(kinds=("file",))
        assert all(hit.kind == "file" for hit in search(opened, "Flask route", only=only))


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


def test_filters_are_laid_over_the_ranking(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What passes a filter is found although more than are looked at stand before it."""
    from doctown.docpack import search as module

    monkeypatch.setattr(module, "DEPTH", 1)
    with Pack.open(pack) as opened:
        for only in (
            Filter(kinds=("cluster",)),
            Filter(clusters=("src",), kinds=("file",)),
            Filter(kinds=("artifact",)),
        ):
            hits = search(opened, "demo demonstration app code runs", vector=[1.0] * 8, only=only)
            assert hits, only
            assert {hit.kind for hit in hits} == set(only.kinds)
        assert search(opened, "demonstration", only=Filter(clusters=("src",))) == []
        assert search(opened, "jsonify", only=Filter(clusters=("demo",)))[0].key == "src/helpers.py#jsonify"


def test_the_model_is_asked_only_where_meaning_counts(pack: Path) -> None:
    """A name that symbols bear needs no vector, so no model is loaded for it; a sentence does."""
    asked: list[str] = []

    def vector() -> list[float]:
        asked.append("asked")
        return [1.0] * 8

    with Pack.open(pack) as opened:
        search(opened, "jsonify", vector=vector)
        assert asked == []
        search(opened, "turns data into JSON", vector=vector)
        assert asked == ["asked"]


def test_forms_of_a_word_find_each_other(pack: Path) -> None:
    """`registering views` finds `Register a view`."""
    with Pack.open(pack) as opened:
        assert search(opened, "registering views for rules")[0].key == "src/app.py#Flask.route"
    assert stem("registering") == stem("Registers") == stem("registered")
    assert stem("class") == "class"


def test_a_small_definition_is_found_by_the_chunk_it_lies_in(pack: Path) -> None:
    """A function without a chunk of its own has the meaning of the chunk around it, a little weaker."""
    with Pack.open(pack) as opened:
        vectors = load(opened)
        assert vectors is not None
        raw = [float(one if one < 128 else one - 256) for one in demo_vector(1).data]
        cosines = dict(zip(vectors.documents.tolist(), vectors.cosines(raw).tolist(), strict=True))
        ids = {entry.symbol.key: entry.id for entry in opened.symbols()}
        assert cosines[ids["src/app.py#Flask.route"] << 3] == pytest.approx(1.0, abs=1e-5)
        assert cosines[ids["src/app.py#Flask.add_url_rule"] << 3] == pytest.approx(0.97, abs=1e-5)


def test_vectors_of_other_sizes_are_damage(make_pack: Callable[..., Path]) -> None:
    """A stranger's vector that is longer than the others is refused before it is multiplied."""
    import sqlite3

    path = make_pack()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE vector_rows SET data = zeroblob(9) WHERE chunk_id = 2")
    connection.close()
    with Pack.open(path) as opened, pytest.raises(PackError, match="vector"):
        load(opened)


def test_ids_that_no_filter_can_hold_are_damage(make_pack: Callable[..., Path]) -> None:
    """A stranger's ids decide no amount of memory, and none is taken for a place from the end."""
    import sqlite3

    for name, number in (("great", 2**60), ("negative", -5)):
        path = make_pack(f"{name}.docpack")
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE symbol_rows SET id = ? WHERE id = (SELECT max(id) FROM symbol_rows)", (number,))
        connection.close()
        with Pack.open(path) as opened, pytest.raises(PackError, match="ids"):
            search(opened, "demo", only=Filter(kinds=("class",)))


def test_a_member_of_a_class_with_humps_is_found_by_its_qualified_name() -> None:
    """The index has `HTTPServer.handle` under `HTTP Server handle`: the query has to ask for that too."""
    assert all_words("HTTPServer.handle") == '("HTTPServer" AND "handle") OR ("HTTP" AND "Server" AND "handle")'
    assert all_words("Flask.route") == '("Flask" AND "route")'
    assert all_words("...") == ""


TESTED = b'''def dispatch_request(request):
    """Hands a request to the view that its rule names."""
    return request


def slow():
    return 1
'''
TESTS = b'''def test_dispatch_request_hands_request_to_view(request):
    """The request is handed to the view that its rule names."""
    return request


def dispatch_request(request):
    """Hands a request to the view that its rule names, the rule names the view."""
    return request


def marmalade():
    return 1
'''


@pytest.fixture
def tested(tmp_path: Path) -> Path:
    """A pack of one file and of a test that says the same of it, and more often."""
    draft = Draft.open(tmp_path / "tested.draft", FINGERPRINT)
    for path, content in (("tests/views.py", TESTS), ("src/views.py", TESTED)):
        draft.add_files([(make_file(path, content), content)])
        module = make_symbol((path, content), "<module>", "module", "", b"")
        found = []
        for block in content.split(b"\n\n\n"):
            name, told = block[4 : block.index(b"(")].decode(), block.partition(b'"""')[2].partition(b'"""')[0].decode()
            # The code's own are members of a class, so that their tests alone bear a qualified name that is asked for.
            within = module.key if path.startswith("tests") else f"{path}#View"
            found.append(make_symbol((path, content), name, "function", within, block.rstrip(), docstring=told))
        view = [] if path.startswith("tests") else [make_symbol((path, content), "View", "class", module.key, b"")]
        draft.add_symbols([module, *view, *found])
        chunk = Chunk(path=path, symbol=found[0].key, start_byte=0, end_byte=len(content), tokens=20)
        draft.add_vectors([(draft.add_chunks([chunk])[0], demo_vector(1))])
    draft.set_manifest("source", {"kind": "folder", "name": "tested"})
    draft.seal(tmp_path / "tested.docpack")
    return tmp_path / "tested.docpack"


def test_a_test_comes_after_the_code_it_tests(tested: Path) -> None:
    """A test says what its subject does, often in more words; whoever asks how something works wants the subject first,
    by name, by words and by meaning."""
    near = [float(one if one < 128 else one - 256) for one in demo_vector(1).data]
    with Pack.open(tested) as opened:
        for query, vector in (
            ("dispatch_request", None),
            ("where is a request handed to the view that its rule names", None),
            ("where is a request handed to the view that its rule names", near),
            ("zzz", near),
        ):
            hits = [hit for hit in search(opened, query, vector=vector) if hit.kind == "symbol"]
            assert hits[0].path == "src/views.py", (query, hits)
            assert any(hit.path == "tests/views.py" for hit in hits), query
        for query in ("views.py", "views python"):
            files = [hit.path for hit in search(opened, query, only=Filter(kinds=("file",)))]
            assert files == ["src/views.py", "tests/views.py"], query


def test_who_asks_for_tests_gets_them(tested: Path) -> None:
    """A query that names tests or says what should hold, a test's own name or key, and what only a test has are not
    set back."""
    with Pack.open(tested) as opened:
        for query, key in (
            ("test that a request is handed to the view that its rule names",
             "tests/views.py#test_dispatch_request_hands_request_to_view"),
            ("the request should be handed to the view that its rule names",
             "tests/views.py#test_dispatch_request_hands_request_to_view"),
            ("test_dispatch_request_hands_request_to_view",
             "tests/views.py#test_dispatch_request_hands_request_to_view"),
            ("tests/views.py#dispatch_request", "tests/views.py#dispatch_request"),
            ("tests/views.py", "tests/views.py"),
            ("marmalade", "tests/views.py#marmalade"),
        ):  # fmt: skip
            assert search(opened, query)[0].key == key, query


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("parse", "parses a parser, unparsed re_parse", ["pars", "pars", "pars"]),
        ("set at end", "set offset se ends_at", ["set", "at"]),
        ("a.b [x] ^y", "a-b x y", ["a", "b", "x", "y"]),
        ("größe", "die größen, übergröße", ["größ"]),
        ("", "nothing", []),
    ],
)
def test_stems_are_found_where_words_begin(query: str, text: str, found: list[str]) -> None:
    """A stem counts at the beginning of a word, after an underscore too, a short one only as the whole word; no
    character of a query is an operator."""
    from doctown.docpack.search import _pattern, _Term

    terms = [_Term(word, stem(word), 1.0, False) for word in parts(query)]
    assert _pattern(terms).findall(text) == found
