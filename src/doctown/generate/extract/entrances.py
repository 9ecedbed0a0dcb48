"""Where the repository is entered: programs, routes and commands, and where calls lead from them.

Programs are what a package declares, and files that run when they are executed. What tests declare is counted, since a
test's own routes would bury those of the project; what examples declare comes last. Names are shown as code, and every
one leads to the symbol that runs.
"""

from __future__ import annotations

from collections.abc import Sequence

from doctown.generate.extract import safe
from doctown.generate.extract.artifacts import entry_symbol
from doctown.generate.extract.howto import artifact_link
from doctown.generate.extract.view import CLASSES, View, file_link, is_aside, plain_name
from doctown.generate.extract.words import counted
from doctown.model import Claim, EntryPoint
from doctown.places import is_test

MAX_STEPS = 5  # of a call path
MAX_REACH = 2000  # functions behind a step of a call path
MAX_ENTRIES = 8
MAX_PLACES = 8  # files whose routes or commands are listed
MAX_OF_A_PLACE = 10
MAX_JOURNEYS = 4

_ANSWERS = ("get", "post", "dispatch", "put", "delete", "__call__")  # methods of a class that answers requests

Started = tuple[str, int]  # how it is started, as Markdown, and the symbol that it leads to


def entrances(view: View) -> list[str]:
    """The sections about entry points, without those for which there is nothing."""
    sections = [_programs(view), _declared(view, "route", "HTTP routes"), _declared(view, "command", "Commands")]
    return [section for section in (*sections, _journeys(view)) if section]


def entry_claims(view: View) -> tuple[Claim, ...]:
    """What shows the first entry points."""
    claims: tuple[Claim, ...] = ()
    for _, number in entry_points(view)[:3]:
        symbol = view.symbol(number)
        told = symbol.path if symbol.kind == "module" else plain_name(view, number)
        claims += view.claim(f"{told} is an entry point.", symbol.path, symbol.start_line, symbol.start_line)
    return claims


# --- programs -----------------------------------------------------------------------------------------------------


def entry_points(view: View) -> list[Started]:
    """Programs: declared ones first, then files that run when they are executed, the most central first."""
    found: list[Started] = []
    seen: dict[int, int] = {}  # symbol → its place in `found`
    scripts = {(one.path, one.name): one.symbol for one in view.repository.entry_points if one.kind == "script"}
    for artifact in view.repository.artifacts:
        number = scripts.get((artifact.path, artifact.name)) if artifact.kind == "entry_point" else None
        number = number if number is not None else entry_symbol(view, artifact)
        if number is None or is_aside(artifact.path) or is_aside(view.symbol(number).path):
            continue  # an example shows how the project is used, not where it begins
        if number not in seen:
            seen[number] = len(found)
            found.append((artifact_link(artifact), number))
    mains = [_main(view, one) for one in view.repository.entry_points if one.kind == "main" and not _beside(one.path)]
    for path, number in view.repository.modules.items():
        if path.endswith("/__main__.py") and not is_aside(path):
            mains.append(number)
    for number in view.ranked(list(dict.fromkeys(mains))):
        path = view.symbol(number).path
        started = safe.link(_run_as(view, path) or path, "file", path)
        steps = [number, *_called(view, number)]
        place = next((seen[step] for step in steps if step in seen), -1)
        if place < 0:
            seen[number] = len(found)
            found.append((started, number))
        elif number not in seen and _run_as(view, path) and started not in found[place][0]:  # another way to start it
            found[place] = (f"{found[place][0]} or {started}", found[place][1])
    return found[:MAX_ENTRIES]


def _main(view: View, entry: EntryPoint) -> int:
    """What a main program runs: of a module, what its last lines call, since the rest runs when it is imported too."""
    if view.symbol(entry.symbol).kind != "module":
        return entry.symbol
    calls = [
        (edge.line, edge.target)
        for edge in view.repository.outgoing.get(entry.symbol, ())
        if edge.kind == "calls" and edge.tier == "resolved" and edge.line >= entry.line
    ]
    return min(calls)[1] if calls else entry.symbol


def _beside(path: str) -> bool:
    return is_aside(path) or path.startswith(("docs/", "doc/"))


def _run_as(view: View, path: str) -> str:
    """`python -m flask` for a package's `__main__.py`; empty for other files."""
    folder, _, name = path.rpartition("/")
    if name != "__main__.py":
        return ""
    parts: list[str] = []
    while folder and (not parts or f"{folder}/__init__.py" in view.repository.modules):
        folder, _, last = folder.rpartition("/")
        parts.insert(0, last)
    return f"python -m {'.'.join(parts)}"


def _programs(view: View) -> str:
    lines = [_way(view, started, number) for started, number in entry_points(view)]
    return "## Entry points\n\n" + "\n".join(lines) if lines else ""


def _way(view: View, started: str, number: int) -> str:
    steps = [view.link(step, plain_name(view, step)) for step in call_path(view, number)]
    return f"- {' → '.join([started, *(step for step in steps if step != started)])}"


# --- routes and commands ------------------------------------------------------------------------------------------


def _of_kind(view: View, kind: str) -> tuple[list[EntryPoint], int]:
    """Those that are worth a line, the project's own before those of examples; and how many tests declare."""
    found = [one for one in view.repository.entry_points if one.kind == kind]
    shown = [one for one in found if not is_test(one.path)]
    return sorted(shown, key=lambda one: _beside(one.path)), len(found) - len(shown)


def _declared(view: View, kind: str, title: str) -> str:
    """Routes or commands, grouped by the file that declares them."""
    shown, of_tests = _of_kind(view, kind)
    if not shown:
        return ""
    places: dict[str, list[EntryPoint]] = {}
    for one in shown:
        places.setdefault(one.path, []).append(one)
    lines = []
    for path, found in list(places.items())[:MAX_PLACES]:
        lines.append(f"- {file_link(path)}")
        lines += [f"  - {safe.code(name)} → {view.link(number)}" for name, number in _merged(found)[:MAX_OF_A_PLACE]]
        rest = len(_merged(found)) - MAX_OF_A_PLACE
        lines += [f"  - and {rest:,} more"] if rest > 0 else []
    rest = len(places) - MAX_PLACES
    lines += [f"- and those of {counted(rest, 'more file')}"] if rest > 0 else []
    tests = f"\n\nTests declare {of_tests:,} more." if of_tests else ""
    return f"## {title}\n\n" + "\n".join(lines) + tests


def _merged(found: Sequence[EntryPoint]) -> list[tuple[str, int]]:
    """Name and symbol; of one path that runs the same for several methods, `GET, POST /login`."""
    merged: dict[tuple[str, int, int], list[str]] = {}
    for one in found:
        verb, blank, path = one.name.partition(" ") if one.kind == "route" else ("", "", one.name)
        merged.setdefault((f"{blank}{path}", one.symbol, one.line), []).append(verb)
    return [(f"{', '.join(verbs)}{rest}", number) for (rest, number, _), verbs in merged.items()]


def _journeys(view: View) -> str:
    """How a request travels, or how a command runs."""
    title = "How a request travels" if _of_kind(view, "route")[0] else "How a command runs"
    lines = [_way(view, safe.code(one.name), path[0]) for one, path in _travels(view)]
    return f"## {title}\n\n" + "\n".join(lines) if lines else ""


def _travels(view: View) -> list[tuple[EntryPoint, list[int]]]:
    """The routes, or commands where there are none, whose calls lead furthest, each by another way."""
    shown, _ = _of_kind(view, "route")
    if not shown:
        shown, _ = _of_kind(view, "command")
    own = [one for one in shown if not _beside(one.path)] or shown
    ways = [(one, call_path(view, _answering(view, one.symbol))) for one in own[: 10 * MAX_ENTRIES]]
    found: list[tuple[EntryPoint, list[int]]] = []
    passed: set[int] = set()
    for one, path in sorted(ways, key=lambda way: -len(way[1])):  # sorting keeps the order of equals
        answers = view.symbol(path[0]).kind not in CLASSES
        if answers and len(path) > 1 and path[1] not in passed and len(found) < MAX_JOURNEYS:
            found.append((one, path))
            passed.update(path)
    return found


def beginnings(view: View) -> list[tuple[str, int]]:
    """(name, symbol) of everything that can be told from its beginning: programs, then routes or commands; nothing of
    a library that is only called."""
    programs = [(view.symbol(number).path, number) for _, number in entry_points(view)]
    known = {number for _, number in programs}
    return programs + [(f"{one.kind} {one.name}", path[0]) for one, path in _travels(view) if path[0] not in known]


def _answering(view: View, number: int) -> int:
    """What answers a request: of a class its method for that, since the calls of a class itself are decorators."""
    if view.symbol(number).kind not in CLASSES:
        return number
    methods = {view.symbol(child).name: child for child in view.repository.children.get(number, ())}
    return next((methods[name] for name in _ANSWERS if name in methods), number)


# --- call paths ---------------------------------------------------------------------------------------------------


def call_path(view: View, number: int) -> list[int]:
    """Where a function leads: at each step the call behind which most happens, never twice to the same place."""
    path = [number]
    while len(path) < MAX_STEPS:
        following = [target for target in _called(view, path[-1]) if target not in path]
        if not following:
            break
        # What opens up more of the program leads further into it than a helper that everything uses.
        path.append(max(following, key=lambda target: (_reach(view, target), view.symbol(target).key)))
    return path


def _called(view: View, number: int) -> list[int]:
    return [
        edge.target
        for edge in view.repository.outgoing.get(number, ())
        if edge.kind == "calls" and edge.tier == "resolved" and not is_test(view.symbol(edge.target).path)
    ]


def _reach(view: View, number: int) -> int:
    """How many functions are called from here in up to four steps; no more are counted than tell the large apart."""
    seen = {number}
    level = [number]
    for _ in range(MAX_STEPS - 1):
        level = [target for one in level for target in _called(view, one)]
        level = [target for target in dict.fromkeys(level) if target not in seen]
        seen.update(level)
        if len(seen) > MAX_REACH:
            break
    return len(seen)
