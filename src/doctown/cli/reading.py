"""`verify`, `info`, `show`, `search` and `diff`: commands that read packs and print what is in them."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from functools import partial

from doctown.cli.subject import find_subject
from doctown.cli.text import complain, json_text, plain
from doctown.docpack.reader import Pack

FEW = 50  # changes of one sort that `diff` lists


def verify(options: argparse.Namespace) -> int:
    """Prints every problem of a pack; exit status 1 if there is one. A file that is no docpack raises PackError."""
    from doctown.docpack.verify import verify as check  # noqa: PLC0415 - loads more than opening a pack should

    with Pack.open(options.pack) as pack:
        problems = check(options.pack)
        identity = "" if problems else pack.docpack_id
    if options.json:
        found = [{"check": problem.check, "text": problem.text} for problem in problems]
        print(json_text({"pack": str(options.pack), "docpack_id": identity, "problems": found}))
    elif problems:
        for problem in problems:
            print(f"{problem.check}: {plain(problem.text)}")
        complain(f"{options.pack}: {len(problems)} problem{'s' if len(problems) > 1 else ''}")
    else:
        print(f"{plain(str(options.pack))}: verified, {identity}")
    return 1 if problems else 0


def info(options: argparse.Namespace) -> int:
    """Prints what a pack is of and what it holds."""
    with Pack.open(options.pack) as pack:
        facts = pack.info()
        skipped: dict[str, list[str]] = {}
        for file in pack.files():
            if file.status == "skipped":
                skipped.setdefault(file.reason, []).append(file.path)
    if options.json:
        print(json_text({**facts, "skipped": skipped}))
        return 0
    for key, value in facts.items():
        _field(key, value)
    for reason, paths in sorted(skipped.items(), key=lambda item: (-len(item[1]), item[0])):
        shown = ", ".join(map(plain, paths[:3])) + (", …" if len(paths) > 3 else "")
        print(f"{'skipped':<30}{len(paths):,} {plain(reason)}: {shown}")
    return 0


def _field(key: str, value: object) -> None:
    if isinstance(value, dict):
        for inner, one in value.items():
            _field(f"{key}.{inner}", one)
    elif isinstance(value, list):
        for one in value:
            _field(key, one)
    elif value not in ("", None):
        shown = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else plain(str(value))
        print(f"{plain(key):<30}{shown}")


def show(options: argparse.Namespace) -> int:
    """Prints the page of a symbol, file, cluster, artifact, or of the repository, with what the graph says of it."""
    from doctown.cli import render  # noqa: PLC0415 - only this command prints subjects

    with Pack.open(options.pack) as pack:
        subject = find_subject(pack, options.subject)
        if options.json:
            text = json_text(render.subject_data(pack, subject, source=options.source))
        else:
            text = "\n".join(render.subject_lines(pack, subject, source=options.source, everything=options.all))
    print(text)
    if subject.others and not options.json:
        others = ", ".join(subject.others[:5])
        complain(f"also: {others}{f' and {len(subject.others) - 5} more' if len(subject.others) > 5 else ''}")
    return 0


def search(options: argparse.Namespace) -> int:
    """Prints what matches, best first; exit status 1 if nothing does."""
    from doctown.docpack.search import Filter  # noqa: PLC0415 - loads more than opening a pack should
    from doctown.docpack.search import search as find  # noqa: PLC0415
    from doctown.meaning import Meaning  # noqa: PLC0415
    from doctown.settings import from_environment  # noqa: PLC0415

    query = " ".join(options.query)
    with Pack.open(options.pack) as pack:
        only = Filter(
            kinds=(options.kind,) if options.kind else (),
            languages=(options.language,) if options.language else (),
            path=_below(pack, options.path),
            clusters=(options.cluster,) if options.cluster else (),
        )
        # Made only where meaning counts: loading the model takes longer than the search.
        meaning = Meaning(from_environment(), complain)
        vector = None if options.words else partial(meaning, pack, query)
        try:
            hits = find(pack, query, vector=vector, limit=options.limit, only=only)
        finally:
            meaning.close()
    if options.json:
        print(json_text([{name: getattr(hit, name) for name in hit.__slots__} for hit in hits]))
    for number, hit in enumerate([] if options.json else hits, 1):
        place = f"{hit.path}:{hit.line}" if hit.line else hit.path
        print(f"{number:>2}  {plain(hit.title)}  [{hit.kind}]  {plain(place)}".rstrip())
        if hit.summary:
            print(f"    {plain(hit.summary)[:160]}")
        print(f"    {'; '.join(map(plain, hit.why))}")
    if not hits:
        complain(f"nothing matches {query[:200]!r}{' within the filters' if only != Filter() else ''}")
    return 0 if hits else 1


def _below(pack: Pack, path: str) -> str:
    """The beginning that paths must have to be the file or below the folder `path`."""
    path = path.removeprefix("./").strip("/")
    return path if path in ("", ".") or pack.file(path) is not None else f"{path}/"


def diff(options: argparse.Namespace) -> int:
    """Prints what changed between two packs."""
    from doctown.docpack.diff import diff as compare  # noqa: PLC0415 - wanted only here

    with Pack.open(options.old) as old, Pack.open(options.new) as new:
        changes = compare(old, new)
    if options.json:
        from dataclasses import asdict  # noqa: PLC0415 - wanted only here

        print(json_text(asdict(changes)))
        return 0
    if changes.empty:
        print("no difference")
    for title, items in (
        ("files added", changes.files_added),
        ("files removed", changes.files_removed),
        ("files changed", changes.files_changed),
        ("symbols added", changes.symbols_added),
        ("symbols removed", changes.symbols_removed),
        ("symbols changed", [f"{c.key} ({', '.join(c.what)})" for c in changes.symbols_changed]),
        ("edges gained", [f"{s} {kind} {t} ({tier})" for s, kind, tier, t in changes.edges_gained]),
        ("edges lost", [f"{s} {kind} {t} ({tier})" for s, kind, tier, t in changes.edges_lost]),
        ("entry points gained", [_entry_point(one) for one in changes.entries_gained]),
        ("entry points lost", [_entry_point(one) for one in changes.entries_lost]),
        ("pages added", [f"{kind} {key}" for kind, key in changes.pages_added]),
        ("pages removed", [f"{kind} {key}" for kind, key in changes.pages_removed]),
        ("pages changed", [f"{kind} {key}" for kind, key in changes.pages_changed]),
    ):
        _section(title, items)
    return 0


def _entry_point(entry: tuple[str, str, str, str]) -> str:
    kind, name, path, key = entry
    return f"{kind} {name} ({path}) → {key}"


def _section(title: str, items: Iterable[str]) -> None:
    listed = list(items)
    if listed:
        print(f"{title}: {len(listed):,}")
        for item in listed[:FEW]:
            print(f"  {plain(item)}")
        if len(listed) > FEW:
            print(f"  … and {len(listed) - FEW:,} more (--json has them all)")
