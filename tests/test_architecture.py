"""The invariants of ARCHITECTURE.md, each stated as an absence and read from the code's own imports."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "src" / "doctown"
ARCHITECTURE = ROOT.parent.parent / "ARCHITECTURE.md"
STAGES = {"ingest", "embed", "assemble", "generate"}
ADAPTERS = {"cli", "__main__"}
LEAVES = {"model", "errors", "facts", "keep", "languages", "places"}  # what every room may build on


def modules() -> dict[str, Path]:
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts) or "doctown"] = path
    return found


@cache
def imports(path: Path, *, top_level: bool = False) -> tuple[str, ...]:
    """Names of imported modules, those inside functions too unless `top_level`. Kept: every rule asks every module."""
    return tuple(_imports(path, top_level=top_level))


def _imports(path: Path, *, top_level: bool) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for statement in block.body
        for node in ast.walk(statement)
    }
    nodes = tree.body if top_level else ast.walk(tree)
    for node in nodes:
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(module: str) -> str:
    return module.removeprefix("doctown.").split(".")[0]


def rooms_used(path: Path) -> set[str]:
    return {room(name) for name in imports(path) if name.startswith("doctown.")}


ALL = modules()


@pytest.mark.parametrize("module", [module for module in sorted(ALL) if room(module) in STAGES])
def test_no_stage_imports_another_nor_the_docpack_nor_an_adapter(module: str) -> None:
    """Stages are functions from nouns to nouns: each can be run, tested and served by itself."""
    assert rooms_used(ALL[module]) <= LEAVES | {room(module), "__version__"}


@pytest.mark.parametrize("module", [module for module in sorted(ALL) if room(module) == "docpack"])
def test_the_docpack_knows_only_the_nouns(module: str) -> None:
    """The format can be read without any stage installed or loaded."""
    assert rooms_used(ALL[module]) <= {"docpack", "model", "errors", "frozen", "places", "__version__"}


@pytest.mark.parametrize("module", sorted(ALL))
def test_nothing_imports_an_adapter(module: str) -> None:
    """What works from the command line works from everywhere."""
    if room(module) not in ADAPTERS:
        assert not rooms_used(ALL[module]) & ADAPTERS


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("tree_sitter", {"ingest", "languages"}),
        ("onnxruntime", {"embed", "assemble"}),  # assemble: loads it before usearch, and knows no more of it
        ("tokenizers", {"embed"}),
        ("argparse", {"cli"}),
        ("mcp", {"mcp_server"}),
        ("rich", {"cli"}),
        ("sqlite3", {"docpack", "keep"}),
        ("pypi_simple", {"ingest"}),
        ("subprocess", {"ingest", "jobs"}),
        ("socket", {"ingest", "embed", "generate", "testing", "services", "cli"}),
        ("sqlalchemy", {"jobs"}),
        ("dbos", {"jobs"}),
        ("obstore", {"store"}),
        ("fastapi", {"services"}),
    ],
)
def test_a_library_has_its_room(library: str, allowed: set[str]) -> None:
    """Each outside library is known in the rooms that need it, so that it can be replaced there."""
    users = {room(module) for module, path in ALL.items() if library in {n.split(".")[0] for n in imports(path)}}
    assert users
    assert users <= allowed


def test_only_settings_reads_the_environment() -> None:
    """Configuration is read once, at the edge."""
    readers = {module for module, path in ALL.items() if re.search(r"\bos\.(environ|getenv)\b", path.read_text())}
    assert readers == {"settings"}


def test_only_the_docpack_names_its_tables() -> None:
    """SQL lives with the schema; everyone else speaks in nouns."""
    statement = re.compile(r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|INSERT\s+OR|DELETE\s+FROM|CREATE\s+TABLE)\b", re.DOTALL)
    users = {room(module) for module, path in ALL.items() if statement.search(path.read_text())}
    assert users == {"docpack", "keep"}


@cache
def code_map() -> dict[str, set[str]]:
    """Room → rooms that it may import, as the table in ARCHITECTURE.md says."""
    section = ARCHITECTURE.read_text("utf-8").partition("## Code map")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    return {row[0].strip("`").rstrip("/").removesuffix(".py"): set(re.findall(r"`(\w+)`", row[-1])) for row in rows}


def test_the_code_map_names_every_room() -> None:
    """Whoever looks for something finds its room in ARCHITECTURE.md."""
    rooms = {path.name.removesuffix(".py") for path in ROOT.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert set(code_map()) == rooms - {"__init__", "__pycache__"}


@pytest.mark.parametrize("module", sorted(ALL))
def test_the_code_map_says_who_imports_whom(module: str) -> None:
    """The map is true: no room imports one that its row does not name."""
    if module == "doctown":
        assert not rooms_used(ALL[module])
        return
    own = room(module)
    assert rooms_used(ALL[module]) - {own, "__version__"} <= code_map()[own]


@pytest.mark.parametrize("module", sorted(ALL))
def test_what_every_room_builds_on_knows_none_above(module: str) -> None:
    """Nouns and errors stand on the standard library alone, the other foundations on these."""
    own = room(module)
    if own in {"model", "errors", "frozen"}:
        used = set(imports(ALL[module])) - {"doctown.frozen.dataclass", "doctown.frozen.field"}
        assert {name.split(".")[0] for name in used} <= sys.stdlib_module_names
    elif own in LEAVES:
        assert rooms_used(ALL[module]) <= {"model", "errors", own}


def test_only_the_conductors_know_the_settings() -> None:
    """Stages get what they need as arguments, so they behave the same wherever they run."""
    users = {room(module) for module, path in ALL.items() if "settings" in rooms_used(path)}
    assert users == {"cli", "pipeline", "stages", "doctor", "jobs", "services"}


NETWORK = {"socket", "ssl", "requests", "httpx", "pypi_simple", "urllib.request", "http.client", "ftplib", "smtplib"}


def test_only_fetching_and_remote_embedding_open_connections() -> None:
    """A build of a local folder talks to nobody."""
    users = {
        module
        for module, path in ALL.items()
        for name in imports(path)
        if any(name == library or name.startswith(library + ".") for library in NETWORK)
    }
    elsewhere = {module for module in users if not module.startswith(("ingest.fetch", "generate.llm.", "testing."))}
    listens = {"services.serving", "cli.viewing"}
    assert elsewhere == {"embed.remote", "assemble.remote", "services.probe"} | listens


RUNS_CODE = {"eval", "exec"}
RUNS_MORE = {"extractall", "system", "popen", "unsafe_load", "full_load", "load_all"}


@pytest.mark.parametrize("module", sorted(ALL))
def test_nothing_of_a_source_is_executed_or_unpacked(module: str) -> None:
    """What strangers wrote is read: never evaluated, unpickled, given to a shell or extracted to the disk."""
    tree = ast.parse(ALL[module].read_text("utf-8"))
    assert not {name for name in imports(ALL[module]) if name.split(".")[0] in {"pickle", "marshal", "shelve", "runpy"}}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            assert node.func.id not in RUNS_CODE
        if isinstance(node.func, ast.Attribute):
            assert node.func.attr not in RUNS_MORE or ast.unparse(node.func) == "platform.system"  # a name, no shell
            assert ast.unparse(node.func) not in {"yaml.load", "yaml.safe_load"}
        for keyword in node.keywords:
            assert keyword.arg != "shell" or ast.unparse(keyword.value) == "False"


def test_only_fetching_starts_programs() -> None:
    """git and npm are started where their environment and their time are bounded, and nowhere else."""
    users = {module for module, path in ALL.items() if "subprocess" in {n.split(".")[0] for n in imports(path)}}
    assert users
    elsewhere = {module for module in users if not module.startswith("ingest.fetch.")}
    assert elsewhere == {"jobs.starting"}  # which starts this program itself


def test_no_import_cycle() -> None:
    """Modules can be read in an order in which each knows what it builds on."""
    graph = {
        module: {
            known
            for name in imports(path, top_level=True)
            if name.startswith("doctown.")
            for whole in [name.removeprefix("doctown.")]
            for known in [whole if whole in ALL else whole.rpartition(".")[0]]
            if known in ALL and known != module
        }
        for module, path in ALL.items()
    }
    done: set[str] = set()
    while len(done) < len(graph):
        ready = {module for module, needs in graph.items() if module not in done and needs <= done}
        assert ready, f"a cycle among {sorted(set(graph) - done)}"
        done |= ready


def test_nothing_heavy_is_loaded_to_open_a_pack() -> None:
    """A pack answers in milliseconds because opening it loads no model, no parser and no numerical library."""
    import subprocess

    code = "import sys, doctown.cli.reading; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not set(loaded) & {"numpy", "tree_sitter", "onnxruntime", "rich", "scipy", "httpx", "msgspec"}
