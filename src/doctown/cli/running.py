"""One command from its arguments to its exit status, with all that can end it early.

Which commands there are is the business of `arguments`, what they do that of `building` and `reading`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from doctown.cli import INTERRUPTED, text
from doctown.cli.arguments import parse
from doctown.errors import DoctownError

SYSTEM_FAILED = 3


def run(arguments: Sequence[str]) -> int:
    """Runs one command and returns its exit status; raises SystemExit for `--help`, `--version` and misuse."""
    text.prepare()
    options = parse(arguments)
    status = 0
    try:
        status = int(options.run(options))
        text.flush()
    except DoctownError as error:
        text.complain(f"doctown: {error}")
        return error.exit_status
    except KeyboardInterrupt:
        text.complain(f"doctown: interrupted{options.interrupted}")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has seen enough (`| head`)
        text.abandon(sys.stdout)
    except OSError as error:
        text.complain(f"doctown: {_what_failed(error)}")
        text.abandon(sys.stdout)
        return SYSTEM_FAILED
    return status


def _what_failed(error: OSError) -> str:
    cause = error.strerror or str(error)
    return f"{error.filename}: {cause}" if error.filename else f"{cause} — make room, or check what is written to"
