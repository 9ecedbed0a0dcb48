"""Which symbols of many matter most, and which file an entry point names."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest

from doctown.generate.extract import view as views
from doctown.generate.extract.clusters import central_symbols
from doctown.generate.extract.view import View, build_view
from doctown.model import MODULE, Origin, Repository, Symbol, SymbolKind, Visibility


def repository(kinds: Mapping[str, tuple[SymbolKind, Visibility, int]], paths: tuple[str, ...]) -> Repository:
    """Files with top-level symbols: name → kind, visibility and centrality; they go to the files in turn."""
    symbols: dict[int, Symbol] = {}
    modules: dict[str, int] = {}
    children: dict[int, list[int]] = {}
    ranks: dict[int, int] = {}

    def add(path: str, name: str, kind: SymbolKind, visibility: Visibility, parent: str, rank: int) -> int:
        number = len(symbols) + 1
        symbols[number] = Symbol(
            key=f"{path}#{name}", name=name, qualified_name=name, kind=kind, language="python", path=path,
            parent=parent, start_byte=number, end_byte=number + 1, start_line=1, end_line=1, signature="", docstring="",
            visibility=visibility,
        )  # fmt: skip
        ranks[number] = rank
        return number

    for path in paths:
        modules[path] = add(path, MODULE, "module", "public", "", 0)
        children[modules[path]] = []
    for place, (name, (kind, visibility, rank)) in enumerate(kinds.items()):
        path = paths[place % len(paths)]
        children[modules[path]].append(add(path, name, kind, visibility, f"{path}#{MODULE}", rank))
    return Repository(
        origin=Origin(kind="folder", location="shop", name="shop"), files={}, symbols=symbols,
        children=children, modules=modules,
        outgoing={}, incoming={}, clusters={}, cluster_of={}, centrality=ranks, artifacts=(), read=lambda _: "",
    )  # fmt: skip


def all_looked_at(view: View, paths: tuple[str, ...], count: int) -> list[int]:
    """What matters most, the long way."""
    found = [n for path in paths for n in view.members[path]]
    return view.ranked(n for n in found if view.symbol(n).kind not in ("variable", "constant"))[:count]


@pytest.mark.parametrize("hidden", [0, 50, 100])
def test_central_symbols_are_those_that_come_first_of_all(hidden: int) -> None:
    """Looking at the heaviest alone leaves none out: not where weights are equal, nor where few are public."""
    chance = random.Random(hidden)
    kinds: dict[str, tuple[SymbolKind, Visibility, int]] = {
        f"s{number}": (
            chance.choice(("function", "class", "variable")),
            "private" if chance.randrange(100) < hidden else "public",
            chance.randrange(6),
        )
        for number in range(200)
    }
    paths = ("a.py", "b.py", "c.py")
    view = build_view(repository(kinds, paths))
    for count in (1, 5, 30, 300):
        assert central_symbols(view, paths, count) == all_looked_at(view, paths, count)


def test_few_symbols_are_made_to_find_the_central_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of thousands of symbols whose weights differ only the heaviest are looked at: a rebuild asks for each part."""
    kinds: dict[str, tuple[SymbolKind, Visibility, int]] = {
        f"s{number}": ("function", "public", number) for number in range(2_000)
    }
    view = build_view(repository(kinds, ("a.py",)))
    asked: list[int] = []
    monkeypatch.setattr(
        views.View, "symbol", lambda self, number: asked.append(number) or self.repository.symbols[number]
    )
    assert len(central_symbols(view, ("a.py",), 5)) == 5
    assert 5 <= len(set(asked)) < 30


@pytest.mark.parametrize(
    ("ends", "path"),
    [
        (["shop/cli"], "src/shop/cli/__init__.py"),
        (["cli"], "src/shop/cli/__init__.py"),
        (["bin/serve.js"], "bin/serve.js"),
        (["", "serve"], "bin/serve.js"),
        (["op/cli"], None),
        (["no/such"], None),
    ],
)
def test_a_file_is_found_by_the_end_of_its_name(ends: list[str], path: str | None) -> None:
    """Whole folders count, the first file of several is meant, and a package stands for its `__init__`."""
    view = build_view(repository({}, ("src/shop/cli/__init__.py", "bin/serve.js", "lib/cli.py")))
    assert view.module_named(ends) == path
