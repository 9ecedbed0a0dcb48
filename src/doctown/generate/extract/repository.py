"""The repository's page: what it is, how to build, run and test it, how it is put together, where to start.

Everything on it is taken from somewhere: the README's first real paragraph, manifests, CI, the graph. A section for
which there is nothing is left out.
"""

from __future__ import annotations

import re
from collections import Counter

from doctown.generate.extract import safe
from doctown.generate.extract.clusters import Layout, central_symbols, cluster_diagram, cluster_link, purpose
from doctown.generate.extract.entrances import entrances, entry_claims
from doctown.generate.extract.files import described, documentation_lines
from doctown.generate.extract.howto import artifact_link, how_to
from doctown.generate.extract.inlines import inline, to_plain
from doctown.generate.extract.prose import read_prose
from doctown.generate.extract.symbols import authored
from doctown.generate.extract.view import CLASSES, View, file_link, is_aside, kind_of
from doctown.generate.extract.words import capital, counted, cut, listed, words
from doctown.model import Artifact, Claim, Cluster, Page
from doctown.places import is_test

MAX_TERMS = 12
MAX_CENTRAL = 12
MIN_WORDS = 4  # of a sentence that tells something
_INTRODUCING = ("introduction", "intro", "overview", "about", "index")
_INTRODUCTION = re.compile(
    rf"(?:docs?|documentation)/(?:source/|src/)?({'|'.join(_INTRODUCING)})\.(?:md|rst|txt)$", re.IGNORECASE
)
_README = re.compile(r"readme(?:\.(?:md|rst|txt|markdown))?$", re.IGNORECASE)

_LANGUAGES = {
    "javascript": "JavaScript",
    "typescript": "TypeScript",
    "tsx": "TSX",
    "php": "PHP",
    "cpp": "C++",
    "csharp": "C#",
}
_MAIN_FILES = ("lib.rs", "main.rs", "__init__.py", "index.ts", "index.js", "mod.ts", "main.go", "doc.go")
_TEST_TOOLS = frozenset({"pytest", "coverage", "tox", "jest", "vitest", "mocha"})


def repository_page(view: View, layout: Layout) -> Page:
    """The one page about everything."""
    repository = view.repository
    summary, more, claims = _what(view)
    parts = [
        more,
        _at_a_glance(view),
        *how_to(view, _readmes(view)),
        *entrances(view),
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
        claims=claims + entry_claims(view),
    )


def _what(view: View) -> tuple[str, str, tuple[Claim, ...]]:
    """(summary, more of the README's first paragraph, claims)."""
    repository = view.repository
    packages = [
        artifact for artifact in repository.artifacts if artifact.kind == "package" and "/" not in artifact.path
    ]
    for path in [*_readmes(view)[:2], *_introductions(view)]:
        prose = read_prose(repository.read(path), path)
        if prose.summary and prose.summary != prose.title and not prose.instructs:
            return prose.summary, prose.body, view.claim(prose.summary, path, prose.line, prose.line)
    for number in _main_modules(view):
        text = authored(view.symbol(number))
        if text is not None and len(text.summary.split()) >= MIN_WORDS:
            path = view.symbol(number).path
            return text.summary, text.body, view.claim(text.summary, path, *documentation_lines(view, number))
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


def _readmes(view: View) -> list[str]:
    """READMEs of the root, the most readable form first."""
    found = [path for path in view.repository.files if _README.match(path)]
    return sorted(found, key=lambda path: (not path.lower().endswith(".md"), path))


def _introductions(view: View) -> list[str]:
    """Documents that say what the whole is, where its README only says how to install it."""
    found = [(path, match[1].lower()) for path in view.repository.files if (match := _INTRODUCTION.match(path))]
    return [path for path, name in sorted(found, key=lambda one: (_INTRODUCING.index(one[1]), one[0]))]


def _main_modules(view: View) -> list[int]:
    """Modules that may speak for a whole project: of the root or of its source folder, the likeliest first."""
    found: list[tuple[int, int, int, str]] = []
    for path, number in view.repository.modules.items():
        *folders, name = path.split("/")
        symbol = view.symbol(number)
        source = [folder for folder in folders if folder not in ("src", "lib")]
        named = not source or (len(source) == 1 and source[0] == view.repository.origin.name)
        if named and symbol.docstring and not is_aside(path):
            go = symbol.language == "go" and symbol.docstring.startswith("Package ")
            if go or name in _MAIN_FILES:
                found.append((not go, len(folders), -len(symbol.docstring), path))
    return [view.repository.modules[path] for *_, path in sorted(found)]


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
    kinds = {kind: count for kind, count in view.census.kinds.items() if kind != "module"}
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


# --- structure ----------------------------------------------------------------------------------------------------


def _architecture(view: View, layout: Layout) -> str:
    top = layout.children.get("", [])
    if not top:
        return ""
    lines = []
    for cluster in sorted(top, key=lambda cluster: (_rank(view, cluster), -cluster.size, cluster.key)):
        inner = layout.children.get(cluster.key, [])
        names = (
            f": {', '.join(cluster_link(child) for child in inner[:6])}{' …' if len(inner) > 6 else ''}"
            if inner
            else _told(view, cluster)
        )
        lines.append(
            f"- **{cluster_link(cluster)}** — {counted(len(cluster.paths), 'file')}, "
            f"{counted(cluster.size, 'symbol')}{names}"
        )
    code = [cluster for cluster in top if not all(is_test(path) for path in cluster.paths)]
    drawn = cluster_diagram(view, layout, code)
    return "## Architecture\n\n" + "\n".join(lines) + (f"\n\n{drawn}" if drawn else "")


def _rank(view: View, cluster: Cluster) -> int:
    """The product's code first, then its tests, examples and documentation, then what lies beside."""
    code = [path for path in cluster.paths if path in view.repository.modules]
    if not code:
        return 2
    return int(all(is_aside(path) or path.startswith(("docs/", "doc/")) for path in code))


def _told(view: View, cluster: Cluster) -> str:
    """What a part is for in its authors' words, or else the names of what matters most in it."""
    said, _, _ = purpose(view, cluster)
    if said:
        return f": {safe.escape(cut(said, 120))}"
    names = dict.fromkeys(view.symbol(number).name for number in central_symbols(view, cluster.paths, 6))
    return f": {', '.join(safe.code(name) for name in list(names)[:3])}" if names else ""


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
    cases = sum(view.census.tests.get(path, 0) for path in tests)
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
        f"- {file_link(path)}: {', '.join(artifact_link(artifact) for artifact in found[:10])}"
        + (f" and {len(found) - 10} more" if len(found) > 10 else "")
        for path, found in sorted(by_path.items())[:8]
    ]
    return "## Configuration\n\n" + "\n".join(lines)


def _glossary(view: View) -> str:
    """The next most central documented types: the nouns of the project, each in its author's words."""
    told = set(_most_central(view))
    kind = kind_of(view.repository)
    nouns = [
        number
        for path in view.repository.modules
        if not is_aside(path)
        for number in view.members.get(path, ())
        if kind(number) in CLASSES and number not in told and view.symbol(number).docstring
    ]
    terms: dict[str, tuple[int, str]] = {}
    for number in view.ranked(nouns)[: 5 * MAX_TERMS]:
        text = authored(view.symbol(number))
        name = view.symbol(number).name
        if text is not None and name not in terms and len(terms) < MAX_TERMS and _explains(text.summary, name):
            terms[name] = number, text.summary
    if len(terms) < 3:
        return ""
    lines = [
        f"- {view.link(number)}: {safe.escape(said)}"
        for _, (number, said) in sorted(terms.items(), key=lambda item: (item[0].lower(), item[0]))
    ]
    return "## Glossary\n\n" + "\n".join(lines)


def _explains(said: str, name: str) -> bool:
    """Whether a sentence says more than the name of what it is about: `CommanderError class` does not."""
    told = {word for word in said.lower().replace(".", "").split() if word not in ("a", "an", "the", "class", "type")}
    told -= {name.lower(), *(word.lower() for word in words(name))}
    return len(told) >= MIN_WORDS and not said.startswith("Do ")
