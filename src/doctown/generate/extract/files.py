"""Pages of files: what a file is for, its main symbols, and which files it stands between.

Code speaks by its module's documentation and its symbols, prose by its first paragraph and its headings, everything
else by what can be said of it in one sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from doctown.generate.extract import safe
from doctown.generate.extract.artifacts import kind_title
from doctown.generate.extract.prose import Prose, read_prose
from doctown.generate.extract.symbols import authored
from doctown.generate.extract.view import View, file_link, heaviest, plain_name
from doctown.generate.extract.words import counted, listed, lower, shortened
from doctown.model import Artifact, Claim, File, Page
from doctown.places import is_test

MAX_MAIN = 8  # symbols shown on a file's page
MAX_FILES = 6  # files shown in each direction
PROSE = frozenset({"markdown", "restructuredtext"})
_TITLES = {
    "html": "HTML page or template", "css": "Style sheet", "json": "JSON data", "yaml": "YAML data",
    "toml": "TOML settings",
    "ini": "Settings", "xml": "XML data", "sql": "SQL script", "text": "Text", "dockerfile": "Container recipe",
    "makefile": "Make rules", "go.mod": "Go module file", "go.sum": "Checksums of Go modules",
}  # fmt: skip


def file_pages(view: View, chosen: Iterable[str]) -> Iterator[Page]:
    """One page for each chosen file in the order given, files that were skipped included."""
    artifacts: dict[str, list[Artifact]] = {}
    for artifact in view.repository.artifacts:
        artifacts.setdefault(artifact.path, []).append(artifact)
    for path in chosen:
        file = view.repository.files[path]
        module = view.repository.modules.get(path)
        if file.status == "skipped":
            reason = f": {file.reason}" if file.reason else ""
            page = _page(path, f"Not read{reason}.", "")
        elif module is not None:
            page = _code_page(view, file, module, artifacts.get(path, []))
        else:
            page = _text_page(view, file, artifacts.get(path, []))
        view.file_summaries[path] = page.summary
        yield page


def _page(path: str, summary: str, body: str, claims: tuple[Claim, ...] = (), *, documented: bool = False) -> Page:
    return Page(
        subject_kind="file",
        subject=path,
        title=path,
        summary=summary,
        body=body,
        origin="docstring" if documented else "extractive",
        claims=claims,
    )


# --- code ---------------------------------------------------------------------------------------------------------


def _code_page(view: View, file: File, module: int, artifacts: list[Artifact]) -> Page:
    symbol = view.symbol(module)
    text = authored(symbol)
    summary = view.summaries.get(module, "")
    documented = text is not None and text.summary == summary
    parts = [text.body] if text is not None and text.body else []
    main = main_symbols(view, file.path)
    if main:
        title = "Main symbols" if len(main) < len(view.members.get(file.path, ())) else "Symbols"
        parts.append(f"## {title}\n\n" + "\n".join(f"- {described(view, number)}" for number in main))
    parts.extend(_relations(view, file.path))
    parts.extend(_defined(artifacts))
    claims: tuple[Claim, ...] = ()
    if documented and not is_test(file.path):
        start, end = documentation_lines(view, module)
        claims = view.claim(summary, file.path, start, end)
    elif main and not is_test(file.path):
        best = view.symbol(main[0])
        claims = view.claim(f"Defines {best.name}.", file.path, best.start_line, best.start_line)
    return _page(file.path, summary, "\n\n".join(parts), claims, documented=documented)


def documentation_lines(view: View, module: int) -> tuple[int, int]:
    """The lines at which a file's own documentation begins: its first words, looked up in the source."""
    symbol = view.symbol(module)
    source = view.repository.read(symbol.path)
    first = symbol.docstring.split("\n", 1)[0].strip()
    place = source.find(first) if first else -1
    line = source.count("\n", 0, place) + 1 if place >= 0 else 1
    return line, line


def described(view: View, number: int) -> str:
    """A link to a symbol with its kind and summary, as a list shows it."""
    symbol = view.symbol(number)
    summary = view.summaries.get(number, "")
    kind = symbol.kind.replace("_", " ")
    if summary.lower().startswith((kind, "exception")):  # `Class derived from …` names the kind already
        return f"{view.link(number)} — {safe.escape(summary)}"
    return f"{view.link(number)} ({kind}){' — ' + safe.escape(summary) if summary else ''}"


def main_symbols(view: View, path: str, count: int = MAX_MAIN) -> list[int]:
    """The file's top-level symbols that matter most, in order; values only where nothing else is."""
    members = view.members.get(path, ())
    doing = [number for number in members if view.symbol(number).kind not in ("variable", "constant", "field")]
    if not is_test(path):
        doing = view.without_tests(doing)
    return view.ranked(doing or members)[:count]


def _relations(view: View, path: str) -> list[str]:
    parts = []
    uses, used_by = view.uses.get(path, {}), view.used_by.get(path, {})
    count = MAX_FILES // 2 if is_test(path) else MAX_FILES
    if uses:
        parts.append("## Depends on\n\n" + _listing(view, uses, lambda other: view.names[(path, other)], count))
    outside = {other: weight for other, weight in used_by.items() if not is_test(other)}
    tests = len(used_by) - len(outside)
    if outside:
        text = "## Used by\n\n" + _listing(view, outside, lambda other: view.names[(other, path)])
        parts.append(text + (f"\n- and {counted(tests, 'test file')}" if tests else ""))
    elif tests and not is_test(path):
        shown = listed([file_link(other) for other in heaviest(used_by, 3)])
        more = f" and {tests - 3} more" if tests > 3 else ""
        parts.append(f"## Used by\n\nOnly by tests: {shown}{more}.")
    return parts


def _listing(
    view: View, weights: Mapping[str, int], names_of: Callable[[str], Mapping[int, int]], count: int = MAX_FILES
) -> str:
    lines = []
    for other in heaviest(weights, count):
        names = names_of(other)
        shown = [
            plain_name(view, number)
            for number in sorted(names, key=lambda number: (-names[number], view.symbol(number).key))
            if view.symbol(number).kind != "module"
        ]
        shown = list(dict.fromkeys(shown))[:3]
        what = f" ({listed([safe.code(name) for name in shown])})" if shown else ""
        lines.append(f"- {file_link(other)}{what}")
    if len(weights) > count:
        lines.append(f"- and {len(weights) - count} more")
    return "\n".join(lines)


# --- text ---------------------------------------------------------------------------------------------------------


def _defined(artifacts: Sequence[Artifact]) -> list[str]:
    """What a file defines of how the project is built and run, by kind."""
    by_kind: dict[str, list[str]] = {}
    for artifact in artifacts:
        by_kind.setdefault(kind_title(artifact), []).append(safe.text_link(artifact.name, "artifact", artifact.key))
    lines = [f"- {kind}: {', '.join(links)}" for kind, links in by_kind.items()]
    return ["## Defines\n\n" + "\n".join(lines)] if lines else []


def _text_page(view: View, file: File, artifacts: list[Artifact]) -> Page:
    parts = _defined(artifacts)
    if not file.lines and not file.size:
        typed = file.path.endswith("/py.typed")
        return _page(file.path, "Empty file that marks the package as typed." if typed else "Empty file.", "")
    if _LICENCE_NAME.search(file.path):
        return _page(file.path, f"{licence(view.repository.read(file.path)) or 'Licence'}.", "\n\n".join(parts))
    if file.language in PROSE or (file.language in ("", "text") and file.path.endswith((".txt", ".rst"))):
        prose = read_prose(view.repository.read(file.path), file.path)
        if prose.summary:
            return _prose_page(view, file, prose, parts)
    kind = _TITLES.get(file.language) or (file.language.capitalize() + " file" if file.language else "Text file")
    what = f"{kind} of {counted(file.lines, 'line')}"
    if artifacts:
        named = [f"{lower(kind_title(artifact))} {artifact.name}" for artifact in artifacts]
        what = f"{kind} with {shortened(named, 3)}"
    return _page(file.path, f"{what}.", "\n\n".join(parts))


_LICENCE_NAME = re.compile(r"(?:^|/)(?:licen[cs]e|copying|unlicense)(?:[-._][\w.-]*)?$", re.IGNORECASE)
_LICENCES = (  # a phrase that only this licence has, the most telling first
    ("GNU AFFERO GENERAL PUBLIC LICENSE", "GNU Affero General Public License"),
    ("GNU LESSER GENERAL PUBLIC LICENSE", "GNU Lesser General Public License"),
    ("GNU GENERAL PUBLIC LICENSE", "GNU General Public License"),
    ("Mozilla Public License", "Mozilla Public License"),
    ("Apache License", "Apache License"),
    ("released into the public domain", "Unlicense: public domain"),
    ("Permission is hereby granted, free of charge", "MIT licence"),
    ("Permission to use, copy, modify, and/or distribute", "ISC licence"),
    ("endorse or promote products derived", "BSD licence, three clauses"),
    ("Redistribution and use in source and binary forms", "BSD licence"),
)


def licence(text: str) -> str:
    """The name of a licence by a phrase of its text; empty if it is none of the common ones."""
    flat = " ".join(text[:20_000].split())
    return next((name for phrase, name in _LICENCES if phrase in flat), "")


def _prose_page(view: View, file: File, prose: Prose, parts: list[str]) -> Page:
    if prose.body:
        parts.insert(0, prose.body)
    if len(prose.headings) > 1:
        shown = [f"- {safe.escape(heading)}" for heading in prose.headings[:15]]
        if len(prose.headings) > 15:
            shown.append("- and more")
        parts.append("## Sections\n\n" + "\n".join(shown))
    summary = f"{prose.title}: {prose.summary}" if prose.title and prose.title not in prose.summary else prose.summary
    return _page(
        file.path,
        re.sub(r"\s+", " ", summary),
        "\n\n".join(parts),
        view.claim(prose.summary, file.path, prose.line, prose.line),
        documented=True,
    )
