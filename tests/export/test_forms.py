"""Markdown, llms.txt, bundle and JSON: each read by what it is for."""

from __future__ import annotations

import hashlib
import io
import json
import re
import struct
import subprocess
import sys
import tarfile
from pathlib import Path

import jsonschema
import pytest

from doctown.docpack.reader import Pack
from doctown.errors import InputError
from doctown.export import FORMS, export
from doctown.export.bundle import MEMBERS
from tests.docpack.conftest import make_pack, pack
from tests.viewer.test_harmless import rendered

__all__ = ["make_pack", "pack"]
ROOT = Path(__file__).parent.parent.parent


def links_of(text: str) -> list[str]:
    """Addresses of links, code aside."""
    bare = re.sub(r"(?ms)^(`{3,}).*?^\1|`[^`\n]*`", "", text)
    return re.findall(r"(?<!\\)\]\(([^)\s]+)\)", bare)


def test_every_link_in_markdown_leads_to_a_section(hostile: Path, tmp_path: Path) -> None:
    """The pages can be read wherever Markdown is rendered: files are there, and anchors in them."""
    done = export(hostile, "markdown", tmp_path / "docs")
    checked = 0
    for file in (tmp_path / "docs").rglob("*.md"):
        for link in links_of(file.read_text()):
            if link.startswith(("http", "javascript", "data:", "vbscript", "/")):
                continue
            path, _, anchor = link.partition("#")
            target = (file.parent / path).resolve() if path else file
            assert target.is_file(), (file, link)
            assert not anchor or f'<a id="{anchor}"></a>' in target.read_text(), (file, link)
            checked += 1
    assert checked > 20
    assert done.pages == len(list((tmp_path / "docs").rglob("*.md")))


@pytest.mark.parametrize("form", ["markdown", "llms-txt", "site"])
def test_markdown_of_a_strangers_pack_runs_nothing(form: str, hostile: Path, tmp_path: Path) -> None:
    """Whoever renders what is written, MkDocs or a Git host, gets no tag but our anchors, no image, and no link but to
    the web and between the pages, whatever names, summaries and bodies say."""
    export(hostile, form, tmp_path / "docs")
    files = list((tmp_path / "docs").rglob("*.md"))
    assert files
    for file in files:
        for seen in rendered(file.read_text()):
            assert not {"script", "img", "svg", "div", "iframe", "b"} & set(seen.tags), file
            assert seen.attributes <= {"href", "id", "class", "style"}, file
            for link in seen.links:
                assert re.match(r"https?://|[\w.~=/-]*\.md|#|$", link), (file, link)
                assert "evil.example" not in link, (file, link)


@pytest.mark.slow
def test_mkdocs_builds_the_markdown(pack: Path, tmp_path: Path) -> None:
    """MkDocs, which fails on warnings when it is strict, takes the pages as they are."""
    pytest.importorskip("mkdocs", reason="MkDocs is not installed")
    export(pack, "markdown", tmp_path / "docs")
    (tmp_path / "mkdocs.yml").write_text("site_name: demo\ndocs_dir: docs\nsite_dir: out\nplugins: []\n")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "out/index.html").is_file()


def test_llms_txt_stands_alone(hostile: Path, tmp_path: Path) -> None:
    """All that it links to is there, and the whole in one file."""
    done = export(hostile, "llms-txt", tmp_path / "llms")
    links = links_of((tmp_path / "llms/llms.txt").read_text())
    assert links
    assert all((tmp_path / "llms" / link).is_file() for link in links)
    full = (tmp_path / "llms/llms-full.txt").read_text()
    assert "Shop" in full
    assert done.pages == len(list((tmp_path / "llms").rglob("*.md")))


def members(path: Path) -> dict[str, bytes]:
    with tarfile.open(path, "r:gz") as archive:
        return {one.name: (archive.extractfile(one) or io.BytesIO()).read() for one in archive}


def test_the_bundle_has_its_members_and_they_agree(pack: Path, tmp_path: Path) -> None:
    """A reader of docpack/1.0 finds every part, and parts name each other rightly."""
    export(pack, "bundle", tmp_path / "x.tar.gz")
    found = members(tmp_path / "x.tar.gz")
    assert tuple(found) == MEMBERS
    data = {name: json.loads(content) for name, content in found.items() if name.endswith(".json")}
    ids = {node["id"] for node in data["nodes.json"]}
    assert ids == set(data["graph.json"]["nodes"]) == set(data["symbol_contexts.json"]["contexts"])
    assert all(edge["source"] in ids and edge["target"] in ids for edge in data["graph.json"]["edges"])
    assert {node["file_path"] for node in data["nodes.json"]} <= set(data["source_map.json"])
    assert {node["cluster_id"] for node in data["nodes.json"]} <= {one["id"] for one in data["clusters.json"]}
    assert data["manifest.json"]["schema_version"] == "docpack/1.0"


def test_the_bundles_vectors_are_the_packs(pack: Path, tmp_path: Path) -> None:
    """Each vector is as the pack has it, and says which lines it is of."""
    export(pack, "bundle", tmp_path / "x.tar.gz")
    found = members(tmp_path / "x.tar.gz")
    magic, version, count, dimensions = struct.unpack_from("<4sIII", found["embeddings.bin"])
    chunks = json.loads(found["symbol_contexts.json"])["chunks"]
    assert (magic, version, count, dimensions) == (b"DTE1", 1, len(chunks), 8)
    with Pack.open(pack) as opened:
        stored = dict(opened.vectors())
        for number, chunk in opened.chunks():
            at = next(
                i for i, row in enumerate(chunks)
                if (row["file_path"], row["byte_range"][0]) == (chunk.path, chunk.start_byte)
            )  # fmt: skip
            row = struct.unpack_from("<8f", found["embeddings.bin"], 16 + 32 * at)
            signed = struct.unpack("8b", stored[number].data)
            assert row == pytest.approx([value * stored[number].scale for value in signed], rel=1e-6)


def test_the_bundle_is_the_same_to_the_byte(pack: Path, tmp_path: Path) -> None:
    """It can be addressed by its digest, whenever and under whatever name it was written."""
    digests = set()
    for name in ("a.tar.gz", "b.tar.gz"):
        export(pack, "bundle", tmp_path / name)
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1


@pytest.mark.parametrize("which", ["pack", "hostile"])
def test_json_follows_its_schema(which: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Programs can rely on the documented schema, and get everything."""
    path: Path = request.getfixturevalue(which)
    export(path, "json", tmp_path / "x.json")
    document = json.loads((tmp_path / "x.json").read_text())
    schema = json.loads((ROOT / "docs/export.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
    with Pack.open(path) as opened:
        assert len(document["symbols"]) == sum(1 for _ in opened.symbols())
        assert len(document["edges"]) == sum(1 for _ in opened.edges())
        assert len(document["pages"]) == sum(1 for _ in opened.pages())


def test_a_pack_without_source_exports_all_the_same(make_pack: object, tmp_path: Path) -> None:
    """What is not kept is left out, and said to be."""
    path: Path = make_pack("bare.docpack", include_source=False)  # type: ignore[operator]
    for form in FORMS:
        assert export(path, form, tmp_path / form).bytes > 0
    page = next((tmp_path / "site/symbol").rglob("Flask~1.html")).read_text()
    assert "built without source text" in page


def test_a_form_or_option_that_makes_no_sense_is_refused(pack: Path, tmp_path: Path) -> None:
    """One line says what is wrong."""
    with pytest.raises(InputError, match="no form"):
        export(pack, "pdf", tmp_path / "x")
    with pytest.raises(InputError, match="base-url"):
        export(pack, "json", tmp_path / "x", base_url="https://x")
    with pytest.raises(InputError, match="no such file"):
        export(tmp_path / "none.docpack", "site", tmp_path / "x")
    assert list(tmp_path.iterdir()) == [pack] or not (tmp_path / "x").exists()
