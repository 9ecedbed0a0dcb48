from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctown.docpack.draft import Draft
from doctown.docpack.reader import Pack
from doctown.docpack.verify import verify
from doctown.errors import DoctownError, InputError, PackError
from doctown.model import Edge, Page, Symbol, Unresolved, Vector

from .conftest import APP, FINGERPRINT, HELPERS, demo_chunks, demo_pages, demo_symbols, fill, make_file, make_symbol


def test_what_goes_in_comes_out(pack: Path) -> None:
    """Every noun that was written is read back equal, folded texts included."""
    with Pack.open(pack) as opened:
        assert [file.path for file in opened.files()] == ["README.md", "logo.png", "src/app.py", "src/helpers.py"]
        assert [entry.symbol for entry in opened.symbols()] == demo_symbols()
        assert [chunk for _, chunk in opened.chunks()] == demo_chunks()
        assert sorted(opened.pages(), key=repr) == sorted(demo_pages(), key=repr)
        assert opened.content("src/app.py") == APP
        assert opened.symbol("src/helpers.py#jsonify").centrality == 0.5  # type: ignore[union-attr]


def test_a_folded_page_takes_no_second_copy_of_the_docstring(pack: Path) -> None:
    """The docstring of a symbol stands once in the file, though its page quotes it."""
    rows = sqlite3.connect(pack).execute("SELECT body FROM page_rows WHERE body LIKE '%dispatches%'").fetchall()
    assert rows == []


def test_a_draft_resumes_with_the_same_fingerprint(tmp_path: Path) -> None:
    """What was written before a run ended is there in the next one, and a finished stage stays finished."""
    path = tmp_path / "a.draft"
    with Draft.open(path, FINGERPRINT) as draft:
        draft.add_files([(make_file("a.py", b"x"), b"x")])
        draft.add_facts("a.py", b"facts")
        draft.finish("ingest")
    with Draft.open(path, FINGERPRINT) as draft:
        assert draft.resumed
        assert draft.is_done("ingest")
        assert not draft.is_done("embed")
        assert draft.read_source("a.py") == b"x"
        assert list(draft.facts()) == [("a.py", b"facts")]


def test_a_draft_of_something_else_is_discarded_and_says_so(tmp_path: Path) -> None:
    """Another fingerprint starts anew; rows of the other source never leak into the build."""
    path = tmp_path / "a.draft"
    with Draft.open(path, FINGERPRINT) as draft:
        draft.add_files([(make_file("a.py", b"x"), b"x")])
    with Draft.open(path, {"source": "other"}) as draft:
        assert not draft.resumed
        assert "discarded" in draft.note
        assert list(draft.files()) == []


def test_a_file_that_is_no_draft_is_replaced(tmp_path: Path) -> None:
    """A damaged draft does not stand in the way of a build."""
    path = tmp_path / "a.draft"
    path.write_bytes(b"not a database at all" * 100)
    with Draft.open(path, FINGERPRINT) as draft:
        assert "could not be read" in draft.note
        draft.add_files([(make_file("a.py", b"x"), b"x")])


def test_one_process_at_a_time(tmp_path: Path) -> None:
    """A second process is told that the draft is in use; the lock of a killed process is no obstacle."""
    path = tmp_path / "a.draft"
    code = f"""
        import sys, time
        from doctown.docpack.draft import Draft
        draft = Draft.open({str(path)!r}, {FINGERPRINT!r})
        draft.finish("ingest")
        print("held", flush=True)
        sys.stdin.read()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(InputError, match="another process"):
            Draft.open(path, FINGERPRINT)
        holder.send_signal(signal.SIGKILL)
    with Draft.open(path, FINGERPRINT) as draft:
        assert draft.is_done("ingest")


def test_a_batch_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    """When one write of a batch fails, the others of it are gone, in memory too."""
    with Draft.open(tmp_path / "a.draft", FINGERPRINT) as draft:
        with pytest.raises(InputError), draft.batch():
            draft.add_files([(make_file("a.py", b"x"), b"x")])
            draft.add_facts("b.py", b"")
        assert list(draft.files()) == []
        draft.add_files([(make_file("a.py", b"x"), b"x")])


@pytest.mark.parametrize(
    "moment", ["fill", "_copy", "_fill_series", "check_format", "fsync", "_sync_folder", "discard"]
)
def test_a_kill_during_seal_leaves_nothing_or_all(tmp_path: Path, moment: str) -> None:
    """Killed at any moment of sealing, there is no destination or a sound one, and the draft can be sealed again."""
    draft, destination = tmp_path / "a.draft", tmp_path / "a.docpack"
    with Draft.open(draft, FINGERPRINT) as begun:
        fill(begun)
    code = f"""
        import os, signal, sys
        from doctown.docpack.draft import Draft
        draft = Draft.open({str(draft)!r}, {FINGERPRINT!r})
        def kill(frame, event, argument):
            if {moment!r} == (frame.f_code.co_name if event == "call" else getattr(argument, "__name__", "")):
                os.kill(os.getpid(), signal.SIGKILL)
        sys.setprofile(kill)
        draft.seal({str(destination)!r})
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert destination.exists() == (moment in ("_sync_folder", "discard"))
    if destination.exists():
        assert verify(destination) == []
    with Draft.open(draft, FINGERPRINT) as again:
        assert again.resumed
        again.seal(destination)
    assert verify(destination) == []
    assert [one.name for one in tmp_path.iterdir()] == ["a.docpack"]


def test_seal_removes_the_draft_and_keeps_facts_out_of_the_pack(pack: Path) -> None:
    """A pack holds no table of the draft, and no file is left beside it."""
    names = {name for (name,) in sqlite3.connect(pack).execute("SELECT name FROM sqlite_schema")}
    assert not names & {"facts", "stages", "unindexed"}
    assert [one.name for one in pack.parent.iterdir()] == [pack.name]


def test_seal_refuses_content_that_does_not_verify(tmp_path: Path) -> None:
    """A draft whose rows contradict each other never becomes a pack; the draft is kept."""
    with Draft.open(tmp_path / "a.draft", FINGERPRINT) as draft:
        draft.add_files([(make_file("a.py", b"x"), b"x")])
        with pytest.raises(DoctownError, match=r"does not verify: keys: file 'a\.py' has not the one module"):
            draft.seal(tmp_path / "a.docpack")
    assert [one.name for one in tmp_path.iterdir()] == ["a.draft"]


def test_without_sources(make_pack: Callable[..., Path]) -> None:
    """A pack without sources has none, verifies, and has an identity of its own."""
    bare, whole = make_pack("bare.docpack", include_source=False), make_pack("whole.docpack")
    assert verify(bare) == []
    with Pack.open(bare) as one, Pack.open(whole) as two:
        assert one.source("src/app.py") is None
        assert one.docpack_id != two.docpack_id


def resume_with_helpers(draft: Draft, content: bytes) -> None:
    """What a rebuild does after `src/helpers.py` changed, made to end at the demonstration's content again."""
    losers = draft.remove_files(["src/helpers.py"])
    ids = {symbol.key: number for number, symbol in draft.symbols().items()}
    route = ids["src/app.py#Flask.route"]
    assert losers == [route]
    draft.add_files([(make_file("src/helpers.py", content), content)])
    new = draft.add_symbols([one for one in demo_symbols() if one.path == "src/helpers.py"])
    (number,) = draft.add_chunks([one for one in demo_chunks() if one.path == "src/helpers.py"])
    from .conftest import demo_entries, demo_vector

    draft.add_vectors([(number, demo_vector(2))])
    draft.add_edges([
        Edge(new[1], new[2], "calls", "resolved", "same scope", 3),
        Edge(new[1], ids["src/app.py#Flask"], "references", "candidate", "ambiguous: 2 definitions", 2),
        Edge(route, new[2], "similar", "candidate", "cosine", 10),
    ])  # fmt: skip
    from doctown.model import Cluster

    draft.set_clusters([
        Cluster(key=".", parent="", label="demo", paths=("README.md",), size=7),
        Cluster(key="src", parent=".", label="source", paths=("src/app.py", "src/helpers.py"), size=7),
    ])  # fmt: skip
    draft.set_centrality({new[2]: 0.5})
    draft.set_entry_points(demo_entries(route, new[2]))


def test_an_increment_gives_the_same_identity_as_a_full_build(tmp_path: Path, pack: Path) -> None:
    """A file removed and added again leaves no trace: same ids of content, sound index, nothing left behind."""
    draft = Draft.from_pack(pack, tmp_path / "b.draft", FINGERPRINT)
    resume_with_helpers(draft, HELPERS)
    with Pack.open(pack) as before:
        assert draft.seal(tmp_path / "b.docpack") == before.docpack_id
        with Pack.open(tmp_path / "b.docpack") as after:
            assert after.manifest()["vectors_digest"] == before.manifest()["vectors_digest"]
    assert verify(tmp_path / "b.docpack") == []


def test_an_increment_keeps_the_index_in_step(tmp_path: Path, pack: Path) -> None:
    """Changed, new and removed texts are found, found and not found; the index passes its check."""
    draft = Draft.from_pack(pack, tmp_path / "b.draft", FINGERPRINT)
    draft.add_pages(
        [Page(subject_kind="repository", subject="", title="demo", summary="", body="Wombat.", origin="model")]
    )
    draft.remove_files(["README.md"])
    draft.add_files([(make_file("NEWS.md", b"x\n", status="text"), b"x\n")])
    draft.seal(tmp_path / "b.docpack")
    assert verify(tmp_path / "b.docpack") == []
    find = sqlite3.connect(tmp_path / "b.docpack").execute
    for word, count in (("wombat", 1), ("quokka", 0), ("readme", 0), ("news", 1)):
        assert find("SELECT count(*) FROM search WHERE search MATCH ?", (word,)).fetchone() == (count,)


def test_names_only_removed_code_used_are_gone(tmp_path: Path, pack: Path) -> None:
    """A rebuild does not carry along dictionary entries of code that is no longer there."""
    draft = Draft.from_pack(pack, tmp_path / "b.draft", FINGERPRINT)
    draft.remove_files(["src/app.py"])
    draft.seal(tmp_path / "b.docpack")
    assert b"print" not in b"".join(
        str(row).encode() for row in sqlite3.connect(tmp_path / "b.docpack").execute("SELECT name FROM names")
    )
    assert verify(tmp_path / "b.docpack") == []


def test_a_wrong_claim_does_not_pass_the_seal(tmp_path: Path) -> None:
    """The lines that a claim cites are read and compared before the pack gets its name."""
    draft = Draft.open(tmp_path / "a.draft", FINGERPRINT)
    fill(draft)
    page = demo_pages()[1]
    draft.add_pages([replace(page, claims=(replace(page.claims[0], start_line=1),))])
    with pytest.raises(DoctownError, match="claim's digest differs"):
        draft.seal(tmp_path / "a.docpack")
    draft.close()


def test_an_altered_pack_is_no_base_for_an_increment(tmp_path: Path, pack: Path) -> None:
    """`--since` trusts the stored digests, so a pack whose digests do not add up is refused."""
    connection = sqlite3.connect(pack)
    connection.execute("UPDATE file_rows SET digest = zeroblob(32) WHERE path = 'src/app.py'")
    connection.commit()
    connection.close()
    with pytest.raises(PackError, match="altered"):
        Draft.from_pack(pack, tmp_path / "b.draft", FINGERPRINT)


NOBODYS = Page(subject_kind="cluster", subject="x", title="", summary="", body="", origin="model")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.add_files([(make_file("a", b""), b"")] * 2), "twice"),
        (lambda d: d.add_files([(make_file("a", b"x"), b"y")]), "SHA-256"),
        (lambda d: d.add_files([(replace(make_file("a", b"x"), size=2), b"x")]), "not 2"),
        (lambda d: d.add_files([(replace(make_file("a", b"x"), lines=5), b"x")]), "states 5 lines"),
        (lambda d: d.add_files([(replace(make_file("a", b"x"), sha256="zz"), None)]), "hexadecimal"),
        (lambda d: d.add_symbols([make_symbol(("b.py", b""), "f", "function", "", b"")]), "not in the draft"),
        (lambda d: d.add_edges([Edge(1, 2, "calls", "resolved", "", 1)]), "joins symbols"),
        (lambda d: d.add_unresolved([Unresolved(1, "x", "calls", 1, "")]), "hangs on symbol"),
        (lambda d: d.add_vectors([(1, Vector(model="m", dimensions=3, scale=1.0, data=b"ab"))]), "not 3 bytes"),
        (lambda d: d.add_vectors([(1, Vector(model="m", dimensions=1, scale=float("nan"), data=b"a"))]), "scale"),
        (lambda d: d.add_pages([NOBODYS]), "subject"),
        (lambda d: d.set_centrality({1: 0.5}), "centrality"),
        (lambda d: d.clear("everything"), "cleared"),
    ],
)  # fmt: skip
def test_bad_rows_are_refused_with_a_cause(tmp_path: Path, change: Callable[[Draft], object], words: str) -> None:
    """A row that could never verify is refused when it is written, in one line that names it."""
    with Draft.open(tmp_path / "a.draft", FINGERPRINT) as draft:
        with pytest.raises(InputError, match=words) as caught:
            change(draft)
        assert "\n" not in str(caught.value)


texts = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
names = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


@settings(max_examples=25, deadline=None)
@given(
    names=st.lists(names, unique=True, max_size=6),
    written=st.tuples(texts, texts, texts),
    lines=st.integers(1, 2_000_000),
)
def test_any_text_survives(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], written: tuple[str, str, str], lines: int
) -> None:
    """Whatever Unicode names, docstrings and pages hold, it is read back as it was and the pack verifies; in signatures
    alone one control character, which the format needs there, is replaced."""
    folder = tmp_path_factory.mktemp("any")
    docstring, summary, body = written
    lines = min(lines, 1_112_000)
    file = make_file("a.py", b"")
    symbols = [make_symbol(("a.py", b""), "<module>", "module", "", b"")]
    symbols += [
        Symbol(
            key=f"a.py#x.{name}", name=name, qualified_name=f"x.{name}", kind="function", language="python",
            path="a.py", parent="a.py#<module>", start_byte=0, end_byte=0, start_line=1, end_line=1,
            signature=f"{summary} {name}".replace("\x16", "\ufffd"),
            docstring=docstring, visibility="public",
        )
        for name in names
    ]  # fmt: skip
    pages = [
        Page(
            subject_kind="symbol",
            subject=symbol.key,
            title=symbol.name,
            summary=summary,
            body=f"{body}{docstring}{body}",
            origin="extractive",
        )
        for symbol in symbols
    ]
    draft = Draft.open(folder / "a.draft", {})
    draft.add_files([(replace(file, lines=lines), None)])
    ids = draft.add_symbols(symbols)
    draft.add_pages(pages)
    draft.add_unresolved([Unresolved(number, "name", "calls", lines, docstring) for number in ids])
    draft.seal(folder / "a.docpack")
    assert verify(folder / "a.docpack") == []
    with Pack.open(folder / "a.docpack") as pack:
        assert [entry.symbol for entry in pack.symbols()] == symbols
        assert list(pack.pages()) == pages
        assert [one.line for one in pack.unresolved(symbols[-1].key)] == [lines]
        for name in names:
            assert (
                f"x.{name}" in [entry.symbol.qualified_name for entry in pack.find_symbols(f"x.{name}")]
                or name != name.strip()
            )


def test_kill_leaves_a_consistent_draft(tmp_path: Path) -> None:
    """Killed in the middle of a batch, a draft holds the batches before it and nothing of that one."""
    path = tmp_path / "a.draft"
    code = f"""
        import os, signal
        from doctown.docpack.draft import Draft
        from doctown.model import File
        def file(i):
            return (File(path=str(i), language="", size=0, lines=0, sha256="", status="text"), None)
        draft = Draft.open({str(path)!r}, {FINGERPRINT!r})
        draft.add_files([file(i) for i in range(3)])
        def half():
            yield from (file(i) for i in range(3, 2000))
            os.kill(os.getpid(), signal.SIGKILL)
        draft.add_files(half())
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False, env=os.environ)
    assert done.returncode == -signal.SIGKILL
    with Draft.open(path, FINGERPRINT) as draft:
        assert draft.resumed
        assert [file.path for file in draft.files()] == ["0", "1", "2"]


def test_answers_are_kept_and_covered_by_the_identity(tmp_path: Path, pack: Path) -> None:
    """What a model answered comes back from a pack that a draft begins as, and is part of what the id vouches for."""
    with Draft.from_pack(pack, tmp_path / "next.draft", FINGERPRINT) as draft:
        draft.set_answers({b"a" * 32: b'{"said":"x"}', b"b" * 32: b"{}"})
        draft.set_answers({b"a" * 32: b'{"said":"x"}'})
        assert draft.answers([b"a" * 32, b"b" * 32]) == {b"a" * 32: b'{"said":"x"}'}
        identity = draft.seal(tmp_path / "next.docpack")
    with Pack.open(pack) as before:
        assert identity != before.docpack_id
    with Draft.from_pack(tmp_path / "next.docpack", tmp_path / "third.draft", FINGERPRINT) as draft:
        assert draft.answers([b"a" * 32]) == {b"a" * 32: b'{"said":"x"}'}
    connection = sqlite3.connect(tmp_path / "next.docpack")
    with connection:
        connection.execute("UPDATE answers SET data = 'no JSON'")
    connection.close()
    problems = [str(problem) for problem in verify(tmp_path / "next.docpack")]
    assert any("docpack_id" in problem for problem in problems)
    assert any("is no JSON" in problem for problem in problems)
