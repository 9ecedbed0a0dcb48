"""The few exceptions that cross a room's door.

An exception means that the build cannot go on. Broken input inside a repository (a file that does not parse, a
reference that does not resolve) is no exception: it travels as data (`File.reason`, `Unresolved`).
"""

from __future__ import annotations


class DoctownError(Exception):
    """Base of every error that Doctown raises on purpose.

    The message is one line for a person: what is wrong, then how to mend it. `exit_status` follows the command
    line's contract (2: usage or input, 3: the system failed).
    """

    exit_status = 3

    def __init__(self, cause: str, mend: str = "") -> None:
        super().__init__(f"{cause} — {mend}" if mend else cause)
        self.cause = cause
        self.mend = mend


class InputError(DoctownError):
    """What the caller gave cannot be used: a path, URL, ref, archive or option."""

    exit_status = 2


class PackError(InputError):
    """A docpack is truncated, altered, hostile, or of a format that this version does not read."""


class BuildFailed(DoctownError):
    """A stage collapsed (nothing parsed, every batch failed), so there is no honest pack to hand over."""
