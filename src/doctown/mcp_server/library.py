"""The packs that a server answers from: which there are, what each is of, and what a name means in it.

An SQLite connection belongs to the thread that opened it, so a library is made and used in one thread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from doctown.docpack import graph
from doctown.docpack.reader import Pack
from doctown.docpack.results import Entry
from doctown.errors import InputError
from doctown.mcp_server.answer import one_line

QueryVector = Callable[[Pack, str], Sequence[float] | None]  # the query's vector by the pack's own model, if it can be
_DIGEST, _NO_NAME = re.compile(r"[0-9a-f]{64}"), re.compile(r"[^\w.+-]+")
MOST_NAMED = 50  # symbols of one name that are looked at


@dataclass(frozen=True, slots=True)
class Book:
    """An open pack with what is said of it in every answer."""

    name: str  # by which a caller chooses it: unique in the library
    pack: Pack
    docpack_id: str
    version: str  # the commit or version that the pack speaks of
    source: dict[str, object]

    @property
    def header(self) -> str:
        """One line: what the answer speaks of, and by which pack it can be checked."""
        return f"[{self.name} · {self.version} · docpack {self.docpack_id[:16] or 'without identity'}]"


class Library:
    """Open packs, by name."""

    def __init__(self, paths: Sequence[Path], vector: QueryVector | None = None) -> None:
        self._vector = vector
        self.books: dict[str, Book] = {}
        try:
            for path in paths:
                self._open(path)
        except Exception:
            self.close()
            raise
        if not self.books:
            raise InputError("no docpack was given", "name at least one .docpack file")

    def _open(self, path: Path) -> None:
        pack = Pack.open(path)
        with ExitStack() as undone:  # closed even if its manifest is damaged
            undone.callback(pack.close)
            manifest = pack.manifest()
            undone.pop_all()
        source = manifest.get("source")
        origin = {str(k): v for k, v in source.items()} if isinstance(source, dict) else {}
        plain = name = _name(path, origin)
        number = 2
        while name in self.books:
            name, number = f"{plain}-{number}", number + 1
        commit, version = one_line(str(origin.get("commit") or ""), 60), one_line(str(origin.get("version") or ""), 60)
        spoken = " ".join([*([f"version {version}"] if version else []), *([f"commit {commit}"] if commit else [])])
        location = one_line(str(origin.get("location") or origin.get("name") or "unknown source"), 120)
        identity = one_line(str(manifest.get("docpack_id") or ""), 64)
        self.books[name] = Book(name, pack, identity, f"{location} {spoken}".strip(), origin)

    def close(self) -> None:
        """Closes every pack."""
        for book in self.books.values():
            book.pack.close()

    def book(self, name: str = "") -> Book:
        """The pack of that name, or the only one. Raises InputError if it is not clear which is meant."""
        if not name and len(self.books) == 1:
            return next(iter(self.books.values()))
        named = [book for book in self.books.values() if name and name in (book.name, book.docpack_id)]
        close = named or [book for book in self.books.values() if name and name.lower() in book.name.lower()]
        if len(close) == 1:
            return close[0]
        known = ", ".join(book.name for book in close or self.books.values())
        cause = f"there is no pack {name!r} here" if name and not close else "several packs are open"
        raise InputError(f"{cause} that {name!r} may mean" if close else cause, f"use one of {known}")

    def vector(self, book: Book, query: str) -> Sequence[float] | None:
        """The query's vector, where the pack has vectors and there is a model for it."""
        return None if self._vector is None else self._vector(book.pack, query)


def _name(path: Path, origin: dict[str, object]) -> str:
    """What a pack is called: by its file, or, where a store named that by its content, by its project and version."""
    if _DIGEST.fullmatch(path.stem):
        told = " ".join(str(origin.get(part) or "") for part in ("name", "version"))
        named = _NO_NAME.sub("-", one_line(told, 60)).strip("-")
        if named:
            return named
    return one_line(path.stem, 60) or "pack"


@dataclass(frozen=True, slots=True)
class Named:
    """The symbol that a name means."""

    entry: Entry
    others: tuple[str, ...]  # keys of those that could have been meant too
    inherited: str = ""  # key of the class that was asked for, where the member is a base's


def find(book: Book, name: str) -> Named:
    """The symbol that a key, qualified name or name means, the most central one first; a member that a class inherits
    is found where it is defined. Raises InputError if there is none."""
    pack = book.pack
    name = name.strip()
    found = pack.find_symbols(name.rstrip("()"), limit=MOST_NAMED)
    bare = name.rstrip("()")
    exact = [one for one in found if bare in (one.symbol.key, one.symbol.qualified_name)]
    exact = exact or [one for one in found if one.symbol.name == bare]
    if exact:
        return Named(exact[0], tuple(one.symbol.key for one in exact[1:]))
    owner, _, member = bare.replace("::", ".").rpartition(".")
    owners = pack.find_symbols(owner, limit=3) if owner and member else []
    for one in owners:
        above = graph.walk(pack, one.symbol.key, "out", depth=graph.MOST_STEPS, kinds=("inherits",), most=100)
        for base in above.reached:
            inherited = pack.symbol(f"{base.entry.symbol.key}.{member}")
            if inherited is not None:
                return Named(inherited, (), one.symbol.key)
    if found:
        return Named(found[0], tuple(one.symbol.key for one in found[1:]))
    file = pack.file(name)
    module = [one for one in pack.outline(name) if one.symbol.kind == "module"] if file is not None else []
    if module:
        return Named(module[0], ())
    raise InputError(f"{book.name} has no symbol {one_line(name, 100)!r}", "look for it with the search tool")
