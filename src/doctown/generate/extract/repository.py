"""The repository's page: what it is, how to build, run and test it, how it is put together, where to start.

Everything on it is taken from somewhere: the README's first real paragraph, manifests, CI, the graph. A section for
which there is nothing is left out.
"""

from __future__ import annotations

import re
from collections import Counter

from doctown.generate.extract import safe
from doctown.generate.extract.artifacts import entry_symbol, kind_title
from doctown.generate.extract.clusters import Layout, central_symbols, cluster_diagram, cluster_link
from doctown.generate.extract.files import described
from doctown.generate.extract.inlines import inline, to_plain
from doctown.generate.extract.prose import read_prose
from doctown.generate.extract.view import CLASSES, View, file_link, is_test, plain_name
from doctown.generate.extract.words import capital, counted, cut, listed
from doctown.model import Artifact, Claim, Page

MAX_COMMANDS = 5  # shown per section
MAX_STEPS = 5  # of a call path
MAX_ENTRIES = 8
MAX_TERMS = 12
MAX_CENTRAL = 12
_README = re.compile(r"readme(?:\.(?:md|rst|txt|markdown))?$", re.IGNORECASE)

# Which artifacts tell how to do what, by words of their name or of what they run; the first that fits takes one.
_PURPOSES = (
    ("Document", re.compile(r"\b(?:docs?|documentation|sphinx|mkdocs|html|typedoc|doctest|dirhtml|linkcheck)\b")),
    (
        "Check",
        re.compile(
            r"\b(?:lint|style|typing|format|fmt|mypy|flake8|black|isort|ruff|eslint|prettier|vet|clippy|types?)\b"
        ),
    ),
    ("Release", re.compile(r"\b(?:release|publish|deploy|upload)\b")),
    ("Test", re.compile(r"\b(?:tests?|pytest|unittest|coverage|spec|jest|vitest|mocha|default|py\d*)\b")),
    ("Build", re.compile(r"\b(?:build|compile|bundle|dist|all|install|stage)\b")),
    ("Run", re.compile(r"\b(?:run|start|serve|dev|up|service|process)\b")),
)
_LANGUAGES = {
    "javascript": "JavaScript",
    "typescript": "TypeScript",
    "tsx": "TSX",
    "php": "PHP",
    "cpp": "C++",
    "csharp": "C#",
}
_TEST_TOOLS = frozenset({"pytest", "coverage", "tox", "jest", "vitest", "mocha"})
_RUNNABLE = """make_target package_script ci_job docker_stage compose_service service test_environment task just_recipe
    just_target nox_session session procfile_process process build_target script target"""
_DONE = frozenset(_RUNNABLE.split())


def _purpose(artifact: Artifact) -> str:
    """The section of an artifact: by its name, else by what its summary says, else by its kind."""
    for text, purposes in ((artifact.name, _PURPOSES), (artifact.summary, _PURPOSES[:-1]), (artifact.kind, _PURPOSES)):
        said = re.sub(r"[_:.-]", " ", text.lower())
        for title, fits in purposes:
            if fits.search(said):
                return title
    return "Other tasks"


def repository_page(view: View, layout: Layout) -> Page:
    """The one page about everything."""
    repository = view.repository
    summary, more, claims = _what(view)
    parts = [
        more,
        _at_a_glance(view),
        _how_to(view),
        _entries(view),
        _architecture(view, layout),
        _central(view),
        _tests(view),
        _configuration(view),
        _glossary(view),
    ]
    return Page(
        subject_kind="repository",
        subject="",
        title=f"{repository.origin.name} {repository.origin.version}".strip(),
        summary=summary,
        body="\n\n".join(part for part in parts if part),
        origin="docstring" if claims else "extractive",
        claims=claims + _entry_claims(view),
    )


def _what(view: View) -> tuple[str, str, tuple[Claim, ...]]:
    """(summary, more of the README's first paragraph, claims)."""
    repository = view.repository
    packages = [
        artifact for artifact in repository.artifacts if artifact.kind == "package" and "/" not in artifact.path
    ]
    readmes = sorted(
        (path for path in repository.files if _README.match(path)), key=lambda path: (path.count("/"), path)
    )
    for path in readmes[:2]:
        prose = read_prose(repository.read(path), path)
        if prose.summary and prose.summary != prose.title:
            return prose.summary, prose.body, view.claim(prose.summary, path, prose.line, prose.line)
    if packages:
        best = packages[0]
        said = to_plain(inline(best.summary))
        return said, "", view.claim(said, best.path, best.start_line, best.end_line)
    code = len(repository.modules)
    languages = Counter(file.language for file in repository.files.values() if file.path in repository.modules)
    top = [_language(name) for name, _ in sorted(languages.items(), key=lambda item: (-item[1], item[0]))[:2]]
    if not code:
        return f"{counted(len(repository.files), 'file')} without code that Doctown reads.", "", ()
    return f"{counted(code, 'file')} of {listed(top)}.", "", ()


def _language(name: str) -> str:
    return _LANGUAGES.get(name) or capital(name)


def _at_a_glance(view: View) -> str:
    repository = view.repository
    rows = []
    languages: dict[str, list[int]] = {}
    for file in repository.files.values():
        if file.path in repository.modules:
            row = languages.setdefault(file.language, [0, 0])
            row[0] += 1
            row[1] += file.lines
    for name, (count, lines) in sorted(languages.items(), key=lambda item: (-item[1][1], item[0]))[:8]:
        rows.append(f"| {safe.escape(_language(name))} | {count:,} | {lines:,} |")
    if not rows:
        return ""
    skipped = sum(1 for file in repository.files.values() if file.status == "skipped")
    kinds = Counter(symbol.kind for symbol in repository.symbols.values() if symbol.kind != "module")
    counts = listed(
        [
            counted(count, kind.replace("_", " "))
            for kind, count in sorted(kinds.items(), key=lambda item: (-item[1], item[0]))[:4]
        ]
    )
    text = f"{counts[:1].upper()}{counts[1:]} in {counted(len(repository.modules), 'file')} of code."
    text += (
        f" {counted(skipped, 'file')} {'was' if skipped == 1 else 'were'} not read; each says why." if skipped else ""
    )
    return "## At a glance\n\n| Language | Files | Lines |\n|---|---:|---:|\n" + "\n".join(rows) + f"\n\n{text}"


# --- building, running, testing -----------------------------------------------------------------------------------


def _how_to(view: View) -> str:
    """Commands by purpose, each with the file that says so; the root's before those of parts."""
    artifacts = sorted(
        view.repository.artifacts, key=lambda artifact: (artifact.path.count("/") > 2, is_aside(artifact.path))
    )
    packages = [artifact for artifact in artifacts if artifact.kind == "package" and not is_aside(artifact.path)]
    lines = []
    for package in packages[:3]:
        lines.append(f"- {_artifact_link(package)} — {_sentence(package)}")
    sections = ["### Package\n\n" + "\n".join(lines)] if lines else []
    chosen: dict[str, list[Artifact]] = {}
    for artifact in artifacts:
        if artifact.kind in _DONE and not is_aside(artifact.path):
            chosen.setdefault(_purpose(artifact), []).append(artifact)
    for title in ("Build", "Run", "Test", "Check", "Document", "Release", "Other tasks"):
        found = chosen.get(title, [])
        if found:
            shown = [
                f"- {_artifact_link(artifact)} ({kind_title(artifact)}) — {_sentence(artifact)}"
                for artifact in found[:MAX_COMMANDS]
            ]
            if len(found) > MAX_COMMANDS:
                shown.append(f"- and {len(found) - MAX_COMMANDS} more")
            sections.append(f"### {title}\n\n" + "\n".join(shown))
    return "## How it is built, run and tested\n\n" + "\n\n".join(sections) if sections else ""


def is_aside(path: str) -> bool:
    """Whether a file belongs to examples, tests or documentation rather than to the project itself."""
    return bool(re.match(r"(?:examples?|samples?|demos?|tests?|fixtures|testdata)/", path)) or is_test(path)


def _artifact_link(artifact: Artifact) -> str:
    return safe.link(artifact.name, "artifact", artifact.key)


def _sentence(artifact: Artifact) -> str:
    """An artifact's summary as Markdown with the file it stands in."""
    text = inline(artifact.summary)
    text = text if len(text) <= 220 else safe.escape(cut(to_plain(text), 200))
    return f"{text} ({file_link(artifact.path)})"


# --- entry points -------------------------------------------------------------------------------------------------


def entry_points(view: View) -> list[tuple[str, int]]:
    """(how it is started as Markdown, the symbol it leads to), declared ones first, then `main` functions."""
    found: list[tuple[str, int]] = []
    seen: set[int] = set()
    for artifact in view.repository.artifacts:
        number = entry_symbol(view, artifact)
        if number is not None and number not in seen and not is_aside(artifact.path):
            seen.add(number)
            found.append((_artifact_link(artifact), number))
    mains = [
        number
        for path, members in view.members.items()
        if not is_aside(path) and not path.startswith(("docs/", "doc/"))
        for number in members
        if view.symbol(number).name in ("main", "Main") and view.symbol(number).kind in ("function", "method")
    ]
    for path, number in view.repository.modules.items():
        if path.endswith("/__main__.py") and not is_aside(path):
            mains.append(number)
    for number in view.ranked(mains):
        if number not in seen:
            seen.add(number)
            found.append((file_link(view.symbol(number).path), number))
    return found[:MAX_ENTRIES]


def _entries(view: View) -> str:
    lines = []
    for started, number in entry_points(view):
        path = call_path(view, number)
        steps = [view.link(step) for step in path if view.link(step) != started]
        lines.append(f"- {' → '.join([started, *steps])}")
    return "## Entry points\n\n" + "\n".join(lines) if lines else ""


def _entry_claims(view: View) -> tuple[Claim, ...]:
    claims: tuple[Claim, ...] = ()
    for _, number in entry_points(view)[:3]:
        symbol = view.symbol(number)
        claims += view.claim(
            f"{symbol.path if symbol.kind == 'module' else plain_name(view, number)} is an entry point.",
            symbol.path,
            symbol.start_line,
            symbol.start_line,
        )
    return claims


def call_path(view: View, number: int) -> list[int]:
    """Where a function leads: at each step the call to what matters most, never twice to the same place."""
    path = [number]
    while len(path) < MAX_STEPS:
        following = [
            edge.target
            for edge in view.repository.outgoing.get(path[-1], ())
            if edge.kind == "calls" and edge.tier == "resolved" and edge.target not in path
            and not is_test(view.symbol(edge.target).path)
        ]  # fmt: skip
        if not following:
            break
        # What itself goes on leads further into the program than a helper that everything uses.
        path.append(
            max(following, key=lambda target: (len(view.repository.outgoing.get(target, ())), view.symbol(target).key))
        )
    return path


# --- structure ----------------------------------------------------------------------------------------------------


def _architecture(view: View, layout: Layout) -> str:
    top = layout.children.get("", [])
    if not top:
        return ""
    lines = []
    for cluster in sorted(top, key=lambda cluster: (-cluster.size, cluster.key)):
        inner = layout.children.get(cluster.key, [])
        names = (
            f": {', '.join(cluster_link(child) for child in inner[:6])}{' …' if len(inner) > 6 else ''}"
            if inner
            else ""
        )
        lines.append(
            f"- **{cluster_link(cluster)}** — {counted(len(cluster.paths), 'file')}, "
            f"{counted(cluster.size, 'symbol')}{names}"
        )
    code = [cluster for cluster in top if not all(is_test(path) for path in cluster.paths)]
    drawn = cluster_diagram(view, layout, code)
    return "## Architecture\n\n" + "\n".join(lines) + (f"\n\n{drawn}" if drawn else "")


def _most_central(view: View) -> list[int]:
    paths = tuple(
        path for path in view.repository.modules if not is_aside(path) and not path.startswith(("docs/", "doc/"))
    )
    central = central_symbols(view, paths, 3 * MAX_CENTRAL)
    return [number for number in central if view.symbol(number).visibility == "public"][:MAX_CENTRAL]


def _central(view: View) -> str:
    central = _most_central(view)
    return "## Central symbols\n\n" + "\n".join(f"- {described(view, number)}" for number in central) if central else ""


def _tests(view: View) -> str:
    tests = [path for path in view.repository.modules if is_test(path)]
    if not tests:
        return ""
    cases = sum(
        1
        for symbol in view.repository.symbols.values()
        if symbol.name.lower().startswith("test") and symbol.kind in ("function", "method") and is_test(symbol.path)
    )
    folders = Counter("/".join(path.split("/")[:-1][:2]) for path in tests)
    top = [
        safe.code(f"{name}/") for name, _ in sorted(folders.items(), key=lambda item: (-item[1], item[0]))[:4] if name
    ]
    tools = sorted(
        {
            artifact.name
            for artifact in view.repository.artifacts
            if artifact.kind == "tool_configuration" and artifact.name in _TEST_TOOLS
        }
    )
    text = counted(len(tests), "test file") + (f" with {counted(cases, 'test')}" if cases else "")
    text += (
        f", {'most of them ' if len(folders) > len(top) else ''}in {listed(top)}."
        if max(sorted(folders), key=folders.__getitem__)
        else "."
    )
    return "## Tests\n\n" + text + (f" Settings: {listed([safe.code(tool) for tool in tools])}." if tools else "")


def _configuration(view: View) -> str:
    artifacts = [
        artifact
        for artifact in view.repository.artifacts
        if artifact.kind in ("environment", "tool_configuration", "extra", "configuration")
        and not is_aside(artifact.path)
    ]
    if not artifacts:
        return ""
    by_path: dict[str, list[Artifact]] = {}
    for artifact in artifacts:
        by_path.setdefault(artifact.path, []).append(artifact)
    lines = [
        f"- {file_link(path)}: {', '.join(_artifact_link(artifact) for artifact in found[:10])}"
        + (f" and {len(found) - 10} more" if len(found) > 10 else "")
        for path, found in sorted(by_path.items())[:8]
    ]
    return "## Configuration\n\n" + "\n".join(lines)


def _glossary(view: View) -> str:
    """The next most central documented types: the nouns of the project, each in its author's words."""
    told = set(_most_central(view))
    nouns = [
        number
        for path in view.repository.modules
        if not is_aside(path)
        for number in view.members.get(path, ())
        if view.symbol(number).kind in CLASSES and number not in told and view.symbol(number).docstring
    ]
    ranked = sorted(view.ranked(nouns)[:MAX_TERMS], key=lambda number: view.symbol(number).name.lower())
    if len(ranked) < 3:
        return ""
    return "## Glossary\n\n" + "\n".join(
        f"- {view.link(number)}: {safe.escape(view.summaries[number])}" for number in ranked
    )
