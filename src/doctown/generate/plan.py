"""What a model is asked about, and what not: a symbol is sent only where its words would tell a reader something new.

Trivial symbols and well-documented ones keep the page that `extract` wrote: asking about them would cost most of the
money and add least. Nothing of the graph outside of a symbol decides whether it is sent, so that a small edit changes
the plan in one place. In which order symbols are written is `plan_order`'s business, how they are asked `prompts`'.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from doctown.generate.extract.symbols import SPECIAL, authored, overridden, parameters
from doctown.generate.extract.view import CALLABLES, CLASSES, CONSTRUCTORS, View, is_aside
from doctown.generate.prompts.forms import Kind
from doctown.model import Artifact, Symbol
from doctown.places import is_test

TRIVIAL_LINES = 3  # of a callable that is read as fast as a sentence about it; its signature is one of them
SHORT_LINES = 8  # up to here an override or a constructor does what its name says
PLAIN_LINES = 6  # up to here a documented function needs no list of its parameters
BRIEF_LINES = 4  # up to here a sentence and the signature tell all of a function
SAYING_WORDS = 8  # of a docstring, where there is no parameter to speak of
TELLING_WORDS = 30  # a docstring of so many words is taken to say what its author found worth saying
MIN_FILE_LINES = 40
MIN_DETAIL = 60  # characters of an artifact's detail, below which its own summary says all

_WORD = re.compile(r"\w+")
_RUNS = """ci_workflow ci_job ci_action docker_stage compose_service service make_target just_recipe just_target
    package_script nox_session test_environment task process build_target kubernetes_object"""
_RUNNING = frozenset(_RUNS.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is sent. Everything else keeps its page."""

    symbols: Mapping[int, Kind]  # by id: how much is asked of each
    left: Mapping[str, int]  # reason → symbols that are not sent
    files: tuple[str, ...]  # paths, sorted
    clusters: tuple[str, ...]  # keys, children before parents
    artifacts: tuple[Artifact, ...]  # in the repository's order


def make_plan(view: View) -> Plan:
    """Decides for every subject. The repository itself is always written."""
    symbols: dict[int, Kind] = {}
    left: dict[str, int] = {}
    for number, symbol in view.repository.symbols.items():
        kind, reason = _choose(view, number, symbol)
        if kind:
            symbols[number] = kind
        else:
            left[reason] = left.get(reason, 0) + 1
    repository = view.repository
    files = tuple(path for path in repository.modules if _worth_a_page(view, path))
    return Plan(
        symbols=symbols,
        left=dict(sorted(left.items())),
        files=files,
        clusters=tuple(
            key for key in reversed(list(repository.clusters)) if _is_code(view, repository.clusters[key].paths)
        ),
        artifacts=tuple(artifact for artifact in repository.artifacts if _runs(artifact)),
    )


def _choose(view: View, number: int, symbol: Symbol) -> tuple[Kind, str]:
    """(how much is asked, why nothing is): one of them is empty."""
    if symbol.kind == "module":
        return "", "a file's page tells it"
    if symbol.kind not in CALLABLES and symbol.kind not in CLASSES and symbol.kind != "property":
        return "", "a value"
    if is_test(symbol.path):
        return "", "a test"
    parent = view.parent(number)
    if parent is not None and view.symbol(parent).kind in CALLABLES:
        return "", "inside a function"
    source = source_of(view, symbol)
    lines = sum(1 for line in source.split("\n") if line.strip())
    text = authored(symbol)
    if symbol.kind in CLASSES:
        if text is not None and text.summary:
            return "", "documented"
        return ("", "trivial") if lines <= 2 else ("brief", "")
    hidden = _is_hidden(symbol)
    if text is not None and text.summary:
        return ("", "documented") if hidden or _says_enough(symbol, lines) else ("details", "")
    if lines <= TRIVIAL_LINES or symbol.name in SPECIAL:
        return "", "trivial"
    if lines <= SHORT_LINES and (symbol.name in CONSTRUCTORS or symbol.kind == "constructor"):
        return "", "trivial"
    if lines <= SHORT_LINES and symbol.kind != "function" and overridden(view, number, symbol) is not None:
        return "", "an override"
    return ("brief" if hidden or lines <= BRIEF_LINES else "full"), ""


def _is_hidden(symbol: Symbol) -> bool:
    """Whether it is there for its own repository alone: it, its module or a package of it is private by name, or it
    belongs to an example."""
    internal = any(part.startswith("_") and not part.startswith("__") for part in symbol.path.split("/"))
    return internal or is_aside(symbol.path) or symbol.visibility not in ("public", "protected")


def _says_enough(symbol: Symbol, lines: int) -> bool:
    """Whether the author's words tell a caller what there is to know."""
    if lines <= PLAIN_LINES + symbol.docstring.count("\n"):
        return True
    words = _WORD.findall(symbol.docstring)
    named = set(words)
    taken = parameters(symbol)
    if not taken:
        return len(words) >= SAYING_WORDS
    return len(words) >= TELLING_WORDS or 2 * sum(name in named for name in taken) > len(taken)


def source_of(view: View, symbol: Symbol) -> str:
    """The text of a symbol, from the beginning of its first line, without common indentation; empty if not kept."""
    lines = view.repository.read(symbol.path).split("\n")[symbol.start_line - 1 : symbol.end_line]
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[margin:].rstrip() for line in lines)


def _worth_a_page(view: View, path: str) -> bool:
    file = view.repository.files[path]
    members = view.members.get(path, ())
    doing = any(view.symbol(n).kind in CALLABLES or view.symbol(n).kind in CLASSES for n in members)
    alone = len(members) == 1 and file.lines < 2 * MIN_FILE_LINES  # its one symbol's page says it
    return doing and not is_test(path) and file.lines >= MIN_FILE_LINES and not alone


def _is_code(view: View, paths: tuple[str, ...]) -> bool:
    return any(path in view.repository.modules and not is_test(path) for path in paths)


def _runs(artifact: Artifact) -> bool:
    return artifact.kind in _RUNNING and len(artifact.detail) >= MIN_DETAIL
