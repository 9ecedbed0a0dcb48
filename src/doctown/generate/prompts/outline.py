"""The outlines that pages of files, parts and the repository are written from: numbered entries that can be cited.

An entry knows the lines that show it. Outlines of a part and of the repository cite declarations and documentation
alone, which are in the outline's own digest: when they change, the page is asked for anew, and when only a body does,
it need not be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from doctown.generate.extract.artifacts import kind_title
from doctown.generate.extract.clusters import Layout, between, central_symbols, cluster_link, purpose
from doctown.generate.extract.entrances import beginnings, call_path
from doctown.generate.extract.files import documentation_lines, main_symbols
from doctown.generate.extract.howto import artifact_link
from doctown.generate.extract.inlines import inline, to_plain
from doctown.generate.extract.prose import read_prose
from doctown.generate.extract.symbols import authored
from doctown.generate.extract.view import (
    CALLABLES,
    CLASSES,
    View,
    file_link,
    heaviest,
    is_aside,
    plain_name,
    short_name,
)
from doctown.generate.extract.words import cut
from doctown.generate.plan import source_of
from doctown.model import Artifact, Cluster, Repository
from doctown.places import is_test

MAX_MEMBERS = 30  # of a file
MAX_METHODS = 12  # of a class
MAX_FILES = 16  # of a part
MAX_SYMBOLS = 8  # of a part
MAX_PARTS = 12
MAX_COMMANDS = 12
MAX_SIGNATURE = 160
MAX_STARTS = 4
_DEPLOYS = re.compile(
    r"docker|compose|kubernetes|helm|systemd|deploy|publish|release|serverless|terraform|procfile", re.I
)
MAX_SHOWN = 40  # lines cited at most: more show nothing in particular


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """What can be cited: lines of a file, and how a page links to it."""

    path: str
    start_line: int
    end_line: int
    link: str  # Markdown
    entry: str  # the line of the outline
    lines: str  # the text of those lines


@dataclass(slots=True)
class Outline:
    """Entries by number, and the text that shows them."""

    anchors: dict[str, Anchor] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    without: frozenset[str] = frozenset()  # sections that there is nothing to say in
    starts: tuple[str, ...] = ()  # entries from which something begins to run

    def add(self, view: View, place: tuple[str, int, int], link: str, entry: str) -> str:
        """Adds an entry and returns its number. `place`: path, first and last line."""
        path, start, end = place
        end = min(end, start + MAX_SHOWN - 1)
        text = "\n".join(view.repository.read(path).split("\n")[start - 1 : end])
        number = str(len(self.anchors) + 1)
        self.anchors[number] = Anchor(path=path, start_line=start, end_line=end, link=link, entry=entry, lines=text)
        self.lines.append(f"[{number}] {entry}")
        return number

    @property
    def text(self) -> str:
        """The outline as a prompt shows it."""
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is known of symbols, files and parts, in words; empty where nothing is."""

    symbol: Callable[[int], str]
    file: Callable[[str], str]
    cluster: Callable[[str], str]


def digest(*texts: str) -> bytes:
    """SHA-256 over texts."""
    return sha256("\0\0".join(texts).encode("utf-8", "replace")).digest()


def authors_alone(view: View) -> Told:
    """What authors wrote and nothing else: it changes when they change it, so digests of outlines are made with it."""

    def symbol(number: int) -> str:
        text = authored(view.symbol(number))
        return text.summary if text else ""

    def file(path: str) -> str:
        module = view.repository.modules.get(path)
        return symbol(module) if module is not None else ""

    return Told(symbol=symbol, file=file, cluster=lambda key: purpose(view, view.repository.clusters[key])[0])


def _said(text: str, limit: int = 180) -> str:
    return f": {cut(text, limit)}" if text else ""


# --- a file -------------------------------------------------------------------------------------------------------


def file_outline(view: View, path: str, told: Told) -> Outline:
    """A file: its documentation, its members with what is known of them, and what stands between them."""
    outline = Outline({}, [f"file {path}"])
    module = view.repository.modules[path]
    text = authored(view.symbol(module))
    if text is not None:
        start, end = documentation_lines(view, module)
        said = " ".join(view.symbol(module).docstring.split())
        outline.add(view, (path, start, end), file_link(path), f"documentation: {cut(said, 500)}")
    members = view.members.get(path, ())
    doing = [n for n in members if view.symbol(n).kind in CALLABLES or view.symbol(n).kind in CLASSES]
    chosen = set(view.ranked(doing)[:MAX_MEMBERS])
    numbers: dict[int, str] = {}
    for member in (n for n in members if n in chosen):
        symbol = view.symbol(member)
        entry = cut(symbol.signature or symbol.name, MAX_SIGNATURE) + _said(told.symbol(member))
        numbers[member] = outline.add(
            view, (path, symbol.start_line, symbol.end_line), view.link(member), " ".join(entry.split())
        )
        if symbol.kind in CLASSES:
            _add_methods(view, outline, member, told)
    outline.lines.extend(_inside(view, numbers))
    others = [view.symbol(n).name for n in members if n not in chosen]
    if others:
        outline.lines.append(f"also: {', '.join(others[:20])}")
    for other in _neighbours(view.uses.get(path, {})):
        outline.lines.append(f"uses {other} ({_names(view, view.names[(path, other)])})")
    for other in _neighbours(view.used_by.get(path, {})):
        outline.lines.append(f"used by {other} ({_names(view, view.names[(other, path)])})")
    return outline


def _neighbours(weights: Mapping[str, int]) -> list[str]:
    return sorted(other for other in heaviest(weights, 6) if not is_test(other))


def _add_methods(view: View, outline: Outline, member: int, told: Told) -> None:
    """The methods of a class that matter most, each an entry."""
    children = view.repository.children.get(member, ())
    methods = [n for n in children if view.symbol(n).kind in CALLABLES and view.symbol(n).visibility == "public"]
    chosen = set(view.ranked(methods)[:MAX_METHODS])
    for number in (n for n in methods if n in chosen):
        symbol = view.symbol(number)
        entry = f"{short_name(symbol)}{_said(told.symbol(number), 120)}"
        outline.add(view, (symbol.path, symbol.start_line, symbol.end_line), view.link(number), entry)
    others = [view.symbol(n).name for n in methods if n not in chosen]
    if others:
        outline.lines.append(f"    also: {', '.join(others[:12])}")


def _names(view: View, weights: Mapping[int, int]) -> str:
    found = sorted({short_name(view.symbol(number)) for number in weights if view.symbol(number).kind != "module"})
    return ", ".join(found[:5])


def _inside(view: View, numbers: Mapping[int, str]) -> Iterable[str]:
    """Which members use which, those inside of them included."""
    home: dict[int, int] = {}
    for member in numbers:
        waiting = [member]
        while waiting:
            one = waiting.pop()
            home[one] = member
            waiting.extend(view.repository.children.get(one, ()))
    for member, number in numbers.items():
        used = {
            home[edge.target]
            for inner, owner in home.items()
            if owner == member
            for edge in view.repository.outgoing.get(inner, ())
            if edge.tier == "resolved" and edge.target in home and home[edge.target] != member
        }
        if used:
            yield f"[{number}] uses {', '.join(f'[{numbers[one]}]' for one in numbers if one in used)}"


# --- a part of the repository -------------------------------------------------------------------------------------


def cluster_outline(view: View, layout: Layout, cluster: Cluster, told: Told) -> Outline:
    """A part: its own words, its parts or files, its central symbols, and what stands between them."""
    outline = Outline({}, [f"part {cluster.label}"])
    said, claims, source = purpose(view, cluster)
    if claims:
        place = (claims[0].path, claims[0].start_line, claims[0].end_line)
        outline.add(view, place, file_link(source), f"{source} says{_said(said, 400)}")
    children = layout.children.get(cluster.key, [])
    if children:
        _parts(view, layout, outline, children[:MAX_PARTS], told)
    else:
        _files(view, outline, cluster, told)
    for number in sorted(central_symbols(view, cluster.paths, MAX_SYMBOLS), key=lambda n: view.symbol(n).key):
        _add_symbol(view, outline, number, told)
    return outline


def _add_symbol(view: View, outline: Outline, number: int, told: Told) -> str:
    symbol = view.symbol(number)
    signature = cut(symbol.signature or symbol.name, MAX_SIGNATURE)
    entry = " ".join(f"{signature} in {symbol.path}{_said(told.symbol(number))}".split())
    return outline.add(view, (symbol.path, symbol.start_line, _declared(view, number)), view.link(number), entry)


def _declared(view: View, number: int) -> int:
    """The last line of a symbol's declaration and documentation."""
    symbol = view.symbol(number)
    lines = source_of(view, symbol).split("\n")
    wanted = {line.strip() for line in symbol.docstring.split("\n") if len(line.strip()) > 8}
    last = 0
    for place, line in enumerate(lines[: 2 * len(wanted) + 10]):
        if any(line.strip().endswith(one) or one in line for one in wanted):
            last = place
    return symbol.start_line + min(last, 11)


def _parts(view: View, layout: Layout, outline: Outline, children: list[Cluster], told: Told) -> None:
    numbers: dict[str, str] = {}
    for child in children:
        central = central_symbols(view, child.paths, 3)
        names = ", ".join(sorted(plain_name(view, number) for number in central))
        said, claims, _ = purpose(view, child)
        entry = f"part {child.label}{_said(told.cluster(child.key) or said)}" + (f" Main: {names}" if names else "")
        place = _cluster_place(view, child, central, claims)
        numbers[child.key] = outline.add(view, place, cluster_link(child), entry)
    weights = between(view, layout, children)
    for source, number in numbers.items():
        used = sorted(numbers[target] for (one, target) in weights if one == source and target in numbers)
        if used:
            outline.lines.append(f"[{number}] uses {', '.join(f'[{one}]' for one in used)}")


def _cluster_place(view: View, cluster: Cluster, central: list[int], claims: object) -> tuple[str, int, int]:
    if isinstance(claims, tuple) and claims:
        return claims[0].path, claims[0].start_line, claims[0].end_line
    if central:
        symbol = view.symbol(central[0])
        return symbol.path, symbol.start_line, _declared(view, central[0])
    return next(iter(sorted(cluster.paths))), 1, 1


def _files(view: View, outline: Outline, cluster: Cluster, told: Told) -> None:
    code = [path for path in cluster.paths if path in view.repository.modules]
    weight = {path: sum(view.weights[n] for n in view.members.get(path, ())) for path in code}
    ranked = [path for path in heaviest(weight, len(weight)) if not is_test(path)] or heaviest(weight, len(weight))
    numbers: dict[str, str] = {}
    for path in sorted(ranked[:MAX_FILES]):
        main = main_symbols(view, path, 3)
        names = ", ".join(sorted(view.symbol(number).name for number in main))
        entry = f"{path}{_said(told.file(path))}" + (f" Main: {names}" if names else "")
        numbers[path] = outline.add(view, _file_place(view, path, main), file_link(path), entry)
    rest = [path for path in cluster.paths if path not in numbers]
    if rest:
        outline.lines.append(f"other files: {', '.join(path.rsplit('/', 1)[-1] for path in rest[:12])}")
    for path, number in numbers.items():
        used = [numbers[other] for other in sorted(view.uses.get(path, {})) if other in numbers]
        if used:
            outline.lines.append(f"[{number}] uses {', '.join(f'[{one}]' for one in used)}")


def _file_place(view: View, path: str, main: list[int]) -> tuple[str, int, int]:
    module = view.repository.modules[path]
    if authored(view.symbol(module)) is not None:
        return path, *documentation_lines(view, module)
    if main:
        return path, view.symbol(main[0]).start_line, _declared(view, main[0])
    return path, 1, 1


# --- the repository -----------------------------------------------------------------------------------------------


def repository_outline(view: View, layout: Layout, told: Told) -> Outline:
    """Everything: what the README says, the packages, where it starts, its parts, its commands, its nouns."""
    repository = view.repository
    outline = Outline({}, [f"repository {repository.origin.name}"])
    for path in sorted(p for p in repository.files if "/" not in p and p.lower().startswith("readme"))[:1]:
        prose = read_prose(repository.read(path), path)
        if prose.summary:
            said = " ".join(f"{prose.title}: {prose.summary} {to_plain(prose.body)}".split())
            outline.add(view, (path, prose.line, prose.line), file_link(path), f"{path} says: {cut(said, 700)}")
    starts = beginnings(view)[:MAX_STARTS]
    outline.lines.append("where it starts:" if starts else "it starts nowhere: it is a library that others call")
    for name, number in starts:
        steps = [one for one in call_path(view, number) if view.symbol(one).kind != "module"]
        symbol = view.symbol(number)
        shown = " → ".join(plain_name(view, one) + _said(told.symbol(one), 90) for one in steps)
        place = (symbol.path, symbol.start_line, _declared(view, number))
        entry = f"{name}: {shown}" if shown else name
        outline.starts += (outline.add(view, place, view.link(number), entry),)
    outline.lines.append("its parts:")
    top = [c for c in layout.children.get("", []) if any(p in repository.modules for p in c.paths)]
    top = sorted(sorted(top, key=lambda c: (all(map(is_aside, c.paths)), -c.size))[:MAX_PARTS], key=lambda c: c.key)
    _parts(view, layout, outline, top, told)
    outline.lines.append("how it is built, run, tested, configured and deployed:")
    commands = _commands(repository)
    outline.without = frozenset({"flows"} if not starts else ()) | ({"deploy"} if not _deployed(commands) else set())
    for artifact in commands:
        said = to_plain(inline(artifact.summary))
        entry = f"{kind_title(artifact)} {artifact.name} in {artifact.path}{_said(said, 160)}"
        place = (artifact.path, artifact.start_line, artifact.end_line)
        outline.add(view, place, artifact_link(artifact), " ".join(entry.split()))
    outline.lines.append("its nouns:")
    code = tuple(path for path in repository.modules if not is_aside(path) and not path.startswith(("docs/", "doc/")))
    for number in sorted(central_symbols(view, code, MAX_SYMBOLS), key=lambda n: view.symbol(n).key):
        _add_symbol(view, outline, number, told)
    return outline


def _deployed(commands: Iterable[Artifact]) -> bool:
    return any(_DEPLOYS.search(f"{one.kind} {one.name} {one.path}") for one in commands)


def _commands(repository: Repository) -> list[Artifact]:
    """Artifacts of every kind, the root's first, no more than a few of one kind."""
    seen: dict[str, int] = {}
    found = []
    for artifact in sorted(repository.artifacts, key=lambda one: (is_aside(one.path), one.path.count("/") > 2)):
        seen[artifact.kind] = seen.get(artifact.kind, 0) + 1
        if seen[artifact.kind] <= 3 and not is_aside(artifact.path):
            found.append(artifact)
    return found[:MAX_COMMANDS]
