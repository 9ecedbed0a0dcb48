"""The command line: reads arguments, calls what does the work, prints what came of it. The composition root.

Modules that a command needs are imported when it runs, so that `show` answers in milliseconds. `argparse` for the
same reason: the richer libraries take longer to load than a pack takes to answer.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns the exit status: 0 done, 1 a gate failed or the pack is partial, 2 usage or
    input, 3 the system failed, 130 interrupted. `--help`, `--version` and misuse raise SystemExit instead."""
    try:
        # Imported here so that an impatient Ctrl-C meets the answer to it and not the interpreter's.
        from doctown.cli.running import run  # noqa: PLC0415

        return run(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        print("doctown: interrupted", file=sys.stderr)
        return INTERRUPTED
