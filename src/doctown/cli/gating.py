"""`doctown check`: whether a pack's documentation is good enough, for continuous integration."""

from __future__ import annotations

import argparse
from contextlib import ExitStack

from doctown.docpack.reader import Pack
from doctown.errors import InputError
from doctown.gate.measure import COUNTED, Limits
from doctown.gate.measure import check as measure
from doctown.gate.render import render


def check(options: argparse.Namespace) -> int:
    """Prints what was measured; exit status 1 if a gate fails."""
    if options.since is None and (options.max_stale is not None or options.max_coverage_drop is not None):
        raise InputError("--max-stale and --max-coverage-drop compare two packs", "name the older one with --since")
    everywhere, by_kind = _coverage(options.min_coverage)
    limits = Limits(
        coverage=everywhere,
        coverage_of=by_kind,
        stale=options.max_stale,
        unsupported=options.max_unsupported,
        broken=options.max_broken,
        drop=options.max_coverage_drop,
    )
    with ExitStack() as opened:
        pack = opened.enter_context(Pack.open(options.pack))
        since = None if options.since is None else opened.enter_context(Pack.open(options.since))
        result = measure(pack, limits, since=since, path=options.path.removeprefix("./"))
    print(render(result, "json" if options.json else options.format))
    return 0 if result.passed else 1


def _coverage(given: list[str]) -> tuple[float | None, dict[str, float]]:
    """`80` and `function=90`, as often as they were given."""
    everywhere: float | None = None
    by_kind: dict[str, float] = {}
    for one in given:
        kind, _, number = one.rpartition("=")
        try:
            percent = float(number)
        except ValueError:
            percent = -1.0
        if not 0 <= percent <= 100 or (kind and kind not in COUNTED):
            mend = f"give 0 to 100, or KIND=PERCENT with a kind of {', '.join(sorted(COUNTED))}"
            raise InputError(f"--min-coverage {one[:60]!r} is no percentage", mend)
        if kind:
            by_kind[kind] = percent
        else:
            everywhere = percent
    return everywhere, by_kind
