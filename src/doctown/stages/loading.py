"""Loads ahead what a build would load when it comes to it, for a process that waits for its task."""

from __future__ import annotations

from doctown import languages
from doctown.settings import Settings
from doctown.stages.common import code


def load(settings: Settings) -> None:
    """Loads what builds under these settings need for certain: clients of services, and the digests of our own code."""
    code()
    languages.fingerprint()
    # Each is loaded only where the settings want it, as in the stages themselves.
    if settings.embedding_url:
        import doctown.embed.remote  # noqa: PLC0415
    if settings.assembly_url:
        import doctown.assemble.remote  # noqa: F401, PLC0415
