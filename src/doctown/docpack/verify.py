"""Whether a docpack is whole and says what it says it says.

`verify` names every problem, not the first; what each check looks at stands in `checks_rows`, `checks_lists` and
`checks_content`.
A file may be hostile: damage that SQLite itself reports becomes a problem like any other, and where the structure
is broken the checks that would read it are not run.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from doctown.docpack import checks_content, checks_lists, checks_rows
from doctown.docpack.reader import Pack
from doctown.docpack.results import Problem
from doctown.docpack.schema import DAMAGE, one_line
from doctown.errors import PackError

MOST = 1000  # problems named per check; the rest are counted

Check = Callable[[sqlite3.Connection], Iterator[Problem]]

_CHECKS: tuple[Check, ...] = (
    checks_rows.values,
    checks_rows.references,
    checks_rows.keys,
    checks_lists.edges,
    checks_lists.unresolved,
    checks_rows.vectors,
    checks_content.manifest,
)


def verify(path: str | Path) -> list[Problem]:
    """Every problem of a docpack; an empty list means that all checks passed."""
    return _run(
        Path(path), (*_CHECKS, checks_content.sources, checks_content.digests, checks_content.index), "integrity_check"
    )


def check_sealed(path: str | Path) -> list[Problem]:
    """The problems of a pack that was just written, whose digests and index were made from these very rows."""
    return _run(Path(path), (*_CHECKS, checks_content.cited_sources), "integrity_check")


def check_updated(path: str | Path) -> list[Problem]:
    """The problems that a pack can have that was made by a small change of a sound one: those of its structure.

    Its digests and numbers were computed from its rows a moment ago, and all but the changed rows were checked before.
    """
    return _run(Path(path), (), "quick_check")


def check_identity(pack: Pack) -> str:
    """The docpack_id of a pack whose parts add up to it; PackError if they don't. Cheaper than `verify`."""
    try:
        problems = list(checks_content.identities(pack.connection))
    except DAMAGE as error:
        raise PackError(f"{pack.path} is damaged ({one_line(error)})", "build it again without --since") from error
    if problems:
        raise PackError(f"{pack.path} was altered: {problems[0]}", "build it again without --since")
    return pack.docpack_id


def _run(path: Path, checks: tuple[Check, ...], structure: str) -> list[Problem]:
    try:
        pack = Pack.open(path)
    except PackError as error:
        return [Problem("format", str(error))]
    with pack:
        problems = list(_structure(pack.connection, structure))
        for check in checks if not problems else ():
            problems += _problems(check, pack.connection)
    return problems


def _structure(connection: sqlite3.Connection, pragma: str) -> Iterator[Problem]:
    """What SQLite itself finds: damaged trees, and values that are not of their column's type."""
    try:
        for (text,) in connection.execute(f"PRAGMA {pragma}({MOST})"):
            if text != "ok":
                yield Problem("structure", str(text).replace("\n", " "))
    except DAMAGE as error:
        yield Problem("structure", f"SQLite cannot read the file ({one_line(error)})")


def _problems(check: Check, connection: sqlite3.Connection) -> Iterator[Problem]:
    found = check(connection)
    try:
        yield from islice(found, MOST)
        more = sum(1 for _ in found)
        if more:
            yield Problem(check.__name__, f"and {more} more problems of this sort")
    except (*DAMAGE, PackError) as error:
        yield Problem(check.__name__, f"could not be checked to the end ({one_line(error)})")
