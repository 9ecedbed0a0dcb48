"""What the accuracy tables share: fetching a project by name, resolving it, and scoring edges against a truth.

Projects come from the registries that pip and npm are configured with; nothing of them is executed. An edge is
(caller, callee), each a (path, qualified name); a call outside any function belongs to the module.
"""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
import time
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from bench import debian
from doctown.assemble.resolve import build_index, module_names, names_modules, resolve_file
from doctown.errors import InputError
from doctown.ingest.artifacts import extract
from doctown.ingest.classify import Reason, classify, language_of
from doctown.languages import languages, names_of_languages
from doctown.languages.macros import all_headers
from doctown.languages.reading import read
from doctown.model import FileFacts, Symbol

Node = tuple[str, str]
Call = tuple[Node, Node]
Named = tuple[str, str, str]  # path, qualified name, kind
RUNS = frozenset({"function", "method", "constructor", "property", "module"})
TWIN = re.compile(r"~\d+")


@dataclass(frozen=True, slots=True)
class Project:
    """A resolved project: its calls by tier, and by the rule that a name defined once is what every call means."""

    facts: Sequence[FileFacts]
    resolved: frozenset[Call]
    every: frozenset[Call]
    by_name: frozenset[Call]
    cost: float  # CPU time of resolution as a share of that of parsing


@dataclass(frozen=True, slots=True)
class Truth:
    """What an oracle says of a project. It answers for the files it covers alone: others, such as those that another
    system would compile, count neither way."""

    calls: frozenset[Call]
    symbols: frozenset[Named] = frozenset()
    covered: frozenset[str] = frozenset()  # paths; empty: all
    neutral: frozenset[Call] = frozenset()  # calls that count neither way: they are true, and nobody wrote them
    silent: frozenset[Node] = frozenset()  # callees of which the oracle says nothing
    callers: frozenset[Node] = frozenset()  # functions, where the oracle tells which ones it saw; empty: all
    declared: frozenset[str] = frozenset()  # paths whose symbols it tells; empty: those that are covered
    unsure: frozenset[Named] = frozenset()  # symbols that count neither way: in code that this build leaves out


def wheel(name: str, folder: Path, package: str = "") -> Path:
    """Unpacks the Python files of a published wheel below `folder` and returns their root; `package`: only that."""
    root = folder / name
    if not root.exists():
        command = ["python", "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest"]
        subprocess.run([*command, str(folder / "wheels" / name), name], check=True)
        archive = zipfile.ZipFile(next((folder / "wheels" / name).glob("*.whl")))
        _write(root, ((each, archive.read(each)) for each in archive.namelist()), (".py",), package)
    return root


def npm(name: str, folder: Path, package: str = "package/src") -> Path:
    """Unpacks the scripts of a published npm package below `folder`; `package`: only that folder of it. Raises
    InputError for a package that is published without such a folder, as many are that publish what they built."""
    root = folder / name.replace("/", "-").replace("@", "")
    if not root.exists():
        (folder / "tarballs").mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", "--silent", "--ignore-scripts", name]
        made = subprocess.run(command, cwd=folder / "tarballs", check=True, capture_output=True, text=True)
        data = (folder / "tarballs" / made.stdout.split()[-1]).read_bytes()
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            members = [(each.name, archive.extractfile(each)) for each in archive if each.isfile()]
            found = {member: stream.read() for member, stream in members if stream is not None}
        # A compiler takes declarations that lie beside a script in place of it, and then knows none of its functions.
        told = {name for name in found if name.removesuffix(".d.ts") + ".js" in found and name.endswith(".d.ts")}
        _write(root, ((each, found[each]) for each in found if each not in told), (".ts", ".tsx", ".js"), package)
        if not root.exists():
            raise InputError(f"{name} is published without {package}", "name a package that comes with its sources")
    return root


def debian_crate(name: str, folder: Path) -> Path:
    """Unpacks a crate's sources out of Debian's development package of it below `folder`, and returns their root."""
    root = folder / name
    if not root.exists():
        with tarfile.open(debian.binary(f"librust-{name}-dev", folder.parent / "debian")) as archive:
            members = [(each.name, archive.extractfile(each)) for each in archive if each.isfile()]
            found = [(name.partition("/cargo/registry/")[2], stream) for name, stream in members if stream is not None]
            files = ((name.partition("/")[2], stream.read()) for name, stream in found if name)
            _write(root, files, (".rs", "Cargo.toml"), "")
    return root


def debian_source(name: str, folder: Path, suffixes: tuple[str, ...]) -> Path:
    """Unpacks the files with these suffixes of a Debian source package below `folder`, and returns their root."""
    root = folder / name
    if not root.exists():
        with tarfile.open(debian.source(name, folder.parent / "debian")) as archive:
            members = [(each.name, archive.extractfile(each)) for each in archive if each.isfile()]
            _write(root, ((member, stream.read()) for member, stream in members if stream is not None), suffixes, "")
    inside = list(root.iterdir()) if root.exists() else []
    if not inside:
        raise InputError(f"{name} has no files that end in {' or '.join(suffixes)}", "choose another package")
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else root


def _write(root: Path, members: Iterable[tuple[str, bytes]], suffixes: tuple[str, ...], package: str) -> None:
    """Writes what belongs to a project: no minified code, which a build leaves out and whose lines tell nothing."""
    languages = names_of_languages()
    for name, data in members:
        path = PurePosixPath(name)
        inside = not package or name.startswith(package + "/")
        wanted = inside and name.endswith(suffixes) and not path.is_absolute() and ".." not in path.parts
        if wanted and classify(name, data, languages).reason != Reason.MINIFIED:
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)


def resolve(root: Path) -> Project:
    """Reads every file below `root` whose language Doctown knows, and resolves it."""
    names = names_of_languages()
    facts = []
    paths = [path for path in sorted(root.rglob("*")) if path.is_file() and not path.name.endswith(".d.ts")]
    began = time.process_time()
    headers = all_headers((path.relative_to(root).as_posix(), path.read_bytes()) for path in paths)
    for path in paths:
        data = path.read_bytes()
        language = languages().get(language_of(path.relative_to(root).as_posix(), data, names)[0])
        if language is not None:
            facts.append(read(language, path.relative_to(root).as_posix(), data, headers)[0])
    parsed = time.process_time()
    ids: dict[str, range] = {}
    symbols: list[Symbol] = []
    for each in facts:
        ids[each.path] = range(len(symbols), len(symbols) + len(each.symbols))
        symbols.extend(each.symbols)
    manifests = [path for path in paths if names_modules(path.relative_to(root).as_posix())]
    named = (
        one
        for path in manifests
        for one in extract(path.relative_to(root).as_posix(), "", path.read_text("utf-8", "replace"))[0]
    )
    index = build_index(facts, ids, module_names(named))
    found = [resolve_file(index, each).edges for each in facts]
    cost = (time.process_time() - parsed) / max(parsed - began, 1e-6)
    by_key = {symbol.key: symbol for symbol in symbols}
    tiers: dict[Call, str] = {}
    for edges in found:
        for edge in edges:
            if edge.kind == "calls":
                call = (node(runner(symbols[edge.source], by_key)), node(symbols[edge.target]))
                if tiers.get(call) != "resolved":
                    tiers[call] = edge.tier
    resolved = frozenset(call for call, tier in tiers.items() if tier == "resolved")
    return Project(facts, resolved, frozenset(tiers), _unique_names(facts, by_key), cost)


def node(symbol: Symbol) -> Node:
    """A symbol as the truths name it."""
    return symbol.path, TWIN.sub("", symbol.qualified_name)


def runner(symbol: Symbol, by_key: dict[str, Symbol]) -> Symbol:
    """The function, or the module, whose code a symbol's is."""
    while symbol.kind not in RUNS:
        symbol = by_key[symbol.parent]
    return symbol


def _unique_names(facts: Sequence[FileFacts], by_key: dict[str, Symbol]) -> frozenset[Call]:
    defined: dict[str, list[Symbol]] = {}
    for symbol in by_key.values():
        if symbol.kind in RUNS | {"class"} and symbol.kind != "module":
            defined.setdefault(symbol.name, []).append(symbol)
    found = set()
    for each in facts:
        for reference in each.references:
            fitting = defined.get(reference.name, ())
            if reference.kind == "calls" and len(fitting) == 1:
                target = fitting[0]
                inner = by_key.get(f"{target.key}.__init__") or by_key.get(f"{target.key}.constructor")
                source = runner(each.symbols[reference.source], by_key)
                found.add((node(source), node(inner if target.kind == "class" and inner else target)))
    return frozenset(found)


def score(found: frozenset[Any], truth: frozenset[Any]) -> tuple[float, float, float]:
    """(precision, recall, F1) of what was found."""
    hits = len(found & truth)
    precision, recall = hits / max(1, len(found)), hits / max(1, len(truth))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def within(calls: frozenset[Call], truth: Truth) -> frozenset[Call]:
    """The calls whose callers the truth speaks of. Of a caller that an oracle saw in part, such as a template whose
    calls hang on its arguments, what is true counts; what the oracle left open cannot be wrong."""
    return frozenset(
        call
        for call in calls - truth.neutral
        if call[1] not in truth.silent
        and (not truth.covered or call[0][0] in truth.covered)
        and (not truth.callers or call[0] in truth.callers or call in truth.calls)
    )


def symbols_of(project: Project, truth: Truth) -> frozenset[Named]:
    """The symbols found in the files and of the kinds that the truth speaks of."""
    kinds = {kind for _, _, kind in truth.symbols}
    return (
        frozenset(
            (*node(symbol), symbol.kind)
            for each in project.facts
            if not (truth.declared or truth.covered) or each.path in (truth.declared or truth.covered)
            for symbol in each.symbols
            if symbol.kind in kinds
        )
        - truth.unsure
    )


def show(name: str, project: Project, truth: Truth) -> str:
    """One row of the table: precision/recall/F1 of the resolved tier, of both tiers, and of the unique-name rule;
    precision and recall of symbols where the oracle tells them; CPU time of resolution by that of parsing."""
    precision, recall, _ = score(symbols_of(project, truth), truth.symbols - truth.unsure)
    symbols = f"{precision:.3f}/{recall:.3f}" if truth.symbols else "–"
    cells = [
        "/".join(f"{each:.3f}" for each in score(within(found, truth), truth.calls))
        for found in (project.resolved, project.every, project.by_name)
    ]
    return f"| {name} | {symbols} | {len(truth.calls)} | " + " | ".join(cells) + f" | {project.cost:.2f} |"


def wrong(project: Project, truth: Truth) -> Iterator[str]:
    """What differs, a line each: `+` resolved and not true, `-` true and not found, `?` true and found as a guess,
    `+?` guessed and not true; `+s` and `-s` are symbols that are not true, or not found."""
    if truth.symbols:
        found, true = symbols_of(project, truth), truth.symbols - truth.unsure
        yield from (f"+s {path}#{name} {kind}" for path, name, kind in sorted(found - true))
        yield from (f"-s {path}#{name} {kind}" for path, name, kind in sorted(true - found))
    resolved, every = within(project.resolved, truth), within(project.every, truth)
    marked = (
        ("+", resolved - truth.calls), ("-", truth.calls - every), ("?", (truth.calls & every) - resolved),
        ("+?", every - resolved - truth.calls),
    )  # fmt: skip
    for mark, calls in marked:
        yield from (f"{mark} {'#'.join(caller)} -> {'#'.join(callee)}" for caller, callee in sorted(calls))


HEAD = (
    "| project | symbols P/R | true calls | resolved P/R/F1 | resolved + candidate | unique-name rule | cost |\n"
    "|---|---|---|---|---|---|---|"
)
