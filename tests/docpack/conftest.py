"""A small repository as nouns, and packs made of it through the draft."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from doctown.docpack.draft import Draft
from doctown.model import Artifact, Chunk, Claim, Cluster, Edge, EntryPoint, File, Page, Symbol, Unresolved, Vector

APP = b'''"""The app."""


class Flask:
    """A web application.

    It dispatches requests to views.
    """

    def route(self, rule):
        """Register a view for a URL rule."""
        return self.add_url_rule(rule)

    def add_url_rule(self, rule):
        return print(rule)
'''
HELPERS = b"""def getJSONResponse(data):
    # Turns data into a response.
    return jsonify(data)


def jsonify(data):
    return data
"""
README = b"# Demo\n\nA demonstration.\n"
FINGERPRINT = {"source": "demo", "options": "none"}


def line_of(content: bytes, offset: int) -> int:
    return content.count(b"\n", 0, offset) + 1


def make_file(path: str, content: bytes, language: str = "python", status: str = "parsed") -> File:
    lines = content.count(b"\n") + (0 if content.endswith(b"\n") or not content else 1)
    sha256 = hashlib.sha256(content).hexdigest()
    return File(path=path, language=language, size=len(content), lines=lines, sha256=sha256, status=status)  # type: ignore[arg-type]


def make_symbol(file: tuple[str, bytes], name: str, kind: str, parent: str, text: bytes, **more: str) -> Symbol:
    path, content = file
    start = content.index(text) if text else 0
    end = start + len(text) if text else len(content)
    qualified = f"{parent.partition('#')[2]}.{name}" if parent and not parent.endswith("<module>") else name
    return Symbol(
        key=f"{path}#{qualified}", name=name, qualified_name=qualified, kind=kind, language="python", path=path,
        parent=parent, start_byte=start, end_byte=end, start_line=line_of(content, start),
        end_line=max(line_of(content, max(end - 1, 0)), 1), signature=more.get("signature", name),
        docstring=more.get("docstring", ""), visibility="public",
    )  # type: ignore[arg-type]  # fmt: skip


def demo_symbols() -> list[Symbol]:
    app, helpers = ("src/app.py", APP), ("src/helpers.py", HELPERS)
    top, flask, below = "src/app.py#<module>", "src/app.py#Flask", "src/helpers.py#<module>"
    add = APP.index(b"def add")
    route = APP[APP.index(b"def route") : add - 5]
    get, jsonify = HELPERS[: HELPERS.index(b"\n\ndef json")], HELPERS[HELPERS.index(b"def json") :]
    doc = "A web application.\n\nIt dispatches requests to views."
    rule = "Register a view for a URL rule."
    return [
        make_symbol(app, "<module>", "module", "", b"", docstring="The app."),
        make_symbol(app, "Flask", "class", top, APP[APP.index(b"class") :], docstring=doc, signature="class Flask"),
        make_symbol(app, "route", "method", flask, route, docstring=rule, signature="def route(self, rule)"),
        make_symbol(app, "add_url_rule", "method", flask, APP[add:], signature="def add_url_rule(self, rule)"),
        make_symbol(helpers, "<module>", "module", "", b""),
        make_symbol(helpers, "getJSONResponse", "function", below, get, signature="def getJSONResponse(data)"),
        make_symbol(helpers, "jsonify", "function", below, jsonify, signature="def jsonify(data)"),
    ]


def demo_chunks() -> list[Chunk]:
    half = APP.index(b"    def route")
    return [
        Chunk(path="src/app.py", symbol="src/app.py#Flask", start_byte=0, end_byte=half, tokens=30),
        Chunk(path="src/app.py", symbol="src/app.py#Flask.route", start_byte=half, end_byte=len(APP), tokens=40),
        Chunk(path="src/helpers.py", symbol="src/helpers.py#jsonify", start_byte=0, end_byte=len(HELPERS), tokens=20),
        Chunk(path="README.md", symbol="", start_byte=0, end_byte=len(README), tokens=5),
    ]


def demo_pages() -> list[Page]:
    lines = APP.split(b"\n")
    cited = hashlib.sha256(b"\n".join(lines[10:12])).hexdigest()
    claim = Claim(
        text="It registers a view.", path="src/app.py", start_line=11, end_line=12, digest=cited, verdict="supported"
    )
    doc = demo_symbols()[1].docstring

    def page(kind: str, subject: str, title: str, summary: str, body: str, **more: Any) -> Page:
        return Page(
            subject_kind=kind, subject=subject, title=title, summary=summary, body=body,
            **{"origin": "extractive", **more},
        )  # type: ignore[arg-type]  # fmt: skip

    quoting = f"`class Flask` of src/app.py\n\n{doc}\n"
    written = {"origin": "model", "model": "gpt-5-nano", "claims": (claim,)}
    return [
        page("symbol", "src/app.py#Flask", "Flask", "A web application.", quoting, origin="docstring"),
        page("symbol", "src/app.py#Flask.route", "Flask.route", "Binds a URL.", "Written by a model.", **written),
        page("file", "README.md", "README.md", "A demonstration.", "# Demo"),
        page("cluster", "src", "Source", "The code.", ""),
        page("repository", "", "demo", "A demonstration.", "Quokka."),
        page("artifact", "README.md#script:demo", "demo", "Runs it.", ""),
    ]


def demo_entries(route: int, jsonify: int) -> list[EntryPoint]:
    """A route that another file declares, the same for another method, a command, and a test of which all is told by
    its symbol."""
    return [
        EntryPoint(kind="route", name="GET /x", symbol=route, path="src/helpers.py", line=2),
        EntryPoint(kind="route", name="POST /x", symbol=route, path="src/helpers.py", line=2),
        EntryPoint(kind="command", name="json", symbol=jsonify, path="src/helpers.py", line=6),
        EntryPoint(kind="test", name="jsonify", symbol=jsonify, path="src/helpers.py", line=6),
    ]


def demo_vector(seed: int, dimensions: int = 8) -> Vector:
    generator = random.Random(seed)
    return Vector(
        model="twin", dimensions=dimensions, scale=0.01, data=bytes(generator.randrange(256) for _ in range(dimensions))
    )


def fill(draft: Draft, shuffle: int | None = None) -> Draft:
    """The demonstration repository; with `shuffle`, in another order of insertion that a seed decides."""

    def mixed(rows: Sequence[Any]) -> list[Any]:
        mixed_rows = list(rows)
        if shuffle is not None:
            random.Random(shuffle).shuffle(mixed_rows)
        return mixed_rows

    files = [
        (make_file("src/app.py", APP), APP),
        (make_file("src/helpers.py", HELPERS), HELPERS),
        (make_file("README.md", README, "markdown", "text"), README),
        (File(path="logo.png", language="", size=9, lines=0, sha256="", status="skipped", reason="binary"), None),
    ]
    draft.add_files(mixed(files))
    symbols = demo_symbols()
    by_path = mixed([symbols[:4], symbols[4:]])
    ids: dict[str, int] = {}
    for group in by_path:
        ids |= dict(zip([one.key for one in group], draft.add_symbols(group), strict=True))
    flask, route, add = (ids[f"src/app.py#{name}"] for name in ("Flask", "Flask.route", "Flask.add_url_rule"))
    get, jsonify = (ids[f"src/helpers.py#{name}"] for name in ("getJSONResponse", "jsonify"))
    chunks = mixed(demo_chunks())
    numbers = draft.add_chunks(chunks)
    seeds = {chunk: seed for seed, chunk in enumerate(demo_chunks())}
    draft.add_vectors(
        mixed([(number, demo_vector(seeds[chunk])) for number, chunk in zip(numbers, chunks, strict=True)])
    )
    draft.add_edges(
        mixed(
            [
                Edge(route, add, "calls", "resolved", "self method", 12),
                Edge(get, jsonify, "calls", "resolved", "same scope", 3),
                Edge(get, flask, "references", "candidate", "ambiguous: 2 definitions", 2),
                Edge(route, jsonify, "similar", "candidate", "cosine", 10),
            ]
        )
    )
    draft.add_unresolved(
        mixed(
            [Unresolved(add, "print", "calls", 15, "builtin"), Unresolved(route, "rule", "references", 12, "dynamic")]
        )
    )
    draft.add_artifacts([
        Artifact(key="README.md#script:demo", path="README.md", kind="package_script", name="demo", summary="Runs it.",
                 detail="`python demo.py`", start_line=1, end_line=3)
    ])  # fmt: skip
    draft.set_clusters(mixed([
        Cluster(key=".", parent="", label="demo", paths=("README.md",), size=7),
        Cluster(key="src", parent=".", label="source", paths=("src/app.py", "src/helpers.py"), size=7),
    ]))  # fmt: skip
    draft.set_centrality({jsonify: 0.5, flask: 0.25})
    draft.set_entry_points(mixed(demo_entries(route, jsonify)))
    draft.add_pages(mixed(demo_pages()))
    draft.set_manifest("source", {"kind": "folder", "name": "demo"})
    draft.set_manifest("created", f"day {shuffle}")
    return draft


@pytest.fixture
def make_pack(tmp_path: Path) -> Callable[..., Path]:
    """Makes the demonstration pack under a name of its own."""

    def make(name: str = "demo.docpack", shuffle: int | None = None, *, include_source: bool = True) -> Path:
        destination = tmp_path / name
        draft = Draft.open(tmp_path / f"{name}.draft", FINGERPRINT)
        fill(draft, shuffle).seal(destination, include_source=include_source)
        return destination

    return make


@pytest.fixture
def pack(make_pack: Callable[..., Path]) -> Path:
    """The demonstration pack."""
    return make_pack()
