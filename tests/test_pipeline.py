"""The main job from end to end, in-process: what a build promises whatever happens to it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from doctown import languages, pipeline, stages
from doctown.docpack import entry_points
from doctown.docpack.reader import Pack
from doctown.docpack.verify import verify
from doctown.embed.memory import MemoryEmbedder
from doctown.errors import BuildFailed, InputError
from doctown.ingest import parse, pool
from doctown.ingest.pool import Limits
from doctown.model import EntryPoint, Progress, Report
from doctown.settings import Settings, from_environment

SHOP = {
    "README.md": "# Shop\n\nShop sells things over the counter.\n",
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n[project.scripts]\nshop = "shop.cli:main"\n',
    "shop/__init__.py": '"""Sells things."""\n',
    "shop/cli.py": 'from shop.till import Till\n\n\ndef main():\n    """Open the shop."""\n    till = Till()\n'
    "    return till.total([1, 2])\n",
    "shop/till.py": 'class Till:\n    """Counts money."""\n\n    def total(self, prices):\n'
    '        """Return the sum of prices."""\n        return add_up(prices)\n\n\ndef add_up(numbers):\n'
    "    result = 0\n    for number in numbers:\n        result += number\n    return result\n",
    "tests/test_till.py": "from shop.till import Till\n\n\ndef test_total():\n    assert Till().total([1]) == 1\n",
    "web/app.ts": "export function greet(name: string): string {\n  return hello(name);\n}\n\n"
    "function hello(name: string): string {\n  return `Hello ${name}`;\n}\n",
    ".github/workflows/ci.yml": "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n"
    "    steps:\n      - run: pytest\n",
    "logo.png": "\x89PNG\x00",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop-source"
    for path, text in SHOP.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return from_environment({**os.environ, "DOCTOWN_CACHE": str(tmp_path / "cache")})


def build(folder: Path, pack: Path, settings: Settings, **options: object) -> Report:
    events: list[Progress] = []
    wanted = pipeline.Options(**{"vectors": "none", **options})  # type: ignore[arg-type]
    report = pipeline.build(str(folder), pack, wanted, settings, events.append)
    assert events
    return report


def test_a_repository_becomes_a_verified_pack(shop: Path, tmp_path: Path, settings: Settings) -> None:
    """Files, symbols, resolved calls across files, artifacts and pages all arrive, and nothing is left behind."""
    report = build(shop, tmp_path / "shop.docpack", settings)
    assert verify(tmp_path / "shop.docpack") == []
    assert not report.partial
    with Pack.open(tmp_path / "shop.docpack") as pack:
        calls = {(one.key, one.tier) for one in pack.context("shop/cli.py#main").uses("calls")}
        assert ("shop/till.py#Till.total", "resolved") in calls
        assert {artifact.kind for artifact in pack.artifacts()} >= {"ci_job", "entry_point"}
        page = pack.page("symbol", "shop/till.py#Till.total")
        assert page is not None
        assert page.summary == "Return the sum of prices."
        repository = pack.page("repository")
        assert repository is not None
        assert "Shop sells things over the counter." in repository.summary + repository.body
        skipped = {file.path: file.reason for file in pack.files() if file.status == "skipped"}
        assert skipped == {"logo.png": "binary"}
    assert sorted(p.name for p in tmp_path.glob("shop.docpack*")) == ["shop.docpack"]


def test_every_subject_has_a_page(shop: Path, tmp_path: Path, settings: Settings) -> None:
    """Nobody who asks about anything in a pack is told nothing."""
    build(shop, tmp_path / "shop.docpack", settings)
    with Pack.open(tmp_path / "shop.docpack") as pack:
        assert pack.page("repository") is not None
        for entry in pack.symbols():
            assert pack.page("symbol", entry.symbol.key), entry.symbol.key
        for file in pack.files():
            if file.status != "skipped":
                assert pack.page("file", file.path), file.path
        for cluster in pack.clusters():
            assert pack.page("cluster", cluster.key), cluster.key
        for artifact in pack.artifacts():
            assert pack.page("artifact", artifact.key), artifact.key


def test_the_id_hangs_on_the_source_alone(shop: Path, tmp_path: Path, settings: Settings) -> None:
    """Another day, another place, another number of workers, another order of files: the same id."""
    one = build(shop, tmp_path / "one.docpack", settings, pool=Limits(workers=1))
    elsewhere = tmp_path / "other" / "shop-source"
    elsewhere.parent.mkdir()
    for path in reversed(SHOP):
        (elsewhere / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(shop / path, elsewhere / path)
    two = build(elsewhere, tmp_path / "two.docpack", settings, pool=Limits(workers=3))
    assert one.docpack_id == two.docpack_id
    (elsewhere / "shop/till.py").write_text(SHOP["shop/till.py"].replace("result = 0", "result = 1"))
    assert build(elsewhere, tmp_path / "three.docpack", settings).docpack_id != one.docpack_id


def test_the_order_in_which_files_are_read_is_nowhere_in_a_pack(
    shop: Path, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids follow the order in which workers answer; ties between symbols must not be broken by them."""
    for name in ("ape", "bee", "cat", "dog"):
        (shop / f"shop/{name}.py").write_text(f"def {name}_call(x):\n    return x\n")
    both = "from shop.ape import ape_call\nfrom shop.bee import bee_call\nfrom shop.cat import cat_call\n"
    both += "from shop.dog import dog_call\n\n\ndef feed(x):\n    return cat_call(ape_call(dog_call(bee_call(x))))\n"
    (shop / "shop/zoo.py").write_text(both)
    forward = build(shop, tmp_path / "forward.docpack", settings)
    run = pool.run
    monkeypatch.setattr(stages.ingesting.pool, "run", lambda *arguments: sorted(run(*arguments), reverse=True))
    backward = build(shop, tmp_path / "backward.docpack", settings)
    assert backward.docpack_id == forward.docpack_id


CHANGES = {
    "a function's body": ("shop/till.py", SHOP["shop/till.py"].replace("result = 0", "result = int('0')")),
    "a new function": ("shop/till.py", SHOP["shop/till.py"] + "\n\ndef close():\n    return add_up([])\n"),
    "a renamed function": ("shop/till.py", SHOP["shop/till.py"].replace("add_up", "sum_up")),
    "a docstring": ("shop/cli.py", SHOP["shop/cli.py"].replace("Open the shop", "Close the shop")),
    "a new file": ("shop/more.py", "from shop.till import add_up\n\n\ndef more():\n    return add_up([3])\n"),
    "a removed file": ("tests/test_till.py", None),
    "a moved target": ("shop/till.py", "# moved\n\n" + SHOP["shop/till.py"]),
    "a workflow": (".github/workflows/ci.yml", SHOP[".github/workflows/ci.yml"].replace("pytest", "tox")),
    "the readme": ("README.md", "# Shop\n\nShop buys things.\n"),
    "nothing": ("README.md", SHOP["README.md"]),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("cache", ["kept", "lost"])
def test_since_gives_what_a_full_build_gives(
    change: str, cache: str, shop: Path, tmp_path: Path, settings: Settings
) -> None:
    """Reuse is an economy, never a difference: the same id as from scratch, with or without the cache."""
    build(shop, tmp_path / "old.docpack", settings)
    path, text = CHANGES[change]
    if text is None:
        (shop / path).unlink()
    else:
        (shop / path).write_text(text)
    if cache == "lost":
        shutil.rmtree(settings.cache, ignore_errors=True)
    since = build(shop, tmp_path / "new.docpack", settings, since=tmp_path / "old.docpack")
    assert verify(tmp_path / "new.docpack") == []
    full = build(shop, tmp_path / "full.docpack", settings)
    assert since.docpack_id == full.docpack_id


ROUTES = {
    "shop/urls.py": "from django.urls import path\n\nfrom shop import views\n\nurlpatterns = [\n"
    "    path('till/', views.till),\n    path('bell/', views.bell),\n]\n",
    "shop/views.py": "def till(request):\n    return 1\n\n\ndef bell(request):\n    return 2\n",
}
ROUTE_CHANGES = {
    "a view moves": ("shop/views.py", "# moved\n\n" + ROUTES["shop/views.py"], 3),
    "a view is renamed": ("shop/views.py", ROUTES["shop/views.py"].replace("bell", "ring"), 2),
    "views come as a class": ("shop/views.py", ROUTES["shop/views.py"].replace("def bell(request)", "class bell"), 3),
    "a route is gone": ("shop/urls.py", ROUTES["shop/urls.py"].replace("    path('bell/', views.bell),\n", ""), 2),
    "a route has another path": ("shop/urls.py", ROUTES["shop/urls.py"].replace("bell/", "ring/"), 3),
    "a script has another name": ("pyproject.toml", SHOP["pyproject.toml"].replace("shop = ", "till = "), 3),
    "a test": ("tests/test_till.py", SHOP["tests/test_till.py"] + "\n\ndef test_more():\n    assert Till()\n", 3),
    "a removed file": ("shop/views.py", None, 1),
}


def test_a_rebuild_gives_workers_what_changed_and_nothing_else(
    shop: Path, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was skipped for its content, or whose secrets were masked, is known again: starting workers for it would
    cost more than all the rest."""
    (shop / "web/style.css").write_text("a{b:c}" * 2000)
    (shop / "data.bin.txt").write_bytes(b"\x89PNG\x00" * 40)
    (shop / "shop/secret.py").write_text("KEY = 'AKIA" + "QWERTYUIOPASDFGH'\n")
    build(shop, tmp_path / "old.docpack", settings)
    tasks: list[str] = []
    run = pool.run

    def seen(function: Any, given: Any, limits: Limits) -> Any:
        return run(function, ((path, data) for path, data in given if not tasks.append(path)), limits)  # type: ignore[func-returns-value]

    monkeypatch.setattr(stages.ingesting.pool, "run", seen)
    (shop / "shop/till.py").write_text(CHANGES["a function's body"][1] or "")
    build(shop, tmp_path / "new.docpack", settings, since=tmp_path / "old.docpack")
    assert tasks == ["shop/till.py"]


TOWN = {
    "town/suite.h": '#define CASE(name) static void case_##name(void)\n#define LABEL "key"\n',
    "town/walk.c": '#include "suite.h"\nint step(void) { return 1; }\nCASE(walks) { step(); }\n',
}
TOWN_CHANGES = {
    "a macro that declares": ("town/suite.h", TOWN["town/suite.h"].replace("case_", "test_"), "test_walks"),
    "a macro that does not": ("town/suite.h", TOWN["town/suite.h"].replace("key", "lock"), "case_walks"),
    "the header is gone": ("town/suite.h", None, "walks"),
    "a source file": ("town/walk.c", TOWN["town/walk.c"].replace("return 1", "return 2"), "case_walks"),
}


@pytest.mark.parametrize("change", TOWN_CHANGES)
@pytest.mark.parametrize("cache", ["kept", "lost"])
def test_since_follows_what_headers_declare_in_other_files(
    change: str, cache: str, shop: Path, tmp_path: Path, settings: Settings
) -> None:
    """A header's macro names the functions of files that did not change: a rebuild gives what a full build gives."""
    (shop / "town").mkdir()
    for path, text in TOWN.items():
        (shop / path).write_text(text)
    build(shop, tmp_path / "old.docpack", settings)
    with Pack.open(tmp_path / "old.docpack") as pack:
        assert pack.context("town/walk.c#case_walks").uses("calls")
    path, changed, name = TOWN_CHANGES[change]
    if changed is None:
        (shop / path).unlink()
    else:
        (shop / path).write_text(changed)
    if cache == "lost":
        shutil.rmtree(settings.cache, ignore_errors=True)
    since = build(shop, tmp_path / "new.docpack", settings, since=tmp_path / "old.docpack")
    assert verify(tmp_path / "new.docpack") == []
    full = build(shop, tmp_path / "full.docpack", settings)
    assert since.docpack_id == full.docpack_id
    with Pack.open(tmp_path / "new.docpack") as pack:
        assert name in {entry.symbol.name for entry in pack.symbols() if entry.symbol.path == "town/walk.c"}


MANIFESTS = {
    "pages/tsconfig.json": '{"compilerOptions": {"paths": {"tax": ["./vat.ts"]}}}',
    "pages/vat.ts": "export function add() { return 1 }\n",
    "pages/duty.ts": "export function add() { return 2 }\n",
    "pages/main.ts": "import { add } from 'tax'\nexport function run() { return add() }\n",
}


def test_since_follows_what_a_manifest_calls_a_module(shop: Path, tmp_path: Path, settings: Settings) -> None:
    """A name that comes to mean another file moves the edges of files that did not change."""
    (shop / "pages").mkdir()
    for path, text in MANIFESTS.items():
        (shop / path).write_text(text)
    build(shop, tmp_path / "old.docpack", settings)
    with Pack.open(tmp_path / "old.docpack") as pack:
        assert pack.context("pages/vat.ts#add").used_by("calls")
    (shop / "pages/tsconfig.json").write_text(MANIFESTS["pages/tsconfig.json"].replace("vat", "duty"))
    since = build(shop, tmp_path / "new.docpack", settings, since=tmp_path / "old.docpack")
    assert verify(tmp_path / "new.docpack") == []
    full = build(shop, tmp_path / "full.docpack", settings)
    assert since.docpack_id == full.docpack_id
    with Pack.open(tmp_path / "new.docpack") as pack:
        assert pack.context("pages/duty.ts#add").used_by("calls")
        assert not pack.context("pages/vat.ts#add").used_by("calls")


def test_a_secret_in_a_header_is_in_no_file_that_it_declares_things_in(
    shop: Path, tmp_path: Path, settings: Settings
) -> None:
    """A macro's text is masked like all other text, before it becomes part of what another file says."""
    secret = "AKIA" + "QWERTYUIOPASDFGH"
    (shop / "keys.h").write_text(f'#define KEY(name) static const char *name = "{secret}"\n')
    (shop / "keys.c").write_text('#include "keys.h"\nKEY(mine);\n')
    build(shop, tmp_path / "shop.docpack", settings)
    with Pack.open(tmp_path / "shop.docpack") as pack:
        mine = pack.context("keys.c#mine").entry.symbol
        assert "char *mine" in mine.signature and secret not in mine.signature


@pytest.mark.parametrize("change", ROUTE_CHANGES)
def test_since_finds_the_entry_points_of_a_full_build(
    change: str, shop: Path, tmp_path: Path, settings: Settings
) -> None:
    """A route that is declared in one file and answered in another follows the change of either."""
    for path, text in ROUTES.items():
        (shop / path).write_text(text)
    build(shop, tmp_path / "old.docpack", settings)
    changed, after, count = ROUTE_CHANGES[change]
    if after is None:
        (shop / changed).unlink()
    else:
        (shop / changed).write_text(after)
    since = build(shop, tmp_path / "new.docpack", settings, since=tmp_path / "old.docpack")
    full = build(shop, tmp_path / "full.docpack", settings)
    assert verify(tmp_path / "new.docpack") == []
    with Pack.open(tmp_path / "new.docpack") as new, Pack.open(tmp_path / "full.docpack") as whole:
        found, wanted = ([*map(partial(_told, one), entry_points.listed(one))] for one in (new, whole))
    assert found == wanted and len(found) == count
    assert since.docpack_id == full.docpack_id


def _told(pack: Pack, one: EntryPoint) -> tuple[str, str, str, int, str]:
    entry = pack.entry(one.symbol)
    return one.kind, one.name, one.path, one.line, entry.symbol.key if entry is not None else ""


def test_what_other_code_read_is_read_anew(
    shop: Path, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, in_process: None
) -> None:
    """Of a pack that other grammars or queries made, nothing is reused, though its files are the same: what comes out
    is what a full build gives, and nobody need ask for it."""
    with monkeypatch.context() as other:
        read = parse.read
        nothing: dict[str, Any] = {"references": (), "bindings": (), "bases": (), "imports": ()}

        def poorer(*given: Any) -> Any:
            said, tree = read(*given)
            return replace(said, symbols=said.symbols[:1], **nothing), tree

        other.setattr(parse, "read", poorer)
        other.setattr(stages, "reading", lambda: "0" * 64)
        other.setattr(stages, "code", lambda: "0" * 64)
        other.setattr(languages, "fingerprint", lambda: "0" * 64)
        old = build(shop, tmp_path / "old.docpack", settings)
    since = build(shop, tmp_path / "new.docpack", settings, since=tmp_path / "old.docpack")
    full = build(shop, tmp_path / "full.docpack", settings)
    assert verify(tmp_path / "new.docpack") == []
    assert old.docpack_id != since.docpack_id == full.docpack_id
    assert "read by another version" in since.begun


@pytest.mark.parametrize(("before", "after"), [("local", "none"), ("none", "local"), ("local", "openvino")])
@pytest.mark.parametrize("edited", [False, True])
def test_since_has_the_vectors_that_were_asked_for(
    before: str, after: str, edited: bool, shop: Path, tmp_path: Path, settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Vectors and similarity of the old pack stay only where a full build would make the same: those of another model
    would lie beside them, or would lie where none were wanted."""
    monkeypatch.setattr("doctown.embed.open_embedder", lambda kind, **_: MemoryEmbedder(model=f"words for {kind}"))
    build(shop, tmp_path / "old.docpack", settings, vectors=before)
    if edited:
        (shop / "shop/till.py").write_text(CHANGES["a function's body"][1] or "")
    since = build(shop, tmp_path / "new.docpack", settings, since=tmp_path / "old.docpack", vectors=after)
    full = build(shop, tmp_path / "full.docpack", settings, vectors=after)
    assert verify(tmp_path / "new.docpack") == []
    assert since.docpack_id == full.docpack_id
    with Pack.open(tmp_path / "new.docpack") as new, Pack.open(tmp_path / "full.docpack") as whole:
        assert new.manifest()["vectors_digest"] == whole.manifest()["vectors_digest"]
        assert {vector.model for _, vector in new.vectors()} == {vector.model for _, vector in whole.vectors()}
        assert [edge for edge in new.edges() if edge.kind == "similar"] == [] or after != "none"


KILLED = """
import os, signal, sys
from pathlib import Path
from doctown import pipeline, stages
from doctown.settings import from_environment
stage, source, pack = sys.argv[1:]
def listen(progress):
    if progress.stage == stage:
        os.kill(os.getpid(), signal.SIGKILL)
pipeline.build(source, Path(pack), pipeline.Options(vectors="none"), from_environment(), listen)
"""


@pytest.mark.parametrize("stage", ["ingest", "assemble", "generate", "pack"])
def test_a_killed_build_resumes(stage: str, shop: Path, tmp_path: Path, settings: Settings) -> None:
    """SIGKILL in any stage leaves no pack; the next run goes on and ends with the id of an undisturbed one."""
    pack = tmp_path / "shop.docpack"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, stage, str(shop), str(pack)], env=dict(settings.environment), check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert not pack.exists()
    resumed = build(shop, pack, settings)
    assert resumed.begun.startswith("resumed")
    assert resumed.docpack_id == build(shop, tmp_path / "calm.docpack", settings).docpack_id
    assert sorted(p.name for p in tmp_path.glob("shop.docpack*")) == ["shop.docpack"]


STREAMED = """
import os, signal, sys
from pathlib import Path
from doctown import pipeline
from doctown.embed import memory
from doctown.settings import from_environment
from doctown.stages import embedding, ingesting
source, pack = sys.argv[1:]
embedding._open_embedder = lambda *_: memory.MemoryEmbedder()
embedding.BATCH_TEXTS = embedding.LEAST_TEXTS = 2
ingesting.STORED_FILES = 2
def listen(progress):
    if progress.stage == "embed" and progress.done and not progress.total:
        os.kill(os.getpid(), signal.SIGKILL)
pipeline.build(source, Path(pack), pipeline.Options(vectors="local"), from_environment(), listen)
"""


def test_a_build_that_was_killed_while_it_read_and_embedded_resumes(
    shop: Path, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Vectors that were stored before everything was read are kept and not made again, and the pack is that of an
    undisturbed run, its vectors too."""
    for number in range(40):  # enough to be read while the first ones are embedded
        (shop / f"shop/shelf{number}.py").write_text(f"def shelf_{number}(goods):\n    return goods[{number}]\n" * 40)
    pack = tmp_path / "shop.docpack"
    killed = subprocess.run(
        [sys.executable, "-c", STREAMED, str(shop), str(pack)], env=dict(settings.environment), check=False
    )
    assert killed.returncode == -signal.SIGKILL
    used: list[MemoryEmbedder] = []

    def fresh(*_: object, **__: object) -> MemoryEmbedder:
        used.append(MemoryEmbedder())
        return used[-1]

    monkeypatch.setattr("doctown.embed.open_embedder", fresh)
    resumed = build(shop, pack, settings, vectors="local")
    again = sum(map(len, used[-1].calls))
    calm = build(shop, tmp_path / "calm.docpack", settings, vectors="local")
    assert resumed.begun.startswith("resumed")
    assert 0 < again < sum(map(len, used[-1].calls))
    assert resumed.docpack_id == calm.docpack_id
    with Pack.open(pack) as one, Pack.open(tmp_path / "calm.docpack") as other:
        assert one.manifest()["vectors_digest"] == other.manifest()["vectors_digest"]


def test_embedding_begins_while_files_are_read(
    shop: Path, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever embeds does not wait for the last file; whatever of it is told before then names no total. The pack is
    the same as if it had."""
    monkeypatch.setattr("doctown.embed.open_embedder", lambda *_, **__: MemoryEmbedder())
    digests = []
    for least in (2, 10_000):
        monkeypatch.setattr("doctown.stages.embedding.LEAST_TEXTS", least)
        monkeypatch.setattr("doctown.stages.ingesting.STORED_FILES", 2)
        events: list[Progress] = []
        options = pipeline.Options(vectors="local")
        report = pipeline.build(str(shop), tmp_path / f"{least}.docpack", options, settings, events.append)
        stages_told = [event.stage for event in events]
        last_read = len(stages_told) - 1 - stages_told[::-1].index("ingest")
        early = [event for event in events[:last_read] if event.stage == "embed"]
        assert bool(early) == (least == 2)
        assert all(event.total == 0 for event in early)
        embedded = [event for event in events if event.stage == "embed"][-1]
        assert embedded.done == embedded.total == report.statistics["vectors"] == report.statistics["chunks"]
        with Pack.open(tmp_path / f"{least}.docpack") as pack:
            digests.append((report.docpack_id, pack.manifest()["vectors_digest"]))
    assert digests[0] == digests[1]


def test_an_archive_gives_the_same_content(shop: Path, tmp_path: Path, settings: Settings) -> None:
    """What is documented does not hang on how the source was packed."""
    archive = tmp_path / "shop-1.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(shop, arcname="shop-1")
    build(archive, tmp_path / "tar.docpack", settings)
    build(shop, tmp_path / "folder.docpack", settings)
    with Pack.open(tmp_path / "tar.docpack") as tar_pack, Pack.open(tmp_path / "folder.docpack") as folder_pack:
        symbols = {entry.symbol for entry in tar_pack.symbols()}
        assert symbols == {entry.symbol for entry in folder_pack.symbols()}
        assert symbols


def test_without_source_nothing_of_it_is_packed(shop: Path, tmp_path: Path, settings: Settings) -> None:
    """--no-source means that the text is not in the file, not merely not shown."""
    build(shop, tmp_path / "shop.docpack", settings, source=False)
    assert verify(tmp_path / "shop.docpack") == []
    with Pack.open(tmp_path / "shop.docpack") as pack:
        assert pack.content("shop/till.py") is None
    assert b"result += number" not in (tmp_path / "shop.docpack").read_bytes()


def test_a_source_without_code_is_still_a_pack(tmp_path: Path, settings: Settings) -> None:
    """Texts alone make a valid pack of texts."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "notes.md").write_text("# Notes\n\nOnly words here.\n")
    build(folder, tmp_path / "notes.docpack", settings)
    assert verify(tmp_path / "notes.docpack") == []
    with Pack.open(tmp_path / "notes.docpack") as pack:
        assert pack.page("file", "notes.md") is not None


def test_secrets_are_in_no_pack(tmp_path: Path, settings: Settings) -> None:
    """A key in the source is masked in sources, chunks, signatures and pages, and the manifest says by which rule."""
    # Made up, and in two parts so that no scanner takes it for a real one.
    secret = "ghp_" + "R7xq2Lw9Zk4vT8mB1nC6pJ3sH5dF0gYaUeQo"
    folder = tmp_path / "leaky"
    folder.mkdir()
    (folder / "config.py").write_text(f'"""Uses {secret}."""\nTOKEN = "{secret}"\n')
    report = build(folder, tmp_path / "leaky.docpack", settings)
    assert secret.encode() not in (tmp_path / "leaky.docpack").read_bytes()
    assert report.statistics["redactions"] == 2
    with Pack.open(tmp_path / "leaky.docpack") as pack:
        assert secret not in (pack.source("config.py") or secret)
        assert sum(dict(pack.manifest()["redactions"]).values()) == 2  # type: ignore[call-overload]


class Crashing:
    """A reader on which every file brings its worker down."""

    def __init__(self, *_: object) -> None:
        pass

    def __call__(self, task: tuple[str, bytes]) -> bytes:
        os.kill(os.getpid(), signal.SIGSEGV)
        return b""


def test_a_collapsed_stage_is_no_success(
    shop: Path, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If no file can be parsed the build fails, says why, and leaves no pack."""
    monkeypatch.setattr(stages.ingesting, "Reader", Crashing)
    with pytest.raises(BuildFailed, match=r"could not be read.*SIGSEGV"):
        build(shop, tmp_path / "shop.docpack", settings)
    assert not (tmp_path / "shop.docpack").exists()


@pytest.mark.parametrize(
    ("output", "message"),
    [("missing/shop.docpack", "does not exist"), (".", "is a folder")],
)
def test_an_output_that_cannot_be_written(
    output: str, message: str, shop: Path, tmp_path: Path, settings: Settings
) -> None:
    """It is said before the work is done, with the mend."""
    with pytest.raises(InputError, match=message):
        build(shop, tmp_path / output, settings)


def test_two_builds_of_one_pack_do_not_mix(shop: Path, tmp_path: Path, settings: Settings) -> None:
    """A second build of the same pack is refused while the first one writes."""
    pack = tmp_path / "shop.docpack"
    hold = (
        "import sys, time\nfrom doctown.docpack.draft import Draft\n"
        "draft = Draft.open(sys.argv[1], {})\nprint('held', flush=True)\ntime.sleep(60)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", hold, f"{pack}.draft"], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="another process"):
            build(shop, pack, settings)
    finally:
        holder.kill()
        holder.wait()
        if holder.stdout:
            holder.stdout.close()
    deadline = time.monotonic() + 10
    while True:
        try:
            build(shop, pack, settings)
            break
        except InputError:
            assert time.monotonic() < deadline


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read in this process, which saves the start of workers where many small builds are made."""
    monkeypatch.setattr(
        stages.ingesting.pool, "run", lambda function, tasks, limits: ((task, function(task)) for task in tasks)
    )


NAMES = ("alpha", "beta", "gamma", "delta")
BODY = st.sampled_from(
    [
        "    return 1\n",
        "    return {name}(2)\n",
        "    value = {Class}()\n    return value.{name}()\n",
        "    for item in [1]:\n        {name}(item)\n    return {Class}\n",
        '    """Does {name} again."""\n    return self\n',
        "    # {name}\n\n    return None\n",
    ]
)


@st.composite
def modules(draw: st.DrawFn, number: int) -> str:
    """The text of a small module with a class, its methods, functions and imports of other such modules."""
    word, other = st.sampled_from(NAMES), st.integers(0, 3)
    lines = [f'"""Module {draw(word)}."""\n'] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(0, 2))):
        lines.append(draw(st.sampled_from(["from shop.m{n} import {name}\n", "from shop.m{n} import *\n",
                                           "from shop.m{n} import Class{n}\n", "import shop.m{n}\n"]))
                     .format(n=draw(other), name=draw(word)))  # fmt: skip
    base = draw(st.sampled_from(["", "", "(Class0)", "(Class1)", "(Class2)"]))
    lines.append(f"\n\nclass Class{number}{base}:\n    field = {draw(st.integers(0, 1))}\n")
    methods = draw(st.lists(word, max_size=3, unique=True))
    for name in methods:
        body = draw(BODY).format(name=draw(word), Class=f"Class{draw(other)}")
        lines.append(
            f"\n    def {name}(self, x=None):\n"
            + "".join(f"    {line}\n" if line else "\n" for line in body.splitlines())
        )
    for name in draw(st.lists(word, max_size=3, unique=True)):
        body = draw(BODY).format(name=draw(word), Class=f"Class{draw(other)}")
        lines.append(f"\n\ndef {name}(self=None):\n{body}")
    return "".join(lines)


@settings_of_hypothesis(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_since_gives_the_same_after_any_edits(
    data: st.DataObject, tmp_path: Path, settings: Settings, in_process: None
) -> None:
    """Whatever is edited, one increment upon another: the id is that of a build from scratch, and the pack verifies."""
    with tempfile.TemporaryDirectory(dir=tmp_path) as name:
        source = Path(name) / "source"
        for number in range(4):
            write(source / f"shop/m{number}.py", data.draw(modules(number)))
        write(source / "shop/__init__.py", "")
        write(source / "README.md", "# Shop\n\nSells things.\n")
        old = Path(name) / "0.docpack"
        build(source, old, settings)
        for step in range(1, 3):
            for number in data.draw(st.sets(st.integers(0, 4), min_size=1, max_size=2)):
                path = source / f"shop/m{number}.py"
                if path.exists() and data.draw(st.integers(0, 5)) == 0:
                    path.unlink()
                elif path.exists() and data.draw(st.booleans()):
                    write(
                        path,
                        path.read_text().replace(data.draw(st.sampled_from(NAMES)), data.draw(st.sampled_from(NAMES))),
                    )
                else:
                    write(path, data.draw(modules(number)))
            new = Path(name) / f"{step}.docpack"
            since = build(source, new, settings, since=old)
            assert verify(new) == []
            assert since.docpack_id == build(source, Path(name) / "full.docpack", settings).docpack_id
            old = new


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
